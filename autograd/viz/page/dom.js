// Small helpers around the document. All text that comes from the trace goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    key.startsWith("on") ? made.addEventListener(key.slice(2), value) : made.setAttribute(key, value);
  made.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return made;
}
// A user's name cannot turn the text around it.
export function name(text) {
  return element("bdi", {}, text);
}
const MATH = "http://www.w3.org/1998/Math/MathML";
// [tag, attributes?, ...children]: MathML as data, so that no name can become markup.
export function formula(tree) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const made = document.createElementNS(MATH, tree[0]);
  for (const child of tree.slice(1)) {
    if (child !== null && typeof child === "object" && !Array.isArray(child)) {
      for (const [key, value] of Object.entries(child))
        key === "style" ? (made.style.cssText = value) : made.setAttribute(key, value); // the policy allows styles that a script sets
    } else made.append(formula(child));
  }
  return made;
}
// A name in a formula: isolated, so that it cannot turn the text around it; upright where it is a word.
export function mathName(text) {
  return [/^\p{L}\p{M}*$/u.test(text) ? "mi" : "mtext", /^[\x20-\x7e]*$/.test(text) ? text : `\u2068${text}\u2069`];
}
