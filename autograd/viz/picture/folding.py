"""Folding: the boxes and edges of a picture, after modules are folded into single boxes and repeated modules are drawn once.

A module call is an interval of the tape, so a graph in which some calls are single boxes has no cycle. A run of sibling calls of
the same kind and the same inner structure is drawn once: each node of a later call is represented by its counterpart in the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...engine.graph import PICK
from ..trace.tape import CallInfo, Operand, Trace, TraceNode

FEWEST = 3  # so many equal siblings in a row are rolled up; two are easier to read side by side


@dataclass(slots=True)
class Box:
    """A box of the picture.

    Attributes:
        id: its number: first come the nodes, with their own, then the calls, then the constants.
        kind: op, leaf, constant or call. node, call: the node or call that it shows. cluster: the open call around it.
        outputs: of a closed call, the nodes that are used outside. parameters: how many numbers the module learns.
        bytes: the memory that it holds for backward, of all repeats together.
    """

    id: int
    kind: str
    node: int | None = None
    call: int | None = None
    cluster: int | None = None
    outputs: dict[int, None] = field(default_factory=dict)
    parameters: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Edge:
    """From the box of an operand to the box of the node that used it: tape node ``node``, its operand number ``operand``."""

    source: int
    target: int
    node: int
    operand: int


@dataclass(slots=True)
class Run:
    """Calls drawn as one: the label of the first and of the last, and how many there are."""

    first: str
    last: str
    times: int


@dataclass
class Scene:
    """Boxes by id, edges in tape order, open calls (id -> the open call around it, or None), and the runs by their first call."""

    trace: Trace
    boxes: dict[int, Box]
    edges: list[Edge]
    clusters: dict[int, int | None]
    runs: dict[int, Run]


def fold(
    trace: Trace,
    depth: int | None = None,
    roll: bool = True,
    constants: bool = False,
    closed: Callable[[CallInfo], bool] = lambda call: False,
    inputs: frozenset[int] = frozenset(),
    parameters: bool = True,
) -> Scene:
    """Decide what is drawn.

    Args:
        depth: calls nested so deep and deeper are single boxes: with 1 the outermost are open, what they call is boxes. None folds
            nothing.
        roll: draw a run of equal siblings once.
        constants: whether arrays without a gradient are boxes too.
        closed: which calls are single boxes whatever the depth.
        inputs: leaves that belong to no module. parameters: whether leaves show that only single boxes use, and are named after.
    """
    tree = _Tree(trace, inputs)
    rolled = _Rolled(tree) if roll else None
    shut: list[int | None] = []  # the outermost closed call around each call, itself included
    for call, level in zip(trace.calls, tree.level, strict=True):
        above = shut[call.parent] if call.parent is not None else None
        shut.append(above if above is not None else call.id if (depth is not None and level >= depth) or closed(call) else None)
    scene = _Folder(trace, tree, rolled, shut).scene(constants)
    if not parameters:
        _without_parameters(scene, inputs)
    return scene


def _without_parameters(scene: Scene, inputs: frozenset[int]) -> None:
    """Take out the leaves that belong to one closed module, also if several calls of that module use them."""
    calls, boxes = scene.trace.calls, scene.boxes
    users: dict[int, list[Box]] = defaultdict(list)
    for e in scene.edges:
        users[e.source].append(boxes[e.target])
    gone = set()
    for id_, box in boxes.items():
        if box.kind == "leaf" and id_ not in inputs:
            name = scene.trace.nodes[id_].name
            if all(u.call is not None and name.startswith(calls[u.call].path + ".") for u in users[id_]):
                gone.add(id_)
    for id_ in gone:
        del boxes[id_]
    scene.edges = [e for e in scene.edges if e.source not in gone]


class _Tree:
    """The calls as a tree, and which call each node lies in; a leaf lies in the call that its name says it belongs to."""

    def __init__(self, trace: Trace, inputs: frozenset[int]) -> None:
        self.trace, self.inputs = trace, inputs
        calls = trace.calls
        self.children: dict[int | None, list[int]] = defaultdict(list)
        self.level: list[int] = []
        for call in calls:  # callers come first
            self.children[call.parent].append(call.id)
            self.level.append(0 if call.parent is None else self.level[call.parent] + 1)
        self._number()
        self.home: list[int | None] = [node.call for node in trace.nodes]
        if calls:
            self._settle_leaves()

    def _number(self) -> None:
        """Numbers that tell whether a call lies in another: it does if its first lies between the other's two."""
        self.enter = [0] * len(self.trace.calls)
        self.leave = [0] * len(self.trace.calls)
        count = 0
        stack: list[tuple[int, bool]] = [(c, False) for c in reversed(self.children[None])]
        while stack:
            call, done = stack.pop()
            if done:
                self.leave[call] = count
                continue
            self.enter[call] = count
            count += 1
            stack.append((call, True))
            stack.extend((c, False) for c in reversed(self.children[call]))

    def within(self, call: int | None, outer: int) -> bool:
        return call is not None and self.enter[outer] <= self.enter[call] < self.leave[outer]

    def common(self, a: int | None, b: int | None) -> int | None:
        """The innermost call around both."""
        while a != b and a is not None and b is not None:
            if self.level[a] >= self.level[b]:
                a = self.trace.calls[a].parent
            else:
                b = self.trace.calls[b].parent
        return a if a == b else None

    def _settle_leaves(self) -> None:
        users: dict[int, int | None] = {}
        nodes, calls = self.trace.nodes, self.trace.calls
        for node in nodes:
            for operand in node.operands:
                leaf = operand.node
                if leaf is not None and nodes[leaf].op is None:
                    users[leaf] = self.common(users[leaf], node.call) if leaf in users else node.call
        for leaf, user in users.items():
            name, call = nodes[leaf].name, None if leaf in self.inputs else user
            while call is not None:
                path = calls[call].path
                if name.startswith(path + ".") if path else name != "leaf" and ("." in name or call == user):
                    break
                call = calls[call].parent
            self.home[leaf] = call


