"""Every Python block in README.md and docs/ runs, in order and in one namespace per file, and prints what it says it prints.

The pages that run while the documentation is built are in tests/test_pages.py.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "file_format: mystnb" not in path.read_text(encoding="utf-8")]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(path for path in WRITTEN if BLOCK.search(path.read_text(encoding="utf-8"))),
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def execute(text: str, name: str) -> int:
    """Run the blocks of a page, those with prompts as doctests; returns how many there are."""
    names: dict[str, Any] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    found = list(BLOCK.finditer(text))
    for block in found:
        line, code = text.count("\n", 0, block.start(1)), block.group(1)
        if ">>>" not in code:
            # Blank lines in front: a traceback then shows the page's own line numbers.
            exec(compile("\n" * line + code, name, "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(code, names, name, name, line)
        said: list[str] = []
        if runner.run(test, out=said.append, clear_globs=False).failed:
            raise AssertionError("".join(said))
        names = test.globs
    return len(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_run(page: Path, tmp_path: Path) -> None:
    # In a process of its own: a page may declare ops and change defaults.
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, __file__, str(page)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) > 0


def test_a_wrong_page_would_be_seen() -> None:
    right = "```python\nx = 1\n```\n\n```python\n>>> x + 1\n2\n```\n"
    assert execute(right, "page") == 2
    with pytest.raises(AssertionError, match="Expected"):
        execute(right.replace("\n2\n", "\n3\n"), "page")
    with pytest.raises(NameError):
        execute("```python\nx\n```\n", "page")


if __name__ == "__main__":
    print(execute(Path(sys.argv[1]).read_text(encoding="utf-8"), Path(sys.argv[1]).name))
