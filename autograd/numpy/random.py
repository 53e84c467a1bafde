"""``autograd.numpy.random``: the names of ``numpy.random``. Their results have no derivative; the work is done in hips/."""

from ..hips.numpy.random import *
