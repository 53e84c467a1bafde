"""The losses of classes as functions: by number or by probabilities, and those of sequences of classes without an alignment."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import make
from autograd.engine.modes import here
from autograd.engine.recording import AnyTensor, operand, recorded
from autograd.engine.values.dtypes import to_dtype
from autograd.errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from autograd.ops import activation
from autograd.ops import linear as _linear
from autograd.ops.loss import pointwise as ops
from autograd.ops.loss.chunked import chunked_cross_entropy
from autograd.ops.loss.ctc import ctc
from autograd.types import ArrayLike, DType, Tensor, TensorLike

from .loss import known, numbers, reduced, reduction_of

_nll_loss = recorded(ops.nll_loss)
_cross_entropy = recorded(ops.cross_entropy)
_log_softmax = recorded(activation.log_softmax)
_linear_op = recorded(_linear.linear)
_ctc = recorded(ctc)
_chunked = recorded(chunked_cross_entropy)


def _plain(value: Any, name: str) -> np.ndarray:
    return value.array if isinstance(value, AnyTensor) else np.asarray(operand(value, name)[0])


def nll_loss(
    input: Tensor, target: Tensor, weight: TensorLike | None = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Negative log-likelihood: minus the log-probability of each target's class.

    Formula: -w_t input[n, t]; the mean is divided by the sum of the w_t.

    Args:
        input: (batch, classes, ...) or (classes,), log-probabilities, as ``log_softmax`` gives them.
        target: (batch, ...) or (), class numbers. weight: (classes,), how much each class counts.
        ignore_index: a target that does not count.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        IndexError: a target that is no class. ShapeError: a target whose shape is not that of the input without its classes.
        DtypeError: targets that are not integers.

    Example:
        >>> import autograd, nn
        >>> p = autograd.tensor([[0.5, 0.5], [0.1, 0.9]])
        >>> nn.functional.nll_loss(p.log(), autograd.tensor([0, 1]), reduction="none")
        tensor([0.6931, 0.1054], dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    labels = _plain(target, "nll_loss's target")
    numbers("nll_loss", "input", input)
    weight = weight.array if isinstance(weight, AnyTensor) else weight
    return _nll_loss(input, target=labels, weight=weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(
    input: Tensor, target: Tensor, weight: TensorLike | None = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Cross entropy of logits with classes, given by number or by probabilities: ``log_softmax`` and ``nll_loss`` in one.

    Formula: -w_t log(softmax(x))_t for a class number t, its derivative softmax(x) - onehot(t) where w = 1;
    -sum_c w_c q_c log(softmax(x))_c for probabilities q. The mean is divided by the sum of the w_t, or by the batch size.

    Args:
        input: x, (batch, classes, ...) or (classes,), any numbers.
        target: class numbers, (batch, ...) or (); or probabilities, floating and of the shape of input.
        weight: (classes,), how much each class counts. ignore_index: a class number that does not count.
        label_smoothing: the share of the target that is spread evenly over all classes.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        IndexError: a target that is no class. ShapeError: a target whose shape does not fit. DtypeError: floating targets of the
            shape of class numbers. ArgumentError: a label_smoothing outside of [0, 1].

    Source: label smoothing from Szegedy et al., Rethinking the Inception architecture, 2015, section 7.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([[0.0, 0.0], [0.0, 100.0]])
        >>> nn.functional.cross_entropy(x, autograd.tensor([0, 1]), reduction="none")
        tensor([0.6931, 0.0000], dtype=float32)
    """
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    labels = target.array if isinstance(target, AnyTensor) else _plain(target, "cross_entropy's target")
    if labels.dtype.kind not in "fc":
        weight = weight.array if isinstance(weight, AnyTensor) else weight
        return _cross_entropy(
            input, target=labels, weight=weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
        )
    return _with_probabilities(input, target, labels, weight, ignore_index, reduction, label_smoothing)


