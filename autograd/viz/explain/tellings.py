"""Ops that textbooks tell in their own letters and with time: recurrent layers, attention, normalisation.

A telling is a list of equations in the language of formulas. The names of an op's inputs, its outputs (y, and others by name) and
of the incoming gradients (g, and g of another output) are replaced by those of the graph; every other name on a left-hand side is a
letter of the telling. ``v[t]`` is the value at time t; ``d(x)`` is the gradient of an input.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Telling:
    """How a textbook tells an op.

    Attributes:
        forward: equations of the value. backward: for each input the equations that lead to its gradient, the last of which is the
        gradient itself; equations that several inputs need are told once. outputs: the names of the outputs after the first one.
        letters: what values that go into an input are called, if they have no name. notes: words to explain.
    """

    forward: tuple[str, ...]
    backward: dict[str, tuple[str, ...]]
    outputs: tuple[str, ...] = ()
    letters: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


_LSTM_GATES = (
    "a[t] == x[t] + y[t - 1] @ w.T",
    "i[t] == sigmoid(part(a[t], 'i'))",
    "f[t] == sigmoid(part(a[t], 'f'))",
    "u[t] == tanh(part(a[t], 'u'))",
    "o[t] == sigmoid(part(a[t], 'o'))",
)
_LSTM_CELL = "c[t] == f[t] * c[t - 1] + i[t] * u[t]"
_LSTM_CELL_ERROR = "dc[t] == dh[t] * o[t] * (1 - tanh(c[t]) ** 2) + dc[t + 1] * f[t + 1]"
_LSTM_ERRORS = ("dh[t] == g[t] + d(x)[t + 1] @ w", _LSTM_CELL_ERROR)
_LSTM_PARTS = (
    "di[t] == dc[t] * u[t] * i[t] * (1 - i[t])",
    "df[t] == dc[t] * c[t - 1] * f[t] * (1 - f[t])",
    "du[t] == dc[t] * i[t] * (1 - u[t] ** 2)",
    "do[t] == dh[t] * tanh(c[t]) * o[t] * (1 - o[t])",
    "d(x)[t] == concat(di[t], df[t], du[t], do[t])",
)
# With a projection, r is the state before it: its gradient has the place of dh.
_PROJECTED_ERROR = _LSTM_ERRORS[0]
_PROJECTED_ERRORS = (_PROJECTED_ERROR, "dr[t] == dh[t] @ w_hr", _LSTM_CELL_ERROR.replace("dh", "dr"))
_PROJECTED_PARTS = tuple([equation.replace("dh", "dr") for equation in _LSTM_PARTS])
_GRU_PARTS = (
    "dh[t] == g[t] + da[t + 1] @ w + dh[t + 1] * u[t + 1]",
    "dn[t] == dh[t] * (1 - u[t]) * (1 - n[t] ** 2)",
    "dr[t] == dn[t] * part(a[t], 'n') * r[t] * (1 - r[t])",
    "du[t] == dh[t] * (y[t - 1] - n[t]) * u[t] * (1 - u[t])",
    "da[t] == concat(dr[t], du[t], r[t] * dn[t])",
)
_ATTENTION = ("dA == drop * (g @ v.T)", "dS == A * (dA - sum(dA * A, -1))")

TELLINGS: dict[str, Telling] = {
    "lstm": Telling(
        (*_LSTM_GATES, _LSTM_CELL, "y[t] == o[t] * tanh(c[t])"),
        {
            "x": (*_LSTM_ERRORS, *_LSTM_PARTS),
            "w": ("d(w) == sum_t(d(x)[t].T @ y[t - 1])",),
            "h0": ("d(h0) == d(x)[first] @ w",),
            "c0": (*_LSTM_ERRORS, "d(c0) == dc[first] * f[first]"),
        },
        ("c",),
        notes=("part", "time steps"),
    ),
    "projected_lstm": Telling(
        (*_LSTM_GATES, _LSTM_CELL, "r[t] == o[t] * tanh(c[t])", "y[t] == r[t] @ w_hr.T"),
        {
            "x": (*_PROJECTED_ERRORS, *_PROJECTED_PARTS),
            "w": ("d(w) == sum_t(d(x)[t].T @ y[t - 1])",),
            "w_hr": (_PROJECTED_ERROR, "d(w_hr) == sum_t(dh[t].T @ r[t])"),
            "h0": ("d(h0) == d(x)[first] @ w",),
            "c0": (*_PROJECTED_ERRORS, "d(c0) == dc[first] * f[first]"),
        },
        ("c",),
        notes=("part", "time steps"),
    ),
    "gru": Telling(
        (
            "a[t] == y[t - 1] @ w.T + b",
            "r[t] == sigmoid(part(x[t], 'r') + part(a[t], 'r'))",
            "u[t] == sigmoid(part(x[t], 'u') + part(a[t], 'u'))",
            "n[t] == tanh(part(x[t], 'n') + r[t] * part(a[t], 'n'))",
            "y[t] == (1 - u[t]) * n[t] + u[t] * y[t - 1]",
        ),
        {
            "x": (*_GRU_PARTS, "d(x)[t] == concat(dr[t], du[t], dn[t])"),
            "w": (*_GRU_PARTS, "d(w) == sum_t(da[t].T @ y[t - 1])"),
            "b": (*_GRU_PARTS, "d(b) == sum_t(sum(da[t], samples))"),
            "h0": (*_GRU_PARTS, "d(h0) == da[first] @ w + dh[first] * u[first]"),
        },
        notes=("part", "time steps"),
    ),
    "rnn": Telling(
        ("y[t] == nonlinearity(x[t] + y[t - 1] @ w.T)",),
        {
            "x": ("d(x)[t] == (g[t] + d(x)[t + 1] @ w) * slope",),
            "w": ("d(w) == sum_t(d(x)[t].T @ y[t - 1])",),
            "h0": ("d(h0) == d(x)[first] @ w",),
        },
        notes=("time steps",),
    ),
    "attention": Telling(
        ("A == softmax(q @ k.T * scale + mask)", "y == (A * drop) @ v"),
        {
            "q": (*_ATTENTION, "d(q) == (dS @ k) * scale"),
            "k": (*_ATTENTION, "d(k) == (dS.T @ q) * scale"),
            "v": ("d(v) == (A * drop).T @ g",),
            "mask": (*_ATTENTION, "d(mask) == sum_to(dS, mask_shape)"),
        },
        ("A",),
        {"q": "Q", "k": "K", "v": "V"},
        notes=("heads side by side",),
    ),
    "normalize": Telling(
        (
            "m == mean(x, dim)",
            "s == mean((x - m) ** 2, dim)",
            "xhat == (x - m) / sqrt(s + eps)",
            "y == weight * xhat + bias",
        ),
        {
            "x": ("u == weight * g", "d(x) == (u - mean(u, dim) - xhat * mean(u * xhat, dim)) / sqrt(s + eps)"),
            "weight": ("d(weight) == sum_to(g * xhat, weight_shape)",),
            "bias": ("d(bias) == sum_to(g, bias_shape)",),
        },
        ("m", "s"),
    ),
    "rms_normalize": Telling(
        ("s == mean(x ** 2, dim)", "xhat == x / sqrt(s + eps)", "y == weight * xhat"),
        {
            "x": ("u == weight * g", "d(x) == (u - xhat * mean(u * xhat, dim)) / sqrt(s + eps)"),
            "weight": ("d(weight) == sum_to(g * xhat, weight_shape)",),
        },
        ("s",),
    ),
}
# How a telling's letters are written, where not as they stand.
WRITTEN = {
    "m": "mu", "s": "v", "dh": "δh", "dc": "δc", "di": "δi", "df": "δf", "du": "δu", "do": "δo", "dn": "δn", "dr": "δr", "da": "δa",
    "dA": "δA", "dS": "δS",
}  # fmt: skip

__all__ = ["TELLINGS", "WRITTEN", "Telling"]
