"""Tensor: an array, its gradient, and its place in the graph.

Slots: ``array`` is the values; ``node`` the place in the graph (None: no gradient is needed); ``grad`` the gradient that backward has
summed up; ``_view`` says whose memory this tensor looks into. ``Methods`` adds what ops do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import functions, memory, numpy_adapters_shape, numpy_protocol
from .engine import Node, bind, extra, leaf, make, recorded
from .errors import DtypeError, GraphError, describe
from .formatting import text
from .gradients import backward, node_of
from .inplace import assign
from .methods import Methods
from .op import Op


class Tensor(Methods):
    """An n-dimensional array that records what is computed with it.

    Args:
        data: numbers, nested lists, a NumPy array or a tensor; copied. Python numbers become the default dtype.
        dtype: of the values.
        requires_grad: whether gradients with respect to it are wanted.

    Example:
        >>> from autograd import Tensor
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_view", "array", "grad", "node")

    array: np.ndarray
    grad: Any
    node: Node | None
    _view: Any

    # NumPy's own operators then leave mixed expressions to ours.
    __array_priority__ = 1000

    def __init__(self, data: Any = (), dtype: Any = None, requires_grad: bool = False) -> None:
        from .creation import to_array

        self.array = to_array(data, dtype)
        self.grad = self._view = self.node = None
        if type(self) is Tensor:
            self.__class__ = _Tensor
        if requires_grad:
            self.requires_grad_()

    # ------------------------------------------------------------------------------------------------------- about itself
    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements, as NumPy's dtype."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.array.ndim

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient with respect to this tensor can be asked for."""
        return node_of(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op has made it: backward fills ``.grad`` of leaves that require a gradient."""
        node = node_of(self)
        return node is None or node.plan is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the op that made it, or None for a leaf."""
        node = node_of(self)
        return None if node is None or node.plan is None else node

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Ask for gradients with respect to this tensor, or stop asking; returns the tensor."""
        node = node_of(self)
        if requires_grad:
            if node is None:
                if self.array.dtype.kind not in "fc":
                    raise DtypeError(
                        f"only Tensors of floating point and complex dtype can require gradients, not {describe(self.array)}: "
                        f"convert with .float() or .double()"
                    )
                self.node = leaf(self)
                self._view = None
        elif node is not None:
            if node.plan is not None:
                raise GraphError("you can only change requires_grad flags of leaf variables: this one was made by "
                                 f"{node.name()}; use detach()")  # fmt: skip
            self.node = None
        return self

    # ---------------------------------------------------------------------------------------------------------- gradients
    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None) -> None:
        """Add to ``.grad`` of every leaf its gradient of this tensor: ``autograd.backward`` of this one."""
        backward(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Have backward fill ``.grad`` of this tensor although it is not a leaf."""
        node = node_of(self)
        if node is None:
            raise GraphError("can't retain_grad on a Tensor that has requires_grad=False")
        if node.plan is not None:
            from weakref import ref

            extra(node).retain = True
            extra(node).owner = ref(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Call ``hook(gradient)`` when this tensor's gradient is ready; what it returns, if not None, replaces the gradient."""
        node = node_of(self)
        if node is None:
            raise GraphError("cannot register a hook on a tensor that doesn't require gradient")
        return Handle(extra(node).hooks, hook)

    def detach(self) -> Any:
        """The same memory without a gradient."""
        return make(self.array)

    # --------------------------------------------------------------------------------------------------------- conversion
    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The values as a NumPy array that shares the memory."""
        if not force and node_of(self) is not None:
            raise GraphError(
                "Can't call numpy() on Tensor that requires grad: its array would leave the graph. Use tensor.detach().numpy()"
            )
        return self.array

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.array.size != 1:
            raise GraphError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar: {describe(self.array)}")
        return self.array.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu" or self.array.size != 1:
            raise TypeError(f"only integer tensors of a single element can be converted to an index, not {describe(self.array)}")
        return int(self.array.item())

    def __iter__(self) -> Iterator[Any]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self.array)))

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        node = node_of(self)
        return text(self.array, notes=[] if node is None else ["requires_grad=True" if node.plan is None else f"grad_fn=<{node.name()}>"])

    # ------------------------------------------------------------------------------------------------- indexing, protocols
    def __getitem__(self, index: Any) -> Any:
        return functions.getitem(self, index=_plain(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        assign(self, value, _plain(index), "__setitem__")

    def __record__(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return recorded(op)(*args, **params)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (self.array, self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise GraphError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol: detach() this one first"
            )
        copy = memo[id(self)] = _rebuilt(self.array.copy(order="K"), self.requires_grad)
        return copy

    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function


def _plain(index: Any) -> Any:
    """An index without tensors and lists: what NumPy takes."""
    if isinstance(index, Tensor):
        return index.array
    if isinstance(index, tuple):
        return tuple([_plain(i) for i in index])
    if isinstance(index, list):
        array = np.asarray([_plain(i) for i in index])
        return array if array.size else array.astype(np.intp)
    return index


@bind
class _Tensor(Tensor):
    """What every tensor is: Tensor without its ``__init__``, which makes an instance in half the time."""

    __slots__ = ()
    __init__ = object.__init__  # type: ignore[assignment]


_Tensor.__name__ = _Tensor.__qualname__ = "Tensor"


def _rebuilt(array: np.ndarray, requires_grad: bool) -> Any:
    """A leaf out of a pickle or a deep copy."""
    t = make(array)
    return t.requires_grad_() if requires_grad else t


class Handle:
    """Removes a hook."""

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = next(memory.clock)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


__all__ = ["Handle", "Tensor", "memory", "numpy_adapters_shape"]
