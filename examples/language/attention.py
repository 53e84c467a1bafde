"""Attention over several heads, and the cache that lets a model read each token once."""

from __future__ import annotations

import autograd
import nn
from autograd import Tensor


class Cache:
    """Keys and values of the tokens read so far, for each layer: (batch, heads, tokens, width)."""

    def __init__(self) -> None:
        self.layers: dict[int, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        return self.layers[0][0].shape[2] if self.layers else 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values of all tokens, those of the new ones behind the others."""
        if layer in self.layers:
            old_k, old_v = self.layers[layer]
            k, v = autograd.cat([old_k, k], 2), autograd.cat([old_v, v], 2)
        self.layers[layer] = (k, v)
        return k, v


def heads_of(x: Tensor, heads: int) -> Tensor:
    """(batch, tokens, heads * width) to (batch, heads, tokens, width)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def joined(x: Tensor) -> Tensor:
    """(batch, heads, tokens, width) to (batch, tokens, heads * width)."""
    return x.transpose(1, 2).flatten(2)


def causal_attention(q: Tensor, k: Tensor, v: Tensor, grouped: bool = False) -> Tensor:
    """softmax(q k^T / sqrt(width)) v, in which token i attends to the tokens 0 to i. ``q`` may hold only the last tokens.

    Args:
        q: (batch, heads, new tokens, width).
        k: (batch, heads, all tokens, width). v: of the same shape.
        grouped: whether several heads of q share one of k and v, which then have fewer.
    """
    new, every = q.shape[2], k.shape[2]
    if new == every:
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped)
    seen = autograd.ones(new, every, dtype=bool).tril(every - new)
    return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=grouped)


def check_length(tokens: int, context: int) -> None:
    """Refuse no tokens, and more than the model has positions for."""
    if tokens == 0:
        raise ValueError("the text is empty: a model continues a text, so give it at least one token")
    if tokens > context:
        raise ValueError(
            f"the text has {tokens} tokens, and the model's context is {context}: pass the last {context} of them, "
            f"or make a model with context={tokens} or more, and train it"
        )
