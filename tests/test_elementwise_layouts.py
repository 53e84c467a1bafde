"""Elementwise ops on arrays of every size and layout: kernels that work in blocks compute what one element gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd.engine.op import REGISTRY
from autograd.engine.recording import recorded

SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (0,), (7, 1, 3), (6000,), (3, 2500))


def filled(shape: tuple[int, ...], value: float, dtype: Any, layout: str) -> np.ndarray:
    if layout == "transposed":
        return np.full(shape[::-1], value, dtype).T
    if layout == "with gaps":
        return np.full((*shape[:-1], 2 * shape[-1]), value, dtype)[..., ::2]
    return np.full(shape, value, dtype)


def results(op: Any, numbers: list[float], params: dict[str, Any], shape: tuple[int, ...], dtype: Any, layout: str) -> list[Any]:
    """The result, and the gradients of its sum."""
    xs = []
    for number in numbers:
        x = autograd.tensor(0.0, dtype=dtype)
        x.array = filled(shape, number, dtype, layout)
        xs.append(x.requires_grad_())
    y = recorded(op)(*xs, **params)
    if not y.requires_grad or y.is_complex():
        return [y.array]
    try:
        return [y.array, *[g.array for g in autograd.grad(y.sum(), xs, materialize_grads=True)]]
    except NotImplementedError:  # a derivative that is not known
        return [y.array]


@pytest.mark.parametrize(
    "name", sorted(name for name, op in REGISTRY.items() if op.elementwise and not op.variadic and op.outputs == 1)
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_size_and_layout_gives_what_one_element_gives(name: str) -> None:
    op = REGISTRY[name]
    samples = [s for s in op.samples() if all(a is not None and np.asarray(a).dtype.kind == "f" for a in s.inputs)]
    if not samples:
        return
    sample = samples[0]
    numbers = [float(np.ravel(a)[0]) for a in sample.inputs]
    for dtype, tolerance in ((np.float16, 3e-3), (np.float32, 1e-5), (np.float64, 1e-12)):
        one = results(op, numbers, sample.params, (1,), dtype, "row by row")
        for shape in SHAPES:
            for layout in ("row by row", "transposed", "with gaps") if shape else ("row by row",):
                for found, expected in zip(results(op, numbers, sample.params, shape, dtype, layout), one, strict=True):
                    assert (found.shape, found.dtype) == (shape, expected.dtype), layout
                    np.testing.assert_allclose(
                        found.astype(complex), np.broadcast_to(expected[0], shape), rtol=tolerance, atol=tolerance / 10
                    )
