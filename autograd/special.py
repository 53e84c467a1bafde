"""Special functions under the names of ``torch.special``. The work is done in functions/special.py."""

from .engine.output import add_out as _add_out
from .functions.special import *
from .functions.special import __all__ as __all__

# These are written in Python; the functions of ops take ``out=`` by themselves.
_add_out(
    globals(),
    "chebyshev_polynomial_v chebyshev_polynomial_w laguerre_polynomial_l logsumexp multigammaln polygamma round "
    "shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
    "shifted_chebyshev_polynomial_w",
)
