"""Types: the signature of every public function says what it takes and what it returns."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Container, Iterator
from typing import Any

import pytest

import autograd
from autograd import lazy, types

MODULES = (
    "autograd", "autograd.linalg", "autograd.fft", "autograd.special", "autograd.random", "autograd.func", "nn.functional",
    "autograd.distributions", "nn.keras", "nn.keras.layers", "nn.keras.losses", "nn.keras.metrics", "nn.keras.optimizers",
    "nn.keras.models", "nn.keras.callbacks", "nn.keras.initializers", "nn.keras.activations", "nn.keras.regularizers",
    "nn.metrics", "nn.training", "autograd.viz", "autograd.viz.training", "autograd.viz.trace", "autograd.viz.explain",
    "autograd.viz.picture", "autograd.viz.page", "autograd.compile", "autograd.utils", "autograd.utils.data", "autograd.vmap",
    "autograd.jacobians", "autograd.forward_ad", "autograd.function", "autograd.graph", "autograd.amp", "autograd.proof",
    "autograd.serialization", "autograd.distributed", "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.parallel",
    "nn.stateless", "nn.summary",
    "autograd.utils.checkpoint", "autograd.viz.explain.formula", "autograd.viz.training.plots", "autograd.viz.picture.architecture",
)  # fmt: skip
# Packages that pass on what other modules define.
PACKAGES = ("nn", "optim", "optim.lr_scheduler", "optim.swa_utils", "nn.utils.prune")

# "function.parameter" that may be anything, and "function" whose result may be, each with the reason.
ANYTHING = {
    "einsum.operands": "operands, or lists of their subscripts",
    "from_dlpack.ext_tensor": "whatever speaks the protocol",
    "frombuffer.buffer": "whatever has a buffer",
    "gradcheck.inputs": "a tensor, or arguments of any kind",
    "gradgradcheck.inputs": "a tensor, or arguments of any kind",
    "gradgradcheck.grad_outputs": "a tensor, or several",
    "checkpoint.args": "what the function takes",
    "skip_init.args": "what the module takes",
    "save.obj": "dictionaries and lists of tensors, at any depth",
    "load": "what was saved",
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
        of_hips = lazy.MODULES.get(name, "").partition(":")[0] in ("autograd.differential_operators", "autograd.extend")
        passed_on = module == "autograd" and (name in lazy.ARGUMENTS or of_hips)
        if inspect.isfunction(value) and not passed_on:
            yield name, value


def vague_parts(function: Any, kinds: Container[Any]) -> list[str]:
    """The parameters of these kinds, and "return", that a function leaves open."""
    signature = inspect.signature(function)
    given = [p for p in signature.parameters.values() if p.kind in kinds and p.name not in ("self", "cls")]
    return [p.name for p in given if is_vague(p.annotation)] + ["return"] * is_vague(signature.return_annotation)


# Named parameters. Options by any name, **more, are let through.
NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def test_functions_name_the_types_of_their_parameters_and_results() -> None:
    vague = {
        name if part == "return" else f"{name}.{part}"
        for module in (*PACKAGES, *MODULES)
        for name, function in functions(module)
        for part in vague_parts(function, (*NAMED, inspect.Parameter.VAR_POSITIONAL))
    }
    assert vague == set(ANYTHING)


def methods() -> Iterator[tuple[str, Any]]:
    """The public methods of the public classes, as functions, by module, class and name."""
    for module in (*PACKAGES, *MODULES):
        for _, cls in public(module):
            if inspect.isclass(cls) and cls.__module__.split(".")[0] in {"autograd", "nn", "optim"}:
                for key, value in vars(cls).items():
                    value = getattr(value, "__func__", getattr(value, "fget", value))  # of class methods and properties
                    if inspect.isfunction(value) and (key in ("__init__", "__call__") or not key.startswith("_")):
                        yield f"{value.__module__}.{cls.__name__}.{key}", value


METHODS = dict(methods())

# Methods that take or return anything, each with the reason.
ANY_METHODS = {
    "Module.__call__": "calls forward",
    "Compiled.__call__": "what the step takes and returns",
    "forward": "a module of a user's takes and returns what it likes",
    "ParameterList": "holds parameters, and any other values as they are",
    "ParameterDict": "holds parameters, and any other values as they are",
    "get_extra_state": "the user's own",
    "set_extra_state": "the user's own",
    "AveragedModel": "any module: optim does not know nn.Module",
    "Function": "a user's own context and values",
    "metadata": "a user's own notes at a node",
    "ProcessGroup": "a communicator of mpi4py, which need not be installed",
}


def test_methods_name_the_types_of_their_parameters_and_results() -> None:
    assert len(METHODS) > 1000
    vague = {name: parts for name, function in METHODS.items() if (parts := vague_parts(function, NAMED))}
    excused = {name: {key for key in ANY_METHODS if f".{key}." in f".{name}."} for name in vague}
    assert {name: parts for name, parts in vague.items() if not excused[name]} == {}
    assert set().union(*excused.values()) == set(ANY_METHODS), "an excuse for nothing"


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