class _Rolled:
    """The runs of repeated calls, and for each node of a later call its counterpart in the first call of the run."""

    def __init__(self, tree: _Tree) -> None:
        self.tree, self.trace = tree, tree.trace
        self.alias: dict[int, tuple[int, int, int]] = {}  # node -> (the run's first call, its place in the run, its counterpart)
        self.runs: dict[int, Run] = {}
        self.gone: set[int] = set()  # calls that are drawn as the first of their run
        nodes = self.trace.nodes
        self.ops = [n.id for n in nodes if n.op is not None]
        self.before = [0] * (len(nodes) + 1)  # how many ops have a smaller id
        for i, node in enumerate(nodes):
            self.before[i + 1] = self.before[i] + (node.op is not None)
        stack: list[int | None] = [None]
        while stack:
            parent = stack.pop()
            children = tree.children.get(parent, [])
            self._find(children)
            stack.extend(c for c in children if c not in self.gone)

    def _find(self, children: list[int]) -> None:
        calls = self.trace.calls
        i = 0
        while i < len(children):
            first = calls[children[i]]
            members: list[tuple[CallInfo, dict[int, int]]] = []
            previous = first
            while i + len(members) + 1 < len(children):
                call = calls[children[i + len(members) + 1]]
                if self.before[call.first] != self.before[previous.last + 1]:
                    break  # another op was recorded between the two calls
                pairs = self._same(first, call)
                if pairs is None:
                    break
                members.append((call, pairs))
                previous = call
            if len(members) + 1 < FEWEST:
                i += 1
                continue
            self.runs[first.id] = Run(first.label, previous.label, len(members) + 1)
            for position, (call, pairs) in enumerate(members, 1):
                self.gone.add(call.id)
                for node, counterpart in pairs.items():
                    self.alias[node] = (first.id, position, counterpart)
            i += len(members) + 1

    def _same(self, first: CallInfo, other: CallInfo) -> dict[int, int] | None:
        """The counterparts of the other call's nodes in the first, or None if they differ in structure."""
        ours, theirs = self._ops_of(first), self._ops_of(other)
        if first.kind != other.kind or len(ours) != len(theirs):
            return None
        nodes, tree = self.trace.nodes, self.tree
        pairs: dict[int, int] = {}
        calls = {other.id: first.id}
        for a, b in zip((nodes[i] for i in ours), (nodes[i] for i in theirs), strict=True):
            if a.op != b.op or a.shape != b.shape or len(a.operands) != len(b.operands) or not self._same_call(a, b, calls):
                return None
            for p, q in zip(a.operands, b.operands, strict=True):
                inside_a = p.node is not None and tree.within(tree.home[p.node], first.id)
                inside_b = q.node is not None and tree.within(tree.home[q.node], other.id)
                if inside_a != inside_b:
                    return None
                if not inside_b:
                    continue
                assert p.node is not None
                assert q.node is not None
                if q.node in pairs:
                    if pairs[q.node] != p.node:
                        return None
                elif nodes[q.node].op is None and nodes[p.node].op is None and nodes[q.node].shape == nodes[p.node].shape:
                    pairs[q.node] = p.node
                else:
                    return None
            pairs[b.id] = a.id
        return pairs

    def _ops_of(self, call: CallInfo) -> list[int]:
        return self.ops[self.before[call.first] : self.before[call.last + 1]]

    def _same_call(self, a: TraceNode, b: TraceNode, known: dict[int, int]) -> bool:
        calls = self.trace.calls
        x, y = a.call, b.call
        while y is not None and y not in known:
            if x is None or calls[x].kind != calls[y].kind:
                return False
            known[y] = x
            x, y = calls[x].parent, calls[y].parent
        return y is not None and known[y] == x

    def resolve(self, node: int) -> int:
        while node in self.alias:
            node = self.alias[node][2]
        return node

    def places(self, node: int) -> dict[int, int]:
        """For each run that the node is in, its place there."""
        positions: dict[int, int] = {}
        while node in self.alias:
            run, position, node = self.alias[node]
            positions[run] = position
        call = self.tree.home[node]
        while call is not None:
            if call in self.runs:
                positions.setdefault(call, 0)
            call = self.trace.calls[call].parent
        return positions

    def drawn(self, source: int, node: int) -> bool:
        """Whether an edge shows: not from one member of a run to another, and not within a later one."""
        a, b = self.places(source), self.places(node)
        return not any(b.get(run, position) != position or (run in b and position) for run, position in a.items())


