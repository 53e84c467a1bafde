// The language of formulas, evaluated: the trees are those that are typeset beside the picture. Names that a formula defines are
// computed when they are first asked for.

import { byIndex } from "./indices.js";
import { cofactors, determinant, exponential, identity, inverse, triangularRoot } from "./matrices.js";
import { MOVES } from "./moves.js";
import {
  asArray,
  axesOf,
  axisOf,
  broadcastShape,
  broadcastTo,
  concatenated,
  constantArray,
  indexed,
  isArray,
  lines,
  map,
  matmul,
  ndarray,
  permute,
  reduced,
  reshape,
  same,
  scalarOf,
  shapeOf,
  sizeOf,
  stacked,
  strides,
  swapped,
  total,
  walked,
  withNew,
  zip,
} from "./ndarray.js";
import { BINARY, even, nanOr, OPERATORS, remainder, UNARY, UnknownWord } from "./numbers.js";
import { PLACES } from "./places.js";
import { SPECIAL } from "./special.js";

// ---- words for arrays
const REDUCTIONS = {
  sum: total,
  mean: (v) => total(v) / v.length,
  prod: (v) => v.reduce((a, b) => a * b, 1),
  max: (v) => v.reduce(nanOr(Math.max), -Infinity),
  min: (v) => v.reduce(nanOr(Math.min), Infinity),
  all: (v) => +v.every(Boolean),
  any: (v) => +v.some(Boolean),
  argmax: (v) => bestPlace(v, (a, b) => a > b),
  argmin: (v) => bestPlace(v, (a, b) => a < b),
};
function bestPlace(values, better) {
  let at = 0;
  values.forEach((v, i) => {
    if (better(v, values[at]) || (Number.isNaN(v) && !Number.isNaN(values[at]))) at = i;
  });
  return at;
}
const running = (f) => (v) => {
  const made = Float64Array.from(v);
  for (let i = 1; i < made.length; i++) made[i] = f(made[i - 1], made[i]);
  return made;
};
const CUMULATED = {
  cumsum: running((a, b) => a + b),
  cumprod: running((a, b) => a * b),
  cummax: running(nanOr(Math.max)),
  cummin: running(nanOr(Math.min)),
};
function softmaxOf(v) {
  const most = v.reduce((a, b) => Math.max(a, b), -Infinity),
    e = v.map((x) => Math.exp(x - most)),
    sum = total(e);
  return e.map((x) => x / sum);
}
function compare(a, b) {
  return Number.isNaN(a) - Number.isNaN(b) || a - b;
}
function unplaced(target, v, at) {
  const made = constantArray(target);
  at.forEach((p, i) => {
    made.data[p] += v.data[i];
  });
  return made;
}
// Places of x[..., index, ...] along a dimension, for each number of the index.
function gatherPlaces(shape, dim, index) {
  if (!shape.length) return index.data.map(() => 0);
  const d = axisOf(dim, shape.length),
    step = strides(shape);
  return walked(
    index.shape,
    step.map((s, i) => (i === d ? 0 : s)),
  ).map((p, i) => {
    const at = index.data[i];
    return p + (at < 0 ? at + shape[d] : at) * step[d];
  });
}
function triangle(keep) {
  return (a, k = 0) => {
    const [n, m] = a.shape.slice(-2);
    return ndarray(
      a.shape,
      a.data.map((v, p) => (keep((p % m) - (Math.floor(p / m) % n), k) ? v : 0)),
    );
  };
}
const tuple = (v) => (Array.isArray(v) ? v.map(scalarOf) : isArray(v) ? [...v.data] : [scalarOf(v)]);
const number = (v) => scalarOf(v);

const CASTS = { float32: Math.fround, int64: Math.trunc, int32: Math.trunc, bool: (v) => +!!v };

