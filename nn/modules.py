"""The paths under which PyTorch's programs import layers: ``nn.modules.conv``, ``nn.modules.batchnorm``, ``nn.modules.module``, ...

Each of them is a module made here, from one table: it has the names of a file of nn/layers, or of nn/module.py, and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping
from types import ModuleType
from typing import Any

from . import hooks, module, state_dict
from .layers import (
    activation,
    adaptive,
    attention,
    classification_loss,
    containers,
    convolution,
    distance,
    dropout,
    embedding,
    lazy,
    linear,
    loss,
    margin_loss,
    normalization,
    padding,
    pooling,
    recurrent,
    transformer,
    vision,
)  # fmt: skip

# PyTorch's file: the files that have its names here. A name of our own may be in several.
_FILES: dict[str, tuple[ModuleType, ...]] = {
    "activation": (activation, attention),
    "adaptive": (adaptive,),
    "batchnorm": (normalization,),
    "channelshuffle": (vision,),
    "container": (containers,),
    "conv": (convolution,),
    "distance": (distance,),
    "dropout": (dropout,),
    "flatten": (linear,),
    "fold": (vision,),
    "instancenorm": (normalization,),
    "lazy": (lazy,),
    "linear": (linear, attention),
    "loss": (loss, classification_loss, margin_loss),
    "module": (module, hooks),
    "normalization": (normalization,),
    "padding": (padding,),
    "pixelshuffle": (vision,),
    "pooling": (pooling,),
    "rnn": (recurrent,),
    "sparse": (embedding,),
    "transformer": (transformer,),
    "upsampling": (vision,),
}


def _of(count: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: tuple(value) if isinstance(value, tuple | list) else (value,) * count


def consume_prefix_in_state_dict_if_present(state_dict: MutableMapping[str, Any], prefix: str) -> None:
    """Remove a prefix from the keys of a state_dict, in place: ``module.`` of a model that was saved within ``DataParallel``.

    Args:
        state_dict: the dictionary; its metadata changes too. prefix: for example ``"module."``.

    Example:
        >>> from nn.modules.utils import consume_prefix_in_state_dict_if_present
        >>> state = {"module.weight": 1.0}
        >>> consume_prefix_in_state_dict_if_present(state, "module.")
        >>> state
        {'weight': 1.0}
    """
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key.removeprefix(prefix)] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in list(metadata):
        if key and (key == prefix.removesuffix(".") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)


_OTHERS: dict[str, dict[str, Any]] = {
    "module": {"_IncompatibleKeys": state_dict.IncompatibleKeys},
    "lazy": {"LazyModuleMixin": lazy.LazyModuleMixin},
    "utils": {
        "_single": _of(1), "_pair": _of(2), "_triple": _of(3), "_quadruple": _of(4), "_ntuple": lambda n, name="parse": _of(n),
        "consume_prefix_in_state_dict_if_present": consume_prefix_in_state_dict_if_present,
    },
}  # fmt: skip


def _own(file: ModuleType) -> dict[str, Any]:
    """The classes and functions that a file defines, by name."""
    return {key: value for key, value in vars(file).items() if getattr(value, "__module__", None) == file.__name__}


def _alias(name: str) -> ModuleType:
    """A module under PyTorch's path, registered so that ``import`` finds it."""
    made = ModuleType(f"{__name__}.{name}", f"The names of ``torch.nn.modules.{name}``.")
    for file in _FILES.get(name, ()):
        vars(made).update(_own(file))
    vars(made).update(_OTHERS.get(name, {}))
    sys.modules[made.__name__] = made
    return made


__path__: list[str] = []  # so that ``import nn.modules.conv`` looks here
_LAYERS = {
    key: value
    for files in _FILES.values()
    for file in files
    for key, value in _own(file).items()
    if isinstance(value, type) and issubclass(value, module.Module) and not key.startswith("_")
}
_PATHS = {name: _alias(name) for name in sorted({*_FILES, *_OTHERS})}
globals().update({**_LAYERS, **_PATHS})
__all__ = sorted({*_LAYERS, *_PATHS})
