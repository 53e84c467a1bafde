"""Figures of a training: they show the recorder's numbers, belong to nobody, and say what is missing."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pip install 'glassgrad[plot]'")

import autograd
import nn
import optim
from autograd import viz


@pytest.fixture(scope="module")
def recorder() -> viz.Recorder:
    autograd.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    x, y = autograd.rand(32, 4), autograd.rand(32, 1)
    with viz.Recorder(net, optimizer, every=2, histograms=10) as found:
        for _ in range(60):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            found.step(loss)
    return found


def drawn(figure: Any) -> Any:
    """Draw it, as saving it would."""
    figure.canvas.draw()
    assert np.asarray(figure.canvas.buffer_rgba()).std() > 5, "something is on it"
    return figure


def test_no_state_of_pyplot(recorder: viz.Recorder) -> None:
    drawn(recorder.plot.loss())
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_loss(recorder: viz.Recorder) -> None:
    axes, rate = drawn(recorder.plot.loss()).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), recorder.loss)
    np.testing.assert_array_equal(rate.lines[0].get_ydata(), recorder.lr)
    assert viz.plots.loss(recorder, log=True).axes[0].get_yscale() == "log"
    assert viz.plots.loss(recorder, log=False).axes[0].get_yscale() == "linear"


def test_gradient_flow(recorder: viz.Recorder) -> None:
    axes, bars = drawn(recorder.plot.gradient_flow()).axes
    names = ["0.weight", "2.weight", "4.weight"]
    assert [label.get_text() for label in bars.get_yticklabels()] == names
    for line, bar, name in zip(axes.lines, bars.patches, names, strict=True):
        p = recorder.parameters[name]
        size = p.grad.norm / np.prod(p.shape) ** 0.5
        np.testing.assert_allclose(line.get_ydata(), size)
        assert bar.get_x() + bar.get_width() == pytest.approx(size[-1])
    assert len(recorder.plot.gradient_flow(weights=False).axes[0].lines) == 6


def test_update_ratio(recorder: viz.Recorder) -> None:
    axes = drawn(recorder.plot.update_ratio()).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), recorder.parameters["0.weight"].update_ratio)


@pytest.mark.parametrize("of", ["weights", "gradients", "activations"])
def test_ridgelines(recorder: viz.Recorder, of: str) -> None:
    figure = drawn(recorder.plot.ridgelines(of))
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    assert titles == {"activations": ["1", "3"]}.get(of, ["0.weight", "2.weight", "4.weight"])


def test_one_ridgeline_spans_the_numbers(recorder: viz.Recorder) -> None:
    (axes,) = drawn(viz.plots.ridgelines(recorder, name="0.bias")).axes
    low, high = axes.dataLim.x0, axes.dataLim.x1
    p = recorder.parameters["0.bias"]
    reach = p.max.max() - p.min.min()
    assert low == pytest.approx(p.min.min(), abs=0.1 * reach)
    assert high == pytest.approx(p.max.max(), abs=0.1 * reach)
    with pytest.raises(ValueError, match=r"no histograms of weights called 'x'; there are: 0\.weight"):
        viz.plots.ridgelines(recorder, name="x")
    with pytest.raises(ValueError, match="'weights', 'gradients' or 'activations'"):
        viz.plots.ridgelines(recorder, "biases")


def test_nothing_to_draw() -> None:
    empty = viz.Recorder()
    for figure in (empty.plot.loss, empty.plot.gradient_flow, empty.plot.update_ratio, empty.plot.ridgelines):
        with pytest.raises(ValueError, match="nothing to draw"):
            figure()
    with pytest.raises(TypeError, match="made of a Recorder"):
        viz.plots.loss([1.0])


def test_many_layers_and_trouble() -> None:
    """Fifteen layers, some without a gradient, a loss that ends in nan."""
    p = {f"layer{i}.weight": autograd.ones(3, 3).requires_grad_() for i in range(15)}
    found = viz.Recorder(p)
    loss = sum((t * 10.0 ** (-3 * i)).sum() for i, t in enumerate(p.values()) if i != 4)
    loss.backward()
    found.step(loss)
    found.step(float("nan"))
    drawn(found.plot.loss())
    bars = drawn(found.plot.gradient_flow()).axes[1]
    assert [text.get_text() for text in bars.texts] == [" none"]


def test_without_matplotlib(recorder: viz.Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(ImportError, match=r"glassgrad\[plot\]"):
        recorder.plot.loss()


def test_a_notebook_shows_figures_as_pictures() -> None:
    recorder = viz.Recorder()
    for step in range(5):
        recorder.step(1 / (1 + step))
    for shown in (recorder.plot, recorder.plot.loss()):
        assert shown._repr_png_().startswith(b"\x89PNG")
    assert "loss()" in repr(recorder.plot)
