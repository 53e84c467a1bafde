"""Reading a model's weights from a file, and saying in which way the file is another model's."""

from __future__ import annotations

from pathlib import Path

import autograd
import nn


def load_weights(model: nn.Module, file: str | Path, prefix: str = "") -> None:
    """Fill the model from a safetensors or ``.pt`` file under Hugging Face's names. Nothing is changed if one does not fit.

    Args:
        model: its parameters' names are looked for.
        file: may hold more than the model has, such as a pooling layer or tables of masks.
        prefix: what the file may put in front of all names, or leave out, such as "transformer.".

    Raises:
        ValueError: the file lacks a name, or has another shape for it.
    """
    found = autograd.load(file)
    own = model.state_dict()
    names = {id(p): [] for p in model.parameters()}  # a parameter that has two names may have either in the file
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names[id(parameter)].append(name)
    state = {}
    for group in [*names.values(), *([name] for name, _ in model.named_buffers() if name in own)]:
        spelled = [form for name in group for form in (name, name.removeprefix(prefix), prefix + name)]
        match = next((form for form in spelled if form in found), None)
        if match is not None:
            state.update(dict.fromkeys(group, found[match]))
    missing = [name for name in own if name not in state]
    kind = type(model).__name__
    if missing:
        raise ValueError(
            f"{Path(file).name} is of another architecture than {kind}: it lacks {_few(missing)}, and holds {_few(list(found))}. "
            f"Choose a file of {kind}'s, or make the model that the file is of"
        )
    wrong = [f"{n} {tuple(state[n].shape)}, not {tuple(own[n].shape)}" for n in own if state[n].shape != own[n].shape]
    if wrong:
        raise ValueError(f"{Path(file).name} is of a {kind} of other sizes: it has {_few(wrong)}. Give the model the file's sizes")
    model.load_state_dict(state)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
