"""Boxes of HIPS autograd's kind: levels, containers, writes into arrays, and that no gradient is lost without a word."""

from __future__ import annotations

import math
import threading
import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
import autograd.numpy as anp
from autograd import elementwise_grad, grad, hessian, jacobian, make_jvp, make_vjp, value_and_grad
from autograd.builtins import dict as traced_dict
from autograd.builtins import isinstance as traced_isinstance
from autograd.core import VJPNode, backward_pass
from autograd.extend import Box, VSpace, defjvp, defvjp, primitive, vspace
from autograd.misc import const_graph, flatten
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.test_util import check_grads
from autograd.tracer import getval, isbox, new_box, trace, trace_stack


def differences(f: Any, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    out = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        d = np.zeros_like(x)
        d[place] = step
        out[place] = (f(x + d) - f(x - d)) / (2 * step)
    return out


X = np.array([0.7, -1.3, 2.1])


# ---------------------------------------------------------------------------------------------------------------------- levels


def test_each_derivative_peels_its_own_level() -> None:
    seen = []

    def f(x: Any) -> Any:
        outer = x._value
        seen.append((isbox(outer), isbox(getattr(outer, "_value", None))))
        y = x * x
        seen.append((y._value._trace == outer._trace, float(getval(y))))
        return y * x

    assert float(grad(grad(f))(2.0)) == 12.0
    assert seen == [(True, False), (True, 4.0)]


def test_what_is_computed_with_the_peeled_value_is_differentiated_by_the_level_outside() -> None:
    # d/dx of (derivative with respect to the inner x of x y), where y is the peeled value: x as the outer level sees it.
    assert float(grad(grad(lambda x: x * x._value**2))(3.0)) == 6.0
    second = grad(grad(lambda x: anp.sin(x) * x._value))
    assert float(second(0.5)) == pytest.approx(math.cos(0.5) - 0.5 * math.sin(0.5))


def test_levels_do_not_mistake_each_other() -> None:
    # The known trap: d/dx (x d/dy (x + y)) is 1, not 2.
    assert float(grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0)) == 1.0
    assert float(grad(lambda x: x * make_jvp(lambda y: x + y)(1.0)(1.0)[1])(3.0)) == 1.0
    assert float(make_jvp(lambda x: x * grad(lambda y: x + y)(1.0))(3.0)(1.0)[1]) == 1.0


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_every_order(order: int) -> None:
    f: Any = anp.tanh
    for _ in range(order):
        f = elementwise_grad(f)
    t = np.tanh(X)
    exact = [1 - t**2, -2 * t * (1 - t**2), (6 * t**2 - 2) * (1 - t**2), (16 * t - 24 * t**3) * (1 - t**2)]
    np.testing.assert_allclose(f(X), exact[order - 1], rtol=1e-12)


def test_modes_of_tensors_do_not_reach_boxes() -> None:
    with autograd.no_grad():
        np.testing.assert_allclose(
            grad(lambda x: np.sum(np.cumsum(x) ** 2))(X), differences(lambda x: np.sum(np.cumsum(x) ** 2), X), rtol=1e-6
        )


