"""Types: the signature of every public function says what it takes and what it returns."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import lazy, types

MODULES = (
    "autograd", "autograd.linalg", "autograd.fft", "autograd.special", "autograd.random", "autograd.func", "nn.functional",
)  # fmt: skip

# "function.parameter" that may be anything, and "function" whose result may be, each with the reason.
ANYTHING = {
    "block.arrays": "nested lists, of any depth",
    "vmap.in_dims": "trees of integers, like the arguments",
    "vmap.out_dims": "trees of integers, like the results",
    "detach.self": "a method as a function",
    "detach_.self": "a method as a function",
    "einsum.operands": "operands, or lists of their subscripts",
    "from_dlpack.ext_tensor": "whatever speaks the protocol",
    "frombuffer.buffer": "whatever has a buffer",
    "gradcheck.inputs": "a tensor, or arguments of any kind",
    "gradgradcheck.inputs": "a tensor, or arguments of any kind",
    "gradgradcheck.grad_outputs": "a tensor, or several",
    "save.obj": "dictionaries and lists of tensors, at any depth",
    "load": "what was saved",
    "get_printoptions": "options of several types",
    "hvp": "the function's output, and a product",
    "vhp": "the function's output, and a product",
    "linearize": "the function's output, and its derivative",
}


def vague(annotation: Any) -> bool:
    """Whether an annotation leaves a type open. A function of any arguments, and an array of any numbers, are types."""
    if annotation is inspect.Parameter.empty:
        return True
    return bool(
        re.search(r"\bAny\b", re.sub(r"Callable\[\.\.\., Any\]|np\.dtype\[Any\]|tuple\[Any, \.\.\.\]", "", str(annotation)))
    )


def functions(module: str) -> Iterator[tuple[str, Any]]:
    home = importlib.import_module(module)
    for name in getattr(home, "__all__", [n for n in dir(home) if not n.startswith("_")]):
        value = getattr(home, name)
        # What autograd passes on from nn.functional, when a program asks for it, takes any arguments: nn.functional's are typed.
        if inspect.isfunction(value) and not (module == "autograd" and name in lazy.ARGUMENTS):
            yield name, value


def is_vague(annotation: Any) -> bool:
    """Whether an annotation is missing or Any. The elements of a container, and what a given function takes, may be anything."""
    text = "Any" if annotation is inspect.Signature.empty else str(annotation)
    text = re.sub(r"Callable\[\.\.\., Any\]|(Sequence|dtype)\[Any\]|dict\[str, Any\]", "", text)
    return re.search(r"\bAny\b", text) is not None


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_has_a_type(module: str) -> None:
    found = [
        f"{name}.{parameter.name}"
        for name, function in functions(module)
        for parameter in inspect.signature(function).parameters.values()
        if vague(parameter.annotation)
    ]
    assert set(found) <= set(ANYTHING)


@pytest.mark.parametrize("module", MODULES)
def test_every_result_has_a_type(module: str) -> None:
    assert {name for name, function in functions(module) if vague(inspect.signature(function).return_annotation)} <= set(ANYTHING)


def test_functions_made_of_ops_name_the_types_of_their_parameters() -> None:
    assert str(inspect.signature(autograd.sum)) == (
        "(input: 'TensorLike', dim: 'Dims' = None, keepdim: 'bool' = False, dtype: 'DType | None' = None) -> 'Tensor'"
    )
    names = {word for kind in types.PARAMETERS.values() for word in re.findall(r"\w+", kind)}
    assert all(hasattr(types, word) or word in {"bool", "float", "int", "str"} for word in names)


@pytest.mark.parametrize("annotation", ["Any", "Any | None", "tuple[Any, Any]", inspect.Signature.empty])
def test_a_vague_annotation_is_seen(annotation: Any) -> None:
    assert is_vague(annotation)


@pytest.mark.parametrize("annotation", ["Callable[..., Any]", "Tensor", "np.dtype[Any]", "int | Sequence[int]"])
def test_a_clear_annotation_is_let_through(annotation: str) -> None:
    assert not is_vague(annotation)
