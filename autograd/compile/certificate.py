"""The compiled column of the certificate: ``python -m autograd.compile.certificate [op ...]``.

Each op runs on its own samples as one C program, forward and rules, and is compared with the eager run and with the naive
interpreter of the list (``check=True``). The table tells how many of its calls NumPy computes for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.gradients import grad
from ..engine.graph import make
from ..engine.op import REGISTRY, Op, Sample
from ..engine.recording import AnyTensor, recorded
from ..proof.certificate import load
from .compiled_step import Compiled
from .loops import Callback

LIMIT = 1e-12  # relative to the largest number, in float64


class Compared:
    """One op. samples: how many ran. calls: NumPy calls in them; back: those that NumPy computes. error: the largest relative."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.samples = self.calls = self.back = 0
        self.error = 0.0
        self.failures: list[str] = []


def tensors_in(value: Any) -> list[Any]:
    """The tensors in nested tuples and lists."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in tensors_in(item)]
    return [value] if isinstance(value, AnyTensor) else []


def arguments(op: Op, sample: Sample) -> list[Any]:
    """The inputs of a sample as tensors that need gradients where the op has them."""

    def one(value: Any) -> Any:
        if value is None:
            return None
        t: Any = make(np.array(value))
        return t.requires_grad_() if t.array.dtype.kind == "f" and op.differentiable else t

    return [[one(v) for v in sample.inputs[0]]] if op.variadic else [one(v) for v in sample.inputs]


def forward_and_gradients(op: Op, params: dict[str, Any]) -> Callable[..., Any]:
    """A function of an op's inputs: its results, and the gradients of a sum of theirs that weighs each element differently."""

    def run(*inputs: Any) -> list[Any]:
        outs = tensors_in(recorded(op)(*inputs, **params))
        found = list(outs)
        ends = [o for o in outs if o.requires_grad and o.dtype.kind == "f"]
        starts = [t for t in tensors_in(list(inputs)) if t.requires_grad]
        if ends and starts:
            seeds = [make(np.cos(np.arange(o.array.size)).reshape(o.shape)) for o in ends]
            found += [g for g in grad(ends, starts, seeds, allow_unused=True) if g is not None]
        return [t.detach() for t in found]

    return run


def compared(op: Op, samples: int | None = None) -> Compared:
    """Run an op's samples compiled and eagerly, and compare the results.

    Args:
        op: the op. samples: how many, at most. Complex numbers, which have no C here, and samples that raise eagerly are left out.
    """
    found = Compared(op.name)
    calls = []
    with np.errstate(all="ignore"):
        for sample in op.samples()[:samples]:
            run, given = forward_and_gradients(op, sample.params), arguments(op, sample)
            try:
                wanted = run(*given)
            except Exception:
                continue
            if not any(t.dtype.kind == "c" for t in (*tensors_in(given), *wanted)):
                calls.append((sample, run, given, wanted))
        if not calls:
            return found
        compiled = Compiled(lambda given: [run(*g) for (_, run, _, _), g in zip(calls, given, strict=True)], check=True)
        inputs = [given for _, _, given, _ in calls]
        try:
            for _ in range(4):
                results = compiled(inputs)
        except Exception as error:
            found.failures.append(f"{type(error).__name__}: {error}")
            return found
    if not compiled.variants:
        found.failures.append("it was never compiled")
        return found
    groups = compiled.variants[0].groups
    found.samples = len(calls)
    found.calls = len(compiled.variants[0].captured.program.entries)
    found.back = sum(isinstance(group, Callback) for group in groups)
    for (sample, _, _, wanted), got in zip(calls, results, strict=True):
        for a, b in zip(wanted, got, strict=True):
            differs = apart(a.array, b.array)
            found.error = max(found.error, differs)
            if not differs <= LIMIT:
                found.failures.append(f"{op.name}{sample!r} errs by {differs:.1e}")
    return found


def apart(wanted: np.ndarray, found: np.ndarray) -> float:
    """The largest difference, relative to the largest number; infinity where nan, infinities, shapes or dtypes differ."""
    if wanted.shape != found.shape or wanted.dtype != found.dtype:
        return float("inf")
    if wanted.dtype.kind != "f":
        return 0.0 if np.array_equal(wanted, found) else float("inf")
    known = np.isfinite(wanted)
    if not np.array_equal(wanted[~known], found[~known], equal_nan=True) or not np.isfinite(found[known]).all():
        return float("inf")
    if not known.any():
        return 0.0
    return float(np.abs(wanted[known] - found[known]).max() / max(float(np.abs(wanted[known]).max()), 1.0))


def table(results: Sequence[Compared]) -> str:
    """A line per op, and below them the failures."""
    lines = [f"{'op':<32} {'samples':>7} {'calls':>6} {'NumPy':>6} {'error':>8}"]
    for r in results:
        verdict = "FAILED" if r.failures else "ok" if r.samples else "complex only"
        lines.append(f"{r.name:<32} {r.samples:>7} {r.calls:>6} {r.back:>6} {r.error:>8.0e} {verdict}")
    failures = [f for r in results for f in r.failures]
    proved = sum(bool(r.samples) and not r.failures for r in results)
    whole = sum(bool(r.samples) and not r.failures and not r.back for r in results)
    return "\n".join([*lines, *failures, f"{proved} of {len(results)} ops compiled and equal, {whole} of them in C alone"])


def main(names: Sequence[str]) -> int:
    """Print the table for these ops, or all; 1 if one fails."""
    load()
    results = [compared(REGISTRY[name]) for name in names or sorted(REGISTRY)]
    print(table(results))
    return int(any(r.failures for r in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
