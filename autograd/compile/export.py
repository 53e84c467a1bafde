"""A compiled step as C that needs nothing but a C compiler and libm: static memory, no threads, the C of 1999."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from ..errors import CompileError
from ..files import write_file
from .library import HEADER, needed
from .loops import Callback
from .program import Variant
from .scalar import c_type, number
from .step_list import Storage

_COLUMNS = 6


def export(variant: Variant, folder: str | Path, args: Any, calls: int = 10) -> list[Path]:
    """Write step.h, step.c and main.c, which makes some calls with the arguments given here and prints the first result.

    Args:
        variant: the program. folder: where to; made if need be. args: the arrays of the arguments, in order. calls: how many.

    Raises:
        CompileError: NumPy computes a part of the program: the text has no C for it.
    """
    backs = [g for g in variant.groups if isinstance(g, Callback)]
    if backs:
        raise CompileError(f"this program cannot be exported: NumPy computes {backs[0].entry.name()}, because {backs[0].reason}")
    base = Path(folder)
    base.mkdir(parents=True, exist_ok=True)
    emitter = variant.emitter
    emitter.threads = False
    try:
        functions = emitter.functions()
    finally:
        emitter.threads = True
    arguments = [s for s in emitter.bound if s.kind == "argument"]
    results = [s for s in emitter.bound if s in variant.fresh]
    kinds = {s.number: emitter.types[s.number] for s in emitter.bound}

    def count(s: Storage) -> int:
        return max(s.size // kinds[s.number].itemsize, 1)

    def parameter(s: Storage) -> str:
        return f"{c_type(kinds[s.number])} {variant.names.of[s.number]}[{count(s)}]"

    signature = fill(
        f"int step({', '.join(parameter(s) for s in (*arguments, *results)) or 'void'})", 110, subsequent_indent=" " * 9
    )
    header = ["/* Written by autograd.compile. step() returns 0, or where it stopped before it had changed anything. */",
              "#ifndef STEP_H", "#define STEP_H", "#include <stdint.h>", f"{signature};", "#endif", ""]  # fmt: skip
    text = [f'/* Written by autograd.compile. */\n{HEADER}#include "step.h"\n', needed(functions, plain=True)]
    text.append(f"static double work[{-(-variant.work_size // 8) or 1}];")
    for s in emitter.bound:
        if s.kind in ("persistent", "constant"):
            text.append(_array(f"static {c_type(kinds[s.number])} {variant.names.of[s.number]}", s.array, kinds[s.number]))
        elif s not in arguments and s not in results:
            text.append(f"static {parameter(s)};")
    leaves = [repr(float(leaf.now())) for leaf in emitter.leaves]
    text.append(f"static double numbers[{max(len(leaves), 1)}] = {{{', '.join(leaves) or '0'}}};")
    text.append("")
    text.append(functions)
    text.append(f"{signature}\n{{")
    places = ", ".join(f"(char *){variant.names.of[s.number]}" for s in emitter.bound) or "0"
    text.append("    char *memory[] = {\n" + fill(places, 110, initial_indent=" " * 8, subsequent_indent=" " * 8) + "};")
    text.append("    const int answer = piece_0(memory, (char *)work, numbers);")
    text.append("    if (answer)\n        return answer;")
    for _, key, option in variant.captured.numbers:
        at = next((i for i, leaf in enumerate(emitter.leaves) if leaf.key == key), None)
        if at is not None:
            spoken = emitter.option_text(option)
            for i, name in emitter.leaf_names.items():
                spoken = re.sub(rf"\b{name}\b", f"numbers[{i}]", spoken)
            text.append(f"    numbers[{at}] = {spoken};")
    text.append("    return 0;\n}\n")
    main = ["/* Makes the calls that the program was exported with, and prints the first number of the first result. */",
            "#include <stdio.h>", '#include "step.h"', ""]  # fmt: skip
    for s, array in zip(arguments, args, strict=True):
        main.append(_array(f"static {c_type(kinds[s.number])} {variant.names.of[s.number]}", array, kinds[s.number]))
    main += [f"static {parameter(s)};" for s in results]
    names = ", ".join(variant.names.of[s.number] for s in (*arguments, *results))
    main += ["", "int main(void)\n{", f"    for (int call = 0; call < {calls}; call++) {{", f"        if (step({names}))",
             "            return 1;"]  # fmt: skip
    if results:
        main.append(f'        printf("%.9g\\n", (double){variant.names.of[results[0].number]}[0]);')
    main += ["    }", "    return 0;", "}", ""]
    written = []
    for name, lines in (("step.h", header), ("step.c", text), ("main.c", main)):
        written.append(write_file(base / name, "\n".join(lines)))
    return written


def _array(declared: str, array: np.ndarray, dtype: np.dtype[Any]) -> str:
    """An array of C with an array's memory, in the order of its bytes."""
    flat = np.frombuffer(_memory(array), dtype)
    values = [number(v.item(), dtype) for v in flat] or ["0"]
    lines = [", ".join(values[i : i + _COLUMNS]) for i in range(0, len(values), _COLUMNS)]
    return f"{declared}[{len(values)}] = {{\n    " + ",\n    ".join(lines) + "};"


def _memory(array: np.ndarray) -> bytes:
    from .step_list import bytes_of

    return bytes_of(array).tobytes()


__all__ = ["export"]
