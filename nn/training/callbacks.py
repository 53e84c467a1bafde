"""Callbacks: what looks on while a model is trained, and may end it."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import array_of
from autograd.errors import ArgumentError
from autograd.types import Tensor


class Callback:
    """Base of callbacks: a subclass writes the methods that it needs. ``self.trainer`` is the ``Trainer`` that is at work.

    A callback ends the training by ``self.trainer.stop("why")``. What it must know to go on after a resume is its
    ``state_dict``: numbers, strings, tensors, and lists and dictionaries of them.

    Example:
        >>> import autograd, nn
        >>> class Tell(nn.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs):
        ...         print(epoch, sorted(logs))
        >>> x = autograd.randn(8, 2)
        >>> history = nn.fit(nn.Linear(2, 1), (x, x[:, :1]), "mse", "sgd", epochs=2, callbacks=[Tell()])
        0 ['loss']
        1 ['loss']
    """

    trainer: Any = None

    def on_train_begin(self) -> None:
        """Called before the first epoch."""

    def on_train_end(self) -> None:
        """Called after the last epoch, also when the training was ended early."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Called before each epoch; they are numbered from 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Called after each epoch with what it logs; a callback may add to it."""

    def on_batch_begin(self, batch: int) -> None:
        """Called before each batch."""

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Called after each batch's update, with its loss (a tensor)."""

    def after_backward(self, batch: int, loss: Tensor) -> None:
        """Called between a batch's backward and its update: the gradients are there. Not in a compiled training."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of the callback."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""


def better(mode: str, monitor: str) -> Callable[[float, float], bool]:
    """Whether a value is better than the best so far: "min", "max", or "auto": by the name of what is monitored."""
    if mode not in ("auto", "min", "max"):
        raise ArgumentError(f'mode must be "auto", "min" or "max", not {mode!r}')
    up = mode == "max" or (mode == "auto" and any(word in monitor for word in _GROWING))
    return (lambda new, best: new > best) if up else (lambda new, best: new < best)


_GROWING = ("acc", "auc", "f1", "precision", "recall", "r2", "top_k")


class _Monitoring(Callback):
    """A callback that compares a logged value with the best so far; nan is never the best."""

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self._better = better(mode, monitor)
        self._up = self._better(1.0, 0.0)
        self.best: float = -math.inf if self._up else math.inf

    def check(self) -> None:
        """Refuse, before the first epoch, a value that no epoch will log. A callback of the user's may log any."""
        known = all(
            type(callback).__module__ == __name__ and not isinstance(callback, Function) for callback in self.trainer.callbacks
        )
        if known and self.monitor.startswith("val_") and not self.trainer.validates:
            name = type(self).__name__
            raise ArgumentError(f"{name} monitors {self.monitor!r} without validation: give validation_data or validation_split")

    def value(self, logs: dict[str, float]) -> float:
        """The monitored value of this epoch."""
        if self.monitor not in logs:
            raise ArgumentError(f"{type(self).__name__} monitors {self.monitor!r}, and the epoch logged {', '.join(sorted(logs))}")
        if isinstance(logs[self.monitor], list):
            raise ArgumentError(f"{type(self).__name__} monitors {self.monitor!r}, which is no single number")
        return float(logs[self.monitor])

    def improved(self, value: float) -> bool:
        """Whether the value is better than the best so far by more than min_delta; then it is the best."""
        margin = self.min_delta if self._up else -self.min_delta
        if math.isnan(value) or not self._better(value - margin, self.best):
            return False
        self.best = value
        return True


