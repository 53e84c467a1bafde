"""PyTorch's own files (``.pt``, ``.pth``) read without PyTorch, and without running what is in them.

The three formats hold a pickle: a program for a small machine that can call any function. The machine here knows the few calls that
make tensors, containers and numbers, and refuses every other name; no attribute of anything can be set. What the pickle says of
sizes is compared with the bytes that are there before memory is asked for.

    zip      since PyTorch 1.6: a record data.pkl, and one record per storage under data/
    stream   before: five pickles one after the other, then the storages
    tar      before 0.1.10: members storages, tensors and pickle
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import tarfile
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import IO, Any, ClassVar, NoReturn

import numpy as np

from .engine.graph import make
from .errors import ArgumentError

_MAGIC = 0x1950A86A20F9469CFC6C  # of the stream format
_DTYPES = {
    "float64": "f8", "double": "f8", "float32": "f4", "float": "f4", "float16": "f2", "half": "f2", "int64": "i8", "long": "i8",
    "int32": "i4", "int": "i4", "int16": "i2", "short": "i2", "int8": "i1", "uint8": "u1", "uint16": "u2", "uint32": "u4",
    "uint64": "u8", "bool": "?", "complex64": "c8", "cfloat": "c8", "complex128": "c16", "cdouble": "c16", "bfloat16": "bfloat16",
}  # fmt: skip
_STORAGES = {
    "DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2",
    "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?", "ComplexFloatStorage": "c8", "ComplexDoubleStorage": "c16",
    "BFloat16Storage": "bfloat16", "UntypedStorage": "u1",
}  # fmt: skip


class _Kind:
    """The type of a storage's numbers; ``code`` is NumPy's, or "bfloat16"."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code

    @property
    def width(self) -> int:
        """Bytes of one number."""
        return 2 if self.code == "bfloat16" else np.dtype(self.code).itemsize


class _Storage:
    """The numbers of a storage, as bytes, and as arrays of what they are read as."""

    def __init__(self, raw: np.ndarray, kind: _Kind, order: str) -> None:
        self.raw, self.kind = raw, kind
        self.order: Any = order
        self._arrays: dict[str, np.ndarray] = {}

    def array(self, kind: _Kind) -> np.ndarray:
        """All numbers. Tensors that share a storage look into the same array."""
        if kind.code not in self._arrays:
            whole = self.raw[: len(self.raw) // kind.width * kind.width]
            if kind.code == "bfloat16":  # the upper half of a float32
                halves = whole.view(np.dtype("u2").newbyteorder(self.order))
                array = (halves.astype(np.uint32) << np.uint32(16)).view(np.float32)
            else:
                array = whole.view(np.dtype(kind.code).newbyteorder(self.order))
                array = array.astype(array.dtype.newbyteorder("="), copy=False)
            self._arrays[kind.code] = array
        return self._arrays[kind.code]


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, kind: _Kind | None = None) -> Any:
    """A tensor of a storage, refused where it would look outside of it."""
    if not isinstance(storage, _Storage):
        raise ArgumentError("a tensor of the file names no storage")
    numbers = storage.array(kind or storage.kind)
    size, stride = tuple(size), tuple(stride)
    if len(size) != len(stride) or not all(isinstance(n, int) and n >= 0 for n in (offset, *size, *stride)) or len(size) > 64:
        raise ArgumentError(f"a tensor of the file has shape {size} and strides {stride} at {offset}: they cannot be right")
    if prod(size):
        last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
        if last >= len(numbers):
            raise ArgumentError(
                f"a tensor of the file, of shape {size}, reaches number {last} of a storage of {len(numbers)}: the file is damaged"
            )
        apart = sorted((s, n) for n, s in zip(size, stride, strict=True) if n > 1)
        overlaps = any(not s for s, _ in apart) or any(s < t * (m - 1) + 1 for (t, m), (s, _) in pairwise(apart))
        steps = tuple(s * numbers.itemsize for s in stride)
        array = np.lib.stride_tricks.as_strided(numbers[offset:], size, steps, writeable=not overlaps)
    else:
        array = np.empty(size, numbers.dtype)
    return make(array)


def _rebuild_tensor_v2(storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False, *_: Any) -> Any:
    return _tensor(storage, offset, size, stride)


