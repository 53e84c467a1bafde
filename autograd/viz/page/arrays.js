// An array in the panel: its numbers, a heat map, a histogram, statistics.

import { ALPHABET } from "./data.js";
import { $, element } from "./dom.js";
import { state } from "./draw.js";
import { shapeText, show } from "./format.js";
import { t } from "./words.js";

const CELL = 7; // points of a heat map's cell

export function table(array) {
  return array?.numbers && array.size > 0 && array.numbers.length <= 64 && array.cols <= 8;
}
export function numbersOf(array) {
  // a number stands alone, a small array in its rows
  if (array.one) return element("b", { class: "number" }, show(array.numbers[0]));
  const body = element("tbody");
  for (let r = 0; r < array.rows; r++)
    body.append(
      element(
        "tr",
        {},
        ...Array.from({ length: array.cols }, (_, c) => element("td", {}, show(array.numbers[r * array.cols + c]))),
      ),
    );
  return element("div", { class: "scroll" }, element("table", { class: "numbers" }, body));
}
function cells(array) {
  // what a heat map shows: -1..1 of the largest magnitude, and its numbers as text
  if (array.numbers) {
    const values = Array.from(array.numbers, Number), // those of the laboratory are a typed array
      most = Math.max(1e-300, ...values.filter(Number.isFinite).map(Math.abs));
    return values.map((v, i) => [Number.isFinite(v) ? Math.sign(v) * Math.sqrt(Math.abs(v) / most) : NaN, show(array.numbers[i])]);
  }
  return [...array.levels].map((c) => {
    const level = ALPHABET.indexOf(c),
      share = level === 63 ? NaN : (level - 31) / 31;
    const value = Math.sign(share) * share * share * array.most;
    return [share, level === 63 ? t("nan or inf") : t("about", { value: show(array.opens ? (value + 1) / 2 : value, 2) })];
  });
}
// A heat map. A dash in a cell says minus, for eyes and projectors that see no colour.
function heat(array) {
  const { rows, cols } = array,
    canvas = element("canvas", {
      width: CELL * Math.max(cols, 1),
      height: CELL * Math.max(rows, 1),
      role: "img",
      "aria-label": t("heat map", { shape: shapeText(array.shape, t("scalar")), min: show(array.min), max: show(array.max) }),
    });
  const rgb = (key) => {
    const hex = state.colours[key].replace("#", "");
    return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  };
  const zero = rgb("zero"),
    positive = rgb("positive"),
    negative = rgb("negative"),
    pen = canvas.getContext("2d"),
    all = cells(array);
  all.forEach(([share], i) => {
    const end = share >= 0 ? positive : negative,
      colour = Number.isFinite(share) ? zero.map((z, k) => z + (end[k] - z) * Math.abs(share)) : [224, 0, 122],
      x = CELL * (i % cols),
      y = CELL * Math.floor(i / cols);
    pen.fillStyle = `rgb(${colour.map(Math.round).join()})`;
    pen.fillRect(x, y, CELL, CELL);
    if (!(share < 0)) return;
    pen.globalAlpha = 0.3 + 0.7 * Math.abs(share);
    pen.fillStyle = state.colours.ink;
    pen.fillRect(x + 2, y + 3, CELL - 4, 1);
    pen.globalAlpha = 1;
  });
  canvas.style.height = `${Math.min(160, Math.max(14, rows * Math.min(16, 190 / Math.max(cols, 1))))}px`;
  canvas.onmousemove = (e) => {
    const c = Math.floor((e.offsetX / canvas.clientWidth) * cols),
      r = Math.floor((e.offsetY / canvas.clientHeight) * rows);
    canvas.title = all[r * cols + c]?.[1] ?? "";
  };
  return canvas;
}
// One of an array's maps, a channel, a head or a filter, as an image with its scale.
export function mapOf(array) {
  const [count, rows, cols] = array.maps.n,
    at = Math.min(state.map, count - 1),
    levels = array.maps.q.slice(at * rows * cols, (at + 1) * rows * cols),
    canvas = heat({
      rows,
      cols,
      levels,
      most: array.maps.m,
      opens: array.maps.opens,
      shape: array.shape.slice(-2),
      min: array.min,
      max: array.max,
    }),
    ramp = element("i", { class: "ramp", "aria-hidden": "true" });
  canvas.classList.add("map");
  canvas.dataset.map = at;
  canvas.style.height = "";
  canvas.style.aspectRatio = `${cols} / ${rows}`;
  const dashes = `repeating-linear-gradient(to right, ${state.colours.ink} 0 3px, transparent 3px 7px) 2px 50% / 48% 1px no-repeat`,
    ends = ["negative", "zero", "positive"].map((key) => state.colours[key]);
  ramp.style.background = `${dashes}, linear-gradient(to right, ${ends.join(", ")})`;
  return [canvas, element("div", { class: "scale" }, show(array.maps.opens ? 0 : -array.maps.m, 2), ramp, show(array.maps.m, 2))];
}
// Chooses one of several maps; null where there is one. what: the key of an option's words, and with " label" of its title.
export function chooserOf(what, count, changed) {
  if (count < 2) return null;
  const chooser = element(
    "select",
    { id: what, "aria-label": t(`${what} label`) },
    ...Array.from({ length: count }, (_, i) => element("option", { value: i }, t(what, { n: i + 1, all: count }))),
  );
  chooser.value = Math.min(state.map, count - 1);
  chooser.addEventListener("change", () => {
    state.map = +chooser.value;
    changed();
    $(what)?.focus();
  });
  return chooser;
}
export function mapChooser(arrays, changed) {
  return chooserOf("map", Math.max(0, ...arrays.map((a) => a?.maps?.n[0] ?? 0)), changed);
}
function bars(array) {
  if (!array.hist) return null;
  const SVG = "http://www.w3.org/2000/svg",
    svg = document.createElementNS(SVG, "svg"),
    count = array.hist.length;
  for (const [k, v] of Object.entries({
    viewBox: `0 0 ${count} 62`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": t("histogram", { min: show(array.min), max: show(array.max) }),
  }))
    svg.setAttribute(k, v);
  array.hist.forEach((height, i) => {
    const rect = document.createElementNS(SVG, "rect");
    for (const [k, v] of Object.entries({ x: i + 0.06, y: 62 - height, width: 0.88, height })) rect.setAttribute(k, v);
    svg.append(rect);
  });
  return svg;
}
function statistics(array) {
  const zeros = array.zeros ? t("zeros", { share: (100 * array.zeros).toFixed(0) }) : "",
    odd = (array.nan ? t("nan", { n: array.nan }) : "") + (array.inf ? t("inf", { n: array.inf }) : "");
  return [
    facts(t("min max", { min: show(array.min, 4), max: show(array.max, 4) })),
    facts(t("mean std", { mean: show(array.mean, 4), std: show(array.std, 4) })),
    facts(t("norm", { norm: show(array.norm, 4) }) + zeros + odd),
  ];
}
export function view(title, array, missing, brief = false) {
  const made = element("div", { class: "array" }, title ? facts(title) : null);
  if (!array) {
    made.append(facts(missing));
    return made;
  }
  if (table(array)) made.append(numbersOf(array));
  else if (array.rows !== undefined && array.size) {
    made.append(...(array.maps ? mapOf(array) : [heat(array)]));
    if (array.part && !array.maps)
      made.append(facts(t("samples of", { rows: array.rows, cols: array.cols, size: array.size.toLocaleString("en") })));
  }
  if (array.one) return made;
  const picture = bars(array);
  if (picture && !brief && !table(array)) made.append(picture);
  if (array.size) made.append(...(brief && table(array) ? [] : statistics(array)));
  return made;
}
export function facts(...parts) {
  return element("div", { class: "facts" }, ...parts);
}
