// Special functions of formulas, as words: gamma functions, Bessel functions by their integrals, orthogonal polynomials by recurrence.

import { map, scalarOf, zip } from "./ndarray.js";

// Lanczos' approximation with g = 7.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
function gammaOf(x) {
  if (Math.abs(x) > 170) throw new RangeError(`Gamma of ${x}`); // it overflows, and its logarithm would be wrong
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gammaOf(1 - x));
  let sum = LANCZOS[0];
  for (let i = 1; i < 9; i++) sum += LANCZOS[i] / (x - 1 + i);
  const t = x + 6.5;
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * sum;
}
// The regularised incomplete gamma function P(a, x): its series, or 1 less the continued fraction of Q(a, x).
function lowerGamma(a, x) {
  if (!(x > 0)) return x === 0 ? 0 : NaN;
  const head = Math.exp(-x + a * Math.log(x)) / gammaOf(a);
  if (x > a + 1) {
    let f = 0;
    for (let k = 200; k > 0; k--) f = (k * (k - a)) / (x + 2 * k + 1 - a - f);
    return 1 - head / (x + 1 - a - f);
  }
  let term = 1 / a,
    sum = term;
  for (let k = 1; k < 500 && term > 1e-17 * sum; k++) sum += term *= x / (a + k);
  return head * sum;
}
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];
function digammaOf(x) {
  if (x <= 0 && Number.isInteger(x)) return NaN;
  if (x < 0) return digammaOf(1 - x) - Math.PI / Math.tan(Math.PI * x);
  let less = 0,
    far = x;
  for (; far < 12; far++) less += 1 / far;
  return BERNOULLI.reduce((sum, b, k) => sum - b / (2 * (k + 1) * far ** (2 * (k + 1))), Math.log(far) - 1 / (2 * far)) - less;
}
const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
// The sum of 1 / (k + x)^s, by Euler and Maclaurin; s > 1 and x > 0.
function hurwitz(s, x) {
  let sum = 0,
    far = x;
  for (; far < 14; far++) sum += far ** -s;
  sum += far ** (1 - s) / (s - 1) + far ** -s / 2;
  let rising = s;
  BERNOULLI.forEach((b, i) => {
    const k = i + 1;
    sum += ((b * rising) / factorial(2 * k)) * far ** (1 - s - 2 * k);
    rising *= (s + 2 * k - 1) * (s + 2 * k);
  });
  return sum;
}
function polygammaOf(n, x) {
  if (n === 0) return digammaOf(x);
  if (x <= 0) throw new RangeError("polygamma of a number below 0");
  return (n % 2 ? 1 : -1) * factorial(n) * hurwitz(n + 1, x);
}
// The mean of a periodic function over a period, by the trapezoidal rule, which is exact to rounding with enough points.
function periodic(f, points) {
  let sum = 0;
  for (let i = 0; i < points; i++) sum += f((2 * Math.PI * i) / points);
  return sum / points;
}
function enough(n, x) {
  if (!Number.isInteger(n) || Math.abs(x) > 1000) throw new RangeError(`a Bessel function of order ${n} at ${x}`);
  return 2 * Math.ceil(Math.abs(n) + 2 * Math.abs(x) + 40);
}
const besselJ = (n, x) => periodic((t) => Math.cos(n * t - x * Math.sin(t)), enough(n, x));
const besselIScaled = (n, x) => periodic((t) => Math.exp(x * Math.cos(t) - Math.abs(x)) * Math.cos(n * t), enough(n, x));
function besselKScaled(n, x) {
  const h = 1 / 32;
  let sum = 0.5;
  for (let t = h; t < 40; t += h) {
    const add = Math.exp(-x * (Math.cosh(t) - 1)) * Math.cosh(n * t);
    sum += add;
    if (add < 1e-18 * sum) break;
  }
  return x > 0 ? sum * h : x === 0 ? Infinity : NaN;
}
// p(n) of a recurrence p(k + 1) = next(k, x, p(k), p(k - 1)).
function polynomial(first, next) {
  return (n, x) => {
    let [before, now] = [1, first(x)];
    if (n < 0) return 0;
    if (n === 0) return 1;
    for (let k = 1; k < n; k++) [before, now] = [now, next(k, x, now, before)];
    return now;
  };
}
const two =
  (f) =>
  ([n, x]) =>
    zip(f, n, x);
const three =
  (f) =>
  ([n, a, x]) =>
    zip(f(scalarOf(a)), n, x);

export const SPECIAL = {
  gammainc: ([a, x]) => zip(lowerGamma, a, x),
  gammaincc: ([a, x]) => zip((s, v) => 1 - lowerGamma(s, v), a, x),
  Gamma: ([x]) => map(gammaOf, x),
  digamma: ([x]) => map(digammaOf, x),
  polygamma: two(polygammaOf),
  zeta: two((s, x) => (s > 1 && x > 0 ? hurwitz(s, x) : NaN)),
  jv: two(besselJ),
  iv: two((n, x) => besselIScaled(n, x) * Math.exp(Math.abs(x))),
  ive: two(besselIScaled),
  kv: two((n, x) => besselKScaled(n, x) * Math.exp(-x)),
  kve: two(besselKScaled),
  eval_chebyt: two(
    polynomial(
      (x) => x,
      (_, x, p, q) => 2 * x * p - q,
    ),
  ),
  eval_chebyu: two(
    polynomial(
      (x) => 2 * x,
      (_, x, p, q) => 2 * x * p - q,
    ),
  ),
  eval_legendre: two(
    polynomial(
      (x) => x,
      (k, x, p, q) => ((2 * k + 1) * x * p - k * q) / (k + 1),
    ),
  ),
  eval_hermite: two(
    polynomial(
      (x) => 2 * x,
      (k, x, p, q) => 2 * x * p - 2 * k * q,
    ),
  ),
  eval_hermitenorm: two(
    polynomial(
      (x) => x,
      (k, x, p, q) => x * p - k * q,
    ),
  ),
  eval_gegenbauer: three((a) =>
    polynomial(
      (x) => 2 * a * x,
      (k, x, p, q) => (2 * (k + a) * x * p - (k + 2 * a - 1) * q) / (k + 1),
    ),
  ),
  eval_genlaguerre: three((a) =>
    polynomial(
      (x) => 1 + a - x,
      (k, x, p, q) => ((2 * k + 1 + a - x) * p - (k + a) * q) / (k + 1),
    ),
  ),
};
