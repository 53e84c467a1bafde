"""docs/architecture.md and CONTRIBUTING.md are true: the picture and the table of rooms, every path and every name in them."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
import optim
from autograd.engine.op import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))
import house  # noqa: E402

PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATH = re.compile(r"[\w.-]*[/][\w./-]*|[\w-]+\.(py|md|toml|svg)")
NAME = re.compile(r"[A-Za-z_][\w.]*")
# Words in code's type that are no name of the house: what Python, NumPy, PyTorch and the tools call things.
FOREIGN = {"numpy", "ruff", "mypy", "pre-commit", "copy.deepcopy", "dev"}


def test_the_picture_of_the_rooms_is_true() -> None:
    assert house.PICTURE.read_text(encoding="utf-8") == house.picture(*house.house()), "run python docs/house.py"


def test_a_file_without_a_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import test_house

    monkeypatch.setattr(test_house, "ROOMS", [name for name in test_house.ROOMS if name != "autograd.amp"])
    with pytest.raises(SystemExit, match=r"autograd\.amp has no room: add it to ROOMS"):
        house.house()
    with pytest.raises(SystemExit, match="a file in the room attic imports roof"):
        house.floors(["attic", "roof"], {"attic": {"roof"}, "roof": set()})


def test_the_table_of_the_rooms_is_true() -> None:
    text = house.PAGE.read_text(encoding="utf-8")
    assert text == house.page(text, *house.house()), "run python docs/house.py"


def test_every_room_stands_above_what_it_imports() -> None:
    rooms, below = house.house()
    floors = house.floors(rooms, below)
    assert sorted(room for floor in floors for room in floor) == sorted(rooms)
    number = {room: i for i, floor in enumerate(floors) for room in floor}
    assert all(number[name] < number[room] for room in rooms for name in below[room])


def mentioned(text: str) -> set[str]:
    """What a page sets in code's type, outside its blocks of code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


@cache
def defined() -> set[str]:
    """Every name that the source defines: classes, functions, arguments, attributes, keywords of calls."""
    found = set(REGISTRY)
    for package in ("autograd", "nn", "optim", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef | ast.FunctionDef):
                    found.add(node.name)
                elif isinstance(node, ast.arg):
                    found.add(node.arg)
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
    return found


@cache
def classes() -> dict[str, Any]:
    """The classes of the house by name."""
    from test_house import files

    found: dict[str, Any] = {}
    for module in files():
        if not module.endswith("__main__"):
            found |= {name: value for name, value in vars(importlib.import_module(module)).items() if isinstance(value, type)}
    return found


def resolves(name: str) -> bool:
    """Whether a dotted name leads somewhere: from a module, or from a class of the house."""
    first, *rest = name.split(".")
    if first in ("autograd", "nn", "optim"):
        value: Any = {"autograd": autograd, "nn": nn, "optim": optim}[first]
        path = first
        for part in rest:
            path += f".{part}"
            if hasattr(value, part):
                value = getattr(value, part)
            elif hasattr(value, "__path__") and find_spec(path) is not None:
                value = importlib.import_module(path)
            else:
                return False
        return True
    if rest and first in classes():
        cls = classes()[first]
        return hasattr(cls, rest[0]) or rest[0] in getattr(cls, "__slots__", ())
    return all(part in defined() for part in (first, *rest))


def missing(word: str) -> str:
    """What is wrong with a word in code's type; nothing if it exists, or is neither a path nor a name nor a command."""
    word = word.removesuffix("()")
    command = re.fullmatch(r"(python|pytest) (-m )?(\S+)(.*)", word)
    if command:
        target = command[3]
        if command[2]:
            part = ROOT / target.replace(".", "/") / f"{command[4].strip()}.py" if command[4] else None
            return "" if find_spec(target) and (part is None or part.exists()) else f"there is no {word}"
        return "" if (ROOT / target).exists() else f"there is no {target}"
    if PATH.fullmatch(word):
        found = (ROOT / word).is_dir() if word.endswith("/") else (ROOT / word).exists()
        return "" if found else f"there is no path {word}"
    if NAME.fullmatch(word) and word not in FOREIGN and word.split(".")[0] not in ("torch", "np"):
        return "" if resolves(word) else f"there is no name {word}"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_name_exists(page: str) -> None:
    words = mentioned((ROOT / page).read_text(encoding="utf-8"))
    assert len(words) > 15
    assert [found for word in sorted(words) if (found := missing(word))] == []


def test_a_path_or_name_that_is_gone_would_be_seen() -> None:
    gone = [
        "optim/each.py",
        "nothing/",
        "autograd.engine.op.Plann",
        "Sample.kinks",
        "tanhh",
        "python -m benchmarks none",
        "gone.md",
    ]
    assert all(missing(word) for word in gone)
    here = ["optim/adam.py", "docs/", "autograd.engine.op.Plan", "Sample.kink", "tanh", "python -m benchmarks size", "README.md"]
    assert not any(missing(word) for word in [*here, "x * y", "torch.nn.functional", "np.f(tensor)"])


def test_links_lead_to_a_page_and_a_heading() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            path, _, heading = target.partition("#")
            linked = (ROOT / page).parent / path
            assert linked.exists(), target
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
            assert not heading or heading in [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings], target
