"""The source distribution, as its builder makes it: it holds all that its pages and tests refer to."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("autograd", "nn", "optim", "tests", "examples", "benchmarks", "docs")
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
LEFT_OUT = {"__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The paths in the source distribution, relative to the project."""
    (archive,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")), versions=["standard"])
    with tarfile.open(archive) as tar:
        return {name.partition("/")[2] for name in tar.getnames()}


def test_it_holds_every_file_of_its_folders_and_every_page(held: set[str]) -> None:
    files = {
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts) and not path.name.endswith(".pyc")
    }
    assert len(files) > 200
    assert files | set(PAGES) | {"pyproject.toml"} <= held
    assert not [name for name in held if LEFT_OUT & set(Path(name).parts)]


def test_what_its_pages_link_to_is_in_it(held: set[str]) -> None:
    linked = set()
    for page in sorted(name for name in held if name.endswith(".md")):
        for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8")):
            if "://" not in target:
                linked.add(str((ROOT / page).parent.joinpath(target).resolve().relative_to(ROOT)))
    assert {"docs/guide.md", "docs/house.svg", "docs/backprop.png", "examples/article.py"} <= linked
    assert linked <= held
