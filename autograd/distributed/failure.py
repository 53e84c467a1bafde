"""The errors of several processes that are to work together. Nothing is sent here."""

from __future__ import annotations

from ..errors import Guided


class DistError(Guided, RuntimeError):
    """The processes cannot go on together: one has ended, or they do not do the same."""
