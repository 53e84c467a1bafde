// The page: one state (step, selection, open calls, view), drawn on two canvases; the panel is made of DOM. All text that comes from
// the trace goes in as text, never as markup.

"use strict";

const trace = JSON.parse(document.getElementById("trace").textContent);
const $ = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const info = scopesOf(trace);
for (const node of trace.nodes) node.label = shapeText(node.shape);

// The steps: the ops forward in tape order, then the nodes backward in the order of the sweep.
const steps = trace.nodes.filter((n) => n.op !== null).map((n) => ({ phase: "forward", id: n.id })).concat(trace.order.map((id) => ({ phase: "backward", id })));
const turn = steps.length - trace.order.length;
const forwardAt = new Map(), backwardAt = new Map();
steps.forEach((s, i) => (s.phase === "forward" ? forwardAt : backwardAt).set(s.id, i + 1));

const state = { step: 0, chosen: trace.loss, open: unfolded(trace, info, 60), colour: "phase", playing: 0, x: 0, y: 0, zoom: 1 };
let picture, boxOf, colours, near = null;

function shapeText(shape) {
  if (!shape || !shape.length) return shape ? "scalar" : "";
  return Array.isArray(shape[0]) ? shape.map(shapeText).join(", ") : shape.join(" × ");
}
function show(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  return value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(5));
}
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) key.startsWith("on") ? made.addEventListener(key.slice(2), value) : made.setAttribute(key, value);
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}
const MATH = "http://www.w3.org/1998/Math/MathML";
function formula(tree) { // [tag, attributes?, ...children]: MathML as data, so that no name can become markup
  if (typeof tree === "string") return document.createTextNode(tree);
  const made = document.createElementNS(MATH, tree[0]);
  for (const child of tree.slice(1)) {
    if (child !== null && typeof child === "object" && !Array.isArray(child)) for (const [key, value] of Object.entries(child)) made.setAttribute(key, value);
    else made.append(formula(child));
  }
  return made;
}

// ------------------------------------------------------------------------------------------------------------------ drawing
const base = $("base"), over = $("top"), stage = $("stage");

