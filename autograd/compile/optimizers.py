"""An optimizer's step for a program.

Where the optimizer works number by number, its formula runs on stand-ins, for each parameter, so that fusion can join it with the
gradient. Any other optimizer is one call of the list, which NumPy computes.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from ..engine.graph import make
from ..engine.modes import current, enter, leave
from ..errors import CompileError
from .numbers import Option
from .step_list import EMPTY
from .trace_array import Traced


def make_step(optimizer: Any, session: Any) -> None:
    """Make one step of an optimizer.

    Raises:
        CompileError: a step that is recorded, or one with hooks.
    """
    name = type(optimizer).__name__
    if any(optimizer.step_hooks()):
        raise CompileError(
            f"{name} has hooks around its step: they would run while the step is written down and never again. Remove them, or "
            f"compile the function up to backward() and call {name}.step() outside"
        )
    session.assumed_later += [(hooks, EMPTY, None) for hooks in optimizer.step_hooks()]
    whole = not hasattr(optimizer, "change") or optimizer.layerwise
    session.rollback.append(_restored(optimizer, whole))
    if whole:
        return _whole_step(optimizer, session)
    for index, group in enumerate(optimizer.param_groups):
        if group.get("differentiable"):
            raise CompileError(f"a differentiable step of {name} cannot be compiled")
        live = [p for p in group["params"] if p._grad is not None]
        blocks = _blocks(optimizer, index, live, group)
        known = optimizer.blocks.get(index)
        session.assumed_later.append((optimizer.blocks, index, known))
        options = {key: session.option(group, key) if key != "params" else group[key] for key in group}
        for block in blocks:
            _step_block(optimizer, block, options, session)
    return None


class Step:
    """A whole step of an optimizer, as one call of the list, which NumPy computes."""

    __name__ = "step"
    writes_first = True  # into its first argument

    def __init__(self, optimizer: Any, params: list[Any]) -> None:
        self.optimizer = optimizer
        self.params = params

    def __call__(self, weights: list[np.ndarray], gradients: list[np.ndarray]) -> None:
        """Update the weights in place, and the optimizer's state with them."""
        optimizer, params = self.optimizer, self.params
        apart = any(w.ctypes.data != p.array.ctypes.data for w, p in zip(weights, params, strict=True))
        if apart:  # the interpreter's copies: the optimizer itself must not notice
            before = [p._grad for p in params]
            for p in params:
                p._grad = None
            optimizer, params = deepcopy((optimizer, params))
            for p, gradient in zip(self.params, before, strict=True):
                p._grad = gradient
            for p, w in zip(params, weights, strict=True):
                p.array[...] = w
        for p, gradient in zip(params, gradients, strict=True):
            p._grad = make(gradient)
        optimizer.step()
        if apart:
            for p, w in zip(params, weights, strict=True):
                w[...] = p.array


def _whole_step(optimizer: Any, session: Any) -> None:
    """Make a step on the arrays themselves, and note it as one call."""
    recorder = session.recorder
    live = [p for group in optimizer.param_groups for p in group["params"] if p._grad is not None]
    if len(set(map(id, live))) < len(live):
        raise CompileError("an optimizer that lists a parameter twice cannot be compiled")
    weights, gradients = [p.array for p in live], [p._grad for p in live]
    for w in weights:
        recorder.before_write(w)
    noted = recorder.noted(weights), recorder.noted([g.array for g in gradients])
    call = Step(optimizer, live)
    states = [t for state in optimizer.state.values() for t in _tensors(state) if isinstance(t.array, Traced)]
    stand_ins = [(t, t.array) for t in states]
    for t, stand_in in stand_ins:
        t.array = stand_in.value
    for p, w in zip(live, weights, strict=True):
        p.array = w.value
    token = enter(current().but(watch=None))
    recorder.quiet = True
    try:
        call([w.value for w in weights], [recorder.real(g.array) for g in gradients])
    finally:
        recorder.quiet = False
        leave(token)
        for t, array in (*stand_ins, *zip(live, weights, strict=True)):
            t.array = array
        for p, gradient in zip(live, gradients, strict=True):
            p._grad = gradient
    recorder.note("opaque", call, noted, {}, [], noted[0])


