"""SimpleRNN, LSTM, GRU, both directions, and a layer at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd.errors import ShapeError
from autograd.types import DType, Size, Tensor

from ... import functional as F
from .. import activations, initializers, regularizers
from ..base import Layer, Shape, channels, layer_of_config
from ..lookup import Named


class _Recurrent(Layer):
    """A layer that goes through (n, steps, numbers) step by step; a step that a mask leaves out keeps the state.

    A subclass says its ``gates`` and what a ``step`` does with the inputs' part of all gates and the state.
    """

    supports_masking = True
    gates = 1
    states = 1

    def __init__(
        self, units: int, activation: Named | None = "tanh", recurrent_activation: Named | None = "sigmoid", use_bias: bool = True,
        kernel_initializer: Named = "glorot_uniform", recurrent_initializer: Named = "orthogonal",
        bias_initializer: Named = "zeros", kernel_regularizer: Named | None = None, recurrent_regularizer: Named | None = None,
        bias_regularizer: Named | None = None, dropout: float = 0.0, recurrent_dropout: float = 0.0, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, unroll: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        if stateful:
            raise NotImplementedError(f"{type(self).__name__}(stateful=True): give initial_state, and take return_state=True")
        self.units, self.use_bias, self.dropout, self.recurrent_dropout = units, use_bias, dropout, recurrent_dropout
        self.activation, self.recurrent_activation = activations.get(activation), activations.get(recurrent_activation)
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        self._initial = kernel_initializer, recurrent_initializer, bias_initializer
        self._penalty = tuple(regularizers.get(r) for r in (kernel_regularizer, recurrent_regularizer, bias_regularizer))

    def build(self, input_shape: Shape) -> None:
        u, g = self.units, self.gates
        self.kernel = self.add_weight(
            (channels(self, input_shape), g * u), self._initial[0], regularizer=self._penalty[0], name="kernel"
        )
        self.recurrent_kernel = self.add_weight((u, g * u), self._initial[1], regularizer=self._penalty[1], name="recurrent_kernel")
        if not self.use_bias:
            self.bias: Any = None
        else:
            self.bias = self.add_weight(self._bias_shape(), self._bias_values, regularizer=self._penalty[2], name="bias")

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def _bias_values(self, shape: Size, dtype: DType) -> np.ndarray:
        values: np.ndarray = initializers.get(self._initial[2])(shape, dtype)
        return values

    def step(self, x: Tensor, state: tuple[Tensor, ...], dropped: Tensor | None) -> tuple[Tensor, ...]:
        """The next state, its first part the output, of an input's part of all gates and the state."""
        raise NotImplementedError

    def _inputs(self, inputs: Tensor) -> Tensor:
        """The inputs' part of all gates, of all steps at once."""
        return F.linear(inputs, self.kernel.T, self.bias)

    def call(
        self,
        inputs: Tensor,
        initial_state: Tensor | Sequence[Tensor] | None = None,
        training: bool = False,
        mask: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, ...]:
        """The output of the last step, or of all (``return_sequences``); behind it the states (``return_state``)."""
        if inputs.ndim != 3:
            raise ShapeError(f"layer {self.name!r} ({type(self).__name__}) takes (n, steps, numbers), not {tuple(inputs.shape)}")
        n, steps = inputs.shape[:2]
        if self.dropout and training:  # one pattern for all steps
            keep = F.dropout(autograd.ones(n, 1, inputs.shape[2], dtype=inputs.dtype), self.dropout, True)
            inputs = inputs * keep
        dropped = None
        if self.recurrent_dropout and training:
            dropped = F.dropout(autograd.ones(n, self.units, dtype=inputs.dtype), self.recurrent_dropout, True)
        parts = self._inputs(inputs)
        if initial_state is None:
            state = tuple(autograd.zeros(n, self.units, dtype=inputs.dtype) for _ in range(self.states))
        else:
            state = (initial_state,) if isinstance(initial_state, autograd.Tensor) else tuple(initial_state)
        order = range(steps - 1, -1, -1) if self.go_backwards else range(steps)
        outputs = []
        output = autograd.zeros(n, self.units, dtype=inputs.dtype)
        for t in order:
            new = self.step(parts[:, t], state, dropped)
            if mask is None:
                state, output = new, new[0]
            else:
                known = mask[:, t].unsqueeze(-1)
                output = autograd.where(known, new[0], output)
                state = tuple(autograd.where(known, a, b) for a, b in zip(new, state, strict=True))
            if self.return_sequences:
                outputs.append(output)
        y = autograd.stack(outputs, 1) if self.return_sequences else output
        return (y, *state) if self.return_state else y

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | tuple[Tensor | None, ...] | None:
        own = mask if self.return_sequences else None
        return (own, *[None] * self.states) if self.return_state else own

    def get_config(self) -> dict[str, Any]:
        """Units, activations and what is returned."""
        return {
            **super().get_config(), "units": self.units, "activation": activations.name_of(self.activation),
            "recurrent_activation": activations.name_of(self.recurrent_activation), "use_bias": self.use_bias,
            "dropout": self.dropout, "recurrent_dropout": self.recurrent_dropout, "return_sequences": self.return_sequences,
            "return_state": self.return_state, "go_backwards": self.go_backwards,
        }  # fmt: skip


