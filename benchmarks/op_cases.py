"""One call for every op, in names that PyTorch and this engine share: what ``python -m benchmarks ops`` times.

A case makes arrays of about n elements and calls a function of them. The function gets the library: ``L.T`` is ``torch`` or
``autograd``, ``L.F`` its ``nn.functional``. An op that only other ops call is listed in ``WITHIN``, with the case that runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np

Make = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A call of an op.

    Args:
        call: a function of the library and the tensors; or the name of a function of the tensors, in the library itself, in
            ``special``, or in ``nn.functional``.
        inputs: make the tensors' arrays for a number of elements; floating-point ones get gradients.
        torch: whether PyTorch has the function.
        backward: whether there is a gradient to time.
        torch_backward: whether PyTorch has it too.
        largest: the most elements that it is timed at.
    """

    call: Callable[..., Any] | str
    inputs: tuple[Make, ...]
    torch: bool = True
    backward: bool = True
    torch_backward: bool = True
    largest: int = 10**6


# ---------------------------------------------------------------------------------------------------------------- inputs


def real(low: float = -2.0, high: float = 2.0) -> Make:
    """A vector of numbers between two bounds, none too near the bounds."""

    def make(n: int) -> np.ndarray:
        return np.random.default_rng(n).uniform(low + 0.01 * (high - low), high - 0.01 * (high - low), n).astype(np.float32)

    return make


def whole(low: int, high: int) -> Make:
    """A vector of whole numbers, the upper bound excluded."""
    return lambda n: np.random.default_rng(n).integers(low, high, n)


def imaginary(n: int) -> np.ndarray:
    """A vector of complex numbers."""
    numbers = np.random.default_rng(n)
    return (numbers.standard_normal(n) + 1j * numbers.standard_normal(n)).astype(np.complex64)


def truth(n: int) -> np.ndarray:
    """A vector of booleans."""
    return np.random.default_rng(n).random(n) < 0.5


def shaped(shape_of: Callable[[int], tuple[int, ...]], make: Make | None = None) -> Make:
    """An array of the shape that a function gives for n elements."""
    return lambda n: (make or real())(int(np.prod(shape_of(n)))).reshape(shape_of(n))


