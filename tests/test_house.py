"""The house: each floor imports only from those below it, files stay small, and nothing is declared that nobody can call."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import re
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

# The rooms from the ground up: a room imports only from rooms below it. A room is a folder (with all below it) or a single file.
ROOMS = [
    "autograd.lazy",
    "autograd.errors",
    "autograd.types",
    "autograd.engine",
    "autograd.batch",
    "autograd.ops",
    "autograd.functions",
    "autograd.linalg",
    "autograd.fft",
    "autograd.special",
    "autograd.masked",
    "autograd.signal",
    "autograd.random",
    "autograd.protocols",
    "autograd.tensor",
    "autograd.assertions",
    "autograd.vmap",
    "autograd.function",
    "autograd.func",
    "autograd.jacobians",
    "autograd.forward_ad",
    "autograd.graph",
    "autograd.distributed",
    "autograd.files",
    "autograd.pytorch_files",
    "autograd.safetensors_files",
    "autograd.serialization",
    "autograd.utils",
    "autograd.proof",
    "autograd.certify",
    "autograd.amp",
    "autograd.switches",
    "autograd.forms",
    "autograd",
    "autograd.distributions",
    "autograd.torch",
    "autograd.viz.trace",
    "autograd.viz.explain",
    "autograd.compile",
    "autograd.viz.page",
    "autograd.viz.picture",
    "autograd.viz.training",
    "autograd.viz",
    "optim",
    "nn",
    "nn.functional",
    "nn.layers",
    "nn.parallel",
    "nn.utils",
    "nn.modules",
    "nn.metrics",
    "nn.training",
    "nn.keras",
    "autograd.hips",
    "autograd.numpy",
    "autograd.scipy",
    "autograd.extend",
    "autograd.core",
    "autograd.tracer",
    "autograd.builtins",
    "autograd.differential_operators",
    "autograd.test_util",
    "autograd.wrap_util",
    "autograd.util",
    "autograd.misc",
    "autograd.adopt",
]
FILES_IN_A_FOLDER = 27

# What autograd's public modules are: names that PyTorch has too. Each passes on the work of a room.
PASSED_ON = {
    "autograd.certify",
    "autograd.fft",
    "autograd.linalg",
    "autograd.random",
    "autograd.special",
    "nn.utils.rnn",
}
# HIPS autograd's modules, under its own paths: they pass on the work of hips/, and nothing else imports them.
FACE = {
    "builtins", "core", "differential_operators", "extend", "misc", "numpy", "scipy", "test_util", "tracer", "util", "wrap_util",
}  # fmt: skip


def of_face(module: str) -> bool:
    return module.split(".")[0] == "autograd" and len(module.split(".")) > 1 and module.split(".")[1] in {*FACE, "hips"}


# Families of layers that have no functions in torch.nn.functional, and files of a room that are no family.
LAYERS_ALONE = {"adaptive", "checks", "containers", "function_layer", "lazy", "recurrent", "recurrent_functions", "transformer"}


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
def graph() -> dict[str, set[str]]:
    """Who imports whom, within functions too."""
    return {module: {name for name, _ in imported(module, path)} for module, path in files().items()}


def reach(module: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    stack = [module]
    while stack:
        for name in edges[stack.pop()]:
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return seen


def room(module: str) -> str:
    """The innermost room that a module lies in."""
    return max((name for name in ROOMS if f"{module}.".startswith(f"{name}.")), key=len)


def upward(edges: dict[str, set[str]]) -> list[str]:
    """The imports that do not lead to the same room or to one below it."""
    rank = {name: number for number, name in enumerate(ROOMS)}
    # nn/__init__.py gathers the names of all rooms of nn, and stands above them.
    rank_of = {module: len(ROOMS) if module == "nn" else rank[room(module)] for module in edges}
    return sorted(f"{m} imports {n}" for m, names in edges.items() for n in names if rank_of[n] > rank_of[m])


def test_a_room_imports_only_rooms_below_it() -> None:
    assert upward(graph()) == []


def test_no_import_goes_round_in_a_circle() -> None:
    edges = graph()
    # A package imports its parts; a part that imports its package by name would close a circle, and is found here as well.
    circles = sorted(module for module in edges if module in reach(module, edges))
    assert not circles, "\n".join(f"{m} -> {sorted(n for n in edges[m] if m in reach(n, edges) | {n})}" for m in circles)


@pytest.mark.parametrize("module", [m for m in sorted(files()) if m.startswith("autograd.ops.")])
def test_ops_know_arrays_only(module: str) -> None:
    assert {room(name) for name in graph()[module]} <= {"autograd.errors", "autograd.types", "autograd.engine", "autograd.ops"}


def test_nothing_imports_the_face() -> None:
    assert [f"{m} imports {n}" for m, names in graph().items() if not of_face(m) for n in names if of_face(n)] == []


def test_optim_knows_no_layer() -> None:
    assert {name.split(".")[0] for module, names in graph().items() if module.startswith("optim") for name in names} == {
        "autograd",
        "optim",
    }


def folders() -> list[Path]:
    return sorted({path.parent for path in files().values()})


def first_words(source: str) -> str:
    """The first paragraph of a module's docstring, on one line."""
    return " ".join((ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0].split())


