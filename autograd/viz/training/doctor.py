"""The doctor: what is wrong with a training, in words, with the layer, the numbers and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...engine.gradients import grad
from ...errors import GraphError, printable
from ...types import AnyModule, AnyOptimizer, Tensor
from . import loss_graph
from .checks import Case, Sign, signs
from .records import SILENT, Records, dropped, five, moody, named_tensors, silence, variation
from .words import Words

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something that the doctor has found.

    Attributes:
        name: what it is, e.g. "dead ReLU". layer: where; "" where it concerns the training as a whole. severity: "error" (the
        training cannot work), "warning" (it is probably not meant so), or "note" (worth knowing).
        evidence: the numbers. advice: what to do. title: the name in the language that the others are written in. language: "en"
        or "zh". step: in which it was seen first, if it is of one step.

    Example:
        >>> import autograd, nn
        >>> from autograd import viz
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).eval()
        >>> (finding,) = viz.doctor(model)
        >>> finding.name, finding.severity, finding.advice
        ('eval mode', 'warning', 'Call model.train() before training, and again after each validation')
    """

    name: str
    layer: str
    severity: str
    evidence: str
    advice: str
    language: str = "en"
    step: int | None = None

    @property
    def title(self) -> str:
        """The name, in the language of the sentences."""
        return Words(self.language)(self.name)

    def __str__(self) -> str:
        say = Words(self.language)
        where = say("where", layer=self.layer) if self.layer else ""
        said = {"severity": say(self.severity), "name": self.title, "evidence": self.evidence, "advice": self.advice}
        return printable(say("finding", where=where, **said))


