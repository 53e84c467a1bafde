"""``vmap``: a function of one example, called once for a whole batch of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .batch.border import ENTER, LEAVE
from .batch.stand_in import Batched, BatchError, Level
from .engine import gradients
from .engine.forward import level_here
from .engine.graph import make
from .engine.modes import current
from .engine.recording import recorded
from .engine.standin import levels
from .errors import ArgumentError, GraphError, describe
from .functions import join, shape
from .tensor.tensor import Tensor
from .types import TensorLike, Tree

_enter, _leave = recorded(ENTER), recorded(LEAVE)


def check_randomness(randomness: str) -> None:
    """Raise for a word that ``randomness`` does not know."""
    if randomness not in ("error", "same", "different"):
        raise ValueError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")


def vmap(
    func: Callable[..., Any],
    in_dims: Tree = 0,
    out_dims: Tree = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that calls ``func`` for each slice of its arguments and stacks the results: all slices in one call of each op.

    Formula: ``vmap(f)(x)[i] = f(x[i])``

    Within ``func`` a tensor has the shape of one slice. Gradients go through, inside (``vmap(grad(f))``: one for each example) and
    outside. An op that nobody knows how to batch is called slice by slice.

    Args:
        func: a function of tensors that returns tensors, or tuples, lists and dicts of tensors.
        in_dims: the dimension of each argument that is sliced, None for one that all calls share: an integer for all, or a
            tuple with an entry for each, which may be a tree like the argument.
        out_dims: where the new dimension goes in the results, likewise.
        randomness: what random functions do inside: "error", "same" (numbers that all calls share) or "different".
        chunk_size: at most so many slices at a time.

    Raises:
        ValueError: dimensions of unequal lengths, no dimension at all, one that a tensor does not have, or a structure other than
            that of the arguments; a function that returns anything but tensors; an unknown randomness.
        TypeError: the function decides by a value on which the slices differ.

    Example:
        >>> import autograd
        >>> x, w = autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([10.0, 1.0])
        >>> autograd.vmap(autograd.dot, in_dims=(0, None))(x, w)
        tensor([12., 34.], dtype=float32)
        >>> gradient = autograd.func.grad(lambda w, x: (w * x).sum() ** 2)
        >>> autograd.vmap(gradient, in_dims=(None, 0))(w, x).tolist()
        [[24.0, 48.0], [204.0, 272.0]]
    """
    check_randomness(randomness)
    if not isinstance(in_dims, int | tuple) or isinstance(in_dims, bool):
        raise ValueError(
            f"vmap: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims).__name__}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    def batched(*args: Any, **kwargs: Any) -> Any:
        dims: list[Any] = []
        spread(in_dims, args, dims, title="in_dims")
        leaves: list[Any] = []
        flat(args, leaves)
        flat(kwargs, leaves)
        dims += [0 if isinstance(leaf, Tensor) else None for leaf in leaves[len(dims) :]]  # keywords are sliced along 0
        size = _size(leaves, dims)
        if chunk_size is None or chunk_size >= size:
            return call(func, args, kwargs, leaves, dims, size, out_dims, randomness)
        parts = []
        for start in range(0, size, chunk_size):
            length = min(chunk_size, size - start)
            some = [leaf if d is None else leaf.narrow(d, start, length) for leaf, d in zip(leaves, dims, strict=True)]
            parts.append(call(func, args, kwargs, some, dims, length, out_dims, randomness))
        return _joined(parts, out_dims)

    batched.__name__ = getattr(func, "__name__", "function")
    return batched


def _begun(size: int, randomness: str) -> Level:
    """The level of a batch that begins."""
    level, watch = Level(size, randomness), current().watch
    if watch is not None:
        level = watch.batch(level)
    level.open = True
    return level


def call(
    func: Callable[..., Any], args: Any, kwargs: Any, leaves: list[Any], dims: list[Any], size: int, out_dims: Any, randomness: str
) -> Any:
    """One call of ``func`` for a whole batch.

    Args:
        func, out_dims, randomness: as for ``vmap``. args, kwargs: the arguments, for their structure. size: of the batch.
        leaves: the leaves of the arguments. dims: the dimension of each that is sliced, or None.
    """
    level = _begun(size, randomness)
    inside = iter([leaf if d is None else _enter(leaf, level=level, dim=d) for leaf, d in zip(leaves, dims, strict=True)])
    args, kwargs = rebuilt(args, inside), rebuilt(kwargs, inside)
    token = levels.set((*levels.get(), level))
    try:
        result = func(*args, **kwargs)
    finally:
        levels.reset(token)
        level.open = False
    out: list[Any] = []
    flat(result, out)
    where: list[Any] = []
    spread(out_dims, result if isinstance(result, tuple) else (result,), where, title="out_dims")
    for i, t in enumerate(out):
        if not isinstance(t, Tensor):
            if where[i] is None:  # the same for all slices, whatever it is
                continue
            raise ValueError(
                f"vmap({getattr(func, '__name__', 'function')}, ...): `{getattr(func, '__name__', 'function')}` must only return "
                f"Tensors, got type {type(t).__name__}"
            )
        if where[i] is None:
            if isinstance(t.array, Batched) and t.array.level is level:
                raise ValueError(
                    f"vmap: can not return a BatchedTensor when out_dim is None: output {i} differs between the slices, "
                    f"{describe(t.array)}"
                )
            continue
        rank = t.array.ndim + 1
        if not -rank <= where[i] < rank:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {where[i]})")
        out[i] = _leave(t, level=level, dim=where[i] % rank)
    return rebuilt(result, iter(out))


