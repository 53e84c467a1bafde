"""Checkpoints that hold no code: ``save`` and ``load``, as PyTorch's, in safetensors files; PyTorch's own files are read too.

``save`` writes each tensor under its path in the saved object (``model.0.weight``), so that every tool that reads safetensors reads
it. Dictionaries, lists, numbers and strings become JSON in the file's metadata. ``load`` parses numbers and text, and runs nothing.
"""

from __future__ import annotations

import io
import math
import os
import re
import warnings
from typing import Any, BinaryIO

import numpy as np

from .engine.graph import make
from .engine.values.devices import check
from .errors import ArgumentError, describe
from .files import replacing
from .tensor.tensor import Tensor
from .types import Device

VERSION = 1
_METADATA = "glassgrad"  # the key of the structure in the file's metadata
_STORED = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64",
    "complex128",
})  # fmt: skip
_READ = {
    "BOOL": "?", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8",
    "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "BF16": "<u2",
}  # fmt: skip
_EVERYWHERE = _READ.keys() - {"BF16", "C64"}  # the dtypes that every version of the library reads as arrays
_LARGEST = 50_000_000  # characters of structure: the format's header ends at 100 MB
File = str | bytes | os.PathLike[str] | os.PathLike[bytes] | BinaryIO


def save(obj: Any, f: File) -> None:
    """Write tensors, and the containers that hold them, to a safetensors file: ``torch.save`` without pickle.

    A dictionary of tensors, such as a module's ``state_dict()``, becomes a file with the same keys for every tool that reads
    safetensors. A path is written as a whole or not at all: who reads it finds the old file or the new one.

    Args:
        obj: a tensor, or dictionaries (keys: strings and integers), lists and tuples of tensors, NumPy arrays and scalars, Python
            numbers, strings, None. Of a model, an optimizer or a scheduler the file gets the ``state_dict()``, and a warning says
            how to load it. The file keeps the values of a tensor: not its gradient, nor whether it requires one, nor that
            two share memory.
        f: a path, or a file opened for writing in binary mode.

    Raises:
        TypeError: ``obj`` holds something else; the error says where, and what to save instead.
        ValueError: ``obj`` contains itself, or more numbers outside of arrays than a file's header can hold.
        OSError: the path cannot be written, or the disk is full.

    Example:
        >>> import autograd, nn, optim, os, tempfile
        >>> model = nn.Linear(3, 2)
        >>> optimizer = optim.Adam(model.parameters())
        >>> path = os.path.join(tempfile.mkdtemp(), "checkpoint.safetensors")
        >>> autograd.save({"epoch": 5, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.25}, path)
        >>> checkpoint = autograd.load(path)
        >>> model.load_state_dict(checkpoint["model"])
        <All keys matched successfully>
        >>> optimizer.load_state_dict(checkpoint["optimizer"])
        >>> checkpoint["epoch"], checkpoint["loss"]
        (5, 0.25)
    """
    import json

    if not isinstance(f, str | bytes | os.PathLike) and not hasattr(f, "write"):
        raise TypeError(f"save takes what to save, then a path or a file opened with 'wb', not {describe(f)}")
    writing = _Writing()
    structure = json.dumps({"version": VERSION, "value": writing.encode(obj, ())}, allow_nan=False, separators=(",", ":"))
    if len(structure) > _LARGEST:
        raise ValueError(f"{len(structure)} characters of numbers and strings are too many: keep long lists of numbers as arrays")
    for note in writing.notes:
        warnings.warn(note, UserWarning, stacklevel=2)
    # "format" is what readers for PyTorch's models ask for before they read the tensors.
    metadata = {"format": "pt", _METADATA: structure}
    from .safetensors_files import write_arrays

    if not isinstance(f, str | bytes | os.PathLike):
        write_arrays(f, writing.arrays, metadata)
        return
    try:
        with replacing(f) as path, open(path, "wb") as file:
            write_arrays(file, writing.arrays, metadata)
    except OSError as error:
        if error.filename is None and error.errno is not None:  # as of a full disk
            error.filename = os.fsdecode(f)
        raise


