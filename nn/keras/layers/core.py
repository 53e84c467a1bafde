"""Dense, Embedding, Dropout, shapes and activations."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.errors import ArgumentError, ShapeError
from autograd.types import Size, Sizes, Tensor, Tree

from ... import functional as F
from .. import activations, initializers, regularizers
from ..base import Layer, Shape, channels
from ..lookup import Named


class Dense(Layer):
    """activation(x kernel + bias), over the last dimension.

    Args:
        units: outputs. activation: a name or a function; None is the identity. use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: of the weights. kernel_regularizer, bias_regularizer: penalties on them.
        more: as for ``Layer``: name, trainable, input_shape, input_dim, activity_regularizer.

    Shapes: (n, ..., inputs) to (n, ..., units); kernel (inputs, units), bias (units,).

    Raises:
        ArgumentError: units below 1, or an activation that is not known.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
        >>> layer(np.array([[1.0, 2.0]])).tolist()
        [[3.0, 3.0]]
    """

    supports_masking = True

    def __init__(
        self, units: int, activation: Named | None = None, use_bias: bool = True, kernel_initializer: Named = "glorot_uniform",
        bias_initializer: Named = "zeros", kernel_regularizer: Named | None = None, bias_regularizer: Named | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        if not isinstance(units, int | np.integer) or units <= 0:
            raise ArgumentError(f"Received an invalid value for `units`, expected a positive integer, got {units}")
        self.units, self.use_bias = int(units), use_bias
        self.activation = activations.get(activation)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = regularizers.get(kernel_regularizer), regularizers.get(bias_regularizer)
        initializers.get(kernel_initializer)

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            (channels(self, input_shape), self.units), self.kernel_initializer, regularizer=self.kernel_regularizer, name="kernel"
        )
        if self.use_bias:
            self.bias: Any = self.add_weight((self.units,), self.bias_initializer, regularizer=self.bias_regularizer, name="bias")
        else:
            self.bias = None

    def call(self, inputs: Tensor) -> Tensor:
        """activation(inputs kernel + bias)."""
        if inputs.shape[-1] != self.kernel.shape[0]:
            raise ShapeError(
                f"layer {self.name!r} (Dense) was built for {self.kernel.shape[0]} inputs, and got shape {tuple(inputs.shape)}"
            )
        return self.activation(F.linear(inputs, self.kernel.T, self.bias))

    def get_config(self) -> dict[str, Any]:
        """Units, activation and whether there is a bias."""
        return {
            **super().get_config(), "units": self.units, "activation": activations.name_of(self.activation),
            "use_bias": self.use_bias,
        }  # fmt: skip


class Embedding(Layer):
    """Rows of a table, by their numbers.

    Args:
        input_dim: rows. output_dim: numbers of a row. embeddings_initializer, embeddings_regularizer: of the table.
        mask_zero: whether number 0 is padding, which layers behind it leave out. more: as for ``Layer``.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.Embedding(10, 4)(np.array([[1, 2, 3]])).shape
        (1, 3, 4)
    """

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Named = "uniform",
        embeddings_regularizer: Named | None = None, mask_zero: bool = False, input_length: int | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        self.rows, self.output_dim, self.mask_zero = input_dim, output_dim, mask_zero
        self.embeddings_initializer = embeddings_initializer
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.supports_masking = mask_zero

    def build(self, input_shape: Shape) -> None:
        self.embeddings = self.add_weight(
            (self.rows, self.output_dim), self.embeddings_initializer, regularizer=self.embeddings_regularizer, name="embeddings"
        )

    def call(self, inputs: Tensor) -> Tensor:
        """The rows."""
        return F.embedding(inputs if inputs.dtype.kind in "iu" else inputs.to(np.int64), self.embeddings)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        return inputs != 0 if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        """The table's size, and whether 0 is padding."""
        return {**super().get_config(), "input_dim": self.rows, "output_dim": self.output_dim, "mask_zero": self.mask_zero}


class Masking(Layer):
    """Leaves steps out of which all numbers have one value.

    Args:
        mask_value: the value. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **more: Any) -> None:
        super().__init__(**more)
        self.mask_value = mask_value

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs, zeros where a step is left out."""
        return inputs * (inputs != self.mask_value).any(-1, keepdim=True)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        return (inputs != self.mask_value).any(-1)

    def get_config(self) -> dict[str, Any]:
        """The value."""
        return {**super().get_config(), "mask_value": self.mask_value}