def in_batch(function: Callable[[Tensor], Sequence[Tensor]], values: np.ndarray) -> list[Tensor]:
    """A linear function of one tensor, called once for all of a stack; its results, stacked along a first dimension.

    Args:
        function: returns tensors; what it calls may have been recorded before.
        values: the stack: an array for each call, along axis 0.
    """
    if len(values) == 1:
        return [shape.unsqueeze(t, 0) for t in function(make(values[0]))]
    level = _begun(len(values), "same")
    token = levels.set((*levels.get(), level))
    try:
        stack: Any = ENTER.forward(values, level, 0)  # it loads what a batch needs, which Batched alone does not
        out = function(make(stack))
        return [_leave(t, level=level, dim=0) for t in out]
    finally:
        levels.reset(token)
        level.open = False


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the sum of the outputs with respect to the inputs; no ``.grad`` is touched.

    ``autograd.grad(function)`` is HIPS autograd's form: a function that returns the gradient of a function of arrays.

    Args:
        outputs: a tensor or a sequence of tensors.
        inputs: a tensor or a sequence of tensors, leaves or not.
        grad_outputs: a gradient per output, of its shape; may be left out for scalars.
        retain_graph: keep the saved values, for another backward through the same graph. Default: the value of ``create_graph``.
        create_graph: record the backward itself, for derivatives of any order.
        only_inputs: True; PyTorch keeps the argument for old programs.
        allow_unused: return None for an input that the outputs do not depend on, instead of raising.
        is_grads_batched: the first dimension of each of ``grad_outputs`` counts gradients: for all of them the graph is swept once,
            and each result has that dimension, too.
        materialize_grads: return zeros for such an input.

    Returns:
        One tensor per input, of its shape and dtype.

    Raises:
        GraphError: an input that needs no gradient or is not used, and what ``backward`` raises.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> (dy,) = autograd.grad(x**3, x, create_graph=True)
        >>> (ddy,) = autograd.grad(dy, x)
        >>> dy.item(), ddy.item()
        (27.0, 18.0)
    """
    if not only_inputs:
        raise ArgumentError("only_inputs argument is deprecated and must be True: backward() fills the .grad of all leaves")
    if not create_graph and level_here() is not None:
        # Dual tensors: the gradients have tangents, as in PyTorch, for which the sweep is recorded.
        create_graph, retain_graph = True, bool(retain_graph)
    if not is_grads_batched:
        return gradients.grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    given = grad_outputs if isinstance(grad_outputs, tuple | list) else (grad_outputs,)
    if not given or not all(isinstance(g, Tensor) and g.array.ndim for g in given):
        raise ArgumentError("is_grads_batched: give grad_outputs as tensors, with a first dimension that counts the gradients")
    size = given[0].array.shape[0]
    level = _begun(size, "same")
    token = levels.set((*levels.get(), level))
    try:
        batched = [_enter(g, level=level, dim=0) for g in given]
        found = gradients.grad(outputs, inputs, batched, retain_graph, create_graph, allow_unused, materialize_grads)
        return tuple([t if t is None else _leave(t, level=level, dim=0) for t in found])
    finally:
        levels.reset(token)
        level.open = False


class VmapInfo(NamedTuple):
    """What a Function's ``vmap`` is told of the call: the number of slices, and what random functions do."""

    batch_size: int
    randomness: str


