"""The page to step through, in a real Chromium: what it shows is what the tape says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Opened, close_all

import autograd
import nn
from autograd import viz
from autograd.engine.gradients import node_of
from autograd.engine.modes import Watch, current, enter, leave
from autograd.errors import printable
from autograd.viz.page import build
from autograd.viz.page import words as page_words
from autograd.viz.trace.tape import Trace, reachable
from autograd.viz.trace.trace import trace
from autograd.viz.trace.watching import watch


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """A function that opens a trace (or HTML) as a page; at the end no page may have complained or asked for anything."""
    opened: list[Opened] = []

    def show(what: Trace | str, complains: bool = False, **options: Any) -> Opened:
        html = what if isinstance(what, str) else build.page(what, options.pop("title", "a test"))
        found = Opened(browser, tmp_path / f"{len(opened)}.html", html, **options)
        found.complains = complains
        opened.append(found)
        return found

    yield show
    close_all(opened)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
        self.fc2 = nn.Linear(3, 1)

    def forward(self, x: Any) -> Any:
        return self.fc2(self.fc1(x).tanh())


def network() -> tuple[Any, Any]:
    net, _, loss = small()
    return net, loss


def small() -> tuple[Net, Any, Any]:
    autograd.manual_seed(0)
    net = Net().double()
    x, target = autograd.tensor(np.array([[0.5, -1.0]])), autograd.tensor(np.array([[1.0]]))
    with watch():
        loss = ((net(x) - target) ** 2).sum()
    return net, x, loss


def diamond() -> Any:
    return leaves_and_diamond()[1]


def leaves_and_diamond() -> tuple[Any, Any]:
    a = autograd.tensor(2.0, requires_grad=True, dtype=autograd.float64)
    b = autograd.tensor(-3.0, requires_grad=True, dtype=autograd.float64)
    with watch():
        c = a * b
        d = c + a
        return (a, b), (d * d + c.tanh()) * a


def engine_order(loss: Any) -> list[int]:
    """The ops in the order in which the engine really visits them, as numbers on the tape."""
    number = {node: i for i, node in enumerate(reachable(node_of(loss)))}  # type: ignore[arg-type]
    visited: list[int] = []

    class Order(Watch):
        def backward(self, node: Any, gradient: Any, contributions: Any) -> None:
            visited.append(number[node])

    token = enter(current().but(watch=Order()))
    try:
        loss.backward(retain_graph=True)
    finally:
        leave(token)
    return visited


def check_steps(page: Opened, loss: Any) -> None:
    """Every step, taken with the keyboard: it announces, shows and lights the node that the tape has in this place."""
    tape = reachable(node_of(loss))  # type: ignore[arg-type]
    ops = [i for i, node in enumerate(tape) if node.plan is not None]
    order = engine_order(loss)
    expected = [("forward", i) for i in ops] + [("backward", i) for i in order]
    page.key("Home")
    for phase, node in expected:
        page.key("ArrowRight")
        page.settled()
        said = page.ask("said")
        assert (said["phase"], int(said["node"]), int(said["panel"])) == (phase, node, node)
        assert page.ask("lit", node)
        assert not [i for i in range(len(tape)) if page.ask("lit", i) and not page.ask("sameBox", i, node)]


def check_edges(page: Opened, loss: Any) -> None:
    """As many lines between two boxes as the tape has operands."""
    tape = reachable(node_of(loss))  # type: ignore[arg-type]
    number = {node: i for i, node in enumerate(tape)}
    expected = sorted((number[p], number[node]) for node in tape for p in node.parents if p is not None)
    page.ask("unfold")
    assert sorted(tuple(edge) for edge in page.ask("edges")) == expected


def check_contributions(page: Opened, loss: Any) -> None:
    """The contributions shown at a node's consumers add up to the gradient that autograd.grad gives."""
    tape = reachable(node_of(loss))  # type: ignore[arg-type]
    sums, grads = page.ask("sums"), page.ask("grads")
    checked = 0
    for node in tape:
        if node.plan is None:
            node.meta.tensor_ref().grad = None  # type: ignore[union-attr]
    loss.backward(retain_graph=True)
    for node, total, shown in zip(tape, sums[: len(tape)], grads[: len(tape)], strict=True):
        if total is not None:
            np.testing.assert_allclose(total, shown, rtol=1e-5)
        owner = node.meta.tensor_ref() if node.meta is not None else None
        if owner is not None and owner.grad is not None:
            np.testing.assert_allclose(total, owner.grad.numpy().ravel(), rtol=1e-5)
            owner.grad = None
            checked += 1
    assert checked == sum(node.plan is None for node in tape)


def test_the_scripts_are_modules_that_import_only_earlier_ones() -> None:
    folder = Path(build.__file__).parent
    assert sorted(build.SCRIPTS) == sorted(path.name for path in folder.glob("*.js"))
    tops: list[str] = []
    for number, script in enumerate(build.SCRIPTS):
        text = (folder / script).read_text(encoding="utf-8")
        assert set(re.findall(r'from "./([^"]*)"', text)) <= set(build.SCRIPTS[:number])
        tops += re.findall(r"^(?:export )?(?:function|const|let) ([\w$]+)", text, re.MULTILINE)
    assert len(tops) == len(set(tops)), "the modules share one scope in the page"
    made = build.bundled(build.SCRIPTS)
    assert not re.search(r"^(?:import|export)\b|^ |^//|\n\n", made, re.MULTILINE)


@pytest.mark.parametrize("make", [network, leaves_and_diamond])
def test_each_step_shows_the_tapes_node(show: Any, make: Any) -> None:
    _leaves, loss = make()
    page = show(trace(loss))
    check_steps(page, loss)
    check_contributions(page, loss)
    check_edges(page, loss)


