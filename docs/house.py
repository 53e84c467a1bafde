"""Draws the house: docs/house.svg, and the table of rooms in docs/architecture.md, from the imports that the source has.

    python docs/house.py

A room is what tests/test_house.py calls one. The picture has a floor for each step between a room and the lowest room below it;
every import leads downwards. A test compares both with what this program would write now.
"""

from __future__ import annotations

import ast
import re
import sys
from html import escape
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "house.svg"
PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- rooms: written by docs/house.py -->", "<!-- end of rooms -->"

WIDTH, MARGIN, GAP, LINE = 1180, 16, 10, 15
COLOURS = {"autograd": ("#e8f0fb", "#3b6fb6"), "nn": ("#e9f6ec", "#3c8d53"), "optim": ("#fbf1e3", "#b87a26")}


def house() -> tuple[list[str], dict[str, set[str]]]:
    """The rooms from the ground up, and for each the rooms that its files import.

    Raises:
        SystemExit: a file of autograd/ that ROOMS does not list.
    """
    sys.path.insert(0, str(ROOT / "tests"))
    import test_house

    below: dict[str, set[str]] = {name: set() for name in test_house.ROOMS}
    roomless = [module for module in test_house.files() if module != "autograd" and test_house.room(module) == "autograd"]
    if roomless:
        raise SystemExit(
            f"{', '.join(roomless)} has no room: add it to ROOMS in tests/test_house.py, after the rooms that it imports and "
            f"before those that import it"
        )
    for module, imported in test_house.graph().items():
        if module != "nn":  # nn/__init__.py gathers the names of all rooms of nn
            below[test_house.room(module)] |= {test_house.room(name) for name in imported}
    return test_house.ROOMS, {name: found - {name} for name, found in below.items()}


def file_of(room: str) -> Path:
    """The file whose docstring says what lives in a room."""
    path = ROOT.joinpath(*room.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def sentences(room: str) -> str:
    """The first paragraph of a room's docstring, as one line."""
    doc = ast.get_docstring(ast.parse(file_of(room).read_text(encoding="utf-8"))) or ""
    return " ".join(doc.split("\n\n")[0].split())


def place(room: str) -> str:
    """A room's path, as one looks for it."""
    path = file_of(room)
    return str((path.parent if path.name == "__init__.py" and room != "autograd" else path).relative_to(ROOT)) + (
        "/" if path.name == "__init__.py" and room != "autograd" else ""
    )


def floors(rooms: list[str], below: dict[str, set[str]]) -> list[list[str]]:
    """The rooms by floor, the lowest first: a room stands one floor above the highest room that it imports.

    Raises:
        SystemExit: a room imports one that is not below it in the list.
    """
    floor: dict[str, int] = {}
    for room in rooms:
        upward = sorted(name for name in below[room] if name not in floor)
        if upward:
            raise SystemExit(
                f"a file in the room {room} imports {', '.join(upward)}, which ROOMS in tests/test_house.py lists later: move the "
                f"room, or the import, so that each room imports only rooms before it"
            )
        floor[room] = 1 + max([floor[name] for name in below[room]], default=-1)
    return [[room for room in rooms if floor[room] == i] for i in range(max(floor.values()) + 1)]


def divided(floor: list[str]) -> list[list[str]]:
    """A floor in rows of at most five rooms."""
    rows = -(-len(floor) // 5)
    size = -(-len(floor) // rows)
    return [floor[i : i + size] for i in range(0, len(floor), size)]


def picture(rooms: list[str], below: dict[str, set[str]]) -> str:
    """The house as SVG."""
    rows, y = [], MARGIN
    for row in (part for floor in reversed(floors(rooms, below)) for part in divided(floor)):
        width = (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / len(row)
        texts = [wrap(sentences(room).replace("``", ""), max(12, int((width - 16) / 6.1))) for room in row]
        height = 34 + LINE * max(map(len, texts))
        for i, (room, text) in enumerate(zip(row, texts, strict=True)):
            x = MARGIN + i * (width + GAP)
            fill, stroke = COLOURS[room.split(".")[0]]
            rows.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="6" fill="{fill}" stroke="{stroke}"/>')
            rows.append(f'<text class="name" x="{x + 8:.1f}" y="{y + 20}">{escape(place(room))}</text>')
            for k, line in enumerate(text):
                rows.append(f'<text x="{x + 8:.1f}" y="{y + 38 + LINE * k}">{escape(line)}</text>')
        y += height + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y - GAP + MARGIN}" '
        f'viewBox="0 0 {WIDTH} {y - GAP + MARGIN}" font-family="sans-serif" font-size="12">\n'
        "<title>The house: a room imports only from rooms on floors below it</title>\n"
        "<style>text { fill: #333 } .name { font-family: monospace; font-weight: bold; font-size: 13px }</style>\n"
        '<rect width="100%" height="100%" fill="white"/>\n'
    )
    return head + "\n".join(rows) + "\n</svg>\n"


def table(rooms: list[str], below: dict[str, set[str]]) -> str:
    """The rooms as a table of the page, the highest first."""
    lines = ["| room | what lives there | it imports |", "|---|---|---|"]
    for room in reversed(rooms):
        names = [place(name).rstrip("/") for name in rooms if name in below[room]]
        shown = ", ".join(f"`{name}`" for name in names) or "nothing"
        lines.append(f"| `{place(room)}` | {sentences(room).replace('``', '`')} | {shown} |")
    return "\n".join(lines)


def page(text: str, rooms: list[str], below: dict[str, set[str]]) -> str:
    """The page with the table in it."""
    return re.sub(f"{START}.*?{END}", lambda _: f"{START}\n{table(rooms, below)}\n{END}", text, flags=re.DOTALL)


def main() -> None:
    rooms, below = house()
    PICTURE.write_text(picture(rooms, below), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), rooms, below), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}: {len(rooms)} rooms on {len(floors(rooms, below))} floors")


if __name__ == "__main__":
    main()
