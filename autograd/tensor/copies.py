"""``diagonal_copy`` and its kind: the functions that return views, with a copy in the view's place."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from ..engine.output import write_out
from ..engine.values.devices import contiguous_format
from ..functions import elementwise, indexing, shape, split
from ..functions.creation import to_tensor


def _copying(function: Callable[..., Any], call: str, result: str) -> Callable[..., Any]:
    """The function with copies for results: nothing shares memory with the input.

    Args:
        function: returns a view, or a tuple of views.
        call, result: the example: ``autograd.NAME_copy(call)`` prints the result.
    """
    name = f"{function.__name__}_copy"

    @wraps(function)
    def copy(input: Any, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        views = function(to_tensor(input), *args, **kwargs)
        several = isinstance(views, tuple | list)
        if several and out is not None:
            return write_out(tuple(out), tuple(views), name)
        if several:
            return tuple([view.clone(memory_format=contiguous_format) for view in views])
        return views.clone(memory_format=contiguous_format) if out is None else write_out(out, views, name)

    copy.__name__ = copy.__qualname__ = name
    del copy.__wrapped__
    name_of_views = function.__name__
    copy.__doc__ = f"""A copy of what ``{name_of_views}`` returns, with its arguments: a new tensor, which
    shares no memory with the input.

    Args:
        {", ".join(inspect.signature(function).parameters)}: as for ``{name_of_views}``.
        out: a tensor for the result, or as many as there are results.

    Example:
        >>> import autograd
        >>> autograd.{name}({call})
        {result}
    """
    copy.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return copy


_ONE, _TWO = "autograd.tensor([1.0, 2.0])", "autograd.tensor([[1.0, 2.0], [3.0, 4.0]])"
_FIRST = "tensor([1., 2.], dtype=float32)"
_BOTH = "(tensor([1.], dtype=float32), tensor([2.], dtype=float32))"
_SAME = "tensor([[1., 2.],\n                [3., 4.]], dtype=float32)"
_TURNED = "tensor([[1., 3.],\n                [2., 4.]], dtype=float32)"

as_strided_copy = _copying(shape.as_strided, f"{_TWO}, (2,), (1,)", _FIRST)
diagonal_copy = _copying(shape.diagonal, _TWO, "tensor([1., 4.], dtype=float32)")
expand_copy = _copying(shape.expand, f"{_ONE}, (1, 2)", "tensor([[1., 2.]], dtype=float32)")
permute_copy = _copying(shape.permute, f"{_TWO}, (1, 0)", _TURNED)
select_copy = _copying(indexing.select, f"{_TWO}, 0, 0", _FIRST)
split_copy = _copying(split.split, f"{_ONE}, 1", _BOTH)
split_with_sizes_copy = _copying(split.split_with_sizes, f"{_ONE}, [1, 1]", _BOTH)
squeeze_copy = _copying(shape.squeeze, f"{_ONE}", _FIRST)
t_copy = _copying(shape.t, _TWO, _TURNED)
transpose_copy = _copying(shape.transpose, f"{_TWO}, 0, 1", _TURNED)
unbind_copy = _copying(split.unbind, f"{_ONE}", "(tensor(1., dtype=float32), tensor(2., dtype=float32))")
unfold_copy = _copying(shape.unfold, f"{_ONE}, 0, 2, 1", "tensor([[1., 2.]], dtype=float32)")
unsqueeze_copy = _copying(shape.unsqueeze, f"{_ONE}, 0", "tensor([[1., 2.]], dtype=float32)")
view_as_complex_copy = _copying(elementwise.view_as_complex, _ONE, "tensor(1.+2.j, dtype=complex64)")
view_as_real_copy = _copying(elementwise.view_as_real, "autograd.tensor(1 + 2j)", _FIRST)
view_copy = _copying(shape.view, f"{_TWO}, (4,)", "tensor([1., 2., 3., 4.], dtype=float32)")

__all__ = [name for name in list(globals()) if name.endswith("_copy")]
