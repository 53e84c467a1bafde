"""Discrete Fourier transforms over several dimensions. Transforms over one or two dimensions are calls of these.

The transforms are linear and their matrices symmetric. As rules transpose and do not conjugate (see engine/op.py), each complex
transform is its own rule. The transform of real numbers returns half of a spectrum, whose other half is its mirror image; so the
rules of the real transforms weight each frequency that has a mirror image.

SciPy computes the transforms: it keeps single precision, and took a third to a half of NumPy's time on large arrays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..errors import DtypeError, ShapeError
from .indexing import getitem, unindex
from .rules import remembered

# ``norm`` says which transform divides by n: the forward one, the backward one, or both by sqrt(n). The rule of a real transform
# calls the transform of the other direction, and must divide by the same factor: so it swaps the two names.
SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


@remembered
def plan(shape, s, dim, half=False):
    """The dimensions to transform, as non-negative numbers, and their lengths. half: the last dimension holds half a spectrum."""
    ndim = len(shape)
    if dim is None:
        dim = range(ndim) if s is None else range(ndim - len(s), ndim)
    elif isinstance(dim, int | np.integer):
        dim = (dim,)
    if any(not -ndim <= d < ndim for d in dim):
        raise IndexError(f"dim={dim} out of range for {ndim} dimensions")
    dims = tuple(d % ndim for d in dim)
    if len(set(dims)) < len(dims):
        raise ShapeError(f"dim={dim} names a dimension twice")
    if s is not None and len(s) != len(dims):
        raise ShapeError(f"s={tuple(s)} has {len(s)} lengths, for {len(dims)} dimensions")
    sizes = [shape[d] for d in dims]
    if half and sizes:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [n if m is None or m == -1 else int(m) for n, m in zip(sizes, s, strict=True)]
    if any(n < 1 for n in sizes):
        raise ShapeError(f"Invalid number of data points ({min(sizes)}): a transform needs at least one")
    return dims, tuple(sizes)


def _transform(name, x, s, dim, norm, half=False):
    """Call SciPy's transform of this name; without dimensions to transform the result is None."""
    if norm not in SWAPPED:
        raise ValueError(f"norm must be 'backward' (the default), 'ortho' or 'forward', not {norm!r}")
    dims, sizes = plan(x.shape, s, dim, half)
    if len(dims) == 1:  # the function for one dimension takes half of the time for small arrays
        return _scipys(name[:-1])(x, sizes[0], dims[0], norm)
    return _scipys(name)(x, sizes, dims, norm) if dims else None


@cache
def _scipys(name):
    from scipy import fft

    return getattr(fft, name)


def _fftn(x, s=None, dim=None, norm=None):
    y = _transform("fftn", x, s, dim, norm)
    return np.asarray(x) + 0j if y is None else y


def _ifftn(x, s=None, dim=None, norm=None):
    y = _transform("ifftn", x, s, dim, norm)
    return np.asarray(x) + 0j if y is None else y


def _rfftn(x, s=None, dim=None, norm=None):
    if x.dtype.kind == "c":
        raise DtypeError("the transform of real numbers was called with complex ones: take .real, or use fft")
    y = _transform("rfftn", x, s, dim, norm)
    if y is None:
        raise ShapeError("the transform of real numbers needs at least one dimension")
    return y


def _irfftn(x, s=None, dim=None, norm=None):
    y = _transform("irfftn", x, s, dim, norm, half=True)
    if y is None:
        raise ShapeError("the transform to real numbers needs at least one dimension")
    return y


def fitted(g, shape, dims):
    """The transpose of the first step of a transform, which cuts its operand to the lengths asked for, or appends zeros to it."""
    if tuple(g.shape) == tuple(shape):
        return g
    cut, wide, index = [slice(None)] * len(shape), list(g.shape), [slice(None)] * len(shape)
    for d in dims:
        if g.shape[d] > shape[d]:
            cut[d] = slice(shape[d])
        elif g.shape[d] < shape[d]:
            index[d], wide[d] = slice(g.shape[d]), shape[d]
    if any(c != slice(None) for c in cut):
        g = getitem(g, index=tuple(cut))
        wide = [min(n, m) if c != slice(None) else n for n, m, c in zip(wide, shape, cut, strict=True)]
    return unindex(g, index=tuple(index), shape=tuple(wide)) if tuple(wide) != tuple(g.shape) else g


