// The panel beside the picture: one node, its value and gradient, and the arithmetic of the step.

import { facts, numbersOf, table, view } from "./arrays.js";
import { backwardAt, givers, steps, trace, where } from "./data.js";
import { $, element, formula, name } from "./dom.js";
import { state } from "./draw.js";
import { several, show } from "./format.js";

function equation(rule) {
  return element("div", { class: "equation" }, rule.math ? formula(rule.math) : null, element("code", {}, rule.text));
}
export function title(node) {
  return node.variable ? `${node.variable} = ${node.name}` : node.name;
}
export function link(id) {
  return element(
    "button",
    { class: "node", onclick: () => dispatchEvent(new CustomEvent("reveal", { detail: id })) },
    name(title(trace.nodes[id])),
  );
}
function linkWhere(id) {
  return element("span", {}, link(id), name(where(trace.nodes[id])));
}

// ---- the node
function named(node, letter) {
  // the array that a letter of a rule stands for
  if (letter === "g") return node.grad;
  if (letter === "y") return node.value;
  return node.operands.find((o) => o.name === letter)?.value ?? null;
}
function letters(node, rule, result = null) {
  // the numbers put in, where they are few
  const found = (rule?.uses ?? []).map((letter) => [letter, named(node, letter)]).filter(([, array]) => table(array));
  if (!found.length) return null;
  return element(
    "div",
    { class: "letters" },
    ...found.map(([letter, array]) => element("div", {}, element("i", {}, letter), " = ", numbersOf(array))),
    result ? element("div", { class: "result" }, "gives ", numbersOf(result)) : null,
  );
}
function ruleFor(node, operand) {
  return trace.formulas[node.formula]?.[operand.name.replace(/\[\d+\]$/, "")];
}

