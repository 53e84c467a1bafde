"""summary: numbers that can be counted by hand, and a model that is left as it was."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn


def test_counted_by_hand():
    model = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    s = nn.summary(model, (64, 784))
    assert [(r.path, r.kind, r.output, r.parameters) for r in s.rows] == [
        ("", "Sequential", (64, 10), 0), ("0", "Linear", (64, 32), 784 * 32 + 32), ("1", "ReLU", (64, 32), 0),
        ("2", "Linear", (64, 10), 330),
    ]  # fmt: skip
    assert [r.flops for r in s.rows] == [0, 2 * 64 * 784 * 32 + 64 * 32, 64 * 32, 2 * 64 * 32 * 10 + 640]
    # The input of the first layer and the output of the relu, which is also the second layer's input: each once.
    assert [r.kept for r in s.rows] == [0, 64 * 784 * 4, 64 * 32 * 4, 0]
    assert s.total_parameters == s.trainable_parameters == 25450
    assert s.total_kept == sum(r.kept for r in s.rows)
    assert "25,450 (25,450 trainable, 0 frozen)" in str(s)
    assert str(s).splitlines()[4].split() == ["1", "(ReLU)", "(64,", "32)", "-", "2,048", "8.0", "KiB"]


def test_shared_and_frozen():
    shared = nn.Linear(3, 3)
    model = nn.Sequential(shared, nn.Tanh(), shared)
    shared.bias.requires_grad_(False)
    s = nn.summary(model, (2, 3))
    assert (s.total_parameters, s.trainable_parameters) == (12, 9)
    assert [r.path for r in s.rows] == ["", "0", "1"]
    assert s.rows[1].flops == 2 * (2 * 2 * 3 * 3 + 6)


def test_a_part_of_a_model():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3)), nn.ReLU())
    s = nn.summary(model[0], (4, 2))
    assert [r.path for r in s.rows] == ["", "0"]
    assert s.rows[1].flops == 2 * 4 * 3 * 2 + 12


def test_several_inputs_and_given_data():
    s = nn.summary(nn.Bilinear(2, 3, 4), [(5, 2), (5, 3)])
    assert s.rows[0].output == (5, 4)
    assert s.rows[0].parameters == 28
    s = nn.summary(nn.Identity(), input_data=autograd.ones(3, 1))
    assert s.rows[0].output == (3, 1)
    with pytest.raises(TypeError, match="needs the input's shape"):
        nn.summary(nn.Identity())


def test_the_model_is_left_as_it_was():
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", autograd.zeros(1))
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            self.count += 1
            return self.drop(x)

    model = Counts()
    buffer = model.count
    autograd.manual_seed(5)
    expected = autograd.rand(3).tolist()
    autograd.manual_seed(5)
    nn.summary(model, (2, 3))
    assert autograd.rand(3).tolist() == expected
    assert model.count is buffer
    assert buffer.item() == 0
    assert not model._known.hooks.around_calls()
    assert not model.drop._known.hooks.forward


def test_a_failing_model_leaves_nothing_behind():
    model = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(RuntimeError, match="in layer '0'"):
        nn.summary(model, (2, 5))
    assert not model[0]._known.hooks.forward
    assert autograd.is_grad_enabled()
    assert np.isfinite(model(autograd.ones(1, 3)).array).all()
