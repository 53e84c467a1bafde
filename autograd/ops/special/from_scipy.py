"""Forwards that call SciPy's special functions by name. SciPy is imported when the first of them runs.

SciPy knows no float16 and computes some functions in double precision only. The forwards here return the dtype that they are called
with, as NumPy's functions do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

Forward = Callable[..., Any]

_NO_ARRAY = np.dtype(np.float64)  # the dtype of a Python number


@cache
def function_of(name: str) -> Forward:
    """SciPy's special function of this name. (Found once: an import within a function costs what ten numbers take.)"""
    from scipy import special

    return getattr(special, name)


def keeping_float16(function: Forward, *arrays: Any) -> Any:
    """Call a function of SciPy's; of float16 it computes in float32, and the result is float16 again."""
    for a in arrays:
        if getattr(a, "dtype", _NO_ARRAY).char != "e":
            return function(*arrays)
    return function(*[a.astype(np.float32) for a in arrays]).astype(np.float16)


def unary(name: str) -> Forward:
    """A function of one number, forward(x)."""

    def forward(x):
        function = function_of(name)
        return keeping_float16(function, x)

    return forward


def binary(name: str) -> Forward:
    """A function of two numbers, forward(a, b)."""

    def forward(a, b):
        function = function_of(name)
        if type(a) is type(b) is np.ndarray and a.dtype is b.dtype:  # the usual case
            return keeping_float16(function, a, b)
        # SciPy takes a Python number for float64, and two dtypes, too. NumPy's functions give a number the dtype of the array
        # beside it, and two floating dtypes the wider one; and so does this one.
        dtypes = [x.dtype for x in (a, b) if not isinstance(x, float | int)]
        if len(dtypes) == 1:
            dtype = np.result_type(a, b, np.float16 if dtypes[0] == np.float16 else np.float32)
            a, b = np.asarray(a, dtype), np.asarray(b, dtype)
        elif dtypes and dtypes[0] != dtypes[1] and np.result_type(*dtypes).kind == "f":
            a, b = (x.astype(np.result_type(*dtypes)) for x in (a, b))
        return keeping_float16(function, a, b)

    return forward


def of_order(name: str) -> Forward:
    """A function with an order n, a Python number: forward(x, n), of SciPy's function of (n, x)."""

    def forward(x, n):
        function = function_of(name)
        return np.asarray(function(n, x), np.result_type(x, np.float32))

    return forward


def polynomial(name: str) -> Forward:
    """A polynomial of degree n, forward(x, n, *parameters), of SciPy's function of (n, *parameters, x); 0 for n < 0."""

    def forward(x, n, *parameters):
        n, dtype = np.asarray(n).astype(np.int64), np.result_type(x, np.float32)
        # In double precision: so does SciPy itself if the degree is an array.
        y = function_of(name)(np.maximum(n, 0), *parameters, np.asarray(x, np.result_type(x, np.float64)))
        return (np.where(n < 0, 0, y) if np.min(n, initial=0) < 0 else y).astype(dtype)

    return forward


def part(name: str, index: int) -> Forward:
    """One of the several results of a function of one number."""

    def forward(x):
        function = function_of(name)
        return np.asarray(function(x)[index], np.result_type(x, np.float32))

    return forward
