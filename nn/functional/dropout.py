"""Dropout as functions. Random numbers come from ``generator``, or from the default generator, which ``manual_seed`` starts."""

from __future__ import annotations

import math
import warnings

import numpy as np

import autograd
from autograd.engine.modes import here
from autograd.engine.recording import operand
from autograd.errors import ArgumentError, DtypeError, ShapeError, describe
from autograd.functions.random import numpy_generator
from autograd.ops.activation import SELU_ALPHA, SELU_SCALE
from autograd.types import AnyGenerator, Tensor

from .activation import put

_SELU_LOW = -SELU_ALPHA * SELU_SCALE  # the limit of selu far below 0


def _probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {p}")


def _survivors(array: np.ndarray, shape: tuple[int, ...], p: float, generator: AnyGenerator | None) -> np.ndarray:
    """A mask that is True, with probability 1 - p, for the elements that dropout keeps."""
    if array.dtype.kind not in "fc":
        raise DtypeError(f"dropout: the input is {describe(array)}, and only floating numbers can be scaled")
    return numpy_generator(generator).random(shape, dtype=np.float32) >= p


def _dropped(input: Tensor, shape: tuple[int, ...], p: float, inplace: bool, generator: AnyGenerator | None, name: str) -> Tensor:
    array, _ = operand(input, f"{name}'s input")
    keep = _survivors(array, shape, p, generator)
    real = array.real.dtype
    y = autograd.mul(input, keep * real.type(0 if p == 1 else 1 / (1 - p)))
    return put(input, y, inplace, name + "_")


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Set each element to zero with probability p and divide the others by 1 - p; unless training, nothing.

    Args:
        input: any shape.
        p: the probability with which an element is dropped.
        training: whether dropout takes place; without it the input is returned.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

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


def _channels(
    name: str, input: Tensor, batched: int, alone: int, p: float, training: bool, inplace: bool, generator: AnyGenerator | None
) -> Tensor:
    """Dropout of whole channels: of the first two dimensions if there are so many, ``batched`` of them, else of the first."""
    _probability(p)
    ndim = input.ndim
    if ndim not in (alone, batched):
        spatial = "dimension" if batched == 3 else "dimensions"
        warnings.warn(
            f"{here(name)}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future "
            f"release. To silence this warning, please use dropout instead. {name} is for inputs with {batched - 2} spatial "
            f"{spatial}, a channel dimension, and an optional batch dimension (i.e. {alone}D or {batched}D inputs)",
            stacklevel=3,
        )
    leading = 1 if name != "dropout2d" and ndim != batched else 2
    if ndim < leading:
        raise ShapeError(
            f"{here(name)}: Feature dropout requires at least {leading} dimensions in the input, got {describe(input)}"
        )
    if not training or p == 0:
        return input
    return _dropped(input, tuple(input.shape[:leading]) + (1,) * (ndim - leading), p, inplace, generator, name)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Dropout of whole channels: each is set to zero with probability p, and the others are divided by 1 - p.

    Args:
        input: (n, c, length) or (c, length). p: the probability, 0 to 1. training: otherwise nothing is dropped.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ShapeError: another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.dropout1d(autograd.ones(4, 1)).flatten()
        tensor([2., 2., 2., 0.], dtype=float32)
    """
    if input.ndim not in (2, 3):
        raise ShapeError(f"{here('dropout1d')}: expected 2D or 3D input, got {describe(input)}")
    return _channels("dropout1d", input, 3, 2, p, training, inplace, generator)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Dropout of whole channels: each is set to zero with probability p, and the others are divided by 1 - p.

    Args:
        input: (n, c, height, width). In three dimensions it is taken for (n, c, length), and PyTorch's warning is given: it says
            that a future version takes it for (c, height, width). With other numbers of dimensions it warns, too, and works.
        p: the probability, 0 to 1. training: otherwise nothing is dropped.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ShapeError: fewer than two dimensions.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.dropout2d(autograd.ones(2, 2, 1, 1)).flatten()
        tensor([2., 2., 2., 0.], dtype=float32)
    """
    if input.ndim == 3:
        warnings.warn(
            f"{here('dropout2d')}: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            f"- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future "
            f"release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            f"channel-wise dropout behavior, please switch to using dropout1d instead",
            stacklevel=2,
        )
    return _channels("dropout2d", input, 4, 3, p, training, inplace, generator)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Dropout of whole channels: each is set to zero with probability p, and the others are divided by 1 - p.

    Args:
        input: (n, c, depth, height, width) or (c, depth, height, width). With other numbers of dimensions it warns, and drops along
            the first one. p: the probability, 0 to 1. training: otherwise nothing is dropped.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ShapeError: no dimension.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.dropout3d(autograd.ones(4, 1, 1, 1)).flatten()
        tensor([2., 2., 2., 0.], dtype=float32)
    """
    return _channels("dropout3d", input, 5, 4, p, training, inplace, generator)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Dropout that keeps mean 0 and variance 1 of selu's activations: dropped elements get selu's lowest value.

    Args:
        input: any shape.
        p: the probability with which an element is dropped.
        training: whether dropout takes place; without it the input is returned.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Source: Klambauer et al., Self-normalizing neural networks, 2017, section on alpha dropout.

    Example:
        >>> import autograd, nn
        >>> x = autograd.ones(4)
        >>> nn.functional.alpha_dropout(x, 0.5) is x  # training=False
        True
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.alpha_dropout(x, 0.5, training=True)
        tensor([ 1.6656,  1.6656,  1.6656, -0.7792], dtype=float32)
    """
    return _alpha_dropout(input, tuple(input.shape), p, training, inplace, generator)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, generator: AnyGenerator | None = None,
) -> Tensor:  # fmt: skip
    """Alpha dropout of whole channels.

    Args:
        input: (n, c, ...). The others: as ``alpha_dropout``.
        p: the probability with which an element is dropped.
        training: whether dropout takes place; without it the input is returned.
        inplace: whether to write the result into the input.
        generator: draws the random numbers; the default generator unless given.

    Raises:
        ShapeError: fewer than two dimensions.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.functional.feature_alpha_dropout(autograd.ones(1, 3, 2), 0.5, training=True)
        tensor([[[1.6656, 1.6656],
                 [1.6656, 1.6656],
                 [1.6656, 1.6656]]], dtype=float32)
    """
    if input.ndim < 2 and training and p:
        raise ShapeError(f"Feature dropout requires at least 2 dimensions in the input, got {describe(input)}")
    return _alpha_dropout(input, tuple(input.shape[:2]) + (1,) * (input.ndim - 2), p, training, inplace, generator)


def _alpha_dropout(
    input: Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool, generator: AnyGenerator | None
) -> Tensor:
    _probability(p)
    if not training or p == 0:
        return input
    array, _ = operand(input, "alpha_dropout's input")
    if p == 1:
        return put(input, autograd.mul(input, np.zeros(shape, array.dtype)), inplace, "alpha_dropout_")
    keep = _survivors(array, shape, p, generator)
    scale = 1 / math.sqrt((_SELU_LOW**2 * p + 1) * (1 - p))
    factor = keep * array.dtype.type(scale)
    offset = np.where(keep, array.dtype.type(-scale * _SELU_LOW * p), array.dtype.type(scale * _SELU_LOW * (1 - p)))
    return put(input, autograd.add(autograd.mul(input, factor), offset), inplace, "alpha_dropout_")
