"""Adaptive softmax over very many classes: one layer for the frequent classes, and smaller layers for clusters of rare ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.engine.modes import here
from autograd.errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from autograd.functions import join
from autograd.types import Device, DType, Tensor

from .. import functional as F
from ..module import Module
from .containers import ModuleList, Sequential
from .linear import Linear


class ASMoutput(NamedTuple):
    """The result of ``AdaptiveLogSoftmaxWithLoss``: the log-probability of each target, and minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax over very many classes, and its loss. Class 0 must be the most frequent class, class 1 the next, and so on.

    The cutoffs divide the classes into the frequent ones, below the first cutoff, and clusters of rarer ones. One linear layer, the
    head, has an output for each frequent class and one for each cluster. Each cluster has layers of its own (a tail) for the
    classes in it; they have fewer features the rarer the classes are, and are computed only for targets in that cluster.

    Formula: log p(c) = log softmax(head x)_c in the head; log softmax(head x)_cluster + log softmax(tail x)_c in a cluster.

    Args:
        in_features: size of the last dimension of the input. n_classes: number of classes.
        cutoffs: where clusters begin, increasing, from 1 to n_classes - 1.
        div_value: cluster i (from 1) is computed through in_features / div_value^i features.
        head_bias: whether the head has a bias.

    Shapes: input (batch, in_features) or (in_features,), target (batch,) or (); output has the shape of target, loss is a scalar.

    Raises:
        ArgumentError: the cutoffs are not increasing, or out of range. IndexError: a target is not a class number.

    Source: Grave et al., Efficient softmax approximation for GPUs, 2016.

    Example:
        >>> import autograd, nn
        >>> m = nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs=[5, 10])
        >>> output, loss = m(autograd.ones(3, 16), autograd.tensor([0, 7, 19]))
        >>> output.shape, m.log_prob(autograd.ones(3, 16)).exp().sum(1).round(decimals=3).tolist()
        ((3,), [1.0, 1.0, 1.0])
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ArgumentError("AdaptiveLogSoftmaxWithLoss: cutoffs should be a sequence of length larger than 0")
        if any(int(c) != c for c in cutoffs) or any(b <= a for a, b in pairwise([0, *cutoffs, n_classes])):
            raise ArgumentError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, where each value is between 1 and n_classes-1={n_classes - 1}, not {cutoffs}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, device=device, dtype=dtype),
                    Linear(width, high - low, bias=False, device=device, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster.children():
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> ASMoutput:
        """Return the log-probability of each target, and minus their mean."""
        name = "AdaptiveLogSoftmaxWithLoss"
        target = target_.array if hasattr(target_, "array") else np.asarray(target_)
        if target.dtype.kind not in "iu":
            raise DtypeError(f"{here(name)}: target must hold class numbers, which are integers, not {describe(target)}")
        if target.ndim > 1 or tuple(input_.shape) != (*target.shape, self.in_features):
            raise ShapeError(
                f"{here(name)}: input {describe(input_)} and target {describe(target)} do not fit: expected "
                f"(batch, {self.in_features}) and (batch,), or ({self.in_features},) and ()"
            )
        alone = target.ndim == 0
        input = input_.unsqueeze(0) if alone else input_
        target = target.reshape(-1)
        if target.size and (target.min() < 0 or target.max() >= self.n_classes):
            raise RangeError(
                f"{here(name)}: Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min()}, {target.max()}] were found"
            )
        cluster = np.searchsorted(self.cutoffs, target, side="right")  # 0: a frequent class, which the head itself has
        entry = np.where(cluster == 0, target, self.shortlist_size + cluster - 1)
        output = _picked(F.log_softmax(self.head(input), dim=1), entry)
        for i, tail in enumerate(self.tail):
            rows = np.flatnonzero(cluster == i + 1)
            if len(rows):
                part = _picked(F.log_softmax(tail(input[rows]), dim=1), target[rows] - self.cutoffs[i])
                output = output.index_add(0, rows, part)
        return ASMoutput(output[0] if alone else output, -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: (batch, in_features) becomes (batch, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            k = self.shortlist_size + i
            parts.append(autograd.add(F.log_softmax(tail(input), dim=1), head[:, k : k + 1]))
        return join.cat(parts, dim=1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row: (batch, in_features) becomes (batch,), integers."""
        best = self.head(input).array.argmax(1)
        # A frequent class that is more probable than every cluster is more probable than each class in them.
        rows = np.flatnonzero(best >= self.shortlist_size)
        if len(rows):
            best[rows] = self.log_prob(input[rows]).array.argmax(1)
        return make(best)


def _picked(rows: Any, columns: np.ndarray) -> Any:
    """One element of each row."""
    return autograd.getitem(rows, index=(np.arange(len(columns)), columns))
