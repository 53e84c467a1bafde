"""The data of a training: arrays, data sets, loaders and generators, all as batches of (x, y, weight)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import AnyTensor, array_of, make
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import AnyGenerator, ArrayLike, DType, Tree
from autograd.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

# (x, y) or (x, y, weight), arrays or trees of arrays; a Dataset or a DataLoader; or anything that gives such batches.
Data: TypeAlias = Iterable[Any] | Dataset[Any]


class Batches:
    """Data as batches.

    Args:
        data: (x, y), or (x, y, weight): arrays or tensors with one row per sample; x and y may be tuples, lists or dictionaries of
            them. Or a ``Dataset``, a ``DataLoader``, or anything else that gives batches (x, y) when it is iterated over.
        batch_size: samples in a batch, where the data does not come in batches. shuffle: a new order each epoch.
        dtype: floating NumPy arrays become this. weight: how much each sample counts: (n,).

    Attributes:
        samples: how many there are, or None where that is not known. once: whether they can be iterated over only once.

    Raises:
        ShapeError: x, y and weight differ in length. ArgumentError: there are no samples, or a value is nan.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int = 32,
        shuffle: bool = False,
        dtype: DType | None = None,
        weight: ArrayLike | None = None,
        inputs_only: bool = False,
    ) -> None:
        self.once = False
        self.samples: int | None = None
        self.parts: _Parts | None = None
        self.shuffle, self.batch_size = shuffle, batch_size
        if isinstance(data, DataLoader):
            self.source: Any = data
            self.batch_size = data.batch_size or 1
            self.samples = _length(data.sampler if hasattr(data.sampler, "set_epoch") else data.dataset)
        elif isinstance(data, Dataset) and not isinstance(data, TensorDataset):
            stream = isinstance(data, IterableDataset)
            self.source = DataLoader(data, batch_size=batch_size, shuffle=None if stream else shuffle)
            self.samples = _length(data)
        elif _is_data(data, inputs_only):
            self.parts = _Parts(data, dtype, weight, inputs_only)
            self.samples = self.parts.samples
            self.source = DataLoader(TensorDataset(*self.parts.flat), batch_size=batch_size, shuffle=shuffle)
        elif hasattr(data, "__iter__"):
            self.source = data
            self.once = iter(data) is data
        else:
            raise TypeError(
                f"data must be (x, y) of arrays or tensors, a Dataset, a DataLoader or an iterable of batches, "
                f"not {type(data).__name__}"
            )
        if weight is not None and self.parts is None:
            raise ArgumentError("sample_weight goes with data in memory: let a Dataset or loader give (x, y, weight) instead")
        if self.samples == 0:
            raise ArgumentError("the data set is empty: there is no sample to train on")

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        """Batches (x, y, weight), tensors each; weight is None where none is given."""
        if self.parts is not None:
            return self.parts.nested(iter(self.source))
        return _triples(self.source)

    def generators(self) -> list[AnyGenerator]:
        """The generators of random numbers that the data has of its own, of its loader and samplers: each of them once."""
        found: dict[int, Any] = {}
        for part in self._sources():
            generator = getattr(part, "generator", None)
            if generator is not None and (hasattr(generator, "get_state") or hasattr(generator, "bit_generator")):
                found.setdefault(id(generator), generator)
        return list(found.values())

    def set_epoch(self, epoch: int) -> None:
        """Tell samplers whose order depends on it (``DistributedSampler``) which epoch begins."""
        for part in self._sources():
            if hasattr(part, "set_epoch"):
                part.set_epoch(epoch)

    def _sources(self) -> Iterator[Any]:
        """The source of the batches and its samplers, each perhaps more than once."""
        held = [self.source]
        while held:
            part = held.pop(0)
            yield part
            held += [inner for name in ("batch_sampler", "sampler") if (inner := getattr(part, name, None)) is not None]

    def split(self, fraction: float) -> tuple[Batches, Batches]:
        """The first and the last part of data in memory: the last ``fraction`` of the samples validates, before any shuffling."""
        if not 0 < fraction < 1:
            raise ArgumentError(f"validation_split must be a number between 0 and 1, not {fraction}")
        if self.parts is None:
            raise ArgumentError("validation_split cuts data in memory: of a Dataset make two with random_split, validation_data=")
        cut = int(self.parts.samples * (1 - fraction))
        if not 0 < cut < self.parts.samples:
            raise ArgumentError(
                f"validation_split={fraction} of {self.parts.samples} samples leaves {cut} to train on and "
                f"{self.parts.samples - cut} to validate"
            )
        return self._part(slice(0, cut), self.shuffle), self._part(slice(cut, None), False)

    def _part(self, rows: slice, shuffle: bool) -> Batches:
        assert self.parts is not None
        part = object.__new__(Batches)
        part.once, part.shuffle, part.batch_size = False, shuffle, self.batch_size
        part.parts = self.parts.cut(rows)
        part.samples = part.parts.samples
        part.source = DataLoader(TensorDataset(*part.parts.flat), batch_size=self.batch_size, shuffle=shuffle)
        return part


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except (TypeError, NotImplementedError):
        return None


def _is_array(value: Any) -> bool:
    return isinstance(value, AnyTensor | np.ndarray)


def _is_data(data: Any, inputs_only: bool) -> bool:
    """Whether this is data in memory: x alone, or (x, y) or (x, y, weight)."""
    if isinstance(data, TensorDataset) or _is_array(data):
        return True
    if inputs_only:
        return isinstance(data, tuple | list | dict) and bool(_leaves(data)) and all(_is_array(v) for v in _leaves(data))
    if isinstance(data, list):  # of arrays; a list of tuples is a list of batches
        return len(data) in (2, 3) and all(_is_array(v) or _numbers(v) for v in data)
    return isinstance(data, tuple) and len(data) in (2, 3) and all(_is_array(v) or _numbers(v) for v in _leaves(data))


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], int | float | list)


def _leaves(value: Any) -> list[Any]:
    """The arrays in tuples and dictionaries. A list of numbers counts as an array."""
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in _leaves(v)]
    if isinstance(value, tuple) or (isinstance(value, list) and not _numbers(value)):
        return [leaf for v in value for leaf in _leaves(v)]
    return [value]


def _rebuilt(like: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(like, dict):
        return {key: _rebuilt(v, leaves) for key, v in like.items()}
    if isinstance(like, tuple) or (isinstance(like, list) and not _numbers(like)):
        return tuple([_rebuilt(v, leaves) for v in like])
    return next(leaves)


class _Parts:
    """Data in memory: its arrays in one row, and how they are nested."""

    def __init__(self, data: Any, dtype: Any, weight: ArrayLike | None, inputs_only: bool) -> None:
        if isinstance(data, TensorDataset):
            data = data.tensors if inputs_only or len(data.tensors) > 1 else (data.tensors[0], ())
        parts = [data, (), ()] if inputs_only else [*data, (), ()][:3]
        if weight is not None:
            if not inputs_only and len(data) == 3:
                raise ArgumentError("sample_weight is given twice: in the data and as an argument")
            parts[2] = np.asarray(array_of(weight), np.float64)
        self.form = tuple(_shadow(part) for part in parts)
        names = ("x", "y", "sample_weight")
        self.flat = []
        lengths: dict[str, int] = {}
        for name, part in zip(names, parts, strict=True):
            for i, leaf in enumerate(_leaves(part)):
                called = name if _is_array(part) or _numbers(part) else f"{name}[{i}]"
                array = _checked(called, leaf, dtype)
                self.flat.append(array)
                lengths[called] = len(array)
        if len(set(lengths.values())) > 1:
            raise ShapeError(
                "the data has unequal numbers of samples: " + ", ".join(f"{name} has {n}" for name, n in lengths.items())
            )
        self.samples = next(iter(lengths.values()))
        self.plain = all(_is_array(part) or _numbers(part) for part in parts[:2]) and not _is_array(parts[2]) and not parts[2]

    def cut(self, rows: slice) -> _Parts:
        part = object.__new__(_Parts)
        part.form, part.plain = self.form, self.plain
        part.flat = [array[rows] for array in self.flat]
        part.samples = len(part.flat[0])
        return part

    def nested(self, batches: Iterator[Any]) -> Iterator[tuple[Any, Any, Any]]:
        if self.plain:
            return ((x, y, None) for x, y in batches)
        return (self._one(batch) for batch in batches)

    def _one(self, batch: Any) -> tuple[Any, Any, Any]:
        x, y, w = _rebuilt(self.form, iter(batch))
        return x, _given(y), _given(w)


def _given(part: Any) -> Any:
    """A part of a batch; None where the data has none."""
    return None if isinstance(part, tuple) and not part else part


def _shadow(value: Any) -> Any:
    """The nesting of a part, without its arrays."""
    if isinstance(value, dict):
        return {key: _shadow(v) for key, v in value.items()}
    if isinstance(value, tuple) or (isinstance(value, list) and not _numbers(value)):
        return tuple([_shadow(v) for v in value])
    return None


def _checked(name: str, value: Any, dtype: Any) -> Any:
    """A part of the data as a tensor: floating NumPy arrays in the model's dtype, refused where a value is nan."""
    array = array_of(value)
    if not array.ndim:
        raise ShapeError(f"{name} is {describe(array)}: data has one row per sample")
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name} is {describe(array)}: a model is trained on numbers")
    if array.dtype.kind in "fc" and array.size and np.isnan(np.sum(array)):
        bad = np.isnan(array)
        if bad.any():
            first = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ArgumentError(
                f"{name} contains nan: {int(bad.sum())} of {array.size} values, the first at {first}. Leave these samples out, or "
                f"fill them in (np.nan_to_num)"
            )
    if isinstance(value, AnyTensor):
        return value
    return make(array.astype(dtype) if dtype is not None and array.dtype.kind == "f" and array.dtype != dtype else array)


def _triples(source: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The batches of a loader or generator, each as (x, y, weight)."""
    for batch in source:
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise TypeError(
                f"a batch must be (x, y) or (x, y, weight), and the data gave {type(batch).__name__}"
                + (f" of {len(batch)} parts" if isinstance(batch, tuple | list) else "")
            )
        x, y, *w = (_tensors(part) for part in batch)
        yield x, y, w[0] if w else None


def _tensors(value: Any) -> Any:
    if isinstance(value, AnyTensor):
        return value
    if isinstance(value, dict):
        return {key: _tensors(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return tuple([_tensors(v) for v in value])
    return make(np.asarray(value))


def count(y: Tree, x: Tree) -> int:
    """The number of samples of a batch."""
    part = y if y is not None else x
    while not isinstance(part, AnyTensor):
        part = next(iter(part.values())) if isinstance(part, dict) else part[0]
    return len(part.array) if part.array.ndim else 1


__all__ = ["Batches", "count"]
