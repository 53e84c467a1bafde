"""The recorder: its numbers are NumPy's, it changes nothing in a training, costs little, and its page is one safe file."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import viz
from nn import functional as F


def model(seed: int = 0) -> Any:
    autograd.manual_seed(seed)
    return nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))


def data() -> tuple[Any, Any]:
    numbers = np.random.default_rng(0)
    return autograd.from_numpy(numbers.random((32, 10)).astype("f4")), autograd.from_numpy(numbers.random((32, 1)).astype("f4"))


def run(net: Any, optimizer: Any, steps: int, recorder: viz.Recorder | None = None, early: bool = False) -> list[dict[str, Any]]:
    """Train, and note by hand what a recorder should have seen."""
    x, y = data()
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        if recorder is not None and early:
            recorder.step(loss)
        before = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
        optimizer.step()
        if recorder is not None and not early:
            recorder.step(loss)
        seen.append(
            {
                name: (before[name], p.grad.numpy().copy(), p.detach().numpy() - before[name], loss.item())
                for name, p in net.named_parameters()
            }
        )
    return seen


def check(series: Any, i: int, array: np.ndarray) -> None:
    array = array.astype(np.float64)
    expected = array.mean(), array.std(), np.linalg.norm(array), array.min(), array.max()
    found = [getattr(series, name)[i] for name in ("mean", "std", "norm", "min", "max")]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("hooked", [False, True])
@pytest.mark.parametrize("every", [1, 3])
def test_the_numbers_are_numpys(early: bool, hooked: bool, every: int) -> None:
    net = model()
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    recorder = viz.Recorder(net, optimizer if hooked else None, every)
    seen = run(net, optimizer, 40, recorder, early)
    recorder.close()
    np.testing.assert_array_equal(recorder.loss, [step["0.bias"][3] for step in seen])
    np.testing.assert_array_equal(recorder.steps, np.arange(0, 40, every))
    assert recorder.lr.tolist() == ([0.01] * 40 if hooked else [])
    assert list(recorder.parameters) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for name, p in recorder.parameters.items():
        assert p.shape == dict(net.named_parameters())[name].shape
        assert p.has_grad.all()
        for i, step in enumerate(recorder.steps):
            value, gradient, change, _ = seen[step][name]
            # Without the optimizer's hooks the value is that at the call, and the update what has come by the next.
            at = value + change if not early and not hooked else value
            check(p, i, at)
            check(p.grad, i, gradient)
            following = seen[step + 1][name][2] if not early and not hooked and step + 1 < 40 else change
            if hooked or early or step + 1 < 40:
                np.testing.assert_allclose(p.update_ratio[i], np.linalg.norm(following) / np.linalg.norm(at), rtol=1e-4)


def test_large_models_are_computed_at_once_and_give_the_same() -> None:
    recorders = []
    for together in (True, False):
        net = model()
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        recorder = viz.Recorder(net, optimizer)
        if not together:
            recorder._adopt()
            recorder._together = 0
        run(net, optimizer, 20, recorder)
        recorders.append(recorder)
    for name in recorders[0].parameters:
        a, b = (r.parameters[name] for r in recorders)
        np.testing.assert_allclose(a.norm, b.norm, rtol=1e-12)
        np.testing.assert_allclose(a.grad.std, b.grad.std, rtol=1e-6)
        np.testing.assert_allclose(a.update_ratio, b.update_ratio, rtol=1e-5)


def test_a_training_is_the_same_with_a_recorder() -> None:
    states = []
    for recorded in (False, True):
        net = model()
        optimizer = optim.Adam(net.parameters())
        run(net, optimizer, 30, viz.Recorder(net, optimizer, 2) if recorded else None)
        states.append([p.detach().numpy() for p in net.parameters()])
    for a, b in zip(*states, strict=True):
        np.testing.assert_array_equal(a, b)


def test_close_takes_every_hook_away() -> None:
    net = model()
    optimizer = optim.Adam(net.parameters())
    with viz.Recorder(net, optimizer) as recorder:
        run(net, optimizer, 5, recorder)
    run(net, optimizer, 5)
    assert len(recorder) == len(recorder.steps) == 5
    assert not optimizer._pre_hooks
    assert not optimizer._post_hooks
    assert not net._hooks().around_calls()
    assert not any(p.node.meta.hooks for p in net.parameters())


def test_activations_and_dead_units() -> None:
    net = model()
    with autograd.no_grad():
        net[0].bias[:16] -= 50
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    outputs = []
    net[1].register_forward_hook(lambda module, args, out: outputs.append(out.detach().numpy().copy()))
    recorder = viz.Recorder(net, optimizer, activations=2)
    run(net, optimizer, 20, recorder)
    (name,) = recorder.activations
    a = recorder.activations[name]
    assert (name, a.op) == ("1", "relu")
    assert a.steps.tolist() == list(range(0, 20, 2))
    for i, step in enumerate(a.steps):
        check(a, i, outputs[step])
        assert a.zeros[i] == pytest.approx((outputs[step] == 0).mean())
        assert a.dead[i] == np.all([(outputs[s] == 0).all(0) for s in a.steps[max(0, i - 4) : i + 1]], axis=0).mean()
    assert a.dead[-1] >= 0.25


def test_evaluation_in_between_is_not_recorded() -> None:
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    recorder = viz.Recorder(net, optimizer, activations=1)
    for _ in range(4):
        run(net, optimizer, 1, recorder)
        with autograd.no_grad():
            net(data()[0] * 100)
    assert recorder.activations["1"].max.max() < 50
    assert recorder.activations["1"].steps.tolist() == [0, 1, 2, 3]


def test_tensors_without_a_model() -> None:
    """The article's program: parameters in a dict, updates by hand, activations as functions."""
    x, y = data()
    numbers = np.random.default_rng(0)
    p = {
        "W1": autograd.from_numpy(0.3 * numbers.standard_normal((10, 8))).requires_grad_(),
        "b1": autograd.zeros(8).double().requires_grad_(),
    }
    with viz.Recorder(p, every=2, activations=1) as recorder:
        for _ in range(10):
            loss = (autograd.relu(x.double() @ p["W1"] + p["b1"]).sum(1, keepdim=True) - y).square().mean()
            loss.backward()
            recorder.step(loss)
            with autograd.no_grad():
                for t in p.values():
                    t -= 0.01 * t.grad
                    t.grad = None
    assert list(recorder.parameters) == ["W1", "b1"]
    assert np.isfinite(recorder.parameters["W1"].update_ratio).all()
    assert np.isnan(recorder.parameters["b1"].update_ratio[0]), "a bias of zeros has no ratio"
    assert recorder.activations["relu"].steps.tolist() == [0, 2, 4, 6, 8]
    assert recorder.diagnose().healthy, str(recorder.diagnose())


