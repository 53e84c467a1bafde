"""``draw``: folding and rolling up, numbers, formats, engines, bounded rasters, notebooks, and a model's architecture."""

from __future__ import annotations

import base64
import html
import re
import struct
import sys
import sysconfig
import types
import webbrowser
from importlib.machinery import ModuleSpec
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from test_dot import Read

import autograd
import nn
from autograd import viz

render_module = sys.modules["autograd.viz.picture.render"]  # the function of that name hides it


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        return x + self.b(self.a(x).tanh())


class Deep(nn.Module):
    """An embedding of blocks: first, n of a kind in a row, last."""

    def __init__(self, blocks: int = 12) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.blocks = nn.Sequential(*[Block() for _ in range(blocks)])
        self.last = nn.Linear(4, 1)

    def forward(self, x: Any) -> Any:
        return self.last(self.blocks(self.first(x)))


DEEP = Deep()
X = autograd.ones(2, 3)


def loss() -> Any:
    return (DEEP(X) ** 2).mean()


def read(picture: Any) -> Read:
    return Read(picture.to_dot().source)


def labelled(picture: Read, start: str) -> str:
    found = [name for name, label in picture.labels.items() if label.split("\n")[0].startswith(start)]
    assert len(found) == 1, (start, list(picture.labels.values()))
    return found[0]


# ----------------------------------------------------------------------------------------------------- folding, rolling up
def test_equal_blocks_are_drawn_once() -> None:
    r = read(viz.draw(loss()))
    frames = {frame for around in r.frames.values() for frame in around}
    assert "0 … 11  Block x 12" in frames
    assert sum(label.startswith("tanh") for label in r.labels.values()) == 1
    inside = {name for name, around in r.frames.items() if "0 … 11  Block x 12" in around}
    entering = [(a, b) for a, b in r.edges if (str(a) in inside) != (str(b) in inside)]
    # Backward: from the last layer into the run (its add), and out of it into the first layer (from its add and its linear).
    assert len(entering) == 3
    unrolled = viz.draw(loss(), roll=False)
    assert len(unrolled.scene.boxes) == len(unrolled.trace.nodes)
    assert unrolled.to_dot().source.count("tanh") == 12
    assert " x 12" not in unrolled.to_dot().source


def test_depth_folds_modules_into_boxes() -> None:
    whole = read(viz.draw(loss(), depth=0))
    assert sorted(label.split("\n")[0] for label in whole.labels.values()) == ["Deep", "mean", "pow 2"]
    parameters = sum(p.numel() for p in DEEP.parameters())
    assert whole.labels[labelled(whole, "Deep")].split("\n")[1:] == ["2 x 1", f"{parameters} parameters"]
    one = read(viz.draw(loss(), depth=1))
    assert [labelled(one, name) for name in ("first", "blocks", "last")]
    assert set(one.frames.values()) == {(), ("Deep",)}
    chain = [labelled(one, name) for name in ("mean", "pow", "last", "blocks", "first")]
    assert one.edges == sorted(pairwise(map(int, chain)))
    two = read(viz.draw(loss(), depth=2))
    assert two.labels[labelled(two, "0 … 11")].split("\n") == ["0 … 11", "Block x 12", "2 x 4", "480 parameters in all"]


@pytest.mark.parametrize("depth", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("roll", [True, False])
def test_no_folded_graph_has_a_cycle(depth: int | None, roll: bool) -> None:
    scene = viz.draw(loss(), depth=depth, roll=roll, passes="forward").scene
    waiting: dict[int, set[int]] = {id_: set() for id_ in scene.boxes}
    for e in scene.edges:
        waiting[e.target].add(e.source)
    while waiting:
        free = {id_ for id_, needs in waiting.items() if not needs}
        assert free, "a cycle"
        waiting = {id_: needs - free for id_, needs in waiting.items() if id_ not in free}


def test_blocks_that_differ_are_not_rolled_up() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4, bias=False), nn.Linear(4, 4), nn.Linear(4, 5))
    frames = {frame for around in read(viz.draw(net(autograd.ones(1, 4)).sum())).frames.values() for frame in around}
    assert frames == {"Sequential", *[f"{i}  Linear" for i in range(5)]}


