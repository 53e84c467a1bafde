"""The page's own evaluator of formulas, in a real Chromium, on every sample of every op, beside NumPy."""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Opened, started

import autograd.func
import autograd.functions.inplace
import autograd.ops
from autograd.engine.op import REGISTRY, Op, Sample
from autograd.viz.explain.calls import Call
from autograd.viz.explain.trees import formula_json
from autograd.viz.page import build
from autograd.viz.page.laboratory import REASONS
from autograd.viz.page.words import words
from tests.formula_language import Call as Judged
from tests.test_formula import SPEAKS

for _module in pkgutil.walk_packages(autograd.ops.__path__, "autograd.ops."):
    importlib.import_module(_module.name)


def numbers(value: Any) -> Any:
    """A value for the page: arrays with their shape, numbers that JSON has not as strings."""
    if isinstance(value, np.ndarray | np.generic):
        return {"shape": list(np.shape(value)), "data": [plain(v) for v in np.ravel(value).tolist()]}
    if isinstance(value, list | tuple):
        return [numbers(v) for v in value]
    return plain(value)


def plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def case(op: Op, sample: Sample) -> list[dict[str, Any]]:
    """What the page is asked about one call: a formula, the names in it, the shape and the numbers that NumPy has."""
    judged = Judged(op, sample)
    speaks = SPEAKS.get(op.name)
    if speaks is not None and not speaks[1](judged):
        return []  # the formula is not about this call
    gradients = judged.rules()
    inputs = dict(zip(op.inputs, judged.inputs, strict=True))
    if op.variadic:
        shapes: Any = [np.shape(v) for v in judged.inputs[0]]
    else:
        shapes = [None if v is None else np.shape(v) for v in judged.inputs]
    call = Call(op, sample.params, shapes, np.shape(judged.y if op.outputs == 1 else judged.y[0]))
    values: dict[str, Any] = {**call.values, **inputs, "y": judged.y, "g": judged.g}
    values.update({f"{n}_shape": np.shape(v) for n, v in inputs.items() if isinstance(v, np.ndarray)})
    held = [part for v in values.values() for part in (v if isinstance(v, tuple) else (v,))]
    if any(part.dtype.kind == "c" for part in held if isinstance(part, np.ndarray)):
        return []
    found = call.formulas()
    known = {n: numbers(v) for n, v in values.items() if sendable(v)}
    outputs = judged.y if op.outputs > 1 else (judged.y,)
    made = [
        {
            "name": "y",
            "formulas": {name: formula_json(formula) for name, formula in found.items() if name.startswith("y")},
            "values": {n: v for n, v in known.items() if n != "y"},
            "order": list(op.inputs),
            "shape": [list(np.shape(y)) for y in outputs],
            "expected": [numbers(np.asarray(y, dtype=np.float64)) for y in outputs],
        }
    ]
    for name, expected in gradients.items():
        if expected is None or name not in found:
            continue
        parts = expected if op.variadic else [summed(np.asarray(expected), np.shape(inputs[name]))]
        made.append(
            {
                "name": name,
                "formulas": {"y": formula_json(found[name])},
                "values": {**known, **{f"d_{n}": numbers(v) for n, v in gradients.items() if n != name and not op.variadic}},
                "order": list(op.inputs),
                "shape": [list(np.shape(part)) for part in parts],
                "variadic": op.variadic,
                "expected": [numbers(np.asarray(part, dtype=np.float64)) for part in parts],
            }
        )
    return made


