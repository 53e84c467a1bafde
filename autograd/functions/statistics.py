"""Differences, integrals and covariances, and reductions that ignore nan. All are made of other functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.recording import alias
from ..engine.values.dtypes import get_default_dtype
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..types import Dim, Dims, DType, Tensor, TensorLike
from . import elementwise, join, reduction
from . import shape as shapes
from .creation import to_tensor


def _part(x: Tensor, dim: int, *bounds: int | None) -> Tensor:
    """The slice of a dimension between bounds, x[..., bounds[0]:bounds[1], ...]."""
    return x[(slice(None),) * (dim % x.ndim) + (slice(*bounds),)]


# ------------------------------------------------------------------------------------------------- differences and integrals
def diff(
    input: TensorLike, n: int = 1, dim: Dim = -1, prepend: TensorLike | None = None, append: TensorLike | None = None, *,
    axis: Dim | None = None,
) -> Tensor:  # fmt: skip
    """The n-th difference along a dimension: x_{t+1} - x_t, taken n times.

    Args:
        input: at least 1 dimension.
        n: >= 0. Each time the dimension becomes shorter by 1.
        dim: the dimension.
        prepend: a tensor that is joined in front first, or a number.
        append: a tensor that is joined at the end first, or a number.
        axis: NumPy's name of dim.

    Raises:
        ArgumentError: a negative n. ShapeError: no dimension.

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


def _end(end: TensorLike | None, x: Tensor, dim: int) -> Tensor | None:
    """A tensor to join to x along a dimension: a number becomes one slice."""
    if end is None:
        return None
    end = to_tensor(end)
    if end.ndim:
        return end
    shape = list(x.shape)
    shape[dim] = 1
    return shapes.expand(end, tuple(shape))


def trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: TensorLike = 1, dim: Dim = -1, axis: Dim | None = None
) -> Tensor:  # fmt: skip
    """The integral of samples by the trapezoidal rule, Σ (x_{t+1} - x_t) (y_t + y_{t+1}) / 2.

    Args:
        y: the samples.
        x: where they were taken: of the shape of y, or (n,), with n the length of the dimension.
        dx: the distance of neighbours, where x is not given.
        dim: the dimension.
        axis: NumPy's name of dim.

    Example:
        >>> import autograd
        >>> autograd.trapezoid(autograd.tensor([1.0, 2.0, 3.0]))
        tensor(4., dtype=float32)
    """
    dim = dim if axis is None else axis
    return reduction.sum(_areas(y, x, dx, dim), dim=dim)


trapz = alias(trapezoid, "trapz")


def cumulative_trapezoid(
    y: TensorLike, x: TensorLike | None = None, *, dx: TensorLike = 1, dim: Dim = -1, axis: Dim | None = None
) -> Tensor:  # fmt: skip
    """The running integral of samples by the trapezoidal rule. Along the dimension it has one element fewer than y.

    Args:
        y: the samples.
        x: where they were taken: of the shape of y, or (n,), with n the length of the dimension.
        dx: the distance of neighbours, where x is not given.
        dim: the dimension.
        axis: NumPy's name of dim.

    Example:
        >>> import autograd
        >>> autograd.cumulative_trapezoid(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([1.5000, 4.0000], dtype=float32)
    """
    dim = dim if axis is None else axis
    return reduction.cumsum(_areas(y, x, dx, dim), dim=dim)


def _areas(y: TensorLike, x: TensorLike | None, dx: Any, dim: int) -> Tensor:
    """The areas of the trapezoids between neighbouring samples."""
    y = to_tensor(y)
    step = dx
    if x is not None:
        x = to_tensor(x)
        step = diff(x, dim=0 if x.ndim == 1 else dim)
        if x.ndim == 1 and y.ndim > 1:
            step = shapes.reshape(step, tuple(-1 if d == dim % y.ndim else 1 for d in range(y.ndim)))
    return elementwise.mul(elementwise.plus(_part(y, dim, 1, None), _part(y, dim, None, -1)), step * 0.5)


