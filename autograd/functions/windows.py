"""Windows: weights that fall to (or near to) zero at both ends of a frame, for ``stft`` and for filters.

Everywhere: ``window_length`` n ≥ 0; ``periodic``: the first n of the n + 1 weights of a symmetric window, so that frames which
follow each other fit together, or (False) the symmetric window itself. One weight is 1.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..engine.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError, DtypeError
from .creation import finish


def _window(name: str, formula: Any, n: Any, periodic: bool, dtype: Any, device: Any, requires_grad: bool) -> Any:
    n = operator.index(n)
    kind = get_default_dtype() if dtype is None else to_dtype(dtype)
    if n < 0:
        raise ArgumentError(f"{name} requires non-negative window_length, got window_length={n}")
    if kind.kind != "f":
        raise DtypeError(f"{name} expects floating point dtypes, got: {kind}")
    # In double precision, place t of the symmetric window is between 0 and 1.
    t = np.arange(n) / (n if periodic else n - 1) if n > 1 else np.full(n, 0.5)
    w = formula(t) if n > 1 else np.ones(n)
    return finish(w.astype(kind), device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A triangle, 1 - |2t - 1|, with t from 0 to 1.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.bartlett_window(5, periodic=False)
        tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000], dtype=float32)
    """
    return _window("bartlett_window", lambda t: 1 - np.abs(2 * t - 1), window_length, periodic, dtype, device, requires_grad)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """sin²(π t) = (1 - cos(2π t)) / 2, with t from 0 to 1.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000], dtype=float32)
    """
    return _window(
        "hann_window", lambda t: 0.5 - 0.5 * np.cos(2 * np.pi * t), window_length, periodic, dtype, device, requires_grad
    )


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """alpha - beta cos(2π t), with t from 0 to 1.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.hamming_window(4)
        tensor([0.0800, 0.5400, 1.0000, 0.5400], dtype=float32)
    """

    def formula(t: np.ndarray) -> np.ndarray:
        return alpha - beta * np.cos(2 * np.pi * t)

    return _window("hamming_window", formula, window_length, periodic, dtype, device, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """0.42 - 0.5 cos(2π t) + 0.08 cos(4π t), with t from 0 to 1.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.blackman_window(4)
        tensor([0.0000, 0.3400, 1.0000, 0.3400], dtype=float32)
    """

    def formula(t: np.ndarray) -> np.ndarray:
        # The same with cos(4π t) = 2 cos²(2π t) - 1, as a product that is exactly 0 at the ends.
        c = np.cos(2 * np.pi * t)
        return (1 - c) * (0.34 - 0.16 * c)

    return _window("blackman_window", formula, window_length, periodic, dtype, device, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """I₀(beta √(1 - (2t - 1)²)) / I₀(beta), with t from 0 to 1 and the modified Bessel function of order 0.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.kaiser_window(4, beta=3.0)
        tensor([0.2049, 0.7269, 1.0000, 0.7269], dtype=float32)
    """

    def formula(t: np.ndarray) -> np.ndarray:
        from scipy import special

        return special.i0(beta * np.sqrt(1 - (2 * t - 1) ** 2)) / special.i0(beta)

    return _window("kaiser_window", formula, window_length, periodic, dtype, device, requires_grad)
