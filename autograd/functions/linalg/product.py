"""Products of vectors, matrices and tensors, under PyTorch's names. They check what PyTorch checks, and are made of a few ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from warnings import warn

import numpy as np

from ...engine.recording import alias, recorded
from ...errors import ArgumentError, DtypeError, ShapeError, demand_equal_dtypes, describe
from ...ops import reduction, shape
from ...ops.elementwise import arithmetic
from ...ops.elementwise import complex as complex_
from ...ops.linalg import einsum as _einsum
from ...ops.linalg import product
from ...ops.linalg.matrix import bar as conjugate
from ...types import Dim, Tensor, TensorLike
from ..elementwise import check_factor

matmul = recorded(product.matmul)
cross = recorded(product.cross)
_tensordot = recorded(product.tensordot)
_mul = recorded(arithmetic.mul)
_add = recorded(arithmetic.add)
_reshape = recorded(shape.reshape)
_sum = recorded(reduction.sum)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))  # a Python number has none


def _ndim(x: Any) -> int:
    return len(_shape(x))


def _check_ndim(name: str, *operands: tuple[TensorLike, int]) -> None:
    """Raise unless each operand has its number of dimensions."""
    for x, ndim in operands:
        if _ndim(x) != ndim:
            shown = ", ".join(describe(getattr(v, "array", v)) for v, _ in operands)
            raise ShapeError(
                f"{name}: expected tensors of {', '.join(str(n) for _, n in operands)} dimensions, got {shown}; use matmul"
            )


def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """The product of two matrices. ``matmul`` also takes vectors and batches.

    Args:
        input: (m, k).
        mat2: (k, n).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.mm(a, a)
        tensor([[ 7., 10.],
                [15., 22.]], dtype=float32)
    """
    _check_ndim("mm", (input, 2), (mat2, 2))
    return matmul(input, mat2)


def bmm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """The products of the matrices of two batches. ``matmul`` also broadcasts.

    Args:
        input: (b, m, k).
        mat2: (b, k, n).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.bmm(a, a.mT).shape
        (2, 1, 1)
    """
    _check_ndim("bmm", (input, 3), (mat2, 3))
    b, other = _shape(input)[0], _shape(mat2)[0]
    if b != other:
        raise ShapeError(f"bmm: the batches differ in length, {b} and {other}; matmul broadcasts")
    return matmul(input, mat2)


def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """The product of a matrix and a vector.

    Args:
        input: (m, n).
        vec: (n,).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> autograd.mv(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([1.0, 1.0]))
        tensor([3., 7.], dtype=float32)
    """
    _check_ndim("mv", (input, 2), (vec, 1))
    return matmul(input, vec)


def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """The sum of the products of two vectors' elements. Complex numbers are not conjugated.

    Args:
        input, tensor: (n,).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> autograd.dot(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
        tensor(11., dtype=float32)
    """
    _check_ndim("dot", (input, 1), (tensor, 1))
    return matmul(input, tensor)


def vdot(input: TensorLike, other: TensorLike) -> Tensor:
    """The sum of the products of two vectors' elements, of which the first are conjugated.

    Args:
        input, other: (n,).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> autograd.vdot(autograd.tensor([1j]), autograd.tensor([1j]))
        tensor(1.+0.j, dtype=complex64)
    """
    _check_ndim("vdot", (input, 1), (other, 1))
    return matmul(conjugate(input), other)


def inner(input: TensorLike, other: TensorLike) -> Tensor:
    """The sums of products over the last dimension of both. With a number, the product.

    Args:
        input: (..., n).
        other: (..., n).

    Returns:
        The leading dimensions of the input, then those of other.

    Raises:
        ShapeError: last dimensions that differ.

    Example:
        >>> import autograd
        >>> autograd.inner(autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0, 4.0], [1.0, 0.0]]))
        tensor([[11.,  1.]], dtype=float32)
    """
    if not _ndim(input) or not _ndim(other):
        return _mul(input, other)
    return _tensordot(input, other, dims=([-1], [-1]))


def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """The matrix of the products of two vectors' elements, y_ij = a_i b_j.

    Args:
        input: (m,).
        vec2: (n,).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> autograd.outer(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]], dtype=float32)
    """
    _check_ndim("outer", (input, 1), (vec2, 1))
    return _mul(_reshape(input, (-1, 1)), vec2)


ger = alias(outer, "ger")


def tensordot(a: TensorLike, b: TensorLike, dims: int | Sequence[int] | Sequence[Sequence[int]] = 2) -> Tensor:
    """The sum of products over pairs of dimensions.

    Args:
        a: any shape.
        b: any shape.
        dims: two lists: the dimensions of a, and the dimensions of b to pair them with. Or a number n: the last n of a with the
            first n of b.

    Raises:
        ShapeError: paired dimensions of different lengths.

    Example:
        >>> import autograd
        >>> a, b = autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0], [4.0]])
        >>> autograd.tensordot(a, b, dims=([1], [0]))
        tensor([[11.]], dtype=float32)
    """
    if isinstance(dims, list | tuple) and len(dims) == 2 and all(isinstance(d, list | tuple) for d in dims):
        # PyTorch broadcasts a dimension of length 1: the other operand is summed over the dimension that it meets.
        for d, e in zip(*dims, strict=False):
            n, m = _shape(a)[d], _shape(b)[e]
            if n != m and n == 1:
                b = _sum(b, dim=e, keepdim=True)
            elif n != m and m == 1:
                a = _sum(a, dim=d, keepdim=True)
    return _tensordot(a, b, dims=dims)


def einsum(equation: str | TensorLike, *operands: Any) -> Tensor:
    """Einstein's sum: a letter names each dimension of the operands. They are multiplied, and summed over the letters that the
    result lacks.

    Args:
        equation: "ij,jk->ik". Without an arrow the result has the letters that occur once, in alphabetical order. ``...`` stands
            for any number of dimensions that broadcast. A letter that occurs twice in an operand takes its diagonal.
        operands: tensors, or one list of them. Or, without an equation, x, [0, 1], y, [1, 2], [0, 2]: numbers in place of letters.

    Raises:
        ShapeError: the equation does not match the operands. ArgumentError: numbers that are not below 52, or negative; dots that
            are not one ellipsis.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.einsum("ii", x)
        tensor(5., dtype=float32)
    """
    if not isinstance(equation, str):
        return einsum(*_from_sublists(equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    for i, subscripts in enumerate(equation.replace("->", ",").split(",")) if "." in equation else ():
        if subscripts.count("...") > 1 or "." in subscripts.replace("...", ""):
            place = "the output" if "->" in equation and i == equation.count(",") + 1 else f"operand {i}"
            raise ArgumentError(f"einsum(): found '.' for {place} that is not part of one ellipsis (...): {equation!r}")
    return recorded(_einsum.einsum)(operands, equation=equation)


def _from_sublists(*args: Any) -> tuple[Any, ...]:
    """The equation and the operands of a call with numbers in place of letters, ``einsum(x, [0, 1], y, [1, 2], [0, 2])``."""
    has_output = len(args) % 2 == 1
    pairs = args[: len(args) - has_output]

    def letters(sublist: Sequence[Any]) -> str:
        for c in sublist:
            if c is not ... and not 0 <= c < 52:
                raise ArgumentError(f"einsum: not within the valid range [0, 52): the subscript {c} in {list(sublist)}")
        return "".join("..." if c is ... else chr(ord("A") + c) if c < 26 else chr(ord("a") + c - 26) for c in sublist)

    equation = ",".join(letters(sublist) for sublist in pairs[1::2])
    return (equation + (f"->{letters(args[-1])}" if has_output else ""), *pairs[::2])


def kron(input: TensorLike, other: TensorLike) -> Tensor:
    """The Kronecker product: a matrix of blocks, each the product of an element of the input and all of other.

    Example:
        >>> import autograd
        >>> autograd.kron(autograd.tensor([[1.0, 2.0]]), autograd.tensor([[1.0], [10.0]]))
        tensor([[ 1.,  2.],
                [10., 20.]], dtype=float32)
    """
    ndim = max(_ndim(input), _ndim(other))
    a, b = [(1,) * (ndim - _ndim(x)) + _shape(x) for x in (input, other)]
    spread_a = _reshape(input, [n for m in a for n in (m, 1)])
    spread_b = _reshape(other, [n for m in b for n in (1, m)])
    return _reshape(_mul(spread_a, spread_b), [m * n for m, n in zip(a, b, strict=True)])


def vecdot(x: TensorLike, y: TensorLike, *, dim: Dim = -1) -> Tensor:
    """The sums of products along a dimension. The elements of x are conjugated.

    Args:
        x: any shape.
        y: of a shape that broadcasts with that of x.
        dim: the dimension.

    Example:
        >>> import autograd
        >>> autograd.linalg.vecdot(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([1.0, 1.0]))
        tensor([3., 7.], dtype=float32)
    """
    return np.sum(_mul(conjugate(x), y), axis=dim)


def _scaled(x: Any, factor: TensorLike) -> Any:
    """The product with a factor, or the operand itself if the factor is the number 1."""
    return x if type(factor) in (int, float) and factor == 1 else _mul(x, factor)


def addmm(
    input: TensorLike, mat1: TensorLike, mat2: TensorLike, *, beta: TensorLike = 1, alpha: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``beta * input + alpha * (mat1 @ mat2)``.

    Args:
        input: of a shape that broadcasts to (m, n).
        mat1: (m, k).
        mat2: (k, n).
        beta: the factor of the input. If it is 0, the input is ignored, even where it is nan.
        alpha: the factor of the product.

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.addmm(autograd.tensor([1.0, 0.0]), a, a)
        tensor([[ 8., 10.],
                [16., 22.]], dtype=float32)
    """
    _check_ndim("addmm", (mat1, 2), (mat2, 2))
    return _blend(input, matmul(mat1, mat2), beta, alpha)


