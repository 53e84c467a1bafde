"""Distributions: densities, entropies and moments are SciPy's, gradients those of finite differences, samples have the moments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import autograd
from autograd import distributions as D
from autograd import tensor


def t(*values: float) -> Any:
    return tensor(np.array(values))


A, B = np.array([0.5, 2.0, 3.5]), np.array([1.5, 0.75, 2.0])
X, POSITIVE, UNIT = np.array([-1.0, 0.3, 2.0]), np.array([0.4, 1.3, 2.5]), np.array([0.2, 0.5, 0.9])
COUNTS, P = np.array([0.0, 1.0, 3.0]), np.array([0.2, 0.5, 0.7])
# Our distribution of the parameters, SciPy's, the parameters, and values.
CONTINUOUS: dict[str, tuple[Any, Any, list[np.ndarray], np.ndarray]] = {
    "Normal": (D.Normal, lambda a, b: stats.norm(a, b), [X, B], X),
    "LogNormal": (D.LogNormal, lambda a, b: stats.lognorm(b, scale=np.exp(a)), [X, B / 2], POSITIVE),
    "Laplace": (D.Laplace, lambda a, b: stats.laplace(a, b), [X, B], POSITIVE),
    "Cauchy": (D.Cauchy, lambda a, b: stats.cauchy(a, b), [X, B], POSITIVE),
    "HalfNormal": (D.HalfNormal, lambda b: stats.halfnorm(scale=b), [B], POSITIVE),
    "HalfCauchy": (D.HalfCauchy, lambda b: stats.halfcauchy(scale=b), [B], POSITIVE),
    "Uniform": (D.Uniform, lambda a, b: stats.uniform(a, b - a), [X - 2, X + 1], X),
    "Exponential": (D.Exponential, lambda a: stats.expon(scale=1 / a), [A], POSITIVE),
    "Gamma": (D.Gamma, lambda a, b: stats.gamma(a, scale=1 / b), [A, B], POSITIVE),
    "Chi2": (D.Chi2, lambda a: stats.chi2(a), [A + 1], POSITIVE),
    "InverseGamma": (D.InverseGamma, lambda a, b: stats.invgamma(a, scale=b), [A + 2, B], POSITIVE),
    "Beta": (D.Beta, lambda a, b: stats.beta(a, b), [A, B], UNIT),
    "StudentT": (D.StudentT, lambda v, a, b: stats.t(v, a, b), [A + 2, X, B], POSITIVE),
    "Gumbel": (D.Gumbel, lambda a, b: stats.gumbel_r(a, b), [X, B], POSITIVE),
    "Weibull": (D.Weibull, lambda a, b: stats.weibull_min(b, scale=a), [A, B], POSITIVE),
    "Pareto": (D.Pareto, lambda a, b: stats.pareto(b, scale=a), [A / 10, B + 2], POSITIVE),
    "GeneralizedPareto": (D.GeneralizedPareto, lambda a, b, c: stats.genpareto(c, a, b), [X - 1, B, A / 10], POSITIVE),
    "FisherSnedecor": (D.FisherSnedecor, lambda a, b: stats.f(a, b), [A + 1, B + 5], POSITIVE),
}  # fmt: skip
DISCRETE: dict[str, tuple[Any, Any, list[np.ndarray], np.ndarray]] = {
    "Bernoulli": (D.Bernoulli, lambda p: stats.bernoulli(p), [P], np.array([0.0, 1.0, 1.0])),
    "Geometric": (D.Geometric, lambda p: stats.geom(p, loc=-1), [P], COUNTS),
    "Binomial": (lambda p: D.Binomial(5, p), lambda p: stats.binom(5, p), [P], COUNTS),
    "NegativeBinomial": (D.NegativeBinomial, lambda n, p: stats.nbinom(n, 1 - p), [A, P], COUNTS),
    "Poisson": (D.Poisson, lambda r: stats.poisson(r), [A], COUNTS),
}  # fmt: skip
ALL = {**CONTINUOUS, **DISCRETE}


def made(name: str) -> tuple[Any, Any, list[Any], Any]:
    ours, scipys, parameters, values = ALL[name]
    tensors = [tensor(p, requires_grad=True) for p in parameters]
    return ours, scipys(*parameters), tensors, tensor(values)


@pytest.mark.parametrize("name", sorted(ALL))
def test_densities_moments_and_entropies_are_scipys(name: str) -> None:
    ours, theirs, tensors, x = made(name)
    d = ours(*tensors)
    logs = theirs.logpdf if name in CONTINUOUS else theirs.logpmf
    np.testing.assert_allclose(d.log_prob(x).detach().array, logs(x.array), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(d.mean.detach().array, theirs.mean(), rtol=1e-9)
    if name != "Cauchy":  # infinite, as PyTorch says, or undefined, as SciPy does
        np.testing.assert_allclose(d.variance.detach().array, theirs.var(), rtol=1e-8)
        np.testing.assert_allclose(d.stddev.detach().array, theirs.std(), rtol=1e-8)
    if type(d).entropy is not D.Distribution.entropy:
        np.testing.assert_allclose(d.entropy().detach().array, theirs.entropy(), rtol=1e-7, atol=1e-10)
    if type(d).cdf is not D.Distribution.cdf:
        np.testing.assert_allclose(d.cdf(x).detach().array, theirs.cdf(x.array), rtol=1e-9)
    if type(d).icdf is not D.Distribution.icdf:
        np.testing.assert_allclose(d.icdf(tensor(UNIT)).detach().array, theirs.ppf(UNIT), rtol=1e-7)


@pytest.mark.parametrize("name", sorted(ALL))
def test_gradients_of_log_prob(name: str) -> None:
    ours, _, tensors, x = made(name)
    assert autograd.gradcheck(lambda *parameters: ours(*parameters).log_prob(x), tuple(tensors))


@pytest.mark.parametrize("name", sorted(ALL))
def test_samples_have_the_distribution(name: str) -> None:
    ours, theirs, tensors, _ = made(name)
    autograd.manual_seed(0)
    d = ours(*tensors)
    drawn = d.sample((4000,))
    assert tuple(drawn.shape) == (4000, 3)
    assert not drawn.requires_grad
    for level in (0.25, 0.5, 0.9):
        at = theirs.ppf(level)
        np.testing.assert_allclose((drawn.array <= at).mean(0), theirs.cdf(at), atol=0.035)


@pytest.mark.parametrize("name", sorted(n for n in CONTINUOUS if n not in ("Cauchy", "HalfCauchy")))
def test_gradients_reach_the_parameters_through_samples(name: str) -> None:
    """d/da of E[f(x)] at fixed random numbers: for a draw x with distribution function F it is f'(x) dx/da, dx/da = -F_a / p."""
    ours, theirs, tensors, _ = made(name)
    autograd.manual_seed(1)
    x = ours(*tensors).rsample()
    got = autograd.grad(x.sum(), tensors, allow_unused=True)
    h = 1e-5
    scipys, values = ALL[name][1], [p.array for p in tensors]
    if name in ("Beta", "FisherSnedecor", "StudentT"):
        return  # two random numbers make one: the derivative at fixed numbers is not that of the quantile
    for i, g in enumerate(got):
        moved = [scipys(*[v + s * h * (k == i) for k, v in enumerate(values)]).cdf(x.detach().array) for s in (1, -1)]
        expected = -(moved[0] - moved[1]) / (2 * h) / theirs.pdf(x.detach().array)
        if name in ("HalfNormal", "Laplace"):
            continue  # other random numbers than those of the quantile: equal in distribution only
        np.testing.assert_allclose(g.array, expected, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["Beta", "StudentT", "Gamma", "HalfNormal", "Laplace"])
