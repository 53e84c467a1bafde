"""Pooling layers: maxima, means and norms over windows, in one, two and three dimensions, and maxima put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from autograd.ops.convolution import each
from autograd.types import Size, Sizes, Tensor

from .. import functional as F
from ..module import Module
from .function_layer import FunctionLayer


class _MaxPoolNd(FunctionLayer):
    _settings = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode


class MaxPool1d(_MaxPoolNd):
    """Maxima over windows of (n, c, length) or (c, length).

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width on both sides, at most half of the kernel; padding is never the maximum.
        dilation: step between the elements of a window.
        return_indices: also return the flat indices of the maxima, for ``MaxUnpool1d``.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool1d(2)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
        [[3.0, 2.0]]
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """Maxima over windows of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width on both sides, at most half of the kernel; padding is never the maximum.
        dilation: step between the elements of a window.
        return_indices: also return the flat indices of the maxima, for ``MaxUnpool2d``.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool2d(2)(autograd.arange(16.0).reshape(1, 4, 4)).tolist()
        [[[5.0, 7.0], [13.0, 15.0]]]
    """

    _function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """Maxima over windows of (n, c, depth, height, width), or without n.

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width on both sides, at most half of the kernel; padding is never the maximum.
        dilation: step between the elements of a window.
        return_indices: also return the flat indices of the maxima, for ``MaxUnpool3d``.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool3d(2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.max_pool3d)


# ------------------------------------------------------------------------------------------------------------ means and norms


class _AvgPoolNd(FunctionLayer):
    _settings: tuple[str, ...] = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
    _shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override


class AvgPool1d(_AvgPoolNd):
    """Means over windows of (n, c, length) or (c, length).

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width of the zeros on both sides.
        ceil_mode: also count a window that begins inside and ends outside.
        count_include_pad: whether the padding's zeros count in the mean.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool1d(2)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
        [[2.0, 1.0]]
    """

    _function = staticmethod(F.avg_pool1d)
    _settings = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        steps = kernel_size if stride is None else stride
        kernel, steps = each(kernel_size, 1, "kernel_size"), each(steps, 1, "stride")
        super().__init__(kernel, steps, each(padding, 1, "padding"), ceil_mode, count_include_pad)


class AvgPool2d(_AvgPoolNd):
    """Means over windows of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width of the zeros on both sides.
        ceil_mode: also count a window that begins inside and ends outside.
        count_include_pad: whether the padding's zeros count in the mean.
        divisor_override: divide the sums by this number instead of the number of elements.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool2d(2)(autograd.arange(16.0).reshape(1, 4, 4)).tolist()
        [[[2.5, 4.5], [10.5, 12.5]]]
    """

    _function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    """Means over windows of (n, c, depth, height, width), or without n.

    Args:
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        padding: width of the zeros on both sides.
        ceil_mode: also count a window that begins inside and ends outside.
        count_include_pad: whether the padding's zeros count in the mean.
        divisor_override: divide the sums by this number instead of the number of elements.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool3d(2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.avg_pool3d)


class _LPPoolNd(FunctionLayer):
    _settings = ("norm_type", "kernel_size", "stride", "ceil_mode")
    _shown = _settings

    def __init__(self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode


class LPPool1d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, length) or (c, length); 0 where the sum is not positive.

    Args:
        norm_type: p.
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool1d(2, 2)(autograd.tensor([[3.0, 4.0, 0.0, 5.0]])).tolist()
        [[5.0, 5.0]]
    """

    _function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, height, width) or (c, height, width); 0 where the sum is not positive.

    Args:
        norm_type: p.
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool2d(2, (1, 2))(autograd.tensor([[[3.0, 4.0], [6.0, 8.0]]])).tolist()
        [[[5.0], [10.0]]]
    """

    _function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, depth, height, width), or without n; 0 where the sum is not positive.

    Args:
        norm_type: p.
        kernel_size: size of a window. stride: step between windows, by default the kernel's size.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool3d(2, 2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.lp_pool3d)


# ------------------------------------------------------------------------------------------- windows chosen by the output's size


