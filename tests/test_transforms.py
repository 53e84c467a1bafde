"""Transforms, constraints and the distributions made of them: inverses, Jacobians, regions, densities, divergences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import autograd
from autograd import distributions as D
from autograd import func, tensor
from autograd.distributions import biject_to, constraints, transform_to

RNG = np.random.default_rng(0)
X = tensor(RNG.standard_normal(3))
# A transform of vectors of three numbers, or of numbers, and whether its Jacobian is a square matrix.
TRANSFORMS: dict[str, Any] = {
    "exp": D.ExpTransform(), "sigmoid": D.SigmoidTransform(), "tanh": D.TanhTransform(), "softplus": D.SoftplusTransform(),
    "affine": D.AffineTransform(1.0, tensor(np.array([2.0, -3.0, 0.5]))),
    "cdf": D.CumulativeDistributionTransform(D.Normal(0.3, 2.0)),
    "sticks": D.StickBreakingTransform(), "correlations": D.CorrCholeskyTransform(),
    "two": D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)]),
    "power": D.ComposeTransform([D.ExpTransform(), D.PowerTransform(2.5)]), "inverse": D.AffineTransform(1.0, 2.0).inv,
    "whole": D.IndependentTransform(D.ExpTransform(), 1), "shape": D.ReshapeTransform((3,), (1, 3)),
    "stack": D.StackTransform([D.ExpTransform(), D.TanhTransform(), D.AffineTransform(0.0, 2.0)]),
    "cat": D.CatTransform([D.ExpTransform(), D.TanhTransform()], lengths=[1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_inverses_and_jacobians(name: str) -> None:
    t = TRANSFORMS[name]
    y = t(X)
    np.testing.assert_allclose(t.inv(y).array, X.array, rtol=1e-6)
    assert tuple(t.forward_shape((3,))) == tuple(y.shape) or name in ("stack", "cat")
    assert t.codomain.check(y).all()
    jacobian = func.jacrev(lambda x: _free(name, t(x)))(X).array.reshape(-1, 3)
    logs = t.log_abs_det_jacobian(X, y)
    np.testing.assert_allclose(logs.sum().array, np.linalg.slogdet(jacobian)[1], rtol=1e-6, atol=1e-12)


def _free(name: str, y: Any) -> Any:
    """As many of the numbers of y as x has."""
    if name == "sticks":
        return y[:-1]
    return y[np.tril_indices(3, -1)] if name == "correlations" else y


def test_a_cache_returns_the_same_tensor() -> None:
    t = D.TanhTransform(cache_size=1)
    y = t(X)
    assert t.inv(y) is X
    assert D.TanhTransform().inv(y) is not X
    assert D.AffineTransform(1, 2) == D.AffineTransform(1, 2) != D.AffineTransform(1, 3)


REGIONS: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "real": (constraints.real, [1.0, -math.inf], [math.nan]), "positive": (constraints.positive, [0.1], [0.0, -1.0]),
    "nonnegative": (constraints.nonnegative, [0.0], [-0.1]), "boolean": (constraints.boolean, [0.0, 1.0], [0.5]),
    "interval": (constraints.interval(1.0, 2.0), [1.0, 2.0], [0.9, 2.1]),
    "half": (constraints.half_open_interval(1.0, 2.0), [1.0], [2.0]),
    "less": (constraints.less_than(1.0), [0.0], [1.0]), "integers": (constraints.integer_interval(0, 3), [0.0, 3.0], [1.5, 4.0]),
    "counts": (constraints.nonnegative_integer, [0.0, 7.0], [-1.0, 0.5]),
    "simplex": (constraints.simplex, [[0.4, 0.6]], [[0.4, 0.5], [1.5, -0.5]]),
    "one_hot": (constraints.one_hot, [[0.0, 1.0]], [[1.0, 1.0], [0.5, 0.5]]),
    "multinomial": (constraints.multinomial(3), [[1.0, 2.0]], [[2.0, 2.0]]),
    "definite": (constraints.positive_definite, [[[2.0, 1.0], [1.0, 2.0]]], [[[1.0, 2.0], [2.0, 1.0]], [[2.0, 0.0], [1.0, 2.0]]]),
    "cholesky": (constraints.lower_cholesky, [[[1.0, 0.0], [5.0, 2.0]]], [[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, -1.0]]]),
    "correlation": (constraints.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]], [[[1.0, 0.0], [0.6, 0.9]]]),
    "vector": (constraints.independent(constraints.positive, 1), [[1.0, 2.0]], [[1.0, -2.0]]),
    "cat": (constraints.cat([constraints.positive, constraints.real], lengths=[1, 1]), [], []),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REGIONS))
def test_regions(name: str) -> None:
    region, inside, outside = REGIONS[name]
    for value in inside:
        assert region.check(tensor(np.array(value))).all()
    for value in outside:
        assert not region.check(tensor(np.array(value))).any()


def test_parts_of_regions() -> None:
    assert constraints.cat([constraints.positive, constraints.real], lengths=[1, 1]).check(tensor([-1.0, -1.0])).tolist() == [
        False,
        True,
    ]
    assert constraints.stack([constraints.positive, constraints.boolean]).check(tensor([[2.0], [2.0]])).tolist() == [
        [True],
        [False],
    ]
    with pytest.raises(ValueError, match="dependent"):
        constraints.dependent.check(X)


@pytest.mark.parametrize("registry", [biject_to, transform_to])
def test_transforms_into_regions(registry: Any) -> None:
    regions = [
        constraints.real, constraints.positive, constraints.greater_than(2.0), constraints.less_than(-1.0), constraints.simplex,
        constraints.interval(-3.0, 2.0), constraints.unit_interval, constraints.corr_cholesky,
        constraints.independent(constraints.positive, 1),
    ]  # fmt: skip
    if registry is transform_to:
        regions += [constraints.lower_cholesky, constraints.positive_definite]
    for region in regions:
        x = tensor(RNG.standard_normal((3, 3))) if region.event_dim == 2 and region is not constraints.corr_cholesky else X
        y = registry(region)(x)
        assert region.check(y).all(), region
        if registry is biject_to:
            np.testing.assert_allclose(registry(region).inv(y).array, x.array, rtol=1e-6)
    with pytest.raises(NotImplementedError, match="Cannot transform"):
        registry(constraints.one_hot)


def test_numbers_between_0_and_1() -> None:
    for p in (0.1, 0.4995, 0.5, 0.9):
        d = D.ContinuousBernoulli(tensor(np.float64(p)))
        density = lambda x, d=d: float(d.log_prob(tensor(np.float64(x))).exp())  # noqa: E731
        moments = [integrate.quad(lambda x, n=n, f=density: x**n * f(x), 0, 1)[0] for n in range(3)]
        np.testing.assert_allclose(
            [1.0, d.mean.item(), d.variance.item()], [moments[0], moments[1], moments[2] - moments[1] ** 2], rtol=1e-5
        )
        entropy = integrate.quad(lambda x, f=density: -f(x) * math.log(f(x)), 0, 1)[0]
        np.testing.assert_allclose(d.entropy().item(), entropy, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(d.cdf(d.icdf(tensor(np.float64(0.3)))).item(), 0.3, rtol=1e-3)
    a, b = np.float64(2.5), np.float64(1.7)
    d = D.Kumaraswamy(tensor(a), tensor(b))
    density = lambda x: float(d.log_prob(tensor(np.float64(x))).exp())  # noqa: E731
    moments = [integrate.quad(lambda x, n=n: x**n * density(x), 0, 1)[0] for n in range(3)]
    np.testing.assert_allclose(
        [1.0, d.mean.item(), d.variance.item()], [moments[0], moments[1], moments[2] - moments[1] ** 2], rtol=1e-6
    )
    np.testing.assert_allclose(d.entropy().item(), integrate.quad(lambda x: -density(x) * math.log(density(x)), 0, 1)[0], rtol=1e-6)
    np.testing.assert_allclose(d.cdf(tensor(np.float64(0.4))).item(), integrate.quad(density, 0, 0.4)[0], rtol=1e-6)


def test_the_circle() -> None:
    d, theirs = D.VonMises(tensor(np.float64(0.4)), tensor(np.float64(2.5))), stats.vonmises(2.5, 0.4)
    np.testing.assert_allclose(d.log_prob(X).array, theirs.logpdf(X.array), rtol=1e-9)
    np.testing.assert_allclose(d.variance.item(), 1 - special.i1(2.5) / special.i0(2.5))
    autograd.manual_seed(0)
    np.testing.assert_allclose(np.mean(np.cos(d.sample((20000,)).array - 0.4)), special.i1(2.5) / special.i0(2.5), atol=0.01)


def test_relaxed_classes() -> None:
    probs = tensor(np.array([0.2, 0.5, 0.3]), requires_grad=True)
    d = D.RelaxedOneHotCategorical(tensor(np.float64(0.7)), probs)
    autograd.manual_seed(0)
    draws = d.rsample((5000,))
    np.testing.assert_allclose(draws.sum(-1).detach().array, 1.0)
    counts = np.bincount(draws.detach().array.argmax(-1)) / 5000
    np.testing.assert_allclose(counts, probs.detach().array, atol=0.03)  # the largest part is a draw of the classes
    assert autograd.grad(draws[:, 0].sum(), probs)[0].array.any()

    def density(x: float, y: float) -> float:
        return float(d.log_prob(tensor(np.array([x, y, 1 - x - y]))).exp()) if x + y < 1 else 0.0

    whole, _ = integrate.dblquad(density, 1e-9, 1 - 1e-9, 1e-9, lambda x: 1 - x - 1e-9, epsabs=1e-3)
    assert whole == pytest.approx(1.0, abs=0.02)
    b = D.RelaxedBernoulli(tensor(np.float64(0.8)), tensor(np.float64(0.3)))
    area = integrate.quad(lambda x: float(b.log_prob(tensor(np.float64(x))).exp()), 1e-9, 1 - 1e-9)[0]
    assert area == pytest.approx(1.0, abs=1e-4)
    assert (b.temperature.item(), b.probs.item()) == (0.8, 0.3)


def test_matrices() -> None:
    root = np.tril(RNG.standard_normal((3, 3))) + 3 * np.eye(3)
    c = root @ root.T
    theirs, x = stats.wishart(5.5, c), stats.wishart(5.5, c).rvs(random_state=0)
    for given in ({"covariance_matrix": tensor(c)}, {"precision_matrix": tensor(np.linalg.inv(c))}, {"scale_tril": tensor(root)}):
        d = D.Wishart(5.5, **given)
        np.testing.assert_allclose(d.log_prob(tensor(x)).array, theirs.logpdf(x), rtol=1e-8)
        np.testing.assert_allclose(d.mean.array, theirs.mean(), rtol=1e-8)
        np.testing.assert_allclose(d.variance.array, theirs.var(), rtol=1e-8)
        np.testing.assert_allclose(d.entropy().array, theirs.entropy(), rtol=1e-8)
    autograd.manual_seed(0)
    np.testing.assert_allclose(d.rsample((20000,)).mean(0).array, theirs.mean(), rtol=0.1, atol=2.0)
    with pytest.raises(ValueError, match="greater than ndim - 1"):
        D.Wishart(1.5, tensor(c))
    w, diagonal, m = RNG.standard_normal((4, 2)), np.array([0.5, 1.0, 2.0, 0.3]), RNG.standard_normal(4)
    low = D.LowRankMultivariateNormal(tensor(m), tensor(w), tensor(diagonal))
    normal, at = stats.multivariate_normal(m, w @ w.T + np.diag(diagonal)), RNG.standard_normal((5, 4))
    np.testing.assert_allclose(low.log_prob(tensor(at)).array, normal.logpdf(at), rtol=1e-9)
    np.testing.assert_allclose(low.entropy().array, normal.entropy())
    np.testing.assert_allclose(low.precision_matrix.array, np.linalg.inv(normal.cov), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(np.cov(low.sample((20000,)).array.T), normal.cov, atol=0.2)
    lkj = D.LKJCholesky(3, tensor(np.float64(1.5)))
    factors = lkj.sample((4000,))
    assert constraints.corr_cholesky.check(factors).all()
    r = (factors @ factors.mT).array[:, 1, 0]  # each correlation r has (r + 1) / 2 ~ Beta(c - 1 + d / 2, same)
    np.testing.assert_allclose(r.var(), 4 * stats.beta(2.0, 2.0).var(), rtol=0.1)
    two = D.LKJCholesky(2, tensor(np.float64(1.5)))
    area = integrate.quad(lambda s: float(two.log_prob(tensor(np.array([[1, 0], [s, (1 - s * s) ** 0.5]]))).exp()), -1, 1)[0]
    assert area == pytest.approx(1.0, abs=1e-3)


def test_logistic_normal() -> None:
    d = D.LogisticNormal(autograd.zeros(2), autograd.ones(2))
    assert (tuple(d.batch_shape), tuple(d.event_shape)) == ((), (3,))
    assert constraints.simplex.check(d.sample((7,))).all()
    assert d.log_prob(d.sample((7,))).shape == (7,)


ONE_DIMENSION = {
    "Normal": (0.2, 1.5), "Laplace": (0.2, 1.5), "Exponential": (0.8,), "Gamma": (2.0, 1.5), "Beta": (2.0, 1.5),
    "Uniform": (0.2, 0.9), "Gumbel": (0.2, 1.5), "Pareto": (1.2, 4.5), "Cauchy": (0.2, 1.5), "HalfNormal": (1.3,),
    "ContinuousBernoulli": (0.3,),
}  # fmt: skip
OTHERS = {
    **ONE_DIMENSION,
    "Cauchy": (0.5, 0.8),
    "HalfNormal": (0.7,),
    "Pareto": (0.1, 3.0),
    "Uniform": (-0.5, 1.5),
    "ContinuousBernoulli": (0.8,),
}


@pytest.mark.parametrize("first", sorted(ONE_DIMENSION))
def test_divergences_of_two_families_are_integrals(first: str) -> None:
    p = getattr(D, first)(*[tensor(np.float64(v)) for v in ONE_DIMENSION[first]])
    low, high = {"Beta": (0, 1), "ContinuousBernoulli": (0, 1), "Uniform": (0.2, 0.9), "Pareto": (1.2, math.inf)}.get(
        first, (-60.0, 60.0)
    )
    if first in ("Exponential", "Gamma", "HalfNormal"):
        low = 0.0
    u = (np.arange(40001) + 0.5) / 40001
    if first == "Pareto":
        x = stats.pareto(4.5, scale=1.2).ppf(u)
        weights = np.full(len(u), 1 / len(u))
    else:
        width = 4000.0 if first == "Cauchy" else high - low
        x = (-2000.0 if first == "Cauchy" else low) + width * u
        weights = p.log_prob(tensor(x)).exp().array * width / len(u)
    compared = 0
    for second, parameters in OTHERS.items():
        q = getattr(D, second)(*[tensor(np.float64(v)) for v in parameters], validate_args=False)
        try:
            found = D.kl_divergence(p, q).item()
        except NotImplementedError:
            continue
        inside = q.support.check(tensor(x)).array
        if not inside[weights > 1e-9].all():
            assert found == math.inf, (first, second)
        else:
            expected = float(((p.log_prob(tensor(x)) - q.log_prob(tensor(x))).array[inside] * weights[inside]).sum())
            assert found == pytest.approx(expected, rel=0.02, abs=2e-3), (first, second)
        compared += 1
    assert compared >= 1


def test_other_divergences() -> None:
    assert D.kl_divergence(D.Bernoulli(1.0), D.Bernoulli(0.0)) == math.inf
    assert D.kl_divergence(D.Bernoulli(0.0), D.Bernoulli(0.0)) == 0
    k = np.array([0.0, 1.0])
    p, q = D.Bernoulli(tensor(np.float64(0.3))), D.Poisson(tensor(np.float64(0.7)))
    logs = p.log_prob(tensor(k)) - q.log_prob(tensor(k))
    np.testing.assert_allclose(D.kl_divergence(p, q).item(), (p.log_prob(tensor(k)).exp() * logs).sum().item())
    w = tensor(RNG.standard_normal((3, 1)))
    low = D.LowRankMultivariateNormal(autograd.zeros(3).double(), w, autograd.ones(3).double())
    full = D.MultivariateNormal(autograd.zeros(3).double(), low.covariance_matrix)
    for a, b in ((low, low), (low, full), (full, low)):
        np.testing.assert_allclose(D.kl_divergence(a, b).item(), 0.0, atol=1e-9)
    one, two = [D.TransformedDistribution(D.Normal(m, 1.0), [D.ExpTransform()]) for m in (0.0, 1.0)]
    assert D.kl_divergence(one, two).item() == pytest.approx(0.5)


def test_expand_and_support() -> None:
    cases = [
        D.Normal(0.0, 1.0), D.Gamma(1.0, 2.0), D.Bernoulli(0.3), D.Categorical(tensor([0.2, 0.8])), D.Dirichlet(autograd.ones(3)),
        D.MultivariateNormal(autograd.zeros(2), autograd.eye(2)), D.Wishart(3.0, autograd.eye(2)), D.LKJCholesky(3),
        D.LogNormal(0.0, 1.0), D.LogisticNormal(autograd.zeros(2), autograd.ones(2)), D.RelaxedBernoulli(0.5, 0.3),
        D.MixtureSameFamily(D.Categorical(autograd.ones(2)), D.Normal(autograd.zeros(2), 1.0)), D.Multinomial(3, autograd.ones(2)),
    ]  # fmt: skip
    for d in cases:
        wide = d.expand((4, 2))
        assert tuple(wide.batch_shape) == (4, 2)
        draws = wide.sample((3,))
        assert tuple(draws.shape) == (3, 4, 2, *d.event_shape)
        assert wide.support.check(draws).all(), d
        np.testing.assert_allclose(wide.log_prob(draws).array, d.log_prob(draws).array, rtol=1e-4, atol=1e-5)
    assert D.Bernoulli(autograd.ones(2) / 2).enumerate_support().tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert D.Categorical(autograd.ones(3)).enumerate_support().tolist() == [0, 1, 2]
    assert D.Binomial(2, 0.5).entropy().item() == pytest.approx(stats.binom(2, 0.5).entropy())
    assert D.Multinomial(3, tensor([0.2, 0.8])).entropy().item() == pytest.approx(
        stats.multinomial(3, [0.2, 0.8]).entropy(), rel=1e-5
    )


def test_checks_may_be_left_out() -> None:
    D.Distribution.set_default_validate_args(False)
    try:
        assert D.Normal(0.0, -1.0).scale.item() == -1.0
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="right-most size"):
        D.Dirichlet(autograd.ones(3)).log_prob(autograd.ones(2) / 2)
    with pytest.raises(ValueError, match="base_distribution needs"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), [D.StickBreakingTransform()])
