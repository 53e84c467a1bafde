"""Special functions: error and gamma functions, entropies. SciPy computes them, imported when first used."""

from __future__ import annotations

import math

import numpy as np

from ...engine.op import Op, Sample, elementwise
from ...engine.samples import binary, calls, draw, mismatched, unary
from ..elementwise.comparison import where

_ROOT_PI = math.sqrt(math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)


def scipys(name):
    """SciPy's function of this name, of one number, in the dtype that it is called with."""

    def forward(x):
        from scipy import special

        return _halved(getattr(special, name), x)

    return forward


def _halved(function, *arrays):
    """SciPy's function, and float16 for float16: SciPy knows none and gives float64."""
    if any(getattr(a, "dtype", None) != np.float16 for a in arrays):
        return function(*arrays)
    return function(*[a.astype(np.float32) for a in arrays]).astype(np.float16)


def scipys_of_two(name):
    """The same for two numbers."""

    def forward(a, b):
        from scipy import special

        # SciPy takes a Python number for float64; here, as for NumPy's own functions, it takes the array's dtype.
        if isinstance(a, float | int) != isinstance(b, float | int):
            dtype = np.result_type(a, b, np.float32)
            a, b = np.asarray(a, dtype), np.asarray(b, dtype)
        return _halved(getattr(special, name), a, b)

    return forward


# --------------------------------------------------------------------------------------- error functions, the normal distribution

