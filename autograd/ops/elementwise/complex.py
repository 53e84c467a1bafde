"""Parts of complex numbers. Rules carry gradients in the form dL = Re(sum(g * dx)): see op.py."""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, elementwise, op
from ...engine.samples import draw
from ...errors import DtypeError, ShapeError


def _numbers():
    yield Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1))
    yield Sample(np.array(0.5 - 2j))
    yield Sample(draw((4,)))


def _real(x):
    return np.asarray(x).real


def _imag(x):
    return np.asarray(x).imag


real = op(
    "real", _real, x=lambda g: g, linear=True, view=True, analytic=False, numpy=np.real, samples=_numbers,
    formula={"y": "real(x)"},
    doc="""
    Real part; a view.

    Example:
        >>> import autograd
        >>> z = autograd.tensor([1 + 2j, 3 - 4j])
        >>> autograd.real(z)
        tensor([1., 3.], dtype=float32)
    """,
)
# Im(dx) = Re(-i dx)
imag = op(
    "imag", _imag, x=lambda g: g * -1j, linear=True, view=True, analytic=False, numpy=np.imag, samples=_numbers,
    formula={"y": "imag(x)"},
    doc="""
    Imaginary part; a view of complex numbers, zeros for real ones.

    Example:
        >>> import autograd
        >>> z = autograd.tensor([1 + 2j, 3 - 4j], requires_grad=True)
        >>> autograd.imag(z).sum().backward()
        >>> z.grad
        tensor([0.+1.j, 0.+1.j], dtype=complex64)
    """,
)
# Re(g conj(dx)) = Re(conj(g) dx)
conj = elementwise(
    "conj", np.conjugate, x=lambda g: np.conjugate(g), linear=True, analytic=False, samples=_numbers,
    doc="""
    Complex conjugate; real numbers stay as they are.

    Example:
        >>> import autograd
        >>> autograd.conj(autograd.tensor([1 + 2j, 3 - 4j]))
        tensor([1.-2.j, 3.+4.j], dtype=complex64)
    """,
)


# --------------------------------------------------------------------------------------------- between complex and pairs of real


def _complex(re, im):
    kind = np.result_type(re, im)
    if kind.kind != "f":
        raise DtypeError("the real and the imaginary part must be floating point numbers")
    y = np.empty(np.broadcast_shapes(np.shape(re), np.shape(im)), np.result_type(kind, np.complex64))
    y.real, y.imag = re, im
    return y


# The engine keeps the real part: Re(g d re), Re(i g d im).
complex_ = elementwise(
    "complex", _complex, re=lambda g: g, im=lambda g: g * 1j, argument_names=("real", "imag"), linear=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2)), draw((2,), seed=1)), Sample(draw(()), draw((), seed=1)),
                     Sample(draw((0, 2)), draw((2,)))],
    errors=lambda: [Sample(np.array([1]), np.array([2]), raises=DtypeError, match="floating point"),
                    Sample(np.ones(2), np.ones(3), raises=ValueError, match="broadcast")],
    formula={"y": "re + 1j * im"},
    doc="""
    re + i im, of two real tensors.

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


def _view_as_complex(x):
    if x.dtype.kind != "f" or x.ndim == 0 or x.shape[-1] != 2:
        raise ShapeError("a tensor of real numbers is needed whose last dimension has length 2: real and imaginary part")
    *outer, last = x.strides
    if last != x.itemsize or any(n > 1 and s % (2 * x.itemsize) for s, n in zip(outer, x.shape[:-1], strict=True)):
        raise ShapeError("the pairs do not lie side by side in memory: use .contiguous() first")
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]


view_as_real = op(
    "view_as_real", _view_as_real, x=lambda g: g[..., 0] - g[..., 1] * 1j, linear=True, view=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1)), Sample(np.array(1 - 2j)),
                     Sample((draw((3, 4)) * 1j).T[::2])],
    errors=lambda: [Sample(np.ones(2), raises=DtypeError, match="complex")],
    formula={"y": "stack((real(x), imag(x)), -1)"},
    doc="""
    The same memory with a last dimension of length 2: real and imaginary part.

    Example:
        >>> import autograd
        >>> autograd.view_as_real(autograd.tensor([1 + 2j]))
        tensor([[1., 2.]], dtype=float32)
    """,
)
view_as_complex = op(
    "view_as_complex", _view_as_complex, x=lambda g: np.stack([np.real(g), -np.imag(g)], axis=-1),
    linear=True, view=True, analytic=False,
    samples=lambda: [Sample(draw((3, 2))), Sample(draw((2,))), Sample(draw((2, 3, 2)))],
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match="length 2"),
                    Sample(np.ones((2, 2)).T, raises=ShapeError, match="side by side")],
    formula={"y": "x[..., 0] + 1j * x[..., 1]", "x": "stack((real(g), -imag(g)), -1)"},
    doc="""
    The same memory as complex numbers, of pairs in the last dimension.

    Example:
        >>> import autograd
        >>> autograd.view_as_complex(autograd.tensor([[1.0, 2.0]]))
        tensor([1.+2.j], dtype=complex64)
    """,
)
