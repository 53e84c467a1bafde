"""The C of convolutions: kernels that read their windows straight from an image. convolution.py decides what is called.

Where windows move by more than one place, or there are many outputs, windows are packed into panels, as products of matrices are.
Otherwise 2 vectors of neighbouring windows are read from where they lie.
"""

from __future__ import annotations

from .products import VECTORS, in_both_types

_PADDED = """\
/* An image between zeros: to[c, i, j] = image[c, i - top, j - left], 0 outside. */
static void padded_X(int channels, int h, int w, int hp, int wp, int top, int left, const T *image, T *to)
{
    int first = left < 0 ? 0 : left, last = w + left < wp ? w + left : wp;
    first = first < wp ? first : wp;
    last = last > first ? last : first;
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < hp; i++, to += wp) {
            const int row = i - top;
            if (row < 0 || row >= h) {
                memset(to, 0, (size_t)wp * sizeof(T));
                continue;
            }
            const T *from = image + ((int64_t)c * h + row) * w - left;
            for (int j = 0; j < first; j++)
                to[j] = 0;
            for (int j = first; j < last; j++)
                to[j] = from[j];
            for (int j = last; j < wp; j++)
                to[j] = 0;
        }
}
"""

_ALONG = """\
#ifndef START_KERNEL
#define START_KERNEL(r) const __typeof__(*weight) *const w##r = weight + (int64_t)(r < rows ? r : rows - 1) * k;
#define STEP_KERNEL(r) { const vector x = (vector){0} + w##r[q]; s##r += x * b[0], t##r += x * b[1]; }
#define END_KERNEL(r) memcpy(sums + r * N, &s##r, sizeof s##r), memcpy(sums + r * N + N / 2, &t##r, sizeof t##r);
#endif
/* sums[o, p] = the sum over c, a, b of weight[o, (c, a, b)] image[c, (a dy) wp + b dx + p] for some outputs o and 2 vectors
   of places p. Places run through the whole image, also where a window would reach over the end of a row. */
static inline __attribute__((always_inline)) void
along_X(int rows, int channels, int hp, int wp, int kh, int kw, int dy, int dx, const T *image, const T *weight, T *sums)
{
    typedef vec_X vector;
    enum { N = 2 * LANES / (int)sizeof(T) };
    const int k = channels * kh * kw;
    EACH_ROW(START_ROW)
    EACH_ROW(START_KERNEL)
    for (int c = 0, q = 0; c < channels; c++)
        for (int i = 0; i < kh; i++) {
            const T *from = image + ((int64_t)c * hp + i * dy) * wp;
            for (int j = 0; j < kw; j++, q++, from += dx) {
                vector b[2];
                memcpy(b, from, sizeof b);
                EACH_ROW(STEP_KERNEL)
            }
        }
    EACH_ROW(END_KERNEL)
}

/* A convolution whose windows move by one place: 2 vectors of neighbouring places lie side by side
   in the image, and need not be packed. */
APART static void slide_X(int outputs, int channels, int hp, int wp, int kh, int kw, int oh, int ow,
        int dy, int dx, const T *image, const T *weight, T *y, int64_t yr)
{
    enum { N = 2 * LANES / (int)sizeof(T) };
    const int length = (oh - 1) * wp + ow, k = channels * kh * kw;
    for (int p = 0; p < length; p += N) {
        int first[N], count[N], spans = 0; /* the places of which y has numbers */
        int64_t to[N];
        for (int l = 0; l < N && p + l < length;) {
            const int i = (p + l) / wp, j = (p + l) % wp, left = N - l < ow - j ? N - l : ow - j;
            if (j < ow) {
                first[spans] = l, to[spans] = (int64_t)i * ow + j, count[spans] = left;
                spans++;
            }
            l += j < ow ? left : wp - j;
        }
        for (int o = 0; o < outputs; o += ROWS) {
            const int rows = outputs - o < ROWS ? outputs - o : ROWS;
            T sums[ROWS * N];
            along_X(rows, channels, hp, wp, kh, kw, dy, dx, image + p, weight + (int64_t)o * k, sums);
            for (int r = 0; r < rows; r++)
                for (int s = 0; s < spans; s++)
                    for (int l = 0; l < count[s]; l++)
                        y[(o + r) * yr + to[s] + l] = sums[r * N + first[s] + l];
        }
    }
}
"""

