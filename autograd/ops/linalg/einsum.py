"""Einstein sums. The gradient of an operand is an Einstein sum too: the letters of the operand and of the output change places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import calls, draw
from ...errors import ShapeError

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

SMALL = 5_000  # up to this many multiplications NumPy's own loop is faster than a matrix product, which must be prepared


@lru_cache(maxsize=1024)
def parse(equation: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the output, without ellipses, and with an output where the equation names none.

    Each dimension of an ellipsis gets a letter from the end of the alphabet: ("...ij,j", (3, 1)) becomes (("Zij", "j"), "Zi").
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(f"the equation {equation!r} has {len(terms)} operands and {len(ndims)} were passed")
    for term in [*terms, right]:
        if term.count("...") > 1 or any(c not in LETTERS for c in term.replace("...", "", 1)):
            raise ShapeError(f"the equation {equation!r}: {term!r} may consist of letters and one ellipsis (...) only")
    lengths = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    for k, (term, ndim, more) in enumerate(zip(terms, ndims, lengths, strict=True)):
        if more < 0 or (more and "..." not in term):
            raise ShapeError(f"the equation {equation!r}: operand {k} has {ndim} dimensions, but its subscripts are {term!r}")
    used = set(left + right)
    spare = [c for c in reversed(LETTERS) if c not in used]
    dots = max((more for term, more in zip(terms, lengths, strict=True) if "..." in term), default=0)
    ellipsis = "".join(spare[:dots])[::-1]
    full = tuple(t.replace("...", ellipsis[dots - more :]) for t, more in zip(terms, lengths, strict=True))
    if arrow:
        output = right.replace("...", ellipsis)
    else:
        letters = "".join(terms).replace(".", "")
        output = ellipsis + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    if len(set(output)) < len(output) or any(c not in "".join(full) for c in output):
        raise ShapeError(f"the equation {equation!r}: a subscript of the output must occur in an operand, and once in the output")
    return full, output


@lru_cache(maxsize=1024)
def lengths(terms: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> dict[str, int]:
    """The length of each letter's dimension; a length of 1 broadcasts."""
    sizes: dict[str, int] = {}
    for k, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        for c, n in zip(term, shape, strict=True):
            if sizes.setdefault(c, n) != n and n != 1:
                if sizes[c] != 1:
                    raise ShapeError(f"subscript {c!r} has the length {n} in operand {k}, and {sizes[c]} in an operand before it")
                sizes[c] = n
    return sizes


# ------------------------------------------------------------------------------------------------------------------- forward


@lru_cache(maxsize=1024)
def _plan(equation: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], str, dict[str, int], str, bool]:
    """The letters of the operands and of the output, the lengths of these, the equation of both, and whether the loop is small."""
    terms, output = parse(equation, tuple([len(shape) for shape in shapes]))
    sizes = lengths(terms, shapes)
    return terms, output, sizes, f"{','.join(terms)}->{output}", prod(sizes.values()) <= SMALL


def _einsum(operands: Sequence[np.ndarray], equation: str) -> Any:
    arrays = [np.asarray(x) for x in operands]
    terms, output, sizes, full_equation, small = _plan(equation, tuple([x.shape for x in arrays]))
    if small or len(arrays) == 1:
        return _numpy(full_equation, arrays)
    if len(arrays) == 2:
        return pair(terms[0], terms[1], output, arrays[0], arrays[1], sizes)
    path = np.einsum_path(full_equation, *arrays, optimize="greedy")[0][1:]
    todo = list(zip(terms, arrays, strict=True))
    for step in path:
        factors = [todo.pop(i) for i in sorted(step, reverse=True)]
        needed = set(output).union(*[t for t, _ in todo])
        result = "".join(dict.fromkeys(c for t, _ in factors for c in t if c in needed)) if todo else output
        if len(factors) == 2:
            (ta, a), (tb, b) = factors
            y = pair(ta, tb, result, a, b, sizes)
        else:
            y = _numpy(f"{','.join([t for t, _ in factors])}->{result}", [a for _, a in factors])
        todo.append((result, y))
    return todo[0][1]


