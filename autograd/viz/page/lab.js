// The laboratory: the graph computed anew from edited numbers, forward and backward, by the formulas that are shown.

import { trace } from "./data.js";
import { compute, computeOutputs } from "./language.js";
import { asArray, constantArray, isArray, ndarray, sizeOf, zip } from "./ndarray.js";

const given = trace.laboratory ?? { without: ["no values"] };
const decoded = new Map();
export const lab = {
  ready: false,
  why: given.without ?? null,
  blocked: given.at ?? {}, // node -> [why it is not computed, its op]
  values: [], // of every node
  grads: [],
  held: new Map(), // values of ops that were edited: they stay until reset
  losses: [],
  rate: null,
  steps: 0,
};
function numbersFrom(raw) {
  if (Array.isArray(raw)) return raw.map(numbersFrom);
  if (raw === null || typeof raw !== "object") return raw;
  const bytes = Uint8Array.from(atob(raw.f ?? raw.g), (c) => c.charCodeAt(0)).buffer;
  return ndarray(raw.s, new (raw.f === undefined ? Float64Array : Float32Array)(bytes));
}
function copied(a) {
  return ndarray(a.shape, a.data.slice());
}
const tapeNodes = trace.nodes.filter((node) => !node.constant);
const paramsOf = (node) => {
  if (!decoded.has(node.id))
    decoded.set(node.id, Object.fromEntries(Object.entries(given.params[node.id] ?? {}).map(([k, v]) => [k, numbersFrom(v)])));
  return decoded.get(node.id);
};
const edits = new Map(); // parameters of ops that were edited: the labels of a data set

