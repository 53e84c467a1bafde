"""The block of today's models: RMSNorm, rotary positions, grouped queries and SwiGLU, under the names of Hugging Face's Llama."""

from __future__ import annotations

from dataclasses import dataclass

import autograd
import nn
from autograd import Tensor

from .attention import Cache, causal_attention, check_length, heads_of, joined


@dataclass(frozen=True)
class Config:
    """The sizes. ``key_heads`` heads of keys and values are shared by ``heads`` heads of queries."""

    vocabulary: int
    context: int = 64
    layers: int = 4
    heads: int = 4
    width: int = 128
    key_heads: int = 2
    inner: int = 344  # about 8/3 of the width: SwiGLU has three matrices where an MLP has two
    theta: float = 10_000.0
    eps: float = 1e-6


def rotation(positions: Tensor, width: int, theta: float) -> tuple[Tensor, Tensor]:
    """cos and sin (tokens, width) of the angles position / theta^(2i / width), each for the features i and i + width / 2."""
    frequencies = theta ** (-autograd.arange(0, width, 2).float() / width)
    angles = positions.float()[:, None] * frequencies
    angles = autograd.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Each pair of features (i, i + width / 2) turned by its position's angle (Su et al. 2021)."""
    first, second = x.chunk(2, -1)
    return x * cos + autograd.cat([-second, first], -1) * sin


class Attention(nn.Module):
    """Causal attention of rotated queries and keys, with fewer heads of keys than of queries (Ainslie et al. 2023)."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.config, self.layer = config, layer
        wide, narrow = config.width, config.width // config.heads * config.key_heads
        self.q_proj = nn.Linear(wide, wide, bias=False)
        self.k_proj = nn.Linear(wide, narrow, bias=False)
        self.v_proj = nn.Linear(wide, narrow, bias=False)
        self.o_proj = nn.Linear(wide, wide, bias=False)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], cache: Cache | None) -> Tensor:
        q = rotated(heads_of(self.q_proj(x), self.config.heads), *turn)
        k = rotated(heads_of(self.k_proj(x), self.config.key_heads), *turn)
        v = heads_of(self.v_proj(x), self.config.key_heads)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        return self.o_proj(joined(causal_attention(q, k, v, grouped=True)))


class MLP(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x)) (Shazeer 2020)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.inner, bias=False)
        self.up_proj = nn.Linear(config.width, config.inner, bias=False)
        self.down_proj = nn.Linear(config.inner, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """x + attention, then x + MLP; each reads x divided by its root mean square."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.width, config.eps)
        self.self_attn = Attention(config, layer)
        self.post_attention_layernorm = nn.RMSNorm(config.width, config.eps)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], cache: Cache | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), turn, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Tokens to a vector each. Positions are no part of the vectors: attention turns queries and keys by them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = nn.RMSNorm(config.width, config.eps)

    def forward(self, tokens: Tensor, cache: Cache | None) -> Tensor:
        before = 0 if cache is None else len(cache)
        check_length(before + tokens.shape[1], self.config.context)
        positions = autograd.arange(before, before + tokens.shape[1])
        turn = rotation(positions, self.config.width // self.config.heads, self.config.theta)
        x = self.embed_tokens(tokens)
        for block in self.layers:
            x = block(x, turn, cache)
        return self.norm(x)


class Llama(nn.Module):
    """Scores for the next token after each token: (batch, tokens) to (batch, tokens, vocabulary)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        self.lm_head = nn.Linear(config.width, config.vocabulary, bias=False)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        return self.lm_head(self.model(tokens, cache))