function arrange_() {
  picture = layout(trace, info, state.open);
  boxOf = new Map();
  for (const box of picture.boxes) boxOf.set((box.kind === "node" ? "n" : "c") + box.id, box);
}
function standsFor(id) { // the box that shows a node: its own, or that of the outermost folded call around it
  for (const call of info.scopes.get(info.home[id]).path) if (call !== ROOT && !state.open.has(call)) return boxOf.get("c" + call);
  return boxOf.get("n" + id);
}
function paint() {
  const css = getComputedStyle(document.documentElement);
  colours = new Proxy({}, { get: (_, name) => css.getPropertyValue("--" + name.replace("_", "-")).trim() });
  const memo = {};
  for (const name of ["paper", "ink", "soft", "line", "edge", "op", "leaf", "call", "open", "frame", "forward", "backward", "chosen", "positive", "negative", "zero", "done_forward", "done_backward"]) memo[name] = colours[name];
  colours = memo;
}
function prepare(canvas) {
  const ratio = devicePixelRatio || 1, width = stage.clientWidth, height = stage.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.setTransform(ratio * state.zoom, 0, 0, ratio * state.zoom, ratio * state.x, ratio * state.y);
  return pen;
}
function windowBox() {
  const margin = 40;
  return { left: (-state.x - margin) / state.zoom, top: (-state.y - margin) / state.zoom, right: (stage.clientWidth - state.x + margin) / state.zoom, bottom: (stage.clientHeight - state.y + margin) / state.zoom };
}
function trail(pen, line) {
  pen.moveTo(line[0][0], line[0][1]);
  for (let i = 1; i < line.length; i++) {
    const [x0, y0] = line[i - 1], [x1, y1] = line[i], bend = (y1 - y0) * .5;
    if (x0 === x1) pen.lineTo(x1, y1); else pen.bezierCurveTo(x0, y0 + bend, x1, y1 - bend, x1, y1);
  }
}
function seen(line, view) {
  let left = Infinity, right = -Infinity;
  for (const [x] of line) { left = Math.min(left, x); right = Math.max(right, x); }
  return line[0][1] <= view.bottom && line[line.length - 1][1] >= view.top && left <= view.right && right >= view.left;
}
const scale = (() => { // the range of each colouring, over all nodes
  const of = (get) => { const v = trace.nodes.map(get).filter((x) => typeof x === "number" && x > 0).map(Math.log10); return v.length ? [Math.min(...v.slice(0, 1e5)), Math.max(...v.slice(0, 1e5))] : [0, 1]; };
  return { gradient: of((n) => n.grad && n.grad.norm), ratio: of((n) => n.grad && n.value && n.grad.norm / n.value.norm) };
})();
function measure(node) {
  if (!node.grad) return null;
  if (node.grad.nan || node.grad.inf) return "bad";
  const v = state.colour === "gradient" ? node.grad.norm : node.value ? node.grad.norm / node.value.norm : NaN;
  if (!(v > 0)) return 0;
  const [low, high] = scale[state.colour];
  return high > low ? (Math.log10(v) - low) / (high - low) : .5;
}
function fill(node) {
  if (state.colour !== "phase") {
    const m = measure(node);
    return m === null ? colours.op : m === "bad" ? "#ff00aa" : `hsl(${Math.round(230 - 220 * m)} 70% ${document.documentElement.classList.contains("dark") ? 32 : 80}%)`;
  }
  if (backwardAt.get(node.id) <= state.step) return colours.done_backward;
  if (forwardAt.get(node.id) <= state.step) return colours.done_forward;
  return node.op === null ? colours.leaf : colours.op;
}
function callFill(box) {
  if (state.colour !== "phase") return colours.call;
  const call = info.scopes.get(box.id).call, back = backwardAt.get(call.first), forth = forwardAt.get(call.last);
  return back <= state.step ? colours.done_backward : forth <= state.step ? colours.done_forward : colours.call;
}
function drawBase() {
  const pen = prepare(base), view = windowBox(), text = state.zoom > .32;
  const shown = (box) => box.x <= view.right && box.x + box.width >= view.left && box.y <= view.bottom && box.y + box.height >= view.top;
  pen.lineWidth = 1 / Math.max(state.zoom, .4);
  for (const box of picture.boxes) {
    if (box.kind !== "open" || !shown(box)) continue;
    const call = info.scopes.get(box.id).call;
    pen.fillStyle = colours.open; pen.strokeStyle = colours.frame;
    pen.beginPath(); pen.roundRect(box.x, box.y, box.width, box.height, 8); pen.fill(); pen.stroke();
    if (text) { pen.fillStyle = colours.soft; pen.font = "600 11px system-ui, sans-serif"; pen.textAlign = "left"; pen.fillText(`${call.label}  ${call.kind}`, box.x + 10, box.y + 15, box.width - 16); }
  }
  pen.strokeStyle = colours.edge;
  pen.globalAlpha = near ? .25 : 1;
  pen.beginPath();
  for (const piece of picture.pieces) {
    if (!seen(piece.line, view)) continue;
    trail(pen, piece.line);
    if (piece.edges.length > 1 && new Set(piece.edges.map((e) => e.split(":")[0])).size < piece.edges.length) trail(pen, piece.line.map(([x, y], i) => [i && i < piece.line.length - 1 ? x : x + 7, y])); // x * x: two edges
  }
  pen.stroke();
  pen.textAlign = "center";
  for (const box of picture.boxes) {
    if (box.kind === "open" || !shown(box)) continue;
    const node = box.kind === "node" ? trace.nodes[box.id] : null;
    pen.globalAlpha = near && !(node ? near.has(box.id) : true) ? .25 : 1;
    pen.fillStyle = node ? fill(node) : callFill(box);
    pen.strokeStyle = node && node.op !== null ? colours.line : colours.frame;
    pen.beginPath(); pen.roundRect(box.x, box.y, box.width, box.height, node && node.op === null ? 3 : node ? 14 : 8); pen.fill(); pen.stroke();
    if (!text) continue;
    const x = box.x + box.width / 2, call = node ? null : info.scopes.get(box.id).call;
    pen.fillStyle = colours.ink; pen.font = "600 12px system-ui, sans-serif";
    pen.fillText(node ? node.name : "▸ " + call.label, x, box.y + 15, box.width - 8);
    pen.fillStyle = colours.soft; pen.font = "11px system-ui, sans-serif";
    pen.fillText(node ? node.label : `${call.kind} · ${info.scopes.get(box.id).count}`, x, box.y + 29, box.width - 8);
  }
  pen.globalAlpha = 1;
}
function outline(pen, box, colour, width) {
  pen.strokeStyle = colour; pen.lineWidth = width / Math.min(1, Math.max(state.zoom, .15));
  pen.beginPath(); pen.roundRect(box.x - 2, box.y - 2, box.width + 4, box.height + 4, 10); pen.stroke();
}
function drawOver() {
  const pen = prepare(over), now = steps[state.step - 1];
  if (now) {
    const node = trace.nodes[now.id], colour = colours[now.phase];
    pen.strokeStyle = colour; pen.fillStyle = colour; pen.lineWidth = 2.4 / Math.min(1, Math.max(state.zoom, .2));
    node.operands.forEach((operand, position) => {
      if (operand.node === null || (now.phase === "backward" && !operand.contribution)) return;
      for (const index of picture.through.get(`${operand.node}>${node.id}:${position}`) ?? []) {
        const { line } = picture.pieces[index];
        pen.beginPath(); trail(pen, line); pen.stroke();
        const [x, y] = now.phase === "forward" ? line[line.length - 1] : line[0], up = now.phase === "forward" ? -1 : 1;
        pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x - 5, y + 9 * up); pen.lineTo(x + 5, y + 9 * up); pen.fill();
      }
    });
    const box = standsFor(now.id);
    if (box) outline(pen, box, colour, 3);
  }
  const chosen = standsFor(state.chosen);
  if (chosen && (!now || now.id !== state.chosen)) outline(pen, chosen, colours.chosen, 2);
}
let wanted = 0;
function redraw(all = true) {
  wanted = Math.max(wanted, all ? 2 : 1);
  requestAnimationFrame(() => { if (wanted === 2) drawBase(); if (wanted) drawOver(); wanted = 0; });
}

