"""Dtypes: NumPy's under PyTorch's names, the default dtype, and the conversion of data to an array."""

from __future__ import annotations

import builtins
from itertools import chain
from typing import Any

import numpy as np

from ...errors import ArgumentError, DtypeError, ShapeError, describe
from ...types import ArrayLike, DType, Size, Tensor, TensorLike

# The names below hide Python's own float, int and bool: functions of this module write builtins.float for Python's.
float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
uint16 = np.dtype(np.uint16)
uint32 = np.dtype(np.uint32)
uint64 = np.dtype(np.uint64)
bool = np.dtype(np.bool_)
complex64 = cfloat = np.dtype(np.complex64)
complex128 = cdouble = np.dtype(np.complex128)
dtype = np.dtype

NUMERIC = "biufc"  # the kinds of dtype that a tensor can have: booleans, integers, floating point, complex
PYTHON = builtins.float | builtins.int | builtins.complex | list | tuple
_PYTHONS_NUMBERS = frozenset((builtins.float, builtins.int, builtins.bool, builtins.complex))
_LISTS = frozenset((list, tuple))
_DEFAULTS: dict[str, np.dtype[Any]] = {"floating": float32, "complex": complex64}
_COMPLEX_OF: dict[np.dtype[Any], np.dtype[Any]] = {float16: complex64, float32: complex64, float64: complex128}


class AbsentDType:
    """A dtype of PyTorch's that NumPy has not: it may be named, as in a table of dtypes, and raises where it is used."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"autograd.{self.name}"


bfloat16 = AbsentDType("bfloat16")


def to_dtype(what: DType | None) -> np.dtype[Any]:
    """The dtype that an object names, by NumPy's rules or as ``"torch.float32"``, in the machine's byte order.

    Raises:
        DtypeError: no dtype. TypeError: a dtype that tensors cannot have, such as strings.
    """
    if what.__class__ is str and what.startswith("torch."):
        what = what[6:]
    if isinstance(what, AbsentDType):
        raise DtypeError(f"{what.name}: NumPy has no such dtype, and nothing here computes in it; float32 and float16 are there")
    try:
        converted = np.dtype(what)
    except TypeError:
        raise DtypeError(f"{what!r} is no dtype: expected one like autograd.float32, np.float64 or 'int64'") from None
    if converted.kind not in NUMERIC:
        raise TypeError(f"a Tensor cannot have dtype {converted}: booleans, integers, floating point and complex numbers only")
    if converted.metadata is not None:  # the dtype of a tensor within vmap says more than its kind; see autograd/batch
        converted = np.dtype(converted.type)
    return converted if converted.isnative else converted.newbyteorder("=")


def set_default_dtype(d: DType) -> None:
    """Set the floating dtype that Python floats, and tensors made without a dtype, get (float32 until then).

    Raises:
        TypeError: a dtype that is not floating point.

    Example:
        >>> import autograd
        >>> autograd.set_default_dtype(autograd.float64)
        >>> autograd.tensor([0.1])
        tensor([0.1000], dtype=float64)
        >>> autograd.set_default_dtype(autograd.float32)
    """
    floating = to_dtype(d)
    if floating not in _COMPLEX_OF:
        raise TypeError(f"only floating-point types are supported as the default type, not {floating}")
    _DEFAULTS["floating"], _DEFAULTS["complex"] = floating, _COMPLEX_OF[floating]


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python floats become.

    Example:
        >>> import autograd
        >>> autograd.get_default_dtype()
        dtype('float32')
    """
    return _DEFAULTS["floating"]


def default_for(inferred: np.dtype[Any]) -> np.dtype[Any]:
    """The default dtype for Python numbers of which NumPy made an array of this dtype: float64 becomes float32, integers stay."""
    kind = inferred.kind
    if kind == "f":
        return _DEFAULTS["floating"]
    return _DEFAULTS["complex"] if kind == "c" else inferred


