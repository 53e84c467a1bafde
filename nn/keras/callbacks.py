"""Callbacks by Keras's names; their methods take ``logs``, and ``self.model`` is the model."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from autograd.errors import ArgumentError
from autograd.types import PathLike

from .base import Layer
from .lookup import Named, resolved

Logs: TypeAlias = dict[str, float]  # the loss and the metrics, by name


class Callback:
    """Base of callbacks: a subclass writes the methods that it needs. ``self.model.stop_training = True`` ends the training.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> class Tell(keras.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, sorted(logs))
        >>> model = keras.Sequential([keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, callbacks=[Tell()])
        0 ['loss']
    """

    model: Any = None
    params: dict[str, Any] | None = None

    def set_model(self, model: Layer) -> None:
        """Know the model that is trained."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before each epoch, from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after each epoch with what it logs."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each batch."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each batch."""


def _rising(monitor: str, mode: str, model: Any) -> bool:
    """Whether more is better: by the mode, or by what is monitored.

    Raises:
        ValueError: mode "auto", and neither a loss nor a metric that says which way is better.
    """
    if mode in ("min", "max"):
        return mode == "max"
    if mode != "auto":
        raise ArgumentError(f'mode must be "auto", "min" or "max", not {mode!r}')
    name = monitor.removeprefix("val_")
    if any(word in name for word in ("acc", "auc", "precision", "recall", "f1", "r2", "cosine_similarity", "top_k")):
        return True
    if "loss" in name or any(
        word in name for word in ("error", "mse", "mae", "mape", "msle", "entropy", "hinge", "kl", "poisson", "rate")
    ):
        return False
    raise ValueError(
        f"the callback monitors {monitor!r}, and mode='auto' does not know which way is better: set mode to 'min' or 'max'"
    )


class _Monitoring(Callback):
    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self._up: bool | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._up = None
        self.best: float | None = None

    def improved(self, value: float) -> bool:
        """Whether a value beats the best one by more than min_delta; nan never does."""
        if self._up is None:
            self._up = _rising(self.monitor, self.mode, self.model)
        if math.isnan(value):
            return False
        if self.best is None or (value - self.min_delta > self.best if self._up else value + self.min_delta < self.best):
            self.best = value
            return True
        return False

    def value(self, logs: dict[str, float]) -> float | None:
        """The monitored value; None and a warning where it is not logged."""
        import warnings

        if self.monitor not in logs:
            warnings.warn(
                f"{type(self).__name__} is conditioned on metric `{self.monitor}` which is not available. Available metrics are: "
                f"{', '.join(sorted(logs))}",
                stacklevel=3,
            )
            return None
        return float(logs[self.monitor])


class EarlyStopping(_Monitoring):
    """End the training when a value has not improved for ``patience`` epochs.

    Args:
        monitor: the value. min_delta: a smaller change is no improvement. patience: see above. mode: "auto", "min", "max".
        baseline: a value that has to be beaten. restore_best_weights: whether the best epoch's weights come back, also when the
            training ends by itself. start_from_epoch: epochs before are not compared. verbose: accepted.

    Attributes:
        stopped_epoch: the epoch after which it ended the training, or 0.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        self.patience, self.baseline, self.restore_best_weights = patience, baseline, restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.stopped_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin()
        self.wait, self.stopped_epoch, self.best_epoch, self.best_weights = 0, 0, 0, None
        self.best = self.baseline

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.value(logs or {})
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        if self.improved(value):
            self.wait, self.best_epoch = 0, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitoring):
    """Save the model, or its weights, at the end of an epoch.

    Args:
        filepath: with ``{epoch:02d}``, counted from 1, and logged values in it; ends in .safetensors.
        monitor, mode: by which the best is known. save_best_only: only when it has improved. save_weights_only: without
            the architecture. save_freq: "epoch". initial_value_threshold: what has to be beaten. verbose: accepted.

    Raises:
        ArgumentError: another ending, or a frequency in batches.
    """

    def __init__(
        self, filepath: PathLike, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False,
        save_weights_only: bool = False, mode: str = "auto", save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, 0)
        self.filepath, self.save_best_only, self.save_weights_only = os.fspath(filepath), save_best_only, save_weights_only
        self.threshold = initial_value_threshold
        if save_freq != "epoch":
            raise ArgumentError("ModelCheckpoint saves at the end of epochs: save_freq='epoch'")
        if not self.filepath.endswith(".safetensors"):
            raise ArgumentError(f"The filepath provided must end in `.safetensors`. Received: filepath={self.filepath}")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin()
        self.best = self.threshold

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_best_only:
            value = self.value(logs or {})
            if value is None or not self.improved(value):
                return
        file = self.filepath.format(epoch=epoch + 1, **(logs or {}))
        Path(file).resolve().parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(file)
        else:
            self.model.save(file)


class ReduceLROnPlateau(_Monitoring):
    """Multiply the learning rate by a factor when a value has not improved; ``learning_rate`` is logged, as it was in the epoch.

    Args:
        monitor: the value. factor: below 1. patience: epochs without improvement. mode: "auto", "min", "max".
        min_delta: a smaller change is no improvement. cooldown: epochs to wait after a reduction. min_lr: never below.
        verbose: accepted.

    Raises:
        ArgumentError: a factor of 1 or more.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        if factor >= 1:
            raise ArgumentError(f"ReduceLROnPlateau does not support a factor >= 1.0, and got {factor}")
        self.factor, self.patience, self.cooldown, self.min_lr = factor, patience, cooldown, min_lr
        self.wait = self.resting = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin()
        self.wait = self.resting = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = self.model.optimizer.learning_rate
        logs = {} if logs is None else logs
        logs["learning_rate"] = rate
        value = self.value(logs or {})
        if value is None:
            return
        if self.resting:
            self.resting -= 1
            self.wait = 0
        if self.improved(value):
            self.wait = 0
        elif not self.resting:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self.model.optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.resting, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch.

    Args:
        schedule: a function of (epoch, learning rate) or of epoch. verbose: accepted.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        try:
            rate = self.schedule(epoch, self.model.optimizer.learning_rate)
        except TypeError:
            rate = self.schedule(epoch)
        self.model.optimizer.learning_rate = float(rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


class LambdaCallback(Callback):
    """Functions in place of methods.

    Args:
        on_epoch_begin, on_epoch_end, on_train_begin, on_train_end, on_train_batch_begin, on_train_batch_end: functions.
    """

    def __init__(self, **functions: Callable[..., Any]) -> None:
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, function)


class TerminateOnNaN(Callback):
    """End the training when a batch's loss is nan or infinite."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            self.model.stop_training = True


class CSVLogger(Callback):
    """Write a row of a CSV file after each epoch.

    Args:
        filename: the file. separator: between values. append: go on with a file that is there.
    """

    def __init__(self, filename: PathLike, separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = Path(filename), separator, append
        self._names: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not self.append:
            self.filename.write_text("", encoding="utf-8")
        self._header = not (self.append and self.filename.exists() and self.filename.stat().st_size)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        self._names = self._names or ["epoch", *sorted(logs)]
        with self.filename.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, self._names, delimiter=self.separator, extrasaction="ignore")
            if self._header:
                writer.writeheader()
                self._header = False
            writer.writerow({"epoch": epoch, **logs})


KNOWN: dict[str, Any] = {
    cls.__name__: cls
    for cls in (
        EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, LearningRateScheduler, LambdaCallback, TerminateOnNaN, CSVLogger,
    )
}  # fmt: skip


def get(callback: Named | Callback) -> Callback:
    """A callback by its class's name, its class, or one itself."""
    return resolved("callback", callback, KNOWN)
