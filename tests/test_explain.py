"""An explanation is right: its equations, and the very text that it prints, compute the gradients that backward does."""

from __future__ import annotations

import ast
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import autograd.viz
import nn
import optim
from autograd.errors import GraphError
from autograd.viz import explain
from tests.formula_language import read

F = nn.functional


@pytest.fixture(autouse=True)
def _double() -> Any:
    before = autograd.get_default_dtype()
    autograd.set_default_dtype(autograd.float64)
    autograd.manual_seed(0)
    yield
    autograd.set_default_dtype(before)


ACTIVATIONS: dict[str, Callable[[], Any]] = {
    "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU, "elu": nn.ELU, "softplus": nn.Softplus, "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky": nn.LeakyReLU, "mish": nn.Mish,
}  # fmt: skip
LOSSES: dict[str, Callable[..., Any]] = {
    "mse": lambda z: F.mse_loss(z, autograd.ones(*z.shape) * 0.3),
    "half mse by hand": lambda z: ((z - autograd.ones(*z.shape) * 0.3) ** 2).mean() * 0.5,
    "sum of squares": lambda z: (autograd.ones(*z.shape) * 0.3 - z).square().sum() / 2,
    "cross entropy": lambda z: F.cross_entropy(z, autograd.arange(len(z)) % z.shape[1]),
    "cross entropy, summed": lambda z: F.cross_entropy(z, autograd.arange(len(z)) % z.shape[1], reduction="sum"),
    "nll of log softmax": lambda z: F.nll_loss(F.log_softmax(z, dim=1), autograd.arange(len(z)) % z.shape[1]),
    "bce of logits": lambda z: F.binary_cross_entropy_with_logits(z, autograd.ones(*z.shape) * 0.25),
    "bce of sigmoid": lambda z: F.binary_cross_entropy(autograd.sigmoid(z), autograd.ones(*z.shape) * 0.25),
    "mse of sigmoid": lambda z: F.mse_loss(autograd.sigmoid(z), autograd.zeros(*z.shape)),
}


def chain(widths: list[int], activation: Callable[[], Any]) -> Any:
    layers: list[Any] = []
    for i, (a, b) in enumerate(itertools.pairwise(widths)):
        layers += [nn.Linear(a, b)] + ([activation()] if i < len(widths) - 2 else [])
    return nn.Sequential(*layers)


def compare(story: Any, loss: Any, parameters: dict[str, Any], tolerance: float = 1e-12) -> None:
    """The equations' gradients against backward's."""
    found = story.evaluate()
    loss.backward()
    assert found.keys() == parameters.keys()
    for name, parameter in parameters.items():
        expected = parameter.grad.numpy()
        assert found[name].shape == expected.shape
        np.testing.assert_allclose(
            found[name], expected, rtol=tolerance, atol=tolerance * max(np.abs(expected).max(initial=0), 1e-300)
        )


@pytest.mark.parametrize("loss_name", LOSSES)
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_recursion_of_a_chain_is_its_gradient(depth: int, loss_name: str) -> None:
    model = chain([*[3, 5, 4, 6][:depth], 3], nn.Tanh)
    loss = LOSSES[loss_name](model(autograd.randn(6, 3)))
    story = explain(loss)
    printed(story)
    compare(story, loss, dict(model.named_parameters()))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name: str) -> None:
    model = chain([4, 7, 5, 2], ACTIVATIONS[name])
    loss = F.mse_loss(model(autograd.randn(8, 4)), autograd.zeros(8, 2))
    story = explain(loss)
    if name not in ("elu", "gelu", "softplus", "leaky"):  # their slopes are told with options
        printed(story)
    compare(story, loss, dict(model.named_parameters()))