_CONVOLVE = """\
/* y[o, (i, j)] = the sum over c, a, b of weight[o, (c, a, b)] image[c, i sy + a dy, j sx + b dx]:
   a product whose panels are
   packed straight from the image. */
APART static void convolve_X(int outputs, int channels, int hp, int wp, int kh, int kw, int oh,
        int ow, int sy, int sx,
                       int dy, int dx, const T *image, const T *weight, T *y, int64_t yr)
{
    enum { N = 2 * LANES / (int)sizeof(T), DEEP = 256, PANELS = 8 };
    static _Thread_local T panels[PANELS * N * DEEP] __attribute__((aligned(64)));
    const int n = oh * ow, taps = kh * kw, k = channels * taps;
    /* Measured: packing takes as long as so many outputs at the places over the ends of rows. */
    if (sy == 1 && sx == 1 && (int64_t)(wp - ow) * outputs <= (int64_t)(ow % 8 ? 96 : 12) * ow) {
        slide_X(outputs, channels, hp, wp, kh, kw, oh, ow, dy, dx, image, weight, y, yr);
        return;
    }
    for (int p = 0; p < k; p += DEEP) {
        const int deep = k - p < DEEP ? k - p : DEEP;
        int64_t begins[DEEP], places[N];
        for (int q = 0; q < deep; q++) {
            const int c = (p + q) / taps, tap = (p + q) % taps;
            begins[q] = ((int64_t)c * hp + tap / kw * dy) * wp + tap % kw * dx;
        }
        for (int first = 0; first < n; first += PANELS * N) {
            const int width = n - first < PANELS * N ? n - first : PANELS * N;
            for (int j = 0; j < width; j += N) {
                for (int l = 0; l < N; l++) { /* columns after the last one are not used */
                    const int place = first + j + l < n ? first + j + l : l % 8 % n;
                    places[l] = (int64_t)(place / ow) * sy * wp + place % ow * sx;
                }
                T *to = panels + (int64_t)j * deep;
                for (int q = 0; q < deep; q++, to += N) {
                    const T *from = image + begins[q];
                    if (sx == 1 && ow % 8 == 0)
                        for (int l = 0; l < N; l += 8)
                            memcpy(to + l, from + places[l], 8 * sizeof(T));
                    else
                        for (int l = 0; l < N; l++)
                            to[l] = from[places[l]];
                }
            }
            int i = 0;
            for (; i + ROWS <= outputs; i += ROWS)
                for (int j = 0; j < width; j += N)
                    rows_X(deep, weight + (int64_t)i * k + p, k, 1, panels + (int64_t)j * deep,
                           y + i * yr + first + j, yr, width - j < N ? width - j : N, p > 0);
            for (; i < outputs; i++)
                for (int j = 0; j < width; j += N)
                    last_X(deep, weight + (int64_t)i * k + p, 1, panels + (int64_t)j * deep, y + i * yr + first + j,
                           width - j < N ? width - j : N, p > 0);
        }
    }
}
"""

_BEGIN = """\
/* Where some rows (c, a, b), from the q-th on, begin in an image. */
static void rows_begin(int q, int rows, int hp, int wp, int kh, int kw, int dy, int dx, int64_t *begins)
{
    for (int r = 0; r < rows; r++, q++) {
        const int tap = q % (kh * kw);
        begins[r] = ((int64_t)(q / (kh * kw)) * hp + tap / kw * dy) * wp + tap % kw * dx;
    }
}
"""

_STEPS = """\
#ifndef START_TAP
#define START_TAP(r) const __typeof__(*image) *const from##r = image + begins[r];
#define STEP_TAP(r) { const vector x = (vector){0} + from##r[at]; s##r += x * b[0], t##r += x * b[1]; }
#endif
"""

