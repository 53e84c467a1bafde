"""PyTorch's files: real ones are read right; no file runs anything, or gets memory that it has no bytes for."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import pickletools
import random
import shutil
import struct
import tracemalloc
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError

FILES = Path(__file__).parent / "pytorch_files"
CONTENTS = json.loads((FILES / "contents.json").read_text(encoding="utf-8"))["contents"]


def check(found: Any, expected: Any, path: str = "") -> None:
    if isinstance(expected, dict) and set(expected) == {"dtype", "shape", "values"}:
        assert isinstance(found, autograd.Tensor), path
        assert str(found.dtype) == expected["dtype"], path
        assert list(found.shape) == expected["shape"], path
        values = np.array(expected["values"])
        got = found.numpy()
        if got.dtype.kind == "c":
            got = np.stack([got.real, got.imag], -1)
        np.testing.assert_array_equal(got, values.astype(got.dtype).reshape(got.shape), err_msg=path)
    elif isinstance(expected, dict):
        assert [str(k) for k in found] == list(expected), path
        for (_, value), (key, wanted) in zip(found.items(), expected.items(), strict=True):
            check(value, wanted, f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), path
        for i, (value, wanted) in enumerate(zip(found, expected, strict=True)):
            check(value, wanted, f"{path}.{i}")
    else:
        assert (str(found) if isinstance(found, np.dtype) else found) == expected, path


@pytest.mark.parametrize("name", ["zip.pt", "stream.pt"])
@pytest.mark.parametrize("opened", [False, True])
def test_what_pytorch_writes_is_read(name: str, opened: bool) -> None:
    found = autograd.load(io.BytesIO((FILES / name).read_bytes()) if opened else FILES / name)
    check(found, CONTENTS)
    with autograd.no_grad():
        found["base"][1, 0] = -1
    assert found["row"][0, 0] == -1, "tensors of one storage share it"
    assert found["transposed"][0, 1] == -1
    with pytest.raises(autograd.errors.GraphError, match="read-only"):
        found["expanded"][0, 0] = 1


def test_the_oldest_format() -> None:
    found = autograd.load(FILES / "tar.pt")
    assert found["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["odd"].tolist() == [1, 3, 5]


def test_a_state_dict_loads_into_a_model_and_its_optimizer() -> None:
    found = autograd.load(FILES / "zip.pt")
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    assert str(model.load_state_dict(found["model"])) == "<All keys matched successfully>"
    assert model[1].num_batches_tracked == 1


def test_a_whole_model_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        ArgumentError, match=r"asks for torch\.nn\.modules\.linear\.Linear: .*nothing was run.*save its state_dict\(\)"
    ):
        autograd.load(FILES / "whole_model.pt")


# ---------------------------------------------------------------------------------------------------------------- other files


class Call:
    """Pickled, a call of a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


