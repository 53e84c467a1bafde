"""``backward`` and ``grad``: the sweep, from tensors to tensors."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError, describe
from . import memory
from .conform import switch_convention
from .graph import Node, make, meta_of
from .recording import node_of_view
from .sweep import sweep


def node_of(t: Any) -> Node | None:
    """A tensor's place in the graph, brought up to date for a view."""
    return t.node if t._view is None else node_of_view(t)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if type(value) is tuple else tuple(value) if isinstance(value, list | tuple) else (value,)


_ones: dict[Any, np.ndarray] = {}  # the gradient of every scalar loss with respect to itself, by the type of its number


def starting_gradients(outputs: tuple[Any, ...], seeds: Any, create_graph: bool) -> list[tuple[Node, Any]]:
    """The outputs' nodes with the gradients to start from: ones for scalars, what was given otherwise."""
    given = (None,) * len(outputs) if seeds is None else _as_tuple(seeds)
    if len(given) != len(outputs):
        raise GraphError(f"got {len(outputs)} outputs and {len(given)} gradients for them: give one gradient per output")
    roots = []
    for output, seed in zip(outputs, given):  # noqa: B905  (as many: seen above)
        node = node_of(output)
        if node is None:
            raise GraphError(
                f"element 0 of tensors does not require grad and does not have a grad_fn: {describe(output.array)} was not "
                f"computed from a tensor with requires_grad=True, or it was detached, or made within no_grad()"
            )
        if seed is None:
            start = _implicit(output.array)
            roots.append((node, make(start) if create_graph else start))
        else:
            roots.append((node, switch_convention(_given(seed, output.array, create_graph))))
    return roots


def _implicit(array: np.ndarray) -> np.ndarray:
    """The gradient of a scalar with respect to itself."""
    if array.size != 1:
        raise GraphError(
            f"grad can be implicitly created only for scalar outputs, and this one is {describe(array)}: reduce it with "
            f".sum() or .mean(), or pass the gradient of the loss with respect to it: backward(g) with g of the same shape"
        )
    if array.dtype.kind == "c":
        raise GraphError("grad can be implicitly created only for real scalar outputs, not complex ones: take .real or .abs()")
    if array.ndim:
        return np.ones(array.shape, array.dtype)
    one = _ones.get(array.dtype.type)  # (a dtype's hash would take longer)
    if one is None:
        one = _ones[array.dtype.type] = np.ones((), array.dtype)
        one.flags.writeable = False
    return one


def _given(seed: Any, array: np.ndarray, create_graph: bool) -> Any:
    """The gradient that was given for an output: a tensor under ``create_graph``, otherwise an array."""
    if not hasattr(seed, "array"):
        seed = np.asarray(seed, dtype=array.dtype)
    if tuple(seed.shape) != array.shape:
        raise ShapeError(f"Mismatch in shape: the gradient is {describe(seed)} and the output {describe(array)}")
    if create_graph:
        seed = seed if hasattr(seed, "array") else make(seed)
    else:
        seed = getattr(seed, "array", seed)
    return seed if seed.dtype == array.dtype else seed.astype(array.dtype)


def _references(results: dict[int, Any]) -> int:
    _, g = results.popitem()
    return getrefcount(g)


# How often an array is referred to that nobody else holds, as ``backward`` counts it: measured once, because interpreters differ.
_ALONE = _references({0: np.ones(1)})


class _Holder:
    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array = np.ones(1)


