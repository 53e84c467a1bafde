"""Slides: each step shows what is known by then, in every format."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import viz
from autograd.viz.picture import slides


def loss() -> tuple[Any, dict[str, Any]]:
    a, b = [autograd.tensor(v, requires_grad=True, dtype=autograd.float64) for v in (2.13, -0.37)]
    with viz.watch():
        c = a * b
        return (c * a + c.tanh()) * 1.71, {"a": a, "b": b}


def drawn() -> Any:
    made, names = loss()
    return viz.draw(made, names=names)


def texts(marks: list[slides.Mark]) -> list[tuple[str, str]]:
    return [(mark.group, (mark.element.text or "").strip()) for mark in marks if mark.element.tag.endswith("text")]


def check(film: slides.Film, trace: Any) -> None:
    """What every step shows, beside the tape: values once they are computed, gradients once they are complete, contributions at the
    arrows once their op has been visited."""
    ops = [n.id for n in trace.nodes if n.op is not None]
    swept = [i for i in trace.order if trace.nodes[i].op is not None]
    assert film.steps == [("forward", i) for i in ops] + [("backward", i) for i in swept]
    for step in range(len(film.steps) + 1):
        shown = texts(film.shown(step))
        computed = {i for phase, i in film.steps[:step] if phase == "forward"}
        visited = [i for phase, i in film.steps[:step] if phase == "backward"]
        for node in trace.nodes:
            lines = [text for group, text in shown if group == str(node.id)]
            value = f"{node.value.mean:.3g}"
            assert (value in lines) == (node.op is None or node.id in computed), (step, node.id)
            users = [m.id for m in trace.nodes if any(o.node == node.id for o in m.operands)]
            complete = node.id in visited if node.op is not None else all(u in visited for u in users)
            assert any(text.startswith("grad ") for text in lines) == complete, (step, node.id)
        arrows = [text for group, text in shown if "->" in group]
        expected = [f"{o.contribution.mean:.3g}" for i in visited for o in trace.nodes[i].operands if o.contribution is not None]
        assert sorted(arrows) == sorted(expected)


def test_every_step_shows_what_is_known_by_then() -> None:
    picture = drawn()
    check(slides.film(picture.trace), picture.trace)


@pytest.mark.parametrize("mistake", ["early", "late", "order"])
def test_planted_mistakes_are_seen(mistake: str) -> None:
    picture = drawn()
    film = slides.film(picture.trace)
    if mistake == "order":
        film.steps[-1], film.steps[-2] = film.steps[-2], film.steps[-1]
    else:
        mark = next(m for m in film.marks if m.appears and (m.element.text or "").startswith("grad "))
        mark.appears += -1 if mistake == "early" else 1
    with pytest.raises(AssertionError):
        check(film, picture.trace)


def test_an_animated_svg_runs_by_itself(tmp_path: Path) -> None:
    picture = drawn()
    film = slides.film(picture.trace)
    text = picture.save(tmp_path / "film.svg", slides=True).read_text(encoding="utf-8")
    root = ET.fromstring(text.split("?>", 1)[1])
    style = root.findtext("{http://www.w3.org/2000/svg}style") or ""
    found = re.findall(r"@keyframes s(\d+) \{ 0% \{ opacity: 0 \} ([\d.]+)%, 100% \{ opacity: 1 \} \}", style)
    begins = {int(step): float(share) for step, share in found}
    assert set(begins) == {mark.appears for mark in film.marks} - {0}
    assert sorted(begins, key=lambda step: begins[step]) == sorted(begins)
    assert style.count(f"stroke: {slides.ACTIVE}") == len(film.steps)
    assert "prefers-reduced-motion: no-preference" in style
    assert "script" not in text
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)


def test_a_page_and_a_frame_for_each_step(tmp_path: Path) -> None:
    from PIL import Image

    picture = drawn()
    count = len(slides.film(picture.trace).steps) + 1
    pdf = picture.save(tmp_path / "pages.pdf", slides=True).read_bytes()
    assert len(re.findall(rb"/Type /Page\b", pdf)) == count
    with Image.open(picture.save(tmp_path / "film.gif")) as gif:
        assert gif.n_frames == count
        frames = []
        for i in range(count):
            gif.seek(i)
            frames.append(gif.convert("L").tobytes())
    dark = [sum(v < 128 for v in frame) for frame in frames]
    assert dark[-1] > dark[0]  # there is more and more on it
    assert len(set(frames)) == count


def test_a_module_and_arrays(tmp_path: Path) -> None:
    import nn

    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    picture = viz.draw((model(autograd.ones(4, 2)) ** 2).mean())
    film = slides.film(picture.trace)
    last = texts(film.shown(len(film.steps)))
    for node in picture.trace.nodes:
        assert any(text.startswith("grad ") for group, text in last if group == str(node.id)), node.name
    assert picture.save(tmp_path / "film.svg", slides=True).stat().st_size > 5000


def test_what_an_inner_gradient_made_has_its_own_colour_in_every_format(tmp_path: Path) -> None:
    w = autograd.tensor(2.0, requires_grad=True, dtype=autograd.float64)
    (g,) = autograd.grad(w * w * w, w, create_graph=True)
    picture = viz.draw((w - 0.1 * g) ** 2, names={"w": w})
    film = slides.film(picture.trace)
    inner = {node.id for node in picture.trace.nodes if node.inner}
    fills = {node: outline.get("fill") for node, outline in film.outlines.items()}
    (colour,) = {fills[node] for node in inner}
    assert {node for node, fill in fills.items() if fill == colour} == inner
    assert all(film.outlines[node].get("stroke-dasharray") for node in inner)  # and in grey a dashed border
    picture.save(str(tmp_path / "film.svg"))
    assert (tmp_path / "film.svg").read_text(encoding="utf-8").count(f'fill="{colour}"') >= len(inner)
    pytest.importorskip("matplotlib")
    from matplotlib.colors import to_hex, to_rgb

    drawn_patches = [to_hex(patch.get_facecolor()) for patch in slides._drawn(film, len(film.steps)).axes[0].patches]
    assert drawn_patches.count(colour) == len(inner)
    picture.save(str(tmp_path / "film.gif"))
    from PIL import Image

    image = Image.open(tmp_path / "film.gif")
    image.seek(image.n_frames - 1)
    off = np.abs(np.asarray(image.convert("RGB"), float) - 255 * np.array(to_rgb(colour))).max(axis=-1)
    assert (off < 12).sum() > 100 * len(inner)


def test_what_cannot_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn()
    with pytest.raises(ValueError, match=r"the ending must be \.svg, \.pdf or \.gif"):
        picture.save(tmp_path / "film.png", slides=True)
    w = autograd.tensor(1.0, requires_grad=True)
    y = w
    for _ in range(300):
        y = y * 1.01
    with pytest.raises(ValueError, match="slides of 600 steps would be watched by nobody"):
        viz.draw(y).save(tmp_path / "film.gif")
    y.backward()
    with pytest.raises(ValueError, match="draw the loss before backward"):
        viz.draw(y).save(tmp_path / "film.gif")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"glassgrad\[plot\]"):
        picture.save(tmp_path / "film.gif")
    assert not (tmp_path / "film.gif").exists()
