"""Connectionist temporal classification: the likelihood of a sequence of labels whose alignment with the input is not known.

The recursions take arrays and tensors alike, so that the rule has derivatives of every order.
"""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import draw
from ...errors import ShapeError, describe
from ..gather import scatter_add
from ..rules import values

IMPOSSIBLE = -1e30  # the log-probability of an impossible path: finite, because inf - inf would be nan


class _Paths:
    """The alignments that a call allows, as paths through a target with a blank before, between and after its labels.

    Attributes:
        path: (batch, 2 S + 1), the class at each position of such a target, for S labels.
        skip: whether a path may go to a position from two positions before it: the label there is not a blank and a different one.
        steps: the number of times. input_lengths, target_lengths: (batch,). stops: all input lengths that occur.
    """

    def __init__(self, shape, targets, input_lengths, target_lengths, blank):
        self.steps, batch, classes = shape
        self.input_lengths = np.asarray(input_lengths).reshape(-1)
        self.target_lengths = np.asarray(target_lengths).reshape(-1)
        targets = np.asarray(targets)
        if self.input_lengths.shape != (batch,) or self.target_lengths.shape != (batch,):
            raise ShapeError(f"input_lengths and target_lengths must hold one length for each of the {batch} sequences")
        lengths, labels = self.input_lengths.tolist(), self.target_lengths.tolist()
        self.stops = set(lengths)
        if batch and (max(lengths) > self.steps or min(lengths) < 0):
            raise ShapeError(f"input_lengths must be at most {self.steps}, the length of log_probs: {lengths}")
        if not 0 <= blank < classes:
            raise IndexError(f"blank={blank} must be one of the {classes} classes, from 0 to {classes - 1}")
        longest = max(labels, default=0)
        inside = np.arange(longest) < self.target_lengths[:, None]
        padded = np.full((batch, longest), blank)
        if targets.ndim == 1:
            if len(targets) != self.target_lengths.sum():
                raise ShapeError(f"targets has {len(targets)} elements, and target_lengths sum up to {self.target_lengths.sum()}")
            padded[inside] = targets
        else:
            np.copyto(padded, targets[:, :longest], where=inside)
        # As unsigned numbers, negative ones are too large.
        if padded.size and np.maximum.reduce(padded.view(np.uint64), None) >= classes:
            raise IndexError(f"targets must be classes, from 0 to {classes - 1}: they go from {padded.min()} to {padded.max()}")
        self.path = np.full((batch, 2 * longest + 1), blank)
        self.path[:, 1::2] = padded
        self.skip = np.zeros(self.path.shape, bool)
        self.skip[:, 2:] = (self.path[:, 2:] != blank) & (self.path[:, 2:] != self.path[:, :-2])

    @property
    def index(self):
        """The path, repeated for each time."""
        return np.broadcast_to(self.path, (self.steps, *self.path.shape))

    @property
    def ends(self):
        """Whether a path may end at a position."""
        positions, last = np.arange(self.path.shape[1]), 2 * self.target_lengths[:, None]
        return (positions == last) | (positions == last - 1)


def _shift(a, by):
    """Log-probabilities moved by some positions to the right, or for by < 0 to the left; impossible ones come in."""
    new = np.full((a.shape[0], min(abs(by), a.shape[1])), IMPOSSIBLE, a.dtype)
    return np.concatenate([new, a[:, :-by]], axis=1) if by > 0 else np.concatenate([a[:, -by:], new], axis=1)


def _step(a, skip, by):
    """The log-probability, per position, of all paths from it, from the position before and, with ``skip``, from two before."""
    return np.logaddexp(np.logaddexp(a, _shift(a, by)), np.where(skip, _shift(a, 2 * by), a.dtype.type(IMPOSSIBLE)))


