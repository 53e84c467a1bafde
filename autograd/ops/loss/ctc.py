"""Connectionist temporal classification: the likelihood of a labelling whose alignment in time is not known.

The recursions are written in functions that take arrays and tensors alike, so that the derivative has derivatives of every order.
"""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import draw
from ...errors import ShapeError, describe
from ..gather import scatter_add

NEVER = -1e30  # the log-probability of the impossible: finite, so that no inf - inf arises


class _Paths:
    """What a call asks for besides probabilities: each target with blanks between, and where paths may go.

    path: (batch, 2 S + 1), the classes. skip: where a path may come from two places before, because the two classes differ.
    ends: where it may end. ins, outs: lengths.
    """

    def __init__(self, shape, targets, input_lengths, target_lengths, blank):
        steps, batch, classes = shape
        self.ins, self.outs = np.asarray(input_lengths).reshape(-1), np.asarray(target_lengths).reshape(-1)
        targets = np.asarray(targets)
        if self.ins.shape != (batch,) or self.outs.shape != (batch,):
            raise ShapeError(f"input_lengths and target_lengths must hold one length for each of the {batch} sequences")
        if batch and (self.ins.max() > steps or self.ins.min() < 0):
            raise ShapeError(f"input_lengths must be at most {steps}, the length of log_probs: {self.ins.tolist()}")
        if not 0 <= blank < classes:
            raise IndexError(f"blank={blank} must be one of the {classes} classes, from 0 to {classes - 1}")
        longest = int(self.outs.max(initial=0))
        inside = np.arange(longest) < self.outs[:, None]
        padded = np.full((batch, longest), blank)
        if targets.ndim == 1:
            if len(targets) != self.outs.sum():
                raise ShapeError(f"targets has {len(targets)} elements, and target_lengths sum up to {self.outs.sum()}")
            padded[inside] = targets
        else:
            padded = np.where(inside, targets[:, :longest], blank)
        if padded.size and (padded.min() < 0 or padded.max() >= classes):
            raise IndexError(f"targets must be classes, from 0 to {classes - 1}: found {padded.min()} to {padded.max()}")
        self.path = np.full((batch, 2 * longest + 1), blank)
        self.path[:, 1::2] = padded
        self.skip = np.zeros(self.path.shape, bool)
        self.skip[:, 2:] = (self.path[:, 2:] != blank) & (self.path[:, 2:] != self.path[:, :-2])
        places = np.arange(2 * longest + 1)
        last = 2 * self.outs[:, None]
        self.ends = (places == last) | (places == last - 1)
        self.index = np.broadcast_to(self.path, (steps, *self.path.shape))


def _shift(a, by):
    """Columns moved right (or left), the impossible coming in."""
    new = np.full((a.shape[0], min(abs(by), a.shape[1])), NEVER, a.dtype)
    return np.concatenate([new, a[:, :-by]], axis=1) if by > 0 else np.concatenate([a[:, -by:], new], axis=1)


def _step(a, skip, by):
    """The log-probability of all that comes from the same place, the next, and where skip allows it the one after that."""
    return np.logaddexp(np.logaddexp(a, _shift(a, by)), np.where(skip, _shift(a, 2 * by), a.dtype.type(NEVER)))


def _alphas(log_probs, paths):
    """Probabilities along the paths; alphas[t], of all paths that are at s at time t; and of each sequence the sum of all."""
    zero, never = log_probs.dtype.type(0), log_probs.dtype.type(NEVER)
    along = np.maximum(np.take_along_axis(log_probs, paths.index, axis=2), never)
    rows, last = np.arange(len(paths.outs)), 2 * paths.outs
    total = np.where((paths.ins == 0) & (paths.outs == 0), zero, never)
    start = np.broadcast_to(np.where(np.arange(paths.path.shape[1]) < 2, zero, never), paths.path.shape)
    alphas: list = []
    for t in range(len(along)):
        alphas.append(along[t] + (_step(alphas[-1], paths.skip, 1) if t else start))
        ending = paths.ins == t + 1
        if ending.any():
            label = np.where(paths.outs > 0, alphas[t][rows, np.maximum(last - 1, 0)], never)
            total = np.where(ending, np.logaddexp(alphas[t][rows, last], label), total)
    return along, alphas, total


