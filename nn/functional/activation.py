"""Activations as functions. With ``inplace=True`` a function writes its result into the input."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import autograd
from autograd.engine.modes import current
from autograd.engine.recording import operand, recorded
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.functions.inplace import assign, form_of
from autograd.functions.random import numpy_generator, uniform_array
from autograd.ops import activation as ops
from autograd.types import AnyGenerator, DType, Tensor

sigmoid = autograd.sigmoid
tanh = autograd.tanh
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
    prepared = _spared if "x" in plan.slots else lambda input: input
    if not parameters:

        def plain(input: Tensor, inplace: bool = False) -> Tensor:
            return assign(input, function(prepared(input)), name=name) if inplace else function(input)

        return wraps(function)(plain)

    def call(input: Tensor, *args: Any, inplace: bool = False, **kwargs: Any) -> Tensor:
        if len(args) > len(parameters):
            *args, inplace = args  # type: ignore[assignment]
        y = function(prepared(input) if inplace else input, *args, **kwargs)
        return assign(input, y, name=name) if inplace else y

    return wraps(function)(call)


def _spared(input: Tensor) -> Tensor:
    """A copy of the input if the backward needs its values, which are about to be overwritten; otherwise the input itself."""
    return autograd.clone(input) if current().grad and input.requires_grad else input


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


def put(input: Tensor, y: Tensor, inplace: bool, name: str) -> Tensor:
    """Return the result; with ``inplace`` write it into the input, and return the input."""
    return assign(input, y, name=name) if inplace else y


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, alpha (e^x - 1) elsewhere.

    Args:
        input: any shape, which is the result's. alpha: a number. inplace: write the result into the input.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.functional.elu(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.8647,  0.5000,  4.0000], dtype=float32)
    """
    return put(input, _elu(_spared(input) if inplace else input, alpha=alpha), inplace, "elu_")


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale (x where x > 0, alpha (e^x - 1) elsewhere), with the constants that keep mean 0 and variance 1.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.

    Example:
        >>> import autograd, nn
        >>> nn.functional.selu(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.5202,  0.5254,  4.2028], dtype=float32)
    """
    return put(input, _elu(_spared(input) if inplace else input, alpha=ops.SELU_ALPHA, scale=ops.SELU_SCALE), inplace, "selu_")


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, alpha (e^(x / alpha) - 1) elsewhere.

    Args:
        input: any shape.
        alpha: the scale of negative elements.
        inplace: whether to write the result into the input.

    Raises:
        ArgumentError: alpha is 0.

    Example:
        >>> import autograd, nn
        >>> nn.functional.celu(autograd.tensor([-2.0, 0.5, 4.0]), 2.0)
        tensor([-1.2642,  0.5000,  4.0000], dtype=float32)
    """
    if alpha == 0:
        raise ArgumentError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return put(input, _elu(_spared(input) if inplace else input, alpha=alpha, input_scale=1 / alpha), inplace, "celu_")


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False,
    generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """x where x > 0, a x elsewhere: a is drawn from U(lower, upper) in training, and is its mean otherwise.

    Args:
        input: any shape.
        lower: the least slope of negative elements.
        upper: the greatest slope of negative elements.
        training: whether to draw the slopes.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ArgumentError: lower is larger than upper.

    Source: Xu et al., Empirical evaluation of rectified activations in convolutional network, 2015.

    Example:
        >>> import autograd, nn
        >>> nn.functional.rrelu(autograd.tensor([-2.0, 0.5, 4.0]), 0.1, 0.3)
        tensor([-0.4000,  0.5000,  4.0000], dtype=float32)
    """
    if lower > upper:
        raise ArgumentError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    array, _ = operand(input, "rrelu's input")
    slopes = np.asarray(uniform_array(array.shape, array.dtype, generator) * (upper - lower) + lower)
    slopes[array > 0] = 1
    return put(input, autograd.mul(input, slopes.astype(array.dtype, copy=False)), inplace, "rrelu_")


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a sigmoid(b), where a and b are the two halves of the input along a dimension.

    Raises:
        ShapeError: the dimension has an odd length.

    Source: Dauphin et al., Language modeling with gated convolutional networks, 2017.

    Example:
        >>> import autograd, nn
        >>> nn.functional.glu(autograd.tensor([1.0, 2.0, 0.0, 100.0]))
        tensor([0.5000, 2.0000], dtype=float32)
    """
    if not input.ndim or input.shape[dim] % 2:
        size = input.shape[dim] if input.ndim else 0
        raise ShapeError(f"Halving dimension must be even, but dimension {dim} is size {size}: {describe(input)}")
    half = input.shape[dim] // 2
    lead = (slice(None),) * (dim % input.ndim)
    return autograd.getitem(input, index=(*lead, slice(half))) * sigmoid(autograd.getitem(input, index=(*lead, slice(half, None))))


_softmax = recorded(ops.softmax)
_log_softmax = recorded(ops.log_softmax)


def _dim(name: str, dim: int | None, input: Tensor, dtype: DType | None) -> tuple[int, Any]:
    if dtype is not None:
        input = input.to(dtype)
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
            stacklevel=3,
        )
        dim = 0 if input.ndim in (0, 1, 3) else 1
    return dim, input


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Tensor:
    """e^x / sum(e^x) along a dimension.

    Args:
        input: any shape, which is the result's. dim: along which the result sums to 1. dtype: convert to it first.
        _stacklevel: has no effect.

    Example:
        >>> import autograd, nn
        >>> nn.functional.softmax(autograd.tensor([1.0, 2.0, 3.0]), dim=-1)
        tensor([0.0900, 0.2447, 0.6652], dtype=float32)
    """
    if dim is None or dtype is not None:
        dim, input = _dim("softmax", dim, input, dtype)
    return _softmax(input, dim=dim)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Tensor:
    """x - log(sum(e^x)) along a dimension, without overflow.

    Args:
        input: any shape, which is the result's. dim: along which the exponentials sum to 1. dtype: convert to it first.
        _stacklevel: has no effect.

    Example:
        >>> import autograd, nn
        >>> nn.functional.log_softmax(autograd.tensor([1.0, 2.0, 3.0]), dim=-1)
        tensor([-2.4076, -1.4076, -0.4076], dtype=float32)
    """
    if dim is None or dtype is not None:
        dim, input = _dim("log_softmax", dim, input, dtype)
    return _log_softmax(input, dim=dim)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None) -> Tensor:
    """e^-x / sum(e^-x) along a dimension.

    Args:
        input: any shape.
        dim: the dimension.
        _stacklevel: has no effect.
        dtype: converts the input first.

    Example:
        >>> import autograd, nn
        >>> nn.functional.softmin(autograd.tensor([1.0, 2.0, 3.0]), dim=-1)
        tensor([0.6652, 0.2447, 0.0900], dtype=float32)
    """
    dim, input = _dim("softmin", dim, input, dtype)
    return _softmax(-input, dim=dim)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1, generator: AnyGenerator | None = None
) -> Tensor:
    """A sample of a relaxed categorical distribution: softmax((logits + G) / tau) with G = -log(-log(U)).

    Args:
        logits: unnormalized log probabilities along ``dim``. tau: temperature.
        hard: return the one-hot vector of the largest element, with the gradient of the soft sample.
        eps: has no effect.
        dim: the dimension.
        generator: draws the random numbers; the default generator unless given.

    Source: Jang, Gu and Poole, Categorical reparameterization with Gumbel-softmax, 2017.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.gumbel_softmax(autograd.tensor([0.0, 5.0, 0.0]), hard=True)
        tensor([0., 1., 0.], dtype=float32)
    """
    gumbel = -np.log(numpy_generator(generator).standard_exponential(logits.shape)).astype(logits.dtype, copy=False)
    soft = _softmax((logits + gumbel) / tau, dim=dim)
    if not hard:
        return soft
    array = soft.array
    ones: Any = np.zeros_like(array)
    np.put_along_axis(ones, array.argmax(dim, keepdims=True), 1, dim)
    hard_values: Tensor = ones - soft.detach() + soft
    return hard_values


def _writing(function: Callable[..., Tensor], method: Callable[..., Tensor], call: str, result: str) -> Callable[..., Tensor]:
    """Return the function's in-place form: its name ends in an underscore, and it has no parameter ``inplace``.

    Args:
        function: the function. method: calls it with ``inplace=True``.
        call, result: the example in the docstring: the arguments of a call, and the text that Python prints for its result.
    """
    name = f"{function.__name__}_"
    form = form_of(function, method, name, (f"nn.functional.{name}({call})", result))
    form.__doc__ = re.sub(r"(?m)^ *inplace: .*\n| inplace: .*$", "", form.__doc__ or "")
    signature = inspect.signature(function)
    parameters = [parameter for name, parameter in signature.parameters.items() if name != "inplace"]
    form.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return form


_X = "autograd.tensor([-2.0, 0.5, 4.0])"
relu_ = _writing(relu, lambda input: relu(input, inplace=True), _X, "tensor([0.0000, 0.5000, 4.0000], dtype=float32)")
elu_ = _writing(elu, lambda input, alpha=1.0: elu(input, alpha, True), _X, "tensor([-0.8647,  0.5000,  4.0000], dtype=float32)")
selu_ = _writing(selu, lambda input: selu(input, True), _X, "tensor([-1.5202,  0.5254,  4.2028], dtype=float32)")
celu_ = _writing(
    celu,
    lambda input, alpha=1.0: celu(input, alpha, True),
    f"{_X}, alpha=2.0",
    "tensor([-1.2642,  0.5000,  4.0000], dtype=float32)",
)
leaky_relu_ = _writing(
    leaky_relu,
    lambda input, negative_slope=0.01: leaky_relu(input, negative_slope, True),
    f"{_X}, 0.1",
    "tensor([-0.2000,  0.5000,  4.0000], dtype=float32)",
)
hardtanh_ = _writing(
    hardtanh,
    lambda input, min_val=-1.0, max_val=1.0: hardtanh(input, min_val, max_val, True),
    _X,
    "tensor([-1.0000,  0.5000,  1.0000], dtype=float32)",
)
rrelu_ = _writing(
    rrelu,
    lambda input, lower=0.125, upper=1.0 / 3, training=False, generator=None: rrelu(input, lower, upper, training, True, generator),
    f"{_X}, 0.1, 0.3",
    "tensor([-0.4000,  0.5000,  4.0000], dtype=float32)",
)
threshold_ = _writing(
    threshold,
    lambda input, threshold, value: globals()["threshold"](input, threshold, value, True),
    f"{_X}, 1.0, 20.0",
    "tensor([20., 20.,  4.], dtype=float32)",
)
