"""``gradcheck`` and ``gradgradcheck``: compare the gradients of a user's function with central differences.

The Jacobian by reverse mode takes one sweep per element of the outputs, the one by central differences two calls per element of the
inputs. Complex numbers count as pairs of reals on both sides. The function is called with copies, so the checks change neither the
inputs nor their ``.grad``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..engine.gradients import grad, node_of
from ..engine.graph import make
from ..engine.modes import enable_grad
from ..errors import DtypeError, GraphError, Guided, describe
from ..vmap import grad as grad_of_batches
from ..vmap import vmap
from . import finite_differences

Function = Callable[..., Any]
Real = tuple[int, tuple[int, ...], complex]
"""One real number of several arrays: (array, index of the element, 1 for its real or 1j for its imaginary part)."""

_FLOATING = "fc"  # the kinds of dtype that have a gradient
_SEARCHED = 16  # how many of the worst elements are searched for kinks


class GradcheckError(Guided, RuntimeError, AssertionError):
    """A gradient differs from central differences, or the function cannot be checked."""


class _Options(NamedTuple):
    """The name of the check for messages, and its arguments, as ``gradcheck`` documents them."""

    name: str
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    forward: bool
    backward: bool
    fast_mode: bool
    batched: bool = False
    batched_forward: bool = False


class _Checked:
    """A function with its inputs, as a function of the arrays that require a gradient.

    Attributes:
        positions: which inputs these are. arrays: their arrays.
        returns_nothing: whether the function returned an empty list or tuple, of which nothing can be wrong.
    """

    def __init__(self, function: Function, inputs: Sequence[Any], name: str) -> None:
        self.function = function
        self.inputs = inputs
        self.returns_nothing = False
        self.layout: list[Any] | None = None  # the shapes and dtypes of the outputs, which must stay the same
        self.positions = [i for i, t in enumerate(inputs) if hasattr(t, "array") and node_of(t) is not None]
        if not self.positions:
            raise ValueError(f"{name} expects at least one input tensor to require gradient: call requires_grad_() on it")
        for i in self.positions:
            if inputs[i].dtype not in (np.float64, np.complex128):
                warnings.warn(
                    f"{name}: input {i} is {describe(inputs[i].array)} and not of double precision: the check will likely fail, "
                    f"because the rounding of fewer digits is larger than the effect of a step of 1e-6; convert with .double()",
                    UserWarning,
                    stacklevel=4,
                )
        self.arrays = [np.array(inputs[i].array) for i in self.positions]

    def leaves(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """Tensors of copies of the arrays that require a gradient."""
        return [make(np.array(a)).requires_grad_() for a in arrays]

    def outputs(self, leaves: Sequence[Any]) -> list[Any]:
        """The tensors that the function returns for these leaves, without those that can have no gradient."""
        args = list(self.inputs)
        for i, t in enumerate(args):
            if hasattr(t, "array") and i not in self.positions:
                args[i] = make(np.array(t.array))
        for i, leaf in zip(self.positions, leaves, strict=True):
            args[i] = leaf
        result = self.function(*args)
        listed = list(result) if isinstance(result, list | tuple) else [result]
        self.returns_nothing = not listed
        for t in listed:
            if t is not None and not hasattr(t, "array"):
                raise GradcheckError(f"the function returned {describe(t)}, a {type(t).__name__}: expected tensors")
        return [t for t in listed if t is not None and t.array.dtype.kind in _FLOATING]

    def values(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """All outputs as one vector of reals."""
        with enable_grad():  # because the function may compute gradients itself
            outputs = self.outputs(self.leaves(arrays))
        # (Differences of float32 are computed in float64.)
        same = [a.dtype for a in arrays] == [a.dtype for a in self.arrays]
        layout = [(t.array.shape, t.array.dtype if same else None) for t in outputs]
        if self.layout is not None and layout != [(shape, dtype if same else None) for shape, dtype in self.layout]:
            what = "shape" if [shape for shape, _ in layout] != [shape for shape, _ in self.layout] else "dtype"
            raise AssertionError(
                f"Expected the function to return outputs with the same {what} when inputs are perturbed, but got "
                f"{[describe(t.array) for t in outputs]} after {self.layout}"
            )
        return _joined([t.array for t in outputs])


def _reals(array: np.ndarray) -> np.ndarray:
    """An array as a vector of reals: each complex number becomes two."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """All arrays as one vector of reals."""
    return np.concatenate([_reals(a) for a in arrays]) if arrays else np.zeros(0)


def _reals_of(arrays: Sequence[np.ndarray]) -> list[Real]:
    """The reals of the arrays, in the order of ``_joined``."""
    return [(k, index, unit) for k, a in enumerate(arrays) for index in np.ndindex(a.shape) for unit in finite_differences.units(a)]


def _described(kind: str, number: int, real: Real, array: np.ndarray) -> str:
    """An element for a message: "output 0, element (1,) (real part)"."""
    _, index, unit = real
    part = "" if array.dtype.kind != "c" else " (real part)" if unit == 1 else " (imaginary part)"
    return f"{kind} {number}, element {index}{part}" if index else f"{kind} {number}{part}"


# ----------------------------------------------------------------------------------------------------------- both Jacobians


def _vector_jacobian(checked: _Checked, leaves: Sequence[Any], outputs: Sequence[Any], seeds: Sequence[Any]) -> np.ndarray:
    """One row: the gradients of the leaves from these seeds of the outputs (None: no seed), as one vector of reals."""
    pairs = [(t, s) for t, s in zip(outputs, seeds, strict=True) if s is not None and node_of(t) is not None]
    row: Sequence[Any] = [None] * len(leaves)
    if pairs:
        row = grad([t for t, _ in pairs], leaves, [make(s) for _, s in pairs], retain_graph=True, allow_unused=True)
    return _joined([np.zeros_like(a) if g is None else _fitting(g, a) for g, a in zip(row, checked.arrays, strict=True)])


def _fitting(g: Any, a: np.ndarray) -> np.ndarray:
    """The array of a gradient, which must have its input's shape and dtype."""
    if g.array.shape != a.shape or g.array.dtype != a.dtype:
        raise GradcheckError(f"the gradient is {describe(g.array)} for an input {describe(a)}: it must have its shape and dtype")
    return g.array


