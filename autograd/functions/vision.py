"""Functions of images: resizing, warping and rearranging, under the names of torch.nn.functional. They are made of linear ops and
indexing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any
from warnings import warn

import numpy as np

from ..engine.graph import array_of
from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ArgumentError, ShapeError, describe
from ..ops import vision
from ..ops.rules import remembered
from ..types import Size, Tensor
from . import elementwise
from . import indexing as indexings
from . import shape as shapes
from .creation import is_tensor, to_shape
from .linalg import product as products

_along = recorded(vision.along)
unfold = recorded(vision.unfold_image)
fold = recorded(vision.fold)

_MODES = {
    "nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,), "bilinear": (4,), "bicubic": (4,),
    "trilinear": (5,),
}  # fmt: skip


def _describe(x: Any) -> str:
    return describe(array_of(x))


def interpolate(
    input: Tensor, size: int | Size | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Images resized.

    Along each dimension the image is multiplied by a matrix of weights with one row for each new pixel. So the function is linear.

    Args:
        input: (batch, channels, ...), with 1 to 3 spatial dimensions.
        size: of the result.
        scale_factor: the ratio of the new to the old size, in place of size.
        mode: "nearest", "nearest-exact" or "area"; "linear" for 1 spatial dimension, "bilinear" or "bicubic" for 2, "trilinear" for
            3.
        align_corners: whether the centres of the corner pixels stay where they are; for the linear and cubic modes.
        recompute_scale_factor: whether to compute with the ratio of the sizes instead of scale_factor.
        antialias: whether to smooth an image that gets smaller; for the modes bilinear and bicubic.

    Raises:
        ShapeError: a size of another number of dimensions, or a result without pixels. NotImplementedError: another mode, or one
            for another number of dimensions. ValueError: a parameter that the mode does not have.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([[[0.0, 4.0]]])
        >>> nn.functional.interpolate(x, size=4, mode="linear"), nn.functional.interpolate(x, scale_factor=2)
        (tensor([[[0., 1., 3., 4.]]], dtype=float32), tensor([[[0., 0., 4., 4.]]], dtype=float32))
    """
    for length in size if isinstance(size, tuple | list) else () if size is None else (size,):
        if type(length) is int:
            continue
        if not hasattr(length, "__index__") or (hasattr(length, "dtype") and length.dtype.kind not in "iu"):
            raise TypeError(f"{here('interpolate')}: expected size to be one of int or a tuple of ints, not {size}")
    for name, value in (("size", size), ("scale_factor", scale_factor)):
        if isinstance(value, tuple | list) and len(value) != input.ndim - 2:
            raise ShapeError(
                f"{here('interpolate')}: Input and output must have the same number of spatial dimensions, but input is "
                f"{_describe(input)} and {name} is {tuple(value)}"
            )
    if mode not in _MODES:
        raise NotImplementedError(f"{here('interpolate')}: mode must be one of {', '.join(_MODES)}, not {mode!r}")
    if input.ndim not in _MODES[mode]:
        allowed = " or ".join(map(str, _MODES[mode]))
        raise NotImplementedError(f"{here('interpolate')}: mode {mode!r} takes {allowed} dimensions, not {_describe(input)}")
    smooth = mode.endswith("linear") or mode == "bicubic"
    if align_corners is not None and not smooth:
        raise ValueError(f"{here('interpolate')}: align_corners is for the modes linear, bilinear, bicubic and trilinear")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"{here('interpolate')}: antialias is for the modes bilinear and bicubic")
    if recompute_scale_factor and size is not None:
        raise ValueError(f"{here('interpolate')}: recompute_scale_factor is not meaningful with an explicit size")
    shape = array_of(input).shape
    try:
        matrices = _matrices(shape, size, scale_factor, mode, bool(align_corners), bool(recompute_scale_factor), antialias)
    except ValueError as error:
        if isinstance(error, ShapeError):
            raise
        raise ShapeError(f"{here('interpolate')}: {error}; the input is {_describe(input)}") from None
    for dim, matrix in enumerate(matrices, 2):
        input = _along(input, matrix=matrix, dim=dim)
    return input


