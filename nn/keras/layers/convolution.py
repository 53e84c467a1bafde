"""Convolutions of (n, steps, channels) and (n, rows, columns, channels), and padding of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError, ShapeError
from autograd.types import Size, Sizes, Tensor

from ... import functional as F
from .. import activations, regularizers
from ..base import Layer, Shape, channels
from ..lookup import Named

_CONVOLVE = {1: F.conv1d, 2: F.conv2d}
_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d}


def each(value: Sizes, rank: int, name: str) -> tuple[int, ...]:
    """A number for each spatial dimension, of one number or a sequence."""
    found = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(found) != rank or any(not isinstance(n, int) or n < 1 for n in found):
        raise ArgumentError(f"{name} must be a positive integer, or {rank} of them, not {value}")
    return found


def channels_first(x: Tensor) -> Tensor:
    """(n, ..., channels) as (n, channels, ...)."""
    return x.movedim(-1, 1)


def channels_last(x: Tensor) -> Tensor:
    """(n, channels, ...) as (n, ..., channels)."""
    return x.movedim(1, -1)


def same(sizes: Size, kernel: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...]) -> list[tuple[int, int]]:
    """What "same" pads before and after each dimension: the output has ceil(n / stride) positions, and the odd one goes behind."""
    pads = []
    for n, k, s, d in zip(sizes, kernel, strides, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def padded(x: Tensor, pads: list[tuple[int, int]], value: float = 0.0) -> Tensor:
    """(n, channels, ...) with numbers of one value around."""
    if not any(a or b for a, b in pads):
        return x
    return F.pad(x, [n for pair in reversed(pads) for n in pair], value=value)


class _Convolution(Layer):
    rank = 2

    def __init__(
        self, filters: int, kernel_size: Sizes, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Sizes = 1, groups: int = 1, activation: Named | None = None, use_bias: bool = True,
        kernel_initializer: Named = "glorot_uniform", bias_initializer: Named = "zeros", kernel_regularizer: Named | None = None,
        bias_regularizer: Named | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        if data_format not in (None, "channels_last"):
            raise ArgumentError(
                f"{type(self).__name__} takes data_format='channels_last': permute the data, or use nn.Conv{self.rank}d"
            )
        if padding not in self._paddings():
            raise ArgumentError(f"padding must be one of {', '.join(self._paddings())}, not {padding!r}")
        self.filters, self.padding, self.groups, self.use_bias = filters, padding, groups, use_bias
        self.kernel_size = each(kernel_size, self.rank, "kernel_size")
        self.strides = each(strides, self.rank, "strides")
        self.dilation_rate = each(dilation_rate, self.rank, "dilation_rate")
        self.activation = activations.get(activation)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = regularizers.get(kernel_regularizer), regularizers.get(bias_regularizer)

    def _paddings(self) -> tuple[str, ...]:
        return ("valid", "same", "causal") if self.rank == 1 else ("valid", "same")

    def _bias(self, count: int) -> None:
        if not self.use_bias:
            self.bias: Any = None
        else:
            self.bias = self.add_weight((count,), self.bias_initializer, regularizer=self.bias_regularizer, name="bias")

    def _checked(self, x: Tensor) -> Tensor:
        if x.ndim != self.rank + 2:
            raise ShapeError(
                f"layer {self.name!r} takes (n, {'steps' if self.rank == 1 else 'rows, columns'}, channels), not {tuple(x.shape)}"
            )
        return channels_first(x)

    def _room(self, x: Tensor) -> Tensor:
        """The input with what its padding asks for around it."""
        if self.padding == "same":
            return padded(x, same(x.shape[2:], self.kernel_size, self.strides, self.dilation_rate))
        if self.padding == "causal":
            return padded(x, [((self.kernel_size[0] - 1) * self.dilation_rate[0], 0)])
        return x

    def get_config(self) -> dict[str, Any]:
        """Filters, sizes, padding and activation."""
        return {
            **super().get_config(), "filters": self.filters, "kernel_size": list(self.kernel_size), "strides": list(self.strides),
            "padding": self.padding, "dilation_rate": list(self.dilation_rate), "groups": self.groups,
            "activation": activations.name_of(self.activation), "use_bias": self.use_bias,
        }  # fmt: skip


class _Conv(_Convolution):
    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            (*self.kernel_size, channels(self, input_shape) // self.groups, self.filters), self.kernel_initializer,
            regularizer=self.kernel_regularizer, name="kernel",
        )  # fmt: skip
        self._bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """activation(inputs * kernel + bias)."""
        x = self._room(self._checked(inputs))
        kernel = self.kernel.permute(self.rank + 1, self.rank, *range(self.rank))
        y = _CONVOLVE[self.rank](x, kernel, self.bias, self.strides, 0, self.dilation_rate, self.groups)
        return self.activation(channels_last(y))


class Conv1D(_Conv):
    """Convolution of (n, steps, channels).

    Args:
        filters: outputs. kernel_size, strides, dilation_rate: steps. padding: "valid", "same" (the odd position goes behind) or
            "causal" (all before). groups: of channels. activation, use_bias, initialisers, regularisers: as for ``Dense``.
        more: as for ``Layer``.

    Shapes: kernel (width, channels / groups, filters).
    """

    rank = 1


class Conv2D(_Conv):
    """Convolution of (n, rows, columns, channels).

    Args:
        filters: outputs. kernel_size, strides, dilation_rate: rows and columns. padding: "valid" or "same" (the odd position goes
            behind). groups: of channels. activation, use_bias, initialisers, regularisers: as for ``Dense``.
        more: as for ``Layer``.

    Shapes: kernel (rows, columns, channels / groups, filters).

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.Conv2D(8, 3, strides=2, padding="same")(np.zeros((1, 28, 28, 3))).shape
        (1, 14, 14, 8)
    """


class _ConvTranspose(_Convolution):
    def __init__(self, *args: Any, output_padding: Sizes | None = None, **more: Any) -> None:
        if output_padding is not None:
            raise ArgumentError(f"{type(self).__name__} takes no output_padding here: use padding='same' or 'valid'")
        super().__init__(*args, **more)

    def _paddings(self) -> tuple[str, ...]:
        return ("valid", "same")

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels(self, input_shape)), self.kernel_initializer,
            regularizer=self.kernel_regularizer, name="kernel",
        )  # fmt: skip
        self._bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """The transpose of the convolution that has these sizes, then bias and activation."""
        x = self._checked(inputs)
        kernel = self.kernel.permute(self.rank + 1, self.rank, *range(self.rank))
        y = _TRANSPOSED[self.rank](x, kernel, None, self.strides, 0, 0, 1, self.dilation_rate)
        sizes = zip(x.shape[2:], y.shape[2:], self.kernel_size, self.strides, self.dilation_rate, strict=True)
        cuts: list[Any] = [slice(None), slice(None)]
        pads = []
        for n, full, k, s, d in sizes:
            wide = (k - 1) * d + 1
            wanted = n * s if self.padding == "same" else n * s + max(wide - s, 0)
            # "same" cuts what its convolution would have padded, the odd position behind.
            before = max(wide - s, 0) // 2 if self.padding == "same" else 0
            cuts.append(slice(before, before + wanted))
            pads.append((0, max(before + wanted - full, 0)))
        y = padded(y, pads)[tuple(cuts)]
        if self.bias is not None:
            y = y + self.bias.reshape(-1, *[1] * self.rank)
        return self.activation(channels_last(y))


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution of (n, steps, channels).

    Args:
        filters, kernel_size, strides, padding, dilation_rate, activation, use_bias: as for ``Conv1D``. more: as for ``Layer``.

    Shapes: kernel (width, filters, channels); the output has n strides steps for "same".
    """

    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution of (n, rows, columns, channels).

    Args:
        filters, kernel_size, strides, padding, dilation_rate, activation, use_bias: as for ``Conv2D``. more: as for ``Layer``.

    Shapes: kernel (rows, columns, filters, channels); the output has n strides positions for "same".
    """


class DepthwiseConv2D(_Convolution):
    """A convolution of each channel by itself.

    Args:
        kernel_size: rows and columns. depth_multiplier: outputs of each channel. strides, padding, activation, use_bias: as for
            ``Conv2D``. more: as for ``Layer``.

    Shapes: kernel (rows, columns, channels, depth_multiplier).
    """

    def __init__(
        self, kernel_size: Sizes, strides: Sizes = 1, padding: str = "valid", depth_multiplier: int = 1, **more: Any
    ) -> None:
        renamed = {"depthwise_initializer": "kernel_initializer", "depthwise_regularizer": "kernel_regularizer"}
        super().__init__(0, kernel_size, strides, padding, **{renamed.get(key, key): value for key, value in more.items()})
        self.depth_multiplier = depth_multiplier

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, channels(self, input_shape), self.depth_multiplier)
        self.kernel = self.add_weight(shape, self.kernel_initializer, regularizer=self.kernel_regularizer, name="kernel")
        self._bias(channels(self, input_shape) * self.depth_multiplier)

    def call(self, inputs: Tensor) -> Tensor:
        """Each channel's convolution, then bias and activation."""
        x = self._room(self._checked(inputs))
        return self.activation(channels_last(by_channel(x, self.kernel, self.bias, self.strides, self.dilation_rate)))

    def get_config(self) -> dict[str, Any]:
        """Sizes and the depth multiplier."""
        config = super().get_config()
        return {**{k: v for k, v in config.items() if k not in ("filters", "groups")}, "depth_multiplier": self.depth_multiplier}


def by_channel(x: Tensor, kernel: Tensor, bias: Tensor | None, strides: Size, dilation: Size) -> Tensor:
    """The convolution of each channel of (n, channels, ...) with its own kernels (..., channels, multiplier)."""
    rank, channels, times = x.ndim - 2, kernel.shape[-2], kernel.shape[-1]
    weights = kernel.permute(rank, rank + 1, *range(rank)).reshape(channels * times, 1, *kernel.shape[:rank])
    return _CONVOLVE[rank](x, weights, bias, strides, 0, dilation, channels)


class _Separable(_Convolution):
    def __init__(
        self, filters: int, kernel_size: Sizes, strides: Sizes = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Sizes = 1, depth_multiplier: int = 1, activation: Named | None = None, use_bias: bool = True,
        depthwise_initializer: Named = "glorot_uniform", pointwise_initializer: Named = "glorot_uniform", **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            1,
            activation,
            use_bias,
            depthwise_initializer,
            **more,
        )
        self.depth_multiplier, self.pointwise_initializer = depth_multiplier, pointwise_initializer

    def build(self, input_shape: Shape) -> None:
        width = channels(self, input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, width, self.depth_multiplier), self.kernel_initializer, name="depthwise_kernel"
        )
        self.pointwise_kernel = self.add_weight(
            (*[1] * self.rank, width * self.depth_multiplier, self.filters), self.pointwise_initializer, name="pointwise_kernel"
        )
        self._bias(self.filters)

    def call(self, inputs: Tensor) -> Tensor:
        """Each channel's convolution, then one that mixes the channels, bias and activation."""
        x = by_channel(self._room(self._checked(inputs)), self.depthwise_kernel, None, self.strides, self.dilation_rate)
        mixing = self.pointwise_kernel.permute(self.rank + 1, self.rank, *range(self.rank))
        return self.activation(channels_last(_CONVOLVE[self.rank](x, mixing, self.bias)))

    def get_config(self) -> dict[str, Any]:
        """Filters, sizes and the depth multiplier."""
        config = super().get_config()
        return {**{k: v for k, v in config.items() if k != "groups"}, "depth_multiplier": self.depth_multiplier}


