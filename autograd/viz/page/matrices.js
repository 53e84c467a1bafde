// Words of formulas for square matrices, or for each in a batch.

import { constantArray, map, matmul, ndarray, sizeOf, zip } from "./ndarray.js";

export function inverse(a) {
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
export function determinant(a) {
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
export function cofactors(a) {
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
// The lower triangle L with L @ L.mT == a: Cholesky's.
export function triangularRoot(a) {
  const n = a.shape.at(-1),
    made = constantArray(a.shape);
  for (let t = 0; t < a.data.length; t += n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let rest = (a.data[t + i * n + j] + a.data[t + j * n + i]) / 2;
        for (let k = 0; k < j; k++) rest -= made.data[t + i * n + k] * made.data[t + j * n + k];
        made.data[t + i * n + j] = i === j ? Math.sqrt(rest) : rest / made.data[t + j * n + j];
      }
  return made;
}
export function identity(n) {
  const made = constantArray([n, n]);
  for (let i = 0; i < n; i++) made.data[i * n + i] = 1;
  return made;
}
// e^a, by the series of a / 2^k, squared k times.
export function exponential(a) {
  const n = a.shape.at(-1),
    size = Math.max(1e-9, ...a.data.map(Math.abs)) * n,
    k = Math.max(0, Math.ceil(Math.log2(size)) + 3),
    small = map((v) => v / 2 ** k, a);
  let term = identity(n),
    sum = term;
  for (let i = 1; i < 20; i++) {
    term = map((v) => v / i, matmul(term, small));
    sum = zip((v, w) => v + w, sum, term);
  }
  for (let i = 0; i < k; i++) sum = matmul(sum, sum);
  return sum;
}
