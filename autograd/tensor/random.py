"""The methods of Tensor that draw random numbers: ``x.normal_()``, ``x.bernoulli()``."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any
from warnings import warn

import numpy as np

from ..engine.graph import make
from ..engine.values.dtypes import broadcast_shapes
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..functions.inplace import assign, check_writable
from ..functions.random import (
    Generator,
    bernoulli,
    check_probabilities,
    integer_array,
    multinomial,
    normal_array,
    numpy_generator,
    uniform_array,
)
from ..types import Tensor, TensorLike


class Sampling:
    """The methods of Tensor that fill it with random numbers. The old values get no gradient."""

    __slots__ = ()

    def bernoulli(self: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
        """``autograd.bernoulli`` of this tensor's probabilities.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.0, 1.0]).bernoulli()
            tensor([0., 1.], dtype=float32)
        """
        return bernoulli(self, p, generator=generator)

    def multinomial(self: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Tensor:
        """``autograd.multinomial`` of this tensor's weights.

        Args:
            num_samples: how many indices to draw from each row.
            replacement: whether an index may be drawn again.
            generator: draws the numbers; the default generator unless given.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.0, 1.0]).multinomial(1)
            tensor([1], dtype=int64)
        """
        return multinomial(self, num_samples, replacement, generator=generator)

    def uniform_(self: Tensor, low: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with uniform numbers in [low, to).

        Args:
            low: the smallest number. to: the upper end, which is not drawn.
            generator: draws the numbers; the default generator unless given.

        Raises:
            ArgumentError: low > to, or a range that is wider than the dtype's numbers. DtypeError: integers.

        Example:
            >>> import autograd
            >>> x = autograd.empty(1000).uniform_(-1, 1)
            >>> -1 <= x.min().item() and x.max().item() < 1
            True
        """
        if low > to:
            raise ArgumentError(f"uniform_ expects to return a [from, to) range, but found from={low} > to={to}")
        if self.array.dtype.kind in "fc" and to - low > np.finfo(self.array.dtype).max:
            raise ArgumentError(f"uniform_ expects to-from <= {np.finfo(self.array.dtype).max:g}, but found from={low} and to={to}")
        return _fill(self, lambda: uniform_array(self.array.shape, self.array.dtype, generator) * (to - low) + low, "uniform_")

    def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with normal numbers.

        Args:
            mean: of the distribution. std: its standard deviation.
            generator: draws the numbers; the default generator unless given.

        Raises:
            ArgumentError: a negative std. DtypeError: integers.

        Example:
            >>> import autograd
            >>> autograd.empty(2).normal_(mean=3.0, std=0.0)
            tensor([3., 3.], dtype=float32)
        """
        if std < 0:
            raise ArgumentError(f"normal_ expects std >= 0.0, but found std {std}")
        return _fill(self, lambda: normal_array(self.array.shape, self.array.dtype, generator) * std + mean, "normal_")

    def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with numbers whose logarithms are normal with this mean and standard deviation.

        Args:
            mean: of the logarithms. std: their standard deviation.
            generator: draws the numbers; the default generator unless given.

        Raises:
            ArgumentError: std that is not positive. DtypeError: integers.

        Example:
            >>> import autograd
            >>> (autograd.empty(1000).log_normal_() > 0).all().item()
            True
        """
        if std <= 0:
            raise ArgumentError(f"log_normal_ expects std > 0.0, but found std={std}")
        array = self.array
        return _fill(self, lambda: np.exp(normal_array(array.shape, array.dtype, generator) * std + mean), "log_normal_")

    def bernoulli_(self: Tensor, p: TensorLike = 0.5, *, generator: Generator | None = None) -> Tensor:
        """Fill with ones, with probability p (a number, or a tensor that broadcasts), and zeros.

        Example:
            >>> import autograd
            >>> autograd.empty(2).bernoulli_(1.0)
            tensor([1., 1.], dtype=float32)
        """
        chances = check_probabilities(np.asarray(getattr(p, "array", p), dtype=float), "bernoulli_")
        if broadcast_shapes(chances.shape, self.array.shape) != self.array.shape:
            raise ShapeError(f"bernoulli_: probabilities {describe(chances)} do not broadcast to {describe(self.array)}")
        return _fill(self, lambda: numpy_generator(generator).random(self.array.shape) < chances, "bernoulli_", floating=False)

    def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with numbers of the exponential distribution of this rate: density λ e^(-λ x) for x ≥ 0.

        Example:
            >>> import autograd
            >>> (autograd.empty(1000).exponential_(2.0) >= 0).all().item()
            True
        """
        if lambd <= 0:
            raise ArgumentError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        return _fill(self, lambda: numpy_generator(generator).standard_exponential(self.array.shape) / lambd, "exponential_")

    def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with numbers of the Cauchy distribution: density σ / (π ((x - median)² + σ²)).

        Args:
            median: the middle of the distribution. sigma: half of the width at half of the height.
            generator: draws the numbers; the default generator unless given.

        Raises:
            ArgumentError: sigma that is not positive. DtypeError: integers.

        Example:
            >>> import autograd
            >>> autograd.empty(2, 3).cauchy_().shape
            (2, 3)
        """
        if sigma <= 0:
            raise ArgumentError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        return _fill(self, lambda: numpy_generator(generator).standard_cauchy(self.array.shape) * sigma + median, "cauchy_")

    def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
        """Fill with the number of the first success, counted from 1, of trials that succeed with probability p.

        Example:
            >>> import autograd
            >>> (autograd.empty(1000).geometric_(0.5) >= 1).all().item()
            True
        """
        if not 0 < p < 1:
            raise ArgumentError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        return _fill(self, lambda: numpy_generator(generator).geometric(p, self.array.shape), "geometric_", floating=False)

    def random_(
        self: Tensor, low: int | None = None, to: int | EllipsisType | None = ..., *, generator: Generator | None = None
    ) -> Tensor:  # fmt: skip
        """Fill with integers in [low, to); ``random_(to)`` starts at 0, ``random_()`` takes all that the dtype counts exactly.

        Args:
            low: the smallest integer; the upper end, if it is the only argument.
            to: the upper end, which is not drawn; None for the largest integer that the dtype counts exactly, which is drawn, too.
            generator: draws the numbers; the default generator unless given.

        Raises:
            ArgumentError: an empty range, or an end that the dtype does not hold.

        Example:
            >>> import autograd
            >>> x = autograd.empty(1000).random_(3)
            >>> x.unique()
            tensor([0., 1., 2.], dtype=float32)
        """
        if to is ...:
            low, to = 0, low
        dtype = self.array.dtype
        exact = 2 ** (np.finfo(dtype).nmant + 1) if dtype.kind in "fc" else 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
        low, to = low or 0, exact + 1 if to is None else to
        if dtype.kind in "fc":
            for name, end in (("from", low), ("to - 1", to - 1)):
                if abs(end) > exact:
                    warn(f"random_: {name} is out of bounds [-{exact}, {exact}]: {dtype} skips integers", UserWarning, stacklevel=2)
        bounds = integers(low, "random_: argument 'low'"), integers(to, "random_: argument 'to'")
        return _fill(self, lambda: integer_array(*bounds, self.array.shape, self.array.dtype, generator), "random_", floating=False)


def _fill(t: Tensor, draw: Callable[[], Any], name: str, floating: bool = True) -> Tensor:
    array = t.array
    if floating and array.dtype.kind not in "fc":
        raise DtypeError(f"{name} draws floating point numbers, which {describe(array)} can't hold")
    check_writable(t, name)
    fresh = np.broadcast_to(np.asarray(draw()), array.shape)
    return assign(t, make(fresh.astype(array.dtype)), name=name)
