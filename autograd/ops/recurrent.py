"""Recurrent layers: a whole sequence as one op.

The products with the inputs do not wait for each other and come in done (one product for all times); what is left is the
recurrence. Its rule is backpropagation through time, written in NumPy like any other: what does not wait (the gates, the gradients
of weights) is computed for all times at once, and only the gradient of the hidden state goes step by step.

Sources: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Cho et al., Learning Phrase Representations, 2014.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..errors import DtypeError, ShapeError, describe
from .activation import logistic


def _fits(x, h0, w, gates):
    if x.ndim != 3 or h0.ndim != 2 or w.shape != (gates * h0.shape[1], h0.shape[1]) or x.shape[1:] != (len(h0), len(w)):
        raise ShapeError(
            f"x {describe(x)}, h0 {describe(h0)} and w {describe(w)} do not fit: they must be (time, batch, {gates} * hidden), "
            f"(batch, hidden) and ({gates} * hidden, hidden)"
        )


def _squash(a):
    """The logistic function in place, through tanh: one pass that needs no care about overflow."""
    a *= 0.5
    np.tanh(a, out=a)
    a += 1
    a *= 0.5
    return a


def _before(first, ys):
    """The state before each step: the first, then all results but the last."""
    return np.concatenate([first[None], ys[:-1]], axis=0)


def _outer(d, h):
    """The gradient of a matrix that was multiplied by h at every time: one product for all times."""
    return np.matmul(np.swapaxes(_rows(d), 0, 1), _rows(h))


def _rows(a):
    return np.reshape(a, (-1, a.shape[-1]))


def _is_array(*values):
    """Whether a sweep is run on arrays: then what the forward has kept may be used, which has no place in a graph."""
    return all(type(v) is np.ndarray for v in values)


# ---------------------------------------------------------------------------------------------------------------------- LSTM


def _lstm(x, h0, c0, w):
    _fits(x, h0, w, 4)
    if c0.shape != h0.shape:
        raise ShapeError(f"c0 {describe(c0)} must have the shape of h0 {describe(h0)}")
    steps, (batch, hidden) = len(x), h0.shape
    dtype = np.result_type(x, h0, c0, w)
    ys, cs = np.empty((steps, batch, hidden), dtype), np.empty((steps, batch, hidden), dtype)
    gates, squashed = np.empty((steps, batch, 4 * hidden), dtype), np.empty((steps, batch, hidden), dtype)
    h, c, wt = h0, c0, np.ascontiguousarray(w.T)
    keep = np.empty((batch, hidden), dtype)
    for t in range(steps):
        a = np.matmul(h, wt, out=gates[t])
        a += x[t]
        _squash(a[:, : 2 * hidden])
        g = a[:, 2 * hidden : 3 * hidden]
        np.tanh(g, out=g)
        _squash(a[:, 3 * hidden :])
        np.multiply(a[:, hidden : 2 * hidden], c, out=keep)
        c = np.multiply(a[:, :hidden], g, out=cs[t])
        c += keep
        s = np.tanh(c, out=squashed[t])
        h = np.multiply(a[:, 3 * hidden :], s, out=ys[t])
    return ys, cs, gates, squashed


def _lstm_sweep(g_ys, g_cs, hs, before, w, gates, squashed):
    """The rule on arrays: the same equations, step by step in small memory that stays in the cache. It takes half the time."""
    n = hs.shape[2]
    da = np.empty_like(gates)
    dh, dc = np.zeros_like(hs[0]), np.zeros_like(hs[0])
    part = np.empty_like(dh)
    through_time = g_cs.any()
    for t in range(len(hs) - 1, -1, -1):
        i, f, u, o = (gates[t, :, k * n : (k + 1) * n] for k in range(4))
        di, df, du, do = (da[t, :, k * n : (k + 1) * n] for k in range(4))
        s = squashed[t]
        dh += g_ys[t]
        # h = o s with s = tanh(c): do = dh s o (1 - o), dc += dh o (1 - s^2)
        np.multiply(dh, o, out=part)
        np.multiply(part, s, out=do)
        dc += part
        np.multiply(do, s, out=part)
        dc -= part
        np.multiply(do, o, out=part)
        do -= part
        if through_time:
            dc += g_cs[t]
        # c = f before + i u: di = dc u i (1 - i), df = dc before f (1 - f), du = dc i (1 - u^2)
        np.multiply(dc, i, out=du)
        np.multiply(du, u, out=di)
        np.multiply(di, u, out=part)
        du -= part
        np.multiply(di, i, out=part)
        di -= part
        dc *= f
        np.multiply(dc, before[t], out=df)
        np.multiply(df, f, out=part)
        df -= part
        np.matmul(da[t], w, out=dh)
    return da, dh, dc, _outer(da, hs)


def _lstm_rule(g, x, h0, c0, w, y, gates, squashed):
    (g_ys, g_cs), (ys, cs) = g, y
    n = h0.shape[1]
    hs, before = _before(h0, ys), _before(c0, cs)
    if _is_array(g_ys, g_cs, ys, h0, c0, w):
        return _lstm_sweep(g_ys, g_cs, hs, before, w, gates, squashed)
    a = x + np.matmul(hs, np.swapaxes(w, 0, 1))
    i, f, o = (logistic(a[..., k * n : (k + 1) * n]) for k in (0, 1, 3))
    u, s = np.tanh(a[..., 2 * n : 3 * n]), np.tanh(cs)
    # What one step's gradients are multiplied by, for all steps at once.
    h_to_c = o * (1 - s * s)
    h_to_o = s * (o * (1 - o))
    c_to_gates = np.concatenate([u * (i * (1 - i)), before * (f * (1 - f)), i * (1 - u * u)], axis=2)
    dh: Any = 0
    dc: Any = 0
    found: list[Any] = [None] * len(ys)
    through_time = not (type(g_cs) is np.ndarray and not g_cs.any())
    for t in range(len(ys) - 1, -1, -1):
        dh = g_ys[t] + dh
        dc = dh * h_to_c[t] + dc
        if through_time:
            dc = dc + g_cs[t]
        found[t] = np.concatenate([np.concatenate([dc, dc, dc], axis=1) * c_to_gates[t], dh * h_to_o[t]], axis=1)
        dh = np.matmul(found[t], w)
        dc = dc * f[t]
    dx = np.stack(found)
    return dx, dh, dc, _outer(dx, hs)


lstm = op(
    "lstm", _lstm, joint=_lstm_rule, inputs=("x", "h0", "c0", "w"), outputs=2, extras=("gates", "squashed"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 8)), draw((2, 2), seed=1), draw((2, 2), seed=2), draw((8, 2), seed=3)),
        Sample(draw((1, 1, 12)), draw((1, 3), seed=1), draw((1, 3), seed=2), draw((12, 3), seed=3)),
    ],
    errors=lambda: [
        Sample(np.ones((3, 2, 7)), np.ones((2, 2)), np.ones((2, 2)), np.ones((8, 2)), raises=ShapeError, match=r"4 \* hidden"),
    ],
    formula={
        "y": "y[0] == o * tanh(c); a = x + before(h0, y[0]) @ w.T; i = sigmoid(part(a, 0)); f = sigmoid(part(a, 1)); u "
        "= tanh(part(a, 2)); o = sigmoid(part(a, 3)); c = f * before(c0, y[1]) + i * u",
        "x": "d(x) == concat((dc * u * i * (1 - i), dc * before(c0, y[1]) * f * (1 - f), dc * i * (1 - u ** 2), dh * s "
        "* o * (1 - o)), -1); a = x + before(h0, y[0]) @ w.T; i = sigmoid(part(a, 0)); f = sigmoid(part(a, 1)); u "
        "= tanh(part(a, 2)); o = sigmoid(part(a, 3)); s = tanh(y[1]); dh = g[0] + after(d(x) @ w); dc = back(f, dh "
        "* o * (1 - s ** 2) + g[1])",
        "h0": "(d(x) @ w)[0]",
        "c0": "(dc * f)[0]; a = x + before(h0, y[0]) @ w.T; i = sigmoid(part(a, 0)); f = sigmoid(part(a, 1)); u = "
        "tanh(part(a, 2)); o = sigmoid(part(a, 3)); s = tanh(y[1]); dh = g[0] + after(d(x) @ w); dc = back(f, dh * "
        "o * (1 - s ** 2) + g[1])",
        "w": "sum(d(x).mT @ before(h0, y[0]), time)",
    },
    doc="""Long short-term memory over a sequence: (h, c) at every time.

    Formula: (i, f, g, o) = x_t + W h; c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c)

    Args:
        x: (time, batch, 4 * hidden), the inputs' part of the gates, biases included, in the order i, f, g, o.
        h0, c0: (batch, hidden). w: (4 * hidden, hidden).
    """,
)

# ----------------------------------------------------------------------------------------------------------------------- GRU


def _gru(x, h0, w, b):
    _fits(x, h0, w, 3)
    if b.shape != w.shape[:1]:
        raise ShapeError(f"b {describe(b)} must have shape ({len(w)},)")
    n = h0.shape[1]
    ys = np.empty((len(x), *h0.shape), np.result_type(x, h0, w, b))
    h, wt = h0, np.ascontiguousarray(w.T)
    for t in range(len(x)):
        a = np.matmul(h, wt)
        a += b
        rz = _squash(a[:, : 2 * n] + x[t, :, : 2 * n])
        u = a[:, 2 * n :]
        u *= rz[:, :n]
        u += x[t, :, 2 * n :]
        np.tanh(u, out=u)
        h = np.subtract(h, u, out=ys[t])
        h *= rz[:, n:]
        h += u
    return ys


def _gru_rule(g, x, h0, w, b, y):
    n = h0.shape[1]
    hs = _before(h0, y)
    a = np.matmul(_rows(hs), np.swapaxes(w, 0, 1)) + b
    a = np.reshape(a, (*y.shape[:2], 3 * n))
    r, z = logistic(x[..., :n] + a[..., :n]), logistic(x[..., n : 2 * n] + a[..., n : 2 * n])
    v = a[..., 2 * n :]
    u = np.tanh(x[..., 2 * n :] + r * v)
    to_z, to_u = (hs - u) * (z * (1 - z)), (1 - z) * (1 - u * u)
    to_r = v * (r * (1 - r))
    dh: Any = 0
    outer: list[Any] = [None] * len(y)
    inner: list[Any] = [None] * len(y)
    for t in range(len(y) - 1, -1, -1):
        dh = g[t] + dh
        du = dh * to_u[t]
        dr, dz = du * to_r[t], dh * to_z[t]
        outer[t] = np.concatenate([dr, dz, du], axis=1)
        inner[t] = np.concatenate([dr, dz, du * r[t]], axis=1)
        dh = dh * z[t] + np.matmul(inner[t], w)
    da = np.stack(inner)
    return np.stack(outer), dh, _outer(da, hs), np.sum(da, axis=(0, 1))


gru = op(
    "gru", _gru, joint=_gru_rule, inputs=("x", "h0", "w", "b"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 6)), draw((2, 2), seed=1), draw((6, 2), seed=3), draw((6,), seed=4)),
        Sample(draw((1, 1, 9)), draw((1, 3), seed=1), draw((9, 3), seed=3), draw((9,), seed=4)),
    ],
    errors=lambda: [
        Sample(np.ones((3, 2, 7)), np.ones((2, 2)), np.ones((6, 2)), np.ones(6), raises=ShapeError, match=r"3 \* hidden")
    ],
    formula={
        "y": "y == (1 - z) * n + z * before(h0, y); a = before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); "
        "z = sigmoid(part(x, 1) + part(a, 1)); n = tanh(part(x, 2) + r * part(a, 2))",
        "x": "d(x) == concat((du * part(a, 2) * r * (1 - r), dh * (before(h0, y) - n) * z * (1 - z), du), -1); a = "
        "before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); z = sigmoid(part(x, 1) + part(a, 1)); n = "
        "tanh(part(x, 2) + r * part(a, 2)); da = concat((part(d(x), 0), part(d(x), 1), r * part(d(x), 2)), -1); dh "
        "= back(z, g + after(da @ w)); du = dh * (1 - z) * (1 - n ** 2)",
        "h0": "(da @ w + dh * z)[0]; a = before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); z = "
        "sigmoid(part(x, 1) + part(a, 1)); n = tanh(part(x, 2) + r * part(a, 2)); da = concat((part(d(x), 0), "
        "part(d(x), 1), r * part(d(x), 2)), -1); dh = back(z, g + after(da @ w)); du = dh * (1 - z) * (1 - n ** 2)",
        "w": "sum(da.mT @ before(h0, y), time); a = before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); z = "
        "sigmoid(part(x, 1) + part(a, 1)); n = tanh(part(x, 2) + r * part(a, 2)); da = concat((part(d(x), 0), "
        "part(d(x), 1), r * part(d(x), 2)), -1)",
        "b": "sum(da, rows); a = before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); z = sigmoid(part(x, "
        "1) + part(a, 1)); n = tanh(part(x, 2) + r * part(a, 2)); da = concat((part(d(x), 0), part(d(x), 1), r * "
        "part(d(x), 2)), -1)",
    },
    doc="""Gated recurrent units over a sequence: h at every time.

    Formula: r = sigmoid(x_r + a_r); z = sigmoid(x_z + a_z); n = tanh(x_n + r a_n); h = (1 - z) n + z h, with a = W h + b

    Args:
        x: (time, batch, 3 * hidden), the inputs' part with its biases, in the order r, z, n.
        h0: (batch, hidden). w: (3 * hidden, hidden). b: (3 * hidden,).
    """,
)

# ------------------------------------------------------------------------------------------------------------- simple recurrence


def _rnn(x, h0, w, nonlinearity="tanh"):
    _fits(x, h0, w, 1)
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
    if nonlinearity == "relu" and x.dtype.kind == "c":
        raise DtypeError(f"relu of x {describe(x)}: complex numbers have no order")
    ys = np.empty((len(x), *h0.shape), np.result_type(x, h0, w))
    h, wt = h0, np.ascontiguousarray(w.T)
    for t in range(len(x)):
        h = np.matmul(h, wt, out=ys[t])
        h += x[t]
        h = np.tanh(h, out=h) if nonlinearity == "tanh" else np.maximum(h, 0, out=h)
    return ys


def _rnn_rule(g, h0, w, y, nonlinearity):
    slope = 1 - y * y if nonlinearity == "tanh" else (y > 0) * np.ones((), y.dtype)
    dh: Any = 0
    found: list[Any] = [None] * len(y)
    for t in range(len(y) - 1, -1, -1):
        found[t] = (g[t] + dh) * slope[t]
        dh = np.matmul(found[t], w)
    dx = np.stack(found)
    return dx, dh, _outer(dx, _before(h0, y))


rnn = op(
    "rnn", _rnn, joint=_rnn_rule, inputs=("x", "h0", "w"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 3)), draw((2, 3), seed=1), draw((3, 3), seed=3)),
        Sample(draw((3, 2, 2)), draw((2, 2), seed=1), draw((2, 2), seed=3), nonlinearity="relu"),
    ],
    errors=lambda: [
        Sample(np.ones((3, 2, 7)), np.ones((2, 2)), np.ones((2, 2)), raises=ShapeError, match="hidden"),
        Sample(np.ones((3, 2, 2)), np.ones((2, 2)), np.ones((2, 2)), nonlinearity="gelu", raises=ValueError, match="'relu'"),
    ],
    formula={
        "y": "y == (tanh(a) if nonlinearity == 'tanh' else maximum(a, 0)); a = x + before(h0, y) @ w.T",
        "x": "d(x) == (g + after(d(x) @ w)) * slope; slope = 1 - y ** 2 if nonlinearity == 'tanh' else 1 * (y > 0)",
        "h0": "(d(x) @ w)[0]",
        "w": "sum(d(x).mT @ before(h0, y), time)",
    },
    doc="h = tanh(x_t + W h) (or relu) over a sequence: h at every time. x: (time, batch, hidden). h0: (batch, hidden).",
)
