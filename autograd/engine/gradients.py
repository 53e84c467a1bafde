"""``backward`` and ``grad``: they start the sweep from tensors, and put the gradients into ``.grad`` or return them."""

from __future__ import annotations

from _thread import RLock  # that of threading, which takes a millisecond to import
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from inspect import currentframe
from sys import getrefcount
from types import FrameType
from typing import Any

import numpy as np
from numpy import ndarray

from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..types import Tensor, TensorLike
from . import graph, memory
from .arrivals import Arrivals, listeners
from .conform import fit_to_parent, switch_convention
from .graph import GradientEdge, Node, OutputGradients, array_of, hooked, leaf, make, meta_of, reachable
from .hooks import after_rule, before_rule, call_hook, counted, joint
from .recording import node_of_view
from .saved import check_unchanged, freed_error
from .standin import as_array, copied, levels
from .sweep import leading_to, sweep


def node_of(t: Tensor) -> Node | None:
    """The node of a tensor, or None if it needs no gradient. The node of a view is brought up to date first."""
    return t.node if t._view is None else node_of_view(t)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if type(value) is tuple:
        return value
    return tuple(value) if isinstance(value, list | tuple | Iterator) and type(value) is not GradientEdge else (value,)


_accumulating = RLock()  # reentrant, because the collector may run a user's code anywhere, also between the steps of a sum
_acquire, _release = _accumulating.acquire, _accumulating.release

_batches = levels.get

_ones: dict[Any, np.ndarray] = {}  # for each type of number, the 1 that is the gradient of a scalar loss with respect to itself


def starting_gradients(
    outputs: tuple[Tensor, ...], seeds: TensorLike | Sequence[TensorLike | None] | None, create_graph: bool
) -> list[tuple[Node, Any]]:
    """The nodes of the outputs with their gradients, from which a sweep starts.

    Args:
        outputs: tensors. seeds: a gradient per output, in PyTorch's convention; None, as a whole or for a scalar, means 1.
        create_graph: whether the gradients are to be tensors, for a sweep that is recorded.

    Raises:
        GraphError: an output without a node, a number of gradients other than that of the outputs, no gradient for an output of
            several elements. ShapeError: a gradient of another shape than its output.
    """
    seeds = (None,) * len(outputs) if seeds is None else _as_tuple(seeds)
    if len(seeds) != len(outputs):
        raise GraphError(f"got {len(outputs)} outputs and {len(seeds)} gradients for them: give one gradient per output")
    for i, (output, seed) in enumerate(zip(outputs, seeds)):  # noqa: B905  (their lengths are equal)
        shape, given = getattr(output, "shape", None), getattr(seed, "shape", None)
        if shape is not None and given is not None and tuple(shape) != tuple(given):
            raise ShapeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {tuple(given)} and output[{i}] has a shape of {tuple(shape)}."
            )
    return [
        _starting_at_edge(output, seed, create_graph) if type(output) is GradientEdge else _start(output, seed, create_graph)
        for output, seed in zip(outputs, seeds)  # noqa: B905
    ]


def _start(output: Any, seed: Any, create_graph: bool) -> tuple[Node, Any]:
    """The node of one output, and its gradient; see ``starting_gradients``."""
    node = output.node if output._view is None else node_of_view(output)
    array = output.array
    if node is None:
        raise GraphError(
            f"element 0 of tensors does not require grad and does not have a grad_fn: {describe(array)} was not "
            f"computed from a tensor with requires_grad=True, or it was detached, or made within no_grad()"
        )
    if seed is None:
        one = _one(array)
        return node, make(one) if create_graph else one
    given = getattr(seed, "array", None)
    if given is not None and not create_graph and given.dtype is array.dtype and given.shape == node.shape:
        g = given  # as it should be: ``_checked`` would say the same in twice the time
    else:
        g = _checked(seed, array, create_graph)
    return node, switch_convention(g) if g.dtype.kind == "c" else g


def _starting_at_edge(output: GradientEdge, seed: Any, create_graph: bool) -> tuple[Node, Any]:
    """The node of an edge, and the gradient of its output."""
    node, number = output
    shape, dtype = (node.shape, node.dtype) if node.shape is not None else node.layout[number]
    like = np.broadcast_to(np.zeros((), dtype), shape)
    if seed is None:
        g = make(_one(like)) if create_graph else _one(like)
    else:
        given = getattr(seed, "array", like)
        if given.dtype != like.dtype:
            raise DtypeError(f"the gradient, {describe(given)}, is required to have the same dtype as the output, {like.dtype}")
        g = switch_convention(_checked(seed, like, create_graph))
    return node, g if node.shape is not None else OutputGradients({number: g})


