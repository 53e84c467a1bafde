"""The certificate's text: a report per op, and the table of all of them as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ..engine.op import Sample

CHECKS = ("reverse", "complex", "forward", "second", "kinks")
# The largest relative error that passes each check.
LIMITS = {
    "reverse": 1e-7,  # Richardson extrapolation reaches 1e-11 on smooth samples; a rule off by 1 in 1,000 errs by 1e-3
    "complex": 1e-10,  # the complex step subtracts nothing: it errs by rounding only, times the condition of a decomposition
    "forward": 1e-10,  # both sides are the same sum of products, in another order
    "second": 1e-6,  # these are differences of a gradient, which has rounding errors of its own
    "kinks": 1e-4,  # one-sided differences err by their step, 1e-6, times the curvature
}


class Report:
    """The result for one op.

    Attributes:
        name: the op's name.
        samples, kinks: the number of its samples, and of those at kinks.
        errors: per check the largest relative error, or None if the check does not apply.
        failures: a sentence for each failure.
        seconds: the time that the checks took.
    """

    __slots__ = ("errors", "failures", "kinks", "name", "samples", "seconds")

    def __init__(self, name: str) -> None:
        self.name = name
        self.samples = self.kinks = 0
        self.errors: dict[str, float | None] = dict.fromkeys(CHECKS)
        self.failures: list[str] = []
        self.seconds = 0.0

    @property
    def passed(self) -> bool:
        """Whether there is no failure."""
        return not self.failures

    def note(self, check: str, error: float, sample: Sample, subject: str) -> None:
        """Record the error of a check. An error that is nan or above the check's limit is a failure.

        Args:
            check: one of ``CHECKS``.
            error: the relative error.
            sample: the call that was checked.
            subject: the name of the number that errs, such as "the gradient of x".
        """
        largest = self.errors[check]
        if largest is None or not error <= largest:
            self.errors[check] = error
        if not error <= LIMITS[check]:
            self.failures.append(f"{check}: {subject} of {self.name}{sample!r} errs by {error:.1e}")


def _cell(error: float | None) -> str:
    return "-" if error is None else f"{error:.0e}"


def rows(reports: Iterable[Report]) -> list[list[str]]:
    """The table: a head, then a row per op."""
    head = ["op", "samples", *CHECKS, "verdict"]
    body = [[r.name, str(r.samples), *(_cell(r.errors[c]) for c in CHECKS), "ok" if r.passed else "FAILED"] for r in reports]
    return [head, *body]


def text(reports: Sequence[Report]) -> str:
    """The table for a terminal, and below it the failures."""
    table = rows(reports)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    left_aligned = (0, len(widths) - 1)
    lines = [
        "  ".join(
            cell.ljust(width) if i in left_aligned else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([*lines, "", *_verdict(reports)])


def _verdict(reports: Sequence[Report]) -> list[str]:
    failed = [r for r in reports if not r.passed]
    lines = [f"FAILED {' '.join(failure.split())}" for r in failed for failure in r.failures[:3]]
    samples = sum(r.samples for r in reports)
    seconds = sum(r.seconds for r in reports)
    return [*lines, f"{len(reports) - len(failed)} of {len(reports)} ops proved on {samples} samples, in {seconds:.0f} s"]


def markdown(reports: Sequence[Report]) -> str:
    """The table and the failures as a Markdown page."""
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
    """The reports as JSON: the limits, and per op the number of samples, the errors, the failures, and whether it passed."""
    ops = {
        r.name: {"samples": r.samples, "kinks": r.kinks, "errors": r.errors, "failures": r.failures, "passed": r.passed}
        for r in reports
    }
    return json.dumps({"passed": all(r.passed for r in reports), "limits": LIMITS, "ops": ops}, indent=1, default=float) + "\n"
