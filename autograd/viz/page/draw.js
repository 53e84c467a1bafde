// The picture: boxes and edges on one canvas, what is active now on another above it, so that a step repaints a few boxes only.

import { backwardAt, forwardAt, info, steps, trace } from "./data.js";
import { $, element } from "./dom.js";
import { show } from "./format.js";
import { layout, path, ROOT } from "./layout.js";
import { t } from "./words.js";
import { wrapped } from "./wrap.js";

export const base = $("base"),
  over = $("top"),
  stage = $("stage");
const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif",
  BAD = "#e0007a";
export const state = {
  step: 0,
  chosen: trace.loss,
  open: new Set(),
  colour: "phase",
  playing: 0,
  moved: false, // whether somebody has stepped, zoomed, dragged or folded: then the view is no longer fitted anew
  x: 0,
  y: 0,
  zoom: 1,
  picture: null,
  turned: false, // whether the picture runs from left to right
  boxOf: null,
  colours: {},
  map: 0, // which channel, head or filter is shown
  near: null,
  hits: [],
  moment: 0, // of several steps or runs the one that is shown, and the one that it is compared with
  against: 0,
};

// The height that the legend leaves to the picture: on a phone it has two lines.
function heightLeft() {
  return stage.clientHeight - Math.max(26, $("legend").offsetHeight + 6);
}
export function relayout() {
  showPicture(wrapped(layout(trace, info, state.open, state.turned), stage.clientWidth, heightLeft()));
}
export function showPicture(picture) {
  state.picture = picture;
  state.boxOf = new Map();
  for (const box of state.picture.boxes) if (!box.part) state.boxOf.set((box.kind === "node" ? "n" : "c") + box.id, box);
}
export function standsFor(id) {
  // the box that shows a node: its own, or that of the outermost folded call around it
  for (const call of info.scopes.get(info.home[id]).path)
    if (call !== ROOT && !state.open.has(call)) return state.boxOf.get(`c${call}`);
  return state.boxOf.get(`n${id}`);
}
export function readColours() {
  const css = getComputedStyle(document.documentElement);
  state.colours = {};
  for (const name of [
    "paper",
    "ink",
    "soft",
    "line",
    "edge",
    "op",
    "leaf",
    "call",
    "open",
    "frame",
    "forward",
    "backward",
    "chosen",
    "positive",
    "negative",
    "zero",
    "done_forward",
    "done_backward",
    "inner",
  ])
    state.colours[name] = css.getPropertyValue(`--${name.replace("_", "-")}`).trim();
  state.colours.dark = document.documentElement.classList.contains("dark");
}
function prepare(canvas) {
  const ratio = devicePixelRatio || 1,
    width = stage.clientWidth,
    height = stage.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return moved(pen);
}
export function moved(pen) {
  const ratio = devicePixelRatio || 1;
  pen.setTransform(ratio * state.zoom, 0, 0, ratio * state.zoom, ratio * state.x, ratio * state.y);
  return pen;
}
function windowBox() {
  const margin = 40;
  return {
    left: (-state.x - margin) / state.zoom,
    top: (-state.y - margin) / state.zoom,
    right: (stage.clientWidth - state.x + margin) / state.zoom,
    bottom: (stage.clientHeight - state.y + margin) / state.zoom,
  };
}
function inside(view, box) {
  return box.x <= view.right && box.x + box.width >= view.left && box.y <= view.bottom && box.y + box.height >= view.top;
}
function trail(pen, line) {
  pen.moveTo(line[0][0], line[0][1]);
  for (let i = 1; i < line.length; i++) {
    const [x0, y0] = line[i - 1],
      [x1, y1] = line[i],
      [dx, dy] = state.turned ? [(x1 - x0) / 2, 0] : [0, (y1 - y0) / 2];
    if (x0 === x1 || y0 === y1 || state.zoom < 0.12) pen.lineTo(x1, y1);
    else pen.bezierCurveTo(x0 + dx, y0 + dy, x1 - dx, y1 - dy, x1, y1);
  }
}
// Several edges between the same two boxes (x * x, or from one folded call to another) stand side by side.
function beside({ line, parent }, k) {
  const ends = (i) => i === line.length - 1 || (i === 0 && !parent);
  const [dx, dy] = state.turned ? [0, 8 * k] : [8 * k, 0];
  return k ? line.map(([x, y], i) => (ends(i) ? [x + dx, y + dy] : [x, y])) : line;
}
function strands(piece) {
  const seen = {};
  return piece.edges.map((edge) => {
    const pair = edge.split(":")[0];
    return (seen[pair] = (seen[pair] ?? -1) + 1);
  });
}

