"""Calling a module with other tensors in the place of its parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import stack
from autograd.errors import ArgumentError
from autograd.types import Tensor, Tree

from .module import Module, suggestion


def _merged(given: Any) -> MutableMapping[str, Any]:
    """One dictionary of several; a dictionary that is given alone is returned itself."""
    if isinstance(given, MutableMapping):
        return given
    if isinstance(given, Mapping):
        return dict(given)
    if not isinstance(given, Sequence) or not all(isinstance(part, Mapping) for part in given):
        raise ArgumentError(f"Expected parameters_and_buffers to be a dict or a sequence of dicts, but got {type(given).__name__}")
    merged: dict[str, Any] = {}
    for part in given:
        twice = merged.keys() & part.keys()
        if twice:
            raise ValueError(
                f"{', '.join(sorted(twice))} appeared in multiple dictionaries; behavior of functional call is ambiguous"
            )
        merged.update(part)
    return merged


@contextmanager
def swapped(module: Module, values: MutableMapping[str, Any], tie_weights: bool = True, strict: bool = False) -> Iterator[None]:
    """Within the block the module has these tensors in the place of its own.

    A parameter or buffer that the module rebinds within the block (``self.steps = self.steps + 1``) ends up in ``values``.

    Args:
        module: its own parameters and buffers are back at the end of the block.
        values: paths to tensors.
        tie_weights: replace a parameter that has several paths under all of them.
        strict: require every parameter and buffer.
    """
    holders: dict[str, tuple[Any, str]] = {}
    same: dict[int, list[str]] = {}
    for path, m in module.named_modules(remove_duplicate=False):
        for members in (m._parameters, m._buffers):
            for name, value in members.items():
                if value is not None:
                    full = f"{path}.{name}" if path else name
                    holders[full] = (members, name)
                    same.setdefault(id(value), []).append(full)
    unknown = [name for name in values if name not in holders]
    if unknown:
        raise KeyError(f"{type(module).__name__} has no parameter or buffer {unknown[0]!r}{suggestion(unknown[0], holders)}")
    if strict and (missing := [name for name in holders if name not in values]):
        raise RuntimeError(f"Missing key(s): {', '.join(missing)}.")
    tensors = dict(values)
    if tie_weights:
        for names in same.values():
            chosen = {id(values[name]): values[name] for name in names if name in values}
            if len(chosen) > 1:
                raise ValueError(f"functional_call got multiple values for keys {names}, which are tied: pass tie_weights=False")
            for value in chosen.values():
                tensors.update(dict.fromkeys(names, value))
    before = {name: holders[name][0][holders[name][1]] for name in tensors}
    try:
        for name, value in tensors.items():
            members, short = holders[name]
            members[short] = value
        yield
    finally:
        for name, value in before.items():
            members, short = holders[name]
            if name in values and members.get(short) is not tensors[name]:
                values[name] = members.get(short)
            members[short] = value


def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Tree | None = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Tree:
    """Call a module with tensors in the place of some of its parameters and buffers; afterwards it has its own again.

    Args:
        module: the module to call.
        parameters_and_buffers: paths to tensors, or a sequence of such dictionaries. If the module rebinds one of them during the
            call, a single dictionary then holds the new tensor, as in PyTorch.
        args: the arguments: a tuple, or the only one. kwargs: keyword arguments.
        tie_weights: replace a parameter that has several paths under all of them.
        strict: require every parameter and buffer.

    Returns:
        What the module's forward returns.

    Raises:
        KeyError: a path that the module does not have. ValueError: two tensors for one parameter. RuntimeError: with strict, a
            parameter or buffer that is not given.

    Example:
        >>> import autograd, nn
        >>> layer = nn.Linear(2, 1, bias=False)
        >>> nn.functional_call(layer, {"weight": autograd.tensor([[3.0, 4.0]])}, autograd.ones(1, 2)).tolist()
        [[7.0]]
    """
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with swapped(module, _merged(parameters_and_buffers), tie_weights, strict):
        return module(*given, **(kwargs or {}))


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several models of one architecture, each stacked along a new first dimension.

    ``vmap`` over these, with ``functional_call``, runs all the models at once.

    Args:
        models: at least one module; all of one class and in one mode, training or evaluation.

    Returns:
        Two dictionaries: of the parameters, as leaves that require a gradient where the models' do, and of the buffers.

    Raises:
        RuntimeError: no model, or models of different classes or in different modes.

    Example:
        >>> import autograd, nn
        >>> models = [nn.Linear(2, 1) for _ in range(3)]
        >>> parameters, buffers = nn.stack_module_state(models)
        >>> parameters["weight"].shape
        (3, 1, 2)
        >>> def run(parameters, x):
        ...     return nn.functional_call(models[0], parameters, (x,))
        >>> autograd.vmap(run, in_dims=(0, None))(parameters, autograd.ones(4, 2)).shape
        (3, 4, 1)
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {}
    for name, first in models[0].named_parameters():
        stacked = stack([m.get_parameter(name) for m in models]).detach()
        parameters[name] = stacked.requires_grad_(first.requires_grad)
    buffers = {name: stack([m.get_buffer(name) for m in models]).detach() for name, _ in models[0].named_buffers()}
    return parameters, buffers
