"""Convolutions and their two adjoints in C: products of matrices whose panels are packed straight from the images."""

from __future__ import annotations

from math import prod
from typing import Any

from ...ops.convolution import Geometry, each, exact, pads
from ..loops import Convolution
from ..step_list import Entry, Ref
from .places import Places, UnsupportedError, call, rows

_SCRATCH = 1 << 17  # a thread holds so many numbers of an image at a time
_BEYOND = 32  # numbers that a vector may read beyond the image's end; nothing is made of them
_LARGEST = 1 << 20  # windows of more numbers in one row have no C


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
    found = [f"static EACH_THREAD {c_type} {scratch}[{room} + {_BEYOND}];"]
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
            f"static EACH_THREAD {c_type} {scratch}_panel[{max(at_once * ow * 32, 8 * (at_once * wp + 32))}];",
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


__all__ = ["Windows", "lines"]
