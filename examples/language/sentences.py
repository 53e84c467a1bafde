"""MiniLM, a BERT that was trained to give sentences of like meaning like vectors: its weights and tokens from a Python package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd
from autograd import Tensor

from .attention import check_length
from .bert import Bert, Config, mean_of_tokens
from .weights import load_weights


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer of ``tokenizer.json``, which neither pads nor cuts."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise SystemExit(
            "the text is cut into tokens by the package tokenizers: pip install tokenizers, or glassgrad[text]"
        ) from None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def read(folder: Path) -> tuple[Bert, Any]:
    """The model and its tokenizer, from config.json, model.safetensors and tokenizer.json, which Hugging Face keeps in a folder."""
    sizes = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if sizes.get("model_type") != "bert" or sizes.get("hidden_act") != "gelu":
        kind, act = sizes.get("model_type"), sizes.get("hidden_act")
        raise ValueError(f"{folder / 'config.json'} is of the model type {kind} with {act}: choose a folder of a BERT with gelu")
    config = Config(
        sizes["vocab_size"], sizes["max_position_embeddings"], sizes["num_hidden_layers"], sizes["num_attention_heads"],
        sizes["hidden_size"], sizes["intermediate_size"], sizes["layer_norm_eps"],
    )  # fmt: skip
    model = Bert(config)
    load_weights(model, folder / "model.safetensors", "bert.")
    return model, tokenizer_of(folder)


def encoded(tokenizer: Any, texts: Sequence[str], context: int, length: int | None = None) -> tuple[Tensor, Tensor]:
    """Tokens and attention mask, both (batch, tokens), padded to the longest text, or to ``length``.

    Raises:
        ValueError: no texts, an empty one, or one of more tokens than the context.
    """
    if not texts or isinstance(texts, str):
        raise ValueError(f"give a list of at least one text, not {texts!r}")
    for i, text in enumerate(texts):
        if not text.strip():
            raise ValueError(f"text {i} is empty: leave it out, or give it words")
    rows = [e.ids for e in tokenizer.encode_batch(list(texts))]
    width = max(map(len, rows)) if length is None else length
    check_length(max(map(len, rows)), min(context, width))
    tokens, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
    for i, row in enumerate(rows):
        tokens[i, : len(row)], mask[i, : len(row)] = row, 1
    return autograd.tensor(tokens), autograd.tensor(mask)


def embed(model: Bert, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """The embeddings of sentences: (texts, width), each of length 1, so that their products are cosines."""
    tokens, mask = encoded(tokenizer, texts, model.config.context)
    with autograd.no_grad():
        return mean_of_tokens(model(tokens, mask), mask)
