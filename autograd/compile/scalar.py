"""The C expressions of NumPy's functions of numbers, the C types of NumPy's dtypes, names and indices in C."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .loops import Dims
from .step_list import Storage

# NumPy's types, by the end of their ``dtype.str``, and C's.
supported = {
    "f4": "float", "f8": "double", "b1": "unsigned char", "i1": "int8_t", "i2": "int16_t", "i4": "int32_t", "i8": "int64_t",
    "u1": "uint8_t", "u2": "uint16_t", "u4": "uint32_t", "u8": "uint64_t",
}  # fmt: skip

# The start of each reduction; None: the first element.
REDUCTIONS: dict[str, Any] = {
    "add": 0, "multiply": 1, "maximum": None, "minimum": None, "logical_or": False, "logical_and": True,
}  # fmt: skip

# {0}, {1}, ... are the operands; {f} is f for float and nothing for double: the end of a C function's name.
SCALAR: dict[str, str] = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}", "true_divide": "{0} / {1}",
    "negative": "-{0}", "positive": "{0}", "absolute": "abs{t}({0})", "fabs": "fabs{f}({0})", "sign": "sign{t}({0})",
    "square": "square{t}({0})", "reciprocal": "1 / {0}", "sqrt": "sqrt{f}({0})", "cbrt": "cbrt{f}({0})",
    "maximum": "max{t}({0}, {1})", "minimum": "min{t}({0}, {1})", "fmax": "fmax{f}({0}, {1})", "fmin": "fmin{f}({0}, {1})",
    "exp": "exp_{t}({0})", "log": "log_{t}({0})", "tanh": "tanh_{t}({0})", "erf": "erf_{t}({0})", "sin": "sin_{t}({0})",
    "cos": "cos_{t}({0})", "expm1": "expm1_{t}({0})", "log1p": "log1p_{t}({0})",
    "exp2": "exp2{f}({0})", "log2": "log2{f}({0})", "log10": "log10{f}({0})", "tan": "tan{f}({0})", "arctan": "atan{f}({0})",
    "arcsin": "asin{f}({0})", "arccos": "acos{f}({0})", "sinh": "sinh{f}({0})", "cosh": "cosh{f}({0})",
    "arctan2": "atan2{f}({0}, {1})", "arcsinh": "asinh{f}({0})", "arccosh": "acosh{f}({0})", "arctanh": "atanh{f}({0})",
    "erfc": "erfc{f}({0})", "power": "pow{f}({0}, {1})", "float_power": "pow{f}({0}, {1})", "hypot": "hypot{f}({0}, {1})",
    "copysign": "copysign{f}({0}, {1})", "floor": "floor{f}({0})", "ceil": "ceil{f}({0})", "trunc": "trunc{f}({0})",
    "rint": "rint{f}({0})", "fmod": "fmod{f}({0}, {1})",
    "less": "{0} < {1}", "less_equal": "{0} <= {1}", "greater": "{0} > {1}", "greater_equal": "{0} >= {1}",
    "equal": "{0} == {1}", "not_equal": "{0} != {1}",
    "logical_and": "({0} != 0) & ({1} != 0)", "logical_or": "({0} != 0) | ({1} != 0)", "logical_not": "{0} == 0",
    "logical_xor": "({0} != 0) ^ ({1} != 0)", "bitwise_and": "{0} & {1}", "bitwise_or": "{0} | {1}", "bitwise_xor": "{0} ^ {1}",
    "invert": "~{0}", "isnan": "{0} != {0}", "isfinite": "{0} - {0} == 0", "isinf": "({0} == {0}) & ({0} - {0} != 0)",
    "floor_divide": "floor_quotient{t}({0}, {1})", "remainder": "floor_rest{t}({0}, {1})",
    "logaddexp": "logaddexp{t}({0}, {1})", "xlogy": "where{t}(({0} == 0) & ({1} == {1}), 0, {0} * log_{t}({1}))",
    "xlog1py": "where{t}(({0} == 0) & ({1} == {1}), 0, {0} * log1p_{t}({1}))", "expit": "1 / (1 + exp_{t}(-{0}))",
    "deg2rad": "{0} * 0.017453292519943295{f}", "rad2deg": "{0} * 57.29577951308232{f}", "conjugate": "{0}",
    "signbit": "signbit({0}) != 0", "where": "{0} ? {1} : {2}", "heaviside": "{0} != {0} ? {0} : {0} == 0 ? {1} : ({0} > 0)",
}  # fmt: skip

# The functions of libm and of library.py take floating-point numbers.
FLOATING = {name for name, text in SCALAR.items() if "{f}(" in text or "_{t}(" in text}
FLOATING |= {"reciprocal", "heaviside", "signbit", "logaddexp", "deg2rad", "rad2deg"}
# On booleans these ufuncs mean logical functions.
ARITHMETIC = {"add", "subtract", "multiply", "negative", "square", "sign", "absolute", "floor_divide", "remainder"}

# Names that a program's memories cannot have: words of C and of the program itself; those of <math.h>, with their endings.
RESERVED = """
auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return
short signed sizeof static struct switch typedef union unsigned void volatile while work memory numbers batch main n begin end step
"""
MATH = """
abs acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 exp10 expm1 frexp ilogb ldexp log log10 log1p log2
logb modf scalb scalbn scalbln cbrt fabs hypot pow pow10 sqrt erf erfc lgamma tgamma gamma ceil floor nearbyint rint lrint llrint
round roundeven lround llround trunc fmod remainder remquo copysign nan nextafter nexttoward fdim fmax fmin fma signbit isnan
isinf isfinite isnormal significand drem finite y0 y1 yn j0 j1 jn div index within modulo square max min sign product rows where
panels against pack packed_product convolve weights padded turned taps
"""
ENDINGS = ("", "f", "l", "d", "i", "u", "_f", "_d")


def c_type(dtype: np.dtype[Any]) -> str:
    """The C type of a dtype."""
    return supported[dtype.str[1:]]


def number(value: Any, dtype: np.dtype[Any]) -> str:
    """A constant in C, exactly as NumPy has it."""
    if dtype.kind == "f":
        x = float(value)
        if x != x:
            return "NAN"
        if x in (float("inf"), float("-inf")):
            return "INFINITY" if x > 0 else "-INFINITY"
        if dtype.itemsize == 4:
            text = np.format_float_scientific(np.float32(x)) if abs(x) >= 1e7 or 0 < abs(x) < 1e-4 else str(np.float32(x))
            text = text if any(c in text for c in ".en") else text + ".0"
            return f"{text}f"
        return repr(x)
    if dtype.kind == "b":
        return "1" if value else "0"
    if dtype.str[1:] == "i8" and not -(2**31) <= value < 2**31:
        return f"INT64_C({int(value)})" if value != -(2**63) else "INT64_MIN"
    if dtype.str[1:] == "u8" and value >= 2**31:
        return f"UINT64_C({int(value)})"
    return str(int(value)) + ("u" if dtype.str[1:] == "u4" else "")


INDICES = "ijklmnop"
_TAKEN = {*INDICES, "turn", *re.findall(r"\w+", RESERVED), *[w + e for w in re.findall(r"\w+", MATH) for e in ENDINGS]}


class Names:
    """A C name for each memory: after parameters, arguments, and the ops that made them."""

    def __init__(self) -> None:
        self.taken: set[str] = set(_TAKEN)
        self.of: dict[int, str] = {}

    def give(self, storage: Storage, wanted: str) -> None:
        if storage.number not in self.of:
            self.of[storage.number] = self.fresh(wanted)
            storage.name = self.of[storage.number]

    def fresh(self, wanted: str) -> str:
        """A name that is not taken yet."""
        stem = re.sub(r"\W+", "_", wanted).strip("_") or "t"
        if stem[0].isdigit():
            stem = f"layer_{stem}"
        name, i = stem, 2
        while name in self.taken:
            name, i = f"{stem}_{i}", i + 1
        self.taken.add(name)
        return name


def index_text(offset: int, strides: Dims, indices: list[str]) -> str:
    """An offset and strides as C."""
    parts = []
    for stride, name in zip(strides, indices, strict=True):
        if stride:
            parts.append(name if stride == 1 else f"{stride} * {name}")
    if offset or not parts:
        # Before what is taken away from it: an address below the memory's beginning would be none.
        parts.insert(0 if any(s < 0 for s in strides) else len(parts), str(offset))
    return " + ".join(parts).replace("+ -", "- ")
