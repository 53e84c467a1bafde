"""NumPy's functions on batches: each is called once, on the stack of all examples, whose first axis is the batch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.standin import BINARY, COMPARED, UNARY
from .stand_in import Batched, BatchError, Level, aligned, batched_in, innermost, mapped, values, ways, wrapped

Rule = Callable[..., Any]
RULES: dict[Any, Rule] = {}  # NumPy's function -> a function of the level and the arguments, which returns what is wrapped


def rule(*functions: Any) -> Callable[[Rule], Rule]:
    """Register a function that calls these NumPy functions on a stack."""

    def register(function: Rule) -> Rule:
        for f in functions:
            RULES[f] = function
        return function

    return register


def function_call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result for all examples.

    Raises:
        BatchError: the function has no rule. The op that called it is then called for one example after the other.
    """
    found = RULES.get(function)
    level = innermost((args, kwargs))
    if found is None or level is None or isinstance(kwargs.get("out"), np.ndarray):
        raise BatchError(f"vmap: no rule for {getattr(function, '__name__', function)}")
    return wrapped(found(level, function, *args, **kwargs), level)


def own(x: Any, level: Level) -> bool:
    return isinstance(x, Batched) and x.level is level


def axis_of(axis: Any, ndim: int) -> Any:
    """An axis, or several, of one example as axes of the stack; None is all of them."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple | list):
        return tuple([axis_of(a, ndim) for a in axis])
    axis = int(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim + 1


# ---------------------------------------------------------------------------------------------------------- universal functions


def ufunc_call(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A universal function, or its reduce or accumulate, for all examples."""
    if any([hasattr(x, "__record__") for x in inputs]):
        return NotImplemented
    out = kwargs.pop("out", None)
    level = innermost(inputs) or innermost(out)
    assert level is not None
    if "where" in kwargs and kwargs["where"] is not True:
        raise BatchError("vmap: where= of a universal function")
    if method == "__call__" and ufunc.signature is None:
        rank = max([x.ndim if hasattr(x, "ndim") else 0 for x in inputs])
        result = ufunc(*[aligned(x, rank, level) for x in inputs], **kwargs)
    elif method == "__call__" and ufunc is np.matmul:
        result = _matmul(level, *inputs)
    elif method in ("reduce", "accumulate"):
        x, *more = inputs
        axis = more.pop(0) if more else kwargs.pop("axis", 0)
        if more or not own(x, level):
            raise BatchError(f"vmap: {ufunc.__name__}.{method} with more arguments")
        result = getattr(ufunc, method)(x.value, axis=axis_of(axis, x.ndim), **kwargs)
    else:
        raise BatchError(f"vmap: no rule for {ufunc.__name__}.{method}")
    if out is not None:
        target = out[0]
        if len(out) != 1 or not own(target, level) or target.value.shape != result.shape:
            raise BatchError("vmap: out= that has no values for each example")
        target.value[...] = result
        return target
    return wrapped(result, level)


def _matmul(level: Level, a: Any, b: Any) -> Any:
    """Products of stacks. A vector for each example is a matrix of one row, or column."""
    if not (own(a, level) or own(b, level)):
        return np.matmul(a, b)
    if own(a, level) and not own(b, level):
        # One product for all examples, where it is a matrix that they share.
        if np.ndim(b) <= 2:
            return np.matmul(a.value, b)
        result = np.matmul(_leading(a, np.ndim(b), level), b)
        return result if a.ndim > 1 else result[..., 0, :]
    if own(b, level) and not own(a, level):
        if b.ndim == 1:
            return (
                np.matmul(b.value, np.swapaxes(a, -1, -2) if np.ndim(a) > 1 else a)
                if np.ndim(a) <= 2
                else (np.matmul(a, b.value.reshape(level.size, *(1,) * (np.ndim(a) - 2), b.shape[0], 1))[..., 0])
            )
        result = np.matmul(a if np.ndim(a) > 1 else a[None], _leading(b, np.ndim(a), level))
        return result if np.ndim(a) > 1 else result[..., 0, :]
    left = a.value[:, None, :] if a.ndim == 1 else a.value
    right = b.value[:, :, None] if b.ndim == 1 else b.value
    rank = max(left.ndim, right.ndim) - 1
    left = left.reshape(left.shape[0], *(1,) * (rank + 1 - left.ndim), *left.shape[1:])
    right = right.reshape(right.shape[0], *(1,) * (rank + 1 - right.ndim), *right.shape[1:])
    result = np.matmul(left, right)
    if b.ndim == 1:
        result = result[..., 0]
    return result[..., 0, :] if a.ndim == 1 and b.ndim > 1 else result[..., 0] if a.ndim == 1 else result