// --------------------------------------------------------------------------------------------------------------------- view
function fit() {
  const width = stage.clientWidth, height = stage.clientHeight;
  const whole = Math.min(width / picture.width, height / picture.height);
  state.zoom = Math.min(1.25, Math.max(whole, Math.min(.55, width / picture.width)));
  state.x = (width - picture.width * state.zoom) / 2;
  state.y = whole >= state.zoom ? (height - picture.height * state.zoom) / 2 : 8;
  redraw();
}
function follow(id) {
  const box = standsFor(id);
  if (!box) return;
  const x = (box.x + box.width / 2) * state.zoom + state.x, y = (box.y + box.height / 2) * state.zoom + state.y;
  const width = stage.clientWidth, height = stage.clientHeight;
  if (x < 60 || x > width - 60) state.x += width / 2 - x;
  if (y < 60 || y > height - 60) state.y += height / 2 - y;
}
function zoomAt(x, y, factor) {
  const zoom = Math.min(4, Math.max(.02, state.zoom * factor));
  state.x = x - (x - state.x) * zoom / state.zoom;
  state.y = y - (y - state.y) * zoom / state.zoom;
  state.zoom = zoom;
  redraw();
}
function refold() { arrange_(); redraw(); }
function toggle(call) {
  if (state.open.has(call)) for (const id of info.scopes.keys()) { if (id !== ROOT && info.scopes.get(id).path.includes(call)) state.open.delete(id); }
  else for (const id of info.scopes.get(call).path) if (id !== ROOT) state.open.add(id);
  const before = boxOf.get("c" + call);
  arrange_();
  const after = boxOf.get("c" + call);
  if (before && after) { state.x += (before.x - after.x) * state.zoom; state.y += (before.y - after.y) * state.zoom; }
  redraw();
}