def _by_reverse_mode(checked: _Checked) -> np.ndarray:
    """The Jacobian [reals of outputs, reals of inputs], one sweep per row."""
    with enable_grad():
        leaves = checked.leaves(checked.arrays)
        outputs = checked.outputs(leaves)
    arrays = [t.array for t in outputs]
    rows = []
    for k, index, unit in _reals_of(arrays):
        seeds: list[Any] = [None] * len(outputs)
        seeds[k] = np.zeros(arrays[k].shape, arrays[k].dtype)
        seeds[k][index] = unit
        rows.append(_vector_jacobian(checked, leaves, outputs, seeds))
    columns = _joined(checked.arrays).size
    return np.array(rows).reshape(len(rows), columns)


def _by_forward_mode(checked: _Checked, outputs: int) -> np.ndarray:
    """The same Jacobian by forward mode, one call per column."""
    columns = []
    for k, index, unit in _reals_of(checked.arrays):
        tangents = [np.zeros(a.shape, a.dtype) for a in checked.arrays]
        tangents[k][index] = unit
        columns.append(_pushed(checked, tangents))
    return np.array(columns).T.reshape(outputs, len(columns))


def _pushed(checked: _Checked, tangents: Sequence[np.ndarray]) -> np.ndarray:
    """The derivative of all outputs along tangents, by dual tensors, as one vector of reals."""
    from ..forward_ad import dual_level, make_dual, unpack_dual

    with dual_level():
        duals = [make_dual(make(np.array(a)), make(np.array(t))) for a, t in zip(checked.arrays, tangents, strict=True)]
        pushed = [unpack_dual(t) for t in checked.outputs(duals)]
        return _joined([np.zeros_like(p.array) if t is None else t.array for p, t in pushed])