// ---- colours
export const measures = { gradient: norm, ratio };
let scales = {}; // the range of each colouring, over all nodes
export function rescale() {
  scales = {};
}
function scaleOf(colour) {
  const of = (get) => {
    let low = Infinity,
      high = -Infinity;
    for (const node of trace.nodes) {
      const v = get(node);
      if (v > 0 && v < Infinity) {
        low = Math.min(low, Math.log10(v));
        high = Math.max(high, Math.log10(v));
      }
    }
    return low <= high ? [low, high] : [0, 0];
  };
  scales[colour] ??= of(measures[colour]);
  return scales[colour];
}
export function norm(node) {
  return node.grad ? Number(node.grad.norm) : NaN;
}
function ratio(node) {
  return node.grad && node.value ? Number(node.grad.norm) / Number(node.value.norm) : NaN;
}
function tint(share) {
  // from pale blue to red, or from dark blue to orange: in grey, too, from low to high
  const [low, high] = state.colours.dark
    ? [
        [22, 38, 77],
        [160, 72, 40],
      ]
    : [
        [223, 232, 251],
        [226, 128, 100],
      ];
  return `rgb(${low.map((v, k) => Math.round(v + (high[k] - v) * share)).join()})`;
}
function measured(node) {
  const ofValue = state.colour === "change",
    array = ofValue ? node.value : node.grad;
  if (!array) return state.colours.op;
  if (array.nan || array.inf) return BAD;
  const v = measures[state.colour](node),
    [low, high] = scaleOf(state.colour);
  return v > 0 && v < Infinity ? tint(high > low ? (Math.log10(v) - low) / (high - low) : 0.5) : state.colours.op;
}
// Whether a box shows that its gradient is known: by a colour, and for eyes and projectors that see none by a second line.
function finished(box) {
  const id = box.kind === "node" ? box.id : info.scopes.get(box.id).call.first;
  return state.colour === "phase" && backwardAt.get(id) <= state.step;
}
function filled(box) {
  if (finished(box)) return state.colours.done_backward;
  if (box.kind === "node") {
    const node = trace.nodes[box.id];
    if (node.constant) return state.colours.paper;
    if (state.colour !== "phase") return measured(node);
    if (forwardAt.get(node.id) <= state.step) return state.colours.done_forward;
    return node.op === null ? state.colours.leaf : state.colours.op;
  }
  const call = info.scopes.get(box.id).call;
  if (state.colour !== "phase") return measured(trace.nodes[call.last]);
  return forwardAt.get(call.last) <= state.step ? state.colours.done_forward : state.colours.call;
}

