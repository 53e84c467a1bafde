"""Layer: what every layer of Keras's kind is, and the tensors without values that the functional API strings layers on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import AnyTensor, make
from autograd.errors import ArgumentError, ShapeError
from autograd.types import DType, Tensor, Tree

from ..module import Module
from ..parameter import Parameter
from . import initializers, regularizers
from .lookup import Named, snake, unique_name
from .nesting import leaves, mapped

Shape = tuple[int | None, ...]

# Whether the call that is at work trains; None outside of one. And the penalties on activities that it has met so far.
_training: ContextVar[bool | None] = ContextVar("training", default=None)
_penalties: ContextVar[list[Any] | None] = ContextVar("penalties", default=None)


KNOWN: dict[str, type[Layer]] = {}  # every layer, by the name of its class


class KerasTensor:
    """A value that is yet to come: its shape (None: any length), and the layer that will make it."""

    def __init__(self, shape: Shape, dtype: DType = "float32", name: str | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.name = name or unique_name("keras_tensor")
        self.node: Node | None = None

    @property
    def ndim(self) -> int:
        """The number of dimensions, with the batch."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __add__(self, other: Any) -> Any:
        return _operation("add", lambda a, b: a + b, self, other)

    def __radd__(self, other: Any) -> Any:
        return _operation("add", lambda a, b: b + a, self, other)

    def __sub__(self, other: Any) -> Any:
        return _operation("subtract", lambda a, b: a - b, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _operation("subtract", lambda a, b: b - a, self, other)

    def __mul__(self, other: Any) -> Any:
        return _operation("multiply", lambda a, b: a * b, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _operation("multiply", lambda a, b: b * a, self, other)

    def __truediv__(self, other: Any) -> Any:
        return _operation("divide", lambda a, b: a / b, self, other)

    def __neg__(self) -> Any:
        return _operation("negative", lambda a: -a, self)

    def __matmul__(self, other: Any) -> Any:
        return _operation("matmul", lambda a, b: a @ b, self, other)

    def __getitem__(self, index: Any) -> Any:
        return _operation("get_item", lambda a: a[index], self)

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} has no value yet: a model's layers can't be chosen by what will flow through them")


def _operation(name: str, function: Callable[..., Any], *operands: Any) -> Any:
    return Operation(function, name=unique_name(name))(list(operands) if len(operands) > 1 else operands[0])


class Node:
    """One call of a layer: with which inputs, and what it makes."""

    def __init__(self, layer: Layer, inputs: Tree, kwargs: dict[str, Any], outputs: Tree) -> None:
        self.layer, self.inputs, self.kwargs, self.outputs = layer, inputs, kwargs, outputs
        for tensor in leaves(outputs):
            tensor.node = self


def ordered(inputs: Tree, outputs: Tree) -> list[Node]:
    """The calls that lead from the inputs to the outputs, each after those that it needs.

    Raises:
        ArgumentError: an output hangs on something that is none of the inputs.
    """
    known = {id(t) for t in leaves(inputs)}
    order: list[Node] = []
    done: set[int] = set()
    stack: list[tuple[Any, bool]] = [(t, False) for t in reversed(leaves(outputs))]
    while stack:
        tensor, ready = stack.pop()
        if ready:
            if id(tensor.node) not in done:
                done.add(id(tensor.node))
                order.append(tensor.node)
            continue
        if id(tensor) in known or (tensor.node is not None and id(tensor.node) in done):
            continue
        if tensor.node is None:
            raise ArgumentError(
                f"the model's output needs {tensor!r}, which is none of its inputs: Model(inputs=[...]) lists them all"
            )
        stack.append((tensor, True))
        stack.extend((t, False) for t in reversed(list(symbols(tensor.node.inputs))))
    return order


def symbols(value: Any) -> Iterator[KerasTensor]:
    """The tensors without values in a nesting."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, KerasTensor))


class Layer(Module):
    """Base of Keras's layers: a subclass writes ``build(input_shape)``, which makes weights, and ``call(inputs)``.

    ``call`` may take ``training`` and ``mask``. Calling a layer on an ``Input`` notes the call for a ``Model``; on arrays or
    tensors it computes. Without ``training=`` a call does not train: dropout is off, normalisations use their moving statistics.

    Args:
        name: by default the class's name and a number. trainable: whether optimizers change its weights. dtype: of its weights.
        activity_regularizer: a penalty on the output, divided by the batch size in the loss.
        input_shape, input_dim, batch_input_shape: of the first layer of a ``Sequential``.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> class Scale(keras.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> layer = Scale()
        >>> layer(np.ones((2, 3))).shape, [w.shape for w in layer.get_weights()]
        ((2, 3), [(3,)])
    """

    supports_masking = False
    is_model = False  # whether it is made of layers

    def __init__(
        self, *, name: str | None = None, trainable: bool = True, dtype: DType | None = None,
        activity_regularizer: Named | None = None, input_shape: Shape | None = None, input_dim: int | None = None,
        batch_input_shape: Shape | None = None, **unknown: Any,
    ) -> None:  # fmt: skip
        if unknown:
            raise TypeError(f"{type(self).__name__} got an unexpected argument {next(iter(unknown))!r}")
        super().__init__()
        self.name = name or unique_name(snake(type(self).__name__))
        self._trainable = trainable
        self.dtype = np.dtype(str(dtype or "float32"))
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._own: list[tuple[Any, bool]] = []  # weights in Keras's order: trainable ones first
        self._penalized: list[tuple[Any, Any]] = []
        given = (input_dim,) if input_dim is not None else input_shape
        self._given_shape: Shape | None = (
            tuple(batch_input_shape) if batch_input_shape is not None else None if given is None else (None, *given)
        )
        names = inspect.signature(self.call).parameters
        self._takes_training, self._takes_mask = "training" in names, "mask" in names

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        KNOWN[cls.__name__] = cls

    # --------------------------------------------------------------------------------------------------------- to be written
    def build(self, input_shape: Tree) -> None:
        """Make the weights. ``input_shape`` has None where any length will do, first of all the batch."""

    def call(self, inputs: Tree) -> Tree:
        """Compute the output."""
        raise NotImplementedError(f"{type(self).__name__} does not define call()")

    def compute_mask(self, inputs: Tree, mask: Tree = None) -> Tree:
        """The mask of the output: that of the input, unless a layer says otherwise."""
        return mask

    # -------------------------------------------------------------------------------------------------------------- weights
    def add_weight(
        self, shape: Sequence[int | None] = (), initializer: Named | None = None, dtype: DType | None = None,
        trainable: bool = True, regularizer: Named | None = None, name: str | None = None, **more: Any,
    ) -> Tensor:  # fmt: skip
        """Make a weight of the layer.

        Args:
            shape: its shape. initializer: a name, an ``Initializer`` or a function of (shape, dtype); Glorot's uniform by default.
            dtype: by default the layer's. trainable: whether it is learned. regularizer: a penalty on it. name: under which
                the module knows it.
        """
        sizes = [n for n in shape if n is not None]
        if len(sizes) < len(shape):
            raise ShapeError(
                f"layer {self.name!r} ({type(self).__name__}) can't make a weight of the shape {tuple(shape)}: a length is open, "
                f"since that of the input is. Give Input or input_shape the length"
            )
        values = initializers.get(initializer or "glorot_uniform")(sizes, np.dtype(str(dtype)) if dtype else self.dtype)
        name = name or f"weight_{len(self._own)}"
        tensor = make(np.asarray(getattr(values, "array", values)))
        if trainable:
            weight: Any = Parameter(tensor, requires_grad=self._trainable)
            self.register_parameter(name, weight)
        else:
            weight = tensor
            self.register_buffer(name, weight)
        self._own.append((weight, trainable))
        if regularizer is not None:
            self._penalized.append((weight, regularizers.get(regularizer)))
        return weight

    @property
    def trainable(self) -> bool:
        """Whether optimizers change its weights; setting it concerns all layers within."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for weight, learned in self._own:
            if learned:
                weight.requires_grad_(self._trainable)
        for layer in self._inner():
            layer.trainable = value

    def _inner(self) -> list[Layer]:
        """The layers within."""
        return [m for m in self._modules.values() if isinstance(m, Layer)]

    @property
    def weights(self) -> list[Tensor]:
        """All weights, in Keras's order: of each layer the learned ones first."""
        seen: dict[int, Any] = {id(w): w for w in own_weights(self)}
        for layer in self._inner():
            seen.update({id(w): w for w in layer.weights})
        return list(seen.values())

    @property
    def trainable_weights(self) -> list[Tensor]:
        """The weights that optimizers change."""
        return [w for w in self.weights if isinstance(w, Parameter) and w.requires_grad]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """The weights that optimizers leave."""
        learned = {id(w) for w in self.trainable_weights}
        return [w for w in self.weights if id(w) not in learned]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights, in Keras's order and layout."""
        return [w.detach().numpy().copy() for w in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give the weights values, in the order of ``get_weights``: all of them, or, where one does not fit, none.

        Raises:
            ShapeError: another number of arrays, or another shape.
        """
        own = self.weights
        arrays = [np.asarray(getattr(value, "array", value)) for value in weights]
        if len(arrays) != len(own):
            raise ShapeError(
                f"You called set_weights(weights) on layer {self.name!r} with a weight list of length {len(arrays)}, but the layer "
                f"was expecting {len(own)} weights" + ("" if self.built else ": it is not built yet, call it or build() it first")
            )
        for number, (weight, array) in enumerate(zip(own, arrays, strict=True)):
            if tuple(weight.shape) != array.shape:
                raise ShapeError(
                    f"layer {self.name!r}, weight {number} has shape {tuple(weight.shape)}, and was given {array.shape}"
                )
        with autograd.no_grad():
            for weight, array in zip(own, arrays, strict=True):
                weight.copy_(make(np.asarray(array, weight.array.dtype)))

    def count_params(self) -> int:
        """The number of numbers in its weights."""
        return sum(w.numel() for w in self.weights)

    @property
    def losses(self) -> list[Tensor]:
        """The penalties on weights, of this layer and those within, as they are now."""
        own = [penalty(w) for w, penalty in self._penalized]
        return own + [loss for layer in self._inner() for loss in layer.losses]

    # ------------------------------------------------------------------------------------------------------------ calling
    def __call__(
        self, inputs: Tree | None = None, *args: Any, training: bool | None = None, mask: Tree = None, **kwargs: Any
    ) -> Tree:
        if next(symbols((inputs, args, kwargs)), None) is not None:
            return self._noted(inputs, args, kwargs)
        if training is None:
            training = bool(_training.get())
        token = _training.set(training)
        try:
            inputs = mapped(self._fed, inputs)
            self._built_for(inputs, *args)
            if self._takes_training:
                kwargs["training"] = training
            if self._takes_mask:
                kwargs["mask"] = mask
            y = super().__call__(inputs, *args, **kwargs)
        finally:
            _training.reset(token)
        collected = _penalties.get()
        if collected is not None and self.activity_regularizer is not None:
            collected.extend(self.activity_regularizer(t) / len(t) for t in leaves(y))
        return y

    def forward(self, *args: Any, **kwargs: Any) -> Tree:
        """``call``, under the name that a Module has for it."""
        return self.call(*args, **kwargs)

    def _fed(self, value: Any) -> Any:
        """An input as a tensor; numbers with a fraction in the layer's dtype."""
        if value is None or isinstance(value, AnyTensor):
            return value
        array = np.asarray(value)
        return make(array.astype(self.dtype) if array.dtype.kind == "f" and array.dtype != self.dtype else array)

    def _built_for(self, inputs: Tree, *args: Any) -> None:
        if not self.built:
            shapes = mapped(lambda t: None if t is None else (None, *t.shape[1:]), inputs)
            self.build(shapes)
            self.built = True

    def _noted(self, inputs: Tree, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call on tensors without values: the layer is built, and the shapes of its outputs are found by trying it out twice."""
        if not self.built:
            self.build(mapped(lambda t: t.shape if isinstance(t, KerasTensor) else None, inputs))
            self.built = True
        first, second = (self._tried(inputs, args, kwargs, length) for length in (2, 3))
        outputs = _both(first, second)
        Node(self, (inputs, args), kwargs, outputs)
        return outputs

    def _tried(self, inputs: Tree, args: tuple[Any, ...], kwargs: dict[str, Any], length: int) -> Any:
        """The outputs for zeros, every open length being ``length`` (the batch) or a longer one."""

        def zeros(value: Any) -> Any:
            if not isinstance(value, KerasTensor):
                return value
            shape = [(length if i == 0 else 8 * length) if n is None else n for i, n in enumerate(value.shape)]
            return make(np.zeros(shape, value.dtype))

        with autograd.no_grad(), quiet():
            return self(mapped(zeros, inputs), *mapped(zeros, args), **mapped(zeros, kwargs))

    # ------------------------------------------------------------------------------------------------------- configuration
    def stored_as(self) -> str:
        """The name of the layer's group in a file of weights, before its number."""
        return snake(type(self).__name__)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of again: names and numbers that its constructor takes."""
        return {"name": self.name, "trainable": self._trainable}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """A layer from what ``get_config`` gave, Keras's own configuration included: what says nothing here is left out."""
        accepted = set()
        for base in cls.__mro__:
            if "__init__" in vars(base):
                accepted |= set(inspect.signature(base.__init__).parameters)  # type: ignore[misc]
        return cls(**{key: value for key, value in config.items() if key in accepted and key not in ("self", "dtype")})


class Operation(Layer):
    """A function of tensors as a layer: what ``a + b`` of two inputs of a functional model is."""

    supports_masking = True

    def __init__(self, function: Callable[..., Any], **more: Any) -> None:
        super().__init__(**more)
        self.function = function

    def call(self, inputs: Tree) -> Tree:
        """function(*inputs)."""
        return self.function(*inputs) if isinstance(inputs, tuple | list) else self.function(inputs)

    def compute_mask(self, inputs: Tree, mask: Tree = None) -> Tree:
        return next((m for m in mask if m is not None), None) if isinstance(mask, tuple | list) else mask


class InputLayer(Layer):
    """Where a model's data comes in.

    Args:
        shape: of one sample. batch_size: of a batch, where it is fixed. dtype: of the data. batch_shape: both at once.
        name: of the input.
    """

    def __init__(
        self, shape: Shape | None = None, batch_size: int | None = None, dtype: DType | None = None,
        batch_shape: Shape | None = None, name: str | None = None, **more: Any,
    ) -> None:  # fmt: skip
        if batch_shape is None:
            batch_shape = more.pop("batch_input_shape", None) or (
                batch_size,
                *(shape if shape is not None else more.pop("input_shape")),
            )
        super().__init__(name=name or unique_name("input_layer"), dtype=dtype, **more)
        self.batch_shape = tuple(batch_shape)
        self.output = KerasTensor(self.batch_shape, self.dtype, self.name)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Shape and dtype."""
        return {"batch_shape": list(self.batch_shape), "dtype": str(self.dtype), "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        dtype = config.get("dtype")
        name = dtype["config"]["name"] if isinstance(dtype, dict) else dtype
        return cls(batch_shape=config.get("batch_shape") or config.get("batch_input_shape"), dtype=name, name=config.get("name"))


def Input(  # noqa: N802  (Keras's name)
    shape: Shape | None = None,
    batch_size: int | None = None,
    dtype: DType | None = None,
    name: str | None = None,
    batch_shape: Shape | None = None,
) -> KerasTensor:
    """A tensor without values, from which a model is built: ``Model(inputs, outputs)``.

    Args:
        shape: of one sample; None is any length. batch_size: of a batch, where it is fixed. dtype: of the data. name: of the input.
        batch_shape: shape and batch size at once.

    Example:
        >>> from nn import keras
        >>> x = keras.Input((4,))
        >>> keras.Model(x, keras.layers.Dense(2)(x)).count_params()
        10
    """
    return InputLayer(shape, batch_size, dtype, batch_shape, name).output


def channels(layer: Layer, input_shape: Shape) -> int:
    """The length of the last dimension, on which the weights of a layer depend.

    Raises:
        ShapeError: it is open.
    """
    length = input_shape[-1]
    if length is None:
        raise ShapeError(
            f"layer {layer.name!r} ({type(layer).__name__}) makes weights for the last dimension of its input, and that is open in "
            f"{tuple(input_shape)}: give Input or input_shape its length"
        )
    return length


def layer_of_config(value: Layer | dict[str, Any]) -> Layer:
    """A layer from Keras's configuration of it, {"class_name": ..., "config": ...}; a layer is one already."""
    if isinstance(value, Layer):
        return value
    cls = KNOWN.get(value["class_name"])
    if cls is None:
        raise ArgumentError(f"no layer is named {value['class_name']!r} here: there are {', '.join(sorted(KNOWN))}")
    return cls.from_config(value["config"])


@contextmanager
def quiet() -> Iterator[None]:
    """Within the block no penalty on activities is collected."""
    token = _penalties.set(None)
    try:
        yield
    finally:
        _penalties.reset(token)


@contextmanager
def collecting() -> Iterator[list[Tensor]]:
    """Within the block the penalties on activities that calls meet go into the list."""
    found: list[Any] = []
    token = _penalties.set(found)
    try:
        yield found
    finally:
        _penalties.reset(token)


def _both(first: Any, second: Any) -> Any:
    """The outputs of two tries as tensors without values: lengths that differ are open."""
    if isinstance(first, dict):
        return {key: _both(first[key], second[key]) for key in first}
    if isinstance(first, tuple | list):
        return type(first)([_both(a, b) for a, b in zip(first, second, strict=True)])
    if not isinstance(first, AnyTensor):
        raise ArgumentError(f"a layer of a functional model must give tensors, and this one gave {type(first).__name__}")
    return KerasTensor(tuple(n if n == m else None for n, m in zip(first.shape, second.shape, strict=True)), first.dtype)


def own_weights(layer: Layer) -> list[Any]:
    """The weights of a layer without those of the layers within, in Keras's order: the learned ones first."""
    return [w for w, learned in layer._own if learned] + [w for w, learned in layer._own if not learned]


__all__ = [
    "KNOWN",
    "Input",
    "InputLayer",
    "KerasTensor",
    "Layer",
    "Node",
    "Operation",
    "Shape",
    "collecting",
    "layer_of_config",
    "ordered",
    "own_weights",
    "quiet",
    "symbols",
]
