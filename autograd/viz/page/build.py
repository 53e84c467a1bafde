"""A trace as one HTML file: data, style and script inside, nothing fetched, and no name ever markup."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from ..dot import shape_text
from ..stats import Summary
from ..trace import Trace, TraceNode


def page(trace: Trace, title: str = "backpropagation", max_bytes: int | None = 16_000_000) -> str:
    """The page's HTML.

    Args:
        trace: what to show. title: of the page. max_bytes: samples of values and gradients are dropped, largest first, until the data
            fits; the page says so.
    """
    here = files(__package__)

    def asset(name: str) -> str:
        return (here / name).read_text(encoding="utf-8")

    script = asset("layout.js") + asset("page.js")
    style = asset("page.css")
    return Template(asset("template.html")).substitute(
        title=escape(title),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        json=_inert(to_json(trace, title, max_bytes)),
        table=_table(trace),
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _inert(data: Any) -> str:
    """JSON that no HTML parser can leave: what could open or close a tag or a comment is escaped."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def to_json(trace: Trace, title: str, max_bytes: int | None = None) -> dict[str, Any]:
    """What the page's script reads."""
    sizes = [] if max_bytes is None else sorted(_sample_sizes(trace), reverse=True)
    left_out: set[int] = set()
    if max_bytes is not None:
        total = sum(size for size, _ in sizes) + 420 * len(trace.nodes)
        for size, key in sizes:
            if total <= max_bytes:
                break
            total -= size
            left_out.add(key)
    dropped = [f"samples of {len(left_out)} arrays were left out to stay near {max_bytes:,} bytes"] if left_out and max_bytes else []

    def array(summary: Summary | None) -> dict[str, Any] | None:
        return None if summary is None else summary.to_json(sample=id(summary) not in left_out)

    nodes = []
    for node in trace.nodes:
        operands = []
        for o in node.operands:
            operand: dict[str, Any] = {"name": o.name, "node": o.node, "contribution": array(o.contribution)}
            if o.text:
                operand["text"] = o.text
            if o.summed:
                operand["summed"] = list(o.summed)
            operands.append(operand)
        nodes.append(
            {
                "id": node.id,
                "op": node.op,
                "name": node.name,
                "call": node.call,
                "operands": operands,
                "shape": node.shape,
                "dtype": str(node.dtype),
                "value": array(node.value),
                "grad": array(node.grad),
                "version": node.version,
                "source": _source(node),
                "bytes": node.bytes,
                "params": _params(node),
            }
        )
    calls = [vars(call) for call in trace.calls]
    return {"version": 1, "title": title, "nodes": nodes, "order": trace.order, "calls": calls, "loss": trace.loss, "dropped": dropped}


def _sample_sizes(trace: Trace) -> list[tuple[int, int]]:
    found = []
    for node in trace.nodes:
        for summary in (node.value, node.grad, *(o.contribution for o in node.operands)):
            if summary is not None:
                found.append((8 * summary.sample.size, id(summary)))
    return found


def _source(node: TraceNode) -> dict[str, Any] | None:
    if node.source is None:
        return None
    import linecache

    file, line, _ = node.source
    return {"file": file.replace("\\", "/").rsplit("/", 1)[-1], "line": line, "code": linecache.getline(file, line).strip()}


def _params(node: TraceNode) -> str:
    shown = [f"{k}={v!r}" for k, v in node.params.items() if v is not None and isinstance(v, int | float | str | tuple | bool)]
    text = ", ".join(shown)
    return text if len(text) <= 120 else text[:117] + "..."


def _table(trace: Trace) -> str:
    """The trace for those who read it without a script: a row per node."""
    rows = []
    for node in trace.nodes:
        operands = ", ".join(f"{o.name}: {'constant' if o.node is None else f'#{o.node}'}" for o in node.operands)
        call = "" if node.call is None else trace.calls[node.call].label
        cells = [
            f"#{node.id}",
            node.name,
            operands,
            call,
            shape_text(node.shape),
            "" if node.value is None or node.value.mean is None else f"{node.value.mean:.5g}",
            "" if node.grad is None else f"{node.grad.norm:.5g}",
        ]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("node", "name", "operands", "module", "shape", "mean value", "gradient norm"))
    order = ", ".join(f"#{i}" for i in trace.order)
    return f'<table class="all"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table><p>Backward visits {order}.</p>'
