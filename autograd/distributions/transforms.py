"""Transforms: functions with an inverse, and the logarithm of the determinant of their Jacobian."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Any

import numpy as np

import autograd

from ..types import Size, Tensor
from . import constraints
from .constraints import Constraint
from .distribution import Distribution


def sum_rightmost(value: Any, count: int) -> Any:
    """The sum over the last dimensions."""
    return value.sum(tuple(range(-count, 0))) if count else value


class Transform:
    """A function ``t(x)`` with an inverse ``t.inv(y)``. A subclass writes ``_call``, ``_inverse`` and ``log_abs_det_jacobian``.

    Args:
        cache_size: 1 remembers the last pair, so that ``t.inv(t(x))`` is x itself; 0 remembers nothing.

    Attributes:
        domain, codomain: the constraints on x and on y.
        bijective: whether each y has one x. sign: 1 or -1 for an increasing or decreasing function of numbers.
    """

    bijective = False
    domain: Any = constraints.real
    codomain: Any = constraints.real

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._pair: tuple[Any, Any] = (None, None)

    @property
    def event_dim(self) -> int:
        """The number of dimensions of one x."""
        if self.domain.event_dim == self.codomain.event_dim:
            return int(self.domain.event_dim)
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def sign(self) -> Tensor | int:
        """1 where the function increases, -1 where it decreases."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    @property
    def inv(self) -> Transform:
        """The inverse transform."""
        return _Inverse(self)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with another cache."""
        if cache_size == self._cache_size:
            return self
        new = object.__new__(type(self))
        vars(new).update(vars(self), _cache_size=cache_size, _pair=(None, None))
        return new

    def __call__(self, x: Tensor) -> Tensor:
        if self._cache_size and x is self._pair[0]:
            return self._pair[1]
        y = self._call(x)
        if self._cache_size:
            self._pair = x, y
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        if self._cache_size and y is self._pair[1]:
            return self._pair[0]
        x = self._inverse(y)
        if self._cache_size:
            self._pair = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of |det dy/dx|."""
        raise NotImplementedError

    def forward_shape(self, shape: Size) -> Size:
        """The shape of y for that of x."""
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        """The shape of x for that of y."""
        return shape

    def _parameters(self) -> tuple[Any, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return False
        theirs = other._parameters()
        return all(_same(a, b) for a, b in zip(self._parameters(), theirs, strict=True))

    __hash__ = object.__hash__


def _same(a: Any, b: Any) -> bool:
    return bool(np.all(getattr(a, "array", a) == getattr(b, "array", b)))


class _Inverse(Transform):
    """The inverse of a transform."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inv = transform

    @property
    def domain(self) -> Constraint:
        return self._inv.codomain

    @property
    def codomain(self) -> Constraint:
        return self._inv.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self._inv.bijective

    @property
    def sign(self) -> Tensor | int:
        return self._inv.sign

    @property
    def inv(self) -> Transform:
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Transform:
        return _Inverse(self._inv.with_cache(cache_size))

    def __call__(self, x: Tensor) -> Tensor:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Tensor) -> Tensor:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Size) -> Size:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._inv.forward_shape(shape)

    def _parameters(self) -> tuple[Any, ...]:
        return (self._inv,)


# --------------------------------------------------------------------------------------------------------------- of numbers


class _Increasing(Transform):
    """A function of numbers that increases everywhere."""

    bijective = True
    sign = 1


class ExpTransform(_Increasing):
    """``y = exp(x)``"""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(Transform):
    """``y = x^exponent`` for positive x"""

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Tensor | float, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent if isinstance(exponent, autograd.Tensor) else autograd.tensor(float(exponent))

    @property
    def sign(self) -> Tensor | int:
        return self.exponent.sign()

    def _call(self, x: Tensor) -> Tensor:
        return x**self.exponent

    def _inverse(self, y: Tensor) -> Tensor:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Size) -> Size:
        return autograd.broadcast_shapes(tuple(shape), tuple(self.exponent.shape))

    inverse_shape = forward_shape

    def _parameters(self) -> tuple[Any, ...]:
        return (self.exponent,)


class SigmoidTransform(_Increasing):
    """``y = 1 / (1 + exp(-x))``"""

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return _inside(autograd.sigmoid(x))

    def _inverse(self, y: Tensor) -> Tensor:
        y = _inside(y)
        return y.log() - autograd.log1p(-y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -autograd.softplus(-x) - autograd.softplus(x)


def _inside(probability: Any) -> Any:
    """Away from 0 and 1, where the logarithm of the odds is infinite."""
    limits = np.finfo(probability.dtype)
    return probability.clamp(min=float(limits.tiny), max=1.0 - float(limits.eps))


class TanhTransform(_Increasing):
    """``y = tanh(x)``"""

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return autograd.atanh(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2 * (math.log(2) - x - autograd.softplus(-2 * x))


class SoftplusTransform(_Increasing):
    """``y = log(1 + exp(x))``"""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return autograd.softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -autograd.softplus(-x)


class AbsTransform(Transform):
    """``y = |x|``; its inverse is the positive one."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """``y = loc + scale x``

    Args:
        loc, scale: numbers or tensors. event_dim: how many dimensions one x has. cache_size: as for Transform.
    """

    bijective = True

    def __init__(self, loc: Tensor | float, scale: Tensor | float, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @property
    def domain(self) -> Constraint:
        return constraints.independent(constraints.real, self._event_dim) if self._event_dim else constraints.real

    codomain = domain

    @property
    def sign(self) -> Tensor | int:
        return self.scale.sign() if isinstance(self.scale, autograd.Tensor) else (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, autograd.Tensor):
            logs = self.scale.abs().log().expand(autograd.broadcast_shapes(tuple(x.shape), tuple(self.scale.shape)))
        else:
            logs = autograd.full_like(x, math.log(abs(self.scale)))
        return sum_rightmost(logs, self._event_dim)

    def forward_shape(self, shape: Size) -> Size:
        others = [tuple(getattr(p, "shape", ())) for p in (self.loc, self.scale)]
        return autograd.broadcast_shapes(tuple(shape), *others)

    inverse_shape = forward_shape

    def _parameters(self) -> tuple[Any, ...]:
        return self.loc, self.scale


class CumulativeDistributionTransform(_Increasing):
    """``y = F(x)``, F the distribution function of a distribution: y is uniform."""

    codomain = constraints.unit_interval

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Constraint:
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)

    def _parameters(self) -> tuple[Any, ...]:
        return (self.distribution,)


# -------------------------------------------------------------------------------------------------- of vectors and matrices


class SoftmaxTransform(Transform):
    """``y = softmax(x)``: many x have the same y, and the inverse is log y."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return autograd.softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class StickBreakingTransform(Transform):
    """n real numbers become n + 1 positive ones that sum to 1: each breaks a part off what is left of a stick."""

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        z = _inside(autograd.sigmoid(x - _sticks(x).log()))
        left = (1 - z).cumprod(-1)
        one = autograd.ones_like(left[..., :1])
        return autograd.cat([z, one], -1) * autograd.cat([one, left], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = y[..., :-1]
        left = (1 - parts.cumsum(-1)).clamp(min=float(np.finfo(y.dtype).tiny))
        return parts.log() - left.log() + _sticks(parts).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - _sticks(x).log()
        return (-x + autograd.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Size) -> Size:
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Size) -> Size:
        return (*shape[:-1], shape[-1] - 1)


def _sticks(x: Any) -> Any:
    """How many parts are still to be broken off: n, ..., 2, 1."""
    n = x.shape[-1]
    return autograd.arange(n, 0, -1, dtype=x.dtype)


class LowerCholeskyTransform(Transform):
    """A square matrix becomes a lower triangle with a positive diagonal, the exponential of its own."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + autograd.diag_embed(x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + autograd.diag_embed(y.diagonal(dim1=-2, dim2=-1).log())


class PositiveDefiniteTransform(Transform):
    """A square matrix becomes L L^T, L its ``LowerCholeskyTransform``."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(autograd.linalg.cholesky(y))


class CorrCholeskyTransform(Transform):
    """d (d - 1) / 2 real numbers become the Cholesky factor of a correlation matrix: tanh of each is a partial correlation."""

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = float(np.finfo(x.dtype).eps)
        r = _below_diagonal(x.tanh().clamp(-1 + eps, 1 - eps), -1)
        eye = autograd.eye(r.shape[-1], dtype=r.dtype)
        left = (1 - r * r).sqrt().cumprod(-1)  # the lengths that are left of each row of length 1
        return (r + eye) * autograd.cat([autograd.ones_like(left[..., :1]), left[..., :-1]], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        left = (1 - (y * y).cumsum(-1)).clamp(min=float(np.finfo(y.dtype).tiny)).sqrt()
        left = autograd.cat([autograd.ones_like(left[..., :1]), left[..., :-1]], -1)
        rows, columns = np.tril_indices(y.shape[-1], -1)
        r = (y / left)[..., rows, columns]
        return (autograd.log1p(r) - autograd.log1p(-r)) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        squares = 1 - (y * y).cumsum(-1)
        rows, columns = np.tril_indices(y.shape[-1], -2)
        # y = r * left: each number has shrunk by what was left of its row's length, which for the first column is all.
        lengths = 0.5 * squares[..., rows, columns].log().sum(-1)
        return lengths - 2 * (x + autograd.softplus(-2 * x) - math.log(2.0)).sum(-1)

    def forward_shape(self, shape: Size) -> Size:
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return (*shape[:-1], n, n)

    def inverse_shape(self, shape: Size) -> Size:
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)


def _below_diagonal(x: Any, diagonal: int) -> Any:
    """A matrix with the numbers below its diagonal, row by row."""
    n = round((0.25 + 2 * x.shape[-1]) ** 0.5 + 0.5)
    rows, columns = np.tril_indices(n, diagonal)
    empty = autograd.zeros((*x.shape[:-1], n * n), dtype=x.dtype)
    places = autograd.as_tensor(rows * n + columns).expand(x.shape)
    return empty.scatter(-1, places, x).reshape((*x.shape[:-1], n, n))


class ReshapeTransform(Transform):
    """The dimensions of one x in another shape.

    Args:
        in_shape, out_shape: of one x, and of one y. cache_size: as for Transform.
    """

    bijective = True

    def __init__(self, in_shape: Size, out_shape: Size, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if reduce(mul, self.in_shape, 1) != reduce(mul, self.out_shape, 1):
            raise ValueError("in_shape, out_shape have different numbers of elements")
        super().__init__(cache_size)

    @property
    def domain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape((*x.shape[: x.ndim - len(self.in_shape)], *self.out_shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape((*y.shape[: y.ndim - len(self.out_shape)], *self.in_shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return autograd.zeros(tuple(x.shape[: x.ndim - len(self.in_shape)]), dtype=x.dtype)

    def forward_shape(self, shape: Size) -> Size:
        return self._other(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._other(shape, self.out_shape, self.in_shape)

    def _other(self, shape: Any, old: tuple[int, ...], new: tuple[int, ...]) -> Any:
        shape = tuple(shape)
        if len(shape) < len(old):
            raise ValueError("Too few dimensions on input")
        cut = len(shape) - len(old)
        if shape[cut:] != old:
            raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {old}")
        return (*shape[:cut], *new)

    def _parameters(self) -> tuple[Any, ...]:
        return self.in_shape, self.out_shape


# ---------------------------------------------------------------------------------------------------------- of transforms


class ComposeTransform(Transform):
    """Transforms one after the other, the first of the list first.

    Args:
        parts: the transforms. cache_size: as for Transform.
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    def _dims(self) -> tuple[int, int]:
        """The numbers of dimensions of one x and of one y."""
        after = self.parts[-1].codomain.event_dim
        before = after
        for part in reversed(self.parts):
            before += part.domain.event_dim - part.codomain.event_dim
            before = max(before, part.domain.event_dim)
        after = self.parts[0].domain.event_dim
        for part in self.parts:
            after += part.codomain.event_dim - part.domain.event_dim
            after = max(after, part.codomain.event_dim)
        return before, after

    @property
    def domain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        first = self.parts[0].domain
        more = self._dims()[0] - first.event_dim
        return constraints.independent(first, more) if more > 0 else first

    @property
    def codomain(self) -> Constraint:
        if not self.parts:
            return constraints.real
        last = self.parts[-1].codomain
        more = self._dims()[1] - last.event_dim
        return constraints.independent(last, more) if more > 0 else last

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Tensor | int:
        return reduce(mul, [part.sign for part in self.parts], 1)

    @property
    def inv(self) -> Transform:
        return ComposeTransform([part.inv for part in reversed(self.parts)])

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self if cache_size == self._cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inv_call(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part._inv_call(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return autograd.zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        total: Any = 0.0
        dims = self.domain.event_dim
        for part, before, after in zip(self.parts, values, values[1:], strict=False):
            total = total + sum_rightmost(part.log_abs_det_jacobian(before, after), dims - part.domain.event_dim)
            dims += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: Size) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = object.__hash__


class IndependentTransform(Transform):
    """A transform whose last dimensions count as those of one x: the logarithms of its determinants are summed over them.

    Args:
        base_transform: the transform. reinterpreted_batch_ndims: how many dimensions more one x has. cache_size: as for Transform.
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform, self.reinterpreted_batch_ndims = base_transform.with_cache(cache_size), reinterpreted_batch_ndims

    @property
    def domain(self) -> Constraint:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self.base_transform.bijective

    @property
    def sign(self) -> Tensor | int:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        if x.ndim < self.domain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        if y.ndim < self.codomain.event_dim:
            raise ValueError("Too few dimensions on input")
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Size) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self.base_transform.inverse_shape(shape)

    def _parameters(self) -> tuple[Any, ...]:
        return self.base_transform, self.reinterpreted_batch_ndims


class _PartsTransform(Transform):
    """Transforms of the parts of a tensor along one dimension."""

    transforms: list[Transform]
    dim: int

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(t.bijective for t in self.transforms)

    def _parts(self, x: Any) -> list[Any]:
        raise NotImplementedError

    def _joined(self, parts: list[Any]) -> Any:
        raise NotImplementedError

    def _call(self, x: Tensor) -> Tensor:
        return self._joined([t(part) for t, part in zip(self.transforms, self._parts(x), strict=True)])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined([t.inv(part) for t, part in zip(self.transforms, self._parts(y), strict=True)])


class StackTransform(_PartsTransform):
    """A transform for each slice along a dimension.

    Args:
        tseq: the transforms. dim: the dimension. cache_size: as for Transform.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms, self.dim = [t.with_cache(cache_size) for t in tseq], dim

    @property
    def domain(self) -> Constraint:
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Constraint:
        return constraints.stack([t.codomain for t in self.transforms], self.dim)

    def _parts(self, x: Any) -> list[Any]:
        return [x.select(self.dim, i) for i in range(x.shape[self.dim])]

    def _joined(self, parts: list[Any]) -> Any:
        return autograd.stack(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        pairs = zip(self.transforms, self._parts(x), self._parts(y), strict=True)
        return self._joined([t.log_abs_det_jacobian(a, b) for t, a, b in pairs])


class CatTransform(_PartsTransform):
    """A transform for each part of given length along a dimension.

    Args:
        tseq: the transforms. dim: the dimension. lengths: of the parts, 1 by default. cache_size: as for Transform.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms, self.dim = [t.with_cache(cache_size) for t in tseq], dim
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)

    @property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @property
    def domain(self) -> Constraint:
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)

    def _parts(self, x: Any) -> list[Any]:
        return list(autograd.split(x, self.lengths, self.dim))

    def _joined(self, parts: list[Any]) -> Any:
        return autograd.cat(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        logs = []
        for t, a, b in zip(self.transforms, self._parts(x), self._parts(y), strict=True):
            logs.append(sum_rightmost(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim))
        dim = self.event_dim + (self.dim - x.ndim if self.dim >= 0 else self.dim)
        return autograd.cat(logs, dim) if dim < 0 else sum(logs)


identity_transform = ComposeTransform([])

__all__ = [
    "AbsTransform", "AffineTransform", "CatTransform", "ComposeTransform", "CorrCholeskyTransform",
    "CumulativeDistributionTransform", "ExpTransform", "IndependentTransform", "LowerCholeskyTransform",
    "PositiveDefiniteTransform", "PowerTransform", "ReshapeTransform", "SigmoidTransform", "SoftmaxTransform",
    "SoftplusTransform", "StackTransform", "StickBreakingTransform", "TanhTransform", "Transform", "identity_transform",
]  # fmt: skip