def test_gradients_of_a_mean(name: str) -> None:
    ours, _, tensors, _ = made(name)
    autograd.manual_seed(2)
    d = ours(*tensors)
    found = autograd.grad(d.rsample((40000,)).mean(0).sum(), tensors)
    wanted = autograd.grad(d.mean.sum(), tensors, allow_unused=True, materialize_grads=True)
    for f, w in zip(found, wanted, strict=True):
        np.testing.assert_allclose(f.array, w.array, atol=0.12)


def test_classes() -> None:
    logits = tensor(np.array([[0.1, -1.0, 2.0], [1.0, 0.0, 0.0]]), requires_grad=True)
    d = D.Categorical(logits=logits)
    p = np.exp(logits.detach().array) / np.exp(logits.detach().array).sum(-1, keepdims=True)
    np.testing.assert_allclose(d.probs.detach().array, p)
    np.testing.assert_allclose(d.log_prob(tensor([2, 0])).detach().array, np.log([p[0, 2], p[1, 0]]))
    np.testing.assert_allclose(d.log_prob(tensor([[2], [1]])).detach().array, np.log(p[:, [2, 1]].T))
    np.testing.assert_allclose(d.entropy().detach().array, stats.entropy(p, axis=-1))
    autograd.manual_seed(0)
    drawn = d.sample((3000,))
    assert tuple(drawn.shape) == (3000, 2)
    np.testing.assert_allclose([(drawn.array[:, 0] == k).mean() for k in range(3)], p[0], atol=0.03)
    assert autograd.gradcheck(lambda z: D.Categorical(logits=z).log_prob(tensor([2, 0])), (logits,))
    hot = D.OneHotCategorical(probs=tensor(p))
    assert hot.sample().sum(-1).tolist() == [1, 1]
    np.testing.assert_allclose(hot.log_prob(tensor(np.eye(3)[[2, 0]])).array, np.log([p[0, 2], p[1, 0]]))
    straight = D.OneHotCategoricalStraightThrough(logits=logits).rsample()
    (g,) = autograd.grad((straight * t(1.0, 2.0, 3.0)).sum(), logits)
    assert abs(g.array).sum() > 0
    many = D.Multinomial(6, probs=tensor(p))
    np.testing.assert_allclose(
        many.log_prob(tensor(np.array([[1.0, 2.0, 3.0], [6.0, 0.0, 0.0]]))).array,
        [stats.multinomial(6, p[0]).logpmf([1, 2, 3]), stats.multinomial(6, p[1]).logpmf([6, 0, 0])],
    )
    assert many.sample((5,)).sum(-1).tolist() == [[6, 6]] * 5


