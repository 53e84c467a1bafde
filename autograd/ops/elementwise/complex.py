"""Parts of complex numbers. Here as in all rules, g is the gradient with dL = Re(sum(g * dx)): see engine/op.py."""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, elementwise, op
from ...engine.samples import draw
from ...errors import DtypeError, ShapeError, demand_equal_dtypes


def _samples():
    yield Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1))
    yield Sample(np.array(0.5 - 2j))
    yield Sample(draw((4,)))


def _real(x):
    return np.asarray(x).real


def _imag(x):
    return np.asarray(x).imag


real = op(
    "real", _real, x=lambda g: g, linear=True, view=True, analytic=False, numpy=np.real, samples=_samples,
    formula={"y": "real(x)"},
    doc="""
    Real part, as a view: the result shares memory with the input.

    Example:
        >>> import autograd
        >>> z = autograd.tensor([1 + 2j, 3 - 4j])
        >>> autograd.real(z)
        tensor([1., 3.], dtype=float32)
    """,
)
# dL = g Im(dx) = Re(-i g dx), so the gradient is -i g.
imag = op(
    "imag", _imag, x=lambda g: g * -1j, linear=True, view=True, analytic=False, numpy=np.imag, samples=_samples,
    formula={"y": "imag(x)"},
    doc="""
    Imaginary part. Of complex numbers it is a view that shares memory with the input, of real numbers it is 0.

    Example:
        >>> import autograd
        >>> z = autograd.tensor([1 + 2j, 3 - 4j], requires_grad=True)
        >>> autograd.imag(z).sum().backward()
        >>> z.grad
        tensor([0.+1.j, 0.+1.j], dtype=complex64)
    """,
)
# dL = Re(g conj(dx)) = Re(conj(g) dx), so the gradient is conj(g).
conj = elementwise(
    "conj", np.conjugate, x=lambda g: np.conjugate(g), linear=True, analytic=False, samples=_samples,
    doc="""
    Complex conjugate; a real number is its own.

    Example:
        >>> import autograd
        >>> autograd.conj(autograd.tensor([1 + 2j, 3 - 4j]))
        tensor([1.-2.j, 3.+4.j], dtype=complex64)
    """,
)


# --------------------------------------------------------------------------------- complex numbers and pairs of real ones


def _complex(re, im):
    kind = np.result_type(re, im)
    if isinstance(re, np.ndarray) and isinstance(im, np.ndarray):
        if re.dtype is not im.dtype:
            demand_equal_dtypes("the real and the imaginary part", re, im)
        shape = re.shape if re.shape == im.shape else np.broadcast_shapes(re.shape, im.shape)
    else:
        shape = np.broadcast_shapes(np.shape(re), np.shape(im))
    if kind.kind != "f":
        raise DtypeError("the real and the imaginary part must be floating point numbers")
    y = np.empty(shape, np.result_type(kind, np.complex64))
    y.real, y.imag = re, im
    return y


# dL = Re(g (d re + i d im)). The engine takes the real part of the gradient of a real operand.
complex_ = elementwise(
    "complex", _complex, re=lambda g: g, im=lambda g: g * 1j, argument_names=("real", "imag"), linear=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2)), draw((2,), seed=1)), Sample(draw(()), draw((), seed=1)),
                     Sample(draw((0, 2)), draw((2,)))],
    errors=lambda: [Sample(np.array([1]), np.array([2]), raises=DtypeError, match="floating point"),
                    Sample(np.ones(2), np.ones(3), raises=ValueError, match="broadcast")],
    formula={"y": "re + 1j * im"},
    doc="""
    The complex numbers real + i · imag. Both operands hold floating point numbers; their shapes broadcast.

    Raises:
        DtypeError: integers or complex numbers.
        ShapeError: the shapes do not broadcast.

    Example:
        >>> import autograd
        >>> autograd.complex(autograd.tensor([1.0]), autograd.tensor([2.0]))
        tensor([1.+2.j], dtype=complex64)
    """,
)


def _view_as_real(x):
    if x.dtype.kind != "c":
        raise DtypeError("view_as_real is only supported for complex tensors")
    return x[..., None].view(x.real.dtype)


_COMPLEX = {"f": np.complex64, "d": np.complex128}
_REAL = {"F": np.float32, "D": np.float64}


def _as_complex(g):
    """g[..., 0] - 1j g[..., 1]."""
    if type(g) is np.ndarray and g.dtype.char in _COMPLEX and g.flags.c_contiguous:
        return np.conjugate(g.view(_COMPLEX[g.dtype.char])[..., 0])
    return g[..., 0] - g[..., 1] * 1j


def _as_real(g):
    """Real part and minus the imaginary part, in pairs."""
    if type(g) is np.ndarray and g.dtype.char in _REAL and g.ndim and g.flags.c_contiguous:
        return np.conjugate(g).view(_REAL[g.dtype.char]).reshape((*g.shape, 2))
    return np.stack([np.real(g), -np.imag(g)], axis=-1)


def _view_as_complex(x):
    if x.dtype.kind != "f" or x.ndim == 0 or x.shape[-1] != 2:
        raise ShapeError("expected real numbers in pairs: the last dimension must have length 2, for real and imaginary part")
    if type(x) is np.ndarray and x.flags.c_contiguous:
        return x.view(_COMPLEX.get(x.dtype.char, np.complex64))[..., 0]
    *outer, last = x.strides
    if last != x.itemsize or any(n > 1 and s % (2 * x.itemsize) for s, n in zip(outer, x.shape[:-1], strict=True)):
        raise ShapeError("the pairs do not lie side by side in memory: call .contiguous() first")
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]


view_as_real = op(
    "view_as_real", _view_as_real, x=lambda g: _as_complex(g), linear=True, view=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1)), Sample(np.array(1 - 2j)),
                     Sample((draw((3, 4)) * 1j).T[::2])],
    errors=lambda: [Sample(np.ones(2), raises=DtypeError, match="complex")],
    formula={"y": "stack((real(x), imag(x)), -1)", "x": "g[..., 0] - 1j * g[..., 1]"},
    doc="""
    A view of complex numbers as real ones: a new last dimension of length 2 holds real and imaginary part.

    Raises:
        DtypeError: the input is not complex.

    Example:
        >>> import autograd
        >>> autograd.view_as_real(autograd.tensor([1 + 2j]))
        tensor([[1., 2.]], dtype=float32)
    """,
)
view_as_complex = op(
    "view_as_complex", _view_as_complex, x=lambda g: _as_real(g),
    linear=True, view=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2))), Sample(draw((2,))), Sample(draw((2, 3, 2)))],
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match="length 2"),
                    Sample(np.ones((2, 2)).T, raises=ShapeError, match="side by side")],
    formula={"y": "x[..., 0] + 1j * x[..., 1]", "x": "stack((real(g), -imag(g)), -1)"},
    doc="""
    A view of real numbers as complex ones: the last dimension, of length 2, holds real and imaginary part.

    Raises:
        ShapeError: the last dimension has another length, or its two numbers are not next to each other in memory.

    Example:
        >>> import autograd
        >>> autograd.view_as_complex(autograd.tensor([[1.0, 2.0]]))
        tensor([1.+2.j], dtype=complex64)
    """,
)