// The names in an op's formulas with their values.
function scopeOf(node, values) {
  const found = { ...paramsOf(node), ...edits.get(node.id) },
    order = [];
  for (const operand of node.operands) {
    const value = operand.node === null ? numbersFrom(given.numbers[node.id][operand.name]) : values[operand.node],
      base = operand.name.replace(/\[\d+\]$/, "");
    if (base !== operand.name) (found[base] ??= []).push(value);
    else found[base] = value;
    if (!order.includes(base)) order.push(base);
  }
  return [found, order];
}
function shapeOfNode(id) {
  return trace.nodes[id].shape;
}
const isSeveral = (node) => Array.isArray(node.shape[0]);
// The values of these nodes, from those of the leaves; of an op with several outputs a list.
export function computeForward(values, nodes = tapeNodes) {
  for (const node of nodes) {
    if (node.op === null) continue;
    if (node.pick !== undefined) {
      values[node.id] = lab.held.get(node.id) ?? values[node.operands[0].node][node.pick];
      continue;
    }
    const [found, order] = scopeOf(node, values),
      rules = given.trees[given.rules[node.id]];
    values[node.id] =
      lab.held.get(node.id) ??
      (isSeveral(node) ? computeOutputs(rules, found, node.shape, order) : compute(rules.y, found, node.shape, order));
  }
  return values;
}
// The gradients of all nodes, and the contributions of each op to those of its operands.
export function computeBackward(values) {
  const grads = [],
    shares = new Map();
  grads[trace.loss] = constantArray(shapeOfNode(trace.loss), 1);
  for (const id of trace.order) {
    const node = trace.nodes[id];
    if (node.op === null || lab.held.has(id)) continue;
    if (node.pick !== undefined) {
      if (grads[id] !== undefined) (grads[node.operands[0].node] ??= [])[node.pick] = grads[id];
      continue;
    }
    const [found, order] = scopeOf(node, values),
      rules = given.trees[given.rules[id]];
    const g =
      isSeveral(node) && grads[id] !== undefined ? node.shape.map((shape, k) => grads[id][k] ?? constantArray(shape)) : grads[id];
    Object.assign(found, { y: values[id], g });
    // The gradient of each input, which that of another may use: computed when it is first asked for.
    const made = new Map(),
      gradientOf = (base, shape) => {
        if (!made.has(base)) made.set(base, compute(rules[base], found, shape, order));
        return made.get(base);
      };
    for (const { name, node: from } of node.operands)
      if (from !== null && Object.hasOwn(rules, name)) found[`d_${name}`] = () => gradientOf(name, shapeOfNode(from));
    for (const operand of node.operands) {
      if (operand.node === null || !operand.contribution || grads[id] === undefined) continue;
      const base = operand.name.replace(/\[\d+\]$/, ""),
        part = gradientOf(base, base === operand.name ? shapeOfNode(operand.node) : null),
        share = base === operand.name ? part : Array.isArray(part) ? part[+operand.name.match(/\d+/)[0]] : part;
      shares.set(operand, asArray(share));
      const before = grads[operand.node];
      grads[operand.node] = before === undefined ? asArray(share) : zip((a, b) => a + b, before, share);
    }
  }
  return [grads, shares];
}
// An array as the panel and the picture show it.
function described(a, dtype) {
  const { shape, data } = a,
    made = { shape, dtype, one: data.length === 1, size: data.length, part: false, live: true };
  let min = Infinity,
    max = -Infinity,
    sum = 0,
    squares = 0,
    zeros = 0,
    nan = 0,
    inf = 0;
  for (const v of data) {
    if (Number.isNaN(v)) nan++;
    else if (!Number.isFinite(v)) inf++;
    else {
      min = Math.min(min, v);
      max = Math.max(max, v);
      sum += v;
      squares += v * v;
      zeros += v === 0;
    }
  }
  const count = data.length - nan - inf,
    mean = count ? sum / count : NaN;
  Object.assign(made, {
    min,
    max,
    mean,
    std: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    norm: Math.sqrt(squares),
    zeros: zeros / data.length,
    nan,
    inf,
  });
  if (made.one) Object.assign(made, { min: data[0], max: data[0], mean: data[0], std: 0, norm: Math.abs(data[0]) });
  made.cols = shape.length ? shape.at(-1) : 1;
  made.rows = data.length / made.cols;
  made.numbers = data;
  if (data.length > 64 && min < max) {
    const counts = new Array(24).fill(0);
    for (const v of data) if (Number.isFinite(v)) counts[Math.min(23, Math.floor(((v - min) / (max - min)) * 24))]++;
    const most = Math.max(...counts);
    made.hist = counts.map((c) => Math.ceil((62 * c) / most));
  }
  return made;
}
// Put what was computed into the trace, for everything else to show.
function publish(values, grads, parts) {
  for (const node of trace.nodes) {
    const value = values[node.id];
    if (isSeveral(node)) continue;
    if (value !== undefined) node.value = described(value, node.dtype);
    if (!node.constant) node.grad = grads[node.id] === undefined ? null : described(grads[node.id], node.dtype);
  }
  for (const node of trace.nodes)
    for (const operand of node.operands) {
      if (operand.node !== null) operand.value = trace.nodes[operand.node].value;
      const part = parts.get(operand);
      if (part) operand.contribution = described(part, trace.nodes[operand.node].dtype);
    }
}
export function lossNow() {
  return lab.values[trace.loss].data[0];
}
export function recompute(visible = true) {
  computeForward(lab.values);
  const [grads, parts] = computeBackward(lab.values);
  lab.grads = grads;
  if (visible) publish(lab.values, grads, parts);
}
// An edit that a formula has no value for changes nothing, and raises.
export function editNumber(id, place, value) {
  const before = lab.values[id],
    held = lab.held.get(id),
    changed = copied(before);
  changed.data[place] = value;
  lab.values[id] = changed;
  if (trace.nodes[id].op !== null) lab.held.set(id, changed);
  try {
    recompute();
  } catch (error) {
    lab.values[id] = before;
    held ? lab.held.set(id, held) : lab.held.delete(id);
    recompute();
    throw error;
  }
}
// ---- the optimizer's step
const plain = { name: "SGD", steps: [["theta", ["-", "theta", ["*", "eta", "g"]]]], options: { eta: 0.1 }, leaves: null };
export const stepRule = given.update ?? plain;
const memory = new Map();
export function takeStep() {
  for (const node of tapeNodes) {
    if (node.op !== null || lab.grads[node.id] === undefined || (stepRule.leaves && !stepRule.leaves[node.id])) continue;
    const state = memory.get(node.id),
      values = { ...stepRule.options, eta: lab.rate, ...state, t: state.t + 1, theta: lab.values[node.id], g: lab.grads[node.id] };
    for (const [name, tree] of stepRule.steps) values[name] = compute({ tree }, values, node.shape);
    lab.values[node.id] = values.theta;
    for (const name of Object.keys(state)) state[name] = values[name];
  }
  lab.steps++;
  recompute(false);
  lab.losses.push(lossNow());
}
export function refresh() {
  const [grads, parts] = computeBackward(lab.values);
  publish(lab.values, grads, parts);
}
export function resetLab() {
  lab.held.clear();
  edits.clear();
  memory.clear();
  lab.steps = 0;
  lab.values = [];
  for (const node of tapeNodes) {
    if (node.op !== null) continue;
    lab.values[node.id] = numbersFrom(given.leaves[node.id]);
    const state = {};
    for (const [name] of stepRule.steps)
      if (!["theta", "g", "mhat", "vhat"].includes(name)) state[name] = constantArray(node.shape);
    for (const [name, raw] of Object.entries(stepRule.leaves?.[node.id] ?? {})) state[name] = numbersFrom(raw);
    memory.set(node.id, { t: 0, ...state });
  }
  given.constants.forEach((raw, i) => {
    lab.values[tapeNodes.length + i] = numbersFrom(raw);
  });
  recompute();
  lab.losses = [lossNow()];
}
// Whether the page computes what the engine has computed: if not, nothing is offered.
function differs() {
  const numeric = (v) => (typeof v === "string" ? Number(v.replace("inf", "Infinity")) : Number(v)),
    sizeOfAll = (a) => (a ? Math.max(...[a.min, a.max].map((v) => Math.abs(numeric(v))).filter(Number.isFinite), 0) : 0);
  // noise: what rounding may leave of larger numbers that cancel
  const off = (shown, made, noise) => {
    if (!shown || made === undefined) return false;
    const most = 2e-4 * sizeOfAll(shown) + 2e-6 * noise + 1e-30,
      close = (a, b) => Math.abs(numeric(a) - b) <= most || Object.is(numeric(a), b);
    if (shown.numbers && shown.numbers.length === made.data.length)
      return ![...shown.numbers].every((v, i) => close(v, made.data[i]));
    const mean = made.data.reduce((a, b) => a + b, 0) / made.data.length;
    return !shown.nan && !shown.inf && !close(shown.mean, mean);
  };
  const before = trace.nodes.map((node) => [node.value, node.grad]),
    noise = Math.max(...trace.nodes.map((node) => sizeOfAll(node.grad)));
  resetLab();
  return trace.nodes.find((node, i) => {
    if (isSeveral(node)) return false;
    const operands = Math.max(0, ...node.operands.map((o) => sizeOfAll(o.value)));
    return off(before[i][0], lab.values[node.id], operands) || off(before[i][1], lab.grads[node.id], noise);
  });
}
export function openLab() {
  if (lab.why) return;
  const old = trace.nodes.map((node) => [node.value, node.grad, node.operands.map((o) => [o.value, o.contribution])]);
  const restore = () =>
    trace.nodes.forEach((node, i) => {
      [node.value, node.grad] = old[i];
      node.operands.forEach((o, k) => {
        [o.value, o.contribution] = old[i][2][k];
      });
    });
  try {
    lab.rate = stepRule.options.eta ?? null;
    const wrong = differs();
    if (wrong) lab.why = ["differs", wrong.name];
  } catch (error) {
    lab.why = ["word", error.message];
  }
  restore();
  lab.ready = !lab.why;
}

