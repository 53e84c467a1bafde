"""Scaled dot-product attention, and the projections of self-attention, as one op each.

Sources: Vaswani et al., Attention Is All You Need, 2017, equation 1. The rule needs, per query, the sum of the weights times their
gradients; it equals the sum of y times the gradient of y, which is shorter: Dao et al., FlashAttention, 2022, appendix B.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..engine.tables import table
from ..engine.values.sums import sum_over, sum_rows
from ..errors import ShapeError, describe
from . import rows
from .linalg.product import product
from .linear import linear
from .rules import as_rows, is_unused, sum_to


def _check_shapes(q, k, v, mask):
    too_flat = min(q.ndim, k.ndim, v.ndim) < 2
    if too_flat or q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ShapeError(
            f"q {describe(q)}, k {describe(k)} and v {describe(v)} do not fit: they must be (..., queries, features), "
            f"(..., keys, features) and (..., keys, width)"
        )
    if mask is not None:
        scores = (*q.shape[:-1], k.shape[-2])
        if mask.ndim > len(scores) or any(n not in (1, m) for n, m in zip(mask.shape[::-1], scores[::-1], strict=False)):
            raise ShapeError(f"mask {describe(mask)} does not broadcast to (..., queries, keys), which are {scores}")


@table(8)
def _causal(queries, keys, dtype):
    """The mask of causal attention: 0 for keys up to the query's own place, -inf for later ones. All layers of a model share it."""
    return np.triu(np.full((queries, keys), -np.inf, dtype), 1)


def _empty_like_queries(q, width, dtype):
    """Memory for a result (..., queries, width) whose dimensions are in the same order as those of q in memory.

    Heads are usually a transposed view; with the same order the result is transposed back without a copy.
    """
    if q.ndim < 3 or q.flags.c_contiguous:
        return np.empty((*q.shape[:-1], width), dtype)
    shape, places = _order(q.shape[:-1], q.strides)
    return np.empty((*shape, width), dtype).transpose(places)


@table(64)
def _order(shape, strides):
    """The lengths of the dimensions in their order in memory, and at which place each dimension is; the last one stays the last."""
    n = len(shape)
    order = sorted(range(n), key=lambda i: -strides[i])
    return tuple([shape[i] for i in order]), (*[order.index(i) for i in range(n)], n)


_LARGE = 1 << 22  # scores that do not stay in the cache
_PART = 1 << 18  # scores that stay in the cache while their rows are worked on


def _one_by_one(q, k, *more):
    """Whether to go matrix by matrix, so that scores are normalized and multiplied while they are in the cache."""
    scores = q.shape[-2] * k.shape[-2]
    if scores <= rows.PIECE or prod(q.shape[:-2]) * scores <= _LARGE:
        return False
    return q.dtype.char in "fd" and all([type(a) is np.ndarray and a.dtype == q.dtype for a in (q, k, *more)])


