"""Convolutions and transposed convolutions in one, two and three dimensions, and their lazy forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.engine.modes import here
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.ops.convolution import each
from autograd.types import Device, DType, Size, Sizes, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import UninitializedParameter, empty, is_lazy
from .checks import dimensions, floating
from .lazy import LazyModule

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """The base of convolutions: their sizes, and the weight and bias, which start from U(-k, k) with k = 1 / sqrt(fan_in).

    Attributes:
        _n: the number of spatial dimensions. _function: the function in ``nn.functional``, as a ``staticmethod``.
        transposed: whether the weight's first dimension is the input's channels.
    """

    _n: int
    _function: Callable[..., Any]
    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
        output_padding: Sizes, groups: int, bias: bool, padding_mode: str, device: Device | None, dtype: DType | None,
    ) -> None:  # fmt: skip
        super().__init__()
        n = self._n
        if groups <= 0:
            raise ArgumentError(f"groups must be a positive integer, not {groups}")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ArgumentError(f"{name} must be divisible by groups, and {name}={channels}, groups={groups}")
        if padding_mode not in _PADDING_MODES:
            raise ArgumentError(f"padding_mode must be one of {_PADDING_MODES}, but got padding_mode={padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each(kernel_size, n, "kernel_size")
        self.stride = each(stride, n, "stride")
        self.padding: Any = padding if isinstance(padding, str) else each(padding, n, "padding")
        self.dilation = each(dilation, n, "dilation")
        self.output_padding = each(output_padding, n, "output_padding")
        self.groups = groups
        self.padding_mode = padding_mode
        for name in ("kernel_size", "stride", "dilation"):
            if min(getattr(self, name)) < 1:
                raise ArgumentError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not isinstance(self.padding, str) and min(self.padding) < 0:
            raise ArgumentError(f"negative padding is not supported: {self.padding}")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ArgumentError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ArgumentError("padding='same' is not supported for strided convolutions")
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = empty((first, second // groups, *self.kernel_size), dtype, device)
        if bias:
            self.bias = empty(out_channels, dtype, device)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = math.prod(self.weight.shape[1:])
        if self.bias is not None and fan_in:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if isinstance(self.padding, str) or any(self.padding):
            text += f", padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            text += f", dilation={self.dilation}"
        if any(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device, dtype
        )

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of the input with the weight, plus the bias."""
        if self.weight.dtype.kind in "fc":
            floating(self, input)
        padding = self.padding
        if self.padding_mode != "zeros":
            dimensions(self, input, self._n + 1, self._n + 2)
            input = F.pad(input, self._widths(), mode=self.padding_mode)
            padding = 0
        return type(self)._function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _widths(self) -> list[int]:
        """The padding in the order of ``nn.functional.pad``: a pair for each dimension, the last dimension first."""
        pairs = []
        for i in reversed(range(self._n)):
            if isinstance(self.padding, str):
                total = self.dilation[i] * (self.kernel_size[i] - 1) if self.padding == "same" else 0
                pairs += [total // 2, total - total // 2]
            else:
                pairs += [self.padding[i]] * 2
        return pairs


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0,
        output_padding: Sizes = 0, groups: int = 1, bias: bool = True, dilation: Sizes = 1, padding_mode: str = "zeros",
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            raise ArgumentError(f'Only "zeros" padding mode is supported for {type(self).__name__}, not {padding_mode!r}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode, device,
            dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Size | None = None) -> Tensor:
        """The transposed convolution of the input with the weight, plus the bias.

        Args:
            output_size: the spatial size of the result, where the stride leaves a choice; used instead of ``output_padding``.
        """
        if self.weight.dtype.kind in "fc":
            floating(self, input)
        more = self.output_padding if output_size is None else self._missing(input, output_size)
        return type(self)._function(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _missing(self, input: Tensor, output_size: Size) -> tuple[int, ...]:
        """The output padding with which the result has the requested size."""
        n = self._n
        dimensions(self, input, n + 1, n + 2)
        requested = tuple(output_size)
        if len(requested) == input.ndim:
            requested = requested[-n:]
        if len(requested) != n:
            raise ShapeError(
                f"{here(type(self).__name__)}: for input {describe(input)}, output_size must have {n} or {input.ndim} elements "
                f"(got {len(requested)})"
            )
        sizes = zip(input.shape[-n:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(i - 1) * s - 2 * p + d * (k - 1) + 1 for i, s, p, d, k in sizes]
        most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
        if any(not low <= size <= high for low, size, high in zip(least, requested, most, strict=True)):
            raise ShapeError(
                f"{here(type(self).__name__)}: requested an output size of {requested}, but valid sizes range from {least} to "
                f"{most} for input {describe(input)}"
            )
        return tuple(size - low for size, low in zip(requested, least, strict=True))


class Conv1d(_Conv):
    """Convolution (cross-correlation) over a length: (n, c, length) or (c, length).

    Args:
        in_channels: number of channels of the input. out_channels: number of channels of the output.
        kernel_size: size of a window. stride: step between windows.
        padding: width on both sides; or "same" for an output of the input's size, or "valid" for none.
        dilation: step between the elements of a window.
        groups: number of independent convolutions between which the channels are split.
        bias: whether a number is added to each output channel.
        padding_mode: what the padding holds: "zeros", "reflect", "replicate" or "circular".
        device, dtype: of the parameters.

    Shapes: weight (out_channels, in_channels / groups, kernel), bias (out_channels,).

    Example:
        >>> import autograd, nn
        >>> nn.Conv1d(3, 8, 5, padding="same")(autograd.ones(2, 3, 10)).shape
        (2, 8, 10)
    """

    _n = 1
    _function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolution (cross-correlation) over images: (n, c, height, width) or (c, height, width).

    Args:
        in_channels: number of channels of the input. out_channels: number of channels of the output.
        kernel_size: size of a window. stride: step between windows.
        padding: width on both sides; or "same" for an output of the input's size, or "valid" for none.
        dilation: step between the elements of a window.
        groups: number of independent convolutions between which the channels are split.
        bias: whether a number is added to each output channel.
        padding_mode: what the padding holds: "zeros", "reflect", "replicate" or "circular".
        device, dtype: of the parameters.

    Shapes: weight (out_channels, in_channels / groups, height, width), bias (out_channels,).

    Example:
        >>> import autograd, nn
        >>> nn.Conv2d(3, 8, 3, stride=2, padding=1)(autograd.ones(2, 3, 10, 10)).shape
        (2, 8, 5, 5)
    """

    _n = 2
    _function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolution (cross-correlation) over volumes: (n, c, depth, height, width) or (c, depth, height, width).

    Arguments as those of ``Conv2d``.

    Example:
        >>> import autograd, nn
        >>> nn.Conv3d(2, 4, 3, padding=1)(autograd.ones(1, 2, 5, 5, 5)).shape
        (1, 4, 5, 5, 5)
    """

    _n = 3
    _function = staticmethod(F.conv3d)


class ConvTranspose1d(_ConvTransposeNd):
    """The adjoint of ``Conv1d`` in its input: each number of (n, c, length) spreads the kernel over a window of the result.

    Arguments as those of ``ConvTranspose2d``.

    Example:
        >>> import autograd, nn
        >>> nn.ConvTranspose1d(4, 2, 3, stride=2)(autograd.ones(1, 4, 5)).shape
        (1, 2, 11)
    """

    _n = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    """The adjoint of ``Conv2d`` in its input: each number of (n, c, height, width) spreads the kernel over a window of the result.

    Args:
        in_channels: number of channels of the input. out_channels: number of channels of the output.
        kernel_size: size of a window. stride: step between windows of the result.
        padding: width that is cut off on both sides of the result.
        output_padding: width that is added at the end of the result, to choose among the sizes that the stride leaves open.
        groups: number of independent convolutions between which the channels are split.
        bias: whether a number is added to each output channel.
        dilation: step between the elements of a window.
        padding_mode: must be "zeros".
        device, dtype: of the parameters.

    Shapes: weight (in_channels, out_channels / groups, height, width), bias (out_channels,).

    Example:
        >>> import autograd, nn
        >>> nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1)(autograd.ones(2, 8, 5, 5), output_size=(10, 10)).shape
        (2, 3, 10, 10)
    """

    _n = 2
    _function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    """The adjoint of ``Conv3d`` in its input: each number of (n, c, depth, height, width) spreads the kernel over a window.

    Arguments as those of ``ConvTranspose2d``.

    Example:
        >>> import autograd, nn
        >>> nn.ConvTranspose3d(4, 2, 2, stride=2)(autograd.ones(1, 4, 3, 3, 3)).shape
        (1, 2, 6, 6, 6)
    """

    _n = 3
    _function = staticmethod(F.conv_transpose3d)


# -------------------------------------------------------------------------------------------------------------------- lazy forms


class _LazyConvXdMixin(LazyModule, _ConvNd):
    """The base of lazy convolutions: parameters without shapes, which take the number of channels from the first input."""

    def _begin(self, out_channels: int, bias: bool, device: Device | None, dtype: DType | None) -> None:
        if out_channels % self.groups:
            raise ArgumentError(f"out_channels must be divisible by groups: out_channels={out_channels}, groups={self.groups}")
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, once they have a shape."""
        if self.in_channels and not is_lazy(self.weight):
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of channels from an input."""
        dimensions(self, input, self._n + 1, self._n + 2)
        channels = input.shape[-self._n - 1]
        if channels % self.groups:
            raise ShapeError(
                f"{here(type(self).__name__)}: in_channels must be divisible by groups={self.groups}, and the input has "
                f"{channels} channels: {describe(input)}"
            )
        self.in_channels = channels
        if self.has_uninitialized_params():
            first, second = (channels, self.out_channels) if self.transposed else (self.out_channels, channels)
            self.weight.materialize((first, second // self.groups, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()


class _LazyForward(_LazyConvXdMixin, _Conv):
    def __init__(
        self, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
        bias: bool = True, padding_mode: str = "zeros", device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._begin(out_channels, bias, device, dtype)


class _LazyTranspose(_LazyConvXdMixin, _ConvTransposeNd):
    def __init__(
        self, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0,
        groups: int = 1, bias: bool = True, dilation: Sizes = 1, padding_mode: str = "zeros", device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype)
        self._begin(out_channels, bias, device, dtype)


class LazyConv1d(_LazyForward, Conv1d):
    """A ``Conv1d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyConv1d(4, 3)(autograd.ones(2, 3, 8)).shape
        (2, 4, 6)
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyForward, Conv2d):
    """A ``Conv2d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> layer = nn.LazyConv2d(4, 3)
        >>> layer(autograd.ones(2, 3, 8, 8)).shape
        (2, 4, 6, 6)
        >>> layer
        Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyForward, Conv3d):
    """A ``Conv3d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyConv3d(4, 3)(autograd.ones(1, 2, 5, 5, 5)).shape
        (1, 4, 3, 3, 3)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyTranspose, ConvTranspose1d):
    """A ``ConvTranspose1d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyConvTranspose1d(4, 3)(autograd.ones(2, 3, 8)).shape
        (2, 4, 10)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyTranspose, ConvTranspose2d):
    """A ``ConvTranspose2d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyConvTranspose2d(4, 3)(autograd.ones(2, 3, 8, 8)).shape
        (2, 4, 10, 10)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyTranspose, ConvTranspose3d):
    """A ``ConvTranspose3d`` that takes ``in_channels`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyConvTranspose3d(4, 3)(autograd.ones(1, 2, 5, 5, 5)).shape
        (1, 4, 7, 7, 7)
    """

    cls_to_become = ConvTranspose3d