class _Steps:
    """The steps of ``_step``, on arrays: the three terms of all positions are windows of one row, added at once.

    Args:
        skip: as for ``_step``. by: 1 or -1. dtype: of the log-probabilities.
    """

    def __init__(self, skip, by, dtype):
        batch, n = skip.shape
        self.row = np.full((batch, n + 2), IMPOSSIBLE, dtype)  # with two impossible positions before the others, or after them
        self.inner = self.row[:, 2:] if by > 0 else self.row[:, :-2]
        self.windows = np.ndarray((3, batch, n), dtype, self.row, 0, (self.row.itemsize, *self.row.strides))
        self.closed = np.zeros((3, batch, n), dtype)
        self.closed[0 if by > 0 else 2][~skip] = IMPOSSIBLE

    def __call__(self, a, out):
        self.inner[...] = a
        terms = self.windows + self.closed
        largest = np.maximum.reduce(terms, 0)
        terms -= largest
        np.exp(terms, out=terms)
        np.add.reduce(terms, 0, None, out)
        np.log(out, out=out)
        out += largest


def _alphas_of_arrays(log_probs, paths):
    """``_alphas``, and its lists as arrays: for numbers alone."""
    dtype, (batch, n) = log_probs.dtype, paths.path.shape
    sequences = np.arange(batch)
    of_classes = log_probs[:, sequences[:, None], paths.path]
    np.maximum(of_classes, IMPOSSIBLE, out=of_classes)
    alphas = np.empty((paths.steps, batch, n), dtype)
    step = _Steps(paths.skip, 1, dtype)
    for t in range(paths.steps):
        if t:
            step(alphas[t - 1], alphas[t])
        else:
            alphas[t] = IMPOSSIBLE
            alphas[t, :, :2] = 0
        alphas[t] += of_classes[t]
    if not paths.steps:
        return of_classes, alphas, np.where(paths.target_lengths == 0, dtype.type(0), dtype.type(IMPOSSIBLE))
    last, at = 2 * paths.target_lengths, np.maximum(paths.input_lengths - 1, 0)
    label = np.where(paths.target_lengths > 0, alphas[at, sequences, np.maximum(last - 1, 0)], dtype.type(IMPOSSIBLE))
    total = np.logaddexp(alphas[at, sequences, last], label)
    if 0 in paths.stops:
        nothing = np.where(paths.target_lengths == 0, dtype.type(0), dtype.type(IMPOSSIBLE))
        total = np.where(paths.input_lengths == 0, nothing, total)
    return of_classes, alphas, total


def _alphas(log_probs, paths):
    """Log-probabilities: of each position's class per time; alphas[t], of all paths up to a position at time t; of all paths."""
    zero, impossible = log_probs.dtype.type(0), log_probs.dtype.type(IMPOSSIBLE)
    of_classes = np.maximum(np.take_along_axis(log_probs, paths.index, axis=2), impossible)
    rows, last = np.arange(len(paths.target_lengths)), 2 * paths.target_lengths
    total = np.where((paths.input_lengths == 0) & (paths.target_lengths == 0), zero, impossible)
    start = np.broadcast_to(np.where(np.arange(paths.path.shape[1]) < 2, zero, impossible), paths.path.shape)
    alphas: list = []
    for t in range(len(of_classes)):
        alphas.append(of_classes[t] + (_step(alphas[-1], paths.skip, 1) if t else start))
        if t + 1 in paths.stops:
            ending = paths.input_lengths == t + 1
            label = np.where(paths.target_lengths > 0, alphas[t][rows, np.maximum(last - 1, 0)], impossible)
            total = np.where(ending, np.logaddexp(alphas[t][rows, last], label), total)
    return of_classes, alphas, total


def _ctc(log_probs, targets, input_lengths, target_lengths, blank=0):
    if log_probs.ndim != 3:
        raise ShapeError(f"log_probs is {describe(log_probs)}: it must be (time, batch, classes)")
    paths = _Paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    compute = _alphas_of_arrays if type(log_probs) is np.ndarray else _alphas
    of_classes, alphas, total = compute(log_probs, paths)
    loss = np.where(total > IMPOSSIBLE / 2, -total, np.inf).astype(log_probs.dtype)
    if type(alphas) is list:
        alphas = np.stack(alphas) if alphas else of_classes
    return loss, of_classes, alphas, total


