"""Products under PyTorch's names: each checks what PyTorch checks and is made of matmul, einsum and a few more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.recording import alias, recorded
from ...errors import ShapeError, describe
from ...ops import shape
from ...ops.elementwise import arithmetic
from ...ops.elementwise import complex as complex_
from ...ops.linalg import einsum as _einsum
from ...ops.linalg import product

matmul = recorded(product.matmul)
cross = recorded(product.cross)
_tensordot = recorded(product.tensordot)
_mul = recorded(arithmetic.mul)
_add = recorded(arithmetic.add)
_reshape = recorded(shape.reshape)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _ndim(x: Any) -> int:
    return len(_shape(x))


def _wants(name: str, *operands: tuple[Any, int]) -> None:
    """Raise unless each operand has so many dimensions."""
    for x, ndim in operands:
        if _ndim(x) != ndim:
            shown = ", ".join(describe(getattr(v, "array", v)) for v, _ in operands)
            raise ShapeError(
                f"{name}: expected tensors of {', '.join(str(n) for _, n in operands)} dimensions, got {shown}; use matmul"
            )


def mm(input: Any, mat2: Any) -> Any:
    """Product of two matrices; nothing broadcasts (``matmul`` takes vectors and batches too).

    Args:
        input: (m, k). mat2: (k, n).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.mm(a, a)
        tensor([[ 7., 10.],
                [15., 22.]], dtype=float32)
    """
    _wants("mm", (input, 2), (mat2, 2))
    return matmul(input, mat2)


def bmm(input: Any, mat2: Any) -> Any:
    """Products of two batches of matrices, shapes (b, m, k) and (b, k, n); nothing broadcasts.

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.bmm(a, a.mT).shape
        (2, 1, 1)
    """
    _wants("bmm", (input, 3), (mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise ShapeError(f"bmm: the batches differ in length, {input.shape[0]} and {mat2.shape[0]}; matmul broadcasts")
    return matmul(input, mat2)


def mv(input: Any, vec: Any) -> Any:
    """Product of a matrix and a vector.

    Example:
        >>> import autograd
        >>> autograd.mv(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([1.0, 1.0]))
        tensor([3., 7.], dtype=float32)
    """
    _wants("mv", (input, 2), (vec, 1))
    return matmul(input, vec)


def dot(input: Any, tensor: Any) -> Any:
    """Sum of products of two vectors; complex numbers are not conjugated.

    Args:
        input, tensor: (n,).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> autograd.dot(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
        tensor(11., dtype=float32)
    """
    _wants("dot", (input, 1), (tensor, 1))
    return matmul(input, tensor)


def vdot(input: Any, other: Any) -> Any:
    """Sum of products of two vectors, the first conjugated.

    Example:
        >>> import autograd
        >>> autograd.vdot(autograd.tensor([1j]), autograd.tensor([1j]))
        tensor(1.+0.j, dtype=complex64)
    """
    _wants("vdot", (input, 1), (other, 1))
    return matmul(_conj(input), other)


def _conj(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x


def inner(input: Any, other: Any) -> Any:
    """Sums of products over the last dimension of both; with a number, the product.

    Example:
        >>> import autograd
        >>> autograd.inner(autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0, 4.0], [1.0, 0.0]]))
        tensor([[11.,  1.]], dtype=float32)
    """
    if not _ndim(input) or not _ndim(other):
        return _mul(input, other)
    return _tensordot(input, other, dims=([-1], [-1]))


def outer(input: Any, vec2: Any) -> Any:
    """Matrix of the products of two vectors' elements, y_ij = a_i b_j.

    Example:
        >>> import autograd
        >>> autograd.outer(autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]], dtype=float32)
    """
    _wants("outer", (input, 1), (vec2, 1))
    return _mul(_reshape(input, (input.shape[0], 1)), vec2)


ger = alias(outer, "ger")


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    return _tensordot(a, b, dims=dims)


tensordot.__doc__ = product.tensordot.doc


def einsum(equation: Any, *operands: Any) -> Any:
    if not isinstance(equation, str):
        return einsum(*_from_sublists(equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    return recorded(_einsum.einsum)(operands, equation=equation)


einsum.__doc__ = _einsum.einsum.doc


def _from_sublists(*args: Any) -> tuple[Any, ...]:
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])``: lists of numbers (and ...) in place of letters."""
    has_output = len(args) % 2 == 1
    pairs = args[: len(args) - has_output]

    def letters(sublist: Sequence[Any]) -> str:
        return "".join("..." if c is ... else _einsum.LETTERS[c] for c in sublist)

    equation = ",".join(letters(sublist) for sublist in pairs[1::2])
    return (equation + (f"->{letters(args[-1])}" if has_output else ""), *pairs[::2])


