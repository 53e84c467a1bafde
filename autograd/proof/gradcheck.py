"""``gradcheck`` and ``gradgradcheck``: are the gradients of a function of yours right?

The Jacobian by reverse mode, one sweep per element of the outputs, is held against the Jacobian by central differences, two calls
per element of the inputs. Complex numbers count as pairs of reals on both sides. The function is called with copies: whatever the
check finds, the inputs, their ``.grad`` and everything else are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.gradients import grad, node_of
from ..engine.graph import make
from ..engine.modes import enable_grad
from ..errors import DtypeError, GraphError, describe
from . import finite_differences

Function = Callable[..., Any]
NAMES = "fc"  # kinds of dtype that have a gradient
_LOOKED_AT = 16  # how many of the worst elements are searched for kinks


class GradcheckError(RuntimeError):
    """A gradient differs from the numeric one, or the function cannot be checked."""


class _Checked:
    """A function with its inputs, seen as a function of the arrays that need a gradient."""

    def __init__(self, function: Function, inputs: Sequence[Any], name: str) -> None:
        self.function = function
        self.inputs = inputs
        self.places = [i for i, t in enumerate(inputs) if hasattr(t, "array") and node_of(t) is not None]
        if not self.places:
            raise ValueError(f"{name} expects at least one input tensor to require gradient: call requires_grad_() on it")
        for i in self.places:
            if inputs[i].dtype not in (np.float64, np.complex128):
                raise DtypeError(
                    f"{name}: input {i} is {describe(inputs[i].array)}: finite differences need float64 (or complex128), because a "
                    f"step of 1e-6 drowns in the rounding of fewer digits; convert with .double()"
                )
        self.arrays = [np.array(inputs[i].array) for i in self.places]

    def leaves(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        return [make(np.array(a)).requires_grad_() for a in arrays]

    def outputs(self, leaves: Sequence[Any]) -> list[Any]:
        """What the function returns for these inputs, as a list of the tensors that can have a gradient."""
        args = list(self.inputs)
        for i, t in enumerate(args):
            if hasattr(t, "array") and i not in self.places:
                args[i] = make(np.array(t.array))
        for i, leaf in zip(self.places, leaves, strict=True):
            args[i] = leaf
        result = self.function(*args)
        listed = list(result) if isinstance(result, list | tuple) else [result]
        for t in listed:
            if t is not None and not hasattr(t, "array"):
                raise GradcheckError(f"the function returned {describe(t)}, a {type(t).__name__}: expected tensors")
        return [t for t in listed if t is not None and t.array.dtype.kind in NAMES]

    def values(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """All outputs in one real vector."""
        with enable_grad():
            # Recorded, because a function may ask for gradients of its own.
            found = self.outputs(self.leaves(arrays))
        return np.concatenate([_reals(t.array) for t in found]) if found else np.zeros(0)


def _reals(array: np.ndarray) -> np.ndarray:
    """An array as a vector of reals: each complex number becomes two."""
    return np.ascontiguousarray(array).reshape(-1).view(np.float64 if array.dtype.itemsize >= 8 else array.dtype)


def _spots(arrays: Sequence[np.ndarray]) -> list[tuple[int, tuple[int, ...], complex]]:
    """(which array, which element, 1 or 1j) for each real of ``_reals``, in order."""
    return [(k, index, unit) for k, a in enumerate(arrays) for index in np.ndindex(a.shape) for unit in finite_differences.units(a)]


def _where(what: str, number: int, spot: tuple[int, tuple[int, ...], complex], array: np.ndarray) -> str:
    _, index, unit = spot
    part = "" if array.dtype.kind != "c" else " (real part)" if unit == 1 else " (imaginary part)"
    return f"{what} {number}, element {index}{part}" if index else f"{what} {number}{part}"


def _analytic(checked: _Checked, fast: Sequence[np.ndarray] | None = None) -> tuple[np.ndarray, list[np.ndarray]]:
    """The Jacobian by reverse mode, [reals of outputs, reals of inputs]; under fast mode one row, for a given seed."""
    with enable_grad():
        leaves = checked.leaves(checked.arrays)
        outputs = checked.outputs(leaves)
    arrays = [t.array for t in outputs]
    rows = []
    spots: Sequence[Any] = _spots(arrays) if fast is None else [None]
    for spot in spots:
        if spot is None:
            assert fast is not None
            pairs = [(t, s) for t, s in zip(outputs, fast, strict=True) if node_of(t) is not None]
        else:
            k, index, unit = spot
            seed = np.zeros(arrays[k].shape, arrays[k].dtype)
            seed[index] = unit
            pairs = [(outputs[k], seed)] if node_of(outputs[k]) is not None else []
        row: Sequence[Any] = [None] * len(leaves)
        if pairs:
            row = grad([t for t, _ in pairs], leaves, [make(s) for _, s in pairs], retain_graph=True, allow_unused=True)
        rows.append(
            np.concatenate(
                [_reals(np.zeros_like(a) if g is None else _fits(g, a)) for g, a in zip(row, checked.arrays, strict=True)]
            )
        )
    columns = sum(_reals(a).size for a in checked.arrays)
    return np.array(rows).reshape(len(rows), columns), arrays


def _fits(g: Any, a: np.ndarray) -> np.ndarray:
    if g.array.shape != a.shape or g.array.dtype != a.dtype:
        raise GradcheckError(f"the gradient is {describe(g.array)} for an input {describe(a)}: it must have its shape and dtype")
    return g.array


def _seeds(arrays: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(a.shape) + (1j * rng.standard_normal(a.shape) if a.dtype.kind == "c" else 0.0) for a in arrays]


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compare the gradients of a function with central differences.

    Formula: ``|analytic - numeric| <= atol + rtol * |numeric|`` for every element of the Jacobian.

    Args:
        func: a function of tensors that returns a tensor or a sequence of them.
        inputs: a tensor or a tuple of what ``func`` takes; those that require a gradient are checked, and must be float64 or
            complex128.
        eps: the step, for elements larger than 1 relative to them.
        atol, rtol: what may differ.
        raise_exception: raise where the check fails, rather than return False.
        nondet_tol: by how much two runs with the same inputs may differ.
        check_forward_ad: check forward mode (``autograd.func.jvp``) too.
        check_backward_ad: check reverse mode.
        fast_mode: check one random combination of inputs and outputs instead of every element.

    Returns:
        True if all gradients agree.

    Raises:
        DtypeError: an input in less than double precision.
        ValueError: no input requires a gradient.
        GradcheckError: a gradient is wrong; it names input, output and element, shows both values, and says so where a kink
            explains them.

    Example:
        >>> import numpy as np, autograd
        >>> x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
        >>> autograd.gradcheck(lambda x: (x * x).sum(), x)
        True
    """
    return _run(
        "gradcheck", func, inputs, eps, atol, rtol, raise_exception, nondet_tol, check_forward_ad, check_backward_ad, fast_mode
    )


