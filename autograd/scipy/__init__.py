"""``autograd.scipy``: functions of SciPy's, of arrays and of boxes, as HIPS autograd has them. The work is not done here."""

from . import integrate, signal, special, stats