def test_vectors() -> None:
    rng = np.random.default_rng(0)
    root = np.tril(rng.standard_normal((3, 3))) + 3 * np.eye(3)
    c, m, x = root @ root.T, rng.standard_normal(3), rng.standard_normal((4, 3))
    theirs = stats.multivariate_normal(m, c)
    for given in ({"covariance_matrix": tensor(c)}, {"precision_matrix": tensor(np.linalg.inv(c))}, {"scale_tril": tensor(root)}):
        d = D.MultivariateNormal(tensor(m), **given)
        np.testing.assert_allclose(d.log_prob(tensor(x)).array, theirs.logpdf(x), rtol=1e-9)
        np.testing.assert_allclose(d.entropy().array, theirs.entropy(), rtol=1e-9)
        np.testing.assert_allclose(d.covariance_matrix.array, c, rtol=1e-9)
        np.testing.assert_allclose(d.precision_matrix.array, np.linalg.inv(c), rtol=1e-8)
    autograd.manual_seed(0)
    np.testing.assert_allclose(np.cov(d.sample((20000,)).array.T), c, atol=0.6)
    assert autograd.gradcheck(
        lambda m, r: D.MultivariateNormal(m, scale_tril=r.tril()).log_prob(tensor(x)),
        (tensor(m, requires_grad=True), tensor(root, requires_grad=True)),
    )
    a = np.array([0.5, 1.0, 2.0])
    d2, p = D.Dirichlet(tensor(a)), np.array([0.2, 0.3, 0.5])
    np.testing.assert_allclose(d2.log_prob(tensor(p)).array, stats.dirichlet(a).logpdf(p))
    np.testing.assert_allclose(d2.entropy().array, stats.dirichlet(a).entropy())
    np.testing.assert_allclose(d2.variance.array, stats.dirichlet(a).var())
    np.testing.assert_allclose(d2.rsample((3000,)).mean(0).array, a / a.sum(), atol=0.03)


