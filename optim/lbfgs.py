"""L-BFGS, with a line search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.standin import written_down
from autograd.errors import CompileError

from .atomic import restored_on_error
from .blocks import real
from .optimizer import Optimizer, ParamsT, check_gradients
from .options import Range, demand, number
from .state_dict import array_faults, scalar_faults

Evaluate = Callable[[float], tuple[float, np.ndarray]]


class LBFGS(Optimizer):
    """L-BFGS: Newton steps with a curvature that is built from the last gradients (Liu & Nocedal 1989).

    Formula: from the last ``s = w' - w`` and ``y = g' - g`` with ``y^T s > 0`` the two-loop recursion makes ``d = -H g``
    (Nocedal & Wright 2006, algorithm 7.4), from ``H0 = (y^T s / y^T y) I``; ``w += t d``, with t = lr, or found by a line search
    for the strong Wolfe conditions ``f(w + t d) <= f + c1 t g^T d``, ``|g'^T d| <= -c2 g^T d`` (algorithms 3.5 and 3.6).

    ``step(closure)`` makes up to max_iter such steps, so the closure is called many times, and it must clear the gradients, compute
    the loss and its gradients, and return the loss. The loss must not be random.

    Args:
        params: tensors; one group only.
        lr: learning rate, at least 0.
        max_iter: iterations per step, at least 1.
        max_eval: calls of the closure per step; by default 5/4 of max_iter.
        tolerance_grad: stop where no component of the gradient is larger.
        tolerance_change: stop where neither the loss nor a weight changes by more.
        history_size: how many pairs (s, y) are kept, at least 1.
        line_search_fn: None or "strong_wolfe".

    Raises:
        ValueError: an option out of its range, or more than one group.
        TypeError: an option of a wrong type, or a step without a closure.

    Source: Liu & Nocedal, On the limited memory BFGS method for large scale optimization, 1989; Nocedal & Wright, Numerical
    Optimization, second edition, 2006.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([-1.0, 1.0], dtype="float64", requires_grad=True)
        >>> optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe", max_iter=100)
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        ...     loss.backward()
        ...     return loss
        >>> print(f"{optimizer.step(closure).item():.3f} before, {closure().item():.3f} after")
        4.000 before, 0.000 after
    """

    counts = False
    ranges = (
        *(Range(name, low=1, text=f"{name} (at least 1)") for name in ("max_iter", "max_eval", "history_size")),
        Range("tolerance_grad", low=-np.inf),  # below 0: never stop for it
        Range("tolerance_change", low=-np.inf),
    )

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100, line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        """Raise unless the line search is known."""
        demand(group["line_search_fn"] in (None, "strong_wolfe"), "line_search_fn (only 'strong_wolfe')", group["line_search_fn"])

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take the only group there is."""
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups): give all parameters in one list")
        super().add_param_group(param_group)

    # ------------------------------------------------------------------------------------------- all parameters as one array
    def _gradient(self) -> np.ndarray:
        params = self.param_groups[0]["params"]
        check_gradients([p for p in params if p._grad is not None])
        return np.concatenate([
            real((np.zeros_like(p.array) if p._grad is None else p._grad.array).reshape(-1)) for p in params
        ])  # fmt: skip

    def _weights(self) -> list[np.ndarray]:
        return [p.array.copy() for p in self.param_groups[0]["params"]]

    def _move(self, origin: list[np.ndarray], change: np.ndarray | None = None) -> None:
        """Set the weights to the origin plus a change."""
        start = 0
        for p, w in zip(self.param_groups[0]["params"], origin, strict=True):
            if change is not None:
                size = 2 * w.size if w.dtype.kind == "c" else w.size
                w = w + np.ascontiguousarray(change[start : start + size]).view(w.dtype).reshape(w.shape)
                start += size
            memory.write(p.array, w)

    # ------------------------------------------------------------------------------------------------------------- the step
    def step(self, closure: Callable[[], Tensor | float] | None = None) -> Tensor | float | None:
        """Make up to max_iter iterations. Where the closure raises, the iterations that are complete stay.

        Args:
            closure: clears the gradients, computes the loss and its gradients, and returns the loss.

        Returns:
            The loss before the first iteration.

        Raises:
            TypeError: no closure. CompileError: within a compiled function.
        """
        if closure is None:
            raise TypeError(
                "LBFGS.step needs a closure: a function that clears the gradients, computes the loss, calls backward, and returns "
                "the loss; L-BFGS evaluates it several times in a step"
            )
        if written_down():
            raise CompileError(
                "LBFGS evaluates its closure as often as the values demand, and a compiled function makes the same calls each "
                "time: compile the closure, closure = autograd.compile(closure), and not the function that calls step"
            )
        group = self.param_groups[0]
        with enable_grad():
            first = closure()
        loss, g = float(first), self._gradient()
        state = self.state[group["params"][0]]
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        if not g.size or np.abs(g).max() <= group["tolerance_grad"]:
            return first
        evaluations = 1
        for n in range(1, group["max_iter"] + 1):
            origin = self._weights()
            try:
                with restored_on_error(state):
                    loss, g, calls, done = self._iterate(closure, state, loss, g, n == group["max_iter"], evaluations)
            except BaseException:
                self._move(origin)
                raise
            evaluations += calls
            if done or evaluations >= group["max_eval"]:
                break
        return first

    def _iterate(
        self, closure: Callable[[], Any], state: dict[str, Any], loss: float, g: np.ndarray, last: bool, evaluations: int
    ) -> tuple[float, np.ndarray, int, bool]:
        """One iteration: the loss and the gradient after it, how often the closure was called, and whether to stop."""
        group = self.param_groups[0]
        lr, tolerance = float(number(group["lr"])), group["tolerance_change"]
        state["n_iter"] += 1
        d = self._direction(state, g, group["history_size"])
        state["d"], state["prev_flat_grad"], state["prev_loss"] = make(d), make(g.copy()), loss
        before, slope = loss, float(g @ d)
        t = lr / max(1.0, float(np.abs(g).sum())) if state["n_iter"] == 1 else lr
        state["t"] = t
        if slope > -tolerance:
            return loss, g, 0, True
        origin, calls = self._weights(), 0

        def evaluate(t: float) -> tuple[float, np.ndarray]:
            self._move(origin, t * d)
            with enable_grad():
                value = float(closure())
            return value, self._gradient()

        if group["line_search_fn"] is not None:
            start, most = Point(0.0, loss, g, slope), group["max_eval"] - evaluations
            end, calls = LineSearch(evaluate, start, d, tolerance_change=tolerance, most=most).run(t)
            t, loss, g = end.t, end.f, end.g
            self._move(origin, t * d)
        elif last:
            self._move(origin, t * d)  # the loss at the last point is not used
        else:
            loss, g = evaluate(t)
            calls = 1
        state["t"] = t
        state["func_evals"] += calls
        done = np.abs(g).max() <= group["tolerance_grad"] or np.abs(t * d).max() <= tolerance or abs(loss - before) < tolerance
        return loss, g, calls, bool(done)

    @staticmethod
    def _direction(state: dict[str, Any], g: np.ndarray, history: int) -> np.ndarray:
        """The direction in which to go; the change of the last iteration is added to the history first."""
        if "d" not in state:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -g
        ys, ss, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = g - state["prev_flat_grad"].array, state["d"].array * float(number(state["t"]))
        curvature = float(y @ s)
        if curvature > 1e-10:
            if len(ys) == history:
                for oldest_first in (ys, ss, ro):
                    oldest_first.pop(0)
            ys.append(make(y))
            ss.append(make(s))
            ro.append(1.0 / curvature)
            state["H_diag"] = curvature / float(y @ y)
        q = -g
        a = []
        for y, s, r in zip(reversed(ys), reversed(ss), reversed(ro), strict=True):
            a.append(float(s.array @ q) * float(r))
            q -= a[-1] * y.array
        q *= float(state["H_diag"])
        for y, s, r, ai in zip(ys, ss, ro, reversed(a), strict=True):
            q += (ai - float(y.array @ q) * float(r)) * s.array
        return q

    # --------------------------------------------------------------------------------------------------------------- state
    def state_faults(self, p: Tensor, states: Mapping[str, Any], group: dict[str, Any]) -> list[str]:
        """Why the optimizer could not use this state: nothing if it can. All of it belongs to the first parameter."""
        params = self.param_groups[0]["params"]
        size = sum(2 * q.array.size if q.array.dtype.kind == "c" else q.array.size for q in params)
        kind = np.dtype(np.float64)
        wrong: list[str] = []
        for name in ("func_evals", "n_iter"):
            wrong += scalar_faults(name, states.get(name), 0)
        if "d" not in states:
            return wrong
        for name in ("d", "prev_flat_grad"):
            wrong += array_faults(name, states.get(name), (size,), kind)
        for name in ("t", "H_diag"):
            wrong += scalar_faults(name, states.get(name), -np.inf)
        loss = states.get("prev_loss")  # any number: a run whose loss is nan has saved it, and is compared with the next one only
        wrong += scalar_faults("prev_loss", 0.0 if isinstance(loss, float) else loss, -np.inf)
        lists = {name: states.get(name) for name in ("old_dirs", "old_stps", "ro")}
        for name, value in lists.items():
            if not isinstance(value, list | tuple):
                wrong.append(f"{name!r} is a {type(value).__name__}, not a list")
                continue
            for item in value:
                wrong += scalar_faults(name, item, -np.inf) if name == "ro" else array_faults(name, item, (size,), kind)
        if not wrong and len({len(value) for value in lists.values() if value is not None}) > 1:
            wrong.append("'old_dirs', 'old_stps' and 'ro' differ in length")
        return wrong