def _ctc_rule(g, log_probs, targets, input_lengths, target_lengths, blank, of_classes, alphas, total):
    """Minus exp(alpha + beta - total): the share, by probability, of the paths that pass through each class at each time."""
    paths = _Paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    if not paths.steps:
        return np.zeros_like(log_probs)
    plain = type(log_probs) is type(g) is type(alphas) is np.ndarray
    if not plain:
        of_classes, alphas, total = _alphas(log_probs, paths)
    zero, impossible = log_probs.dtype.type(0), log_probs.dtype.type(IMPOSSIBLE)
    skip_back = np.zeros_like(paths.skip)
    skip_back[:, :-2] = paths.skip[:, 2:]
    end = np.where(paths.ends, zero, impossible)
    possible = np.asarray(values(total)) > IMPOSSIBLE / 2
    scale = np.where(possible, total, zero)[:, None]
    if plain:
        shares = np.exp(alphas + _betas_of_arrays(of_classes, paths, skip_back, end) - scale)
    else:
        shares = np.stack([np.exp(a + b - scale) for a, b in zip(alphas, _betas(of_classes, paths, skip_back, end), strict=True)])
    slope = scatter_add(np.zeros(log_probs.shape, log_probs.dtype), shares, dim=2, index=paths.index)
    # Without any possible path the loss is infinite, and its derivative undefined: nan, as in PyTorch.
    undefined = ((np.arange(paths.steps)[:, None] < paths.input_lengths) & ~possible)[:, :, None]
    return np.where(undefined, log_probs.dtype.type(np.nan), slope * -np.reshape(g, (1, -1, 1)))


def _betas(of_classes, paths, skip_back, end):
    """For each time, the log-probability of all continuations from each position after it. end: that of none."""
    beta, betas = np.full(paths.path.shape, IMPOSSIBLE, of_classes.dtype), []
    for t in range(paths.steps - 1, -1, -1):
        if t + 1 < paths.steps:
            beta = _step(beta + of_classes[t + 1], skip_back, -1)
        if t + 1 in paths.stops:
            beta = np.where((paths.input_lengths == t + 1)[:, None], end, beta)
        betas.append(beta)
    return betas[::-1]


def _betas_of_arrays(of_classes, paths, skip_back, end):
    """The same as one array."""
    betas, step = np.full(of_classes.shape, IMPOSSIBLE, of_classes.dtype), _Steps(skip_back, -1, of_classes.dtype)
    for t in range(paths.steps - 1, -1, -1):
        if t + 1 < paths.steps:
            step(betas[t + 1] + of_classes[t + 1], betas[t])
        if t + 1 in paths.stops:
            np.copyto(betas[t], end, where=(paths.input_lengths == t + 1)[:, None])
    return betas


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
    "ctc", _ctc, log_probs=_ctc_rule, extras=("of_classes", "alphas", "total"), analytic=False, samples=_samples,
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
        log_probs: (time, batch, classes), log-probabilities.
        targets: (batch, longest), class numbers; or all targets one after the other in one row.
        input_lengths, target_lengths: (batch,).
        blank: the class that means no label.

    Raises:
        ShapeError: lengths that do not fit. IndexError: a target, or a blank, that is no class.

    Source: Graves et al., Connectionist Temporal Classification, 2006, equations 6 to 16.

    Example:
        >>> import autograd, nn, numpy
        >>> p = autograd.tensor(numpy.log([[[0.5, 0.5]], [[0.5, 0.5]]]))
        >>> nn.functional.ctc_loss(p, autograd.tensor([[1]]), [2], [1])  # 3 of the 4 paths become [1]
        tensor(0.2877, dtype=float64)
    """,
)
