"""Optimizers whose update of a number depends on that number's gradient and state alone."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor, enable_grad, view_as_complex, view_as_real
from autograd.engine.graph import make

from .atomic import Part, finish, reset
from .blocks import LARGE, Block, Slots, Spans
from .optimizer import Optimizer, check_gradients, check_recordable

__all__ = ["Elementwise", "Slots", "Spans"]

Operand: TypeAlias = Any  # weights or gradients: flat arrays, or tensors where the step is recorded
Update: TypeAlias = tuple[Operand, Slots]


class Elementwise(Optimizer):
    """The base class of optimizers whose update of a number depends on that number's gradient and state alone.

    A subclass names the arrays that it keeps (``slots``) and writes one formula: ``update``. The formula changes nothing, so a step
    can be given up half-way, and it is made of functions that tensors know too, so a step can be recorded and differentiated.

    Attributes:
        blocks: for each group, the parameters of its last step, their blocks, blocks that may serve again, and the parameters that
            are listed twice. ``blocks_of`` keeps it.
    """

    fading: tuple[str, ...] = ()  # slots that shrink by a factor at each step while the gradient is 0
    reads_weights = False  # whether ``update`` needs the weights themselves
    own_decay = False  # whether ``update`` deals with weight_decay itself
    layerwise = False  # whether ``scale`` looks at each parameter as a whole

    def _prepare(self) -> None:
        super()._prepare()
        self.blocks: dict[Any, tuple[list[Tensor], list[Block], list[Block], list[Tensor]]] = {}

    # ---------------------------------------------------------------------------------------------- a subclass defines
    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        """The formula of the optimizer.

        Args:
            w: weights; a flat array, or one parameter's tensor where the step is recorded. None where nothing reads them
                (``reads_weights``). No argument may be written to.
            g: their gradient.
            s: the arrays and numbers of the state.
            group: the options.
            step: the number of this step, from 1.

        Returns:
            The change, which is subtracted from the weights, and the new state: every name of ``s``.
        """
        raise NotImplementedError

    def scale(self, w: np.ndarray, change: np.ndarray, spans: Spans, group: dict[str, Any]) -> np.ndarray:
        """Scale the change of each parameter as a whole. Layerwise optimizers override this."""
        raise NotImplementedError

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        """The array of the state before the first step: zeros, unless a subclass says otherwise."""
        return np.zeros(p.array.shape, p.array.dtype)

    def start_scalar(self, name: str, group: dict[str, Any]) -> float:
        """The number of the state before the first step."""
        return 1.0

    def decoupled(self, group: dict[str, Any]) -> bool:
        """Whether weight decay shrinks the weights themselves (Loshchilov & Hutter 2019) and not through the gradient."""
        return bool(group.get("decoupled_weight_decay"))

    # ------------------------------------------------------------------------------------------------------------ stepping
    def change(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        """``update`` with the options that all optimizers have: maximize, and the L1 and L2 penalties."""
        if group.get("maximize"):
            g = -g
        if group.get("l1"):
            g = g + group["l1"] * np.sign(w)
        decay = group.get("weight_decay", 0)
        decays = not self.own_decay and (isinstance(decay, Tensor) or decay != 0)
        if decays and not self.decoupled(group):
            g = g + decay * w
        change, new = self.update(w, g, s, group, step)
        if decays and self.decoupled(group):
            change = change + group["lr"] * decay * w
        if not step % 64:
            self._forget(new)
        return change, new

    def _forget(self, new: Slots) -> None:
        """Set vanishing numbers of the state to 0: denormal numbers, as in a dead ReLU's mean gradient, are ten times slower."""
        for name in self.fading:
            array = new.get(name)
            if isinstance(array, np.ndarray) and array.size:
                new[name] = np.where(np.abs(array) < 1e3 * np.finfo(array.dtype).tiny, array.dtype.type(0), array)

    def _parts(self, index: Any, params: Sequence[Tensor], group: dict[str, Any]) -> list[Part]:
        blocks, again = self.blocks_of(index, params, group)
        parts = list(blocks[0].begin(self, group)) if len(blocks) == 1 else [p for b in blocks for p in b.begin(self, group)]
        if again:
            parts.append(_Repeated(self, (index, "again"), again, group))
        return parts

    def blocks_of(self, index: Any, params: Sequence[Tensor], group: dict[str, Any]) -> tuple[list[Block], list[Tensor]]:
        """The blocks of these parameters, and those parameters that are listed a second time.

        Blocks are kept from step to step. They are made anew where other parameters have a gradient, or where somebody has replaced
        a state or a parameter's memory; a block that has all its parameters still is used again.
        """
        known, blocks, idle, again = self.blocks.get(index, ([], [], [], []))
        state = self.state
        names = self.slots_of(group, params[0]) if params else ()
        if len(params) == len(known) and all(map(is_, params, known)) and all([b.current(state, names) for b in blocks]):
            return blocks, again
        once = list(dict.fromkeys(params))
        again = _repeated(params) if len(once) < len(params) else []
        blocks_of_parameters = {tuple(map(id, b.params)): b for b in (*idle, *blocks) if b.current(state, names)}
        together: dict[Any, list[Tensor]] = {}
        for p in once:
            together.setdefault(self._key(p, names, group), []).append(p)
        blocks = []
        for (_, step, scalars, _), some in together.items():
            block = blocks_of_parameters.pop(tuple(map(id, some)), None)
            if block is None:
                block = Block(some, step, names, dict(zip(self.scalars, scalars, strict=True)))
                records = [state.get(p, {}) for p in some] if self.counts or names else []
                block.fill(records, self.counts, lambda name, p: self.start(name, p, group), self.layerwise)
            blocks.append(block)
        self.blocks[index] = (list(params), blocks, list(blocks_of_parameters.values()), again)
        return blocks, again

    def _key(self, p: Tensor, names: tuple[str, ...], group: dict[str, Any]) -> tuple[Any, int, tuple[float, ...], Any]:
        """Parameters with the same key are updated together."""
        state = self.state.get(p, {})
        scalars = tuple([_number_of(state[n]) if n in state else self.start_scalar(n, group) for n in self.scalars])
        return p.array.dtype, self._steps(state, names), scalars, id(p) if p.array.size > LARGE else None

    def _steps(self, state: dict[str, Any], names: tuple[str, ...]) -> int:
        """How many steps a parameter has made; where the state does not count them, whether it has made any."""
        return int(_number_of(state["step"])) if "step" in state else int(bool(names) and names[0] in state)

    def _recorded_parts(self, params: Sequence[Tensor], group: dict[str, Any]) -> list[Part]:
        check_gradients(params)
        check_recordable(params)
        return [_Recorded(self, p, group) for p in params]

    def _take_state(self, state: dict[Any, dict[str, Any]], groups: list[dict[str, Any]]) -> None:
        super()._take_state(state, groups)
        self.blocks.clear()


