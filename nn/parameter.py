"""Parameters and buffers: the tensors that a module holds by name, and their forms without a shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import graph, recording
from autograd.engine.gradients import require_grad
from autograd.engine.graph import make
from autograd.engine.values.devices import check
from autograd.engine.values.dtypes import get_default_dtype, to_array, to_dtype
from autograd.errors import DtypeError, describe
from autograd.types import ArrayLike, Device, DType, Size

from . import names


def empty(shape: int | Size, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = True) -> Parameter:
    """A parameter of a shape, with values that the caller has still to set."""
    check(device)
    return Parameter(graph.make(np.empty(shape, get_default_dtype() if dtype is None else to_dtype(dtype))), requires_grad)


class _Named(recording.Tensor):
    """The base of parameters and buffers. The user may set further attributes on them, as in PyTorch."""

    def _take(self, data: Any) -> None:
        self.array = data.array if hasattr(data, "array") else to_array(() if data is None else data)
        self.node: Any = None
        self.grad = self._view = None

    @property
    def name(self) -> str | None:
        """Its path in the model that holds it (``encoder.fc.weight``), or None."""
        return names.path_of_value(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuilt, (type(self), self.array, self.requires_grad, self._attributes())

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo.get(id(self))
        if copy is None:
            copy = memo[id(self)] = _rebuilt(type(self), self.array.copy(order="K"), self.requires_grad, self._attributes())
        return copy

    def _attributes(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != names.HOMES}


def _rebuilt(cls: Any, array: np.ndarray, requires_grad: bool, attributes: dict[str, Any]) -> Any:
    value = cls.__new__(cls)
    value.array = array
    value.node = value.grad = value._view = None
    vars(value).update(attributes)
    return require_grad(value) if requires_grad else value


class Parameter(_Named):
    """A tensor that is learned. Assigned to an attribute of a module, it appears in the module's ``parameters()``.

    Args:
        data: a tensor, whose memory the parameter shares; or anything that a tensor can be made of, which is copied.
        requires_grad: whether the parameter gets gradients.

    Raises:
        DtypeError: the data are integers and requires_grad is True.

    Example:
        >>> import autograd, nn
        >>> nn.Parameter(autograd.tensor([1.0, 2.0]))
        Parameter containing:
        tensor([1., 2.], dtype=float32, requires_grad=True)
    """

    def __init__(self, data: ArrayLike | None = None, requires_grad: bool = True) -> None:
        self._take(data)
        if requires_grad:
            if self.array.dtype.kind not in "fc":
                raise DtypeError(
                    f"Only Tensors of floating point and complex dtype can require gradients, not {describe(self.array)}: "
                    f"convert it, or pass requires_grad=False"
                )
            self.node = graph.leaf(self)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(_Named):
    """A tensor that belongs to a module's state but is not learned: a running mean, a mask.

    Args:
        data: a tensor, whose memory the buffer shares; or anything that a tensor can be made of, which is copied.
        persistent: whether the module's ``state_dict`` contains it.

    Example:
        >>> import autograd, nn
        >>> model = nn.Module()
        >>> model.mean = nn.Buffer(autograd.zeros(2))
        >>> [name for name, b in model.named_buffers()]
        ['mean']
    """

    def __init__(self, data: ArrayLike | None = None, *, persistent: bool = True) -> None:
        self._take(data)
        self.persistent = persistent


class _Uninitialized(_Named):
    """A parameter or buffer that has no shape yet; the first call of its lazy module gives it one."""

    _becomes: type[_Named]

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        check(device)
        self.node = self.grad = self._view = None
        self._dtype = get_default_dtype() if dtype is None else to_dtype(dtype)
        self._requires_grad = requires_grad

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Give the tensor memory of a shape. It is an ordinary parameter or buffer from then on.

        Args:
            shape: of the tensor. device: must be the CPU. dtype: by default the one it was made with.
        """
        check(device)
        self.array = np.empty(shape, self._dtype if dtype is None else to_dtype(dtype))
        requires_grad = self._requires_grad
        del self._dtype, self._requires_grad
        self.__class__ = self._becomes
        if requires_grad:
            require_grad(self)

    def convert(self, fn: Callable[[Any], Any]) -> None:
        """Take the dtype that a function of tensors gives to a tensor of the present one."""
        self._dtype = fn(make(np.empty(0, self._dtype))).dtype

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype

    @property
    def requires_grad(self) -> bool:
        return self._requires_grad

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        self._requires_grad = requires_grad
        return self

    def detach(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "array":
            raise ValueError(
                "an uninitialized parameter or buffer has no shape and no values yet: call the module once with an input, "
                "so that its lazy layers can take their sizes from it"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._requires_grad, None, self._dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copy = memo.get(id(self))
        if copy is None:
            copy = memo[id(self)] = type(self)(self._requires_grad, None, self._dtype)
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):
    """A parameter whose shape the first call of its lazy module decides.

    Args:
        requires_grad: whether the parameter will get gradients. dtype: the dtype that it will have.

    Raises:
        ValueError: its values are read before ``materialize``.

    Example:
        >>> import nn
        >>> weight = nn.UninitializedParameter()
        >>> weight
        <UninitializedParameter>
        >>> weight.materialize((2, 3))
        >>> weight.shape
        (2, 3)
    """

    _becomes = Parameter


class UninitializedBuffer(_Uninitialized, Buffer):
    """A buffer whose shape the first call of its lazy module decides.

    Args:
        dtype: the dtype that it will have. persistent: whether the module's ``state_dict`` contains it.

    Raises:
        ValueError: its values are read before ``materialize``.

    Example:
        >>> import nn
        >>> mean = nn.UninitializedBuffer()
        >>> mean.materialize((4,))
        >>> mean.shape
        (4,)
    """

    _becomes = Buffer

    def __init__(
        self, requires_grad: bool = False, device: Device | None = None, dtype: DType | None = None, persistent: bool = True
    ) -> None:
        super().__init__(requires_grad, device, dtype)
        self.persistent = persistent


def is_lazy(value: object) -> bool:
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(value, _Uninitialized)


def undo_materialize(value: Any) -> Callable[[], None]:
    """Note that a parameter or buffer has no shape yet; the function that is returned takes a shape given since away again."""
    kind, attributes = type(value), dict(vars(value))

    def undo() -> None:
        if not is_lazy(value):
            value.__class__ = kind
            value.node = value.grad = value._view = None
            del value.array
            vars(value).update(attributes)

    return undo
