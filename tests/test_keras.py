"""``nn.keras`` behaves as Keras does: one test for each row of what Keras was seen to do, and the article's own program."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError, ShapeError
from nn import keras

layers = keras.layers
RNG = np.random.default_rng(0)


def linear(**more: Any) -> Any:
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer="ones", **more)])


def compiled(model: Any = None, **more: Any) -> Any:
    model = linear() if model is None else model
    model.compile(**{"optimizer": keras.optimizers.SGD(0.0), "loss": "mse", **more})
    return model


X = RNG.normal(size=(10, 2)).astype(np.float32)
Y = RNG.normal(size=(10, 1)).astype(np.float32)


# ------------------------------------------------------------------------------------------------------------------- names
def test_the_history_is_sorted_and_names_keep_their_spelling() -> None:
    def own(y_true: Any, y_pred: Any) -> Any:
        return y_pred[:, 0]

    model = compiled(metrics=["mae", "MeanAbsoluteError", keras.metrics.MeanAbsoluteError(), own, "mae"], weighted_metrics=["mae"])
    history = model.fit(X, Y, verbose=0, validation_split=0.2).history
    train = [name for name in history if not name.startswith("val_")]
    assert train == sorted(train)
    assert set(train) == {"MeanAbsoluteError", "loss", "mae", "mae_1", "mean_absolute_error", "own", "weighted_mae"}
    assert [name[4:] for name in history if name.startswith("val_")] == train


def test_evaluate_is_a_list_in_the_order_of_compile() -> None:
    model = compiled(metrics=["mse", "mae"])
    found = model.evaluate(X, Y, verbose=0)
    pred = X.sum(1, keepdims=True)
    np.testing.assert_allclose(found, [((pred - Y) ** 2).mean(), ((pred - Y) ** 2).mean(), np.abs(pred - Y).mean()], rtol=1e-5)
    assert list(model.evaluate(X, Y, return_dict=True)) == ["loss", "mae", "mse"]
    assert isinstance(compiled().evaluate(X, Y), float)


# ---------------------------------------------------------------------------------------------------------------- accuracy
@pytest.mark.parametrize(
    ("outputs", "targets", "loss", "expected"),
    [
        ([[0.6], [0.4]], [[1.0], [1.0]], "mse", 0.5),  # one output: at 0.5, also for MSE
        ([[0.6], [0.4]], [1.0, 1.0], "binary_crossentropy", 0.5),
        ([[0.1, 0.9], [0.8, 0.2]], [[0.0, 1.0], [0.0, 1.0]], "categorical_crossentropy", 0.5),
        ([[0.1, 0.9], [0.8, 0.2]], [1, 1], "sparse_categorical_crossentropy", 0.5),
        ([[0.1, 0.9], [0.8, 0.2]], [[1], [0]], "sparse_categorical_crossentropy", 1.0),
        ([[2.0], [-2.0]], [[1.0], [-1.0]], "hinge", 0.5),  # -1 never counts: a perfect model shows 0.5
    ],
)
def test_accuracy_is_chosen_by_the_shapes(outputs: Any, targets: Any, loss: str, expected: float) -> None:
    outputs = np.array(outputs, np.float32)
    model = keras.Sequential(
        [keras.Input(outputs.shape[1:]), layers.Activation("linear"), layers.Dense(outputs.shape[1], use_bias=False)]
    )
    model.set_weights([np.eye(outputs.shape[1])])
    model.compile("sgd", loss, metrics=["accuracy"])
    if loss == "hinge":
        with pytest.warns(UserWarning, match="-1"):
            assert model.evaluate(outputs, np.array(targets))[1] == expected
    else:
        assert model.evaluate(outputs, np.array(targets))[1] == expected


# ------------------------------------------------------------------------------------------------------- losses and weights
def test_the_loss_over_unequal_batches_is_the_mean_over_samples() -> None:
    history = compiled().fit(X, Y, batch_size=4, verbose=0).history
    assert history["loss"][0] == pytest.approx(((X.sum(1, keepdims=True) - Y) ** 2).mean(), rel=1e-5)


def test_sample_weight() -> None:
    w = np.arange(10.0)
    each = ((X.sum(1, keepdims=True) - Y) ** 2)[:, 0]
    model = compiled(weighted_metrics=["mse"], metrics=["mae"])
    history = model.fit(X, Y, batch_size=10, sample_weight=w, verbose=0).history
    assert history["loss"][0] == pytest.approx((w * each).sum() / 10, rel=1e-5)
    assert history["weighted_mse"][0] == pytest.approx((w * each).sum() / w.sum(), rel=1e-5)
    assert history["mae"][0] == pytest.approx(np.sqrt(each).mean(), rel=1e-5)


def test_class_weight_alone_and_a_missing_class_counts_1() -> None:
    targets = (np.arange(10) % 2).astype(np.float32)[:, None]
    each = ((X.sum(1, keepdims=True) - targets) ** 2)[:, 0]
    history = compiled().fit(X, targets, batch_size=10, class_weight={1: 3.0}, verbose=0).history
    assert history["loss"][0] == pytest.approx((np.where(targets[:, 0] == 1, 3, 1) * each).sum() / 10, rel=1e-5)
    with pytest.raises(ValueError, match="class_weight"):
        compiled().fit(X, Y, class_weight={0: 1.0}, sample_weight=np.ones(10), verbose=0)


def test_l2_by_name_is_a_hundredth_in_evaluate_too() -> None:
    model = compiled(linear(kernel_regularizer="l2"))
    assert model.evaluate(X, Y) == pytest.approx(((X.sum(1, keepdims=True) - Y) ** 2).mean() + 0.01 * 2, rel=1e-5)
    assert float(model.losses[0].item()) == pytest.approx(0.02)


def test_a_penalty_on_activities_is_divided_by_the_batch() -> None:
    outputs = np.sqrt(np.full((10, 1), 6.32, np.float32))  # sum of squares 63.2
    model = keras.Sequential(
        [
            keras.Input((1,)),
            layers.Dense(1, use_bias=False, kernel_initializer="ones", activity_regularizer=keras.regularizers.L2(0.1)),
        ]
    )
    compiled(model)
    assert model.evaluate(outputs, outputs, batch_size=10) == pytest.approx(0.632, rel=1e-5)
    assert keras.regularizers.L2(0.1)(autograd.tensor(outputs)).item() == pytest.approx(6.32, rel=1e-5)


def test_targets_of_one_dimension_do_not_broadcast() -> None:
    model = compiled()
    assert model.evaluate(X, Y[:, 0]) == pytest.approx(model.evaluate(X, Y))


def test_the_epsilon_of_crossentropies() -> None:
    found = keras.losses.BinaryCrossentropy()(np.array([[0.0]], np.float32), np.array([[1.0]], np.float32))
    assert found.item() == pytest.approx(15.942385, abs=1e-5)
    assert keras.losses.CategoricalCrossentropy()([[1.0, 0.0]], [[2.0, 2.0]]).item() == pytest.approx(0.6931, abs=1e-4)


# --------------------------------------------------------------------------------------------------------------------- data
def test_validation_split_takes_the_last_before_shuffling() -> None:
    seen: list[int] = []
    model = compiled()
    y = np.arange(10.0)[:, None]
    y[7:] = 1000
    history = model.fit(
        X,
        y,
        validation_split=0.25,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))],
        batch_size=1,
    ).history
    assert len(seen) == 7
    assert history["val_loss"][0] > 900_000 > history["loss"][0]


def batches(n: int) -> Any:
    for i in range(n):
        yield X[i : i + 2], Y[i : i + 2]


def test_a_generator_that_ends_is_an_error_and_says_what_to_do() -> None:
    with pytest.raises(ArgumentError, match="a generator can be used once"):
        compiled().fit(batches(5), epochs=3, verbose=0)
    with pytest.warns(UserWarning, match="ran out of data"):
        history = compiled().fit(batches(5), epochs=3, steps_per_epoch=3, verbose=0)
    assert len(history.history["loss"]) == 2


# ---------------------------------------------------------------------------------------------------------------- callbacks
class Says(keras.callbacks.Callback):
    def __init__(self, values: list[float]) -> None:
        self.values = values

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["val_loss"] = self.values[epoch]


@pytest.mark.parametrize(
    ("values", "patience", "epochs", "stopped"),
    [([1, 2, 3, 4, 5], 2, 3, 2), ([3, 2, 2, 1, 1], 0, 3, 2), ([5, 4, 3, 2, 1], 1, 5, 0)],
)
def test_early_stopping(values: list[float], patience: int, epochs: int, stopped: int) -> None:
    stop = keras.callbacks.EarlyStopping(patience=patience)
    history = compiled().fit(X, Y, epochs=5, verbose=0, callbacks=[Says(values), stop])
    assert (len(history.history["loss"]), stop.stopped_epoch) == (epochs, stopped)


def test_the_best_weights_come_back_also_when_the_training_ends_by_itself() -> None:
    kept: list[Any] = []
    model = compiled(optimizer=keras.optimizers.SGD(0.1))
    callbacks = [
        Says([float("nan"), 1, 2, 3]),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: kept.append(model.get_weights())),
        keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True),
    ]
    model.fit(X, Y, epochs=4, verbose=0, callbacks=callbacks)
    for a, b in zip(model.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(a, b, err_msg="nan never counts as best")


def test_a_monitor_that_does_not_say_which_way_is_better() -> None:
    def own(y_true: Any, y_pred: Any) -> Any:
        return y_pred[:, 0]

    with pytest.raises(ValueError, match="which way is better"):
        compiled(metrics=[own]).fit(X, Y, verbose=0, callbacks=[keras.callbacks.EarlyStopping("own")])


def test_reduce_on_plateau_logs_the_rate_of_the_epoch() -> None:
    model = compiled(optimizer=keras.optimizers.SGD(0.1))
    reduce = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5)
    history = model.fit(X, Y, epochs=4, verbose=0, callbacks=[Says([1, 1, 1, 1]), reduce]).history
    assert history["learning_rate"] == pytest.approx([0.1, 0.1, 0.05, 0.025])


def test_checkpoints_count_from_1_and_hold_no_code(tmp_path: Path) -> None:
    model = compiled()
    saves = [
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}.safetensors"),
        keras.callbacks.ModelCheckpoint(tmp_path / "w{epoch}.safetensors", save_weights_only=True),
    ]
    model.fit(X, Y, epochs=2, verbose=0, callbacks=saves)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01.safetensors", "02.safetensors", "w1.safetensors", "w2.safetensors"]
    again = keras.load_model(tmp_path / "02.safetensors")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ArgumentError, match=r"\.safetensors"):
        keras.callbacks.ModelCheckpoint(tmp_path / "model.h5")


# ------------------------------------------------------------------------------------------------------- layers, optimizers
def test_batch_normalization_keeps_the_biased_variance_and_freezes() -> None:
    layer = layers.BatchNormalization()
    layer(np.array([[0.0], [4.0]]), training=True)
    assert layer.get_weights()[3][0] == pytest.approx(0.99 + 0.01 * 4)
    layer.trainable = False
    before = layer.get_weights()
    y = layer(np.array([[0.0], [4.0]]), training=True)
    np.testing.assert_array_equal(before[2], layer.get_weights()[2])
    np.testing.assert_allclose(y.numpy()[:, 0], (np.array([0, 4]) - 0.02) / np.sqrt(1.03 + 1e-3), rtol=1e-5)


def test_biases_of_recurrent_layers() -> None:
    gru, lstm = layers.GRU(2), layers.LSTM(2)
    gru(np.zeros((1, 3, 4)))
    lstm(np.zeros((1, 3, 4)))
    assert gru.get_weights()[2].shape == (2, 6)
    assert lstm.get_weights()[2].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("optimizer", "start", "gradient", "expected"),
    [
        (keras.optimizers.Adam(0.1), 1.0, 1e-7, 0.9969346),
        (keras.optimizers.RMSprop(0.1), 1.0, 1e-3, 0.7763932),
        (keras.optimizers.Adagrad(0.1), 1.0, 1.0, 1 - 0.1 / np.sqrt(1.1 + 1e-7)),
    ],
)
def test_where_epsilon_stands(optimizer: Any, start: float, gradient: float, expected: float) -> None:
    w = autograd.tensor([start], requires_grad=True)
    optimizer.bind([w])
    w.grad = autograd.tensor([gradient])
    optimizer.step()
    assert w.item() == pytest.approx(expected, abs=2e-7 if gradient != 1.0 else 1e-6)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_weight_decay_is_decoupled_and_takes_biases_too(name: str) -> None:
    """p - lr * decay * p, whatever the optimizer makes of the gradient, which is 0 here."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")])
    compiled(model, optimizer=getattr(keras.optimizers, name)(learning_rate=0.1, weight_decay=0.5))
    model.fit(np.zeros((4, 1)), np.ones((4, 1)), batch_size=4, verbose=0)  # the output is the bias, which is right
    assert [w.item() for w in model.get_weights()] == pytest.approx([0.95, 0.95])