def _by_differences(checked: _Checked, outputs: int, eps: float) -> np.ndarray:
    """The same Jacobian by central differences."""
    columns = []
    for k, index, unit in _reals_of(checked.arrays):
        step = eps * finite_differences.scale(checked.arrays[k][index])
        columns.append(finite_differences.central(finite_differences.line(checked.values, checked.arrays, k, index, unit), step))
    return np.array(columns).T.reshape(outputs, len(columns))


# --------------------------------------------------------------------------------------------------------------- the check


def _run(function: Function, inputs: Sequence[Any], options: _Options, raise_exception: bool) -> bool:
    checked = _Checked(function, inputs, options.name)
    try:
        _check(checked, options)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(checked: _Checked, options: _Options) -> None:
    """Raise if the function cannot be checked, or if a derivative is wrong."""
    name = options.name
    first, again = checked.values(checked.arrays), checked.values(checked.arrays)
    if first.shape != again.shape or not np.allclose(first, again, rtol=0.0, atol=options.nondet_tol, equal_nan=True):
        raise GradcheckError(
            f"{name}: the function is not deterministic: two calls with the same inputs gave different values; give it a generator "
            f"with a fixed seed, or raise nondet_tol"
        )
    with enable_grad():
        outputs = [t.array for t in checked.outputs(checked.leaves(checked.arrays))]
    checked.layout = [(out.shape, out.dtype) for out in outputs]
    if checked.returns_nothing:
        return
    if not outputs:
        raise GradcheckError(f"{name}: the function returned no tensor of floating point or complex dtype")
    for k, out in enumerate(outputs):
        if out.dtype not in (np.float64, np.complex128) and any(a.dtype in (np.float64, np.complex128) for a in checked.arrays):
            for step in (options.eps, -options.eps):  # it may do so at these values alone
                checked.values([a + step for a in checked.arrays])
            raise DtypeError(f"{name}: output {k} is {describe(out)}: the function lowers the precision that the check needs")
    if options.fast_mode:
        _check_fast(checked, outputs, options)
    else:
        _check_each(checked, outputs, first.size, options)
    if options.batched:
        _check_batched(checked, outputs, options)
    if options.batched_forward:
        _check_batched_forward(checked, options)


def _check_each(checked: _Checked, outputs: list[np.ndarray], count: int, options: _Options) -> None:
    """Compare the Jacobians, element by element. ``count``: of the reals of the outputs."""
    expected = _by_differences(checked, count, options.eps)
    if options.backward:
        analytic, analytic_again = _by_reverse_mode(checked), _by_reverse_mode(checked)
        _demand_the_same(analytic, analytic_again, options)
        _compare(checked, outputs, "reverse mode", analytic, expected, options)
    if options.forward:
        _compare(checked, outputs, "forward mode", _by_forward_mode(checked, count), expected, options)


def _demand_the_same(first: np.ndarray, again: np.ndarray, options: _Options) -> None:
    """Raise if two sweeps gave different gradients."""
    if not np.allclose(first, again, rtol=0.0, atol=options.nondet_tol, equal_nan=True):
        raise GradcheckError(
            f"{options.name}: Backward is not reentrant: backward is not deterministic, two sweeps gave different gradients; or "
            "raise nondet_tol"
        )