class _Repeated(Part):
    """The second update of parameters that a group lists twice. It starts from the result of the first."""

    __slots__ = ("group", "index", "optimizer", "params")

    def __init__(self, optimizer: Elementwise, index: Any, params: list[Tensor], group: dict[str, Any]) -> None:
        self.optimizer, self.index, self.params, self.group = optimizer, index, params, group

    def compute(self) -> None:
        parts = self.optimizer._parts(self.index, self.params, self.group)
        reset(parts)
        self.result = parts

    def commit(self) -> None:
        finish(self.result)


class _Recorded(Part):
    """The step of one parameter, recorded: gradients flow through it to weights, gradients, state and options."""

    __slots__ = ("group", "optimizer", "p")

    def __init__(self, optimizer: Elementwise, p: Tensor, group: dict[str, Any]) -> None:
        self.optimizer, self.p, self.group = optimizer, p, group

    def compute(self) -> None:
        optimizer, p, group = self.optimizer, self.p, self.group
        state, names = optimizer.state.get(p, {}), optimizer.slots_of(group, p)
        pairs = p.dtype.kind == "c"

        def seen(t: Any) -> Any:
            return view_as_real(t) if pairs else t

        with enable_grad():
            s = {name: seen(state[name] if name in state else make(optimizer.start(name, p, group))) for name in names}
            for name in optimizer.scalars:
                value = state.get(name, optimizer.start_scalar(name, group))
                s[name] = value if isinstance(value, Tensor) and value.requires_grad else _number_of(value)
            step = optimizer._steps(state, names) + 1
            w = seen(p.clone())  # the formula's gradient needs the weights as they are, and the commit writes over them
            change, new = optimizer.change(w, seen(p._grad), s, group, step)
            weights = w - change
            if pairs:
                weights, new = view_as_complex(weights), {k: view_as_complex(v) if k in names else v for k, v in new.items()}
        if optimizer.counts:
            new["step"] = make(np.array(step, np.float32))
        for name in optimizer.scalars:
            if not isinstance(new[name], Tensor):
                new[name] = make(np.array(new[name], np.float64))
        self.result = weights, new

    def commit(self) -> None:
        weights, new = self.result
        with enable_grad():
            self.p.copy_(weights)
        if new:
            self.optimizer.state[self.p].update(new)


def _repeated(params: Sequence[Tensor]) -> list[Tensor]:
    """The parameters without the first occurrence of each."""
    seen: set[Tensor] = set()
    return [p for p in params if p in seen or seen.add(p)]  # type: ignore[func-returns-value]


def _number_of(value: Any) -> float:
    """A scalar state as a number."""
    return float(getattr(value, "array", value))


def filled_like(p: Tensor, value: float) -> np.ndarray:
    """An array of a parameter's shape and dtype, full of a number; in a complex one both parts are that number."""
    return np.full(p.array.shape, complex(value, value) if p.array.dtype.kind == "c" else value, p.array.dtype)
