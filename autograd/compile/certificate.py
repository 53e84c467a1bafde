"""The compiled column of the certificate: ``python -m autograd.compile.certificate [op ...]``.

Each op runs on its own samples as one C program, forward and rules, in float64 and in float32, and is compared with the eager run
and with the naive interpreter of the list (``check=True``). The table tells which ops are C alone, and which call back into NumPy.
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

FLOAT64: np.dtype[Any] = np.dtype("f8")
FLOAT32: np.dtype[Any] = np.dtype("f4")
LIMITS: dict[np.dtype[Any], float] = {FLOAT64: 1e-12, FLOAT32: 1e-5}  # relative to the largest number


class Compared:
    """One op. samples: how many ran. calls: NumPy calls in them; back: those that NumPy computes. errors: the largest, by dtype."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.samples = self.calls = self.back = 0
        self.errors = dict.fromkeys(LIMITS, 0.0)
        self.failures: list[str] = []

    def verdict(self) -> str:
        """The op's cell in the column."""
        if self.failures:
            return "differs"
        return "complex only" if not self.samples else "calls back" if self.back else "C"


def tensors_in(value: Any) -> list[Any]:
    """The tensors in nested tuples and lists."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in tensors_in(item)]
    return [value] if isinstance(value, AnyTensor) else []


def in_dtype(value: Any, dtype: np.dtype[Any]) -> Any:
    """A sample's number, array, or list of arrays: with its double numbers in this dtype."""
    if isinstance(value, list | tuple):
        return type(value)([in_dtype(v, dtype) for v in value])
    if isinstance(value, np.ndarray | np.generic) and value.dtype == np.float64:
        return value.astype(dtype)
    return value


def arguments(op: Op, sample: Sample, dtype: np.dtype[Any] = FLOAT64, gradients: bool = True) -> list[Any]:
    """The inputs of a sample as tensors of this dtype. gradients: whether they need gradients, where the op has them."""

    def one(value: Any) -> Any:
        if value is None:
            return None
        t: Any = make(in_dtype(np.array(value), dtype))
        return t.requires_grad_() if gradients and t.array.dtype.kind == "f" and op.differentiable else t

    return [[one(v) for v in sample.inputs[0]]] if op.variadic else [one(v) for v in sample.inputs]


def forward_and_gradients(op: Op, params: dict[str, Any]) -> Callable[..., Any]:
    """A function of an op's inputs: its results, and the gradients of a sum of theirs that weighs each element differently."""

    def run(*inputs: Any) -> list[Any]:
        outs = tensors_in(recorded(op)(*inputs, **params))
        found = list(outs)
        ends = [o for o in outs if o.requires_grad and o.dtype.kind == "f"]
        starts = [t for t in tensors_in(list(inputs)) if t.requires_grad]
        if ends and starts:
            seeds = [make(np.cos(np.arange(o.array.size)).reshape(o.shape).astype(o.dtype)) for o in ends]
            found += [g for g in grad(ends, starts, seeds, allow_unused=True) if g is not None]
        return [t.detach() for t in found]

    return run


def compared(op: Op, samples: int | None = None) -> Compared:
    """Run an op's samples compiled and eagerly, in each precision, and compare the results.

    Args:
        op: the op. samples: how many, at most. Complex numbers, which have no C here, are left out.
    """
    found = Compared(op.name)
    with np.errstate(all="ignore"):
        for dtype in LIMITS:
            try:
                _compare(op, op.samples()[:samples], dtype, found)
            except Exception as error:
                found.failures.append(f"{op.name} in {dtype}: {type(error).__name__}: {error}")
    return found


def _compare(op: Op, samples: Sequence[Sample], dtype: np.dtype[Any], found: Compared) -> None:
    """All samples as one program in this dtype."""
    calls = []
    for sample in samples:
        params = {name: in_dtype(value, dtype) for name, value in sample.params.items()}
        run, given = forward_and_gradients(op, params), arguments(op, sample, dtype)
        if any(t.dtype.kind == "c" for t in tensors_in(given)):
            continue
        try:
            wanted = run(*given)
        except NotImplementedError:  # an input without a derivative
            given = arguments(op, sample, dtype, gradients=False)
            wanted = run(*given)
        if not any(t.dtype.kind == "c" for t in wanted):
            calls.append((sample, run, given, wanted))
    if not calls:
        return
    compiled = Compiled(lambda given: [run(*g) for (_, run, _, _), g in zip(calls, given, strict=True)], check=True)
    inputs = [given for _, _, given, _ in calls]
    for _ in range(4):
        results = compiled(inputs)
    if not compiled.variants:
        found.failures.append(f"{op.name} in {dtype} was never compiled")
        return
    variant = compiled.variants[0]
    found.samples += len(calls)
    found.calls += len(variant.captured.program.entries)
    found.back += sum(isinstance(group, Callback) for group in variant.groups)
    for (sample, _, _, wanted), got in zip(calls, results, strict=True):
        for a, b in zip(wanted, got, strict=True):
            differs = apart(a.array, b.array)
            found.errors[dtype] = max(found.errors[dtype], differs)
            if not differs <= LIMITS[dtype]:
                found.failures.append(f"{op.name}{sample!r} in {dtype} errs by {differs:.1e}")


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
    lines = [f"{'op':<32} {'samples':>7} {'calls':>6} {'NumPy':>6} {'float64':>8} {'float32':>8}"]
    for r in results:
        errors = " ".join([f"{error:>8.0e}" for error in r.errors.values()])
        lines.append(f"{r.name:<32} {r.samples:>7} {r.calls:>6} {r.back:>6} {errors} {r.verdict()}")
    failures = [f"differs: {failure}" for r in results for failure in r.failures]
    count = {v: sum(r.verdict() == v for r in results) for v in ("C", "calls back", "differs", "complex only")}
    told = f"{len(results)} ops: {count['C']} are C alone, {count['calls back']} call back into NumPy, {count['differs']} differ"
    return "\n".join([*lines, *failures, f"{told}, {count['complex only']} are of complex numbers only"])


def main(names: Sequence[str]) -> int:
    """Print the table for these ops, or all; 1 if one differs."""
    load()
    results = [compared(REGISTRY[name]) for name in names or sorted(REGISTRY)]
    print(table(results))
    return int(any(r.failures for r in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