def to_array(data: ArrayLike, dtype: DType | None = None, copy: builtins.bool | None = True) -> np.ndarray:
    """Data as an array. Arrays keep their dtype; Python numbers get the default one of their kind.

    Args:
        data: a tensor, an array, a number, nested lists of these, or anything with NumPy's array interface.
        dtype: of the result; None keeps or infers it.
        copy: True for memory of its own, None to share where possible.

    Raises:
        TypeError: objects that are no numbers, or complex numbers for a real dtype. ShapeError: nested lists that are ragged.
        OverflowError: an integer that does not fit into int64.
    """
    target = None if dtype is None else to_dtype(dtype)
    array = getattr(data, "array", None)
    if type(array) is not np.ndarray:
        array = data if isinstance(data, np.ndarray) else None
    if array is not None:
        if array.dtype.kind not in NUMERIC or hasattr(array, "mask"):
            raise TypeError(refusal(array))
        return _checked(np.array(array, dtype=target, copy=copy), array)
    if not isinstance(data, PYTHON) and _is_sequence(data):
        sequence: Any = data
        try:
            data = [sequence[i] for i in range(len(sequence))]
        except (TypeError, IndexError) as error:
            raise ValueError(f"could not determine the shape of object type {type(data).__name__!r}: {error}") from error
    rows, kinds = _innermost(data)
    first = next(chain.from_iterable(rows), data)
    if hasattr(first, "mask"):
        raise TypeError(refusal(first))
    if type(data).__name__ == "PyCapsule" or (hasattr(data, "__dlpack__") and not hasattr(data, "__array__")):
        return to_array(of_dlpack(data), dtype, copy)
    if not kinds <= _PYTHONS_NUMBERS:
        if any([hasattr(kind, "__record__") for kind in kinds]):
            leaves: list[Any] = []
            data = _bare(data, leaves)
            rows, kinds = [leaves], set(map(type, leaves))
        if target is None and any([issubclass(kind, np.ndarray | np.generic) for kind in kinds]):
            target = _common(chain.from_iterable(rows), kinds)
    try:
        result = np.asarray(data)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise _ragged(data) from None
    if result.dtype == object and target is not None and target.kind in "fb" and _all_numbers(result):
        return result.astype(target)  # integers beyond int64
    _checked(result, data)
    if target is None and isinstance(first, PYTHON) and not isinstance(first, np.generic):
        target = default_for(result.dtype)
    if target is None or target == result.dtype:
        return np.array(result) if copy and not result.flags.owndata else result
    if result.dtype == object or (result.dtype.kind == "c" and target.kind not in "cb"):
        raise TypeError(f"can't make {target} of complex numbers: take the real part first")
    if target.kind in "iu" and result.size:
        for extreme in (result.min(), result.max()):  # of nan among others, both are nan
            number_as(extreme, target, "tensor")
        if result.dtype.kind == "f" and result.min() < 0:
            result = result.astype(int64)  # NumPy does not define the conversion of a negative float to an unsigned dtype
    return result.astype(target)


class _Capsule:
    """A capsule of DLPack's, with the methods by which NumPy asks for one."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        return 1, 0  # DLPack's numbers of the CPU


def of_dlpack(source: Any) -> np.ndarray:
    """The array of another library's array, or of a capsule, whose memory it shares."""
    return np.from_dlpack(source if hasattr(source, "__dlpack__") else _Capsule(source))


def number_as(value: Any, dtype: np.dtype[Any], name: str) -> np.ndarray:
    """A number as an array with no dimensions, converted to a dtype in one step.

    Integers lose the fraction. An unsigned dtype counts a negative number from its end, as in PyTorch: -1 is 255.

    Args:
        value: a Python or NumPy number.
        dtype: of the result.
        name: of the function that asks, for errors.

    Raises:
        ArgumentError: the dtype cannot hold the number: an integer too large, nan or infinity as an integer, a finite number that
        would become infinite. DtypeError: an imaginary part, for a real dtype.
    """
    number = value.item() if isinstance(value, np.generic) else value
    if not isinstance(number, builtins.int | builtins.float | builtins.complex):
        raise TypeError(f"{name} expects a number, not {describe(value)}")
    if dtype.kind == "b":
        return np.asarray(builtins.bool(number))
    if dtype.kind != "c" and isinstance(number, builtins.complex):
        if number.imag:
            raise DtypeError(f"{name}: complex value {describe(value)} does not go into {dtype}: take its real part first")
        number = number.real
    if dtype.kind in "iu":
        top = builtins.int(np.iinfo(dtype).max)
        bottom = -top if dtype.kind == "u" else builtins.int(np.iinfo(dtype).min)
        if not bottom <= number <= top:  # nan is not, either
            raise _overflow(value, dtype, name)
        whole = builtins.int(number)
        return np.asarray(whole % (top + 1) if dtype.kind == "u" else whole, dtype)
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(number, dtype)
    except OverflowError:
        raise _overflow(value, dtype, name) from None
    if not np.isfinite(array) and number - number == 0:  # as of every finite number, also an int of 300 digits
        raise _overflow(value, dtype, name)
    return array


