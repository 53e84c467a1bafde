"""The C of compiled functions against the naive interpreter and eager code: on every op's samples, on random programs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.compile import library
from autograd.compile.certificate import arguments, compared, forward_and_gradients, table, tensors_in
from autograd.compile.loops import Callback
from autograd.engine.op import REGISTRY, Op
from autograd.errors import CompileError

# Ops whose file's samples are left to the script below for the suite's sake: they are called back in NumPy as a whole.
FAMILIES = (
    "arithmetic", "comparison", "rounding", "trigonometric", "reduction", "shape", "product", "activation", "join", "indexing",
    "gather", "pointwise", "normalization", "attention", "embedding", "pooling", "recurrent",
)  # fmt: skip


# The ops of these files that NumPy computes in a compiled step, with their first three samples.
CALLED_BACK = {
    "arithmetic": {"angle", "logaddexp2"},
    "comparison": {"isclose", "isneginf", "isposinf"},
    "rounding": {"frexp", "ldexp", "modf", "nan_to_num", "nextafter"},
    "shape": {"pad", "to"},
    "product": {"cross"},
    "indexing": {"getitem"},
    "gather": {"gather", "masked_scatter", "scatter"},
    "embedding": {"embedding", "one_hot", "segment_max", "segment_sum", "segment_unpick"},
    "pooling": {
        "max_pool1d_indices", "max_pool2d_indices", "max_pool3d_indices", "max_windows", "max_windows_indices",
    },
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("quick_c")


def family(op: Op) -> str:
    """The file in which an op is declared."""
    functions = [op.forward, op.joint, *op.rules.values()]
    found = next((f for f in functions if inspect.isfunction(f)), None)
    return Path(inspect.getfile(found)).stem if found is not None else ""


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.filterwarnings("ignore")
def test_compiled_equals_eager_on_the_ops_samples(name: str) -> None:
    calls = []
    for op in REGISTRY.values():
        for sample in [s for s in op.samples() if family(op) == name][:3]:
            run, given = forward_and_gradients(op, sample.params), arguments(op, sample)
            if not any(t.dtype.kind == "c" for t in tensors_in(given)):
                calls.append((op.name, run, given, run(*given)))
    compiled = autograd.compile(lambda given: [run(*g) for (_, run, _, _), g in zip(calls, given, strict=True)])
    given = [g for _, _, g, _ in calls]
    for _ in range(4):
        found = compiled(given)
    assert compiled.variants
    back = {g.entry.op.split(",")[0] for g in compiled.variants[0].groups if isinstance(g, Callback)}
    assert back == CALLED_BACK.get(name, set()), (
        "an op has lost its C, as by a faster path for NumPy's arrays alone, or has got one"
    )
    assert len(calls) > 2
    for (op_name, _, _, wanted), got in zip(calls, found, strict=True):
        for a, b in zip(wanted, got, strict=True):
            assert a.dtype == b.dtype, op_name
            largest = np.abs(a.array[np.isfinite(a.array)]).max(initial=1.0) if a.dtype.kind == "f" else 1
            np.testing.assert_allclose(b.array, a.array, rtol=1e-12, atol=1e-12 * largest, err_msg=op_name)


def test_the_table_tells_what_runs_in_c_and_a_planted_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(REGISTRY["relu"], samples=1)
    assert not found.failures
    assert found.samples == 2, "in each precision"
    assert found.verdict() == "C"
    assert compared(REGISTRY["erfinv"], samples=1).verdict() == "calls back"
    monkeypatch.setitem(library.PARTS, "maxd", library.PARTS["maxd"].replace("? b : a", "? b : a + 1"))
    planted = compared(REGISTRY["relu"], samples=1)
    assert len(planted.failures) == 1
    assert "relu in float64: CompileError: the compiled step differs from the interpreter: relu: maximum" in planted.failures[0]
    assert "2 ops: 1 are C alone, 0 call back into NumPy, 1 differ" in table([found, planted])


def random_program(rng: np.random.Generator) -> Callable[..., Any]:
    """Views, writes, broadcasting, shared values and several outputs, as a seed has it."""
    plan = [(int(rng.integers(9)), rng.integers(100, size=3).tolist()) for _ in range(12)]

    def run(x: Any, w: Any) -> Any:
        values = [x * 1.5, w.sin(), x + w]
        for kind, (i, j, k) in plan:
            a, b = values[i % len(values)], values[j % len(values)]
            if kind == 0:
                values.append(a * b.tanh())
            elif kind == 1:
                values.append((a - b.mean(dim=k % 2, keepdim=True)).exp().clamp(max=5.0))
            elif kind == 2:
                values.append(a @ b.T @ a * 0.1)
            elif kind == 3:
                c = a.clone()
                c[k % 3] = b[0] * 2
                c[:, 1:] += b[:, :-1]
                values.append(c)
            elif kind == 4:
                values.append(a.T.reshape(a.shape) + b.flip(0))
            elif kind == 5:
                values.append(autograd.where(a > b, a, b * 0.5))
            elif kind == 6:
                values.append(autograd.cat([a[:2], b[2:]]))
            elif kind == 7:
                values.append(a.softmax(1) + b.amax(dim=0))
            else:
                values.append(a / (1 + b * b) - a.sum())
        total = sum(((v * v).mean() for v in values), autograd.tensor(0.0, dtype=np.float64))
        gradients = autograd.grad(total, [x, w])
        return [total.detach(), *[v.detach() for v in values[-2:]], *gradients]

    return run


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_compiled_and_eager_are_equal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    run = random_program(rng)
    compiled = autograd.compile(run)
    for _ in range(5):
        x, w = (autograd.tensor(rng.normal(size=(4, 4)), requires_grad=True) for _ in range(2))
        for a, b in zip(compiled(x, w), run(x, w), strict=True):
            np.testing.assert_allclose(a.array, b.array, rtol=1e-9, atol=1e-12)
    assert compiled.variants


def test_a_planted_error_in_a_kernel_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x = nn.Linear(5, 3), autograd.randn(4, 5)

    def run(x: Any) -> Any:
        return layer(x).relu().detach()

    sound = autograd.compile(run, check=True)
    for _ in range(5):
        sound(x)
    assert sound.variants
    monkeypatch.setitem(library.PARTS, "maxf", library.PARTS["maxf"].replace("? b : a", "? b : a + 1"))
    planted = autograd.compile(lambda x: run(x), check=True)
    planted(x)
    planted(x)
    with pytest.raises(CompileError, match=r"differs from the interpreter: relu: maximum into .* by 1 where"):
        planted(x)


def test_a_gradient_that_is_rounding_alone_is_no_difference() -> None:
    """That of the keys' bias is 0 in truth, and Adam makes steps of the size of its rate of it."""
    autograd.manual_seed(0)
    model = nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def step(x: autograd.Tensor) -> autograd.Tensor:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step, check=True)
    losses = [compiled(autograd.rand(4, 6, 16)).item() for _ in range(8)]
    assert compiled.variants
    assert losses[-1] < losses[0]
    assert optimizer.state[model.linear1.weight]["step"].item() == 8


