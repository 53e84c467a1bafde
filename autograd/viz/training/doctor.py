"""The doctor: what is wrong with a training, in words, with the layer, the numbers and what to do.

Every check is a function of a recording that yields findings. The limits stand at the top, wide of what sound trainings show: a
false alarm costs more trust than a late one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...engine.gradients import grad
from ...errors import GraphError, printable
from . import loss_graph
from .records import ACTIVE, SILENT, ParameterSeries, Records, five, layer_of, moody, named_tensors, silence

DEAD = 0.5  # share of silent units, seen for at least EXAMPLES examples; ALL_DEAD for fewer
EXAMPLES, ALL_DEAD = 32, 0.99
VANISHED = 1e-4  # root mean square of an early weight's gradient, as a share of a later one's
EXPLODED = 1e3  # norm of a gradient over the norm of its weight
TOO_LOW, TOO_HIGH = 1e-5, 0.1  # norm of an update over the norm of its weight
SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something that the doctor has found.

    Attributes:
        name: what it is, e.g. "dead ReLU". layer: where; "" where it concerns the training as a whole. severity: "error" (the
        training cannot work), "warning" (it is probably not meant so), or "note" (worth knowing).
        evidence: the numbers. advice: what to do.

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

    def __str__(self) -> str:
        return printable(
            f"{self.severity}: {self.name}{f' in {self.layer}' if self.layer else ''}: {self.evidence}. {self.advice}."
        )


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

    def __init__(self, findings: Iterable[Finding] = (), basis: str = "") -> None:
        super().__init__(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))
        self.basis = basis

    @property
    def healthy(self) -> bool:
        """Whether nothing but notes was found."""
        return all(f.severity == "note" for f in self)

    @property
    def names(self) -> list[str]:
        """The names of what was found, each once."""
        return list(dict.fromkeys(f.name for f in self))

    def __str__(self) -> str:
        head = "Healthy: no fault was found" if self.healthy else f"{sum(f.severity != 'note' for f in self)} found"
        return "\n".join([f"{head} ({self.basis}).", *map(str, self)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def doctor(model: Any = None, loss: Any = None, optimizer: Any = None, recorder: Any = None) -> Diagnosis:
    """Say what is wrong with a training: which layer, the numbers that show it, and what to do.

    It knows: dead ReLUs; vanishing and exploding gradients; parameters that get no gradient, are frozen though the optimizer holds
    them, or are held by no optimizer; a forgotten ``zero_grad``, and one that comes too early; softmax before cross-entropy,
    sigmoid before ``bce_with_logits``; a learning rate too high or too low; a model in eval mode; nan and infinity.

    Args:
        model: an ``nn.Module``, or a dict of names and tensors. loss: of one batch, before or after ``backward``.
        optimizer: that is to train it. recorder: a ``Recorder`` of some steps: most faults show only over time. With a recorder
            alone, ``recorder.diagnose()`` is the same.

    Raises:
        ValueError: nothing to look at.

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
        return diagnose(recorder)
    if model is None and loss is None:
        raise ValueError("the doctor needs something to look at: a model with a loss, or a recorder (viz.Recorder)")
    return diagnose(snapshot(model, loss, optimizer))


def diagnose(records: Records) -> Diagnosis:
    """The findings of all checks on a recording."""
    case = Case(records)
    found: list[Finding] = []
    for check in CHECKS:
        found += check(case)
    seen = f"{len(case.loss)} step{'s' * (len(case.loss) != 1)}, {len(case.steps)} sampled" if case.over_time else "one batch"
    return Diagnosis(found, seen)