# ------------------------------------------------------------------------------------------------------------ line search


class Point(NamedTuple):
    """A place along the direction: how far, the loss, its gradient, and its slope along the direction."""

    t: float
    f: float
    g: np.ndarray
    slope: float


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is least, kept within [low, high] (Nocedal & Wright 2006, 3.59)."""
    if a.t > b.t:
        a, b = b, a
    if a.t == b.t:
        return (low + high) / 2
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    under = d1 * d1 - a.slope * b.slope
    if not under >= 0:  # no minimum, or not a number
        return (low + high) / 2
    d2 = under**0.5
    below = b.slope - a.slope + 2 * d2
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / below) if below else (low + high) / 2
    return min(max(t, low), high) if np.isfinite(t) else (low + high) / 2


class LineSearch:
    """A search along d for a point that satisfies the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 3.5 and 3.6).

    Args:
        evaluate: computes the loss and its gradient at a distance t along d.
        origin: the point at t = 0.
        d: the direction.
        c1, c2: of the conditions ``f(t) <= f(0) + c1 t slope(0)`` and ``|slope(t)| <= -c2 slope(0)``.
        tolerance_change: smallest width, times the largest component of d, that is narrowed further.
        most: how many rounds are made at most.
    """

    def __init__(
        self, evaluate: Evaluate, origin: Point, d: np.ndarray, *, c1: float = 1e-4, c2: float = 0.9,
        tolerance_change: float = 1e-9, most: int = 25,
    ) -> None:  # fmt: skip
        self.evaluate, self.origin, self.d = evaluate, origin, d
        self.c1, self.c2, self.tolerance_change, self.most = c1, c2, tolerance_change, most
        self.calls = self.rounds = 0

    def run(self, t: float) -> tuple[Point, int]:
        """A point that satisfies the conditions, or the best one found, and how often the loss was computed.

        Args:
            t: the distance to begin with.
        """
        bracket = self._bracket(t)
        return bracket[0] if len(bracket) == 1 else self._narrow(bracket), self.calls

    def _at(self, t: float) -> Point:
        f, g = self.evaluate(t)
        self.calls += 1
        return Point(t, f, g, float(g @ self.d))

    def _too_high(self, point: Point) -> bool:
        return point.f > self.origin.f + self.c1 * point.t * self.origin.slope

    def _flat(self, point: Point) -> bool:
        return abs(point.slope) <= -self.c2 * self.origin.slope

    def _bracket(self, t: float) -> list[Point]:
        """Walk outwards until a minimum must lie between two points: those two, or one that satisfies the conditions."""
        last, new = self.origin, self._at(t)
        while self.rounds < self.most:
            if self._too_high(new) or (self.rounds > 1 and new.f >= last.f) or not np.isfinite(new.f):
                return [last, new]
            if self._flat(new):
                return [new]
            if new.slope >= 0:
                return [last, new]
            t = cubic_minimum(last, new, new.t + 0.01 * (new.t - last.t), 10 * new.t)
            last, new = new, self._at(t)
            self.rounds += 1
        return [self.origin, new]

    def _narrow(self, bracket: list[Point]) -> Point:
        """Narrow the bracket; its better end satisfies the first condition, and is the result."""
        best = 1 if bracket[1].f < bracket[0].f else 0
        width = float(np.abs(self.d).max())
        cramped = False
        while self.rounds < self.most:
            low, high = sorted((bracket[0].t, bracket[1].t))
            if (high - low) * width < self.tolerance_change:
                break
            t, cramped = _away_from_the_ends(cubic_minimum(bracket[0], bracket[1], low, high), low, high, cramped)
            new = self._at(t)
            self.rounds += 1
            if self._too_high(new) or not new.f < bracket[best].f:
                bracket[1 - best] = new
                best = 1 if bracket[1].f < bracket[0].f else 0
            else:
                done = self._flat(new)
                if not done and new.slope * (bracket[1 - best].t - bracket[best].t) >= 0:
                    bracket[1 - best] = bracket[best]
                bracket[best] = new
                if done:
                    break
        return bracket[best]


def _away_from_the_ends(t: float, low: float, high: float, cramped: bool) -> tuple[float, bool]:
    """A point of the bracket, moved away from an end that it is too near to for the second time running; whether it is near now."""
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if cramped or t >= high or t <= low:
        return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
    return t, True
