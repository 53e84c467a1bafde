// A tall picture in columns, as a text is set: cut between two rows, where no box is. An open module that a cut goes through has a part
// in each column. An edge that crosses a cut goes on below its column, up between the columns, and into the next one from above.

import { HEADER, LANE } from "./layout.js";

const GUTTER = 30,
  READABLE = 0.6,
  THROUGH = 80; // a cut may be so much higher or lower if it then goes through one open module less

// The picture in as many columns as make it largest in a frame of this size; as it is, if it can be read that way.
export function wrapped(picture, width, height) {
  const share = (columns) => Math.min(width / (columns * (picture.width + GUTTER)), height / (picture.height / columns + GUTTER));
  const whole = Math.min(width / picture.width, height / picture.height);
  if (picture.turned || !width || whole > READABLE) return picture;
  let columns = 1;
  for (let k = 2; k <= 12; k++) if (share(k) > Math.max(whole * 1.2, columns > 1 ? share(columns) : 0)) columns = k;
  // A loop of a thousand steps has no readable overview: it starts at its top.
  const cuts = columns > 1 && share(columns) > READABLE / 2 ? cutsOf(picture, columns) : [];
  return cuts.length ? inColumns(picture, cuts) : picture;
}

// Heights at which no box is cut, near those of equal columns. A cut between modules is better than one through them.
function cutsOf({ boxes, height }, columns) {
  const open = boxes.filter((box) => box.kind === "open"),
    taken = boxes
      .map((box) => [box.y, box.y + (box.kind === "open" ? HEADER : box.height)])
      .concat(open.map((box) => [box.y + box.height - 2, box.y + box.height]))
      .sort((a, b) => a[0] - b[0]),
    free = [];
  let end = taken[0][1];
  for (const [from, to] of taken) {
    const y = (from + end) / 2;
    if (from > end + 6) free.push([y, THROUGH * open.filter((box) => box.y < y && y < box.y + box.height).length]);
    end = Math.max(end, to);
  }
  const cuts = [];
  for (let k = 1; k < columns; k++) {
    const wish = (k * height) / columns,
      cost = ([y, through]) => Math.abs(y - wish) + through;
    const later = free.filter(([y]) => y > (cuts[cuts.length - 1] ?? 0));
    if (later.length) cuts.push(later.reduce((best, spot) => (cost(spot) < cost(best) ? spot : best))[0]);
  }
  return cuts;
}

function inColumns(picture, cuts) {
  const edges = [0, ...cuts, picture.height],
    column = (y) => cuts.filter((cut) => cut < y).length;
  // Each source has one track per cut, shared by its edges that cross at the same place.
  const tracks = cuts.map(() => new Map());
  const crossings = (a, b) => {
    const found = [];
    for (let c = column(a[1]); c < column(b[1]); c++) found.push([c, (a[0] + b[0]) / 2]);
    return found;
  };
  const track = (source, c, x) => {
    const key = `${source}|${Math.round(x)}`;
    if (!tracks[c].has(key)) tracks[c].set(key, tracks[c].size);
    return tracks[c].get(key);
  };
  for (const { line, source } of picture.pieces)
    for (let i = 1; i < line.length; i++) for (const [c, x] of crossings(line[i - 1], line[i])) track(source, c, x);
  const most = Math.max(...tracks.map((known) => known.size)),
    gutter = GUTTER + LANE * most,
    margin = GUTTER / 2 + LANE * most,
    step = picture.width + gutter,
    head = picture.boxes.some((box) => box.kind === "open" && column(box.y + 1) < column(box.y + box.height - 1)) ? HEADER : 0;
  const at = ([x, y], c) => [x + c * step, y - edges[c] + margin + (c ? head : 0)];
  const over = (source, c, x) => {
    const k = track(source, c, x),
      below = edges[c + 1] - edges[c] + margin + (c ? head : 0) + 6 + LANE * k,
      between = (c + 1) * step - gutter / 2 + LANE * (k - most / 2),
      above = margin - 6 - LANE * k,
      [left, right] = [x + c * step, x + (c + 1) * step];
    return [
      at([x, edges[c + 1]], c),
      [left, below],
      [between, below],
      [between, above],
      [right, above],
      at([x, edges[c + 1]], c + 1),
    ];
  };
  for (const piece of picture.pieces) {
    const line = [at(piece.line[0], column(piece.line[0][1]))];
    for (let i = 1; i < piece.line.length; i++) {
      for (const [c, x] of crossings(piece.line[i - 1], piece.line[i])) line.push(...over(piece.source, c, x));
      line.push(at(piece.line[i], column(piece.line[i][1])));
    }
    piece.line = line;
  }
  const boxes = [];
  for (const box of picture.boxes) {
    const first = column(box.y + 1),
      last = column(box.y + box.height - 1);
    for (let c = first; c <= last; c++) {
      const top = Math.max(box.y, edges[c]),
        bottom = Math.min(box.y + box.height, edges[c + 1]),
        more = c > first && box.depth === 0 ? head : 0, // room for the title above a part
        [x, y] = at([box.x, top], c);
      boxes.push({ ...box, x, y: y - more, height: bottom - top + more, part: c - first, column: c });
    }
  }
  const tallest = Math.max(...cuts.map((_, c) => edges[c + 1] - edges[c]), picture.height - edges[cuts.length]);
  return {
    ...picture,
    boxes,
    columns: edges.length - 1,
    width: step * (edges.length - 1) - gutter,
    height: tallest + head + 2 * margin,
  };
}
