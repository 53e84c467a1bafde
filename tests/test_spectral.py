"""Windows, and the transform of short frames of a signal: by its definition, back again, and with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal

import autograd
from autograd.errors import ArgumentError, DtypeError, ShapeError


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def leaf(*shape: int, seed: int = 0) -> Any:
    return autograd.tensor(real(*shape, seed=seed), requires_grad=True)


def complex_leaf(*shape: int) -> Any:
    return autograd.tensor(real(*shape) + 1j * real(*shape, seed=1), requires_grad=True)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
@pytest.mark.parametrize(
    ("name", "scipys"),
    [("hann", "hann"), ("hamming", "hamming"), ("blackman", "blackman"), ("bartlett", "bartlett"), ("kaiser", ("kaiser", 12.0))],
)
def test_windows_are_scipys(name: str, scipys: Any, n: int) -> None:
    function = getattr(autograd, f"{name}_window")
    for periodic in (True, False):
        found = function(n, periodic, dtype=autograd.float64)
        np.testing.assert_allclose(found.numpy(), signal.get_window(scipys, n, fftbins=periodic), atol=1e-15)
    assert function(n).dtype == np.float32
    assert function(0).shape == (0,)
    assert function(n, requires_grad=True).requires_grad
    with pytest.raises(ArgumentError, match=f"{name}_window requires non-negative window_length"):
        function(-1)
    with pytest.raises(DtypeError, match="floating point"):
        function(n, dtype=autograd.int64)
    with pytest.raises(TypeError):
        function(2.5)


def test_windows_with_other_parameters() -> None:
    np.testing.assert_allclose(
        autograd.hamming_window(8, alpha=0.6, beta=0.4, dtype="float64").numpy(), signal.windows.general_hamming(8, 0.6, sym=False)
    )
    np.testing.assert_allclose(autograd.kaiser_window(8, False, 3.0, dtype="float64").numpy(), np.kaiser(8, 3.0))


def by_definition(x: np.ndarray, window: np.ndarray, hop: int) -> np.ndarray:
    n = len(window)
    frames = [x[..., t : t + n] for t in range(0, x.shape[-1] - n + 1, hop)]
    waves = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
    return np.stack([(frame * window) @ waves for frame in frames], -1)


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize(("n", "width", "hop"), [(6, 6, 1), (6, 4, 2), (5, 5, None), (7, 4, 3)])
def test_frames_are_transformed_as_the_definition_says(batch: tuple[int, ...], n: int, width: int, hop: int | None) -> None:
    array, window = real(*batch, 15), real(width, seed=1) + 2
    full = np.pad(window, ((n - width) // 2, n - width - (n - width) // 2))
    step = n // 4 if hop is None else hop
    x, w = autograd.tensor(array), autograd.tensor(window)
    expected = by_definition(array, full, step)
    y = autograd.stft(x, n, hop, width, w, center=False, onesided=False, return_complex=True)
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)
    y = x.stft(n, hop, width, w, center=False, normalized=True, return_complex=True)
    np.testing.assert_allclose(y.numpy(), expected[..., : n // 2 + 1, :] / np.sqrt(n), atol=1e-12)
    pairs = x.stft(n, hop, width, w, center=False, return_complex=False)
    np.testing.assert_allclose(pairs.numpy(), np.stack([expected.real, expected.imag], -1)[..., : n // 2 + 1, :, :], atol=1e-12)
    for mode, numpys in {"reflect": "reflect", "constant": "constant", "replicate": "edge", "circular": "wrap"}.items():
        wide = np.pad(array, [(0, 0)] * len(batch) + [(n // 2, n // 2)], mode=numpys)  # type: ignore[call-overload]
        y = x.stft(n, hop, width, w, pad_mode=mode, return_complex=True)
        np.testing.assert_allclose(y.numpy(), by_definition(wide, full, step)[..., : n // 2 + 1, :], atol=1e-12)
    aligned = x.stft(n, hop, width, w, center=False, align_to_window=True, onesided=False, return_complex=True)
    ends = [(0, 0)] * len(batch) + [((n - width) // 2, n - width - (n - width) // 2)]
    np.testing.assert_allclose(aligned.numpy(), by_definition(np.pad(array, ends), full, step), atol=1e-12)


@pytest.mark.parametrize(("n", "width", "hop"), [(8, 8, 2), (8, 6, 2), (7, 7, 3)])
@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("onesided", [False, True])
def test_the_signal_comes_back(n: int, width: int, hop: int, normalized: bool, onesided: bool) -> None:
    array, w = real(2, 32), autograd.tensor(real(width, seed=1) + 2)
    x = autograd.tensor(array)
    how: dict[str, Any] = {"hop_length": hop, "win_length": width, "window": w, "normalized": normalized, "onesided": onesided}
    y = x.stft(n, return_complex=True, **how)
    np.testing.assert_allclose(y.istft(n, length=32, **how).numpy(), array, atol=1e-12)
    again = y.istft(n, **how).numpy()
    np.testing.assert_allclose(again, array[:, : again.shape[-1]], atol=1e-12)
    if width == n:  # otherwise the last elements lie under the zeros around the window
        assert y.istft(n, length=50, **how).numpy()[:, 45:].any() == 0
    if not onesided:
        z = autograd.tensor(array + 1j * array[::-1])
        back = z.stft(n, **how).istft(n, length=32, return_complex=True, **how)
        np.testing.assert_allclose(back.numpy(), z.numpy(), atol=1e-12)


def test_gradients_of_signal_spectrum_and_window() -> None:
    x, w, y = leaf(11), autograd.tensor(real(4, seed=1) + 2, requires_grad=True), complex_leaf(3, 5)
    assert autograd.gradcheck(lambda x, w: x.stft(4, window=w, return_complex=True), (x, w))
    assert autograd.gradgradcheck(lambda x, w: x.stft(4, window=w, return_complex=False).sin(), (x, w))
    assert autograd.gradcheck(lambda y, w: y.istft(4, hop_length=2, window=w), (y, w))
    assert autograd.gradcheck(lambda y, w: y.istft(4, hop_length=2, window=w, length=12, normalized=True), (y, w))
    z = complex_leaf(9)
    assert autograd.gradcheck(lambda z: z.stft(4), z)


def test_the_inverse_is_the_signal_that_comes_closest() -> None:
    """Griffin and Lim's least squares: any other signal's transform is further from a spectrum that is no signal's."""
    y = complex_leaf(5, 6).detach()
    how: dict[str, Any] = {"hop_length": 2, "center": False, "onesided": False}
    window = autograd.tensor(real(5, seed=2) + 2)
    x = y.istft(5, window=window, return_complex=True, **how).detach().requires_grad_()
    distance = (x.stft(5, window=window, **how) - y).abs().square().sum()
    (g,) = autograd.grad(distance, x)
    assert abs(g.numpy()).max() < 1e-12


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x, y: x.stft(4), ArgumentError, "return_complex parameter be given"),
        (lambda x, y: x.long().stft(4, return_complex=True), DtypeError, r"int64\[12\]"),
        (lambda x, y: x.reshape(1, 1, 12).stft(4, return_complex=True), ShapeError, "1 or 2 dimensions"),
        (lambda x, y: x.stft(4, window=autograd.ones(3), return_complex=True), ShapeError, r"shape \(4,\).*float32\[3\]"),
        (lambda x, y: x.stft(4, win_length=5, return_complex=True), ArgumentError, "win_length=5 and n_fft=4"),
        (lambda x, y: x.stft(3, return_complex=True), ArgumentError, "hop_length > 0, but got 0"),
        (lambda x, y: x.stft(13, center=False, return_complex=True), ShapeError, "n_fft <= 12"),
        (lambda x, y: x[:2].stft(4, return_complex=True), ShapeError, r"2 elements are added.*float32\[2\]"),
        (lambda x, y: x.stft(4, pad_mode="odd", return_complex=True), NotImplementedError, "padding mode 'odd'"),
        (lambda x, y: x.cfloat().stft(4, onesided=True), ArgumentError, "onesided output"),
        (lambda x, y: x.stft(4, align_to_window=True, return_complex=True), ArgumentError, "center=False"),
        (lambda x, y: x.istft(4), DtypeError, "return_complex=True"),
        (lambda x, y: y[0].istft(4), ShapeError, r"complex64\[13\]"),
        (lambda x, y: y.istft(8), ShapeError, "expected 5 frequencies"),
        (lambda x, y: y.istft(4, onesided=False), ShapeError, "expected 4 frequencies"),
        (lambda x, y: y.istft(4, hop_length=5), ArgumentError, "hop_length <= win_length"),
        (lambda x, y: y.istft(4, return_complex=True), ArgumentError, "no onesided transform"),
        (lambda x, y: y.istft(4, window=autograd.ones(4).cfloat()), ArgumentError, "complex windows"),
        (lambda x, y: y.istft(4, window=autograd.hann_window(4), center=False), RuntimeError, "window overlap add min: 0.0"),
    ],
)
def test_what_cannot_be_transformed_is_refused(call: Any, error: type[Exception], match: str) -> None:
    x = autograd.ones(12)
    with pytest.raises(error, match=match):
        call(x, x.stft(4, return_complex=True))
