"""Schedulers: against closed forms, against what PyTorch does, and in their bad uses."""

from __future__ import annotations

import copy
import inspect
import json
import math
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from trajectories.cases import EPOCHS, SCHEDULERS, Falling, advance, two_groups

import autograd
import optim
from optim import lr_scheduler
from optim.lr_scheduler import LRScheduler
from optim.swa_utils import SWALR

RECORD = json.loads(Path(__file__).with_name("trajectories").joinpath("pytorch.json").read_text(encoding="utf-8"))
PLACES = SimpleNamespace(**vars(lr_scheduler), SWALR=SWALR)


def tensor(value: Any) -> Any:
    return autograd.tensor(np.asarray(value))


def one(lr: float = 1.0, **options: Any) -> Any:
    return optim.SGD([tensor([1.0]).requires_grad_()], lr=lr, **options)


def leaves(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        if sub.__module__.startswith("optim."):
            if not sub.__name__.startswith("_"):
                yield sub
            yield from leaves(sub)


EVERY = {cls.__name__: cls for cls in leaves(LRScheduler)}


def test_every_scheduler_is_public_and_tested() -> None:
    assert set(EVERY) == {name for name, _ in SCHEDULERS}
    assert set(EVERY) - {"SWALR"} == set(lr_scheduler.__all__) - {"EPOCH_DEPRECATION_WARNING", "LRScheduler"}
    assert set(EVERY) - {"ReduceLROnPlateau", "CosineAnnealingWarmRestarts"} == set(CLOSED)


# --------------------------------------------------------------------------------------------------------------- PyTorch


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("rate", [float, autograd.tensor], ids=["number", "tensor"])
@pytest.mark.parametrize("i", range(len(SCHEDULERS)), ids=[name for name, _ in SCHEDULERS])
def test_against_pytorchs_rates(i: int, rate: Callable[[float], Any], kind: str) -> None:
    """Rates and momenta over the epochs; half way everything goes through a state_dict."""
    make = SCHEDULERS[i][1]
    optimizer = two_groups(optim, tensor, kind, lambda v: rate(v) if rate is float else autograd.tensor(v, dtype="float64"))
    scheduler = make(PLACES, optimizer)
    found = []
    for t in range(EPOCHS):
        if t == EPOCHS // 2:
            saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
            optimizer = two_groups(optim, tensor, kind)
            scheduler = make(PLACES, optimizer)
            optimizer.load_state_dict(saved[0])
            scheduler.load_state_dict(saved[1])
        assert [float(lr) for lr in scheduler.get_last_lr()] == [float(g["lr"]) for g in optimizer.param_groups]
        found.append(advance(optimizer, scheduler, t))
    want = RECORD["rates"][2 * i + (kind == "Adam")]
    np.testing.assert_allclose(found, want, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_signature_is_pytorchs(name: str) -> None:
    mine = [[p.name, str(p.default), p.kind.name] for p in inspect.signature(EVERY[name]).parameters.values()]
    assert mine == RECORD["signatures"][name]


# ----------------------------------------------------------------------------------------------------------- closed forms


def cyclic(t: int) -> float:
    cycle, x = divmod(t, 7)
    return 0.1 + 0.4 * (x / 3 if x <= 3 else (7 - x) / 4) / 2**cycle


def one_cycle(t: int) -> float:
    # Up in 0.3 * 20 - 1 = 5 steps, down in the other 14.
    if t <= 5:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * t / 5)) / 2
    return 4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * (t - 5) / 14)) / 2


def sequence(t: int) -> float:
    return 0.25 + 0.75 * t / 4 if t < 4 else 0.8 ** (t - 4)


