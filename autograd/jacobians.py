"""``torch.autograd.functional``: Jacobians, Hessians and products with them of a function, at given inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from . import func as _func
from .engine.graph import make
from .errors import GraphError
from .func import hvp, vhp
from .tensor.tensor import Tensor
from .types import Tree
from .vmap import grad

Tensors: TypeAlias = Tensor | tuple[Tensor, ...]


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], bool]:
    single = not isinstance(inputs, tuple)
    return ((inputs,) if single else tuple(inputs)), single


def _finished(value: Tree, create_graph: bool) -> Tree:
    """Results as PyTorch gives them: without a graph, unless it was asked for."""
    return value if create_graph else _func.tree_map(lambda t: t.detach() if isinstance(t, Tensor) else t, value)


def jacobian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Tree:  # fmt: skip
    """The Jacobian of a function at given inputs.

    Formula: ``jacobian[i, j] = d output[i] / d input[j]``

    Args:
        func: a function of tensors that returns a tensor or a tuple of tensors.
        inputs: a tensor, or a tuple of the function's arguments.
        create_graph: the result can be differentiated.
        strict: raise for an input that the output does not depend on, instead of zeros.
        vectorize: taken as PyTorch takes it: all rows are computed in one sweep in any case.
        strategy: "reverse-mode" or "forward-mode".

    Returns:
        A tensor of shape ``output.shape + input.shape``; for several inputs a tuple of them, for several outputs a tuple of these.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import jacobian
        >>> jacobian(lambda x: x * x, autograd.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]], dtype=float32)
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError('Expected strategy to be either "forward-mode" or "reverse-mode"')
    arguments, single = _arguments(inputs)
    if strict:
        _demand_dependence(func, arguments)
    transform = _func.jacrev if strategy == "reverse-mode" else _func.jacfwd
    return _finished(transform(func, 0 if single else tuple(range(len(arguments))))(*arguments), create_graph)


def hessian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Tree:  # fmt: skip
    """The matrix of second derivatives of a function that returns one number.

    Formula: ``hessian[i, j] = d^2 output / d input[i] d input[j]``

    Args:
        func: a function of tensors that returns a tensor of one element.
        inputs: a tensor, or a tuple of the function's arguments.
        create_graph: the result can be differentiated.
        strict: raise for an input that the output does not depend on, instead of zeros.
        vectorize: taken as PyTorch takes it: all columns are computed in one sweep in any case.
        outer_jacobian_strategy: "reverse-mode" or "forward-mode", for the second derivative.

    Returns:
        A tensor of shape ``input.shape + input.shape``; for several inputs a tuple of tuples.

    Raises:
        GraphError: the function returns more than one number.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import hessian
        >>> hessian(lambda x: (x**3).sum(), autograd.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]], dtype=float32)
    """
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError('Expected strategy to be either "forward-mode" or "reverse-mode"')
    arguments, single = _arguments(inputs)
    if strict:
        _demand_dependence(func, arguments)

    def number(*args: Any) -> Any:
        y = func(*args)
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise GraphError("The Tensor returned by the function given to hessian should contain a single element")
        return y.reshape(())

    numbers = 0 if single else tuple(range(len(arguments)))
    outer = _func.jacrev if outer_jacobian_strategy == "reverse-mode" else _func.jacfwd
    return _finished(outer(_func.jacrev(number, numbers), numbers)(*arguments), create_graph)


def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tree, Tree]:
    """The value of a function and the product of a vector with its Jacobian, ``v^T J``: in reverse mode.

    Args:
        func: a function of tensors. inputs: a tensor, or a tuple of its arguments.
        v: of the output's structure and shapes; may be left out where that has one element.
        create_graph: the result can be differentiated. strict: raise for an input that the output does not depend on.

    Returns:
        ``(output, product)``; the product has the inputs' structure.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import vjp
        >>> vjp(lambda x: x * x, autograd.tensor([1.0, 2.0]), autograd.ones(2))[1]
        tensor([2., 4.], dtype=float32)
    """
    arguments, single = _arguments(inputs)
    if strict:
        _demand_dependence(func, arguments)
    y, pull = _func.vjp(func, *arguments)
    if v is None:
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise GraphError("The vector v can only be None if the user-provided function returns a single Tensor with one element")
        v = make(np.ones_like(y.array))
    product = pull(v)
    return _finished(y, create_graph), _finished(product[0] if single else product, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tree, Tree]:
    """The value of a function and the product of its Jacobian with a vector, ``J v``: in forward mode.

    Args:
        func: a function of tensors. inputs: a tensor, or a tuple of its arguments.
        v: of the inputs' structure and shapes; may be left out where the input has one element.
        create_graph: the result can be differentiated. strict: raise for an input that the output does not depend on.

    Returns:
        ``(output, product)``; the product has the output's structure.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import jvp
        >>> jvp(lambda x: x * x, autograd.tensor([1.0, 2.0]), autograd.ones(2))[1]
        tensor([2., 4.], dtype=float32)
    """
    arguments, single = _arguments(inputs)
    if strict:
        _demand_dependence(func, arguments)
    if v is None:
        if len(arguments) != 1 or arguments[0].numel() != 1:
            raise GraphError("The vector v can only be None if the input to the function is a single Tensor of one element")
        v = make(np.ones_like(arguments[0].array))
    y, product = _func.jvp(func, arguments, (v,) if single else tuple(v))
    return _finished(y, create_graph), _finished(product, create_graph)


def _demand_dependence(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Raise unless every output depends on every input: ``strict=True``."""
    copies = [a.detach().clone().requires_grad_() for a in arguments]
    outputs: list[Any] = []
    _func.flatten(function(*copies), outputs)
    for i, out in enumerate(outputs):
        if not out.requires_grad:
            raise GraphError(f"Output {i} of the user-provided function does not require gradients: it depends on no input")
        found = grad(out, copies, make(np.ones_like(out.array)), allow_unused=True, retain_graph=True)
        for k, g in enumerate(found):
            if g is None:
                raise GraphError(f"Output {i} of the user-provided function is independent of input {k}, which strict mode forbids")


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
