"""Error functions, gamma functions, entropies, and sinc."""

from __future__ import annotations

import math

import numpy as np

from ...engine.op import Op, Sample, elementwise
from ...engine.samples import binary, calls, draw, mismatched, unary
from ..error_function import erf_of_float32, erfc_of_float32, erfinv_of_float32, log_ndtr_slope_of_float32, ndtr_of_float32
from ..rules import BITS, LARGE, alike, bell, constants, in_pieces, in_scratch, polynomial, values
from . import from_scipy, series

_ROOT_PI = math.sqrt(math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)


# --------------------------------------------------------------------------------------- error functions, the normal distribution

def _single(of_many, few, name):
    """A forward that computes float32 in vectors where there are more than a few; SciPy's takes several times as long then."""

    def forward(x):
        if type(x) is np.ndarray and x.size > few and x.dtype == np.float32:
            return of_many(x)
        return from_scipy.keeping_float16(from_scipy.function_of(name), x)

    return forward


erf = elementwise(
    "erf", _single(erf_of_float32, 256, "erf"), x=lambda g, x: bell(g, x, -1, 2 / _ROOT_PI), analytic=False,
    samples=unary(), formula={"x": "g * exp(-x ** 2) * 2 / sqrt(pi)"},
    doc="""
    Error function, 2/√π ∫ e^(-t²) dt from 0 to x. The derivative is 2/√π e^(-x²).

    Example:
        >>> import autograd
        >>> autograd.erf(autograd.tensor([0.0, 1.0, 5.0]))
        tensor([0.0000, 0.8427, 1.0000], dtype=float32)
        >>> autograd.func.grad(autograd.erf)(autograd.tensor(0.0))
        tensor(1.1284, dtype=float32)
    """,
)
erfc = elementwise(
    "erfc", _single(erfc_of_float32, 4096, "erfc"), x=lambda g, x: bell(g, x, -1, -2 / _ROOT_PI), analytic=False,
    samples=unary(), formula={"x": "-g * exp(-x ** 2) * 2 / sqrt(pi)"},
    doc="""
    Complementary error function 1 - erf(x), accurate for large x, where erf(x) rounds to 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(5.0)
        >>> autograd.erfc(x).item() > 0, (1 - autograd.erf(x)).item() > 0
        (True, False)
    """,
)
erfcx = elementwise(
    "erfcx", from_scipy.unary("erfcx"), x=lambda g, x, y: g * (2 * x * y - 2 / _ROOT_PI), analytic=False, samples=unary(),
    doc="""
    Scaled complementary error function e^(x²) erfc(x). For large x, where erfc underflows, it is near 1 / (x √π).

    Example:
        >>> import autograd
        >>> autograd.special.erfcx(autograd.tensor([0.0, 100.0]))
        tensor([1.0000, 0.0056], dtype=float32)
    """,
)
_scipy_erfinv = from_scipy.unary("erfinv")


def _erfinv(x):
    if type(x) is np.ndarray and x.dtype == np.float32 and x.size > 64:
        return erfinv_of_float32(x)
    return np.copysign(_scipy_erfinv(x), x)  # SciPy's has no -0


erfinv = elementwise(
    "erfinv", _erfinv, x=lambda g, y: bell(g, y, 1, _ROOT_PI / 2), analytic=False, samples=unary(-0.8, 0.8),
    formula={"x": "g * exp(y ** 2) * sqrt(pi) / 2"},
    doc="""
    The inverse of erf, on (-1, 1). The derivative is √π/2 e^(y²).

    Example:
        >>> import autograd
        >>> autograd.erfinv(autograd.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769], dtype=float32)
    """,
)
ndtr = elementwise(
    "ndtr", _single(ndtr_of_float32, 4096, "ndtr"),
    x=lambda g, x: bell(g, x, -0.5, 1 / _ROOT_2PI), analytic=False, samples=unary(),
    formula={"y": "Phi(x)", "x": "g * exp(-x ** 2 / 2) / sqrt(2 * pi)"},
    doc="""
    Distribution function of the standard normal distribution, Φ(x) = (1 + erf(x / √2)) / 2.

    The derivative is the density, e^(-x²/2) / √(2π).

    Example:
        >>> import autograd
        >>> autograd.special.ndtr(autograd.tensor([0.0, 1.96]))
        tensor([0.5000, 0.9750], dtype=float32)
        >>> autograd.func.grad(autograd.special.ndtr)(autograd.tensor(0.0))
        tensor(0.3989, dtype=float32)
    """,
)
def _log_ndtr_rule(g, x):
    if type(g) is np.ndarray and g.size > 4096 and g.dtype == np.float32 and alike(g, x):
        y = log_ndtr_slope_of_float32(x)
        y *= g
        return y
    return g * (2 / _ROOT_2PI) / erfcx(x * -math.sqrt(0.5))


