"""Gradients of convolutions as functions of their own, as in ``torch.nn.grad``: ``conv2d_input``, ``conv2d_weight`` and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.engine.recording import recorded
from autograd.errors import ShapeError, describe
from autograd.ops import convolution
from autograd.ops.convolution import Geometry, adjoint_parameters
from autograd.types import Size, Sizes, Tensor

_DOC = """The gradient of ``conv{n}d`` with respect to its {what}.

    Args:
        {first}
        {second}
        grad_output: the gradient of the output, (batch, outputs{size}).
        stride, padding, dilation, groups: those of the convolution.

    Returns:
        A tensor of the {what}'s shape.

    Raises:
        ShapeError: grad_output does not have the output's shape.

    Example:
        >>> import autograd, nn
        >>> {call}.{show}
        {result}
    """
_SIZE = {1: ", length", 2: ", height, width", 3: ", depth, height, width"}


def _fitted(
    n: int, name: str, input_size: Size, weight_size: Size, grad_output: Tensor, stride: Sizes, padding: Sizes, dilation: Sizes,
    groups: int,
) -> dict[str, Any]:  # fmt: skip
    """The parameters of the op that carries an output's gradient back; raises if the gradient has another shape than the output."""
    geometry = Geometry(tuple(input_size)[-n:], tuple(weight_size), stride, padding, dilation, groups)
    expected = (*tuple(input_size)[: -n - 1], weight_size[0], *geometry.out)
    if tuple(grad_output.shape) != expected:
        raise ShapeError(
            f"{name}: grad_output {describe(grad_output)} must have the output's shape {expected}, which follows from the input's "
            f"shape {tuple(input_size)} and the weight's {tuple(weight_size)}"
        )
    return adjoint_parameters(n, tuple(input_size), expected, tuple(weight_size), stride, padding, dilation, groups)


def _documented(
    function: Callable[..., Tensor], n: int, what: str, first: str, second: str, call: str, show: str, result: str
) -> Any:
    """A function under its name in the family, with its text."""
    function.__name__ = function.__qualname__ = f"conv{n}d_{what}"
    function.__doc__ = _DOC.format(n=n, what=what, first=first, second=second, size=_SIZE[n], call=call, show=show, result=result)
    return function


def _for_input(n: int) -> Any:
    def function(
        input_size: Size, weight: Tensor, grad_output: Tensor, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1,
        groups: int = 1,
    ) -> Tensor:  # fmt: skip
        given = _fitted(n, function.__name__, input_size, weight.shape, grad_output, stride, padding, dilation, groups)
        gradient: Tensor = recorded(convolution.OPS["transpose", n])(grad_output, weight, **given)
        return gradient

    ones = ", ".join("2" * n)
    return _documented(
        function, n, "input", f"input_size: shape of the input, (batch, channels{_SIZE[n]}).",
        f"weight: (outputs, channels / groups{_SIZE[n]}).",
        f"nn.grad.conv{n}d_input({(1, 1, *(3,) * n)}, autograd.ones(1, 1, {ones}), autograd.ones(1, 1, {ones}))",
        "sum().item()", str(float(4**n)),
    )  # fmt: skip


def _for_weight(n: int) -> Any:
    def function(
        input: Tensor, weight_size: Size, grad_output: Tensor, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1,
        groups: int = 1,
    ) -> Tensor:  # fmt: skip
        given = _fitted(n, function.__name__, input.shape, weight_size, grad_output, stride, padding, dilation, groups)
        gradient: Tensor = recorded(convolution.OPS["weight", n])(input, grad_output, kernel=tuple(weight_size)[2:], **given)
        return gradient

    ones = ", ".join("3" * n)
    return _documented(
        function, n, "weight", f"input: (batch, channels{_SIZE[n]}).",
        f"weight_size: shape of the weight, (outputs, channels / groups{_SIZE[n]}).",
        f"nn.grad.conv{n}d_weight(autograd.ones(1, 1, {ones}), {(1, 1, *(2,) * n)}, autograd.ones(1, 1, {ones.replace('3', '2')}))",
        "sum().item()", str(float(4**n)),
    )  # fmt: skip


conv1d_input, conv2d_input, conv3d_input = (_for_input(n) for n in (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = (_for_weight(n) for n in (1, 2, 3))

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]