def _rebuild_tensor_v3(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, *_: Any
) -> Any:
    if not isinstance(dtype, np.dtype) and dtype != "bfloat16":
        raise ArgumentError("a tensor of the file has no dtype")
    return _tensor(storage, offset, size, stride, _Kind(str(getattr(dtype, "str", dtype))))


def _first(value: Any, *_: Any) -> Any:
    return value


def _rebuild_from_type(function: Any, kind: Any, args: Any, *_: Any) -> Any:
    if function not in _CALLS.values():
        raise ArgumentError("the file rebuilds a tensor in a way that is not known")
    return function(*args)


def _scalar(kind: Any, raw: Any = b"") -> Any:
    """A number of NumPy's."""
    if not isinstance(kind, _NumPyDtype) or not isinstance(raw, bytes) or len(raw) != kind.dtype.itemsize:
        raise ArgumentError("a NumPy number of the file is damaged")
    return np.frombuffer(raw, kind.dtype)[0].item()


class _NumPyDtype:
    """``numpy.dtype`` in the pickle: numbers only."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or len(code) > 4 or code.lstrip("<>=|")[:1] not in ("f", "i", "u", "b", "c"):
            raise ArgumentError(f"the file holds NumPy values of dtype {code!r}: only numbers are read")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        order: Any = state[1] if isinstance(state, tuple) and len(state) > 1 else "="
        if order in ("<", ">", "|", "="):
            self.dtype = self.dtype.newbyteorder(order)


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    if encoding != "latin1" or not isinstance(text, str):
        raise ArgumentError("the file encodes text in a way that is not known")
    return text.encode("latin1")


def _shape(size: Any = ()) -> tuple[Any, ...]:
    return tuple(size)


def _device(kind: Any = "cpu", *_: Any) -> str:
    return str(kind)


_CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "Counter"): Counter,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild_tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("torch._tensor", "_rebuild_from_type_v2"): _rebuild_from_type,
    ("torch", "Size"): _shape,
    ("torch", "device"): _device,
    ("builtins", "complex"): complex,
    ("__builtin__", "complex"): complex,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("numpy", "dtype"): _NumPyDtype,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("_codecs", "encode"): _encoded,
}
# Types that are named, and never called.
_NAMES = {("torch", "Tensor"), ("torch.nn.parameter", "Parameter"), ("torch", "strided")}


class _Unpickler(pickle._Unpickler):
    """The pickle machine, with the calls above and no others.

    Python's own implementation, not the one in C: that one sizes its memo by the largest number in the file.
    """

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, file: Any, storage: Callable[..., Any], name: str) -> None:
        super().__init__(file, encoding="utf-8")
        self._storage, self._name = storage, name

    def find_class(self, module: str, name: str) -> Any:
        """Return the function or class for a name in the pickle; raise for a name that is not known."""
        if (module, name) in _CALLS:
            return _CALLS[module, name]
        if module in ("torch", "torch.storage") and name in _STORAGES:
            return _Kind(_STORAGES[name])
        if module == "torch" and name in _DTYPES:
            return name if name == "bfloat16" else np.dtype(_DTYPES[name])
        if (module, name) in _NAMES or (module == "torch" and name.endswith("Tensor")):
            return name
        if module in ("torch", "torch.storage") and (name.endswith("Storage") or name.startswith(("float8", "q", "complex32"))):
            raise ArgumentError(f"{self._name} holds numbers of type {name}, which NumPy lacks: convert them where it was made")
        hint = (
            "a model saved whole is code, and not numbers: save its state_dict() where the class is"
            if not module.startswith(("builtins", "__builtin__", "os", "posix", "subprocess", "sys"))
            else "this is no file of tensors"
        )
        raise ArgumentError(
            f"{self._name} asks for {module}.{name}: only tensors, containers and numbers are read, and nothing was run; {hint}"
        )

    def persistent_load(self, pid: Any) -> Any:
        """A storage that the pickle refers to."""
        return self._storage(pid)

    def _build(self) -> None:
        """Handle the opcode that sets attributes: only a state_dict's ``_metadata`` and a NumPy dtype's byte order."""
        stack: list[Any] = self.stack  # type: ignore[attr-defined]
        state, target = stack.pop(), stack[-1]
        if isinstance(target, _NumPyDtype):
            target.__setstate__(state)
        elif type(target) is OrderedDict and isinstance(state, dict):
            if isinstance(state.get("_metadata"), dict):
                target._metadata = state["_metadata"]  # type: ignore[attr-defined]
        else:
            raise ArgumentError(f"{self._name} sets attributes of {type(target).__name__}: nothing of the kind is read")

    def _refuse_bytearray(self) -> None:
        """The machine would ask for an array's memory before it sees that its bytes are missing."""
        raise ArgumentError(f"{self._name} holds a bytearray, as PyTorch never writes one: it is damaged")

    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.BYTEARRAY8[0]] = _refuse_bytearray


