"""Pooling: maxima, means and norms over windows, in one, two and three dimensions, and maxima put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from autograd.ops.convolution import each

from .. import functional as F
from ..module import Module


class _MaxPoolNd(Module):
    _function: Callable[..., Any]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """The maxima, and with ``return_indices`` their flat places as well."""
        return type(self)._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """Maxima over windows of (n, c, length) or (c, length). Arguments as those of ``MaxPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool1d(2)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
        [[3.0, 2.0]]
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """Maxima over windows of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: of a window. stride: between windows, by default the kernel's size. dilation: step within a window.
        padding: on both sides, at most half of the kernel; what is padded never is a maximum.
        return_indices: also return where the maxima were, for ``MaxUnpool2d``.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool2d(2)(autograd.arange(16.0).reshape(1, 4, 4)).tolist()
        [[[5.0, 7.0], [13.0, 15.0]]]
    """

    _function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """Maxima over windows of (n, c, depth, height, width) or without n. Arguments as those of ``MaxPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.MaxPool3d(2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.max_pool3d)


# ------------------------------------------------------------------------------------------------------------ means and norms


class AvgPool1d(Module):
    """Means over windows of (n, c, length) or (c, length).

    Args:
        kernel_size: of a window. stride: between windows, by default the kernel's size. padding: zeros on both sides.
        ceil_mode: also count a window that begins inside and ends outside. count_include_pad: whether padding counts in the mean.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool1d(2)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
        [[2.0, 1.0]]
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, 1, "kernel_size")
        self.stride = each(kernel_size if stride is None else stride, 1, "stride")
        self.padding = each(padding, 1, "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        """The means."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPoolNd(Module):
    _function: Callable[..., Any]

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """The means."""
        return type(self)._function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPoolNd):
    """Means over windows of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: of a window. stride: between windows, by default the kernel's size. padding: zeros on both sides.
        ceil_mode: also count a window that begins inside and ends outside. count_include_pad: whether padding counts in the mean.
        divisor_override: divide the sums by this instead of the number of elements.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool2d(2)(autograd.arange(16.0).reshape(1, 4, 4)).tolist()
        [[[2.5, 4.5], [10.5, 12.5]]]
    """

    _function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    """Means over windows of (n, c, depth, height, width) or without n. Arguments as those of ``AvgPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.AvgPool3d(2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.avg_pool3d)


class _LPPoolNd(Module):
    _function: Callable[..., Any]

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """The norms."""
        return type(self)._function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, length) or (c, length). Arguments as those of ``LPPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool1d(2, 2)(autograd.tensor([[3.0, 4.0, 0.0, 5.0]])).tolist()
        [[5.0, 5.0]]
    """

    _function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, height, width) or (c, height, width); where the sum is not positive, 0.

    Args:
        norm_type: p. kernel_size: of a window. stride: between windows, by default the kernel's size.
        ceil_mode: also count a window that begins inside and ends outside.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool2d(2, (1, 2))(autograd.tensor([[[3.0, 4.0], [6.0, 8.0]]])).tolist()
        [[[5.0], [10.0]]]
    """

    _function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """(sum of x^p)^(1/p) over windows of (n, c, depth, height, width) or without n. Arguments as those of ``LPPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.LPPool3d(2, 2)(autograd.ones(1, 3, 4, 4, 4)).shape
        (1, 3, 2, 2, 2)
    """

    _function = staticmethod(F.lp_pool3d)


# ------------------------------------------------------------------------------------------- windows chosen by the output's size


class _AdaptiveAvgPoolNd(Module):
    _function: Callable[..., Any]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """The means."""
        return type(self)._function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Means over ``output_size`` windows that cover the length of (n, c, length) or (c, length) evenly.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool1d(2)(autograd.tensor([[1.0, 2.0, 6.0]])).tolist()
        [[1.5, 4.0]]
    """

    _function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Means over windows that cover (n, c, height, width) or (c, height, width) evenly, so many that the result has output_size.

    Args:
        output_size: an int, or one for each dimension; None keeps a size.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool2d((1, None))(autograd.ones(2, 8, 7, 5)).shape
        (2, 8, 1, 5)
    """

    _function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Means over windows that cover (n, c, depth, height, width) evenly. Arguments as those of ``AdaptiveAvgPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveAvgPool3d(2)(autograd.ones(2, 8, 7, 5, 4)).shape
        (2, 8, 2, 2, 2)
    """

    _function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(Module):
    _function: Callable[..., Any]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        """The maxima, and with ``return_indices`` their flat places as well."""
        return type(self)._function(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Maxima over ``output_size`` windows that cover the length of (n, c, length) or (c, length) evenly.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool1d(2)(autograd.tensor([[1.0, 2.0, 6.0]])).tolist()
        [[2.0, 6.0]]
    """

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Maxima over windows that cover (n, c, height, width) or (c, height, width) evenly, so many that the result has output_size.

    Args:
        output_size: an int, or one for each dimension; None keeps a size. return_indices: also return where the maxima were.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool2d((1, None))(autograd.ones(2, 8, 7, 5)).shape
        (2, 8, 1, 5)
    """

    _function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Maxima over windows that cover (n, c, depth, height, width) evenly. Arguments as those of ``AdaptiveMaxPool2d``.

    Example:
        >>> import autograd, nn
        >>> nn.AdaptiveMaxPool3d(2)(autograd.ones(2, 8, 7, 5, 4)).shape
        (2, 8, 2, 2, 2)
    """

    _function = staticmethod(F.adaptive_max_pool3d)


class _FractionalMaxPoolNd(Module):
    """What both share. ``generator`` is an attribute that may be set: None draws from the default generator."""

    _n: int
    _function: Callable[..., Any]

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
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

    def forward(self, input: Any) -> Any:
        """The maxima, and with ``return_indices`` their flat places as well."""
        return type(self)._function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples, self.generator
        )


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Maxima over windows whose steps vary at random, of (n, c, height, width) or (c, height, width).

    Args:
        kernel_size: of a window. output_size: of the result; or output_ratio: the result's size as a share of the input's.
        return_indices: also return where the maxima were.

    Source: Graham, Fractional Max-Pooling, 2014.

    Example:
        >>> import autograd, nn
        >>> nn.FractionalMaxPool2d(2, output_ratio=0.7)(autograd.ones(2, 8, 10, 10)).shape
        (2, 8, 7, 7)
    """

    _n = 2
    _function = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """Maxima over windows whose steps vary at random, of (n, c, depth, height, width) or (c, depth, height, width).

    Arguments as those of ``FractionalMaxPool2d``.

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
    _function: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self._n, "kernel_size")
        self.stride = each(kernel_size if stride is None else stride, self._n, "stride")
        self.padding = each(padding, self._n, "padding")

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Zeros with the input at the indices.

        Args:
            input: the maxima. indices: their places, as max pooling with ``return_indices`` gives them.
            output_size: of the image that was pooled, where it cannot be told from the input's.
        """
        return type(self)._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool1d`` back to where they were, with zeros elsewhere.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool1d(2, return_indices=True)(autograd.tensor([[1.0, 3.0, 2.0, 0.0]]))
        >>> nn.MaxUnpool1d(2)(y, places).tolist()
        [[0.0, 3.0, 2.0, 0.0]]
    """

    _n = 1
    _function = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool2d`` back to where they were, with zeros elsewhere.

    Args:
        kernel_size, stride, padding: of the pooling.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool2d(2, return_indices=True)(autograd.arange(4.0).reshape(1, 2, 2))
        >>> nn.MaxUnpool2d(2)(y, places).tolist()
        [[[0.0, 0.0], [0.0, 3.0]]]
    """

    _n = 2
    _function = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of ``MaxPool3d`` back to where they were, with zeros elsewhere.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.MaxPool3d(2, return_indices=True)(autograd.ones(1, 3, 4, 4, 4))
        >>> nn.MaxUnpool3d(2)(y, places).shape
        (1, 3, 4, 4, 4)
    """

    _n = 3
    _function = staticmethod(F.max_unpool3d)
