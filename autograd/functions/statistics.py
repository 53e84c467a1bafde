"""Differences, integrals and statistics of tensors, and reductions that leave nan out: composites of other functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.recording import alias
from ..errors import ArgumentError, ShapeError
from . import elementwise, join, reduction
from . import shape as shaping
from .creation import to_tensor


def _part(x: Any, dim: int, *bounds: int | None) -> Any:
    return x[(slice(None),) * (dim % x.ndim) + (slice(*bounds),)]


# ------------------------------------------------------------------------------------------------- differences and integrals
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None, *, axis: int | None = None) -> Any:
    """The n-th difference along a dimension, x_{t+1} - x_t taken n times; with values put before or after first.

    Args:
        n: ≥ 0; each time the dimension gets shorter by 1.
        prepend, append: tensors that are joined to the dimension first, or numbers.

    Raises:
        ValueError: n < 0. ShapeError: a number instead of a vector.

    Example:
        >>> import autograd
        >>> autograd.diff(autograd.tensor([1.0, 4.0, 9.0]))
        tensor([3., 5.], dtype=float32)
    """
    x, dim = to_tensor(input), dim if axis is None else axis
    if n < 0:
        raise ArgumentError(f"diff: order must be non-negative but got {n}")
    if not x.ndim:
        raise ShapeError("diff expects input to be at least one-dimensional")
    if n and (prepend is not None or append is not None):
        ends = [_end(end, x, dim) for end in (prepend, append)]
        x = join.cat([part for part in (ends[0], x, ends[1]) if part is not None], dim=dim)
    for _ in range(n):
        a, b = _part(x, dim, 1, None), _part(x, dim, None, -1)
        x = elementwise.ne(a, b) if x.dtype == bool else elementwise.minus(a, b)
    return x


def _end(end: Any, x: Any, dim: int) -> Any:
    """What NumPy lets stand before or after: an array, or a number for all places."""
    if end is None:
        return None
    end = to_tensor(end)
    if end.ndim:
        return end
    shape = list(x.shape)
    shape[dim] = 1
    return shaping.expand(end, tuple(shape))


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1, axis: int | None = None) -> Any:
    """∫ y by the trapezoidal rule, Σ (x_{t+1} - x_t) (y_t + y_{t+1}) / 2, at points x or with a constant step.

    Args:
        x: the shape of y, or (n,) with n the length of the dimension. dx: the step where x is not given.

    Example:
        >>> import autograd
        >>> autograd.trapezoid(autograd.tensor([1.0, 2.0, 3.0]))
        tensor(4., dtype=float32)
    """
    dim = dim if axis is None else axis
    return reduction.sum(_areas(y, x, dx, dim), dim=dim)


trapz = alias(trapezoid, "trapz")


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1, axis: int | None = None) -> Any:
    """The running ∫ y by the trapezoidal rule: one element fewer than y along the dimension.

    Example:
        >>> import autograd
        >>> autograd.cumulative_trapezoid(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([1.5000, 4.0000], dtype=float32)
    """
    dim = dim if axis is None else axis
    return reduction.cumsum(_areas(y, x, dx, dim), dim=dim)


def _areas(y: Any, x: Any, dx: Any, dim: int) -> Any:
    y = to_tensor(y)
    step = dx
    if x is not None:
        x = to_tensor(x)
        step = diff(x, dim=0 if x.ndim == 1 else dim)
        if x.ndim == 1 and y.ndim > 1:
            step = shaping.reshape(step, tuple(-1 if d == dim % y.ndim else 1 for d in range(y.ndim)))
    return elementwise.mul(elementwise.plus(_part(y, dim, 1, None), _part(y, dim, None, -1)), step * 0.5)


def gradient(f: Any, *spacing: Any, dim: Any = None, edge_order: int = 1, axis: Any = None) -> Any:
    """The derivative of sampled values: central differences inside, one-sided ones at the ends (``np.gradient``).

    Args:
        f: values on a grid.
        spacing: nothing (1), one step for all dimensions, or per dimension a step or the coordinates.
        dim: a dimension or several; None for all, which gives a list.
        edge_order: 1 or 2, the order of the differences at the ends.

    Example:
        >>> import autograd
        >>> autograd.gradient(autograd.tensor([0.0, 1.0, 4.0, 9.0]))
        tensor([1., 2., 4., 5.], dtype=float32)
        >>> autograd.gradient(autograd.tensor([0.0, 1.0, 4.0, 9.0]), 2.0, edge_order=2)
        tensor([0., 1., 2., 3.], dtype=float32)
    """
    f, dim = to_tensor(f), dim if axis is None else axis
    dims = tuple(range(f.ndim)) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    if len(spacing) not in (0, 1, len(dims)):
        raise TypeError(f"gradient: {len(spacing)} spacings for {len(dims)} dimensions: give none, one, or one per dimension")
    steps = (spacing or (1.0,)) * (1 if len(spacing) > 1 else len(dims))
    found = [_slope(f, step, d, edge_order) for d, step in zip(dims, steps, strict=True)]
    return found[0] if len(found) == 1 else found


def _slope(f: Any, step: Any, dim: int, edge_order: int) -> Any:
    n = f.shape[dim]
    if n < edge_order + 1:
        raise ShapeError(f"gradient: dimension {dim} has {n} elements: at least edge_order + 1 = {edge_order + 1} are needed")
    step = getattr(step, "array", step)
    if np.ndim(step) == 1:
        h = np.diff(np.asarray(step, f.dtype if f.dtype.kind == "f" else float))
        if len(h) != n - 1:
            raise ShapeError(f"gradient: {len(step)} coordinates for dimension {dim} of length {n}")
    else:
        h = np.full(n - 1, step, f.dtype if f.dtype.kind in "fc" else float)
    shape = [-1 if d == dim % f.ndim else 1 for d in range(f.ndim)]

    def at(*where: int | None) -> Any:
        return _part(f, dim, *where)

    before, after = h[:-1].reshape(shape), h[1:].reshape(shape)
    inside = (
        at(None, -2) * (-after / (before * (before + after)))
        + at(1, -1) * ((after - before) / (before * after))
        + at(2, None) * (before / (after * (before + after)))
    )
    if edge_order == 1 or n < 3:
        first = (at(1, 2) - at(0, 1)) / h[0]
        last = (at(-1, None) - at(-2, -1)) / h[-1]
    else:
        a, b = h[0], h[1]
        first = at(0, 1) * (-(2 * a + b) / (a * (a + b))) + at(1, 2) * ((a + b) / (a * b)) + at(2, 3) * (-a / (b * (a + b)))
        a, b = h[-2], h[-1]
        last = at(-3, -2) * (b / (a * (a + b))) + at(-2, -1) * (-(a + b) / (a * b)) + at(-1, None) * ((2 * b + a) / (b * (a + b)))
    return join.cat([first, inside, last], dim=dim)


# ------------------------------------------------------------------------------------------------------------- covariances
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of the rows: Σ w (x - mean)(x - mean)ᴴ / (n - correction).

    Args:
        input: (variables, observations), or (observations).
        correction: 1 for an unbiased estimate.
        fweights: how often each observation was made. aweights: how much each counts.

    Example:
        >>> import autograd
        >>> autograd.cov(autograd.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]], dtype=float32)
    """
    x = to_tensor(input)
    if x.ndim > 2:
        raise ShapeError(f"cov: expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions")
    rows = shaping.reshape(x, (1, -1)) if x.ndim < 2 else x
    w = None
    for given in (fweights, aweights):
        if given is not None:
            w = given if w is None else elementwise.mul(w, given)
    if w is None:
        d = rows - reduction.mean(rows, dim=1, keepdim=True)
        left = d
        total: Any = max(rows.shape[1] - correction, 0)
    else:
        w = elementwise.mul(w, np.ones((), rows.dtype))
        n = reduction.sum(w)
        d = rows - reduction.sum(rows * w, dim=1, keepdim=True) / n
        left = d * w
        spent = correction if aweights is None else correction * reduction.sum(elementwise.mul(w, aweights)) / n
        total = n - spent
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (left @ (shaping.conj(d) if d.dtype.kind == "c" else d).T) / total
    return shaping.reshape(found, ()) if x.ndim < 2 else found


def corrcoef(input: Any) -> Any:
    """Correlations of the rows: covariances of the rows divided by their deviations.

    Example:
        >>> import autograd
        >>> autograd.corrcoef(autograd.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]], dtype=float32)
    """
    c = cov(input)
    if not c.ndim:
        return c / c
    d = elementwise.sqrt(shaping.real(shaping.diagonal(c)))
    return c / d[:, None] / d[None, :]


# ---------------------------------------------------------------------------------------------------------- nan left out
def _without(input: Any, filler: float) -> tuple[Any, Any]:
    """The input with nan replaced, and where it was not nan."""
    gone = elementwise.isnan(input)
    return elementwise.where(gone, filler, input), elementwise.logical_not(gone)


def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None) -> Any:
    """Sum of what is not nan.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, autograd.nan, 3.0], requires_grad=True)
        >>> y = autograd.nansum(x)
        >>> y.backward()
        >>> y.item(), x.grad
        (4.0, tensor([1., 0., 1.], dtype=float32))
    """
    return reduction.sum(_without(input, 0)[0], dim=dim if axis is None else axis, keepdim=keepdim, dtype=dtype)


