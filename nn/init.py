"""Initial values of parameters. Each function fills a tensor in place, without recording, and returns it.

Random numbers come from the argument ``generator``: an ``autograd.Generator``, a NumPy generator, or None for the default
generator, which ``manual_seed`` starts.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.engine import memory
from autograd.functions.random import normal_array, numpy_generator, uniform_array
from autograd.types import AnyGenerator, Tensor

from .deprecation import deprecated

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")


_skipped: ContextVar[bool] = ContextVar("skip_init", default=False)


@contextmanager
def skipped() -> Iterator[None]:
    """Within the block the functions of this module leave tensors as they are: for modules whose values are loaded afterwards."""
    token = _skipped.set(True)
    try:
        yield
    finally:
        _skipped.reset(token)


def _put(tensor: Tensor, values: Any) -> Tensor:
    """Write values into a tensor's memory, without recording."""
    if isinstance(tensor, np.ndarray):
        tensor[...] = values
        return tensor
    memory.write(tensor.array, values)
    return tensor


def _array(tensor: Tensor) -> np.ndarray:
    return tensor if isinstance(tensor, np.ndarray) else tensor.array


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a nonlinearity's weights should be larger, so that activations keep their variance.

    Args:
        nonlinearity: "linear", "conv1d" and the other convolutions, "sigmoid": 1; "tanh": 5/3; "relu": sqrt(2); "leaky_relu":
            sqrt(2 / (1 + slope^2)); "selu": 3/4.
        param: the negative slope of leaky_relu, 0.01 by default.

    Example:
        >>> import nn
        >>> nn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity in _LINEAR:
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(
        f"Unsupported nonlinearity {nonlinearity}: expected tanh, relu, leaky_relu, selu or one of {', '.join(_LINEAR)}"
    )


def _fans(tensor: Tensor) -> tuple[int, int]:
    """The number of inputs of each output (fan_in), and the number of outputs of each input (fan_out)."""
    shape = _array(tensor).shape
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


