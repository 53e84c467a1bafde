"""Checkpoints: what is saved comes back, a training goes on as if nothing had been, and no file can do harm."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import pickle
import stat
import struct
import subprocess
import sys
from collections import OrderedDict, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import numpy as safetensors
from safetensors import safe_open

import autograd
import nn
import optim
from autograd import safetensors_files


def through(obj: Any) -> Any:
    buffer = io.BytesIO()
    autograd.save(obj, buffer)
    buffer.seek(0)
    return autograd.load(buffer)


def written(header: dict[str, Any], body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def same(a: Any, b: Any) -> bool:
    """Equal in type, dtype, shape and every bit."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, autograd.Tensor):
        return isinstance(b, autograd.Tensor) and same(a.array, b.array)
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and repr(a) == repr(b)


# ------------------------------------------------------------------------------------------------------------- what comes back

DTYPES = [
    "bool",
    *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 2), (1,), (2, 3)])
def test_every_dtype_and_shape(dtype: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2, shape)
    array = (values * (1 + 2j) if dtype.startswith("complex") else values).astype(dtype)
    obj = {"t": autograd.tensor(array), "a": array, "nested": [array]}
    assert same(through(obj), obj)
    autograd.save(obj, tmp_path / "x")
    assert same(autograd.load(tmp_path / "x"), obj)
    autograd.save(autograd.tensor(array), tmp_path / "x")
    assert same(autograd.load(tmp_path / "x"), autograd.tensor(array))


@pytest.mark.parametrize(
    "view", [lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[:, 1], lambda a: np.broadcast_to(a[0], (3, 4))]
)
def test_arrays_that_are_not_contiguous(view: Any) -> None:
    for dtype in (np.float32, np.complex128):
        array = view(np.arange(12).reshape(3, 4).astype(dtype))
        loaded = through({"a": array, "t": autograd.tensor(np.arange(12.0).reshape(3, 4)).T})
        assert np.array_equal(loaded["a"], array)
        assert loaded["t"].tolist() == np.arange(12.0).reshape(3, 4).T.tolist()


def test_the_other_byte_order() -> None:
    loaded = through(np.arange(3, dtype=">f8"))
    assert loaded.tolist() == [0.0, 1.0, 2.0]
    assert loaded.dtype == np.float64


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.sampled_from([np.float32(1.5), np.int64(3), np.bool_(True), np.float64(np.nan), np.arange(3), np.array(2.0)])
    | st.lists(st.floats(width=32), max_size=3).map(lambda v: autograd.tensor(np.array(v, np.float32)))
)
keys = (
    st.text()
    | st.integers()
    | st.sampled_from(["a.b", "a", "b", "a/b", "", "__metadata__", "a#1", "tensor", "glassgrad", True, "1"])
)
objects = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=12,
)


@given(objects)
def test_whatever_is_nested_comes_back(obj: Any) -> None:
    assert same(through(obj), obj)


def test_keys_that_collide() -> None:
    t = [autograd.tensor(float(i)) for i in range(6)]
    obj = {"a": {"b": t[0]}, "a.b": t[1], "a.b#1": t[2], 1: t[3], "1": t[4], "__metadata__": t[5], "\ud800": t[0]}
    assert same(through(obj), obj)


def test_loaded_tensors_can_be_written_and_learned() -> None:
    loaded = through({"w": autograd.ones(2, requires_grad=True), "b": autograd.tensor(True)})
    assert not loaded["w"].requires_grad
    loaded["w"][0] = 5.0
    loaded["w"].requires_grad_()
    (loaded["w"] ** 2).sum().backward()
    assert loaded["w"].grad.tolist() == [10.0, 2.0]


def test_saving_leaves_what_was_saved_alone() -> None:
    w = autograd.ones(2, 3, requires_grad=True)
    y = (w.T * 2).relu()
    assert through(y).tolist() == y.tolist()
    y.sum().backward()
    assert w.requires_grad
    assert w.grad.tolist() == [[2.0] * 3] * 2


