"""The article's program with nn and optim learns, and takes the steps that it takes by hand."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from test_examples import EXAMPLES, load

import autograd
import nn
import optim


def test_it_learns_more_than_the_mean() -> None:
    model, history = load("article_nn").train()
    assert len(history) == 100
    assert sum(p.numel() for p in model.parameters()) == 10 * 64 + 64 + 64 + 1
    autograd.manual_seed(0)
    autograd.rand(100, 10)
    noise = float(autograd.rand(100, 1).numpy().var())
    # Targets are noise: the best constant leaves their variance.
    assert history[-1] < noise < history[0]


def test_it_prints_the_loss_and_where_the_pictures_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    load("article_nn").main(str(tmp_path))
    *lines, picture, page = capsys.readouterr().out.splitlines()
    assert [line[:15] for line in lines] == [f"epoch {n:3}  loss" for n in (1, 20, 40, 60, 80, 100)]
    losses = [float(line[15:]) for line in lines]
    assert losses[-1] < losses[0]
    assert picture.endswith(str(tmp_path / "backward.svg"))
    assert page.endswith(str(tmp_path / "backprop.html"))
    assert (tmp_path / "backward.svg").read_text(encoding="utf-8").count("<svg") == 1
    assert "relu" in (tmp_path / "backprop.html").read_text(encoding="utf-8")


def test_the_keras_listing_runs_as_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    history = runpy.run_path(str(EXAMPLES / "article_keras.py"))["history"]
    assert len(history.history["loss"]) == 100
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert "epoch 100  loss" in capsys.readouterr().out


def test_its_steps_are_those_by_hand() -> None:
    """Ten steps of the network in NumPy: the article's equations for the gradients, and Adam's for the update."""
    autograd.manual_seed(1)
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1)).double()
    optimizer = optim.Adam(model.parameters())
    numbers = np.random.default_rng(0)
    x, y = numbers.random((32, 10)), numbers.random((32, 1))
    w = [p.detach().numpy().copy() for p in model.parameters()]
    m, v = [np.zeros_like(a) for a in w], [np.zeros_like(a) for a in w]
    for step in range(1, 11):
        z1 = x @ w[0].T + w[1]
        a1 = np.maximum(z1, 0)
        error = a1 @ w[2].T + w[3] - y
        d2 = 2 * error / len(x)
        d1 = d2 @ w[2] * (z1 > 0)
        for k, g in enumerate((d1.T @ x, d1.sum(0), d2.T @ a1, d2.sum(0))):
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g * g
            w[k] = w[k] - 1e-3 * (m[k] / (1 - 0.9**step)) / (np.sqrt(v[k] / (1 - 0.999**step)) + 1e-8)

        optimizer.zero_grad()
        loss = nn.MSELoss()(model(autograd.tensor(x)), autograd.tensor(y))
        np.testing.assert_allclose(loss.item(), (error**2).mean(), rtol=1e-10)
        loss.backward()
        optimizer.step()
    for p, expected in zip(model.parameters(), w, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-8, atol=1e-10)
