"""autograd.signal.windows against SciPy's, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

import autograd
from autograd.errors import ArgumentError, DtypeError

SAME = {
    "exponential": {"tau": 2.5},
    "cosine": {},
    "gaussian": {"std": 1.5},
    "kaiser": {"beta": 8.0},
    "general_cosine": {"a": [0.4, 0.5, 0.1]},
    "general_hamming": {"alpha": 0.7},
    "hamming": {},
    "hann": {},
    "blackman": {},
    "nuttall": {},
    "bartlett": {},
}


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("name", SAME)
def test_the_weights_are_scipys(name, sym):
    for m in (0, 1, 2, 7, 8):
        ours = getattr(autograd.signal.windows, name)(m, sym=sym, dtype=autograd.float64, layout=autograd.strided, **SAME[name])
        assert np.allclose(ours.numpy(), getattr(signal.windows, name)(m, sym=sym, **SAME[name]), atol=1e-12)


def test_what_they_refuse():
    windows = autograd.signal.windows
    for call in (
        lambda: windows.hann(-1), lambda: windows.exponential(3, tau=0), lambda: windows.exponential(3, center=1.0),
        lambda: windows.gaussian(3, std=-1), lambda: windows.kaiser(3, beta=-1), lambda: windows.general_cosine(3, a=[]),
    ):  # fmt: skip
        with pytest.raises(ArgumentError):
            call()
    with pytest.raises(DtypeError):
        windows.hann(3, dtype=autograd.int64)
    with pytest.raises(TypeError):
        windows.general_cosine(3, a=1.0)


def test_a_center_of_a_window_that_is_not_symmetric():
    found = autograd.signal.windows.exponential(3, center=1.0, sym=False, dtype=autograd.float64).numpy()
    assert np.allclose(found, np.exp(-np.abs(np.arange(3) - 1)))