// A word of a formula: (arguments, options by name, scope) -> value.
const WORDS = {
  where: ([c, a, b]) => {
    if (!isArray(c)) return truth(c) ? a : b;
    const shape = broadcastShape(c.shape, shapeOf(a), shapeOf(b)),
      [i, j, k] = [broadcastTo(c, shape), broadcastTo(a, shape), broadcastTo(b, shape)];
    return ndarray(
      shape,
      i.data.map((v, p) => (v ? j.data[p] : k.data[p])),
    );
  },
  clip: ([x, low, high], { min, max }) => {
    const from = low ?? min,
      to = high ?? max;
    const above = from === undefined || from === null ? x : zip(BINARY.maximum, x, from);
    return to === undefined || to === null ? above : zip(BINARY.minimum, above, to);
  },
  count: ([x, dim]) => axesOf(dim, shapeOf(x).length).reduce((n, d) => n * shapeOf(x)[d], 1),
  spread: ([v, axes], named, scope) => {
    const shape = named.shape ? tuple(named.shape) : scope.first().shape,
      dim = axes ?? named.dim,
      from = asArray(v);
    if (dim === null || dim === undefined || from.shape.length === shape.length)
      return broadcastTo(from.data.length === 1 ? reshape(from, []) : from, shape);
    return broadcastTo(shape.length ? withNew(from, axesOf(dim, shape.length)) : from, shape);
  },
  broadcast: ([x, shape]) => broadcastTo(x, tuple(shape)),
  sum_over: ([x, dim]) => reduced(total, asArray(x), dim),
  sum_to: ([x, shape]) => summedTo(asArray(x), tuple(shape)),
  softmax: ([x, dim], named, scope) => {
    const usual = Object.hasOwn(scope.values, "target") ? scope.get("classes") : -1; // a cross-entropy's is over the classes
    return lines(softmaxOf, asArray(x), number(dim ?? named.dim ?? usual));
  },
  position: ([x, dim]) => {
    if (!shapeOf(x).length) return 0;
    const d = axisOf(number(dim), shapeOf(x).length),
      n = shapeOf(x)[d] ?? 1;
    return ndarray(
      shapeOf(x).map((_, i) => (i === d ? n : 1)),
      Float64Array.from({ length: n }, (_, i) => i),
    );
  },
  reshape: ([x, ...shape]) => reshape(x, shape.length === 1 ? tuple(shape[0]) : shape.map(number)),
  transpose: ([x, ...order]) => permute(asArray(x), tuple(order.length === 1 ? order[0] : order)),
  swapaxes: ([x, i, j], { dim0, dim1 }) => (shapeOf(x).length ? swapped(asArray(x), number(i ?? dim0), number(j ?? dim1)) : x),
  expand_dims: ([x, dim]) => withNew(asArray(x), tuple(dim)),
  squeeze: ([x], _, scope) => reshape(x, scope.target()),
  flip: ([x, dims]) => axesOf(dims, shapeOf(x).length).reduce((a, d) => lines((v) => v.slice().reverse(), a, d), asArray(x)),
  roll: ([x, shifts, dims]) => {
    const by = tuple(shifts),
      rolled = (v, n) => v.map((_, i) => v[remainder(i - n, v.length)]);
    if (dims === undefined || dims === null) return ndarray(shapeOf(x), rolled(asArray(x).data, by[0]));
    return tuple(dims).reduce((a, d, i) => lines((v) => rolled(v, by[i]), a, d), asArray(x));
  },
  concat: ([parts, dim = 0]) => concatenated(parts.map(asArray), number(dim)),
  concatenate: ([parts, dim = 0]) => concatenated(parts.map(asArray), number(dim)),
  cat: ([parts, dim = 0]) => concatenated(parts.map(asArray), number(dim)),
  stack: ([parts, dim = 0]) => stacked(parts.map(asArray), number(dim)),
  split: ([x, dim], _, scope) => {
    const empty = shapeOf(x).length > 1 ? (part) => part.shape.length === 1 && !part.data.length : () => false;
    const d = axisOf(number(dim), shapeOf(x).length);
    let start = 0;
    return scope.list().map((part) => {
      if (empty(part)) return part;
      const slice = Array.from({ length: shapeOf(x).length }, (_, i) => (i === d ? { start, stop: start + part.shape[d] } : {}));
      start += part.shape[d];
      return taken(asArray(x), slice);
    });
  },
  unstack: ([x, dim], _, scope) => {
    const d = axisOf(number(dim), shapeOf(x).length);
    return scope.list().map((_, n) =>
      taken(
        asArray(x),
        Array.from({ length: shapeOf(x).length }, (_, i) => (i === d ? n : {})),
      ),
    );
  },
  unindex: ([g, index], _, scope) => {
    const shape = scope.target(),
      found = indexed(shape, Array.isArray(index) ? index.flatMap((p) => (Array.isArray(p) ? p.map(asArray) : [p])) : [index]);
    return unplaced(shape, broadcastTo(g, found.shape), found.places);
  },
  gather: ([x, dim, index]) => {
    const given = asArray(index),
      ndim = shapeOf(x).length,
      d = number(dim),
      at = given.shape.length < ndim ? withNew(given, [axisOf(d, ndim)]) : given;
    return ndarray(
      at.shape,
      Float64Array.from(gatherPlaces(shapeOf(x), number(dim), at), (p) => asArray(x).data[p]),
    );
  },
  ungather: ([g, dim, index, size], _, scope) => {
    const at = asArray(index),
      shape = size === undefined ? scope.target() : tuple(size),
      v = asArray(g);
    const cut = same(v.shape, at.shape)
      ? v
      : v.shape.length === at.shape.length
        ? taken(
            v,
            at.shape.map((n) => ({ stop: n })),
          )
        : v;
    return unplaced(shape, broadcastTo(cut, at.shape), gatherPlaces(shape, number(dim), at));
  },
  onehot: ([target], _, scope) => {
    const classes = scope.classes();
    return ndarray(
      [...shapeOf(target), classes],
      asArray(target).data.reduce(
        (made, label, i) => {
          made[i * classes + label] = 1;
          return made;
        },
        new Float64Array(asArray(target).data.length * classes),
      ),
    );
  },
  shares: ([target, weight], _, scope) => sharesOf(asArray(target), weight, scope),
  tril: ([x, k = 0], { diagonal }) => triangle((d, n) => d <= n)(asArray(x), number(diagonal ?? k)),
  triu: ([x, k = 0], { diagonal }) => triangle((d, n) => d >= n)(asArray(x), number(diagonal ?? k)),
  tr: ([x]) => {
    const [n, m] = x.shape.slice(-2),
      batch = x.shape.slice(0, -2);
    return ndarray(
      batch,
      Float64Array.from({ length: sizeOf(batch) }, (_, t) =>
        total(Array.from({ length: Math.min(n, m) }, (_, i) => x.data[t * n * m + i * m + i])),
      ),
    );
  },
  diag: ([x]) => {
    const a = asArray(x),
      n = a.shape.at(-1);
    return ndarray(
      a.shape,
      a.data.map((v, p) => (Math.floor(p / n) % n === p % n ? v : 0)),
    );
  },
  triangle: ([x], _, scope) => {
    const unit = truth(scope.option("unitriangular", false)),
      upper = truth(scope.get("upper")),
      a = asArray(x),
      cut = upper ? triangle((d, n) => d >= n)(a, +unit) : triangle((d, n) => d <= n)(a, -unit);
    return unit && x === scope.values.a ? zip((v, w) => v + w, cut, identity(a.shape.at(-1))) : cut;
  },
  expm: ([x]) => exponential(asArray(x)),
  blocks: ([a, b, , d]) => concatenated([concatenated([a, b], 1), concatenated([map(() => 0, a), d], 1)], 0),
  corner: ([x]) => {
    const n = x.shape[0] / 2;
    return taken(x, [{ stop: n }, { start: n }]);
  },
  heads: ([z], _, scope) => {
    const count = number(scope.get("heads")),
      [p, q, width] = asArray(z).shape,
      cut = reshape(z, [p, q, 3, count, width / 3 / count]),
      order = truth(scope.option("batch_first", false)) ? [2, 0, 3, 1, 4] : [2, 1, 3, 0, 4];
    return [0, 1, 2].map((k) => taken(permute(cut, order), [k]));
  },
  join: (parts, _, scope) => {
    const order = truth(scope.option("batch_first", false)) ? [0, 2, 1, 3] : [2, 0, 1, 3],
      rows = stacked(
        parts.map((part) => permute(asArray(part), order)),
        2,
      );
    return reshape(rows, [-1, 3 * rows.shape[3] * rows.shape[4]]);
  },
  causal_mask: ([q, k]) => {
    const [n, m] = [q.shape.at(-2), k.shape.at(-2)];
    return ndarray(
      [n, m],
      Array.from({ length: n * m }, (_, p) => (p % m > Math.floor(p / m) ? -Infinity : 0)),
    );
  },
  cast: ([x, dtype]) => map(CASTS[dtype] ?? ((v) => v), asArray(x)),
  inv: ([x]) => inverse(asArray(x)),
  det: ([x]) => determinant(asArray(x)),
  cofactor: ([x]) => cofactors(asArray(x)),
  sort: ([x, dim = -1], { descending }) => {
    const sorted = (v) => (descending ? v.slice().sort(compare).reverse() : v.slice().sort(compare));
    return lines(sorted, asArray(x), number(dim));
  },
  nan_to_num: ([x], { nan = 0, posinf, neginf }) =>
    map(
      (v) =>
        Number.isNaN(v)
          ? number(nan)
          : v === Infinity
            ? number(posinf ?? Number.MAX_VALUE)
            : v === -Infinity
              ? number(neginf ?? -Number.MAX_VALUE)
              : v,
      x,
    ),
  isclose: ([a, b, rtol = 1e-5, atol = 1e-8, alike = false]) =>
    zip(
      (x, y) =>
        +(
          x === y ||
          (!!alike && Number.isNaN(x) && Number.isNaN(y)) ||
          Math.abs(x - y) <= number(atol) + number(rtol) * Math.abs(y)
        ),
      a,
      b,
    ),
  round: ([x, decimals = 0], named) =>
    map((v) => even(v * 10 ** number(named.decimals ?? decimals)) / 10 ** number(named.decimals ?? decimals), x),
  before: ([first, ys]) => concatenated([withNew(asArray(first), [0]), taken(ys, [{ stop: -1 }])], 0),
  after: ([x]) => concatenated([taken(x, [{ start: 1 }]), map(() => 0, taken(x, [{ stop: 1 }]))], 0),
  matmul: ([a, b]) => matmul(asArray(a), asArray(b)),
  prod: ([x, dim], _, scope) =>
    Array.isArray(x) ? tuple(x).reduce((a, b) => a * b, 1) : isArray(x) ? scope.reduce("prod", x, dim) : x,
  given: ([v, missing]) => v ?? missing,
  ...MOVES,
  ...PLACES,
  ...SPECIAL,
};
function taken(a, index) {
  const found = indexed(a.shape, index);
  return ndarray(
    found.shape,
    Float64Array.from(found.places, (p) => a.data[p]),
  );
}
export function summedTo(a, shape) {
  const lead = a.shape.length - shape.length,
    axes = a.shape.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && a.shape[i] !== 1));
  return axes.length ? reshape(reduced(total, a, axes), shape) : a;
}
// How much each class counts in a cross-entropy: weights, labels to leave out, smoothing, and the mean.
function sharesOf(target, weight, scope) {
  const shape = scope.first().shape,
    d = shape.length === 1 ? 0 : 1,
    classes = shape[d],
    w = weight === undefined || weight === null || !isArray(weight) ? constantArray([classes], 1) : weight,
    ignore = scope.option("ignore_index", -100),
    smooth = scope.option("label_smoothing", 0),
    counted = target.data.map((label) => +(label !== ignore)),
    whole = target.data.reduce((sum, label, i) => sum + (counted[i] ? w.data[label] : 0), 0),
    by = scope.option("reduction", "mean") === "mean" ? whole : 1,
    step = strides(shape)[d],
    starts = walked(
      shape.map((n, i) => (i === d ? 1 : n)),
      strides(shape).map((s, i) => (i === d ? 0 : s)),
    ),
    made = constantArray(shape);
  starts.forEach((p, i) => {
    if (!counted[i]) return;
    for (let c = 0; c < classes; c++)
      made.data[p + c * step] = ((c === target.data[i] ? 1 - smooth : 0) + smooth / classes) * (w.data[c] / by);
  });
  return made;
}
export function truth(v) {
  return isArray(v) ? v.data.every(Boolean) : !!v;
}

// ---- evaluation
// values: arrays, numbers and lists of arrays by name. formula: {tree, left, where: [[names, tree]]}. target: the shape of the result.
export class Scope {
  constructor(values, where = [], target = null, order = Object.keys(values)) {
    this.values = values;
    this.goal = target;
    this.order = order;
    this.defined = new Map();
    this.made = new Map();
    for (const [names, tree] of where) for (const name of names.split(", ")) this.defined.set(name, [names, tree]);
  }
  get(name) {
    if (this.made.has(name)) return this.made.get(name);
    if (this.defined.has(name)) {
      const [names, tree] = this.defined.get(name),
        all = names.split(", "),
        value = this.value(tree);
      if (all.length === 1) this.made.set(name, value);
      else for (const [i, n] of all.entries()) this.made.set(n, value[i]);
      return this.made.get(name);
    }
    if (Object.hasOwn(this.values, name)) {
      const found = this.values[name]; // a function: the gradient of an input, which is computed when it is asked for
      return typeof found === "function" ? found() : found;
    }
    if (name === "pi") return Math.PI;
    if (name === "inf") return Infinity;
    if (name === "nan") return NaN;
    if (name === "time") return 0;
    if (name === "others") return this.list();
    if (name === "I") return identity(this.first().shape.at(-1));
    if (name === "classes") return this.first().shape.length === 1 ? 0 : 1;
    if (name === "rows")
      return shapeOf(this.get("g"))
        .slice(0, -1)
        .map((_, i) => i);
    throw new UnknownWord(`the name ${name}`);
  }
  first() {
    const found = this.order.map((name) => this.values[name]).find(isArray);
    if (!found) throw new UnknownWord("no array");
    return found;
  }
  list() {
    return this.order.map((name) => this.values[name]).find(Array.isArray);
  }
  target() {
    if (!this.goal) throw new UnknownWord("no shape");
    return this.goal;
  }
  option(name, missing) {
    return Object.hasOwn(this.values, name) && this.values[name] !== null ? this.values[name] : missing;
  }
  classes() {
    return this.order.map((name) => this.values[name]).filter(isArray)[1].shape[0];
  }
  reduce(word, x, dim) {
    const a = asArray(x);
    return dim === undefined || dim === null ? REDUCTIONS[word](a.data) : reduced(REDUCTIONS[word], a, dim);
  }
  value(tree) {
    if (typeof tree === "string") return this.get(tree);
    if (!Array.isArray(tree)) return tree;
    const [head, ...parts] = tree;
    switch (head) {
      case "'":
        return parts[0];
      case ",":
        return parts.map((p) => this.value(p));
      case ":":
        return { start: this.bound(parts[0]), stop: this.bound(parts[1]), step: this.bound(parts[2]) };
      case "neg":
        return Array.isArray(parts[0]) && parts[0][0] === ","
          ? this.value(parts[0]).map((v) => -v)
          : map((v) => -v, this.value(parts[0]));
      case "not":
        return map((v) => +!v, this.value(parts[0]));
      case "?":
        return this.choice(...parts);
      case "[]":
        return this.subscript(...parts);
      case ".":
        return this.attribute(this.value(parts[0]), parts[1]);
      case "@":
        return this.product(...parts);
      case "d":
        return this.get(`d_${parts[0]}`);
    }
    if (Object.hasOwn(OPERATORS, head)) return this.operated(head, this.value(parts[0]), this.value(parts[1]));
    const options = {},
      args = [];
    for (const part of parts) {
      if (Array.isArray(part) && part[0] === "=") options[part[1]] = this.value(part[2]);
      else args.push(this.value(part));
    }
    return this.called(head, args, options);
  }
  bound(tree) {
    return tree === null ? null : number(this.value(tree));
  }
  operated(head, a, b) {
    if (head === "==" || head === "!=") {
      const plain = (v) => v === null || typeof v === "string" || typeof v === "boolean" || Array.isArray(v);
      if (plain(a) || plain(b)) return (JSON.stringify(a) === JSON.stringify(b)) === (head === "==");
    }
    const list = (v) => (Array.isArray(v) ? asArray(v) : v);
    return zip(OPERATORS[head], list(a), list(b));
  }
  choice(test, yes, no) {
    const held = this.value(test);
    return isArray(held) && held.shape.length
      ? WORDS.where([held, this.value(yes), this.value(no)])
      : this.value(truth(held) ? yes : no);
  }
  subscript(tree, index) {
    const whole = this.value(tree),
      parts = this.index(index);
    if (whole instanceof Outputs) return whole.at(parts[0]);
    if (Array.isArray(whole))
      return typeof parts[0] === "number" ? whole.at(parts[0]) : whole.slice(parts[0].start ?? 0, parts[0].stop ?? undefined);
    return taken(asArray(whole), parts);
  }
  index(tree) {
    const parts = Array.isArray(tree) && tree[0] === "," ? tree.slice(1) : [tree];
    return parts.flatMap((p) => {
      if (p === null) return null;
      const v = Array.isArray(p) && p[0] === "'" ? p[1] : this.value(p);
      return isArray(v) && !v.shape.length ? v.data[0] : Array.isArray(v) && !v.some(isArray) ? asArray(v) : v;
    });
  }
  // A product of a transposed matrix, g.T @ x, takes all dimensions but the last as rows.
  product(left, right) {
    const outer = this.vectors(left, right);
    if (outer) return outer;
    const b = asArray(this.value(right)),
      rows = (x) => reshape(x, [-1, x.shape.at(-1)]);
    if (left[0] === "." && left[2] === "T") {
      const a = asArray(this.value(left[1]));
      if (a.shape.length !== 2 || b.shape.length !== 2) return matmul(swapped(rows(a), 0, 1), rows(b));
    }
    return matmul(asArray(this.value(left)), b);
  }
  // Products with a transposed operand where one side is a vector: a row on the left, a column on the right.
  vectors(left, right) {
    const turned = (tree) => Array.isArray(tree) && tree[0] === "." && tree[2] === "mT",
      of = (tree) => asArray(this.value(turned(tree) ? tree[1] : tree)),
      times = (a, b) => zip((v, w) => v * w, a, b),
      column = (a) => (a.shape.length ? withNew(a, [-1]) : a);
    if (!turned(left) && !turned(right)) return null;
    const [a, b] = [of(left), of(right)];
    if (turned(right) && b.shape.length === 1) return times(column(a), b);
    if (turned(left) && a.shape.length === 1) return times(column(a), b.shape.length ? withNew(b, [-2]) : b);
    if (turned(left) && b.shape.length === a.shape.length - 1 && b.shape.length > 1) {
      const found = matmul(swapped(a, -1, -2), withNew(b, [-1]));
      return reshape(found, found.shape.slice(0, -1));
    }
    if (turned(right) && a.shape.length === b.shape.length - 1 && a.shape.length > 1) {
      const found = matmul(withNew(a, [-2]), swapped(b, -1, -2));
      return reshape(found, found.shape.toSpliced(-2, 1));
    }
    return null;
  }
  attribute(a, name) {
    if (name === "T")
      return a.shape.length < 2
        ? a
        : permute(
            a,
            a.shape.map((_, i) => a.shape.length - 1 - i),
          );
    if (name === "mT") return swapped(a, -1, -2);
    if (name === "shape") return [...shapeOf(a)];
    if (name === "ndim") return shapeOf(a).length;
    if (name === "pi") return Math.PI;
    throw new UnknownWord(`.${name}`);
  }
  called(word, args, options) {
    if (Object.hasOwn(WORDS, word)) return WORDS[word](args, options, this);
    if (Object.hasOwn(REDUCTIONS, word)) return this.reduce(word, args[0], args[1] ?? options.dim);
    if (Object.hasOwn(CUMULATED, word)) {
      const turn = args[2] ?? options.reverse,
        run = CUMULATED[word];
      return lines(turn ? (v) => run(v.slice().reverse()).reverse() : run, asArray(args[0]), number(args[1] ?? options.dim));
    }
    if (Object.hasOwn(UNARY, word) && args.length === 1)
      return map(UNARY[word], Array.isArray(args[0]) ? asArray(args[0]) : args[0]);
    if (Object.hasOwn(BINARY, word) && args.length === 2)
      return zip(BINARY[word], ...args.map((a) => (Array.isArray(a) ? asArray(a) : a)));
    throw new UnknownWord(`the word ${word}`);
  }
}
const isOutput = (tree) => Array.isArray(tree) && tree[0] === "[]" && tree[1] === "y" && typeof tree[2] === "number";
const uses = (tree, word) => Array.isArray(tree) && (tree[0] === word || tree.slice(1).some((part) => uses(part, word)));
// The outputs of an op with several, each computed when it is first asked for.
class Outputs {
  constructor(rules, values, shapes, order) {
    this.made = [];
    this.compute = (k) => compute(rules[k ? `y[${k}]` : "y"], { ...values, y: this }, shapes[k], order);
  }
  at(k) {
    this.made[k] ??= this.compute(k);
    return this.made[k];
  }
}
// The values of an op with several outputs. rules: its formulas, "y", "y[1]", ...
export function computeOutputs(rules, values, shapes, order) {
  if (shapes.length === 1) return [compute(rules.y, values, shapes[0], order)];
  if (rules.y.left?.[0] === ",") return new Scope(values, rules.y.where, null, order).value(rules.y.tree);
  const keys = shapes.map((_, k) => (k ? `y[${k}]` : "y"));
  if (keys.some((key) => !rules[key])) throw new UnknownWord("an output");
  const inTime = keys.some((key) => uses(["", rules[key].tree, ...(rules[key].where ?? []).map(([, t]) => t)], "before"));
  if (!inTime) {
    const all = new Outputs(rules, values, shapes, order);
    return shapes.map((_, k) => all.at(k));
  }
  return throughTime(
    (step, one) => {
      // The last output, the inner state, is computed first: the others are made from it.
      const known = one.map((shape) => constantArray(shape));
      for (let k = one.length - 1; k >= 0; k--)
        known[k] = asArray(new Scope({ ...step, y: [...known] }, rules[keys[k]].where, one[k], order).value(rules[keys[k]].tree));
      return known;
    },
    values,
    shapes,
  );
}
// A recurrence forward in time: the formulas for one time after the other, each begun with the states that the one before it has left.
function throughTime(once, values, shapes) {
  const made = shapes.map(() => []),
    states = shapes.map((_, k) => (k ? "c0" : "h0")),
    step = { ...values },
    one = shapes.map((shape) => [1, ...shape.slice(1)]);
  for (let t = 0; t < shapes[0][0]; t++) {
    step.x = taken(asArray(values.x), [{ start: t, stop: t + 1 }]);
    once(step, one).forEach((found, k) => {
      if (!same(found.shape, one[k])) throw new UnknownWord("an equation");
      made[k].push(found);
      step[states[k]] = reshape(found, found.shape.slice(1));
    });
  }
  return made.map((parts, k) => (parts.length ? concatenated(parts, 0) : constantArray(shapes[k])));
}
// The y of an equation between matrices, a @ y == b, or y @ y.mT == x with a lower triangle y.
function solution(left, scope, tree) {
  const right = asArray(scope.value(tree));
  if (left[2] === "y") return matmul(inverse(asArray(scope.value(left[1]))), right);
  if (left[1] === "y" && left[2][1] === "y" && left[2][2] === "mT") return triangularRoot(right);
  throw new UnknownWord("an equation");
}
// The value of a formula, in the shape that is wanted.
export function compute(formula, values, target, order) {
  const scope = new Scope(values, formula.where, target, order),
    { left } = formula;
  if (left === "y") {
    const once = (step, [shape]) => [
      asArray(new Scope({ ...step, y: constantArray(shape) }, formula.where, shape, order).value(formula.tree)),
    ];
    return throughTime(once, values, [target])[0];
  }
  if (left && left[0] === "d") return overTime(formula, values, target, order);
  if (left && left[0] === "@") return solution(left, scope, formula.tree);
  if (left && !isOutput(left)) return byIndex(formula, scope, target);
  const found = scope.value(formula.tree);
  if (Array.isArray(found)) return found;
  const made = asArray(found);
  if (!target || same(made.shape, target)) return made;
  if (made.data.length === sizeOf(target)) return reshape(made, target);
  if (made.shape.length > target.length || made.data.length > sizeOf(target)) return summedTo(made, target);
  return broadcastTo(made, target);
}

// A gradient through time, d(x) == f(after(d(x))), whose time t needs only what lies behind it: after as many rounds as there are times
// nothing changes any more.
function overTime(formula, values, target, order) {
  const name = `d_${formula.left[1]}`;
  let known = constantArray(target);
  for (let round = 0; round <= target[0]; round++) {
    const found = asArray(new Scope({ ...values, [name]: known }, formula.where, target, order).value(formula.tree));
    if (!same(found.shape, target)) throw new UnknownWord("an equation");
    known = found;
  }
  return known;
}
