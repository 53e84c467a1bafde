"""Batch and layer normalisation."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.errors import ArgumentError
from autograd.types import Sizes, Tensor

from .. import regularizers
from ..base import Layer, Shape
from ..lookup import Named


class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, over all dimensions but one.

    While training mean and variance are the batch's, and the moving ones follow: moving = momentum moving + (1 - momentum) batch,
    the variance as it is, not scaled by n / (n - 1). With ``trainable=False`` the moving ones are used even with training=True.

    Args:
        axis: the dimension that keeps its own statistics. momentum, epsilon: see above. center, scale: whether there are beta and
            gamma. initialisers and regularisers: of the weights. more: as for ``Layer``.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> layer = keras.layers.BatchNormalization()
        >>> _ = layer(np.array([[0.0], [4.0]]), training=True)
        >>> [round(float(w[0]), 2) for w in layer.get_weights()]
        [1.0, 0.0, 0.02, 1.03]
    """

    supports_masking = True

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Named = "zeros", gamma_initializer: Named = "ones", moving_mean_initializer: Named = "zeros",
        moving_variance_initializer: Named = "ones", beta_regularizer: Named | None = None, gamma_regularizer: Named | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self._initial = gamma_initializer, beta_initializer, moving_mean_initializer, moving_variance_initializer
        self._penalty = regularizers.get(gamma_regularizer), regularizers.get(beta_regularizer)

    def build(self, input_shape: Shape) -> None:
        axis = self.axis[0] if isinstance(self.axis, list | tuple) else self.axis
        self._axis = axis % len(input_shape)
        shape = (input_shape[self._axis],)
        self.gamma: Any = (
            self.add_weight(shape, self._initial[0], regularizer=self._penalty[0], name="gamma") if self.scale else None
        )
        self.beta: Any = (
            self.add_weight(shape, self._initial[1], regularizer=self._penalty[1], name="beta") if self.center else None
        )
        self.moving_mean = self.add_weight(shape, self._initial[2], trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(shape, self._initial[3], trainable=False, name="moving_variance")

    def call(self, inputs: Tensor, training: bool = False, mask: Tensor | None = None) -> Tensor:
        """The normalised inputs."""
        shape = [1] * inputs.ndim
        shape[self._axis] = -1
        if training and self.trainable:
            dims = tuple(i for i in range(inputs.ndim) if i != self._axis)
            if mask is None:
                mean, variance = inputs.mean(dims), inputs.var(dims, correction=0)
            else:
                counted = mask.to(inputs.dtype).reshape(*mask.shape, *[1] * (inputs.ndim - mask.ndim))
                total = counted.expand(inputs.shape).sum(dims)
                mean = (inputs * counted).sum(dims) / total
                variance = ((inputs - mean.reshape(shape)) ** 2 * counted).sum(dims) / total
            with autograd.no_grad():
                self.moving_mean.mul_(self.momentum).add_(mean, alpha=1 - self.momentum)
                self.moving_variance.mul_(self.momentum).add_(variance, alpha=1 - self.momentum)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        y = (inputs - mean.reshape(shape)) * (variance.reshape(shape) + self.epsilon).rsqrt()
        if self.gamma is not None:
            y = y * self.gamma.reshape(shape)
        return y if self.beta is None else y + self.beta.reshape(shape)

    def get_config(self) -> dict[str, Any]:
        """Axis, momentum, epsilon, and which weights there are."""
        return {
            **super().get_config(), "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon, "center": self.center,
            "scale": self.scale,
        }  # fmt: skip


class LayerNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, over each sample's own numbers.

    Args:
        axis: the dimensions of mean and variance, the last by default. epsilon: see above. center, scale: whether there are
            beta and gamma. more: as for ``Layer``.

    Raises:
        ArgumentError: an axis that is the batch.
    """

    supports_masking = True

    def __init__(
        self, axis: Sizes = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True, beta_initializer: Named = "zeros",
        gamma_initializer: Named = "ones", beta_regularizer: Named | None = None, gamma_regularizer: Named | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self._initial = gamma_initializer, beta_initializer
        self._penalty = regularizers.get(gamma_regularizer), regularizers.get(beta_regularizer)

    def build(self, input_shape: Shape) -> None:
        dims = sorted(a % len(input_shape) for a in self.axis)
        if 0 in dims:
            raise ArgumentError("LayerNormalization normalises each sample by itself: the batch is none of its axes")
        self._dims = tuple(dims)
        shape = tuple(input_shape[d] for d in dims)
        self._spread = tuple(n if i in dims else 1 for i, n in enumerate(input_shape))
        self.gamma: Any = (
            self.add_weight(shape, self._initial[0], regularizer=self._penalty[0], name="gamma") if self.scale else None
        )
        self.beta: Any = (
            self.add_weight(shape, self._initial[1], regularizer=self._penalty[1], name="beta") if self.center else None
        )

    def call(self, inputs: Tensor) -> Tensor:
        """The normalised inputs."""
        mean, variance = inputs.mean(self._dims, keepdim=True), inputs.var(self._dims, correction=0, keepdim=True)
        y = (inputs - mean) * (variance + self.epsilon).rsqrt()
        if self.gamma is not None:
            y = y * self.gamma.reshape(self._spread)
        return y if self.beta is None else y + self.beta.reshape(self._spread)

    def get_config(self) -> dict[str, Any]:
        """Axis, epsilon, and which weights there are."""
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon, "center": self.center, "scale": self.scale}
