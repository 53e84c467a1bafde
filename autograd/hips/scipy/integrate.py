"""``odeint`` of ``autograd.scipy.integrate``: solutions of differential equations, with derivatives by the adjoint equation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from ..arrays import function_of
from ..functions import stack
from ..operators import make_vjp
from ..primitives import defvjp_argnums, primitive
from ..products import dot
from ..trees import flatten

odeint = primitive(scipy.integrate.odeint)
_join = function_of(np.concatenate)


def _adjoint(argnums: Any, yt: Any, args: Any, kwargs: Any) -> Callable[[Any], Any]:
    """The rule of y(t), the solution of dy/dt = func(y, t, *params) with y(t[0]) = y0.

    The gradient a(t) of what comes after t obeys da/dt = -a^T d func / dy, backwards in time, and jumps by the incoming gradient at
    each time of the output. The gradient of the parameters grows by the integral of a^T d func / d params along the way (as an
    algorithm: Chen et al., "Neural Ordinary Differential Equations", 2018, algorithm 1).
    """
    func, _, t = args[:3]
    params = args[3] if len(args) > 3 else kwargs.get("args", ())
    options = {key: value for key, value in kwargs.items() if key != "args"}
    flat, unflatten = flatten(params)
    size = yt.shape[1]

    def dynamics(y: Any, t: Any, flat: Any) -> Any:
        value = func(y, t, *unflatten(flat))
        return stack(value) if isinstance(value, list | tuple) else value

    def backwards(state: Any, t: Any, flat: Any) -> Any:
        y, a = state[:size], state[size : 2 * size]
        pull, slope = make_vjp(dynamics, (0, 2))(y, t, flat)
        a_slope, flat_slope = pull(-a)
        return _join([slope, a_slope, flat_slope])

    def rule(g: Any) -> Any:
        a = g[-1]
        so_far: Any = np.zeros(flat.shape[0])
        times: list[Any] = []
        start: Any = 0.0
        for i in range(yt.shape[0] - 1, 0, -1):
            moved = dot(dynamics(yt[i], t[i], flat), g[i])  # the effect of a later time of this output
            times.append(moved)
            state = _join([yt[i], a, so_far])
            arrived = odeint(backwards, state, stack([t[i], t[i - 1]]), (flat,), **options)[1]
            so_far = arrived[2 * size :]
            a = arrived[size : 2 * size] + g[i - 1]
        # A later start with the same y0 is the same as the whole solution moved.
        start = -dot(dynamics(yt[0], t[0], flat), a - g[0])
        times.append(start)
        found = {1: lambda: a, 2: lambda: stack(times[::-1]), 3: lambda: unflatten(so_far)}
        return [found[n]() for n in argnums]

    return rule


defvjp_argnums(odeint, _adjoint)

__all__ = ["odeint"]