def test_threads_have_their_own_levels() -> None:
    found: list[float] = []

    def work(n: int) -> None:
        found.extend([float(grad(lambda x: x * grad(lambda y: x * y**n)(1.0))(2.0)) - 4.0 * n for _ in range(50)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 200
    assert set(found) == {0.0}


def test_a_level_ends_when_its_function_raises() -> None:
    before = trace_stack.top
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x * (1 // 0))(1.0)
    assert trace_stack.top == before


def test_a_vjp_may_be_called_often_and_gives_arrays_of_its_own() -> None:
    vjp, value = make_vjp(lambda x: x * 1.0)(X)
    first, second = vjp(np.ones(3)), vjp(np.ones(3))
    first[:] = 0
    np.testing.assert_array_equal(second, 1.0)
    np.testing.assert_array_equal(value, X)
    same = make_vjp(lambda x: x)(X)[0]
    seed = np.ones(3)
    same(seed)[:] = 7.0
    np.testing.assert_array_equal(seed, 1.0)


# ------------------------------------------------------------------------------------------------------------------ containers


class Pair(NamedTuple):
    a: Any
    b: Any


def test_containers_are_real_ones_and_gradients_have_their_shape() -> None:
    tree = [X, {"w": 2.0, "deep": (X[:2], Pair(X, 1.5))}]

    def f(tree: Any) -> Any:
        assert type(tree) is list
        assert type(tree[1]) is dict
        assert type(tree[1]["deep"][1]) is Pair
        tree.append(None)
        return np.sum(tree[0] * tree[1]["w"]) + np.sum(tree[1]["deep"][0] ** 2) * tree[1]["deep"][1].b

    g = grad(f)(tree)
    assert len(tree) == 2
    np.testing.assert_array_equal(g[0], [2.0, 2.0, 2.0])
    assert float(g[1]["w"]) == pytest.approx(np.sum(X))
    np.testing.assert_allclose(g[1]["deep"][0], 3 * X[:2])
    assert type(g[1]["deep"][1]) is Pair
    np.testing.assert_array_equal(g[1]["deep"][1].a, 0.0)


def test_several_arguments_and_results() -> None:
    g = grad(lambda x, y: np.sum(x * y), (0, 1))(X, 2 * X)
    np.testing.assert_array_equal(g[0], 2 * X)
    np.testing.assert_array_equal(g[1], X)
    vjp, value = make_vjp(lambda x: (x * 2, {"s": np.sum(x)}))(X)
    np.testing.assert_array_equal(vjp((np.ones(3), {"s": 10.0})), 12.0)
    assert type(value) is tuple
    assert not isbox(value[0])
    assert traced_isinstance(value[1], traced_dict)


def test_a_primitive_of_nested_lists_gets_lists_of_gradients() -> None:
    @primitive
    def total(nested: Any) -> Any:
        return sum(sum(row) for row in nested), [nested[0][0] ** 2, nested[1]]

    defvjp(total, lambda ans, nested: lambda g: [[g[0] + g[1][0] * 2 * nested[0][0], g[0]], np.array([g[0] + v for v in g[1][1]])])

    def f(x: Any) -> Any:
        value, (square, row) = total([[x[0], x[1]], [x[2], 1.0]])
        return value * 3 + square + row[0] * x[1]

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)


def test_flatten_goes_both_ways_and_has_a_gradient() -> None:
    vector, unflatten = flatten({"b": X, "a": [1.0, np.ones((2, 2))]})
    assert vector.shape == (8,)
    np.testing.assert_array_equal(unflatten(vector)["a"][1], np.ones((2, 2)))
    g = grad(lambda tree: np.sum(flatten(tree)[0] ** 2))({"b": X, "a": 2.0})
    np.testing.assert_allclose(g["b"], 2 * X)
    assert float(g["a"]) == 4.0


# ------------------------------------------------------------------------------------------------------- no gradient is lost


def test_an_array_of_objects_carries_the_gradient() -> None:
    # What legume's guided modes do.
    def f(a: Any) -> Any:
        layers = anp.array([a, 2 * a], dtype=object).ravel()
        return anp.sum(anp.array(layers, dtype=float) ** 2)

    assert float(grad(f)(1.0)) == 10.0

    def g(x: Any) -> Any:
        objects = np.array([x[0], 2.0 * x[1], 3.0])  # NumPy's own array, of objects that are boxes
        return anp.sum(objects * objects) + anp.sum(anp.sin(objects)) + anp.dot(objects, X)

    np.testing.assert_allclose(grad(g)(X), differences(lambda x: float(g(x)), X), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(grad(lambda x: np.sum(np.asarray(x)))(X), 1.0)


def test_lists_of_boxes_are_arrays_to_numpys_functions() -> None:
    def f(x: Any) -> Any:
        parts = [x[0], x[1] * x[2], 2.0]
        return (
            anp.sum(parts) * anp.mean([x[0], x[1]]) + anp.max(parts) + anp.linalg.norm(parts) + anp.dot(parts, parts)
            + anp.sum(anp.array([[x[0], 1.0], [0.0, x[2]]]) ** 2) + anp.prod(anp.stack([x, x * 2])) + anp.std(parts)
            + anp.sum(anp.r_[x, x[:1]] ** 2) + anp.sum(anp.concatenate([[x[0]], x]) ** 3) + anp.sum(anp.where(X > 0, parts, 1.0))
        )  # fmt: skip

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6, atol=1e-7)


WAYS: dict[str, Any] = {
    "float": float,
    "int": int,
    "complex": complex,
    "index": lambda x: [0, 1, 2][x],
    "range": lambda x: range(x),
    "math.sqrt": math.sqrt,
    "math.exp": math.exp,
    "format": lambda x: f"{x:.3f}",
    "percent": lambda x: "%f" % x,  # noqa: UP031
    "array of float": lambda x: np.array([x, 1.0], dtype=float),
    "fill": lambda x: np.zeros(2).fill(x),
    "item of an array": lambda x: np.zeros(2).__setitem__(0, x),
    "np.float64": np.float64,
    "round to int": lambda x: round(float(x)),
    "sum with out": lambda x: np.add(x, 1.0, out=np.zeros(())),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("deep", [False, True])
def test_every_way_to_a_number_raises(way: str, deep: bool) -> None:
    def f(x: Any) -> Any:
        WAYS[way](x)
        return x

    with pytest.raises((TypeError, ValueError, NotImplementedError)):
        (grad(grad(f)) if deep else grad(f))(2.0)


def test_questions_are_answered() -> None:
    def f(x: Any) -> Any:
        assert np.isclose(x, X).all()
        assert np.allclose(x, X)
        assert np.isfinite(x).all()
        assert np.array_equal(x, X)
        assert bool(x[0] > 0)
        assert x[0]
        assert str(getval(x[0])) == "0.7"
        assert np.shape(x) == (3,)
        assert np.iscomplexobj(x) is False
        return np.sum(x)

    np.testing.assert_array_equal(grad(f)(X), 1.0)
    np.testing.assert_array_equal(grad(lambda x: np.sum(grad(lambda y: f(y) * f(x))(x)))(X), 3.0)


def test_augmented_assignment_binds_the_name_to_a_box() -> None:
    def f(x: Any) -> Any:
        total = np.zeros(3)
        total += x
        total *= x
        total -= 1.0
        return np.sum(total)

    np.testing.assert_allclose(grad(f)(X), 2 * X)


class Units(np.ndarray):
    """An array with a protocol of its own, which knows arrays and its own kind only."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        inputs = tuple([v.view(np.ndarray) if isinstance(v, Units) else v for v in inputs])
        result = getattr(ufunc, method)(*inputs, **kwargs)
        return result.view(Units) if isinstance(result, np.ndarray) else result


def test_arrays_of_other_classes_compute_with_boxes() -> None:
    units = np.array([1.0, 2.0, 3.0]).view(Units)
    for f in (lambda x: anp.sum(units * x), lambda x: anp.sum(x * units), lambda x: anp.sum(np.multiply(units, anp.sin(x)))):
        np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)
    matrix = np.ma.masked_array(np.ones(3), [False, True, False])
    with pytest.raises(Exception):  # noqa: B017  (masked arrays would drop the box)
        grad(lambda x: anp.sum(matrix * x) * 0 + float(anp.sum(matrix * x)))(X)


def test_an_output_that_does_not_depend_warns() -> None:
    with pytest.warns(UserWarning, match="Output seems independent of input."):  # packages ask for these words
        assert float(grad(lambda x: 5.0)(1.0)) == 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(lambda x: x * 0)(1.0)


def test_the_result_must_be_one_real_number() -> None:
    for f in (lambda x: x * np.ones(2), lambda x: x * 1j, lambda x: x > 0):
        with pytest.raises(TypeError, match="one real number"):
            grad(f)(1.0)


# ---------------------------------------------------------------------------------------------------- writes into arrays


def test_boxes_are_written_into_arrays_that_were_made_inside() -> None:
    def f(x: Any) -> Any:
        a = anp.zeros(4)
        a[0] = x[0] * 2
        a[1:] = x
        a[2] += x[0] * x[1]
        b = anp.empty((2, 3))
        b[0] = x
        b[1] = [x[2], 1.0, x[0] * x[1]]
        b[:, 1] *= 2.0
        return np.sum(a**2) + a.sum() + np.dot(a, a) + anp.sum(anp.sin(b)) + b[1, 2] * len(a) + anp.sum(a[a > 0] ** 3)

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)
    np.testing.assert_allclose(hessian(f)(X), jacobian(grad(f))(X))
    np.testing.assert_allclose(make_jvp(f)(X)(np.ones(3))[1], np.sum(grad(f)(X)))


def test_other_names_for_the_memory_see_the_write() -> None:
    def f(x: Any) -> Any:
        a = anp.zeros((2, 3))
        row, column = a[1], a[:, 0]
        row[0] = x[0]  # a write into a view is one into the array
        a[0, [0, 2]] = x[:2]
        a *= x[1]
        return np.sum(a**3) + np.sum(row**2) + column[0] * 5 + np.sum(column) + np.sum(a.T[0])

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)


def test_a_later_write_does_not_change_an_earlier_result() -> None:
    def f(x: Any) -> Any:
        a = anp.ones(3)
        y = np.sum(a * x)
        a[1] = 5.0
        z = np.sum(a * x)
        a[0] = x[2]
        return y + 10 * z + 100 * np.sum(a * x)

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)


def test_writes_that_would_lose_something_raise() -> None:
    with pytest.raises(TypeError, match="int64"):
        grad(lambda x: anp.zeros(2, int).__setitem__(0, x))(1.0)
    with pytest.raises(TypeError, match="cannot be written into"):
        grad(lambda x: (x * 1).__setitem__(0, 1.0))(X)


def test_arrays_made_inside_leave_as_arrays() -> None:
    _, value = make_vjp(lambda x: (x, anp.zeros(2)))(1.0)
    assert type(value[1]) is np.ndarray
    assert type(anp.zeros(2)) is np.ndarray
    np.testing.assert_array_equal(jacobian(_written)(X), np.eye(3)[[2, 2, 0]])


def _written(x: Any) -> Any:
    a = anp.zeros(3)
    a[:2] = x[2]
    a[2] = x[0]
    return a


# ------------------------------------------------------------------------------------------------------------- extensions


@primitive
def cube(x: Any, scale: Any = 1.0) -> Any:
    return scale * x**3


defvjp(cube, lambda ans, x, scale=1.0: lambda g: g * 3 * scale * x**2, lambda ans, x, scale=1.0: lambda g: np.sum(g * x**3))
defjvp(cube, lambda g, ans, x, scale=1.0: g * 3 * scale * x**2, lambda g, ans, x, scale=1.0: g * x**3)


def test_a_primitive_has_its_users_rules() -> None:
    check_grads(cube, (0, 1))(X, 2.0)
    check_grads(lambda x: anp.sum(cube(x) * anp.sin(x)))(X)


@primitive
def sum_of_list(parts: Any, weights: Any) -> Any:
    return sum(w * p for w, p in zip(weights, parts, strict=True)), parts[0]


defvjp(sum_of_list, lambda ans, parts, weights: lambda g: [w * g[0] + (g[1] if i == 0 else 0) for i, w in enumerate(weights)], None)


def test_a_primitive_takes_lists_of_boxes_and_returns_tuples() -> None:
    def f(x: Any) -> Any:
        total, first = sum_of_list([x, x**2, X], [1.0, 2.0, 3.0])
        return anp.sum(total * anp.cos(first))

    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-6)


def test_a_rule_that_is_missing_is_named() -> None:
    lonely = primitive(lambda x: x * 2)
    with pytest.raises(NotImplementedError, match="lambda"):
        grad(lonely)(1.0)
    wrong = primitive(lambda x: np.sum(x))
    defvjp(wrong, lambda ans, x: lambda g: np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"\(2, 5\)"):
        grad(wrong)(X)


class Angle:
    """A value of a user's class, with a vector space."""

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees


class AngleSpace(VSpace):
    def __init__(self, value: Any) -> None:
        pass

    size = 1

    def zeros(self) -> Any:
        return Angle(0.0)

    def ones(self) -> Any:
        return Angle(1.0)

    def _add(self, x: Any, y: Any) -> Any:
        return Angle(x.degrees + y.degrees)


class AngleBox(Box):
    __slots__ = ()


AngleSpace.register(Angle)
AngleBox.register(Angle)
degrees = primitive(lambda angle: angle.degrees)
defvjp(degrees, lambda ans, angle: lambda g: Angle(g))


def test_classes_of_users_have_boxes_and_spaces() -> None:
    assert grad(lambda a: degrees(a) ** 2 + 3 * degrees(a))(Angle(2.0)).degrees == 7.0


def test_the_private_names_that_dependents_use() -> None:
    node = VJPNode.new_root()
    with trace_stack.new_trace() as level:
        box = new_box(X, level, node)
        end = anp.sum(box**2)
    assert isinstance(end, ArrayBox)
    assert str(type(end)) == "<class 'autograd.numpy.numpy_boxes.ArrayBox'>"
    np.testing.assert_allclose(backward_pass(1.0, end._node), 2 * X)
    with trace_stack.new_trace() as level:
        x, y = new_box((2.0, X), level, VJPNode.new_root())
        assert isbox(anp.sum(x * y))
    _, node = trace(VJPNode.new_root(), lambda x: x**2, 3.0)
    assert float(backward_pass(1.0, node)) == 6.0
    assert ArrayBox.type_mappings[np.ndarray] is ArrayBox
    assert VSpace.mappings[np.ndarray](X).size == 3
    assert vspace([X, 1.0]).size == 4
    assert ArrayBox(X, 0, None)._value is X


def test_a_graph_runs_again_without_its_function() -> None:
    calls = []

    def f(x: Any, y: Any) -> Any:
        calls.append(1)
        return anp.sum(anp.sin(x) * y) + anp.cumsum(x)[-1]

    fast = const_graph(f)
    assert fast(X, 2.0) == pytest.approx(f(X, 2.0))
    assert fast(2 * X, 3.0) == pytest.approx(f(2 * X, 3.0))
    assert len(calls) == 3


def test_grad_is_pytorchs_for_tensors_and_hips_for_functions() -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    (g,) = autograd.grad((x**2).sum(), x)
    np.testing.assert_array_equal(g.numpy(), [2.0, 4.0])
    assert float(autograd.grad(lambda x: x**2)(3.0)) == 6.0
    assert float(autograd.grad(fun=lambda x, y: x * y, argnum=1)(3.0, 4.0)) == 3.0
    assert [float(v) for v in value_and_grad(lambda x: x**2)(3.0)] == [9.0, 6.0]


def test_import_loads_nothing_of_it() -> None:
    import subprocess
    import sys

    text = "import sys, autograd; print([m for m in sys.modules if m.startswith('autograd.hips') or m == 'autograd.numpy'])"
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.strip() == "[]"
