"""Optimizers: against the papers' equations in plain Python numbers, against what PyTorch does, and as a whole."""

from __future__ import annotations

import copy
import inspect
import json
import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trajectories.cases import OPTIMIZERS, descend, descend_twice, gradient

import autograd
import nn
import optim
from autograd.engine import memory
from optim.blocks import LARGE
from optim.elementwise import Elementwise
from optim.muon import in_bfloat16
from optim.per_parameter import PerParameter

RECORD = json.loads(Path(__file__).with_name("trajectories").joinpath("pytorch.json").read_text(encoding="utf-8"))


def leaves(cls: type) -> Iterator[type]:
    """All optimizers there are: what is derived from Optimizer in our own modules, but for the two bases, and the one that divides
    another's work among processes."""
    for sub in cls.__subclasses__():
        if sub.__module__.startswith("optim.") and sub not in (Elementwise, PerParameter, optim.ZeroRedundancyOptimizer):
            yield sub
        yield from leaves(sub)


EVERY = {cls.__name__: cls for cls in leaves(optim.Optimizer)}
OURS = {"Lion": [{"weight_decay": 0.1}, {"maximize": True, "betas": (0.5, 0.7)}], "LAMB": [{"lr": 0.1}, {"weight_decay": 0.1}]}
CASES = {**OPTIMIZERS, **OURS}


def tensor(value: Any) -> Any:
    return autograd.tensor(np.asarray(value))


def test_every_optimizer_is_public_and_tested() -> None:
    assert set(EVERY) == set(CASES)
    assert set(EVERY) <= set(optim.__all__)
    assert set(EVERY) - {"LBFGS", "Muon", "Adafactor"} == set(PLAIN)


# ---------------------------------------------------------------------------------------------------------- plain numbers
#
# One number at a time, as the papers write it: o are the options, s the state of this number, t the step from 1.


def sign(x: float) -> float:
    return (x > 0) - (x < 0)