_calculate_fan_in_and_fan_out = _fans


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _fans(tensor)[mode == "fan_out"]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: AnyGenerator | None = None) -> Tensor:
    """Fill with numbers drawn from U(a, b).

    Args:
        tensor: the tensor to fill.
        a: the lower bound.
        b: the upper bound.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ValueError: a is larger than b.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.uniform_(autograd.empty(3, 5), -0.1, 0.1)
        >>> bool((w.abs() <= 0.1).all())
        True
    """
    array = _array(tensor)
    if a > b:
        raise ValueError(f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}")
    if _skipped.get():
        return tensor
    return _put(tensor, uniform_array(array.shape, array.dtype, generator) * array.dtype.type(b - a) + array.dtype.type(a))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: AnyGenerator | None = None) -> Tensor:
    """Fill with numbers drawn from N(mean, std^2).

    Args:
        tensor: the tensor to fill.
        mean: the mean.
        std: the standard deviation.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ValueError: a negative std.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> w = nn.init.normal_(autograd.empty(100, 100), mean=1.0, std=0.1)
        >>> round(w.mean().item(), 2), round(w.std().item(), 2)
        (1.0, 0.1)
    """
    array = _array(tensor)
    if std < 0:
        raise ValueError(f"normal expects std >= 0.0, but found std {std}")
    if _skipped.get():
        return tensor
    return _put(tensor, normal_array(array.shape, array.dtype, generator) * array.dtype.type(std) + array.dtype.type(mean))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: AnyGenerator | None = None
) -> Tensor:
    """Fill with numbers drawn from N(mean, std^2) between a and b, by inverting the distribution function.

    Args:
        mean, std: of the distribution before it is cut. a, b: the bounds, as values and not in units of std.
        tensor: the tensor to fill.
        generator: draws the random numbers; the default generator unless given.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.trunc_normal_(autograd.empty(100), std=2.0, a=-1.0, b=1.0)
        >>> bool((w.abs() <= 1).all())
        True
    """
    from scipy.special import ndtr, ndtri

    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_: the distribution of values may be incorrect.",
            stacklevel=2,
        )
    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    u = numpy_generator(generator).random(_array(tensor).shape)
    return _put(tensor, np.clip(mean + std * ndtri(low + (high - low) * u), a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    Example:
        >>> import autograd, nn
        >>> nn.init.constant_(autograd.empty(3), 0.3)
        tensor([0.3000, 0.3000, 0.3000], dtype=float32)
    """
    return _put(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Example:
        >>> import autograd, nn
        >>> nn.init.ones_(autograd.empty(3))
        tensor([1., 1., 1.], dtype=float32)
    """
    return _put(tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Example:
        >>> import autograd, nn
        >>> nn.init.zeros_(autograd.empty(3))
        tensor([0., 0., 0.], dtype=float32)
    """
    return _put(tensor, 0)


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity.

    Raises:
        ValueError: not two dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.init.eye_(autograd.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]], dtype=float32)
    """
    shape = _matrix(tensor)
    return _put(tensor, np.eye(shape[0], shape[1]))


def _matrix(tensor: Tensor) -> tuple[int, ...]:
    shape = _array(tensor).shape
    if len(shape) != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return shape


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make a convolution's weight pass its input channels through unchanged, as many as there are, group by group.

    Args:
        tensor: (outputs, inputs / groups, ...), of 3 to 5 dimensions.

    Raises:
        ValueError: another number of dimensions, or outputs that groups do not divide.

    Example:
        >>> import autograd, nn
        >>> nn.init.dirac_(autograd.empty(1, 2, 3))
        tensor([[[0., 1., 0.],
                 [0., 0., 0.]]], dtype=float32)
    """
    shape = _array(tensor).shape
    if len(shape) not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    values = np.zeros(shape)
    per_group = shape[0] // groups
    centre = tuple(n // 2 for n in shape[2:])
    for group in range(groups):
        for channel in range(min(per_group, shape[1])):
            values[(group * per_group + channel, channel, *centre)] = 1
    return _put(tensor, values)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: AnyGenerator | None = None) -> Tensor:
    """Fill from U(-a, a) with a = gain sqrt(6 / (fan_in + fan_out)): variances are kept forwards and backwards alike.

    Args:
        tensor: the tensor to fill.
        gain: the factor of the values, as ``calculate_gain`` returns it.
        generator: draws the random numbers; the default generator unless given.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.xavier_uniform_(autograd.empty(2, 4))
        >>> bool((w.abs() <= 1).all())
        True
    """
    bound = gain * math.sqrt(6.0 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: AnyGenerator | None = None) -> Tensor:
    """Fill from N(0, std^2) with std = gain sqrt(2 / (fan_in + fan_out)). Source: as ``xavier_uniform_``.

    Args:
        tensor: the tensor to fill.
        gain: the factor of the values, as ``calculate_gain`` returns it.
        generator: draws the random numbers; the default generator unless given.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> w = nn.init.xavier_normal_(autograd.empty(100, 100))
        >>> round(w.std().item(), 2)
        0.1
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: AnyGenerator | None = None
) -> Tensor:
    """Fill from U(-b, b) with b = gain sqrt(3 / fan): variances are kept through rectifiers.

    Args:
        a: negative slope of the leaky rectifier that follows.
        mode: "fan_in" keeps the forward's variances, "fan_out" the backward's.
        nonlinearity: what follows, for ``calculate_gain``.
        tensor: the tensor to fill.
        generator: draws the random numbers; the default generator unless given.

    Source: He et al., Delving deep into rectifiers, 2015.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.kaiming_uniform_(autograd.empty(2, 6), nonlinearity="relu")
        >>> bool((w.abs() <= 1).all())
        True
    """
    if _nothing(tensor):
        return tensor
    bound = math.sqrt(3.0) * calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: AnyGenerator | None = None
) -> Tensor:
    """Fill from N(0, std^2) with std = gain / sqrt(fan). Arguments and source: as ``kaiming_uniform_``.

    Args:
        tensor: the tensor to fill.
        a: the slope of negative elements, for leaky_relu.
        mode: "fan_in" keeps the variances forwards, "fan_out" backwards.
        nonlinearity: the activation that follows, as of ``calculate_gain``.
        generator: draws the random numbers; the default generator unless given.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> w = nn.init.kaiming_normal_(autograd.empty(100, 200), nonlinearity="relu")
        >>> round(w.std().item(), 2)
        0.1
    """
    if _nothing(tensor):
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def _nothing(tensor: Tensor) -> bool:
    empty = 0 in _array(tensor).shape
    if empty:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return empty


def orthogonal_(tensor: Tensor, gain: float = 1, generator: AnyGenerator | None = None) -> Tensor:
    """Make the rows of a matrix (or its columns, if there are fewer) orthonormal, times gain; further dimensions count as columns.

    Args:
        tensor: the tensor to fill.
        gain: the factor of the matrix.
        generator: draws the random numbers; the default generator unless given.

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear networks, 2014.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.orthogonal_(autograd.empty(2, 3))
        >>> bool(autograd.allclose(w @ w.T, autograd.eye(2), atol=1e-6))
        True
    """
    array = _array(tensor)
    if array.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not array.size:
        return tensor
    rows, columns = array.shape[0], array.size // array.shape[0]
    drawn = normal_array((rows, columns), np.dtype(np.float64), generator)
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    # The signs of R's diagonal make the distribution uniform (Mezzadri, 2007).
    q = q * np.sign(np.diagonal(r))
    return _put(tensor, gain * (q.T if rows < columns else q).reshape(array.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: AnyGenerator | None = None) -> Tensor:
    """Fill a matrix from N(0, std^2), with a fraction ``sparsity`` of each column set to zero.

    Args:
        tensor: the tensor to fill.
        sparsity: the fraction of each column that is 0.
        std: the standard deviation.
        generator: draws the random numbers; the default generator unless given.

    Source: Martens, Deep learning via Hessian-free optimization, 2010.

    Example:
        >>> import autograd, nn
        >>> w = nn.init.sparse_(autograd.empty(10, 4), sparsity=0.3)
        >>> (w == 0).sum(0)
        tensor([3, 3, 3, 3], dtype=int64)
    """
    rows, columns = _matrix(tensor)
    zeros = math.ceil(sparsity * rows)
    values = normal_array((rows, columns), np.dtype(np.float64), generator) * std
    numbers = numpy_generator(generator)
    for column in range(columns):
        values[numbers.permutation(rows)[:zeros], column] = 0
    return _put(tensor, values)


constant, dirac, eye, kaiming_normal, kaiming_uniform, normal, orthogonal, sparse, uniform, xavier_normal, xavier_uniform = (
    deprecated(f, f"nn.init.{f.__name__[:-1]}", f"nn.init.{f.__name__}")
    for f in (
        constant_, dirac_, eye_, kaiming_normal_, kaiming_uniform_, normal_, orthogonal_, sparse_, uniform_, xavier_normal_,
        xavier_uniform_,
    )
)  # fmt: skip


__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_",
    "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip
