"""Layers that pad the last one, two or three dimensions."""

from __future__ import annotations

from autograd.ops.convolution import each
from autograd.types import Tensor

from .. import functional as F
from .checks import dimensions
from .function_layer import FunctionLayer

Padding = int | tuple[int, ...]


class _PadNd(FunctionLayer):
    """Padding of the last ``_n`` dimensions by ``nn.functional.pad`` in one of its modes."""

    _n: int
    _mode: str
    _function = staticmethod(F.pad)
    _settings: tuple[str, ...] = ("padding", "_mode")

    def __init__(self, padding: Padding) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self._n, "padding")

    def forward(self, input: Tensor) -> Tensor:
        """The input with padding around it."""
        if self._mode != "constant":  # this mode takes any number of dimensions
            dimensions(self, input, self._n + 1, self._n + 2)
        padded: Tensor = super().forward(input)
        return padded

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    _mode = "constant"
    _settings = ("padding", "_mode", "value")

    def __init__(self, padding: Padding, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_PadNd):
    _mode = "constant"


class _ReflectionPadNd(_PadNd):
    _mode = "reflect"


class _ReplicationPadNd(_PadNd):
    _mode = "replicate"


class _CircularPadNd(_PadNd):
    _mode = "circular"


class ConstantPad1d(_ConstantPadNd):
    """Pads the last dimension with a value.

    Args:
        padding: an int for both sides, or (left, right); a negative number cuts off.
        value: the number to pad with.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad1d((1, 0), 7.0)(autograd.tensor([[1.0, 2.0]])).tolist()
        [[7.0, 1.0, 2.0]]
    """

    _n = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads the last two dimensions with a value.

    Args:
        padding: an int for all sides, or (left, right, top, bottom); a negative number cuts off.
        value: the number to pad with.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad2d((1, 0, 0, 0), 7.0)(autograd.zeros(1, 2, 2)).tolist()
        [[[7.0, 0.0, 0.0], [7.0, 0.0, 0.0]]]
    """

    _n = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads the last three dimensions with a value.

    Args:
        padding: an int for all sides, or (left, right, top, bottom, front, back); a negative number cuts off.
        value: the number to pad with.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad3d(1, 7.0)(autograd.ones(1, 2, 2, 2)).shape
        (1, 4, 4, 4)
    """

    _n = 3


class ZeroPad1d(_ZeroPadNd):
    """Pads the last dimension with zeros.

    Args:
        padding: an int for both sides, or (left, right); a negative number cuts off.

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad1d((1, 0))(autograd.tensor([[1.0, 2.0]])).tolist()
        [[0.0, 1.0, 2.0]]
    """

    _n = 1


class ZeroPad2d(_ZeroPadNd):
    """Pads the last two dimensions with zeros.

    Args:
        padding: an int for all sides, or (left, right, top, bottom); a negative number cuts off.

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad2d((0, 0, 1, 0))(autograd.tensor([[[1.0, 2.0]]])).tolist()
        [[[0.0, 0.0], [1.0, 2.0]]]
    """

    _n = 2


class ZeroPad3d(_ZeroPadNd):
    """Pads the last three dimensions with zeros.

    Args:
        padding: an int for all sides, or (left, right, top, bottom, front, back); a negative number cuts off.

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad3d(1)(autograd.ones(1, 2, 2, 2)).shape
        (1, 4, 4, 4)
    """

    _n = 3


class ReflectionPad1d(_ReflectionPadNd):
    """Pads (n, c, length) or (c, length) with its mirror image at each end; the end itself is not repeated.

    Args:
        padding: an int for both sides, or (left, right); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    _n = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Pads (n, c, height, width) or (c, height, width) with its mirror image at each edge; the edge is not repeated.

    Args:
        padding: an int for all sides, or (left, right, top, bottom); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Pads (n, c, depth, height, width), or without n, with its mirror image at each face; the face is not repeated.

    Args:
        padding: an int for all sides, or (left, right, top, bottom, front, back); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n = 3


class ReplicationPad1d(_ReplicationPadNd):
    """Pads (n, c, length) or (c, length) with copies of its first and last number.

    Args:
        padding: an int for both sides, or (left, right); a negative number cuts off.

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0]]
    """

    _n = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Pads (n, c, height, width) or (c, height, width) with copies of its edges.

    Args:
        padding: an int for all sides, or (left, right, top, bottom); a negative number cuts off.

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Pads (n, c, depth, height, width), or without n, with copies of its faces.

    Args:
        padding: an int for all sides, or (left, right, top, bottom, front, back); a negative number cuts off.

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n = 3


class CircularPad1d(_CircularPadNd):
    """Pads (n, c, length) or (c, length) as if it went round: each end with numbers from the other.

    Args:
        padding: an int for both sides, or (left, right); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]]
    """

    _n = 1


class CircularPad2d(_CircularPadNd):
    """Pads (n, c, height, width) or (c, height, width) as if it went round: each edge with numbers from the opposite one.

    Args:
        padding: an int for all sides, or (left, right, top, bottom); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n = 2


class CircularPad3d(_CircularPadNd):
    """Pads (n, c, depth, height, width), or without n, as if it went round: each face with numbers from the opposite one.

    Args:
        padding: an int for all sides, or (left, right, top, bottom, front, back); a negative number cuts off.

    Raises:
        ShapeError: the padding is wider than the dimension that it copies from, or the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n = 3
