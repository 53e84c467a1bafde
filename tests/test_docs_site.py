"""The check of the built documentation sees a page that is too wide, one that asks the network, and a search that finds nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHECK = Path(__file__).resolve().parent.parent / "docs" / "check.py"
FOUND = "".join(f'<li><a href="{place}/x.html">x</a></li>' for place in ("memory.html", "course/en", "course/zh"))
SITE = {"index.html": "<article><p>short</p></article>", "search.html": f'<div id="search-results"><ul>{FOUND}</ul></div>'}
MISTAKES = {
    "nothing": ({}, []),
    "a wide table": (
        {"index.html": "<article><table style='width:900px'><tr><td>cell</td></tr></table></article>"},
        ["index.html: 9"],
    ),
    "a picture from elsewhere": (
        {"index.html": "<img src='https://example.org/x.png'>"},
        ["index.html: asks for https://example.org"],
    ),
    "a script that fails": ({"index.html": "<script>nowhere()</script>"}, ["index.html: a script complains: nowhere is not"]),
    "no Chinese": ({"search.html": SITE["search.html"].replace("course/zh", "other")}, ["the search for '反向传播'"]),
}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", CHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_a_reader_would_trip_over_is_seen(mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Any) -> None:
    check = load()
    monkeypatch.setattr(check, "PATIENCE", 4000)
    changed, expected = MISTAKES[mistake]
    for name, body in {**SITE, **changed}.items():
        head = '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        (tmp_path / name).write_text(head + body, encoding="utf-8")
    found = check.faults(tmp_path, browser)
    assert len(found) == len(expected), found
    for fault, begin in zip(found, expected, strict=True):
        assert fault.startswith(begin)
