"""A classifier of handwritten digits, written with Tensors: 1,797 real images of 8 x 8 pixels, a quarter of them held out.

    python examples/digits.py

It needs scikit-learn, which ships the images: pip install scikit-learn
"""

from __future__ import annotations

import numpy as np
from common import digits_8x8

import autograd
from autograd import Tensor

HIDDEN, BATCH, EPOCHS = 128, 32, 40


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images, held-out images, training labels, held-out labels; pixels in [0, 1]."""
    images, labels = digits_8x8()
    from sklearn.model_selection import train_test_split  # it is there, as the images are

    parts = train_test_split(images, labels, test_size=0.25, random_state=seed, stratify=labels)
    return parts[0], parts[1], parts[2], parts[3]


class Classifier:
    """64 pixels, 128 ReLU units, 10 scores."""

    def __init__(self, seed: int = 0) -> None:
        numbers = np.random.default_rng(seed)

        def he(rows: int, columns: int) -> Tensor:
            return autograd.tensor(numbers.standard_normal((rows, columns)) * np.sqrt(2 / rows)).float().requires_grad_()

        self.weights = [he(64, HIDDEN), he(HIDDEN, 10)]
        self.biases = [autograd.zeros(HIDDEN, requires_grad=True), autograd.zeros(10, requires_grad=True)]

    def __call__(self, x: Tensor) -> Tensor:
        hidden = (x @ self.weights[0] + self.biases[0]).relu()
        return hidden @ self.weights[1] + self.biases[1]


def cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean of -log softmax(scores)[label]."""
    return -autograd.log_softmax(scores, dim=1)[autograd.arange(len(labels)), labels].mean()


def train(seed: int = 0, epochs: int = EPOCHS) -> float:
    """Gradient descent with momentum; returns the share of held-out images that are recognised."""
    images, held_out, labels, truth = data(seed)
    model = Classifier(seed)
    parameters = [*model.weights, *model.biases]
    velocity = [autograd.zeros_like(w) for w in parameters]
    numbers = np.random.default_rng(seed)
    for epoch in range(epochs):
        rate = 0.05 * (1 - epoch / epochs)
        order = numbers.permutation(len(images))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            loss = cross_entropy(model(autograd.from_numpy(images[batch])), autograd.from_numpy(labels[batch]))
            loss.backward()
            with autograd.no_grad():
                for w, v in zip(parameters, velocity, strict=True):
                    v *= 0.9
                    v += w.grad
                    w -= rate * v
                    w.grad = None
    with autograd.no_grad():
        guesses = model(autograd.from_numpy(held_out)).argmax(dim=1)
    return float(np.mean(guesses.numpy() == truth))


if __name__ == "__main__":
    print(f"{train():.1%} of the held-out digits are recognised")