def read(file: str | os.PathLike[str] | IO[bytes], name: str) -> Any:
    """Read a file that PyTorch's ``torch.save`` has written: tensors (none requires a gradient), containers and numbers.

    Args:
        file: a path, or a binary file that can seek. name: its name in errors.

    Raises:
        ArgumentError: the file is damaged, or holds anything else than tensors, containers and numbers. Nothing of it is run.
    """
    try:
        if isinstance(file, str | os.PathLike):
            with open(file, "rb") as opened:
                return _read(opened, name)
        return _read(file, name)
    except ArgumentError:
        raise
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise ArgumentError(f"{name} is damaged, or no file of PyTorch's ({type(error).__name__}: {error})") from None


def _read(file: Any, name: str) -> Any:
    head = file.read(16)
    file.seek(0)
    if head[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive:
            return _from_zip(archive, name)
    if head[:1] == b"\x80":
        return _from_stream(file, name)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        return _from_tar(archive, name)


def _from_zip(archive: zipfile.ZipFile, name: str) -> Any:
    records = {info.filename: info for info in archive.infolist()}
    pickles = [record for record in records if record.endswith("/data.pkl") or record == "data.pkl"]
    if not pickles:
        raise ArgumentError(f"{name} is a zip archive without data.pkl: no file of PyTorch's. NumPy's .npz is for np.load")
    folder = pickles[0][: -len("data.pkl")]
    if f"{folder}constants.pkl" in records:
        raise ArgumentError(f"{name} is a TorchScript program, which is code: save the model's state_dict() instead")
    order = archive.read(f"{folder}byteorder").decode() if f"{folder}byteorder" in records else "little"
    order = {"little": "<", "big": ">"}[order]
    storages: dict[str, _Storage] = {}

    def storage(pid: Any) -> _Storage:
        kind, key, numel = _referred(pid, name)
        if key not in storages:
            info = records.get(f"{folder}data/{key}")
            if info is None:
                raise ArgumentError(f"{name} lacks the storage {key}: it is cut off, or was put together wrongly")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                raise ArgumentError(f"{name} holds a compressed storage, as PyTorch never writes one")
            if numel * kind.width > info.file_size:
                raise ArgumentError(f"{name} says that storage {key} holds {numel} numbers, and it has {info.file_size} bytes")
            # bytearray: the tensors can be written into
            storages[key] = _Storage(np.frombuffer(bytearray(archive.read(info)), np.uint8), kind, order)
        return storages[key]

    return _Unpickler(io.BytesIO(archive.read(pickles[0])), storage, name).load()


def _referred(pid: Any, name: str) -> tuple[_Kind, str, int]:
    """The type, key and size of a storage that a pickle refers to."""
    if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], _Kind):
        _wrong(name, "a reference to a storage is damaged")
    if not isinstance(pid[2], str) or not isinstance(pid[4], int) or pid[4] < 0:
        _wrong(name, "a storage has no name or no size")
    return pid[1], pid[2], pid[4]


def _wrong(name: str, what: str) -> NoReturn:
    raise ArgumentError(f"{name}: {what}")


def _no_storage(pid: Any) -> NoReturn:
    raise ArgumentError("a part of the file that holds no tensors refers to a storage")