class SeparableConv1D(_Separable):
    """A convolution of each channel of (n, steps, channels), then a mixture of the channels.

    Args:
        filters, kernel_size, strides, padding, activation, use_bias: as for ``Conv1D``. depth_multiplier: outputs of each channel
            before they are mixed. more: as for ``Layer``.
    """

    rank = 1


class SeparableConv2D(_Separable):
    """A convolution of each channel of (n, rows, columns, channels), then a mixture of the channels.

    Args:
        filters, kernel_size, strides, padding, activation, use_bias: as for ``Conv2D``. depth_multiplier: outputs of each channel
            before they are mixed. more: as for ``Layer``.
    """


class _Around(Layer):
    rank = 2

    def __init__(
        self, padding: int | Sequence[int] | Sequence[Sequence[int]] = 1, data_format: str | None = None, **more: Any
    ) -> None:
        super().__init__(**more)
        given: Sequence[Any] = (padding,) * self.rank if isinstance(padding, int) else padding
        if self.rank == 1 and len(given) == 2:
            given = (given,)
        self.padding: list[tuple[int, int]] = [(n, n) if isinstance(n, int) else (n[0], n[1]) for n in given]

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with zeros around."""
        return channels_last(padded(channels_first(inputs), self.padding))

    def get_config(self) -> dict[str, Any]:
        """How many zeros."""
        pairs = [list(pair) for pair in self.padding]
        return {**super().get_config(), "padding": pairs[0] if self.rank == 1 else pairs}


class ZeroPadding1D(_Around):
    """Zeros before and after the steps.

    Args:
        padding: how many, or a pair. more: as for ``Layer``.
    """

    rank = 1


class ZeroPadding2D(_Around):
    """Zeros around the rows and columns.

    Args:
        padding: how many, a pair (rows, columns), or ((top, bottom), (left, right)). more: as for ``Layer``.
    """


class UpSampling1D(Layer):
    """Each step several times.

    Args:
        size: how often. more: as for ``Layer``.
    """

    def __init__(self, size: int = 2, **more: Any) -> None:
        super().__init__(**more)
        self.size = size

    def call(self, inputs: Tensor) -> Tensor:
        """(n, steps size, channels)."""
        return inputs.repeat_interleave(self.size, 1)

    def get_config(self) -> dict[str, Any]:
        """How often."""
        return {**super().get_config(), "size": self.size}


class UpSampling2D(Layer):
    """Each row and column several times, or numbers between them.

    Args:
        size: how often. interpolation: "nearest" or "bilinear". more: as for ``Layer``.
    """

    def __init__(self, size: Sizes = 2, data_format: str | None = None, interpolation: str = "nearest", **more: Any) -> None:
        super().__init__(**more)
        if interpolation not in ("nearest", "bilinear"):
            raise ArgumentError(f'interpolation must be "nearest" or "bilinear", not {interpolation!r}')
        self.size, self.interpolation = each(size, 2, "size"), interpolation

    def call(self, inputs: Tensor) -> Tensor:
        """(n, rows size, columns size, channels)."""
        if self.interpolation == "nearest":
            return inputs.repeat_interleave(self.size[0], 1).repeat_interleave(self.size[1], 2)
        return channels_last(F.interpolate(channels_first(inputs), scale_factor=self.size, mode="bilinear"))

    def get_config(self) -> dict[str, Any]:
        """Size and interpolation."""
        return {**super().get_config(), "size": list(self.size), "interpolation": self.interpolation}
