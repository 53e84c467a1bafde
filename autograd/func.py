"""Functions of functions, as in ``torch.func``: gradients, products with Jacobians, Jacobians and Hessians.

Each call runs the function on tensors of its own, ``inputs`` below: places in the graph that stand for the arguments. Derivatives
are with respect to these places alone, so nested calls cannot take each other's variables for their own; and where an argument, or
anything that the function uses, belongs to a graph outside, the result is recorded there, so transforms nest in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .engine.conform import switch_convention
from .engine.forward import push
from .engine.gradients import node_of
from .engine.graph import Node, make, reachable
from .engine.memory import clock
from .engine.modes import current, enter, leave
from .engine.op import Sample, op
from .engine.recording import record
from .engine.sweep import sweep
from .errors import DtypeError, GraphError, ShapeError, describe
from .functions import join
from .functions import shape as shape_functions
from .tensor.tensor import Tensor

Argnums = int | Sequence[int]


def _entry_samples() -> list[Sample]:
    from .engine.samples import draw

    return [Sample(draw((3, 2)))]


# The place in the graph of one argument: a copy, so that a function that writes into its argument changes nothing outside.
ENTRY = op(
    "argument",
    lambda x: np.array(x),
    x=lambda g: g,
    linear=True,
    samples=_entry_samples,
    formula={"y": "x"},
    doc="The argument of a function.",
)


# ----------------------------------------------------------------------------------------------------------------- trees


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def flatten(tree: Any, leaves: list[Any]) -> Any:
    """Append a tree's leaves to a list, and return its structure. Trees are tuples, lists and dicts; anything else is a leaf."""
    if isinstance(tree, tuple | list):
        return (type(tree), [flatten(item, leaves) for item in tree])
    if isinstance(tree, dict):
        return (type(tree), [(key, flatten(item, leaves)) for key, item in tree.items()])
    leaves.append(tree)
    return None