def _run(
    name: str, func: Function, inputs: Any, eps: float, atol: float, rtol: float, raises: bool, nondet: float, forward: bool,
    backward: bool, fast: bool,
) -> bool:  # fmt: skip
    given = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    checked = _Checked(func, given, name)
    try:
        _check(name, checked, eps, atol, rtol, nondet, forward, backward, fast)
    except GradcheckError:
        if raises:
            raise
        return False
    return True


def _check(
    name: str, checked: _Checked, eps: float, atol: float, rtol: float, nondet: float, forward: bool, backward: bool, fast: bool
) -> None:
    first, second = checked.values(checked.arrays), checked.values(checked.arrays)
    if first.shape != second.shape or not np.allclose(first, second, rtol=0.0, atol=nondet, equal_nan=True):
        raise GradcheckError(
            f"{name}: the function is not deterministic: two calls with the same inputs gave different values; give it a generator "
            f"with a fixed seed, or raise nondet_tol"
        )
    with enable_grad():
        outputs = [t.array for t in checked.outputs(checked.leaves(checked.arrays))]
    if not outputs:
        raise GradcheckError(f"{name}: the function returned no tensor of floating point or complex dtype")
    for k, out in enumerate(outputs):
        if out.dtype not in (np.float64, np.complex128):
            raise DtypeError(f"{name}: output {k} is {describe(out)}: the function lowers the precision that the check needs")
    if fast:
        return _check_fast(name, checked, outputs, eps, atol, rtol, forward, backward)
    columns = []
    spots = _spots(checked.arrays)
    for k, index, unit in spots:
        step = eps * finite_differences.scale(checked.arrays[k][index])
        columns.append(finite_differences.central(finite_differences.line(checked.values, checked.arrays, k, index, unit), step))
    expected = np.array(columns).T.reshape(first.size, len(spots))
    rows = _spots(outputs)
    if backward:
        found, _ = _analytic(checked)
        again, _ = _analytic(checked)
        if not np.allclose(found, again, rtol=0.0, atol=nondet, equal_nan=True):
            raise GradcheckError(f"{name}: backward is not deterministic: two sweeps gave different gradients; or raise nondet_tol")
        _compare(name, "reverse mode", checked, found, expected, rows, spots, outputs, eps, atol, rtol)
    if forward:
        from ..func import jvp

        columns = []
        for k, index, unit in spots:
            tangents = [np.zeros(a.shape, a.dtype) for a in checked.arrays]
            tangents[k][index] = unit
            columns.append(_pushed(jvp, checked, tangents))
        found = np.array(columns).T.reshape(first.size, len(spots))
        _compare(name, "forward mode", checked, found, expected, rows, spots, outputs, eps, atol, rtol)
    return None


