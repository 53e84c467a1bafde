"""The methods of Tensor that concern shape, joining, splitting, indexing and order: one line each, naming the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..functions import elementwise, indexing, shape, sorting
from ..functions import histogram as histograms
from ..functions import scatter as scattering
from ..functions import split as splitting
from ..functions.inplace import in_new_shape, in_place


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
    reshape = spread(shape.reshape)
    view = spread(shape.view)
    flatten = shape.flatten
    unflatten = shape.unflatten
    ravel = shape.ravel
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    expand = spread(shape.expand)
    broadcast_to = spread(shape.expand)
    permute = spread(shape.permute)
    swapaxes = swapdims = shape.transpose
    squeeze_ = in_new_shape(shape.squeeze)
    unsqueeze_ = in_new_shape(shape.unsqueeze)
    transpose_ = swapaxes_ = swapdims_ = in_new_shape(shape.transpose)
    t_ = in_new_shape(shape.t)
    movedim = moveaxis = shape.movedim
    t = shape.t
    adjoint = shape.adjoint
    roll = shape.roll
    tile = spread(shape.tile)
    contiguous = shape.contiguous
    clone = copy = shape.clone
    astype = shape.astype
    diagonal = shape.diagonal
    diag_embed = shape.diag_embed
    tril = shape.tril
    triu = shape.triu
    unfold = shape.unfold
    conj = conjugate = conj_physical = shape.conj
    conj_physical_ = in_place(shape.conj)

    view_as = shape.view_as
    reshape_as = shape.reshape_as
    expand_as = shape.expand_as
    sum_to_size = spread(shape.sum_to_size)
    as_strided = shape.as_strided

    @wraps(shape.flip)
    def flip(self, *dims: Any) -> Any:
        if not dims:
            raise TypeError("flip is missing 'dims'; it takes input, dims")
        return shape.flip(self, tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], list | tuple) else dims)

    fliplr = shape.fliplr
    flipud = shape.flipud
    rot90 = shape.rot90
    repeat = shape.repeat
    repeat_interleave = shape.repeat_interleave
    diag = shape.diag
    diagflat = shape.diagflat
    trace = shape.trace

    # --------------------------------------------------------------------------------------------------------- splitting
    split = splitting.split
    split_with_sizes = unsafe_split = unsafe_split_with_sizes = splitting.split
    tensor_split = splitting.tensor_split
    chunk = unsafe_chunk = splitting.chunk
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit
    unbind = splitting.unbind
    narrow = indexing.narrow
    narrow_copy = indexing.narrow_copy
    select = indexing.select

    # ---------------------------------------------------------------------------------------------------------- indexing
    take = indexing.take
    take_along_dim = indexing.take_along_dim
    gather = indexing.gather
    scatter = scattering.scatter
    scatter_add = scattering.scatter_add
    scatter_reduce = scattering.scatter_reduce
    index_select = indexing.index_select
    index_add = indexing.index_add
    index_copy = indexing.index_copy
    index_fill = indexing.index_fill
    index_put = indexing.index_put
    masked_fill = indexing.masked_fill
    masked_select = indexing.masked_select
    masked_scatter = scattering.masked_scatter
    put = indexing.put
    index_reduce = indexing.index_reduce
    select_scatter = scattering.select_scatter
    slice_scatter = scattering.slice_scatter
    diagonal_scatter = scattering.diagonal_scatter
    as_strided_scatter = scattering.as_strided_scatter
    nonzero = indexing.nonzero
    argwhere = indexing.argwhere
    bincount = histograms.bincount
    histc = histograms.histc
    histogram = histograms.histogram
    nonzero_static = indexing.nonzero_static
    unique = sorting.unique
    unique_consecutive = sorting.unique_consecutive
    isin = elementwise.isin

    scatter_ = in_place(scattering.scatter)
    scatter_add_ = in_place(scattering.scatter_add)
    scatter_reduce_ = in_place(scattering.scatter_reduce)
    index_add_ = in_place(indexing.index_add)
    index_copy_ = in_place(indexing.index_copy)
    index_fill_ = in_place(indexing.index_fill)
    index_put_ = in_place(indexing.index_put)
    masked_fill_ = in_place(indexing.masked_fill)
    masked_scatter_ = in_place(scattering.masked_scatter)
    put_ = in_place(indexing.put)
    index_reduce_ = in_place(indexing.index_reduce)
    tril_ = in_place(shape.tril)
    triu_ = in_place(shape.triu)

    # ------------------------------------------------------------------------------------------------------------- order
    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    median = sorting.median
    nanmedian = sorting.nanmedian
    mode = sorting.mode
    quantile = sorting.quantile
    nanquantile = sorting.nanquantile

    def transpose(self: Any, *dims: Any) -> Any:
        """Two dimensions exchanged; with none or all of them named, NumPy's ``transpose``: the dimensions in that order.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3, 4)
            >>> x.transpose(0, 2).shape, x.transpose(1, 0, 2).shape
            ((4, 3, 2), (3, 2, 4))
        """
        if len(dims) == 2:
            return shape.transpose(self, *dims)
        return shape.permute(self, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims or None)

    @property
    def T(self: Any) -> Any:  # noqa: N802
        """The dimensions in reverse order.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).T
            tensor([[1, 3],
                    [2, 4]], dtype=int64)
        """
        return shape.permute(self)

    @property
    def mT(self) -> Any:  # noqa: N802
        """The matrices in the last two dimensions, transposed.

        Example:
            >>> import autograd
            >>> autograd.ones(5, 2, 3).mT.shape
            (5, 3, 2)
        """
        return shape.transpose(self, -2, -1)

    @property
    def mH(self: Any) -> Any:  # noqa: N802
        """The matrices in the last two dimensions, conjugated and transposed.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).mH
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        return shape.adjoint(self)

    @property
    def H(self: Any) -> Any:  # noqa: N802
        """A matrix, conjugated and transposed.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).H
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        return shape.conj(shape.t(self))

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
        return shape.real(self) if self.array.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        """The imaginary part of complex numbers, a view.

        Example:
            >>> import autograd
            >>> autograd.tensor([1 + 2j]).imag
            tensor([2.], dtype=float32)
        """
        return shape.imag(self)
