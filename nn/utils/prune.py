"""Pruning: before each forward a module multiplies a parameter by a mask of ones and zeros.

Pruning ``weight`` renames the parameter to ``weight_orig`` and adds a buffer ``weight_mask``; ``weight`` becomes their product.
A second pruning of the same parameter looks only at the elements that the first has left.

Source: LeCun, Denker and Solla, Optimal brain damage, 1990.
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
from autograd.functions.random import numpy_generator
from autograd.types import Tensor

from ..module import Module
from .convert_parameters import parameters_to_vector


class BasePruningMethod(ABC):
    """The base class of all pruning methods. A subclass defines ``compute_mask`` and sets ``PRUNING_TYPE``.

    ``PRUNING_TYPE`` decides which elements ``compute_mask`` sees when a parameter is pruned once more: with "unstructured" the
    elements that are not pruned yet, as a vector; with "structured" the channels (along ``dim``) that are not pruned yet; with
    "global" the whole parameter.

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

    def __call__(self, module: Module, inputs: tuple[Any, ...]) -> None:
        """Compute the pruned parameter. The module calls this before each forward."""
        setattr(module, self._name(module), self.apply_mask(module))

    def _name(self, module: Module) -> str:
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        return self._tensor_name

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the new mask: ones for the elements to keep, zeros for the elements to prune.

        Args:
            t: the importance of each element. default_mask: the mask before this pruning, of the same shape.
        """

    def apply_mask(self, module: Module) -> Tensor:
        """Return the original parameter times the mask."""
        name = self._name(module)
        original = getattr(module, f"{name}_orig")
        return autograd.mul(getattr(module, f"{name}_mask").to(original.dtype), original)

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter of a module now and before each forward; returns the pruning method.

        Args:
            module: the module. name: the parameter's name. args, kwargs: arguments for the method's constructor.
            importance_scores: the importance of each element, in the parameter's shape; the least important elements are pruned.
                By default the importance is the parameter itself.

        Raises:
            ShapeError: the scores have another shape than the parameter. The module is then unchanged.
        """
        earlier = _hook(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        value = getattr(module, name)
        scores = value if importance_scores is None else importance_scores
        if tuple(scores.shape) != tuple(value.shape):
            raise ShapeError(f"importance_scores {describe(scores)} must have the shape of parameter {name}, {describe(value)}")
        if earlier is None:
            mask = make(np.ones_like(value.array))
        else:
            mask = getattr(module, f"{name}_mask").detach().clone()
            method = PruningContainer(*(earlier[1] if isinstance(earlier[1], PruningContainer) else [earlier[1]]), method)
        with no_grad():
            mask = method.compute_mask(scores.detach(), default_mask=mask)
        if earlier is None:
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", value)
        else:
            del module._call_data.hooks.forward_pre[earlier[0]]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """Return a tensor whose least important elements are zero.

        Args:
            t: the tensor. default_mask: a mask of its shape, whose zeros stay zeros; all ones by default.
            importance_scores: the importance of each element, in the tensor's shape; the tensor itself by default.

        Raises:
            ShapeError: the scores have another shape than the tensor.
        """
        scores = t if importance_scores is None else importance_scores
        if tuple(scores.shape) != tuple(t.shape):
            raise ShapeError(f"importance_scores {describe(scores)} must have the shape of the tensor, {describe(t)}")
        mask = make(np.ones_like(t.array)) if default_mask is None else default_mask
        with no_grad():
            mask = self.compute_mask(scores.detach(), default_mask=mask)
        return autograd.mul(t, mask)

    def remove(self, module: Module) -> None:
        """Make the parameter an ordinary one again, which has the pruned values. The module keeps calling this method before
        each forward; the function ``prune.remove`` ends that, too.
        """
        name = self._name(module)
        with no_grad():
            values = self.apply_mask(module).array
        original = module._parameters[f"{name}_orig"]
        delattr(module, name)
        del module._parameters[f"{name}_orig"], module._buffers[f"{name}_mask"]
        memory.write(original.array, values)
        setattr(module, name, original)


def _hooks(module: Module) -> Iterator[tuple[int, BasePruningMethod]]:
    """The pruning methods that a module calls before its forward, each with the key of its hook."""
    if module._call_data.hooks is not None:
        for key, (hook, _) in module._call_data.hooks.forward_pre.items():
            if isinstance(hook, BasePruningMethod):
                yield key, hook


def _hook(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    return next(((key, hook) for key, hook in _hooks(module) if hook._tensor_name == name), None)


class PruningContainer(BasePruningMethod):
    """The pruning methods of one parameter, in order: each of them prunes elements that the methods before it have left.

    Example:
        >>> import nn
        >>> layer = nn.Linear(4, 2)
        >>> for _ in range(2):
        ...     _ = nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5)
        >>> layer.weight_mask.sum().item()  # half of the half
        2.0
    """

    def __init__(self, *args: BasePruningMethod | Iterable[BasePruningMethod]) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods: tuple[Any, ...] = args
        if args and isinstance(args[0], Iterable) and not isinstance(args[0], BasePruningMethod):
            methods = tuple(args[0])
        if methods:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add a pruning method of the same parameter.

        Raises:
            TypeError: the object is no pruning method. ValueError: the method prunes another parameter.
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

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the mask after the last method, which sees only elements that the earlier methods have left.

        Args:
            t: the importance of each element. default_mask: the mask of the earlier methods, of the same shape.
        """
        method, array = self._pruning_methods[-1], default_mask.array.astype(t.array.dtype)
        left: Any  # the index of the elements that the earlier methods have left
        if method.PRUNING_TYPE == "unstructured":
            left = array == 1
        elif method.PRUNING_TYPE == "structured":
            dim = getattr(method, "dim", 0) % array.ndim
            left = (slice(None),) * dim + (array.any(axis=tuple(d for d in range(array.ndim) if d != dim)),)
        elif method.PRUNING_TYPE == "global":
            left = ...
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask = array.copy()
        mask[left] = method.compute_mask(make(t.array[left]), default_mask=make(array[left])).array
        return make(mask)


# ---------------------------------------------------------------------------------------------------------------- the methods


def _validate_pruning_amount_init(amount: Any) -> None:
    """Raise for an amount that is no fraction between 0 and 1 and no count."""
    if not isinstance(amount, Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if float(amount) < 0 or (not isinstance(amount, Integral) and float(amount) > 1):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _validate_pruning_amount(amount: Any, tensor_size: int) -> None:
    """Raise for a count above the number of units."""
    if isinstance(amount, Integral) and int(amount) > tensor_size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={tensor_size}")


def _compute_nparams_toprune(amount: float, tensor_size: int) -> int:
    """How many of so many units an amount is: itself if it is a count, that fraction of them otherwise."""
    return int(amount) if isinstance(amount, Integral) else round(float(amount) * tensor_size)


class _Amount(BasePruningMethod):
    """A pruning method with an ``amount``: how many units (elements or channels) it prunes, or which fraction of them."""

    def __init__(self, amount: float) -> None:
        _validate_pruning_amount_init(amount)
        self.amount: float = amount

    def _count(self, units: int) -> int:
        """How many of so many units to prune."""
        _validate_pruning_amount(self.amount, units)
        return _compute_nparams_toprune(self.amount, units)

    def _without(self, mask: Tensor, elements: np.ndarray) -> Tensor:
        """A copy of a mask with zeros at some elements, whose numbers count through the mask row by row."""
        array = mask.array.copy()
        array.reshape(-1)[elements] = 0
        return make(array)


class _Channels(_Amount):
    """A pruning method that prunes whole channels: all elements at one position along a dimension."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def _strength(self, t: Tensor) -> np.ndarray:
        """One number for each channel; the channels with the least are pruned."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the mask with zeros in the weakest channels.

        Args:
            t: the importance of each element. default_mask: the mask before this pruning, of the same shape.
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
    """Prunes no element, but adds the mask and renames the parameter as the other methods do.

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.Identity.apply(layer := nn.Linear(3, 1), "bias")
        >>> list(layer.state_dict())
        ['weight', 'bias_orig', 'bias_mask']
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the mask unchanged."""
        return default_mask


class RandomUnstructured(_Amount):
    """Prunes elements at random.

    Args:
        amount: how many elements (an int), or which fraction of them (a float from 0 to 1).

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.RandomUnstructured.apply(layer := nn.Linear(3, 2), "weight", amount=4)
        >>> layer.weight_mask.sum().item()
        2.0
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the mask with zeros at randomly drawn elements."""
        return self._without(default_mask, numpy_generator(None).permutation(t.numel())[: self._count(t.numel())])


class L1Unstructured(_Amount):
    """Prunes the elements with the least absolute values.

    Args:
        amount: how many elements (an int), or which fraction of them (a float from 0 to 1).

    Example:
        >>> import autograd, nn
        >>> nn.utils.prune.L1Unstructured(amount=2).prune(autograd.tensor([3.0, -1.0, 2.0, 0.5])).tolist()
        [3.0, -0.0, 2.0, 0.0]
    """

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the mask with zeros at the elements whose importance has the least absolute value."""
        return self._without(default_mask, np.argsort(np.abs(t.array), axis=None, kind="stable")[: self._count(t.numel())])


class RandomStructured(_Channels):
    """Prunes channels at random.

    Args:
        amount: how many channels (an int), or which fraction of them (a float from 0 to 1). dim: the dimension of the channels.

    Example:
        >>> import nn
        >>> _ = nn.utils.prune.RandomStructured.apply(layer := nn.Linear(3, 4), "weight", amount=0.5, dim=0)
        >>> sorted(layer.weight_mask.sum(1).tolist())
        [0.0, 0.0, 3.0, 3.0]
    """

    def _strength(self, t: Tensor) -> np.ndarray:
        return numpy_generator(None).random(t.shape[self.dim])


class LnStructured(_Channels):
    """Prunes the channels with the least norms.

    Args:
        amount: how many channels (an int), or which fraction of them (a float from 0 to 1).
        n: the order of the norm, as in ``autograd.norm``. dim: the dimension of the channels.

    Example:
        >>> import autograd, nn
        >>> t = autograd.tensor([[1.0, 5.0], [2.0, 2.0]])
        >>> nn.utils.prune.LnStructured(amount=1, n=2, dim=0).prune(t).tolist()
        [[1.0, 5.0], [0.0, 0.0]]
    """

    def __init__(self, amount: float, n: float | str, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _strength(self, t: Tensor) -> np.ndarray:
        others = tuple(d for d in range(t.ndim) if d != self.dim % t.ndim)
        strength: np.ndarray = reduction.norm(t, self.n, others).array
        return strength


class CustomFromMask(BasePruningMethod):
    """Prunes the elements at which a mask of the user's is 0.

    Args:
        mask: a tensor of the parameter's shape: 0 for the elements to prune, 1 for the others.

    Example:
        >>> import autograd, nn
        >>> _ = nn.utils.prune.CustomFromMask.apply(layer := nn.Linear(2, 1), "weight", mask=autograd.tensor([[0, 1]]))
        >>> layer.weight_mask.tolist()
        [[0.0, 1.0]]
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Return the product of the mask with the user's.

        Raises:
            ShapeError: the two have different shapes.
        """
        if tuple(default_mask.shape) != tuple(self.mask.shape):
            raise ShapeError(f"mask {describe(self.mask)} must have the shape of what it prunes, {describe(default_mask)}")
        return autograd.mul(default_mask, self.mask.to(default_mask.dtype))


# -------------------------------------------------------------------------------------------------------------- the functions


def identity(module: Module, name: str) -> Module:
    """Add the mask and rename the parameter without pruning any element; returns the module.

    Example:
        >>> import nn
        >>> nn.utils.prune.is_pruned(nn.utils.prune.identity(nn.Linear(3, 1), "weight"))
        True
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune elements of a parameter at random; returns the module.

    Args:
        module: the layer. name: the parameter's name.
        amount: how many elements (an int), or which fraction of them (a float from 0 to 1).

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.random_unstructured(nn.Linear(3, 2), "weight", amount=0.5)
        >>> layer.weight_mask.sum().item()
        3.0
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prune the elements of a parameter with the least absolute values, or importances; returns the module.

    Args:
        module: the layer. name: the parameter's name.
        amount: how many elements (an int), or which fraction of them (a float from 0 to 1).
        importance_scores: the importance of each element, in the parameter's shape; the parameter itself by default.

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
        module: the layer. name: the parameter's name.
        amount: how many channels (an int), or which fraction of them (a float from 0 to 1). dim: the dimension of the channels.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.random_structured(nn.Linear(3, 2), "weight", amount=1, dim=1)
        >>> layer.weight_mask.sum().item()
        4.0
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: float | str, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the channels of a parameter with the least norms; returns the module.

    Args:
        module: the layer. name: the parameter's name.
        amount: how many channels (an int), or which fraction of them (a float from 0 to 1).
        n: the order of the norm, as in ``autograd.norm``. dim: the dimension of the channels.
        importance_scores: a tensor of the parameter's shape, whose norms are compared; the parameter itself by default.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.ln_structured(nn.Conv2d(2, 4, 3), "weight", amount=0.5, n=2, dim=0)
        >>> layer.weight_mask.sum().item()
        36.0
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune the elements of a parameter at which a mask is 0; returns the module.

    Args:
        module: the layer. name: the parameter's name.
        mask: a tensor of the parameter's shape: 0 for the elements to prune, 1 for the others.

    Example:
        >>> import autograd, nn
        >>> nn.utils.prune.custom_from_mask(nn.Linear(2, 2), "bias", autograd.tensor([1, 0])).bias_mask
        tensor([1., 0.], dtype=float32)
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune the elements of several parameters together, as if the parameters were one vector.

    Args:
        parameters: pairs (module, name of a parameter). pruning_method: a class whose ``PRUNING_TYPE`` is "unstructured".
        importance_scores: pairs to tensors of their parameters' shapes. A parameter without an entry is its own importance.
        kwargs: arguments for the constructor of the pruning method.

    Raises:
        TypeError: the pruning method is not unstructured, or ``importance_scores`` is no dictionary.

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
        pruned = PruningContainer(method).compute_mask(importance, parameters_to_vector(whole)).array
    start = 0
    for (module, name), value in zip(pairs, values, strict=True):
        custom_from_mask(module, name, make(pruned[start : start + value.numel()].reshape(value.shape)))
        start += value.numel()


def remove(module: Module, name: str) -> Module:
    """Make a pruned parameter an ordinary one again, which has the pruned values; returns the module.

    Raises:
        ValueError: the parameter is not pruned.

    Example:
        >>> import nn
        >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", amount=0.25)
        >>> list(nn.utils.prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    hook = _hook(module, name)
    if hook is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    key, method = hook
    method.remove(module)
    del module._call_data.hooks.forward_pre[key]
    return module


def is_pruned(module: Module) -> bool:
    """Whether any parameter of the module, or of a module below it, is pruned.

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
