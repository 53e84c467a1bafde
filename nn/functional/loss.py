"""Losses between numbers and numbers, as functions; and the checks of shapes and the reductions that all losses use.

A loss never broadcasts: (n, 1) against (n,) would be the mean of n * n numbers, and the network would learn nothing but their mean.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.engine.modes import here
from autograd.engine.recording import AnyTensor, operand, recorded
from autograd.errors import ArgumentError, DtypeError, ShapeError, describe
from autograd.ops.loss import pointwise as ops
from autograd.types import Tensor, TensorLike

_mean_square = recorded(ops.mean_square)
_huber = recorded(ops.huber)
_bce = recorded(ops.bce)
_bce_with_logits = recorded(ops.bce_with_logits)
_mean_bce_with_logits = recorded(ops.mean_bce_with_logits)
REDUCTIONS = ops.REDUCTIONS


# ------------------------------------------------------------------------------------------------------------------- shared


def reduction_of(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """Return the reduction: ``reduction``, or the one that PyTorch's deprecated arguments mean if they are given."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is not None and not reduce else "mean" if size_average is None or size_average else "sum"
    warnings.warn(f"size_average and reduce args are deprecated, please use reduction='{meant}' instead.", stacklevel=4)
    return meant


def known(name: str, reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise unless the reduction is one of the allowed names."""
    if reduction not in allowed:
        words = ", ".join(repr(r) for r in allowed[:-1])
        raise ArgumentError(f"{here(name)}: reduction must be {words} or {allowed[-1]!r}, not {reduction!r}")


def reduced(name: str, losses: Tensor, reduction: str) -> Tensor:
    """Return the losses, their sum or their mean, as the reduction says."""
    if reduction == "mean":
        return autograd.mean(losses)
    if reduction == "sum":
        return autograd.sum(losses)
    known(name, reduction)
    return losses


def tensor(name: str, what: str, value: TensorLike) -> Tensor:
    """Return a tensor as it is, and an array as a tensor."""
    return value if isinstance(value, AnyTensor) else make(np.asarray(operand(value, f"{name}'s {what}")[0]))


def numbers(name: str, what: str, value: TensorLike, kinds: str = "f") -> Tensor:
    """Return a tensor as it is, and an array as a tensor; raise unless it holds floating numbers (complex too for kinds "fc")."""
    t = tensor(name, what, value)
    if t.array.dtype.kind not in kinds:
        how = "which have no order" if t.array.dtype.kind == "c" else "convert with .float()"
        raise DtypeError(f"{here(name)}: {what} must hold floating numbers, not {describe(t.array)}: {how}")
    return t


def same_shape(name: str, **operands: Any) -> None:
    """Raise unless all operands have the same shape. The error shows their shapes and says what to do."""
    (first, a), *others = operands.items()
    for second, b in others:
        if a.shape != b.shape:
            raise ShapeError(_differing(name, first, a, second, b))


def _differing(name: str, first: str, a: Any, second: str, b: Any) -> str:
    said = f"{here(name)}: {first} {describe(a)} and {second} {describe(b)} differ in shape"
    try:
        both = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        if a.size == b.size:
            return f"{said}; they have as many elements: {second}.reshape({first}.shape) if those correspond in their order"
        return f"{said}, and cannot be broadcast either"
    said += f". Broadcast against each other they would give {math.prod(both)} losses, {both}"
    if math.prod(a.shape) == math.prod(b.shape):
        return f"{said}, which is hardly ever meant: use {second}.view_as({first})"
    small, large = (second, first) if tuple(both) == tuple(a.shape) else (first, second)
    if tuple(both) in (tuple(a.shape), tuple(b.shape)):
        return f"{said}: if that is meant, say so with {small}.expand_as({large})"
    return f"{said}: if that is meant, say so with {first}, {second} = autograd.broadcast_tensors({first}, {second})"


def pair(name: str, input: TensorLike, target: TensorLike, kinds: str = "f") -> tuple[Tensor, Tensor]:
    """Input and target as tensors of one shape; a target of integers or booleans takes the dtype of the input."""
    if not isinstance(input, AnyTensor) or input.array.dtype.kind not in kinds:
        input = numbers(name, "input", input, kinds)
    if not isinstance(target, AnyTensor):
        target = tensor(name, "target", target)
    x, t = input.array, target.array
    if x.shape != t.shape:
        raise ShapeError(_differing(name, "input", x, "target", t))
    if t.dtype.kind in "iub":
        target = make(t.astype(x.dtype))
    elif t.dtype.kind not in kinds:
        numbers(name, "target", target, kinds)
    return input, target


def weighing(name: str, weight: TensorLike, shape: tuple[int, ...]) -> TensorLike:
    """Return a weight as it is; raise unless it broadcasts to the shape of the losses."""
    array, _ = operand(weight, f"{name}'s weight")
    array = np.asarray(array)
    try:
        fits = np.broadcast_shapes(array.shape, shape) == tuple(shape)
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{here(name)}: weight {describe(array)} does not broadcast to the losses, {tuple(shape)}")
    return weight


# ------------------------------------------------------------------------------------------------------- numbers and numbers


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:  # fmt: skip
    """Squared differences.

    Formula: mean((input - target)^2); with a weight of the same shape sum(w (input - target)^2) / sum(w).

    Args:
        input: any shape.
        target: of the input's shape.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.
        weight: the factor of each loss, of a shape that broadcasts to the input's.

    Raises:
        ShapeError: input and target of different shapes, which would be broadcast.

    Example:
        >>> import autograd, nn
        >>> nn.functional.mse_loss(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(2.5000, dtype=float32)
    """
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair("mse_loss", input, target)
    if reduction == "mean" and weight is None:
        return _mean_square(input, target)
    return _weighted("mse_loss", autograd.square(autograd.sub(input, target)), reduction, weight)


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: TensorLike | None = None,
) -> Tensor:  # fmt: skip
    """Absolute differences.

    Formula: mean(|input - target|); with a weight of the same shape sum(w |input - target|) / sum(w).

    Args:
        input: any shape.
        target: of the input's shape.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.
        weight: the factor of each loss, of a shape that broadcasts to the input's.

    Raises:
        ShapeError: input and target of different shapes, which would be broadcast.

    Example:
        >>> import autograd, nn
        >>> nn.functional.l1_loss(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(1.5000, dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair("l1_loss", input, target, "fc")
    return _weighted("l1_loss", autograd.abs(autograd.sub(input, target)), reduction, weight)


def _weighted(name: str, losses: Tensor, reduction: str, weight: Any) -> Tensor:
    if weight is None:
        return reduced(name, losses, reduction)
    weight = numbers(name, "weight", weight)
    same_shape(name, input=losses, weight=weight)
    losses = autograd.mul(losses, weight)
    if reduction == "mean":
        return autograd.div(autograd.sum(losses), autograd.sum(weight))
    return reduced(name, losses, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """Squares of small differences, absolute values of large ones: smooth at 0, and linear for outliers.

    Formula: with d = input - target: d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere. beta = 0 is ``l1_loss``.

    Args:
        input: any shape.
        target: of the input's shape.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.
        beta: the deviation at which the loss becomes linear.

    Raises:
        ShapeError: input and target of different shapes. ArgumentError: a negative beta.

    Source: Girshick, Fast R-CNN, 2015, equation 3.

    Example:
        >>> import autograd, nn
        >>> nn.functional.smooth_l1_loss(autograd.tensor([0.5, 3.0]), autograd.zeros(2), reduction="none")
        tensor([0.1250, 2.5000], dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if beta < 0:
        raise ArgumentError(f"{here('smooth_l1_loss')}: negative values for beta are not supported, and beta is {beta}")
    input, target = pair("smooth_l1_loss", input, target)
    d = autograd.sub(input, target)
    losses = autograd.abs(d) if beta == 0 else autograd.div(_huber(d, beta), beta)
    return reduced("smooth_l1_loss", losses, reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: TensorLike | None = None,
) -> Tensor:  # fmt: skip
    """Squares of small differences, a linear function of large ones: delta times ``smooth_l1_loss``.

    Formula: with d = input - target: d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) elsewhere. A weight multiplies the losses.

    Args:
        input: any shape.
        target: of the input's shape.
        reduction: "mean", "sum", or "none" for one loss each.
        delta: the deviation at which the loss becomes linear.
        weight: the factor of each loss, of a shape that broadcasts to the input's.

    Raises:
        ShapeError: input and target of different shapes. ArgumentError: delta not above 0.

    Source: Huber, Robust estimation of a location parameter, 1964.

    Example:
        >>> import autograd, nn
        >>> nn.functional.huber_loss(autograd.tensor([0.5, 3.0]), autograd.zeros(2), "none", delta=2.0)
        tensor([0.1250, 4.0000], dtype=float32)
    """
    if delta <= 0:
        raise ArgumentError(f"{here('huber_loss')}: non-positive values for delta are not supported, and delta is {delta}")
    input, target = pair("huber_loss", input, target)
    losses = _huber(autograd.sub(input, target), delta)
    if weight is not None:
        weight = numbers("huber_loss", "weight", weight)
        same_shape("huber_loss", input=losses, weight=weight)
        losses = autograd.mul(losses, weight)
    return reduced("huber_loss", losses, reduction)


# --------------------------------------------------------------------------------------------------- likelihoods of numbers


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, size_average: bool | None = None,
    eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-likelihood of counts with a Poisson distribution.

    Formula: exp(x) - t x where x is the logarithm of the expected count; x - t log(x + eps) where it is the count itself.

    Args:
        input: x. target: t, counts, of the shape of input.
        log_input: whether x is a logarithm.
        full: add log t! by Stirling's formula, t log t - t + log(2 pi t) / 2, where t > 1.
        size_average, reduce: deprecated, in favour of reduction.
        eps: keeps the logarithm of the input from that of 0.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes.

    Example:
        >>> import autograd, nn
        >>> nn.functional.poisson_nll_loss(autograd.tensor([0.0, 0.0]), autograd.tensor([1.0, 2.0]))
        tensor(1., dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair("poisson_nll_loss", input, target, "fc")
    if log_input:
        losses = autograd.exp(input) - target * input
    else:
        losses = input - target * autograd.log(input + eps)
    if full:
        large = target.array > 1
        t = autograd.where(large, target, 1)  # keeps the logarithm finite where it is not used
        stirling = t * autograd.log(t) - t + 0.5 * autograd.log(2 * math.pi * t)
        losses = losses + autograd.where(large, stirling, 0)
    return reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor, full: bool = False, eps: float = 1e-6, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-likelihood of targets with normal distributions of given means and variances.

    Formula: (log(v) + (input - target)^2 / v) / 2, where v = max(var, eps) and its gradient is that of var.

    Args:
        input: means. target: of the shape of input, or with 1 for some of its dimensions.
        var: variances, of the shape of input; or without its last dimension, or with one dimension of length 1 (one variance for
            all along it); or a number.
        full: add log(2 pi) / 2.
        eps: the least variance.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes, or a var that does not fit. ArgumentError: a negative variance.

    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution, 1994.

    Example:
        >>> import autograd, nn
        >>> nn.functional.gaussian_nll_loss(autograd.tensor([1.0]), autograd.tensor([3.0]), autograd.tensor([4.0]))
        tensor(1.1931, dtype=float32)
    """
    input, target = numbers("gaussian_nll_loss", "input", input, "fc"), tensor("gaussian_nll_loss", "target", target)
    sizes = tuple(zip(target.shape, input.shape, strict=False))
    if target.shape != input.shape and target.ndim == input.ndim and all(t in (1, n) for t, n in sizes):
        target = autograd.broadcast_to(target, input.shape)
    input, target = pair("gaussian_nll_loss", input, target, "fc")
    x = input.array
    if isinstance(var, int | float):
        var = make(np.full(x.shape, var, x.dtype))
    var = numbers("gaussian_nll_loss", "var", var)
    v = var.array
    if (v < 0).any():
        raise ArgumentError(f"{here('gaussian_nll_loss')}: var has negative entry/entries, the smallest is {v.min()}")
    if v.shape != x.shape:
        if v.shape == x.shape[:-1]:
            var = autograd.unsqueeze(var, -1)
        elif v.ndim != x.ndim or [m for n, m in zip(x.shape, v.shape, strict=True) if n != m] != [1]:
            raise ShapeError(
                f"{here('gaussian_nll_loss')}: var is of incorrect size, {describe(v)} for input {describe(x)}: it must have the "
                f"shape of input, or that without the last dimension, or with 1 for one dimension"
            )
    raised = np.maximum(eps - var.array, 0).astype(
        v.dtype
    )  # Added as a constant, so the gradient passes as if var had not been clamped.
    if raised.any():
        var = autograd.add(var, raised)
    losses = 0.5 * (autograd.log(var) + autograd.square(autograd.sub(input, target)) / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", losses, reduction)


# --------------------------------------------------------------------------------------------- probabilities, yes or no


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: TensorLike | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Cross entropy of probabilities with probabilities.

    Formula: -t log(x) - (1 - t) log(1 - x); the logarithms go no lower than -100. After a sigmoid use
    ``binary_cross_entropy_with_logits``, which is exact where the sigmoid rounds to 0 or 1.

    Args:
        input, target: numbers in [0, 1], of one shape. weight: multiplies the losses; broadcasts to their shape.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes. ArgumentError: a number outside of [0, 1].

    Example:
        >>> import autograd, nn
        >>> nn.functional.binary_cross_entropy(autograd.tensor([0.5, 0.9]), autograd.tensor([1.0, 0.0]), reduction="none")
        tensor([0.6931, 2.3026], dtype=float32)
    """
    name = "binary_cross_entropy"
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair(name, input, target)
    for what, array in (("input", input.array), ("target", target.array)):
        inside = (array >= 0) & (array <= 1)
        if not np.logical_and.reduce(inside, None):
            index = tuple(int(n[0]) for n in np.nonzero(np.atleast_1d(~inside)))[: array.ndim]
            hint = ": use binary_cross_entropy_with_logits (BCEWithLogitsLoss) for any numbers" if what == "input" else ""
            raise ArgumentError(
                f"{here(name)}: all elements of {what} should be between 0 and 1, but "
                f"{what}{list(index) or ''} is {array[index]}{hint}"
            )
    losses = _bce(input, target)
    return reduced(name, losses if weight is None else autograd.mul(losses, weighing(name, weight, losses.shape)), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: TensorLike | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: TensorLike | None = None,
) -> Tensor:  # fmt: skip
    """Cross entropy of sigmoid(input) with probabilities, without overflow or underflow.

    Formula: -p t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)); the derivative by x is sigmoid(x) - t where p = 1.

    Args:
        input: x, any numbers. target: t, of the shape of input. weight: multiplies the losses; broadcasts to their shape.
        pos_weight: p, how much more a positive target counts; broadcasts to the shape of target.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes, a weight that does not broadcast to them.

    Example:
        >>> import autograd, nn
        >>> nn.functional.binary_cross_entropy_with_logits(autograd.tensor([0.0, 1000.0]), autograd.tensor([1.0, 1.0]))
        tensor(0.3466, dtype=float32)
    """
    name = "binary_cross_entropy_with_logits"
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair(name, input, target)
    if pos_weight is None:
        if reduction == "mean" and weight is None:
            return _mean_bce_with_logits(input, target)
        losses = _bce_with_logits(input, target)
    else:
        pos_weight = weighing(name, pos_weight, target.shape)
        losses = pos_weight * target * -autograd.logsigmoid(input) - (1 - target) * autograd.logsigmoid(-input)
    if weight is not None:
        losses = autograd.mul(losses, weighing(name, weight, losses.shape))
    return reduced(name, losses, reduction)


def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:  # fmt: skip
    """Kullback-Leibler divergence of a distribution, given by log-probabilities, from a target distribution.

    Formula: t (log(t) - x), 0 where t = 0; with log_target e^t (t - x).

    Args:
        input: x, log-probabilities. target: t, probabilities, or their logarithms with ``log_target``; of the shape of input.
        reduction: "batchmean", the sum divided by the length of the first dimension, is the divergence as it is defined;
            "mean" divides by the number of all elements.
        size_average, reduce: deprecated, in favour of reduction.
        log_target: whether the target holds logarithms of probabilities.

    Raises:
        ShapeError: input and target of different shapes.

    Example:
        >>> import autograd, nn
        >>> p, q = autograd.tensor([[0.5, 0.5]]), autograd.tensor([[0.75, 0.25]])
        >>> nn.functional.kl_div(p.log(), q, reduction="batchmean")
        tensor(0.1308, dtype=float32)
    """
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides only by the "
            "batch size, and aligns with the KL div math definition.",
            stacklevel=3,
        )
    input, target = pair("kl_div", input, target)
    known("kl_div", reduction, (*REDUCTIONS, "batchmean"))
    if log_target:
        losses = autograd.exp(target) * (target - input)
    else:
        losses = autograd.xlogy(target, target) - target * input
    if reduction == "batchmean":
        total = autograd.sum(losses)
        return autograd.div(total, input.shape[0]) if input.ndim else total
    return reduced("kl_div", losses, reduction)
