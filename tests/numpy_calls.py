"""One call of every function of NumPy's that has an adapter, and a value for each of its optional arguments.

A call is a function of ``t``, which makes tensors of arrays (or leaves them alone, to ask NumPy), and of the arguments to add.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RNG = np.random.default_rng(0)
A = RNG.uniform(0.5, 2.0, (3, 4))
B = RNG.uniform(0.5, 2.0, (3, 4))
V = RNG.uniform(0.5, 2.0, 4)
W = RNG.uniform(0.5, 2.0, 3)
X = RNG.uniform(0.5, 2.0, (2, 3, 4))
S = RNG.uniform(0.5, 2.0, (3, 3)) + 2 * np.eye(3)
SYM = S @ S.T
Z = RNG.uniform(0.5, 2.0, 4) + 1j * RNG.uniform(0.5, 2.0, 4)
NAN = np.where(A > 1.5, np.nan, A)
INTS = np.array([[3, 1, 2, 0], [1, 1, 0, 2], [0, 5, 4, 1]])
MASK = A > 1.0
TRI = np.array([0.0, 0.0, 1.5, 0.5, 0.0])

Call = Callable[..., Any]


def _first(function: Any, *args: Any) -> Call:
    """A call whose first argument, only, is a tensor."""
    return lambda t, **more: function(t(args[0].copy()), *args[1:], **more)


def _all(function: Any, *args: Any) -> Call:
    """A call whose arguments that are arrays are all tensors."""
    return lambda t, **more: function(*[t(a) if isinstance(a, np.ndarray) else a for a in args], **more)


def _list(function: Any, *args: Any, more: tuple[Any, ...] = ()) -> Call:
    """A call with a list of tensors."""
    return lambda t, **named: function([t(a) for a in args], *more, **named)


def _written(function: Any, *args: Any) -> Call:
    """A call that writes into its first argument: what it wrote."""

    def call(t: Any, **more: Any) -> Any:
        target = t(args[0].copy())
        function(target, *args[1:], **more)
        return target

    return call


CALLS: dict[Any, Call] = {
    # elementwise
    np.clip: _first(np.clip, A, 0.8, 1.5), np.round: _first(np.round, A), np.around: _first(np.around, A),
    np.where: _all(np.where, MASK, A, B), np.nan_to_num: _first(np.nan_to_num, NAN), np.angle: _first(np.angle, Z),
    np.fix: _first(np.fix, A), np.isposinf: _first(np.isposinf, A), np.isneginf: _first(np.isneginf, A),
    np.iscomplex: _first(np.iscomplex, Z), np.sinc: _first(np.sinc, A), np.i0: _first(np.i0, A), np.degrees: _first(np.degrees, A),
    np.radians: _first(np.radians, A), np.divmod: _first(np.divmod, A, B), np.real_if_close: _first(np.real_if_close, Z),
    # reductions
    **{f: _first(f, A) for f in (np.sum, np.prod, np.mean, np.average, np.max, np.min, np.amax, np.amin, np.argmax, np.argmin,
                                np.ptp, np.var, np.std, np.median)},
    **{f: _first(f, NAN) for f in (np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.nanmedian)},
    np.all: _first(np.all, MASK), np.any: _first(np.any, MASK), np.count_nonzero: _first(np.count_nonzero, INTS),
    # sorting
    np.sort: _first(np.sort, A), np.argsort: _first(np.argsort, A), np.sort_complex: _first(np.sort_complex, Z),
    np.partition: lambda t, **more: np.sort(np.partition(t(V), 2, **more)[:2]),
    np.quantile: _first(np.quantile, A, 0.3), np.percentile: _first(np.percentile, A, 30.0),
    np.nanquantile: _first(np.nanquantile, NAN, 0.3), np.nanpercentile: _first(np.nanpercentile, NAN, 30.0),
    # statistics
    **{f: _first(f, A) for f in (np.cumsum, np.cumprod, np.diff, np.ediff1d, np.cov, np.corrcoef)},
    np.nancumsum: _first(np.nancumsum, NAN), np.nancumprod: _first(np.nancumprod, NAN), np.unwrap: _first(np.unwrap, 4 * A),
    np.trapezoid: _first(np.trapezoid, A), np.gradient: _first(np.gradient, A),
    # joining
    **{f: _list(f, A, B) for f in (np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack)},
    np.block: lambda t: np.block([[t(A), t(B)], [t(B), t(A)]]), np.append: _all(np.append, A, B),
    np.insert: _all(np.insert, V, 1, W), np.meshgrid: _all(np.meshgrid, V, W),
    np.atleast_1d: _first(np.atleast_1d, np.array(2.0)), np.atleast_2d: _first(np.atleast_2d, V),
    np.atleast_3d: _first(np.atleast_3d, A),
    # cutting
    np.split: _first(np.split, A, 3), np.array_split: _first(np.array_split, A, 2), np.hsplit: _first(np.hsplit, A, 2),
    np.vsplit: _first(np.vsplit, A, 3), np.dsplit: _first(np.dsplit, X, 2),
    # indexing
    np.take: _first(np.take, A, [0, 2]), np.compress: lambda t, **more: np.compress([True, False, True], t(A), **more),
    np.take_along_axis: _first(np.take_along_axis, A, np.argsort(A)), np.put: _written(np.put, A, [0, 2], [7.0, 8.0]),
    np.put_along_axis: _written(np.put_along_axis, A, np.array([[1], [0], [2]]), 9.0, 1),
    np.putmask: _written(np.putmask, A, MASK, V), np.place: _written(np.place, A, MASK, V), np.copyto: _written(np.copyto, A, B),
    np.fill_diagonal: _written(np.fill_diagonal, S, 7.0), np.extract: lambda t: np.extract(MASK, t(A)),
    np.choose: lambda t, **more: np.choose(INTS % 2, [t(A), t(B)], **more), np.delete: _first(np.delete, A, [1]),
    np.select: lambda t, **more: np.select([MASK, A > 0.7], [t(A), t(B)], **more), np.nonzero: _first(np.nonzero, INTS),
    np.piecewise: _first(np.piecewise, A, [MASK, ~MASK], [np.sin, 2.0]),
    **{f: _first(f, INTS) for f in (np.argwhere, np.flatnonzero, np.unique)}, np.isin: _first(np.isin, INTS, [1, 2]),
    np.searchsorted: _first(np.searchsorted, np.sort(V), [0.9, 1.1]), np.lexsort: _list(np.lexsort, V, -V),
    np.argpartition: lambda t, **more: np.sort(np.argpartition(t(V), 2, **more)[:2]),
    np.unravel_index: _first(np.unravel_index, np.array([3, 5]), (3, 4)),
    np.ravel_multi_index: lambda t, **more: np.ravel_multi_index((t(np.array([1, 2])), t(np.array([0, 3]))), (3, 4), **more),
    np.tril_indices_from: _first(np.tril_indices_from, A), np.triu_indices_from: _first(np.triu_indices_from, A),
    np.diag_indices_from: _first(np.diag_indices_from, S),
    # histograms
    np.histogram: _first(np.histogram, A), np.histogram_bin_edges: _first(np.histogram_bin_edges, A),
    np.histogram2d: _all(np.histogram2d, V, V[::-1].copy()), np.bincount: _first(np.bincount, INTS[2]),
    np.digitize: _first(np.digitize, A, [0.8, 1.2]),
    np.histogramdd: lambda t, **more: (lambda h, e: (h, *e))(*np.histogramdd(t(A.T), **{"bins": 2, **more})),
    # making
    np.zeros_like: _first(np.zeros_like, A), np.ones_like: _first(np.ones_like, A), np.full_like: _first(np.full_like, A, 2.5),
    np.empty_like: lambda t, **more: np.empty_like(t(A), **more) * 0, np.copy: _first(np.copy, A),
    np.linspace: lambda t, **more: np.linspace(t(V), 3.0, **{"num": 5, **more}),
    # shape
    np.reshape: _first(np.reshape, A, (2, 6)), np.ravel: _first(np.ravel, A), np.broadcast_to: _first(np.broadcast_to, V, (3, 4)),
    np.broadcast_arrays: _all(np.broadcast_arrays, A, V), np.expand_dims: _first(np.expand_dims, A, 1),
    np.squeeze: _first(np.squeeze, A[:, None]), np.transpose: _first(np.transpose, X), np.permute_dims: _first(np.permute_dims, X),
    np.matrix_transpose: _first(np.matrix_transpose, X), np.swapaxes: _first(np.swapaxes, X, 0, 2),
    np.moveaxis: _first(np.moveaxis, X, 0, 2), np.rollaxis: _first(np.rollaxis, X, 2), np.flip: _first(np.flip, A),
    np.fliplr: _first(np.fliplr, A), np.flipud: _first(np.flipud, A), np.rot90: _first(np.rot90, A), np.roll: _first(np.roll, A, 2),
    np.tile: _first(np.tile, A, (2, 1)), np.repeat: _first(np.repeat, A, 2),
    np.resize: _first(np.resize, A, (2, 7)), np.pad: _first(np.pad, A, 1), np.diagonal: _first(np.diagonal, X),
    np.diag: _first(np.diag, A), np.diagflat: _first(np.diagflat, A), np.tril: _first(np.tril, A), np.triu: _first(np.triu, A),
    np.trim_zeros: _first(np.trim_zeros, TRI),
    np.lib.stride_tricks.sliding_window_view: _first(np.lib.stride_tricks.sliding_window_view, A, 2, 1),
    # curves
    np.interp: _all(np.interp, A, np.array([0.6, 1.1, 1.7]), W), np.polyval: _all(np.polyval, W, A),
    np.apply_along_axis: lambda t, **more: np.apply_along_axis(lambda row: row * row[0], 1, t(A), **more),
    np.apply_over_axes: lambda t: np.apply_over_axes(np.sum, t(X), [0, 2]),
    np.convolve: _all(np.convolve, V, W), np.correlate: _all(np.correlate, V, W),
    # products
    np.dot: _all(np.dot, A, V), np.vdot: _all(np.vdot, Z, Z[::-1].copy()), np.inner: _all(np.inner, A, V),
    np.outer: _all(np.outer, V, W), np.linalg.outer: _all(np.linalg.outer, V, W), np.kron: _all(np.kron, V, W),
    np.linalg.matmul: _all(np.linalg.matmul, A, V), np.einsum: _all(np.einsum, "ij,j->i", A, V),
    np.tensordot: _all(np.tensordot, A, B), np.linalg.tensordot: _all(np.linalg.tensordot, A, B),
    np.cross: _all(np.cross, S, W), np.linalg.cross: _all(np.linalg.cross, S, SYM),
    np.linalg.multi_dot: _list(np.linalg.multi_dot, S, SYM, S), np.linalg.vecdot: _all(np.linalg.vecdot, A, B),
    np.vecdot: _all(np.vecdot, A, B),
    np.trace: _first(np.trace, S), np.linalg.trace: _first(np.linalg.trace, S),
    # linear algebra
    **{f: _first(f, SYM) for f in (np.linalg.slogdet, np.linalg.eigvalsh, np.linalg.cholesky, np.linalg.cond, np.linalg.svdvals,
                                  np.linalg.pinv, np.linalg.norm, np.linalg.vector_norm, np.linalg.matrix_norm,
                                  np.linalg.matrix_rank, np.linalg.diagonal, np.linalg.matrix_transpose)},
    np.linalg.eigvals: lambda t: np.linalg.eigvals(t(np.array([[2.0, -1.0], [1.0, 3.0]]))),
    np.linalg.eig: lambda t: (lambda w, v: np.abs(v @ v.T))(*np.linalg.eig(t(np.diag(W)))),
    np.linalg.eigh: lambda t, **more: (lambda w, v: (v * w) @ v.T)(*np.linalg.eigh(t(SYM), **more)),
    np.linalg.svd: lambda t, **more: np.linalg.svd(t(A), **more)[1],
    np.linalg.qr: lambda t, **more: (lambda q, r: q @ r)(*np.linalg.qr(t(S), **more)),
    np.linalg.matrix_power: _first(np.linalg.matrix_power, S, 3), np.linalg.solve: _all(np.linalg.solve, S, W),
    np.linalg.lstsq: lambda t, **more: np.linalg.lstsq(t(A.T), t(V), **more)[0],
    np.linalg.tensorinv: _first(np.linalg.tensorinv, RNG.uniform(0.5, 2.0, (4, 2, 2)), 1),
    np.linalg.tensorsolve: _all(np.linalg.tensorsolve, S.reshape(3, 1, 3, 1), W[:, None]),
    np.vander: _first(np.vander, V),
    # Fourier transforms
    **{f: _first(f, V) for f in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.ihfft, np.fft.fftshift, np.fft.ifftshift)},
    **{f: _first(f, Z) for f in (np.fft.irfft, np.fft.hfft)},
    **{f: _first(f, A) for f in (np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.fftn, np.fft.ifftn, np.fft.rfftn)},
    **{f: _first(f, A + 0j) for f in (np.fft.irfft2, np.fft.irfftn)},
    # questions
    np.shape: _first(np.shape, A), np.ndim: _first(np.ndim, A), np.size: _first(np.size, A),
    np.result_type: _all(np.result_type, A),
    np.can_cast: lambda t, **more: np.can_cast(np.float32, np.float64, **more), np.iscomplexobj: _first(np.iscomplexobj, Z),
    np.isrealobj: _first(np.isrealobj, Z), np.may_share_memory: _all(np.may_share_memory, A, B),
    np.shares_memory: _all(np.shares_memory, A, B), np.array_equal: _all(np.array_equal, A, A),
    np.array_equiv: _all(np.array_equiv, A, A), np.allclose: _all(np.allclose, A, A), np.array2string: _first(np.array2string, V),
    np.array_repr: _first(np.array_repr, V), np.array_str: _first(np.array_str, V),
    np.min_scalar_type: _first(np.min_scalar_type, A),
    np.common_type: _all(np.common_type, A),
}  # fmt: skip
if hasattr(np, "unstack"):  # since NumPy 2.1
    CALLS |= {np.unstack: _first(np.unstack, A), np.astype: _first(np.astype, A, np.float32)}
if hasattr(np, "matvec"):  # since NumPy 2.2
    CALLS |= {np.matvec: _all(np.matvec, S, W), np.vecmat: _all(np.vecmat, W, S)}

# Values for optional arguments by name, and for those of one function.
VALUES: dict[str, Any] = {
    "axis": 0, "axes": (1, 0), "keepdims": True, "dtype": np.float32, "where": MASK, "initial": 1.25, "ddof": 1, "correction": 1,
    "order": "F", "kind": "stable", "stable": True, "casting": "unsafe", "mode": "clip", "decimals": 1, "copy": False, "k": 1,
    "offset": 1, "axis1": 1, "axis2": 2, "n": 3, "norm": "ortho", "s": (2, 3), "weights": A, "returned": True, "method": "lower",
    "overwrite_input": True, "equal_nan": True, "rtol": 0.1, "atol": 0.1, "min": 0.7, "max": 1.6, "subok": True, "device": "cpu",
    "hermitian": True, "UPLO": "U", "upper": True, "bins": 3, "range": (0.5, 1.5), "density": True, "endpoint": False, "num": 4,
    "retstep": True, "deg": True, "nan": 5.0, "tol": 1e20, "optimize": True, "prepend": 0.5, "append": 0.5, "to_end": 0.25,
    "to_begin": 0.25, "discont": 4.0, "period": 3.0, "x": V, "dx": 0.5, "edge_order": 2, "rowvar": False, "bias": True,
    "aweights": V, "y": B, "sparse": True, "indexing": "ij", "wrap": True, "default": 3.0, "left": -1.0, "right": -2.0,
    "trim": "f", "start": 1, "axisa": 0, "axisb": 0, "axisc": 0, "N": 3, "increasing": True, "rcond": 0.5, "ord": 1, "p": 1,
    "ind": 2, "full_matrices": False, "compute_uv": False, "mean": A.mean(keepdims=True), "shape": (2, 2), "max_line_width": 30,
    "precision": 2, "suppress_small": True, "separator": "; ", "prefix": "ab", "suffix": "cd", "threshold": 2, "edgeitems": 1,
    "sign": "+", "floatmode": "fixed", "legacy": "1.13", "formatter": {"float": lambda v: "x"}, "max_work": 1,
    "sorter": [0, 1, 2, 3],
    "side": "right", "assume_unique": True, "invert": True, "return_index": True, "return_inverse": True, "return_counts": True,
    "sorted": False, "minlength": 9, "args": (), "posinf": 9.0, "neginf": -9.0, "interpolation": None, "writeable": True,
}  # fmt: skip
SPECIAL: dict[tuple[Any, str], Any] = {
    (np.fft.fft2, "axes"): (0, 1), (np.transpose, "axes"): (2, 0, 1), (np.permute_dims, "axes"): (2, 0, 1),
    (np.fft.fftshift, "axes"): 0, (np.fft.ifftshift, "axes"): 0, (np.tensordot, "axes"): ([0, 1], [0, 1]),
    (np.linalg.tensordot, "axes"): ([0, 1], [0, 1]), (np.linalg.tensorsolve, "axes"): (1,), (np.isin, "kind"): "sort",
    (np.unravel_index, "order"): "F", (np.linalg.qr, "mode"): "complete", (np.pad, "mode"): "edge", (np.diff, "n"): 2,
    (np.convolve, "mode"): "same", (np.correlate, "mode"): "full", (np.lexsort, "axis"): 0, (np.partition, "axis"): 0,
    (np.argpartition, "axis"): 0, (np.partition, "kind"): "introselect", (np.argpartition, "kind"): "introselect",
    (np.insert, "axis"): 0, (np.count_nonzero, "axis"): 1, (np.linalg.norm, "axis"): 1, (np.linalg.vector_norm, "axis"): 1,
    (np.trace, "axis1"): -2, (np.trace, "axis2"): -1, (np.squeeze, "axis"): 1, (np.digitize, "right"): True,
    (np.cross, "axisa"): 1, (np.cross, "axisb"): 0, (np.cross, "axisc"): 0, (np.cross, "axis"): -1, (np.linalg.cross, "axis"): 0,
    (np.linalg.vecdot, "axis"): 0, (np.copyto, "casting"): "no", (np.rot90, "axes"): (1, 0), (np.histogram, "weights"): A,
    (np.bincount, "weights"): V, (np.histogram2d, "weights"): V, (np.histogramdd, "weights"): V, (np.histogram2d, "range"): None,
    (np.histogramdd, "range"): None, (np.cov, "fweights"): np.array([1, 2, 1, 1]), (np.trapezoid, "axis"): 1,
    (np.linspace, "axis"): 1, (np.linspace, "dtype"): np.int64, (np.gradient, "axis"): 0, (np.average, "weights"): A,
    (np.take_along_axis, "axis"): -1, (np.diff, "prepend"): A[:, :1], (np.diff, "append"): A[:, :1], (np.cov, "y"): B,
    (np.size, "axis"): 0, (np.empty_like, "order"): "F", (np.fft.fft, "axis"): 0, (np.array_split, "axis"): 1,
    (np.linalg.matrix_rank, "rtol"): 0.5, (np.histogram_bin_edges, "weights"): None,
    (np.nan_to_num, "copy"): False, (np.average, "axis"): 1, (np.linalg.eigh, "UPLO"): "L",
    (np.corrcoef, "y"): B, (np.unique, "axis"): 0, (np.compress, "axis"): 0,
}  # fmt: skip
