// The laboratory's tools: the optimizer's step, the loop, the loss as it falls, and for two inputs the decision boundary.

import { trace } from "./data.js";
import { $, element } from "./dom.js";
import { redraw, state } from "./draw.js";
import { show } from "./format.js";
import {
  dataSets,
  lab,
  labelsOf,
  lossNow,
  openLab,
  plane,
  predicted,
  refresh,
  resetLab,
  stepRule,
  takeStep,
  useData,
} from "./lab.js";
import { panel } from "./panel.js";
import { t } from "./words.js";

const GRID = 36; // points to a side of the decision boundary
let looping = 0,
  waiting = 0, // for the decision boundary to be drawn
  shown = null; // {points, prediction, ...} of a graph with two inputs

function tools() {
  const rate = element("input", { id: "rate", type: "number", step: "any", min: "0", value: String(lab.rate ?? 0.1) });
  rate.addEventListener("input", () => {
    if (rate.value !== "" && Number.isFinite(+rate.value)) lab.rate = +rate.value;
  });
  const sets = element(
    "select",
    { id: "dataset" },
    element("option", { value: "" }, t("own data")),
    ...dataSets.map((kind) => element("option", { value: kind }, t(kind))),
  );
  sets.addEventListener("change", () => {
    if (sets.value) useData(shown, sets.value);
    else resetLab();
    labChanged();
  });
  $("labtools").replaceChildren(
    element(
      "button",
      { id: "labstep", title: t("update hint", { name: stepRule.name }), onclick: () => many(1) },
      t("update button"),
    ),
    element("button", { id: "labloop", "aria-pressed": "false", onclick: () => loop(!looping) }, t("loop")),
    element("button", { id: "labreset", onclick: startAgain }, t("reset")),
    element("label", {}, `${t("rate")} `, rate),
    shown ? element("label", {}, `${t("data set")} `, sets) : "",
    element("output", { id: "lossnow", "aria-live": "off" }),
    element("canvas", { id: "losses", width: 220, height: 64, role: "img", "aria-label": t("loss curve") }),
    shown ? element("canvas", { id: "plane", width: 180, height: 180, role: "img", "aria-label": t("boundary") }) : "",
  );
}
function startAgain() {
  loop(false);
  resetLab();
  labChanged();
}
export function many(count) {
  for (let i = 0; i < count; i++) takeStep();
  refresh();
  labChanged();
}
function loop(on) {
  cancelAnimationFrame(looping);
  looping = 0;
  $("labloop").setAttribute("aria-pressed", String(on));
  $("labloop").textContent = t(on ? "stop" : "loop");
  const frame = () => {
    // as many steps as fit into a frame, at most ten
    const begun = performance.now();
    for (let i = 0; i < 10 && performance.now() - begun < 10; i++) takeStep();
    if (!Number.isFinite(lossNow())) return loop(false);
    refresh();
    labChanged();
    looping = requestAnimationFrame(frame);
  };
  if (on) looping = requestAnimationFrame(frame);
}
// Everything that shows a number, after numbers have changed.
export function labChanged() {
  panel();
  redraw();
  if (!lab.ready || !$("lab").open) return;
  $("lossnow").textContent = t("steps taken", { n: lab.steps, loss: show(lossNow(), 5) });
  curve();
  if (shown && !waiting) waiting = setTimeout(boundary, 30); // it takes longer than all the rest: never within an edit
}
function curve() {
  const canvas = $("losses"),
    pen = canvas.getContext("2d"),
    { width, height } = canvas,
    values = lab.losses.slice(-2000),
    high = Math.max(...values),
    low = Math.min(0, ...values);
  pen.clearRect(0, 0, width, height);
  pen.strokeStyle = state.colours.line;
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
  pen.strokeStyle = state.colours.backward;
  pen.lineWidth = 2;
  pen.beginPath();
  values.forEach((v, i) => {
    const x = 2 + ((width - 4) * i) / Math.max(1, values.length - 1),
      y = height - 3 - ((height - 6) * (v - low)) / Math.max(high - low, 1e-300);
    i ? pen.lineTo(x, y) : pen.moveTo(x, y);
  });
  pen.stroke();
}
// The corners of what is drawn: all points with a margin.
export function frameOf(found) {
  const { data } = lab.values[found.points],
    xs = data.filter((_, i) => i % 2 === 0),
    ys = data.filter((_, i) => i % 2 === 1),
    sides = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)],
    margin = 0.12 * Math.max(sides[1] - sides[0], sides[3] - sides[2], 1e-9);
  return [sides[0] - margin, sides[1] + margin, sides[2] - margin, sides[3] + margin];
}
function classColour(label) {
  return [state.colours.negative, state.colours.positive, state.colours.soft, state.colours.chosen][label % 4];
}
function rgbOf(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
function boundary() {
  waiting = 0;
  const canvas = $("plane"),
    pen = canvas.getContext("2d"),
    { width, height } = canvas,
    [x0, x1, y0, y1] = frameOf(shown),
    grid = [];
  for (let r = 0; r < GRID; r++)
    for (let c = 0; c < GRID; c++) grid.push([x0 + ((x1 - x0) * (c + 0.5)) / GRID, y1 - ((y1 - y0) * (r + 0.5)) / GRID]);
  const answers = predicted(shown, grid),
    labels = labelsOf(shown).data,
    low = Math.min(...labels),
    high = Math.max(...labels),
    logits = trace.nodes.some((n) => /with_logits/.test(n.op ?? "")),
    middle = logits ? 0 : (low + high) / 2,
    reach = logits ? 2 : Math.max((high - low) / 2, 1e-9),
    paper = rgbOf(state.colours.paper),
    image = pen.createImageData(GRID, GRID);
  answers.forEach((a, i) => {
    let label, sure;
    if (shown.classes > 1) {
      label = a.indexOf(Math.max(...a));
      sure = 0.6;
    } else {
      label = a[0] > middle ? 1 : 0;
      sure = Math.min(1, Math.abs(a[0] - middle) / reach) * 0.7;
    }
    const end = rgbOf(classColour(label));
    image.data.set([...paper.map((v, k) => v + (end[k] - v) * sure), 255], 4 * i);
  });
  const small = document.createElement("canvas");
  small.width = small.height = GRID;
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, width, height);
  const { data } = lab.values[shown.points];
  for (let i = 0; i < data.length / 2; i++) {
    const label = shown.classes > 1 ? labels[i] : +(labels[i] > (low + high) / 2);
    pen.beginPath();
    pen.arc(((data[2 * i] - x0) / (x1 - x0)) * width, ((y1 - data[2 * i + 1]) / (y1 - y0)) * height, 3, 0, 7);
    pen.fillStyle = classColour(label);
    pen.fill();
    pen.strokeStyle = label ? state.colours.ink : state.colours.paper; // told apart without colour, too
    pen.stroke();
  }
}
export function startLab() {
  const box = $("lab");
  if (trace.architecture || trace.freed || trace.exercise) {
    box.hidden = true;
    return;
  }
  let begun = false;
  box.addEventListener("toggle", () => {
    if (box.open && !begun) {
      begun = true;
      openLab();
      if (lab.ready) {
        resetLab();
        shown = plane();
        tools();
      } else {
        const first = Object.keys(lab.blocked)[0],
          show = () => dispatchEvent(new CustomEvent("reveal", { detail: +first })),
          node = first === undefined ? "" : element("button", { class: "node", onclick: show }, lab.blocked[first][1]);
        $("labtools").replaceChildren(t(`lab without ${lab.why[0]}`, { what: lab.why[1] ?? "" }), node);
      }
    }
    if (!box.open && looping) loop(false);
    if (lab.ready) labChanged();
  });
}