def sgd(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    if not o["momentum"]:
        return w - o["lr"] * g
    s["b"] = g if t == 1 else o["momentum"] * s["b"] + (1 - o["dampening"]) * g
    return w - o["lr"] * (g + o["momentum"] * s["b"] if o["nesterov"] else s["b"])


def moments(g: float, s: dict[str, float], o: dict[str, Any], t: int) -> tuple[float, float]:
    b1, b2 = o["betas"]
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
    return s["m"] / (1 - b1**t), s["v"] / (1 - b2**t)


def adam(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    m, v = moments(g, s, o, t)
    if o["amsgrad"]:
        s["most"] = max(s.get("most", 0), s["v"])
        v = s["most"] / (1 - o["betas"][1] ** t)
    return w - o["lr"] * m / (math.sqrt(v) + o["eps"])


def rmsprop(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    a = o["alpha"]
    s["v"] = a * s.get("v", 0) + (1 - a) * g**2
    s["a"] = a * s.get("a", 0) + (1 - a) * g
    d = g / (math.sqrt(s["v"] - (s["a"] ** 2 if o["centered"] else 0)) + o["eps"])
    s["b"] = o["momentum"] * s.get("b", 0) + d
    return w - o["lr"] * s["b"]


def adagrad(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    s["sum"] = s.get("sum", o["initial_accumulator_value"]) + g**2
    return w - o["lr"] / (1 + (t - 1) * o["lr_decay"]) * g / (math.sqrt(s["sum"]) + o["eps"])


def adadelta(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    s["v"] = o["rho"] * s.get("v", 0) + (1 - o["rho"]) * g**2
    d = math.sqrt(s.get("u", 0) + o["eps"]) / math.sqrt(s["v"] + o["eps"]) * g
    s["u"] = o["rho"] * s.get("u", 0) + (1 - o["rho"]) * d**2
    return w - o["lr"] * d


def adamax(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    b1, b2 = o["betas"]
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["u"] = max(b2 * s.get("u", 0), abs(g) + o["eps"])
    return w - o["lr"] / (1 - b1**t) * s["m"] / s["u"]


def nadam(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    _, v = moments(g, s, o, t)

    def mu(i: int) -> float:
        return o["betas"][0] * (1 - 0.5 * 0.96 ** (i * o["momentum_decay"]))

    product = math.prod(mu(i) for i in range(1, t + 1))
    m = mu(t + 1) * s["m"] / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
    return w - o["lr"] * m / (math.sqrt(v) + o["eps"])


def radam(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    m, _ = moments(g, s, o, t)
    b2 = o["betas"][1]
    most = 2 / (1 - b2) - 1
    r = most - 2 * t * b2**t / (1 - b2**t)
    if r <= 5:
        return w - o["lr"] * m
    known = math.sqrt((r - 4) * (r - 2) * most / ((most - 4) * (most - 2) * r))
    return w - o["lr"] * m * known * math.sqrt(1 - b2**t) / (math.sqrt(s["v"]) + o["eps"])


def asgd(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    eta = o["lr"] / (1 + o["lambd"] * o["lr"] * (t - 1)) ** o["alpha"]
    return w * (1 - o["lambd"] * eta) - eta * g


def rprop(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    turned = g * s.get("last", 0)
    d = s.get("d", o["lr"]) * (o["etas"][1] if turned > 0 else o["etas"][0] if turned < 0 else 1)
    s["d"] = min(max(d, o["step_sizes"][0]), o["step_sizes"][1])
    s["last"] = 0 if turned < 0 else g
    return w - s["d"] * sign(s["last"])


def lion(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    b1, b2 = o["betas"]
    m = s.get("m", 0)
    s["m"] = b2 * m + (1 - b2) * g
    return w - o["lr"] * sign(b1 * m + (1 - b1) * g)


def lamb(w: float, g: float, s: dict[str, float], o: dict[str, Any], t: int) -> float:
    m, v = moments(g, s, o, t)
    return m / (math.sqrt(v) + o["eps"]) + o["weight_decay"] * w  # r: its length is set by ``lamb_lengths``


PLAIN: dict[str, Callable[..., float]] = {
    "SGD": sgd, "Adam": adam, "AdamW": adam, "RMSprop": rmsprop, "Adagrad": adagrad, "Adadelta": adadelta, "Adamax": adamax,
    "NAdam": nadam, "RAdam": radam, "ASGD": asgd, "Rprop": rprop, "Lion": lion, "LAMB": lamb,
}  # fmt: skip


def lamb_lengths(weights: list[float], steps: list[float], lr: float) -> list[float]:
    long, step = (math.sqrt(sum(x * x for x in xs)) for xs in (weights, steps))
    return [w - lr * (long / step if long and step else 1) * r for w, r in zip(weights, steps, strict=True)]


def by_number(name: str, o: dict[str, Any], weights: list[list[float]], steps: int) -> list[list[float]]:
    """The weights of all parameters after some steps, number by number."""
    states: list[list[dict[str, float]]] = [[{} for _ in ws] for ws in weights]
    for t in range(1, steps + 1):
        for i, ws in enumerate(weights):
            after = []
            for j, w in enumerate(ws):
                g = float(gradient(np.zeros(len(ws)), i, t)[j])
                g = (-g if o.get("maximize") else g) + o.get("l1", 0) * sign(w)
                start, decay = w, o.get("weight_decay", 0)
                if name in ("AdamW", "Lion") or o.get("decoupled_weight_decay"):
                    start = w * (1 - o["lr"] * decay)
                elif name != "LAMB":
                    g += decay * w
                after.append(PLAIN[name](start, g, states[i][j], o, t))
            weights[i] = lamb_lengths(ws, after, o["lr"]) if name == "LAMB" else after
    return weights


@pytest.mark.parametrize("l1", [0, 0.2])
@pytest.mark.parametrize(("name", "i"), [(name, i) for name in PLAIN for i in range(len(CASES[name]))])
def test_against_the_equations(name: str, i: int, l1: float) -> None:
    weights = [[0.5, -1.0, 2.0, 0.0], [1.5], [-0.3, 0.7]]
    params = [tensor(ws).requires_grad_() for ws in weights]
    optimizer = EVERY[name](params, **CASES[name][i], l1=l1)
    for t in range(1, 9):
        for k, p in enumerate(params):
            p.grad = tensor(gradient(np.zeros(len(weights[k])), k, t))
        optimizer.step()
    want = by_number(name, optimizer.param_groups[0], [list(ws) for ws in weights], 8)
    for p, ws in zip(params, want, strict=True):
        np.testing.assert_allclose(p.array, ws, rtol=1e-12, atol=1e-13)


def test_the_average_of_asgd() -> None:
    p = tensor([1.0, -2.0]).requires_grad_()
    optimizer = optim.ASGD([p], lr=0.1, t0=2)
    seen = []
    for t in range(6):
        p.grad = tensor([math.sin(t), 1.0])
        optimizer.step()
        seen.append(p.array.copy())
    # Up to step t0 + 2 the average is the weights; from then on all weights count alike.
    np.testing.assert_allclose(optimizer.state[p]["ax"].array, np.mean(seen[3:], axis=0))


def test_adafactor_against_the_equations() -> None:
    w0 = np.cos(np.arange(6.0)).reshape(2, 3)
    p = tensor(w0).requires_grad_()
    optimizer = optim.Adafactor([p], lr=0.05, weight_decay=0.1)
    w, row, column, eps1 = w0.tolist(), [0.0] * 2, [0.0] * 3, float(np.finfo(np.float64).eps)
    for t in range(1, 6):
        g = gradient(w0, 0, t)
        p.grad = tensor(g)
        optimizer.step()
        share = t**-0.8
        row = [(1 - share) * row[i] + share * sum(g[i][j] ** 2 for j in range(3)) / 3 for i in range(2)]
        column = [(1 - share) * column[j] + share * sum(g[i][j] ** 2 for i in range(2)) / 2 for j in range(3)]
        mean = sum(row) / 2
        u = [[g[i][j] / math.sqrt(row[i] * column[j] / mean) for j in range(3)] for i in range(2)]
        size = math.sqrt(sum(x * x for r in w for x in r) / 6)
        length = max(1e-3, size) * min(0.05, 1 / math.sqrt(t)) / max(1.0, math.sqrt(sum(x * x for r in u for x in r) / 6))
        w = [[w[i][j] * (1 - 0.05 * 0.1) - length * u[i][j] for j in range(3)] for i in range(2)]
    assert eps1 < mean
    np.testing.assert_allclose(p.array, w, rtol=1e-12)


@pytest.mark.parametrize("shape", [(2, 5), (5, 2), (3, 3)])
def test_muon_moves_all_directions_alike(shape: tuple[int, int]) -> None:
    g = np.random.default_rng(0).standard_normal(shape)
    p = tensor(np.zeros(shape)).requires_grad_()
    # Coefficients with which the iteration converges to U V^T, which an SVD gives at once.
    optimizer = optim.Muon([p], lr=0.1, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=60, weight_decay=0)
    p.grad = tensor(g)
    optimizer.step()
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    # It iterates in bfloat16, whose numbers have 8 bits.
    np.testing.assert_allclose(p.array, -0.1 * max(1, shape[0] / shape[1]) ** 0.5 * (u @ vt), atol=0.1 * 2**-6)


def test_muons_polynomial_and_momentum() -> None:
    # On singular values the iteration is a polynomial in one number.
    g, p = np.diag([3.0, 1.0, 0.2]), tensor(np.eye(3)).requires_grad_()
    optimizer = optim.Muon([p], lr=0.1, adjust_lr_fn="match_rms_adamw")
    b, w = np.zeros(3), np.ones(3)
    for t in range(3):
        p.grad = tensor(g * (t + 1))
        optimizer.step()
        b = 0.95 * b + 0.05 * np.diag(g) * (t + 1)
        x = 0.05 * np.diag(g) * (t + 1) + 0.95 * b
        x = x / np.sqrt((x * x).sum())
        for _ in range(5):
            x = 3.4445 * x - 4.775 * x**3 + 2.0315 * x**5
        w = w * (1 - 0.1 * 0.1) - 0.1 * 0.2 * math.sqrt(3) * x
    # Three steps of 0.035 in bfloat16, whose numbers have 8 bits.
    np.testing.assert_allclose(p.array, np.diag(w), atol=3 * 0.035 * 2**-6)


def test_bfloat16_is_the_nearest_number_of_eight_bits() -> None:
    x = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-7, -0.1, 3e38, 0.0, 1e-40, np.inf, np.nan], np.float32)
    want = np.array([1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -0.10009765625, 3.00405527e38, 0.0, 9.1835496e-41, np.inf, np.nan], np.float32)
    np.testing.assert_allclose(in_bfloat16(x), want, rtol=1e-3)
    fine = in_bfloat16(x[:5])
    np.testing.assert_array_equal(fine, want[:5])
    np.testing.assert_array_equal(in_bfloat16(fine), fine)
    assert in_bfloat16(np.float64(1.0)).shape == ()


# --------------------------------------------------------------------------------------------------------------- PyTorch


@pytest.mark.parametrize(("name", "i"), [(name, i) for name in OPTIMIZERS for i in range(len(OPTIMIZERS[name]))])
def test_against_pytorchs_trajectories(name: str, i: int) -> None:
    # L-BFGS without a line search is chaotic: a start that differs by 1e-15 differs by 1e-6 after 50 of its 80 iterations.
    tolerance = {"LBFGS": 1e-5}.get(name, 1e-9)
    for got, want in zip(descend(name, OPTIMIZERS[name][i], optim, tensor), RECORD["weights"][name][i], strict=True):
        expected = np.array(want[0]) + 1j * np.array(want[1]) if np.iscomplexobj(got) else np.array(want)
        np.testing.assert_allclose(got, expected, atol=tolerance)


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - {"LBFGS"}))
def test_a_parameter_that_is_listed_twice_is_updated_twice(name: str) -> None:
    for got, want in zip(descend_twice(name, optim, tensor), RECORD["twice"][name], strict=True):
        np.testing.assert_allclose(got, want, atol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_signature_is_pytorchs(name: str) -> None:
    mine = [[p.name, str(p.default), p.kind.name] for p in inspect.signature(EVERY[name]).parameters.values()]
    added = {"l1"} | ({"maximize"} if name == "Muon" else set())
    assert [entry for entry in mine if entry[0] not in added] == RECORD["signatures"][name]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_dict_has_pytorchs_names(name: str) -> None:
    p = tensor(np.ones((2, 2))).requires_grad_()
    optimizer = EVERY[name]([p], **OPTIMIZERS[name][-1])
    (p * p).sum().backward()
    optimizer.step(lambda: (p * p).sum())
    state, groups = RECORD["state"][name]
    found = optimizer.state_dict()
    assert set(found["state"][0]) == set(state) - {"al"}  # al is a scratch array of PyTorch's
    assert set(found["param_groups"][0]) - {"l1"} == set(groups) | ({"maximize"} if name == "Muon" else set())


# ------------------------------------------------------------------------------------------------------------------ state


def model_and_steps(name: str, options: dict[str, Any]) -> tuple[list[Any], Any, Callable[[Any, list[Any], int], None]]:
    shapes = [(3, 2), (2, 4)] if name == "Muon" else [(3, 2), (4,), (), (0,)] if name != "LBFGS" else [(3, 2), (4,)]
    params = [tensor(np.cos(np.arange(float(np.prod(s)))).reshape(s)).requires_grad_() for s in shapes]

    def steps(optimizer: Any, params: list[Any], count: int) -> None:
        def closure() -> Any:
            optimizer.zero_grad()
            loss = sum(((p - 0.3) ** 4).sum() + (p * p).sum() for p in params)
            loss.backward()
            return loss

        for _ in range(count):
            optimizer.step(closure)

    return params, EVERY[name](params, **options), steps


@pytest.mark.parametrize(("name", "i"), [(name, i) for name in CASES for i in {0, len(CASES[name]) - 1}])
def test_a_loaded_state_continues_the_trajectory(name: str, i: int) -> None:
    options = {**CASES[name][i], **({"max_iter": 2} if name == "LBFGS" else {})}
    params, optimizer, steps = model_and_steps(name, options)
    steps(optimizer, params, 3)
    saved = copy.deepcopy(optimizer.state_dict())
    others = [tensor(p.array.copy()).requires_grad_() for p in params]
    other = EVERY[name](others)
    other.load_state_dict(saved)
    pickled_params, pickled = pickle.loads(pickle.dumps((params, optimizer)))
    copied_params, copied = copy.deepcopy((params, optimizer))
    runs = [(optimizer, params), (other, others), (pickled, pickled_params), (copied, copied_params)]
    for o, ps in runs:
        steps(o, ps, 3)
        for p, q in zip(params, ps, strict=True):
            np.testing.assert_array_equal(p.array, q.array)
    # What was saved is nobody's live state.
    again = EVERY[name]([tensor(p.array).requires_grad_() for p in params])
    again.load_state_dict(saved)
    assert str(saved) == str(copy.deepcopy(saved))


@pytest.mark.parametrize("name", [name for name in CASES if name != "LBFGS"])
def test_others_parameters_and_state_for_a_while(name: str) -> None:
    params, optimizer, steps = model_and_steps(name, CASES[name][name == "SGD"])  # SGD's first keeps no state
    steps(optimizer, params, 2)
    before = copy.deepcopy(optimizer.state_dict())
    lent, others = copy.deepcopy(before), [tensor(p.array.copy()).requires_grad_() for p in params]
    values = [p.array.copy() for p in params]
    lists = [group["params"] for group in optimizer.param_groups]
    with optim.swap_in_optimizer_params_and_state(optimizer, {str(i): p for i, p in enumerate(others)}, lent):
        steps(optimizer, others, 2)
    assert str(optimizer.state_dict()) == str(before)
    assert all(group["params"] is old for group, old in zip(optimizer.param_groups, lists, strict=True))
    assert all(np.array_equal(p.array, old) for p, old in zip(params, values, strict=True))
    steps(optimizer, params, 2)
    for p, other in zip(params, others, strict=True):
        np.testing.assert_array_equal(p.array, other.array)
    assert str(optimizer.state_dict()["state"]) == str(lent["state"])


def test_what_cannot_be_swapped_in() -> None:
    p = tensor([1.0, 2.0]).requires_grad_()
    optimizer = optim.SGD([p], lr=1.0, momentum=0.5)
    swap = optim.swap_in_optimizer_params_and_state
    with pytest.raises(RuntimeError, match="initialized"), swap(optimizer, {"p": p}, optimizer.state_dict()):
        pass
    p.grad = tensor([1.0, 1.0])
    optimizer.step()
    good = optimizer.state_dict()
    group = good["param_groups"][0]
    bad: list[tuple[dict[str, Any], Any, str]] = [
        ({}, good, "0 parameters for the 1"), ({"p": p}, {"state": {}}, "state_dict"),
        ({"p": p}, {**good, "param_groups": []}, "0 parameter groups"),
        ({"p": p}, {**good, "param_groups": [{**group, "params": [p]}]}, "numbers"),
        ({"p": p}, {**good, "param_groups": [{**group, "params": [0, 1]}]}, "2 parameters, not 1"),
        ({"p": p}, {**good, "param_groups": [{**group, "more": 1}]}, "more"),
        ({"p": p}, {**good, "state": {3: {}}}, "the state has 3"),
    ]  # fmt: skip
    for parameters, state, said in bad:
        with pytest.raises(RuntimeError, match=said), swap(optimizer, parameters, state):
            pass
    with pytest.raises(ZeroDivisionError), swap(optimizer, {"p": tensor([0.0, 0.0])}, copy.deepcopy(good)):
        1 / 0  # noqa: B018
    assert optimizer.param_groups[0]["params"] == [p]


def test_state_that_is_replaced_counts() -> None:
    p, q = (tensor([1.0, 2.0]).requires_grad_() for _ in range(2))
    optimizer = optim.SGD([p, q], lr=1.0, momentum=0.5)
    for t in (p, q):
        t.grad = tensor([1.0, 1.0])
    optimizer.step()
    optimizer.state[p]["momentum_buffer"] = tensor([10.0, 10.0])
    optimizer.state[q]["momentum_buffer"].zero_()
    optimizer.step()
    np.testing.assert_allclose(p.array, [1 - 1 - 6, 2 - 1 - 6])
    np.testing.assert_allclose(q.array, [1 - 1 - 1, 2 - 1 - 1])
    optimizer.state.clear()
    optimizer.step()
    np.testing.assert_allclose(q.array, [-2, -1])
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1, 1]


def test_parameters_that_change_their_memory_or_dtype() -> None:
    p, q = (tensor(np.ones(3, np.float32)).requires_grad_() for _ in range(2))
    optimizer = optim.Adam([p, q], lr=0.1)
    for t in (p, q):
        t.grad = tensor(np.ones(3, np.float32))
    optimizer.step()
    p.data = tensor(np.zeros(3, np.float32))
    optimizer.step()
    np.testing.assert_allclose(p.array, -0.1, atol=1e-6)
    np.testing.assert_allclose(q.array, 0.8, atol=1e-6)
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    model(autograd.ones(2)).sum().backward()
    optimizer.step()
    model.double()
    model.zero_grad()
    model(autograd.ones(2).double()).sum().backward()
    optimizer.step()
    assert {p.dtype for p in model.parameters()} == {np.dtype("float64")}
    assert optimizer.state[model.weight]["exp_avg"].array.dtype == np.float64


def test_load_casts_to_the_parameters_dtype_and_takes_arrays() -> None:
    p = tensor(np.ones(2, np.float32)).requires_grad_()
    optimizer = optim.Adam([p])
    groups = [{**optimizer.state_dict()["param_groups"][0]}]
    for ours in ("l1", "decoupled_weight_decay", "fused"):
        del groups[0][ours]
    state = {0: {"step": np.float32(4), "exp_avg": np.array([1.0, 2.0]), "exp_avg_sq": np.array([1.0, 4.0])}}
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    p.grad = tensor(np.ones(2, np.float32))
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 5
    assert optimizer.state[p]["exp_avg"].array.dtype == np.float32
    np.testing.assert_allclose(optimizer.state[p]["exp_avg"].array, [1.0, 1.9], rtol=1e-6)


# --------------------------------------------------------------------------------------------------------------- as a whole


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"LBFGS"}))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_stay_and_dtypes_too(name: str, dtype: str) -> None:
    shapes = [(3, 2), (200, 100)] if name == "Muon" else [(3, 2), (5,), (200, 100)]
    for options in CASES[name]:
        params = [tensor(np.ones(s, dtype)).requires_grad_() for s in shapes]
        arrays = [p.array for p in params]
        optimizer = EVERY[name](params, **options)
        for i, p in enumerate(params):
            p.grad = tensor(gradient(p.array, i, 1).astype(dtype))
        kept = [p.grad.array.copy() for p in params]
        for _ in range(2):
            optimizer.step()
        for p, array, g in zip(params, arrays, kept, strict=True):
            assert p.array is array
            assert p.array.dtype == dtype
            np.testing.assert_array_equal(p.grad.array, g)
            states = [v.array.dtype for k, v in optimizer.state[p].items() if k not in ("step", "mu", "eta", "mu_product")]
            assert all(found == dtype for found in states)


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"LBFGS"}))
def test_where_a_parameter_lies_does_not_matter(name: str) -> None:
    """Alone or in a group, in slices, or with another order of memory: the same numbers."""
    shape = (160, 130)
    assert np.prod(shape) > LARGE
    w, g = np.cos(np.arange(float(np.prod(shape)))).reshape(shape), gradient(np.zeros(shape), 0, 1)
    results = []
    for order in "CF":
        p = autograd.as_tensor(np.array(w, order=order)).requires_grad_()
        q = tensor(w[:3, :4]).requires_grad_()
        optimizer = EVERY[name]([q, p], **CASES[name][-1])
        for t in range(3):
            p.grad, q.grad = tensor(g * (t + 1)), tensor(g[:3, :4])
            optimizer.step()
        results.append(p.array)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12, atol=1e-15)
    # The same numbers in small pieces, where the update allows it.
    if issubclass(EVERY[name], Elementwise) and not EVERY[name].layerwise:
        rows = [tensor(row).requires_grad_() for row in w]
        optimizer = EVERY[name](rows, **CASES[name][-1])
        for t in range(3):
            for row, grad in zip(rows, g, strict=True):
                row.grad = tensor(grad * (t + 1))
            optimizer.step()
        np.testing.assert_allclose(np.stack([row.array for row in rows]), results[0], rtol=1e-12, atol=1e-15)


