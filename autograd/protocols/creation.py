"""Adapters for NumPy's functions that make new arrays, called with a tensor among their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import elementwise, shape
from .arguments import array_like, as_tensor, constant, is_tensor
from .table import adapts

_LIKE: tuple[Callable[..., Any], ...] = (np.zeros_like, np.ones_like, np.empty_like)
for _maker in _LIKE:
    adapts(_maker)(constant(_maker))


@adapts(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    new = as_tensor(np.empty_like(as_tensor(a).array, dtype, order, subok, shape, device=device))
    return new.copy_(as_tensor(fill_value))


@adapts(np.linspace)
def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0, *,
    device: Any = None,
) -> Any:  # fmt: skip
    start, stop = array_like(start), array_like(stop)
    kind = np.result_type(*[value.dtype if is_tensor(value) else value for value in (start, stop)], float(num))
    start, stop = (shape.astype(as_tensor(value), kind) for value in (start, stop))
    steps = num - 1 if endpoint else num
    fractions = np.arange(num, dtype=np.float64, device=device).reshape(-1, *(1,) * max(start.ndim, stop.ndim))
    step = (stop - start) / steps if steps > 0 else (stop - start) * np.nan
    # Weighted from both ends, so that the last number is ``stop`` exactly.
    fractions = (fractions / steps if steps > 0 else fractions).astype(kind)
    numbers = elementwise.plus(elementwise.mul(start, 1 - fractions), elementwise.mul(stop, fractions))
    numbers = shape.movedim(numbers, 0, axis)
    if dtype is not None:
        numbers = shape.astype(elementwise.floor(numbers) if np.dtype(dtype).kind in "iu" else numbers, dtype)
    return (numbers, step) if retstep else numbers


@adapts(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"np.copy: order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    fortran = order == "F" or (order == "A" and a.array.flags.fnc)
    if fortran:
        return shape.permute(shape.clone(shape.contiguous(shape.permute(a))))
    return shape.clone(shape.contiguous(a)) if order == "C" else shape.clone(a)
