"""Optimizers and bad input: what is raised, with which text, and that nothing is half-changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim


def leaf(*shape: int) -> Any:
    return autograd.ones(shape, requires_grad=True)


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: optim.SGD(nn.ReLU().parameters()), ValueError, "empty parameter list: the model has no parameters"),
    (lambda: optim.SGD([]), ValueError, "empty parameter list"),
    (lambda: optim.SGD([{"params": []}]), ValueError, "empty parameter list in a group"),
    (lambda: optim.SGD(leaf(2)), TypeError, "iterable of Tensors or dicts, but got a Tensor: put it in a list"),
    (lambda: optim.SGD([np.ones(2)]), TypeError, "only optimize Tensors, but one of the params is ndarray"),
    (lambda: optim.SGD([leaf(2) * 2]), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda: optim.SGD([autograd.tensor([1, 2])]), TypeError, "floating point Tensors, but one of the params is int64"),
    (lambda: optim.SGD([{"params": {leaf(2)}}]), TypeError, "ordered collections, not a set"),
    (lambda: optim.SGD([("a", leaf(2)), leaf(2)]), ValueError, "with/without names"),
    (lambda: optim.SGD([{"lr": 0.1}]), ValueError, "under the key 'params'"),
    (lambda: optim.SGD([leaf(2)], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda: optim.SGD([leaf(2)], lr=float("nan")), ValueError, "Invalid learning rate: nan"),
    (lambda: optim.SGD([leaf(2)], lr="fast"), TypeError, "lr must be a number, but got str"),
    (lambda: optim.SGD([leaf(2)], lr=autograd.tensor([0.1, 0.2])), ValueError, r"Tensor lr must be 1-element.*\(2,\)"),
    (lambda: optim.SGD([leaf(2)], momentum=-0.1), ValueError, "Invalid momentum value: -0.1"),
    (lambda: optim.SGD([leaf(2)], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda: optim.SGD([leaf(2)], l1=-1), ValueError, "Invalid l1 value: -1"),
    (lambda: optim.SGD([leaf(2)], nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    (lambda: optim.SGD([leaf(2)], differentiable=True, fused=True), ValueError, "fused does not go with differentiable"),
    (lambda: optim.SGD([leaf(2)], maximize="yes"), TypeError, "maximize must be True or False, but got str"),
    (lambda: optim.SGD([{"params": leaf(2), "weigth_decay": 1}]), ValueError, "'weigth_decay': did you mean 'weight_decay'"),
    (lambda: optim.Adam([leaf(2)], betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
    (lambda: optim.Adam([leaf(2)], betas=(0.9, -0.1)), ValueError, "Invalid beta parameter at index 1: -0.1"),
    (lambda: optim.Adam([leaf(2)], betas=(0.9,)), ValueError, "betas must be two numbers"),
    (lambda: optim.Adam([leaf(2)], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda: optim.AdamW([leaf(2)], capturable=True), ValueError, "AdamW cannot be capturable"),
    (lambda: optim.Adamax([leaf(2)], betas=(2, 0)), ValueError, "index 0: 2"),
    (lambda: optim.NAdam([leaf(2)], momentum_decay=-1), ValueError, "Invalid momentum_decay value: -1"),
    (lambda: optim.RAdam([leaf(2)], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda: optim.RMSprop([leaf(2)], alpha=-1), ValueError, "Invalid alpha value: -1"),
    (lambda: optim.Adagrad([leaf(2)], lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
    (lambda: optim.Adagrad([leaf(2)], initial_accumulator_value=-1), ValueError, "initial_accumulator_value value: -1"),
    (lambda: optim.Adadelta([leaf(2)], rho=1.5), ValueError, "Invalid rho value: 1.5"),
    (lambda: optim.Rprop([leaf(2)], etas=(1.2, 0.5)), ValueError, "Invalid eta values: 1.2, 0.5"),
    (lambda: optim.Rprop([leaf(2)], step_sizes=(1, 0)), ValueError, "Invalid step sizes: 1, 0"),
    (lambda: optim.ASGD([leaf(2)], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda: optim.Adafactor([leaf(2)], d=0.5), ValueError, r"clipping threshold d \(at least 1\): 0.5"),
    (lambda: optim.Adafactor([leaf(2)], beta2_decay=1), ValueError, r"beta2_decay \(at most 0\): 1"),
    (lambda: optim.Adafactor([leaf(2)], eps=(-1, 0)), ValueError, "Invalid epsilon1 value: -1"),
    (lambda: optim.Muon([leaf(2)]), ValueError, r"only supports 2D parameters.*\(2,\); give it to AdamW"),
    (lambda: optim.Muon([leaf(2, 2)], ns_steps=100), ValueError, "ns_steps"),
    (lambda: optim.Muon([leaf(2, 2)], adjust_lr_fn="x"), ValueError, "adjust_lr_fn.*: x"),
    (lambda: optim.Lion([leaf(2)], betas=(0.9, 1)), ValueError, "index 1: 1"),
    (lambda: optim.LAMB([leaf(2)], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda: optim.LBFGS([leaf(2)], line_search_fn="weak"), ValueError, "only 'strong_wolfe'.*: weak"),
    (lambda: optim.LBFGS([leaf(2)], max_iter=0), ValueError, r"max_iter \(at least 1\): 0"),
    (lambda: optim.LBFGS([{"params": [leaf(2)]}, {"params": [leaf(2)]}]), ValueError, "doesn't support per-parameter options"),
    (lambda: optim.LBFGS([leaf(2)]).step(), TypeError, "needs a closure: a function that clears the gradients"),
    (lambda: optim.Optimizer([leaf(2)], {}).step(), NotImplementedError, "does not define step"),
    (lambda: optim.SGD([leaf(2)]).add_param_group([leaf(2)]), TypeError, "param_group must be a dict, but got list"),
]


@pytest.mark.parametrize("i", range(len(BAD)))
def test_bad_input(i: int) -> None:
    call, error, text = BAD[i]
    with pytest.raises(error, match=text):
        call()


def test_a_parameter_twice() -> None:
    w, v = leaf(2), leaf(3)
    with pytest.warns(UserWarning, match=r"duplicate parameters: number 1, \(2,\), is there twice"):
        optim.SGD([w, w])
    optimizer = optim.SGD([w])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [v, w]})
    with pytest.raises(ValueError, match="Invalid learning rate"):
        optimizer.add_param_group({"params": [v], "lr": -1})
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group({"params": [v]})


def stepped(cls: Any, params: list[Any], **options: Any) -> Any:
    optimizer = cls(params, **options)
    for p in params:
        p.grad = autograd.ones(p.shape)
    optimizer.step()
    return optimizer


def test_state_dicts_that_do_not_fit_change_nothing() -> None:
    optimizer = stepped(optim.Adam, [leaf(2), leaf(3, 2)])
    before = copy.deepcopy(optimizer.state_dict())
    wrong = [
        (stepped(optim.SGD, [leaf(2), leaf(3, 2)], momentum=0.9).state_dict(), "group 0 lacks amsgrad, betas, eps: is it another"),
        (stepped(optim.Adam, [leaf(2)]).state_dict(), "group 0 has 1 parameters, not 2"),
        ({**before, "param_groups": before["param_groups"] * 2}, "a different number of parameter groups: 2, not 1"),
        (stepped(optim.Adam, [leaf(4), leaf(3, 2)]).state_dict(), r"parameter 0: 'exp_avg' has shape \(4,\), not \(2,\)"),
        ({**before, "state": {7: before["state"][0]}}, "there is no parameter 7"),
        ({**before, "state": {0: {"step": 1}}}, "parameter 0: no 'exp_avg': is it another optimizer's"),
        ({**before, "param_groups": [{**before["param_groups"][0], "lr": -1}]}, "group 0: Invalid learning rate: -1"),
        ({"state": {}}, "it has no 'param_groups'"),
        ([], "it has no 'state'"),
    ]
    for state, text in wrong:
        with pytest.raises(ValueError, match=text):
            optimizer.load_state_dict(state)  # type: ignore[arg-type]
        assert str(optimizer.state_dict()) == str(before)
    # All that is wrong is said at once.
    with pytest.raises(
        ValueError, match=r"(?s)nothing was changed.*exp_avg' has shape \(4,\).*exp_avg_sq' has shape \(4,\).*\(5,\)"
    ):
        optimizer.load_state_dict(stepped(optim.Adam, [leaf(4), leaf(5)]).state_dict())


def test_a_gradient_that_does_not_fit() -> None:
    w = leaf(2)
    for optimizer in (optim.Adam([w]), optim.Adafactor([w])):
        w._grad = autograd.ones(3)
        with pytest.raises(ValueError, match=r"a gradient.*3.*on a parameter"):
            optimizer.step()


def test_a_closure_that_raises_changes_nothing() -> None:
    w = leaf(2)
    w.grad = autograd.ones(2)
    optimizer = optim.SGD([w], lr=1.0)

    def closure() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        optimizer.step(closure)
    assert w.tolist() == [1, 1]


def test_a_hook_that_answers_wrongly() -> None:
    optimizer = optim.SGD([leaf(2)])
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match=r"pre-hook must return None or a tuple \(args, kwargs\), but got 3"):
        optimizer.step()
