"""``scipy.special``'s functions, of arrays and boxes: SciPy's own values, with the derivatives of the engine's ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from ...engine.op import REGISTRY
from ...ops import special as _special  # noqa: F401  (declares the ops)
from ..arrays import ArrayBox
from ..calls import FUNCTIONS, joined
from ..functions import plain, record_one, where
from ..levels import Box, top_trace
from ..primitives import defjvp, defvjp, function_of, primitive
from ..recording import run
from ..rule_tools import broadcast, unbroadcast_f

Function = Callable[..., Any]
_types = Box.types
_exp, _log, _sum, _power, _sqrt = (function_of(f) for f in (np.exp, np.log, np.sum, np.power, np.sqrt))


def _from_op(raw: Any, name: str, *, parameter: str = "") -> Function:
    """SciPy's function as an op. parameter: the name of the op's parameter that is SciPy's first argument: an order."""
    op = REGISTRY[name]

    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs or top_trace(args) < 0:
            return raw(*args, **kwargs)
        args = tuple([joined(a) if isinstance(a, list | tuple) else a for a in args])
        if parameter:
            if type(args[0]) in _types or np.ndim(args[0]):
                return _of_orders(function, raw, args)
            return run(op, args[1:], {**op.defaults, parameter: args[0]})
        if len(args) == 1 and type(args[0]) is ArrayBox and not op.defaults:
            return record_one(op, args[0], {})
        return run(op, args, dict(op.defaults))

    function.__name__ = function.__qualname__ = raw.__name__
    function.__doc__ = f"``scipy.special.{raw.__name__}``, of arrays and boxes."
    FUNCTIONS[raw] = function
    return function


def _of_orders(function: Function, raw: Any, args: tuple[Any, ...]) -> Any:
    """A function of an order and a number, for several orders: order by order."""
    orders, x = args
    if type(orders) in _types:
        raise NotImplementedError(f"scipy.special.{raw.__name__} has no derivative with respect to its order")
    orders = np.asarray(orders)
    shape = np.broadcast_shapes(orders.shape, x.shape)
    total: Any = 0.0
    for order in np.unique(orders):
        total = total + where(np.broadcast_to(orders == order, shape), function(order.item(), x), 0.0)
    return total


def _from_slopes(raw: Any, *slopes: Function | None) -> Function:
    """SciPy's function with its partial derivatives, functions of (ans, *args): None for one that is not known."""
    function = primitive(raw)
    known = [i for i, slope in enumerate(slopes) if slope is not None]

    def vjpmaker(i: int, slope: Function) -> Function:
        return lambda ans, *args: unbroadcast_f(args[i], lambda g: g * slope(ans, *args))

    def jvpfun(slope: Function) -> Function:
        return lambda g, ans, *args: broadcast(g * slope(ans, *args), ans)

    defvjp(function, *[vjpmaker(i, s) for i, s in enumerate(slopes) if s is not None], argnums=known)
    defjvp(function, *[jvpfun(s) for s in slopes if s is not None], argnums=known)
    FUNCTIONS[raw] = function
    return function


erf, erfc, erfinv = _from_op(sp.erf, "erf"), _from_op(sp.erfc, "erfc"), _from_op(sp.erfinv, "erfinv")
digamma = psi = _from_op(sp.psi, "digamma")
FUNCTIONS[sp.digamma] = psi
gammaln = _from_op(sp.gammaln, "lgamma")
polygamma = _from_op(sp.polygamma, "polygamma", parameter="n")
gammainc, gammaincc = _from_op(sp.gammainc, "gammainc"), _from_op(sp.gammaincc, "gammaincc")
zeta, entr, xlogy, xlog1py = (_from_op(getattr(sp, n), n) for n in ("zeta", "entr", "xlogy", "xlog1py"))
expit, logit = _from_op(sp.expit, "sigmoid"), _from_op(sp.logit, "logit")
ndtr, log_ndtr, ndtri, erfcx = (_from_op(getattr(sp, n), n) for n in ("ndtr", "log_ndtr", "ndtri", "erfcx"))
jv = jn = _from_op(sp.jv, "jv", parameter="n")
yv, iv, ive = (_from_op(getattr(sp, n), n, parameter="n") for n in ("yv", "iv", "ive"))
yn = _from_op(sp.yn, "yv", parameter="n")
kv, kve = (_from_op(getattr(sp, n), n, parameter="n") for n in ("kv", "kve"))
j0, j1 = _from_op(sp.j0, "bessel_j0"), _from_op(sp.j1, "bessel_j1")
y0, y1 = _from_op(sp.y0, "bessel_y0"), _from_op(sp.y1, "bessel_y1")
i0, i1, i0e, i1e = (_from_op(getattr(sp, n), n) for n in ("i0", "i1", "i0e", "i1e"))

gamma = _from_slopes(sp.gamma, lambda y, x: y * psi(x))
rgamma = _from_slopes(sp.rgamma, lambda y, x: -y * psi(x))
gammasgn = _from_slopes(sp.gammasgn, lambda y, x: 0.0 * x)
beta = _from_slopes(sp.beta, lambda y, a, b: y * (psi(a) - psi(a + b)), lambda y, a, b: y * (psi(b) - psi(a + b)))
betaln = _from_slopes(sp.betaln, lambda y, a, b: psi(a) - psi(a + b), lambda y, a, b: psi(b) - psi(a + b))
betainc = _from_slopes(sp.betainc, None, None, lambda y, a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b))
erfcinv = _from_slopes(sp.erfcinv, lambda y, x: -0.5 * np.sqrt(np.pi) * _exp(y**2))


def multigammaln(a: Any, d: int) -> Any:
    """``scipy.special.multigammaln``, of arrays and boxes."""
    if top_trace((a,)) < 0:
        return sp.multigammaln(a, d)
    return _sum(gammaln(joined(a)[..., None] - np.arange(d) / 2), axis=-1) + d * (d - 1) / 4 * np.log(np.pi)


FUNCTIONS[sp.multigammaln] = multigammaln
_logsumexp = REGISTRY["logsumexp"]


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """``scipy.special.logsumexp``, of arrays and boxes."""
    if top_trace((a, b)) < 0:
        return sp.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    if return_sign:
        raise NotImplementedError("logsumexp of a box with return_sign=True is not differentiated: leave it out")
    a = joined(a)
    if b is None or (type(b) in (int, float) and b == 1):
        if type(a) not in _types:
            return sp.logsumexp(a, axis=axis, keepdims=keepdims)
        return run(_logsumexp, (a,), {"dim": axis, "keepdim": keepdims})
    # The largest term is taken out, as a constant, so that nothing overflows.
    largest = _largest(a, axis)
    total = _log(_sum(joined(b) * _exp(a - largest), axis=axis, keepdims=keepdims))
    return total + (largest if keepdims else np.reshape(largest, total.shape))


def _largest(a: Any, axis: Any) -> Any:
    found = np.max(plain(a), axis=axis, keepdims=True)
    return np.where(np.isfinite(found), found, 0.0)


FUNCTIONS[sp.logsumexp] = logsumexp

__all__ = [
    "beta", "betainc", "betaln", "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "expit", "gamma", "gammainc",
    "gammaincc", "gammaln", "gammasgn", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jn", "jv", "kv", "kve",
    "log_ndtr", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "rgamma", "xlog1py", "xlogy", "y0",
    "y1", "yn", "yv", "zeta",
]  # fmt: skip
