// Words of formulas that move numbers without changing them: borders, tiles, diagonals, scattered places; and their adjoints, which add
// each number up where it came from.

import {
  asArray,
  axisOf,
  broadcastShape,
  broadcastTo,
  constantArray,
  map,
  matmul,
  ndarray,
  permute,
  scalarOf,
  sizeOf,
  strides,
  walked,
  withNew,
  zip,
} from "./ndarray.js";

const listOf = (v) => (Array.isArray(v) ? v.map(scalarOf) : [...asArray(v).data]);

// An array of this shape, of which number i comes from place from(i, index) of x; below 0: it is `fill`.
function movedTo(shape, x, from, fill = 0) {
  return ndarray(
    shape,
    eachPlace(shape, from).map((p) => (p < 0 ? fill : x.data[p])),
  );
}
// The adjoint: number i of x is added at that place.
function addedUp(shape, x, from) {
  const made = constantArray(shape);
  eachPlace(x.shape, from).forEach((p, i) => {
    if (p >= 0) made.data[p] += x.data[i];
  });
  return made;
}
function eachPlace(shape, from) {
  const made = new Array(sizeOf(shape)),
    at = new Array(shape.length).fill(0);
  for (let i = 0; i < made.length; i++) {
    made[i] = from(at);
    for (let d = shape.length - 1; d >= 0 && ++at[d] === shape[d]; d--) at[d] = 0;
  }
  return made;
}
// Where the numbers of a padded array come from; widths: [before, after] for each dimension.
function paddedFrom(shape, widths, mode) {
  const step = strides(shape);
  const within = (i, n) => {
    if (i >= 0 && i < n) return i;
    if (mode === "constant") return -1;
    if (mode === "edge" || mode === "replicate") return i < 0 ? 0 : n - 1;
    if (mode === "wrap" || mode === "circular") return ((i % n) + n) % n;
    if (mode === "symmetric") {
      const k = ((i % (2 * n)) + 2 * n) % (2 * n);
      return k < n ? k : 2 * n - 1 - k;
    }
    if (mode !== "reflect") throw new RangeError(`padding by ${mode}`);
    const round = 2 * (n - 1);
    const k = ((i % round) + round) % round;
    return k < n ? k : round - k;
  };
  return (at) => {
    let place = 0;
    for (const [d, i] of at.entries()) {
      const k = within(i - widths[d][0], shape[d]);
      if (k < 0) return -1;
      place += k * step[d];
    }
    return place;
  };
}
function widthsOf(given) {
  const found = Array.isArray(given) ? given : asArray(given);
  if (Array.isArray(found)) return found.map(listOf);
  return Array.from({ length: found.data.length / 2 }, (_, d) => [found.data[2 * d], found.data[2 * d + 1]]);
}
function tiledFrom(shape, repeats) {
  const lead = Math.max(0, repeats.length - shape.length),
    whole = [...new Array(lead).fill(1), ...shape],
    by = [...new Array(whole.length - repeats.length).fill(1), ...repeats],
    step = strides(whole);
  return [whole.map((n, d) => n * by[d]), (at) => at.reduce((sum, i, d) => sum + (i % whole[d]) * step[d], 0)];
}
// The places of a diagonal: its numbers stand along a new last dimension.
function diagonalPlaces(shape, offset, dim1, dim2) {
  const [i, j] = [axisOf(dim1, shape.length), axisOf(dim2, shape.length)],
    step = strides(shape),
    rest = shape.map((_, d) => d).filter((d) => d !== i && d !== j),
    length = Math.max(0, Math.min(shape[i] - Math.max(0, -offset), shape[j] - Math.max(0, offset))),
    start = Math.max(0, -offset) * step[i] + Math.max(0, offset) * step[j],
    made = [...rest.map((d) => shape[d]), length];
  return [made, walked(made, [...rest.map((d) => step[d]), step[i] + step[j]], start)];
}
function diagonalOptions({ offset = 0, dim1 = 0, dim2 = 1 }) {
  return [scalarOf(offset), scalarOf(dim1), scalarOf(dim2)];
}
function placedOnDiagonal(x, shape, options) {
  const made = constantArray(shape);
  diagonalPlaces(shape, ...options)[1].forEach((p, i) => {
    made.data[p] = x.data[i];
  });
  return made;
}

function turned(x, n, d) {
  const step = strides(x.shape);
  return movedTo(x.shape, x, (at) => at.reduce((sum, k, e) => sum + (e === d ? (k + n) % x.shape[e] : k) * step[e], 0));
}

