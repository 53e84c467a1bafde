"""Vector spaces: what zeros, sums, bases and inner products are for each type of values. No gradient is computed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from .levels import REAL_AND_COMPLEX, isbox


class VSpace:
    """The vector space that a value lies in.

    Attributes:
        mappings: for each type of values a function that makes the space of one. iscomplex: whether its numbers are complex.
    """

    mappings: ClassVar[dict[type, Callable[[Any], VSpace]]] = {}
    iscomplex = False
    size: Any
    shape: Any

    def __init__(self, value: Any) -> None:
        pass

    # What each kind of space defines.
    def zeros(self) -> Any:
        raise NotImplementedError(f"{self!r} has no zeros")

    def ones(self) -> Any:
        raise NotImplementedError(f"{self!r} has no ones")

    def standard_basis(self) -> Iterator[Any]:
        raise NotImplementedError(f"{self!r} has no standard basis")

    def randn(self) -> Any:
        raise NotImplementedError(f"{self!r} has no random vectors")

    def _add(self, x: Any, y: Any) -> Any:
        return x + y

    def _mut_add(self, x: Any, y: Any) -> Any:
        x += y
        return x

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return x * a

    def _inner_prod(self, x: Any, y: Any) -> Any:
        raise NotImplementedError(f"{self!r} has no inner product")

    def _covector(self, x: Any) -> Any:
        return x

    def conformed(self, value: Any) -> Any:
        """A vector as values of this space are built: what a rule returned may be an array in place of a list."""
        return value

    # What is called: on boxes the same, because these compute with what boxes record.
    def add(self, x_prev: Any, x_new: Any) -> Any:
        """The sum of two vectors."""
        return self._add(x_prev, x_new)

    def mut_add(self, x_prev: Any, x_new: Any) -> Any:
        """The sum of two vectors, where possible in the memory of the first; None for that means zeros."""
        return self._mut_add(self.zeros() if x_prev is None else x_prev, x_new)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """A vector times a number."""
        return self._scalar_mul(x, a)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """The inner product of two vectors, a real number."""
        return self._inner_prod(x, y)

    def covector(self, x: Any) -> Any:
        """The covector of a vector: for complex numbers the conjugate."""
        return self._covector(x)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in self.__dict__.items())})"

    @classmethod
    def register(cls, value_type: type, vspace_maker: Callable[[Any], VSpace] | None = None) -> None:
        """Make values of this type vectors of this space, or of the one that a function makes."""
        VSpace.mappings[value_type] = vspace_maker or cls


def vspace(value: Any) -> Any:
    """The vector space of a value.

    Raises:
        TypeError: no space is registered for the value's type.
    """
    while isbox(value):
        value = value._value
    maker = VSpace.mappings.get(type(value))
    if maker is None:
        for kind in type(value).__mro__[1:-1]:
            maker = VSpace.mappings.get(kind)
            if maker is not None:
                return maker(value)
        known = ", ".join(sorted(kind.__name__ for kind in VSpace.mappings))
        raise TypeError(f"a value of type {type(value).__name__} lies in no vector space; these do: {known}")
    return maker(value)


class SparseObject:
    """A gradient of which only a part is not zero: ``mut_add`` adds it to a vector. vs: the vector's space."""

    __slots__ = ("mut_add", "vs")

    def __init__(self, vs: VSpace, mut_add: Callable[[Any], Any]) -> None:
        self.vs = vs
        self.mut_add = mut_add


VSpace.register(SparseObject, lambda value: value.vs)
sparse_object_types = {SparseObject}


# ------------------------------------------------------------------------------------------------------------------ arrays


class ArrayVSpace(VSpace):
    """Arrays of one shape and dtype."""

    def __init__(self, value: Any) -> None:
        self.shape, self.dtype = np.shape(value), np.asarray(value).dtype

    @property
    def size(self) -> Any:
        return np.prod(self.shape, dtype=int)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def zeros(self) -> Any:
        return np.zeros(self.shape, self.dtype)

    def ones(self) -> Any:
        return np.ones(self.shape, self.dtype)

    def standard_basis(self) -> Iterator[Any]:
        for place in np.ndindex(*self.shape):
            yield self._unit(place, 1)

    def _unit(self, place: tuple[int, ...], number: complex) -> np.ndarray:
        vector = np.zeros(self.shape, self.dtype)
        vector[place] = number
        return vector

    def randn(self) -> Any:
        numbers = np.random.standard_normal(self.shape)  # noqa: NPY002  (users seed NumPy's own generator)
        return np.asarray(numbers, self.dtype)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return np.sum(np.multiply(x, y))


