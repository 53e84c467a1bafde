"""Arrays that boxes may be written into: ``a = np.zeros(3); a[i] = box`` within a function that is differentiated.

``autograd.numpy.zeros`` and its kin return a ``Writable`` there. It is an array like any other until a box is written into it; then
it becomes a ``Written``, which stands for a box: that of its numbers with the new ones in their places. Its own memory then holds
nan in these places, so that no way around the box is taken unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import as_strided

from ..engine.op import REGISTRY
from . import recording
from .arrays import ArrayBox, function_of
from .calls import FUNCTIONS, call, foreign, joined
from .functions import index_of, plain, stands_for
from .levels import Box, top_trace, trace_stack
from .recording import run

_types = Box.types
_write, _getitem = REGISTRY["write"], REGISTRY["getitem"]


class Writable(ndarray):
    """An array that was made within a function that is differentiated: boxes may be written into it."""

    _own: Any = None  # the box that stands for the numbers, of an array that is no view
    _parent: Any = None  # the array that this one was made of, if it was made here
    _views: list[Any] | None = None  # of an array that is no view: weak references to those of its views that were made here
    _seen: Any = None  # of a view: the box of the whole array, and that of the view, when it was last asked for

    @property
    def _boxed(self) -> Any:
        """The box that stands for the numbers now, also where another name was written to; None as long as no box was written."""
        root = self._root()
        if root is self or root._own is None:
            return root._own
        if self._seen is None or self._seen[0] is not root._own:
            self._seen = root._own, run(_getitem, (root._own,), {"index": _index(_places(self, root), root.shape)})
        return self._seen[1]

    def __array_finalize__(self, obj: Any) -> None:
        if isinstance(obj, Writable):
            self._parent = obj
            root = self._root()
            if root is not self:
                if root._views is None:
                    root._views = []
                root._views.append(ref(self))
                if root._own is not None:
                    self.__class__ = Written

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __setitem__(self, index: Any, value: Any) -> None:
        if top_trace((value,)) < 0:
            super().__setitem__(plain(index), value)
            return
        value = joined(value)
        if not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise TypeError(f"a box of {value.dtype} cannot be written into an array of {self.dtype}: make that with dtype=float")
        if value.dtype != self.dtype:
            value = value.astype(self.dtype)
        index = index_of(index)
        root = self._root()
        if root is self:
            self._replace(index, value)
        else:  # the same places of the array whose memory it is
            root._replace(_index(_places(self, root)[index], root.shape), value)
            self.__class__ = Written

    def _root(self) -> Writable:
        """The array whose memory this one shares, of those that were made here."""
        root: Writable = self
        while root._parent is not None and np.may_share_memory(ndarray.view(root, ndarray), ndarray.view(root._parent, ndarray)):
            root = root._parent
        return root

    def _replace(self, index: Any, value: Any) -> None:
        base = np.array(ndarray.view(self, ndarray)) if self._own is None else self._own
        self._own = run(_write, (base, value), {"chain": ((_getitem, {"index": index}),), "order": None})
        ndarray.view(self, ndarray)[index] = np.nan
        self.__class__ = Written
        for view in self._views or ():
            if (there := view()) is not None:
                there.__class__ = Written


def _index(places: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(np.unravel_index(places, shape))


def _places(view: ndarray, root: ndarray) -> np.ndarray:
    """The numbers of a view's elements among those of an array with its own memory, in row-major order."""
    if not root.flags.c_contiguous:
        raise NotImplementedError("a box is written into a view of an array that is not in row-major order: write into the array")
    start = (view.__array_interface__["data"][0] - root.__array_interface__["data"][0]) // root.itemsize
    steps = [step // root.itemsize * np.intp().itemsize for step in view.strides]
    return np.array(as_strided(np.arange(root.size)[start:], view.shape, steps))


def _redirected(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._boxed, name)(*args, **kwargs)

    return method


class Written(Writable):
    """An array into which a box was written: whatever is asked of it is asked of the box."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
        inputs = tuple([_box_of(v) for v in inputs])
        if any([foreign(v) for v in inputs]):
            return NotImplemented
        result = call(ufunc, inputs, kwargs, method)
        if not out:
            return result
        if not (len(out) == 1 and isinstance(out[0], Writable)):
            raise TypeError(f"np.{ufunc.__name__}: out= is an array, and the result depends on a box: leave out= away")
        out[0][...] = result
        return out[0]

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return function_of(function)(*args, **kwargs)

    def __setitem__(self, index: Any, value: Any) -> None:
        root = self._root()
        if root is self:
            self._replace(index_of(index), joined(value) if top_trace((value,)) >= 0 else np.asarray(value, self.dtype))
        else:
            super().__setitem__(index, joined(value) if top_trace((value,)) >= 0 else 0.0 * self._boxed[index] + value)

    def __getitem__(self, index: Any) -> Any:
        return self._boxed[index]

    def __iter__(self) -> Any:
        return iter(self._boxed)

    def __float__(self) -> float:
        return float(self._boxed)

    def __int__(self) -> int:
        return int(self._boxed)

    def __complex__(self) -> complex:
        return complex(self._boxed)

    def __bool__(self) -> bool:
        return bool(self._boxed)

    def __repr__(self) -> str:
        return f"Written({self._boxed})"

    def __str__(self) -> str:
        return str(self._boxed)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    T = property(lambda self: self._boxed.T)
    real = property(lambda self: self._boxed.real)
    imag = property(lambda self: np.imag(self._boxed))
    flat = property(lambda self: self._boxed.ravel())


# Every method of an array that reads its numbers.
for _name in dir(ndarray):
    if not _name.startswith("_") and callable(getattr(ndarray, _name)) and hasattr(ArrayBox, _name):
        setattr(Written, _name, _redirected(_name))


def _box_of(value: Any) -> Any:
    return value._boxed if isinstance(value, Written) else value


def _maker(raw: Callable[..., Any]) -> None:
    """NumPy's function that makes an array: within a derivative it makes one that boxes may be written into."""

    @stands_for(raw)
    def function(*args: Any, **kwargs: Any) -> Any:
        made = raw(*[plain(a) for a in args], **{key: plain(value) for key, value in kwargs.items()})
        return made.view(Writable) if trace_stack.top >= 0 and type(made) is ndarray else made


for _raw in (np.zeros, np.empty, np.ones, np.zeros_like, np.empty_like, np.ones_like):
    _maker(_raw)


def _filled(raw: Callable[..., Any]) -> None:
    @stands_for(raw)
    def function(shape: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
        if top_trace((fill_value,)) >= 0:
            shape = plain(shape)
            return FUNCTIONS[np.multiply](joined(fill_value), np.ones(np.shape(shape) if raw is np.full_like else shape))
        made = raw(plain(shape), fill_value, *args, **kwargs)
        return made.view(Writable) if trace_stack.top >= 0 else made


_filled(np.full)
_filled(np.full_like)
recording.bind_writable(Writable)

__all__ = ["Writable", "Written"]
