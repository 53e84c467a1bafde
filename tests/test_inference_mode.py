"""inference_mode: what is made inside is marked, and may not be written outside; views of other tensors are not marked."""

from __future__ import annotations

import copy
import pickle

import pytest

import autograd
import nn
from autograd.errors import GraphError


def test_what_is_made_inside_is_marked_and_what_is_made_of_it_outside_is_not():
    w = autograd.ones(2, requires_grad=True)
    with autograd.inference_mode():
        made = [
            autograd.ones(2), autograd.rand(2), autograd.tensor([1.0, 2.0]), w * 2, w.sum(), w.clone(), *w.sort(), w.double(),
            autograd.ones(2, requires_grad=True), autograd.ones(2)[0], autograd.ones(2).detach(), nn.Linear(2, 1)(w),
        ]  # fmt: skip
    for t in made:
        assert autograd.is_inference(t)
        with pytest.raises(GraphError, match="do not track version counter"):
            t._version  # noqa: B018
        for other in (t * 1, t.clone(), copy.deepcopy(t.detach()), pickle.loads(pickle.dumps(t.detach()))):
            assert not other.is_inference()
            other._version  # noqa: B018
    for view in (made[0][0], made[0].detach(), made[0].view(2, 1)):
        assert view.is_inference()
        assert not view._is_view()
    assert not w.is_inference()
    with autograd.inference_mode(False):
        assert not autograd.ones(1).is_inference()


def test_a_write_outside_is_refused_and_changes_nothing():
    with autograd.inference_mode():
        t = autograd.ones(2, 3)
        t.add_(1)
        t.transpose_(0, 1).transpose_(0, 1)
        assert t.is_inference()
        leaf = autograd.ones(2, 3, requires_grad=True)
        leaf.resize_(3, 2)
        assert leaf.requires_grad
        assert leaf.shape == (3, 2)
    for write in (
        lambda: t.add_(1), lambda: t.__setitem__(0, 5.0), lambda: t.transpose_(0, 1), lambda: t.resize_(1), lambda: t.copy_(t),
        lambda: autograd.mul(autograd.ones(2, 3), 3, out=t), lambda: t[0].zero_(),
    ):  # fmt: skip
        with pytest.raises(GraphError, match="Inplace update to inference tensor outside InferenceMode"):
            write()
    assert t.tolist() == [[2, 2, 2], [2, 2, 2]]
    with pytest.raises(GraphError, match="requires_grad=True on inference tensor"):
        t.requires_grad_()
    with autograd.inference_mode():
        t.mul_(2)
    assert t[0, 0].item() == 4


@pytest.mark.parametrize("needs", [True, False])
def test_a_view_of_another_tensor(needs):
    base = autograd.ones(2, 3, requires_grad=needs).clone()
    with autograd.inference_mode():
        view = base.view(-1)
        assert not view.is_inference()
        assert view.requires_grad == needs
        assert view.is_leaf
        assert view._is_view()
        view.add_(1)  # writes into the base
        base.transpose_(0, 1)
        assert base.requires_grad == needs
    assert base.tolist() == [[2, 2], [2, 2], [2, 2]]
    fresh = autograd.ones(2, 3, requires_grad=needs).clone()
    with autograd.inference_mode():
        view, other = fresh.view(-1), fresh[0]
    assert (view * view).requires_grad == needs
    if not needs:
        view.add_(1)
        assert fresh[0, 0].item() == 2
        return
    for write in (lambda: view.add_(1), lambda: view.unsqueeze_(0), lambda: other.zero_()):
        with pytest.raises(GraphError, match="A view was created in inference mode and is being modified inplace"):
            write()
    fresh.mul_(2)
    with pytest.raises(GraphError, match="another view of its base has been modified inplace in normal mode"):
        view.grad_fn  # noqa: B018


def test_it_decorates():
    def double(x):
        return x * 2, autograd.is_inference_mode_enabled()

    for decorated in (autograd.inference_mode(double), autograd.inference_mode(mode=double), autograd.inference_mode()(double)):
        y, inside = decorated(autograd.ones(1, requires_grad=True))
        assert inside
        assert y.is_inference()
        assert not y.requires_grad
    y, inside = autograd.inference_mode(False)(double)(autograd.ones(1, requires_grad=True))
    assert not inside
    assert y.requires_grad


def test_a_saved_value_that_is_written_inside_is_noticed():
    x = autograd.ones(2, requires_grad=True).clone()
    y = x * x
    with autograd.inference_mode():
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