def _ctc(log_probs, targets, input_lengths, target_lengths, blank=0):
    if log_probs.ndim != 3:
        raise ShapeError(f"log_probs is {describe(log_probs)}: it must be (time, batch, classes)")
    paths = _Paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    total = _alphas(log_probs, paths)[2]
    return np.where(total > NEVER / 2, -total, np.inf).astype(log_probs.dtype)


def _ctc_rule(g, log_probs, targets, input_lengths, target_lengths, blank):
    """Minus the share of all paths that pass at each time through each class, exp(alpha + beta - total)."""
    paths = _Paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    along, alphas, total = _alphas(log_probs, paths)
    zero, never = log_probs.dtype.type(0), log_probs.dtype.type(NEVER)
    follows = np.zeros_like(paths.skip)
    follows[:, :-2] = paths.skip[:, 2:]
    end = np.where(paths.ends, zero, never)
    possible = np.asarray(getattr(total, "array", total)) > NEVER / 2
    scale = np.where(possible, total, zero)[:, None]
    shares = []  # the last time first
    beta = np.full(paths.path.shape, NEVER, log_probs.dtype)  # of all that follows, without the probability at t itself
    for t in range(len(alphas) - 1, -1, -1):
        if t + 1 < len(alphas):
            beta = _step(beta + along[t + 1], follows, -1)
        beta = np.where((paths.ins == t + 1)[:, None], end, beta)
        shares.append(np.exp(alphas[t] + beta - scale))
    if not shares:
        return np.zeros_like(log_probs)
    slope = scatter_add(np.zeros(log_probs.shape, log_probs.dtype), np.stack(shares[::-1]), dim=2, index=paths.index)
    # No path at all: the loss is infinite, and its derivative is none.
    undefined = ((np.arange(len(alphas))[:, None] < paths.ins) & ~possible)[:, :, None]
    return np.where(undefined, log_probs.dtype.type(np.nan), slope * -np.reshape(g, (1, -1, 1)))


def _log_probs(shape, seed=0):
    x = draw(shape, seed=seed)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _samples():
    x = _log_probs((5, 2, 4))
    yield Sample(x, targets=np.array([[1, 2], [3, 3]]), input_lengths=[5, 4], target_lengths=[2, 2])
    yield Sample(x, targets=np.array([1, 2, 2]), input_lengths=[4, 5], target_lengths=[2, 1], blank=0)
    yield Sample(x, targets=np.array([0, 1]), input_lengths=[0, 5], target_lengths=[0, 2], blank=3)


_ZERO = np.zeros((3, 1, 2))

ctc = op(
    "ctc", _ctc, log_probs=_ctc_rule, analytic=False, samples=_samples,
    errors=lambda: [
        Sample(_ZERO, targets=np.array([[5]]), input_lengths=[3], target_lengths=[1], raises=IndexError, match="classes"),
        Sample(_ZERO, targets=np.array([[1]]), input_lengths=[4], target_lengths=[1], raises=ShapeError, match="at most 3"),
        Sample(_ZERO, targets=np.array([1]), input_lengths=[3], target_lengths=[2], raises=ShapeError, match="sum up to 2"),
        Sample(_ZERO, targets=np.array([[1]]), input_lengths=[3], target_lengths=[1], blank=2, raises=IndexError, match="blank=2"),
        Sample(_ZERO[0], targets=np.array([[1]]), input_lengths=[3], target_lengths=[1], raises=ShapeError, match="batch"),
    ],
    formula={
        "y": "-log(p); p = 'the sum over all alignments of the products of their probabilities'",
        "log_probs": "-g * c; c = 'how often each symbol is expected at each time, given the targets'",
    },
    doc="""Connectionist temporal classification: minus the log-probability of all alignments of each target with its input.

    Args:
        log_probs: (time, batch, classes), log-probabilities. targets: (batch, longest), or all targets in one row.
        input_lengths, target_lengths: (batch,). blank: the class that stands for no label.

    Source: Graves et al., Connectionist Temporal Classification, 2006, equations 6 to 16.

    Example:
        >>> import autograd, nn, numpy
        >>> p = autograd.tensor(numpy.log([[[0.5, 0.5]], [[0.5, 0.5]]]))
        >>> nn.functional.ctc_loss(p, autograd.tensor([[1]]), [2], [1])  # 3 of the 4 paths become [1]
        tensor(0.2877, dtype=float64)
    """,
)
