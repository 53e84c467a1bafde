"""NumPy's products of arrays and boxes: dot, matmul, tensordot, einsum, outer; norms and traces."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import REGISTRY
from . import recording
from .calls import FUNCTIONS, call
from .functions import ABSENT, rank, record_one, reshape, stands_for
from .levels import Box
from .recording import record_pair, run

_types = Box.types
_matmul, _tensordot, _mul = REGISTRY["matmul"], REGISTRY["tensordot"], FUNCTIONS[np.multiply]


@stands_for(np.dot)
def dot(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    m, n = rank(a), rank(b)
    if m is None or n is None or args or kwargs or not (type(a) in _types or type(b) in _types):
        return call(np.dot, (a, b, *args), kwargs)
    if not m or not n:
        return _mul(a, b)
    if n <= 2 and m <= 2:
        return record_pair(_matmul, a, b)
    return run(_tensordot, (a, b), {"dims": ([-1], [-1 if n == 1 else -2])})


@stands_for(np.matmul)
def matmul(x1: Any, x2: Any, /, *args: Any, **kwargs: Any) -> Any:
    if rank(x1) is None or rank(x2) is None or args or kwargs or not (type(x1) in _types or type(x2) in _types):
        return call(np.matmul, (x1, x2, *args), kwargs)
    return record_pair(_matmul, x1, x2)


@stands_for(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if rank(a) is None or rank(b) is None or not (type(a) in _types or type(b) in _types):
        return call(np.tensordot, (a, b, axes), {})
    if isinstance(axes, int | np.integer) and not 0 <= axes <= min(rank(a) or 0, rank(b) or 0):
        return call(np.tensordot, (a, b, axes), {})
    if not rank(a) and not rank(b):
        return _mul(a, b)
    return run(_tensordot, (a, b), {"dims": axes})


_einsum, _norm, _diagonal, _sum = REGISTRY["einsum"], REGISTRY["norm"], REGISTRY["diagonal"], FUNCTIONS[np.sum]


@stands_for(np.einsum)
def einsum(*operands: Any, **kwargs: Any) -> Any:
    boxes = False
    if not kwargs and operands and type(operands[0]) is str:
        for operand in operands[1:]:
            if rank(operand) is None:
                break
            boxes = boxes or type(operand) in _types
        else:
            if boxes:
                return run(_einsum, (list(operands[1:]),), {"equation": operands[0]})
    return call(np.einsum, operands, kwargs)


@stands_for(np.outer)
def outer(a: Any, b: Any, *args: Any) -> Any:
    if args or rank(a) is None or rank(b) is None or not (type(a) in _types or type(b) in _types):
        return call(np.outer, (a, b, *args), {})
    return _mul(reshape(a, (-1, 1)), reshape(b, (-1,)))


@stands_for(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if type(x) is not recording.ArrayBox or not (ord is None or (ord == 2 and type(ord) in (int, float))):
        return call(np.linalg.norm, (x, ord, axis, keepdims), {})
    if ord is not None and (x.ndim != 1 if axis is None else type(axis) is not int):
        return call(np.linalg.norm, (x, ord, axis, keepdims), {})
    return record_one(_norm, x, {"ord": 2, "dim": axis, "keepdim": keepdims})


_solve = REGISTRY["solve"]


@stands_for(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    if rank(a) != 2 or rank(b) not in (1, 2) or not (type(a) in _types or type(b) in _types):
        return call(np.linalg.solve, (a, b), {})
    if rank(b) == 1:
        return reshape(record_pair(_solve, a, b.reshape(-1, 1)), (-1,))
    return record_pair(_solve, a, b)


@stands_for(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = ABSENT) -> Any:
    if type(a) is not recording.ArrayBox or dtype is not None or out is not ABSENT:
        more = {} if out is ABSENT else {"out": out}
        return call(np.trace, (a, offset, axis1, axis2, dtype), more)
    return _sum(record_one(_diagonal, a, {"offset": offset, "dim1": axis1, "dim2": axis2}), -1)


__all__ = ["dot", "einsum", "matmul", "norm", "outer", "solve", "tensordot", "trace"]
