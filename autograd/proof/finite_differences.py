"""Derivatives without rules: central differences with Richardson extrapolation, the complex step, and a nose for kinks.

What ``gradcheck`` and the certificate hold analytic gradients against. Nothing here knows an op or a tensor: a function takes
arrays and returns a number or an array, and complex numbers are seen as pairs of reals.

Central differences err by c h^2 + O(h^4), where c is unknown but the same for h and h/2; so (4 D(h/2) - D(h)) / 3 errs by O(h^4)
only, and a step of 1e-3 leaves both this and the rounding error near 1e-12. How much D(h) and D(h/2) disagree tells whether the
step was small enough for the function; if not, it shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Curve = Callable[[float], Any]
"""A function along a line: t -> a float or an array."""

STEP = 1e-3
_TRUSTED = 1e-4  # how far D(h) and D(h/2) may disagree, of their size, for the extrapolation to be believed
_SHRINK, _TRIES = 16.0, 4


def central(curve: Curve, step: float) -> Any:
    """The derivative at 0 by one central difference."""
    return (curve(step) - curve(-step)) / (2.0 * step)


def richardson(curve: Curve, step: float = STEP) -> Any:
    """The derivative at 0 by central differences with steps h and h/2, extrapolated; h shrinks until the two agree.

    Example:
        >>> import math
        >>> from autograd.proof.finite_differences import richardson
        >>> abs(richardson(math.exp) - 1) < 1e-12
        True
    """
    best, least = None, np.inf
    with np.errstate(all="ignore"):
        for _ in range(_TRIES):
            coarse, fine = central(curve, step), central(curve, step / 2)
            value = (4.0 * fine - coarse) / 3.0
            gap = float(np.max(np.abs(fine - coarse), initial=0.0))
            size = float(np.max(np.abs(fine), initial=0.0))
            if best is None or gap < least:
                best, least = value, gap if np.isfinite(gap) else np.inf
            if gap <= _TRUSTED * max(size, 1e-3):
                break
            step /= _SHRINK
    return best


def one_sided(curve: Curve, step: float) -> tuple[Any, Any]:
    """The differences to the left and to the right of 0."""
    here = curve(0.0)
    return (here - curve(-step)) / step, (curve(step) - here) / step


def kinked(curve: Curve, step: float, tolerance: float = 1e-3) -> bool:
    """Whether a real function has a kink or a jump within a step of 0.

    The left and the right difference of a smooth function differ by h times its curvature: a quarter of the step, a quarter of the
    gap. Where there is a kink at 0 the gap stays, at a jump it grows, and a kink beside 0 spoils the proportion.

    Example:
        >>> from autograd.proof.finite_differences import kinked
        >>> kinked(abs, 1e-6), kinked(lambda t: t * t, 1e-6)
        (True, False)
    """
    with np.errstate(all="ignore"):
        left, right = one_sided(curve, step)
        wide = np.abs(right - left)
        near_left, near_right = one_sided(curve, step / 4)
        narrow = np.abs(near_right - near_left)
        size = np.maximum(np.maximum(np.abs(left), np.abs(right)), 1.0)
        grown = np.abs(4.0 * narrow - wide) > 0.5 * wide
        return bool(np.any(~np.isfinite(wide) | ((wide > tolerance * size) & grown)))


def scale(value: Any) -> float:
    """The size by which a step at a number is measured: at least 1."""
    size = abs(value)
    return float(size) if np.isfinite(size) and size > 1 else 1.0


def line(
    function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], k: int, index: Any, unit: complex = 1
) -> Curve:
    """The function along one element of one array: t -> function(arrays with arrays[k][index] + t * unit)."""

    def curve(t: float) -> Any:
        moved = np.array(arrays[k])
        moved[index] += t * unit
        return function([*arrays[:k], moved, *arrays[k + 1 :]])

    return curve


def ray(function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], directions: Sequence[np.ndarray]) -> Curve:
    """The function along a direction through all the arrays."""
    return lambda t: function([a + t * d for a, d in zip(arrays, directions, strict=True)])


def units(array: np.ndarray) -> tuple[complex, ...]:
    """The directions in which an element can move: along the real line, and upwards where it is complex."""
    return (1, 1j) if array.dtype.kind == "c" else (1,)


def gradient(
    function: Callable[[Sequence[np.ndarray]], float], arrays: Sequence[np.ndarray], step: float = STEP
) -> list[np.ndarray]:
    """The gradient of a real-valued function of arrays, element by element, in PyTorch's convention: dL = Re(sum(conj(g) dx)).

    Example:
        >>> import numpy as np
        >>> from autograd.proof.finite_differences import gradient
        >>> gradient(lambda xs: float(np.sum(xs[0] ** 2)), [np.array([1.0, 3.0])])[0].round(9)
        array([2., 6.])
    """
    found = []
    for k, array in enumerate(arrays):
        g = np.zeros(array.shape, array.dtype)
        for index in np.ndindex(array.shape):
            for unit in units(array):
                g[index] += unit * richardson(line(function, arrays, k, index, unit), step * scale(array[index]))
        found.append(g)
    return found


def complex_step(
    function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], step: float = 1e-30
) -> list[np.ndarray]:
    """The gradient of an analytic function of real arrays: Im f(x + ih) / h, which subtracts nothing and so rounds nothing away.

    The function must take complex arrays and return the complex number.

    Example:
        >>> import numpy as np
        >>> from autograd.proof.finite_differences import complex_step
        >>> complex_step(lambda xs: np.sum(xs[0] ** 2), [np.array([1.0, 3.0])])[0]
        array([2., 6.])
    """
    raised = [a.astype(complex) for a in arrays]
    found = []
    for k, array in enumerate(arrays):
        g = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            g[index] = np.imag(line(function, raised, k, index, 1j)(step)) / step
        found.append(g)
    return found
