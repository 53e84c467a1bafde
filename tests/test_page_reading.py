"""The page for every reader: the table that screens are read from, and formulas that no panel cuts, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from test_explain import OTHERS
from test_moments import trained

import autograd
import nn
from autograd import viz
from autograd.viz.page import build
from nn import functional as F

# ---------------------------------------------------------------------------------------------------------------- the table
ROWS = """async () => {
  for (let i = 0; glassgrad.rows() === null && i < 2000; i++) await new Promise((done) => setTimeout(done, 5));
  return glassgrad.rows();
}"""


def diamond() -> Any:
    a = autograd.tensor(2.0, requires_grad=True, dtype=autograd.float64)
    b = autograd.tensor(-3.0, requires_grad=True, dtype=autograd.float64)
    with viz.watch():
        c = a * b
        d = c + a
        return d * c.tanh()


def shown(numbers: Any) -> float:
    return float(f"{numbers.mean:.5g}")


def test_the_table_tells_at_every_step_what_is_known_by_then(show: Any) -> None:
    loss = diamond()
    made = viz.trace(loss)
    page = show(build.page(made))
    steps = page.page.evaluate("glassgrad.steps.map((s) => [s.phase, s.id])")
    completes = page.page.evaluate(
        "glassgrad.trace.nodes.map((n) => Math.max(0, ...glassgrad.steps.map((s, i) => s.phase === 'backward' && "
        "(s.id === n.id || glassgrad.trace.nodes[s.id].operands.some((o) => o.node === n.id && n.op === null)) ? i + 1 : 0)))"
    )
    for step in [*range(len(steps) + 1), 3, 0]:
        page.page.evaluate(f"glassgrad.goto({step})")
        rows = page.page.evaluate(ROWS)
        assert len(rows) == len(made.nodes)
        for node, row in zip(made.nodes, rows, strict=True):
            forward = node.op is None or steps.index(["forward", node.id]) < step
            assert row[5] == (f"{shown(node.value):g}" if forward else f"computed in step {steps.index(['forward', node.id]) + 1}")
            known = completes[node.id] <= step
            assert row[6] == (f"{shown(node.grad):g}" if known else f"not known yet: step {completes[node.id]}")
    page.page.evaluate("glassgrad.goto(2)")
    page.page.evaluate(ROWS)
    assert page.page.locator("#table [aria-current=step]").text_content().startswith(f"#{steps[1][1]}")


def test_a_table_that_tells_too_early_is_seen(show: Any) -> None:
    html = build.page(viz.trace(diamond()))
    said = "if (!gradientKnown(node) && "
    assert said in html
    page = build.bundled(build.SCRIPTS).replace(said, "if (false && ")
    old = build.bundled(build.SCRIPTS)
    made = html.replace(old, page).replace(build.policy_hash(old), build.policy_hash(page))
    assert [row[6] for row in show(html).page.evaluate(ROWS) if not row[6].startswith("not known yet")] == []
    assert len([row[6] for row in show(made).page.evaluate(ROWS) if not row[6].startswith("not known yet")]) == 6


def test_the_table_follows_the_moments_of_a_training(show: Any) -> None:
    picture = trained(10).draw()
    page = show(picture.to_html())
    seen = []
    for i, (_, moment) in enumerate(picture.moments):
        page.page.evaluate(
            f"document.getElementById('moment').value = {i}; document.getElementById('moment').dispatchEvent(new Event('input'))"
        )
        rows = page.page.evaluate(ROWS)
        assert float(rows[moment.loss][5]) == pytest.approx(moment.nodes[moment.loss].value.mean, rel=1e-4)
        seen.append([row[6] for row in rows])
    assert len({tuple(column) for column in seen}) == len(picture.moments) > 2


def test_the_table_of_an_exercise_tells_no_answer(show: Any, tmp_path: Path) -> None:
    viz.draw(diamond()).save(str(tmp_path / "exercise.html"), hide="gradients")
    page = show((tmp_path / "exercise.html").read_text(encoding="utf-8"))
    rows = page.page.evaluate(ROWS)
    assert [row[6] for row in rows] == ["to be worked out"] * (len(rows) - 1) + ["1"]
    page.page.evaluate("glassgrad.choose(0)")
    page.page.click("#derive")
    assert page.page.evaluate(ROWS)[0][6] not in ("to be worked out", "")


def test_readers_of_the_screen_have_the_table_and_it_takes_no_place(show: Any) -> None:
    made = viz.trace(diamond())
    page = show(build.page(made))
    page.page.evaluate(ROWS)
    tree = page.page.locator("#table").aria_snapshot()
    assert tree.count("row ") == len(made.nodes) + 1
    assert "not known yet" in tree
    # So it is in Chromium's own tree for assistive technology.
    nodes = page.page.context.new_cdp_session(page.page).send("Accessibility.getFullAXTree")["nodes"]
    names = [n["name"]["value"] for n in nodes if n.get("role", {}).get("value") in ("cell", "gridcell", "rowheader")]
    assert len(names) >= 6 * len(made.nodes)
    assert "mul" in "".join(names)
    assert page.page.locator("#table").bounding_box()["width"] <= 1


def test_a_long_loop_writes_its_table_when_the_page_is_idle(show: Any) -> None:
    w = autograd.tensor(0.99, requires_grad=True)
    h: Any = autograd.tensor(1.0)
    for _ in range(1000):
        h = (h * w).tanh()
    page = show(build.page(viz.trace(h)))
    rows = page.page.evaluate(ROWS)
    assert len(rows) == page.page.evaluate("glassgrad.trace.nodes.length") > 2000
    page.page.evaluate("glassgrad.goto(glassgrad.steps.length)")
    assert not [row for row in page.page.evaluate(ROWS) if "step" in row[6]]


# ---------------------------------------------------------------------------------------------------------- formulas that fit
class LongNames(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.the_first_projection_of_all_features = nn.ModuleDict({"with_another_long_name": nn.Linear(3, 4)})

    def forward(self, x: Any) -> Any:
        layer = self.the_first_projection_of_all_features["with_another_long_name"]
        return layer(x).std(0) + layer(x).var(0)


def losses() -> Any:
    a, b = autograd.randn(4, 3, requires_grad=True), autograd.randn(4, 3)
    return F.huber_loss(a, b) + F.triplet_margin_loss(a, b, 2 * b) + F.gaussian_nll_loss(a, b, b.abs() + 0.1) + a.clamp(0, 1).sum()


WIDE = """() => {
  const found = [], seen = new Set(), panel = document.getElementById("panel");
  glassgrad.goto(glassgrad.steps.length);
  for (const node of glassgrad.trace.nodes) {
    const kind = [node.formula, node.variable, node.op === null && node.shape.length].join();
    if (seen.has(kind)) continue;
    seen.add(kind);
    glassgrad.choose(node.id);
    if (panel.scrollWidth > panel.clientWidth + 1) found.push(`${node.name}: the panel`);
    for (const math of panel.querySelectorAll(".equation math")) {
      const inner = [...math.querySelectorAll("mi, mn, mo, mtext")].map((e) => e.getBoundingClientRect().right);
      if (Math.max(...inner) > math.getBoundingClientRect().right + 1.5) found.push(`${node.name}: ${math.textContent}`);
    }
  }
  return found;
}"""
GRAPHS: dict[str, Callable[[], Any]] = {
    **{name: lambda name=name: OTHERS[name]()[1] for name in ("convolution", "transformer", "lstm")},  # type: ignore[misc]
    "losses": losses,
    "long names": lambda: LongNames()(autograd.randn(5, 3)).sum(),
    "gru": lambda: nn.GRU(3, 4)(autograd.randn(4, 2, 3))[0].sum(),
}


def test_no_formula_leaves_the_panel(show: Any) -> None:
    for name, make in GRAPHS.items():
        page = show(build.page(viz.trace(make())), viewport={"width": 1400, "height": 900})
        assert page.page.evaluate(WIDE) == [], name
        page.page.set_viewport_size({"width": 420, "height": 900})
        assert page.page.evaluate(WIDE) == [], name


OUTSIDE = """() => {
  const found = [], panel = document.getElementById("panel"), scrolls = (e) => getComputedStyle(e).overflowX === "auto";
  let wide = 0;
  glassgrad.goto(glassgrad.steps.length);
  for (const node of glassgrad.trace.nodes) {
    glassgrad.choose(node.id);
    const padding = parseFloat(getComputedStyle(panel).paddingRight),
      edge = panel.getBoundingClientRect().left + panel.clientLeft + panel.clientWidth - padding;
    for (const e of panel.querySelectorAll("*")) {
      let outer = e.parentElement;
      while (outer !== panel && !scrolls(outer)) outer = outer.parentElement;
      if (outer === panel && e.getBoundingClientRect().right > edge + 1) found.push(`${node.name}: ${e.tagName} ${e.className}`);
      if (!e.matches(".scroll") || e.scrollWidth <= e.clientWidth) continue;
      wide++;
      e.scrollLeft = 1e6; // the last number can be reached
      if (e.querySelector("tr").lastChild.getBoundingClientRect().right > e.getBoundingClientRect().right + 1)
        found.push(`${node.name}: cut`);
    }
  }
  return [found, wide];
}"""


def wide_tables() -> Any:
    """Eight long numbers a row, in values, gradients, and the numbers put into a rule."""
    a, b = (autograd.randn(6, 8) * 1e-7).requires_grad_(), autograd.randn(6, 8, requires_grad=True)
    with viz.watch():
        c = (a * b).tanh() + b
        return (c * c).sum()


@pytest.mark.parametrize("width", [1400, 420])
def test_no_table_of_numbers_leaves_the_panel(show: Any, width: int) -> None:
    """A table that is wider than the panel scrolls within it."""
    for name, make in {**GRAPHS, "wide tables": wide_tables}.items():
        page = show(viz.draw(make()).to_html(), viewport={"width": width, "height": 900})
        page.page.click("#lab summary")
        found, wide = page.page.evaluate(OUTSIDE)
        assert found == [], name
    assert wide > 4
    page.page.evaluate("document.styleSheets[0].insertRule('.scroll { overflow: visible !important }')")
    assert page.page.evaluate(OUTSIDE)[0], "a table that does not scroll is seen"


def test_readers_without_scripts_find_the_names_of_the_page(show: Any) -> None:
    """What the plain table calls an array that no variable holds is what the page calls it."""
    compared = []
    names = "glassgrad.trace.nodes.map((n) => n.operands.map((o) => glassgrad.operandName(n, o)))"
    for name, language in [("convolution", "en"), ("transformer", "en"), ("lstm", "en"), ("unnamed", "en"), ("unnamed", "zh")]:
        made = viz.trace({**GRAPHS, "unnamed": unnamed}[name]())
        html = build.page(made, language=language)
        told = re.findall(r"<tr><td>#\d+<td>[^<]*<td>([^<]*)", html)
        for node, cell, called in zip(made.nodes, told, show(html).page.evaluate(names), strict=False):
            constants = [i for i, operand in enumerate(node.operands) if operand.constant is not None]
            expected = {f"{node.operands[i].name}: {called[i]}" for i in constants}
            assert expected <= set(unescape(cell).split(", ")), (name, language)
            compared += [called[i] for i in constants]
        assert len(told) == len(made.nodes)
    assert {"2nd operand", "第 2 个操作数", "h0"} <= set(compared)
    assert "constant" not in compared


def unnamed() -> Any:
    a = autograd.randn(3, 2, requires_grad=True)
    with viz.watch():
        return (a * autograd.randn(3, 2) + autograd.ones(3, 2)).where(autograd.randn(3, 2) > 0, autograd.randn(3, 2)).sum()


def test_a_broken_formula_says_all_that_the_whole_one_says(show: Any) -> None:
    """The same letters in the same order, in a narrow panel as in a wide one."""
    html = build.page(viz.trace(losses()))
    texts = """() => glassgrad.trace.nodes.map((n) => {
      glassgrad.choose(n.id);
      return [...document.querySelectorAll("#panel math")].map((m) => m.textContent);
    })"""
    narrow = show(html, viewport={"width": 420, "height": 900})
    wide = show(html, viewport={"width": 6000, "height": 900})
    assert wide.page.evaluate("glassgrad.choose(glassgrad.trace.loss); document.querySelectorAll('mtable.broken').length") == 0
    assert narrow.page.evaluate(texts) == wide.page.evaluate(texts)
    counts = narrow.page.evaluate(
        "glassgrad.trace.nodes.map((n) => { glassgrad.choose(n.id); return document.querySelectorAll('mtable.broken').length; })"
    )
    assert sum(counts) > 2


def test_a_loop_of_a_thousand_steps_is_laid_out_once_each_way(browser: Any, tmp_path: Any) -> None:
    """A layout of so many boxes takes a tenth of a second: two are made, and neither again when the frame gets its size."""
    w, h = autograd.tensor(0.99, requires_grad=True), autograd.tensor(1.0)
    with viz.watch():
        for _ in range(1000):
            h = (h * w).tanh()
        file = tmp_path / "loop.html"
        file.write_text(viz.draw(h * h).to_html(), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    session = page.context.new_cdp_session(page)
    session.send("Profiler.enable")
    session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
    page.goto(file.as_uri())
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    scripts = session.send("Profiler.takePreciseCoverage")["result"]
    counted = [(f["functionName"], f["ranges"][0]["count"]) for s in scripts for f in s["functions"]]
    assert [sum(count for name, count in counted if name == which) for which in ("layout", "start")] == [2, 2]
    page.close()
