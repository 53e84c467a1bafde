"""The engine's gradients are the textbook's equations, for networks of any depth.

    delta(L) = the output error, delta(l) = f'(z(l)) * W(l+1)^T delta(l+1), dL/dW(l) = delta(l) a(l-1)^T, dL/db(l) = delta(l)

Columns are samples. The output error is a - y where loss and output fit each other: half the squared error with a linear
output, cross-entropy with a softmax or a sigmoid; elsewhere it is dL/da times f'(z).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import autograd
from autograd import Tensor

F = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float), lambda t: t.relu()),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda t: t.tanh()),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2, lambda t: t.sigmoid()),
}


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


OUTPUTS = {
    "squared error, linear": (lambda z: z, lambda t, y: ((t - y) ** 2).sum() / 2),
    "cross-entropy, softmax": (softmax, lambda t, y: -(y * autograd.log_softmax(t, dim=0)).sum()),
    "cross-entropy, sigmoid": (
        F["sigmoid"][0],
        lambda t, y: -(y * t.sigmoid().log() + (1 - y) * (1 - t.sigmoid()).log()).sum(),
    ),
}


def network(depth: int, seed: int, outputs: int = 3) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    numbers = np.random.default_rng(seed)
    sizes = [5, *numbers.integers(2, 8, depth - 1).tolist(), outputs]
    weights = [numbers.standard_normal((n, m)) / np.sqrt(m) for m, n in pairwise(sizes)]
    biases = [numbers.standard_normal((n, 1)) for n in sizes[1:]]
    return weights, biases, numbers.standard_normal((5, 4))


def targets(kind: str, seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed + 1)
    if kind == "cross-entropy, softmax":
        return np.eye(3)[:, numbers.integers(0, 3, 4)]
    return numbers.random((3, 4))


@pytest.mark.parametrize("activation", F)
@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("depth", [1, 2, 3, 5, 9])
def test_gradients_are_the_recursion(depth: int, kind: str, activation: str) -> None:
    weights, biases, x = network(depth, seed=depth)
    y = targets(kind, depth)
    f, derivative, f_of_tensor = F[activation]
    output, loss_of = OUTPUTS[kind]

    z, a = [], [x]
    for w, b in zip(weights, biases, strict=True):
        z.append(w @ a[-1] + b)
        a.append(f(z[-1]))
    delta = output(z[-1]) - y  # the output error
    expected = []
    for layer in reversed(range(depth)):
        expected.append((delta @ a[layer].T, delta.sum(axis=1, keepdims=True)))
        if layer:
            delta = derivative(z[layer - 1]) * (weights[layer].T @ delta)
    expected.reverse()

    tensors = [(Tensor(w, requires_grad=True), Tensor(b, requires_grad=True)) for w, b in zip(weights, biases, strict=True)]
    t = Tensor(x)
    for i, (w, b) in enumerate(tensors):
        t = w @ t + b
        if i < depth - 1:
            t = f_of_tensor(t)
    loss_of(t, Tensor(y)).backward()
    for (w, b), (dw, db) in zip(tensors, expected, strict=True):
        np.testing.assert_allclose(w.grad.numpy(), dw, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(b.grad.numpy(), db, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_output_error_is_not_the_difference_elsewhere(activation: str) -> None:
    """Squared error behind a squashing output: the error is (a - y) f'(z), and a - y alone would be wrong."""
    numbers = np.random.default_rng(0)
    z0, y = numbers.standard_normal((3, 4)), numbers.random((3, 4))
    f, derivative, f_of_tensor = F[activation]
    z = Tensor(z0, requires_grad=True)
    (((f_of_tensor(z) - Tensor(y)) ** 2).sum() / 2).backward()
    np.testing.assert_allclose(z.grad.numpy(), (f(z0) - y) * derivative(z0), rtol=1e-12, atol=1e-12)
    assert not np.allclose(z.grad.numpy(), f(z0) - y)


def test_one_step_of_gradient_descent() -> None:
    weights, biases, x = network(3, seed=7)
    tensors = [Tensor(p, requires_grad=True) for p in (*weights, *biases)]
    t = Tensor(x)
    for w, b in zip(tensors[:3], tensors[3:], strict=True):
        t = (w @ t + b).tanh()
    t.sum().backward()
    alpha = 0.1
    expected = [p.detach().numpy() - alpha * p.grad.numpy() for p in tensors]
    with autograd.no_grad():
        for p in tensors:
            p -= alpha * p.grad
    for p, e in zip(tensors, expected, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), e)
        assert p.is_leaf
        assert p.requires_grad