def _fftn_rule(g, x_shape, s, dim, norm):
    dims, _ = plan(x_shape, s, dim)
    return fitted(fftn(g, dim=dims, norm=norm), x_shape, dims)


def _ifftn_rule(g, x_shape, s, dim, norm):
    dims, _ = plan(x_shape, s, dim)
    return fitted(ifftn(g, dim=dims, norm=norm), x_shape, dims)


@remembered
def weights(ndim, dim, n, image, dtype):
    """A weight per frequency, along a dimension: 1 without a mirror image (frequency 0, and n/2 for even n), else ``image``."""
    w = np.full(n // 2 + 1, image, dtype)
    w[0] = 1
    if n % 2 == 0:
        w[-1] = 1
    return w.reshape([-1 if d == dim else 1 for d in range(ndim)])


def _rfftn_rule(g, x_shape, s, dim, norm):
    """Re Σ_k g_k exp(-i w k), by irfftn. That counts a frequency twice if it has a mirror image, so its gradient is halved."""
    dims, sizes = plan(x_shape, s, dim)
    w = weights(len(x_shape), dims[-1], sizes[-1], 0.5, g.real.dtype)
    return fitted(irfftn(np.conjugate(g) * w, s=sizes, dim=dims, norm=SWAPPED[norm]), x_shape, dims)


def _irfftn_rule(g, x_shape, s, dim, norm):
    dims, sizes = plan(x_shape, s, dim, half=True)
    w = weights(len(x_shape), dims[-1], sizes[-1], 2.0, g.real.dtype)
    return fitted(np.conjugate(rfftn(g, dim=dims, norm=SWAPPED[norm])) * w, x_shape, dims)


def _complex_numbers(shape, seed=0):
    return draw(shape, seed=seed) + 1j * draw(shape, seed=seed + 1)


def _calls(*, make, extra=()):
    def build():
        described: list[tuple[tuple[int, ...], dict[str, Any]]] = [
            ((4,), {}), ((5,), {}), ((1,), {"s": (1,)}), ((3, 4), {"dim": (0,)}), ((3, 4), {"dim": (-1,), "s": (7,)}),
            ((6, 2), {"dim": (0,), "s": (4,), "norm": "ortho"}), ((3, 4), {"norm": "forward"}), ((2, 3, 4), {"s": (4, 3)}),
            ((3, 5), {"dim": (1, 0), "s": (5, 4), "norm": "ortho"}), ((3, 4), {"s": (-1, 3), "dim": (0, 1)}),
            ((0, 3), {"dim": (1,)}),
        ]
        for seed, (shape, params) in enumerate(described):
            yield Sample(make(shape, seed), **params)
        yield from [sample() for sample in extra]

    return build


def _real_numbers(shape, seed):
    return draw(shape, seed=seed)


def _bad(*more):
    return lambda: [
        Sample(np.ones((2, 3)), s=(0,), raises=ShapeError, match="Invalid number of data points"),
        Sample(np.ones((2, 3)), s=(2, 2), dim=(0,), raises=ShapeError, match="2 lengths"),
        Sample(np.ones((2, 3)), dim=(2,), raises=IndexError, match=r"dim=\(2,\) out of range.*float64\[2, 3\]"),
        Sample(np.ones((2, 3)), dim=(1, -1), raises=ShapeError, match="twice"),
        Sample(np.ones((2, 3)), norm="no", raises=ValueError, match="norm must be 'backward'"),
        *more,
    ]


fftn = op(
    "fftn", _fftn, x=_fftn_rule, linear=True, samples=_calls(make=_complex_numbers, extra=[lambda: Sample(draw((3, 4)))]),
    errors=_bad(),
    formula={"y": "fftn(x, s, dim)", "x": "fitted(fftn(g, dim))"},
    doc="""
    Discrete Fourier transform over some dimensions, y_k = Σ_j x_j exp(-2πi jk/n).

    Args:
        input: any shape.
        s: lengths to which the dimensions are cut, or filled with zeros, before the transform; -1 keeps a length.
        dim: the dimensions; None for the last len(s), or for all if s is None.
        norm: "forward" divides by n here, "backward" (the default) in ifftn, "ortho" in both by √n.

    Raises:
        IndexError: a dimension that the input does not have.
        ShapeError: a dimension that is named twice, a length below 1, or another number of lengths than of dimensions.
        ValueError: another norm.

    Example:
        >>> import autograd
        >>> autograd.fft.fftn(autograd.tensor([1.0, 2.0, 3.0, 4.0])).real
        tensor([10., -2., -2., -2.], dtype=float32)
    """,
)
ifftn = op(
    "ifftn", _ifftn, x=_ifftn_rule, linear=True, samples=_calls(make=_complex_numbers, extra=[lambda: Sample(draw((3, 4)))]),
    errors=_bad(),
    formula={"y": "ifftn(x, s, dim)", "x": "fitted(ifftn(g, dim))"},
    doc="""
    Inverse of fftn, x_j = Σ_k y_k exp(2πi jk/n) / n.

    Args:
        input: any shape.
        s, dim: as for fftn.
        norm: "backward" (the default) divides by n here, "forward" in fftn, "ortho" in both by √n.

    Raises:
        IndexError, ShapeError, ValueError: as for fftn.

    Example:
        >>> import autograd
        >>> autograd.fft.ifftn(autograd.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
        tensor([[1., 2.],
                [3., 4.]], dtype=float32)
    """,
)
rfftn = op(
    "rfftn", _rfftn, x=_rfftn_rule, linear=True, analytic=False, samples=_calls(make=_real_numbers),
    errors=_bad(Sample(np.ones(3) + 0j, raises=DtypeError, match="take .real")),
    formula={
        "y": "rfftn(x, s, dim)",
        "x": "fitted(irfftn(w * conj(g), s, dim)); w = '1/2 for frequencies with a mirror image, else 1'",
    },
    doc="""
    fftn of real numbers. Of the last dimension it returns the first n//2 + 1 frequencies: the others are their mirror image.

    Args:
        input: real numbers, any shape.
        s, dim, norm: as for fftn.

    Raises:
        DtypeError: complex numbers.
        IndexError, ShapeError, ValueError: as for fftn.

    Example:
        >>> import autograd
        >>> autograd.fft.rfftn(autograd.ones(4, 4)).shape
        (4, 3)
    """,
)
irfftn = op(
    "irfftn", _irfftn, x=_irfftn_rule, linear=True, analytic=False,
    samples=_calls(make=_complex_numbers, extra=[lambda: Sample(draw((3, 4))),
        lambda: Sample(_complex_numbers((4,)), s=(7,)), lambda: Sample(_complex_numbers((4,)), s=(6,))]),
    errors=_bad(Sample(np.ones((3, 1)), raises=ShapeError, match="Invalid number of data points")),
    formula={"y": "irfftn(x, s, dim)", "x": "fitted(w * conj(rfftn(g, dim))); w = '2 for frequencies with a mirror image, else 1'"},
    doc="""
    Inverse of rfftn. The result is real; its last dimension has the length 2 (m - 1) for an input with m frequencies.

    Args:
        input: the first frequencies of a spectrum, any shape.
        s: lengths of the result; for the last dimension an odd length can only be had by giving it.
        dim, norm: as for ifftn.

    Raises:
        IndexError, ShapeError, ValueError: as for fftn.

    Example:
        >>> import autograd
        >>> autograd.fft.irfftn(autograd.fft.rfftn(autograd.ones(2, 2)))
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """,
)
