"""Functions whose derivatives users write: ``primitive``, ``defvjp`` for the reverse mode, ``defjvp`` for the forward mode.

A rule for the reverse mode is made in two steps, as HIPS autograd has it: ``vjpmaker(ans, *args, **kwargs)`` is called when the
function is, and returns a function from the gradient of the result to that of one argument.
"""

from __future__ import annotations

import contextlib
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import count
from typing import Any

import numpy as np

from ..engine.graph import Node
from .arrays import function_of
from .calls import joined
from .derivatives import make_jvp
from .functions import plain
from .levels import LISTS, Box, computing, top_trace
from .nodes import (
    TraceNode,
    VJPNode,
    conformed,
    fill_call,
    name_of,
    new,
    primitive_jvps,
    primitive_vjps,
    set_layout,
    space_of,
    wrapped,
)
from .overrides import is_native, own_jvp, own_vjp, turn
from .recording import new_box
from .spaces import SparseObject, vspace

_types = Box.types
notrace_primitives: dict[type, set[Any]] = defaultdict(set)  # for each class of nodes the functions that make none
trace_primitives_map: dict[Any, Any] = {}  # a function -> the primitive that was made of it


def primitive(f_raw: Callable[..., Any]) -> Any:
    """Make a function one whose derivative ``defvjp`` and ``defjvp`` define: it gets arguments without boxes of its level.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import grad
        >>> from autograd.extend import primitive, defvjp
        >>> @primitive
        ... def cube(x):
        ...     return x**3
        >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
        >>> float(grad(cube)(2.0))
        12.0
    """

    function = _recorder(f_raw)
    function.__name__ = function.__qualname__ = getattr(f_raw, "__name__", "primitive")
    function.__doc__ = getattr(f_raw, "__doc__", None)
    function.__module__ = getattr(f_raw, "__module__", function.__module__)
    function.fun = f_raw
    function._is_autograd_primitive = True
    for method in (_old_defvjp, _old_defvjp_is_zero, _old_defgrad):
        setattr(function, method.__name__.removeprefix("_old_"), method(function))
    with contextlib.suppress(TypeError):  # what has no hash is looked up by nobody
        trace_primitives_map[f_raw] = function
    return function


def _recorder(f_raw: Callable[..., Any], known_as: Any = None) -> Any:
    """A function that calls another without the boxes of the innermost level, and records the call.

    Args:
        f_raw: the function that computes. known_as: the function whose rules count; None for the one that is returned.
    """

    def function(*args: Any, **kwargs: Any) -> Any:
        top = top_trace(args)
        if top < 0:
            return f_raw(*args, **kwargs)
        values, argnums, parents = list(args), [], []
        for i, value in enumerate(args):
            inner, node = _entered(value, top)
            if node is not None:
                values[i] = inner
                argnums.append(i)
                parents.append(node)
        kind = type(parents[0])
        if known_as in notrace_primitives[kind]:
            return known_as(*values, **kwargs)
        ans = known_as(*values, **kwargs)
        if not issubclass(kind, Node):
            return new_box(ans, top, kind(ans, known_as, tuple(values), kwargs, tuple(argnums), tuple(parents)))
        return new_box(ans, top, _node(known_as, ans, tuple(values), kwargs, tuple(argnums), tuple(parents)))

    known_as = known_as or function
    return function


def _node(fun: Any, ans: Any, args: tuple[Any, ...], kwargs: Any, argnums: tuple[int, ...], parents: tuple[Any, ...]) -> VJPNode:
    """The node of a call of a primitive. A rule of one of the two modes is enough for calls that need only that."""
    maker = primitive_vjps.get(fun)
    if maker is None and fun not in primitive_jvps:
        raise NotImplementedError(
            f"{name_of(fun)} has no derivative with respect to its arguments {argnums}: define one with defvjp"
        )

    def no_rule(g: Any) -> Any:
        raise NotImplementedError(f"{name_of(fun)} has no rule for backward: define it with defvjp")

    def push(node: Any, tangents: list[Any], saved: Any) -> Any:
        jvp = primitive_jvps.get(fun)
        if jvp is None:
            raise NotImplementedError(f"{name_of(fun)} has no rule for the forward mode: define it with defjvp")
        there = [(i, t) for i, t in zip(argnums, tangents, strict=True) if t is not None]
        token = computing.set(False)
        try:
            return jvp(tuple([i for i, _ in there]), [t for _, t in there], ans, args, kwargs)
        finally:
            computing.reset(token)

    node = new(VJPNode)
    rule = no_rule if maker is None else maker(argnums, ans, args, kwargs)
    fill_call(node, ans, name_of(fun), rule, [space_of(args[i]) for i in argnums], parents, push)
    return node