def printed(story: Any) -> None:
    """Evaluate the printed lines, as one would type them, from nothing but parameters, inputs and targets."""
    names: dict[str, Any] = {
        "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), "sigma": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh, "log": np.log,
        "relu": lambda z: np.maximum(z, 0), "exp": np.exp, "sum": np.sum, "indicator": lambda c: c, "max": np.maximum,
        "min": np.minimum,
        "sum_over": lambda dim, v: v.sum(axis={"samples": story.story.given.get("samples", 0)}[dim]),
        "softplus": lambda z: np.log1p(np.exp(z)), "abs": np.abs,
    }  # fmt: skip
    known = {key: value for key, value in story.story.given.items() if isinstance(value, np.ndarray | int)}
    letters = {key: value for key, value in known.items() if re.fullmatch(r"[A-Za-z]+(_\d+)*", key)}
    names.update(letters)
    expected = story.values()
    compared = 0
    keys = iter([e for e in story.equations if e.printed])
    for line in story.lines():
        main, *where = line.split(", where ")
        left, right = main.split(" = ", 1)
        for definition in re.split(r", (?=\w+ = )", where[0]) if where else []:
            name, value = definition.split(" = ", 1)
            names[name] = eval(compile(ast.parse(read(value), mode="eval"), value, "eval"), {"__builtins__": {}}, names)
        source = read(right)
        value = eval(source, {"__builtins__": {}}, names)
        names[read(left)] = value
        equation = next(keys)
        np.testing.assert_allclose(
            np.asarray(value).reshape(-1), np.asarray(expected[equation.key]).reshape(-1), rtol=1e-12, atol=1e-15, err_msg=line
        )
        compared += 1
    assert compared >= 4


@pytest.mark.parametrize("form", ["rows", "rows, transposed", "columns", "row bias", "no bias", "addmm"])
def test_layers_written_by_hand(form: str) -> None:
    x, y = autograd.randn(6, 3), autograd.rand(6, 2)
    W1 = (
        autograd.randn(4, 3, requires_grad=True)
        if form in ("rows, transposed", "columns")
        else autograd.randn(3, 4, requires_grad=True)
    )
    W2 = (
        autograd.randn(2, 4, requires_grad=True)
        if form in ("rows, transposed", "columns")
        else autograd.randn(4, 2, requires_grad=True)
    )
    shape = {"columns": lambda n: (n, 1), "row bias": lambda n: (1, n)}.get(form, lambda n: (n,))
    b1, b2 = autograd.randn(*shape(4), requires_grad=True), autograd.randn(*shape(2), requires_grad=True)
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    if form == "columns":
        out, y = W2 @ autograd.tanh(W1 @ x.T + b1) + b2, y.T
    elif form == "rows, transposed":
        out = autograd.tanh(x @ W1.T + b1) @ W2.T + b2
    elif form == "no bias":
        out, parameters = autograd.tanh(x @ W1) @ W2, {"W1": W1, "W2": W2}
    elif form == "addmm":
        out = autograd.addmm(b2, autograd.tanh(autograd.addmm(b1, x, W1)), W2)
    else:
        out = autograd.tanh(x @ W1 + b1) @ W2 + b2
    loss = ((out - y) ** 2).mean()
    story = explain(loss)
    lines = story.lines()
    transposed = {"columns": "W⁽²⁾ᵀ δ⁽²⁾", "rows, transposed": "δ⁽²⁾ W⁽²⁾"}.get(form, "δ⁽²⁾ W⁽²⁾ᵀ")
    assert f"δ⁽¹⁾ = ({transposed}) ⊙ tanh'(z⁽¹⁾)" in lines
    printed(story)
    compare(story, loss, parameters)


def test_names_are_those_of_the_leaves() -> None:
    weight = autograd.randn(3, 2, requires_grad=True)
    weight.name = "kernel"
    story = explain(((autograd.randn(4, 3) @ weight) ** 2).sum())
    assert list(story.parameters) == ["kernel"]


def test_a_shared_weight_gets_the_sum() -> None:
    W = autograd.randn(3, 3, requires_grad=True)
    loss = ((autograd.tanh(autograd.tanh(autograd.randn(5, 3) @ W) @ W) - 1.0) ** 2).mean()
    story = explain(loss)
    assert any(line.startswith("∂L/∂W⁽¹⁾ = ") and " + " in line for line in story.lines("gradients"))
    compare(story, loss, {"W": W})


def convolutional() -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 2, 3, stride=2), nn.Tanh(),
        nn.Flatten(),
        nn.Linear(2, 3),
    )  # fmt: skip


OTHERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "convolution": lambda: (m := convolutional(), F.cross_entropy(m(autograd.randn(2, 1, 8, 8)), autograd.tensor([0, 2]))),
    "layer norm": lambda: (m := nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 2)),
    F.mse_loss(m(autograd.randn(5, 3)), autograd.zeros(5, 2))),
    "transformer": lambda: (m := nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (m(autograd.randn(2, 3, 8)) ** 2).mean()),
    "encoder": lambda: (m := nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 3), (m(autograd.randn(3, 2,
    8)) ** 2).sum()),
    "lstm": lambda: (m := nn.LSTM(3, 4, 2), (m(autograd.randn(5, 2, 3))[0] ** 2).mean()),
    "gru": lambda: (m := nn.GRU(3, 4), (m(autograd.randn(5, 2, 3))[0] ** 2).mean()),
    "rnn": lambda: (m := nn.RNN(3, 4), (m(autograd.randn(5, 2, 3))[0] ** 2).mean()),
    "embedding": lambda: (m := nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 2)), (m(autograd.tensor([[1, 2], [2,
    6]])) ** 2).sum()),
    "dropout": lambda: (m := nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 1)), (m(autograd.randn(5,
    3)) ** 2).mean()),
    "residual": lambda: (m := nn.Linear(4, 4), (lambda x: ((m(m(x).tanh() + x) + x) ** 2).mean())(autograd.randn(3, 4))),
    "weighted cross entropy": lambda: (m := nn.Linear(3, 4), F.cross_entropy(m(autograd.randn(5, 3)), autograd.tensor([0, 1, 2, 3,
    0]),
        weight=autograd.tensor([1.0, 2.0, 3.0, 4.0]), label_smoothing=0.1)),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_layers_beyond_the_textbook_recursion(name: str) -> None:
    model, loss = OTHERS[name]()
    story = explain(loss, numbers=True)
    for kind in ("text", "markdown", "latex", "html"):
        assert getattr(story, kind)
    well_formed(story)
    assert all(e.tree is not None for e in story.equations)
    compare(story, loss, dict(model.named_parameters()))


def test_repeated_blocks_are_told_once() -> None:
    _, loss = OTHERS["encoder"]()
    story = explain(loss)
    assert "layers.1 to layers.2 repeat layers.0" in story.text
    assert "layers.1.linear1" not in story.text
    assert len(story.parameters) == 36


def test_it_names_layers_shapes_and_numbers() -> None:
    model = chain([2, 4, 1], nn.Tanh)
    loss = F.mse_loss(model(autograd.tensor([[0.0, 1.0], [1.0, 0.0]])), autograd.zeros(2, 1))
    story = explain(loss, numbers=True)
    for word in ("0.weight", "2.bias", "in 1 (Tanh)", "(2, 4)", "δ⁽²⁾ = 2·(z⁽²⁾ − y) / n"):
        assert word in story.text
    value = story.values()["z_2"]
    assert f"{value[0, 0]:.4f}".rstrip("0") in story.text
    assert str(story) == story.text
    assert story._repr_html_()
    assert story._repr_markdown_() == story.markdown


def test_the_graph_and_grad_are_left_alone() -> None:
    model = chain([2, 3, 1], nn.Tanh)
    loss = F.mse_loss(model(autograd.randn(4, 2)), autograd.zeros(4, 1))
    explain(loss, numbers=True)
    assert all(p.grad is None for p in model.parameters())
    loss.backward()


def test_chinese() -> None:
    model = chain([2, 3, 1], nn.Tanh)
    story = explain(
        F.mse_loss(model(autograd.randn(4, 2)), autograd.zeros(4, 1)),
        language="zh",
        optimizer=optim.SGD(model.parameters(), lr=0.1),
    )
    for word in ("反向传播", "前向传播", "参数更新", "δ⁽¹⁾ = (δ⁽²⁾ W⁽²⁾) ⊙ tanh'(z⁽¹⁾)"):
        assert word in story.text
    assert 'lang="zh-CN"' in story.html
    english = explain(F.mse_loss(model(autograd.randn(4, 2)), autograd.zeros(4, 1)))
    assert story.lines() == english.lines()
    with pytest.raises(ValueError, match="'en', 'zh'"):
        explain(F.mse_loss(model(autograd.randn(4, 2)), autograd.zeros(4, 1)), language="fr")


# ------------------------------------------------------------------------------------------------------------------ update


UPDATES: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda p: optim.SGD(p, lr=0.1), "decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.2), "l1": lambda p: optim.SGD(p,
    lr=0.1, l1=0.2),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9), "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9,
    nesterov=True),
    "maximize": lambda p: optim.SGD(p, lr=0.1, maximize=True, weight_decay=0.1), "adam": lambda p: optim.Adam(p, lr=0.1),
    "amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True), "adamw": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.1),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.1), "centered": lambda p: optim.RMSprop(p, lr=0.1, centered=True, momentum=0.5),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
}  # fmt: skip