NEGATIVE = re.compile(r"\b(no|not|nothing|neither|lives? in|live one)\b", re.IGNORECASE)


def says_what_lives_there(text: str) -> bool:
    """Whether a paragraph says what a room holds, and in words such as "not" or "no" or another place what it does not."""
    return len(text.split()) > 6 and text[-1] in ".:" and bool(NEGATIVE.search(text))


@pytest.mark.parametrize("folder", [str(f.relative_to(ROOT)) for f in folders()])
def test_each_room_says_what_lives_there_and_what_does_not(folder: str) -> None:
    text = first_words((ROOT / folder / "__init__.py").read_text(encoding="utf-8"))
    assert says_what_lives_there(text), f"{folder}/__init__.py begins with {text!r}: say what lives there, and what does not"


@pytest.mark.parametrize("folder", [str(f.relative_to(ROOT)) for f in folders()])
def test_a_folder_can_be_looked_over(folder: str) -> None:
    # HIPS autograd's modules have the places that its users import them from.
    names = [path.stem for path in (ROOT / folder).glob("*.py") if not (folder == "autograd" and path.stem in FACE)]
    assert len(names) <= FILES_IN_A_FOLDER


# A file is named for a thing. These end as verbs do and are nouns all the same: PyTorch and NumPy have chapters under these names.
NOUNS = {"embedding", "folding", "indexing", "padding", "pooling", "printing", "ranking", "recording", "rounding", "sorting",
         "training"}  # fmt: skip
# Adjectives: ops on strides, which NumPy calls so, a loss in chunks, and PyTorch's chapters of several processes and of masks.
ADJECTIVES = {"chunked", "distributed", "masked", "strided"}
# Not yet renamed: named for what their functions do.
EXCUSED = {"fitting", "merging", "naming", "nesting", "saved", "watching"}


def test_files_are_named_for_things() -> None:
    """No gerunds such as counting, no participles such as pooled."""
    names = {name for folder in folders() for name in family_names(str(folder.relative_to(ROOT)))}
    ending = {name for name in names if name.endswith(("ing", "ed"))}
    assert ending - NOUNS - ADJECTIVES - EXCUSED == set()
    assert names >= NOUNS | ADJECTIVES | EXCUSED, "a name that is excused and gone"


