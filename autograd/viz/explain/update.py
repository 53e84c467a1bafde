"""An optimizer's step as equations, from its class's name and its options: this package knows no optimizer, and need not."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import Any

from .source import names_in
from .styles import Style, Written
from .terms import parsed
from .typeset import Typesetter

Assignment = tuple[str, str]
SHOWN: dict[str, tuple[str, ...]] = {
    "eta": ("eta",), "beta1": ("beta", "", "1"), "beta2": ("beta", "", "2"), "theta": ("theta",), "vmax": ("v", "", "max"),
    "abar": ("a",),
    "wd": ("lambd",), "rate": ("lambd", "", "1"), "decay": ("rho",),
}  # fmt: skip


@dataclass
class Update:
    """A step: assignments in order, in the language of formulas; the options that occur; or, where it is not known, a text."""

    name: str
    assignments: list[Assignment]
    options: dict[str, Any]
    text: str = ""


def update(optimizer: Any) -> Update:
    """The step of an optimizer, for its first group of parameters."""
    name = type(optimizer).__name__
    group = {k: v for k, v in optimizer.param_groups[0].items() if k not in ("params", "param_names")}
    for key in ("lr", "weight_decay", "momentum", "eps", "alpha", "l1"):
        if hasattr(group.get(key), "item"):
            group[key] = group[key].item()
    steps: list[Assignment] = []
    if group.get("maximize"):
        steps.append(("g", "-g"))
    decoupled = name == "AdamW" or bool(group.get("decoupled_weight_decay"))
    if group.get("l1"):
        steps.append(("g", "g + rate * sign(theta)"))
    if group.get("weight_decay") and not decoupled:
        steps.append(("g", "g + wd * theta"))
    known = {"SGD": _sgd, "Adam": _adam, "AdamW": _adam, "RMSprop": _rmsprop, "Adagrad": _adagrad}.get(name)
    if known is None:
        doc = inspect.getdoc(type(optimizer)) or ""
        start = doc.find("Formula:")
        text = " ".join(doc[start + 8 :].split("\n\n")[0].split()) if start >= 0 else doc.split("\n\n")[0]
        return Update(name, [], {k: v for k, v in group.items() if isinstance(v, int | float) and not isinstance(v, bool)}, text)
    if decoupled and group.get("weight_decay"):
        steps.append(("theta", "theta - eta * wd * theta"))
    steps += known(group)
    beta1, beta2 = group.get("betas", (None, None))
    values = {
        "eta": group.get("lr"), "mu": group.get("momentum"), "tau": group.get("dampening"), "wd": group.get("weight_decay"),
        "rate": group.get("l1"),
        "beta1": beta1, "beta2": beta2, "eps": group.get("eps"), "alpha": group.get("alpha"), "decay": group.get("lr_decay"),
    }  # fmt: skip
    used = {n for _, right in steps for n in names_in(ast.parse(right, mode="eval").body)}
    return Update(name, steps, {k: v for k, v in values.items() if k in used and v is not None}, "")


def assigned(style: Style, left: str, right: str) -> Written:
    """One assignment of a step, in a style."""
    scalars = frozenset({"eta", "mu", "tau", "wd", "rate", "beta1", "beta2", "eps", "alpha", "decay", "t"})
    setter = Typesetter(style, scalars, SHOWN)
    assignment: Written = style.infix("←", [setter.write(parsed(left)), setter.write(parsed(right))])
    return style.finish(assignment)


def _sgd(group: dict[str, Any]) -> list[Assignment]:
    if not group.get("momentum"):
        return [("theta", "theta - eta * g")]
    steps = [("b", "mu * b + (1 - tau) * g" if group.get("dampening") else "mu * b + g")]
    return [*steps, ("theta", "theta - eta * (g + mu * b)" if group.get("nesterov") else "theta - eta * b")]


def _adam(group: dict[str, Any]) -> list[Assignment]:
    steps = [("m", "beta1 * m + (1 - beta1) * g"), ("v", "beta2 * v + (1 - beta2) * g ** 2"), ("mhat", "m / (1 - beta1 ** t)")]
    if group.get("amsgrad"):
        steps += [("vmax", "maximum(vmax, v)"), ("vhat", "vmax / (1 - beta2 ** t)")]
    else:
        steps.append(("vhat", "v / (1 - beta2 ** t)"))
    return [*steps, ("theta", "theta - eta * mhat / (sqrt(vhat) + eps)")]


def _rmsprop(group: dict[str, Any]) -> list[Assignment]:
    steps = [("v", "alpha * v + (1 - alpha) * g ** 2")]
    root = "sqrt(v)"
    if group.get("centered"):
        steps.append(("a", "alpha * a + (1 - alpha) * g"))
        root = "sqrt(v - a ** 2)"
    if group.get("momentum"):
        return [*steps, ("b", f"mu * b + g / ({root} + eps)"), ("theta", "theta - eta * b")]
    return [*steps, ("theta", f"theta - eta * g / ({root} + eps)")]


def _adagrad(group: dict[str, Any]) -> list[Assignment]:
    rate = "eta / (1 + (t - 1) * decay)" if group.get("lr_decay") else "eta"
    return [("s", "s + g ** 2"), ("theta", f"theta - {rate} * g / (sqrt(s) + eps)")]