def _pushed(jvp: Function, checked: _Checked, tangents: Sequence[np.ndarray]) -> np.ndarray:
    """The derivative of all outputs along tangents, by forward mode."""
    _, pushed = jvp(
        lambda *leaves: tuple(checked.outputs(leaves)),
        tuple(make(np.array(a)) for a in checked.arrays),
        tuple(make(t) for t in tangents),
    )
    return np.concatenate([_reals(t.array) for t in pushed])


def _compare(
    name: str, mode: str, checked: _Checked, found: np.ndarray, expected: np.ndarray, rows: list[Any], spots: list[Any],
    outputs: list[np.ndarray], eps: float, atol: float, rtol: float,
) -> None:  # fmt: skip
    """Raise for the element of the Jacobian that is worst, if any is wrong."""
    with np.errstate(all="ignore"):
        excess = np.abs(found - expected) - (atol + rtol * np.abs(expected))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    excess = np.where(same, -1.0, np.where(np.isnan(excess), np.inf, excess))
    wrong = excess > 0
    if not wrong.any():
        return
    worst = [np.unravel_index(i, excess.shape) for i in np.argsort(-excess, axis=None)[: min(int(wrong.sum()), _LOOKED_AT)]]
    straight = [(r, c) for r, c in worst if not _bent(checked, spots[c], int(r), eps)]
    # Show an element that no kink excuses, if there is one.
    r, c = (straight or worst)[0]
    kink = not straight
    k, index, _ = spots[c]
    out = rows[r][0]
    message = (
        f"{name}: {mode} differs from central differences for {_where('output', out, rows[r], outputs[out])} with respect to "
        f"{_where('input', checked.places[k], spots[c], checked.arrays[k])} (value {checked.arrays[k][index]:g}): "
        f"analytic {found[r, c]:.8g}, numeric {expected[r, c]:.8g}; "
        f"{int(wrong.sum())} of {wrong.size} elements of the Jacobian differ"
    )
    if kink:
        message += (
            "; the function has a kink here, left and right differences disagree, so there is no derivative to compare with: this "
            "need not be a bug. Move the input away from the kink"
        )
    raise GradcheckError(message)