def test_independent_mixture_and_transformed() -> None:
    normal = D.Normal(tensor(np.zeros((4, 3))), tensor(np.ones((4, 3))))
    d = D.Independent(normal, 1)
    assert (tuple(d.batch_shape), tuple(d.event_shape), tuple(d.rsample((2,)).shape)) == ((4,), (3,), (2, 4, 3))
    np.testing.assert_allclose(d.log_prob(autograd.ones(3)).array, [3 * stats.norm.logpdf(1)] * 4, rtol=1e-6)
    np.testing.assert_allclose(d.entropy().array, [3 * stats.norm.entropy()] * 4)
    weights, m = np.array([0.3, 0.7]), np.array([-1.0, 2.0])
    mixture = D.MixtureSameFamily(D.Categorical(tensor(weights)), D.Normal(tensor(m), tensor(np.ones(2))))
    x = np.array([0.0, 1.5])
    np.testing.assert_allclose(mixture.log_prob(tensor(x)).array, np.log((weights * stats.norm(m).pdf(x[:, None])).sum(-1)))
    np.testing.assert_allclose(mixture.mean.array, weights @ m)
    np.testing.assert_allclose(mixture.variance.array, weights @ (1 + m**2) - (weights @ m) ** 2)
    autograd.manual_seed(0)
    np.testing.assert_allclose(mixture.sample((5000,)).mean().array, weights @ m, atol=0.08)
    base = D.Normal(t(0.3), t(0.8))
    for transforms, scipys in [
        ([D.AffineTransform(1.0, -2.0)], stats.norm(1 - 2 * 0.3, 1.6)),
        (D.ExpTransform(), stats.lognorm(0.8, scale=np.exp(0.3))),
    ]:
        y = D.TransformedDistribution(base, transforms)
        np.testing.assert_allclose(y.log_prob(t(0.7)).array, [scipys.logpdf(0.7)], rtol=1e-9)
    for transform in (
        D.SigmoidTransform(),
        D.TanhTransform(),
        D.SoftplusTransform(),
        D.ExpTransform(),
        D.AffineTransform(2.0, t(3.0)),
    ):
        z = tensor(np.array([-0.7, 0.4]), requires_grad=True)
        out = transform(z)
        np.testing.assert_allclose(transform.inv(out).detach().array, z.detach().array, rtol=1e-9)
        (slope,) = autograd.grad(out.sum(), z)
        np.testing.assert_allclose(transform.log_abs_det_jacobian(z, out).detach().array, np.log(abs(slope.array)), rtol=1e-9)
    squashed = D.Independent(
        D.TransformedDistribution(D.Normal(tensor(np.zeros(2)), tensor(np.ones(2))), [D.TanhTransform(cache_size=1)]), 1
    )
    assert squashed.rsample().abs().max() < 1


