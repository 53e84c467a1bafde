"""The model of what data parallel training costs, the simulation that replays the buckets, and the page that explains them."""

from __future__ import annotations

import doctest
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import scaling
from benchmarks.distributed import early, moment, waited
from benchmarks.scaling import (
    ARIES,
    ETHERNET,
    Network,
    Step,
    fitted,
    on_cores,
    replayed,
    strong,
    terms,
    weak,
    where_it_stops,
    with_turns,
)

ROOT = Path(__file__).resolve().parent.parent
STEP = Step(4e-3, 8e-3, 1e-3, [(2e-3, 400_000), (5e-3, 400_000), (8e-3, 1_600_000)])


def test_the_page_says_what_the_model_computes() -> None:
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "scaling.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert tried > 5
    assert failed == 0


def test_the_examples() -> None:
    failed, tried = doctest.testmod(scaling)
    assert tried > 5
    assert failed == 0


@pytest.mark.parametrize("k", [2, 3, 4, 8, 1000])
def test_each_algorithm_sends_what_it_must(k: int) -> None:
    """No all-reduce pays fewer than log2(k) latencies, or sends less than 2 (k-1)/k of the bytes, but recursive doubling of two."""
    for rounds, share in terms(k):
        assert rounds >= np.log2(k)
        assert share >= 2 * (k - 1) / k or k == 2
    assert Network("", 1e-6, 1e9).all_reduce(1e6, 1) == 0


def brute_force(step: Step, ranks: int, network: Network, tick: float = 1e-6) -> float:
    """The step's length by a clock that goes on in ticks: one bucket travels at a time, in their order."""
    left = [network.all_reduce(size, ranks) for _, size in step.buckets]
    now = 0.0
    number = 0
    while number < len(left) or now < step.backward:
        if number < len(left) and now >= step.buckets[number][0]:
            left[number] -= tick
            number += left[number] <= 0
        now += tick
    return step.forward + now + step.rest


@pytest.mark.parametrize("ranks", [2, 8, 1024])
@pytest.mark.parametrize("network", [ARIES, ETHERNET], ids=lambda network: network.name)
def test_the_replay_is_what_a_clock_would_show(network: Network, ranks: int) -> None:
    assert replayed(STEP, ranks, network).seconds == pytest.approx(brute_force(STEP, ranks, network), abs=2e-5)


def test_limits() -> None:
    nothing = Network("no cost", 0.0, np.inf)
    assert weak(STEP, 1024, nothing) == pytest.approx(1)
    assert strong(replace(STEP, rest=0.0), 64, nothing) == pytest.approx(64)
    assert replayed(STEP, 4, nothing, cores=2).seconds == pytest.approx(2 * STEP.alone)
    efficiencies = [weak(replace(STEP, jitter=0.02), k, ARIES) for k in (1, 2, 8, 64, 1024)]
    assert efficiencies == sorted(efficiencies, reverse=True)
    assert efficiencies[0] == 1
    slow = replayed(STEP, 8, ETHERNET)
    assert slow.hidden < replayed(STEP, 8, ARIES).hidden
    assert slow.spans[-1][1] > STEP.backward
    assert where_it_stops(STEP, ETHERNET) < where_it_stops(STEP, ARIES)


def test_the_fit_finds_what_made_noisy_times() -> None:
    rng = np.random.default_rng(0)
    true = Network("true", 5e-6, 2e9)
    sizes = [(n, k) for n in (8, 4096, 65536, 524288, 2097152) for k in (2, 3, 4)]
    found = fitted({key: true.all_reduce(*key) * rng.uniform(0.95, 1.05) for key in sizes})
    assert found.latency == pytest.approx(true.latency, rel=0.05)
    assert found.bandwidth == pytest.approx(true.bandwidth, rel=0.05)


def test_ranks_that_share_cores_take_turns() -> None:
    alone = Network("true", 5e-6, 2e9)
    turns = replace(alone, turn=1e-3)
    times = {(n, k): on_cores(turns, n, k, 2) for n in (8, 4096) for k in (2, 3, 4)}
    assert times[8, 2] == alone.all_reduce(8, 2)
    assert times[8, 4] == pytest.approx(2 * alone.all_reduce(8, 4) + 2e-3)
    assert with_turns(alone, times, 2).turn == pytest.approx(1e-3)
    assert with_turns(alone, times, 4) == alone
    assert replayed(STEP, 4, turns, cores=2).seconds > replayed(STEP, 4, alone, cores=2).seconds


def test_what_a_timeline_says() -> None:
    events = [("begin", -1, 0.0), ("sent", 0, 1.0), ("done", 0, 2.0), ("sent", 1, 3.0), ("backward", -1, 4.0), ("done", 1, 5.5)]
    assert moment(events, "sent") == {0: 1.0, 1: 3.0}
    assert waited(events) == 1.5
    assert early(events, [np.zeros(3), np.zeros(1)]) == 0.75
