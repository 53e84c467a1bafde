"""Tools around a program, under the names of ``torch.utils``: data. What computes gradients does not live here."""

from . import data

__all__ = ["data"]
