"""``autograd.scipy.signal``: functions of ``scipy.signal``, of arrays and boxes. The work is done in hips/scipy/."""

from ..hips.scipy.signal import *
