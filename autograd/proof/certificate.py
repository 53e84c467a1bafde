"""The gradient certificate: ``python -m autograd.certify`` proves every rule of every op on the op's own samples.

Four independent witnesses, for a random seed u on the outputs of each sample:

    reverse   the sweep's gradients          against central differences, element by element, with Richardson extrapolation
    complex   the sweep's gradients          against Im f(x + ih) / h, where the op is analytic
    forward   <u, J v> by forward mode       against <J^T u, v> by the sweep, for random tangents v
    second    the sweep over the sweep       against central differences of the first sweep, for inputs and seed
    kinks     the gradient at a kink         against left and right differences: equal where they agree, between them where not

Errors are relative to the largest element of the gradient they are about. An op without samples fails, and so does one whose rule
gives no gradient where the differences find one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from time import perf_counter
from typing import Any
from zlib import crc32

import numpy as np

from ..engine.gradients import grad, node_of
from ..engine.graph import make
from ..engine.op import REGISTRY, Op, Sample
from ..engine.recording import recorded
from ..errors import GraphError
from . import finite_differences

CHECKS = ("reverse", "complex", "forward", "second", "kinks")
LIMITS = {
    "reverse": 1e-7,  # Richardson reaches 1e-11 on smooth samples; a rule off by 1 in 1,000 errs by 1e-3
    "complex": 1e-10,  # nothing is subtracted: rounding only, times the condition of a decomposition
    "forward": 1e-10,  # the same numbers in another order
    "second": 1e-6,  # differences of a gradient, which has its own rounding
    "kinks": 1e-4,  # one-sided differences err by the step, 1e-6, times the curvature
}
FLOOR = 1e-3  # gradients smaller than this are compared absolutely
SMALL = 64  # up to so many numbers every element is perturbed; of larger samples so many, and dense directions through all
DENSE = 4
JUMP = 1e4  # a one-sided difference beyond this, over a step of 1e-6, is no slope


class Report:
    """What the certificate says of one op: the largest error per check (None: not applicable), and what failed, in words."""

    __slots__ = ("errors", "failures", "kinks", "name", "samples", "seconds")

    def __init__(self, name: str) -> None:
        self.name = name
        self.samples = self.kinks = 0
        self.errors: dict[str, float | None] = dict.fromkeys(CHECKS)
        self.failures: list[str] = []
        self.seconds = 0.0

    @property
    def passed(self) -> bool:
        return not self.failures

    def note(self, check: str, error: float, sample: Sample, what: str) -> None:
        """Record an error; beyond the limit (or not a number) it is a failure."""
        known = self.errors[check]
        if known is None or not error <= known:
            self.errors[check] = error
        if not error <= LIMITS[check]:
            self.failures.append(f"{check}: {what} of {self.name}{sample!r} errs by {error:.1e}")


class Case:
    """One sample as a function of the arrays that can have a gradient, all in double precision."""

    def __init__(self, op: Op, sample: Sample) -> None:
        self.op = op
        self.sample = sample
        self.args: list[Any] = [_double(v) for v in sample.inputs]
        if op.variadic:
            self.args[0] = list(self.args[0])
        spots = [(0, i) for i in range(len(self.args[0]))] if op.variadic else [(i, None) for i in range(len(self.args))]
        self.spots = [s for s in spots if (s[1] is not None or s[0] < len(op.inputs)) and _floating(self.at(s))]
        self.arrays = [np.asarray(self.at(s)) for s in self.spots]
        self.names = [op.inputs[i] if j is None else f"{op.inputs[i]}[{j}]" for i, j in self.spots]

    def at(self, spot: tuple[int, int | None]) -> Any:
        i, j = spot
        return self.args[i] if j is None else self.args[i][j]

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """The arguments with these in place of the arrays."""
        args = [list(a) if isinstance(a, list) else a for a in self.args]
        for (i, j), value in zip(self.spots, values, strict=True):
            if j is None:
                args[i] = value
            else:
                args[i][j] = value
        return args

    def params(self) -> dict[str, Any]:
        """The parameters; a generator of random numbers starts at the same point in each call."""
        return {k: deepcopy(v) if "Generator" in type(v).__name__ else v for k, v in self.sample.params.items()}

    def through(self, y: Any) -> Any:
        """What the outputs determine."""
        return y if self.sample.through is None else self.sample.through(*(y if isinstance(y, tuple) else (y,)))

    def compute(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs, on arrays: no tensor, no graph."""
        y = self.through(self.op(*self.filled(arrays), **self.params()))
        return [np.asarray(out) for out in (y if isinstance(y, tuple | list) else (y,))]

    def trace(self, leaves: Sequence[Any]) -> list[Any]:
        """The outputs, as tensors."""
        y = self.through(recorded(self.op)(*self.filled(leaves), **self.params()))
        return list(y) if isinstance(y, tuple | list) else [y]

    def leaves(self, arrays: Sequence[np.ndarray] | None = None) -> list[Any]:
        return [make(a).requires_grad_() for a in (self.arrays if arrays is None else arrays)]

    def seeds(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray | None]:
        """A random number per element of each output that could have a gradient."""
        rng = np.random.default_rng(crc32(self.op.name.encode()))
        return [_random(rng, out) if _floating(out) else None for out in outputs]

    def loss(self, seeds: Sequence[np.ndarray | None], arrays: Sequence[np.ndarray]) -> float:
        """Re(sum(conj(u) y)) over all outputs."""
        return sum(
            float(np.sum(np.real(np.conj(u) * y))) for u, y in zip(seeds, self.compute(arrays), strict=True) if u is not None
        )

    def sweep(self, leaves: Sequence[Any], seeds: Sequence[Any], graph: bool = False) -> list[Any]:
        """The gradients of the leaves, None where no output depends on one."""
        live = [
            (y, u if hasattr(u, "array") else make(u))
            for y, u in zip(self.trace(leaves), seeds, strict=True)
            if node_of(y) is not None
        ]
        if not live:
            return [None] * len(leaves)
        return list(grad([y for y, _ in live], leaves, [u for _, u in live], create_graph=graph, allow_unused=True))


