"""Windows: weights that fall to zero, or nearly so, at both ends of a frame. ``stft`` and filters use them.

A formula gives the weight at t, which runs from 0 at the first to 1 at the last weight of a symmetric window.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError, DtypeError
from ..types import Device, DType, Tensor
from .creation import finish


def _window(
    name: str, formula: Callable[[np.ndarray], np.ndarray], n: int, periodic: bool, dtype: DType | None, device: Device | None,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    """A window of n weights. The weights are computed in double precision; a single weight is 1."""
    n = operator.index(n)
    dtype = get_default_dtype() if dtype is None else to_dtype(dtype)
    if n < 0:
        raise ArgumentError(f"{name} requires non-negative window_length, got window_length={n}")
    if dtype.kind != "f":
        raise DtypeError(f"{name} expects floating point dtypes, got: {dtype}")
    weights = formula(np.arange(n) / (n if periodic else n - 1)) if n > 1 else np.ones(n)
    return finish(weights.astype(dtype), device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Triangular window, 1 - |2t - 1|, for t from 0 to 1.

    Args:
        window_length: the number of weights, >= 0.
        periodic: True for the first weights of a symmetric window with one weight more, as ``stft`` needs them. False for the
            symmetric window itself.
        dtype: of the weights; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.bartlett_window(5, periodic=False)
        tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000], dtype=float32)
    """
    return _window("bartlett_window", lambda t: 1 - np.abs(2 * t - 1), window_length, periodic, dtype, device, requires_grad)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Hann window, sin²(π t) = 0.5 - 0.5 cos(2π t), for t from 0 to 1.

    Args:
        window_length: the number of weights, >= 0.
        periodic: True for the first weights of a symmetric window with one weight more, as ``stft`` needs them. False for the
            symmetric window itself.
        dtype: of the weights; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000], dtype=float32)
    """

    def formula(t: np.ndarray) -> np.ndarray:
        return 0.5 - 0.5 * np.cos(2 * np.pi * t)

    return _window("hann_window", formula, window_length, periodic, dtype, device, requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: DType | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Hamming window, alpha - beta cos(2π t), for t from 0 to 1.

    Args:
        window_length: the number of weights, >= 0.
        periodic: True for the first weights of a symmetric window with one weight more, as ``stft`` needs them. False for the
            symmetric window itself.
        alpha, beta: the coefficients.
        dtype: of the weights; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

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
    window_length: int, periodic: bool = True, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Blackman window, 0.42 - 0.5 cos(2π t) + 0.08 cos(4π t), for t from 0 to 1.

    Args:
        window_length: the number of weights, >= 0.
        periodic: True for the first weights of a symmetric window with one weight more, as ``stft`` needs them. False for the
            symmetric window itself.
        dtype: of the weights; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.blackman_window(4)
        tensor([0.0000, 0.3400, 1.0000, 0.3400], dtype=float32)
    """

    def formula(t: np.ndarray) -> np.ndarray:
        # With cos(4π t) = 2 cos²(2π t) - 1 the sum becomes a product, which is exactly 0 at the ends.
        c = np.cos(2 * np.pi * t)
        return (1 - c) * (0.34 - 0.16 * c)

    return _window("blackman_window", formula, window_length, periodic, dtype, device, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Kaiser window, I₀(beta √(1 - (2t - 1)²)) / I₀(beta), for t from 0 to 1, where I₀ is the modified Bessel function of order 0.

    Args:
        window_length: the number of weights, >= 0.
        periodic: True for the first weights of a symmetric window with one weight more, as ``stft`` needs them. False for the
            symmetric window itself.
        beta: the larger it is, the narrower is the window.
        dtype: of the weights; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

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