// ---- two inputs: data sets and the decision boundary
function beyond(id) {
  // the nodes that a value goes into
  const found = new Set([id]);
  for (const node of tapeNodes) if (node.operands.some((o) => found.has(o.node))) found.add(node.id);
  return found;
}
// {x, prediction, target}: of a graph with two inputs, the points, what the model says of them, and what it should say.
export function plane() {
  if (!lab.ready) return null;
  for (const points of trace.nodes) {
    if (points.op !== null || points.shape.length !== 2 || points.shape[1] !== 2 || points.shape[0] < 4) continue;
    const n = points.shape[0],
      after = beyond(points.id);
    for (const node of [...tapeNodes].reverse()) {
      if (node.op === null || !after.has(node.id)) continue;
      const inner = node.operands.find((o) => after.has(o.node) && o.node !== points.id),
        other = node.operands.find(
          (o) => o.node !== null && !after.has(o.node) && trace.nodes[o.node].constant && trace.nodes[o.node].shape[0] === n,
        ),
        labels = paramsOf(node).target;
      if (!inner) continue;
      const shape = shapeOfNode(inner.node);
      if (isArray(labels) && labels.data.length === n && shape[0] === n)
        return { points: points.id, prediction: inner.node, node: node.id, classes: shape[1] };
      if (other && sizeOf(trace.nodes[other.node].shape) === n && sizeOf(shape) === n)
        return { points: points.id, prediction: inner.node, target: other.node, classes: 1 };
    }
  }
  return null;
}
export function labelsOf(found) {
  return found.target === undefined
    ? (edits.get(found.node)?.target ?? paramsOf(trace.nodes[found.node]).target)
    : lab.values[found.target];
}
// What the model says of points: as many at a time as the graph has rows.
export function predicted(found, xy) {
  const n = shapeOfNode(found.points)[0],
    after = beyond(found.points),
    wanted = tapeNodes.filter((node) => node.id <= found.prediction && after.has(node.id)),
    made = [];
  for (let start = 0; start < xy.length; start += n) {
    const rows = constantArray([n, 2]),
      values = [...lab.values];
    for (let i = 0; i < n; i++) rows.data.set(xy[Math.min(start + i, xy.length - 1)], 2 * i);
    values[found.points] = rows;
    computeForward(values, wanted);
    const answer = values[found.prediction].data,
      width = answer.length / n;
    for (let i = 0; i < n && start + i < xy.length; i++) made.push(answer.slice(i * width, (i + 1) * width));
  }
  return made;
}
// A generator of numbers between 0 and 1 that starts anew with each data set.
function dice(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}
const SETS = {
  circles: (u, label) => [(label ? 1 : 2.2) * Math.cos(6.2832 * u), (label ? 1 : 2.2) * Math.sin(6.2832 * u)],
  spirals: (u, label) => {
    const r = 0.3 + 2 * u,
      a = 5.5 * u + (label ? Math.PI : 0);
    return [r * Math.cos(a), r * Math.sin(a)];
  },
  moons: (u, label) =>
    [
      label ? 1 - Math.cos(Math.PI * u) - 1 : Math.cos(Math.PI * u),
      label ? 0.25 - Math.sin(Math.PI * u) : Math.sin(Math.PI * u) - 0.25,
    ].map((v, i) => v * 1.4 - (i ? 0 : 0.5)),
};
export const dataSets = Object.keys(SETS);
export function useData(found, kind) {
  const n = shapeOfNode(found.points)[0],
    random = dice(7),
    points = constantArray([n, 2]),
    old = labelsOf(found),
    low = found.target === undefined ? 0 : Math.min(...old.data),
    high = found.target === undefined ? 1 : Math.max(...old.data),
    labels = constantArray(old.shape);
  for (let i = 0; i < n; i++) {
    const label = i % 2,
      [x, y] = SETS[kind](random(), label);
    points.data.set([x + 0.2 * (random() - 0.5), y + 0.2 * (random() - 0.5)], 2 * i);
    labels.data[i] = label ? high : low;
  }
  lab.values[found.points] = points;
  if (found.target === undefined) edits.set(found.node, { target: labels });
  else lab.values[found.target] = labels;
  recompute();
  lab.losses = [lossNow()];
}
