"""Normalization to mean 0 and variance 1 over some dimensions, then a weight and a bias.

One op serves batch, layer, instance and group normalization, which differ in the dimensions. It returns mean and variance as well.
So its rule can use them as outputs of the op: it need not compute them again, and a second derivative through them is right too.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..engine.tables import table
from ..engine.values.sums import sum_over
from ..errors import DtypeError, ShapeError, describe
from . import rows
from .rules import is_unused, remembered

PIECE = 1 << 17  # bytes of a piece of an array, which fits the cache together with the other operands of a formula


def _in_pieces(*arrays):
    """Whether to compute with these arrays piece by piece. The first has the full shape."""
    x = arrays[0]
    return type(x) is np.ndarray and x.nbytes > 8 * PIECE and x.ndim > 1 and all(type(a) is np.ndarray for a in arrays)


def _pieces(*arrays):
    """For each piece, its slice of the first dimension and the parts of the arrays there.

    An array that all images share is repeated for a whole piece: NumPy then runs one loop, not one per image or per pixel.
    """
    x = arrays[0]
    step = min(max(1, PIECE // x[:1].nbytes), len(x))
    parts = [a.reshape(_aligned(a.shape, x.ndim)) for a in arrays]
    parts = [_repeated(a, (step, *x.shape[1:])) if len(a) == 1 else a for a in parts]
    for i in range(0, len(x), step):
        length = min(step, len(x) - i)
        yield slice(i, i + step), [a[:length] if len(a) == step != len(x) else a[i : i + step] for a in parts]


def _repeated(a, shape):
    y = np.empty(shape, a.dtype)
    y[...] = a
    return y


def summed_over(x, dims):
    """``sum_over`` with keepdim. The channels of images are summed in two steps, which take a third of the time of one."""
    if type(x) is np.ndarray and x.ndim > 2 and x.size > _SMALL and x.flags.c_contiguous and dims == _outside_channels(x.ndim):
        of_images = sum_over(x.reshape(len(x), x.shape[1], -1), 2)
        return sum_over(of_images, 0).reshape((1, -1) + (1,) * (x.ndim - 2))
    return sum_over(x, dims, keepdim=True)


_SMALL = 2048  # numbers up to which one step takes less time


@table(16)
def _outside_channels(ndim):
    return (0, *range(2, ndim))


def summed(formula, dims, *arrays):
    """``total`` of a formula of the arrays. For large arrays the summands are computed piece by piece, and never all in memory."""
    if not _in_pieces(*arrays):
        return summed_over(formula(*arrays), dims)
    sums, out = [], None
    for _, parts in _pieces(*arrays):
        if out is None or len(out) != len(parts[0]):
            out = np.empty_like(parts[0])
        sums.append(summed_over(formula(*parts, out=out), dims))
    return sum(sums[1:], sums[0]) if 0 in dims else np.concatenate(sums)


def weighted(shift, x, a, g=None, b=None):
    """x * a + shift, or x * a + g * b + shift; large arrays are read and written once."""
    more = () if g is None else (g, b)
    if not _in_pieces(x, a, shift, *more):
        return x * a + shift if g is None else x * a + g * b + shift
    y = np.empty_like(x)
    for piece, parts in _pieces(x, a, shift, *more):
        part = np.multiply(parts[0], parts[1], out=y[piece])
        if more:
            part += parts[3] * parts[4]
        part += parts[2]
    return y


def _count(shape, dims):
    return max(prod([shape[d] for d in dims]), 1)


def _dims(ndim, dim):
    dims = tuple(d + ndim if d < 0 else d for d in ((dim,) if isinstance(dim, int) else dim))
    if any(not 0 <= d < ndim for d in dims):
        raise IndexError(f"dim={dim} is out of range for {ndim} dimensions")
    return dims


def _aligned(shape, ndim):
    """The shape with 1s in front, as broadcasting sees it."""
    return (1,) * (ndim - len(shape)) + tuple(shape)


def _shared_dims(x_shape, weight_shape):
    """The dimensions of x along which a weight is the same."""
    return tuple(i for i, n in enumerate(_aligned(weight_shape, len(x_shape))) if n == 1)


def _constant_over(weight_shape, ndim, dims):
    """Whether a weight is the same along all normalized dimensions: so it is in batch normalization, not in layer normalization."""
    shape = _aligned(weight_shape, ndim)
    return all(shape[d] == 1 for d in dims)


def _check_shapes(x, **arrays):
    for name, array in arrays.items():
        if array is not None and (
            array.ndim > x.ndim or any(n not in (1, m) for n, m in zip(array.shape[::-1], x.shape[::-1], strict=False))
        ):
            raise ShapeError(f"{name} {describe(array)} does not fit x {describe(x)}: its lengths must be 1 or those of x")


@remembered
def _layout(shape, dim):
    """The dimensions that are normalized, counted from 0, and the length of a row where they are the last ones, or else 0."""
    dims = _dims(len(shape), dim)
    last = tuple(range(len(shape) - len(dims), len(shape)))
    row = prod(shape[last[0] :]) if dims and dims == last else 0
    return dims, row


def _plain(*arrays):
    """Whether these are arrays, no stand-ins, of floats of one dtype, each row by row in memory."""
    dtype = arrays[0].dtype
    return dtype.char in "fd" and all([type(a) is np.ndarray and a.dtype == dtype and a.flags.c_contiguous for a in arrays])


def _normalize_rows(x, weight, bias, eps):
    """The rows of a matrix with mean 0 and variance 1, their means and their variances."""
    weight, bias = _for_rows(x, weight), _for_rows(x, bias)
    if x.size <= rows.BEYOND_CACHE:
        return _normalize_piece(x, weight, bias, eps)
    y, (count, n) = np.empty_like(x), x.shape
    mean, var = np.empty((count, 1), x.dtype), np.empty((count, 1), x.dtype)
    with rows.row_buffers(n):
        for piece in rows.pieces(count, n):
            _, mean[piece], var[piece] = _normalize_piece(x[piece], weight, bias, eps, y[piece])
    return y, mean, var


def _for_rows(x, a):
    """A weight or bias as a matrix of one row, or of as many as a piece of x has: NumPy then runs one loop, not one per row."""
    if a is None or x.size <= rows.BEYOND_CACHE:
        return None if a is None else a.reshape(1, -1)
    return _repeated(a.reshape(1, -1), (max(1, rows.PIECE // x.shape[1]), x.shape[1]))


def _normalize_piece(x, weight, bias, eps, y=None):
    n = x.shape[1]
    mean = rows.totals(x)
    mean /= n
    y = np.subtract(x, mean, out=y)
    var = rows.products(y, y)[:, None]
    var /= n
    scale = var + eps
    y *= np.reciprocal(np.sqrt(scale, out=scale), out=scale)
    if weight is not None:
        y *= weight[: len(y)]
    if bias is not None:
        y += bias[: len(y)]
    return y, mean, var


def _normalize_rows_rule(g, x, weight, mean, var, eps, needs):
    """The gradients of ``_normalize_rows``, the last two None where they are not needed."""
    weight = _for_rows(x, weight)
    if x.size <= rows.BEYOND_CACHE:
        return _normalize_piece_rule(g, x, weight, mean, var, eps, needs)
    for_x = np.empty_like(x)
    found = []
    with rows.row_buffers(x.shape[1]):
        for piece in rows.pieces(*x.shape):
            part = _normalize_piece_rule(g[piece], x[piece], weight, mean[piece], var[piece], eps, needs, for_x[piece])
            found.append(part[1:])
    for_weight = sum_over(np.stack([of_weight for of_weight, _ in found]), 0) if needs[1] else None
    for_bias = sum_over(np.stack([of_bias for _, of_bias in found]), 0) if needs[2] else None
    return for_x if needs[0] else None, for_weight, for_bias


def _normalize_piece_rule(g, x, weight, mean, var, eps, needs, d=None):
    n = x.shape[1]
    scale = var + eps
    np.reciprocal(np.sqrt(scale, out=scale), out=scale)
    d = np.subtract(x, mean, out=d)
    d *= scale
    for_weight = sum_over(g * d, 0) if needs[1] else None
    for_bias = sum_over(g, 0) if needs[2] else None
    if not needs[0]:
        return None, for_weight, for_bias
    h = g if weight is None else g * weight[: len(g)]
    # (h - mean(h) - d mean(h d)) / deviation
    slope = rows.products(h, d)[:, None]
    slope /= -n
    d *= slope
    d += h
    total = rows.totals(h)
    total /= n
    d -= total
    d *= scale
    return d, for_weight, for_bias


def _normalize(x, weight=None, bias=None, dim=(-1,), eps=1e-5):
    if weight is not None or bias is not None:
        _check_shapes(x, weight=weight, bias=bias)
    if x.dtype.kind == "c":
        raise DtypeError(f"x {describe(x)} holds complex numbers: pass real and imaginary part as two features")
    x = np.asarray(x, order="C")
    shape = x.shape
    dims, row = _layout(shape, dim)
    given = [a for a in (weight, bias) if a is not None]
    if row and _plain(x, *given) and all([a.shape == shape[-len(dims) :] for a in given]):
        if len(shape) == 2:
            return _normalize_rows(x, weight, bias, eps)
        y, mean, var = _normalize_rows(x.reshape(-1, row), weight, bias, eps)
        of_rows = shape[: -len(dims)] + (1,) * len(dims)
        return y.reshape(shape), mean.reshape(of_rows), var.reshape(of_rows)
    n = x.dtype.type(_count(shape, dims))
    mean = summed_over(x, dims) / n
    var = summed(_square, dims, x, mean) / n
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    if all(a is None or _constant_over(a.shape, x.ndim, dims) for a in (weight, bias)):
        scale = scale if weight is None else scale * weight
        return weighted((0 if bias is None else bias) - mean * scale, x, scale), mean, var
    y = x - mean
    y *= scale
    if weight is not None:
        y *= weight
    if bias is not None:
        y += bias
    return y, mean, var


def _square(x, mean, out=None):
    d = np.subtract(x, mean, out=out)
    return np.multiply(d, d, out=out)


def _product(g, x, mean, out=None):
    return np.multiply(g, np.subtract(x, mean, out=out), out=out)


def _scaled_product(g, x, mean, r, out=None):
    return np.multiply(g, np.multiply(np.subtract(x, mean, out=out), r, out=out), out=out)


def _normalize_rule(g, x, weight, y1, y2, weight_shape, bias_shape, dim, eps, needs):
    (g, g_mean, g_var), mean, var = g, y1, y2
    shape = x.shape
    dims, row = _layout(shape, dim)
    given = () if weight is None else (weight,)
    if row and _plain(x, g, mean, var, *given) and is_unused(g_mean) and is_unused(g_var):
        tail = shape[-len(dims) :]
        if (weight is None or weight.shape == tail) and (not needs[2] or bias_shape == tail):
            if len(shape) == 2:
                return _normalize_rows_rule(g, x, weight, mean, var, eps, needs)
            matrix, means, variances = x.reshape(-1, row), mean.reshape(-1, 1), var.reshape(-1, 1)
            of_x, of_weight, of_bias = _normalize_rows_rule(g.reshape(-1, row), matrix, weight, means, variances, eps, needs)
            return (
                None if of_x is None else of_x.reshape(shape),
                None if of_weight is None else of_weight.reshape(weight_shape),
                None if of_bias is None else of_bias.reshape(bias_shape),
            )
    n = _count(shape, dims)
    rstd = 1 / np.sqrt(var + eps)
    if weight is not None and not _constant_over(weight_shape, x.ndim, dims):
        for_weight = None
        if needs[1]:
            for_weight = summed(_scaled_product, _shared_dims(shape, weight_shape), g, x, mean, rstd)
            for_weight = np.reshape(for_weight, weight_shape)
        for_bias = np.reshape(sum_over(g, _shared_dims(shape, bias_shape), keepdim=True), bias_shape) if needs[2] else None
        h = g * weight
        sum_h, sum_hx = summed_over(h, dims), summed(_product, dims, h, x, mean)
        scale = rstd
    else:  # the weight is a factor of both sums, which so serve the gradients of x, weight and bias
        h, sum_h, sum_hx = g, summed_over(g, dims), summed(_product, dims, g, x, mean)
        for_weight = np.reshape(sum_over(sum_hx * rstd, _shared_dims(shape, weight_shape),
        keepdim=True), weight_shape) if needs[1] else None
        if not needs[2]:
            for_bias = None
        else:
            summands = sum_h if _constant_over(bias_shape, x.ndim, dims) else g
            for_bias = np.reshape(sum_over(summands, _shared_dims(shape, bias_shape), keepdim=True), bias_shape)
        scale = rstd if weight is None else rstd * weight
    if not needs[0]:
        return None, for_weight, for_bias
    # (h - sum_h / n - (x - mean) * slope) * scale, with the terms ordered as factors of h and of x
    slope = sum_hx * rstd * rstd / n
    for_x = weighted((mean * slope - sum_h / n) * scale, h, scale, x, -slope * scale)
    if not is_unused(g_mean):
        for_x = for_x + g_mean / n
    if not is_unused(g_var):
        for_x = for_x + (x - mean) * (g_var * 2 / n)
    return for_x, for_weight, for_bias


def _normalize_samples():
    yield Sample(draw((3, 5)), draw((5,), 0.5, 2, 1), draw((5,), seed=2))
    yield Sample(draw((3, 5)), draw((5,), 0.5, 2, 1), dim=-1, eps=0.1)
    yield Sample(draw((4, 2, 3)), draw((1, 2, 1), 0.5, 2, 1), draw((1, 2, 1), seed=2), dim=(0, 2))
    yield Sample(draw((2, 3, 4)), draw((3, 4), 0.5, 2, 1), draw((3, 4), seed=2), dim=(1, 2))
    yield Sample(draw((2, 3, 4)), draw((1, 3, 1), 0.5, 2, 1), draw((1, 3, 1), seed=2), dim=(2,))
    yield Sample(draw((2, 3, 4)), dim=(2,))
    yield Sample(np.moveaxis(draw((3, 20, 5)), -1, 1), draw((5, 1), 0.5, 2, 1), draw((5, 1), seed=2), dim=(0, 2))


normalize = op(
    "normalize", _normalize, joint=_normalize_rule, inputs=("x", "weight", "bias"), outputs=3, analytic=False,
    samples=_normalize_samples,
    errors=lambda: [Sample(np.ones((3, 5)), np.ones(4), raises=ShapeError, match=r"weight float64\[4\] does not fit x")],
    formula={
        "y": "y[0] == weight * xhat + bias; xhat = (x - y[1]) / sqrt(y[2] + eps)",
        "y[1]": "mean(x, dim)",
        "y[2]": "mean((x - y[1]) ** 2, dim)",
        "x": "r * (u - mean(u, dim) - xhat * mean(u * xhat, dim)) + g[1] / count(x, dim) + 2 * g[2] * (x - y[1]) / count(x, dim); "
        "u = weight * g[0]; r = 1 / sqrt(y[2] + eps); xhat = r * (x - y[1])",
        "weight": "sum_to(g[0] * xhat, weight_shape); xhat = (x - y[1]) / sqrt(y[2] + eps)",
        "bias": "sum_to(g[0], bias_shape)",
    },
    doc="""Batch, layer, instance and group normalization: y, and the mean and the variance over ``dim``.

    Formula: y = (x - mean) / √(var + eps) · weight + bias, with var = mean((x - mean)²)

    Args:
        x: real numbers, any shape.
        weight, bias: shapes that broadcast to that of x, or None.
        dim: the dimensions over which mean and variance are computed.
        eps: a small number that keeps the divisor away from 0.

    Raises:
        ShapeError: a weight or bias that does not broadcast to x. DtypeError: complex numbers. IndexError: a dimension that x does
            not have.

    Source: Ioffe and Szegedy, Batch Normalization, 2015; Ba, Kiros and Hinton, Layer Normalization, 2016.
    """,
)


def _rms(x, weight=None, dim=(-1,), eps=1e-6):
    if weight is not None:
        _check_shapes(x, weight=weight)
    x = np.asarray(x, order="C")
    dims, _ = _layout(x.shape, dim)
    mean_square = sum_over(np.square(x), dims, keepdim=True) / x.dtype.type(_count(x.shape, dims))
    y = x * (1 / np.sqrt(mean_square + x.dtype.type(eps)))
    if weight is not None:
        y *= weight
    return y, mean_square


def _rms_rule(g, x, weight, y1, weight_shape, dim, eps, needs):
    (g, g_square), mean_square = g, y1
    dims, _ = _layout(x.shape, dim)
    n = _count(x.shape, dims)
    r = 1 / np.sqrt(mean_square + eps)
    for_weight = np.reshape(sum_over(g * (x * r), _shared_dims(x.shape, weight_shape),
    keepdim=True), weight_shape) if needs[1] else None
    if not needs[0]:
        return None, for_weight
    h = g if weight is None else g * weight
    for_x = (h - x * (sum_over(h * x, dims, keepdim=True) * r * r / n)) * r
    if not is_unused(g_square):
        for_x = for_x + x * (g_square * 2 / n)
    return for_x, for_weight


rms_normalize = op(
    "rms_normalize", _rms, joint=_rms_rule, inputs=("x", "weight"), outputs=2, analytic=False,
    samples=lambda: [
        Sample(draw((3, 5)), draw((5,), 0.5, 2, 1)), Sample(draw((2, 3, 4)), dim=(1, 2), eps=0.1),
        Sample(draw((2, 3, 4)), draw((3, 4), 0.5, 2, 1), dim=(1, 2)),
    ],
    formula={
        "y": "y[0] == weight * x / sqrt(y[1] + eps)",
        "y[1]": "mean(x ** 2, dim)",
        "x": "r * (u - xhat * mean(u * xhat, dim)) + 2 * g[1] * x / count(x, dim); u = weight * g[0]; r = 1 / sqrt(y[1] + eps); "
        "xhat = r * x",
        "weight": "sum_to(g[0] * x / sqrt(y[1] + eps), weight_shape)",
    },
    doc="""Root mean square normalization: y, and the mean of x² over ``dim``.

    Formula: y = x / √(mean(x²) + eps) · weight

    Args:
        x: any shape.
        weight: a shape that broadcasts to that of x, or None.
        dim: the dimensions over which the mean is computed.
        eps: a small number that keeps the divisor away from 0.

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """,
)