def _entered(value: Any, top: int) -> tuple[Any, Any]:
    """An argument without its boxes of one level, and its node; None where it has no such box. For a list, tuple or dict of boxes
    the node is that of the whole, which hands each part its gradient."""
    if type(value) in _types:
        return (value._value, value._node) if value._trace == top else (value, None)
    if isinstance(value, np.ndarray) and top_trace((value,)) >= 0:
        return _entered(joined(value), top)
    if not isinstance(value, list | tuple | dict) or top_trace((value,)) < top:
        return value, None
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    entered = {key: _entered(part, top) for key, part in items}
    keys = [key for key, (_, node) in entered.items() if node is not None]
    if not keys:
        return value, None
    parts = [part for part, _ in entered.values()]
    inner: Any = dict(zip(entered, parts, strict=True)) if isinstance(value, dict) else type(value)(parts)
    nodes = tuple([entered[key][1] for key in keys])
    if not isinstance(nodes[0], Node):
        raise NotImplementedError("a list of boxes as the argument of a primitive, within a level whose nodes are not the engine's")

    def push(node: Any, tangents: list[Any], saved: Any) -> Any:
        return vspace(inner).with_parts({key: t for key, t in zip(keys, tangents, strict=True) if t is not None})

    whole = new(VJPNode)
    spaces = [space_of(entered[key][0]) for key in keys]
    fill_call(whole, inner, type(value).__name__, lambda g: [g[key] for key in keys], spaces, nodes, push)
    return inner, whole


def notrace_primitive(f_raw: Callable[..., Any]) -> Any:
    """Make a function one that gets arguments without any boxes, and whose result is none."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return f_raw(*[plain(a) for a in args], **kwargs)

    function.__name__ = function.__qualname__ = getattr(f_raw, "__name__", "primitive")
    function.__doc__ = getattr(f_raw, "__doc__", None)
    function._is_primitive = True  # type: ignore[attr-defined]
    return function


def register_notrace(trace_type: type, primitive_fun: Any) -> None:
    """Let a primitive make no nodes of this class: its result has no derivative."""
    _take_rules(primitive_fun)
    notrace_primitives[trace_type].add(primitive_fun)


# ------------------------------------------------------------------------------------------------------------- reverse mode


def defvjp_argnums(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define the reverse mode by one maker: ``vjpmaker(argnums, ans, args, kwargs)(g)`` returns a gradient for each argument."""
    _take_rules(fun)
    primitive_vjps[fun] = vjpmaker


