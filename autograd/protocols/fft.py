"""Adapters for NumPy's Fourier transforms, called with tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..functions import fft
from .table import adapts

Lengths = Sequence[int] | None


def _one(transform: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
        return transform(a, n, axis, norm)

    return call


def _several(transform: Callable[..., Any], default: Any = None) -> Callable[..., Any]:
    def call(a: Any, s: Lengths = None, axes: Any = default, norm: str | None = None) -> Any:
        return transform(a, s, axes, norm)

    return call


def _shift(transform: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, axes: Any = None) -> Any:
        return transform(x, axes)

    return call


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    adapts(getattr(np.fft, _name))(_one(getattr(fft, _name)))
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    adapts(getattr(np.fft, _name))(_several(getattr(fft, _name)))
for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    adapts(getattr(np.fft, _name))(_several(getattr(fft, _name), (-2, -1)))
for _name in ("fftshift", "ifftshift"):
    adapts(getattr(np.fft, _name))(_shift(getattr(fft, _name)))
