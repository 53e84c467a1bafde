"""Functions that resize, warp and rearrange images: torch.nn.functional's names, composed of linear ops and indexing."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ArgumentError, ShapeError, describe
from ..ops import vision
from . import elementwise
from . import indexing as indexings
from . import shape as shapes
from .linalg import product as products

_along = recorded(vision.along)
unfold = recorded(vision.unfold_image)
fold = recorded(vision.fold)

_MODES = {
    "nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,), "bilinear": (4,), "bicubic": (4,),
    "trilinear": (5,),
}  # fmt: skip


def _describe(x: Any) -> str:
    return describe(getattr(x, "array", x))


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """Images of another size.

    Each dimension is resized by a matrix of weights, one row a new pixel: so it is linear, and differentiable to every order.

    Args:
        input: (batch, channels, then one to three sizes).
        size: of the result; or scale_factor: by which the size is multiplied.
        mode: "nearest", "nearest-exact", "linear" (3-d), "bilinear" and "bicubic" (4-d), "trilinear" (5-d) or "area".
        align_corners: whether the centres of the corner pixels stay in place (linear and cubic modes).
        recompute_scale_factor: use the ratio of the sizes, not the factor that was given.
        antialias: filter when the image gets smaller (bilinear and bicubic).

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([[[0.0, 4.0]]])
        >>> nn.functional.interpolate(x, size=4, mode="linear"), nn.functional.interpolate(x, scale_factor=2)
        (tensor([[[0., 1., 3., 4.]]], dtype=float32), tensor([[[0., 0., 4., 4.]]], dtype=float32))
    """
    for key, given in (("size", size), ("scale_factor", scale_factor)):
        if isinstance(given, tuple | list) and len(given) != input.ndim - 2:
            raise ShapeError(
                f"{here('interpolate')}: Input and output must have the same number of spatial dimensions, but input is "
                f"{_describe(input)} and {key} is {tuple(given)}"
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
    n = input.ndim - 2
    try:
        wanted, factors = vision.output_size(tuple(input.shape[2:]), size, scale_factor)
    except ValueError as error:
        raise ShapeError(f"{here('interpolate')}: {error}; the input is {_describe(input)}") from None
    if recompute_scale_factor:
        factors = (None,) * n
    if min(wanted) < 1:
        raise ShapeError(f"{here('interpolate')}: the result would have the size {wanted}")
    kind = "linear" if mode.endswith("linear") else "cubic" if mode == "bicubic" else mode
    for dim, want, factor in zip(range(2, input.ndim), wanted, factors, strict=True):
        length = input.shape[dim]
        # PyTorch's shortcuts, whatever the factor: pixels that keep their number keep their places, and twice as many are pairs.
        if (kind == "linear" and want == length) or (mode == "nearest" and n == 2 and want in (length, 2 * length)):
            factor = None
        matrix = vision.resizing(length, want, kind, bool(align_corners), factor, antialias)
        input = _along(input, matrix=matrix, dim=dim)
    return input


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    """Images of another size: ``interpolate`` under its old name.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample(autograd.tensor([[[0.0, 4.0]]]), scale_factor=2)
        tensor([[[0., 0., 4., 4.]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """Each new pixel as the nearest old one: ``interpolate`` under an old name.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample_nearest(autograd.tensor([[[0.0, 4.0]]]), scale_factor=2)
        tensor([[[0., 0., 4., 4.]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """New pixels interpolated linearly, with corners in place: ``interpolate`` under an old name.

    Example:
        >>> import autograd, nn
        >>> nn.functional.upsample_bilinear(autograd.tensor([[[[0.0, 4.0]]]]), size=(1, 3))
        tensor([[[[0., 2., 4.]]]], dtype=float32)
    """
    return interpolate(input, size, scale_factor, "bilinear", True)


# --------------------------------------------------------------------------------------------------------------------- warping


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    """The places, for ``grid_sample``, at which an affine map meets the pixels of an image of this size.

    Args:
        theta: (batch, 2, 3) or (batch, 3, 4), the maps. size: of the image, (batch, channels, [depth,] height, width).

    Example:
        >>> import autograd, nn
        >>> same = autograd.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> nn.functional.affine_grid(same, (1, 1, 2, 2), align_corners=True).tolist()
        [[[[-1.0, -1.0], [1.0, -1.0]], [[-1.0, 1.0], [1.0, 1.0]]]]
    """
    sizes = tuple(size)[2:]
    n = len(sizes)
    if n not in (2, 3) or tuple(theta.shape) != (size[0], n, n + 1):
        shape = (size[0], n, n + 1)
        raise ShapeError(f"{here('affine_grid')}: theta {_describe(theta)} must be {shape} for an image of size {tuple(size)}")
    lines = []
    for length in sizes:
        ends = 1.0 if align_corners else (length - 1) / length
        lines.append(np.linspace(-ends, ends, length) if length > 1 else np.zeros(1))
    mesh = np.meshgrid(*lines, indexing="ij")
    base = np.stack([*mesh[::-1], np.ones(sizes)], axis=-1).reshape(1, -1, n + 1).astype(theta.dtype)
    grid = products.matmul(base, shapes.transpose(theta, 1, 2))
    return shapes.reshape(grid, (size[0], *sizes, n))


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    """The image read at the places of the grid, between pixels if need be.

    Args:
        input: (batch, channels, [depth,] height, width).
        grid: (batch, [depth,] height, width, 2 or 3), places (x, y[, z]) from -1 to 1.
        mode: "bilinear", "nearest" or "bicubic". padding_mode: "zeros", "border" or "reflection", for places outside.
        align_corners: whether -1 and 1 are the centres of the corner pixels, or their outer edges.

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
            f"{here('grid_sample')}: input {_describe(input)} and grid {_describe(grid)} do not fit: grid must be "
            f"(batch, {'depth, ' * (n == 3)}height, width, {n})"
        )
    if mode not in ("bilinear", "nearest", "bicubic") or (mode == "bicubic" and n == 3):
        raise ValueError(f"{here('grid_sample')}: mode must be 'bilinear', 'nearest' or (in 2 dimensions) 'bicubic', not {mode!r}")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"{here('grid_sample')}: padding_mode must be 'zeros', 'border' or 'reflection', not {padding_mode!r}")
    sizes = tuple(input.shape[2:])
    taps = []
    for i, size in enumerate(sizes):
        place = grid[..., n - 1 - i]
        place = (place + 1) * ((size - 1) / 2) if align_corners else ((place + 1) * size - 1) * 0.5
        taps.append(_taps(place, size, mode, padding_mode, bool(align_corners)))
    batch = np.arange(input.shape[0]).reshape((-1,) + (1,) * n)
    total: Any = None
    for corner in product(*taps):
        index = tuple(at for at, _ in corner)
        # (batch, places..., channels): advanced indices on both sides of a slice come first.
        part = indexings.getitem(input, index=(batch, slice(None), *index))
        weight: Any = None
        for _, w in corner:
            weight = w if weight is None else weight * w
        part = part * shapes.unsqueeze(weight, -1) if hasattr(weight, "node") else part * weight[..., None]
        total = part if total is None else total + part
    return shapes.contiguous(shapes.movedim(total, -1, 1))


def _taps(place: Any, size: int, mode: str, padding_mode: str, align_corners: bool) -> list[tuple[np.ndarray, Any]]:
    """The pixels of one dimension that a place is read from, each with its weight (0 outside, where zeros are wanted)."""
    dtype = place.dtype
    if mode != "bicubic":
        place = _inside(place, size, padding_mode, align_corners)
    values = getattr(place, "array", place)
    if mode == "nearest":
        at = np.rint(values).astype(np.int64)
        ones: Any = np.ones(at.shape, dtype)
        if hasattr(place, "node"):  # with the zero gradient of a step function
            ones = elementwise.where(np.zeros(at.shape, bool), place, ones)
        return [_kept(at, ones, size, padding_mode)]
    low = np.floor(values)
    part = place - low
    base = low.astype(np.int64)
    if mode == "bilinear":
        return [_kept(base, 1 - part, size, padding_mode), _kept(base + 1, part, size, padding_mode)]
    found = []
    for tap in range(-1, 3):
        t = part - tap if tap <= 0 else tap - part
        a = -0.75
        weight = ((a + 2) * t - (a + 3)) * t * t + 1 if tap in (0, 1) else ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
        at = _inside((base + tap).astype(float), size, padding_mode, align_corners)
        found.append(_kept(at.astype(np.int64), weight, size, padding_mode))
    return found


def _inside(place: Any, size: int, padding_mode: str, align_corners: bool) -> Any:
    """Places outside brought in, by the border or by reflection."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
        if span == 0:
            return place * 0
        distance = elementwise.abs(place - low) if hasattr(place, "array") else np.abs(place - low)
        values = getattr(distance, "array", distance)
        turns = np.floor(values / span)
        odd = turns % 2 == 1
        rest = distance - (turns * span).astype(values.dtype)
        # Forth on even turns, back on odd ones.
        place = rest * np.where(odd, -1, 1).astype(values.dtype) + np.where(odd, span + low, low).astype(values.dtype)
    values = getattr(place, "array", place)
    clipped = np.clip(values, 0, size - 1)
    # As in PyTorch, a place on an edge has no gradient: beyond it the image does not change.
    return elementwise.where((values > 0) & (values < size - 1), place, clipped) if hasattr(place, "array") else clipped


def _kept(at: np.ndarray, weight: Any, size: int, padding_mode: str) -> tuple[np.ndarray, Any]:
    inside = (at >= 0) & (at < size)
    if inside.all():
        return at, weight
    return np.clip(at, 0, size - 1), weight * inside.astype(weight.dtype)


# ------------------------------------------------------------------------------------------------------------------ rearranging


def _at_least(input: Any, ndim: int, name: str, shape: str) -> None:
    if input.ndim < ndim:
        raise ShapeError(f"{here(name)}: input must be {shape}, with at least {ndim} dimensions; it is {_describe(input)}")


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Channels into pixels: (..., c * r^2, h, w) to (..., c, h * r, w * r).

    Raises:
        ShapeError: channels that r^2 does not divide.

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
    _at_least(input, 3, "pixel_shuffle", "(..., channels, height, width)")
    *lead, channels, h, w = input.shape
    if channels % (r * r):
        raise ShapeError(f"{here('pixel_shuffle')}: the {channels} channels of input {_describe(input)} must be divisible by {r}^2")
    k = len(lead)
    parts = shapes.reshape(input, (*lead, channels // (r * r), r, r, h, w))
    parts = shapes.permute(parts, (*range(k), k, k + 3, k + 1, k + 4, k + 2))
    return shapes.reshape(parts, (*lead, channels // (r * r), h * r, w * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Pixels into channels: the inverse of pixel_shuffle, (..., c, h * r, w * r) to (..., c * r^2, h, w).

    Example:
        >>> import autograd
        >>> autograd.pixel_unshuffle(autograd.arange(4).reshape(1, 1, 2, 2), 2).shape
        (1, 4, 1, 1)
    """
    r = downscale_factor
    if r < 1:
        raise ArgumentError(f"{here('pixel_unshuffle')}: expects a positive downscale_factor, but got {r}")
    _at_least(input, 3, "pixel_unshuffle", "(..., channels, height, width)")
    *lead, channels, h, w = input.shape
    if h % r or w % r:
        raise ShapeError(f"{here('pixel_unshuffle')}: height and width of input {_describe(input)} must be divisible by {r}")
    k = len(lead)
    parts = shapes.reshape(input, (*lead, channels, h // r, r, w // r, r))
    parts = shapes.permute(parts, (*range(k), k, k + 2, k + 4, k + 1, k + 3))
    return shapes.reshape(parts, (*lead, channels * r * r, h // r, w // r))


def channel_shuffle(input: Any, groups: int) -> Any:
    """Channels of g groups dealt out in turn: (b, g * k, ...) read as (b, k, g, ...).

    Example:
        >>> import autograd, nn
        >>> nn.functional.channel_shuffle(autograd.arange(6).reshape(1, 6, 1), 2).flatten()
        tensor([0, 3, 1, 4, 2, 5], dtype=int64)
    """
    _at_least(input, 3, "channel_shuffle", "(batch, channels, ...)")
    batch, channels, *rest = input.shape
    if groups < 1 or channels % groups:
        raise ShapeError(f"{here('channel_shuffle')}: the {channels} channels must be divisible by groups={groups}")
    parts = shapes.reshape(input, (batch, groups, channels // groups, prod(rest)))
    return shapes.reshape(shapes.transpose(parts, 1, 2), (batch, channels, *rest))
