"""The functions behind the layers: torch.nn.functional's names. This file has activations, dropout, distances and padding.

Random ones take ``generator``: an ``autograd.Generator``, a NumPy one, or None for the default one that ``manual_seed`` sets.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from autograd import functions, reductions
from autograd.attending import multi_head_attention_forward, scaled_dot_product_attention  # noqa: F401
from autograd.errors import ArgumentError, DtypeError, ShapeError, describe, where
from autograd.graph import make
from autograd.imaging import (  # noqa: F401
    affine_grid,
    channel_shuffle,
    fold,
    grid_sample,
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)  # fmt: skip
from autograd.inplace import assign
from autograd.modes import current
from autograd.neural import (  # noqa: F401
    batch_norm,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    embedding,
    embedding_bag,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    rms_norm,
)  # fmt: skip
from autograd.ops import activation as ops
from autograd.ops import linear as _linear
from autograd.ops import shape as _shape
from autograd.pooled import (  # noqa: F401
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    fractional_max_pool2d,
    fractional_max_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)  # fmt: skip
from autograd.random import source, uniform_array
from autograd.recording import operand, recorded

# Losses.
from .losses_classification import cross_entropy, ctc_loss, linear_cross_entropy, nll_loss  # noqa: F401
from .losses_functional import (  # noqa: F401
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)  # fmt: skip
from .losses_margin import (  # noqa: F401
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)  # fmt: skip

linear = recorded(_linear.linear)
_padded = recorded(_shape.pad)

# ------------------------------------------------------------------------------------------------------------- activations

sigmoid = functions.sigmoid
tanh = functions.tanh
softplus = recorded(ops.softplus)
softsign = recorded(ops.softsign)
softshrink = recorded(ops.softshrink)
hardshrink = recorded(ops.hardshrink)
tanhshrink = recorded(ops.tanhshrink)
logsigmoid = recorded(ops.logsigmoid)
gelu = recorded(ops.gelu)


def _with_inplace(function: Callable[..., Any], *parameters: str) -> Callable[..., Any]:
    """An elementwise function with PyTorch's last argument: ``inplace`` writes the result into the input."""
    name = f"{function.__name__}_"
    plan = function.op.plan((True,))  # type: ignore[attr-defined]
    source = _spared if "x" in plan.slots else lambda input: input
    if not parameters:

        def plain(input: Any, inplace: bool = False) -> Any:
            return assign(input, function(source(input)), name=name) if inplace else function(input)

        return wraps(function)(plain)

    def call(input: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        if len(args) > len(parameters):
            *args, inplace = args  # type: ignore[assignment]
        y = function(source(input) if inplace else input, *args, **kwargs)
        return assign(input, y, name=name) if inplace else y

    return wraps(function)(call)


def _spared(input: Any) -> Any:
    """What to compute with before the input is overwritten, where the backward needs the old values."""
    return functions.clone(input) if current().grad and input.requires_grad else input


relu = _with_inplace(recorded(ops.relu))
relu6 = _with_inplace(recorded(ops.relu6))
silu = _with_inplace(recorded(ops.silu))
mish = _with_inplace(recorded(ops.mish))
hardswish = _with_inplace(recorded(ops.hardswish))
hardsigmoid = _with_inplace(recorded(ops.hardsigmoid))
hardtanh = _with_inplace(recorded(ops.hardtanh), "min_val", "max_val")
leaky_relu = _with_inplace(recorded(ops.leaky_relu), "negative_slope")
threshold = _with_inplace(recorded(ops.threshold), "threshold", "value")
_elu = recorded(ops.elu)


def _put(input: Any, y: Any, inplace: bool, name: str) -> Any:
    return assign(input, y, name=name) if inplace else y


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, alpha (e^x - 1) elsewhere."""
    return _put(input, _elu(_spared(input) if inplace else input, alpha=alpha), inplace, "elu_")


def selu(input: Any, inplace: bool = False) -> Any:
    """scale (x where x > 0, alpha (e^x - 1) elsewhere), with the constants that keep mean 0 and variance 1.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.
    """
    return _put(input, _elu(_spared(input) if inplace else input, alpha=ops.SELU_ALPHA, scale=ops.SELU_SCALE), inplace, "selu_")


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, alpha (e^(x / alpha) - 1) elsewhere."""
    if alpha == 0:
        raise ArgumentError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _put(input, _elu(_spared(input) if inplace else input, alpha=alpha, input_scale=1 / alpha), inplace, "celu_")


def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, weight x elsewhere; a weight of several elements has one per channel (dimension 1)."""
    size = math.prod(weight.shape)
    if size > 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != size:
            raise ShapeError(f"prelu: the weight has {size} elements and the input {channels} channels ({describe(input)})")
        weight = weight.reshape(-1, *(1,) * (input.ndim - 2))
    elif weight.ndim and not input.ndim:
        weight = weight.reshape(())
    return recorded(ops.prelu)(input, weight)


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False, generator: Any = None
) -> Any:
    """x where x > 0, a x elsewhere: a is drawn from U(lower, upper) in training, and is its mean otherwise."""
    if lower > upper:
        raise ArgumentError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    array, _ = operand(input, "rrelu's input")
    slopes = uniform_array(array.shape, array.dtype, generator) * (upper - lower) + lower
    slopes[array > 0] = 1
    return _put(input, functions.mul(input, slopes.astype(array.dtype, copy=False)), inplace, "rrelu_")


def glu(input: Any, dim: int = -1) -> Any:
    """a sigmoid(b), where a and b are the two halves of the input along a dimension."""
    if not input.ndim or input.shape[dim] % 2:
        size = input.shape[dim] if input.ndim else 0
        raise ShapeError(f"Halving dimension must be even, but dimension {dim} is size {size}: {describe(input)}")
    half = input.shape[dim] // 2
    lead = (slice(None),) * (dim % input.ndim)
    return functions.getitem(input, index=(*lead, slice(half))) * sigmoid(
        functions.getitem(input, index=(*lead, slice(half, None)))
    )


_softmax = recorded(ops.softmax)
_log_softmax = recorded(ops.log_softmax)


def _dim(name: str, dim: int | None, input: Any, dtype: Any) -> tuple[int, Any]:
    if dtype is not None:
        input = input.to(dtype)
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
            stacklevel=3,
        )
        dim = 0 if input.ndim in (0, 1, 3) else 1
    return dim, input


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """e^x / sum(e^x) along a dimension."""
    if dim is None or dtype is not None:
        dim, input = _dim("softmax", dim, input, dtype)
    return _softmax(input, dim=dim)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """x - log(sum(e^x)) along a dimension, without overflow."""
    if dim is None or dtype is not None:
        dim, input = _dim("log_softmax", dim, input, dtype)
    return _log_softmax(input, dim=dim)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Softmax of -x."""
    dim, input = _dim("softmin", dim, input, dtype)
    return _softmax(-input, dim=dim)


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1, generator: Any = None
) -> Any:
    """A sample of a relaxed categorical distribution: softmax((logits + G) / tau) with G = -log(-log(U)).

    Args:
        logits: unnormalized log probabilities along ``dim``. tau: temperature.
        hard: give the one-hot vector of the largest, with the gradient of the soft sample.

    Source: Jang, Gu and Poole, Categorical reparameterization with Gumbel-softmax, 2017.
    """
    gumbel = -np.log(source(generator).standard_exponential(logits.shape)).astype(logits.dtype, copy=False)
    soft = _softmax((logits + gumbel) / tau, dim=dim)
    if not hard:
        return soft
    array = soft.array
    ones = np.zeros_like(array)
    np.put_along_axis(ones, array.argmax(dim, keepdims=True), 1, dim)
    return ones - soft.detach() + soft