def family_names(folder: str) -> set[str]:
    """The names of a folder's files and folders."""
    return {path.stem for path in (ROOT / folder).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - {
        "__init__"
    }


def test_a_family_has_one_name_in_every_room() -> None:
    layers, functional = family_names("nn/layers"), family_names("nn/functional")
    assert layers - functional == LAYERS_ALONE
    assert functional - layers == set(), "every family of functions has a file of layers"
    functions, ops = family_names("autograd/functions"), family_names("autograd/ops")
    for module in files():
        if module.startswith("autograd.functions."):
            # A file of functions stands on the ops of its own name, if there are any.
            own = module.split(".")[2]
            stands_on = {name.split(".")[2] for name in graph()[module] if name.startswith("autograd.ops.")}
            assert own in stands_on or own not in ops or not stands_on, module
    assert functional - functions <= {"dropout", "padding", "loss", "classification_loss", "margin_loss"}


def test_no_two_names_differ_only_in_an_ending() -> None:
    for folder in folders():
        names = sorted(family_names(str(folder.relative_to(ROOT))))
        for name in names:
            twins = [other for other in names if other != name and other in {name + "s", name + "ing", name + "al", name + "ed"}]
            # PyTorch's own names
            allowed = {("autograd", "function"): ["functions"], ("nn", "module"): ["modules"], ("autograd", "util"): ["utils"]}
            assert twins == allowed.get((folder.name, name), []), f"{folder.name}: {name} and {twins}"


@pytest.mark.parametrize(
    "module", [m for m in sorted(files()) if m in PASSED_ON or (of_face(m) and ".hips" not in m and ".stats." not in m)]
)
def test_public_modules_pass_on_the_work_of_a_room(module: str) -> None:
    for node in ast.parse(files()[module].read_text(encoding="utf-8")).body:
        assert isinstance(node, ast.Import | ast.ImportFrom | ast.Expr | ast.If), f"{module} works itself, in line {node.lineno}"


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


# Attributes with an underscore that other files may read all the same, and why.
SHARED = {
    "of Tensor, which users subclass: a plain name could be one of theirs": {"_grad", "_view"},
    "of Module, which users subclass; most are PyTorch's names": {
        "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_state_hooks", "_call_data", "_version",
        "_save_to_state_dict", "_load_from_state_dict",
    },
    "of a Keras layer, which users subclass": {"_given_shape"},
    "of Python and NumPy": {"_getframe", "_NoValue", "_replace"},
    "of HIPS autograd, whose dependents read or define them": {
        "_value", "_trace", "_node", "_add", "_mut_add", "_scalar_mul", "_inner_prod", "_covector", "_is_autograd_primitive",
        "_is_primitive", "_boxed", "_dot", "_astype",
    },
}  # fmt: skip


def own_names(tree: ast.AST) -> set[str]:
    """The names that a file defines or mentions itself: functions, classes, attributes that it sets, and strings."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Constant(value=str(name)):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
    return found


def foreign_names(source: str) -> Iterator[str]:
    """The underscored attributes that a file reads from objects other than ``self``, and that it does not define itself."""
    tree = ast.parse(source)
    allowed = own_names(tree) | set().union(*SHARED.values())
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")) | ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                continue
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__") and name not in allowed:
                yield f"line {node.lineno}: {name}"


@pytest.mark.parametrize("module", sorted(files()))
def test_a_name_that_another_file_uses_has_no_underscore(module: str) -> None:
    assert not [*foreign_names(files()[module].read_text(encoding="utf-8"))]


def test_a_foreign_underscore_would_be_seen() -> None:
    assert [*foreign_names("def f(records):\n    return records._steps")] == ["line 2: _steps"]
    assert not [*foreign_names("class A:\n    def __init__(self, other):\n        self._n = other._n")]


@pytest.mark.parametrize("module", sorted(files()))
def test_no_star_imports_and_no_metaclasses(module: str) -> None:
    for node in ast.walk(ast.parse(files()[module].read_text(encoding="utf-8"))):
        # A package or a public module may pass on all the public names of a part.
        if (
            isinstance(node, ast.ImportFrom)
            and files()[module].name != "__init__.py"
            and module not in PASSED_ON
            and (not of_face(module) or ".hips" in module)
        ):
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


def test_a_room_that_says_too_little_would_be_seen() -> None:
    assert not says_what_lives_there("")
    assert not says_what_lives_there(first_words('"""Pictures of a graph."""'))
    assert not says_what_lives_there("Layers, losses and their tools: torch.nn's names on autograd's tensors.")
    assert says_what_lives_there(first_words('"""The calculus, on arrays only. Tensors do\\nnot live here.\\n\\nMore."""'))


def test_the_rooms_would_be_seen_to_break(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("from ..tensor.tensor import Tensor\nfrom . import indexing\ndef f():\n    from ..func import jvp\n")
    found = list(imported("autograd.ops.bad", bad))
    assert found == [("autograd.tensor.tensor", False), ("autograd.ops.indexing", False), ("autograd.func", True)]
    edges = {**graph(), "autograd.ops.bad": {name for name, _ in found}}
    assert upward(edges) == ["autograd.ops.bad imports autograd.func", "autograd.ops.bad imports autograd.tensor.tensor"]
    assert "a" in reach("a", {"a": {"b"}, "b": {"a"}})
