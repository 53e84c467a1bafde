"""Functions of functions, as in ``torch.func``: gradients, products with Jacobians, Jacobians and Hessians.

Each call of a transformed function copies the arguments into new tensors, and runs the function on these. It differentiates with
respect to the new tensors alone, so nested transforms cannot mistake each other's variables for their own. The copies are recorded
as an op, so that a result also belongs to the graph of the original arguments, and transforms nest in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np

from .engine import memory
from .engine.conform import switch_convention
from .engine.forward import Tangents, TangentSwitch, push, tangents_enabled
from .engine.gradients import node_of
from .engine.graph import Node, make, reachable
from .engine.memory import clock
from .engine.modes import current, enter, leave
from .engine.op import Sample, op
from .engine.recording import record, recorded
from .engine.standin import copied, written_down
from .engine.sweep import sweep
from .engine.transforms import Transform, demand_no_saving_hooks, running
from .errors import DtypeError, GraphError, ShapeError, WrittenError, describe
from .functions import join
from .functions import shape as shape_functions
from .functions.inplace import assign
from .tensor.tensor import Tensor
from .types import Tree
from .vmap import BatchError, check_randomness, in_batch, vmap

Argnums = int | Sequence[int]


def _entry_samples() -> list[Sample]:
    from .engine.samples import draw

    return [Sample(draw((3, 2)))]


# A copy of an argument: it has a node of its own, and a function that writes into it does not change the caller's tensor.
ENTRY = op(
    "argument",
    lambda x: copied(x),
    x=lambda g: g,
    linear=True,
    samples=_entry_samples,
    formula={"y": "x"},
    doc="A copy of an argument of a transformed function.",
)


# ----------------------------------------------------------------------------------------------------------------- trees


def _is_tensor(value: Any) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor)


def flatten(tree: Tree, leaves: list[Any]) -> Any:
    """Append the leaves of a tree to a list, and return its structure. Tuples, lists and dicts are trees; all else is a leaf."""
    if isinstance(tree, tuple | list):
        return (type(tree), [flatten(item, leaves) for item in tree])
    if isinstance(tree, dict):
        return (type(tree), [(key, flatten(item, leaves)) for key, item in tree.items()])
    leaves.append(tree)
    return None


def unflatten(structure: Any, leaves: Iterable[Any]) -> Tree:
    """The tree with this structure, as ``flatten`` returns it, and these leaves."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Any, leaves: Any) -> Any:
    if structure is None:
        return next(leaves)
    kind, items = structure
    if issubclass(kind, dict):
        return kind((key, _unflatten(item, leaves)) for key, item in items)
    values = [_unflatten(item, leaves) for item in items]
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def tree_map(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """The tree of the results of a function, which is called with each leaf and the corresponding leaves of the other trees."""
    leaves: list[Any] = []
    structure = flatten(tree, leaves)
    columns = [leaves]
    for other in others:
        columns.append([])
        flatten(other, columns[-1])
    return unflatten(structure, [function(*row) for row in zip(*columns, strict=True)])


# ----------------------------------------------------------------------------------------------------------- one call of f


class FunctionCall:
    """One call of a function, on copies of its arguments, and derivatives of its outputs with respect to these copies.

    Attributes:
        inputs: the copies of the leaves of the arguments that are differentiated. nodes: their nodes.
        arguments: the structure of these arguments. single: whether ``argnums`` is one number.
        out: the leaves of what the function returned. structure: its structure. aux: its second part, with ``has_aux``.
        start: the time of the clock before the call.
        given: the arguments themselves. plain: whether the call is a step of ``autograd.functional``.
        pushed: the tangents of the outputs, where the call was given ``tangents`` and computed them on its way.
        create_graph: whether derivatives must be recorded, because the outputs depend on tensors outside that need a gradient.

    Raises:
        GraphError: a number in ``argnums`` that is out of range, or there twice; a function that does not return tensors.
        TypeError: an argument that is no tensor.
        DtypeError: an argument of integers or booleans.
    """

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], argnums: Argnums, kwargs: dict[str, Any], has_aux: bool,
        tangents: Tree = None, reverse: bool = True,
    ) -> None:  # fmt: skip
        self.start = next(clock)
        transform = Transform(f, self.start, reverse)
        if reverse and not transform.plain:
            demand_no_saving_hooks(current().watch)
        self.single = isinstance(argnums, int)
        positions = _positions(argnums, len(args))
        chosen: list[Any] = []
        self.arguments = flatten([args[i] for i in positions], chosen)
        self.given, self.plain = chosen, transform.plain
        self.inputs = [self._copied(leaf, i) for i, leaf in enumerate(chosen)]
        self.nodes = [t.node for t in self.inputs if t.node is not None]
        copies = dict(zip(positions, unflatten(self.arguments, self.inputs), strict=True))
        watch: Any = current().watch
        if tangents is not None:
            given = _matching(tangents, self.inputs, self.arguments, "tangents")
            watch = Tangents(watch)
            watch.tangents.update({node: t.array for node, t in zip(self.nodes, given, strict=True)})
        if not (reverse or tangents_enabled()):
            watch = TangentSwitch(watch, True)
        token = enter(current().but(grad=True, inference=False, watch=watch))
        inside = running.set(transform)
        try:
            result = f(*[copies.get(i, arg) for i, arg in enumerate(args)], **kwargs)
        finally:
            running.reset(inside)
            leave(token)
        self.aux: Any = None
        if has_aux:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise GraphError(f"has_aux=True: output of function f should be a tuple (output, aux), not {describe(result)}")
            result, aux = result
            self.aux = tree_map(self._aux, aux)
        self.out: list[Any] = []
        self.structure = flatten(result, self.out)
        if not self.out or result is None:
            raise GraphError("Expected f to be a function that has non-empty output: it must return at least one tensor")
        for i, value in enumerate(self.out):
            if not _is_tensor(value):
                raise GraphError(
                    f"expected f to return only tensors, or tuples, lists or dicts of tensors; output {i} is {type(value).__name__}"
                )
        self._create_graph: bool | None = None
        if tangents is not None:
            if current().grad and self.create_graph:
                raise GraphError("jvp: the function writes over what its ops saved: its tangent cannot be differentiated")
            arrived = push(watch.tangents, [node_of(t) for t in self.out])
            self.pushed = [make(np.zeros_like(y.array) if t is None else copied(t)) for y, t in zip(self.out, arrived, strict=True)]

    @property
    def create_graph(self) -> bool:
        if self._create_graph is None:
            self._create_graph = any(self._depends_on_outside(node_of(t)) for t in self.out)
        return self._create_graph

    def _aux(self, value: Any) -> Tensor:
        if not _is_tensor(value):
            raise GraphError(f"Expected tensors, got unsupported type {type(value).__name__} in aux, the function's second output")
        return self.outside(value)

    def write_back(self) -> None:
        """Write into the caller's arguments what the function has written into its own: in forward mode they are the same."""
        if self.plain:
            return
        for given, copy in zip(self.given, self.inputs, strict=True):
            if _is_tensor(given) and memory.last(copy.array) > self.start:
                assign(given, self.outside(copy), name="a write of a transformed function into its argument")

    def _copied(self, value: Any, i: int) -> Tensor:
        array, node = (value.array, node_of(value)) if _is_tensor(value) else (np.asarray(value), None)
        if not _is_tensor(value) and not isinstance(value, np.ndarray | np.generic | float | complex):
            raise TypeError(f"argument leaf {i} is {type(value).__name__}: only tensors can be differentiated (see argnums)")
        if array.dtype.kind not in "fc":
            raise DtypeError(f"argument leaf {i} is {describe(array)}: only floating point and complex tensors have gradients")
        array = copied(array)
        return make(array, record(ENTRY, (node,), (array,), array, {}, None))

    def _depends_on_outside(self, node: Node | None) -> bool:
        """Whether a value was computed from a tensor that needs a gradient and is older than the call."""
        parents = [parent for made in reachable(node, after=self.start) for parent in made.parents]
        return any(earlier is not None and earlier.sequence < self.start for earlier in [node, *parents])

    def demand_dependence(self) -> None:
        """Raise unless every output depends on an input."""
        mine = set(self.nodes)
        for i, t in enumerate(self.out):
            node = node_of(t)
            reached = [] if node is None else [node, *(p for n in reachable(node, after=self.start) for p in n.parents)]
            if mine.isdisjoint([n for n in reached if n is not None]):
                raise GraphError(f"jvp(..., strict=True): output {i} of the function depends on no input: its tangent is 0")

    def outside(self, t: Tensor) -> Tensor:
        """A result for the caller: it has a node only if ops are recorded, and it depends on what needs a gradient outside."""
        return t if current().grad and self._depends_on_outside(node_of(t)) else make(t.array)

    def output(self) -> Tree:
        """The value of the function, for the caller."""
        return unflatten(self.structure, [self.outside(t) for t in self.out])

    def per_argument(self, leaves: Iterable[Any]) -> Tree:
        """Values for the leaves of the inputs, as one tree per differentiated argument: a tuple of them, unless ``argnums`` is a
        number."""
        tree = unflatten(self.arguments, leaves)
        return tree[0] if self.single else tuple(tree)

    def pull(self, cotangents: Sequence[Tensor]) -> list[Tensor]:
        """Reverse mode: the gradients of the inputs, for gradients of the outputs."""
        create_graph = current().grad and (self.create_graph or any(node_of(g) is not None for g in cotangents))
        roots = []
        for t, g in zip(self.out, cotangents, strict=True):
            node = node_of(t)
            if node is not None:
                roots.append((node, switch_convention(g if create_graph else g.array)))
        arrived = sweep(roots, create_graph=create_graph, retain_graph=True, targets=set(self.nodes))
        gradients = []
        for t, node in zip(self.inputs, self.nodes, strict=True):
            if node not in arrived:
                gradients.append(make(np.zeros_like(t.array)))
            elif create_graph:
                gradient = switch_convention(arrived[node])
                gradients.append(self.outside(gradient) if self.create_graph else gradient)
            else:
                gradients.append(make(switch_convention(copied(arrived[node]))))
        return gradients

    @staticmethod
    def _own(tangent: Tensor) -> Tensor:
        """A tangent that a Function's jvp may write into, though it is a leaf."""
        node = node_of(tangent)
        return recorded(ENTRY)(tangent) if node is not None and node.plan is None else tangent

    def push(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """Forward mode: the tangents of the outputs, for tangents of the inputs."""
        create_graph = current().grad and (self.create_graph or any(node_of(t) is not None for t in tangents))
        seeds = {node: self._own(t) if create_graph else t.array for node, t in zip(self.nodes, tangents, strict=True)}
        pushed = push(seeds, [node_of(t) for t in self.out], create_graph=create_graph)
        out = []
        for value, t in zip(self.out, pushed, strict=True):
            if t is None:
                out.append(make(np.zeros_like(value.array)))
            elif create_graph and _is_tensor(t):
                out.append(self.outside(t) if self.create_graph else t)
            else:
                out.append(make(copied(t)))
        return out


def _positions(argnums: Argnums, count: int) -> list[int]:
    """The numbers in ``argnums``, counted from the first argument.

    Raises:
        GraphError: no integers, none at all, one that is out of range, or one that is there twice.
    """
    if not isinstance(argnums, int | tuple | range):
        raise GraphError(f"argnums must be int or Tuple[int, ...], not {describe(argnums)}")
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    if not numbers and not isinstance(argnums, range):
        raise GraphError("argnums must be non-empty: it names the arguments to differentiate with respect to")
    positions = []
    for number in numbers:
        if not isinstance(number, int):
            raise GraphError(f"argnums must be int or Tuple[int, ...], but it holds {describe(number)}")
        if not -count <= number < count:
            raise GraphError(f"argnums {number} is out of range: the function was called with only {count} positional inputs")
        positions.append(number % count)
    if len(set(positions)) < len(positions):
        raise GraphError(f"elements of argnums must be unique, but got {argnums}")
    return positions


def _matching(values: Tree, tensors: Sequence[Tensor], structure: Any, title: str) -> list[Tensor]:
    """The leaves of a tree, which must have the structure, shapes and dtypes of these tensors.

    Args:
        values: the tree. tensors, structure: the leaves and structure that it must have.
        title: its name in errors, "cotangents" or "tangents".
    """
    leaves: list[Any] = []
    if not _same_structure(flatten(values, leaves), structure) or len(leaves) != len(tensors):
        belongs = "outputs" if title == "cotangents" else "arguments"
        raise GraphError(f"the {title} have another structure than the {belongs}: {len(leaves)} leaves for {len(tensors)} tensors")
    out = []
    for i, (value, t) in enumerate(zip(leaves, tensors, strict=True)):
        if not _is_tensor(value):
            value = make(np.asarray(value, dtype=t.array.dtype))
        if value.array.shape != t.array.shape:
            raise ShapeError(f"{title}[{i}] is {describe(value.array)} for {describe(t.array)}: the shapes must be equal")
        if value.array.dtype != t.array.dtype:
            raise DtypeError(f"{title}[{i}] is {describe(value.array)} for {describe(t.array)}: the dtypes must be equal")
        out.append(value)
    return out


def _same_structure(a: Any, b: Any) -> bool:
    """Whether two structures are equal; a list equals a tuple."""
    if a is None or b is None:
        return a is b
    if len(a[1]) != len(b[1]) or issubclass(a[0], dict) != issubclass(b[0], dict):
        return False
    if issubclass(a[0], dict):
        return all(k == m and _same_structure(x, y) for (k, x), (m, y) in zip(a[1], b[1], strict=True))
    return all(_same_structure(x, y) for x, y in zip(a[1], b[1], strict=True))


# ------------------------------------------------------------------------------------------------------------ transforms


def grad_and_value(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of ``f``, a scalar function, and its value.

    Formula: ``gradient[i] = d f / d arguments[i]``, of the shape and dtype of that argument.

    Args:
        f: a function of tensors, or of tuples, lists and dicts of tensors. It returns a real tensor of 0 dimensions.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers, for a tuple of gradients.
        has_aux: f returns ``(value, aux)``; then the result is ``(gradient, (value, aux))``.

    Raises:
        GraphError: f returns anything but one real number, or argnums is out of range.
        TypeError: an argument that is no tensor. DtypeError: an argument of integers or booleans.

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
        gradient = call.per_argument(call.pull([make(np.ones_like(y.array))]))
        value = call.outside(y)
        return gradient, ((value, call.aux) if has_aux else value)

    return transformed


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of ``f``, a scalar function of tensors.

    Args:
        f: a function of tensors, or of tuples, lists and dicts of tensors. It returns a real tensor of 0 dimensions.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers, for a tuple of gradients.
        has_aux: f returns ``(value, aux)``; then the result is ``(gradient, aux)``.

    Raises:
        GraphError, TypeError, DtypeError: as ``grad_and_value``.

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
        f: a function of tensors, or of tuples, lists and dicts of tensors. It returns a real tensor of 0 dimensions.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers, for a tuple of gradients.
        has_aux: f returns ``(value, aux)``; then the result is ``((value, aux), gradient)``.

    Raises:
        GraphError, TypeError, DtypeError: as ``grad_and_value``.

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


def vjp(f: Callable[..., Any], *primals: Tree, has_aux: bool = False) -> tuple[Tree, ...]:
    """The value of ``f``, and the function ``v -> J^T v``, where J is the Jacobian of ``f``: in reverse mode.

    Args:
        f: a function of tensors that returns tensors, or tuples, lists and dicts of tensors.
        primals: its arguments.
        has_aux: f returns ``(output, aux)``.

    Returns:
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)``. ``vjp_fn(v)`` takes a gradient of the output, in its structure, shapes
        and dtypes, and returns a tuple with the gradient of each primal. It may be called any number of times.

    Raises:
        GraphError, ShapeError, DtypeError: from ``vjp_fn``, for a v of another structure, shape or dtype.

    Example:
        >>> import autograd
        >>> y, pull = autograd.func.vjp(lambda a, b: a * b, autograd.tensor(2.0), autograd.tensor(3.0))
        >>> [g.item() for g in pull(autograd.tensor(1.0))]
        [3.0, 2.0]
    """
    call = FunctionCall(f, primals, range(len(primals)), {}, has_aux)

    def vjp_fn(cotangents: Any) -> Any:
        return call.per_argument(call.pull(_matching(cotangents, call.out, call.structure, "cotangents")))

    vjp_fn.__doc__ = "The gradients of the primals, for gradients of the outputs."
    return (call.output(), vjp_fn, call.aux) if has_aux else (call.output(), vjp_fn)


def jvp(
    f: Callable[..., Any], primals: Tree, tangents: Tree, *, strict: bool = False, has_aux: bool = False
) -> tuple[Tree, ...]:  # fmt: skip
    """The value of ``f`` at the primals, and its derivative along the tangents: ``J v``, in forward mode.

    Args:
        f: a function of tensors that returns tensors, or tuples, lists and dicts of tensors.
        primals: a tuple with its arguments.
        tangents: a tuple of the same structure, shapes and dtypes.
        strict: raise for an output that depends on no primal, whose tangent is 0.
        has_aux: f returns ``(output, aux)``.

    Returns:
        ``(output, tangent_of_output)``, or ``(output, tangent_of_output, aux)``.

    Raises:
        GraphError: primals or tangents that are no tuple, or without a tensor; with ``strict`` an output that depends on no primal.
        GraphError, ShapeError, DtypeError: tangents that do not match the primals.

    Example:
        >>> import autograd
        >>> y, dy = autograd.func.jvp(lambda x: x * x, (autograd.tensor(3.0),), (autograd.tensor(1.0),))
        >>> y.item(), dy.item()
        (9.0, 6.0)
    """
    if isinstance(primals, tuple) and type(tangents) is list:
        raise GraphError("jvp: the primals and the tangents must have the same python structure, and are a tuple and a list")
    primals, tangents = _as_arguments(primals, "primals"), _as_arguments(tangents, "tangents")
    leaves: list[Any] = []
    flatten(primals, leaves)
    if not leaves:
        raise GraphError("jvp: expected at least one Tensor among the primals")
    if not _same_structure(flatten(tangents, []), flatten(primals, [])):
        raise GraphError("jvp: Expected primals and tangents to have the same python structure")
    if not all(_is_tensor(leaf) or isinstance(leaf, np.ndarray | np.generic | float | complex) for leaf in leaves):
        raise GraphError("jvp: Expected primals to only contain Tensors")
    call = FunctionCall(f, primals, range(len(primals)), {}, has_aux, reverse=False)
    if strict:
        call.demand_dependence()
    try:
        out = call.push(_matching(tangents, call.inputs, call.arguments, "tangents"))
    except WrittenError:
        # The function writes over what its ops have saved: once more, with each tangent computed at once.
        call = FunctionCall(f, primals, range(len(primals)), {}, has_aux, tangents, reverse=False)
        out = call.pushed
    call.write_back()
    result = (call.output(), unflatten(call.structure, out))
    return (*result, call.aux) if has_aux else result


def linearize(f: Callable[..., Any], *primals: Tree) -> tuple[Tree, Callable[..., Any]]:
    """The value of ``f``, and the function ``v -> J v``, which does not run ``f`` again.

    Args:
        f: a function of tensors that returns tensors, or tuples, lists and dicts of tensors.
        primals: its arguments.

    Returns:
        ``(output, jvp_fn)``. ``jvp_fn(*tangents)`` takes a tangent for each primal, and returns the output's.

    Example:
        >>> import autograd
        >>> y, push = autograd.func.linearize(lambda x: x * x, autograd.tensor([1.0, 3.0]))
        >>> y.tolist(), push(autograd.tensor([1.0, 0.0])).tolist(), push(autograd.tensor([0.0, 1.0])).tolist()
        ([1.0, 9.0], [2.0, 0.0], [0.0, 6.0])
    """
    call = FunctionCall(f, primals, range(len(primals)), {}, False, reverse=False)
    call.write_back()

    def jvp_fn(*tangents: Any) -> Any:
        return unflatten(call.structure, call.push(_matching(tangents, call.inputs, call.arguments, "tangents")))

    return call.output(), jvp_fn


def _as_arguments(value: Any, title: str) -> tuple[Any, ...]:
    if not isinstance(value, tuple | list):
        raise GraphError(
            f"Expected {title} to be a tuple with one entry per argument of the function, not {describe(value)}: the primals and "
            "the tangents must have the same python structure"
        )
    return tuple(value)


# ------------------------------------------------------------------------------------------------- Jacobians and Hessians


def jacrev(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``f``, by one reverse sweep for all elements of its output: for few outputs.

    Formula: ``jacobian[i, j] = d output[i] / d argument[j]``.

    Args:
        f: a real function of tensors.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers.
        has_aux: ``f`` returns ``(output, aux)``, and the result is ``(jacobian, aux)``.
        chunk_size: at most so many elements of an output in a sweep: more sweeps, less memory.

    Returns:
        A function that returns, for each output and each argument in ``argnums``, a tensor of shape
        ``output.shape + argument.shape``.

    Raises:
        DtypeError: complex arguments or outputs; use ``vjp`` or ``jvp`` for these.

    Example:
        >>> import autograd
        >>> autograd.func.jacrev(lambda x: x * x)(autograd.tensor([1.0, 2.0])).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall(f, args, argnums, kwargs, has_aux)
        _demand_real(call)
        blocks = []
        for k, y in enumerate(call.out):
            zeros = [make(np.zeros_like(t.array)) for t in call.out]
            rows = _for_basis(partial(_with_one, call.pull, zeros, k), y.array, chunk_size)
            shapes = [y.array.shape + t.array.shape for t in call.inputs]
            columns = [_joined([row[i] for row in rows], 0, shapes[i], t) for i, t in enumerate(call.inputs)]
            blocks.append(call.per_argument(columns))
        jacobian = unflatten(call.structure, blocks)
        return (jacobian, call.aux) if has_aux else jacobian

    return transformed


def jacfwd(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error", chunk_size: int | None = None
) -> Callable[..., Any]:
    """A function that returns the Jacobian of ``f``, by one forward sweep for all elements of its arguments: for few inputs.

    Formula: ``jacobian[i, j] = d output[i] / d argument[j]``.

    Args:
        f: a real function of tensors.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers.
        has_aux: ``f`` returns ``(output, aux)``, and the result is ``(jacobian, aux)``.
        randomness: "error", "same" or "different", as in PyTorch; f is called once, with one draw for all columns.
        chunk_size: at most so many elements of an argument in a sweep: more sweeps, less memory.

    Returns:
        A function that returns the same as ``jacrev``'s.

    Raises:
        DtypeError: complex arguments or outputs; use ``vjp`` or ``jvp`` for these. ValueError: an unknown randomness.

    Example:
        >>> import autograd
        >>> autograd.func.jacfwd(lambda x: x * x.sum())(autograd.tensor([1.0, 2.0])).tolist()
        [[4.0, 1.0], [2.0, 5.0]]
    """

    check_randomness(randomness)

    def transformed(*args: Any, **kwargs: Any) -> Any:
        call = FunctionCall(f, args, argnums, kwargs, has_aux, reverse=False)
        _demand_real(call)
        call.write_back()
        zeros = [make(np.zeros_like(t.array)) for t in call.inputs]
        blocks: list[list[Any]] = [[] for _ in call.out]
        for i, x in enumerate(call.inputs):
            columns = _for_basis(partial(_with_one, call.push, zeros, i), x.array, chunk_size)
            for k, y in enumerate(call.out):
                blocks[k].append(_joined([c[k] for c in columns], -1, y.array.shape + x.array.shape, y))
        jacobian = unflatten(call.structure, [call.per_argument(block) for block in blocks])
        return (jacobian, call.aux) if has_aux else jacobian

    return transformed


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns the matrix of second derivatives of ``f``: ``jacfwd(jacrev(f))``, forward over reverse.

    Formula: ``hessian[i, j, k] = d^2 output[i] / d argument[j] d argument[k]``.

    Args:
        f: a real function of tensors.
        argnums: the number of the argument to differentiate with respect to, or a sequence of numbers.

    Returns:
        A function that returns a tensor of shape ``output.shape + argument.shape + argument.shape``; for several arguments a tuple
        of tuples.

    Example:
        >>> import autograd
        >>> autograd.func.hessian(lambda x: (x * x * x).sum())(autograd.tensor([1.0, 2.0])).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    return jacfwd(jacrev(f, argnums), argnums)


def hvp(func: Callable[..., Any], inputs: Tensor | tuple[Tensor, ...], v: Tree = None) -> tuple[Tree, Tree]:
    """The value of a scalar function and the product of its Hessian with a vector: forward over reverse.

    Args:
        func: a function of tensors that returns one number.
        inputs: a tensor, or a tuple of its arguments.
        v: the vector, of the structure and shapes of ``inputs``; may be left out where the input has one element.

    Returns:
        ``(value, H v)``, as ``torch.autograd.functional.hvp``; H v has the structure and shapes of ``inputs``.

    Raises:
        GraphError: func returns more than one number, or v is left out for an input of several elements.

    Source: Pearlmutter, Fast exact multiplication by the Hessian, 1994.

    Example:
        >>> import autograd
        >>> x, v = autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0])
        >>> value, product = autograd.func.hvp(lambda x: (x * x * x).sum(), x, v)
        >>> value.item(), product.tolist()
        (9.0, [6.0, 120.0])
    """
    single = not isinstance(inputs, tuple)
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    numbers = tuple(range(len(arguments)))
    vector = _vector(v, arguments, single)
    _, product, value = jvp(grad_and_value(func, numbers), arguments, vector, has_aux=True)
    return value, product[0] if single else product


def vhp(func: Callable[..., Any], inputs: Tensor | tuple[Tensor, ...], v: Tree = None) -> tuple[Tree, Tree]:
    """The value of a scalar function and the product of a vector with its Hessian: reverse over reverse.

    The Hessian is symmetric, so the product is that of ``hvp``, computed in another way.

    Args:
        func: a function of tensors that returns one number.
        inputs: a tensor, or a tuple of its arguments.
        v: the vector, of the structure and shapes of ``inputs``; may be left out where the input has one element.

    Returns:
        ``(value, v H)``, as ``torch.autograd.functional.vhp``.

    Raises:
        GraphError: func returns more than one number, or v is left out for an input of several elements.

    Example:
        >>> import autograd
        >>> x, v = autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 10.0])
        >>> autograd.func.vhp(lambda x: (x * x * x).sum(), x, v)[1].tolist()
        [6.0, 120.0]
    """
    single = not isinstance(inputs, tuple)
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    numbers = tuple(range(len(arguments)))
    vector = _vector(v, arguments, single)
    _, vjp_fn, value = vjp(grad_and_value(func, numbers), *arguments, has_aux=True)
    product = vjp_fn(vector)
    return value, product[0] if single else product


def _vector(v: Tree, arguments: tuple[Tensor, ...], single: bool) -> tuple[Any, ...]:
    """The vector of a Hessian product as a tuple with an entry per argument: 1 where it is left out."""
    if v is None:
        if len(arguments) != 1 or arguments[0].array.size != 1:
            raise GraphError("the vector v can only be left out if the function's input is a single Tensor of one element")
        return (make(np.ones_like(arguments[0].array)),)
    return (v,) if single else tuple(v)


def _demand_real(call: FunctionCall) -> None:
    for title, tensors in (("output", call.out), ("argument", call.inputs)):
        for i, t in enumerate(tensors):
            if t.array.dtype.kind == "c":
                raise DtypeError(f"a Jacobian exists for real functions only: {title} {i} is {describe(t.array)}: use vjp or jvp")


def _with_one(derivative: Callable[..., list[Tensor]], zeros: list[Tensor], i: int, vector: Tensor) -> list[Tensor]:
    """The derivative along a vector in one of several spaces, and 0 in the others."""
    return derivative([*zeros[:i], vector, *zeros[i + 1 :]])


def _for_basis(derivative: Callable[[Tensor], list[Tensor]], array: np.ndarray, chunk_size: int | None) -> list[list[Tensor]]:
    """The derivatives along all unit vectors of the space of an array, stacked along a first dimension, chunk by chunk.

    Args:
        derivative: the derivatives along one vector: a product with a Jacobian. It is called once for a chunk of vectors, or for
            one after the other where some op cannot be batched.
        array: for its shape and dtype. chunk_size: at most so many vectors at a time; None for all.
    """
    size = array.size
    dtype = np.dtype(array.dtype.type) if array.dtype.kind in "fc" else np.dtype(float)
    chunks = []
    step = max(size, 1) if chunk_size is None else chunk_size
    for start in range(0, size, step):
        count = min(step, size - start)
        vectors = np.zeros((count, size), dtype)
        np.fill_diagonal(vectors[:, start:], 1)
        vectors = vectors.reshape(count, *array.shape)
        try:
            if written_down():
                raise BatchError("stand-ins for a compiled step are followed one vector after the other")
            chunks.append(in_batch(derivative, vectors))
        except BatchError:
            rows = [derivative(make(v)) for v in vectors]
            chunks.append([join.stack(column) for column in zip(*rows, strict=True)])
    return chunks


def _joined(parts: list[Tensor], dim: int, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Stacks of derivatives, one behind the other, with their first dimension at ``dim``, reshaped; zeros if there are none.

    Args:
        parts: tensors. dim: 0 or -1. shape: of the result. like: a tensor, for its dtype.
    """
    if not parts:
        return make(np.zeros(shape, np.dtype(like.array.dtype.type)))
    stack = parts[0] if len(parts) == 1 else join.cat(parts)
    return shape_functions.reshape(stack if dim == 0 else shape_functions.movedim(stack, 0, -1), shape)


def __getattr__(name: str) -> Any:
    from .lazy import find

    if name in ("functional_call", "stack_module_state"):  # they know modules, which live in a room above
        return getattr(find("nn"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacrev", "jvp", "linearize", "value_and_grad", "vhp", "vjp", "vmap",
]  # fmt: skip