def gradient(
    input: TensorLike, *, spacing: TensorLike | Sequence[TensorLike] | None = None, dim: Dims = None, edge_order: int = 1,
    axis: Dims = None,
) -> tuple[Tensor, ...]:  # fmt: skip
    """The derivatives of samples on a grid: central differences inside, one-sided ones at the ends, as ``np.gradient``.

    Args:
        input: the samples.
        spacing: 1 by default; one distance for all dimensions; or a list with a distance, or the coordinates, for each dimension.
        dim: the dimension, or several. None for all. The result is a tuple in any case.
        edge_order: 1 or 2, the order of the differences at the ends.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: a list with not one spacing for each dimension, fewer than edge_order + 1 samples, or not one
            coordinate for each.

    Example:
        >>> import autograd
        >>> autograd.gradient(autograd.tensor([0.0, 1.0, 4.0, 9.0]))
        (tensor([1., 2., 4., 5.], dtype=float32),)
        >>> autograd.gradient(autograd.tensor([0.0, 1.0, 4.0, 9.0]), spacing=2.0, edge_order=2)
        (tensor([0., 1., 2., 3.], dtype=float32),)
    """
    f = to_tensor(input)
    if spacing is None:
        steps: tuple[Any, ...] = ()
    elif isinstance(spacing, list | tuple):
        steps = tuple(spacing)
        count = f.ndim if dim is None and axis is None else len(_as_dims(dim if axis is None else axis))
        if len(steps) != count:
            raise ShapeError(f"gradient: expected spacing to be a number, or one for each of {count} dimensions, not {len(steps)}")
    else:
        dims = range(f.ndim) if dim is None and axis is None else _as_dims(dim if axis is None else axis)
        one: Any = spacing
        steps = (one,) * (1 if np.ndim(getattr(one, "array", one)) == 0 else len(list(dims)))
    return slopes(f, steps, dim if axis is None else axis, edge_order)


def _as_dims(dim: Any) -> tuple[int, ...]:
    return tuple(dim) if isinstance(dim, tuple | list) else (dim,)


def slopes(f: Tensor, spacing: Sequence[Any], dim: Dims, edge_order: int) -> tuple[Tensor, ...]:
    """The derivatives along dimensions, with no, one, or one spacing per dimension."""
    edge_order = integers(edge_order, "gradient: argument 'edge_order'")
    dims = tuple(range(f.ndim)) if dim is None else _as_dims(dim)
    if len({d % max(f.ndim, 1) for d in dims}) < len(dims):
        raise ShapeError(f"gradient: a dimension appears multiple times in the list of dims, {dims}")
    if len(spacing) not in (0, 1, len(dims)):
        raise TypeError(f"gradient: {len(spacing)} spacings for {len(dims)} dimensions: give none, one, or one per dimension")
    steps = (tuple(spacing) or (1.0,)) * (1 if len(spacing) > 1 else len(dims))
    return tuple([_slope(f, step, d, edge_order) for d, step in zip(dims, steps, strict=True)])


