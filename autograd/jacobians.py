"""``torch.autograd.functional``: Jacobians, Hessians and products with them of a function, at given inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeAlias

import numpy as np

from . import func as _func
from .engine.graph import make
from .engine.modes import enable_grad
from .engine.transforms import Transform, demand_outside, running
from .errors import GraphError, ShapeError, describe
from .tensor.tensor import Tensor
from .types import Tree
from .vmap import grad

Tensors: TypeAlias = Tensor | tuple[Tensor, ...]


def _arguments(inputs: Any, name: str, of: str = "inputs given to") -> tuple[tuple[Tensor, ...], bool]:
    """The tensors as a tuple, and whether it was one tensor."""
    single = not isinstance(inputs, tuple)
    arguments = (inputs,) if single else tuple(inputs)
    for i, t in enumerate(arguments):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"The {of} {name} must be either a Tensor or a tuple of Tensors, but the value at index {i} is {describe(t)}"
            )
    return arguments, single


def _to_differentiate(inputs: Any, name: str, create_graph: bool) -> tuple[tuple[Tensor, ...], bool]:
    """``_arguments``; for a result that can be differentiated as in PyTorch all of them require a gradient."""
    demand_outside(f"autograd.functional.{name}")
    arguments, single = _arguments(inputs, name)
    if create_graph:
        arguments = tuple([a if a.requires_grad or a.dtype.kind not in "fc" else a.detach().requires_grad_() for a in arguments])
    return arguments, single


def _checked(func: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, which must return tensors."""

    def call(*args: Any) -> Any:
        y = func(*args)
        outputs, single = _arguments(tuple(y) if isinstance(y, list) else y, name, "outputs of the user-provided function given to")
        return outputs[0] if single else outputs

    return call


def _scalar(func: Callable[..., Any], name: str, shapes: list[Any]) -> Callable[..., Any]:
    """The function with its one number as a tensor of no dimensions; ``shapes`` gets the shape that it had."""

    def number(*args: Any) -> Any:
        y = func(*args)
        if isinstance(y, tuple) and all(isinstance(t, Tensor) for t in y):
            raise GraphError(f"The function given to {name} should return a single Tensor, not a tuple of {len(y)}")
        if not isinstance(y, Tensor):
            raise TypeError(f"The outputs of the user-provided function given to {name} must be a Tensor, not {describe(y)}")
        if y.numel() != 1:
            raise GraphError(f"The Tensor returned by the function given to {name} should contain a single element")
        shapes.append(y.shape)
        return y.reshape(())

    return number


def _vector(v: Any, arguments: tuple[Tensor, ...], single: bool, name: str, of: str = "input to") -> Any:
    """The vector, in the structure of the tensors that it belongs to; ones for a tensor of one element."""
    if v is None:
        if len(arguments) != 1 or arguments[0].numel() != 1:
            raise GraphError(f"The vector v can only be None if the {of} the function is a single Tensor with one element")
        return make(np.ones_like(arguments[0].array)) if single else (make(np.ones_like(arguments[0].array)),)
    vectors, _ = _arguments(v, name, "v given to")
    if len(vectors) != len(arguments):
        raise GraphError(f"v is a tuple of invalid length: should be {len(arguments)} but got {len(vectors)}")
    for i, (t, a) in enumerate(zip(vectors, arguments, strict=True)):
        if t.shape != a.shape:
            raise ShapeError(f"v has invalid size: entry {i} should be {tuple(a.shape)} but got {tuple(t.shape)}")
    return vectors[0] if single else vectors


