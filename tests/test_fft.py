"""Fourier transforms against NumPy's, Parseval's theorem, the convolution theorem, and shapes, dtypes and errors."""

from __future__ import annotations

import numpy as np
import pytest
from arrays import complexes, leaf, numbers

import autograd
from autograd import fft
from autograd.errors import DtypeError, ShapeError
from autograd.proof.gradcheck import gradcheck, gradgradcheck

NORMS = [None, "ortho", "forward"]
ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
TWO = ["fft2", "ifft2", "rfft2", "irfft2"]
MANY = ["fftn", "ifftn", "rfftn", "irfftn"]


def operand(name: str, *shape: int) -> np.ndarray:
    """Real numbers where the transform is of real ones, complex ones otherwise."""
    return numbers(*shape) if name.startswith(("r", "ih")) else complexes(*shape)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 4, 5, 7, 8])
@pytest.mark.parametrize("name", ONE)
def test_one_dimension(name: str, n: int | None, norm: str | None) -> None:
    x = operand(name, 2, 6, 3)
    expected = getattr(np.fft, name)(x, n, 1, norm)
    np.testing.assert_allclose(getattr(fft, name)(leaf(x), n, 1, norm).array, expected, atol=1e-12)
    y = getattr(np.fft, name)(leaf(x), n, axis=1, norm=norm)
    assert y.requires_grad
    np.testing.assert_allclose(y.array, expected, atol=1e-12)
    assert gradcheck(lambda x: getattr(fft, name)(x, n, 1, norm), leaf(x))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", TWO + MANY)
def test_more_dimensions(name: str, norm: str | None) -> None:
    x = operand(name, 2, 4, 3)
    dims = (0, 2)
    np.testing.assert_allclose(getattr(fft, name)(leaf(x), norm=norm).array, getattr(np.fft, name)(x, norm=norm), atol=1e-12)
    for s in (None, (4, 5), (1, 2)):
        np.testing.assert_allclose(
            getattr(fft, name)(leaf(x), s, dims, norm).array, getattr(np.fft, name)(x, s, dims, norm), atol=1e-12
        )
        assert gradcheck(lambda x, s=s: getattr(fft, name)(x, s, dims, norm), leaf(x))
    assert getattr(np.fft, name)(leaf(x), axes=dims).requires_grad


@pytest.mark.parametrize("name", ["fft", "rfft", "irfft", "hfft"])
def test_second_order(name: str) -> None:
    assert gradgradcheck(lambda x: getattr(fft, name)(x, 5) ** 2, leaf(operand(name, 4)))


