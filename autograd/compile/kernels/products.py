"""Products of matrices in C: the right operand is packed into panels, and a kernel of a few rows keeps its sums in registers."""

from __future__ import annotations

import re

_TYPES = """\
#define SOME_ROWS(make) make(0) make(1) make(2) make(3)
#define EACH_ROW(make) SOME_ROWS(make)
#if defined(__AVX512F__)
#define LANES 64
#define ROWS 8
#undef EACH_ROW
#define EACH_ROW(make) SOME_ROWS(make) make(4) make(5) make(6) make(7)
#elif defined(__AVX__)
#define LANES 32
#define ROWS 4
#else
#define LANES 16
#define ROWS 4
#endif
/* What is called apart keeps the registers for itself. */
#if defined(__clang__)
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif
#define START_ROW(r) vector s##r = {0}, t##r = {0};
#define STEP_ROW(r) { const vector x = (vector){0} + a[r * ar]; s##r += x * b[0], t##r += x * b[1]; }
#define END_f(r) row_f(s##r, t##r, c + r * cr, columns, later);
#define END_d(r) row_d(s##r, t##r, c + r * cr, columns, later);
typedef float vec_f __attribute__((vector_size(LANES)));
typedef double vec_d __attribute__((vector_size(LANES)));
"""

_ROW = """\
/* The end of a row of c = a b + (later ? c : 0). */
static inline __attribute__((always_inline)) void row_X(vec_X s, vec_X t, T *to, int columns, int later)
{
    enum { N = LANES / (int)sizeof(T) };
    vec_X sums[2] = {s, t};
    if (columns == 2 * N) {
        vec_X old[2];
        if (later) {
            memcpy(old, to, sizeof old);
            sums[0] += old[0], sums[1] += old[1];
        }
        memcpy(to, sums, sizeof sums);
    } else {
        T line[2 * N];
        memcpy(line, sums, sizeof line);
        for (int j = 0; j < columns; j++)
            to[j] = line[j] + (later ? to[j] : 0);
    }
}
"""

_ROWS = """\
/* ROWS rows of c = a b + (later ? c : 0) against one panel of b, which has 2 vectors of columns.
   Each sum is a variable:
   gcc does not always keep an array of sums in registers, and then takes three times as long. */
static inline __attribute__((always_inline)) void
rows_X(int k, const T *a, int64_t ar, int64_t ac, const T *panel, T *c, int64_t cr, int columns,
       int later)
{
    typedef vec_X vector;
    EACH_ROW(START_ROW)
    for (int p = 0; p < k; p++, a += ac, panel += 2 * LANES / sizeof(T)) {
        vector b[2];
        memcpy(b, panel, sizeof b);
        EACH_ROW(STEP_ROW)
    }
    EACH_ROW(END_X)
}

static inline __attribute__((always_inline)) void
last_X(int k, const T *a, int64_t ac, const T *panel, T *c, int columns, int later)
{
    typedef vec_X vector;
    enum { ar = 0, cr = 0 };
    START_ROW(0)
    for (int p = 0; p < k; p++, a += ac, panel += 2 * LANES / sizeof(T)) {
        vector b[2];
        memcpy(b, panel, sizeof b);
        STEP_ROW(0)
    }
    END_X(0)
}
"""

_PANELS = """\
/* Some rows and columns of b as panels of 2 vectors of columns; the last panel is filled up with zeros. */
static void panels_X(int deep, int width, const T *b, int64_t br, int64_t bc, T *to)
{
    enum { N = 2 * LANES / (int)sizeof(T) };
    for (int j = 0; j < width; j += N) {
        const T *from = b + j * bc;
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
}
"""