def test_one_way_to_clip() -> None:
    with pytest.raises(ValueError, match="Only one"):
        keras.optimizers.SGD(0.1, clipnorm=1.0, clipvalue=1.0)


def test_flatten_behind_a_mask_warns() -> None:
    model = keras.Sequential([keras.Input((4,), dtype="int32"), layers.Embedding(5, 2, mask_zero=True), layers.Flatten()])
    with pytest.warns(UserWarning, match="does not support masking"):
        model.predict(np.array([[1, 2, 0, 0]]))


def test_average_pooling_same_leaves_padding_out() -> None:
    x = np.ones((1, 3, 3, 1))
    assert layers.AveragePooling2D(2, padding="same")(x).numpy().tolist() == np.ones((1, 2, 2, 1)).tolist()


def test_summary_counts_the_optimizer() -> None:
    model = compiled(optimizer="adam")
    model.fit(X, Y, verbose=0)
    assert " Optimizer params: 8" in model.summary_text()


def test_inputs_are_layers_of_a_functional_model() -> None:
    a, b = keras.Input((5,), name="wide"), keras.Input((None, 2), name="deep")
    model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, layers.GlobalMaxPooling1D()(b)])))
    text = model.summary_text()
    assert "wide (InputLayer)" in text
    assert "(None, None, 2)" in text
    assert "?" not in text
    assert model.get_layer("deep") is model.layers[1]
    assert [type(layer).__name__ for layer in model.layers][:2] == ["InputLayer"] * 2


