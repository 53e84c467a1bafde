"""Tensor: an array, its gradient, and its place in the graph.

This file holds the slots, what concerns the graph, indexing and pickling. Tensor has its other methods from classes above it, each
in its own file: ``Methods`` (the functions of autograd), ``InPlace`` (``exp_``), ``Operators`` (``+``), ``Layout`` (shape, dtype),
``Conversion`` (``numpy()``, ``to``), ``Creation`` (``new_zeros``), ``Sampling`` (``normal_``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from warnings import warn

import numpy as np

from ..engine.forward import level_here
from ..engine.gradients import backward_from, node_of, require_grad
from ..engine.graph import Node, add_hook, edge, leaf, make, meta_of, retain
from ..engine.hooks import RemovableHandle
from ..engine.modes import Marking, current
from ..engine.op import Op
from ..engine.recording import bind, recorded
from ..engine.standin import StandIn
from ..engine.transforms import demand_outside
from ..engine.values.dtypes import get_default_dtype, to_array
from ..engine.values.size import Size
from ..errors import DtypeError, GraphError, ShapeError, describe
from ..functions import indexing
from ..functions import shape as shapes
from ..functions.inplace import assign
from ..protocols import dispatch
from ..types import ArrayLike, Device, DType, Index, TensorLike
from .conversion import Conversion
from .creation import Creation
from .inplace import InPlace
from .layout import Layout
from .legacy import check_device, constructed, is_length
from .methods import Methods
from .operators import Operators
from .printing import text
from .random import Sampling
from .replacement import Replacement


class Tensor(Layout, Replacement, Conversion, Creation, Sampling, InPlace, Operators, Methods):
    """An n-dimensional array that records what is computed with it.

    Args:
        data: numbers, nested lists, a NumPy array or a tensor; copied. Arrays keep their dtype; lists of floats get the default
            dtype and, as in PyTorch's ``Tensor([1, 2])``, lists of integers too (``autograd.tensor`` keeps integers). An integer,
            or a Size, is a shape: ``Tensor(2, 3)`` is memory of that shape with whatever it holds.
        sizes: the lengths of the other dimensions, if ``data`` is the length of the first.
        dtype: of the values.
        device: "cpu" or None; there is no other.
        requires_grad: whether gradients with respect to it are wanted.

    Example:
        >>> from autograd import Tensor
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    # array: the values. node: the place in the graph, None if no gradient is needed. _grad: the gradient that backward has summed
    # up. _view: the tensor whose memory this one shares, and how. __dict__: the attributes that a user sets, as on any object.
    __slots__ = ("__dict__", "__weakref__", "_grad", "_view", "array", "node")

    array: np.ndarray
    _grad: Any  # Tensor | None; ``grad`` says so
    node: Node | None
    _view: Any  # View | None

    # With this priority NumPy calls the tensor's method for ``array + tensor``.
    __array_priority__ = 1000

    def __init__(
        self,
        data: ArrayLike = (),
        *sizes: int,
        dtype: DType | None = None,
        device: Device | None = None,
        requires_grad: bool = False,
    ) -> None:
        check_device(data, device)
        if sizes or is_length(data) or isinstance(data, Size):
            self.array = constructed((data, *sizes), get_default_dtype() if dtype is None else np.dtype(dtype))
        else:
            self.array = to_array(data, dtype)
            if dtype is None and isinstance(data, list | tuple) and self.array.dtype in (np.int64, np.bool_):
                self.array = self.array.astype(get_default_dtype())
        self._grad = self._view = self.node = None
        if type(self) is Tensor:
            self.__class__ = _Tensor
        if requires_grad:
            require_grad(self)

    # ------------------------------------------------------------------------------------------------------- about itself
    @property
    def requires_grad(self) -> bool:
        """Whether a gradient with respect to this tensor can be asked for.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0], requires_grad=True)
            >>> w.requires_grad, (w * 2).requires_grad, w.detach().requires_grad
            (True, True, False)
        """
        return node_of(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward has summed up, or None. Set it to None, as ``zero_grad`` does, and the sum starts anew.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> (w * w).sum().backward()
            >>> (w * w).sum().backward()
            >>> w.grad
            tensor([4., 8.], dtype=float32)
        """
        if self._grad is None and self.node is not None and self.node.plan is not None:
            meta = self.node.meta
            if meta is None or not meta.retains_grad:
                warn(
                    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
                    "populated during autograd.backward(): call .retain_grad() on it before, or read the leaf's", UserWarning,
                    stacklevel=2,
                )  # fmt: skip
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}: "
                    f"autograd.as_tensor(value) makes one"
                )
            if value is self:
                raise GraphError("can't assign a tensor as its own grad")
            if value.array.shape != self.array.shape:
                raise ShapeError(
                    f"attempting to assign a gradient of size {list(value.array.shape)} to a tensor of size "
                    f"{list(self.array.shape)}: the gradient and the tensor must have the same shape"
                )
            if value.array.dtype != self.array.dtype:
                raise DtypeError(
                    f"attempting to assign a gradient of dtype {value.array.dtype} to a tensor of dtype {self.array.dtype}: "
                    f"convert it with .to({self.array.dtype})"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory without a gradient. Assigning to it gives the tensor another memory, and leaves the graph as it is.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> w.data -= 0.5
            >>> w
            tensor([0.5000, 1.5000], dtype=float32, requires_grad=True)
        """
        return _sharing(self)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}: use autograd.as_tensor(value)")
        array, node = value.array, node_of(self)
        if node is not None and array.dtype != self.array.dtype:
            raise DtypeError(
                f"data of dtype {array.dtype} can't replace the {self.array.dtype} of a tensor that requires grad: "
                f"convert it with .to({self.array.dtype})"
            )
        if node is not None and node.plan is not None and array.shape != self.array.shape:
            raise ShapeError(f"data {describe(array)} can't replace {describe(self.array)}, which {node.label()} made: same shape")
        reshaped = array.shape != self.array.shape
        self.array, self._view = array, None
        if node is not None and reshaped:
            # The ops recorded before keep the old node, of the old shape: their gradients no longer reach this tensor.
            self.node = leaf(self)
            self.node.meta, self._grad = node.meta, None

    @property
    def name(self) -> str | None:
        """A name for pictures and error messages, or None; only a tensor in the graph can have one.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0], requires_grad=True)
            >>> w.name = "weight"
            >>> w.name
            'weight'
        """
        node = node_of(self)
        return None if node is None or node.meta is None else node.meta.name

    @name.setter
    def name(self, value: str | None) -> None:
        node = node_of(self)
        if node is None:
            raise GraphError("a name belongs to a tensor in the graph: call requires_grad_() first")
        meta_of(node).name = value

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op has made it: backward fills ``.grad`` of leaves that require a gradient.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0], requires_grad=True)
            >>> w.is_leaf, (w * 2).is_leaf
            (True, False)
        """
        node = node_of(self)
        return node is None or node.plan is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the op that made it, or None for a leaf.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0], requires_grad=True)
            >>> w.grad_fn, (w * 2).grad_fn
            (None, <mul>)
        """
        node = node_of(self)
        return None if node is None or node.plan is None else edge(node).node

    @property
    def output_nr(self) -> int:
        """Which of the results of its op the tensor is.

        Example:
            >>> import autograd
            >>> first, second = autograd.ones(2, requires_grad=True).sort()[0].split(1)
            >>> first.output_nr, autograd.ones(2).output_nr
            (0, 0)
        """
        node = node_of(self)
        return 0 if node is None else edge(node).output_nr

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for gradients with respect to this tensor, or stop asking; returns the tensor.

        Raises:
            DtypeError: integers or booleans. GraphError: stopping for a tensor that an op has made; asking within a function that
                a transform of ``func`` transforms.

        Example:
            >>> import autograd
            >>> autograd.ones(2).requires_grad_()
            tensor([1., 1.], dtype=float32, requires_grad=True)
        """
        if requires_grad and type(self) is Marking.marked and not current().inference:
            raise GraphError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed: clone() it first"
            )
        if requires_grad:
            demand_outside("Tensor.requires_grad_() (or perhaps using autograd.functional.* APIs)")
        return require_grad(self, requires_grad)

    # ---------------------------------------------------------------------------------------------------------- gradients
    def backward(
        self,
        gradient: TensorLike | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add to ``.grad`` of every leaf its gradient of this tensor: ``autograd.backward`` of this one.

        Args:
            gradient: the gradient of the loss with respect to this tensor, of its shape. For one element it is 1 if left out.
            retain_graph: keep what the ops have saved, for another backward through the same graph.
            create_graph: record the backward itself, for higher derivatives.
            inputs: only these leaves, instead of all.

        Raises:
            GraphError: no graph, or a freed one; or no gradient for more than one element.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> (w * w).backward(autograd.tensor([1.0, 10.0]))
            >>> w.grad
            tensor([ 2., 40.], dtype=float32)
        """
        backward_from(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Have backward fill ``.grad`` of this tensor although it is not a leaf.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> y = w * 3
            >>> y.retain_grad()
            >>> (y * y).sum().backward()
            >>> y.grad
            tensor([ 6., 12.], dtype=float32)
        """
        demand_outside("Tensor.retain_grad()", "the gradient of an intermediate value is that of an argument of a function")
        node = node_of(self)
        if node is None:
            raise GraphError("can't retain_grad on a Tensor that has requires_grad=False")
        if node.plan is not None:
            retain(node, self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Have backward call ``hook(gradient)`` when this tensor's gradient is ready. It may return another gradient instead.

        Raises:
            GraphError: the tensor does not require a gradient.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> handle = w.register_hook(lambda g: g.clamp(max=1.0))
            >>> (w * w).sum().backward()
            >>> w.grad
            tensor([1., 1.], dtype=float32)
            >>> handle.remove()
        """
        node = node_of(self)
        if node is None:
            raise GraphError("cannot register a hook on a tensor that doesn't require gradient")
        return add_hook(meta_of(node).hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Have backward call ``hook(tensor)`` after it has added to this leaf's ``.grad``.

        Raises:
            GraphError: no leaf that requires a gradient.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> handle = w.register_post_accumulate_grad_hook(lambda t: print("ready:", t.grad.tolist()))
            >>> (w * w).sum().backward()
            ready: [2.0, 4.0]
        """
        node = node_of(self)
        if node is None or node.plan is not None:
            raise GraphError("post accumulate grad hooks can be registered on leaves that require grad only")
        return add_hook(meta_of(node).post_accumulate_hooks, hook)

    @property
    def retains_grad(self) -> bool:
        """Whether backward fills ``.grad`` of this tensor although it is not a leaf.

        Example:
            >>> import autograd
            >>> y = autograd.tensor([1.0], requires_grad=True) * 2
            >>> y.retain_grad()
            >>> y.retains_grad
            True
        """
        node = node_of(self)
        return node is not None and node.plan is not None and node.meta is not None and node.meta.retains_grad

    def detach(self) -> Tensor:
        """The same memory without a gradient.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> (w * w.detach()).sum().backward()
            >>> w.grad
            tensor([1., 2.], dtype=float32)
        """
        return _sharing(self)

    def detach_(self) -> Tensor:
        """Leave the graph: from now on no gradient flows from this tensor to the ops that made it.

        Raises:
            GraphError: a view, whose base would stay in the graph.

        Example:
            >>> import autograd
            >>> y = autograd.tensor([1.0], requires_grad=True) * 2
            >>> y.detach_()
            tensor([2.], dtype=float32)
        """
        if self._view is not None:
            raise GraphError("Can't detach views in-place. Use detach() instead")
        self.node = None
        return self

    # ---------------------------------------------------------------------------------------------------------- protocols
    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self.array)))

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        batch = self.array.shown(text) if isinstance(self.array, StandIn) else None
        if batch is not None:
            return batch
        node = node_of(self)
        if node is None:
            return text(self.array)
        notes = ["requires_grad=True" if node.plan is None else f"grad_fn=<{node.label()}>"]
        level = level_here()
        tangent = None if level is None else level.of(node)
        return text(self.array, notes=notes if tangent is None else [*notes, f"tangent={text(tangent)}"])

    # ------------------------------------------------------------------------------------------------- indexing, protocols
    def __getitem__(self, index: Index) -> Tensor:
        kind = type(index)
        if kind is int or kind is slice:
            return indexing.getitem(self, index)
        y = self
        for step in indexing.in_steps(indexing.numpy_index(index), self.array.ndim):
            y = indexing.getitem(y, step)
        return y

    def __setitem__(self, index: Index, value: TensorLike) -> None:
        kind = type(index)
        if index is None:
            index = (None,)  # ``assign`` takes None for the whole tensor
        written = self
        if kind is not int and kind is not slice:
            *first, index = indexing.in_steps(indexing.numpy_index(index), self.array.ndim)
            written = indexing.getitem(self, first[0]) if first else self
        assign(written, value, index, "__setitem__")

    def __record__(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return recorded(op)(*args, **params)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (_public(self), self.array, self.requires_grad, self.name, _attributes(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        made = self.grad_fn
        if made is not None:
            raise GraphError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment: "
                f"this one was made by {made.label()}; detach() it first"
            )
        copy = _rebuilt(_public(self), self.array.copy(order="K"), self.requires_grad, self.name, {})
        memo[id(self)] = copy
        if self._grad is not None:
            copy._grad = make(self._grad.array.copy(order="K"))
        for key, value in _attributes(self).items():
            setattr(copy, key, deepcopy(value, memo))
        return copy

    def __reversed__(self) -> Tensor:
        return shapes.flip(self, 0) if self.array.ndim else self

    __array_ufunc__ = dispatch.array_ufunc
    __array_function__ = dispatch.array_function


@bind
class _Tensor(Tensor):
    """The class of all tensors that ops make: Tensor without its ``__init__``, so that making one takes half the time."""

    __slots__ = ()
    __init__ = object.__init__


class _InferenceTensor(_Tensor):
    """The class of the tensors that are made within ``inference_mode``."""

    __slots__ = ()


_Tensor.__name__ = _Tensor.__qualname__ = _InferenceTensor.__name__ = _InferenceTensor.__qualname__ = "Tensor"
Marking.plain, Marking.marked = _Tensor, _InferenceTensor


def _sharing(t: Tensor) -> Tensor:
    """A tensor of the same memory, which counts as made within ``inference_mode`` exactly if the other does."""
    made: Any = make(t.array)
    if type(made) is not type(t) and (type(t) is Marking.marked or type(made) is Marking.marked):
        made.__class__ = Marking.marked if type(t) is Marking.marked else _Tensor
    return made


def _rebuilt(cls: type, array: np.ndarray, requires_grad: bool, name: str | None, attributes: dict[str, Any]) -> Tensor:
    """A leaf out of a pickle or a copy."""
    t: Any = object.__new__(_Tensor if cls is Tensor else cls)
    t.array = array
    t.node = t._grad = t._view = None
    for key, value in attributes.items():
        setattr(t, key, value)
    if requires_grad:
        require_grad(t)
        if name is not None:
            meta_of(t.node).name = name
    return t


def _public(t: Tensor) -> type:
    """The public class under whose name a pickle stores a tensor."""
    return Tensor if type(t) in (_Tensor, _InferenceTensor) else type(t)


def _attributes(t: Tensor) -> dict[str, Any]:
    """The attributes that a user has set on a tensor: its ``__dict__``, and the slots of a subclass."""
    attributes = dict(t.__dict__)
    for cls in type(t).__mro__:
        if cls is _Tensor or cls is Tensor:
            break
        names = cls.__dict__.get("__slots__", ())
        for slot in (names,) if isinstance(names, str) else names:
            if slot not in ("__dict__", "__weakref__") and hasattr(t, slot):
                attributes[slot] = getattr(t, slot)
    return attributes


__all__ = ["Tensor"]