def load(f: File, map_location: Device | None = None, weights_only: bool | None = True) -> Any:
    """Read what ``save`` has written, a safetensors file from anywhere, or a ``.pt`` file of PyTorch's.

    A safetensors file of another program gives a dictionary of tensors, and so does the index of a model that is cut into several
    (``model.safetensors.index.json``). Of PyTorch's files (zip, the older pickle stream, the older tar) tensors, containers and
    numbers are read, and nothing in them is run.

    Dictionaries come back as ``dict``, in their order; tensors as tensors that require no gradient, arrays as arrays. NumPy lacks
    bfloat16: it is read as float32, with the same values.

    Args:
        f: a path, or a file opened for reading in binary mode.
        map_location: "cpu" or None.
        weights_only: taken as PyTorch takes it, without effect: no code from a file is ever run.

    Raises:
        ArgumentError: the file is cut off, of another format, of more dimensions than NumPy has, or a file of PyTorch's that holds
            more than tensors, containers and numbers.

    Example:
        >>> import autograd, io
        >>> buffer = io.BytesIO()
        >>> autograd.save({"x": autograd.tensor([1.0, 2.0]), "names": ["a", "b"]}, buffer)
        >>> _ = buffer.seek(0)
        >>> autograd.load(buffer)
        {'x': tensor([1., 2.], dtype=float32), 'names': ['a', 'b']}
    """
    check(map_location)
    if not isinstance(f, str | bytes | os.PathLike) and hasattr(f, "read"):
        data = f.read()
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"load needs a file opened in binary mode, with 'rb': reading gave {type(data).__name__}")
        if _is_pytorchs(bytes(data[:16])):
            return _from_pytorch(io.BytesIO(data), "the file")
        arrays, metadata = _parsed(bytes(data), "the file")
    elif isinstance(f, str | bytes | os.PathLike):
        path = os.fsdecode(f)
        if path.endswith(".index.json"):
            return _sharded(path)
        with open(path, "rb") as file:  # Python's own errors for a file that is not there
            head = file.read(16)
        if _is_pytorchs(head):
            return _from_pytorch(path, path)
        arrays, metadata = _opened(path, head)
    else:
        raise TypeError(f"load takes a path or a file opened with 'rb', not {describe(f)}")
    if _METADATA not in metadata:
        return {name: make(array) for name, array in arrays.items()}
    return _structured(metadata[_METADATA], arrays)


# -------------------------------------------------------------------------------------------------------------------- writing


