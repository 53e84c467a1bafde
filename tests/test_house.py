"""The house: each floor imports only from those below it, files stay small, and nothing is declared that nobody can call."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import tokenize
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd.engine.op import REGISTRY, Op

ROOT = Path(autograd.__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "optim")
LIMIT = 500  # lines of code: comments, docstrings and blank lines do not count

# The storeys of autograd, from the ground. A module that is not listed may stand between two of them: what counts is that nothing
# reaches up, by whichever way.
STOREYS = [
    ("autograd.errors", "autograd.modes"),
    ("autograd.op", "autograd.memory"),
    ("autograd.samples",),
    ("autograd.ops.*",),
    ("autograd.graph",),
    ("autograd.engine", "autograd.recording"),
    ("autograd.gradients",),
    ("autograd.inplace",),
    ("autograd.functions",),
    ("autograd.methods", "autograd.numpy_protocol"),
    ("autograd.tensor",),
    ("autograd.func", "autograd.gradcheck", "autograd.certify", "autograd.viz.*"),
    ("autograd",),
    ("nn.*", "optim.*"),
]

# What a module of ops may import of autograd: arrays only.
OPS_MAY = {"autograd.op", "autograd.samples", "autograd.errors", "autograd.dtypes"}

# Imports within a function that would close a circle, each with its reason.
LAZY = {
    ("nn.state_dict", "nn.module"): "loading asks which children are modules, and a module loads",
}


@cache
def files() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(module: str, path: Path) -> Iterator[tuple[str, bool]]:
    """(module of ours that is imported, whether only when a function runs)."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]

    def resolve(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        base = package[: len(package) - node.level + 1] if node.level else []
        stem = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            # `from .ops import shape` imports a module, `from .op import Op` a name out of one.
            yield f"{stem}.{alias.name}" if f"{stem}.{alias.name}" in files() else stem

    def walk(node: ast.AST, lazy: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield from ((name, lazy) for name in resolve(child) if name in files() and name != module)
            else:
                yield from walk(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


@cache
def graph(lazy: bool) -> dict[str, set[str]]:
    """Who imports whom; with the imports within functions too, but for those that are excused."""
    return {
        module: {name for name, late in imported(module, path) if not late or (lazy and (module, name) not in LAZY)}
        for module, path in files().items()
    }


def reach(module: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    stack = [module]
    while stack:
        for name in edges[stack.pop()]:
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return seen


def storey(module: str) -> int | None:
    for number, names in enumerate(STOREYS):
        for name in names:
            if module == name or (name.endswith(".*") and (module + ".").startswith(name[:-1])):
                return number
    return None


@pytest.mark.parametrize("module", sorted(files()))
def test_nothing_reaches_up(module: str) -> None:
    mine = storey(module)
    if mine is None:
        return
    up = {other for other in reach(module, graph(False)) if (storey(other) or 0) > mine}
    assert not up, f"{module} reaches up to {sorted(up)}"


@pytest.mark.parametrize("lazy", [False, True])
def test_no_import_goes_round_in_a_circle(lazy: bool) -> None:
    edges = graph(lazy)
    # A package imports its parts; a part that imports its package by name would close a circle, and is found here as well.
    circles = sorted(module for module in edges if module in reach(module, edges))
    assert not circles, "\n".join(f"{m} -> {sorted(n for n in edges[m] if m in reach(n, edges) | {n})}" for m in circles)


def test_excuses_are_needed() -> None:
    every = {(module, name) for module, path in files().items() for name, late in imported(module, path) if late}
    assert set(LAZY) <= every


@pytest.mark.parametrize("module", [m for m in sorted(files()) if m.startswith("autograd.ops.")])
def test_ops_know_arrays_only(module: str) -> None:
    others = {n for n, _ in imported(module, files()[module])}
    assert {n for n in others if not n.startswith("autograd.ops")} <= OPS_MAY


def test_autograd_knows_no_layer_and_optim_no_layer() -> None:
    for module, path in files().items():
        for name, _ in imported(module, path):
            package, other = module.split(".")[0], name.split(".")[0]
            assert other in {"autograd": ("autograd",), "optim": ("autograd", "optim"), "nn": ("autograd", "nn")}[package], (
                f"{module} imports {name}"
            )


@pytest.mark.parametrize("module", sorted(files()))
def test_files_are_small(module: str) -> None:
    assert code_lines(files()[module]) <= LIMIT


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank one, no comment, no docstring, nor the ``doc="..."`` of an op."""
    source = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    skip = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skip:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg == "doc"):
            text = node.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


@pytest.mark.parametrize("module", sorted(files()))
def test_no_star_imports_and_no_metaclasses(module: str) -> None:
    for node in ast.walk(ast.parse(files()[module].read_text(encoding="utf-8"))):
        # A package may pass on all the public names of a part: `autograd.__init__` those of functions.py.
        if isinstance(node, ast.ImportFrom) and files()[module].name != "__init__.py":
            assert all(alias.name != "*" for alias in node.names)
        if isinstance(node, ast.ClassDef):
            assert all(keyword.arg != "metaclass" for keyword in node.keywords)


# ---------------------------------------------------------------------------------------------------------------- the ops


def named(code: types.CodeType) -> set[str]:
    """The names that a function reads, and the functions within it."""
    inner = [named(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*inner)


def uses(value: Any, depth: int = 3) -> Iterator[Op]:
    """The ops that a function can reach: by its globals, by attributes of modules, by what it closes over."""
    if isinstance(value, Op):
        yield value
    elif isinstance(value, types.FunctionType):
        if isinstance(getattr(value, "op", None), Op):
            yield value.op  # type: ignore[attr-defined]
        if depth:
            names = named(value.__code__)
            for name in names & value.__globals__.keys():
                held = value.__globals__[name]
                if isinstance(held, types.ModuleType):
                    yield from (v for n in names if isinstance(v := getattr(held, n, None), Op))
                elif isinstance(held, Op | dict | list | tuple) or (isinstance(held, types.FunctionType) and held is not value):
                    yield from uses(held, depth - 1)
            for cell in value.__closure__ or ():
                with contextlib.suppress(ValueError):  # not filled yet
                    yield from uses(cell.cell_contents, depth - 1)
    elif isinstance(value, dict) and depth:
        for item in value.values():
            yield from uses(item, depth - 1)
    elif isinstance(value, list | tuple) and depth:
        for item in value:
            yield from uses(item, depth - 1)


@cache
def used() -> set[str]:
    """The ops that some function outside ops/, or a rule or forward of another op, reaches."""
    found = set()
    for module in files():
        if module.startswith("autograd.ops") or module.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module)).values():
            members = vars(value).values() if isinstance(value, type) else [value]
            for member in members:
                if isinstance(member, types.FunctionType):
                    found.update(op.name for op in uses(member))
    for op in REGISTRY.values():
        for function in (op.forward, op.joint, *op.rules.values()):
            found.update(other.name for other in uses(function) if other is not op)
    return found


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_op_is_used(name: str) -> None:
    """An op is a public function, or what a rule or another function calls: none is declared and forgotten."""
    assert name in used(), f"no function, method or rule names the op {name}"


# -------------------------------------------------------------------------------------------------------- the test's test


def test_the_floors_would_be_seen_to_break(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("from ..tensor import Tensor\nfrom . import indexing\ndef f():\n    from ..func import jvp\n")
    assert list(imported("autograd.ops.bad", bad)) == [
        ("autograd.tensor", False),
        ("autograd.ops.indexing", False),
        ("autograd.func", True),
    ]
    assert storey("autograd.ops.bad") == 3
    assert (storey("autograd.tensor") or 0) > 3
    assert "a" in reach("a", {"a": {"b"}, "b": {"a"}})
