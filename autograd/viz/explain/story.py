"""From a graph to the equations of its forward and backward pass, in the order in which a textbook writes them.

Every equation can be evaluated: that of a dense layer, an activation or a loss is the very expression that is printed; that of
another layer is the formula of its op, and its value is computed by the op's rule, which tests compare with the formula.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from ...engine.conform import unbroadcast
from ...engine.graph import PICK, Node
from ..trace import watching
from ..trace.naming import Names
from ..trace.values import saved_input
from . import formula as formulas
from .calls import Known
from .equation import Env, Equation
from .graph import Dense, Graph
from .source import names_in, substituted
from .symbols import Role, Symbol, Symbols
from .tellings import WRITTEN
from .terms import Put, leaf_name, options_of, parsed, parsed_terms, repeated_blocks, scaled, slope_of, with_params
from .told import Told, constant_of

# What an op's parameters are called, if not W and b.
_LETTERS = {"normalize": {"weight": "gamma", "bias": "beta"}, "rms_normalize": {"weight": "gamma"}, "prelu": {"weight": "alpha"}}
_EXACT = ("tanh", "sigmoid", "exp", "sin", "cos")  # activations whose printed expression computes the very value


class Story:
    """The equations of a graph.

    Attributes:
        equations: all, in an order in which they can be evaluated. symbols: how each key is written. of: each node's symbol.
        given: values of the leaves, inputs and targets by key. parameters: for each leaf its name and its two symbols, of the value
        and of the gradient. legend: (symbol, name, shape) of what is given. layers: how many there are. repeated: blocks whose
        equations are those of an earlier one, as (path, path of the earlier one).
    """

    def __init__(self, graph: Graph, names: Names) -> None:
        self.graph, self.names = graph, names
        self.symbols = Symbols()
        self.given: Env = {}
        self.equations: list[Equation] = []
        self.parameters: list[tuple[Node, str, Symbol, Symbol]] = []
        self.of: dict[Node, Symbol] = {}
        self.activation: dict[Node, Symbol] = {}
        self.legend: list[tuple[Symbol, str, tuple[int, ...]]] = []
        self.notes: list[str] = []
        self.layers = self.unknown = 0
        self.repeated = repeated_blocks(graph)
        self._told: dict[Node, Told] = {}
        self._slots: dict[Node, dict[str, ast.expr]] = {}
        self._local: dict[tuple[Node, str], tuple[Symbol, str]] = {}
        self._arrays: dict[int, tuple[Symbol, Any]] = {}
        self._letters = self._wanted_letters()
        self.loss_symbol = self.symbols.loss()
        self._forward()
        self._loss()
        self._backward()

    @property
    def shown(self) -> dict[str, tuple[str, ...]]:
        """How each key is written."""
        return self.symbols.shown

    # --------------------------------------------------------------------------------------------------------------- naming
    def _wanted_letters(self) -> dict[Node, str]:
        """What a telling calls the values that go into its op: Q, K and V."""
        wanted: dict[Node, str] = {}
        for node in self.graph.nodes:
            telling = Told(node).telling if node.op is not None and node.op is not PICK else None
            for slot, letter in (telling.letters if telling else {}).items():
                parent = node.parents[node.op.inputs.index(slot)]  # type: ignore[union-attr]
                if parent is not None:
                    wanted.setdefault(parent, letter)
        return wanted

    def _user_name(self, node: Node) -> str:
        """The name that the user has for a value, if it can be printed; a leaf of a module has a path, and none."""
        name = self.names.given.get(node) or (node.label() if node.plan is None else "") or ""
        if not name or name == "leaf":
            name = self._variable(node)
        return name if Symbols.usable(name) else ""

    def _variable(self, node: Node) -> str:
        """The variable that holds a value now, or that held it when ``watch`` saw it."""
        return self.names.variables.get(node) or watching.names.get(node, "")

    def leaf(self, node: Node, letter: str, layer: int = 0) -> Symbol:
        """The symbol of a leaf, made when it is first met. layer: the number of the layer that it is a parameter of; 0: of none."""
        if node in self.of:
            return self.of[node]
        name = "" if layer else self._user_name(node)
        symbol = self.symbols.new(Role.PARAMETER, name or letter, str(layer) if layer and not name else "")
        self._add_leaf(node, symbol)
        self.legend.append((symbol, self.parameters[-1][1], node.shape))
        return symbol

    def _add_leaf(self, node: Node, symbol: Symbol) -> None:
        self.of[node] = symbol
        self.given[symbol.key] = self.graph.values.get(node)
        name = leaf_name(node, self.names.given.get(node) or self.names.variables.get(node, ""), symbol)
        self.parameters.append((node, name, symbol, self.symbols.gradient(symbol)))

    def constant(self, array: Any, letter: str = "x", call: Any = None) -> Symbol:
        """The symbol of an array without a gradient: an input, a target, a mask."""
        known = self._arrays.get(id(array))
        if known is not None:
            return known[0]
        name = self.names.array(array) or ""
        symbol = self.symbols.new(Role.DATA, name if Symbols.usable(name) else letter)
        self._arrays[id(array)] = symbol, array
        self.given[symbol.key] = array
        if np.ndim(array) and not self.is_repeated(call):
            self.legend.append((symbol, "", np.shape(array)))
        return symbol

    def gradient(self, node: Node) -> Symbol:
        """The symbol of the gradient of a value: an error, for what goes into an activation."""
        return self.symbols.gradient(self.of[node])

    def add(self, symbol: Symbol, right: str | ast.expr | None, section: str, **more: Any) -> Equation:
        """An equation for a symbol."""
        tree = parsed(right) if isinstance(right, str) else right
        equation = Equation(symbol.key, ast.Name(symbol.key), tree, section, **more)
        equation.printed = not self.is_repeated(equation.call)
        self.equations.append(equation)
        return equation

    def is_repeated(self, call: Any) -> bool:
        """Whether a module call belongs to a block that is told with an earlier one."""
        path = str(call or "")
        return any(path == later or path.startswith(later + ".") for later, _ in self.repeated)

    # -------------------------------------------------------------------------------------------------------------- forward
    def _forward(self) -> None:
        graph = self.graph
        skipped = set(graph.loss.inner) if graph.loss else set()
        for found in graph.dense.values():
            skipped |= found.inner
        for node in graph.nodes:
            if node.op is None or node in skipped or node.op is PICK or self._is_alias(node):
                continue
            source = self.of.get(node.parents[0]) if node.parents and node.parents[0] is not None else None
            if node in graph.dense:
                self._dense_forward(graph.dense[node])
            elif graph.is_activation(node) and source is not None and source.role is Role.PREACTIVATION:
                self._activation_forward(node, source)
            else:
                self._other_forward(node)
        if graph.root.op is None:
            self._add_leaf_root(graph.root)

    def _add_leaf_root(self, root: Node) -> None:
        """A loss that is a leaf itself."""
        self.leaf(root, "w")

    def _dense_forward(self, d: Dense) -> None:
        self.layers += 1
        source = self._source(d.source, d)
        weight = self.leaf(d.weight, "W", self.layers).key
        bias = f" + {self.leaf(d.bias, 'b', self.layers).key}" if d.bias is not None else ""
        product = {
            "rows, weight (out, in)": f"{source} @ {weight}.T", "rows, weight (in, out)": f"{source} @ {weight}",
            "columns": f"{weight} @ {source}",
        }[d.form]  # fmt: skip
        symbol = self.of[d.node] = self._result(d.node, Role.PREACTIVATION, "z", str(self.layers))
        section = "loss" if d.node is self.graph.root else "forward"
        self.add(symbol, product + bias, section, shape=d.node.shape, call=d.node.layer, op="linear")

    def _result(self, node: Node, role: Role, letter: str, upper: str = "") -> Symbol:
        return self.loss_symbol if node is self.graph.root else self.symbols.new(role, letter, upper)

    def _source(self, node: Node | None, d: Dense) -> str:
        """The key of what a dense layer is applied to."""
        if node is None:
            direct = d.node.op is not None and d.node.op.name != "add"
            product = d.node if direct else next(n for n in d.inner if self.graph.op(n) == "matmul")
            return self.constant(saved_input(product, 1 if d.form == "columns" else 0)).key
        if node.op is None and node not in self.of:
            return self._input_leaf(node).key
        return self.of[node].key

    def _input_leaf(self, node: Node) -> Symbol:
        """An input that needs a gradient itself."""
        symbol = self.symbols.new(Role.DATA, self._user_name(node) or "x")
        self._add_leaf(node, symbol)
        self.legend.append((symbol, "" if self.parameters[-1][1] == symbol.text else self.parameters[-1][1], node.shape))
        return symbol

    def _activation_forward(self, node: Node, z: Symbol) -> None:
        op = node.op
        assert op is not None
        symbol = self.of[node] = self.activation[node] = self._result(node, Role.ACTIVATION, "a", z.upper)
        params = "".join(
            f", {k}={v!r}" for k, v in (node.params or {}).items() if isinstance(v, int | float) and v != op.defaults.get(k)
        )
        found = formulas.formulas(op)["y"]
        tree = found.tree if found.left is None and not found.where else None
        right: str | ast.expr = f"{op.name}({z.key}{params})"
        if op.name not in (*_EXACT, "relu") and tree is not None:
            right = substituted(with_params(tree, node), {"x": ast.Name(z.key)})
        values, source = node.params or {}, z.key
        value = None if op.name in _EXACT else lambda env: op(env[source], **values)
        self.add(symbol, right, "forward", shape=node.shape, call=node.layer, op=op.name, value=value)

    def _is_alias(self, node: Node) -> bool:
        """Whether a node is a parameter in another shape, which needs no symbol of its own."""
        parent = node.parents[0] if node.parents else None
        if self.graph.op(node) not in ("reshape", "view", "unsqueeze", "squeeze") or parent is None or parent.op is not None:
            return False
        return self.graph.is_parameter(parent) and node is not self.graph.root

    def _operand(self, node: Node, i: int, layer: int) -> ast.expr | None:
        """What a node's formula calls its operand number i; None for one that the call had not."""
        op = node.op
        assert op is not None
        parent = node.parents[i]
        slot = op.inputs[0] if op.variadic else op.inputs[i]
        if parent is not None and self._is_alias(parent):
            parent = parent.parents[0]
        if parent is None:
            array = constant_of(node, i)
            if array is None:
                if op.variadic or i >= op.required:
                    return None
                self.unknown += 1  # no rule needed it, so the graph has not saved it
                return ast.Name(self.symbols.new(Role.UNKNOWN, "c").key)
            if not np.ndim(array):
                return ast.Constant(np.asarray(array).item())
            dropout = "Dropout" in getattr(node.layer, "kind", "")
            letter = "mask" if dropout else slot if slot in ("h0", "c0", "mask") else "x"
            return ast.Name(self.constant(array, letter, node.layer).key)
        if parent.op is None and parent not in self.of:
            if not self.graph.is_parameter(parent):
                return ast.Name(self._input_leaf(parent).key)
            given = {"weight": "W", "bias": "b"}.get(slot, "W" if len(parent.shape) > 1 else "b")
            letter = _LETTERS.get(op.name, {}).get(slot, given) if layer else "w"
            return ast.Name(self.leaf(parent, letter, layer).key)
        return ast.Name(self.of[parent].key)

    def _other_forward(self, node: Node) -> None:
        op, graph = node.op, self.graph
        assert op is not None
        told = self._told[node] = Told(node)
        parents = [p.parents[0] if p is not None and self._is_alias(p) else p for p in node.parents]
        leaves = [p for p in parents if p is not None and p.op is None and graph.is_parameter(p)]
        in_module = any("." in leaf.label() for leaf in leaves) or bool(node.layer)
        numbered = bool(leaves) and (in_module or not op.elementwise) and op.name not in ("add", "mul", "sum", "mean")
        if numbered and not (op.elementwise and not in_module):
            self.layers += 1
        layer = self.layers if numbered else 0
        slots: dict[str, ast.expr] = {}
        for i in range(len(node.parents)):
            known = self._operand(node, i, layer)
            if known is None:
                continue
            if op.variadic:
                slots.setdefault(op.inputs[0], ast.Tuple([], ast.Load())).elts.append(known)  # type: ignore[attr-defined]
            else:
                slots[op.inputs[i]] = known
        self._slots[node] = slots
        picks = self._picks(node)
        self._name_results(node, told, picks, layer)
        self._write_forward(node, told, picks)

    def _picks(self, node: Node) -> dict[int, Node]:
        """Of an op with several outputs, the node of each output that is used."""
        if node.op is None or node.op.outputs == 1:
            return {}
        return {c.saved[0]: c for c in self.graph.consumers[node] if c.op is PICK and c.saved}

    def _name_results(self, node: Node, told: Told, picks: dict[int, Node], layer: int) -> None:
        op, slots = node.op, self._slots[node]
        assert op is not None
        dense = layer and not op.elementwise and op.outputs == 1 and op.name not in ("embedding", "gru", "rnn")
        for i, target in picks.items() if op.outputs > 1 else [(0, node)]:
            own = self.names.given.get(target) or self._variable(target)
            letter = own or self._letters.get(target, "") or ("" if i == 0 else self._output(told, i))
            if target is self.graph.root:
                self.of[target] = self.loss_symbol
            elif dense:
                self.of[target] = self.symbols.new(Role.PREACTIVATION, "z", str(layer))
            else:
                usable = letter if Symbols.usable(letter) else ""
                upper = str(layer) if layer and told.telling is not None and not usable else ""
                self.of[target] = self.symbols.new(Role.HIDDEN, usable or "h", upper)
        if op.outputs == 1:
            slots["y"] = ast.Name(self.of[node].key)
            return
        for i in range(op.outputs):
            if i in picks:
                slots[f"y[{i}]"] = ast.Name(self.of[picks[i]].key)
                slots[told.outputs[i] if i < len(told.outputs) else f"y_{i}"] = slots[f"y[{i}]"]

    @staticmethod
    def _output(told: Told, i: int) -> str:
        return told.outputs[i] if i < len(told.outputs) else ""

    def _write_forward(self, node: Node, told: Told, picks: dict[int, Node]) -> None:
        graph, op = self.graph, node.op
        assert op is not None
        targets = list(picks.values()) if op.outputs > 1 else [node]
        if not targets:
            return
        self._options(node, told)
        section = "loss" if graph.root in targets else "forward"
        equation = self._write(node, told, "y", self.of[targets[0]], section, targets[0].shape, targets)
        equation.params = options_of(node)
        for target in targets[1:]:
            self.given[self.of[target].key] = graph.values.get(target)
        array = graph.values.get(targets[0])
        equation.value = lambda env: array

    def _options(self, node: Node, told: Told) -> None:
        """Masks that an option of a call stands for, as symbols of the legend."""
        slots = self._slots[node]
        if told.drop is not None:
            slots["drop"] = ast.Name(self.constant(told.drop, "mask", node.layer).key)
        if told.causal and told.telling is not None:
            symbol = self.symbols.new(Role.DATA, "M")
            self.legend.append((symbol, "causal mask", told.call.shapes[0] or ()))
            slots["M"] = ast.Name(symbol.key)
        if told.telling is not None:
            self.notes += [note for note in told.telling.notes if note not in self.notes]

    # ---------------------------------------------------------------------------------------------------- equations of an op
    def _write(
        self, node: Node, told: Told, which: str, symbol: Symbol, section: str, shape: Any, targets: list[Node] | None = None
    ) -> Equation:
        """The equations of an op's value or of one of its gradients: its definitions, and last the equation of a symbol."""
        lines = told.lines(which)
        common: dict[str, Any] = {"call": node.layer, "op": node.op.name if node.op else ""}
        if not lines:
            return self.add(symbol, None, section, shape=shape, **common)
        names = self._names(node, which, symbol)
        scalars = frozenset(told.scalars)
        for left, right in lines[:-1]:
            assert left is not None
            self._define(node, left, right, names, section, scalars | {"d_k"}, common)
        left, right = lines[-1]
        equation = self.add(symbol, self._put(right, names, symbol), section, shape=shape, scalars=scalars | {"d_k"}, **common)
        equation.indexed = told.indexed(which)
        if left is not None:
            equation.left = self._put(left, names, symbol)
            if isinstance(equation.left, ast.Tuple) and targets:
                equation.left.elts = [ast.Name(self.of[t].key) for t in targets]
        return equation

    def _names(self, node: Node, which: str, symbol: Symbol) -> dict[str, ast.expr]:
        """What stands in a graph for the names in an op's formulas."""
        op = node.op
        assert op is not None
        names = dict(self._slots[node])
        if which != "y":
            picks = self._picks(node)
            if op.outputs > 1:
                for i in range(op.outputs):
                    names[f"g[{i}]"] = ast.Name(self.gradient(picks[i]).key) if i in picks else ast.Constant(0)
                names["g"] = names["g[0]"]
            else:
                names["g"] = ast.Name(self.gradient(node).key)
            for i, parent in enumerate(node.parents):
                slot = op.inputs[0] if op.variadic else op.inputs[i]
                if parent is not None and parent in self.of:
                    names[f"d({slot})"] = ast.Name(self.gradient(parent).key)
            names[f"d({which})"] = ast.Name(symbol.key)
        for (owner, letter), (local, _) in self._local.items():
            if owner is node:
                names[letter] = ast.Name(local.key)
        return names

    def _put(self, tree: ast.expr, names: dict[str, ast.expr], symbol: Symbol) -> ast.expr:
        made: ast.expr = Known().visit(Put(names, ast.Name(symbol.key)).visit(deepcopy(tree)))
        return made

    def _define(
        self,
        node: Node,
        left: ast.expr,
        right: ast.expr,
        names: dict[str, ast.expr],
        section: str,
        scalars: frozenset[str],
        common: dict[str, Any],
    ) -> None:
        """The equation of a letter that the op's own formulas use; one that was told already is not told again."""
        meaning = ast.dump(right)
        inner = left.value if isinstance(left, ast.Subscript) else left
        letters = names_in(inner) if not isinstance(inner, ast.Call) else []
        for letter in letters:
            known = self._local.get((node, letter))
            if known is not None and known[1] == meaning:
                return
            if letter in self._slots[node]:
                continue
            upper = next((s.upper for p in node.parents if p is not None and (s := self.of.get(p)) and s.upper), "")
            own = "" if letter == "d_k" else upper if Told(node).telling else ""
            if letter == "d_k" and "d_k" in self.symbols.by_key:
                names[letter] = ast.Name("d_k")
                return
            symbol = (
                self.symbols.count("d_k") if letter == "d_k" else self.symbols.new(Role.LOCAL, WRITTEN.get(letter, letter), own)
            )
            self._local[node, letter] = symbol, meaning
            names[letter] = ast.Name(symbol.key)
        key = f"{ast.unparse(left)} of {len(self.equations)}"
        placed = self._put(left, names, self.loss_symbol)
        equation = Equation(key, placed, self._put(right, names, self.loss_symbol), section, None, scalars, defines=True, **common)
        equation.printed = not self.is_repeated(node.layer) and not (letters == [] and self._said(placed, equation))
        self.equations.append(equation)

    def _said(self, left: ast.expr, equation: Equation) -> bool:
        text = ast.dump(left)
        return any(ast.dump(e.left) == text and e.op == equation.op for e in self.equations)

    # ----------------------------------------------------------------------------------------------------------------- loss
    def _loss(self) -> None:
        graph, loss = self.graph, self.graph.loss
        self.pending: dict[Node, list[str | tuple[Node, str, int]]] = {node: [] for node in graph.nodes}
        if loss is None:
            self.pending[graph.root].append("1")
            return
        a = self.of[loss.prediction]
        y = self.constant(loss.target, "y").key
        self.count = self.symbols.count("n")
        self.given[self.count.key] = len(loss.target) if loss.kind == "cross entropy" else loss.target.size
        over = self.count.key if loss.mean else ""
        p = a.key
        if loss.kind in ("cross entropy", "bce of logits"):
            symbol = self.symbols.new(Role.HIDDEN, "p")
            right = f"{'softmax' if loss.kind == 'cross entropy' else 'sigmoid'}({a.key})"
            self.add(symbol, right, "loss", shape=loss.prediction.shape)
            p = symbol.key
        losses, error = {
            "square": (f"sum(({p} - {y}) ** 2)", f"2 * ({p} - {y})"),
            "cross entropy": (f"-sum({y} * log({p}))", f"{p} - {y}"),
            "bce": (f"-sum({y} * log({p}) + (1 - {y}) * log(1 - {p}))", f"({p} - {y}) / ({p} * (1 - {p}))"),
            "bce of logits": (f"-sum({y} * log({p}) + (1 - {y}) * log(1 - {p}))", f"{p} - {y}"),
        }[loss.kind]
        self.add(self.loss_symbol, scaled(losses, loss.factor, over), "loss", shape=(), scalars=frozenset({self.count.key}))
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
            elif node in graph.dense:
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
        last = loss is not None and (node is loss.prediction or node is self._before(loss.prediction))
        return "error" if last else "backward"

    def _before(self, node: Node) -> Node | None:
        return node.parents[0] if node in self.activation else None

    def _collect(self, node: Node, symbol: Symbol, section: str, call: Any = None) -> None:
        """The equation of a gradient: the sum of all contributions."""
        parts = self.pending[node]
        if len(parts) == 1 and not isinstance(parts[0], str):
            self._contribution(node, parts[0], symbol, section)
            return
        terms = []
        for number, part in enumerate(parts, 1):
            if isinstance(part, str):
                terms.append(part)
                continue
            one = self.symbols.gradient(self.of[node], number)
            self._contribution(node, part, one, section)
            terms.append(one.key)
        scalars = frozenset({self.count.key}) if self.graph.loss else frozenset()
        right = " + ".join(terms) or "0"
        equation = self.add(symbol, right, section, shape=node.shape, call=call or node.layer, scalars=scalars)
        if terms == ["1"]:  # where the pass begins: in the precision of the loss
            equation.value = lambda env: np.ones(node.shape, node.dtype)

    def _contribution(self, node: Node, part: tuple[Node, str, int], symbol: Symbol, section: str) -> None:
        """What one consumer gives to a node, by the rule of its op."""
        consumer, slot, place = part
        equation = self._write(consumer, self._told[consumer], slot, symbol, section, node.shape)
        equation.value = self._rule(consumer, place, node.shape)
        equation.params = options_of(consumer)

    def _rule(self, consumer: Node, place: int, shape: Any) -> Callable[[Env], Any]:
        plan, saved = consumer.plan, consumer.saved
        whole = consumer.parents[place].shape  # type: ignore[union-attr]
        assert plan is not None
        if consumer.op is not None and consumer.op.outputs > 1:
            picks = self._picks(consumer)
            keys = [self.gradient(picks[i]).key if i in picks else None for i in range(consumer.op.outputs)]

            def of_several(env: Env) -> Any:
                g = tuple(np.zeros(*layout) if key is None else env[key] for key, layout in zip(keys, consumer.layout, strict=True))
                return unbroadcast(np.asarray(plan.backward(g, saved)[place]), whole).reshape(shape)

            return of_several
        key = self.gradient(consumer).key
        return lambda env: unbroadcast(np.asarray(plan.backward(env[key], saved)[place]), whole).reshape(shape)

    def _dense_backward(self, d: Dense) -> None:
        symbol = self.gradient(d.node)
        self._collect(d.node, symbol, self._section(d.node))
        key, weight, source = symbol.key, self.of[d.weight].key, self._source(d.source, d)
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
            incoming = self.gradient(node).key
            self._collect(node, self.gradient(node), "backward")
        z, a = self.of[parent], self.of[node]
        symbol = self.symbols.slope(z, {"sigmoid": "sigma"}.get(op.name, op.name), a)
        found = formulas.formulas(op)["x"]
        put: dict[str, ast.expr] = {"x": ast.Name(z.key), "y": ast.Name(a.key)}
        for name, value in reversed(found.where):
            put[name] = substituted(with_params(value, node), put)
        right = substituted(with_params(slope_of(found.tree), node), put)
        equation = self.add(symbol, right, self._section(parent), shape=node.shape, call=node.layer)
        plan, saved, shape, key = node.plan, node.saved, node.shape, a.key
        if op.name not in (*_EXACT, "relu"):
            assert plan is not None
            backward = plan.backward
            equation.value = lambda env: backward(np.ones(shape, np.asarray(env[key]).dtype), saved)[0]
        if len(parsed_terms(incoming)) > 1 or "@" in incoming:
            incoming = f"({incoming})"
        self.pending[parent].append(f"{incoming} * {symbol.key}")

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
            self.pending[parent].append(self.gradient(node).key if same else (node, slot, place))


__all__ = ["Story"]
