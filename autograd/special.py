"""Special functions under the names of ``torch.special``. The work is done in functions/special.py."""

from .functions.special import *
from .functions.special import __all__ as __all__
