// Pictures of what a recurrent layer and an embedding do: gates over time, and rows as points, each with its gradient beside it.

import { chooserOf, facts, mapOf } from "./arrays.js";
import { trace } from "./data.js";
import { element } from "./dom.js";
import { show } from "./format.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg",
  SIDE = 200,
  MARGIN = 26;

function svgElement(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function gateMap(title, maps) {
  const [, rows, cols] = maps.n;
  return element(
    "div",
    { class: "array" },
    facts(title),
    ...mapOf({ maps, shape: [rows, cols], min: maps.opens ? 0 : -maps.m, max: maps.m }),
  );
}
function gatesPart(gates, known, changed) {
  const made = element("section", { id: "gates" }, element("h3", {}, t("gates"))),
    [count, units, times] = gates[0].value.n,
    { units: all, times: steps } = gates[0];
  const chooser = chooserOf("sequence", count, changed);
  if (chooser) made.append(chooser);
  if (units < all || times < steps) made.append(facts(t("gates of", { units, all, times, steps })));
  for (const gate of gates) {
    const pair = element("div", { class: "pair", "data-gate": gate.name }, gateMap(t(`gate ${gate.name}`), gate.value));
    if (known.gradient && gate.grad) pair.append(gateMap(t("gate gradient"), gate.grad));
    made.append(pair);
  }
  return made;
}
// Points in a square, with the same scale in both directions.
function plot(title, draw) {
  return svgElement("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": title, class: "points" }, ...draw);
}
function pointsPart(points, known) {
  const { labels, used, at, grad } = points,
    xs = at.filter((_, i) => i % 2 === 0),
    ys = at.filter((_, i) => i % 2 === 1),
    middle = (values) => (Math.max(...values) + Math.min(...values)) / 2,
    reach = (values) => Math.max(...values) - Math.min(...values),
    scale = (SIDE - 2 * MARGIN) / Math.max(reach(xs), reach(ys), 1e-30),
    place = (i) => [SIDE / 2 + (xs[i] - middle(xs)) * scale, SIDE / 2 - (ys[i] - middle(ys)) * scale],
    looked = new Set(used);
  const dots = labels.map((label, i) => {
    const [cx, cy] = place(i);
    return svgElement("circle", { cx, cy, r: 3, class: looked.has(label) ? "used" : "", "data-row": label });
  });
  const texts = labels.map((label, i) => {
    const [x, y] = place(i),
      text = svgElement("text", { x: x + 4.5, y: y - 3.5 });
    text.textContent = label;
    return text;
  });
  const share = t("points share", { n: labels.length, rows: points.rows, share: show(100 * points.share, 3) }),
    pair = element("div", { class: "pair" }, element("div", { class: "array" }, plot(t("points"), [...dots, ...texts])));
  if (known.gradient) {
    const norms = labels.map((_, i) => Math.hypot(grad[2 * i], grad[2 * i + 1])),
      longest = Math.max(...norms),
      title = t("points gradient", { norm: show(longest, 3) });
    const arrows = labels.flatMap((label, i) => {
      if (!longest || norms[i] < 1e-3 * longest) return [];
      const [x, y] = place(i),
        by = (MARGIN - 3) / longest,
        [dx, dy] = [grad[2 * i] * by, -grad[2 * i + 1] * by],
        length = Math.hypot(dx, dy),
        [ux, uy] = [dx / length, dy / length],
        head = Math.min(6, length);
      const tip = [
        [x + dx, y + dy],
        [x + dx - head * (ux + 0.5 * uy), y + dy - head * (uy - 0.5 * ux)],
        [x + dx - head * (ux - 0.5 * uy), y + dy - head * (uy + 0.5 * ux)],
      ];
      return [
        svgElement("line", { x1: x, y1: y, x2: x + dx, y2: y + dy, "data-row": label }),
        svgElement("polygon", { points: tip.map((p) => p.join()).join(" ") }),
      ];
    });
    const small = dots.map((dot) => {
      const copy = dot.cloneNode();
      copy.setAttribute("r", 1.6);
      return copy;
    });
    pair.append(element("div", { class: "array" }, plot(title, [...small, ...arrows]), facts(title)));
  }
  return element("section", { id: "points" }, element("h3", {}, t("points")), facts(share), pair);
}
// Of a recurrent op its gates; of an embedding, or of the weight that it looks up, its rows. Numbers that were edited have none.
export function picturesPart(node, known, changed) {
  const made = [];
  if (node.gates) made.push(gatesPart(node.gates, known, changed));
  const of = node.points ? node : trace.nodes.find((n) => n.points && n.operands[0]?.node === node.id);
  if (of && !of.value?.live) made.push(pointsPart(of.points, known));
  return made;
}
