"""python -m benchmarks distributed: two ranks against one, when each bucket of gradients travels, and the model of what that costs.

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
    print(run(2, "speed"), end="")
    print(run(4, "costs"), end="")


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


def each(call: Callable[[], None], number: int) -> list[float]:
    """Seconds of each of several calls."""
    moments = [time.perf_counter()]
    for _ in range(number):
        call()
        moments.append(time.perf_counter())
    return [b - a for a, b in pairwise(moments)]


def undisturbed(values: list[float]) -> float:
    """The lower quartile: others use the machine as well, and make some of the times longer."""
    return sorted(values)[len(values) // 4]


class Rest:
    """Lets a rank rest until the others have come, without using the processor."""

    def __init__(self, group: Any, pause: float = 2e-4) -> None:
        self.comm, self.pause = group.comm, pause

    def __call__(self) -> None:
        request = self.comm.Ibarrier()
        while not request.Test():
            time.sleep(self.pause)


def together_and_apart(group: Any = None) -> tuple[Any, Callable[[], None], Callable[[], None]]:
    """A model on the ranks of a group, its step, and its step without an average."""
    from nn.parallel import DistributedDataParallel

    model, together = model_and_step(
        SAMPLES, lambda net: DistributedDataParallel(net, gradient_as_bucket_view=True, process_group=group)
    )

    def apart() -> None:
        with model.no_sync():
            together()

    together(), apart(), together()
    return model, together, apart


def summed(reducer: Any, number: int) -> None:
    """Add a bucket of gradients up over the ranks, and wait for it as the library does."""
    from autograd.distributed import Work

    Work(iter([reducer.sum(number)]), "all-reduce", reducer.group.look, reducer.group.timeout).wait()


def bucket_of(size: int, group: Any) -> Any:
    """A model whose gradients are one bucket of so many bytes."""
    import autograd
    import nn
    from nn.parallel import DistributedDataParallel

    model = nn.ParameterList([autograd.ones(size // 4)])
    return DistributedDataParallel(model, process_group=group, bucket_cap_mb=64).reducer


def speed() -> None:
    """What each of two ranks does: the speed, and the timeline."""
    import autograd
    import autograd.distributed as dist

    dist.init_process_group("mpi")
    rank, world = dist.get_rank(), dist.get_world_size()
    model, together, apart = together_and_apart()
    reducer, rest = model.reducer, Rest(model.process_group)
    _, alone = model_and_step(SAMPLES, lambda net: net)
    alone()
    buckets = [bucket.buffer for bucket in reducer.layout.buckets]

    def alone_sent() -> None:
        for number in range(len(buckets)):
            summed(reducer, number)

    times: dict[str, list[float]] = {name: [] for name in ("one rank", "two ranks", "no average", "sent alone")}
    timelines, waits, shares = [], [], []
    for _ in range(ROUNDS):
        rest()
        if rank == 0:
            times["one rank"].append(timed(alone))
        for name, candidate in (
            ("two ranks", together), ("no average", apart), ("sent alone", alone_sent),
        ):  # fmt: skip
            rest()
            dist.barrier()
            times[name].append(timed(candidate))
        for _ in range(8):
            reducer.events = []
            together()
            timelines.append(reducer.events)
            # The rank that ends its backward last waits for nothing but the communication; the other one waits for that rank.
            own = autograd.tensor([waited(reducer.events), early(reducer.events, buckets)])
            both = [autograd.zeros_like(own) for _ in range(world)]
            dist.all_gather(both, own)
            wait, share = min(pair.tolist() for pair in both)
            waits.append(wait)
            shares.append(share)
        reducer.events = None
    if rank == 0:
        show(world, times, timelines, waits, shares, [buffer.nbytes for buffer in buckets])
    rest()
    dist.destroy_process_group()


def costs() -> None:
    """What each of four ranks does: the all-reduce and the step on 1, 2, 3 and 4 of them, against the model of scaling.py."""
    import autograd.distributed as dist
    from benchmarks.scaling import PUBLISHED, Step, fitted, on_cores, replayed, table, with_turns

    dist.init_process_group("mpi")
    rank, world = dist.get_rank(), dist.get_world_size()
    groups = {k: dist.new_group(range(k)) for k in range(2, world + 1)}
    rest = Rest(dist.group.WORLD, 2e-3)
    cores = len(os.sched_getaffinity(0))
    _, alone = model_and_step(SAMPLES, lambda net: net)
    made = {k: together_and_apart(group) for k, group in groups.items() if rank < k}
    sizes = (8, 4096, 65536, 524288, 2097152)
    single = {k: {size: bucket_of(size, group) for size in sizes} for k, group in groups.items() if rank < k}
    times: dict[tuple[int, int], list[float]] = {}
    steps: dict[int, list[float]] = {k: [] for k in range(1, world + 1)}
    phases: list[tuple[float, float, float]] = []
    for _ in range(4):
        rest()
        if rank == 0:
            steps[1] += each(alone, 10)
            phases += [phase_times() for _ in range(8)]
        for k, group in groups.items():
            rest()
            if rank < k:
                dist.barrier(group)
                steps[k] += each(made[k][1], 5)
                for size, reducer in single[k].items():
                    dist.barrier(group)
                    times.setdefault((size, k), []).extend(each(lambda reducer=reducer: summed(reducer, 0), 30))
    rest()
    full: list[tuple[float, int]] = []
    if rank < 2:
        reducer = made[2][0].reducer
        shares = []  # of the backward, after which each bucket was full
        for _ in range(9):
            reducer.events = []
            made[2][1]()
            begin, end = moment(reducer.events, "begin")[-1], moment(reducer.events, "backward")[-1]
            shares.append([(at - begin) / (end - begin) for what, _, at in reducer.events if what == "sent"])
        sizes = [bucket.buffer.nbytes for bucket in reducer.layout.buckets]
        full = [(median(column), size) for column, size in zip(zip(*shares, strict=True), sizes, strict=True)]
    rest()
    if rank == 0:
        forward, backward, others = [median(column) for column in zip(*phases, strict=True)]
        jitter = 1.4826 * median([abs(f + b - forward - backward) for f, b, _ in phases]) / (forward + backward)
        full = [(share * backward, size) for share, size in full]
        step = Step(forward, backward, others, full, jitter)
        seconds = {key: undisturbed(values) for key, values in times.items()}
        network = fitted({key: value for key, value in seconds.items() if key[1] <= max(cores, 2)}, "this machine")
        network = with_turns(network, seconds, cores)
        print(f"\nThe model of benchmarks/scaling.py, on {cores} cores: an all-reduce, measured and as fitted")
        for (size, k), values in times.items():
            predicted = on_cores(network, size, k, cores)
            print(f"  {size:8} bytes, {k} ranks  {1e6 * undisturbed(values):9.1f} us   fitted {1e6 * predicted:9.1f} us")
        print(
            f"  latency {1e6 * network.latency:.2f} us, bandwidth {network.bandwidth / 1e9:.2f} GB/s, a turn of ranks that share "
            f"a core {1e3 * network.turn:.2f} ms"
        )
        print("A step, measured and as the simulation replays it:")
        for k, values in steps.items():
            predicted = replayed(step, k, network, cores).seconds
            print(f"  {k} ranks  {1e3 * undisturbed(values):8.2f} ms   replayed {1e3 * predicted:8.2f} ms")
        print("As docs/scaling.md writes it:")
        print(f"  Step(forward={forward:.3g}, backward={backward:.3g}, rest={others:.3g}, jitter={jitter:.2g}, buckets=[")
        print("    " + ", ".join(f"({at:.3g}, {size})" for at, size in full) + "])")
        print(table(step, PUBLISHED))
    dist.destroy_process_group()


def phase_times() -> tuple[float, float, float]:
    """Seconds of the processor for the forward, the backward and the update of one step on one rank."""
    import autograd
    import nn

    if not _phases:
        model, _ = model_and_step(SAMPLES, lambda net: net)
        import optim

        rng = np.random.default_rng(0)
        x, y = autograd.tensor(rng.random((SAMPLES, SIZES[0]), np.float32)), autograd.tensor(rng.integers(0, SIZES[-1], SAMPLES))
        _phases.append((model, optim.Adam(model.parameters()), nn.CrossEntropyLoss(), x, y))
    model, optimizer, criterion, x, y = _phases[0]
    moments = [time.process_time()]
    loss = criterion(model(x), y)
    moments.append(time.process_time())
    loss.backward()
    moments.append(time.process_time())
    optimizer.step()
    optimizer.zero_grad()
    moments.append(time.process_time())
    forward, backward, update = [b - a for a, b in pairwise(moments)]
    return forward, backward, update


_phases: list[Any] = []


def moment(events: list[tuple[str, int, float]], word: str) -> dict[int, float]:
    """When something happened to each bucket."""
    return {number: at for what, number, at in events if what == word}


def waited(events: list[tuple[str, int, float]]) -> float:
    """Seconds between the end of the backward and the last bucket."""
    return max(0.0, max(moment(events, "done").values()) - moment(events, "backward")[-1])


def early(events: list[tuple[str, int, float]], buckets: list[np.ndarray]) -> float:
    """The share of the bytes that were averaged when the backward ended."""
    done, end = moment(events, "done"), moment(events, "backward")[-1]
    return sum(b.nbytes for i, b in enumerate(buckets) if done[i] <= end) / sum(b.nbytes for b in buckets)


def drawn(events: list[tuple[str, int, float]], sizes: list[int], width: int = 64) -> str:
    """A timeline: a line for the backward, and one for each bucket while it travels."""
    begin, end, last = moment(events, "begin")[-1], moment(events, "backward")[-1], max(at for _, _, at in events)

    def column(at: float) -> int:
        return round((at - begin) / (last - begin) * width)

    lines = [f"  backward    {'=' * column(end):<{width}} {1e3 * (end - begin):6.2f} ms"]
    sent, done = moment(events, "sent"), moment(events, "done")
    for number, size in enumerate(sizes):
        a, b = column(sent[number]), max(column(done[number]), column(sent[number]) + 1)
        lines.append(f"  {size / 1e3:6.0f} kB   {' ' * a + '#' * (b - a):<{width}} {1e3 * (done[number] - sent[number]):6.2f} ms")
    return "\n".join(lines)


def show(
    world: int, times: dict[str, list[float]], timelines: list[Any], waits: list[float], shares: list[float], sizes: list[int]
) -> None:  # fmt: skip
    """The ratios, and the timeline of a step that waits as long as most."""
    one, two, apart, sent = [median(times[name]) for name in ("one rank", "two ranks", "no average", "sent alone")]
    paired = median(world * a / b for a, b in zip(times["one rank"], times["two ranks"], strict=True))
    print(f"MLP {'-'.join(map(str, SIZES))}, {SAMPLES} samples a rank, one BLAS thread a rank, Adam; medians of {ROUNDS} turns")
    for name, values in times.items():
        print(f"  {name:<12} {1e3 * median(values):8.2f} ms   best {1e3 * min(values):8.2f} ms")
    print(
        f"  {world} ranks do {paired:.2f} times the work of one rank in the same time, wanted at least 1.7: {verdict(paired, 1.7)}"
    )
    best = world * min(times["one rank"]) / min(times["two ranks"])
    print(f"  (of the best turns {best:.2f}; ranks that send nothing would reach {world * one / apart:.2f} on this machine)")
    hidden = 1 - median(waits) / sent
    print(f"  after the backward {1e3 * median(waits):.2f} ms are waited, and alone the buckets take {1e3 * sent:.2f} ms:")
    print(f"  {100 * hidden:.0f} % of the communication is hidden behind backward, wanted at least 70 %: {verdict(hidden, 0.7)}")
    print(f"  {100 * median(shares):.0f} % of the bytes are averaged when the backward ends")
    print(f"  a step that averages takes {1e3 * (two - apart):.2f} ms longer than one that does not")
    print(drawn(sorted(timelines, key=waited)[len(timelines) // 2], sizes))


def verdict(value: float, goal: float) -> str:
    """Whether a goal is reached."""
    return "reached" if value >= goal else "MISSED"


if __name__ == "__main__":
    {"speed": speed, "costs": costs, "": report}[sys.argv[1] if len(sys.argv) > 1 else ""]()
