"""``autograd.tracer``: boxes and their levels under HIPS autograd's names. The work is done in hips/."""

from .hips.derivatives import trace
from .hips.graphs import toposort
from .hips.levels import Box, TraceStack, getval, isbox, trace_stack
from .hips.nodes import TraceNode as Node
from .hips.primitives import notrace_primitive, notrace_primitives, primitive, register_notrace, trace_primitives_map
from .hips.recording import new_box_or_container as new_box