def test_steps_of_one_cell_are_rolled_up_with_its_weight_outside() -> None:
    cell = nn.Linear(4, 4)

    class Steps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = cell

        def forward(self, x: Any) -> Any:
            for _ in range(5):
                x = self.cell(x)
            return x

    net = Steps()
    r = read(viz.draw(net(autograd.ones(1, 4)).sum()))
    assert "cell#1 … cell#5  Linear x 5" in {frame for around in r.frames.values() for frame in around}
    assert r.frames[labelled(r, "cell.weight")] == ("Steps",)


def test_parameters_keep_the_rank_of_their_block() -> None:
    model = Deep(2)
    r = read(viz.draw(model(X).sum(), roll=False))
    assert len(r.hidden) == 2 * (2 * 2 + 1)  # of every linear layer that something recorded enters
    for edge in r.hidden:
        assert r.attributes[edge.get_source()]["shape"] == "box"

    def width(source: str) -> float:
        svg = ElementTree.fromstring(render_module.picture(source, "svg"))
        return float(svg.attrib["width"].removesuffix("pt"))

    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.Linear(4, 4)
            self.layers = nn.ModuleList([nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 8), nn.Linear(8, 4)) for _ in range(6)])

        def forward(self, x: Any) -> Any:
            x = self.attention(x)
            for layer in self.layers:
                x = x + layer(x)
            return x

    net = Wide()
    picture = viz.draw(net(autograd.ones(1, 4)).sum(), roll=False, passes="forward")
    held = width(picture.to_dot().source)
    picture.look.kept_by_rank = False
    assert held <= width(picture.to_dot().source)


# --------------------------------------------------------------------------------------------------------- numbers, passes
def test_values_gradients_and_contributions_of_scalars() -> None:
    a, b = autograd.tensor(2.0, requires_grad=True), autograd.tensor(-3.0, requires_grad=True)
    c = a * b + a
    picture = viz.draw(c, names={"a": a, "b": b}, values=True, gradients=True, shapes=False)
    r = read(picture)
    assert sorted(r.labels.values()) == ["a\n2\ngrad -2", "b\n-3\ngrad 2", "c = add\n-4\ngrad 1", "mul\n-6\ngrad 1"]
    labels = sorted(line.partition('label="')[2].partition('"')[0].strip() for line in picture.to_dot().body if "->" in line)
    assert labels == ["-3", "1", "1", "2"]
    assert a.grad is None


def test_forward_has_the_data_and_turns_the_arrows() -> None:
    w = autograd.tensor(np.ones((3, 2)), requires_grad=True)
    x = autograd.tensor(np.ones((4, 3)))
    out = (x @ w).sum()
    backward = read(viz.draw(out, names={"w": w, "x": x}))
    forward = read(viz.draw(out, names={"w": w, "x": x}, passes="forward"))
    data = labelled(forward, "x")
    assert forward.labels[data] == "x\n4 x 3"
    assert sorted((b, a) for a, b in forward.edges if str(a) != data) == backward.edges
    both = viz.draw(out, names={"w": w, "x": x}, passes="both").to_dot().source
    assert both.count("dir=back") == len(backward.edges)
    assert len(Read(both).edges) == 2 * len(backward.edges) + 1


def test_options_that_do_not_exist() -> None:
    for wrong in ({"passes": "sideways"}, {"direction": "UP"}, {"theme": "pink"}):
        with pytest.raises(ValueError, match=r"is none of"):
            viz.draw(loss(), **wrong)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_themes_and_directions(theme: str, direction: str) -> None:
    source = viz.draw(loss(), theme=theme, direction=direction, bytes=True).to_dot().source
    assert f"rankdir={direction}" in source
    assert "keeps " in source
    ElementTree.fromstring(render_module.picture(source, "svg"))


def test_a_trace_can_be_drawn() -> None:
    tensor = loss()
    assert viz.draw(viz.trace(tensor)).to_dot().source == viz.draw(tensor).to_dot().source


