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
    "autograd.distributions", "nn.keras", "nn.keras.layers", "nn.keras.losses", "nn.keras.metrics", "nn.keras.optimizers",
    "nn.keras.models", "nn.keras.callbacks", "nn.keras.initializers", "nn.keras.activations", "nn.keras.regularizers",
)  # fmt: skip
# Modules whose public classes count, and not their functions: those are of other modules, or have no names of their own.
CLASSES_ONLY = ("nn", "optim", "optim.lr_scheduler", "optim.swa_utils", "nn.utils.prune")

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


# What may be anything within a type: the items of a container, the numbers of an array, what a function takes and returns.
OPEN = re.compile(
    r"Callable\[(\.\.\.|\[[\w, ]*\]), Any\]|tuple\[Any, \.\.\.\]|(dict|Mapping)\[str, Any\]"
    r"|(Dataset|Iterable|Iterator|Sampler|Sequence|Subset|dtype)\[Any\]"
)


def is_vague(annotation: Any) -> bool:
    """Whether an annotation is missing, or says Any where it could say more."""
    return annotation is inspect.Signature.empty or re.search(r"\bAny\b", OPEN.sub("", str(annotation))) is not None


def public(module: str) -> Iterator[tuple[str, Any]]:
    """The names that a module lists, or, where it lists none, those that it defines."""
    home = importlib.import_module(module)
    for name in getattr(home, "__all__", dir(home)):
        value = getattr(home, name)
        if not name.startswith("_") and (hasattr(home, "__all__") or str(getattr(value, "__module__", "")).startswith(module)):
            yield name, value


def functions(module: str) -> Iterator[tuple[str, Any]]:
    for name, value in public(module):
        # What autograd passes on from nn.functional, when a program asks for it, takes any arguments: nn.functional's are typed.
        # The operators of HIPS autograd take and return whatever the user's function does.
        lazily = module == "autograd" and (name in lazy.ARGUMENTS or name in lazy.MODULES)
        if inspect.isfunction(value) and not lazily:
            yield name, value


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_has_a_type(module: str) -> None:
    found = [
        f"{name}.{parameter.name}"
        for name, function in functions(module)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and is_vague(parameter.annotation)
    ]
    assert set(found) <= set(ANYTHING)


@pytest.mark.parametrize("module", MODULES)
def test_every_result_has_a_type(module: str) -> None:
    assert {name for name, function in functions(module) if is_vague(inspect.signature(function).return_annotation)} <= set(
        ANYTHING
    )


def methods() -> Iterator[tuple[str, Any]]:
    """The public methods of the public classes, as functions, by module, class and name."""
    for module in (*CLASSES_ONLY, *MODULES):
        for _, cls in public(module):
            if inspect.isclass(cls) and cls.__module__.split(".")[0] in {"autograd", "nn", "optim"}:
                for key, value in vars(cls).items():
                    value = getattr(value, "__func__", getattr(value, "fget", value))  # of class methods and properties
                    if inspect.isfunction(value) and (key == "__init__" or not key.startswith("_")):
                        yield f"{value.__module__}.{cls.__name__}.{key}", value


METHODS = dict(methods())

# Methods that take or return anything, each with the reason.
ANY_METHODS = {
    "forward": "a module of a user's takes and returns what it likes",
    "update": "a formula for arrays and for tensors",
    "ParameterList": "holds parameters, and any other values as they are",
    "ParameterDict": "holds parameters, and any other values as they are",
    "get_extra_state": "the user's own",
    "set_extra_state": "the user's own",
    "AveragedModel": "any module: optim does not know nn.Module",
    "Function": "a user's own context and values",
}


def test_methods_name_the_types_of_their_parameters_and_results() -> None:
    assert len(METHODS) > 900
    vague_ones = {}
    for name, function in METHODS.items():
        if not ANY_METHODS.keys() & set(name.split(".")):
            signature = inspect.signature(function)
            given = [p for p in signature.parameters.values() if p.name not in ("self", "cls") and p.kind not in (2, 4)]
            found = [p.name for p in given if is_vague(p.annotation)] + ["return"] * is_vague(signature.return_annotation)
            if found:
                vague_ones[name] = found
    assert vague_ones == {}


def test_functions_made_of_ops_name_the_types_of_their_parameters() -> None:
    assert str(inspect.signature(autograd.sum)) == (
        "(input: 'TensorLike', dim: 'Dims' = None, keepdim: 'bool' = False, dtype: 'DType | None' = None) -> 'Tensor'"
    )
    names = {word for kind in types.PARAMETERS.values() for word in re.findall(r"\w+", kind)}
    assert all(hasattr(types, word) or word in {"bool", "float", "int", "str"} for word in names)


@pytest.mark.parametrize("annotation", ["Any", "Any | None", "list[Any]", "tuple[Any, Any]", inspect.Signature.empty])
def test_a_vague_annotation_is_seen(annotation: Any) -> None:
    assert is_vague(annotation)


@pytest.mark.parametrize("annotation", ["Callable[..., Any]", "Tensor", "np.dtype[Any]", "int | Sequence[int]"])
def test_a_clear_annotation_is_let_through(annotation: str) -> None:
    assert not is_vague(annotation)