def zipped(data: bytes, **records: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for name, content in records.items():
            archive.writestr("archive/" + name.replace("__", "/"), content)
    return out.getvalue()


def noted() -> None:
    raise AssertionError("a function of the file was called")


@pytest.mark.parametrize("function", [noted, print, getattr, bytearray, OrderedDict.fromkeys])
def test_no_call_of_the_file_is_made(function: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    for data in (pickle.dumps(Call(function, 10), 2), zipped(pickle.dumps(Call(function, 10), 2))):
        with pytest.raises(ArgumentError, match=r"nothing was run|damaged"):
            autograd.load(io.BytesIO(data))
    assert not capsys.readouterr().out


def assembled(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


@pytest.mark.parametrize(
    "program",
    [
        # attributes of a function that the reader knows, and of a class
        assembled(named("torch._utils", "_rebuild_tensor_v2"), b"}", b"X\x01\x00\x00\x00aK\x01s", b"b"),
        assembled(named("collections", "OrderedDict"), b"}", b"X\x01\x00\x00\x00aK\x01s", b"b"),
        # an attribute of an OrderedDict beside _metadata is left out
        assembled(named("os", "system")),
        assembled(b"cposix\nsystem\n", b"X\x04\x00\x00\x00true", b"\x85R"),
        assembled(b"ibuiltins\neval\n"),
        # numbers that NumPy would make of text
        assembled(named("numpy", "dtype"), b"X\x01\x00\x00\x00O", b"\x85R"),
    ],
)
def test_programs_for_the_machine_are_refused(program: bytes) -> None:
    with pytest.raises(ArgumentError):
        autograd.load(io.BytesIO(zipped(program)))
    assert not hasattr(OrderedDict, "a")


def storage(kind: str, key: str, numel: int) -> bytes:
    return (
        b"("
        + b"X\x07\x00\x00\x00storage"
        + named("torch", kind)
        + _text(key)
        + _text("cpu")
        + b"\x8a\x08"
        + struct.pack("<q", numel)
        + b"tQ"
    )


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def _number(n: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", n)


def _tuple(*numbers: int) -> bytes:
    return b"(" + b"".join(map(_number, numbers)) + b"t"


def tensor(offset: int, size: tuple[int, ...], stride: tuple[int, ...], numel: int = 4, kind: str = "FloatStorage") -> bytes:
    call = named("torch._utils", "_rebuild_tensor_v2") + b"(" + storage(kind, "0", numel)
    return assembled(call + _number(offset) + _tuple(*size) + _tuple(*stride) + b"\x89}tR")


def test_a_tensor_put_together_by_hand() -> None:
    data = zipped(tensor(1, (3,), (1,)), data__0=struct.pack("<4f", 0, 1, 2, 3))
    assert autograd.load(io.BytesIO(data)).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("program", "match"),
    [
        (tensor(0, (5,), (1,)), "reaches number 4 of a storage of 4"),
        (tensor(2**62, (1,), (1,)), "reaches number"),
        (tensor(-1, (2,), (1,)), "cannot be right"),
        (tensor(0, (2,), (-1,)), "cannot be right"),
        (tensor(0, (-2,), (1,)), "cannot be right"),
        (tensor(0, (2, 2), (1,)), "cannot be right"),
        (tensor(0, (2**40, 2**40), (1, 1)), "reaches number"),
        (tensor(0, (1,), (1,), numel=2**50), "says that storage 0 holds"),
        (tensor(0, (1,), (1,), kind="QInt8Storage"), "NumPy lacks"),
    ],
)
def test_sizes_that_lie(program: bytes, match: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError, match=match):
            autograd.load(io.BytesIO(zipped(program, data__0=struct.pack("<4f", 0, 1, 2, 3))))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_compressed_storage_is_no_bomb() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", tensor(0, (1,), (1,)))
        archive.writestr("archive/data/0", b"\0" * 1_000_000, zipfile.ZIP_DEFLATED)
    with pytest.raises(ArgumentError, match="compressed"):
        autograd.load(io.BytesIO(out.getvalue()))


def test_a_memo_that_lies_about_its_size() -> None:
    tracemalloc.start()
    try:
        autograd.load(io.BytesIO(zipped(assembled(b"K\x05", b"r\xff\xff\xff\x7f"))))  # LONG_BINPUT 2147483647
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["zip.pt", "stream.pt", "tar.pt"])
def test_damaged_files_give_an_error_or_numbers(name: str) -> None:
    whole = (FILES / name).read_bytes()
    rng = random.Random(0)
    for i in range(250):
        data = bytearray(whole)
        if i % 3 == 0:
            del data[rng.randrange(len(data)) :]
        for _ in range(rng.randrange(1, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        with contextlib.suppress(ArgumentError):
            autograd.load(io.BytesIO(bytes(data)))


def test_damaged_programs(tmp_path: Path) -> None:
    """The pickle itself is changed, so that zip's checksum does not catch it."""
    with zipfile.ZipFile(FILES / "zip.pt") as archive:
        records = {info.filename.partition("/")[2]: archive.read(info) for info in archive.infolist()}
    program = records.pop("data.pkl")
    places = [position for _, _, position in pickletools.genops(program) if position is not None]
    rng = random.Random(1)
    for _ in range(300):
        data = bytearray(program)
        for _ in range(rng.randrange(1, 4)):
            data[rng.choice(places) if rng.random() < 0.5 else rng.randrange(len(data))] = rng.randrange(256)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("archive/data.pkl", bytes(data))
            for name, content in records.items():
                archive.writestr(f"archive/{name}", content)
        with contextlib.suppress(ArgumentError):
            autograd.load(io.BytesIO(out.getvalue()))


# ------------------------------------------------------------------------------------------------------------------- shards


def sharded(folder: Path) -> Path:
    autograd.save({"a": autograd.ones(2), "b": autograd.zeros(1)}, folder / "model-00001-of-00002.safetensors")
    autograd.save({"c": autograd.ones(3)}, folder / "model-00002-of-00002.safetensors")
    index = folder / "model.safetensors.index.json"
    listed = {
        "a": "model-00001-of-00002.safetensors",
        "b": "model-00001-of-00002.safetensors",
        "c": "model-00002-of-00002.safetensors",
    }
    index.write_text(json.dumps({"metadata": {"total_size": 24}, "weight_map": listed}), encoding="utf-8")
    return index


def test_a_model_in_several_files(tmp_path: Path) -> None:
    found = autograd.load(sharded(tmp_path))
    assert {name: t.tolist() for name, t in found.items()} == {"a": [1, 1], "b": [0], "c": [1, 1, 1]}


def test_an_index_that_does_not_fit(tmp_path: Path) -> None:
    index = sharded(tmp_path)
    text = json.loads(index.read_text(encoding="utf-8"))
    for change, match in [
        ({"d": "model-00002-of-00002.safetensors"}, "lacks 'd'.*incomplete"),
        ({"a": "../other.safetensors"}, "must lie in the folder"),
        ({"a": "/etc/passwd"}, "must lie in the folder"),
    ]:
        index.write_text(json.dumps({**text, "weight_map": {**text["weight_map"], **change}}), encoding="utf-8")
        with pytest.raises(ArgumentError, match=match):
            autograd.load(index)
    for broken in ("", "[]", "{}", '{"weight_map": 3}'):
        index.write_text(broken, encoding="utf-8")
        with pytest.raises(ArgumentError, match="no index of safetensors"):
            autograd.load(index)
    index = sharded(tmp_path)
    shutil.move(tmp_path / "model-00002-of-00002.safetensors", tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        autograd.load(index)
