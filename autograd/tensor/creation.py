"""The methods of Tensor that make another tensor of its dtype: ``x.new_zeros(2, 3)``, and PyTorch's older ``x.new(2, 3)``."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.gradients import require_grad
from ..engine.output import takes_layout
from ..engine.standin import StandIn
from ..engine.values.dtypes import to_array, to_dtype
from ..functions import creation
from ..types import ArrayLike, Device, DType, Number, Size, Tensor
from .legacy import check_device, constructed
from .strided import empty_strided


class Creation:
    """The methods that make a new tensor of this tensor's dtype."""

    __slots__ = ()

    @takes_layout
    def new_tensor(
        self: Tensor, data: ArrayLike, *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
    ) -> Tensor:
        """A tensor of some data, of this tensor's dtype.

        Args:
            data: numbers, nested lists, an array or a tensor; copied.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Example:
            >>> import autograd
            >>> autograd.ones(2, dtype=autograd.float64).new_tensor([1, 2])
            tensor([1., 2.], dtype=float64)
        """
        return creation.finish(to_array(data, _or_own(self, dtype)), device, requires_grad)

    @takes_layout
    def new_zeros(
        self: Tensor,
        *sizes: int | Size,
        size: int | Size | None = None,
        dtype: DType | None = None,
        device: Device | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Zeros of a shape, of this tensor's dtype.

        Args:
            sizes: the shape, as numbers or as one sequence. size: the same, by name.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Example:
            >>> import autograd
            >>> autograd.ones(2, dtype=autograd.float64).new_zeros(3)
            tensor([0., 0., 0.], dtype=float64)
        """
        return _beside(self, creation.zeros(*sizes, size=size, dtype=_or_own(self, dtype), device=device), requires_grad)

    @takes_layout
    def new_ones(
        self: Tensor,
        *sizes: int | Size,
        size: int | Size | None = None,
        dtype: DType | None = None,
        device: Device | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Ones of a shape, of this tensor's dtype.

        Args:
            sizes: the shape, as numbers or as one sequence. size: the same, by name.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_ones(3)
            tensor([1, 1, 1], dtype=int64)
        """
        return _beside(self, creation.ones(*sizes, size=size, dtype=_or_own(self, dtype), device=device), requires_grad)

    @takes_layout
    def new_empty(
        self: Tensor,
        *sizes: int | Size,
        size: int | Size | None = None,
        dtype: DType | None = None,
        device: Device | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """A tensor of a shape whose elements are not initialised, of this tensor's dtype.

        Args:
            sizes: the shape, as numbers or as one sequence. size: the same, by name.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_empty(2, 3).shape
            (2, 3)
        """
        return _beside(self, creation.empty(*sizes, size=size, dtype=_or_own(self, dtype), device=device), requires_grad)

    @takes_layout
    def new_empty_strided(
        self: Tensor, size: Size, stride: Sequence[int], dtype: DType | None = None, device: Device | None = None,
        requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        """A tensor that is not initialised, of this tensor's dtype: ``empty_strided``.

        Args:
            size: the shape. stride: for each dimension, how many elements lie between neighbours in memory.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Example:
            >>> import autograd
            >>> autograd.ones(1).new_empty_strided((2, 3), (1, 2)).stride()
            (1, 2)
        """
        return empty_strided(size, stride, dtype=_or_own(self, dtype), device=device, requires_grad=requires_grad)

    @takes_layout
    def new_full(
        self: Tensor,
        size: int | Size,
        fill_value: Number | Tensor,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """A tensor of a shape filled with one value, of this tensor's dtype.

        Args:
            size: the shape. fill_value: a number.
            dtype: another dtype. device: "cpu". requires_grad: whether gradients with respect to it are wanted.

        Raises:
            ArgumentError: a number that the dtype cannot hold.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_full((3,), 7)
            tensor([7, 7, 7], dtype=int64)
        """
        return _beside(self, creation.full(size, fill_value, _or_own(self, dtype), device), requires_grad)

    def new(self: Tensor, *args: int | ArrayLike, size: Size | None = None, device: Device | None = None) -> Tensor:
        """PyTorch's old way to make a tensor of this dtype: ``x.new(2, 3)`` has that shape, ``x.new([2, 3])`` holds these numbers.

        Args:
            args: a shape, or data. size: a shape, by name. device: "cpu" or None; there is no other.

        Example:
            >>> import autograd
            >>> x = autograd.arange(2)
            >>> x.new(2, 3).shape, x.new([7, 8])
            ((2, 3), tensor([7, 8], dtype=int64))
        """
        check_device(args[0] if args else (), device)
        return creation.finish(constructed(args if size is None else tuple(size), self.array.dtype))


def _beside(like: Tensor, made: Tensor, requires_grad: bool) -> Tensor:
    """A new tensor; within ``vmap`` it has values for each example where the other has them, so that these can be written."""
    if isinstance(like.array, StandIn):
        made.array = like.array.beside(made.array)
    return require_grad(made) if requires_grad else made


def _or_own(t: Tensor, dtype: DType | None) -> DType:
    return t.array.dtype if dtype is None else to_dtype(dtype)
