"""The programs in examples/ do what they say, on real input."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import numpy as np

from autograd import viz

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_article_learns() -> None:
    article = load("article")
    x, y = article.data()
    assert x.shape == (100, 10)
    assert 0 <= x.min().item() <= x.max().item() < 1
    p = article.parameters()
    history = article.train(p, x, y)
    assert len(history) == 100
    # Targets are noise: the best constant leaves their variance; the network must do better than that on what it has seen.
    assert history[-1] < float(np.var(y.numpy())) < history[0]


def test_article_writes_the_picture(tmp_path: Path, capsys) -> None:
    load("article").main(str(tmp_path))
    picture = (tmp_path / "backward.svg").read_text()
    for name in ("W1", "b1", "W2", "b2", "relu"):
        assert name in picture
    assert "epoch 100" in capsys.readouterr().out


def test_article_writes_the_page(tmp_path: Path, capsys) -> None:
    load("article").main(str(tmp_path))
    assert str(tmp_path / "backprop.html") in capsys.readouterr().out
    page = (tmp_path / "backprop.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["nodes"]
    for shown in ("W1", "b1", "W2", "b2", "matmul", "hidden = autograd.relu(x @"):  # names, ops, and lines of the program
        assert shown in found[1]


def test_article_gradient_is_the_one_by_hand() -> None:
    article = load("article")
    x, y = article.data()
    p = article.parameters()
    article.mean_squared_error(article.predict(p, x), y).backward()
    X, Y, W1, b1, W2, b2 = (t.detach().numpy().astype(float) for t in (x, y, p["W1"], p["b1"], p["W2"], p["b2"]))
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    d2 = 2 * (a1 @ W2 + b2 - Y) / len(X)
    d1 = (d2 @ W2.T) * (z1 > 0)
    for name, expected in {"W1": X.T @ d1, "b1": d1.sum(0), "W2": a1.T @ d2, "b2": d2.sum(0)}.items():
        # float32 against float64
        np.testing.assert_allclose(p[name].grad.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_article_graph_has_its_leaves_and_ops() -> None:
    article = load("article")
    x, y = article.data()
    p = article.parameters()
    source = viz.to_dot(article.mean_squared_error(article.predict(p, x), y), names=p).source
    assert source.count("shape=box") == 4
    assert source.count("matmul") == 2
    assert "10 x 64" in source


def test_digits_reach_97_percent() -> None:
    assert load("digits").train() >= 0.97
