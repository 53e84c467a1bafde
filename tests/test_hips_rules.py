"""Rules that users define for functions of this project: they count, by whatever name the function is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import elementwise_grad, grad, hessian, make_jvp
from autograd.extend import VJPNode, defjvp, defjvp_argnum, defvjp, defvjp_argnum, primitive, register_notrace
from autograd.hips.nodes import primitive_jvps, primitive_vjps
from autograd.hips.primitives import notrace_primitives
from autograd.numpy import rad2deg as imported_before
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vjps import unbroadcast_f
from autograd.scipy.special import expit
from autograd.scipy.stats import norm

X = np.array([0.7, -1.3, 2.1])

CHANGED: Any = (
    anp.rad2deg, anp.deg2rad, anp.unwrap, anp.logaddexp2, anp.column_stack, anp.cbrt, anp.where, norm.logsf, expit,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A rule holds for the rest of the process; other tests want these functions as they are."""
    before = [(f, f.__code__, f.__defaults__, f.__kwdefaults__) for f in CHANGED]
    yield
    for f, code, defaults, kwdefaults in before:
        f.__code__, f.__defaults__, f.__kwdefaults__ = code, defaults, kwdefaults
        primitive_vjps.pop(f, None)
        primitive_jvps.pop(f, None)
        notrace_primitives[VJPNode].discard(f)


@pytest.mark.parametrize(
    "way", [anp.rad2deg, imported_before, np.rad2deg, lambda x: np.rad2deg(x)], ids=["anp", "import", "np", "call"]
)
def test_a_rule_counts_by_every_name(way: Any) -> None:
    defvjp(anp.rad2deg, lambda ans, x: lambda g: 100 * g * anp.cos(x))
    np.testing.assert_allclose(elementwise_grad(lambda x: way(x))(X), 100 * np.cos(X))
    np.testing.assert_allclose(elementwise_grad(elementwise_grad(lambda x: way(x)))(X), -100 * np.sin(X))
    np.testing.assert_allclose(imported_before(X), np.rad2deg(X))


def test_the_other_mode_stays_as_it_was() -> None:
    defvjp(anp.deg2rad, lambda ans, x: lambda g: 5 * g)
    np.testing.assert_allclose(make_jvp(anp.deg2rad)(X)(np.ones(3))[1], np.pi / 180 * np.ones(3))
    defjvp(anp.deg2rad, lambda g, ans, x: 7 * g)
    np.testing.assert_allclose(make_jvp(anp.deg2rad)(X)(np.ones(3))[1], 7 * np.ones(3))
    np.testing.assert_allclose(elementwise_grad(anp.deg2rad)(X), 5 * np.ones(3))
    defjvp(anp.unwrap, lambda g, ans, x, *args, **kwargs: 3 * g)
    np.testing.assert_allclose(grad(lambda x: anp.sum(anp.unwrap(x) ** 2))(X), 2 * np.unwrap(X))
    np.testing.assert_allclose(make_jvp(anp.unwrap)(X)(X)[1], 3 * X)


def test_rules_for_any_argument() -> None:
    defvjp_argnum(anp.logaddexp2, lambda argnum, ans, args, kwargs: lambda g: g * (10 + argnum))
    defjvp_argnum(anp.logaddexp2, lambda argnum, g, ans, args, kwargs: g * (20 + argnum))
    np.testing.assert_array_equal(grad(lambda x: anp.sum(anp.logaddexp2(x, 1.0)))(X), [10, 10, 10])
    np.testing.assert_array_equal(grad(lambda x: anp.sum(anp.logaddexp2(1.0, x)))(X), [11, 11, 11])
    np.testing.assert_array_equal(make_jvp(lambda x: anp.logaddexp2(x, x))(X)(np.ones(3))[1], [41, 41, 41])


def test_a_list_of_boxes_gets_a_list_of_gradients() -> None:
    defvjp(anp.column_stack, lambda ans, columns: lambda g: [10 * g[:, 0], 20 * g[:, 1]])
    np.testing.assert_array_equal(grad(lambda x: anp.sum(anp.column_stack([x, 2 * x])))(X), [50, 50, 50])


def test_functions_of_scipys_too() -> None:
    defvjp(norm.logsf, lambda ans, x, *args: lambda g: 1000 * g)
    np.testing.assert_array_equal(elementwise_grad(norm.logsf)(X), [1000, 1000, 1000])
    s = expit(X)
    defjvp(expit, lambda g, ans, x: g * ans * (1 - ans))
    np.testing.assert_allclose(make_jvp(expit)(X)(np.ones(3))[1], s * (1 - s))
    np.testing.assert_allclose(elementwise_grad(expit)(X), s * (1 - s))


def test_a_function_that_shall_not_be_traced() -> None:
    register_notrace(VJPNode, anp.cbrt)
    np.testing.assert_allclose(grad(lambda x: anp.sum(x * anp.cbrt(x)))(X), np.cbrt(X))


def test_what_users_made_is_theirs() -> None:
    def square(x: Any) -> Any:
        return x * x

    defvjp(square, lambda ans, x: lambda g: 100 * g)  # square itself is no primitive: its own operations are differentiated
    np.testing.assert_allclose(elementwise_grad(square)(X), 2 * X)
    mine = primitive(square)
    defvjp(mine, lambda ans, x: lambda g: 100 * g)
    np.testing.assert_allclose(elementwise_grad(mine)(X), [100, 100, 100])


def test_where_with_the_rules_that_a_dependent_gives_it() -> None:
    def masked(take: bool) -> Any:
        def maker(ans: Any, c: Any, x: Any = None, y: Any = None) -> Any:
            calls.append(take)
            return unbroadcast_f(x if take else y, lambda g: anp.where(c, g, 0.0) if take else anp.where(c, 0.0, g))

        return maker

    calls: list[bool] = []

    def f(x: Any) -> Any:
        return anp.sum(anp.where(np.eye(3) > 0, x**3, anp.sin(x[0])))

    before = hessian(f)(X)
    defvjp(anp.where, None, masked(True), masked(False))
    np.testing.assert_allclose(hessian(f)(X), before)
    assert set(calls) == {True, False}
    assert np.where(np.eye(2) > 0)[0].tolist() == anp.where(np.eye(2) > 0)[0].tolist() == [0, 1]
    assert float(grad(lambda x: anp.where(True, x=x, y=0.0))(2.0)) == 1.0  # rules are for arguments by position


def test_methods_of_boxes_may_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def through_names(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        seen.append(function.__name__)
        return getattr(anp, function.__name__)(*args, **kwargs)

    def total(self: Any) -> Any:
        return 10 * anp.sum(self)

    seen: list[str] = []
    monkeypatch.setattr(ArrayBox, "__array_function__", through_names)
    monkeypatch.setattr(ArrayBox, "again", classmethod(lambda cls, box: cls(box._value, box._trace, box._node)), raising=False)
    monkeypatch.setattr(ArrayBox, "sum", total)
    np.testing.assert_allclose(grad(lambda x: np.sum(np.stack([x, x**2])))(X), 1 + 2 * X)
    np.testing.assert_allclose(grad(lambda x: anp.sum(ArrayBox.again(x) ** 2))(X), 2 * X)
    np.testing.assert_allclose(grad(lambda x: (x**2).sum())(X), 20 * X)
    assert seen == ["stack", "sum"]
