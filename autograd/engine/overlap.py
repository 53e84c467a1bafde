"""Memory that two tensors share, or that one tensor names twice: which in-place calls PyTorch refuses for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from ..errors import GraphError, describe
from . import memory

# Functions that write single elements of a tensor while they read indices and values: these share no memory at all with it. The
# others work element by element, and may read exactly the memory that they write.
_WRITE_AT_INDICES = frozenset(("index_add", "index_copy", "index_fill", "index_put", "masked_scatter", "put", "scatter"))


def check_apart(written: ndarray, others: Iterable[Any], name: str) -> None:
    """Raise if a function would write into memory that it reads from elsewhere.

    Args:
        written: the array that is written.
        others: the function's other arguments; what is no tensor counts for nothing, and a list for its tensors.
        name: the function's name.

    Raises:
        GraphError: an argument shares a part of the memory, or for functions that write at indices, any of it.
    """
    for other in others:
        read = getattr(other, "array", None)
        if read is None:
            if type(other) is tuple or type(other) is list:
                check_apart(written, other, name)
        elif (read is written or read.base is not None or written.base is not None) and type(read) is ndarray:
            if read is not written and not _overlap(written, read):
                continue
            if read.__array_interface__["data"] != written.__array_interface__["data"] or read.strides != written.strides or (
                name.removesuffix("_") in _WRITE_AT_INDICES
            ):
                raise GraphError(
                    f"{name}: unsupported operation: some elements of the input tensor {describe(read)} and the written-to tensor "
                    f"{describe(written)} refer to a single memory location: clone() the one that is read"
                )


def _overlap(a: ndarray, b: ndarray) -> bool:
    """Whether two arrays without gaps overlap in memory. With gaps (``x[::2]``) it is not looked into, as in PyTorch."""
    if memory.owner(a) is not memory.owner(b) or not a.size or not b.size or not (_is_dense(a) and _is_dense(b)):
        return False
    (low, high), (start, end) = byte_bounds(a), byte_bounds(b)
    return bool(low < end and start < high)


def _is_dense(array: ndarray) -> bool:
    """Whether the elements lie in memory without gaps, each at a place of its own."""
    step = array.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length != 1:
            if stride != step:
                return False
            step *= length
    return True


def opened(array: ndarray, base: ndarray) -> ndarray | None:
    """A writable array on the memory of a view that is read-only only because another part of it repeats elements.

    An expanded tensor is read-only, because its elements occur several times. A part of it in which none does, such as one element,
    can be written as in PyTorch.

    Args:
        array: of the view, or of a part of it. base: the array of the tensor that it is a view of.

    Returns:
        The array, or None if it repeats an element itself, or if the base is read-only, too.
    """
    root = memory.owner(array)
    if not (base.flags.writeable and root.flags.writeable and root.flags.forc) or root is not memory.owner(base):
        return None
    lengths = [length for length in array.shape if length > 1]
    steps = [abs(stride) for stride, length in zip(array.strides, array.shape, strict=True) if length > 1]
    reach = 0  # how far the first and the last element of the dimensions so far lie apart
    for stride, length in sorted(zip(steps, lengths, strict=True)):
        if stride <= reach:
            return None
        reach += stride * (length - 1)
    offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return ndarray(array.shape, array.dtype, root.ravel("K").view(np.uint8), offset, array.strides)
