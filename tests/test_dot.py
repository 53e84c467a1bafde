"""DOT text says what the tape says: parsed by pydot, which knows nothing of ours, and compared with the engine's own nodes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pydot
import pytest

import autograd
import nn
from autograd import viz
from autograd.engine.graph import Node
from autograd.engine.op import REGISTRY, op
from autograd.engine.recording import recorded
from autograd.errors import GraphError
from autograd.viz.picture import dot as dot_module
from autograd.viz.picture import folding
from autograd.viz.picture.render import picture

ROOT = Path(autograd.__file__).resolve().parent.parent


class Read:
    """A DOT text as pydot reads it: labels and frames of the boxes, and the edges that show."""

    def __init__(self, source: str) -> None:
        graphs = pydot.graph_from_dot_data(source)
        assert graphs is not None, "pydot cannot read it"
        self.graph = graphs[0]
        self.labels: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str]] = {}
        self.frames: dict[str, tuple[str, ...]] = {}
        self.visit(self.graph, ())
        shown = [e for e in self.graph.get_edges() if e.get("style") != "invis"]
        self.edges = sorted((int(e.get_source()), int(e.get_destination())) for e in shown)
        self.hidden = [e for e in self.graph.get_edges() if e.get("style") == "invis"]

    def visit(self, graph: Any, around: tuple[str, ...]) -> None:
        for node in graph.get_nodes():
            name = node.get_name()
            if name.isdigit():
                assert name not in self.labels, "a box is there twice"
                self.labels[name] = unquoted(node.get("label"))
                self.attributes[name] = node.get_attributes()
                self.frames[name] = around
        for inner in graph.get_subgraphs():
            defaults = inner.get_node("graph")
            label = (defaults[0].get("label") if defaults else None) or inner.get("label") or inner.get_graph_defaults()[0]["label"]
            self.visit(inner, (*around, unquoted(label)))


def unquoted(text: str) -> str:
    if text.startswith('"'):
        text = text[1:-1].replace('\\"', '"')
        text = text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
    return text


def tape(loss: Any) -> list[Node]:
    found, stack = {loss.node}, [loss.node]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted(found, key=lambda node: node.sequence)


def tape_edges(loss: Any) -> list[tuple[int, int]]:
    nodes = tape(loss)
    number = {node: i for i, node in enumerate(nodes)}
    return sorted((number[node], number[p]) for node in nodes for p in node.parents if p is not None)


def check_against_tape(source: str, loss: Any) -> None:
    """Boxes, edges and frames of a picture of the backward pass in which nothing is folded."""
    read = Read(source)
    nodes = tape(loss)
    assert sorted(read.labels, key=int) == [str(i) for i in range(len(nodes))]
    assert read.edges == tape_edges(loss)
    calls: dict[str, list[Any]] = {}
    for i, node in enumerate(nodes):
        if node.plan is None:
            assert read.attributes[str(i)]["shape"] == "box"
            continue
        assert read.labels[str(i)].rpartition(" = ")[2].split()[0] == node.label()
        layer: Any = node.layer
        depth = 0
        while layer is not None:
            depth += 1
            known = calls.setdefault(str(layer), [])
            if not any(layer is k for k in known):
                known.append(layer)
            layer = layer.caller
        frames = read.frames[str(i)]
        assert len(frames) == depth
        if node.layer is not None:
            assert frames[-1].endswith(node.layer.kind)


class Net(nn.Module):
    """A layer that is called twice, and two in a row inside another module."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.head = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))

    def forward(self, x: Any) -> Any:
        return self.head(self.fc(self.fc(x)))


NET = Net()  # parameters have their names from their module as long as it lives


def net_loss() -> Any:
    y = NET(autograd.ones(2, 4))
    return (y * y).mean()


def test_a_network_is_its_tape() -> None:
    loss = net_loss()
    check_against_tape(viz.to_dot(loss).source, loss)


def test_what_to_dot_gives_is_what_draw_gives() -> None:
    loss = net_loss()
    assert viz.to_dot(loss).source == viz.draw(loss).to_dot().source


def test_a_module_called_twice_has_two_frames_and_one_weight() -> None:
    read = Read(viz.to_dot(net_loss()).source)
    frames = {frame for around in read.frames.values() for frame in around}
    assert {"Net", "fc#1  Linear", "fc#2  Linear", "head  Sequential", "0  Linear"} <= frames
    weights = [name for name, label in read.labels.items() if label.startswith("fc.weight\n")]
    assert len(weights) == 1
    assert read.frames[weights[0]] == ("Net",)
    assert sum(target == int(weights[0]) for _, target in read.edges) == 2


def test_both_operands_of_x_times_x() -> None:
    x = autograd.tensor(3.0, requires_grad=True)
    assert Read(viz.to_dot(x * x).source).edges == [(1, 0), (1, 0)]


def test_a_diamond_of_depth_1000() -> None:
    y = autograd.tensor(1.0, requires_grad=True)
    for _ in range(1000):
        y = y * y
    source = viz.to_dot(y).source
    edges = Counter(line.split(" [")[0].strip() for line in source.splitlines() if "->" in line)
    assert edges == {f"{i + 1} -> {i}": 2 for i in range(1000)}


def test_a_chain_of_30000_ops() -> None:
    y = autograd.tensor(1.0, requires_grad=True)
    for _ in range(30_000):
        y = y + 1.0
    assert viz.to_dot(y).source.count("->") == 30_000