def nanprod(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Product of what is not nan.

    Example:
        >>> import autograd
        >>> autograd.nanprod(autograd.tensor([2.0, autograd.nan, 3.0]))
        tensor(6., dtype=float32)
    """
    return reduction.prod(_without(input, 1)[0], dim, keepdim)


def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None) -> Any:
    """Mean of what is not nan; nan where nothing is left.

    Example:
        >>> import autograd
        >>> autograd.nanmean(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(2., dtype=float32)
    """
    dim = dim if axis is None else axis
    x, there = _without(input, 0)
    total = reduction.sum(x, dim=dim, keepdim=keepdim, dtype=dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        return elementwise.divided(total, reduction.sum(there, dim=dim, keepdim=keepdim, dtype=total.dtype))


def nanvar(input: Any, dim: Any = None, keepdim: bool = False, *, correction: float = 0) -> Any:
    """Variance of what is not nan; nan where nothing is left. Divided by n - correction, where NumPy's default is 0.

    Example:
        >>> import autograd
        >>> autograd.nanvar(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(1., dtype=float32)
    """
    x, there = _without(input, 0)
    d = elementwise.where(there, x - nanmean(input, dim, True), 0)
    total = reduction.sum(elementwise.square(d), dim=dim, keepdim=keepdim)
    n = elementwise.minus(reduction.sum(there, dim=dim, keepdim=keepdim, dtype=total.dtype), correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        return elementwise.divided(total, elementwise.where(n <= 0, np.nan, n))


def nanstd(input: Any, dim: Any = None, keepdim: bool = False, *, correction: float = 0) -> Any:
    """Standard deviation of what is not nan; its gradient is 0 where all of that is equal.

    Example:
        >>> import autograd
        >>> autograd.nanstd(autograd.tensor([[1.0, autograd.nan, 5.0], [4.0, 4.0, 4.0]]), dim=1)
        tensor([2., 0.], dtype=float32)
    """
    v = nanvar(input, dim, keepdim, correction=correction)
    flat = v == 0
    return elementwise.where(flat, 0, elementwise.sqrt(elementwise.where(flat, 1, v)))


def nanmax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Largest of what is not nan; nan where nothing is left.

    Example:
        >>> import autograd
        >>> autograd.nanmax(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(3., dtype=float32)
    """
    return _nan_extreme(input, dim, keepdim, reduction.amax, -np.inf)


def nanmin(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Smallest of what is not nan; nan where nothing is left.

    Example:
        >>> import autograd
        >>> autograd.nanmin(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(1., dtype=float32)
    """
    return _nan_extreme(input, dim, keepdim, reduction.amin, np.inf)


def _nan_extreme(input: Any, dim: Any, keepdim: bool, reduce: Any, filler: float) -> Any:
    x, there = _without(input, filler)
    return elementwise.where(reduction.any(there, dim=dim, keepdim=keepdim), reduce(x, dim=dim, keepdim=keepdim), np.nan)


def nancumsum(input: Any, dim: int) -> Any:
    """Running sum, in which nan counts as 0.

    Example:
        >>> import autograd
        >>> autograd.nancumsum(autograd.tensor([1.0, autograd.nan, 3.0]), 0)
        tensor([1., 1., 4.], dtype=float32)
    """
    return reduction.cumsum(_without(input, 0)[0], dim)


def nancumprod(input: Any, dim: int) -> Any:
    """Running product, in which nan counts as 1.

    Example:
        >>> import autograd
        >>> autograd.nancumprod(autograd.tensor([2.0, autograd.nan, 3.0]), 0)
        tensor([2., 2., 6.], dtype=float32)
    """
    return reduction.cumprod(_without(input, 1)[0], dim)