def addmv(
    input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: TensorLike = 1, alpha: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``beta * input + alpha * (mat @ vec)``.

    Args:
        input: of a shape that broadcasts to (m,).
        mat: (m, n).
        vec: (n,).
        beta: the factor of the input. If it is 0, the input is ignored, even where it is nan.
        alpha: the factor of the product.

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.addmv(autograd.tensor([1.0, 0.0]), a, autograd.tensor([1.0, 1.0]))
        tensor([4., 7.], dtype=float32)
    """
    _check_ndim("addmv", (mat, 2), (vec, 1))
    return _blend(input, matmul(mat, vec), beta, alpha)


def addr(
    input: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: TensorLike = 1, alpha: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``beta * input + alpha * outer(vec1, vec2)``.

    Args:
        input: of a shape that broadcasts to (m, n).
        vec1: (m,).
        vec2: (n,).
        beta: the factor of the input. If it is 0, the input is ignored, even where it is nan.
        alpha: the factor of the product.

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> v = autograd.tensor([1.0, 2.0])
        >>> autograd.addr(autograd.tensor([1.0, 0.0]), v, v)
        tensor([[2., 2.],
                [3., 4.]], dtype=float32)
    """
    return _blend(input, outer(vec1, vec2), beta, alpha)


def _older_form(name: str, first: Any, second: Any, last: tuple[Any, ...], beta: Any, alpha: Any) -> tuple[Any, Any, Any, Any]:
    """The two batches, beta and alpha, of a call that may have one or both factors before the batches."""
    if last:
        warn(f"This overload of {name} is deprecated: pass beta and alpha by name", UserWarning, stacklevel=3)
    if len(last) == 1:
        return second, last[0], first, alpha
    return (*last, first, second) if last else (first, second, beta, alpha)


def baddbmm(
    input: TensorLike, batch1: TensorLike, batch2: TensorLike, *last: TensorLike, beta: TensorLike = 1, alpha: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``beta * input + alpha * bmm(batch1, batch2)``.

    Args:
        input: of a shape that broadcasts to (b, m, n).
        batch1: (b, m, k).
        batch2: (b, k, n).
        last: the batches in PyTorch's older form, in which beta, or beta and alpha, stand before them.
        beta: the factor of the input. If it is 0, the input is ignored, even where it is nan.
        alpha: the factor of the product.

    Raises:
        ShapeError: other shapes. DtypeError: several dtypes.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.baddbmm(autograd.zeros(1), a, a.mT, alpha=2).flatten()
        tensor([6., 6.], dtype=float32)
    """
    batch1, batch2, beta, alpha = _older_form("baddbmm", batch1, batch2, last, beta, alpha)
    demand_equal_dtypes("baddbmm", input, batch1, batch2)
    return _blend(input, bmm(batch1, batch2), beta, alpha)


def addbmm(
    input: TensorLike, batch1: TensorLike, batch2: TensorLike, *last: TensorLike, beta: TensorLike = 1, alpha: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``beta * input + alpha * bmm(batch1, batch2).sum(0)``.

    Args:
        input: of a shape that broadcasts to (m, n).
        batch1: (b, m, k).
        batch2: (b, k, n).
        last: the batches in PyTorch's older form, in which beta, or beta and alpha, stand before them.
        beta: the factor of the input. If it is 0, the input is ignored, even where it is nan.
        alpha: the factor of the sum.

    Raises:
        ShapeError: other shapes. DtypeError: several dtypes.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.addbmm(autograd.zeros(1), a, a.mT)
        tensor([[6.]], dtype=float32)
    """
    batch1, batch2, beta, alpha = _older_form("addbmm", batch1, batch2, last, beta, alpha)
    _check_ndim("addbmm", (batch1, 3), (batch2, 3))
    demand_equal_dtypes("addbmm", input, batch1, batch2)
    return _blend(input, einsum("bij,bjk->ik", batch1, batch2), beta, alpha)


def _blend(input: TensorLike, product: Tensor, beta: TensorLike, alpha: TensorLike) -> Tensor:
    """beta * input + alpha * product. Like PyTorch's it ignores the input if beta is 0, even where the input is nan."""
    for name, factor in (("beta", beta), ("alpha", alpha)):
        check_factor(name, factor, {product.dtype.kind})
    if type(beta) in (int, float) and beta == 0:
        return _scaled(product, alpha)
    return _add(_scaled(input, beta), _scaled(product, alpha))


def polar(abs: TensorLike, angle: TensorLike) -> Tensor:
    """Complex numbers from their absolute value and angle, abs (cos angle + i sin angle).

    Raises:
        DtypeError: an input that is not floating point, or two dtypes.

    Example:
        >>> import autograd
        >>> autograd.polar(autograd.tensor([2.0]), autograd.tensor([0.0]))
        tensor([2.+0.j], dtype=complex64)
    """
    for x in (abs, angle):
        if getattr(x, "dtype", np.dtype(float)).kind != "f":
            raise DtypeError(f"polar: expected both inputs to be floating point, but got {describe(abs)} and {describe(angle)}")
    demand_equal_dtypes("polar", abs, angle)
    return recorded(complex_.complex_)(_mul(abs, np.cos(angle)), _mul(abs, np.sin(angle)))


def multi_dot(tensors: Sequence[TensorLike]) -> Tensor:
    """The product of several matrices, computed in the order that needs the fewest multiplications.

    Args:
        tensors: at least 2 matrices. The first one may be a vector (a row), and the last one, too (a column).

    Raises:
        ShapeError: fewer matrices, or other numbers of dimensions. DtypeError: matrices of several dtypes.

    Source: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, section 15.2.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 3)
        >>> autograd.linalg.multi_dot([a, a.mT, a]).shape
        (2, 3)
    """
    matrices: list[Any] = list(tensors)
    if len(matrices) < 2:
        raise ShapeError(f"multi_dot: expected at least 2 tensors, got {len(matrices)}")
    demand_equal_dtypes("multi_dot", *matrices)
    ndims = [_ndim(m) for m in matrices]
    if any(n != 2 for n in ndims[1:-1]) or ndims[0] not in (1, 2) or ndims[-1] not in (1, 2):
        raise ShapeError(
            f"multi_dot: expected matrices, of which the first and the last may be vectors, but got tensors of {ndims} dimensions"
        )
    first, last = [_shape(m) for m in (matrices[0], matrices[-1])]
    sizes = [1 if len(first) == 1 else first[0], *[_shape(m)[0] if i else first[-1] for i, m in enumerate(matrices)][1:]]
    sizes.append(1 if len(last) == 1 else last[1])
    # Of the factors i to j: the least number of multiplications, and where to divide them in two.
    cost: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(matrices))}
    for span in range(1, len(matrices)):
        for i in range(len(matrices) - span):
            j = i + span
            cost[i, j] = min((cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))

    def multiplied(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        k = cost[i, j][1]
        return matmul(multiplied(i, k), multiplied(k + 1, j))

    return multiplied(0, len(matrices) - 1)


def chain_matmul(*matrices: TensorLike) -> Tensor:
    """The product of several matrices: ``linalg.multi_dot`` under an old name.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 3)
        >>> autograd.chain_matmul(a, a.mT, a).shape
        (2, 3)
    """
    _check_ndim("chain_matmul", *[(matrix, 2) for matrix in matrices])
    if len(matrices) == 1:
        return matrices[0]  # type: ignore[return-value]
    return multi_dot(matrices)
