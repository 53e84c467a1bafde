"""Text out of a model, token by token: temperature, top-k, and a cache, so that each token is read once."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor

from .attention import Cache, check_length


def probabilities(scores: Tensor, temperature: float = 1.0, top_k: int | None = None) -> Tensor:
    """softmax(scores / temperature) over the ``top_k`` highest scores; the others get 0.

    Args:
        scores: (vocabulary,).
        temperature: below 1 the likely becomes more likely, above 1 less; above 0.
        top_k: how many tokens may come; all by default.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}: for always the likeliest token take top_k=1")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}; None lets every token come")
    if top_k is not None and top_k < len(scores):
        kept = scores.topk(top_k)[1]
        scores = autograd.full_like(scores, -float("inf")).scatter(0, kept, scores[kept])
    return (scores / temperature).softmax(0)


def generate(
    model: Any,
    tokens: list[int],
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    cached: bool = True,
) -> list[int]:
    """The tokens and ``length`` more, each drawn from what the model expects after those before it.

    Where the context is full, the model goes on from the last half of it.

    Args:
        model: takes (1, tokens) and a ``Cache``; its ``config.context`` is the most tokens that it reads.
        tokens: the beginning: at least one, and at most the context.
        length: how many to add.
        temperature: see ``probabilities``. top_k: see ``probabilities``.
        seed: of the draws.
        cached: whether the keys and values of tokens that were read are kept; without, all are read again for each token.
    """
    context = model.config.context
    check_length(len(tokens), context)
    numbers = autograd.Generator().manual_seed(seed)
    window, unread, cache, result = list(tokens), list(tokens), Cache(), list(tokens)
    with autograd.no_grad():
        for _ in range(length):
            if len(window) > context:
                window = window[-max(context // 2, 1) :]
                unread, cache = window, Cache()
            scores = model(autograd.tensor([unread]), cache) if cached else model(autograd.tensor([window]))
            p = probabilities(scores[0, -1], temperature, top_k)
            following = int(autograd.multinomial(p, 1, generator=numbers).item())
            unread = [following]
            window = [*window, following]
            result.append(following)
    return result
