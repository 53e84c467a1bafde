"""GPT-2 as Radford et al. (2019) have it, under Hugging Face's parameter names: the weights of its GPT2LMHeadModel fit."""

from __future__ import annotations

from dataclasses import dataclass

import autograd
import nn
from autograd import Tensor

from .attention import Cache, causal_attention, check_length, heads_of, joined


@dataclass(frozen=True)
class Config:
    """The sizes. GPT-2 small: vocabulary 50257, context 1024, 12 layers, 12 heads, width 768."""

    vocabulary: int
    context: int = 64
    layers: int = 4
    heads: int = 4
    width: int = 128


class Conv1D(nn.Module):
    """x W + b, with W (inputs, outputs): GPT-2 keeps its weights transposed, and calls this a convolution of width 1."""

    def __init__(self, outputs: int, inputs: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(autograd.randn(inputs, outputs) * std)
        self.bias = nn.Parameter(autograd.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Attention(nn.Module):
    """Each token's new value is a weighted mean over the tokens up to it."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.heads, self.layer = config.heads, layer
        self.c_attn = Conv1D(3 * config.width, config.width)
        self.c_proj = Conv1D(config.width, config.width, 0.02 / (2 * config.layers) ** 0.5)

    def forward(self, x: Tensor, cache: Cache | None) -> Tensor:
        q, k, v = (heads_of(part, self.heads) for part in self.c_attn(x).chunk(3, -1))
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        return self.c_proj(joined(causal_attention(q, k, v)))


class MLP(nn.Module):
    """Two layers for each token alone; GELU by its tanh form."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.c_fc = Conv1D(4 * config.width, config.width)
        self.c_proj = Conv1D(config.width, 4 * config.width, 0.02 / (2 * config.layers) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """x + attention, then x + MLP; each reads the normalised x."""

    def __init__(self, config: Config, layer: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.width)
        self.attn = Attention(config, layer)
        self.ln_2 = nn.LayerNorm(config.width)
        self.mlp = MLP(config)

    def forward(self, x: Tensor, cache: Cache | None) -> Tensor:
        x = x + self.attn(self.ln_1(x), cache)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """Tokens to a vector each: the embeddings of token and position, the blocks, a last normalisation."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.wte = nn.Embedding(config.vocabulary, config.width)
        self.wpe = nn.Embedding(config.context, config.width)
        self.h = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.ln_f = nn.LayerNorm(config.width)
        for table in (self.wte, self.wpe):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor, cache: Cache | None) -> Tensor:
        before = 0 if cache is None else len(cache)
        check_length(before + tokens.shape[1], self.wpe.num_embeddings)
        positions = autograd.arange(before, before + tokens.shape[1])
        x = self.wte(tokens) + self.wpe(positions)
        for block in self.h:
            x = block(x, cache)
        return self.ln_f(x)


class GPT2(nn.Module):
    """Scores for the next token after each token: (batch, tokens) to (batch, tokens, vocabulary).

    The table of the tokens' vectors is also the last layer's weight (``lm_head`` has no weight of its own).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.transformer = Transformer(config)
        self.lm_head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        return self.lm_head(self.transformer(tokens, cache))