# How often an array is referred to that only its tensor holds.
_holder = _Holder()
_HELD = getrefcount(_holder.array)


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add to ``.grad`` of every leaf the gradient of the sum of the tensors.

    Formula: ``leaf.grad += sum_k (d tensors[k] / d leaf)^T grad_tensors[k]``

    Args:
        tensors: a tensor or a sequence of tensors that need a gradient.
        grad_tensors: a gradient per tensor, of its shape; may be left out for scalars (then 1).
        retain_graph: keep what the graph saved, so that it can be swept again. Default: the value of ``create_graph``.
        create_graph: record the sweep itself, so that gradients can be differentiated again.
        inputs: only these tensors get a gradient.

    Raises:
        GraphError: a non-scalar without a gradient, no graph, a second backward, or a saved array that was changed in place.
            Nothing has been added to any ``.grad`` then.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> autograd.backward((w * w).sum())
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """
    roots = starting_gradients(_as_tuple(tensors), grad_tensors, create_graph)
    targets = None
    if inputs is not None:
        targets = {_target(t) for t in _as_tuple(inputs)}
        for t in _as_tuple(inputs):
            if node_of(t).plan is not None:  # type: ignore[union-attr]
                t.retain_grad()
    if retain_graph is None:
        retain_graph = create_graph
    results = sweep(roots, create_graph=create_graph, retain_graph=retain_graph, targets=targets)
    hooked = []
    while results:
        node, g = results.popitem()
        meta = node.meta
        tensor = meta.tensor_ref() if meta is not None else None
        if meta is None or tensor is None or not (targets is None or node in targets or meta.retains_grad):
            continue
        if (tensor.node if tensor._view is None else node_of_view(tensor)) is not node:
            continue
        old = tensor._grad
        if create_graph:
            tensor._grad = switch_convention(g) if old is None else old + switch_convention(g)
        elif old is None:
            # What nobody else holds may be kept as it is: ``.grad`` shares its memory with nothing.
            if getrefcount(g) > _ALONE or g.base is not None or type(g) is not np.ndarray:
                g = np.array(g)
            tensor._grad = make(switch_convention(g))
        elif old.node is not None:
            tensor._grad = make(old.array + switch_convention(g))
        else:
            shared = getrefcount(old.array) > _HELD  # then a graph, or the user, may still need the old values
            old.array += switch_convention(g)
            if shared:
                memory.note_write(old.array)
        if meta.post_accumulate_hooks:
            hooked.append((meta, tensor))
    for meta, tensor in reversed(hooked):
        for hook in list(meta.post_accumulate_hooks.values()):
            hook(tensor)


def _target(t: Any) -> Node:
    node = node_of(t)
    if node is None:
        raise GraphError(
            f"One of the differentiated tensors does not require grad: {describe(t.array)}: call requires_grad_() first"
        )
    meta_of(node)
    return node


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of the outputs with respect to the inputs; no ``.grad`` is touched.

    Args:
        outputs: a tensor or a sequence of tensors.
        inputs: a tensor or a sequence of tensors, leaves or not.
        grad_outputs: a gradient per output, of its shape; may be left out for scalars.
        retain_graph: keep what the graph saved. Default: the value of ``create_graph``.
        create_graph: record the sweep, for derivatives of any order.
        allow_unused: return None for an input that the outputs do not depend on, instead of raising.
        materialize_grads: return zeros for such an input.

    Returns:
        One tensor per input, of its shape and dtype.

    Raises:
        GraphError: an input that needs no gradient or is not used, and what ``backward`` raises.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> (dy,) = autograd.grad(x**3, x, create_graph=True)
        >>> (ddy,) = autograd.grad(dy, x)
        >>> dy.item(), ddy.item()
        (27.0, 18.0)
    """
    wanted = _as_tuple(inputs)
    nodes = [_target(t) for t in wanted]
    roots = starting_gradients(_as_tuple(outputs), grad_outputs, create_graph)
    if retain_graph is None:
        retain_graph = create_graph
    results = sweep(roots, create_graph=create_graph, retain_graph=retain_graph, targets=set(nodes))
    unused = allow_unused if allow_unused is not None else materialize_grads
    missing = [i for i, node in enumerate(nodes) if node not in results]
    if missing and not unused:
        raise GraphError(
            f"One of the differentiated tensors appears to not have been used in the graph: input {missing[0]} "
            f"({describe(wanted[missing[0]].array)}). Set allow_unused=True to get None for it"
        )
    found = []
    for t, node in zip(wanted, nodes, strict=True):
        if node not in results:
            found.append(make(np.zeros_like(t.array)) if materialize_grads else None)
        elif create_graph:
            found.append(switch_convention(results[node]))
        else:
            found.append(make(switch_convention(np.array(results[node]))))
    return tuple(found)


__all__ = ["backward", "grad", "node_of"]
