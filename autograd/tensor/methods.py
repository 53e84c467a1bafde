"""The methods of Tensor that are functions of autograd as well: ``x.exp()`` is ``autograd.exp(x)``.

One line each, family by family. A method with a body of its own takes its arguments in another order or number than the function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from warnings import warn

import numpy as np

from ..engine.recording import alias
from ..errors import DtypeError, ShapeError, describe
from ..functions import activation, distance, elementwise, indexing, reduction, shape, sorting, special, statistics
from ..functions import histogram as histograms
from ..functions import scatter as scattering
from ..functions import split as splitting
from ..functions import stft as spectral
from ..functions.linalg import householder, lowrank, matrix, product
from ..types import DType, Tensor, TensorLike
from .strided import in_bytes_of


def spread(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method whose numbers may be given one by one: ``x.view(2, 3)`` as ``view(x, (2, 3))``."""

    @wraps(function)
    def method(self: Tensor, *numbers: Any, **named: Any) -> Tensor:
        if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
            return function(self, tuple(numbers[0]), **named)
        return function(self, numbers, **named) if numbers or not named else function(self, **named)

    return method


def renamed(function: Callable[..., Any], **names: str) -> Callable[..., Any]:
    """The method with further names for its arguments: those that PyTorch's methods have, where its functions have others."""

    @wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        for name in kwargs.keys() & names.keys():
            kwargs[names[name]] = kwargs.pop(name)
        return function(self, *args, **kwargs)

    return method


_in_shape = renamed(spread(shape.view), size="shape")

_flip = spread(shape.flip)


@wraps(_in_shape)
def _view(self: Tensor, *numbers: Any, dtype: DType | None = None, **named: Any) -> Tensor:
    if dtype is not None or (len(numbers) == 1 and (isinstance(numbers[0], np.dtype) or type(numbers[0]) is type)):
        return in_bytes_of(self, numbers[0] if dtype is None else dtype)
    return _in_shape(self, *numbers, **named)


def _real_of(value: Any) -> Any:
    """A value for one of the parts of complex numbers. Of complex values it is the real part, with PyTorch's warning."""
    if getattr(value, "dtype", np.dtype(float)).kind != "c":
        return value
    warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
    return value.real