def _check_batched(checked: _Checked, outputs: list[np.ndarray], options: _Options) -> None:
    """Raise if a sweep for two gradients at once differs from a sweep for each."""
    with enable_grad():
        leaves = checked.leaves(checked.arrays)
        tensors = checked.outputs(leaves)
    pairs = zip(_random(outputs, 4), _random(outputs, 5), strict=True)
    for k, (t, seeds) in enumerate(zip(tensors, pairs, strict=True)):
        if node_of(t) is None:
            continue
        kept = {"retain_graph": True, "allow_unused": True}
        both = grad_of_batches([t], leaves, [make(np.stack(seeds))], is_grads_batched=True, **kept)
        for i, seed in enumerate(seeds):
            for j, (g, row) in enumerate(zip(grad([t], leaves, [make(seed)], **kept), both, strict=True)):
                if g is not None and not np.allclose(row.array[i], g.array, options.rtol, options.atol, equal_nan=True):
                    raise GradcheckError(
                        f"{options.name}: output {k}, input {checked.positions[j]}: a sweep with is_grads_batched=True "
                        f"differs from a sweep for each gradient"
                    )


def _check_batched_forward(checked: _Checked, options: _Options) -> None:
    """Raise if forward mode for two tangents at once, under ``vmap``, differs from forward mode for each."""
    from ..func import jvp

    def pushed(*tangents: Any) -> Any:
        primals = tuple(make(np.array(a)) for a in checked.arrays)
        return jvp(lambda *leaves: tuple(checked.outputs(leaves)), primals, tangents)[1]

    pairs = [np.stack([s.astype(a.dtype) for s in two]) for a, *two in zip(
        checked.arrays, _random(checked.arrays, 6), _random(checked.arrays, 7), strict=True
    )]  # fmt: skip
    both = vmap(pushed)(*[make(p) for p in pairs])
    for i in (0, 1):
        for k, (t, row) in enumerate(zip(pushed(*[make(np.array(p[i])) for p in pairs]), both, strict=True)):
            if not np.allclose(row.array[i], t.array, options.rtol, options.atol, equal_nan=True):
                raise GradcheckError(
                    f"{options.name}: output {k}: forward mode under vmap differs from forward mode for each tangent"
                )


def _compare(
    checked: _Checked, outputs: list[np.ndarray], mode: str, analytic: np.ndarray, expected: np.ndarray, options: _Options
) -> None:
    """Raise if an element of the Jacobian is wrong."""
    with np.errstate(all="ignore"):
        excess = np.abs(analytic - expected) - (options.atol + options.rtol * np.abs(expected))
    same = (analytic == expected) | (np.isnan(analytic) & np.isnan(expected))
    excess = np.where(same, -1.0, np.where(np.isnan(excess), np.inf, excess))
    if (excess > 0).any():
        _report(checked, outputs, mode, analytic, expected, excess, options)


def _report(
    checked: _Checked,
    outputs: list[np.ndarray],
    mode: str,
    analytic: np.ndarray,
    expected: np.ndarray,
    excess: np.ndarray,
    options: _Options,
) -> NoReturn:
    """Raise for the worst element of the Jacobian: for one that no kink explains, if there is such an element."""
    wrong = excess > 0
    rows, columns = _reals_of(outputs), _reals_of(checked.arrays)
    worst = [np.unravel_index(i, excess.shape) for i in np.argsort(-excess, axis=None)[: min(int(wrong.sum()), _SEARCHED)]]
    without_kink = [(r, c) for r, c in worst if not _has_kink(checked, columns[c], int(r), options.eps)]
    r, c = (without_kink or worst)[0]
    k, index, _ = columns[c]
    output = rows[r][0]
    message = (
        f"{options.name}: {mode} differs from central differences for {_described('output', output, rows[r], outputs[output])} "
        f"with respect to {_described('input', checked.positions[k], columns[c], checked.arrays[k])} "
        f"(value {checked.arrays[k][index]:g}): analytic {analytic[r, c]:.8g}, numeric {expected[r, c]:.8g}; "
        f"{int(wrong.sum())} of {wrong.size} elements of the Jacobian differ"
    )
    if not without_kink:
        message += (
            "; the function has a kink here: left and right differences disagree, so there is no derivative to compare with. This "
            "need not be a bug. Move the input away from the kink"
        )
    raise GradcheckError(message)


