"""``autograd.function.Function``, as in ``torch.autograd.function``. The work is done in functions/custom.py."""

from .functions.custom import *
from .functions.custom import __all__ as __all__