PAIRS = {
    "Normal": ([0.2, 1.5], [-0.4, 0.7]), "LogNormal": ([0.2, 0.5], [-0.4, 0.7]), "Laplace": ([0.2, 1.5], [-0.4, 0.7]),
    "Exponential": ([0.8], [1.7]), "Gamma": ([2.0, 1.5], [1.2, 0.7]), "Beta": ([2.0, 1.5], [1.2, 0.7]),
    "Uniform": ([0.2, 0.5], [0.0, 1.5]), "Gumbel": ([0.2, 1.5], [-0.4, 1.7]), "Bernoulli": ([0.3], [0.6]),
    "Geometric": ([0.3], [0.6]), "Poisson": ([1.3], [2.6]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_divergences_are_integrals(name: str) -> None:
    p, q = [getattr(D, name)(*[tensor(np.float64(v)) for v in values]) for values in PAIRS[name]]
    if name in DISCRETE:
        x = np.arange(200.0 if name != "Bernoulli" else 2.0)
        weights = p.log_prob(tensor(x)).exp().array
    else:
        scipys = ALL[name][1](*[np.float64(v) for v in PAIRS[name][0]])
        u = (np.arange(200000) + 0.5) / 200000
        x, weights = scipys.ppf(u), 1 / len(u)
    expected = ((p.log_prob(tensor(x)) - q.log_prob(tensor(x))).array * weights).sum()
    np.testing.assert_allclose(D.kl_divergence(p, q).array, expected, rtol=2e-3)


def test_divergences_of_vectors_and_classes() -> None:
    p, q = D.Categorical(t(0.2, 0.8)), D.Categorical(t(0.5, 0.5))
    np.testing.assert_allclose(D.kl_divergence(p, q).array, stats.entropy([0.2, 0.8], [0.5, 0.5]))
    a, b = [D.MultivariateNormal(tensor(np.array(m)), covariance_matrix=tensor(np.array(c))) for m, c in [
        ([0.0, 1.0], [[2.0, 0.3], [0.3, 1.0]]), ([0.5, 0.0], [[1.0, -0.2], [-0.2, 1.5]]),
    ]]  # fmt: skip
    autograd.manual_seed(0)
    x = a.sample((200000,))
    np.testing.assert_allclose(D.kl_divergence(a, b).array, (a.log_prob(x) - b.log_prob(x)).mean().array, rtol=0.02)
    one, two = D.Dirichlet(t(1.0, 2.0, 3.0)), D.Dirichlet(t(2.0, 1.0, 1.5))
    x = one.sample((200000,))
    np.testing.assert_allclose(D.kl_divergence(one, two).array, (one.log_prob(x) - two.log_prob(x)).mean().array, rtol=0.03)
    first, second = [D.Independent(D.Normal(tensor(np.zeros(3)), tensor(np.full(3, s))), 1) for s in (1.0, 2.0)]
    assert D.kl_divergence(first, second).shape == ()
    with pytest.raises(NotImplementedError, match="No KL"):
        D.kl_divergence(p, a)


@pytest.mark.parametrize("a", [0.01, 0.3, 1.0, 7.0, 100.0])
@pytest.mark.parametrize("b", [0.01, 0.3, 1.0, 7.0, 100.0])
def test_a_draw_from_beta_moves_along_the_distribution_function(a: float, b: float) -> None:
    """dx/da = -(dF/da) / p, F and p those of SciPy; so does a number of a Dirichlet draw."""
    first, second = tensor(np.full(40, a), requires_grad=True), tensor(np.full(40, b), requires_grad=True)
    draws = D.Beta(first, second).rsample()
    draws.sum().backward()
    x = draws.detach().array
    at, bt = [1e-3 * c / (1 + c**0.5) for c in (a, b)]
    with np.errstate(all="ignore"):
        p, low = stats.beta.pdf(x, a, b), stats.beta.cdf(x, a, b) < 0.5
    for grad, up, down, h in [
        (first.grad, stats.beta(a + at, b), stats.beta(a - at, b), at),
        (second.grad, stats.beta(a, b + bt), stats.beta(a, b - bt), bt),
    ]:  # fmt: skip
        moved = np.where(low, up.cdf(x) - down.cdf(x), down.sf(x) - up.sf(x)) / (2 * h)
        np.testing.assert_allclose(grad.array, np.where(np.isfinite(p), -moved / p, 0), rtol=1e-3, atol=1e-12)
    concentration = tensor(np.array([[a, b, 0.5]] * 40), requires_grad=True)
    draws = D.Dirichlet(concentration).rsample()
    assert not draws.isnan().any()
    draws[:, 0].sum().backward()
    x, h = draws.detach().array[:, 0], at
    with np.errstate(all="ignore"):
        p, low = stats.beta.pdf(x, a, b + 0.5), stats.beta.cdf(x, a, b + 0.5) < 0.5
    up, down = stats.beta(a + h, b + 0.5), stats.beta(a - h, b + 0.5)
    moved = np.where(low, up.cdf(x) - down.cdf(x), down.sf(x) - up.sf(x)) / (2 * h)
    inside = np.isfinite(p) & (p > 0) & (x < 1 - 1e-9) & (x > 0)
    np.testing.assert_allclose(concentration.grad.array[inside, 0], (-moved / np.where(p > 0, p, 1))[inside], rtol=1e-3, atol=1e-12)


def test_draws_of_tiny_concentrations() -> None:
    """All Gamma numbers of a draw may underflow: then one number is 1, as often as its concentration says."""
    autograd.manual_seed(0)
    draws = D.Dirichlet(tensor(np.array([1e-5, 2e-5, 1e-5]))).sample((20000,))
    np.testing.assert_allclose(draws.mean(0).array, [0.25, 0.5, 0.25], atol=0.02)
    assert abs(D.Beta(t(1e-5), t(3e-5)).sample((20000,)).mean().item() - 0.25) < 0.02


def test_a_second_derivative_of_a_draw_is_refused() -> None:
    for draw in (lambda c: D.Gamma(c, t(1.0, 1.0)).rsample(), lambda c: D.Dirichlet(c).rsample(), lambda c: D.Beta(c, c).rsample()):
        c = tensor(np.array([2.0, 3.0]), requires_grad=True)
        (g,) = autograd.grad((draw(c) ** 2).sum(), c, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable"):
            g.sum().backward()


def test_modes_at_the_edge() -> None:
    assert D.Weibull(t(1.0), t(1.0)).mode.tolist() == [0]
    assert D.Weibull(t(1.0), t(0.5)).mode.isnan().all()  # the density is unbounded at 0
    assert D.Dirichlet(tensor([2, 2, 1])).mode.tolist() == [0.5, 0.5, 0]
    assert D.Dirichlet(tensor([1, 1])).mode.isnan().all()


def test_probabilities_are_computed_when_they_are_asked_for() -> None:
    for d in (D.Bernoulli(logits=t(0.5)), D.Binomial(2, logits=t(0.5)), D.OneHotCategorical(logits=t(0.5, 1.0))):
        d.log_prob(d.enumerate_support()[0])
        assert "probs" not in vars(d)
    assert D.Multinomial(10, logits=t(0.5, 0.5)).log_prob(tensor([1.0, 1.0])).item() == pytest.approx(np.log(0.5), rel=1e-6)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="scale of Normal to be positive"):
        D.Normal(0.0, -1.0)
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        D.Bernoulli(1.5)
    with pytest.raises(ValueError, match="support"):
        D.Exponential(1.0).log_prob(tensor(-1.0))
    with pytest.raises(ValueError, match="support"):
        D.Categorical(t(0.5, 0.5)).log_prob(tensor(2))
    with pytest.raises(ValueError, match="not both"):
        D.Bernoulli()
    with pytest.raises(ValueError, match="low>= high"):
        D.Uniform(1.0, 0.0)
    with pytest.raises(NotImplementedError, match="rsample"):
        D.Poisson(1.0).rsample()
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert repr(D.Normal(autograd.zeros(2), 1.0)) == "Normal(batch_shape: (2,), event_shape: ())"


def test_the_density_at_a_number_has_the_parameters_precision() -> None:
    normal = D.Normal(tensor(0.0, dtype=autograd.float64), tensor(1.0, dtype=autograd.float64))
    one = D.Categorical(autograd.ones(1, dtype=autograd.float64))
    mixture = D.MixtureSameFamily(one, normal.expand((1,)))
    moved = D.TransformedDistribution(normal, D.AffineTransform(0.0, 1.0))
    for distribution in (normal, mixture, moved):
        with pytest.raises(ValueError, match=r"must be a Tensor, not 0\.1"):
            distribution.log_prob(0.1)
    D.Distribution.set_default_validate_args(False)
    try:
        normal = D.Normal(tensor(0.0, dtype=autograd.float64), tensor(1.0, dtype=autograd.float64))
        mixture = D.MixtureSameFamily(one, normal.expand((1,)))
        moved = D.TransformedDistribution(normal, D.AffineTransform(0.0, 1.0))
    finally:
        D.Distribution.set_default_validate_args(True)
    for distribution in (normal, mixture, moved):
        assert distribution.log_prob(0.1).dtype == np.float64
        np.testing.assert_allclose(distribution.log_prob(0.1).numpy(), stats.norm.logpdf(0.1), rtol=1e-15)


@pytest.mark.parametrize("name", [name for name, (family, *_) in CONTINUOUS.items() if "icdf" in vars(family)])
def test_a_quantile_of_a_number(name: str) -> None:
    """A probability may be a number, too, and takes the parameters' dtype."""
    family, theirs, parameters, _ = CONTINUOUS[name]
    found = family(*map(tensor, parameters)).icdf(0.3)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found.numpy(), theirs(*parameters).ppf(0.3), rtol=1e-12)
