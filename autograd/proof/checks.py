"""The five checks of the certificate. Each compares the sweep's gradients with derivatives that were computed in another way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.gradients import grad, node_of
from ..engine.graph import make
from ..errors import GraphError
from . import finite_differences
from .case import FLOOR, Case, Differences, Reference, arrays_of, is_floating, random_like
from .report import LIMITS, Report

JUMP = 1e4  # a one-sided difference larger than this, over a step of 1e-6, means a jump and no slope


def reverse(report: Report, reference: Reference) -> None:
    """The sweep's gradients against central differences."""
    case = reference.case
    gradients = case.sweep(case.leaves(), reference.seeds) if case.op.differentiable else [None] * len(case.arrays)
    for g, a, name in zip(gradients, case.arrays, case.names, strict=True):
        if g is not None and (g.shape != a.shape or g.dtype != a.dtype):
            report.failures.append(f"reverse: the gradient of {name} is {g.dtype}{list(g.shape)} for {a.dtype}{list(a.shape)}")
            return
    for k, error in reference.differences.errors(arrays_of(gradients)):
        if case.op.differentiable or error > LIMITS["reverse"]:
            missing = "" if k < 0 or gradients[k] is not None else " (which gets none)"
            report.note("reverse", error, case.sample, f"the gradient of {case.names[k] if k >= 0 else 'all inputs'}{missing}")


def complex_step(report: Report, reference: Reference) -> None:
    """The sweep's gradients against Im f(x + ih) / h, where the op is analytic."""
    case = reference.case
    if reference.refusal:
        report.failures.append(
            f"complex: {case.op.name}{case.sample!r} does not take complex numbers: declare analytic=False ({reference.refusal})"
        )
    if reference.steps is None:
        return
    gradients = arrays_of(case.sweep(case.leaves(), reference.seeds))
    for g, expected, name in zip(gradients, reference.steps, case.names, strict=True):
        g = np.zeros(expected.shape) if g is None else g
        size = max(float(np.max(np.abs(expected), initial=0.0)), FLOOR)
        report.note("complex", float(np.max(np.abs(g - expected), initial=0.0)) / size, case.sample, f"the gradient of {name}")


def forward(report: Report, reference: Reference) -> None:
    """<u, J v> by forward mode against <J^T u, v> by the sweep, for seeds u and random tangents v."""
    from ..func import jvp

    case = reference.case
    if not case.op.differentiable:
        return
    leaves = case.leaves()
    gradients = arrays_of(case.sweep(leaves, reference.seeds))
    with_gradient = [k for k, y in enumerate(case.trace(leaves)) if node_of(y) is not None]
    if not with_gradient:
        return
    rng = np.random.default_rng(7)
    tangents = [random_like(rng, a) for a in case.arrays]
    try:
        _, pushed = jvp(
            lambda *args: tuple(y for k, y in enumerate(case.trace(args)) if k in with_gradient),
            tuple(make(a) for a in case.arrays),
            tuple(make(t) for t in tangents),
        )
    except GraphError:
        # Forward mode transposes the rule, which refuses gradients that depend on the phases of eigenvectors.
        if case.sample.through is None:
            raise
        return
    by_forward = size = 0.0
    for k, t in zip(with_gradient, pushed, strict=True):
        terms = np.real(np.conj(reference.seeds[k]) * t.array)  # type: ignore[arg-type]
        by_forward, size = by_forward + float(np.sum(terms)), size + float(np.sum(np.abs(terms)))
    by_reverse = sum(float(np.sum(np.real(np.conj(g) * t))) for g, t in zip(gradients, tangents, strict=True) if g is not None)
    report.note("forward", abs(by_forward - by_reverse) / max(size, FLOOR), case.sample, "forward mode")