def _slope(f: Tensor, step: Any, dim: int, edge_order: int) -> Tensor:
    """The derivative along one dimension."""
    n = f.shape[dim]
    if n < edge_order + 1:
        raise ShapeError(f"gradient: dimension {dim} has {n} elements: at least edge_order + 1 = {edge_order + 1} are needed")
    step = np.asarray(getattr(step, "array", step))
    kind = f.dtype if f.dtype.kind in "fc" else np.dtype(np.float64)
    if step.dtype.kind == "c":
        kind = np.result_type(kind, np.complex64)
    if step.ndim and step.dtype.kind in "fc":  # coordinates keep their digits
        kind = np.result_type(kind, step.dtype)
    if step.ndim == 1:
        h = np.diff(step.astype(kind))
        if len(h) != n - 1:
            raise ShapeError(f"gradient: {len(step)} coordinates for dimension {dim} of length {n}")
    else:
        h = np.full(n - 1, step, kind)
    shape = [-1 if d == dim % f.ndim else 1 for d in range(f.ndim)]

    def at(*bounds: int | None) -> Tensor:
        return _part(f, dim, *bounds)

    before, after = h[:-1].reshape(shape), h[1:].reshape(shape)
    if step.ndim == 0:  # the middle one has no weight then, and is not read: it may be infinite
        inside = (at(2, None) - at(None, -2)) / (before + after)
    else:
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
def cov(
    input: TensorLike, *, correction: int = 1, fweights: TensorLike | None = None, aweights: TensorLike | None = None
) -> Tensor:  # fmt: skip
    """The covariances of the rows: Σ w (x - mean)(x - mean)ᴴ / (n - correction).

    Args:
        input: (variables, observations), or (observations,).
        correction: 1 for an unbiased estimate.
        fweights: (observations,), how often each observation was made: whole numbers.
        aweights: (observations,), how much each observation counts.

    Raises:
        ShapeError: more than 2 dimensions. DtypeError: fweights that are no integers.

    Example:
        >>> import autograd
        >>> autograd.cov(autograd.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]], dtype=float32)
    """
    x = to_tensor(input)
    if x.ndim > 2:
        raise ShapeError(f"cov: expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions")
    if fweights is not None and array_of(fweights).dtype.kind not in "biu":
        raise DtypeError(f"cov: expected fweights to have integral dtype, not {describe(array_of(fweights))}")
    if x.dtype.kind not in "fc":
        x = shapes.astype(x, get_default_dtype())
    rows = shapes.reshape(x, (1, -1)) if x.ndim < 2 else x
    real = np.abs(rows.dtype.type(0)).dtype
    counts, reliability = [None if w is None else shapes.astype(to_tensor(w), real) for w in (fweights, aweights)]
    w = counts if reliability is None else reliability if counts is None else elementwise.mul(counts, reliability)
    if w is None:
        d = rows - reduction.mean(rows, dim=1, keepdim=True)
        left = d
        total: Any = max(rows.shape[1] - correction, 0)
    else:
        n = reduction.sum(w)
        d = rows - reduction.sum(rows * w, dim=1, keepdim=True) / n
        left = d * w
        spent = correction if reliability is None else correction * reduction.sum(elementwise.mul(w, reliability)) / n
        total = n - spent
    with np.errstate(divide="ignore", invalid="ignore"):
        y = (left @ (shapes.conj(d) if d.dtype.kind == "c" else d).T) / total
    return shapes.reshape(y, ()) if rows.shape[0] == 1 else y


def corrcoef(input: TensorLike) -> Tensor:
    """The correlation coefficients of the rows: their covariances divided by the product of their standard deviations.

    Example:
        >>> import autograd
        >>> autograd.corrcoef(autograd.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]], dtype=float32)
    """
    c = cov(input)
    if not c.ndim:
        return c / c
    d = elementwise.sqrt(shapes.real(shapes.diagonal(c)))
    return c / d[:, None] / d[None, :]


# ---------------------------------------------------------------------------------------------------------- nan ignored
def _without_nan(input: TensorLike, filler: float) -> tuple[Tensor, Tensor]:
    """The input with each nan replaced, and a mask of the elements that are not nan."""
    missing = elementwise.isnan(input)
    return elementwise.where(missing, filler, input), elementwise.logical_not(missing)


def nansum(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None, axis: Dims = None
) -> Tensor:  # fmt: skip
    """The sum of the elements that are not nan.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        DtypeError: complex numbers. (``np.nansum`` takes them.)

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, autograd.nan, 3.0], requires_grad=True)
        >>> y = autograd.nansum(x)
        >>> y.backward()
        >>> y.item(), x.grad
        (4.0, tensor([1., 0., 1.], dtype=float32))
    """
    if array_of(input).dtype.kind == "c":
        raise DtypeError(f"nansum does not support complex inputs: {describe(input)}")
    return sum_without_nan(input, dim if axis is None else axis, keepdim, dtype)


def sum_without_nan(input: TensorLike, dim: Dims = None, keepdim: bool = False, dtype: DType | None = None) -> Tensor:
    """``nansum`` of complex numbers, too: NumPy's function."""
    return reduction.sum(_without_nan(input, 0)[0], dim=dim, keepdim=keepdim, dtype=dtype)


