"""How many floating point operations the call of an op takes.

A product counts two per term, a multiplication and an addition. Every other op counts one per number; an op that only moves numbers
counts none.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, prod
from typing import Any

import numpy as np

from autograd.engine.op import Op

Shape = tuple[int, ...]

_MOVES = {
    "cat", "stack", "clone", "contiguous", "pad", "gather", "flip", "roll", "tile", "to", "where", "tril", "triu", "write",
    "boundary", "output", "embedding", "one_hot", "unfold_image",
}  # fmt: skip


def flops(op: Op, node: Any, operands: Any, result: Any) -> int:
    """The floating point operations of one call.

    Args:
        op: the op. node: the node that was recorded, or None.
        operands: the inputs of the call; None for an input that was left out.
        result: the call's tensor, or a tuple of them.
    """
    if op.view or op.name in _MOVES:
        return 0
    shapes = [np.shape(getattr(v, "array", v)) for v in operands if v is not None]
    outputs = [t.shape for t in (result if isinstance(result, tuple) else (result,))]
    count = _PRODUCTS.get(op.name)
    if count is not None:
        return count(shapes, outputs)
    if op.name.startswith("conv"):
        spread = shapes[0] if "transpose" in op.name else outputs[0]
        return 2 * prod(spread) * prod(shapes[1][1:]) + (prod(outputs[0]) if len(shapes) > 2 else 0)
    size = max([prod(s) for s in outputs], default=0)
    if op.name == "einsum" and node is not None:
        letters: dict[str, int] = {}
        terms = node.params["equation"].split("->")[0].replace(" ", "").split(",")
        for term, shape in zip(terms, shapes, strict=True):
            letters.update(zip(term.replace("...", ""), shape[-len(term.replace("...", "")) :], strict=False))
        return 2 * max(prod(letters.values()), size)
    return max([size, *[prod(s) for s in shapes]])


# The functions below count one kind of product each, from the shapes of its operands and outputs.


def _affine(shapes: list[Shape], outputs: list[Shape]) -> int:
    """x W^T + b, or a product of matrices: each number of the output is a sum over the last dimension of x."""
    size = sum(map(prod, outputs))
    return 2 * size * (shapes[0][-1] if shapes[0] else 1) + (size if len(shapes) > 2 else 0)


def _contraction(shapes: list[Shape], outputs: list[Shape]) -> int:
    """A contraction of two operands: their sizes' product is the output's size times the square of the number of summed terms."""
    size = prod(outputs[0])
    return 2 * size * isqrt(prod(shapes[0]) * prod(shapes[1]) // size) if size else 0


def _recurrence(after: int) -> Callable[[list[Shape], list[Shape]], int]:
    """A recurrent layer: for each gate a product with the hidden state, an addition and an activation.

    Args:
        after: further operations for each number of the hidden state.
    """

    def count(shapes: list[Shape], outputs: list[Shape]) -> int:
        gates, hidden = prod(shapes[0]), outputs[0][-1]
        return 2 * gates * hidden + 2 * gates + after * prod(outputs[0])

    return count


def _attention(shapes: list[Shape], outputs: list[Shape]) -> int:
    """The scores, their softmax (and mask), and the product with the values."""
    scores, features, width = prod(outputs[1]), shapes[0][-1], shapes[2][-1]
    return 2 * scores * (features + width) + scores * (len(shapes) - 2)


_PRODUCTS: dict[str, Callable[[list[Shape], list[Shape]], int]] = {
    "linear": _affine,
    "matmul": _affine,
    "self_projections": _affine,
    "tensordot": _contraction,
    "rnn": _recurrence(0),
    "lstm": _recurrence(5),  # f * c + i * g, then o * tanh(c)
    "gru": _recurrence(5),  # r * (...), then (1 - z) * n + z * h
    "attention": _attention,
}
