"""``autograd.core``: nodes, rules and spaces under HIPS autograd's names. The work is done in hips/."""

from .hips.derivatives import backward_pass, make_jvp, make_vjp
from .hips.nodes import VJPNode, primitive_jvps, primitive_vjps
from .hips.primitives import (
    JVPNode,
    add_outgrads,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
    sparse_add,
    sum_outgrads,
)
from .hips.spaces import SparseObject, VSpace, sparse_object_types, vspace
from .hips.tools import func, subval, subvals
