// The panel beside the picture: one node, its value and gradient, and the arithmetic of the step. All text that comes from the trace
// goes in as text, never as markup.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) key.startsWith("on") ? made.addEventListener(key.slice(2), value) : made.setAttribute(key, value);
  made.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return made;
}
function name(text) { return element("bdi", {}, text); } // a user's name cannot turn the text around it
const MATH = "http://www.w3.org/1998/Math/MathML";
function formula(tree) { // [tag, attributes?, ...children]: MathML as data, so that no name can become markup
  if (typeof tree === "string") return document.createTextNode(tree);
  const made = document.createElementNS(MATH, tree[0]);
  for (const child of tree.slice(1)) {
    if (child !== null && typeof child === "object" && !Array.isArray(child)) for (const [key, value] of Object.entries(child)) key === "style" ? (made.style.cssText = value) : made.setAttribute(key, value); // the policy allows styles that a script sets
    else made.append(formula(child));
  }
  return made;
}
function equation(rule) { return element("div", { class: "equation" }, rule.math ? formula(rule.math) : null, element("code", {}, rule.text)); }
function title(node) { return node.variable ? `${node.variable} = ${node.name}` : node.name; }
function link(id) { return element("button", { class: "node", onclick: () => reveal(id) }, name(title(trace.nodes[id]))); }
function linkWhere(id) { return element("span", {}, link(id), name(where(trace.nodes[id]))); }
function facts(...parts) { return element("div", { class: "facts" }, ...parts); }

// ---- arrays
function table(array) { return array && array.numbers && array.size > 0 && array.numbers.length <= 64 && array.cols <= 8; }
function numbersOf(array) { // a number stands alone, a small array in its rows
  if (array.one) return element("b", { class: "number" }, show(array.numbers[0]));
  const body = element("tbody");
  for (let r = 0; r < array.rows; r++) body.append(element("tr", {}, ...Array.from({ length: array.cols }, (_, c) => element("td", {}, show(array.numbers[r * array.cols + c])))));
  return element("div", { class: "scroll" }, element("table", { class: "numbers" }, body));
}
function cells(array) { // what a heat map shows: -1..1 of the largest magnitude, and its numbers as text
  if (array.numbers) {
    const values = array.numbers.map(Number), most = Math.max(1e-300, ...values.filter(Number.isFinite).map(Math.abs));
    return values.map((v, i) => [Number.isFinite(v) ? Math.sign(v) * Math.sqrt(Math.abs(v) / most) : NaN, show(array.numbers[i])]);
  }
  return [...array.levels].map((c) => {
    const level = ALPHABET.indexOf(c), share = level === 63 ? NaN : (level - 31) / 31;
    return [share, level === 63 ? "nan or inf" : "about " + show(Math.sign(share) * share * share * array.most, 2)];
  });
}
function heat(array) {
  const { rows, cols } = array, canvas = element("canvas", { width: Math.max(cols, 1), height: Math.max(rows, 1), role: "img", "aria-label": `heat map of ${shapeText(array.shape)} numbers from ${show(array.min)} to ${show(array.max)}` });
  const rgb = (key) => { const hex = colours[key].replace("#", ""); return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)); };
  const zero = rgb("zero"), positive = rgb("positive"), negative = rgb("negative"), pen = canvas.getContext("2d");
  const image = pen.createImageData(Math.max(cols, 1), Math.max(rows, 1)), all = cells(array);
  all.forEach(([share], i) => {
    const end = share >= 0 ? positive : negative, colour = Number.isFinite(share) ? zero.map((z, k) => z + (end[k] - z) * Math.abs(share)) : [224, 0, 122];
    image.data.set([...colour, 255], 4 * i);
  });
  pen.putImageData(image, 0, 0);
  canvas.style.height = `${Math.min(160, Math.max(14, rows * Math.min(16, 190 / Math.max(cols, 1))))}px`;
  canvas.onmousemove = (e) => { const c = Math.floor(e.offsetX / canvas.clientWidth * cols), r = Math.floor(e.offsetY / canvas.clientHeight * rows); canvas.title = all[r * cols + c]?.[1] ?? ""; };
  return canvas;
}
function bars(array) {
  if (!array.hist) return null;
  const SVG = "http://www.w3.org/2000/svg", svg = document.createElementNS(SVG, "svg"), count = array.hist.length;
  for (const [k, v] of Object.entries({ viewBox: `0 0 ${count} 62`, preserveAspectRatio: "none", role: "img", "aria-label": `histogram from ${show(array.min)} to ${show(array.max)}` })) svg.setAttribute(k, v);
  array.hist.forEach((height, i) => {
    const rect = document.createElementNS(SVG, "rect");
    for (const [k, v] of Object.entries({ x: i + .06, y: 62 - height, width: .88, height })) rect.setAttribute(k, v);
    svg.append(rect);
  });
  return svg;
}
function statistics(array) {
  const odd = (array.nan ? ` · nan ${array.nan}` : "") + (array.inf ? ` · inf ${array.inf}` : "");
  return [
    facts(`min ${show(array.min, 4)} · max ${show(array.max, 4)}`), facts(`mean ${show(array.mean, 4)} · std ${show(array.std, 4)}`),
    facts(`norm ${show(array.norm, 4)}` + (array.zeros ? ` · zeros ${(100 * array.zeros).toFixed(0)}%` : "") + odd),
  ];
}
function view(title, array, missing, brief = false) {
  const made = element("div", { class: "array" }, title ? facts(title) : null);
  if (!array) { made.append(facts(missing)); return made; }
  if (table(array)) made.append(numbersOf(array));
  else if (array.rows !== undefined && array.size) { made.append(heat(array)); if (array.part) made.append(facts(`${array.rows} × ${array.cols} of ${array.size.toLocaleString("en")} numbers`)); }
  if (array.one) return made;
  const picture = bars(array);
  if (picture && !brief) made.append(picture);
  if (array.size) made.append(...(brief && table(array) ? [] : statistics(array)));
  return made;
}