def _with_probabilities(
    input: TensorLike, target: TensorLike, q: np.ndarray, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    name = "cross_entropy"
    x = _plain(input, "cross_entropy's input")
    if q.shape != x.shape:
        if x.ndim and q.shape == x.shape[: x.ndim != 1] + x.shape[1 + (x.ndim != 1) :]:
            raise DtypeError(
                f"{here(name)}: target {describe(q)} has the shape of class numbers, which must be integers: convert with .long(); "
                f"class probabilities have the shape of input, {describe(x)}"
            )
        raise ShapeError(
            f"{here(name)}: target {describe(q)} holds probabilities, and must have the shape of input {describe(x)}; "
            f"class numbers must be integers"
        )
    if not x.ndim:
        raise ShapeError(f"{here(name)}: input must have a dimension of classes, (batch, classes, ...), not {describe(x)}")
    if ignore_index >= 0:
        raise ArgumentError(
            f"{here(name)}: ignore_index={ignore_index} is not supported for floating point target: it is for class numbers"
        )
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"{here(name)}: label_smoothing must lie between 0 and 1, not at {label_smoothing}")
    dim = 0 if x.ndim == 1 else 1
    classes = x.shape[dim]
    if label_smoothing:
        target = autograd.add(autograd.mul(target, 1 - label_smoothing), label_smoothing / classes)
    if weight is not None:
        w = _plain(weight, "cross_entropy's weight")
        if w.shape != (classes,):
            raise ShapeError(f"{here(name)}: weight {describe(w)} must have one number per class, ({classes},)")
        target = autograd.mul(target, w.reshape((-1,) + (1,) * (x.ndim - dim - 1)))
    losses = autograd.neg(autograd.sum(autograd.mul(_log_softmax(input, dim=dim), target), dim=dim))
    return reduced(name, losses, reduction)


def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: TensorLike | None = None,
    weight: TensorLike | None = None, reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:  # fmt: skip
    """Cross entropy of a linear layer's outputs: ``cross_entropy(linear(input, linear_weight, linear_bias), target)``.

    Args:
        input: (batch, in_features) or (in_features,). linear_weight: (classes, ..., in_features). linear_bias: (classes, ...).
        target: as for ``cross_entropy`` of (batch, classes, ...). weight, ignore_index, label_smoothing: as there.
        options: a ``nn.LinearCrossEntropyOptions``, to compute the outputs in chunks of the batch, which takes less memory. The
            target must then be class numbers, one per sample, without label smoothing; otherwise the options have no effect, and
            a warning says so.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: shapes that do not fit. ArgumentError: an ignore_index together with probabilities.

    Example:
        >>> import autograd, nn
        >>> x, w = autograd.tensor([[1.0, 2.0]]), autograd.tensor([[0.0, 0.0], [0.0, 0.0]])
        >>> nn.functional.linear_cross_entropy(x, w, autograd.tensor([1]))
        tensor(0.6931, dtype=float32)
    """
    name = "linear_cross_entropy"
    x, w = _plain(input, f"{name}'s input"), _plain(linear_weight, f"{name}'s linear_weight")
    if x.ndim not in (1, 2) or w.ndim < 2 or x.shape[-1] != w.shape[-1]:
        raise ShapeError(
            f"{here(name)}: input {describe(x)} must be (batch, in_features) or (in_features,), and linear_weight {describe(w)} "
            f"(classes, ..., in_features) with the same last dimension"
        )
    outputs = w.shape[:-1]
    labels = _plain(target, f"{name}'s target")
    index = -100 if ignore_index is None else ignore_index
    if len(outputs) > 1:
        if x.ndim == 1:
            raise ShapeError(f"{here(name)}: linear_weight {describe(w)} of several places needs a batch, not input {describe(x)}")
        linear_weight = autograd.reshape(linear_weight, (-1, w.shape[-1]))
    if linear_bias is not None:
        b = _plain(linear_bias, f"{name}'s linear_bias")
        if b.shape != outputs:
            raise ShapeError(f"{here(name)}: linear_bias {describe(b)} must have the shape {outputs}")
        linear_bias = autograd.reshape(linear_bias, (-1,))
    if options is not None:
        if len(outputs) == 1 and not label_smoothing and labels.dtype.kind in "iu":
            return _in_chunks(input, linear_weight, linear_bias, labels, weight, index, reduction, options)
        warnings.warn(
            f"{name}: options ignored: chunks are for class numbers of one place per sample and label_smoothing=0, not for target "
            f"{describe(labels)}, linear_weight {describe(w)} and label_smoothing={label_smoothing}",
            stacklevel=2,
        )
    logits = _linear_op(input, linear_weight, linear_bias)
    shape = (*x.shape[:-1], *outputs)
    if len(outputs) > 1:
        logits = autograd.reshape(logits, shape)
    if ignore_index is not None and labels.shape == shape:
        raise ArgumentError(f"{here(name)}: ignore_index cannot be specified when target contains probabilities")
    return cross_entropy(logits, target, weight, ignore_index=index, reduction=reduction, label_smoothing=label_smoothing)


