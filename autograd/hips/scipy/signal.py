"""``convolve`` of ``autograd.scipy.signal``: convolutions along some axes, products along others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import function_of
from ..functions import array, transpose
from ..products import tensordot

_windows = function_of(np.lib.stride_tricks.sliding_window_view)
_pad, _flip = function_of(np.pad), function_of(np.flip)
Axes = Sequence[Sequence[int]]


def convolve(A: Any, B: Any, axes: Axes | None = None, dot_axes: Axes = ((), ()), mode: str = "full") -> Any:
    """The convolution of two arrays.

    Args:
        A, B: the arrays. axes: the axes of A and those of B to convolve along, in pairs; by default all.
        dot_axes: the axes of A and those of B to sum products along, in pairs.
        mode: "full": wherever they overlap; "valid": where one lies within the other; "same": the middle of "full", of A's size.

    Returns:
        The axes of A that are left, then those of B, then those of the convolution.

    Raises:
        ValueError: another mode, or for "valid" two arrays of which none contains the other.
    """
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"convolve: mode is 'full', 'valid' or 'same', not {mode!r}")
    A, B = array(A), array(B)
    first, second = [[d % x.ndim for d in part] for x, part in zip((A, B), axes or (range(A.ndim), range(B.ndim)), strict=True)]
    dots = [[d % x.ndim for d in part] for x, part in zip((A, B), dot_axes, strict=True)]
    pairs = [(A.shape[a], B.shape[b]) for a, b in zip(first, second, strict=True)]
    if mode == "valid" and any([n < m for n, m in pairs]):
        if any([n > m for n, m in pairs]):
            raise ValueError(
                f"convolve with mode='valid': one array must be the larger along all axes, and their sizes are {pairs}"
            )
        result = convolve(B, A, (second, first), (dots[1], dots[0]), mode)
        left_b, left_a = B.ndim - len(second) - len(dots[1]), A.ndim - len(first) - len(dots[0])
        order = [*range(left_b, left_b + left_a), *range(left_b), *range(left_a + left_b, result.ndim)]
        return transpose(result, order)
    widths = [(0, 0)] * A.ndim
    for a, (_, m) in zip(first, pairs, strict=True):
        if mode == "full":
            widths[a] = (m - 1, m - 1)
        elif mode == "same":
            widths[a] = ((m - 1) - (m - 1) // 2, (m - 1) // 2)
    if any([w != (0, 0) for w in widths]):
        A = _pad(A, widths)
    kernel = _flip(B, tuple(second)) if second else B
    windows = _windows(A, tuple([m for _, m in pairs]), tuple(first)) if first else A
    inner = list(range(A.ndim, A.ndim + len(first)))
    result = tensordot(windows, kernel, (inner + dots[0], second + dots[1]))
    # What is left of A comes first: its other axes and those of the convolution, in A's order; then B's other axes.
    kept = [d for d in range(A.ndim) if d not in dots[0]]
    rest_a = [i for i, d in enumerate(kept) if d not in first]
    convolved = [kept.index(d) for d in first]
    rest_b = list(range(len(kept), result.ndim))
    return transpose(result, rest_a + rest_b + convolved)


__all__ = ["convolve"]
