"""A pytest plugin: compiled functions run under a sanitizer, as in ``tests/sanitizers.sh tests/test_compile.py``.

The address sanitizer sees what a program reads or writes outside of an array. A program's own memories lie side by side in one
workspace: here they lie apart, with gaps between them that nothing may touch.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from autograd.compile import fuse, program

GAP = 256
OPTIONS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"


def sanitizing_compiler(folder: Path) -> Path:
    """A command that compiles as gcc does, with the sanitizer, and with little optimisation, for that is faster by far."""
    command = folder / "cc"
    command.write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {shutil.which("gcc")} "$@" -O1 -g {OPTIONS}\n')
    command.chmod(0o755)
    return command


def apart(groups: Any, kept: set[int], gone: set[int]) -> tuple[dict[int, int], int]:
    """A plan in which each memory has a place of its own, and a gap behind it."""
    sizes = {
        storage.number: storage.size for group in groups for storage in fuse.touched(group)
        if storage.kind == "temporary" and storage.number not in kept and storage.number not in gone
    }  # fmt: skip
    offsets, at = {}, GAP
    for number, size in sizes.items():
        offsets[number] = at
        at += -(-size // GAP) * GAP + GAP
    return offsets, at


class Watched(program.Variant):
    """A program between whose memories the sanitizer reports what is read or written."""

    def _bind(self, *args: Any) -> None:
        super()._bind(*args)
        poison = ctypes.CDLL(None)["__asan_poison_memory_region"]
        poison.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        begin, at = self.work.ctypes.data, 0
        for number, offset in self.offsets.items():
            poison(begin + at, offset - at)
            at = offset + self.storages[number].size
        self.unpoison = begin, len(self.work)

    def __del__(self) -> None:
        if hasattr(self, "unpoison"):
            unpoison = ctypes.CDLL(None)["__asan_unpoison_memory_region"]
            unpoison.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
            unpoison(*self.unpoison)


def pytest_configure(config: pytest.Config) -> None:
    from autograd.compile import compiled_step

    if "san.so" not in os.environ.get("LD_PRELOAD", ""):
        sys.exit("the sanitizer's library must be loaded first: call tests/sanitizers.sh")
    folder = Path(os.environ["SANITIZER_FOLDER"])
    os.environ["CC"] = str(sanitizing_compiler(folder))
    program.fuse.planned = apart
    compiled_step.Variant = Watched  # type: ignore[misc]
