// The page: one state (step, choice, open calls, view), and what mouse, keys and fingers do to it.

import { completed, info, steps, trace, turn } from "./data.js";
import { $, element, name } from "./dom.js";
import {
  allVisible,
  base,
  crumbs,
  fit,
  follow,
  legend,
  moveBy,
  norm,
  over,
  paint,
  readColours,
  redraw,
  relayout,
  showPicture,
  stage,
  standsFor,
  state,
  zoomAt,
} from "./draw.js";

import { answers, hideAll, judged, showProgress, solved } from "./exercise.js";
import { show } from "./format.js";
import { editNumber, lab, labelsOf, plane, predicted } from "./lab.js";
import { labChanged, many, startLab } from "./labview.js";
import { compute, computeOutputs } from "./language.js";
import { HEADER, layout, path, ROOT, unfolded } from "./layout.js";
import { startMoments } from "./moments.js";
import { gradientOf, nameAt, operandName, title } from "./names.js";
import { panel } from "./panel.js";
import { rowsOf, tableChanged } from "./table.js";
import { parts, several, t, where } from "./words.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

function goto(step) {
  const before = state.step;
  state.step = Math.max(0, Math.min(steps.length, step));
  if (state.step === before) return;
  state.moved = true;
  const now = steps[state.step - 1];
  if (now) state.chosen = now.id;
  const moved = now ? follow(now.id) : false,
    dimmed = dim();
  $("slider").value = state.step;
  say();
  panel();
  tableChanged();
  // One step on: only that node looks different. One step back: only the one that was left.
  const touched = (id) => [id, ...(completed.get(id) ?? [])];
  const next = state.step === before + 1 ? touched(now.id) : state.step === before - 1 ? touched(steps[before - 1].id) : null;
  redraw(moved || dimmed || next === null ? null : next);
}
function amount(array) {
  if (!array || array.hidden) return t("to be worked out");
  return array.one ? show(array.mean) : t("norm of", { value: show(array.norm) });
}
function list(items) {
  return element("span", {}, ...items.flatMap((item, i) => (i ? [", ", item] : [item])));
}
// What the step does, in a sentence.
function told(now) {
  const node = trace.nodes[now.id];
  if (now.phase === "forward") {
    const what = node.label || t("its outputs"),
      value = node.value ? show(node.value.mean) : "";
    return parts(!node.value ? "computes" : node.value.one ? "computes number" : "computes mean", { what, value });
  }
  if (node.op === null) return [t("complete"), node.grad ? ": " : "", node.grad ? amount(node.grad) : ""];
  const given = node.operands.filter((o) => o.contribution),
    done = completed.get(node.id) ?? [];
  if (!given.length) return [t("passes on")];
  const to = (o) =>
    element("span", {}, ...parts("to", { value: amount(o.contribution), name: gradientName(operandName(node, o)) }));
  const whole = (id) => element("span", {}, gradientName(nameAt(node, id)), " = ", amount(trace.nodes[id].grad));
  return [
    ...parts("gives", { list: list(given.map(to)) }),
    ...(done.length ? parts("completes", { list: list(done.map(whole)) }) : []),
  ];
}
function architectureText() {
  const calls = trace.calls.filter((call) => call.parent === null),
    count = calls.reduce((sum, call) => sum + call.parameters, 0);
  return t("architecture", {
    parameters: several(count, "one parameter", "many parameters"),
    modules: several(trace.calls.length, "one module", "many modules"),
  });
}
function gradientName(text) {
  return element("i", {}, name(gradientOf(text)));
}
function say(text) {
  const said = $("said"),
    now = steps[state.step - 1];
  said.replaceChildren();
  if (text) said.append(text);
  else if (!now && trace.architecture) said.append(architectureText());
  else if (!now)
    said.append(
      t("hello", {
        forward: several(turn, "one step", "many steps"),
        backward: several(steps.length - turn, "one step", "many steps"),
      }),
    );
  else {
    const node = trace.nodes[now.id];
    said.append(t("of", { step: state.step, steps: steps.length }), element("b", { class: now.phase }, t(now.phase)), " ");
    said.append(name(title(node) + where(node)), ": ", ...told(now).filter((part) => part !== ""));
  }
  said.dataset.node = now ? now.id : "";
  said.dataset.phase = now ? now.phase : "";
  for (const line of trace.dropped) said.append(element("span", { class: "dropped" }, ` · ${line}`));
}
function play(on) {
  clearInterval(state.playing);
  if (on && state.step === steps.length) goto(0);
  const pause = (still.matches ? 1500 : Math.max(120, Math.min(700, 40000 / steps.length))) / Number($("speed").value);
  state.playing = on ? setInterval(() => (state.step < steps.length ? goto(state.step + 1) : play(false)), pause) : 0;
  document.body.classList.toggle("playing", on);
  $("play").setAttribute("aria-label", t(on ? "pause" : "play"));
}
function choose(id) {
  state.chosen = id;
  follow(id);
  dim();
  panel();
  redraw();
}
function dim() {
  // in a dense graph only what is near the choice stays bright; says whether that changed
  const before = state.near;
  state.near = null;
  if (state.picture.boxes.length < 120 || state.picture.branches < 1.6 * state.picture.boxes.length) return before !== null;
  state.near = new Set([state.chosen]);
  for (let distance = 0; distance < 2; distance++)
    for (const id of [...state.near]) {
      for (const o of trace.nodes[id].operands) if (o.node !== null) state.near.add(o.node);
      if (info.users[id].length < 60) for (const user of info.users[id]) state.near.add(user);
    }
  return true;
}
export function reveal(id) {
  // open the calls around a node, and choose it
  let folded = false;
  for (const call of info.scopes.get(info.home[id]).path)
    if (call !== ROOT && !state.open.has(call)) {
      state.open.add(call);
      folded = true;
    }
  state.moved = true;
  if (folded) relayout();
  choose(id);
}
function toggle(call) {
  state.moved = true;
  const before = state.boxOf.get(`c${call}`);
  if (state.open.has(call))
    for (const id of info.scopes.keys()) {
      if (id !== ROOT && info.scopes.get(id).path.includes(call)) state.open.delete(id);
    }
  else for (const id of info.scopes.get(call).path) if (id !== ROOT) state.open.add(id);
  relayout();
  const after = state.boxOf.get(`c${call}`);
  if (before && after) {
    state.x += (before.x - after.x) * state.zoom;
    state.y += (before.y - after.y) * state.zoom;
  }
  dim();
  redraw();
}
function turnPicture() {
  state.moved = true;
  state.turned = !state.turned;
  relayout();
  dim();
  fit(false);
}
function openOnly(calls) {
  state.moved = true;
  state.open = new Set(calls);
  relayout();
  dim();
  fit(false);
}
function centre(factor) {
  zoomAt(stage.clientWidth / 2, stage.clientHeight / 2, factor);
}

