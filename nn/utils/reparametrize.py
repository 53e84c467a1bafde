"""Weight and spectral normalization as forward pre-hooks, with PyTorch's older state_dict keys (weight_g, weight_orig, ...).

``parametrizations`` has the newer form of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import no_grad
from autograd.engine.graph import make
from autograd.errors import ArgumentError
from autograd.functions.random import normal_array

from ..module import Module
from ..parameter import Parameter
from .parametrizations import norm_except_dim


class _WeightNorm:
    """The hook: computes the weight before each forward."""

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def compute(self, module: Module) -> Any:
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / norm_except_dim(v, self.dim))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module))


class _SpectralNorm:
    """The hook: divides the weight by its largest singular value before each forward."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def matrix(self, weight: Any) -> Any:
        if self.dim != 0:
            weight = autograd.movedim(weight, self.dim, 0)
        return weight.reshape(weight.shape[0], -1)

    def compute(self, module: Module, iterate: bool = False) -> Any:
        weight = getattr(module, self.name + "_orig")
        matrix = self.matrix(weight)
        if iterate:
            u, v = getattr(module, self.name + "_u").array, getattr(module, self.name + "_v").array
            for _ in range(self.n_power_iterations):
                v = matrix.array.conj().T @ u
                v = v / max(np.linalg.norm(v), self.eps)
                u = matrix.array @ v
                u = u / max(np.linalg.norm(u), self.eps)
            # New arrays: a graph may hold the old ones.
            setattr(module, self.name + "_u", make(u))
            setattr(module, self.name + "_v", make(v))
        u, v = getattr(module, self.name + "_u").array, getattr(module, self.name + "_v").array
        return weight / autograd.sum(u.conj() * autograd.matmul(matrix, v))  # sigma = u^H W v

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module, iterate=module.training))


def _hook(module: Module, kind: type, name: str) -> tuple[int, Any] | None:
    """The key and the hook that normalizes a parameter, if there is one."""
    if module._call_data.hooks is not None:
        for key, (hook, _) in module._call_data.hooks.forward_pre.items():
            if isinstance(hook, kind) and hook.name == name:  # type: ignore[attr-defined]
                return key, hook
    return None


def _taken(module: Module, name: str, kind: type, what: str) -> Parameter:
    if _hook(module, kind, name) is not None:
        raise RuntimeError(f"Cannot register two {what} hooks on the same parameter {name}")
    weight = module._parameters.get(name)
    if weight is None:
        raise ValueError(f"{what}: {type(module).__name__} has no parameter {name!r}")
    del module._parameters[name]
    return weight


def _fix(module: Module, kind: type, name: str, suffixes: tuple[str, ...]) -> None:
    """Take the hook away, and make the normalized weight an ordinary parameter in place of the tensors with these suffixes."""
    registered = _hook(module, kind, name)
    if registered is None:
        title = "weight_norm" if kind is _WeightNorm else "spectral_norm"
        raise ValueError(f"{title} of '{name}' not found in {type(module).__name__}")
    key, hook = registered
    with no_grad():
        weight = hook.compute(module)
    for suffix in suffixes:
        delattr(module, name + suffix)
    del module._call_data.hooks.forward_pre[key]
    setattr(module, name, Parameter(weight.detach()))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """w = g v / |v|, with parameters ``<name>_g`` and ``<name>_v``.

    Args:
        name: of the parameter. dim: the dimension of the outputs; None for one length of the whole weight.
        module: the layer.

    Source: Salimans and Kingma, Weight normalization, 2016.

    Example:
        >>> import nn
        >>> layer = nn.utils.weight_norm(nn.Linear(3, 2))
        >>> [name for name, p in layer.named_parameters()]
        ['bias', 'weight_g', 'weight_v']
    """
    weight = _taken(module, name, _WeightNorm, "weight_norm")
    hook = _WeightNorm(name, -1 if dim is None else dim)
    with no_grad():
        length = norm_except_dim(weight.detach(), hook.dim)
    module.register_parameter(name + "_g", Parameter(length))
    module.register_parameter(name + "_v", Parameter(np.array(weight.array)))
    setattr(module, name, hook.compute(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again.

    Raises:
        ValueError: it is not normalized.

    Example:
        >>> import nn
        >>> layer = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 2)))
        >>> [name for name, p in layer.named_parameters()]
        ['bias', 'weight']
    """
    _fix(module, _WeightNorm, name, ("", "_g", "_v"))
    return module


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """w / sigma(w), with parameter ``<name>_orig`` and buffers ``<name>_u``, ``<name>_v``.

    Args:
        n_power_iterations: steps per training forward. dim: the dimension of the outputs (1 for transposed convolutions).
        module: the layer.
        name: of the parameter.
        eps: the least norm to divide by.

    Source: Miyato et al., Spectral normalization for generative adversarial networks, 2018.

    Example:
        >>> import nn
        >>> layer = nn.utils.spectral_norm(nn.Linear(3, 2))
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if n_power_iterations <= 0:
        raise ArgumentError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
    weight = _taken(module, name, _SpectralNorm, "spectral_norm")
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    hook = _SpectralNorm(name, n_power_iterations, dim, eps)
    module.register_parameter(name + "_orig", weight)
    for suffix, size in zip(("_u", "_v"), hook.matrix(weight.detach()).shape, strict=True):
        start = normal_array((size,), weight.dtype, None)
        module.register_buffer(name + suffix, make(start / max(np.linalg.norm(start), eps)))
    setattr(module, name, weight.detach())
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again, with its normalized value.

    Raises:
        ValueError: it is not normalized.

    Example:
        >>> import nn
        >>> layer = nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(3, 2)))
        >>> list(layer.state_dict())
        ['bias', 'weight']
    """
    _fix(module, _SpectralNorm, name, ("", "_orig", "_u", "_v"))
    return module