def square(n: int) -> tuple[int, int]:
    """A matrix of n elements, as square as whole numbers allow."""
    rows = max(1, isqrt(n))
    return rows, max(1, n // rows)


def small(n: int) -> tuple[int, int, int]:
    """A batch of 10 by 10 matrices; one of 3 by 3 for ten elements."""
    return (1, 3, 3) if n < 100 else (n // 100, 10, 10)


def images(n: int) -> tuple[int, int, int, int]:
    """A batch of images of 8 channels (2 for ten elements)."""
    side = 2 if n < 100 else 16 if n < 10**5 else 64
    channels = 2 if n < 100 else 8
    return max(1, n // (channels * side * side)), channels, side, side


def volumes(n: int) -> tuple[int, ...]:
    """A batch of volumes of 4 channels (1 for ten elements)."""
    side = 2 if n < 100 else 8 if n < 10**5 else 32
    channels = 1 if n < 100 else 4
    return max(1, n // (channels * side**3)), channels, side, side, side


def signals(n: int) -> tuple[int, int, int]:
    """A batch of signals of 8 channels (1 for ten elements)."""
    length, channels = (10, 1) if n < 100 else (64, 8)
    return max(1, n // (channels * length)), channels, length


def _channels(shape_of: Callable[[int], tuple[int, ...]], dims: int) -> Make:
    """The weights of a convolution over such inputs: as many channels out as in."""
    return shaped(lambda n: (shape_of(n)[1],) * 2 + (2 if n < 100 else 3,) * dims)


def _positive(n: int) -> np.ndarray:
    a = shaped(small)(n).astype(np.float64)
    return (a @ a.swapaxes(-1, -2) + 2 * np.eye(a.shape[-1])).astype(np.float32)


def _regular(n: int) -> np.ndarray:
    return shaped(small)(n) + 4 * np.eye(small(n)[-1], dtype=np.float32)


vector, positive, unit = real(), real(0.1, 3.0), real(-0.95, 0.95)
matrix = shaped(square)
x, y = vector, real(0.5, 2.0)

CASES: dict[str, Case] = {}


def _named(names: str, *inputs: Make, **more: Any) -> None:
    """Cases of functions that go by the op's name in the library."""
    CASES.update({name: Case(name, inputs, **more) for name in names.split()})


# ----------------------------------------------------------------------------------------------------------- elementwise

_named("neg square abs sin cos tanh sigmoid exp exp2 expm1 erf erfc sinh cosh atan asinh deg2rad rad2deg sinc clone", x)
_named("reciprocal sqrt rsqrt log log2 log10 log1p digamma lgamma entr", positive)
_named("tan asin acos atanh erfinv log_ndtr ndtr i0 i0e i1 i1e erfcx bessel_j0 bessel_j1", unit)
_named("acosh", real(1.1, 3.0))
_named("logit ndtri", real(0.05, 0.95))
_named("bessel_y0 bessel_y1 modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1", positive,
       largest=10**4)  # fmt: skip
_named("spherical_bessel_j0 airy_ai", positive, largest=10**4)
_named("sign floor ceil trunc", x)
_named("isnan isinf isfinite signbit isposinf isneginf isreal", x, backward=False)
_named("add sub mul div maximum minimum hypot logaddexp logaddexp2 atan2 fmax fmin copysign remainder fmod", x, y)
_named("floor_divide", x, y, torch_backward=False)
_named("eq ne lt le gt ge isclose heaviside nextafter", x, y, backward=False)
_named("pow xlogy xlog1py float_power", y, y)
_named("logical_and logical_or logical_xor", truth, truth, backward=False)
_named("logical_not", truth, backward=False)
_named("bitwise_and bitwise_or bitwise_xor gcd lcm", whole(1, 1000), whole(1, 1000), backward=False)
_named("bitwise_left_shift bitwise_right_shift", whole(1, 1000), whole(1, 5), backward=False)
_named("bitwise_not", whole(1, 1000), backward=False)
_named("relu leaky_relu hardtanh relu6 hardsigmoid hardswish hardshrink softshrink elu gelu silu softplus logsigmoid mish softsign",
       x)  # fmt: skip
_named("tanhshrink nan_to_num", x)
_named("where", truth, x, y)
_named("lerp", x, y, unit)
_named("addcmul addcdiv", x, y, y)
_named("angle real imag", imaginary)
_named("complex", x, y)
_named("zeta gammainc gammaincc", real(1.5, 3.0), y, backward=False, largest=10**4)
_named("chebyshev_polynomial_t chebyshev_polynomial_u legendre_polynomial_p laguerre_polynomial_l hermite_polynomial_h "
       "hermite_polynomial_he", unit, whole(2, 6), torch_backward=False)  # fmt: skip
CASES |= {
    "clamp": Case(lambda L, x: L.T.clamp(x, -0.5, 0.5), (x,)),
    "threshold": Case(lambda L, x: L.F.threshold(x, 0.1, 0.0), (x,)),
    "conj": Case("conj_physical", (imaginary,)),  # PyTorch's conj only notes that the numbers are to be read as conjugates
    "prelu": Case(lambda L, x, w: L.F.prelu(x, w), (x, lambda n: np.full(1, 0.25, np.float32))),
    "polygamma": Case(lambda L, x: L.T.polygamma(1, x), (positive,), largest=10**4),
    "round": Case(lambda L, x: L.T.round(x, decimals=1), (x,)),
    "frexp": Case(lambda L, x: L.T.frexp(x)[0], (x,), backward=False),
    "ldexp": Case(lambda L, x, e: L.T.ldexp(x, e), (x, whole(-3, 3))),
    "to": Case(lambda L, x: x.to(L.T.float64), (x,)),
    "contiguous": Case(lambda L, x: x.T.contiguous(), (matrix,)),
    "bce": Case(lambda L, p, t: L.F.binary_cross_entropy(p, t, reduction="none"), (real(0.1, 0.9), real(0.1, 0.9))),
    "bce_with_logits": Case(lambda L, x, t: L.F.binary_cross_entropy_with_logits(x, t, reduction="none"), (x, real(0, 1))),
    "huber": Case(lambda L, x, t: L.F.huber_loss(x, t, reduction="none"), (x, y)),
    # NumPy's functions, which PyTorch lacks under any name.
    "fabs": Case(lambda L, x: np.fabs(x), (x,), torch=False),
    "cbrt": Case(lambda L, x: np.cbrt(x), (positive,), torch=False),
    "rint": Case(lambda L, x: np.rint(x), (x,), torch=False),
    "modf": Case(lambda L, x: np.modf(x)[0], (x,), torch=False),
    "spacing": Case(lambda L, x: np.spacing(x), (x,), torch=False, backward=False),
    "trunc_divide": Case(lambda L, x, y: L.T.div(x, y, rounding_mode="trunc"), (x, y)),
}

# ------------------------------------------------------------------------------------------------------ shapes and indices

_rows = shaped(square)
_table: Make = lambda n: real()(500).reshape(50, 10)  # noqa: E731
_bags = (shaped(lambda n: (max(1, n // 20), 2), whole(0, 50)), _table)
_picks = shaped(square, whole(0, 2))
CASES |= {
    "view_as_real": Case(lambda L, z: L.T.view_as_real(z), (imaginary,)),
    "view_as_complex": Case(lambda L, x: L.T.view_as_complex(x), (shaped(lambda n: (n, 2)),)),
    "reshape": Case(lambda L, x: x.reshape(-1), (matrix,)),
    "view": Case(lambda L, x: x.view(-1), (matrix,)),
    "permute": Case(lambda L, x: x.permute(1, 0), (matrix,)),
    "transpose": Case(lambda L, x: x.transpose(0, 1), (matrix,)),
    "unsqueeze": Case(lambda L, x: x.unsqueeze(0), (matrix,)),
    "squeeze": Case(lambda L, x: x.squeeze(0), (shaped(lambda n: (1, n)),)),
    "expand": Case(lambda L, x: x.expand(10, -1), (shaped(lambda n: (max(1, n // 10),)),)),
    "flip": Case(lambda L, x: L.T.flip(x, (0,)), (matrix,)),
    "roll": Case(lambda L, x: L.T.roll(x, 1, 0), (matrix,)),
    "tile": Case(lambda L, x: L.T.tile(x, (2, 1)), (matrix,)),
    "tril": Case(lambda L, x: L.T.tril(x), (matrix,)),
    "triu": Case(lambda L, x: L.T.triu(x), (matrix,)),
    "diagonal": Case(lambda L, x: L.T.diagonal(x), (matrix,)),
    "diag_embed": Case(lambda L, x: L.T.diag_embed(x), (shaped(small),), largest=10**4),
    "unfold": Case(lambda L, x: x.unfold(0, 2, 1), (x,)),
    "as_strided": Case(lambda L, x: L.T.as_strided(x, (x.shape[0] - 1, 2), (1, 1)), (x,)),
    "getitem": Case(lambda L, x: x[1:], (x,)),
    "pad": Case(lambda L, x: L.F.pad(x, (1, 1)), (matrix,)),
    "unpad": Case(lambda L, x: L.F.pad(x, (1, 1), mode="reflect"), (shaped(lambda n: (1, *square(n))),)),
    "cat": Case(lambda L, x, y: L.T.cat([x, y]), (x, y)),
    "stack": Case(lambda L, x, y: L.T.stack([x, y]), (x, y)),
    "gather": Case(lambda L, x, i: L.T.gather(x, 0, i), (_rows, _picks)),
    "scatter": Case(lambda L, x, i, s: x.scatter(0, i, s), (_rows, _picks, _rows)),
    "scatter_add": Case(lambda L, x, i, s: x.scatter_add(0, i, s), (_rows, _picks, _rows)),
    "scatter_reduce": Case(lambda L, x, i, s: x.scatter_reduce(0, i, s, "amax"), (_rows, _picks, _rows)),
    "masked_scatter": Case(lambda L, x, m, s: x.masked_scatter(m, s), (x, truth, y)),
    "write": Case(lambda L, x, v: L.put(x * 1, v), (matrix, lambda n: real()(square(n)[1]))),
    "one_hot": Case(lambda L, i: L.F.one_hot(i, 10), (shaped(lambda n: (max(1, n // 10),), whole(0, 10)),), backward=False),
    "segment_sum": Case(lambda L, i, w: L.F.embedding_bag(i, w, mode="sum"), _bags),
    "segment_max": Case(lambda L, i, w: L.F.embedding_bag(i, w, mode="max"), _bags),
    "embedding": Case(lambda L, i, w: L.F.embedding(i, w), (shaped(lambda n: (max(1, n // 10),), whole(0, 50)), _table)),
}  # fmt: skip

# ------------------------------------------------------------------------------------------- reductions, order, running totals

CASES |= {
    "sum": Case(lambda L, x: x.sum(1), (matrix,)),
    "mean": Case(lambda L, x: x.mean(1), (matrix,)),
    "prod": Case(lambda L, x: x.prod(1), (shaped(square, real(0.9, 1.1)),)),
    "amax": Case(lambda L, x: x.amax(1), (matrix,)),
    "amin": Case(lambda L, x: x.amin(1), (matrix,)),
    "max_dim": Case(lambda L, x: x.max(1)[0], (matrix,)),
    "min_dim": Case(lambda L, x: x.min(1)[0], (matrix,)),
    "argmax": Case(lambda L, x: x.argmax(1), (matrix,), backward=False),
    "argmin": Case(lambda L, x: x.argmin(1), (matrix,), backward=False),
    "all": Case(lambda L, x: x.all(1), (shaped(square, truth),), backward=False),
    "any": Case(lambda L, x: x.any(1), (shaped(square, truth),), backward=False),
    "count_nonzero": Case(lambda L, x: L.T.count_nonzero(x, 1), (matrix,), backward=False),
    "logsumexp": Case(lambda L, x: x.logsumexp(1), (matrix,)),
    "var": Case(lambda L, x: x.var(1), (matrix,)),
    "std": Case(lambda L, x: x.std(1), (matrix,)),
    "norm": Case(lambda L, x: L.T.linalg.vector_norm(x, 2, 1), (matrix,)),
    "cumsum": Case(lambda L, x: x.cumsum(1), (matrix,)),
    "cumprod": Case(lambda L, x: x.cumprod(1), (shaped(square, real(0.9, 1.1)),)),
    "cummax": Case(lambda L, x: x.cummax(1)[0], (matrix,)),
    "cummin": Case(lambda L, x: x.cummin(1)[0], (matrix,)),
    "logcumsumexp": Case(lambda L, x: x.logcumsumexp(1), (matrix,)),
    "sort": Case(lambda L, x: x.sort(1)[0], (matrix,)),
    "topk": Case(lambda L, x: x.topk(2, 1)[0], (matrix,)),
    "kthvalue": Case(lambda L, x: x.kthvalue(2, 1)[0], (matrix,)),
    "median": Case(lambda L, x: x.median(1)[0], (matrix,)),
    "median_of_all": Case(lambda L, x: x.median(), (matrix,)),
    "mode": Case(lambda L, x: x.mode(1)[0], (shaped(square, lambda n: whole(0, 5)(n).astype(np.float32)),), largest=10**4),
    "quantile": Case(lambda L, x: x.quantile(0.3, 1), (matrix,)),
    "softmax": Case(lambda L, x: x.softmax(1), (matrix,)),
    "log_softmax": Case(lambda L, x: x.log_softmax(1), (matrix,)),
}

# -------------------------------------------------------------------------------------------------- products and matrices

CASES |= {
    "matmul": Case(lambda L, a, b: a @ b, (matrix, shaped(lambda n: square(n)[::-1]))),
    "einsum": Case(lambda L, a, b: L.T.einsum("ij,ij->i", a, b), (matrix, matrix)),
    "tensordot": Case(lambda L, a, b: L.T.tensordot(a, b, 1), (matrix, shaped(lambda n: square(n)[::-1]))),
    "cross": Case(lambda L, a, b: L.T.linalg.cross(a, b), (shaped(lambda n: (max(1, n // 3), 3)),) * 2),
    "cdist": Case(lambda L, a, b: L.T.cdist(a, b), (shaped(lambda n: (max(1, isqrt(n)), 4)),) * 2),
    "solve": Case(lambda L, a, b: L.T.linalg.solve(a, b), (_regular, shaped(small))),
    "inv": Case(lambda L, a: L.T.linalg.inv(a), (_regular,)),
    "det": Case(lambda L, a: L.T.linalg.det(a), (_regular,)),
    "slogdet": Case(lambda L, a: L.T.linalg.slogdet(a)[1], (_regular,)),
    "logdet": Case(lambda L, a: L.T.logdet(a), (_positive,)),
    "matrix_exp": Case(lambda L, a: L.T.linalg.matrix_exp(a * 0.1), (shaped(small),), largest=10**4),
    "matrix_rank": Case(lambda L, a: L.T.linalg.matrix_rank(a), (shaped(small),), backward=False, largest=10**4),
    "cholesky": Case(lambda L, a: L.T.linalg.cholesky(a), (_positive,)),
    "lu": Case(lambda L, a: L.T.linalg.lu(a)[1], (_regular,), largest=10**4),
    "qr": Case(lambda L, a: L.T.linalg.qr(a)[1], (_regular,)),
    "eig": Case(lambda L, a: L.T.linalg.eig(a)[0], (_regular,), largest=10**4),
    "eigh": Case(lambda L, a: L.T.linalg.eigh(a)[0], (_positive,)),
    "svd": Case(lambda L, a: L.T.linalg.svd(a)[1], (_regular,)),
    "pinv": Case(lambda L, a: L.T.linalg.pinv(a), (_regular,), largest=10**4),
    "solve_triangular": Case(lambda L, a, b: L.T.linalg.solve_triangular(a, b, upper=True), (_regular, shaped(small))),
    "fftn": Case(lambda L, x: L.T.view_as_real(L.T.fft.fft(x)), (shaped(square, imaginary),)),
    "ifftn": Case(lambda L, x: L.T.view_as_real(L.T.fft.ifft(x)), (shaped(square, imaginary),)),
    "rfftn": Case(lambda L, x: L.T.view_as_real(L.T.fft.rfft(x)), (matrix,)),
    "irfftn": Case(lambda L, x: L.T.fft.irfft(x), (shaped(square, imaginary),)),
}

# -------------------------------------------------------------------------------------------------------- networks' layers

_classes = shaped(lambda n: (max(1, n // 10), 10))
_targets = shaped(lambda n: (max(1, n // 10),), whole(0, 10))
_heads = shaped(lambda n: (1, 1, 2, 5) if n < 100 else (1 if n < 10**5 else 16, 4, n // (1 if n < 10**5 else 16) // 128, 32))


def _hidden(n: int) -> int:
    return 2 if n < 100 else 16 if n < 10**5 else 64


_steps = shaped(lambda n: (2 if n < 100 else 16, 2 if n < 100 else n // 16 // _hidden(n), _hidden(n)))


def _layer(name: str, width: Callable[[Any], tuple[int, ...]], x: Make, **options: Any) -> Case:
    """A layer with weights of its own; of several outputs the first."""

    def call(L: Any, x: Any) -> Any:
        y = L.layer(name, *width(x), **options)(*([x, x, x] if name == "MultiheadAttention" else [x]))
        return y[0] if isinstance(y, tuple) else y

    return Case(call, (x,))


def _recurrent(name: str) -> Case:
    """A recurrent layer over 16 steps (2 for ten elements)."""
    return _layer(name, lambda x: (x.shape[-1], x.shape[-1]), _steps)


def _pooled_places(n: int) -> np.ndarray:
    """The flat place of the first number of each 2 by 2 window, for max_unpool2d."""
    batch, channels, side, _ = images(n)
    places = 2 * np.arange(side)[:, None] * 2 * side + 2 * np.arange(side)
    return np.broadcast_to(places, (batch, channels, side, side)).copy()


for dims, shape_of in ((1, signals), (2, images), (3, volumes)):
    CASES[f"conv{dims}d"] = Case(
        lambda L, x, w, dims=dims: getattr(L.F, f"conv{dims}d")(x, w, padding=1), (shaped(shape_of), _channels(shape_of, dims))
    )
    CASES[f"conv_transpose{dims}d"] = Case(
        lambda L, x, w, dims=dims: getattr(L.F, f"conv_transpose{dims}d")(x, w), (shaped(shape_of), _channels(shape_of, dims))
    )
    CASES[f"max_pool{dims}d"] = Case(lambda L, x, dims=dims: getattr(L.F, f"max_pool{dims}d")(x, 2), (shaped(shape_of),))
    CASES[f"max_pool{dims}d_indices"] = Case(
        lambda L, x, dims=dims: getattr(L.F, f"max_pool{dims}d")(x, 2, return_indices=True)[1], (shaped(shape_of),), backward=False
    )
    CASES[f"max_pool{dims}d_pick"] = Case(
        lambda L, x, dims=dims: L.gradient(getattr(L.F, f"max_pool{dims}d")(x, 2), x), (shaped(shape_of),), largest=10**4
    )
    CASES[f"avg_pool{dims}d"] = Case(lambda L, x, dims=dims: getattr(L.F, f"avg_pool{dims}d")(x, 2), (shaped(shape_of),))

CASES |= {
    "linear": Case(lambda L, x, w, b: L.F.linear(x, w, b), (matrix, shaped(lambda n: (_hidden(n), square(n)[1])),
                                                            lambda n: real()(_hidden(n)))),
    "normalize": Case(lambda L, x: L.F.layer_norm(x, (x.shape[-1],)), (matrix,)),
    "rms_normalize": Case(lambda L, x: L.F.rms_norm(x, (x.shape[-1],)), (matrix,)),
    "fold": Case(lambda L, x: L.F.fold(x, (x.shape[-1] + 1, 2), 2), (shaped(lambda n: (1, 4, max(1, n // 4))),)),
    "unfold_image": Case(lambda L, x: L.F.unfold(x, 2), (shaped(images),)),
    "attention": Case(lambda L, q, k, v: L.F.scaled_dot_product_attention(q, k, v), (_heads,) * 3),
    "nll_loss": Case(lambda L, x, t: L.F.nll_loss(x, t), (_classes, _targets)),
    "cross_entropy": Case(lambda L, x, t: L.F.cross_entropy(x, t), (_classes, _targets)),
    "mean_square": Case(lambda L, x, t: L.F.mse_loss(x, t), (x, y)),
    "mean_bce_with_logits": Case(lambda L, x, t: L.F.binary_cross_entropy_with_logits(x, t), (x, real(0, 1))),
    "chunked_cross_entropy": Case(
        lambda L, x, w, t: L.F.linear_cross_entropy(x, w, t, options=L.nn.LinearCrossEntropyOptions(batch_chunk_size=64)),
        (_classes, lambda n: real()(1000).reshape(100, 10), _targets),
    ),
    "ctc": Case(
        lambda L, x, t: L.F.ctc_loss(x.log_softmax(2), t, (x.shape[0],) * x.shape[1], (t.shape[1],) * x.shape[1]),
        (shaped(lambda n: (5, 1, 2) if n < 100 else (25, max(1, n // 500), 20)),
         shaped(lambda n: (1, 1) if n < 100 else (max(1, n // 500), 5), lambda n: np.arange(n) % 5 % (1 if n == 1 else 19) + 1)),
    ),
    "plane_scatter": Case(lambda L, x, i: L.F.max_unpool2d(x, i, 2), (shaped(images), _pooled_places)),
    "max_windows": Case(lambda L, x: L.F.adaptive_max_pool2d(x, 3), (shaped(images),)),
    "max_windows_indices": Case(
        lambda L, x: L.F.adaptive_max_pool2d(x, 3, return_indices=True)[1], (shaped(images),), backward=False
    ),
    "along": Case(lambda L, x: L.F.interpolate(x, scale_factor=2, mode="bilinear"), (shaped(images),)),
    "boundary": Case(lambda L, x: L.layer("Hooked")(x), (x,)),
    "self_projections": _layer("MultiheadAttention", lambda x: (x.shape[-1], 1), _steps),
    "lstm": _recurrent("LSTM"),
    "projected_lstm": _layer("LSTM", lambda x: (x.shape[-1], x.shape[-1]), _steps, proj_size=1),
    "gru": _recurrent("GRU"),
    "rnn": _recurrent("RNN"),
}  # fmt: skip

# Ops that only other ops' forwards and rules call, each with a case that runs it, forward or backward.
WITHIN = {
    "unindex": "getitem", "undiagonal": "diagonal", "refold": "unfold", "ungather": "gather", "spread": "sum",
    "unstrided": "as_strided", "shift": "logcumsumexp", "recurrence": "logcumsumexp", "jv": "bessel_j1", "yv": "bessel_y1",
    "iv": "i1", "ive": "i1e", "kv": "modified_bessel_k1", "kve": "scaled_modified_bessel_k1", "airy_ai_slope": "airy_ai",
    "gegenbauer": "chebyshev_polynomial_t", "gelu_slope": "gelu", "cofactor": "det", "embedding_scatter": "embedding",
    "segment_unpick": "segment_max",
    "plane_gather": "plane_scatter", "max_pool1d_unpick": "max_pool1d", "max_pool2d_unpick": "max_pool2d",
    "max_pool3d_unpick": "max_pool3d", "avg_pool1d_spread": "avg_pool1d", "avg_pool2d_spread": "avg_pool2d",
    "avg_pool3d_spread": "avg_pool3d", "cross_entropy_slope": "cross_entropy",
}  # fmt: skip
# Ops that no case runs, and why.
UNTIMED = {
    "argument": "it marks the arguments of autograd.func's functions and computes nothing",
    "cofactor_adjoint": "only the third derivative of a determinant calls it",
    "positive": "a tensor is its own positive: no op runs",
    "one_hot": "nn.functional.one_hot, which the case calls, has a way of its own",
    "underived": "it raises where a gradient would go through unique or a histogram, which the cases time without one",
    **{
        f"conv{n}d_weight": f"conv{n}d's rule, which that case times, calls its kernel itself, but where the sweep is recorded"
        for n in (1, 2, 3)
    },
    "segment_pick": "only second derivatives of embedding_bag call it, which PyTorch does not know",
}