def _has_kink(checked: _Checked, column: Real, row: int, eps: float) -> bool:
    """Whether one output has a kink along one input."""
    k, index, unit = column
    curve = finite_differences.line(lambda arrays: checked.values(arrays)[row], checked.arrays, k, index, unit)
    return finite_differences.kinked(curve, eps * finite_differences.scale(checked.arrays[k][index]))


def _random(arrays: Sequence[np.ndarray], seed: int) -> list[np.ndarray]:
    """Normal random numbers in the shapes of the arrays."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(a.shape) + (1j * rng.standard_normal(a.shape) if a.dtype.kind == "c" else 0.0) for a in arrays]


def _check_fast(checked: _Checked, outputs: list[np.ndarray], options: _Options) -> None:
    """Compare one number, u^T J v for random u and v."""
    u, v = _random(outputs, 1), _random(checked.arrays, 2)
    v = [d / max(float(np.linalg.norm(d)), 1e-30) for d in v]  # so that no element moves by more than eps
    weights = _joined(u)
    curve = finite_differences.ray(lambda arrays: float(weights @ checked.values(arrays)), checked.arrays, v)
    expected = finite_differences.central(curve, options.eps)
    analytic = {}
    if options.backward:
        swept = []
        for _ in range(2):
            with enable_grad():
                leaves = checked.leaves(checked.arrays)
                tensors = checked.outputs(leaves)
            swept.append(_vector_jacobian(checked, leaves, tensors, u))
        _demand_the_same(swept[0], swept[1], options)
        analytic["reverse mode"] = float((swept[0] * _joined(v)).sum())
    if options.forward:
        analytic["forward mode"] = float(weights @ _pushed(checked, v))
    for mode, value in analytic.items():
        if not abs(value - expected) <= options.atol * weights.size + options.rtol * abs(expected):
            kink = "; the function has a kink near here" if finite_differences.kinked(curve, options.eps) else ""
            raise GradcheckError(
                f"{options.name}: {mode} along a random direction gives {value:.8g}, central differences {expected:.8g}{kink}; "
                f"without fast_mode the error names the elements"
            )


# -------------------------------------------------------------------------------------------------------- public functions


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = True,
    check_batched_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    check_batched_forward_grad: bool = False,
) -> bool:
    """Compare the gradients of a function with central differences.

    Formula: ``|analytic - numeric| <= atol + rtol * |numeric|`` for every element of the Jacobian.

    Args:
        func: a function of tensors that returns a tensor or a sequence of tensors.
        inputs: a tensor, or a tuple of the arguments of ``func``. Those that require a gradient are checked; they should be
            float64 or complex128.
        eps: the step of the differences, for elements larger than 1 relative to them.
        atol, rtol: the absolute and the relative tolerance.
        raise_exception: raise where the check fails, rather than return False.
        nondet_tol: the tolerance between two runs with the same inputs.
        check_undefined_grad, check_grad_dtypes: PyTorch's. Both are always checked here: each sweep begins at one output, so that
            the others have no gradient, and a gradient must have its input's shape and dtype.
        check_batched_grad: check a sweep for several gradients at once (``is_grads_batched``) too.
        check_forward_ad: check forward mode (``autograd.func.jvp``) too.
        check_backward_ad: check reverse mode.
        fast_mode: check one random combination of inputs and outputs instead of every element.
        check_batched_forward_grad: check forward mode under ``vmap`` too.

    Returns:
        True if all gradients agree, False if not (with raise_exception=False).

    Raises:
        DtypeError: an output of less than double precision, of an input that has it.
        ValueError: no input requires a gradient.
        GradcheckError: a gradient is wrong, or the function is not deterministic. The message names the input, the output and the
            element, shows both values, and says so if a kink explains them.

    Example:
        >>> import numpy as np, autograd
        >>> x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
        >>> autograd.gradcheck(lambda x: (x * x).sum(), x)
        True
    """
    if not (check_forward_ad or check_backward_ad):
        raise GradcheckError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    options = _Options(
        "gradcheck",
        eps,
        atol,
        rtol,
        nondet_tol,
        check_forward_ad,
        check_backward_ad,
        fast_mode,
        check_batched_grad,
        check_batched_forward_grad,
    )
    return _run(func, _as_tuple(inputs), options, raise_exception)


def _as_tuple(inputs: Any) -> tuple[Any, ...]:
    return tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)


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
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = True,
    check_batched_grad: bool = False,
    gen_non_contig_grad_outputs: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compare second derivatives with central differences: ``gradcheck`` of the gradient of a function.

    Args:
        func: a function of tensors that returns a tensor or a sequence of tensors.
        inputs: a tensor, or a tuple of the arguments of ``func``. Those that require a gradient are checked; they should be
            float64 or complex128.
        grad_outputs: the seeds of the first sweep, one per output that depends on the inputs; random ones by default. Those that
            require a gradient are checked as inputs.
        eps: the step of the differences, for elements larger than 1 relative to them.
        atol, rtol: the absolute and the relative tolerance.
        raise_exception: raise where the check fails, rather than return False.
        nondet_tol: the tolerance between two runs with the same inputs.
        check_undefined_grad, check_grad_dtypes, check_batched_grad: as in ``gradcheck``.
        gen_non_contig_grad_outputs: make the random seeds views that are not contiguous.
        check_fwd_over_rev: check forward mode over the sweep too.
        check_rev_over_rev: check a sweep over the sweep.
        fast_mode: check one random combination of inputs and outputs instead of every element.

    Returns:
        True if all second derivatives agree, False if not (with raise_exception=False).

    Raises:
        DtypeError: an output of less than double precision, of an input that has it.
        ValueError: no input requires a gradient.
        GraphError: no output depends on the inputs, or the number of grad_outputs is not that of the outputs that do.
        GradcheckError: a second derivative is wrong; in its message the grad_outputs are numbered after the inputs.

    Example:
        >>> import numpy as np, autograd
        >>> x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
        >>> autograd.gradgradcheck(lambda x: x * x * x, x)
        True
    """
    given = _as_tuple(inputs)
    checked = _Checked(func, given, "gradgradcheck")
    with enable_grad():
        outputs = checked.outputs(checked.leaves(checked.arrays))
    dependent = [i for i, t in enumerate(outputs) if node_of(t) is not None]
    if not dependent:
        raise GraphError("gradgradcheck: no output of the function depends on the inputs that require a gradient")
    if grad_outputs is None:
        numbers = [
            s.astype(outputs[i].dtype) for i, s in zip(dependent, _random([outputs[i].array for i in dependent], 3), strict=True)
        ]
        if gen_non_contig_grad_outputs:
            numbers = [np.repeat(s[..., None], 2, axis=-1)[..., 0] for s in numbers]
        seeds: tuple[Any, ...] = tuple(make(s).requires_grad_() for s in numbers)
    else:
        seeds = _as_tuple(grad_outputs)
        if len(seeds) != len(dependent):
            raise GraphError(
                f"gradgradcheck: {len(dependent)} outputs depend on the inputs, and {len(seeds)} grad_outputs were given"
            )
    count = len(given)

    def first_gradients(*args: Any) -> tuple[Any, ...]:
        with enable_grad():
            results = [t for t in _as_tuple(func(*args[:count])) if t is not None and t.array.dtype.kind in _FLOATING]
            variables = [args[i] for i in checked.positions]
            return grad([results[i] for i in dependent], variables, args[count:], create_graph=True, allow_unused=True)

    options = _Options(
        "gradgradcheck", eps, atol, rtol, nondet_tol, check_fwd_over_rev, check_rev_over_rev, fast_mode, check_batched_grad
    )
    return _run(first_gradients, given + seeds, options, raise_exception)
