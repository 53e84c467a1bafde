"""Draws of Gamma, Beta and Dirichlet numbers whose gradients reach the concentrations, by the distribution function.

A draw x with the distribution function F(x; a) moves with a so that F stays the same: ``dx/da = -(dF/da) / p``, p the density.

Source: Figurnov, Mohamed and Mnih, Implicit reparameterization gradients, 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from ..function import Context, once_differentiable
from ..types import Tensor


def _moved(tail: Callable[[Any], Any], a: Any, density: Any) -> Any:
    """``-(dF/da) / p`` in float64, right to about 8 digits.

    Args:
        tail: F as a function of a, at the draws. a: the concentrations. density: p at the draws.
    """
    h = 1e-5 * np.maximum(a, 1e-3)
    slope = (tail(a + h) - tail(a - h)) / (2 * h)
    inside = (density > 0) & (density < np.inf)
    return np.where(inside, -slope / np.where(inside, density, 1), 0)


class StandardGamma(autograd.Function):
    """A draw from Gamma(a, 1), with its derivative with respect to a."""

    @staticmethod
    def forward(ctx: Context, concentration: Tensor) -> Tensor:
        a = concentration.detach().array
        draws = autograd.default_generator.numpy.standard_gamma(a.astype(np.float64))
        x = np.maximum(draws, np.finfo(a.dtype).tiny).astype(a.dtype)
        ctx.save_for_backward(concentration, autograd.as_tensor(x))
        return autograd.as_tensor(x.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> Tensor:
        from scipy.special import gammainc, gammaln

        concentration, x = ctx.saved_tensors
        a, at = concentration.detach().array.astype(np.float64), x.array.astype(np.float64)
        density = np.exp((a - 1) * np.log(at) - at - gammaln(a))
        return grad * autograd.as_tensor(_moved(lambda a: gammainc(a, at), a, density).astype(x.dtype))


def standard_gamma(concentration: Tensor) -> Tensor:
    """Draws from Gamma(concentration, 1), through which gradients reach the concentration."""
    drawn: Tensor = StandardGamma.apply(concentration)
    return drawn


def _at(function: Callable[..., Any], mask: Any, *arrays: Any) -> Any:
    """A function where a mask is True, and 0 elsewhere."""
    out = np.zeros(np.shape(mask))
    out[mask] = function(*[a[mask] for a in np.broadcast_arrays(*arrays)])
    return out


def beta_slopes(x: Any, a: Any, b: Any, second: bool = True) -> tuple[Any, Any]:
    """dx/da and, if ``second``, dx/db of draws x from Beta(a, b), all of one shape, in float64.

    They are computed from F below the mean and from 1 - F above it: near 1 the relative precision of what is left would be lost.
    """
    from scipy.special import betainc, betaincc, betaln

    x, a, b = [np.asarray(v, np.float64) for v in (x, a, b)]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
    below = x * (a + b) < a

    def tail(a: Any, b: Any) -> Any:
        return np.where(below, _at(betainc, below, a, b, x), -_at(betaincc, ~below, a, b, x))

    by_a = _moved(lambda a: tail(a, b), a, density)
    return by_a, _moved(lambda b: tail(a, b), b, density) if second else None


class StandardBeta(autograd.Function):
    """A draw from Beta(a, b), with its derivatives with respect to a and b."""

    @staticmethod
    def forward(ctx: Context, a: Tensor, b: Tensor) -> Tensor:
        numbers, info = autograd.default_generator.numpy, np.finfo(a.dtype)
        # In float64: both of two small concentrations' numbers underflow in float32, and their ratio would be 1/2.
        above, beside = [numbers.standard_gamma(c.array.astype(np.float64)) for c in (a, b)]
        total = above + beside
        drawn = above / np.where(total > 0, total, 1)
        if not np.all(total):  # both numbers have underflowed, in float64 too: x is 0 or 1
            drawn = np.where(total > 0, drawn, numbers.random(a.shape) * (a.array + b.array) < a.array)
        x = np.clip(drawn, float(info.tiny), 1 - float(info.eps)).astype(a.dtype)
        ctx.save_for_backward(a, b, autograd.as_tensor(x))
        return autograd.as_tensor(x.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, b, x = ctx.saved_tensors
        by_a, by_b = [autograd.as_tensor(s.astype(x.dtype)) for s in beta_slopes(x.array, a.array, b.array)]
        return grad * by_a, grad * by_b


def dirichlet_backward(x: Tensor, concentration: Tensor, grad_output: Tensor) -> Tensor:
    """The gradient of the concentration of Dirichlet draws x, for their gradient; all of one shape.

    As ``concentration[i]`` grows, ``x[i]`` moves as a draw from Beta(concentration[i], the sum of the others), and the other
    numbers make room for it in proportion.
    """
    a = np.broadcast_to(concentration.detach().array.astype(np.float64), x.shape)
    at = x.detach().array.astype(np.float64)
    by_a, _ = beta_slopes(at, a, a.sum(-1, keepdims=True) - a, second=False)
    others = np.where(at < 1, by_a / np.where(at < 1, 1 - at, 1), 0)
    return autograd.as_tensor(others.astype(x.dtype)) * (grad_output - (x * grad_output).sum(-1, keepdim=True))


class StandardDirichlet(autograd.Function):
    """Draws from a Dirichlet distribution, along the last dimension, with their derivatives."""

    @staticmethod
    def forward(ctx: Context, concentration: Tensor) -> Tensor:
        a, numbers = concentration.array, autograd.default_generator.numpy
        draws = numbers.standard_gamma(a.astype(np.float64))  # in float64 as in Beta
        lost = draws.sum(-1) == 0
        if lost.any():  # all numbers of a draw have underflowed: one of them is 1, as often as its concentration says
            places = np.cumsum(a[lost], -1) / a[lost].sum(-1, keepdims=True)
            one = (numbers.random((*places.shape[:-1], 1)) >= places).sum(-1)
            draws[lost] = np.eye(a.shape[-1])[np.minimum(one, a.shape[-1] - 1)]
        x = (draws / draws.sum(-1, keepdims=True)).astype(a.dtype)
        ctx.save_for_backward(concentration, autograd.as_tensor(x))
        return autograd.as_tensor(x.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Context, grad: Tensor) -> Tensor:
        concentration, x = ctx.saved_tensors
        return dirichlet_backward(x, concentration, grad)


def standard_beta(a: Tensor, b: Tensor) -> Tensor:
    """Draws from Beta(a, b), through which gradients reach a and b."""
    drawn: Tensor = StandardBeta.apply(a, b)
    return drawn


def standard_dirichlet(concentration: Tensor) -> Tensor:
    """Draws from Dirichlet(concentration), through which gradients reach the concentration."""
    drawn: Tensor = StandardDirichlet.apply(concentration)
    return drawn


__all__ = ["beta_slopes", "dirichlet_backward", "standard_beta", "standard_dirichlet", "standard_gamma"]