# ------------------------------------------------------------------------------------------------------------ planted mistakes
def merged(edges: list[Any]) -> list[Any]:
    return list({(e.source, e.target): e for e in edges}.values())


@pytest.mark.parametrize("mistake", ["merged", "dropped", "turned"])
def test_a_mistake_with_the_edges_is_seen(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    right = folding.fold

    def wrong(*args: Any, **kwargs: Any) -> Any:
        scene = right(*args, **kwargs)
        if mistake == "merged":
            scene.edges = merged(scene.edges)
        elif mistake == "dropped":
            del scene.edges[3]
        else:
            scene.edges[3].source, scene.edges[3].target = scene.edges[3].target, scene.edges[3].source
        return scene

    loss = net_loss()
    monkeypatch.setattr(dot_module, "fold", wrong)
    with pytest.raises(AssertionError):
        check_against_tape(viz.to_dot(loss).source, loss)


def test_a_box_in_the_wrong_frame_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = folding.fold

    def wrong(*args: Any, **kwargs: Any) -> Any:
        scene = right(*args, **kwargs)
        inside = [box for box in scene.boxes.values() if box.kind == "op" and box.cluster is not None]
        inside[0].cluster = scene.clusters[inside[0].cluster]
        return scene

    loss = net_loss()
    monkeypatch.setattr(dot_module, "fold", wrong)
    with pytest.raises(AssertionError):
        check_against_tape(viz.to_dot(loss).source, loss)


# ------------------------------------------------------------------------------------------------------------------- names
HOSTILE = [
    "<lambda>", "a:b", 'say "hi"', "back\\slash\\", "\\N \\G \\l", "two\nlines", "<b>bold</b>", "<<table>>",
    "&lt;x&gt; &#65; a & b", "node", "Graph", "{a|b}", "naïve δ′ 重み", "x\0y\x1b[31m", "]; 7 -> 8; [", "", "end\\",
    "</script><svg onload=alert(1)>", "w" * 300, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    source = viz.to_dot((w * w).sum(), names={name: w}).source
    read = Read(source)
    assert read.edges == [(1, 0), (1, 0), (2, 1)]
    svg = ElementTree.fromstring(picture(source, "svg"))
    texts = [t.text or "" for t in svg.iter("{http://www.w3.org/2000/svg}text")]
    wanted = name.replace("\n", " ") or "w"
    if len(wanted) > 64:
        wanted = wanted[:63] + "…"
    # What no XML can hold stands there as the replacement character.
    wanted = "".join("\ufffd" if ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 else c for c in wanted)
    assert any(" ".join(t.replace("\xa0", " ").split()) == " ".join(wanted.split()) for t in texts), texts
    assert {e.tag.rpartition("}")[2] for e in svg.iter()} <= {"svg", "g", "title", "polygon", "path", "text"}


def test_an_op_called_lambda() -> None:
    twice = op("<lambda>", lambda x: 2 * x, x=lambda g: 2 * g, samples=list)
    del REGISTRY["<lambda>"]
    x = autograd.tensor(1.0, requires_grad=True)
    assert Read(viz.to_dot(recorded(twice)(x)).source).labels["1"] == "<lambda>\nscalar"


# ------------------------------------------------------------------------------------------------------- the rest of the text
SCRIPT = """
import autograd, nn
from autograd import viz
autograd.manual_seed(0)
net = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(4)], nn.Linear(4, 2))
loss = (net(autograd.ones(3, 4)) ** 2).mean()
for picture in (viz.draw(loss), viz.draw(loss, depth=1, passes="both", values=True, gradients=True, bytes=True, roll=False),
                viz.draw(net, input_shape=(3, 4))):
    print(picture.to_dot().source)
"""


def test_the_text_is_the_same_in_every_process() -> None:
    texts = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, env=environment)
        texts.add(done.stdout)
    assert len(texts) == 1
    assert len(texts.pop()) > 3000


def test_the_svg_has_the_tapes_edges() -> None:
    loss = net_loss()
    svg = ElementTree.fromstring(picture(viz.to_dot(loss).source, "svg"))
    found = []
    for group in svg.iter("{http://www.w3.org/2000/svg}g"):
        if group.get("class") == "edge" and group.find("{http://www.w3.org/2000/svg}path") is not None:
            a, b = (group.find("{http://www.w3.org/2000/svg}title").text or "").split("->")  # type: ignore[union-attr]
            found.append((int(a), int(b)))
    assert sorted(found) == tape_edges(loss)


def test_a_given_name_of_a_result_stands_beside_its_op() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    assert Read(viz.to_dot(loss, names={"L": loss}).source).labels["2"] == "L = sum\nscalar"


def test_numbers_that_an_op_was_called_with() -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    assert Read(viz.to_dot(x**3).source).labels["1"] == "pow 3\n2"


def test_one_output_of_several_is_its_ops_box() -> None:
    x = autograd.tensor(np.array([[3.0, 1.0], [2.0, 2.5]]), requires_grad=True)
    values, _ = autograd.max(x, dim=1)
    read = Read(viz.to_dot(values.sum()).source)
    assert len(read.labels) == 3
    assert read.edges[0][1] == 0


def test_a_freed_graph_can_be_drawn() -> None:
    loss = net_loss()
    before = viz.to_dot(loss).source
    loss.backward()
    assert viz.to_dot(loss).source == before


def test_no_graph() -> None:
    with pytest.raises(GraphError, match=r"does not require grad"):
        viz.to_dot(autograd.ones(2))
