"""Groups and state of an optimizer: names, parameters without a shape, states that cannot be loaded, hooks, and many parameters."""

from __future__ import annotations

import copy
import sys
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from optim.blocks import Block
from optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook, required


def leaf(*shape: int, dtype: str = "float32") -> Any:
    return autograd.ones(shape, requires_grad=True, dtype=dtype)


def stepped(cls: Any, params: list[Any], steps: int = 1, **options: Any) -> Any:
    optimizer = cls(params, **options)
    for _ in range(steps):
        for p in params:
            p.grad = autograd.ones(p.shape, dtype=p.dtype)
        optimizer.step()
    return optimizer


# ------------------------------------------------------------------------------------------------------------ parameters


def test_numbers_in_a_state_dict_of_a_parameter_that_is_listed_twice() -> None:
    v, w = leaf(2), leaf(2)
    with pytest.warns(UserWarning, match="duplicate parameters") as caught:
        optimizer = optim.Adam([v, w, v])
    assert caught[0].filename == __file__
    assert optimizer.state_dict()["param_groups"][0]["params"] == [0, 1, 0]
    v.grad, w.grad = autograd.ones(2), autograd.ones(2)
    for steps in (2, 4):
        optimizer.step()
        assert optimizer.state[v]["step"].item() == steps
        assert optimizer.state[w]["step"].item() == steps / 2