def summed(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A gradient summed over what its input was copied along, which the engine does for every rule."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    return gradient.sum(axis=axes, keepdims=True) if axes else gradient


def sendable(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(sendable(v) for v in value)
    return value is None or isinstance(value, bool | int | float | str | np.ndarray | np.generic)


ASK = """
(cases) => {
  const back = (v) => {
    if (Array.isArray(v)) return v.map(back);
    if (v === null || typeof v !== "object") return v;
    if (v.number) return Number(v.number);
    return { shape: v.shape, data: Float64Array.from(v.data, (x) => (x === null ? NaN : Number(x.number ?? x))) };
  };
  return cases.map((c) => {
    try {
      const values = Object.fromEntries(Object.entries(c.values).map(([k, v]) => [k, back(v)])),
        found = c.variadic
          ? glassgrad.compute(c.formulas.y, values, null, c.order)
          : glassgrad.computeOutputs(c.formulas, values, c.shape, c.order),
        all = back(c.expected);
      if (found.length !== all.length) return "not as many";
      const said = found.map((made, k) => {
        const expected = all[k];
        if (String(made.shape) !== String(expected.shape)) return `shape ${made.shape} for ${expected.shape}`;
        let worst = 0;
        made.data.forEach((v, i) => {
          const e = expected.data[i];
          if (Object.is(v, e) || v === e) return;
          const off = Math.abs(v - e) / (1e-9 + 2e-8 * Math.abs(e));
          worst = Number.isNaN(off) || off > worst ? (Number.isNaN(off) ? Infinity : off) : worst;
        });
        return worst <= 1 ? "" : `off by ${worst} in output ${k}`;
      });
      return said.find(Boolean) ?? "";
    } catch (error) {
      return `${error.constructor.name}: ${error.message}`;
    }
  });
}
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    x = autograd.tensor(2.0, requires_grad=True)
    html = build.page(autograd.viz.trace(x * x))
    with started() as browser:
        yield Opened(browser, Path(tmp_path_factory.mktemp("page")) / "page.html", html)


def answers(page: Opened, name: str) -> dict[str, list[str]]:
    """For the value and each gradient of an op: what the page says of each of its samples; "" where it is right."""
    op = REGISTRY[name]
    cases = [c for sample in op.samples() if not sample.raises and not sample.kink for c in cases_of(op, sample)]
    said: list[str] = page.page.evaluate(ASK, json.loads(json.dumps(cases)))
    found: dict[str, list[str]] = {}
    for c, answer in zip(cases, said, strict=True):
        found.setdefault(c["name"], []).append(answer)
    return found


def cases_of(op: Op, sample: Sample) -> list[dict[str, Any]]:
    try:
        return case(op, sample)
    except (LookupError, OverflowError, autograd.errors.ShapeError):
        return []


# Ops that the page does not compute, each with a reason that it gives on the node: decompositions, special functions without a
# short algorithm, complex numbers, bits of a number, and sums that a formula tells in words.
# A module's hooks are Python of the user's: what they compute, no formula says. Other tests may have imported them, or not.
OPS = sorted(set(REGISTRY) - {"boundary"})


@pytest.mark.parametrize("name", OPS)
def test_the_page_computes_what_numpy_computes_or_refuses(page: Opened, name: str) -> None:
    with np.errstate(all="ignore"):
        found = answers(page, name)
    wrong = {which: [a for a in said if a] for which, said in found.items() if any(said)}
    if name not in REASONS:
        assert found
        assert wrong == {}
    else:
        assert wrong or not found, "the page computes this op: take it off the list"


def test_how_many_ops_are_computed() -> None:
    assert set(OPS) >= set(REASONS)
    assert len(set(OPS) - set(REASONS)) >= 297
    common = "embedding linear relu tanh sigmoid gelu softmax mean sum pow mul add sub div exp log sqrt matmul mean_square"
    layers = "normalize rms_normalize attention self_projections lstm projected_lstm gru rnn conv2d max_pool2d avg_pool2d"
    losses = "cross_entropy bce_with_logits nll_loss huber leaky_relu elu silu softplus"
    picked = "max_dim min_dim sort topk kthvalue median mode cummax getitem unindex gather scatter where cat write"
    assert not {*common.split(), *layers.split(), *losses.split(), *picked.split()} & set(REASONS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_is_a_sentence(language: str) -> None:
    assert {f"why not {reason}" for reason in {*REASONS.values(), "python"}} <= words(language).keys()


@pytest.mark.parametrize(
    ("old", "new"), [(["*", "a", "b"], ["+", "a", "b"]), (["*", "g", "b"], ["*", "g", "a"]), (["*", "g", "a"], ["neg", "g"])]
)
def test_a_wrong_formula_is_seen(page: Opened, old: Any, new: Any) -> None:
    sample = Sample(np.array([[1.5, -2.0]]), np.array([[0.5, 3.0]]))
    cases = case(REGISTRY["mul"], sample)
    assert page.page.evaluate(ASK, cases) == ["", "", ""]
    broken = json.loads(json.dumps(cases).replace(json.dumps(old), json.dumps(new)))
    if old == ["*", "a", "b"]:
        broken[0]["formulas"]["y"]["tree"] = new
    assert any(page.page.evaluate(ASK, broken))


def test_a_wrong_second_output_is_seen(page: Opened) -> None:
    """Planted: the mean without its division, and a gate in another's place."""
    for name, old, new in [("normalize", '"mean"', '"sum"'), ("lstm", '["part", "a", 1]', '["part", "a", 2]')]:
        sample = REGISTRY[name].samples()[0]
        cases = json.dumps(case(REGISTRY[name], sample))
        assert not any(page.page.evaluate(ASK, json.loads(cases)))
        assert old in cases
        assert page.page.evaluate(ASK, json.loads(cases.replace(old, new)))[0]
