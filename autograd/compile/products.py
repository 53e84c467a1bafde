"""Products of matrices in C: the right operand is packed into panels, and a kernel of a few rows keeps its sums in registers."""

from __future__ import annotations

import re

_TYPES = """\
#if defined(__AVX512F__)
#define LANES 64
#define ROWS 8
#elif defined(__AVX__)
#define LANES 32
#define ROWS 4
#else
#define LANES 16
#define ROWS 4
#endif
/* gcc's copies of a function for the constants of one call are slower than the function. */
#if defined(__clang__)
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif
typedef float vec_f __attribute__((vector_size(LANES)));
typedef double vec_d __attribute__((vector_size(LANES)));
"""

_ROWS = """\
/* Some rows of c = a b + (later ? c : 0) against one panel of b, which has 2 vectors of columns. */
static inline __attribute__((always_inline)) void
rows_X(int rows, int k, const T *a, int64_t ar, int64_t ac, const T *panel, T *c, int64_t cr, int columns,
       int later)
{
    enum { N = LANES / (int)sizeof(T) };
    vec_X s[ROWS][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < 2; v++)
            s[r][v] = (vec_X){0};
    for (int p = 0; p < k; p++) {
        vec_X b[2];
        memcpy(b, panel + (int64_t)p * 2 * N, sizeof b);
        for (int r = 0; r < rows; r++) {
            const vec_X x = (vec_X){0} + a[r * ar + p * ac];
            for (int v = 0; v < 2; v++)
                s[r][v] += x * b[v];
        }
    }
    for (int r = 0; r < rows; r++) {
        T *to = c + r * cr;
        if (columns == 2 * N) {
            vec_X old[2];
            if (later) {
                memcpy(old, to, sizeof old);
                for (int v = 0; v < 2; v++)
                    s[r][v] += old[v];
            }
            memcpy(to, s[r], sizeof s[r]);
        } else {
            T line[2 * N];
            memcpy(line, s[r], sizeof line);
            for (int j = 0; j < columns; j++)
                to[j] = line[j] + (later ? to[j] : 0);
        }
    }
}
"""

_PRODUCT = """\
/* c = a b + (add ? c : 0) for matrices of m x k and k x n; ar, ac: a's steps from row to row, column to column. */
APART static void product_X(int m, int n, int k, const T *a, int64_t ar, int64_t ac, const T *b, int64_t br,
                      int64_t bc, T *c, int64_t cr, int64_t cc, int add)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256, PANELS = 15 };
    static _Thread_local T panels[PANELS * N * DEEP] __attribute__((aligned(64)));
    if (cc != 1) { /* the transposed product has rows where this one has columns */
        const T *t = a;
        a = b, b = t;
        int64_t s = ar;
        ar = bc, bc = s, s = ac, ac = br, br = s;
        s = cr, cr = cc, cc = s;
        int l = m;
        m = n, n = l;
    }
    for (int p = 0; p < k; p += DEEP) {
        const int deep = k - p < DEEP ? k - p : DEEP;
        for (int first = 0; first < n; first += PANELS * N) {
            const int width = n - first < PANELS * N ? n - first : PANELS * N;
            for (int j = 0; j < width; j += N) {
                T *to = panels + (int64_t)j * deep;
                const T *from = b + p * br + (first + j) * bc;
                const int columns = width - j < N ? width - j : N;
                for (int q = 0; q < deep; q++, to += N, from += br) {
                    if (bc == 1 && columns == N)
                        memcpy(to, from, N * sizeof(T));
                    else {
                        for (int l = 0; l < columns; l++)
                            to[l] = from[l * bc];
                        for (int l = columns; l < N; l++)
                            to[l] = 0;
                    }
                }
            }
            int i = 0;
            for (; ar == 1 && ac > 1 && i + ROWS <= m; i += ROWS) { /* rows that lie as columns are packed as well */
                T block[ROWS * DEEP];
                for (int q = 0; q < deep; q++)
                    memcpy(block + q * ROWS, a + i + (p + q) * ac, ROWS * sizeof(T));
                for (int j = 0; j < width; j += N)
                    rows_X(ROWS, deep, block, 1, ROWS, panels + (int64_t)j * deep, c + i * cr + first + j, cr,
                           width - j < N ? width - j : N, add || p > 0);
            }
            for (; i + ROWS <= m; i += ROWS)
                for (int j = 0; j < width; j += N)
                    rows_X(ROWS, deep, a + i * ar + p * ac, ar, ac, panels + (int64_t)j * deep,
                           c + i * cr + first + j, cr, width - j < N ? width - j : N, add || p > 0);
            for (; i < m; i++)
                for (int j = 0; j < width; j += N)
                    rows_X(1, deep, a + i * ar + p * ac, ar, ac, panels + (int64_t)j * deep,
                           c + i * cr + first + j, cr, width - j < N ? width - j : N, add || p > 0);
        }
    }
}
"""


VECTORS = "#ifndef LANES\n" + _TYPES + "#endif\n"

_PLAIN = """\
/* c = a b + (add ? c : 0) for matrices of m x k and k x n; ar, ac: a's steps from row to row, column to column. */
static void product_X(int m, int n, int k, const T *a, int64_t ar, int64_t ac, const T *b, int64_t br,
                      int64_t bc, T *c, int64_t cr, int64_t cc, int add)
{
    for (int i = 0; i < m; i++) {
        for (int j = 0; !add && j < n; j++)
            c[i * cr + j * cc] = 0;
        for (int p = 0; p < k; p++)
            for (int j = 0; j < n; j++)
                c[i * cr + j * cc] += a[i * ar + p * ac] * b[p * br + j * bc];
    }
}
"""


def in_both_types(**texts: str) -> dict[str, str]:
    """The functions, for float and for double. T stands for the type, X for its letter."""
    return {
        f"{name}_{kind}": re.sub(r"\bT\b", c_type, text.replace("_X", f"_{kind}"))
        for kind, c_type in (("f", "float"), ("d", "double"))
        for name, text in texts.items()
    }


PLAIN = in_both_types(product=_PLAIN)
PRODUCTS = in_both_types(rows=VECTORS + _ROWS, product=_PRODUCT)
