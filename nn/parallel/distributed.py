"""``DistributedDataParallel``: one replica of a model on each process, and the average of their gradients on all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.distributed.buckets import Reducer
from autograd.distributed.group import ProcessGroup, the
from autograd.distributed.replicas import check_alike, make_equal
from autograd.engine.modes import current
from autograd.errors import ArgumentError
from autograd.types import Device

from ..module import Module
from ..parameter import is_lazy

_BUCKET_MB = 0.5  # measured: smaller ones cost more calls, larger ones leave more to wait for after the backward


class DistributedDataParallel(Module):
    """Calls a module, and averages its gradients over all processes while backward is running.

    Each process has the same model and another part of the batch; its loss is the mean over its part. Then k processes with n/k
    samples each take the same steps as one process with n samples. At the start all get the parameters and buffers of rank 0.

    ``.grad`` becomes the average over the processes of ``.grad`` plus the new gradient, so gradients add up over several backwards
    as in one process. The module's parameters have the prefix ``module.`` in ``state_dict``. What ``autograd.grad`` returns is this
    process's own gradient, as in PyTorch.

    Args:
        module: the model, with at least one parameter that needs a gradient.
        device_ids, output_device: None, as for any model on the CPU. dim: not used, as in PyTorch.
        broadcast_buffers: whether each forward begins with the buffers (running statistics) of rank 0.
        init_sync: False skips the comparison and the copies at the start. process_group: the processes; by default all.
        bucket_cap_mb: the megabytes of gradients that are sent as one; by default 0.5.
        find_unused_parameters: whether the loss may leave parameters out. Those that no process has used keep their ``.grad``.
        gradient_as_bucket_view: whether ``.grad`` is a view of what is sent, which saves memory and a copy.
        static_graph, check_reduction, forward_sync_buffers, delay_all_reduce_named_params, param_to_hook_all_reduce,
            mixed_precision, device_mesh, skip_all_reduce_unused_params: of PyTorch's; they change nothing here.

    Raises:
        DistError: the processes have different models; it names a rank and a parameter. ArgumentError: no parameter needs a
            gradient, a lazy module that was not called, device_ids, or no process group.
        GraphError: of ``backward``: a parameter was not used, or the derivative is to be recorded.

    Source: Li et al., PyTorch Distributed: Experiences on Accelerating Data Parallel Training, 2020.

    Example:
        >>> import autograd, nn
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")  # mpiexec -n 4 python train.py: 4 processes; otherwise one
        >>> model = nn.parallel.DistributedDataParallel(nn.Linear(3, 1))
        >>> model(autograd.ones(2, 3)).sum().backward()
        >>> model.module.bias.grad
        tensor([2.], dtype=float32)
        >>> dist.destroy_process_group()
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Device | int] | None = None, output_device: Device | int | None = None,
        dim: int = 0, broadcast_buffers: bool = True, init_sync: bool = True, process_group: ProcessGroup | None = None,
        bucket_cap_mb: float | None = None, find_unused_parameters: bool = False, check_reduction: bool = False,
        gradient_as_bucket_view: bool = False, static_graph: bool = False, delay_all_reduce_named_params: object = None,
        param_to_hook_all_reduce: object = None, mixed_precision: object = None, device_mesh: object = None,
        skip_all_reduce_unused_params: bool = False, forward_sync_buffers: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if device_ids or output_device is not None:
            raise ArgumentError(
                f"DistributedDataParallel: device_ids={device_ids} and output_device={output_device} are for GPUs: leave them out"
            )
        group = the(process_group)
        if any(is_lazy(p) for p in module.parameters()):
            raise ArgumentError("DistributedDataParallel: the module has parameters without a shape: call it once before")
        parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
        if not parameters:
            raise ArgumentError(
                "DistributedDataParallel is not needed when a module doesn't have any parameters that require a gradient."
            )
        limit = int((_BUCKET_MB if bucket_cap_mb is None else bucket_cap_mb) * 1024 * 1024)
        if limit < 1:
            raise ArgumentError(f"DistributedDataParallel: bucket_cap_mb must be positive, not {bucket_cap_mb}")
        self.module = module
        self.process_group = group.twin()
        self.device_ids = None
        self.dim = dim
        self.broadcast_buffers = broadcast_buffers
        self.find_unused_parameters = find_unused_parameters
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.static_graph = static_graph
        self.bucket_bytes_cap = limit
        self.require_backward_grad_sync = True
        self.reducer: Reducer | None = None
        self._buffers_follow = True
        if group.size() > 1:
            if init_sync:
                check_alike(dict(module.named_parameters()), group, "parameter")
                check_alike(dict(module.named_buffers()), group, "buffer")
                make_equal([*module.parameters(), *module.buffers()], group)
            self.reducer = Reducer(parameters, self.process_group, limit, find_unused_parameters, gradient_as_bucket_view)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """Call the module. The next backward averages its gradients, unless this is within ``no_sync()``."""
        reducer = self.reducer
        if reducer is not None:
            if current().grad:
                reducer.attach()
                reducer.active = self.require_backward_grad_sync
            if self.broadcast_buffers and self._buffers_follow:
                make_equal([*self.module.buffers()], self.process_group)
            self._buffers_follow = not current().grad or self.require_backward_grad_sync
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within the block, the gradients of models that are called stay this process's own; the next backward outside adds them.

        Example:
            >>> import autograd, nn
            >>> import autograd.distributed as dist
            >>> dist.init_process_group("mpi")
            >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
            >>> with model.no_sync():
            ...     model(autograd.ones(1, 2)).sum().backward()
            >>> model(autograd.ones(1, 2)).sum().backward()
            >>> model.module.bias.grad
            tensor([2.], dtype=float32)
            >>> dist.destroy_process_group()
        """
        before = self.require_backward_grad_sync
        self.require_backward_grad_sync = False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before


__all__ = ["DistributedDataParallel"]