# -------------------------------------------------------------------------------------------------------------------- modules


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))


def test_a_state_dict_is_a_plain_file_for_every_other_tool(tmp_path: Path) -> None:
    net = model()
    autograd.save(net.state_dict(), tmp_path / "model.safetensors")
    others = safetensors.load_file(tmp_path / "model.safetensors")
    assert set(others) == set(net.state_dict())
    assert all(np.array_equal(others[k], v.array) and others[k].shape == v.shape for k, v in net.state_dict().items())
    loaded = autograd.load(tmp_path / "model.safetensors")
    assert type(loaded) is dict
    assert list(loaded) == list(net.state_dict())
    again = model()
    assert "All keys matched" in repr(again.load_state_dict(loaded))
    assert same(dict(again.state_dict()), dict(net.state_dict()))
    assert all(p.requires_grad for p in again.parameters())


def test_files_of_others(tmp_path: Path) -> None:
    arrays = {"a.weight": np.ones((2, 3), np.float32), "n": np.array(3), "none": np.zeros((0, 2), np.float16)}
    safetensors.save_file(arrays, tmp_path / "x.safetensors", {"format": "pt"})
    loaded = autograd.load(tmp_path / "x.safetensors")
    assert same({k: v.array for k, v in sorted(loaded.items())}, dict(sorted(arrays.items())))
    safetensors.save_file(arrays, tmp_path / "y.safetensors")
    assert set(autograd.load(tmp_path / "y.safetensors")) == set(arrays)


def test_bfloat16_is_read_as_float32(tmp_path: Path) -> None:
    body = np.array([0x3F80, 0xC040, 0x7F80], "<u2").tobytes() + np.float32(7).tobytes()
    data = written(
        {"h": {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}, "s": {"dtype": "F32", "shape": [], "data_offsets": [6, 10]}},
        body,
    )
    (tmp_path / "x").write_bytes(data)
    for loaded in (autograd.load(tmp_path / "x"), autograd.load(io.BytesIO(data))):
        assert loaded["h"].dtype == np.float32
        assert loaded["h"].tolist() == [1.0, -3.0, math.inf]
        assert loaded["s"].item() == 7.0
    eight = written({"h": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}, b"\0")
    (tmp_path / "x").write_bytes(eight)
    with pytest.raises(RuntimeError, match="F8_E4M3, which NumPy lacks"):
        autograd.load(tmp_path / "x")


def test_tied_weights(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(5, 3)
            self.head = nn.Linear(3, 5, bias=False)
            self.head.weight = self.embed.weight

    net, again = Tied(), Tied()
    autograd.save(net.state_dict(), tmp_path / "x")
    again.load_state_dict(autograd.load(tmp_path / "x"))
    assert again.head.weight is again.embed.weight
    assert np.array_equal(again.head.weight.array, net.embed.weight.array)
    assert set(safetensors.load_file(tmp_path / "x")) == {"embed.weight", "head.weight"}


def test_subclasses_of_dict_come_back_as_dict() -> None:
    inner: defaultdict[str, int] = defaultdict(int, a=1)
    loaded = through(OrderedDict(z=inner, y=autograd.ones(1)))
    assert type(loaded) is dict
    assert type(loaded["z"]) is dict
    assert list(loaded) == ["z", "y"]


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.01),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.5, max_iter=3),
}
SCHEDULES = {
    "StepLR": lambda o: optim.lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: optim.lr_scheduler.MultiStepLR(o, [2, 4]),
    "OneCycleLR": lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=20),
    "SequentialLR": lambda o: optim.lr_scheduler.SequentialLR(
        o, [optim.lr_scheduler.LinearLR(o), optim.lr_scheduler.CosineAnnealingLR(o, 9)], [3]
    ),
}


