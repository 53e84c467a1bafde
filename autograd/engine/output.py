"""``out=``: a function writes its result into a tensor of the caller's. It means the same in every function, so it is here once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..types import Tensor
from . import memory
from .modes import Marking, current
from .values import devices
from .values.dtypes import can_cast, to_dtype


def write_out(out: Tensor | tuple[Tensor, ...] | None, result: Any, name: str, inputs: Sequence[Any] = ()) -> Any:
    """Write a result into ``out``, and return that. A tensor of another shape gets the memory of the result, as in PyTorch.

    Args:
        out: a tensor, or for a tuple of results as many tensors.
        result: what the function computed.
        name: the function's name, for errors.
        inputs: the function's inputs, which ``out`` must not overlap in part.

    Raises:
        TypeError: ``out`` is no tensor, or not as many as there are results.
        GraphError: a gradient is needed, which would not follow the write; or ``out`` shares a part of an input's memory.
        DtypeError: a dtype that does not take the result's.
        ShapeError: a view of another tensor, in whose memory the result has no room.
    """
    for one in out if isinstance(out, tuple | list) else (out,):
        if one is not None and hasattr(one, "array"):
            memory.check_apart(one.array, inputs, name)
    if isinstance(result, tuple):
        if not isinstance(out, tuple | list) or len(out) != len(result):
            raise TypeError(f"{name}: argument 'out' must be a tuple of {len(result)} tensors, not {describe(out)}")
        for one, other in zip(out, result, strict=True):
            _check(one, other, name, True)
        written = [_write(one, other, name) for one, other in zip(out, result, strict=True)]
        return type(result)(*written) if hasattr(result, "_fields") else tuple(written)
    _check(out, result, name)
    return _write(out, result, name)


def _check_kind(out: Any, name: str, result: Any = None) -> None:
    if not hasattr(type(out), "__record__"):
        raise TypeError(f"{name}: argument 'out' must be a Tensor, not {describe(out)}")
    if out.array.size and not out.array.flags.writeable:
        raise GraphError(
            f"{name}: unsupported operation: out is read-only, because more than one element of the written-to tensor may refer "
            "to a single memory location (an expanded view), or as its array is: pass a tensor of its own"
        )
    if current().grad and (out.requires_grad or (result is not None and result.requires_grad)):
        raise GraphError(
            f"{name}: functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
            f"grad: leave out= away, or compute within no_grad()"
        )


def check_dtype(out: Any, dtype: Any, name: str) -> None:
    """Raise if a dtype is asked for that is not the one of ``out``."""
    if dtype is not None and hasattr(out, "dtype") and to_dtype(dtype) != out.dtype:
        raise DtypeError(f"{name}: dtype {to_dtype(dtype)} does not match dtype of out parameter ({out.dtype})")


def _check(out: Any, result: Any, name: str, several: bool = False) -> None:
    _check_kind(out, name, result)
    if out.dtype != result.dtype and (name in _OF_EQUAL_DTYPE or (several and name in ("max", "min"))):
        raise DtypeError(f"{name}: Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead")
    if name not in _OF_ANY_DTYPE and not can_cast(result.dtype, out.dtype):
        raise DtypeError(f"{name}: result type {result.dtype} can't be cast to the desired output type {out.dtype}")


def _write(out: Any, result: Any, name: str) -> Any:
    Marking.demand_writable(out, name)
    if out.array.shape == result.array.shape:
        if out.array.size:
            memory.write(out.array, result.array)
        return out
    if out.array.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does not match the "
            f"required output shape {list(result.array.shape)} ({name})",
            UserWarning,
            stacklevel=4,
        )
    if out.array.size and out._view is not None:
        try:
            out.resize_(result.array.shape)
        except GraphError as error:
            raise ShapeError(
                f"{name}: out, {describe(out.array)}, is a view of another tensor, whose memory has no room for the result's shape "
                f"{result.array.shape}: to resize the view would leave that tensor unwritten. Pass a view of that shape"
            ) from error
        memory.write(out.array, result.array)
    else:
        out.array, out._view = result.array.astype(out.array.dtype), None
    return out


# Functions that select, order, count or multiply matrices: as in PyTorch ``out`` has the result's dtype. All others convert.
_OF_EQUAL_DTYPE = frozenset({
    "abs", "addmm", "all", "amax", "amin", "any", "argmax", "argmin", "bitwise_not", "bmm", "bucketize", "ceil", "conj_physical",
    "cummax", "cummin", "floor", "frac", "gather", "histc", "histogram", "index_select", "kthvalue", "logcumsumexp",
    "masked_select", "median", "mm", "mode", "msort", "multi_dot", "nanmedian", "nanquantile", "nan_to_num", "neg", "nonzero",
    "quantile", "round", "searchsorted", "sgn", "sign", "sort", "take", "topk", "tril", "triu", "trunc",
})  # fmt: skip

_OF_ANY_DTYPE = frozenset(("bernoulli",))  # zeros and ones, which every dtype holds

# Functions that make a tensor of a dtype: with ``out`` they make one of its dtype, rather than round twice or draw real numbers for
# a complex tensor. And those whose numbers fill an ``out`` of any shape.
_MADE_FOR_OUT = frozenset(
    ("arange", "empty", "eye", "full", "linspace", "logspace", "ones", "rand", "randint", "randn", "randperm", "range", "zeros")
)
_IN_DTYPE_OF_OUT = frozenset(("cumprod", "cumsum", "prod"))  # of integers, which would be int64
_FILLING = frozenset(("arange", "linspace", "logspace", "range"))


def takes_layout(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes a tensor, with PyTorch's arguments ``layout``, ``pin_memory`` and ``memory_format``.

    There is one layout, one kind of memory, and one format. Any other layout is refused.
    """
    name = function.__name__

    @wraps(function)
    def call(*args: Any, layout: Any = None, pin_memory: bool = False, memory_format: Any = None, **kwargs: Any) -> Any:
        if layout is not None:
            _check_layout(layout, name)
        return function(*args, **kwargs)

    return call


def _check_layout(layout: Any, name: str) -> None:
    if layout is not devices.strided:
        raise ArgumentError(f"{name}: layout must be autograd.strided, not {layout!r}: tensors are dense here")


def add_layout(namespace: dict[str, Any], names: str) -> None:
    """Give these functions of a module, named with spaces between them, the arguments of ``takes_layout``."""
    for name in names.split():
        namespace[name] = takes_layout(namespace[name])


def takes_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the argument ``out``: for functions written in Python. Those of ops have it in their own code."""
    name = function.__name__

    @wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        if out is not None:  # refused before anything is computed, and before random numbers are drawn
            for one in out if isinstance(out, tuple | list) else (out,):
                _check_kind(one, name)
            if name in _MADE_FOR_OUT:
                check_dtype(out, kwargs.get("dtype"), name)
                kwargs["dtype"] = out.dtype
            elif name in _IN_DTYPE_OF_OUT:
                check_dtype(out, kwargs.get("dtype"), name)
                if kwargs.get("dtype") is None and len(args) < 3:
                    kwargs["dtype"] = out.dtype
            elif kwargs.get("as_tuple"):
                raise ArgumentError(f"{name}: out= does not go with as_tuple=True")
        result = function(*args, **kwargs)
        if name in _FILLING and out is not None and out.array.size == result.array.size:
            result = result.reshape(out.shape)
        return result if out is None else write_out(out, result, name, args)

    return call


def add_out(namespace: dict[str, Any], names: str) -> None:
    """Give these functions of a module, named with spaces between them, the argument ``out``."""
    for name in names.split():
        namespace[name] = takes_out(namespace[name])
