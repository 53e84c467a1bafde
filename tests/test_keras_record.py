"""What real Keras computed, computed here: models and weights from its files, trainings, losses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.errors import ShapeError
from nn import keras

FILES = Path(__file__).parent / "keras_files"
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