def _in_chunks(
    input: TensorLike, linear_weight: TensorLike, linear_bias: Any, labels: np.ndarray, weight: Any, ignore_index: int,
    reduction: str, options: LinearCrossEntropyOptions,
) -> Tensor:  # fmt: skip
    name = "linear_cross_entropy"
    known(name, reduction)
    x, w = _plain(input, name), _plain(linear_weight, name)
    classes, features = w.shape
    if x.ndim == 1:
        input = autograd.unsqueeze(input, 0)
        labels = labels.reshape(-1)
    samples = len(_plain(input, name))
    if labels.shape != (samples,):
        raise ShapeError(f"{here(name)}: target {describe(labels)} must have one class number for each of {samples} samples")
    counts = labels != ignore_index
    if not ((labels >= 0) & (labels < classes) | ~counts).all():
        raise RangeError(f"{here(name)}: Target is out of bounds: there are {classes} classes, and targets {labels[counts]}")
    labels = labels * counts
    if weight is None:
        each = counts.astype(x.dtype)
    else:
        each = _plain(weight, f"{name}'s weight")
        if each.shape != (classes,):
            raise ShapeError(f"{here(name)}: weight {describe(each)} must have one number per class, ({classes},)")
        each = each[labels] * counts
    inputs = [input, linear_weight, linear_bias]
    kind = options.dtype(x.dtype)
    if kind != x.dtype:
        inputs = [None if value is None else autograd.astype(value, kind) for value in inputs]
    losses = _chunked(*inputs, target=labels, chunk=options.chunk_size(samples, features, classes, x.dtype))
    losses = autograd.mul(autograd.masked_fill(losses, ~counts, 0), each.astype(kind))
    if reduction == "sum":
        losses = autograd.sum(losses)
    elif reduction == "mean":
        losses = autograd.mul(autograd.sum(losses), 1 / (float(np.sum(each)) or np.nan))  # the mean of no losses is nan
    elif x.ndim == 1:
        losses = autograd.squeeze(losses, 0)
    return losses if kind == x.dtype else autograd.astype(losses, x.dtype)


