"""Pictures of a graph."""

from .dot import to_dot
from .draw import Picture, draw
from .memory import memory
from .render import render
from .trace import trace, watch

__all__ = ["Picture", "draw", "memory", "render", "to_dot", "trace", "watch"]
