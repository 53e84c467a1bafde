"""Pruning: parts of a parameter set to zero by a mask, which the parameter is multiplied by before each forward.

The parameter ``weight`` becomes ``weight_orig``, beside it there is a buffer ``weight_mask``, and ``weight`` is their product.
Pruned again, what is left is pruned further. Source: LeCun, Denker and Solla, Optimal brain damage, 1990.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

import autograd
from autograd import no_grad
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.functions import reduction
from autograd.functions.random import source

from ..module import Module
from .convert_parameters import parameters_to_vector


class BasePruningMethod(ABC):
    """Base of all ways to prune. One of your own says in ``PRUNING_TYPE`` ("unstructured", "structured" or "global") whether it
    looks at what is left number by number, channel by channel (along ``dim``) or at all of it, and defines ``compute_mask``.

    Example:
        >>> import nn
        >>> class EverySecond(nn.utils.prune.BasePruningMethod):
        ...     PRUNING_TYPE = "unstructured"
        ...     def compute_mask(self, t, default_mask):
        ...         mask = default_mask.clone()
        ...         mask.view(-1)[::2] = 0
        ...         return mask
        >>> layer = nn.Linear(4, 1)
        >>> _ = EverySecond.apply(layer, "weight")
        >>> layer.weight_mask
        tensor([[0., 1., 0., 1.]], dtype=float32)
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name: str | None = None

    def __call__(self, module: Module, inputs: Any) -> None:
        """Compute the pruned parameter: the hook before each forward."""
        setattr(module, self._name(module), self.apply_mask(module))

    def _name(self, module: Module) -> str:
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        return self._tensor_name

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The new mask.

        Args:
            t: the importance of each number. default_mask: the mask so far, of the same shape.
        """

    def apply_mask(self, module: Module) -> Any:
        """The original parameter times the mask."""
        name = self._name(module)
        original = getattr(module, f"{name}_orig")
        return autograd.mul(getattr(module, f"{name}_mask").to(original.dtype), original)

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a parameter of a module, and before each forward from now on; returns the method.

        Args:
            name: of the parameter. args, kwargs: of the method's constructor.
            importance_scores: of the parameter's shape: what is less important is pruned first. Default: the parameter.

        Raises:
            ShapeError: scores of another shape; the module is as it was then.
        """
        found = _hook(module, name)
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        value = getattr(module, name)
        scores = value if importance_scores is None else importance_scores
        if tuple(scores.shape) != tuple(value.shape):
            raise ShapeError(f"importance_scores {describe(scores)} must have the shape of parameter {name}, {describe(value)}")
        if found is None:
            mask = make(np.ones_like(value.array))
        else:
            mask = getattr(module, f"{name}_mask").detach().clone()
            method = PruningContainer(*(found[1] if isinstance(found[1], PruningContainer) else [found[1]]), method)
        with no_grad():
            mask = method.compute_mask(scores.detach(), default_mask=mask)
        if found is None:
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", value)
        else:
            del module._call_data.hooks.forward_pre[found[0]]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A tensor with its unimportant parts set to zero."""
        scores = t if importance_scores is None else importance_scores
        if tuple(scores.shape) != tuple(t.shape):
            raise ShapeError(f"importance_scores {describe(scores)} must have the shape of the tensor, {describe(t)}")
        mask = make(np.ones_like(t.array)) if default_mask is None else default_mask
        with no_grad():
            mask = self.compute_mask(scores.detach(), default_mask=mask)
        return autograd.mul(t, mask)

    def remove(self, module: Module) -> None:
        """Make the pruned values the parameter's, which is an ordinary one again. ``prune.remove`` takes the hook away, too."""
        name = self._name(module)
        with no_grad():
            values = self.apply_mask(module).array
        original = module._parameters[f"{name}_orig"]
        delattr(module, name)
        del module._parameters[f"{name}_orig"], module._buffers[f"{name}_mask"]
        memory.write(original.array, values)
        setattr(module, name, original)


def _hooks(module: Module) -> Iterator[tuple[int, BasePruningMethod]]:
    if module._call_data.hooks is not None:
        for key, (hook, _) in module._call_data.hooks.forward_pre.items():
            if isinstance(hook, BasePruningMethod):
                yield key, hook


