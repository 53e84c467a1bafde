"""``torch.signal``: windows."""

from .functions import signal_windows as windows

__all__ = ["windows"]