// -------------------------------------------------------------------------------------------------------------------- steps
function goto(step) {
  state.step = Math.min(steps.length, Math.max(0, step));
  const now = steps[state.step - 1];
  if (now) { state.chosen = now.id; follow(now.id); }
  $("slider").value = state.step;
  say(now);
  panel();
  redraw();
}
function say(now) {
  const said = $("said");
  said.replaceChildren();
  if (!now) { said.append(`${turn} steps forward, ${trace.order.length} back. Press ▶ or the right arrow key.`); said.dataset.node = ""; said.dataset.phase = ""; }
  else {
    const node = trace.nodes[now.id];
    said.append(`step ${state.step} of ${steps.length}: `, element("b", { class: now.phase }, now.phase), ` ${node.name}${where(node)}: `);
    if (now.phase === "forward") said.append(`computes ${node.label || "its outputs"}` + (node.value ? `, mean ${show(node.value.mean)}` : ""));
    else if (node.op === null) said.append(`its gradient is complete${node.grad ? `, norm ${show(node.grad.norm)}` : ""}`);
    else said.append(node.operands.filter((o) => o.contribution).map((o) => `gives ${o.name} a gradient of norm ${show(o.contribution.norm)}`).join(", ") || "passes its gradient on");
    said.dataset.node = now.id; said.dataset.phase = now.phase;
  }
  for (const line of trace.dropped ?? []) said.append(element("span", { id: "dropped" }, " · " + line));
}
function where(node) { return node.call === null ? "" : ` in ${trace.calls[node.call].label}`; }
function play(on) {
  clearInterval(state.playing);
  state.playing = on ? setInterval(() => (state.step < steps.length ? goto(state.step + 1) : play(false)), still ? 1200 : 650) : 0;
  $("play").textContent = on ? "❚❚" : "▶";
  $("play").setAttribute("aria-label", on ? "pause" : "play");
}
function choose(id) {
  state.chosen = id;
  follow(id);
  dim();
  panel();
  redraw();
}
function dim() { // in a dense graph only what is near the selection stays bright
  near = null;
  if (picture.boxes.length < 150 || picture.pieces.length < 1.6 * picture.boxes.length) return;
  near = new Set([state.chosen]);
  for (let distance = 0; distance < 2; distance++) for (const id of [...near]) { for (const o of trace.nodes[id].operands) if (o.node !== null) near.add(o.node); for (const user of info.users[id]) near.add(user); }
}