def _hook(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    return next(((key, hook) for key, hook in _hooks(module) if hook._tensor_name == name), None)


class PruningContainer(BasePruningMethod):
    """Several methods, one after the other, on one parameter: each prunes what those before it have left.

    Example:
        >>> import nn
        >>> layer = nn.Linear(4, 2)
        >>> for _ in range(2):
        ...     _ = nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5)
        >>> layer.weight_mask.sum().item()  # half of the half
        2.0
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args and isinstance(args[0], Iterable) and not isinstance(args[0], BasePruningMethod):
            args = tuple(args[0])
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add a method for the same parameter.

        Raises:
            TypeError: no pruning method. ValueError: one of another parameter.
        """
        if method is None:
            return
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer {self}. "
                f"Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of the last method on what the mask so far has left.

        Args:
            t: the importance of each number. default_mask: the mask so far, of the same shape.
        """
        method, array = self._pruning_methods[-1], default_mask.array
        place: Any
        if method.PRUNING_TYPE == "unstructured":
            place = array == 1
        elif method.PRUNING_TYPE == "structured":
            dim = getattr(method, "dim", 0) % array.ndim
            place = (slice(None),) * dim + (array.any(axis=tuple(d for d in range(array.ndim) if d != dim)),)
        elif method.PRUNING_TYPE == "global":
            place = ...
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask = array.copy()
        mask[place] = method.compute_mask(make(t.array[place]), default_mask=make(array[place])).array
        return make(mask)


# ------------------------------------------------------------------------------------------------------------------- the ways


class _Amount(BasePruningMethod):
    """How much is pruned: a number of units, or a share of them."""

    def __init__(self, amount: float) -> None:
        if not isinstance(amount, Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if amount < 0 or (not isinstance(amount, Integral) and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount: Any = amount

    def _count(self, units: int) -> int:
        count = int(self.amount) if isinstance(self.amount, Integral) else round(float(self.amount) * units)
        if count > units:
            raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={units}")
        return count

    def _without(self, mask: Any, places: np.ndarray) -> Any:
        array = mask.array.copy()
        array.reshape(-1)[places] = 0
        return make(array)


class _Channels(_Amount):
    """A mask of whole channels along a dimension."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def _strength(self, t: Any) -> np.ndarray:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the weakest channels.

        Args:
            t: the importance of each number. default_mask: the mask so far, of the same shape.
        """
        if t.ndim < 2:
            raise ArgumentError(f"Structured pruning can only be applied to multidimensional tensors, not to {describe(t)}")
        if not -t.ndim <= self.dim < t.ndim:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {tuple(t.shape)}")
        weakest = np.argsort(self._strength(t), kind="stable")[: self._count(t.shape[self.dim])]
        array = default_mask.array.copy()
        array[(slice(None),) * (self.dim % t.ndim) + (weakest,)] = 0
        return make(array)


class Identity(BasePruningMethod):
    """Prunes nothing, but makes mask and original parameter.

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.Identity.apply(layer := nn.Linear(3, 1), "bias")
        >>> list(layer.state_dict())
        ['weight', 'bias_orig', 'bias_mask']
    """

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far."""
        return default_mask


class RandomUnstructured(_Amount):
    """Prunes numbers at random.

    Args:
        amount: how many, or which share of them.

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.RandomUnstructured.apply(layer := nn.Linear(3, 2), "weight", amount=4)
        >>> layer.weight_mask.sum().item()
        2.0
    """

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without so many numbers."""
        return self._without(default_mask, source(None).permutation(t.numel())[: self._count(t.numel())])


class L1Unstructured(_Amount):
    """Prunes the numbers that are least in size.

    Args:
        amount: how many, or which share of them.

    Example:
        >>> import autograd, nn
        >>> nn.utils.prune.L1Unstructured(amount=2).prune(autograd.tensor([3.0, -1.0, 2.0, 0.5])).tolist()
        [3.0, -0.0, 2.0, 0.0]
    """

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the least numbers."""
        return self._without(default_mask, np.argsort(np.abs(t.array), axis=None, kind="stable")[: self._count(t.numel())])


class RandomStructured(_Channels):
    """Prunes channels at random.

    Args:
        amount: how many, or which share of them. dim: the dimension of the channels.

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.RandomStructured.apply(layer := nn.Linear(3, 4), "weight", amount=0.5, dim=0)
        >>> sorted(layer.weight_mask.sum(1).tolist())
        [0.0, 0.0, 3.0, 3.0]
    """

    def _strength(self, t: Any) -> np.ndarray:
        return source(None).random(t.shape[self.dim])


class LnStructured(_Channels):
    """Prunes the channels whose norm is least.

    Args:
        amount: how many, or which share of them. n: of which norm, as in ``autograd.norm``. dim: the dimension of the channels.

    Example:
        >>> import autograd, nn
        >>> t = autograd.tensor([[1.0, 5.0], [2.0, 2.0]])
        >>> nn.utils.prune.LnStructured(amount=1, n=2, dim=0).prune(t).tolist()
        [[1.0, 5.0], [0.0, 0.0]]
    """

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _strength(self, t: Any) -> np.ndarray:
        others = tuple(d for d in range(t.ndim) if d != self.dim % t.ndim)
        strength: np.ndarray = reduction.norm(t, self.n, others).array
        return strength


class CustomFromMask(BasePruningMethod):
    """Prunes where a mask is 0.

    Args:
        mask: of the parameter's shape.

    Example:
        >>> import autograd, nn
        >>> _ = nn.utils.prune.CustomFromMask.apply(layer := nn.Linear(2, 1), "weight", mask=autograd.tensor([[0, 1]]))
        >>> layer.weight_mask.tolist()
        [[0.0, 1.0]]
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The product of the mask so far with the given one."""
        if tuple(default_mask.shape) != tuple(self.mask.shape):
            raise ShapeError(f"mask {describe(self.mask)} must have the shape of what it prunes, {describe(default_mask)}")
        return autograd.mul(default_mask, self.mask.to(default_mask.dtype))


# -------------------------------------------------------------------------------------------------------------- as functions


def identity(module: Module, name: str) -> Module:
    """Make mask and original parameter, and prune nothing; returns the module.

    Example:
        >>> import nn
        >>> nn.utils.prune.is_pruned(nn.utils.prune.identity(nn.Linear(3, 1), "weight"))
        True
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune numbers of a parameter at random; returns the module.

    Args:
        module: the layer. name: of its parameter.
        amount: how many, or which share of them.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.random_unstructured(nn.Linear(3, 2), "weight", amount=0.5)
        >>> layer.weight_mask.sum().item()
        3.0
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Any = None) -> Module:
    """Prune the numbers of a parameter that are least in size, or in importance; returns the module.

    Args:
        module: the layer. name: of its parameter.
        amount: how many, or which share of them. importance_scores: of the parameter's shape.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", amount=0.25)
        >>> (layer.weight == 0).sum().item()
        2
        >>> [name for name, p in layer.named_parameters()]
        ['bias', 'weight_orig']
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune channels of a parameter at random; returns the module.

    Args:
        module: the layer. name: of its parameter.
        amount: how many, or which share of them. dim: the dimension of the channels.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.random_structured(nn.Linear(3, 2), "weight", amount=1, dim=1)
        >>> layer.weight_mask.sum().item()
        4.0
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Any = None) -> Module:
    """Prune the channels of a parameter whose norm is least; returns the module.

    Args:
        module: the layer. name: of its parameter.
        amount: how many, or which share of them. n: of which norm. dim: the dimension of the channels.
        importance_scores: of the parameter's shape: the norms are theirs.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.ln_structured(nn.Conv2d(2, 4, 3), "weight", amount=0.5, n=2, dim=0)
        >>> layer.weight_mask.sum().item()
        36.0
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune a parameter where a mask of its shape is 0; returns the module.

    Args:
        module: the layer. name: of its parameter.
        mask: of the parameter's shape: 0 where a number is pruned, 1 elsewhere.

    Example:
        >>> import autograd, nn
        >>> nn.utils.prune.custom_from_mask(nn.Linear(2, 2), "bias", autograd.tensor([1, 0])).bias_mask
        tensor([1., 0.], dtype=float32)
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Any, pruning_method: type[BasePruningMethod], importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prune the numbers of several parameters together, as if they were one vector.

    Args:
        parameters: pairs (module, name). pruning_method: an unstructured one.
        importance_scores: by pair, of the parameters' shapes.
        kwargs: the arguments of the pruning method.

    Raises:
        TypeError: a method of another type.

    Example:
        >>> import autograd, nn
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        >>> with autograd.no_grad():
        ...     _ = model[0].weight.fill_(1.0), model[1].weight.fill_(2.0)
        >>> pairs = [(layer, "weight") for layer in model]
        >>> nn.utils.prune.global_unstructured(pairs, nn.utils.prune.L1Unstructured, amount=0.5)
        >>> [layer.weight_mask.sum().item() for layer in model]
        [0.0, 4.0]
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    pairs = list(parameters)
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type '
            f"{method.PRUNING_TYPE}"
        )
    with no_grad():
        values = [getattr(module, name) for module, name in pairs]
        importance = parameters_to_vector([scores.get(pair, value).detach() for pair, value in zip(pairs, values, strict=True)])
        masks = [getattr(module, f"{name}_mask", None) for module, name in pairs]
        whole = [make(np.ones_like(value.array)) if mask is None else mask for mask, value in zip(masks, values, strict=True)]
        found = PruningContainer(method).compute_mask(importance, parameters_to_vector(whole)).array
    start = 0
    for (module, name), value in zip(pairs, values, strict=True):
        custom_from_mask(module, name, make(found[start : start + value.numel()].reshape(value.shape)))
        start += value.numel()


def remove(module: Module, name: str) -> Module:
    """Make the pruned values the parameter's, which is an ordinary one again; returns the module.

    Raises:
        ValueError: the parameter is not pruned.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", amount=0.25)
        >>> list(nn.utils.prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    found = _hook(module, name)
    if found is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    found[1].remove(module)
    del module._call_data.hooks.forward_pre[found[0]]
    return module


def is_pruned(module: Module) -> bool:
    """Whether any parameter of the module, or of those below it, is pruned.

    Example:
        >>> import nn
        >>> nn.utils.prune.is_pruned(nn.Linear(2, 2))
        False
    """
    return any(True for m in module.modules() for _ in _hooks(m))


__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer", "RandomStructured",
    "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned", "l1_unstructured", "ln_structured",
    "random_structured", "random_unstructured", "remove",
]  # fmt: skip
