"""``torch.utils.dlpack``: arrays of other libraries on the CPU, without a copy."""

from __future__ import annotations

from typing import Any

from ..functions import creation
from ..types import Tensor


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule of a tensor's memory, for a library that takes one; ``from_dlpack`` of that library may use it once.

    Example:
        >>> import autograd
        >>> from autograd.utils.dlpack import from_dlpack, to_dlpack
        >>> from_dlpack(to_dlpack(autograd.arange(3)))
        tensor([0, 1, 2], dtype=int64)
    """
    return tensor.__dlpack__()


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares its memory with another library's array, or with a capsule.

    Example:
        >>> import numpy as np
        >>> from autograd.utils.dlpack import from_dlpack
        >>> from_dlpack(np.arange(2.0))
        tensor([0., 1.], dtype=float64)
    """
    return creation.from_dlpack(ext_tensor)
