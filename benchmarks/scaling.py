"""What data parallel training costs on k ranks: a model of the all-reduce, and a simulation that replays the buckets' schedule.

docs/scaling.md explains it, and compares it with measurements. The numbers that the model needs are measured
(python -m benchmarks.distributed) or published; none is guessed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log, log2, sqrt

import numpy as np


@dataclass(frozen=True)
class Network:
    """How fast messages are.

    Attributes:
        name: of the network. latency: seconds that the smallest message takes. bandwidth: bytes a second between two ranks.
        source: where the two numbers are from.
        turn: seconds that each round of an all-reduce waits besides, where ranks share a core and take turns on it.
    """

    name: str
    latency: float
    bandwidth: float
    source: str = ""
    turn: float = 0.0

    def all_reduce(self, size: float, ranks: int) -> float:
        """Seconds until ``size`` bytes are added up on all ranks: of the algorithm that is fastest for this size.

        Formula: min of log2(k) (a + n/B), of 2 log2(k) a + 2 (k-1)/k n/B, and of 2 (k-1) a + 2 (k-1)/k n/B.

        Example:
            >>> from benchmarks.scaling import Network
            >>> fast = Network("fast", 1e-6, 1e10)
            >>> [round(1e6 * fast.all_reduce(size, 8), 1) for size in (8, 1_000_000)]
            [3.0, 181.0]

        Source: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH, 2005.
        """
        if ranks < 2:
            return 0.0
        return min(a * self.latency + b * size / self.bandwidth for a, b in terms(ranks))


def terms(ranks: int) -> list[tuple[float, float]]:
    """How often an algorithm pays the latency, and how often it sends all the bytes: recursive doubling, halving, a ring."""
    rounds, share = ceil(log2(ranks)), 2 * (ranks - 1) / ranks
    return [(rounds, rounds), (2 * rounds, share), (2 * (ranks - 1), share)]


def on_cores(network: Network, size: float, ranks: int, cores: int | None) -> float:
    """Seconds of an all-reduce of ranks that share these cores; None for a core each."""
    if cores is None or ranks <= cores:
        return network.all_reduce(size, ranks)
    return network.all_reduce(size, ranks) * ranks / cores + ceil(log2(ranks)) * network.turn


def with_turns(network: Network, times: Mapping[tuple[int, int], float], cores: int) -> Network:
    """The network with the length of a turn that measured times of more ranks than cores show: the median over them.

    Args:
        network: fitted to ranks with a core each. times: seconds by (bytes, ranks). cores: that the ranks shared.
    """
    excess = [
        (seconds - on_cores(network, size, ranks, cores)) / ceil(log2(ranks))
        for (size, ranks), seconds in times.items()
        if ranks > cores
    ]
    return replace(network, turn=max(float(np.median(excess)), 0.0)) if excess else network


def fitted(times: Mapping[tuple[int, int], float], name: str = "fitted") -> Network:
    """The latency and bandwidth for which the model is nearest to measured times, by the squares of its relative errors.

    Args:
        times: seconds by (bytes, ranks). name: of the network.

    Example:
        >>> from benchmarks.scaling import Network, fitted
        >>> true = Network("true", 2e-6, 5e9)
        >>> found = fitted({(n, k): true.all_reduce(n, k) for n in (8, 10_000, 1_000_000) for k in (2, 3, 4)})
        >>> round(found.latency * 1e6, 3), round(found.bandwidth / 1e9, 3)
        (2.0, 5.0)
    """
    seconds = np.array([*times.values()])
    chosen = [0] * len(times)
    latency, per_byte = 0.0, 0.0
    for _ in range(20):  # the fastest algorithm of each size depends on what is fitted
        rows = np.array([[terms(k)[i][0], terms(k)[i][1] * n] for (n, k), i in zip(times, chosen, strict=True)])
        (latency, per_byte), *_ = np.linalg.lstsq(rows / seconds[:, None], np.ones(len(seconds)), rcond=None)
        latency, per_byte = max(latency, 1e-9), max(per_byte, 1e-15)
        best = [int(np.argmin([a * latency + b * n * per_byte for a, b in terms(k)])) for n, k in times]
        if best == chosen:
            break
        chosen = best
    return Network(name, float(latency), float(1 / per_byte))


@dataclass(frozen=True)
class Step:
    """One rank's step, without communication.

    Attributes:
        forward, backward, rest: seconds; the rest is what does not depend on the number of samples: the optimizer.
        buckets: pairs of the moment at which a bucket is full, in seconds after the backward has begun, and its bytes; in order.
        jitter: by what share of itself the time of forward and backward differs from step to step (a standard deviation).
    """

    forward: float
    backward: float
    rest: float
    buckets: Sequence[tuple[float, int]]
    jitter: float = 0.0

    @property
    def alone(self) -> float:
        """Seconds of the step of one rank that is alone."""
        return self.forward + self.backward + self.rest

    def with_samples(self, share: float) -> Step:
        """The step with this share of the samples."""
        buckets = [(at * share, size) for at, size in self.buckets]
        return replace(self, forward=self.forward * share, backward=self.backward * share, buckets=buckets)


@dataclass(frozen=True)
class Replay:
    """What a simulated step took.

    Attributes:
        seconds: of the step. hidden: the share of the communication that lay within the backward.
        spans: for each bucket when it was sent and when it was there, in seconds after the backward had begun.
    """

    seconds: float
    hidden: float
    spans: list[tuple[float, float]]


def replayed(step: Step, ranks: int, network: Network, cores: int | None = None) -> Replay:
    """Replay the schedule of the buckets on so many ranks.

    A bucket is sent when it is full and the bucket before it has arrived. All wait for the slowest of k ranks, which is late by
    about jitter sqrt(2 ln k). Where the ranks share fewer cores, each computes more slowly, and moves its bytes so, too.

    Args:
        step: a rank's step. ranks: k. network: between them. cores: that the ranks share; None for one each.

    Example:
        >>> from benchmarks.scaling import Network, Step, replayed
        >>> step = Step(forward=1e-3, backward=2e-3, rest=0.0, buckets=[(1e-3, 500_000), (2e-3, 500_000)])
        >>> replay = replayed(step, 2, Network("fast", 1e-6, 1e9))
        >>> round(1e3 * replay.seconds, 2), round(replay.hidden, 2)
        (3.5, 0.5)

    Source: for the largest of k normal numbers, Cramer, Mathematical Methods of Statistics, 1946.
    """
    slower = 1.0 if cores is None else max(1.0, ranks / cores)
    late = step.jitter * sqrt(2 * log(ranks)) if ranks > 1 else 0.0
    stretch = slower * (1 + late)
    free, within, total, spans = 0.0, 0.0, 0.0, []
    end = step.backward * stretch
    for full, size in step.buckets:
        begin = max(full * stretch, free)
        free = begin + on_cores(network, size, ranks, cores)
        spans.append((begin, free))
        total += free - begin
        within += max(0.0, min(free, end) - begin)
    seconds = step.forward * stretch + max(end, free) + step.rest * slower
    return Replay(seconds, within / total if total else 1.0, spans)


def weak(step: Step, ranks: int, network: Network, cores: int | None = None) -> float:
    """The efficiency with the same number of samples on each rank: the share of the work of k lone ranks that k ranks do."""
    return step.alone / replayed(step, ranks, network, cores).seconds


def strong(step: Step, ranks: int, network: Network) -> float:
    """How many times faster k ranks are than one with the samples that one has: each takes 1/k of them."""
    return step.alone / replayed(step.with_samples(1 / ranks), ranks, network).seconds


def where_it_stops(step: Step, network: Network, candidates: Iterable[int] = tuple(2**i for i in range(11))) -> int:
    """The number of ranks beyond which the samples of one step are hardly done faster: nine tenths of the most that any reaches.

    Args:
        step: of one rank with all the samples. network: between the ranks. candidates: the numbers of ranks that are asked.
    """
    gains = {ranks: strong(step, ranks, network) for ranks in candidates}
    return min(ranks for ranks, gain in gains.items() if gain >= 0.9 * max(gains.values()))


# Measured by others: osu_latency and osu_bw of the OSU Micro-Benchmarks between two nodes.
ARIES = Network(
    "Cray Aries", 1.3e-6, 9.607e9, "reference values of Piz Daint's checks: https://github.com/reframe-hpc/reframe/pull/1232"
)
INFINIBAND = Network(
    "InfiniBand", 0.9e-6, 1.03e10, "Open MPI, 32 kB: https://gist.github.com/jfgrimm/3af692a5475bdd4ed836b5a18197a209"
)
ETHERNET = Network(
    "Gigabit Ethernet", 25e-6, 1.16e8, "MPICH over TCP, 32 kB: https://gist.github.com/jfgrimm/3af692a5475bdd4ed836b5a18197a209"
)
PUBLISHED = (ARIES, INFINIBAND, ETHERNET)


def table(step: Step, networks: Sequence[Network] = PUBLISHED, ranks: Sequence[int] = (8, 16, 32, 64, 128, 256, 512, 1024)) -> str:
    """The predicted efficiency on each network, with the same number of samples on each rank, and where more ranks stop helping."""
    lines = [f"{'ranks':<18}" + "".join(f"{k:>7}" for k in ranks)]
    lines += [f"{net.name:<18}" + "".join(f"{100 * weak(step, k, net):6.0f}%" for k in ranks) for net in networks]
    for network in networks:
        stops = where_it_stops(step, network)
        lines.append(f"{network.name}: one rank's samples on {stops} ranks are {strong(step, stops, network):.1f} times faster")
    return "\n".join(lines)