class Dropout(Layer):
    """While training, a share of the inputs is 0 and the others are scaled up.

    Args:
        rate: the share. noise_shape: a shape that broadcasts to the input's: what is 1 in it shares its fate. seed: for numbers of
            its own. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Shape | None = None, seed: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        if not 0 <= rate <= 1:
            raise ArgumentError(
                f"Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: {rate}"
            )
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        self._generator = None if seed is None else autograd.Generator().manual_seed(seed)

    def _shape(self, inputs: Tensor) -> Shape | None:
        return self.noise_shape

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, thinned out while training."""
        shape = self._shape(inputs)
        if not training or not self.rate:
            return inputs
        if shape is None and self._generator is None:
            return F.dropout(inputs, self.rate, True)
        shape = tuple(inputs.shape) if shape is None else tuple(n or m for n, m in zip(shape, inputs.shape, strict=True))
        keep = autograd.rand(*shape, generator=self._generator) >= self.rate
        return inputs * keep.to(inputs.dtype) * (1 / (1 - self.rate) if self.rate < 1 else 0.0)

    def get_config(self) -> dict[str, Any]:
        """The rate."""
        return {**super().get_config(), "rate": self.rate}


class SpatialDropout1D(Dropout):
    """Dropout of whole channels of (n, steps, channels)."""

    def _shape(self, inputs: Tensor) -> Shape | None:
        return (inputs.shape[0], 1, inputs.shape[2])


class SpatialDropout2D(Dropout):
    """Dropout of whole channels of (n, rows, columns, channels)."""

    def _shape(self, inputs: Tensor) -> Shape | None:
        return (inputs.shape[0], 1, 1, inputs.shape[3])


