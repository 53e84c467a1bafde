"""Makes the files beside it: models, weights and numbers of real Keras.

Run with Keras 3.15.1, h5py and PyTorch installed: ``KERAS_BACKEND=torch python tests/keras_files/record.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

HERE = Path(__file__).parent
RNG = np.random.default_rng(0)


def randomised(model: Any) -> Any:
    """Weights that are not zeros and ones, so that an order or a layout that is wrong shows."""
    model.set_weights(
        [
            RNG.uniform(0.1, 0.9, w.shape).astype(np.float32)
            * np.where(RNG.random(w.shape) < 0.5, 1, -1) ** (0 if "variance" in v.name else 1)
            for v, w in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    return model


def models() -> dict[str, tuple[Any, list[np.ndarray]]]:
    x = RNG.normal(size=(4, 6)).astype(np.float32)
    image = RNG.normal(size=(2, 9, 8, 3)).astype(np.float32)
    steps = RNG.normal(size=(3, 7, 5)).astype(np.float32)
    words = np.array([[1, 5, 2, 0, 0], [3, 0, 0, 0, 0], [4, 4, 1, 2, 6]])
    dense = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(4, activation="tanh", use_bias=False),
            layers.LayerNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    cnn = keras.Sequential(
        [
            keras.Input((9, 8, 3)),
            layers.Conv2D(4, 3, padding="same", strides=2, activation="relu"),
            layers.Conv2D(6, (2, 3), dilation_rate=(1, 1)),
            layers.MaxPooling2D(2, padding="same"),
            layers.DepthwiseConv2D(2, padding="same", depth_multiplier=2),
            layers.SeparableConv2D(5, 2, padding="same"),
            layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
            layers.ZeroPadding2D(1),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    one = keras.Sequential(
        [
            keras.Input((7, 5)),
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
            layers.Conv1D(4, 2, strides=2, padding="same"),
            layers.MaxPooling1D(2),
            layers.Conv1DTranspose(3, 3, strides=2),
            layers.SeparableConv1D(2, 2),
            layers.GlobalAveragePooling1D(),
        ]
    )
    recurrent = keras.Sequential(
        [
            keras.Input((7, 5)),
            layers.LSTM(4, return_sequences=True),
            layers.GRU(3, return_sequences=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(3, reset_after=False, return_sequences=True),
            layers.SimpleRNN(3),
            layers.Dense(2),
        ]
    )
    masked = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(8, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(1),
        ]
    )
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = layers.Dense(4, activation="relu", name="shared")
    joined = layers.Concatenate()([shared(a), shared(b), layers.Multiply()([a, b])])
    first, second = layers.Dense(2, name="first")(joined), layers.Dense(1, name="second")(layers.Add()([shared(a), shared(b)]))
    several = keras.Model([a, b], [first, second])
    q = keras.Input((7, 5))
    attended = layers.MultiHeadAttention(2, 3)(q, q)
    attention = keras.Model(q, layers.Dense(2)(layers.LayerNormalization()(layers.Add()([q, attended]))))
    return {
        "dense": (dense, [x]),
        "cnn": (cnn, [image]),
        "conv1d": (one, [steps]),
        "recurrent": (recurrent, [steps]),
        "masked": (masked, [words]),
        "several": (several, [x, x[::-1].copy()]),
        "attention": (attention, [steps]),
    }


def listed(value: Any) -> Any:
    return [listed(v) for v in value] if isinstance(value, list | tuple) else np.asarray(value, np.float64).tolist()


def trained() -> dict[str, Any]:
    """Optimizers, losses, metrics and regularisers, in a few epochs from known weights without shuffling."""
    x = np.linspace(-1, 1, 40).reshape(10, 4).astype(np.float32)
    y = (x[:, :1] * 2 - x[:, 1:2] + 0.3).astype(np.float32)
    found: dict[str, Any] = {}
    for name, optimizer in {
        "sgd": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        "sgd_momentum": keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5), momentum=0.9),
        "adam": keras.optimizers.Adam(0.05),
        "adam_amsgrad": keras.optimizers.Adam(0.05, amsgrad=True, clipnorm=0.5),
        "adamw": keras.optimizers.AdamW(0.05, weight_decay=0.1),
        "rmsprop": keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        "adagrad": keras.optimizers.Adagrad(0.05, global_clipnorm=1.0),
        "adadelta": keras.optimizers.Adadelta(1.0),
        "adamax": keras.optimizers.Adamax(0.05, clipvalue=0.1),
        "nadam": keras.optimizers.Nadam(0.05),
    }.items():
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3, activation="tanh", kernel_regularizer="l2"), keras.layers.Dense(1)]
        )
        weights = [np.linspace(-0.5, 0.5, w.size).reshape(w.shape) for w in model.get_weights()]
        model.set_weights(weights)
        model.compile(optimizer=optimizer, loss="mse", metrics=["mae", "MeanAbsoluteError", keras.metrics.RootMeanSquaredError()])
        history = model.fit(x, y, epochs=4, batch_size=4, shuffle=False, verbose=0, validation_split=0.2)
        found[name] = {"history": {k: listed(v) for k, v in history.history.items()}, "weights": listed(model.get_weights())}
    return found


def losses() -> dict[str, Any]:
    p = np.array([[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]], np.float32)
    t = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    w = np.array([1, 2, 0.5], np.float32)
    found = {}
    for name in (
        "MeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError",
        "Huber",
        "LogCosh",
        "Hinge",
        "SquaredHinge",
        "CategoricalHinge",
        "KLDivergence",
        "Poisson",
        "CosineSimilarity",
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
    ):
        loss = getattr(keras.losses, name)
        found[name] = [
            listed(loss()(t, p)),
            listed(loss()(t, p, w)),
            listed(loss(reduction="none")(t, p)),
            listed(loss(reduction="sum")(t, p)),
        ]
    for name in ("BinaryCrossentropy", "CategoricalCrossentropy"):
        found[f"{name} logits"] = listed(getattr(keras.losses, name)(from_logits=True, label_smoothing=0.1)(t, p * 5))
    sparse = keras.losses.SparseCategoricalCrossentropy
    found["sparse"] = [listed(sparse()(np.array([1, 0, 2]), p)), listed(sparse(from_logits=True)(np.array([[1], [0], [2]]), p))]
    return found


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    record: dict[str, Any] = {"keras": keras.__version__, "models": {}, "training": trained(), "losses": losses()}
    for name, (model, inputs) in models().items():
        randomised(model)
        model.save(HERE / f"{name}.keras")
        given = inputs if len(inputs) > 1 else inputs[0]
        record["models"][name] = {
            "inputs": [i.tolist() for i in inputs],
            "outputs": listed(model.predict(given, verbose=0)),
            "parameters": int(model.count_params()),
        }
    model, _ = models()["dense"]
    randomised(model).save_weights(HERE / "dense.weights.h5")
    record["dense.weights.h5"] = listed(model.get_weights())
    (HERE / "record.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
