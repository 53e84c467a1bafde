"""``autograd.scipy.integrate``: functions of ``scipy.integrate``, of arrays and boxes. The work is done in hips/scipy/."""

from ..hips.scipy.integrate import *