def _one(array: np.ndarray) -> np.ndarray:
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


def _checked(seed: Any, array: np.ndarray, create_graph: bool) -> Any:
    """The user's gradient of an output, in its shape and dtype: a tensor under ``create_graph``, otherwise an array."""
    given = getattr(seed, "array", None)
    if given is None:
        given = seed = as_array(seed).astype(array.dtype, copy=False)
    if given.shape != array.shape:
        raise ShapeError(f"Mismatch in shape: the gradient is {describe(seed)} and the output {describe(array)}")
    if create_graph:
        seed = seed if seed is not given else make(seed)
    else:
        seed = given
    return seed if given.dtype is array.dtype or given.dtype == array.dtype else seed.astype(array.dtype)


def _references_in_results(results: dict[int, Any]) -> int:
    _, g = results.popitem()
    return getrefcount(g)


class _Holder:
    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array = np.ones(1)


# ``backward`` counts the references to an array to learn whether anybody else holds it. The counts of arrays that nobody else holds
# are measured here, because they depend on the interpreter: of an array taken from the results, and of the array of a tensor.
_ALONE_IN_RESULTS = _references_in_results({0: np.ones(1)})
_holder = _Holder()
_ALONE_IN_TENSOR = getrefcount(_holder.array)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add to ``.grad`` of every leaf the gradient of the sum of the tensors.

    Formula: ``leaf.grad += sum_k (d tensors[k] / d leaf)^T grad_tensors[k]``

    Args:
        tensors: a tensor or a sequence of tensors that need a gradient.
        grad_tensors: a gradient per tensor, of its shape; may be left out for scalars (then 1).
        retain_graph: keep the saved values, for another backward through the same graph. Default: the value of ``create_graph``.
        create_graph: record the backward itself, so that the gradients can be differentiated again.
        inputs: only these tensors get a gradient.

    Raises:
        GraphError: a tensor of several elements without a gradient, no graph, a second backward, or a saved array that was written
            in place. Then nothing has been added to any ``.grad``.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> autograd.backward((w * w).sum())
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """
    backward_from(_as_tuple(tensors), grad_tensors, retain_graph, create_graph, inputs)


def backward_from(
    outputs: Any, seeds: Any, retain_graph: bool | None, create_graph: bool, inputs: Tensor | Sequence[Tensor] | None
) -> None:
    """``backward`` from a tensor with its gradient, or from a tuple of them with their gradients."""
    callbacks: list[Callable[[], None]] = []  # ``queue_callback`` finds it here
    before = targeted.get() if inputs is not None else False
    try:  # (no function of its own, because each call counts in the backward of a small graph)
        if _batches():
            raise GraphError(
                "backward() called inside a functorch transform: within vmap a leaf has no gradient of its own for each slice: use "
                "autograd.grad, or func.grad"
            )
        if type(outputs) is tuple:
            roots = starting_gradients(outputs, seeds, create_graph)
        else:
            roots = [_start(outputs, seeds, create_graph)]
        targets = None
        if inputs is not None:
            targeted.set(True)
            wanted = _as_tuple(inputs)
            if not wanted:
                raise ArgumentError("`inputs` argument to `backward()` cannot be empty.")
            targets = {_target(t) for t in wanted}
            for t in wanted:
                if not isinstance(t, GradientEdge) and node_of(t).plan is not None:  # type: ignore[union-attr]
                    t.retain_grad()
        if retain_graph is None:
            retain_graph = create_graph
        # (With no call in between, unless there are hooks on several gradients: it would cost a small graph a tenth.)
        run = _swept if joint else sweep
        filled: list[tuple[Node, Any, Any]] = []  # leaves with hooks, for after their ``.grad`` has been filled
        taken: Any = ()
        if not listeners:
            results = run(roots, create_graph, retain_graph, targets)
        else:
            arrivals = Arrivals()
            try:
                results = run(roots, create_graph, retain_graph, targets, arrivals)
                taken = [pair for receiver in arrivals.receivers for pair in receiver.end()]
            except BaseException:
                for receiver in arrivals.receivers:
                    receiver.abandon()
                raise
        for node in results if hooked else ():
            meta = node.meta
            if meta is None or meta.node_hooks is None or not (targets is None or node in targets):
                continue
            if node.plan is None:
                results[node] = before_rule(node, results[node], create_graph)
            elif targets is not None and targets.isdisjoint(reachable(*node.parents)):
                before_rule(node, results[node], create_graph)  # the sweep ended here: hooks see the gradient, and change nothing
        for tensor, total in taken:
            tensor._grad = total
            if tensor.node.meta.post_accumulate_hooks or tensor.node.meta.node_hooks is not None:
                filled.append((tensor.node, tensor, switch_convention(total.array)))
        # Threads whose graphs share a leaf take turns here: to read ``.grad``, add to it and write it is one step.
        _acquire()  # (a with statement takes twice as long)
        try:
            while results:
                node, g = results.popitem()
                meta = node.meta
                if meta is None:
                    continue
                tensor = meta.tensor_ref()
                if tensor is None or not (targets is None or node in targets or meta.retains_grad):
                    continue
                if (tensor.node if tensor._view is None else node_of_view(tensor)) is not node:
                    continue
                old = tensor._grad
                if create_graph:
                    tensor._grad = switch_convention(g) if old is None else old + switch_convention(g)
                elif old is None:
                    # The memory of ``.grad`` belongs to it alone, so an array that somebody else holds is copied.
                    if getrefcount(g) > _ALONE_IN_RESULTS or g.base is not None or type(g) is not ndarray:
                        g = np.array(g) if type(g) is ndarray else copied(g)
                    tensor._grad = make(g) if g.dtype.kind != "c" else make(switch_convention(g))
                elif old.node is not None:
                    tensor._grad = make(old.array + switch_convention(g))
                else:
                    shared = getrefcount(old.array) > _ALONE_IN_TENSOR  # then a graph, or the user, may still need the old values
                    old.array += switch_convention(g)
                    if shared:
                        memory.note_write(old.array)
                if hooked and (meta.post_accumulate_hooks or meta.node_hooks is not None):
                    filled.append((node, tensor, g))
        finally:
            _release()
        if filled:
            _after_accumulation(filled, create_graph)
        for callback in callbacks:  # one may queue another: the list grows
            callback()
    finally:
        if inputs is not None:
            targeted.set(before)


targeted: ContextVar[bool] = ContextVar("glassgrad targets", default=False)  # whether a sweep runs for some nodes alone


def queue_callback(callback: Callable[[], None]) -> None:
    """Have the backward that runs now call a function when all gradients are in their ``.grad``.

    Few programs ask for it, so the innermost backward is looked for among the calls that lead here. For each backward to note
    itself would cost a small graph 6 % of its time.

    Raises:
        GraphError: no backward has led to this call.
    """
    frame: FrameType | None = currentframe()
    while frame is not None and frame.f_code is not backward_from.__code__:
        frame = frame.f_back
    if frame is None:
        raise GraphError("Final callbacks can only be installed during backward pass: call it from a hook or a Function's backward")
    frame.f_locals["callbacks"].append(callback)


def _swept(
    roots: list[tuple[Node, Any]], create_graph: bool, retain_graph: bool, targets: set[Node] | None,
    arrivals: Arrivals | None = None,
) -> dict[Node, Any]:  # fmt: skip
    """The results of a sweep, around which the hooks on several gradients count what it will reach."""
    leading = None if targets is None else leading_to(targets, roots)
    with counted([node for node, _ in roots], lambda node: leading is None or node in leading):
        return sweep(roots, create_graph, retain_graph, targets, arrivals)


def _after_accumulation(filled: list[tuple[Node, Any, Any]], create_graph: bool) -> None:
    """Call the hooks of the leaves whose ``.grad`` has been filled: nodes, tensors and gradients, the last one first."""
    for node, tensor, g in reversed(filled):
        meta: Any = node.meta
        for hook in list(meta.post_accumulate_hooks.values()):
            returned = call_hook(hook, tensor, create_graph)
            if returned is not None and returned is not tensor:  # a write in place returns the tensor
                raise GraphError("Tensor post accumulate grad hooks should return None.")
        if node.plan is None and meta.node_hooks is not None:
            after_rule(node, g, (), create_graph)


def _target(t: Any) -> Node:
    if isinstance(t, GradientEdge):
        return t.node
    node = node_of(t)
    if node is None:
        raise GraphError(
            f"One of the differentiated tensors does not require grad: {describe(t.array)}: call requires_grad_() first"
        )
    meta_of(node)
    return node


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the outputs with respect to the inputs: ``autograd.grad`` without batches; see autograd/vmap.py.

    Args:
        outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads: as there.

    Raises:
        GraphError: an input that needs no gradient or is not used, and what ``backward`` raises.
    """
    if materialize_grads and allow_unused is False:
        raise ArgumentError("Expected allow_unused to be True or not passed when materialize_grads=True, but got False")
    input_tensors = _as_tuple(inputs)
    if not input_tensors:
        raise ArgumentError("grad requires non-empty inputs.")
    nodes = [_target(t) for t in input_tensors]
    roots = starting_gradients(_as_tuple(outputs), grad_outputs, create_graph)
    if retain_graph is None:
        retain_graph = create_graph
    run = _swept if joint else sweep
    token = targeted.set(True)
    try:
        results = run(roots, create_graph, retain_graph, set(nodes))
    finally:
        targeted.reset(token)
    for t, node in zip(input_tensors, nodes, strict=True):
        if node in results and isinstance(results[node], OutputGradients):  # one output of several, which an edge names
            found = results[node].get(t.output_nr)
            results.pop(node) if found is None else results.update({node: found})
    unused = allow_unused if allow_unused is not None else materialize_grads
    missing = [i for i, node in enumerate(nodes) if node not in results]
    if missing and not unused:
        raise GraphError(
            f"One of the differentiated tensors appears to not have been used in the graph: input {missing[0]} "
            f"({_described(input_tensors[missing[0]])}). Set allow_unused=True to get None for it"
        )
    gradients: list[Any] = []  # None only where allow_unused asks for it
    for t, node in zip(input_tensors, nodes, strict=True):
        if node not in results:
            if materialize_grads and isinstance(t, GradientEdge):
                raise GraphError(
                    "materialize_grads cannot be used when the given input is a GradientEdge, which the outputs do not depend on: "
                    "give the tensor itself"
                )
            zeros = make(np.zeros_like(t.array)) if materialize_grads else None
            if zeros is not None and create_graph:
                zeros.node = leaf(zeros)  # so that it can be differentiated, as PyTorch's
            gradients.append(zeros)
        elif create_graph:
            gradients.append(switch_convention(results[node]))
        else:
            gradients.append(make(switch_convention(copied(results[node]))))
    return tuple(gradients)