class EarlyStopping(_Monitoring):
    """End the training when a value has not improved for some epochs, and put the best weights back.

    Args:
        monitor: the value: "val_loss", "loss", or a metric's name. patience: after so many epochs without improvement it ends.
        min_delta: a smaller change is no improvement. mode: "min", "max", or "auto": by the monitor's name.
        restore_best_weights: whether the model gets the weights of the best epoch back, however the training ends.
        start_from_epoch: epochs before this are not compared.

    Attributes:
        stopped_epoch: the epoch after which it ended the training, or None. best, best_epoch: the best value and its epoch.

    Raises:
        ArgumentError: the monitored value is not logged.

    Example:
        >>> import autograd, nn
        >>> x = autograd.randn(20, 3)
        >>> stop = nn.callbacks.EarlyStopping("loss", patience=1, min_delta=1e9)
        >>> len(nn.fit(nn.Linear(3, 1), (x, x[:, :1]), "mse", "sgd", epochs=9, callbacks=[stop]))
        2
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 0, min_delta: float = 0.0, mode: str = "auto",
        restore_best_weights: bool = True, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.best_epoch: int | None = None
        self.stopped_epoch: int | None = None
        self._weights: dict[str, Any] | None = None

    def on_train_begin(self) -> None:
        self.check()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch < self.start_from_epoch:
            return
        if self.improved(self.value(logs)):
            self.wait, self.best_epoch = 0, epoch
            if self.restore_best_weights:
                self._weights = deepcopy(dict(self.trainer.model.state_dict()))
            return
        self.wait += 1
        if self.wait >= max(self.patience, 1):
            self.stopped_epoch = epoch
            self.trainer.stop(f"{self.monitor} has not improved for {self.wait} epochs (best {self.best:.6g})")

    def on_train_end(self) -> None:
        if self._weights is not None:
            self.trainer.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "wait": self.wait, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.wait, self.best_epoch, self._weights = (
            float(state["best"]), int(state["wait"]), state["best_epoch"], state["weights"],
        )  # fmt: skip


class Checkpoint(_Monitoring):
    """Save the whole training at the end of an epoch, so that ``fit(..., resume=file)`` goes on with the same numbers.

    Args:
        file: a path; ``{epoch}`` in it is the epoch, counted from 1, and logged values stand under their names:
            ``"{epoch:02d}-{loss:.3f}.safetensors"``.
        every: save each so many epochs. best_only: save only when ``monitor`` has improved. mode: as for ``EarlyStopping``.

    Example:
        >>> import autograd, nn, os, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> x = autograd.randn(8, 2)
        >>> save = nn.callbacks.Checkpoint(os.path.join(folder, "{epoch:02d}.safetensors"))
        >>> history = nn.fit(nn.Linear(2, 1), (x, x[:, :1]), "mse", "sgd", epochs=2, callbacks=[save])
        >>> sorted(os.listdir(folder))
        ['01.safetensors', '02.safetensors']
    """

    def __init__(
        self, file: str | Path, every: int = 1, best_only: bool = False, monitor: str = "val_loss", mode: str = "auto"
    ) -> None:
        super().__init__(monitor, mode)
        if every < 1:
            raise ArgumentError(f"Checkpoint: every must be at least 1, not {every}")
        self.file, self.every, self.best_only = file, every, best_only

    def on_train_begin(self) -> None:
        """Try it out before an epoch of training could be lost: whether all of it can be saved, and there is a folder."""
        if self.best_only:
            self.check()
        autograd.save(self.trainer.state_dict(), io.BytesIO())
        folder = Path(self.file).resolve().parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            what = "is not there" if not folder.is_dir() else "can't be written into"
            raise ArgumentError(f"Checkpoint writes to {self.file}, and the folder {folder} {what}")

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if (epoch + 1) % self.every == 0 and (not self.best_only or self.improved(self.value(logs))):
            self.trainer.save_after_epoch(str(self.file).format(epoch=epoch + 1, **logs))

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best = float(state["best"])


class Schedule(Callback):
    """Step a scheduler of ``optim.lr_scheduler`` after each epoch, or after each batch.

    Args:
        scheduler: the scheduler; ``ReduceLROnPlateau`` gets the monitored value. per: "epoch" or "batch".
        monitor: what ``ReduceLROnPlateau`` looks at; by default "val_loss" where it is logged, else "loss".

    Example:
        >>> import autograd, nn, optim
        >>> model, x = nn.Linear(2, 1), autograd.randn(8, 2)
        >>> optimizer = optim.SGD(model.parameters(), lr=1.0)
        >>> schedule = nn.callbacks.Schedule(optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1))
        >>> history = nn.fit(model, (x, x[:, :1]), "mse", optimizer, epochs=2, callbacks=[schedule])
        >>> history["lr"]
        [1.0, 0.1]
    """

    def __init__(self, scheduler: Any, per: str = "epoch", monitor: str | None = None) -> None:
        if per not in ("epoch", "batch"):
            raise ArgumentError(f'Schedule: per must be "epoch" or "batch", not {per!r}')
        self.scheduler, self.per, self.monitor = scheduler, per, monitor

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        if self.per == "batch":
            self.scheduler.step()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        logs["lr"] = float(self.trainer.optimizer.param_groups[0]["lr"])
        if self.per != "epoch":
            return
        if hasattr(self.scheduler, "num_bad_epochs"):  # ReduceLROnPlateau
            monitor = self.monitor or ("val_loss" if "val_loss" in logs else "loss")
            if monitor not in logs:
                raise ArgumentError(f"Schedule monitors {monitor!r}, and the epoch logged {', '.join(sorted(logs))}")
            self.scheduler.step(logs[monitor])
        else:
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        return {"scheduler": {k: v for k, v in self.scheduler.state_dict().items() if _plain(v)}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.scheduler.load_state_dict({**self.scheduler.state_dict(), **state["scheduler"]})


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_plain(v) for v in value)
    if isinstance(value, dict):
        return all(_plain(v) for v in value.values())
    return value is None or isinstance(value, bool | int | float | str)


class CSVLogger(Callback):
    """Write a row of a CSV file after each epoch.

    Args:
        file: its path. append: go on with a file that is there; by default a resumed training does, a new one starts anew.

    Example:
        >>> import autograd, nn, os, tempfile
        >>> file = os.path.join(tempfile.mkdtemp(), "log.csv")
        >>> x = autograd.randn(8, 2)
        >>> history = nn.fit(nn.Linear(2, 1), (x, x[:, :1]), "mse", "sgd", epochs=2, callbacks=[nn.callbacks.CSVLogger(file)])
        >>> open(file).read().splitlines()[0]
        'epoch,loss'
    """

    def __init__(self, file: str | Path, append: bool | None = None) -> None:
        self.file, self.append = Path(file), append
        self._names: list[str] | None = None

    def on_train_begin(self) -> None:
        if not self.trainer.ranks.leads:
            return
        going_on = self.trainer.epoch > 0 if self.append is None else self.append
        self._names = None
        if going_on and self.file.exists():
            with self.file.open(newline="", encoding="utf-8") as stream:
                self._names = next(csv.reader(stream), None)
        else:
            self.file.write_text("", encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if not self.trainer.ranks.leads:
            return
        row = {"epoch": epoch, **logs}
        with self.file.open("a", newline="", encoding="utf-8") as stream:
            if self._names is None:
                self._names = list(row)
                csv.writer(stream).writerow(self._names)
            csv.DictWriter(stream, self._names, extrasaction="ignore").writerow(row)


class TensorBoard(Callback):
    """Write the logged values as TensorBoard's event files, with the ``tensorboard`` package (extra ``tensorboard``).

    Args:
        folder: where the event files go: ``tensorboard --logdir folder`` shows them.

    Raises:
        ImportError: the package is missing; the message names the extra.
    """

    def __init__(self, folder: str | Path = "runs") -> None:
        try:
            from tensorboard.summary import Writer
        except ImportError as error:
            raise ImportError("TensorBoard event files are written by tensorboard: pip install 'glassgrad[tensorboard]'") from error
        self.folder = Path(folder)
        self._make = Writer
        self._writer: Any = None

    def on_train_begin(self) -> None:
        if self.trainer.ranks.leads:
            self._writer = self._make(str(self.folder))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self._writer is None:
            return
        for name, value in logs.items():
            if not isinstance(value, list):
                self._writer.add_scalar(name, float(value), epoch)
        self._writer.flush()

    def on_train_end(self) -> None:
        if self._writer is not None:
            self._writer.close()


class GradientNorms(Callback):
    """Log the norm of all gradients together: the mean over an epoch's batches as ``grad_norm``, the largest as ``grad_norm_max``.

    Example:
        >>> import autograd, nn
        >>> x = autograd.randn(8, 2)
        >>> history = nn.fit(nn.Linear(2, 1), (x, x[:, :1]), "mse", "sgd", callbacks=[nn.callbacks.GradientNorms()])
        >>> sorted(history)
        ['grad_norm', 'grad_norm_max', 'loss']
    """

    def on_epoch_begin(self, epoch: int) -> None:
        self._norms: list[float] = []

    def after_backward(self, batch: int, loss: Tensor) -> None:
        squares = 0.0
        for p in self.trainer.model.parameters():
            if p.grad is not None:
                flat = array_of(p.grad).ravel()
                squares += float(np.vdot(flat, flat).real)
        self._norms.append(math.sqrt(squares))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self._norms:
            logs["grad_norm"] = sum(self._norms) / len(self._norms)
            logs["grad_norm_max"] = max(self._norms)


class Record(Callback):
    """Let an ``autograd.viz.Recorder`` look on: statistics of parameters, gradients and activations, the doctor, a page.

    Args:
        recorder: a ``viz.Recorder`` of the model and its optimizer.

    Example:
        >>> import autograd, nn, optim
        >>> from autograd import viz
        >>> model, x = nn.Linear(2, 1), autograd.randn(8, 2)
        >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
        >>> recorder = viz.Recorder(model, optimizer)
        >>> history = nn.fit(model, (x, x[:, :1]), "mse", optimizer, epochs=3, callbacks=[nn.callbacks.Record(recorder)])
        >>> recorder.loss.shape
        (3,)
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        self.recorder.step(loss)

    def on_train_end(self) -> None:
        self.recorder.close()