def _overflow(value: Any, dtype: np.dtype[Any], name: str) -> ArgumentError:
    return ArgumentError(
        f"{name}: value {describe(value)} cannot be converted to type {dtype} without overflow: use a dtype that holds it"
    )


def _all_numbers(array: np.ndarray) -> builtins.bool:
    return all(isinstance(v, builtins.int | builtins.float) for v in array.ravel())


def _checked(array: np.ndarray, data: Any) -> np.ndarray:
    if array.dtype.kind in NUMERIC:
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    if array.dtype == object:
        odd = next((v for v in array.ravel() if not isinstance(v, builtins.int | builtins.float)), None)
        if isinstance(odd, np.ndarray | list):
            raise ShapeError("the nested lists are ragged, not a rectangle of numbers")
        if odd is not None or None in array.ravel().tolist():
            raise TypeError(f"could not infer the dtype of {type(odd).__name__}: a Tensor holds numbers, not {odd!r}")
        if any([isinstance(v, builtins.int) and not -(2**63) <= v < 2**63 for v in array.ravel()]):
            raise OverflowError("an integer is too large for int64: pass floats")
    raise TypeError(refusal(array, data))


def refusal(value: Any, given: object = None) -> str:
    """Why an array or a scalar of NumPy's cannot become a tensor; ``given`` is the object of which it was made."""
    if hasattr(value, "mask"):
        return "a masked array cannot become a Tensor, which has no mask: fill it with .filled(value) first"
    kind = type(value if given is None else given).__name__
    return f"can't convert {kind} of {value.dtype} to a Tensor: it holds booleans and numbers only"


def _bare(data: Any, leaves: list[Any]) -> Any:
    """Nested lists in which each tensor of one element is replaced by its array; the elements are appended to ``leaves``."""
    if isinstance(data, list | tuple):
        return [_bare(item, leaves) for item in data]
    array = getattr(data, "array", data)
    if isinstance(array, np.ndarray):
        if array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars: a list of tensors with "
                f"shape {tuple(array.shape)} becomes a tensor with autograd.stack(list) or autograd.cat(list)"
            )
        array = array.reshape(())
    leaves.append(array)
    return array


def _is_sequence(data: Any) -> builtins.bool:
    """Whether it is a sequence of a user's own class, which shows its numbers by an index only."""
    kind = type(data)
    if not (hasattr(kind, "__getitem__") and hasattr(kind, "__len__")) or hasattr(data, "keys") or isinstance(data, str):
        return False
    if any([hasattr(data, name) for name in ("__array__", "__array_interface__", "__array_struct__", "__dlpack__", "mask")]):
        return False
    try:
        memoryview(data)
    except TypeError:
        return True
    return False


def _innermost(data: Any) -> tuple[list[Any], set[type]]:
    """The innermost lists of nested lists, as deep as all items are lists, and the types of what lies in them."""
    if not isinstance(data, list | tuple):
        return [], set()
    rows: list[Any] = [data]
    kinds, depth = set(map(type, data)), 0
    while kinds and kinds <= _LISTS and depth < 64:  # a list may hold itself
        rows = list(chain.from_iterable(rows))
        kinds, depth = set(map(type, chain.from_iterable(rows))), depth + 1
    return rows, kinds


def _common(items: Any, kinds: set[type]) -> np.dtype[Any] | None:
    """The dtype of a list with NumPy's arrays and scalars, which keep theirs; Python's numbers beside them have the default one.

    None where integers only lie there, which NumPy joins.
    """
    dtypes = {item.dtype for item in items if isinstance(item, np.ndarray | np.generic)}
    if builtins.float in kinds:
        dtypes.add(_DEFAULTS["floating"])
    if builtins.complex in kinds:
        dtypes.add(_DEFAULTS["complex"])
    floating = [dtype for dtype in dtypes if dtype.kind in "fc"]
    return np.result_type(*floating) if floating and all([dtype.kind in NUMERIC for dtype in dtypes]) else None


def _ragged(data: Any) -> Exception:
    """The error for nested lists of different lengths, which says at which depth; or of numbers beside lists."""
    title = "the nested lists are ragged, not a rectangle of numbers"
    level, items = 0, [data]
    while items and all(isinstance(item, list | tuple) for item in items):
        lengths = [len(item) for item in items]
        if len(set(lengths)) > 1:
            odd = next(n for n in lengths if n != lengths[0])
            return ShapeError(f"{title}: expected sequence of length {lengths[0]} at dim {level} (got {odd})")
        items = [inner for item in items for inner in item]
        level += 1
    if all([isinstance(item, list | tuple) or getattr(item, "ndim", 0) for item in items]):
        return ShapeError(f"{title}: expected sequence of length {len(items[0])} at dim {level}, and others are not of that shape")
    return TypeError(f"{title}: some items at dim {level - 1} are sequences and one is not a sequence")


