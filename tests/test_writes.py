"""Every write into a tensor's memory is noted, so that a backward which still needs the old values raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.engine import memory
from autograd.errors import GraphError

ROOT = Path(autograd.__file__).resolve().parent.parent
FILES = [str(path.relative_to(ROOT)) for name in ("autograd", "nn", "optim") for path in sorted((ROOT / name).rglob("*.py"))]

# Functions that note a write themselves: the helpers, the sum into .grad, and the op whose writes the user's forward has made.
NOTING = {
    "autograd/engine/memory.py", "autograd/engine/gradients.py", "autograd/function.py",
    "autograd/graph.py",  # increment_version, by which users note writes that the engine cannot see
    "autograd/distributed/collectives.py",  # MPI has written into the array
    "autograd/tensor/replacement.py",  # a tensor gets other memory; what was saved of it counts as written
    # A compiled step writes in C, and notes what its list says is written; what stands in for an array is no memory.
    "autograd/compile/optimizers.py", "autograd/compile/program.py",
    "autograd/compile/repeat.py",  # constants of several statements are laid side by side, in memory of the program's own
}  # fmt: skip
WRITING_METHODS = {"fill", "put", "sort", "partition", "itemset"}


def arrays_of_tensors(function: ast.AST) -> set[str]:
    """Local names for the array of a tensor: ``w = p.array``."""
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            for name, given in zip(target.elts, value.elts, strict=False) if several else [(target, value)]:  # type: ignore[attr-defined]
                of_tensor = isinstance(given, ast.Attribute) and given.attr == "array"
                of_tensor |= isinstance(given, ast.Call) and ast.unparse(given.func) == "array_of"
                if isinstance(name, ast.Name) and of_tensor:
                    names.add(name.id)
    return names


def unnoted(tree: ast.AST, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """The writes into a tensor's array outside a ``with writing(...)`` block."""

    def is_array(node: ast.AST) -> bool:
        while isinstance(node, ast.Subscript):
            node = node.value
        return (isinstance(node, ast.Attribute) and node.attr == "array") or (isinstance(node, ast.Name) and node.id in names)

    if isinstance(tree, ast.FunctionDef):
        names = names | arrays_of_tensors(tree)
    if isinstance(tree, ast.With) and any("writing(" in ast.unparse(item.context_expr) for item in tree.items):
        return
    written = False
    if isinstance(tree, ast.Assign):
        written = any(isinstance(target, ast.Subscript) and is_array(target) for target in tree.targets)
    elif isinstance(tree, ast.AugAssign):
        written = is_array(tree.target)
    elif isinstance(tree, ast.Call):
        written = any(keyword.arg == "out" and is_array(keyword.value) for keyword in tree.keywords)
        written |= ast.unparse(tree.func) == "np.copyto" and is_array(tree.args[0])
        written |= isinstance(tree.func, ast.Attribute) and tree.func.attr in WRITING_METHODS and is_array(tree.func.value)
    if written:
        yield f"line {tree.lineno}: {ast.unparse(tree)}"  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(tree):
        yield from unnoted(child, names)


@pytest.mark.parametrize("file", FILES)
def test_a_write_into_a_tensors_array_goes_through_the_helper(file: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    if file not in NOTING:
        assert list(unnoted(ast.parse(source))) == []
        assert "note_write" not in source


def test_a_forgotten_write_would_be_seen() -> None:
    forgotten = """
def f(p):
    w, n = p.array, 1
    w -= 1
    w[0] = n
    p.array[...] = 0
    np.copyto(p.array, w)
    np.add(w, 1, out=w)
    p.array.fill(0)
    with memory.writing(w):
        w *= 2
    memory.write(p.array, 0)
"""
    assert [text.split(": ")[1] for text in unnoted(ast.parse(forgotten))] == [
        "w -= 1", "w[0] = n", "p.array[...] = 0", "np.copyto(p.array, w)", "np.add(w, 1, out=w)", "p.array.fill(0)",
    ]  # fmt: skip


def test_write_casts_broadcasts_and_takes_an_index() -> None:
    array = np.zeros((2, 3), np.float32)
    memory.write(array, [1, 2, 3])
    memory.write(array, 7.0, where=(0, slice(1)))
    assert array.tolist() == [[7, 2, 3], [1, 2, 3]]
    assert memory.version(array) == 2


def test_a_block_that_raises_counts_as_written() -> None:
    def half_done() -> None:
        with memory.writing(first, second):
            first[0] = 1
            raise ValueError

    first, second = np.zeros(2), np.zeros(2)
    with pytest.raises(ValueError):
        half_done()
    assert (memory.version(first), memory.version(second)) == (1, 1)


def test_a_scheduler_that_writes_a_learning_rate_makes_a_stale_backward_raise() -> None:
    lr = autograd.tensor(0.1, requires_grad=True)
    weight = nn.Parameter(autograd.ones(2))
    optimizer = optim.SGD([weight], lr=lr)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
    weight.sum().backward()
    optimizer.step()
    needs_the_old_rate = lr * lr
    scheduler.step()
    with pytest.raises(GraphError, match="modified by an inplace operation"):
        needs_the_old_rate.backward()
