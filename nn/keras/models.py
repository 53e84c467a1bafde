"""Model and Sequential: layers that are trained together."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import autograd
from autograd.errors import ArgumentError
from autograd.types import PathLike, Tree

from ..training.history import History
from . import optimizers, storage
from .base import Input, InputLayer, KerasTensor, Layer, Node, Shape, layer_of_config, ordered, quiet, symbols
from .callbacks import Callback
from .fitting import Fitter
from .lookup import Named, unique_name
from .nesting import leaves, mapped

Verbose: TypeAlias = int | str  # 0, 1, 2 or "auto"
PerOutput: TypeAlias = Sequence[Any] | Mapping[str, Any] | None  # of each output: in their order, or by their names
Result: TypeAlias = float | list[float] | dict[str, float]  # the loss alone, with the metrics in order, or by their names


class Model(Layer):
    """Layers from inputs to outputs, with a loss, an optimizer and metrics.

    Either of an ``Input`` and what layers make of it, or a subclass that writes ``call``.

    Args:
        inputs, outputs: tensors without values, or lists or dictionaries of them. name: of the model.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> a, b = keras.Input((3,)), keras.Input((2,))
        >>> joined = keras.layers.Concatenate()([a, b])
        >>> model = keras.Model(inputs=[a, b], outputs=keras.layers.Dense(1)(joined))
        >>> model.predict([np.ones((4, 3)), np.ones((4, 2))], verbose=0).shape
        (4, 1)
    """

    supports_masking = True
    is_model = True

    def __init__(self, inputs: Tree = None, outputs: Tree = None, name: str | None = None, **more: Any) -> None:
        super().__init__(name=name or unique_name("functional" if inputs is not None else type(self).__name__.lower()), **more)
        self.optimizer: Any = None
        self.loss: Any = None
        self.history: Any = None
        self.stop_training = False
        self._fitter: Fitter | None = None
        self._symbolic: tuple[Any, Any] | None = None
        self._nodes: list[Node] = []
        self._entries: list[Layer] = []  # what stands for the inputs in the list of layers
        if inputs is not None or outputs is not None:
            if next(symbols(inputs), None) is None or next(symbols(outputs), None) is None:
                raise ArgumentError("Model(inputs, outputs) takes keras.Input tensors and what layers make of them")
            self._strung(inputs, outputs)

    def _strung(self, inputs: Tree, outputs: Tree) -> None:
        """Become the functional model from these inputs to these outputs."""
        self._symbolic = inputs, outputs
        self._nodes = ordered(inputs, outputs)
        self._entries = [
            t.node.layer if t.node is not None else InputLayer(batch_shape=t.shape, dtype=t.dtype, name=t.name)
            for t in leaves(inputs)
        ]
        for node in self._nodes:
            if node.layer.name not in self._modules:
                self.add_module(node.layer.name.replace(".", "_"), node.layer)
        self.built = True

    # -------------------------------------------------------------------------------------------------------------- layers
    @property
    def layers(self) -> list[Layer]:
        """The layers, those of the inputs first."""
        return [*self._entries, *self._inner()]

    @property
    def inputs(self) -> list[KerasTensor]:
        """The tensors without values that the model begins with."""
        return [] if self._symbolic is None else leaves(self._symbolic[0])

    @property
    def outputs(self) -> list[KerasTensor]:
        """The tensors without values that it ends with."""
        return [] if self._symbolic is None else leaves(self._symbolic[1])

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: of the layers that make them, or of the dictionary's keys."""
        if self._symbolic is not None and isinstance(self._symbolic[1], dict):
            return list(self._symbolic[1])
        return [t.node.layer.name if t.node is not None else t.name for t in self.outputs]

    @property
    def input_shape(self) -> Tree:
        """The shape of the input, or of each."""
        shapes = [t.shape for t in self.inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Tree:
        """The shape of the output, or of each."""
        shapes = [t.shape for t in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its number.

        Raises:
            ValueError: there is no such layer.
        """
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}")

    def call(self, inputs: Tree, training: bool = False, mask: Tree = None) -> Tree:
        """The outputs for inputs: each layer in its turn."""
        if self._symbolic is None:
            raise NotImplementedError(f"{type(self).__name__} is no functional model: write its call()")
        return self._through(inputs, training, mask)[0]

    def _through(self, inputs: Tree, training: bool, mask: Tree) -> tuple[Any, Any]:
        """The outputs and their masks."""
        assert self._symbolic is not None
        wanted, outputs = self._symbolic
        given = _paired(wanted, inputs, self.name)
        masks = leaves(mask) if mask is not None else [None] * len(given)
        values = {id(t): v for t, v in zip(leaves(wanted), given, strict=True)}
        known = {id(t): m for t, m in zip(leaves(wanted), masks, strict=True)}

        def value(t: Any) -> Any:
            return values[id(t)] if isinstance(t, KerasTensor) else t

        def masked(t: Any) -> Any:
            return known[id(t)] if isinstance(t, KerasTensor) else None

        for node in self._nodes:
            arguments, extra = node.inputs
            taken, masks_in = mapped(value, arguments), mapped(masked, arguments)
            y, found = _one_layer(node.layer, taken, masks_in, training, mapped(value, extra), mapped(value, node.kwargs))
            for t, v in zip(leaves(node.outputs), leaves(y), strict=True):
                values[id(t)] = v
            several = len(leaves(node.outputs)) > 1
            for i, t in enumerate(leaves(node.outputs)):
                known[id(t)] = (found[i] if isinstance(found, tuple | list) else None) if several else found
        return mapped(value, outputs), mapped(masked, outputs)

    def compute_mask(self, inputs: Tree, mask: Tree = None) -> Tree:
        return None

    def stored_as(self) -> str:
        """The name of the model's group in a file of weights, before its number."""
        return "functional" if type(self) is Model else super().stored_as()

    # ------------------------------------------------------------------------------------------------------------- training
    def compile(
        self, optimizer: Named | optimizers.Optimizer = "rmsprop", loss: Named | Sequence[Named] | None = None,
        loss_weights: PerOutput = None, metrics: PerOutput = None, weighted_metrics: PerOutput = None, run_eagerly: bool = False,
        steps_per_execution: int = 1, jit_compile: str | bool = "auto",
    ) -> None:  # fmt: skip
        """Say how the model is trained.

        Args:
            optimizer, loss, metrics: names or objects; of several outputs lists or dictionaries. loss_weights: a weight for each
                output's loss. weighted_metrics: metrics that weight samples. run_eagerly, steps_per_execution: accepted.
            jit_compile: True to run each step as a C program (``autograd.compile``); "auto" is False.
        """
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self._fitter = Fitter(self, self.optimizer, loss, loss_weights, metrics, weighted_metrics, jit_compile is True)

    @property
    def fitter(self) -> Fitter:
        """What trains the model.

        Raises:
            ArgumentError: ``compile`` was not called.
        """
        if self._fitter is None:
            raise ArgumentError("You must call `compile()` before using the model: model.compile(optimizer='adam', loss='mse')")
        return self._fitter

    def fit(
        self, x: Tree = None, y: Tree = None, batch_size: int | None = None, epochs: int = 1, verbose: Verbose = "auto",
        callbacks: Iterable[Callback] | None = None, validation_split: float = 0.0, validation_data: Tree = None,
        shuffle: bool = True, class_weight: dict[int, float] | None = None, sample_weight: Tree = None, initial_epoch: int = 0,
        steps_per_epoch: int | None = None, validation_steps: int | None = None, validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:  # fmt: skip
        """Train for ``epochs`` epochs.

        Args:
            x, y: arrays, or lists or dictionaries of them; or x alone: a loader, a data set or a generator of batches (x, y).
            batch_size: 32 by default. verbose: 0 nothing, 1 a bar, 2 a line an epoch; "auto" a bar on a terminal.
            callbacks: of ``keras.callbacks``. validation_split, validation_data: what is validated on after each epoch.
            shuffle: a new order each epoch. class_weight, sample_weight: one of them.
            initial_epoch: the number of the first. steps_per_epoch: batches of an epoch, of a generator.
            validation_steps, validation_batch_size, validation_freq: of the validation.

        Returns:
            The history: ``history.history["loss"]`` is a value an epoch; the names are sorted.

        Raises:
            ValueError: class_weight and sample_weight together, arrays of unequal length, no samples.
        """
        self.history = self.fitter.fit(
            x, y, batch_size or 32, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
            sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq,
        )  # fmt: skip
        return self.history

    def evaluate(
        self, x: Tree = None, y: Tree = None, batch_size: int | None = None, verbose: Verbose = "auto", sample_weight: Tree = None,
        steps: int | None = None, callbacks: Iterable[Callback] | None = None, return_dict: bool = False,
    ) -> Result:  # fmt: skip
        """The loss and the metrics on data: a list in the order of ``compile``, or a dictionary; the loss alone is a number.

        Args:
            x, y, batch_size, sample_weight: as for ``fit``. steps: batches. return_dict: names to values, sorted.
            verbose, callbacks: accepted.
        """
        found = self.fitter.evaluate(x, y, batch_size or 32, sample_weight, steps)
        if return_dict:
            return dict(sorted(found.items()))
        return next(iter(found.values())) if len(found) == 1 else list(found.values())

    def predict(
        self,
        x: Tree,
        batch_size: int | None = None,
        verbose: Verbose = "auto",
        steps: int | None = None,
        callbacks: Iterable[Callback] | None = None,
    ) -> Tree:
        """The outputs for inputs, as NumPy arrays.

        Args:
            x: arrays, or a loader or generator of batches. batch_size: 32 by default. steps: batches. verbose, callbacks: accepted.
        """
        return Fitter.predict(self, x, batch_size or 32, steps)

    def train_on_batch(
        self, x: Tree, y: Tree = None, sample_weight: Tree = None, class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Result:  # fmt: skip
        """One update; the loss and the metrics of this batch.

        Args:
            x, y, sample_weight, class_weight: the batch. return_dict: names to values.
        """
        found = self.fitter.on_batch(x, y, sample_weight, class_weight, train=True)
        return found if return_dict else next(iter(found.values())) if len(found) == 1 else list(found.values())

    def test_on_batch(self, x: Tree, y: Tree = None, sample_weight: Tree = None, return_dict: bool = False) -> Result:
        """The loss and the metrics of a batch, without an update.

        Args:
            x, y, sample_weight: the batch. return_dict: names to values.
        """
        found = self.fitter.on_batch(x, y, sample_weight, None, train=False)
        return found if return_dict else next(iter(found.values())) if len(found) == 1 else list(found.values())

    def predict_on_batch(self, x: Tree) -> Tree:
        """The outputs for a batch, as NumPy arrays."""
        with autograd.no_grad(), quiet():
            return mapped(lambda t: t.numpy(), self(x))

    @property
    def metrics_names(self) -> list[str]:
        """The names in the order of ``evaluate``."""
        return self.fitter.names()

    # ------------------------------------------------------------------------------------------------------------- summary
    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None, **more: Any) -> None:
        """Print the layers with the shapes of their outputs and their parameters.

        Args:
            line_length: of a line. print_fn: what prints; by default ``print``.
        """
        (print_fn or print)(self.summary_text())

    def summary_text(self) -> str:
        """What ``summary`` prints."""
        shapes = {id(node.layer): [t.shape for t in leaves(node.outputs)] for node in self._nodes}
        rows = [("Layer (type)", "Output Shape", "Param #")]
        for layer in self.layers if not isinstance(self, Sequential) else self._inner():
            known = shapes.get(id(layer)) or ([layer.batch_shape] if isinstance(layer, InputLayer) else None)
            shape = "?" if known is None else str(known[0]) if len(known) == 1 else str(known)
            rows.append(
                (f"{layer.name} ({type(layer).__name__})", shape, f"{layer.count_params():,}" if layer.built else "0 (unbuilt)")
            )
        widths = [max(len(row[i]) for row in rows) + 2 for i in range(3)]
        lines = [f'Model: "{self.name}"', "─" * sum(widths)]
        lines += ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines.insert(3, "─" * sum(widths))
        learned = sum(w.numel() for w in self.trainable_weights)
        rest = sum(w.numel() for w in self.non_trainable_weights)
        extra = self._fitter.optimizer_size() if self._fitter is not None else 0
        lines += [
            "─" * sum(widths), f" Total params: {learned + rest + extra:,}", f" Trainable params: {learned:,}",
            f" Non-trainable params: {rest:,}",
        ]  # fmt: skip
        if extra:
            lines.append(f" Optimizer params: {extra:,}")
        return "\n".join(lines)

    # ------------------------------------------------------------------------------------------------------------- storage
    def get_config(self) -> dict[str, Any]:
        """The architecture: each layer's configuration, and how they are strung together."""
        if self._symbolic is None:
            raise NotImplementedError(
                f"{type(self).__name__} is a class of its own: its architecture is its code; save its weights"
            )
        numbers: dict[int, list[Node]] = {}
        names: dict[int, tuple[str, int, int]] = {}
        for t in self.inputs:
            names[id(t)] = (t.name, 0, 0)
        for node in self._nodes:
            own = numbers.setdefault(id(node.layer), [])
            for i, t in enumerate(leaves(node.outputs)):
                names[id(t)] = (node.layer.name, len(own), i)
            own.append(node)
        named = {id(node.layer): node.layer for node in self._nodes}
        layers: list[dict[str, Any]] = [
            {"class_name": "InputLayer", "name": t.name, "calls": [],
             "config": {"batch_shape": list(t.shape), "dtype": str(t.dtype), "name": t.name}}
            for t in self.inputs
        ]  # fmt: skip

        def spoken(value: Any) -> Any:
            return {"tensor": list(names[id(value)])} if isinstance(value, KerasTensor) else value

        for key, layer in named.items():
            calls = [
                {
                    "inputs": mapped(spoken, n.inputs[0]),
                    "more": mapped(spoken, list(n.inputs[1])),
                    "kwargs": mapped(spoken, n.kwargs),
                }
                for n in numbers[key]
            ]
            layers.append({"class_name": _class_name(layer), "name": layer.name, "config": layer.get_config(), "calls": calls})
        wanted, outputs = self._symbolic
        return {"name": self.name, "layers": layers, "inputs": mapped(spoken, wanted), "outputs": mapped(spoken, outputs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Model:
        """A model from what ``get_config`` gave, or from Keras's own configuration of a functional model."""
        from_keras = "input_layers" in config
        made: dict[str, Any] = {}
        outputs: dict[tuple[str, int, int], Any] = {}
        waiting = []
        for spec in config["layers"]:
            layer = _restored(spec)
            name = spec.get("name") or spec["config"]["name"]
            made[name] = layer
            if isinstance(layer, InputLayer):
                outputs[name, 0, 0] = layer.output
            calls = spec.get("inbound_nodes", []) if from_keras else spec["calls"]
            waiting += [(name, number, call) for number, call in enumerate(calls)]
        while waiting:
            later = []
            for name, number, call in waiting:
                try:
                    args, kwargs = _arguments(call, outputs, from_keras)
                except KeyError:
                    later.append((name, number, call))
                    continue
                y = made[name](*args, **kwargs)
                for i, t in enumerate(leaves(y)):
                    outputs[name, number, i] = t
            if len(later) == len(waiting):
                raise ArgumentError(f"the configuration strings {waiting[0][0]!r} on a tensor that no layer makes")
            waiting = later
        if from_keras:
            wanted, ends = (_spoken_keras(config[key], outputs) for key in ("input_layers", "output_layers"))
        else:
            wanted, ends = (_spoken(config[key], outputs) for key in ("inputs", "outputs"))
        return cls(wanted, ends, name=config.get("name"))

    def save(self, filepath: PathLike, overwrite: bool = True) -> None:
        """Write architecture and weights to a ``.safetensors`` file, which holds no code.

        Args:
            filepath: ends in .safetensors. overwrite: whether a file that is there is replaced.

        Raises:
            ArgumentError: another ending, or a file that may not be replaced.
        """
        storage.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: PathLike, overwrite: bool = True) -> None:
        """Write the weights to a ``.safetensors`` file.

        Args:
            filepath: ends in .safetensors. overwrite: whether a file that is there is replaced.
        """
        storage.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: PathLike) -> None:
        """Read weights of ``save_weights``, or Keras's own ``.weights.h5`` (extra ``keras``): all of them, or none.

        Args:
            filepath: the file.

        Raises:
            ShapeError: the file's weights are of another architecture.
        """
        storage.load_weights(self, filepath)

    def to_json(self) -> str:
        """The architecture as JSON."""
        return json.dumps({"class_name": _class_name(self), "config": self.get_config()})


def _class_name(layer: Layer) -> str:
    return "Functional" if type(layer) is Model else type(layer).__name__


def _restored(spec: dict[str, Any]) -> Layer:
    if spec["class_name"] == "Functional" or spec["class_name"] == "Model":
        return Model.from_config(spec["config"])
    if spec["class_name"] == "Sequential":
        return Sequential.from_config(spec["config"])
    return layer_of_config(spec)


def _spoken(value: Any, outputs: dict[tuple[str, int, int], Any]) -> Any:
    """Names of tensors in our configuration as the tensors."""
    if isinstance(value, dict):
        if set(value) == {"tensor"}:
            return outputs[tuple(value["tensor"])]
        return {key: _spoken(v, outputs) for key, v in value.items()}
    return [_spoken(v, outputs) for v in value] if isinstance(value, list | tuple) else value


def _spoken_keras(value: Any, outputs: dict[tuple[str, int, int], Any]) -> Any:
    """[name, node, tensor] in Keras's configuration, or lists and dictionaries of them, as the tensors."""
    if isinstance(value, dict):
        return {key: _spoken_keras(v, outputs) for key, v in value.items()}
    if len(value) == 3 and isinstance(value[0], str):
        return outputs[tuple(value)]
    found = [_spoken_keras(v, outputs) for v in value]
    return found[0] if len(found) == 1 else found


def _arguments(call: Any, outputs: dict[tuple[str, int, int], Any], from_keras: bool) -> tuple[list[Any], dict[str, Any]]:
    if not from_keras:
        return [_spoken(call["inputs"], outputs), *_spoken(call["more"], outputs)], _spoken(call["kwargs"], outputs)

    def tensors(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                return outputs[tuple(value["config"]["keras_history"])]
            return {key: tensors(v) for key, v in value.items()}
        return [tensors(v) for v in value] if isinstance(value, list | tuple) else value

    kwargs = {key: value for key, value in tensors(call["kwargs"]).items() if value is not None and key not in ("mask", "training")}
    return tensors(call["args"]), kwargs


def _paired(wanted: Any, given: Any, name: str) -> list[Any]:
    """What was given for each input of a model."""
    if isinstance(given, dict):
        tensors = wanted if isinstance(wanted, dict) else {t.name: t for t in leaves(wanted)}
        missing = [key for key in tensors if key not in given]
        if missing:
            raise ArgumentError(f"model {name!r} lacks the input {missing[0]!r}: it was given {', '.join(given)}")
        return [given[key] for key in tensors]
    found, expected = leaves(given), leaves(wanted)
    if len(found) != len(expected):
        raise ArgumentError(
            f"model {name!r} takes {len(expected)} inputs ({', '.join(t.name for t in expected)}), and got {len(found)}"
        )
    return found


def _one_layer(
    layer: Layer, inputs: Tree, mask: Tree, training: bool, args: Any = (), kwargs: dict[str, Any] | None = None
) -> tuple[Any, Any]:
    """The output of a layer and its mask."""
    any_mask = any(m is not None for m in leaves(mask))
    own = mask if any_mask and layer.supports_masking else None
    if isinstance(layer, Model) and layer._symbolic is not None:
        y, found = layer._through(inputs, training, own)
        return y, found
    y = layer(inputs, *args, training=training, mask=own, **(kwargs or {}))
    if any_mask and not layer.supports_masking:
        warnings.warn(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an input with a mask attached to it. However, this "
            f"layer does not support masking and will therefore destroy the mask information for the layers behind it.",
            stacklevel=2,
        )
    return y, layer.compute_mask(inputs, own)


class Sequential(Model):
    """Layers one behind the other.

    Args:
        layers: in order; the first may say its ``input_shape``, else the first data does. name: of the model.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> model = keras.Sequential([keras.layers.Dense(4, activation="relu", input_shape=(3,)), keras.layers.Dense(1)])
        >>> model.compile(optimizer="adam", loss="mse")
        >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
        >>> list(history.history), model.count_params()
        (['loss'], 21)
    """

    def __init__(self, layers: Iterable[Layer | KerasTensor] | None = None, name: str | None = None, **more: Any) -> None:
        super().__init__(name=name or unique_name("sequential"), **more)
        self._order: list[Any] = []
        self._start: KerasTensor | None = None
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Layer | KerasTensor) -> None:
        """Put a layer, an ``Input`` or a model behind the last one."""
        if isinstance(layer, KerasTensor):
            self._start = layer
        elif isinstance(layer, InputLayer):
            self._start = layer.output
        elif isinstance(layer, Layer):
            if any(layer.name == other.name for other in self._order):
                raise ArgumentError(
                    f"All layers added to a Sequential model should have unique names: {layer.name!r} is there already"
                )
            if not self._order and self._start is None and layer._given_shape is not None:
                self._start = Input(batch_shape=layer._given_shape)
            if not self._order and self._start is None and isinstance(layer, Model) and layer._symbolic is not None:
                self._start = Input(batch_shape=layer.inputs[0].shape, dtype=layer.inputs[0].dtype)
            self._order.append(layer)
            self.add_module(layer.name.replace(".", "_"), layer)
        else:
            raise TypeError(f"Only instances of `keras.Layer` can be added to a Sequential model, not {type(layer).__name__}")
        self._symbolic, self._nodes, self.built = None, [], False
        self._restrung()

    def pop(self) -> Layer:
        """Take the last layer away."""
        layer = self._order.pop()
        del self._modules[layer.name.replace(".", "_")]
        self._symbolic, self._nodes, self.built = None, [], False
        self._restrung()
        return layer

    def _restrung(self) -> None:
        if self._start is not None and self._order:
            y: Any = self._start
            for layer in self._order:
                y = layer(y)
            self._strung(self._start, y)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input's."""
        return list(self._order)

    def build(self, input_shape: Shape | None = None) -> None:
        """Make the weights for inputs of this shape, the batch included."""
        if self._symbolic is None and input_shape is not None:
            self._start = Input(batch_shape=tuple(input_shape))
            self._restrung()
        self.built = True

    def _built_for(self, inputs: Tree, *args: Any) -> None:
        if self._symbolic is None:
            first = leaves(inputs)[0]
            self._start = Input(batch_shape=(None, *first.shape[1:]), dtype=first.dtype if first.dtype.kind != "f" else None)
            self._restrung()

    def _noted(self, inputs: Tree, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._symbolic is None:
            self.build(inputs.shape)
        return super()._noted(inputs, args, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations, the input's first."""
        layers = [{"class_name": _class_name(layer), "config": layer.get_config()} for layer in self._order]
        if self._start is not None:
            start = {"batch_shape": list(self._start.shape), "dtype": str(self._start.dtype), "name": self._start.name}
            layers.insert(0, {"class_name": "InputLayer", "config": start})
        return {"name": self.name, "layers": layers}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sequential:
        """A model from what ``get_config`` gave, or from Keras's own configuration."""
        model = cls([_restored(spec) for spec in config["layers"]], name=config.get("name"))
        shape = config.get("build_input_shape")
        if model._symbolic is None and shape:
            model.build(shape)
        return model


def load_model(
    filepath: PathLike, custom_objects: dict[str, type] | None = None, compile: bool = True, safe_mode: bool = True
) -> Model:
    """A model from a file that ``Model.save`` wrote, or from Keras's ``.keras`` (extra ``keras``).

    Args:
        filepath: the file. custom_objects: classes of layers that are not Keras's own, by their names.
        compile, safe_mode: accepted: no file holds code or an optimizer here.

    Raises:
        ArgumentError: another format, or a layer that is not known.
    """
    return storage.read_model(filepath, custom_objects, _restored)


def model_from_json(text: str) -> Layer:
    """A model of the architecture that ``to_json`` wrote, with new weights."""
    return _restored(json.loads(text))


__all__ = ["Input", "Model", "Sequential", "load_model", "model_from_json"]
