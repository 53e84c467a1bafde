// The language of formulas, evaluated: the trees are those that are typeset beside the picture. Names that a formula defines are
// computed when they are first asked for.

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
import { SPECIAL } from "./special.js";

export class UnknownWord extends Error {}

// ---- words for single numbers
const sigmoidOf = (x) => Math.exp(Math.min(x, 0)) / (1 + Math.exp(-Math.abs(x)));
const logaddexp = (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))));
function erfcTail(x) {
  // the continued fraction of erfc(x) * exp(x * x) for large x
  let f = 0;
  for (let k = 60; k > 0; k--) f = k / 2 / (x + f);
  return 1 / (Math.sqrt(Math.PI) * (x + f));
}
function erf(x) {
  if (Math.abs(x) > 2.5) return Math.sign(x) * (1 - Math.exp(-x * x) * erfcTail(Math.abs(x)));
  let sum = x,
    term = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Number.isNaN(x) ? x : (2 / Math.sqrt(Math.PI)) * sum;
}
function erfc(x) {
  return x > 2 ? Math.exp(-x * x) * erfcTail(x) : 1 - erf(x);
}
// The place where the normal distribution function is p <= 0.5, by Newton's method on its logarithm.
function normalPlace(p) {
  if (!(p > 0)) return p === 0 ? -Infinity : NaN;
  let x = p === 0.5 ? 0 : -Math.sqrt(Math.max(0, -2 * Math.log(2 * p)));
  for (let i = 0; i < 50; i++) {
    const below = erfc(-x / Math.SQRT2) / 2,
      step = (below * Math.log(below / p) * Math.sqrt(2 * Math.PI)) / Math.exp((-x * x) / 2);
    x -= step;
    if (Math.abs(step) <= 1e-16 * Math.abs(x)) break;
  }
  return x;
}
function erfinv(x) {
  if (Math.abs(x) >= 1) return Math.abs(x) === 1 ? x * Infinity : NaN;
  return (Math.sign(x) * -normalPlace((1 - Math.abs(x)) / 2)) / Math.SQRT2;
}
function even(x) {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
const remainder = (a, b) => {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
};
const gcd = (a, b) => (b ? gcd(b, a % b) : Math.abs(a));
const signed = (x) => x < 0 || Object.is(x, -0);
const UNARY = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  arcsinh: Math.asinh,
  arccosh: Math.acosh,
  arctanh: Math.atanh,
  abs: Math.abs,
  absolute: Math.abs,
  fabs: Math.abs,
  sign: (x) => (Number.isNaN(x) ? x : Math.sign(x)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  rint: even,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  negative: (x) => -x,
  positive: (x) => x,
  exp2: (x) => 2 ** x,
  sigmoid: sigmoidOf,
  logistic: sigmoidOf,
  sigma: sigmoidOf,
  softplus: (x) => logaddexp(0, x),
  Phi: (x) => erfc(-x / Math.SQRT2) / 2,
  ndtr: (x) => erfc(-x / Math.SQRT2) / 2,
  phi: (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
  erf,
  erfc,
  erfcx: (x) => (x > 2.5 ? erfcTail(x) : Math.exp(x * x) * erfc(x)),
  erfinv,
  ndtri: (p) => (p > 0.5 ? -normalPlace(1 - p) : normalPlace(p)),
  deg2rad: (x) => (x * Math.PI) / 180,
  rad2deg: (x) => (x * 180) / Math.PI,
  isnan: (x) => +Number.isNaN(x),
  isfinite: (x) => +Number.isFinite(x),
  isinf: (x) => +(Math.abs(x) === Infinity),
  isposinf: (x) => +(x === Infinity),
  isneginf: (x) => +(x === -Infinity),
  signbit: (x) => +signed(x),
  logical_not: (x) => +!x,
  real: (x) => x,
  conj: (x) => x,
  conjugate: (x) => x,
  imag: () => 0,
  isreal: () => 1,
  is_real: () => 1,
  sinc: (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)),
  angle: (x) => (Number.isNaN(x) ? x : signed(x) ? Math.PI : 0),
  cast: (x) => x,
  zeros_like: () => 0,
  ones_like: () => 1,
};
const nanOr = (f) => (a, b) => (Number.isNaN(a) ? a : Number.isNaN(b) ? b : f(a, b));
const BINARY = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
  maximum: nanOr(Math.max),
  minimum: nanOr(Math.min),
  hypot: Math.hypot,
  arctan2: Math.atan2,
  logaddexp,
  fmax: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  fmin: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  logaddexp2: (a, b) => Math.max(a, b) + Math.log2(1 + 2 ** -Math.abs(a - b)),
  floor_divide: (a, b) => Math.floor(a / b),
  remainder,
  fmod: (a, b) => a % b,
  copysign: (a, b) => (signed(b) ? -Math.abs(a) : Math.abs(a)),
  heaviside: (a, b) => (a < 0 ? 0 : a > 0 ? 1 : a === 0 ? b : a),
  equal: (a, b) => +(a === b),
  not_equal: (a, b) => +(a !== b),
  less: (a, b) => +(a < b),
  less_equal: (a, b) => +(a <= b),
  greater: (a, b) => +(a > b),
  greater_equal: (a, b) => +(a >= b),
  logical_and: (a, b) => +(!!a && !!b),
  logical_or: (a, b) => +(!!a || !!b),
  logical_xor: (a, b) => +(!a !== !b),
  bitwise_and: (a, b) => a & b,
  bitwise_or: (a, b) => a | b,
  bitwise_xor: (a, b) => a ^ b,
  left_shift: (a, b) => a * 2 ** b,
  right_shift: (a, b) => Math.floor(a / 2 ** b),
  gcd,
  lcm: (a, b) => (a && b ? Math.abs(a * b) / gcd(a, b) : 0),
  ldexp: (a, b) => a * 2 ** b,
  divided_or_zero: (a, b) => (b === 0 ? 0 : a / b),
};
const OPERATORS = {
  "+": BINARY.add,
  "-": BINARY.subtract,
  "*": BINARY.multiply,
  "/": BINARY.divide,
  "**": BINARY.power,
  "//": BINARY.floor_divide,
  "%": remainder,
  "<": BINARY.less,
  "<=": BINARY.less_equal,
  ">": BINARY.greater,
  ">=": BINARY.greater_equal,
  "==": BINARY.equal,
  "!=": BINARY.not_equal,
  "&": BINARY.logical_and,
  "|": BINARY.logical_or,
};

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
function inverse(a) {
  const n = a.shape.at(-1),
    made = constantArray(a.shape);
  for (let t = 0; t < a.data.length; t += n * n) {
    const rows = Array.from({ length: n }, (_, i) => [
      ...a.data.subarray(t + i * n, t + (i + 1) * n),
      ...Array.from({ length: n }, (_, j) => +(i === j)),
    ]);
    eliminate(rows, n);
    rows.forEach((row, i) => {
      made.data.set(row.slice(n), t + i * n);
    });
  }
  return made;
}
function eliminate(rows, n) {
  let det = 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    if (pivot !== c) {
      [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
      det = -det;
    }
    const head = rows[c][c];
    det *= head;
    if (head === 0) return 0;
    rows[c] = rows[c].map((v) => v / head);
    for (let r = 0; r < n; r++)
      if (r !== c && rows[r][c]) {
        const by = rows[r][c];
        rows[r] = rows[r].map((v, j) => v - by * rows[c][j]);
      }
  }
  return det;
}
function determinant(a) {
  const n = a.shape.at(-1);
  return ndarray(
    a.shape.slice(0, -2),
    Float64Array.from({ length: sizeOf(a.shape.slice(0, -2)) }, (_, t) =>
      eliminate(
        Array.from({ length: n }, (_, i) => [...a.data.subarray((t * n + i) * n, (t * n + i + 1) * n)]),
        n,
      ),
    ),
  );
}
// The determinants of what is left without a row and a column, with their signs.
function cofactors(a) {
  const n = a.shape.at(-1);
  return ndarray(
    a.shape,
    a.data.map((_, p) => {
      const start = p - (p % (n * n)),
        [i, j] = [Math.floor((p % (n * n)) / n), p % n],
        rows = [];
      for (let r = 0; r < n; r++)
        if (r !== i) rows.push([...a.data.subarray(start + r * n, start + (r + 1) * n)].filter((_, c) => c !== j));
      return ((i + j) % 2 ? -1 : 1) * eliminate(rows, n - 1);
    }),
  );
}
const tuple = (v) => (Array.isArray(v) ? v.map(scalarOf) : isArray(v) ? [...v.data] : [scalarOf(v)]);
const number = (v) => scalarOf(v);

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
    const d = axisOf(number(dim), shapeOf(x).length);
    let start = 0;
    return scope.list().map((part) => {
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
      found = indexed(shape, Array.isArray(index) ? index : [index]);
    return unplaced(shape, broadcastTo(g, found.shape), found.places);
  },
  gather: ([x, dim, index]) => {
    const at = asArray(index);
    return ndarray(
      at.shape,
      Float64Array.from(gatherPlaces(shapeOf(x), number(dim), at), (p) => asArray(x).data[p]),
    );
  },
  ungather: ([g, dim, index], _, scope) => {
    const at = asArray(index),
      shape = scope.target(),
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
  isclose: ([a, b], { rtol = 1e-5, atol = 1e-8, equal_nan: alike }) =>
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
    if (Object.hasOwn(this.values, name)) return this.values[name];
    if (name === "pi") return Math.PI;
    if (name === "inf") return Infinity;
    if (name === "nan") return NaN;
    if (name === "time") return 0;
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
    if (Array.isArray(whole))
      return typeof parts[0] === "number" ? whole.at(parts[0]) : whole.slice(parts[0].start ?? 0, parts[0].stop ?? undefined);
    return taken(asArray(whole), parts);
  }
  index(tree) {
    const parts = Array.isArray(tree) && tree[0] === "," ? tree.slice(1) : [tree];
    return parts.map((p) => {
      if (p === null) return null;
      const v = Array.isArray(p) && p[0] === "'" ? p[1] : this.value(p);
      return isArray(v) && !v.shape.length ? v.data[0] : Array.isArray(v) ? asArray(v) : v;
    });
  }
  // A product of a transposed matrix, g.T @ x, takes all dimensions but the last as rows.
  product(left, right) {
    const b = asArray(this.value(right)),
      rows = (x) => reshape(x, [-1, x.shape.at(-1)]);
    if (left[0] === "." && left[2] === "T") {
      const a = asArray(this.value(left[1]));
      if (a.shape.length > 2) return matmul(swapped(rows(a), 0, 1), rows(b));
    }
    return matmul(asArray(this.value(left)), b);
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
// The value of a formula, in the shape that is wanted.
export function compute(formula, values, target, order) {
  const scope = new Scope(values, formula.where, target, order);
  if (formula.left && (formula.left === "y" || formula.left[0] === "d")) return overTime(formula, values, target, order);
  if (formula.left) return byIndex(formula, scope, target);
  const found = scope.value(formula.tree);
  if (Array.isArray(found)) return found;
  const made = asArray(found);
  if (!target || same(made.shape, target)) return made;
  if (made.data.length === sizeOf(target)) return reshape(made, target);
  if (made.shape.length > target.length || made.data.length > sizeOf(target)) return summedTo(made, target);
  return broadcastTo(made, target);
}

// A recurrence, y == f(before(h0, y)), whose time t needs only what lies before it, or behind: after as many rounds as there are times
// nothing changes any more.
function overTime(formula, values, target, order) {
  const name = formula.left === "y" ? "y" : `d_${formula.left[1]}`;
  let known = constantArray(target);
  for (let round = 0; round <= target[0]; round++) {
    const found = asArray(new Scope({ ...values, [name]: known }, formula.where, target, order).value(formula.tree));
    if (!same(found.shape, target)) throw new UnknownWord("an equation");
    known = found;
  }
  return known;
}

// Where the largest number of each window stands: a function of (sample, channel, place...).
function winners(scope) {
  const known = new Map();
  return (at) => {
    const key = String(at);
    if (known.has(key)) return known.get(key);
    const x = asArray(scope.first()),
      size = x.shape.length - 2,
      step = strides(x.shape),
      each = (name, missing) => {
        const v = scope.option(name, missing);
        return Array.isArray(v) ? v.map(number) : new Array(size).fill(number(v));
      },
      [kernel, stride, padding, dilation] = [
        each("kernel_size"),
        each("stride", scope.get("kernel_size")),
        each("padding", 0),
        each("dilation", 1),
      ];
    let best = null,
      most = -Infinity;
    const taps = walked(kernel, strides(kernel));
    for (const tap of taps) {
      let rest = tap;
      const place = [];
      for (let d = size - 1; d >= 0; d--) {
        place.unshift(stride[d] * at[d + 2] + dilation[d] * (rest % kernel[d]) - padding[d]);
        rest = Math.floor(rest / kernel[d]);
      }
      if (place.some((p, d) => p < 0 || p >= x.shape[d + 2])) continue;
      const v = x.data[at[0] * step[0] + at[1] * step[1] + place.reduce((sum, p, d) => sum + p * step[d + 2], 0)];
      if (v > most || best === null || (Number.isNaN(v) && !Number.isNaN(most))) [best, most] = [place, v];
    }
    known.set(key, size > 1 ? best : best[0]);
    return known.get(key);
  };
}

// ---- equations for every index: y[n, i] == sigma(k, a[n, k] * b[k, i])
function byIndex(formula, scope, target) {
  const names = (tree) => (Array.isArray(tree) && tree[0] === "," ? tree.slice(1) : [tree]),
    left = names(formula.left[2]),
    sizes = {};
  if (formula.left[0] !== "[]" || left.some((n) => typeof n !== "string")) throw new UnknownWord("an equation");
  // Rows: where one index says which, the dimensions behind it go along, in the result and in g.
  const tail = left.length === 1 ? target.slice(1).map((_, i) => `row ${i}`) : [];
  left.push(...tail);
  if (left.length !== target.length) throw new UnknownWord("an equation");
  left.forEach((name, i) => {
    sizes[name] = target[i];
  });
  const inRows = (array, parts, own) => {
    if (!tail.length || parts.length !== 1) return [array, parts];
    const behind = own ? target.slice(1) : [];
    return [reshape(array, [-1, ...behind]), own ? [...parts, ...tail] : parts];
  };
  const arrays = {},
    look = (tree) => {
      if (!Array.isArray(tree)) return;
      if (tree[0] === "[]" && (typeof tree[1] === "string" || tree[1][0] === "d")) {
        const name = typeof tree[1] === "string" ? tree[1] : `d_${tree[1][1]}`;
        if (name === "winner") return;
        const [array, parts] = inRows(asArray(scope.get(name)), names(tree[2]), name === "g");
        arrays[name] = { array, step: strides(array.shape) };
        if (parts.length > array.shape.length) throw new UnknownWord("without a batch");
        parts.forEach((p, i) => {
          if (typeof p === "string") sizes[p] ??= array.shape[i];
        });
      }
      tree.slice(1).forEach(look);
    };
  look(formula.tree);
  const winner = winners(scope);
  for (const name of ["k", "l", "q"]) sizes[name] ??= number(scope.option("kernel_size", 1));
  const indices = {},
    run = (tree, outside) => {
      if (typeof tree === "string") return Object.hasOwn(indices, tree) ? indices[tree] : number(scope.get(tree));
      if (!Array.isArray(tree)) return tree;
      const [head, a, b] = tree;
      if (head === "[]" && a === "winner") return winner(names(b).map((p) => run(p, outside)));
      if (head === ",") return tree.slice(1).map((p) => run(p, outside));
      if (head === "==") return +(String(run(a, outside)) === String(run(b, outside)));
      if (head === "[]" && typeof a === "number") return a; // a scale or an offset that the call had not
      if (head === "[]") {
        const { array, step } = arrays[typeof a === "string" ? a : `d_${a[1]}`];
        let place = 0;
        const parts = tail.length && a === "g" ? [...names(b), ...tail] : names(b);
        for (const [i, p] of parts.entries()) {
          const at = run(p, outside);
          if (at < 0 || at >= array.shape[i]) return outside;
          place += at * step[i];
        }
        return array.data[place];
      }
      if ((head === "sigma" || head === "largest") && tree.length === 3) {
        const over = names(a),
          most = head === "largest",
          each = (at) => {
            if (at === over.length) return run(b, most ? -Infinity : 0);
            let found = most ? -Infinity : 0;
            for (let i = 0; i < sizes[over[at]]; i++) {
              indices[over[at]] = i;
              const v = each(at + 1);
              found = most ? Math.max(found, v) : found + v;
            }
            return found;
          };
        return each(0);
      }
      if (head === "?") return run(a, outside) ? run(b, outside) : run(tree[3], outside);
      if (Object.hasOwn(OPERATORS, head)) return OPERATORS[head](run(a, outside), run(b, outside));
      if (head === "neg") return -run(a, outside);
      if (Object.hasOwn(UNARY, head)) return UNARY[head](run(a, outside));
      throw new UnknownWord(`the word ${head}`);
    };
  const made = constantArray(target),
    at = new Array(target.length).fill(0);
  for (let i = 0; i < made.data.length; i++) {
    left.forEach((name, d) => {
      indices[name] = at[d];
    });
    made.data[i] = run(formula.tree, 0);
    for (let d = target.length - 1; d >= 0 && ++at[d] === target[d]; d--) at[d] = 0;
  }
  return made;
}
