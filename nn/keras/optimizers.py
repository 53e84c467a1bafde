"""Optimizers by Keras's names and formulas, and schedules of their learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.standin import StandIn
from autograd.errors import ArgumentError
from autograd.types import Tensor
from optim.elementwise import Elementwise, Operand, Slots, Update

from .lookup import Named, resolved, snake, table


class LearningRateSchedule:
    """Base of schedules: the learning rate of step number ``step``, from 0."""

    def __call__(self, step: int) -> float:
        """The learning rate."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


class ExponentialDecay(LearningRateSchedule):
    """initial decay_rate^(step / decay_steps), in whole powers if ``staircase``."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False, name: str | None = None
    ) -> None:
        self.initial, self.steps, self.rate, self.staircase = initial_learning_rate, decay_steps, decay_rate, staircase

    def __call__(self, step: int) -> float:
        power = step / self.steps
        return float(self.initial * self.rate ** (math.floor(power) if self.staircase else power))


class CosineDecay(LearningRateSchedule):
    """From the initial rate to ``alpha`` of it along half a cosine, after a linear warm-up to ``warmup_target``."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0, name: str | None = None,
        warmup_target: float | None = None, warmup_steps: int = 0,
    ) -> None:  # fmt: skip
        self.initial, self.steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.target, self.warmup = warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        if self.target is not None and step < self.warmup:
            return self.initial + (self.target - self.initial) * step / self.warmup
        top = self.initial if self.target is None else self.target
        done = min(step - (self.warmup if self.target is not None else 0), self.steps) / self.steps
        return top * ((1 - self.alpha) * 0.5 * (1 + math.cos(math.pi * done)) + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and with step boundaries[i], the last one behind."""

    def __init__(self, boundaries: list[int], values: list[float], name: str | None = None) -> None:
        if len(values) != len(boundaries) + 1:
            raise ArgumentError(f"{len(boundaries)} boundaries go with {len(boundaries) + 1} values, not {len(values)}")
        self.boundaries, self.values = boundaries, values

    def __call__(self, step: int) -> float:
        return float(self.values[sum(step > boundary for boundary in self.boundaries)])


class InverseTimeDecay(LearningRateSchedule):
    """initial / (1 + decay_rate step / decay_steps), in whole steps if ``staircase``."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False, name: str | None = None
    ) -> None:
        self.initial, self.steps, self.rate, self.staircase = initial_learning_rate, decay_steps, decay_rate, staircase

    def __call__(self, step: int) -> float:
        passed = step / self.steps
        return float(self.initial / (1 + self.rate * (math.floor(passed) if self.staircase else passed)))


class PolynomialDecay(LearningRateSchedule):
    """From initial to end along (1 - step / decay_steps)^power."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, end_learning_rate: float = 1e-4, power: float = 1.0,
        cycle: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial, self.steps, self.end, self.power, self.cycle = (
            initial_learning_rate,
            decay_steps,
            end_learning_rate,
            power,
            cycle,
        )

    def __call__(self, step: int) -> float:
        steps = self.steps * max(1, math.ceil(step / self.steps)) if self.cycle else self.steps
        passed = min(step, steps) / steps
        return float((self.initial - self.end) * (1 - passed) ** self.power + self.end)


Rate: TypeAlias = float | LearningRateSchedule  # a learning rate, for good or by the number of the step


class Optimizer(Elementwise):
    """Base of Keras's optimizers. The parameters come with ``model.compile``.

    Args:
        learning_rate: a number or a schedule. weight_decay: decoupled, of all weights: w -= learning_rate weight_decay w.
        clipnorm: each gradient's largest norm. clipvalue: its largest number. global_clipnorm: the largest norm of all together.
        name: of the optimizer. use_ema and the like: not here.

    Raises:
        ArgumentError: more than one way to clip.
    """

    def __init__(
        self, learning_rate: Rate, weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, name: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if sum(value is not None for value in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError("Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set")
        for key in (
            "use_ema",
            "ema_momentum",
            "ema_overwrite_frequency",
            "loss_scale_factor",
            "gradient_accumulation_steps",
            "jit_compile",
        ):
            if options.pop(key, None) and key in ("use_ema", "loss_scale_factor", "gradient_accumulation_steps"):
                raise NotImplementedError(f"{type(self).__name__} has no {key} here")
        self.schedule = learning_rate if isinstance(learning_rate, LearningRateSchedule) else None
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.name = name or snake(type(self).__name__)
        self.iterations = 0
        first = learning_rate(0) if isinstance(learning_rate, LearningRateSchedule) else float(learning_rate)
        self._options = {
            "lr": first, "weight_decay": weight_decay or 0.0, "decoupled_weight_decay": True, "maximize": False, **options,
        }  # fmt: skip

    def bind(self, parameters: Iterable[Tensor]) -> Optimizer:
        """Give the optimizer its parameters."""
        super().__init__(list(parameters), self._options)
        return self

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        if self.schedule is not None:
            return self.schedule(self.iterations)
        return float(self.param_groups[0]["lr"] if "param_groups" in vars(self) else self._options["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if self.schedule is not None:
            raise ArgumentError("the learning rate follows a schedule: it can't be set")
        self._options["lr"] = float(value)
        for group in getattr(self, "param_groups", []):
            group["lr"] = float(value)

    lr = learning_rate

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Clip the gradients and update the parameters."""
        self.advance()
        return self.apply(closure)

    def advance(self) -> None:
        """Count the step that begins, and take its learning rate from the schedule."""
        if self.schedule is not None:
            for group in getattr(self, "param_groups", []):  # none before the model's first call
                group["lr"] = self.schedule(self.iterations)
        self.iterations += 1

    def apply(self, closure: Callable[[], float] | None = None) -> float | None:
        """``step`` without what it counts: the part that can be compiled."""
        self._clip()
        return super().step(closure)

    def _clip(self) -> None:
        grads = [p._grad.array for group in self.param_groups for p in group["params"] if p._grad is not None]
        if self.clipnorm is not None:
            for g in grads:
                _shorten(g, np.sqrt(np.vdot(g, g)), self.clipnorm)
        elif self.global_clipnorm is not None:
            norm = np.sqrt(sum(np.vdot(g, g) for g in grads))
            for g in grads:
                _shorten(g, norm, self.global_clipnorm)
        elif self.clipvalue is not None:
            for g in grads:
                np.clip(g, -self.clipvalue, self.clipvalue, out=g)


