"""Linear algebra under the names of ``torch.linalg``. The work is done in functions/linalg/."""

from .functions.linalg.matrix import *
from .functions.linalg.matrix import __all__ as __all__
