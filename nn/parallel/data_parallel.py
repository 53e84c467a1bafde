"""``DataParallel``, which only calls its module here, as in PyTorch's build for the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.types import Device, Tree

from ..module import Module


class DataParallel(Module):
    """Calls a module. There is one device, so no batch is split.

    The module's parameters have the prefix ``module.`` in ``state_dict``, as in PyTorch, so that the checkpoints of either load.

    Args:
        module: the module to call.
        device_ids, output_device: ignored, as in PyTorch's build for the CPU.
        dim: the dimension of the batch.

    Example:
        >>> import autograd, nn
        >>> model = nn.DataParallel(nn.Linear(3, 2))
        >>> model(autograd.ones(4, 3)).shape, list(model.state_dict())
        ((4, 2), ['module.weight', 'module.bias'])
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Device | int] | None = None,
        output_device: Device | int | None = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """Call the module."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Tree,
    device_ids: Sequence[Device | int] | None = None,
    output_device: Device | int | None = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Tree:
    """Call a module as ``DataParallel`` does, without wrapping it.

    Args:
        module: the module to call. inputs: the argument, or a tuple of them. module_kwargs: keyword arguments.
        device_ids, output_device, dim: see ``DataParallel``.

    Example:
        >>> import autograd
        >>> from nn.parallel import data_parallel
        >>> import nn
        >>> data_parallel(nn.ReLU(), autograd.tensor([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
