"""Types: the signature of every public function says what it takes and what it returns."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import types

MODULES = (
    "autograd", "autograd.linalg", "autograd.fft", "autograd.special", "autograd.random", "autograd.func", "nn.functional",
)  # fmt: skip

# "function.parameter", or "function" for its result, that really may be anything, each with the reason.
ANYTHING = {
    "einsum.operands": "tensors, or by turns tensors and lists of numbers",
    "from_dlpack.ext_tensor": "an object of another library",
    "frombuffer.buffer": "an object of any class with Python's buffer protocol",
    "gradcheck.inputs": "what the function that is checked takes",
    "gradgradcheck.inputs": "what the function that is checked takes",
    "gradgradcheck.grad_outputs": "of the form of what the function that is checked returns",
    "save.obj": "tensors in dictionaries, lists and tuples of any depth",
    "save.f": "a path or a file object",
    "load": "what was saved",
    "load.f": "a path or a file object",
    "load.map_location": "has no effect",
    "jvp": "of the form of what the function returns",
    "vjp": "of the form of what the function returns",
    "hvp": "of the form of what the function takes",
    "vhp": "of the form of what the function takes",
    "linearize": "of the form of what the function returns",
}


def functions(module: str) -> Iterator[tuple[str, Any]]:
    home = importlib.import_module(module)
    for name in getattr(home, "__all__", [n for n in dir(home) if not n.startswith("_")]):
        value = getattr(home, name)
        if inspect.isfunction(value):
            yield name, value


def is_vague(annotation: Any) -> bool:
    """Whether an annotation is missing or Any. The elements of a container, and what a given function takes, may be anything."""
    text = "Any" if annotation is inspect.Signature.empty else str(annotation)
    text = re.sub(r"Callable\[\.\.\., Any\]|(Sequence|dtype)\[Any\]|dict\[str, Any\]", "", text)
    return re.search(r"\bAny\b", text) is not None


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_has_a_type(module: str) -> None:
    parameters = {
        f"{name}.{parameter.name}": parameter.annotation
        for name, function in functions(module)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "self"  # of a method of Tensor that is also a function
    }
    assert {name: annotation for name, annotation in parameters.items() if is_vague(annotation) and name not in ANYTHING} == {}


@pytest.mark.parametrize("module", MODULES)
def test_every_result_has_a_type(module: str) -> None:
    results = {name: inspect.signature(function).return_annotation for name, function in functions(module)}
    assert [name for name, annotation in results.items() if is_vague(annotation) and name not in ANYTHING] == []


def returned(module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a function returns in its own example."""
    home, results = importlib.import_module(module), []
    function = getattr(home, name)

    def spy(*args: Any, **kwargs: Any) -> Any:
        results.append(function(*args, **kwargs))
        return results[-1]

    test = doctest.DocTestParser().get_doctest(inspect.getdoc(function) or "", {}, name, None, None)
    with monkeypatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        for other in map(importlib.import_module, MODULES):
            if getattr(other, name, None) is function:
                patch.setattr(other, name, spy)
        namespace: dict[str, Any] = {}
        for example in test.examples:
            with contextlib.suppress(Exception):
                exec(compile(example.source, name, "single"), namespace)
    return results


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", MODULES)
def test_a_function_that_returns_a_tensor_says_so(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, checked = [], 0
    for name, function in functions(module):
        annotation = str(inspect.signature(function).return_annotation)
        for result in returned(module, name, monkeypatch):
            checked += 1
            named = type(result).__name__ in annotation  # a named tuple, which says by itself what its fields are
            if isinstance(result, autograd.Tensor) != (annotation == "Tensor") and not named and name not in ANYTHING:
                kinds = annotation.split(" | ")
                if not ("Tensor" in kinds if isinstance(result, autograd.Tensor) else len(kinds) > 1):
                    wrong.append(f"{name} -> {annotation}, but it returned a {type(result).__name__}")
    assert wrong == []
    assert checked > (5 if module == "autograd.func" else 10)


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
