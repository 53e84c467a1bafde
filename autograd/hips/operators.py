"""Functions of functions: gradients, Jacobians, Hessians and products with them, with respect to an argument by its number."""

from __future__ import annotations

import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import derivatives
from .functions import reshape, stack
from .levels import isbox
from .primitives import defvjp_argnum, function_of, primitive
from .spaces import vspace

Function = Callable[..., Any]


def get_name(fun: Any) -> str:
    return getattr(fun, "__name__", "[unknown name]")


def get_doc(fun: Any) -> str:
    return getattr(fun, "__doc__", "") or ""


def wraps(fun: Any, namestr: str = "{fun}", docstr: str = "{doc}", **names: Any) -> Callable[[Function], Function]:
    """A decorator that names a function after another; ``{fun}`` and ``{doc}`` in the texts are the other's name and docstring."""

    def named(function: Function) -> Function:
        known = {"fun": get_name(fun), "doc": get_doc(fun), **names}
        function.__name__, function.__doc__ = namestr.format_map(known), docstr.format_map(known)
        return function

    return named


def unary_to_nary(unary_operator: Function) -> Function:
    """An operator on functions of one argument as one on functions of several: ``argnum`` says with respect to which.

    Args:
        unary_operator: a function of (function, x, and more arguments).
    """

    def nary_operator(fun: Function, argnum: int | Sequence[int] = 0, *more: Any, **named: Any) -> Function:
        if not isinstance(argnum, int | tuple | list):
            raise TypeError(f"argnum must be an integer, or a tuple of them, not {argnum!r}")
        single = isinstance(argnum, int)
        numbers: Any = argnum

        def nary_function(*args: Any, **kwargs: Any) -> Any:
            def unary_function(x: Any) -> Any:
                values = list(args)
                if single:
                    values[numbers] = x
                else:
                    for i, part in zip(numbers, x, strict=True):
                        values[i] = part
                return fun(*values, **kwargs)

            unary_function.__name__ = get_name(fun)
            try:
                x = args[numbers] if single else tuple([args[i] for i in numbers])
            except IndexError:
                raise TypeError(f"{get_name(fun)} was called with {len(args)} arguments by position; argnum is {argnum}") from None
            return unary_operator(unary_function, x, *more, **named)

        nary_function.__name__ = f"{get_name(unary_operator)}_of_{get_name(fun)}_wrt_argnum_{argnum}"
        nary_function.__doc__ = (
            f"    {get_name(unary_operator)} of function {get_name(fun)} with respect to argument {argnum}. It takes the arguments "
            f"of {get_name(fun)}."
        )
        return nary_function

    if len(inspect.signature(unary_operator).parameters) == 2:
        fun, argnum = list(inspect.signature(nary_operator).parameters.values())[:2]
        nary_operator.__signature__ = inspect.Signature([fun, argnum])  # type: ignore[attr-defined]
    nary_operator.__name__ = nary_operator.__qualname__ = get_name(unary_operator)
    nary_operator.__doc__ = unary_operator.__doc__
    return nary_operator


@unary_to_nary
def make_vjp(fun: Function, x: Any) -> tuple[Function, Any]:
    """A function that returns, at a point, a function from a gradient of the result to that of the argument, and the result.

    Example:
        >>> from autograd import make_vjp
        >>> vjp, value = make_vjp(lambda x: x**3)(2.0)
        >>> float(value), float(vjp(1.0))
        (8.0, 12.0)
    """
    return derivatives.make_vjp(fun, x)


@unary_to_nary
def make_jvp(fun: Function, x: Any) -> Function:
    """A function that returns, at a point, a function from a tangent of the argument to the result and its tangent.

    Example:
        >>> from autograd import make_jvp
        >>> value, tangent = make_jvp(lambda x: x**3)(2.0)(1.0)
        >>> float(value), float(tangent)
        (8.0, 12.0)
    """
    return derivatives.make_jvp(fun, x)


def _one(value: Any, name: str) -> Any:
    """The gradient of a scalar with respect to itself."""
    if type(value) is np.float64:
        return np.float64(1.0)
    if type(value) in (bool, np.bool_):
        raise TypeError(f"{name} is for functions that return one real number, and this one returned a truth value")
    if isinstance(value, int | np.integer):
        return np.float64(1.0)
    space = vspace(value)
    if space.size != 1:
        described = f"{space.dtype}{list(space.shape)}" if hasattr(space, "dtype") else type(value).__name__
        raise TypeError(
            f"{name} is for functions that return one real number, and this one returned {described}: reduce it, or use jacobian, "
            f"elementwise_grad or holomorphic_grad"
        )
    return space.ones()


@unary_to_nary
def grad(fun: Function, x: Any) -> Any:
    """A function that returns the gradient of ``fun``, which returns one real number, with respect to an argument.

    Formula: ``grad(fun)(x)_i = d fun(x) / d x_i``

    Args:
        fun: a function of arrays that computes with ``autograd.numpy``.
        argnum: the number of the argument; a tuple of numbers for the gradients of several, as a tuple.

    Raises:
        TypeError: the function returned anything but one real number.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import grad
        >>> print(grad(lambda x: np.sum(x**2))(np.array([1.0, 3.0])))
        [2. 6.]
    """
    run = derivatives.Run(fun, x)
    return run.pull(_one(run.value, "grad"))


