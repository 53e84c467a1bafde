"""Checks of a layer's input. Their errors name the layer by its path and describe the input."""

from __future__ import annotations

from autograd.engine.modes import here
from autograd.errors import DtypeError, ShapeError, describe
from autograd.types import Tensor

from ..module import Module


def dimensions(module: Module, input: Tensor, *allowed: int) -> None:
    """Raise ShapeError unless the input has one of the allowed numbers of dimensions."""
    if input.ndim not in allowed:
        expected = " or ".join(f"{n}D" for n in allowed)
        raise ShapeError(f"{here(type(module).__name__)}: expected {expected} input (got {input.ndim}D input), {describe(input)}")


def floating(module: Module, input: Tensor, kinds: str = "fc") -> None:
    """Raise DtypeError if the input holds integers or booleans, or complex numbers where ``kinds`` is "f"."""
    if input.dtype.kind not in kinds:
        how = "complex ones are not supported" if input.dtype.kind == "c" else "convert it with .float()"
        raise DtypeError(
            f"{here(type(module).__name__)}: expected an input of floating point numbers, got {describe(input)}: {how}"
        )