class GaussianNoise(Layer):
    """While training, normal numbers of this standard deviation are added.

    Args:
        stddev: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, stddev: float, seed: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.stddev = stddev

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """The inputs, with noise while training."""
        return inputs + self.stddev * autograd.randn_like(inputs) if training and self.stddev else inputs

    def get_config(self) -> dict[str, Any]:
        """The standard deviation."""
        return {**super().get_config(), "stddev": self.stddev}


class Flatten(Layer):
    """All dimensions but the batch in one. A mask is lost here, and a warning says so.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.Flatten()(np.zeros((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, data_format: str | None = None, **more: Any) -> None:
        super().__init__(**more)

    def call(self, inputs: Tensor) -> Tensor:
        """(n, all others)."""
        return inputs.reshape(inputs.shape[0], prod(inputs.shape[1:]))


class Reshape(Layer):
    """Another shape behind the batch.

    Args:
        target_shape: without the batch; one -1 is what is left. more: as for ``Layer``.
    """

    def __init__(self, target_shape: Size, **more: Any) -> None:
        super().__init__(**more)
        self.target_shape = tuple(target_shape)

    def call(self, inputs: Tensor) -> Tensor:
        """(n, target_shape)."""
        return inputs.reshape(inputs.shape[0], *self.target_shape)

    def get_config(self) -> dict[str, Any]:
        """The shape."""
        return {**super().get_config(), "target_shape": list(self.target_shape)}


class Permute(Layer):
    """The dimensions behind the batch in another order.

    Args:
        dims: counted from 1. more: as for ``Layer``.
    """

    def __init__(self, dims: Size, **more: Any) -> None:
        super().__init__(**more)
        self.dims = tuple(dims)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs, permuted."""
        return inputs.permute(0, *self.dims)

    def get_config(self) -> dict[str, Any]:
        """The order."""
        return {**super().get_config(), "dims": list(self.dims)}


class RepeatVector(Layer):
    """(n, numbers) to (n, times, numbers).

    Args:
        n: how often. more: as for ``Layer``.
    """

    def __init__(self, n: int, **more: Any) -> None:
        super().__init__(**more)
        self.n = n

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs, repeated."""
        return inputs.unsqueeze(1).expand(inputs.shape[0], self.n, inputs.shape[1])

    def get_config(self) -> dict[str, Any]:
        """How often."""
        return {**super().get_config(), "n": self.n}


class Lambda(Layer):
    """A function as a layer.

    Args:
        function: of a tensor. more: as for ``Layer``.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.Lambda(lambda x: x * 2)(np.ones((1, 2))).tolist()
        [[2.0, 2.0]]
    """

    def __init__(self, function: Callable[..., Any], **more: Any) -> None:
        for key in ("output_shape", "mask", "arguments"):
            if more.pop(key, None):
                warnings.warn(f"Lambda takes no {key} here: the shape is found by trying the function out", stacklevel=2)
        super().__init__(**more)
        self.function = function

    def call(self, inputs: Tree) -> Tree:
        """function(inputs)."""
        return self.function(inputs)


class Activation(Layer):
    """An activation function as a layer.

    Args:
        activation: a name or a function. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, activation: Named, **more: Any) -> None:
        super().__init__(**more)
        self.activation = activations.get(activation)

    def call(self, inputs: Tensor) -> Tensor:
        """activation(inputs)."""
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        """The function's name."""
        return {**super().get_config(), "activation": activations.name_of(self.activation)}


class ReLU(Layer):
    """x where x > threshold, negative_slope (x - threshold) below, at most max_value.

    Args:
        max_value, negative_slope, threshold: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **more: Any) -> None:
        super().__init__(**more)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def call(self, inputs: Tensor) -> Tensor:
        """relu(inputs)."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        """Slope, threshold and maximum."""
        return {
            **super().get_config(), "max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold,
        }  # fmt: skip


class LeakyReLU(Layer):
    """x where x > 0, negative_slope x elsewhere.

    Args:
        negative_slope: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **more: Any) -> None:
        if "alpha" in more:
            negative_slope = more.pop("alpha")
        super().__init__(**more)
        self.negative_slope = negative_slope

    def call(self, inputs: Tensor) -> Tensor:
        """leaky_relu(inputs)."""
        return F.leaky_relu(inputs, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        """The slope."""
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(Layer):
    """x where x > 0, alpha (exp(x) - 1) elsewhere.

    Args:
        alpha: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **more: Any) -> None:
        super().__init__(**more)
        self.alpha = alpha

    def call(self, inputs: Tensor) -> Tensor:
        """elu(inputs)."""
        return F.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        """Alpha."""
        return {**super().get_config(), "alpha": self.alpha}


class PReLU(Layer):
    """x where x > 0, alpha x elsewhere, with an alpha for each number of the input.

    Args:
        alpha_initializer, alpha_regularizer: of alpha. shared_axes: along which one alpha serves. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Named = "Zeros",
        alpha_regularizer: Named | None = None,
        shared_axes: Sizes | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.alpha_initializer, self.alpha_regularizer = alpha_initializer, regularizers.get(alpha_regularizer)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else list(shared_axes or ())

    def build(self, input_shape: Shape) -> None:
        shape = [1 if i + 1 in self.shared_axes else n for i, n in enumerate(input_shape[1:])]
        self.alpha = self.add_weight(shape, self.alpha_initializer, regularizer=self.alpha_regularizer, name="alpha")

    def call(self, inputs: Tensor) -> Tensor:
        """prelu(inputs)."""
        return F.relu(inputs) - self.alpha * F.relu(-inputs)

    def get_config(self) -> dict[str, Any]:
        """The shared axes."""
        return {**super().get_config(), "shared_axes": self.shared_axes}


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along an axis.

    Args:
        axis: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, axis: int = -1, **more: Any) -> None:
        super().__init__(**more)
        self.axis = axis

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """softmax(inputs), 0 where the mask leaves out."""
        return F.softmax(inputs if mask is None else inputs + (make(~mask.array * np.float32(-1e9))), self.axis)

    def get_config(self) -> dict[str, Any]:
        """The axis."""
        return {**super().get_config(), "axis": self.axis}


class Rescaling(Layer):
    """x scale + offset.

    Args:
        scale, offset: see above. more: as for ``Layer``.
    """

    supports_masking = True

    def __init__(self, scale: float, offset: float = 0.0, **more: Any) -> None:
        super().__init__(**more)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Tensor) -> Tensor:
        """inputs scale + offset."""
        return inputs.to(self.dtype) * self.scale + self.offset

    def get_config(self) -> dict[str, Any]:
        """Scale and offset."""
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
