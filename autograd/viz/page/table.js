// All nodes as a table, for readers of the screen: it follows the step and the moment, and tells no answer before its step. It is
// written where the page has nothing else to do, a few tableRows at a time.

import { backwardAt, forwardAt, steps, trace } from "./data.js";
import { $, element, name } from "./dom.js";
import { state } from "./draw.js";
import { hidden } from "./exercise.js";
import { show } from "./format.js";
import { operandName, title } from "./names.js";
import { gradientKnown, valueKnown } from "./panel.js";
import { t } from "./words.js";

const ROW_GROUP = 50, // tableRows that are laid out together, or not at all
  tableRows = [],
  whenIdle = (act) =>
    window.requestIdleCallback ? requestIdleCallback(act, { timeout: 150 }) : setTimeout(() => act({ timeRemaining: () => 4 }), 1);
let nextRow = 0, // the first row that may tell something old
  pending = false;

function toldValue(node) {
  if (trace.architecture) return "";
  if (!valueKnown(node)) return t(hidden(node) ? "to be worked out" : "later value", { step: forwardAt.get(node.id) });
  if (!node.value) return Array.isArray(node.shape[0]) ? t("several outputs") : t("not kept");
  return node.value.one ? show(node.value.mean) : t("mean std", { mean: show(node.value.mean, 4), std: show(node.value.std, 4) });
}
function toldGradient(node) {
  if (trace.architecture || node.constant) return "";
  if (!gradientKnown(node) && (hidden(node) || node.grad))
    return t(hidden(node) ? "to be worked out" : "later gradient", { step: backwardAt.get(node.id) });
  if (!node.grad) return t("none");
  return node.grad.one ? show(node.grad.mean) : t("norm", { norm: show(node.grad.norm, 4) });
}
function tableCell(role, ...children) {
  return element("div", { role }, ...children);
}
function tableHeading() {
  const columns = ["node", "name", "operands", "module", "shape", "value", "gradient word"];
  return element("div", { role: "row" }, ...columns.map((key) => tableCell("columnheader", t(key))));
}
function tableRow(node) {
  const made = element(
    "div",
    { role: "row" },
    tableCell("rowheader", `#${node.id}`),
    tableCell("cell", name(title(node))),
    tableCell("cell", name(node.operands.map((o) => operandName(node, o)).join(", "))),
    tableCell("cell", node.call === null ? "" : name(trace.calls[node.call].label)),
    tableCell("cell", node.label),
    tableCell("cell"),
    tableCell("cell"),
  );
  if (node.id % ROW_GROUP === 0) $("table").append(element("div", { role: "rowgroup" }));
  $("table").lastChild.append(made);
  return made;
}
function refreshRow(node) {
  tableRows[node.id] ??= tableRow(node);
  const made = tableRows[node.id];
  [toldValue(node), toldGradient(node)].forEach((text, i) => {
    const place = made.children[5 + i];
    if (place.textContent !== text) place.textContent = text;
  });
  const now = steps[state.step - 1]?.id === node.id;
  if (now !== made.hasAttribute("aria-current"))
    now ? made.setAttribute("aria-current", "step") : made.removeAttribute("aria-current");
}
function writeRows(deadline) {
  const some = nextRow + 200; // at least, however busy the page is
  while (nextRow < trace.nodes.length && (nextRow < some || deadline.timeRemaining() > 1)) refreshRow(trace.nodes[nextRow++]);
  pending = nextRow < trace.nodes.length;
  if (pending) whenIdle(writeRows);
}
export function tableChanged() {
  if (!tableRows.length) $("table").append(element("div", { role: "rowgroup" }, tableHeading()));
  nextRow = 0;
  if (!pending) whenIdle(writeRows);
  pending = true;
}
// What the table says, once all of it has been written; null before.
export function rowsOf() {
  return pending ? null : tableRows.map((made) => [...made.children].map((place) => place.textContent));
}
