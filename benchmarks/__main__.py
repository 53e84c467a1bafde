"""python -m benchmarks [recording] [article] [networks] [training] [size]"""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = ("recording", "article", "networks", "training", "size")


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]!r}; there are {', '.join(PARTS)}")
    for name in names or PARTS:
        import_module(f".{name}", __package__).report()
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
