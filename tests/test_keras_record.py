"""What real Keras computed, computed here: models and weights from its files, trainings, losses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from autograd.errors import ArgumentError, ShapeError
from nn import keras

FILES = Path(__file__).parent / "keras_files"
ROOT = FILES.parent.parent
RECORD = json.loads((FILES / "record.json").read_text(encoding="utf-8"))


def close(found: Any, expected: Any, tolerance: float = 1e-5) -> None:
    if isinstance(found, list | tuple) and not isinstance(expected[0], int | float):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            close(a, b, tolerance)
    else:
        np.testing.assert_allclose(np.asarray(found, np.float64), np.asarray(expected), rtol=tolerance, atol=tolerance)


def inputs(name: str) -> Any:
    found = [np.asarray(i) if name == "masked" else np.asarray(i, np.float32) for i in RECORD["models"][name]["inputs"]]
    return found if len(found) > 1 else found[0]


@pytest.mark.parametrize("name", sorted(RECORD["models"]))
def test_a_model_of_keras_predicts_the_same(name: str, tmp_path: Path) -> None:
    model = keras.load_model(FILES / f"{name}.keras")
    assert model.count_params() == RECORD["models"][name]["parameters"]
    close(model.predict(inputs(name), verbose=0), RECORD["models"][name]["outputs"])
    model.save(tmp_path / "own.safetensors")
    again = keras.load_model(tmp_path / "own.safetensors")
    close(again.predict(inputs(name), verbose=0), RECORD["models"][name]["outputs"])


def dense() -> Any:
    layers = keras.layers
    return keras.Sequential([
        keras.Input((6,)), layers.Dense(5, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5),
        layers.Dense(4, activation="tanh", use_bias=False), layers.LayerNormalization(), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip


def test_weights_of_keras_load_into_a_model_that_is_there() -> None:
    model = dense()
    model.load_weights(FILES / "dense.weights.h5")
    close(model.get_weights(), RECORD["dense.weights.h5"], 1e-7)


def test_weights_of_another_architecture_change_nothing() -> None:
    for other in (
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(5)]),
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(7), keras.layers.Dense(3)]),
        keras.Sequential([keras.Input((6, 2)), keras.layers.GRU(2)]),
    ):
        before = other.get_weights()
        with pytest.raises(ShapeError, match="another architecture"):
            other.load_weights(FILES / "dense.weights.h5")
        for a, b in zip(before, other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


# ------------------------------------------------------------------------------------------------------------------ bad files
def weights_file(folder: Path) -> Path:
    file = folder / "dense.weights.h5"
    file.write_bytes((FILES / "dense.weights.h5").read_bytes())
    return file


def refused(file: Path, match: str) -> None:
    model = dense()
    before = model.get_weights()
    with pytest.raises((ArgumentError, ShapeError), match=match):
        model.load_weights(file)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("way", ["link", "external", "virtual"])
def test_weights_that_lie_in_another_file_are_not_read(way: str, tmp_path: Path) -> None:
    """Such a file could have a program publish what it finds elsewhere on the disk."""
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as other:
        other["x"] = np.ones((6, 5), np.float32)
    file = weights_file(tmp_path)
    with h5py.File(file, "r+") as opened:
        held = opened["layers/dense/vars"]
        del held["0"]
        if way == "link":
            held["0"] = h5py.ExternalLink(str(secret), "/x")
        elif way == "external":
            held.create_dataset("0", (6, 5), "f4", external=[(str(secret), 0, 120)])
        else:
            layout = h5py.VirtualLayout((6, 5), "f4")
            layout[...] = h5py.VirtualSource(str(secret), "x", (6, 5))
            held.create_virtual_dataset("0", layout)
    refused(file, "lies in another file")


def test_a_size_that_lies(tmp_path: Path) -> None:
    """A data set without chunks on the disk may claim any size."""
    file = weights_file(tmp_path)
    with h5py.File(file, "r+") as opened:
        held = opened["layers/dense/vars"]
        del held["0"]
        held.create_dataset("0", (10**8, 10**8), "f4", chunks=(10, 10))
    refused(file, "another architecture")


def test_an_archive_that_would_become_large_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "bomb.keras"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 10_000_000)
        archive.writestr("model.weights.h5", b"")
    with pytest.raises(ArgumentError, match="would become 10000000 bytes"):
        keras.load_model(file)


@pytest.mark.parametrize(
    "config",
    [
        {}, [], {"class_name": "Sequential"}, {"class_name": "Sequential", "config": {"layers": 3}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {"function": "bytes"}}]}},
        {"class_name": "__import__('os').system", "config": {}},
        {"class_name": "Functional", "config": {"layers": [], "input_layers": [["x", 0, 0]], "output_layers": []}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {"units": -3, "name": "a"}}]}},
    ],
)  # fmt: skip
def test_architectures_that_make_no_sense(config: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.keras"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", (FILES / "dense.weights.h5").read_bytes())
    with pytest.raises((ArgumentError, ShapeError)):
        keras.load_model(file)


@pytest.mark.parametrize("name", ["dense.keras", "attention.keras", "dense.weights.h5"])
def test_damaged_files_of_keras(name: str, tmp_path: Path) -> None:
    """Cut anywhere, or with bytes changed: an error that names the file, or numbers; never another error."""
    whole = (FILES / name).read_bytes()
    rng = np.random.default_rng(0)
    file = tmp_path / name
    outcomes = set()
    for turn in range(60):
        data = bytearray(whole)
        if turn % 4 == 0:
            data = data[: rng.integers(len(data))]
        else:
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
        file.write_bytes(data)
        try:
            if name.endswith(".keras"):
                keras.load_model(file)
            else:
                dense().load_weights(file)
            outcomes.add("read")
        except (ArgumentError, ShapeError) as error:
            outcomes.add("refused" if name in str(error) else str(error))
    assert "refused" in outcomes
    assert outcomes <= {"read", "refused"}


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "sgd_momentum": lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5), momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.05),
    "adam_amsgrad": lambda: keras.optimizers.Adam(0.05, amsgrad=True, clipnorm=0.5),
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: keras.optimizers.Adagrad(0.05, global_clipnorm=1.0),
    "adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "adamax": lambda: keras.optimizers.Adamax(0.05, clipvalue=0.1),
    "nadam": lambda: keras.optimizers.Nadam(0.05),
}


@pytest.mark.parametrize("name", sorted(RECORD["training"]))
def test_a_training_gives_the_numbers_of_keras(name: str) -> None:
    x = np.linspace(-1, 1, 40).reshape(10, 4).astype(np.float32)
    y = (x[:, :1] * 2 - x[:, 1:2] + 0.3).astype(np.float32)
    layers = [keras.Input((4,)), keras.layers.Dense(3, activation="tanh", kernel_regularizer="l2"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.set_weights([np.linspace(-0.5, 0.5, w.size).reshape(w.shape) for w in model.get_weights()])
    metrics = ["mae", "MeanAbsoluteError", keras.metrics.RootMeanSquaredError()]
    model.compile(optimizer=OPTIMIZERS[name](), loss="mse", metrics=metrics)
    history = model.fit(x, y, epochs=4, batch_size=4, shuffle=False, verbose=0, validation_split=0.2)
    assert list(history.history) == list(RECORD["training"][name]["history"])
    close(list(history.history.values()), list(RECORD["training"][name]["history"].values()), 2e-5)
    close(model.get_weights(), RECORD["training"][name]["weights"], 2e-5)


P = np.array([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]], np.float32)
T = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
W = np.array([1, 2, 0.5], np.float32)


@pytest.mark.parametrize("name", [n for n in sorted(RECORD["losses"]) if " " not in n and n != "sparse"])
def test_losses(name: str) -> None:
    loss = getattr(keras.losses, name)
    found = [loss()(T, P), loss()(T, P, W), loss(reduction="none")(T, P), loss(reduction="sum")(T, P)]
    for value, expected in zip(found, RECORD["losses"][name], strict=True):
        np.testing.assert_allclose(value.numpy(), expected, rtol=2e-5, atol=1e-6)


def test_losses_of_logits_and_of_classes() -> None:
    for name in ("BinaryCrossentropy", "CategoricalCrossentropy"):
        found = getattr(keras.losses, name)(from_logits=True, label_smoothing=0.1)(T, P * 5)
        np.testing.assert_allclose(found.numpy(), RECORD["losses"][f"{name} logits"], rtol=1e-5)
    sparse = keras.losses.SparseCategoricalCrossentropy
    found = [sparse()(np.array([1, 0, 2]), P).item(), sparse(from_logits=True)(np.array([[1], [0], [2]]), P).item()]
    np.testing.assert_allclose(found, RECORD["losses"]["sparse"], rtol=1e-5)


def test_the_articles_listing_ends_where_keras_ends() -> None:
    """On the data of Keras's own runs: each last loss is near that run's, whose weights started elsewhere."""
    theirs = json.loads((FILES / "listing.json").read_text(encoding="utf-8"))["losses"]
    spread = max(theirs) - min(theirs)
    ours = []
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        numbers = np.random.default_rng(seed)
        x, y = numbers.random((100, 10)), numbers.random((100, 1))
        model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)])
        model.compile(optimizer="adam", loss="mse")
        ours.append(model.fit(x, y, epochs=100, batch_size=32, verbose=0).history["loss"][-1])
        assert abs(ours[-1] - theirs[seed]) < spread, f"seed {seed}"
    assert min(theirs) <= np.mean(ours) <= max(theirs)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_articles_file_ends_where_keras_ends(seed: int, tmp_path: Path) -> None:
    """The file, run as a user runs it, with a line more that seeds it: its last loss is among those of Keras's 20 runs.

    The data is drawn, too, so that by chance a run ends beside them: of seeds 0 to 19 four do.
    """
    theirs = json.loads((FILES / "listing.json").read_text(encoding="utf-8"))["losses"]
    assert len(theirs) == 20
    listing = (ROOT / "examples" / "article_keras.py").read_text(encoding="utf-8")
    line = "import nn as tf\n"
    assert listing.count(line) == 1
    file = tmp_path / "article.py"
    file.write_text(listing.replace(line, f"{line}tf.keras.utils.set_random_seed({seed})\n"), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path, env=env, check=True)
    last = float(done.stdout.split("epoch 100  loss ")[1])
    assert min(theirs) <= last <= max(theirs)
    assert not done.stderr
