"""Connectionist temporal classification: the likelihood of a labelling whose alignment in time is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError, describe
from ..op import Op, Sample, op
from ..samples import draw

NEVER = -1e30  # the log-probability of the impossible: finite, so that no inf - inf arises


def _log_add(*arrays):
    top = np.maximum.reduce([a.real for a in arrays])
    return top + np.log(sum(np.exp(a - top) for a in arrays))


def _shift(a, by):
    """Columns moved right (or left), the impossible coming in."""
    out = np.full_like(a, NEVER)
    if by > 0:
        out[:, by:] = a[:, :-by]
    else:
        out[:, :by] = a[:, -by:]
    return out


def _ctc_paths(log_probs, targets, input_lengths, target_lengths, blank):
    """Targets with blanks between, log-probabilities along them, and where a blank may be skipped: (batch, 2 S + 1)."""
    if log_probs.ndim != 3:
        raise ShapeError(f"log_probs is {describe(log_probs)}: it must be (time, batch, classes)")
    steps, batch, classes = log_probs.shape
    ins, outs = np.asarray(input_lengths).reshape(-1), np.asarray(target_lengths).reshape(-1)
    targets = np.asarray(targets)
    if ins.shape != (batch,) or outs.shape != (batch,):
        raise ShapeError(f"input_lengths and target_lengths must hold one length for each of the {batch} sequences")
    if ins.size and (ins.max() > steps or ins.min() < 0):
        raise ShapeError(f"input_lengths must be at most {steps}, the length of log_probs: {ins.tolist()}")
    if not 0 <= blank < classes:
        raise IndexError(f"blank={blank} must be one of the {classes} classes")
    longest = int(outs.max(initial=0))
    padded = np.full((batch, longest), blank)
    if targets.ndim == 1:
        if len(targets) != outs.sum():
            raise ShapeError(f"targets has {len(targets)} elements, and target_lengths sum up to {outs.sum()}")
        padded[np.arange(longest) < outs[:, None]] = targets
    else:
        padded = np.where(np.arange(longest) < outs[:, None], targets[:, :longest], blank)
    if padded.size and (padded.min() < 0 or padded.max() >= classes):
        raise IndexError(f"targets must be classes, from 0 to {classes - 1}: found {padded.min()} to {padded.max()}")
    path = np.full((batch, 2 * longest + 1), blank)
    path[:, 1::2] = padded
    skip = np.zeros(path.shape, bool)
    skip[:, 2:] = (path[:, 2:] != blank) & (path[:, 2:] != path[:, :-2])
    along = np.take_along_axis(log_probs, np.broadcast_to(path, (steps, *path.shape)), axis=2)
    return path, along, skip, ins, outs


def _ctc(log_probs, targets, input_lengths, target_lengths, blank=0):
    _, along, skip, ins, outs = _ctc_paths(log_probs, targets, input_lengths, target_lengths, blank)
    total = _likelihood(_forward_paths(along, skip), ins, outs)
    return np.where(total > NEVER / 2, -total, np.inf).astype(log_probs.dtype)


def _forward_paths(along, skip):
    """alpha[t, b, s]: the log-probability of all paths that are at s at time t."""
    alphas = np.full_like(along, NEVER)
    if len(along):
        alphas[0, :, :2] = along[0, :, :2]
    for t in range(1, len(along)):
        a = alphas[t - 1]
        alphas[t] = along[t] + _log_add(a, _shift(a, 1), np.where(skip, _shift(a, 2), NEVER))
    return alphas


def _likelihood(alphas, ins, outs):
    rows = np.arange(alphas.shape[1])
    last = alphas[np.maximum(ins - 1, 0), rows]
    ends = _log_add(last[rows, 2 * outs], np.where(outs > 0, last[rows, np.maximum(2 * outs - 1, 0)], NEVER))
    return np.where(ins > 0, ends, np.where(outs > 0, NEVER, 0.0))


def _ctc_slope(log_probs, targets, input_lengths, target_lengths, blank=0):
    path, along, skip, ins, outs = _ctc_paths(log_probs, targets, input_lengths, target_lengths, blank)
    alphas = _forward_paths(along, skip)
    steps, batch, width = along.shape
    places = np.arange(width)
    final = np.where((places == 2 * outs[:, None]) | (places == 2 * outs[:, None] - 1), 0.0, NEVER)
    follows = np.zeros_like(skip)
    follows[:, :-2] = skip[:, 2:]
    betas = np.full_like(along, NEVER)  # without the probability at t itself
    for t in range(steps - 1, -1, -1):
        if t + 1 < steps:
            b = betas[t + 1] + along[t + 1]
            betas[t] = _log_add(b, _shift(b, -1), np.where(follows, _shift(b, -2), NEVER))
        betas[t] = np.where((ins - 1 == t)[:, None], final, np.where((ins - 1 > t)[:, None], betas[t], NEVER))
    total = _likelihood(alphas, ins, outs)
    possible = total.real > NEVER / 2
    share = np.exp(alphas + betas - np.where(possible, total, 0)[:, None])
    slope = np.zeros_like(log_probs)
    np.add.at(slope, (np.arange(steps)[:, None, None], np.arange(batch)[:, None], path), -share)
    slope[:, ~possible] = np.nan  # no path at all: the loss is infinite
    return slope


def _ctc_curvature(log_probs, direction, targets, input_lengths, target_lengths, blank=0):
    """The Hessian times a direction: how the slope changes along it, by a complex step, exact to the last digits."""
    step = 1e-20
    moved = log_probs.astype(complex) + 1j * step * direction
    return (_ctc_slope(moved, targets, input_lengths, target_lengths, blank).imag / step).astype(log_probs.dtype)


def _no_third(g):
    raise GraphError("ctc_loss has derivatives up to the second order: this would be the third")


_CTC: list[dict[str, Any]] = [
    {"targets": np.array([[1, 2], [3, 3]]), "input_lengths": [5, 4], "target_lengths": [2, 2]},
    {"targets": np.array([1, 2, 2]), "input_lengths": [4, 5], "target_lengths": [2, 1], "blank": 0},
]


def _log_probs(shape, seed=0):
    x = draw(shape, seed=seed)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


ctc_curvature: Op = op(
    "ctc_curvature", _ctc_curvature, log_probs=_no_third,
    direction=lambda g, log_probs, targets, input_lengths, target_lengths, blank: ctc_curvature(
        log_probs, g, targets=targets, input_lengths=input_lengths, target_lengths=target_lengths, blank=blank
    ),
    analytic=False, samples=lambda: [Sample(_log_probs((5, 2, 4)), draw((5, 2, 4), seed=1), **p, kink=True) for p in _CTC],
    doc="The second derivative of ctc times a direction.",
)  # fmt: skip
ctc_slope = op(
    "ctc_slope", _ctc_slope,
    log_probs=lambda g, log_probs, targets, input_lengths, target_lengths, blank: ctc_curvature(
        log_probs, g, targets=targets, input_lengths=input_lengths, target_lengths=target_lengths, blank=blank
    ),
    analytic=False, samples=lambda: [Sample(_log_probs((5, 2, 4)), **p, kink=True) for p in _CTC],
    doc="The derivative of ctc in its log-probabilities: minus the share of all paths that pass there.",
)  # fmt: skip


def _ctc_rule(g, log_probs, targets, input_lengths, target_lengths, blank):
    slope = ctc_slope(log_probs, targets=targets, input_lengths=input_lengths, target_lengths=target_lengths, blank=blank)
    return slope * np.reshape(g, (1, -1, 1))


_ZERO = np.zeros((3, 1, 2))

ctc = op(
    "ctc", _ctc, log_probs=_ctc_rule, analytic=False,
    samples=lambda: [Sample(_log_probs((5, 2, 4)), **params) for params in _CTC],
    errors=lambda: [
        Sample(_ZERO, targets=np.array([[5]]), input_lengths=[3], target_lengths=[1], raises=IndexError, match="classes"),
        Sample(_ZERO, targets=np.array([[1]]), input_lengths=[4], target_lengths=[1], raises=ShapeError, match="at most 3"),
    ],
    doc="""Connectionist temporal classification: minus the log-probability of all alignments of each target with its input.

    Args:
        log_probs: (time, batch, classes), log-probabilities. targets: (batch, longest), or all targets in one row.
        input_lengths, target_lengths: (batch,). blank: the class that stands for no label.

    Source: Graves et al., Connectionist Temporal Classification, 2006, equations 6 to 16.
    """,
)  # fmt: skip
