"""The methods of Tensor that write in place and return the tensor: ``x.exp_()`` writes what ``x.exp()`` computes.

functions/inplace.py makes these methods. It records each write, and refuses a write that no gradient could follow. The three texts
behind a function are the example in the method's docstring: the tensor, the arguments, and the tensor afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from warnings import warn

import numpy as np

from ..engine.gradients import node_of
from ..engine.graph import array_of, make
from ..engine.memory import check_apart, writing
from ..engine.values.dtypes import can_cast, number_as, to_array
from ..errors import DtypeError, GraphError, ShapeError, describe
from ..functions import activation, distance, elementwise, indexing, reduction, shape, special
from ..functions import scatter as scattering
from ..functions.creation import is_tensor
from ..functions.inplace import assign, in_new_shape, in_place
from ..functions.linalg import product
from ..types import ArrayLike, Number, Tensor, TensorLike
from .methods import Methods

_LARGE = 1 << 16  # from this many elements on, a sum of all of them takes longer than a look at what is added
_IN_EVERY_DTYPE = 127  # the largest number that every dtype but bool holds
_float_power_ = in_place(elementwise.float_power)  # float_power_ below checks the dtype first


def _in_older_form(function: Callable[..., Tensor], *example: str) -> Callable[..., Tensor]:
    """``in_place``, whose warning of PyTorch's older form of the arguments has the method's name."""
    write = in_place(function, *example)

    @wraps(write)
    def method(self: Tensor, *args: TensorLike, beta: TensorLike = 1, alpha: TensorLike = 1) -> Tensor:
        if len(args) > 2:
            warn(f"This overload of {write.__name__} is deprecated: pass beta and alpha by name", UserWarning, stacklevel=2)
            *factors, first, second = args
            beta, alpha, args = factors[0], factors[1] if len(factors) > 1 else alpha, (first, second)
        return write(self, *args, beta=beta, alpha=alpha)

    method.__wrapped__ = function  # as of every in-place form
    return method


def _at_few_places(function: Callable[..., Tensor], *example: str) -> Callable[..., Tensor]:
    """``in_place`` of ``index_put``, which adds a few values to a large tensor in place where no gradient is needed."""
    write = in_place(function, *example)

    @wraps(write)
    def method(self: Tensor, indices: Sequence[ArrayLike], values: TensorLike, accumulate: bool = False) -> Tensor:
        array, added = self.array, array_of(values)
        few = accumulate and self._view is None and array.size > _LARGE and 16 * added.size < array.size
        plain = few and type(array) is type(added) is np.ndarray and array.flags.writeable and can_cast(added.dtype, array.dtype)
        if not plain or any([is_tensor(t) and node_of(t) is not None for t in (self, values)]):
            return write(self, indices, values, accumulate=accumulate)
        check_apart(array, (tuple(indices), values), write.__name__)
        key = indexing.numpy_index(tuple(indices))
        numbers = np.broadcast_to(added, array[key].shape).astype(array.dtype)  # raises before anything is written
        with writing(array):
            np.add.at(array, key, numbers)
        return self

    method.__wrapped__ = function  # as of every in-place form
    return method


class InPlace:
    """The methods that end in an underscore."""

    __slots__ = ()

    # -------------------------------------------------------------------------------------------------- element by element
    mul_ = in_place(elementwise.mul, "[1.0, 2.0]", "3.0", "tensor([3., 6.], dtype=float32)")
    multiply_ = in_place(elementwise.multiply, "[1.0, 2.0]", "3.0", "tensor([3., 6.], dtype=float32)")
    floor_divide_ = in_place(elementwise.floor_divide, "[7.0, -7.0]", "2.0", "tensor([ 3., -4.], dtype=float32)")
    remainder_ = in_place(elementwise.remainder, "[7.0, -7.0]", "4.0", "tensor([3., 1.], dtype=float32)")
    pow_ = in_place(elementwise.pow, "[1.0, 2.0]", "3", "tensor([1., 8.], dtype=float32)")
    bitwise_and_ = in_place(elementwise.bitwise_and, "[5, 6]", "3", "tensor([1, 2], dtype=int64)")
    bitwise_or_ = in_place(elementwise.bitwise_or, "[5, 6]", "3", "tensor([7, 7], dtype=int64)")
    bitwise_xor_ = in_place(elementwise.bitwise_xor, "[5, 6]", "3", "tensor([6, 5], dtype=int64)")
    bitwise_not_ = in_place(elementwise.bitwise_not, "[0, 5]", "", "tensor([-1, -6], dtype=int64)")
    bitwise_left_shift_ = in_place(elementwise.bitwise_left_shift, "[4, 8]", "1", "tensor([ 8, 16], dtype=int64)")
    bitwise_right_shift_ = in_place(elementwise.bitwise_right_shift, "[4, 8]", "1", "tensor([2, 4], dtype=int64)")
    add_ = in_place(elementwise.add, "[1.0, 2.0]", "10.0, alpha=2", "tensor([21., 22.], dtype=float32)")
    sub_ = in_place(elementwise.sub, "[1.0, 2.0]", "10.0, alpha=2", "tensor([-19., -18.], dtype=float32)")
    subtract_ = in_place(elementwise.subtract, "[1.0, 2.0]", "10.0, alpha=2", "tensor([-19., -18.], dtype=float32)")
    div_ = in_place(elementwise.div, "[1.0, 3.0]", "2.0", "tensor([0.5000, 1.5000], dtype=float32)")
    divide_ = in_place(elementwise.divide, "[1.0, 3.0]", "2.0", "tensor([0.5000, 1.5000], dtype=float32)")
    true_divide_ = in_place(elementwise.true_divide, "[1.0, 3.0]", "2.0", "tensor([0.5000, 1.5000], dtype=float32)")
    neg_ = in_place(elementwise.neg, "[1.0, -2.0]", "", "tensor([-1.,  2.], dtype=float32)")
    negative_ = in_place(elementwise.negative, "[1.0, -2.0]", "", "tensor([-1.,  2.], dtype=float32)")
    reciprocal_ = in_place(elementwise.reciprocal, "[2.0, 4.0]", "", "tensor([0.5000, 0.2500], dtype=float32)")
    square_ = in_place(elementwise.square, "[2.0, 4.0]", "", "tensor([ 4., 16.], dtype=float32)")
    lerp_ = in_place(elementwise.lerp, "[0.0, 10.0]", "autograd.tensor([10.0, 20.0]), 0.5", "tensor([ 5., 15.], dtype=float32)")
    addcmul_ = in_place(
        elementwise.addcmul,
        "[1.0, 1.0]",
        "autograd.tensor([6.0, 8.0]), autograd.tensor([2.0, 4.0]), value=0.5",
        "tensor([ 7., 17.], dtype=float32)",
    )
    addcdiv_ = in_place(
        elementwise.addcdiv,
        "[1.0, 1.0]",
        "autograd.tensor([6.0, 8.0]), autograd.tensor([2.0, 4.0]), value=0.5",
        "tensor([2.5000, 2.0000], dtype=float32)",
    )
    fmod_ = in_place(elementwise.fmod, "[7.0, -7.0]", "4.0", "tensor([ 3., -3.], dtype=float32)")
    abs_ = in_place(elementwise.abs, "[-2.0, 0.0, 3.0]", "", "tensor([2., 0., 3.], dtype=float32)")
    absolute_ = in_place(elementwise.absolute, "[-2.0, 0.0, 3.0]", "", "tensor([2., 0., 3.], dtype=float32)")
    sign_ = in_place(elementwise.sign, "[-2.0, 0.0, 3.0]", "", "tensor([-1.,  0.,  1.], dtype=float32)")
    sgn_ = in_place(elementwise.sgn, "[-2.0, 0.0, 3.0]", "", "tensor([-1.,  0.,  1.], dtype=float32)")
    clamp_ = in_place(elementwise.clamp, "[-2.0, 0.5, 3.0]", "0.0, 1.0", "tensor([0.0000, 0.5000, 1.0000], dtype=float32)")
    clip_ = in_place(elementwise.clip, "[-2.0, 0.5, 3.0]", "0.0, 1.0", "tensor([0.0000, 0.5000, 1.0000], dtype=float32)")
    clamp_min_ = in_place(elementwise.clamp_min, "[-2.0, 3.0]", "1.0", "tensor([1., 3.], dtype=float32)")
    clamp_max_ = in_place(elementwise.clamp_max, "[-2.0, 3.0]", "1.0", "tensor([-2.,  1.], dtype=float32)")
    copysign_ = in_place(elementwise.copysign, "[1.0, 2.0]", "-1.0", "tensor([-1., -2.], dtype=float32)")
    hypot_ = in_place(elementwise.hypot, "[3.0, 5.0]", "autograd.tensor([4.0, 12.0])", "tensor([ 5., 13.], dtype=float32)")
    gcd_ = in_place(elementwise.gcd, "[12, 18]", "autograd.tensor([8, 27])", "tensor([4, 9], dtype=int64)")
    lcm_ = in_place(elementwise.lcm, "[12, 18]", "autograd.tensor([8, 27])", "tensor([24, 54], dtype=int64)")
    heaviside_ = in_place(
        elementwise.heaviside, "[-1.0, 0.0, 2.0]", "autograd.tensor(0.5)", "tensor([0.0000, 0.5000, 1.0000], dtype=float32)"
    )
    ldexp_ = in_place(elementwise.ldexp, "[1.0, 3.0]", "autograd.tensor([2, 3])", "tensor([ 4., 24.], dtype=float32)")
    nextafter_ = in_place(
        elementwise.nextafter, "[0.0, 2.0]", "autograd.tensor(1.0)", "tensor([1.4013e-45, 2.0000e+00], dtype=float32)"
    )
    sqrt_ = in_place(elementwise.sqrt, "[4.0, 9.0]", "", "tensor([2., 3.], dtype=float32)")
    rsqrt_ = in_place(elementwise.rsqrt, "[4.0, 9.0]", "", "tensor([0.5000, 0.3333], dtype=float32)")
    exp_ = in_place(elementwise.exp, "[0.0, 1.0]", "", "tensor([1.0000, 2.7183], dtype=float32)")
    exp2_ = in_place(elementwise.exp2, "[0.0, 1.0]", "", "tensor([1., 2.], dtype=float32)")
    expm1_ = in_place(elementwise.expm1, "[0.0, 1.0]", "", "tensor([0.0000, 1.7183], dtype=float32)")
    log_ = in_place(elementwise.log, "[1.0, 2.0]", "", "tensor([0.0000, 0.6931], dtype=float32)")
    log2_ = in_place(elementwise.log2, "[1.0, 2.0]", "", "tensor([0., 1.], dtype=float32)")
    log10_ = in_place(elementwise.log10, "[1.0, 2.0]", "", "tensor([0.0000, 0.3010], dtype=float32)")
    log1p_ = in_place(elementwise.log1p, "[1.0, 2.0]", "", "tensor([0.6931, 1.0986], dtype=float32)")
    sigmoid_ = in_place(elementwise.sigmoid, "[0.0, 2.0]", "", "tensor([0.5000, 0.8808], dtype=float32)")
    sin_ = in_place(elementwise.sin, "[0.0, 1.0]", "", "tensor([0.0000, 0.8415], dtype=float32)")
    cos_ = in_place(elementwise.cos, "[0.0, 1.0]", "", "tensor([1.0000, 0.5403], dtype=float32)")
    tan_ = in_place(elementwise.tan, "[0.0, 1.0]", "", "tensor([0.0000, 1.5574], dtype=float32)")
    asin_ = in_place(elementwise.asin, "[0.0, 1.0]", "", "tensor([0.0000, 1.5708], dtype=float32)")
    arcsin_ = in_place(elementwise.arcsin, "[0.0, 1.0]", "", "tensor([0.0000, 1.5708], dtype=float32)")
    acos_ = in_place(elementwise.acos, "[0.0, 1.0]", "", "tensor([1.5708, 0.0000], dtype=float32)")
    arccos_ = in_place(elementwise.arccos, "[0.0, 1.0]", "", "tensor([1.5708, 0.0000], dtype=float32)")
    atan_ = in_place(elementwise.atan, "[0.0, 1.0]", "", "tensor([0.0000, 0.7854], dtype=float32)")
    arctan_ = in_place(elementwise.arctan, "[0.0, 1.0]", "", "tensor([0.0000, 0.7854], dtype=float32)")
    atan2_ = in_place(elementwise.atan2, "[0.0, 1.0]", "autograd.tensor([-1.0, 1.0])", "tensor([3.1416, 0.7854], dtype=float32)")
    arctan2_ = in_place(
        elementwise.arctan2, "[0.0, 1.0]", "autograd.tensor([-1.0, 1.0])", "tensor([3.1416, 0.7854], dtype=float32)"
    )
    sinh_ = in_place(elementwise.sinh, "[0.0, 1.0]", "", "tensor([0.0000, 1.1752], dtype=float32)")
    cosh_ = in_place(elementwise.cosh, "[0.0, 1.0]", "", "tensor([1.0000, 1.5431], dtype=float32)")
    tanh_ = in_place(elementwise.tanh, "[0.0, 1.0]", "", "tensor([0.0000, 0.7616], dtype=float32)")
    asinh_ = in_place(elementwise.asinh, "[0.0, 1.0]", "", "tensor([0.0000, 0.8814], dtype=float32)")
    arcsinh_ = in_place(elementwise.arcsinh, "[0.0, 1.0]", "", "tensor([0.0000, 0.8814], dtype=float32)")
    acosh_ = in_place(elementwise.acosh, "[1.0, 2.0]", "", "tensor([0.0000, 1.3170], dtype=float32)")
    arccosh_ = in_place(elementwise.arccosh, "[1.0, 2.0]", "", "tensor([0.0000, 1.3170], dtype=float32)")
    atanh_ = in_place(elementwise.atanh, "[0.0, 0.5]", "", "tensor([0.0000, 0.5493], dtype=float32)")
    arctanh_ = in_place(elementwise.arctanh, "[0.0, 0.5]", "", "tensor([0.0000, 0.5493], dtype=float32)")
    deg2rad_ = in_place(elementwise.deg2rad, "[90.0, 180.0]", "", "tensor([1.5708, 3.1416], dtype=float32)")
    rad2deg_ = in_place(elementwise.rad2deg, "[1.0, 2.0]", "", "tensor([ 57.2958, 114.5916], dtype=float32)")
    floor_ = in_place(elementwise.floor, "[-1.5, 2.25]", "", "tensor([-2.,  2.], dtype=float32)")
    ceil_ = in_place(elementwise.ceil, "[-1.5, 2.25]", "", "tensor([-1.,  3.], dtype=float32)")
    trunc_ = in_place(elementwise.trunc, "[-1.5, 2.25]", "", "tensor([-1.,  2.], dtype=float32)")
    fix_ = in_place(elementwise.fix, "[-1.5, 2.25]", "", "tensor([-1.,  2.], dtype=float32)")
    frac_ = in_place(elementwise.frac, "[-1.5, 2.25]", "", "tensor([-0.5000,  0.2500], dtype=float32)")
    round_ = in_place(elementwise.round, "[-1.5, 2.25]", "", "tensor([-2.,  2.], dtype=float32)")
    nan_to_num_ = in_place(elementwise.nan_to_num, "[1.0, float('nan')]", "nan=0.0", "tensor([1., 0.], dtype=float32)")
    eq_ = in_place(elementwise.eq, "[1.0, 2.0, 3.0]", "2.0", "tensor([0., 1., 0.], dtype=float32)")
    ne_ = in_place(elementwise.ne, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 0., 1.], dtype=float32)")
    not_equal_ = in_place(elementwise.not_equal, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 0., 1.], dtype=float32)")
    lt_ = in_place(elementwise.lt, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 0., 0.], dtype=float32)")
    less_ = in_place(elementwise.less, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 0., 0.], dtype=float32)")
    le_ = in_place(elementwise.le, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 1., 0.], dtype=float32)")
    less_equal_ = in_place(elementwise.less_equal, "[1.0, 2.0, 3.0]", "2.0", "tensor([1., 1., 0.], dtype=float32)")
    gt_ = in_place(elementwise.gt, "[1.0, 2.0, 3.0]", "2.0", "tensor([0., 0., 1.], dtype=float32)")
    greater_ = in_place(elementwise.greater, "[1.0, 2.0, 3.0]", "2.0", "tensor([0., 0., 1.], dtype=float32)")
    ge_ = in_place(elementwise.ge, "[1.0, 2.0, 3.0]", "2.0", "tensor([0., 1., 1.], dtype=float32)")
    greater_equal_ = in_place(elementwise.greater_equal, "[1.0, 2.0, 3.0]", "2.0", "tensor([0., 1., 1.], dtype=float32)")
    logical_and_ = in_place(
        elementwise.logical_and, "[True, False]", "autograd.tensor([True, True])", "tensor([ True, False], dtype=bool)"
    )
    logical_or_ = in_place(
        elementwise.logical_or, "[True, False]", "autograd.tensor([True, True])", "tensor([True, True], dtype=bool)"
    )
    logical_xor_ = in_place(
        elementwise.logical_xor, "[True, False]", "autograd.tensor([True, True])", "tensor([False,  True], dtype=bool)"
    )
    logical_not_ = in_place(elementwise.logical_not, "[True, False]", "", "tensor([False,  True], dtype=bool)")
    erf_ = in_place(special.erf, "[0.0, 1.0]", "", "tensor([0.0000, 0.8427], dtype=float32)")
    erfc_ = in_place(special.erfc, "[0.0, 1.0]", "", "tensor([1.0000, 0.1573], dtype=float32)")
    erfinv_ = in_place(special.erfinv, "[0.0, 0.5]", "", "tensor([0.0000, 0.4769], dtype=float32)")
    lgamma_ = in_place(special.lgamma, "[1.0, 4.0]", "", "tensor([0.0000, 1.7918], dtype=float32)")
    digamma_ = in_place(special.digamma, "[1.0, 4.0]", "", "tensor([-0.5772,  1.2561], dtype=float32)")
    i0_ = in_place(special.i0, "[0.0, 0.5]", "", "tensor([1.0000, 1.0635], dtype=float32)")
    logit_ = in_place(special.logit, "[0.5, 0.75]", "", "tensor([0.0000, 1.0986], dtype=float32)")
    sinc_ = in_place(special.sinc, "[0.0, 0.5]", "", "tensor([1.0000, 0.6366], dtype=float32)")
    xlogy_ = in_place(special.xlogy, "[0.0, 2.0]", "3.0", "tensor([0.0000, 2.1972], dtype=float32)")
    polygamma_ = in_place(Methods.polygamma, "[1.0, 2.0]", "1", "tensor([1.6449, 0.6449], dtype=float32)")
    mvlgamma_ = in_place(special.mvlgamma, "[2.0, 4.0]", "2", "tensor([0.4516, 3.5651], dtype=float32)")
    igamma_ = in_place(special.igamma, "[1.0, 2.0]", "autograd.tensor([1.0, 1.0])", "tensor([0.6321, 0.2642], dtype=float32)")
    igammac_ = in_place(special.igammac, "[1.0, 2.0]", "autograd.tensor([1.0, 1.0])", "tensor([0.3679, 0.7358], dtype=float32)")
    cumsum_ = in_place(reduction.cumsum, "[2.0, 3.0, 4.0]", "0", "tensor([2., 5., 9.], dtype=float32)")
    cumprod_ = in_place(reduction.cumprod, "[2.0, 3.0, 4.0]", "0", "tensor([ 2.,  6., 24.], dtype=float32)")
    renorm_ = in_place(distance.renorm, "[[3.0, 4.0]]", "2, 0, 1.0", "tensor([[0.6000, 0.8000]], dtype=float32)")
    conj_physical_ = in_place(shape.conj_physical, "[1 + 2j]", "", "tensor([1.-2.j], dtype=complex64)")
    relu_ = in_place(activation.relu, "[-1.0, 2.0]", "", "tensor([0., 2.], dtype=float32)")
    tril_ = in_place(shape.tril, "[[1.0, 2.0, 3.0]]", "", "tensor([[1., 0., 0.]], dtype=float32)")
    triu_ = in_place(shape.triu, "[[1.0, 2.0, 3.0]]", "", "tensor([[1., 2., 3.]], dtype=float32)")

    # ----------------------------------------------------------------------------------------------------------- products
    addmm_ = in_place(
        product.addmm, "[[1.0, 2.0]]", "autograd.ones(1, 3), autograd.ones(3, 2)", "tensor([[4., 5.]], dtype=float32)"
    )
    addmv_ = in_place(product.addmv, "[1.0, 2.0]", "autograd.ones(2, 3), autograd.ones(3)", "tensor([4., 5.], dtype=float32)")
    addr_ = in_place(
        product.addr, "[[1.0, 2.0]]", "autograd.ones(1), autograd.tensor([3.0, 4.0])", "tensor([[4., 6.]], dtype=float32)"
    )
    addbmm_ = _in_older_form(
        product.addbmm, "[[1.0, 2.0]]", "autograd.ones(2, 1, 3), autograd.ones(2, 3, 2)", "tensor([[7., 8.]], dtype=float32)"
    )
    baddbmm_ = _in_older_form(
        product.baddbmm, "[[[1.0, 2.0]]]", "autograd.ones(1, 1, 3), autograd.ones(1, 3, 2)", "tensor([[[4., 5.]]], dtype=float32)"
    )

    # ----------------------------------------------------------------------------------------------------------- indexing
    scatter_ = in_place(
        scattering.scatter,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0])",
        "tensor([20.,  2., 10.], dtype=float32)",
    )
    scatter_add_ = in_place(
        scattering.scatter_add,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0])",
        "tensor([21.,  2., 13.], dtype=float32)",
    )
    scatter_reduce_ = in_place(
        scattering.scatter_reduce,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0]), 'prod'",
        "tensor([20.,  2., 30.], dtype=float32)",
    )
    masked_scatter_ = in_place(
        scattering.masked_scatter,
        "[1.0, 2.0, 3.0]",
        "autograd.tensor([True, False, True]), autograd.tensor([10.0, 20.0])",
        "tensor([10.,  2., 20.], dtype=float32)",
    )
    masked_fill_ = in_place(
        indexing.masked_fill, "[1.0, 2.0, 3.0]", "autograd.tensor([True, False, True]), 0.0", "tensor([0., 2., 0.], dtype=float32)"
    )
    index_add_ = in_place(
        indexing.index_add,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0])",
        "tensor([21.,  2., 13.], dtype=float32)",
    )
    index_copy_ = in_place(
        indexing.index_copy,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0])",
        "tensor([20.,  2., 10.], dtype=float32)",
    )
    index_fill_ = in_place(
        indexing.index_fill, "[1.0, 2.0, 3.0]", "0, autograd.tensor([2, 0]), 7.0", "tensor([7., 2., 7.], dtype=float32)"
    )
    index_put_ = _at_few_places(
        indexing.index_put,
        "[1.0, 2.0, 3.0]",
        "(autograd.tensor([2, 0]),), autograd.tensor([10.0, 20.0])",
        "tensor([20.,  2., 10.], dtype=float32)",
    )
    index_reduce_ = in_place(
        indexing.index_reduce,
        "[1.0, 2.0, 3.0]",
        "0, autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0]), 'prod'",
        "tensor([20.,  2., 30.], dtype=float32)",
    )
    put_ = in_place(
        indexing.put,
        "[1.0, 2.0, 3.0]",
        "autograd.tensor([2, 0]), autograd.tensor([10.0, 20.0])",
        "tensor([20.,  2., 10.], dtype=float32)",
    )

    # ---------------------------------------------------------------------------- another shape of the same memory, in place
    squeeze_ = in_new_shape(shape.squeeze, "[[1.0, 2.0]]", "", "tensor([1., 2.], dtype=float32)")
    unsqueeze_ = in_new_shape(shape.unsqueeze, "[1.0, 2.0]", "0", "tensor([[1., 2.]], dtype=float32)")
    transpose_ = in_new_shape(shape.transpose, "[[1.0], [2.0]]", "0, 1", "tensor([[1., 2.]], dtype=float32)")
    swapaxes_ = in_new_shape(shape.swapaxes, "[[1.0], [2.0]]", "0, 1", "tensor([[1., 2.]], dtype=float32)")
    swapdims_ = in_new_shape(shape.swapdims, "[[1.0], [2.0]]", "0, 1", "tensor([[1., 2.]], dtype=float32)")
    t_ = in_new_shape(shape.t, "[[1.0], [2.0]]", "", "tensor([[1., 2.]], dtype=float32)")

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
            dtype cannot hold. GraphError: the two share a part of their memory.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> x = autograd.zeros(2)
            >>> (x.copy_(w) * 3).sum().backward()
            >>> w.grad
            tensor([3., 3.], dtype=float32)
        """
        check_apart(self.array, (src,), "copy_")
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
        values: list[Any] = [callable(v) for v in array.ravel().tolist()]
        kinds = {bool, int, float} if array.dtype.kind == "f" else {bool, int}
        least = 0 if array.dtype.kind == "u" else -_IN_EVERY_DTYPE
        if set(map(type, values)) <= kinds and least <= min(values, default=0) and max(values, default=0) <= _IN_EVERY_DTYPE:
            numbers = np.array(values, array.dtype)
        else:  # one by one, which checks each
            numbers = np.array([number_as(v, array.dtype, "apply_") for v in values], array.dtype)
        return assign(self, numbers.reshape(array.shape), name="apply_")


def _converted(target: Tensor, source: TensorLike, name: str) -> Tensor:
    """The values in the target's dtype. A Python number is converted in one step, without another dtype in between."""
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