def _shorten(g: Any, norm: Any, limit: float) -> None:
    """Scale a gradient whose norm is above the limit. A compiled step always multiplies: it does not know the norm yet."""
    if isinstance(norm, StandIn) or norm > limit:
        np.multiply(g, (limit / np.maximum(norm, limit)).astype(g.dtype), out=g)


class SGD(Optimizer):
    """v = momentum v - learning_rate g, w += v; with nesterov w += momentum v - learning_rate g.

    Without momentum w -= learning_rate g.

    Args:
        learning_rate, momentum, nesterov: see above. more: as for ``Optimizer``.
    """

    slots = ("velocity",)

    def __init__(self, learning_rate: Rate = 0.01, momentum: float = 0.0, nesterov: bool = False, **more: Any) -> None:
        super().__init__(learning_rate, momentum=momentum, nesterov=nesterov, **more)

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return self.slots if group["momentum"] else ()

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        if not group["momentum"]:
            return group["lr"] * g, {}
        v = group["momentum"] * s["velocity"] - group["lr"] * g
        return (group["lr"] * g - group["momentum"] * v if group["nesterov"] else -v), {"velocity": v}


class Adam(Optimizer):
    """m and v as in the paper; w -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).

    Epsilon is outside of the correction, so that it weighs more in the first steps than in PyTorch's.

    Args:
        learning_rate, beta_1, beta_2, epsilon: see above. amsgrad: the largest v so far in place of v. more: as for ``Optimizer``.

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015, end of section 2.
    """

    slots = ("m", "v", "largest")
    fading = ("m",)

    def __init__(
        self, learning_rate: Rate = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, amsgrad=amsgrad, **more)

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return self.slots if group["amsgrad"] else self.slots[:2]

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        b1, b2 = group["beta_1"], group["beta_2"]
        m = s["m"] + (1 - b1) * (g - s["m"])
        v = s["v"] + (1 - b2) * (g * g - s["v"])
        new = {"m": m, "v": v}
        if group["amsgrad"]:
            v = new["largest"] = np.maximum(s["largest"], v)
        return (group["lr"] * (1 - b2**step) ** 0.5 / (1 - b1**step)) * (m / (np.sqrt(v) + group["epsilon"])), new


class AdamW(Adam):
    """Adam whose weights shrink by learning_rate weight_decay w, biases included.

    Args:
        learning_rate: see above. weight_decay: see above. more: as for ``Adam``.
    """

    def __init__(self, learning_rate: Rate = 0.001, weight_decay: float = 0.004, **more: Any) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **more)