def _floating(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.floating | np.complexfloating) and value.dtype.kind in "fc"


def _double(value: Any) -> Any:
    """Arrays of floating dtype in double precision, within lists too."""
    if isinstance(value, list | tuple):
        return type(value)([_double(v) for v in value])
    if _floating(value):
        return np.asarray(value).astype(np.complex128 if value.dtype.kind == "c" else np.float64, order="K", copy=False)
    return value


def _random(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    u = rng.standard_normal(like.shape)
    return np.asarray(u + 1j * rng.standard_normal(like.shape) if like.dtype.kind == "c" else u)


class Differences:
    """Derivatives of a real function of arrays along each element or, where there are many, along some and dense directions."""

    def __init__(self, function: Callable[[Sequence[np.ndarray]], float], arrays: Sequence[np.ndarray], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.arrays = arrays
        spots = [(k, i, unit) for k, a in enumerate(arrays) for i in np.ndindex(a.shape) for unit in finite_differences.units(a)]
        self.dense: list[tuple[list[np.ndarray], float]] = []
        if len(spots) > SMALL:
            spots = [spots[i] for i in sorted(rng.choice(len(spots), SMALL // 2, replace=False))]
            for _ in range(DENSE):
                directions = [_random(rng, a) for a in arrays]
                self.dense.append((directions, finite_differences.richardson(finite_differences.ray(function, arrays, directions))))
        self.single = []
        for k, index, unit in spots:
            curve = finite_differences.line(function, arrays, k, index, unit)
            self.single.append(
                (
                    k,
                    index,
                    unit,
                    finite_differences.richardson(curve, finite_differences.STEP * finite_differences.scale(arrays[k][index])),
                )
            )

    def errors(self, gradients: Sequence[np.ndarray | None]) -> Iterable[tuple[int, float]]:
        """(array, largest error of its gradient relative to the gradient's largest element); None stands for zeros."""
        full = [np.zeros(a.shape) if g is None else g for g, a in zip(gradients, self.arrays, strict=True)]
        sizes = [max(float(np.max(np.abs(g), initial=0.0)), FLOOR) for g in full]
        for k, _, _, value in self.single:
            sizes[k] = max(sizes[k], abs(value))
        worst = dict.fromkeys(range(len(full)), 0.0)
        for k, index, unit, value in self.single:
            worst[k] = _larger(worst[k], abs(float(np.real(np.conj(full[k][index]) * unit)) - value) / sizes[k])
        yield from worst.items()
        for directions, value in self.dense:
            exact = sum(float(np.sum(np.real(np.conj(g) * d))) for g, d in zip(full, directions, strict=True))
            norm = max(float(np.sqrt(sum(np.sum(np.abs(g) ** 2) for g in full))), abs(value), FLOOR)
            yield -1, abs(exact - value) / norm


def _larger(a: float, b: float) -> float:
    return b if not b <= a else a  # nan is the largest


def _arrays(gradients: Sequence[Any]) -> list[np.ndarray | None]:
    return [None if g is None else g.array for g in gradients]


class Reference:
    """A sample with what the differences and the complex step say of it: all that does not depend on rules."""

    def __init__(self, op: Op, sample: Sample) -> None:
        self.case = case = Case(op, sample)
        self.seeds = case.seeds(case.compute(case.arrays))
        self.differences = Differences(lambda arrays: case.loss(self.seeds, arrays), case.arrays)
        self.steps: list[np.ndarray] | None = None
        self.refused = ""
        real = all(a.dtype.kind == "f" for a in case.arrays) and all(u is None or u.dtype.kind == "f" for u in self.seeds)
        if op.analytic and op.differentiable and real and sum(a.size for a in case.arrays) <= 4 * SMALL:
            self._complex_step()

    def _complex_step(self) -> None:
        def total(arrays: Sequence[np.ndarray]) -> Any:
            return sum(np.sum(u * y) for u, y in zip(self.seeds, self.case.compute(arrays), strict=True) if u is not None)

        try:
            with np.errstate(all="ignore"):
                self.steps = finite_differences.complex_step(total, self.case.arrays)
        except Exception as error:  # whatever a forward says to complex numbers, it means that the op is not analytic
            self.refused = f"{type(error).__name__}: {error}"


def references(op: Op) -> list[Reference]:
    """The samples of an op on which derivatives can be proved, each with its differences."""
    return [Reference(op, sample) for sample in op.samples() if not sample.kink]


def certify_op(op: Op, known: Sequence[Reference] | None = None, checks: Sequence[str] = CHECKS, first: bool = False) -> Report:
    """Prove an op's rules on its samples.

    Args:
        op: the op.
        known: references made before, of an op with the same forward.
        checks: which of ``CHECKS`` to run.
        first: stop at the first failure.

    Returns:
        The report; ``report.passed`` tells whether all rules are right.

    Example:
        >>> import autograd
        >>> from autograd.certify import certify_op
        >>> from autograd.engine.op import REGISTRY
        >>> certify_op(REGISTRY["tanh"]).passed
        True
    """
    report = Report(op.name)
    start = perf_counter()
    samples = op.samples()
    report.samples, report.kinks = len(samples), sum(bool(s.kink) for s in samples)
    if not samples:
        report.failures.append(f"{op.name} has no samples: nothing is proved")
    elif op.differentiable and report.samples == report.kinks:
        report.failures.append(f"{op.name} has samples at kinks only: no derivative is proved")
    try:
        for sample in samples:
            if sample.kink:
                _kink(report, Case(op, sample), "kinks" in checks and sample.kink is True)
        for reference in known if known is not None else references(op):
            reference = _rebound(reference, op)
            for check in checks:
                if check not in _RUN:
                    continue
                try:
                    _RUN[check](report, reference)
                except Exception as error:
                    note = "; ".join(getattr(error, "__notes__", ()))
                    report.failures.append(
                        f"{check}: {op.name}{reference.case.sample!r} raises {type(error).__name__}: {error} {note}".rstrip()
                    )
                if first and report.failures:
                    return report
    except Exception as error:
        report.failures.append(f"{op.name}: a sample raises {type(error).__name__}: {error}")
    report.seconds = perf_counter() - start
    return report


def _rebound(reference: Reference, op: Op) -> Reference:
    """The reference, its case calling this op: one with the same forward, and perhaps other rules."""
    if reference.case.op is op:
        return reference
    other = object.__new__(Reference)
    other.__dict__.update(reference.__dict__)
    other.case = object.__new__(Case)
    other.case.__dict__.update(reference.case.__dict__)
    other.case.op = op
    return other


def _reverse(report: Report, reference: Reference) -> None:
    case = reference.case
    found = case.sweep(case.leaves(), reference.seeds) if case.op.differentiable else [None] * len(case.arrays)
    for g, a, name in zip(found, case.arrays, case.names, strict=True):
        if g is not None and (g.shape != a.shape or g.dtype != a.dtype):
            report.failures.append(f"reverse: the gradient of {name} is {g.dtype}{list(g.shape)} for {a.dtype}{list(a.shape)}")
            return
    for k, error in reference.differences.errors(_arrays(found)):
        if case.op.differentiable or error > LIMITS["reverse"]:
            missing = "" if k < 0 or found[k] is not None else " (which gets none)"
            report.note("reverse", error, case.sample, f"the gradient of {case.names[k] if k >= 0 else 'all inputs'}{missing}")


def _complex(report: Report, reference: Reference) -> None:
    case = reference.case
    if reference.refused:
        report.failures.append(
            f"complex: {case.op.name}{case.sample!r} does not take complex numbers: say analytic=False ({reference.refused})"
        )
    if reference.steps is None:
        return
    for g, step, name in zip(_arrays(case.sweep(case.leaves(), reference.seeds)), reference.steps, case.names, strict=True):
        g = np.zeros(step.shape) if g is None else g
        size = max(float(np.max(np.abs(step), initial=0.0)), FLOOR)
        report.note("complex", float(np.max(np.abs(g - step), initial=0.0)) / size, case.sample, f"the gradient of {name}")


def _forward(report: Report, reference: Reference) -> None:
    from ..func import jvp

    case = reference.case
    if not case.op.differentiable:
        return
    leaves = case.leaves()
    found = _arrays(case.sweep(leaves, reference.seeds))
    live = [k for k, y in enumerate(case.trace(leaves)) if node_of(y) is not None]
    if not live:
        return
    rng = np.random.default_rng(7)
    tangents = [_random(rng, a) for a in case.arrays]
    try:
        _, pushed = jvp(
            lambda *args: tuple(y for k, y in enumerate(case.trace(args)) if k in live),
            tuple(make(a) for a in case.arrays),
            tuple(make(t) for t in tangents),
        )
    except GraphError:
        # Forward mode transposes the rule for gradients of all kinds, and the rule refuses those that depend on phases.
        if case.sample.through is None:
            raise
        return
    total = norm = 0.0
    for k, t in zip(live, pushed, strict=True):
        terms = np.real(np.conj(reference.seeds[k]) * t.array)  # type: ignore[arg-type]
        total, norm = total + float(np.sum(terms)), norm + float(np.sum(np.abs(terms)))
    other = 0.0
    for g, t in zip(found, tangents, strict=True):
        if g is not None:
            other += float(np.sum(np.real(np.conj(g) * t)))
    report.note("forward", abs(total - other) / max(norm, FLOOR), case.sample, "forward mode")


def _second(report: Report, reference: Reference) -> None:
    case = reference.case
    if not case.op.differentiable:
        return
    leaves = case.leaves()
    count = len(leaves)
    live = [k for k, y in enumerate(case.trace(leaves)) if node_of(y) is not None]
    seeds: list[Any] = [make(u).requires_grad_() if k in live else None for k, u in enumerate(reference.seeds)]
    first = case.sweep(leaves, seeds, graph=True)
    wanted = [k for k, g in enumerate(first) if g is not None]
    rng = np.random.default_rng(11)
    weights = [_random(rng, first[k].array) for k in wanted]
    useful = [(first[k], w) for k, w in zip(wanted, weights, strict=True) if node_of(first[k]) is not None]

    def loss(arrays: Sequence[np.ndarray]) -> float:
        us: list[Any] = [None] * len(seeds)
        for k, u in zip(live, arrays[count:], strict=True):
            us[k] = u
        gs = case.sweep(case.leaves(arrays[:count]), us)
        return sum(
            float(np.sum(np.real(np.conj(w) * gs[k].array))) for k, w in zip(wanted, weights, strict=True) if gs[k] is not None
        )

    targets = leaves + [seeds[k] for k in live]
    found: list[Any] = [None] * len(targets)
    if useful:
        found = list(grad([g for g, _ in useful], targets, [make(w) for _, w in useful], allow_unused=True))
    names = [*case.names, *(f"the incoming gradient {k}" for k in live)]
    for k, error in Differences(loss, [t.array for t in targets], seed=3).errors(_arrays(found)):
        report.note("second", error, case.sample, f"the second derivative by {names[k] if k >= 0 else 'all inputs'}")


def _kink(report: Report, case: Case, derivatives: bool) -> None:
    """At a kink, for the sum of the outputs: along each element, and along all inputs at once, where a tie may be none."""
    arrays = case.arrays
    outputs = case.compute(arrays)
    if not derivatives or not case.op.differentiable or not all(np.isfinite(y).all() for y in outputs if _floating(y)):
        return
    seeds = [np.ones(y.shape, y.dtype) if _floating(y) else None for y in outputs]
    found = [np.zeros(a.shape) if g is None else g for g, a in zip(_arrays(case.sweep(case.leaves(), seeds)), arrays, strict=True)]
    curves: list[tuple[finite_differences.Curve, float, str]] = []
    for k, a in enumerate(arrays):
        for index in np.ndindex(a.shape):
            line = finite_differences.line(lambda moved: case.loss(seeds, moved), arrays, k, index)
            curves.append((line, float(np.real(found[k][index])), case.names[k]))
    if len(arrays) > 1:
        slope = sum(float(np.sum(np.real(g))) for g in found)
        ray = finite_differences.ray(lambda moved: case.loss(seeds, moved), arrays, [np.ones(a.shape) for a in arrays])
        curves.append((ray, slope, "all inputs"))
    for curve, analytic, name in curves:
        with np.errstate(all="ignore"):
            left, right = finite_differences.one_sided(curve, 1e-6)
        # Neither at an edge of the domain nor at a jump are there derivatives to lie between.
        if np.isfinite([left, right, analytic]).all() and max(abs(left), abs(right)) < JUMP:
            outside = max(min(left, right) - analytic, analytic - max(left, right), 0.0)
            report.note("kinks", outside / max(abs(left), abs(right), 1.0), case.sample, f"the gradient of {name} at a kink")


_RUN: dict[str, Callable[[Report, Reference], None]] = {
    "reverse": _reverse, "complex": _complex, "forward": _forward, "second": _second,
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ the command


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.0e}"


def rows(reports: Iterable[Report]) -> list[list[str]]:
    """The table, a row per op, after its head."""
    head = ["op", "samples", *CHECKS, "verdict"]
    body = [[r.name, str(r.samples), *(_cell(r.errors[c]) for c in CHECKS), "ok" if r.passed else "FAILED"] for r in reports]
    return [head, *body]


def text(reports: Sequence[Report]) -> str:
    """The table for a terminal, and below it what failed."""
    table = rows(reports)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if i in (0, len(widths) - 1) else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
    lines = [line.rstrip() for line in lines]
    lines += ["", *_verdict(reports)]
    return "\n".join(lines)


def _verdict(reports: Sequence[Report]) -> list[str]:
    bad = [r for r in reports if not r.passed]
    lines = [f"FAILED {' '.join(failure.split())}" for r in bad for failure in r.failures[:3]]
    samples = sum(r.samples for r in reports)
    return [
        *lines,
        f"{len(reports) - len(bad)} of {len(reports)} ops proved on {samples} samples, in {sum(r.seconds for r in reports):.0f} s",
    ]


def markdown(reports: Sequence[Report]) -> str:
    """The certificate as a Markdown page."""
    head, *body = rows(reports)
    lines = [
        "# Gradient certificate",
        "",
        "Largest relative error per op and check; limits: " + ", ".join(f"{c} {LIMITS[c]:.0e}" for c in CHECKS) + ".",
        "",
    ]
    lines += ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 2) + "---|"]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join([*lines, "", *_verdict(reports), ""])


def as_json(reports: Sequence[Report]) -> str:
    """The certificate as JSON: limits, and per op samples, errors, failures and verdict."""
    ops = {
        r.name: {"samples": r.samples, "kinks": r.kinks, "errors": r.errors, "failures": r.failures, "passed": r.passed}
        for r in reports
    }
    return json.dumps({"passed": all(r.passed for r in reports), "limits": LIMITS, "ops": ops}, indent=1, default=float) + "\n"


def load() -> None:
    """Import every module of ops, also one that nothing else imports: an op must not escape by that."""
    from importlib import import_module
    from pkgutil import walk_packages

    from .. import ops

    for found in walk_packages(ops.__path__, ops.__name__ + "."):
        import_module(found.name)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit code: 0 if every op is proved, 1 if one is not, 2 for an unknown op."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd.certify", description="Prove the gradient of every op on its samples."
    )
    parser.add_argument("ops", nargs="*", help="names of ops; all by default")
    parser.add_argument("--json", metavar="FILE", help="write the certificate as JSON")
    parser.add_argument("--markdown", metavar="FILE", help="write the certificate as Markdown")
    args = parser.parse_args(argv)
    load()
    unknown = [name for name in args.ops if name not in REGISTRY]
    if unknown:
        print(f"no op is named {', '.join(unknown)}; there are {', '.join(sorted(REGISTRY))}", file=sys.stderr)
        return 2
    reports = [certify_op(REGISTRY[name]) for name in args.ops or sorted(REGISTRY)]
    print(text(reports))
    for path, content in ((args.json, as_json), (args.markdown, markdown)):
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content(reports))
    return 0 if all(r.passed for r in reports) else 1


__all__ = ["Report", "as_json", "certify_op", "load", "markdown", "text"]