class SimpleRNN(_Recurrent):
    """h = activation(x kernel + h recurrent_kernel + bias).

    Args:
        units: numbers of a state. activation: a name or a function. use_bias, initialisers, regularisers: as for ``Dense``.
        dropout, recurrent_dropout: shares of the inputs and of the state that are left out while training, the same at every step.
        return_sequences: every step's output, not the last one's alone. return_state: the states behind the output.
        go_backwards: from the last step to the first. more: as for ``Layer``.
    """

    def __init__(self, units: int, activation: Named | None = "tanh", use_bias: bool = True, **more: Any) -> None:
        more.pop("recurrent_activation", None)
        super().__init__(units, activation, "linear", use_bias, **more)

    def step(self, x: Tensor, state: tuple[Tensor, ...], dropped: Tensor | None) -> tuple[Tensor, ...]:
        (h,) = state
        return (self.activation(x + (h if dropped is None else h * dropped) @ self.recurrent_kernel),)


class LSTM(_Recurrent):
    """Long short-term memory: i, f, o = sigmoid(...), g = tanh(...), c = f c + i g, h = o tanh(c).

    Args:
        units: numbers of a state. activation: of g and of c; recurrent_activation: of the gates. use_bias, initialisers,
            regularisers: as for ``Dense``. unit_forget_bias: whether the bias of f starts at 1.
        dropout, recurrent_dropout, return_sequences, return_state, go_backwards: as for ``SimpleRNN``. more: as for ``Layer``.

    Shapes: kernel (inputs, 4 units), recurrent_kernel (units, 4 units), bias (4 units): i, f, g, o.

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.LSTM(3)(np.ones((2, 5, 4))).shape
        (2, 3)
    """

    gates = 4
    states = 2

    def __init__(
        self, units: int, activation: Named | None = "tanh", recurrent_activation: Named | None = "sigmoid", use_bias: bool = True,
        unit_forget_bias: bool = True, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(units, activation, recurrent_activation, use_bias, **more)
        self.unit_forget_bias = unit_forget_bias

    def _bias_values(self, shape: Size, dtype: DType) -> np.ndarray:
        values = super()._bias_values(shape, dtype)
        if self.unit_forget_bias:
            values[self.units : 2 * self.units] = 1
        return values

    def step(self, x: Tensor, state: tuple[Tensor, ...], dropped: Tensor | None) -> tuple[Tensor, ...]:
        h, c = state
        gates = x + (h if dropped is None else h * dropped) @ self.recurrent_kernel
        i, f, g, o = gates.chunk(4, -1)
        squash = self.recurrent_activation
        c = squash(f) * c + squash(i) * self.activation(g)
        return squash(o) * self.activation(c), c

    def get_config(self) -> dict[str, Any]:
        """Units, activations and what is returned."""
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}