class RMSprop(Optimizer):
    """v = rho v + (1 - rho) g^2; w -= learning_rate g / sqrt(v + epsilon), with the mean of g taken off v if ``centered``.

    Args:
        learning_rate, rho, epsilon, centered: see above. momentum: of the change. more: as for ``Optimizer``.
    """

    slots = ("v", "mean", "moved")

    def __init__(
        self, learning_rate: Rate = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7, centered: bool = False,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, rho=rho, momentum=momentum, epsilon=epsilon, centered=centered, **more)

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return ("v", *(["mean"] if group["centered"] else []), *(["moved"] if group["momentum"] else []))

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        rho = group["rho"]
        v = rho * s["v"] + (1 - rho) * g * g
        new, below = {"v": v}, v
        if group["centered"]:
            mean = new["mean"] = rho * s["mean"] + (1 - rho) * g
            below = v - mean * mean
        change = group["lr"] * g / np.sqrt(below + group["epsilon"])
        if group["momentum"]:
            change = new["moved"] = group["momentum"] * s["moved"] + change
        return change, new


class Adagrad(Optimizer):
    """a += g^2, from initial_accumulator_value on; w -= learning_rate g / sqrt(a + epsilon).

    Args:
        learning_rate, initial_accumulator_value, epsilon: see above. more: as for ``Optimizer``.
    """

    slots = ("accumulated",)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **more: Any,
    ) -> None:
        super().__init__(learning_rate, initial=initial_accumulator_value, epsilon=epsilon, **more)

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        return np.full(p.array.shape, group["initial"], p.array.dtype)

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        a = s["accumulated"] + g * g
        return group["lr"] * g / np.sqrt(a + group["epsilon"]), {"accumulated": a}


class Adadelta(Optimizer):
    """v = rho v + (1 - rho) g^2; d = sqrt(x + epsilon) / sqrt(v + epsilon) g; x = rho x + (1 - rho) d^2; w -= learning_rate d.

    Args:
        learning_rate, rho, epsilon: see above. more: as for ``Optimizer``.
    """

    slots = ("v", "x")

    def __init__(self, learning_rate: Rate = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **more: Any) -> None:
        super().__init__(learning_rate, rho=rho, epsilon=epsilon, **more)

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        rho, epsilon = group["rho"], group["epsilon"]
        v = rho * s["v"] + (1 - rho) * g * g
        d = np.sqrt(s["x"] + epsilon) / np.sqrt(v + epsilon) * g
        return group["lr"] * d, {"v": v, "x": rho * s["x"] + (1 - rho) * d * d}


class Adamax(Optimizer):
    """m as in Adam, u = max(beta_2 u, |g|); w -= learning_rate / (1 - beta_1^t) m / (u + epsilon).

    Args:
        learning_rate, beta_1, beta_2, epsilon: see above. more: as for ``Optimizer``.
    """

    slots = ("m", "u")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **more: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **more)

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        m = s["m"] + (1 - group["beta_1"]) * (g - s["m"])
        u = np.maximum(group["beta_2"] * s["u"], np.abs(g))
        return group["lr"] / (1 - group["beta_1"] ** step) * m / (u + group["epsilon"]), {"m": m, "u": u}


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead, its momentum beta_1 (1 - 0.5 * 0.96^t) growing over the steps.

    Args:
        learning_rate, beta_1, beta_2, epsilon: as for ``Adam``. more: as for ``Optimizer``.

    Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
    """

    slots = ("m", "v")
    scalars = ("u_product",)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **more: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **more)

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        b1, b2 = group["beta_1"], group["beta_2"]
        now, later = (b1 * (1 - 0.5 * 0.96**t) for t in (step, step + 1))
        product = s["u_product"] * now
        m = s["m"] + (1 - b1) * (g - s["m"])
        v = s["v"] + (1 - b2) * (g * g - s["v"])
        ahead = later * m / (1 - product * later) + (1 - now) * g / (1 - product)
        return group["lr"] * ahead / (np.sqrt(v / (1 - b2**step)) + group["epsilon"]), {"m": m, "v": v, "u_product": product}


KNOWN: dict[str, Any] = table(SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, Nadam) | {
    "sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "adagrad": Adagrad, "adadelta": Adadelta, "adamax": Adamax,
    "nadam": Nadam,
}  # fmt: skip


class schedules:  # a namespace, as keras.optimizers.schedules is one
    """Schedules of a learning rate, as ``keras.optimizers.schedules``."""

    LearningRateSchedule = LearningRateSchedule
    ExponentialDecay = ExponentialDecay
    CosineDecay = CosineDecay
    PiecewiseConstantDecay = PiecewiseConstantDecay
    InverseTimeDecay = InverseTimeDecay
    PolynomialDecay = PolynomialDecay


def get(optimizer: Named | Optimizer) -> Optimizer:
    """An optimizer of a name, a class or an object.

    Raises:
        ArgumentError: no optimizer has this name.
    """
    return resolved("optimizer", optimizer, KNOWN)