@unary_to_nary
def value_and_grad(fun: Function, x: Any) -> tuple[Any, Any]:
    """A function that returns the value of ``fun`` and its gradient, as ``scipy.optimize.minimize`` takes them with ``jac=True``.

    Example:
        >>> from autograd import value_and_grad
        >>> value, gradient = value_and_grad(lambda x: x**3)(2.0)
        >>> float(value), float(gradient)
        (8.0, 12.0)
    """
    run = derivatives.Run(fun, x)
    return run.value, run.pull(_one(run.value, "value_and_grad"))


@unary_to_nary
def elementwise_grad(fun: Function, x: Any) -> Any:
    """A function that returns the sums of the columns of the Jacobian of ``fun``: its derivative, where it works by elements.

    Raises:
        TypeError: the function returned complex numbers.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import elementwise_grad
        >>> print(elementwise_grad(np.square)(np.array([1.0, 3.0])))
        [2. 6.]
    """
    run = derivatives.Run(fun, x)
    space = vspace(run.value)
    if space.iscomplex:
        raise TypeError("elementwise_grad is for functions that return real numbers: use holomorphic_grad")
    return run.pull(space.ones())


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """A function that returns the derivative of ``fun`` in the forward mode, in the direction of ones.

    Example:
        >>> from autograd import deriv
        >>> float(deriv(lambda x: x**3)(2.0))
        12.0
    """
    _, slope = derivatives.make_jvp(fun, x)(vspace(x).ones())
    return slope


@unary_to_nary
def jacobian(fun: Function, x: Any) -> Any:
    """A function that returns the Jacobian of ``fun``: the shape of the result, then the shape of the argument.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import jacobian
        >>> print(jacobian(np.square)(np.array([1.0, 3.0])))
        [[2. 0.]
         [0. 6.]]
    """
    run = derivatives.Run(fun, x)
    space = vspace(run.value)
    shape = space.shape + vspace(x).shape
    rows = [run.pull(e) for e in space.standard_basis()]
    if not rows:
        return np.zeros(shape)
    return reshape(stack(rows) if any([isbox(row) for row in rows]) else np.array(rows), shape)


@unary_to_nary
def holomorphic_grad(fun: Function, x: Any) -> Any:
    """A function that returns the complex derivative of a holomorphic ``fun`` of complex numbers.

    Example:
        >>> from autograd import holomorphic_grad
        >>> complex(holomorphic_grad(lambda z: z**2)(1 + 2j))
        (2+4j)
    """
    if not vspace(x).iscomplex:
        warnings.warn("the argument of holomorphic_grad is not complex", stacklevel=3)
    return grad(lambda z: function_of(np.real)(fun(z)))(x)


def grad_named(fun: Function, argname: str) -> Function:
    """``grad`` with respect to an argument by its name.

    Example:
        >>> from autograd import grad_named
        >>> float(grad_named(lambda x, y: x * y, "y")(2.0, 3.0))
        2.0
    """
    return grad(fun, inspect.getfullargspec(fun).args.index(argname))


@unary_to_nary
def hessian(fun: Function, x: Any) -> Any:
    """A function that returns the Hessian of ``fun``: the Jacobian of its Jacobian.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import hessian
        >>> print(hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0])))
        [[6. 2.]
         [2. 0.]]
    """
    return jacobian(jacobian(fun))(x)


@unary_to_nary
def make_hvp(fun: Function, x: Any) -> Any:
    """A function that returns, at a point, a function from a vector to its product with the Hessian of ``fun``, and the gradient.

    Example:
        >>> from autograd import make_hvp
        >>> product, gradient = make_hvp(lambda x: x**3)(2.0)
        >>> float(product(1.0)), float(gradient)
        (12.0, 12.0)
    """
    return derivatives.make_vjp(grad(fun), x)


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """A function of the arguments of ``fun`` and a tensor, which returns the product of the Hessian with that tensor.

    Example:
        >>> from autograd import hessian_tensor_product, hessian_vector_product
        >>> float(hessian_tensor_product(lambda x: x**3)(2.0, 1.0))
        12.0
    """
    gradient = grad(fun, argnum)

    def product(*args: Any, **kwargs: Any) -> Any:
        *rest, tensor = args
        return function_of(np.tensordot)(gradient(*rest, **kwargs), tensor, np.ndim(tensor))

    return grad(product, argnum)


