"""python -m benchmarks [recording] [ops [tanh ...]] [article] [networks] [training] [compiled] [systems] [size] [distributed]

A bare ops times all ops.
"""

from __future__ import annotations

import sys
from importlib import import_module

from .op_cases import CASES

PARTS = ("recording", "ops", "article", "networks", "training", "compiled", "systems", "size", "distributed")


def main(names: list[str]) -> None:
    chosen = [name for name in names if name in CASES and "ops" in names]
    unknown = [name for name in names if name not in PARTS and name not in chosen]
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in [name for name in names if name not in chosen] or PARTS:
        part = import_module(f".{name}", __package__)
        part.report(*([chosen] if name == "ops" else []))
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