// -------------------------------------------------------------------------------------------------------------------- panel
function link(id) { return element("a", { class: "node", role: "button", tabindex: "0", onclick: () => choose(id), onkeydown: (e) => { if (e.key === "Enter") choose(id); } }, `${trace.nodes[id].name}${where(trace.nodes[id])}`); }
function heat(array) {
  const { rows, cols, data } = array.sample, canvas = element("canvas", { width: cols, height: rows, role: "img", "aria-label": "heat map" });
  const numbers = data.map(Number), most = Math.max(1e-300, ...numbers.filter(Number.isFinite).map(Math.abs));
  const rgb = (name) => { const hex = colours[name].replace("#", ""); return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)); };
  const zero = rgb("zero"), positive = rgb("positive"), negative = rgb("negative");
  const pen = canvas.getContext("2d"), image = pen.createImageData(Math.max(cols, 1), Math.max(rows, 1));
  numbers.forEach((v, i) => {
    const end = v >= 0 ? positive : negative, m = Math.sqrt(Math.min(1, Math.abs(v) / most));
    const colour = Number.isFinite(v) ? zero.map((z, k) => z + (end[k] - z) * m) : [255, 0, 170];
    image.data.set([...colour, 255], 4 * i);
  });
  pen.putImageData(image, 0, 0);
  canvas.style.height = `${Math.min(150, Math.max(14, rows * Math.min(14, 170 / Math.max(cols, 1))))}px`;
  return canvas;
}
function bars(array) {
  if (!array.hist) return null;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), { counts, edges } = array.hist, most = Math.max(...counts);
  svg.setAttribute("viewBox", `0 0 ${counts.length} 20`); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `histogram from ${show(edges[0])} to ${show(edges[1])}`);
  counts.forEach((count, i) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect"), height = 20 * count / most;
    for (const [k, v] of Object.entries({ x: i + .05, y: 20 - height, width: .9, height })) rect.setAttribute(k, v);
    svg.append(rect);
  });
  return svg;
}
function small(array) { return array && array.sample && array.sample.of === "all" && array.sample.data.length <= 48 && array.sample.cols <= 8; }
function numbers(array) {
  const { rows, cols, data } = array.sample, body = element("tbody");
  for (let r = 0; r < rows; r++) body.append(element("tr", {}, ...Array.from({ length: cols }, (_, c) => element("td", {}, show(data[r * cols + c])))));
  return element("div", { class: "scroll" }, element("table", { class: "numbers" }, body));
}
function view(title, array) {
  const made = element("div", { class: "array" }, title ? element("div", { class: "facts" }, title) : null);
  if (!array) { made.append(element("div", { class: "facts" }, "not kept")); return made; }
  if (small(array)) made.append(numbers(array));
  else if (array.sample) made.append(heat(array), bars(array) ?? "");
  made.append(element("div", { class: "facts" }, `${shapeText(array.shape)} ${array.dtype}`), element("div", { class: "facts" }, `min ${show(array.min)}  mean ${show(array.mean)}  max ${show(array.max)}`),
    element("div", { class: "facts" }, `std ${show(array.std)}  norm ${show(array.norm)}` + (array.zeros ? `  zeros ${(100 * array.zeros).toFixed(0)}%` : "") + (array.nan ? `  nan ${array.nan}` : "") + (array.inf ? `  inf ${array.inf}` : "")));
  return made;
}
function equation(made) { return element("div", {}, made.math ? formula(made.math) : "", element("div", {}, element("code", {}, made.text))); }
function named(node, name) { // the array that a letter of a rule stands for
  if (name === "g") return node.grad;
  if (name === "y") return node.value;
  const operand = node.operands.find((o) => o.name === name);
  return operand && (operand.node !== null ? trace.nodes[operand.node].value : operand.value);
}
function panel() {
  const node = trace.nodes[state.chosen], side = $("panel"), now = steps[state.step - 1];
  const rules = trace.formulas?.[node.formula] ?? {};
  const facts = element("dl");
  const fact = (name, value) => { if (value !== "" && value !== null && value !== undefined) facts.append(element("dt", {}, name), element("dd", {}, value)); };
  fact("shape", node.label); fact("dtype", node.dtype ? String(node.dtype) : ""); fact("module", node.call === null ? "" : `${trace.calls[node.call].label} (${trace.calls[node.call].kind})`);
  fact("source", node.source ? `${node.source.file}:${node.source.line} ${node.source.code ?? ""}` : ""); fact("kept for backward", node.op === null ? "" : `${node.bytes.toLocaleString()} bytes`);
  fact("version", node.version ? String(node.version) : ""); fact("parameters", node.params ?? "");
  side.replaceChildren(element("h2", {}, node.name), element("div", { class: "facts" }, node.op === null ? "leaf" : `op ${node.op}`), facts);
  if (rules.y) side.append(element("h3", {}, "Forward"), element("div", { class: "rule" }, equation(rules.y)));
  if (node.operands.length) side.append(element("div", { class: "facts" }, "from ", ...node.operands.flatMap((o, i) => [i ? ", " : "", `${o.name}: `, o.node === null ? o.text || "constant" : link(o.node)])));
  side.append(element("h3", {}, "Value and gradient"), element("div", { class: "pair" }, view("value", node.value), view("gradient dL/d" + (node.op === null ? node.name : "y"), node.grad)));
  if (node.op !== null) {
    side.append(element("h3", {}, "Backward: what it gives to its operands"));
    for (const operand of node.operands) {
      if (!operand.contribution) continue;
      const rule = rules[operand.name.replace(/\[\d+\]$/, "")], block = element("div", { class: "rule" });
      block.append(element("div", {}, "to ", operand.node === null ? operand.name : link(operand.node), operand.summed?.length ? `, summed over axes ${operand.summed.join(", ")} (it was broadcast)` : ""));
      if (rule) {
        block.append(equation(rule));
        const with_ = (rule.uses ?? ["g"]).map((name) => [name, named(node, name)]).filter(([, a]) => small(a));
        if (small(operand.contribution) && with_.length) for (const [name, array] of with_) block.append(element("div", { class: "facts" }, `${name} =`), numbers(array));
      }
      block.append(view("contribution", operand.contribution));
      side.append(block);
    }
  }
  const givers = [];
  for (const id of trace.order) for (const operand of trace.nodes[id].operands) if (operand.node === node.id && operand.contribution) givers.push([id, operand]);
  if (givers.length) {
    side.append(element("h3", {}, givers.length > 1 ? `Gradient: the sum over ${givers.length} consumers` : "Gradient: from its only consumer"));
    let sum = null;
    givers.forEach(([id, operand], i) => {
      if (now && now.phase === "backward" && backwardAt.get(id) > state.step) { side.append(element("div", { class: "facts" }, `not yet: ${trace.nodes[id].name}${where(trace.nodes[id])}`)); return; }
      const c = operand.contribution;
      side.append(element("div", {}, i ? "+ " : "", link(id), ` (norm ${show(c.norm)})`));
      if (c.sample) { const own = c.sample.data.map(Number); sum = sum && sum.length === own.length ? sum.map((v, k) => v + own[k]) : own; }
      if (givers.length > 1 && small(c)) side.append(numbers(c));
      if (givers.length > 1 && sum && small(c) && i) side.append(element("div", { class: "facts" }, "running sum"), numbers({ sample: { ...c.sample, data: sum } }));
    });
  }
}

