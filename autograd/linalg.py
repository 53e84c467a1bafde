"""Linear algebra under the names of ``torch.linalg``. The work is done in functions/linalg/."""

from .engine.output import add_out as _add_out
from .functions.linalg.matrix import *
from .functions.linalg.matrix import __all__ as __all__

# These are written in Python; the functions of ops take ``out=`` by themselves.
_add_out(
    globals(),
    "cholesky_ex cond eig eigh eigvals eigvalsh householder_product inv_ex ldl_factor ldl_factor_ex ldl_solve lstsq lu lu_factor "
    "lu_factor_ex lu_solve matrix_norm matrix_power multi_dot norm qr slogdet solve solve_ex solve_triangular svd svdvals "
    "tensorinv tensorsolve vecdot vector_norm",
)