class Counting(np.ndarray):
    """An array that counts the ufuncs that are computed with it."""

    calls = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        Counting.calls += 1

        def plain(a: Any) -> Any:
            return tuple(map(plain, a)) if isinstance(a, tuple) else a.view(np.ndarray) if isinstance(a, Counting) else a

        result = getattr(ufunc, method)(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})
        return result.view(Counting) if isinstance(result, np.ndarray) else result


@pytest.mark.parametrize("name", sorted(n for n, c in EVERY.items() if issubclass(c, Elementwise)))
def test_a_step_updates_a_group_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many small parameters there are, the update is computed once."""
    counts = []
    update = EVERY[name].update

    def counted(self: Any, w: Any, g: np.ndarray, s: Any, group: Any, step: int) -> Any:
        return update(self, w, g.view(Counting), s, group, step)

    monkeypatch.setattr(EVERY[name], "update", counted)
    for n in (2, 20):
        params = [tensor(np.ones(3)).requires_grad_() for _ in range(n)]
        optimizer = EVERY[name](params)
        for p in params:
            p.grad = tensor(np.ones(3))
        optimizer.step()
        Counting.calls = 0
        optimizer.step()
        counts.append(Counting.calls)
    assert counts[0] == counts[1] > 0


def rosenbrock(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


REACHES = {  # steps and options with which a bowl of condition 10 is left for its bottom
    "SGD": (200, {"lr": 0.05, "momentum": 0.8}), "Adam": (400, {"lr": 0.1}), "AdamW": (400, {"lr": 0.1, "weight_decay": 0}),
    "RMSprop": (800, {"lr": 0.002, "momentum": 0.5}), "Adagrad": (600, {"lr": 0.8}), "Adadelta": (600, {"lr": 3.0, "eps": 1e-3}),
    "Adamax": (400, {"lr": 0.1}), "NAdam": (400, {"lr": 0.1}), "RAdam": (400, {"lr": 0.1}), "ASGD": (300, {"lr": 0.08, "lambd": 0}),
    "Rprop": (100, {"lr": 0.1}), "LBFGS": (3, {"line_search_fn": "strong_wolfe"}), "Adafactor": (1500, {"lr": 0.01}),
    "Muon": (1500, {"lr": 0.004, "momentum": 0.8, "weight_decay": 0}), "Lion": (800, {"lr": 0.003}), "LAMB": (1500, {"lr": 0.002}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_bowl_is_left_for_its_bottom(name: str) -> None:
    steps, options = REACHES[name]
    target, slope = np.array([[1.0, -0.5], [0.3, 0.7]]), np.array([[1.0, 10.0], [3.0, 5.0]])
    p = tensor(np.array([[2.0, 1.0], [-1.0, 0.1]])).requires_grad_()
    optimizer = EVERY[name]([p], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (tensor(slope) * (p - tensor(target)) ** 2).sum() / 2
        loss.backward()
        return loss

    first = closure().item()
    for _ in range(steps):
        optimizer.step(closure)
    assert closure().item() < 1e-3 * first


@pytest.mark.parametrize(("name", "options", "steps"), [
    ("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 60}, 1), ("Adam", {"lr": 0.02}, 3000), ("Rprop", {"lr": 0.01}, 3000),
])  # fmt: skip
def test_rosenbrock(name: str, options: dict[str, Any], steps: int) -> None:
    x = tensor([-1.2, 1.0]).requires_grad_()
    optimizer = EVERY[name]([x], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = rosenbrock(x)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    np.testing.assert_allclose(x.array, [1, 1], atol=2e-2)


# ---------------------------------------------------------------------------------------------------------------- the rest


def test_a_step_is_a_write_that_the_graph_sees() -> None:
    w = tensor([1.0, 2.0]).requires_grad_()
    optimizer = optim.SGD([w], lr=0.1)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    before = memory.version(w.array)
    optimizer.step()
    assert memory.version(w.array) == before + 1
    with pytest.raises(autograd.errors.GraphError, match="modified by an inplace operation"):
        loss.backward()


def test_a_rate_that_is_a_tensor() -> None:
    w, rate = tensor([1.0, 2.0]).requires_grad_(), autograd.tensor(0.5)
    optimizer = optim.Adam([w], lr=rate)
    w.grad = tensor([1.0, 1.0])
    optimizer.step()
    np.testing.assert_allclose(w.array, [0.5, 1.5], rtol=1e-6)
    rate.fill_(0.25)
    optimizer.step()
    np.testing.assert_allclose(w.array, [0.25, 1.25], rtol=1e-6)


def test_hooks_closures_and_steps_of_ones_own() -> None:
    class Own(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 0.1, "extra": 3})

        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["seen"] = self.state[p].get("seen", 0) + 1
            return closure() if closure else None

    for make in (Own, lambda ps: optim.SGD(ps, lr=0.1)):
        w = tensor([1.0]).requires_grad_()
        optimizer = make([w])
        log: list[Any] = []
        handles = [
            optimizer.register_step_pre_hook(lambda o, args, kwargs, log=log: log.append("before")),
            optimizer.register_step_post_hook(lambda o, args, kwargs, log=log: log.append("after")),
        ]

        def closure(log: list[Any] = log) -> int:
            log.append(autograd.is_grad_enabled())
            return 7

        assert optimizer.step(closure) == 7
        assert log == ["before", True, "after"]
        for handle in handles:
            handle.remove()
        optimizer.step()
        assert len(log) == 3


def test_hooks_around_saving_and_loading() -> None:
    p = tensor([1.0]).requires_grad_()
    optimizer = optim.SGD([p], lr=0.5)
    seen: list[Any] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append(("saving", o)))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "more": 1})
    optimizer.register_state_dict_post_hook(lambda o, s: seen.append(("first", list(s))), prepend=True)
    state = optimizer.state_dict()
    assert seen == [("saving", optimizer), ("first", ["state", "param_groups"])]
    assert list(state) == ["state", "param_groups", "more"]
    assert list(state["param_groups"][0])[-1] == "params"
    state["param_groups"][0]["lr"] = 0.25

    def halve(o: Any, s: dict[str, Any]) -> None:
        s["param_groups"] = [{**s["param_groups"][0], "lr": s["param_groups"][0]["lr"] / 2}]

    handle = optimizer.register_load_state_dict_pre_hook(halve)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(state)
    assert state["param_groups"][0]["lr"] == 0.25
    handle.remove()
    optimizer.load_state_dict(state)
    assert seen[2:] == [0.125, 0.25]
    assert not copy.deepcopy(optimizer)._state_hooks["saved"]


def test_groups_names_and_a_group_that_is_added_later() -> None:
    model = nn.Linear(2, 2)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    a, b = (tensor([1.0]).requires_grad_() for _ in range(2))
    optimizer = optim.SGD([a], lr=0.1, momentum=0.9)
    optimizer.add_param_group({"params": b, "lr": 1.0, "layer_scale": 2})
    for _ in range(2):
        a.grad, b.grad = tensor([1.0]), tensor([1.0])
        optimizer.step()
    np.testing.assert_allclose([a.item(), b.item()], [1 - 0.1 - 0.19, 1 - 1 - 1.9])
    assert optimizer.state_dict()["param_groups"][1]["params"] == [1]
    assert "layer_scale: 2" in repr(optimizer)


def test_zero_grad_and_a_closure_under_no_grad() -> None:
    w = tensor([1.0]).requires_grad_()
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = tensor([3.0])
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0]
    optimizer.zero_grad()
    assert w.grad is None

    def closure() -> Any:
        loss = (w * w).sum()
        loss.backward()
        return loss

    with autograd.no_grad():
        assert optimizer.step(closure).item() == 1
    np.testing.assert_allclose(w.array, 0.8)


@pytest.mark.parametrize("name", sorted(n for n, c in EVERY.items() if getattr(c, "fading", ())))
def test_a_gradient_that_stays_zero_leaves_no_denormal_numbers(name: str) -> None:
    w = tensor(np.ones(4, np.float32)).requires_grad_()
    optimizer = EVERY[name]([w], **{k: v for k, v in CASES[name][-1].items() if k not in ("weight_decay", "nesterov")})
    w.grad = tensor(np.ones(4, np.float32))
    for _ in range(1500):
        optimizer.step()
        w.grad = tensor(np.zeros(4, np.float32))
    tiny = np.finfo(np.float32).tiny
    for slot in optimizer.fading:
        faded = optimizer.state[w].get(slot)
        assert faded is None or not ((faded.array != 0) & (np.abs(faded.array) < tiny)).any()
    assert np.isfinite(w.array).all()


def test_what_nanogpt_asks_for() -> None:
    assert "fused" in inspect.signature(optim.AdamW).parameters
    w = tensor([1.0]).requires_grad_()
    optim.AdamW([{"params": [w], "weight_decay": 0.1}], lr=6e-4, betas=(0.9, 0.95), fused=True)


def test_a_state_that_an_optimizer_saved_loads_again() -> None:
    w = autograd.ones(2, requires_grad=True)
    lbfgs = optim.LBFGS([w], tolerance_grad=-np.inf, max_iter=2)
    lbfgs.step(lambda: w.sum())  # without a gradient it goes on, because its tolerance is below 0
    (w * w).sum().backward()
    lbfgs.step(lambda: (w * w).sum())
    state = lbfgs.state_dict()
    state["state"][0]["prev_loss"] = float("nan")
    optim.LBFGS([w]).load_state_dict(state)
    adafactor = optim.Adafactor([w])
    adafactor.step()
    state = adafactor.state_dict()
    state["state"][0]["step"] = 1.0  # as files of old versions have it
    adafactor.load_state_dict(state)
    adafactor.step()
    assert adafactor.state[w]["step"].item() == 2.0


def test_wrong_options_are_refused_before_the_parameters_are_read() -> None:
    parameters = (p for p in [autograd.ones(1, requires_grad=True)])
    with pytest.raises(ValueError, match="learning rate"):
        optim.SGD(parameters, lr=-1.0)
    assert len(list(parameters)) == 1
