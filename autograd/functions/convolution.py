"""Convolutions, under the names and signatures of torch.nn.functional."""

from __future__ import annotations

from ..engine.graph import array_of
from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ShapeError, describe
from ..ops import convolution
from ..types import Tensor, TensorLike
from . import shape as shapes

conv1d = recorded(convolution.conv1d)
conv2d = recorded(convolution.conv2d)
conv3d = recorded(convolution.conv3d)
conv_transpose1d = recorded(convolution.conv_transpose1d)
conv_transpose2d = recorded(convolution.conv_transpose2d)
conv_transpose3d = recorded(convolution.conv_transpose3d)


def conv_tbc(input: Tensor, weight: Tensor, bias: TensorLike, pad: int = 0) -> Tensor:
    """``conv1d`` of sequences in the order (time, batch, channels).

    Args:
        input: (time, batch, channels).
        weight: (width, channels, outputs).
        bias: (outputs,).
        pad: the number of zeros to add at both ends.

    Raises:
        ShapeError: other numbers of dimensions, or channels that do not match.

    Example:
        >>> import autograd, nn
        >>> nn.functional.conv_tbc(autograd.ones(5, 2, 3), autograd.ones(3, 3, 4), autograd.zeros(4), pad=1)[:, 0, 0].tolist()
        [6.0, 9.0, 9.0, 9.0, 6.0]
    """
    for name, value, dims in (("input", input, "time, batch, channels"), ("weight", weight, "width, channels, outputs")):
        if value.ndim != 3:
            raise ShapeError(f"{here('conv_tbc')}: {name} must be ({dims}), it is {describe(array_of(value))}")
    x, w = shapes.permute(input, (1, 2, 0)), shapes.permute(weight, (2, 1, 0))
    return shapes.permute(conv1d(x, w, bias, padding=pad), (2, 0, 1))