def nanprod(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The product of the elements that are not nan.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.

    Example:
        >>> import autograd
        >>> autograd.nanprod(autograd.tensor([2.0, autograd.nan, 3.0]))
        tensor(6., dtype=float32)
    """
    return reduction.prod(_without_nan(input, 1)[0], dim, keepdim)


def nanmean(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None, axis: Dims = None
) -> Tensor:  # fmt: skip
    """The mean of the elements that are not nan, or nan where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        DtypeError: integers or booleans, without a dtype.

    Example:
        >>> import autograd
        >>> autograd.nanmean(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(2., dtype=float32)
    """
    dim = dim if axis is None else axis
    x, present = _without_nan(input, 0)
    if x.dtype.kind not in "fc" and dtype is None:
        raise DtypeError(f"nanmean: expected floating point or complex numbers, not {describe(x)}: use .float()")
    total = reduction.sum(x, dim=dim, keepdim=keepdim, dtype=dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        return elementwise.divided(total, reduction.sum(present, dim=dim, keepdim=keepdim, dtype=total.dtype))


def nanvar(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, correction: float = 0) -> Tensor:
    """The variance of the elements that are not nan, or nan where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        correction: the sum of squares is divided by n - correction. The default is NumPy's.

    Example:
        >>> import autograd
        >>> autograd.nanvar(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(1., dtype=float32)
    """
    x, present = _without_nan(input, 0)
    d = elementwise.where(present, x - nanmean(input, dim, True), 0)
    total = reduction.sum(elementwise.square(d), dim=dim, keepdim=keepdim)
    n = elementwise.minus(reduction.sum(present, dim=dim, keepdim=keepdim, dtype=total.dtype), correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        return elementwise.divided(total, elementwise.where(n <= 0, np.nan, n))


def nanstd(input: TensorLike, dim: Dims = None, keepdim: bool = False, *, correction: float = 0) -> Tensor:
    """The standard deviation of the elements that are not nan, or nan where there are none. Its gradient is 0 where these are all
    equal.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        correction: the sum of squares is divided by n - correction. The default is NumPy's.

    Example:
        >>> import autograd
        >>> autograd.nanstd(autograd.tensor([[1.0, autograd.nan, 5.0], [4.0, 4.0, 4.0]]), dim=1)
        tensor([2., 0.], dtype=float32)
    """
    v = nanvar(input, dim, keepdim, correction=correction)
    flat = v == 0
    return elementwise.where(flat, 0, elementwise.sqrt(elementwise.where(flat, 1, v)))


def nanmax(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest of the elements that are not nan, or nan where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.

    Example:
        >>> import autograd
        >>> autograd.nanmax(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(3., dtype=float32)
    """
    return _nan_extreme(input, dim, keepdim, reduction.amax, -np.inf)


def nanmin(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest of the elements that are not nan, or nan where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.

    Example:
        >>> import autograd
        >>> autograd.nanmin(autograd.tensor([1.0, autograd.nan, 3.0]))
        tensor(1., dtype=float32)
    """
    return _nan_extreme(input, dim, keepdim, reduction.amin, np.inf)


def _nan_extreme(input: TensorLike, dim: Dims, keepdim: bool, reduce: Callable[..., Tensor], filler: float) -> Tensor:
    """The extreme with each nan replaced by a number that is never the extreme, unless there are no others."""
    x, present = _without_nan(input, filler)
    return elementwise.where(reduction.any(present, dim=dim, keepdim=keepdim), reduce(x, dim=dim, keepdim=keepdim), np.nan)


def nancumsum(input: TensorLike, dim: Dim) -> Tensor:
    """The running sum along a dimension, with each nan counted as 0.

    Example:
        >>> import autograd
        >>> autograd.nancumsum(autograd.tensor([1.0, autograd.nan, 3.0]), 0)
        tensor([1., 1., 4.], dtype=float32)
    """
    return reduction.cumsum(_without_nan(input, 0)[0], dim)


def nancumprod(input: TensorLike, dim: Dim) -> Tensor:
    """The running product along a dimension, with each nan counted as 1.

    Example:
        >>> import autograd
        >>> autograd.nancumprod(autograd.tensor([2.0, autograd.nan, 3.0]), 0)
        tensor([2., 2., 6.], dtype=float32)
    """
    return reduction.cumprod(_without_nan(input, 1)[0], dim)