@pytest.mark.parametrize("name", UPDATES)
def test_the_update_that_is_told_is_the_one_that_is_made(name: str) -> None:
    w = autograd.randn(5, requires_grad=True)
    optimizer = UPDATES[name]([w])
    loss = (w.tanh() ** 2).sum()
    story = explain(loss, optimizer=optimizer)
    assert story.update is not None
    state: dict[str, Any] = {k: np.zeros(5) for k in ("b", "m", "v", "vmax", "s", "a")}
    theta = w.detach().numpy().copy()
    for t in (1, 2, 3):
        optimizer.zero_grad()
        (w.tanh() ** 2).sum().backward()
        names = {
            **state,
            **story.update.options,
            "theta": theta,
            "t": t,
            "g": w.grad.numpy().copy(),
            "sqrt": np.sqrt,
            "maximum": np.maximum,
            "sign": np.sign,
        }
        for left, right in story.update.assignments:
            names[left] = eval(right, {"__builtins__": {}}, names)
        state, theta = {k: names[k] for k in state}, names["theta"]
        optimizer.step()
        np.testing.assert_allclose(theta, w.detach().numpy(), rtol=1e-10)
    assert "←" in story.text
    assert type(optimizer).__name__ in story.text


def test_an_optimizer_without_equations_is_told_by_its_docstring() -> None:
    w = autograd.randn(5, requires_grad=True)
    story = explain((w**2).sum(), optimizer=optim.Lion([w]))
    assert "Lion" in story.text
    assert "sign" in story.text


# ------------------------------------------------------------------------------------------------------------------ formats


