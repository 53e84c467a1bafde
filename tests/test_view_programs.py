"""Programs of views and writes in place, differentiated in every way that there is: all ways find one derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from view_programs import made

import autograd
from autograd import func, vmap
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.utils.checkpoint import checkpoint

PROGRAMS = 900
PER_TEST = 60


def slope(f: Any, x: np.ndarray, d: np.ndarray, h: float = 1e-6) -> float:
    with autograd.no_grad():
        ends = [f(autograd.tensor(x + s * h * d)).item() for s in (1, -1)]
    return (ends[0] - ends[1]) / (2 * h)


def by_checkpoint(f: Any, x: np.ndarray) -> Any:
    leaf = autograd.tensor(x.copy(), requires_grad=True)
    checkpoint(f, leaf, use_reentrant=False).backward()
    return leaf.grad


@pytest.mark.parametrize("first", range(0, PROGRAMS, PER_TEST))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_ways_to_a_derivative_agree(first: int) -> None:
    computed = 0
    for seed in range(first, first + PER_TEST):
        f, x = made(seed)
        d = np.random.default_rng(seed + 1).standard_normal(x.shape)
        leaf = autograd.tensor(x.copy(), requires_grad=True)
        try:
            (g,) = autograd.grad(f(leaf), leaf, allow_unused=True)
        except (GraphError, ShapeError, DtypeError):  # a write that is refused, or over a value that backward needs
            continue
        computed += 1
        expected = 0.0 if g is None else (g * d).sum().item()
        both, directions = autograd.tensor(np.stack([x * 0.5, x])), autograd.tensor(np.stack([d, d]))
        t, td = autograd.tensor(x), autograd.tensor(d)
        g = by_checkpoint(f, x) if g is not None else None
        found = {
            "differences": slope(f, x, d),
            "grad": (func.grad(f)(t) * d).sum().item(),
            "jvp": func.jvp(f, (t,), (td,))[1].item(),
            "a batch of gradients": (vmap(func.grad(f))(both)[1] * d).sum().item(),
            "a batch of tangents": vmap(lambda p, q, f=f: func.jvp(f, (p,), (q,))[1])(both, directions)[1].item(),
            "the gradient of a batch": (func.grad(lambda z, f=f: vmap(f)(z).sum())(both)[1] * d).sum().item(),
            "checkpoint": expected if g is None else (g * d).sum().item(),
        }
        for way, value in found.items():
            close = {"rtol": 1e-4, "atol": 1e-5} if way == "differences" else {"rtol": 1e-6, "atol": 1e-8}
            assert np.isclose(value, expected, equal_nan=True, **close), (seed, way, value, expected)
    assert computed > PER_TEST // 2