class _Writing:
    """An object on its way into a file: ``encode`` returns its structure as JSON, and collects its arrays in ``arrays``.

    ``notes`` are warnings about objects of which only the state is written.

    JSON's own values and lists mean themselves. Everything else is an object of one key that names the kind: ``{"tensor": path}``.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.within: set[int] = set()
        self.notes: list[str] = []

    def encode(self, obj: Any, path: tuple[Any, ...]) -> Any:
        """The structure of the object at a path. Its arrays go into ``arrays``."""
        if isinstance(obj, Tensor):
            return self.put("tensor", obj.array, path)
        if isinstance(obj, np.ndarray) and not hasattr(obj, "mask"):
            return self.put("array", obj, path)
        if isinstance(obj, np.generic) and not isinstance(obj, str | bytes):
            return self.put("scalar", np.asarray(obj), path)
        if obj is None or isinstance(obj, str | bool | int):
            return obj
        if isinstance(obj, float):
            return obj if math.isfinite(obj) else {"float": repr(float(obj))}
        if isinstance(obj, complex):
            return {"complex": repr(complex(obj))}
        if isinstance(obj, dict | list | tuple):
            if id(obj) in self.within:
                raise ValueError(f"{_place(path)} contains itself")
            self.within.add(id(obj))
            try:
                return self.nested(obj, path)
            except RecursionError:
                raise ValueError(f"{_place(path[:3])}... is nested too deeply to be saved") from None
            finally:
                self.within.discard(id(obj))
        if callable(getattr(obj, "state_dict", None)) and not isinstance(obj, type):
            # An error here would come after the training, and the program would end without its result.
            self.notes.append(_state_only(obj, path))
            return self.encode(obj.state_dict(), path)
        raise TypeError(_refusal(obj, path))

    def nested(self, obj: Any, path: tuple[Any, ...]) -> Any:
        if isinstance(obj, dict):
            for key in obj:
                if not isinstance(key, str | int):
                    raise TypeError(f"a key of {_place(path)} is {describe(key)}: only strings and integers can be saved as keys")
            return {"dict": [[key, self.encode(value, (*path, key))] for key, value in obj.items()]}
        items = [self.encode(value, (*path, i)) for i, value in enumerate(obj)]
        return items if isinstance(obj, list) else {"tuple": items}

    def put(self, kind: str, array: np.ndarray, path: tuple[Any, ...]) -> dict[str, Any]:
        """Keep an array under its path, as the format wants it: contiguous, in the machine's byte order, no complex numbers."""
        if array.dtype.name not in _STORED:
            raise TypeError(f"{_place(path)} has dtype {array.dtype}, which can't be saved: convert it to numbers")
        array = np.asarray(array, array.dtype.newbyteorder("="), order="C")
        # A key may hold text that is no Unicode; a name in a file may not.
        base = name = ".".join(map(str, path)).encode("utf-8", "replace").decode() if path else "tensor"
        number = 1
        while name in self.arrays or name == "__metadata__":  # as of "a.b" beside "b" in "a"; or the format's own word
            name, number = f"{base}#{number}", number + 1
        if array.dtype.kind == "c":
            self.arrays[name] = array.reshape(*array.shape, 1).view(array.real.dtype)
            return {kind: name, "complex": True}
        self.arrays[name] = array
        return {kind: name}


def _place(path: tuple[Any, ...]) -> str:
    return "obj" + "".join(f"[{key!r}]" for key in path)


def _state_only(obj: Any, path: tuple[Any, ...]) -> str:
    kind, place = type(obj).__name__, _place(path)
    loaded = "autograd.load(f)" + place.removeprefix("obj")
    return (
        f"{place} is a {kind}, and a file holds no code: save wrote its state_dict(). Saying so yourself, {place}.state_dict(), "
        f"silences this warning. To load it, make a new {kind} and call its load_state_dict({loaded})"
    )


def _refusal(obj: Any, path: tuple[Any, ...]) -> str:
    kind = type(obj).__name__
    if callable(obj):
        return f"{_place(path)} is a {kind}, and a checkpoint holds no code: save a model's or an optimizer's state_dict() instead"
    if isinstance(obj, set | frozenset):
        return f"{_place(path)} is a {kind}: save it as a list"
    return (
        f"{_place(path)} is a {kind}: tensors, arrays, numbers, strings, None, and dicts, lists and tuples of them can be saved; "
        f"save its state_dict() if it has one, or convert it"
    )


# -------------------------------------------------------------------------------------------------------------------- reading


def _is_pytorchs(head: bytes) -> bool:
    """Whether a file that begins with these 16 bytes may be one of PyTorch's: a zip archive, a pickle, or a tar archive."""
    tar = head[:9].rstrip(b"\0").lstrip(b"./") in (b"storages", b"tensors", b"pickle", b"sys_info")
    # A safetensors file begins with the length of its header, in eight bytes of which the last are zeros.
    return head[:4] == b"PK\x03\x04" or (head[:1] == b"\x80" and any(head[2:8])) or tar


def _from_pytorch(file: Any, name: str) -> Any:
    from .pytorch_files import read  # most programs never need it, nor pickle, zipfile and tarfile

    return read(file, name)


