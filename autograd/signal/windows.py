"""The windows of ``torch.signal.windows``: weights that fall towards both ends of a frame, symmetric unless ``sym=False``.

``sym=False`` takes the first weights of a symmetric window with one weight more, as a Fourier transform needs them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

import numpy as np

from ..engine.output import takes_layout
from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError, DtypeError
from ..functions.creation import finish
from ..types import Device, DType, Tensor


def _window(
    name: str,
    weights: Callable[[np.ndarray, int], np.ndarray],
    M: int,
    sym: bool,
    dtype: DType | None,
    device: Device | None,
    requires_grad: bool,
) -> Tensor:
    """M weights: a function of their numbers 0, 1, ... and of the number of steps from the first to the last of the window."""
    M = operator.index(M)
    dtype = get_default_dtype() if dtype is None else to_dtype(dtype)
    if M < 0:
        raise ArgumentError(f"{name} requires non-negative window length, got M={M}")
    if dtype not in (np.float32, np.float64):
        raise DtypeError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    numbers = np.arange(M, dtype=np.float64)
    values = weights(numbers, M - 1 if sym or M == 1 else M) if M else numbers
    return finish(values.astype(dtype), device, requires_grad)


@takes_layout
def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Exponential window, exp(-|n - center| / tau).

    Args:
        M: the number of weights, >= 0.
        center: the place of the largest weight; the middle, and given for windows that are not symmetric only.
        tau: how many weights the fall by a factor of e takes, above 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length, a tau that is not positive, or a center of a symmetric window. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.exponential(4, tau=2.0)
        tensor([0.4724, 0.7788, 0.7788, 0.4724], dtype=float32)
    """
    if not tau > 0:
        raise ArgumentError(f"tau must be positive, got: {tau}")
    if sym and center is not None:
        raise ArgumentError("center must be None for symmetric windows")

    def weights(n: np.ndarray, steps: int) -> np.ndarray:
        return np.exp(-np.abs(n - (steps / 2 if center is None else center)) / tau)

    return _window("exponential", weights, M, sym, dtype, device, requires_grad)


@takes_layout
def cosine(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Cosine window, sin(pi (n + 1/2) / N), with N weights in the whole window.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.cosine(4)
        tensor([0.3827, 0.9239, 0.9239, 0.3827], dtype=float32)
    """
    return _window("cosine", lambda n, steps: np.sin(np.pi * (n + 0.5) / (steps + 1)), M, sym, dtype, device, requires_grad)


@takes_layout
def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Gaussian window, exp(-(n - middle)^2 / (2 std^2)).

    Args:
        M: the number of weights, >= 0.
        std: its standard deviation, above 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length, or a std that is not positive. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.gaussian(4)
        tensor([0.3247, 0.8825, 0.8825, 0.3247], dtype=float32)
    """
    if not std > 0:
        raise ArgumentError(f"Standard deviation must be positive, got: {std}")
    return _window("gaussian", lambda n, steps: np.exp(-(((n - steps / 2) / std) ** 2) / 2), M, sym, dtype, device, requires_grad)


@takes_layout
def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Kaiser window, I0(beta sqrt(1 - t^2)) / I0(beta) for t from -1 to 1, with the modified Bessel function I0.

    Args:
        M: the number of weights, >= 0.
        beta: the larger it is, the narrower is the window; >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length, or a negative beta. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.kaiser(4, beta=3.0)
        tensor([0.2049, 0.8712, 0.8712, 0.2049], dtype=float32)
    """
    if beta < 0:
        raise ArgumentError(f"beta must be non-negative, got: {beta}")

    def weights(n: np.ndarray, steps: int) -> np.ndarray:
        from scipy import special

        t = 2 * n / steps - 1 if steps else np.zeros_like(n)
        return special.i0(beta * np.sqrt(np.maximum(1 - t**2, 0))) / special.i0(beta)

    return _window("kaiser", weights, M, sym, dtype, device, requires_grad)


@takes_layout
def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A sum of cosines, a[0] - a[1] cos(2 pi t) + a[2] cos(4 pi t) - ..., for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        a: the coefficients.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length, or no coefficients. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.general_cosine(4, a=[0.5, 0.5])
        tensor([0.0000, 0.7500, 0.7500, 0.0000], dtype=float32)
    """
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    coefficients = list(a)
    if not coefficients:
        raise ArgumentError("Coefficients cannot be empty")

    def weights(n: np.ndarray, steps: int) -> np.ndarray:
        angle = 2 * np.pi * n / steps if steps else np.full_like(n, np.pi)
        terms = [(-1) ** k * c * np.cos(k * angle) for k, c in enumerate(coefficients)]
        return np.sum(terms, axis=0) if steps else np.ones_like(n)

    return _window("general_cosine", weights, M, sym, dtype, device, requires_grad)


@takes_layout
def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """General Hamming window, alpha - (1 - alpha) cos(2 pi t), for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        alpha: the coefficient.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.general_hamming(4)
        tensor([0.0800, 0.7700, 0.7700, 0.0800], dtype=float32)
    """
    return general_cosine(M, a=[alpha, 1 - alpha], sym=sym, dtype=dtype, device=device, requires_grad=requires_grad)


@takes_layout
def hamming(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Hamming window, 0.54 - 0.46 cos(2 pi t), for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.hamming(4)
        tensor([0.0800, 0.7700, 0.7700, 0.0800], dtype=float32)
    """
    return general_cosine(M, a=[0.54, 0.46], sym=sym, dtype=dtype, device=device, requires_grad=requires_grad)


@takes_layout
def hann(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Hann window, 0.5 - 0.5 cos(2 pi t), for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.hann(4)
        tensor([0.0000, 0.7500, 0.7500, 0.0000], dtype=float32)
    """
    return general_cosine(M, a=[0.5, 0.5], sym=sym, dtype=dtype, device=device, requires_grad=requires_grad)


@takes_layout
def blackman(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Blackman window, 0.42 - 0.5 cos(2 pi t) + 0.08 cos(4 pi t), for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.blackman(4)
        tensor([-1.3878e-17,  6.3000e-01,  6.3000e-01, -1.3878e-17], dtype=float32)
    """
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, device=device, requires_grad=requires_grad)


@takes_layout
def nuttall(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Minimum 4-term Blackman-Harris window by Nuttall.

    Source: Nuttall, Some windows with very good sidelobe behavior, 1981.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.nuttall(4)
        tensor([3.6280e-04, 5.2923e-01, 5.2923e-01, 3.6280e-04], dtype=float32)
    """
    return general_cosine(
        M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype, device=device, requires_grad=requires_grad
    )


@takes_layout
def bartlett(
    M: int, *, sym: bool = True, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """Triangular window, 1 - |2t - 1|, for t from 0 to 1.

    Args:
        M: the number of weights, >= 0.
        sym: whether the window is symmetric; False for one to be used with a Fourier transform.
        dtype: of the weights, float32 or float64; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative length. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> autograd.signal.windows.bartlett(5)
        tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000], dtype=float32)
    """
    return _window(
        "bartlett",
        lambda n, steps: 1 - np.abs(2 * n / steps - 1) if steps else np.ones_like(n),
        M,
        sym,
        dtype,
        device,
        requires_grad,
    )