class Diagnosis(list[Finding]):
    """The findings, the gravest first. ``healthy`` if there is no error and no warning; ``print`` it to read it.

    Example:
        >>> import autograd, nn
        >>> from autograd import viz
        >>> rng = autograd.manual_seed(0)
        >>> model = nn.Linear(2, 1)
        >>> diagnosis = viz.doctor(model, (model(autograd.ones(4, 2)) ** 2).mean())
        >>> diagnosis
        Healthy: no fault was found (one batch).
        >>> diagnosis.healthy, len(diagnosis)
        (True, 0)
    """

    def __init__(self, findings: Iterable[Finding] = (), basis: str = "", language: str = "en") -> None:
        super().__init__(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))
        self.basis, self.language = basis, language

    @property
    def healthy(self) -> bool:
        """Whether nothing but notes was found."""
        return all(f.severity == "note" for f in self)

    @property
    def names(self) -> list[str]:
        """The names of what was found, each once."""
        return list(dict.fromkeys(f.name for f in self))

    @property
    def verdict(self) -> str:
        """The first line: healthy, or how many faults were found, and what was looked at."""
        say = Words(self.language)
        count = sum(f.severity != "note" for f in self)
        return say("healthy" if self.healthy else "found", n=count, basis=self.basis)

    def __str__(self) -> str:
        return "\n".join([self.verdict, *map(str, self)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def doctor(
    model: AnyModule | Mapping[str, Tensor] | None = None, loss: Tensor | None = None, optimizer: AnyOptimizer | None = None,
    recorder: Records | None = None, language: str = "en",
) -> Diagnosis:  # fmt: skip
    """Say what is wrong with a training: which layer, the numbers that show it, and what to do.

    It knows: dead ReLUs, saturated units, a signal that many layers have worn away, dropout near 1; vanishing and exploding
    gradients; parameters that get no gradient, are frozen though the optimizer holds them, or are held by no optimizer; a forgotten
    ``zero_grad``, and one that comes too early; softmax before cross-entropy, sigmoid before ``bce_with_logits``, a column minus a
    row in the loss, a loss that stays that of a guess; a learning rate too high or too low; a model in eval mode; inputs that are
    nan or not scaled; nan and infinity.

    Args:
        model: an ``nn.Module``, or a dict of names and tensors. loss: of one batch, before or after ``backward``.
        optimizer: that is to train it. recorder: a ``Recorder`` of some steps: most faults show only over time. With a recorder
            alone, ``recorder.diagnose()`` is the same.
        language: "en" or "zh"; the names of the findings stay what they are, and ``title`` is in the language.

    Raises:
        ValueError: nothing to look at, or a language that the doctor does not speak.

    Example:
        >>> import autograd, nn
        >>> from autograd import viz
        >>> rng = autograd.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
        >>> loss = nn.functional.cross_entropy(model(autograd.rand(32, 4)), autograd.arange(32) % 3)
        >>> for finding in viz.doctor(model, loss):
        ...     print(finding.name, "|", finding.layer)
        softmax before cross-entropy | 3
    """
    if recorder is not None:
        return diagnose(recorder, language)
    if model is None and loss is None:
        raise ValueError("the doctor needs something to look at: a model with a loss, or a recorder (viz.Recorder)")
    return diagnose(snapshot(model, loss, optimizer), language)


def diagnose(records: Records, language: str = "en") -> Diagnosis:
    """The findings of all checks on a recording."""
    case, say = Case(records), Words(language)

    def finding(sign: Sign) -> Finding:
        seen = sign.evidence[1].get("step")
        step = int(seen) if isinstance(seen, int | np.integer) else None
        return Finding(sign.name, sign.layer, sign.severity, say.said(sign.evidence), say.said(sign.advice), language, step)

    found = [finding(sign) for sign in signs(case)]
    steps = "one batch" if not case.over_time else "one step" if len(case.loss) == 1 else "steps"
    return Diagnosis(found, say(steps, n=len(case.loss), sampled=len(case.steps)), language)


def snapshot(
    model: AnyModule | Mapping[str, Tensor] | None, loss: Tensor | None = None, optimizer: AnyOptimizer | None = None
) -> Records:
    """A recording of one batch: what can be seen without training."""
    records = Records()
    named = named_tensors(model, optimizer)
    facts = records.facts
    facts["snapshot"] = True
    facts["scored"] = loss is not None
    listed = {id(p) for group in optimizer.param_groups for p in group["params"]} if optimizer is not None else set()
    for name, p in named.items():
        if not p.requires_grad:
            facts["listed_frozen" if id(p) in listed else "frozen"].append(name)
        elif optimizer is not None and id(p) not in listed:
            facts["unlisted"].append(name)
    module: Any = model
    if hasattr(module, "training") and not module.training:
        facts["eval"][""] = {"steps": [0], "kinds": sorted(set(moody(module))), "count": 1}
    elif hasattr(module, "named_modules"):
        facts["dropout"] = {path: dropped(part) for path, part in module.named_modules()}
    if loss is not None:
        found = loss_graph.facts(loss, named)
        facts.update(found)
    wanted = {name: p for name, p in named.items() if p.requires_grad}
    gradients: dict[str, Any] = {name: p.grad for name, p in wanted.items()}
    if loss is not None and loss.requires_grad and wanted:
        try:
            gradients = dict(zip(wanted, grad(loss, list(wanted.values()), retain_graph=True, allow_unused=True), strict=True))
        except GraphError:
            pass  # backward has been called: what it left in .grad counts
        else:
            _silent_units(records, loss)
    present = {name: g for name, g in gradients.items() if g is not None}
    records.take_batch(None if loss is None else float(loss.array.item()), named, present)
    return records


def _silent_units(records: Records, loss: Tensor) -> None:
    """Which units of ReLUs are 0 for the whole batch, as far as the graph has kept their outputs or inputs."""
    for node in loss_graph.nodes_of(loss):
        name = node.op.name if node.op is not None else ""
        if name not in SILENT or not node.saved or node.plan is None:
            continue
        saved = dict(zip(node.plan.slots, node.saved, strict=True))
        value = saved.get("y", saved.get("x"))
        if not isinstance(value, np.ndarray) or value.shape != node.shape or not value.size:
            continue
        zeros, silent, examples = silence(node, np.maximum(value, 0))
        numbers = [*map(float, five([value])[0]), zeros, float(silent.mean()), math.nan, variation(value)]
        records.take_activation(loss_graph.title(node), name, examples, numbers)


__all__ = ["Diagnosis", "Finding", "diagnose", "doctor", "snapshot"]
