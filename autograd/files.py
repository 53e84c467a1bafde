"""Writing a file as a whole or not at all: who reads the path finds the old content or the new one, never a part of either."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from pathlib import Path

_ABANDONED = 60.0  # seconds: a temporary file of a running save is locked from its first moment on, give or take


@contextmanager
def replacing(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> Iterator[str]:
    """Yield the path of a new, empty file in the same folder. At the end of the block that file takes the place of ``path``.

    If the block raises, ``path`` is as it was before. A link stays a link, to the file that is replaced. A pipe or a device cannot
    be replaced: its own path is yielded. A process that is killed within the block leaves its temporary file; the next write to
    the same path removes it.

    Args:
        path: of the file to write, which may exist.

    Raises:
        OSError: Python's own, for a folder that does not exist, a missing permission, or a full disk.

    Example:
        >>> import os, tempfile
        >>> from autograd.files import replacing
        >>> path = os.path.join(tempfile.mkdtemp(), "notes.txt")
        >>> with replacing(path) as temporary, open(temporary, "w") as file:
        ...     _ = file.write("whole")
        >>> open(path).read(), os.listdir(os.path.dirname(path))
        ('whole', ['notes.txt'])
    """
    target = os.path.realpath(os.fsdecode(path))
    if os.path.exists(target) and not os.path.isfile(target):
        yield target
        return
    folder, name = os.path.split(target)
    # Short, so that a target whose name is as long as a name may be can be written, too.
    prefix = f".{crc32(os.fsencode(name)):08x}."
    _remove_abandoned(folder, prefix)
    temporary = os.path.join(folder, f"{prefix}{os.urandom(6).hex()}.tmp")
    file = open(temporary, "xb")  # noqa: SIM115  (x: it follows no link that somebody has put there)
    try:
        with file:
            _lock(file)
            mode = os.fstat(file.fileno()).st_mode
            yield temporary
        os.chmod(temporary, os.stat(target).st_mode if os.path.exists(target) else mode)
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())  # or a crash could leave the name without the bytes
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_file(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a text, as UTF-8, or bytes into a file, by ``replacing``: as a whole or not at all.

    Example:
        >>> import os, tempfile
        >>> from autograd.files import write_file
        >>> write_file(os.path.join(tempfile.mkdtemp(), "notes.txt"), "whole").read_text()
        'whole'
    """
    from pathlib import Path  # a twelfth of what importing autograd takes, and most programs write no such file

    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with replacing(path) as temporary:
        Path(temporary).write_bytes(data)
    return Path(path)


def _lock(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed, also by the end of the process; False if another process has locked it."""
    try:
        import fcntl
    except ImportError:  # Windows, which does not let an open file be removed anyway
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(folder: str, prefix: str) -> None:
    """Remove the temporary files that killed processes have left: old ones that nobody has locked."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(prefix) and entry.name.endswith(".tmp"):
                with suppress(OSError):
                    if time.time() - entry.stat().st_mtime > _ABANDONED:
                        with open(entry.path, "rb") as file:
                            free = _lock(file)
                        if free:
                            os.unlink(entry.path)
