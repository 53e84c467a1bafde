"""A trace as one HTML file: data, style and script are inside, nothing is fetched, and names are never read as markup.

The data is JSON, in a compact form because a picture of a few thousand nodes should stay below three megabytes:

    {"version": 1, "title": str, "dtype": str, "loss": id, "freed": bool, "architecture": bool, "order": [ids], "dropped": [str],
     "nodes": [{"name": str, "op": str or absent for a leaf, "call": id, "in": [OPERAND], "shape": [..], "dtype": if not the usual,
                "value": ARRAY, "grad": ARRAY, "version": int, "source": index, "bytes": int, "params": str, "variable": str,
                "inner": true if a gradient made it,
                "pick": which output of an op with several it is,
                "called": what formulas call it, if that is no other node's name, "formula": index, "code": index,
                "gates": [GATE], "points": POINTS}],
     "constants": [{"name": str, "shape": [..], "dtype": str, "value": ARRAY, "call": id, "inside": true}],
     "calls": [{"id", "path", "label", "kind", "parent", "first", "last", "parameters"}],
     "sources": [[file, line, code]], "words": {key: sentence}, "formulas": [{"y" or an input's name: EQUATION}],
     "codes": [[C of the op, C of its gradient]],
     "laboratory": see ``laboratory``, "exercise": {"hide", "answers"} or absent,
     "moments": [MOMENT], the first of which is the trace itself, "changes": {"0-1": {"change" or "gradient change": [share]}},
     "findings": [{"title", "severity", "layer", "evidence", "advice", "node": id or null, "moment": index}]}; absent with one trace

    MOMENT   {"label": str, "values": [ARRAY], "grads": [ARRAY], "constants": [ARRAY], "parts": {node: [ARRAY]}, "fixed": {node:
             [ARRAY]}, "pictures": {node: {"gates", "points"}}}: parts are the contributions to each operand, fixed the values of
             plain numbers; of the first the label only

    OPERAND  {"name": str, "node": id | "constant": id | "text": str, "value": ARRAY, "c": ARRAY, "summed": [axes]}
             c, the contribution, is true where it is all of the operand's gradient
    EQUATION {"text": [lines], "math": [MathML as lists], "uses": [letters of arrays], "own": [letters of definitions],
             "notes": [[word, what it means]], "outputs": [names of several outputs]};
             letters stand between ‹ and ›, or in data-letter, and the page puts names in their place
    ARRAY    a number for an array of one element, else
             {"s": [min, max, mean, std, norm, share of zeros, nans, infinities], "h": LEVELS of the histogram,
              "n": [rows, columns], "d": [numbers] or "q": LEVELS with "m": the largest magnitude, "part": true if a sample,
              "maps": {"n": [how many, rows, columns], "m", "q"} of images, filters and heads}
    GATE     {"name": letter, "value": MAPS, "grad": MAPS or absent, "units", "times"}; MAPS as "maps" above, one for each sequence,
             with "opens": true where they hold 2 v - 1 for a v from 0 to 1
    POINTS   {"labels": [row], "used": [row], "at": [x, y, ...], "grad": [x, y, ...], "share": of the variance, "rows"}
    LEVELS   a character per value, of ALPHABET: 0..62 for -1..1 under a square root's scale, "_" for nan and infinity

What is absent is null, zero or empty; JSON's missing numbers (nan, infinity) are strings.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import combinations
from string import Template
from typing import Any

import numpy as np

from ...engine.graph import PICK
from ...errors import describe
from ..explain.calls import Call, lettered
from ..trace.moments import change
from ..trace.naming import called
from ..trace.stats import CHANNELS, SMALL, ArraySummary, number, thinned
from ..trace.tape import Operand, Trace, TraceNode, picked
from .laboratory import laboratory
from .pictures import TIMES, UNITS, Gate, gates, points
from .words import words

SCRIPTS = tuple(  # each imports only earlier ones
    f"{name}.js"
    for name in (
        "dom",
        "format",
        "ndarray",
        "numbers",
        "matrices",
        "indices",
        "moves",
        "places",
        "special",
        "language",
        "layout",
        "wrap",
        "data",
        "exercise",
        "words",
        "names",
        "formulas",
        "draw",
        "arrays",
        "moments",
        "pictures",
        "lab",
        "panel",
        "table",
        "labview",
        "page",
    )
)
HIDDEN = (None, "gradients", "values")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GRIDS: tuple[tuple[int, int] | None, ...] = ((16, 24), (8, 12), (4, 6), None)


def page(
    trace: Trace, title: str = "backpropagation", max_bytes: int | None = 3_000_000, language: str = "en", optimizer: Any = None,
    hide: str | None = None, answers: bool = False, moments: Sequence[tuple[str, Trace]] = (), findings: Sequence[Any] = (),
    compiled: Any = None,
) -> str:  # fmt: skip
    """The page's HTML.

    Args:
        trace: the recorded backward pass. title: of the page. moments: several traces of one graph with their labels, of which
            ``trace`` is the first. findings: of the doctor, as the schema above has them.
        max_bytes: where the page would be larger, it shows coarser samples of values and gradients, or none, and says so.
        language: "en" or "zh". optimizer: whose step the laboratory makes; gradient descent without one.
        hide: "gradients" or "values": an exercise, in which the reader works them out. answers: show them beside the fields.
        compiled: a compiled step, whose C is shown beside the equations of its ops.

    Raises:
        ValueError: a language that the page does not speak, or something that cannot be hidden.
    """
    said = words(language)
    if hide not in HIDDEN:
        raise ValueError(f"hide must be 'gradients', 'values' or None, not {hide!r}")
    script, style = bundled(SCRIPTS), _LAYOUT.sub("", asset("page.css"))
    template = Template(_WORD.sub(lambda match: escape(said[match[1]]), asset("template.html")))
    table = _table(trace, said) if hide is None else ""
    budget = None if max_bytes is None else max_bytes - len(script) - len(style) - len(table) - len(template.template)
    made = to_json(trace, title, budget, language, optimizer, moments, compiled)
    if moments:
        made["findings"] = list(findings)
    if hide:
        for node in made["nodes"]:  # they would tell what is asked
            node.pop("gates", None), node.pop("points", None)
        made.update(exercise={"hide": hide, "answers": answers}, laboratory={"without": ["exercise"]})
    html = template.substitute(
        lang="zh-CN" if language == "zh" else language,
        title=escape(title),
        style=style,
        script=script,
        style_hash=policy_hash(style),
        script_hash=policy_hash(script),
        json=_sealed(made) if hide else _inert(made),
        table=table,
    )
    # Half of a surrogate pair, which a Python string may hold, is in no encoding.
    return html.encode("utf-8", "replace").decode("utf-8")


_WORD = re.compile(r"\{([a-z ]+)\}")  # in the template: a sentence in the page's language


def asset(name: str) -> str:
    """One of the files of which a page is made."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def bundled(names: tuple[str, ...]) -> str:
    """JavaScript modules as one script: a file that is opened from a disk may load no modules, so theirs are put together here.

    Args:
        names: files of this folder, each after those that it imports. All their top-level names share one scope.
    """
    parts = [_EXPORT.sub("", _IMPORT.sub("", asset(name))) for name in names]
    text = "".join(parts)
    return '(() => {\n"use strict";\n' + _LAYOUT.sub("", text) + "})();\n"


