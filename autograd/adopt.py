"""``python -m autograd.adopt``: let the packages that need HIPS autograd run on this engine. No other file here imports this one.

Such packages require a distribution named ``autograd``. Installed, it would put its files over ours, because both have the import
name ``autograd``. This command leaves an environment in which ``import autograd`` is ours and ``pip check`` is content: it takes
HIPS autograd away, if it is there, and installs a distribution of that name that has no files. ``--undo`` takes it away again.

The module needs nothing but Python and pip, so that it also runs where HIPS autograd was put over the rest.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

NAME = "autograd"
OURS = "glassgrad"
# HIPS autograd's names are those of 1.9.1. Some dependents accept no 1.9, so the stub has the last number below it.
VERSION = "1.8.999"
MARK = "a distribution without files: glassgrad provides the import name autograd"


def stub(folder: Path, version: str) -> Path:
    """Write the wheel of a distribution without files into a folder; return its path."""
    info = f"{NAME}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\nSummary: {MARK}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: glassgrad\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text.encode())}")
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,"]) + "\n"
    wheel = folder / f"{NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def pip(*args: str) -> None:
    """Run pip in this environment.

    Raises:
        SystemExit: pip failed; it has said why.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *args]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"autograd.adopt: `{' '.join(command[1:])}` failed")


def distribution(name: str) -> metadata.Distribution | None:
    """An installed distribution, or None."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def is_stub(found: metadata.Distribution) -> bool:
    """Whether a distribution named autograd is the one without files."""
    return found.metadata["Summary"] == MARK


def damaged(ours: metadata.Distribution) -> list[Path]:
    """The files of ours that another distribution has overwritten, or that are gone."""
    found = []
    for file in ours.files or ():
        path = Path(str(file.locate()))
        if file.hash is None or file.hash.mode != "sha256":
            continue
        if not path.is_file() or _digest(path) != file.hash.value:
            found.append(path)
    return found


def _digest(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


def adopt(version: str = VERSION) -> None:
    """Take HIPS autograd away, and install a distribution of its name without files.

    Args:
        version: the version that the distribution says it has.

    Raises:
        SystemExit: pip failed, or files of ours were overwritten: then it says how to get them back.
    """
    ours, hips = distribution(OURS), distribution(NAME)
    overwritten = damaged(ours) if ours is not None else []
    if hips is not None and not is_stub(hips):
        # Where both lie in one folder, pip takes the files of both away: what is ours is put back.
        with tempfile.TemporaryDirectory() as kept:
            saved: list[tuple[Path, Path]] = []
            for file in hips.files or ():
                path = Path(str(file.locate()))
                if ours is not None and path.is_file() and path not in overwritten and _is_ours(path, ours):
                    copy = Path(kept, str(len(saved)))
                    shutil.copy2(path, copy)
                    saved.append((path, copy))
            pip("uninstall", "--yes", NAME)
            for path, copy in saved:
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(copy, path)
    with tempfile.TemporaryDirectory() as folder:
        pip("install", "--quiet", "--no-deps", "--no-index", "--force-reinstall", str(stub(Path(folder), version)))
    if overwritten:
        sys.exit(
            f"autograd.adopt: HIPS autograd had overwritten {len(overwritten)} files of Glassgrad ({overwritten[0].name}, ...). "
            f"It is gone now; get them back with: pip install --force-reinstall --no-deps {OURS}"
        )
    print(f"`import autograd` is Glassgrad's; packages that require {NAME} find {NAME} {version}, which has no files.")


def _is_ours(path: Path, ours: metadata.Distribution) -> bool:
    return any(Path(str(file.locate())) == path for file in ours.files or ())


def undo() -> None:
    """Take the distribution without files away.

    Raises:
        SystemExit: there is none.
    """
    found = distribution(NAME)
    if found is None or not is_stub(found):
        sys.exit(f"autograd.adopt: nothing to undo: {'HIPS autograd is installed' if found else f'no {NAME} is installed'}")
    pip("uninstall", "--yes", NAME)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m autograd.adopt", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--undo", action="store_true", help="take the distribution without files away")
    parser.add_argument("--version", default=VERSION, help=f"the version that it says it has (default: {VERSION})")
    options = parser.parse_args(arguments)
    if options.undo:
        undo()
    else:
        adopt(options.version)


if __name__ == "__main__":
    main()
