// What formulas and sentences call a value: its variable, its module, else "1st operand"; one name for one thing.

import { trace } from "./data.js";
import { show } from "./format.js";
import { t } from "./words.js";

export function title(node) {
  return node.variable ? `${node.variable} = ${node.name}` : node.name;
}
export function nameOf(node) {
  return node.called ?? (node.constant && !node.unnamed ? node.name : null);
}
export function ownName(node) {
  return nameOf(node) ?? t(node.op === null ? "leaf" : "result");
}
export function gradientOf(name) {
  return `∂L/∂${name}`;
}
// What a node calls another that is among its operands.
export function nameAt(node, id) {
  return operandName(
    node,
    node.operands.find((o) => o.node === id),
  );
}
export function operandName(node, operand) {
  if (operand.node === null) return Number.isFinite(+operand.text) ? show(+operand.text, 6) : operand.text || t("constant");
  const found = nameOf(trace.nodes[operand.node]),
    shared = node.operands.some((o) => o.node !== operand.node && o.node !== null && nameOf(trace.nodes[o.node]) === found);
  if (found !== null && !shared) return found;
  const at = node.operands.findIndex((o) => o.node === operand.node) + 1; // one name for x in x * x
  return node.operands.length === 1 ? t("operand") : at < 4 ? t(String(at)) : t("nth", { n: at });
}
// The node of one of the outputs of an op with several.
export function outputOf(node, k) {
  return trace.nodes.find((n) => n.pick === k && n.operands[0].node === node.id);
}
// What stands for a letter of a rule in the formulas of a node.
export function letterName(node, rule, letter) {
  if (letter === "g") return { gradient: true, name: ownName(node) };
  if (letter === "y") return { name: ownName(node) };
  const [, which, k] = /^([yg])\[(\d+)\]$/.exec(letter) ?? [undefined, "y", rule.outputs?.indexOf(letter) ?? -1],
    output = +k >= 0 ? outputOf(node, +k) : undefined;
  if (output) return { gradient: which === "g", name: ownName(output) };
  const operand = node.operands.find((o) => o.name === letter);
  if (operand) return { name: operandName(node, operand) };
  const taken = new Set([ownName(node), ...node.operands.map((o) => operandName(node, o))]);
  let name = null;
  if (taken.has(letter)) for (name = `${letter}′`; taken.has(name) || rule.own.includes(name); ) name += "′";
  return { name }; // null: the letter stays
}
export function textOf(node, rule, line) {
  return line.replace(/‹([^›]*)›/g, (_, letter) => {
    const found = letterName(node, rule, letter);
    return found.name === null ? letter : found.gradient ? gradientOf(found.name) : found.name;
  });
}