def test_planted_mistakes_are_found(show: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _leaves, loss = leaves_and_diamond()
    asset = build.asset

    def with_change(name: str, old: str, new: str) -> Opened:
        assert old in asset(name)
        with monkeypatch.context() as patch:
            patch.setattr(build, "asset", lambda n: asset(n).replace(old, new) if n == name else asset(n))
            return show(trace(loss), complains=True)

    late = "const box = standsFor((steps[state.step] ?? now).id);"
    with pytest.raises(AssertionError):
        check_steps(with_change("draw.js", "const box = standsFor(now.id);", late), loss)
    with pytest.raises(AssertionError):
        check_steps(with_change("data.js", "trace.order.map((id)", "[...trace.order].reverse().map((id)"), loss)
    with pytest.raises(AssertionError):
        check_edges(with_change("layout.js", "${operand.node}>${node.id}:${position}", "${operand.node}>${node.id}:0"), loss)

    merged = trace(loss)
    square = next(n for n in merged.nodes if len(n.operands) == 2 and n.operands[0].node == n.operands[1].node)
    del square.operands[1]
    with pytest.raises(AssertionError):
        check_edges(show(merged), loss)
    dropped = trace(loss)
    next(o for n in dropped.nodes for o in n.operands if o.node == 0).contribution = None
    with pytest.raises(AssertionError):
        check_contributions(show(dropped), loss)


def test_the_arithmetic_can_be_followed_by_hand(show: Any) -> None:
    """From the loss to the first weight, what the page shows is what NumPy computes."""
    net, x, loss = small()
    page = show(trace(loss))
    x, W1, b1, W2, b2 = (t.detach().numpy() for t in (x, net.fc1.weight, net.fc1.bias, net.fc2.weight, net.fc2.bias))
    z1 = x @ W1.T + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2.T + b2
    g2 = 2 * (z2 - 1)
    g1 = (g2 @ W2) * (1 - a1**2)
    contributions = {
        ("linear", "fc2", "weight"): g2.T @ a1, ("linear", "fc2", "bias"): g2.sum(0), ("linear", "fc2", "x"): g2 @ W2,
        ("tanh", "", "x"): g1, ("linear", "fc1", "weight"): g1.T @ x, ("linear", "fc1", "bias"): g1.sum(0),
    }  # fmt: skip
    seen = set()
    for _ in range(page.ask("steps")):
        page.key("ArrowRight")
        phase, op, call = page.ask("now")
        if (phase, op) == ("forward", "linear"):
            shown = page.ask("numbers", ".pair .array:first-child")[0]
            np.testing.assert_allclose(shown, (z1 if call == "fc1" else z2).ravel(), rtol=5e-5)
        for key, value in contributions.items():
            if phase == "backward" and key[:2] == (op, call):
                block = f".rule[data-contribution={key[2]}]"
                [shown] = page.ask("numbers", f"{block} .result, {block} > .array")
                np.testing.assert_allclose(shown, value.ravel(), rtol=5e-5)
                seen.add(key)
    assert seen == set(contributions)


def test_the_running_sum_grows_from_consumer_to_consumer(show: Any) -> None:
    x = autograd.tensor(3.0, requires_grad=True)
    with watch():
        loss = x * x + x * 5.0 + x
    page = show(trace(loss))
    page.key("End")
    page.ask("heading", 0)
    sums = [numbers[0] for numbers in page.ask("numbers", "#incoming .sum b")]
    assert sums == [6, 9, 12]  # 1 of `+ x`, 5 of `x * 5`, 3 and 3 of `x * x`
    assert "sum over 4 uses" in page.page.text_content("#incoming")


def test_equations_are_written_with_the_names_of_the_operands(show: Any) -> None:
    _leaves, loss = leaves_and_diamond()
    t = trace(loss)
    page = show(t)
    number = {node.variable: node.id for node in t.nodes if node.variable}
    page.key("End")
    page.ask("heading", number["d"])  # d = c + a: the rule's own letters are a and b
    lines = page.page.locator("#panel .rule code").all_text_contents()
    assert lines == ["∂L/∂c = ∂L/∂d", "∂L/∂a = ∂L/∂d", "d = c + a"]
    drawn = page.page.locator("#panel .rule math").evaluate_all("(all) => all.map((m) => m.textContent)")
    assert drawn == ["∂L∂c=∂L∂d", "∂L∂a=∂L∂d", "d=c+a"]
    page.ask("toStep", "backward", number["d"])
    said = page.page.inner_text("#said")
    assert re.search(r"gives -?[\d.]+ to ∂L/∂c, -?[\d.]+ to ∂L/∂a$", said), said
    assert not re.search(r"\bb\b", said)


def test_feature_maps_heads_and_filters_are_images_with_their_gradients(show: Any) -> None:
    """A map is the array's own plane, at every place of it, in the value and in the gradient beside it."""
    autograd.manual_seed(0)
    conv = nn.Conv2d(1, 6, 3, padding=1).double()
    x = autograd.from_numpy(np.random.default_rng(0).standard_normal((2, 1, 9, 9)))
    with watch():
        maps = conv(x)
        loss = (maps * maps.detach()).tanh().sum()
    t = trace(loss)
    page = show(t)
    node = next(n for n in t.nodes if n.op == "conv2d")
    page.page.evaluate(f"glassgrad.goto(glassgrad.steps.length); glassgrad.choose({node.id})")
    assert page.page.locator("#map option").count() == 6
    (gradient,) = autograd.grad(loss, [maps], retain_graph=True)
    for channel in (0, 4):
        page.page.select_option("#map", str(channel))
        shown = page.page.evaluate(PIXELS)
        for pixels, array in zip(shown, (maps.detach().numpy(), gradient.numpy()), strict=True):
            plane = array[0, channel]
            expected = np.sign(plane) * np.sqrt(np.abs(plane) / np.abs(array[0]).max())
            np.testing.assert_allclose(np.reshape(pixels, plane.shape), expected, atol=0.05)
    weight = next(n for n in t.nodes if n.op is None and n.shape == (6, 1, 3, 3))
    assert weight.value is not None
    assert weight.value.maps is None  # 54 numbers are shown as they are
    for side, count in ((6, 6), (9, 3)):  # few rows: filters, of all channels; else the heads of the first of the batch
        heads = autograd.tensor(np.ones((2, 3, side, side)), requires_grad=True)
        (value,) = [n.value for n in trace(heads.sum()).nodes if n.op is None]
        assert value is not None
        assert value.maps is not None
        assert value.maps.shape == (count, side, side)


PIXELS = """() => [...document.querySelectorAll("#panel .pair canvas.map")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height),
    colours = glassgrad.state.colours,
    rgb = (key) => [1, 3, 5].map((i) => parseInt(colours[key].slice(i, i + 2), 16)),
    [zero, positive, negative] = ["zero", "positive", "negative"].map(rgb);
  const columns = canvas.width / 7;
  return Array.from({ length: data.length / 4 / 49 }, (_, cell) => {
    const i = 7 * Math.floor(cell / columns) * canvas.width + 7 * (cell % columns);
    const red = data[4 * i] - zero[0], blue = data[4 * i + 2] - zero[2];
    const up = blue / (positive[2] - zero[2]), down = red / (negative[0] - zero[0]);
    const off = (end) => Math.abs(blue * (end[0] - zero[0]) - red * (end[2] - zero[2]));
    return off(positive) < off(negative) ? up : -down;
  });
})"""


def test_a_layer_with_a_number_for_a_name_is_no_number(show: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    page = show(trace((model(autograd.ones(4, 2)) - autograd.zeros(4, 1)).pow(2).sum()))
    page.page.evaluate("glassgrad.choose(glassgrad.trace.nodes.find((n) => n.op === 'sub').id)")
    assert "∂L/∂Linear 2 = " in page.page.inner_text("#panel")


def test_operands_without_a_name_are_counted_and_a_clash_is_told_apart(show: Any) -> None:
    def made() -> Any:
        t = autograd.tensor([1.0, 2.0], requires_grad=True)  # softmax's own formulas have no t, tanhshrink's have
        return (t.exp() * t.sin()).sum() + t.max()

    page = show(trace(made()))
    page.key("End")
    number = page.page.evaluate("Object.fromEntries(glassgrad.trace.nodes.map((n) => [n.op, n.id]))")
    page.ask("heading", number["mul"])
    lines = page.page.locator("#panel .rule code").all_text_contents()
    assert lines[-1] == "result = 1st operand ⊙ 2nd operand"
    assert lines[0] == "∂L/∂1st operand = ∂L/∂result ⊙ 2nd operand"


def test_one_name_is_one_thing_in_the_equations_of_every_op(show: Any) -> None:
    """A user's variables take every letter that a rule has of its own: no equation then says one letter for two things."""
    n = autograd.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    with watch():
        u = n.mean(1)  # the rule's own: n = count
        loss = u.std()
    page = show(trace(loss))
    page.key("End")
    for op, wanted in (("mean", "∂L/∂n = 𝟏[dim 1] ⊙ ∂L/∂u / n′, n′ = 2"), ("std", "n = 2")):
        page.ask("heading", page.page.evaluate("(op) => glassgrad.trace.nodes.find((n) => n.op === op).id", op))
        assert page.page.locator("#panel .rule code").first.text_content().endswith(wanted)


def test_outputs_losses_and_states_are_called_what_they_are() -> None:
    autograd.manual_seed(0)
    x, attention = autograd.rand(2, 3, 4), nn.MultiheadAttention(4, 2, batch_first=True)
    norm = nn.LayerNorm(4)
    with watch():
        loss = nn.functional.mse_loss(norm(attention(x, x, x)[0]), autograd.rand(2, 3, 4))
    found = trace(loss)
    names = [node.name for node in found.nodes if node.op is not None]
    assert [n for n in names if n not in ("permute", "reshape", "linear", "getitem")] == [
        "in_proj", "q", "k", "v", "attention", "attended", "layer_norm", "normalized", "mse_loss",
    ]  # fmt: skip
    assert [c.name for c in found.constants] == ["x", "target"]
    outputs = trace(nn.LSTM(3, 4)(autograd.rand(5, 2, 3))[0].sum())
    assert {"h0", "c0"} <= {c.name for c in outputs.constants}
    assert "h" in [node.name for node in outputs.nodes]
    label = viz.draw((autograd.rand(3, requires_grad=True) * autograd.tensor(0.4)).sum()).to_dot().source
    assert 'label="mul 0.4\\n' in label  # and not 0.4000000059604645


def test_arrays_that_no_variable_holds_are_called_what_they_are() -> None:
    x, drop = autograd.rand(4, 3, requires_grad=True), nn.Dropout(0.5)
    with watch():
        loss = (drop(x * 2.0) + autograd.zeros(4, 3) - autograd.ones(3) * 0.5 * autograd.rand(3)).sum()
        loss = loss + (x - autograd.ones(4, 3)).sum()
    assert [c.name for c in trace(loss).constants] == ["mask", "zeros", "constant", "ones"]


def test_two_operands_of_one_name_are_counted(show: Any) -> None:
    x = autograd.rand(3, requires_grad=True)
    with watch():
        loss = autograd.cat([x, autograd.zeros(3), autograd.zeros(3)]).sum()
    page = show(trace(loss))
    names = "() => { const n = glassgrad.trace.nodes.find((n) => n.op === 'cat'); return n.operands.map((o) => %s); }"
    assert page.page.evaluate(names % "glassgrad.operandName(n, o)") == ["x", "2nd operand", "3rd operand"]


def meta() -> Any:
    """A loss of a step of gradient descent: the step's gradient is a part of the graph."""
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    (g,) = autograd.grad((w * w * w).sum(), w, create_graph=True)
    return ((w - 0.1 * g) ** 2).sum()


def test_what_an_inner_gradient_made_has_its_own_colour(show: Any) -> None:
    loss = meta()
    found = trace(loss)
    inner = [node for node in found.nodes if node.inner]
    outer = [node.op for node in found.nodes if node.op is not None and not node.inner]
    assert outer.count("sub") == 1
    assert outer[-1] == "sum"
    assert {node.op for node in inner} >= {"mul", "add"}
    page = show(found).settled()
    assert "made by a gradient" in page.page.inner_text("#legend")
    edge = """(id) => {
      const b = glassgrad.shown(id), { x, y, zoom } = glassgrad.view(), r = devicePixelRatio, seen = new Set(),
        pen = document.getElementById("base").getContext("2d"), row = Math.round((b.y * zoom + y) * r);
      for (let k = 0.2 * b.width; k < 0.8 * b.width; k += 0.3)
        seen.add(pen.getImageData(Math.round(((b.x + k) * zoom + x) * r), row, 1, 1).data.slice(0, 3).join());
      return [...seen];
    }"""
    lines = {node.id: page.page.evaluate(edge, node.id) for node in (inner[0], found.nodes[-1])}
    violet = [any(r > g + 60 and b > g + 40 for r, g, b in (map(int, c.split(",")) for c in seen)) for seen in lines.values()]
    assert violet == [True, False]
    source = viz.draw(found).to_dot().source
    assert source.count('fillcolor="#f6d9ee"') == len(inner)
    assert not [node for node in trace(diamond()).nodes if node.inner]


def test_no_gradient_is_told_before_its_step(show: Any) -> None:
    t = trace(small()[2])
    page = show(t)
    ops = sum(node.op is not None for node in t.nodes)
    for step in range(page.ask("steps") + 1):
        after = [i for i in t.order if t.nodes[i].op][: max(0, step - ops)]
        page.page.evaluate("(step) => glassgrad.goto(step)", step)
        for node in t.nodes:
            page.ask("heading", node.id)
            shown = page.page.locator("#panel .pair .array").nth(1).inner_text()
            complete = node.id in after or (node.op is None and users(t, node.id) <= set(after))
            assert ("not known yet" not in shown) == complete, (step, node.id)


def users(t: Trace, leaf: int) -> set[int]:
    return {node for operand, node in t.edges() if operand == leaf}


def test_a_parameters_gradient_is_shown_in_the_step_that_completes_it(show: Any) -> None:
    t = trace(small()[2])
    page = show(t)
    ops = sum(node.op is not None for node in t.nodes)
    assert page.ask("steps") == 2 * ops
    told = []
    for _ in range(2 * ops):
        page.key("ArrowRight")
        told.append(page.page.inner_text("#said"))
    for node in t.nodes:
        if node.op is None:
            (step,) = [i for i, line in enumerate(told) if f"∂L/∂{node.name} = " in line]
            last = [i for i in t.order if t.nodes[i].op and node.id in [o.node for o in t.nodes[i].operands]][-1]
            assert page.page.evaluate("(i) => glassgrad.steps[i].id", step) == last


def test_the_page_speaks_chinese(show: Any) -> None:
    page = show(build.page(trace(small()[2]), "一个测试", language="zh"))
    page.ask("everywhere")
    page.key("End")
    text = page.page.inner_text("body")
    assert page.page.get_attribute("html", "lang") == "zh-CN"
    assert "梯度" in text
    known = {"fc1", "fc2", "net", "loss", "tanh", "linear", "sub", "square", "sum", "pow", "mul", "float64", "test_page", "py"}
    words = set(re.findall(r"[A-Za-z]{4,}", text)) - {w for n in t_names(page) for w in re.findall(r"[A-Za-z]{4,}", n)}
    assert not words - known - {"Linear", "target", "sample", "watch", "weight", "bias", "constant", "return", "float"}, words
    with pytest.raises(ValueError, match="language must be one of"):
        build.page(trace(diamond()), language="tlh")


def t_names(page: Opened) -> list[str]:
    names: list[str] = page.page.evaluate("glassgrad.trace.nodes.flatMap((n) => [n.name, n.variable ?? '', n.params ?? ''])")
    return names + page.page.evaluate("glassgrad.trace.sources.map(String)")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = page_words.WORDS["en"], page_words.WORDS["zh"]
    assert english.keys() == chinese.keys()
    for key in english:
        places = [sorted(set(re.findall(r"\{\w+\}", said[key]))) for said in (english, chinese)]
        assert places[0] == places[1], key
    script = "".join((Path(build.__file__).parent / name).read_text(encoding="utf-8") for name in build.SCRIPTS)
    used = set(re.findall(r'\b(?:t|parts)\("([^"]+)"', script))
    assert used <= english.keys()


def test_rules_stand_as_equations_with_a_text_twin(show: Any) -> None:
    page = show(trace(diamond()))
    page.ask("toStep", "backward", None)
    math = page.page.locator(".rule[data-contribution] math").first
    assert math.evaluate("(m) => m.namespaceURI") == "http://www.w3.org/1998/Math/MathML"
    assert page.page.locator(".rule[data-contribution] code").first.text_content().startswith("∂L/∂")


def test_keys_buttons_slider_and_play(show: Any) -> None:
    page = show(trace(diamond()))
    last = page.ask("steps")
    keys = ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft")
    for key, expected in zip(keys, (1, 2, 1, last, last, 0, 0), strict=True):
        page.key(key)
        assert page.ask("step") == expected
    for button, expected in (("next", 1), ("last", last), ("back", last - 1), ("first", 0)):
        page.page.click(f"#{button}")
        assert page.ask("step") == expected
    page.page.click("#turn")
    assert page.ask("said")["phase"] == "backward"
    page.ask("slide", 3)
    assert page.ask("step") == 3
    page.page.click("#play")
    page.page.wait_for_function("() => glassgrad.state.step >= 5")
    page.page.click("#play")
    stopped = page.ask("step")
    page.page.wait_for_timeout(800)
    assert page.ask("step") == stopped
    focused = []
    page.page.evaluate("document.activeElement.blur()")
    for _ in range(30):
        page.key("Tab")
        focused.append(page.ask("focused"))
    assert {"search", "jump", "colour", "play", "slider", "top", "panel"} <= set(focused)


def test_a_click_chooses_and_folding_leaves_the_right_boxes(show: Any) -> None:
    _net, _, loss = small()
    t = trace(loss)
    page = show(t)

    def visible() -> set[tuple[str, int]]:
        return {(kind, id) for kind, id in page.ask("boxes")}

    constants = {("node", len(t.nodes) + c.id) for c in t.constants}
    named = {call.label: call.id for call in t.calls}
    outside = {("node", n.id) for n in t.nodes if n.call is None and not n.is_leaf}
    page.page.click("#fold")
    assert visible() == {("call", named["Net"])} | outside | constants
    page.page.click("#unfold")
    assert visible() == {("open", c.id) for c in t.calls} | {("node", n.id) for n in t.nodes} | constants
    # A click on the title of fc1 folds it, and its parameters with it.
    page.settled()
    page.page.mouse.click(*page.ask("titleOf", named["fc1"]))
    gone = {("node", n.id) for n in t.nodes if n.call == named["fc1"] or n.name.startswith("fc1.")}
    assert len(gone) == 3
    calls = {("open", named["Net"]), ("open", named["fc2"]), ("call", named["fc1"])}
    assert visible() == calls | {("node", n.id) for n in t.nodes} - gone | constants
    # A step into what is folded lights the folded box.
    inside = next(n.id for n in t.nodes if n.call == named["fc1"])
    page.ask("toStep", "forward", inside)
    assert page.settled().ask("lit", inside)
    assert page.ask("said")["node"] == str(inside)
    # Search opens it again.
    page.page.fill("#search", "fc1.weight")
    page.key("Enter")
    assert t.nodes[page.ask("chosen")].name == "fc1.weight"
    assert ("open", named["fc1"]) in visible()


def test_jumps_and_colours(show: Any) -> None:
    x = autograd.tensor([1.0, 0.0], requires_grad=True)
    with watch(), np.errstate(all="ignore"):
        t = trace(((x / x) * 2.0).sum())
    faulty = show(t)
    faulty.page.select_option("#jump", "nan")
    assert t.nodes[faulty.ask("chosen")].name == "div"

    w, v = autograd.tensor([1.0, 2.0], requires_grad=True), autograd.tensor([3.0, 4.0], requires_grad=True)
    with watch():
        t = trace((w * 1e-6 + v * 1000.0).sum())
    page = show(t)
    page.page.select_option("#jump", "nan")
    assert "there is none" in page.page.inner_text("#said")
    for jump, name in (("vanishing", "w"), ("largest", "v")):
        page.page.select_option("#jump", jump)
        assert t.nodes[page.ask("chosen")].name == name
    fills = set()
    for colour in ("gradient", "ratio", "phase"):
        page.page.select_option("#colour", colour)
        fills.add(page.settled().page.inner_text("#legend"))
    assert len(fills) == 3
    page.page.click("#theme")


HOSTILE = [
    "</script><script>document.title='owned'</script>", "<img src=x onerror=document.title='owned'>", "<b>bold</b>",
    "\"'><svg onload=alert(1)>", "a:b", "<lambda>", "<!-- <script>", "]]>", "\u202eright to left",
    "\ud800 half", "${title} $style", "\u2028\u2029\x00\x07",
    "javascript:alert(1)", "&amp;&lt;",
]  # fmt: skip


def test_hostile_names_stay_names(show: Any) -> None:
    tensors = [autograd.tensor(float(i + 1), requires_grad=True) for i in range(len(HOSTILE))]
    for t, text in zip(tensors, HOSTILE, strict=True):
        t.name = text

    class Hostile(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("<img src=x onerror=alert(1)>:b", nn.Linear(1, 1))

        def forward(self, x: Any) -> Any:
            return next(self.children())(x)

    Hostile.__name__ = "<script>alert(2)</script>"
    with watch():
        total = tensors[0]
        for t in tensors[1:]:
            total = total * t
        loss = (Hostile()(total.reshape(1, 1)) * 1.0).sum()
    found = trace(loss, names={"<i>x</i>": total})
    page = show(found, title="</title><script>document.title='owned'</script>")
    page.ask("everywhere")
    page.page.wait_for_timeout(100)
    assert "owned" not in page.page.title() or page.page.title().startswith("</title>")
    assert page.ask("tags", "img, b:not(.forward, .backward, .number), iframe, svg[onload], object") == 0
    assert page.ask("tags", "script") == 2
    shown = {page.ask("heading", n.id) for n in found.nodes if n.is_leaf}
    assert {printable(name) for name in HOSTILE} <= shown  # control characters are shown escaped
    # Even a script that got in would not run.
    assert page.ask("inject") != "ran"
    assert any("Content Security Policy" in error for error in page.errors)
    page.errors.clear()


def test_without_script_it_is_a_table(show: Any) -> None:
    loss = diamond()
    t = trace(loss)
    page = show(t, java_script_enabled=False)
    assert page.page.locator("table.all tbody tr").count() == len(t.nodes)
    assert page.page.is_visible("table.all")
    assert not page.page.is_visible("nav")
    assert f"Backward visits {', '.join(f'#{i}' for i in t.order)}." in page.page.inner_text("noscript")


def luminance(colour: str) -> float:
    """How bright a colour is to the eye: WCAG's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a: str, b: str) -> float:
    dark, bright = sorted([luminance(a), luminance(b)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [":root {", ":root.dark {"])
def test_colours_can_be_read_and_told_apart_in_grey(theme: str) -> None:
    """WCAG AA: 4.5 to 1 for text on all that it stands on, 3 to 1 for lines; and fills that a grey projector tells apart."""
    block = build.asset("page.css").split(theme, 1)[1].split("}")[0]
    c = dict(re.findall(r"--([a-z-]+): (#\w{6});", block))
    fills = ("paper", "panel", "op", "leaf", "call", "done-forward", "done-backward")
    for text in ("ink", "soft"):
        assert {fill: contrast(c[text], c[fill]) for fill in fills if contrast(c[text], c[fill]) < 4.5} == {}, text
    for line in ("edge", "line", "frame", "forward", "backward", "chosen", "inner"):
        assert {fill: contrast(c[line], c[fill]) for fill in ("paper", "panel", "op") if contrast(c[line], c[fill]) < 3} == {}, line
    for text in ("forward", "backward"):
        assert contrast(c[text], c["paper"]) >= 4.5
        assert contrast(c[text], c["panel"]) >= 4.5
    states = [c["op"], c["done-forward"], c["done-backward"]]
    assert all(contrast(a, b) > 1.25 for i, a in enumerate(states) for b in states[:i])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_grey_projector_shows_signs_and_sizes(show: Any, scheme: str) -> None:
    """A heat map's negative cells have a dash; colours of gradients go from light to dark, and text can be read on all of them."""
    a = autograd.from_numpy(np.random.default_rng(0).standard_normal((9, 12))).requires_grad_()
    page = show(trace((a * 1.5).tanh().sum()), color_scheme=scheme).page
    page.evaluate("glassgrad.goto(glassgrad.steps.length); glassgrad.choose(0)")
    dashed = page.evaluate("""() => {
      const canvas = document.querySelector("#panel canvas"), pen = canvas.getContext("2d");
      return Array.from({ length: 9 }, (_, r) => Array.from({ length: 12 }, (_, c) =>
        pen.getImageData(7 * c + 3, 7 * r + 3, 1, 1).data.join() !== pen.getImageData(7 * c, 7 * r, 1, 1).data.join()));
    }""")
    assert (np.array(dashed) == (a.detach().numpy() < -0.01)).mean() > 0.98
    page.select_option("#colour", "gradient")
    shades = page.evaluate(
        "[...getComputedStyle(document.querySelector('#legend .ramp')).backgroundImage.matchAll(/rgb\\(([^)]*)/g)].map((m) => m[1])"
    )
    colours = ["#" + "".join(f"{int(v):02x}" for v in shade.split(",")) for shade in shades]
    bright = [luminance(colour) for colour in colours]
    block = build.asset("page.css").split(":root {" if scheme == "light" else ":root.dark {")[1].split("}")[0]
    ink = dict(re.findall(r"--([a-z-]+): (#\w{6});", block))["ink"]
    assert bright == sorted(bright, reverse=scheme == "light")
    assert max(bright) > 2 * min(bright)
    assert min(contrast(colour, ink) for colour in colours) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_known_gradient_is_seen_without_colours(show: Any, scheme: str) -> None:
    """A box has a second line within its first, in the picture and in the legend; from far away one through its middle."""
    t = trace(diamond())
    page = show(t, color_scheme=scheme, device_scale_factor=3)
    order = [i for i in t.order if t.nodes[i].op]
    for done in range(len(order) + 1):
        page.page.evaluate(f"glassgrad.goto({len(order) + done})")
        page.settled()
        known = [i in order[:done] or (not n.operands and users(t, i) <= set(order[:done])) for i, n in enumerate(t.nodes)]
        assert [page.ask("lines", i) for i in range(len(t.nodes))] == [1 + k for k in known]
    styles = page.page.evaluate("[...document.querySelectorAll('#legend i')].map((i) => getComputedStyle(i).borderTopStyle)")
    assert [i for i, style in enumerate(styles) if style == "double"] == [len(styles) - 1]

    t = trace(small()[2])  # a folded module has it, too
    page = show(t, color_scheme=scheme, device_scale_factor=3)
    page.page.evaluate("glassgrad.open([])")
    inner = next(node.id for node in t.nodes if node.op and node.call is not None)
    for done in (False, True):
        page.page.evaluate(f"glassgrad.goto({'glassgrad.steps.length' if done else sum(n.op is not None for n in t.nodes)})")
        assert page.settled().ask("lines", inner) == 1 + done
        page.page.evaluate("glassgrad.state.zoom = 0.1; glassgrad.repaint()")
        assert page.ask("struck", inner) == done
        page.page.evaluate("glassgrad.fit(); glassgrad.repaint()")


def test_an_active_edge_crosses_no_title(show: Any) -> None:
    page = show(trace(small()[2]))
    page.ask("unfold")
    page.page.evaluate("glassgrad.fit()")
    for step in range(1, page.ask("steps") + 1):
        page.page.evaluate(f"glassgrad.goto({step})")
        assert page.settled().ask("titled"), step


def test_a_legend_of_two_lines_covers_no_box(show: Any) -> None:
    """On a phone: a loss with an inner gradient has five entries."""
    w, x = autograd.randn(3, 1, requires_grad=True), autograd.randn(5, 3)
    with watch():
        (g,) = autograd.grad((x @ w).pow(2).mean(), [w], create_graph=True)
        fast = w - 0.1 * g
        loss = (x @ fast).pow(2).mean()
    page = show(trace(loss), viewport={"width": 420, "height": 860})
    assert page.page.evaluate("document.getElementById('legend').offsetHeight") > 30
    page.page.evaluate("glassgrad.fit(); glassgrad.repaint()")
    bottoms = page.page.evaluate("glassgrad.boxes().map((b) => (b.y + b.height) * glassgrad.state.zoom + glassgrad.state.y)")
    assert max(bottoms) <= page.page.evaluate("document.getElementById('legend').offsetTop")


@pytest.mark.parametrize("width", [420, 1400])
def test_it_fits_the_screen(show: Any, width: int) -> None:
    page = show(trace(small()[2]), viewport={"width": width, "height": 850}, color_scheme="dark", reduced_motion="reduce")
    page.key("End")
    assert page.ask("width") <= width
    for selector in ("#play", "#slider", "#said", "#stage", "#panel", "#search", "#colour", "#unfold", "#in", "#theme", "#lab"):
        box = page.page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 0.5
    assert page.ask("dark")


def test_it_works_in_a_sandboxed_frame(show: Any) -> None:
    from html import escape

    inner = build.page(trace(diamond()), "framed")
    page = show(f'<!DOCTYPE html><iframe id="f" sandbox="allow-scripts" srcdoc="{escape(inner)}"></iframe>')
    frame = page.page.frame_locator("#f")
    frame.locator("#next").click()
    assert "forward" in frame.locator("#said").inner_text()


class Stack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
        self.frozen = nn.Linear(4, 2).requires_grad_(False)

    def forward(self, x: Any) -> Any:
        return self.frozen(self.body(x)), x


def test_an_architecture_is_shown_as_one(show: Any) -> None:
    """Inputs and outputs are nodes, shapes stand at the edges, parameters are counted, and nothing is summed or goes backward."""
    picture = viz.draw(Stack(), input_shape=(7, 6))
    page = show(picture.to_html())
    assert page.page.inner_text("#said") == "69 parameters in 6 modules"
    names = page.page.evaluate("glassgrad.trace.nodes.map((n) => n.name)")
    assert "input" in names
    assert "output" in names
    assert "sum" not in names
    assert "add" not in names
    boxes = page.page.evaluate(
        "glassgrad.boxes().map((b) => [b.kind, b.kind === 'node' ? glassgrad.trace.nodes[b.id].name : b.id])"
    )
    assert ["node", "input"] in boxes
    assert ["node", "output"] in boxes
    assert sorted(kind for kind, _ in boxes) == ["call"] * 4 + ["node"] * 2 + ["open"] * 2
    texts = page.page.evaluate("glassgrad.trace.calls.map((c) => glassgrad.textOf(c.id))")
    assert texts == [
        "Stack · 69 parameters", "Sequential · 59 parameters", "Linear · 35 parameters", "ReLU", "Linear · 24 parameters",
        "Linear · 10 parameters",
    ]  # fmt: skip
    assert page.page.evaluate("glassgrad.steps.every((s) => s.phase === 'forward')")
    drawn = page.page.evaluate(
        """() => {
            const said = [], pen = CanvasRenderingContext2D.prototype, old = pen.fillText;
            pen.fillText = function (text, ...more) { said.push(text); return old.call(this, text, ...more); };
            glassgrad.repaint();
            pen.fillText = old;
            return said;
        }"""
    )
    assert {"7 × 6", "7 × 5", "7 × 4", "7 × 2"} <= set(drawn)
    assert "loss" not in drawn
    assert not page.page.locator("#turn").is_visible()
    assert "∂" not in page.page.inner_text("body")


FRAME = '<!DOCTYPE html><body style="height:3000px">{}<iframe id="f" sandbox="allow-scripts" style="{}" srcdoc="{}"></iframe>'


class Stage(nn.Module):
    """Two residual blocks, as those of which a ResNet is made."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in range(2)]) for _ in range(2)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(2)])

    def forward(self, x: Any) -> Any:
        for (first, second), norm in zip(self.blocks, self.norms, strict=True):
            x = (x + second(norm(first(x)).relu())).relu()
        return x


def test_a_deep_network_opens_folded_and_fills_the_frame(show: Any) -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), *[Stage(4) for _ in range(4)], nn.Flatten(), nn.Linear(64, 3))
    page = show(trace(nn.functional.cross_entropy(model(autograd.randn(2, 1, 4, 4)), autograd.tensor([0, 2]))))
    zoom, width, height = page.page.evaluate("(({ zoom, picture: p }) => [zoom, p.width * zoom, p.height * zoom])(glassgrad.state)")
    frame = page.page.evaluate("((s) => [s.clientWidth, s.clientHeight])(document.getElementById('stage'))")
    assert zoom > 0.6
    assert width <= frame[0]
    assert 0.5 * frame[1] <= height <= frame[1]
    assert any(kind == "call" for kind, _ in page.ask("boxes"))


def test_a_frame_that_gets_its_size_late_shows_the_whole_picture(show: Any) -> None:
    from html import escape

    inner = escape(build.page(trace(diamond()), "framed"))
    page = show(FRAME.format("", "width:900px;height:0;border:0", inner))
    page.page.wait_for_timeout(200)
    page.page.evaluate("document.getElementById('f').style.height = '600px'")
    page.page.wait_for_timeout(300)
    (frame,) = [f for f in page.page.frames if f is not page.page.main_frame]
    zoom, x, y, width, height = frame.evaluate(
        "(() => { const s = glassgrad.state, l = glassgrad.layout(); return [s.zoom, s.x, s.y, l.width, l.height] })()"
    )
    stage = frame.evaluate("[document.getElementById('stage').clientWidth, document.getElementById('stage').clientHeight]")
    assert zoom > 0.5
    assert x >= 0
    assert y >= 0
    assert x + zoom * width <= stage[0]
    assert y + zoom * height <= stage[1]


def test_the_wheel_scrolls_the_notebook_and_with_ctrl_zooms(show: Any) -> None:
    from html import escape

    inner = escape(build.page(trace(diamond()), "framed"))
    page = show(FRAME.format("<p>above</p>", "width:900px;height:600px;border:0", inner))
    page.page.wait_for_timeout(200)
    (frame,) = [f for f in page.page.frames if f is not page.page.main_frame]
    zoom = frame.evaluate("glassgrad.state.zoom")
    page.page.mouse.move(300, 350)
    page.page.mouse.wheel(0, 60)
    page.page.wait_for_timeout(300)
    assert page.page.evaluate("scrollY") > 0
    assert frame.evaluate("glassgrad.state.zoom") == zoom
    page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, -200)
    page.page.keyboard.up("Control")
    page.page.wait_for_timeout(100)
    assert frame.evaluate("glassgrad.state.zoom") > zoom


def chain(n: int) -> Any:
    x = autograd.tensor(np.linspace(-1, 1, 600).reshape(20, 30), requires_grad=True)
    y = x
    for i in range(n):
        y = y.tanh() if i % 2 else y * 1.1
    return y.sum()


def test_a_budget_of_bytes_drops_samples_first_and_says_so(show: Any) -> None:
    t = trace(chain(300))
    free, tight = build.page(t, max_bytes=None), build.page(t, max_bytes=340_000)
    assert len(free) > 375_000
    assert len(tight) < 340_000
    page = show(tight)
    assert re.search(r"samples of \d+ arrays were", page.page.inner_text("#said"))
    assert page.page.evaluate("glassgrad.trace.nodes.filter((n) => typeof n.grad.norm === 'number').length") == len(t.nodes)
    assert "were" not in show(trace(diamond())).page.inner_text("#said")


def test_thousands_of_nodes_stay_below_three_megabytes_and_usable(show: Any) -> None:
    t = trace(chain(2600))
    html = build.page(t)
    assert len(html.encode()) < 3_000_000
    page = show(html)
    page.key("End")
    assert page.ask("chosen") == [i for i in t.order if t.nodes[i].op][-1]
    page.page.click("#fit")
    page.settled()


def test_a_weight_of_many_steps_has_one_trunk(show: Any) -> None:
    h, w = autograd.tensor(0.5, requires_grad=True), autograd.tensor(0.9, requires_grad=True)
    for _ in range(300):
        h = (h * w).tanh()
    page = show(trace(h)).page
    points = page.evaluate("glassgrad.pieces().reduce((n, piece) => n + piece.line.length, 0)")
    assert points < 16 * 602, "each edge of w is drawn from its source on"
    left, right = page.evaluate("((x) => [Math.min(...x), Math.max(...x)])(glassgrad.boxes().map((box) => box.x))")
    assert right - left < 200, "the trunk does not keep straight"


WAYS = """glassgrad.trace.nodes.flatMap((node) => node.operands.flatMap((operand, position) => {
    if (operand.node === null) return [];
    const pieces = glassgrad.path(`${operand.node}>${node.id}:${position}`),
        box = (id) => (({ x, y, width, height }) => [x, y, width, height])(glassgrad.shown(id));
    return pieces.length ? [[pieces.map(({ line }) => line), box(operand.node), box(node.id)]] : [];
}))"""


def tower() -> nn.Module:
    """Layers that each see the results of all before them, as in a DenseNet."""

    class Dense(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4 * (i + 1), 4) for i in range(8)])

        def forward(self, x: Any) -> Any:
            seen = [x]
            for layer in self.layers:
                seen.append(layer(autograd.cat(seen, 1)).relu())
            return autograd.cat(seen, 1)

    return Dense()


@pytest.mark.parametrize("form", ["down", "right", "columns"])
def test_an_edges_pieces_lead_from_its_source_to_its_target(show: Any, form: str) -> None:
    if form == "columns":
        page = show(trace(tower()(autograd.randn(3, 4)).sum()))
    elif form == "down":
        page = show(trace(network()[1]))
    else:
        page = show(trace(nn.TransformerEncoderLayer(8, 2, 16)(autograd.randn(3, 2, 8)).sum()))
        page.page.evaluate("glassgrad.open(glassgrad.trace.calls.map((call) => call.id))")
        page.page.click("#sideways")
    found = page.settled().page.evaluate(WAYS)
    assert len(found) > (6 if form == "down" else 20)
    parts = page.page.evaluate("glassgrad.boxes().filter((box) => box.part).length")
    assert (parts > 0) == (form == "columns")
    along, across = (0, 1) if form == "right" else (1, 0)
    for lines, source, target in found:
        begin, end = lines[0][0], lines[-1][-1]
        assert begin[along] == pytest.approx(source[along] + source[along + 2], abs=1), "begins at the end of its source"
        assert source[across] - 1 <= begin[across] <= source[across] + source[across + 2] + 1
        assert end[along] == pytest.approx(target[along], abs=1), "ends at the beginning of its target"
        assert target[across] - 1 <= end[across] <= target[across] + target[across + 2] + 1
        for before, after in pairwise(lines):
            assert before[-1] == pytest.approx(after[0], abs=1), "the pieces meet"


def test_a_tower_is_set_in_columns_that_fill_the_frame(show: Any) -> None:
    page = show(trace(tower()(autograd.randn(3, 4)).sum())).settled().page
    boxes = page.evaluate("glassgrad.boxes().map(({ x, y, width, height }) => [x, y, x + width, y + height])")
    zoom, width, height = page.evaluate(
        "(({ zoom }) => [zoom, document.querySelector('#stage').clientWidth, document.querySelector('#stage').clientHeight])"
        "(glassgrad.view())"
    )
    left, top, right, bottom = (f(box[k] for box in boxes) for k, f in enumerate((min, min, max, max)))
    assert (right - left) * zoom * (bottom - top) * zoom > 0.5 * width * height
    assert zoom > 0.6, "it can be read"
    leaves = page.evaluate(
        "glassgrad.boxes().filter((box) => box.kind !== 'open').map(({ x, y, width, height }) => [x, y, width, height])"
    )
    for i, a in enumerate(leaves):
        for b in leaves[:i]:
            apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
            assert apart, "two boxes overlap"


def test_a_part_in_a_further_column_names_the_modules_that_go_on_in_it(show: Any) -> None:
    net = nn.Sequential(nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.Tanh()) for _ in range(7)]))
    page = show(trace(net(autograd.rand(2, 4)).sum())).settled()
    page.ask("unfold")
    parts = page.page.evaluate("glassgrad.crumbs()")
    assert len(parts) == page.page.evaluate("glassgrad.boxes().filter((box) => box.part && !box.depth).length") >= 2
    for text in parts:
        assert re.fullmatch(r"▾ (Sequential|…) › 0( › [1-6])?( › [0-3])? …", text), text


def test_a_dense_graph_dims_what_is_far_from_the_choice(show: Any) -> None:
    xs = [autograd.tensor(float(i), requires_grad=True) for i in range(14)]
    layer = xs
    for _ in range(5):
        layer = [autograd.stack(layer).sum() for _ in range(14)]
    page = show(trace(autograd.stack(layer).sum()))
    page.settled()
    page.page.click("#fit")
    page.page.evaluate("glassgrad.choose(0)")
    near = page.settled().ask("fill", 0)
    page.page.evaluate("glassgrad.choose(glassgrad.trace.loss)")
    assert page.settled().ask("fill", 0) != near
