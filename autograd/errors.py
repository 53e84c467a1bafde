"""What went wrong, with the shapes and dtypes, where, and what to do.

The fast path of an op checks nothing: NumPy does. Only when NumPy has refused are its words turned into ours, here.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit. PyTorch raises RuntimeError for these and NumPy ValueError: this is both."""


class DtypeError(RuntimeError, TypeError):
    """A dtype that an op cannot take. PyTorch raises RuntimeError for these and NumPy TypeError: this is both."""


class ArgumentError(RuntimeError, ValueError):
    """An argument's value makes no sense. PyTorch raises RuntimeError for these and NumPy ValueError: this is both."""


class RangeError(RuntimeError, IndexError):
    """Elements that a tensor does not have. PyTorch raises RuntimeError for some such places and numbers, NumPy IndexError."""


class EmptyError(ShapeError, IndexError):
    """A reduction of no elements that has no value. PyTorch raises IndexError or RuntimeError, NumPy ValueError: this is all."""


class LinAlgError(RuntimeError, np.linalg.LinAlgError):
    """A matrix for which there is no such result. NumPy's LinAlgError, which is a ValueError, and PyTorch's, a RuntimeError."""


class GraphError(RuntimeError):
    """The graph cannot do what was asked: it was freed, or a value that it saved was changed."""


class AnomalyError(RuntimeError):
    """A nan or an infinity appeared while anomaly detection was on."""


_OURS = (ShapeError, DtypeError, ArgumentError, RangeError, GraphError)


def describe(value: Any) -> str:
    """Say what an operand is in one word: ``float32[3, 4]`` for an array, its repr for a number."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{dtype}[{', '.join(map(str, shape))}]"
    if isinstance(value, list | tuple):
        inside = ", ".join(describe(v) for v in value[:4])
        return f"[{inside}{', ...' if len(value) > 4 else ''}]" if isinstance(value, list) else f"({inside})"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def where(layer: object) -> str:
    """The layer's path as a clause, or nothing outside any layer."""
    return f" in layer '{layer}'" if layer else ""


def explain(name: str, operands: dict[str, Any], error: Exception, layer: object = None) -> Exception:
    """Turn what NumPy said of a failed op into an error that shows the op, its layer and its operands, and says what to do.

    The class is kept where it says enough (LinAlgError, MemoryError, IndexError for a dimension); a ValueError becomes a
    ShapeError, a TypeError a DtypeError and another IndexError a RangeError, which are also those.
    """
    shown = ", ".join(f"{key}={describe(value)}" for key, value in operands.items() if value is not None and value is not False)
    said, hint = _reworded(error, operands)
    message = f"{name}{where(layer)}: {said} ({shown}){hint}"
    if isinstance(error, _OURS):
        return type(error)(message)
    if isinstance(error, np.linalg.LinAlgError):
        return LinAlgError(message)
    if isinstance(error, np.exceptions.AxisError):
        return IndexError(message)
    if isinstance(error, IndexError):
        return RangeError(message)
    if isinstance(error, ValueError):
        return (EmptyError if re.search(r"zero-size array|empty sequence", str(error)) else ShapeError)(message)
    if isinstance(error, TypeError):
        return DtypeError(message)
    if isinstance(error, NotImplementedError | RuntimeError):
        return type(error)(message)
    return error