def _described(t: Any) -> str:
    return f"the edge of {t.node}" if isinstance(t, GradientEdge) else describe(t.array)


def _called(node: Node, grad_outputs: tuple[Any, ...]) -> Any:
    """The contributions of a node's rule, as tensors in PyTorch's convention; one alone is no tuple."""
    outputs = 1 if node.shape is not None else len(node.layout)
    if len(grad_outputs) != outputs or node.plan is None:
        expected = 0 if node.plan is None else outputs
        raise TypeError(f"{node.name()} expected {expected} arguments, got {len(grad_outputs)} instead")
    if node.saved is None:
        raise freed_error(node)
    check_unchanged(node, node.saved)
    arrays = tuple([None if g is None else switch_convention(array_of(g)) for g in grad_outputs])
    g: Any = (
        arrays[0] if node.shape is not None else OutputGradients({i: a for i, a in enumerate(arrays) if a is not None}).fill(node)
    )
    found = [
        None
        if c is None or parent is None or isinstance(c, OutputGradients)
        else make(switch_convention(fit_to_parent(c, node, parent)))
        for c, parent in zip(node.plan.backward(g, node.saved), node.parents, strict=False)
    ]
    return found[0] if len(found) == 1 else tuple(found)


graph.called = _called


def require_grad(tensor: Tensor, value: bool = True) -> Tensor:
    """Make a tensor a leaf for which gradients are wanted, or stop wanting them; return it.

    Raises:
        DtypeError: integers or booleans. GraphError: stopping for a tensor that an op has made.
    """
    node = node_of(tensor)
    if value and node is None:
        if tensor.array.dtype.kind not in "fc":
            raise DtypeError(
                f"only Tensors of floating point and complex dtype can require gradients, not {describe(tensor.array)}: "
                f"convert with .float() or .double()"
            )
        tensor.node = leaf(tensor)
        tensor._view = None
    elif not value and node is not None:
        if node.plan is not None:
            raise GraphError(
                f"you can only change requires_grad flags of leaf variables: {node.label()} made this one; use detach()"
            )
        tensor.node = None
    return tensor


__all__ = ["backward", "grad", "node_of", "queue_callback", "require_grad"]
