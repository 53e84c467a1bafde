"""Convolutions and their two adjoints in C: products of matrices whose panels are packed straight from the images."""

from __future__ import annotations

from math import prod
from typing import Any

from ..ops.convolution import Geometry, each, exact, pads
from .loops import Convolution
from .lower_places import Places, UnsupportedError, call, rows
from .products import VECTORS, in_both_types
from .step_list import Entry, Ref

_SCRATCH = 1 << 17  # a thread holds so many numbers of an image at a time
_LARGEST = 1 << 20  # windows of more numbers in one row have no C


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
    const int n = oh * ow, taps = kh * kw;
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
            for (int r = 0; r < rows; r++) {
                const int c = (q + r) / taps, tap = (q + r) % taps;
                begins[r] = ((int64_t)c * hp + tap / kw * dy) * wp + tap % kw * dx;
            }
            if (rows == ROWS)
                taps_X(oh, ow, (int64_t)sy * wp, sx, image, begins, panel, sums + q * width + o, width);
            else
                last_tap_X(oh, ow, (int64_t)sy * wp, sx, image + begins[0], panel, sums + q * width + o);
            q += rows;
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
PARTS = _COMMON | in_both_types(convolve=_CONVOLVE, weights=VECTORS + _STEPS + _TAPS)
PLAIN = _COMMON | in_both_types(convolve=_PLAIN_CONVOLVE, weights=_PLAIN_WEIGHTS)


class Windows(Places):
    """The lowering of convolutions in one and two dimensions."""

    def convolution(self, entry: Entry) -> bool:
        """Lower an entry if it is one."""
        for n in (1, 2):
            if entry.op == f"conv{n}d":
                self._conv(entry, n, *entry.args, **entry.kwargs)
            elif entry.op == f"conv_transpose{n}d":
                self._transpose(entry, n, *entry.args, **entry.kwargs)
            elif entry.op == f"conv{n}d_weight":
                self._weight(entry, n, *entry.args, **entry.kwargs)
            else:
                continue
            return True
        return False

    def _conv(
        self, entry: Entry, n: int, x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1,
    ) -> None:  # fmt: skip
        geometry = Geometry(x.shape[-n:], weight.shape, stride, padding, dilation, groups)
        y = entry.outs[0]
        self._add(entry, "forward", geometry, x, weight, y)
        self._bias(entry, n, y, bias)

    def _transpose(
        self, entry: Entry, n: int, x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    ) -> None:  # fmt: skip
        out = entry.outs[0]
        kernel, stride, dilation = weight.shape[2:], each(stride, n, "stride"), each(dilation, n, "dilation")
        padding = exact(out.shape[-n:], x.shape[-n:], kernel, stride, pads(padding, kernel, stride, dilation), dilation)
        geometry = Geometry(out.shape[-n:], weight.shape, stride, padding, dilation, groups)
        self._add(entry, "input", geometry, out, weight, x)
        self._bias(entry, n, out, bias)

    def _weight(
        self, entry: Entry, n: int, x: Any, out: Any, kernel: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1,
    ) -> None:  # fmt: skip
        w = entry.outs[0]
        geometry = Geometry(x.shape[-n:], w.shape, stride, padding, dilation, groups)
        self._add(entry, "weight", geometry, x, w, out)

    def _bias(self, entry: Entry, n: int, y: Ref, bias: Any) -> None:
        if bias is not None:
            wide = Ref(bias.storage, bias.offset, (*bias.shape, *(1,) * n), (*bias.strides, *(0,) * n), bias.dtype)
            self.store(y, call("add", y.dtype, *[self.value(v, y.shape, y.dtype) for v in (y, wide)]), entry)

    def _add(self, entry: Entry, kind: str, g: Geometry, x: Any, w: Any, y: Any) -> None:
        refs = {"input": x, "weight": w, "forward": y}
        if any(not isinstance(ref, Ref) or ref.dtype.kind != "f" or ref.dtype != x.dtype for ref in refs.values()):
            raise UnsupportedError("a convolution of other numbers than floats of one kind")
        batch = x.shape[0] if len(x.shape) == g.n + 2 else 1
        size, out, kernel, stride, dilation = g.size, g.out, g.kernel, g.stride, g.dilation
        low = tuple([p for p, _ in g.padding])
        if g.n == 1:
            size, out, kernel, stride, dilation, low = (1, *size), (1, *out), (1, *kernel), (1, *stride), (1, *dilation), (0, *low)
        if max(size[1], out[1]) * g.channels // g.groups * prod(kernel) > _LARGEST:
            raise UnsupportedError("very large windows")
        target = refs[kind]
        places = {}
        for name, ref in refs.items():
            places[name] = ref if _dense(ref) else self.temporary(ref.shape, ref.dtype, entry)
            if places[name] is not ref and name != kind:
                self.write(entry, places[name], ref)
        sizes = (g.channels, g.outputs, g.groups, *size, *kernel, *out, *stride, *low, *dilation)
        flat = {name: self.access(rows(ref, (prod(ref.shape),))) for name, ref in places.items()}
        self.statements.append(Convolution(kind, batch, sizes, flat["input"], flat["weight"], flat["forward"], entry))
        if places[kind] is not target:
            self.write(entry, target, places[kind])


def _dense(ref: Ref) -> bool:
    return ref.strides == rows(ref, ref.shape).strides or ref.size == 0