log_ndtr = elementwise(
    "log_ndtr", from_scipy.unary("log_ndtr"), x=_log_ndtr_rule, analytic=False, samples=unary(-6, 3),
    formula={"y": "log(Phi(x))", "x": "g * phi(x) / Phi(x)"},
    doc="""
    log Φ(x), for the distribution function Φ of the standard normal distribution; accurate also where Φ(x) underflows.

    Example:
        >>> import autograd
        >>> autograd.special.log_ndtr(autograd.tensor([0.0, -50.0]))
        tensor([-6.9315e-01, -1.2548e+03], dtype=float32)
    """,
)
ndtri = elementwise(
    "ndtri", from_scipy.unary("ndtri"), x=lambda g, y: bell(g, y, 0.5, _ROOT_2PI), analytic=False, samples=unary(0.1, 0.9),
    formula={"x": "g * exp(y ** 2 / 2) * sqrt(2 * pi)"},
    doc="""
    Quantiles of the standard normal distribution: the inverse of ``ndtr``, on (0, 1).

    Example:
        >>> import autograd
        >>> autograd.special.ndtri(autograd.tensor([0.5, 0.975]))
        tensor([0.0000, 1.9600], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------------ gamma functions


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)  # B_2, B_4, ...


def _euler_maclaurin(n, x, steps, terms):
    """The n-th derivative of digamma at x > 0, up to its sign.

    It is n! Σ_k (x + k)^-(n + 1) over k >= 0: the first terms one by one, the rest a = x + steps by the Euler-Maclaurin formula,
    a^-n / n + a^-(n + 1) / 2 + Σ_j B_2j / (2j)! (n + 1) ... (n + 2j - 1) a^-(n + 2j).
    """
    a = x.astype(np.float64)
    total = np.reciprocal(a) ** (n + 1)
    for _ in range(steps - 1):
        a += 1
        total += np.reciprocal(a) ** (n + 1)
    a += 1
    np.reciprocal(a, out=a)
    square, rest = a * a, 0.0
    for j in range(terms, 0, -1):
        rest = (rest + _BERNOULLI[j - 1] / math.factorial(2 * j) * math.perm(n + 2 * j - 1, 2 * j - 1)) * square
    rest = rest + a * 0.5 + 1 / n
    rest *= a**n
    total += rest
    total *= math.factorial(n)
    return total


def _polygamma(x, n):
    if type(x) is np.ndarray and x.dtype.char in "fd" and 1 <= n <= 4 and x.size > 64 and x.min() > 1e-4 and x.max() < 1e6:
        steps, terms = (4 + n, 5) if x.dtype == np.float32 else (10 + n, 8)
        sign = (-1) ** (n + 1)
        with np.errstate(over="ignore"):
            return in_pieces(lambda x: (sign * _euler_maclaurin(n, x, steps, terms)).astype(x.dtype))(x)
    if type(x) is np.ndarray and x.dtype.char in "fd" and n >= 1:
        from scipy.special import zeta as scipys

        # As in SciPy's polygamma, which computes digamma besides, and asks which of the two is wanted.
        y = scipys(n + 1.0, x.astype(np.float64))
        y *= (-1.0) ** (n + 1) * math.gamma(n + 1.0)
        return np.asarray(y).astype(x.dtype)
    return _general_polygamma(x, n)


_general_polygamma = from_scipy.of_order("polygamma")
polygamma: Op = elementwise(
    "polygamma", _polygamma, x=lambda g, x, n: g * polygamma(x, n=n + 1), analytic=False,
    samples=calls(((5,), {"n": 0}), ((3, 4), {"n": 1}), ((), {"n": 2}), low=0.5, high=3.0),
    formula={"y": "polygamma(n, x)", "x": "g * polygamma(n + 1, x)"},
    doc="The n-th derivative of digamma, ψ⁽ⁿ⁾(x). Its derivative is the one of order n + 1.",
)
digamma: Op = elementwise(
    "digamma", from_scipy.unary("digamma"), x=lambda g, x: g * polygamma(x, n=1), analytic=False, samples=unary(0.5, 3),
    formula={"x": "g * polygamma(1, x)"},
    doc="""
    Digamma function, the derivative of log Γ(x). Its derivative is polygamma(1, x).

    Example:
        >>> import autograd
        >>> autograd.digamma(autograd.tensor([1.0, 2.0]))
        tensor([-0.5772,  0.4228], dtype=float32)
    """,
)
def _lgamma(x):
    y = series.log_gamma(x, _gammaln)
    if y is not None:
        return y
    y = _gammaln(x)
    below = np.equal(y, -np.inf)  # SciPy's is -inf at -inf, C's is inf
    return np.where(np.equal(x, -np.inf), -x, y) if np.logical_or.reduce(below, None) else y


_gammaln = from_scipy.unary("gammaln")
lgamma = elementwise(
    "lgamma", _lgamma, x=lambda g, x: g * digamma(x), analytic=False, samples=unary(0.5, 3),
    formula={"y": "log(abs(Gamma(x)))", "x": "g * digamma(x)"},
    doc="""
    Logarithm of the absolute value of the gamma function, log |Γ(x)|. The derivative is digamma.

    Example:
        >>> import autograd
        >>> autograd.lgamma(autograd.tensor([4.0, 0.5]))
        tensor([1.7918, 0.5724], dtype=float32)
        >>> autograd.func.grad(autograd.lgamma)(autograd.tensor(1.0))
        tensor(-0.5772, dtype=float32)
    """,
)


def _no_closed_form(name, input):
    """The rule of an input whose derivative has no closed form: it raises, since a missing gradient would be a wrong one."""

    def rule(g):
        raise NotImplementedError(
            f"{name}: the derivative with respect to {input!r} is not implemented: give {input} as a number, or detach() it"
        )

    return rule


gammainc = elementwise(
    "gammainc", from_scipy.binary("gammainc"), a=_no_closed_form("gammainc", "a"),
    b=lambda g, a, b: g * np.exp((a - 1) * np.log(b) - b - lgamma(a + 0 * b)), analytic=False,
    samples=lambda: [Sample(1.5, draw((5,), 0.4, 2)), Sample(2.0, draw((3, 4), 0.4, 2)), Sample(0.5, draw((), 0.4, 2))],
    formula={"a": "unknown", "b": "g * b ** (a - 1) * exp(-b) / Gamma(a)"},
    doc="""
    Regularised lower incomplete gamma function, P(a, b) = 1/Γ(a) ∫ t^(a-1) e^-t dt from 0 to b, of a = input and b = other.

    The derivative by b is b^(a-1) e^-b / Γ(a). The one by a has no closed form.

    Raises:
        NotImplementedError: backward reaches ``input``.

    Example:
        >>> import autograd
        >>> autograd.special.gammainc(1.0, autograd.tensor([0.5, 2.0]))
        tensor([0.3935, 0.8647], dtype=float32)
        >>> autograd.func.grad(lambda b: autograd.special.gammainc(1.0, b))(autograd.tensor(2.0))
        tensor(0.1353, dtype=float32)
    """,
)
gammaincc = elementwise(
    "gammaincc", from_scipy.binary("gammaincc"), a=_no_closed_form("gammaincc", "a"),
    b=lambda g, a, b: -g * np.exp((a - 1) * np.log(b) - b - lgamma(a + 0 * b)), analytic=False,
    samples=lambda: [Sample(1.5, draw((5,), 0.4, 2)), Sample(2.0, draw((3, 4), 0.4, 2)), Sample(0.5, draw((), 0.4, 2))],
    formula={"a": "unknown", "b": "-g * b ** (a - 1) * exp(-b) / Gamma(a)"},
    doc="""
    Regularised upper incomplete gamma function, 1 - gammainc(input, other).

    The derivative by ``other`` is minus that of gammainc. The one by ``input`` has no closed form.

    Raises:
        NotImplementedError: backward reaches ``input``.

    Example:
        >>> import autograd
        >>> autograd.special.gammaincc(1.0, autograd.tensor([0.5, 2.0]))
        tensor([0.6065, 0.1353], dtype=float32)
    """,
)
zeta: Op = elementwise(
    "zeta", from_scipy.binary("zeta"), a=_no_closed_form("zeta", "a"), b=lambda g, a, b: -g * a * zeta(a + 1, b), analytic=False,
    samples=lambda: [Sample(2.5, draw((5,), 0.5, 3)), Sample(3.0, draw((3, 4), 0.5, 3))],
    formula={"a": "unknown"},
    doc="""
    Hurwitz zeta function ζ(a, b) = Σ (k + b)^-a over k = 0, 1, 2, ..., of a = input and b = other.

    The derivative by b is -a ζ(a + 1, b). The one by a has no closed form.

    Raises:
        NotImplementedError: backward reaches ``input``.

    Example:
        >>> import autograd
        >>> autograd.special.zeta(2.0, autograd.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------ entropies, logarithms

_scipy_entr = from_scipy.unary("entr")


def _entr(x):
    y = series.entropy(x)
    return _scipy_entr(x) if y is None else y


entr = elementwise(
    "entr", _entr, x=lambda g, x: -g * (np.log(x) + 1), analytic=False, samples=unary(0.1, 2),
    formula={"y": "-x * log(x)"},
    doc="""
    -x log x, which is 0 at 0 and -inf below. Summed over probabilities it is their entropy.

    Example:
        >>> import autograd
        >>> p = autograd.tensor([0.5, 0.5, 0.0])
        >>> autograd.special.entr(p).sum()
        tensor(0.6931, dtype=float32)
    """,
)
xlogy = elementwise(
    "xlogy", from_scipy.binary("xlogy"), a=lambda g, a, b: g * np.log(np.where((a == 0) & (b <= 0), np.ones_like(a), b)),
    b=lambda g, a, b: g * a / b,
    analytic=False, samples=binary(-2, 2, second=(0.3, 3), kinks=[(0.0, 0.0)]), errors=mismatched(),
    formula={"y": "a * log(b)", "a": "g * log(b)"},
    doc="""
    input · log(other), and 0 where ``input`` is 0. The derivatives are log(other) and input / other.

    Example:
        >>> import autograd
        >>> autograd.xlogy(autograd.tensor([0.0, 2.0]), autograd.tensor([0.0, 3.0]))
        tensor([0.0000, 2.1972], dtype=float32)
    """,
)
xlog1py = elementwise(
    "xlog1py", from_scipy.binary("xlog1py"), a=lambda g, a, b: g * np.log1p(np.where((a == 0) & (b <= -1), np.zeros_like(a), b)),
    b=lambda g, a, b: g * a / (1 + b),
    analytic=False, samples=binary(-2, 2, second=(-0.6, 3), kinks=[(0.0, -1.0)]), errors=mismatched(),
    formula={"y": "a * log(1 + b)", "a": "g * log(1 + b)"},
    doc="""
    input · log(1 + other), and 0 where ``input`` is 0. The derivatives are log(1 + other) and input / (1 + other).

    Example:
        >>> import autograd
        >>> autograd.special.xlog1py(autograd.tensor([0.0, 2.0]), autograd.tensor([-1.0, 2.0]))
        tensor([0.0000, 2.1972], dtype=float32)
    """,
)


def _logit(x, eps=None):
    if eps is not None:
        x = np.clip(x, eps, 1 - eps)
    if type(x) is np.ndarray and x.dtype.char in "fd" and x.size > 64:
        return _logit_of_many(x)
    return from_scipy.keeping_float16(from_scipy.function_of("logit"), x)


@np.errstate(all="ignore")
@in_scratch(2)
def _logit_of_many(y, smaller, sign, x):
    """±log(1 + |2x - 1| / min(x, 1 - x)): where the logarithm is small, nothing is rounded before the quotient."""
    bits = BITS[x.dtype.char]
    np.subtract(1, x, out=smaller)
    np.minimum(smaller, x, out=smaller)
    np.add(x, x, out=y)
    y -= 1
    np.bitwise_and(y.view(bits), np.iinfo(bits).min, out=sign.view(bits))
    np.abs(y, out=y)
    y /= smaller
    np.log1p(y, out=y)
    np.bitwise_or(y.view(bits), sign.view(bits), out=y.view(bits))
    tiny = np.finfo(x.dtype).tiny
    if not np.minimum.reduce(smaller, None) >= tiny:  # the quotient may be too large; nan and numbers outside (0, 1) come here, too
        low = x < tiny
        y[low] = np.log(x[low])


def _logit_rule(g, x, eps):
    if eps is None:
        many = type(g) is np.ndarray and g.size > LARGE and alike(g, x)
        return _logit_slope(g, x) if many else g / (x * (1 - x))
    inside = (x >= eps) & (x <= 1 - eps)
    x = np.where(inside, x, 0.5)
    return g * inside / (x * (1 - x))


@in_scratch(0)
def _logit_slope(y, g, x):
    np.subtract(1, x, out=y)
    y *= x
    np.divide(g, y, out=y)


logit = elementwise(
    "logit", _logit, x=_logit_rule, analytic=False,
    samples=lambda: [*unary(0.1, 0.9)(), Sample(np.array([-0.5, 0.05, 0.4, 0.95, 1.2]), eps=0.1)],
    formula={"y": "log(z / (1 - z)); z = clip(x, eps, 1 - eps)", "x": "g * (eps <= x) * (x <= 1 - eps) / (x * (1 - x))"},
    doc="""
    log(x / (1 - x)), the inverse of sigmoid. The derivative is 1 / (x (1 - x)).

    With ``eps``, x is first clamped to [eps, 1 - eps]; the derivative is 0 where that changes x.

    Example:
        >>> import autograd
        >>> autograd.logit(autograd.tensor([0.25, 0.5]))
        tensor([-1.0986,  0.0000], dtype=float32)
        >>> autograd.func.grad(autograd.logit)(autograd.tensor(0.5))
        tensor(4., dtype=float32)
    """,
)


# --------------------------------------------------------------------------------------------------------------------- sinc

# (z cos z - sin z) / z² = Σ (-1)^k 2k / (2k + 1)! z^(2k - 1). The series serves for small z, where the difference cancels.
_SERIES = [(-1.0) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]
_SERIES_OF_FLOAT32 = constants(np.float32, _SERIES[:6])  # the next term is below 1e-10


def _series(square):
    """The sum of the series, without the factor z."""
    if type(square) is np.ndarray and square.dtype == np.float32:
        return polynomial(square, _SERIES_OF_FLOAT32)
    y = _SERIES[-1]
    for c in _SERIES[-2::-1]:
        y = y * square + c
    return y


@in_pieces
def sinc_slope(z):
    """The derivative of sin(z) / z, accurate at and near 0, and differentiable in turn."""
    small = np.abs(values(z)) < 1
    far = np.where(small, 1, z)
    return np.where(small, _series(z * z) * z, (far * np.cos(far) - np.sin(far)) / (far * far))


sinc = elementwise(
    "sinc", lambda x: np.sinc(x), x=lambda g, x: g * (sinc_slope(x * math.pi) * math.pi), numpy=np.sinc,
    samples=lambda: [*unary()(), Sample(np.array([0.0, 1e-4, 0.1]))],
    analytic=False,
    formula={"y": "where(x == 0, 1, sin(pi * x) / (pi * x))", "x": "where(x == 0, 0, g * (cos(pi * x) - sinc(x)) / x)"},
    doc="""
    sin(π x) / (π x), and 1 at 0. Its derivatives of every order are accurate near 0.

    Example:
        >>> import autograd
        >>> autograd.sinc(autograd.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366], dtype=float32)
        >>> autograd.func.grad(autograd.sinc)(autograd.tensor(0.5))
        tensor(-1.2732, dtype=float32)
    """,
)
