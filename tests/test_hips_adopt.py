"""``python -m autograd.adopt`` in a fresh environment, with distributions that are made here: nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pip
import pytest

ADOPT = Path(__file__).resolve().parent.parent / "autograd" / "adopt.py"
OURS = {"autograd/__init__.py": "Tensor = 'ours'\n", "autograd/adopt.py": ADOPT.read_text(encoding="utf-8"), "nn/__init__.py": ""}
HIPS = {"autograd/__init__.py": "grad = 'theirs'\n", "autograd/core.py": "core = 'theirs'\n"}


def wheel(folder: Path, name: str, version: str, files: dict[str, str], requires: str = "") -> Path:
    info = f"{name}-{version}.dist-info"
    more = f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text.encode())}")
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_in, text in {**files, f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"}.items():
            archive.writestr(name_in, text)
    return path


class Environment:
    """A virtual environment with pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
        self.python = str(folder / "env" / "bin" / "python")
        packages = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
        (packages / "pip").symlink_to(Path(pip.__file__).parent)  # installing pip would take longer than all of these tests

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(
            [self.python, *args], capture_output=True, text=True, check=False, cwd=self.folder, env=alone, timeout=100
        )

    def install(self, *wheels: Path) -> None:
        done = self.run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--force-reinstall", *map(str, wheels))
        assert done.returncode == 0, done.stderr

    def says(self, text: str) -> str:
        return self.run("-c", text).stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("adopt"))


WHOSE = "import autograd; print('ours' if hasattr(autograd, 'Tensor') else 'theirs')"


def test_the_command_and_its_undoing(environment: Environment, tmp_path: Path) -> None:
    ours = wheel(tmp_path, "glassgrad", "0.1.0", OURS)
    hips = wheel(tmp_path, "autograd", "1.9.1", HIPS)
    dependent = wheel(tmp_path, "dependent", "1.0", {"dependent.py": "import autograd\n"}, "autograd>=1.5,<1.9")
    # HIPS autograd first, with a package that needs it; then Glassgrad, whose files lie over HIPS's.
    environment.install(hips, dependent)
    environment.install(ours)

    done = environment.run("-m", "autograd.adopt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert environment.says(WHOSE + "; import dependent") == "ours"
    assert environment.run("-c", "import autograd.core").returncode == 1, "HIPS's files are gone"
    checked = environment.run("-m", "pip", "check")
    assert checked.returncode == 0, checked.stdout

    done = environment.run("-m", "autograd.adopt", "--undo")
    assert done.returncode == 0
    assert environment.says(WHOSE) == "ours"
    twice = environment.run("-m", "autograd.adopt", "--undo")
    assert twice.returncode == 1
    assert "nothing to undo" in twice.stderr


def test_hips_put_over_it_later_is_found_and_mended(environment: Environment, tmp_path: Path) -> None:
    ours = wheel(tmp_path, "glassgrad", "0.1.0", OURS)
    environment.install(ours)
    environment.install(wheel(tmp_path, "autograd", "1.9.1", HIPS))
    assert environment.says(WHOSE) == "theirs"
    done = environment.run("-m", "autograd.adopt")
    assert done.returncode == 1
    assert "pip install --force-reinstall --no-deps glassgrad" in done.stderr
    environment.install(ours)
    assert environment.says(WHOSE + "; print(autograd.adopt if hasattr(autograd, 'adopt') else '')") == "ours"
    assert environment.says("from importlib.metadata import version; print(version('autograd'))") == "1.8.999"


def test_nn_says_so(tmp_path: Path) -> None:
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text(HIPS["autograd/__init__.py"])
    (tmp_path / "nn").symlink_to(ADOPT.parent.parent / "nn")
    alone = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", "import nn"], capture_output=True, text=True, check=False, cwd=tmp_path, env=alone)
    assert "HIPS autograd" in done.stderr
    assert "python -m autograd.adopt" in done.stderr