def _sharded(path: str) -> dict[str, Any]:
    """The tensors of a model that is cut into several safetensors files, as its index lists them."""
    import json

    with open(path, encoding="utf-8") as file:
        try:
            listed = json.load(file)["weight_map"]
            names = {str(name): str(shard) for name, shard in listed.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ArgumentError(f"{path} is no index of safetensors files ({type(error).__name__}: {error})") from None
    folder, tensors = os.path.dirname(path), {}
    for shard in dict.fromkeys(names.values()):
        if os.path.basename(shard) != shard or shard in ("", ".", ".."):
            raise ArgumentError(f"{path} names {shard!r}: the parts of a model must lie in the folder of their index")
        arrays = load(os.path.join(folder, shard))
        missing = [name for name, where in names.items() if where == shard and name not in arrays]
        if missing:
            raise ArgumentError(f"{shard} lacks {missing[0]!r}, which {path} says it holds: the download is incomplete")
        tensors.update({name: arrays[name] for name, where in names.items() if where == shard})
    return tensors


def _opened(path: str, head: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata of a file, one array at a time: the file is never in memory twice."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as opened:
            names = list(opened.keys())
            if all([opened.get_slice(name).get_dtype() in _EVERYWHERE for name in names]):
                return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except SafetensorError as error:
        raise ArgumentError(_unreadable(path, head, error)) from None
    except ValueError:
        pass  # a shape that NumPy refuses: below, the error names the array
    with open(path, "rb") as file:
        return _parsed(file.read(), path)


def _parsed(data: bytes, name: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the metadata of a file's bytes."""
    import json

    from safetensors import SafetensorError, deserialize

    try:
        parts = deserialize(data)
    except SafetensorError as error:
        raise ArgumentError(_unreadable(name, data[:16], error)) from None
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return {key: _array(key, part) for key, part in parts}, header.get("__metadata__") or {}


def _array(name: str, part: dict[str, Any]) -> np.ndarray:
    if part["dtype"] not in _READ:
        raise ArgumentError(f"{name!r} has dtype {part['dtype']}, which NumPy lacks: convert it to float32 where the file was made")
    try:
        array = np.frombuffer(part["data"], _READ[part["dtype"]]).reshape(part["shape"])
    except ValueError as error:
        raise ArgumentError(f"{name!r} has {len(part['shape'])} dimensions, of a shape that NumPy refuses: {error}") from None
    if part["dtype"] == "BF16":
        # bfloat16 is the upper half of a float32.
        array = (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return array


def _unreadable(path: str, head: bytes, error: Exception) -> str:
    if not head:
        return f"{path} is empty, or was read to its end before: seek(0) goes back to the start of a buffer"
    said = str(error).rpartition(": ")[2]
    if re.search("fully ?covered|IncompleteBuffer|invalid ?header ?length|too ?small", said, re.IGNORECASE):
        return f"{path} is cut off, or no safetensors file ({said}): copy or download it again"
    return f"{path} is no safetensors file ({said})"


def _structured(text: str, arrays: dict[str, np.ndarray]) -> Any:
    """The object that ``save`` was given, made again from its structure and its arrays."""
    import json

    try:
        top = json.loads(text)
        version = top["version"]
        if version == VERSION:
            return _decode(top["value"], arrays)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ArgumentError(
            f"the file's structure does not fit its tensors ({type(error).__name__}: {describe(str(error))}): it is damaged, or "
            f"its tensors were changed by a tool that kept the metadata"
        ) from None
    raise ArgumentError(f"the file has version {version!r} of the structure, and this library reads {VERSION}: install a newer one")


def _decode(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(node, list):
        return [_decode(item, arrays) for item in node]
    if not isinstance(node, dict):
        return node
    content: Any
    kind, content = next(iter(node.items()), ("nothing", None))
    if kind == "dict":
        return {key: _decode(value, arrays) for key, value in content}
    if kind == "tuple":
        return tuple([_decode(item, arrays) for item in content])
    if kind == "float":
        return float(content)
    if kind == "complex":
        return complex(content)
    if kind not in ("tensor", "array", "scalar"):
        raise ValueError(f"unknown mark {kind!r}")
    array = arrays[content]
    if node.get("complex"):
        array = array.view(np.result_type(array.dtype, np.complex64)).reshape(array.shape[:-1])
    return make(array) if kind == "tensor" else array if kind == "array" else array[()]
