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
    assert not model._call_data.hooks.around_calls()
    assert not model.drop._call_data.hooks.forward


def test_a_failing_model_leaves_nothing_behind():
    model = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(RuntimeError, match="in layer '0'"):
        nn.summary(model, (2, 5))
    assert not model[0]._call_data.hooks.forward
    assert autograd.is_grad_enabled()
    assert np.isfinite(model(autograd.ones(1, 3)).array).all()


def test_fused_ops_are_counted_as_what_they_compute():
    times, batch, features, hidden = 5, 2, 3, 4
    for kind, gates, after in ((nn.RNN, 1, 0), (nn.LSTM, 4, 5), (nn.GRU, 3, 5)):
        numbers = times * batch * gates * hidden
        s = nn.summary(kind(features, hidden, bias=False), (times, batch, features))
        products = 2 * numbers * (features + hidden)
        # Beside the products: an addition and a squashing per gate, what makes the new state of them, and a copy or a sign or two.
        rest = s.total_flops - products - 2 * numbers - after * times * batch * hidden
        assert 0 <= rest <= 2 * numbers, kind
    q, k, v = autograd.ones(2, 5, 4), autograd.ones(2, 7, 4), autograd.ones(2, 7, 3)

    class Attend(nn.Module):
        def forward(self, *args):
            return nn.functional.scaled_dot_product_attention(*args)

    assert nn.summary(Attend(), input_data=(q, k, v)).total_flops == 2 * (2 * 5 * 7) * (4 + 3) + 2 * 5 * 7
    layer = nn.MultiheadAttention(8, 2)
    x = autograd.ones(5, 3, 8)
    assert nn.summary(layer, input_data=(x, x, x)).total_flops >= 2 * 5 * 3 * 8 * 4 * 8 + 2 * (3 * 2 * 5 * 5) * 8


def test_a_module_called_often_says_so():
    shared = nn.Linear(3, 3)
    s = nn.summary(nn.Sequential(shared, nn.Tanh(), shared), (2, 3))
    assert [(r.path, r.calls) for r in s.rows] == [("", 1), ("0", 2), ("1", 1)]
    assert "0 (Linear), 2 calls" in str(s)

    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Identity(), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    row = nn.summary(Idle(), (2, 3)).rows[2]
    assert (row.path, row.calls, row.output) == ("unused", 0, None)
