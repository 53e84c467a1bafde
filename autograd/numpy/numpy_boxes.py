"""``autograd.numpy.numpy_boxes``: the box of an array. The work is done in hips/arrays.py."""

from ..hips.arrays import ArrayBox
from ..hips.levels import Box
