"""What is recorded from PyTorch and run again here: the same program, in whichever library it is given."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

BOTH = [{"maximize": m, "weight_decay": w} for m, w in product((False, True), (0, 0.1))]


def _with(*options: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**common, **own} for common in BOTH for own in options]


# Every option of every optimizer, in combination with maximize and weight decay.
OPTIMIZERS: dict[str, list[dict[str, Any]]] = {
    "SGD": _with(
        {"lr": 0.1},
        {"momentum": 0.9, "lr": 0.1},
        {"momentum": 0.9, "dampening": 0.3},
        {"momentum": 0.9, "nesterov": True, "lr": 0.1},
    ),
    "Adam": _with({"lr": 0.1}, {"amsgrad": True, "lr": 0.1}, {"decoupled_weight_decay": True, "betas": (0.7, 0.8), "eps": 0.01}),
    "AdamW": _with({"lr": 0.1}, {"amsgrad": True}),
    "RMSprop": _with({}, {"centered": True, "alpha": 0.9}, {"momentum": 0.8}, {"centered": True, "momentum": 0.8, "eps": 0.01}),
    "Adagrad": _with({}, {"lr_decay": 0.1, "initial_accumulator_value": 0.3, "eps": 0.01}),
    "Adadelta": _with({}, {"rho": 0.8, "eps": 0.01}),
    "Adamax": _with({}, {"betas": (0.7, 0.8), "eps": 0.01}),
    "NAdam": _with({}, {"decoupled_weight_decay": True, "momentum_decay": 0.1}),
    "RAdam": _with({"betas": (0.9, 0.9)}, {"decoupled_weight_decay": True}),
    "ASGD": _with({"t0": 3, "lambd": 0.01}, {"alpha": 0.5}),
    "Rprop": [{"maximize": False}, {"maximize": True, "etas": (0.3, 1.5), "step_sizes": (0.004, 0.03)}],
    "Adafactor": _with({"d": 1.5}, {"eps": (0.1, 0.5), "beta2_decay": -0.5}),
    "Muon": [
        {},
        {"ns_steps": 0},
        {"ns_steps": 3, "nesterov": False, "adjust_lr_fn": "match_rms_adamw", "lr": 0.1},
        {"momentum": 0.5, "weight_decay": 0, "ns_coefficients": (2.0, -1.5, 0.5), "eps": 0.1},
    ],
    "LBFGS": [
        {"lr": 0.1},
        {"line_search_fn": "strong_wolfe"},
        {"lr": 0.1, "history_size": 3, "max_iter": 7},
        {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 4},
        {"line_search_fn": "strong_wolfe", "lr": 5.0, "max_eval": 6},
    ],
}
# Those that take no complex parameters, and the shapes that they do take.
REAL = {"Adafactor": [(3, 2), (4,), (2, 2, 3)], "Muon": [(3, 2), (2, 4)]}
STEPS = 8


def start(shapes: list[tuple[int, ...]], complex_too: bool) -> list[np.ndarray]:
    """Weights to start from."""
    found = [np.cos(np.arange(float(np.prod(shape))) + i).reshape(shape) for i, shape in enumerate(shapes)]
    return [*found, found[0] + 1j * found[0][::-1]] if complex_too else found


def gradient(w: np.ndarray, i: int, t: int) -> np.ndarray:
    """A made-up gradient of parameter i at step t."""
    g = np.sin(1.7 * np.arange(float(w.size)) + 0.9 * i + t * t).reshape(w.shape) * (1 + 0.3 * t)
    return g + 1j * g[::-1] if np.iscomplexobj(w) else g


def descend(name: str, options: dict[str, Any], optim: Any, tensor: Callable[[Any], Any]) -> list[np.ndarray]:
    """The weights after some steps, of which some lack some gradients, with two groups and a change of the rate on the way."""
    if name == "LBFGS":
        return minimise(options, optim, tensor)
    weights = start(REAL.get(name, [(3, 2), (4,), ()]), name not in REAL)
    params = [tensor(w).requires_grad_() for w in weights]
    optimizer = getattr(optim, name)([{"params": params[:1]}, {"params": params[1:], "lr": 0.03}], **options)
    for t in range(STEPS):
        for i, (p, w) in enumerate(zip(params, weights, strict=True)):
            p.grad = None if t > 2 and (t + i) % 4 == 3 else tensor(gradient(w, i, t))
        optimizer.step()
        if t == 4:
            optimizer.param_groups[0]["lr"] *= 0.5
    return [np.asarray(p.detach().numpy()) for p in params]


def descend_twice(name: str, optim: Any, tensor: Callable[[Any], Any]) -> list[np.ndarray]:
    """The weights after some steps of an optimizer whose only group lists one parameter twice."""
    weights = start([(3, 2), (2, 4)], False)
    p, q = (tensor(w).requires_grad_() for w in weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both libraries warn of it
        optimizer = getattr(optim, name)([p, q, p], lr=0.1)
    for t in range(3):
        p.grad, q.grad = (tensor(gradient(w, i, t)) for i, w in enumerate(weights))
        optimizer.step()
    return [np.asarray(t.detach().numpy()) for t in (p, q)]


def minimise(options: dict[str, Any], optim: Any, tensor: Callable[[Any], Any]) -> list[np.ndarray]:
    """The weights, and the losses that the steps returned."""
    x, y = (tensor(w).requires_grad_() for w in (np.cos(np.arange(6.0)), np.sin(np.arange(4.0)).reshape(2, 2)))
    optimizer = optim.LBFGS([x, y], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((1 - x[:-1]) ** 2 + 10 * (x[1:] - x[:-1] ** 2) ** 2).sum() + (y**4).sum() * (1 + x[0] ** 2)
        loss.backward()
        return loss

    losses = [float(optimizer.step(closure).detach()) for _ in range(4)]
    return [x.detach().numpy(), y.detach().numpy(), np.array(losses)]


# ------------------------------------------------------------------------------------------------------------- schedulers


class Falling:
    """A callable object: its attributes are in a state_dict."""

    def __init__(self, a: float) -> None:
        self.a = a

    def __call__(self, t: float) -> float:
        return 1 / (1 + self.a * t)


def _chain(S: Any, o: Any) -> Any:
    return S.ChainedScheduler([S.ExponentialLR(o, 0.9), S.LinearLR(o, 0.5, total_iters=4), S.CosineAnnealingLR(o, 6, 0.01)])


def _sequence(S: Any, o: Any) -> Any:
    return S.SequentialLR(
        o, [S.LinearLR(o, 0.25, total_iters=4), S.CosineAnnealingLR(o, 5, 0.01), S.ExponentialLR(o, 0.8)], [4, 11]
    )


def _at_once(S: Any, o: Any) -> Any:
    return S.SequentialLR(o, [S.ConstantLR(o, 0.25), S.ExponentialLR(o, 0.8)], [0])


_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("LambdaLR", {"lr_lambda": [Falling(0.2), lambda t: 0.9**t]}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9}),
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 9], "gamma": 0.3}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.4, "total_iters": 4}),
    ("LinearLR", {"start_factor": 0.2, "end_factor": 0.7, "total_iters": 6}),
    ("LinearLR", {"start_factor": 0.9, "end_factor": 0, "total_iters": 6}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 7, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 4}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": [0.5, 0.6], "step_size_up": 3, "step_size_down": 4}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 4, "mode": "triangular2", "base_momentum": 0.7}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3, "mode": "exp_range", "gamma": 0.95, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3, "scale_fn": Falling(0.3), "scale_mode": "iterations"}),
    ("OneCycleLR", {"max_lr": [0.5, 0.2], "total_steps": 25}),
    ("OneCycleLR", {"max_lr": 0.5, "epochs": 5, "steps_per_epoch": 5, "anneal_strategy": "linear", "three_phase": True,
                    "pct_start": 0.4}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 25, "cycle_momentum": False, "div_factor": 10.0, "final_div_factor": 100.0}),
    ("ReduceLROnPlateau", {"patience": 1, "factor": 0.5}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 2, "factor": 0.5, "threshold": 0.1, "threshold_mode": "abs", "cooldown": 2,
                           "min_lr": [0.05, 0.2]}),
    ("ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "threshold": 0.1, "cooldown": 1}),
]  # fmt: skip

Maker = Callable[[Any, Any], Any]
SCHEDULERS: list[tuple[str, Maker]] = [
    *((name, lambda S, o, name=name, options=options: getattr(S, name)(o, **options)) for name, options in _CALLS),
    ("ChainedScheduler", _chain),
    ("SequentialLR", _sequence),
    ("SequentialLR", _at_once),
    ("SWALR", lambda S, o: S.SWALR(o, [0.1, 0.05], anneal_epochs=6)),
    ("SWALR", lambda S, o: S.SWALR(o, 0.1, anneal_epochs=0, anneal_strategy="linear")),
]
EPOCHS = 25


def two_groups(optim: Any, tensor: Callable[[Any], Any], kind: str, rate: Callable[[float], Any] = float) -> Any:
    """An optimizer with momentum and two rates."""
    a, b = (tensor(np.ones(2)).requires_grad_() for _ in range(2))
    groups = [{"params": [a]}, {"params": [b], "lr": rate(0.3)}]
    return optim.SGD(groups, lr=rate(0.4), momentum=0.9) if kind == "SGD" else optim.Adam(groups, lr=rate(0.4))


def advance(optimizer: Any, scheduler: Any, t: int) -> list[float]:
    """Rates and momenta at an epoch; then go on to the next."""
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    momenta = [float(group["betas"][0] if "betas" in group else group["momentum"]) for group in optimizer.param_groups]
    optimizer.step()
    scheduler.step(*([abs(np.sin(t * t)) / (1 + 0.1 * t)] if type(scheduler).__name__ == "ReduceLROnPlateau" else []))
    return rates + momenta
