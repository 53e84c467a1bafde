"""What went wrong, with the shapes and dtypes, where, and what to do.

The fast path of an op checks nothing: NumPy does. Only when NumPy has refused are its words turned into ours, here.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit. PyTorch raises RuntimeError for these and NumPy ValueError: this is both."""


class DtypeError(RuntimeError, TypeError):
    """A dtype that an op cannot take. PyTorch raises RuntimeError for these and NumPy TypeError: this is both."""


class ArgumentError(RuntimeError, ValueError):
    """An argument's value makes no sense. PyTorch raises RuntimeError for these and NumPy ValueError: this is both."""


class GraphError(RuntimeError):
    """The graph cannot do what was asked: it was freed, or a value that it saved was changed."""


class AnomalyError(RuntimeError):
    """A nan or an infinity appeared while anomaly detection was on."""


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


def where(layer: str | None) -> str:
    """The layer's path as a clause, or nothing outside any layer."""
    return f" in layer '{layer}'" if layer else ""


def explain(name: str, operands: dict[str, Any], error: Exception, layer: str | None = None) -> Exception:
    """Turn what NumPy said of a failed op into an error that shows the op, its layer and its operands.

    The class is kept where it says enough (IndexError, LinAlgError, MemoryError); a ValueError becomes a ShapeError and a
    TypeError a DtypeError, which are also those.
    """
    shown = ", ".join(f"{key}={describe(value)}" for key, value in operands.items())
    hint = ""
    shapes = [np.shape(v) for v in operands.values() if hasattr(v, "shape")]
    said = str(error)
    if "broadcast" in said and len(shapes) > 1:
        said = "the shapes cannot be broadcast together"
        hint = "; compare them from the last dimension backwards: each pair must be equal, or one of them 1"
    elif "matmul" in said and "mismatch" in said:
        said = "the inner dimensions differ"
        hint = "; the last dimension of the first must equal the second last of the second"
        if len(shapes) == 2 and len(shapes[1]) == 2 and shapes[0] and shapes[0][-1] == shapes[1][-1]:
            hint += ": the second seems to want .T"
    message = f"{name}{where(layer)}: {said} ({shown}){hint}"
    if isinstance(error, ShapeError | DtypeError | GraphError):
        return type(error)(message)
    if isinstance(error, np.linalg.LinAlgError):
        return np.linalg.LinAlgError(message)
    if isinstance(error, np.exceptions.AxisError | IndexError):
        return IndexError(message)
    if isinstance(error, ValueError):
        return ShapeError(message)
    if isinstance(error, TypeError):
        return DtypeError(message)
    if isinstance(error, NotImplementedError | RuntimeError):
        return type(error)(message)
    return error
