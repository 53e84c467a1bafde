"""Layers of images: resizing, and moving numbers between channels and pixels."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.types import Sizes, Tensor

from .. import functional as F
from ..module import Module


class Upsample(Module):
    """Resizes (n, c, length), (n, c, height, width) or (n, c, depth, height, width).

    Args:
        size: size of the result, an int or one for each dimension; or instead
        scale_factor: by which the sizes are multiplied, a number or one for each dimension.
        mode: "nearest", "nearest-exact", "linear" (3-d input), "bilinear", "bicubic" (4-d), "trilinear" (5-d) or "area".
        align_corners: whether the centres of the corner pixels stay in place, in the linear and cubic modes.
        recompute_scale_factor: use the ratio of the two sizes instead of scale_factor.

    Example:
        >>> import autograd, nn
        >>> nn.Upsample(scale_factor=2, mode="bilinear")(autograd.ones(1, 3, 4, 4)).shape
        (1, 3, 8, 8)
    """

    def __init__(
        self,
        size: Sizes | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None = None
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        elif scale_factor:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input in its new size."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, recompute_scale_factor=self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        size = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Each new pixel as the nearest old one, (n, c, height, width): give size or scale_factor.

    Example:
        >>> import autograd, nn
        >>> nn.UpsamplingNearest2d(scale_factor=2)(autograd.tensor([[[[1.0, 2.0]]]])).tolist()
        [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
    """

    def __init__(self, size: Sizes | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """New pixels interpolated linearly between the old, with corners in place, (n, c, height, width): give size or scale_factor.

    Example:
        >>> import autograd, nn
        >>> nn.UpsamplingBilinear2d(size=(1, 3))(autograd.tensor([[[[1.0, 2.0]]]])).tolist()
        [[[[1.0, 1.5, 2.0]]]]
    """

    def __init__(self, size: Sizes | None = None, scale_factor: float | Sequence[float] | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels into pixels: (..., c r^2, h, w) becomes (..., c, h r, w r).

    Args:
        upscale_factor: r.

    Source: Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel convolutional network, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.PixelShuffle(2)(autograd.arange(4.0).reshape(4, 1, 1)).tolist()
        [[[0.0, 1.0], [2.0, 3.0]]]
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input rearranged."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels into channels: (..., c, h r, w r) becomes (..., c r^2, h, w).

    Args:
        downscale_factor: r.

    Example:
        >>> import autograd, nn
        >>> nn.PixelUnshuffle(2)(autograd.arange(4.0).reshape(1, 2, 2)).shape
        (4, 1, 1)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input rearranged."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels of g groups dealt out in turn: (n, g k, ...) read as (n, k, g, ...).

    Args:
        groups: g.

    Source: Zhang et al., ShuffleNet, 2018.

    Example:
        >>> import autograd, nn
        >>> nn.ChannelShuffle(2)(autograd.arange(4.0).reshape(1, 4, 1)).flatten().tolist()
        [0.0, 2.0, 1.0, 3.0]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The input with its channels in another order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Unfold(Module):
    """The windows of an image as columns: (n, c, h, w) becomes (n, c kernel, windows).

    Args:
        kernel_size: size of a window. dilation: step between its elements.
        padding: width of the zeros on both sides. stride: step between windows.

    Example:
        >>> import autograd, nn
        >>> nn.Unfold(2)(autograd.ones(1, 3, 4, 5)).shape
        (1, 12, 12)
    """

    def __init__(self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The windows."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added up as the windows of an image, the adjoint of ``Unfold``: (n, c kernel, windows) becomes (n, c, h, w).

    Args:
        output_size: size of the image.
        kernel_size: size of a window. dilation: step between its elements.
        padding: width on both sides of the image, which is cut off. stride: step between windows.

    Example:
        >>> import autograd, nn
        >>> nn.Fold(output_size=(4, 5), kernel_size=2)(autograd.ones(1, 12, 12)).shape
        (1, 3, 4, 5)
    """

    def __init__(self, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The image."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )
