"""Small tools under HIPS autograd's names: replacements in tuples, fixed points, a check that it has let go."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from .checks import check_grads
from .derivatives import make_vjp
from .primitives import defvjp, primitive
from .spaces import vspace


def subvals(x: Any, ivs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """x as a tuple with the values at some places replaced: pairs of a place and a value."""
    values = list(x)
    for i, value in ivs:
        values[i] = value
    return tuple(values)


def subval(x: Any, i: int, v: Any) -> tuple[Any, ...]:
    """x as a tuple with the value at one place replaced."""
    return subvals(x, [(i, v)])


def func(f: Any) -> Any:
    """The function itself."""
    return f


def quick_grad_check(
    fun: Callable[..., Any], arg0: Any, extra_args: Any = (), kwargs: Any = None, verbose: bool = True, eps: float = 1e-4,
    rtol: float = 1e-4, atol: float = 1e-6, rs: Any = None,
) -> None:  # fmt: skip
    """Compare the gradient with respect to the first argument with a difference: ``check_grads``, which replaces it.

    Args:
        fun: the function. arg0: its first argument. extra_args, kwargs: its other arguments.
        verbose, eps, rtol, atol, rs: read by nobody any more.
    """
    warnings.warn("quick_grad_check is deprecated: use autograd.test_util.check_grads", stacklevel=2)
    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), modes=["rev"], order=1)(arg0)


@primitive
def fixed_point(f: Callable[[Any], Callable[[Any], Any]], a: Any, x0: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    """The x with ``f(a)(x) = x``, by iteration; its derivative with respect to a is that of the equation, not of the iteration.

    Args:
        f: from parameters to a function whose fixed point is wanted. a: the parameters. x0: where to start.
        distance: how far two values are apart. tol: the iteration ends when two values are not farther apart.
    """
    step = f(a)
    x, before = step(x0), x0
    while distance(x, before) > tol:
        x, before = step(x), x
    return x


def _fixed_point_vjp(ans: Any, f: Any, a: Any, x0: Any, distance: Any, tol: float) -> Callable[[Any], Any]:
    """x = f(a)(x), so dx = (1 - J)^-1 df: the incoming gradient is divided by 1 - J by the same iteration, then goes to a."""
    vjp_a, _ = make_vjp(lambda a: f(a)(ans), a)

    def iteration(params: Any) -> Callable[[Any], Any]:
        a, x, g = params
        vjp_x, _ = make_vjp(f(a), x)
        return lambda u: vspace(x).add(vjp_x(u), g)

    start = vspace(x0).zeros()
    return lambda g: vjp_a(fixed_point(iteration, (a, ans, g), start, distance, tol))


defvjp(fixed_point, _fixed_point_vjp, None, argnums=(1, 2))

__all__ = ["fixed_point", "func", "quick_grad_check", "subval", "subvals"]
