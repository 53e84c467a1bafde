"""Reductions: which there are, and how MPI computes each for each dtype. Nothing is sent here.

MPI knows neither float16 nor a mean, and its maximum drops a nan or keeps it, by the order of the processes. So float16 is summed
in float32, a mean is a sum that is divided at the end, bools travel as bytes, and the maximum of floating-point numbers is NumPy's.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, describe


class ReduceOp(Enum):
    """How arrays of several processes become one.

    Example:
        >>> from autograd.distributed import ReduceOp
        >>> [op.name for op in ReduceOp]
        ['SUM', 'AVG', 'PRODUCT', 'MIN', 'MAX', 'BAND', 'BOR', 'BXOR']
    """

    SUM = "SUM"
    AVG = "AVG"
    PRODUCT = "PROD"
    MIN = "MIN"
    MAX = "MAX"
    BAND = "BAND"
    BOR = "BOR"
    BXOR = "BXOR"


_BITS = (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR)
_ORDER = (ReduceOp.MIN, ReduceOp.MAX)
# Of bools a sum says whether any is true, a product whether all are.
_OF_BOOLS = {
    ReduceOp.SUM: "MAX", ReduceOp.PRODUCT: "MIN", ReduceOp.MIN: "MIN", ReduceOp.MAX: "MAX", ReduceOp.BAND: "BAND",
    ReduceOp.BOR: "BOR", ReduceOp.BXOR: "BXOR",
}  # fmt: skip


def checked(op: Any, array: np.ndarray) -> ReduceOp:
    """The reduction, if it has a meaning for this dtype.

    Raises:
        ArgumentError: it is none. DtypeError: it has no meaning for this dtype.
    """
    if isinstance(op, str):
        op = next((one for one in ReduceOp if one.name == op.upper()), op)
    if not isinstance(op, ReduceOp):
        raise ArgumentError(f"op must be one of {', '.join(f'ReduceOp.{one.name}' for one in ReduceOp)}, not {op!r}")
    kind = array.dtype.kind
    if kind not in "biufc" or array.dtype.itemsize > (16 if kind == "c" else 8):
        raise DtypeError(f"{describe(array)} cannot be reduced: MPI computes with bools, integers, real and complex numbers")
    if op in _BITS and kind in "fc":
        raise DtypeError(f"ReduceOp.{op.name} works on bits: {describe(array)} holds no integers or bools")
    if op is ReduceOp.AVG and kind in "biu":
        raise DtypeError(f"ReduceOp.AVG of {describe(array)} is no {array.dtype} in general: take the sum, or .float() first")
    if op in _ORDER and kind == "c":
        raise DtypeError(f"ReduceOp.{op.name} of {describe(array)}: complex numbers have no order")
    return op


def carried(array: np.ndarray) -> np.dtype[Any]:
    """The dtype in which MPI reduces an array."""
    if array.dtype.char == "e":
        return np.dtype(np.float32)
    return np.dtype(np.uint8) if array.dtype.kind == "b" else array.dtype.newbyteorder("=")


def of_mpi(op: ReduceOp, dtype: np.dtype[Any]) -> Any:
    """MPI's operation. Args: op: the reduction. dtype: of the array that the user gave."""
    from mpi4py import MPI

    if op in _ORDER and dtype.kind == "f":
        return _with_nan(op is ReduceOp.MAX, carried(np.empty(0, dtype)))
    name = _OF_BOOLS[op] if dtype.kind == "b" else "SUM" if op is ReduceOp.AVG else op.value
    return getattr(MPI, name)


@cache
def _with_nan(largest: bool, dtype: np.dtype[Any]) -> Any:
    """The maximum or minimum in which a nan of any process stays a nan."""
    from mpi4py import MPI

    function = np.maximum if largest else np.minimum

    def combine(first: Any, second: Any, datatype: Any) -> None:
        into = np.frombuffer(second, dtype)
        function(np.frombuffer(first, dtype), into, out=into)

    return MPI.Op.Create(combine, commute=True)


__all__ = ["ReduceOp", "carried", "checked", "of_mpi"]