class GRU(_Recurrent):
    """Gated recurrent unit: z, r = sigmoid(...), g = tanh(x W + r (h U + b)), h = z h + (1 - z) g.

    Args:
        units: numbers of a state. activation: of g; recurrent_activation: of the gates. use_bias, initialisers, regularisers: as
            for ``Dense``. reset_after: whether r is multiplied after the product with U (then there is a second bias) or before.
        dropout, recurrent_dropout, return_sequences, return_state, go_backwards: as for ``SimpleRNN``. more: as for ``Layer``.

    Shapes: kernel (inputs, 3 units), recurrent_kernel (units, 3 units): z, r, g; bias (2, 3 units), or (3 units).

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014.
    """

    gates = 3

    def __init__(
        self, units: int, activation: Named | None = "tanh", recurrent_activation: Named | None = "sigmoid", use_bias: bool = True,
        reset_after: bool = True, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(units, activation, recurrent_activation, use_bias, **more)
        self.reset_after = reset_after

    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _inputs(self, inputs: Tensor) -> Tensor:
        bias = self.bias[0] if self.bias is not None and self.reset_after else self.bias
        return F.linear(inputs, self.kernel.T, bias)

    def step(self, x: Tensor, state: tuple[Tensor, ...], dropped: Tensor | None) -> tuple[Tensor, ...]:
        (h,) = state
        u, squash = self.units, self.recurrent_activation
        old = h if dropped is None else h * dropped
        if self.reset_after:
            inner = F.linear(old, self.recurrent_kernel.T, None if self.bias is None else self.bias[1])
            z, r = squash(x[:, :u] + inner[:, :u]), squash(x[:, u : 2 * u] + inner[:, u : 2 * u])
            g = self.activation(x[:, 2 * u :] + r * inner[:, 2 * u :])
        else:
            inner = old @ self.recurrent_kernel[:, : 2 * u]
            z, r = squash(x[:, :u] + inner[:, :u]), squash(x[:, u : 2 * u] + inner[:, u:])
            g = self.activation(x[:, 2 * u :] + (r * old) @ self.recurrent_kernel[:, 2 * u :])
        return (z * h + (1 - z) * g,)

    def get_config(self) -> dict[str, Any]:
        """Units, activations and what is returned."""
        return {**super().get_config(), "reset_after": self.reset_after}


class Bidirectional(Layer):
    """A recurrent layer and its copy that goes backwards.

    Args:
        layer: the recurrent layer. merge_mode: "concat", "sum", "mul", "ave", or None for both outputs. backward_layer: another
            layer in place of the copy. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(
        self,
        layer: Layer | dict[str, Any],
        merge_mode: str | None = "concat",
        backward_layer: Layer | dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        layer = layer_of_config(layer)
        self.forward_layer, self.merge_mode = layer, merge_mode
        if backward_layer is None:
            config = {**layer.get_config(), "go_backwards": not layer.go_backwards, "name": f"backward_{layer.name}"}
            backward_layer = type(layer).from_config(config)
        self.backward_layer = layer_of_config(backward_layer)
        if self._given_shape is None:
            self._given_shape = layer._given_shape

    def call(self, inputs: Tensor, training: bool = False, mask: Tensor | None = None) -> Tensor | tuple[Tensor, ...]:
        """The outputs of both directions in one."""
        a = self.forward_layer(inputs, training=training, mask=mask)
        b = self.backward_layer(inputs, training=training, mask=mask)
        states: tuple[Any, ...] = ()
        if self.forward_layer.return_state:
            a, *first = a
            b, *second = b
            states = (*first, *second)
        if self.forward_layer.return_sequences:
            b = b.flip(1)
        if self.merge_mode is None:
            return (a, b, *states)
        merge = {
            "concat": lambda: autograd.cat([a, b], -1), "sum": lambda: a + b, "mul": lambda: a * b, "ave": lambda: (a + b) / 2,
        }[self.merge_mode]  # fmt: skip
        return (merge(), *states) if states else merge()

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | tuple[Tensor | None, ...] | None:
        return mask if self.forward_layer.return_sequences else None

    def get_config(self) -> dict[str, Any]:
        """The layer, and how the outputs are merged."""
        inner = {"class_name": type(self.forward_layer).__name__, "config": self.forward_layer.get_config()}
        return {**super().get_config(), "layer": inner, "merge_mode": self.merge_mode}


class TimeDistributed(Layer):
    """A layer at each step of (n, steps, ...).

    Args:
        layer: the layer. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, layer: Layer | dict[str, Any], **more: Any) -> None:
        super().__init__(**more)
        self.layer = layer_of_config(layer)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """(n, steps, ...)."""
        n, steps = inputs.shape[:2]
        y = self.layer(inputs.reshape(n * steps, *inputs.shape[2:]), training=training)
        return y.reshape(n, steps, *y.shape[1:])

    def get_config(self) -> dict[str, Any]:
        """The layer."""
        return {**super().get_config(), "layer": {"class_name": type(self.layer).__name__, "config": self.layer.get_config()}}
