"""Recurrent layers: a whole sequence as one op.

The caller computes the products with the inputs, W_ih x + b, for all times at once; the op computes the recurrence. Its rule is
backpropagation through time. Each layer's equations are written once, in functions of arrays or tensors: the forward calls them
step by step, the rule for all times at once. Only the gradients of the states are computed step by step.

Sources: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Cho et al., Learning Phrase Representations, 2014.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import draw
from ..engine.tables import table
from ..engine.values.sums import sum_rows
from ..errors import DtypeError, ShapeError, describe
from .linalg.product import product
from .rules import as_rows, is_unused


def _check_shapes(x, h0, w, gates):
    if x.ndim != 3 or h0.ndim != 2 or w.shape != (gates * h0.shape[1], h0.shape[1]) or x.shape[1:] != (len(h0), len(w)):
        raise ShapeError(
            f"x {describe(x)}, h0 {describe(h0)} and w {describe(w)} do not fit: they must be (time, batch, {gates} * hidden), "
            f"(batch, hidden) and ({gates} * hidden, hidden)"
        )


def _common(x, *others):
    """The dtype of a result."""
    return x.dtype if all([other.dtype is x.dtype for other in others]) else np.result_type(x, *others)


def _states_before(first, ys):
    """The state before each step: the first one, then all results but the last."""
    return np.concatenate([first[None], ys[:-1]], axis=0)


def _weight_gradient(d, h):
    """The gradient of a matrix that multiplies h at every time, as one product for all times."""
    return product(as_rows(d).mT, as_rows(h))


def _stacked(parts):
    """The parts, one for each time, as one array."""
    return np.array(parts) if all([type(part) is np.ndarray for part in parts]) else np.stack(parts)


def _part(a, k, n):
    """Gate k of n units."""
    return a[..., k * n : (k + 1) * n]


def _sigmoid(a, out=None):
    """The logistic function, (tanh(a / 2) + 1) / 2, which cannot overflow."""
    y = np.tanh(np.multiply(a, 0.5, out=out), out=out)
    return np.multiply(np.add(y, 1, out=out), 0.5, out=out)


# ---------------------------------------------------------------------------------------------------------------------- LSTM
# The gates i, f, u, o are columns of one matrix: sigmoid, sigmoid, tanh, sigmoid of a. As sigmoid(a) = tanh(a / 2) / 2 + 1 / 2, all
# four are tanh(scale a) scale + shift with a scale and a shift per column, and have the derivative (linear - y) y + constant.


@table(64)
def _columns(n, dtype, of_sigmoid, of_tanh):
    """A row with one number for the columns of i, f and o, and another for those of u."""
    row = np.full(4 * n, of_sigmoid, dtype)
    row[2 * n : 3 * n] = of_tanh
    return row


def _lstm_gates(scaled, scale, shift, out=None):
    """All four gates, of scale * a."""
    return np.add(np.multiply(np.tanh(scaled, out=out), scale, out=out), shift, out=out)


def _lstm_gate_slopes(gates):
    """The derivatives of all four gates by a."""
    n, dtype = gates.shape[-1] // 4, gates.dtype
    return (_columns(n, dtype, 1, 0) - gates) * gates + _columns(n, dtype, 0, 1)


def _lstm(x, h0, c0, w):
    _check_shapes(x, h0, w, 4)
    if c0.shape != h0.shape:
        raise ShapeError(f"c0 {describe(c0)} must have the shape of h0 {describe(h0)}")
    return _lstm_steps(x, h0, c0, w)


def _projected_lstm(x, h0, c0, w, w_hr):
    proj, n = w_hr.shape if w_hr.ndim == 2 else (0, 0)
    batch = len(h0) if h0.ndim == 2 else 0
    if (x.shape[1:], h0.shape, c0.shape, w.shape) != ((batch, 4 * n), (batch, proj), (batch, n), (4 * n, proj)):
        raise ShapeError(
            f"x {describe(x)}, h0 {describe(h0)}, c0 {describe(c0)}, w {describe(w)} and w_hr {describe(w_hr)} do not fit: they "
            f"must be (time, batch, 4 * hidden), (batch, proj), (batch, hidden), (4 * hidden, proj) and (proj, hidden)"
        )
    return _lstm_steps(x, h0, c0, w, w_hr)


def _lstm_steps(x, h0, c0, w, w_hr=None):
    """The recurrence; with w_hr, h is projected by it."""
    n, dtype = c0.shape[1], _common(x, h0, c0, w)
    scale, shift = _columns(n, dtype, 0.5, 1), _columns(n, dtype, 0.5, 0)
    ys = np.empty((len(x), *h0.shape), dtype)
    cs, tanh_cs = np.empty((len(x), *c0.shape), dtype), np.empty((len(x), *c0.shape), dtype)
    gates = np.multiply(x, scale, dtype=dtype)
    h, c, wt = h0, c0, np.multiply(w.T, scale, order="C")
    from_state, forgotten = np.empty((len(h0), 4 * n), dtype), np.empty(c0.shape, dtype)
    for t in range(len(x)):
        a = gates[t]
        a += np.matmul(h, wt, out=from_state)
        _lstm_gates(a, scale, shift, out=a)
        i, f, u, o = [_part(a, k, n) for k in range(4)]
        np.multiply(f, c, out=forgotten)
        c = np.multiply(i, u, out=cs[t])
        c += forgotten
        np.tanh(c, out=tanh_cs[t])
        if w_hr is None:
            h = np.multiply(o, tanh_cs[t], out=ys[t])
        else:
            h = np.matmul(o * tanh_cs[t], w_hr.T, out=ys[t])
    return ys, cs, gates, tanh_cs


def _lstm_rule(g, x, h0, c0, w, y, gates, tanh_cs):
    return _lstm_gradients(g, x, h0, c0, w, y, gates, tanh_cs)[:4]


def _projected_lstm_rule(g, x, h0, c0, w, w_hr, y, gates, tanh_cs):
    return _lstm_gradients(g, x, h0, c0, w, y, gates, tanh_cs, w_hr)


def _lstm_gradients(g, x, h0, c0, w, y, gates, tanh_cs, w_hr=None):
    """Backpropagation through time: the gradients of x, h0, c0, w and w_hr."""
    (g_ys, g_cs), (ys, cs) = g, y
    n = c0.shape[1]
    hs, cs_before = _states_before(h0, ys), _states_before(c0, cs)
    if not all([isinstance(v, np.ndarray) for v in (g_ys, g_cs, ys, h0, c0, w, ys if w_hr is None else w_hr)]):
        # The sweep is recorded: the gates must be computed from the inputs again, to be part of the graph.
        scale = _columns(n, ys.dtype, 0.5, 1)
        a = x + np.matmul(hs, np.swapaxes(w, 0, 1))
        gates, tanh_cs = _lstm_gates(a * scale, scale, _columns(n, ys.dtype, 0.5, 0)), np.tanh(cs)
    i, f, u, o = [_part(gates, k, n) for k in range(4)]
    # For all times: the derivative of h by c, and of (c, c, c, h) by the a of (i, f, u, o).
    h_by_c = o * (1 - tanh_cs * tanh_cs)
    by_gates = _lstm_gate_slopes(gates) * np.concatenate([u, cs_before, i, tanh_cs], axis=2)
    dh: Any = 0
    dc: Any = 0
    da: list[Any] = [None] * len(ys)
    dys: list[Any] = [None] * len(ys)
    c_used = not is_unused(g_cs)
    for t in range(len(ys) - 1, -1, -1):
        dh = dys[t] = g_ys[t] + dh
        if w_hr is not None:
            dh = np.matmul(dh, w_hr)
        dc = dh * h_by_c[t] + dc
        if c_used:
            dc = dc + g_cs[t]
        da[t] = np.concatenate([dc, dc, dc, dh], axis=1) * by_gates[t]
        dh = np.matmul(da[t], w)
        dc = dc * f[t]
    dx = _stacked(da)
    return dx, dh, dc, _weight_gradient(dx, hs), None if w_hr is None else _weight_gradient(_stacked(dys), o * tanh_cs)


_LSTM_GATES = (
    "a = x + before(h0, y[0]) @ w.T; i = sigmoid(part(a, 0)); f = sigmoid(part(a, 1)); u = tanh(part(a, 2)); "
    "o = sigmoid(part(a, 3))"
)
_LSTM_STATES = f"{_LSTM_GATES}; s = tanh(y[1]); dh = g[0] + after(d(x) @ w); dc = back(f, dh * o * (1 - s ** 2) + g[1])"

lstm = op(
    "lstm", _lstm, joint=_lstm_rule, inputs=("x", "h0", "c0", "w"), outputs=2, extras=("gates", "tanh_cs"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 8)), draw((2, 2), seed=1), draw((2, 2), seed=2), draw((8, 2), seed=3)),
        Sample(draw((1, 1, 12)), draw((1, 3), seed=1), draw((1, 3), seed=2), draw((12, 3), seed=3)),
    ],
    errors=lambda: [
        Sample(np.ones((3, 2, 7)), np.ones((2, 2)), np.ones((2, 2)), np.ones((8, 2)), raises=ShapeError, match=r"4 \* hidden"),
    ],
    formula={
        "y": f"y[0] == o * tanh(y[1]); {_LSTM_GATES}",
        "y[1]": "f * before(c0, y[1]) + i * u",
        "x": "d(x) == concat((dc * u * i * (1 - i), dc * before(c0, y[1]) * f * (1 - f), dc * i * (1 - u ** 2), "
        f"dh * s * o * (1 - o)), -1); {_LSTM_STATES}",
        "h0": "(d(x) @ w)[0]",
        "c0": f"(dc * f)[0]; {_LSTM_STATES}",
        "w": "sum(d(x).mT @ before(h0, y[0]), time)",
    },
    doc="""Long short-term memory over a sequence: h and c at every time.

    Formula: (i, f, g, o) = x_t + W h; c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c)

    Args:
        x: (time, batch, 4 * hidden), the inputs' part of the gates, biases included, in the order i, f, g, o.
        h0, c0: (batch, hidden), the states before the first time.
        w: (4 * hidden, hidden).

    Raises:
        ShapeError: shapes that do not fit.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.
    """,
)

_PROJECTED_STATES = (
    f"{_LSTM_GATES}; s = tanh(y[1]); dh = g[0] + after(d(x) @ w); du = dh @ w_hr; dc = back(f, du * o * (1 - s ** 2) + g[1])"
)

projected_lstm = op(
    "projected_lstm", _projected_lstm, joint=_projected_lstm_rule, inputs=("x", "h0", "c0", "w", "w_hr"), outputs=2,
    extras=("gates", "tanh_cs"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 2, 12)), draw((2, 2), seed=1), draw((2, 3), seed=2), draw((12, 2), seed=3), draw((2, 3), seed=4)),
        Sample(draw((1, 1, 8)), draw((1, 1), seed=1), draw((1, 2), seed=2), draw((8, 1), seed=3), draw((1, 2), seed=4)),
    ],
    errors=lambda: [
        Sample(
            np.ones((3, 2, 12)), np.ones((2, 2)), np.ones((2, 3)), np.ones((12, 2)), np.ones((3, 2)), raises=ShapeError,
            match=r"\(proj, hidden\)",
        ),
    ],
    formula={
        "y": f"y[0] == (o * tanh(y[1])) @ w_hr.T; {_LSTM_GATES}",
        "y[1]": "f * before(c0, y[1]) + i * u",
        "x": "d(x) == concat((dc * u * i * (1 - i), dc * before(c0, y[1]) * f * (1 - f), dc * i * (1 - u ** 2), "
        f"du * s * o * (1 - o)), -1); {_PROJECTED_STATES}",
        "h0": "(d(x) @ w)[0]",
        "c0": f"(dc * f)[0]; {_PROJECTED_STATES}",
        "w": "sum(d(x).mT @ before(h0, y[0]), time)",
        "w_hr": f"sum(dh.mT @ (o * s), time); {_PROJECTED_STATES}",
    },
    doc="""Long short-term memory whose h is projected to other features: h and c at every time.

    Formula: (i, f, g, o) = x_t + W h; c = sigmoid(f) c + sigmoid(i) tanh(g); h = W_hr (sigmoid(o) tanh(c))

    Args:
        x: (time, batch, 4 * hidden), the inputs' part of the gates, biases included, in the order i, f, g, o.
        h0: (batch, proj), the projected state before the first time.
        c0: (batch, hidden), the cell state before the first time.
        w: (4 * hidden, proj).
        w_hr: (proj, hidden).

    Raises:
        ShapeError: shapes that do not fit.

    Source: Sak, Senior and Beaufays, Long Short-Term Memory Recurrent Neural Network Architectures, 2014.
    """,
)

# ----------------------------------------------------------------------------------------------------------------------- GRU


def _gru_gates(x, a, out=None):
    """r and z as columns of one matrix, and the candidate n; x: the inputs' part, a: that of the state. out: of r and z."""
    n = a.shape[-1] // 3
    rz = _sigmoid(np.add(x[..., : 2 * n], a[..., : 2 * n], out=out), out=out)
    return rz, np.tanh(x[..., 2 * n :] + rz[..., :n] * a[..., 2 * n :])


