"""Anomaly detection: the first op at which a nan or an infinity appears, in which layer, and on which line of the user's code."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..errors import AnomalyError, describe, where
from .graph import Node, array_of
from .modes import Mode, Switch, Watch, current, innermost

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # the folder of autograd, nn and optim
# Frames of files in these folders belong to this library; the user's line is the innermost one outside. Generated code counts as
# part of the library, too, because codegen.py names files in its own folder for it.
_LIBRARY_FOLDERS = tuple(os.path.join(_ROOT, name) + os.sep for name in ("autograd", "nn", "optim"))

Line = tuple[str, int, str]


def users_frame() -> FrameType | None:
    """The innermost frame of the user's program: the first that is not in this library."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARY_FOLDERS):
        frame = frame.f_back  # type: ignore[assignment]
    return frame


def users_line() -> Line | None:
    """File, line number and function of the innermost frame of the user's program; None if there is no such frame."""
    frame = users_frame()
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _shown(line: Line | None) -> str:
    if line is None:
        return ""
    file, number, function = line
    code = linecache.getline(file, number).strip()
    return f'\n  File "{file}", line {number}, in {function}' + (f"\n    {code}" if code else "")


class Detector(Watch):
    """The watch of anomaly detection: it checks results and contributions, and notes the line on which each node was made."""

    def __init__(self, outer: Watch | None, check_nan: bool) -> None:
        self.outer = outer
        self.check_nan = check_nan
        # Nested detectors share the lines, so that each knows the lines of nodes that were made while another was on.
        self.lines: WeakKeyDictionary[Node, Line] = outer.lines if isinstance(outer, Detector) else WeakKeyDictionary()

    def forward(self, op: Any, node: Node | None, operands: Sequence[Any], result: Any) -> None:
        line = users_line()
        if node is not None and line is not None:
            self.lines[node] = line
        if self.check_nan:
            results = result if isinstance(result, tuple) else (result,)
            if not all(_finite(t.array) for t in results):
                self._appeared(op, operands, results, line)
        super().forward(op, node, operands, result)

    def _appeared(self, op: Any, operands: Any, results: Any, line: Line | None) -> None:
        arrays = [array_of(v) for v in operands if v is not None]
        layer = where(current().layer)
        shown = ", ".join(describe(getattr(v, "array", v)) for v in operands)
        for i, value in enumerate(operands):
            if value is not None and _has_nan(array_of(value)):
                nans = _count(array_of(value), np.isnan, "nan")
                raise AnomalyError(
                    f"forward of {op.name}{layer}: argument '{op.argument_name(i)}' holds {nans}, and no op has made it since "
                    f"detection was turned on: look at the data, or at what was written into it ({shown}){_shown(line)}"
                )
        outputs = [t.array for t in results]
        for y in outputs:
            if _has_nan(y):
                raise AnomalyError(
                    f"forward of {op.name}{layer} returned {_count(y, np.isnan, 'nan')} ({shown}){_near(arrays, y)}{_shown(line)}"
                )
        # An infinity among the operands (a mask of -inf) is allowed; one that an op computed from finite numbers is an anomaly.
        if all(_finite(array) for array in arrays):
            for y in outputs:
                if not _finite(y):
                    infinities = _count(y, np.isinf, "inf")
                    raise AnomalyError(
                        f"forward of {op.name}{layer} returned {infinities} ({shown}){_near(arrays, y)}{_shown(line)}"
                    )

    def backward(self, node: Node, gradient: Any, contributions: Any) -> None:
        if self.check_nan:
            arrays = [array_of(c) for c in contributions if c is not None]
            if not all(_finite(c) for c in arrays):
                gradients = gradient if isinstance(gradient, tuple) else (gradient,)
                if all(_finite(array_of(g)) for g in gradients):
                    self._in_backward(node, contributions)
                elif any(_has_nan(array_of(g)) for g in gradients):
                    raise AnomalyError(
                        f"backward of {node.label()}{where(node.layer)}: the incoming gradient holds nan already: the user passed "
                        f"it to backward(), or a hook returned it{self._made(node)}"
                    )
                elif any(_has_nan(c) for c in arrays):
                    self._in_backward(node, contributions)
        super().backward(node, gradient, contributions)

    def _in_backward(self, node: Any, contributions: Any) -> None:
        for i, c in enumerate(contributions):
            if c is None:
                continue
            c = array_of(c)
            if not _finite(c):
                kind, test = ("nan", np.isnan) if _has_nan(c) else ("inf", np.isinf)
                raise AnomalyError(
                    f"backward of {node.label()}{where(node.layer)}: the gradient of argument "
                    f"'{node.plan.op.argument_name(i)}' has {_count(c, test, kind)}"
                    f"{self._made(node)}"
                )

    def _made(self, node: Any) -> str:
        line = self.lines.get(node)
        if line is None:
            return "\nThe line of its forward is not known: it did not run within detect_anomaly(), or a backward recorded it."
        return "\nIts forward was called here:" + _shown(line)

    def failed(self, node: Node, error: Exception) -> None:
        error.add_note(self._made(node).strip())
        super().failed(node, error)


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _has_nan(array: np.ndarray) -> bool:
    return array.dtype.kind in "fc" and bool(np.isnan(array).any())


