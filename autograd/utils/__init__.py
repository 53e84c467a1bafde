"""Tools around a program, under the names of ``torch.utils``: data, checkpointing. What computes gradients does not live here."""

from . import checkpoint, data, deterministic, dlpack

__all__ = ["checkpoint", "data", "deterministic", "dlpack"]