// ---- the node
function named(node, letter) { // the array that a letter of a rule stands for
  if (letter === "g") return node.grad;
  if (letter === "y") return node.value;
  return node.operands.find((o) => o.name === letter)?.value ?? null;
}
function letters(node, rule, result = null) { // the numbers put in, where they are few
  const found = (rule?.uses ?? []).map((letter) => [letter, named(node, letter)]).filter(([, array]) => table(array));
  if (!found.length) return null;
  return element("div", { class: "letters" }, ...found.map(([letter, array]) => element("div", {}, element("i", {}, letter), " = ", numbersOf(array))), result ? element("div", { class: "result" }, "gives ", numbersOf(result)) : null);
}
function ruleFor(node, operand) { return (trace.formulas[node.formula] ?? {})[operand.name.replace(/\[\d+\]$/, "")]; }

function forwardPart(node) {
  const rule = (trace.formulas[node.formula] ?? {}).y, made = element("section", {}, element("h3", {}, "Forward"));
  const from = node.operands.map((o) => element("div", {}, element("i", {}, o.name), ": ", o.node === null ? name(o.text || "constant") : linkWhere(o.node),
    o.node !== null ? element("span", { class: "soft" }, " " + trace.nodes[o.node].label) : null, table(o.value) && o.node !== null && !rule ? element("span", {}, " = ", numbersOf(o.value)) : null));
  made.append(element("div", { class: "rule" }, rule ? equation(rule) : null, element("div", { class: "soft" }, ...from), rule ? letters(node, { uses: node.operands.map((o) => o.name) }, table(node.value) ? node.value : null) : null));
  return made;
}
function backwardPart(node) {
  const made = element("section", {}, element("h3", {}, "Backward: what it gives to its operands"));
  for (const operand of node.operands) {
    if (!operand.contribution) continue;
    const rule = ruleFor(node, operand), block = element("div", { class: "rule", "data-contribution": operand.name });
    block.append(element("div", {}, "to ", element("i", {}, operand.name), ": ", linkWhere(operand.node), operand.summed?.length ? element("span", { class: "soft" }, `, summed over axes ${operand.summed.join(", ")}, along which it was broadcast`) : null));
    if (rule) block.append(equation(rule));
    const put = table(operand.contribution) ? letters(node, rule ?? { uses: ["g"] }, operand.contribution) : null;
    block.append(put ?? view("", operand.contribution, "", true));
    const all = givers[operand.node];
    if (all.length > 1) {
      const at = all.findIndex((g) => g.operand === operand);
      block.append(facts(at + 1 === all.length ? `the last of ${all.length} contributions: the gradient of ` : `contribution ${at + 1} of ${all.length} to `, link(operand.node), at + 1 === all.length ? " is complete" : ""), sumUpTo(operand.node, at) ?? "");
    }
    made.append(block);
  }
  return made.children.length > 1 ? made : null;
}
function sumUpTo(id, last) { // the running sum at a node, where numbers are shown; the whole gradient at the end
  const all = givers[id], grad = trace.nodes[id].grad;
  if (!last || !all.slice(0, last + 1).every((g) => table(g.operand.contribution))) return null;
  const first = all[0].operand.contribution;
  let sum = first.numbers.map(Number);
  for (const g of all.slice(1, last + 1)) sum = sum.map((v, k) => v + Number(g.operand.contribution.numbers[k]));
  if (last + 1 === all.length && table(grad)) sum = grad.numbers;
  if (sum.some((v) => typeof v === "number" && Number.isNaN(v))) return null;
  return element("div", { class: "sum" }, facts(last + 1 === all.length ? "the sum" : "the sum so far"), numbersOf({ ...first, numbers: sum }));
}
function incomingPart(node) {
  const all = givers[node.id], now = steps[state.step - 1], waiting = now?.phase === "backward" ? (g) => backwardAt.get(g.from) > state.step : () => false;
  if (node.id === trace.loss && !all.length) return node.grad ? element("section", {}, element("h3", {}, "Gradient: where it starts"), facts("The backward pass begins here, with dL/dL = "), element("div", { class: "rule" }, view("", node.grad, "", true))) : null;
  if (!all.length) return null;
  const made = element("section", { id: "incoming" }, element("h3", {}, all.length > 1 ? `Gradient: the sum over ${all.length} consumers` : "Gradient: from its only consumer"));
  all.slice(0, 40).forEach((g, i) => {
    const array = g.operand.contribution, row = element("div", { class: "giver" }, all.length > 1 ? element("span", { class: "soft" }, i ? "+ " : "   ") : null, linkWhere(g.from), element("span", { class: "soft" }, ` as its ${g.operand.name}${all.length > 1 && !waiting(g) ? ": " : ""}`));
    if (waiting(g)) row.append(element("span", { class: "soft" }, ": not yet"));
    else if (all.length > 1) row.append(table(array) ? numbersOf(array) : element("span", { class: "soft" }, `norm ${show(array.norm)}`));
    made.append(row);
    const rule = all.length <= 3 && node.op === null ? ruleFor(trace.nodes[g.from], g.operand) : null;
    if (rule) made.append(element("div", { class: "rule" }, equation(rule)));
    const sum = all.length > 1 && i && !waiting(g) ? sumUpTo(node.id, i) : null;
    if (sum) made.append(sum);
  });
  if (all.length > 40) made.append(facts(`and ${all.length - 40} more`));
  return made;
}
function panel() {
  const node = trace.nodes[state.chosen], side = $("panel"), now = steps[state.step - 1];
  const kind = node.constant ? "constant" : node.op === null ? "leaf" : "op";
  const call = node.call === null ? null : trace.calls[node.call];
  const about = element("div", { class: "facts about" }, kind === "op" && node.name !== node.op ? `op ${node.op}` : kind, ` · ${node.label}`, node.dtype ? ` · ${node.dtype}` : "",
    call ? element("span", {}, " · in ", name(`${call.label}${call.kind && call.label !== call.kind ? ` (${call.kind})` : ""}`)) : "", kind === "op" ? ` · keeps ${several(node.bytes, "byte")} for backward` : "", node.version && kind === "op" ? ` · version ${node.version}` : "", node.params ? element("span", {}, " · ", name(node.params)) : "");
  side.replaceChildren(element("h2", {}, name(title(node))), about);
  if (node.source !== undefined) { const [file, line, code] = trace.sources[node.source]; side.append(element("div", { class: "source" }, element("span", { class: "soft" }, name(`${file}:${line} `)), element("code", {}, name(code)))); }
  const unknown = Array.isArray(node.shape[0]) ? "several outputs: see each" : "not kept (trace within viz.watch() to see it)";
  const pair = element("div", { class: [node.value, node.grad].some((a) => table(a) && a.cols > 3) ? "pair stacked" : "pair" }, view("value", node.value, unknown));
  if (!node.constant) pair.append(view(element("span", {}, "gradient dL/d", name(node.op === null ? node.short : "y")), node.grad, Array.isArray(node.shape[0]) ? unknown : "none"));
  side.append(pair);
  const forward = node.op === null ? null : forwardPart(node), backward = node.op === null ? null : backwardPart(node), incoming = incomingPart(node);
  side.append(...(now?.phase === "forward" ? [forward, incoming, backward] : [incoming, backward, forward]).filter(Boolean));
  side.dataset.node = node.id;
}
