"""BERT (Devlin et al. 2018) under Hugging Face's parameter names: the weights of its BertModel and BertForMaskedLM fit."""

from __future__ import annotations

from dataclasses import dataclass

import autograd
import nn
from autograd import Tensor

from .attention import check_length, heads_of, joined


@dataclass(frozen=True)
class Config:
    """The sizes. MiniLM-L6: vocabulary 30522, context 512, 6 layers, 12 heads, width 384, inner 1536."""

    vocabulary: int
    context: int = 512
    layers: int = 6
    heads: int = 12
    width: int = 384
    inner: int = 1536
    eps: float = 1e-12
    pooler: bool = True
    padding: int | None = 0  # the token whose vector does not learn


class Embeddings(nn.Module):
    """The sum of three vectors for each token: of its word, its place, and its segment, which is 0 throughout here; normalised."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocabulary, config.width, padding_idx=config.padding)
        self.position_embeddings = nn.Embedding(config.context, config.width)
        self.token_type_embeddings = nn.Embedding(2, config.width)
        self.LayerNorm = nn.LayerNorm(config.width, config.eps)

    def forward(self, tokens: Tensor) -> Tensor:
        check_length(tokens.shape[1], self.position_embeddings.num_embeddings)
        places = self.position_embeddings(autograd.arange(tokens.shape[1]))
        return self.LayerNorm(self.word_embeddings(tokens) + places + self.token_type_embeddings.weight[0])


class SelfAttention(nn.Module):
    """Each token's new value is a weighted mean over all tokens, before it and after it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (heads_of(project(x), self.heads) for project in (self.query, self.key, self.value))
        return joined(nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask))


class Output(nn.Module):
    """LayerNorm(before + dense(x)): BERT normalises the sum, GPT-2 what a layer reads."""

    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, config.width)
        self.LayerNorm = nn.LayerNorm(config.width, config.eps)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(before + self.dense(x))


class Layer(nn.Module):
    """Attention, then two layers for each token alone."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": SelfAttention(config), "output": Output(config, config.width)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(config.width, config.inner)})
        self.output = Output(config, config.inner)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, mask), x)
        return self.output(nn.functional.gelu(self.intermediate["dense"](x)), x)


class Bert(nn.Module):
    """Tokens to a vector each, which has seen the whole text: (batch, tokens) to (batch, tokens, width)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(config) for _ in range(config.layers))})
        if config.pooler:  # reads the first token's vector; sentence embeddings do without
            self.pooler = nn.ModuleDict({"dense": nn.Linear(config.width, config.width)})
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """
        Args:
            tokens: (batch, tokens), integers.
            attention_mask: (batch, tokens), 1 for a token and 0 for padding; all are tokens by default.
        """
        x = self.embeddings(tokens)
        mask = None if attention_mask is None else (attention_mask != 0)[:, None, None, :]
        for layer in self.encoder["layer"]:
            x = layer(x, mask)
        return x


class Head(nn.Module):
    """A token's vector to the scores of all words; the last matrix is the table of the words' vectors."""

    def __init__(self, config: Config, table: nn.Embedding) -> None:
        super().__init__()
        self.bias = nn.Parameter(autograd.zeros(config.vocabulary))
        self.transform = nn.ModuleDict(
            {"dense": nn.Linear(config.width, config.width), "LayerNorm": nn.LayerNorm(config.width, config.eps)}
        )
        self.decoder = nn.Linear(config.width, config.vocabulary)
        self.decoder.weight, self.decoder.bias = table.weight, self.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.transform["LayerNorm"](nn.functional.gelu(self.transform["dense"](x))))


class BertForMaskedLM(nn.Module):
    """Scores for the word in each place: (batch, tokens) to (batch, tokens, vocabulary)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.bert = Bert(config)
        self.cls = nn.ModuleDict({"predictions": Head(config, self.bert.embeddings.word_embeddings)})

    def forward(self, tokens: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        return self.cls["predictions"](self.bert(tokens, attention_mask))


def mean_of_tokens(x: Tensor, attention_mask: Tensor) -> Tensor:
    """The mean of the tokens' vectors, without padding, of length 1: the embedding of a sentence. (batch, width)"""
    weight = attention_mask.float()[:, :, None]
    return nn.functional.normalize((x * weight).sum(1) / weight.sum(1))


def masked(
    tokens: Tensor, mask_token: int, vocabulary: int, share: float = 0.15, generator: autograd.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """The text with some tokens hidden, and these tokens as targets, with -100 everywhere else (which ``cross_entropy`` ignores).

    Of the hidden tokens eight in ten become ``mask_token``, one in ten another token, and one in ten stays.

    Args:
        tokens: (batch, tokens), integers.
        mask_token: the number of the token that stands for a hidden one.
        vocabulary: other tokens are drawn from 0 to vocabulary - 1.
        share: of the tokens that are hidden.
        generator: of the draws.
    """
    hidden = autograd.rand(*tokens.shape, generator=generator) < share
    kind = autograd.rand(*tokens.shape, generator=generator)
    other = autograd.randint(0, vocabulary, tuple(tokens.shape), generator=generator)
    read = autograd.where(hidden & (kind < 0.8), mask_token, autograd.where(hidden & (kind >= 0.9), other, tokens))
    return read, autograd.where(hidden, tokens, -100)