CLOSED: dict[str, tuple[Callable[[Any], Any], Callable[[int], float]]] = {
    "LambdaLR": (lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
    "MultiplicativeLR": (lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: t / (t + 1)), lambda t: 1 / (t + 1)),
    "StepLR": (lambda o: lr_scheduler.StepLR(o, 3, 0.5), lambda t: 0.5 ** (t // 3)),
    "MultiStepLR": (lambda o: lr_scheduler.MultiStepLR(o, [2, 5, 5], 0.5), lambda t: 0.5 ** ((t >= 2) + 2 * (t >= 5))),
    "ConstantLR": (lambda o: lr_scheduler.ConstantLR(o, 0.25, 4), lambda t: 0.25 if t < 4 else 1),
    "LinearLR": (lambda o: lr_scheduler.LinearLR(o, 0.2, 0.8, 6), lambda t: 0.2 + 0.1 * min(t, 6)),
    "ExponentialLR": (lambda o: lr_scheduler.ExponentialLR(o, 0.9), lambda t: 0.9**t),
    "PolynomialLR": (lambda o: lr_scheduler.PolynomialLR(o, 8, 2.0), lambda t: (1 - min(t, 8) / 8) ** 2),
    "CosineAnnealingLR": (
        lambda o: lr_scheduler.CosineAnnealingLR(o, 5, 0.1),
        lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * t / 5)) / 2,
    ),
    "CyclicLR": (lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.5, 3, 4, "triangular2", cycle_momentum=False), cyclic),
    "OneCycleLR": (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 20, cycle_momentum=False), one_cycle),
    "SequentialLR": (
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 0.25, total_iters=4), lr_scheduler.ExponentialLR(o, 0.8)], [4]
        ),
        sequence,
    ),
    "ChainedScheduler": (
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.StepLR(o, 3, 0.5)]),
        lambda t: 0.9**t * 0.5 ** (t // 3),
    ),
    "SWALR": (lambda o: SWALR(o, 0.2, 8, "linear"), lambda t: 1 - 0.1 * min(t, 8)),
}


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_closed_form(name: str) -> None:
    make, rate = CLOSED[name]
    optimizer = one()
    scheduler = make(optimizer)
    for t in range(20):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(rate(t), rel=1e-9, abs=1e-12), t
        optimizer.step()
        if t < 19:
            scheduler.step()


@pytest.mark.parametrize("name", [n for n in CLOSED if hasattr(EVERY[n], "_get_closed_form_lr")])
def test_an_epoch_that_is_given_is_gone_to(name: str) -> None:
    make, rate = CLOSED[name]
    optimizer = one()
    scheduler = make(optimizer)
    optimizer.step()
    with pytest.warns(UserWarning, match="deprecated"):
        scheduler.step(7)
    assert scheduler.get_last_lr() == [pytest.approx(rate(7))]
    assert scheduler.last_epoch == 7


def test_restarts_also_between_epochs() -> None:
    optimizer = one()
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, 3)
    for epoch in np.arange(0, 30, 0.25):
        scheduler.step(float(epoch))
        begin, length = (0, 2) if epoch < 2 else (2, 6) if epoch < 8 else (8, 18) if epoch < 26 else (26, 54)
        assert optimizer.param_groups[0]["lr"] == pytest.approx((1 + math.cos(math.pi * (epoch - begin) / length)) / 2)
    with pytest.raises(ValueError, match="non-negative epoch, but got -1"):
        scheduler.step(-1)


def test_plateau() -> None:
    optimizer = one()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, "min", 0.5, patience=2, threshold=0.1, cooldown=1, min_lr=0.2)
    rates = []
    for loss in [1.0, 0.95, 0.91, 0.92, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]:
        scheduler.step(autograd.tensor(loss))
        rates += scheduler.get_last_lr()
    # Three epochs without a gain of a tenth, then one that is not counted, and never below 0.2.
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]
    assert scheduler.is_better(0.4, 0.5)
    assert not scheduler.is_better(0.46, 0.5)


def test_schedulers_within_schedulers() -> None:
    optimizer = one()
    inner = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer, 2, 0.5), lr_scheduler.ExponentialLR(optimizer, 0.9)])
    last = lr_scheduler.SequentialLR(
        optimizer, [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.5)], [3]
    )
    scheduler = lr_scheduler.SequentialLR(optimizer, [lr_scheduler.ConstantLR(optimizer, 0.1, 99), inner, last], [3, 7])
    rates = []
    for _ in range(13):
        rates += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    want = [0.1] * 3 + [0.9**t * 0.5 ** (t // 2) for t in range(4)] + [0.5, 0.5, 1, 1, 0.5, 0.25]
    np.testing.assert_allclose(rates, want)


# ------------------------------------------------------------------------------------------------------- momentum and more


def test_momentum_goes_the_other_way() -> None:
    optimizer = optim.Adam([tensor([1.0]).requires_grad_()])
    scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, 20, base_momentum=0.8, max_momentum=0.9)
    seen = []
    for _ in range(20):
        seen.append(optimizer.param_groups[0]["betas"])
        optimizer.step()
        scheduler.step()
    assert seen[0] == (0.9, 0.999)
    assert seen[5] == (pytest.approx(0.8), 0.999)
    assert seen[19] == (pytest.approx(0.9), 0.999)


def test_going_on_from_an_epoch() -> None:
    optimizer = one()
    with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\]"):
        lr_scheduler.ExponentialLR(optimizer, 0.5, last_epoch=3)
    optimizer.param_groups[0].update(initial_lr=1.0, lr=0.125)
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 0.5**t, last_epoch=3)
    assert scheduler.get_last_lr() == [0.5**4]


