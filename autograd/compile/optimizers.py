"""An optimizer's step for a program: its formula on stand-ins, for each parameter, so that fusion can join it with the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import CompileError
from .numbers import Option
from .trace_array import Traced


def make_step(optimizer: Any, session: Any) -> None:
    """Make one step of an optimizer that works number by number.

    Raises:
        CompileError: an optimizer of another kind.
    """
    name = type(optimizer).__name__
    if not hasattr(optimizer, "change") or optimizer.layerwise:
        raise CompileError(
            f"{name} does not work number by number, so its step has no C yet: compile the function up to backward(), and call "
            f"{name}.step() outside"
        )
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
        recorder.storage(flat, "persistent", name).kind = "persistent"
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
        block.scalars[name] = new[name].value
    if block.counter is not None:
        recorder.storage(block.counter, "persistent", "count").kind = "persistent"
        session.stand_in(block.counter)[...] = step
    session.numbers.append((vars(block), "step", step))
    block.step = step.value