relu_ = wraps(relu)(lambda input: relu(input, inplace=True))
elu_ = wraps(elu)(lambda input, alpha=1.0: elu(input, alpha, True))
selu_ = wraps(selu)(lambda input: selu(input, True))
celu_ = wraps(celu)(lambda input, alpha=1.0: celu(input, alpha, True))
leaky_relu_ = wraps(leaky_relu)(lambda input, negative_slope=0.01: leaky_relu(input, negative_slope, True))
hardtanh_ = wraps(hardtanh)(lambda input, min_val=-1.0, max_val=1.0: hardtanh(input, min_val, max_val, True))
rrelu_ = wraps(rrelu)(
    lambda input, lower=0.125, upper=1.0 / 3, training=False, generator=None: rrelu(input, lower, upper, training, True, generator)
)
threshold_ = wraps(threshold)(lambda input, threshold, value: globals()["threshold"](input, threshold, value, True))

# ----------------------------------------------------------------------------------------------------------------- dropout

_SELU_LOW = -ops.SELU_ALPHA * ops.SELU_SCALE  # what selu tends to far below 0


def _probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {p}")


def _kept(array: np.ndarray, shape: tuple[int, ...], p: float, generator: Any) -> np.ndarray:
    """Where elements are kept: each with probability 1 - p."""
    if array.dtype.kind not in "fc":
        raise DtypeError(f"dropout: the input is {describe(array)}, and only floating numbers can be scaled")
    return source(generator).random(shape, dtype=np.float32) >= p


