"""Connectionist temporal classification: the likelihood of a sequence of labels whose alignment with the input is not known.

The recursions take arrays and tensors alike, so that the rule has derivatives of every order.
"""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import draw
from ...engine.tables import table
from ...errors import ShapeError, describe
from ..gather import scatter_add
from ..rules import all_of, values

IMPOSSIBLE = -1e30  # the log-probability of an impossible path: finite, because inf - inf would be nan
_FEW = 1 << 10  # log-probabilities up to which paths are kept for later calls
_SHORT = 96  # positions up to which logaddexp takes less time than the functions that NumPy computes in vectors


class _Paths:
    """The alignments that a call allows, as paths through a target with a blank before, between and after its labels.

    Attributes:
        path: (batch, 2 S + 1), the class at each position of such a target, for S labels.
        skip: whether a path may go to a position from two positions before it: the label there is not a blank and a different one.
        steps: the number of times. input_lengths, target_lengths: (batch,). stops: all input lengths that occur.
    """

    def __init__(self, shape, targets, input_lengths, target_lengths, blank):
        self.shape = self.steps, batch, classes = shape
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

    @cached_property
    def index(self):
        """The path, repeated for each time."""
        return np.broadcast_to(self.path, (self.steps, *self.path.shape))

    @cached_property
    def places(self):
        """The flat places of the classes of all paths, (batch * (2 S + 1),) at one time."""
        return (np.arange(self.shape[1])[:, None] * self.shape[2] + self.path).reshape(-1)

    @cached_property
    def all_places(self):
        """The flat places of the classes of all paths, at all times one after the other."""
        return (np.arange(self.steps)[:, None] * (self.shape[1] * self.shape[2]) + self.places).reshape(-1)

    @cached_property
    def last(self):
        """The indices (time, sequence, position) of the last position of each path, a blank, and of the label before it."""
        at, sequences, last = np.maximum(self.input_lengths - 1, 0), np.arange(self.shape[1]), 2 * self.target_lengths
        return (at, sequences, last), (at, sequences, np.maximum(last - 1, 0))

    @cached_property
    def unlabelled(self):
        """Where targets have no label; None if all have one."""
        return None if self.target_lengths.all() else self.target_lengths == 0

    @cached_property
    def skip_back(self):
        """``skip`` seen from the other end: whether a path may come to a position from two positions after it."""
        skip_back = np.zeros_like(self.skip)
        skip_back[:, :-2] = self.skip[:, 2:]
        return skip_back

    @cached_property
    def ends(self):
        """The log-probability of no continuation: 0 where a path may end, else impossible."""
        positions, last = np.arange(self.path.shape[1]), 2 * self.target_lengths[:, None]
        return np.where((positions == last) | (positions == last - 1), 0.0, IMPOSSIBLE)

    @cached_property
    def closed(self):
        """What the steps forwards add to the three terms of all positions: 0, or IMPOSSIBLE for a skip that is not allowed."""
        closed = np.zeros((3, *self.path.shape))
        closed[0][~self.skip] = IMPOSSIBLE
        return closed

    @cached_property
    def closed_back(self):
        """The same for the steps backwards."""
        closed = np.zeros((3, *self.path.shape))
        closed[2][~self.skip_back] = IMPOSSIBLE
        return closed


@table(64)
def _kept(shape, blank, *described):
    targets, input_lengths, target_lengths = [np.frombuffer(data, dtype).reshape(size) for dtype, size, data in described]
    return _Paths(shape, targets, input_lengths, target_lengths, blank)


