// Arrays of numbers as NumPy has them: a shape and the numbers in rows. A plain number is an array of no dimensions.

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
export const shapeOf = (a) => (typeof a === "object" && a !== null && a.shape) || [];
export const isArray = (a) => typeof a === "object" && a !== null && a.shape !== undefined;
export function ndarray(shape, data) {
  return { shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}
export function constantArray(shape, value = 0) {
  return ndarray(shape, new Float64Array(sizeOf(shape)).fill(value));
}
export function asArray(a) {
  if (isArray(a)) return a;
  if (Array.isArray(a)) return a.some(isArray) ? stacked(a.map(asArray), 0) : ndarray([a.length], a.map(Number));
  return ndarray([], [Number(a)]);
}
export function scalarOf(a) {
  return isArray(a) ? a.data[0] : Number(a);
}
export function axisOf(dim, ndim) {
  const axis = dim < 0 ? dim + ndim : dim;
  if (axis < 0 || axis >= Math.max(ndim, 1)) throw new RangeError(`dimension ${dim} of ${ndim}`);
  return axis;
}
export function axesOf(dim, ndim) {
  if (ndim === 0) return [];
  if (dim === undefined || dim === null) return Array.from({ length: ndim }, (_, i) => i);
  return (Array.isArray(dim) ? dim : [dim]).map((d) => axisOf(scalarOf(d), ndim));
}
export function strides(shape) {
  const made = new Array(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--]) made[i] = step;
  return made;
}
export function broadcastShape(...shapes) {
  const made = new Array(Math.max(...shapes.map((s) => s.length))).fill(1);
  for (const shape of shapes)
    shape.forEach((n, i) => {
      const at = made.length - shape.length + i;
      if (n !== 1 && made[at] !== 1 && made[at] !== n) throw new RangeError(`shapes ${shapes.join(" and ")} do not fit`);
      if (n !== 1) made[at] = n;
    });
  return made;
}
// For each number of `shape`, in its order, the place in an array of shape `from` that is copied along the missing dimensions.
export function places(from, shape) {
  const lead = shape.length - from.length,
    step = strides(from),
    moves = shape.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : step[i - lead]));
  return walked(shape, moves);
}
// The places that a walk over `shape` visits when it moves by so much along each dimension.
export function walked(shape, moves, start = 0) {
  const made = new Int32Array(sizeOf(shape)),
    at = new Array(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < made.length; i++) {
    made[i] = place;
    for (let d = shape.length - 1; d >= 0; d--) {
      place += moves[d];
      if (++at[d] < shape[d]) break;
      place -= moves[d] * shape[d];
      at[d] = 0;
    }
  }
  return made;
}
export function broadcastTo(a, shape) {
  const from = asArray(a);
  if (same(from.shape, shape)) return from;
  if (!same(broadcastShape(from.shape, shape), shape)) throw new RangeError(`${from.shape} does not become ${shape}`);
  return ndarray(
    shape,
    Float64Array.from(places(from.shape, shape), (p) => from.data[p]),
  );
}
export function same(a, b) {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
export function map(f, a) {
  return isArray(a) ? ndarray(a.shape, a.data.map(f)) : f(Number(a));
}
export function zip(f, a, b) {
  if (!isArray(a) && !isArray(b)) return f(Number(a), Number(b));
  const x = asArray(a),
    y = asArray(b);
  if (same(x.shape, y.shape))
    return ndarray(
      x.shape,
      x.data.map((v, i) => f(v, y.data[i])),
    );
  if (!y.shape.length)
    return ndarray(
      x.shape,
      x.data.map((v) => f(v, y.data[0])),
    );
  if (!x.shape.length)
    return ndarray(
      y.shape,
      y.data.map((v) => f(x.data[0], v)),
    );
  const shape = broadcastShape(x.shape, y.shape),
    i = places(x.shape, shape),
    j = places(y.shape, shape);
  return ndarray(
    shape,
    Float64Array.from(i, (p, k) => f(x.data[p], y.data[j[k]])),
  );
}
export function reshape(a, shape) {
  const from = asArray(a),
    rest = shape.indexOf(-1),
    known = shape.filter((n) => n !== -1).reduce((x, y) => x * y, 1),
    whole = rest < 0 ? shape : shape.map((n) => (n === -1 ? from.data.length / known : n));
  if (sizeOf(whole) !== from.data.length) throw new RangeError(`${from.shape} does not become ${shape}`);
  return ndarray(whole, from.data);
}
export function permute(a, order) {
  const step = strides(a.shape),
    axes = order.map((d) => axisOf(d, a.shape.length)),
    shape = axes.map((d) => a.shape[d]);
  return ndarray(
    shape,
    Float64Array.from(
      walked(
        shape,
        axes.map((d) => step[d]),
      ),
      (p) => a.data[p],
    ),
  );
}
export function swapped(a, i, j) {
  const order = a.shape.map((_, k) => k),
    [p, q] = [axisOf(i, order.length), axisOf(j, order.length)];
  [order[p], order[q]] = [q, p];
  return permute(a, order);
}
export function withNew(a, dims) {
  const ndim = a.shape.length + dims.length,
    at = dims.map((d) => axisOf(d, ndim)),
    rest = [...a.shape];
  return ndarray(
    Array.from({ length: ndim }, (_, i) => (at.includes(i) ? 1 : rest.shift())),
    a.data,
  );
}
// What f makes of the numbers along some dimensions, which stay with length 1.
export function reduced(f, a, dim) {
  const axes = axesOf(dim, a.shape.length),
    inner = axes.map((d) => a.shape[d]),
    shape = a.shape.map((n, d) => (axes.includes(d) ? 1 : n)),
    step = strides(a.shape),
    starts = walked(
      shape,
      shape.map((n, d) => (n === 1 ? 0 : step[d])),
    ),
    offsets = walked(
      inner,
      axes.map((d) => step[d]),
    );
  return ndarray(
    shape,
    Float64Array.from(starts, (p) => f(Float64Array.from(offsets, (o) => a.data[p + o]))),
  );
}
// What f makes of each line along a dimension: a line of any length.
export function lines(f, a, dim) {
  if (!a.shape.length) return reshape(lines(f, reshape(a, [1]), 0), []);
  const d = axisOf(dim, a.shape.length),
    step = strides(a.shape)[d],
    outer = a.shape.map((n, i) => (i === d ? 1 : n)),
    starts = walked(
      outer,
      strides(a.shape).map((s, i) => (i === d ? 0 : s)),
    ),
    made = Array.from(starts, (p) =>
      f(
        Float64Array.from({ length: a.shape[d] }, (_, k) => a.data[p + k * step]),
        p,
      ),
    ),
    length = made.length ? made[0].length : a.shape[d],
    shape = a.shape.map((n, i) => (i === d ? length : n)),
    result = constantArray(shape),
    to = walked(
      outer,
      strides(shape).map((s, i) => (i === d ? 0 : s)),
    ),
    move = strides(shape)[d];
  made.forEach((line, i) => {
    line.forEach((v, k) => {
      result.data[to[i] + k * move] = v;
    });
  });
  return result;
}
export function total(values) {
  let sum = 0;
  for (const v of values) sum += v;
  return sum;
}
export function matmul(a, b) {
  if (!a.shape.length || !b.shape.length) throw new RangeError("a product of matrices needs dimensions");
  const x = a.shape.length === 1 ? reshape(a, [1, ...a.shape]) : a,
    y = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b,
    [n, k] = x.shape.slice(-2),
    [k2, m] = y.shape.slice(-2);
  if (k !== k2) throw new RangeError(`${a.shape} @ ${b.shape}`);
  const batch = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2)),
    p = places(x.shape.slice(0, -2), batch),
    q = places(y.shape.slice(0, -2), batch),
    made = new Float64Array(sizeOf(batch) * n * m);
  for (let t = 0; t < p.length; t++)
    for (let i = 0; i < n; i++) {
      const row = (t * n + i) * m;
      for (let l = 0; l < k; l++) {
        const v = x.data[(p[t] * n + i) * k + l],
          from = (q[t] * k + l) * m;
        if (v !== 0) for (let j = 0; j < m; j++) made[row + j] += v * y.data[from + j];
        else for (let j = 0; j < m; j++) if (!Number.isFinite(y.data[from + j])) made[row + j] += v * y.data[from + j];
      }
    }
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [n]), ...(b.shape.length === 1 ? [] : [m])];
  return ndarray(shape, made);
}
export function concatenated(all, dim) {
  const flat = all.every((a) => a.shape.length === all[0].shape.length)
      ? all
      : all.filter((a) => a.data.length || a.shape.length > 1),
    parts = flat.length ? flat : all; // NumPy's rule: an empty list goes with anything
  const d = axisOf(dim, parts[0].shape.length),
    shape = parts[0].shape.map((n, i) => (i === d ? parts.reduce((sum, a) => sum + a.shape[d], 0) : n)),
    made = constantArray(shape),
    step = strides(shape);
  let start = 0;
  for (const a of parts) {
    walked(a.shape, step, start * step[d]).forEach((p, i) => {
      made.data[p] = a.data[i];
    });
    start += a.shape[d];
  }
  return made;
}
export function stacked(parts, dim) {
  return concatenated(
    parts.map((a) => withNew(a, [dim])),
    dim,
  );
}
// The shape of x[index] and the places of its numbers. An index has numbers, slices {start, stop, step}, null (a new dimension),
// "..." and arrays of numbers, which are taken together.
export function indexed(shape, index) {
  const parts = [...index],
    named = parts.filter((p) => p !== null && p !== "...").length,
    dots = parts.indexOf("..."),
    all = Array.from({ length: shape.length - named }, () => ({}));
  if (dots >= 0) parts.splice(dots, 1, ...all);
  else parts.push(...all);
  const step = strides(shape),
    outer = [],
    moves = [],
    lists = [];
  let d = 0,
    start = 0,
    listAt = -1;
  for (const part of parts) {
    if (part === null) {
      outer.push(1);
      moves.push(0);
      continue;
    }
    const n = shape[d];
    if (typeof part === "number") start += (part < 0 ? part + n : part) * step[d];
    else if (isArray(part)) {
      if (listAt < 0) listAt = outer.length;
      else if (listAt !== outer.length) listAt = 0; // arrays that are apart: their dimensions come first
      lists.push([part, step[d], n]);
    } else {
      const by = part.step ?? 1,
        clip = (v, missing) =>
          v === null || v === undefined ? missing : Math.min(by > 0 ? n : n - 1, Math.max(by > 0 ? 0 : -1, v < 0 ? v + n : v)),
        from = clip(part.start, by > 0 ? 0 : n - 1),
        to = clip(part.stop, by > 0 ? n : -1);
      outer.push(Math.max(0, Math.ceil((to - from) / by)));
      moves.push(by * step[d]);
      start += from * step[d];
    }
    d++;
  }
  if (!lists.length) return { shape: outer, places: walked(outer, moves, start) };
  const common = broadcastShape(...lists.map(([a]) => a.shape)),
    each = new Int32Array(sizeOf(common));
  for (const [a, move, n] of lists)
    broadcastTo(a, common).data.forEach((v, i) => {
      each[i] += (v < 0 ? v + n : v) * move;
    });
  const made = [...outer.slice(0, listAt), ...common, ...outer.slice(listAt)],
    before = walked(outer.slice(0, listAt), moves.slice(0, listAt), start),
    after = walked(outer.slice(listAt), moves.slice(listAt)),
    found = new Int32Array(sizeOf(made));
  let i = 0;
  for (const p of before) for (const q of each) for (const r of after) found[i++] = p + q + r;
  return { shape: made, places: found };
}
