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
    call = Call(op, sample.params, shapes, None if op.outputs > 1 else np.shape(judged.y))
    values: dict[str, Any] = {**call.given, **judged.extras, **inputs, "y": judged.y, "g": judged.g}
    values.update({f"{n}_shape": np.shape(v) for n, v in inputs.items() if isinstance(v, np.ndarray)})
    values.update({f"d_{name}": value for name, value in gradients.items()})
    if any(np.asarray(v).dtype.kind == "c" for v in values.values() if isinstance(v, np.ndarray)):
        return []
    asked = {"y": judged.y, **gradients}
    made = []
    for name, formula in call.formulas().items():
        expected = asked.get(name)
        if expected is None or isinstance(expected, tuple) or (op.variadic and name != "y"):
            continue
        known = {n: numbers(v) for n, v in values.items() if sendable(v)}
        if name == "y":
            known.pop("y", None)
        else:
            expected = summed(np.asarray(expected), np.shape(inputs[name]))
        made.append(
            {
                "name": name,
                "formula": formula_json(formula),
                "values": known,
                "order": list(op.inputs),
                "shape": list(np.shape(expected)),
                "expected": numbers(np.asarray(expected, dtype=np.float64)),
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
        made = glassgrad.compute(c.formula, values, c.shape, c.order),
        expected = back(c.expected);
      if (Array.isArray(made)) return "a list";
      if (String(made.shape) !== String(expected.shape)) return `shape ${made.shape} for ${expected.shape}`;
      let worst = 0;
      made.data.forEach((v, i) => {
        const e = expected.data[i];
        if (Object.is(v, e) || v === e) return;
        const off = Math.abs(v - e) / (1e-9 + 2e-8 * Math.abs(e));
        worst = Number.isNaN(off) || off > worst ? (Number.isNaN(off) ? Infinity : off) : worst;
      });
      return worst <= 1 ? "" : `off by ${worst}`;
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


# Ops of which the page computes some calls only, or none: special functions, decompositions, transforms, complex numbers, several
# outputs, windows with rare options, and adjoints that are told in words. Where it is asked for them it refuses, or the laboratory
# sees, when it is opened, that what it computes is not what the trace says, and offers nothing.
REFUSED = set(
    """
    airy_ai airy_ai_slope angle as_strided avg_pool1d avg_pool2d avg_pool3d bessel_y0 bessel_y1 bitwise_not cat cholesky
    cofactor cofactor_adjoint complex conv1d conv1d_weight conv2d conv2d_weight conv3d conv3d_weight conv_transpose1d
    conv_transpose2d conv_transpose3d ctc eig eigh einsum embedding_scatter fftn fold gammainc gammaincc getitem ifftn
    imag irfftn isclose masked_scatter matrix_exp matrix_rank max_pool1d max_pool1d_indices max_pool1d_pick
    max_pool1d_unpick max_pool2d max_pool2d_indices max_pool2d_pick max_pool2d_unpick max_pool3d max_pool3d_indices
    max_pool3d_pick max_pool3d_unpick max_windows max_windows_indices median median_of_all mode nextafter pinv
    plane_gather plane_scatter qr quantile recurrence refold rfftn scatter scatter_reduce segment_max segment_pick
    segment_sum segment_unpick self_projections slogdet solve solve_triangular spacing spherical_bessel_j0 svd tensordot
    to unfold unfold_image unindex unstrided view_as_complex view_as_real write yv
    """.split()  # noqa: SIM905
)


# A module's hooks are Python of the user's: what they compute, no formula says. Other tests may have imported them, or not.
OPS = sorted(set(REGISTRY) - {"boundary"})


@pytest.mark.parametrize("name", OPS)
def test_the_page_computes_what_numpy_computes_or_refuses(page: Opened, name: str) -> None:
    with np.errstate(all="ignore"):
        found = answers(page, name)
    wrong = {which: [a for a in said if a] for which, said in found.items() if any(said)}
    if name not in REFUSED:
        assert found
        assert wrong == {}
    else:
        assert wrong or not found, "the page computes this op: take it off the list"


# The laboratory follows one value per op: of these it says that it does not compute them, by their names.
SEVERAL_OUTPUTS = {name for name in OPS if REGISTRY[name].outputs > 1}


def test_how_many_ops_are_computed() -> None:
    assert set(OPS) >= REFUSED
    assert len(set(OPS) - REFUSED) >= 220
    assert len(set(OPS) - REFUSED - SEVERAL_OUTPUTS) >= 205
    common = "embedding linear relu tanh sigmoid gelu softmax mean sum pow mul add sub div exp log sqrt matmul mean_square"
    assert not {*common.split(), "gru"} & (REFUSED | SEVERAL_OUTPUTS)
    assert not {"cross_entropy", "bce_with_logits", "nll_loss", "huber", "leaky_relu", "elu", "silu", "softplus"} & REFUSED


@pytest.mark.parametrize(
    ("old", "new"), [(["*", "a", "b"], ["+", "a", "b"]), (["*", "g", "b"], ["*", "g", "a"]), (["*", "g", "a"], ["neg", "g"])]
)
def test_a_wrong_formula_is_seen(page: Opened, old: Any, new: Any) -> None:
    sample = Sample(np.array([[1.5, -2.0]]), np.array([[0.5, 3.0]]))
    cases = case(REGISTRY["mul"], sample)
    assert page.page.evaluate(ASK, cases) == ["", "", ""]
    broken = json.loads(json.dumps(cases).replace(json.dumps(old), json.dumps(new)))
    if old == ["*", "a", "b"]:
        broken[0]["formula"]["tree"] = new
    assert any(page.page.evaluate(ASK, broken))
