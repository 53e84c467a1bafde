"""Functions that are methods of Tensor, with the tensor as the first argument: ``autograd.exp_(x)`` is ``x.exp_()``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..errors import describe
from .tensor import Tensor


def _function(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(input, Tensor):
            raise TypeError(f"{method.__name__}(): argument 'input' (position 1) must be a Tensor, not {describe(input)}")
        return method(input, *args, **kwargs)

    return call


# --------------------------------------------------------------------------------------------------------------- in place
abs_ = _function(Tensor.abs_)
neg_ = _function(Tensor.neg_)
negative_ = _function(Tensor.negative_)
reciprocal_ = _function(Tensor.reciprocal_)
square_ = _function(Tensor.square_)
sqrt_ = _function(Tensor.sqrt_)
rsqrt_ = _function(Tensor.rsqrt_)
exp_ = _function(Tensor.exp_)
exp2_ = _function(Tensor.exp2_)
expm1_ = _function(Tensor.expm1_)
log_ = _function(Tensor.log_)
log2_ = _function(Tensor.log2_)
log10_ = _function(Tensor.log10_)
log1p_ = _function(Tensor.log1p_)
sin_ = _function(Tensor.sin_)
cos_ = _function(Tensor.cos_)
tan_ = _function(Tensor.tan_)
asin_ = _function(Tensor.asin_)
arcsin_ = _function(Tensor.arcsin_)
acos_ = _function(Tensor.acos_)
arccos_ = _function(Tensor.arccos_)
atan_ = _function(Tensor.atan_)
arctan_ = _function(Tensor.arctan_)
sinh_ = _function(Tensor.sinh_)
cosh_ = _function(Tensor.cosh_)
tanh_ = _function(Tensor.tanh_)
asinh_ = _function(Tensor.asinh_)
arcsinh_ = _function(Tensor.arcsinh_)
acosh_ = _function(Tensor.acosh_)
arccosh_ = _function(Tensor.arccosh_)
atanh_ = _function(Tensor.atanh_)
arctanh_ = _function(Tensor.arctanh_)
deg2rad_ = _function(Tensor.deg2rad_)
rad2deg_ = _function(Tensor.rad2deg_)
floor_ = _function(Tensor.floor_)
ceil_ = _function(Tensor.ceil_)
trunc_ = _function(Tensor.trunc_)
fix_ = _function(Tensor.fix_)
frac_ = _function(Tensor.frac_)
round_ = _function(Tensor.round_)
ldexp_ = _function(Tensor.ldexp_)
gcd_ = _function(Tensor.gcd_)
lcm_ = _function(Tensor.lcm_)
clamp_ = _function(Tensor.clamp_)
clip_ = _function(Tensor.clip_)
clamp_min_ = _function(Tensor.clamp_min_)
clamp_max_ = _function(Tensor.clamp_max_)
nan_to_num_ = _function(Tensor.nan_to_num_)
conj_physical_ = _function(Tensor.conj_physical_)
sigmoid_ = _function(Tensor.sigmoid_)
relu_ = _function(Tensor.relu_)
erf_ = _function(Tensor.erf_)
erfc_ = _function(Tensor.erfc_)
i0_ = _function(Tensor.i0_)
logit_ = _function(Tensor.logit_)
sinc_ = _function(Tensor.sinc_)
xlogy_ = _function(Tensor.xlogy_)
addmv_ = _function(Tensor.addmv_)
index_put_ = _function(Tensor.index_put_)
fill_ = _function(Tensor.fill_)
zero_ = _function(Tensor.zero_)
detach_ = _function(Tensor.detach_)

# -------------------------------------------------------------------------------------------------- about a tensor itself
detach = _function(Tensor.detach)
get_device = _function(Tensor.get_device)
is_conj = _function(Tensor.is_conj)
is_inference = _function(Tensor.is_inference)
is_neg = _function(Tensor.is_neg)
is_nonzero = _function(Tensor.is_nonzero)
is_same_size = _function(Tensor.is_same_size)
is_signed = _function(Tensor.is_signed)
resolve_conj = _function(Tensor.resolve_conj)
resolve_neg = _function(Tensor.resolve_neg)

# autograd/__init__.py makes every function above public.
__all__ = [name for name, value in list(globals().items()) if hasattr(value, "__wrapped__")]
