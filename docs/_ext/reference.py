"""The directive ``{reference} autograd``: all public names of a module, or a class's methods, with signatures and docstrings.

A docstring is shown as it is written, and is not read as markup: its formulas have bars and stars that are no markup. Its examples
are run by the tests (tests/test_docs.py).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

_SECTION = re.compile(r"^(Args|Returns|Raises|Source|Example|Attributes|Yields|Note|Shape|See):\s*(.*)$")


def _found(path: str) -> Any:
    """The module of this path, or the class in a module."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def public(module: Any) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module offers, in alphabetical order."""
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    for name in sorted(names, key=lambda n: (n.lower(), n)):
        value = getattr(module, name, None)
        ours = getattr(value, "__module__", None) or "autograd"  # ufuncs and the like have none
        if ours.split(".")[0] not in ("autograd", "nn", "optim"):
            continue
        if callable(value) and not inspect.ismodule(value) and (inspect.getdoc(value) or "").strip():
            yield name, value


def _signature(name: str, value: Any) -> str:
    try:
        text = str(inspect.signature(value)).replace("'", "")
    except (TypeError, ValueError):
        return name
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return name + (text if len(text) < 400 else "(...)")


def _inline(text: str) -> nodes.paragraph:
    paragraph = nodes.paragraph()
    for i, part in enumerate(re.split(r"``(.+?)``", text)):
        if part:
            paragraph += nodes.literal(part, part) if i % 2 else nodes.Text(part)
    return paragraph


def _blocks(text: str) -> Iterator[nodes.Node]:
    """Paragraphs, headings of sections in bold, and examples as code."""
    for block in re.split(r"\n\s*\n", text):
        lines = block.split("\n")
        heading = _SECTION.match(lines[0].strip()) if lines[0] == lines[0].lstrip() else None
        if heading:
            yield nodes.paragraph("", "", nodes.strong(heading[1], heading[1]))
            lines = ([heading[2]] if heading[2] else []) + lines[1:]
        body = inspect.cleandoc("\n".join(lines)) if lines else ""
        if not body:
            continue
        if ">>>" in body:
            code = nodes.literal_block(body, body)
            code["language"] = "pycon"
            yield code
        elif heading or not re.search(r"^\s{2,}", body, re.MULTILINE):
            yield from (_inline(line) for line in _joined(body))
        else:
            yield nodes.literal_block(body, body, language="text")


def _joined(body: str) -> Iterator[str]:
    """Lines that are indented go on with the line above."""
    current = ""
    for line in body.split("\n"):
        if line.startswith(" ") or not re.match(r"\w[\w, *]*: ", line):
            current = f"{current} {line.strip()}".strip()
        else:
            if current:
                yield current
            current = line.strip()
    if current:
        yield current


class Reference(Directive):
    """All public names of the module that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = self.arguments[0]
        found: list[nodes.Node] = []
        for name, value in public(_found(path)):
            section = nodes.section(ids=[f"{path}.{name}".replace(".", "-").replace("_", "-").lower() + _case(name)])
            section["names"] = []
            section += nodes.title(name, name)
            signature = nodes.literal_block("", _signature(f"{path}.{name}", value))
            signature["language"] = "python"
            section += signature
            section.extend(_blocks(inspect.getdoc(value) or ""))
            found.append(section)
        if not found:
            raise self.error(f"{path} offers nothing that has a docstring")
        return found


def _case(name: str) -> str:
    """A class and a function may differ in capitals only."""
    return "-class" if name[:1].isupper() else ""


def setup(app: Any) -> dict[str, Any]:
    app.add_directive("reference", Reference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
