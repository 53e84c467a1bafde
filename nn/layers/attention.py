"""Attention of many heads as a layer."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError, LayerError
from autograd.functions.attention import multi_head_attention_forward
from autograd.types import Device, DType, Tensor

from .. import init
from ..module import Module
from ..parameter import empty
from .linear import Linear


class NonDynamicallyQuantizableLinear(Linear):
    """A ``Linear``, under the name that PyTorch uses for the output's projection."""


class MultiheadAttention(Module):
    """Attention of several heads, each on its own projection of query, key and value; their results put together and projected.

    Formula: MultiHead(Q, K, V) = [head_1, ..., head_h] W^O, with head_i = softmax(Q_i K_i^T / sqrt(d)) V_i, where Q_i, K_i and V_i
    are the i-th parts, of d = embed_dim / num_heads features each, of Q W^Q, K W^K and V W^V.

    Args:
        embed_dim: number of features of query and result. num_heads: number of heads, between which the features are divided.
        dropout: probability with which an attention weight is dropped, in training.
        bias: whether the projections have biases.
        add_bias_kv: learn one more key and value, which every query may attend to.
        add_zero_attn: add one more key and value, of zeros.
        kdim, vdim: numbers of features of key and value, by default embed_dim.
        batch_first: inputs are (batch, time, features) instead of (time, batch, features).
        device, dtype: of the parameters.

    Shapes: in_proj_weight (3 * embed_dim, embed_dim), or with kdim or vdim q_proj_weight, k_proj_weight and v_proj_weight;
    in_proj_bias (3 * embed_dim,); out_proj a Linear; bias_k and bias_v (1, 1, embed_dim).

    Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2.

    Example:
        >>> import autograd, nn
        >>> x = autograd.ones(7, 2, 16)
        >>> y, weights = nn.MultiheadAttention(16, 4)(x, x, x)
        >>> y.shape, weights.shape
        ((7, 2, 16), (2, 7, 7))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ArgumentError(f"embed_dim and num_heads must be greater than 0, got {embed_dim} and {num_heads}")
        if embed_dim % num_heads:
            raise LayerError(f"embed_dim must be divisible by num_heads, got embed_dim={embed_dim} and num_heads={num_heads}")
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {dropout}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn
        self.generator: Any = None  # where dropout's numbers come from: None for the default generator
        separate = {"q_proj_weight": embed_dim, "k_proj_weight": self.kdim, "v_proj_weight": self.vdim}
        if self._qkv_same_embed_dim:
            self.in_proj_weight = empty((3 * embed_dim, embed_dim), dtype, device)
            for name in separate:
                self.register_parameter(name, None)
        else:
            for name, features in separate.items():
                setattr(self, name, empty((embed_dim, features), dtype, device))
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", empty(3 * embed_dim, dtype, device) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        self.bias_k = self.bias_v = None
        if add_bias_kv:
            self.bias_k = empty((1, 1, embed_dim), dtype, device)
            self.bias_v = empty((1, 1, embed_dim), dtype, device)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None, need_weights: bool = True,
        attn_mask: Tensor | None = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The result and, if ``need_weights``, the weights.

        Args:
            query: (queries, batch, embed_dim). key, value: (keys, batch, kdim or vdim). With ``batch_first`` batch comes first; all
                may be without it.
            key_padding_mask: (batch, keys), True where a key is to be ignored, or numbers to add.
            need_weights: return the weights too. average_attn_weights: their mean over the heads, (batch, queries, keys); otherwise
                (batch, num_heads, queries, keys).
            attn_mask: (queries, keys) or (batch * num_heads, queries, keys), True where a query may not attend, or numbers to add.
            is_causal: a promise that attn_mask is the causal mask, which must be given.

        A query that may attend to nothing gets the projection of 0.
        """
        return multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training, key_padding_mask,
            need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal, batch_first=self.batch_first, generator=self.generator,
        )  # fmt: skip
