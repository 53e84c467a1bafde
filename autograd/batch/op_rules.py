"""Calls of ops for a whole batch, where vmap cannot follow the op's NumPy calls. The op's declaration tells how.

An elementwise op is called on the aligned stacks. An op along dimensions is called with dimensions shifted by the batch's axis. An
op on a batch of images is called on the examples' batches, joined to one. All other ops are called example by example.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Op
from .functions import axis_of, own
from .index import advanced_first, getitem, shared_getitem
from .stand_in import Batched, Level, aligned, batched_in, mapped, run, ways, wrapped

ALONG_DIMENSIONS = frozenset({
    "amax", "amin", "cummax", "cummin", "cumprod", "cumsum", "kthvalue", "log_softmax", "logcumsumexp", "logsumexp", "max_dim",
    "median", "min_dim", "mode", "norm", "prod", "softmax", "sort", "std", "topk", "var",
})  # fmt: skip
OF_IMAGES = frozenset({
    *(f"{kind}{n}d" for kind in ("avg_pool", "conv", "conv_transpose", "max_pool") for n in (1, 2, 3)), "fold", "unfold_image",
})  # fmt: skip
VIEWS = frozenset({"as_strided", "expand", "imag", "real", "squeeze", "unfold"})


def call_at_once(op: Op, level: Level, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result of an op's forward for all examples; NotImplemented if the declaration does not tell how.

    Args:
        op: the op. args: its inputs; for an op of a list, that list. params: its parameters by name.
    """
    if op.elementwise:
        return elementwise(op, op.forward, level, args, params)
    if op.name == "getitem":
        x = args[0]
        return getitem(x, params["index"]) if isinstance(x, Batched) else shared_getitem(x, params["index"])
    if op.name == "embedding" and not own(args[0], level) and params.get("padding_idx") is None:
        return shared_getitem(args[0], params["input"])
    first, *others = args
    if not own(first, level) or batched_in((others, params)):
        return NotImplemented
    if op.name in VIEWS:
        return _view(op, first, level, params)
    if op.name == "unindex":
        index = params["index"] if isinstance(params["index"], tuple) else (params["index"],)
        if advanced_first(index) is not None:
            return NotImplemented
        whole = {"index": (slice(None), *index), "shape": (level.size, *params["shape"])}
        return wrapped(run(op.name, op.forward, (first.value,), whole), level)
    if op.name == "spread":
        shape, dim = params["shape"], params["dim"]
        if not shape:  # a number for each example, whatever dim is
            return wrapped(first.value.reshape(level.size), level)
        dim = tuple(range(1, len(shape) + 1)) if dim is None else axis_of(dim, len(shape))
        whole = {**params, "shape": (level.size, *shape), "dim": dim}
        return wrapped(run(op.name, op.forward, (first.value,), whole), level)
    if op.name in ALONG_DIMENSIONS and first.ndim and params.get("dim") is not None:
        dim = axis_of(params["dim"], first.ndim)
        return wrapped(run(op.name, op.forward, (first.value, *others), {**params, "dim": dim}), level)
    if op.name in OF_IMAGES and level.size and first.shape[0]:
        value = first.value
        if op.name.startswith("conv") and first.ndim == int(op.name[-2]) + 1:  # the examples are images themselves
            return wrapped(run(op.name, op.forward, (value, *others), params), level)
        joined = run(op.name, op.forward, (value.reshape(-1, *value.shape[2:]), *others), params)
        return wrapped(mapped(joined, lambda y: np.reshape(y, (level.size, -1, *y.shape[1:]))), level)
    return NotImplemented


def _view(op: Op, x: Batched, level: Level, params: dict[str, Any]) -> Any:
    """A view op's result as a view of the stack, so that a write into the one is seen in the other."""
    value = x.value
    if op.name in ("squeeze", "unfold"):
        name = "dim" if op.name == "squeeze" else "dimension"
        if params.get(name) is None:
            return NotImplemented
        if not x.ndim:
            value = value.reshape(level.size, 1)
        params = {**params, name: axis_of(params[name], max(x.ndim, 1))}
    elif op.name == "expand":
        size = tuple(params["size"])
        missing = len(size) - x.ndim
        if missing < 0 or -1 in size[:missing]:
            return NotImplemented
        value = value.reshape(level.size, *(1,) * missing, *x.shape)
        params = {"size": (level.size, *size)}
    elif op.name == "as_strided":
        if not (level.size and isinstance(value, np.ndarray) and value.flags.c_contiguous):
            return NotImplemented
        run(op.name, op.forward, (value[0],), params)  # raises if the view reaches beyond one example
        size, stride = (level.size, *params["size"]), (x.size, *params["stride"])
        params = {**params, "size": size, "stride": stride}
    return wrapped(run(op.name, op.forward, (value,), params), level)


def elementwise(op: Op, function: Any, level: Level, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """A function that computes element by element, its arguments aligned: a forward, or a rule with all that it needs."""
    ranks: list[int] = []
    mapped((args, params), lambda x: ranks.append(x.ndim) if isinstance(x, np.ndarray | Batched) else None)
    rank = max(ranks)
    args, params = mapped((args, params), lambda x: aligned(x, rank, level))
    return wrapped(run(op.name, function, args, params), level)


ways.op, ways.elementwise = call_at_once, elementwise