def _numpy(equation: str, arrays: Sequence[np.ndarray]) -> np.ndarray:
    y = np.einsum(equation, *arrays)
    # NumPy may return a view of a single operand. This op is not declared as a view, so it must copy.
    return y.copy() if isinstance(y, np.ndarray) and len(arrays) == 1 and np.may_share_memory(y, arrays[0]) else y


def pair(ta: str, tb: str, out: str, a: np.ndarray, b: np.ndarray, sizes: dict[str, int]) -> np.ndarray:
    """The Einstein sum of two operands as one batched matrix product. Each letter is one of batch, rows, summed and columns."""
    ta, a = _reduced(ta, tb + out, a)
    tb, b = _reduced(tb, ta + out, b)
    if any(n != sizes[c] for t, x in ((ta, a), (tb, b)) for c, n in zip(t, x.shape, strict=True)):
        return _numpy(f"{ta},{tb}->{out}", (a, b))
    batch = [c for c in ta if c in tb and c in out]
    inner = [c for c in ta if c in tb and c not in out]
    rows = [c for c in ta if c not in tb]
    columns = [c for c in tb if c not in ta]

    def group(x: np.ndarray, term: str, *groups: list[str]) -> np.ndarray:
        order = [term.index(c) for g in groups for c in g]
        return x.transpose(order).reshape([prod([sizes[c] for c in g]) for g in groups])

    if batch:
        y = np.matmul(group(a, ta, batch, rows, inner), group(b, tb, batch, inner, columns))
    else:
        y = group(a, ta, rows, inner) @ group(b, tb, inner, columns)
    letters = [*batch, *rows, *columns]
    return y.reshape([sizes[c] for c in letters]).transpose([letters.index(c) for c in out])


def _reduced(term: str, others: str, x: np.ndarray) -> tuple[str, np.ndarray]:
    """An operand after the steps that concern it alone: diagonals of repeated letters, sums over letters that no other has."""
    remaining = "".join(dict.fromkeys(c for c in term if c in others))
    return (term, x) if remaining == term else (remaining, np.einsum(f"{term}->{remaining}", x))


# ---------------------------------------------------------------------------------------------------------------------- rule


def _einsum_rule(g, operands, operands_shape, equation, needs):
    """The gradient of each operand: the Einstein sum of g and the other operands, with this operand's letters as the output."""
    terms, output = parse(equation, tuple([len(s) for s in operands_shape]))
    shapes = tuple([tuple(shape) for shape in operands_shape])
    return tuple([_operand_rule(g, k, operands, terms, output, shapes) if need else None for k, need in enumerate(needs)])


@lru_cache(maxsize=1024)
def _gradient(terms: tuple[str, ...], output: str, shapes: tuple[tuple[int, ...], ...], k: int) -> tuple[Any, ...]:
    """The letters of an operand, each once, and their lengths; those of the Einstein sum that makes its gradient; its equation."""
    # Three kinds of letters need more than that. If the operand was broadcast along a letter, the gradient is summed over it. If a
    # letter occurs nowhere else, the forward summed over it: the gradient is repeated along it. If a letter occurs twice in the
    # operand, the forward read a diagonal: the gradient is written onto that diagonal.
    others = [t for i, t in enumerate(terms) if i != k]
    elsewhere, sizes, length = set(output).union(*others), lengths(terms, shapes), dict(zip(terms[k], shapes[k], strict=True))
    once = "".join(dict.fromkeys(terms[k]))
    result = "".join([c for c in once if c in elsewhere and not (length[c] == 1 != sizes[c])])
    return once, tuple([length[c] for c in once]), result, f"{','.join([output, *others])}->{result}"


def _operand_rule(g, k, operands, terms, output, shapes):
    term, shape = terms[k], shapes[k]
    once, full, result, equation = _gradient(terms, output, shapes, k)
    y = einsum([g, *[x for i, x in enumerate(operands) if i != k]], equation=equation)
    if result != once:
        sizes_y = dict(zip(result, y.shape, strict=True))
        y = np.reshape(y, tuple([sizes_y.get(c, 1) for c in once]))
    if y.shape != full:
        y = np.broadcast_to(y, full)
    if once == term:
        return y
    # For each letter that repeats, a product with the identity writes onto the diagonal.
    length = dict(zip(term, shape, strict=True))
    spare = iter([c for c in LETTERS if c not in term])
    pairs, written = [], ""
    for i, c in enumerate(term):
        if c in term[:i]:
            pairs.append((c + next(spare), np.eye(length[c], dtype=g.real.dtype)))
            written += pairs[-1][0][1]
        else:
            written += c
    return einsum([y, *[e for _, e in pairs]], equation=f"{','.join([once, *[t for t, _ in pairs]])}->{written}")



