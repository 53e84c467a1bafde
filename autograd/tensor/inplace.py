"""The methods of Tensor that write in place and return the tensor: ``x.exp_()`` writes what ``x.exp()`` computes.

functions/inplace.py makes them, records what they write, and refuses what no gradient could follow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine.dtypes import number_as, to_array
from ..engine.gradients import node_of
from ..engine.graph import make
from ..errors import DtypeError, GraphError, ShapeError, describe
from ..functions import activation, distance, elementwise, indexing, reduction, shape, special
from ..functions import scatter as scattering
from ..functions.creation import is_tensor
from ..functions.inplace import assign, in_new_shape, in_place
from ..functions.linalg import product
from ..types import Number, Tensor, TensorLike
from .methods import Methods

_float_power_ = in_place(elementwise.float_power)


class InPlace:
    """The methods that end in an underscore."""

    __slots__ = ()

    # -------------------------------------------------------------------------------------------------- element by element
    mul_ = in_place(elementwise.mul)
    multiply_ = in_place(elementwise.multiply)
    floor_divide_ = in_place(elementwise.floor_divide)
    remainder_ = in_place(elementwise.remainder)
    pow_ = in_place(elementwise.pow)
    bitwise_and_ = in_place(elementwise.bitwise_and)
    bitwise_or_ = in_place(elementwise.bitwise_or)
    bitwise_xor_ = in_place(elementwise.bitwise_xor)
    bitwise_not_ = in_place(elementwise.bitwise_not)
    bitwise_left_shift_ = in_place(elementwise.bitwise_left_shift)
    bitwise_right_shift_ = in_place(elementwise.bitwise_right_shift)
    add_ = in_place(elementwise.add)
    sub_ = in_place(elementwise.sub)
    subtract_ = in_place(elementwise.subtract)
    div_ = in_place(elementwise.div)
    divide_ = in_place(elementwise.divide)
    true_divide_ = in_place(elementwise.true_divide)
    neg_ = in_place(elementwise.neg)
    negative_ = in_place(elementwise.negative)
    reciprocal_ = in_place(elementwise.reciprocal)
    square_ = in_place(elementwise.square)
    lerp_ = in_place(elementwise.lerp)
    addcmul_ = in_place(elementwise.addcmul)
    addcdiv_ = in_place(elementwise.addcdiv)
    fmod_ = in_place(elementwise.fmod)
    abs_ = in_place(elementwise.abs)
    absolute_ = in_place(elementwise.absolute)
    sign_ = in_place(elementwise.sign)
    sgn_ = in_place(elementwise.sgn)
    clamp_ = in_place(elementwise.clamp)
    clip_ = in_place(elementwise.clip)
    clamp_min_ = in_place(elementwise.clamp_min)
    clamp_max_ = in_place(elementwise.clamp_max)
    copysign_ = in_place(elementwise.copysign)
    hypot_ = in_place(elementwise.hypot)
    gcd_ = in_place(elementwise.gcd)
    lcm_ = in_place(elementwise.lcm)
    heaviside_ = in_place(elementwise.heaviside)
    ldexp_ = in_place(elementwise.ldexp)
    nextafter_ = in_place(elementwise.nextafter)
    sqrt_ = in_place(elementwise.sqrt)
    rsqrt_ = in_place(elementwise.rsqrt)
    exp_ = in_place(elementwise.exp)
    exp2_ = in_place(elementwise.exp2)
    expm1_ = in_place(elementwise.expm1)
    log_ = in_place(elementwise.log)
    log2_ = in_place(elementwise.log2)
    log10_ = in_place(elementwise.log10)
    log1p_ = in_place(elementwise.log1p)
    sigmoid_ = in_place(elementwise.sigmoid)
    sin_ = in_place(elementwise.sin)
    cos_ = in_place(elementwise.cos)
    tan_ = in_place(elementwise.tan)
    asin_ = in_place(elementwise.asin)
    arcsin_ = in_place(elementwise.arcsin)
    acos_ = in_place(elementwise.acos)
    arccos_ = in_place(elementwise.arccos)
    atan_ = in_place(elementwise.atan)
    arctan_ = in_place(elementwise.arctan)
    atan2_ = in_place(elementwise.atan2)
    arctan2_ = in_place(elementwise.arctan2)
    sinh_ = in_place(elementwise.sinh)
    cosh_ = in_place(elementwise.cosh)
    tanh_ = in_place(elementwise.tanh)
    asinh_ = in_place(elementwise.asinh)
    arcsinh_ = in_place(elementwise.arcsinh)
    acosh_ = in_place(elementwise.acosh)
    arccosh_ = in_place(elementwise.arccosh)
    atanh_ = in_place(elementwise.atanh)
    arctanh_ = in_place(elementwise.arctanh)
    deg2rad_ = in_place(elementwise.deg2rad)
    rad2deg_ = in_place(elementwise.rad2deg)
    floor_ = in_place(elementwise.floor)
    ceil_ = in_place(elementwise.ceil)
    trunc_ = in_place(elementwise.trunc)
    fix_ = in_place(elementwise.fix)
    frac_ = in_place(elementwise.frac)
    round_ = in_place(elementwise.round)
    nan_to_num_ = in_place(elementwise.nan_to_num)
    eq_ = in_place(elementwise.eq)
    ne_ = in_place(elementwise.ne)
    not_equal_ = in_place(elementwise.not_equal)
    lt_ = in_place(elementwise.lt)
    less_ = in_place(elementwise.less)
    le_ = in_place(elementwise.le)
    less_equal_ = in_place(elementwise.less_equal)
    gt_ = in_place(elementwise.gt)
    greater_ = in_place(elementwise.greater)
    ge_ = in_place(elementwise.ge)
    greater_equal_ = in_place(elementwise.greater_equal)
    logical_and_ = in_place(elementwise.logical_and)
    logical_or_ = in_place(elementwise.logical_or)
    logical_xor_ = in_place(elementwise.logical_xor)
    logical_not_ = in_place(elementwise.logical_not)
    erf_ = in_place(special.erf)
    erfc_ = in_place(special.erfc)
    erfinv_ = in_place(special.erfinv)
    lgamma_ = in_place(special.lgamma)
    digamma_ = in_place(special.digamma)
    i0_ = in_place(special.i0)
    logit_ = in_place(special.logit)
    sinc_ = in_place(special.sinc)
    xlogy_ = in_place(special.xlogy)
    polygamma_ = in_place(Methods.polygamma)
    mvlgamma_ = in_place(special.multigammaln)
    igamma_ = in_place(special.gammainc)
    igammac_ = in_place(special.gammaincc)
    cumsum_ = in_place(reduction.cumsum)
    cumprod_ = in_place(reduction.cumprod)
    renorm_ = in_place(distance.renorm)
    conj_physical_ = in_place(shape.conj)
    relu_ = in_place(activation.relu)
    tril_ = in_place(shape.tril)
    triu_ = in_place(shape.triu)

    # ----------------------------------------------------------------------------------------------------------- products
    addmm_ = in_place(product.addmm)
    addmv_ = in_place(product.addmv)
    addr_ = in_place(product.addr)
    addbmm_ = in_place(product.addbmm)
    baddbmm_ = in_place(product.baddbmm)

    # ----------------------------------------------------------------------------------------------------------- indexing
    scatter_ = in_place(scattering.scatter)
    scatter_add_ = in_place(scattering.scatter_add)
    scatter_reduce_ = in_place(scattering.scatter_reduce)
    masked_scatter_ = in_place(scattering.masked_scatter)
    masked_fill_ = in_place(indexing.masked_fill)
    index_add_ = in_place(indexing.index_add)
    index_copy_ = in_place(indexing.index_copy)
    index_fill_ = in_place(indexing.index_fill)
    index_put_ = in_place(indexing.index_put)
    index_reduce_ = in_place(indexing.index_reduce)
    put_ = in_place(indexing.put)

    # ---------------------------------------------------------------------------- another shape of the same memory, in place
    squeeze_ = in_new_shape(shape.squeeze)
    unsqueeze_ = in_new_shape(shape.unsqueeze)
    transpose_ = in_new_shape(shape.transpose)
    swapaxes_ = in_new_shape(shape.swapaxes)
    swapdims_ = in_new_shape(shape.swapdims)
    t_ = in_new_shape(shape.t)

    # --------------------------------------------------------------------------------------------------- writing everything
    def float_power_(self: Tensor, exponent: TensorLike) -> Tensor:
        """In-place form of ``float_power``, for a tensor of float64 or complex128: the result is in double precision.

        Raises:
            DtypeError: another dtype.

        Example:
            >>> import autograd
            >>> autograd.tensor([2.0, 4.0], dtype=autograd.float64).float_power_(2)
            tensor([ 4., 16.], dtype=float64)
        """
        if self.array.dtype.char not in "dD":
            raise DtypeError(
                f"float_power_: the base is {describe(self.array)} and the result in double precision: use pow_, or float_power"
            )
        return _float_power_(self, exponent)

    def copy_(self: Tensor, src: TensorLike, non_blocking: bool = False) -> Tensor:
        """Write another tensor's values here; they broadcast, and are converted to this dtype. Gradients follow them.

        Raises:
            DtypeError: complex values into real memory. ShapeError: values that do not fit. ArgumentError: a number that this
            dtype cannot hold.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> x = autograd.zeros(2)
            >>> (x.copy_(w) * 3).sum().backward()
            >>> w.grad
            tensor([3., 3.], dtype=float32)
        """
        return assign(self, _converted(self, src, "copy_"), name="copy_")

    def fill_(self: Tensor, value: TensorLike) -> Tensor:
        """Write one number, or a tensor with no dimensions, everywhere.

        Raises:
            ArgumentError: a number that this dtype cannot hold. ShapeError: a tensor with dimensions.

        Example:
            >>> import autograd
            >>> autograd.zeros(2).fill_(7)
            tensor([7., 7.], dtype=float32)
        """
        source = _converted(self, value, "fill_")
        if source.array.ndim:
            raise ShapeError(f"fill_ only supports 0-dimension value tensor but got {describe(source.array)}: copy_ broadcasts")
        return assign(self, source, name="fill_")

    def zero_(self: Tensor) -> Tensor:
        """Write zeros everywhere.

        Example:
            >>> import autograd
            >>> autograd.ones(2).zero_()
            tensor([0., 0.], dtype=float32)
        """
        return assign(self, make(np.zeros((), self.array.dtype)), name="zero_")

    def fill_diagonal_(self: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
        """Write a number along the main diagonal of a matrix, or of a tensor whose dimensions are all equal.

        Args:
            fill_value: the number.
            wrap: for a matrix with more rows than columns, start again at the left after the last column.

        Raises:
            ShapeError: fewer than 2 dimensions, or more that are not equal. ArgumentError: a number that this dtype cannot hold.

        Example:
            >>> import autograd
            >>> autograd.zeros(2, 3).fill_diagonal_(7)
            tensor([[7., 0., 0.],
                    [0., 7., 0.]], dtype=float32)
        """
        if self.array.ndim < 2:
            raise ShapeError(f"fill_diagonal_ needs at least 2 dimensions, not {describe(self.array)}")
        if self.array.ndim > 2 and len(set(self.array.shape)) > 1:
            raise ShapeError(f"fill_diagonal_ needs equal dimensions where there are more than 2, not {describe(self.array)}")
        mask = np.zeros(self.array.shape, np.bool_)
        np.fill_diagonal(mask, True, wrap=wrap)
        return assign(self, number_as(fill_value, self.array.dtype, "fill_diagonal_"), mask, "fill_diagonal_")

    def apply_(self: Tensor, callable: Callable[[Number], Number]) -> Tensor:
        """Replace each element by what a Python function of it returns. Slow, and without gradients.

        Raises:
            GraphError: the tensor requires a gradient. ArgumentError: the function returned what this dtype cannot hold.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).apply_(lambda v: v * v + 1)
            tensor([2., 5.], dtype=float32)
        """
        if node_of(self) is not None:
            raise GraphError("apply_ can't be recorded: a Python function of numbers has no gradient here; detach() first")
        array = self.array
        values = [number_as(callable(v), array.dtype, "apply_") for v in array.ravel().tolist()]
        return assign(self, np.array(values, array.dtype).reshape(array.shape), name="apply_")


def _converted(target: Tensor, source: TensorLike, name: str) -> Tensor:
    """What is to be written, in the target's dtype: a Python number goes there in one step, by way of no other dtype."""
    dtype = target.array.dtype
    if is_tensor(source):
        if source.array.dtype.kind == "c" and dtype.kind != "c":
            raise DtypeError(
                f"{name}: complex {describe(source.array)} does not go into {describe(target.array)}: take .real first"
            )
        return source.to(dtype)
    if isinstance(source, int | float | complex | np.generic):
        return make(number_as(source, dtype, name))
    return _converted(target, make(to_array(source)), name)
