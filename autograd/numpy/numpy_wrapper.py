"""``autograd.numpy.numpy_wrapper``: NumPy's names, and how they are made. The work is done in hips/numpy/names.py."""

from ..hips.numpy.names import *
from ..hips.numpy.names import _astype
from ..hips.primitives import notrace_primitive, primitive
