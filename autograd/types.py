"""The types that public signatures name. No function lives here.

Tensor       a tensor of this engine
TensorLike   what becomes an operand: a tensor, a NumPy array, a number
Dim          one dimension; Dims: one or several, or None for all
Size         a shape, as one sequence
DType        a dtype, by NumPy's object, type or name
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from .tensor.tensor import Tensor as Tensor
else:
    Tensor = Any  # while the program runs, the class is not known on this floor

Number: TypeAlias = bool | int | float | complex
if TYPE_CHECKING:
    TensorLike: TypeAlias = Tensor | np.ndarray | np.generic | Number
else:
    TensorLike = Any
Dim: TypeAlias = int
Dims: TypeAlias = int | Sequence[int] | None
Size: TypeAlias = Sequence[int]
DType: TypeAlias = np.dtype[Any] | type | str
Device: TypeAlias = Any  # "cpu", or a device object that says so