def _dropped(input: Any, shape: tuple[int, ...], p: float, inplace: bool, generator: Any, name: str) -> Any:
    array, _ = operand(input, f"{name}'s input")
    keep = _kept(array, shape, p, generator)
    real = array.real.dtype
    y = functions.mul(input, keep * real.type(0 if p == 1 else 1 / (1 - p)))
    return _put(input, y, inplace, name + "_")


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, generator: Any = None) -> Any:
    """Set each element to zero with probability p and divide the others by 1 - p; unless training, nothing.

    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.

    Example:
        >>> import autograd, nn
        >>> x = autograd.ones(4)
        >>> nn.functional.dropout(x, 0.5, training=False) is x
        True
    """
    _probability(p)
    if not training or p == 0:
        return input
    return _dropped(input, tuple(input.shape), p, inplace, generator, "dropout")


def _feature_dropout(name: str, spatial: int) -> Callable[..., Any]:
    def call(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, generator: Any = None) -> Any:
        _probability(p)
        ndim = input.ndim
        allowed = (spatial + 1, spatial + 2)
        if ndim not in allowed:
            raise ShapeError(
                f"{name}{where(current().layer)}: expected {allowed[0]}D or {allowed[1]}D input, got {describe(input)}"
            )
        if not training or p == 0:
            return input
        shape = tuple(input.shape[: ndim - spatial]) + (1,) * spatial
        return _dropped(input, shape, p, inplace, generator, name)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Dropout of whole channels, each with its {spatial} further dimension(s): input (n, c, ...) or (c, ...)."
    return call


dropout1d = _feature_dropout("dropout1d", 1)
dropout2d = _feature_dropout("dropout2d", 2)
dropout3d = _feature_dropout("dropout3d", 3)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, generator: Any = None) -> Any:
    """Dropout that keeps mean 0 and variance 1 of selu's activations: dropped elements get selu's lowest value.

    Source: Klambauer et al., Self-normalizing neural networks, 2017, section on alpha dropout.
    """
    return _alpha_dropout(input, tuple(input.shape), p, training, inplace, generator)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False, generator: Any = None) -> Any:
    """Alpha dropout of whole channels: input (n, c, ...)."""
    if input.ndim < 2:
        raise ShapeError(f"Feature dropout requires at least 2 dimensions in the input, got {describe(input)}")
    return _alpha_dropout(input, tuple(input.shape[:2]) + (1,) * (input.ndim - 2), p, training, inplace, generator)


def _alpha_dropout(input: Any, shape: tuple[int, ...], p: float, training: bool, inplace: bool, generator: Any) -> Any:
    _probability(p)
    if not training or p == 0:
        return input
    array, _ = operand(input, "alpha_dropout's input")
    if p == 1:
        return _put(input, functions.mul(input, np.zeros(shape, array.dtype)), inplace, "alpha_dropout_")
    keep = _kept(array, shape, p, generator)
    scale = 1 / math.sqrt((_SELU_LOW**2 * p + 1) * (1 - p))
    factor = keep * array.dtype.type(scale)
    offset = np.where(keep, array.dtype.type(-scale * _SELU_LOW * p), array.dtype.type(scale * _SELU_LOW * (1 - p)))
    return _put(input, functions.add(functions.mul(input, factor), offset), inplace, "alpha_dropout_")


