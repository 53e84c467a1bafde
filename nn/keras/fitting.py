"""The loop of Keras's ``fit``: the Trainer's, with Keras's losses of several outputs, metrics and names."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import AnyTensor, array_of, make
from autograd.errors import ArgumentError, ShapeError

from ..training.callbacks import Callback as TrainingCallback
from ..training.data import Batches, count
from ..training.history import History
from ..training.losses import class_weights
from ..training.trainer import Trainer
from . import losses, metrics
from .base import collecting, quiet
from .nesting import leaves, mapped


class Fitter(Trainer):
    """What trains a Keras model.

    Args:
        model, optimizer, loss, loss_weights, metrics, weighted_metrics: what ``Model.compile`` was given.
        jit: whether a step runs as a C program (``autograd.compile``).
    """

    def __init__(
        self, model: Any, optimizer: Any, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any, jit: bool = False
    ) -> None:  # fmt: skip
        super().__init__(model, lambda pred, y: None, None)
        self.own_optimizer = optimizer
        self._given = loss, loss_weights, metrics, weighted_metrics
        self._compiled: Any = getattr(autograd, "compile")(self._update) if jit else self._update  # noqa: B009
        self._ready = False
        self._verbose: Any = 0
        self._freq = 1
        self._validation_steps: int | None = None
        self._warned = False

    # ------------------------------------------------------------------------------------------------------------- set up
    def _set_up(self, pred: Any) -> None:
        """Losses and metrics of each output, as soon as the outputs are known."""
        if self._ready:
            return
        outputs = leaves(pred)
        model = self.model
        names = list(pred) if isinstance(pred, dict) else model.output_names if len(outputs) > 1 and model.outputs else []
        if len(outputs) > 1 and not names:
            names = [f"output_{i + 1}" for i in range(len(outputs))]
        self._names = names if len(outputs) > 1 else [""]
        given, weights, wanted, weighted = self._given
        self._losses = [losses.get(part) for part in _each(given, self._names, "loss")]
        if not any(self._losses) and not model.losses:
            raise ArgumentError("No loss to compute. Provide a `loss` argument in `compile()`")
        self._weights = [1.0 if w is None else float(w) for w in _each(weights, self._names, "loss_weights")]
        self._trackers: list[tuple[int, Any, bool]] = []
        used: dict[str, int] = {}
        for entries, has_weight in ((wanted, False), (weighted, True)):
            for i, part in enumerate(_each(entries, self._names, "metrics", several=True)):
                for entry in part if isinstance(part, list | tuple) else [] if part is None else [part]:
                    metric = metrics.get(entry, outputs[i], self._losses[i])
                    name = ("weighted_" if has_weight else "") + metric.name
                    name = f"{self._names[i]}_{name}" if self._names[i] else name
                    used[name] = used.get(name, -1) + 1
                    metric.name = f"{name}_{used[name]}" if used[name] else name
                    self._trackers.append((i, metric, has_weight))
        self._parts = [metrics.Mean(f"{name}_loss") for name in self._names] if len(self._names) > 1 else []
        self.metrics[:] = [_Gathered(self)]  # type: ignore[list-item]  # the list that the Trainer's loop is going through
        self._ready = True

    def names(self) -> list[str]:
        """The names in the order of ``evaluate``."""
        return ["loss", *(part.name for part in self._parts), *(m.name for _, m, _ in self._trackers)] if self._ready else ["loss"]

    def _bind(self) -> None:
        """Give the optimizer the weights that are learned, once they are there."""
        learned = self.model.trainable_weights
        optimizer = self.own_optimizer
        bound = [p for group in vars(optimizer).get("param_groups", []) for p in group["params"]]
        if [id(p) for p in bound] != [id(p) for p in learned]:
            if not learned:
                raise ArgumentError("the model has no weights to learn: all its layers are frozen, or it has none")
            optimizer.bind(learned)
        self.optimizer = optimizer

    def optimizer_size(self) -> int:
        """How many numbers the optimizer keeps, its step count and learning rate included, as Keras's summary counts them."""
        state = vars(self.own_optimizer).get("state")
        if not state:
            return 0
        kept = sum(
            t.numel() for record in state.values() for name, t in record.items() if name != "step" and isinstance(t, AnyTensor)
        )
        return kept + 2

    def _dtype(self) -> Any:
        return self.model.dtype

    # ---------------------------------------------------------------------------------------------------------------- loss
    def _loss_of(self, pred: Any, y: Any, weight: Any) -> tuple[Any, list[Any]]:
        """The loss without penalties, and each output's own."""
        targets = _targets(y, self._names, pred)
        weights = _targets(weight, self._names, pred) if isinstance(weight, tuple | list | dict) else [weight] * len(self._names)
        total: Any = None
        parts: list[Any] = []
        for p, t, w, loss, factor in zip(leaves(pred), targets, weights, self._losses, self._weights, strict=True):
            if loss is None:
                parts.append(None)
                continue
            part = loss(t, p, w)
            parts.append(part)
            scaled = part * factor if factor != 1.0 else part
            total = scaled if total is None else total + scaled
        return total, parts

    def _whole(self, x: Any, y: Any, weight: Any, training: bool) -> tuple[Any, Any, list[Any]]:
        with collecting() as penalties:
            pred = self.model(x, training=training)
        self._set_up(pred)
        loss, parts = self._loss_of(pred, y, weight)
        for penalty in [*self.model.losses, *penalties]:
            loss = penalty if loss is None else loss + penalty
        return loss, pred, parts

    def _update(self, x: Any, y: Any, weight: Any) -> tuple[Any, Any, list[Any]]:
        """One step: the part of it that can be compiled, once the optimizer has counted it."""
        loss, pred, parts = self._whole(x, y, weight, True)
        self._bind()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.apply()
        return loss.detach(), mapped(lambda t: t.detach(), pred), [None if part is None else part.detach() for part in parts]

    def _prepare(self, class_weight: dict[int, float] | None) -> None:
        def step(x: Any, y: Any, weight: Any) -> tuple[Any, Any]:
            if class_weight is not None:
                weight = class_weights(y, class_weight)
            update = self._update  # losses and metrics, and often weights, come with the first call of the model
            if self._ready:
                update = self._compiled
                self._bind()
            self.optimizer.advance()
            loss, pred, parts = update(x, y, weight)
            if not np.isfinite(loss.array).all() and not self._warned:
                self._warned = True
                warnings.warn(f"the loss is {loss.item()} in epoch {self.epoch + 1}, batch {self._batch + 1}", stacklevel=2)
            self._note(parts, count(None, pred))
            return loss, pred

        self._step = step

    def _note(self, parts: list[Any], n: int) -> None:
        for tracker, part in zip(self._parts, parts, strict=False):  # one output needs no loss of its own
            if part is not None:
                tracker.update_state([float(part.array)], [float(n)])

    # -------------------------------------------------------------------------------------------------------------- fitting
    def fit(  # type: ignore[override]
        self, x: Any, y: Any, batch_size: int, epochs: int, verbose: Any, callbacks: Iterable[Any] | None, validation_split: float,
        validation_data: Any, shuffle: bool, class_weight: Any, sample_weight: Any, initial_epoch: int, steps_per_epoch: int | None,
        validation_steps: int | None, validation_batch_size: int | None, validation_freq: int,
    ) -> History:  # fmt: skip
        """``Model.fit``."""
        if class_weight is not None and sample_weight is not None:
            raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
        self.epoch = initial_epoch
        self.history = History()
        self._verbose, self._freq, self._validation_steps = verbose, max(1, validation_freq), validation_steps
        self.model.stop_training = False
        own = [c if isinstance(c, TrainingCallback) else _Adapted(c) for c in _listed(callbacks)]
        for callback in own:
            callback.model = self.model  # type: ignore[attr-defined]
        if verbose == 2:
            own.append(_Lines(epochs))
        data = self._data(x, y)
        validation = None
        if validation_data is not None and not isinstance(validation_data, Batches):
            valid = validation_data if not isinstance(validation_data, tuple | list) else self._nested(*validation_data)
            validation = Batches(valid, validation_batch_size or batch_size, False, self._dtype())
        self._validation = validation
        try:
            return super().fit(
                data, epochs, batch_size, validation_split=validation_split, validation_data=validation_data, shuffle=shuffle,
                sample_weight=sample_weight, class_weight=class_weight, callbacks=[_Stopper(), *own],
                steps_per_epoch=steps_per_epoch, progress={"auto": None, 0: False, 2: False}.get(verbose, True),
            )  # fmt: skip
        finally:
            self._validation = None

    @property
    def optimizer(self) -> Any:
        """The optimizer, with the model's weights."""
        return self.own_optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        pass

    def _nested(self, x: Any, y: Any = None, weight: Any = None) -> Any:
        """Lists of inputs and outputs as tuples, which the data's reader takes as several."""
        parts = [_tupled(x), _tupled(y)] if y is not None else [_tupled(x), ()]
        return tuple(parts if weight is None else [*parts, _tupled(weight)])

    def _data(self, x: Any, y: Any) -> Any:
        if y is None and not _arrays(x):
            return x
        return self._nested(x, y)

    def _epoch(self, *args: Any) -> dict[str, float] | None:
        for part in self._parts if self._ready else ():
            part.reset_state()
        logs = super()._epoch(*args)
        return None if logs is None else dict(sorted(self._spread(logs).items()))

    def _spread(self, logs: dict[str, Any]) -> dict[str, float]:
        """The loss, each output's loss, and the metrics."""
        found = {"loss": logs["loss"]}
        found.update({part.name: part.result() for part in self._parts})
        found.update({metric.name: float(metric.result()) for _, metric, _ in self._trackers})
        return found

    def _ended_early(self, number: int, limit: int | None, batches: Batches) -> None:
        if limit is not None and number:
            warnings.warn(
                f"Your input ran out of data; interrupting training. It gave {number} of {limit} batches: let it give at least "
                f"`steps_per_epoch * epochs` batches",
                stacklevel=2,
            )
            self.stop("the data ran out")
            return
        super()._ended_early(number, limit, batches)

    def _evaluated(self, batches: Batches) -> dict[str, float]:
        if (self.epoch + 1) % self._freq:
            return {}
        kept = [(m, vars(m).copy()) for m in self._metric_objects()]
        found = self._evaluation(batches, self._validation_steps)
        for metric, state in kept:
            vars(metric).update(state)
        return dict(sorted(found.items()))

    def _metric_objects(self) -> list[Any]:
        return [*self._parts, *(m for _, m, _ in self._trackers)] if self._ready else []

    def _evaluation(self, batches: Batches, steps: int | None) -> dict[str, float]:
        for metric in self._metric_objects():
            metric.reset_state()
        total, samples = 0.0, 0
        with autograd.no_grad():
            for number, (x, y, weight) in enumerate(batches):
                if number == steps:
                    break
                loss, pred, parts = self._whole(x, y, weight, False)
                n = count(None, pred)
                total += float(loss.array) * n
                samples += n
                self._note(parts, n)
                self.metrics[0].update(pred, y, weight)
        if not samples:
            raise ArgumentError("the data gave no batch: a generator can be used once")
        return self._spread({"loss": total / samples})

    def evaluate(  # type: ignore[override]
        self, x: Any, y: Any, batch_size: int, sample_weight: Any, steps: int | None
    ) -> dict[str, float]:
        """``Model.evaluate``, in the order of ``compile``."""
        return self._evaluation(Batches(self._data(x, y), batch_size, False, self._dtype(), sample_weight), steps)

    @staticmethod
    def predict(model: Any, x: Any, batch_size: int, steps: int | None) -> Any:  # type: ignore[override]
        """``Model.predict``: needs no ``compile``."""
        found = []
        with autograd.no_grad(), quiet():
            if _arrays(x):
                batches: Iterator[Any] = (
                    part for part, _, _ in Batches(_tupled(x), batch_size, False, model.dtype, inputs_only=True)
                )
            else:
                batches = (batch[0] if isinstance(batch, tuple | list) else batch for batch in x)
            for number, part in enumerate(batches):
                if number == steps:
                    break
                found.append(mapped(lambda t: t.numpy(), model(part)))
        if not found:
            raise ArgumentError("there is nothing to predict: the data is empty")
        columns = [np.concatenate(parts) for parts in zip(*(leaves(f) for f in found), strict=True)]
        rest = iter(columns)
        return mapped(lambda _: next(rest), found[0])

    def on_batch(self, x: Any, y: Any, weight: Any, class_weight: Any, train: bool) -> dict[str, float]:
        """The loss and the metrics of one batch, after an update if ``train``."""
        x, y, weight = mapped(self._fed, x), mapped(self._fed, y), None if weight is None else mapped(self._fed, weight)
        for metric in self._metric_objects():
            metric.reset_state()
        if train:
            self._prepare(class_weight)
            loss, pred = self._step(x, y, weight)
        else:
            with autograd.no_grad():
                loss, pred, parts = self._whole(x, y, weight, False)
                self._note(parts, count(None, pred))
        self.metrics[0].update(pred, y, weight)
        return self._spread({"loss": float(loss.array)})

    def _fed(self, value: Any) -> Any:
        if isinstance(value, AnyTensor):
            return value
        array = np.asarray(value)
        return make(array.astype(self._dtype()) if array.dtype.kind == "f" else array)


