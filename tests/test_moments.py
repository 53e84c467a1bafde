"""Several steps of a training, or several runs, on one graph, in a real Chromium: each shows its own numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from browser import Opened

import autograd
import nn
import optim
from autograd import viz
from autograd.viz.page import build
from autograd.viz.trace.moments import change
from autograd.viz.trace.stats import ArraySummary
from autograd.viz.training.doctor import Diagnosis, Finding
from autograd.viz.training.graphs import KEPT, Graphs, node_of


def trained(steps: int, bias: float = 0.0, language: str = "en") -> viz.Recorder:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    with autograd.no_grad():
        model[0].bias.fill_(bias)
    recorder = viz.Recorder(model, optimizer := optim.SGD(model.parameters(), lr=0.1), language=language)
    x, y = autograd.rand(4, 2, dtype=autograd.float64), autograd.rand(4, 1, dtype=autograd.float64)
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        recorder.trace(loss)
        loss.backward()
        optimizer.step()
        recorder.step(loss)
    return recorder


ARRAYS = """() => glassgrad.trace.nodes.map((n) => [n.value?.numbers?.map(Number), n.grad?.numbers?.map(Number),
  n.operands.map((o) => o.contribution?.numbers?.map(Number))])"""


def check(page: Opened, moments: list[tuple[str, Any]]) -> None:
    """Each moment shows the numbers of its trace: values, gradients and contributions."""
    for at, (label, trace) in enumerate(moments):
        page.page.fill("#moment", str(at))
        assert page.page.inner_text("#momentname") == label
        shown = page.page.evaluate(ARRAYS)
        for node, (value, grad, parts) in zip(trace.nodes, shown, strict=False):
            np.testing.assert_allclose(value, node.value.sample.ravel(), rtol=1e-5, err_msg=f"{label}: {node.name}")
            np.testing.assert_allclose(grad, node.grad.sample.ravel(), rtol=1e-5, atol=1e-12)
            for operand, part in zip(node.operands, parts, strict=True):
                if operand.contribution is not None:
                    np.testing.assert_allclose(part, operand.contribution.sample.ravel(), rtol=1e-5, atol=1e-12)


def test_each_step_shows_its_own_numbers(show: Any) -> None:
    picture = trained(20).draw()
    assert [label for label, _ in picture.moments] == [f"step {i}" for i in range(0, 20, 4)]
    page = show(picture.to_html())
    assert page.page.inner_text("#momentname") == "step 16"  # it opens at the end, with all that is known
    check(page, picture.moments)


@pytest.mark.parametrize("mistake", ["another moment", "a gradient"])
def test_a_planted_mistake_is_seen(show: Any, mistake: str) -> None:
    picture = trained(6).draw()
    page = show(picture.to_html())
    wrong = list(picture.moments)
    if mistake == "another moment":
        wrong[1] = (wrong[1][0], wrong[2][1])
    else:
        wrong[2][1].nodes[0].grad = ArraySummary(wrong[2][1].nodes[0].grad.sample * 1.01)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check(page, wrong)


def test_two_runs_and_what_differs_between_them(show: Any) -> None:
    runs = {}
    x = autograd.tensor([1.0, 2.0])
    for rate in (0.1, 0.3):
        w = autograd.tensor([0.5, -0.5], requires_grad=True)
        for _ in range(3):
            (w * x).sum().square().backward()
            with autograd.no_grad():
                w -= rate * w.grad
            w.grad = None
        runs[f"rate {rate}"] = viz.trace((w * x).sum().square())
    page = show(viz.draw(runs).to_html())
    page.page.evaluate("() => glassgrad.reveal(0)")
    first, second = (trace.nodes[0] for trace in runs.values())
    then, now = first.value.sample.ravel(), second.value.sample.ravel()
    np.testing.assert_allclose(page.ask("numbers", '#change .then[data-of="value"]')[0], then, rtol=1e-4)
    np.testing.assert_allclose(page.ask("numbers", '#change .difference[data-of="value"]')[0], now - then, rtol=1e-4)
    share = 100 * np.linalg.norm(now - then) / max(np.linalg.norm(now), np.linalg.norm(then))
    assert f"changed by {share:.3g}%" in page.page.inner_text("#change")
    page.page.select_option("#against", "1")
    assert page.page.locator("#change").count() == 0  # it is compared with itself


def test_colours_show_where_it_changed(show: Any) -> None:
    first = autograd.tensor([3.0, 4.0], requires_grad=True)
    second = autograd.tensor([1.0, 1.0], requires_grad=True)
    a = viz.trace((first * second).sum())
    with autograd.no_grad():
        second *= -2.0
    page = show(viz.draw({"before": a, "after": viz.trace((first * second).sum())}).to_html())
    page.page.select_option("#colour", "change")
    page.settled()
    fills = [page.ask("fill", i) for i in range(2)]
    assert fills[0] != fills[1]  # one stayed as it was, and one changed
    page.page.select_option("#colour", "gradient change")
    page.settled()
    assert [page.ask("fill", i) for i in range(2)] != fills
    page.page.fill("#moment", "0")
    page.settled()
    assert page.ask("fill", 0) == page.ask("fill", 1)  # nothing differs from itself


def test_a_finding_opens_its_node_and_step(show: Any) -> None:
    recorder = trained(40, bias=-6.0)
    found = recorder.diagnose()
    assert (found[0].name, found[0].layer) == ("dead ReLU", "1")
    picture = recorder.draw()
    page = show(picture.to_html())
    page.page.fill("#moment", "0")
    page.page.click("#findings button >> nth=0")
    assert page.page.inner_text("#momentname") == picture.moments[-1][0]
    chosen = picture.trace.nodes[page.ask("chosen")]
    assert chosen.op == "relu"
    assert page.page.inner_text("#panel h2") == "relu"


def test_a_finding_of_a_step_opens_the_graph_from_then_on() -> None:
    recorder = trained(20)
    found = Finding("nan or infinity", "0.weight", "error", "", "", step=6)
    (shown,) = recorder.graphs.picture(Diagnosis([found]), "step").findings
    assert recorder.graphs.kept[shown["moment"]][0] == 8
    assert recorder.graphs.kept[0][1].nodes[shown["node"]].name == "0.weight"


def test_findings_are_of_layers_functions_parameters_and_the_whole() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.act = nn.Tanh()

        def forward(self, x: Any) -> Any:
            return self.act(nn.functional.relu(self.fc(x)))

    net = Net()
    found = viz.trace(net(autograd.ones(1, 2)).sum())
    node = {layer: node_of(found, layer) for layer in ("", "fc", "act", "fc.bias", "relu(fc)", "relu", "nowhere")}
    ops = {layer: None if i is None else found.nodes[i].op for layer, i in node.items()}
    assert ops == {"": "sum", "fc": "linear", "act": "tanh", "fc.bias": None, "relu(fc)": "relu", "relu": "relu", "nowhere": None}
    assert found.nodes[node["fc.bias"]].name == "fc.bias"  # type: ignore[index]
    assert node["nowhere"] is None


def test_it_keeps_few_graphs_however_long_it_runs_and_only_of_one_kind() -> None:
    graphs = Graphs()
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    kept = [graphs.look(step, (w * step).sum() if step != 6 else (w * w * step).sum(), None) for step in range(100)]
    assert len(graphs.kept) <= KEPT
    steps = [step for step, _ in graphs.kept]
    assert len({b - a for a, b in pairwise(steps)}) <= 2
    assert steps[-1] > 80
    assert not kept[6]


def test_how_far_arrays_are_apart() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 7)), rng.normal(size=(5, 7)) * 3
    expected = np.linalg.norm(a - b) / np.linalg.norm(b)
    assert change(ArraySummary(a), ArraySummary(b)) == pytest.approx(expected)
    assert change(ArraySummary(a * 1e300), ArraySummary(b * 1e300)) == pytest.approx(expected)
    assert change(ArraySummary(a), ArraySummary(a)) == 0
    assert change(ArraySummary(np.zeros(3)), ArraySummary(np.zeros(3))) == 0
    assert change(ArraySummary(a), None) is None
    assert change(ArraySummary(a), ArraySummary(np.full((5, 7), np.nan))) is None


def test_what_is_refused() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"'a' and 'b' are not of the same graph: node #1 is mul, and exp"):
        viz.draw({"a": (w * w).sum(), "b": w.exp().sum()})
    with pytest.raises(ValueError, match="two or more"):
        viz.draw({"a": (w * w).sum()})
    with pytest.raises(ValueError, match=r"call recorder.trace\(loss\) in each step, before loss.backward"):
        trained(1).draw()


@pytest.mark.parametrize("width", [1400, 420])
def test_it_fits_the_screen_and_speaks_chinese(show: Any, width: int) -> None:
    page = show(trained(40, bias=-6.0, language="zh").draw().to_html(), viewport={"width": width, "height": 850})
    assert page.ask("width") <= width
    for selector in ("#moment", "#against", "#findings button >> nth=0", "#stage"):
        box = page.page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 0.5
    assert "步 " in page.page.inner_text("#momentname")
    assert not page.page.is_visible("#lab")


def test_a_small_budget_drops_samples_of_all_moments() -> None:
    picture = trained(10).draw()
    whole, small = (len(build.page(picture.trace, moments=picture.moments, max_bytes=n)) for n in (3_000_000, 100_000))
    assert small < whole
