"""Writing in place: ``x[i] = value``, ``x.add_(value)`` and the like. One op, ``write``, records all of them.

``write(base, value, chain)`` is the base with one region replaced by the value: the region that a chain of view ops selects. The
gradient of the base is the incoming gradient with zeros in that region; the gradient of the value is that region of the incoming
gradient.

``assign`` writes into a tensor's memory, notes the write (see memory.py), and makes a call of this op the new node of the base. The
nodes of the base's views are then stale; each is computed again when it is next asked for (see ``node_of_view``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.conform import switch_convention, unbroadcast
from ..engine.graph import make, reachable, retain
from ..engine.modes import Marking, current, enter, leave
from ..engine.op import Op, Sample, op
from ..engine.recording import keep_base_of_earlier_views, node_of_view, operand, record
from ..engine.standin import StandIn, as_array, copied
from ..engine.transforms import demand_uncaptured, running
from ..engine.values.dtypes import can_cast, number_as
from ..errors import DtypeError, GraphError, ShapeError, describe, where
from ..ops.indexing import getitem, is_basic
from ..ops.shape import cast, contiguous, permute, reshape
from ..types import Tensor, TensorLike

Chain = tuple[tuple[Op, dict[str, Any]], ...]


def region(array: Any, chain: Chain) -> Any:
    """The part of an array that a chain of view ops selects."""
    for step, params in chain:
        array = step(array, **params)
    return array


def places(shape: tuple[int, ...], chain: Chain, order: tuple[int, ...] | None = None) -> np.ndarray:
    """For each element of the region of a base with this shape: its number in the base, counted row by row."""
    numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    found: np.ndarray = np.asarray(region(_like_base(numbers, order), chain))
    return found


def write_params(base: np.ndarray, chain: Chain) -> dict[str, Any]:
    """The parameters of a write: the chain, and the order of the base's axes in memory, outermost first; None for row by row.

    Whether a reshape is a view or a copy depends on that order. A gradient may have any order, so the rules bring it into the
    base's before they apply the chain to it.
    """
    order = None if base.flags.c_contiguous else tuple(sorted(range(base.ndim), key=lambda axis: -abs(base.strides[axis])))
    return {"chain": chain, "order": order}


def _like_base(x: Any, order: tuple[int, ...] | None) -> Any:
    """A copy of an array or a tensor, with its axes in this order in memory."""
    if order is None:
        return np.array(x, order="C") if type(x) is np.ndarray else contiguous(x)
    back = tuple(sorted(range(len(order)), key=order.__getitem__))
    return permute(contiguous(permute(x, dims=order)), dims=back)


def _with_region_replaced(base: Any, value: Any, chain: Chain, order: tuple[int, ...] | None = None) -> Any:
    y = _like_base(base, order)
    index = chain[-1][1]["index"] if chain and chain[-1][0] is getitem else ...
    target = region(y, chain if index is ... else chain[:-1])
    if not target.flags.writeable:
        memory.opened(_part(target, index), y)[...] = value  # type: ignore[index]  # not None, or the write would have been refused
    else:
        target[index] = value
    return y


def _part(array: Any, index: Any) -> Any:
    """The part that a basic index selects, as a view: of a single element, too."""
    part = array[index]
    return part if isinstance(part, np.ndarray | StandIn) else array[(*index, ...) if isinstance(index, tuple) else (index, ...)]


def _gradient_of_base(g: Any, chain: Chain, order: tuple[int, ...] | None) -> Any:
    return write(g, np.zeros(()), chain=chain, order=order)


def _gradient_of_value(
    g: Any, value_shape: tuple[int, ...], base_shape: tuple[int, ...], chain: Chain, order: tuple[int, ...] | None
) -> Any:
    dtype = np.complex128 if g.dtype.kind == "c" else np.float64
    like_base = order is None and type(g) is np.ndarray and g.flags.c_contiguous
    if not like_base and not all(step is getitem for step, _ in chain):
        g = _like_base(g, order)
    # The chain may take the real or the imaginary part. In PyTorch's convention, the parts of the gradient of a complex number are
    # the gradients of its parts; in the engine's, the imaginary part has the other sign.
    g = switch_convention(region(switch_convention(g), chain))
    if chain and chain[-1][0] is getitem:
        winners = _last_written(base_shape, dtype, chain, order)
        if winners is not None:
            g = g * winners
    return unbroadcast(g, value_shape)


def _last_written(shape: tuple[int, ...], dtype: Any, chain: Chain, order: tuple[int, ...] | None) -> np.ndarray | None:
    """A mask of the values that stay. Where an index names an element twice, only the last value does. None if all stay."""
    index = chain[-1][1]["index"]
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in parts):
        return None
    writer = _like_base(np.zeros(shape, dtype), order)
    written = region(writer, chain)
    numbers = np.arange(written.size).reshape(written.shape)
    writer = _with_region_replaced(writer, numbers, chain, order)
    return np.asarray(region(writer, chain) == numbers)


def _write_samples() -> list[Sample]:
    from ..engine.samples import draw

    def chain(*indices: Any) -> Chain:
        return tuple((getitem, {"index": index}) for index in indices)

    return [
        Sample(draw((3, 4)), draw((4,), seed=1), chain=chain(1)),
        Sample(draw((3, 4)), draw((), seed=1), chain=chain(slice(None, None, 2), (slice(None), slice(1, 3)))),
        Sample(draw((3, 4)), draw((3, 4), seed=1), chain=()),
        Sample(draw((5,)), draw((3,), seed=1), chain=chain(np.array([0, 2, 0]))),
        Sample(draw((3, 4)), draw((4,), seed=1), chain=((reshape, {"shape": (-1,)}), *chain(slice(2, 6)))),
        Sample(
            draw((4, 3)).T,
            draw((), seed=1),
            chain=((permute, {"dims": (1, 0)}), (reshape, {"shape": (2, 6)}), *chain(1)),
            order=(1, 0),
        ),
    ]


write = op(
    "write", _with_region_replaced, base=_gradient_of_base, value=_gradient_of_value, linear=True, samples=_write_samples,
    formula={"y": "overwritten(base, written, value)", "base": "overwritten(g, written, 0)", "value": "read_back(g, written)"},
    doc="The base with a region replaced."
)  # fmt: skip


def assign(target: Tensor, value: TensorLike, index: Any = None, name: str = "an in-place write", fresh: bool = False) -> Tensor:
    """Write a value into a tensor, or into the part that an index selects, and record the write where a gradient is needed.

    Args:
        target: the tensor. value: a tensor, an array or a number that broadcasts to the part.
        index: of the part, free of tensors and lists; None for the whole tensor.
        name: the function's name, for errors.
        fresh: whether nobody else holds the value, so that its node may become the target's own.

    Returns:
        The tensor.

    Raises:
        ShapeError, DtypeError: a value that does not fit. GraphError: a leaf that requires a gradient, a view that was made under
            no_grad, or read-only memory. Nothing has been written then.
    """
    number = type(value) is float or type(value) is int
    if number:
        array, node = np.asarray(value), None
    else:
        array, node = operand(value, "the value")
        if type(array) is not np.ndarray:
            array = as_array(array)
    whole = target.array
    if type(target) is Marking.marked:
        Marking.demand_writable(target, name)
    if index is None:
        part = whole
    else:
        part = _masked(whole, index) if not array.ndim and isinstance(index, np.ndarray) else whole[index]
    # A number that every floating dtype holds needs no care.
    small = number and part.dtype.kind == "f" and -65504 <= value <= 65504  # type: ignore[operator]  # a float or an int
    if index is not None and not small and (array.dtype is not part.dtype or array.ndim > part.ndim):
        value = _for_item(value, part, index, name, node is not None and current().grad)
        array, node = operand(value)
    base, chain = (target, ()) if target._view is None else (target._view.base, target._view.chain)
    if index is not None:
        chain += ((getitem, {"index": index}),)
    state = current()
    recording = state.grad and (node is not None or (target.node if target._view is None else node_of_view(target)) is not None)
    if recording or (state.grad and target._view is not None and base.node is not None):
        _recordable(target, base, name)
    if recording and index is not None:
        # Copied, because the caller may change an array of indices before backward.
        index = _copied(index)
        chain = (*chain[:-1], (getitem, {"index": index}))
    if array.ndim and array.shape != part.shape and not broadcasts(array.shape, part.shape):
        raise ShapeError(
            f"{name}{where(state.layer)}: a value {describe(array)} does not fit into {describe(part)}: nothing was changed"
        )
    if array.dtype is not part.dtype and not can_cast(array.dtype, part.dtype):
        raise DtypeError(
            f"{name}{where(state.layer)}: result type {array.dtype} can't be cast to the tensor's {part.dtype}: nothing was "
            f"changed; use the out-of-place form, or .to({array.dtype}) first"
        )
    written = ... if index is None else index
    if not whole.flags.writeable:
        selected = whole if index is None or not is_basic(index) else _part(whole, index)
        whole, written = _opened(selected, base.array, name), ...
    if not recording:
        memory.write(whole, array, written)
        return target
    if node is not None and running.get() is not None:
        demand_uncaptured(base, name)
    before, all_of_it = base.node, base.array
    is_own = fresh and not chain and array.shape == all_of_it.shape and array.dtype == all_of_it.dtype
    after: Any = node
    if not is_own:
        after = record(write, (before, node), (all_of_it, array), all_of_it, write_params(all_of_it, chain), state.layer)
    if before is not None and before.meta is not None and before.meta.retains_grad:
        retain(after, base)
    memory.write_with_node(whole, array, written, base, after)
    if not is_own and state.watch is not None:
        state.watch.forward(write, after, (None, value), base)  # None, because the base's old values are gone
    if before is not None and state.watch is not None:
        state.watch.rebased(before, after)
    return target


def _masked(whole: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The part that an array of indices selects; of a mask's, whose size depends on the data, an empty one of the same kind."""
    is_mask = index.dtype == bool and index.shape == whole.shape[: index.ndim]
    return np.empty((0, *whole.shape[index.ndim :]), whole.dtype) if is_mask else whole[index]