@contextmanager
def _mode(create_graph: bool) -> Iterator[None]:
    """A result that can be differentiated is recorded even where the caller's own computations are not.

    The transforms of ``func`` that run within are steps of this room's functions.
    """
    token = running.set(Transform(_mode, 0, reverse=False, plain=True))
    try:
        with enable_grad() if create_graph else nullcontext():
            yield
    finally:
        running.reset(token)


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
    arguments, single = _to_differentiate(inputs, "jacobian", create_graph)
    func = _checked(func, "jacobian")
    if strict:
        _demand_dependence(func, arguments, create_graph, vectorize)
    transform = _func.jacrev if strategy == "reverse-mode" else _func.jacfwd
    with _mode(create_graph):
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
    arguments, single = _to_differentiate(inputs, "hessian", create_graph)
    func = _scalar(func, "hessian", [])
    if strict:
        _demand_dependence(func, arguments, True, vectorize)
    numbers = 0 if single else tuple(range(len(arguments)))
    outer = _func.jacrev if outer_jacobian_strategy == "reverse-mode" else _func.jacfwd
    with _mode(create_graph):
        return _finished(outer(_func.jacrev(func, numbers), numbers)(*arguments), create_graph)


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
    arguments, single = _to_differentiate(inputs, "vjp", create_graph)
    func = _checked(func, "vjp")
    if strict:
        _demand_dependence(func, arguments, create_graph)
    with _mode(create_graph):
        y, pull = _func.vjp(func, *arguments)
        outputs, one = _arguments(y, "vjp", "outputs of the user-provided function given to")
        product = pull(_vector(v, outputs, one, "vjp", "output of"))
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
    arguments, single = _to_differentiate(inputs, "jvp", create_graph)
    func = _checked(func, "jvp")
    if strict:
        _demand_dependence(func, arguments, create_graph)
    vector = _vector(v, arguments, single, "jvp")
    with _mode(create_graph):
        y, product = _func.jvp(func, arguments, (vector,) if single else vector)
        return _finished(y, create_graph), _finished(product, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tree, Tree]:
    """The value of a scalar function and the product of its Hessian with a vector, ``H v``: forward over reverse.

    Args:
        func: a function of tensors that returns a tensor of one element. inputs: a tensor, or a tuple of its arguments.
        v: of the inputs' structure and shapes; may be left out where the input has one element.
        create_graph: the result can be differentiated. strict: raise for an input that the output, or its gradient, does not
            depend on.

    Returns:
        ``(output, product)``; the product has the inputs' structure.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import hvp
        >>> hvp(lambda x: (x**3).sum(), autograd.tensor([1.0, 2.0]), autograd.ones(2))[1]
        tensor([ 6., 12.], dtype=float32)
    """
    return _with_hessian(_func.hvp, "hvp", func, inputs, v, create_graph, strict)


def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Tree, Tree]:
    """The value of a scalar function and the product of a vector with its Hessian, ``v^T H``: reverse over reverse.

    Args:
        func: a function of tensors that returns a tensor of one element. inputs: a tensor, or a tuple of its arguments.
        v: of the inputs' structure and shapes; may be left out where the input has one element.
        create_graph: the result can be differentiated. strict: raise for an input that the output, or its gradient, does not
            depend on.

    Returns:
        ``(output, product)``; the product has the inputs' structure.

    Example:
        >>> import autograd
        >>> from autograd.jacobians import vhp
        >>> vhp(lambda x: (x**3).sum(), autograd.tensor([1.0, 2.0]), autograd.ones(2))[1]
        tensor([ 6., 12.], dtype=float32)
    """
    return _with_hessian(_func.vhp, "vhp", func, inputs, v, create_graph, strict)


def _with_hessian(
    transform: Callable[..., Any], name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Tree, Tree]:
    arguments, single = _to_differentiate(inputs, name, create_graph)
    shapes: list[Any] = []
    func = _scalar(func, name, shapes)
    if strict:
        _demand_dependence(func, arguments, True)
    vector = _vector(v, arguments, single, name)
    with _mode(create_graph):
        value, product = transform(func, arguments[0] if single else arguments, vector)
        return _finished(value.reshape(shapes[-1]), create_graph), _finished(product, create_graph)


def _demand_dependence(
    function: Callable[..., Any], arguments: tuple[Any, ...], gradient: bool = False, vectorize: bool = False
) -> None:
    """Raise unless every output depends on every input: ``strict=True``. With ``gradient`` so must each output's gradients."""
    if vectorize:
        raise GraphError("strict=True and vectorize=True are not supported together: leave one of them out")
    with enable_grad():
        copies = [a.detach().clone().requires_grad_() for a in arguments]
        outputs: list[Any] = []
        _func.flatten(function(*copies), outputs)
        for i, out in enumerate(outputs):
            if not out.requires_grad:
                raise GraphError(f"Output {i} of the user-provided function does not require gradients: it depends on no input")
            found = grad(out, copies, make(np.ones_like(out.array)), allow_unused=True, retain_graph=True, create_graph=gradient)
            for k, g in enumerate(found):
                if g is None:
                    raise GraphError(
                        f"Output {i} of the user-provided function is independent of input {k}, which strict mode forbids"
                    )
            for k, g in enumerate(found if gradient else ()):
                second: Sequence[Any] = [None] * len(copies)
                if g.requires_grad:
                    second = grad(g, copies, make(np.ones_like(g.array)), allow_unused=True, retain_graph=True)
                for other, s in enumerate(second):
                    if s is None:
                        raise GraphError(
                            f"The jacobian of the user-provided function with respect to input {k} is independent of input {other}"
                            f", which strict mode forbids"
                        )


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
