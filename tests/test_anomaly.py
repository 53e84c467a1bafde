"""detect_anomaly names the first op, its layer and the user's line."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd
from autograd.engine.modes import current, enter, leave
from autograd.errors import AnomalyError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(*values):
    return autograd.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def test_forward_names_op_values_and_line():
    x = leaf(1.0, 0.0, 4.0)
    with autograd.detect_anomaly():
        y = x * 2.0
        with pytest.raises(AnomalyError) as info:
            _ = y / x  # the culprit
    text = str(info.value)
    assert "forward of div returned 1 nan of 3 values, the first at [1]" in text
    assert "from 0, 0" in text
    assert "test_anomaly.py" in text
    assert "_ = y / x  # the culprit" in text


def test_forward_of_ops_without_gradient_is_watched_too():
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"forward of log returned inf.*from 0"):
        autograd.tensor(0.0).log()


def test_backward_names_the_op_whose_rule_gave_it_and_the_line_of_its_forward():
    x = leaf(4.0, 0.0)
    with autograd.detect_anomaly():
        y = autograd.sqrt(x)  # its slope is infinite
        loss = (y * 3.0).sum()
        with pytest.raises(AnomalyError) as info:
            loss.backward()
    text = str(info.value)
    assert "backward of sqrt: the gradient of argument 'input' has 1 inf of 2 values, the first at [1]" in text
    assert "y = autograd.sqrt(x)  # its slope is infinite" in text
    assert x.grad is None


def test_the_first_is_named_and_not_the_last():
    x = leaf(0.0)
    with autograd.detect_anomaly():
        y = autograd.sqrt(x)
        z = (y * y).exp()
        with pytest.raises(AnomalyError, match="backward of sqrt"):
            (z * 2.0).tanh().sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_recorded_backwards_are_watched(create_graph):
    x = leaf(0.0)
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match="backward of sqrt"):
        autograd.grad(autograd.sqrt(x).sum(), x, create_graph=create_graph)


def test_the_layer_is_named():
    token = enter(current().but(layer="net.fc1"))
    try:
        with autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"forward of log in layer 'net.fc1'"):
            leaf(-1.0).log()
    finally:
        leave(token)


def test_nan_in_the_data_is_said_to_be_in_the_data():
    x = leaf(1.0, np.nan)
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"mul: argument 'input' holds 1 nan.*look at the data"):
        x * 2.0


def test_a_nan_given_to_backward_is_said_to_be_given():
    x = leaf(1.0, 2.0)
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"mul: the incoming gradient holds nan already"):
        (x * x).backward(autograd.tensor(np.array([1.0, np.nan])))


def test_an_infinity_that_was_put_in_may_pass():
    mask = autograd.tensor(np.array([0.0, -np.inf]))
    x = leaf(1.0, 2.0)
    with autograd.detect_anomaly():
        (x + mask).exp().sum().backward()
    assert np.allclose(x.grad.array, [np.e, 0])


def test_nothing_is_half_changed():
    x, w = leaf(0.0), leaf(2.0)
    (x * w).sum().backward()
    before = x.grad.item(), w.grad.item()
    with autograd.detect_anomaly():
        y = (autograd.sqrt(x) + w).sum()
        with pytest.raises(AnomalyError):
            y.backward()
        z = w * 1.0
        with pytest.raises(AnomalyError):
            z.div_(0.0)
    assert (x.grad.item(), w.grad.item()) == before
    assert z.item() == 2
    assert z.grad_fn.name() == "MulBackward0"


def test_nodes_from_before_have_no_line():
    x = leaf(0.0)
    y = autograd.sqrt(x)
    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match="not run within detect_anomaly"):
        y.sum().backward()


def test_without_check_nan_only_failures_are_traced():
    class Bad(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            raise ValueError("no")

    with autograd.detect_anomaly(check_nan=False):
        assert autograd.is_anomaly_enabled()
        assert not autograd.is_anomaly_check_nan_enabled()
        leaf(0.0).log()
        y = Bad.apply(leaf(1.0)).sum()  # made here
        with pytest.raises(ValueError, match="no") as info:
            y.backward()
    assert any("y = Bad.apply(leaf(1.0)).sum()  # made here" in note for note in info.value.__notes__)


def test_switching():
    assert not autograd.is_anomaly_enabled()
    with autograd.set_detect_anomaly(True):
        assert autograd.is_anomaly_enabled()
        with autograd.set_detect_anomaly(False):
            assert not autograd.is_anomaly_enabled()
            leaf(0.0).log()
        assert autograd.is_anomaly_check_nan_enabled()
    assert not autograd.is_anomaly_enabled()
    switch = autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(AnomalyError):
            leaf(0.0).log()
    finally:
        switch.__exit__()
    assert not autograd.is_anomaly_enabled()


def test_custom_functions_are_watched():
    class Bad(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return autograd.tensor(x.array * np.nan)

        @staticmethod
        def backward(ctx, g):
            return g

    with autograd.detect_anomaly(), pytest.raises(AnomalyError, match="forward of Bad"):
        Bad.apply(leaf(1.0))


def test_clean_runs_are_clean():
    x = leaf(1.0, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with autograd.detect_anomaly():
            (x.log() / x).sum().backward()
    assert np.isfinite(x.grad.array).all()
