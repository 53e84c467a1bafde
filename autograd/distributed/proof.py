"""The proof of a gradient that several processes compute together: central differences of the sum of their losses.

One process after the other shifts one number of its input; all compute, and the change of the sum is what that process's gradient
says. Nothing of one process alone is proved here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.gradients import grad
from ..engine.graph import make
from .collectives import all_reduce, broadcast
from .group import ProcessGroup, the
from .nn import ops
from .reduction import ReduceOp

_EPS, _TOLERANCE, _EXACT = 1e-5, 1e-7, 1e-12


def worst_difference(function: Callable[[Any], Any], x: np.ndarray, group: ProcessGroup | None = None, seed: int = 0) -> float:
    """How far the gradient of a function is from its central differences, on whichever process it is farthest; all must call it.

    Args:
        function: of this process's tensor; returns a tensor. The loss of a process is the sum of the result, weighted by random
            numbers. x: float64, this process's. group: the processes; by default all. seed: of the weights.

    Example:
        >>> import numpy as np
        >>> import autograd.distributed as dist
        >>> from autograd.distributed.proof import worst_difference
        >>> dist.init_process_group("mpi")
        >>> worst_difference(lambda x: dist.nn.all_reduce(x.sin()), np.ones(3)) < 1e-9
        True
        >>> dist.destroy_process_group()
    """
    found = the(group)
    leaf = make(np.array(x)).requires_grad_()
    y = function(leaf)
    weights = np.random.default_rng(seed + found.rank()).standard_normal(y.shape)
    exact = grad(y, leaf, make(weights), allow_unused=True)[0]
    gradient = np.zeros_like(x) if exact is None else exact.array

    def loss(values: np.ndarray) -> float:
        total = make(np.asarray((function(make(values)).array * weights).sum()))
        all_reduce(total, group=group)
        return float(total.array)

    worst = make(np.zeros(()))
    for place in range(found.size()):
        size = make(np.array(x.size))
        broadcast(size, group=group, group_src=place)
        for i in range(int(size.array)):
            ends = []
            for step in (_EPS, -_EPS):
                shifted = np.array(x)
                if place == found.rank():
                    shifted.reshape(-1)[i] += step
                ends.append(loss(shifted))
            if place == found.rank():
                difference = abs((ends[0] - ends[1]) / (2 * _EPS) - gradient.reshape(-1)[i])
                memory.write(worst.array, max(float(worst.array), difference))
    all_reduce(worst, ReduceOp.MAX, group=group)
    return float(worst.array)


def _apart(op: Any, params: dict[str, Any], shape: tuple[int, ...], dtype: Any, group: ProcessGroup | None) -> float:
    """How far an op is from being linear with its rule as its transpose: sum of <A u, w> = sum of <u, B w>, over all processes."""
    rng = np.random.default_rng(20 + the(group).rank())

    def drawn(*lengths: int) -> np.ndarray:
        numbers = rng.standard_normal((2, *lengths))
        return numbers[0] + 1j * numbers[1] if np.dtype(dtype).kind == "c" else numbers[0]

    u, v = drawn(*shape), drawn(*shape)
    y, z = op(u, **params), op(v, **params)
    w = drawn(*y.shape)
    sides = make(np.array([(y * w).sum(), (u * op.rules["x"](w, *[params[name] for name in op.names(op.rules["x"])])).sum()]))
    all_reduce(sides, group=group)
    linear = np.abs(op(2 * u - 3 * v, **params) - (2 * y - 3 * z)).max()
    worst = make(np.array(max(float(linear), float(abs(sides.array[0] - sides.array[1])))))
    all_reduce(worst, ReduceOp.MAX, group=group)
    return float(worst.array)


def certify(group: ProcessGroup | None = None) -> dict[str, float]:
    """Prove every collective on all processes: it is linear, its rule is its transpose, and its derivatives are its differences.

    A linear op is its own forward mode, and the complex step is exact for it, so these need no proof of their own.

    Args:
        group: the processes; by default all. All must call it.

    Returns:
        The worst difference from central differences, by the op's name.

    Raises:
        AssertionError: one is larger than rounding explains; it names the op.
    """
    found = the(group)
    k = found.size()
    worst = {}
    for op in ops.OPS:
        stacked = op in (ops.reduce_scatter, ops.all_to_all, ops.scatter)
        params = {"group": group, **({"place": k - 1} if "place" in op.defaults else {})}
        x = np.random.default_rng(10 + found.rank()).uniform(-1, 1, (k, 2) if stacked else (2,))

        def first(t: Any, op: Any = op, params: Any = params) -> Any:
            return op(np.sin(t), **params)

        def second(t: Any, first: Any = first) -> Any:
            leaf = t if t.requires_grad else make(np.array(t.array)).requires_grad_()
            y = first(leaf)
            return grad(y, leaf, np.cos(y), create_graph=True)[0]

        for dtype in (np.float64, np.complex128):
            apart = _apart(op, params, x.shape, dtype, group)
            if apart > _EXACT:
                raise AssertionError(f"{op.name}: its rule is not its transpose in {np.dtype(dtype)}, {apart:.2g} apart")
        worst[op.name] = max(worst_difference(first, x, group), worst_difference(second, x, group))
        if worst[op.name] > _TOLERANCE:
            raise AssertionError(f"{op.name}: the gradient is {worst[op.name]:.2g} away from central differences")
    return worst


__all__ = ["certify", "worst_difference"]