def kron(input: Any, other: Any) -> Any:
    """Kronecker product: each element of the first times the whole of the second.

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


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Sums of products along a dimension, the first operand conjugated; the others broadcast.

    Example:
        >>> import autograd
        >>> autograd.linalg.vecdot(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([1.0, 1.0]))
        tensor([3., 7.], dtype=float32)
    """
    return np.sum(_mul(_conj(x), y), axis=dim)


def _scaled(x: Any, factor: Any) -> Any:
    return x if type(factor) in (int, float) and factor == 1 else _mul(x, factor)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * (mat1 @ mat2)``; input broadcasts.

    Args:
        input: broadcasts to (m, n). mat1: (m, k). mat2: (k, n).

    Raises:
        ShapeError: other shapes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.addmm(autograd.tensor([1.0, 0.0]), a, a)
        tensor([[ 8., 10.],
                [16., 22.]], dtype=float32)
    """
    _wants("addmm", (mat1, 2), (mat2, 2))
    return _blend(input, matmul(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * (mat @ vec)``.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.addmv(autograd.tensor([1.0, 0.0]), a, autograd.tensor([1.0, 1.0]))
        tensor([4., 7.], dtype=float32)
    """
    _wants("addmv", (mat, 2), (vec, 1))
    return _blend(input, matmul(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * outer(vec1, vec2)``.

    Example:
        >>> import autograd
        >>> v = autograd.tensor([1.0, 2.0])
        >>> autograd.addr(autograd.tensor([1.0, 0.0]), v, v)
        tensor([[2., 2.],
                [3., 4.]], dtype=float32)
    """
    return _blend(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * bmm(batch1, batch2)``.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.baddbmm(autograd.zeros(1), a, a.mT, alpha=2).flatten()
        tensor([6., 6.], dtype=float32)
    """
    return _blend(input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """``beta * input + alpha * bmm(batch1, batch2).sum(0)``.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 1, 3)
        >>> autograd.addbmm(autograd.zeros(1), a, a.mT)
        tensor([[6.]], dtype=float32)
    """
    _wants("addbmm", (batch1, 3), (batch2, 3))
    return _blend(input, einsum("bij,bjk->ik", batch1, batch2), beta, alpha)


def _blend(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    # With beta == 0 PyTorch ignores the input, nan or not.
    if type(beta) in (int, float) and beta == 0:
        return _scaled(product, alpha)
    return _add(_scaled(input, beta), _scaled(product, alpha))


def polar(abs: Any, angle: Any) -> Any:
    """Complex numbers of a size and an angle, abs (cos angle + i sin angle).

    Example:
        >>> import autograd
        >>> autograd.polar(autograd.tensor([2.0]), autograd.tensor([0.0]))
        tensor([2.+0.j], dtype=complex64)
    """
    return recorded(complex_.complex_)(_mul(abs, np.cos(angle)), _mul(abs, np.sin(angle)))


def multi_dot(tensors: Sequence[Any]) -> Any:
    """Product of several matrices (the first and the last may be vectors), in the order that costs the least.

    Source: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, section 15.2.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 3)
        >>> autograd.linalg.multi_dot([a, a.mT, a]).shape
        (2, 3)
    """
    matrices = list(tensors)
    if len(matrices) < 2:
        raise ShapeError(f"multi_dot: expected at least 2 tensors, got {len(matrices)}")
    ndims = [_ndim(m) for m in matrices]
    if any(n != 2 for n in ndims[1:-1]) or ndims[0] not in (1, 2) or ndims[-1] not in (1, 2):
        raise ShapeError(f"multi_dot: matrices, the first and the last possibly vectors, expected; got dimensions {ndims}")
    first, last = [_shape(m) for m in (matrices[0], matrices[-1])]
    sizes = [1 if len(first) == 1 else first[0], *[_shape(m)[0] if i else first[-1] for i, m in enumerate(matrices)][1:]]
    sizes.append(1 if len(last) == 1 else last[1])
    cost: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(matrices))}
    for span in range(1, len(matrices)):
        for i in range(len(matrices) - span):
            j = i + span
            cost[i, j] = min((cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))

    def multiply(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        k = cost[i, j][1]
        return matmul(multiply(i, k), multiply(k + 1, j))

    return multiply(0, len(matrices) - 1)


def chain_matmul(*matrices: Any) -> Any:
    """Product of several matrices: ``multi_dot``.

    Example:
        >>> import autograd
        >>> a = autograd.ones(2, 3)
        >>> autograd.chain_matmul(a, a.mT, a).shape
        (2, 3)
    """
    return multi_dot(matrices)