// ---- boxes
// Boxes of one colour from far away: where the gradient is known the second line is one through the middle.
function drawFar(pen, boxes) {
  for (const box of boxes) pen.fillRect(box.x, box.y, box.width, box.height);
  if (!finished(boxes[0])) return;
  pen.fillStyle = state.colours.soft;
  for (const box of boxes) pen.fillRect(box.x, box.y + box.height / 2, box.width, 1 / state.zoom);
}
function drawBox(pen, box, detail) {
  const node = box.kind === "node" ? trace.nodes[box.id] : null;
  pen.globalAlpha = state.near && node && !state.near.has(box.id) ? 0.25 : 1;
  pen.fillStyle = filled(box);
  if (detail < 1) {
    drawFar(pen, [box]);
    return;
  }
  pen.strokeStyle = node?.inner ? state.colours.inner : node && node.op !== null ? state.colours.line : state.colours.frame;
  pen.setLineDash(node?.constant ? [4, 3] : node?.inner ? [2, 2] : []);
  pen.lineWidth = (node?.inner ? 2.4 : 1) / Math.max(state.zoom, 0.4);
  const round = node && node.op === null ? 3 : node ? 14 : 8;
  pen.beginPath();
  pen.roundRect(box.x, box.y, box.width, box.height, round);
  pen.fill();
  pen.stroke();
  pen.setLineDash([]);
  if (finished(box)) {
    pen.strokeStyle = state.colours.soft;
    pen.lineWidth = 1 / Math.max(state.zoom, 0.4);
    pen.beginPath();
    pen.roundRect(box.x + 3, box.y + 3, box.width - 6, box.height - 6, Math.max(1, round - 3));
    pen.stroke();
  }
  if (detail < 2) return;
  const x = box.x + box.width / 2,
    scope = node ? null : info.scopes.get(box.id);
  pen.textAlign = "center";
  pen.direction = "ltr";
  pen.fillStyle = state.colours.ink;
  pen.font = `600 12px ${FONT}`;
  pen.fillText(node ? node.short : `▸ ${scope.call.short}`, x, box.y + 15, box.width - 8);
  pen.fillStyle = state.colours.soft;
  pen.font = `11px ${FONT}`;
  if (!node?.scalar) pen.fillText(node ? node.label : scope.text, x, box.y + 29, box.width - 8);
  else {
    const done = node.op === null || forwardAt.get(node.id) <= state.step;
    pen.fillStyle = state.colours.ink;
    pen.fillText(
      !done ? "·" : node.value ? show(node.value.numbers?.[0] ?? node.value.mean, 4) : "?",
      x,
      box.y + 30,
      box.width - 8,
    );
    if (node.grad && backwardAt.get(node.id) <= state.step) {
      pen.fillStyle = state.colours.ink;
      pen.fillText(t("grad", { value: show(node.grad.mean, 4) }), x, box.y + 43, box.width - 8);
    }
  }
  if (box.id === trace.loss && node && !trace.architecture) {
    pen.textAlign = "left";
    pen.fillStyle = state.colours.backward;
    pen.font = `600 11px ${FONT}`;
    if (state.turned) pen.fillText(t("loss"), box.x, box.y - 6);
    else pen.fillText(t("loss"), box.x + box.width + 8, box.y + box.height / 2 + 4);
  }
}
function detailed() {
  return state.zoom > 0.3 ? 2 : state.zoom > 0.14 ? 1 : 0;
}
// The shape of what flows along each edge, beside its longest straight part.
function drawShapes(pen) {
  const said = new Set(),
    along = state.turned ? 0 : 1;
  pen.font = `10.5px ${FONT}`;
  pen.textAlign = "left";
  pen.fillStyle = state.colours.soft;
  for (const edge of state.picture.through.keys()) {
    const source = trace.nodes[Number(edge.split(">")[0])];
    if (source.op === null && !source.input && !source.constant) continue; // a parameter's shape is in its box
    let [most, x, y] = [0, 0, 0];
    for (const { line } of path(state.picture, edge))
      for (let i = 1; i < line.length; i++)
        if (line[i][along] - line[i - 1][along] > most)
          [most, x, y] = [
            line[i][along] - line[i - 1][along],
            (line[i][0] + line[i - 1][0]) / 2,
            (line[i][1] + line[i - 1][1]) / 2,
          ];
    const key = `${source.label}|${Math.round(x)}|${Math.round(y)}`;
    if (!said.has(key)) state.turned ? pen.fillText(source.label, x - 16, y - 5) : pen.fillText(source.label, x + 5, y + 4);
    said.add(key);
  }
}
// Which modules go on in a further column: the outermost, and those within it that the cut went through. The innermost counts most.
export function crumbs(pen, outer) {
  const within = (box) => box.column === outer.column && box.x >= outer.x && box.x + box.width <= outer.x + outer.width,
    names = state.picture.boxes
      .filter((box) => box.kind === "open" && box.part && within(box))
      .sort((a, b) => a.depth - b.depth)
      .map((box) => info.scopes.get(box.id).call.short);
  const text = (first) => `▾ ${first ? "… › " : ""}${names.slice(first).join(" › ")} …`;
  let first = 0;
  while (first < names.length - 1 && pen.measureText(text(first)).width > outer.width - 18) first++;
  return text(first);
}
// Titles of open calls, above the edges that enter them.
function drawTitles(pen) {
  const view = windowBox();
  pen.textAlign = "left";
  pen.font = `600 11px ${FONT}`;
  for (const box of state.picture.boxes) {
    if (box.kind !== "open" || !inside(view, box) || (box.part && box.depth)) continue;
    const { short, kind } = info.scopes.get(box.id).call,
      title = box.part ? crumbs(pen, box) : short === kind || !kind ? `▾ ${short}` : `▾ ${short}  ${kind}`;
    pen.fillStyle = state.colours.call;
    pen.beginPath();
    pen.roundRect(box.x + 5, box.y + 4, Math.min(box.width - 10, pen.measureText(title).width + 10), 16, 4);
    pen.fill();
    pen.fillStyle = state.colours.soft;
    pen.fillText(title, box.x + 10, box.y + 16, box.width - 18);
  }
}
function drawBase() {
  const pen = prepare(base),
    view = windowBox(),
    detail = detailed();
  pen.lineWidth = 1 / Math.max(state.zoom, 0.4);
  for (const box of state.picture.boxes) {
    if (box.kind !== "open" || !inside(view, box)) continue;
    pen.fillStyle = state.colours.open;
    pen.strokeStyle = state.colours.frame;
    pen.beginPath();
    pen.roundRect(box.x, box.y, box.width, box.height, 8);
    pen.fill();
    pen.stroke();
  }
  pen.strokeStyle = state.colours.edge;
  pen.globalAlpha = state.near ? 0.25 : 1;
  pen.beginPath();
  for (const piece of state.picture.pieces) {
    const { left, right, top, bottom } = (piece.bounds ??= bounds(piece.line));
    if (top > view.bottom || bottom < view.top || left > view.right || right < view.left) continue;
    trail(pen, piece.line);
    if (piece.edges.length > 1) for (const k of strands(piece)) if (k) trail(pen, beside(piece, k));
  }
  pen.stroke();
  pen.globalAlpha = 1;
  if (trace.architecture && detail === 2) drawShapes(pen);
  if (detail === 2) drawTitles(pen);
  if (detail === 0) {
    // far away: rectangles of one colour at a time
    const groups = new Map();
    for (const box of state.picture.boxes) {
      if (box.kind === "open" || !inside(view, box)) continue;
      const key = `${filled(box)}|${state.near && box.kind === "node" && !state.near.has(box.id) ? 0.25 : 1}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(box);
    }
    for (const [key, boxes] of groups) {
      const [fill, alpha] = key.split("|");
      pen.fillStyle = fill;
      pen.globalAlpha = +alpha;
      drawFar(pen, boxes);
    }
  } else for (const box of state.picture.boxes) if (box.kind !== "open" && inside(view, box)) drawBox(pen, box, detail);
  pen.globalAlpha = 1;
}
function bounds(line) {
  let left = Infinity,
    right = -Infinity,
    top = Infinity,
    bottom = -Infinity;
  for (const [x, y] of line) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, right, top, bottom };
}
// The boxes of some nodes only, in place: what a step changes while the view stays.
function drawSome(ids) {
  const pen = moved(base.getContext("2d")),
    boxes = new Set(ids.map(standsFor));
  for (const box of boxes) {
    if (!box || box.kind === "open") continue;
    pen.globalAlpha = 1;
    pen.fillStyle = state.colours.paper;
    pen.fillRect(box.x, box.y, box.width, box.height);
    drawBox(pen, box, detailed());
  }
  pen.globalAlpha = 1;
}
function outline(pen, box, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width / Math.min(1, Math.max(state.zoom, 0.15));
  pen.beginPath();
  pen.roundRect(box.x - 2, box.y - 2, box.width + 4, box.height + 4, 10);
  pen.stroke();
}
function drawOver() {
  const pen = prepare(over),
    now = steps[state.step - 1];
  for (const node of state.hits) {
    const box = standsFor(node.id);
    if (box) outline(pen, box, state.colours.chosen, 1.5);
  }
  if (now) {
    const node = trace.nodes[now.id],
      colour = state.colours[now.phase];
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    pen.lineWidth = 2.4 / Math.min(1, Math.max(state.zoom, 0.2));
    node.operands.forEach((operand, position) => {
      if (operand.node === null || (now.phase === "backward" && !operand.contribution)) return;
      const edge = `${operand.node}>${node.id}:${position}`;
      const pieces = path(state.picture, edge);
      for (const piece of pieces) {
        const line = beside(piece, strands(piece)[piece.edges.indexOf(edge)]);
        pen.beginPath();
        trail(pen, line);
        pen.stroke();
        if (piece !== (now.phase === "forward" ? pieces[pieces.length - 1] : pieces[0])) continue;
        const [x, y] = now.phase === "forward" ? line[line.length - 1] : line[0],
          up = now.phase === "forward" ? -1 : 1;
        pen.beginPath();
        pen.moveTo(x, y);
        if (state.turned) {
          pen.lineTo(x + 9 * up, y - 5);
          pen.lineTo(x + 9 * up, y + 5);
        } else {
          pen.lineTo(x - 5, y + 9 * up);
          pen.lineTo(x + 5, y + 9 * up);
        }
        pen.fill();
      }
    });
    if (detailed() === 2) drawTitles(pen);
    const box = standsFor(now.id);
    if (box) outline(pen, box, colour, 3);
  }
  const chosen = standsFor(state.chosen);
  if (chosen && (!now || now.id !== state.chosen)) outline(pen, chosen, state.colours.chosen, 2);
}
let wanted = null; // what the next frame paints: everything, or the nodes that changed and what lies above
export function redraw(ids = null) {
  if (wanted === null) requestAnimationFrame(paint);
  wanted = ids === null || wanted === "all" ? "all" : [...(wanted ?? []), ...ids];
}
export function paint() {
  const what = wanted;
  wanted = null;
  if (what === "all") drawBase();
  else if (what) drawSome(what);
  drawOver();
}

// ---- view
export function fit(all = true) {
  // all of the picture, or as much as can be read
  const width = stage.clientWidth,
    height = heightLeft();
  const whole = Math.min(width / state.picture.width, height / state.picture.height),
    across = state.turned ? height / state.picture.height : width / state.picture.width;
  state.zoom = Math.min(1.35, all || whole > 0.6 ? Math.max(whole, 0.01) : Math.max(Math.min(0.75, across), whole, 0.15));
  const fits = whole >= state.zoom; // otherwise the beginning is shown
  state.x = fits || !state.turned ? (width - state.picture.width * state.zoom) / 2 : 8;
  state.y = fits || state.turned ? (height - state.picture.height * state.zoom) / 2 : 8;
  redraw();
}
export function follow(id) {
  // bring a node into view; says whether the view moved
  const box = standsFor(id);
  if (!box) return false;
  const x = (box.x + box.width / 2) * state.zoom + state.x,
    y = (box.y + box.height / 2) * state.zoom + state.y;
  const width = stage.clientWidth,
    height = stage.clientHeight,
    { x: x0, y: y0 } = state;
  if (x < 60 || x > width - 60) state.x += width / 2 - x;
  if (y < 60 || y > height - 60) state.y += height / 2 - y;
  return state.x !== x0 || state.y !== y0;
}
export function moveBy(x, y) {
  state.moved = true;
  state.x += x;
  state.y += y;
  redraw();
}
export function allVisible() {
  const { picture, zoom, x, y } = state;
  return x >= 0 && y >= 0 && x + picture.width * zoom <= stage.clientWidth && y + picture.height * zoom <= stage.clientHeight;
}
export function zoomAt(x, y, factor) {
  state.moved = true;
  const zoom = Math.min(4, Math.max(0.01, state.zoom * factor));
  state.x = x - ((x - state.x) * zoom) / state.zoom;
  state.y = y - ((y - state.y) * zoom) / state.zoom;
  state.zoom = zoom;
  redraw();
}
export function legend() {
  const made = $("legend"),
    swatch = (colour, text, border, round = "5px") => {
      const patch = element("i");
      patch.style.background = colour;
      patch.style.borderRadius = round; // as the boxes of its kind
      if (border) patch.style.border = border;
      return element("span", {}, patch, text);
    };
  if (trace.architecture) {
    made.replaceChildren(swatch(state.colours.call, t("module")), swatch(state.colours.leaf, t("input or parameter"), "", "0"));
    return;
  }
  if (state.colour === "phase") {
    made.replaceChildren(
      swatch(state.colours.leaf, t("leaf"), "", "0"),
      trace.nodes.some((n) => n.inner) ? swatch(state.colours.op, t("inner"), `2px dotted ${state.colours.inner}`) : "",
      trace.constants.length ? swatch(state.colours.paper, t("constant"), `1px dashed ${state.colours.soft}`) : "",
      swatch(state.colours.done_forward, t("computed")),
      swatch(state.colours.done_backward, t("gradient known"), `3px double ${state.colours.soft}`),
    );
    return;
  }
  const [low, high] = scaleOf(state.colour),
    ramp = element("i", { class: "ramp" });
  ramp.style.background = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map(tint).join(", ")})`;
  made.replaceChildren(
    element("span", {}, t(`scale ${state.colour}`)),
    element("span", {}, show(10 ** low, 2), ramp, show(10 ** high, 2)),
    swatch(BAD, t("nan or inf")),
    swatch(state.colours.op, t("zero")),
  );
}
