"""The example of private training: what it clips, and the epsilon that it says it has spent."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

import privacy


@pytest.mark.parametrize(
    ("noise", "share", "steps", "delta", "expected"),
    # What Opacus 1.6.0 says: a = RDPAccountant(); a.history = [(noise, share, steps)]; a.get_epsilon(delta)
    [
        (1.0, 0.06, 600, 1e-4, 9.866919693195037),
        (2.0, 0.06, 600, 1e-4, 3.26412337820971),
        (4.0, 0.06, 600, 1e-4, 1.377181328974626),
        (1.1, 0.01, 1000, 1e-5, 1.7117700912203435),
        (0.7, 1.0, 5, 1e-3, 15.672947580499537),
    ],
)
def test_epsilon_is_the_one_of_opacus(noise: float, share: float, steps: int, delta: float, expected: float) -> None:
    assert privacy.epsilon(noise, share, steps, delta) == pytest.approx(expected, rel=1e-9)


def test_epsilon_of_nonsense_is_refused() -> None:
    for wrong in ((0.0, 0.1, 1), (1.0, 0.0, 1), (1.0, 1.5, 1), (1.0, 0.1, 1, 1.0)):
        with pytest.raises(ValueError, match="noise must be above 0"):
            privacy.epsilon(*wrong)


def test_each_image_is_clipped_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "CLIP", 3.0)  # some images are above it, and some below
    autograd.manual_seed(0)
    model = privacy.network()
    numbers = np.random.default_rng(0)
    x = autograd.tensor(numbers.random((6, 64), np.float32) * np.array([[0.01], [1], [1], [3], [1], [1]], np.float32))
    y, weight = autograd.tensor(np.eye(10, dtype=np.float32)[[3, 1, 4, 1, 5, 9]]), autograd.tensor([1.0, 1, 1, 1, 1, 0])
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    together = privacy.clipped_sum(model, parameters, x, y, weight)
    expected = {name: np.zeros(p.shape) for name, p in model.named_parameters()}
    norms = []
    for i in range(5):  # the last one takes no part
        model.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 1]), y[i : i + 1]).backward()
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), privacy.CLIP)))
        for name, p in model.named_parameters():
            expected[name] += p.grad.numpy()
    assert min(norms) < privacy.CLIP < max(norms)
    for name, value in expected.items():
        np.testing.assert_allclose(together[name].numpy(), value, rtol=1e-4, atol=1e-5)
