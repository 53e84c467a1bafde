"""``torch.quasirandom``: Sobol sequences, points that fill the unit cube more evenly than random ones. SciPy computes them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..engine.graph import make
from ..engine.output import write_out
from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError
from ..types import DType, Tensor


class _Bits(np.random.RandomState):
    """The random bits with which PyTorch scrambles a sequence, from a Mersenne Twister: the last bit of each number."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed % 2**32)

    def randint(self, low: Any, high: Any = None, size: Any = None, dtype: Any = int) -> Any:
        """Numbers that are 0 or 1, for a call that asks for those below 2."""
        return (super().randint(0, 2**32, size, np.uint32) & 1).astype(dtype)


class SobolEngine:
    """Points of a Sobol sequence, in order.

    Args:
        dimension: of the cube, 1 to 21,201.
        scramble: shuffle the bits at random, so that the points are random and still even.
        seed: of the scrambling, which is PyTorch's then.

    Raises:
        ValueError: another dimension.

    Source: Joe and Kuo, Constructing Sobol sequences with better two-dimensional projections, 2008.

    Example:
        >>> import autograd
        >>> autograd.quasirandom.SobolEngine(2).draw(3)
        tensor([[0.0000, 0.0000],
                [0.5000, 0.5000],
                [0.7500, 0.2500]], dtype=float32)
    """

    MAXBIT = 30
    MAXDIM = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ArgumentError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}], not {dimension}")
        self.dimension, self.scramble, self.seed = dimension, scramble, seed
        self.num_generated = 0
        self._numbers = self._made()

    def _made(self) -> Any:
        from scipy.stats import qmc

        bits = _Bits(self.seed) if self.scramble and self.seed is not None else None
        return qmc.Sobol(self.dimension, scramble=self.scramble, bits=self.MAXBIT, seed=bits)

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: DType | None = None) -> Tensor:
        """The next points, (n, dimension), each number from 0 up to but not including 1.

        Args:
            n: how many. out: a tensor for them. dtype: of the numbers; the default dtype unless given.
        """
        kind = get_default_dtype() if dtype is None else to_dtype(dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SciPy warns of numbers of points that are no powers of 2
            points = self._numbers.random(n) if n else np.zeros((0, self.dimension))
        self.num_generated += n
        below_one = np.nextafter(kind.type(1), kind.type(0))
        drawn = make(np.minimum(points.astype(kind), below_one))
        return drawn if out is None else write_out(out, drawn, "draw")

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: DType | None = None) -> Tensor:
        """The next 2^m points; the total must then be a power of 2, for which the points are most even.

        Args:
            m: the logarithm of their number. out, dtype: as for ``draw``.

        Raises:
            ValueError: the number of points so far and these is no power of 2.
        """
        total = self.num_generated + 2**m
        if total & (total - 1):
            raise ArgumentError(
                f"The balance properties of Sobol' points require n to be a power of 2. {self.num_generated} points have been "
                f"previously generated, then: n={self.num_generated}+2**{m}={total}: reset() first"
            )
        return self.draw(2**m, out=out, dtype=dtype)

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next points, and return the engine."""
        self._numbers.fast_forward(n)
        self.num_generated += n
        return self

    def reset(self) -> SobolEngine:
        """Begin again, and return the engine."""
        if self.scramble and self.seed is None:
            self._numbers.reset()
        else:
            self._numbers = self._made()
        self.num_generated = 0
        return self

    def __repr__(self) -> str:
        scrambled = f", scramble=True{'' if self.seed is None else f', seed={self.seed}'}" if self.scramble else ""
        return f"SobolEngine(dimension={self.dimension}{scrambled})"


__all__ = ["SobolEngine"]
