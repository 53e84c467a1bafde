"""``autograd.wrap_util``: functions of functions, and their names, as HIPS autograd has them. The work is done in hips/."""

from .hips.operators import get_doc, get_name, unary_to_nary, wraps