@pytest.mark.parametrize("n", [6, 7])
def test_parseval(n: int) -> None:
    """sum |fft(x)|^2 = n sum |x|^2, so its gradient is 2 n x; of the half spectrum, with frequencies that have an image twice."""
    x = leaf(numbers(n))
    (fft.fft(x).abs() ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.array, 2 * n * x.array)
    x.grad = None
    twice = np.full(n // 2 + 1, 2.0)
    twice[0] = 1
    if n % 2 == 0:
        twice[-1] = 1
    ((fft.rfft(x).abs() ** 2) * twice).sum().backward()
    np.testing.assert_allclose(x.grad.array, 2 * n * x.array)


def test_convolution_theorem() -> None:
    """The gradients through the transforms are those of the circular convolution written out."""
    a, b, w = leaf(numbers(8)), leaf(numbers(8, seed=1)), numbers(8, seed=2)
    shifted = np.array([[(i - j) % 8 for j in range(8)] for i in range(8)])
    direct = autograd.grad((w * (a[shifted] @ b)).sum(), [a, b])
    fast = autograd.grad((w * fft.irfft(fft.rfft(a) * fft.rfft(b), n=8)).sum(), [a, b])
    for one, two in zip(direct, fast, strict=True):
        np.testing.assert_allclose(one.array, two.array, atol=1e-12)


@pytest.mark.parametrize("n", [5, 6])
def test_inverses(n: int) -> None:
    x = leaf(numbers(3, n))
    for y in (
        fft.ifft(fft.fft(x)).real,
        fft.irfft(fft.rfft(x), n=n),
        fft.hfft(fft.ihfft(x), n=n),
        fft.irfftn(fft.rfftn(x), s=(3, n)),
    ):
        np.testing.assert_allclose(y.array, x.array, atol=1e-12)
        (g,) = autograd.grad(y.sum(), x)
        np.testing.assert_allclose(g.array, 1, atol=1e-12)
        assert g.dtype == x.dtype


@pytest.mark.parametrize("name", ONE + TWO + MANY)
def test_single_precision_is_kept(name: str) -> None:
    x = operand(name, 4, 4)
    x = leaf(x.astype(np.complex64 if x.dtype.kind == "c" else np.float32))
    y = getattr(fft, name)(x)
    assert y.dtype in (np.complex64, np.float32)
    (y * y).sum().abs().backward()
    assert x.grad.dtype == x.dtype


def test_shifts() -> None:
    for shape in ((4,), (5,), (4, 5)):
        x = numbers(*shape)
        np.testing.assert_array_equal(fft.fftshift(leaf(x)).array, np.fft.fftshift(x))
        np.testing.assert_array_equal(np.fft.ifftshift(leaf(x), axes=0).array, np.fft.ifftshift(x, axes=0))
        np.testing.assert_array_equal(fft.ifftshift(fft.fftshift(leaf(x))).array, x)


def test_frequencies() -> None:
    np.testing.assert_allclose(fft.fftfreq(5, 0.5).array, np.fft.fftfreq(5, 0.5), rtol=1e-6)
    np.testing.assert_allclose(fft.rfftfreq(5, 0.5).array, np.fft.rfftfreq(5, 0.5), rtol=1e-6)
    assert fft.fftfreq(4).dtype == np.float32
    assert fft.fftfreq(4, dtype=np.float64).dtype == np.float64


def test_errors() -> None:
    x = leaf(numbers(2, 3))
    with pytest.raises(ShapeError, match=r"Invalid number of data points \(0\).*float64\[2, 3\]"):
        fft.fft(x, n=0)
    with pytest.raises(DtypeError, match=r"rfftn.*take \.real"):
        fft.rfft(fft.fft(x))
    with pytest.raises(IndexError, match=r"out of range"):
        fft.fft(x, dim=2)
    with pytest.raises(ValueError, match="'ortho'"):
        fft.fft(x, norm="half")


# ----------------------------------------------------------------------------------------------------------- complex numbers


def test_complex_of_two_real() -> None:
    re, im = leaf(numbers(3)), leaf(numbers(3, seed=1))
    z = autograd.complex(re, im)
    (z * z).real.sum().backward()
    np.testing.assert_allclose(re.grad.array, 2 * re.array)
    np.testing.assert_allclose(im.grad.array, -2 * im.array)
    assert autograd.complex(autograd.ones(2), autograd.ones(2)).dtype == np.complex64


def test_views_of_complex_numbers_share_memory() -> None:
    z = autograd.tensor([1 + 2j, 3 - 1j])
    pairs = autograd.view_as_real(z)
    pairs[0, 1] = 5.0
    assert z[0].item() == 1 + 5j
    assert autograd.view_as_complex(pairs)[1].item() == 3 - 1j


def test_polar_is_its_exponential() -> None:
    size, angle = leaf(np.array([0.5, 2.0])), leaf(np.array([0.3, -2.0]))
    np.testing.assert_allclose(autograd.polar(size, angle).array, size.array * np.exp(1j * angle.array))
    (autograd.polar(size, angle).abs() ** 2).sum().backward()
    np.testing.assert_allclose(size.grad.array, 2 * size.array)
    np.testing.assert_allclose(angle.grad.array, 0, atol=1e-15)


@pytest.mark.parametrize("norm", [None, "forward", "ortho"])
def test_transforms_of_half_a_spectrum_in_several_dimensions(norm: str | None) -> None:
    import scipy.fft

    rng = np.random.default_rng(0)
    z, x = rng.standard_normal((2, 3, 4)) + 1j * rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    for s, dim in ((None, None), ((3, 6), None), ((5, 2), (2, 0)), (None, (1,))):
        found = autograd.fft.hfftn(autograd.tensor(z), s, dim, norm)
        np.testing.assert_allclose(found.numpy(), scipy.fft.hfftn(z, s, dim, norm), atol=1e-12)
        found = autograd.fft.ihfftn(autograd.tensor(x), s, dim, norm)
        np.testing.assert_allclose(found.numpy(), scipy.fft.ihfftn(x, s, dim, norm), atol=1e-12)
    half = autograd.fft.ihfft2(autograd.tensor(x), norm=norm)
    np.testing.assert_allclose(autograd.fft.hfft2(half, norm=norm).numpy(), x, atol=1e-12)
    leaf = autograd.tensor(z, requires_grad=True)
    assert autograd.gradcheck(lambda z: autograd.fft.hfft2(z, (3, 5), norm=norm), leaf)
    real = autograd.tensor(x, requires_grad=True)
    assert autograd.gradcheck(lambda x: autograd.fft.ihfftn(x, norm=norm), real)
