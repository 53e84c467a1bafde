"""``np.f(tensor)`` computes what ``np.f(array)`` computes, with each of NumPy's arguments, and never ignores one."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import numpy as np
import pytest
from numpy_calls import CALLS, SPECIAL, VALUES, A, B, V, W, X

import autograd
from autograd import Tensor, tensor
from autograd.errors import GraphError
from autograd.protocols.dispatch import FAMILIES, _adapters, _declared

# Optional arguments that change no result, so that an adapter need not read them.
WITHOUT_EFFECT = {
    "subok",  # a tensor stays a tensor
    "overwrite_input",  # a permission
    "device",  # NumPy knows the CPU only
}
# Optional arguments that the calls pass by position.
PASSED = {(np.clip, "a_min"), (np.clip, "a_max")}
# What adapters refuse, each with an error.
REFUSED = {
    (np.meshgrid, "sparse"), (np.lib.stride_tricks.sliding_window_view, "writeable"), (np.linalg.svd, "hermitian"),
    (np.sort, "order"), (np.argsort, "order"), (np.partition, "order"), (np.quantile, "weights"), (np.nanquantile, "weights"),
    (np.percentile, "weights"), (np.nanpercentile, "weights"), (np.einsum, "dtype"), (np.clip, "dtype"),
}  # fmt: skip


def name(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np")


def flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [part for item in value for part in flat(item)]
    return [value]


def same(found: Any, wanted: Any) -> None:
    found, wanted = flat(found), flat(wanted)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        if isinstance(other, np.ndarray | np.generic | int | float):
            assert np.shape(one) == np.shape(other)
            rough = np.asarray(other).dtype in (np.float32, np.complex64)
            np.testing.assert_allclose(getattr(one, "array", one), other, rtol=1e-5 if rough else 1e-10, atol=1e-12)
            if isinstance(one, Tensor) and isinstance(other, np.ndarray | np.generic):
                assert one.dtype == other.dtype
        else:
            assert one == other


def test_every_adapter_has_a_call() -> None:
    assert {name(f) for f in _adapters() if f not in CALLS} == set()
    assert {name(f) for f in CALLS if f not in _adapters()} == set()
    assert not {f for f in _adapters() if f in _declared() and isinstance(f, np.ufunc)}, "an op and an adapter for one function"


@pytest.mark.parametrize("function", CALLS, ids=name)
def test_the_result_is_numpys(function: Any) -> None:
    same(CALLS[function](tensor), CALLS[function](lambda a: a))


def options() -> list[tuple[Any, str]]:
    found = []
    for function in CALLS:
        try:
            parameters = inspect.signature(function).parameters.values()
        except ValueError:
            continue
        if isinstance(function, np.ufunc):
            continue
        found += [
            (function, p.name)
            for p in parameters
            if p.default is not p.empty and p.name != "out" and (p.name in VALUES or (function, p.name) in SPECIAL)
        ]
    return found


@pytest.mark.parametrize(("function", "option"), options(), ids=lambda v: v if isinstance(v, str) else name(v))
def test_each_argument_does_what_it_does_in_numpy(function: Any, option: str) -> None:
    more = {option: SPECIAL.get((function, option), VALUES.get(option))}
    try:
        wanted = CALLS[function](lambda a: a, **more)
    except Exception:
        with pytest.raises((TypeError, ValueError, RuntimeError, IndexError, NotImplementedError)):
            CALLS[function](tensor, **more)
        return
    if (function, option) in REFUSED:
        with pytest.raises((NotImplementedError, ValueError, TypeError), match=option):
            CALLS[function](tensor, **more)
        return
    same(CALLS[function](tensor, **more), wanted)


def test_every_optional_argument_of_numpys_is_tried() -> None:
    tried = set(options())
    missed = []
    for function in CALLS:
        if isinstance(function, np.ufunc):
            continue
        try:
            parameters = inspect.signature(function).parameters.values()
        except ValueError:
            continue
        missed += [
            f"{name(function)}({p.name})"
            for p in parameters
            if p.default is not p.empty
            and p.kind is not p.POSITIONAL_ONLY
            and p.name != "out"
            and (function, p.name) not in tried | PASSED
        ]
    assert missed == []


# ------------------------------------------------------------------------------------------- no argument is named and not read


def unread(function: Any) -> list[str]:
    """The parameters that a function's body never reads."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)
    args = definition.args
    named = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if a is not None]
    read = {node.id for statement in definition.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return [n for n in named if n not in read and n not in WITHOUT_EFFECT]


WRITTEN = {f: a for f, a in _adapters().items() if a.__module__.startswith("autograd.protocols") and a.__name__ != "<lambda>"}


@pytest.mark.parametrize("function", [f for f in WRITTEN if not hasattr(WRITTEN[f], "__wrapped__")], ids=name)
def test_an_adapter_reads_every_argument_that_it_names(function: Any) -> None:
    assert unread(WRITTEN[function]) == []
    # ``out`` is read for all of them before an adapter is called.
    assert "out" not in inspect.signature(WRITTEN[function]).parameters


@pytest.mark.parametrize("function", WRITTEN, ids=name)
def test_an_adapter_names_every_argument_of_numpys_as_numpy_does(function: Any) -> None:
    if isinstance(function, np.ufunc):
        return
    try:
        wanted = [p.name for p in inspect.signature(function).parameters.values() if p.name not in ("out", "kwargs", "arrays")]
    except ValueError:
        return
    found = inspect.signature(WRITTEN[function]).parameters
    missing = [n for n in wanted if n not in found]
    assert missing == []


def test_an_unread_argument_would_be_seen() -> None:
    def adapter(a: Any, axis: Any = None, mode: Any = None) -> Any:
        return a.sum(axis)

    assert unread(adapter) == ["mode"]


# ------------------------------------------------------------------------------------------------------------------- out=


TAKES_OUT = [f for f in CALLS if not isinstance(f, np.ufunc) and f is not np.einsum and "out" in str(inspect.signature(f))]


@pytest.mark.parametrize("function", [*TAKES_OUT, np.einsum], ids=name)
def test_out_is_written(function: Any) -> None:
    wanted = CALLS[function](lambda a: a)
    out = autograd.zeros(np.shape(wanted), dtype=np.asarray(wanted).dtype)
    assert CALLS[function](tensor, out=out) is out
    np.testing.assert_allclose(out.array, wanted)
    array = np.zeros(np.shape(wanted), np.asarray(wanted).dtype)
    assert CALLS[function](tensor, out=array) is array
    np.testing.assert_allclose(array, wanted)


def test_out_by_position_and_what_follows_it() -> None:
    out = autograd.zeros(4, dtype="float64")
    assert np.sum(tensor(A), 0, None, out) is out
    np.testing.assert_allclose(out.array, A.sum(0))
    kept = autograd.zeros(1, 4, dtype="float64")
    assert np.max(tensor(A), 0, kept, True) is kept
    np.testing.assert_allclose(kept.array, A.max(0, keepdims=True))
    assert np.fix(tensor(V), out) is out


def test_out_is_part_of_the_graph_or_refused() -> None:
    x = tensor(A, requires_grad=True)
    out = autograd.zeros(4, dtype="float64")
    np.sum(x * 2, 0, out=out)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.array, np.full((3, 4), 2.0))
    with pytest.raises(GraphError, match="can't be written into a NumPy array"):
        np.sum(x, 0, out=np.zeros(4))
    with pytest.raises(ValueError, match=r"out= is float64\[3\], but the result is float64\[4\]: nothing was changed"):
        np.sum(tensor(A), 0, out=autograd.zeros(3, dtype="float64"))
    with pytest.raises(TypeError, match=r"split.*out"):
        np.split(tensor(A), 3, out=out)


