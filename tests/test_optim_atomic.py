"""A step, a load and a schedule happen wholly or not at all: an exception is raised at every line of them, one after the other."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from trajectories.cases import OPTIMIZERS

import autograd
import optim
from autograd.engine import memory
from optim import lr_scheduler
from optim.blocks import LARGE

FOLDER = str(Path(optim.__file__).parent)


class Interrupt(BaseException):
    """As a KeyboardInterrupt: it comes at any line, and no ``except Exception`` catches it."""


def interrupted(call: Callable[[], Any], at: int) -> bool:
    """Call, and raise at the line of that number that is run within optim; whether it came so far."""
    left = at

    def line(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise Interrupt
        return line

    def entered(frame: FrameType, event: str, arg: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(FOLDER) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        call()
    except Interrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def seen(optimizer: Any) -> list[Any]:
    """Weights, state and options: arrays as bytes."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(v) for key, v in value.items()}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        array = getattr(value, "array", None)
        return value if array is None else (array.dtype.str, array.shape, array.tobytes())

    return [[plain(p) for group in optimizer.param_groups for p in group["params"]], plain(optimizer.state_dict())]


def stepped(name: str, options: dict[str, Any], steps: int, large: bool = False) -> Any:
    """An optimizer of two groups after some steps, with gradients for the next."""
    shapes = [(2, 3), (3, 2), (150, 120) if large else (2, 2)]
    params = [autograd.tensor(np.cos(np.arange(float(np.prod(s)))).reshape(s), requires_grad=True) for s in shapes]
    groups = [{"params": params}] if name == "LBFGS" else [{"params": params[:1]}, {"params": params[1:], "lr": 0.05}]
    optimizer = getattr(optim, name)(groups, **options)
    for t in range(steps + 1):
        for p in params:
            p.grad = autograd.tensor(np.sin(np.arange(float(p.array.size)) + t).reshape(p.shape))
        if t < steps:
            optimizer.step(*closures(optimizer))
    return optimizer


def closures(optimizer: Any) -> list[Callable[[], Any]]:
    """The closure that L-BFGS needs."""
    if not isinstance(optimizer, optim.LBFGS):
        return []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sum(((p - 0.3) ** 4).sum() for p in optimizer.param_groups[0]["params"])
        loss.backward()
        return loss

    return [closure]


CASES = [(name, cases[-1]) for name, cases in OPTIMIZERS.items() if name != "LBFGS"] + [("Lion", {}), ("LAMB", {})]