_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.js";\n', re.MULTILINE)
_LAYOUT = re.compile(r"^(?: *//.*\n| +|\n)", re.MULTILINE)  # comments and indentation, which a page does not need
_EXPORT = re.compile(r"^export (?=function |const |class )", re.MULTILINE)


def policy_hash(text: str) -> str:
    """What the policy of a page allows: the hash of its script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _dumps(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sealed(data: Any) -> str:
    """The data of an exercise, so that who looks at the file's text does not read the answers by chance."""
    return base64.b64encode(bytes(b ^ 0x5A for b in _dumps(data).encode("utf-8", "replace"))).decode()


def _inert(data: Any) -> str:
    """JSON in which no HTML parser sees markup: characters that could open or close a tag or a comment are escaped."""
    text = _dumps(data)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def to_json(
    trace: Trace, title: str, max_bytes: int | None = None, language: str = "en", optimizer: Any = None,
    moments: Sequence[tuple[str, Trace]] = (), compiled: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """The data that the page's script reads; its schema is at the top of this file."""
    said = words(language)
    tools = {"without": ["no values"]} if moments else laboratory(trace, optimizer)

    def data(grid: tuple[int, int] | None, whole: bool, *dropped: str) -> dict[str, Any]:
        remarks = [*([said["freed"]] if trace.freed else []), *dropped]
        writer = _Data(trace, grid, whole, language, compiled)
        made = {**writer.made(title, remarks), "words": said, "laboratory": tools}
        return {**made, **writer.moments(moments)} if moments else made

    if max_bytes is None:
        return data(GRIDS[0], True)
    summaries = [s for t in ([t for _, t in moments] or [trace]) for s in _summaries(t)]
    shapes = [s for s in summaries if s.size > SMALL]
    small = sum(8 * s.size + 6 for s in summaries if 1 < s.size <= SMALL)
    bare = len(_dumps(data(None, False))) + 200
    if bare > max_bytes:
        bare -= len(_dumps(tools))
        tools = {"without": ["too large"]}
    for grid in GRIDS:
        samples = 0 if grid is None else sum(min(s.sample.shape[0], grid[0]) * min(s.sample.shape[1], grid[1]) + 34 for s in shapes)
        if grid == GRIDS[0]:
            samples += sum(s.maps.size + 50 for s in shapes if s.maps is not None)
            pictured = [node for t in ([t for _, t in moments] or [trace]) for node in t.nodes if node.arrays]
            samples += len(pictured) * 8 * CHANNELS * UNITS * TIMES
        if bare + small + samples <= max_bytes:
            if grid == GRIDS[0]:
                return data(grid, True)
            if grid is None:
                return data(grid, True, said["left out"].format(n=len(shapes)))
            return data(grid, True, said["reduced"].format(n=len(shapes), rows=grid[0], cols=grid[1]))
    return data(None, False, said["all left out"])


def _summaries(trace: Trace) -> list[ArraySummary]:
    summaries = [c.value for c in trace.constants]
    for node in trace.nodes:
        summaries += [s for s in (node.value, node.grad) if s is not None]
        summaries += [o.contribution for o in node.operands if o.contribution is not None]
    return summaries


class _Data:
    """The trace as JSON, with samples on a grid of at most this size (None: without), and small arrays in full if ``whole``."""

    def __init__(self, trace: Trace, grid: tuple[int, int] | None, whole: bool, language: str,
                 compiled: Any = None) -> None:  # fmt: skip
        self.language = language
        self.trace, self.grid, self.whole, self.compiled = trace, grid, whole, compiled
        self.codes: dict[tuple[str, str], int] = {}
        dtypes = [str(node.dtype) for node in trace.nodes]
        self.dtype = max(set(dtypes), key=dtypes.count)
        self.sources: dict[Any, int] = {}
        self.formulas: list[Any] = []
        self.keys: dict[Any, int | None] = {}
        self.called = called(trace)
        self.picked = picked(trace)

    def made(self, title: str, dropped: list[str]) -> dict[str, Any]:
        trace = self.trace
        consumers = [0] * len(trace.nodes)
        for operand, _ in trace.edges():
            consumers[operand] += 1
        nodes = [self.node(node, consumers) for node in trace.nodes]
        calls = [
            {key: getattr(c, key) for key in ("id", "path", "label", "kind", "parent", "first", "last", "parameters")}
            for c in trace.calls
        ]
        constants = []
        for c in trace.constants:
            made: dict[str, Any] = {"name": c.name, "shape": list(c.shape), "value": self.array(c.value)}
            if str(c.dtype) != self.dtype:
                made["dtype"] = str(c.dtype)
            if c.call is not None:
                made["call"] = c.call
            if c.inside:
                made["inside"] = True
            constants.append(made)
        return {
            "version": 1,
            "title": title,
            "dtype": self.dtype,
            "loss": trace.loss,
            "freed": trace.freed,
            "architecture": trace.architecture,
            "order": trace.order,
            "dropped": dropped,
            "nodes": nodes,
            "constants": constants,
            "calls": calls,
            "sources": [list(source) for source in self.sources],
            "formulas": self.formulas,
            **({"codes": list(self.codes)} if self.codes else {}),
        }

    def moments(self, moments: Sequence[tuple[str, Trace]]) -> dict[str, Any]:
        """The later moments' numbers, and how far each two moments are apart."""
        written: list[dict[str, Any]] = [{"label": moments[0][0]}]
        for label, trace in moments[1:]:
            ops = [node for node in trace.nodes if node.op is not None]
            written.append(
                {
                    "label": label,
                    "values": [self.array(node.value) for node in trace.nodes],
                    "grads": [self.array(node.grad) for node in trace.nodes],
                    "constants": [self.array(c.value) for c in trace.constants],
                    "parts": {n.id: [self.array(o.contribution) for o in n.operands] for n in ops},
                    "fixed": {n.id: [self.array(o.value) if o.node is None else None for o in n.operands] for n in ops},
                    "pictures": {n.id: found for n in ops if (found := self.pictures(n))},
                }
            )
        changes = {}
        for (i, (_, first)), (j, (_, second)) in combinations(enumerate(moments), 2):
            pairs = list(zip(first.nodes, second.nodes, strict=True))
            found = {
                "change": [change(a.value, b.value) for a, b in pairs],
                "gradient change": [change(a.grad, b.grad) for a, b in pairs],
            }
            changes[f"{i}-{j}"] = {key: [number(v, 3) for v in shares] for key, shares in found.items()}
        return {"moments": written, "changes": changes}

    def node(self, node: TraceNode, consumers: list[int]) -> dict[str, Any]:
        made: dict[str, Any] = {"name": node.name, "shape": node.shape}
        if node.op is not None:
            made["op"] = node.op
            made["in"] = [self.operand(o, consumers) for o in node.operands]
            if node.rule is PICK:
                made["pick"] = node.params["index"]
            key = self.formula(node)
            if key is not None:
                made["formula"] = key
            code = self.code(node)
            if any(code):
                made["code"] = self.codes.setdefault(code, len(self.codes))
        if node.dtype is not None and str(node.dtype) != self.dtype:
            made["dtype"] = str(node.dtype)
        data = {
            "call": node.call,
            "value": self.array(node.value),
            "grad": self.array(node.grad),
            "source": self.source(node),
            "version": node.version or None,
            "bytes": node.bytes or None,
            "params": params_text(node.params) or None,
            "variable": node.variable or None,
            "inner": node.inner or None,
            "called": self.called[node.id] or None,
        }
        made.update((name, value) for name, value in data.items() if value is not None)
        return {**made, **self.pictures(node)}

    def pictures(self, node: TraceNode) -> dict[str, Any]:
        """The gates of a recurrent op, and the points of an embedding; nothing where the page must be small."""
        if not node.arrays or self.grid != GRIDS[0]:
            return {}
        made: dict[str, Any] = {}
        shown = [
            {"name": g.name, "units": g.units, "times": g.times, "value": _gate(g)}
            | ({} if g.gradient is None else {"grad": _maps(g.gradient)})
            for g in gates(node)
        ]
        if shown:
            made["gates"] = shown
        found = points(node)
        if found is not None:
            made["points"] = {
                "labels": found.labels,
                "used": [label for label, used in zip(found.labels, found.used, strict=True) if used],
                "at": [number(v, 3) for v in found.at.ravel()],
                "grad": [number(v, 3) for v in found.gradient.ravel()],
                "share": number(found.share, 3),
                "rows": found.rows,
            }
        return made

    def operand(self, operand: Operand, consumers: list[int]) -> dict[str, Any]:
        made: dict[str, Any] = {"name": operand.name}
        if operand.node is not None:
            made["node"] = operand.node
        elif operand.constant is not None:
            made["constant"] = operand.constant
        else:
            made["text"] = operand.text
            if operand.value is not None:
                made["value"] = self.array(operand.value)
        c = operand.contribution
        if c is not None:
            assert operand.node is not None
            grad = self.trace.nodes[operand.node].grad
            made["c"] = True if consumers[operand.node] == 1 and grad is not None and grad.same(c) else self.array(c)
        if operand.summed:
            made["summed"] = list(operand.summed)
        return made

    def array(self, summary: ArraySummary | None) -> Any:
        if summary is None:
            return None
        if summary.size == 1:
            return _number(summary.sample.ravel()[0])
        made: dict[str, Any] = {"s": [number(getattr(summary, name)) for name in _STATISTICS]}
        if summary.histogram is not None:
            counts = summary.histogram[2]
            most = max(counts)
            made["h"] = "".join(ALPHABET[-(-62 * c // most)] for c in counts)
        if summary.maps is not None and self.grid == GRIDS[0]:
            made["maps"] = _maps(summary.maps)
        if not summary.whole or summary.size > SMALL:
            if self.grid is not None:
                sample = thinned(summary.sample, *self.grid)
                made["n"] = list(sample.shape)
                made["m"], made["q"] = levels(sample)
                if sample.size < summary.size:
                    made["part"] = True
        elif self.whole:
            made["n"] = list(summary.sample.shape)
            made["d"] = [_number(v) for v in summary.sample.ravel()]
        return made

    def source(self, node: TraceNode) -> int | None:
        if node.source is None:
            return None
        import linecache

        file, line, _ = node.source
        line_of_code = (file.replace("\\", "/").rsplit("/", 1)[-1], line, linecache.getline(file, line).strip()[:200])
        return self.sources.setdefault(line_of_code, len(self.sources))

    def code(self, node: TraceNode) -> tuple[str, str]:
        """The C of a node's op, and of its gradient; nothing without a compiled step."""
        if self.compiled is None or node.op is None:
            return "", ""
        found = self.compiled.source_of(node.op, "" if node.call is None else self.trace.calls[node.call].path)
        return found["forward"], found["gradient"]

    def formula(self, node: TraceNode) -> int | None:
        """The index of the equations of a node's call; None where its op has none."""
        op = node.rule
        if op is None or op is PICK:
            return None
        shapes = [o.shape if o.shape is not None else None for o in node.operands]
        if not op.variadic:
            by_name = {o.name: o.shape for o in node.operands}
            shapes = [by_name.get(name) for name in op.inputs]
        several = bool(node.shape) and isinstance(node.shape[0], tuple)
        call = Call(op, node.params, shapes, tuple(node.shape[0] if several else node.shape), self.picked.get(node.id))
        if call.key not in self.keys:
            texts = equations(call, self.language)
            self.keys[call.key] = None if not texts else len(self.formulas)
            if texts:
                self.formulas.append(texts)
        return self.keys[call.key]


def equations(call: Call, language: str) -> dict[str, Any]:
    """The equations of a call as the page shows them; none for a user's Function, whose rules are Python code."""
    try:
        return lettered(call, language)
    except (KeyError, LookupError, TypeError, ValueError):
        return {}


_STATISTICS = ("min", "max", "mean", "std", "norm", "zeros", "nan", "inf")


def _number(value: Any) -> Any:
    if isinstance(value, complex | np.complexfloating):
        return f"{complex(value):.5g}"
    return number(value.item() if hasattr(value, "item") else value, 7)


def levels(sample: np.ndarray, scale: float | None = None) -> tuple[Any, str]:
    """The largest magnitude, or the given scale, and a character per number: enough for a heat map, in a tenth of the bytes."""
    a = (np.abs(sample) if sample.dtype.kind == "c" else sample).astype(np.float64).ravel()
    finite = np.isfinite(a)
    most = scale or (float(np.abs(a[finite]).max()) if finite.any() else 0.0)
    with np.errstate(invalid="ignore"):
        scaled = np.sign(a) * np.sqrt(np.abs(a) / most) if most else np.zeros_like(a)
    indices = np.where(finite, 31 + np.rint(31 * np.where(finite, scaled, 0)), 63).astype(int)
    return number(most), "".join([ALPHABET[i] for i in indices])


def _gate(gate: Gate) -> dict[str, Any]:
    """A gate as maps: one that opens and closes with white for half open, and the ends of the scale for closed and open."""
    if not gate.opens:
        return _maps(gate.value)
    _, text = levels(2 * gate.value - 1, 1.0)
    return {"n": list(gate.value.shape), "m": 1, "q": text, "opens": True}


def _maps(planes: np.ndarray) -> dict[str, Any]:
    most, text = levels(planes)
    return {"n": list(planes.shape), "m": most, "q": text}


def params_text(params: dict[str, Any]) -> str:
    """A call's parameters as text, without those that have their default or are not worth showing."""
    shown = [f"{k}={_index(v)}" for k, v in params.items() if v is not None and v is not False and isinstance(v, _PLAIN)]
    text = ", ".join(shown)
    return text if len(text) <= 120 else text[:117] + "..."


_PLAIN = (int, float, str, tuple, list, slice, np.ndarray, type(Ellipsis))


def _index(value: Any) -> str:
    """A parameter as it is written in code: an index with its colons."""
    if isinstance(value, slice):
        start, stop, step = ["" if v is None else str(v) for v in (value.start, value.stop, value.step)]
        return f"{start}:{stop}" + (f":{step}" if step else "")
    if isinstance(value, tuple):
        return f"({', '.join(_index(v) for v in value)})"
    if isinstance(value, np.ndarray):
        return describe(value)
    return "..." if value is Ellipsis else repr(value)


def shape_text(shape: Any, scalar: str) -> str:
    """A shape as people write it: ``32 × 64``, ``scalar``; of several outputs one after the other."""
    if shape and isinstance(shape[0], tuple):
        return ", ".join(shape_text(s, scalar) for s in shape)
    return " × ".join(map(str, shape)) or scalar


def _from(node: TraceNode, operand: Operand, trace: Trace, said: dict[str, str]) -> str:
    """What the table tells of an operand: its node, its number, or as the page calls it: its name, else its place."""
    if operand.node is not None:
        return f"#{operand.node}"
    if operand.constant is None:
        return operand.text
    name = trace.constants[operand.constant].name
    others = (trace.constants[o.constant].name for o in node.operands if o.constant not in (None, operand.constant))
    if name != "constant" and name not in others:
        return name
    if len(node.operands) == 1:
        return said["operand"]
    at = next(i for i, o in enumerate(node.operands, 1) if o.constant == operand.constant)
    return said[str(at) if at < 4 else "nth"].format(n=at)


_COLUMNS = ("node", "name", "operands", "module", "shape", "mean value", "norm column")


def _table(trace: Trace, said: dict[str, str]) -> str:
    """The trace as a table, a row per node, for readers without scripts. To save space cells are not closed, which HTML allows."""
    rows = []
    for node in trace.nodes:
        operands = ", ".join(f"{o.name}: {_from(node, o, trace, said)}" for o in node.operands)
        cells = [
            f"#{node.id}",
            node.name,
            operands,
            "" if node.call is None else trace.calls[node.call].label,
            shape_text(node.shape, said["scalar"]),
            "" if node.value is None or node.value.mean is None else f"{node.value.mean:.5g}",
            "" if node.grad is None or node.grad.norm is None else f"{node.grad.norm:.5g}",
        ]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}" for cell in cells))
    head = "".join(f"<th>{escape(said[name])}" for name in _COLUMNS)
    order = ", ".join(f"#{i}" for i in trace.order)
    return f'<table class="all"><thead><tr>{head}<tbody>{"".join(rows)}</table><p>{escape(said["visits"].format(order=order))}</p>'