def _for_item(value: Any, part: np.ndarray, index: Any, name: str, needs_gradient: bool) -> Any:
    """The value of ``x[index] = value``, made to fit as PyTorch makes it fit.

    A number gets the tensor's dtype, and so does a tensor where the index selects a view, unless its gradient or its imaginary part
    would be lost. Leading dimensions of length 1 go.
    """
    if isinstance(value, bool | int | float | complex | np.generic):
        return number_as(value, part.dtype, name)
    more = value.ndim - part.ndim
    if more > 0 and value.shape[:more] == (1,) * more:
        value = reshape(value, value.shape[more:])
    loses_gradient = needs_gradient and part.dtype.kind not in "fc"
    loses_imaginary_part = value.dtype.kind == "c" and part.dtype.kind != "c"
    if value.dtype != part.dtype and is_basic(index) and not loses_gradient and not loses_imaginary_part:
        value = cast(value, part.dtype)
    return value


def _copied(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple([_copied(i) for i in index])
    return np.array(index) if isinstance(index, np.ndarray) else index


def broadcasts(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    """Whether an array of this shape broadcasts into one of that shape."""
    try:
        return np.broadcast_shapes(shape, into) == into
    except ValueError:
        return False


def check_writable(target: Tensor, name: str) -> None:
    """Raise if a write into the tensor would be refused, before anything is computed or drawn for it.

    Raises:
        GraphError: a leaf that requires a gradient, a view that was made under no_grad, or read-only memory.
    """
    view = target._view
    Marking.demand_writable(target, name)
    needs = (target.node if view is None else node_of_view(target)) is not None
    if (needs or (view is not None and view.base.node is not None)) and current().grad:
        _recordable(target, target if view is None else view.base, name)
    if not target.array.flags.writeable:
        _opened(target.array, (target if view is None else view.base).array, name)


def _opened(array: np.ndarray, base: np.ndarray, name: str) -> np.ndarray:
    """``memory.opened``, where a write is refused if there is no such array."""
    found = memory.opened(array, base)
    if found is None:
        raise GraphError(
            f"{name}: unsupported operation: the tensor's memory is read-only, because more than one element of the written-to "
            "tensor may refer to a single memory location (an expanded view, windows that overlap), or as its array is: clone() it "
            "first"
        )
    return found


def _recordable(target: Tensor, base: Tensor, name: str) -> None:
    if target._view is not None and target._view.made_by == "inference":
        raise GraphError(
            f"{name}: A view was created in inference mode and is being modified inplace in normal mode "
            f"({describe(target.array)}): make it outside of inference_mode(), or write within it"
        )
    if target._view is not None and target._view.made_by:
        reason = (
            "the output of a function that returns multiple views. Such functions do not allow the output views to be modified "
            "inplace: use the out-of-place form, or index the tensor in place of splitting it"
            if target._view.made_by == "several"
            else "created inside a custom Function (or because an input was returned as it is), and the graph does not know how: "
            "use the out-of-place form, or return a clone() from the Function"
        )
        raise GraphError(f"{name}: {describe(target.array)} is a view and is being modified inplace. This view is {reason}")
    if target._view is not None and not target._view.recorded:
        raise GraphError(
            f"{name}: a view was created in no_grad mode and is being modified in place with grad mode enabled "
            f"({describe(target.array)}): the graph does not know that it is a view of its base. Make the view outside no_grad(), "
            f"or write within no_grad()"
        )
    if base.node is not None and base.node.plan is None:
        leaf = "a leaf Variable that requires grad" if target is base else "a view of a leaf Variable that requires grad"
        raise GraphError(
            f"{name}: {leaf} is being used in an in-place operation ({describe(base.array)}). "
            f"To change its values without a gradient, write within no_grad(); to compute with it, clone() it first"
        )
    if base.array.dtype.kind not in "fc":
        raise DtypeError(f"{name}: a value that requires grad can't be written into {describe(base.array)}: use a floating dtype")


NOT_WRITTEN = (
    "GraphError: the tensor is a leaf that requires a gradient, a view made under no_grad, or read-only. Nothing is written then.",
    "ShapeError: the result has another shape than the tensor. DtypeError: the tensor's dtype cannot hold the result's.",
)
_NOT_RESHAPED = ("GraphError: the tensor is a leaf that requires a gradient, or a view made under no_grad; it stays as it is.",)


def in_place(function: Callable[..., Tensor], data: str = "", arguments: str = "", result: str = "") -> Callable[..., Tensor]:
    """Make the method ``f_`` of a function ``f``: it writes the result of ``f`` into the tensor, and returns the tensor.

    Args:
        function: f.
        data, arguments, result: the example in the method's docstring: ``autograd.tensor(data).f_(arguments)`` prints result.
            Without them (for an operator such as ``+=``) it has none.
    """

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, name)
        array = self.array
        for other in (*args, *kwargs.values()) if kwargs else args:
            read = getattr(other, "array", None)
            if type(other) is tuple or (read is not None and (read is array or read.base is not None or array.base is not None)):
                memory.check_apart(array, (other,), name)
        before = next(memory.clock)
        watch = current().watch
        if watch is None:
            result = function(self, *args, **kwargs)
        else:
            watch.writing(memory.owner(self.array))
            try:
                result = function(self, *args, **kwargs)
            finally:
                watch.writing(None)
        if result.array.shape != self.array.shape:
            raise ShapeError(
                f"{name}: the result {describe(result.array)} does not fit into {describe(self.array)}: nothing was changed"
            )
        if result.node is not None:
            _keep_apart(result.node, before, memory.owner(self.array))
        return assign(self, result, name=name, fresh=result is not self and result._view is None)

    name = function.__name__ + "_"
    example = (f"autograd.tensor({data}).{name}({arguments})", result) if data else None
    return form_of(function, method, name, example)


def in_new_shape(function: Callable[..., Tensor], data: str, arguments: str, result: str) -> Callable[..., Tensor]:
    """Make the method ``f_`` of a view op ``f``: it turns the tensor itself into the view, and returns it. No number is written.

    Args:
        function: f.
        data, arguments, result: the example in the method's docstring: ``autograd.tensor(data).f_(arguments)`` prints result.
    """

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        Marking.demand_writable(self, name)
        node, view, state = (self.node if self._view is None else node_of_view(self)), self._view, current()
        if node is not None and state.grad:
            _recordable(self, self if view is None else view.base, name)
        token = enter(state.but(grad=True, inference=False))
        # The base of the views made so far, with the shape that they expect; if the tensor is a view, their base is another tensor.
        old = make(self.array, node) if view is None else self
        try:
            if node is not None and node.plan is None:  # a leaf, under no_grad: it stays a leaf
                self.data = function(make(self.array), *args, **kwargs)
            else:
                made = function(old, *args, **kwargs)
                if made is old:  # t_ of a vector is that vector
                    return self
                self.array, self.node, self._view = made.array, made.node, made._view
            if old is not self:
                keep_base_of_earlier_views(self, old)
        finally:
            leave(token)
        return self

    name = function.__name__ + "_"
    example = f"autograd.tensor({data}).{name}({arguments})", result
    return form_of(function, method, name, example, "The tensor itself becomes the view, and is returned", _NOT_RESHAPED)


def form_of(
    function: Callable[..., Any],
    method: Callable[..., Any],
    name: str,
    example: tuple[str, str] | None,
    summary: str = "The result is written into the tensor, which is returned",
    raises: tuple[str, ...] = NOT_WRITTEN,
) -> Callable[..., Any]:
    """Return the method under the name of the function's in-place form, with its signature and its docstring.

    The docstring is the function's own (its formula, Args, Raises and Source) with one paragraph more, what the in-place form
    raises besides, and the example of the in-place form.

    Args:
        function, method: the function, and the method that is its in-place form. name: the method's name.
        example: a call of the method, and the text that Python prints for its result; or None.
        summary: the first sentence of the new paragraph. raises: lines for the section Raises.
    """
    method = wraps(function)(method)
    method.__name__ = method.__qualname__ = name
    head, _, _ = (function.__doc__ or "").partition("Example:")
    formula, _, rest = head.rstrip(" ").partition("\n\n")
    indent = head[len(head.rstrip(" ")) :]
    if rest.lstrip().startswith("A second name of"):
        rest = rest.partition("\n\n")[2]
    lines = "".join([f"{indent}    {line}\n" for line in raises])
    before, title, after = rest.partition(f"{indent}Raises:\n")
    sections = f"{before}{title}{lines}{after}" if title else f"{rest}{indent}Raises:\n{lines}\n"
    text = f"{formula}\n\n{indent}{summary}: this is the in-place form of ``{function.__name__}``.\n\n{sections}"
    if example is not None:
        modules = "autograd, nn" if example[0].startswith("nn.") else "autograd"
        shown = ["Example:", f"    >>> import {modules}", f"    >>> {example[0]}", f"    {example[1]}", ""]
        text += "\n".join([indent + line for line in shown])
    method.__doc__ = text
    return method


def _keep_apart(node: Any, before: int, root: np.ndarray) -> None:
    """Replace by copies the arrays that the nodes of one call have saved, if a write into their memory follows.

    Args:
        node: the node of the call's result. before: a time of the clock before the call. root: the owner of the memory.
    """
    for made in reachable(node, after=before):
        if made.saved:
            made.saved = tuple([_kept_apart(value, root) for value in made.saved])


def _kept_apart(value: Any, root: np.ndarray) -> Any:
    if isinstance(value, np.ndarray | StandIn) and memory.owner(value) is root:
        return copied(value)
    return tuple([_kept_apart(v, root) for v in value]) if type(value) is tuple else value


__all__ = [
    "assign",
    "broadcasts",
    "check_writable",
    "form_of",
    "in_new_shape",
    "in_place",
    "places",
    "region",
    "write",
    "write_params",
]
