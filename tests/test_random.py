"""Random tensors: reproducible, distributed as they say, in the dtype that was asked for."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import RangeError

N = 20_000


@pytest.fixture(autouse=True)
def _seeded() -> None:
    autograd.manual_seed(0)


DRAWS: dict[str, Callable[..., Any]] = {
    "rand": lambda **g: autograd.rand(5, **g),
    "randn": lambda **g: autograd.randn(5, **g),
    "randint": lambda **g: autograd.randint(10**6, (5,), **g),
    "randperm": lambda **g: autograd.randperm(50, **g),
    "normal": lambda **g: autograd.normal(0.0, 1.0, (5,), **g),
    "bernoulli": lambda **g: autograd.bernoulli(autograd.full((99,), 0.5), **g),
    "multinomial": lambda **g: autograd.multinomial(autograd.ones(50), 20, **g),
    "poisson": lambda **g: autograd.poisson(autograd.full((20,), 50.0), **g),
    "uniform_": lambda **g: autograd.empty(5).uniform_(**g),
    "normal_": lambda **g: autograd.empty(5).normal_(**g),
    "bernoulli_": lambda **g: autograd.empty(99).bernoulli_(**g),
    "exponential_": lambda **g: autograd.empty(5).exponential_(**g),
    "random_": lambda **g: autograd.empty(5).random_(**g),
    "cauchy_": lambda **g: autograd.empty(5).cauchy_(**g),
    "log_normal_": lambda **g: autograd.empty(5).log_normal_(**g),
    "geometric_": lambda **g: autograd.empty(99).geometric_(0.5, **g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw: Callable[..., Any]) -> None:
    autograd.manual_seed(3)
    first, second = draw().tolist(), draw().tolist()
    assert first != second
    autograd.manual_seed(3)
    assert draw().tolist() == first
    # A generator of one's own neither disturbs the default one nor is disturbed by it.
    g = autograd.Generator().manual_seed(3)
    assert draw(generator=g).tolist() == first
    assert draw().tolist() == second


def test_states_can_be_kept_and_put_back() -> None:
    autograd.rand(3)
    state = autograd.get_rng_state()
    assert state.dtype == np.uint8
    a = autograd.randn(4).tolist()
    autograd.set_rng_state(state)
    assert autograd.randn(4).tolist() == a
    with autograd.fork_rng():
        autograd.manual_seed(9)
        autograd.rand(2)
    assert autograd.initial_seed() == 0
    g = autograd.Generator()
    g.set_state(state)
    for other in (copy.deepcopy(g), pickle.loads(pickle.dumps(g))):
        assert other.initial_seed() == g.initial_seed()
        assert autograd.rand(3, generator=other).tolist() == autograd.rand(3, generator=_clone(g)).tolist()
    with pytest.raises(TypeError, match=r"state is uint8\[45\]"):
        autograd.set_rng_state(autograd.ones(3))
    assert autograd.seed() == autograd.initial_seed()


def _clone(g: autograd.Generator) -> autograd.Generator:
    twin = autograd.Generator()
    twin.set_state(g.get_state())
    return twin


def test_seeds_of_64_bits() -> None:
    for seed in (0, -1, -(2**63), 2**63, 2**64 - 1):
        autograd.manual_seed(seed)
        first = autograd.rand(1).item()
        autograd.manual_seed(seed)
        assert autograd.rand(1).item() == first
    before = autograd.get_rng_state()
    for seed in (2**64, 2**200, -(2**63) - 1):  # modulo 2^64 two of them would be the seed 0
        with pytest.raises(RangeError, match="Overflow"):
            autograd.manual_seed(seed)
    assert autograd.equal(autograd.get_rng_state(), before)


@pytest.mark.parametrize(
    ("draw", "mean", "std"),
    [
        (lambda: autograd.rand(N), 0.5, 12**-0.5),
        (lambda: autograd.randn(N), 0, 1),
        (lambda: autograd.randn(N, dtype="complex64").real, 0, 0.5**0.5),
        (lambda: autograd.randint(2, 8, (N,)), 4.5, (35 / 12) ** 0.5),
        (lambda: autograd.normal(3.0, 2.0, (N,)), 3, 2),
        (lambda: autograd.normal(autograd.full((N,), 3.0), 2.0), 3, 2),
        (lambda: autograd.bernoulli(autograd.full((N,), 0.3)), 0.3, 0.21**0.5),
        (lambda: autograd.bernoulli(autograd.empty(N), 0.3), 0.3, 0.21**0.5),
        (lambda: autograd.poisson(autograd.full((N,), 4.0)), 4, 2),
        (lambda: autograd.multinomial(tensor([1.0, 3.0]), N, replacement=True), 0.75, 0.1875**0.5),
        (lambda: autograd.empty(N).uniform_(-1, 3), 1, 4 * 12**-0.5),
        (lambda: autograd.empty(N).normal_(1, 3), 1, 3),
        (lambda: autograd.empty(N).bernoulli_(0.2), 0.2, 0.4),
        (lambda: autograd.empty(N).exponential_(2.0), 0.5, 0.5),
        (lambda: autograd.empty(N).geometric_(0.5), 2, 2**0.5),
        (lambda: autograd.empty(N).random_(0, 3), 1, (2 / 3) ** 0.5),
        (lambda: autograd.empty(N).log_normal_(0, 0.5).log(), 0, 0.5),
    ],
)
def test_means_and_deviations(draw: Callable[[], Any], mean: float, std: float) -> None:
    values = draw().numpy().astype(float)
    # Five standard errors of the mean; the seed is fixed, so this either holds or the distribution is wrong.
    assert abs(values.mean() - mean) < 5 * std / N**0.5
    assert abs(values.std() - std) < 0.05 * std + 0.01


def test_dtypes_and_ranges() -> None:
    for dtype in ("float16", "float32", "float64"):
        assert autograd.rand(3, dtype=dtype).dtype == dtype
        assert autograd.randn(3, dtype=dtype).dtype == dtype
        assert autograd.empty(3, dtype=dtype).uniform_().dtype == dtype
    u = autograd.rand(N)
    assert 0 <= u.min().item() <= u.max().item() < 1
    assert autograd.randint(5, (2,)).dtype == np.int64
    assert autograd.randint(5, (2,), dtype="float32").dtype == np.float32
    assert sorted(autograd.randperm(10).tolist()) == list(range(10))
    base = autograd.ones(2, 3, dtype="float64")
    for like in (autograd.rand_like(base), autograd.randn_like(base), autograd.randint_like(base, 5)):
        assert (like.shape, like.dtype) == ((2, 3), np.float64)
    assert autograd.randn(2, requires_grad=True).is_leaf
    assert autograd.normal(autograd.zeros(3, 1), autograd.ones(4)).shape == (3, 4)
    assert set(autograd.zeros(N, dtype="bool").random_().tolist()) == {True, False}


def test_multinomial_without_replacement() -> None:
    for row in autograd.multinomial(autograd.ones(100, 6), 6).tolist():
        assert sorted(row) == list(range(6))
    weights = tensor([[0.0, 1.0, 1.0, 0.0]])
    assert all(sorted(autograd.multinomial(weights, 2).tolist()[0]) == [1, 2] for _ in range(20))
    assert set(autograd.multinomial(tensor([0.0, 1.0, 0.0]), 50, replacement=True).tolist()) == {1}


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: autograd.rand(2, dtype="int64"), TypeError, "floating dtype.*randint"),
        (lambda: autograd.randint(5, 5, (2,)), RuntimeError, "'from' to be less than 'to'"),
        (lambda: autograd.randint(5, 3), TypeError, "size must be a tuple"),
        (lambda: autograd.randperm(-1), RuntimeError, "non-negative"),
        (lambda: autograd.normal(0.0, -1.0, (2,)), RuntimeError, "std >= 0.0"),
        (lambda: autograd.normal(0.0, 1.0), TypeError, "needs a size"),
        (lambda: autograd.normal(autograd.ones(2), autograd.ones(3)), RuntimeError, "do not broadcast"),
        (lambda: autograd.bernoulli(tensor([2.0])), RuntimeError, r"probabilities in \[0, 1\]"),
        (lambda: autograd.bernoulli(tensor([1])), TypeError, "floating point probabilities"),
        (lambda: autograd.multinomial(autograd.ones(3), 5), RuntimeError, "without replacement"),
        (lambda: autograd.multinomial(autograd.zeros(3), 1), RuntimeError, "sum to 0"),
        (lambda: autograd.multinomial(tensor([-1.0, 2.0]), 1), RuntimeError, "element < 0"),
        (lambda: autograd.multinomial(autograd.ones(3), 0), RuntimeError, "0 samples"),
        (lambda: autograd.poisson(tensor([-1.0])), RuntimeError, "means >= 0"),
        (lambda: autograd.ones(2).uniform_(2, 1), RuntimeError, "from=2 > to=1"),
        (lambda: autograd.ones(2).normal_(0, -1), RuntimeError, "std >= 0.0"),
        (lambda: autograd.ones(2).exponential_(0), RuntimeError, "lambda > 0"),
        (lambda: autograd.ones(2).geometric_(1.5), RuntimeError, r"in \(0, 1\)"),
        (lambda: autograd.ones(2, dtype="int64").normal_(), TypeError, "can't hold"),
        (lambda: autograd.rand(2, generator=3), TypeError, "generator must be"),
        (lambda: autograd.Generator("cuda"), RuntimeError, "not available"),
    ],
)
def test_bad_calls(call: Callable[[], Any], error: type, match: str) -> None:
    state = autograd.get_rng_state().tolist()
    with pytest.raises(error, match=match):
        call()
    assert autograd.get_rng_state().tolist() == state


def test_samplers_write_in_place_and_stop_gradients() -> None:
    x = autograd.ones(3, requires_grad=True)
    y = x * 2
    version = y._version
    y.uniform_()
    assert y._version == version + 1
    (y * 3).sum().backward()
    assert x.grad.tolist() == [0, 0, 0]
    z = x * 2
    z[:1].normal_()
    z.sum().backward()
    assert x.grad.tolist() == [0, 2, 2]
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        x.normal_()
    before = x.tolist()
    with autograd.no_grad():
        assert x.normal_() is x
    assert x.tolist() != before


def test_numpys_generators_are_welcome_too() -> None:
    a = autograd.rand(3, generator=np.random.default_rng(0))
    assert a.tolist() == np.random.default_rng(0).random(3, dtype=np.float32).tolist()


def test_importing_autograd_does_not_import_numpys_random_numbers() -> None:
    code = "import sys, numpy; had = 'numpy.random' in sys.modules; import autograd; assert had == ('numpy.random' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)})


def test_successes_of_trials() -> None:
    autograd.manual_seed(0)
    counts = autograd.binomial(autograd.full((20000,), 10), autograd.tensor(0.3))
    assert counts.dtype == np.float32
    assert abs(counts.mean().item() - 3) < 0.05
    assert abs(counts.var().item() - 2.1) < 0.1
    assert autograd.binomial(autograd.tensor([3.0, 0.0]), autograd.ones(2, 1)).tolist() == [[3, 0], [3, 0]]
    with pytest.raises(RuntimeError, match="probabilities from 0 to 1"):
        autograd.binomial(autograd.ones(2), autograd.tensor(1.5))


def test_no_number_is_drawn_for_a_write_that_is_refused() -> None:
    frozen = np.ones(3)
    frozen.flags.writeable = False
    for target in (autograd.ones(3, requires_grad=True), autograd.from_numpy(frozen), autograd.ones(1).expand(3)):
        state = autograd.get_rng_state()
        for name in ("uniform_", "normal_", "log_normal_", "bernoulli_", "exponential_", "cauchy_", "random_"):
            with pytest.raises(RuntimeError, match=name):
                getattr(target, name)()
        assert autograd.get_rng_state().tolist() == state.tolist()
