"""The values that a node saved: the errors if they were freed or changed, the tensors that they are under create_graph, and what is
kept in their place: what hooks made of them, or nothing, where they are computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import ref

from numpy import ndarray

from ..errors import GraphError, WrittenError, describe, where
from . import graph, memory
from .graph import Node, make, pick
from .modes import undisturbed
from .plan import Plan
from .standin import StandIn


def freed_error(node: Node) -> GraphError:
    """The error of a second backward through a node."""
    return GraphError(
        f"Trying to backward through the graph a second time: the values that {node.label()}{where(node.layer)} had saved were "
        f"freed by the first backward. Compute the loss again before each backward; or, if several losses share the "
        f"graph, pass retain_graph=True to the first backward; or detach() this value, if it should not be differentiated again"
    )


def check_unchanged(node: Node, saved: tuple[Any, ...]) -> None:
    """Raise if an array that the node saved has been written in place since the node was made.

    Raises:
        GraphError: it names the value, and says how often its memory had been written when the node saved it, and until now.
    """
    written = memory.written
    if not written:
        return
    for value in saved:
        for array in value if type(value) is tuple else (value,):
            kind = type(array)
            if kind is ndarray or issubclass(kind, StandIn):
                writes = written.get(id(array) if array.base is None else id(memory.owner(array)))
                if writes is not None and writes.last > node.sequence:
                    raise _changed(node, saved, array)


def _changed(node: Node, saved: tuple[Any, ...], array: ndarray) -> WrittenError:
    plan: Any = node.plan
    slots = zip(plan.slots, saved, strict=True)
    slot = next(name for name, value in slots if any(a is array for a in (value if type(value) is tuple else (value,))))
    name = plan.op.argument_names[plan.op.inputs.index(slot)] if slot in plan.op.inputs else slot
    return WrittenError(
        f"one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{node.label()}{where(node.layer)} saved {'its result' if slot == 'y' else repr(name)} ({describe(array)}) at version "
        f"{memory.version(array, node.sequence)}, and it is at version {memory.version(array)} now. "
        f"Use the out-of-place form, or clone() before the write"
    )


def saved_as_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """A node's saved values, with inputs and outputs as tensors with their nodes, so that a rule's computations are recorded."""
    assert node.plan is not None
    return lifted(node, node.plan, saved)


def lifted(node: Node, plan: Plan, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """``saved_as_tensors`` by a plan that need not be the node's own."""
    if plan.lift is not None:
        return plan.lift(node, saved)
    inputs = plan.op.inputs
    out = []
    for slot, value in zip(plan.slots, saved, strict=True):
        if slot == "y":
            if node.shape is None:
                value = tuple([make(array, pick(node, i, array)) for i, array in enumerate(value)])
            else:
                value = make(value, node)
        elif slot in plan.op.parts:
            value = make(value, pick(node, plan.op.parts.index(slot), value))
        elif plan.op.variadic and slot == inputs[0]:
            value = tuple([make(v, p) if p is not None else v for v, p in zip(value, node.parents, strict=True)])
        elif slot in inputs:
            parent = node.parents[inputs.index(slot)]
            if parent is not None:
                value = make(value, parent)
        out.append(value)
    return tuple(out)