def _count(array: np.ndarray, test: Any, kind: str) -> str:
    """The number of nans or infinities in an array, and the index of the first."""
    mask = test(array)
    if not array.ndim:
        return kind
    first = tuple(int(i) for i in np.argwhere(mask)[0])
    return f"{int(mask.sum())} {kind} of {array.size} values, the first at {list(first)}"


def _near(arrays: list[np.ndarray], y: np.ndarray) -> str:
    """The operands' values from which the first bad value was computed; "" where the operands do not broadcast to the result."""
    bad = np.argwhere(~np.isfinite(y))[0]
    try:
        values = [np.broadcast_to(array, y.shape)[tuple(bad)] for array in arrays]
    except ValueError:
        return ""
    return ", from " + ", ".join(f"{value:.6g}" for value in values)


class set_detect_anomaly(Switch):
    """Turn anomaly detection on or off at once. As a context manager, restore the previous state at the end of the block.

    Args:
        mode: whether to detect anomalies.
        check_nan: check all values. With False, only errors in a backward are explained: by the line on which the op was called.

    Example:
        >>> import autograd
        >>> with autograd.set_detect_anomaly(True, check_nan=False):
        ...     autograd.is_anomaly_enabled(), autograd.is_anomaly_check_nan_enabled()
        (True, False)
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.mode, self.check_nan = mode, check_nan
        super().__init__()

    def changes(self) -> dict[str, Any]:
        return _switched(self.mode, self.check_nan)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.mode, self.check_nan)


class detect_anomaly(Mode):
    """Raise at the first op, in forward or backward, whose result has a nan or an infinity that its operands do not have.

    The error names the op, the layer and the line of code. Every result is checked, so this is for finding a fault, not for
    training. For a nan in the data, the error names the first op that reads it. An infinity in the data, as in a mask, is allowed.

    Args:
        check_nan: check all values. With False, only errors in a backward are explained: by the line on which the op was called.

    Raises:
        AnomalyError: from the op within the block.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 0.0], requires_grad=True)
        >>> with autograd.detect_anomaly():
        ...     (x / x).sum().backward()
        Traceback (most recent call last):
        autograd.errors.AnomalyError: forward of div returned 1 nan of 2 values, the first at [1] ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan

    def changes(self) -> dict[str, Any]:
        return _switched(True, self.check_nan)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.check_nan,)


def _switched(mode: bool, check_nan: bool) -> dict[str, Any]:
    watch = current().watch
    if mode:
        return {"watch": Detector(watch, check_nan)}
    # The other watches stay.
    while isinstance(watch, Detector):
        watch = watch.outer
    return {"watch": watch}


def _detector() -> Detector | None:
    return innermost(Detector, current().watch)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on here.

    Example:
        >>> import autograd
        >>> with autograd.detect_anomaly():
        ...     autograd.is_anomaly_enabled()
        True
    """
    return _detector() is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection is on and checks values.

    Example:
        >>> import autograd
        >>> with autograd.detect_anomaly(check_nan=False):
        ...     autograd.is_anomaly_check_nan_enabled()
        False
    """
    detector = _detector()
    return detector is not None and detector.check_nan


__all__ = [
    "Detector", "detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly", "users_frame",
    "users_line",
]  # fmt: skip