hessian_vector_product = hessian_tensor_product


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """A function of the arguments of ``fun`` and a tensor, which returns the product of that tensor with the Jacobian.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import tensor_jacobian_product, vector_jacobian_product
        >>> print(tensor_jacobian_product(np.square)(np.array([1.0, 3.0]), np.array([1.0, 2.0])))
        [ 2. 12.]
    """

    def product(*args: Any, **kwargs: Any) -> Any:
        *rest, tensor = args
        return function_of(np.tensordot)(tensor, fun(*rest, **kwargs), axes=np.ndim(tensor))

    return jacobian(product, argnum)


vector_jacobian_product = tensor_jacobian_product


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """A function that returns, at a point, a function from a tangent of the argument to that of the result, by two reverse modes.

    Example:
        >>> from autograd.differential_operators import make_jvp_reversemode
        >>> float(make_jvp_reversemode(lambda x: x**3)(2.0)(1.0))
        12.0
    """
    vjp, y = derivatives.make_vjp(fun, x)
    return derivatives.make_vjp(vjp, vspace(y).zeros())[0]


def _half_square(x: Any) -> Any:
    return 0.5 * function_of(np.sum)(x**2, axis=-1)


def make_ggnvp(f: Function, g: Function = _half_square, f_argnum: int = 0) -> Function:
    """A function that returns, at a point, a function from a vector to its product with the generalised Gauss-Newton matrix.

    Formula: ``J^T H J v``, where J is the Jacobian of f, and H the Hessian of g at f(x)

    Args:
        f: the inner function. g: the outer function; by default half the sum of squares.
        f_argnum: the number of the argument of f.

    Example:
        >>> import autograd.numpy as np
        >>> from autograd import make_ggnvp
        >>> print(make_ggnvp(np.square)(np.array([1.0, 3.0]))(np.array([1.0, 1.0])))
        [ 4. 36.]
    """

    @unary_to_nary
    def ggnvp_maker(f: Function, x: Any) -> Function:
        f_vjp, f_x = derivatives.make_vjp(f, x)
        g_hvp, grad_g_x = derivatives.make_vjp(grad(g), f_x)
        f_jvp, _ = derivatives.make_vjp(f_vjp, vspace(grad_g_x).zeros())
        return lambda v: f_vjp(g_hvp(f_jvp(v)))

    return ggnvp_maker(f, f_argnum)


@unary_to_nary
def grad_and_aux(fun: Function, x: Any) -> tuple[Any, Any]:
    """The gradient of the first of the two results of ``fun``, beside the second as it is.

    Example:
        >>> from autograd import grad_and_aux
        >>> gradient, aux = grad_and_aux(lambda x: (x**2, "more"))(3.0)
        >>> float(gradient), aux
        (6.0, 'more')
    """
    aux: list[Any] = []
    run: list[int] = []

    def first(x: Any) -> Any:
        answer, second = fun(x)
        aux.append(second)
        run.append(derivatives.trace_stack.top)
        return answer

    result = derivatives.Run(first, x)
    return result.pull(_one(result.value, "grad_and_aux")), _without_level(aux[0], run[0])


def _without_level(value: Any, level: int) -> Any:
    """A value without the boxes of one level."""
    if isbox(value):
        return value._value if value._trace == level else value
    if isinstance(value, list | tuple):
        parts = [_without_level(part, level) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: _without_level(part, level) for key, part in value.items()}
    return value


def multigrad_dict(fun: Function) -> Function:
    """A function that returns the gradients of ``fun`` with respect to all its arguments, as a dict from their names.

    Example:
        >>> from autograd import multigrad_dict
        >>> {name: float(g) for name, g in multigrad_dict(lambda x, y: x * y)(2.0, 3.0).items()}
        {'x': 3.0, 'y': 2.0}
    """
    signature = inspect.signature(fun)

    def gradients(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def of_dict(values: Any) -> Any:
            call = inspect.BoundArguments(signature, OrderedDict(values))
            return fun(*call.args, **call.kwargs)

        found = grad(of_dict)(dict(bound.arguments))
        return OrderedDict((name, found[name]) for name in bound.arguments)

    return gradients


def checkpoint(fun: Function) -> Function:
    """The function without a record of its inside: backward computes it once more, and so takes more time and less memory.

    Example:
        >>> from autograd import checkpoint, grad
        >>> float(grad(checkpoint(lambda x: x**3))(2.0))
        12.0
    """
    wrapped = primitive(fun)

    def maker(argnum: int, ans: Any, args: Any, kwargs: Any) -> Function:
        def rule(g: Any) -> Any:
            again, _ = make_vjp(fun, argnum)(*args, **kwargs)
            return again(g)

        return rule

    defvjp_argnum(wrapped, maker)
    return wrapped


__all__ = [
    "checkpoint", "deriv", "elementwise_grad", "get_doc", "get_name", "grad", "grad_and_aux", "grad_named", "hessian",
    "hessian_tensor_product", "hessian_vector_product", "holomorphic_grad", "jacobian", "make_ggnvp", "make_hvp", "make_jvp",
    "make_jvp_reversemode", "make_vjp", "multigrad_dict", "tensor_jacobian_product", "unary_to_nary", "value_and_grad",
    "vector_jacobian_product", "wraps",
]  # fmt: skip
