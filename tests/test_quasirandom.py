"""Sobol sequences: the published points, in order, whatever way they are drawn."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.utils.quasirandom import SobolEngine

FIRST = [[0.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [0.375, 0.375], [0.875, 0.875], [0.625, 0.125], [0.125, 0.625]]


def test_the_points_in_any_portions() -> None:
    assert autograd.quasirandom.SobolEngine is SobolEngine
    engine = SobolEngine(2)
    assert engine.draw(8).tolist() == FIRST
    assert engine.reset().fast_forward(3).draw(2).tolist() == FIRST[3:5]
    assert (engine.draw(1).tolist(), engine.num_generated) == (FIRST[5:6], 6)
    assert engine.reset().draw_base2(2, dtype=autograd.float64).dtype == autograd.float64
    with pytest.raises(ValueError, match="power of 2"):
        engine.draw_base2(4)
    out = autograd.empty(2, 2)
    assert engine.reset().draw(2, out=out) is out
    assert out.tolist() == FIRST[:2]


def test_scrambled_points_follow_the_seed_and_stay_even() -> None:
    first, again = [SobolEngine(3, scramble=True, seed=7).draw(256).numpy() for _ in range(2)]
    assert (first == again).all()
    assert ((first >= 0) & (first < 1)).all()
    for column in first.T:  # each of 256 equal intervals holds one point
        assert sorted(np.floor(column * 256).astype(int)) == list(range(256))
    assert (first != SobolEngine(3, scramble=True, seed=8).draw(256).numpy()).any()


def test_dimensions() -> None:
    assert SobolEngine(1111).draw(4)[1].tolist() == [0.5] * 1111
    for dimension in (0, SobolEngine.MAXDIM + 1):
        with pytest.raises(ValueError, match="Supported range"):
            SobolEngine(dimension)
    assert repr(SobolEngine(2, scramble=True, seed=1)) == "SobolEngine(dimension=2, scramble=True, seed=1)"
