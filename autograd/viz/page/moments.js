// Several steps of a training, or several runs, on one graph: a slider goes from one to the other, colours show how much changed, and
// the doctor's findings open their nodes and steps.

import { facts, numbersOf, table, view } from "./arrays.js";
import { arrayFrom, trace } from "./data.js";
import { $, element, name } from "./dom.js";
import { measures, rescale, state } from "./draw.js";
import { show } from "./format.js";
import { t } from "./words.js";

export const moments = trace.moments ?? [];
const read = moments.map((_, i) => (i ? null : takenNow())); // the first is what the page was made of

function takenNow() {
  return {
    values: trace.nodes.map((n) => n.value),
    grads: trace.nodes.map((n) => n.grad),
    parts: trace.nodes.map((n) => n.operands.map((o) => o.contribution)),
    fixed: trace.nodes.map((n) => n.operands.map((o) => o.value)),
    pictures: Object.fromEntries(trace.nodes.map((n) => [n.id, { gates: n.gates, points: n.points }])),
  };
}
function expandedMoment(moment) {
  const tape = trace.nodes.filter((n) => !n.constant).length,
    of = (raw, node) => arrayFrom(raw, node.shape, node.dtype),
    values = trace.nodes.map((n) => of(n.constant ? moment.constants[n.id - tape] : moment.values[n.id], n)),
    grads = trace.nodes.map((n) => (n.constant ? null : of(moment.grads[n.id], n)));
  return {
    values,
    grads,
    pictures: moment.pictures,
    parts: trace.nodes.map((n) =>
      n.operands.map((o, i) => {
        const raw = moment.parts[n.id]?.[i];
        return raw === true ? grads[o.node] : o.node === null ? null : of(raw, trace.nodes[o.node]);
      }),
    ),
    fixed: trace.nodes.map((n) =>
      n.operands.map((o, i) => (o.node === null ? arrayFrom(moment.fixed[n.id]?.[i], [], n.dtype) : values[o.node])),
    ),
  };
}
function arraysAt(i) {
  read[i] ??= expandedMoment(moments[i]);
  return read[i];
}
export function showMoment(at) {
  state.moment = Math.max(0, Math.min(moments.length - 1, at));
  const found = arraysAt(state.moment);
  for (const node of trace.nodes) {
    node.value = found.values[node.id];
    node.grad = found.grads[node.id];
    node.gates = found.pictures[node.id]?.gates;
    node.points = found.pictures[node.id]?.points;
    node.operands.forEach((o, i) => {
      o.value = found.fixed[node.id][i];
      o.contribution = found.parts[node.id][i];
    });
  }
  rescale();
  $("moment").value = state.moment;
  $("momentname").textContent = moments[state.moment].label;
  dispatchEvent(new CustomEvent("moment"));
}
// How far a node's value or gradient is from what it is in the moment compared with: a share of the larger norm.
function changed(what) {
  return (node) => {
    const [low, high] = [state.moment, state.against].sort((a, b) => a - b);
    return low === high || node.constant ? 0 : (trace.changes[`${low}-${high}`][what][node.id] ?? NaN);
  };
}
// The chosen node in the moment that this one is compared with, and the difference.
export function changePart(node, known) {
  if (!moments.length || state.against === state.moment) return null;
  const other = arraysAt(state.against),
    made = element("section", { id: "change" }, element("h3", {}, t("compared"), " ", name(moments[state.against].label)));
  for (const [what, now, then] of [
    ["value", node.value, other.values[node.id]],
    ["gradient", node.grad, other.grads[node.id]],
  ]) {
    if (!known[what] || !now || !then) continue;
    const title = what === "value" ? t("value") : t("gradient word"),
      share = node.constant ? null : changed(what === "value" ? "change" : "gradient change")(node);
    made.append(element("div", { class: "then", "data-of": what }, view(title, then, "", true)));
    if (table(now) && table(then))
      made.append(
        element(
          "div",
          { class: "difference", "data-of": what },
          facts(t("difference")),
          numbersOf({ ...now, numbers: now.numbers.map((v, i) => Number(v) - Number(then.numbers[i])) }),
        ),
      );
    if (share !== null && Number.isFinite(share)) made.append(facts(t("changed by", { share: show(100 * share, 3) })));
  }
  return made.childElementCount > 1 ? made : null;
}
function finding(found) {
  const button = element(
    "button",
    { class: `finding ${found.severity}`, disabled: "" },
    element("b", {}, found.title),
    found.layer ? element("span", {}, " · ", name(found.layer)) : "",
    element("span", { class: "soft" }, ` · ${found.evidence}`),
  );
  if (found.node !== null) {
    button.disabled = false;
    button.addEventListener("click", () => {
      showMoment(found.moment);
      dispatchEvent(new CustomEvent("reveal", { detail: found.node }));
    });
  }
  button.title = found.advice;
  return button;
}
export function startMoments() {
  if (!moments.length) return;
  measures.change = changed("change");
  measures["gradient change"] = changed("gradient change");
  $("course").hidden = false;
  $("lab").hidden = true; // it would compute from the numbers of one moment only
  $("moment").max = moments.length - 1;
  $("moment").addEventListener("input", (e) => showMoment(+e.target.value));
  $("against").append(...moments.map(({ label }, i) => element("option", { value: i }, label)));
  $("against").addEventListener("change", (e) => {
    state.against = +e.target.value;
    showMoment(state.moment);
  });
  for (const kind of ["change", "gradient change"]) $("colour").append(element("option", { value: kind }, t(`by ${kind}`)));
  $("findings").append(...(trace.findings ?? []).map(finding));
  showMoment(moments.length - 1);
}