def _parts(queries, keys, dims):
    """For each matrix its index, and slices of its rows."""
    step = max(1, _PART // keys)
    return ((i, slice(start, start + step)) for i in np.ndindex(dims) for start in range(0, queries, step))


def _normalize(scores, masked):
    """Replace the rows of a matrix by their softmax."""
    for piece in rows.pieces(*scores.shape):
        some = scores[piece]
        rows.write_softmax(some, some, masked)


def _write_attention(q, k, v, mask, scale, causal, drop, y, p):
    """Write the results of ``_attention`` matrix by matrix."""
    queries, keys = p.shape[-2:]
    below = _causal(queries, keys, p.dtype) if causal else None
    added = None if mask is None else np.broadcast_to(mask, p.shape)
    with rows.row_buffers(keys):
        for i, part in _parts(queries, keys, p.shape[:-2]):
            scores = np.matmul(q[i][part] * scale, k[i].T, out=p[i][part])
            if below is not None:
                scores += below[part]
            if added is not None:
                scores += added[i][part]
            _normalize(scores, mask is not None)
            np.matmul(scores if drop is None else scores * drop[i][part], v[i], out=y[i][part])


def _attention(q, k, v, mask=None, scale=1.0, causal=False, drop=None):
    _check_shapes(q, k, v, mask)
    if _one_by_one(q, k, v, v if drop is None else drop):
        y, p = _empty_like_queries(q, v.shape[-1], q.dtype), np.empty((*q.shape[:-1], k.shape[-2]), q.dtype)
        _write_attention(q, k, v, mask, q.dtype.type(scale), causal, drop, y, p)
        return y, p
    p = np.matmul(q * q.dtype.type(scale), k.mT)
    if causal:
        p += _causal(p.shape[-2], p.shape[-1], p.dtype)
    if mask is not None:
        p += mask
    if p.size > rows.MANY and rows.are_rows(-1, p):
        with rows.row_buffers(p.shape[-1]):
            _normalize(p.reshape(-1, p.shape[-1]), mask is not None)
    elif p.shape[-1]:
        largest = np.maximum.reduce(p, axis=-1, keepdims=True)
        if mask is not None:
            np.maximum(largest, np.finfo(p.dtype).min, out=largest)  # where all scores are -inf the weights become 0, not nan
        p -= largest
        np.exp(p, out=p)
        total = sum_over(p, -1, keepdim=True)
        if mask is not None:
            total[total == 0] = 1
        p /= total
    dtype = p.dtype if p.dtype is v.dtype else np.result_type(p, v)
    y = np.matmul(p if drop is None else p * drop, v, out=_empty_like_queries(q, v.shape[-1], dtype))
    return y, p


def _slopes(g, q, k, v, y, p, scale, drop, needs):
    """The gradients of q, k and v matrix by matrix, without memory for those of all scores."""
    queries, keys = p.shape[-2:]
    dq, dk, dv = (np.zeros(a.shape, a.dtype) if needed else None for a, needed in zip((q, k, v), needs, strict=False))
    with rows.row_buffers(keys):
        for i, part in _parts(queries, keys, p.shape[:-2]):
            weights, of_y = p[i][part], g[i][part]
            if dv is not None:
                dv[i] += np.matmul((weights if drop is None else weights * drop[i][part]).T, of_y)
            if dq is None and dk is None:
                continue
            ds = np.matmul(of_y, v[i].T)
            if drop is not None:
                ds *= drop[i][part]
            ds -= sum_over(of_y * y[i][part], -1, keepdim=True)
            ds *= weights
            if dq is not None:
                np.matmul(ds, k[i] * scale, out=dq[i][part])
            if dk is not None:
                dk[i] += np.matmul(ds.T, q[i][part] * scale)
    return dq, dk, dv, None


def _attention_rule(g, q, k, v, mask_shape, y, scale, drop, needs):
    (g, g_weights), (y, p) = g, y
    weights_used = not is_unused(g_weights)
    if not (weights_used or needs[3]) and _one_by_one(q, k, v, g, y, p, p if drop is None else drop):
        return _slopes(g, q, k, v, y, p, p.dtype.type(scale), drop, needs)
    dropped = p if drop is None else p * drop
    dv = np.matmul(dropped.mT, g) if needs[2] else None
    if not (needs[0] or needs[1] or needs[3]):
        return None, None, dv, None
    ds = np.matmul(g, v.mT)
    row_sum = sum_over(g * y, -1, keepdim=True)
    if type(ds) is np.ndarray and not weights_used:
        if drop is not None:
            ds *= drop
        ds -= row_sum
        ds *= p
    else:
        if drop is not None:
            ds = ds * drop
        if weights_used:
            ds, row_sum = ds + g_weights, row_sum + np.sum(g_weights * p, axis=-1, keepdims=True)
        ds = (ds - row_sum) * p
    dq = np.matmul(ds, k * scale) if needs[0] else None
    dk = np.matmul(ds.mT, q * scale) if needs[1] else None
    return dq, dk, dv, (sum_to(ds, mask_shape) if needs[3] else None)


def _samples():
    yield Sample(draw((2, 3, 4)), draw((2, 5, 4), seed=1), draw((2, 5, 3), seed=2), scale=0.5)
    yield Sample(draw((3, 2)), draw((3, 2), seed=1), draw((3, 2), seed=2), causal=True)
    yield Sample(np.swapaxes(draw((2, 3, 2, 2)), 1, 2), np.swapaxes(draw((2, 3, 2, 2), seed=1), 1, 2), draw((2, 2, 3, 2), seed=2))
    yield Sample(draw((2, 3, 2)), draw((2, 2, 2), seed=1), draw((2, 2, 2), seed=2), draw((3, 2), seed=3))
    yield Sample(draw((2, 3, 2)), draw((2, 2, 2), seed=1), draw((2, 2, 2), seed=2), draw((2, 1, 2), seed=3), scale=2.0)
    yield Sample(draw((2, 2)), draw((3, 2), seed=1), draw((3, 2), seed=2), drop=np.array([[2.0, 0, 2], [0, 2, 2]]))


_SCORES = "A = y[1]; dA = g[0] @ v.mT * given(drop, 1) + g[1]; dS = A * (dA - sum(dA * A, -1))"

attention = op(
    "attention", _attention, joint=_attention_rule, inputs=("q", "k", "v", "mask"), outputs=2, analytic=False,
    samples=_samples,
    errors=lambda: [
        Sample(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 4)), raises=ShapeError, match=r"k float64\[2, 4\] and v"),
        Sample(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 2)), raises=ShapeError, match=r"\(2, 2\)"),
    ],
    formula={
        "y": "y[0] == (y[1] * given(drop, 1)) @ v",
        "y[1]": "softmax(scale * (q @ k.mT) + mask + (M if causal else 0)); M = causal_mask(q, k)",
        "q": f"scale * (dS @ k); {_SCORES}",
        "k": f"scale * (dS.mT @ q); {_SCORES}",
        "v": "(y[1] * given(drop, 1)).mT @ g[0]",
        "mask": f"sum_to(dS, mask_shape); {_SCORES}",
    },
    doc="""Scaled dot-product attention: y = A v, and the weights A = softmax(scale q k^T + mask).

    Args:
        q: (..., queries, features).
        k: (..., keys, features).
        v: (..., keys, width).
        mask: numbers that are added to the scores, of a shape that broadcasts to (..., queries, keys), or None. If a row is -inf
            everywhere, its weights are 0.
        scale: a factor of the scores.
        causal: query i sees the keys 0 to i only.
        drop: a factor of the weights in the product with v, for dropout, or None.

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> import autograd, nn
        >>> q, k, v = autograd.zeros(1, 2), autograd.zeros(2, 2), autograd.tensor([[1.0], [3.0]])
        >>> nn.functional.scaled_dot_product_attention(q, k, v)
        tensor([[2.]], dtype=float32)
    """,
)


