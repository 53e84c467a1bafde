"""NumPy's functions that most programs of HIPS's kind are made of, each with NumPy's signature and a short way for boxes.

A call of an unusual form goes the general way (calls.py), which knows all of NumPy's functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.memory import clock
from ..engine.op import REGISTRY, Op
from . import recording, ufuncs
from .calls import FUNCTIONS, call, joined
from .levels import LISTS, Box, top_trace
from .nodes import VJPNode, new
from .outer import QUESTIONS
from .recording import run

_types = Box.types
ABSENT = np._NoValue
Function = Callable[..., Any]


def stands_for(*raws: Function) -> Callable[[Function], Function]:
    """Register a function of boxes for these functions of NumPy's, under whose name and docstring it goes."""

    def register(function: Function) -> Function:
        function.__name__ = function.__qualname__ = raws[0].__name__
        function.__doc__ = raws[0].__doc__
        function.__module__ = raws[0].__module__
        for raw in raws:
            FUNCTIONS[raw] = function
        return function

    return register


def record_one(op: Op, x: Any, params: dict[str, Any]) -> Any:
    """The box of an op with one input and one output, whose input is a box of an array."""
    value = x._value
    if type(value) is not ndarray or type(x) is not recording.ArrayBox:
        return run(op, (x,), params)
    y = op.forward(value, **params)
    if type(y) is ndarray and not y.ndim:
        y = y[()]
    node = new(VJPNode)
    node.plan = plan = op.plan((True,))
    node.parents = (x._node,)
    node.saved = plan.save((value,), y, params, None)
    node.params = params
    node.shape = y.shape
    node.dtype = y.dtype
    node.sequence = next(clock)
    box = new(recording.ArrayBox)
    box._value = y
    box._trace = x._trace
    box._node = node
    return box


def is_plain(x: Any) -> bool:
    """Whether a value is a box of an array of floating numbers, for which the short ways are made."""
    return type(x) is recording.ArrayBox


# ------------------------------------------------------------------------------------------------------------ element by element

for _op in list(REGISTRY.values()):
    if isinstance(_op.numpy, np.ufunc) and _op.elementwise and _op.differentiable and _op.outputs == 1 and len(_op.inputs) <= 2:
        FUNCTIONS[_op.numpy] = ufuncs.written(_op, _op.numpy)


def _of_op(raw: Any, op: Op) -> None:
    """A function of NumPy's that is an op: with arguments by position alone it takes the short way."""
    inputs, defaults = len(op.inputs), dict(op.defaults)

    @stands_for(raw)
    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != inputs:
            return call(raw, args, kwargs)
        boxes = False
        for arg in args:
            kind = type(arg)
            if kind in _types:
                boxes = True
            elif kind not in ufuncs.PLAIN or (kind is ndarray and arg.dtype.char == "O"):
                return call(raw, args, kwargs)
        return run(op, args, defaults) if boxes else raw(*args)


for _op in list(REGISTRY.values()):
    if _op.numpy is not None and _op.numpy not in FUNCTIONS and _op.differentiable and _op.outputs == 1:
        _of_op(_op.numpy, _op)


# What has no derivative, or one that is 0 wherever it exists: the results are no boxes.
_CONSTANT: tuple[Any, ...] = (
    np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.around, np.floor_divide, np.equal, np.not_equal, np.less,
    np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.isfinite,
    np.isinf, np.isnan, np.isneginf, np.isposinf, np.isreal, np.iscomplex, np.iscomplexobj, np.isrealobj, np.isscalar, np.signbit,
    np.all, np.any, np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.argwhere, np.nonzero,
    np.flatnonzero, np.count_nonzero, np.searchsorted, np.allclose, np.isclose, np.array_equal, np.array_equiv, np.shape, np.ndim,
    np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.isin, np.lexsort, np.digitize, np.unravel_index,
    np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.may_share_memory, np.shares_memory,
    np.can_cast, np.min_scalar_type, np.common_type, np.iterable, np.linalg.matrix_rank, np.array_repr, np.array_str,
    np.array2string, np.spacing, np.heaviside, np.nextafter, np.broadcast_shapes,
)  # fmt: skip