def by_own_rule(rule: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tree | None:
    """What a Function's own ``vmap(info, in_dims, *args)`` returns within a call of vmap; None if no argument is sliced.

    Args:
        rule: the static method. It gets whole batches, and returns the outputs and their dimensions.
        name: the Function's, for errors. args, kwargs: of ``apply``.

    Raises:
        NotImplementedError: tensors by keyword. GraphError: the rule returned anything but a pair of outputs and their dimensions.
    """
    open_levels = levels.get()
    level = open_levels[-1]
    leaves: list[Any] = []
    flat(args, leaves)
    sliced = [isinstance(t, Tensor) and isinstance(t.array, Batched) and t.array.level is level for t in leaves]
    if not any(sliced):
        return None
    if any(isinstance(value, Tensor) for value in kwargs.values()):
        raise NotImplementedError(f"{name}: vmap does not take kwarg-only Tensor args: pass them by position")
    whole = [_leave(t, level=level, dim=0) if inside else t for t, inside in zip(leaves, sliced, strict=True)]
    in_dims = rebuilt(args, iter([0 if inside else None for inside in sliced]))
    token = levels.set(open_levels[:-1])
    try:
        returned = rule(VmapInfo(level.size, level.randomness), in_dims, *rebuilt(args, iter(whole)), **kwargs)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise GraphError(f"{name}: vmap is expected to have two returns, (output, out_dims), not {describe(returned)}")
        outputs, out_dims = returned
        out: list[Any] = []
        flat(outputs, out)
        where: list[Any] = []
        try:
            if isinstance(out_dims, tuple | list) and type(out_dims) is not type(outputs):
                raise ValueError
            spread(out_dims, outputs, where, title="out_dims")
        except ValueError:
            raise GraphError(f"{name}: the vmap staticmethod returned an incompatible (output, out_dims): {out_dims!r}") from None
    finally:
        levels.reset(token)
    return rebuilt(outputs, iter([t if d is None else _enter(t, level=level, dim=d) for t, d in zip(out, where, strict=True)]))


def _size(leaves: list[Any], dims: list[Any]) -> int:
    """The number of slices; every dimension that is sliced must have it."""
    sizes = []
    for i, (leaf, d) in enumerate(zip(leaves, dims, strict=True)):
        if d is None:
            continue
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"vmap: Got in_dim={d} for an input of type {type(leaf).__name__}. We cannot vmap over non-Tensor arguments, "
                f"please use None as the respective in_dim"
            )
        rank = leaf.array.ndim
        if not -rank <= d < rank:
            raise ValueError(f"vmap: Got in_dim={d} for some input, but that input is a Tensor of dimensionality {rank}")
        dims[i] = d % rank
        sizes.append(leaf.array.shape[d])
    if not sizes:
        raise ValueError("vmap: at least one input tensor must be batched: every in_dim is None, or there is no argument")
    if len(set(sizes)) > 1:
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes}")
    return int(sizes[0])


def _joined(parts: list[Any], out_dims: Any) -> Any:
    """The results of the chunks, one behind the other."""
    columns: list[list[Any]] = []
    for part in parts:
        leaves: list[Any] = []
        flat(part, leaves)
        columns.append(leaves)
    dims: list[Any] = []
    spread(out_dims, parts[0] if isinstance(parts[0], tuple) else (parts[0],), dims, title="out_dims")
    rows = zip(*columns, strict=True)
    return rebuilt(parts[0], iter([row[0] if d is None else join.cat(row, dim=d) for row, d in zip(rows, dims, strict=True)]))


# -------------------------------------------------------------------------------------------------------------------- trees


def flat(tree: Tree, leaves: list[Any]) -> None:
    """Append the leaves of a tree to a list; tuples, lists and dicts are trees."""
    if isinstance(tree, tuple | list):
        for item in tree:
            flat(item, leaves)
    elif isinstance(tree, dict):
        for item in tree.values():
            flat(item, leaves)
    else:
        leaves.append(tree)


def rebuilt(tree: Tree, leaves: Any) -> Tree:
    """The tree with other leaves, from an iterator."""
    if isinstance(tree, tuple):
        items = [rebuilt(item, leaves) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if isinstance(tree, list):
        return [rebuilt(item, leaves) for item in tree]
    if isinstance(tree, dict):
        return type(tree)((key, rebuilt(item, leaves)) for key, item in tree.items())
    return next(leaves)


def spread(dims: Any, tree: Tree, found: list[Any], title: str) -> None:
    """Append the dimension of every leaf of a tree to a list: an integer, or None, counts for all leaves below it.

    Raises:
        ValueError: dimensions in another structure than the tree's.
    """
    if dims is None or (isinstance(dims, int) and not isinstance(dims, bool)):
        leaves: list[Any] = []
        flat(tree, leaves)
        found += [dims] * len(leaves)
        return
    if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys():
        for key, item in tree.items():
            spread(dims[key], item, found, title)
        return
    kinds = isinstance(dims, list) == isinstance(tree, list) or title == "out_dims"
    if isinstance(dims, tuple | list) and isinstance(tree, tuple | list) and kinds and len(dims) == len(tree):
        for d, item in zip(dims, tree, strict=True):
            spread(d, item, found, title)
        return
    raise ValueError(
        f"vmap: {title} is not compatible with the structure of the {'inputs' if title == 'in_dims' else 'outputs'}: {dims!r}"
    )


__all__ = ["BatchError", "by_own_rule", "grad", "in_batch", "vmap"]
