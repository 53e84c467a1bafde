"""Optimizers that need the shape of a parameter, and so update each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine import memory
from autograd.engine.graph import make

from .atomic import Part
from .optimizer import Optimizer, check_gradients

Update = tuple[np.ndarray, dict[str, np.ndarray]]


class PerParameter(Optimizer):
    """The base class of optimizers whose update looks at a parameter as a matrix.

    A subclass says which arrays it keeps (``slots_of``, ``slot_shape``) and writes one formula: ``update``. The formula changes
    nothing, so a step can be given up half-way.
    """

    def update(self, w: np.ndarray, g: np.ndarray, s: dict[str, np.ndarray], group: dict[str, Any], step: int) -> Update:
        """The formula of the optimizer.

        Args:
            w: weights, in the parameter's shape. None of the arguments may be written to.
            g: their gradient.
            s: the arrays of the state.
            group: the options.
            step: the number of this step, from 1; 0 where the state does not count them.

        Returns:
            The change, which is subtracted from the weights, and the new state.
        """
        raise NotImplementedError

    def check_parameter(self, p: Tensor) -> None:
        """Raise a ValueError if the parameter is complex."""
        if p.dtype.kind == "c":
            raise ValueError(f"{type(self).__name__} does not support complex parameters")

    def _parts(self, index: Any, params: Sequence[Tensor], group: dict[str, Any]) -> list[Part]:
        check_gradients(params)
        return [_Update(self, p, group) for p in params]


class _Update(Part):
    """The step of one parameter."""

    __slots__ = ("group", "optimizer", "p")

    def __init__(self, optimizer: PerParameter, p: Tensor, group: dict[str, Any]) -> None:
        self.optimizer, self.p, self.group = optimizer, p, group

    def compute(self) -> None:
        optimizer, p, group = self.optimizer, self.p, self.group
        w, g, state = p.array, p._grad.array, optimizer.state.get(p, {})
        step = int(state["step"].array) + 1 if "step" in state else int(optimizer.counts)
        s = {}
        for name in optimizer.slots_of(group, p):
            s[name] = state[name].array if name in state else np.zeros(optimizer.slot_shape(name, p), w.dtype)
        if group["maximize"]:
            g = -g
        if group["l1"]:
            g = g + group["l1"] * np.sign(w)
        change, new = optimizer.update(w, g, s, group, step)
        if group["weight_decay"]:
            # The weights themselves shrink, before anything else: Loshchilov & Hutter 2019.
            change = change + group["lr"] * group["weight_decay"] * w
        if optimizer.counts:
            new = {"step": np.array(step, np.float32), **new}
        self.result = np.subtract(w, change), new

    def commit(self) -> None:
        weights, new = self.result
        p, state = self.p, self.optimizer.state[self.p]
        for name, array in new.items():
            dtype = array.dtype if name == "step" else p.array.dtype
            if name in state and state[name].array.dtype == dtype:
                memory.write(state[name].array, array)
            else:
                state[name] = make(np.array(array, dtype))
        memory.write(p.array, weights)