class _AdaptiveAvgPoolNd(FunctionLayer):
    _settings = ("output_size",)
    _shown = _settings

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Means over windows that cover (n, c, length) or (c, length) evenly; output_size says how many.

    Args:
        output_size: length of the result; None keeps the input's.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool1d(2)(autograd.tensor([[1.0, 2.0, 6.0]])).tolist()
        [[1.5, 4.0]]
    """

    _function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Means over windows that cover (n, c, height, width) or (c, height, width) evenly; output_size says how many.

    Args:
        output_size: an int, or one for each dimension of the result; None keeps the input's.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool2d((1, None))(autograd.ones(2, 8, 7, 5)).shape
        (2, 8, 1, 5)
    """

    _function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Means over windows that cover (n, c, depth, height, width), or without n evenly; output_size says how many.

    Args:
        output_size: an int, or one for each dimension of the result; None keeps the input's.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool3d(2)(autograd.ones(2, 8, 7, 5, 4)).shape
        (2, 8, 2, 2, 2)
    """

    _function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(FunctionLayer):
    _settings = ("output_size", "return_indices")
    _shown = ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Maxima over windows that cover (n, c, length) or (c, length) evenly; output_size says how many.

    Args:
        output_size: length of the result; None keeps the input's.
        return_indices: also return the flat indices of the maxima.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool1d(2)(autograd.tensor([[1.0, 2.0, 6.0]])).tolist()
        [[2.0, 6.0]]
    """

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Maxima over windows that cover (n, c, height, width) or (c, height, width) evenly; output_size says how many.

    Args:
        output_size: an int, or one for each dimension of the result; None keeps the input's.
        return_indices: also return the flat indices of the maxima.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool2d((1, None))(autograd.ones(2, 8, 7, 5)).shape
        (2, 8, 1, 5)
    """

    _function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Maxima over windows that cover (n, c, depth, height, width), or without n evenly; output_size says how many.

    Args:
        output_size: an int, or one for each dimension of the result; None keeps the input's.
        return_indices: also return the flat indices of the maxima.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool3d(2)(autograd.ones(2, 8, 7, 5, 4)).shape
        (2, 8, 2, 2, 2)
    """

    _function = staticmethod(F.adaptive_max_pool3d)


class _FractionalMaxPoolNd(FunctionLayer):
    _n: int
    _settings = ("kernel_size", "output_size", "output_ratio", "return_indices", "_random_samples", "generator")

    def __init__(
        self, kernel_size: Sizes, output_size: Sizes | None = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        n, name = self._n, type(self).__name__
        if output_size is None and output_ratio is None:
            raise ArgumentError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ArgumentError("only one of output_size and output_ratio may be specified")
        self.kernel_size = each(kernel_size, n, "kernel_size")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else each(output_size, n, "output_size")
        self.output_ratio: tuple[float, ...] | None = None
        if output_ratio is not None:
            self.output_ratio = (float(output_ratio),) * n if isinstance(output_ratio, int | float) else tuple(output_ratio)
            if len(self.output_ratio) != n or not all(0 < ratio < 1 for ratio in self.output_ratio):
                raise ArgumentError(f"output_ratio must be between 0 and 1 (got {output_ratio})")
        self.generator: Any = None


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Maxima over windows whose steps vary at random, of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: size of a window.
        output_size: size of the result; or instead
        output_ratio: the result's size as a share of the input's, between 0 and 1.
        return_indices: also return the flat indices of the maxima.

    Attributes:
        generator: draws the steps; None for the default generator.

    Source: Graham, Fractional Max-Pooling, 2014.

    Example:
        >>> import autograd, nn
        >>> nn.FractionalMaxPool2d(2, output_ratio=0.7)(autograd.ones(2, 8, 10, 10)).shape
        (2, 8, 7, 7)
    """

    _n = 2
    _function = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """Maxima over windows whose steps vary at random, of (n, c, depth, height, width), or without n.

    Args:
        kernel_size: size of a window.
        output_size: size of the result; or instead
        output_ratio: the result's size as a share of the input's, between 0 and 1.
        return_indices: also return the flat indices of the maxima.

    Attributes:
        generator: draws the steps; None for the default generator.

    Source: Graham, Fractional Max-Pooling, 2014.

    Example:
        >>> import autograd, nn
        >>> nn.FractionalMaxPool3d(2, output_size=(3, 4, 5))(autograd.ones(1, 2, 8, 8, 8)).shape
        (1, 2, 3, 4, 5)
    """

    _n = 3
    _function = staticmethod(F.fractional_max_pool3d)


# ---------------------------------------------------------------------------------------------------------------- maxima put back


class _MaxUnpoolNd(Module):
    _n: int
    _function: Callable[..., Tensor]

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self._n, "kernel_size")
        self.stride = each(kernel_size if stride is None else stride, self._n, "stride")
        self.padding = each(padding, self._n, "padding")

    def forward(self, input: Tensor, indices: Tensor, output_size: Size | None = None) -> Tensor:
        """Zeros with the input's numbers at the indices.

        Args:
            input: the maxima. indices: their flat indices, from max pooling with ``return_indices``.
            output_size: size of the input of the pooling, where several sizes lead to the same result.
        """
        return type(self)._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool1d`` back to their places, with zeros elsewhere.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool1d(2, return_indices=True)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]]))
        >>> nn.MaxUnpool1d(2)(y, places).tolist()
        [[0.0, 3.0, 2.0, 0.0]]
    """

    _n = 1
    _function = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool2d`` back to their places, with zeros elsewhere.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool2d(2, return_indices=True)(autograd.arange(4.0).reshape(1, 2, 2))
        >>> nn.MaxUnpool2d(2)(y, places).tolist()
        [[[0.0, 0.0], [0.0, 3.0]]]
    """

    _n = 2
    _function = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool3d`` back to their places, with zeros elsewhere.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool3d(2, return_indices=True)(autograd.ones(1, 3, 4, 4, 4))
        >>> nn.MaxUnpool3d(2)(y, places).shape
        (1, 3, 4, 4, 4)
    """

    _n = 3
    _function = staticmethod(F.max_unpool3d)
