"""``autograd.scipy.special``: functions of ``scipy.special``, of arrays and boxes. The work is done in hips/scipy/."""

from ..hips.scipy.special import *
