"""The pages of the documentation whose cells run while it is built: they run here too, and both languages have the same ones."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path

import pytest

import autograd
from autograd import errors

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COURSE = sorted(path.name for path in (DOCS / "course" / "en").glob("*.md") if path.name != "index.md")
# The Chinese course has the same cells as the English one, and the certificate's page runs what tests/test_certify.py tests.
RUN = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if CELL.search(path.read_text(encoding="utf-8")) and path.parent.name != "zh" and path.name != "certificate.md"
]


def cells(path: Path) -> list[str]:
    return CELL.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", RUN, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_the_cells_of_a_page_run(page: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, DOCS / "_ext")))}
    (tmp_path / "page.py").write_text("\n".join(cells(page)), encoding="utf-8")
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    if page.name == "errors.md":  # each part raises the class of its title
        titles = re.findall(r"^## (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert [t for t in titles if not re.search(f"^{t}: ", done.stdout, re.MULTILINE)] == ["DistError"]


def test_both_languages_have_the_same_cells_and_equations() -> None:
    assert len(COURSE) == 9
    for name in COURSE:
        english, chinese = (DOCS / "course" / language / name for language in ("en", "zh"))
        assert cells(english) == [cell.replace('"zh"', '"en"') for cell in cells(chinese)], name
        equations = [re.findall(r"\$\$(.*?)\$\$", path.read_text(encoding="utf-8"), re.DOTALL) for path in (english, chinese)]
        plain = [[re.sub(r"[：:]", ":", re.sub(r"\\text\{[^}]*\}", "", one)) for one in found] for found in equations]
        assert plain[0] == plain[1], name


@pytest.mark.parametrize("name", COURSE)
def test_each_chapter_has_its_parts(name: str) -> None:
    text = (DOCS / "course" / "en" / name).read_text(encoding="utf-8")
    code = "\n".join(cells(DOCS / "course" / "en" / name))
    assert "$$" in text  # equations
    assert "viz.draw(" in code  # a page to step through
    assert "exercise(" in code  # an exercise that checks the answer
    assert re.search(r"^c\(\w+\)$", code, re.MULTILINE)  # the step as C
    assert name == "looking.md" or "line(" in code or "viz.formula.text(" in code  # the lines of the code that are the equations


def test_each_class_of_errors_has_its_example() -> None:
    for module in (
        "autograd.distributed.failure",
        "autograd.proof.gradcheck",
        "autograd.viz.picture.render",
        "nn.training.trainer",
    ):
        import_module(module)  # they have classes of their own
    text = (DOCS / "guides" / "errors.md").read_text(encoding="utf-8")
    classes = set(_below(errors.Guided))  # LayerError is below two
    assert len(classes) == 15
    for found in classes:
        part = text.partition(f"## {found.__name__}\n")[2].partition("\n## ")[0]
        if found.__name__ != "DistError":  # which takes several processes
            assert "fails(" in part, found
            assert len(CELL.findall(part + "\n")) >= 2, found  # one that fails, and one that is mended
        assert len(re.findall(r"^```", part, re.MULTILINE)) >= 4, found


def _below(base: type) -> list[type]:
    return [c for b in base.__subclasses__() for c in (b, *_below(b)) if c.__module__.partition(".")[0] in ("autograd", "nn")]


def test_a_traceback_ends_with_the_place_in_the_guide() -> None:
    class Mine(errors.ShapeError):
        pass

    with pytest.raises(errors.ShapeError) as caught:
        autograd.ones(2, 3) @ autograd.ones(2, 3)
    shown = traceback.format_exception_only(caught.value)
    assert shown[-1] == "(An example, and how to mend it: docs/guides/errors.md#shapeerror)\n"
    assert "guide" not in str(caught.value)  # what a program reads is the message alone
    assert Mine("x").__notes__ == caught.value.__notes__
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.__notes__) == (str(caught.value), caught.value.__notes__)


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {DOCS / "index.md"}
    for page in DOCS.rglob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            names = [line for line in tree.splitlines() if line and not line.startswith(":")]
            listed |= {page.parent / f"{name}.md" for name in names}
    assert listed == set(DOCS.rglob("*.md"))