_TAPS = """\
/* ROWS rows of sums += windows of an image times a panel of 2 vectors of outputs; begins: where
   the rows begin in the image. */
static inline __attribute__((always_inline)) void
taps_X(int oh, int ow, int64_t down, int64_t right, const T *image, const int64_t *begins,
       const T *panel, T *sums,
       int64_t cr)
{
    typedef vec_X vector;
    enum { columns = 2 * LANES / (int)sizeof(T), later = 1 };
    EACH_ROW(START_ROW)
    EACH_ROW(START_TAP)
    for (int i = 0; i < oh; i++)
        for (int j = 0; j < ow; j++) {
            vector b[2];
            memcpy(b, panel, sizeof b);
            panel += columns;
            const int64_t at = i * down + j * right;
            EACH_ROW(STEP_TAP)
        }
    T *const c = sums;
    EACH_ROW(END_X)
}

static inline __attribute__((always_inline)) void
last_tap_X(int oh, int ow, int64_t down, int64_t right, const T *from0, const T *panel, T *c)
{
    typedef vec_X vector;
    enum { columns = 2 * LANES / (int)sizeof(T), later = 1, cr = 0 };
    START_ROW(0)
    for (int i = 0; i < oh; i++)
        for (int j = 0; j < ow; j++) {
            vector b[2];
            memcpy(b, panel, sizeof b);
            panel += columns;
            const int64_t at = i * down + j * right;
            STEP_TAP(0)
        }
    END_X(0)
}

/* sums[(c, a, b), o] += the sum over i, j of image[c, i sy + a dy, j sx + b dx] y[o, (i, j)] for
   some rows (c, a, b). */
APART static void weights_X(int begin, int end, int outputs, int hp, int wp, int kh, int kw,
        int oh, int ow, int sy, int sx,
                      int dy, int dx, const T *image, const T *y, int64_t yr, T *panel, T *sums,
int64_t width)
{
    enum { N = 2 * LANES / (int)sizeof(T), BLOCK = 16 };
    const int n = oh * ow;
    if (sy == 1 && sx == 1 && outputs <= N / 4 && wp <= 2 * ow) { /* panels would be empty but for a quarter */
        few_X(begin, end, outputs, hp, wp, kh, kw, oh, ow, dy, dx, image, y, yr, panel, sums, width);
        return;
    }
    for (int o = 0; o < outputs; o += N) {
        const int columns = outputs - o < N ? outputs - o : N;
        for (int first = 0; first < n; first += BLOCK) {
            const int last = first + BLOCK < n ? first + BLOCK : n;
            for (int l = 0; l < N; l++)
                for (int p = first; p < last; p++)
                    panel[p * N + l] = l < columns ? y[(o + l) * yr + p] : 0;
        }
        for (int q = begin; q < end;) {
            int64_t begins[ROWS];
            const int rows = q + ROWS <= end ? ROWS : 1;
            rows_begin(q, rows, hp, wp, kh, kw, dy, dx, begins);
            if (rows == ROWS)
                taps_X(oh, ow, (int64_t)sy * wp, sx, image, begins, panel, sums + q * width + o, width);
            else
                last_tap_X(oh, ow, (int64_t)sy * wp, sx, image + begins[0], panel, sums + q * width + o);
            q += rows;
        }
    }
}
"""

_FEW = """\
#ifndef START_PLACE
#define START_PLACE(r) const __typeof__(*image) *const from##r = image + begins[r < rows ? r : rows - 1];
#define STEP_PLACE(r) { vector x; memcpy(&x, from##r + p, sizeof x); s##r += x * b[0], t##r += x * b[1]; }
#define END_PLACE(r) memcpy(lanes + 2 * r, &s##r, sizeof s##r), memcpy(lanes + 2 * r + 1, &t##r, sizeof t##r);
#endif
/* lanes[q, o] = image[begins[q] + p] y[o, p], added up over every so many p, for some rows q and 2 outputs o. */
static inline __attribute__((always_inline)) void
places_X(int rows, int length, const T *image, const int64_t *begins, const T *y, const T *other, vec_X *lanes)
{
    typedef vec_X vector;
    EACH_ROW(START_ROW)
    EACH_ROW(START_PLACE)
    for (int p = 0; p < length; p += LANES / (int)sizeof(T)) {
        vector b[2];
        memcpy(b, y + p, sizeof *b), memcpy(b + 1, other + p, sizeof *b);
        EACH_ROW(STEP_PLACE)
    }
    EACH_ROW(END_PLACE)
}

/* weights_X for few outputs, and windows that move by one place. The rows of y become as long as
   the image's, with zeros at their ends. */
APART static void few_X(int begin, int end, int outputs, int hp, int wp, int kh, int kw, int oh, int ow,
        int dy, int dx, const T *image, const T *y, int64_t yr, T *panel, T *sums, int64_t width)
{
    enum { N = LANES / (int)sizeof(T) };
    const int length = ((oh - 1) * wp + ow + N - 1) / N * N;
    memset(panel, 0, (size_t)outputs * length * sizeof(T));
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < oh; i++)
            for (int j = 0; j < ow; j++)
                panel[o * length + i * wp + j] = y[o * yr + i * ow + j];
    for (int q = begin; q < end; q += ROWS) {
        int64_t begins[ROWS];
        const int rows = end - q < ROWS ? end - q : ROWS;
        rows_begin(q, rows, hp, wp, kh, kw, dy, dx, begins);
        for (int o = 0; o < outputs; o += 2) {
            const int two = o + 1 < outputs;
            vec_X lanes[2 * ROWS];
            places_X(rows, length, image, begins, panel + o * length, panel + (o + two) * length, lanes);
            for (int r = 0; r < rows; r++)
                for (int s = 0; s <= two; s++) {
                    T sum = 0;
                    for (int l = 0; l < N; l++)
                        sum += lanes[2 * r + s][l];
                    if (sum - sum != 0) { /* an infinite number times a zero at a row's end: without those */
                        sum = 0;
                        for (int i = 0; i < oh; i++)
                            for (int j = 0; j < ow; j++)
                                sum += image[begins[r] + i * wp + j] * y[(o + s) * yr + i * ow + j];
                    }
                    sums[(q + r) * width + o + s] += sum;
                }
        }
    }
}
"""

