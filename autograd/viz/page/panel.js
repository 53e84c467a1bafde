// The panel beside the picture: one node, its value and gradient, and the arithmetic of the step.

import { facts, mapChooser, numbersOf, table, view } from "./arrays.js";
import { backwardAt, forwardAt, givers, info, steps, trace } from "./data.js";
import { $, element, name } from "./dom.js";
import { state } from "./draw.js";
import { accept, answers, giveUp, hidden, judged } from "./exercise.js";
import { show } from "./format.js";
import { equation, fitFormulas } from "./formulas.js";
import { editNumber, lab } from "./lab.js";
import { changePart } from "./moments.js";
import { gradientOf, letterName, nameOf, operandName, outputOf, ownName, title } from "./names.js";
import { picturesPart } from "./pictures.js";
import { parts, several, t, where } from "./words.js";

// ---- what is known by now: no answer is given away before the step that makes it
export function valueKnown(node) {
  if (trace.exercise) return !hidden(node) || trace.exercise.hide === "gradients";
  return node.op === null || forwardAt.get(node.id) <= state.step;
}
export function gradientKnown(node) {
  if (trace.exercise) return !hidden(node) || trace.exercise.hide === "values";
  return backwardAt.get(node.id) <= state.step;
}
function contributionKnown(giver) {
  if (trace.exercise) return !giver.operand.contribution.hidden;
  return backwardAt.get(giver.from) <= state.step;
}

function link(id) {
  return element(
    "button",
    { class: "node", onclick: () => dispatchEvent(new CustomEvent("reveal", { detail: id })) },
    name(nameOf(trace.nodes[id]) ?? title(trace.nodes[id])),
  );
}
function linkWhere(id) {
  const node = trace.nodes[id],
    told = node.call !== null && nameOf(node)?.endsWith(trace.calls[node.call].label); // the name says it already
  return element("span", {}, link(id), told ? "" : name(where(node)));
}
function soft(...children) {
  return element("span", { class: "soft" }, ...children);
}

// ---- equations, with the names of this node's operands
function ruleFor(node, operand) {
  return trace.formulas[node.formula]?.[operand.name.replace(/\[\d+\]$/, "")];
}
function arrayOf(node, letter) {
  const [, which, k] = /^([yg])\[(\d+)\]$/.exec(letter) ?? [];
  if (k !== undefined) return outputOf(node, +k)?.[which === "g" ? "grad" : "value"] ?? null;
  if (letter === "g") return node.grad;
  if (letter === "y") return node.value;
  return node.operands.find((o) => o.name === letter)?.value ?? null;
}
// The numbers put in, where they are few; one thing once.
function putIn(node, rule, uses, result) {
  const seen = new Map();
  for (const letter of uses) {
    const array = arrayOf(node, letter),
      found = letterName(node, rule ?? { own: [] }, letter);
    if (table(array) && found.name !== null && !array.number) seen.set(found.gradient ? gradientOf(found.name) : found.name, array);
  }
  if (!seen.size) return null;
  return element(
    "div",
    { class: "letters" },
    ...[...seen].map(([label, array]) => element("div", {}, element("i", {}, name(label)), " = ", numbersOf(array))),
    result ? element("div", { class: "result" }, t("gives result"), numbersOf(result)) : null,
  );
}

// What the words of equations mean.
function explained(rules) {
  const notes = new Map(rules.flatMap((rule) => rule?.notes ?? []));
  return [...notes].map(([word, note]) => element("div", { class: "note soft" }, element("i", {}, word), `: ${note}`));
}
// The C of a compiled step for a node's op (0), or for its gradient (1).
function codeOf(node, which) {
  const text = trace.codes?.[node.code]?.[which];
  return text ? element("pre", { class: "code", tabindex: 0, "data-c": which }, text) : null;
}

// ---- the parts of the panel
function forwardPart(node) {
  // Of one of several outputs the rule is that of the op; an op with several has a rule for each.
  const maker = node.pick === undefined ? node : trace.nodes[node.operands[0].node],
    all = trace.formulas[maker.formula] ?? {},
    rule = node.pick ? all[`y[${node.pick}]`] : all.y,
    told = (key) => outputOf(node, +key.slice(2, -1)) || Object.values(all).some((one) => one.uses.includes(key)),
    others = maker === node ? Object.keys(all).filter((key) => key.startsWith("y[") && told(key)) : [],
    known = valueKnown(node);
  const from = node.operands
    .filter((o) => o.node !== null)
    .map((o) =>
      element(
        "div",
        {},
        linkWhere(o.node),
        soft(` · ${trace.nodes[o.node].label}`),
        table(o.value) && !rule ? element("span", {}, " = ", numbersOf(o.value)) : null,
      ),
    );
  return element(
    "section",
    {},
    element("h3", {}, t("Forward")),
    element(
      "div",
      { class: "rule" },
      rule ? equation(maker, rule) : null,
      ...others.map((key) => equation(node, all[key])),
      ...explained([rule, ...others.map((key) => all[key])]),
      element("div", { class: "soft" }, ...from),
      rule
        ? putIn(
            node,
            rule,
            node.operands.map((o) => o.name),
            known && table(node.value) ? node.value : null,
          )
        : null,
      codeOf(node, 0),
    ),
  );
}
function backwardPart(node) {
  const blocks = [],
    known = gradientKnown(node);
  for (const operand of node.operands) {
    if (!operand.contribution) continue;
    const rule = ruleFor(node, operand),
      block = element("div", { class: "rule", "data-contribution": operand.name });
    block.append(element("div", {}, linkWhere(operand.node), soft(operand.summed?.length && !rule ? `, ${summed(operand)}` : "")));
    if (rule) block.append(equation(node, rule), ...explained([rule]));
    if (!known) block.append(facts(t("not told", { step: backwardAt.get(node.id) })));
    else {
      const put = table(operand.contribution) ? putIn(node, rule, rule?.uses ?? ["g"], operand.contribution) : null;
      block.append(put ?? view("", operand.contribution, "", true), ...progress(operand));
    }
    blocks.push(block);
  }
  return blocks.length ? element("section", {}, element("h3", {}, t("Backward")), ...blocks, codeOf(node, 1)) : null;
}
function summed(operand) {
  return t("summed", { axes: operand.summed.join(", ") });
}
// How far the gradient of an operand is with this contribution: the running sum, and whether it is complete.
function progress(operand) {
  const all = givers[operand.node],
    at = all.findIndex((g) => g.operand === operand),
    node = link(operand.node);
  if (all.length === 1) return trace.nodes[operand.node].op === null ? [facts(...parts("only", { node }))] : [];
  const last = at + 1 === all.length;
  return [
    facts(...parts(last ? "last of" : "one of", { n: all.length, i: at + 1, node })),
    sumUpTo(operand.node, at) ?? (last && !table(operand.contribution) ? view("", trace.nodes[operand.node].grad, "", true) : ""),
  ];
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
    facts(t(last + 1 === all.length ? "sum" : "sum so far")),
    numbersOf({ ...first, numbers: sum }),
  );
}
function incomingPart(node) {
  const all = givers[node.id];
  if (node.id === trace.loss && !all.length) {
    if (!node.grad || !gradientKnown(node)) return null;
    return element(
      "section",
      {},
      element("h3", {}, t("starts")),
      facts(t("begins", { of: gradientOf(ownName(node)) })),
      element("div", { class: "rule" }, view("", node.grad, "", true)),
    );
  }
  if (!all.length || !all.some(contributionKnown)) return null;
  const many = all.length > 1,
    made = element("section", { id: "incoming" }, element("h3", {}, many ? t("sum over", { n: all.length }) : t("from only")));
  all.slice(0, 40).forEach((g, i) => {
    const array = g.operand.contribution,
      from = trace.nodes[g.from],
      known = contributionKnown(g);
    made.append(
      element(
        "div",
        { class: "giver" },
        many ? soft(i ? "+ " : "   ") : null,
        ...parts("as its", { node: linkWhere(g.from), operand: soft(gradientText(from, g.operand)) }),
        many ? soft(": ") : null,
        !known
          ? soft(t("not yet"))
          : !many
            ? null
            : table(array)
              ? numbersOf(array)
              : soft(t("norm of", { value: show(array.norm) })),
      ),
    );
    const rule = all.length <= 3 && node.op === null ? ruleFor(from, g.operand) : null;
    if (rule && known) made.append(element("div", { class: "rule" }, equation(from, rule)));
    const sum = many && i && known ? sumUpTo(node.id, i) : null;
    if (sum) made.append(sum);
  });
  if (all.length > 40) made.append(facts(t("and more", { n: all.length - 40 })));
  return made;
}
// Of an architecture: which values are made from this one.
function usesPart(node) {
  const users = [...new Set(info.users[node.id])];
  if (!users.length) return null;
  const rows = users
    .slice(0, 40)
    .map((id) => element("div", { class: "giver" }, linkWhere(id), soft(` · ${trace.nodes[id].label}`)));
  return element("section", {}, element("h3", {}, t("Used by")), ...rows);
}
function gradientText(node, operand) {
  return operandName(node, operand);
}
function about(node) {
  const call = node.call === null ? null : trace.calls[node.call],
    op = node.op !== null;
  const made = [
    node.constant ? t("constant") : !op ? t("leaf") : node.name !== node.op ? t("op is", { op: node.op }) : t("op"),
    node.label,
    node.dtype,
    call
      ? parts("in module", { module: name(`${call.label}${call.kind && call.label !== call.kind ? ` (${call.kind})` : ""}`) })
      : "",
    op && !trace.architecture ? t("keeps", { bytes: several(node.bytes, "one byte", "many bytes") }) : "",
    op && node.version ? t("version", { n: node.version }) : "",
    node.params ? name(node.params) : "",
  ].filter((part) => part !== "");
  return element("div", { class: "facts about" }, ...made.flatMap((part, i) => (i ? [" · ", part] : [part])).flat());
}
// In the laboratory: a field for each number of a small array; of a large one, for the number in a place.
function editPart(node) {
  const array = lab.ready && $("lab").open ? lab.values[node.id] : null; // of several outputs each is edited at its own node
  if (!array?.data || !valueKnown(node)) return null;
  const made = element("section", { id: "edit" }, element("h3", {}, t("edit"))),
    field = (place) => {
      const input = element("input", {
        type: "number",
        step: "any",
        value: String(+array.data[place].toPrecision(7)),
        "data-place": place,
      });
      input.setAttribute("aria-label", t("number at", { place: place + 1 }));
      input.addEventListener("change", () => {
        if (input.value === "" || !Number.isFinite(+input.value)) return;
        try {
          editNumber(node.id, place, +input.value);
        } catch (error) {
          input.value = String(+array.data[place].toPrecision(7));
          $("said").replaceChildren(t("lab without word", { what: error.message }));
          return;
        }
        dispatchEvent(new CustomEvent("edited", { detail: place }));
      });
      return input;
    };
  if (array.data.length <= 64) {
    const columns = Math.min(8, array.shape.at(-1) ?? 1),
      grid = element("div", { class: "fields" }, ...Array.from(array.data, (_, i) => field(i)));
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(4.2em, 1fr))`;
    made.append(grid);
  } else {
    const place = element("input", {
        type: "number",
        min: "1",
        max: String(array.data.length),
        value: "1",
        "aria-label": t("place"),
      }),
      holder = element("span", {}, field(0));
    place.addEventListener("input", () => {
      if (place.value >= 1 && place.value <= array.data.length) holder.replaceChildren(field(Math.floor(place.value) - 1));
    });
    made.append(element("div", { class: "fields one" }, t("place"), place, holder));
  }
  return made;
}
// In an exercise: a field for each number that is asked for, the check, the rule that is needed, and on request the derivation.
function exercisePart(node) {
  if (!hidden(node)) return null;
  const array = answers.get(node.id),
    made = element(
      "section",
      { id: "exercise" },
      element("h3", {}, t("work out", { of: trace.exercise.hide === "values" ? ownName(node) : gradientOf(ownName(node)) })),
    ),
    fields = Array.from(array.numbers, (_, i) =>
      element("input", { inputmode: "text", autocomplete: "off", "aria-label": t("number at", { place: i + 1 }) }),
    ),
    grid = element("div", { class: "fields" }, ...fields),
    said = element("div", { id: "verdict", role: "status" });
  grid.style.gridTemplateColumns = `repeat(${Math.min(8, array.cols)}, minmax(4.2em, 1fr))`;
  const again = () => dispatchEvent(new CustomEvent("worked", { detail: node.id }));
  const check = () => {
    const right = judged(
        node.id,
        fields.map((f) => f.value),
      ),
      count = right.filter(Boolean).length;
    fields.forEach((f, i) => {
      f.setAttribute("aria-invalid", String(!right[i]));
    });
    if (count === right.length) {
      accept(node.id);
      again();
    } else {
      said.replaceChildren(t("not right", { n: count, all: right.length }), ...needed(node));
      fitFormulas(said);
    }
  };
  for (const f of fields)
    f.addEventListener("keydown", (e) => {
      if (e.key === "Enter") check();
    });
  made.append(
    grid,
    element(
      "div",
      { class: "buttons" },
      element("button", { id: "check", onclick: check }, t("check")),
      element(
        "button",
        {
          id: "derive",
          onclick: () => {
            giveUp(node.id);
            again();
          },
        },
        t("derivation"),
      ),
    ),
    said,
  );
  if (trace.exercise.answers) made.append(element("div", { id: "answer" }, facts(t("answer")), numbersOf(array)));
  return made;
}
// The rules that the answer needs: of the ops that give the gradient, or of the op that makes the value.
function needed(node) {
  const rules =
    trace.exercise.hide === "values"
      ? [[node, trace.formulas[node.formula]?.y]]
      : givers[node.id].map((g) => [trace.nodes[g.from], ruleFor(trace.nodes[g.from], g.operand)]);
  return rules.map(([from, rule]) =>
    element("div", { class: "rule needed" }, facts(t("rule of", { op: from.op })), rule ? equation(from, rule) : ""),
  );
}
export function panel() {
  const node = trace.nodes[state.chosen],
    side = $("panel"),
    now = steps[state.step - 1],
    many = Array.isArray(node.shape[0]);
  side.replaceChildren(element("h2", {}, name(title(node))), about(node));
  if (node.source !== undefined) {
    const [file, line, code] = trace.sources[node.source];
    side.append(element("div", { class: "source" }, soft(name(`${file}:${line} `)), element("code", {}, name(code))));
  }
  if (trace.architecture) {
    side.append(...[node.op === null ? null : forwardPart(node), usesPart(node)].filter(Boolean));
    fitFormulas(side);
    side.dataset.node = node.id;
    return;
  }
  if (lab.blocked[node.id]) side.append(facts(t("not computed", { why: t(`why not ${lab.blocked[node.id][0]}`) })));
  const known = valueKnown(node),
    complete = gradientKnown(node);
  const shown = [known ? node.value : null, complete ? node.grad : null];
  const pair = element("div", { class: shown.some((a) => table(a) && a.cols > 3) ? "pair stacked" : "pair" });
  pair.append(
    view(
      t("value"),
      shown[0],
      many
        ? t("several outputs")
        : hidden(node) && !node.value
          ? t("to be worked out")
          : known
            ? t("not kept")
            : t("later value", { step: forwardAt.get(node.id) }),
    ),
  );
  if (!node.constant)
    pair.append(
      view(
        element("span", {}, ...parts("gradient", { of: name(gradientOf(ownName(node))) })),
        shown[1],
        many
          ? t("several outputs")
          : hidden(node) && !node.grad
            ? t("to be worked out")
            : complete || !node.grad
              ? t("none")
              : t("later gradient", { step: backwardAt.get(node.id) }),
      ),
    );
  const chooser = mapChooser(shown, panel);
  side.append(...(chooser ? [chooser, pair] : [pair]));
  side.append(...picturesPart(node, { value: known, gradient: complete }, panel));
  const change = changePart(node, { value: known, gradient: complete });
  if (change) side.append(change);
  const exercise = exercisePart(node);
  if (exercise) side.append(exercise);
  const field = editPart(node);
  if (field) side.append(field);
  const forward = node.op === null ? null : forwardPart(node),
    backward = node.op === null ? null : backwardPart(node),
    incoming = incomingPart(node);
  side.append(...(now?.phase === "backward" ? [incoming, backward, forward] : [forward, incoming, backward]).filter(Boolean));
  fitFormulas(side);
  side.dataset.node = node.id;
}
