"""Pictures that fit the data: the gates of recurrent layers over time, and embeddings as points, each with its gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import viz
from autograd.viz.page import build
from autograd.viz.page.pictures import gates, points
from nn import functional as F


def sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def by_hand(layer: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """The gates of an LSTM or a GRU at every time, step by step."""
    w, u, b, c = (p.detach().numpy() for p in (layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0))
    n = u.shape[1]
    h, cell, made = np.zeros((x.shape[1], n)), np.zeros((x.shape[1], n)), []
    for row in x:
        a, s = row @ w.T + b, h @ u.T + c
        if isinstance(layer, nn.LSTM):
            acts: tuple[Any, ...] = (sigmoid, sigmoid, np.tanh, sigmoid)
            i, f, g, o = (act((a + s)[:, k * n : (k + 1) * n]) for k, act in enumerate(acts))
            cell = f * cell + i * g
            h = o * np.tanh(cell)
            made.append({"i": i, "f": f, "u": g, "o": o})
        else:
            r, z = (sigmoid((a + s)[:, k * n : (k + 1) * n]) for k in range(2))
            g = np.tanh(a[:, 2 * n :] + r * s[:, 2 * n :])
            h = (1 - z) * g + z * h
            made.append({"r": r, "z": z, "n": g})
    return {name: np.stack([step[name] for step in made]).transpose(1, 2, 0) for name in made[0]}


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_gates_are_those_of_the_layer(kind: Any) -> None:
    autograd.manual_seed(0)
    layer, x = kind(3, 5).double(), np.random.default_rng(0).standard_normal((7, 2, 3))
    loss = (layer(autograd.from_numpy(x))[0] ** 3).sum()
    made = viz.trace(loss)
    (node,) = [n for n in made.nodes if n.op in ("lstm", "gru")]
    shown = {gate.name: gate for gate in gates(node)}
    expected = by_hand(layer, x)
    assert shown.keys() == expected.keys()
    for name, gate in shown.items():
        np.testing.assert_allclose(gate.value, expected[name], rtol=1e-9)
        assert gate.opens == (name not in "un")
    # What the input's bias gets is the sum of the gradients of the gates' arguments over times and sequences.
    gradient = autograd.grad(loss, [layer.bias_ih_l0])[0].numpy()
    found = np.concatenate([gate.gradient.sum(axis=(0, 2)) for gate in shown.values() if gate.gradient is not None])
    np.testing.assert_allclose(found, gradient, rtol=1e-9)


def test_long_sequences_are_thinned_and_other_ops_have_no_gates() -> None:
    made = viz.trace(nn.LSTM(3, 40)(autograd.randn(100, 12, 3))[0].sum())
    (node,) = [n for n in made.nodes if n.op == "lstm"]
    assert [(g.value.shape, g.units, g.times) for g in gates(node)] == [((8, 16, 32), 40, 100)] * 4
    assert [n for n in made.nodes if n.op != "lstm" and gates(n)] == []
    assert [n for n in made.nodes if points(n) is not None] == []


def looked_up(width: int, tokens: Any) -> tuple[Any, Any, Any]:
    autograd.manual_seed(0)
    table = nn.Embedding(9, width).double()
    loss = (table(autograd.tensor(tokens)) ** 2).sum()
    (node,) = [n for n in viz.trace(loss).nodes if n.op == "embedding"]
    return table, autograd.grad(loss, [table.weight])[0].numpy(), points(node)


def test_points_are_the_rows_in_the_plane_of_their_principal_components() -> None:
    table, gradient, found = looked_up(2, [[3, 5, 3]])
    weight = table.weight.detach().numpy()
    apart = lambda a: np.linalg.norm(a[:, None] - a[None], axis=-1)  # noqa: E731
    np.testing.assert_allclose(apart(found.at), apart(weight), rtol=1e-9)  # in two dimensions the plane is everything
    np.testing.assert_allclose(np.linalg.norm(found.gradient, axis=1), np.linalg.norm(gradient, axis=1), rtol=1e-9)
    assert found.share == pytest.approx(1)
    assert [row for row, used in zip(found.labels, found.used, strict=True) if used] == [3, 5]
    np.testing.assert_allclose(found.at.mean(axis=0), 0, atol=1e-12)

    table, gradient, found = looked_up(6, [0, 8])
    weight = table.weight.detach().numpy()
    sizes = np.sort(np.linalg.eigvalsh(np.cov(weight.T)))[::-1]
    np.testing.assert_allclose(np.var(found.at, axis=0, ddof=1), sizes[:2], rtol=1e-9)
    assert found.share == pytest.approx(sizes[:2].sum() / sizes.sum())
    assert np.flatnonzero(np.linalg.norm(found.gradient, axis=1)).tolist() == [0, 8]
    assert looked_up(1, [0, 1])[2].at.shape == (9, 2)


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(12, 5)
        self.lstm = nn.LSTM(5, 8, batch_first=True)
        self.head = nn.Linear(8, 12)

    def forward(self, tokens: Any) -> Any:
        return self.head(self.lstm(self.embedding(tokens))[0])


TOKENS = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 1]]


def tagger() -> tuple[Any, Any]:
    autograd.manual_seed(0)
    model, tokens = Tagger(), autograd.tensor(TOKENS)
    with viz.watch():
        return model, F.cross_entropy(model(tokens[:, :-1]).reshape(-1, 12), tokens[:, 1:].reshape(-1))


ID = "glassgrad.trace.nodes.find((n) => n.op === '{}').id"


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (420, "dark")])
def test_the_page_shows_them_with_their_gradients_when_these_are_known(show: Any, width: int, scheme: str) -> None:
    _model, loss = tagger()
    page = show(build.page(viz.trace(loss)), viewport={"width": width, "height": 900}, color_scheme=scheme).page
    for op, place in (("lstm", "#gates canvas.map"), ("embedding", "#points svg")):
        page.evaluate("glassgrad.goto(0)")
        page.evaluate(f"glassgrad.goto(glassgrad.steps.findIndex((s) => s.id === {ID.format(op)}) + 1)")
        before = page.locator(place).count()
        page.evaluate(f"glassgrad.goto(glassgrad.steps.length); glassgrad.choose({ID.format(op)})")
        assert page.locator(place).count() == 2 * before == (8 if op == "lstm" else 2)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#points circle.used").count() == 2 * 10  # in both plots: all tokens but 0 and 6
    assert sorted(map(int, page.locator("#points svg >> nth=0 >> text").all_text_contents())) == list(range(12))
    assert page.locator("#points line").count() == 10
    page.evaluate("glassgrad.choose(0)")  # the weight shows them, too
    assert page.locator("#points svg").count() == 2

    page.evaluate(f"glassgrad.choose({ID.format('lstm')})")
    pixels = """() => [...document.querySelectorAll("#gates canvas.map")].map((c) =>
      [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data].join())"""
    first = page.evaluate(pixels)
    page.select_option("#sequence", "1")
    second = page.evaluate(pixels)
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert page.locator("#gates .scale").all_text_contents()[0] == "01"


def test_a_wrong_gate_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer's own formula is what is shown: with two gates exchanged the comparison by hand fails."""
    from autograd.ops import recurrent

    op = recurrent.lstm
    wrong = {**op.formula, "y": op.formula["y"].replace("part(a, 0)", "part(a, 1)", 1)}
    monkeypatch.setattr(op, "formula", wrong)
    from autograd.viz.explain.formula import formulas

    formulas.cache_clear() if hasattr(formulas, "cache_clear") else None
    try:
        with pytest.raises(AssertionError):
            test_gates_are_those_of_the_layer(nn.LSTM)
    finally:
        monkeypatch.undo()
        formulas.cache_clear() if hasattr(formulas, "cache_clear") else None


def test_they_follow_the_moments_and_an_exercise_has_none(show: Any, tmp_path: Path) -> None:
    model, loss = tagger()
    first = viz.trace(loss)
    with autograd.no_grad():
        for p in model.parameters():
            p.mul_(0.5)
    tokens = autograd.tensor(TOKENS)
    with viz.watch():
        loss = F.cross_entropy(model(tokens[:, :-1]).reshape(-1, 12), tokens[:, 1:].reshape(-1))
    picture = viz.draw({"before": first, "after": viz.trace(loss)})
    page = show(picture.to_html()).page
    ends = []
    for moment in (0, 1):
        page.evaluate(
            f"document.getElementById('moment').value = {moment};"
            "document.getElementById('moment').dispatchEvent(new Event('input'));"
            f"glassgrad.choose({ID.format('lstm')})"
        )
        ends.append(page.locator("#gates .scale").all_text_contents())
    assert ends[0] != ends[1]
    viz.draw(tagger()[1]).save(str(tmp_path / "exercise.html"), hide="gradients")
    exercise = show((tmp_path / "exercise.html").read_text(encoding="utf-8")).page
    assert exercise.evaluate("glassgrad.trace.nodes.some((n) => n.gates || n.points)") is False
