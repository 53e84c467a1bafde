// Equations with the names of a node's operands, broken into lines where the panel is narrower than they are.

import { element, formula, mathName } from "./dom.js";
import { letterName, textOf } from "./names.js";
import { t } from "./words.js";

const INDENT = 18,
  SHORT = 14, // letters of a name that stays in one piece
  SIGNS = new Set("=+−·⊙⊕<>≤≥≠∧∨∗*%∈←≪≫".split("")),
  FENCES = { "(": ")", "|": "|", "[": "]", "⌊": "⌋", "⌈": "⌉" },
  treeOf = new WeakMap(); // the element of an equation's mathematics -> its tree

const partsOf = (tree) => tree.slice(1).filter((part) => typeof part !== "object" || Array.isArray(part));
const isSign = (tree, text) => tree[0] === "mo" && partsOf(tree)[0] === text;
const isFenced = (parts) => parts.length > 2 && parts[0][0] === "mo" && isSign(parts.at(-1), FENCES[partsOf(parts[0])[0]]);

function letterTree(node, rule, letter) {
  const found = letterName(node, rule, letter);
  if (found.name === null) return null;
  const shown = mathName(found.name);
  return found.gradient ? ["mfrac", ["mrow", ["mo", "∂"], ["mi", "L"]], ["mrow", ["mo", "∂"], shown]] : shown;
}
// The tree with names for letters.
function namedTree(tree, put) {
  if (typeof tree === "string") return tree;
  const letter = tree[1]?.["data-letter"],
    found = letter === undefined ? null : put(letter);
  return found ?? tree.map((part) => (Array.isArray(part) ? namedTree(part, put) : part));
}
export function equation(node, rule) {
  const made = element("div", { class: "equation" });
  rule.math.forEach((line, i) => {
    const tree = namedTree(line, (letter) => letterTree(node, rule, letter)),
      math = formula(["math", { display: "block" }, tree]);
    treeOf.set(math, tree);
    made.append(
      i ? element("div", { class: "defined" }, i === 1 ? element("span", { class: "soft" }, t("where")) : "", math) : math,
    );
  });
  made.append(element("code", {}, rule.text.map((line) => textOf(node, rule, line)).join(", ")));
  return made;
}
// Break what is too wide, after it has been put into the page; what no break makes narrow enough gets smaller letters.
export function fitFormulas(within) {
  const wide = [...within.querySelectorAll(".equation math")]
    .filter((math) => math.scrollWidth > math.clientWidth + 1)
    .map((math) => [math, math.clientWidth]);
  for (const [math] of wide) math.style.width = "max-content"; // otherwise its parts are as wide as the panel
  const broken = wide.map(([math, room]) => fitted(treeOf.get(math), math.firstChild, room));
  wide.forEach(([math], i) => {
    math.style.width = "";
    math.replaceChildren(formula(broken[i]));
  });
  for (const [math, room] of wide)
    if (math.scrollWidth > room) math.style.fontSize = `${Math.max(8, Math.floor((17.5 * room) / math.scrollWidth))}px`;
}
const spanOf = (places) => {
  const areas = places.map((place) => place.getBoundingClientRect());
  return areas.length ? areas.at(-1).right - areas[0].left : 0;
};
// A tree, of which `place` is the element, in so many pixels.
function fitted(tree, place, room) {
  const width = spanOf([place]);
  if (width <= room) return tree;
  const [tag] = tree,
    parts = partsOf(tree),
    places = [...place.childNodes];
  const within = (i, space) => fitted(parts[i], places[i], space);
  if (tag === "mrow") return brokenRow(...flatParts(parts, places), room);
  if (tag === "mfrac") return ["mfrac", within(0, room), within(1, room)];
  if (tag === "mi" || tag === "mtext") return parts[0].length > SHORT ? brokenName(parts[0], width, room) : tree;
  if (tag === "mtable") return brokenCases(parts, places, room);
  if (!places.length || !Array.isArray(parts[0])) return tree;
  const first = spanOf([places[0]]);
  return [tag, within(0, room - (tag.startsWith("munder") || tag === "mover" ? 0 : width - first)), ...parts.slice(1)];
}
// The parts of a row, with those of rows in it that have no brackets.
function flatParts(parts, places) {
  const made = [[], []];
  parts.forEach((part, i) => {
    const inner = part[0] === "mrow" ? partsOf(part) : [];
    const found = inner.length && !isFenced(inner) ? flatParts(inner, [...places[i].childNodes]) : [[part], [places[i]]];
    made[0].push(...found[0]);
    made[1].push(...found[1]);
  });
  return made;
}
function brokenRow(parts, places, room) {
  if (isFenced(parts)) {
    const ends = spanOf([places[0]]) + spanOf([places.at(-1)]) + 4;
    return ["mrow", parts[0], brokenRow(...flatParts(parts.slice(1, -1), places.slice(1, -1)), room - ends), parts.at(-1)];
  }
  // Pieces between which a line may end: after a comma; where there is none, before a sign and after the space in a product.
  const comma = parts.some((part) => isSign(part, ",")),
    pieces = [];
  parts.forEach((part, i) => {
    const before = parts[i - 1],
      sign = part[0] === "mo" && SIGNS.has(partsOf(part)[0]) && before && before[0] !== "mo";
    if (!i || (comma ? isSign(before, ",") : sign || before[0] === "mspace")) pieces.push([]);
    pieces.at(-1).push(i);
  });
  const rows = [[]];
  let start = 0;
  for (const piece of pieces) {
    const space = () => room - (rows.length > 1 ? INDENT : 0);
    if (rows.at(-1).length && spanOf([places[start], places[piece.at(-1)]]) > space()) rows.push([]);
    if (!rows.at(-1).length) start = piece[0];
    rows.at(-1).push(...brokenPiece(piece, parts, places, space()));
  }
  return inLines(rows.map((made) => ["mrow", ...made.filter((part, i) => part[0] !== "mspace" || i < made.length - 1)]));
}
function brokenPiece(piece, parts, places, room) {
  const own = spanOf([places[piece[0]], places[piece.at(-1)]]),
    widths = piece.map((i) => spanOf([places[i]])),
    widest = piece[widths.indexOf(Math.max(...widths))],
    ends = isSign(parts[piece.at(-1)], ",");
  if (own <= room) return piece.map((i) => parts[i]);
  if (ends && piece.length > 2) {
    const [from, to] = [piece[0], piece.at(-1)];
    return [brokenRow(parts.slice(from, to), places.slice(from, to), room - 8), parts[to]];
  }
  return piece.map((i) => (i === widest ? fitted(parts[i], places[i], room - own + Math.max(...widths)) : parts[i]));
}
function inLines(rows) {
  if (rows.length === 1) return rows[0];
  const cell = (made, i) => ["mtr", ["mtd", i ? { class: "on" } : {}, made]];
  return ["mtable", { class: "broken" }, ...rows.map(cell)];
}
// A case and its condition share the room.
function brokenCases(rows, places, room) {
  return [
    "mtable",
    ...rows.map((made, r) => {
      const inner = partsOf(made),
        found = [...places[r].childNodes],
        widths = found.map((place) => spanOf([place])),
        whole = widths.reduce((a, b) => a + b, 0);
      return [
        "mtr",
        ...inner.map((cell, c) => {
          const space = Math.max((room * widths[c]) / whole, Math.min(widths[c], room / 2)) - 14;
          return [...cell.filter((part) => !Array.isArray(part)), fitted(partsOf(cell)[0], found[c].firstChild, space)];
        }),
      ];
    }),
  ];
}
// A long name ends its lines where its parts end.
function brokenName(text, width, room) {
  const most = Math.max(SHORT - 4, Math.floor((text.length * room) / width)),
    plain = text.replace(/[\u2068\u2069]/g, ""),
    isolated = plain !== text,
    made = [""];
  for (const word of plain.match(/[^._/]+[._/]*|[._/]+/g) ?? [plain])
    for (let at = 0; at < word.length; at += most) {
      const piece = word.slice(at, at + most);
      if (made.at(-1).length + piece.length > most && made.at(-1)) made.push("");
      made[made.length - 1] += piece;
    }
  return inLines(made.map((piece) => ["mtext", isolated ? `\u2068${piece}\u2069` : piece]));
}
