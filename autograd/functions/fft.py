"""Discrete Fourier transforms, under the names and signatures of ``torch.fft``. ``np.fft.f(tensor)`` calls them, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..engine.recording import recorded
from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError
from ..ops import fft as _ops
from ..ops.fft import SWAPPED
from ..types import Dim, Dims, DType, Tensor, TensorLike
from . import shape as shapes
from .creation import finish, to_tensor

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

fftn = recorded(_ops.fftn)
ifftn = recorded(_ops.ifftn)
rfftn = recorded(_ops.rfftn)
irfftn = recorded(_ops.irfftn)


def fft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """Discrete Fourier transform along a dimension, y_k = Σ_j x_j exp(-2πi jk/n).

    Args:
        input: real or complex.
        n: the length n of the transform. The input is cut to it, or filled up with zeros. By default the input's length.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.fft(autograd.tensor([1.0, 1.0, 1.0, 1.0])).abs()
        tensor([4., 0., 0., 0.], dtype=float32)
    """
    return fftn(input, s=_length(n), dim=(dim,), norm=norm)


def ifft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """Inverse of ``fft``, x_j = Σ_k y_k exp(2πi jk/n) / n.

    Args:
        input: real or complex.
        n: the length n of the transform. The input is cut to it, or filled up with zeros. By default the input's length.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.ifft(autograd.tensor([4.0, 0.0, 0.0, 0.0])).real
        tensor([1., 1., 1., 1.], dtype=float32)
    """
    return ifftn(input, s=_length(n), dim=(dim,), norm=norm)


def rfft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """``fft`` of real numbers: its first n // 2 + 1 elements. The others are their complex conjugates.

    Args:
        input: real.
        n: the length n of the transform. The input is cut to it, or filled up with zeros. By default the input's length.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have. DtypeError: complex
            numbers.

    Example:
        >>> import autograd
        >>> autograd.fft.rfft(autograd.tensor([1.0, 2.0, 3.0, 4.0])).shape
        (3,)
    """
    return rfftn(input, s=_length(n), dim=(dim,), norm=norm)


def irfft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """Inverse of ``rfft``: n real numbers.

    Args:
        input: real or complex, the first half of the frequencies.
        n: the length of the result. The input is cut to n // 2 + 1 elements, or filled up with zeros. Give it if it is odd. By
            default 2 (m - 1), for m elements.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 4.0])
        >>> autograd.fft.irfft(autograd.fft.rfft(x), n=3)
        tensor([1., 2., 4.], dtype=float32)
    """
    return irfftn(input, s=_length(n), dim=(dim,), norm=norm)


def hfft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """``fft`` of a Hermitian signal, x_{-j} = conj(x_j), of which the first half is given: n real numbers.

    Args:
        input: real or complex, the first half of the signal.
        n: the length of the result. The input is cut to n // 2 + 1 elements, or filled up with zeros. By default 2 (m - 1), for m
            elements.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.hfft(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([ 8., -2.,  0., -2.], dtype=float32)
    """
    return irfftn(shapes.conj(input), s=_length(n), dim=(dim,), norm=SWAPPED.get(norm, norm))


def ihfft(input: TensorLike, n: int | None = None, dim: Dim = -1, norm: str | None = None) -> Tensor:
    """Inverse of ``hfft``: the first half, n // 2 + 1 elements, of a Hermitian signal.

    Args:
        input: real.
        n: the length n of the transform. The input is cut to it, or filled up with zeros. By default the input's length.
        dim: the dimension.
        norm: where the division by n happens. "backward" (the default): in the inverse. "forward": in the transform. "ortho": by √n
            in both.

    Raises:
        ShapeError: n < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfft(autograd.tensor([1.0, 1.0, 1.0, 1.0])).real
        tensor([1., 0., 0.], dtype=float32)
    """
    return shapes.conj(rfftn(input, s=_length(n), dim=(dim,), norm=SWAPPED.get(norm, norm)))


def _length(n: int | None) -> tuple[int] | None:
    """The length of one dimension as the lengths that the n-dimensional transform takes."""
    return None if n is None else (n,)


def fft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """``fft`` along two dimensions.

    Args:
        input: real or complex.
        s: the lengths of the transform. The input is cut to them, or filled up with zeros. By default the input's lengths.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.fft2(autograd.tensor([[1.0, 2.0], [3.0, 4.0]])).real
        tensor([[10., -2.],
                [-4.,  0.]], dtype=float32)
    """
    return fftn(input, s=s, dim=dim, norm=norm)


def ifft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """Inverse of ``fft2``.

    Args:
        input: real or complex.
        s: the lengths of the transform. The input is cut to them, or filled up with zeros. By default the input's lengths.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.ifft2(autograd.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
        tensor([[1., 2.],
                [3., 4.]], dtype=float32)
    """
    return ifftn(input, s=s, dim=dim, norm=norm)


def rfft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """``fft2`` of real numbers. Along the last dimension only the first n // 2 + 1 elements are returned.

    Args:
        input: real.
        s: the lengths of the transform. The input is cut to them, or filled up with zeros. By default the input's lengths.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have. DtypeError:
            complex numbers.

    Example:
        >>> import autograd
        >>> autograd.fft.rfft2(autograd.ones(4, 4)).shape
        (4, 3)
    """
    return rfftn(input, s=s, dim=dim, norm=norm)


def irfft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """Inverse of ``rfft2``: real numbers.

    Args:
        input: real or complex, the first half of the frequencies along the last dimension.
        s: the lengths of the result. By default the input's, with 2 (m - 1) for m elements along the last dimension.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.irfft2(autograd.fft.rfft2(autograd.ones(2, 2)))
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """
    return irfftn(input, s=s, dim=dim, norm=norm)


def hfftn(
    input: TensorLike, s: Sequence[int] | None = None, dim: Dims = None, norm: str | None = None
) -> Tensor:  # fmt: skip
    """``fftn`` of a Hermitian signal, of which the first half along the last dimension is given: real numbers.

    The missing element at index (i, j, ...) is the conjugate of the element at (-i, -j, ...).

    Args:
        input: real or complex, the first half of the signal along the last dimension.
        s: the lengths of the result. By default the input's, with 2 (m - 1) for m elements along the last dimension.
        dim: the dimensions. By default the last len(s) ones, or all.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.hfftn(autograd.ones(2, 3))
        tensor([[8., 0., 0., 0.],
                [0., 0., 0., 0.]], dtype=float32)
    """
    return irfftn(shapes.conj(input), s=s, dim=dim, norm=SWAPPED.get(norm, norm))


def ihfftn(
    input: TensorLike, s: Sequence[int] | None = None, dim: Dims = None, norm: str | None = None
) -> Tensor:  # fmt: skip
    """Inverse of ``hfftn``: the first half, along the last dimension, of a Hermitian signal.

    Args:
        input: real.
        s: the lengths of the transform. The input is cut to them, or filled up with zeros. By default the input's lengths.
        dim: the dimensions. By default the last len(s) ones, or all.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfftn(autograd.ones(2, 4)).real
        tensor([[1., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    return shapes.conj(rfftn(input, s=s, dim=dim, norm=SWAPPED.get(norm, norm)))


def hfft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """``hfftn`` along two dimensions.

    Args:
        input: real or complex, the first half of the signal along the last dimension.
        s: the lengths of the result. By default the input's, with 2 (m - 1) for m elements along the last dimension.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.hfft2(autograd.ones(5, 2, 3)).shape
        (5, 2, 4)
    """
    return hfftn(input, s=s, dim=dim, norm=norm)


def ihfft2(
    input: TensorLike, s: Sequence[int] | None = None, dim: Sequence[Dim] = (-2, -1), norm: str | None = None
) -> Tensor:  # fmt: skip
    """Inverse of ``hfft2``.

    Args:
        input: real.
        s: the lengths of the transform. The input is cut to them, or filled up with zeros. By default the input's lengths.
        dim: the two dimensions.
        norm: where the division by the number of elements happens. "backward" (the default): in the inverse. "forward": in the
            transform. "ortho": by its root in both.

    Raises:
        ShapeError: a length < 1, or another norm. RangeError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.fft.ihfft2(autograd.ones(5, 2, 4)).shape
        (5, 2, 3)
    """
    return ihfftn(input, s=s, dim=dim, norm=norm)


def _half_lengths(input: Tensor, dim: Dims) -> tuple[list[int], list[int]]:
    """The dimensions to shift, all by default, and half of the length of each."""
    dims = list(range(input.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    return dims, [input.shape[d] // 2 for d in dims]


def fftshift(input: TensorLike, dim: Dims = None) -> Tensor:
    """The input with the element of frequency 0 moved from the start of each dimension to its middle.

    Example:
        >>> import autograd
        >>> autograd.fft.fftshift(autograd.tensor([0.0, 1.0, -2.0, -1.0]))
        tensor([-2., -1.,  0.,  1.], dtype=float32)
    """
    dims, halves = _half_lengths(to_tensor(input), dim)
    return shapes.roll(input, halves, dims)


def ifftshift(input: TensorLike, dim: Dims = None) -> Tensor:
    """Inverse of ``fftshift``.

    Example:
        >>> import autograd
        >>> autograd.fft.ifftshift(autograd.tensor([-2.0, -1.0, 0.0, 1.0]))
        tensor([ 0.,  1., -2., -1.], dtype=float32)
    """
    dims, halves = _half_lengths(to_tensor(input), dim)
    return shapes.roll(input, [-half for half in halves], dims)


def _frequencies(
    name: str, n: int, least: int, frequencies: Callable[[], np.ndarray], dtype: DType | None, requires_grad: bool
) -> Tensor:  # fmt: skip
    """A tensor of frequencies, if there are at least so many samples."""
    if n < least:
        raise ArgumentError(f"{name}: the number of samples must be at least {least}, not {n}")
    return finish(frequencies().astype(get_default_dtype() if dtype is None else to_dtype(dtype)), None, requires_grad)


def fftfreq(n: int, d: float = 1.0, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """The frequencies of the elements that ``fft`` returns, in cycles per unit of d.

    Args:
        n: the number of samples.
        d: the distance between samples.
        dtype: of the frequencies; the default dtype unless given.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: too few samples.

    Example:
        >>> import autograd
        >>> autograd.fft.fftfreq(4)
        tensor([ 0.0000,  0.2500, -0.5000, -0.2500], dtype=float32)
    """
    return _frequencies("fftfreq", n, 0, lambda: np.fft.fftfreq(n, d) if n else np.zeros(0), dtype, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """The frequencies of the elements that ``rfft`` returns, in cycles per unit of d.

    Args:
        n: the number of samples.
        d: the distance between samples.
        dtype: of the frequencies; the default dtype unless given.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: too few samples.

    Example:
        >>> import autograd
        >>> autograd.fft.rfftfreq(4)
        tensor([0.0000, 0.2500, 0.5000], dtype=float32)
    """
    return _frequencies("rfftfreq", n, 1, lambda: np.fft.rfftfreq(n, d), dtype, requires_grad)
