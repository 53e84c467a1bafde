"""The gradient certificate: ``python -m autograd.certify`` proves every rule of every op on the op's own samples.

Five checks compare the gradients of each sample, for a random seed u on its outputs, with independent derivatives:

    reverse   the sweep's gradients          against central differences, element by element, with Richardson extrapolation
    complex   the sweep's gradients          against Im f(x + ih) / h, where the op is analytic
    forward   <u, J v> by forward mode       against <J^T u, v> by the sweep, for random tangents v
    second    the sweep over the sweep       against central differences of the first sweep, for inputs and seed
    kinks     the gradient at a kink         against left and right differences: equal where they agree, between them where not

Errors are relative to the largest element of a gradient. An op without samples fails, and so does an op whose rule returns no
gradient where the differences are not 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from time import perf_counter

from ..engine.op import REGISTRY, Op
from ..files import write_file
from . import checks as _checks
from .case import Case, Reference
from .report import CHECKS, Report, as_json, markdown, text


def references(op: Op) -> list[Reference]:
    """The samples of an op that are not at kinks, each with its expected derivatives."""
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
                _checks.kink(report, Case(op, sample), "kinks" in checks and sample.kink is True)
        for reference in known if known is not None else references(op):
            for check in checks:
                if check in _checks.OF_REFERENCES:
                    _run(check, report, reference.of(op))
                if first and report.failures:
                    return report
    except Exception as error:
        report.failures.append(f"{op.name}: a sample raises {type(error).__name__}: {error}")
    report.seconds = perf_counter() - start
    return report


def _run(check: str, report: Report, reference: Reference) -> None:
    """Run one check; an exception is a failure."""
    try:
        _checks.OF_REFERENCES[check](report, reference)
    except Exception as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        call = f"{reference.case.op.name}{reference.case.sample!r}"
        report.failures.append(f"{check}: {call} raises {type(error).__name__}: {error} {notes}".rstrip())


def load() -> None:
    """Import every module of ops, so that an op which no other module imports is proved too."""
    from importlib import import_module
    from pkgutil import walk_packages

    from .. import ops

    for module in walk_packages(ops.__path__, ops.__name__ + "."):
        import_module(module.name)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 if every op is proved, 1 if one is not, 2 for an unknown op."""
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
            write_file(path, content(reports))
    return 0 if all(r.passed for r in reports) else 1


__all__ = ["Report", "as_json", "certify_op", "load", "markdown", "text"]
