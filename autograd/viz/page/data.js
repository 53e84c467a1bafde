// The trace as the page uses it: what the compact JSON leaves out is filled in, constants become nodes after those of the tape, and
// the steps are the ops forward in tape order, then the nodes backward in the order of the sweep.

import { $ } from "./dom.js";
import { cut, shapeText, show } from "./format.js";
import { ROOT, scopesOf } from "./layout.js";

export const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
export const trace = expanded(JSON.parse(unsealed($("trace").textContent)));
export const info = scopesOf(trace);
shorten();

// Who contributes to a node's gradient, in the order of the sweep.
export const givers = trace.nodes.map(() => []);
for (const id of trace.order)
  for (const operand of trace.nodes[id].operands)
    if (operand.node !== null && operand.contribution) givers[operand.node].push({ from: id, operand });
// A leaf's gradient is complete in the step that makes the last contribution to it; it has no step of its own.
const stepped = trace.order.filter((id) => trace.nodes[id].op !== null || !givers[id].length);
export const steps = [
  ...trace.nodes.filter((n) => n.op !== null).map((n) => ({ phase: "forward", id: n.id })),
  ...stepped.map((id) => ({ phase: "backward", id })),
];
export const turn = steps.length - stepped.length;
export const forwardAt = new Map(), // node -> the step that computes it
  backwardAt = new Map(), // node -> the step that uses its gradient; of a leaf the step that completes it
  completed = new Map(); // op -> the leaves whose gradients it completes
steps.forEach((s, i) => {
  (s.phase === "forward" ? forwardAt : backwardAt).set(s.id, i + 1);
});
for (const node of trace.nodes) {
  if (trace.freed && node.grad) backwardAt.set(node.id, 0); // no step made it: backward had run before
  if (node.op !== null || !givers[node.id].length) continue;
  const last = givers[node.id].at(-1).from;
  backwardAt.set(node.id, backwardAt.get(last));
  completed.set(last, [...(completed.get(last) ?? []), node.id]);
}

function unsealed(text) {
  if (text.startsWith("{")) return text; // an exercise is written so that nobody reads the answers by chance
  return new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0) ^ 0x5a));
}
// An array of the page from its compact form.
export function arrayFrom(raw, shape, dtype) {
  if (raw === undefined || raw === null) return null;
  if (typeof raw !== "object") {
    const v = Number(raw);
    return {
      shape,
      dtype,
      one: true,
      size: 1,
      min: raw,
      max: raw,
      mean: raw,
      std: 0,
      norm: Number.isFinite(v) ? Math.abs(v) : raw,
      zeros: v === 0 ? 1 : 0,
      nan: Number.isNaN(v) && raw === "nan" ? 1 : 0,
      inf: String(raw).includes("inf") ? 1 : 0,
      rows: 1,
      cols: 1,
      numbers: [raw],
    };
  }
  const [min, max, mean, std, norm, zeros, nan, inf] = raw.s;
  const made = {
    shape,
    dtype,
    one: false,
    size: shape.reduce((a, b) => a * b, 1),
    min,
    max,
    mean,
    std,
    norm,
    zeros,
    nan,
    inf,
    part: !!raw.part,
  };
  if (raw.h) made.hist = [...raw.h].map((c) => ALPHABET.indexOf(c));
  if (raw.n) [made.rows, made.cols] = raw.n;
  if (raw.d) made.numbers = raw.d;
  if (raw.maps) made.maps = raw.maps;
  if (raw.q !== undefined) {
    made.levels = raw.q;
    made.most = raw.m;
  }
  return made;
}
function expanded(data) {
  const count = data.nodes.length;
  data.nodes.forEach((node, id) => {
    node.id = id;
    node.op ??= null;
    node.call ??= null;
    node.bytes ??= 0;
    node.version ??= 0;
    const several = Array.isArray(node.shape[0]);
    node.dtype ??= several ? "" : data.dtype;
    node.label = shapeText(node.shape, data.words.scalar);
    node.value = arrayFrom(node.value, node.shape, node.dtype);
    node.grad = arrayFrom(node.grad, node.shape, node.dtype);
    node.scalar = !several && node.value !== null && node.value.one;
    node.operands = node.in ?? [];
    node.input = data.architecture && node.op === null && !node.name.includes(".");
  });
  data.constants.forEach((constant, i) => {
    const dtype = constant.dtype ?? data.dtype;
    data.nodes.push({
      ...constant,
      id: count + i,
      op: null,
      constant: true,
      call: constant.call ?? null,
      dtype,
      label: shapeText(constant.shape, data.words.scalar),
      value: arrayFrom(constant.value, constant.shape, dtype),
      grad: null,
      operands: [],
      bytes: 0,
      version: 0,
    });
  });
  // An array that no variable holds and no argument names is called by its place: "2nd operand".
  for (const node of data.nodes)
    node.operands.forEach((operand, i) => {
      const constant = data.nodes[count + operand.constant];
      if (constant?.name !== "constant") return;
      constant.unnamed = true; // another op that it goes into calls it by its place there
      constant.name = data.words[i < 3 ? String(i + 1) : "nth"].replace("{n}", i + 1);
    });
  for (const node of data.nodes) {
    for (const operand of node.operands) {
      if (operand.constant !== undefined) operand.node = count + operand.constant;
      operand.node ??= null;
      const source = operand.node === null ? null : data.nodes[operand.node];
      operand.value = source ? source.value : arrayFrom(operand.value, [], node.dtype);
      operand.contribution = operand.c === true ? source.grad : arrayFrom(operand.c, source?.shape, source?.dtype);
    }
  }
  return data;
}

// Names as they stand inside the boxes of their modules: without what the box says already.
function shorten() {
  const within = (name, scope) => {
    for (let s = info.scopes.get(scope); s.call; s = info.scopes.get(s.parent))
      if (s.call.path && name.startsWith(`${s.call.path}.`)) return name.slice(s.call.path.length + 1);
    return name;
  };
  for (const call of trace.calls) {
    const scope = info.scopes.get(call.id),
      count = trace.architecture ? call.parameters : scope.count,
      key = trace.architecture ? (count === 1 ? "one parameter" : "many parameters") : count === 1 ? "one op" : "many ops",
      counted = count ? trace.words[key].replace("{n}", count.toLocaleString("en")) : "";
    scope.text = [call.kind, counted].filter(Boolean).join(" · ");
  }
  for (const call of trace.calls) call.short = cut(within(call.label, call.parent ?? ROOT));
  for (const node of trace.nodes) {
    const numbers = node.operands
      .filter((o) => o.node === null && /^-?[\d.]/.test(o.text ?? ""))
      .map((o) => (Number.isFinite(+o.text) ? show(+o.text, 4) : o.text));
    node.short = cut(
      node.op === null
        ? within(node.name, info.home[node.id])
        : (node.variable ? `${node.variable} = ` : "") +
            [node.name, ...numbers, ...(node.name === "output" && node.params ? [node.params.replace(/\D+/, "")] : [])].join(" "),
    );
  }
}