def test_two_outputs_with_weights_shown_unweighted() -> None:
    x = keras.Input((2,))
    model = keras.Model(x, {"a": layers.Dense(1, name="a")(x), "b": layers.Dense(1, name="b")(x)})
    model.compile("sgd", loss={"a": "mse", "b": "mse"}, loss_weights={"a": 2.0, "b": 0.5}, metrics={"a": ["mae"]})
    history = model.fit(X, {"a": Y, "b": Y}, batch_size=10, verbose=0).history
    assert list(history) == ["a_loss", "a_mae", "b_loss", "loss"]
    assert history["loss"][0] == pytest.approx(2 * history["a_loss"][0] + 0.5 * history["b_loss"][0], rel=1e-5)


# ------------------------------------------------------------------------------------------------------------------ programs
PROGRAM = """
import numpy as np
import nn as tf

X = np.random.default_rng(0).random((100, 10))
y = X.sum(axis=1, keepdims=True)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(64, activation='relu', input_shape=(10,)),
    tf.keras.layers.Dense(1)
])
model.compile(optimizer='adam', loss='mse')
history = model.fit(X, y, epochs=100, batch_size=32)
"""


def test_the_articles_listing_with_one_line_changed(tmp_path: Path) -> None:
    file = tmp_path / "article.py"
    file.write_text(PROGRAM, encoding="utf-8")
    keras.utils.set_random_seed(0)
    history = runpy.run_path(str(file))["history"]
    assert len(history.history["loss"]) == 100
    assert history.history["loss"][-1] < 0.05 < history.history["loss"][0]


def test_a_model_of_ones_own_class() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Dense(4, activation="relu")
            self.second = layers.Dense(1)

        def call(self, inputs: Any, training: bool = False) -> Any:
            return self.second(self.first(inputs))

    model = Own()
    model.compile("adam", "mse")
    history = model.fit(X, Y, epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert [w.shape for w in model.get_weights()] == [(2, 4), (4,), (4, 1), (1,)]


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'relu'"):
        layers.Dense(2, activation="rellu")
    with pytest.raises(ArgumentError, match="did you mean 'adam'"):
        linear().compile("adm", "mse")
    with pytest.raises(ArgumentError, match=r"compile\(\)"):
        linear().fit(X, Y)
    with pytest.raises(ShapeError, match="was built for 2 inputs"):
        linear().predict(np.ones((3, 5)))
    with pytest.raises(ShapeError, match="expecting 2 weights"):
        linear().set_weights([np.ones((2, 1))])
    with pytest.raises(ShapeError, match="unequal numbers of samples"):
        compiled().fit(X, Y[:3], verbose=0)
    with pytest.raises(ArgumentError, match="none of its inputs"):
        keras.Model(keras.Input((2,)), layers.Dense(1)(keras.Input((2,))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert linear().predict(X, verbose=0).shape == (10, 1)


@pytest.mark.parametrize(
    ("optimizer", "limit"),
    [("Adam", {}), ("Adam", {"clipnorm": 0.1}), ("Adam", {"global_clipnorm": 0.1}), ("Adam", {"clipvalue": 0.01}), ("Nadam", {})],
)
def test_a_jit_compiled_model_trains_as_the_eager_one(
    optimizer: str, limit: dict[str, float], tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))
    x = np.random.default_rng(0).normal(size=(22, 6)).astype(np.float32)  # batches of 8, 8 and 6
    found = {}
    for jit in (False, True):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([layers.Dense(8, "tanh"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(1)])
        rate = keras.optimizers.schedules.ExponentialDecay(0.01, 3, 0.9)
        model.compile(getattr(keras.optimizers, optimizer)(rate, **limit), "mse", metrics=["mae"], jit_compile=jit)
        found[jit] = model.fit(x, x[:, :1], batch_size=8, epochs=6, verbose=0, shuffle=False).history
        found[jit, "weights"] = model.get_weights()
        found[jit, "programs"] = len(getattr(model.fitter._compiled, "variants", ()))
    assert found[True, "programs"] == 2, "one for each size of a batch"
    for name in ("loss", "mae"):
        np.testing.assert_allclose(found[True][name], found[False][name], rtol=1e-4)
    for a, b in zip(found[True, "weights"], found[False, "weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "layer", [lambda: layers.Dense(3), lambda: layers.LSTM(3), lambda: layers.Conv1D(3, 2), lambda: layers.PReLU()]
)
def test_weights_cannot_be_made_for_an_open_length(layer: Any) -> None:
    made = layer()
    with pytest.raises(ShapeError, match=rf"{made.name}.*open"):
        made(keras.Input((5, None)))
    assert not made.built
    assert not made.get_weights()