class Case:
    """A recording, with what several checks ask for."""

    def __init__(self, records: Records) -> None:
        self.facts = records.facts
        self.loss, self.steps = records.loss, records.steps
        self.parameters, self.activations = records.parameters, records.activations
        self.over_time = not records.facts.get("snapshot")
        order = [name for name in self.facts["order"] if name in self.parameters]
        order += [name for name in self.parameters if name not in order]
        # Weights in the order of the forward pass; biases and scales have other magnitudes.
        self.weights = [self.parameters[name] for name in order if len(self.parameters[name].shape) > 1]
        self.order = order
        finite = self.loss[np.isfinite(self.loss)]
        tenth = max(1, len(finite) // 10)
        self.start = float(np.median(finite[: max(3, tenth)])) if len(finite) else np.nan
        self.end = float(np.median(finite[-max(3, tenth) :])) if len(finite) else np.nan
        self.dead = {name: a for name, a in self.activations.items() if a.op in SILENT and _is_dead(a)}


def _is_dead(a: Any) -> bool:
    share = float(np.median(a.dead[-5:]))
    return share >= (DEAD if a.examples >= EXAMPLES else ALL_DEAD)


def late(values: np.ndarray) -> float:
    """The median of the later half of the samples, of what is there."""
    values = values[len(values) // 2 :]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


# ------------------------------------------------------------------------------------------------------------------ the checks


def not_finite(case: Case) -> Iterator[Finding]:
    """nan or infinity: the first place where it was seen."""
    # (step, what comes first within a step, layer, what)
    places: list[tuple[int, int, str, str]] = []
    for name in case.order:
        p = case.parameters[name]
        if int(np.prod(p.shape)):  # an empty parameter has no norm at all
            places += [(int(p.steps[i]), 0, layer_of(name), f"the value of {name}") for i in _first(p.norm)]
    for name, a in case.activations.items():
        places += [(int(a.steps[i]), 1, name, "the output") for i in _first(a.norm)]
    for name in reversed(case.order):
        p = case.parameters[name]
        if int(np.prod(p.shape)):
            places += [
                (int(p.steps[i]), 2, layer_of(name), f"the gradient of {name}")
                for i in _first(np.where(p.has_grad, p.grad.norm, 0.0))
            ]
    when, _, where, what = min(places, key=lambda found: found[:2], default=(0, 0, "", ""))
    lost = np.flatnonzero(~np.isfinite(case.loss))
    if not where and not (len(lost) and case.facts.get("scored", True)):
        return
    said = []
    if len(lost):
        said.append(
            f"the loss is {case.loss[lost[0]]} at step {lost[0]}"
            + (f" (it was {case.loss[lost[0] - 1]:.4g} before)" if lost[0] else "")
        )
    if where:
        said.append(f"{what} is not finite at step {when}")
    advice = "look for it with autograd.detect_anomaly(), which names the op that made it"
    if len(lost) and lost[0] > 0:
        advice += "; a lower learning rate or clipped gradients (nn.utils.clip_grad_norm_) help if the loss had grown before"
    yield Finding("nan or infinity", where, "error", ", and ".join(said), _sentence(advice))


def dead_relus(case: Case) -> Iterator[Finding]:
    """Units that are 0 for every example: no gradient passes them, so they stay so."""
    for name, a in case.dead.items():
        share = float(np.median(a.dead[-5:]))
        yield Finding(
            "dead ReLU",
            name,
            "error" if share >= ALL_DEAD else "warning",
            f"{share:.0%} of the units gave 0 for every example seen last ({a.examples} per unit); {a.zeros[-1]:.0%} of "
            f"all outputs are 0",
            "No gradient passes them. Lower the learning rate, initialise for ReLU (nn.init.kaiming_uniform_) with biases of 0, "
            "normalise the inputs, or use LeakyReLU or GELU",
        )


def vanishing(case: Case) -> Iterator[Finding]:
    """Gradients of early weights far below those of later ones."""
    size = [_rms(p) for p in case.weights]
    later = 0.0
    small: list[int] = []
    for i in range(len(size) - 1, -1, -1):
        if not np.isfinite(size[i]):
            continue
        if later and size[i] < VANISHED * later and not (size[i] == 0 and (case.dead or not _reached(case.weights[i]))):
            small.append(i)
        if case.weights[i].norm[-1] > 0:
            later = max(later, size[i])
    if not small or not np.any([size[i] > 0 or case.over_time for i in small]):
        return
    worst = min(small, key=lambda i: size[i])
    p = case.weights[worst]
    yield Finding(
        "vanishing gradient",
        layer_of(p.name),
        "warning",
        f"the gradient of {p.name} has a root mean square of {size[worst]:.1e}, {_times(max(size[worst:]), size[worst])} "
        f"than that of "
        f"{case.weights[worst + int(np.argmax(size[worst:]))].name}; it is below {VANISHED:g} of a later layer's in "
        f"{_some([case.weights[i] for i in small])}",
        "Its layers hardly learn. Use ReLU or GELU in place of sigmoid and tanh, an initialisation that keeps the variance "
        "(nn.init.xavier_uniform_, kaiming_uniform_), normalisation layers or skip connections",
    )


def exploding(case: Case) -> Iterator[Finding]:
    """Gradients far above the weights that they are to change, from the beginning; or of early weights far above later ones'."""
    advice = (
        "Clip it (nn.utils.clip_grad_norm_), start from smaller weights (nn.init.xavier_uniform_), bring inputs and targets to a "
        "standard deviation of about 1, or add normalisation layers"
    )
    high: list[tuple[float, ParameterSeries]] = []
    for p in case.weights:
        ratio = p.grad.norm / np.where(p.norm > 0, p.norm, np.nan)
        ratio = ratio[np.isfinite(ratio)]
        # At the beginning: later on, a learning rate that is too high makes the loss, and with it gradients, grow as well.
        if len(ratio) and ratio[:3].min() > EXPLODED:
            high.append((float(ratio[:3].min()), p))
    if high:
        worst, p = max(high, key=lambda item: item[0])
        others = f" (and above {EXPLODED:g} in {len(high) - 1} more)" if len(high) > 1 else ""
        yield Finding(
            "exploding gradient",
            layer_of(p.name),
            "error",
            f"the gradient of {p.name} is {worst:.1e} times as large as its value{others}",
            advice,
        )
        return
    size = [_rms(p) for p in case.weights]
    for i in range(len(size) - 1):
        after = [s for s in size[i + 1 :] if np.isfinite(s) and s > 0]
        if after and size[i] > min(after) / VANISHED:
            p, last = case.weights[i], case.weights[size.index(min(after))]
            yield Finding(
                "exploding gradient", layer_of(p.name), "warning",
                f"on its way back the gradient grows: {size[i]:.1e} (root mean square) in {p.name}, {min(after):.1e} in "
                f"{last.name}", advice,
            )  # fmt: skip
            return


def without_gradient(case: Case) -> Iterator[Finding]:
    """Parameters that no gradient reaches, by layer."""
    frozen = {*case.facts["frozen"], *case.facts["listed_frozen"]}
    missing = [name for name, p in case.parameters.items() if name not in frozen and len(p) and not p.has_grad.any()]
    cleared = [name for name in missing if name in case.facts["order"]] if case.over_time else []
    if cleared and len(cleared) == len([n for n in case.parameters if n not in frozen]):
        yield Finding(
            "gradients cleared before the step", "", "error",
            f"the loss depends on {_list(cleared)}, and none of them has a gradient at the step",
            "Call zero_grad() before backward() or after the optimizer's step and recorder.step(loss), not in between",
        )  # fmt: skip
        return
    for layer, names in _by_layer([n for n in missing if n not in cleared]):
        yield Finding(
            "no gradient", layer, "warning",
            f"{_list(names)} got no gradient in "
            f"{'any of ' + str(len(case.steps)) + ' samples' if case.over_time else 'this batch'}: "
            f"the loss does not depend on {'it' if len(names) == 1 else 'them'}",
            "Is the layer called in forward()? Is its result used, and not cut off by detach(), .data, .numpy() or no_grad()",
        )  # fmt: skip
    for layer, names in _by_layer(case.facts["listed_frozen"]):
        yield Finding(
            "frozen parameter", layer, "warning", f"{_list(names)}: requires_grad is False, though the optimizer holds it",
            "Call requires_grad_(), or leave it out of the optimizer if it is meant to stay as it is",
        )  # fmt: skip
    for layer, names in _by_layer(case.facts["frozen"]):
        yield Finding(
            "frozen parameter", layer, "note", f"{_list(names)}: requires_grad is False", "Call requires_grad_() if it is to learn"
        )
    for layer, names in _by_layer(case.facts["unlisted"]):
        yield Finding(
            "not in the optimizer", layer, "warning", f"{_list(names)} needs a gradient, but no group of the optimizer "
            "holds it: it never changes",
            "Build the optimizer from model.parameters() after all layers are there, or freeze it with requires_grad_(False)",
        )  # fmt: skip


def zero_grad(case: Case) -> Iterator[Finding]:
    """Gradients that are added to those of the step before. Seen at the moment at which the new one arrives."""
    carried = {
        name: found
        for name, found in case.facts["arrivals"].items()
        if found[1] >= 0.5 * found[0] and name not in case.facts["unlisted"]
    }
    if not carried:
        return
    name, (looks, count, old, new) = max(carried.items(), key=lambda item: item[1][2])
    every = len(carried) > 0.5 * len(case.facts["arrivals"])
    yield Finding(
        "forgotten zero_grad",
        "" if every else layer_of(name),
        "error",
        f"in {count} of {looks} looks at {name}, and in {len(carried) - 1} more parameter{'s' * (len(carried) != 2)}, a "
        f"new gradient was "
        f"added to one that the optimizer had used already; the last one, of norm {new:.2g}, to one of norm {old:.2g}",
        "Call optimizer.zero_grad() once per step, before backward()",
    )


def twice(case: Case) -> Iterator[Finding]:
    """Softmax or sigmoid before a loss that contains it."""
    for what, layer, op in case.facts["misuses"]:
        harmless = what.startswith("log_softmax")
        first, _, second = what.partition(" before ")
        yield Finding(
            what, layer, "note" if harmless else "warning",
            f"{first} is applied to the input of {op}, " + (
                "which takes log-probabilities" if op == "nll_loss" else "which applies "
                "{'sigmoid' if 'bce' in op else 'log_softmax'} itself"
            ) + ("; a second time changes nothing" if harmless else ""),
            "Use log_softmax, or cross_entropy on the raw scores" if op == "nll_loss"
            else f"Give {second.replace('-', '_')} the raw scores (logits) and leave {first} for predictions",
        )  # fmt: skip


def learning_rate(case: Case) -> Iterator[Finding]:
    """A learning rate too high (the loss grows, or updates are as large as the weights) or too low (nothing changes)."""
    if not case.over_time or len(case.loss) < 10:
        return
    if not len(case.steps) and case.facts.get("hooked"):
        yield Finding(
            "no optimizer step", "", "error", f"{len(case.loss)} steps were recorded, and optimizer.step() was never called",
            "Call optimizer.step() after backward(), on the optimizer that the recorder was given",
        )  # fmt: skip
        return
    ratios = {p.name: p.update_ratio for p in case.weights if p.has_grad.any() and np.isfinite(p.update_ratio).any()}
    worst, ratio = max(
        ((name, late(r)) for name, r in ratios.items()), key=lambda item: np.nan_to_num(item[1]), default=("", np.nan)
    )
    finite = case.loss[np.isfinite(case.loss)]
    lower = "Divide the learning rate by 3 to 10, or warm it up; clip gradients if single batches are to blame"
    if (
        len(finite)
        and case.start > 0
        and (case.end > 2 * case.start or (len(finite) < len(case.loss) and finite.max() > 3 * case.start))
    ):
        top = finite.max()
        yield Finding(
            "learning rate too high", layer_of(worst) if ratio > TOO_HIGH else "", "error",
            f"the loss grew from {case.start:.4g} to {top:.4g}" + (f", while the updates of {worst} were {ratio:.2g} of "
            f"its size" if worst else ""),
            lower,
        )  # fmt: skip
        return
    # At the beginning: what the first updates did to the loss, even if it has come down again since.
    jump = max((float(np.nanmax(r[:3])) for r in ratios.values() if np.isfinite(r[:3]).any()), default=0.0)
    if len(finite) and jump > 0.5 and case.loss[0] > 0 and finite.max() > 5 * case.loss[0]:
        name = next(n for n, r in ratios.items() if np.nanmax(np.where(np.isfinite(r[:3]), r[:3], 0)) == jump)
        yield Finding(
            "learning rate too high", layer_of(name), "error" if case.end > case.loss[0] else "warning",
            f"one of the first steps changed {name} by {jump:.2g} of its size (about 0.001 is usual), and the loss jumped from "
            f"{case.loss[0]:.4g} to {finite.max():.4g}",
            lower,
        )  # fmt: skip
        return
    if ratio > TOO_HIGH and case.end > 0.7 * case.start > 0:
        yield Finding(
            "learning rate too high", layer_of(worst), "warning",
            f"a step changes {worst} by {ratio:.2g} of its size (about 0.001 is usual), and the loss, {case.start:.4g} at "
            f"first, is {case.end:.4g}",
            lower,
        )  # fmt: skip
        return
    if len(case.loss) < 20 or len(case.steps) < 2 or not ratios:
        return
    # The largest of a warm-up or decay; and a model that has nothing left to learn has small gradients, not a small rate.
    top = max(float(np.nanmax(r)) for r in ratios.values())
    left = max(late(p.grad.norm / np.where(p.norm > 0, p.norm, np.nan)) for p in case.weights if p.name in ratios)
    still = not abs(case.start - case.end) > 0.05 * abs(case.start)
    if top == 0 and left > 0:
        yield Finding(
            "learning rate too low", "", "error", f"no parameter has changed at all in {len(case.loss)} steps, though "
            "there are gradients",
            "Is the learning rate 0? Is the optimizer's step() called, and does it hold these parameters",
        )  # fmt: skip
    elif top < TOO_LOW and still and left > 1e-4:
        yield Finding(
            "learning rate too low", layer_of(worst), "warning",
            f"a step changes {worst} by at most {top:.1e} of its size (about 0.001 is usual), and the loss went from "
            f"{case.start:.4g} to {case.end:.4g} "
            f"in {len(case.loss)} steps",
            f"Multiply the learning rate by {10 ** round(np.log10(1e-3 / top)):.0e}, and watch the loss".replace("e+0", "e"),
        )  # fmt: skip


def modes(case: Case) -> Iterator[Finding]:
    """A model that is trained in eval mode."""
    for path, entry in case.facts["eval"].items():
        if path:
            yield Finding(
                "eval mode", path, "note", f"this {entry['kinds'][0]} is in eval mode while the model is trained",
                "That is right for a frozen normalisation; else call model.train()",
            )  # fmt: skip
            continue
        kinds = " and ".join(entry["kinds"])
        when = (
            f"at {entry['count']} of {case.facts['checks']} steps looked at, first at step {entry['steps'][0]}"
            if case.over_time
            else "now"
        )
        yield Finding(
            "eval mode", "", "warning" if kinds else "note",
            f"the model is in eval mode {when}" + (f": {kinds} compute something else there" if kinds else "; none of its "
            "layers minds"),
            "Call model.train() before training, and again after each validation",
        )  # fmt: skip


CHECKS = (not_finite, twice, zero_grad, without_gradient, dead_relus, vanishing, exploding, learning_rate, modes)


# ----------------------------------------------------------------------------------------------------------------- small parts


def _first(values: np.ndarray) -> np.ndarray:
    """The index of the first number that is not finite, if there is one."""
    return np.flatnonzero(~np.isfinite(values))[:1]


def _rms(p: ParameterSeries) -> float:
    """The root mean square of a parameter's gradient, over the later half of the samples."""
    return late(np.where(p.has_grad, p.grad.norm, np.nan)) / max(1, int(np.prod(p.shape))) ** 0.5


def _reached(p: ParameterSeries) -> bool:
    return bool(p.has_grad.any())


def _times(large: float, small: float) -> str:
    return f"{large / small:.0e} times smaller".replace("e+0", "e").replace("e+", "e") if small > 0 else "infinitely smaller"


def _list(names: list[str]) -> str:
    return ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _some(found: list[ParameterSeries]) -> str:
    return _list([p.name for p in reversed(found)])


def _by_layer(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(layer_of(name), []).append(name)
    yield from found.items()


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def snapshot(model: Any, loss: Any = None, optimizer: Any = None) -> Records:
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
    if hasattr(model, "training") and not model.training:
        facts["eval"][""] = {"steps": [0], "kinds": sorted(set(moody(model))), "count": 1}
    if loss is not None:
        records._loss.append(float(loss.array.item()))
        found = loss_graph.facts(loss, named)
        facts["order"], facts["misuses"] = found["order"], [list(m) for m in found["misuses"]]
    wanted = {name: p for name, p in named.items() if p.requires_grad}
    gradients: dict[str, Any] = {name: p.grad for name, p in wanted.items()}
    if loss is not None and loss.requires_grad and wanted:
        try:
            gradients = dict(zip(wanted, grad(loss, list(wanted.values()), retain_graph=True, allow_unused=True), strict=True))
        except GraphError:
            pass  # backward has been called: what it left in .grad counts
        else:
            _silent_units(records, loss)
    if any(g is not None for g in gradients.values()) or loss is None:
        records._names, records._shapes, records._steps = list(named), [tuple(p.shape) for p in named.values()], [0]
        rows = np.full((len(named), 12), np.nan)
        rows[:, :5] = five([p.array for p in named.values()])
        rows[:, 11] = 0
        for i, name in enumerate(named):
            if gradients.get(name) is not None:
                rows[i, 5:10], rows[i, 11] = five([gradients[name].array])[0], 1
        records._rows = [rows] if loss is not None or any(g is not None for g in gradients.values()) else []
    return records


def _silent_units(records: Records, loss: Any) -> None:
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
        key = loss_graph.title(node)
        while key in records._activations:
            key += "'"
        numbers = five([value])[0]
        records._activations[key] = {
            "op": name, "examples": examples, "steps": [0], "rows": [(*[float(v) for v in numbers], zeros, float(silent.mean()))],
        }  # fmt: skip
    assert all(len(a["rows"][0]) == len(ACTIVE) for a in records._activations.values())


__all__ = ["Diagnosis", "Finding", "diagnose", "doctor", "snapshot"]
