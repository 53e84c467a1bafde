"""Models in files: ours, which hold no code, and the reading of Keras's own."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import autograd
from autograd.errors import ArgumentError, ShapeError
from autograd.types import PathLike

from .base import KNOWN, Layer, own_weights

_FORMAT = "glassgrad.keras"
_INFLATED = 100  # times a file's size that a part of it may have


def _allowed(file: PathLike, overwrite: bool) -> str:
    path = os.fspath(file)
    if not path.endswith(".safetensors"):
        hint = ": Keras's own formats are read, and not written" if path.endswith((".keras", ".h5")) else ""
        raise ArgumentError(f"{path} must end in .safetensors{hint}")
    if not overwrite and Path(path).exists():
        raise ArgumentError(f"{path} is there already: overwrite=True replaces it")
    return path


def save_model(model: Any, file: PathLike, overwrite: bool) -> None:
    """Architecture and weights in one safetensors file."""
    path = _allowed(file, overwrite)
    autograd.save({"format": _FORMAT, "architecture": model.to_json(), "weights": _weights(model)}, path)


def save_weights(model: Any, file: PathLike, overwrite: bool) -> None:
    """The weights in a safetensors file."""
    path = _allowed(file, overwrite)
    autograd.save({"format": _FORMAT, "weights": _weights(model)}, path)


def _weights(model: Any) -> list[Any]:
    return [w.detach() for w in model.weights]


def read_model(file: PathLike, custom: dict[str, type] | None, restored: Callable[[dict[str, Any]], Any]) -> Any:
    """A model from our file, or Keras's ``.keras``; ``restored`` makes one of its configuration."""
    path = os.fspath(file)
    if path.endswith(".h5"):
        raise ArgumentError(f"{path}: the old HDF5 format holds a whole model; save it as .keras, or its weights as .weights.h5")
    if path.endswith(".keras"):
        with _damage(path):
            spec, weights = _members(path)
        model = _restored(path, spec, custom, restored)
        with _damage(path), _opened(io.BytesIO(weights)) as opened:
            _from_h5(model, opened, path)
        return model
    found = autograd.load(path)
    if not isinstance(found, dict) or found.get("format") != _FORMAT or "architecture" not in found:
        raise ArgumentError(f"{path} is no model that Model.save wrote")
    with _damage(path):
        spec = json.loads(found["architecture"])
    model = _restored(path, spec, custom, restored)
    model.set_weights(found["weights"])
    return model


def _restored(path: str, spec: Any, custom: dict[str, type] | None, restored: Callable[[dict[str, Any]], Any]) -> Any:
    """The model of an architecture. Errors of the user's own layers stay as they are."""
    with _known(custom):
        if custom:
            return restored(spec)
        with _damage(path):
            return restored(spec)


