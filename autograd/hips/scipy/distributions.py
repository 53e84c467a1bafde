"""Densities and distribution functions of ``scipy.stats``: with boxes they are formulas of their parameters, otherwise SciPy's own.

So every parameter of a density has a derivative, of every order and in both modes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.stats as ss

from ..arrays import function_of
from ..calls import joined
from ..functions import plain, where
from ..levels import top_trace
from ..primitives import defjvp, defvjp, primitive
from ..products import dot
from ..rule_tools import broadcast, unbroadcast_f
from .special import betainc, betaln, gammainc, gammaincc, gammaln, log_ndtr, ndtr, xlog1py, xlogy

Function = Callable[..., Any]
_exp, _log, _log1p, _sum = (function_of(f) for f in (np.exp, np.log, np.log1p, np.sum))
_solve, _slogdet = function_of(np.linalg.solve), function_of(np.linalg.slogdet)
_reshape, _transpose = function_of(np.reshape), function_of(np.transpose)
_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def _of_boxes(raw: Function, formula: Function) -> Function:
    """A function of SciPy's that is this formula where one of its arguments is a box."""

    def function(*args: Any, **kwargs: Any) -> Any:
        if top_trace((*args, *kwargs.values())) < 0:
            return raw(*args, **kwargs)
        return formula(*[_array(a) for a in args], **{key: _array(value) for key, value in kwargs.items()})

    function.__name__ = function.__qualname__ = formula.__name__
    function.__doc__ = f"``scipy.stats``'s ``{formula.__name__}`` of this distribution, of arrays and boxes."
    return function


def _array(value: Any) -> Any:
    return joined(value) if isinstance(value, list | tuple) else value


def _within(inside: Any, formula: Function, x: Any, safe: float, outside: float) -> Any:
    """A formula of x where x lies in the support, and a constant elsewhere."""
    if np.all(inside):
        return formula(x)
    return where(inside, formula(where(inside, x, safe)), outside)


def _density(raw: Any, logpdf: Function, word: str = "pdf", **more: Function) -> SimpleNamespace:
    """The functions of a distribution, from the logarithm of its density."""

    def pdf(*args: Any, **kwargs: Any) -> Any:
        return _exp(logpdf(*args, **kwargs))

    logpdf.__name__, pdf.__name__ = "log" + word, word
    functions = {"log" + word: logpdf, word: pdf, **more}
    return SimpleNamespace(**{name: _of_boxes(getattr(raw, name), formula) for name, formula in functions.items()})


# ------------------------------------------------------------------------------------------------------------------- normal


def _norm_logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    z = (x - loc) / scale
    return -0.5 * z * z - _HALF_LOG_2PI - _log(scale)


norm = _density(
    ss.norm,
    _norm_logpdf,
    cdf=lambda x, loc=0.0, scale=1.0: ndtr((x - loc) / scale),
    sf=lambda x, loc=0.0, scale=1.0: ndtr((loc - x) / scale),
    logcdf=lambda x, loc=0.0, scale=1.0: log_ndtr((x - loc) / scale),
    logsf=lambda x, loc=0.0, scale=1.0: log_ndtr((loc - x) / scale),
)

# ---------------------------------------------------------------------------------------------------------------- Student's t


def _t_logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    z = (x - loc) / scale
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * _log(df * np.pi) - _log(scale)
    return constant - (df + 1) / 2 * _log1p(z * z / df)


# SciPy computes the distribution function; its derivative with respect to x is the density. That with respect to the degrees of
# freedom is not known here, and raises.
_t_cdf = primitive(lambda z, df: ss.t.cdf(z, df))
_t_cdf.__name__ = "cdf"
_t_logcdf = primitive(lambda z, df: ss.t.logcdf(z, df))
_t_logcdf.__name__ = "logcdf"


def _t_slope(ans: Any, z: Any, df: Any) -> Any:
    return _exp(_t_logpdf(z, df))


def _t_log_slope(ans: Any, z: Any, df: Any) -> Any:
    return _exp(_t_logpdf(z, df) - ans)


def _with_slope(function: Any, slope: Function) -> None:
    defvjp(function, lambda ans, z, df: unbroadcast_f(z, lambda g: g * slope(ans, z, df)), argnums=[0])
    defjvp(function, lambda g, ans, z, df: broadcast(g * slope(ans, z, df), ans), argnums=[0])


_with_slope(_t_cdf, _t_slope)
# The slope of the logarithm needs the function itself, so that it can be differentiated again.
_with_slope(_t_logcdf, lambda ans, z, df: _t_log_slope(_t_logcdf(z, df), z, df))

t = _density(
    ss.t,
    _t_logpdf,
    cdf=lambda x, df, loc=0.0, scale=1.0: _t_cdf((x - loc) / scale, df),
    logcdf=lambda x, df, loc=0.0, scale=1.0: _t_logcdf((x - loc) / scale, df),
)

# ---------------------------------------------------------------------------------------------- gamma, chi-squared, beta, Poisson


def _gamma_logpdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    z = (x - loc) / scale
    return _within(plain(z) >= 0, lambda z: xlogy(a - 1, z) - z - gammaln(a) - _log(scale), z, 1.0, -np.inf)


