"""Derivatives without rules: central differences with Richardson extrapolation, the complex step, and a test for kinks.

``gradcheck`` and the certificate compare gradients with them. This module knows no ops and no tensors: a function takes arrays and
returns a number or an array. Complex numbers count as pairs of reals.

A central difference D(h) errs by c h² + O(h⁴), where c is unknown but the same for h and h/2. So (4 D(h/2) - D(h)) / 3 errs by
O(h⁴) only. With a step of 1e-3 this error and the rounding error are both near 1e-12. If D(h) and D(h/2) differ too much, the step
is too large for the function, and is made smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Curve = Callable[[float], Any]
"""A function of one number t, the position along a line, that returns a number or an array."""

STEP = 1e-3
_CLOSE = 1e-4  # the relative difference of D(h) and D(h/2) up to which the extrapolation is accepted
_SHRINK, _TRIES = 16.0, 4  # by how much the step shrinks otherwise, and how often it is tried


def central(curve: Curve, step: float) -> Any:
    """The derivative at 0, by one central difference."""
    return (curve(step) - curve(-step)) / (2.0 * step)


def richardson(curve: Curve, step: float = STEP) -> Any:
    """The derivative at 0, extrapolated from central differences with steps h and h/2. The step shrinks until the two agree.

    Example:
        >>> import math
        >>> from autograd.proof.finite_differences import richardson
        >>> abs(richardson(math.exp) - 1) < 1e-12
        True
    """
    best, smallest_gap = None, np.inf
    with np.errstate(all="ignore"):
        for _ in range(_TRIES):
            coarse, fine = central(curve, step), central(curve, step / 2)
            value = (4.0 * fine - coarse) / 3.0
            gap = float(np.max(np.abs(fine - coarse), initial=0.0))
            size = float(np.max(np.abs(fine), initial=0.0))
            if best is None or gap < smallest_gap:
                best, smallest_gap = value, gap if np.isfinite(gap) else np.inf
            if gap <= _CLOSE * max(size, 1e-3):
                break
            step /= _SHRINK
    return best


def one_sided(curve: Curve, step: float) -> tuple[Any, Any]:
    """The left and the right difference at 0."""
    here = curve(0.0)
    return (here - curve(-step)) / step, (curve(step) - here) / step


def kinked(curve: Curve, step: float, tolerance: float = 1e-3) -> bool:
    """Whether a real function has a kink or a jump within a step of 0.

    The left and the right difference of a smooth function differ by the step times its curvature: with a quarter of the step, by a
    quarter as much. At a kink the difference stays the same, at a jump it grows, and with a kink near 0 it shrinks by another
    factor.

    Example:
        >>> from autograd.proof.finite_differences import kinked
        >>> kinked(abs, 1e-6), kinked(lambda t: t * t, 1e-6)
        (True, False)
    """
    with np.errstate(all="ignore"):
        left, right = one_sided(curve, step)
        gap = np.abs(right - left)
        near_left, near_right = one_sided(curve, step / 4)
        near_gap = np.abs(near_right - near_left)
        size = np.maximum(np.maximum(np.abs(left), np.abs(right)), 1.0)
        not_smooth = np.abs(4.0 * near_gap - gap) > 0.5 * gap
        return bool(np.any(~np.isfinite(gap) | ((gap > tolerance * size) & not_smooth)))


def scale(value: Any) -> float:
    """The size of a number, at least 1: steps are relative to it."""
    size = abs(value)
    return float(size) if np.isfinite(size) and size > 1 else 1.0


def line(
    function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], k: int, index: Any, unit: complex = 1
) -> Curve:
    """The function along one element of one array: of t, function(arrays with arrays[k][index] + t * unit)."""

    def curve(t: float) -> Any:
        moved = np.array(arrays[k])
        moved[index] += t * unit
        return function([*arrays[:k], moved, *arrays[k + 1 :]])

    return curve


def ray(function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], directions: Sequence[np.ndarray]) -> Curve:
    """The function along a direction through all the arrays."""
    return lambda t: function([a + t * d for a, d in zip(arrays, directions, strict=True)])


def units(array: np.ndarray) -> tuple[complex, ...]:
    """The directions in which an element can move: 1, and 1j if it is complex."""
    return (1, 1j) if array.dtype.kind == "c" else (1,)


def gradient(
    function: Callable[[Sequence[np.ndarray]], float], arrays: Sequence[np.ndarray], step: float = STEP
) -> list[np.ndarray]:
    """The gradient of a real function of arrays, element by element, in PyTorch's convention: dL = Re(Σ conj(g) dx).

    Args:
        function: takes the list of arrays and returns a number.
        arrays: the point at which to differentiate.
        step: the step, for elements larger than 1 relative to them.

    Example:
        >>> import numpy as np
        >>> from autograd.proof.finite_differences import gradient
        >>> gradient(lambda xs: float(np.sum(xs[0] ** 2)), [np.array([1.0, 3.0])])[0].round(9)
        array([2., 6.])
    """
    gradients = []
    for k, array in enumerate(arrays):
        g = np.zeros(array.shape, array.dtype)
        for index in np.ndindex(array.shape):
            for unit in units(array):
                g[index] += unit * richardson(line(function, arrays, k, index, unit), step * scale(array[index]))
        gradients.append(g)
    return gradients


def complex_step(
    function: Callable[[Sequence[np.ndarray]], Any], arrays: Sequence[np.ndarray], step: float = 1e-30
) -> list[np.ndarray]:
    """The gradient of an analytic function of real arrays, Im f(x + ih) / h. It subtracts nothing, so it is exact up to rounding.

    Args:
        function: takes the list of arrays, as complex ones, and returns a complex number.
        arrays: the point at which to differentiate.
        step: h, so small that its square vanishes.

    Example:
        >>> import numpy as np
        >>> from autograd.proof.finite_differences import complex_step
        >>> complex_step(lambda xs: np.sum(xs[0] ** 2), [np.array([1.0, 3.0])])[0]
        array([2., 6.])
    """
    as_complex = [a.astype(complex) for a in arrays]
    gradients = []
    for k, array in enumerate(arrays):
        g = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            g[index] = np.imag(line(function, as_complex, k, index, 1j)(step)) / step
        gradients.append(g)
    return gradients