// ------------------------------------------------------------------------------------------------------------------- events
function hit(event) {
  const area = over.getBoundingClientRect(), x = (event.clientX - area.left - state.x) / state.zoom, y = (event.clientY - area.top - state.y) / state.zoom;
  let found = null;
  for (const box of picture.boxes) if (x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height && (box.kind !== "open" || y <= box.y + HEADER)) if (!found || box.depth >= found.depth) found = box;
  return found;
}
const fingers = new Map();
let moved = 0;
over.addEventListener("pointerdown", (e) => { fingers.set(e.pointerId, e); moved = 0; over.setPointerCapture(e.pointerId); over.classList.add("moving"); });
over.addEventListener("pointermove", (e) => {
  const before = fingers.get(e.pointerId);
  if (!before) return;
  if (fingers.size === 1) { state.x += e.clientX - before.clientX; state.y += e.clientY - before.clientY; }
  else {
    const [other] = [...fingers.values()].filter((f) => f.pointerId !== e.pointerId), area = over.getBoundingClientRect();
    const distance = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
    zoomAt((e.clientX + other.clientX) / 2 - area.left, (e.clientY + other.clientY) / 2 - area.top, distance(e) / Math.max(1, distance(before)));
  }
  moved += Math.abs(e.clientX - before.clientX) + Math.abs(e.clientY - before.clientY);
  fingers.set(e.pointerId, e);
  redraw();
});
const lift = (e) => {
  fingers.delete(e.pointerId); over.classList.remove("moving");
  if (moved > 4 || e.type === "pointercancel") return;
  const box = hit(e);
  if (box) box.kind === "node" ? choose(box.id) : toggle(box.id);
};
over.addEventListener("pointerup", lift); over.addEventListener("pointercancel", lift);
over.addEventListener("wheel", (e) => { e.preventDefault(); const area = over.getBoundingClientRect(); if (e.ctrlKey || e.metaKey) zoomAt(e.clientX - area.left, e.clientY - area.top, Math.exp(-e.deltaY / 200)); else { state.x -= e.deltaX; state.y -= e.deltaY; redraw(); } }, { passive: false });
addEventListener("keydown", (e) => {
  if (e.target.matches("input[type=search], select")) return;
  const keys = { ArrowRight: () => goto(state.step + 1), ArrowDown: () => goto(state.step + 1), ArrowLeft: () => goto(state.step - 1), ArrowUp: () => goto(state.step - 1), Home: () => goto(0), End: () => goto(steps.length),
    " ": () => play(!state.playing), "+": () => zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, 1.25), "-": () => zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, .8), 0: fit };
  if (e.key === " " && e.target.matches("button, a, summary")) return;
  const act = keys[e.key];
  if (act) { e.preventDefault(); act(); }
});
$("slider").max = steps.length;
$("slider").addEventListener("input", (e) => goto(+e.target.value));
$("first").onclick = () => goto(0); $("back").onclick = () => goto(state.step - 1); $("next").onclick = () => goto(state.step + 1); $("last").onclick = () => goto(steps.length);
$("turn").onclick = () => goto(turn);
$("play").onclick = () => play(!state.playing);
$("fit").onclick = fit; $("in").onclick = () => zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, 1.25); $("out").onclick = () => zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, .8);
$("fold").onclick = () => { state.open.clear(); refold(); fit(); };
$("unfold").onclick = () => { for (const call of trace.calls) state.open.add(call.id); refold(); fit(); };
$("colour").onchange = (e) => { state.colour = e.target.value; redraw(); };
$("theme").onclick = () => { document.documentElement.classList.toggle("dark"); paint(); panel(); redraw(); };
function reveal(id) { for (const call of info.scopes.get(info.home[id]).path) if (call !== ROOT) state.open.add(call); arrange_(); choose(id); }
const jumps = {
  nan: () => trace.nodes.find((n) => n.value && n.value.nan) ?? trace.order.map((id) => trace.nodes[id]).find((n) => n.grad && n.grad.nan),
  largest: () => trace.nodes.filter((n) => n.grad && typeof n.grad.norm === "number").sort((a, b) => b.grad.norm - a.grad.norm)[0],
  vanishing: () => trace.nodes.filter((n) => n.op === null && n.grad && typeof n.grad.norm === "number").sort((a, b) => a.grad.norm - b.grad.norm)[0],
};
$("jump").onchange = (e) => { const found = jumps[e.target.value]?.(); $("said").textContent = found ? "" : "none found"; if (found) { say(steps[state.step - 1]); reveal(found.id); } e.target.value = ""; };
let hits = [], hitAt = 0;
$("search").addEventListener("keydown", (e) => {
  if (e.key !== "Enter") return;
  const text = e.target.value.toLowerCase();
  if (!text) return;
  if (e.target.dataset.last !== text) { hits = trace.nodes.filter((n) => `${n.name} ${n.op ?? ""} ${n.call === null ? "" : trace.calls[n.call].label}`.toLowerCase().includes(text)); hitAt = 0; e.target.dataset.last = text; }
  if (hits.length) { reveal(hits[hitAt % hits.length].id); hitAt++; }
});
new ResizeObserver(() => redraw()).observe(stage);

document.body.classList.remove("plain");
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark");
paint(); arrange_(); dim(); fit(); say(); panel(); follow(trace.loss); fit();
window.glassgrad = { trace, steps, state, goto, choose, toggle, reveal, boxes: () => picture.boxes, pieces: () => picture.pieces, shown: (id) => standsFor(id) };
