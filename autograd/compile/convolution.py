"""Convolutions and their two adjoints in C: windows of an image as columns of a matrix, and a product of matrices per image."""

from __future__ import annotations

from math import prod
from typing import Any

from ..ops.convolution import Geometry, each, exact, pads
from .loops import Convolution
from .lower_places import Places, UnsupportedError, call, rows
from .step_list import Entry, Ref

_SCRATCH = 1 << 17  # a thread holds the windows of so many numbers at a time
_LARGEST = 1 << 20  # windows of more numbers in one row have no C


_WINDOWS = """\
/* The windows of an image as columns: columns[(c, a, b), (i, j)] = image[c, i sy + a dy - py, j sx + b dx - px], 0 outside. */
static void windows_X(int channels, int h, int w, int kh, int kw, int oh, int ow, int sy, int sx, int py, int px,
                      int dy, int dx, const T *image, T *columns)
{
    for (int c = 0; c < channels; c++)
        for (int a = 0; a < kh; a++)
            for (int b = 0; b < kw; b++)
                for (int i = 0; i < oh; i++, columns += ow) {
                    const int row = i * sy + a * dy - py, left = b * dx - px;
                    if (row < 0 || row >= h) {
                        memset(columns, 0, (size_t)ow * sizeof(T));
                        continue;
                    }
                    const T *from = image + ((int64_t)c * h + row) * w + left;
                    int first = left < 0 ? (-left + sx - 1) / sx : 0;
                    int last = w - left > 0 ? (w - left + sx - 1) / sx : 0;
                    first = first < ow ? first : ow;
                    last = last > first ? last : first;
                    last = last < ow ? last : ow;
                    for (int j = 0; j < first; j++)
                        columns[j] = 0;
                    if (sx == 1)
                        memcpy(columns + first, from + first, (size_t)(last - first) * sizeof(T));
                    else
                        for (int j = first; j < last; j++)
                            columns[j] = from[j * sx];
                    for (int j = last; j < ow; j++)
                        columns[j] = 0;
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


def _of(text: str, kind: str, c_type: str) -> str:
    return text.replace("_X", f"_{kind}").replace("T *", f"{c_type} *").replace("sizeof(T)", f"sizeof({c_type})")


PARTS = {
    f"{name}_{kind}": _of(text, kind, c_type)
    for kind, c_type in (("f", "float"), ("d", "double"))
    for name, text in (("windows", _WINDOWS), ("from_windows", _BACK))
}


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
        if g.channels // g.groups * prod(kernel) * out[1] > _LARGEST:
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
    """The C of a convolution, so many rows of windows at a time as fit the cache.

    Args:
        c: the convolution. name: gives the C expression of an access. shared: whether threads share it. scratch: a name for the
            memory of a thread's windows.
    """
    _channels, _outputs, _groups, h, w, kh, kw, oh, ow, sy, sx, py, px, dy, dx = c.geometry
    groups, inner, outer, taps = c.sizes()
    kind = "f" if c.x.dtype.itemsize == 4 else "d"
    c_type = "float" if kind == "f" else "double"
    k, out, image = inner * taps, oh * ow, h * w
    at_once = max(1, min(oh, _SCRATCH // (k * ow)))
    count, columns, down, begin = str(at_once), str(at_once * ow), str(py), ""
    whole = at_once == oh
    if not whole:
        count = f"({oh} - i < {at_once} ? {oh} - i : {at_once})"
        columns, down, begin = f"{count} * {ow}", f"{py} - i * {sy}", f" + i * {ow}"
    geometry = f"{h}, {w}, {kh}, {kw}, {count}, {ow}, {sy}, {sx}, {down}, {px}, {dy}, {dx}"
    x, weight, y = name(c.x), name(c.w), name(c.y)
    one = f"((int64_t)n * {groups} + g)" if groups > 1 else "(int64_t)n"
    this_x = f"{x} + {one} * {inner * image}"
    this_y = f"{y} + {one} * {outer * out}{begin}"
    this_w = f"{weight} + g * {outer * k}" if groups > 1 else weight
    found = [f"static EACH_THREAD {c_type} {scratch}[{k * at_once * ow}];"]
    split = shared and c.kind != "weight"
    low, high = (f"FROM({c.batch}, 1)", f"TO({c.batch}, 1)") if split else ("0", str(c.batch))
    if c.kind == "weight":
        # Threads share the channels and not the images, so that each sum over images has one order.
        first, last = (f"FROM({inner}, 1)", f"TO({inner}, 1)") if shared else ("0", str(inner))
        found.append(f"const int {scratch}_first = {first}, {scratch}_rows = {last} - {scratch}_first;")
    over = f"for (int n = {low}; n < {high}; n++)"
    found += [f"{over} {{"] if groups == 1 else [over, f"    for (int g = 0; g < {groups}; g++) {{"]
    if c.kind == "input":
        found.append(f"        memset({this_x}, 0, {inner * image} * sizeof({c_type}));")
    if not whole:
        found.append(f"        for (int i = 0; i < {oh}; i += {at_once}) {{")
    if c.kind == "forward":
        found += [f"windows_{kind}({inner}, {geometry}, {this_x}, {scratch});",
                  f"product_{kind}({outer}, {columns}, {k}, {this_w}, {k}, 1, {scratch}, {columns}, 1, "
                  f"{this_y}, {out}, 1, 0);"]  # fmt: skip
    elif c.kind == "input":
        found += [f"product_{kind}({k}, {columns}, {outer}, {this_w}, 1, {k}, {this_y}, {out}, 1, {scratch}, {columns}, 1, 0);",
                  f"from_windows_{kind}({inner}, {geometry}, {scratch}, {this_x});"]  # fmt: skip
    else:
        later = "n > 0" if whole else "n > 0 || i > 0"
        found += [f"windows_{kind}({scratch}_rows, {geometry}, {this_x} + {scratch}_first * {image}, {scratch});",
                  f"product_{kind}({outer}, {scratch}_rows * {taps}, {columns}, {this_y}, {out}, 1, {scratch}, 1, {columns}, "
                  f"{this_w} + {scratch}_first * {taps}, {k}, 1, {later});"]  # fmt: skip
    return [*found, *(["        }"] if not whole else []), "    }"]


__all__ = ["PARTS", "Windows", "lines"]
