"""Random tensors, and the generators that they come from.

Every function takes ``generator``; without one it draws from the default generator, which ``manual_seed`` sets. Numbers are
drawn in the tensor's own dtype by NumPy's PCG64, so a seed gives the same tensors on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.devices import CPU, check
from ..engine.dtypes import get_default_dtype, to_array, to_dtype
from ..engine.graph import array_of, make
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from .creation import finish, to_shape

_STATE_BYTES = 45  # PCG64: state 16, increment 16, has_uint32 1, uinteger 4; then the seed, 8


class Generator:
    """A source of random numbers with a state of its own.

    Example:
        >>> import autograd
        >>> g = autograd.Generator().manual_seed(0)
        >>> a = autograd.rand(2, generator=g)
        >>> b = autograd.rand(2, generator=g.manual_seed(0))
        >>> (a == b).all().item()
        True
    """

    __slots__ = ("_numpy", "_seed")

    def __init__(self, device: Any = None) -> None:
        check(device)
        self.manual_seed(67280421310721)

    @property
    def device(self) -> Any:
        """The CPU."""
        return CPU

    def manual_seed(self, seed: int) -> Generator:
        """Start from a seed; returns the generator."""
        self._seed = int(seed) % 2**64
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator; made when first used, because numpy.random takes longer to import than all of this package."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self._numpy

    def seed(self) -> int:
        """Start from a seed that the operating system draws, and return it."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1).initial_seed()

    def initial_seed(self) -> int:
        """The seed that it was started from."""
        return self._seed

    def get_state(self) -> Any:
        """The state as a tensor of bytes."""
        inner: dict[str, Any] = self.numpy.bit_generator.state  # type: ignore[assignment]
        parts = (
            (inner["state"]["state"], 16), (inner["state"]["inc"], 16), (inner["has_uint32"], 1), (inner["uinteger"], 4),
            (self._seed, 8),
        )  # fmt: skip
        return make(np.frombuffer(b"".join(int(n).to_bytes(size, "little") for n, size in parts), np.uint8).copy())

    def set_state(self, new_state: Any) -> None:
        """Go on from a state that ``get_state`` gave."""
        array = array_of(new_state)
        if array.dtype != np.uint8 or array.shape != (_STATE_BYTES,):
            raise TypeError(f"a generator's state is uint8[{_STATE_BYTES}], as get_state() gives it, not {describe(array)}")
        raw = array.tobytes()
        state, inc, has, uinteger, seed = (
            int.from_bytes(raw[i:j], "little") for i, j in ((0, 16), (16, 32), (32, 33), (33, 37), (37, 45))
        )
        self.manual_seed(seed)
        self.numpy.bit_generator.state = {
            "bit_generator": "PCG64", "state": {"state": state, "inc": inc}, "has_uint32": has, "uinteger": uinteger,
        }  # fmt: skip

    def __getstate__(self) -> Any:
        return self.get_state().array

    def __setstate__(self, state: Any) -> None:
        self.set_state(state)


default_generator = Generator()
default_generator.seed()


def source(generator: Any) -> np.random.Generator:
    """NumPy's generator behind a ``generator`` argument: ours, NumPy's own, or None for the default one."""
    if generator is None:
        return default_generator.numpy
    if isinstance(generator, Generator):
        return generator.numpy
    if hasattr(generator, "bit_generator"):
        return generator
    raise TypeError(f"generator must be an autograd.Generator or a np.random.Generator, not {describe(generator)}")


def manual_seed(seed: int) -> Generator:
    """Start the default generator from a seed; returns it. The same seed gives the same numbers on every machine.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.randint(100, (3,)).tolist()
        [85, 63, 51]
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a seed that the operating system draws, and return it.

    Example:
        >>> import autograd
        >>> autograd.seed() == autograd.initial_seed()
        True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator was started from.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(7)
        >>> autograd.initial_seed()
        7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state as a tensor of bytes.

    Example:
        >>> import autograd
        >>> state = autograd.get_rng_state()
        >>> a = autograd.rand(2)
        >>> autograd.set_rng_state(state)
        >>> autograd.equal(a, autograd.rand(2))
        True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Set the default generator's state to one that ``get_rng_state`` gave.

    Raises:
        TypeError: anything else.

    Example:
        >>> import autograd
        >>> autograd.set_rng_state(autograd.manual_seed(3).get_state())
        >>> autograd.initial_seed()
        3
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Draw inside without a trace outside: the default generator's state is put back at the end.

    Example:
        >>> import autograd
        >>> with autograd.fork_rng():
        ...     inside = autograd.rand(2)
        >>> autograd.equal(inside, autograd.rand(2))
        True
    """
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


# ------------------------------------------------------------------------------------------------------- arrays of numbers


