"""Functions as graphs of their calls: to run a graph again without the function, and to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from .derivatives import trace
from .nodes import TraceNode
from .operators import wraps


def toposort(end_node: Any, parents: Callable[[Any], Any] = attrgetter("parents")) -> Iterator[Any]:
    """The nodes that a node was computed from, and itself first: each before its parents."""
    users = {end_node: 0}  # how many of the nodes that were not yielded have this one as a parent
    found = [end_node]
    for node in found:
        for parent in filter(None, parents(node)):
            if parent not in users:
                users[parent] = 0
                found.append(parent)
            users[parent] += 1
    ready = [end_node]
    for node in ready:
        yield node
        for parent in filter(None, parents(node)):
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)


class ConstGraphNode(TraceNode):
    """A node that can compute its value again from those of its parents.

    Attributes:
        parents: the nodes of the boxes among the arguments. partial_fun: from the list of their values to the value.
    """

    __slots__ = ("parents", "partial_fun")

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any) -> None:
        fixed = list(args)
        for i in parent_argnums:
            fixed[i] = None

        def partial_fun(values: Any) -> Any:
            full = list(fixed)
            for i, part in zip(parent_argnums, values, strict=True):
                full[i] = part
            return fun(*full, **kwargs)

        self.partial_fun, self.parents = partial_fun, parents

    def initialize_root(self) -> None:
        self.parents = ()


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function whose calls are recorded when it is first called; later it runs these alone, and decides nothing anew.

    Args:
        fun: the function. args: its first arguments, which stay the same. kwargs: its named arguments, which stay too.
    """
    graph: list[Any] = []

    @wraps(fun)
    def call(*more: Any) -> Any:
        if not graph:
            end_value, end_node = trace(ConstGraphNode.new_root(), lambda x: fun(*args, *x, **kwargs), more)
            if end_node is None:
                raise ValueError("the function's result does not depend on its arguments: there is no graph to run")
            graph.extend(reversed([*toposort(end_node)]))
            return end_value
        values = {graph[0]: more}
        for node in graph[1:]:
            values[node] = node.partial_fun([values[parent] for parent in node.parents])
        return values[graph[-1]]

    return call


class FullGraphNode(TraceNode):
    """A node that keeps its value and its call.

    Attributes:
        value: the value. recipe: the function, its arguments, and pairs of an argument's number and its node.
    """

    __slots__ = ("recipe", "value")

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any) -> None:
        self.recipe = (fun, args, kwargs, list(zip(parent_argnums, parents, strict=True)))
        self.value = value

    def initialize_root(self) -> None:
        self.recipe, self.value = (_itself, (), {}, []), None


def _itself(x: Any) -> Any:
    return x


def full_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The node of what a function returns, from which the whole graph can be read."""
    return trace(FullGraphNode.new_root(), lambda x: fun(*x, **kwargs), args)[1]


__all__ = ["ConstGraphNode", "FullGraphNode", "const_graph", "full_graph", "toposort"]
