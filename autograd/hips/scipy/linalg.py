"""``scipy.linalg``'s functions, of arrays and boxes: those of triangular, banded and Sylvester equations, and roots of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl

from ...engine.op import REGISTRY
from ..arrays import function_of
from ..functions import plain, transpose
from ..levels import top_trace
from ..primitives import defjvp_argnums, defvjp, defvjp_argnums, primitive
from ..products import dot
from ..recording import run

_tril, _triu, _conj, _real = (function_of(f) for f in (np.tril, np.triu, np.conj, np.real))
_stack, _sum, _join = function_of(np.stack), function_of(np.sum), function_of(np.concatenate)
Rule = Callable[[Any], Any]


def _matrix(x: Any) -> Any:
    return x if len(x.shape) > 1 else x[:, None]


def _outer(x: Any, y: Any) -> Any:
    """x y^T, of vectors, or summed over the columns of two matrices."""
    return dot(_matrix(x), transpose(_matrix(y)))


# --------------------------------------------------------------------------------------------------- triangular and banded


solve_triangular = primitive(sl.solve_triangular)
_TURNED = {0: "T", "N": "T", 1: "N", "T": "N", 2: "N", "C": "N"}


def _triangular_in_b(a: Any, trans: Any, lower: bool, unit: bool) -> Rule:
    """The rule for b is a solve with the transpose; gradients here conjugate nothing, so a Hermitian solve is one of conj(a)."""
    if trans in (2, "C"):
        return lambda g: solve_triangular(_conj(a), g, trans=0, lower=lower, unit_diagonal=unit)
    return lambda g: solve_triangular(a, g, trans=_TURNED[trans], lower=lower, unit_diagonal=unit)


def _triangular_a(ans: Any, a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **more: Any) -> Rule:
    solve = _triangular_in_b(a, trans, lower, unit_diagonal)
    part = _tril if lower else _triu

    def rule(g: Any) -> Any:
        v = solve(g)
        slope = -_outer(v, ans)  # with respect to the matrix that is solved with
        if trans in (1, "T"):
            slope = transpose(slope)
        elif trans in (2, "C"):
            slope = _conj(transpose(slope))
        return part(slope, (-1 if lower else 1) if unit_diagonal else 0)

    return rule


def _triangular_b(ans: Any, a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **more: Any) -> Rule:
    return _triangular_in_b(a, trans, lower, unit_diagonal)


defvjp(solve_triangular, _triangular_a, _triangular_b)

solve_banded = primitive(sl.solve_banded)


def _shifted(x: Any, by: int) -> Any:
    """x with its elements moved to the right (by > 0) or to the left, and zeros in place of those that leave."""
    if not by:
        return x
    zeros = np.zeros(abs(by))
    return _join([zeros, x[:-by]]) if by > 0 else _join([x[-by:], zeros])


def _turned_bands(l_and_u: Any, ab: Any) -> tuple[tuple[int, int], Any]:
    """The transpose of a banded matrix: row u + i - j of ab holds a[i, j] at column j, and that of the transpose at column i."""
    lower, upper = l_and_u
    rows = [_shifted(ab[upper + k], k) for k in range(lower, -upper - 1, -1)]
    return (upper, lower), _stack(rows)


def _banded_ab(ans: Any, l_and_u: Any, ab: Any, b: Any, *more: Any, **named: Any) -> Rule:
    lower, upper = l_and_u

    def rule(g: Any) -> Any:
        v, y = _matrix(solve_banded(*_turned_bands(l_and_u, ab), g)), _matrix(ans)
        # a[j + k, j] has the gradient - v[j + k] y[j]
        return _stack([-_sum(_shifted_rows(v, k) * y, axis=1) for k in range(-upper, lower + 1)])

    return rule


def _shifted_rows(v: Any, k: int) -> Any:
    """The matrix whose row j is row j + k of v, and zeros where there is none."""
    if not k:
        return v
    zeros = np.zeros((abs(k), v.shape[1]))
    return _join([v[k:], zeros]) if k > 0 else _join([zeros, v[:k]])


def _banded_b(ans: Any, l_and_u: Any, ab: Any, b: Any, *more: Any, **named: Any) -> Rule:
    return lambda g: solve_banded(*_turned_bands(l_and_u, ab), g)


defvjp(solve_banded, _banded_ab, _banded_b, argnums=[1, 2])


# -------------------------------------------------------------------------------------------------- Sylvester, roots

solve_sylvester = primitive(sl.solve_sylvester)  # a x + x b = q


def _sylvester_vjp(argnums: Any, ans: Any, args: Any, kwargs: Any) -> Rule:
    a, b, _ = args

    def rule(g: Any) -> Any:
        v = solve_sylvester(transpose(a), transpose(b), g)
        slopes = {0: lambda: -dot(v, transpose(ans)), 1: lambda: -dot(transpose(ans), v), 2: lambda: v}
        return [slopes[i]() for i in argnums]

    return rule


def _sylvester_jvp(argnums: Any, gs: Any, ans: Any, args: Any, kwargs: Any) -> Any:
    a, b, _ = args
    terms = {0: lambda g: -dot(g, ans), 1: lambda g: -dot(ans, g), 2: lambda g: g}
    return solve_sylvester(a, b, sum([terms[i](g) for i, g in zip(argnums, gs, strict=True)]))


defvjp_argnums(solve_sylvester, _sylvester_vjp)
defjvp_argnums(solve_sylvester, _sylvester_jvp)

sqrtm = primitive(sl.sqrtm)  # y y = a, so y dy + dy y = da


def _sqrtm_vjp(argnums: Any, ans: Any, args: Any, kwargs: Any) -> Rule:
    turned = transpose(ans)

    def rule(g: Any) -> Any:
        slope = solve_sylvester(turned, turned, g)
        return [slope if np.iscomplexobj(plain(args[0])) else _real(slope)]

    return rule


defvjp_argnums(sqrtm, _sqrtm_vjp)
defjvp_argnums(sqrtm, lambda argnums, gs, ans, args, kwargs: solve_sylvester(ans, ans, gs[0]))


def expm(A: Any) -> Any:
    """``scipy.linalg.expm``, of arrays and boxes."""
    return sl.expm(A) if top_trace((A,)) < 0 else run(REGISTRY["matrix_exp"], (A,), {})


_OWN = {"solve_triangular": solve_triangular, "solve_banded": solve_banded, "solve_sylvester": solve_sylvester, "sqrtm": sqrtm,
        "expm": expm, "inv": function_of(np.linalg.inv), "det": function_of(np.linalg.det)}  # fmt: skip


def named(name: str) -> Any:
    """A function of SciPy's linear algebra by its name: one without a derivative here raises where it gets a box."""
    raw = getattr(sl, name)
    return _OWN[name] if name in _OWN else primitive(raw) if callable(raw) and not isinstance(raw, type) else raw


globals().update({name: named(name) for name in dir(sl) if not name.startswith("_") and name not in _OWN})
inv, det = _OWN["inv"], _OWN["det"]
__all__ = sorted({name for name in dir(sl) if not name.startswith("_")})
