"""The laboratory: what the page computes from edited numbers is what the engine computes from them, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Opened, close_all

import autograd
import nn
import optim
from autograd import viz
from autograd.engine.gradients import node_of
from autograd.viz.trace.tape import reachable
from nn import functional as F

Graph = Callable[[], tuple[Any, dict[str, Any]]]


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page, and its laboratory; no page may complain or ask for anything."""
    opened: list[Opened] = []

    def show(html: str, **options: Any) -> Opened:
        found = Opened(browser, tmp_path / f"{len(opened)}.html", html, **options)
        opened.append(found)
        found.page.click("#lab summary")
        return found.settled()

    yield show
    close_all(opened)


def draws(shape: tuple[int, ...], seed: int = 0) -> Any:
    return autograd.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def network(act: Any, rows: int = 12) -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 5), act(), nn.Linear(5, 1)).double()
    x, y = draws((rows, 2)), (draws((rows, 1), 1) > 0).double()
    return (lambda: F.mse_loss(model(x), y)), dict(model.named_parameters())


def classes() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 3)).double()
    x, y = draws((9, 2)), autograd.from_numpy(np.arange(9) % 3)
    return (lambda: F.cross_entropy(model(x), y)), dict(model.named_parameters())


def scalars() -> tuple[Any, dict[str, Any]]:
    a, b = (
        autograd.tensor(2.0, requires_grad=True, dtype=autograd.float64),
        autograd.tensor(-3.0, requires_grad=True, dtype=autograd.float64),
    )

    def loss() -> Any:
        c = a * b
        return ((c + a) * c.tanh() + (c - 4.0) ** 2) / (1 + a.exp())

    return loss, {"a": a, "b": b}


def broadcasting() -> tuple[Any, dict[str, Any]]:
    a, b = draws((3, 1)).requires_grad_(), draws((4,), 1).requires_grad_()
    c = draws((2, 3, 4), 2)
    return (lambda: ((a * b - c).abs().sqrt().mean(dim=(0, 2)) * a.squeeze(1)).sum()), {"a": a, "b": b}


def infinite() -> tuple[Any, dict[str, Any]]:
    a = draws((5,)).requires_grad_()
    return (lambda: a.clamp(0.1, float("inf")).log().sum() + autograd.linalg.norm(a * a)), {"a": a}


def attention() -> tuple[Any, dict[str, Any]]:
    q, k, v = [draws((4, 3), i).requires_grad_() for i in range(3)]
    return (lambda: ((q @ k.T / 3**0.5).softmax(1) @ v).pow(2).mean()), {"q": q, "k": k, "v": v}


def picked() -> tuple[Any, dict[str, Any]]:
    w = draws((4, 5)).requires_grad_()

    def loss() -> Any:
        parts = autograd.cat([w[1:3, ::2], w[:2, -3:]], 0)
        return autograd.stack([parts.amax(1), parts.log_softmax(1)[:, 0]]).clamp(-2.0, 1.0).sum() + w.T.reshape(20)[3]

    return loss, {"w": w}


def images() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    conv, head = nn.Conv2d(1, 2, 3, padding=1).double(), nn.Linear(8, 2).double()
    x = draws((2, 1, 4, 4))
    y = autograd.tensor([0, 1])
    return (lambda: F.cross_entropy(head(F.max_pool2d(F.relu(conv(x)), 2).flatten(1)), y)), {
        **{f"conv.{n}": p for n, p in conv.named_parameters()},
        **{f"head.{n}": p for n, p in head.named_parameters()},
    }


def recurrent() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    layer = nn.GRU(2, 3).double()
    x = draws((4, 2, 2))
    return (lambda: layer(x)[0].pow(2).mean()), dict(layer.named_parameters())


def tokens() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    table, head = nn.Embedding(5, 3).double(), nn.Linear(3, 2).double()
    given, y = autograd.tensor([[0, 2, 4], [2, 1, 1]]), autograd.tensor([0, 1])
    return (lambda: F.cross_entropy(head(table(given).mean(1)), y)), {
        "table.weight": table.weight,
        **{f"head.{n}": p for n, p in head.named_parameters()},
    }


def linear_algebra() -> tuple[Any, dict[str, Any]]:
    a = draws((3, 3)).requires_grad_()
    return (lambda: (autograd.linalg.det(a) + F.pad(a, (1, 2), value=1.5).cumprod(1).sum() + a.diagonal().sum()).tanh()), {"a": a}


def named(**modules: Any) -> dict[str, Any]:
    return {f"{name}.{n}": p for name, module in modules.items() for n, p in module.named_parameters()}


def normalised() -> tuple[Any, dict[str, Any]]:
    """A convolution with batch normalisation, and a head with layer normalisation."""
    autograd.manual_seed(0)
    conv, batch = nn.Conv2d(2, 4, 3, stride=2, padding="valid", groups=2).double(), nn.BatchNorm2d(4).double()
    layer, head = nn.LayerNorm(4).double(), nn.Linear(4, 3).double()
    x, y = draws((3, 2, 5, 5)), autograd.tensor([0, 2, 1])

    def loss() -> Any:
        seen = F.avg_pool2d(F.relu(batch(conv(x))), 2).flatten(1)
        return F.cross_entropy(head(layer(seen)), y)

    return loss, named(conv=conv, batch=batch, layer=layer, head=head)


def transformer() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    block = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, batch_first=True, activation="gelu").double()
    mask = nn.Transformer.generate_square_subsequent_mask(4).double()
    x = draws((2, 4, 6))
    return (lambda: block(x, src_mask=mask, is_causal=True).pow(2).mean()), named(block=block)


def long_memory() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    layer, head = nn.LSTM(2, 3, num_layers=2).double(), nn.Linear(3, 1).double()
    x, y = draws((4, 2, 2)), draws((2, 1), 3)

    def loss() -> Any:
        outputs, (_, c) = layer(x)
        return F.mse_loss(head(outputs[-1]), y) + c.tanh().sum()

    return loss, named(layer=layer, head=head)


def projected() -> tuple[Any, dict[str, Any]]:
    autograd.manual_seed(0)
    layer = nn.LSTM(2, 3, proj_size=2).double()
    x = draws((3, 2, 2))
    return (lambda: layer(x)[0].pow(2).mean()), named(layer=layer)


def ordered() -> tuple[Any, dict[str, Any]]:
    w = draws((4, 5)).requires_grad_()

    def loss() -> Any:
        values, places = w.max(dim=1)
        top, sorted_ = w.topk(2, dim=0)[0], w.sort(dim=1, descending=True)[0]
        mean_of = autograd.var_mean(w, dim=1)
        middle = w.median(dim=0)[0] * w.kthvalue(2, dim=0)[0] + w.cummax(dim=0)[0][-1]
        picked_ = w.gather(1, places.unsqueeze(1)) + w[[0, 2, 1, 1], [1, 1, 0, 4]].unsqueeze(1)
        return (values * mean_of[0]).sum() + top.prod() + sorted_[:, 0].tanh().sum() + middle.sum() + picked_.pow(2).sum()

    return loss, {"w": w}


def written() -> tuple[Any, dict[str, Any]]:
    w, v = draws((3, 4)).requires_grad_(), draws((2,), 1).requires_grad_()

    def loss() -> Any:
        y = w * 2.0
        y[1, 1:3] = v
        return (y.tanh() * w).sum() + autograd.einsum("ij,kj->ik", y, w).sin().sum()

    return loss, {"w": w, "v": v}


GRAPHS: dict[str, Graph] = {
    "normalised": normalised, "transformer": transformer, "long memory": long_memory, "projected": projected, "ordered": ordered,
    "written": written,
    "recurrent": recurrent, "tokens": tokens, "linear algebra": linear_algebra,
    "tanh": lambda: network(nn.Tanh), "gelu": lambda: network(nn.GELU), "softplus": lambda: network(nn.Softplus),
    "classes": classes, "scalars": scalars, "broadcasting": broadcasting, "attention": attention, "infinite": infinite,
    "picked": picked,
    "images": images,
}  # fmt: skip


def page_of(loss: Any, **options: Any) -> str:
    return viz.draw(loss, **options).to_html()


def recorded(make: Any) -> Any:
    with viz.watch():
        return make()


NOW = """() => {
  const { values, grads } = glassgrad.lab,
    list = (a) => (a && a.data ? [...a.data] : null); // of several outputs each is a node of its own
  return glassgrad.trace.nodes.filter((n) => !n.constant).map((n) => [list(values[n.id]), list(grads[n.id])]);
}"""


def expected(loss: Any) -> list[tuple[Any, Any]]:
    """The value and the gradient of each node on the tape, as the engine has them."""
    made = viz.trace(loss)
    gradients: dict[int, np.ndarray] = {}
    tape = reachable(node_of(loss))  # type: ignore[arg-type]
    for i, node in enumerate(tape):
        owner = node.meta.tensor_ref() if node.meta is not None else None
        if owner is not None and node.plan is None:
            gradients[i] = autograd.grad(loss, [owner], retain_graph=True)[0].numpy()
    return [(n.array if n.array is not None else n.value, gradients.get(n.id)) for n in made.nodes]


def compare(page: Opened, loss: Any) -> int:
    """The values and gradients that the page has, beside the engine's; how many numbers were compared."""
    count = 0
    for (values, gradient), (value, grad) in zip(page.page.evaluate(NOW), expected(loss), strict=True):
        exact = (
            np.ravel(value)
            if isinstance(value, np.ndarray)
            else np.ravel(value.sample)
            if value is not None and value.whole
            else None
        )
        if exact is not None:
            np.testing.assert_allclose(values, exact, rtol=1e-7, atol=1e-9)
            count += len(values)
        if grad is not None:
            np.testing.assert_allclose(gradient, np.ravel(grad), rtol=1e-6, atol=1e-9)
            count += len(gradient)
    return count


@pytest.mark.parametrize("name", GRAPHS)
def test_an_edit_is_computed_as_the_engine_computes_it(show: Any, name: str) -> None:
    make, leaves = GRAPHS[name]()
    page = show(page_of(recorded(make), names=leaves))
    assert page.page.evaluate("[glassgrad.lab.ready, glassgrad.lab.why]") == [True, None]
    assert compare(page, recorded(make)) > 5
    ids = page.page.evaluate("Object.fromEntries(glassgrad.trace.nodes.map((n) => [n.name, n.id]))")
    rng = np.random.default_rng(0)
    for leaf in leaves:
        array = leaves[leaf].array
        place, value = int(rng.integers(array.size)), float(np.round(rng.standard_normal(), 3))
        array.reshape(-1)[place] = value
        page.page.evaluate("([id, place, value]) => glassgrad.editNumber(id, place, value)", [ids[leaf], place, value])
    compare(page, recorded(make))


def test_a_number_is_edited_in_the_panel(show: Any) -> None:
    make, leaves = scalars()
    page = show(page_of(recorded(make), names=leaves))
    a = page.page.evaluate("glassgrad.trace.nodes.find((n) => n.name === 'a').id")
    page.page.evaluate(f"glassgrad.choose({a})")
    assert page.page.input_value("#edit input") == "2"
    page.page.fill("#edit input", "0.5")
    page.page.keyboard.press("Enter")
    leaves["a"].array[...] = 0.5
    compare(page, recorded(make))
    page.page.evaluate(f"glassgrad.goto(glassgrad.steps.length); glassgrad.choose({a})")
    (gradient,) = autograd.grad(make(), [leaves["a"]])
    assert page.page.evaluate("glassgrad.trace.nodes.find((n) => n.name === 'a').grad.mean") == pytest.approx(float(gradient))
    shown = page.page.locator("#panel .pair .number").all_inner_texts()
    assert [float(v) for v in shown] == pytest.approx([0.5, float(gradient)], rel=1e-4)
    page.page.click("#labreset")
    leaves["a"].array[...] = 2.0
    compare(page, recorded(make))


def test_the_value_of_an_op_can_be_held(show: Any) -> None:
    """An edited value stays what it is: later values are computed from it, and no gradient passes through it."""
    a = autograd.tensor(2.0, requires_grad=True, dtype=autograd.float64)
    with viz.watch():
        b = a * 3.0
        loss = b * b
    page = show(page_of(loss))
    page.page.evaluate("glassgrad.editNumber(glassgrad.trace.nodes.find((n) => n.op === 'mul').id, 0, 5)")
    assert page.page.evaluate("[glassgrad.lab.values.at(-1).data[0], glassgrad.lab.grads[0] ?? null]") == [25.0, None]


def test_large_arrays_are_shown_while_they_are_edited(show: Any) -> None:
    """A thousand numbers: every node can be looked at in the laboratory, and a map shows an edit in its place."""
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    x, y = draws((50, 10)), draws((50, 1), 1)
    leaves = dict(model.named_parameters())
    page = show(page_of(recorded(lambda: F.mse_loss(model(x), y)), names=leaves))
    page.page.evaluate("glassgrad.goto(glassgrad.steps.length); for (const n of glassgrad.trace.nodes) glassgrad.choose(n.id)")
    weight = page.page.evaluate("glassgrad.trace.nodes.find((n) => n.name === '0.weight').id")
    page.page.evaluate(f"glassgrad.editNumber({weight}, 3, 25); glassgrad.choose({weight})")
    leaves["0.weight"].array.reshape(-1)[3] = 25
    compare(page, recorded(lambda: F.mse_loss(model(x), y)))
    assert "max 25" in page.page.inner_text("#panel .pair")
    assert page.page.locator("#panel .pair canvas").count() == 2


