"""Normalisation layers: they bring numbers to mean 0 and variance 1 over the batch, features, groups of channels or positions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd.distributed.group import ProcessGroup, world
from autograd.distributed.nn.normalization import batch_norm_and_writes as over_ranks
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.modes import here
from autograd.engine.values.devices import check
from autograd.engine.values.dtypes import get_default_dtype, to_dtype
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.functions.normalization import batch_norm_and_writes
from autograd.types import Device, DType, Size, Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import UninitializedBuffer, UninitializedParameter, empty, is_lazy
from .checks import dimensions, floating
from .lazy import LazyModule


class _NormBase(Module):
    """The base of batch and instance normalisation: a weight and a bias for each channel, and running statistics.

    Attributes:
        _dims: the numbers of dimensions that the input may have.
    """

    _version = 2
    _dims: tuple[int, ...]

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool,
        device: Device | None, dtype: DType | None, bias: bool,
    ) -> None:  # fmt: skip
        super().__init__()
        check(device)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.register_parameter("weight", empty(num_features, dtype, device) if affine else None)
        self.register_parameter("bias", empty(num_features, dtype, device) if affine and bias else None)
        kind = get_default_dtype() if dtype is None else to_dtype(dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", make(np.zeros(num_features, kind)) if tracked else None)
        self.register_buffer("running_var", make(np.ones(num_features, kind)) if tracked else None)
        self.register_buffer("num_batches_tracked", make(np.zeros((), np.int64)) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Reset the running statistics to mean 0 and variance 1."""
        if self.track_running_stats:
            for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
                memory.write(buffer.array, value)

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0, and reset the running statistics."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], *more: Any) -> None:
        key = f"{prefix}num_batches_tracked"
        if local_metadata.get("version", 1) < 2 and self.track_running_stats and key not in state_dict:
            state_dict[key] = self.num_batches_tracked  # the state_dict was saved before this buffer existed
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *more)


