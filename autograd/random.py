"""Random numbers under the names of ``torch.random``. The work is done in functions/random.py."""

from .functions.random import *
from .functions.random import __all__ as __all__
