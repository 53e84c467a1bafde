"""The doctor's checks: each is a function of a recording that yields signs of a fault, in no language.

The limits stand at the top, wide of what sound trainings show: a false alarm costs more trust than a late one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .records import BOUNDS, SILENT, ParameterSeries, Records, layer_of
from .words import Said

DEAD = 0.5  # share of silent units, seen for at least EXAMPLES examples; ALL_DEAD for fewer
EXAMPLES, ALL_DEAD = 32, 0.99
VANISHED = 1e-4  # root mean square of an early weight's gradient, as a share of a later one's
EXPLODED = 1e3  # norm of a gradient over the norm of its weight
TOO_LOW, TOO_HIGH = 1e-5, 0.1  # norm of an update over the norm of its weight
SATURATED = 0.9  # share of outputs at the bounds of an activation
ALIKE = 1e-3  # by how much of their size outputs differ between the examples of a batch
DROPPED = 0.9  # share that a dropout sets to 0
LARGE_INPUT, UNEVEN_INPUT = 30.0, 300.0  # root mean square of the inputs; ratio of two features' standard deviations
CHANCE = 0.045  # how near to ln(classes) a loss is, as a share
WAY = 0.6  # sum of all updates of a weight over its size, after which a loss should have fallen


@dataclass(frozen=True)
class Sign:
    """What a check has seen: the name of the fault, where, how grave, the numbers that show it, and what to do."""

    name: str
    layer: str
    severity: str
    evidence: Said
    advice: Said


def sign(name: str, layer: str, severity: str, evidence: str, advice: str, /, **values: Any) -> Sign:
    """A sign whose two sentences share their values."""
    return Sign(name, layer, severity, (evidence, values), (advice, values))


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

    def fallen(self) -> float:
        """By how many standard errors the loss of the last third lies below that of the first; nan for fewer than six steps."""
        finite = self.loss[np.isfinite(self.loss)]
        third = len(finite) // 3
        if third < 2:
            return np.nan
        first, last = finite[:third], finite[-third:]
        error = math.sqrt((first.var(ddof=1) + last.var(ddof=1)) / third)
        return float(first.mean() - last.mean()) / max(error, 1e-300)


def _is_dead(a: Any) -> bool:
    share = float(np.median(a.dead[-5:]))
    return share >= (DEAD if a.examples >= EXAMPLES else ALL_DEAD)


def late(values: np.ndarray) -> float:
    """The median of the later half of the samples, of what is there."""
    values = values[len(values) // 2 :]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


# ----------------------------------------------------------------------------------------------------------- numbers that are none


def not_finite(case: Case) -> Iterator[Sign]:
    """nan or infinity: the first place where it was seen."""
    found = case.facts["inputs"]
    if found.get("bad"):
        yield sign(
            "nan in the inputs", "", "error", "nan inputs", "mend inputs", n=found["bad"], size=found["size"], step=found["step"]
        )
        return
    # (step, what comes first within a step, layer, what)
    places: list[tuple[int, int, str, Said]] = []
    for name in case.order:
        p = case.parameters[name]
        if int(np.prod(p.shape)):  # an empty parameter has no norm at all
            places += [(int(p.steps[i]), 0, layer_of(name), ("value of", {"name": name})) for i in _first(p.norm)]
    for name, a in case.activations.items():
        places += [(int(a.steps[i]), 1, name, ("output", {})) for i in _first(a.norm)]
    for name in reversed(case.order):
        p = case.parameters[name]
        if int(np.prod(p.shape)):
            bad = _first(np.where(p.has_grad, p.grad.norm, 0.0))
            places += [(int(p.steps[i]), 2, layer_of(name), ("gradient of", {"name": name})) for i in bad]
    when, _, where, what = min(places, key=lambda found: found[:2], default=(0, 0, "", ("output", {})))
    lost = np.flatnonzero(~np.isfinite(case.loss))
    if not where and not (len(lost) and case.facts.get("scored", True)):
        return
    seen: Said = ("not finite", {"what": what, "step": when})
    if len(lost):
        values = {"value": case.loss[lost[0]], "step": lost[0]}
        loss: Said = ("loss is after", {**values, "before": f"{case.loss[lost[0] - 1]:.4g}"}) if lost[0] else ("loss is", values)
        seen = ("not finite too", {"loss": loss, "what": what, "step": when}) if where else loss
    advice = "find nan later" if len(lost) and lost[0] > 0 else "find nan"
    yield Sign("nan or infinity", where, "error", seen, (advice, {}))


def inputs(case: Case) -> Iterator[Sign]:
    """Inputs that are large, or whose features differ much in size; a normalisation layer in front puts that right."""
    found = case.facts["inputs"]
    if not found or found.get("bad") or found["normalised"]:
        return
    if found["rms"] > LARGE_INPUT:
        yield sign(
            "unscaled inputs", "", "warning", "large inputs", "scale inputs", most=f"{found['most']:.3g}", rms=f"{found['rms']:.3g}"
        )
    elif found["largest"][1] > UNEVEN_INPUT * found["smallest"][1] > 0 and found["largest"][1] > 3:
        (large, most), (small, least) = found["largest"], found["smallest"]
        yield sign(
            "unscaled inputs", "", "warning", "uneven inputs", "scale inputs",
            large=large, most=f"{most:.3g}", small=small, least=f"{least:.3g}",
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------ activations


def dead_relus(case: Case) -> Iterator[Sign]:
    """Units that are 0 for every example: no gradient passes them, so they stay so."""
    for name, a in case.dead.items():
        share = float(np.median(a.dead[-5:]))
        yield sign(
            "dead ReLU", name, "error" if share >= ALL_DEAD else "warning", "dead units", "revive",
            share=f"{share:.0%}", examples=a.examples, zeros=f"{a.zeros[-1]:.0%}",
        )  # fmt: skip


def saturated(case: Case) -> Iterator[Sign]:
    """Activations at their bounds, from the beginning on; the last one may be there, as its output is the answer."""
    for name, a in case.activations.items():
        if name in case.facts["last"] or not np.isfinite(a.saturated).any():
            continue
        share = min(float(a.saturated[0]), late(a.saturated))
        if share >= SATURATED:
            yield sign("saturated units", name, "warning", "saturated", "unsaturate", share=f"{share:.0%}", op=a.op)


def alike(case: Case) -> Iterator[Sign]:
    """Outputs that are the same for every example, as after many layers that each shrink their input.

    Of functions with two bounds nothing is said: the outputs of a sigmoid lie near 0.5.
    """
    found = [(n, late(a.variation)) for n, a in case.activations.items() if n not in case.dead and a.op not in BOUNDS]
    small = [(name, share) for name, share in found if share < ALIKE]
    if small:
        name, share = small[0]
        yield sign("vanishing signal", name, "warning", "all alike", "keep variance", share=f"{share:.1e}")


def dropout(case: Case) -> Iterator[Sign]:
    """Dropout that leaves almost nothing."""
    for path, share in case.facts["dropout"].items():
        if share >= DROPPED:
            yield sign("dropout near 1", path, "warning", "dropped", "drop less", share=f"{share:.0%}")


# -------------------------------------------------------------------------------------------------------------------- gradients


def vanishing(case: Case) -> Iterator[Sign]:
    """Gradients of early weights far below those of later ones."""
    size = [_rms(p) for p in case.weights]
    later = 0.0
    small: list[int] = []
    for i in range(len(size) - 1, -1, -1):
        if not np.isfinite(size[i]):
            continue
        if later and size[i] < VANISHED * later and not (size[i] == 0 and (case.dead or not case.weights[i].has_grad.any())):
            small.append(i)
        if case.weights[i].norm[-1] > 0:
            later = max(later, size[i])
    if not small or not np.any([size[i] > 0 or case.over_time for i in small]):
        return
    worst = min(small, key=lambda i: size[i])
    p, most = case.weights[worst], max(size[worst:])
    times: Said = ("infinitely smaller", {})
    if size[worst] > 0:
        times = ("times smaller", {"n": f"{most / size[worst]:.0e}".replace("e+0", "e").replace("e+", "e")})
    yield sign(
        "vanishing gradient", layer_of(p.name), "warning", "vanished", "unvanish",
        name=p.name, size=f"{size[worst]:.1e}", times=times, other=case.weights[worst + int(np.argmax(size[worst:]))].name,
        limit=f"{VANISHED:g}", names=[case.weights[i].name for i in reversed(small)],
    )  # fmt: skip


def exploding(case: Case) -> Iterator[Sign]:
    """Gradients far above the weights that they are to change, from the beginning; or of early weights far above later ones'.

    Where the loss falls and already its own gradient is large, that of the last bias, the targets are large and nothing explodes.
    """
    high: list[tuple[float, ParameterSeries]] = []
    for p in case.weights:
        ratio = p.grad.norm / np.where(p.norm > 0, p.norm, np.nan)
        ratio = ratio[np.isfinite(ratio)]
        # At the beginning: later on, a learning rate that is too high makes the loss, and with it gradients, grow as well.
        if len(ratio) and ratio[:3].min() > EXPLODED:
            high.append((float(ratio[:3].min()), p))
    if high:
        worst, p = max(high, key=lambda item: item[0])
        last = next((case.parameters[n] for n in reversed(case.order) if len(case.parameters[n].shape) == 1), None)
        scale = float(last.grad.norm[0]) if last is not None else 0.0
        common: dict[str, Any] = {"name": p.name, "ratio": f"{worst:.1e}", "limit": f"{EXPLODED:g}", "n": len(high) - 1}
        if worst < EXPLODED * scale and not case.end > 2 * case.start:
            yield sign("large targets", "", "note", "large loss", "scale targets", scale=f"{scale:.1e}", **common)
        else:
            evidence = "exploded too" if len(high) > 1 else "exploded"
            yield sign("exploding gradient", layer_of(p.name), "error", evidence, "unexplode", **common)
        return
    size = [_rms(p) for p in case.weights]
    for i in range(len(size) - 1):
        after = [s for s in size[i + 1 :] if np.isfinite(s) and s > 0]
        if after and size[i] > min(after) / VANISHED:
            p, end = case.weights[i], case.weights[size.index(min(after))]
            yield sign(
                "exploding gradient", layer_of(p.name), "warning", "grows back", "unexplode",
                size=f"{size[i]:.1e}", name=p.name, least=f"{min(after):.1e}", other=end.name,
            )  # fmt: skip
            return


def without_gradient(case: Case) -> Iterator[Sign]:
    """Parameters that no gradient reaches, by layer."""
    frozen = {*case.facts["frozen"], *case.facts["listed_frozen"]}
    missing = [name for name, p in case.parameters.items() if name not in frozen and len(p) and not p.has_grad.any()]
    cleared = [name for name in missing if name in case.facts["order"]] if case.over_time else []
    if cleared and len(cleared) == len([n for n in case.parameters if n not in frozen]):
        yield sign("gradients cleared before the step", "", "error", "cleared", "clear later", names=cleared)
        return
    for layer, names in _by_layer([n for n in missing if n not in cleared]):
        it: Said = ("it" if len(names) == 1 else "them", {})
        evidence = "never reached" if case.over_time else "not reached"
        yield sign("no gradient", layer, "warning", evidence, "reach", names=names, n=len(case.steps), it=it)


def frozen_parameters(case: Case) -> Iterator[Sign]:
    """Parameters that are frozen though the optimizer holds them; where all before them are frozen too, it is a pretrained part."""
    listed = set(case.facts["listed_frozen"])
    learning = [i for i, name in enumerate(case.parameters) if name not in listed]
    for layer, names in _by_layer(case.facts["listed_frozen"]):
        first = min(list(case.parameters).index(name) for name in names) if case.parameters else 0
        meant = not any(i < first for i in learning) and bool(learning)
        yield sign("frozen parameter", layer, "note" if meant else "warning", "frozen listed", "unfreeze listed", names=names)
    for layer, names in _by_layer(case.facts["frozen"]):
        yield sign("frozen parameter", layer, "note", "frozen", "unfreeze", names=names)


def not_held(case: Case) -> Iterator[Sign]:
    """Parameters that no group of the optimizer holds, and that nothing else has changed: another optimizer may."""
    still = [name for name in case.facts["unlisted"] if not _changed(case.parameters.get(name))]
    for layer, names in _by_layer(still):
        if case.over_time and len(case.steps) > 1:
            yield sign("not in the optimizer", layer, "warning", "never changes", "hold", names=names, n=len(case.steps))
        elif not case.over_time:
            yield sign("not in the optimizer", layer, "note", "not held", "hold one", names=names)


def _changed(p: ParameterSeries | None) -> bool:
    return p is not None and any(len(np.unique(values)) > 1 for values in (p.mean, p.norm, p.min, p.max))


def zero_grad(case: Case) -> Iterator[Sign]:
    """Gradients that are added to those of the step before, and that nothing clears before the next update."""
    carried = {
        name: found
        for name, found in case.facts["arrivals"].items()
        if found[1] >= 0.5 * found[0] and name not in case.facts["unlisted"]
    }
    if not carried:
        return
    name, (looks, count, old, new) = max(carried.items(), key=lambda item: item[1][2])
    every = len(carried) > 0.5 * len(case.facts["arrivals"])
    yield sign(
        "forgotten zero_grad", "" if every else layer_of(name), "error", "carried", "clear",
        n=count, looks=looks, name=name, others=len(carried) - 1, new=f"{new:.2g}", old=f"{old:.2g}",
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------- the loss


def twice(case: Case) -> Iterator[Sign]:
    """Softmax or sigmoid before a loss that contains it."""
    for what, layer, op in case.facts["misuses"]:
        first, _, second = what.partition(" before ")
        values = {"first": first, "op": op, "inner": "sigmoid" if "bce" in op else "log_softmax"}
        harmless = what.startswith("log_softmax")
        evidence = "takes logs" if op == "nll_loss" else "changes nothing" if harmless else "applies itself"
        advice = "use log_softmax" if op == "nll_loss" else "give scores"
        yield sign(what, layer, "note" if harmless else "warning", evidence, advice, loss=second.replace("-", "_"), **values)


def broadcast(case: Case) -> Iterator[Sign]:
    """A column of predictions with a row of targets: (64, 1) - (64,) has 64 times 64 numbers."""
    for op, left, right, shape in case.facts["broadcasts"]:
        yield sign("broadcast in the loss", "", "error", "broadcast", "same shape", op=op, left=left, right=right, shape=shape)


def at_chance(case: Case) -> Iterator[Sign]:
    """A loss that stays that of a guess, though the weights have come a long way."""
    classes = case.facts.get("classes") or 0
    if not case.over_time or classes < 2 or len(case.loss) < 40:
        return
    chance = math.log(classes)
    way = max((late(p.update_ratio) for p in case.weights if np.isfinite(p.update_ratio).any()), default=0.0) * len(case.loss)
    tail = case.loss[-(len(case.loss) // 3) :]
    last, error = float(tail.mean()), float(tail.std()) / len(tail) ** 0.5
    # With small batches neither the way nor the mean says much.
    if not way > WAY or not error < CHANCE / 3 * chance or not abs(last - chance) <= CHANCE * chance:
        return
    yield sign(
        "loss at chance level", "", "warning", "chance", "check labels",
        n=len(case.loss), end=f"{last:.4g}", classes=classes, chance=f"{chance:.4g}", way=f"{way:.0%}",
    )  # fmt: skip


def learning_rate(case: Case) -> Iterator[Sign]:
    """A learning rate too high (the loss grows, or updates are as large as the weights) or too low (nothing changes)."""
    if not case.over_time or len(case.loss) < 10:
        return
    if not len(case.steps) and case.facts.get("hooked"):
        yield sign("no optimizer step", "", "error", "never stepped", "step", n=len(case.loss))
        return
    ratios = {p.name: p.update_ratio for p in case.weights if p.has_grad.any() and np.isfinite(p.update_ratio).any()}
    name, ratio = max(((n, late(r)) for n, r in ratios.items()), key=lambda item: np.nan_to_num(item[1]), default=("", np.nan))
    finite = case.loss[np.isfinite(case.loss)]
    # At the beginning: what the first updates did to the loss, even if it has come down again since.
    jumps = {n: float(np.nanmax(r[:3])) for n, r in ratios.items() if np.isfinite(r[:3]).any()}
    jumped, jump = max(jumps.items(), key=lambda item: item[1], default=("", 0.0))
    values = {"start": f"{case.start:.4g}", "end": f"{case.end:.4g}", "n": len(case.loss)}
    high = ("learning rate too high", layer_of(name) if ratio > TOO_HIGH else "")
    grown = case.end > 2 * case.start or (len(finite) < len(case.loss) and finite.max() > 3 * case.start) if len(finite) else False
    # A loss that grows is a fault of the rate where updates are large: that of a generator, or of a policy, may grow.
    if case.start > 0 and grown and max(np.nan_to_num(ratio), jump) > TOO_HIGH / 2:
        said = {"top": f"{finite.max():.4g}", "name": name or jumped, "ratio": f"{max(np.nan_to_num(ratio), jump):.2g}"}
        yield sign(*high, "error", "loss grew", "lower rate", **values, **said)
    elif len(finite) and jump > 0.5 and case.loss[0] > 0 and finite.max() > 5 * case.loss[0]:
        said = {"start": f"{case.loss[0]:.4g}", "top": f"{finite.max():.4g}", "name": jumped, "ratio": f"{jump:.2g}"}
        grave = "error" if case.end > case.loss[0] else "warning"
        yield sign("learning rate too high", layer_of(jumped), grave, "loss jumped", "lower rate", **said)
    elif ratio > TOO_HIGH and case.end > 0.7 * case.start > 0:
        yield sign(*high, "warning", "large updates", "lower rate", name=name, ratio=f"{ratio:.2g}", **values)
    elif len(case.loss) >= 20 and len(case.steps) > 1 and ratios:
        yield from _too_low(case, ratios, name, values)


def _too_low(case: Case, ratios: dict[str, np.ndarray], name: str, values: dict[str, Any]) -> Iterator[Sign]:
    # The largest of a warm-up or decay; and a model that has nothing left to learn has small gradients, not a small rate.
    top = max(float(np.nanmax(r)) for r in ratios.values())
    left = max(late(p.grad.norm / np.where(p.norm > 0, p.norm, np.nan)) for p in case.weights if p.name in ratios)
    # With small batches the loss jumps about: it has fallen where the fall is more than chance.
    still = not abs(case.start - case.end) > 0.05 * abs(case.start) or not abs(case.fallen()) > 3
    if top == 0 and left > 0:
        yield sign("learning rate too low", "", "error", "nothing changed", "is it 0", **values)
    elif top < TOO_LOW and still and left > 1e-4:
        factor = f"{10 ** round(np.log10(1e-3 / top)):.0e}".replace("e+0", "e")
        yield sign(
            "learning rate too low", layer_of(name), "warning", "small updates", "raise rate",
            name=name, ratio=f"{top:.1e}", factor=factor, **values,
        )  # fmt: skip


def modes(case: Case) -> Iterator[Sign]:
    """A model that is trained in eval mode."""
    for path, entry in case.facts["eval"].items():
        if path:
            yield sign("eval mode", path, "note", "layer in eval", "train layer", kind=entry["kinds"][0])
            continue
        seen = {"n": entry["count"], "checks": case.facts["checks"], "first": entry["steps"][0]}
        when: Said = ("at steps", seen) if case.over_time else ("now", {})
        kinds = entry["kinds"]
        yield sign(
            "eval mode", "", "warning" if kinds else "note", "in eval" if kinds else "in eval harmless", "train",
            when=when, kinds=kinds,
        )  # fmt: skip


CHECKS = (
    not_finite, inputs, twice, broadcast, zero_grad, without_gradient, frozen_parameters, not_held, dead_relus, saturated, alike,
    dropout, vanishing, exploding, learning_rate, at_chance, modes,
)  # fmt: skip


# Faults that explain a loss that does not fall: where one is named, that is the cause.
_EXPLAINED = {"loss at chance level"}


def signs(case: Case) -> list[Sign]:
    """What all checks have seen, without what another one explains."""
    found = [sign for check in CHECKS for sign in check(case)]
    grave = any(sign.severity != "note" and sign.name not in _EXPLAINED for sign in found)
    return [sign for sign in found if not (grave and sign.name in _EXPLAINED)]


def _first(values: np.ndarray) -> np.ndarray:
    """The index of the first number that is not finite, if there is one."""
    return np.flatnonzero(~np.isfinite(values))[:1]


def _rms(p: ParameterSeries) -> float:
    """The root mean square of a parameter's gradient, over the later half of the samples."""
    return late(np.where(p.has_grad, p.grad.norm, np.nan)) / max(1, int(np.prod(p.shape))) ** 0.5


def _by_layer(names: list[str]) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(layer_of(name), []).append(name)
    yield from found.items()


__all__ = ["Case", "Sign", "signs"]
