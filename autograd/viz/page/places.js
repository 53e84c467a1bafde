// Words of formulas for places: the order of numbers, the elements of windows, of strides and of bags, and sums over letters.

import {
  asArray,
  axisOf,
  broadcastTo,
  constantArray,
  lines,
  map,
  ndarray,
  reshape,
  scalarOf,
  sizeOf,
  strides,
  total,
  walked,
} from "./ndarray.js";

const eachNumber = (v) => (Array.isArray(v) ? v.map(scalarOf) : [...asArray(v).data]);
const later = (a, b) => Number.isNaN(a) - Number.isNaN(b) || a - b; // nan is the largest number
const orderOf = (v, turned) => {
  const places = Array.from(v, (_, i) => i);
  return places.sort((i, j) => (turned ? later(v[j], v[i]) : later(v[i], v[j])));
};
// One place of each line: the dimension goes, unless it is kept.
function onePlace(x, dim, scope, choose) {
  const a = asArray(x);
  if (!a.shape.length) return ndarray([], [0]);
  const d = axisOf(scalarOf(dim), a.shape.length),
    made = lines((v) => [choose(v)], a, d);
  return scope.option("keepdim", false) ? made : reshape(made, made.shape.toSpliced(d, 1));
}
// The place of a quantile among the sorted numbers of a line.
function rankOf(v, q, scope) {
  const numbers = v.filter((x) => !Number.isNaN(x)).length,
    skipped = scope.option("ignore_nan", false);
  if (numbers < v.length && !skipped) return v.length - 1;
  const rank = q * Math.max((skipped ? numbers : v.length) - 1, 0),
    nearest = (r) => (Math.abs(r % 1) === 0.5 ? 2 * Math.round(r / 2) : Math.round(r));
  const how = { lower: Math.floor, higher: Math.ceil, nearest }[scope.option("interpolation", "linear")];
  return how ? how(rank) : rank;
}
function byRank(x, q, scope, made) {
  const all = eachNumber(q);
  return lines(
    (v) => {
      const order = orderOf(v);
      return all.map((one) => made(v, order, rankOf(v, one, scope)));
    },
    asArray(x),
    -1,
  );
}
function shareAbove(rank, scope) {
  const part = rank - Math.floor(rank);
  return part > 0 && scope.option("interpolation", "linear") === "midpoint" ? 0.5 : part;
}
// The places that a view by strides, or its windows along a dimension, show.
function windowPlaces(shape, dimension, size, step) {
  const d = axisOf(dimension, shape.length),
    each = strides(shape),
    outer = shape.map((n, i) => (i === d ? Math.floor((n - size) / step) + 1 : n));
  const made = [...outer, size];
  return [made, walked(made, [...each.map((s, i) => (i === d ? s * step : s)), each[d]])];
}
function patchPlaces(shape, scope) {
  const pair = (name, missing) => {
      const v = scope.option(name, missing);
      return Array.isArray(v) ? v.map(scalarOf) : [scalarOf(v), scalarOf(v)];
    },
    [kernel, dilation, padding, stride] = [pair("kernel_size"), pair("dilation", 1), pair("padding", 0), pair("stride", 1)],
    lead = shape.slice(0, -2),
    size = shape.slice(-2),
    out = size.map((n, d) => Math.floor((n + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1),
    places = [];
  for (let plane = 0; plane < sizeOf(lead); plane++)
    for (let k = 0; k < kernel[0]; k++)
      for (let l = 0; l < kernel[1]; l++)
        for (let i = 0; i < out[0]; i++)
          for (let j = 0; j < out[1]; j++) {
            const r = stride[0] * i + dilation[0] * k - padding[0],
              c = stride[1] * j + dilation[1] * l - padding[1],
              inside = r >= 0 && c >= 0 && r < size[0] && c < size[1];
            places.push(inside ? (plane * size[0] + r) * size[1] + c : -1);
          }
  return [[...lead.slice(0, -1), lead.at(-1) * kernel[0] * kernel[1], out[0] * out[1]], places];
}
function readAt(x, shape, places) {
  return ndarray(
    shape,
    Float64Array.from(places, (p) => (p < 0 ? 0 : x.data[p])),
  );
}
function putBack(x, shape, places) {
  const made = constantArray(shape);
  places.forEach((p, i) => {
    if (p >= 0) made.data[p] += x.data[i];
  });
  return made;
}
// The planes of the last dimensions, of which an index counts the elements.
function planes(shape, count) {
  const lead = shape.slice(0, shape.length - count);
  return [sizeOf(lead), sizeOf(shape.slice(lead.length))];
}
function planePlaces(index, size) {
  const [count, each] = planes(index.shape, size.length);
  return index.data.map((v, i) => Math.floor(i / each) * sizeOf(size) + v).slice(0, count * each);
}
function windowWinners(x, windows) {
  const n = windows.length,
    size = x.shape.slice(-n),
    lead = x.shape.slice(0, -n),
    out = windows.map((w) => w.length),
    step = strides(size),
    made = [];
  for (let plane = 0; plane < sizeOf(lead); plane++)
    for (let o = 0; o < sizeOf(out); o++) {
      const at = strides(out).map((s, d) => Math.floor(o / s) % out[d]),
        [starts, stops] = [0, 1].map((end) => at.map((i, d) => scalarOf(windows[d][i][end])));
      let best = -1;
      const inside = walked(
        starts.map((from, d) => stops[d] - from),
        step,
        starts.reduce((sum, from, d) => sum + from * step[d], 0),
      );
      for (const p of inside) {
        const v = x.data[plane * sizeOf(size) + p];
        if (best < 0 || later(v, x.data[plane * sizeOf(size) + best]) > 0) best = p;
      }
      made.push(best);
    }
  return ndarray([...lead, ...out], made);
}
// Bags: from each offset to the next one.
function bagOf(x, offsets) {
  const starts = eachNumber(offsets);
  return ndarray(
    [x.shape[0]],
    Float64Array.from({ length: x.shape[0] }, (_, i) => starts.filter((s) => s <= i).length - 1),
  );
}
function largestOf(x, offsets) {
  const starts = eachNumber(offsets),
    width = sizeOf(x.shape.slice(1)),
    made = constantArray([starts.length, ...x.shape.slice(1)]);
  starts.forEach((start, b) => {
    const stop = b + 1 < starts.length ? starts[b + 1] : x.shape[0];
    for (let c = 0; c < width; c++) {
      let best = start;
      for (let i = start + 1; i < stop; i++) if (later(x.data[i * width + c], x.data[best * width + c]) > 0) best = i;
      made.data[b * width + c] = stop > start ? best : 0;
    }
  });
  return made;
}
// ---- sums over letters
// terms: of each operand the letters of its dimensions; output: those of the result.
function summedOver(terms, operands, output, shape) {
  const sizes = new Map();
  const note = (letters, array) =>
    letters.forEach((c, d) => {
      sizes.set(c, Math.max(sizes.get(c) ?? 1, array.shape[d] === 0 ? 0 : array.shape[d]));
      if (array.shape[d] === 0) sizes.set(c, 0);
    });
  terms.forEach((letters, i) => {
    note(letters, operands[i]);
  });
  if (shape) note(output, { shape });
  const all = [...sizes.keys()],
    lengths = all.map((c) => sizes.get(c)),
    result = constantArray(shape ?? output.map((c) => sizes.get(c)));
  const moves = (letters, array) => {
    const step = strides(array.shape);
    return all.map((c) => letters.reduce((sum, l, d) => sum + (l === c && array.shape[d] > 1 ? step[d] : 0), 0));
  };
  const to = walked(lengths, moves(output, result)),
    from = operands.map((a, i) => walked(lengths, moves(terms[i], a)));
  to.forEach((p, i) => {
    let product = 1;
    operands.forEach((a, k) => {
      product *= a.data[from[k][i]];
    });
    result.data[p] += product;
  });
  return result;
}
function lettersOf(equation, operands) {
  const [left, right] = equation.replace(/ /g, "").split("->"),
    given = left.split(",");
  const counts = given.map((term, i) => operands[i].shape.length - term.replace("...", "").length),
    most = Math.max(0, ...given.map((term, i) => (term.includes("...") ? counts[i] : 0))),
    names = (count) => Array.from({ length: count }, (_, i) => `…${most - count + i}`);
  const spelled = (term, count) => {
    const [head, tail] = term.split("...");
    return [...head, ...(tail === undefined ? [] : [...names(count), ...tail])];
  };
  const terms = given.map((term, i) => spelled(term, counts[i]));
  if (right !== undefined) return [terms, spelled(right, most)];
  const flat = terms.flat(),
    once = [...new Set(flat)].filter((c) => !c.startsWith("…") && flat.filter((d) => d === c).length === 1).sort();
  return [terms, [...names(most), ...once]];
}
function axesOfProduct(dims, a, b) {
  if (!Array.isArray(dims)) {
    const n = scalarOf(dims);
    return [Array.from({ length: n }, (_, i) => a - n + i), Array.from({ length: n }, (_, i) => i)];
  }
  return dims.map((d, side) => (Array.isArray(d) ? d.map(scalarOf) : [scalarOf(d)]).map((v) => axisOf(v, side ? b : a)));
}
// The letters of a, b and their product.
function productLetters(dims, a, b) {
  const [first, second] = axesOfProduct(dims, a, b),
    of = (n, mine, letter) => Array.from({ length: n }, (_, d) => (mine.includes(d) ? `s${mine.indexOf(d)}` : `${letter}${d}`)),
    [x, y] = [of(a, first, "a"), of(b, second, "b")];
  return [x, y, [...x, ...y].filter((c) => !c.startsWith("s"))];
}

export const PLACES = {
  argsort: ([x, dim, turned], { descending, largest }) => {
    const a = asArray(x);
    return lines((v) => orderOf(v, turned ?? descending ?? largest), a, scalarOf(dim));
  },
  first: ([k, x, dim]) => (asArray(x).shape.length ? lines((v) => v.slice(0, scalarOf(k)), asArray(x), scalarOf(dim)) : x),
  kth: ([k, x, dim], _, scope) => onePlace(x, dim, scope, (v) => v[scalarOf(k) - 1]),
  median_place: ([x, dim], _, scope) =>
    onePlace(x, dim, scope, (v) => {
      const bad = v.findIndex(Number.isNaN),
        count = v.filter((n) => !Number.isNaN(n)).length;
      if (bad >= 0 && !scope.option("ignore_nan", false)) return bad;
      return orderOf(v)[Math.floor((Math.max(count, 1) - 1) / 2)];
    }),
  mode_place: ([x, dim], _, scope) =>
    onePlace(x, dim, scope, (v) => {
      const times = (n) => v.filter((m) => m === n).length,
        most = Math.max(...v.map(times)),
        value = Math.min(...v.filter((n) => times(n) === most));
      if (most <= 1 && Number.isNaN(v[0])) return 0;
      return v.lastIndexOf(value);
    }),
  last_place: ([x, extremes, dim]) => {
    const a = asArray(x);
    if (!a.shape.length) return ndarray([], [0]);
    let line = 0;
    const all = [];
    lines(
      (v) => {
        all.push(v);
        return v;
      },
      asArray(extremes),
      scalarOf(dim),
    );
    return lines(
      (v) => {
        const so = all[line++];
        let at = 0;
        return v.map((n, i) => {
          if (n === so[i] || Number.isNaN(n)) at = i;
          return at;
        });
      },
      a,
      scalarOf(dim),
    );
  },
  median: ([x], _, scope) => {
    const v = asArray(x).data,
      numbers = v.filter((n) => !Number.isNaN(n)).sort();
    if (!numbers.length || (numbers.length < v.length && !scope.option("ignore_nan", false))) return NaN;
    return numbers[Math.floor((numbers.length - 1) / 2)];
  },
  quantile: ([x, q], _, scope) =>
    byRank(x, q, scope, (v, order, rank) => {
      const [low, high] = [v[order[Math.floor(rank)]], v[order[Math.ceil(rank)]]],
        share = shareAbove(rank, scope);
      return share === 0 ? low : low + (high - low) * share;
    }),
  lower: ([x, q], _, scope) => byRank(x, q, scope, (_v, order, rank) => order[Math.floor(rank)]),
  upper: ([x, q], _, scope) => byRank(x, q, scope, (_v, order, rank) => order[Math.ceil(rank)]),
  between: ([x, q], _, scope) => byRank(x, q, scope, (_v, _order, rank) => shareAbove(rank, scope)),
  strided: ([x, size, stride, offset = 0], _, scope) => {
    const shape = size === undefined ? scope.target() : eachNumber(size);
    return readAt(asArray(x), shape, walked(shape, eachNumber(stride), scalarOf(offset)));
  },
  unstrided: ([x, stride, offset = 0], _, scope) => {
    const a = asArray(x);
    return putBack(a, scope.target(), walked(a.shape, eachNumber(stride), scalarOf(offset)));
  },
  unfold: ([x], { dimension, size, step = 1 }) => {
    const a = asArray(x);
    if (!a.shape.length) return reshape(a, [1]);
    return readAt(a, ...windowPlaces(a.shape, scalarOf(dimension), scalarOf(size), scalarOf(step)));
  },
  refold: ([x], { dimension, size, step = 1 }, scope) => {
    const shape = scope.target();
    if (!shape.length) return reshape(x, []);
    return putBack(asArray(x), shape, windowPlaces(shape, scalarOf(dimension), scalarOf(size), scalarOf(step))[1]);
  },
  unfold_image: ([x], _, scope) => readAt(asArray(x), ...patchPlaces(asArray(x).shape, scope)),
  fold: ([x], _, scope) => putBack(asArray(x), scope.target(), patchPlaces(scope.target(), scope)[1]),
  plane_gather: ([x, where]) => {
    const index = asArray(where),
      a = asArray(x);
    return readAt(a, index.shape, planePlaces(index, a.shape.slice(sharedLead(a.shape, index.shape))));
  },
  plane_scatter: ([x, where], _, scope) => {
    const index = asArray(where),
      shape = scope.target();
    return putBack(asArray(x), shape, planePlaces(index, shape.slice(sharedLead(shape, index.shape))));
  },
  max_windows_indices: ([x, windows], named) => windowWinners(asArray(x), windows ?? named.windows),
  bag_of: ([x, offsets]) => bagOf(asArray(x), offsets),
  largest_of: ([x, offsets]) => largestOf(asArray(x), offsets),
  nothing_in: ([x, offsets]) => {
    const a = asArray(x),
      starts = eachNumber(offsets),
      made = starts.map((s, b) => +((b + 1 < starts.length ? starts[b + 1] : a.shape[0]) <= s));
    return ndarray([made.length], made);
  },
  untouched: ([x, dim, index]) => {
    const made = constantArray(asArray(x).shape, 1);
    for (const p of namedPlaces(made.shape, dim, asArray(index))) made.data[p] = 0;
    return made;
  },
  // 1 for what no later element overwrites.
  stays: ([x, dim, index]) => {
    const at = asArray(index),
      places = namedPlaces(asArray(x).shape, dim, at),
      last = new Map();
    places.forEach((p, i) => {
      last.set(p, i);
    });
    return ndarray(
      at.shape,
      places.map((p, i) => +(last.get(p) === i)),
    );
  },
  scatter_reduce: ([x, src, dim, index, how], _, scope) => {
    const made = map((v) => v, asArray(x)),
      at = asArray(index),
      from = asArray(src),
      better = how === "amax" ? Math.max : Math.min,
      to = namedPlaces(made.shape, dim, at);
    if (!scope.option("include_self", true)) for (const p of to) made.data[p] = how === "amax" ? -Infinity : Infinity;
    const source = walked(at.shape, strides(from.shape));
    to.forEach((p, i) => {
      made.data[p] = better(made.data[p], from.data[source[i]]);
    });
    return made;
  },
  // Filled up with zeros to a shape.
  extended: ([x, shape]) => {
    const a = asArray(x),
      made = constantArray(eachNumber(shape));
    if (!made.shape.length) return total(a.data); // one number that was written at all places
    walked(a.shape, strides(made.shape)).forEach((p, i) => {
      made.data[p] = a.data[i];
    });
    return made;
  },
  masked: ([g, mask], _, scope) => {
    const a = asArray(g),
      shape = scope.target(),
      keep = broadcastTo(mask, a.shape).data,
      made = constantArray(shape);
    let i = 0;
    a.data.forEach((v, p) => {
      if (keep[p]) made.data[i++] = v;
    });
    return made;
  },
  overwritten: ([base, written, value]) => {
    const made = map((v) => v, asArray(base)),
      at = asArray(written),
      from = broadcastTo(value, at.shape);
    at.data.forEach((p, i) => {
      made.data[p] = from.data[i];
    });
    return made;
  },
  read_back: ([g, written]) => {
    const at = asArray(written),
      last = new Map();
    at.data.forEach((p, i) => {
      last.set(p, i);
    });
    return ndarray(
      at.shape,
      at.data.map((p, i) => (last.get(p) === i ? asArray(g).data[p] : 0)),
    );
  },
  // Sums over letters: with an equation their sum, with an exchanged one the gradient of each operand.
  exchanged: ([equation]) => ({ exchanged: equation }),
  einsum: ([equation, operands], _, scope) => {
    const given = scope.list().map(asArray),
      [terms, output] = lettersOf(equation.exchanged ?? equation, given);
    if (!equation.exchanged) return summedOver(terms, given, output);
    const g = asArray(operands[0]);
    return given.map((a, k) =>
      summedOver([output, ...terms.filter((_, i) => i !== k)], [g, ...given.filter((_, i) => i !== k)], terms[k], a.shape),
    );
  },
  free: ([x]) => ({ free: x }),
  tensordot: ([a, b, dims], _, scope) => {
    if (!dims?.free) {
      const [x, y] = [asArray(a), asArray(b)],
        [p, q, out] = productLetters(dims, x.shape.length, y.shape.length);
      return summedOver([p, q], [x, y], out);
    }
    const [x, y] = [scope.get("a"), scope.get("b")].map(asArray),
      [p, q, out] = productLetters(scope.get("dims"), x.shape.length, y.shape.length),
      ofA = dims.free === scope.get("b");
    return ofA ? summedOver([out, q], [asArray(a), y], p, x.shape) : summedOver([p, out], [x, asArray(b)], q, y.shape);
  },
};
// The places that an index names along a dimension.
function namedPlaces(shape, dim, index) {
  const d = axisOf(scalarOf(dim), shape.length),
    step = strides(shape);
  return walked(
    index.shape,
    step.map((s, i) => (i === d ? 0 : s)),
  ).map((p, i) => p + (index.data[i] < 0 ? index.data[i] + shape[d] : index.data[i]) * step[d]);
}
function sharedLead(shape, index) {
  let lead = 0;
  while (lead < Math.min(shape.length, index.length) - 1 && shape[lead] === index[lead]) lead++;
  return lead;
}
