// Where everything goes. A module call is an interval of the tape, so whichever calls are folded, what remains has no cycle: the
// items of a scope, sorted by their first place on the tape, are in topological order. Each open scope is laid out by itself, inner
// ones first: longest-path ranks, a few barycentre sweeps, and per row the least shift that keeps items apart. An edge that enters or
// leaves an open scope does so at a port on its border, and an edge over several rows has a lane of its own in the rows between.
// From left to right it is the same picture, computed with widths and heights exchanged, and exchanged again where it is placed.

export const ROOT = -1,
  GAP_X = 18,
  GAP_Y = 26,
  PAD = 14,
  HEADER = 22,
  LANE = 6,
  SWEEPS = 6;

export function scopesOf(trace) {
  const scopes = new Map([[ROOT, { id: ROOT, parent: null, path: [ROOT], calls: [], nodes: [], count: trace.nodes.length }]]);
  for (const call of trace.calls)
    scopes.set(call.id, { id: call.id, parent: call.parent ?? ROOT, calls: [], nodes: [], count: 0, call });
  for (const call of trace.calls) {
    const scope = scopes.get(call.id);
    scopes.get(scope.parent).calls.push(call.id);
    scope.path = [...scopes.get(scope.parent).path, call.id]; // outer calls come first in the list
  }
  // A leaf was made before any call: it stands in the innermost scope that holds all its consumers. Data comes from outside.
  const home = trace.nodes.map((node) => node.call ?? ROOT);
  const users = trace.nodes.map(() => []);
  for (const node of trace.nodes) for (const operand of node.operands) if (operand.node !== null) users[operand.node].push(node.id);
  for (const node of trace.nodes) {
    if (node.op !== null || !users[node.id].length || node.input || (node.constant && !node.inside)) continue;
    let path = scopes.get(home[users[node.id][0]]).path;
    for (const user of users[node.id]) {
      const other = scopes.get(home[user]).path;
      let same = 0;
      while (same < path.length && same < other.length && path[same] === other[same]) same++;
      path = path.slice(0, same);
    }
    home[node.id] = path[path.length - 1];
  }
  trace.nodes.forEach((node) => {
    scopes.get(home[node.id]).nodes.push(node.id);
    if (node.op !== null) for (const id of scopes.get(home[node.id]).path) if (id !== ROOT) scopes.get(id).count++;
  });
  return { scopes, home, users };
}

function textWidth(text, per = 6.7) {
  return Math.min(250, Math.max(34, text.length * per + 18));
}

// The whole picture for a set of open calls: boxes, pieces of edges, and of each edge (from > to) its branch in every scope. It runs
// from the top to the bottom, or, if it is turned, from left to right.
export function layout(trace, info, open, turned) {
  const { scopes, home } = info;
  const links = new Map([...scopes.keys()].map((id) => [id, new Map()]));
  const link = (scope, from, to, source, edge) => {
    const key = `${from}|${to}|${source}`,
      known = links.get(scope).get(key);
    if (known) known.edges.push(edge);
    else links.get(scope).set(key, { from, to, source, edges: [edge] });
  };
  // The visible scopes above a node, and the item that stands for it in the last of them.
  const way = trace.nodes.map((node) => {
    const path = scopes.get(home[node.id]).path;
    let depth = 0;
    while (depth + 1 < path.length && open.has(path[depth + 1])) depth++;
    const items = [];
    for (let i = 0; i <= depth; i++)
      items.push(i < depth ? `c${path[i + 1]}` : depth + 1 < path.length ? `c${path[depth + 1]}` : `n${node.id}`);
    return { path: path.slice(0, depth + 1), items };
  });
  for (const node of trace.nodes) {
    node.operands.forEach((operand, position) => {
      if (operand.node === null) return;
      const a = way[operand.node],
        b = way[node.id],
        edge = `${operand.node}>${node.id}:${position}`;
      let shared = 0;
      while (shared < a.path.length && shared < b.path.length && a.path[shared] === b.path[shared]) shared++;
      const level = shared - 1;
      if (a.items[level] === b.items[level]) return; // both inside one folded call
      for (let i = a.path.length - 1; i > level; i--) link(a.path[i], a.items[i], `out${operand.node}`, operand.node, edge);
      link(a.path[level], a.items[level], b.items[level], operand.node, edge);
      for (let i = level + 1; i < b.path.length; i++) link(b.path[i], `in${operand.node}`, b.items[i], operand.node, edge);
    });
  }
  const boxes = [],
    pieces = [],
    through = new Map();
  const root = arrange(trace, scopes, links, open, turned, ROOT);
  place(root, 0, 0, 0, { boxes, pieces, through, turned });
  const branches = pieces.filter((piece) => piece.edges.length).length;
  const [width, height] = turned ? [root.height, root.width] : [root.width, root.height];
  return { boxes, pieces, branches, through, turned, width, height };
}

