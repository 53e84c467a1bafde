"""The compiler and the cache: a text becomes a library in a folder that only the user can write."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from errno import ENOSPC
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..errors import CompileError

# What each flag means: the processor's own instructions; no errno from sqrt; a * b + c may be rounded once; loops marked as
# independent become vectors; integers that grow too large wrap, as NumPy's do. Nothing here changes what nan and inf do.
FLAGS = (
    "-std=gnu11",
    # With gcc's own -O3 a GPT's step takes 1.8 times as long to compile, and runs no faster.
    "-O2",
    "-ftree-vectorize",
    "-funswitch-loops",
    "-fwrapv",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-fopenmp-simd",
    "-DWIDE_LOOPS",
)


@cache
def compiler() -> tuple[str, ...]:
    """The command that compiles C: ``$CC``, cc, gcc, clang, or the package ziglang's.

    Raises:
        CompileError: there is none.
    """
    chosen = os.environ.get("CC")
    if chosen:
        words = tuple(shlex.split(chosen))
        if shutil.which(words[0]) is None:
            raise CompileError(f"$CC is {chosen!r}, and there is no such program")
        return words
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return (found,)
    if find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "cc")
    raise CompileError(
        "autograd.compile needs a C compiler, and found none: install gcc or clang (Debian: apt-get install gcc; macOS: "
        "xcode-select --install), name one in the environment variable CC, or pip install 'glassgrad[compile]', which brings "
        "one (ziglang)"
    )


@cache
def version(command: tuple[str, ...]) -> str:
    """The compiler's own account of its version."""
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.splitlines()[0] if done.stdout else ""


@cache
def processor() -> str:
    """The processor's name and features, on which -march=native depends."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        return next((line for line in text.splitlines() if line.startswith("flags")), platform.processor())
    except OSError:
        return f"{platform.machine()} {platform.processor()}"


def folder() -> Path:
    """The cache: ``$GLASSGRAD_CACHE``, or glassgrad in the user's cache folder.

    Raises:
        CompileError: others can write there. A cached library is code, and theirs would be run.
    """
    chosen = os.environ.get("GLASSGRAD_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glassgrad"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    if hasattr(os, "getuid"):
        found = base.stat()
        if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise CompileError(
                f"the cache folder {base} belongs to somebody else, or others can write to it, and what is in it would be run: "
                f"chmod 700 it, or name another in GLASSGRAD_CACHE"
            )
    return base


def library(text: str, flags: tuple[str, ...] = ()) -> Path:
    """The path of the library compiled from a C text. A library in the cache is not compiled again.

    Raises:
        CompileError: there is no compiler, it refuses the text, or the cache folder cannot be trusted.
    """
    command = compiler()
    native = ("-march=native",) if platform.machine() in ("x86_64", "AMD64", "aarch64", "arm64") else ()
    every = (*FLAGS, *native, *flags)
    key = hashlib.sha256("\0".join((text, *every, *command, version(command), processor())).encode()).hexdigest()[:32]
    try:
        base = folder()
        found = base / f"{key}.so"
        if found.exists():
            return found
        room = Path(tempfile.mkdtemp(prefix="build-", dir=base))
    except OSError:  # a home that cannot be written
        return _for_this_process(text, command, every, key)
    try:
        return _built(room, text, command, every, found)
    except OSError:  # a disk that is full
        return _for_this_process(text, command, every, key)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _for_this_process(text: str, command: tuple[str, ...], flags: tuple[str, ...], key: str) -> Path:
    """Build where temporary files go. The folder is removed when the process ends."""
    room = Path(tempfile.mkdtemp(prefix="glassgrad-"))
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    try:
        return _built(room, text, command, flags, room / f"{key}.so")
    except OSError as error:
        raise CompileError(f"the library could not be written, neither in the cache nor in {room}: {error}") from error


def _built(room: Path, text: str, command: tuple[str, ...], flags: tuple[str, ...], found: Path) -> Path:
    """Compile a text in a folder of its own, and move the library to its place at once.

    Raises:
        CompileError: the compiler refuses the text. OSError: the disk is full.
    """
    source, made = room / f"{found.stem}.c", room / f"{found.stem}.tmp.so"
    source.write_text(text, encoding="utf-8")
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": str(room / "zig"), "ZIG_GLOBAL_CACHE_DIR": str(room / "zig")}
    done = subprocess.run(
        [*command, *flags, "-shared", "-fPIC", "-o", str(made), str(source), "-lm", "-pthread"],
        capture_output=True, text=True, timeout=600, check=False, env=environment,
    )  # fmt: skip
    if done.returncode and shutil.disk_usage(room).free < 1 << 20:
        raise OSError(ENOSPC, f"no space left for the compiler in {room}")
    if done.returncode:
        raise CompileError(f"{' '.join(command)} refused the program ({source}):\n{done.stderr[-3000:]}")
    os.replace(made, found)
    return found


def trim() -> None:
    """Give memory that is free back to the system, where the C library can: the eager runs have left it, in small pieces."""
    release = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if release is not None:
        release(0)


__all__ = ["FLAGS", "compiler", "folder", "library", "trim", "version"]
