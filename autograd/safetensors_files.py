"""Writing the safetensors format: a header in JSON, then the arrays' own bytes, straight from their memory."""

from __future__ import annotations

import json
import os
from typing import IO, Any

import numpy as np

_NAMES = {
    "uint64": "U64", "int64": "I64", "float64": "F64", "float32": "F32", "uint32": "U32", "int32": "I32", "float16": "F16",
    "uint16": "U16", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_NAMES)}
WRITTEN = frozenset(_NAMES)  # the names of the dtypes that an array may have
_PIECE = 1 << 24  # bytes that are written at once


def write_arrays(file: IO[bytes], arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Write arrays and metadata into a file that is open for writing.

    Args:
        file: any object with ``write``; of a large file the first pieces go to the disk while the next are written.
        arrays: by name; contiguous, in the machine's byte order, of a dtype in ``WRITTEN``. metadata: strings by name.

    Raises:
        OSError: the file's own.

    Example:
        >>> import io
        >>> import numpy as np
        >>> from autograd.safetensors_files import write_arrays
        >>> file = io.BytesIO()
        >>> write_arrays(file, {"x": np.ones(2, np.float32)}, {"format": "pt"})
        >>> file.getvalue()[8:50]
        b'{"__metadata__":{"format":"pt"},"x":{"dtyp'

    Source: https://github.com/huggingface/safetensors, "Format".
    """
    # The library's order: the widest numbers first, so that each array begins at a multiple of its numbers' size.
    names = sorted(arrays, key=lambda name: (_RANK[arrays[name].dtype.name], name))
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name in names:
        array = arrays[name]
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    _write(file, len(text).to_bytes(8, "little") + text)
    for name in names:
        array = arrays[name]
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            _write(file, piece)
            if end > _PIECE:
                _on_to_the_disk(file, len(piece))


def _write(file: IO[bytes], data: Any) -> None:
    """Write all of it: an unbuffered file may take a part only, and says how much."""
    while len(data):
        taken = file.write(data)
        if taken is None or taken >= len(data):
            return
        data = data[taken:]


def _on_to_the_disk(file: IO[bytes], length: int) -> None:
    """Have the system begin to put what was written on the disk, so that less is left to wait for in the end."""
    advise = getattr(os, "posix_fadvise", None)  # not on every system; it changes nothing but the time
    try:
        number = file.fileno()
    except (AttributeError, OSError):  # a file in memory
        return
    if advise is not None and os.path.isfile(number):
        file.flush()
        advise(number, file.tell() - length, length, os.POSIX_FADV_DONTNEED)


__all__ = ["WRITTEN", "write_arrays"]