def test_warnings() -> None:
    optimizer = one()
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    with pytest.warns(UserWarning, match="use `get_last_lr"):
        scheduler.get_lr()
    optimizer = one()
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()
        scheduler.step()


def test_a_tensor_stays_the_same_object() -> None:
    rate = autograd.tensor(1.0)
    optimizer = one(rate)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5
    assert scheduler.base_lrs[0].item() == 1.0


def test_callable_objects_are_saved_and_functions_are_not() -> None:
    optimizer = one()
    scheduler = lr_scheduler.LambdaLR(optimizer, Falling(1.0))
    saved = scheduler.state_dict()
    assert saved["lr_lambdas"] == [{"a": 1.0}]
    other = lr_scheduler.LambdaLR(one(), Falling(5.0))
    other.load_state_dict(saved)
    assert other.lr_lambdas[0].a == 1.0
    assert lr_scheduler.LambdaLR(one(), lambda t: 1.0).state_dict()["lr_lambdas"] == [None]
    assert pickle.loads(pickle.dumps(saved))["last_epoch"] == 0


def test_rates_as_pytorchs_tutorials_use_them() -> None:
    w = tensor([5.0]).requires_grad_()
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
    for _ in range(100):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        scheduler.step()
    assert abs(w.item()) < 5e-2
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0)


# -------------------------------------------------------------------------------------------------------------- bad input

S = lr_scheduler
BAD: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda o: S.StepLR("optimizer", 3), TypeError, "str is not an Optimizer"),
    (lambda o: S.StepLR(o, 0), ValueError, "step_size of at least 1, but got 0"),
    (lambda o: S.LambdaLR(o, [abs, abs]), ValueError, "Expected 1 lr_lambdas, but got 2"),
    (lambda o: S.LambdaLR(o, 0.5), TypeError, "lr_lambda should be a function, but got float"),
    (lambda o: S.MultiplicativeLR(o, [0.5]), TypeError, "should be a function"),
    (lambda o: S.ConstantLR(o, 0.0), ValueError, "greater than 0 and at most 1, but got 0"),
    (lambda o: S.ConstantLR(o, 2.0), ValueError, "but got 2"),
    (lambda o: S.LinearLR(o, 0.0), ValueError, "Starting multiplicative factor"),
    (lambda o: S.LinearLR(o, 0.5, 1.5), ValueError, "Ending multiplicative factor"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 0), ValueError, "positive integer T_0, but got 0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2, 0), ValueError, "T_mult >= 1, but got 0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2, 1, "a"), ValueError, "eta_min, but got a of type str"),
    (lambda o: S.CyclicLR(o, 0.1, 0.5, mode="square"), ValueError, "mode 'square' is invalid"),
    (lambda o: S.CyclicLR(o, 0.1, 0.5, scale_mode="x"), ValueError, "scale_mode must be 'cycle' or 'iterations'"),
    (lambda o: S.CyclicLR(o, 0.1, 0.5, step_size_up=0), ValueError, "step sizes must be positive, but got 0 up"),
    (lambda o: S.CyclicLR(o, [0.1, 0.2], 0.5), ValueError, "base_lr must have the same length.*2 values for 1 groups"),
    (lambda o: S.CyclicLR(optim.Rprop([tensor([1.0])]), 0.1, 0.5), ValueError, "Rprop does not: pass cycle_momentum=False"),
    (lambda o: S.OneCycleLR(o, 0.1), ValueError, "define either total_steps OR"),
    (lambda o: S.OneCycleLR(o, 0.1, total_steps=0), ValueError, "positive integer total_steps, but got 0"),
    (lambda o: S.OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0.5), ValueError, "integer steps_per_epoch, but got 0.5"),
    (lambda o: S.OneCycleLR(o, 0.1, 10, pct_start=2.0), ValueError, "between 0 and 1 pct_start, but got 2"),
    (lambda o: S.OneCycleLR(o, 0.1, 10, anneal_strategy="sin"), ValueError, "'cos' or 'linear', instead got sin"),
    (lambda o: S.OneCycleLR(optim.Adadelta([tensor([1.0])]), 0.1, 10), ValueError, "Adadelta does not"),
    (lambda o: S.ReduceLROnPlateau(o, "least"), ValueError, "mode least is unknown"),
    (lambda o: S.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0, but got 1"),
    (lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold mode x is unknown"),
    (lambda o: S.ReduceLROnPlateau(o, min_lr=[0.1, 0.2]), ValueError, "2 values for 1 groups"),
    (lambda o: S.SequentialLR(o, [], []), ValueError, "at least one scheduler"),
    (lambda o: S.SequentialLR(o, [S.StepLR(o, 3)], [1]), ValueError, "schedulers 1 and the number of milestones to be equal to 1"),
    (lambda o: S.SequentialLR(o, [S.StepLR(one(), 3)], []), ValueError, "belong to the same optimizer: not so at index 0"),
    (lambda o: S.ChainedScheduler([]), ValueError, "at least one scheduler"),
    (lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]), ValueError, "needs a metric: see index 0"),
    (lambda o: S.ChainedScheduler([3]), TypeError, "at index 0 should have `optimizer`.*int"),
    (lambda o: SWALR(o, 0.1, -1), ValueError, "equal or greater than 0, got -1"),
    (lambda o: SWALR(o, 0.1, anneal_strategy="x"), ValueError, "instead got x"),
    (lambda o: S.LRScheduler(o), NotImplementedError, "LRScheduler does not define get_lr"),
]


