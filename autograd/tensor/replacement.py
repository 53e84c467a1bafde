"""Methods that give a tensor another shape or other memory: ``resize_``, ``set_`` and their kin. None of them is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.gradients import node_of
from ..engine.graph import leaf
from ..engine.modes import Marking, current
from ..engine.recording import view_of
from ..engine.values.size import row_by_row
from ..errors import GraphError, ShapeError, describe
from ..functions import shape
from ..functions.creation import to_shape, uninitialised
from ..functions.inplace import assign, broadcasts, in_new_shape
from ..ops.strided import as_strided
from ..types import MemoryFormat, Number, Size, Tensor

_ITS_OWN = 3  # how often ``resize_`` finds an array referred to that nobody else holds


class Replacement:
    """The methods of Tensor in this file."""

    __slots__ = ()

    as_strided_ = in_new_shape(shape.as_strided, "[1.0, 2.0, 3.0]", "(2,), (2,)", "tensor([1., 3.], dtype=float32)")

    def resize_(self: Tensor, *sizes: int | Size, memory_format: MemoryFormat | None = None) -> Tensor:
        """Give the tensor another shape, and return it. The first elements stay, row by row; further ones are not initialised.

        Args:
            sizes: the shape, as several numbers or as one sequence. memory_format: read by PyTorch only.

        Raises:
            GraphError: the tensor requires a gradient, or it would grow though others share its memory: a base, an array.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).resize_(3)
            tensor([1, 2, 3], dtype=int64)
        """
        Marking.demand_writable(self, "resize_")
        node = node_of(self)
        if node is not None and not current().inference:
            raise GraphError("cannot resize variables that require grad: detach() the tensor first")
        wanted = tuple(to_shape(sizes))
        old, count = self.array, prod(wanted)
        if wanted == old.shape:
            return self
        if self._view is not None:
            base, address = self._view.base.array, old.__array_interface__["data"][0]
            first = (address - base.__array_interface__["data"][0]) // old.itemsize
            if base.dtype != old.dtype or not base.flags.c_contiguous or first + count > base.size:
                raise GraphError(
                    f"resize_: {describe(old)} is a view of another tensor, and would no longer lie within it with the shape "
                    f"{wanted}: clone() it first"
                )
            self.array = base.reshape(-1)[first : first + count].reshape(wanted)
            step = (as_strided, {"size": wanted, "stride": row_by_row(wanted), "offset": first})
            self._view = view_of(self._view.base, (step,), self._view.recorded, self._view.made_by)
            memory.note_write(self.array)
            return self
        if count <= old.size and old.flags.c_contiguous:
            self.array = old.reshape(-1)[:count].reshape(wanted)
        else:
            if getrefcount(old) > _ITS_OWN:
                raise GraphError(
                    f"resize_: the memory of {describe(old)} is not resizable: an array or another tensor shares it, and would be "
                    f"left behind; clone() it first"
                )
            fresh = uninitialised((count,), old.dtype)
            kept = min(count, old.size)
            fresh[:kept] = old.reshape(-1)[:kept]
            self.array = fresh.reshape(wanted)
        memory.go_on_counting(old, self.array)
        if node is not None:
            self.node: Any = leaf(self)
        return self

    def resize_as_(self: Tensor, the_template: Tensor, memory_format: MemoryFormat | None = None) -> Tensor:
        """Give the tensor the shape of another, and return it: ``resize_``.

        Args:
            the_template: has the shape. memory_format: read by PyTorch only.

        Example:
            >>> import autograd
            >>> autograd.arange(4).resize_as_(autograd.ones(2, 2))
            tensor([[0, 1],
                    [2, 3]], dtype=int64)
        """
        return self.resize_(*the_template.shape) if the_template.ndim else self.resize_(())

    def set_(
        self: Tensor, source: Tensor | None = None, storage_offset: int = 0, size: Size | None = None,
        stride: Sequence[int] | None = None,
    ) -> Tensor:  # fmt: skip
        """Make the tensor refer to the memory of another, and return it; without one, it becomes empty.

        Args:
            source: a tensor of the same dtype.
            storage_offset, size, stride: which of its elements, as in ``as_strided``; without a size, all.

        Raises:
            TypeError: the source is no tensor (there are no storages), or has another dtype.
            GraphError: the source requires a gradient, or the tensor does and ops are recorded, or an op has made it.

        Example:
            >>> import autograd
            >>> x, y = autograd.ones(2), autograd.zeros(3)
            >>> x.set_(y)[0] = 5.0
            >>> y
            tensor([5., 0., 0.], dtype=float32)
        """
        if source is None:
            source = type(self).new_empty(self, 0)
        if not hasattr(type(source), "__record__"):
            raise TypeError(f"set_: argument 'source' must be a Tensor, not {describe(source)}: tensors have no storages here")
        if source.dtype != self.dtype:
            raise TypeError(f"set_: the source is {source.dtype} and the tensor {self.dtype}: their dtypes must be equal")
        node = node_of(self)
        if node_of(source) is not None or (node is not None and (current().grad or node.plan is not None)):
            raise GraphError(
                "set_: a tensor that requires grad can't change its memory in the graph: detach() it, or assign to .data"
            )
        if size is not None:
            size = tuple(size)
            steps = stride if stride is not None else [prod(size[i + 1 :]) for i in range(len(size))]
            source = shape.as_strided(source, size, steps, storage_offset)
        self.array, self._view = source.array, None if node is not None else source._view
        if node is not None:
            # A leaf under no_grad: what was recorded before keeps the old node, whose gradient no longer reaches the tensor.
            fresh = leaf(self)
            fresh.meta, node.meta = node.meta, None
            self.node = fresh
        return self

    def map_(self: Tensor, tensor: Tensor, callable: Callable[[Number, Number], Number]) -> Tensor:
        """Write ``callable(own element, element of the other)`` into each element, and return the tensor. Slow: it is Python.

        Args:
            tensor: broadcasts to this one. callable: a function of two numbers.

        Raises:
            GraphError: one of the tensors requires a gradient.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).map_(autograd.tensor([3.0, 4.0]), lambda a, b: a * b)
            tensor([3., 8.], dtype=float32)
        """
        return _mapped(self, "map_", callable, tensor)

    def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable[[Number, Number, Number], Number]) -> Tensor:
        """Write ``callable(own element, element of x, element of y)`` into each element, and return the tensor.

        Args:
            x, y: broadcast to this tensor. callable: a function of three numbers.

        Raises:
            GraphError: one of the tensors requires a gradient.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([1.0, 2.0])
            >>> x.map2_(x, x, lambda a, b, c: a + b * c)
            tensor([2., 6.], dtype=float32)
        """
        return _mapped(self, "map2_", callable, x, y)


def _mapped(target: Tensor, name: str, function: Callable[..., Any], *others: Tensor) -> Tensor:
    if any(node_of(t) is not None for t in (target, *others)):
        raise GraphError(f"{name}: a Python function of numbers has no gradient: detach() the tensors")
    for t in others:
        if not broadcasts(t.array.shape, target.array.shape):
            raise ShapeError(f"{name}: {describe(t.array)} does not broadcast to {describe(target.array)}")
    arrays = [target.array, *(np.broadcast_to(t.array, target.array.shape) for t in others)]
    values = [function(*[x.item() for x in elements]) for elements in zip(*[a.flat for a in arrays], strict=True)]
    return assign(target, np.array(values, target.array.dtype).reshape(target.array.shape), name=name)


__all__ = ["Replacement"]