def _bent(checked: _Checked, spot: Any, row: int, eps: float) -> bool:
    k, index, unit = spot
    curve = finite_differences.line(lambda arrays: checked.values(arrays)[row], checked.arrays, k, index, unit)
    return finite_differences.kinked(curve, eps * finite_differences.scale(checked.arrays[k][index]))


def _check_fast(
    name: str, checked: _Checked, outputs: list[np.ndarray], eps: float, atol: float, rtol: float, forward: bool, backward: bool
) -> None:
    """One random combination u^T J v on each side."""
    u, v = _seeds(outputs, 1), _seeds(checked.arrays, 2)
    weights = np.concatenate([_reals(x) for x in u])
    curve = finite_differences.ray(lambda arrays: float(weights @ checked.values(arrays)), checked.arrays, v)
    expected = finite_differences.central(curve, eps)
    found = {}
    if backward:
        found["reverse mode"] = float((_analytic(checked, u)[0][0] * np.concatenate([_reals(x) for x in v])).sum())
    if forward:
        from ..func import jvp

        found["forward mode"] = float(weights @ _pushed(jvp, checked, v))
    for mode, value in found.items():
        if not abs(value - expected) <= atol * weights.size + rtol * abs(expected):
            bent = "; the function has a kink near here" if finite_differences.kinked(curve, eps) else ""
            raise GradcheckError(
                f"{name}: {mode} along a random direction gives {value:.8g}, central differences {expected:.8g}{bent}; "
                f"without fast_mode the elements are named"
            )


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compare second derivatives with central differences of the first: ``gradcheck`` of the gradient itself.

    Args:
        func, inputs, eps, atol, rtol, raise_exception, nondet_tol, fast_mode: as for ``gradcheck``.
        grad_outputs: the gradients that the first sweep starts from, one per output; random ones by default. Those that require a
            gradient are checked as inputs.
        check_fwd_over_rev: check forward mode over the sweep too.
        check_rev_over_rev: check a sweep over the sweep.

    Returns:
        True if all second derivatives agree.

    Raises:
        GradcheckError: see ``gradcheck``; inputs are numbered with the ``grad_outputs`` after them.

    Example:
        >>> import numpy as np, autograd
        >>> x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
        >>> autograd.gradgradcheck(lambda x: x * x * x, x)
        True
    """
    given = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    checked = _Checked(func, given, "gradgradcheck")
    with enable_grad():
        outputs = checked.outputs(checked.leaves(checked.arrays))
    live = [i for i, t in enumerate(outputs) if node_of(t) is not None]
    if not live:
        raise GraphError("gradgradcheck: no output of the function depends on the inputs that require a gradient")
    if grad_outputs is None:
        seeds: tuple[Any, ...] = tuple(make(s).requires_grad_() for s in _seeds([outputs[i].array for i in live], 3))
    else:
        seeds = tuple(grad_outputs) if isinstance(grad_outputs, list | tuple) else (grad_outputs,)
        if len(seeds) != len(live):
            raise GraphError(f"gradgradcheck: {len(live)} outputs depend on the inputs, and {len(seeds)} grad_outputs were given")
    count = len(given)

    def first(*args: Any) -> tuple[Any, ...]:
        with enable_grad():
            result = func(*args[:count])
            listed = [t for t in (result if isinstance(result, list | tuple) else (result,)) if t is not None]
            listed = [t for t in listed if t.array.dtype.kind in NAMES]
            targets = [args[i] for i in checked.places]
            return grad([listed[i] for i in live], targets, args[count:], create_graph=True, allow_unused=True)

    return _run(
        "gradgradcheck", first, given + seeds, eps, atol, rtol, raise_exception, nondet_tol, check_fwd_over_rev, check_rev_over_rev,
        fast_mode,
    )  # fmt: skip
