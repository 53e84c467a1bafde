"""``autograd.extend``: what HIPS autograd's users write derivatives with. The work is done in hips/."""

from .hips.levels import Box
from .hips.nodes import VJPNode
from .hips.primitives import (
    JVPNode,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
    primitive,
    register_notrace,
)
from .hips.spaces import SparseObject, VSpace, vspace
