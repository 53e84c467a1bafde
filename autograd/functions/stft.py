"""The short-time Fourier transform: the Fourier transform of overlapping frames of a signal, and its inverse.

Both are made of ``unfold``, a product with a window, and the transforms of fft.py.
"""

from __future__ import annotations

import numpy as np

from ..engine.graph import make
from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import shape
from ..types import Tensor, TensorLike
from . import elementwise, fft
from . import shape as shapes
from .creation import to_tensor
from .shape import PADDING_MODES, padded

_refold = recorded(shape.refold)


def _padded(x: Tensor, left: int, right: int, mode: str = "constant") -> Tensor:
    """The signal with more elements at the ends of its last dimension."""
    return padded(x, pad_width=((0, 0),) * (x.ndim - 1) + ((left, right),), mode=mode)


def _framing(
    name: str, input: Tensor, n_fft: int, hop_length: int | None, win_length: int | None, window: TensorLike | None
) -> tuple[int, int, Tensor]:  # fmt: skip
    """The step from frame to frame, the length of the window, and the window with zeros at both ends, so that it is as long as a
    frame."""
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if hop < 1:
        raise ArgumentError(f"{name}: expected hop_length > 0, but got {hop}")
    if not 0 < width <= n_fft:
        raise ArgumentError(f"{name}: expected 0 < win_length <= n_fft, but got win_length={width} and n_fft={n_fft}")
    if window is None:
        window = make(np.ones(width, input.array.real.dtype))
    window = to_tensor(window)
    if window.shape != (width,):
        raise ShapeError(f"{name}: expected a window of shape ({width},), as win_length says, but got {describe(window)}")
    left = (n_fft - width) // 2
    return hop, width, _padded(window, left, n_fft - width - left) if width < n_fft else window


def _centered(input: Tensor, pad: int, mode: str) -> Tensor:
    """The signal lengthened at both ends, so that the first frame is centred at the signal's first element."""
    n = input.shape[-1]
    if mode not in PADDING_MODES:
        raise NotImplementedError(f"stft: unrecognised padding mode {mode!r}: expected {', '.join(PADDING_MODES)}")
    if (mode == "reflect" and pad >= n) or (mode == "circular" and pad > n):
        raise ShapeError(f"stft: with pad_mode={mode!r} {pad} elements are added at each end, too many for {describe(input.array)}")
    return _padded(input, pad, pad, PADDING_MODES[mode])


