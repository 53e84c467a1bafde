"""Seeing: traces, pictures, pages and accounts of a graph, and of a training. Nothing here takes part in a gradient."""

from .explain import formula
from .explain.explain import Explanation, explain
from .picture.dot import to_dot
from .picture.draw import Picture, draw
from .picture.memory import memory
from .picture.render import render
from .trace.trace import trace
from .trace.watching import watch
from .training import plots
from .training.doctor import Diagnosis, Finding, doctor
from .training.recorder import Recorder

__all__ = [
    "Diagnosis", "Explanation", "Finding", "Picture", "Recorder", "doctor", "draw", "explain", "formula", "memory", "plots",
    "render", "to_dot", "trace", "watch",
]  # fmt: skip