// ---- mouse and fingers on the picture
function hit(event) {
  const area = over.getBoundingClientRect(),
    x = (event.clientX - area.left - state.x) / state.zoom,
    y = (event.clientY - area.top - state.y) / state.zoom;
  let found = null;
  for (const box of state.picture.boxes)
    if (
      x >= box.x &&
      x <= box.x + box.width &&
      y >= box.y &&
      y <= box.y + box.height &&
      (box.kind !== "open" || y <= box.y + HEADER)
    )
      if (!found || box.depth >= found.depth) found = box;
  return found;
}
const fingers = new Map();
let travelled = 0;
const framed = window.parent !== window; // in a notebook's cell: there the wheel scrolls the notebook
over.addEventListener("pointerdown", (e) => {
  if (!fingers.size) travelled = 0;
  fingers.set(e.pointerId, e);
  over.setPointerCapture(e.pointerId);
  over.classList.add("moving");
});
over.addEventListener("pointermove", (e) => {
  const before = fingers.get(e.pointerId);
  if (!before) {
    over.style.cursor = hit(e) ? "pointer" : "";
    return;
  }
  if (fingers.size === 1) {
    moveBy(e.clientX - before.clientX, e.clientY - before.clientY);
  } else {
    const [other] = [...fingers.values()].filter((f) => f.pointerId !== e.pointerId),
      area = over.getBoundingClientRect();
    const distance = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
    zoomAt(
      (e.clientX + other.clientX) / 2 - area.left,
      (e.clientY + other.clientY) / 2 - area.top,
      distance(e) / Math.max(1, distance(before)),
    );
  }
  travelled += Math.abs(e.clientX - before.clientX) + Math.abs(e.clientY - before.clientY);
  fingers.set(e.pointerId, e);
  redraw();
});
const lift = (e) => {
  fingers.delete(e.pointerId);
  over.classList.remove("moving");
  if (travelled > 4 || e.type === "pointercancel") return;
  const box = hit(e);
  if (box) box.kind === "node" ? choose(box.id) : toggle(box.id);
};
over.addEventListener("pointerup", lift);
over.addEventListener("pointercancel", lift);
over.addEventListener(
  "wheel",
  (e) => {
    const area = over.getBoundingClientRect();
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      zoomAt(e.clientX - area.left, e.clientY - area.top, Math.exp(-e.deltaY / 200));
    } else if (!framed && !allVisible()) {
      e.preventDefault();
      moveBy(-e.deltaX, -e.deltaY);
    } // else the page, or the notebook around it, scrolls
  },
  { passive: false },
);

