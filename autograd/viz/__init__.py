"""Pictures of a graph."""

from . import formula, plots
from .doctor import Diagnosis, Finding, doctor
from .dot import to_dot
from .draw import Picture, draw
from .explain import Explanation, explain
from .memory import memory
from .recorder import Recorder
from .render import render
from .trace import trace, watch

__all__ = [
    "Diagnosis", "Explanation", "Finding", "Picture", "Recorder", "doctor", "draw", "explain", "formula", "memory", "plots",
    "render", "to_dot", "trace", "watch",
]  # fmt: skip