@contextmanager
def _damage(path: str) -> Iterator[None]:
    """Within the block whatever a reader finds wrong with a file is an ArgumentError that names the file."""
    try:
        yield
    except (ArgumentError, ShapeError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except (
        zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError, OverflowError,
        NotImplementedError, MemoryError, OSError,
    ) as error:  # fmt: skip
        raise ArgumentError(
            f"{path} is damaged, or no file of Keras 3 ({type(error).__name__}: {error}): copy or download it again"
        ) from None


class _known:
    """Within the block layers of these names are known too."""

    def __init__(self, custom: dict[str, type] | None) -> None:
        self.custom = custom or {}

    def __enter__(self) -> None:
        self.before = dict(KNOWN)
        KNOWN.update(self.custom)

    def __exit__(self, *_: Any) -> None:
        KNOWN.clear()
        KNOWN.update(self.before)


def load_weights(model: Any, file: PathLike) -> None:
    """Weights from our file, from Keras's ``.weights.h5``, or from the weights within a ``.keras``."""
    path = os.fspath(file)
    if path.endswith((".h5", ".keras")):
        with _damage(path), _opened(path if path.endswith(".h5") else io.BytesIO(_members(path)[1])) as opened:
            _from_h5(model, opened, path)
        return
    found = autograd.load(path)
    if not isinstance(found, dict) or "weights" not in found:
        raise ArgumentError(f"{path} holds no weights of a Keras model")
    model.set_weights(found["weights"])


def _opened(file: str | io.BytesIO) -> Any:
    try:
        import h5py
    except ImportError as error:
        raise ImportError("Keras's files are HDF5, which h5py reads: pip install 'glassgrad[keras]'") from error
    try:
        return h5py.File(file, "r")
    except OSError as error:
        if isinstance(file, str) and not Path(file).exists():
            raise
        raise ArgumentError(
            f"{file if isinstance(file, str) else 'model.weights.h5'} is no HDF5 file, or damaged ({error})"
        ) from None


def _members(path: str) -> tuple[dict[str, Any], bytes]:
    """The architecture and the weights in a ``.keras``, which is a zip archive."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "config.json" not in names or "model.weights.h5" not in names:
            raise ArgumentError(f"{path} is no model of Keras 3: it lacks config.json or model.weights.h5")
        for name in ("config.json", "model.weights.h5"):
            if archive.getinfo(name).file_size > _INFLATED * Path(path).stat().st_size:
                raise ArgumentError(
                    f"{path}: {name} would become {archive.getinfo(name).file_size} bytes: Keras compresses nothing"
                )
        spec = json.loads(archive.read("config.json"))
        weights = archive.read("model.weights.h5")
    shape = (spec.get("build_config") or {}).get("input_shape")
    config = {**spec["config"], "build_input_shape": spec["config"].get("build_input_shape") or shape}
    return {"class_name": spec["class_name"], "config": config}, weights


def _from_h5(model: Any, file: Any, path: str) -> None:
    """Weights of Keras 3: a group for each layer, named by its class and a number, its arrays under ``vars``."""
    own: list[Any] = []
    held: list[Any] = []
    for layer, group in _paired(model, file, path):
        found = _arrays(layer, group, path)
        weights = own_weights(layer)
        if len(found) != len(weights):
            raise ShapeError(
                f"{path}: layer {layer.name!r} has {len(weights)} weights, and the file {len(found)}: another architecture"
            )
        own += weights
        held += found
    if len({id(w) for w in own}) != len(model.weights):
        raise ShapeError(f"{path} has weights for {len(own)} of the model's {len(model.weights)}: another architecture")
    for w, stored in zip(own, held, strict=True):  # before anything is read: a file may claim any size
        if tuple(w.shape) != stored.shape:
            raise ShapeError(f"{path}: a weight has shape {stored.shape}, and the model's {tuple(w.shape)}: another architecture")
    arrays = [np.asarray(stored).astype(w.array.dtype) for w, stored in zip(own, held, strict=True)]
    with autograd.no_grad():
        for w, array in zip(own, arrays, strict=True):
            w.copy_(autograd.tensor(array))


def _number(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)(?:_(\d+))?", name)
    assert match is not None
    return match[1], int(match[2] or 0)


def _paired(model: Any, file: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Each layer that has weights of its own, with its group in the file."""
    group = file.get("layers") if "layers" in file else file.get("_layer_checkpoint_dependencies")
    if group is None:
        raise ArgumentError(f"{path} is no weight file of Keras 3: it has no group 'layers'")
    seen: dict[str, int] = {}
    used: set[str] = set()
    for layer in model.layers:
        if not isinstance(layer, Layer):
            continue
        base = layer.stored_as()
        number = seen.get(base, 0)
        seen[base] = number + 1
        name = f"{base}_{number}" if number else base
        if layer.weights and name not in group:
            raise ShapeError(f"{path} has no layer {name!r}; it has {', '.join(sorted(group, key=_number))}: another architecture")
        if layer.weights:
            used.add(name)
            yield from _within(layer, group[name], path)
    rest = [name for name in sorted(group, key=_number) if name not in used and _holds_arrays(group[name])]
    if rest:
        raise ShapeError(f"{path} has weights for {', '.join(rest)}, which the model lacks: another architecture")


def _holds_arrays(group: Any) -> bool:
    return not hasattr(group, "keys") or any(_holds_arrays(group[key]) for key in group)


_PARTS = {
    "Bidirectional": ("forward_layer", "backward_layer"), "TimeDistributed": ("layer",),
    "MultiHeadAttention": ("query_dense", "key_dense", "value_dense", "output_dense"),
}  # fmt: skip


def _within(layer: Any, group: Any, path: str) -> Iterator[tuple[Any, Any]]:
    if layer.is_model:
        yield from _paired(layer, group, path)
        return
    if own_weights(layer):
        yield layer, group
    for name in _PARTS.get(type(layer).__name__, ()):
        part = getattr(layer, name)
        if name not in group:
            raise ShapeError(f"{path}: layer {layer.name!r} lacks {name}: another architecture")
        yield from _within(part, group[name], path)


def _arrays(layer: Any, group: Any, path: str) -> list[Any]:
    """The data sets of a layer, in order of their numbers: h5py lists "10" before "2"."""
    if "cell" in group:  # of recurrent layers
        group = group["cell"]
    held = group.get("vars", group)
    found = [held[key] for key in sorted(held, key=int)]
    for stored in found:
        if not hasattr(stored, "external") or stored.external is not None or stored.is_virtual or stored.file != group.file:
            raise ArgumentError(
                f"{path}: a weight of {layer.name!r} lies in another file: this one may want to read what is not its own"
            )
    return found
