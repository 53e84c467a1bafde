"""``nn.fit`` and Trainer: the same numbers as a bare loop and as an uninterrupted run, and errors that help."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import itertools
import os
import pty
import random
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from autograd.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, WeightedRandomSampler
from nn.training import History

ROOT = Path(nn.__file__).resolve().parent.parent


def data(n: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    return x, (x @ rng.normal(size=(4, 1))).astype(np.float32)


def network(dropout: float = 0.0) -> nn.Module:
    autograd.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(dropout), nn.BatchNorm1d(8), nn.Linear(8, 1))


def state(model: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def saved(obj: Any) -> bytes:
    file = io.BytesIO()
    autograd.save(obj, file)
    return file.getvalue()


def same(a: nn.Module, b: nn.Module) -> None:
    for name, value in state(a).items():
        np.testing.assert_array_equal(value, state(b)[name], err_msg=name)


# ------------------------------------------------------------------------------------------------------------- the loop
def test_fit_is_the_bare_loop() -> None:
    x, y = data()
    ours, bare = network(), network()
    autograd.manual_seed(7)
    history = nn.fit(ours, (x, y), "mse", optim.Adam(ours.parameters(), lr=0.01), epochs=3, batch_size=16)
    autograd.manual_seed(7)
    optimizer = optim.Adam(bare.parameters(), lr=0.01)
    losses = []
    for _ in range(3):
        total = 0.0
        for a, b in DataLoader(TensorDataset(autograd.tensor(x), autograd.tensor(y)), batch_size=16, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(bare(a), b)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(a)
        losses.append(total / len(x))
    same(ours, bare)
    assert history["loss"] == pytest.approx(losses, rel=1e-6), "the mean over samples, though the last batch is smaller"
    assert history.epoch == [0, 1, 2]


def test_validation_is_the_last_part_cut_before_shuffling() -> None:
    x, y = data(10)
    y[8:] += 100
    trainer = nn.Trainer(nn.Linear(4, 1), "mse", "sgd", metrics=["mae"])
    history = trainer.fit((x, y), epochs=1, validation_split=0.2)
    assert history["val_loss"][0] > 5000
    assert history["loss"][0] < 1000
    assert history["val_loss"][0] == pytest.approx(trainer.evaluate((x[8:], y[8:]))["loss"])
    assert set(history) == {"loss", "mae", "val_loss", "val_mae"}


def test_evaluation_runs_in_evaluation_mode_and_leaves_the_mode() -> None:
    x, y = data()
    model = network(dropout=0.5)
    trainer = nn.Trainer(model, "mse", "sgd")
    before = state(model)
    first = trainer.evaluate((x, y))
    assert trainer.evaluate((x, y)) == first, "no dropout, no moving statistics"
    assert model.training
    for name, value in state(model).items():
        np.testing.assert_array_equal(value, before[name])
    predictions = trainer.predict(x, batch_size=7)
    assert predictions.shape == (50, 1)
    assert not predictions.requires_grad
    np.testing.assert_allclose(((predictions.numpy() - y) ** 2).mean(), first["loss"], rtol=1e-5)


def test_sample_weight_is_sum_of_w_l_over_n() -> None:
    x, y = data(6)
    w = np.array([0, 1, 2, 3, 0, 1.0])
    model = nn.Linear(4, 1)
    pred = model(autograd.tensor(x)).detach().numpy()
    history = nn.fit(model, (x, y), "mse", optim.SGD(model.parameters(), lr=0.0), batch_size=6, sample_weight=w, metrics=["mse"])
    each = ((pred - y) ** 2)[:, 0]
    assert history["loss"][0] == pytest.approx((w * each).sum() / 6, rel=1e-5)
    assert history["mse"][0] == pytest.approx((w * each).sum() / w.sum(), rel=1e-5)
    weights_in_data = nn.fit(model, (x, y, w), "mse", optim.SGD(model.parameters(), lr=0.0), batch_size=6)
    assert weights_in_data["loss"][0] == pytest.approx(history["loss"][0], rel=1e-6)


def test_class_weight() -> None:
    x, _ = data(6)
    classes = np.array([0, 1, 2, 2, 1, 0])
    model = nn.Linear(4, 3)
    each = nn.functional.cross_entropy(model(autograd.tensor(x)), autograd.tensor(classes), reduction="none").detach().numpy()
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    history = nn.fit(model, (x, classes), nn.CrossEntropyLoss(), optimizer, batch_size=6, class_weight={0: 5.0, 2: 0.5})
    assert history["loss"][0] == pytest.approx((each * np.array([5, 1, 0.5, 0.5, 1, 5])).sum() / 6, rel=1e-5)


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 2), nn.Linear(3, 2)

    def forward(self, first: Any, second: Any) -> Any:
        return self.a(first) + self.b(second)


@pytest.mark.parametrize("form", [tuple, lambda parts: {"first": parts[0], "second": parts[1]}])
def test_several_inputs(form: Any) -> None:
    x = form((np.ones((9, 4)), np.ones((9, 3))))
    autograd.manual_seed(0)
    model = Two()
    trainer = nn.Trainer(model, "mse", optim.Adam(model.parameters(), lr=0.1))
    trainer.fit((x, np.zeros((9, 2))), epochs=40, batch_size=4)
    assert trainer.evaluate((x, np.zeros((9, 2))))["loss"] < 0.05
    assert trainer.predict(x).shape == (9, 2)


class Pairs(Dataset[Any]):
    def __len__(self) -> int:
        return 12

    def __getitem__(self, i: int) -> Any:
        return np.full(4, i, np.float32), np.float32(i)


class Endless(IterableDataset[Any]):
    def __iter__(self) -> Any:
        while True:
            yield np.ones(4, np.float32), np.ones(1, np.float32)


def test_data_in_every_form() -> None:
    x, y = data(12)
    forms: list[Any] = [
        (x, y), [x, y], (x.tolist(), y.tolist()), TensorDataset(autograd.tensor(x), autograd.tensor(y)),
        DataLoader(TensorDataset(autograd.tensor(x), autograd.tensor(y)), batch_size=4),
        [(autograd.tensor(x[i : i + 4]), autograd.tensor(y[i : i + 4])) for i in (0, 4, 8)],
    ]  # fmt: skip
    for form in forms:
        model = nn.Linear(4, 1)
        with autograd.no_grad():
            model.weight.zero_()
            model.bias.zero_()
        history = nn.fit(model, form, "mse", optim.SGD(model.parameters(), lr=0.0), epochs=2)
        assert history["loss"] == pytest.approx([float((y**2).mean())] * 2, rel=1e-5), type(form)

    class Squeezed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 1)

        def forward(self, x: Any) -> Any:
            return self.inner(x).squeeze(-1)

    assert len(nn.fit(Squeezed(), Pairs(), "mse", "sgd", batch_size=5)) == 1
    model = nn.Linear(4, 1)
    assert len(nn.fit(model, Endless(), "mse", "sgd", epochs=3, steps_per_epoch=2)) == 3


def test_float64_arrays_are_fed_in_the_models_dtype() -> None:
    model = nn.Linear(4, 1)
    seen = []
    model.register_forward_hook(lambda module, inputs, output: seen.append((inputs[0].dtype, output.dtype)))
    nn.fit(model, (np.ones((4, 4)), np.ones((4, 1))), "mse", "sgd")
    assert seen == [(np.float32, np.float32)]


def test_a_compiled_step_trains_as_the_bare_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))
    x, y = data(64)
    found = []
    for compiled in (False, True):
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        schedule = nn.callbacks.Schedule(optim.lr_scheduler.ExponentialLR(optimizer, 0.9))
        arguments: dict[str, Any] = {"metrics": ["mae"], "validation_split": 0.25, "callbacks": [schedule], "compile": compiled}
        found.append((model, nn.fit(model, (x, y), "mse", optimizer, 8, 16, **arguments).history))
    (bare, expected), (model, history) = found
    for name, values in history.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-4)
    for name, value in state(model).items():
        np.testing.assert_allclose(value, state(bare)[name], rtol=1e-3, atol=1e-6)


def test_a_compiled_step_is_made_once_and_stops_at_nan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))
    calls = itertools.count()  # what a step does to a list is refused

    def loss(pred: Any, target: Any) -> Any:
        next(calls)
        return ((pred - target) ** 2).mean()

    x, y = data(64)
    model = nn.Linear(4, 1)
    wild = optim.SGD(model.parameters(), lr=1e4)
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match="The parameters are as they were before this batch"):
        nn.fit(model, (x, y), loss, wild, epochs=20, batch_size=8, compile=True)
    assert next(calls) < 8  # runs in Python until two in succession have done the same
    with pytest.raises(ArgumentError, match="a compiled step has no such place"):
        nn.fit(model, (x, y), "mse", wild, compile=True, callbacks=[nn.callbacks.GradientNorms()])


@pytest.mark.parametrize("metrics", [[], ["mae"]])
def test_a_compiled_training_names_the_layer_where_nan_begins(
    metrics: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))

    class Root(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.sqrt()

    x, y = data(64)
    x = np.abs(x)
    x[50] = -1.0
    model = nn.Sequential(Root(), nn.Linear(4, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    trainer = nn.Trainer(model, "mse", optimizer, metrics=metrics, compile=True)
    before = []

    class Weights(nn.callbacks.Callback):
        def on_batch_end(self, batch: int, loss: Any) -> None:
            before.append({name: value.copy() for name, value in state(model).items()})

    where = "nan in epoch 1, batch 7, first in the model: forward of sqrt in layer '0'.*as they were before this batch"
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match=where):
        trainer.fit((x, y), batch_size=8, shuffle=False, callbacks=[Weights()])
    assert len(before) == 6
    assert all(np.array_equal(value, before[-1][name]) for name, value in state(model).items())
    with np.errstate(all="ignore"):
        trainer.fit((x, y), batch_size=8, shuffle=False, callbacks=[nn.callbacks.StopOnNaN()])
    assert all(np.isfinite(value).all() for value in state(model).values())


# ---------------------------------------------------------------------------------------------------------------- resuming
def training(folder: Path, epochs: int, resume: Path | None = None) -> tuple[nn.Module, Any]:
    x, y = data(40)
    model = network(dropout=0.3)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    autograd.manual_seed(99 if resume is None else 12345)  # another seed: the checkpoint's state must replace it
    callbacks = [
        nn.callbacks.Schedule(optim.lr_scheduler.ExponentialLR(optimizer, 0.9)),
        nn.callbacks.EarlyStopping("val_loss", patience=50),
        nn.callbacks.Checkpoint(folder / "{epoch}.safetensors"),
    ]
    history = nn.fit(
        model, (x, y), "mse", optimizer, epochs, batch_size=16, validation_split=0.25, callbacks=callbacks, resume=resume
    )
    return model, history


def test_a_run_resumed_at_any_epoch_has_the_same_numbers_bit_for_bit(tmp_path: Path) -> None:
    whole, history = training(tmp_path, 4)
    for epoch in range(1, 5):
        folder = tmp_path / f"from {epoch}"
        folder.mkdir()
        resumed, again = training(folder, 4, tmp_path / f"{epoch}.safetensors")
        same(resumed, whole)
        assert again.history == history.history, f"resumed after {epoch}"
        assert again.epoch == [0, 1, 2, 3]


class Noisy(Dataset[Any]):
    """Rows to which each way of drawing random numbers adds noise, as augmentation does."""

    def __init__(self) -> None:
        self.x, self.y = data(40)

    def __len__(self) -> int:
        return 40

    def __getitem__(self, index: int) -> Any:
        noise = np.random.normal() + random.random() + autograd.rand(()).item()  # noqa: NPY002
        return self.x[index] + np.float32(noise), self.y[index]


def endless() -> Any:
    rng = np.random.default_rng(3)
    while True:
        x = rng.normal(size=(8, 4)).astype(np.float32)
        yield x, x[:, :1]


def given(form: str) -> tuple[Any, dict[str, Any]]:
    """Data in its forms, and the arguments of ``fit`` that go with it."""
    x, y = (autograd.tensor(part) for part in data(40))
    own = autograd.Generator().manual_seed(5)
    rows = TensorDataset(x, y)
    if form == "a loader with a generator":
        return DataLoader(rows, batch_size=16, shuffle=True, generator=own), {}
    if form == "a sampler with NumPy's generator":
        weights = np.linspace(1, 2, 40)
        return DataLoader(rows, 16, sampler=WeightedRandomSampler(weights, 40, generator=np.random.default_rng(5))), {}
    if form == "a data set that draws":
        return DataLoader(Noisy(), batch_size=16, shuffle=True), {}
    if form == "worker processes":
        return DataLoader(Noisy(), batch_size=16, shuffle=True, num_workers=2, generator=own), {}
    if form == "steps in a loader":
        return DataLoader(rows, batch_size=16, shuffle=True), {"steps_per_epoch": 2}
    if form == "steps in arrays":
        return (x, y), {"steps_per_epoch": 5, "batch_size": 16}
    return endless(), {"steps_per_epoch": 3}


@pytest.mark.parametrize(
    "form",
    ["a loader with a generator", "a sampler with NumPy's generator", "a data set that draws", "worker processes",
     "steps in a loader", "steps in arrays", "a generator"],
)  # fmt: skip
def test_the_order_of_the_data_goes_on_too(form: str, tmp_path: Path) -> None:
    def run(folder: Path, resume: Path | None = None) -> tuple[nn.Module, nn.training.History]:
        folder.mkdir()
        source, more = given(form)
        model = network(dropout=0.3)
        optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        seed = 1 if resume is None else 2
        autograd.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        callbacks = [
            nn.callbacks.Schedule(optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=40), per="batch"),
            nn.callbacks.Checkpoint(folder / "{epoch}.safetensors"),
        ]
        return model, nn.fit(model, source, "mse", optimizer, epochs=4, callbacks=callbacks, resume=resume, **more)

    whole, history = run(tmp_path / "whole")
    for epoch in range(1, 4):
        resumed, again = run(tmp_path / f"from {epoch}", tmp_path / "whole" / f"{epoch}.safetensors")
        same(resumed, whole)
        assert again.history == history.history, f"resumed after {epoch}"


def test_a_trainer_that_was_loaded_goes_on_at_the_same_place(tmp_path: Path) -> None:
    def trainer() -> nn.Trainer:
        return nn.Trainer(network(dropout=0.3), "mse", "adam")

    (source, more), whole, first, second = given("steps in arrays"), trainer(), trainer(), trainer()
    for own, epochs in ((whole, 4), (first, 2)):
        autograd.manual_seed(7)
        own.fit(source, epochs, **more)
    first.save(tmp_path / "x")
    second.load(tmp_path / "x")
    autograd.manual_seed(8)
    second.fit(source, 4, **more)
    same(second.model, whole.model)
    assert second.history.history == whole.history.history


def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    training(tmp_path, 1)
    model = network()
    other = nn.Trainer(model, "mse", "adam")
    x, y = data(40)
    other.fit((x, y), 1)
    callbacks: list[Any] = [
        nn.callbacks.Schedule(optim.lr_scheduler.ExponentialLR(other.optimizer, 0.9)),
        *[nn.callbacks.Callback()] * 2,
    ]
    before, optimizer = state(model), saved(other.optimizer.state_dict())
    checkpoint = autograd.load(tmp_path / "1.safetensors")
    position = checkpoint["position"]
    for change, match in [
        ({"optimizer": {}}, "no state_dict of an optimizer"),
        ({"version": 99}, "version 99"),
        ({"callbacks": []}, "0 callbacks"),
        ({"callbacks": [{}, {}, {}]}, "scheduler"),
        ({"model": {}}, "Missing key"),
        ({"position": {**position, "random": {**position["random"], "autograd": autograd.zeros(3)}}}, "generator's state"),
        ({"position": {**position, "random": {**position["random"], "data": [1]}}}, "had 1 generators of its own"),
    ]:
        file = tmp_path / "changed.safetensors"
        autograd.save({**checkpoint, **change}, file)
        drawn = autograd.get_rng_state()
        with pytest.raises(Exception, match=match):
            other.fit((x, y), 9, callbacks=callbacks, resume=file)
        for name, value in state(model).items():
            np.testing.assert_array_equal(value, before[name], err_msg=f"{change}")
        assert saved(other.optimizer.state_dict()) == optimizer, change
        assert autograd.equal(autograd.get_rng_state(), drawn), change
        assert other.epoch == len(other.history) == 1
    with pytest.raises(ArgumentError, match="it lacks"):
        other.load_state_dict({"model": {}})
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((tmp_path / "1.safetensors").read_bytes()[:-50])
    with pytest.raises(Exception, match="cut"):
        other.load(cut)


# ------------------------------------------------------------------------------------------------------------- interruption
class Press(nn.callbacks.Callback):
    def __init__(self, epoch: int, batch: int) -> None:
        self.at = (epoch, batch)

    def on_batch_end(self, batch: int, loss: Any) -> None:
        if (self.trainer.epoch, batch) == self.at:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_leaves_a_model_and_the_history() -> None:
    x, y = data(64)
    model = network()
    history = nn.fit(model, (x, y), "mse", "adam", epochs=5, batch_size=16, callbacks=[Press(2, 1)])
    assert history.interrupted == (2, 2), "in the third epoch, after two of its batches"
    assert len(history["loss"]) == 2
    assert np.isfinite(model(autograd.tensor(x)).detach().numpy()).all()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_ctrl_c_raises() -> None:
    class Twice(nn.callbacks.Callback):
        def on_batch_end(self, batch: int, loss: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    x, y = data()
    with pytest.raises(KeyboardInterrupt):
        nn.fit(network(), (x, y), "mse", "adam", callbacks=[Twice()])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ---------------------------------------------------------------------------------------------------------------- callbacks
class Losses(nn.callbacks.Callback):
    """Log these values as val_loss."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        logs["val_loss"] = self.values[epoch]


@pytest.mark.parametrize(
    ("values", "patience", "epochs", "stopped", "best"),
    [
        ([1, 2, 3, 4, 5], 2, 3, 2, 0),
        ([3, 2, 2, 1, 1], 0, 3, 2, 1),
        ([float("nan"), 5, 4, 6, 7], 2, 5, 4, 2),
        ([5, 4, 3, 2, 1], 1, 5, None, 4),
    ],
)
def test_early_stopping(values: list[float], patience: int, epochs: int, stopped: int | None, best: int) -> None:
    x, y = data(8)
    model = nn.Linear(4, 1)
    kept: list[dict[str, np.ndarray]] = []
    stop = nn.callbacks.EarlyStopping(patience=patience)
    callbacks = [Losses(values), lambda epoch, logs: kept.append(state(model)), stop]
    history = nn.fit(model, (x, y), "mse", "adam", epochs=5, callbacks=callbacks)
    assert len(history) == epochs
    assert (stop.stopped_epoch, stop.best_epoch) == (stopped, best)
    for name, value in state(model).items():
        np.testing.assert_array_equal(value, kept[best][name], err_msg="the best epoch's weights")
    assert (history.stopped is None) == (stopped is None)


def test_a_monitor_that_is_not_logged() -> None:
    x, y = data(8)
    with pytest.raises(ArgumentError, match=r"monitors 'val_loss' without validation: give validation_data"):
        nn.fit(nn.Linear(4, 1), (x, y), "mse", "adam", callbacks=[nn.callbacks.EarlyStopping()])
    with pytest.raises(ArgumentError, match="monitors 'mae', and the epoch logged loss"):
        nn.fit(nn.Linear(4, 1), (x, y), "mse", "adam", callbacks=[nn.callbacks.EarlyStopping("mae")])


