"""The page shows the C of a compiled step beside the equations of its ops, in a real Chromium."""

from __future__ import annotations

from typing import Any

from steps import training_step

import autograd
import nn
import optim


def network() -> tuple[Any, autograd.compile.Compiled]:
    """The loss of the article's network, and its compiled step."""
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    step = autograd.compile(training_step(model, optim.Adam(model.parameters()), nn.functional.mse_loss))
    x, y = autograd.rand(32, 10), autograd.rand(32, 1)
    for _ in range(4):
        step(x, y)
    model.zero_grad()
    return nn.functional.mse_loss(model(x), y), step


def test_the_c_of_an_op_is_a_part_of_the_source() -> None:
    _, step = network()
    found = step.source_of("linear", "0")
    assert "product_f(32, 64, 10, x0" in found["forward"]
    assert "maxf(linear_, 0.0f)" in found["forward"]  # one loop computes both
    assert "d_layer_0_weight, 10, 1, 0);" in found["gradient"]
    text = "\n".join(line.strip() for line in step.source().splitlines())
    for part in (*found["forward"].split("\n\n"), *found["gradient"].split("\n\n")):
        assert "\n".join(line.strip() for line in part.splitlines()) in text
    assert step.source_of("tanh", "0") == {"forward": "", "gradient": ""}


def test_the_panel_shows_the_c_below_the_equation(show: Any) -> None:
    loss, step = network()
    picture = autograd.viz.draw(loss, compiled=step)
    page = show(picture.to_html()).page
    trace = picture.trace
    for node in [n for n in trace.nodes if n.op is not None]:
        module = "" if node.call is None else trace.calls[node.call].path
        page.evaluate(f"glassgrad.choose({node.id})")
        shown = page.evaluate("[...document.querySelectorAll('#panel pre.code')].map((e) => e.textContent)")
        found = step.source_of(node.op, module)
        assert shown == [text for text in (found["forward"], found["gradient"]) if text]
        assert shown, node.op


def test_without_a_compiled_step_the_page_shows_no_c(show: Any) -> None:
    loss, _ = network()
    page = show(autograd.viz.draw(loss).to_html()).page
    assert page.evaluate("glassgrad.trace.codes === undefined && !document.querySelector('pre.code')")