def lines(c: Convolution, name: Any, shared: bool, scratch: str) -> list[str]:
    """The C of a convolution, so many rows of an image at a time as fit the cache.

    Args:
        c: the convolution. name: gives the C expression of an access. shared: whether threads share it. scratch: a name for the
            memory of a thread's image.
    """
    _channels, _outputs, _groups, h, w, kh, kw, oh, ow, sy, sx, py, px, dy, dx = c.geometry
    groups, inner, outer, taps = c.sizes()
    kind = "f" if c.x.dtype.itemsize == 4 else "d"
    c_type = "float" if kind == "f" else "double"
    k, x, weight, y = inner * taps, name(c.x), name(c.w), name(c.y)
    one = f"((int64_t)n * {groups} + g)" if groups > 1 else "(int64_t)n"
    this_x, this_y = f"{x} + {one} * {inner * h * w}", f"{y} + {one} * {outer * oh * ow}"
    this_w = f"{weight} + g * {outer * k}" if groups > 1 else weight
    split = shared and c.kind != "weight"
    low, high = (f"FROM({c.batch}, 1)", f"TO({c.batch}, 1)") if split else ("0", str(c.batch))
    images = [f"for (int n = {low}; n < {high}; n++)"]
    images = [*images, f"    for (int g = 0; g < {groups}; g++) {{"] if groups > 1 else [f"{images[0]} {{"]
    if c.kind == "input" and (sy, sx) != (1, 1):
        return [
            f"static EACH_THREAD {c_type} {scratch}[{k * oh * ow}];", *images,
            f"memset({this_x}, 0, {inner * h * w} * sizeof({c_type}));",
            f"product_{kind}({k}, {oh * ow}, {outer}, {this_w}, 1, {k}, {this_y}, {oh * ow}, 1, {scratch}, {oh * ow}, 1, 0);",
            f"from_windows_{kind}({inner}, {h}, {w}, {kh}, {kw}, {oh}, {ow}, {sy}, {sx}, {py}, {px}, {dy}, {dx}, {scratch}, "
            f"{this_x});", "}",
        ]  # fmt: skip
    if c.kind == "input":
        # The adjoint of a convolution with stride 1 is one too, of the results with the turned kernels.
        source, target, channels, outputs = this_y, this_x, outer, inner
        h, w, oh, ow, py, px = oh, ow, h, w, dy * (kh - 1) - py, dx * (kw - 1) - px
        kernels = f"{scratch}_kernels + g * {outer * k}" if groups > 1 else f"{scratch}_kernels"
    else:
        source, target, channels, outputs, kernels = this_x, this_y, inner, outer, this_w
    tall, wp = (kh - 1) * dy + 1, (ow - 1) * sx + (kw - 1) * dx + 1
    at_once = max(1, min(oh, (_SCRATCH // (channels * wp) - tall) // sy + 1))
    count, hp, top, begin = str(at_once), str((at_once - 1) * sy + tall), str(py), ""
    whole = at_once == oh
    if not whole:
        count, hp = "count", f"((count - 1) * {sy} + {tall})"
        top, begin = f"{py} - i * {sy}", f" + i * {ow}"
    room = channels * ((at_once - 1) * sy + tall) * wp
    found = [f"static EACH_THREAD {c_type} {scratch}[{room}];"]
    ends = []
    width = -(-outer // 32) * 32
    if c.kind == "input":
        found.append(f"static EACH_THREAD {c_type} {scratch}_kernels[{groups * outer * k}];")
        over = f"for (int g = 0; g < {groups}; g++)\n" if groups > 1 else ""
        found += [*over.splitlines(), f"turned_{kind}({outer}, {inner}, {taps}, {this_w}, {kernels});"]
    if c.kind == "weight":
        # Threads share the rows of the weight's gradient and not the images, so that each sum over images has one order.
        first, last = (f"FROM({k}, 8)", f"TO({k}, 8)") if shared else ("0", str(k))
        found += [
            f"static EACH_THREAD {c_type} {scratch}_panel[{at_once * ow} * 32];",
            f"static ALIGNED {c_type} {scratch}_sums[{groups * k * width}];",
            f"const int {scratch}_first = {first}, {scratch}_last = {last};",
        ]
        sums = f"{scratch}_sums + g * {k * width}" if groups > 1 else f"{scratch}_sums"
        over = f"for (int g = 0; g < {groups}; g++) {{" if groups > 1 else "{"
        rows = f"for (int q = {scratch}_first; q < {scratch}_last; q++)"
        found += [over, rows, f"memset({sums} + q * {width}, 0, {width} * sizeof({c_type}));", "}"]
        ends = [over, rows, f"for (int o = 0; o < {outer}; o++)",
                f"({this_w})[o * {k} + q] = ({sums})[q * {width} + o];", "}"]  # fmt: skip
    found += images
    if not whole:
        found += [f"for (int i = 0; i < {oh}; i += {at_once}) {{",
                  f"const int count = {oh} - i < {at_once} ? {oh} - i : {at_once};"]  # fmt: skip
    found.append(f"padded_{kind}({channels}, {h}, {w}, {hp}, {wp}, {top}, {px}, {source}, {scratch});")
    geometry = f"{hp}, {wp}, {kh}, {kw}, {count}, {ow}, {sy}, {sx}, {dy}, {dx}, {scratch}"
    if c.kind == "weight":
        found.append(f"weights_{kind}({scratch}_first, {scratch}_last, {outer}, {geometry}, {target}{begin}, {oh * ow}, "
                     f"{scratch}_panel, {sums}, {width});")  # fmt: skip
    else:
        found.append(f"convolve_{kind}({outputs}, {channels}, {geometry}, {kernels}, {target}{begin}, {oh * ow});")
    return [*found, *(["}"] if not whole else []), "}", *ends]


__all__ = ["PARTS", "PLAIN", "Windows", "lines"]