def test_lazy_parameters_may_be_given_before_their_first_call() -> None:
    model = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.Linear(3, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    optimizer.step()
    optimizer.zero_grad()
    saved = stepped(optim.Adam, [leaf(3, 2), leaf(3), leaf(1, 3), leaf(1)]).state_dict()
    with pytest.raises(ValueError, match="parameter 0: it has no shape yet: call the model once"):
        optimizer.load_state_dict(saved)
    optimizer.load_state_dict(optimizer.state_dict())
    model(autograd.ones(4, 2)).sum().backward()
    before = [p.array.copy() for p in model.parameters()]
    optimizer.step()
    assert not any(np.array_equal(p.array, old) for p, old in zip(model.parameters(), before, strict=True) if p.grad.any())
    optimizer.load_state_dict(saved)
    with pytest.warns(UserWarning, match="number 1, without a shape yet"):
        optim.SGD([lazy := nn.UninitializedParameter(), lazy])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": lazy}, {"params": lazy}])


def test_an_option_that_every_group_must_set() -> None:
    class Own(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": required})

    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        Own([leaf(2)])
    assert Own([{"params": leaf(2), "lr": 0.5}]).param_groups[0]["lr"] == 0.5
    assert str(required) == "<required parameter>"


def test_a_tensor_that_keeps_its_gradient_may_be_optimized() -> None:
    y = leaf(2) * 2
    with pytest.raises(ValueError, match="non-leaf"):
        optim.SGD([y])
    y.retain_grad()
    optim.SGD([y])


def test_names_go_through_a_state_dict() -> None:
    model = nn.Linear(2, 1)
    named = optim.SGD(model.named_parameters(), lr=0.1)
    assert named.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    other = optim.SGD([("a", leaf(1, 2)), ("b", leaf(1))])
    other.load_state_dict(named.state_dict())
    assert other.param_groups[0]["param_names"] == ["weight", "bias"]
    plain = optim.SGD([leaf(1, 2), leaf(1)])
    other.load_state_dict(plain.state_dict())
    assert other.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="with/without names"):
        other.add_param_group({"params": [leaf(2)]})
    other.add_param_group({"params": [("c", leaf(2))]})
    assert other.param_groups[1]["param_names"] == ["c"]


# ----------------------------------------------------------------------------------------------------------------- state


def test_a_state_may_belong_to_no_parameter() -> None:
    w = leaf(2)
    optimizer = stepped(optim.Adam, [w])
    optimizer.state["seen"] = {"batches": 7}
    saved = optimizer.state_dict()
    assert saved["state"].keys() == {0, "seen"}
    other = optim.Adam([leaf(2)])
    other.load_state_dict(saved)
    assert other.state["seen"] == {"batches": 7}
    assert other.state["seen"] is not optimizer.state["seen"]


NAN, INF = float("nan"), float("inf")
WRONG_STATES: list[tuple[str, Any, str]] = [
    ("step", autograd.tensor(NAN), "'step' is nan, not a finite number"),
    ("step", autograd.tensor(-1.0), "'step' is -1.0, not a finite number of at least 0"),
    ("step", autograd.tensor([1.0, 2.0]), "'step' is tensor"),
    ("step", "many", "'step' is 'many', not a number"),
    ("step", None, "no 'step'"),
    ("exp_avg", [0.0, 0.0], "'exp_avg' is a list, not a tensor"),
    ("exp_avg", autograd.zeros(2, dtype="complex64"), "'exp_avg' is complex64, and the parameter is float32"),
    ("exp_avg", np.array(["a", "b"]), "'exp_avg' is <U1, and the parameter is float32"),
    ("exp_avg", np.array([None, None]), "'exp_avg' is object, and the parameter is float32"),
    ("exp_avg_sq", None, "no 'exp_avg_sq'"),
    ("mu_product", autograd.tensor(INF), "'mu_product' is inf, not a finite number"),
]


@pytest.mark.parametrize("i", range(len(WRONG_STATES)))
def test_a_state_that_no_step_could_use_is_refused(i: int) -> None:
    name, value, text = WRONG_STATES[i]
    w = leaf(2)
    optimizer = stepped(optim.NAdam, [w])
    before = copy.deepcopy(optimizer.state_dict())
    saved = copy.deepcopy(before)
    if value is None:
        del saved["state"][0][name]
    else:
        saved["state"][0][name] = value
    with pytest.raises(ValueError, match=f"NAdam cannot load.*\n.*parameter 0: {text}"):
        optimizer.load_state_dict(saved)
    assert str(optimizer.state_dict()) == str(before)


def test_a_state_dict_of_another_layout_is_refused() -> None:
    optimizer = stepped(optim.Adam, [leaf(2)])
    good = optimizer.state_dict()
    group = good["param_groups"][0]
    bad: list[tuple[Any, str]] = [
        ({**good, "state": [1]}, "its 'state' is a list"),
        ({**good, "param_groups": {}}, "its 'param_groups' is a dict"),
        ({**good, "param_groups": [3]}, "group 0 is no dict with a list under 'params'"),
        ({**good, "param_groups": [{k: v for k, v in group.items() if k != "params"}]}, "no dict with a list under 'params'"),
        ({**good, "param_groups": [{**group, "params": [[0]]}]}, "the 'params' of group 0 are not numbers"),
        ({**good, "param_groups": [{**group, "betas": 3}]}, "group 0: betas must be two numbers, but got 3"),
        ({**good, "param_groups": [{**group, "lr": "x"}]}, "group 0: lr must be a number, but got str"),
        ({**good, "param_groups": [{**group, "amsgrad": "no"}]}, "group 0: amsgrad must be True or False, but got str"),
        ({**good, "state": {0: [1]}}, "parameter 0: its state is a list, not a dict"),
        ({**good, "state": {7: {}}}, "there is no parameter 7"),
    ]  # fmt: skip
    for state, text in bad:
        with pytest.raises(ValueError, match=text):
            optimizer.load_state_dict(state)


def test_what_lbfgs_could_not_use_is_refused() -> None:
    params = [leaf(2), leaf(3)]
    optimizer = optim.LBFGS(params, max_iter=3)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sum(((p - 0.3) ** 4).sum() for p in params)
        loss.backward()
        return loss

    optimizer.step(closure)
    good = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(good)
    for name, value, text in (
        ("d", autograd.ones(4), r"'d' has shape \(4,\), not \(5,\)"), ("ro", [NAN], "'ro' is nan"), ("old_dirs", 3, "not a list"),
        ("old_stps", [], "differ in length"), ("n_iter", "x", "'n_iter' is 'x'"), ("t", None, "'t' is None"),
    ):  # fmt: skip
        state = copy.deepcopy(good)
        state["state"][0][name] = value
        with pytest.raises(ValueError, match=text):
            optimizer.load_state_dict(state)


# ----------------------------------------------------------------------------------------------------------------- hooks


def test_hooks_around_every_optimizers_step() -> None:
    log: list[str] = []

    class Own(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            log.append("own")
            return super().step(closure)

    with (
        register_optimizer_step_pre_hook(lambda o, args, kwargs: log.append(f"for {type(o).__name__} {args[0] is o} {args[1:]}")),
        register_optimizer_step_post_hook(lambda o, args, kwargs: log.append(f"after {kwargs}")),
    ):
        for optimizer in (optim.Adam([leaf(2)]), Own([leaf(2)]), optim.Adafactor([leaf(2)])):
            optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append("its own"))
            optimizer.step()
        optim.SGD([leaf(2)]).step(closure=None)
        with pytest.raises(TypeError, match="needs a closure"):
            optim.LBFGS([leaf(2)]).step(None)
    optim.SGD([leaf(2)]).step()
    assert log == [
        "for Adam True ()", "its own", "after {}", "for Own True ()", "its own", "own", "after {}", "for Adafactor True ()",
        "its own", "after {}", "for SGD True ()", "after {'closure': None}", "for LBFGS True (None,)",
    ]  # fmt: skip


def test_a_hook_may_change_the_arguments() -> None:
    optimizer = optim.SGD([leaf(2)])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 5), {}))
    assert optimizer.step() == 5


