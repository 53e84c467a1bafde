"""``autograd.numpy.linalg``: the names of ``numpy.linalg``, of arrays and boxes. The work is done in hips/."""

from ..hips.numpy.linalg import *
from ..hips.numpy.linalg import _dot