def _from_stream(file: Any, name: str) -> Any:
    def one(storage: Callable[..., Any] = _no_storage) -> Any:
        return _Unpickler(file, storage, name).load()

    if one() != _MAGIC:
        raise ArgumentError(
            f"{name} is a pickle, and no file of PyTorch's. A pickle can run code, and is not read here: save arrays with np.save"
        )
    if one() != 1001:
        _wrong(name, "the version of the file is not known")
    info = one()
    order = "<" if info.get("little_endian", True) else ">"
    storage_of: dict[str, tuple[_Kind, int]] = {}
    storages: dict[str, _Storage] = {}

    def storage(pid: Any) -> _Storage:
        kind, key, numel = _referred(pid, name)
        if len(pid) > 5 and pid[5] is not None:
            _wrong(name, "a view of a storage, as PyTorch wrote before version 0.4, is not read")
        if key not in storages:
            storage_of[key] = (kind, numel)
            storages[key] = _Storage(np.empty(0, np.uint8), kind, order)
        return storages[key]

    # The pickle comes before the numbers: it is read once for the storages that it names, and again when they are there.
    start = file.tell()
    _Later(file, storage, name).load()
    keys = one()
    end = _length(file)
    for key in keys:
        if key not in storage_of:
            _wrong(name, f"a storage {key!r} belongs to no tensor")
        kind, numel = storage_of[key]
        (count,) = struct.unpack(f"{order}q", file.read(8))
        if count != numel or numel * kind.width > end - file.tell():
            _wrong(name, f"storage {key} should have {numel} numbers: the file is cut off, or lies about its size")
        storages[key].raw = np.frombuffer(bytearray(file.read(numel * kind.width)), np.uint8)
    file.seek(start)
    return _Unpickler(file, storage, name).load()


def _length(file: Any) -> int:
    here = file.tell()
    end: int = file.seek(0, io.SEEK_END)
    file.seek(here)
    return end


class _Later(_Unpickler):
    """The same pickle, read only for the storages that it names: no tensor is made."""

    def find_class(self, module: str, name: str) -> Any:
        builtin = super().find_class(module, name)
        return _nothing if builtin in (_rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_from_type) else builtin


def _nothing(*_: Any) -> None:
    return None


def _from_tar(archive: tarfile.TarFile, name: str) -> Any:
    parts: dict[str, bytes] = {}
    for member in archive.getmembers():
        if member.isfile() and member.name.lstrip("./") in ("storages", "tensors", "pickle"):
            content = archive.extractfile(member)
            assert content is not None
            parts[member.name.lstrip("./")] = content.read()
    if set(parts) != {"storages", "tensors", "pickle"}:
        raise ArgumentError(f"{name} is a tar archive without storages, tensors and pickle: no file of PyTorch's")
    values: dict[Any, Any] = {}
    file = io.BytesIO(parts["storages"])

    def one() -> Any:
        return _Unpickler(file, _no_storage, name).load()

    for _ in range(_count(one(), name)):
        key, _location, kind = one()
        (numel,) = struct.unpack("<q", file.read(8))
        if not isinstance(kind, _Kind) or numel < 0 or numel * kind.width > len(parts["storages"]) - file.tell():
            _wrong(name, f"storage {key} is cut off, or lies about its size")
        values[key] = _Storage(np.frombuffer(bytearray(file.read(numel * kind.width)), np.uint8), kind, "<")
    for target, root, offset, numel in one():
        base = values[root]
        width = base.kind.width
        if offset < 0 or numel < 0 or (offset + numel) * width > len(base.raw):
            _wrong(name, f"a view of storage {root} reaches outside of it")
        values[target] = _Storage(base.raw[offset * width : (offset + numel) * width], base.kind, "<")
    file = io.BytesIO(parts["tensors"])
    for _ in range(_count(one(), name)):
        key, storage, _kind = one()
        (ndim,) = struct.unpack("<i4x", file.read(8))
        if not 0 <= ndim <= 64:
            _wrong(name, f"a tensor has {ndim} dimensions")
        size = struct.unpack(f"<{ndim}q", file.read(8 * ndim))
        stride = struct.unpack(f"<{ndim}q", file.read(8 * ndim))
        (offset,) = struct.unpack("<q", file.read(8))
        values[key] = _tensor(values.get(storage), offset, size, stride)
    return _Unpickler(io.BytesIO(parts["pickle"]), lambda pid: values[int(pid)], name).load()


def _count(value: Any, name: str) -> int:
    if not isinstance(value, int) or value < 0:
        _wrong(name, "a number of parts is damaged")
    return value


__all__ = ["read"]
