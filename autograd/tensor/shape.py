"""The methods of Tensor that concern shape, joining, splitting, indexing and order: one line each, naming the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from . import counting, ordering, picking, replacing, shaping, splitting
from .inplace import in_new_shape, in_place


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method whose numbers may be given one by one: ``x.view(2, 3)`` as ``view(x, (2, 3))``."""

    @wraps(function)
    def method(self: Any, *numbers: Any, **named: Any) -> Any:
        if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
            return function(self, tuple(numbers[0]), **named)
        return function(self, numbers, **named) if numbers or not named else function(self, **named)

    return method


class ShapeMethods:
    """What a Tensor can do that moves its numbers without changing them."""

    __slots__ = ()

    array: Any

    # ------------------------------------------------------------------------------------------------------------- shape
    reshape = spread(shaping.reshape)
    view = spread(shaping.view)
    flatten = shaping.flatten
    unflatten = shaping.unflatten
    ravel = shaping.ravel
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    expand = spread(shaping.expand)
    broadcast_to = spread(shaping.expand)
    permute = spread(shaping.permute)
    swapaxes = swapdims = shaping.transpose
    squeeze_ = in_new_shape(shaping.squeeze)
    unsqueeze_ = in_new_shape(shaping.unsqueeze)
    transpose_ = swapaxes_ = swapdims_ = in_new_shape(shaping.transpose)
    t_ = in_new_shape(shaping.t)
    movedim = moveaxis = shaping.movedim
    t = shaping.t
    adjoint = shaping.adjoint
    roll = shaping.roll
    tile = spread(shaping.tile)
    contiguous = shaping.contiguous
    clone = copy = shaping.clone
    astype = shaping.astype
    diagonal = shaping.diagonal
    diag_embed = shaping.diag_embed
    tril = shaping.tril
    triu = shaping.triu
    unfold = shaping.unfold
    conj = conjugate = conj_physical = shaping.conj
    conj_physical_ = in_place(shaping.conj)

    view_as = shaping.view_as
    reshape_as = shaping.reshape_as
    expand_as = shaping.expand_as
    sum_to_size = spread(shaping.sum_to_size)
    as_strided = shaping.as_strided
    flip = spread(shaping.flip)
    fliplr = shaping.fliplr
    flipud = shaping.flipud
    rot90 = shaping.rot90
    repeat = shaping.repeat
    repeat_interleave = shaping.repeat_interleave
    diag = shaping.diag
    diagflat = shaping.diagflat
    trace = shaping.trace

    # --------------------------------------------------------------------------------------------------------- splitting
    split = splitting.split
    split_with_sizes = unsafe_split = unsafe_split_with_sizes = splitting.split
    tensor_split = splitting.tensor_split
    chunk = unsafe_chunk = splitting.chunk
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit
    unbind = splitting.unbind
    narrow = splitting.narrow
    narrow_copy = splitting.narrow_copy
    select = splitting.select

    # ---------------------------------------------------------------------------------------------------------- indexing
    take = picking.take
    take_along_dim = picking.take_along_dim
    gather = picking.gather
    scatter = picking.scatter
    scatter_add = picking.scatter_add
    scatter_reduce = picking.scatter_reduce
    index_select = picking.index_select
    index_add = picking.index_add
    index_copy = picking.index_copy
    index_fill = picking.index_fill
    index_put = picking.index_put
    masked_fill = picking.masked_fill
    masked_select = picking.masked_select
    masked_scatter = picking.masked_scatter
    put = picking.put
    index_reduce = picking.index_reduce
    select_scatter = replacing.select_scatter
    slice_scatter = replacing.slice_scatter
    diagonal_scatter = replacing.diagonal_scatter
    as_strided_scatter = replacing.as_strided_scatter
    nonzero = counting.nonzero
    argwhere = counting.argwhere
    bincount = counting.bincount
    histc = counting.histc
    histogram = counting.histogram
    nonzero_static = counting.nonzero_static
    unique = counting.unique
    unique_consecutive = counting.unique_consecutive
    isin = counting.isin

    scatter_ = in_place(picking.scatter)
    scatter_add_ = in_place(picking.scatter_add)
    scatter_reduce_ = in_place(picking.scatter_reduce)
    index_add_ = in_place(picking.index_add)
    index_copy_ = in_place(picking.index_copy)
    index_fill_ = in_place(picking.index_fill)
    index_put_ = in_place(picking.index_put)
    masked_fill_ = in_place(picking.masked_fill)
    masked_scatter_ = in_place(picking.masked_scatter)
    put_ = in_place(picking.put)
    index_reduce_ = in_place(picking.index_reduce)
    tril_ = in_place(shaping.tril)
    triu_ = in_place(shaping.triu)

    # ------------------------------------------------------------------------------------------------------------- order
    sort = ordering.sort
    argsort = ordering.argsort
    msort = ordering.msort
    topk = ordering.topk
    kthvalue = ordering.kthvalue
    median = ordering.median
    nanmedian = ordering.nanmedian
    mode = ordering.mode
    quantile = ordering.quantile
    nanquantile = ordering.nanquantile

    def transpose(self, *dims: Any) -> Any:
        """Two dimensions exchanged; with none or all of them named, NumPy's ``transpose``: the dimensions in that order.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3, 4)
            >>> x.transpose(0, 2).shape, x.transpose(1, 0, 2).shape
            ((4, 3, 2), (3, 2, 4))
        """
        if len(dims) == 2:
            return shaping.transpose(self, *dims)
        return shaping.permute(self, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims or None)

    @property
    def T(self) -> Any:  # noqa: N802
        """The dimensions in reverse order.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).T
            tensor([[1, 3],
                    [2, 4]], dtype=int64)
        """
        return shaping.permute(self)

    @property
    def mT(self) -> Any:  # noqa: N802
        """The matrices in the last two dimensions, transposed.

        Example:
            >>> import autograd
            >>> autograd.ones(5, 2, 3).mT.shape
            (5, 3, 2)
        """
        return shaping.transpose(self, -2, -1)

    @property
    def mH(self) -> Any:  # noqa: N802
        """The matrices in the last two dimensions, conjugated and transposed.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).mH
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        return shaping.adjoint(self)

    @property
    def H(self) -> Any:  # noqa: N802
        """A matrix, conjugated and transposed.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).H
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        return shaping.conj(shaping.t(self))

    @property
    def real(self) -> Any:
        """The real part, a view; a real tensor itself.

        Example:
            >>> import autograd
            >>> z = autograd.tensor([1 + 2j])
            >>> z.real[0] = 5.0
            >>> z
            tensor([5.+2.j], dtype=complex64)
        """
        return shaping.real(self) if self.array.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        """The imaginary part of complex numbers, a view.

        Example:
            >>> import autograd
            >>> autograd.tensor([1 + 2j]).imag
            tensor([2.], dtype=float32)
        """
        return shaping.imag(self)