class _BatchNorm(_NormBase):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Device | None = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def _check_input_dim(self, input: Tensor) -> None:
        dimensions(self, input, *self._dims)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised: by the batch's statistics in training or without running ones, otherwise by the running ones."""
        self._check_input_dim(input)
        floating(self, input, "f")
        mean, var = self.running_mean, self.running_var
        if not self.training:
            return F.batch_norm(input, mean, var, self.weight, self.bias, mean is None and var is None, 0.0, self.eps)
        counter = self.num_batches_tracked if self.track_running_stats else None
        momentum = self.momentum
        if momentum is None:  # the mean over all batches
            momentum = 0.0 if counter is None else 1 / (int(counter.array) + 1)
        if not self.track_running_stats:
            mean = var = None
        y, writes = self._by_the_batch(input, mean, var, momentum)
        if counter is not None:
            writes.append((counter.array, counter.array + 1))
        memory.write_all(*writes)  # counter and statistics are written together, and not for a batch that raised an error
        return y

    def _by_the_batch(self, input: Tensor, mean: Any, var: Any, momentum: float) -> tuple[Tensor, list[Any]]:
        """The input normalised by the batch's statistics, and the writes of the running ones."""
        return batch_norm_and_writes(input, mean, var, self.weight, self.bias, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each channel of (n, c) or (n, c, length) brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    Arguments as those of ``BatchNorm2d``.

    Example:
        >>> import autograd, nn
        >>> nn.BatchNorm1d(1, eps=0)(autograd.tensor([[1.0], [3.0]])).tolist()
        [[-1.0], [1.0]]
    """

    _dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of (n, c, height, width) brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    In training it uses the batch's statistics and moves running_mean and running_var towards them; in evaluation it uses those two.

    Args:
        num_features: c. eps: is added to the variance.
        momentum: the share of the batch's statistics in the new running ones; None for the mean over all batches.
        affine: whether there are a weight and a bias. bias: False leaves out the bias alone.
        track_running_stats: False uses the batch's statistics in evaluation too.
        device, dtype: of the parameters and statistics.

    Source: Ioffe and Szegedy, Batch normalization, 2015.

    Example:
        >>> import autograd, nn
        >>> norm = nn.BatchNorm2d(3)
        >>> norm(autograd.ones(2, 3, 4, 4)).shape, norm.running_mean.tolist()[0] > 0.09, norm.num_batches_tracked.item()
        ((2, 3, 4, 4), True, 1)
    """

    _dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel of (n, c, depth, height, width) brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    Arguments as those of ``BatchNorm2d``.

    Example:
        >>> import autograd, nn
        >>> nn.BatchNorm3d(2)(autograd.randn(4, 2, 3, 3, 3)).shape
        (4, 2, 3, 3, 3)
    """

    _dims = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation of (n, c, ...) by the mean and variance of the batches of all processes together.

    In one process, and in evaluation, it is ``BatchNorm``. All processes must call it, and its backward.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias: as those of ``BatchNorm2d``.
        process_group: the processes; by default all.

    Example:
        >>> import autograd, nn
        >>> nn.SyncBatchNorm(3)(autograd.randn(4, 3, 5)).shape
        (4, 3, 5)
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, process_group: ProcessGroup | None = None, device: Device | None = None,
        dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _by_the_batch(self, input: Tensor, mean: Any, var: Any, momentum: float) -> tuple[Tensor, list[Any]]:
        group = self.process_group or world()
        if group is None or group.size() == 1:
            return super()._by_the_batch(input, mean, var, momentum)
        return over_ranks(input, mean, var, self.weight, self.bias, momentum, self.eps, group)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ShapeError(
                f"{here(type(self).__name__)}: expected at least 2D input (got {input.ndim}D input), {describe(input)}"
            )
        if not input.shape[1]:
            raise ShapeError(f"{here(type(self).__name__)}: the number of channels should be non-zero, {describe(input)}")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: ProcessGroup | None = None) -> Module:
        """Replace every batch norm in a module by a ``SyncBatchNorm`` with the same parameters and statistics.

        Example:
            >>> import nn
            >>> nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(3)))[0]
            SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        """
        converted = module
        if isinstance(module, _BatchNorm):
            converted = cls(
                module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats, process_group,
                bias=module.bias is not None,
            )  # fmt: skip
            for members in ("_parameters", "_buffers"):
                vars(converted)[members].update(vars(module)[members])
            converted.training = module.training
        for name, child in module.named_children():
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted


class _InstanceNorm(_NormBase):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Device | None = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def _get_no_batch_dim(self) -> int:
        """The number of dimensions of an input without a batch, under PyTorch's name."""
        return self._dims[0]

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised: by each sample's statistics, or in evaluation by the running ones if there are any."""
        dimensions(self, input, *self._dims)
        floating(self, input, "f")
        alone = input.ndim == self._dims[0]
        channels = input.shape[0 if alone else 1]
        if channels != self.num_features:
            said = f"expected {self.num_features} channels (num_features), and the input has {channels}: {describe(input)}"
            if self.affine or self.track_running_stats:
                raise ShapeError(f"{here(type(self).__name__)}: {said}")
            warnings.warn(f"{here(type(self).__name__)}: {said}, which is not used because affine=False", stacklevel=2)
        y = F.instance_norm(
            input.unsqueeze(0) if alone else input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, 0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return y.squeeze(0) if alone else y

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool = True, missing_keys: Any = (),
        unexpected_keys: Any = (), error_msgs: Any = (),
    ) -> None:  # fmt: skip
        statistics = [name for name in ("running_mean", "running_var") if f"{prefix}{name}" in state_dict]
        if statistics and not self.track_running_stats and "version" not in local_metadata:
            names = " and ".join(f'"{prefix}{name}"' for name in statistics)
            error_msgs.append(
                f"Unexpected running stats buffer(s) {names} for {type(self).__name__} with track_running_stats=False: remove them "
                f"from the state_dict, or make the layer with track_running_stats=True"
            )
            for name in statistics:
                del state_dict[f"{prefix}{name}"]
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of (n, c, length) or (c, length) brought to mean 0 and variance 1.

    Arguments as those of ``InstanceNorm2d``.

    Example:
        >>> import autograd, nn
        >>> nn.InstanceNorm1d(1, eps=0)(autograd.tensor([[[1.0, 3.0]]])).tolist()
        [[[-1.0, 1.0]]]
    """

    _dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each sample of (n, c, height, width) or (c, height, width) brought to mean 0 and variance 1.

    Args:
        num_features: c. eps: is added to the variance.
        momentum: the share of the samples' statistics in the new running ones, if there are any.
        affine: whether there are a weight and a bias. bias: False leaves out the bias alone.
        track_running_stats: whether there are running statistics, which evaluation then uses.
        device, dtype: of the parameters and statistics.

    Source: Ulyanov, Vedaldi and Lempitsky, Instance normalization: the missing ingredient for fast stylization, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.InstanceNorm2d(3)(autograd.randn(2, 3, 4, 4)).shape
        (2, 3, 4, 4)
    """

    _dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each sample of (n, c, depth, height, width) or without n brought to mean 0 and variance 1.

    Arguments as those of ``InstanceNorm2d``.

    Example:
        >>> import autograd, nn
        >>> nn.InstanceNorm3d(2)(autograd.randn(1, 2, 3, 3, 3)).shape
        (1, 2, 3, 3, 3)
    """

    _dims = (4, 5)


# ------------------------------------------------------------------------------------------------------------ without a batch


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (int(normalized_shape),) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)


class _Affine(Module):
    """The base of norms whose weight and bias may be None."""

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """Each sample brought to mean 0 and variance 1 over its last dimensions, then scaled and shifted.

    Args:
        normalized_shape: the shape of the last dimensions, over which it normalises; an int for the last one.
        eps: is added to the variance.
        elementwise_affine: whether there are a weight and a bias, both of that shape. bias: False leaves out the bias alone.
        device, dtype: of the parameters.

    Source: Ba, Kiros and Hinton, Layer normalization, 2016.

    Example:
        >>> import autograd, nn
        >>> nn.LayerNorm(2, eps=0)(autograd.tensor([[1.0, 3.0], [5.0, 1.0]])).tolist()
        [[-1.0, 1.0], [1.0, -1.0]]
    """

    def __init__(
        self, normalized_shape: int | Size, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        device: Device | None = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", empty(self.normalized_shape, dtype, device) if elementwise_affine else None)
        self.register_parameter("bias", empty(self.normalized_shape, dtype, device) if elementwise_affine and bias else None)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised."""
        floating(self, input, "f")
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class RMSNorm(Module):
    """Each sample divided by its root mean square over its last dimensions, then scaled.

    Args:
        normalized_shape: the shape of the last dimensions, over which it normalises; an int for the last one.
        eps: is added to the mean square; by default the dtype's own eps (float32's for float16).
        elementwise_affine: whether there is a weight, of that shape.
        device, dtype: of the weight.

    Source: Zhang and Sennrich, Root mean square layer normalization, 2019.

    Example:
        >>> import autograd, nn
        >>> nn.RMSNorm(2, eps=0)(autograd.tensor([[2.0, -2.0]])).tolist()
        [[1.0, -1.0]]
    """

    def __init__(
        self, normalized_shape: int | Size, eps: float | None = None, elementwise_affine: bool = True, device: Device | None = None,
        dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", empty(self.normalized_shape, dtype, device) if elementwise_affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The input normalised."""
        floating(self, x)
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """The channels of each sample of (n, c, ...) in groups, each brought to mean 0 and variance 1, then scaled and shifted.

    Args:
        num_groups: the number of groups. num_channels: c. eps: is added to the variance.
        affine: whether each channel has a weight and a bias. bias: False leaves out the bias alone.
        device, dtype: of the parameters.

    Source: Wu and He, Group normalization, 2018.

    Example:
        >>> import autograd, nn
        >>> nn.GroupNorm(2, 4)(autograd.randn(2, 4, 8, 8)).shape
        (2, 4, 8, 8)
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Device | None = None,
        dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ArgumentError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.register_parameter("weight", empty(num_channels, dtype, device) if affine else None)
        self.register_parameter("bias", empty(num_channels, dtype, device) if affine and bias else None)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised."""
        floating(self, input, "f")
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    """x / (k + alpha * mean of x^2 over ``size`` neighbouring channels)^beta, of (n, c, ...).

    Args:
        size: the number of neighbouring channels. alpha, beta, k: the numbers of the formula.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012, section 3.3.

    Example:
        >>> import autograd, nn
        >>> nn.LocalResponseNorm(1, alpha=1.0, beta=1.0, k=0.0)(autograd.tensor([[[4.0]]])).tolist()
        [[[0.25]]]
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised."""
        floating(self, input)
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """``LocalResponseNorm`` of (n, c, height, width) alone.

    Args:
        size: the number of neighbouring channels. alpha, beta, k: the numbers of ``LocalResponseNorm``'s formula.

    PyTorch's layer of this name differs from the paper: its sums never drop the first channel, so that from channel
    (size + 1) / 2 + 1 on they are too large. Its own gradient contradicts that. This layer follows the paper.

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> nn.CrossMapLRN2d(1, alpha=1.0, beta=1.0, k=0)(autograd.tensor([[[[4.0]]]])).tolist()
        [[[[0.25]]]]
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalised."""
        dimensions(self, input, 4)
        return super().forward(input)


# ---------------------------------------------------------------------------------------------------------------- lazy forms


class _LazyNormBase(LazyModule, _NormBase):
    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        device: Device | None = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = make(np.zeros((), np.int64))

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, and statistics forgotten, once they have a shape."""
        if self.num_features and not self.has_uninitialized_params():
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the number of channels from an input."""
        dimensions(self, input, *self._dims)
        alone = issubclass(type(self), _InstanceNorm) and input.ndim == self._dims[0]
        channels = input.shape[0 if alone else 1]
        if self.has_uninitialized_params():
            for value in (self.weight, self.bias, self.running_mean, self.running_var):
                if is_lazy(value):
                    value.materialize((channels,))
            self.num_features = channels
            self.reset_parameters()
        elif not self.num_features:
            self.num_features = channels if self.weight is None else self.weight.shape[0]


class LazyBatchNorm1d(_LazyNormBase, BatchNorm1d):
    """A ``BatchNorm1d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyBatchNorm1d()(autograd.randn(4, 3)).shape
        (4, 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNormBase, BatchNorm2d):
    """A ``BatchNorm2d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> layer = nn.LazyBatchNorm2d()
        >>> layer(autograd.randn(4, 3, 5, 5)).shape
        (4, 3, 5, 5)
        >>> layer.num_features
        3
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNormBase, BatchNorm3d):
    """A ``BatchNorm3d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyBatchNorm3d()(autograd.randn(4, 2, 3, 3, 3)).shape
        (4, 2, 3, 3, 3)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNormBase, InstanceNorm1d):
    """An ``InstanceNorm1d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyInstanceNorm1d()(autograd.randn(4, 3, 5)).shape
        (4, 3, 5)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNormBase, InstanceNorm2d):
    """An ``InstanceNorm2d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyInstanceNorm2d()(autograd.randn(4, 3, 5, 5)).shape
        (4, 3, 5, 5)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNormBase, InstanceNorm3d):
    """An ``InstanceNorm3d`` that takes ``num_features`` from its first input.

    Example:
        >>> import autograd, nn
        >>> nn.LazyInstanceNorm3d()(autograd.randn(1, 2, 3, 3, 3)).shape
        (1, 2, 3, 3, 3)
    """

    cls_to_become = InstanceNorm3d
