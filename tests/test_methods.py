"""Tensor's methods say what they take: types, arguments, examples. (test_docs.py runs the examples.)"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import autograd
from autograd import Tensor

FILES = sorted((Path(autograd.__file__).parent / "tensor").glob("*.py"))
# ``Any`` with a reason: what Python hands over, and what PyTorch takes and this engine ignores.
ANYTHING = {"memory_format", "args", "exc", "other", "protocol", "memo", "element", "kwargs", "numbers", "named", "spec"}


def methods() -> dict[str, ast.FunctionDef]:
    """The public methods of Tensor that have a body of their own, by file and name."""
    found = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name in {base.__name__ for base in Tensor.__mro__}:
                found.update({f"{path.stem}.{f.name}": f for f in node.body if isinstance(f, ast.FunctionDef)})
    return {name: f for name, f in found.items() if not f.name.startswith("_")}


METHODS = methods()


@pytest.mark.parametrize("name", METHODS)
def test_parameters_and_results_have_types(name: str) -> None:
    method = METHODS[name]
    given = [a for a in (*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs, method.args.vararg) if a is not None]
    for argument in given:
        if argument.arg in ANYTHING or (argument.arg == "self" and argument.annotation is None):
            continue
        assert argument.annotation is not None, argument.arg
        assert not re.search(r"\bAny\b", ast.unparse(argument.annotation)), argument.arg
    assert method.returns is not None
    vague = ast.unparse(method.returns).replace("dtype[Any]", "dtype").replace("list[Any]", "list")  # lists of lists of numbers
    assert not re.search(r"\bAny\b", vague)


@pytest.mark.parametrize("name", METHODS)
def test_three_parameters_or_more_are_explained(name: str) -> None:
    method = METHODS[name]
    named = [a.arg for a in (*method.args.args, *method.args.kwonlyargs, method.args.vararg) if a is not None and a.arg != "self"]
    text = ast.get_docstring(method) or ""
    if len(named) < 3 or any(ast.unparse(d).endswith(".setter") for d in method.decorator_list):
        return
    assert "Args:" in text
    explained = text[text.index("Args:") :]
    assert [n for n in named if not re.search(rf"\b{n}\b", explained)] == []


def test_there_are_methods_to_look_at() -> None:
    assert len(METHODS) > 80
    assert inspect.isfunction(Tensor.exp)
