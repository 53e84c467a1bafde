// An exercise: gradients, or values, are taken out of what the page shows, and come back when the reader has worked them out.

import { givers, trace } from "./data.js";
import { $ } from "./dom.js";

export const MOST = 16; // numbers of an array that is asked for
const hides = trace.exercise?.hide ?? null;
export const answers = new Map(); // node -> the array that is asked for
export const solved = new Set(),
  revealed = new Set(); // nodes whose answer the reader has asked to see
const concealed = new Map(); // operand -> its contribution
const sealed = (array) => ({
  shape: array.shape,
  dtype: array.dtype,
  one: false,
  size: 0,
  hidden: true,
  rows: 0,
  cols: 0,
  zeros: 0,
  nan: 0,
  inf: 0,
});

function asked(node) {
  const array = hides === "gradients" ? node.grad : node.value,
    wanted = hides === "gradients" ? givers[node.id].length > 0 : node.op !== null;
  return wanted && array?.numbers && array.numbers.length <= MOST ? array : null;
}
export function hideAll() {
  if (!hides) return;
  for (const node of trace.nodes) {
    const array = asked(node);
    if (array) answers.set(node.id, array);
  }
  for (const id of answers.keys()) conceal(id);
  const before = [remembered("solved"), remembered("given")];
  for (const id of before[0]) if (answers.has(id)) accept(id);
  for (const id of before[1]) if (answers.has(id)) giveUp(id);
}
function conceal(id) {
  if (hides === "gradients") {
    trace.nodes[id].grad = null;
    for (const { operand } of givers[id]) {
      concealed.set(operand, operand.contribution);
      operand.contribution = sealed(operand.contribution);
    }
  } else setValue(id, null);
}
function setValue(id, array) {
  trace.nodes[id].value = array;
  for (const node of trace.nodes) for (const o of node.operands) if (o.node === id) o.value = array;
}
function uncover(id) {
  if (hides === "gradients") {
    trace.nodes[id].grad = answers.get(id);
    for (const { operand } of givers[id]) operand.contribution = concealed.get(operand);
  } else setValue(id, answers.get(id));
}
export function accept(id) {
  solved.add(id);
  uncover(id);
  remember();
}
export function giveUp(id) {
  if (solved.has(id)) return;
  revealed.add(id);
  uncover(id);
  remember();
}
export function hidden(node) {
  return answers.has(node.id) && !solved.has(node.id) && !revealed.has(node.id);
}
// A number as a student writes it: 0.5, -1/3, 2e-3, and a comma for a point.
export function typed(text) {
  const [top, bottom, ...more] = text.trim().replace("−", "-").replace(",", ".").split("/");
  if (more.length || top === "" || bottom === "") return NaN;
  return bottom === undefined ? Number(top) : Number(top) / Number(bottom);
}
// Which of the numbers are right, to one and a half per cent.
export function judged(id, texts) {
  const expected = [...answers.get(id).numbers].map(Number),
    scale = Math.max(...expected.map(Math.abs), 1e-300);
  return texts.map((text, i) => Math.abs(typed(text) - expected[i]) <= 0.015 * Math.abs(expected[i]) + 1e-4 * scale);
}

// ---- what is kept from one visit to the next, in the browser; a frame that may keep nothing forgets
const key = () =>
  `glassgrad ${trace.title} ${hides} ${[...answers.values()].map((a) => String([...a.numbers])).join().length} ${answers.size}`;
function remember() {
  try {
    localStorage.setItem(key(), JSON.stringify({ solved: [...solved], given: [...revealed] }));
  } catch {} // nothing may be kept here
  showProgress();
}
function remembered(what) {
  try {
    return JSON.parse(localStorage.getItem(key()))?.[what] ?? [];
  } catch {
    return [];
  }
}
export function showProgress() {
  const box = $("progress");
  box.hidden = !hides;
  if (!hides) return;
  box.textContent = trace.words.progress.replace("{n}", solved.size).replace("{all}", answers.size);
}
