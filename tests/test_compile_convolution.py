"""Compiled convolutions and their gradients beside the eager ones, for any geometry and any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.compile import build, library
from autograd.compile.kernels import windows

# Images, weights, options: widths that are no multiple of 8, strides, dilation, groups, many rows, padding beyond the kernel.
GEOMETRIES: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ((9, 3, 12, 16), (20, 3, 3, 3), {"padding": 1}),
    ((3, 5, 9, 11), (7, 5, 3, 2), {"padding": (2, 1)}),
    ((3, 4, 17, 13), (9, 4, 3, 3), {"stride": (2, 3), "padding": 1}),
    ((2, 6, 14, 15), (8, 3, 3, 3), {"groups": 2, "dilation": (2, 1)}),
    ((9, 16, 8, 8), (16, 1, 5, 5), {"groups": 16, "padding": 2}),
    ((2, 40, 90, 64), (33, 40, 3, 3), {"padding": 1}),
    ((2, 3, 6, 6), (4, 3, 1, 1), {"padding": 1}),
    ((2, 300, 5, 5), (12, 300, 1, 1), {}),
    ((1, 2, 3, 2), (3, 2, 3, 2), {}),
    ((5, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
    ((3, 6, 14, 14), (16, 6, 5, 5), {}),
    ((2, 3, 9, 10), (1, 3, 3, 2), {"dilation": (1, 2)}),
    ((1, 3, 8, 9), (900, 3, 2, 3), {"padding": (0, 1)}),
]


def made(shape: tuple[int, ...], seed: int, dtype: Any) -> Any:
    return autograd.as_tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_compiled_convolutions_and_their_gradients_equal_the_eager_ones(dtype: Any, most: float) -> None:
    def step(cases: list[Any]) -> list[Any]:
        found = []
        for (x, w, b, g), (_, _, options) in zip(cases, GEOMETRIES, strict=True):
            y = F.conv2d(x, w, b, **options)
            found += [y.detach(), *autograd.grad([y], [x, w, b], [g])]
        return found

    cases = []
    for seed, (images, kernels, options) in enumerate(GEOMETRIES):
        x, w, b = made(images, seed, dtype), made(kernels, seed + 50, dtype), made(kernels[:1], seed + 100, dtype)
        g = made(F.conv2d(x, w, b, **options).shape, seed + 150, dtype)
        cases.append([x.requires_grad_(), w.requires_grad_(), b.requires_grad_(), g])
    wanted = step(cases)
    compiled = autograd.compile(step)
    threads = autograd.get_num_threads()
    runs = []
    try:
        for number in (1, 1, 1, 2, 3):
            autograd.set_num_threads(number)
            runs.append(compiled(cases))
    finally:
        autograd.set_num_threads(threads)
    assert "weights_" in compiled.source()
    for one, two, three, eager in zip(*runs[2:], wanted, strict=True):
        assert one.dtype == eager.dtype
        np.testing.assert_allclose(one.numpy(), eager.numpy(), rtol=0, atol=most * max(1.0, float(np.abs(eager.numpy()).max())))
        np.testing.assert_array_equal(one.numpy(), two.numpy())
        np.testing.assert_array_equal(one.numpy(), three.numpy())


def test_infinite_pixels_reach_only_the_windows_that_they_lie_in() -> None:
    """The kernels for few outputs run over the ends of rows, where they multiply by 0."""
    x = made((3, 2, 9, 17), 1, np.float32)
    x.numpy()[:, :, 4, -1] = np.inf
    x.numpy()[0, 0, 0, 0] = np.nan
    w, g = made((3, 2, 3, 3), 2, np.float32).requires_grad_(), made((3, 3, 7, 15), 3, np.float32)

    def step(x: Any, w: Any, g: Any) -> Any:
        y = F.conv2d(x, w)
        return y.detach(), autograd.grad([y], [w], [g])[0]

    wanted = step(x, w, g)
    assert np.isfinite(wanted[1].numpy()).any()
    assert not np.isfinite(wanted[1].numpy()).all()
    compiled = autograd.compile(step)
    runs = [compiled(x, w, g) for _ in range(3)]
    assert "few_f" in compiled.source(helpers=True)
    for found, eager in zip(runs[-1], wanted, strict=True):
        np.testing.assert_allclose(found.numpy(), eager.numpy(), rtol=1e-4, atol=1e-4)


def test_the_exported_convolutions_equal_the_eager_ones(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The C of 1999 has other kernels: programs are compiled with them here."""
    monkeypatch.setattr(build, "folder", lambda: tmp_path)
    monkeypatch.setattr(windows, "PARTS", windows.PLAIN)
    monkeypatch.setattr(library, "HEADER", library.HEADER.replace("#if defined(WIDE_LOOPS)", "#if 0", 1))
    test_compiled_convolutions_and_their_gradients_equal_the_eager_ones(np.float64, 1e-12)