# ---------------------------------------------------------------------------------------------------------------- formats
def test_every_format(tmp_path: Path) -> None:
    picture = viz.draw(loss(), depth=1)
    assert picture.save(tmp_path / "x.dot").read_text() == picture.to_dot().source
    ElementTree.parse(picture.save(tmp_path / "x.svg"))
    assert picture.save(tmp_path / "x.PNG").read_bytes().startswith(b"\x89PNG")
    assert "<!DOCTYPE html>" in picture.save(tmp_path / "x.html").read_text()
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.gif, \.dot or \.html"):
        picture.save(tmp_path / "x.txt")


def dimensions(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])  # type: ignore[return-value]


@pytest.mark.parametrize("shape", ["wide", "tall"])
def test_a_raster_is_bounded(shape: str) -> None:
    y = autograd.tensor(1.0, requires_grad=True)
    if shape == "wide":
        y = autograd.stack([(y + float(i)).tanh() for i in range(500)]).sum()
    else:
        for _ in range(1000):
            y = y.tanh()
    picture = viz.draw(y)
    assert len(picture.scene.boxes) >= 1000
    width, height = dimensions(render_module.picture(picture.to_dot().source, "png"))
    assert width * height <= 16_000_000
    assert max(width, height) <= 16_001


def test_a_small_raster_is_sharp() -> None:
    x = autograd.tensor(1.0, requires_grad=True)
    source = viz.to_dot(x.tanh()).source
    points = ElementTree.fromstring(render_module.picture(source, "svg")).attrib["width"]
    width, _ = dimensions(render_module.picture(source, "png"))
    assert width == pytest.approx(2 * float(points.removesuffix("pt")), abs=2)


# ---------------------------------------------------------------------------------------------------------------- engines
FAKE = "#!/bin/sh\ncat > /dev/null\necho \"<svg width='1pt' height='1pt'>$0 $1</svg>\"\n"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which nothing draws. The folder is that of the environment's programs."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere") + ":/bin:/usr/bin")
    real = render_module.shutil.which

    def which(name: str, path: str | None = None) -> str | None:
        return real(name, path=path or str(tmp_path / "nowhere"))

    monkeypatch.setattr(render_module.shutil, "which", which)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(scripts))
    monkeypatch.setattr(render_module, "find_spec", lambda name: sys.modules[name].__spec__ if name in sys.modules else None)
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)
    return tmp_path


