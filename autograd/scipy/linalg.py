"""``autograd.scipy.linalg``: functions of ``scipy.linalg``, of arrays and boxes. The work is done in hips/scipy/."""

from ..hips.scipy.linalg import *
