"""``autograd.numpy.fft``: the names of ``numpy.fft``, of arrays and boxes. The work is done in hips/."""

from ..hips.numpy.fft import *
