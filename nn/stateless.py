"""Calling a module with other tensors in the place of its parameters and buffers."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import stack
from autograd.engine.recording import AnyTensor
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


_ABSENT = object()


def _holder(module: Module, path: str) -> tuple[Any, str]:
    """The dictionary that has the tensor at a path, or would have it, and its name there."""
    *parents, name = path.split(".")
    for parent in parents:
        child = module._modules.get(parent) or getattr(module, parent, None)
        if not isinstance(child, Module):
            raise AttributeError(f"{type(module).__name__} has no attribute `{parent}` that is a module: there is no {path!r}")
        module = child
    for members in (module._parameters, module._buffers):
        if name in members:
            return members, name
    held = getattr(module, name, _ABSENT)
    if held is not _ABSENT and not isinstance(held, AnyTensor):
        raise TypeError(f"attribute `{name}`: {held!r} is not an instance of torch.Tensor: functional_call replaces tensors only")
    return vars(module), name


def _check_names(module: Module, given: Iterable[str], own: Collection[str]) -> None:
    """With ``strict``: each parameter and buffer is given, and nothing else."""
    given = set(given)
    faults = []
    if unexpected := sorted(given.difference(own)):
        faults.append(f"Unexpected key(s): {', '.join(map(repr, unexpected))}.")
    if missing := [name for name in own if name not in given]:
        faults.append(f"Missing key(s): {', '.join(map(repr, missing))}.")
    if faults:
        raise RuntimeError(f"functional_call of {type(module).__name__} with strict=True: {' '.join(faults)}")


@contextmanager
def swapped(module: Module, values: MutableMapping[str, Any], tie_weights: bool = True, strict: bool = False) -> Iterator[None]:
    """Within the block the module has these tensors in the place of its own.

    A parameter or buffer that the module rebinds within the block (``self.steps = self.steps + 1``) ends up in ``values``.

    Args:
        module: its own tensors are back at the end of the block.
        values: paths to tensors, or to None.
        tie_weights: replace a parameter that has several paths under all of them.
        strict: require every parameter and buffer, and nothing else.
    """
    own: dict[str, None] = {}
    same: dict[int, list[str]] = {}
    for path, m in module.named_modules(remove_duplicate=False):
        for members in (m._parameters, m._buffers):
            for name, value in members.items():
                if value is not None:
                    full = f"{path}.{name}" if path else name
                    own[full] = None
                    same.setdefault(id(value), []).append(full)
    for value in values.values():
        if value is not None and not isinstance(value, AnyTensor):
            raise TypeError(f"{value!r} is not an instance of torch.Tensor: functional_call takes tensors and None")
    tensors = dict(values)
    if tie_weights:
        for names in same.values():
            chosen = {id(values[name]): values[name] for name in names if name in values}
            if len(chosen) > 1:
                raise ValueError(f"functional_call got multiple values for keys {names}, which are tied: pass tie_weights=False")
            for value in chosen.values():
                tensors.update(dict.fromkeys(names, value))
    if strict:
        _check_names(module, tensors, own)
    holders = {name: _holder(module, name) for name in tensors}
    for name, (members, short) in holders.items():
        if short not in members and (close := suggestion(name, own)):
            warnings.warn(
                f"functional_call: {type(module).__name__} has no tensor {name!r}, and the call sets a new attribute{close}",
                stacklevel=4,
            )
    before = {name: members.get(short, _ABSENT) for name, (members, short) in holders.items()}
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
            if value is _ABSENT:
                members.pop(short, None)
            else:
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

    An attribute that holds a tensor is replaced like a parameter. A path that the module does not have is an attribute for the
    length of the call, as in PyTorch; if it looks like a parameter's, the call warns.

    Args:
        module: the module to call.
        parameters_and_buffers: paths to tensors, or a sequence of such dictionaries. If the module rebinds one of them during the
            call, a single dictionary then holds the new tensor, as in PyTorch.
        args: the arguments: a tuple, or the only one. kwargs: keyword arguments.
        tie_weights: replace a parameter that has several paths under all of them.
        strict: require every parameter and buffer, and nothing else.

    Returns:
        What the module's forward returns.

    Raises:
        AttributeError: a path through a submodule that is not there. TypeError: a value that is no tensor, or an attribute that
            holds none. ValueError: two tensors for one parameter. RuntimeError: with strict, a parameter or buffer that is not
            given, or a path that is none.

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
