"""Attention of one head and of many: torch.nn.functional's functions, made of the ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.modes import here
from ..engine.recording import operand, recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import attention as ops
from ..ops import linear as _linear
from . import elementwise, reduction
from . import join as joins
from . import shape as shapes
from . import split as splits

_attention, _self_projections = recorded(ops.attention), recorded(ops.self_projections)
_affine = recorded(_linear.linear)


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False, generator: Any = None,
) -> Any:  # fmt: skip
    """softmax(query key^T * scale + mask) value: each query's mean of the values, weighted by how well its key fits.

    Args:
        query: (..., queries, features). key: (..., keys, features). value: (..., keys, width).
        attn_mask: booleans (True: may be attended to) or numbers to add, of a shape that broadcasts to (..., queries, keys). A
            query that may attend to nothing gets 0.
        dropout_p: probability with which a weight is dropped. is_causal: query i sees the keys 0 to i.
        scale: by default 1 / sqrt(features). enable_gqa: let several heads of the query share one of key and value.

    Source: Vaswani et al., Attention Is All You Need, 2017, equation 1.

    Example:
        >>> import autograd, nn
        >>> q, k, v = autograd.zeros(1, 2), autograd.zeros(2, 2), autograd.tensor([[1.0], [3.0]])
        >>> nn.functional.scaled_dot_product_attention(q, k, v)
        tensor([[2.]], dtype=float32)
    """
    name = "scaled_dot_product_attention"
    _check_operands(name, query, key, value)
    if is_causal and attn_mask is not None:
        raise ArgumentError(f"{here(name)}: Explicit attn_mask should not be set when is_causal=True: give one of them")
    if enable_gqa and query.ndim > 2:
        key, value = (_shared(name, t, query) for t in (key, value))
    lead = query.shape[:-2]
    if lead != key.shape[:-2] or lead != value.shape[:-2]:
        try:
            lead = np.broadcast_shapes(lead, key.shape[:-2], value.shape[:-2])
        except ValueError:
            raise ShapeError(_unfit(name, query, key, value, "their leading dimensions must be equal or 1")) from None
        query, key, value = (shapes.broadcast_to(t, (*lead, *t.shape[-2:])) for t in (query, key, value))
    mask = attn_mask
    if mask is not None:
        array, _ = operand(mask, f"{name}'s attn_mask")
        if array.dtype == bool:
            mask = np.where(array, 0, -np.inf).astype(query.dtype)
        elif array.dtype.kind != "f":
            raise DtypeError(f"{here(name)}: attn_mask is {describe(array)}: it must be of booleans or of numbers to add")
    return _attended(query, key, value, mask, dropout_p, is_causal, scale, generator)[0]


def _check_operands(name: str, query: Any, key: Any, value: Any) -> None:
    if min(query.ndim, key.ndim, value.ndim) < 2 or key.shape[-1] != query.shape[-1] or key.shape[-2] != value.shape[-2]:
        why = "query and key must agree in the last dimension, key and value in the one before it"
        raise ShapeError(_unfit(name, query, key, value, why))
    if not query.dtype == key.dtype == value.dtype or query.dtype.kind != "f":
        said = _unfit(name, query, key, value, "Expected query, key, and value to have the same floating dtype")
        raise DtypeError(said)


def _unfit(name: str, query: Any, key: Any, value: Any, why: str) -> str:
    shown = ", ".join(f"{n} {describe(array_of(t))}" for n, t in (("query", query), ("key", key), ("value", value)))
    return f"{here(name)}: {shown} do not fit: {why}"


def _shared(name: str, t: Any, query: Any) -> Any:
    """A key or value with fewer heads than the query, each repeated for the heads that share it."""
    heads, own = query.shape[-3], t.shape[-3]
    if not own or heads % own:
        raise ShapeError(f"{here(name)}: with enable_gqa the query's {heads} heads must be a multiple of key's and value's {own}")
    return shapes.repeat_interleave(t, heads // own, dim=-3)


def _attended(
    q: Any, k: Any, v: Any, mask: Any, dropout_p: float, causal: bool, scale: float | None, generator: Any
) -> tuple[Any, Any]:
    """The result, and the weights as they were used."""
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    drop = None
    if dropout_p:
        from .random import source

        kept = source(generator).random((*q.shape[:-1], k.shape[-2]), dtype=np.float32) >= dropout_p
        drop = kept * q.dtype.type(0 if dropout_p == 1 else 1 / (1 - dropout_p))
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    y, weights = _attention(q, k, v, mask, scale=scale, causal=causal, drop=drop)
    return y, (weights if drop is None else elementwise.mul(weights, drop))


# ----------------------------------------------------------------------------------------------------------------- many heads


def multi_head_attention_forward(
    query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any, bias_k: Any,
    bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any, training: bool = True,
    key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None, k_proj_weight: Any = None, v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None,
    average_attn_weights: bool = True, is_causal: bool = False, batch_first: bool = False, generator: Any = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention of several heads, each on its own projection of query, key and value; their results put together and projected.

    Args:
        query: (queries, batch, embed_dim). key, value: (keys, batch, ...). All without batch, or with batch first if
            ``batch_first``.
        in_proj_weight: the three projections in one; or, with ``use_separate_proj_weight``, q_, k_ and v_proj_weight.
        bias_k, bias_v: one more key and value, learned. add_zero_attn: one more of zeros.
        key_padding_mask: (batch, keys), True where a key is to be ignored, or numbers to add.
        attn_mask: (queries, keys) or (batch * num_heads, queries, keys), True where a query may not attend, or numbers to add.
        static_k, static_v: (batch * num_heads, keys, features of a head), instead of the projections.
        is_causal: a promise that attn_mask is the causal mask, which must be given.

    Returns:
        The result, of query's shape; and, if ``need_weights``, the weights (batch, queries, keys), averaged over the heads, or with
        ``average_attn_weights=False`` (batch, num_heads, queries, keys).

    Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2.

    Example:
        >>> import autograd, nn
        >>> x, w = autograd.ones(3, 1, 4), autograd.ones(12, 4)
        >>> y, weights = nn.functional.multi_head_attention_forward(
        ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, autograd.ones(4, 4), None)
        >>> weights.shape, y[0, 0].tolist()
        ((1, 3, 3), [16.0, 16.0, 16.0, 16.0])
    """
    batched = _check_heads(query, key, value, embed_dim_to_check, num_heads, key_padding_mask, attn_mask, use_separate_proj_weight)
    if is_causal and attn_mask is None:
        raise ArgumentError(
            f"{here(_MANY)}: Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            f"`generate_square_subsequent_mask` to create this mask."
        )
    alone = query is key and key is value
    if not batched:
        lift = 0 if batch_first else 1
        query, key, value = (shapes.unsqueeze(t, lift) for t in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = shapes.unsqueeze(key_padding_mask, 0)
    sequence, batch = (1, 0) if batch_first else (0, 1)
    size, queries, keys, features = query.shape[batch], query.shape[sequence], key.shape[sequence], embed_dim_to_check
    mask = _merged(attn_mask, key_padding_mask, query, size, num_heads, queries, keys)

    def heads(x: Any) -> Any:
        split = shapes.reshape(x, (*x.shape[:2], num_heads, features // num_heads))
        return shapes.permute(split, (0, 2, 1, 3) if batch_first else (1, 2, 0, 3))

    if alone and not use_separate_proj_weight and static_k is None and static_v is None:
        q, k, v = _self_projections(query, in_proj_weight, in_proj_bias, heads=num_heads, batch_first=batch_first)
    else:
        weights: tuple[Any, ...] = (q_proj_weight, k_proj_weight, v_proj_weight)
        if not use_separate_proj_weight:
            weights = splits.chunk(in_proj_weight, 3)
        biases = (None, None, None) if in_proj_bias is None else splits.chunk(in_proj_bias, 3)
        q = heads(_affine(query, weights[0], biases[0]))
        k, v = (
            heads(_affine(x, w, b)) if fixed is None else _static(fixed, size, num_heads, features // num_heads)
            for x, w, b, fixed in zip((key, value), weights[1:], biases[1:], (static_k, static_v), strict=True)
        )
    more: list[tuple[Any, Any]] = []
    if bias_k is not None and bias_v is not None:
        shape, full = (1, num_heads, 1, -1), (size, num_heads, 1, features // num_heads)
        extra_k, extra_v = (shapes.broadcast_to(shapes.reshape(b, shape), full) for b in (bias_k, bias_v))
        more.append((extra_k, extra_v))
    elif bias_k is not None or bias_v is not None:
        raise ArgumentError(f"{here(_MANY)}: bias_k and bias_v belong together: one of them is None")
    if add_zero_attn:
        zeros = np.zeros((size, num_heads, 1, features // num_heads), query.dtype)
        more.append((zeros, zeros))
    for extra_k, extra_v in more:
        k, v = joins.cat([k, extra_k], 2), joins.cat([v, extra_v], 2)
    if more and mask is not None:
        free = np.zeros((*mask.shape[:-1], len(more)), query.dtype)
        mask = joins.cat([shapes.broadcast_to(mask, (*mask.shape[:-1], keys)), free], -1)
    y, used = _attended(q, k, v, mask, dropout_p if training else 0.0, False, None, generator)
    y = shapes.reshape(shapes.permute(y, (0, 2, 1, 3) if batch_first else (2, 0, 1, 3)), (*query.shape[:2], features))
    y = _affine(y, out_proj_weight, out_proj_bias)
    if not batched:
        y = shapes.squeeze(y, 0 if batch_first else 1)
    if not need_weights:
        return y, None
    if average_attn_weights:
        used = reduction.mean(used, dim=1)
    return y, used if batched else shapes.squeeze(used, 0)


_MANY = "multi_head_attention"


def _static(fixed: Any, size: int, heads: int, width: int) -> Any:
    if fixed.ndim != 3 or fixed.shape[0] != size * heads or fixed.shape[2] != width:
        raise ShapeError(
            f"{here(_MANY)}: static_k and static_v must be ({size * heads}, keys, {width}), got {describe(array_of(fixed))}"
        )
    return shapes.reshape(fixed, (size, heads, *fixed.shape[1:]))


def _check_heads(query: Any, key: Any, value: Any, embed_dim: int, heads: int, padding: Any, mask: Any, separate: bool) -> bool:
    """Whether there is a batch; raises if anything does not fit anything."""
    rank = query.ndim
    if rank not in (2, 3) or key.ndim != rank or value.ndim != rank:
        raise ShapeError(_unfit(_MANY, query, key, value, "all must be 2-D (without batch) or all 3-D (with batch)"))
    if query.shape[-1] != embed_dim:
        raise ShapeError(
            f"{here(_MANY)}: was expecting embedding dimension of {embed_dim}, but got {query.shape[-1]}: "
            f"query {describe(array_of(query))}"
        )
    if embed_dim % heads:
        raise ArgumentError(f"{here(_MANY)}: embed_dim {embed_dim} not divisible by num_heads {heads}")
    if key.shape[: rank - 1] != value.shape[: rank - 1] or (not separate and key.shape != value.shape):
        raise ShapeError(_unfit(_MANY, query, key, value, "key's shape does not match value's"))
    if padding is not None and padding.ndim != rank - 1:
        raise ShapeError(
            f"{here(_MANY)}: key_padding_mask must be {rank - 1}-D for a {rank}-D query, it is {describe(array_of(padding))}"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise ShapeError(f"{here(_MANY)}: attn_mask must be 2-D or 3-D, it is {describe(array_of(mask))}")
    return bool(rank == 3)


def _added(name: str, mask: Any, dtype: Any) -> Any:
    """A mask as numbers to add."""
    array, _ = operand(mask, f"{_MANY}'s {name}")
    if array.dtype == bool:
        return np.where(array, -np.inf, 0).astype(dtype)
    if array.dtype.kind != "f":
        raise DtypeError(f"{here(_MANY)}: only bool and floating types of {name} are supported, got {describe(array)}")
    return mask


def _merged(mask: Any, padding: Any, query: Any, size: int, heads: int, queries: int, keys: int) -> Any:
    """Both masks as one that broadcasts to (batch, heads, queries, keys), or None."""
    if mask is not None:
        expected = (queries, keys) if mask.ndim == 2 else (size * heads, queries, keys)
        if tuple(mask.shape) != expected:
            raise ShapeError(
                f"{here(_MANY)}: The shape of the {mask.ndim}D attn_mask is {tuple(mask.shape)}, but should be {expected}."
            )
        mask = _added("attn_mask", mask, query.dtype)
        if mask.ndim == 3:
            mask = shapes.reshape(mask, (size, heads, queries, keys))
    if padding is not None:
        if tuple(padding.shape) != (size, keys):
            raise ShapeError(
                f"{here(_MANY)}: key_padding_mask {describe(array_of(padding))} must be (batch, keys), which is {(size, keys)}"
            )
        padding = shapes.reshape(_added("key_padding_mask", padding, query.dtype), (size, 1, 1, keys))
        mask = padding if mask is None else elementwise.add(mask, padding)
    return mask