def test_csv_and_best_only(tmp_path: Path) -> None:
    x, y = data(8)
    callbacks = [
        Losses([3, 2, 4, 1]),
        nn.callbacks.Checkpoint(tmp_path / "{epoch:02d}-{val_loss:.0f}.safetensors", best_only=True),
        nn.callbacks.CSVLogger(tmp_path / "log.csv"),
    ]
    nn.fit(nn.Linear(4, 1), (x, y), "mse", "adam", epochs=4, callbacks=callbacks)
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == ["01-3.safetensors", "02-2.safetensors", "04-1.safetensors"]
    rows = list(csv.DictReader((tmp_path / "log.csv").open(encoding="utf-8")))
    assert [float(row["val_loss"]) for row in rows] == [3, 2, 4, 1]


def test_a_checkpoint_is_tried_out_before_the_first_epoch(tmp_path: Path) -> None:
    class Unsaveable(nn.callbacks.Callback):
        def state_dict(self) -> dict[str, Any]:
            return {"seen": {1, 2}}

    x, y = data(8)
    model = nn.Linear(4, 1)
    before = state(model)
    save = nn.callbacks.Checkpoint(tmp_path / "a.safetensors")
    with pytest.raises(TypeError, match="save it as a list"):
        nn.fit(model, (x, y), "mse", "adam", callbacks=[save, Unsaveable()])
    with pytest.raises(ArgumentError, match=r"the folder .*nowhere is not there"):
        nn.fit(model, (x, y), "mse", "adam", callbacks=[nn.callbacks.Checkpoint(tmp_path / "nowhere" / "a.safetensors")])
    for name, value in state(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_plateau_and_per_batch_schedules() -> None:
    x, y = data(32)
    model = nn.Linear(4, 1)
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    plateau = nn.callbacks.Schedule(optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5))
    history = nn.fit(model, (x, y), "mse", optimizer, epochs=4, callbacks=[Losses([1, 1, 1, 1]), plateau])
    assert history["lr"] == pytest.approx([1e-3, 1e-3, 5e-4, 2.5e-4])
    steps = optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.1)
    nn.fit(model, (x, y), "mse", optimizer, batch_size=8, callbacks=[nn.callbacks.Schedule(steps, per="batch")])
    assert steps.last_epoch == 4