// ---- keys
addEventListener("keydown", (e) => {
  if (e.target.matches("input:not([type=range]), select, summary") || e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.target.closest("aside") && /^(Arrow(Up|Down)|Page|Home|End| $)/.test(e.key)) return; // they scroll the panel
  if (e.key === " " && e.target.matches("button")) return;
  const keys = {
    ArrowRight: () => goto(state.step + 1),
    ArrowDown: () => goto(state.step + 1),
    ArrowLeft: () => goto(state.step - 1),
    ArrowUp: () => goto(state.step - 1),
    Home: () => goto(0),
    End: () => goto(steps.length),
    " ": () => play(!state.playing),
    "+": () => centre(1.25),
    "=": () => centre(1.25),
    "-": () => centre(0.8),
    0: () => fit(),
    Enter: () => {
      if (e.target === over) {
        const box = standsFor(state.chosen);
        if (box?.kind === "call") toggle(box.id);
        else if (info.home[state.chosen] !== ROOT) toggle(info.home[state.chosen]);
      }
    },
  };
  if (e.key === "Enter" && e.target !== over) return;
  if (!keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

addEventListener("reveal", (e) => reveal(e.detail));
addEventListener("moment", () => {
  themed();
  tableChanged();
  say();
});
addEventListener("worked", () => {
  panel();
  tableChanged();
  say();
  redraw();
});
addEventListener("edited", (e) => {
  labChanged();
  tableChanged();
  say();
  $("panel").querySelector(`[data-place="${e.detail}"]`)?.focus();
});

// ---- controls
const controls = {
  first: () => goto(0),
  back: () => goto(state.step - 1),
  next: () => goto(state.step + 1),
  last: () => goto(steps.length),
  turn: () => goto(turn + 1),
  play: () => play(!state.playing),
  fit: () => fit(),
  sideways: turnPicture,
  in: () => centre(1.25),
  out: () => centre(0.8),
  fold: () => openOnly([]),
  unfold: () => openOnly(trace.calls.map((call) => call.id)),
  theme: () => {
    document.documentElement.classList.toggle("dark");
    themed();
  },
};
for (const [id, act] of Object.entries(controls)) $(id).addEventListener("click", act);
$("slider").addEventListener("input", (e) => goto(+e.target.value));
$("speed").addEventListener("change", () => play(!!state.playing));
$("colour").addEventListener("change", (e) => {
  state.colour = e.target.value;
  legend();
  redraw();
});
function themed() {
  readColours();
  legend();
  panel();
  redraw();
}

const bad = (array) => array && (array.nan || array.inf);
const best = (nodes, better) =>
  nodes.filter((n) => norm(n) >= 0 && norm(n) < Infinity).reduce((a, b) => (a === null || better(norm(b), norm(a)) ? b : a), null);
const jumps = {
  nan: () =>
    trace.nodes.find((n) => n.value?.nan) ??
    trace.nodes.find((n) => n.value?.inf) ??
    trace.order.map((id) => trace.nodes[id]).find((n) => bad(n.grad)),
  largest: () => best(trace.nodes, (a, b) => a > b),
  vanishing: () =>
    best(
      trace.nodes.filter((n) => n.op === null),
      (a, b) => a < b,
    ),
};
$("jump").addEventListener("change", (e) => {
  const found = jumps[e.target.value]?.(),
    what = e.target.selectedOptions[0].textContent;
  e.target.value = "";
  if (!found) {
    say(t("no such", { what }));
    return;
  }
  reveal(found.id);
  say(
    element(
      "span",
      {},
      `${what}: `,
      name(title(found) + where(found)),
      found.grad ? t("gradient norm is", { value: show(found.grad.norm) }) : "",
    ),
  );
});
let hitAt = -1;
$("search").addEventListener("input", (e) => {
  const text = e.target.value.trim().toLowerCase();
  state.hits = text
    ? trace.nodes
        .filter((n) => `${title(n)} ${n.op ?? ""} ${n.call === null ? "" : trace.calls[n.call].label}`.toLowerCase().includes(text))
        .slice(0, 2000)
    : [];
  hitAt = -1;
  const count = several(state.hits.length, "one match", "many matches");
  say(text ? (state.hits.length ? t("hint match", { count }) : count) : null);
  redraw([]);
});
$("search").addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    e.target.value = "";
    state.hits = [];
    say();
    redraw();
    over.focus();
  }
  if (e.key !== "Enter" || !state.hits.length) return;
  hitAt = (hitAt + (e.shiftKey ? state.hits.length - 1 : 1)) % state.hits.length;
  reveal(state.hits[hitAt].id);
  say(
    element(
      "span",
      {},
      t("match of", { i: hitAt + 1, n: state.hits.length }),
      name(title(state.hits[hitAt]) + where(state.hits[hitAt])),
    ),
  );
});

