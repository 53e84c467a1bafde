"""Discrete Fourier transforms under the names of ``torch.fft``. The work is done in functions/fft.py."""

from .engine.output import add_out as _add_out
from .functions.fft import *
from .functions.fft import __all__ as __all__

# These are written in Python; the functions of ops take ``out=`` by themselves.
_add_out(
    globals(),
    "fft fft2 fftfreq hfft hfft2 hfftn ifft ifft2 ihfft ihfft2 ihfftn irfft irfft2 rfft rfft2 rfftfreq",
)
