"""Training steps of four networks beside PyTorch's: a classifier, a convolutional one, an LSTM language model and a small GPT.

Each is written once, for nn has PyTorch's names, and starts from the same weights. A step is zero_grad, forward, cross entropy,
backward and SGD with momentum, in float32. PyTorch is given two threads.

The libraries take turns, each in a process of its own: the threads of a BLAS go on looking for work for a while after a product,
and would take the cores from the other library.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from .timing import table

Step = Callable[[], float]


def mlp(nn: Any) -> Any:
    """784-512-256-10 with ReLU."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def cnn(nn: Any) -> Any:
    """3x3 convolutions 3-32-64-64, each with batch norm, ReLU and max pooling, then a linear layer, on 32x32 images."""
    layers = []
    for inputs, outputs in ((3, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 10))


def lstm(nn: Any) -> Any:
    """A language model: embedding, LSTM of 256, logits of 1000 words at each of 64 steps."""

    class LanguageModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(1000, 256)
            self.lstm = nn.LSTM(256, 256)
            self.out = nn.Linear(256, 1000)

        def forward(self, x: Any) -> Any:
            return self.out(self.lstm(self.words(x))[0]).reshape(-1, 1000)

    return LanguageModel()


def gpt(nn: Any) -> Any:
    """A stack of four causal blocks of width 256 with four heads, on 128 tokens of 256 kinds."""

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(256, 256)
            self.places = nn.Embedding(128, 256)
            block = nn.TransformerEncoderLayer(256, 4, 1024, 0.0, "gelu", batch_first=True, norm_first=True)
            self.blocks = nn.TransformerEncoder(block, 4, nn.LayerNorm(256), enable_nested_tensor=False)
            self.out = nn.Linear(256, 256)
            self.mask = nn.Transformer.generate_square_subsequent_mask(128)

        def forward(self, x: Any) -> Any:
            h = self.blocks(self.tokens(x) + self.places.weight, mask=self.mask, is_causal=True)
            return self.out(h).reshape(-1, 256)

    return Gpt()


# Of each network: how it is made, shape of its inputs, how many words they are drawn from (0: real numbers), shape of its targets,
# number of classes, and what its step may cost, as a ratio to PyTorch's.
NETWORKS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...], int, tuple[int, ...], int, float]] = {
    "mlp": (mlp, (128, 784), 0, (128,), 10, 1.1),
    "cnn": (cnn, (32, 3, 32, 32), 0, (32,), 10, 2.0),
    "lstm": (lstm, (64, 32), 1000, (64 * 32,), 1000, 2.0),
    "gpt": (gpt, (8, 128), 256, (8 * 128,), 256, 2.0),
}


def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets."""
    numbers = np.random.default_rng(0)
    _, shape, words, targets, classes, _ = NETWORKS[name]
    x = numbers.integers(0, words, shape) if words else numbers.standard_normal(shape, dtype=np.float32)
    return x, numbers.integers(0, classes, targets)


def _step(model: Any, optimizer: Any, loss_of: Callable[..., Any], x: Any, y: Any) -> Step:
    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def in_glassgrad(name: str, weights: Any = None) -> Step:
    """A step of ours, from the given weights."""
    import autograd
    import nn
    import optim

    model = NETWORKS[name][0](nn)
    if weights is not None:
        model.load_state_dict(weights)
    x, y = (autograd.as_tensor(a) for a in data(name))
    return _step(model, optim.SGD(model.parameters(), lr=1e-3, momentum=0.9), nn.functional.cross_entropy, x, y)


def in_torch(name: str) -> tuple[Step, dict[str, np.ndarray]]:
    """A step of PyTorch's, and the weights from which it starts."""
    import torch

    torch.set_num_threads(2)
    torch.manual_seed(0)
    model = NETWORKS[name][0](torch.nn)
    weights = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    x, y = (torch.from_numpy(a) for a in data(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    return _step(model, optimizer, torch.nn.functional.cross_entropy, x, y), weights


def peak_of_arrays(step: Step) -> float:
    """The most megabytes that Python and NumPy hold at once in a step, beyond what they hold before it."""
    step()
    gc.collect()
    tracemalloc.start()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


class Worker:
    """A process that makes training steps of one network with one library, when told to, and is idle otherwise."""

    def __init__(self, library: str, name: str, weights: Path, module: str = "benchmarks.networks") -> None:
        command = [sys.executable, "-m", module, library, name, str(weights)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, seconds: float) -> dict[str, float]:
        """Make steps for some time: their number, the seconds of the fastest, and the first loss of all."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(seconds, file=self.process.stdin, flush=True)
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        self.process.communicate()


def _work(library: str, name: str, weights: Path) -> None:
    """What a worker's process does. PyTorch writes the weights from which both start."""
    if library == "PyTorch":
        step, start = in_torch(name)
        np.savez(weights, **start)
    else:
        step = in_glassgrad(name, dict(np.load(weights)) if weights.exists() else None)
    before = _memory("VmHWM")
    losses = [step() for _ in range(3)]
    after = _memory("VmHWM")
    gc.disable()
    for line in sys.stdin:
        times = []
        end = perf_counter() + float(line)
        while perf_counter() < end:
            begin = perf_counter()
            step()
            times.append(perf_counter() - begin)
        gc.collect()
        megabytes = None if before is None or after is None else after - before
        print(json.dumps({"steps": len(times), "best": min(times), "loss": losses[0], "megabytes": megabytes}), flush=True)


def _memory(what: str, reset: bool = False) -> float | None:
    """Megabytes of this process as Linux counts them. (``resource`` counts on from the process that started this one.)

    Args:
        what: "VmRSS", what it holds now, or "VmHWM", the most that it has held. reset: count the most from now on.
    """
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None


def compared(name: str, libraries: list[str], rounds: int = 12, seconds: float = 0.25) -> dict[str, dict[str, float]]:
    """The libraries' fastest steps of a network, and by how many megabytes their first steps raised the peak of their processes."""
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        workers = {}
        for library in libraries:
            workers[library] = Worker(library, name, weights)
            workers[library].ask(0.01)
        found: dict[str, dict[str, float]] = {}
        for _ in range(rounds):
            for library, worker in workers.items():
                sleep(0.2)  # until the other's threads have gone to sleep
                answer = worker.ask(seconds)
                if library in found:
                    answer["best"] = min(answer["best"], found[library]["best"])
                found[library] = answer
        for worker in workers.values():
            worker.close()
    return found


def report() -> None:
    """Print a table for each network."""
    start = perf_counter()
    libraries = ["PyTorch", "glassgrad"] if importlib.util.find_spec("torch") else ["glassgrad"]
    for name, (make, *_, limit) in NETWORKS.items():
        found = compared(name, libraries)
        losses = [answer["loss"] for answer in found.values()]
        assert np.ptp(losses) < 1e-4 * losses[0], f"{name}: the first losses differ: {losses}"
        times = {library: answer["best"] for library, answer in found.items()}
        title = f"{name}: {(make.__doc__ or '').partition(chr(10))[0]}"
        print(table(title, times, libraries[0], {"glassgrad / PyTorch": limit}))
        shown = ", ".join(f"{library} {a['megabytes']:.0f} MB" for library, a in found.items() if a["megabytes"] is not None)
        print(f"  peak memory of a step: {peak_of_arrays(in_glassgrad(name)):.0f} MB in NumPy's arrays; of a process: {shown}")
        print()
    print(f"({perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
