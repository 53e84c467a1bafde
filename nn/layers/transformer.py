"""The transformer: stacks of layers, each with attention and a network that is applied at every position.

Source: Vaswani et al., Attention Is All You Need, 2017; normalisation before instead of after each block (``norm_first``): Xiong et
al., On Layer Normalization in the Transformer Architecture, 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from autograd.engine.graph import make
from autograd.engine.modes import here
from autograd.engine.values.devices import check
from autograd.engine.values.dtypes import get_default_dtype, to_dtype
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import Device, DType, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .normalization import LayerNorm


def _activation(activation: Any) -> Callable[[Any], Any]:
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise ArgumentError(f"activation should be relu/gelu, not {activation}")
    return F.relu if activation == "relu" else F.gelu


class _SelfAttentive(Module):
    """The base of both layers: the block in which a sequence attends to itself."""

    def _sa_block(self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False) -> Any:
        y, _ = self.self_attn(
            x, x, x, attn_mask=attn_mask, key_padding_mask=key_padding_mask, need_weights=False, is_causal=is_causal
        )
        return self.dropout1(y)


class TransformerEncoderLayer(_SelfAttentive):
    """Attention of a sequence to itself, then a network of two linear layers at each position; each block is added to its input.

    Formula: x = norm1(x + attention(x)); y = norm2(x + linear2(activation(linear1(x)))); with ``norm_first``
    x = x + attention(norm1(x)); y = x + linear2(activation(linear1(norm2(x))))

    Args:
        d_model: number of features. nhead: number of heads of the attention.
        dim_feedforward: number of features between the two linear layers.
        dropout: probability with which an attention weight, or an element of a block's result, is dropped in training.
        activation: "relu", "gelu" or a function.
        layer_norm_eps: is added to the variance in each norm.
        batch_first: inputs are (batch, time, features) instead of (time, batch, features).
        norm_first: normalise before each block instead of after it.
        bias: whether linear layers and norms have biases.
        device, dtype: of the parameters.

    Example:
        >>> import autograd, nn
        >>> nn.TransformerEncoderLayer(d_model=16, nhead=4)(autograd.ones(7, 2, 16)).shape
        (7, 2, 16)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, device=device, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None, is_causal: bool = False
    ) -> Tensor:
        """The layer's result for a sequence; the masks are those of ``MultiheadAttention``."""
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._ff_block(x))

    def _ff_block(self, x: Tensor) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(_SelfAttentive):
    """Attention of a sequence to itself, then to a memory, then a network of two linear layers at each position.

    Formula: x = norm1(x + self-attention(x)); x = norm2(x + attention(x, memory)); y = norm3(x + linear2(activation(linear1(x))));
    with ``norm_first`` each norm precedes its block.

    Args: those of ``TransformerEncoderLayer``.

    Example:
        >>> import autograd, nn
        >>> layer = nn.TransformerDecoderLayer(d_model=16, nhead=4)
        >>> layer(autograd.ones(5, 2, 16), autograd.ones(7, 2, 16)).shape
        (5, 2, 16)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        more: dict[str, Any] = {"dropout": dropout, "bias": bias, "batch_first": batch_first, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, **more)
        self.multihead_attn = MultiheadAttention(d_model, nhead, **more)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = _activation(activation)

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The layer's result for a sequence and a memory; the masks are those of ``MultiheadAttention``."""
        x = tgt
        own, other = (tgt_mask, tgt_key_padding_mask, tgt_is_causal), (memory_mask, memory_key_padding_mask, memory_is_causal)
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *own)
            x = x + self._mha_block(self.norm2(x), memory, *other)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *own))
        x = self.norm2(x + self._mha_block(x, memory, *other))
        return self.norm3(x + self._ff_block(x))

    def _mha_block(
        self, x: Tensor, mem: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None, is_causal: bool = False
    ) -> Any:
        y, _ = self.multihead_attn(
            x, mem, mem, attn_mask=attn_mask, key_padding_mask=key_padding_mask, need_weights=False, is_causal=is_causal
        )
        return self.dropout2(y)

    def _ff_block(self, x: Tensor) -> Any:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """A stack of encoder layers, each a copy of the one that is given.

    Args:
        encoder_layer: the layer to copy. num_layers: the number of copies. norm: a module that is applied to the result.
        enable_nested_tensor, mask_check: have no effect; PyTorch uses them for nested tensors.

    Example:
        >>> import autograd, nn
        >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(d_model=16, nhead=4), num_layers=2)
        >>> encoder(autograd.ones(7, 2, 16)).shape
        (7, 2, 16)
    """

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = ModuleList([deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None, is_causal: bool | None = None
    ) -> Tensor:
        """The last layer's result for a sequence; the masks are those of ``MultiheadAttention``."""
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=bool(is_causal), src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """A stack of decoder layers, each a copy of the one that is given.

    Args:
        decoder_layer: the layer to copy. num_layers: the number of copies. norm: a module that is applied to the result.

    Example:
        >>> import autograd, nn
        >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(d_model=16, nhead=4), num_layers=2)
        >>> decoder(autograd.ones(5, 2, 16), autograd.ones(7, 2, 16)).shape
        (5, 2, 16)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The last layer's result for a sequence and a memory; the masks are those of ``MultiheadAttention``."""
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder that reads a sequence, and a decoder that writes another with the encoder's result as its memory.

    Args:
        d_model: number of features. nhead: number of heads.
        num_encoder_layers, num_decoder_layers: numbers of layers of the two stacks.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: those of the layers.
        custom_encoder, custom_decoder: modules to use instead of the stacks.
        device, dtype: of the parameters.

    All matrices start from Xavier's uniform distribution.

    Example:
        >>> import autograd, nn
        >>> model = nn.Transformer(16, 4, 1, 1, 32)
        >>> mask = nn.Transformer.generate_square_subsequent_mask(5)
        >>> model(autograd.ones(7, 2, 16), autograd.ones(5, 2, 16), tgt_mask=mask).shape
        (5, 2, 16)
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[[Tensor], Tensor] = F.relu,
        custom_encoder: Module | None = None, custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is None:
            custom_encoder = TransformerEncoder(TransformerEncoderLayer(*layer), num_encoder_layers, norm())
        self.encoder = custom_encoder
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(TransformerDecoderLayer(*layer), num_decoder_layers, norm())
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The decoder's result.

        Args:
            src: (source time, batch, d_model). tgt: (target time, batch, d_model). With ``batch_first`` batch comes first; both
                may be without it.
            src_mask, tgt_mask, memory_mask and the key padding masks: those of ``MultiheadAttention``: True where nothing may be
                seen.
        """
        name, shown = here("Transformer"), f"src {describe(src)} and tgt {describe(tgt)}"
        if src.ndim != tgt.ndim or src.ndim not in (2, 3):
            raise ShapeError(f"{name}: src and tgt must both be 3-D, or both 2-D without a batch: {shown}")
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(f"{name}: the batch number of src and tgt must be equal: {shown}")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(f"{name}: the feature number of src and tgt must be equal to d_model={self.d_model}: {shown}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Device | None = None, dtype: DType | None = None) -> Tensor:
        """The causal mask (sz, sz): 0 where a query may look, -inf after it."""
        check(device)
        kind = get_default_dtype() if dtype is None else to_dtype(dtype)
        return make(np.triu(np.full((sz, sz), -np.inf, kind), 1))
