"""Discrete Fourier transforms under the names and signatures of ``torch.fft``; ``np.fft.f(tensor)`` calls them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.dtypes import get_default_dtype
from ..engine.recording import recorded
from ..errors import ArgumentError
from ..ops import fft as _ops
from ..ops.fft import SWAPPED
from . import shape as shapes
from .creation import as_tensor

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

fftn = recorded(_ops.fftn)
ifftn = recorded(_ops.ifftn)
rfftn = recorded(_ops.rfftn)
irfftn = recorded(_ops.irfftn)

Lengths = Sequence[int] | None


def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Discrete Fourier transform along a dimension, y_k = sum_j x_j exp(-2πi jk/n).

    Args:
        input: real or complex. n: the length to which it is cut, or filled up with zeros, first.
        dim: the dimension. norm: "backward" divides in the inverse by n, "forward" here, "ortho" in both by sqrt(n).

    Example:
        >>> import autograd
        >>> autograd.fft.fft(autograd.tensor([1.0, 1.0, 1.0, 1.0])).abs()
        tensor([4., 0., 0., 0.], dtype=float32)
    """
    return fftn(input, s=_length(n), dim=(dim,), norm=norm)


def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of ``fft``.

    Example:
        >>> import autograd
        >>> autograd.fft.ifft(autograd.tensor([4.0, 0.0, 0.0, 0.0])).real
        tensor([1., 1., 1., 1.], dtype=float32)
    """
    return ifftn(input, s=_length(n), dim=(dim,), norm=norm)


def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """``fft`` of real numbers, without its mirror image: n//2 + 1 complex numbers.

    Example:
        >>> import autograd
        >>> autograd.fft.rfft(autograd.tensor([1.0, 2.0, 3.0, 4.0])).shape
        (3,)
    """
    return rfftn(input, s=_length(n), dim=(dim,), norm=norm)


def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of ``rfft``: n real numbers. Give n if it is odd; it is 2 (m - 1) otherwise.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 4.0])
        >>> autograd.fft.irfft(autograd.fft.rfft(x), n=3)
        tensor([1., 2., 4.], dtype=float32)
    """
    return irfftn(input, s=_length(n), dim=(dim,), norm=norm)


def hfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """``fft`` of numbers of which the second half is the conjugate mirror image of the first, which is given: n real numbers.

    Example:
        >>> import autograd
        >>> autograd.fft.hfft(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([ 8., -2.,  0., -2.], dtype=float32)
    """
    return irfftn(shapes.conj(input), s=_length(n), dim=(dim,), norm=SWAPPED.get(norm, norm))


def ihfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Inverse of ``hfft``.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfft(autograd.tensor([1.0, 1.0, 1.0, 1.0])).real
        tensor([1., 0., 0.], dtype=float32)
    """
    return shapes.conj(rfftn(input, s=_length(n), dim=(dim,), norm=SWAPPED.get(norm, norm)))


def _length(n: int | None) -> Lengths:
    return None if n is None else (n,)


def fft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """``fft`` along two dimensions.

    Example:
        >>> import autograd
        >>> autograd.fft.fft2(autograd.tensor([[1.0, 2.0], [3.0, 4.0]])).real
        tensor([[10., -2.],
                [-4.,  0.]], dtype=float32)
    """
    return fftn(input, s=s, dim=dim, norm=norm)


def ifft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """Inverse of ``fft2``.

    Example:
        >>> import autograd
        >>> autograd.fft.ifft2(autograd.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
        tensor([[1., 2.],
                [3., 4.]], dtype=float32)
    """
    return ifftn(input, s=s, dim=dim, norm=norm)


def rfft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """``fft2`` of real numbers, without the mirror image in the last of the dimensions.

    Example:
        >>> import autograd
        >>> autograd.fft.rfft2(autograd.ones(4, 4)).shape
        (4, 3)
    """
    return rfftn(input, s=s, dim=dim, norm=norm)


def irfft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """Inverse of ``rfft2``.

    Example:
        >>> import autograd
        >>> autograd.fft.irfft2(autograd.fft.rfft2(autograd.ones(2, 2)))
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """
    return irfftn(input, s=s, dim=dim, norm=norm)


def hfftn(input: Any, s: Lengths = None, dim: Any = None, norm: str | None = None) -> Any:
    """``fftn`` of numbers of which, in the last of the dimensions, the second half is not given: real numbers.

    What is missing is the conjugate of what stands at the opposite frequency in all the dimensions.

    Args:
        s: the lengths of the result; the last one is 2 (m - 1) by default. dim: the dimensions; None for the last len(s), or all.

    Example:
        >>> import autograd
        >>> autograd.fft.hfftn(autograd.ones(2, 3))
        tensor([[8., 0., 0., 0.],
                [0., 0., 0., 0.]], dtype=float32)
    """
    return irfftn(shapes.conj(input), s=s, dim=dim, norm=SWAPPED.get(norm, norm))


def ihfftn(input: Any, s: Lengths = None, dim: Any = None, norm: str | None = None) -> Any:
    """Inverse of ``hfftn``: half of the frequencies of real numbers.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfftn(autograd.ones(2, 4)).real
        tensor([[1., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    return shapes.conj(rfftn(input, s=s, dim=dim, norm=SWAPPED.get(norm, norm)))


def hfft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """``hfftn`` along two dimensions.

    Example:
        >>> import autograd
        >>> autograd.fft.hfft2(autograd.ones(5, 2, 3)).shape
        (5, 2, 4)
    """
    return hfftn(input, s=s, dim=dim, norm=norm)


def ihfft2(input: Any, s: Lengths = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """Inverse of ``hfft2``.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfft2(autograd.ones(5, 2, 4)).shape
        (5, 2, 3)
    """
    return ihfftn(input, s=s, dim=dim, norm=norm)


def _dims(input: Any, dim: Any) -> tuple[int, ...]:
    return tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)


def fftshift(input: Any, dim: Any = None) -> Any:
    """Frequency 0 moved from the start to the middle.

    Example:
        >>> import autograd
        >>> autograd.fft.fftshift(autograd.tensor([0.0, 1.0, -2.0, -1.0]))
        tensor([-2., -1.,  0.,  1.], dtype=float32)
    """
    dims = _dims(input, dim)
    return shapes.roll(input, [input.shape[d] // 2 for d in dims], list(dims))


def ifftshift(input: Any, dim: Any = None) -> Any:
    """Inverse of ``fftshift``.

    Example:
        >>> import autograd
        >>> autograd.fft.ifftshift(autograd.tensor([-2.0, -1.0, 0.0, 1.0]))
        tensor([ 0.,  1., -2., -1.], dtype=float32)
    """
    dims = _dims(input, dim)
    return shapes.roll(input, [-(input.shape[d] // 2) for d in dims], list(dims))


def _samples(name: str, n: int, least: int) -> None:
    if n < least:
        raise ArgumentError(f"{name}: the number of samples must be at least {least}, not {n}")


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of ``fft``'s results, for samples at distance d.

    Example:
        >>> import autograd
        >>> autograd.fft.fftfreq(4)
        tensor([ 0.0000,  0.2500, -0.5000, -0.2500], dtype=float32)
    """
    _samples("fftfreq", n, 0)
    found = np.fft.fftfreq(n, d) if n else np.zeros(0)
    return as_tensor(found.astype(dtype or get_default_dtype())).requires_grad_(requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of ``rfft``'s results, for samples at distance d.

    Example:
        >>> import autograd
        >>> autograd.fft.rfftfreq(4)
        tensor([0.0000, 0.2500, 0.5000], dtype=float32)
    """
    _samples("rfftfreq", n, 1)
    return as_tensor(np.fft.rfftfreq(n, d).astype(dtype or get_default_dtype())).requires_grad_(requires_grad)
