"""Adapters for NumPy's functions that cut arrays, called with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import split
from .arguments import plain
from .table import adapts


@adapts(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return split.even_split(ary, plain(indices_or_sections), axis % ary.ndim, "split")


@adapts(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return split.array_split(ary, plain(indices_or_sections), axis)


def _cuts(numpys: Callable[..., Any], meaning: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(ary: Any, indices_or_sections: Any) -> Any:
        return meaning(ary, plain(indices_or_sections))


_cuts(np.hsplit, split.hsplit)
_cuts(np.vsplit, split.vsplit)
_cuts(np.dsplit, split.dsplit)


if hasattr(np, "unstack"):  # since NumPy 2.1

    @adapts(np.unstack)
    def _unstack(x: Any, /, *, axis: int = 0) -> Any:
        return split.unbind(x, axis)
