"""Exercises: nothing is given away, a right answer is taken and a wrong one gets the rule, in a real Chromium."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Opened, close_all

import autograd
from autograd import viz


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    opened: list[Opened] = []

    def show(picture: Any, **options: Any) -> Opened:
        file = picture.save(tmp_path / f"{len(opened)}.html", **options)
        opened.append(Opened(browser, tmp_path / f"{len(opened)}.html", file.read_text()))
        return opened[-1]

    yield show
    close_all(opened)


def scalars(language: str = "en") -> Any:
    a, b = [autograd.tensor(v, requires_grad=True, dtype=autograd.float64) for v in (2.13, -0.37)]
    with viz.watch():
        c = a * b
        loss = (c * a + c.tanh()) * 1.71
    return viz.draw(loss, names={"a": a, "b": b, "c": c}, language=language)


def arrays() -> Any:
    w = autograd.tensor(np.array([[0.31, -1.7], [2.9, 0.43]]), requires_grad=True)
    x = autograd.tensor(np.array([[1.3, 0.7], [-0.9, 2.1], [0.2, 0.6]]))
    with viz.watch():
        loss = (x @ w).relu().sum()
    return viz.draw(loss, names={"w": w, "x": x})


def node(page: Opened, name: str) -> int:
    return page.page.evaluate("(name) => glassgrad.trace.nodes.find((n) => n.called === name || n.name === name).id", name)  # type: ignore[no-any-return]


def texts(page: Opened) -> str:
    """All that can be read, at every step and of every node."""
    found = []
    for id in range(page.page.evaluate("glassgrad.trace.nodes.length")):
        page.page.evaluate(f"glassgrad.choose({id})")
        found.append(page.page.inner_text("body"))
    for step in range(page.page.evaluate("glassgrad.steps.length") + 1):
        page.page.evaluate(f"glassgrad.goto({step})")
        found.append(page.page.inner_text("body"))
    return "\n".join(found)


def said(value: float) -> str:
    return f"{value:.5g}"


def gradients(picture: Any) -> dict[str, np.ndarray]:
    trace = picture.trace
    named = {
        n.name if n.op is None else n.variable: n.grad.sample for n in trace.nodes if n.grad is not None and n.id != trace.loss
    }
    return {name: gradient for name, gradient in named.items() if name}


def test_no_gradient_can_be_read_before_it_is_worked_out(show: Any) -> None:
    picture = scalars()
    page = show(picture, hide="gradients")
    shown = texts(page)
    for gradient in gradients(picture).values():
        assert said(gradient.item()) not in shown
    for value in (2.13, -0.37, said(2.13 * -0.37)):
        assert str(value) in shown
    open_page = show(picture)
    shown = texts(open_page)
    assert all(said(g.item()) in shown for g in gradients(picture).values())  # the reader of the texts would have seen them


def test_no_value_can_be_read_before_it_is_worked_out(show: Any) -> None:
    picture = scalars()
    page = show(picture, hide="values")
    shown = texts(page)
    for traced in picture.trace.nodes:
        assert (said(traced.value.mean) in shown) == (traced.op is None)


def test_the_file_does_not_tell_the_answers(tmp_path: Path) -> None:
    picture = scalars()
    text = picture.save(tmp_path / "exercise.html", hide="gradients").read_text()
    sealed = text.split('id="trace">')[1].split("</script>")[0]
    assert "{" not in sealed
    data = json.loads(bytes(b ^ 0x5A for b in base64.b64decode(sealed)))
    assert data["exercise"] == {"hide": "gradients", "answers": False}
    assert data["laboratory"] == {"without": ["exercise"]}
    for gradient in gradients(picture).values():
        assert said(gradient.item()) not in text


@pytest.mark.parametrize("form", ["{:.6g}", "{:.3g}", "fraction"])
def test_a_right_answer_is_taken_and_shown(show: Any, form: str) -> None:
    picture = scalars()
    page = show(picture, hide="gradients")
    a, expected = node(page, "a"), gradients(picture)["a"].item()
    page.page.evaluate(f"glassgrad.choose({a})")
    assert "0 of 6 worked out" in page.page.inner_text("#progress")
    assert said(expected) not in page.page.inner_text("#panel")
    page.page.fill("#exercise input", f"{expected * 3:.6g}/3" if form == "fraction" else form.format(expected))
    page.page.click("#check")
    assert page.page.locator("#exercise").count() == 0
    assert said(expected) in page.page.inner_text("#panel")
    assert "1 of 6 worked out" in page.page.inner_text("#progress")


@pytest.mark.parametrize("wrong", ["{:.6g}", "", "x", "1/0", "1/", "nan"])
def test_a_wrong_answer_gets_the_rule(show: Any, wrong: str) -> None:
    picture = scalars()
    page = show(picture, hide="gradients")
    expected = gradients(picture)["a"].item()
    page.page.evaluate(f"glassgrad.choose({node(page, 'a')})")
    page.page.fill("#exercise input", wrong.format(-expected if wrong else 0))
    page.page.keyboard.press("Enter")
    verdict = page.page.inner_text("#verdict")
    assert "0 of 1 numbers are right" in verdict
    assert verdict.count("the rule of mul") == 2
    assert "∂L/∂a = ∂L/∂c ⊙ b" in verdict
    assert said(expected) not in page.page.inner_text("#panel")
    assert page.page.get_attribute("#exercise input", "aria-invalid") == "true"
    assert "0 of 6" in page.page.inner_text("#progress")


def test_the_derivation_is_shown_on_request_and_counts_for_nothing(show: Any) -> None:
    picture = scalars()
    page = show(picture, hide="gradients")
    page.page.evaluate(f"glassgrad.choose({node(page, 'a')})")
    page.page.click("#derive")
    shown = page.page.inner_text("#panel")
    assert said(gradients(picture)["a"].item()) in shown
    assert "sum over 2 uses" in shown.lower()
    assert "0 of 6 worked out" in page.page.inner_text("#progress")
    assert said(gradients(picture)["b"].item()) not in texts(page)


def test_progress_is_kept_and_belongs_to_its_exercise(show: Any) -> None:
    picture = scalars()
    page = show(picture, hide="gradients")
    a, expected = node(page, "a"), gradients(picture)["a"].item()
    page.page.evaluate(f"glassgrad.choose({a})")
    page.page.fill("#exercise input", str(expected))
    page.page.click("#check")
    page.page.reload()
    assert "1 of 6 worked out" in page.page.inner_text("#progress")
    page.page.evaluate(f"glassgrad.choose({a})")
    assert said(expected) in page.page.inner_text("#panel")
    page.page.evaluate("localStorage.clear()")


def test_an_array_is_worked_out_number_by_number(show: Any) -> None:
    picture = arrays()
    page = show(picture, hide="gradients")
    page.page.evaluate(f"glassgrad.choose({node(page, 'w')})")
    expected = gradients(picture)["w"].ravel()
    fields = page.page.locator("#exercise input")
    assert fields.count() == 4
    for i, value in enumerate(expected):
        fields.nth(i).fill(str(value if i else value + 1))
    page.page.click("#check")
    assert "3 of 4 numbers are right" in page.page.inner_text("#verdict")
    assert [fields.nth(i).get_attribute("aria-invalid") for i in range(4)] == ["true", "false", "false", "false"]
    fields.nth(0).fill(str(expected[0]))
    page.page.click("#check")
    assert page.page.locator("#exercise").count() == 0


def test_values_can_be_asked_for(show: Any) -> None:
    page = show(scalars(), hide="values")
    page.page.evaluate(f"glassgrad.choose({node(page, 'c')})")
    page.page.fill("#exercise input", "7")
    page.page.click("#check")
    assert "c = a ⊙ b" in page.page.inner_text("#verdict")
    page.page.fill("#exercise input", str(2.13 * -0.37))
    page.page.click("#check")
    assert page.page.locator("#exercise").count() == 0


def test_teachers_get_the_answers(show: Any) -> None:
    picture = scalars()
    page = show(picture, hide="gradients", answers=True)
    page.page.evaluate(f"glassgrad.choose({node(page, 'a')})")
    assert said(gradients(picture)["a"].item()) in page.page.inner_text("#answer")


def test_in_chinese(show: Any) -> None:
    page = show(scalars("zh"), hide="gradients")
    page.page.evaluate(f"glassgrad.choose({node(page, 'a')})")
    page.page.click("#check")
    assert "需要用到" in page.page.inner_text("#verdict")
    assert "已完成 0 / 6" in page.page.inner_text("#progress")


def test_what_is_no_exercise(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hide must be 'gradients', 'values' or None, not 'weights'"):
        scalars().save(tmp_path / "a.html", hide="weights")
    with pytest.raises(ValueError, match="an exercise is a page"):
        scalars().save(tmp_path / "a.svg", hide="values")