def defvjp_argnum(fun: Any, vjpmaker: Callable[..., Any]) -> None:
    """Define the reverse mode by a maker for any argument: ``vjpmaker(argnum, ans, args, kwargs)(g)`` returns its gradient."""

    def maker(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Callable[[Any], Iterable[Any]]:
        rules = [vjpmaker(i, ans, args, kwargs) for i in argnums]
        return lambda g: [rule(g) for rule in rules]

    defvjp_argnums(fun, maker)


def defvjp(fun: Any, *vjpmakers: Any, argnums: Iterable[int] | None = None) -> None:
    """Define the reverse mode by a maker for each argument: ``vjpmaker(ans, *args, **kwargs)(g)`` returns its gradient.

    Args:
        fun: a primitive. vjpmakers: a maker for each argument in order; None for one whose gradient is zero.
        argnums: the numbers of the arguments that the makers belong to, if they are not the first ones.
    """
    makers = {i: _checked(maker, fun) for i, maker in zip(argnums if argnums is not None else count(), vjpmakers, strict=False)}

    def maker(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Callable[[Any], Iterable[Any]]:
        missing = [i for i in argnums if i not in makers]
        if missing:
            raise NotImplementedError(f"{name_of(fun)} has no rule for backward with respect to its argument {missing[0]}")
        rules = [_zero(args[i]) if makers[i] is None else makers[i](ans, *args, **kwargs) for i in argnums]
        return lambda g: [rule(g) for rule in rules]

    defvjp_argnums(fun, maker)


def _zero(arg: Any) -> Callable[[Any], Any]:
    return lambda g: vspace(arg).zeros()


def _checked(maker: Any, fun: Any) -> Any:
    if maker is not None and not callable(maker):
        raise TypeError(f"a rule of {name_of(fun)} must be a function or None, not {maker!r}")
    return maker


def _take_rules(fun: Any) -> None:
    """Let the rules of users count for a function with derivatives of its own, which it keeps where they define none."""
    if fun not in primitive_vjps and is_native(fun):
        before = turn(fun, lambda before: _recorder(before, fun))
        primitive_vjps[fun], primitive_jvps[fun] = own_vjp(before), own_jvp(before)


# ------------------------------------------------------------------------------------------------------------- forward mode


def defjvp_argnums(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define the forward mode by one function: ``jvpmaker(argnums, gs, ans, args, kwargs)`` returns the tangent of the result."""
    _take_rules(fun)
    primitive_jvps[fun] = jvpmaker


def defjvp_argnum(fun: Any, jvpmaker: Callable[..., Any]) -> None:
    """Define the forward mode by a function for any argument: ``jvpmaker(argnum, g, ans, args, kwargs)``; the tangents add up."""

    def jvp(argnums: Sequence[int], gs: Sequence[Any], ans: Any, args: Any, kwargs: Any) -> Any:
        return sum_outgrads([jvpmaker(i, g, ans, args, kwargs) for i, g in zip(argnums, gs, strict=True)])

    defjvp_argnums(fun, jvp)


def defjvp(fun: Any, *jvpfuns: Any, argnums: Iterable[int] | None = None) -> None:
    """Define the forward mode by a function for each argument: ``jvpfun(g, ans, *args, **kwargs)``; the tangents add up.

    Args:
        fun: a primitive.
        jvpfuns: a function for each argument in order; None for one without influence; ``"same"`` for one that the primitive is
            linear in, so that it may be called with the tangent instead.
        argnums: the numbers of the arguments that the functions belong to, if they are not the first ones.
    """
    functions = dict(zip(argnums if argnums is not None else count(), jvpfuns, strict=False))

    def one(i: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if i not in functions:
            raise NotImplementedError(f"{name_of(fun)} has no rule for the forward mode with respect to its argument {i}")
        function = functions[i]
        if function is None:
            return vspace(ans).zeros()
        return fun(*args[:i], g, *args[i + 1 :], **kwargs) if function == "same" else function(g, ans, *args, **kwargs)

    for function in jvpfuns:
        if function != "same":
            _checked(function, fun)
    defjvp_argnum(fun, one)


def def_linear(fun: Any) -> None:
    """Say that a primitive is linear in each of its arguments: its forward mode is the primitive itself."""
    defjvp_argnum(fun, lambda i, g, ans, args, kwargs: fun(*args[:i], g, *args[i + 1 :], **kwargs))


class JVPNode(TraceNode):
    """A node of the forward mode. g: the tangent of its value."""

    __slots__ = ("g",)

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any) -> None:
        tangents = [parent.g for parent in parents]
        jvp = primitive_jvps.get(fun)
        if jvp is not None:
            self.g = jvp(tuple(parent_argnums), tangents, value, args, kwargs)
            return

        def of_parents(xs: Any) -> Any:
            values = list(args)
            for i, x in zip(parent_argnums, xs, strict=True):
                values[i] = x
            return fun(*values, **kwargs)

        self.g = make_jvp(of_parents, tuple([args[i] for i in parent_argnums]))(tuple(tangents))[1]

    def initialize_root(self, g: Any) -> None:
        self.g = g


# -------------------------------------------------------------------------------------------------------------------- sums


def add_outgrads(so_far: tuple[Any, bool] | None, g: Any) -> tuple[Any, bool]:
    """The sum of a gradient and what has arrived so far, and whether that sum may be written into.

    Args:
        so_far: what this function returned before, or None. g: a gradient; a sparse one is added to zeros.
    """
    sparse = isinstance(g, SparseObject)
    if so_far is None:
        return (g.mut_add(g.vs.zeros()), True) if sparse else (g, False)
    total, mutable = so_far
    space = vspace(g)
    if sparse:
        return g.mut_add(total if mutable else space.mut_add(None, total)), True
    return (space.mut_add(total, g) if mutable else space.add(total, g)), True


def sum_outgrads(gs: Iterable[Any]) -> Any:
    """The sum of gradients."""
    total: Any = reduce(add_outgrads, gs, None)
    return total[0]


def sparse_add(vs: Any, x_prev: Any, x_new: Any) -> Any:
    """A vector plus a sparse gradient; None for the vector means zeros."""
    return x_new.mut_add(vs.zeros() if x_prev is None else x_prev)


# ---------------------------------------------------------------------------------------------- what HIPS autograd has let go


def _warn(name: str) -> None:
    warnings.warn(f"the method {name} of a primitive is deprecated: use autograd.extend.defvjp", stacklevel=3)


def _old_defvjp(fun: Any) -> Callable[..., None]:
    makers: dict[int, Any] = {}

    def defvjp_of(vjpmaker: Any, argnum: int = 0) -> None:
        _warn("defvjp")

        def staged(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
            return lambda g: vjpmaker(g, ans, vspace(args[argnum]), vspace(g), *args, **kwargs)

        makers[argnum] = staged
        defvjp(fun, *makers.values(), argnums=list(makers))

    return defvjp_of


def _old_defvjp_is_zero(fun: Any) -> Callable[..., None]:
    zero: set[int] = set()

    def defvjp_is_zero_of(argnums: Iterable[int] = (0,)) -> None:
        _warn("defvjp_is_zero")
        zero.update(argnums)
        defvjp(fun, *[None] * len(zero), argnums=sorted(zero))

    return defvjp_is_zero_of


def _old_defgrad(fun: Any) -> Callable[..., None]:
    makers: dict[int, Any] = {}

    def defgrad_of(gradfun: Any, argnum: int = 0) -> None:
        _warn("defgrad")
        makers[argnum] = gradfun
        defvjp(fun, *makers.values(), argnums=list(makers))

    return defgrad_of


__all__ = [
    "LISTS", "JVPNode", "add_outgrads", "conformed", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums", "defvjp",
    "defvjp_argnum", "defvjp_argnums", "function_of", "notrace_primitive", "notrace_primitives", "np", "primitive",
    "register_notrace", "set_layout", "sparse_add", "sum_outgrads", "trace_primitives_map", "wrapped",
]  # fmt: skip