# ------------------------------------------------------------------------------------------------------- axis=() reduces nothing


REDUCTIONS = [
    np.sum, np.prod, np.mean, np.max, np.min, np.amax, np.amin, np.ptp, np.var, np.std, np.all, np.any, np.count_nonzero,
    np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd,
]  # fmt: skip


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("function", REDUCTIONS, ids=name)
def test_no_axes_reduce_nothing(function: Any, keepdims: bool) -> None:
    same(function(tensor(A), axis=(), keepdims=keepdims), function(A, axis=(), keepdims=keepdims))


@pytest.mark.parametrize("function", [np.sum, np.prod, np.mean, np.var, np.std, np.nansum, np.nanmean, np.nanvar], ids=name)
@pytest.mark.parametrize("axis", [None, 0, (0, 1), ()])
def test_a_mask_and_axes_together(function: Any, axis: Any) -> None:
    mask = A > 0.8
    with np.errstate(all="ignore"):
        same(function(tensor(A), axis=axis, where=mask), function(A, axis=axis, where=mask))
        same(function(tensor(A), axis=axis, where=mask, keepdims=True), function(A, axis=axis, where=mask, keepdims=True))


def test_extremes_of_a_mask_need_a_beginning() -> None:
    same(np.max(tensor(A), 1, where=A > 1.5, initial=0.0), np.max(A, 1, where=A > 1.5, initial=0.0))
    with pytest.raises(ValueError, match="initial"):
        np.max(tensor(A), where=A > 1)
    same(np.max(autograd.zeros(0), initial=3.0), np.max(np.zeros(0, "f4"), initial=3.0))


def test_truth_over_no_dimensions() -> None:
    """PyTorch's ``all`` and ``any`` reduce nothing when the dimensions are none; its sums then reduce everything."""
    x = tensor([[0.0, 1.0], [2.0, 0.0]])
    assert x.all(dim=()).tolist() == [[False, True], [True, False]]
    assert x.any(dim=()).tolist() == [[False, True], [True, False]]
    assert x.sum(dim=()).item() == 3.0


# --------------------------------------------------------------------------------------------------------- lists beside tensors


LISTS: list[tuple[Any, list[Any]]] = [
    (np.add, [V, V]), (np.multiply, [A, V]), (np.arctan2, [V, V]), (np.concatenate, [[V, W]]), (np.stack, [[V, V]]),
    (np.hstack, [[V, W]]), (np.dot, [A, V]), (np.matmul, [A, V]), (np.outer, [V, W]), (np.inner, [V, V]), (np.kron, [V, W]),
    (np.vdot, [V, V]), (np.tensordot, [A, B]), (np.cross, [W, W]), (np.convolve, [V, W]), (np.correlate, [V, W]),
    (np.append, [V, W]), (np.where, [A > 1, A, B]), (np.interp, [V, [0.5, 1.0, 3.0], W]), (np.polyval, [W, V]),
    (np.trapezoid, [V, V]), (np.linspace, [V, V]), (np.vecdot, [A, B]), (np.linalg.solve, [np.eye(3), W]), (np.maximum, [A, B]),
    (np.average, [V, None, V]), (np.isclose, [A, B]), (np.select, [[A > 1], [A]]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "args"), LISTS, ids=lambda v: name(v) if callable(v) else "")
def test_lists_beside_tensors(function: Any, args: list[Any]) -> None:
    def lists(value: Any) -> Any:
        return value.tolist() if isinstance(value, np.ndarray) else [lists(v) for v in value] if isinstance(value, list) else value

    def made(value: Any, which: int, i: int) -> Any:
        if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
            return [made(v, which, k) for k, v in enumerate(value)]
        return tensor(value) if isinstance(value, np.ndarray) and i == which else lists(value)

    wanted = function(*[lists(a) for a in args])
    for which in range(2):
        given = [made(a, which, i) for i, a in enumerate(args)]
        if not any(isinstance(v, Tensor) for v in flat(given)):
            continue
        found = function(*given)
        np.testing.assert_allclose(found.array, wanted, rtol=1e-12)


def test_a_list_that_holds_tensors() -> None:
    x = tensor(2.0, requires_grad=True)
    np.multiply([x, 3.0], tensor([5.0, 7.0])).sum().backward()
    assert x.grad.item() == 5.0


# -------------------------------------------------------------------------------------------------------------- more calls


def test_bounds_under_either_name() -> None:
    same(np.clip(tensor(A), min=0.8, max=1.5), np.clip(A, min=0.8, max=1.5))
    same(np.clip(tensor(A), V.tolist(), None), np.clip(A, V, None))
    with pytest.raises(ValueError, match="the same"):
        np.clip(tensor(A), 0.5, min=0.8)


def test_averages() -> None:
    same(np.average(tensor(np.array([1, 2, 4]))), np.average(np.array([1, 2, 4])))
    same(np.average(tensor(np.array([1, 2, 4])), weights=[1, 1, 2]), np.average(np.array([1, 2, 4]), weights=[1, 1, 2]))
    for more in ({"axis": 0, "weights": W}, {"axis": 1, "weights": V}, {"axis": (0, 1), "weights": A}, {"axis": 1, "weights": A},
                 {"axis": (1, 0), "weights": A.T.copy()}, {"axis": 0, "weights": W, "keepdims": True}):  # fmt: skip
        same(np.average(tensor(A), returned=True, **more), np.average(A, returned=True, **more))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (3, 5), (4, 4), (1, 3), (4, 2), (2, 5)])
def test_convolutions(mode: str, n: int, m: int) -> None:
    rng = np.random.default_rng(1)
    a, v = (rng.standard_normal(k) + 1j * rng.standard_normal(k) for k in (n, m))
    for function in (np.convolve, np.correlate):
        same(function(tensor(a), tensor(v), mode), function(a, v, mode))
        same(function(tensor(a.real.copy()), v.real, mode), function(a.real, v.real, mode))


@pytest.mark.parametrize(("obj", "values", "axis"), [
    (1, 5.0, None), (1, [5.0, 6.0], None), ([0, 3], 5.0, None), ([1, 1], [5.0, 6.0], None), (-1, 5.0, None), (2, V, 0), ([1], V, 0),
    ([0, 2], [[1.0], [2.0]], 0), (1, W, 1), ([1], W[:, None], 1), (slice(0, 2), 9.0, 0), (np.array([True, False, True]), 9.0, 0),
])  # fmt: skip
def test_insertions(obj: Any, values: Any, axis: Any) -> None:
    same(np.insert(tensor(A), obj, values, axis), np.insert(A, obj, values, axis))


def test_interpolation_at_the_ends_and_around() -> None:
    x, xp, fp = np.array([-1.0, 0.0, 0.5, 2.0, 3.0, 4.0, np.nan]), np.array([0.0, 2.0, 3.0]), np.array([1.0, 5.0, -1.0])
    same(np.interp(tensor(x), xp, fp), np.interp(x, xp, fp))
    same(np.interp(tensor(x), xp, fp, left=7.0, right=8.0), np.interp(x, xp, fp, left=7.0, right=8.0))
    same(np.interp(tensor(x), xp, fp, period=2.5), np.interp(x, xp, fp, period=2.5))
    t = tensor(np.array([0.5, -1.0]), requires_grad=True)
    np.interp(t, xp, fp).sum().backward()
    assert t.grad.tolist() == [2.0, 0.0]


def test_a_function_along_an_axis() -> None:
    for axis in (0, 1, 2, -1):
        for function in (lambda r: r.sum(), lambda r: r[:2] * r[1], lambda r: r[:, None] * r[None, :2]):
            same(np.apply_along_axis(function, axis, tensor(X)), np.apply_along_axis(function, axis, X))


def test_fortran_order() -> None:
    for shape in ((2, 6), (-1, 3), 12, (2, -1, 3)):
        same(np.reshape(tensor(A), shape, order="F"), np.reshape(A, shape, order="F"))
        same(np.reshape(tensor(A.T), shape, order="A"), np.reshape(A.T, shape, order="A"))
    for order in ("C", "F", "A", "K"):
        same(np.ravel(tensor(A), order), np.ravel(A, order))
        same(np.ravel(tensor(X).permute(2, 1, 0), order), np.ravel(X.T, order))
        copied = np.copy(tensor(A), order)
        assert copied.array.strides == np.copy(A, order).strides


def test_modes_of_an_index() -> None:
    for mode in ("wrap", "clip"):
        same(np.take(tensor(A), [-9, 2, 40], mode=mode), np.take(A, [-9, 2, 40], mode=mode))
        same(np.take(tensor(A), [-9, 2, 7], 1, mode=mode), np.take(A, [-9, 2, 7], 1, mode=mode))
        same(np.choose([[-1, 5]], [tensor(V)[:1], tensor(W)[:1]], mode=mode), np.choose([[-1, 5]], [V[:1], W[:1]], mode=mode))
    for bad in (lambda: np.take(tensor(V), [9]), lambda: np.choose([2], [tensor(V), tensor(V)])):
        with pytest.raises((IndexError, ValueError)):
            bad()


def test_arguments_in_any_order() -> None:
    same(np.take(indices=[1, 0], a=tensor(V)), np.take(indices=[1, 0], a=V))
    same(np.isclose(b=tensor(V), a=V + 1e-9), np.isclose(b=V, a=V + 1e-9))


def test_weights_of_counts_that_need_a_gradient_are_refused() -> None:
    w = tensor(V, requires_grad=True)
    for call in (lambda: np.bincount(tensor([0, 1, 1, 2]), w), lambda: np.histogram(tensor(V), weights=w)):
        with pytest.raises(GraphError, match="no derivative with respect to weights"):
            call()


DIFFERENTIABLE = [
    np.interp, np.polyval, np.convolve, np.correlate, np.insert, np.unwrap, np.apply_along_axis, np.linspace, np.vecdot, np.average,
    np.amax, np.amin, np.sum, np.var, np.std, np.cross, np.full_like, np.copyto, np.piecewise, np.putmask,
]  # fmt: skip


@pytest.mark.parametrize("function", DIFFERENTIABLE, ids=name)
def test_gradients(function: Any) -> None:
    leaves: list[Tensor] = []

    def count(array: Any) -> Any:
        if array.dtype.kind == "f":
            leaves.append(tensor(array, requires_grad=True))
        return array

    CALLS[function](count)

    def call(*given: Tensor) -> Any:
        rest = iter(given)
        return CALLS[function](lambda a: next(rest) * 1.0 if a.dtype.kind == "f" else a)

    autograd.gradcheck(call, leaves)


@pytest.mark.parametrize("function", [np.sum, np.mean, np.var, np.std, np.prod], ids=name)
def test_gradients_through_a_mask(function: Any) -> None:
    autograd.gradcheck(lambda x: function(x, axis=1, where=A > 0.7), [tensor(A, requires_grad=True)])


def test_families_are_files() -> None:
    assert {*FAMILIES} | {"arguments", "dispatch", "table"} == {
        info.name for info in __import__("pkgutil").iter_modules(autograd.protocols.__path__)
    }
