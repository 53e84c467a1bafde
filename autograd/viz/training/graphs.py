"""The graphs of some steps of a training, kept with all their numbers, and the picture that goes from one to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...types import Tensor
from ..picture.draw import Picture, draw
from ..trace.moments import difference
from ..trace.tape import Trace
from ..trace.trace import trace
from .doctor import Diagnosis, Finding

KEPT = 8  # graphs at most: then every second is dropped, and they are taken half as often


class Graphs:
    """Traces of steps at equal distances over a training, however long it becomes.

    Attributes:
        kept: pairs (step, trace).
    """

    def __init__(self) -> None:
        self.kept: list[tuple[int, Trace]] = []
        self.gap = 1
        self.due = 0

    def look(self, step: int, loss: Tensor, names: Mapping[str, Any] | None) -> bool:
        """Keep a step's graph, if one is due and it is the one that the first step had."""
        if step < self.due:
            return False
        found = trace(loss, names=names)
        if self.kept and difference(self.kept[0][1], found):
            return False  # the smaller batch at the end of an epoch, say: the next step is looked at instead
        self.kept.append((step, found))
        if len(self.kept) > KEPT:
            self.kept = self.kept[::2]
            self.gap *= 2
        self.due = step + self.gap
        return True

    def picture(self, diagnosis: Diagnosis, word: str, **options: Any) -> Picture:
        """The steps on one graph, with the doctor's findings. ``word``: "step", in the page's language."""
        if len(self.kept) < 2:
            raise ValueError("fewer than two graphs were kept: call recorder.trace(loss) in each step, before loss.backward()")
        made = draw({f"{word} {step}": found for step, found in self.kept}, **options)
        made.findings = [self.found(finding) for finding in diagnosis]
        return made

    def found(self, finding: Finding) -> dict[str, Any]:
        """A finding as the page shows it: with the node, and the first graph that was kept from its step on."""
        steps = [step for step, _ in self.kept]
        moment = len(steps) - 1
        if finding.step is not None:
            moment = next((i for i, step in enumerate(steps) if step >= finding.step), moment)
        said = {key: getattr(finding, key) for key in ("title", "severity", "layer", "evidence", "advice")}
        return {**said, "node": node_of(self.kept[0][1], finding.layer), "moment": moment}


_APPLIED = re.compile(r"(\w+)\((.+)\)")  # relu(fc1): a function, and the layer that made what it was applied to


def node_of(found: Trace, layer: str) -> int | None:
    """The node that a finding is about: the layer's output, a parameter, or the function that was applied; else the loss."""
    if not layer:
        return found.loss
    for node in found.nodes:
        if node.op is None and node.name == layer:
            return node.id
    for call in found.calls:
        if layer in (call.path, call.label):
            return call.last
    applied = _APPLIED.fullmatch(layer)
    op, path = applied.groups() if applied else (layer.rpartition(".")[2], layer.rpartition(".")[0])
    for node in found.nodes:
        if node.op != op.split("#")[0]:
            continue
        near = [found.nodes[o.node] for o in node.operands if o.node is not None] if applied else [node]
        if any(n.call is not None and found.calls[n.call].path == path for n in near) or (not path and not applied):
            return node.id
    return next((node.id for node in found.nodes if node.op is None and node.name.startswith(f"{layer}.")), None)


__all__ = ["Graphs", "node_of"]