class StopOnNaN(Callback):
    """End the training quietly when a loss is nan or infinite, in place of the error that ``fit`` raises.

    The model keeps the parameters that it had before that batch.

    Example:
        >>> import autograd, nn, optim
        >>> model, x = nn.Linear(2, 1), autograd.randn(8, 2)
        >>> wild = optim.SGD(model.parameters(), lr=1e30)
        >>> history = nn.fit(model, (x, x[:, :1]), "mse", wild, epochs=9, callbacks=[nn.callbacks.StopOnNaN()])
        >>> history.stopped.startswith("the loss is")
        True
    """


class Function(Callback):
    """A function of (epoch, logs) that is called after each epoch. ``fit`` makes one of any callable among its callbacks."""

    def __init__(self, function: Callable[[int, dict[str, float]], Any]) -> None:
        self.function = function

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.function(epoch, logs)


def made(callback: Callback | Callable[..., Any]) -> Callback:
    """A callback of what ``fit`` was given: one, or a function of (epoch, logs).

    Raises:
        TypeError: something else; the message says what it may have been meant to be.
    """
    if isinstance(callback, Callback):
        return callback
    if isinstance(callback, type) and issubclass(callback, Callback):
        raise TypeError(f"the callback is the class {callback.__name__}: pass an instance, {callback.__name__}(...)")
    if hasattr(callback, "step") and hasattr(callback, "optimizer"):
        raise TypeError(f"{type(callback).__name__} is a scheduler: pass nn.callbacks.Schedule(scheduler)")
    if isinstance(callback, type) or not callable(callback):
        kind = callback.__name__ if isinstance(callback, type) else type(callback).__name__
        raise TypeError(f"a callback is one of nn.callbacks or a function of (epoch, logs), not {kind}")
    return Function(callback)


__all__ = [
    "CSVLogger",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "Function",
    "GradientNorms",
    "Record",
    "Schedule",
    "StopOnNaN",
    "TensorBoard",
    "better",
    "made",
]
