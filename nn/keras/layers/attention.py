"""Attention with several heads, in Keras's layout."""

from __future__ import annotations

import math
from typing import Any

import autograd
from autograd.types import Size, Tensor

from ... import functional as F
from ..base import Layer, Shape, channels


class _Projection(Layer):
    """x kernel + bias, with a kernel of three dimensions: into heads (d, h, k), or out of them (h, k, d)."""

    def __init__(self, shape: tuple[int, ...], joins: int, use_bias: bool, name: str) -> None:
        super().__init__(name=name)
        self._shape_, self._joins = shape, joins
        self.kernel = self.add_weight(shape, "glorot_uniform", name="kernel")
        self.bias: Any = self.add_weight(shape[joins:], "zeros", name="bias") if use_bias else None
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The projection: the last ``joins`` dimensions of the input are summed over."""
        kernel, joins = self.kernel, self._joins
        lead = inputs.shape[: inputs.ndim - joins]
        flat = inputs.reshape(*lead, math.prod(self._shape_[:joins])) @ kernel.reshape(math.prod(self._shape_[:joins]), -1)
        y = flat.reshape(*lead, *self._shape_[joins:])
        return y if self.bias is None else y + self.bias


class MultiHeadAttention(Layer):
    """softmax(Q K^T / sqrt(key_dim)) V in each head, and a projection of all heads together.

    Args:
        num_heads: heads. key_dim: numbers of a query or key in a head. value_dim: of a value; key_dim by default.
        dropout: share of the attention that is left out while training. use_bias: whether projections have one.
        output_shape: numbers of an output; those of a query by default. more: as for ``Layer``.

    Shapes: call(query (n, t, d), value (n, s, e), key (n, s, e) or None for the value) gives (n, t, d). attention_mask: (n, t, s),
    true where a query sees a key. use_causal_mask: no query sees what comes later.

    Source: Vaswani et al., Attention is all you need, 2017.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> x = np.ones((2, 5, 8))
        >>> keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x).shape
        (2, 5, 8)
    """

    supports_masking = True

    def __init__(
        self, num_heads: int, key_dim: int, value_dim: int | None = None, dropout: float = 0.0, use_bias: bool = True,
        output_shape: int | None = None, attention_axes: Size | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias = dropout, use_bias
        self.output_shape_ = output_shape if output_shape is None or isinstance(output_shape, int) else output_shape[-1]

    def _built_for(self, inputs: Tensor, *args: Any) -> None:
        if not self.built:
            value = args[0] if args else inputs
            key = args[1] if len(args) > 1 and args[1] is not None else value
            self._projections(inputs.shape[-1], value.shape[-1], key.shape[-1])
            self.built = True

    def build(self, input_shape: Shape) -> None:
        width = channels(self, input_shape)
        self._projections(width, width, width)

    def _projections(self, query: int, value: int, key: int) -> None:
        h, k, v, bias = self.num_heads, self.key_dim, self.value_dim, self.use_bias
        self.query_dense = _Projection((query, h, k), 1, bias, "query")
        self.key_dense = _Projection((key, h, k), 1, bias, "key")
        self.value_dense = _Projection((value, h, v), 1, bias, "value")
        self.output_dense = _Projection((h, v, self.output_shape_ or query), 2, bias, "attention_output")

    def call(
        self, query: Tensor, value: Tensor | None = None, key: Tensor | None = None, attention_mask: Tensor | None = None,
        use_causal_mask: bool = False, return_attention_scores: bool = False, training: bool = False, mask: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:  # fmt: skip
        """The attention of each query to the values."""
        value = query if value is None else value
        key = value if key is None else key
        q, k, v = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        scores = autograd.einsum("nthk,nshk->nhts", q * (1 / math.sqrt(self.key_dim)), k)
        seen: Any = None if attention_mask is None else attention_mask.to(bool)
        if seen is not None and seen.ndim == 3:
            seen = seen.unsqueeze(1)
        if isinstance(mask, autograd.Tensor) and key.shape[1] == mask.shape[1]:
            known = mask.reshape(mask.shape[0], 1, 1, mask.shape[1])
            seen = known if seen is None else seen & known
        if use_causal_mask:
            past = autograd.ones(q.shape[1], k.shape[1], dtype=bool).tril().reshape(1, 1, q.shape[1], k.shape[1])
            seen = past if seen is None else seen & past
        if seen is not None:
            scores = scores.masked_fill(~seen, -1e9)
        weights = F.softmax(scores, -1)
        thinned = F.dropout(weights, self.dropout, training) if self.dropout else weights
        y = self.output_dense(autograd.einsum("nhts,nshv->nthv", thinned, v))
        return (y, weights) if return_attention_scores else y

    def get_config(self) -> dict[str, Any]:
        """Heads and sizes."""
        return {
            **super().get_config(), "num_heads": self.num_heads, "key_dim": self.key_dim, "value_dim": self.value_dim,
            "dropout": self.dropout, "use_bias": self.use_bias, "output_shape": self.output_shape_,
        }  # fmt: skip