def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return next(leaves)
    kind, items = structure
    if issubclass(kind, dict):
        return kind((key, _unflatten(item, leaves)) for key, item in items)
    values = [_unflatten(item, leaves) for item in items]
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def tree_map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with a function applied to each leaf (and the leaves at its place in other trees)."""
    leaves: list[Any] = []
    structure = flatten(tree, leaves)
    columns = [leaves]
    for other in others:
        columns.append([])
        flatten(other, columns[-1])
    return unflatten(structure, [function(*row) for row in zip(*columns, strict=True)])


# ----------------------------------------------------------------------------------------------------------- one call of f


class FunctionCall:
    """A function run once on places of its own.

    Attributes:
        inputs: the tensors that stand for the differentiated arguments' leaves. nodes: their places.
        out: what the function returned, leaves in order; structure: the tree that it was.
        create_graph: whether derivatives must be recorded, because something outside takes part.
        start: the clock at the beginning.
    """

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], argnums: Argnums, kwargs: dict[str, Any], has_aux: bool
    ) -> None:
        self.recording = current().grad
        self.start = next(clock)
        self.single = isinstance(argnums, int)
        numbers = [argnums] if isinstance(argnums, int) else list(argnums)
        positions = []
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise GraphError(f"argnums {number} is out of range: the function was called with {len(args)} arguments")
            positions.append(number % len(args))
        chosen: list[Any] = []
        self.arguments = flatten([args[i] for i in positions], chosen)
        self.inputs = [self._entry(leaf, i) for i, leaf in enumerate(chosen)]
        self.nodes: list[Node] = [t.node for t in self.inputs]
        places = dict(zip(positions, unflatten(self.arguments, self.inputs), strict=True))
        token = enter(current().but(grad=True, inference=False))
        try:
            result = f(*[places.get(i, arg) for i, arg in enumerate(args)], **kwargs)
        finally:
            leave(token)
        self.aux: Any = None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise TypeError(f"has_aux=True: the function must return (output, aux), not {type(result).__name__}")
            result, aux = result
            self.aux = tree_map(lambda v: self.outside(v) if _is_tensor(v) else v, aux)
        self.out: list[Any] = []
        self.structure = flatten(result, self.out)
        for i, value in enumerate(self.out):
            if not _is_tensor(value):
                raise TypeError(
                    f"the function must return tensors, or tuples, lists or dicts of tensors; output {i} is {type(value).__name__}"
                )
        self.create_graph = self.recording and any(self._reaches_out(node_of(t)) for t in self.out)

    def _entry(self, value: Any, i: int) -> Any:
        array, node = (value.array, node_of(value)) if _is_tensor(value) else (np.asarray(value), None)
        if not _is_tensor(value) and not isinstance(value, np.ndarray | np.generic | float | complex):
            raise TypeError(f"argument leaf {i} is {type(value).__name__}: only tensors can be differentiated (see argnums)")
        if array.dtype.kind not in "fc":
            raise DtypeError(f"argument leaf {i} is {describe(array)}: only floating point and complex tensors have gradients")
        array = np.array(array)
        return make(array, record(ENTRY, (node if self.recording else None,), (array,), array, {}, None, None))

    def _reaches_out(self, node: Node | None) -> bool:
        """Whether a value depends on anything that existed before the call and needs a gradient."""
        parents = [parent for made in reachable(node, after=self.start) for parent in made.parents]
        return any(earlier is not None and earlier.sequence < self.start for earlier in [node, *parents])

    def outside(self, t: Any) -> Any:
        """A result as the caller gets it: in the graph only if something outside takes part."""
        return t if self.recording and self._reaches_out(node_of(t)) else make(t.array)

    def output(self) -> Any:
        """The function's value."""
        return unflatten(self.structure, [self.outside(t) for t in self.out])

    def answer(self, leaves: Iterable[Any]) -> Any:
        """One value per differentiated argument, in the form of ``argnums``."""
        tree = unflatten(self.arguments, leaves)
        return tree[0] if self.single else tuple(tree)

    def pull(self, cotangents: Sequence[Any]) -> list[Any]:
        """Reverse mode: a gradient per input, for these gradients of the outputs (tensors)."""
        create_graph = self.create_graph or (current().grad and any(node_of(g) is not None for g in cotangents))
        roots = []
        for t, g in zip(self.out, cotangents, strict=True):
            node = node_of(t)
            if node is not None:
                roots.append((node, switch_convention(g if create_graph else g.array)))
        found = sweep(roots, create_graph=create_graph, retain_graph=True, targets=set(self.nodes))
        gradients = []
        for t, node in zip(self.inputs, self.nodes, strict=True):
            if node not in found:
                gradients.append(make(np.zeros_like(t.array)))
            elif create_graph:
                gradient = switch_convention(found[node])
                gradients.append(self.outside(gradient) if self.create_graph else gradient)
            else:
                gradients.append(make(switch_convention(np.array(found[node]))))
        return gradients

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Forward mode: a tangent per output, for these tangents of the inputs (tensors)."""
        create_graph = self.create_graph or (current().grad and any(node_of(t) is not None for t in tangents))
        seeds = {node: t if create_graph else t.array for node, t in zip(self.nodes, tangents, strict=True)}
        found = push(seeds, [node_of(t) for t in self.out], create_graph=create_graph)
        moved = []
        for value, t in zip(self.out, found, strict=True):
            if t is None:
                moved.append(make(np.zeros_like(value.array)))
            elif create_graph and _is_tensor(t):
                moved.append(self.outside(t) if self.create_graph else t)
            else:
                moved.append(make(np.array(t)))
        return moved


def _like(values: Any, wanted: Sequence[Any], structure: Any, what: str) -> list[Any]:
    """The leaves of a tree that must match tensors in structure, shape and dtype."""
    leaves: list[Any] = []
    if not _same(flatten(values, leaves), structure) or len(leaves) != len(wanted):
        raise GraphError(
            f"the {what} have another structure than what they belong to: {len(leaves)} leaves for {len(wanted)} tensors"
        )
    out = []
    for i, (value, t) in enumerate(zip(leaves, wanted, strict=True)):
        if not _is_tensor(value):
            value = make(np.asarray(value, dtype=t.array.dtype))
        if value.array.shape != t.array.shape:
            raise ShapeError(f"{what}[{i}] is {describe(value.array)} for {describe(t.array)}: the shapes must be equal")
        if value.array.dtype != t.array.dtype:
            raise DtypeError(f"{what}[{i}] is {describe(value.array)} for {describe(t.array)}: the dtypes must be equal")
        out.append(value)
    return out


def _same(a: Any, b: Any) -> bool:
    """Whether two structures agree; lists and tuples count as the same."""
    if a is None or b is None:
        return a is b
    if len(a[1]) != len(b[1]) or issubclass(a[0], dict) != issubclass(b[0], dict):
        return False
    if issubclass(a[0], dict):
        return all(k == m and _same(x, y) for (k, x), (m, y) in zip(a[1], b[1], strict=True))
    return all(_same(x, y) for x, y in zip(a[1], b[1], strict=True))


# ------------------------------------------------------------------------------------------------------------ transforms


def grad_and_value(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of ``f``, a scalar function, and its value.

    Args:
        f: the function; what it returns is one number (with ``has_aux``: and anything beside it).
        argnums: the number, or numbers, of the arguments to differentiate with respect to.
        has_aux: f returns ``(value, aux)``; then the result is ``(gradient, (value, aux))``.

    Example:
        >>> import autograd
        >>> dy, y = autograd.func.grad_and_value(lambda x: x * x * x)(autograd.tensor(2.0))
        >>> dy.item(), y.item()
        (12.0, 8.0)
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall(f, args, argnums, kwargs, has_aux)
        if len(call.out) != 1 or call.structure is not None:
            raise GraphError(f"grad: expected the function to return one tensor, got {len(call.out)} in a structure")
        y = call.out[0]
        if y.array.ndim or y.array.dtype.kind != "f":
            raise GraphError(
                f"grad: expected the function to return a real scalar tensor (0 dimensions), got {describe(y.array)}: "
                f"reduce it with .sum() or .mean(), or use jacrev, or vjp with a gradient of that shape"
            )
        gradient = call.answer(call.pull([make(np.ones_like(y.array))]))
        value = call.outside(y)
        return gradient, ((value, call.aux) if has_aux else value)

    return transformed


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of ``f``, a scalar function of tensors.

    Args:
        f, argnums, has_aux: as in ``grad_and_value``; with ``has_aux`` the result is ``(gradient, aux)``.

    Example:
        >>> import autograd
        >>> from autograd.func import grad
        >>> grad(grad(lambda x: x * x * x))(autograd.tensor(2.0)).item()
        12.0
    """
    both = grad_and_value(f, argnums, has_aux)

    def transformed(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return transformed


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """``grad_and_value`` in JAX's order: ``(value, gradient)``.

    Args:
        f: returns a number. argnums: the number of the argument, or a tuple of numbers. has_aux: ``f`` returns ``(value, aux)``.

    Example:
        >>> import autograd
        >>> value, gradient = autograd.func.value_and_grad(lambda x: (x * x).sum())(autograd.tensor([1.0, 2.0]))
        >>> value.item(), gradient.tolist()
        (5.0, [2.0, 4.0])
    """
    both = grad_and_value(f, argnums, has_aux)

    def transformed(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return value, gradient

    return transformed


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``f``, and a function that takes gradients of it back to the primals: ``v -> J^T v``.

    Returns:
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)``. ``vjp_fn`` takes gradients in the structure of the output and returns
        a tuple with one per primal; it may be called any number of times.

    Example:
        >>> import autograd
        >>> y, pull = autograd.func.vjp(lambda a, b: a * b, autograd.tensor(2.0), autograd.tensor(3.0))
        >>> [g.item() for g in pull(autograd.tensor(1.0))]
        [3.0, 2.0]
    """
    call = FunctionCall(f, primals, range(len(primals)), {}, has_aux)

    def vjp_fn(cotangents: Any) -> Any:
        return call.answer(call.pull(_like(cotangents, call.out, call.structure, "cotangents")))

    vjp_fn.__doc__ = "Gradients of the outputs in, gradients of the primals out."
    return (call.output(), vjp_fn, call.aux) if has_aux else (call.output(), vjp_fn)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """The value of ``f`` at the primals, and its derivative along the tangents: ``J v``, in forward mode.

    Args:
        f: a function of tensors.
        primals: a tuple with its arguments.
        tangents: a tuple of the same structure, shapes and dtypes.

    Returns:
        ``(output, tangent_of_output)``, or ``(output, tangent_of_output, aux)``.

    Example:
        >>> import autograd
        >>> y, dy = autograd.func.jvp(lambda x: x * x, (autograd.tensor(3.0),), (autograd.tensor(1.0),))
        >>> y.item(), dy.item()
        (9.0, 6.0)
    """
    primals = _as_arguments(primals, "primals")
    call = FunctionCall(f, primals, range(len(primals)), {}, has_aux)
    moved = call.push(_like(_as_arguments(tangents, "tangents"), call.inputs, call.arguments, "tangents"))
    found = (call.output(), unflatten(call.structure, moved))
    return (*found, call.aux) if has_aux else found


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of ``f``, and its derivative as a function of the tangents: ``f`` itself is run only once.

    Example:
        >>> import autograd
        >>> y, push = autograd.func.linearize(lambda x: x * x, autograd.tensor([1.0, 3.0]))
        >>> y.tolist(), push(autograd.tensor([1.0, 0.0])).tolist(), push(autograd.tensor([0.0, 1.0])).tolist()
        ([1.0, 9.0], [2.0, 0.0], [0.0, 6.0])
    """
    call = FunctionCall(f, primals, range(len(primals)), {}, False)

    def jvp_fn(*tangents: Any) -> Any:
        return unflatten(call.structure, call.push(_like(tangents, call.inputs, call.arguments, "tangents")))

    return call.output(), jvp_fn


def _as_arguments(value: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(value, tuple | list):
        raise TypeError(f"{what} must be a tuple with one entry per argument of the function, not {type(value).__name__}")
    return tuple(value)


# ------------------------------------------------------------------------------------------------- Jacobians and Hessians


def jacrev(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``f``, one reverse sweep per element of its output: for few outputs.

    Returns:
        For each output, for each argument in ``argnums``: a tensor of shape ``output.shape + argument.shape``.

    Args:
        argnums: the number of the argument, or a tuple of numbers.
        has_aux: ``f`` returns ``(output, aux)``, and the result is ``(jacobian, aux)``.

    Example:
        >>> import autograd
        >>> autograd.func.jacrev(lambda x: x * x)(autograd.tensor([1.0, 2.0])).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall(f, args, argnums, kwargs, has_aux)
        _real(call)
        blocks = []
        for k, y in enumerate(call.out):
            zeros = [make(np.zeros_like(t.array)) for t in call.out]
            rows = [call.pull([*zeros[:k], make(basis), *zeros[k + 1 :]]) for basis in _basis(y.array)]
            shapes = [y.array.shape + t.array.shape for t in call.inputs]
            blocks.append(call.answer([_joined([row[i] for row in rows], 0, shapes[i], t) for i, t in enumerate(call.inputs)]))
        jacobian = unflatten(call.structure, blocks)
        return (jacobian, call.aux) if has_aux else jacobian

    return transformed


def jacfwd(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``f``, one forward sweep per element of its arguments: for few inputs.

    Returns:
        The same as ``jacrev``.

    Example:
        >>> import autograd
        >>> autograd.func.jacfwd(lambda x: x * x.sum())(autograd.tensor([1.0, 2.0])).tolist()
        [[4.0, 1.0], [2.0, 5.0]]
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall(f, args, argnums, kwargs, has_aux)
        _real(call)
        zeros = [make(np.zeros_like(t.array)) for t in call.inputs]
        blocks: list[list[Any]] = [[] for _ in call.out]
        for i, t in enumerate(call.inputs):
            columns = [call.push([*zeros[:i], make(basis), *zeros[i + 1 :]]) for basis in _basis(t.array)]
            for k, y in enumerate(call.out):
                blocks[k].append(_joined([c[k] for c in columns], -1, y.array.shape + t.array.shape, y))
        jacobian = unflatten(call.structure, [call.answer(block) for block in blocks])
        return (jacobian, call.aux) if has_aux else jacobian

    return transformed


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns the matrix of second derivatives of ``f``: ``jacfwd(jacrev(f))``, forward over reverse.

    Args:
        f: a function of tensors. argnums: the number of the argument, or a tuple of numbers.

    Returns:
        A tensor of shape ``output.shape + argument.shape + argument.shape``; for several arguments a tuple of tuples.

    Example:
        >>> import autograd
        >>> autograd.func.hessian(lambda x: (x * x * x).sum())(autograd.tensor([1.0, 2.0])).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    return jacfwd(jacrev(f, argnums), argnums)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None) -> tuple[Any, Any]:
    """The value of a scalar function and the product of its Hessian with a vector: forward over reverse.

    Args:
        func: a function of tensors that returns one number.
        inputs: a tensor, or a tuple of its arguments.
        v: the vector, of the structure of ``inputs``; may be left out where the input has one element.

    Returns:
        ``(value, H v)``, as ``torch.autograd.functional.hvp``.

    Example:
        >>> import autograd
        >>> x, v = autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0])
        >>> value, product = autograd.func.hvp(lambda x: (x * x * x).sum(), x, v)
        >>> value.item(), product.tolist()
        (9.0, [6.0, 120.0])
    """
    single = not isinstance(inputs, tuple)
    arguments = (inputs,) if single else inputs
    numbers = tuple(range(len(arguments)))
    vector = _vector(v, arguments, single)
    _, moved, value = jvp(grad_and_value(func, numbers), arguments, vector, has_aux=True)
    return value, moved[0] if single else moved


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None) -> tuple[Any, Any]:
    """The value of a scalar function and the product of a vector with its Hessian: reverse over reverse.

    Arguments and result are those of ``hvp``; as the Hessian is symmetric, so are the numbers.

    Example:
        >>> import autograd
        >>> x, v = autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0])
        >>> autograd.func.vhp(lambda x: (x * x * x).sum(), x, v)[1].tolist()
        [6.0, 120.0]
    """
    single = not isinstance(inputs, tuple)
    arguments = (inputs,) if single else inputs
    numbers = tuple(range(len(arguments)))
    vector = _vector(v, arguments, single)
    _, pull, value = vjp(grad_and_value(func, numbers), *arguments, has_aux=True)
    moved = pull(vector)
    return value, moved[0] if single else moved


def _vector(v: Any, arguments: tuple[Any, ...], single: bool) -> tuple[Any, ...]:
    if v is None:
        if len(arguments) != 1 or arguments[0].array.size != 1:
            raise GraphError("the vector v can only be left out if the function's input is a single Tensor of one element")
        return (make(np.ones_like(arguments[0].array)),)
    return (v,) if single else tuple(v)


def _real(call: FunctionCall) -> None:
    for what, tensors in (("output", call.out), ("argument", call.inputs)):
        for i, t in enumerate(tensors):
            if t.array.dtype.kind == "c":
                raise DtypeError(f"Jacobians are of real functions: {what} {i} is {describe(t.array)}: use vjp or jvp")


def _basis(array: np.ndarray) -> Iterable[np.ndarray]:
    for i in range(array.size):
        basis = np.zeros(array.size, array.dtype if array.dtype.kind in "fc" else float)
        basis[i] = 1
        yield basis.reshape(array.shape)


def _joined(parts: list[Any], dim: int, shape: tuple[int, ...], like: Any) -> Any:
    """Tensors along a new dimension, in this shape; zeros like another where there are none."""
    if not parts:
        return make(np.zeros(shape, like.array.dtype))
    if any(node_of(part) is not None for part in parts):
        return shape_functions.reshape(join.stack(parts, dim=dim), shape)
    return make(np.stack([part.array for part in parts], axis=dim).reshape(shape))


__all__ = [
    "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacrev", "jvp", "linearize", "value_and_grad", "vhp", "vjp",
]  # fmt: skip