def test_an_argument_that_nothing_uses_has_a_memory_of_its_own() -> None:
    empty = autograd.tensor(np.zeros((2, 0)), requires_grad=True)

    def run(x: Any, unused: Any, none: Any) -> Any:
        return [autograd.cat([x, none], 1).detach(), (x.sort(1)[0] * 2).detach()]

    compiled = autograd.compile(run, check=True)
    x = autograd.tensor(np.array([[2.0, 1.0], [3.0, 4.0]]))
    for _ in range(4):
        joined, doubled = compiled(x, autograd.ones(3), empty)
    assert joined.tolist() == [[2, 1], [3, 4]]
    assert doubled.tolist() == [[2, 4], [6, 8]]
    assert compiled.variants


def test_nan_and_infinity_stay_what_they_are() -> None:
    odd = autograd.tensor([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38, -1.0], dtype=np.float32)

    def run(x: Any) -> Any:
        return [x.exp(), x.log(), x.tanh(), x.relu(), x.expm1(), x.log1p(), x.sqrt(), x.amax(), x.sum(), x.clamp(-1, 1), x.abs()]

    compiled = autograd.compile(run)
    for _ in range(4):
        found = compiled(odd)
    with np.errstate(all="ignore"):
        for a, b in zip(found, run(odd), strict=True):
            np.testing.assert_allclose(a.array, b.array, rtol=1e-6, atol=1e-44)


def ulps(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How far float32 numbers are from exact ones, in steps of float32 there."""
    with np.errstate(all="ignore"):
        step = np.spacing(np.abs(wanted.astype(np.float32))).astype(np.float64)
        apart = np.abs(found.astype(np.float64) - wanted) / step
    return apart[np.isfinite(wanted.astype(np.float32)) & np.isfinite(step) & (np.abs(wanted) > 1.2e-38)]


@pytest.mark.parametrize(("name", "most"), [("exp", 1.5), ("log", 1.5), ("tanh", 2.5), ("expm1", 2.5), ("log1p", 2.5)])
def test_functions_are_right_to_the_last_places(name: str, most: float) -> None:
    """A sample of all float32 numbers; ``python -m benchmarks.ulp`` takes all of them."""
    bits = np.arange(0, 1 << 32, 40_009, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    compiled = autograd.compile(lambda t: getattr(autograd, name)(t))
    with np.errstate(all="ignore"):
        for _ in range(3):
            compiled(autograd.tensor(x))
        found = compiled(autograd.tensor(x)).array
        wanted = getattr(np, name)(x.astype(np.float64))
    assert ulps(found, wanted).max() <= most
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
