// The page's sentences, in the language that the data brings.

import { trace } from "./data.js";

export function t(key, values = {}) {
  return trace.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
// The same with elements among the values: a list of texts and elements.
export function parts(key, values = {}) {
  return trace.words[key].split(/\{(\w+)\}/).map((part, i) => (i % 2 ? values[part] : part));
}
export function several(count, one, many) {
  return t(count === 1 ? one : many, { n: count.toLocaleString("en") });
}
export function where(node) {
  return node.call === null ? "" : t("in", { where: trace.calls[node.call].label });
}
