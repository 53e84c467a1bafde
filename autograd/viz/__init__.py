"""Pictures of a graph."""

from .dot import to_dot
from .render import render
from .trace import trace, watch

__all__ = ["render", "to_dot", "trace", "watch"]