# ------------------------------------------------------------------------------------------- products, norms and distances


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """y_k = x1^T W_k x2 + b_k of the last dimensions; the others of x1 and x2 must agree."""
    if tuple(input1.shape[:-1]) != tuple(input2.shape[:-1]):
        raise ShapeError(
            f"bilinear{where(current().layer)}: inputs {describe(input1)} and {describe(input2)} differ before the last dimension"
        )
    if weight.ndim != 3 or input1.shape[-1:] != weight.shape[1:2] or input2.shape[-1:] != weight.shape[2:]:
        raise ShapeError(
            f"bilinear{where(current().layer)}: inputs {describe(input1)} and {describe(input2)} do not fit "
            f"weight {describe(weight)} (outputs, in1, in2)"
        )
    y = functions.einsum("...i,kij,...j->...k", input1, weight, input2)
    return y if bias is None else y + bias


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """x / max(norm_p(x), eps) along a dimension."""
    y = input / functions.clamp_min(reductions.norm(input, p, dim, True), eps)
    return y if out is None else assign(out, y, name="normalize")


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along a dimension; the inputs broadcast."""
    lengths = [functions.clamp_min(reductions.norm(x, 2, dim, True), eps) for x in (x1, x2)]
    return functions.sum((x1 / lengths[0]) * (x2 / lengths[1]), dim=dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """norm_p(x1 - x2 + eps) of the last dimension."""
    return reductions.norm(x1 - x2 + eps, p, -1, keepdim)


def pdist(input: Any, p: float = 2.0) -> Any:
    """The p-norm distances between every two rows of a matrix, in the order (0,1), (0,2), ..., (n-2,n-1)."""
    if input.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got {describe(input)}")
    first, second = np.triu_indices(input.shape[0], 1)
    return reductions.norm(input[first] - input[second], p, -1)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Integers k as rows with a 1 at k: (...) becomes (..., num_classes), int64.

    Example:
        >>> import autograd, nn
        >>> nn.functional.one_hot(autograd.tensor([0, 2])).tolist()
        [[1, 0, 0], [0, 0, 1]]
    """
    array, _ = operand(tensor, "one_hot's tensor")
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        raise DtypeError(f"one_hot is only applicable to index tensors, not {describe(array)}: convert with .long()")
    if not array.size and num_classes <= 0:
        raise ArgumentError("Can not infer total number of classes from empty tensor: give num_classes")
    if array.size and array.min() < 0:
        raise ArgumentError(f"Class values must be non-negative, and the smallest is {array.min()}")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif num_classes < 1:
        raise ArgumentError(f"num_classes should be positive, got {num_classes}")
    elif array.size and array.max() >= num_classes:
        raise ArgumentError(f"Class values must be smaller than num_classes={num_classes}, and the largest is {array.max()}")
    return make((array[..., None] == np.arange(num_classes)).astype(np.int64))


# ----------------------------------------------------------------------------------------------------------------- padding

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Pad the last dimensions: ``pad`` is (left, right) of the last one, then of the one before it, and so on.

    Args:
        mode: "constant" fills with ``value`` (0), "reflect" mirrors, "replicate" repeats the edge, "circular" wraps around.

    Raises:
        ShapeError: an odd number of widths, more of them than dimensions, or a mirror wider than what it mirrors.
    """
    if mode not in _MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}: expected one of {', '.join(_MODES)}")
    widths = [int(n) for n in pad]
    here = f"pad{where(current().layer)}"
    if len(widths) % 2 or len(widths) > 2 * input.ndim:
        raise ShapeError(
            f"{here}: {tuple(widths)} must have two widths per padded dimension, of at most {input.ndim}: {describe(input)}"
        )
    pairs = [(0, 0)] * (input.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    if mode == "constant":
        return _padded(input, pad_width=tuple(pairs), value=0 if value is None else value)
    if value is not None and value != 0:
        raise ArgumentError(f"{here}: padding mode {mode!r} doesn't take in value argument")
    for dim, (n, pair) in enumerate(zip(input.shape, pairs, strict=True)):
        limit = {"reflect": n - 1, "circular": n, "replicate": max(pair)}[mode] if n or not any(pair) else -1
        if max(pair) > limit:
            raise ShapeError(f"{here}: padding {pair} of dimension {dim} is too wide for mode {mode!r}: {describe(input)}")
    cut = tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(input.shape, pairs, strict=True))
    if any(low < 0 or high < 0 for low, high in pairs):
        input = functions.getitem(input, index=cut)
        pairs = [(max(low, 0), max(high, 0)) for low, high in pairs]
    return _padded(input, pad_width=tuple(pairs), mode=_MODES[mode])


# ------------------------------------------------------------------------------- the other families, each from its own file

# convolution, pooling, normalisation, embedding, resizing and folding: imported above
# recurrence, attention
# losses: imported above

# A layer may hold one of these functions as an attribute, which pickle finds again by name: those made of ops say where they are.
for _name, _function in list(globals().items()):
    if getattr(_function, "__module__", "") == "autograd.recording" and not _name.startswith("_") and hasattr(_function, "op"):
        _function.__module__, _function.__qualname__ = __name__, _name