def well_formed(story: Any) -> None:
    body = story.html.split("<body>")[1].split("</body>")[0]
    root = ET.fromstring(body.strip())
    assert root.findall(".//math")
    assert not root.findall(".//script")
    assert "<script" not in story.html
    assert "http://" not in story.html
    latex = story.latex
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    assert latex.count(r"\[") == latex.count(r"\]")
    assert story.markdown.count("$$") % 2 == 0


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a&b$c_d{e}\\f", "`$$|x|", "name\nwith lines"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(name: str) -> None:
    W = autograd.randn(3, 2, requires_grad=True)
    W.name = name
    story = explain(((autograd.randn(4, 3) @ W - 1.0) ** 2).mean())
    well_formed(story)
    assert "<script" not in story.html
    assert "<img" not in story.html
    assert "<script" not in story.markdown
    assert "<img" not in story.markdown
    if "\n" not in name:
        assert name in ET.fromstring(story.html.split("<body>")[1].split("</body>")[0].strip()).itertext() or name in "".join(
            ET.fromstring(story.html.split("<body>")[1].split("</body>")[0].strip()).itertext()
        )


def test_save(tmp_path: Any) -> None:
    W = autograd.randn(3, 2, requires_grad=True)
    story = explain(((autograd.randn(4, 3) @ W) ** 2).mean())
    for ending, start in ((".html", "<!doctype html>"), (".md", "# "), (".tex", r"\documentclass"), (".txt", "Backpropagation")):
        assert story.save(tmp_path / f"a{ending}").read_text(encoding="utf-8").startswith(start)
    with pytest.raises(ValueError, match=r"\.html, \.md, \.tex or \.txt"):
        story.save(tmp_path / "a.doc")


def test_errors() -> None:
    W = autograd.randn(3, 2, requires_grad=True)
    with pytest.raises(GraphError, match="does not require grad"):
        explain(autograd.ones(1))
    with pytest.raises(GraphError, match="one number"):
        explain(W * 2)
    loss = (W**2).sum()
    loss.backward()
    with pytest.raises(GraphError, match="retain_graph=True"):
        explain(loss)


def test_a_planted_mistake_is_found() -> None:
    model = chain([3, 4, 2], nn.Tanh)
    loss = F.mse_loss(model(autograd.randn(6, 3)), autograd.zeros(6, 2))
    story = explain(loss)
    slope = next(e for e in story.equations if e.key == "slope_a_1")
    slope.tree = ast.parse("1 + a_1 ** 2", mode="eval").body
    with pytest.raises(AssertionError):
        compare(story, loss, dict(model.named_parameters()))


# ------------------------------------------------------------------------------------------------------- as textbooks tell it
def lstm() -> tuple[Any, Any]:
    model = nn.LSTM(3, 4)
    return model, (model(autograd.randn(5, 2, 3))[0][-1] ** 2).mean()


def test_an_lstm_is_told_with_time() -> None:
    _, loss = lstm()
    lines = explain(loss).lines()
    for line in (
        "a⁽¹⁾_t = z⁽¹⁾_t + h⁽²⁾_{t−1} W⁽²⁾ᵀ",
        "i⁽¹⁾_t = σ(part_i(a⁽¹⁾_t))",
        "c⁽¹⁾_t = f⁽¹⁾_t ⊙ c⁽¹⁾_{t−1} + i⁽¹⁾_t ⊙ u⁽¹⁾_t",
        "h⁽²⁾_t = o⁽¹⁾_t ⊙ tanh(c⁽¹⁾_t)",
        "∂L/∂W⁽²⁾ = Σ_t(δ⁽¹⁾_tᵀ h⁽²⁾_{t−1})",
    ):
        assert line in lines, lines


def test_the_projection_of_an_lstm_is_told_with_time() -> None:
    model = nn.LSTM(3, 4, proj_size=2)
    lines = explain((model(autograd.randn(5, 2, 3))[0] ** 2).mean()).lines()
    for line in (
        "r⁽¹⁾_t = o⁽¹⁾_t ⊙ tanh(c⁽¹⁾_t)",
        "h⁽²⁾_t = r⁽¹⁾_t W₂⁽²⁾ᵀ",
        "δr⁽¹⁾_t = δh⁽¹⁾_t W₂⁽²⁾",
        "δo⁽¹⁾_t = δr⁽¹⁾_t ⊙ tanh(c⁽¹⁾_t) ⊙ o⁽¹⁾_t ⊙ (1 − o⁽¹⁾_t)",
        "∂L/∂W₂⁽²⁾ = Σ_t(δh⁽¹⁾_tᵀ r⁽¹⁾_t)",
    ):
        assert line in lines, lines


def timed(lines: list[str], given: dict[str, Any], steps: int, hidden: int) -> dict[str, Any]:
    """Runs the equations that hold at every time: those of the forward pass from the first step on, the others from the last."""
    values: dict[str, Any] = dict(given)
    cells: dict[tuple[str, int], Any] = {}

    def python(text: str) -> str:
        text = re.sub(r"∂L/∂(\w+)", r"d_\1", re.sub(r"⁽\d*[¹²³]⁾", lambda m: "_" + "123"["¹²³".index(m[0][1])], text))
        text = text.replace("δ", "delta").replace("σ", "sigma").replace("−", "-").replace("²", "**2").replace("⊙", "*")
        text = re.sub(r"part_(\w)\(", r"part('\1', ", text)
        text = re.sub(r"(\w+?)_(?:\{(t[-+]1)\}|(t))(?!\w)", lambda m: f"at('{m[1]}', {m[2] or m[3]})", text)
        text = text.replace("ᵀ", ".T")
        return re.sub(r"(?<=[\w)]) (?=[A-Za-z])", " @ ", text)

    def at(name: str, t: int) -> Any:
        if (name, t) in cells:
            return cells[name, t]
        if name in values:
            return values[name][t] if 0 <= t < steps else np.zeros_like(values[name][0])
        return np.zeros((2, hidden if name != "delta_1" else 4 * hidden))

    def part(gate: str, a: Any) -> Any:
        k = "ifuo".index(gate)
        return a[..., k * hidden : (k + 1) * hidden]

    words = {
        "at": at, "part": part, "sigma": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh,
        "concat": lambda *x: np.concatenate(x, -1),
    }  # fmt: skip
    for order, chosen in ((range(steps), lines[:7]), (range(steps - 1, -1, -1), lines[7:])):
        for t in order:
            for line in chosen:
                left, right = line.split(" = ", 1)
                name = re.fullmatch(r"at\('(\w+)', t\)", python(left))
                assert name is not None, line
                cells[name[1], t] = eval(python(right), {"__builtins__": {}}, {**values, **words, "t": t})
    return {name: np.stack([cells[name, t] for t in range(steps)]) for name, _ in cells}


def test_the_printed_recurrence_of_an_lstm_is_the_one_that_runs() -> None:
    model, loss = lstm()
    story = explain(loss)
    values = story.values()
    told = [line for line in story.lines() if line.split(" = ")[0].endswith("_t")]
    given = {key: values[key] for key in ("z_1", "W_1", "W_2", "d_h_2")}
    found = timed(told, given, 5, 4)
    np.testing.assert_allclose(found["h_2"], values["h_2"], rtol=1e-10)
    np.testing.assert_allclose(found["delta_1"], values["delta_1"], rtol=1e-10, atol=1e-14)
    before = np.concatenate([np.zeros((1, 2, 4)), found["h_2"][:-1]])
    gradient = sum(d.T @ h for d, h in zip(found["delta_1"], before, strict=True))
    loss.backward()
    np.testing.assert_allclose(gradient, model.weight_hh_l0.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_attention_is_told_with_q_k_v_and_its_dropout() -> None:
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.25)
    loss = (model(autograd.randn(2, 5, 8)) ** 2).mean()
    lines = explain(loss).lines()
    for line in (
        "Q, K, V = heads(x W⁽¹⁾ᵀ + b⁽¹⁾)", "d_k = 4", "A = softmax(Q Kᵀ / √(d_k))", "h = (A ⊙ mask) V", "δA = mask ⊙ (∂L/∂h Vᵀ)",
        "δS = A ⊙ (δA − Σ_last(δA ⊙ A))", "∂L/∂Q = δS K / √(d_k)", "∂L/∂V = (A ⊙ mask)ᵀ ∂L/∂h", "μ⁽³⁾ = mean_last(h₅)",
        "v⁽³⁾ = mean_last((h₅ − μ⁽³⁾)²)",
    ):  # fmt: skip
        assert line in lines, "\n".join(lines)


def test_the_error_of_cross_entropy_is_p_minus_y() -> None:
    model = nn.Linear(3, 4)
    lines = explain(F.cross_entropy(model(autograd.randn(5, 3)), autograd.tensor([0, 1, 2, 3, 0]))).lines()
    assert "p = softmax(z⁽¹⁾)" in lines
    assert "δ⁽¹⁾ = (p − y) / n" in lines


PYTHON = re.compile(r"slice\(|None|True|False|unindex\(|count\(|=\(|==|\*\*|(?<!re)shape\(|Ellipsis|\bdim=|np\.|\[:, None")


@pytest.mark.parametrize("name", [*OTHERS, "indexing", "pooling", "reshaping"])
def test_no_python_stands_in_a_formula(name: str) -> None:
    if name == "indexing":
        w = autograd.randn(4, 5, requires_grad=True)
        loss = (w[:, -1] * w[1:3, 0].sum() + w[..., 2]).sum() + w.reshape(20)[3]
    elif name == "pooling":
        loss = F.avg_pool2d(autograd.randn(1, 2, 4, 4, requires_grad=True), 2).logsumexp(dim=(1, 2)).sum()
    elif name == "reshaping":
        w = autograd.randn(2, 3, 4, requires_grad=True)
        loss = (w.reshape(6, -1).cumsum(0).flip(0).T.unsqueeze(1).squeeze(1).std(dim=0) / w.var()).sum()
    else:
        loss = OTHERS[name]()[1]
    for line in explain(loss).lines():
        assert not PYTHON.search(line), line


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["transformer", "lstm", "convolution"])
def test_latex_is_a_document_and_long_formulas_are_broken(name: str, language: str) -> None:
    story = explain(OTHERS[name]()[1], language=language)
    latex = story.latex
    assert latex.startswith(r"\documentclass[a4paper,11pt]{" + ("ctexart" if language == "zh" else "article"))
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
    assert latex.count(r"\left") == latex.count(r"\right")
    body = latex.split(r"\begin{document}")[1]
    assert body.isascii() or language == "zh"
    for line in story.text.splitlines():
        if " = " in line and not line.startswith("⊙"):
            assert len(line) <= 130, line


# Words of formulas: below a sum, beside a brace, in an index.
ENGLISH = re.compile(r"(?:_|\b)(?:if|else|otherwise|elsewhere|last|dims?|rows|time|classes|where|place|broadcast)\b")


@pytest.mark.parametrize("name", OTHERS)
def test_no_english_word_stands_in_a_chinese_formula(name: str) -> None:
    loss = OTHERS[name]()[1]
    told = explain(loss, language="zh")
    assert [line for line in told.lines() if ENGLISH.search(line)] == []
    words = re.findall(r"\\text\{([^}]*)\}", told.latex)
    assert [word for word in words if ENGLISH.fullmatch(word.strip())] == []


def test_an_english_word_in_a_formula_would_be_seen() -> None:
    assert any(ENGLISH.search(line) for line in explain(OTHERS["transformer"]()[1]).lines())
    assert any("各行" in line for line in explain(OTHERS["transformer"]()[1], language="zh").lines())


def test_the_notes_are_in_both_languages() -> None:
    from autograd.viz.explain.notes import NOTES
    from autograd.viz.explain.words import WORDS

    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert NOTES["en"].keys() == NOTES["zh"].keys()
    chinese = explain(OTHERS["lstm"]()[1], language="zh").text
    assert "copied along" not in chinese
    assert "初始状态" in chinese
