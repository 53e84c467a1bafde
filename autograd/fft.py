"""Discrete Fourier transforms under the names of ``torch.fft``. The work is done in functions/fft.py."""

from .functions.fft import *
from .functions.fft import __all__ as __all__