def _leading(x: Batched, rank: int, level: Level) -> Any:
    """The stack with ones behind the batch's axis, so that the others line up with an array of this rank (2 at least)."""
    value = x.value if x.ndim > 1 else x.value[:, None, :]
    missing = max(rank, 2) - (value.ndim - 1)
    return value.reshape(value.shape[0], *(1,) * missing, *value.shape[1:]) if missing > 0 else value


# ----------------------------------------------------------------------------------------------------- reductions along axes


@rule(np.sum, np.prod, np.max, np.min, np.amax, np.amin, np.mean, np.std, np.var, np.any, np.all, np.count_nonzero, np.nansum)
@rule(np.nanmax, np.nanmin, np.nanmean, np.ptp)
def _reduce(level: Level, f: Any, a: Any, axis: Any = None, *more: Any, **kwargs: Any) -> Any:
    return f(a.value, axis_of(axis, a.ndim), *more, **kwargs)


@rule(np.argmax, np.argmin)
def _arg(level: Level, f: Any, a: Any, axis: Any = None, **kwargs: Any) -> Any:
    if axis is None:
        found = f(a.value.reshape(level.size, -1), 1)
        return found.reshape(level.size, *(1,) * a.ndim) if kwargs.get("keepdims") is True else found
    return f(a.value, axis_of(axis, a.ndim), **kwargs)


@rule(np.cumsum, np.cumprod)
def _scan(level: Level, f: Any, a: Any, axis: Any = None, **kwargs: Any) -> Any:
    return f(a.value.reshape(level.size, -1), 1, **kwargs) if axis is None else f(a.value, axis_of(axis, a.ndim), **kwargs)


@rule(np.sort, np.argsort, np.partition, np.argpartition)
def _sorted(level: Level, f: Any, a: Any, *args: Any, axis: Any = -1, **kwargs: Any) -> Any:
    if f in (np.sort, np.argsort) and args:
        axis, args = args[0], args[1:]
    return f(a.value, *args, axis=axis_of(axis, a.ndim), **kwargs)


@rule(np.flip)
def _flip(level: Level, f: Any, m: Any, axis: Any = None) -> Any:
    return f(m.value, axis_of(axis, m.ndim))