def _reworded(error: Exception, operands: dict[str, Any]) -> tuple[str, str]:
    """NumPy's words as ours, with PyTorch's where users will search for them, and a hint what to do ("" for none)."""
    said = str(error)
    arrays = [value for value in operands.values() if hasattr(value, "shape") and hasattr(value, "dtype")]
    if isinstance(error, np.exceptions.AxisError):
        return _axis(error), ""
    if isinstance(error, _OURS):
        return said, ""
    if "matmul" in said and ("mismatch" in said or "enough dimensions" in said) and len(arrays) >= 2:
        return _unmultipliable(*[a.shape for a in arrays[-2:]])
    if "broadcast" in said and len(arrays) > 1:
        return (
            "the shapes cannot be broadcast together",
            "; compare them from the last dimension backwards: each pair must be equal, or one of them 1",
        )
    if "broadcast" in said and "requested shape" in said:
        return "the shape cannot be expanded to the one requested", "; only dimensions of length 1, and new ones in front, can grow"
    if found := re.match(r"cannot reshape array of size (\d+) into shape", said):
        return _unfitting(int(found[1]), operands)
    if "not supported for the input types" in said:
        dtypes = " and ".join(dict.fromkeys(str(a.dtype) for a in arrays))
        bits = "bitwise" in said or "invert" in said
        return f"not supported for {dtypes}", "; it takes integers and booleans: convert with .long() or .bool()" if bits else ""
    if re.search(r"zero-size array|empty sequence", said):
        return "expected the dimensions that are reduced to have non-zero size", ""
    if "boolean subtract" in said:
        return "Subtraction, the `-` operator, with two bool tensors is not supported", "; use the `^` operator or logical_xor()"
    if found := re.match(r"boolean index did not match .* along axis (\d+); size of axis is (\d+) but .* is (\d+)", said):
        return (
            f"boolean index: The shape of the mask does not match the shape of the indexed tensor: "
            f"{found[3]} against {found[2]} in dimension {found[1]}",
            "; a mask has the tensor's leading dimensions",
        )
    if "arrays used as indices must be" in said:
        return "tensors used as indices must be integers or booleans", "; convert with .long(), or compare for a mask"
    if found := re.match(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", said):
        size = int(found[3])
        advice = f"; it may be from {-size} to {size - 1}" if size else "; that dimension is empty"
        return f"index {found[1]} is out of bounds for dimension {found[2]} with size {size}", advice
    return re.sub(r"\bfor array\b", "for tensor", said) if isinstance(error, IndexError) else said, ""


def _axis(error: np.exceptions.AxisError) -> str:
    if error.axis is None:
        return str(error)
    n = max(error.ndim or 0, 1)
    expected = f"expected to be in range of [{-n}, {n - 1}], but got {error.axis}"
    return f"dim {error.axis} is out of bounds: Dimension out of range ({expected})"


def _unmultipliable(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[str, str]:
    """Two shapes that do not multiply, and which of them to transpose if that helps."""
    if not first or not second:
        return f"both arguments need at least 1 dimension, but they are {len(first)}D and {len(second)}D", "; use * for numbers"
    inner = second[-2] if len(second) > 1 else second[0]
    sizes = f"{'x'.join(map(str, first))} and {'x'.join(map(str, second))}"
    if first[-1] == inner:
        return f"shapes cannot be multiplied ({sizes}): the leading dimensions cannot be broadcast together", ""
    said = f"shapes cannot be multiplied ({sizes}): the inner dimensions differ, {first[-1]} and {inner}"
    hint = "; the last dimension of the first must equal the second last of the second"
    if len(second) == 2 and first[-1] == second[-1]:
        hint += ": the second seems to want .T"
    elif len(first) == 2 and first[0] == inner:
        hint += ": the first seems to want .T"
    elif len(second) >= 2 and len(first) >= 2 and second[-1] == first[-2]:
        hint += ": the operands seem to be in the wrong order"
    return said, hint


def _unfitting(size: int, operands: dict[str, Any]) -> tuple[str, str]:
    """A shape that does not hold as many elements as there are."""
    shape = operands.get("shape", operands.get("size", ()))
    wanted = list(shape) if isinstance(shape, list | tuple) else [shape]
    said = f"shape '{wanted}' is invalid for input of size {size}"
    known = int(np.prod([n for n in wanted if isinstance(n, int) and n >= 0], dtype=np.int64))
    if -1 in wanted:
        return said, f"; {size} elements cannot be divided by {known}, the product of the other dimensions"
    return said, f"; it would hold {known} elements: -1 for one dimension has it computed"