# ------------------------------------------------------------------------------------------------- questions about dtypes


class finfo:
    """The limits of a floating dtype as Python floats: bits, eps, max, min, tiny, smallest_normal, resolution, dtype.

    Example:
        >>> import autograd
        >>> autograd.finfo(autograd.float64).eps
        2.220446049250313e-16
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, dtype: DType | None = None) -> None:
        kind = get_default_dtype() if dtype is None else to_dtype(dtype)
        if kind.kind not in "fc":
            raise TypeError(f"finfo describes floating point, not {kind}: use iinfo")
        numbers = np.finfo(kind)
        self.bits, self.dtype = numbers.bits, str(numbers.dtype)
        for name in ("eps", "max", "min", "resolution", "smallest_normal", "tiny"):
            setattr(self, name, builtins.float(getattr(numbers, name)))

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"finfo({', '.join(f'{name}={getattr(self, name)}' for name in self.__slots__)})"


class iinfo:
    """The limits of an integer dtype: bits, max, min, dtype.

    Example:
        >>> import autograd
        >>> autograd.iinfo(autograd.int8).max
        127
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, dtype: DType) -> None:
        kind = to_dtype(dtype)
        if kind.kind not in "iu":
            raise TypeError(f"iinfo describes integers, not {kind}: use finfo")
        numbers = np.iinfo(kind)
        self.bits, self.dtype = numbers.bits, str(numbers.dtype)
        self.max, self.min = builtins.int(numbers.max), builtins.int(numbers.min)

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"iinfo({', '.join(f'{name}={getattr(self, name)}' for name in self.__slots__)})"


def promote_types(type1: DType, type2: DType) -> np.dtype[Any]:
    """The smallest dtype that both can be cast to safely: NumPy's rule.

    Example:
        >>> import autograd
        >>> autograd.promote_types(autograd.float32, autograd.int64)
        dtype('float64')
    """
    return np.promote_types(to_dtype(type1), to_dtype(type2))


def result_type(*operands: TensorLike) -> np.dtype[Any]:
    """The dtype of an op on these operands: Python numbers adapt to arrays and tensors (NEP 50).

    Example:
        >>> import autograd
        >>> autograd.result_type(autograd.ones(2), 1.0)
        dtype('float32')
    """
    result = np.result_type(*[getattr(value, "array", value) for value in operands])
    plain = all(isinstance(v, builtins.int | builtins.float | builtins.complex) and not isinstance(v, np.generic) for v in operands)
    return default_for(result) if plain else result


def can_cast(from_: DType, to: DType) -> builtins.bool:
    """Whether an in-place op may put one dtype into another: not complex into real, floating into integer, number into boolean.

    Example:
        >>> import autograd
        >>> autograd.can_cast(autograd.int64, autograd.float32), autograd.can_cast(autograd.float32, autograd.int64)
        (True, False)
    """
    order = "biufc"
    source, target = order.index(to_dtype(from_).kind), order.index(to_dtype(to).kind)
    return target >= source or (source in (1, 2) and target in (1, 2))


def broadcast_shapes(*shapes: Size | builtins.int) -> tuple[builtins.int, ...]:
    """The shape to which arrays of these shapes broadcast together.

    Example:
        >>> import autograd
        >>> autograd.broadcast_shapes((2, 1), (3,))
        (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except TypeError:
        raise DtypeError(f"broadcast_shapes: shapes are integers, or sequences of them, not {shapes}") from None
    except ValueError:
        raise ShapeError(f"shapes {', '.join(map(str, shapes))} cannot be broadcast together") from None


def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether a tensor holds floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.is_floating_point(autograd.ones(2)), autograd.is_floating_point(autograd.arange(2))
        (True, False)
    """
    return builtins.bool(input.dtype.kind == "f")


def is_complex(input: Tensor) -> builtins.bool:
    """Whether a tensor holds complex numbers.

    Example:
        >>> import autograd
        >>> autograd.is_complex(autograd.tensor(1j)), autograd.is_complex(autograd.tensor(1.0))
        (True, False)
    """
    return builtins.bool(input.dtype.kind == "c")
