"""Tables over every op in the registry: what its declaration says is true of it, on its own samples.

An op that is declared is tested, without a line here. Gradients, second order and forward mode are those of the certificate.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.engine.gradients import node_of
from autograd.engine.graph import make
from autograd.engine.op import REGISTRY, Op, Sample
from autograd.engine.recording import recorded
from autograd.proof.certificate import CHECKS, Case, certify_op, load

load()
NAMES = sorted(REGISTRY)
each_op = pytest.mark.parametrize("name", NAMES)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}

# Outputs that are not a function of the values of the inputs: memory that is not initialised.
UNDEFINED = {"empty_like"}
# Ops that refuse some layouts of memory, as PyTorch's do: a view never copies.
PARTICULAR = {"view", "view_as_complex"}
# Ops that always compute in double precision: NumPy's and PyTorch's do.
ALWAYS_DOUBLE = {"float_power"}


def listed(y: Any) -> list[Any]:
    return list(y) if isinstance(y, tuple | list) else [y]


def floats(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.floating | np.complexfloating) and value.dtype.kind in "fc"


def over_arrays(sample: Sample, change: Any) -> list[Any]:
    """The inputs of a sample with each floating array changed, within lists too."""

    def walk(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)([walk(v) for v in value])
        return change(value) if floats(value) else value

    return [walk(v) for v in sample.inputs]


def params(sample: Sample) -> dict[str, Any]:
    return {k: copy.deepcopy(v) if "Generator" in type(v).__name__ else v for k, v in sample.params.items()}


def values(op: Op, inputs: list[Any], sample: Sample) -> list[np.ndarray]:
    """The outputs for these inputs, all without a gradient."""
    return [np.asarray(t.array) for t in listed(recorded(op)(*inputs, **params(sample)))]


def gradients(op: Op, inputs: list[Any], sample: Sample) -> tuple[list[Any], list[Any]]:
    """The leaves that were made of the floating inputs, and the gradients of the sum of all outputs by them."""
    leaves: list[Any] = []

    def make_leaf(value: Any) -> Any:
        leaves.append(make(value).requires_grad_())
        return leaves[-1]

    outs = listed(recorded(op)(*over_arrays(Sample(*inputs), make_leaf), **params(sample)))
    if sample.through is not None:
        outs = listed(sample.through(*outs))
    outs = [y for y in outs if node_of(y) is not None]
    if not outs or not leaves:
        return leaves, [None] * len(leaves)
    seeds = [make(np.ones(y.shape, y.dtype)) for y in outs]
    return leaves, list(autograd.grad(outs, leaves, seeds, allow_unused=True))


def same(found: np.ndarray, expected: Any, **how: float) -> None:
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, equal_nan=True, **(how or TIGHT))


# --------------------------------------------------------------------------------------------------------- the declaration


@each_op
def test_has_samples_and_doc(name: str) -> None:
    op = REGISTRY[name]
    assert op.samples(), f"{name} has no samples"
    assert op.doc.strip(), f"{name} has no doc"


@each_op
def test_gradients_are_right(name: str) -> None:
    report = certify_op(REGISTRY[name], checks=CHECKS)
    assert report.passed, "\n".join(report.failures)


@each_op
def test_bad_calls_raise_what_they_say(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.errors():
        assert sample.raises is not None
        with pytest.raises(sample.raises) as caught:
            recorded(op)(*over_arrays(sample, lambda a: make(np.array(a)).requires_grad_()), **sample.params)
        assert re.search(sample.match, str(caught.value), re.DOTALL), f"{name}{sample!r} says: {caught.value}"
        assert str(caught.value)


@each_op
def test_plan_saves_what_the_rules_name_only(name: str) -> None:
    op = REGISTRY[name]
    for needs in {(True,) * len(op.inputs), *[tuple(i == k for i in range(len(op.inputs))) for k in range(len(op.inputs))]}:
        rules = [op.joint] if op.joint else [op.rules[n] for n, need in zip(op.inputs, needs, strict=True) if need or op.variadic]
        named = {n for rule in rules if rule is not None for n in rule.__code__.co_varnames[1 : rule.__code__.co_argcount]}
        slots = set(op.plan(needs).slots)
        # The shape of what is kept anyway is read off it.
        read_off = {n for n in named if n.endswith("_shape") and n[:-6] in named} if not (op.joint or op.variadic) else set()
        assert slots == named - {"needs"} - read_off


# --------------------------------------------------------------------------------------------------------------- the values


def numpy_call(op: Op, sample: Sample) -> Any:
    """NumPy's own function on the sample, its parameters in NumPy's spelling."""
    spelled = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "correction": "ddof"}
    if isinstance(op.numpy, np.ufunc):
        return op.numpy(*sample.inputs)
    import inspect

    names = inspect.signature(op.numpy).parameters if op.numpy is not None else {}
    kwargs = {}
    for key, value in sample.params.items():
        if key in names:
            kwargs[key] = value
        elif spelled.get(key) in names:
            kwargs[spelled[key]] = value
        else:
            # NumPy's parameter at the same place: op's parameters follow its inputs, as NumPy's do.
            place = len(op.inputs) + list(op.defaults).index(key)
            kwargs[list(names)[place]] = value
    assert op.numpy is not None
    return op.numpy(*sample.inputs, **kwargs)


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].numpy is not None])
def test_values_are_numpys(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        with np.errstate(all="ignore"):
            found = values(op, list(sample.inputs), sample)
            expected = numpy_call(op, sample)
        if name in UNDEFINED:
            continue
        for y, e in zip(found, listed(expected), strict=True):
            same(y, e)


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].numpy is not None])
def test_numpys_function_records_this_op(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        if sample.params or not any(floats(v) for v in sample.inputs):
            continue
        with np.errstate(all="ignore"):
            y = listed(op.numpy(*over_arrays(sample, lambda a: make(a).requires_grad_())))  # type: ignore[misc]
        for t in y:
            assert isinstance(t, autograd.Tensor), f"np.{name} returned a {type(t).__name__}"
        if op.differentiable:
            nodes = [node_of(t) for t in y if t.array.dtype.kind in "fc"]
            assert nodes
            assert all(n is not None for n in nodes)


@each_op
def test_recorded_or_not_the_values_are_the_forwards(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        case = Case(op, sample)
        with np.errstate(all="ignore"):
            plain, traced = case.compute(case.arrays), case.trace(case.leaves())
        for a, t in zip(plain, traced, strict=True):
            assert a.dtype == t.dtype
            if name not in UNDEFINED:
                np.testing.assert_array_equal(a, t.array)


# ------------------------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].elementwise and REGISTRY[n].differentiable])
def test_elementwise_means_a_diagonal_jacobian(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        case = Case(op, sample)
        if (
            sample.kink
            or not case.arrays
            or not all(case.arrays[0].shape == a.shape for a in case.arrays)
            or case.arrays[0].size < 2
        ):
            continue
        base = case.compute(case.arrays)
        for k, a in enumerate(case.arrays):
            moved = [np.array(x) for x in case.arrays]
            spot = tuple(n // 2 for n in a.shape)
            moved[k][spot] *= 1 + 1e-6
            for y, z in zip(base, case.compute(moved), strict=True):
                if y.shape != a.shape:
                    continue  # an input without a gradient has broadcast it
                others = np.ones(y.shape, bool)
                others[spot] = False
                np.testing.assert_array_equal(y[others], z[others], err_msg=f"{name}: an element changed with another one")


def combined(op: Op, case: Case, x: list[np.ndarray], y: list[np.ndarray], which: list[int]) -> None:
    """f(x + 3 y) = f(x) + 3 f(y) in the given inputs together, the others as in the sample; only the linear part counts."""
    zero = [np.zeros_like(a) if k in which else a for k, a in enumerate(case.arrays)]
    f0, fx, fy = case.compute(zero), case.compute(x), case.compute(y)
    both = case.compute([np.asarray(a + 3 * b) if k in which else a for k, (a, b) in enumerate(zip(x, y, strict=True))])
    for z, p, q, r in zip(f0, fx, fy, both, strict=True):
        assert not np.any(z), f"{op.name}: not linear, it is not 0 at 0"
        np.testing.assert_allclose(r, p + 3 * q, rtol=1e-9, atol=1e-9, err_msg=f"{op.name}: not additive and homogeneous")


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].linear])
def test_linear_means_additive_and_homogeneous(name: str) -> None:
    op, rng = REGISTRY[name], np.random.default_rng(0)
    for sample in op.samples():
        case = Case(op, sample)
        ruled = (
            range(len(case.arrays))
            if op.variadic or op.joint
            else [k for k, s in enumerate(case.spots) if op.rules[op.inputs[s[0]]]]
        )
        scalars = [v for i, v in enumerate(sample.inputs[: len(op.inputs)]) if isinstance(v, int | float) and not floats(v)]
        if sample.kink or not case.arrays or scalars or (name in PARTICULAR and not case.arrays[0].flags.c_contiguous):
            continue
        other = [rng.standard_normal(a.shape).astype(a.dtype) if k in ruled else a for k, a in enumerate(case.arrays)]
        combined(op, case, case.arrays, other, list(ruled))


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].multilinear])
def test_multilinear_means_linear_in_each(name: str) -> None:
    op, rng = REGISTRY[name], np.random.default_rng(0)
    for sample in op.samples():
        case = Case(op, sample)
        for k, a in enumerate(case.arrays):
            if sample.kink:
                continue
            other = list(case.arrays)
            other[k] = rng.standard_normal(a.shape).astype(a.dtype)
            combined(op, case, case.arrays, other, [k])


@pytest.mark.parametrize("name", [n for n in NAMES if not REGISTRY[n].differentiable])
def test_nondifferentiable_records_nothing(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        with np.errstate(all="ignore"):
            for y in listed(recorded(op)(*over_arrays(sample, lambda a: make(a).requires_grad_()), **params(sample))):
                assert not y.requires_grad


@pytest.mark.parametrize("name", [n for n in NAMES if not REGISTRY[n].view])
def test_an_op_that_is_no_view_shares_no_memory(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        arrays: list[np.ndarray] = []
        inputs = over_arrays(sample, lambda a, kept=arrays: kept.append(np.array(a)) or kept[-1])
        with np.errstate(all="ignore"):
            for y in values(op, inputs, sample):
                for a in arrays:
                    assert not np.shares_memory(y, a), f"{name}{sample!r} returns its input's memory: copy, or say view=True"


# ------------------------------------------------------------------------------------------------------ shapes and layouts


@pytest.mark.parametrize(
    "name", [n for n in NAMES if REGISTRY[n].elementwise and len(REGISTRY[n].inputs) > 1 and REGISTRY[n].differentiable]
)
def test_broadcast_gradients_have_their_inputs_shapes(name: str) -> None:
    op = REGISTRY[name]
    mixed = 0
    for sample in op.samples():
        if sample.kink:
            continue
        leaves, found = gradients(op, list(sample.inputs), sample)
        mixed += len({t.shape for t in leaves}) > 1
        for t, g in zip(leaves, found, strict=True):
            assert g is None or (g.shape == t.shape and g.dtype == t.dtype)
    # Some inputs are plain numbers in all samples: there is nothing to broadcast.
    assert mixed or all(len(Case(op, s).arrays) < 2 for s in op.samples()), (
        f"{name} has several inputs and no sample that broadcasts"
    )


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].elementwise])
def test_elementwise_takes_0d_and_empty(name: str) -> None:
    op = REGISTRY[name]
    sample = next(s for s in op.samples() if not s.kink)
    case = Case(op, sample)
    for shape in ((), (0,), (2, 0, 3), (1, 1)):
        arrays = []
        for a in case.arrays:
            value = a.reshape(-1)[0] if a.size else 0.5
            arrays.append(np.full(shape, value, a.dtype))
        leaves = case.leaves(arrays)
        args = [
            make(np.full(shape, np.ravel(v)[0], v.dtype)) if isinstance(v, np.ndarray) and v.size and not floats(v) else v
            for v in case.filled(leaves)
        ]
        outs = listed(recorded(op)(*args, **case.params()))
        assert all(y.shape == shape for y in outs)
        live = [y for y in outs if node_of(y) is not None]
        if live:
            for t, g in zip(
                leaves, autograd.grad(live, leaves, [make(np.ones(shape, y.dtype)) for y in live], allow_unused=True), strict=True
            ):
                assert g is None or (g.shape == t.shape and g.dtype == t.dtype)


def scattered(a: Any) -> np.ndarray:
    """The same values in memory that is not contiguous, runs backwards, and has gaps."""
    a = np.array(a)
    if not a.ndim:
        return a
    wide = np.zeros(tuple(2 * n for n in a.shape), a.dtype)
    spread = wide[tuple(slice(None, None, 2) for _ in a.shape)]
    view = spread[(slice(None, None, -1),) * a.ndim]
    view[...] = a
    return view


@each_op
def test_memory_layout_does_not_matter(name: str) -> None:
    op = REGISTRY[name]
    if name in UNDEFINED | PARTICULAR:
        return
    for sample in op.samples():
        with np.errstate(all="ignore"):
            plain = over_arrays(sample, np.array)
            for y, z in zip(values(op, plain, sample), values(op, over_arrays(sample, scattered), sample), strict=True):
                np.testing.assert_allclose(y, z, **TIGHT)
            if sample.kink:
                continue
            one = gradients(op, plain, sample)[1]
            two = gradients(op, over_arrays(sample, scattered), sample)[1]
        for g, h in zip(one, two, strict=True):
            assert (g is None) == (h is None)
            if g is not None:
                np.testing.assert_allclose(g.array, h.array, rtol=1e-8, atol=1e-8)


@each_op
def test_inputs_may_be_read_only_and_are_not_changed(name: str) -> None:
    op = REGISTRY[name]

    def frozen(a: Any) -> np.ndarray:
        b = np.array(a)
        b.flags.writeable = False
        return b

    for sample in op.samples():
        inputs = over_arrays(sample, frozen)
        before = copy.deepcopy(inputs)
        kept = copy.deepcopy(sample.params) if not any(callable(v) for v in sample.params.values()) else {}
        with np.errstate(all="ignore"):
            gradients(op, inputs, sample)
            # Written in place nowhere, also where it could have been.
            loose = copy.deepcopy(before)
            gradients(op, loose, sample)
        for was, now, free in zip(before, inputs, loose, strict=True):
            for a, b, c in zip(listed(was), listed(now), listed(free), strict=True):
                np.testing.assert_array_equal(a, b)
                np.testing.assert_array_equal(a, c)
        for key, value in kept.items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(value, sample.params[key])


def single(a: Any) -> np.ndarray:
    return np.asarray(a).astype(np.complex64 if a.dtype.kind == "c" else np.float32)


LOWER = {np.dtype(np.float64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(np.complex64)}


@each_op
def test_float32_stays_float32(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples() if name not in ALWAYS_DOUBLE else ():
        if not any(floats(v) for v in sample.inputs) and not op.variadic:
            continue
        if any(
            v in (float, complex) or isinstance(v, np.dtype) or (isinstance(v, type) and issubclass(v, np.generic))
            for v in _hashable(sample)
        ):
            continue  # the call says which dtype it wants
        with np.errstate(all="ignore"):
            wide = values(
                op, over_arrays(sample, lambda a: np.asarray(a, np.complex128 if a.dtype.kind == "c" else np.float64)), sample
            )
            narrow = values(op, over_arrays(sample, single), sample)
            for y, z in zip(wide, narrow, strict=True):
                assert z.dtype == LOWER.get(y.dtype, y.dtype), f"{name}{sample!r}: float32 in, {z.dtype} out"
            if sample.kink:
                continue
            leaves, found = gradients(op, over_arrays(sample, single), sample)
        for t, g in zip(leaves, found, strict=True):
            assert g is None or (g.dtype == t.dtype and g.shape == t.shape)


def _hashable(sample: Sample) -> list[Any]:
    return [v for v in sample.params.values() if isinstance(v, type | np.dtype)]


@each_op
def test_rules_compute_in_float32(name: str) -> None:
    """The engine would cast a float64 gradient back in silence, at twice the memory: no rule may return one."""
    op = REGISTRY[name]
    if not op.differentiable or name in ALWAYS_DOUBLE:
        return
    for sample in op.samples():
        if sample.kink or any(isinstance(v, type | np.dtype) for v in sample.params.values()):
            continue
        leaves: list[Any] = []
        inputs = over_arrays(sample, lambda a, kept=leaves: kept.append(make(single(a)).requires_grad_()) or kept[-1])
        with np.errstate(all="ignore"):
            outs = [y for y in listed(recorded(op)(*inputs, **params(sample))) if node_of(y) is not None]
            for y in outs:
                node = y.grad_fn
                if node is None or node.op is not op or node.shape is None:
                    continue
                assert node.plan is not None
                for c in node.plan.backward(np.ones(y.shape, y.dtype), node.saved):
                    if c is not None:
                        assert c.dtype.itemsize <= 8 if c.dtype.kind == "c" else c.dtype.itemsize <= 4, (
                            f"{name}{sample!r}: {c.dtype}"
                        )


@each_op
def test_an_elementwise_rule_gives_the_shape_of_its_argument_where_nothing_is_broadcast(name: str) -> None:
    """The sweep relies on it, and does not look."""
    op = REGISTRY[name]
    if not op.elementwise or not op.differentiable or op.outputs > 1:
        return
    for sample in op.samples():
        leaves: list[Any] = []
        inputs = over_arrays(sample, lambda a, kept=leaves: kept.append(make(np.array(a)).requires_grad_()) or kept[-1])
        with np.errstate(all="ignore"):
            y = recorded(op)(*inputs, **params(sample))
            node = y.grad_fn
            if node is None or node.op is not op or any(t.shape != y.shape for t in leaves):
                continue
            assert node.plan is not None
            for c in node.plan.backward(np.ones(y.shape, y.dtype), node.saved):
                assert c is None or c.shape == y.shape, f"{name}{sample!r}: {c.shape} for {y.shape}"