def _restored(optimizer: Any, whole: bool) -> Callable[[], None]:
    """A function that gives an optimizer's state the tensors that it has now.

    whole: whether it computes on the arrays themselves. The recorder sees no write then, and the values are needed too.
    """
    before = {p: [(k, t, _copied(t) if whole else None) for k, t in s.items()] for p, s in optimizer.state.items()}

    def back() -> None:
        for p in list(optimizer.state):
            if p not in before:
                del optimizer.state[p]
        for p, kept in before.items():
            optimizer.state[p].clear()
            for key, held, array in kept:
                optimizer.state[p][key] = held
                if array is not None:
                    held.array[...] = array
        if hasattr(optimizer, "blocks"):
            optimizer.blocks.clear()

    return back


def _copied(held: Any) -> np.ndarray | None:
    array = getattr(held, "array", None)
    return np.array(array.value if isinstance(array, Traced) else array) if array is not None else None


def _tensors(state: dict[str, Any]) -> list[Any]:
    return [t for t in state.values() if isinstance(getattr(t, "array", None), np.ndarray | Traced)]


def _blocks(optimizer: Any, index: int, live: list[Any], group: dict[str, Any]) -> list[Any]:
    """The optimizer's blocks, which know the arrays themselves."""
    stand_ins = [(p, p.array) for p in live]
    states = [(t, t.array) for p in live for t in optimizer.state.get(p, {}).values() if isinstance(getattr(t, "array", 0), Traced)]
    for t, stand_in in (*stand_ins, *states):
        t.array = stand_in.value
    try:
        blocks, again = optimizer.blocks_of(index, live, optimizer.plain_options(index, group))
        for block in blocks:
            if not block.attached:
                block.attach(optimizer.state)
    finally:
        for t, stand_in in (*stand_ins, *states):
            t.array = stand_in
    if again:
        raise CompileError("an optimizer that lists a parameter twice cannot be compiled")
    return list(blocks)


def _step_block(optimizer: Any, block: Any, options: dict[str, Any], session: Any) -> None:
    recorder = session.recorder
    if block.dtype.kind == "c":
        raise CompileError("complex parameters cannot be compiled yet")
    for record in block.records:
        session.assumed_later += [(record, key, t) for key, t in record.items()]
    flats = {}
    for name, flat in block.flat.items():
        storage = recorder.storage(flat, "persistent", name)
        storage.kind = "persistent"
        if storage.name == storage.nameless:
            storage.name = name
        flats[name] = session.stand_in(flat)
    scalars = {name: session.option(block.scalars, name) for name in block.scalars}
    before: Any = Option.leaf(recorder, vars(block), "step", block.step)
    step = before + 1
    new: dict[str, Any] = {}
    for p, start, size in zip(block.params, block.starts, block.sizes, strict=True):
        part = slice(start, start + size)
        state = {name: flat[part].reshape(p.array.shape) for name, flat in flats.items()}
        change, new = optimizer.change(p.array, p._grad.array, {**state, **scalars}, options, step)
        for name, place in state.items():
            place[...] = new[name]
        np.subtract(p.array, change, out=p.array)
    for name in scalars:
        recorder.storage(block.shown[name], "persistent", name).kind = "persistent"
        session.stand_in(block.shown[name])[...] = new[name]
        session.numbers.append((block.scalars, name, new[name]))
        block.scalars[name] = new[name].value if isinstance(new[name], Option) else new[name]
    if block.counter is not None:
        recorder.storage(block.counter, "persistent", "count").kind = "persistent"
        session.stand_in(block.counter)[...] = step
    session.numbers.append((vars(block), "step", step))
    block.step = step.value