@rule(np.roll)
def _roll(level: Level, f: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return f(a.value.reshape(level.size, -1), shift, 1).reshape(a.value.shape)
    return f(a.value, shift, axis_of(axis, a.ndim))


@rule(np.diff)
def _diff(level: Level, f: Any, a: Any, n: int = 1, axis: int = -1) -> Any:
    return f(a.value, n, axis_of(axis, a.ndim))


# --------------------------------------------------------------------------------------------------------------------- shapes


@rule(np.reshape)
def _reshape(level: Level, f: Any, a: Any, /, shape: Any = None, order: str = "C", **kwargs: Any) -> Any:
    shape = kwargs.pop("newshape", shape)
    if order != "C" or kwargs:
        raise BatchError("vmap: reshape in another order")
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if -1 in shape and not a.value.size:
        known = int(np.prod([n for n in shape if n != -1]))
        shape = tuple([a.size // known if n == -1 and known else n for n in shape])
    return np.reshape(a.value, (a.value.shape[0], *shape))


@rule(np.ravel)
def _ravel(level: Level, f: Any, a: Any, order: str = "C") -> Any:
    return np.reshape(a.value, (level.size, a.size))


@rule(np.transpose)
def _transpose(level: Level, f: Any, a: Any, axes: Any = None) -> Any:
    axes = tuple(range(a.ndim))[::-1] if axes is None else axes
    return f(a.value, (0, *axis_of(tuple(axes), a.ndim)))


@rule(np.swapaxes)
def _swapaxes(level: Level, f: Any, a: Any, axis1: int, axis2: int) -> Any:
    return f(a.value, axis_of(axis1, a.ndim), axis_of(axis2, a.ndim))


@rule(np.moveaxis)
def _moveaxis(level: Level, f: Any, a: Any, source: Any, destination: Any) -> Any:
    return f(a.value, axis_of(source, a.ndim), axis_of(destination, a.ndim))


@rule(np.expand_dims)
def _expand_dims(level: Level, f: Any, a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    return f(a.value, axis_of(tuple(axes), a.ndim + len(axes)))


@rule(np.squeeze)
def _squeeze(level: Level, f: Any, a: Any, axis: Any = None) -> Any:
    if axis is None:
        axis = tuple([i for i, n in enumerate(a.shape) if n == 1])
    return f(a.value, axis_of(axis, a.ndim))


@rule(np.broadcast_to)
def _broadcast_to(level: Level, f: Any, array: Any, shape: Any, **kwargs: Any) -> Any:
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    return f(aligned(array, len(shape), level), (level.size, *shape))


@rule(np.broadcast_arrays)
def _broadcast_arrays(level: Level, f: Any, *args: Any) -> Any:
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple([np.broadcast_to(aligned(values_of(a, level), len(shape), level), (level.size, *shape)) for a in args])


def values_of(a: Any, level: Level) -> Batched:
    """Stand-ins for all arguments. An argument that all examples share is repeated."""
    return a if own(a, level) else Batched(values(a, level), level)


@rule(np.tril, np.triu)
def _triangle(level: Level, f: Any, m: Any, k: int = 0) -> Any:
    if m.ndim < 2:
        raise BatchError("vmap: the triangle of a vector")
    return f(m.value, k)


@rule(np.diagonal)
def _diagonal(level: Level, f: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return f(a.value, offset, axis_of(axis1, a.ndim), axis_of(axis2, a.ndim))


@rule(np.tile)
def _tile(level: Level, f: Any, A: Any, reps: Any) -> Any:
    reps = tuple(reps) if isinstance(reps, tuple | list) else (reps,)
    return f(aligned(A, len(reps), level), (1, *(1,) * (A.ndim - len(reps)), *reps))


@rule(np.pad)
def _pad(level: Level, f: Any, array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    return f(array.value, [(0, 0), *widths], mode, **kwargs)


@rule(np.concatenate)
def _concatenate(level: Level, f: Any, arrays: Sequence[Any], axis: Any = 0, **kwargs: Any) -> Any:
    if axis is None or kwargs.get("out") is not None:
        raise BatchError("vmap: concatenate without an axis")
    return f([values(a, level) for a in arrays], axis_of(axis, np.ndim(arrays[0])), **kwargs)


@rule(np.stack)
def _stack(level: Level, f: Any, arrays: Sequence[Any], axis: int = 0, **kwargs: Any) -> Any:
    return f([values(a, level) for a in arrays], axis_of(axis, np.ndim(arrays[0]) + 1), **kwargs)


@rule(np.copy)
def _copy(level: Level, f: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
    return a.value.copy()


@rule(np.zeros_like, np.ones_like, np.empty_like)
def _like(level: Level, f: Any, a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None) -> Any:
    stack = shape if shape is None else (level.size, *(shape if isinstance(shape, tuple | list) else (shape,)))
    return f(a.value, dtype=dtype, shape=stack)


@rule(np.full_like)
def _full_like(level: Level, f: Any, a: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    if kwargs or not own(a, level):
        raise BatchError("vmap: full_like with more arguments")
    return f(a.value, aligned(fill_value, a.ndim, level), dtype=dtype)


# ------------------------------------------------------------------------------------------------------ elements and choices


@rule(np.where)
def _where(level: Level, f: Any, condition: Any, *choices: Any) -> Any:
    if not choices:
        raise BatchError("vmap: where() without values selects a different number of elements from each example")
    rank = max(np.ndim(x) for x in (condition, *choices))
    return f(*[aligned(x, rank, level) for x in (condition, *choices)])


@rule(np.clip)
def _clip(level: Level, f: Any, a: Any, *bounds: Any, **kwargs: Any) -> Any:
    rank = max(np.ndim(x) for x in (a, *bounds, *kwargs.values()) if x is not None)
    return f(
        aligned(a, rank, level),
        *[aligned(x, rank, level) for x in bounds],
        **{k: aligned(x, rank, level) for k, x in kwargs.items()},
    )


@rule(np.take_along_axis)
def _take_along_axis(level: Level, f: Any, arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        raise BatchError("vmap: take_along_axis without an axis")
    a, i = values(arr, level), values(indices, level)
    return f(a, i, axis_of(axis, np.ndim(arr)))


@rule(np.take)
def _take(level: Level, f: Any, a: Any, indices: Any, axis: Any = None, **kwargs: Any) -> Any:
    if axis is None or kwargs or isinstance(indices, Batched):
        raise BatchError("vmap: take by an index for each example")
    return f(a.value, indices, axis_of(axis, a.ndim))


@rule(np.repeat)
def _repeat(level: Level, f: Any, a: Any, repeats: Any, axis: Any = None) -> Any:
    if isinstance(repeats, Batched):
        raise BatchError("vmap: repeat by a number for each example")
    return f(a.value.reshape(level.size, -1), repeats, 1) if axis is None else f(a.value, repeats, axis_of(axis, a.ndim))


@rule(np.real, np.imag, np.isreal, np.iscomplex, np.angle, np.nan_to_num, np.sinc, np.round, np.around, np.isposinf, np.isneginf)
@rule(np.real_if_close, np.fix, np.i0)
def _elementwise(level: Level, f: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return f(x.value, *args, **kwargs)


@rule(np.isclose)
def _isclose(level: Level, f: Any, a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
    rank = max(np.ndim(a), np.ndim(b))
    return f(aligned(a, rank, level), aligned(b, rank, level), *args, **kwargs)


# -------------------------------------------------------------------------------------------------------------------- algebra


@rule(np.dot)
def _dot(level: Level, f: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        rank = max(np.ndim(a), np.ndim(b))
        return np.multiply(aligned(a, rank, level), aligned(b, rank, level))
    if np.ndim(b) > 2:
        raise BatchError("vmap: dot with more than two dimensions")
    return _matmul(level, a, b)


@rule(np.vdot)
def _vdot(level: Level, f: Any, a: Any, b: Any) -> Any:
    flat = [np.reshape(values(x, level), (level.size, -1)) for x in (a, b)]
    return (np.conjugate(flat[0]) * flat[1]).sum(1)


@rule(np.outer)
def _outer(level: Level, f: Any, a: Any, b: Any) -> Any:
    flat = [np.reshape(values(x, level), (level.size, -1)) for x in (a, b)]
    return flat[0][:, :, None] * flat[1][:, None, :]


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@rule(np.einsum)
def _einsum(level: Level, f: Any, subscripts: Any, *operands: Any, **kwargs: Any) -> Any:
    if not isinstance(subscripts, str) or "->" not in subscripts or kwargs.get("out") is not None:
        raise BatchError("vmap: einsum in another form than 'ij,jk->ik'")
    left, right = subscripts.replace(" ", "").split("->")
    batch = next(letter for letter in _LETTERS if letter not in subscripts)
    terms = [batch + term if own(x, level) else term for term, x in zip(left.split(","), operands, strict=True)]
    return f(f"{','.join(terms)}->{batch}{right}", *[aligned(x, 0, level) for x in operands], **kwargs)


@rule(np.tensordot)
def _tensordot(level: Level, f: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    n, m = np.ndim(a), np.ndim(b)
    if isinstance(axes, int):
        pairs = list(zip(range(n - axes, n), range(axes), strict=True))
    else:
        first, second = [x if isinstance(x, tuple | list) else (x,) for x in axes]
        pairs = [(i % n, j % m) for i, j in zip(first, second, strict=True)]
    names_a, names_b = list(_LETTERS[1 : n + 1]), list(_LETTERS[n + 1 : n + m + 1])
    for i, j in pairs:
        names_b[j] = names_a[i]
    summed = {names_a[i] for i, _ in pairs}
    out = [c for c in names_a + names_b if c not in summed]
    return _einsum(level, np.einsum, f"{''.join(names_a)},{''.join(names_b)}->{''.join(out)}", a, b, optimize=True)


@rule(np.linalg.svd, np.linalg.det, np.linalg.inv, np.linalg.slogdet, np.linalg.cholesky, np.linalg.qr, np.linalg.eigh)
@rule(np.linalg.eigvalsh, np.linalg.eig, np.linalg.eigvals, np.linalg.pinv, np.linalg.svdvals, np.linalg.matrix_transpose)
def _of_matrices(level: Level, f: Any, a: Any, *args: Any, **kwargs: Any) -> Any:
    return f(a.value, *args, **kwargs)


@rule(np.linalg.solve)
def _solve(level: Level, f: Any, a: Any, b: Any) -> Any:
    if np.ndim(b) == 1:
        return f(values(a, level), values(b, level)[..., None])[..., 0]
    rank = max(np.ndim(a), np.ndim(b))
    return f(aligned(values_of(a, level), rank, level), aligned(values_of(b, level), rank, level))


# ---------------------------------------------------------------------------------------------- questions about one example


def _answer(f: Callable[[Any], Any]) -> Rule:
    def answered(level: Level, function: Any, *args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    return answered


RULES[np.shape] = _answer(lambda a: a.shape)
RULES[np.ndim] = _answer(lambda a: a.ndim)
RULES[np.size] = _answer(lambda a, axis=None: a.size if axis is None else a.shape[axis])  # type: ignore[misc]
RULES[np.iscomplexobj] = _answer(lambda a: a.value.dtype.kind == "c")
RULES[np.isrealobj] = _answer(lambda a: a.value.dtype.kind != "c")


@rule(np.result_type, np.can_cast)
def _dtypes(level: Level, f: Any, *args: Any) -> Any:
    return f(*mapped(args, lambda x: x.value.dtype if isinstance(x, Batched) else x))


@rule(np.may_share_memory, np.shares_memory)
def _shares(level: Level, f: Any, a: Any, b: Any) -> bool:
    return bool(f(*[x.value if isinstance(x, Batched) else x for x in (a, b)]))


# ------------------------------------------------------------------------------------------------- operators and methods


def _operator(ufunc: np.ufunc, swapped: bool = False) -> Any:
    def operate(self: Batched, other: Any) -> Any:
        if hasattr(other, "__record__"):
            return NotImplemented
        return ufunc_call(ufunc, "__call__", (other, self) if swapped else (self, other), {})

    return operate


def _method(function: Any) -> Any:
    return lambda self, *args, **kwargs: function_call(function, (self, *args), kwargs)


def _astype(self: Batched, dtype: Any, *args: Any, **kwargs: Any) -> Batched:
    return Batched(self.value.astype(np.dtype(np.dtype(dtype).type), *args, **kwargs), self.level)


def _view(self: Batched, dtype: Any = None) -> Batched:
    if dtype is not None and np.dtype(dtype).itemsize != self.itemsize and self.ndim == 0:
        raise BatchError("vmap: another view of one number for each example")
    return Batched(self.value.view() if dtype is None else self.value.view(dtype), self.level)


def _reshaped(self: Batched, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    return function_call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {"order": order})


def _transposed(self: Batched, *axes: Any) -> Any:
    order = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes or None
    return function_call(np.transpose, (self, order), {})


_METHODS = {
    "all": np.all, "any": np.any, "argmax": np.argmax, "argmin": np.argmin, "argsort": np.argsort, "clip": np.clip,
    "conj": np.conjugate, "conjugate": np.conjugate, "cumprod": np.cumprod, "cumsum": np.cumsum, "diagonal": np.diagonal,
    "dot": np.dot, "flatten": np.ravel, "max": np.max, "mean": np.mean, "min": np.min, "prod": np.prod, "ravel": np.ravel,
    "repeat": np.repeat, "round": np.round, "squeeze": np.squeeze, "std": np.std, "sum": np.sum, "swapaxes": np.swapaxes,
    "take": np.take, "var": np.var,
}  # fmt: skip


def _add_methods(namespace: type) -> None:
    for name, ufunc in BINARY.items():
        setattr(namespace, f"__{name}__", _operator(ufunc))
        setattr(namespace, f"__r{name}__", _operator(ufunc, swapped=True))
    for name, ufunc in COMPARED.items():
        setattr(namespace, f"__{name}__", _operator(ufunc))
    for name, ufunc in UNARY.items():
        setattr(namespace, f"__{name}__", lambda self, ufunc=ufunc: ufunc_call(ufunc, "__call__", (self,), {}))
    for name, function in _METHODS.items():
        method = _method(function) if function is not np.conjugate else lambda self: np.conjugate(self)
        setattr(namespace, name, method)
    for name, method in {"astype": _astype, "view": _view, "reshape": _reshaped, "transpose": _transposed}.items():
        setattr(namespace, name, method)


_add_methods(Batched)

ways.ufunc, ways.function = ufunc_call, function_call

__all__ = ["RULES", "batched_in", "function_call", "ufunc_call"]
