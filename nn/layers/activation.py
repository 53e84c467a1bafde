"""Activations as layers. Each is its function in ``nn.functional``, with that function's parameters as attributes."""

from __future__ import annotations

from typing import Any

from autograd.errors import ShapeError, describe
from autograd.types import Device, DType, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import empty
from .checks import floating
from .function_layer import FunctionLayer


class _Plain(FunctionLayer):
    """An activation without settings. It accepts and ignores any arguments, as PyTorch's do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()


class Sigmoid(_Plain):
    """1 / (1 + e^-x), element by element.

    Example:
        >>> import autograd, nn
        >>> nn.Sigmoid()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([0.1192, 0.6225, 0.9820], dtype=float32)
    """

    _function = staticmethod(F.sigmoid)


class Tanh(_Plain):
    """(e^x - e^-x) / (e^x + e^-x), element by element.

    Example:
        >>> import autograd, nn
        >>> nn.Tanh()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.9640,  0.4621,  0.9993], dtype=float32)
    """

    _function = staticmethod(F.tanh)


class LogSigmoid(_Plain):
    """log(1 / (1 + e^-x)), without overflow.

    Example:
        >>> import autograd, nn
        >>> nn.LogSigmoid()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-2.1269, -0.4741, -0.0181], dtype=float32)
    """

    _function = staticmethod(F.logsigmoid)


class Softsign(_Plain):
    """x / (1 + |x|), element by element.

    Example:
        >>> import autograd, nn
        >>> nn.Softsign()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.6667,  0.3333,  0.8000], dtype=float32)
    """

    _function = staticmethod(F.softsign)


class Tanhshrink(_Plain):
    """x - tanh(x), element by element.

    Example:
        >>> import autograd, nn
        >>> nn.Tanhshrink()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.0360,  0.0379,  3.0007], dtype=float32)
    """

    _function = staticmethod(F.tanhshrink)


class _Inplace(FunctionLayer):
    """An activation that may write its result into its input. ``inplace`` is the last setting, and is shown where it is True."""

    _settings: tuple[str, ...] = ("inplace",)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return ", ".join([*([text] if text else []), "inplace=True"]) if self.inplace else text


class ReLU(_Inplace):
    """max(x, 0).

    Args:
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.ReLU()(autograd.tensor([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    _function = staticmethod(F.relu)


class ReLU6(_Inplace):
    """min(max(x, 0), 6), element by element.

    Args:
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.ReLU6()(autograd.tensor([-2.0, 0.5, 8.0]))
        tensor([0.0000, 0.5000, 6.0000], dtype=float32)
    """

    _function = staticmethod(F.relu6)


class SiLU(_Inplace):
    """x sigmoid(x), also called swish.

    Args:
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.SiLU()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.2384,  0.3112,  3.9281], dtype=float32)
    """

    _function = staticmethod(F.silu)


class Mish(_Inplace):
    """x tanh(log(1 + e^x)).

    Args:
        inplace: write the result into the input.

    Source: Misra, Mish: a self regularized non-monotonic activation function, 2019.

    Example:
        >>> import autograd, nn
        >>> nn.Mish()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.2525,  0.3752,  3.9974], dtype=float32)
    """

    _function = staticmethod(F.mish)


class Hardswish(_Inplace):
    """x min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.Hardswish()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.3333,  0.2917,  4.0000], dtype=float32)
    """

    _function = staticmethod(F.hardswish)


class Hardsigmoid(_Inplace):
    """min(max(x + 3, 0), 6) / 6.

    Args:
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.Hardsigmoid()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([0.1667, 0.5833, 1.0000], dtype=float32)
    """

    _function = staticmethod(F.hardsigmoid)


class SELU(_Inplace):
    """s (x where x > 0, alpha (e^x - 1) elsewhere), with s = 1.0507 and alpha = 1.6733: it keeps mean 0 and variance 1.

    Args:
        inplace: write the result into the input.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.

    Example:
        >>> import autograd, nn
        >>> nn.SELU()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.5202,  0.5254,  4.2028], dtype=float32)
    """

    _function = staticmethod(F.selu)


class Threshold(_Inplace):
    """x where x > threshold, value elsewhere.

    Args:
        threshold: up to it, an element is replaced.
        value: replaces it.
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.Threshold(1.0, 20.0)(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([20., 20.,  4.], dtype=float32)
    """

    _function = staticmethod(F.threshold)
    _settings = ("threshold", "value", "inplace")
    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value


class Hardtanh(_Inplace):
    """min(max(x, min_val), max_val).

    Args:
        min_val: the smallest result. max_val: the largest result.
        inplace: write the result into the input.
        min_value, max_value: older names of min_val and max_val.

    Raises:
        ValueError: max_val is not larger than min_val.

    Example:
        >>> import autograd, nn
        >>> nn.Hardtanh()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.0000,  0.5000,  1.0000], dtype=float32)
    """

    _function = staticmethod(F.hardtanh)
    _settings = ("min_val", "max_val", "inplace")
    _shown = ("min_val", "max_val")

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(inplace)
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        if self.max_val <= self.min_val:
            raise ValueError(f"max_val must be larger than min_val: max_val={self.max_val}, min_val={self.min_val}")


class ELU(_Inplace):
    """x where x > 0, alpha (e^x - 1) elsewhere.

    Args:
        alpha: the function approaches -alpha far below 0.
        inplace: write the result into the input.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.ELU()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.8647,  0.5000,  4.0000], dtype=float32)
    """

    _function = staticmethod(F.elu)
    _settings = ("alpha", "inplace")
    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha


class CELU(_Inplace):
    """x where x > 0, alpha (e^(x / alpha) - 1) elsewhere.

    Args:
        alpha: the function approaches -alpha far below 0.
        inplace: write the result into the input.

    Source: Barron, Continuously differentiable exponential linear units, 2017.

    Example:
        >>> import autograd, nn
        >>> nn.CELU(2.0)(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.2642,  0.5000,  4.0000], dtype=float32)
    """

    _function = staticmethod(F.celu)
    _settings = ("alpha", "inplace")
    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha


class LeakyReLU(_Inplace):
    """x where x > 0, negative_slope x elsewhere.

    Args:
        negative_slope: the slope below 0.
        inplace: write the result into the input.

    Example:
        >>> import autograd, nn
        >>> nn.LeakyReLU(0.1)(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.2000,  0.5000,  4.0000], dtype=float32)
    """

    _function = staticmethod(F.leaky_relu)
    _settings = ("negative_slope", "inplace")
    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope


class RReLU(_Inplace):
    """x where x > 0, a x elsewhere. In training a is drawn from U(lower, upper), otherwise it is their mean.

    Args:
        lower: the smallest slope. upper: the largest slope.
        inplace: write the result into the input.

    Attributes:
        generator: draws the slopes; None for the default generator.

    Source: Xu et al., Empirical evaluation of rectified activations in convolutional network, 2015.

    Example:
        >>> import autograd, nn
        >>> nn.RReLU(0.1, 0.3).eval()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.4000,  0.5000,  4.0000], dtype=float32)
    """

    _function = staticmethod(F.rrelu)
    _settings = ("lower", "upper", "training", "inplace", "generator")
    _shown = ("lower", "upper")

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper
        self.generator: Any = None

    def forward(self, input: Tensor) -> Tensor:
        """The function of every element."""
        floating(self, input, "f")
        return super().forward(input)


class GLU(FunctionLayer):
    """a sigmoid(b), where a and b are the two halves of the input.

    Args:
        dim: the dimension that is halved; its length must be even.

    Source: Dauphin et al., Language modeling with gated convolutional networks, 2017.

    Example:
        >>> import autograd, nn
        >>> nn.GLU()(autograd.tensor([1.0, 2.0, 0.0, 100.0]))
        tensor([0.5000, 2.0000], dtype=float32)
    """

    _function = staticmethod(F.glu)
    _settings = _shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """A tensor half as long along the dimension."""
        floating(self, input, "f")
        return super().forward(input)


class GELU(FunctionLayer):
    """x P(X <= x) with X ~ N(0, 1).

    Args:
        approximate: "none", or "tanh" for x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.GELU()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.0455,  0.3457,  3.9999], dtype=float32)
    """

    _function = staticmethod(F.gelu)
    _settings = _shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate


class Softplus(FunctionLayer):
    """log(1 + e^(beta x)) / beta; x itself where beta x > threshold.

    Args:
        beta: the sharpness of the bend at 0.
        threshold: above it the function is the identity, so that nothing overflows.

    Example:
        >>> import autograd, nn
        >>> nn.Softplus()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([0.1269, 0.9741, 4.0181], dtype=float32)
    """

    _function = staticmethod(F.softplus)
    _settings = _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold


class _Shrink(FunctionLayer):
    """An activation that makes small numbers 0."""

    _settings = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_Shrink):
    """x where |x| > lambd, 0 elsewhere.

    Args:
        lambd: the largest size that becomes 0.

    Example:
        >>> import autograd, nn
        >>> nn.Hardshrink()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-2.,  0.,  4.], dtype=float32)
    """

    _function = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """x - lambd where x > lambd, x + lambd where x < -lambd, 0 elsewhere.

    Args:
        lambd: the largest size that becomes 0; not negative.

    Example:
        >>> import autograd, nn
        >>> nn.Softshrink()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-1.5000,  0.0000,  3.5000], dtype=float32)
    """

    _function = staticmethod(F.softshrink)


class PReLU(FunctionLayer):
    """x where x > 0, weight x elsewhere; the weight is learned.

    Args:
        num_parameters: 1, or the number of channels (dimension 1) for a weight each.
        init: the weight's value at the start.
        device, dtype: of the weight.

    Shapes: weight (num_parameters,).

    Raises:
        ShapeError: the input has another number of channels.

    Source: He et al., Delving deep into rectifiers, 2015.

    Example:
        >>> import autograd, nn
        >>> nn.PReLU()(autograd.tensor([-2.0, 0.5, 4.0]))
        tensor([-0.5000,  0.5000,  4.0000], dtype=float32, grad_fn=<prelu>)
    """

    _function = staticmethod(F.prelu)
    _settings = ("weight",)
    _shown = ("num_parameters",)

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Device | None = None, dtype: DType | None = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = empty(num_parameters, dtype, device)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to its value at the start."""
        init.constant_(self.weight, self.init)


class _Along(FunctionLayer):
    """A function of the numbers along one dimension; the result has the input's shape."""

    _settings = _shown = ("dim",)

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim


class Softmax(_Along):
    """e^x / sum(e^x) along a dimension.

    Args:
        dim: the dimension along which the result sums to 1.

    Example:
        >>> import autograd, nn
        >>> nn.Softmax(dim=-1)(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([0.0900, 0.2447, 0.6652], dtype=float32)
    """

    _function = staticmethod(F.softmax)


class Softmin(_Along):
    """e^-x / sum(e^-x) along a dimension.

    Args:
        dim: the dimension along which the result sums to 1.

    Example:
        >>> import autograd, nn
        >>> nn.Softmin(dim=-1)(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([0.6652, 0.2447, 0.0900], dtype=float32)
    """

    _function = staticmethod(F.softmin)


class LogSoftmax(_Along):
    """x - log(sum(e^x)) along a dimension, without overflow.

    Args:
        dim: the dimension along which the exponentials sum to 1.

    Example:
        >>> import autograd, nn
        >>> nn.LogSoftmax(dim=-1)(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([-2.4076, -1.4076, -0.4076], dtype=float32)
    """

    _function = staticmethod(F.log_softmax)


class Softmax2d(Module):
    """Softmax over the channels of (n, c, height, width) or (c, height, width).

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.Softmax2d()(autograd.ones(1, 4, 1, 2))[0, :, 0, 0]
        tensor([0.2500, 0.2500, 0.2500, 0.2500], dtype=float32)
    """

    def forward(self, input: Tensor) -> Tensor:
        """A tensor of the input's shape, with numbers in (0, 1) that sum to 1 over the channels."""
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: expected input to be 3D or 4D, got {describe(input)}")
        return F.softmax(input, -3)
