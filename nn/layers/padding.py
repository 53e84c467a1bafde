"""Layers that pad the last one, two or three dimensions."""

from __future__ import annotations

from typing import Any

from autograd.ops.convolution import each

from .. import functional as F
from ..module import Module
from .checks import dimensions


class _ConstantPad(Module):
    _n: int

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self._n, "padding")
        self.value = value

    def forward(self, input: Any) -> Any:
        """The input with the value around it."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads the last dimension with a value. Arguments as those of ``ConstantPad2d``; padding has two numbers.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad1d((1, 0), 7.0)(autograd.tensor([[1.0, 2.0]])).tolist()
        [[7.0, 1.0, 2.0]]
    """

    _n = 1


class ConstantPad2d(_ConstantPad):
    """Pads the last two dimensions with a value.

    Args:
        padding: an int, or (left, right, top, bottom); a negative one cuts off. value: what to pad with.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad2d((1, 0, 0, 0), 7.0)(autograd.zeros(1, 2, 2)).tolist()
        [[[7.0, 0.0, 0.0], [7.0, 0.0, 0.0]]]
    """

    _n = 2


class ConstantPad3d(_ConstantPad):
    """Pads the last three dimensions with a value. Arguments as those of ``ConstantPad2d``; padding has six numbers.

    Example:
        >>> import autograd, nn
        >>> nn.ConstantPad3d(1, 7.0)(autograd.ones(1, 2, 2, 2)).shape
        (1, 4, 4, 4)
    """

    _n = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Pads the last dimension with zeros: an int, or (left, right).

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad1d((1, 0))(autograd.tensor([[1.0, 2.0]])).tolist()
        [[0.0, 1.0, 2.0]]
    """

    _n = 1


class ZeroPad2d(_ZeroPad):
    """Pads the last two dimensions with zeros: an int, or (left, right, top, bottom).

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad2d((0, 0, 1, 0))(autograd.tensor([[[1.0, 2.0]]])).tolist()
        [[[0.0, 0.0], [1.0, 2.0]]]
    """

    _n = 2


class ZeroPad3d(_ZeroPad):
    """Pads the last three dimensions with zeros: an int, or (left, right, top, bottom, front, back).

    Example:
        >>> import autograd, nn
        >>> nn.ZeroPad3d(1)(autograd.ones(1, 2, 2, 2)).shape
        (1, 4, 4, 4)
    """

    _n = 3


class _ModePad(Module):
    """Padding with what the input itself has."""

    _n: int
    _mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self._n, "padding")

    def forward(self, input: Any) -> Any:
        """The input with its own values around it."""
        dimensions(self, input, self._n + 1, self._n + 2)
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_ModePad):
    """Mirrors (n, c, length) or (c, length) at its ends, which are not repeated: an int, or (left, right).

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    _n, _mode = 1, "reflect"


class ReflectionPad2d(_ModePad):
    """Mirrors (n, c, height, width) or (c, height, width) at its edges: an int, or (left, right, top, bottom).

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n, _mode = 2, "reflect"


class ReflectionPad3d(_ModePad):
    """Mirrors (n, c, depth, height, width) or without n at its faces: an int, or (left, right, top, bottom, front, back).

    Example:
        >>> import autograd, nn
        >>> nn.ReflectionPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n, _mode = 3, "reflect"


class ReplicationPad1d(_ModePad):
    """Repeats the ends of (n, c, length) or (c, length): an int, or (left, right).

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0]]
    """

    _n, _mode = 1, "replicate"


class ReplicationPad2d(_ModePad):
    """Repeats the edges of (n, c, height, width) or (c, height, width): an int, or (left, right, top, bottom).

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n, _mode = 2, "replicate"


class ReplicationPad3d(_ModePad):
    """Repeats the faces of (n, c, depth, height, width) or without n: an int, or (left, right, top, bottom, front, back).

    Example:
        >>> import autograd, nn
        >>> nn.ReplicationPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n, _mode = 3, "replicate"


class CircularPad1d(_ModePad):
    """Goes on at the other end of (n, c, length) or (c, length): an int, or (left, right).

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad1d(2)(autograd.tensor([[1.0, 2.0, 3.0]])).tolist()
        [[2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]]
    """

    _n, _mode = 1, "circular"


class CircularPad2d(_ModePad):
    """Goes on at the other edge of (n, c, height, width) or (c, height, width): an int, or (left, right, top, bottom).

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad2d(1)(autograd.ones(1, 3, 4)).shape
        (1, 5, 6)
    """

    _n, _mode = 2, "circular"


class CircularPad3d(_ModePad):
    """Goes on at the other face of (n, c, depth, height, width): an int, or (left, right, top, bottom, front, back).

    Example:
        >>> import autograd, nn
        >>> nn.CircularPad3d(1)(autograd.ones(1, 2, 3, 4)).shape
        (1, 4, 5, 6)
    """

    _n, _mode = 3, "circular"
