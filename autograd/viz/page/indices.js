// Equations for every index, y[n, i] == sigma(k, a[n, k] * b[k, i]), as functions of where the indices are.

import { asArray, constantArray, reshape, scalarOf, strides } from "./ndarray.js";
import { OPERATORS, UNARY, UnknownWord } from "./numbers.js";

const names = (tree) => (Array.isArray(tree) && tree[0] === "," ? tree.slice(1) : [tree]);
const arrayName = (tree) => (typeof tree === "string" ? tree : Array.isArray(tree) && tree[0] === "d" ? `d_${tree[1]}` : null);
const factorsOf = (tree) => (Array.isArray(tree) && tree[0] === "*" ? tree.slice(1).flatMap(factorsOf) : [tree]);
const isCondition = (tree) => Array.isArray(tree) && ["==", "!=", "<", "<=", ">", ">="].includes(tree[0]);

// Where the largest number of each window is, or where its number in `taps` says: a function of [sample, channel, place...].
function winners(scope) {
  const known = new Map(),
    taps = scope.option("taps", null);
  let x, size, step, tapStep, kernel, stride, padding, dilation;
  return (at) => {
    if (!x) {
      size = at.length - 2;
      x = batched(asArray(scope.first()), at.length);
      step = strides(x.shape);
      const each = (name, missing) => {
        const v = scope.option(name, missing);
        return Array.isArray(v) ? v.map(scalarOf) : new Array(size).fill(scalarOf(v));
      };
      kernel = each("kernel_size");
      stride = each("stride", scope.get("kernel_size"));
      padding = each("padding", 0);
      dilation = each("dilation", 1);
      if (taps) tapStep = strides(batched(asArray(taps), at.length).shape);
    }
    const key = String(at);
    if (known.has(key)) return known.get(key);
    const placeOf = (tap) => {
      const place = [];
      let rest = tap;
      for (let d = size - 1; d >= 0; d--) {
        place.unshift(stride[d] * at[d + 2] + dilation[d] * (rest % kernel[d]) - padding[d]);
        rest = Math.floor(rest / kernel[d]);
      }
      return place;
    };
    let best = null,
      most = -Infinity;
    if (taps) best = placeOf(taps.data[at.reduce((sum, i, d) => sum + i * tapStep[d], 0)]);
    else
      for (let tap = 0; tap < kernel.reduce((a, b) => a * b, 1); tap++) {
        const place = placeOf(tap);
        if (place.some((p, d) => p < 0 || p >= x.shape[d + 2])) continue;
        const v = x.data[at[0] * step[0] + at[1] * step[1] + place.reduce((sum, p, d) => sum + p * step[d + 2], 0)];
        if (v > most || best === null || (Number.isNaN(v) && !Number.isNaN(most))) [best, most] = [place, v];
      }
    known.set(key, best);
    return best;
  };
}
// An array with a batch of one where it has none.
function batched(a, ndim) {
  return a.shape.length === ndim - 1 ? reshape(a, [1, ...a.shape]) : a;
}