@pytest.mark.parametrize("steps", [0, 2], ids=["first", "third"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=[name for name, _ in CASES])
def test_an_interrupted_step_is_whole_or_not_at_all(name: str, options: dict[str, Any], steps: int) -> None:
    done = stepped(name, options, steps)
    before = seen(done)
    done.step()
    after = seen(done)
    assert before != after
    at = whole = 0
    while True:
        optimizer = stepped(name, options, steps)
        came = interrupted(optimizer.step, at)
        found = seen(optimizer)
        assert found in (before, after), f"half a step after line {at}"
        if not came:
            break
        whole += found == after
        # It goes on as if nothing had been.
        if found == before and at % 10 == 0:
            optimizer.step()
            assert seen(optimizer) == after
        at += 1
    assert at > 20
    assert 0 < whole < at


def test_an_interrupted_step_of_a_large_parameter() -> None:
    """It is updated in slices; once the first has moved, the others follow."""
    assert LARGE < 150 * 120
    done = stepped("Adam", {"weight_decay": 0.1}, 1, large=True)
    before = seen(done)
    done.step()
    after = seen(done)
    at = 0
    while True:
        optimizer = stepped("Adam", {"weight_decay": 0.1}, 1, large=True)
        came = interrupted(optimizer.step, at)
        assert seen(optimizer) in (before, after)
        if not came:
            break
        versions = [memory.version(p.array) for group in optimizer.param_groups for p in group["params"]]
        assert min(versions) >= (1 if seen(optimizer) == before else 2), "a write that the graph does not see"
        at += 3


def test_an_interrupted_iteration_of_lbfgs() -> None:
    options = {"line_search_fn": "strong_wolfe", "max_iter": 2}
    points = []
    for iterations in range(3):
        optimizer = stepped("LBFGS", {**options, "max_iter": 1}, 1)
        optimizer.param_groups[0]["max_iter"] = iterations
        optimizer.step(*closures(optimizer))
        points.append([p.array.tobytes() for p in optimizer.param_groups[0]["params"]])
    at = 0
    while True:
        optimizer = stepped("LBFGS", {**options, "max_iter": 1}, 1)
        optimizer.param_groups[0]["max_iter"] = 2
        came = interrupted(lambda optimizer=optimizer: optimizer.step(*closures(optimizer)), at)
        weights = [p.array.tobytes() for p in optimizer.param_groups[0]["params"]]
        state = optimizer.state[optimizer.param_groups[0]["params"][0]]
        if not came:
            break
        assert weights in points, at
        assert len(state.get("old_dirs", [])) == len(state.get("old_stps", [])) == len(state.get("ro", []))
        at += 7


@pytest.mark.parametrize("name", ["Adam", "SGD", "Adafactor"])
def test_an_interrupted_load_is_whole_or_not_at_all(name: str) -> None:
    options = {"momentum": 0.9} if name == "SGD" else {}
    state = copy.deepcopy(stepped(name, {**options, "lr": 0.25}, 3).state_dict())
    before = seen(stepped(name, options, 1))[1]
    at = 0
    while True:
        optimizer = stepped(name, options, 1)
        came = interrupted(lambda optimizer=optimizer: optimizer.load_state_dict(state), at)
        found = seen(optimizer)[1]
        if not came:
            after = found
            break
        at += 1
    assert before != after
    for number in range(0, at, 3):
        optimizer = stepped(name, options, 1)
        interrupted(lambda optimizer=optimizer: optimizer.load_state_dict(state), number)
        assert seen(optimizer)[1] in (before, after)


# --------------------------------------------------------------------------------------------------------------- refusals


def refused(optimizer: Any, error: type[Exception], text: str) -> None:
    before = seen(optimizer)
    with pytest.raises(error, match=text):
        optimizer.step()
    assert seen(optimizer) == before


@pytest.mark.parametrize("name", ["Adam", "SGD", "NAdam", "Adafactor", "Muon"])
def test_what_a_step_refuses_it_refuses_before_anything_moves(name: str) -> None:
    options = {"momentum": 0.9} if name == "SGD" else {}
    for value in ("fast", [0.1], None, 1j):
        optimizer = stepped(name, options, 2)
        optimizer.param_groups[1]["lr"] = value
        refused(optimizer, TypeError, "lr must be a number")
    optimizer = stepped(name, options, 2)
    optimizer.param_groups[1]["params"][-1].array.flags.writeable = False
    refused(optimizer, ValueError, r"a parameter float64\[2, 2\].*is read-only.*nothing was changed")
    optimizer = stepped(name, options, 2)
    optimizer.param_groups[1]["params"][-1]._grad = autograd.ones(4, dtype="float64")
    refused(optimizer, ValueError, r"a gradient float64\[4\] on a parameter float64\[2, 2\]")


def test_an_overflow_that_is_an_error_leaves_no_half_step() -> None:
    optimizer = stepped("Adam", {}, 1, large=True)
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = autograd.zeros(p.shape, dtype="float64")
    large = optimizer.param_groups[1]["params"][-1]
    large.grad.array.flat[-1] = 1e300
    other = copy.deepcopy(optimizer)
    with np.errstate(over="ignore"):
        other.step()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        optimizer.step()
    assert seen(optimizer)[1]["state"] == seen(other)[1]["state"]


def test_a_step_that_cannot_be_finished_says_how_far_it_came() -> None:
    class Stubborn(optim.SGD):
        calls = 0

        def update(self, *args: Any) -> Any:
            Stubborn.calls += 1
            if Stubborn.calls > 1:
                raise ZeroDivisionError("no")
            return super().update(*args)

    params = [autograd.ones(3, requires_grad=True), autograd.ones(3, dtype="float64", requires_grad=True)]
    optimizer = Stubborn(params)
    for p in params:
        p.grad = autograd.ones(3, dtype=p.dtype)
    with pytest.raises(ZeroDivisionError) as caught:
        optimizer.step()
    assert "1 of 2 parts are done" in caught.value.__notes__[0]


# -------------------------------------------------------------------------------------------------------------- schedulers


def kept(scheduler: Any) -> Any:
    groups = [{k: v for k, v in group.items() if k != "params"} for group in scheduler.optimizer.param_groups]
    return copy.deepcopy([scheduler.state_dict(), groups])


MAKERS: list[Callable[[Any], Any]] = [
    lambda o: lr_scheduler.StepLR(o, 2),
    lambda o: lr_scheduler.OneCycleLR(o, 0.5, total_steps=9),
    lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 2),
    lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0),
    lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.5)], [2]),
    lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.StepLR(o, 1)]),
]


@pytest.mark.parametrize("i", range(len(MAKERS)))
def test_a_scheduler_keeps_its_state_when_it_refuses_or_is_interrupted(i: int) -> None:
    def made() -> Any:
        optimizer = stepped("Adam", {}, 1)
        scheduler = MAKERS[i](optimizer)
        for _ in range(2):
            scheduler.step(*argument)
        return scheduler

    argument = [1.0] if i == 3 else []
    scheduler = made()
    before = kept(scheduler)
    if i < 4:
        for wrong in ("x", [1], None) if i == 3 else ("x", [1], 1j):
            with pytest.raises((TypeError, ValueError)):
                scheduler.step(wrong)
            assert kept(scheduler) == before
    scheduler.step(*argument)
    after = kept(scheduler)
    at = 0
    while True:
        scheduler = made()
        came = interrupted(lambda scheduler=scheduler: scheduler.step(*argument), at)
        assert kept(scheduler) in (before, after), at
        if not came:
            break
        at += 1
    assert at > 5


def test_a_rate_that_is_a_tensor_is_restored_too() -> None:
    class Wrong(lr_scheduler.LRScheduler):
        def get_lr(self) -> list[Any]:
            return [0.5, "x" if self.last_epoch else 0.5]

    params = [autograd.ones(2, requires_grad=True) for _ in range(2)]
    optimizer = optim.SGD([{"params": p, "lr": autograd.tensor(0.25)} for p in params], lr=0.1)
    scheduler = Wrong(optimizer)
    rates = [group["lr"] for group in optimizer.param_groups]
    rates[0].fill_(0.125)
    optimizer._opt_called = True
    with pytest.raises((TypeError, ValueError)):
        scheduler.step()
    assert [rate.item() for rate in rates] == [0.125, 0.5]
    assert scheduler.last_epoch == 0