class _Gathered:
    """All metrics of a Keras model, as the one that the Trainer's loop knows."""

    name = "metrics"

    def __init__(self, fitter: Fitter) -> None:
        self._fitter = fitter

    def reset(self) -> None:
        for _, metric, _ in self._fitter._trackers:
            metric.reset_state()

    def update(self, pred: Any, y: Any, weight: Any) -> None:
        fitter = self._fitter
        if not fitter._trackers:
            return
        outputs = [t.detach() for t in leaves(pred)]
        targets = _targets(y, fitter._names, pred)
        weights = _targets(weight, fitter._names, pred) if isinstance(weight, tuple | list | dict) else [weight] * len(outputs)
        for i, metric, has_weight in fitter._trackers:
            metric.update_state(targets[i], outputs[i], array_of(weights[i]) if has_weight and weights[i] is not None else None)

    def compute(self) -> float:
        return 0.0


def _each(given: Any, names: list[str], what: str, several: bool = False) -> list[Any]:
    """What was given for each output: one thing for all, a list, or a dictionary by the outputs' names."""
    if isinstance(given, dict):
        unknown = [key for key in given if key not in names]
        if unknown and names != [""]:
            raise ArgumentError(f"{what} names the output {unknown[0]!r}: there are {', '.join(names)}")
        return [next(iter(given.values()))] if names == [""] and given else [given.get(name) for name in names]
    if len(names) == 1:
        return [given] if several or not isinstance(given, list | tuple) else list(given)
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ArgumentError(f"{what} has {len(given)} entries for {len(names)} outputs ({', '.join(names)})")
        return list(given)
    return [given] * len(names)


