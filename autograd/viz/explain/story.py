"""From a graph to the equations of its forward and backward pass, in the order in which a textbook writes them.

Every equation can be evaluated: that of a dense layer, an activation or a loss is the very expression that is printed; that of
another layer is the formula of its op, and its value is computed by the op's rule, which tests compare with the formula.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine.conform import unbroadcast
from ...engine.graph import PICK, Node
from ..trace.values import saved_input
from . import formula as formulas
from .evaluation import evaluate
from .graph import RESHAPING, Dense, Graph
from .source import substituted
from .terms import Fold, Put, leaf_name, literal, options_of, parsed, parsed_terms, repeated_blocks, scaled, slope_of, with_params

Env = dict[str, Any]


@dataclass
class Equation:
    """``left = right``, with what is needed to print it and to evaluate it.

    key: under which its value is kept. left, tree, where: expressions; tree is None where there is nothing to print. scalars: names
    in it that are numbers. indexed: it holds for every index. value: computes it where the expression does not. shape: of the
    value. section: of the story. call: the module call it belongs to. params: options of the op, for a remark. op: its name.
    """

    key: str
    left: ast.expr
    tree: ast.expr | None
    section: str
    shape: tuple[int, ...] | None = None
    where: list[tuple[str, ast.expr]] = field(default_factory=list)
    scalars: frozenset[str] = frozenset()
    indexed: bool = False
    value: Callable[[Env], Any] | None = None
    call: Any = None
    op: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    printed: bool = True

    def evaluate(self, env: Env) -> Any:
        """The value, from those of the equations before it."""
        if self.value is not None:
            return self.value(env)
        assert self.tree is not None
        made = np.asarray(evaluate(self.tree, env))
        return made.reshape(self.shape) if self.shape is not None and made.size == int(np.prod(self.shape)) else made


# What an op's parameters, and outputs that nothing else uses, are called, if not W, b and y.
_LETTERS = {"normalize": {"weight": "gamma", "bias": "beta"}, "rms_normalize": {"weight": "gamma"}, "prelu": {"weight": "alpha"}}
_OUTPUTS = {"normalize": ("y", "mean", "variance"), "rms_normalize": ("y", "ms"), "attention": ("y", "A"), "lstm": ("y", "c")}
_ACTIVATIONS = {"logistic": "sigmoid"}


class Story:
    """The equations of a graph.

    Attributes:
        equations: all of them, in an order in which they can be evaluated. shown: how each name is written. given: values of the
        leaves, inputs and targets. parameters: for each leaf its name, its symbol's name, and that of its gradient. L: the number
        of layers. repeated: blocks whose equations are those of an earlier one, as (path, path of the earlier one).
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.shown: dict[str, tuple[str, ...]] = {}
        self.given: Env = {}
        self.equations: list[Equation] = []
        self.parameters: list[tuple[Node, str, str, str]] = []
        self.var: dict[Node, str] = {}
        self.index: dict[Node, str] = {}
        self.activation: dict[Node, str] = {}
        self.legend: list[tuple[str, str, tuple[int, ...]]] = []
        self.L = self.h = self.unknown = 0
        self.repeated = repeated_blocks(graph)
        self.constants: dict[int, str] = {}
        self._forward()
        self._loss()
        self._backward()

    # --------------------------------------------------------------------------------------------------------------- naming
    def symbol(self, letter: str, index: str, **shown: tuple[str, ...]) -> str:
        name = f"{letter}_{index}"
        self.shown[name] = shown.get("shown", (letter, index))
        return name

    def leaf(self, node: Node, letter: str, ahead: bool = False) -> str:
        """The symbol of a leaf, made when it is first met; ahead: it belongs to the layer that is to come."""
        if node in self.var:
            return self.var[node]
        layer = str(self.L + ahead)
        name = self.symbol(letter, layer)
        number = 1
        while name in self.given:  # two leaves of one layer that play the same part
            number += 1
            name = self.symbol(f"{letter}_{number}", layer, shown=(letter, layer, str(number)))
        self.var[node] = name
        gradient = f"d_{name}"
        self.shown[gradient] = ("∂", *self.shown[name])
        self.given[name] = self.graph.values.get(node)
        self.parameters.append((node, leaf_name(node, self.given[name], self.shown[name]), name, gradient))
        self.legend.append((name, self.parameters[-1][1], node.shape))
        return name

    def constant(self, array: Any, name: str = "x", call: Any = None) -> str:
        """The symbol of an input."""
        if id(array) in self.constants:
            return self.constants[id(array)]
        used = len([n for n in self.constants.values() if n.split("_")[0] == name])
        made = name if not used else f"{name}_{used + 1}"
        self.shown[made] = (name,) if not used else (name, "", str(used + 1))
        self.constants[id(array)] = made
        self.given[made] = array
        self.given.setdefault("kept alive", []).append(array)
        if np.ndim(array) and not self._is_repeated(call):
            self.legend.append((made, "", np.shape(array)))
        return made

    def gradient(self, node: Node) -> str:
        """The symbol of the gradient of a value: an error, for what goes into an activation."""
        name = self.var[node]
        if name.startswith("z_"):
            return self.symbol("delta", name[2:])
        made = f"d_{name}"
        self.shown[made] = ("∂", *self.shown[name])
        return made

    def add(self, key: str, right: str | None, section: str, **more: Any) -> Equation:
        equation = Equation(key, ast.Name(key), None if right is None else parsed(right), section, **more)
        equation.printed = not self._is_repeated(equation.call)
        self.equations.append(equation)
        return equation

    def _is_repeated(self, call: Any) -> bool:
        path = str(call or "")
        return any(path == later or path.startswith(later + ".") for later, _ in self.repeated)

    # -------------------------------------------------------------------------------------------------------------- forward
    def _forward(self) -> None:
        graph = self.graph
        skipped = set(graph.loss.inner) if graph.loss else set()
        for found in graph.dense.values():
            skipped |= found.inner
        for node in graph.nodes:
            if node.op is None or node in skipped or node.op is PICK:
                continue
            if self._is_alias(node):
                continue
            if node in graph.dense:
                self._dense_forward(graph.dense[node])
            elif graph.is_activation(node) and self.var.get(node.parents[0], "").startswith("z_"):  # type: ignore[arg-type]
                self._activation_forward(node)
            else:
                self._other_forward(node)

    def _dense_forward(self, d: Dense) -> None:
        self.L += 1
        source = self._source(d.source, d)
        weight = self.leaf(d.weight, "W")
        bias = f" + {self.leaf(d.bias, 'b')}" if d.bias is not None else ""
        product = {
            "rows, weight (out, in)": f"{source} @ {weight}.T", "rows, weight (in, out)": f"{source} @ {weight}",
            "columns": f"{weight} @ {source}",
        }[d.form]  # fmt: skip
        name = self.var[d.node] = self.symbol("z", str(self.L))
        self.add(name, product + bias, "forward", shape=d.node.shape, call=d.node.layer, op="linear")

    def _source(self, node: Node | None, d: Dense) -> str:
        """What a dense layer is applied to."""
        if node is None:
            product = (
                d.node
                if d.node.op is not None and d.node.op.name != "add"
                else next(n for n in d.inner if self.graph.op(n) == "matmul")
            )
            return self.constant(saved_input(product, 1 if d.form == "columns" else 0))
        if node.op is None and node not in self.var:
            return self._input_leaf(node)
        return self.var[node]

    def _input_leaf(self, node: Node) -> str:
        """An input that needs a gradient itself."""
        self.var[node] = name = self.constant(self.graph.values.get(node), "x")
        self.shown[f"d_{name}"] = ("∂", *self.shown[name])
        self.parameters.append((node, leaf_name(node, None, self.shown[name]), name, f"d_{name}"))
        return name

    def _activation_forward(self, node: Node) -> None:
        z = self.var[node.parents[0]]  # type: ignore[index]
        op = node.op
        assert op is not None
        index = z[2:]
        made = f"a_{index}"
        if made in self.shown:
            index = f"{index}'"
            made = f"a_{index}".replace("'", "p")
        self.shown[made] = ("a", index)
        self.var[node] = made
        params = "".join(
            f", {k}={v!r}" for k, v in (node.params or {}).items() if isinstance(v, int | float) and v != op.defaults.get(k)
        )
        found = formulas.formulas(op)["y"]
        tree = found.tree if found.left is None and not found.where else None
        known = op.name in ("tanh", "sigmoid", "relu", "exp", "sin", "cos") or tree is None
        right = f"{op.name}({z}{params})"
        if not known and tree is not None:
            right = ast.unparse(substituted(with_params(tree, node), {"x": ast.Name(z)}))
        self.activation[node] = op.name
        value = None if op.name in ("tanh", "sigmoid", "exp", "sin", "cos") else self._again(node)
        self.add(made, right, "forward", shape=node.shape, call=node.layer, op=op.name, value=value)

    def _again(self, node: Node) -> Callable[[Env], Any]:
        """The node's value, computed by its op from those of its operands."""
        op, params = node.op, node.params or {}
        assert op is not None
        source = self.var.get(node.parents[0])  # type: ignore[arg-type]
        return lambda env: op(env[source], **params)  # type: ignore[index]

    def _is_alias(self, node: Node) -> bool:
        """Whether a node is a parameter in another shape, which needs no symbol of its own."""
        parent = node.parents[0] if node.parents else None
        if self.graph.op(node) not in ("reshape", "view", "unsqueeze", "squeeze") or parent is None or parent.op is not None:
            return False
        return self.graph.is_parameter(parent)

    def _other_forward(self, node: Node) -> None:
        op, graph = node.op, self.graph
        assert op is not None
        parents = [p.parents[0] if p is not None and self._is_alias(p) else p for p in node.parents]
        leaves = [p for p in parents if p is not None and p.op is None and graph.is_parameter(p)]
        if leaves and not op.elementwise:
            self.L += 1
        names: dict[str, ast.expr] = {}
        for i, parent in enumerate(parents):
            slot = op.inputs[0] if op.variadic else op.inputs[i]
            if parent is None:
                array = saved_input(node, i)
                if array is None:
                    if not op.variadic and i < op.required:  # no rule needed it, so it was not kept
                        self.unknown += 1
                        names[slot] = ast.Name(self.symbol("c", str(self.unknown)))
                    continue
                letter = "mask" if "Dropout" in getattr(node.layer, "kind", "") else slot if slot in ("h0", "c0", "mask") else "x"
                name = self.constant(array, letter, node.layer) if np.ndim(array) else None
                known: ast.expr = ast.Name(name) if name else ast.Constant(np.asarray(array).item())
            elif parent.op is None and parent not in self.var:
                letter = _LETTERS.get(op.name, {}).get(
                    slot, {"weight": "W", "bias": "b"}.get(slot, "W" if len(parent.shape) > 1 else "b")
                )
                known = ast.Name(
                    self.leaf(parent, letter, op.elementwise) if graph.is_parameter(parent) else self._input_leaf(parent)
                )
            else:
                known = ast.Name(self.var[parent])
            if op.variadic:
                names.setdefault(slot, ast.Tuple([], ast.Load())).elts.append(known)  # type: ignore[attr-defined]
            else:
                names[slot] = known
        picks = {c.saved[0]: c for c in graph.consumers[node] if c.op is PICK and c.saved} if op.outputs > 1 else {}
        letter = "z" if leaves and not op.elementwise and op.outputs == 1 and op.name not in ("embedding", "gru", "rnn") else "h"
        for target in picks.values() if op.outputs > 1 else [node]:
            if target is graph.root:
                self.var[target] = "L"
                self.shown["L"] = ("L",)
            elif letter == "z":
                self.var[target] = self.symbol("z", str(self.L))
            else:
                self.h += 1
                self.var[target] = self.symbol("h", str(self.h))
        if op.outputs > 1:
            outputs = _OUTPUTS.get(op.name, ())
            for i in range(op.outputs):
                names[f"y[{i}]"] = (
                    ast.Name(self.var[picks[i]]) if i in picks else ast.Name(outputs[i] if i < len(outputs) else f"y_{i}")
                )
        else:
            names["y"] = ast.Name(self.var[node])
        self.names = getattr(self, "names", {})
        self.names[node] = names
        first = next(iter(picks.values())) if picks else node
        keys = [self.var[p] for p in picks.values()] if op.outputs > 1 else [self.var[node]]
        if not keys:
            return
        equation = self._equation(node, "y", keys[0], ast.Name(keys[0]), "loss" if first is graph.root else "forward", first.shape)
        equation.params = options_of(node)
        for key, pick in zip(keys[1:], list(picks.values())[1:], strict=True):
            value = graph.values.get(pick)
            self.given[key] = value
        array = graph.values.get(first)
        equation.value = lambda env: array

    def _equation(self, node: Node, which: str, key: str, left: ast.expr, section: str, shape: Any) -> Equation:
        """The formula of an op, in the names of this graph."""
        op = node.op
        assert op is not None
        found = formulas.formulas(op).get(which)
        names = dict(self.names[node])
        if op.outputs > 1:
            for i in range(op.outputs):
                pick = next((c for c in self.graph.consumers[node] if c.op is PICK and c.saved and c.saved[0] == i), None)
                names[f"g[{i}]"] = ast.Name(self.gradient(pick)) if pick is not None else ast.Constant(0)
        else:
            names["g"] = ast.Name(self.gradient(node)) if which != "y" else ast.Name("g")
        if found is None:
            return self.add(key, None, section, shape=shape, call=node.layer, op=op.name)
        absent = {name: ast.Constant(1 if name == "weight" else 0) for i, name in enumerate(op.inputs)
                  if not op.variadic and name not in names and (i >= len(node.parents) or node.parents[i] is None)}  # fmt: skip
        for i, parent in enumerate(node.parents):
            slot = op.inputs[0] if op.variadic else op.inputs[i]
            if parent is not None and which != "y" and slot != which and parent in self.var:
                names[f"d({slot})"] = ast.Name(self.gradient(parent))
        put = Put({**absent, **names}, left)
        options = options_of(node)

        def write(part: ast.expr) -> ast.expr:
            known = {k: literal(v) for k, v in options.items() if op.name in RESHAPING or k in ("dim", "ord", "correction")}
            made: ast.expr = Fold().visit(substituted(put.visit(deepcopy(part)), known))
            return made

        tree = write(found.tree)
        equation = Equation(key, left, tree, section, shape=shape, call=node.layer, op=op.name, scalars=formulas.scalars(op))
        equation.where = [(n, value) for n, value in ((n, write(value)) for n, value in found.where) if ast.unparse(value) != n]
        if found.left is not None:
            equation.left = write(found.left)
            if isinstance(equation.left, ast.Tuple):
                equation.left.elts = [ast.Name(self.var[c]) for c in self.graph.consumers[node] if c.op is PICK]
            equation.indexed = found.indexed
        equation.printed = not self._is_repeated(node.layer)
        self.equations.append(equation)
        return equation

    # ----------------------------------------------------------------------------------------------------------------- loss
    def _loss(self) -> None:
        graph, loss = self.graph, self.graph.loss
        self.pending: dict[Node, list[str | tuple[Node, str, int]]] = {node: [] for node in graph.nodes}
        self.shown["L"] = ("L",)
        if loss is None:
            self.pending[graph.root].append("1")
            return
        a = self.var[loss.prediction]
        y = self.constant(loss.target, "y")
        count = len(loss.target) if loss.kind == "cross entropy" else loss.target.size
        self.given["n"] = count
        self.shown["n"] = ("n",)
        over = f"{(loss.mean and 'n') or ''}"
        losses, error = {
            "square": (f"sum(({a} - {y}) ** 2)", f"2 * ({a} - {y})"),
            "cross entropy": (f"-sum({y} * log(softmax({a})))", f"softmax({a}) - {y}"),
            "bce": (f"-sum({y} * log({a}) + (1 - {y}) * log(1 - {a}))", f"({a} - {y}) / ({a} * (1 - {a}))"),
            "bce of logits": (f"-sum({y} * log(sigmoid({a})) + (1 - {y}) * log(1 - sigmoid({a})))", f"sigmoid({a}) - {y}"),
        }[loss.kind]
        self.add("L", scaled(losses, loss.factor, over), "loss", shape=(), scalars=frozenset({"n"}), call=None)
        self.pending[loss.prediction].append(scaled(error, loss.factor, over))

    # ------------------------------------------------------------------------------------------------------------- backward
    def _backward(self) -> None:
        graph = self.graph
        inner = set(graph.loss.inner) if graph.loss else set()
        for found in graph.dense.values():
            inner |= found.inner
        for node in reversed(graph.nodes):
            if node.op is None or node in inner or node.op is PICK:
                continue
            if self._is_alias(node):
                self.pending[node.parents[0]].extend(self.pending[node])  # type: ignore[index]
                continue
            if node in graph.dense:
                self._dense_backward(graph.dense[node])
            elif node in self.activation:
                self._activation_backward(node)
            else:
                self._other_backward(node)
        for node, _name, _symbol, gradient in self.parameters:
            if self.pending[node]:
                self._collect(node, gradient, "gradients")

    def _section(self, node: Node) -> str:
        loss = self.graph.loss
        return "error" if loss is not None and (node is loss.prediction or node is self._before(loss.prediction)) else "backward"

    def _before(self, node: Node) -> Node | None:
        return node.parents[0] if node in self.activation else None

    def _collect(self, node: Node, key: str, section: str, call: Any = None) -> None:
        """The equation of a gradient: the sum of what has come in."""
        parts = self.pending[node]
        if len(parts) == 1 and not isinstance(parts[0], str):
            self._contribution(node, parts[0], key, ast.Name(key), section)
            return
        terms = []
        for number, part in enumerate(parts):
            if isinstance(part, str):
                terms.append(part)
                continue
            name = f"{key}__{number + 1}"
            base = self.shown[key]
            self.shown[name] = (*base, *[""] * (2 - len(base) + (base[0] == "∂")), str(number + 1))
            self._contribution(node, part, name, ast.Name(name), section)
            terms.append(name)
        right = " + ".join(terms) or "0"
        equation = self.add(key, right, section, shape=node.shape, call=call or node.layer, scalars=frozenset({"n"}))
        if terms == ["1"]:  # where the pass begins: in the precision of the loss
            equation.value = lambda env: np.ones(node.shape, node.dtype)

    def _contribution(self, node: Node, part: tuple[Node, str, int], key: str, left: ast.expr, section: str) -> None:
        """What one consumer gives to a node, by the rule of its op."""
        consumer, slot, place = part
        equation = self._equation(consumer, slot, key, left, section, node.shape)
        equation.value = self._rule(consumer, place, node.shape)
        equation.params = options_of(consumer)

    def _rule(self, consumer: Node, place: int, shape: Any) -> Callable[[Env], Any]:
        plan, saved = consumer.plan, consumer.saved
        whole = consumer.parents[place].shape  # type: ignore[union-attr]
        assert plan is not None
        if consumer.op is not None and consumer.op.outputs > 1:
            picks = {c.saved[0]: c for c in self.graph.consumers[consumer] if c.op is PICK and c.saved}
            keys = [self.gradient(picks[i]) if i in picks else None for i in range(consumer.op.outputs)]

            def of_several(env: Env) -> Any:
                g = tuple(np.zeros(*layout) if key is None else env[key] for key, layout in zip(keys, consumer.layout, strict=True))
                return unbroadcast(np.asarray(plan.backward(g, saved)[place]), whole).reshape(shape)

            return of_several
        key = self.gradient(consumer)
        return lambda env: unbroadcast(np.asarray(plan.backward(env[key], saved)[place]), whole).reshape(shape)

    def _dense_backward(self, d: Dense) -> None:
        key = self.gradient(d.node)
        self._collect(d.node, key, self._section(d.node))
        weight, source = self.var[d.weight], self._source(d.source, d)
        back, for_weight = {
            "rows, weight (out, in)": (f"{key} @ {weight}", f"{key}.T @ {source}"),
            "rows, weight (in, out)": (f"{key} @ {weight}.T", f"{source}.T @ {key}"),
            "columns": (f"{weight}.T @ {key}", f"{key} @ {source}.T"),
        }[d.form]
        self.pending[d.weight].insert(0, for_weight)
        self.given["samples"] = 1 if d.form == "columns" else 0
        if d.bias is not None:
            self.pending[d.bias].insert(0, f"sum({key}, samples)")
        if d.source is not None:
            self.pending[d.source].append(back)

    def _activation_backward(self, node: Node) -> None:
        op, parent = node.op, node.parents[0]
        assert op is not None
        assert parent is not None
        parts = self.pending[node]
        if len(parts) == 1 and isinstance(parts[0], str):
            incoming = parts[0]
        else:
            incoming = self.gradient(node)
            self._collect(node, incoming, "backward")
        z, a = self.var[parent], self.var[node]
        slope = f"slope_{a}"
        name = {"sigmoid": "sigma"}.get(op.name, op.name)
        self.shown[slope] = ("'", name, *self.shown[z])
        found = formulas.formulas(op)["x"]
        tree = slope_of(found.tree)
        simple = not found.where
        right = ast.unparse(substituted(with_params(tree, node), {"x": ast.Name(z), "y": ast.Name(a)}))
        equation = self.add(slope, right, self._section(parent), shape=node.shape, call=node.layer)
        if not simple:
            equation.where = [(n, substituted(with_params(v, node), {"x": ast.Name(z), "y": ast.Name(a)})) for n, v in found.where]
        plan, saved, shape = node.plan, node.saved, node.shape
        if op.name not in ("tanh", "sigmoid", "relu", "exp", "sin", "cos"):
            assert plan is not None
            backward = plan.backward
            equation.value = lambda env: backward(np.ones(shape, np.asarray(env[a]).dtype), saved)[0]
        if len(parsed_terms(incoming)) > 1:
            incoming = f"({incoming})"
        self.pending[parent].append(f"{incoming} * {slope}" if "@" not in incoming else f"({incoming}) * {slope}")

    def _other_backward(self, node: Node) -> None:
        op, graph = node.op, self.graph
        assert op is not None
        if op.outputs > 1:
            for pick in [c for c in graph.consumers[node] if c.op is PICK]:
                self._collect(pick, self.gradient(pick), self._section(node), node.layer)
        else:
            self._collect(node, self.gradient(node), self._section(node))
        for place, parent in enumerate(node.parents):
            if parent is None:
                continue
            slot = op.inputs[0] if op.variadic else op.inputs[place]
            same = op.name == "add" and node.shape == parent.shape
            self.pending[parent].append(self.gradient(node) if same else (node, slot, place))