def _gru(x, h0, w, b):
    _check_shapes(x, h0, w, 3)
    if b.shape != w.shape[:1]:
        raise ShapeError(f"b {describe(b)} must have shape ({len(w)},)")
    n, dtype = h0.shape[1], _common(x, h0, w, b)
    ys = np.empty((len(x), *h0.shape), dtype)
    h, wt = h0, np.ascontiguousarray(w.T)
    buffer = np.empty((len(h0), 2 * n), dtype)
    for t in range(len(x)):
        a = np.matmul(h, wt)
        a += b
        rz, candidate = _gru_gates(x[t], a, out=buffer)
        # (1 - z) n + z h, as (h - n) z + n
        h = np.subtract(h, candidate, out=ys[t])
        h *= rz[:, n:]
        h += candidate
    return ys


def _gru_rule(g, x, h0, w, b, y):
    n = h0.shape[1]
    hs = _states_before(h0, y)
    a = (product(as_rows(hs), w.mT) + b).reshape((*y.shape[:2], 3 * n))
    rz, candidate = _gru_gates(x, a)
    r, z = _part(rz, 0, n), _part(rz, 1, n)
    # For all times: the derivatives of h by z and n, and of n by r, up to the functions' arguments.
    by_z, by_n = (hs - candidate) * (z * (1 - z)), (1 - z) * (1 - candidate * candidate)
    n_by_r = _part(a, 2, n) * (r * (1 - r))
    dh: Any = 0
    dx: list[Any] = [None] * len(y)
    da: list[Any] = [None] * len(y)
    for t in range(len(y) - 1, -1, -1):
        dh = g[t] + dh
        dn = dh * by_n[t]
        dr, dz = dn * n_by_r[t], dh * by_z[t]
        dx[t] = np.concatenate([dr, dz, dn], axis=1)
        da[t] = np.concatenate([dr, dz, dn * r[t]], axis=1)
        dh = dh * z[t] + np.matmul(da[t], w)
    d = _stacked(da)
    return _stacked(dx), dh, _weight_gradient(d, hs), sum_rows(as_rows(d))


