"""Values of ``nn.functional`` at the edges, by PyTorch 2.13: those of its own operator samples that once differed."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import ShapeError

ROW = autograd.tensor([[[1.0, 2.0, 3.0, 4.0]]])


@pytest.mark.parametrize(
    ("widths", "mode", "expected"),
    [
        ((-4, 5), "replicate", [4, 4, 4, 4, 4]),  # all that was there is cut off, and the last number remains
        ((5, -4), "replicate", [1, 1, 1, 1, 1]),
        ((-2, 2), "replicate", [3, 4, 4, 4]),
        ((3, -2), "replicate", [1, 1, 1, 1, 2]),
        ((-1, 2), "reflect", [2, 3, 4, 3, 2]),
        ((-1, 2), "circular", [2, 3, 4, 2, 3]),
        ((-1, 2), "constant", [2, 3, 4, 0, 0]),
    ],
)
def test_padding_of_negative_width(widths, mode, expected) -> None:
    assert F.pad(ROW, widths, mode=mode).flatten().tolist() == expected


def test_padding_of_an_axis_without_elements_is_refused() -> None:
    for mode in ("replicate", "reflect", "circular"):
        with pytest.raises(ShapeError, match=r"pad: .*(other non-zero dimensions .*float32\[5, 3, 0\]|dimension 2 is too wide)"):
            F.pad(autograd.zeros(5, 3, 0), (0, 5), mode=mode)
    assert F.pad(autograd.zeros(2, 3, 0), (1, 1)).shape == (2, 3, 2)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_margin_losses_of_a_single_score(reduction: str) -> None:
    x = autograd.tensor(2.5, requires_grad=True)
    for loss in (
        F.multi_margin_loss(x, autograd.tensor(0), reduction=reduction),
        F.multilabel_margin_loss(x, autograd.tensor(0), reduction=reduction),
    ):
        assert loss.shape == ()
        loss.backward()
        assert (loss.item(), x.grad.item()) == (0, 0)


def test_a_leaky_rectifier_with_random_slopes_of_a_single_number() -> None:
    assert F.rrelu(autograd.tensor(2.5), training=True).item() == 2.5
    assert -1 / 3 <= F.rrelu(autograd.tensor(-1.0), training=True).item() <= -1 / 8


def test_a_gaussian_loss_takes_one_target_for_a_dimension() -> None:
    means = autograd.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    target, var = autograd.tensor([[1.0], [5.0]]), autograd.ones(2, 3)
    found = F.gaussian_nll_loss(means, target, var, reduction="none").tolist()
    assert found == [[0.0, 0.5, 2.0], [0.5, 0.0, 0.5]]
    with pytest.raises(ShapeError, match="gaussian_nll_loss"):
        F.gaussian_nll_loss(means, autograd.ones(3), var)


def test_the_gradient_of_unpooling_an_overlap() -> None:
    """The maximum that two windows share is put back once, so its gradient arrives once. PyTorch hands it to both."""
    x = autograd.tensor([[[1.0, 5.0, 2.0]]], requires_grad=True)
    y, places = F.max_pool1d(x, 2, 1, return_indices=True)
    assert places.tolist() == [[[1, 1]]]
    back = F.max_unpool1d(y, places, 2, 1)
    assert back.tolist() == [[[0.0, 5.0, 0.0]]]
    back.sum().backward()
    assert x.grad.tolist() == [[[0.0, 1.0, 0.0]]]


def test_the_gradient_of_ctc_is_its_own() -> None:
    """PyTorch's differs by what ``log_softmax`` removes again: behind it both are the same."""
    logits = autograd.tensor(np.random.default_rng(0).standard_normal((5, 2, 4)), requires_grad=True)
    loss = F.ctc_loss(F.log_softmax(logits, 2), autograd.tensor([[1, 2], [3, 3]]), [5, 5], [2, 2])
    loss.backward()
    # By PyTorch 2.13.
    assert loss.item() == pytest.approx(2.368699389828057, rel=1e-9)
    assert np.abs(logits.grad.array).sum() == pytest.approx(2.633750790499556, rel=1e-9)