# ------------------------------------------------------------------------------------------------------------- sequences


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: ArrayLike, target_lengths: ArrayLike, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Connectionist temporal classification: minus the log-probability of all alignments of a target with its input.

    Formula: -log sum over all paths that become the target, when repetitions and then blanks are left out, of prod_t p_t(path_t).
    The gradient is the derivative of this formula. PyTorch's has another term, which the gradient of ``log_softmax`` cancels.

    Args:
        log_probs: (time, batch, classes) or (time, classes), log-probabilities, as ``log_softmax`` gives them.
        targets: (batch, longest) or (longest,), class numbers; or all targets of the batch one after the other, (sum of lengths,).
        input_lengths, target_lengths: one length for each sequence, () or (batch,).
        blank: the class number that means "no label".
        reduction: the mean is of each loss divided by its target's length.
        zero_infinity: a target that is too long for its input counts 0 instead of infinity, and has no gradient.

    Raises:
        ShapeError: lengths that do not fit log_probs or targets. IndexError: a target or blank that is no class.

    Source: Graves et al., Connectionist Temporal Classification, 2006.

    Example:
        >>> import autograd, nn
        >>> p = autograd.full((2, 1, 2), 0.5).log()
        >>> nn.functional.ctc_loss(p, autograd.tensor([[1]]), [2], [1])  # 3 of the 4 paths become [1]
        tensor(0.2877, dtype=float32)
    """
    name = "ctc_loss"
    known(name, reduction)
    x, labels = numbers(name, "log_probs", log_probs).array, _plain(targets, f"{name}'s targets")
    if x.ndim not in (2, 3):
        raise ShapeError(f"{here(name)}: log_probs must be (time, batch, classes) or (time, classes), not {describe(x)}")
    alone = x.ndim == 2
    if alone:
        log_probs = autograd.unsqueeze(log_probs, 1)
    batch = 1 if alone else x.shape[1]
    inputs = _lengths(name, "input_lengths", input_lengths, batch)
    lengths = _lengths(name, "target_lengths", target_lengths, batch)
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"{here(name)}: targets must hold class numbers, integers, not {describe(labels)}: convert with .long()")
    longest = int(np.maximum.reduce(lengths, initial=0))
    if (labels.ndim == 2 and (labels.shape[0] != batch or labels.shape[1] < longest)) or labels.ndim not in (1, 2):
        raise ShapeError(
            f"{here(name)}: targets {describe(labels)} must be ({batch}, {longest} or more), or all {batch} targets in one row; "
            f"the longest of target_lengths is {longest}"
        )
    losses = _ctc(log_probs, labels, inputs, lengths, blank)
    if zero_infinity:
        losses = _without_infinities(losses, log_probs, labels, inputs, lengths, blank)
    if reduction == "mean":
        return autograd.mean(autograd.div(losses, np.maximum(lengths, 1).astype(losses.dtype)))
    return reduced(name, autograd.squeeze(losses, 0) if alone else losses, reduction)


def _lengths(name: str, key: str, value: Any, batch: int) -> np.ndarray:
    lengths = value.array if isinstance(value, AnyTensor) else np.asarray(value)
    if lengths.dtype.kind not in "iu" and lengths.size:
        raise DtypeError(f"{here(name)}: {key} must be integers, not {describe(lengths)}")
    lengths = lengths.astype(np.int64).reshape(-1)
    if lengths.shape != (batch,):
        raise ShapeError(f"{here(name)}: {key} must hold one length for each of the {batch} sequences, and holds {len(lengths)}")
    if lengths.size and np.minimum.reduce(lengths) < 0:
        raise ArgumentError(f"{here(name)}: {key} must not be negative: {lengths.tolist()}")
    return lengths


def _without_infinities(
    losses: Tensor, log_probs: TensorLike, labels: np.ndarray, inputs: np.ndarray, lengths: np.ndarray, blank: int
) -> Tensor:
    """0 for each infinite loss; the others are computed again by themselves, because the gradient of an infinite one is nan."""
    finite = np.isfinite(losses.array)
    if finite.all():
        return losses
    rows = np.flatnonzero(finite)
    if not len(rows):
        return make(np.zeros_like(losses.array)) + autograd.sum(autograd.getitem(log_probs, index=slice(0)))
    if labels.ndim == 1:
        starts = np.cumsum(lengths) - lengths
        labels = np.concatenate([labels[starts[r] : starts[r] + lengths[r]] for r in rows])
    else:
        labels = labels[rows]
    part = _ctc(autograd.getitem(log_probs, index=(slice(None), rows)), labels, inputs[rows], lengths[rows], blank)
    return autograd.matmul(part, np.eye(len(finite), dtype=part.dtype)[rows])


# ---------------------------------------------------------------------------------------- many classes, in chunks of the batch
_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """Options of ``LinearCrossEntropyLoss``, which then computes its outputs for one chunk of the batch at a time.

    This takes less memory. It takes more time, because backward computes the outputs again: three matrix products instead of two.

    Args:
        batch_chunk_size: samples per chunk; by default ``chunking_method`` decides it.
        chunking_method: "aspect_ratio": a power of 2 with which the outputs of a chunk take about as much memory as the whole
            input; "aspect_ratio:n": an n-th of it; "auto": "aspect_ratio:2", or "aspect_ratio" for float16; None: one chunk.
        acc_dtype: the dtype of the computation; by default the input's dtype, but float32 for float16.
        acc_policy: "auto", "accurate", "balanced" or "compact": which intermediate results PyTorch keeps in ``acc_dtype``. Here all
            are; but with another policy than "auto" float16 is not computed in float32 by itself.
        allow_retain_graph: makes no difference here: as any other op, it may be differentiated again, and to any order.

    Raises:
        ValueError: a policy, a method, a size or a dtype that there is not.

    Example:
        >>> import autograd, nn
        >>> head = nn.LinearCrossEntropyLoss(4, 1000, options=nn.LinearCrossEntropyOptions(batch_chunk_size=8))
        >>> loss = head(autograd.zeros(64, 4), autograd.arange(64))
        >>> round(loss.item(), 4)  # log(1000)
        6.9078
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: DType | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}; it may be one of {', '.join(_POLICIES)}")
        if self.chunking_method not in (None, "auto"):
            _divisor(self.chunking_method)
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and (kind := to_dtype(self.acc_dtype)).kind != "f":
            raise ValueError(f"acc_dtype must be None or a floating dtype, got {kind}")

    def chunk_size(self, samples: int, features: int, classes: int, dtype: np.dtype[Any]) -> int:
        """Return the number of samples per chunk."""
        method = self.chunking_method
        given = None if self.batch_chunk_size is None else min(self.batch_chunk_size, samples)
        if method == "auto":
            method = None if given is not None else "aspect_ratio" if dtype == np.float16 else "aspect_ratio:2"
        if method is None:
            return max(samples if given is None else given, 1)
        by_shape = -(-samples // -(-classes // features)) if classes and features else samples
        size = min((1 << (by_shape - 1).bit_length()) // _divisor(method), samples)
        if self.batch_chunk_size not in (None, size):
            raise ValueError(
                f"batch_chunk_size (={self.batch_chunk_size}) and chunking_method ('{method}') give different chunk sizes "
                f"({self.batch_chunk_size} vs {size}); pass only one."
            )
        return max(size, 1)

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype in which to compute with an input of this dtype."""
        if self.acc_dtype is not None:
            return to_dtype(self.acc_dtype)
        return np.dtype(np.float32) if given == np.float16 and self.acc_policy == "auto" else given


def _divisor(method: Any) -> int:
    name, colon, number = str(method).partition(":")
    if name != "aspect_ratio" or not (number.isdigit() and int(number) if colon else True):
        raise ValueError(f"invalid chunking_method: {method!r}; it may be None, 'auto', 'aspect_ratio' or 'aspect_ratio:n'")
    return int(number) if colon else 1