class _Folder:
    """Puts nodes into boxes."""

    def __init__(self, trace: Trace, tree: _Tree, rolled: _Rolled | None, shut: list[int | None]) -> None:
        self.trace, self.tree, self.shut = trace, tree, shut
        self.rolled = rolled if rolled is not None and rolled.runs else None
        self.boxes: dict[int, Box] = {}
        self.edges: list[Edge] = []

    def scene(self, constants: bool) -> Scene:
        nodes, rolled, home, shut = self.trace.nodes, self.rolled, self.tree.home, self.shut
        after = len(nodes)
        where: list[int] = []  # the box of each node
        single = self._single_outputs()
        for node in nodes:
            shown = node.id if rolled is None else rolled.resolve(node.id)
            if node.id in single:
                # An output is drawn as its op's box, which shows the output's shape.
                at = where[single[node.id]]
                where.append(at)
                if self.boxes[at].kind == "op":
                    self.boxes[at].node = shown
                continue
            call = home[shown]
            closed = shut[call] if call is not None else None
            id_ = shown if closed is None else after + closed
            where.append(id_)
            box = self.boxes.get(id_)
            if box is None:
                if closed is None:
                    box = Box(id_, "leaf" if node.op is None else "op", shown, None, call)
                else:
                    box = Box(id_, "call", None, closed, self.trace.calls[closed].parent)
                self.boxes[id_] = box
            box.bytes += node.bytes
            if node.op is None:
                box.parameters += _size(node.shape)
        seen: set[tuple[int, int, int]] = set()
        for node, operand, number in self._operands():
            source = operand.node
            if source is None:
                if constants and operand.constant is not None:
                    self._constant(operand.constant, node, where[node.id], number, seen)
                continue
            a, b = where[source], where[node.id]
            if a != b and a >= after and home[source] is not None and nodes[source].op is not None:
                self.boxes[a].outputs[source] = None
            if (a == b and (a >= after or node.id in single)) or (rolled is not None and not rolled.drawn(source, node.id)):
                continue
            if rolled is not None or a >= after or b >= after:
                key = (a, b, -1 if a >= after or b >= after else number)
                if key in seen:
                    continue
                seen.add(key)
            self.edges.append(Edge(a, b, node.id, number))
        root = self.boxes[where[self.trace.loss]]
        if root.kind == "call":
            root.outputs[self.trace.loss] = None
        return Scene(self.trace, self.boxes, self.edges, self._clusters(), rolled.runs if rolled is not None else {})

    def _single_outputs(self) -> dict[int, int]:
        """Of ops with several outputs of which one is used: that output -> the op."""
        used: dict[int, list[int]] = defaultdict(list)
        for node in self.trace.nodes:
            if node.rule is PICK:
                parent = node.operands[0].node
                assert parent is not None
                used[parent].append(node.id)
        return {outputs[0]: op for op, outputs in used.items() if len(outputs) == 1}

    def _operands(self) -> Iterator[tuple[TraceNode, Operand, int]]:
        for node in self.trace.nodes:
            for number, operand in enumerate(node.operands):
                yield node, operand, number

    def _constant(self, id_: int, node: TraceNode, target: int, number: int, seen: set[tuple[int, int, int]]) -> None:
        constant = self.trace.constants[id_]
        after = len(self.trace.nodes)
        # An array without a name that is not an op's first operand, such as a mask, belongs to the module, and is drawn inside it.
        own = constant.inside or (constant.unnamed and node.call is not None and number > 0)
        if target >= after and own:
            return
        source = after + len(self.trace.calls) + id_
        key = (source, target, -1 if target >= after else number)
        if key in seen:
            return
        seen.add(key)
        if source not in self.boxes:
            self.boxes[source] = Box(source, "constant", None, None, node.call if own else None)
        self.edges.append(Edge(source, target, node.id, number))

    def _clusters(self) -> dict[int, int | None]:
        outer: dict[int, int | None] = {}
        for box in self.boxes.values():
            call = box.cluster
            while call is not None and call not in outer:
                outer[call] = self.trace.calls[call].parent
                call = outer[call]
        return dict(sorted(outer.items()))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


__all__ = ["Box", "Edge", "Run", "Scene", "fold"]