# --------------------------------------------------------------------------------------------------- many, and some missing


def test_a_missing_gradient_costs_no_more_than_the_parameters_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of parameters whose gradients come and go together keep their blocks."""
    built: list[int] = []
    fill = Block.fill

    def counted(self: Any, *args: Any) -> None:
        built.append(len(self.params))
        fill(self, *args)

    monkeypatch.setattr(Block, "fill", counted)
    shared, left, right = ([leaf(2) for _ in range(n)] for n in (10, 3, 4))
    large = leaf(200, 100)
    optimizer = optim.Adam([*shared, *left, *right, large])
    for t in range(8):
        for p in (*left, *right, *shared, large):
            p.grad = None if p in set(right if t % 2 else left) else autograd.ones(p.shape)
        optimizer.step()
        if t == 3:
            built.clear()
    assert built == []
    assert {optimizer.state[p]["step"].item() for p in (*shared, large)} == {8}
    assert {optimizer.state[p]["step"].item() for p in (*left, *right)} == {4}


def test_the_first_step_is_linear_in_the_number_of_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in lines that run, which no other load on the machine changes."""
    counts = []
    for n in (500, 2000):
        params = [leaf(2) for _ in range(n)]
        optimizer = optim.Adam(params)
        for p in params:
            p.grad = autograd.ones(2)
        lines = 0

        def counted(frame: Any, event: str, arg: Any) -> Any:
            nonlocal lines
            lines += 1
            return counted

        before = sys.gettrace()
        sys.settrace(counted)
        optimizer.step()
        sys.settrace(before)
        counts.append(lines)
    assert counts[1] < 4.5 * counts[0]
    starts = Block([leaf(i % 3) for i in range(7)], 0, (), {}).starts
    assert starts == [sum(i % 3 for i in range(k)) for k in range(7)]


def test_zeros_are_written_where_the_gradient_lies() -> None:
    w = leaf(2)
    w.grad = g = autograd.ones(2)
    optimizer = optim.SGD([w])
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is g
    assert g.tolist() == [0, 0]
    w.grad = autograd.ones(1).expand(2)
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0, 0]


def test_names_that_older_programs_import() -> None:
    from optim.lr_scheduler import _LRScheduler
    from optim.optimizer import Optimizer

    assert isinstance(optim.lr_scheduler.StepLR(optim.SGD([leaf(2)]), 1), _LRScheduler)
    assert Optimizer is optim.Optimizer
    with pytest.raises(AttributeError, match="no SparseAdam: it is for sparse gradients"):
        optim.SparseAdam  # noqa: B018
    assert not hasattr(optim, "Adamm")
