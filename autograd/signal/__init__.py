"""``torch.signal``: its windows. No op lives here; what computes a spectrum lives in functions."""

from . import windows

__all__ = ["windows"]