_GRU_GATES = (
    "a = before(h0, y) @ w.T + b; r = sigmoid(part(x, 0) + part(a, 0)); z = sigmoid(part(x, 1) + part(a, 1)); "
    "n = tanh(part(x, 2) + r * part(a, 2))"
)
_GRU_DA = f"{_GRU_GATES}; da = concat((part(d(x), 0), part(d(x), 1), r * part(d(x), 2)), -1)"
_GRU_STATES = f"{_GRU_DA}; dh = back(z, g + after(da @ w)); du = dh * (1 - z) * (1 - n ** 2)"

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
        "y": f"y == (1 - z) * n + z * before(h0, y); {_GRU_GATES}",
        "x": f"d(x) == concat((du * part(a, 2) * r * (1 - r), dh * (before(h0, y) - n) * z * (1 - z), du), -1); {_GRU_STATES}",
        "h0": f"(da @ w + dh * z)[0]; {_GRU_STATES}",
        "w": f"sum(da.mT @ before(h0, y), time); {_GRU_DA}",
        "b": f"sum(da, rows); {_GRU_DA}",
    },
    doc="""Gated recurrent units over a sequence: h at every time.

    Formula: r = sigmoid(x_r + a_r); z = sigmoid(x_z + a_z); n = tanh(x_n + r a_n); h = (1 - z) n + z h, with a = W h + b

    Args:
        x: (time, batch, 3 * hidden), the inputs' part with its biases, in the order r, z, n.
        h0: (batch, hidden), the state before the first time.
        w: (3 * hidden, hidden).
        b: (3 * hidden,).

    Raises:
        ShapeError: shapes that do not fit.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """,
)