@pytest.mark.parametrize(("name", "schedule"), [*[(n, "StepLR") for n in OPTIMIZERS], *[("SGD", s) for s in SCHEDULES]])
def test_a_training_goes_on_identically(name: str, schedule: str, tmp_path: Path) -> None:
    def start() -> tuple[Any, Any, Any]:
        net = model()
        optimizer = OPTIMIZERS[name](net.parameters())
        return net, optimizer, SCHEDULES[schedule](optimizer)

    def steps(net: Any, optimizer: Any, scheduler: Any, n: int) -> list[float]:
        losses = []
        for _ in range(n):
            x = autograd.randn(16, 4)

            def closure(x: Any = x) -> Any:
                optimizer.zero_grad()
                loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
            scheduler.step()
        return losses

    autograd.manual_seed(0)
    parts = start()
    steps(*parts, 4)
    autograd.save(
        {
            "epoch": 4,
            "model": parts[0].state_dict(),
            "optimizer": parts[1].state_dict(),
            "scheduler": parts[2].state_dict(),
            "rng": autograd.get_rng_state(),
        },
        tmp_path / "checkpoint.safetensors",
    )
    expected = steps(*parts, 4)
    autograd.manual_seed(99)
    again = start()
    checkpoint = autograd.load(tmp_path / "checkpoint.safetensors", map_location="cpu")
    again[0].load_state_dict(checkpoint["model"])
    again[1].load_state_dict(checkpoint["optimizer"])
    again[2].load_state_dict(checkpoint["scheduler"])
    autograd.set_rng_state(checkpoint["rng"])
    assert steps(*again, 4) == expected
    assert same(dict(again[0].state_dict()), dict(parts[0].state_dict()))


# ---------------------------------------------------------------------------------------------------------------------- files