def test_an_edit_for_which_there_is_no_value_changes_nothing_and_says_so(show: Any) -> None:
    x = autograd.tensor([2.0, 3.0], requires_grad=True, dtype=autograd.float64)
    page = show(page_of(recorded(lambda: autograd.special.gammaln(x).sum()), names={"x": x}))
    page.page.evaluate("glassgrad.choose(0)")
    before = page.page.evaluate(NOW)
    page.page.fill("#edit input >> nth=0", "500")
    page.page.keyboard.press("Enter")
    assert "Gamma of 500" in page.page.inner_text("#said")
    assert page.page.input_value("#edit input >> nth=0") == "2"
    assert page.page.evaluate(NOW) == before
    page.page.fill("#edit input >> nth=0", "5")
    page.page.keyboard.press("Enter")
    x.array[0] = 5.0
    compare(page, recorded(lambda: autograd.special.gammaln(x).sum()))


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1), "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True), "Adam": lambda p: optim.Adam(p, lr=0.05),
    "AMSGrad": lambda p: optim.Adam(p, lr=0.05, amsgrad=True), "AdamW": lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, centered=True, momentum=0.5),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
}  # fmt: skip


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_makes_the_optimizers_step(show: Any, name: str, before: int) -> None:
    make, leaves = network(nn.Tanh)
    optimizer = OPTIMIZERS[name](list(leaves.values()))

    def step() -> None:
        optimizer.zero_grad()
        make().backward()
        optimizer.step()

    for _ in range(before):
        step()
    page = show(page_of(recorded(make), names=leaves, optimizer=optimizer))
    for _ in range(4):
        page.page.click("#labstep")
        step()
    compare(page, recorded(make))


def test_without_an_optimizer_it_is_gradient_descent_with_a_rate_that_can_be_set(show: Any) -> None:
    make, leaves = network(nn.Tanh)
    page = show(page_of(recorded(make), names=leaves))
    page.page.fill("#rate", "0.25")
    page.page.click("#labstep")
    gradients = autograd.grad(make(), list(leaves.values()))
    for leaf, gradient in zip(leaves.values(), gradients, strict=True):
        leaf.array[...] -= 0.25 * gradient.numpy()
    compare(page, recorded(make))
    assert "steps: 1, loss" in page.page.inner_text("#lossnow")


def test_the_loop_runs_and_the_loss_falls(show: Any) -> None:
    make, leaves = network(nn.Tanh)
    page = show(page_of(recorded(make), names=leaves, optimizer=optim.Adam(list(leaves.values()), lr=0.02)))
    page.page.click("#labloop")
    while page.page.evaluate("glassgrad.lab.steps") < 30:
        page.settled()
    page.page.click("#labloop")
    losses = page.page.evaluate("glassgrad.lab.losses")
    assert losses[-1] < 0.8 * losses[0]
    steps = page.page.evaluate("glassgrad.lab.steps")
    page.settled()
    assert page.page.evaluate("glassgrad.lab.steps") == steps
    assert len(losses) == steps + 1


COLOURS = """() => {
  const { data } = document.getElementById("plane").getContext("2d").getImageData(0, 0, 180, 180);
  return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
}"""


@pytest.mark.parametrize("make", [lambda: network(nn.Tanh, 40), classes])
def test_the_decision_boundary_is_the_models_and_data_can_be_chosen(show: Any, make: Any) -> None:
    loss, leaves = make()
    page = show(page_of(recorded(loss), names=leaves))
    points = [[float(x), float(y)] for x in np.linspace(-2, 2, 9) for y in np.linspace(-2, 2, 5)]
    said = np.array(page.page.evaluate("(xy) => glassgrad.predicted(xy).map((a) => [...a])", points))
    first, second = [p.numpy() if not p.requires_grad else p.detach().numpy() for n, p in leaves.items() if n.endswith("weight")]
    bias, last = [p.detach().numpy() for n, p in leaves.items() if n.endswith("bias")]
    inner = np.array(points) @ first.T + bias
    inner = np.maximum(inner, 0) if make is classes else np.tanh(inner)
    np.testing.assert_allclose(said, inner @ second.T + last, rtol=1e-9, atol=1e-12)
    seen = []
    for kind in ("circles", "spirals", "moons"):
        page.page.select_option("#dataset", kind)
        x, labels = page.page.evaluate("[[...glassgrad.plane().x], [...glassgrad.plane().labels]]")
        assert len(x) == 2 * len(labels)
        assert len(set(labels)) == 2
        seen.append(x)
        page.page.wait_for_timeout(60)
        assert page.page.evaluate(COLOURS) > 3
        assert page.page.evaluate("glassgrad.lab.losses.length") == 1
    assert seen[0] != seen[1] != seen[2]
    radius = np.hypot(*np.reshape(seen[0], (-1, 2)).T)
    assert min(radius[::2]) > 1.6 > 1.4 > max(radius[1::2])