// ---- start
document.body.classList.remove("plain");
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark");
if (!trace.calls.length) $("folding").hidden = true;
$("slider").max = steps.length;
for (const id of ["jump", "colour"]) $(id).hidden = trace.architecture; // there are no numbers to go to
$("turn").hidden = turn === steps.length;
$("slider").style.setProperty("--turn", `${(100 * turn) / Math.max(1, steps.length)}%`);
// The first look: as many modules open as can be read. A frame may get its size late, so this is done again until somebody moves it.
let laidOut = null; // the frame that the first look was made for
function start() {
  const { clientWidth, clientHeight } = stage,
    frame = `${clientWidth} ${clientHeight}`;
  if (frame === laidOut) return; // an observer tells the first size, too
  laidOut = frame;
  let budget = Math.max(14, Math.min(80, (clientWidth * clientHeight) / 12000)),
    tried = null;
  do {
    state.open = unfolded(trace, info, budget);
    budget *= 0.6; // for the next turn, if it does not fit into the frame
    const key = [...state.open].join();
    if (key === tried) continue; // a layout of some thousand boxes takes a tenth of a second: none is made twice
    tried = key;
    const share = (turned) => {
      state.turned = turned;
      relayout();
      return Math.min(clientWidth / state.picture.width, clientHeight / state.picture.height);
    };
    const upright = share(false),
      picture = state.picture;
    if (!clientWidth || upright > 0.6) break;
    // A tower: from left to right it may be larger.
    const sideways = share(true);
    if (sideways > 0.6) break;
    if (sideways < 1.2 * upright) {
      state.turned = false;
      showPicture(picture);
    }
  } while (budget > 4);
  dim();
  if (clientWidth && clientHeight) fit(false);
}
hideAll();
showProgress();
for (const id of ["jump", "colour"]) if (trace.exercise) $(id).hidden = true; // they would tell what is asked
readColours();
legend(); // the picture has what it leaves
start();
startLab();
say();
themed();
if (trace.moments) {
  goto(steps.length); // all is known
  state.moved = false;
  startMoments();
}
tableChanged();
new ResizeObserver(() => (state.moved ? redraw() : start())).observe(stage);
window.glassgrad = {
  trace,
  steps,
  state,
  goto,
  choose,
  toggle,
  reveal,
  open: openOnly,
  fit,
  boxes: () => state.picture.boxes,
  pieces: () => state.picture.pieces,
  path: (edge) => path(state.picture, edge),
  view: () => ({ x: state.x, y: state.y, zoom: state.zoom }),
  shown: (id) => standsFor(id),
  paint,
  rows: rowsOf,
  operandName,
  repaint: () => {
    redraw();
    paint();
  },
  crumbs: () => state.picture.boxes.filter((b) => b.part && !b.depth).map((b) => crumbs(base.getContext("2d"), b)),
  textOf: (call) => info.scopes.get(call).text,
  compute,
  computeOutputs,
  lab,
  exercise: { answers, solved, judged },
  many,
  editNumber: (...given) => {
    editNumber(...given);
    labChanged();
  },
  predicted: (points) => predicted(plane(), points),
  plane: () => ({ x: lab.values[plane().points].data, labels: labelsOf(plane()).data }),
  layout: () => layout(trace, info, state.open),
};
