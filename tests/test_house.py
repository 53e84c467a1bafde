"""The house: each floor imports only from those below it, files stay small, and nothing is declared that nobody can call."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import autograd
from autograd.op import REGISTRY, Op

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
    ("autograd.engine",),
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
    """Lines that hold code: no blank one, no comment, no docstring."""
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
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
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


@cache
def mentions() -> dict[str, int]:
    """How often each name is read, anywhere in the house."""
    count: dict[str, int] = {}
    for path in files().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else None
            name = node.attr if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) else name
            if name:
                count[name] = count.get(name, 0) + 1
    return count


@cache
def variables() -> dict[int, set[str]]:
    """The names under which the modules hold an op, by its identity."""
    import importlib

    held: dict[int, set[str]] = {}
    for module in files():
        if module.startswith("autograd") and not module.endswith("__main__"):
            for name, value in vars(importlib.import_module(module)).items():
                if isinstance(value, Op):
                    held.setdefault(id(value), set()).add(name)
    return held


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_op_is_used(name: str) -> None:
    """An op is a public function, or what a rule or another function calls: none is declared and forgotten."""
    names = variables().get(id(REGISTRY[name]), set())
    assert any(mentions().get(n) for n in names), f"no function, method or rule names the op {name}"


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