def test_tensorboard_gets_every_logged_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for tensorboard.summary.Writer notes the calls. tensorboard 2.21 reads back what its own Writer makes of them."""
    calls: list[tuple[Any, ...]] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            calls.append(("open", folder))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            calls.append((name, step, value))

        def flush(self) -> None:
            calls.append(("flush",))

        def close(self) -> None:
            calls.append(("close",))

    summary = ModuleType("tensorboard.summary")
    vars(summary)["Writer"] = Writer
    monkeypatch.setitem(sys.modules, "tensorboard", ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, "tensorboard.summary", summary)
    x, y = data(16)
    board = nn.callbacks.TensorBoard(tmp_path)
    history = nn.fit(nn.Linear(4, 1), (x, y), "mse", "sgd", 3, 8, validation_split=0.25, callbacks=[board])
    assert calls[0] == ("open", str(tmp_path))
    assert calls[-1] == ("close",)
    written = [call for call in calls if len(call) == 3]
    assert sorted(written) == sorted((name, step, value) for name in history for step, value in enumerate(history[name]))
    assert calls.count(("flush",)) == 3


def test_tensorboard_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.raises(ImportError, match=r"glassgrad\[tensorboard\]"):
        nn.callbacks.TensorBoard()


# -------------------------------------------------------------------------------------------------------------- bad input
def test_a_loss_of_nan_names_epoch_batch_and_layer_and_changes_nothing() -> None:
    class Root(nn.Module):
        def forward(self, x: Any) -> Any:
            return (x - 100).sqrt()

    x, y = data(8)
    model = nn.Sequential(nn.Linear(4, 4), Root(), nn.Linear(4, 1))
    before = state(model)
    with (
        np.errstate(all="ignore"),
        pytest.raises(nn.TrainingError, match=r"(?s)nan in epoch 1, batch 1, first in the model: .*sqrt.*1"),
    ):
        nn.fit(model, (x, y), "mse", "adam")
    for name, value in state(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_infinity_is_named_where_it_begins() -> None:
    class Huge(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.exp()

    x, y = data(8)
    model = nn.Sequential(nn.Linear(4, 4), Huge(), nn.Linear(4, 3), nn.Linear(3, 1))
    with autograd.no_grad():
        model[0].bias.fill_(1e4)
    match = r"first in the model: forward of exp in layer '1' returned 32 inf .*from \d+\.?\d*. The parameters are(.|\n)*x.exp"
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match=match):
        nn.fit(model, (x, y), "mse", "adam")
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match=r"its inputs are not finite: .* with 32 inf"):
        nn.fit(network(), (x + np.float32(np.inf), y), "mse", "adam")
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match="first in the loss"):
        nn.fit(nn.Linear(4, 1), (x, y), lambda pred, target: (pred - target).mean().log(), "adam")


def test_a_metric_that_is_an_array(tmp_path: Path) -> None:
    x, y = data(40)
    file, log = tmp_path / "x.safetensors", tmp_path / "log.csv"
    callbacks = [nn.callbacks.Checkpoint(file), nn.callbacks.CSVLogger(log)]
    classes = (y[:, 0] > 0).astype(np.int64)
    arguments: dict[str, Any] = {"metrics": ["confusion_matrix", "accuracy"], "callbacks": callbacks, "validation_split": 0.25}
    history = nn.fit(nn.Linear(4, 2), (x, classes), "cross_entropy", "adam", epochs=2, progress=True, **arguments)
    matrix = np.array(history["val_confusion_matrix"][-1])
    assert matrix.shape == (2, 2)
    assert matrix.sum() == 10
    assert history["val_accuracy"][-1] == pytest.approx(np.trace(matrix) / 10)
    assert [axes.get_title("left") for axes in history.plot().axes] == ["loss", "accuracy"]
    assert nn.fit(nn.Linear(4, 2), (x, classes), "cross_entropy", "adam", 2, resume=file, **arguments).history == history.history


def test_a_learning_rate_that_is_too_large() -> None:
    x, y = data(64)
    model = network()
    with np.errstate(all="ignore"), pytest.raises(nn.TrainingError, match=r"in epoch \d, batch \d"):
        nn.fit(model, (x, y), "mse", optim.SGD(model.parameters(), lr=1e20), epochs=9, batch_size=8)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ((np.ones((5, 4)), np.ones((4, 1))), ShapeError, r"unequal numbers of samples: x has 5, y has 4"),
        ((np.array([[1, 2, 3, np.nan]]), np.ones((1, 1))), ArgumentError, r"x contains nan: 1 of 4 values, the first at \(0, 3\)"),
        ((np.ones((2, 4)), np.array([[1.0], [np.nan]])), ArgumentError, "y contains nan"),
        ((np.ones((0, 4)), np.ones((0, 1))), ArgumentError, "empty"),
        ([], ArgumentError, "empty"),
        ((np.array([["a"]]), np.ones((1, 1))), TypeError, "trained on numbers"),
        (3, TypeError, r"must be \(x, y\)"),
        ([(1, 2, 3, 4)], TypeError, "a batch must be"),
        ((np.ones((5, 4)), np.ones(5)), ShapeError, r"mse_loss: input float32\[5, 1\] and target float32\[5\] differ"),
    ],
)
def test_bad_data(given: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        nn.fit(nn.Linear(4, 1), given, "mse", "sgd")


def test_a_generator_that_ends_too_early() -> None:
    def batches() -> Any:
        for _ in range(3):
            yield autograd.ones(2, 4), autograd.ones(2, 1)

    with pytest.raises(ArgumentError, match=r"ended in epoch 2 after 0 batches: a generator can be used once"):
        nn.fit(nn.Linear(4, 1), batches(), "mse", "sgd", epochs=3)
    with pytest.raises(ArgumentError, match=r"ended in epoch 2 after 1 batches of 2"):
        nn.fit(nn.Linear(4, 1), batches(), "mse", "sgd", epochs=3, steps_per_epoch=2)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"loss": "msee"}, "did you mean 'mse'"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"optimizer": optim.Adam}, "pass an instance"),
        ({"loss": nn.MSELoss}, "pass an instance"),
        ({"loss": lambda p, t: p - t}, r"one number, and it is a tensor of shape \(5, 1\)"),
        ({"validation_split": 1.5}, "between 0 and 1"),
        ({"validation_split": 0.99}, "leaves 0 to train on and 5 to validate"),
        ({"epochs": -1}, "epochs"),
        ({"sample_weight": np.ones(5), "class_weight": {0: 1}}, "give one of them"),
        ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be at least 1"),
        ({"optimizer": optim.SGD(nn.Linear(4, 1).parameters())}, "other parameters than the model"),
        ({"callbacks": [nn.callbacks.EarlyStopping]}, r"pass an instance, EarlyStopping\("),
        (
            {"callbacks": [optim.lr_scheduler.StepLR(optim.SGD(nn.Linear(4, 1).parameters()), 1)]},
            r"nn.callbacks.Schedule\(scheduler\)",
        ),
        ({"callbacks": [3]}, "a callback is one of nn.callbacks or a function"),
        ({"loss": lambda p, t: (p - t).mean(), "sample_weight": np.ones(5)}, "loss of each sample"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], match: str) -> None:
    usual: dict[str, Any] = {"loss": "mse", "optimizer": "sgd"}
    with pytest.raises((ArgumentError, TypeError), match=match):
        nn.fit(nn.Linear(4, 1), (np.ones((5, 4)), np.ones((5, 1))), **{**usual, **arguments})


# ---------------------------------------------------------------------------------------------------------------- progress
PROGRAM = """
import numpy as np, nn
x = np.random.default_rng(0).normal(size=(64, 4))
nn.fit(nn.Linear(4, 1), (x, x[:, :1]), "mse", "adam", epochs=3{more})
"""


def run(more: str) -> str:
    code = PROGRAM.format(more=more)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not done.stdout
    return done.stderr


def test_the_bar_is_quiet_where_nobody_looks_and_says_what_counts_where_somebody_does() -> None:
    assert run("") == ""
    shown = run(", progress=True")
    assert "epoch 3/3" in shown
    assert "loss=" in shown
    assert "100%" in shown
    assert "samples/s" in shown


def test_a_terminal_is_shown_the_bar() -> None:
    """As a user runs it: standard error is a terminal of 80 columns, and nobody has asked for a bar."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    code = PROGRAM.format(more=", validation_split=0.25")
    done = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, cwd=ROOT)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal's output
        while part := os.read(ours, 1 << 16):
            shown += part
    os.close(ours)
    assert done.wait() == 0
    for text in ("epoch 3/3", "100%", "samples/s", "loss=", "val_loss=", "<00:00"):
        assert text in shown.decode(), text


def test_the_history_draws_itself(tmp_path: Path) -> None:
    x, y = data(20)
    history = nn.fit(nn.Linear(4, 1), (x, y), "mse", "adam", epochs=3, validation_split=0.2, metrics=["mae"])
    figure = history.plot(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
    assert [axes.get_title("left") for axes in figure.axes] == ["loss", "mae"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert history._repr_png_()[:4] == figure._repr_png_()[:4] == b"\x89PNG"  # what a notebook shows
    assert History()._repr_png_() is None
    with pytest.raises(KeyError, match="there are loss, mae"):
        history["accuracy"]