def _drawn(draw: Callable[..., Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """Floating numbers in a dtype that the generator knows, then in the one that is wanted."""
    if dtype.kind == "c":
        half = np.dtype(np.float32 if dtype == np.complex64 else np.float64)
        return np.asarray(draw(shape, dtype=half) + 1j * draw(shape, dtype=half)).astype(dtype, copy=False)
    if dtype.kind != "f":
        raise DtypeError(f"random floating numbers need a floating dtype, not {dtype}: use randint for integers")
    known = dtype if dtype in (np.float32, np.float64) else np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    return np.asarray(draw(shape, dtype=known)).astype(dtype, copy=False)


def uniform_array(shape: tuple[int, ...], dtype: np.dtype[Any], generator: Any = None) -> np.ndarray:
    """Numbers in [0, 1)."""
    return _drawn(source(generator).random, shape, dtype)


def normal_array(shape: tuple[int, ...], dtype: np.dtype[Any], generator: Any = None) -> np.ndarray:
    """Numbers with mean 0 and variance 1; of complex ones the real and the imaginary part have 1/2 each."""
    drawn = _drawn(source(generator).standard_normal, shape, dtype)
    return drawn * np.asarray(0.5**0.5, drawn.real.dtype) if dtype.kind == "c" else drawn


def _integers(low: int, high: int, shape: tuple[int, ...], dtype: np.dtype[Any], generator: Any) -> np.ndarray:
    if low >= high:
        raise ArgumentError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    return np.asarray(source(generator).integers(low, high, shape)).astype(dtype)


def _probabilities(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind != "f":
        raise DtypeError(f"{name} expects floating point probabilities, not {describe(array)}")
    if array.size and not ((array >= 0) & (array <= 1)).all():
        raise ArgumentError(f"{name} expects probabilities in [0, 1], but got values from {array.min():.6g} to {array.max():.6g}")
    return array


# ------------------------------------------------------------------------------------------------------------- new tensors


def rand(*size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Uniform numbers in [0, 1) of a shape, given as numbers or as one sequence.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.rand(2, 3).shape
        (2, 3)
    """
    found = get_default_dtype() if dtype is None else to_dtype(dtype)
    return finish(uniform_array(to_shape(size), found, generator), device, requires_grad)


def randn(*size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Normal numbers with mean 0 and variance 1 of a shape.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> x = autograd.randn(10000)
        >>> abs(x.mean().item()) < 0.05, abs(x.std().item() - 1) < 0.05
        (True, True)
    """
    found = get_default_dtype() if dtype is None else to_dtype(dtype)
    return finish(normal_array(to_shape(size), found, generator), device, requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Integers in [low, high), int64 unless a dtype is given: ``randint(high, size)`` or ``randint(low, high, size)``.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.randint(1, 7, (5,)).tolist()
        [6, 4, 4, 2, 2]
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint needs a size: randint(high, size) or randint(low, high, size)")
    if not isinstance(size, list | tuple):
        raise TypeError(f"randint's size must be a tuple of ints, not {describe(size)}")
    found = np.dtype(np.int64) if dtype is None else to_dtype(dtype)
    return finish(_integers(int(low), int(high), to_shape((size,)), found, generator), device, requires_grad)


def randperm(n: int, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """The integers 0 to n - 1 in random order.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.randperm(5).sort().values
        tensor([0, 1, 2, 3, 4], dtype=int64)
    """
    if n < 0:
        raise ArgumentError(f"n must be non-negative, got {n}")
    order = source(generator).permutation(n)
    return finish(order.astype(np.int64 if dtype is None else to_dtype(dtype), copy=False), device, requires_grad)


def rand_like(input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Uniform numbers in [0, 1) of a tensor's shape and dtype.

    Example:
        >>> import autograd
        >>> x = autograd.rand_like(autograd.zeros(2, 3, dtype=autograd.float64))
        >>> x.shape, x.dtype
        ((2, 3), dtype('float64'))
    """
    return rand(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randn_like(input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Normal numbers of a tensor's shape and dtype.

    Example:
        >>> import autograd
        >>> x = autograd.randn_like(autograd.zeros(2, 3, dtype=autograd.float64))
        >>> x.shape, x.dtype
        ((2, 3), dtype('float64'))
    """
    return randn(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randint_like(
    input: Any,
    low: int,
    high: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Integers in [low, high), or [0, low), of a tensor's shape and dtype.

    Example:
        >>> import autograd
        >>> autograd.randint_like(autograd.zeros(2, 3), 1)
        tensor([[0., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    low, high = (0, low) if high is None else (low, high)
    found = dtype or input.dtype
    return randint(low, high, tuple(input.shape), generator=generator, dtype=found, device=device, requires_grad=requires_grad)


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Any:  # fmt: skip
    """Normal numbers of a mean and a standard deviation: numbers with a size, or tensors that broadcast (without gradients).

    Raises:
        ArgumentError: a negative std. ShapeError: tensors that do not broadcast.

    Example:
        >>> import autograd
        >>> autograd.normal(autograd.tensor([1.0, 100.0]), autograd.tensor([0.0, 0.0]))
        tensor([  1., 100.], dtype=float32)
        >>> autograd.normal(0.0, 1.0, (2, 3)).shape
        (2, 3)
    """
    check(device)
    arrays = [np.asarray(value.array if hasattr(value, "array") else value) for value in (mean, std)]
    given = [a for a, value in zip(arrays, (mean, std), strict=True) if hasattr(value, "array")]
    if (arrays[1] < 0).any():
        raise ArgumentError(f"normal expects all elements of std >= 0.0, but found {arrays[1].min()}")
    if size is None and not given:
        raise TypeError("normal of two numbers needs a size: normal(mean, std, size)")
    try:
        shape = np.broadcast_shapes(*[a.shape for a in arrays]) if size is None else to_shape((size,))
    except ValueError:
        raise ShapeError(f"normal: mean {describe(arrays[0])} and std {describe(arrays[1])} do not broadcast") from None
    found = to_dtype(dtype) if dtype is not None else np.result_type(*given) if given else get_default_dtype()
    drawn = normal_array(shape, found, generator) * arrays[1] + arrays[0]
    return finish(drawn.astype(found, copy=False), None, requires_grad)


def bernoulli(input: Any, p: float | None = None, *, generator: Any = None) -> Any:
    """Ones with the probabilities of the input (or p everywhere), zeros elsewhere, in its shape and dtype.

    Example:
        >>> import autograd
        >>> autograd.bernoulli(autograd.tensor([0.0, 1.0]))
        tensor([0., 1.], dtype=float32)
    """
    chances = _probabilities(input.array if p is None else np.asarray(float(p)), "bernoulli")
    return make((source(generator).random(input.array.shape) < chances).astype(input.array.dtype))


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """Indices drawn with the (unnormalized) weights of each row; without replacement, each at most once in a row.

    Args:
        input: (k,) or (rows, k), non-negative, each row with a positive sum.
        num_samples: draws per row.

    Returns:
        int64 of shape (num_samples,) or (rows, num_samples).

    Example:
        >>> import autograd
        >>> autograd.multinomial(autograd.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
        tensor([1, 1], dtype=int64)
    """
    weights = to_array(input, copy=None)
    if weights.ndim not in (1, 2) or weights.dtype.kind != "f":
        raise DtypeError(f"multinomial expects floating point weights of shape (k,) or (rows, k), not {describe(weights)}")
    rows = np.atleast_2d(weights).astype(np.float64)
    if not np.isfinite(rows).all() or (rows < 0).any():
        raise ArgumentError("multinomial: the weights contain inf, nan or an element < 0")
    if (rows.sum(1) <= 0).any():
        raise ArgumentError("multinomial: invalid distribution: the weights of a row sum to 0")
    if num_samples <= 0:
        raise ArgumentError(f"multinomial: cannot sample {num_samples} samples")
    if replacement:
        sums = np.cumsum(rows, 1)
        spots = source(generator).random((len(rows), num_samples)) * sums[:, -1:]
        # side="right": a weight of zero is an empty interval, which no number falls into.
        drawn = np.stack([np.searchsorted(total, spot, side="right") for total, spot in zip(sums, spots, strict=True)])
        last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1] > 0, axis=1)
        drawn = np.minimum(drawn, last[:, None])
    else:
        if num_samples > rows.shape[1] or ((rows > 0).sum(1) < num_samples).any():
            raise ArgumentError(
                f"multinomial: cannot sample {num_samples} of {describe(weights)} without replacement: too few positive weights"
            )
        # Independent exponential waiting times with these rates: their order of arrival is a draw without replacement.
        with np.errstate(divide="ignore"):
            times = source(generator).standard_exponential(rows.shape) / rows
        drawn = np.argsort(times, axis=1, kind="stable")[:, :num_samples]
    return make(drawn.reshape(*weights.shape[:-1], num_samples).astype(np.int64))


def poisson(input: Any, generator: Any = None) -> Any:
    """Counts with the means of the input, in its shape and dtype: P(k) = λ^k e^-λ / k!.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> abs(autograd.poisson(autograd.full((10000,), 4.0)).mean().item() - 4) < 0.1
        True
    """
    array = input.array
    if array.dtype.kind not in "fiu":
        raise DtypeError(f"poisson expects means that are real numbers, not {describe(array)}")
    if array.size and (array < 0).any():
        raise ArgumentError(f"poisson expects means >= 0, but found {array.min()}")
    return make(np.asarray(source(generator).poisson(array)).astype(array.dtype))


def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """How many of ``count`` trials succeed, each with probability ``prob``; the two broadcast, and the result has prob's dtype.

    Raises:
        ArgumentError: a negative count, or a probability outside of [0, 1].

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> abs(autograd.binomial(autograd.full((10000,), 10.0), autograd.tensor(0.3)).mean().item() - 3) < 0.1
        True
    """
    trials, chance = array_of(count), array_of(prob)
    if (trials < 0).any() or not ((chance >= 0) & (chance <= 1)).all():
        raise ArgumentError("binomial expects counts >= 0 and probabilities from 0 to 1")
    return make(np.asarray(source(generator).binomial(trials.astype(np.int64), chance)).astype(chance.dtype))


# ---------------------------------------------------------------------------------------------- into a tensor's own memory


__all__ = [
    "Generator", "bernoulli", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "multinomial",
    "normal",
    "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip
