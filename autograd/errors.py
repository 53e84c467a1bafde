"""Errors: their classes, and the messages, which say what happened, with the shapes and dtypes, where, and what to do.

An op does not check its arguments before it computes, because NumPy does. When NumPy has raised, the functions here rewrite its
message.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np


def demand(condition: object, message: str) -> None:
    """``torch._assert``: raise an AssertionError with the message unless the condition holds."""
    if not condition:
        raise AssertionError(message)


class Guided:
    """An error whose traceback ends with the place of its class in the guide: an example that fails so, and the same one mended."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made: Any = super().__new__(cls, *args, **kwargs)
        # A class of the user's own, made from one of these, is explained there too.
        name = next(c.__name__ for c in cls.__mro__ if c.__module__.partition(".")[0] in ("autograd", "nn", "optim"))
        made.add_note(f"(An example, and how to mend it: docs/guides/errors.md#{name.lower()})")
        return made


class ShapeError(Guided, RuntimeError, ValueError):
    """Shapes that do not fit. PyTorch raises RuntimeError for these and NumPy ValueError: this is both.

    A call that fails so, and the same one mended: docs/guides/errors.md#shapeerror
    """


class DtypeError(Guided, RuntimeError, TypeError):
    """A dtype that an op cannot take. PyTorch raises RuntimeError for these and NumPy TypeError: this is both.

    A call that fails so, and the same one mended: docs/guides/errors.md#dtypeerror
    """


class ArgumentError(Guided, RuntimeError, ValueError):
    """An argument whose value is invalid. PyTorch raises RuntimeError for these and NumPy ValueError: this is both.

    A call that fails so, and the same one mended: docs/guides/errors.md#argumenterror
    """


class RangeError(Guided, RuntimeError, IndexError):
    """An index or a count beyond a tensor's elements. PyTorch raises RuntimeError for some, NumPy IndexError: this is both.

    A call that fails so, and the same one mended: docs/guides/errors.md#rangeerror
    """


class EmptyError(ShapeError, IndexError):
    """A reduction that has no value for no elements. PyTorch raises IndexError or RuntimeError, NumPy ValueError: this is all.

    A call that fails so, and the same one mended: docs/guides/errors.md#emptyerror
    """


class LayerError(ShapeError, ArgumentError, AssertionError):
    """A layer that cannot be made or called so. PyTorch checks it by ``assert``: this is its AssertionError, too.

    A call that fails so, and the same one mended: docs/guides/errors.md#layererror
    """


class LinAlgError(Guided, RuntimeError, np.linalg.LinAlgError):
    """A matrix for which the result does not exist. This is NumPy's LinAlgError, a ValueError, and PyTorch's, a RuntimeError.

    A call that fails so, and the same one mended: docs/guides/errors.md#linalgerror
    """


class GraphError(Guided, RuntimeError):
    """The graph does not allow the call: it was freed, or a value that it saved was changed, or there is none.

    A call that fails so, and the same one mended: docs/guides/errors.md#grapherror
    """


class WrittenError(GraphError):
    """Values that a graph needs were written in place after it had saved them.

    A call that fails so, and the same one mended: docs/guides/errors.md#writtenerror
    """


class CompileError(Guided, RuntimeError):
    """A function cannot be compiled: it looked at a value, or there is no compiler.

    A call that fails so, and the same one mended: docs/guides/errors.md#compileerror
    """


class AnomalyError(Guided, RuntimeError):
    """A nan or an infinity appeared while anomaly detection was on.

    A call that fails so, and the same one mended: docs/guides/errors.md#anomalyerror
    """


_EXPLAINED = (ShapeError, DtypeError, ArgumentError, RangeError, GraphError)  # raised by this library: their words stay