def _paths(shape, targets, input_lengths, target_lengths, blank):
    """The paths of a call. Small ones are kept, because they take longer than the recursions, and the rule needs them again."""
    arrays = np.asarray(targets), np.asarray(input_lengths), np.asarray(target_lengths)
    if prod(shape) > _FEW or arrays[0].size > _FEW:
        return _Paths(shape, *arrays, blank)
    return _kept(shape, blank, *[(a.dtype, a.shape, a.tobytes()) for a in arrays])


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
        paths: the paths. by: 1 or -1. dtype: of the log-probabilities.

    Attributes:
        rows: (steps, batch, 2 S + 1), the log-probabilities from which steps go. At first all are impossible.
        terms: per time, the windows of the rows, (3, batch, 2 S + 1).
    """

    def __init__(self, paths, by, dtype):
        batch, n = paths.path.shape
        padded = np.empty((paths.steps, batch, n + 2), dtype)  # with two impossible positions before the others, or after them
        padded.fill(IMPOSSIBLE)
        self.rows = padded[:, :, 2:] if by > 0 else padded[:, :, :-2]
        time, sequence, position = padded.strides
        self.terms = np.ndarray((paths.steps, 3, batch, n), dtype, padded, 0, (time, position, sequence, position))
        self.closed = (paths.closed if by > 0 else paths.closed_back).astype(dtype, copy=False)
        self.few = batch * n <= _SHORT

    def __call__(self, terms, out):
        """Write the log-probabilities of all paths with these terms, those of another time, to ``out``."""
        terms = terms + self.closed
        if self.few:
            np.logaddexp.reduce(terms, 0, None, out)
            return
        largest = np.maximum.reduce(terms, 0)
        terms -= largest
        np.exp(terms, out=terms)
        np.add.reduce(terms, 0, None, out)
        np.log(out, out=out)
        out += largest


def _alphas_of_arrays(log_probs, paths):
    """``_alphas``, and its lists as arrays: for numbers alone."""
    dtype = log_probs.dtype
    of_classes = log_probs.reshape(paths.steps, prod(paths.shape[1:])).take(paths.places, 1).reshape(paths.steps, *paths.path.shape)
    np.maximum(of_classes, IMPOSSIBLE, out=of_classes)
    step = _Steps(paths, 1, dtype)
    alphas = step.rows
    if not paths.steps:
        return of_classes, alphas, np.where(paths.target_lengths == 0, dtype.type(0), dtype.type(IMPOSSIBLE))
    alphas[0, :, :2] = of_classes[0, :, :2]
    for t in range(1, paths.steps):
        step(step.terms[t - 1], alphas[t])
        alphas[t] += of_classes[t]
    blank, label = paths.last
    labels = alphas[label]
    if paths.unlabelled is not None:
        labels[paths.unlabelled] = IMPOSSIBLE
    total = np.logaddexp(alphas[blank], labels)
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
    paths = _paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    compute = _alphas_of_arrays if type(log_probs) is np.ndarray else _alphas
    of_classes, alphas, total = compute(log_probs, paths)
    loss = np.where(total > IMPOSSIBLE / 2, -total, np.inf).astype(log_probs.dtype)
    if type(alphas) is list:
        alphas = np.stack(alphas) if alphas else of_classes
    return loss, of_classes, alphas, total


def _ctc_rule(g, log_probs, targets, input_lengths, target_lengths, blank, of_classes, alphas, total):
    """Minus exp(alpha + beta - total): the share, by probability, of the paths that pass through each class at each time."""
    paths = _paths(log_probs.shape, targets, input_lengths, target_lengths, blank)
    if not paths.steps:
        return np.zeros_like(log_probs)
    possible = np.asarray(values(total)) > IMPOSSIBLE / 2
    all_possible = all_of(possible, None)
    if type(log_probs) is type(g) is type(alphas) is np.ndarray:
        shares = alphas + _betas_of_arrays(of_classes, paths)
        shares -= (total if all_possible else np.where(possible, total, 0))[:, None]
        np.exp(shares, out=shares)
        slope = np.zeros(log_probs.shape, log_probs.dtype)
        np.add.at(slope.reshape(-1), paths.all_places, shares.reshape(-1))
        slope *= -g.reshape(1, -1, 1)
    else:
        of_classes, alphas, total = _alphas(log_probs, paths)
        scale = np.where(possible, total, log_probs.dtype.type(0))[:, None]
        shares = np.stack([np.exp(a + b - scale) for a, b in zip(alphas, _betas(of_classes, paths), strict=True)])
        slope = scatter_add(np.zeros(log_probs.shape, log_probs.dtype), shares, dim=2, index=paths.index)
        slope = slope * -np.reshape(g, (1, -1, 1))
    if all_possible:
        return slope
    # Without any possible path the loss is infinite, and its derivative undefined: nan, as in PyTorch.
    undefined = ((np.arange(paths.steps)[:, None] < paths.input_lengths) & ~possible)[:, :, None]
    return np.where(undefined, log_probs.dtype.type(np.nan), slope)


def _betas(of_classes, paths):
    """For each time, the log-probability of all continuations from each position after it."""
    beta, betas = np.full(paths.path.shape, IMPOSSIBLE, of_classes.dtype), []
    for t in range(paths.steps - 1, -1, -1):
        if t + 1 < paths.steps:
            beta = _step(beta + of_classes[t + 1], paths.skip_back, -1)
        if t + 1 in paths.stops:
            beta = np.where((paths.input_lengths == t + 1)[:, None], paths.ends.astype(of_classes.dtype), beta)
        betas.append(beta)
    return betas[::-1]


def _betas_of_arrays(of_classes, paths):
    """The same as one array."""
    step, betas = _Steps(paths, -1, of_classes.dtype), np.empty(of_classes.shape, of_classes.dtype)
    for t in range(paths.steps - 1, -1, -1):
        if t + 1 < paths.steps:
            step(step.terms[t + 1], betas[t])
        else:
            betas[t] = IMPOSSIBLE
        if t + 1 in paths.stops:
            np.copyto(betas[t], paths.ends, where=(paths.input_lengths == t + 1)[:, None])
        np.add(betas[t], of_classes[t], out=step.rows[t])
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