def test_odd_parameters() -> None:
    p = {
        "empty": autograd.zeros(0, 3).requires_grad_(),
        "complex": autograd.from_numpy(np.array([3 + 4j, 0])).requires_grad_(),
        "unused": autograd.ones(2).requires_grad_(),
        "scalar": autograd.tensor(2.0, requires_grad=True),
    }
    recorder = viz.Recorder(p)
    loss = p["complex"].abs().sum() * p["scalar"] + p["empty"].sum()
    loss.backward()
    recorder.step(loss)
    found = recorder.parameters
    assert np.isnan(found["empty"].norm[0])
    assert found["complex"].norm[0] == pytest.approx(5)
    assert not found["unused"].has_grad[0]
    assert np.isnan(found["unused"].grad.norm[0])
    assert found["scalar"].grad.mean[0] == pytest.approx(5)


def test_histograms_hold_every_number() -> None:
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    recorder = viz.Recorder(net, optimizer, every=2, histograms=6)
    seen = run(net, optimizer, 20, recorder)
    histograms = recorder.parameters["0.weight"].histograms
    assert [step for step, *_ in histograms] == [0, 6, 12, 18]
    for step, low, high, counts in histograms:
        value = seen[step]["0.weight"][0]
        assert (low, high) == (value.min(), value.max())
        expected = np.histogram(value.astype(np.float64), len(counts), (low, high))[0]
        assert counts.sum() == 640
        assert np.abs(counts - expected).sum() <= 4, "but for rounding at the edges of bins"
    assert len(recorder.parameters["0.weight"].grad.histograms) == 4
    assert not viz.Recorder(net, histograms=0).parameters


def test_bad_calls() -> None:
    with pytest.raises(TypeError, match="dict of names and tensors"):
        viz.Recorder(3)
    with pytest.raises(ValueError, match="at least 1"):
        viz.Recorder(every=0)
    recorder = viz.Recorder()
    with pytest.raises(ValueError, match=r"one number.*\(2,\)"):
        recorder.step(autograd.ones(2))
    with pytest.raises(ValueError, match=r"\.html"):
        recorder.save("training.txt")
    recorder(1.5)
    recorder.step()
    assert recorder.loss[0] == 1.5
    assert np.isnan(recorder.loss[1])


def test_save_and_load(tmp_path: Path) -> None:
    net = model()
    optimizer = optim.Adam([{"params": net[0].parameters()}, {"params": net[2].parameters(), "lr": 0.1}])
    recorder = viz.Recorder(net, optimizer, title="näme")
    run(net, optimizer, 25, recorder)
    recorder.step(float("nan"))
    loaded = viz.Recorder.load(recorder.save(tmp_path / "training.json"))
    np.testing.assert_allclose(loaded.loss, recorder.loss)
    assert loaded.lr.shape == (26, 2)
    assert loaded.title == "näme"
    for name, p in recorder.parameters.items():
        np.testing.assert_allclose(loaded.parameters[name].grad.norm, p.grad.norm, rtol=1e-7)
        np.testing.assert_allclose(loaded.parameters[name].update_ratio, p.update_ratio, rtol=1e-7)
        np.testing.assert_array_equal(loaded.parameters[name].histograms[0][3], p.histograms[0][3])
    np.testing.assert_allclose(loaded.activations["1"].dead, recorder.activations["1"].dead)
    assert str(loaded.diagnose()) == str(recorder.diagnose())
    assert loaded.save(tmp_path / "a.html").read_text("utf-8") == recorder.save(tmp_path / "b.html").read_text("utf-8")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ValueError, match="no recording"):
        viz.Recorder.load(tmp_path / "other.json")
    json.dumps(recorder.to_json(), allow_nan=False)


