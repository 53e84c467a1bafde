"""Random tensors, and the generators that they come from.

Every function takes a ``generator``. By default it draws from the default generator, which ``manual_seed`` starts. NumPy's PCG64
draws the numbers, in the tensor's own dtype, so a seed gives the same tensors on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..batch.random import for_examples
from ..engine.graph import array_of, make
from ..engine.standin import as_array, levels
from ..engine.values.devices import CPU, check
from ..engine.values.dtypes import to_array, to_dtype
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..types import AnyGenerator, ArrayLike, Device, DType, MemoryFormat, Size, Tensor, TensorLike
from .creation import finish, floating_dtype, is_tensor, to_shape

_STATE_BYTES = 45  # PCG64: state 16, increment 16, has_uint32 1, uinteger 4; then the seed, 8


class Generator:
    """A generator of random numbers with its own state.

    Example:
        >>> import autograd
        >>> g = autograd.Generator().manual_seed(0)
        >>> a = autograd.rand(2, generator=g)
        >>> b = autograd.rand(2, generator=g.manual_seed(0))
        >>> (a == b).all().item()
        True
    """

    __slots__ = ("_numpy", "_seed")

    def __init__(self, device: Device | None = None) -> None:
        check(device)
        self.manual_seed(67280421310721)

    @property
    def device(self) -> Device:
        """The CPU."""
        return CPU

    def manual_seed(self, seed: int) -> Generator:
        """Start from a seed, and return the generator.

        Raises:
            RangeError: a seed below -2^63, or of 2^64 or more.
        """
        if not -(2**63) <= int(seed) < 2**64:
            raise RangeError(
                f"manual_seed: Overflow when unpacking long: the seed must lie between -2^63 and 2^64 - 1, not at {seed}"
            )
        self._seed = int(seed) % 2**64
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator. It is made when it is first used: numpy.random takes longer to import than this package."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self._numpy

    def seed(self) -> int:
        """Start from a seed that the operating system draws, and return it."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1).initial_seed()

    def initial_seed(self) -> int:
        """The seed from which the generator was started."""
        return self._seed

    def get_state(self) -> Tensor:
        """The state, as a tensor of bytes."""
        inner: dict[str, Any] = self.numpy.bit_generator.state  # type: ignore[assignment]
        parts = (
            (inner["state"]["state"], 16), (inner["state"]["inc"], 16), (inner["has_uint32"], 1), (inner["uinteger"], 4),
            (self._seed, 8),
        )  # fmt: skip
        return make(np.frombuffer(b"".join(int(n).to_bytes(size, "little") for n, size in parts), np.uint8).copy())

    def set_state(self, new_state: ArrayLike) -> None:
        """Continue from a state that ``get_state`` returned.

        Raises:
            TypeError: not such a state.
        """
        array = array_of(new_state)
        if array.dtype != np.uint8 or array.shape != (_STATE_BYTES,):
            raise TypeError(f"a generator's state is uint8[{_STATE_BYTES}], as get_state() returns it, not {describe(array)}")
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


def numpy_generator(generator: AnyGenerator | None) -> np.random.Generator:
    """Return the NumPy generator that an argument ``generator`` names.

    Args:
        generator: an ``autograd.Generator``, NumPy's own, or None for the default generator.

    Raises:
        TypeError: another object.
    """
    if generator is None:
        generator = default_generator
    if isinstance(generator, Generator):
        return for_examples(generator.numpy) if levels.get() else generator.numpy
    if hasattr(generator, "bit_generator"):
        return generator
    raise TypeError(f"generator must be an autograd.Generator or a np.random.Generator, not {describe(generator)}")


def manual_seed(seed: int) -> Generator:
    """Start the default generator from a seed, and return it. A seed gives the same numbers on every machine.

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
    """The seed from which the default generator was started.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(7)
        >>> autograd.initial_seed()
        7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state, as a tensor of bytes.

    Example:
        >>> import autograd
        >>> state = autograd.get_rng_state()
        >>> a = autograd.rand(2)
        >>> autograd.set_rng_state(state)
        >>> autograd.equal(a, autograd.rand(2))
        True
    """
    return default_generator.get_state()


def set_rng_state(new_state: ArrayLike) -> None:
    """Continue the default generator from a state that ``get_rng_state`` returned.

    Raises:
        TypeError: not such a state.

    Example:
        >>> import autograd
        >>> autograd.set_rng_state(autograd.manual_seed(3).get_state())
        >>> autograd.initial_seed()
        3
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: object = None, enabled: bool = True) -> Iterator[None]:
    """A context that leaves the default generator as it found it, whatever is drawn inside.

    Args:
        devices: has no effect.
        enabled: False makes the context do nothing.

    Example:
        >>> import autograd
        >>> with autograd.fork_rng():
        ...     inside = autograd.rand(2)
        >>> autograd.equal(inside, autograd.rand(2))
        True
    """
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


