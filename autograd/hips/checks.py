"""Checks of derivatives of users' functions against differences, in both modes and up to any order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from .derivatives import make_jvp, make_vjp
from .operators import get_name, unary_to_nary
from .spaces import vspace

TOL = 1e-6  # absolute
RTOL = 1e-6  # relative
EPS = 1e-6  # the width of a difference


def scalar_close(a: Any, b: Any) -> bool:
    """Whether two numbers are equal up to ``TOL``, or up to ``RTOL`` of their sum."""
    return bool(abs(a - b) < max(TOL, RTOL * abs(a + b)))


def make_numerical_jvp(f: Callable[[Any], Any], x: Any) -> Callable[[Any], Any]:
    """A function from a tangent of x to that of ``f(x)``, by a central difference."""
    space, out = vspace(x), vspace(f(x))

    def jvp(v: Any) -> Any:
        right = f(space.add(x, space.scalar_mul(v, EPS / 2)))
        left = f(space.add(x, space.scalar_mul(v, -EPS / 2)))
        return out.scalar_mul(out.add(right, out.scalar_mul(left, -1.0)), 1.0 / EPS)

    return jvp


def check_vjp(f: Callable[[Any], Any], x: Any) -> None:
    """Compare the reverse mode with a difference, in a random direction.

    Raises:
        AssertionError: they differ.
    """
    vjp, y = make_vjp(f, x)
    space, out = vspace(x), vspace(y)
    v, w = space.randn(), out.randn()
    gradient = space.covector(vjp(out.covector(w)))
    if vspace(gradient) != space:
        raise AssertionError(f"the gradient of {get_name(f)} lies in {vspace(gradient)}, and its argument in {space}")
    numeric, exact = out.inner_prod(w, make_numerical_jvp(f, x)(v)), space.inner_prod(v, gradient)
    if not scalar_close(numeric, exact):
        raise AssertionError(f"(VJP) check of {get_name(f)} failed at {x}: the reverse mode says {exact}, the difference {numeric}")


def check_equivalent(x: Any, y: Any) -> None:
    """Compare two vectors in a random direction.

    Raises:
        AssertionError: they differ, or lie in different spaces.
    """
    space = vspace(x)
    if space != vspace(y):
        raise AssertionError(f"{space} and {vspace(y)} differ")
    v = space.randn()
    if not scalar_close(space.inner_prod(x, v), space.inner_prod(y, v)):
        raise AssertionError(f"{x} and {y} differ")


def check_jvp(f: Callable[[Any], Any], x: Any) -> None:
    """Compare the forward mode with a difference, in a random direction.

    Raises:
        AssertionError: they differ.
    """
    v = vspace(x).randn()
    check_equivalent(make_jvp(f, x)(v)[1], make_numerical_jvp(f, x)(v))


@unary_to_nary
def check_grads(f: Callable[[Any], Any], x: Any, modes: Any = ("fwd", "rev"), order: int = 2) -> None:
    """Compare derivatives with differences, in random directions.

    Args:
        f: the function. x: where. modes: which of "fwd" and "rev". order: up to which order, each mode of each mode.

    Raises:
        AssertionError: they differ.
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown:
        raise AssertionError(f"modes are 'fwd' and 'rev', not {min(unknown)!r}")
    for mode, check in (("fwd", check_jvp), ("rev", check_vjp)):
        if mode not in modes:
            continue
        check(f, x)
        if order > 1:
            derivative = _pushed(f) if mode == "fwd" else _pulled(f)
            v = vspace(x if mode == "fwd" else f(x)).randn()
            of_one_order_more = check_grads(derivative, argnum=(0, 1), order=order - 1, modes=modes)
            of_one_order_more(x, v)


def _pushed(f: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def jvp(x: Any, v: Any) -> Any:
        return make_jvp(f, x)(v)[1]

    jvp.__name__ = f"jvp_{get_name(f)}"
    return jvp


def _pulled(f: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def vjp(x: Any, v: Any) -> Any:
        return make_vjp(f, x)[0](v)

    vjp.__name__ = f"vjp_{get_name(f)}"
    return vjp


def combo_check(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., None]:
    """``check_grads`` with each combination of arguments, of which the returned function takes lists."""

    def check(*choices: Any, **named: Any) -> None:
        for values in product(*choices):
            for named_values in product(*named.values()):
                check_grads(fun, *args, **kwargs)(*values, **dict(zip(named, named_values, strict=True)))

    return check


__all__ = [
    "EPS", "RTOL", "TOL", "check_equivalent", "check_grads", "check_jvp", "check_vjp", "combo_check", "make_jvp",
    "make_numerical_jvp", "make_vjp", "scalar_close", "vspace",
]  # fmt: skip
