"""The functions of float numbers in compiled steps, over all 2^32 inputs: ``python -m benchmarks.ulp [exp ...]``, minutes each.

Each is compared with NumPy's in double precision, and the largest error is told in units of the last place of the right float.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.special

import autograd

FUNCTIONS = ("exp", "log", "tanh", "erf", "sin", "cos", "expm1", "log1p")
_PIECE = 1 << 22


def error(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest error in units of the last place; infinity where nan or infinities differ. Denormal results are left out."""
    right = wanted.astype(np.float32)
    known = np.isfinite(right)
    if not np.array_equal(np.isnan(found), np.isnan(right)) or not np.isfinite(found[known & (np.abs(right) < 3.4e38)]).all():
        return float("inf")
    known &= np.abs(right) > np.finfo(np.float32).tiny
    steps = np.spacing(np.abs(right[known])).astype(np.float64)
    return float((np.abs(found[known].astype(np.float64) - wanted[known]) / steps).max(initial=0.0))


def measure(name: str, pieces: Iterable[int] = range(0, 1 << 32, _PIECE)) -> float:
    """The largest error of a function, over the pieces of all inputs that begin here."""
    function = getattr(autograd, name)
    compiled = autograd.compile(lambda x: function(x))
    exact = getattr(np, name, None) or getattr(scipy.special, name)
    worst = 0.0
    with np.errstate(all="ignore"):
        for begin in pieces:
            x = np.arange(begin, begin + _PIECE, dtype=np.uint64).astype(np.uint32).view(np.float32)
            worst = max(worst, error(compiled(autograd.tensor(x)).array, exact(x.astype(np.float64))))
    return worst


def main(names: Sequence[str]) -> None:
    for name in names or FUNCTIONS:
        print(f"{name:<6} {measure(name):.2f} ulp", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
