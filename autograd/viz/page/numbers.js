// Words of formulas for single numbers.

export class UnknownWord extends Error {}

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
export function even(x) {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
export const remainder = (a, b) => {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
};
const gcd = (a, b) => (b ? gcd(b, a % b) : Math.abs(a));
const signed = (x) => x < 0 || Object.is(x, -0);
export const UNARY = {
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
  zeros_like: () => 0,
  ones_like: () => 1,
};
export const nanOr = (f) => (a, b) => (Number.isNaN(a) ? a : Number.isNaN(b) ? b : f(a, b));
export const BINARY = {
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
export const OPERATORS = {
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