def second(report: Report, reference: Reference) -> None:
    """The sweep over the sweep against central differences of the first sweep, for the inputs and the seeds."""
    case = reference.case
    if not case.op.differentiable:
        return
    leaves = case.leaves()
    count = len(leaves)
    with_gradient = [k for k, y in enumerate(case.trace(leaves)) if node_of(y) is not None]
    starts: list[Any] = reference.seeds
    seeds: list[Any] = [make(u).requires_grad_() if k in with_gradient else None for k, u in enumerate(starts)]
    first = case.sweep(leaves, seeds, graph=True)
    # The function to differentiate: a random linear combination of the first gradients.
    given = [k for k, g in enumerate(first) if g is not None]
    rng = np.random.default_rng(11)
    weights = [random_like(rng, first[k].array) for k in given]

    def combination(arrays: Sequence[np.ndarray]) -> float:
        all_seeds: list[Any] = [None] * len(seeds)
        for k, u in zip(with_gradient, arrays[count:], strict=True):
            all_seeds[k] = u
        gradients = case.sweep(case.leaves(arrays[:count]), all_seeds)
        return sum(
            float(np.sum(np.real(np.conj(w) * gradients[k].array)))
            for k, w in zip(given, weights, strict=True)
            if gradients[k] is not None
        )

    variables = leaves + [seeds[k] for k in with_gradient]
    roots = [(first[k], w) for k, w in zip(given, weights, strict=True) if node_of(first[k]) is not None]
    gradients: list[Any] = [None] * len(variables)
    if roots:
        gradients = list(grad([g for g, _ in roots], variables, [make(w) for _, w in roots], allow_unused=True))
    names = [*case.names, *(f"the incoming gradient {k}" for k in with_gradient)]
    for k, error in Differences(combination, [t.array for t in variables], seed=3).errors(arrays_of(gradients)):
        report.note("second", error, case.sample, f"the second derivative by {names[k] if k >= 0 else 'all inputs'}")


def kink(report: Report, case: Case, derivatives: bool) -> None:
    """At a kink, the gradient of the sum of the outputs must lie between the left and the right difference.

    That is checked along each element, and along all inputs at once: there a tie of two inputs may have an ordinary derivative.

    Args:
        report: gets the errors.
        case: a sample at a kink.
        derivatives: whether to check them. If not, the outputs are computed only.
    """
    arrays = case.arrays
    outputs = case.compute(arrays)
    if not derivatives or not case.op.differentiable or not all(np.isfinite(y).all() for y in outputs if is_floating(y)):
        return
    seeds = [np.ones(y.shape, y.dtype) if is_floating(y) else None for y in outputs]
    swept = arrays_of(case.sweep(case.leaves(), seeds))
    gradients = [np.zeros(a.shape) if g is None else g for g, a in zip(swept, arrays, strict=True)]
    curves: list[tuple[finite_differences.Curve, float, str]] = []  # (function along a line, its derivative by the rule, name)
    for k, a in enumerate(arrays):
        for index in np.ndindex(a.shape):
            line = finite_differences.line(lambda moved: case.loss(seeds, moved), arrays, k, index)
            curves.append((line, float(np.real(gradients[k][index])), case.names[k]))
    if len(arrays) > 1:
        slope = sum(float(np.sum(np.real(g))) for g in gradients)
        ray = finite_differences.ray(lambda moved: case.loss(seeds, moved), arrays, [np.ones(a.shape) for a in arrays])
        curves.append((ray, slope, "all inputs"))
    for curve, by_rule, name in curves:
        with np.errstate(all="ignore"):
            left, right = finite_differences.one_sided(curve, 1e-6)
        # At the edge of a domain, and at a jump, there are no one-sided derivatives to compare with.
        if np.isfinite([left, right, by_rule]).all() and max(abs(left), abs(right)) < JUMP:
            outside = max(min(left, right) - by_rule, by_rule - max(left, right), 0.0)
            report.note("kinks", outside / max(abs(left), abs(right), 1.0), case.sample, f"the gradient of {name} at a kink")


# The checks of a reference, by name. The one of kinks takes a case.
OF_REFERENCES: dict[str, Callable[[Report, Reference], None]] = {
    "reverse": reverse,
    "complex": complex_step,
    "forward": forward,
    "second": second,
}