def describe(value: Any) -> str:
    """A value in one word: ``float32[3, 4]`` for an array or a tensor, its repr for a number."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{dtype}[{', '.join(map(str, shape))}]"
    if isinstance(value, list | tuple):
        inside = ", ".join(describe(v) for v in value[:4])
        return f"[{inside}{', ...' if len(value) > 4 else ''}]" if isinstance(value, list) else f"({inside})"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def demand_equal_dtypes(name: str, *operands: Any) -> None:
    """Raise unless arrays, or tensors, that a function takes together have one dtype. Numbers count for nothing.

    Raises:
        DtypeError: they have several.
    """
    dtypes = [operand.dtype for operand in operands if hasattr(operand, "dtype")]
    if len(set(dtypes)) > 1:
        raise DtypeError(f"{name}: expected operands of the same dtype, but got {', '.join([str(d) for d in dtypes])}: convert one")


def printable(text: str, keep: str = "") -> str:
    """The text with its control characters as escapes, so that a name from a file or a user cannot steer the terminal.

    Args:
        text: the text to show.
        keep: control characters that stay, such as a newline in a text of several lines.
    """
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text])


def where(layer: object) -> str:
    """A clause that names a layer by its path; "" for None."""
    return f" in layer '{printable(str(layer))}'" if layer else ""


def explain(name: str, operands: dict[str, Any], error: Exception, layer: object = None) -> Exception:
    """An error that shows the op, its layer and its arguments, and says what to do, for one that its forward raised.

    A ValueError becomes a ShapeError, a TypeError a DtypeError, an IndexError a RangeError (for a dimension, it stays an
    IndexError). Each of these is still an instance of the class before. Other classes stay.

    Args:
        name: the op's. operands: the arguments of the call, by name. error: what the forward raised.
        layer: the path of the layer within which the op was called, or None.
    """
    shown = ", ".join(f"{key}={describe(value)}" for key, value in operands.items() if value is not None and value is not False)
    problem, hint = _reworded(error, operands)
    message = f"{name}{where(layer)}: {problem} ({shown}){hint}"
    if isinstance(error, _EXPLAINED):
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
    if isinstance(error, NotImplementedError | RuntimeError | OverflowError):
        return type(error)(message)
    return error


def _reworded(error: Exception, operands: dict[str, Any]) -> tuple[str, str]:
    """The problem, in PyTorch's words where users search for these, and a hint what to do ("" for none)."""
    text = str(error)
    arrays = [value for value in operands.values() if hasattr(value, "shape") and hasattr(value, "dtype")]
    if isinstance(error, np.exceptions.AxisError):
        return _axis(error), ""
    if isinstance(error, _EXPLAINED):
        return text, ""
    if "matmul" in text and ("mismatch" in text or "enough dimensions" in text) and len(arrays) >= 2:
        return _unmultipliable(*[a.shape for a in arrays[-2:]])
    if "broadcast" in text and len(arrays) > 1:
        return (
            "the shapes cannot be broadcast together",
            "; compare them from the last dimension backwards: each pair must be equal, or one of them 1",
        )
    if "broadcast" in text and "requested shape" in text:
        return "the shape cannot be expanded to the one requested", "; only dimensions of length 1, and new ones in front, can grow"
    if match := re.match(r"cannot reshape array of size (\d+) into shape", text):
        return _unfitting(int(match[1]), operands)
    if "not supported for the input types" in text:
        dtypes = " and ".join(dict.fromkeys(str(a.dtype) for a in arrays))
        bits = "bitwise" in text or "invert" in text
        return f"not supported for {dtypes}", "; it takes integers and booleans: convert with .long() or .bool()" if bits else ""
    if re.search(r"zero-size array|empty sequence", text):
        return "expected the dimensions that are reduced to have non-zero size", ""
    if "boolean subtract" in text:
        return "Subtraction, the `-` operator, with two bool tensors is not supported", "; use the `^` operator or logical_xor()"
    if match := re.match(r"boolean index did not match .* along axis (\d+); size of axis is (\d+) but .* is (\d+)", text):
        return (
            f"boolean index: The shape of the mask does not match the shape of the indexed tensor: "
            f"{match[3]} against {match[2]} in dimension {match[1]}",
            "; a mask has the tensor's leading dimensions",
        )
    if "arrays used as indices must be" in text:
        return "tensors used as indices must be integers or booleans", "; convert with .long(), or compare for a mask"
    if match := re.match(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", text):
        size = int(match[3])
        advice = f"; it may be from {-size} to {size - 1}" if size else "; that dimension is empty"
        return f"index {match[1]} is out of bounds for dimension {match[2]} with size {size}", advice
    return re.sub(r"\bfor array\b", "for tensor", text) if isinstance(error, IndexError) else text, ""


def _axis(error: np.exceptions.AxisError) -> str:
    if error.axis is None:
        return str(error)
    n = max(error.ndim or 0, 1)
    expected = f"expected to be in range of [{-n}, {n - 1}], but got {error.axis}"
    return f"dim {error.axis} is out of bounds: Dimension out of range ({expected})"


def _unmultipliable(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[str, str]:
    """The problem and the hint for two shapes that do not multiply: the hint says which one to transpose, if that helps."""
    if not first or not second:
        return f"both arguments need at least 1 dimension, but they are {len(first)}D and {len(second)}D", "; use * for numbers"
    inner = second[-2] if len(second) > 1 else second[0]
    sizes = f"{'x'.join(map(str, first))} and {'x'.join(map(str, second))}"
    if first[-1] == inner:
        return f"shapes cannot be multiplied ({sizes}): the leading dimensions cannot be broadcast together", ""
    problem = f"shapes cannot be multiplied ({sizes}): the inner dimensions differ, {first[-1]} and {inner}"
    hint = "; the last dimension of the first must equal the second last of the second"
    if len(second) == 2 and first[-1] == second[-1]:
        hint += ": transpose the second with .T"
    elif len(first) == 2 and first[0] == inner:
        hint += ": transpose the first with .T"
    elif len(second) >= 2 and len(first) >= 2 and second[-1] == first[-2]:
        hint += ": perhaps the operands are in the wrong order"
    return problem, hint


def _unfitting(size: int, operands: dict[str, Any]) -> tuple[str, str]:
    """The problem and the hint for a reshape to a shape with another number of elements."""
    shape = operands.get("shape", operands.get("size", ()))
    lengths = list(shape) if isinstance(shape, list | tuple) else [shape]
    problem = f"shape '{lengths}' is invalid for input of size {size}"
    known = int(np.prod([n for n in lengths if isinstance(n, int) and n >= 0], dtype=np.int64))
    if -1 in lengths:
        return problem, f"; {size} elements cannot be divided by {known}, the product of the other dimensions"
    return problem, f"; it would hold {known} elements: write -1 for one dimension to have its length computed"
