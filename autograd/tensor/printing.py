"""How a tensor prints: PyTorch's way of writing values, with the dtype and the op that made it."""

from __future__ import annotations

from typing import Any

import numpy as np

_DEFAULTS: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}
_PROFILES: dict[str, dict[str, Any]] = {
    "default": _DEFAULTS,
    "short": {**_DEFAULTS, "precision": 2, "edgeitems": 2},
    "full": {**_DEFAULTS, "threshold": float("inf")},
}
_options = dict(_DEFAULTS)


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print. An argument that is None changes nothing.

    Args:
        precision: digits after the point.
        threshold: more elements than this are summarized.
        edgeitems: how many items a summary shows at each end of a dimension.
        linewidth: characters in a line.
        profile: "default", "short" or "full": a set of these options, applied before the others.
        sci_mode: True or False forces or forbids scientific notation; None lets each tensor decide.

    Example:
        >>> import autograd
        >>> autograd.set_printoptions(precision=2)
        >>> autograd.tensor([0.1234, 5.6789])
        tensor([0.12, 5.68], dtype=float32)
        >>> autograd.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"unknown profile {profile!r}: expected {', '.join(map(repr, _PROFILES))}")
        _options.update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({key: value for key, value in given.items() if value is not None})
    _options["sci_mode"] = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force.

    Example:
        >>> import autograd
        >>> autograd.get_printoptions()["precision"]
        4
    """
    return dict(_options)


class _Numbers:
    """Writes the real numbers of one array all in the same way: as integers, in fixed point or scientific, equally wide."""

    def __init__(self, values: np.ndarray) -> None:
        self.digits = _options["precision"]
        self.kind = "text"
        self.width = 1
        if values.dtype.kind != "f":
            if values.size:
                widest = values.ravel() if values.dtype.kind == "b" else (values.min(), values.max())
                self.width = max(len(str(v)) for v in widest)
            return
        values = values.astype(np.float64, copy=False).ravel()
        finite = values[np.isfinite(values) & (values != 0)]
        self.kind = "whole"
        if finite.size:
            sizes = np.abs(finite)
            low, high = sizes.min(), sizes.max()
            whole = bool((sizes == np.ceil(sizes)).all())
            wide = high / low > 1000.0 or high > 1.0e8 or (not whole and low < 1.0e-4)
            scientific = wide if _options["sci_mode"] is None else _options["sci_mode"]
            self.kind = "scientific" if scientific else "whole" if whole else "fixed"
            self.width = max(len(self.bare(v)) for v in finite)

    def bare(self, value: Any) -> str:
        if self.kind == "scientific":
            return f"{value:.{self.digits}e}"
        if self.kind == "fixed":
            return f"{value:.{self.digits}f}"
        if self.kind == "whole":
            return f"{value:.0f}." if np.isfinite(value) else f"{value:.0f}"
        return str(value)

    def __call__(self, value: Any) -> str:
        return self.bare(value).rjust(self.width)


class _Pairs:
    """Writes the complex numbers of one array, real and imaginary parts each in their own way."""

    def __init__(self, values: np.ndarray) -> None:
        self.real, self.imag = _Numbers(values.real), _Numbers(values.imag)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: Any) -> str:
        imag = self.imag(value.imag).lstrip()
        return f"{self.real(value.real)}{'' if imag[0] in '+-' else '+'}{imag}j"


def _ends(array: np.ndarray) -> np.ndarray:
    """The elements at the ends of each dimension, which a summary shows."""
    edge = _options["edgeitems"]
    for dim, length in enumerate(array.shape):
        if length > 2 * edge:
            array = np.take(array, [*range(edge), *range(length - edge, length)], axis=dim)
    return array


def _nested(array: np.ndarray, write: Any, indent: int, short: bool) -> str:
    if array.ndim == 0:
        return str(write(array[()]))
    edge = _options["edgeitems"]
    cut = short and len(array) > 2 * edge
    shown = [*array[:edge], *array[len(array) - edge :]] if cut else list(array)
    if array.ndim == 1:
        words = [write(v) for v in shown]
        if cut:
            words.insert(edge, " ...")
        per_line = max(1, (_options["linewidth"] - indent) // (write.width + 2))
        lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [_nested(v, write, indent + 1, short) for v in shown]
    if cut:
        parts.insert(edge, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def text(array: np.ndarray, opening: str = "tensor(", notes: list[str] | None = None) -> str:
    """An array as a tensor prints: ``tensor([1., 2.], dtype=float32)``.

    Args:
        array: the values.
        opening: the text before the values.
        notes: texts after the dtype, such as the op that made the tensor.
    """
    indent = len(opening)
    behind = [f"dtype={array.dtype}", *(notes or [])]
    if array.size == 0:
        out = opening + "[]"
        if array.ndim != 1:
            behind.insert(0, f"size={tuple(array.shape)}")
    else:
        short = array.size > _options["threshold"]
        judged = _ends(array) if short else array
        out = opening + _nested(array, (_Pairs if array.dtype.kind == "c" else _Numbers)(judged), indent, short)
    column = len(out) - (out.rfind("\n") + 1)
    for note in behind:
        if column + len(note) + 2 > _options["linewidth"]:
            out += ",\n" + " " * indent + note
            column = indent + len(note)
        else:
            out += ", " + note
            column += len(note) + 2
    return out + ")"
