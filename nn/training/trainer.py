"""Trainer and ``fit``: the loop of a training, as one can follow it."""

from __future__ import annotations

import inspect
import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeAlias

import numpy as np

import autograd
import optim
from autograd.engine.graph import AnyTensor
from autograd.errors import ArgumentError, Guided
from autograd.types import AnyOptimizer, ArrayLike, PathLike, Tensor, Tree

from ..metrics import Metric, named
from ..module import Module
from . import callbacks as callbacks_
from .data import Batches, Data, count
from .diagnosis import first_not_finite
from .history import History, plain
from .losses import class_weights, named_loss, of_each_sample, weighted
from .position import Position
from .progress import Bar, wanted
from .ranks import Ranks

VERSION = 2
Criterion: TypeAlias = str | Callable[..., Any]  # a loss by its name, a module, or a function of (pred, target)


class TrainingError(Guided, FloatingPointError):
    """A loss is nan or infinite. The model keeps the parameters that it had before that batch."""


class _NotFiniteError(Exception):
    """Ends a step that is being compiled before it changes a parameter. It holds the loss, nan or infinity."""


class Trainer:
    """A model with its loss, optimizer and metrics, ready to be trained.

    Args:
        model: a Module; of several inputs it gets a tuple's parts by position, a dictionary's by name.
        loss: a name ("mse", "cross_entropy", ...), a loss module, or a function of (pred, target).
        optimizer: an Optimizer, or the name of one of ``optim`` ("adam", "sgd"), with its default options.
        metrics: names, ``nn.metrics`` objects or functions of (pred, target).
        compile: whether the step runs as a C program (``autograd.compile``).

    Attributes:
        epoch: how many epochs are done. history: what they have logged. validates: whether an epoch ends with a validation.
        ranks: the processes that train together. Where the model is a ``nn.parallel.DistributedDataParallel`` each of them calls
            ``fit`` with data of its own, the values that are logged are those of all data, and one shows the bar and writes files.

    Example:
        >>> import autograd, nn
        >>> x = autograd.randn(64, 3)
        >>> trainer = nn.Trainer(nn.Linear(3, 1), "mse", "adam", metrics=["mae"])
        >>> history = trainer.fit((x, x[:, :1]), epochs=2)
        >>> sorted(trainer.evaluate((x, x[:, :1]))), tuple(trainer.predict(x).shape)
        (['loss', 'mae'], (64, 1))
    """

    def __init__(
        self, model: Module, loss: Criterion, optimizer: AnyOptimizer | str | None = None, *,
        metrics: Iterable[str | Metric | Callable[..., Any]] = (), compile: bool = False,
    ) -> None:  # fmt: skip
        if not isinstance(model, Module):
            raise TypeError(f"a Trainer trains an nn.Module, not {type(model).__name__}")
        self.model = model
        self.ranks = Ranks(model)
        self.loss = named_loss(loss)
        self.optimizer = _optimizer(optimizer, model)
        self.metrics = [named(metric) for metric in metrics]
        self.compile = compile
        self.epoch = 0
        self.validates = False
        self.history = History()
        self.callbacks: list[callbacks_.Callback] = []
        self._each: Any = None
        self._stopped: str | None = None
        self._hooked: list[Any] = []
        self._step: Any = None
        self._batch = 0
        self._position: Position | None = None
        self._goes_on_at: dict[str, Any] | None = None  # what a checkpoint said, until a fit has the data

    # ---------------------------------------------------------------------------------------------------------- the loop
    def fit(
        self, data: Data, epochs: int = 1, batch_size: int = 32, *, validation_data: Data | None = None,
        validation_split: float = 0.0, shuffle: bool = True, sample_weight: ArrayLike | None = None,
        class_weight: dict[int, float] | None = None, callbacks: Sequence[callbacks_.Callback | Callable[..., Any]] = (),
        steps_per_epoch: int | None = None, progress: bool | None = None, resume: PathLike | None = None,
    ) -> History:  # fmt: skip
        """Train until ``epochs`` epochs are done in all.

        Args:
            data: (x, y) arrays or tensors, a Dataset, a DataLoader, or an iterable of batches (x, y) or (x, y, weight).
            epochs: how many in all; one that was resumed after 3 of 5 makes 2 more.
            batch_size: samples in a batch, of data that does not come in batches.
            validation_data: as ``data``; its loss and metrics are logged with ``val_`` before their names.
            validation_split: or that share of the samples, cut from the end before any shuffling.
            shuffle: a new order each epoch. sample_weight: (n,). class_weight: class to weight, 1 for the others.
            callbacks: ``nn.callbacks`` objects, or functions of (epoch, logs).
            steps_per_epoch: end an epoch after so many batches. The next one goes on in the same data, which begins again where it
                ends; a generator must not end.
            progress: whether a bar is shown; by default on a terminal and in a notebook.
            resume: a checkpoint's path: everything goes on where it was saved, with the same numbers.

        Returns:
            The history. After Ctrl-C, which ends the training at the end of the batch, its ``interrupted`` says where.

        Raises:
            ShapeError: x and y of unequal length. ArgumentError: no samples, nan in the data, a generator that ends too early.
            TrainingError: a loss is nan or infinite; it names epoch, batch and the first layer.
        """
        if epochs < 0 or int(epochs) != epochs:
            raise ArgumentError(f"epochs must be a number of epochs, not {epochs}")
        if sample_weight is not None and class_weight is not None:
            raise ArgumentError("sample_weight and class_weight are two ways to weight samples: give one of them")
        if self.optimizer is None:
            raise ArgumentError("there is no optimizer: Trainer(model, loss, optimizer)")
        self._check_parameters()
        batches = Batches(data, batch_size, shuffle, self._dtype(), sample_weight)
        validation = None
        if validation_split:
            if validation_data is not None:
                raise ArgumentError("give validation_data or validation_split, not both")
            batches, validation = batches.split(validation_split)
        elif validation_data is not None:
            validation = Batches(validation_data, batch_size, False, self._dtype())
        if steps_per_epoch is not None and (int(steps_per_epoch) != steps_per_epoch or steps_per_epoch < 1):
            raise ArgumentError(f"steps_per_epoch must be at least 1, not {steps_per_epoch}")
        self.validates = validation is not None
        self.callbacks = [callbacks_.made(c) for c in callbacks]
        for callback in self.callbacks:
            callback.trainer = self
        position = self._begin(Position(batches, steps_per_epoch is not None), resume)
        self.history.interrupted = self.history.stopped = self._stopped = None
        self._prepare(class_weight)
        samples = batches.samples if steps_per_epoch is None else steps_per_epoch * batches.batch_size
        bar = Bar(epochs, self.epoch, samples) if self.ranks.leads and wanted(progress) and epochs > self.epoch else None
        self._tell("on_train_begin")
        training = self.model.training
        try:
            with _interruptible() as pressed:
                while self.epoch < epochs and self._stopped is None:
                    batches.set_epoch(self.epoch)
                    stream = position.stream()
                    started = time.perf_counter()
                    if bar is not None:
                        bar.epoch(self.epoch)
                    self._tell("on_epoch_begin", self.epoch)
                    logs = self._epoch(stream, steps_per_epoch, pressed, bar, batches)
                    if logs is None:
                        break
                    if validation is not None:
                        found = self._evaluated(validation)
                        logs.update({f"val_{name}": value for name, value in found.items()})
                    self._tell("on_epoch_end", self.epoch, logs)
                    self.history.add(self.epoch, logs, time.perf_counter() - started)
                    self.epoch += 1
                    self._checkpoint()
                    if bar is not None:
                        bar.logs(logs)
                    if pressed and self.epoch < epochs:
                        self.history.interrupted = (self.epoch, 0)
                        break
            self.history.stopped = self._stopped
        finally:
            if bar is not None:
                bar.close()
            self.model.train(training)
            self._tell("on_train_end")
        return self.history

    def _epoch(
        self, stream: Iterator[Any], limit: int | None, pressed: list[int], bar: Bar | None, batches: Batches
    ) -> dict[str, float] | None:
        """One epoch: the mean loss over its samples, and the metrics. None if it was interrupted."""
        self.model.train()
        for metric in self.metrics:
            metric.reset()
        begin = [c.on_batch_begin for c in self.callbacks if _writes(c, "on_batch_begin")]
        after = [c.on_batch_end for c in self.callbacks if _writes(c, "on_batch_end")]
        step, metrics = self._step, self.metrics
        total, samples, number = 0.0, 0, 0
        for x, y, weight in stream:
            self._batch = number
            for tell_begin in begin:
                tell_begin(number)
            loss, pred = step(x, y, weight)
            value = _number(loss)
            n = count(y, x)
            total += value * n
            samples += n
            if metrics:
                self._measure(pred, y, weight)
            for tell_end in after:
                tell_end(number, loss)
            number += 1
            if bar is not None:
                bar.batch(n, total, samples)
            if self._stopped is not None:
                break
            if pressed:
                self.history.interrupted = (self.epoch, number)
                return None
            if number == limit:
                break
        if not number or (limit is not None and number < limit and self._stopped is None):
            self._ended_early(number, limit, batches)
        total, count_of_all = self.ranks.sum(total, samples)
        logs = {"loss": total / count_of_all if count_of_all else math.nan}
        logs.update({metric.name: plain(metric.compute()) for metric in metrics})
        return logs

    def _measure(self, pred: Any, y: Any, weight: Any) -> None:
        """Let the metrics see a batch: those of all processes together."""
        pred, y, weight = self.ranks.joined(pred), self.ranks.joined(y), self.ranks.joined(weight)
        for metric in self.metrics:
            metric.update(pred, y, weight)

    def _ended_early(self, number: int, limit: int | None, batches: Batches) -> None:
        if not number and not batches.once:
            raise ArgumentError("the data set is empty: it gave no batch")
        raise ArgumentError(
            f"the data ended in epoch {self.epoch + 1} after {number} batches"
            + (f" of {limit}" if limit is not None else "")
            + ": a generator can be used once. Pass something that can be iterated over again (a DataLoader, a list of batches), "
            "a generator that does not end with steps_per_epoch, or epochs=1"
        )

    def _prepare(self, class_weight: dict[int, float] | None) -> None:
        """Make the step that the loop calls."""
        self._hooked = [c.after_backward for c in self.callbacks if _writes(c, "after_backward")]
        model, criterion, optimizer, hooked = self.model, self.loss, self.optimizer, self._hooked
        quiet = any(isinstance(c, callbacks_.StopOnNaN) for c in self.callbacks)

        def step(x: Tree, y: Any, weight: Any) -> tuple[Any, Any]:
            pred = _called(model, x)
            if class_weight is not None:
                weight = class_weights(y, class_weight)
            loss = criterion(pred, y) if weight is None else self._weighted(pred, y, weight)
            loss = self.regularized(loss)
            finite = isfinite(_number(loss))
            if not finite or (quiet and self.ranks.any(not finite)):  # where it ends quietly it ends on all processes
                self._not_finite(loss, x, quiet)
                return loss, pred
            optimizer.zero_grad()
            loss.backward()
            for tell in hooked:
                tell(self._batch, loss)
            optimizer.step()
            return loss.detach(), pred.detach() if isinstance(pred, AnyTensor) else pred

        self._step = step
        if self.compile:
            self._step = self._compiled(class_weight, quiet)

    def _compiled(self, class_weight: dict[int, float] | None, quiet: bool) -> Any:
        if self._hooked:
            raise ArgumentError(
                "a callback looks between backward and the update (GradientNorms): a compiled step has no such place"
            )
        if class_weight is not None:
            raise ArgumentError("class_weight is not there in a compiled step: give sample_weight")
        model, criterion, optimizer = self.model, self.loss, self.optimizer
        wants_pred = bool(self.metrics)

        regularized = None if type(self).regularized is Trainer.regularized else self.regularized

        # It must not see the Trainer: what changes there at each batch would compile it anew.
        def whole(x: Tree, y: Any, weight: Any) -> Any:
            optimizer.zero_grad()
            pred = _called(model, x)
            loss = criterion(pred, y) if weight is None else weighted(of_each_sample(criterion), pred, y, weight)
            if regularized is not None:
                loss = regularized(loss)
            # The decision becomes a condition of the program: where it does not hold, the program ends here, and this runs again.
            if not np.isfinite(loss.array).all():
                raise _NotFiniteError(math.nan if np.isnan(loss.array).any() else math.inf)
            loss.backward()
            optimizer.step()
            return (loss, pred) if wants_pred else loss

        compiled: Any = getattr(autograd, "compile")(whole)  # noqa: B009

        def step(x: Tree, y: Any, weight: Any) -> tuple[Any, Any]:
            try:
                found = compiled(x, y, weight)
            except _NotFiniteError as error:
                loss = autograd.tensor(error.args[0])
                self._not_finite(loss, x, quiet)
                return loss, _called(model, x) if wants_pred else None
            return found if wants_pred else (found, None)

        return step

    def regularized(self, loss: Tensor) -> Tensor:
        """The loss that is minimised: a subclass adds penalties here."""
        return loss

    def _weighted(self, pred: Any, y: Any, weight: Any) -> Any:
        if self._each is None:
            self._each = of_each_sample(self.loss)
        return weighted(self._each, pred, y, weight)

    def _not_finite(self, loss: Any, x: Tree, quiet: bool) -> None:
        what = "nan" if np.isnan(loss.array).any() else "infinite" if np.isinf(loss.array).any() else "not finite on another rank"
        text = f"the loss is {what} in epoch {self.epoch + 1}, batch {self._batch + 1}"
        if quiet:
            self.stop(text)
            return
        where, lines = first_not_finite(self.model, lambda x: _called(self.model, x), x)
        where += ". The parameters are as they were before this batch"
        raise TrainingError(
            f"{text}, {where}. Common causes: a learning rate that is too large (clip gradients, or lower it), a logarithm or "
            f"division of 0, inputs that are not scaled" + (f"\n{lines}" if lines else "")
        )

    # ---------------------------------------------------------------------------------------------------- without training
    def evaluate(self, data: Data, batch_size: int = 32, *, sample_weight: ArrayLike | None = None) -> dict[str, float]:
        """The loss and the metrics on data, without training: means over all samples, in evaluation mode.

        Args:
            data: as for ``fit``; of several processes all must call it, each with its own. batch_size: samples at once.
            sample_weight: (n,).

        Returns:
            ``{"loss": ..., metric: ...}``.
        """
        return self._evaluated(Batches(data, batch_size, False, self._dtype(), sample_weight))

    def _evaluated(self, batches: Batches) -> dict[str, float]:
        for metric in self.metrics:
            metric.reset()
        total, samples = 0.0, 0
        with self._evaluating():
            for x, y, weight in batches:
                pred = _called(self.model, x)
                loss = self.loss(pred, y) if weight is None else self._weighted(pred, y, weight)
                n = count(y, x)
                total += float(self.regularized(loss).array) * n
                samples += n
                self._measure(pred, y, weight)
        total, count_of_all = self.ranks.sum(total, samples)
        if not count_of_all:
            raise ArgumentError("the validation data gave no batch" + (": a generator can be used once" if batches.once else ""))
        return {"loss": total / count_of_all, **{metric.name: plain(metric.compute()) for metric in self.metrics}}

    def predict(self, x: Tree, batch_size: int = 32) -> Tree:
        """The model's outputs for inputs, batch by batch, in evaluation mode and without a graph.

        Args:
            x: an array or tensor (n, ...), or several in a tuple or dictionary. batch_size: samples at once.
        """
        found = []
        with self._evaluating():
            for part, _, _ in Batches(x, batch_size, False, self._dtype(), inputs_only=True):
                found.append(_called(self.model, part))
        return _joined(found)

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        training = self.model.training
        self.model.eval()
        try:
            with autograd.no_grad():
                yield
        finally:
            self.model.train(training)

    def _dtype(self) -> Any:
        """The dtype of the model's numbers, in which floating NumPy arrays are fed to it."""
        for p in self.model.parameters():
            if hasattr(p, "array") and p.dtype.kind in "fc":
                return p.array.real.dtype
        return autograd.get_default_dtype()

    # ------------------------------------------------------------------------------------------------------ going on later
    def stop(self, why: str) -> None:
        """End the training after this batch (asked for within an epoch) or epoch; ``history.stopped`` says why."""
        self._stopped = why

    def state_dict(self) -> dict[str, Any]:
        """Everything that a training goes on from: parameters, optimizer, callbacks, random state, place in the data, history."""
        self.ranks.gather_state(self.optimizer)
        return self._state()

    def _state(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "epoch": self.epoch,
            "model": dict(self.model.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": [c.state_dict() for c in self.callbacks],
            "position": {} if self._position is None else self._position.state_dict(),
            "history": self.history.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave. What does not fit is refused before anything is changed."""
        missing = {"version", "epoch", "model", "optimizer", "callbacks", "position", "history"} - set(state)
        if missing:
            raise ArgumentError(f"this is no checkpoint of a training: it lacks {', '.join(sorted(missing))}")
        if state["version"] != VERSION:
            raise ArgumentError(f"the checkpoint is of version {state['version']}, and this program reads version {VERSION}")
        if len(state["callbacks"]) != len(self.callbacks):
            raise ArgumentError(
                f"the checkpoint has {len(state['callbacks'])} callbacks, this training {len(self.callbacks)}: pass the same"
            )
        before = deepcopy(self.state_dict())
        try:
            self._take(state)
        except Exception:
            self._take(before)
            raise

    def _take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for callback, own in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(own)
        self.history.load_state_dict(state["history"])
        self.epoch = int(state["epoch"])
        self._goes_on_at = state["position"] or None

    def _check_parameters(self) -> None:
        """Refuse what would look like a training and change nothing."""
        own = {id(p) for p in self.model.parameters()}
        held = [p for group in getattr(self.optimizer, "param_groups", []) for p in group["params"]]
        if held and not any(id(p) in own for p in held):
            raise ArgumentError(
                "the optimizer has other parameters than the model: make it of this model's, after whatever replaces them"
            )

    def _begin(self, position: Position, resume: PathLike | None) -> Position:
        """Take up the data: from its beginning, or from where a checkpoint was saved."""
        before, random = (deepcopy(self.state_dict()), position.state_dict()) if resume is not None else (None, None)
        if resume is not None:
            self.load(resume)
        if self._goes_on_at is not None:
            try:
                position.load_state_dict(self._goes_on_at)
            except Exception:
                if before is not None and random is not None:
                    self._take(before)
                    position.load_state_dict(random)
                raise
        self._position, self._goes_on_at = position, None
        return position

    def save(self, file: PathLike) -> None:
        """Write the training to a file, whole or not at all: ``fit(..., resume=file)`` goes on from it.

        Of several processes all must call it, and one writes.
        """
        self.ranks.gather_state(self.optimizer, to=0)  # only where it is written: the others keep their share alone
        if self.ranks.leads:
            autograd.save(self._state(), file)

    def save_after_epoch(self, file: PathLike) -> None:
        """Write the training to a file as soon as the epoch that is ending has ended."""
        self._files = [*getattr(self, "_files", []), file]

    def _checkpoint(self) -> None:
        for file in self.__dict__.pop("_files", []):
            self.save(file)

    def load(self, file: PathLike) -> None:
        """Go on from a file that ``save`` or a ``Checkpoint`` wrote."""
        state = autograd.load(file)
        if not isinstance(state, dict):
            raise ArgumentError(f"{file} is no checkpoint of a training: it holds {type(state).__name__}")
        self.load_state_dict(state)

    def _tell(self, event: str, *args: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*args)


def fit(
    model: Module, data: Data, loss: Criterion, optimizer: AnyOptimizer | str, epochs: int = 1, batch_size: int = 32, *,
    validation_split: float = 0.0, validation_data: Data | None = None, shuffle: bool = True,
    sample_weight: ArrayLike | None = None, class_weight: dict[int, float] | None = None,
    metrics: Iterable[str | Metric | Callable[..., Any]] = (), callbacks: Sequence[callbacks_.Callback | Callable[..., Any]] = (),
    steps_per_epoch: int | None = None, progress: bool | None = None, resume: PathLike | None = None, compile: bool = False,
) -> History:  # fmt: skip
    """Train a model: ``Trainer(model, loss, optimizer).fit(data, epochs)`` in one call.

    Args:
        model: a Module. data: (x, y) arrays or tensors, a Dataset, a DataLoader, or an iterable of batches.
        loss: a name ("mse", "cross_entropy", ...), a loss module, or a function of (pred, target).
        optimizer: an Optimizer, or the name of one ("adam").
        epochs, batch_size, validation_split, validation_data, shuffle, sample_weight, class_weight, callbacks, steps_per_epoch,
            progress, resume: as ``Trainer.fit`` takes them.
        metrics: names, ``nn.metrics`` objects or functions of (pred, target).
        compile: whether the step runs as a C program.

    Returns:
        The history: ``history["loss"]`` is a value per epoch, ``history.plot("curves.png")`` draws them.

    Raises:
        ShapeError, ArgumentError, TrainingError: as ``Trainer.fit``.

    Example:
        >>> import autograd, nn
        >>> rng = autograd.manual_seed(0)
        >>> x = autograd.randn(100, 4)
        >>> model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
        >>> history = nn.fit(model, (x, x.sum(1, keepdim=True)), "mse", "adam", epochs=20, validation_split=0.2)
        >>> history["val_loss"][-1] < history["val_loss"][0]
        True
    """
    trainer = Trainer(model, loss, optimizer, metrics=metrics, compile=compile)
    return trainer.fit(
        data, epochs, batch_size, validation_data=validation_data, validation_split=validation_split, shuffle=shuffle,
        sample_weight=sample_weight, class_weight=class_weight, callbacks=callbacks, steps_per_epoch=steps_per_epoch,
        progress=progress, resume=resume,
    )  # fmt: skip


def _optimizer(optimizer: Any, model: Module) -> Any:
    if isinstance(optimizer, str):
        known = {name.lower(): getattr(optim, name) for name in dir(optim) if isinstance(getattr(optim, name), type)}
        known.pop("optimizer", None)
        if optimizer.lower() not in known:
            near = get_close_matches(optimizer.lower(), known, 1)
            raise ArgumentError(f"no optimizer is named {optimizer!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        cls = known[optimizer.lower()]
        needs_lr = inspect.signature(cls).parameters["lr"].default is inspect.Parameter.empty
        return cls(model.parameters(), lr=0.01) if needs_lr else cls(model.parameters())
    if isinstance(optimizer, type):
        raise TypeError(
            f"the optimizer is the class {optimizer.__name__}: pass an instance, {optimizer.__name__}(model.parameters())"
        )
    if optimizer is not None and not (hasattr(optimizer, "step") and hasattr(optimizer, "zero_grad")):
        raise TypeError(f"an optimizer is a name or an optim.Optimizer, not {type(optimizer).__name__}")
    return optimizer


def _number(loss: Any) -> float:
    if not isinstance(loss, AnyTensor) or loss.array.size != 1:
        shape = f"a tensor of shape {tuple(loss.array.shape)}" if isinstance(loss, AnyTensor) else type(loss).__name__
        raise ArgumentError(f"the loss must be a tensor of one number, and it is {shape}: reduce it with .mean()")
    return float(loss.array if not loss.array.ndim else loss.array.reshape(()))


def _called(model: Any, x: Tree) -> Any:
    if isinstance(x, AnyTensor):
        return model(x)
    return model(**x) if isinstance(x, dict) else model(*x)


def _joined(parts: list[Any]) -> Any:
    first = parts[0]
    if isinstance(first, AnyTensor):
        return autograd.cat(parts) if len(parts) > 1 else first
    if isinstance(first, dict):
        return {key: _joined([part[key] for part in parts]) for key in first}
    return tuple([_joined(list(column)) for column in zip(*parts, strict=True)])


def _writes(callback: Any, method: str) -> bool:
    return getattr(type(callback), method) is not getattr(callbacks_.Callback, method)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Within the block the first Ctrl-C is noted in the list, so that a batch is never cut in two; the second one raises."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed  # signals reach only the main thread
        return

    def note(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:
        yield pressed
        return
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


__all__ = ["Trainer", "TrainingError", "fit"]