erf = elementwise(
    "erf", scipys("erf"), x=lambda g, x: g * np.exp(-x * x) * (2 / _ROOT_PI), analytic=False, samples=unary(),
    doc="""
    Error function, 2/√π ∫ e^(-t²) dt from 0 to x; the derivative is 2/√π e^(-x²).

    Example:
        >>> import autograd
        >>> autograd.erf(autograd.tensor([0.0, 1.0, 5.0]))
        tensor([0.0000, 0.8427, 1.0000], dtype=float32)
        >>> autograd.func.grad(autograd.erf)(autograd.tensor(0.0))
        tensor(1.1284, dtype=float32)
    """,
)
erfc = elementwise(
    "erfc", scipys("erfc"), x=lambda g, x: -g * np.exp(-x * x) * (2 / _ROOT_PI), analytic=False, samples=unary(),
    doc="""
    1 - erf(x), exact for large x.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(5.0)
        >>> autograd.erfc(x).item() > 0, (1 - autograd.erf(x)).item() > 0
        (True, False)
    """,
)
erfcx = elementwise(
    "erfcx", scipys("erfcx"), x=lambda g, x, y: g * (2 * x * y - 2 / _ROOT_PI), analytic=False, samples=unary(),
    doc="""
    e^(x²) erfc(x), which is near 1 / (x √π) where erfc itself underflows.

    Example:
        >>> import autograd
        >>> autograd.special.erfcx(autograd.tensor([0.0, 100.0]))
        tensor([1.0000, 0.0056], dtype=float32)
    """,
)
erfinv = elementwise(
    "erfinv", scipys("erfinv"), x=lambda g, y: g * np.exp(y * y) * (_ROOT_PI / 2), analytic=False, samples=unary(-0.8, 0.8),
    doc="""
    Inverse of erf on (-1, 1); the derivative is √π/2 e^(y²).

    Example:
        >>> import autograd
        >>> autograd.erfinv(autograd.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769], dtype=float32)
    """,
)
ndtr = elementwise(
    "ndtr", scipys("ndtr"), x=lambda g, x: g * np.exp(-0.5 * x * x) / _ROOT_2PI, analytic=False, samples=unary(),
    formula={"y": "Phi(x)"},
    doc="""
    Φ(x), the standard normal distribution, (1 + erf(x / √2)) / 2; the derivative is its density e^(-x²/2) / √(2π).

    Example:
        >>> import autograd
        >>> autograd.special.ndtr(autograd.tensor([0.0, 1.96]))
        tensor([0.5000, 0.9750], dtype=float32)
        >>> autograd.func.grad(autograd.special.ndtr)(autograd.tensor(0.0))
        tensor(0.3989, dtype=float32)
    """,
)
log_ndtr = elementwise(
    "log_ndtr", scipys("log_ndtr"), x=lambda g, x, y: g * np.exp(-0.5 * x * x - y) / _ROOT_2PI, analytic=False,
    samples=unary(-6, 3),
    formula={"y": "log(Phi(x))"},
    doc="""
    log Φ(x), exact where Φ underflows.

    Example:
        >>> import autograd
        >>> autograd.special.log_ndtr(autograd.tensor([0.0, -50.0]))
        tensor([-6.9315e-01, -1.2548e+03], dtype=float32)
    """,
)
ndtri = elementwise(
    "ndtri", scipys("ndtri"), x=lambda g, y: g * np.exp(0.5 * y * y) * _ROOT_2PI, analytic=False, samples=unary(0.1, 0.9),
    doc="""
    Inverse of Φ on (0, 1): the quantiles of the standard normal distribution.

    Example:
        >>> import autograd
        >>> autograd.special.ndtri(autograd.tensor([0.5, 0.975]))
        tensor([0.0000, 1.9600], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------------ gamma functions


def _polygamma(x, n):
    # SciPy computes in double precision whatever it is given.
    from scipy import special

    return np.asarray(special.polygamma(n, x), np.result_type(x, np.float32))


polygamma: Op = elementwise(
    "polygamma", _polygamma, x=lambda g, x, n: g * polygamma(x, n=n + 1), analytic=False,
    samples=calls(((5,), {"n": 0}), ((3, 4), {"n": 1}), ((), {"n": 2}), low=0.5, high=3.0),
    formula={"y": "polygamma(n, x)", "x": "g * polygamma(n + 1, x)"},
    doc="""
    The n-th derivative of digamma, ψ⁽ⁿ⁾(x); its derivative is the next one.
    """,
)
digamma: Op = elementwise(
    "digamma", scipys("digamma"), x=lambda g, x: g * polygamma(x, n=1), analytic=False, samples=unary(0.5, 3),
    formula={"x": "g * polygamma(1, x)"},
    doc="""
    ψ(x) = (log Γ)'(x); the derivative is polygamma(1, x).

    Example:
        >>> import autograd
        >>> autograd.digamma(autograd.tensor([1.0, 2.0]))
        tensor([-0.5772,  0.4228], dtype=float32)
    """,
)
lgamma = elementwise(
    "lgamma", scipys("gammaln"), x=lambda g, x: g * digamma(x), analytic=False, samples=unary(0.5, 3),
    formula={"y": "log(abs(Gamma(x)))", "x": "g * digamma(x)"},
    doc="""
    log |Γ(x)|; the derivative is digamma.

    Example:
        >>> import autograd
        >>> autograd.lgamma(autograd.tensor([4.0, 0.5]))
        tensor([1.7918, 0.5724], dtype=float32)
        >>> autograd.func.grad(autograd.lgamma)(autograd.tensor(1.0))
        tensor(-0.5772, dtype=float32)
    """,
)


def _unknown(name, slot):
    """The rule where no closed form is known: it raises, rather than leave a gradient out in silence."""

    def rule(g):
        raise NotImplementedError(
            f"{name}: the derivative with respect to {slot!r} is not implemented: give {slot} as a number, or detach() it"
        )

    return rule


gammainc = elementwise(
    "gammainc", scipys_of_two("gammainc"), a=_unknown("gammainc", "a"),
    b=lambda g, a, b: g * np.exp((a - 1) * np.log(b) - b - lgamma(a + 0 * b)), analytic=False,
    samples=lambda: [Sample(1.5, draw((5,), 0.4, 2)), Sample(2.0, draw((3, 4), 0.4, 2)), Sample(0.5, draw((), 0.4, 2))],
    formula={"a": "unknown", "b": "g * b ** (a - 1) * exp(-b) / Gamma(a)"},
    doc="""
    Regularised lower incomplete gamma function, P(a, b) = 1/Γ(a) ∫ t^(a-1) e^-t dt from 0 to b.

    The gradient with respect to b is b^(a-1) e^-b / Γ(a); that for a has no closed form and raises NotImplementedError.

    Example:
        >>> import autograd
        >>> autograd.special.gammainc(1.0, autograd.tensor([0.5, 2.0]))
        tensor([0.3935, 0.8647], dtype=float32)
        >>> autograd.func.grad(lambda b: autograd.special.gammainc(1.0, b))(autograd.tensor(2.0))
        tensor(0.1353, dtype=float32)
    """,
)
gammaincc = elementwise(
    "gammaincc", scipys_of_two("gammaincc"), a=_unknown("gammaincc", "a"),
    b=lambda g, a, b: -g * np.exp((a - 1) * np.log(b) - b - lgamma(a + 0 * b)), analytic=False,
    samples=lambda: [Sample(1.5, draw((5,), 0.4, 2)), Sample(2.0, draw((3, 4), 0.4, 2)), Sample(0.5, draw((), 0.4, 2))],
    formula={"a": "unknown", "b": "-g * b ** (a - 1) * exp(-b) / Gamma(a)"},
    doc="""
    Regularised upper incomplete gamma function, Q(a, b) = 1 - P(a, b); a gradient with respect to b only: for a's it raises.

    Example:
        >>> import autograd
        >>> autograd.special.gammaincc(1.0, autograd.tensor([0.5, 2.0]))
        tensor([0.6065, 0.1353], dtype=float32)
    """,
)
zeta: Op = elementwise(
    "zeta", scipys_of_two("zeta"), a=_unknown("zeta", "a"), b=lambda g, a, b: -g * a * zeta(a + 1, b), analytic=False,
    samples=lambda: [Sample(2.5, draw((5,), 0.5, 3)), Sample(3.0, draw((3, 4), 0.5, 3))],
    formula={"a": "unknown"},
    doc="""
    Hurwitz zeta function, Σ (k + b)^-a over k ≥ 0; a gradient with respect to b only: for a's it raises.

    Example:
        >>> import autograd
        >>> autograd.special.zeta(2.0, autograd.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------ entropies, logarithms

entr = elementwise(
    "entr", scipys("entr"), x=lambda g, x: -g * (np.log(x) + 1), analytic=False, samples=unary(0.1, 2),
    formula={"y": "-x * log(x)"},
    doc="""
    -x log x; 0 at 0, -inf below. Summed over probabilities it is their entropy.

    Example:
        >>> import autograd
        >>> p = autograd.tensor([0.5, 0.5, 0.0])
        >>> autograd.special.entr(p).sum()
        tensor(0.6931, dtype=float32)
    """,
)
xlogy = elementwise(
    "xlogy", scipys_of_two("xlogy"), a=lambda g, a, b: g * np.log(where((a == 0) & (b <= 0), np.ones_like(a), b)),
    b=lambda g, a, b: g * a / b,
    analytic=False, samples=binary(-2, 2, second=(0.3, 3), kinks=[(0.0, 0.0)]), errors=mismatched(),
    formula={"y": "a * log(b)", "a": "g * log(b)"},
    doc="""
    a log b, and 0 where a is 0; the gradients are log b and a / b.

    Example:
        >>> import autograd
        >>> autograd.xlogy(autograd.tensor([0.0, 2.0]), autograd.tensor([0.0, 3.0]))
        tensor([0.0000, 2.1972], dtype=float32)
    """,
)
xlog1py = elementwise(
    "xlog1py", scipys_of_two("xlog1py"), a=lambda g, a, b: g * np.log1p(where((a == 0) & (b <= -1), np.zeros_like(a), b)),
    b=lambda g, a, b: g * a / (1 + b),
    analytic=False, samples=binary(-2, 2, second=(-0.6, 3), kinks=[(0.0, -1.0)]), errors=mismatched(),
    formula={"y": "a * log(1 + b)", "a": "g * log(1 + b)"},
    doc="""
    a log(1 + b), and 0 where a is 0; the gradients are log(1 + b) and a / (1 + b).

    Example:
        >>> import autograd
        >>> autograd.special.xlog1py(autograd.tensor([0.0, 2.0]), autograd.tensor([-1.0, 2.0]))
        tensor([0.0000, 2.1972], dtype=float32)
    """,
)


def _logit(x, eps=None):
    if eps is not None:
        x = np.clip(x, eps, 1 - eps)
    from scipy import special

    return _halved(special.logit, x)


def _logit_rule(g, x, eps):
    if eps is None:
        return g / (x * (1 - x))
    inside = (x >= eps) & (x <= 1 - eps)
    x = where(inside, x, 0.5)
    return g * inside / (x * (1 - x))


logit = elementwise(
    "logit", _logit, x=_logit_rule, analytic=False,
    samples=lambda: [*unary(0.1, 0.9)(), Sample(np.array([-0.5, 0.05, 0.4, 0.95, 1.2]), eps=0.1)],
    formula={"y": "log(z / (1 - z)); z = clip(x, eps, 1 - eps)", "x": "g * (eps <= x) * (x <= 1 - eps) / (x * (1 - x))"},
    doc="""
    log(x / (1 - x)), the inverse of sigmoid; with eps, of x held between eps and 1 - eps. The derivative is 1 / (x (1 - x)).

    Example:
        >>> import autograd
        >>> autograd.logit(autograd.tensor([0.25, 0.5]))
        tensor([-1.0986,  0.0000], dtype=float32)
        >>> autograd.func.grad(autograd.logit)(autograd.tensor(0.5))
        tensor(4., dtype=float32)
    """,
)


# --------------------------------------------------------------------------------------------------------------------- sinc

# (z cos z - sin z) / z² = Σ (-1)^k 2k / (2k + 1)! z^(2k - 1): for small z, where the quotient cancels.
_SERIES = [(-1.0) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]


def sinc_slope(z):
    """The derivative of sin(z) / z."""
    small = np.abs(getattr(z, "array", z)) < 1
    near, square = _SERIES[-1], z * z
    for c in _SERIES[-2::-1]:
        near = near * square + c
    far = where(small, 1, z)
    return where(small, near * z, (far * np.cos(far) - np.sin(far)) / (far * far))


sinc = elementwise(
    "sinc", lambda x: np.sinc(x), x=lambda g, x: g * (sinc_slope(x * math.pi) * math.pi), numpy=np.sinc,
    samples=lambda: [*unary()(), Sample(np.array([0.0, 1e-4, 0.1]))],
    analytic=False,
    formula={"y": "where(x == 0, 1, sin(pi * x) / (pi * x))", "x": "where(x == 0, 0, g * (cos(pi * x) - sinc(x)) / x)"},
    doc="""
    sin(π x) / (π x), and 1 at 0, where the derivative is 0; exact near 0 at every order.

    Example:
        >>> import autograd
        >>> autograd.sinc(autograd.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366], dtype=float32)
        >>> autograd.func.grad(autograd.sinc)(autograd.tensor(0.5))
        tensor(-1.2732, dtype=float32)
    """,
)
