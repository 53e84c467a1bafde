"""Affine and bilinear layers, and those that change nothing or only the shape."""

from __future__ import annotations

import math
from typing import Any

from autograd.errors import ArgumentError
from autograd.functions.linear import affine
from autograd.types import Device, DType, Size, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import UninitializedParameter, empty, is_lazy
from .checks import floating
from .lazy import LazyModule


class Identity(Module):
    """Returns its input. It accepts and ignores any arguments.

    Example:
        >>> import autograd, nn
        >>> nn.Identity(54, unused=True)(autograd.tensor([1.0, 2.0]))
        tensor([1., 2.], dtype=float32)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input."""
        return input


class Linear(Module):
    """y = x W^T + b.

    Args:
        in_features: size of the last dimension of x. out_features: size of the last dimension of y.
        bias: whether b is added.
        device, dtype: of the parameters.

    Shapes: weight (out_features, in_features), bias (out_features,); both start from U(-k, k), k = 1 / sqrt(in_features).

    Example:
        >>> import autograd, nn
        >>> nn.Linear(20, 30)(autograd.ones(128, 20)).shape
        (128, 30)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Device | None = None, dtype: DType | None = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = empty((out_features, in_features), dtype, device)
        if bias:
            self.bias = empty(out_features, dtype, device)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """x W^T + b, over the last dimension."""
        return affine(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """y_k = x1^T A_k x2 + b_k.

    Args:
        in1_features, in2_features: sizes of the last dimensions of x1 and x2.
        out_features: size of the last dimension of y.
        bias: whether b is added.
        device, dtype: of the parameters.

    Shapes: weight (out_features, in1_features, in2_features), bias (out_features,).

    Example:
        >>> import autograd, nn
        >>> nn.Bilinear(20, 30, 40)(autograd.ones(128, 20), autograd.ones(128, 30)).shape
        (128, 40)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ArgumentError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = empty((out_features, in1_features, in2_features), dtype, device)
        if bias:
            self.bias = empty(out_features, dtype, device)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, from U(-k, k) with k = 1 / sqrt(in1_features)."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x1^T A x2 + b, over the last dimensions."""
        floating(self, input1)
        floating(self, input2)
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class LazyLinear(LazyModule, Linear):
    """A ``Linear`` that takes ``in_features`` from its first input.

    Args:
        out_features: size of the last dimension of y. bias: whether b is added.

    Example:
        >>> import autograd, nn
        >>> layer = nn.LazyLinear(30)
        >>> layer(autograd.ones(128, 20)).shape
        (128, 30)
        >>> layer
        Linear(in_features=20, out_features=30, bias=True)
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Device | None = None, dtype: DType | None = None) -> None:
        super().__init__(0, 0, False, device, dtype)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, once they have a shape."""
        if self.in_features and not is_lazy(self.weight):
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Give the parameters the shapes that fit an input."""
        self.in_features = input.shape[-1]
        if self.has_uninitialized_params():
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()


class Flatten(Module):
    """Joins several dimensions into one: (n, c, h, w) becomes (n, c h w).

    Args:
        start_dim: the first dimension to join. end_dim: the last.

    Example:
        >>> import autograd, nn
        >>> nn.Flatten()(autograd.ones(8, 3, 4, 5)).shape
        (8, 60)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input in its new shape."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits one dimension into several.

    Args:
        dim: the dimension to split.
        unflattened_size: the lengths of the new dimensions. One may be -1: it follows from the others.

    Example:
        >>> import autograd, nn
        >>> nn.Unflatten(1, (3, -1))(autograd.ones(8, 12)).shape
        (8, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: int | Size) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise TypeError(f"dim must be an int (there are no named dimensions here), not {type(dim).__name__}")
        if not isinstance(unflattened_size, tuple | list) or not all(isinstance(n, int) for n in unflattened_size):
            raise TypeError(f"unflattened_size must be a tuple of ints, but got {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """The input in its new shape."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
