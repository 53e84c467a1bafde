"""Types: the signature of every public function says what it takes and what it gives back."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import types

MODULES = (
    "autograd", "autograd.linalg", "autograd.fft", "autograd.special", "autograd.random", "autograd.func", "nn.functional",
)  # fmt: skip

# Modules whose functions written in Python are not annotated yet; those that are made of ops are.
UNTYPED = set(MODULES)

# "function.parameter" that may be anything, each with the reason.
ANYTHING: dict[str, str] = {}


def functions(module: str) -> Iterator[tuple[str, Any]]:
    home = importlib.import_module(module)
    for name in getattr(home, "__all__", [n for n in dir(home) if not n.startswith("_")]):
        value = getattr(home, name)
        if inspect.isfunction(value) and (module not in UNTYPED or hasattr(value, "op")):
            yield name, value


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_has_a_type(module: str) -> None:
    vague = []
    for name, function in functions(module):
        for parameter in inspect.signature(function).parameters.values():
            kind = "" if parameter.annotation is inspect.Parameter.empty else str(parameter.annotation)
            if (not kind or re.search(r"\bAny\b", kind)) and f"{name}.{parameter.name}" not in ANYTHING:
                vague.append(f"{name}({parameter.name}: {kind})")
    assert vague == []


@pytest.mark.parametrize("module", MODULES)
def test_every_result_has_a_type(module: str) -> None:
    results = {name: inspect.signature(function).return_annotation for name, function in functions(module)}
    assert [name for name, kind in results.items() if kind is inspect.Signature.empty or re.search(r"\bAny\b", str(kind))] == []


def test_functions_made_of_ops_name_the_types_of_their_parameters() -> None:
    assert str(inspect.signature(autograd.sum)) == (
        "(input: 'TensorLike', dim: 'Dims' = None, keepdim: 'bool' = False, dtype: 'DType | None' = None) -> 'Tensor'"
    )
    names = {word for kind in types.PARAMETERS.values() for word in re.findall(r"\w+", kind)}
    assert all(hasattr(types, word) or word in {"bool", "float", "int", "str"} for word in names)
