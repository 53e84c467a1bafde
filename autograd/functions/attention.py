"""Attention of one head and of many, under the names and signatures of torch.nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.modes import here
from ..engine.recording import operand, recorded, recorded_tuple
from ..errors import ArgumentError, DtypeError, LayerError, ShapeError, describe
from ..ops import attention as ops
from ..ops import linear as _linear
from ..types import AnyGenerator, Tensor, TensorLike
from . import elementwise, reduction
from . import join as joins
from . import shape as shapes
from . import split as splits
from .random import numpy_generator

_attention, _self_projections = recorded_tuple(ops.attention), recorded_tuple(ops.self_projections)
_affine = recorded(_linear.linear)


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: TensorLike | None = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """softmax(scale query key^T + mask) value: for each query a weighted mean of the values.

    Args:
        query: (..., queries, features).
        key: (..., keys, features).
        value: (..., keys, width).
        attn_mask: booleans (True: the query may attend to the key) or numbers to add to the scores, of a shape that broadcasts to
            (..., queries, keys). The result is 0 for a query that may attend to no key.
        dropout_p: the probability with which each weight is set to 0.
        is_causal: whether query i may attend only to the keys 0 to i.
        scale: the factor of the scores; 1 / √features by default.
        enable_gqa: whether several heads of the query may share one head of key and value.
        generator: draws which weights are dropped; the default generator unless given.

    Returns:
        (..., queries, width).

    Raises:
        ShapeError: shapes that do not match. DtypeError: dtypes that differ, or are not floating point.
        ArgumentError: attn_mask together with is_causal, or a dropout_p outside of [0, 1].

    Source: Vaswani et al., Attention Is All You Need, 2017, equation 1.

    Example:
        >>> import autograd, nn
        >>> q, k, v = autograd.zeros(1, 2), autograd.zeros(2, 2), autograd.tensor([[1.0], [3.0]])
        >>> nn.functional.scaled_dot_product_attention(q, k, v)
        tensor([[2.]], dtype=float32)
    """
    name = "scaled_dot_product_attention"
    lead, of_key, of_value = _check_operands(name, query, key, value)
    if is_causal and attn_mask is not None:
        raise ArgumentError(f"{here(name)}: Explicit attn_mask should not be set when is_causal=True: give one of them")
    if enable_gqa and query.ndim > 2:
        key, value = (_repeated_heads(name, t, query) for t in (key, value))
        of_key, of_value = array_of(key).shape[:-2], array_of(value).shape[:-2]
    if lead != of_key or lead != of_value:
        try:
            lead = np.broadcast_shapes(lead, of_key, of_value)
        except ValueError:
            raise ShapeError(_mismatch(name, query, key, value, "their leading dimensions must be equal or 1")) from None
        query, key, value = (shapes.broadcast_to(t, (*lead, *t.shape[-2:])) for t in (query, key, value))
    mask = attn_mask
    if mask is not None:
        array, _ = operand(mask, f"{name}'s attn_mask")
        if array.dtype == bool:
            mask = np.where(array, 0, -np.inf).astype(query.dtype)
        elif array.dtype.kind != "f":
            raise DtypeError(f"{here(name)}: attn_mask is {describe(array)}: it must be of booleans or of numbers to add")
    return _attended(query, key, value, mask, dropout_p, is_causal, scale, generator)[0]


def _check_operands(name: str, query: Tensor, key: Tensor, value: Tensor) -> list[tuple[int, ...]]:
    """Raise unless query, key and value fit, and return the lengths of their leading dimensions."""
    q, k, v = array_of(query), array_of(key), array_of(value)
    if min(q.ndim, k.ndim, v.ndim) < 2 or k.shape[-1] != q.shape[-1] or k.shape[-2] != v.shape[-2]:
        why = "query and key must agree in the last dimension, key and value in the one before it"
        raise ShapeError(_mismatch(name, query, key, value, why))
    if not q.dtype == k.dtype == v.dtype or q.dtype.kind != "f":
        raise DtypeError(_mismatch(name, query, key, value, "Expected query, key, and value to have the same floating dtype"))
    return [q.shape[:-2], k.shape[:-2], v.shape[:-2]]


def _mismatch(name: str, query: Tensor, key: Tensor, value: Tensor, why: str) -> str:
    """The message of an error about query, key and value."""
    shown = ", ".join(f"{n} {describe(array_of(t))}" for n, t in (("query", query), ("key", key), ("value", value)))
    return f"{here(name)}: {shown} do not match: {why}"


def _repeated_heads(name: str, t: Tensor, query: Tensor) -> Tensor:
    """A key or value with fewer heads than the query: each head is repeated for the query's heads that share it."""
    heads, fewer = query.shape[-3], t.shape[-3]
    if not fewer or heads % fewer:
        raise ShapeError(f"{here(name)}: with enable_gqa the query's {heads} heads must be a multiple of key's and value's {fewer}")
    return shapes.repeat_interleave(t, heads // fewer, dim=-3)


def _attended(
    q: Tensor, k: Tensor, v: Tensor, mask: Any, dropout_p: float, causal: bool, scale: float | None, generator: AnyGenerator | None
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The attention, and its weights after dropout."""
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    drop = None  # the factor of each weight: 0 for a dropped one
    if dropout_p:
        stays = numpy_generator(generator).random((*q.shape[:-1], k.shape[-2]), dtype=np.float32) >= dropout_p
        drop = stays * q.dtype.type(0 if dropout_p == 1 else 1 / (1 - dropout_p))
    scale = array_of(q).shape[-1] ** -0.5 if scale is None else scale
    y, weights = _attention(q, k, v, mask, scale=scale, causal=causal, drop=drop)
    return y, (weights if drop is None else elementwise.mul(weights, drop))


# ----------------------------------------------------------------------------------------------------------------- many heads


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int, in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float,
    out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
    need_weights: bool = True, attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None, static_v: Tensor | None = None, average_attn_weights: bool = True, is_causal: bool = False,
    batch_first: bool = False, generator: AnyGenerator | None = None,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Attention of several heads. Each head has its own projection of query, key and value; their results are joined and projected.

    Args:
        query: (queries, batch, embed_dim).
        key: (keys, batch, embed_dim), or of k_proj_weight's number of features.
        value: (keys, batch, embed_dim), or of v_proj_weight's number of features. All three may lack the batch.
        embed_dim_to_check: the number of features that the query must have.
        num_heads: the number of heads, which divides embed_dim.
        in_proj_weight: (3 embed_dim, embed_dim), the projections of query, key and value.
        in_proj_bias: (3 embed_dim,), or None.
        bias_k: (1, 1, embed_dim), a learned key that is appended to the keys, or None.
        bias_v: (1, 1, embed_dim), its value, or None.
        add_zero_attn: whether to append a key and a value of zeros.
        dropout_p: the probability with which each weight is set to 0 in training.
        out_proj_weight: (embed_dim, embed_dim), the projection of the result.
        out_proj_bias: (embed_dim,), or None.
        training: whether dropout takes place.
        key_padding_mask: (batch, keys), True where a key is ignored, or numbers to add to the scores.
        need_weights: whether to return the weights.
        attn_mask: (queries, keys) or (batch num_heads, queries, keys), True where a query may not attend to a key, or numbers to
            add to the scores.
        use_separate_proj_weight: whether the next three weights take the place of in_proj_weight.
        q_proj_weight: (embed_dim, embed_dim).
        k_proj_weight: (embed_dim, features of key).
        v_proj_weight: (embed_dim, features of value).
        static_k: (batch num_heads, keys, embed_dim / num_heads), in place of the projected keys.
        static_v: (batch num_heads, keys, embed_dim / num_heads), in place of the projected values.
        average_attn_weights: whether to return the mean of the weights over the heads.
        is_causal: a promise that attn_mask, which must be given, is the causal mask.
        batch_first: whether query, key and value are (batch, queries or keys, features).
        generator: draws which weights are dropped; the default generator unless given.

    Returns:
        The result, of the query's shape. The weights, (batch, queries, keys), or without averaging (batch, num_heads, queries,
        keys); None without need_weights.

    Raises:
        ShapeError: shapes that do not match. ArgumentError: num_heads does not divide embed_dim, is_causal without attn_mask, or
            only one of bias_k and bias_v.

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
    itself = query is key and key is value  # self-attention
    if not batched:
        dim = 0 if batch_first else 1
        query, key, value = (shapes.unsqueeze(t, dim) for t in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = shapes.unsqueeze(key_padding_mask, 0)
    sequence, batch = (1, 0) if batch_first else (0, 1)
    of_query = array_of(query).shape
    size, queries, keys = of_query[batch], of_query[sequence], array_of(key).shape[sequence]
    mask = _combined(attn_mask, key_padding_mask, query, size, num_heads, queries, keys)
    if itself and not use_separate_proj_weight and static_k is None and static_v is None:
        q, k, v = _self_projections(query, in_proj_weight, in_proj_bias, heads=num_heads, batch_first=batch_first)
    else:
        weights: tuple[Any, ...] = (q_proj_weight, k_proj_weight, v_proj_weight)
        if not use_separate_proj_weight and in_proj_weight is not None:
            weights = splits.chunk(in_proj_weight, 3)
        q, k, v = _projections((query, key, value), weights, in_proj_bias, (None, static_k, static_v), num_heads, batch_first)
    k, v, added = _with_learned_keys(k, v, bias_k, bias_v, add_zero_attn)
    if added and mask is not None:
        # The keys that were added are visible to all queries.
        visible = np.zeros((*mask.shape[:-1], added), query.dtype)
        mask = joins.cat([shapes.broadcast_to(mask, (*mask.shape[:-1], keys)), visible], -1)
    y, used = _attended(q, k, v, mask, dropout_p if training else 0.0, False, None, generator)
    y = shapes.reshape(shapes.permute(y, (0, 2, 1, 3) if batch_first else (2, 0, 1, 3)), of_query)
    y = _affine(y, out_proj_weight, out_proj_bias)
    if not batched:
        y = shapes.squeeze(y, 0 if batch_first else 1)
    if not need_weights:
        return y, None
    if average_attn_weights:
        used = reduction.mean(used, dim=1)
    return y, used if batched else shapes.squeeze(used, 0)


def _projections(
    operands: tuple[Tensor, ...], weights: tuple[Any, ...], bias: Tensor | None, static: tuple[Tensor | None, ...], heads: int,
    batch_first: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Query, key and value, each projected and divided into heads: (batch, heads, queries or keys, features of a head)."""
    biases = (None, None, None) if bias is None else splits.chunk(bias, 3)
    size, features = operands[0].shape[0 if batch_first else 1], operands[0].shape[-1]
    projected = []
    for x, weight, b, fixed in zip(operands, weights, biases, static, strict=True):
        if fixed is not None:
            projected.append(_static_heads(fixed, size, heads, features // heads))
            continue
        y = _affine(x, weight, b)
        y = shapes.reshape(y, (*y.shape[:2], heads, features // heads))
        projected.append(shapes.permute(y, (0, 2, 1, 3) if batch_first else (1, 2, 0, 3)))
    return tuple(projected)


def _with_learned_keys(
    k: Tensor, v: Tensor, bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: bool
) -> tuple[Tensor, Tensor, int]:  # fmt: skip
    """Keys and values with a learned one and one of zeros appended, if asked for, and how many these are."""
    if bias_k is None and bias_v is None and not add_zero_attn:
        return k, v, 0
    size, heads, _, width = k.shape
    more: list[tuple[TensorLike, TensorLike]] = []
    if bias_k is not None and bias_v is not None:
        shape, full = (1, heads, 1, -1), (size, heads, 1, width)
        learned_k, learned_v = (shapes.broadcast_to(shapes.reshape(b, shape), full) for b in (bias_k, bias_v))
        more.append((learned_k, learned_v))
    elif bias_k is not None or bias_v is not None:
        raise ArgumentError(f"{here(_MANY)}: bias_k and bias_v belong together: one of them is None")
    if add_zero_attn:
        zeros = np.zeros((size, heads, 1, width), k.dtype)
        more.append((zeros, zeros))
    for added_k, added_v in more:
        k, v = joins.cat([k, added_k], 2), joins.cat([v, added_v], 2)
    return k, v, len(more)


_MANY = "multi_head_attention"


def _static_heads(fixed: Tensor, size: int, heads: int, width: int) -> Tensor:
    """Keys or values that are given for each head, as (batch, heads, keys, width)."""
    if fixed.ndim != 3 or fixed.shape[0] != size * heads or fixed.shape[2] != width:
        raise ShapeError(
            f"{here(_MANY)}: static_k and static_v must be ({size * heads}, keys, {width}), got {describe(array_of(fixed))}"
        )
    return shapes.reshape(fixed, (size, heads, *fixed.shape[1:]))


def _check_heads(
    query: Tensor, key: Tensor, value: Tensor, embed_dim: int, heads: int, padding: Any, mask: Any, separate: bool
) -> bool:  # fmt: skip
    """Check the arguments of ``multi_head_attention_forward``, and return whether they have a batch dimension."""
    of_query, of_key, of_value = [array_of(t).shape for t in (query, key, value)]
    rank = len(of_query)
    if rank not in (2, 3) or len(of_key) != rank or len(of_value) != rank:
        raise LayerError(_mismatch(_MANY, query, key, value, "all must be 2-D (without batch) or all 3-D (with batch)"))
    if of_query[-1] != embed_dim:
        raise LayerError(
            f"{here(_MANY)}: was expecting embedding dimension of {embed_dim}, but got {of_query[-1]}: "
            f"query {describe(array_of(query))}"
        )
    if embed_dim % heads:
        raise LayerError(f"{here(_MANY)}: embed_dim {embed_dim} not divisible by num_heads {heads}")
    if of_key[: rank - 1] != of_value[: rank - 1] or (not separate and of_key != of_value):
        raise LayerError(_mismatch(_MANY, query, key, value, "key's shape does not match value's"))
    if padding is not None and padding.ndim != rank - 1:
        raise LayerError(
            f"{here(_MANY)}: key_padding_mask must be {rank - 1}-D for a {rank}-D query, it is {describe(array_of(padding))}"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise LayerError(f"{here(_MANY)}: attn_mask must be 2-D or 3-D, it is {describe(array_of(mask))}")
    return bool(rank == 3)


def _additive(name: str, mask: Any, dtype: Any) -> Any:
    """A mask as numbers to add to the scores: -inf where a boolean mask is True.

    Raises:
        DtypeError: a mask of integers.
    """
    array, _ = operand(mask, f"{_MANY}'s {name}")
    if array.dtype == bool:
        return np.where(array, -np.inf, 0).astype(dtype)
    if array.dtype.kind != "f":
        raise DtypeError(f"{here(_MANY)}: only bool and floating types of {name} are supported, got {describe(array)}")
    return mask


def _combined(mask: Any, padding: Any, query: Tensor, size: int, heads: int, queries: int, keys: int) -> Any:
    """Both masks as one, which broadcasts to (batch, heads, queries, keys), or None."""
    if mask is not None:
        expected = (queries, keys) if mask.ndim == 2 else (size * heads, queries, keys)
        if tuple(mask.shape) != expected:
            raise LayerError(
                f"{here(_MANY)}: The shape of the {mask.ndim}D attn_mask is {tuple(mask.shape)}, but should be {expected}."
            )
        mask = _additive("attn_mask", mask, query.dtype)
        if mask.ndim == 3:
            mask = shapes.reshape(mask, (size, heads, queries, keys))
    if padding is not None:
        if tuple(padding.shape) != (size, keys):
            raise ShapeError(
                f"{here(_MANY)}: key_padding_mask {describe(array_of(padding))} must be (batch, keys), which is {(size, keys)}"
            )
        padding = shapes.reshape(_additive("key_padding_mask", padding, query.dtype), (size, 1, 1, keys))
        mask = padding if mask is None else elementwise.add(mask, padding)
    return mask