def program(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(FAKE)
    path.chmod(0o755)


class Graph:
    """As much of pygraphviz as is used."""

    def __init__(self, string: str) -> None:
        self.string = string

    def draw(self, path: Any, format: str, prog: str) -> bytes:
        assert path is None
        return f"<svg width='1pt' height='1pt'>pygraphviz {prog} {format} {len(self.string)}</svg>".encode()


def with_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("pygraphviz")
    module.__spec__ = ModuleSpec("pygraphviz", None)
    module.AGraph = Graph  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pygraphviz", module)


def test_engines_in_their_order(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_pygraphviz(monkeypatch)
    assert b"pygraphviz dot svg" in render_module.picture("digraph {}", "svg")
    program(bare / "scripts" / "graphviz-pure")
    assert b"graphviz-pure -Tsvg" in render_module.picture("digraph {}", "svg")
    # It draws no PDF.
    assert b"pygraphviz dot pdf" in render_module.picture("digraph {}", "pdf")
    program(bare / "nowhere" / "dot")
    assert b"nowhere/dot -Tsvg" in render_module.picture("digraph {}", "svg")
    assert b"nowhere/dot -Tpdf" in render_module.picture("digraph {}", "pdf")


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_no_engine_is_one_error_that_names_both_ways(bare: Path, form: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        viz.draw(loss()).save(bare / f"x.{form}")
    for part in ("pip install 'glassgrad[viz]'", "'glassgrad[viz-pdf]'", "Graphviz (graphviz.org)", ".dot or .html"):
        assert part in str(caught.value)
    assert not (bare / f"x.{form}").exists()


def test_text_and_page_need_no_engine(bare: Path) -> None:
    picture = viz.draw(loss(), depth=1)
    assert picture.save(bare / "x.dot").stat().st_size
    assert picture.save(bare / "x.html").stat().st_size
    assert set(picture._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_an_engine_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"could not draw SVG: .*syntax error"):
        render_module.picture("digraph {", "svg")


# --------------------------------------------------------------------------------------------------------------- notebooks
def test_a_notebook_gets_the_page_in_a_frame_and_an_svg() -> None:
    made = viz.draw(loss(), depth=1, title='a "title" <x>')._repr_mimebundle_()
    assert set(made) == {"text/plain", "text/html", "image/svg+xml"}
    frame = re.search(r'<iframe sandbox="allow-scripts" [^>]*? srcdoc="([^"]*)"></iframe></div>$', made["text/html"])
    assert frame is not None
    assert html.unescape(frame[1]).startswith("<!DOCTYPE html>")
    ElementTree.fromstring(made["image/svg+xml"])


# The tags that JupyterLab 4 leaves in an output of a notebook that is not trusted.
KEPT_TAGS = {
    "a",
    "b",
    "br",
    "code",
    "details",
    "div",
    "em",
    "i",
    "img",
    "p",
    "pre",
    "span",
    "strong",
    "summary",
    "table",
    "td",
    "tr",
}


def test_an_untrusted_notebook_shows_the_picture_and_no_empty_frame() -> None:
    made = viz.draw(loss(), depth=1)._repr_mimebundle_()
    cleaned = re.sub(r"</?([a-z]+)[^>]*>", lambda tag: tag[0] if tag[1] in KEPT_TAGS else "", made["text/html"])
    assert "iframe" not in cleaned
    (source,) = re.findall(r'<img [^>]*src="data:image/svg\+xml;base64,([^"]*)"', cleaned)
    assert base64.b64decode(source).decode() == made["image/svg+xml"]


def test_a_notebook_may_choose() -> None:
    picture = viz.draw(loss(), depth=1)
    assert set(picture._repr_mimebundle_(include=["image/svg+xml"])) == {"text/plain", "image/svg+xml"}
    assert "text/html" not in picture._repr_mimebundle_(exclude=["text/html"])


def test_a_notebook_never_sees_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = loss()
    picture = viz.draw(tensor)
    monkeypatch.setattr(viz.Picture, "to_html", lambda self: 1 / 0)
    assert set(picture._repr_mimebundle_()) == {"text/plain", "image/svg+xml"}
    monkeypatch.setattr(viz.Picture, "to_dot", lambda self: 1 / 0)
    monkeypatch.setattr(viz.Picture, "__repr__", lambda self: 1 / 0)
    assert picture._repr_mimebundle_() == {"text/plain": "<picture>"}


def test_after_backward_what_remains_is_drawn_and_it_says_how_to_get_the_rest() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, y = autograd.ones(4, 2), autograd.zeros(4, 1)
    tensor = nn.functional.mse_loss(model(x), y)
    before = viz.draw(tensor).to_html()
    tensor.backward()
    picture = viz.draw(tensor, gradients=True)
    leaves = [node for node in picture.trace.nodes if node.op is None]
    assert [node.name for node in leaves] == [name for name, _ in model.named_parameters()]
    for node, p in zip(leaves, model.parameters(), strict=True):
        np.testing.assert_array_equal(node.grad.sample.ravel(), p.grad.numpy().ravel())
        np.testing.assert_array_equal(node.value.sample.ravel(), p.detach().numpy().ravel())
    assert picture.trace.nodes[picture.trace.loss].value.mean == tensor.item()
    assert picture.trace.freed
    page = picture.to_html()
    assert "retain_graph=True" in page
    assert '"freed":false' in before
    assert '"dropped":[]' in before
    assert "grad" in picture.to_dot().source


def test_data_and_values_are_called_by_the_variables_that_hold_them() -> None:
    x, y = autograd.ones(4, 2), autograd.zeros(4, 1)
    weights = [autograd.ones(2, 1, requires_grad=True)]
    prediction = x @ weights[0]
    source = viz.draw(nn.functional.mse_loss(prediction, y), passes="forward").to_dot().source
    for name in ("x", "y", "weights[0]", "prediction = matmul"):
        assert f'label="{name}\\n' in source, name


def test_show_opens_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    path = viz.draw(loss(), depth=1).show()
    assert opened == [path.as_uri()]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


# ------------------------------------------------------------------------------------------------------------ architecture
class Mixed(nn.Module):
    """What an architecture must survive: buffers that a forward writes, random numbers, layers that do nothing, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.same = nn.Identity()
        self.unused = nn.Linear(7, 7)
        self.fc = nn.Linear(3, 2)
        self.seen = 0

    def forward(self, x: Any) -> Any:
        y = self.same(self.drop(self.norm(x)))
        return {"y": self.fc(y), "both": (y,)}


def test_an_architecture_has_a_box_for_each_module() -> None:
    model = Mixed()
    r = read(viz.draw(model, input_shape=(5, 3)))
    assert r.labels[labelled(r, "input")] == "input\n5 x 3"
    assert r.labels[labelled(r, "norm")].split("\n") == ["norm", "BatchNorm1d", "5 x 3", "6 parameters"]
    assert r.labels[labelled(r, "fc")].split("\n") == ["fc", "Linear", "5 x 2", "8 parameters"]
    assert r.labels[labelled(r, "output")] == "output\n5 x 2, 5 x 3"
    names = ("input", "norm", "drop", "same", "fc", "output")
    place = {name: int(labelled(r, name)) for name in names}
    assert len(r.labels) == len(names)
    assert r.edges == sorted((place[a], place[b]) for a, b in [*pairwise(names), ("same", "output")])


def test_an_architecture_leaves_the_model_as_it_was() -> None:
    model = Mixed()
    model.norm.eval()
    model(autograd.ones(5, 3))["y"].sum().backward()
    before = {name: b.numpy().copy() for name, b in model.named_buffers()}
    gradients = {name: p.grad.numpy().copy() for name, p in model.named_parameters() if p.grad is not None}
    modes = [m.training for m in model.modules()]
    state = autograd.get_rng_state().numpy().copy()
    viz.draw(model, input_shape=(5, 3))
    assert [m.training for m in model.modules()] == modes
    for name, b in model.named_buffers():
        np.testing.assert_array_equal(b.numpy(), before[name])
    assert {name for name, p in model.named_parameters() if p.grad is not None} == set(gradients)
    for name, g in gradients.items():
        np.testing.assert_array_equal(dict(model.named_parameters())[name].grad.numpy(), g)
    np.testing.assert_array_equal(autograd.get_rng_state().numpy(), state)
    assert not any(m._call_data.hooks for m in model.modules() if m._call_data.hooks is not None and m._call_data.hooks.forward)


def test_an_architecture_rolls_up_and_folds() -> None:
    r = read(viz.draw(DEEP, input_shape=(2, 3)))
    assert "0 … 11  Block x 12" in {frame for around in r.frames.values() for frame in around}
    folded = read(viz.draw(DEEP, input_shape=(2, 3), depth=1))
    assert folded.labels[labelled(folded, "blocks")].split("\n")[1:] == ["Sequential", "2 x 4", "480 parameters"]
    assert "fillcolor" in viz.draw(DEEP, input_shape=(2, 3), theme="dark", direction="LR").to_dot().source


def test_an_architecture_of_indices_and_of_frozen_parameters() -> None:
    model = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2)).requires_grad_(True)
    r = read(viz.draw(model, input_shape=(2, 6)))
    assert r.labels[labelled(r, "input")] == "input\n2 x 6"
    assert r.labels[labelled(r, "0")].split("\n") == ["0", "Embedding", "2 x 6 x 4", "40 parameters"]
    frozen = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).requires_grad_(False)
    r = read(viz.draw(frozen, input_shape=(2, 4)))
    assert r.labels[labelled(r, "0")].endswith("20 parameters")


def test_an_architecture_can_be_stepped_through(tmp_path: Path) -> None:
    model = Deep(2)
    page = viz.draw(model, input_shape=(2, 3)).save(tmp_path / "model.html").read_text()
    assert "first.weight" in page
    assert all(p.grad is None for p in model.parameters())


def test_a_model_needs_an_input() -> None:
    with pytest.raises(TypeError, match=r"input_shape=\(32, 784\)"):
        viz.draw(DEEP)
    with pytest.raises(Exception, match=r"first|linear"):
        viz.draw(DEEP, input_shape=(2, 5))
    x = autograd.ones(2, 3)
    assert read(viz.draw(DEEP, input_data=x)).labels
    assert not x.requires_grad