def plain(value: Any) -> Any:
    """A value with each box replaced by what it holds, at any depth of lists and tuples, through all levels."""
    while type(value) in _types:
        value = value._value
    if isinstance(value, LISTS):
        parts = [plain(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if (inside := getattr(value, "_boxed", None)) is not None:
        return plain(inside)
    if type(value) is ndarray and value.dtype.char == "O" and top_trace((value,)) >= 0:
        return np.array(plain(value.tolist()))
    return value


def notrace(raw: Function) -> Function:
    """A function of what boxes hold: its result is no box."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return raw(*[plain(a) for a in args], **{key: plain(value) for key, value in kwargs.items()})

    return function


def _constant(raw: Function) -> None:
    stands_for(raw)(notrace(raw))
    QUESTIONS.add(raw)


for _raw in _CONSTANT:
    _constant(_raw)
for _op in REGISTRY.values():
    if isinstance(_op.numpy, np.ufunc) and not _op.differentiable and _op.numpy not in FUNCTIONS:
        _constant(_op.numpy)


@stands_for(np.sign)
def sign(x: Any, /, *args: Any, **kwargs: Any) -> Any:
    if type(x) in _types and x.dtype.kind == "c" and not args and not kwargs:
        return run(REGISTRY["sign"], (x,), {})  # the direction of a complex number does have a derivative
    return np.sign(plain(x), *args, **kwargs)


@stands_for(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    if top_trace((x, condlist, funclist, *args)) < 0:
        return np.piecewise(x, condlist, funclist, *args, **kw)
    x = joined(x)
    masks = [np.asarray(mask, bool) for mask in (plain(condlist) if isinstance(condlist, list | tuple) else [plain(condlist)])]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    result: Any = np.zeros(x.shape, x.dtype)
    for mask, part in zip(masks, funclist, strict=True):
        values = part(x[mask], *args, **kw) if callable(part) else part
        values = FUNCTIONS[np.multiply](values, np.ones(int(mask.sum()), x.dtype))
        result = where(mask, 0.0, result) + run(REGISTRY["unindex"], (values,), {"index": mask, "shape": x.shape})
    return result


@stands_for(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    if top_trace((a,)) < 0:
        return np.real_if_close(a, tol)
    return joined(a) if np.iscomplexobj(np.real_if_close(plain(a), tol)) else run(REGISTRY["real"], (joined(a),), {})


# --------------------------------------------------------------------------------------------------------------- decompositions


def _hermitian(a: Any, UPLO: str) -> Any:
    """The Hermitian matrix of the triangle that LAPACK reads, of which alone the eigenvalues are a function."""
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"UPLO is 'L' or 'U', not {UPLO!r}")
    a = joined(a)
    part = run(REGISTRY["tril" if UPLO.upper() == "L" else "triu"], (a,), {"diagonal": 0})
    other = FUNCTIONS[np.swapaxes](part, -1, -2)
    if a.dtype.kind == "c":
        other = FUNCTIONS[np.conjugate](other)
    eye = np.eye(a.shape[-1], dtype=bool)
    return where(eye, (part + other) / 2, part + other)


@stands_for(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    if top_trace((a,)) < 0:
        return np.linalg.eigh(a, UPLO)  # type: ignore[call-overload]
    return type(np.linalg.eigh(np.eye(1)))(*run(REGISTRY["eigh"], (_hermitian(a, UPLO),), {"UPLO": UPLO.upper()}))


@stands_for(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    if top_trace((a,)) < 0:
        return np.linalg.eigvalsh(a, UPLO)  # type: ignore[call-overload]
    return eigh(a, UPLO)[0]


# ------------------------------------------------------------------------------------------------------------------ reductions


def _reduction(raw: Any, op: Op, *extra: str) -> None:
    params = dict.fromkeys(extra)

    @stands_for(raw)
    def function(a: Any, axis: Any = None, *args: Any, keepdims: Any = False, **kwargs: Any) -> Any:
        if type(a) is recording.ArrayBox and not args and not kwargs and axis != () and a._value.__class__ is ndarray:
            if type(axis) is list:
                axis = tuple(axis)
            return record_one(op, a, {"dim": axis, "keepdim": bool(keepdims) and keepdims is not ABSENT, **params})
        if keepdims is not False:
            kwargs["keepdims"] = keepdims
        return call(raw, (a, axis, *args), kwargs)


_reduction(np.sum, REGISTRY["sum"], "dtype")
_reduction(np.mean, REGISTRY["mean"], "dtype")
_reduction(np.max, REGISTRY["amax"])
_reduction(np.min, REGISTRY["amin"])
_reduction(np.prod, REGISTRY["prod"], "dtype")
FUNCTIONS[np.amax], FUNCTIONS[np.amin] = FUNCTIONS[np.max], FUNCTIONS[np.min]


def rank(x: Any) -> int | None:
    """The number of dimensions of a box, an array or a number; None for anything else."""
    kind = type(x)
    if kind in _types or kind is ndarray or kind is recording.Writable:
        return x.ndim
    return 0 if kind in ufuncs.PLAIN else None


# ----------------------------------------------------------------------------------------------------------- indices and shapes

_getitem, _reshape, _permute = REGISTRY["getitem"], REGISTRY["reshape"], REGISTRY["permute"]
_unsqueeze, _cat, _stack, _where = REGISTRY["unsqueeze"], REGISTRY["cat"], REGISTRY["stack"], REGISTRY["where"]
_transpose = REGISTRY["transpose"]


def index_of(index: Any) -> Any:
    """An index as the op takes it: lists as arrays, boxes as what they hold."""
    if type(index) is tuple:
        return tuple([index_of(part) for part in index])
    if type(index) in _types:
        index = plain(index)
    if type(index) is list:
        index = np.asarray(plain(index))
        return index if index.size else index.astype(np.intp)
    return index


def getitem(a: Any, index: Any) -> Any:
    """``a[index]`` of a box."""
    if type(index) is not int and type(index) is not slice:
        index = index_of(index)
    return record_one(_getitem, a, {"index": index})


@stands_for(np.reshape)
def reshape(a: Any, /, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
    if type(a) is not recording.ArrayBox or args or kwargs or shape is None:
        if shape is not None:
            args = (shape, *args)
        elif "newshape" in kwargs:
            args = (kwargs.pop("newshape"), *args)
        return call(np.reshape, (a, *args), kwargs)
    return record_one(_reshape, a, {"shape": shape})


@stands_for(np.ravel)
def ravel(a: Any, *args: Any, **kwargs: Any) -> Any:
    if type(a) is not recording.ArrayBox or args or kwargs:
        return call(np.ravel, (a, *args), kwargs)
    return record_one(_reshape, a, {"shape": (-1,)})


@stands_for(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    if type(a) is not recording.ArrayBox:
        return call(np.transpose, (a, axes), {})
    if axes is None and a.ndim == 2:
        return record_one(_transpose, a, {"dim0": 0, "dim1": 1})
    return record_one(_permute, a, {"dims": tuple(range(a.ndim))[::-1] if axes is None else tuple(axes)})


@stands_for(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    if type(a) is not recording.ArrayBox:
        return call(np.swapaxes, (a, axis1, axis2), {})
    return record_one(_transpose, a, {"dim0": axis1, "dim1": axis2})


@stands_for(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    if type(a) is not recording.ArrayBox:
        return call(np.expand_dims, (a, axis), {})
    return record_one(_unsqueeze, a, {"dim": axis})


def as_parts(values: Any) -> list[Any]:
    """The arrays and boxes in a sequence, whose items may be lists."""
    return [v if type(v) in _types or type(v) is ndarray else array(v) for v in values]


def _has_box(values: Any) -> bool:
    for v in values:
        if type(v) in _types:
            return True
    return top_trace(values) >= 0


_roll = REGISTRY["roll"]


@stands_for(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if type(a) is not recording.ArrayBox or type(axis) is not int or type(shift) is not int:
        return call(np.roll, (a, shift, axis), {})
    return record_one(_roll, a, {"shifts": shift, "dims": axis})


def _least(x: Any, ndim: int) -> Any:
    """An array or a box with new dimensions of length 1 in front, if it has fewer than these."""
    missing = ndim - x.ndim
    return x if missing <= 0 else reshape(x, (1,) * missing + x.shape)


@stands_for(np.hstack)
def hstack(tup: Any, **kwargs: Any) -> Any:
    if kwargs or type(tup) in _types or not _has_box(tup := list(tup)):
        return call(np.hstack, (tup,), kwargs)
    parts = [_least(part, 1) for part in as_parts(tup)]
    return run(_cat, (parts,), {"dim": 0 if parts[0].ndim == 1 else 1})


@stands_for(np.vstack)
def vstack(tup: Any, **kwargs: Any) -> Any:
    if kwargs or type(tup) in _types or not _has_box(tup := list(tup)):
        return call(np.vstack, (tup,), kwargs)
    return run(_cat, ([_least(part, 2) for part in as_parts(tup)],), {"dim": 0})


@stands_for(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0, **kwargs: Any) -> Any:
    if kwargs or axis is None or type(arrays) in _types or not _has_box(arrays := list(arrays)):
        return call(np.concatenate, (arrays, axis), kwargs)
    return run(_cat, (as_parts(arrays),), {"dim": axis})


@stands_for(np.stack)
def stack(arrays: Any, axis: int = 0, **kwargs: Any) -> Any:
    if kwargs or type(arrays) in _types or not _has_box(arrays := list(arrays)):
        return call(np.stack, (arrays, axis), kwargs)
    return run(_stack, (as_parts(arrays),), {"dim": axis})


@stands_for(np.where)
def where(condition: Any, *args: Any, **kwargs: Any) -> Any:
    args = (*args, *[kwargs.pop(name) for name in ("x", "y") if name in kwargs])
    condition = plain(condition)
    if len(args) == 2 and not kwargs and not any([_is_numpys(v) for v in (condition, *args)]):
        return np.where(condition, *args).tolist()  # of Python's numbers and lists comes one of these
    if len(args) != 2 or kwargs:
        return call(np.where, (condition, *args), kwargs)
    x, y = args
    if rank(x) is None or rank(y) is None:
        if top_trace(args) >= 0:
            return where(condition, array(x), array(y))
        return np.where(condition, x, y)
    if not (type(x) in _types or type(y) in _types):
        return np.where(condition, x, y)
    return run(_where, (np.asarray(condition), x, y), {})


def _is_numpys(value: Any) -> bool:
    """Whether a value is an array, a number of NumPy's or a box, or a list with one of these."""
    if isinstance(value, LISTS):
        return any([_is_numpys(part) for part in value])
    return type(value) in _types or isinstance(value, ndarray | np.generic)


# ------------------------------------------------------------------------------------------------------------------------ arrays


def _to(x: Any, dtype: Any) -> Any:
    """A box in another dtype. Integers and truth values have no derivative, so in these it is no box."""
    dtype = np.dtype(dtype)
    if dtype.char == "O" or dtype == x.dtype:
        return x
    if dtype.kind not in "fc":
        return plain(x).astype(dtype)
    return run(REGISTRY["to"], (x,), {"dtype": dtype})


@stands_for(np.array)
def array(A: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """An array; where boxes are among the numbers, at any depth of lists and arrays of objects, a box of them all.

    With ``dtype=object`` too: an array of objects that are boxes would lose what they record when it becomes one of numbers.
    """
    if top_trace((A,)) < 0:
        return np.array(A, dtype=dtype, **kwargs) if dtype is not None or kwargs else np.array(A)
    x = joined(A)
    if dtype is not None:
        x = _to(x, dtype)
    ndmin = kwargs.get("ndmin", 0)
    if ndmin > x.ndim:
        x = reshape(x, (1,) * (ndmin - x.ndim) + x.shape)
    return x


def asarray(a: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """``np.asarray``, of arrays and boxes."""
    return np.asarray(a, dtype, **kwargs) if top_trace((a,)) < 0 else array(a, dtype)


stands_for(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)(asarray)


@stands_for(np.astype) if hasattr(np, "astype") else lambda function: function
def astype(x: Any, dtype: Any, *args: Any, **kwargs: Any) -> Any:
    if top_trace((x,)) < 0:
        return np.asarray(x).astype(dtype, *args, **kwargs)
    return _to(joined(x), dtype)


__all__ = [
    "array", "astype", "concatenate", "eigh", "eigvalsh", "getitem", "notrace", "plain", "rank", "ravel", "record_one",
    "reshape", "run", "sign", "stack", "stands_for", "swapaxes", "transpose", "where",
]  # fmt: skip