function arrange(trace, scopes, links, open, turned, id) {
  const scope = scopes.get(id),
    items = new Map(),
    rows = [];
  const add = (key, first, width, height, more) =>
    items.set(key, { key, first, width, height, rank: 0, x: 0, above: [], below: [], ...more });
  const box = (key, first, width, height, more) =>
    turned ? add(key, first, height, width, more) : add(key, first, width, height, more);
  for (const call of scope.calls) {
    const { first, short } = scopes.get(call).call;
    if (open.has(call)) {
      const inside = arrange(trace, scopes, links, open, turned, call);
      add(`c${call}`, first, inside.width, inside.height, { kind: "open", id: call, inside });
    } else
      box(`c${call}`, first, Math.max(textWidth(`▸ ${short}`, 7.2), textWidth(scopes.get(call).text, 6)), 40, {
        kind: "call",
        id: call,
      });
  }
  for (const n of scope.nodes) {
    const node = trace.nodes[n];
    box(
      `n${n}`,
      node.constant ? -1 : n,
      Math.max(textWidth(node.short, 7.2), textWidth(node.label, 6), node.scalar ? 76 : 0),
      node.scalar ? 50 : 36,
      { kind: "node", id: n },
    );
  }
  const edges = [...links.get(id).values()];
  for (const edge of edges) {
    if (edge.from.startsWith("in") && !items.has(edge.from)) add(edge.from, -1, LANE, 0, { kind: "in", id: edge.source });
    if (edge.to.startsWith("out") && !items.has(edge.to)) add(edge.to, Infinity, LANE, 0, { kind: "out", id: edge.source });
  }
  const ordered = [...items.values()].sort((a, b) => a.first - b.first);
  const incoming = new Map(),
    outgoing = new Map();
  for (const edge of edges) {
    if (!incoming.has(edge.to)) incoming.set(edge.to, []);
    incoming.get(edge.to).push(edge);
    if (!outgoing.has(edge.from)) outgoing.set(edge.from, []);
    outgoing.get(edge.from).push(edge);
  }
  // Ports have the first row for themselves: what comes in then passes beside the boxes of the next row, not behind them.
  const start = ordered.some((item) => item.kind === "in") ? 1 : 0;
  for (const item of ordered) {
    if (item.kind !== "in") item.rank = start;
    for (const edge of incoming.get(item.key) ?? []) item.rank = Math.max(item.rank, items.get(edge.from).rank + 1);
  }
  for (const item of ordered.slice().reverse()) {
    // what nothing feeds stands just above what it feeds
    if (item.kind === "in" || incoming.has(item.key) || !outgoing.has(item.key)) continue;
    item.rank = Math.max(item.rank, Math.min(...outgoing.get(item.key).map((edge) => items.get(edge.to).rank)) - 1);
  }
  let last = 0;
  for (const item of ordered) if (item.kind !== "out") last = Math.max(last, item.rank);
  for (const item of ordered) if (item.kind === "out") item.rank = last + 1;

  // Lanes: one per source and row. All edges that leave a source for rows further down share a trunk through its lanes; each edge has
  // a branch from the last lane it needs. So a weight that a thousand steps use has a thousand branches, and its trunk is drawn once.
  const trunks = new Map(),
    lanes = [],
    route = [];
  for (const edge of edges.slice().sort((a, b) => items.get(a.to).rank - items.get(b.to).rank)) {
    const to = items.get(edge.to),
      key = `${edge.from}|${edge.source}`;
    if (!trunks.has(key)) trunks.set(key, { tip: items.get(edge.from), piece: null });
    const trunk = trunks.get(key),
      points = [trunk.tip];
    for (let rank = trunk.tip.rank + 1; rank < to.rank; rank++) {
      const above = points[points.length - 1],
        lane = { kind: "lane", rank, x: 0, width: LANE, height: 0, above: [above], below: [], first: items.get(edge.from).first };
      above.below.push(lane);
      points.push(lane);
      lanes.push(lane);
    }
    if (points.length > 1) {
      trunk.piece = { points, source: edge.source, edges: [], parent: trunk.piece };
      trunk.tip = points[points.length - 1];
      route.push(trunk.piece);
    }
    to.above.push(trunk.tip);
    trunk.tip.below.push(to);
    route.push({ points: [trunk.tip, to], source: edge.source, edges: edge.edges, parent: trunk.piece });
  }
  for (const item of [...ordered, ...lanes]) (rows[item.rank] ??= []).push(item);
  for (let r = 0; r < rows.length; r++) rows[r] ??= [];
  sweep(rows);

  let y = id === ROOT || turned ? PAD : HEADER;
  for (const row of rows) {
    const height = row.reduce((most, item) => Math.max(most, item.height), 0);
    for (const item of row) {
      const free = height - item.height;
      item.y = y + (item.kind === "node" && !incoming.has(item.key) ? free : item.kind === "lane" ? 0 : free / 2);
      if (item.kind === "lane") item.height = height;
      item.row = [y, y + height];
    }
    y += height + (height ? GAP_Y : GAP_Y / 2);
  }
  const every = rows.flat();
  const left = every.reduce((least, item) => Math.min(least, item.x), every[0]?.x ?? 0),
    right = every.reduce((most, item) => Math.max(most, item.x + item.width), left);
  const label = id === ROOT ? 0 : textWidth(`${scope.call.short}  ${scope.call.kind}`, 6.6) + 30;
  const head = turned && id !== ROOT ? HEADER : PAD;
  const width = Math.max(right - left + head + PAD, turned ? 0 : label),
    height = Math.max(y - GAP_Y + PAD, turned ? label : 0);
  const shift = head + (width - head - PAD - (right - left)) / 2 - left;
  for (const item of every) item.x += shift;
  for (const item of every) {
    // ports stand on the border
    if (item.kind === "in") item.y = 0;
    if (item.kind === "out") item.y = height;
  }
  return { id, items: ordered, route, width, height };
}