_AGAINST = """\
/* c = a panels + (later ? c : 0). Rows of a that lie as columns are packed as well. */
APART static void against_X(int m, int width, int deep, const T *a, int64_t ar, int64_t ac,
        const T *panels, T *c,
                      int64_t cr, int later)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256 };
    int i = 0;
    for (; ar == 1 && ac > 1 && i + ROWS <= m; i += ROWS) {
        T block[ROWS * DEEP];
        for (int q = 0; q < deep; q++)
            memcpy(block + q * ROWS, a + i + q * ac, ROWS * sizeof(T));
        for (int j = 0; j < width; j += N)
            rows_X(deep, block, 1, ROWS, panels + (int64_t)j * deep, c + i * cr + j, cr,
                   width - j < N ? width - j : N, later);
    }
    for (; i + ROWS <= m; i += ROWS)
        for (int j = 0; j < width; j += N)
            rows_X(deep, a + i * ar, ar, ac, panels + (int64_t)j * deep, c + i * cr + j, cr,
                   width - j < N ? width - j : N, later);
    for (; i < m; i++)
        for (int j = 0; j < width; j += N)
            last_X(deep, a + i * ar, ac, panels + (int64_t)j * deep, c + i * cr + j,
                   width - j < N ? width - j : N, later);
}
"""

_PRODUCT = """\
/* c = a b + (add ? c : 0) for matrices of m x k and k x n; ar, ac: a's steps from row to row, column to column. */
static void product_X(int m, int n, int k, const T *a, int64_t ar, int64_t ac, const T *b, int64_t br,
                      int64_t bc, T *c, int64_t cr, int64_t cc, int add)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256, WIDE = 15 * N, NARROW = 2048 };
    static _Thread_local T panels[WIDE * DEEP] __attribute__((aligned(64)));
    if (cc != 1) { /* the transposed product has rows where this one has columns */
        const T *t = a;
        a = b, b = t;
        int64_t s = ar;
        ar = bc, bc = s, s = ac, ac = br, br = s;
        s = cr, cr = cc, cc = s;
        int l = m;
        m = n, n = l;
    }
    if (n <= N / 2 && ar == 1 && m >= N && m * n <= NARROW) { /* few columns fill no vector, but many rows do */
        T turned[NARROW];
        product_X(n, m, k, b, bc, br, a, ac, ar, turned, m, 1, 0);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
                c[i * cr + j] = turned[j * m + i] + (add ? c[i * cr + j] : 0);
        return;
    }
    for (int p = 0; p < k; p += DEEP) {
        const int deep = k - p < DEEP ? k - p : DEEP;
        for (int first = 0; first < n; first += WIDE) {
            const int width = n - first < WIDE ? n - first : WIDE;
            panels_X(deep, width, b + p * br + first * bc, br, bc, panels);
            against_X(m, width, deep, a + p * ac, ar, ac, panels, c + first, cr, add || p > 0);
        }
    }
}
"""

_PACK = """\
/* All of b as panels, for several products. */
static void pack_X(int n, int k, const T *b, int64_t br, int64_t bc, T *panels)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256 };
    for (int p = 0; p < k; p += DEEP)
        panels_X(k - p < DEEP ? k - p : DEEP, n, b + p * br, br, bc, panels + (int64_t)p * ((n + N - 1) / N * N));
}
"""

_PACKED = """\
/* c = a b for a b that was packed. */
static void packed_product_X(int m, int n, int k, const T *a, int64_t ar, int64_t ac,
        const T *panels, T *c,
                             int64_t cr)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256, WIDE = 2 * N };
    for (int p = 0; p < k; p += DEEP) {
        const int deep = k - p < DEEP ? k - p : DEEP;
        const T *from = panels + (int64_t)p * ((n + N - 1) / N * N);
        for (int j = 0; j < n; j += WIDE) /* all rows, while a few panels are in the cache */
            against_X(m, n - j < WIDE ? n - j : WIDE, deep, a + p * ac, ar, ac,
                      from + (int64_t)j * deep, c + j, cr, p > 0);
    }
}
"""


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


VECTORS = "#ifndef LANES\n" + _TYPES + "".join(in_both_types(row=_ROW).values()) + "#endif\n"
PLAIN = in_both_types(product=_PLAIN)
PRODUCTS = in_both_types(
    rows=VECTORS + _ROWS, panels=VECTORS + _PANELS, against=_AGAINST, product=_PRODUCT, pack=_PACK, packed_product=_PACKED
)
