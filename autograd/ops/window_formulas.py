"""The formulas of convolution and pooling in one, two and three dimensions.

The indices are: n samples, c channels, o outputs; per dimension i, j, m positions of the result, k, l, q positions within a
window, and a, b, e positions of the input. The formulas are those of one group and of one number for all dimensions;
viz/explain/windows.py puts the geometry of a call in.
"""

from __future__ import annotations


def formulas(kind: str, n: int) -> dict[str, str]:
    """The formulas of an op in n dimensions.

    Args:
        kind: which op: the key under which pooling.py or convolution.py keeps it.
        n: 1, 2 or 3.
    """
    places, taps, inputs = "ijm"[:n], "klq"[:n], "abe"[:n]
    i, k, a = ", ".join(places), ", ".join(taps), ", ".join(inputs)
    if kind in ("conv", "transpose", "weight"):
        reached = [f"stride * {p} + dilation * {q} - padding" for p, q in zip(places, taps, strict=True)]
    else:
        reached = [f"stride * {p} + {q} - padding" for p, q in zip(places, taps, strict=True)]
    at = ", ".join(reached)
    hit = " * ".join(f"({r} == {b})" for r, b in zip(reached, inputs, strict=True))
    one = a if n == 1 else f"({a})"
    return {
        "conv": {
            "y": f"y[n, o, {i}] == bias[o] + sigma((c, {k}), weight[o, c, {k}] * x[n, c, {at}])",
            "x": f"d(x)[n, c, {a}] == sigma((o, {i}, {k}), weight[o, c, {k}] * g[n, o, {i}] * {hit})",
            "weight": f"d(weight)[o, c, {k}] == sigma((n, {i}), g[n, o, {i}] * x[n, c, {at}])",
            "bias": f"d(bias)[o] == sigma((n, {i}), g[n, o, {i}])",
        },
        "transpose": {
            "y": f"y[n, o, {a}] == bias[o] + sigma((c, {i}, {k}), weight[c, o, {k}] * x[n, c, {i}] * {hit})",
            "x": f"d(x)[n, c, {i}] == sigma((o, {k}), weight[c, o, {k}] * g[n, o, {at}])",
            "weight": f"d(weight)[c, o, {k}] == sigma((n, {i}), x[n, c, {i}] * g[n, o, {at}])",
            "bias": f"d(bias)[o] == sigma((n, {a}), g[n, o, {a}])",
        },
        "weight": {
            "y": f"y[o, c, {k}] == sigma((n, {i}), out[n, o, {i}] * x[n, c, {at}])",
            "x": f"d(x)[n, c, {a}] == sigma((o, {i}, {k}), g[o, c, {k}] * out[n, o, {i}] * {hit})",
            "out": f"d(out)[n, o, {i}] == sigma((c, {k}), g[o, c, {k}] * x[n, c, {at}])",
        },
        "max": {
            "y": f"y[n, c, {i}] == largest(({k},), x[n, c, {at.replace('+ ', '+ dilation * ')}])",
            "x": f"d(x)[n, c, {a}] == sigma(({i},), g[n, c, {i}] * (winner[n, c, {i}] == {one}))",
        },
        "indices": {"y": f"y[n, c, {i}] == flat(winner[n, c, {i}])"},
        "max_pick": {
            "y": f"y[n, c, {i}] == x[n, c, winner[n, c, {i}]]",
            "x": f"d(x)[n, c, {a}] == sigma(({i},), g[n, c, {i}] * (winner[n, c, {i}] == {one}))",
        },
        "max_unpick": {
            "y": f"y[n, c, {a}] == sigma(({i},), x[n, c, {i}] * (winner[n, c, {i}] == {one}))",
            "x": f"d(x)[n, c, {i}] == g[n, c, winner[n, c, {i}]]",
        },
        "avg": {
            "y": f"y[n, c, {i}] == sigma(({k},), x[n, c, {at}]) / size; size = prod(kernel_size)",
            "x": f"d(x)[n, c, {a}] == sigma(({i}, {k}), g[n, c, {i}] * {hit}) / size; size = prod(kernel_size)",
        },
        "avg_spread": {
            "y": f"y[n, c, {a}] == sigma(({i}, {k}), x[n, c, {i}] * {hit}) / size; size = prod(kernel_size)",
            "x": f"d(x)[n, c, {i}] == sigma(({k},), g[n, c, {at}]) / size; size = prod(kernel_size)",
        },
    }[kind]