# --------------------------------------------------------------------------- kept in another form until backward
class RestoredPlan(Plan):
    """The plan of a node that keeps something else than what it saved, and gets that back when backward comes.

    The node's ``saved`` is an empty tuple then, or ``Kept``, so that nobody takes for arrays what it keeps instead.

    Attributes:
        inner: the node's own plan. restore: a function of the node's ``saved`` that returns what it had saved, as arrays.
    """

    __slots__ = ("inner", "restore")

    def __init__(self, inner: Plan, restore: Callable[[Any], tuple[Any, ...]]) -> None:
        self.inner, self.restore = inner, restore
        self.op, self.slots, self.elementwise = inner.op, inner.slots, inner.elementwise
        self.keeps_arrays = True
        self.backward = lambda g, saved: inner.backward(g, saved or restore(saved))
        self.rules, self.needs = getattr(inner, "rules", ()), getattr(inner, "needs", ())
        self._rule_functions = {}

    @property
    def materialize(self) -> bool:  # type: ignore[override]
        return self.inner.materialize

    def lift(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was saved, as tensors with their nodes."""
        return lifted(node, self.inner, self.restore(saved))

    def for_tangents(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was saved, for forward mode."""
        return self.restore(saved)

    def push(self, node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
        """The tangent, by the node's own plan."""
        inner: Any = self.inner
        return None if inner.push is None else inner.push(node, ts, saved)


class Kept(tuple[Any, ...]):
    """An empty tuple for a node's ``saved``, which carries what the node keeps instead, in the attribute ``packed``."""

    packed: tuple[Any, ...]


class Packed(NamedTuple):
    """What is kept in an array's place.

    Attributes:
        value: whatever the hook returned. owner: refers to the owner of the array's memory. time: of the clock, when it was packed.
        unpack: returns the array's tensor again. hooked: whether a hook of the user's packed it.
    """

    value: Any
    owner: Callable[[], Any]
    time: int
    unpack: Callable[[Any], Any]
    hooked: bool

    def restored(self, name: str) -> ndarray:
        """The array again, unless it still lies in the memory of the first, and that was written meanwhile."""
        tensor = undisturbed(self.unpack, self.value)
        if not isinstance(tensor, graph.AnyTensor):
            raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got {type(tensor).__name__}")
        array = tensor.array
        if memory.last(array) > self.time and memory.owner(array) is self.owner():
            raise WrittenError(
                f"one of the variables needed for gradient computation has been modified by an inplace operation: {name} saved "
                f"{describe(array)}, and the hooks of saved_tensors_hooks kept the same memory: clone() it in pack_hook"
            )
        return array


def packed(array: ndarray, pack: Callable[[Any], Any], unpack: Callable[[Any], Any], tensor: Any = None) -> Packed:
    """What ``pack`` returns for a tensor of the array.

    Raises:
        GraphError: ``pack`` wrote into the tensor.
    """
    before = memory.last(array)
    kept = pack(make(array) if tensor is None else tensor)
    if memory.last(array) > before:
        raise GraphError("A saved tensor pack hook is modifying its input in place: return another tensor instead")
    return Packed(kept, ref(memory.owner(array)), next(memory.clock), unpack, True)


def pack_all(node: Node, function: Callable[[ndarray], Packed]) -> None:
    """Have a node keep what the function returns for each array that it has saved."""
    plan: Any = node.plan
    name = node.label()
    kept = Kept()
    kept.packed = _mapped(node.saved, lambda value: function(value) if isinstance(value, ndarray) else value)
    node.plan = RestoredPlan(plan, lambda saved: _mapped(saved.packed, lambda v: v.restored(name) if isinstance(v, Packed) else v))
    node.saved = kept


def _mapped(values: Any, function: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A node's saved values, or those of one of its slots, each replaced by what a function returns for it."""
    return tuple([_mapped(v, function) if type(v) is tuple else function(v) for v in values])


class SavedTensor:
    """A value that a node has saved, as ``grad_fn._raw_saved_self`` returns it, for hooks on this one value.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> y = w * w
        >>> y.grad_fn._raw_saved_self.register_hooks(lambda t: t.tolist(), lambda kept: autograd.tensor(kept))
        >>> y.sum().backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    def __new__(cls) -> SavedTensor:
        raise GraphError("Trying to create a SavedTensor object from Python is forbidden")

    _node: Node
    _place: int
    _tensor: Callable[[], Any]

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Keep what ``pack_hook`` returns for the tensor; ``unpack_hook`` of that returns the tensor again when backward needs it.

        Raises:
            GraphError: a backward has freed the value, it is None, or it has hooks already. TypeError: a hook that can't be called.
        """
        node, place = self._node, self._place
        if not callable(pack_hook) or not callable(unpack_hook):
            raise TypeError("register_hooks(): incompatible function arguments: two functions are expected")
        if node.saved is None:
            raise GraphError("Calling register_hooks on a saved tensor after it has been freed. " + str(freed_error(node)))
        if not isinstance(node.plan, RestoredPlan):
            value = node.saved[place]
            if value is None:
                raise GraphError("Calling register_hooks on a saved tensor with value None is forbidden")
            tensor, time = self._tensor(), node.sequence
            one = packed(value, pack_hook, unpack_hook, tensor)  # before anything is changed
            pack_all(node, lambda array: Packed(make(array), ref(memory.owner(array)), time, lambda t: t, False))
        else:
            if not isinstance(node.saved, Kept):
                raise GraphError("register_hooks: the part of a checkpoint keeps nothing that hooks could pack")
            before = node.saved.packed[place]
            if not isinstance(before, Packed) or before.hooked:
                raise GraphError("Calling register_hooks on a saved tensor whose hooks have already been set")
            one = packed(before.restored(node.label()), pack_hook, unpack_hook, self._tensor())
        kept: Any = node.saved
        kept.packed = (*kept.packed[:place], one, *kept.packed[place + 1 :])


def saved_tensor(node: Node, place: int, tensor: Callable[[], Any]) -> SavedTensor:
    """The value at a place among those that a node has saved; ``tensor`` returns it as a tensor."""
    made = object.__new__(SavedTensor)
    made._node, made._place, made._tensor = node, place, tensor
    return made