def test_paths_and_files(tmp_path: Path) -> None:
    obj = {"x": autograd.ones(2)}
    for path in (str(tmp_path / "a"), tmp_path / "b", os.fsencode(tmp_path / "c"), tmp_path / "d.pt", tmp_path / "ä ö"):
        autograd.save(obj, path)
        assert same(autograd.load(path), obj)
    with open(tmp_path / "a", "wb") as file:
        autograd.save([1, 2], file)
    with open(tmp_path / "a", "rb") as file:
        assert autograd.load(file) == [1, 2]
    for bad in (3, None, obj):
        with pytest.raises(TypeError, match="a path or a file"):
            autograd.load(bad)
        with pytest.raises(TypeError, match="a path or a file"):
            autograd.save(obj, bad)
    with pytest.raises(TypeError, match="'rb'"):
        autograd.load(io.StringIO("text"))
    with pytest.raises(FileNotFoundError):
        autograd.save(obj, tmp_path / "nowhere" / "x")
    with pytest.raises(FileNotFoundError):
        autograd.load(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        autograd.load(tmp_path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    autograd.save({"x": autograd.ones(2)}, path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        autograd.save({"x": autograd.zeros(2), "f": print}, path)

    def full(file: Any, data: Any) -> None:
        file.write(data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as m:
        m.setattr(safetensors_files, "_write", full)
        with pytest.raises(OSError, match="No space"):
            autograd.save({"x": autograd.zeros(2)}, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x"]


def test_the_bytes_are_those_that_the_library_writes() -> None:
    state = {
        "b": np.arange(3, dtype=np.int8), "ä": np.ones((2, 0), np.float64), "a": np.array(True), "c": np.ones((2, 3), np.float16),
        "d": np.arange(5, dtype=np.uint64), "e": np.float32(2),
    }  # fmt: skip
    buffer = io.BytesIO()
    arrays = {name: np.asarray(value) for name, value in state.items()}
    safetensors_files.write_arrays(buffer, arrays, {"format": "pt"})
    assert buffer.getvalue() == safetensors.save(arrays, {"format": "pt"})


class Reluctant(io.BytesIO):
    """A file that takes at most 1000 bytes at a time, as an unbuffered one may."""

    def write(self, data: Any) -> int:
        return super().write(bytes(data[:1000]))


def test_a_file_that_takes_a_part_is_given_the_rest() -> None:
    file = Reluctant()
    autograd.save(autograd.arange(5000), file)
    file.seek(0)
    assert autograd.load(file).tolist() == list(range(5000))


def test_a_file_of_several_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors_files, "_PIECE", 1000)
    state = {"a": autograd.arange(5000), "b": autograd.rand(777)}
    autograd.save(state, tmp_path / "x")
    assert same(autograd.load(tmp_path / "x"), state)
    with open(tmp_path / "y", "w+b") as file:
        file.write(b"before")
        autograd.save(state, file)
    assert (tmp_path / "y").read_bytes() == b"before" + (tmp_path / "x").read_bytes()


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    autograd.save([1], tmp_path / "x")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == usual
    os.chmod(tmp_path / "x", 0o640)
    os.symlink(tmp_path / "x", tmp_path / "link")
    autograd.save([2], tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert autograd.load(tmp_path / "x") == [2]
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_options() -> None:
    buffer = io.BytesIO()
    autograd.save([1], buffer)
    for where in (None, "cpu", autograd.device("cpu")):
        buffer.seek(0)
        assert autograd.load(buffer, map_location=where, weights_only=True) == [1]
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        autograd.load(buffer, map_location="cuda")
    buffer.seek(0)
    assert autograd.load(buffer, weights_only=False) == [1]  # that code may be run is no harm where none is


# -------------------------------------------------------------------------------------------------------------- what is refused


class Odd:
    pass


@pytest.mark.parametrize(
    ("obj", "says"),
    [
        ({"f": lambda: 1}, r"obj\['f'\] is a function.*no code"),
        (nn.Linear, "holds no code"),
        ({1, 2}, "save it as a list"),
        (Odd(), "is a Odd: tensors, arrays"),
        (b"bytes", "is a bytes"),
        ({"a": {(1, 2): 3}}, r"a key of obj\['a'\] is \(1, 2\)"),
        ({1.5: 3}, "only strings and integers"),
        (np.array(["a"]), "dtype <U1"),
        ([np.array([None])], r"obj\[0\] has dtype object"),
        (np.ma.masked_array([1.0], [True]), "MaskedArray"),
    ],
)
def test_what_cannot_be_saved(obj: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=says):
        autograd.save(obj, tmp_path / "x")
    assert not os.listdir(tmp_path)


def test_a_model_that_is_saved_itself_is_not_lost(tmp_path: Path) -> None:
    """An error at the end of a training would lose it, so the state is written, and a warning says how to load it."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = optim.Adam(model.parameters())
    model(autograd.ones(4, 2)).sum().backward()
    optimizer.step()
    with pytest.warns(UserWarning, match=r"obj is a Sequential.*no code.*load_state_dict\(autograd.load\(f\)\)$"):
        autograd.save(model, tmp_path / "model")
    again = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    again.load_state_dict(autograd.load(tmp_path / "model"))
    assert same(dict(again.state_dict()), dict(model.state_dict()))

    with pytest.warns(UserWarning, match="holds no code") as warned:
        autograd.save({"nets": [model], "optimizer": optimizer, "epoch": 3}, tmp_path / "all")
    assert [str(w.message).partition(" is a ")[0] for w in warned] == ["obj['nets'][0]", "obj['optimizer']"]
    assert "load_state_dict(autograd.load(f)['optimizer'])" in str(warned[1].message)
    loaded = autograd.load(tmp_path / "all")
    assert same(loaded["nets"][0], dict(model.state_dict()))
    optimizer.load_state_dict(loaded["optimizer"])


def test_circles_depths_and_lengths() -> None:
    circle: list[Any] = []
    circle.append({"again": circle})
    with pytest.raises(ValueError, match=r"obj\[0\]\['again'\] contains itself"):
        through(circle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        through(deep)
    twice = [1, 2]
    assert through([twice, twice]) == [[1, 2], [1, 2]]
    with pytest.raises(ValueError, match="keep long lists of numbers as arrays"):
        through("x" * 50_000_001)


def test_a_lazy_layer_has_nothing_to_save() -> None:
    with pytest.raises((ValueError, RuntimeError), match=r"call|uninitialized|first"):
        through(nn.LazyLinear(2).state_dict())


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    autograd.save({"x": autograd.ones(20), "n": 3}, path)
    data = path.read_bytes()
    for cut in (1, 7, 8, 20, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(RuntimeError, match="is cut off"):
            autograd.load(path)
        with pytest.raises(RuntimeError, match="is cut off"):
            autograd.load(io.BytesIO(data[:cut]))
    path.write_bytes(b"")
    with pytest.raises(RuntimeError, match="is empty"):
        autograd.load(path)
    path.write_bytes(data + b"more")
    with pytest.raises(RuntimeError, match="x is "):
        autograd.load(path)
    buffer = io.BytesIO()
    autograd.save([1], buffer)
    with pytest.raises(RuntimeError, match=r"seek\(0\)"):
        autograd.load(buffer)


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, bytes(12)), id="overlap"),
        pytest.param(written({"a": entry([2], 0, 8), "b": entry([2], 0, 8)}, bytes(8)), id="the same bytes twice"),
        pytest.param(written({"a": entry([2], 0, 8), "b": entry([2], 12, 20)}, bytes(20)), id="a gap"),
        pytest.param(written({"a": entry([4], 0, 16)}, bytes(8)), id="beyond the end"),
        pytest.param(written({"a": entry([1], 0, 4)}, bytes(8)), id="more than is named"),
        pytest.param(written({"a": entry([3], 0, 8)}, bytes(8)), id="a size that lies"),
        pytest.param(written({"a": entry([-2], 0, 8)}, bytes(8)), id="a negative size"),
        pytest.param(written({"a": entry([2], 8, 0)}, bytes(8)), id="backwards"),
        pytest.param(written({"a": entry([2**40, 2**40], 0, 8)}, bytes(8)), id="a product that overflows"),
        pytest.param(written({"a": entry([2**63, 0], 0, 0)}), id="a dimension that overflows"),
        pytest.param(written({"a": entry([2], 0, 8, "X")}, bytes(8)), id="an unknown dtype"),
        pytest.param(struct.pack("<Q", 2**62) + b"{}", id="a header of exabytes"),
        pytest.param(struct.pack("<Q", 100_002) + b'{"a":' + b"[" * 99_997, id="a deep header"),
    ],
)
def test_headers_that_lie(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    for file in (path, io.BytesIO(data)):
        with pytest.raises(RuntimeError, match=r"safetensors file|NumPy refuses"):
            autograd.load(file)


class Hostile:
    def __reduce__(self) -> Any:
        return os.mkdir, ("hostile",)


def test_pickles_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "z.npz", a=np.ones(2))
    for data in (pickle.dumps(Hostile()), (tmp_path / "z.npz").read_bytes()):
        Path("x.pt").write_bytes(data)
        for f in ("x.pt", io.BytesIO(data)):
            with pytest.raises(RuntimeError, match=r"nothing was run|zip archive without data.pkl.*np\.load"):
                autograd.load(f)
    Path("x.pt").write_bytes(pickle.dumps(Hostile(), protocol=0))
    with pytest.raises(RuntimeError, match="safetensors"):
        autograd.load("x.pt")
    assert not Path("hostile").exists()


STRUCTURES = [
    "", "{", "[]", "3", "null", '{"value": 1}', '{"version": 1}', '{"version": 2, "value": 1}', '{"version": 1, "value": {}}',
    '{"version": 1, "value": {"tensor": "y"}}', '{"version": 1, "value": {"tensor": ["x"]}}',
    '{"version": 1, "value": {"tensor": "x", "complex": true}}', '{"version": 1, "value": {"tensor": "s", "complex": true}}',
    '{"version": 1, "value": {"tensor": "i", "complex": true}}',
    '{"version": 1, "value": {"function": "os.system"}}', '{"version": 1, "value": {"dict": [[["x"], 1]]}}',
    '{"version": 1, "value": {"dict": [1]}}', '{"version": 1, "value": {"dict": {"x": 1}}}',
    '{"version": 1, "value": {"float": []}}',
    '{"version": 1, "value": {"complex": "__import__(\'os\')"}}', '{"version": 1, "value": {"tuple": 3}}',
    '{"version": 1, "value": ' + "[" * 100_000 + "]" * 100_000 + "}",
]  # fmt: skip


@pytest.mark.parametrize("structure", STRUCTURES, ids=range(len(STRUCTURES)))
def test_structures_that_make_no_sense(structure: str) -> None:
    header = {
        "x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
        "s": {"dtype": "F32", "shape": [], "data_offsets": [12, 16]},
        "i": {"dtype": "I8", "shape": [2], "data_offsets": [16, 18]},
        "__metadata__": {"glassgrad": structure},
    }
    with pytest.raises(RuntimeError, match="structure"):
        autograd.load(io.BytesIO(written(header, bytes(18))))


@given(st.binary(max_size=40), st.integers(0, 400))
def test_changed_bytes_raise_or_load(patch: bytes, at: int) -> None:
    buffer = io.BytesIO()
    autograd.save({"x": autograd.ones(4), "epoch": 3, "c": autograd.tensor([1j])}, buffer)
    data = bytearray(buffer.getvalue())
    data[at : at + len(patch)] = patch
    with suppress(RuntimeError):  # and nothing else
        autograd.load(io.BytesIO(bytes(data)))


def test_nothing_is_imported_before_it_is_used() -> None:
    code = "import sys, numpy; old = set(sys.modules); import autograd; print({'safetensors', 'json'} & (set(sys.modules) - old))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_metadata_is_what_other_readers_ask_for(tmp_path: Path) -> None:
    autograd.save({"x": autograd.ones(2)}, tmp_path / "x")
    with safe_open(tmp_path / "x", "np") as file:
        assert file.metadata()["format"] == "pt"


@pytest.mark.parametrize("length", [128, 640, 0x0480])
def test_a_cut_file_is_not_taken_for_a_pickle(length: int) -> None:
    with pytest.raises(RuntimeError, match="is cut off"):
        autograd.load(io.BytesIO(struct.pack("<Q", length) + b"{" * 10))


KILLED = """
import os, signal, sys, threading, time
import autograd
path, delay = sys.argv[1], float(sys.argv[2])
threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
while True:
    autograd.save({"x": autograd.full((300_000,), 2.0)}, path)
"""


def test_a_save_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Killed in the middle, again and again: the file is always whole."""
    path = tmp_path / "state.safetensors"
    for delay in (0.0, 0.004, 0.011, 0.02):
        autograd.save({"x": autograd.ones(300_000)}, path)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(path), str(delay)], cwd=Path(autograd.__file__).parents[1], check=False
        )
        assert done.returncode == -9
        x = autograd.load(path)["x"]
        assert x.shape == (300_000,)
        assert x.min() == x.max() in (1, 2)


KILLED_AT = """
import os, signal, sys
import autograd
from autograd import safetensors_files
path, moment = sys.argv[1:]
end = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
if moment == "in the middle":
    original = safetensors_files._write
    def write(file, data):
        original(file, data[: len(data) // 2])
        file.flush()
        if len(data) > 1000:
            end()
    safetensors_files._write = write
else:
    os.replace = end
autograd.save({"x": autograd.full((300_000,), 2.0)}, path)
"""


@pytest.mark.parametrize("moment", ["in the middle", "before the old file is replaced"])
def test_a_save_that_is_killed_at_this_moment_leaves_the_old_file(moment: str, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    autograd.save({"x": autograd.ones(300_000)}, path)
    before = path.read_bytes()
    command = [sys.executable, "-c", KILLED_AT, str(path), moment]
    done = subprocess.run(command, cwd=Path(autograd.__file__).parents[1], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == before
    (left,) = set(os.listdir(tmp_path)) - {path.name}
    assert 0 < (tmp_path / left).stat().st_size <= len(before)