# -------------------------------------------------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: (autograd.special.bessel_y0(draws((3,)).abs().requires_grad_())).sum(), "The page does not compute bessel_y0"),
        (lambda: autograd.linalg.svdvals(draws((2, 2)).requires_grad_()).sum(), "The page does not compute svd"),
        (lambda: (draws((90, 90)).requires_grad_() * 2.0).sum(), "does not hold all numbers"),
        (lambda: nn.Linear(2, 2)(draws((3, 2))).sum(), "The numbers of weight are gone: hold the model"),
    ],
)
def test_it_says_why_it_offers_nothing(show: Any, make: Any, why: str) -> None:
    page = show(page_of(recorded(make)))
    assert why in page.page.inner_text("#labtools")
    assert page.page.evaluate("glassgrad.lab.ready") is False
    assert page.page.locator("#labstep").count() == 0


def test_the_mean_and_the_variance_of_a_norm_are_defined(show: Any) -> None:
    make, leaves = normalised()
    page = show(page_of(recorded(make), names=leaves))
    norm = page.page.evaluate("glassgrad.trace.nodes.findLast((n) => n.op === 'normalize').id")
    page.page.evaluate(f"glassgrad.goto(glassgrad.steps.length); glassgrad.choose({norm})")
    said = page.page.locator("#panel .equation code").all_text_contents()
    assert any(line.startswith("mean = mean_last(") for line in said)
    assert any(line.startswith("var = mean_last((") for line in said)
    assert not any("∂L/∂var" in line for line in said)  # no gradient goes through it
    page.page.evaluate("for (const n of glassgrad.trace.nodes) glassgrad.choose(n.id)")


def test_one_of_several_outputs_can_be_held(show: Any) -> None:
    make, leaves = projected()
    page = show(page_of(recorded(make), names=leaves))
    page.page.evaluate("glassgrad.editNumber(glassgrad.trace.nodes.find((n) => n.pick === 0).id, 0, 5)")
    values = page.page.evaluate(NOW)
    assert [gradient for _, gradient in values[: len(leaves)] if gradient] == []
    loss = np.mean(np.square(next(v for v, _ in values if v and v[0] == 5)))
    assert values[-1][0][0] == pytest.approx(loss)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "a decomposition of a matrix is an algorithm"), ("zh", "矩阵分解是一种算法")],
)
def test_a_node_that_is_not_computed_says_why(show: Any, language: str, said: str) -> None:
    loss = recorded(lambda: autograd.linalg.svdvals(draws((2, 2)).requires_grad_()).sum())
    page = show(page_of(loss, language=language))
    page.page.click("#labtools button")
    assert page.page.evaluate("glassgrad.trace.nodes[glassgrad.state.chosen].op") == "svd"
    assert said in page.page.inner_text("#panel")
    page.page.evaluate("glassgrad.choose(0)")
    assert said not in page.page.inner_text("#panel")


@pytest.mark.parametrize(("old", "new"), [('["-",', '["+",'), ('"tanh","x"', '"sinh","x"'), ('["sum",', '["mean",')])
def test_a_planted_mistake_is_seen_and_nothing_is_offered(show: Any, old: str, new: str) -> None:
    make, leaves = network(nn.Tanh)
    head, trees = page_of(recorded(make), names=leaves).split('"trees":', 1)
    assert old in trees
    page = show(f'{head}"trees":{trees.replace(old, new, 1)}')
    assert page.page.evaluate("glassgrad.lab.ready") is False
    assert "otherwise than the engine did" in page.page.inner_text("#labtools")


def test_the_articles_page_stays_small() -> None:
    """The network of the article with 64 units, on a hundred samples of ten numbers, with the laboratory in it."""
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    x, y = autograd.rand(100, 10), autograd.rand(100, 1)
    html = page_of(((model(x) - y) ** 2).mean())
    data = json.loads(html.split('id="trace">')[1].split("</script>")[0])
    assert "trees" in data["laboratory"]
    assert len(html.encode()) < 250_000
