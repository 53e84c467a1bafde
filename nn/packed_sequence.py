"""Sequences of different lengths: padded to one array, or packed step by step without padding.

A packed batch holds, for each time step, the rows of the sequences that are still going on, the longest sequence first:
``data`` is (sum of lengths, ...), and ``batch_sizes[t]`` says how many rows step t has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.engine.recording import AnyTensor
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import Size, Tensor, TensorLike


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """A batch of sequences without padding. ``pack_padded_sequence`` and ``pack_sequence`` make it.

    Attributes:
        data: the rows of all steps, (sum of lengths, ...). batch_sizes: the number of rows of each step, int64.
        sorted_indices: the order in which the sequences were sorted by length. unsorted_indices: the permutation that undoes it.
            Both are None if the sequences were sorted already.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if unsorted_indices is None and sorted_indices is not None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            raise ValueError("batch_sizes must be given: pack_padded_sequence and pack_sequence make it")
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return a packed sequence whose data are converted: ``to`` of its data; the same one if nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def float(self) -> PackedSequence:
        """Return a packed sequence with float32 data."""
        return self.to(np.float32)

    def double(self) -> PackedSequence:
        """Return a packed sequence with float64 data."""
        return self.to(np.float64)

    def half(self) -> PackedSequence:
        """Return a packed sequence with float16 data."""
        return self.to(np.float16)

    def long(self) -> PackedSequence:
        """Return a packed sequence with int64 data."""
        return self.to(np.int64)

    def int(self) -> PackedSequence:
        """Return a packed sequence with int32 data."""
        return self.to(np.int32)

    def short(self) -> PackedSequence:
        """Return a packed sequence with int16 data."""
        return self.to(np.int16)

    def char(self) -> PackedSequence:
        """Return a packed sequence with int8 data."""
        return self.to(np.int8)

    def byte(self) -> PackedSequence:
        """Return a packed sequence with uint8 data."""
        return self.to(np.uint8)

    def cpu(self) -> PackedSequence:
        """Return the packed sequence itself: it is in the CPU's memory."""
        return self

    @property
    def is_cuda(self) -> bool:
        """False."""
        return False


def _ints(values: Any) -> np.ndarray:
    return np.asarray(values.array if isinstance(values, AnyTensor) else values, dtype=np.int64)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another."""
    return None if permutation is None else make(np.argsort(_ints(permutation)))


def _steps(batch_sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each packed row, the number of its time step and of its sequence."""
    times = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    starts = np.cumsum(batch_sizes) - batch_sizes
    return times, np.arange(len(times)) - np.repeat(starts, batch_sizes)


def pack_padded_sequence(
    input: Tensor, lengths: TensorLike | Size, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch.

    Args:
        input: (time, batch, ...), or (batch, time, ...) with ``batch_first``.
        lengths: of each sequence, all positive.
        enforce_sorted: the lengths must be in decreasing order; otherwise the sequences are sorted here.
    """
    sizes = _ints(lengths)
    if batch_first:
        input = autograd.swapaxes(input, 0, 1)
    if input.ndim < 2 or sizes.shape != (input.shape[1],):
        raise ShapeError(
            f"Expected `len(lengths)` to be equal to batch_size: {sizes.size} lengths for {describe(input)} (time, batch, ...)"
        )
    if not sizes.size:
        raise ArgumentError("Cannot pack empty tensors.")
    if (sizes <= 0).any():
        raise ArgumentError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
    if sizes.max() > input.shape[0]:
        raise ShapeError(f"a length is {sizes.max()}, and {describe(input)} (time, batch, ...) has {input.shape[0]} steps")
    order = None
    if enforce_sorted:
        if (np.diff(sizes) > 0).any():
            raise ArgumentError(
                "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
                "enforce_sorted=False to pack_padded_sequence and/or pack_sequence to sidestep this requirement"
            )
    else:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
    batch_sizes = (sizes[None, :] > np.arange(sizes[0])[:, None]).sum(axis=1)
    times, rows = _steps(batch_sizes)
    data = autograd.getitem(input, index=(times, rows if order is None else order[rows]))
    return PackedSequence(data, make(batch_sizes), None if order is None else make(order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Undo ``pack_padded_sequence``: the padded batch, and the lengths.

    Args:
        padding_value: the value after the end of each sequence.
        total_length: the number of time steps of the result, at least the length of the longest sequence.
    """
    batch_sizes = _ints(sequence.batch_sizes)
    steps = len(batch_sizes)
    if total_length is not None:
        if total_length < steps:
            raise ArgumentError(
                f"Expected total_length to be at least the length of the longest sequence, {steps}, got {total_length}"
            )
        steps = total_length
    times, rows = _steps(batch_sizes)
    lengths = (batch_sizes[:, None] > np.arange(batch_sizes[0])[None, :]).sum(axis=0)
    if sequence.sorted_indices is not None:
        order = _ints(sequence.sorted_indices)
        rows = order[rows]
        lengths = lengths[_ints(sequence.unsorted_indices)]
    data = sequence.data
    shape = (steps, int(batch_sizes[0]), *data.shape[1:])
    positions: tuple[np.ndarray, np.ndarray] = (times, rows)
    if batch_first:
        shape = (shape[1], shape[0], *shape[2:])
        positions = (rows, times)
    return _filled(shape, positions, data, padding_value), make(lengths)


def _filled(shape: tuple[int, ...], positions: Any, data: Tensor, value: float) -> Any:
    """An array full of one value into which rows are written, recorded."""
    out = make(np.full(shape, value, data.dtype))
    out[positions] = data
    return out


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Stack sequences (length, ...) of different lengths into (time, batch, ...), or (batch, time, ...) with ``batch_first``.

    Args:
        padding_value: the value of the added elements. padding_side: "right", after the sequence, or "left", before it.

    Example:
        >>> import autograd, nn
        >>> nn.utils.rnn.pad_sequence([autograd.ones(2), autograd.ones(3)], batch_first=True).tolist()
        [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    if padding_side not in ("right", "left"):
        raise ArgumentError(f"Padding side must be either left or right, not {padding_side!r}")
    if not isinstance(sequences, Iterable):
        raise RuntimeError(f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    listed = list(sequences)
    if not listed:
        raise ArgumentError("pad_sequence: received an empty list of sequences")
    inner = tuple(listed[0].shape[1:])
    odd = next((s for s in listed if not s.ndim or tuple(s.shape[1:]) != inner), None)
    if odd is not None:
        raise ShapeError(f"pad_sequence: the sequences differ beyond their lengths: {describe(listed[0])} and {describe(odd)}")
    sizes = np.array([len(s) for s in listed])
    longest = int(sizes.max())
    rows = np.repeat(np.arange(len(listed)), sizes)
    times = np.concatenate([np.arange(n) + (longest - n if padding_side == "left" else 0) for n in sizes])
    data = autograd.cat(listed)
    if batch_first:
        return _filled((len(listed), longest, *inner), (rows, times), data, padding_value)
    return _filled((longest, len(listed), *inner), (times, rows), data, padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: TensorLike | Size, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each in its length."""
    if not batch_first:
        padded_sequences = autograd.swapaxes(padded_sequences, 0, 1)
    return [padded_sequences[i, :n] for i, n in enumerate(_ints(lengths).tolist())]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (length, ...) of different lengths."""
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo ``pack_sequence``."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
