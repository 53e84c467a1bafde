"""vmap, forward mode and reverse mode within one another, over the samples of every op."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from arrays import weighted

import autograd
from autograd import func, vmap
from autograd.engine.graph import make
from autograd.engine.op import REGISTRY, Op, Sample
from autograd.engine.recording import recorded
from autograd.errors import GraphError

# No formula gives these what forward mode asks for.
_NO_BATCH_OF_TANGENTS = {"ctc"}


def flat(results: Any) -> list[Any]:
    return [results] if not isinstance(results, tuple | list) else [y for r in results for y in flat(r)]


def tangent(x: Any) -> Any:
    return make(np.cos(np.arange(x.array.size) + 1.0).reshape(x.array.shape).astype(x.array.dtype))


def same(found: Any, right: Any) -> None:
    found, right = flat(found), flat(right)
    assert len(found) == len(right)
    for f, r in zip(found, right, strict=True):
        assert (f.shape, f.dtype) == (r.shape, r.dtype)
        np.testing.assert_allclose(f.array, r.array, rtol=1e-6, atol=1e-7, equal_nan=True)


def stacked(results: list[Any]) -> list[Any]:
    return [autograd.stack(list(parts)) for parts in zip(*[flat(r) for r in results], strict=True)]


def functions(op: Op) -> Iterator[tuple[Callable[..., Any], list[Any], list[Any]]]:
    """For each sample a function of the real inputs that have a gradient; these inputs, and others beside them."""
    for sample in op.samples():
        values = [None if a is None else np.asarray(a) for a in (sample.inputs[0] if op.variadic else sample.inputs)]
        # Where a derivative is no number, or defined to be another one, the modes may differ.
        no_number = op.name == "pow" and np.any(values[0] < 0)
        if sample.kink or no_number or sample.params.get("padding_idx") is not None:
            continue
        has_rule = [op.variadic or op.joint is not None or op.rules.get(name) is not None for name in _names(op, values)]
        moved = [i for i, a in enumerate(values) if a is not None and a.dtype.kind == "f" and has_rule[i]]

        def f(*some: Any, values: Any = values, moved: Any = moved, sample: Sample = sample) -> Any:
            full = [None if a is None else make(a) for a in values]
            for i, x in zip(moved, some, strict=True):
                full[i] = x
            y = recorded(op)(full, **sample.params) if op.variadic else recorded(op)(*full, **sample.params)
            return tuple([part for part in flat(y) if part.array.dtype.kind == "f"])

        larger = 1.001 if sample.through is None else 1.0
        inputs = [make(values[i]) for i in moved]
        if inputs and f(*inputs):
            yield f, inputs, [make(values[i] * larger) for i in moved]


def _names(op: Op, values: list[Any]) -> Any:
    return [op.inputs[0]] * len(values) if op.variadic else op.inputs[: len(values)]


@pytest.mark.parametrize("name", sorted(REGISTRY.keys() - _NO_BATCH_OF_TANGENTS))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_tangents_of_batches_and_batches_of_tangents(name: str) -> None:
    for f, a, b in functions(REGISTRY[name]):
        xs = [autograd.stack([x, y]) for x, y in zip(a, b, strict=True)]
        ts = [autograd.stack([tangent(x), tangent(x) * 0.5]) for x in a]
        try:
            right = stacked([func.jvp(f, tuple([x[e] for x in xs]), tuple([t[e] for t in ts]))[1] for e in range(2)])
        except (GraphError, NotImplementedError):  # no such tangent
            continue
        same(vmap(lambda x, t, f=f: func.jvp(f, x, t)[1])(tuple(xs), tuple(ts)), right)
        same(func.jvp(lambda *x, f=f: vmap(f)(*x), tuple(xs), tuple(ts))[1], right)


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_batch_within_a_batch(name: str) -> None:
    for f, a, b in functions(REGISTRY[name]):
        if len(a) < 2:
            continue
        (first, *rest), (other, *others) = a, b
        firsts, rests = autograd.stack([first, other]), [autograd.stack([x, y]) for x, y in zip(rest, others, strict=True)]

        def rows(x: Any, f: Any = f, rests: Any = rests) -> Any:
            return vmap(lambda *more: f(x, *more))(*rests)

        same(vmap(rows)(firsts), stacked([stacked([f(x, *some) for some in (rest, others)]) for x in (first, other)]))


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_second_derivatives_by_both_modes(name: str) -> None:
    """Forward over reverse, reverse over forward and forward over forward are reverse over reverse."""
    for f, a, b in functions(REGISTRY[name]):
        if sum(x.numel() for x in a) > 20:
            continue
        numbers = tuple(range(len(a)))

        def loss(*xs: Any, f: Any = f) -> Any:
            return weighted(f(*xs))

        rev, fwd = func.jacrev, func.jacfwd
        try:
            right = rev(rev(loss, numbers), numbers)(*a)
            forward = fwd(loss, numbers)(*a)
        except (GraphError, NotImplementedError):  # no such derivative
            continue
        same(forward, rev(loss, numbers)(*a))
        for outer, inner in ((fwd, rev), (rev, fwd), (fwd, fwd)):
            same(outer(inner(loss, numbers), numbers)(*a), right)
        xs = [autograd.stack([x, y]) for x, y in zip(a, b, strict=True)]
        each = [rev(rev(loss, numbers), numbers)(*x) for x in (a, b)]
        same(vmap(func.hessian(loss, numbers))(*xs), stacked(each))
        break
