"""Summaries of arrays: statistics, a histogram, and a sample that fits on a screen."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

SMALL = 64  # arrays of at most so many numbers are copied whole, and described when somebody asks
BINS = 24
ROWS, COLUMNS = 16, 24
CHANNELS, SIDE = 8, 14  # maps of an array that are kept at most, and the rows and columns of one
NUMBERS = ("min", "max", "mean", "std", "norm", "zeros", "nan", "inf", "histogram")


class ArraySummary:
    """Statistics and a sample of an array. A small array is copied and described on demand, a large one is described at once.

    Attributes:
        shape, dtype, size: of the array. min, max, mean, std, norm: over its finite numbers (of the absolute value, if complex).
        zeros: share of exact zeros. nan, inf: how many. histogram: (low, high, counts). sample: numbers on a grid. maps: of an
        array of images or of matrices the first ones, (how many, rows, columns), thinned; else None.
    """

    def __init__(self, array: Any) -> None:
        array = np.asarray(array)
        self.shape: tuple[int, ...] = array.shape
        self.dtype = array.dtype
        self.size = array.size
        self.maps = maps_of(array) if array.size > SMALL else None
        self._array = np.array(array) if array.size <= SMALL else array
        if array.size > SMALL:
            self._numbers  # noqa: B018  (describe it now: the array itself is not kept)
            self._sample  # noqa: B018
            del self._array

    @property
    def whole(self) -> bool:
        """Whether the sample is the array itself."""
        return self._sample[1] == "all"

    @cached_property
    def _numbers(self) -> dict[str, Any]:
        a = self._array
        if a.dtype.kind not in "fciub" or not a.size:
            return {**dict.fromkeys(NUMBERS), "norm": 0.0, "zeros": 0.0, "nan": 0, "inf": 0}
        flat = np.abs(a).reshape(-1) if a.dtype.kind == "c" else a.reshape(-1)
        flat = flat.astype(np.float64, copy=False)
        low, high = float(flat.min()), float(flat.max())
        nan = inf = 0
        if not (np.isfinite(low) and np.isfinite(high)):
            nan, inf = int(np.isnan(flat).sum()), int(np.isinf(flat).sum())
            flat = flat[np.isfinite(flat)]
            low, high = (float(flat.min()), float(flat.max())) if flat.size else (float("nan"), float("nan"))
        with np.errstate(all="ignore"):  # squares of large numbers may overflow; the summary then shows inf
            numbers = {
                "min": low,
                "max": high,
                "mean": float(flat.mean()) if flat.size else float("nan"),
                "std": float(flat.std()) if flat.size else float("nan"),
                "norm": float(np.sqrt(flat @ flat)),
                "zeros": 1 - np.count_nonzero(flat) / a.size if not nan + inf else float(np.count_nonzero(flat == 0)) / a.size,
                "nan": nan,
                "inf": inf,
            }
            numbers["histogram"] = (low, high, _counts(flat, low, high)) if 0 < high - low < np.inf else None
        return numbers

    @cached_property
    def _sample(self) -> tuple[np.ndarray, str]:
        """A matrix of at most ROWS x COLUMNS numbers: all of them, or taken at equal distances."""
        a = self._array
        matrix = a.reshape(1, -1) if a.ndim < 2 else a.reshape(-1, a.shape[-1]) if a.size else a.reshape(0, 1)
        rows, columns = matrix.shape
        if rows <= ROWS and columns <= COLUMNS:
            return np.array(matrix), "all"
        return thinned(matrix, ROWS, COLUMNS), "strided"

    def __getattr__(self, name: str) -> Any:
        if name in NUMBERS:
            return self._numbers[name]
        raise AttributeError(name)

    @property
    def sample(self) -> np.ndarray:
        """The sample as a matrix."""
        return self._sample[0]

    def same(self, other: ArraySummary) -> bool:
        """Whether two summaries show the same."""
        return (
            self.shape == other.shape
            and np.array_equal(self.sample, other.sample, equal_nan=self.dtype.kind in "fc")
            and (self.size <= SMALL or (self.norm == other.norm and self.mean == other.mean))
        )


def maps_of(array: np.ndarray) -> np.ndarray | None:
    """The channels of the first image of a batch, the heads of the first attention, or a convolution's filters: a few matrices.

    Of filters, whose rows and columns are few, those of the first input channels come first.
    """
    if array.ndim not in (3, 4) or array.dtype.kind not in "fiu" or min(array.shape[-2:]) < 2:
        return None
    filters = array.ndim == 4 and max(array.shape[-2:]) <= 7
    planes = array.reshape(-1, *array.shape[-2:]) if filters or array.ndim == 3 else array[0]
    return np.stack([thinned(plane, SIDE, SIDE) for plane in planes[:CHANNELS]])


def _counts(flat: np.ndarray, low: float, high: float) -> list[int]:
    """How many numbers fall into each of BINS equal parts; np.histogram does the same in five times the time."""
    bins = ((flat - low) / (high - low) * BINS).astype(np.intp)
    counts: list[int] = np.bincount(np.minimum(bins, BINS - 1), minlength=BINS).tolist()
    return counts


def thinned(matrix: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """At most so many rows and columns of a matrix, at equal distances."""
    return matrix[_spread(matrix.shape[0], rows)[:, None], _spread(matrix.shape[1], columns)]


@lru_cache(maxsize=1024)
def _spread(have: int, want: int) -> np.ndarray:
    return np.linspace(0, have - 1, min(have, want)).astype(int)


def number(value: Any, digits: int = 5) -> Any:
    """A number for JSON, to some significant digits; nan and the infinities are strings."""
    if value is None or isinstance(value, int):
        return None if value is None else int(value)
    if not np.isfinite(value):
        return str(float(value))
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded
