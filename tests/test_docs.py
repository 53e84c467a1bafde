"""The documentation: every example in a docstring is run, and every public name explains itself."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
import optim
from autograd.engine.op import REGISTRY

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PACKAGES = (autograd, nn, optim)


def modules() -> Iterator[Any]:
    for package in PACKAGES:
        yield package
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


MODULES = {m.__name__: m for m in modules()}


def run(test: doctest.DocTest) -> None:
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=said.append)
    assert not result.failed, "".join(said)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_examples_of_ops(name: str) -> None:
    run(doctest.DocTestParser().get_doctest(REGISTRY[name].doc, {}, name, None, None))


@pytest.mark.parametrize("name", sorted(MODULES))
def test_examples_of_modules(name: str) -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(MODULES[name], name, MODULES[name], globs={}, extraglobs={}):
        test.globs = {"__name__": "__main__"}
        run(test)


# Where users find names.
EXPORTING = (
    "autograd", "autograd.func", "autograd.linalg", "autograd.fft", "autograd.special", "autograd.random", "autograd.viz",
    "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.prune", "optim", "optim.lr_scheduler",
)  # fmt: skip


def public() -> Iterator[tuple[str, Any]]:
    """What a user can call by name, each once, under its first name: aliases (``arcsin`` is ``asin``) are the same object."""
    seen = set()
    for module in (MODULES[name] for name in EXPORTING if name in MODULES):
        for name in getattr(module, "__all__", [n for n in dir(module) if not n.startswith("_")]):
            value = getattr(module, name)
            if callable(value) and id(value) not in seen and _ours(value):
                seen.add(id(value))
                yield f"{module.__name__}.{name}", value


def _ours(value: Any) -> bool:
    # The functions that ops are belong to no module.
    return hasattr(value, "op") or (getattr(value, "__module__", None) or "").split(".")[0] in {"autograd", "nn", "optim"}


PUBLIC = dict(public())


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_names_explain_themselves(name: str) -> None:
    value = PUBLIC[name]
    doc = inspect.getdoc(value)
    assert doc, f"{name} has no docstring"
    if inspect.isclass(value) and issubclass(value, BaseException):
        return
    assert shown(value), f"{name} has no example"


ALIASES = {name: value for name, value in PUBLIC.items() if "A second name of ``" in (value.__doc__ or "")}


def test_there_are_aliases() -> None:
    assert {"autograd.arcsin", "autograd.ger", "autograd.special.psi", "nn.functional.native_channel_shuffle"} <= ALIASES.keys()


@pytest.mark.parametrize("name", sorted(ALIASES))
def test_examples_of_aliases(name: str) -> None:
    run(doctest.DocTestParser().get_doctest(inspect.getdoc(ALIASES[name]) or "", {}, name, None, None))


@pytest.mark.parametrize("module", EXPORTING)
def test_an_example_calls_the_function_that_it_explains(module: str) -> None:
    home = MODULES[module]
    other = []
    for name in getattr(home, "__all__", [n for n in dir(home) if not n.startswith("_")]):
        value = getattr(home, name)
        # A deprecated name shows the one to use.
        if inspect.isfunction(value) and _ours(value) and (name.endswith("_") or not hasattr(value, "__wrapped__")):
            example = (inspect.getdoc(value) or "").partition("Example:")[2]
            if not re.search(rf"\b{name}\b", example):
                other.append(name)
    assert other == []


def unexplained(function: Any) -> list[str]:
    """The parameters that a docstring's Args does not name, of a function that has three or more."""
    parameters = [p for p in inspect.signature(function).parameters if p != "self"]
    doc = inspect.getdoc(function) or ""
    # A deprecated name shows the one to use.
    if len(parameters) < 3 or (hasattr(function, "__wrapped__") and "Args:" not in doc):
        return []
    args = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", doc, re.DOTALL | re.MULTILINE)
    # "dim: ..." and "weight, bias: ..."
    return [p for p in parameters if args is None or not re.search(rf"(?<![\w`]){p}\b(?=[\w, ]*:)", args[1])]


@pytest.mark.parametrize("name", sorted(n for n, v in PUBLIC.items() if inspect.isfunction(v)))
def test_args_name_the_parameters(name: str) -> None:
    assert unexplained(PUBLIC[name]) == []


def test_a_parameter_without_a_word_would_be_seen() -> None:
    def function(a: int, b: int, c: int) -> None:
        """Nothing.

        Args:
            a, b: numbers.
        """

    assert unexplained(function) == ["c"]


@pytest.mark.parametrize("name", sorted(n for n, v in PUBLIC.items() if inspect.isclass(v)))
def test_public_methods_explain_themselves(name: str) -> None:
    silent = [
        key
        for key, value in vars(PUBLIC[name]).items()
        if not key.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(getattr(PUBLIC[name], key))
    ]
    assert not silent


def shown(value: Any) -> bool:
    """Whether it has an example, or is made of something that has one: the method ``f_`` of ``f``, ``view(2, 3)`` of ``view``."""
    return ">>>" in (inspect.getdoc(value) or "") or (hasattr(value, "__wrapped__") and shown(value.__wrapped__))


def methods() -> Iterator[tuple[str, Any]]:
    """The public methods and properties of Tensor, as functions."""
    for name in dir(autograd.Tensor):
        value = inspect.getattr_static(autograd.Tensor, name)
        value = getattr(value, "fget", value)
        if not name.startswith("_") and callable(value):
            yield name, value


METHODS = dict(methods())


def test_methods_of_tensor_have_an_example_that_uses_them() -> None:
    assert len(METHODS) > 400
    examples = {name: (inspect.getdoc(value) or "").partition("Example:")[2] for name, value in METHODS.items()}
    assert [name for name, text in examples.items() if not re.search(rf"\b{name}\b", text)] == []


def test_args_name_the_parameters_of_methods() -> None:
    found = {name: unexplained(getattr(value, "__func__", value)) for name, value in METHODS.items()}
    assert {name: parameters for name, parameters in found.items() if parameters} == {}


# Forms that are made of another function: their docstrings are written by the program, and so are no module's own.
IN_PLACE = [name for name, value in METHODS.items() if name.endswith("_") and hasattr(value, "__wrapped__")]
SECOND_NAMES = [name for name, value in METHODS.items() if "A second name of ``" in (value.__doc__ or "")]


def test_there_are_in_place_forms_and_second_names() -> None:
    assert {"add_", "exp_", "masked_fill_", "squeeze_", "t_"} <= set(IN_PLACE)
    assert {"conjugate", "copy", "ndimension", "nelement", "igamma", "inverse"} <= set(SECOND_NAMES)


@pytest.mark.parametrize("name", [*IN_PLACE, *SECOND_NAMES])
def test_examples_of_forms_of_a_method(name: str) -> None:
    run(doctest.DocTestParser().get_doctest(inspect.getdoc(METHODS[name]) or "", {}, name, None, None))


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_in_place_form_has_the_text_of_its_function(name: str) -> None:
    formula, second, _ = (inspect.getdoc(METHODS[name]) or "").split("\n\n", 2)
    first = METHODS[name].__wrapped__
    assert (inspect.getdoc(first) or "").startswith(formula)
    assert f"this is the in-place form of ``{first.__name__}``" in second
    assert "Raises:" in METHODS[name].__doc__
    assert "A second name of" not in METHODS[name].__doc__


@pytest.mark.parametrize("name", sorted(MODULES))
def test_modules_say_what_they_are(name: str) -> None:
    source = Path(MODULES[name].__file__).read_text(encoding="utf-8")
    assert (MODULES[name].__doc__ or "").strip() or not source.strip()


def test_a_wrong_example_would_be_seen() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run(doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None))
