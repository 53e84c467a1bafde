"""Pictures of a graph."""

from .dot import to_dot
from .render import render

__all__ = ["render", "to_dot"]