export const MOVES = {
  pad: ([x, width, mode], named, scope) => {
    const a = asArray(x),
      widths = widthsOf(width ?? named.pad_width),
      how = mode ?? named.mode ?? "constant",
      fill = scalarOf(scope.option("value", 0)),
      shape = a.shape.map((n, d) => n + widths[d][0] + widths[d][1]);
    return movedTo(shape, a, paddedFrom(a.shape, widths, how), fill);
  },
  unpad: ([x, width, mode], named, scope) => {
    const shape = named.shape ? listOf(named.shape) : scope.target();
    return addedUp(shape, asArray(x), paddedFrom(shape, widthsOf(width ?? named.pad_width), mode ?? named.mode ?? "constant"));
  },
  tile: ([x, dims]) => {
    const a = asArray(x),
      [shape, from] = tiledFrom(a.shape, listOf(dims));
    return movedTo(shape, a, from);
  },
  untile: ([g, dims], _, scope) => addedUp(scope.target(), asArray(g), tiledFrom(scope.target(), listOf(dims))[1]),
  shift: ([x, by, dim], named) => {
    const a = asArray(x),
      d = axisOf(scalarOf(dim ?? named.dim ?? 0), a.shape.length),
      step = strides(a.shape),
      n = scalarOf(by ?? named.by ?? 1);
    return movedTo(a.shape, a, (at) => {
      const i = at[d] - n;
      return i < 0 || i >= a.shape[d] ? -1 : at.reduce((sum, k, e) => sum + (e === d ? i : k) * step[e], 0);
    });
  },
  along: ([x, matrix, dim]) => {
    const a = asArray(x),
      d = axisOf(scalarOf(dim), a.shape.length),
      order = a.shape.map((_, i) => i).filter((i) => i !== d),
      last = matmul(withNew(permute(a, [...order, d]), [-2]), permute(asArray(matrix), [1, 0])),
      shape = [...last.shape.slice(0, -2), last.shape.at(-1)],
      back = a.shape.map((_, i) => (i === d ? a.shape.length - 1 : order.indexOf(i)));
    return permute(ndarray(shape, last.data), back);
  },
  diagonal: ([x], named) => {
    const a = asArray(x),
      [shape, places] = diagonalPlaces(a.shape, ...diagonalOptions(named));
    return ndarray(
      shape,
      Float64Array.from(places, (p) => a.data[p]),
    );
  },
  undiagonal: ([g], named) => placedOnDiagonal(asArray(g), listOf(named.shape), diagonalOptions(named)),
  diag_embed: ([x], { offset = 0, dim1 = -2, dim2 = -1 }) => {
    const a = asArray(x),
      n = a.shape.at(-1) + Math.abs(scalarOf(offset)),
      ndim = a.shape.length + 1,
      [i, j] = [axisOf(scalarOf(dim1), ndim), axisOf(scalarOf(dim2), ndim)],
      rest = a.shape.slice(0, -1),
      shape = Array.from({ length: ndim }, (_, d) => (d === i || d === j ? n : rest.shift()));
    return placedOnDiagonal(a, shape, [scalarOf(offset), i, j]);
  },
  cross: ([a, b, dim], named) => {
    const shape = broadcastShape(asArray(a).shape, asArray(b).shape),
      [x, y] = [broadcastTo(a, shape), broadcastTo(b, shape)],
      d = axisOf(scalarOf(dim ?? named.dim ?? -1), shape.length),
      times = (n, m) => zip((v, w) => v * w, turned(x, n, d), turned(y, m, d));
    return zip((v, w) => v - w, times(1, 2), times(2, 1));
  },
  scatter: ([x, src, dim, index]) => {
    const made = map((v) => v, asArray(x)),
      at = asArray(index),
      d = axisOf(scalarOf(dim), made.shape.length),
      step = strides(made.shape),
      from = asArray(src),
      inner = strides(from.shape);
    let i = 0;
    eachPlace(at.shape, (place) => {
      const to = at.data[i++],
        target = place.reduce((sum, k, e) => sum + (e === d ? (to < 0 ? to + made.shape[e] : to) : k) * step[e], 0);
      made.data[target] = from.shape.length ? from.data[place.reduce((sum, k, e) => sum + k * inner[e], 0)] : from.data[0];
      return 0;
    });
    return made;
  },
  masked_scatter: ([x, mask, source]) => {
    const from = asArray(source);
    let i = 0;
    const made = map((v) => v, asArray(x));
    broadcastTo(mask, made.shape).data.forEach((keep, p) => {
      if (keep) made.data[p] = from.data[i++];
    });
    return made;
  },
  // Of recurrent layers: gate k of the state's units, and a sum that runs back through time.
  part: ([a, k], _, scope) => {
    const from = asArray(a),
      units = asArray(scope.option("c0") ?? scope.get("h0")).shape.at(-1),
      shape = [...from.shape.slice(0, -1), units],
      step = strides(from.shape);
    return ndarray(
      shape,
      Float64Array.from(walked(shape, step, scalarOf(k) * units), (p) => from.data[p]),
    );
  },
  back: ([f, b]) => {
    const by = asArray(f),
      made = map((v) => v, asArray(b)),
      row = made.data.length / made.shape[0];
    for (let p = made.data.length - row - 1; p >= 0; p--) made.data[p] += by.data[p + row] * made.data[p + row];
    return made;
  },
};