class Methods:
    """The functions of autograd that a tensor has as methods and properties."""

    __slots__ = ()

    # -------------------------------------------------------------------------------------------------------- arithmetic
    add = elementwise.add
    sub = elementwise.sub
    subtract = elementwise.subtract
    mul = elementwise.mul
    multiply = elementwise.multiply
    div = elementwise.div
    divide = elementwise.divide
    true_divide = elementwise.true_divide
    neg = elementwise.neg
    negative = elementwise.negative
    positive = elementwise.positive
    reciprocal = elementwise.reciprocal
    square = elementwise.square
    lerp = elementwise.lerp
    addcmul = elementwise.addcmul
    addcdiv = elementwise.addcdiv
    floor_divide = elementwise.floor_divide
    remainder = elementwise.remainder
    fmod = elementwise.fmod
    abs = elementwise.abs
    absolute = elementwise.absolute
    sign = elementwise.sign
    sgn = elementwise.sgn
    angle = elementwise.angle
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    fmax = elementwise.fmax
    fmin = elementwise.fmin
    clamp = elementwise.clamp
    clip = elementwise.clip
    clamp_min = elementwise.clamp_min
    clamp_max = elementwise.clamp_max
    copysign = elementwise.copysign
    hypot = elementwise.hypot
    pow = elementwise.pow
    float_power = elementwise.float_power
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    exp = elementwise.exp
    exp2 = elementwise.exp2
    expm1 = elementwise.expm1
    log = elementwise.log
    log2 = elementwise.log2
    log10 = elementwise.log10
    log1p = elementwise.log1p
    logaddexp = elementwise.logaddexp
    logaddexp2 = elementwise.logaddexp2
    sigmoid = elementwise.sigmoid

    # ------------------------------------------------------------------------------------------------------------ angles
    sin = elementwise.sin
    cos = elementwise.cos
    tan = elementwise.tan
    asin = elementwise.asin
    arcsin = elementwise.arcsin
    acos = elementwise.acos
    arccos = elementwise.arccos
    atan = elementwise.atan
    arctan = elementwise.arctan
    atan2 = elementwise.atan2
    arctan2 = elementwise.arctan2
    sinh = elementwise.sinh
    cosh = elementwise.cosh
    tanh = elementwise.tanh
    asinh = elementwise.asinh
    arcsinh = elementwise.arcsinh
    acosh = elementwise.acosh
    arccosh = elementwise.arccosh
    atanh = elementwise.atanh
    arctanh = elementwise.arctanh
    deg2rad = elementwise.deg2rad
    rad2deg = elementwise.rad2deg

    # ---------------------------------------------------------------------------------------------------------- rounding
    floor = elementwise.floor
    ceil = elementwise.ceil
    trunc = elementwise.trunc
    fix = elementwise.fix
    frac = elementwise.frac
    heaviside = elementwise.heaviside
    nan_to_num = elementwise.nan_to_num
    frexp = elementwise.frexp
    ldexp = elementwise.ldexp
    nextafter = elementwise.nextafter

    def round(self: Tensor, decimals: int = 0) -> Tensor:
        """To the nearest integer, or to a number of decimals; halves to even.

        Example:
            >>> import autograd
            >>> autograd.tensor([2.5, 2.71828]).round(decimals=2)
            tensor([2.5000, 2.7200], dtype=float32)
        """
        return elementwise.round(self, decimals=decimals)

    # ------------------------------------------------------------------------------------------------------- comparisons
    eq = elementwise.eq
    ne = elementwise.ne
    not_equal = elementwise.not_equal
    lt = elementwise.lt
    less = elementwise.less
    le = elementwise.le
    less_equal = elementwise.less_equal
    gt = elementwise.gt
    greater = elementwise.greater
    ge = elementwise.ge
    greater_equal = elementwise.greater_equal
    isclose = elementwise.isclose
    allclose = elementwise.allclose
    equal = elementwise.equal
    isnan = elementwise.isnan
    isinf = elementwise.isinf
    isfinite = elementwise.isfinite
    isposinf = elementwise.isposinf
    isneginf = elementwise.isneginf
    isreal = elementwise.isreal
    signbit = elementwise.signbit
    logical_and = elementwise.logical_and
    logical_or = elementwise.logical_or
    logical_xor = elementwise.logical_xor
    logical_not = elementwise.logical_not
    bitwise_and = elementwise.bitwise_and
    bitwise_or = elementwise.bitwise_or
    bitwise_xor = elementwise.bitwise_xor
    bitwise_not = elementwise.bitwise_not
    bitwise_left_shift = elementwise.bitwise_left_shift
    bitwise_right_shift = elementwise.bitwise_right_shift
    gcd = elementwise.gcd
    lcm = elementwise.lcm

    def where(self: Tensor, condition: TensorLike, other: TensorLike) -> Tensor:
        """This tensor where the condition holds, the other elsewhere.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([-1.0, 2.0])
            >>> x.where(x > 0, 0.0)
            tensor([0., 2.], dtype=float32)
        """
        return elementwise.where(condition, self, other)

    # --------------------------------------------------------------------------------------------------------- reductions
    sum = reduction.sum
    mean = reduction.mean
    amax = reduction.amax
    amin = reduction.amin
    aminmax = reduction.aminmax
    max = renamed(reduction.max, other="dim")
    min = renamed(reduction.min, other="dim")
    ptp = reduction.ptp
    argmax = reduction.argmax
    argmin = reduction.argmin
    all = reduction.all
    any = reduction.any
    count_nonzero = reduction.count_nonzero
    logsumexp = reduction.logsumexp
    var = reduction.var
    std = reduction.std
    norm = lowrank.norm
    dist = reduction.dist
    renorm = distance.renorm

    prod = reduction.prod
    cumsum = reduction.cumsum
    cumprod = reduction.cumprod
    cummax = reduction.cummax
    cummin = reduction.cummin
    logcumsumexp = reduction.logcumsumexp
    nansum = statistics.nansum
    nanmean = statistics.nanmean
    diff = statistics.diff
    cov = statistics.cov
    corrcoef = statistics.corrcoef

    # ------------------------------------------------------------------------------------------------- special functions
    erf = special.erf
    erfc = special.erfc
    erfinv = special.erfinv
    lgamma = special.lgamma
    digamma = special.digamma
    i0 = special.i0
    logit = special.logit
    sinc = special.sinc
    xlogy = special.xlogy
    igamma = special.igamma
    igammac = special.igammac
    mvlgamma = special.mvlgamma

    def polygamma(self: Tensor, n: int) -> Tensor:
        """The n-th derivative of digamma: ``autograd.polygamma(n, tensor)``.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0]).polygamma(1)
            tensor([1.6449], dtype=float32)
        """
        return special.polygamma(n, self)

    # ------------------------------------------------------------------------------------------------------------- shape
    reshape = spread(shape.reshape)
    view = _view
    flatten = shape.flatten
    unflatten = shape.unflatten
    ravel = shape.ravel
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    expand = spread(shape.expand)
    broadcast_to = renamed(spread(shape.broadcast_to), size="shape")
    permute = spread(shape.permute)
    swapaxes = shape.swapaxes
    swapdims = shape.swapdims
    movedim = shape.movedim
    moveaxis = shape.moveaxis
    t = shape.t
    adjoint = shape.adjoint
    roll = shape.roll
    tile = spread(shape.tile)
    contiguous = shape.contiguous
    clone = shape.clone
    copy = alias(shape.clone, "copy")
    astype = shape.astype
    diagonal = shape.diagonal
    diag_embed = shape.diag_embed
    tril = shape.tril
    triu = shape.triu
    unfold = shape.unfold
    conj = shape.conj
    conjugate = alias(shape.conj, "conjugate")
    conj_physical = shape.conj_physical

    view_as = shape.view_as
    reshape_as = shape.reshape_as
    expand_as = shape.expand_as
    sum_to_size = spread(shape.sum_to_size)
    as_strided = shape.as_strided

    @wraps(shape.flip)
    def flip(self: Tensor, *dims: int | Sequence[int], **named: Sequence[int]) -> Tensor:
        if not dims and not named:
            raise TypeError("flip is missing 'dims'; it takes input, dims")
        return _flip(self, *dims, **named)

    fliplr = shape.fliplr
    flipud = shape.flipud
    rot90 = shape.rot90
    repeat = shape.repeat
    repeat_interleave = shape.repeat_interleave
    diag = shape.diag
    diagflat = shape.diagflat
    trace = shape.trace

    # --------------------------------------------------------------------------------------------------------- splitting
    split = renamed(splitting.split, split_size="split_size_or_sections")
    split_with_sizes = renamed(splitting.split_with_sizes, split_sizes="split_size_or_sections")
    unsafe_split = renamed(splitting.unsafe_split, split_size="split_size_or_sections")
    unsafe_split_with_sizes = renamed(splitting.unsafe_split_with_sizes, split_sizes="split_size_or_sections")
    tensor_split = renamed(splitting.tensor_split, indices="indices_or_sections", sections="indices_or_sections")
    chunk = splitting.chunk
    unsafe_chunk = splitting.unsafe_chunk
    hsplit = renamed(splitting.hsplit, indices="indices_or_sections", sections="indices_or_sections")
    vsplit = renamed(splitting.vsplit, indices="indices_or_sections", sections="indices_or_sections")
    dsplit = renamed(splitting.dsplit, indices="indices_or_sections", sections="indices_or_sections")
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

    def transpose(self: Tensor, *dims: int | Sequence[int] | None, **named: int) -> Tensor:
        """Two dimensions exchanged, dim0 and dim1; with none or all of them, NumPy's ``transpose``: the dimensions in that order.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3, 4)
            >>> x.transpose(0, 2).shape, x.transpose(1, 0, 2).shape
            ((4, 3, 2), (3, 2, 4))
        """
        if len(dims) == 2 or named:
            return shape.transpose(self, *dims, **named)
        order: Any = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims or None
        return shape.permute(self, order)

    @property
    def T(self: Tensor) -> Tensor:  # noqa: N802
        """The dimensions in reverse order.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).T
            tensor([[1, 3],
                    [2, 4]], dtype=int64)
        """
        return shape.permute(self)

    @property
    def mT(self: Tensor) -> Tensor:  # noqa: N802
        """Each matrix of the last two dimensions, transposed.

        Example:
            >>> import autograd
            >>> autograd.ones(5, 2, 3).mT.shape
            (5, 3, 2)
        """
        if self.ndim < 2:
            raise ShapeError(f"tensor.mT is only supported on matrices or batches of matrices, not {describe(self.array)}")
        return shape.transpose(self, -2, -1)

    @property
    def mH(self: Tensor) -> Tensor:  # noqa: N802
        """Each matrix of the last two dimensions, conjugated and transposed: a view if the numbers are real.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).mH
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        return shape.adjoint(self)

    @property
    def H(self: Tensor) -> Tensor:  # noqa: N802
        """A matrix, conjugated and transposed: a view if the numbers are real.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1j, 2.0]]).H
            tensor([[0.-1.j],
                    [2.-0.j]], dtype=complex64)
        """
        if self.ndim not in (0, 2):
            raise ShapeError(f"tensor.H is only supported on matrices (2-D tensors), not {describe(self.array)}")
        return shape.conj(shape.t(self))

    @property
    def real(self: Tensor) -> Tensor:
        """The real part, a view; a real tensor itself.

        Example:
            >>> import autograd
            >>> z = autograd.tensor([1 + 2j])
            >>> z.real[0] = 5.0
            >>> z
            tensor([5.+2.j], dtype=complex64)
        """
        return shape.real(self) if self.array.dtype.kind == "c" else self

    @real.setter
    def real(self: Tensor, value: TensorLike) -> None:
        self.real.copy_(_real_of(value))

    @property
    def imag(self: Tensor) -> Tensor:
        """The imaginary part of complex numbers, a view.

        Example:
            >>> import autograd
            >>> autograd.tensor([1 + 2j]).imag
            tensor([2.], dtype=float32)
        """
        return shape.imag(self)

    @imag.setter
    def imag(self: Tensor, value: TensorLike) -> None:
        if self.array.dtype.kind != "c":
            raise DtypeError(f"imag: {describe(self.array)} has no imaginary part to write: convert it to a complex dtype first")
        self.imag.copy_(_real_of(value))

    # ---------------------------------------------------------------------------------------------------------- products
    matmul = product.matmul
    mm = product.mm
    bmm = product.bmm
    mv = product.mv
    dot = product.dot
    vdot = product.vdot
    inner = product.inner
    outer = product.outer
    ger = product.ger
    kron = product.kron
    addmm = product.addmm
    addmv = product.addmv
    addr = product.addr
    addbmm = product.addbmm
    baddbmm = product.baddbmm
    cross = lowrank.cross

    # --------------------------------------------------------------------------------------------------- neural networks
    relu = activation.relu
    softmax = activation.softmax
    log_softmax = activation.log_softmax
    hardshrink = activation.hardshrink
    prelu = activation.prelu
    stft = spectral.stft
    istft = spectral.istft

    # ---------------------------------------------------------------------------------------------------- linear algebra
    det = matrix.det
    logdet = matrix.logdet
    slogdet = matrix.slogdet
    inverse = matrix.inverse
    pinverse = matrix.pinverse
    cholesky = matrix.cholesky
    cholesky_solve = matrix.cholesky_solve
    cholesky_inverse = matrix.cholesky_inverse
    qr = matrix.qr
    matrix_power = matrix.matrix_power
    matrix_exp = matrix.matrix_exp
    geqrf = householder.geqrf
    orgqr = householder.orgqr
    ormqr = householder.ormqr
    svd = lowrank.svd
    lu = lowrank.lu
    lu_solve = lowrank.lu_solve
    triangular_solve = lowrank.triangular_solve
