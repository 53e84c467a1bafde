"""The examples' systems beside PyTorch: ``python -m benchmarks systems``.

LeNet-5's epoch over 60,000 images, GPT's training step, and MiniLM's embedding of 64 sentences, eager and compiled. The models are
those of examples/language/: PyTorch runs the same source, for it has the same names. The libraries take turns, each in a process of
its own with two threads, and of each the fastest of many calls counts. Pixels, tokens and weights are random; the first results
must agree. The memory of a system is the peak of its process at the end of the first calls: Python, the library, weights, data, the
optimizer's state, and all that a step needs. Beside it is the share above what the process held right after the import.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from .networks import Worker, _memory
from .timing import table

Step = Callable[[], Any]
COMPILED, EAGER, PEER = "glassgrad, compiled", "glassgrad", "PyTorch"
BATCH = 64
FEW = 12  # calls over which the peak of memory is looked for
HALF = 0.5  # the share of the peak of PyTorch's process that ours may reach
# Of each system: how many steps its figure stands for, and the ratio wanted of the faster of ours to PyTorch.
WANTED = {"lenet": (60_000 / BATCH, 0.8), "gpt": (1, 0.85), "minilm": (1, 1.0)}
TITLES = {
    "lenet": "lenet: LeNet-5's epoch over 60,000 images, batches of 64, Adam",
    "gpt": "gpt: a training step of the GPT-2 of examples/gpt.py, 12 times 64 tokens, AdamW",
    "minilm": "minilm: the embeddings of 64 sentences of 24 tokens, 6 layers of width 384",
}


def lenet(nn: Any, tensor: Callable[[np.ndarray], Any]) -> tuple[Any, Any]:
    """The network, and its loss of the next batch."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    numbers = np.random.default_rng(0)
    images, digits = numbers.random((BATCH * 50, 1, 28, 28), np.float32), numbers.integers(0, 10, BATCH * 50)
    batches = [(tensor(images[i : i + BATCH]), tensor(digits[i : i + BATCH])) for i in range(0, BATCH * 50, BATCH)]
    return model, (batches, lambda x, y: nn.functional.cross_entropy(model(x), y))


def gpt(nn: Any, tensor: Callable[[np.ndarray], Any]) -> tuple[Any, Any]:
    from language.gpt2 import GPT2, Config

    model = GPT2(Config(84))
    tokens = np.random.default_rng(0).integers(0, 84, (12, 65))
    batches = [(tensor(tokens[:, :-1].copy()), tensor(tokens[:, 1:].copy()))]
    return model, (batches, lambda x, y: nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()))


def minilm(nn: Any, tensor: Callable[[np.ndarray], Any]) -> tuple[Any, Any]:
    from language.bert import Bert, Config, mean_of_tokens

    model = Bert(Config(30522, pooler=False))
    numbers = np.random.default_rng(0)
    lengths = numbers.integers(8, 25, 64)
    mask = (np.arange(24) < lengths[:, None]).astype(np.int64)
    batches = [(tensor(numbers.integers(0, 30522, (64, 24)) * mask), tensor(mask))]
    return model, (batches, lambda x, mask: mean_of_tokens(model(x, mask), mask))


def made(library: str, name: str, weights: Path) -> tuple[Step, float | None]:
    """A system's step in a library, and the megabytes that the process held before the step was made, with the library imported.

    Who comes first writes the weights from which all start.
    """
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
    if library == PEER:
        import torch
        from torch import nn, optim

        torch.set_num_threads(2)
        sys.modules["autograd"], sys.modules["nn"] = torch, nn  # what examples/language/ imports
        engine: Any = torch
        tensor: Any = torch.from_numpy
    else:
        import autograd as engine
        import nn  # type: ignore[no-redef]
        import optim  # type: ignore[no-redef]

        engine.set_num_threads(2)
        tensor = engine.as_tensor
    imported = _memory("VmRSS", reset=True)
    model, (batches, loss_of) = {"lenet": lenet, "gpt": gpt, "minilm": minilm}[name](nn, tensor)
    if weights.exists():
        for key, value in np.load(weights).items():  # one by one: two copies of all weights would be the peak
            model.state_dict()[key].copy_(tensor(value))
    else:
        np.savez(weights, **{key: value.numpy() for key, value in model.state_dict().items()})
    optimizer: Any = optim.Adam(model.parameters()) if name == "lenet" else optim.AdamW(model.parameters(), lr=1e-3)

    def train(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def embed(x: Any, mask: Any) -> Any:
        with engine.no_grad():
            return loss_of(x, mask)

    call: Any = embed if name == "minilm" else train
    if library == COMPILED:
        call = engine.compile(call)
    place = iter(range(10**9))
    return lambda: call(*batches[next(place) % len(batches)]), imported


def _work(library: str, name: str, weights: Path) -> None:
    """What a worker's process does."""
    step, imported = made(library, name, weights)
    first = float(step().reshape(-1)[0].item())
    for _ in range(FEW):
        step()
    peak = _memory("VmHWM")
    above = None if imported is None or peak is None else peak - imported
    gc.disable()
    for line in sys.stdin:
        fastest, end = float("inf"), perf_counter() + float(line)
        while perf_counter() < end:
            begin = perf_counter()
            step()
            fastest = min(fastest, perf_counter() - begin)
        gc.collect()
        print(json.dumps({"best": fastest, "first": first, "peak": peak, "above": above}), flush=True)


def compared(name: str, libraries: list[str], rounds: int = 12, seconds: float = 0.5) -> dict[str, dict[str, float]]:
    """The fastest step of each library, its first loss, and its peak in megabytes: of the whole process, and above the import."""
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.npz"
        workers, found = {}, {}
        for library in libraries:
            workers[library] = Worker(library, name, weights, "benchmarks.systems")
            found[library] = workers[library].ask(0.01)
        for _ in range(rounds):
            for library, worker in workers.items():
                sleep(0.2)  # until the other's threads have gone to sleep
                found[library]["best"] = min(worker.ask(seconds)["best"], found[library]["best"])
        for worker in workers.values():
            worker.close()
    return found


def report() -> None:
    """Print a table for each system."""
    start = perf_counter()
    libraries = [EAGER, COMPILED, *([PEER] if importlib.util.find_spec("torch") else [])]
    for name, (steps, limit) in WANTED.items():
        found = compared(name, libraries)
        firsts = [answer["first"] for answer in found.values()]
        assert np.ptp(firsts) < 1e-4 * max(abs(firsts[0]), 1), f"{name}: the first results differ: {firsts}"
        times = {library: answer["best"] * steps for library, answer in found.items()}
        print(table(TITLES[name], times, libraries[-1]))
        if PEER in times:
            ratio = min(times[EAGER], times[COMPILED]) / times[PEER]
            verdict = "reached" if ratio <= limit else "MISSED"
            print(f"  the faster of ours / {PEER} = {ratio:.2f}, wanted at most {limit}: {verdict}")
        faster = min((EAGER, COMPILED), key=times.__getitem__)
        for what, key in (("of the process", "peak"), ("above the import", "above")):
            memory = {library: answer[key] for library, answer in found.items() if answer[key] is not None}
            print(f"  peak memory {what}: {', '.join(f'{library} {mb:.0f} MB' for library, mb in memory.items())}", end="")
            print(f"; the faster of ours / {PEER} = {memory[faster] / memory[PEER]:.2f}" if PEER in memory else "")
            if PEER in memory and key == "peak":
                print(f"    wanted at most {HALF}: {'reached' if memory[faster] <= HALF * memory[PEER] else 'MISSED'}")
        print()
    print(f"({perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