def stft(
    input: TensorLike, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: TensorLike | None = None,
    center: bool = True, pad_mode: str = "reflect", normalized: bool = False, onesided: bool | None = None,
    return_complex: bool | None = None, align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """Short-time Fourier transform, Y[f, t] = Σ_k window[k] input[t hop_length + k] exp(-2πi f k / n_fft).

    Args:
        input: signals, shape (n,) or (batch, n), real or complex.
        n_fft: the length of a frame.
        hop_length: the step from frame to frame; n_fft // 4 by default.
        win_length: the length of the window; n_fft by default.
        window: (win_length,), ones by default. If it is shorter than a frame, zeros are added at both ends. It may require a
            gradient.
        center: whether the signal is lengthened by n_fft // 2 at each end. Frame t then is centred at element t hop_length.
        pad_mode: by which elements: "reflect", "constant" (zeros), "replicate" or "circular".
        normalized: whether to divide by √n_fft.
        onesided: whether to leave out the second half of the frequencies, which mirrors the first where signal and window are real.
            This is the default there.
        return_complex: True for complex numbers. False for real and imaginary parts in a last dimension. For a real signal it must
            be given.
        align_to_window: with center=False, whether the window of the first frame, not the frame, begins with the signal.

    Returns:
        (batch, frequencies, frames), with n_fft or n_fft // 2 + 1 frequencies.

    Raises:
        ShapeError: a signal of another shape or shorter than a frame. ArgumentError: lengths or switches that contradict each
            other.
            DtypeError: integers.

    Example:
        >>> import autograd
        >>> x = autograd.arange(8.0)
        >>> y = autograd.stft(x, 4, window=autograd.hann_window(4), return_complex=True)
        >>> y.shape, y.dtype
        ((3, 9), dtype('complex64'))
        >>> autograd.istft(y, 4, window=autograd.hann_window(4))
        tensor([0., 1., 2., 3., 4., 5., 6., 7.], dtype=float32)
    """
    input = to_tensor(input)
    if input.array.dtype.kind not in "fc":
        raise DtypeError(f"stft: expected a tensor of floating point or complex values, but got {describe(input.array)}")
    if input.ndim not in (1, 2):
        raise ShapeError(f"stft: expected a tensor of 1 or 2 dimensions, but got {describe(input.array)}")
    hop, width, frame = _framing("stft", input, n_fft, hop_length, win_length, window)
    complexes = "c" in (input.array.dtype.kind, frame.array.dtype.kind)
    if onesided is None:
        onesided = not complexes
    if onesided and complexes:
        raise ArgumentError("stft: cannot have onesided output if window or input is complex")
    if return_complex is None:
        if not complexes:
            raise ArgumentError("stft requires the return_complex parameter be given for real inputs: return_complex=True")
        return_complex = True
    if center:
        if align_to_window is not None:
            raise ArgumentError("stft: align_to_window should only be set when center=False")
        input = _centered(input, n_fft // 2, pad_mode)
    elif align_to_window:
        left = (n_fft - width) // 2
        input = _padded(input, left, n_fft - width - left)
    if not 0 < n_fft <= input.shape[-1]:
        raise ShapeError(f"stft: expected 0 < n_fft <= {input.shape[-1]}, the length of the signal, but got n_fft={n_fft}")
    frames = shapes.unfold(input, -1, n_fft, hop) * frame
    norm = "ortho" if normalized else None
    y = shapes.transpose((fft.rfft if onesided else fft.fft)(frames, norm=norm), -2, -1)
    return y if return_complex else elementwise.view_as_real(shapes.contiguous(y))


def istft(
    input: TensorLike, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: TensorLike | None = None,
    center: bool = True, normalized: bool = False, onesided: bool | None = None, length: int | None = None,
    return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """Inverse of ``stft``, in the least-squares sense: the signal whose transform is nearest to the input.

    It multiplies each frame of the signal by the window, adds the frames up where they overlap, and divides by the sum of the
    squared windows.

    Args:
        input: complex, (frequencies, frames) or (batch, frequencies, frames).
        n_fft, hop_length, win_length, window, normalized: as ``stft`` was called with.
        center: whether ``stft`` lengthened the signal.
        onesided: whether the input has n_fft // 2 + 1 frequencies. By default its shape decides.
        length: of the signal. Zeros are added where it is longer than what the frames cover.
        return_complex: whether the signal is complex.

    Raises:
        ShapeError: an input of another shape. ArgumentError: lengths or switches that contradict each other. DtypeError: real
            numbers.
        RuntimeError: elements at which all windows are zero.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 4.0, 1.0, 5.0])
        >>> autograd.istft(autograd.stft(x, 4, return_complex=True), 4, length=5)
        tensor([3., 1., 4., 1., 5.], dtype=float32)
    """
    input = to_tensor(input)
    if input.array.dtype.kind != "c":
        raise DtypeError(
            f"istft requires a complex-valued input, as stft(..., return_complex=True) returns, not {describe(input.array)}"
        )
    if input.ndim not in (2, 3) or not input.array.size:
        raise ShapeError(f"istft: expected (frequencies, frames) or (batch, frequencies, frames), but got {describe(input.array)}")
    hop, width, frame = _framing("istft", input, n_fft, hop_length, win_length, window)
    if hop > width:
        raise ArgumentError(f"istft: expected 0 < hop_length <= win_length, but got {hop} and {width}")
    onesided = input.shape[-2] != n_fft if onesided is None else onesided
    expected = n_fft // 2 + 1 if onesided else n_fft
    if input.shape[-2] != expected:
        raise ShapeError(
            f"istft: expected {expected} frequencies for n_fft={n_fft} and onesided={onesided}, but got {describe(input.array)}"
        )
    if return_complex and onesided:
        raise ArgumentError("istft: a complex signal has no onesided transform: return_complex=True needs all n_fft frequencies")
    if frame.array.dtype.kind == "c" and not return_complex:
        raise ArgumentError("istft: complex windows are incompatible with return_complex=False")
    norm = "ortho" if normalized else None
    y = shapes.transpose(input, -2, -1)
    # For a real signal the second half of the frequencies mirrors the first, so it is not read.
    y = fft.ifft(y, norm=norm) if return_complex else fft.irfft(y[..., : n_fft // 2 + 1], n_fft, norm=norm)
    frames = y.shape[-2]
    total = n_fft + hop * (frames - 1)

    def overlapped(parts: Tensor) -> Tensor:
        return _refold(parts, shape=(*parts.shape[:-2], total), dimension=-1, size=n_fft, step=hop)

    start = n_fft // 2 if center else 0
    end = total - start if length is None else start + length
    y = overlapped(y * frame)[..., start:end]
    envelope = overlapped(shapes.expand(frame * frame, (frames, n_fft)))[..., start:end]
    low = np.abs(envelope.array).min(initial=np.inf)
    if low <= 1e-11:
        raise RuntimeError(
            f"istft: window overlap add min: {low}: some elements of the signal can't be recovered, because all windows are "
            f"zero there: use center=True, a smaller hop_length, or a window without zeros"
        )
    y = y / envelope
    missing = end - start - y.shape[-1]
    return _padded(y, 0, missing) if missing > 0 else y