function forwardPart(node) {
  const rule = trace.formulas[node.formula]?.y,
    made = element("section", {}, element("h3", {}, "Forward"));
  const from = node.operands.map((o) =>
    element(
      "div",
      {},
      element("i", {}, o.name),
      ": ",
      o.node === null ? name(o.text || "constant") : linkWhere(o.node),
      o.node !== null ? element("span", { class: "soft" }, ` ${trace.nodes[o.node].label}`) : null,
      table(o.value) && o.node !== null && !rule ? element("span", {}, " = ", numbersOf(o.value)) : null,
    ),
  );
  made.append(
    element(
      "div",
      { class: "rule" },
      rule ? equation(rule) : null,
      element("div", { class: "soft" }, ...from),
      rule ? letters(node, { uses: node.operands.map((o) => o.name) }, table(node.value) ? node.value : null) : null,
    ),
  );
  return made;
}
function backwardPart(node) {
  const made = element("section", {}, element("h3", {}, "Backward: what it gives to its operands"));
  for (const operand of node.operands) {
    if (!operand.contribution) continue;
    const rule = ruleFor(node, operand),
      block = element("div", { class: "rule", "data-contribution": operand.name });
    block.append(
      element(
        "div",
        {},
        "to ",
        element("i", {}, operand.name),
        ": ",
        linkWhere(operand.node),
        operand.summed?.length
          ? element("span", { class: "soft" }, `, summed over axes ${operand.summed.join(", ")}, along which it was broadcast`)
          : null,
      ),
    );
    if (rule) block.append(equation(rule));
    const put = table(operand.contribution) ? letters(node, rule ?? { uses: ["g"] }, operand.contribution) : null;
    block.append(put ?? view("", operand.contribution, "", true));
    const all = givers[operand.node];
    if (all.length > 1) {
      const at = all.findIndex((g) => g.operand === operand);
      block.append(
        facts(
          at + 1 === all.length
            ? `the last of ${all.length} contributions: the gradient of `
            : `contribution ${at + 1} of ${all.length} to `,
          link(operand.node),
          at + 1 === all.length ? " is complete" : "",
        ),
        sumUpTo(operand.node, at) ?? "",
      );
    }
    made.append(block);
  }
  return made.children.length > 1 ? made : null;
}
function sumUpTo(id, last) {
  // the running sum at a node, where numbers are shown; the whole gradient at the end
  const all = givers[id],
    grad = trace.nodes[id].grad;
  if (!last || !all.slice(0, last + 1).every((g) => table(g.operand.contribution))) return null;
  const first = all[0].operand.contribution;
  let sum = first.numbers.map(Number);
  for (const g of all.slice(1, last + 1)) sum = sum.map((v, k) => v + Number(g.operand.contribution.numbers[k]));
  if (last + 1 === all.length && table(grad)) sum = grad.numbers;
  if (sum.some((v) => typeof v === "number" && Number.isNaN(v))) return null;
  return element(
    "div",
    { class: "sum" },
    facts(last + 1 === all.length ? "the sum" : "the sum so far"),
    numbersOf({ ...first, numbers: sum }),
  );
}
function incomingPart(node) {
  const all = givers[node.id],
    now = steps[state.step - 1],
    waiting = now?.phase === "backward" ? (g) => backwardAt.get(g.from) > state.step : () => false;
  if (node.id === trace.loss && !all.length)
    return node.grad
      ? element(
          "section",
          {},
          element("h3", {}, "Gradient: where it starts"),
          facts("The backward pass begins here, with dL/dL = "),
          element("div", { class: "rule" }, view("", node.grad, "", true)),
        )
      : null;
  if (!all.length) return null;
  const made = element(
    "section",
    { id: "incoming" },
    element("h3", {}, all.length > 1 ? `Gradient: the sum over ${all.length} consumers` : "Gradient: from its only consumer"),
  );
  all.slice(0, 40).forEach((g, i) => {
    const array = g.operand.contribution,
      row = element(
        "div",
        { class: "giver" },
        all.length > 1 ? element("span", { class: "soft" }, i ? "+ " : "   ") : null,
        linkWhere(g.from),
        element("span", { class: "soft" }, ` as its ${g.operand.name}${all.length > 1 && !waiting(g) ? ": " : ""}`),
      );
    if (waiting(g)) row.append(element("span", { class: "soft" }, ": not yet"));
    else if (all.length > 1)
      row.append(table(array) ? numbersOf(array) : element("span", { class: "soft" }, `norm ${show(array.norm)}`));
    made.append(row);
    const rule = all.length <= 3 && node.op === null ? ruleFor(trace.nodes[g.from], g.operand) : null;
    if (rule) made.append(element("div", { class: "rule" }, equation(rule)));
    const sum = all.length > 1 && i && !waiting(g) ? sumUpTo(node.id, i) : null;
    if (sum) made.append(sum);
  });
  if (all.length > 40) made.append(facts(`and ${all.length - 40} more`));
  return made;
}
export function panel() {
  const node = trace.nodes[state.chosen],
    side = $("panel"),
    now = steps[state.step - 1];
  const kind = node.constant ? "constant" : node.op === null ? "leaf" : "op";
  const call = node.call === null ? null : trace.calls[node.call];
  const about = element(
    "div",
    { class: "facts about" },
    kind === "op" && node.name !== node.op ? `op ${node.op}` : kind,
    ` · ${node.label}`,
    node.dtype ? ` · ${node.dtype}` : "",
    call
      ? element("span", {}, " · in ", name(`${call.label}${call.kind && call.label !== call.kind ? ` (${call.kind})` : ""}`))
      : "",
    kind === "op" ? ` · keeps ${several(node.bytes, "byte")} for backward` : "",
    node.version && kind === "op" ? ` · version ${node.version}` : "",
    node.params ? element("span", {}, " · ", name(node.params)) : "",
  );
  side.replaceChildren(element("h2", {}, name(title(node))), about);
  if (node.source !== undefined) {
    const [file, line, code] = trace.sources[node.source];
    side.append(
      element(
        "div",
        { class: "source" },
        element("span", { class: "soft" }, name(`${file}:${line} `)),
        element("code", {}, name(code)),
      ),
    );
  }
  const unknown = Array.isArray(node.shape[0]) ? "several outputs: see each" : "not kept (trace within viz.watch() to see it)";
  const pair = element(
    "div",
    { class: [node.value, node.grad].some((a) => table(a) && a.cols > 3) ? "pair stacked" : "pair" },
    view("value", node.value, unknown),
  );
  if (!node.constant)
    pair.append(
      view(
        element("span", {}, "gradient dL/d", name(node.op === null ? node.short : "y")),
        node.grad,
        Array.isArray(node.shape[0]) ? unknown : "none",
      ),
    );
  side.append(pair);
  const forward = node.op === null ? null : forwardPart(node),
    backward = node.op === null ? null : backwardPart(node),
    incoming = incomingPart(node);
  side.append(...(now?.phase === "forward" ? [forward, incoming, backward] : [incoming, backward, forward]).filter(Boolean));
  side.dataset.node = node.id;
}