# ------------------------------------------------------------------------------------------------------------------- Elman RNN


def _rnn(x, h0, w, nonlinearity="tanh"):
    _check_shapes(x, h0, w, 1)
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
    if nonlinearity == "relu" and x.dtype.kind == "c":
        raise DtypeError(f"relu of x {describe(x)}: complex numbers have no order")
    ys = np.empty((len(x), *h0.shape), _common(x, h0, w))
    h, wt = h0, np.ascontiguousarray(w.T)
    for t in range(len(x)):
        h = np.matmul(h, wt, out=ys[t])
        h += x[t]
        h = np.tanh(h, out=h) if nonlinearity == "tanh" else np.maximum(h, 0, out=h)
    return ys


def _rnn_rule(g, h0, w, y, nonlinearity):
    slope = 1 - y * y if nonlinearity == "tanh" else (y > 0) * np.ones((), y.dtype)
    dh: Any = 0
    da: list[Any] = [None] * len(y)
    for t in range(len(y) - 1, -1, -1):
        da[t] = (g[t] + dh) * slope[t]
        dh = np.matmul(da[t], w)
    dx = _stacked(da)
    return dx, dh, _weight_gradient(dx, _states_before(h0, y))


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
    doc="""Elman's recurrence over a sequence: h at every time.

    Formula: h = tanh(x_t + W h), or relu(x_t + W h)

    Args:
        x: (time, batch, hidden), the inputs' part with its biases.
        h0: (batch, hidden), the state before the first time.
        w: (hidden, hidden).
        nonlinearity: "tanh" or "relu".

    Raises:
        ShapeError: shapes that do not fit. ValueError: another nonlinearity. DtypeError: relu of complex numbers.
    """,
)