def _project(x, weight, bias=None, heads=1, batch_first=False):
    if x.ndim != 3 or weight.ndim != 2 or x.shape[2] != weight.shape[1] or len(weight) % (3 * heads):
        raise ShapeError(
            f"x {describe(x)} and weight {describe(weight)} do not fit: x must have three dimensions, their last dimensions must "
            f"have one length, and the first dimension of weight must be a multiple of 3 * {heads} heads"
        )
    split = linear.forward(x, weight, bias).reshape(*x.shape[:2], 3, heads, len(weight) // (3 * heads))
    split = split.transpose(2, 0, 3, 1, 4) if batch_first else split.transpose(2, 1, 3, 0, 4)
    return split[0], split[1], split[2]


def _project_rule(g, x, weight, needs, batch_first):
    flat = _side_by_side(g, (0, 2, 1, 3) if batch_first else (2, 0, 1, 3)).reshape((-1, weight.shape[0]))
    dx = product(flat, weight).reshape(x.shape) if needs[0] else None
    dw = product(flat.mT, as_rows(x)) if needs[1] else None
    return dx, dw, (sum_rows(flat) if needs[2] else None)


def _side_by_side(parts, order):
    """The gradients of queries, keys and values, transposed, as one array with a new third dimension."""
    if any([type(part) is not np.ndarray for part in parts]):
        return np.stack([np.transpose(part, order) for part in parts], axis=2)
    first, dtype = parts[0].transpose(order), parts[0].dtype
    joined = np.empty((*first.shape[:2], len(parts), *first.shape[2:]), dtype)
    for i, part in enumerate(parts):
        joined[:, :, i] = part.transpose(order)
    return joined


self_projections = op(
    "self_projections", _project, joint=_project_rule, inputs=("x", "weight", "bias"), outputs=3, analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 4)), draw((12, 4), seed=1), draw((12,), seed=2), heads=2),
        Sample(draw((2, 3, 2)), draw((6, 2), seed=1), heads=1, batch_first=True),
    ],
    errors=lambda: [Sample(np.ones((2, 3, 8)), np.ones((8, 8)), heads=2, raises=ShapeError, match=r"multiple of 3 \* 2 heads")],
    formula={
        "y": "(q, k, v) == heads(x @ weight.T + bias)",
        "x": "dz @ weight; dz = join(g[0], g[1], g[2])",
        "weight": "dz.T @ x; dz = join(g[0], g[1], g[2])",
        "bias": "sum(dz, 0); dz = join(g[0], g[1], g[2])",
    },
    doc="""Queries, keys and values for the attention of a sequence to itself: x W^T + b, split into three arrays
    (batch, heads, time, features).

    One op computes all three, so backward makes one gradient of x, where three ops would make three and add them.

    Args:
        x: (time, batch, inputs), or (batch, time, inputs) with batch_first.
        weight: (3 * heads * features, inputs).
        bias: (3 * heads * features,), or None.
        heads: the number of heads.
        batch_first: whether the batch is the first dimension of x.
    """,
)
