"""Optimizers that need the shape of a parameter, and so update each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.errors import describe

from .optimizer import Optimizer, plain


class Each(Optimizer):
    """Base of the optimizers whose update looks at a parameter as a matrix.

    A subclass says which arrays it keeps (``slots_for``, ``slot_shape``) and what a step subtracts (``update``).
    """

    counts = True  # whether the state shows how many steps were made

    def update(self, w: np.ndarray, g: np.ndarray, s: dict[str, np.ndarray], group: dict[str, Any], step: int) -> np.ndarray:
        """What to subtract from the weights w: gradient g, states s (changed in place), all in the parameter's shape."""
        raise NotImplementedError

    def slots_for(self, p: Tensor) -> tuple[str, ...]:
        """The names of what is kept for this parameter."""
        return self.slots

    def check_parameter(self, p: Tensor) -> None:
        if p.array.dtype.kind == "c":
            raise ValueError(f"{type(self).__name__} does not support complex parameters")

    def needs(self, name: str, p: Tensor) -> bool:
        """Whether a state of this name must be there once a parameter has been updated."""
        return name in self.slots_for(p)

    def _step_group(self, index: int, group: dict[str, Any]) -> None:
        options = plain(group)
        for p in group["params"]:
            if p._grad is None:
                continue
            w, g, state = p.array, p._grad.array, self.state[p]
            if g.shape != w.shape or g.dtype != w.dtype:
                raise ValueError(f"a gradient {describe(g)} on a parameter {describe(w)}")
            if self.counts:
                if "step" not in state:
                    state["step"] = make(np.zeros((), np.float32))
                memory.write(state["step"].array, state["step"].array + 1)
            for name in self.slots_for(p):
                if name not in state:
                    state[name] = make(np.zeros(self.slot_shape(name, p), w.dtype))
            if options.get("maximize"):
                g = -g
            if options.get("l1"):
                g = g + options["l1"] * np.sign(w)
            arrays = {name: state[name].array for name in self.slots_for(p)}
            step = int(state["step"].array) if self.counts else 0
            change = self.update(w, g, arrays, options, step)
            if options["weight_decay"]:
                # Both shrink the weights themselves, before anything else: Loshchilov & Hutter 2019.
                change = change + options["lr"] * options["weight_decay"] * w
            with memory.writing(w):
                w -= change