einsum = op(
    "einsum", _einsum, operands=_einsum_rule, variadic=True, multilinear=True,
    samples=lambda: calls(
        ([(2, 3), (3, 4)], {"equation": "ij,jk"}), ([(2, 3), (3, 4)], {"equation": "ij,jk->ki"}), ([(3, 3)], {"equation": "ii"}),
        ([(3, 3)], {"equation": "ii->i"}), ([(3, 3, 3)], {"equation": "iii->i"}), ([(2, 3)], {"equation": "ij->j"}),
        ([(2, 3)], {"equation": "ij->"}),
        ([(2, 3)], {"equation": "ba"}), ([(3,), (2,)], {"equation": "i,j->ij"}), ([(3,), (3,), (3,)], {"equation": "i,i,i->"}),
        ([(2, 3), (3, 4), (4, 2)], {"equation": "ij,jk,kl->il"}), ([(2, 3), (3, 4), (4, 2)], {"equation": "ij,jk,ki"}),
        ([(2, 2, 3), (2, 3, 2)], {"equation": "...ij,...jk->...ik"}), ([(1, 2, 3), (4, 3, 2)], {"equation": "...ij,...jk"}),
        ([(2, 3), (3,)], {"equation": "...j,j->..."}), ([(2, 3), (4, 3)], {"equation": "ij,kj->i"}),
        ([(2, 1), (3, 4)], {"equation": "ij,jk->ik"}),
        ([(2, 2, 3), (3, 2)], {"equation": "iij,ji->j"}), ([(), (3,)], {"equation": ",i->i"}),
        ([(2, 3, 4)], {"equation": "i...->..."}),
        ([(0, 3), (3, 2)], {"equation": "ij,jk->ik"}), ([(2, 2)], {"equation": " i i -> "}),
        ([(2, 3, 3, 2)], {"equation": "ijji->i"}),
        Sample([draw((2, 3)) + 1j * draw((2, 3), seed=1), draw((3, 2), seed=2) * 1j], equation="ij,jk->ki"),
        Sample([draw((2, 3)), draw((3, 2), seed=2) * 1j], equation="ij,jk->ki"),
        Sample([draw((2, 12, 9)), draw((9, 2, 40), seed=1) / 9], equation="bij,jbk->bi"),
        Sample([draw((8, 9)), draw((9, 8), seed=1), draw((8, 12), seed=2)], equation="ij,jk,kl->li"),
    ),
    errors=lambda: [
        Sample([np.ones((2, 3))], equation="ij,jk", raises=ShapeError, match="2 operands and 1"),
        Sample([np.ones((2, 3))], equation="ijk", raises=ShapeError, match="operand 0 has 2 dimensions"),
        Sample([np.ones((2, 3)), np.ones((4, 2))], equation="ij,jk", raises=ShapeError,
               match="'j' has the length 4 in operand 1, and 3"),
        Sample([np.ones((2, 3))], equation="ij->k", raises=ShapeError, match="must occur in an operand"),
        Sample([np.ones((2, 3))], equation="i+->i", raises=ShapeError, match="letters and one ellipsis"),
    ],
    formula={
        "y": "einsum(equation, operands)",
        "operands": "einsum(exchanged(equation), [g, others])",
    },
    doc="""
    Einstein sum: the operands are multiplied, and summed over all letters that the output does not have.

    Args:
        operands: tensors.
        equation: a letter for each dimension of each operand and of the output, such as "ij,jk->ik". Without an arrow the output
            has the letters that occur once, in alphabetical order. ``...`` means any number of dimensions, which broadcast. A
            letter that an operand has twice means its diagonal.

    Raises:
        ShapeError: the equation does not fit the operands.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.einsum("ii", x)
        tensor(5., dtype=float32)
    """,
)