function middle(item) {
  return item.x + item.width / 2;
}

function sweep(rows) {
  rows.forEach((row) => {
    row.sort((a, b) => a.first - b.first);
    pack(
      row,
      row.map((_, i) => i * 1e-3),
    );
  });
  for (let pass = 0; pass < SWEEPS; pass++) {
    const down = pass % 2 === 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[down ? i : rows.length - 1 - i],
        side = down ? "above" : "below",
        other = down ? "below" : "above";
      const wish = row.map((item) => {
        const all = item[side].length ? item[side] : pass > 1 ? item[other] : [];
        // A trunk keeps straight, whatever branches off.
        const trunk = item.kind === "lane" ? all.filter((n) => n.kind === "lane") : [];
        const near = trunk.length ? trunk : all;
        return near.length ? near.reduce((sum, n) => sum + middle(n), 0) / near.length : middle(item);
      });
      const order = row.map((_, k) => k).sort((a, b) => wish[a] - wish[b] || a - b);
      const sorted = order.map((k) => row[k]);
      pack(
        sorted,
        order.map((k) => wish[k]),
      );
      row.splice(0, row.length, ...sorted);
    }
  }
}

// Centres as near to their wishes as the widths allow: least squares under an order, solved by pooling neighbours that collide. A lane
// weighs more than a box, so that it stays straight: a box that wants to be where its lane is would push it aside, row after row.
function pack(row, wish) {
  const offsets = [];
  let at = 0;
  row.forEach((item, i) => {
    if (i) at += (row[i - 1].width + item.width) / 2 + (row[i - 1].kind === "lane" && item.kind === "lane" ? LANE / 2 : GAP_X);
    offsets.push(at);
  });
  const pools = [];
  row.forEach((_, i) => {
    const weight = row[i].kind === "lane" ? 8 : 1;
    let pool = { sum: weight * (wish[i] - offsets[i]), weight, size: 1 };
    while (pools.length && pools[pools.length - 1].sum / pools[pools.length - 1].weight > pool.sum / pool.weight) {
      const before = pools.pop();
      pool = { sum: before.sum + pool.sum, weight: before.weight + pool.weight, size: before.size + pool.size };
    }
    pools.push(pool);
  });
  let i = 0;
  for (const pool of pools)
    for (let k = 0; k < pool.size; k++, i++) row[i].x = pool.sum / pool.weight + offsets[i] - row[i].width / 2;
}