class ComplexArrayVSpace(ArrayVSpace):
    """Arrays of complex numbers, as a space over the real numbers."""

    iscomplex = True

    @property
    def size(self) -> Any:
        return 2 * np.prod(self.shape, dtype=int)

    def ones(self) -> Any:
        return np.full(self.shape, 1 + 1j, self.dtype)

    def standard_basis(self) -> Iterator[Any]:
        for place in np.ndindex(*self.shape):
            yield self._unit(place, 1)
            yield self._unit(place, 1j)

    def randn(self) -> Any:
        real, imaginary = super().randn(), super().randn()
        return (real + 1j * imaginary).astype(self.dtype)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return np.sum(np.real(x) * np.real(y) + np.imag(x) * np.imag(y))

    def _covector(self, x: Any) -> Any:
        return np.conj(x)


VSpace.register(np.ndarray, lambda value: ComplexArrayVSpace(value) if np.iscomplexobj(value) else ArrayVSpace(value))
for _real, _complex in REAL_AND_COMPLEX:
    ArrayVSpace.register(_real)
    if _complex is not None:
        ComplexArrayVSpace.register(_complex)


# -------------------------------------------------------------------------------------------------------------- containers


class ContainerVSpace(VSpace):
    """Lists, tuples and dicts of vectors. shape: the same container with the spaces of the parts."""

    def __init__(self, value: Any) -> None:
        self.shape = self._built([(key, vspace(part)) for key, part in self._items(value)])

    # What each kind of container defines.
    def _items(self, value: Any) -> list[tuple[Any, Any]]:
        raise NotImplementedError

    def _built(self, items: list[tuple[Any, Any]]) -> Any:
        raise NotImplementedError

    def _each(self, function: Callable[..., Any], *values: Any) -> Any:
        return self._built([(key, function(space, *[v[key] for v in values])) for key, space in self._items(self.shape)])

    @property
    def size(self) -> Any:
        return sum([space.size for _, space in self._items(self.shape)])

    def conformed(self, value: Any) -> Any:
        return self._each(lambda space, part: space.conformed(part), value)

    def zeros(self) -> Any:
        return self._each(lambda space: space.zeros())

    def ones(self) -> Any:
        return self._each(lambda space: space.ones())

    def randn(self) -> Any:
        return self._each(lambda space: space.randn())

    def with_parts(self, parts: dict[Any, Any]) -> Any:
        """Zeros but for some parts."""
        return self._built([(key, parts[key] if key in parts else space.zeros()) for key, space in self._items(self.shape)])

    def standard_basis(self) -> Iterator[Any]:
        for key, space in self._items(self.shape):
            for vector in space.standard_basis():
                yield self.with_parts({key: vector})

    def _add(self, x: Any, y: Any) -> Any:
        return self._each(lambda space, a, b: space._add(a, b), x, y)

    def _mut_add(self, x: Any, y: Any) -> Any:
        return self._each(lambda space, a, b: space._mut_add(a, b), x, y)

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return self._each(lambda space, v: space._scalar_mul(v, a), x)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return sum([space._inner_prod(x[key], y[key]) for key, space in self._items(self.shape)])

    def _covector(self, x: Any) -> Any:
        return self._each(lambda space, v: space._covector(v), x)


class SequenceVSpace(ContainerVSpace):
    """Lists and tuples of vectors. seq_type: their class."""

    seq_type: type = list

    def _items(self, value: Any) -> list[tuple[Any, Any]]:
        return list(enumerate(value))

    def _built(self, items: list[tuple[Any, Any]]) -> Any:
        return self.seq_type([part for _, part in items])


class ListVSpace(SequenceVSpace):
    """Lists of vectors."""


class TupleVSpace(SequenceVSpace):
    """Tuples of vectors, named ones too: these are built from their fields."""

    seq_type = tuple

    def __init__(self, value: Any) -> None:
        if hasattr(value, "_fields"):
            self.seq_type = type(value)
        super().__init__(value)

    def _built(self, items: list[tuple[Any, Any]]) -> Any:
        parts = [part for _, part in items]
        return self.seq_type(*parts) if hasattr(self.seq_type, "_fields") else tuple(parts)


class DictVSpace(ContainerVSpace):
    """Dicts of vectors."""

    def _items(self, value: Any) -> list[tuple[Any, Any]]:
        return list(value.items())

    def _built(self, items: list[tuple[Any, Any]]) -> Any:
        return dict(items)


ListVSpace.register(list)
TupleVSpace.register(tuple)
DictVSpace.register(dict)
NamedTupleVSpace = TupleVSpace

__all__ = [
    "ArrayVSpace", "ComplexArrayVSpace", "ContainerVSpace", "DictVSpace", "ListVSpace", "NamedTupleVSpace", "SequenceVSpace",
    "SparseObject", "TupleVSpace", "VSpace", "sparse_object_types", "vspace",
]  # fmt: skip