_TURNED = """\
/* The kernels of the adjoint: to[c, (o, a, b)] = weight[o, (c, kh - 1 - a, kw - 1 - b)]. */
static void turned_X(int outputs, int channels, int taps, const T *weight, T *to)
{
    for (int c = 0; c < channels; c++)
        for (int o = 0; o < outputs; o++)
            for (int t = 0; t < taps; t++)
                to[((int64_t)c * outputs + o) * taps + t] = weight[((int64_t)o * channels + c) * taps + taps - 1 - t];
}
"""

_PLAIN_CONVOLVE = """\
/* y[o, (i, j)] = the sum over c, a, b of weight[o, (c, a, b)] image[c, i sy + a dy, j sx + b dx]. */
static void convolve_X(int outputs, int channels, int hp, int wp, int kh, int kw, int oh, int ow, int sy, int sx,
                       int dy, int dx, const T *image, const T *weight, T *y, int64_t yr)
{
    for (int o = 0; o < outputs; o++)
        for (int i = 0; i < oh; i++)
            for (int j = 0; j < ow; j++) {
                const T *w = weight + (int64_t)o * channels * kh * kw;
                T sum = 0;
                for (int c = 0; c < channels; c++)
                    for (int a = 0; a < kh; a++)
                        for (int b = 0; b < kw; b++)
                            sum += *w++ * image[((int64_t)c * hp + i * sy + a * dy) * wp + j * sx + b * dx];
                y[o * yr + i * ow + j] = sum;
            }
}
"""

_PLAIN_WEIGHTS = """\
/* sums[(c, a, b), o] += the sum over i, j of image[c, i sy + a dy, j sx + b dx] y[o, (i, j)] for
   some rows (c, a, b). */
static void weights_X(int begin, int end, int outputs, int hp, int wp, int kh, int kw, int oh, int ow, int sy, int sx,
                      int dy, int dx, const T *image, const T *y, int64_t yr, T *panel, T *sums,
int64_t width)
{
    (void)panel;
    for (int q = begin; q < end; q++) {
        const T *from = image + ((int64_t)(q / (kh * kw)) * hp + q / kw % kh * dy) * wp + q % kw * dx;
        for (int o = 0; o < outputs; o++) {
            T sum = 0;
            for (int i = 0; i < oh; i++)
                for (int j = 0; j < ow; j++)
                    sum += from[(int64_t)i * sy * wp + j * sx] * y[o * yr + i * ow + j];
            sums[q * width + o] += sum;
        }
    }
}
"""

_BACK = """\
/* Back from columns to an image: each element gets the sum of what its windows hold, added to what it is. */
static void from_windows_X(int channels, int h, int w, int kh, int kw, int oh, int ow, int sy, int sx, int py, int px,
                           int dy, int dx, const T *columns, T *image)
{
    for (int c = 0; c < channels; c++)
        for (int a = 0; a < kh; a++)
            for (int b = 0; b < kw; b++)
                for (int i = 0; i < oh; i++, columns += ow) {
                    const int row = i * sy + a * dy - py, left = b * dx - px;
                    if (row < 0 || row >= h)
                        continue;
                    T *to = image + ((int64_t)c * h + row) * w + left;
                    int first = left < 0 ? (-left + sx - 1) / sx : 0;
                    int last = w - left > 0 ? (w - left + sx - 1) / sx : 0;
                    last = last < ow ? last : ow;
                    if (sx == 1) {
                        EACH
                        for (int j = first; j < last; j++)
                            to[j] += columns[j];
                    } else
                        for (int j = first; j < last; j++)
                            to[j * sx] += columns[j];
                }
}
"""


_COMMON = in_both_types(padded=_PADDED, turned=_TURNED, from_windows=_BACK)
PARTS = (
    _COMMON
    | {"rows_begin": _BEGIN}
    | in_both_types(slide=VECTORS + _ALONG, convolve=_CONVOLVE, few=VECTORS + _FEW, weights=VECTORS + _STEPS + _TAPS)
)
PLAIN = _COMMON | in_both_types(convolve=_PLAIN_CONVOLVE, weights=_PLAIN_WEIGHTS)

__all__ = ["PARTS", "PLAIN"]