function place(scope, x, y, depth, picture) {
  const { boxes, pieces, through, turned } = picture;
  const port = (item, kind, source) => {
    if (item.kind !== "open") return middle(item);
    item.ports ??= new Map(
      item.inside.items.filter((inner) => inner.kind === "in" || inner.kind === "out").map((inner) => [inner.key, inner]),
    );
    const found = item.ports.get(kind + source);
    return item.x + (found ? middle(found) : item.width / 2);
  };
  for (const item of scope.items) {
    if (item.kind === "in" || item.kind === "out") continue;
    const box = { kind: item.kind, id: item.id, x: x + item.x, y: y + item.y, width: item.width, height: item.height, depth };
    boxes.push(turned ? { ...box, x: box.y, y: box.x, width: box.height, height: box.width } : box);
    if (item.kind === "open") place(item.inside, x + item.x, y + item.y, depth + 1, picture);
  }
  for (const piece of scope.route) {
    const { points, source, edges } = piece,
      line = [];
    points.forEach((item, i) => {
      // Beside a tall box an edge keeps straight until the row ends: it bends between rows only.
      const bottom = item.y + item.height;
      if (i === 0) {
        const at = x + (item.kind === "lane" ? middle(item) : port(item, "out", source));
        line.push([at, y + bottom]);
        if (item.kind !== "in" && item.row[1] > bottom + 1) line.push([at, y + item.row[1]]);
      } else if (item.kind === "lane") line.push([x + middle(item), y + item.y], [x + middle(item), y + bottom]);
      else {
        const at = x + port(item, "in", source);
        if (item.kind !== "out" && item.row[0] < item.y - 1) line.push([at, y + item.row[0]]);
        line.push([at, y + item.y]);
      }
    });
    if (turned) for (const point of line) point.reverse();
    piece.drawn = { line, start: line[0][turned ? 0 : 1], source, edges, parent: piece.parent?.drawn ?? null };
    for (const name of edges) {
      if (!through.has(name)) through.set(name, []);
      through.get(name).push(piece.drawn);
    }
    pieces.push(piece.drawn);
  }
}

// The pieces that an edge runs through, from its source to its target: of each scope the branch, and the trunk before it.
export function path(picture, edge) {
  const all = [];
  for (let piece of picture.through.get(edge) ?? []) for (; piece; piece = piece.parent) all.push(piece);
  return all.sort((a, b) => a.start - b.start);
}

// Which calls to open at first: the largest, outermost ones, as long as the picture stays readable.
export function unfolded(trace, info, budget) {
  const single = (scope) => trace.architecture && !scope.calls.length; // of an architecture the innermost modules stay boxes
  const open = new Set();
  const size = (scope) => scope.calls.length + scope.nodes.length;
  let visible = size(info.scopes.get(ROOT));
  const queue = [...info.scopes.get(ROOT).calls];
  while (queue.length === 1 && size(info.scopes.get(queue[0])) <= 8 * budget && !single(info.scopes.get(queue[0]))) {
    // the whole model is one call: look into it
    open.add(queue[0]);
    visible = size(info.scopes.get(queue[0]));
    queue.push(...info.scopes.get(queue.shift()).calls);
  }
  while (queue.length) {
    const id = queue.shift(),
      scope = info.scopes.get(id);
    if (visible + size(scope) - 1 > budget || single(scope)) continue;
    visible += size(scope) - 1;
    open.add(id);
    queue.push(...scope.calls);
  }
  return open;
}