def test_it_looks_at_the_arrays_only_when_it_samples() -> None:
    """Sampled every ten steps: the nine steps between do little more than read the loss. (benchmarks/ has the time.)"""
    network = model()
    optimizer = optim.Adam(network.parameters())
    recorder = viz.Recorder(network, optimizer, every=10)
    x, y = data()
    alone = model()
    own_steps = optim.Adam(alone.parameters())

    def calls(network: Any, optimizer: Any, recorder: Any) -> int:
        count = 0

        def profile(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        optimizer.zero_grad()
        loss = F.mse_loss(network(x), y)
        loss.backward()
        sys.setprofile(profile)
        try:
            optimizer.step()
            if recorder is not None:
                recorder.step(loss)
        finally:
            sys.setprofile(None)
        return count

    counts = [calls(network, optimizer, recorder) - calls(alone, own_steps, None) for _ in range(41)]
    sampled = [n for i, n in enumerate(counts) if i % 10 == 0]
    between = [n for i, n in enumerate(counts) if i % 10]
    assert len(next(iter(recorder.parameters.values())).steps) == len(sampled)
    assert max(between[9:]) < min(sampled) / 2


# ------------------------------------------------------------------------------------------------------------------------ page


class Reader(HTMLParser):
    """Collects the tags of a page; fails on tags that are closed in a wrong order."""

    VOID = frozenset({"meta", "br", "input", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(tmp_path: Path, **names: str) -> tuple[viz.Recorder, str]:
    x, y = data()
    hostile = names.get("layer", "fc")
    net = nn.Sequential()
    net.add_module(hostile, nn.Linear(10, 8))
    net.add_module("act", nn.ReLU())
    net.add_module("last", nn.Linear(8, 1))
    optimizer = optim.Adam(net.parameters())
    with viz.Recorder(net, optimizer, title=names.get("title", "t"), page=tmp_path / "training.html", page_every=10) as recorder:
        for step in range(50):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            recorder.step(loss)
            if step == 0:
                assert 'http-equiv="refresh"' in (tmp_path / "training.html").read_text("utf-8"), (
                    "a running training's page reloads"
                )
    return recorder, (tmp_path / "training.html").read_text("utf-8")


def test_the_page_is_one_file_that_allows_nothing(tmp_path: Path) -> None:
    _, html = page(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["training.html"]
    assert "refresh" not in html, "finished"
    read = Reader(html)
    assert {"script", "link", "img", "iframe"}.isdisjoint(tag for tag, _ in read.tags)
    assert not any(key.startswith("on") or key in ("style", "src", "href") for _, attributes in read.tags for key in attributes)
    policy = next(a["content"] for tag, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) > 8
    for chart in charts:
        root = ElementTree.fromstring(chart)
        for path in root.iter("path"):
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path.get("d", ""))]
            assert all(-60 <= n <= 480 for n in numbers)
    assert len(html) < 300_000


def test_names_are_never_markup(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\"'&\ud800"
    _, html = page(tmp_path, layer=hostile, title=hostile)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    Reader(html)


def test_the_loss_is_drawn_where_it_was(tmp_path: Path) -> None:
    recorder = viz.Recorder()
    for value in (4.0, 3.0, 1.0, 2.0):
        recorder.step(value)
    html = recorder.save(tmp_path / "x.html").read_text("utf-8")
    path = re.search(r'<path d="([^"]+)" class="thick"', html)
    assert path is not None
    points = np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path.group(1))[1:]])
    assert np.allclose(np.diff(points[:, 0]), np.diff(points[:, 0])[0], atol=0.2)
    heights = points[:, 1]
    np.testing.assert_allclose((heights - heights[2]) / (heights[0] - heights[2]), [1, 2 / 3, 0, 1 / 3], atol=0.01)


def test_pages_of_little_and_of_trouble(tmp_path: Path) -> None:
    assert "finished" in viz.Recorder().save(tmp_path / "empty.html").read_text("utf-8")
    recorder = viz.Recorder()
    for value in (1.0, 1e30, float("inf"), float("nan")):
        recorder.step(value)
    html = recorder.save(tmp_path / "bad.html").read_text("utf-8")
    assert "inf at step 2" in html
    assert "nan or infinity" in html
    Reader(html)
    constant = viz.Recorder()
    for _ in range(2000):
        constant.step(0.0)
    assert len(constant.save(tmp_path / "flat.html").read_text("utf-8")) < 40_000
    assert constant._repr_html_().startswith("<style>")
