"""The comparison of two runs' lists. A value that differs between them is no constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.recording import AnyTensor
from .capture import Capture
from .step_list import Entry, Number, Ref, Storage, place


def difference(first: Capture, second: Capture) -> str | None:
    """The first difference, in words; None if there is none."""
    a, b = first.program.entries, second.program.entries
    pairs: dict[int, Storage] = {}
    for x, y in zip(a, b, strict=False):
        why = _entries(x, y, pairs)
        if why:
            at = f"{y.line[0]}, line {y.line[1]}" if y.line else "the function"
            return f"{why} ({at})"
    if len(a) != len(b):
        return f"{len(a)} NumPy calls, then {len(b)}"
    if [(o.name(), x) for o, x in first.conditions] != [(o.name(), x) for o, x in second.conditions]:
        return "a decision by an optimizer's number came out differently"
    if not _values(first.shape, second.shape, pairs):
        return "other results"
    if [(id(t), was) for t, was, _ in first.grads] != [(id(t), was) for t, was, _ in second.grads]:
        return "gradients of other tensors were there"
    return None


def _entries(x: Entry, y: Entry, pairs: dict[int, Storage]) -> str | None:
    if x.kind != y.kind or x.name() != y.name():
        return f"{x.name()} in one call, {y.name()} in the next"
    if not (_values(x.args, y.args, pairs) and _values(x.kwargs, y.kwargs, pairs) and _values(x.outs, y.outs, pairs)):
        return f"{x!r} in one call, {y!r} in the next"
    return None


def _values(x: Any, y: Any, pairs: dict[int, Storage]) -> bool:
    if isinstance(x, Ref) and isinstance(y, Ref):
        return (x.offset, x.shape, x.strides, x.dtype) == (y.offset, y.shape, y.strides, y.dtype) and _memories(
            x.storage, y.storage, pairs
        )
    if isinstance(x, Number) and isinstance(y, Number):
        return x.name() == y.name()
    if isinstance(x, list | tuple) and isinstance(y, list | tuple):
        return len(x) == len(y) and all(_values(p, q, pairs) for p, q in zip(x, y, strict=True))
    if isinstance(x, dict) and isinstance(y, dict):
        return x.keys() == y.keys() and all(_values(x[k], y[k], pairs) for k in x)
    if isinstance(x, slice) and isinstance(y, slice):
        return _values((x.start, x.stop, x.step), (y.start, y.stop, y.step), pairs)
    if x is y or (type(x) is type(y) and callable(x)):
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, np.ndarray):
        return np.array_equal(x, y)
    if isinstance(x, AnyTensor):
        return False
    same = x == y or (x != x and y != y)
    return bool(same)


def _memories(x: Storage, y: Storage, pairs: dict[int, Storage]) -> bool:
    known = pairs.setdefault(x.number, y)
    if known is not y:
        return False
    if x.kind != y.kind:
        return False
    if x.kind == "constant" and not x.written:
        return x.array.dtype == y.array.dtype and np.array_equal(x.array, y.array, equal_nan=x.array.dtype.kind in "fc")
    return x.kind != "persistent" or place(x.array) == place(y.array)
