"""python -m benchmarks.distributed: two ranks against one, and when each bucket of gradients travels.

All candidates take turns in one run of mpiexec, with one BLAS thread a rank; only ratios of their medians are believed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

SAMPLES, SIZES, ROUNDS, STEPS = 256, (784, 512, 256, 10), 12, 10
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def launcher() -> str:
    """The mpiexec of this environment, or the system's."""
    own = Path(sys.executable).with_name("mpiexec")
    return str(own) if own.exists() else "mpiexec"


def run(n: int, *arguments: str) -> str:
    """What this file prints on n ranks."""
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(root)}
    command = [launcher(), "-n", str(n), sys.executable, "-m", "benchmarks.distributed", *arguments]
    return subprocess.run(command, env=environment, cwd=root, check=True, capture_output=True, text=True).stdout


def report() -> None:
    """Print all of it."""
    print(run(2, "ranks"), end="")


def model_and_step(samples: int, wrap: Callable[[Any], Any], **options: Any) -> tuple[Any, Callable[[], None]]:
    """The network of the goal, and a function that makes one step of Adam on a batch that stays the same."""
    import autograd
    import nn
    import optim

    autograd.manual_seed(0)
    layers: list[Any] = []
    for inputs, outputs in pairwise(SIZES):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model = wrap(nn.Sequential(*layers[:-1]))
    optimizer = optim.Adam(model.parameters())
    rng = np.random.default_rng(0)
    x = autograd.tensor(rng.random((samples, SIZES[0]), np.float32))
    y = autograd.tensor(rng.integers(0, SIZES[-1], samples))
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    return model, step


def timed(step: Callable[[], None], steps: int = STEPS) -> float:
    """Seconds a step."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


class Rest:
    """Lets a rank rest until the others have come, without using the processor."""

    def __init__(self, group: Any) -> None:
        self.comm = group.comm

    def __call__(self) -> None:
        request = self.comm.Ibarrier()
        while not request.Test():
            time.sleep(2e-4)


def ranks() -> None:
    """What each of two ranks does."""
    import autograd.distributed as dist
    from nn.parallel import DistributedDataParallel

    dist.init_process_group("mpi")
    rank, world = dist.get_rank(), dist.get_world_size()
    model, together = model_and_step(SAMPLES, lambda net: DistributedDataParallel(net, gradient_as_bucket_view=True))
    rest = Rest(model.process_group)
    reducer = model.reducer
    _, alone = model_and_step(SAMPLES, lambda net: net)
    buckets = reducer.layout.buckets

    def apart() -> None:
        with model.no_sync():
            together()

    def only_sent() -> None:
        for bucket in buckets:
            request = model.process_group.comm.Iallreduce(model.process_group.in_place, bucket.buffer)
            while not request.Test():
                pass

    times: dict[str, list[float]] = {name: [] for name in ("one rank", "two ranks", "no average", "sent alone")}
    timelines = []
    together(), alone(), apart()
    buckets = reducer.layout.buckets  # they follow the order of the gradients now
    for _ in range(ROUNDS):
        rest()
        if rank == 0:
            times["one rank"].append(timed(alone))
        for name, candidate in (("two ranks", together), ("no average", apart), ("sent alone", only_sent)):
            rest()
            dist.barrier()
            times[name].append(timed(candidate))
        for _ in range(4):
            reducer.events = []
            model.zero_grad()
            start = time.perf_counter()
            together()
            timelines.append([(what, number, at - start) for what, number, at in reducer.events])
        reducer.events = None
    if rank == 0:
        show(world, times, timelines, [bucket.buffer.nbytes for bucket in buckets])
    rest()
    dist.destroy_process_group()


def hidden_in_flight(events: list[tuple[str, int, float]]) -> float:
    """The share of the buckets' time between "sent" and "done" that lies before the end of the backward."""
    end = next(at for what, _, at in events if what == "backward")
    sent = {number: at for what, number, at in events if what == "sent"}
    done = {number: at for what, number, at in events if what == "done"}
    total = sum(done[number] - sent[number] for number in sent)
    return sum(max(0.0, min(done[number], end) - sent[number]) for number in sent) / total


def waited(events: list[tuple[str, int, float]]) -> float:
    """Seconds between the end of the backward and the last bucket."""
    end = next(at for what, _, at in events if what == "backward")
    return max(0.0, max(at for what, _, at in events if what == "done") - end)


def drawn(events: list[tuple[str, int, float]], sizes: list[int], width: int = 72) -> str:
    """A timeline: a line for the backward, and one for each bucket while it travels."""
    end = next(at for what, _, at in events if what == "backward")
    begin, last = min(at for _, _, at in events), max(at for _, _, at in events)
    first = max(0.0, begin - 0.35 * (last - begin))

    def column(at: float) -> int:
        return round((at - first) / (last - first) * width)

    lines = [f"  backward    {'=' * column(end):<{width}} {1e3 * (end - begin):6.2f} ms after the first bucket"]
    sent = {number: at for what, number, at in events if what == "sent"}
    done = {number: at for what, number, at in events if what == "done"}
    for number, size in enumerate(sizes):
        a, b = column(sent[number]), max(column(done[number]), column(sent[number]) + 1)
        lines.append(f"  {size / 1e3:6.0f} kB   {' ' * a + '#' * (b - a):<{width}} {1e3 * (done[number] - sent[number]):6.2f} ms")
    return "\n".join(lines)


def show(world: int, times: dict[str, list[float]], timelines: list[Any], sizes: list[int]) -> None:
    """The ratios, and the timeline of a step that is as long as most."""
    one, two, apart, sent = [median(times[name]) for name in ("one rank", "two ranks", "no average", "sent alone")]
    paired = median(world * a / b for a, b in zip(times["one rank"], times["two ranks"], strict=True))
    print(f"MLP {'-'.join(map(str, SIZES))}, {SAMPLES} samples a rank, one BLAS thread a rank, Adam; medians of {ROUNDS} turns")
    for name, values in times.items():
        print(f"  {name:<12} {1e3 * median(values):8.2f} ms   best {1e3 * min(values):8.2f} ms")
    reached = "reached" if paired >= 1.7 else "MISSED"
    print(f"  {world} ranks do {paired:.2f} times the work of one rank in the same time, wanted at least 1.7: {reached}")
    print(f"  (of the best turns: {world * min(times['one rank']) / min(times['two ranks']):.2f}; {one / apart:.2f} is a step of")
    print("  one rank against one beside another rank that sends nothing: what the machine takes)")
    waits = median([waited(events) for events in timelines])
    hidden = 1 - waits / sent
    reached = "reached" if hidden >= 0.7 else "MISSED"
    print(f"  waiting after the backward: {1e3 * waits:.2f} ms, of {1e3 * sent:.2f} ms that the buckets take alone:")
    print(f"  {100 * hidden:.0f} % of the communication is hidden behind backward, wanted at least 70 %: {reached}")
    print(f"  of the time in flight {100 * median([hidden_in_flight(events) for events in timelines]):.0f} % lies before its end;")
    print(f"  a step that averages takes {1e3 * (two - apart):.2f} ms longer than one that does not")
    middle = sorted(timelines, key=waited)[len(timelines) // 2]
    print(drawn(middle, sizes))


if __name__ == "__main__":
    ranks() if sys.argv[1:] == ["ranks"] else report()