# ------------------------------------------------------------------------------------------------------- arrays of numbers


def _drawn(draw: Callable[..., Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """Floating point numbers of a dtype, from a method of NumPy's generators, which knows only float32 and float64."""
    if dtype.kind == "c":
        half = np.dtype(np.float32 if dtype == np.complex64 else np.float64)
        return as_array(draw(shape, dtype=half) + 1j * draw(shape, dtype=half)).astype(dtype, copy=False)
    if dtype.kind != "f":
        raise DtypeError(f"random floating numbers need a floating dtype, not {dtype}: use randint for integers")
    known = dtype if dtype in (np.float32, np.float64) else np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    return as_array(draw(shape, dtype=known)).astype(dtype, copy=False)


def uniform_array(shape: tuple[int, ...], dtype: np.dtype[Any], generator: AnyGenerator | None = None) -> np.ndarray:
    """Uniform numbers from [0, 1)."""
    return _drawn(numpy_generator(generator).random, shape, dtype)


def normal_array(shape: tuple[int, ...], dtype: np.dtype[Any], generator: AnyGenerator | None = None) -> np.ndarray:
    """Normal numbers of mean 0 and variance 1. The variance of a complex number is that of its real plus that of its imaginary
    part."""
    drawn = _drawn(numpy_generator(generator).standard_normal, shape, dtype)
    return drawn * np.asarray(0.5**0.5, drawn.real.dtype) if dtype.kind == "c" else drawn


def integer_array(low: int, high: int, shape: tuple[int, ...], dtype: np.dtype[Any], generator: AnyGenerator | None) -> np.ndarray:
    """Uniform integers from [low, high)."""
    if low >= high:
        raise ArgumentError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    least, most = (0, 1) if dtype.kind == "b" else _range_of(dtype)
    for name, bound in (("from", low), ("to - 1", high - 1)):
        if not least <= bound <= most:
            raise ArgumentError(f"{name} is out of bounds for {dtype}: {bound} does not lie between {least:g} and {most:g}")
    drawn = as_array(numpy_generator(generator).integers(low, high, shape)).astype(dtype)
    if dtype.kind == "f" and dtype.type(high) >= high:  # a floating number may round up to the end, or down below low
        drawn = np.minimum(drawn, np.nextafter(dtype.type(high), dtype.type(low)))
    return drawn


def _range_of(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    info: Any = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    return info.min, info.max


def check_probabilities(array: np.ndarray, name: str) -> np.ndarray:
    """The array, if it holds probabilities.

    Raises:
        DtypeError: it is not floating point. ArgumentError: a number outside of [0, 1], or nan.
    """
    if array.dtype.kind != "f":
        raise DtypeError(f"{name} expects floating point probabilities, not {describe(array)}")
    if array.size and not ((array >= 0) & (array <= 1)).all():
        raise ArgumentError(f"{name} expects probabilities in [0, 1], but got values from {array.min():.6g} to {array.max():.6g}")
    return array


# ------------------------------------------------------------------------------------------------------------- new tensors


def rand(
    *sizes: int | Size, size: int | Size | None = None, generator: AnyGenerator | None = None, dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform numbers from [0, 1).

    Args:
        sizes: the shape, as several numbers or as one sequence. size: the same, by name.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.rand(2, 3).shape
        (2, 3)
    """
    return finish(uniform_array(to_shape(sizes, size), floating_dtype(dtype), generator), device, requires_grad)


def randn(
    *sizes: int | Size, size: int | Size | None = None, generator: AnyGenerator | None = None, dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers of mean 0 and variance 1.

    Args:
        sizes: the shape, as several numbers or as one sequence. size: the same, by name.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> x = autograd.randn(10000)
        >>> abs(x.mean().item()) < 0.05, abs(x.std().item() - 1) < 0.05
        (True, True)
    """
    return finish(normal_array(to_shape(sizes, size), floating_dtype(dtype), generator), device, requires_grad)


def randint(
    low: int | Size = 0, high: int | Size | None = None, size: Size | None = None, *, generator: AnyGenerator | None = None,
    dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Uniform integers from [low, high): ``randint(low, high, size)``, or ``randint(high, size)`` for integers from [0, high).

    Args:
        low: the smallest integer.
        high: the bound, which is not drawn.
        size: the shape, a sequence.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; int64 unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        TypeError: no size. ArgumentError: low is not less than high, or the dtype does not hold the numbers.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.randint(1, 7, (5,)).tolist()
        [6, 4, 4, 2, 2]
    """
    bounds: tuple[Any, Any] = (low, high)
    shape: Any = size
    if size is None:
        bounds, shape = (0, low), high
    elif high is None:
        bounds = (0, low)
    if shape is None:
        raise TypeError("randint needs a size: randint(high, size) or randint(low, high, size)")
    if not isinstance(shape, list | tuple):
        raise TypeError(f"randint's size must be a tuple of ints, not {describe(shape)}")
    kind = np.dtype(np.int64) if dtype is None else to_dtype(dtype)
    first, bound = integers(bounds, "randint: the bounds")
    return finish(integer_array(first, bound, to_shape((shape,)), kind, generator), device, requires_grad)


def randperm(
    n: int, *, generator: AnyGenerator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A random permutation of the integers 0 to n - 1.

    Args:
        n: how many.
        generator: draws the permutation; the default generator unless given.
        dtype: of the integers; int64 unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative n.

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> autograd.randperm(5).sort().values
        tensor([0, 1, 2, 3, 4], dtype=int64)
    """
    if n < 0:
        raise ArgumentError(f"n must be non-negative, got {n}")
    order = numpy_generator(generator).permutation(n)
    return finish(order.astype(np.int64 if dtype is None else to_dtype(dtype), copy=False), device, requires_grad)


def rand_like(
    input: Tensor, *, generator: AnyGenerator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Uniform numbers from [0, 1), of another tensor's shape.

    Args:
        input: the other tensor.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> x = autograd.rand_like(autograd.zeros(2, 3, dtype=autograd.float64))
        >>> x.shape, x.dtype
        ((2, 3), dtype('float64'))
    """
    return rand(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, generator: AnyGenerator | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Normal numbers of mean 0 and variance 1, of another tensor's shape.

    Args:
        input: the other tensor.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> x = autograd.randn_like(autograd.zeros(2, 3, dtype=autograd.float64))
        >>> x.shape, x.dtype
        ((2, 3), dtype('float64'))
    """
    return randn(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, generator: AnyGenerator | None = None, dtype: DType | None = None,
    device: Device | None = None, requires_grad: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """Uniform integers from [low, high), of another tensor's shape; ``randint_like(input, high)`` draws them from [0, high).

    Args:
        input: the other tensor.
        low: the smallest integer.
        high: the bound, which is not drawn.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Raises:
        ArgumentError: low is not less than high.

    Example:
        >>> import autograd
        >>> autograd.randint_like(autograd.zeros(2, 3), 1)
        tensor([[0., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    low, high = (0, low) if high is None else (low, high)
    dtype = dtype or input.dtype
    return randint(low, high, tuple(input.shape), generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def normal(
    mean: TensorLike = 0.0, std: TensorLike = 1.0, size: int | Size | None = None, *, generator: AnyGenerator | None = None,
    dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers with a mean and a standard deviation for each.

    Args:
        mean: a number, or a tensor.
        std: a number, or a tensor whose shape broadcasts with the mean's. Neither gets a gradient.
        size: the shape. It must be given where both are numbers.
        generator: draws the numbers; the default generator unless given.
        dtype: of the numbers. By default that of the tensors, or the default dtype.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative std. ShapeError: shapes that do not broadcast. TypeError: no size for two numbers.

    Example:
        >>> import autograd
        >>> autograd.normal(autograd.tensor([1.0, 100.0]), autograd.tensor([0.0, 0.0]))
        tensor([  1., 100.], dtype=float32)
        >>> autograd.normal(0.0, 1.0, (2, 3)).shape
        (2, 3)
    """
    check(device)
    arrays = [array_of(value) for value in (mean, std)]
    of_tensors = [value.array for value in (mean, std) if is_tensor(value)]
    if (arrays[1] < 0).any():
        raise ArgumentError(f"normal expects all elements of std >= 0.0, but found {arrays[1].min()}")
    if size is None and not of_tensors:
        raise TypeError("normal of two numbers needs a size: normal(mean, std, size)")
    try:
        shape = np.broadcast_shapes(*[a.shape for a in arrays]) if size is None else to_shape((size,))
    except ValueError:
        raise ShapeError(f"normal: mean {describe(arrays[0])} and std {describe(arrays[1])} do not broadcast") from None
    kind = np.result_type(*of_tensors) if dtype is None and of_tensors else floating_dtype(dtype)
    drawn = normal_array(shape, kind, generator) * arrays[1] + arrays[0]
    return finish(drawn.astype(kind, copy=False), None, requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: AnyGenerator | None = None) -> Tensor:
    """Ones and zeros of the input's shape and dtype, each 1 with a given probability.

    Args:
        input: the probabilities. With p only its shape and dtype count.
        p: one probability for all.
        generator: draws the numbers; the default generator unless given.

    Raises:
        ArgumentError: a probability outside of [0, 1]. DtypeError: probabilities that are not floating point.

    Example:
        >>> import autograd
        >>> autograd.bernoulli(autograd.tensor([0.0, 1.0]))
        tensor([0., 1.], dtype=float32)
    """
    probabilities = check_probabilities(input.array if p is None else np.asarray(float(p)), "bernoulli")
    return make((numpy_generator(generator).random(input.array.shape) < probabilities).astype(input.array.dtype))


def multinomial(
    input: ArrayLike, num_samples: int, replacement: bool = False, *, generator: AnyGenerator | None = None
) -> Tensor:  # fmt: skip
    """Indices drawn from each row, with probabilities proportional to the row's weights.

    Args:
        input: weights >= 0, floating point, shape (k,) or (rows, k). The sum of each row is positive.
        num_samples: how many indices to draw from each row.
        replacement: whether an index may be drawn more than once.
        generator: draws the numbers; the default generator unless given.

    Returns:
        int64, shape (num_samples,) or (rows, num_samples).

    Raises:
        ArgumentError: weights that are negative or not finite, a row whose sum is 0, or, without replacement, with fewer positive
            weights than samples. DtypeError: weights of another shape or dtype.

    Example:
        >>> import autograd
        >>> autograd.multinomial(autograd.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
        tensor([1, 1], dtype=int64)
    """
    weights = to_array(input, copy=None)
    if weights.ndim not in (1, 2) or weights.dtype.kind != "f":
        raise DtypeError(f"multinomial expects floating point weights of shape (k,) or (rows, k), not {describe(weights)}")
    rows = np.atleast_2d(weights).astype(np.float64)
    if not len(rows):
        return make(np.empty((0, num_samples), np.int64))
    if not np.isfinite(rows).all() or (rows < 0).any():
        raise ArgumentError("multinomial: the weights contain inf, nan or an element < 0")
    if (rows.sum(1) <= 0).any():
        raise ArgumentError("multinomial: invalid distribution: the weights of a row sum to 0")
    if num_samples <= 0:
        raise ArgumentError(f"multinomial: cannot sample {num_samples} samples")
    if replacement:
        sums = np.cumsum(rows, 1)
        numbers = numpy_generator(generator).random((len(rows), num_samples)) * sums[:, -1:]
        # side="right": a weight of 0 is an empty interval, into which no number falls.
        drawn = np.stack([np.searchsorted(total, n, side="right") for total, n in zip(sums, numbers, strict=True)])
        last = rows.shape[1] - 1 - np.argmax(rows[:, ::-1] > 0, axis=1)
        drawn = np.minimum(drawn, last[:, None])
    else:
        if num_samples > rows.shape[1] or ((rows > 0).sum(1) < num_samples).any():
            raise ArgumentError(
                f"multinomial: cannot sample {num_samples} of {describe(weights)} without replacement: too few positive weights"
            )
        # The order of independent exponential times with these rates is the order of draws without replacement.
        with np.errstate(divide="ignore"):
            times = numpy_generator(generator).standard_exponential(rows.shape) / rows
        drawn = np.argsort(times, axis=1, kind="stable")[:, :num_samples]
    return make(drawn.reshape(*weights.shape[:-1], num_samples).astype(np.int64))


def poisson(input: Tensor, generator: AnyGenerator | None = None) -> Tensor:
    """Counts from the Poisson distribution, P(k) = λ^k e^-λ / k!, where the input holds the means λ. Shape and dtype are the
    input's.

    Raises:
        ArgumentError: a negative mean. DtypeError: complex numbers or booleans.

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
    return make(as_array(numpy_generator(generator).poisson(array)).astype(array.dtype))


def binomial(count: ArrayLike, prob: ArrayLike, generator: AnyGenerator | None = None) -> Tensor:
    """Counts from the binomial distribution: how many of several trials succeed.

    Args:
        count: the number of trials.
        prob: the probability of success of each trial. Its shape broadcasts with count's, and the result has its dtype.
        generator: draws the numbers; the default generator unless given.

    Raises:
        ArgumentError: a negative count, or a probability outside of [0, 1].

    Example:
        >>> import autograd
        >>> g = autograd.manual_seed(0)
        >>> abs(autograd.binomial(autograd.full((10000,), 10.0), autograd.tensor(0.3)).mean().item() - 3) < 0.1
        True
    """
    trials, probability = array_of(count), array_of(prob)
    if (trials < 0).any() or not ((probability >= 0) & (probability <= 1)).all():
        raise ArgumentError("binomial expects counts >= 0 and probabilities from 0 to 1")
    return make(as_array(numpy_generator(generator).binomial(trials.astype(np.int64), probability)).astype(probability.dtype))


__all__ = [
    "Generator", "bernoulli", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "multinomial",
    "normal",
    "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip
