"""``autograd.numpy.numpy_vspaces``: the vector spaces of arrays. The work is done in hips/spaces.py."""

from ..hips.spaces import ArrayVSpace, ComplexArrayVSpace, VSpace