gamma = _density(
    ss.gamma, _gamma_logpdf,
    cdf=lambda x, a, loc=0.0, scale=1.0: _within(plain(x) >= plain(loc), lambda z: gammainc(a, z), (x - loc) / scale, 0.0, 0.0),
)  # fmt: skip


def _chi2_logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    return _gamma_logpdf((x - loc) / scale / 2, df / 2) - np.log(2) - _log(scale)


chi2 = _density(
    ss.chi2,
    _chi2_logpdf,
    cdf=lambda x, df, loc=0.0, scale=1.0: _within(
        plain(x) >= plain(loc), lambda z: gammainc(df / 2, z), (x - loc) / scale / 2, 0.0, 0.0
    ),
)


def _beta_logpdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    z = (x - loc) / scale
    inside = (plain(z) >= 0) & (plain(z) <= 1)
    constant = betaln(a, b) + _log(scale)
    return _within(inside, lambda z: xlogy(a - 1, z) + xlog1py(b - 1, -z) - constant, z, 0.5, -np.inf)


beta = _density(ss.beta, _beta_logpdf, cdf=lambda x, a, b, loc=0.0, scale=1.0: betainc(a, b, (x - loc) / scale))


def _poisson_logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    k = k - loc
    inside = (plain(k) >= 0) & (np.floor(plain(k)) == plain(k))
    return _within(inside, lambda k: xlogy(k, mu) - mu - gammaln(k + 1), k, 1.0, -np.inf)


poisson = _density(
    ss.poisson, _poisson_logpmf, "pmf",
    cdf=lambda k, mu, loc=0: _within(plain(k) >= loc, lambda n: gammaincc(np.floor(plain(n)) + 1, mu), k - loc, 1.0, 0.0),
)  # fmt: skip

# ------------------------------------------------------------------------------------------- distributions of vectors


def _dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    if np.shape(plain(x))[0] + 1 == np.shape(plain(alpha))[0]:  # SciPy lets the last number be left out
        x = function_of(np.concatenate)([x, 1 - _sum(x, axis=0, keepdims=True)])
    weights = joined(alpha) - 1
    weights = weights[(slice(None), *(None,) * (np.ndim(plain(x)) - 1))] if np.ndim(plain(x)) > 1 else weights
    return _sum(xlogy(weights, x), axis=0) + gammaln(_sum(alpha)) - _sum(gammaln(alpha))


dirichlet = _density(ss.dirichlet, _dirichlet_logpdf)
dirichlet.rvs = ss.dirichlet.rvs


def _covariance(cov: Any, size: int) -> Any:
    """A covariance as a matrix: SciPy also takes one number, or a diagonal."""
    rank = np.ndim(plain(cov))
    return cov if rank == 2 else cov * np.eye(size)


def _mvn_logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    if allow_singular and top_trace((cov,)) >= 0:
        raise NotImplementedError("a singular covariance has no inverse, and the density no derivative with respect to it")
    size = max(np.size(plain(mean)) if mean is not None else 1, np.shape(plain(cov))[-1] if np.ndim(plain(cov)) else 1)
    if np.ndim(plain(x)) == 0:
        x = joined([x])
    elif np.ndim(plain(x)) == 1 and size == 1:
        x = x[:, None]
    size = max(size, np.shape(plain(x))[-1])
    cov = _covariance(cov, size)
    off = x - (0.0 if mean is None else mean)
    if allow_singular:
        return _singular_logpdf(off, np.asarray(cov))
    shape = np.shape(plain(off))[:-1]
    if len(shape) > 1:
        off = _reshape(off, (-1, size))
    solved = _transpose(_solve(cov, _transpose(off)))  # one factorisation for all points
    _, logdet = _slogdet(cov)
    squares = _sum(off * solved, axis=-1)
    if len(shape) > 1:
        squares = _reshape(squares, shape)
    return -0.5 * (squares + logdet + size * np.log(2 * np.pi))


def _singular_logpdf(off: Any, cov: np.ndarray) -> Any:
    """The density on the subspace that a constant covariance spans, with SciPy's choice of which eigenvalues count as 0."""
    w, v = np.linalg.eigh(cov)
    there = w > 1e6 * np.finfo(w.dtype).eps * np.max(np.abs(w))
    along = dot(off, v[:, there] / np.sqrt(w[there]))
    return -0.5 * (_sum(along * along, axis=-1) + np.sum(np.log(w[there])) + np.sum(there) * np.log(2 * np.pi))


multivariate_normal = _density(ss.multivariate_normal, _mvn_logpdf)


def _mvn_entropy(mean: Any = None, cov: Any = 1) -> Any:
    size = max(np.size(plain(mean)) if mean is not None else 1, np.shape(plain(cov))[-1] if np.ndim(plain(cov)) else 1)
    _, logdet = _slogdet(_covariance(cov, size))
    return 0.5 * (logdet + size * np.log(2 * np.pi * np.e))


_mvn_entropy.__name__ = "entropy"
multivariate_normal.entropy = _of_boxes(ss.multivariate_normal.entropy, _mvn_entropy)

__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t"]
