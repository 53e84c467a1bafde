"""Pictures of a graph."""

from . import plots
from .doctor import Diagnosis, Finding, doctor
from .dot import to_dot
from .draw import Picture, draw
from .memory import memory
from .recorder import Recorder
from .render import render
from .trace import trace, watch

__all__ = ["Diagnosis", "Finding", "Picture", "Recorder", "doctor", "draw", "memory", "plots", "render", "to_dot", "trace", "watch"]