class Equation {
  constructor(formula, scope, target) {
    this.scope = scope;
    this.left = names(formula.left[2]);
    if (formula.left[0] !== "[]" || this.left.some((n) => typeof n !== "string")) throw new UnknownWord("an equation");
    this.shape = this.left.length === target.length + 1 ? [1, ...target] : target;
    // Rows: where one index says which, the dimensions behind it go along, in the result and in what is looked up.
    this.tail = this.left.length === 1 ? target.slice(1).map((_, i) => `row ${i}`) : [];
    this.left.push(...this.tail);
    if (this.left.length !== this.shape.length) throw new UnknownWord("an equation");
    this.slots = new Map();
    this.sizes = [];
    this.left.forEach((name, i) => {
      this.sizes[this.slot(name)] = this.shape[i];
    });
    this.arrays = new Map();
    this.own = arrayName(formula.left[1]);
    this.made = constantArray(this.shape); // the result, which a recurrence reads
    this.backward = false; // whether it is one from the last number to the first
    this.arrays.set(this.own, this.made);
    this.look(formula.tree);
    const kernel = scope.option("kernel_size", 1);
    ["k", "l", "q", "u", "v", "w"].forEach((name, i) => {
      const d = i % 3;
      if (this.slots.has(name)) this.sizes[this.slot(name)] ??= scalarOf(Array.isArray(kernel) ? kernel[d] : kernel);
    });
    this.at = new Int32Array(this.slots.size);
    this.winner = winners(scope);
    this.value = this.compiled(formula.tree, 0);
  }
  slot(name) {
    if (!this.slots.has(name)) this.slots.set(name, this.slots.size);
    return this.slots.get(name);
  }
  sizeOf(slot) {
    if (this.sizes[slot] === undefined) throw new UnknownWord("an index without an end");
    return this.sizes[slot];
  }
  // The arrays of an equation with the sizes of the indices that are theirs, and the indices of sums.
  look(tree) {
    if (!Array.isArray(tree)) return;
    if ((tree[0] === "sigma" || tree[0] === "largest") && tree.length === 3) for (const name of names(tree[1])) this.slot(name);
    const name = tree[0] === "[]" ? arrayName(tree[1]) : null;
    if (name !== null && name !== "winner" && typeof tree[1] !== "number") {
      const parts = names(tree[2]);
      if (name === this.own && parts[0][0] === "+") this.backward = true;
      if (!this.arrays.has(name)) this.arrays.set(name, this.rows(asArray(this.scope.get(name)), name, parts));
      const shape = this.arrays.get(name).shape;
      const wide = parts.some((p) => Array.isArray(p) && p[0] === "[]");
      if (parts.length > shape.length && !wide) throw new UnknownWord("an equation");
      parts.forEach((p, i) => {
        if (typeof p === "string" && this.slots.has(p)) this.sizes[this.slot(p)] ??= shape[i];
      });
    }
    for (const part of tree.slice(1)) this.look(part);
  }
  rows(array, name, parts) {
    if (!this.tail.length || parts.length !== 1) return batched(array, parts.length);
    return reshape(array, [-1, ...(["input", "bag"].includes(name) ? [] : this.shape.slice(1))]);
  }
  // An index as a sum of other indices times whole numbers, {constant, terms: [[slot, factor]]}; null where it is none.
  linear(tree) {
    if (typeof tree === "number") return { constant: tree, terms: [] };
    if (typeof tree === "string")
      return this.slots.has(tree)
        ? { constant: 0, terms: [[this.slot(tree), 1]] }
        : { constant: scalarOf(this.scope.get(tree)), terms: [] };
    const [head, ...parts] = tree;
    if (!["+", "-", "*", "neg"].includes(head)) return null;
    const [a, b] = parts.map((part) => this.linear(part));
    if (!a || b === null) return null;
    const times = ({ constant, terms }, by) => ({ constant: constant * by, terms: terms.map(([slot, k]) => [slot, k * by]) });
    if (head === "neg") return times(a, -1);
    if (head === "*") return a.terms.length && b.terms.length ? null : a.terms.length ? times(a, b.constant) : times(b, a.constant);
    const right = head === "-" ? times(b, -1) : b;
    return { constant: a.constant + right.constant, terms: [...a.terms, ...right.terms] };
  }
  summed({ constant, terms }) {
    const at = this.at,
      [[s, j] = [0, 0], [t, k] = [0, 0]] = terms;
    if (terms.length <= 2) return () => constant + j * at[s] + k * at[t];
    return () => terms.reduce((sum, [slot, factor]) => sum + factor * at[slot], constant);
  }
  compiled(tree, outside) {
    if (typeof tree === "number" || typeof tree === "boolean") return () => +tree;
    if (typeof tree === "string") {
      if (this.slots.has(tree)) {
        const i = this.slot(tree),
          at = this.at;
        return () => at[i];
      }
      const value = scalarOf(this.scope.get(tree));
      return () => value;
    }
    const [head, a, b] = tree;
    if (head === "[]") return this.lookup(a, names(b), outside);
    if ((head === "sigma" || head === "largest") && tree.length === 3)
      return head === "largest" ? this.largest(names(a), b) : this.sigma(names(a), b);
    if (head === "==" && [a, b].some((side) => Array.isArray(side) && (side[0] === "," || side[1] === "winner"))) {
      const [x, y] = [this.place(a), this.place(b)];
      return () => {
        const p = x(),
          q = y();
        return +p.every((v, i) => v === q[i]);
      };
    }
    if (head === "==") {
      const [x, y] = [this.linear(a), this.linear(b)],
        [p, q] = x && y ? [this.summed(x), this.summed(y)] : [];
      if (p) return () => +(p() === q());
    }
    if (head === "?") {
      const [test, yes, no] = tree.slice(1).map((part) => this.compiled(part, outside));
      return () => (test() ? yes() : no());
    }
    if (head === "neg") {
      const inner = this.compiled(a, outside);
      return () => -inner();
    }
    if (Object.hasOwn(OPERATORS, head)) {
      const f = OPERATORS[head],
        [x, y] = [this.compiled(a, outside), this.compiled(b, outside)];
      return () => f(x(), y());
    }
    if (head === "flat") {
      const inner = this.place(a),
        size = batched(asArray(this.scope.first()), this.left.length).shape.slice(2);
      return () => inner().reduce((sum, p, d) => sum * size[d] + p, 0);
    }
    if (Object.hasOwn(UNARY, head)) {
      const f = UNARY[head],
        x = this.compiled(a, outside);
      return () => f(x());
    }
    throw new UnknownWord(`the word ${head}`);
  }
  // Where something is: a function that returns a list.
  place(tree) {
    if (Array.isArray(tree) && tree[0] === "[]" && tree[1] === "winner") {
      const parts = names(tree[2]).map((p) => this.compiled(p, 0));
      return () => this.winner(parts.map((p) => p()));
    }
    const parts = names(tree).map((p) => this.compiled(p, 0));
    return () => parts.map((p) => p());
  }
  lookup(name, parts, outside) {
    if (typeof name === "number") return () => name; // a scale or an offset that the call had not
    const array = this.arrays.get(arrayName(name)),
      { data, shape } = array,
      step = strides(shape),
      all = this.tail.length && parts.length === 1 && shape.length > 1 ? [...parts, ...this.tail] : parts;
    if (all.some((p) => Array.isArray(p) && p[0] === "[]" && p[1] === "winner")) {
      const places = all.map((p) => this.place(p));
      return () => {
        const at = places.flatMap((p) => p());
        return at.some((i, d) => i < 0 || i >= shape[d]) ? outside : data[at.reduce((sum, i, d) => sum + i * step[d], 0)];
      };
    }
    // An index that runs over its own dimension needs no check; others may reach beyond the array.
    const at = this.at,
      sure = [],
      checked = [];
    all.forEach((p, d) => {
      const form = this.linear(p),
        own = form?.terms.length === 1 && form.terms[0][1] === 1 && !form.constant && this.sizes[form.terms[0][0]] <= shape[d];
      if (own) sure.push([form.terms[0][0], step[d]]);
      else checked.push([form ? this.summed(form) : this.compiled(p, 0), shape[d], step[d]]);
    });
    return () => {
      let place = 0;
      for (let d = 0; d < sure.length; d++) place += at[sure[d][0]] * sure[d][1];
      for (let d = 0; d < checked.length; d++) {
        const i = checked[d][0]();
        if (i < 0 || i >= checked[d][1]) return outside;
        place += i * checked[d][2];
      }
      return data[place];
    };
  }
  uses(tree, found = new Set()) {
    if (typeof tree === "string" && this.slots.has(tree)) found.add(tree);
    if (Array.isArray(tree)) for (const part of tree.slice(1)) this.uses(part, found);
    return found;
  }
  // A sum: each factor is computed as soon as its indices are known, and a condition that does not hold ends the matter. So the
  // indices of conditions come first.
  sigma(over, body) {
    const parts = factorsOf(body),
      wanted = parts.filter(isCondition).flatMap((p) => [...this.uses(p)].filter((name) => over.includes(name))),
      order = [...new Set([...wanted, ...over])],
      depth = (tree) => Math.max(-1, ...[...this.uses(tree)].map((name) => order.indexOf(name))),
      at = this.at,
      levels = Array.from({ length: order.length + 1 }, () => ({ conditions: [], factors: [] }));
    for (const part of parts) {
      const level = levels[depth(part) + 1];
      (isCondition(part) ? level.conditions : level.factors).push(this.compiled(part, 0));
    }
    const slots = order.map((name) => this.slot(name)),
      sizes = slots.map((i) => this.sizeOf(i));
    const run = (d, so) => {
      const { conditions, factors } = levels[d];
      for (const holds of conditions) if (!holds()) return 0;
      let product = so;
      for (const f of factors) product *= f();
      if (d === order.length) return product;
      let sum = 0;
      for (let i = 0; i < sizes[d]; i++) {
        at[slots[d]] = i;
        sum += run(d + 1, product);
      }
      return sum;
    };
    return () => run(0, 1);
  }
  largest(over, body) {
    const value = this.compiled(body, -Infinity),
      slots = over.map((name) => this.slot(name)),
      sizes = slots.map((i) => this.sizeOf(i)),
      at = this.at;
    const run = (d) => {
      if (d === slots.length) return value();
      let most = -Infinity;
      for (let i = 0; i < sizes[d]; i++) {
        at[slots[d]] = i;
        const v = run(d + 1);
        if (v > most || Number.isNaN(v)) most = v;
      }
      return most;
    };
    return () => run(0);
  }
  computed() {
    const slots = this.left.map((name) => this.slot(name)),
      { at, shape, made, backward } = this,
      step = strides(shape),
      last = made.data.length - 1;
    for (let i = 0; i <= last; i++) {
      const p = backward ? last - i : i;
      slots.forEach((slot, d) => {
        at[slot] = Math.floor(p / step[d]) % shape[d];
      });
      made.data[p] = this.value();
    }
    return made;
  }
}
// The numbers of y[n, i] == ..., in the shape that is wanted.
export function byIndex(formula, scope, target) {
  return reshape(new Equation(formula, scope, target).computed(), target);
}