@remembered
def _matrices(
    shape: tuple[int, ...], size: Any, scale_factor: Any, mode: str, align_corners: bool, recompute: bool, antialias: bool
) -> list[np.ndarray]:  # fmt: skip
    """The matrix that resizes each spatial dimension."""
    n = len(shape) - 2
    out_size, factors = vision.output_size(shape[2:], size, scale_factor)
    if recompute:
        factors = (None,) * n
    if min(out_size) < 1:
        raise ShapeError(f"{here('interpolate')}: the result would have the size {out_size}")
    to_shape((*shape[:2], *out_size))  # raises for more pixels than there are addresses
    kind = "linear" if mode.endswith("linear") else "cubic" if mode == "bicubic" else mode
    matrices = []
    for length, out, factor in zip(shape[2:], out_size, factors, strict=True):
        # Like PyTorch: an equal number of pixels is a copy, and twice the number repeats each, whatever the factor says.
        if (kind == "linear" and out == length) or (mode == "nearest" and n == 2 and out in (length, 2 * length)):
            factor = None
        matrices.append(vision.resizing(length, out, kind, align_corners, factor, antialias))
    return matrices


def upsample(
    input: Tensor, size: int | Size | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """``interpolate`` under its old name.

    Args:
        input: (batch, channels, ...), with 1 to 3 spatial dimensions.
        size: of the result.
        scale_factor: the ratio of the new to the old size, in place of size.
        mode: as of ``interpolate``.
        align_corners: whether the centres of the corner pixels stay where they are; for the linear and cubic modes.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample(autograd.tensor([[[0.0, 4.0]]]), scale_factor=2)
        tensor([[[0., 0., 4., 4.]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor, size: int | Size | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:  # fmt: skip
    """``interpolate`` with the mode nearest, under an old name: each new pixel is the nearest old one.

    Args:
        input: (batch, channels, ...), with 1 to 3 spatial dimensions.
        size: of the result.
        scale_factor: the ratio of the new to the old size, in place of size.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample_nearest(autograd.tensor([[[0.0, 4.0]]]), scale_factor=2)
        tensor([[[0., 0., 4., 4.]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: Tensor, size: int | Size | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:  # fmt: skip
    """``interpolate`` with the mode bilinear and align_corners, under an old name.

    Args:
        input: (batch, channels, height, width).
        size: of the result.
        scale_factor: the ratio of the new to the old size, in place of size.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample_bilinear(autograd.tensor([[[[0.0, 4.0]]]]), size=(1, 3))
        tensor([[[[0., 2., 4.]]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, "bilinear", True)


# --------------------------------------------------------------------------------------------------------------------- warping


def affine_grid(theta: Tensor, size: Size, align_corners: bool | None = None) -> Tensor:
    """The positions to which affine maps send the pixels of an image, for ``grid_sample``.

    Args:
        theta: (batch, 2, 3), or (batch, 3, 4) for volumes: one map for each image.
        size: of the image, (batch, channels, height, width) or (batch, channels, depth, height, width).
        align_corners: whether the positions -1 and 1 are the centres of the corner pixels, or their outer edges.

    Returns:
        (batch, height, width, 2) or (batch, depth, height, width, 3).

    Raises:
        ShapeError: a theta of another shape. ArgumentError: a theta that is not floating point.
        NotImplementedError: a size of fewer or more dimensions.

    Example:
        >>> import autograd, nn
        >>> same = autograd.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> nn.functional.affine_grid(same, (1, 1, 2, 2), align_corners=True).tolist()
        [[[[-1.0, -1.0], [1.0, -1.0]], [[-1.0, 1.0], [1.0, 1.0]]]]
    """
    sizes = tuple(size)[2:]
    n = len(sizes)
    if theta.dtype.kind != "f":
        raise ArgumentError(f"{here('affine_grid')}: Expected theta to have floating point type, not {_describe(theta)}")
    if n not in (2, 3):
        raise NotImplementedError(
            f"{here('affine_grid')}: only 4-D and 5-D sizes, images and volumes, are supported, not {tuple(size)}"
        )
    if tuple(theta.shape) != (size[0], n, n + 1):
        shape = (size[0], n, n + 1)
        raise ShapeError(f"{here('affine_grid')}: theta {_describe(theta)} must be {shape} for an image of size {tuple(size)}")
    if align_corners and 1 in sizes:
        warn(
            "affine_grid: with align_corners=True a dimension of length 1 has the position 0, where -1 and 1 would both be its "
            "only pixel. See the documentation of affine_grid for details.", UserWarning, stacklevel=2,
        )  # fmt: skip
    lines = []
    for length in sizes:
        ends = 1.0 if align_corners else (length - 1) / length
        lines.append(np.linspace(-ends, ends, length) if length > 1 else np.zeros(1))
    mesh = np.meshgrid(*lines, indexing="ij")
    base = np.stack([*mesh[::-1], np.ones(sizes)], axis=-1).reshape(1, -1, n + 1).astype(theta.dtype)
    grid = products.matmul(base, shapes.transpose(theta, 1, 2))
    return shapes.reshape(grid, (size[0], *sizes, n))


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:  # fmt: skip
    """The image interpolated at the positions of a grid.

    Args:
        input: (batch, channels, height, width) or (batch, channels, depth, height, width).
        grid: (batch, height, width, 2), positions (x, y), or (batch, depth, height, width, 3), positions (x, y, z). The image
            reaches from -1 to 1.
        mode: "bilinear", "nearest", or, for images, "bicubic".
        padding_mode: the pixels outside of the image: "zeros", "border" (the nearest pixel) or "reflection".
        align_corners: whether the positions -1 and 1 are the centres of the corner pixels, or their outer edges.

    Returns:
        (batch, channels, height, width) or (batch, channels, depth, height, width), with the grid's size.

    Raises:
        ShapeError: shapes that do not match. ValueError: another mode or padding_mode.

    Example:
        >>> import autograd, nn
        >>> image = autograd.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
        >>> mirror = autograd.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> nn.functional.grid_sample(image, nn.functional.affine_grid(mirror, (1, 1, 2, 2), False), align_corners=False)
        tensor([[[[1., 0.],
                  [3., 2.]]]], dtype=float32)
    """
    n = input.ndim - 2
    if n not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != n or grid.shape[0] != input.shape[0]:
        raise ShapeError(
            f"{here('grid_sample')}: input {_describe(input)} and grid {_describe(grid)} do not match: grid must be "
            f"(batch, {'depth, ' * (n == 3)}height, width, {n})"
        )
    if mode not in ("bilinear", "nearest", "bicubic") or (mode == "bicubic" and n == 3):
        raise ArgumentError(f"{here('grid_sample')}: mode must be 'bilinear', 'nearest' or (for images) 'bicubic', not {mode!r}")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"{here('grid_sample')}: padding_mode must be 'zeros', 'border' or 'reflection', not {padding_mode!r}")
    sizes = tuple(input.shape[2:])
    taps = []
    for i, size in enumerate(sizes):
        position = grid[..., n - 1 - i]
        position = (position + 1) * ((size - 1) / 2) if align_corners else ((position + 1) * size - 1) * 0.5
        taps.append(_taps(position, size, mode, padding_mode, bool(align_corners)))
    batch = np.arange(input.shape[0]).reshape((-1,) + (1,) * n)
    total: Any = None
    for corner in product(*taps):
        index = tuple(i for i, _ in corner)
        # (batch, positions..., channels): NumPy puts the dimensions of arrays on both sides of a slice first.
        part = indexings.getitem(input, index=(batch, slice(None), *index))
        weight: Any = None
        for _, w in corner:
            weight = w if weight is None else weight * w
        part = part * shapes.unsqueeze(weight, -1) if is_tensor(weight) else part * weight[..., None]
        total = part if total is None else total + part
    return shapes.contiguous(shapes.movedim(total, -1, 1))


def _taps(
    position: Any, size: int, mode: str, padding_mode: str, align_corners: bool
) -> list[tuple[np.ndarray, Any]]:  # fmt: skip
    """The pixels of one dimension from which a position is interpolated, each as its index and its weight."""
    dtype = position.dtype
    if mode != "bicubic":
        position = _brought_inside(position, size, padding_mode, align_corners)
    values = array_of(position)
    if mode == "nearest":
        index = np.rint(values).astype(np.int64)
        ones: Any = np.ones(index.shape, dtype)
        if is_tensor(position):  # so that the grid gets the gradient of a step function, which is 0
            ones = elementwise.where(np.zeros(index.shape, bool), position, ones)
        return [_clipped(index, ones, size, padding_mode)]
    low = np.floor(values)
    distance = position - low
    index = low.astype(np.int64)
    if mode == "bilinear":
        return [_clipped(index, 1 - distance, size, padding_mode), _clipped(index + 1, distance, size, padding_mode)]
    taps = []
    a = -0.75  # PyTorch's parameter of the cubic convolution
    for tap in range(-1, 3):
        t = distance - tap if tap <= 0 else tap - distance
        weight = ((a + 2) * t - (a + 3)) * t * t + 1 if tap in (0, 1) else ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
        inside = _brought_inside((index + tap).astype(float), size, padding_mode, align_corners)
        taps.append(_clipped(inside.astype(np.int64), weight, size, padding_mode))
    return taps


def _brought_inside(position: Any, size: int, padding_mode: str, align_corners: bool) -> Any:
    """Positions outside of the image moved into it: to the border, or by reflection."""
    if padding_mode == "zeros":
        return position
    if padding_mode == "reflection":
        low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
        if span == 0:
            return position * 0
        distance = elementwise.abs(position - low) if is_tensor(position) else np.abs(position - low)
        values = array_of(distance)
        turns = np.floor(values / span)
        odd = turns % 2 == 1
        remainder = distance - (turns * span).astype(values.dtype)
        # The position runs forwards on even turns and backwards on odd ones.
        position = remainder * np.where(odd, -1, 1).astype(values.dtype) + np.where(odd, span + low, low).astype(values.dtype)
    values = array_of(position)
    clipped = np.clip(values, 0, size - 1)
    # As in PyTorch, a position on an edge has no gradient: beyond it the image does not change.
    return elementwise.where((values > 0) & (values < size - 1), position, clipped) if is_tensor(position) else clipped


def _clipped(index: np.ndarray, weight: Any, size: int, padding_mode: str) -> tuple[np.ndarray, Any]:
    """Indices of pixels clipped to the image, with weight 0 where they lie outside."""
    inside = (index >= 0) & (index < size)
    if inside.all():
        return index, weight
    return np.clip(index, 0, size - 1), weight * inside.astype(weight.dtype)


# ------------------------------------------------------------------------------------------------------------------ rearranging


def _check_rank(input: Tensor, ndim: int, name: str, shape: str) -> None:
    if input.ndim < ndim:
        raise ShapeError(f"{here(name)}: input must be {shape}, with at least {ndim} dimensions; it is {_describe(input)}")


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels rearranged into pixels: (..., c r², h, w) becomes (..., c, h r, w r), with r the upscale_factor.

    Raises:
        ShapeError: channels that are not divisible by r². ArgumentError: r < 1.

    Source: Shi et al., Real-Time Single Image and Video Super-Resolution, 2016.

    Example:
        >>> import autograd
        >>> autograd.pixel_shuffle(autograd.arange(4).reshape(1, 4, 1, 1), 2)
        tensor([[[[0, 1],
                  [2, 3]]]], dtype=int64)
    """
    r = upscale_factor
    if r < 1:
        raise ArgumentError(f"{here('pixel_shuffle')}: expects a positive upscale_factor, but got {r}")
    _check_rank(input, 3, "pixel_shuffle", "(..., channels, height, width)")
    *lead, channels, h, w = input.shape
    if channels % (r * r):
        raise ShapeError(f"{here('pixel_shuffle')}: the {channels} channels of input {_describe(input)} must be divisible by {r}^2")
    k = len(lead)
    parts = shapes.reshape(input, (*lead, channels // (r * r), r, r, h, w))
    parts = shapes.permute(parts, (*range(k), k, k + 3, k + 1, k + 4, k + 2))
    return shapes.reshape(parts, (*lead, channels // (r * r), h * r, w * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels rearranged into channels, the inverse of ``pixel_shuffle``: (..., c, h r, w r) becomes (..., c r², h, w), with r the
    factor.

    Raises:
        ShapeError: a height or width that is not divisible by r. ArgumentError: r < 1.

    Example:
        >>> import autograd
        >>> autograd.pixel_unshuffle(autograd.arange(4).reshape(1, 1, 2, 2), 2).shape
        (1, 4, 1, 1)
    """
    r = downscale_factor
    if r < 1:
        raise ArgumentError(f"{here('pixel_unshuffle')}: expects a positive downscale_factor, but got {r}")
    _check_rank(input, 3, "pixel_unshuffle", "(..., channels, height, width)")
    *lead, channels, h, w = input.shape
    if h % r or w % r:
        raise ShapeError(f"{here('pixel_unshuffle')}: height and width of input {_describe(input)} must be divisible by {r}")
    k = len(lead)
    parts = shapes.reshape(input, (*lead, channels, h // r, r, w // r, r))
    parts = shapes.permute(parts, (*range(k), k, k + 2, k + 4, k + 1, k + 3))
    return shapes.reshape(parts, (*lead, channels * r * r, h // r, w // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of g groups taken in turn from each group: (batch, g k, ...) as (batch, g, k, ...), with both transposed.

    Raises:
        ShapeError: channels that are not divisible by the number of groups.

    Source: Zhang et al., ShuffleNet, 2018.

    Example:
        >>> import autograd, nn
        >>> nn.functional.channel_shuffle(autograd.arange(6).reshape(1, 6, 1), 2).flatten()
        tensor([0, 3, 1, 4, 2, 5], dtype=int64)
    """
    _check_rank(input, 3, "channel_shuffle", "(batch, channels, ...)")
    batch, channels, *rest = input.shape
    if groups < 1 or channels % groups:
        raise ShapeError(f"{here('channel_shuffle')}: the {channels} channels must be divisible by groups={groups}")
    parts = shapes.reshape(input, (batch, groups, channels // groups, prod(rest)))
    return shapes.reshape(shapes.transpose(parts, 1, 2), (batch, channels, *rest))