def _targets(y: Any, names: list[str], pred: Any) -> list[Any]:
    """The targets of each output."""
    if isinstance(y, dict):
        return [y[name] for name in names]
    found = leaves(y) if isinstance(y, tuple | list) else [y]
    if len(found) != len(leaves(pred)):
        raise ShapeError(f"the model has {len(leaves(pred))} outputs, and the data has targets for {len(found)}")
    return found


def _arrays(x: Any) -> bool:
    found = leaves(x) if isinstance(x, tuple | list | dict) else [x]
    return bool(found) and all(isinstance(v, AnyTensor | np.ndarray | int | float) for v in found)


def _tupled(value: Any) -> Any:
    """A list of arrays as a tuple of them; a list of numbers as an array."""
    if isinstance(value, list):
        if value and all(isinstance(v, AnyTensor | np.ndarray) for v in value):
            return tuple(value) if len(value) > 1 else value[0]
        return np.asarray(value)
    return value


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


class _Stopper(TrainingCallback):
    """Ends the training when a callback has set ``model.stop_training``."""

    def on_batch_end(self, batch: int, loss: Any) -> None:
        if self.trainer.model.stop_training:
            self.trainer.stop("model.stop_training")

    def on_epoch_begin(self, epoch: int) -> None:
        if self.trainer.model.stop_training:
            self.trainer.stop("model.stop_training")


class _Lines(TrainingCallback):
    """verbose=2: a line an epoch."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        print(f"Epoch {epoch + 1}/{self.epochs} - " + " - ".join(f"{name}: {value:.4f}" for name, value in logs.items()))


class _Adapted(TrainingCallback):
    """A callback of Keras's kind: its methods take logs."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def on_train_begin(self) -> None:
        self.own.set_model(self.trainer.model)
        self.own.on_train_begin({})

    def on_train_end(self) -> None:
        self.own.on_train_end({})

    def on_epoch_begin(self, epoch: int) -> None:
        self.own.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.own.on_epoch_end(epoch, logs)
        if self.trainer.model.stop_training:
            self.trainer.stop("model.stop_training")

    def on_batch_begin(self, batch: int) -> None:
        self.own.on_train_batch_begin(batch, {})

    def on_batch_end(self, batch: int, loss: Any) -> None:
        self.own.on_train_batch_end(batch, {"loss": float(loss.array)})
        if self.trainer.model.stop_training:
            self.trainer.stop("model.stop_training")
