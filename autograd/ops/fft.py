"""Discrete Fourier transforms over several dimensions; those over one or two are calls of these.

They are linear, and their matrices symmetric: without conjugation (see op.py) the transform is its own transpose. The real
transforms keep half of a spectrum whose other half is its mirror image, so their transposes count each frequency that has an image
twice.
SciPy's transforms are used: they keep single precision, and took a third to a half of the time of NumPy's on large arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..errors import DtypeError, ShapeError
from .indexing import getitem, unindex

# A sum over n points is divided by n in the forward direction, in the backward one, or by sqrt(n) in both. The transpose of a
# transform in one direction is computed by one in the other direction, with the same factor.
SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def plan(shape, s, dim, half=False):
    """The dimensions to transform, as non-negative numbers, and their lengths; ``half``: the last has half a spectrum."""
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
        raise ShapeError(f"{len(s)} lengths (s={tuple(s)}) for {len(dims)} dimensions")
    sizes = [shape[d] for d in dims]
    if half and sizes:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [n if m is None or m == -1 else int(m) for n, m in zip(sizes, s, strict=True)]
    if any(n < 1 for n in sizes):
        raise ShapeError(f"Invalid number of data points ({min(sizes)}): a transform needs at least one")
    return dims, tuple(sizes)


def _known(norm):
    if norm not in SWAPPED:
        raise ValueError(f"norm is 'backward' (the default), 'ortho' or 'forward', not {norm!r}")


def _fftn(x, s=None, dim=None, norm=None):
    from scipy import fft

    _known(norm)
    dims, sizes = plan(np.shape(x), s, dim)
    return fft.fftn(x, sizes, dims, norm) if dims else np.asarray(x) + 0j


def _ifftn(x, s=None, dim=None, norm=None):
    from scipy import fft

    _known(norm)
    dims, sizes = plan(np.shape(x), s, dim)
    return fft.ifftn(x, sizes, dims, norm) if dims else np.asarray(x) + 0j


def _rfftn(x, s=None, dim=None, norm=None):
    from scipy import fft

    _known(norm)
    if x.dtype.kind == "c":
        raise DtypeError("the transform of real numbers was called with complex ones: take .real, or use fft")
    dims, sizes = plan(np.shape(x), s, dim)
    if not dims:
        raise ShapeError("the transform of real numbers needs at least one dimension")
    return fft.rfftn(x, sizes, dims, norm)


def _irfftn(x, s=None, dim=None, norm=None):
    from scipy import fft

    _known(norm)
    dims, sizes = plan(np.shape(x), s, dim, half=True)
    if not dims:
        raise ShapeError("the transform to real numbers needs at least one dimension")
    return fft.irfftn(x, sizes, dims, norm)


def fitted(g, shape, dims):
    """The transpose of what the transform did to its operand first: cut it, or append zeros, to the lengths asked for."""
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


def weights(ndim, dim, n, image, dtype):
    """1 for the frequencies without a mirror image (0, and n/2 for even n), ``image`` for the others, along a dimension."""
    w = np.full(n // 2 + 1, image, dtype)
    w[0] = 1
    if n % 2 == 0:
        w[-1] = 1
    return w.reshape([-1 if d == dim else 1 for d in range(ndim)])


def _rfftn_rule(g, x_shape, s, dim, norm):
    """Re(sum_k g_k exp(-i w k)) by irfftn, which counts a frequency and its image: half of each where there is one."""
    dims, sizes = plan(x_shape, s, dim)
    w = weights(len(x_shape), dims[-1], sizes[-1], 0.5, g.real.dtype)
    return fitted(irfftn(np.conjugate(g) * w, s=sizes, dim=dims, norm=SWAPPED[norm]), x_shape, dims)


def _irfftn_rule(g, x_shape, s, dim, norm):
    dims, sizes = plan(x_shape, s, dim, half=True)
    w = weights(len(x_shape), dims[-1], sizes[-1], 2.0, g.real.dtype)
    return fitted(np.conjugate(rfftn(g, dim=dims, norm=SWAPPED[norm])) * w, x_shape, dims)


def _complexes(shape, seed=0):
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
        Sample(np.ones((2, 3)), norm="no", raises=ValueError, match="norm is 'backward'"),
        *more,
    ]


fftn = op(
    "fftn", _fftn, x=_fftn_rule, linear=True, samples=_calls(make=_complexes, extra=[lambda: Sample(draw((3, 4)))]), errors=_bad(),
    formula={"y": "fftn(x, s, dim)", "x": "fitted(fftn(g, dim))"},
    doc="""
    Discrete Fourier transform, y_k = sum_j x_j exp(-2πi jk/n), over some dimensions.

    Args:
        s: lengths to which these dimensions are cut, or filled up with zeros, first; -1 keeps one.
        dim: the dimensions; None for the last len(s), or all.
        norm: "backward" divides in ifft by n, "forward" here, "ortho" in both by sqrt(n).

    Example:
        >>> import autograd
        >>> autograd.fft.fftn(autograd.tensor([1.0, 2.0, 3.0, 4.0])).real
        tensor([10., -2., -2., -2.], dtype=float32)
    """,
)
ifftn = op(
    "ifftn", _ifftn, x=_ifftn_rule, linear=True, samples=_calls(make=_complexes, extra=[lambda: Sample(draw((3, 4)))]),
    errors=_bad(),
    formula={"y": "ifftn(x, s, dim)", "x": "fitted(ifftn(g, dim))"},
    doc="""
    Inverse of fftn, x_j = sum_k y_k exp(2πi jk/n) / n.

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
    fftn of real numbers, without the half of the last dimension that is the mirror image of the rest: n//2 + 1 numbers remain.

    Example:
        >>> import autograd
        >>> autograd.fft.rfftn(autograd.ones(4, 4)).shape
        (4, 3)
    """,
)
irfftn = op(
    "irfftn", _irfftn, x=_irfftn_rule, linear=True, analytic=False,
    samples=_calls(make=_complexes, extra=[lambda: Sample(draw((3, 4))),
        lambda: Sample(_complexes((4,)), s=(7,)), lambda: Sample(_complexes((4,)), s=(6,))]),
    errors=_bad(Sample(np.ones((3, 1)), raises=ShapeError, match="Invalid number of data points")),
    formula={"y": "irfftn(x, s, dim)", "x": "fitted(w * conj(rfftn(g, dim))); w = '2 for frequencies with a mirror image, else 1'"},
    doc="""
    Inverse of rfftn: real numbers; the last dimension gets the length 2 (m - 1) unless s says otherwise.

    Example:
        >>> import autograd
        >>> autograd.fft.irfftn(autograd.fft.rfftn(autograd.ones(2, 2)))
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """,
)
