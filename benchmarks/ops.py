"""Every op, forward and backward, at 10, 10^4 and 10^6 elements, beside PyTorch: in turns, in one run, one thread each."""

from __future__ import annotations

import gc
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from math import exp, log
from typing import Any

SIZES = (10, 10**4, 10**6)
# What the table must reach: the geometric mean of the ratios at a size, and the worst of them.
WANTED = {10: (0.35, None), 10**4: (1.0, 2.5), 10**6: (1.0, 2.5)}
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Library:
    """What a case's function is handed: ``T`` is ``torch`` or ``autograd``, ``nn`` and ``F`` are its own."""

    def __init__(self, T: Any, nn: Any) -> None:
        self.T, self.nn, self.F = T, nn, nn.functional
        self.layers: dict[Any, Any] = {}

    def layer(self, name: str, *args: int, **options: Any) -> Any:
        """A layer, which is made at the first call for its sizes; "Hooked" is an identity with a backward hook."""
        key = (name, *args)
        if key not in self.layers:
            made = self.nn.Identity() if name == "Hooked" else getattr(self.nn, name)(*args, **options)
            if name == "Hooked":
                made.register_full_backward_hook(lambda module, inputs, outputs: None)
            self.layers[key] = made
        return self.layers[key]

    def function(self, call: Callable[..., Any] | str) -> Callable[..., Any]:
        """The call of a case as a function of the tensors."""
        if callable(call):
            return partial(call, self)
        place = next(place for place in (self.T, self.T.special, self.F) if hasattr(place, call))
        return getattr(place, call)  # type: ignore[no-any-return]

    def gradient(self, y: Any, x: Any) -> Any:
        """The gradient of the sum of squares, itself recorded."""
        grad = getattr(self.T, "autograd", self.T).grad
        return grad((y * y).sum(), x, create_graph=True)[0]

    def put(self, x: Any, v: Any) -> Any:
        """x with its first row written over."""
        x[0] = v
        return x


def ours() -> Library:
    """This engine."""
    import autograd
    import nn

    return Library(autograd, nn)


def theirs() -> Library | None:
    """PyTorch with one thread, if it is installed."""
    if not importlib.util.find_spec("torch"):
        return None
    import torch

    torch.set_num_threads(1)
    return Library(torch, torch.nn)


def calls(case: Any, library: Library, n: int, backward: bool) -> dict[str, Callable[[], Any]]:
    """The forward of a case at a size, recorded; and forward and backward together, if it has a backward.

    They do as little as possible beside the library's work, because a small call takes only microseconds.
    """
    lib = Library(library.T, library.nn)  # with layers of its own
    arrays = [make(n) for make in case.inputs]
    tensors = [lib.T.from_numpy(a.copy()).requires_grad_(case.backward and a.dtype.kind in "fc") for a in arrays]
    forward = partial(lib.function(case.call), *tensors)
    y = forward()
    if not (case.backward and backward and y.requires_grad):  # PyTorch knows no gradient of some special functions
        return {"forward": forward}
    g = lib.T.ones_like(y.detach())
    leaves = [t for t in tensors if t.requires_grad] + [p for layer in lib.layers.values() for p in layer.parameters()]

    def both() -> None:
        forward().backward(g)
        for leaf in leaves:
            leaf.grad = None

    return {"forward": forward, "both": both}


def measure(names: Iterable[str], sizes: Iterable[int], rounds: int = 9, slice_ms: float = 3.0) -> None:
    """Time the cases and print a line for each, then the means and the worst ratios."""
    from .op_cases import CASES
    from .timing import best

    mine, other = ours(), theirs()
    gc.freeze()  # a collection between two rounds then looks at the few objects of the case alone
    ratios: dict[tuple[int, str], dict[str, float]] = {}
    head = "".join(f"{f'{n} elements':>34}" for n in sizes)
    sizes = tuple(sizes)
    print(f"Ops beside {'PyTorch ' + other.T.__version__ if other else 'nothing: PyTorch is not installed'}, one thread each")
    print(f"{'':24}{head}")
    print(f"{'op':24}" + "".join(f"{'forward us':>12} {'ratio':>6} {'both':>7} {'ratio':>6} " for _ in sizes), flush=True)
    for name in names:
        case, cells = CASES[name], []
        for n in sizes:
            if n > case.largest:
                cells.append(f"{'':>34}")
                continue
            run = {("ours", kind): call for kind, call in calls(case, mine, n, True).items()}
            if other is not None and case.torch:
                run |= {("theirs", kind): call for kind, call in calls(case, other, n, case.torch_backward).items()}
            times = best({" ".join(key): call for key, call in run.items()}, rounds, slice_ms)
            for kind in ("forward", "both"):
                mine_s, their_s = times.get(f"ours {kind}"), times.get(f"theirs {kind}")
                if mine_s is not None and their_s is not None:
                    ratios.setdefault((n, kind), {})[name] = mine_s / their_s
                cells.append(_cell(mine_s, their_s, 12 if kind == "forward" else 7))
        print(f"{name:24}{''.join(cells)}", flush=True)
    print()
    print(summary(ratios))


def _cell(mine: float | None, their: float | None, width: int) -> str:
    """A time in microseconds and its ratio to PyTorch's."""
    text = "" if mine is None else f"{mine * 1e6:.1f}"
    ratio = "" if mine is None or their is None else f"{mine / their:.2f}"
    return f"{text:>{width}} {ratio:>6} "


def summary(ratios: dict[tuple[int, str], dict[str, float]]) -> str:
    """The geometric means, what is wanted of them, and the ten worst of each column."""
    lines = []
    for (n, kind), found in ratios.items():
        mean = geometric_mean(found.values())
        wanted, limit = WANTED[n]
        above = sorted((name for name in found if limit is not None and found[name] > limit), key=found.get, reverse=True)  # type: ignore[arg-type]
        verdict = f"wanted at most {wanted}: {'reached' if mean <= wanted else 'MISSED'}"
        lines.append(f"{n} elements, {kind}: geometric mean of {len(found)} ratios {mean:.2f} ({verdict})")
        if limit is not None:
            lines.append(f"    {len(above)} above {limit}: {'reached' if not above else 'MISSED'}")
        worst = sorted(found.items(), key=lambda pair: -pair[1])[:10]
        lines.append("    worst: " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in worst))
    return "\n".join(lines)


def geometric_mean(values: Iterable[float]) -> float:
    """The exponential of the mean logarithm."""
    logs = [log(value) for value in values]
    return exp(sum(logs) / len(logs))


def report(names: list[str] | None = None) -> None:
    """Measure in a process of its own, in which BLAS has one thread from the start."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "benchmarks.ops", *(names or [])], env=environment, check=True)


if __name__ == "__main__":
    from .op_cases import CASES

    measure(sys.argv[1:] or CASES, SIZES)