@pytest.mark.parametrize("i", range(len(BAD)))
def test_bad_input(i: int) -> None:
    make, error, text = BAD[i]
    optimizer = one()
    before = {k: v for k, v in optimizer.param_groups[0].items() if k not in ("initial_lr", "params")}
    with pytest.raises(error, match=text):
        make(optimizer)
    assert before == {k: v for k, v in optimizer.param_groups[0].items() if k not in ("initial_lr", "params")}


def test_too_many_steps_of_one_cycle() -> None:
    optimizer = one()
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, 3, cycle_momentum=False)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    with pytest.raises(ValueError, match=r"Tried to step 4 times. The specified number of total steps is 3"):
        scheduler.step()


def test_state_of_another_scheduler() -> None:
    a, b = lr_scheduler.StepLR(one(), 3), lr_scheduler.ExponentialLR(one(), 0.5)
    before = dict(a.__dict__)
    with pytest.raises(ValueError, match="StepLR cannot load this state_dict, nothing was changed: it lacks step_size"):
        a.load_state_dict(b.state_dict())
    assert a.__dict__ == before
    two = two_groups(optim, tensor, "SGD")
    with pytest.raises(ValueError, match="it is for 2 groups, not 1"):
        b.load_state_dict(lr_scheduler.ExponentialLR(two, 0.5).state_dict())
    o = one()
    parts = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 3), lr_scheduler.ExponentialLR(o, 0.5)])
    with pytest.raises(ValueError, match="ChainedScheduler of 2 schedulers cannot load the state of 1"):
        parts.load_state_dict(lr_scheduler.ChainedScheduler([a]).state_dict())
    with pytest.raises(ValueError, match="StepLR cannot load"):
        parts.load_state_dict(lr_scheduler.ChainedScheduler([b, b]).state_dict())


def test_a_group_that_came_later() -> None:
    optimizer = one()
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 0.5)
    optimizer.add_param_group({"params": [tensor([1.0]).requires_grad_()], "lr": 3.0})
    optimizer.step()
    with pytest.raises(ValueError, match="gives 1 learning rates and the optimizer has 2 groups"):
        scheduler.step()


def test_an_optimizers_step_that_is_replaced_after_the_scheduler_was_made_warns() -> None:
    optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, 3)
    step = optimizer.step
    optimizer.step = lambda *args: step(*args)  # type: ignore[method-assign]
    optimizer.step()
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` has been overridden"):
        scheduler.step()
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lr_scheduler.StepLR(optimizer, 3).step()


def test_a_group_that_a_list_of_smallest_rates_does_not_know() -> None:
    optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[1e-5])
    optimizer.add_param_group({"params": [autograd.zeros(1, requires_grad=True)], "lr": 0.1})
    scheduler.step(1.0)
    with pytest.raises(RuntimeError, match="The number of param groups in the `optimizer`"):
        scheduler.step(2.0)


def test_a_state_that_holds_the_function_of_annealing() -> None:
    def made(strategy: str) -> Any:
        optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        return lr_scheduler.OneCycleLR(optimizer, 2.0, total_steps=10, anneal_strategy=strategy)

    for strategy, function in (
        ("linear", lr_scheduler.OneCycleLR._annealing_linear),
        ("cos", lr_scheduler.OneCycleLR._annealing_cos),
    ):
        old, new = made(strategy), made("linear" if strategy == "cos" else "cos")
        state = old.state_dict()
        del state["_anneal_func_type"]
        new.load_state_dict({**state, "anneal_func": function})
        for scheduler in (old, new):
            for _ in range(4):
                scheduler.optimizer.step()
                scheduler.step()
        assert new.get_last_lr() == old.get_last_lr()
