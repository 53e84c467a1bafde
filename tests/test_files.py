"""A file is written as a whole or not at all, and a killed process leaves nothing for ever."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError
from autograd.files import replacing

ROOT = Path(autograd.__file__).resolve().parent.parent


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        Path(temporary).write_text(text)


def test_a_block_that_raises_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            Path(temporary).write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["page.html"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "page.html", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    for name in ("x" * 255, "ü" * 120):
        path = tmp_path / name
        autograd.save({"w": autograd.ones(2)}, path)
        assert autograd.load(path)["w"].tolist() == [1, 1]
    with pytest.raises(OSError, match="too long"):
        autograd.save({}, tmp_path / ("x" * 256))


def test_a_device_is_written_itself() -> None:
    with replacing("/dev/null") as temporary:
        assert temporary == "/dev/null"
    autograd.save({"w": autograd.ones(2)}, "/dev/null")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "page.html"):
        pass


KILLED = """
import os
from autograd.files import replacing
with replacing("page.html") as temporary:
    open(temporary, "w").write("half")
    os._exit(9)
"""


def test_the_next_write_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    assert run(KILLED, tmp_path).returncode == 9
    (left,) = [p for p in tmp_path.iterdir() if p != path]
    assert path.read_text() == "old"
    write(path, "fresh temporary files may be somebody's")
    assert left.exists()
    past = time.time() - 3600
    os.utime(left, (past, past))
    write(tmp_path / "other.html", "another file's are left alone")
    assert left.exists()
    write(path, "new")
    assert not left.exists()
    assert path.read_text() == "new"


def test_a_running_write_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with replacing(path) as temporary:
        past = time.time() - 3600
        os.utime(temporary, (past, past))
        script = "from autograd.files import replacing\nwith replacing('page.html') as t: open(t, 'w').write('other')"
        assert run(script, tmp_path).returncode == 0
        Path(temporary).write_text("mine")
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["page.html"]


FULL = """
import resource, signal, autograd
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    autograd.save({"w": autograd.ones(1000)}, "model.safetensors")
except OSError as error:
    print(error.errno, error.filename is not None)
"""


def test_a_disk_that_takes_no_more_is_an_oserror(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    autograd.save({"w": autograd.zeros(2)}, path)
    result = run(FULL, tmp_path)
    assert result.stdout.split() == [str(errno.EFBIG), "True"], result.stderr
    assert autograd.load(path)["w"].tolist() == [0, 0]
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_a_file_of_more_dimensions_than_numpy_has(tmp_path: Path) -> None:
    header = ('{"w": {"dtype": "F32", "shape": ' + str([1] * 70) + ', "data_offsets": [0, 4]}}').encode()
    path = tmp_path / "deep.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + np.float32(1).tobytes())
    with pytest.raises(ArgumentError, match="'w' has 70 dimensions"):
        autograd.load(path)


def test_every_writer_of_the_project_keeps_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nn
    from autograd import viz

    model = nn.Linear(2, 1)
    loss = model(autograd.ones(3, 2)).sum()
    recorder = viz.Recorder(model)
    writers = {
        "a.safetensors": lambda p: autograd.save(model.state_dict(), p), "a.html": lambda p: viz.draw(loss).save(p),
        "b.dot": lambda p: viz.draw(loss).save(p), "c.md": lambda p: viz.explain(loss).save(p), "d.json": recorder.save,
        "e.html": recorder.save,
    }  # fmt: skip

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name, save in writers.items():
        path = tmp_path / name
        path.write_text("old")
        with monkeypatch.context() as patch:
            patch.setattr("os.replace", full)
            with pytest.raises(OSError, match="No space"):
                save(path)
        assert path.read_text() == "old", name
        save(path)
        assert path.read_bytes() != b"old", name
    assert sorted(os.listdir(tmp_path)) == sorted(writers)
