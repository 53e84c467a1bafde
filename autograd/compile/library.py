"""The C functions that programs call. A file gets only those that it calls, and those that these call in turn.

The functions of float numbers have no branches, so that compilers turn loops over them into vector instructions. The largest errors
in their comments are over all float numbers (``python -m benchmarks.ulp``).
"""

from __future__ import annotations

import re

HEADER = """\
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define UNUSED __attribute__((unused))
#define ALIGNED __attribute__((aligned(64)))
/* In a long function gcc stops inlining on its own, and a loop that calls a function has no vectors. */
#define ALWAYS static inline __attribute__((always_inline))
#else
#define UNUSED
#define ALIGNED
#define ALWAYS static inline
#endif
#if defined(WIDE_LOOPS)
#define EACH_THREAD _Thread_local ALIGNED
#else
#define EACH_THREAD
#endif
#if defined(_OPENMP) || defined(WIDE_LOOPS)
#define PRAGMA(text) _Pragma(#text)
#define EACH PRAGMA(omp simd)
#define SUM(...) PRAGMA(omp simd reduction(+ : __VA_ARGS__))
#else
#define EACH
#define SUM(...)
#endif
"""

# x = n log 2 + r, and the polynomial of e^r up to its last two terms: exp_f and expm1_f begin with it.
_BEGINNING_OF_EXP = """\
    float c = x > 89.0f ? 89.0f : x;
    c = c < -104.0f ? -104.0f : c;
    float t = c * 1.44269504f + 12582912.0f;
    float n = t - 12582912.0f;
    uint32_t m = of_bits_f(t) - 0x4b400000u;
    float r = (c - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
"""

PARTS: dict[str, str] = {
    "bits_f": """\
ALWAYS float bits_f(uint32_t u)
{
    float x;
    memcpy(&x, &u, 4);
    return x;
}
""",
    "of_bits_f": """\
ALWAYS uint32_t of_bits_f(float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    return u;
}
""",
    "exp_f": """\
/* e^x: x = n log 2 + r, e^r by a polynomial, times 2^n in two halves. Largest error 1.02 ulp. */
ALWAYS float exp_f(float x)
{
"""
    + _BEGINNING_OF_EXP
    + """\
    p = p * r * r + r + 1.0f;
    uint32_t h = (uint32_t)((int32_t)m >> 1);
    return p * bits_f((h + 127u) << 23) * bits_f((m - h + 127u) << 23);
}
""",
    "expm1_f": """\
/* e^x - 1: 2^n (e^r - 1) + (2^n - 1), with e^r - 1 by a polynomial. Largest error 1.49 ulp. */
ALWAYS float expm1_f(float x)
{
"""
    + _BEGINNING_OF_EXP
    + """\
    p = p * r * r + r;
    float s = bits_f((m + 126u) << 23);
    float y = 2.0f * (s * p + (s - 0.5f));
    y = n == 0.0f ? p : y;
    return copysignf(c < -87.0f ? -1.0f : y, x);
}
""",
    "log_f": """\
/* log x: x = 2^e m with m near 1, log m by a polynomial. Largest error 0.83 ulp. */
ALWAYS float log_f(float x)
{
    int small = x < 1.17549435e-38f;
    float s = small ? x * 8388608.0f : x;
    uint32_t u = of_bits_f(s) - 0x3f3504f3u;
    float e = (float)((int32_t)u >> 23) - (small ? 23.0f : 0.0f);
    float f = bits_f((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    float z = f * f;
    float y = p * f * z - 2.12194440e-4f * e - 0.5f * z;
    y = (f + y) + 0.693359375f * e;
    y = x > 0.0f ? y : x == 0.0f ? -INFINITY : NAN;
    return x - x == 0.0f || x < 0.0f ? y : x;
}
""",
    "log1p_f": """\
/* log(1 + x): the logarithm of u = 1 + x rounded, and what the rounding took. Largest error 1.44 ulp. */
ALWAYS float log1p_f(float x)
{
    float u = 1.0f + x;
    float y = log_f(u) + (x - (u - 1.0f)) / u;
    y = u == 0.0f ? -INFINITY : y;
    return x == INFINITY ? x : u == 1.0f ? x : y;
}
""",
    "tanh_f": """\
/* tanh x: an odd polynomial near 0, 1 - 2 / (e^2x + 1) elsewhere, with as few steps after each other as possible.
   Largest error 1.21 ulp. */
ALWAYS float tanh_f(float x)
{
    float a = fabsf(x);
    float z = a * a;
    float near = (-5.70498872745e-3f * z + 2.06390887954e-2f) * (z * z) + (-5.37397155531e-2f * z + 1.33314422036e-1f);
    near = (near * z - 3.33332819422e-1f) * z * a + a;
    float c = a > 10.0f ? 20.0f : a + a;
    float t = c * 1.44269504f + 12582912.0f;
    float n = t - 12582912.0f;
    float s = bits_f((of_bits_f(t) - 0x4b400000u + 127u) << 23);
    float r = (c - n * 0.693359375f) + n * 2.12194440e-4f;
    float q = r * r;
    float p = (1.9875691500e-4f * r + 1.3981999507e-3f) * q + (8.3334519073e-3f * r + 4.1665795894e-2f);
    p = p * q + (1.6666665459e-1f * r + 5.0000001201e-1f);
    p = p * q + r;
    float far = 1.0f - 2.0f / (s * p + (s + 1.0f));
    return copysignf(a < 0.625f ? near : far, x);
}
""",
    "exp_d": "#define exp_d exp\n",
    "log_d": "#define log_d log\n",
    "tanh_d": "#define tanh_d tanh\n",
    "expm1_d": "#define expm1_d expm1\n",
    "log1p_d": "#define log1p_d log1p\n",
    "erf_d": "#define erf_d erf\n",
    "sin_d": "#define sin_d sin\n",
    "cos_d": "#define cos_d cos\n",
    "erf_f": """\
/* erf x: an odd polynomial near 0, 1 - e^-g with a polynomial g(|x|) of -log erfc |x| elsewhere. Largest error 1.25 ulp. */
ALWAYS float erf_f(float x)
{
    float z = x * x;
    float p = 8.5131025e-5f;
    p = p * z - 8.175639e-4f;
    p = p * z + 5.203859e-3f;
    p = p * z - 2.6860509e-2f;
    p = p * z + 1.1283715e-1f;
    p = p * z - 3.7612635e-1f;
    p = p * z + 1.2837917e-1f;
    p = p * x + x;
    float a = fabsf(x);
    float c = a > 4.0f ? 4.0f : a;
    float g = -1.9822067e-4f;
    g = g * c + 3.0654995e-3f;
    g = g * c - 2.2315247e-2f;
    g = g * c + 1.0411374e-1f;
    g = g * c + 6.36976e-1f;
    g = g * c + 1.1277972f;
    g = g * c + 1.6643933e-4f;
    float far = copysignf(1.0f - exp_f(-g), x);
    return a < 0.9f ? p : far;
}
""",
    "sin_f": "#define sin_f sinf\n",
    "cos_f": "#define cos_f cosf\n",
    "modulo": """\
ALWAYS double modulo(double a, double b)
{
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
""",
    "within": """\
ALWAYS int64_t within(int64_t i, int64_t n)
{
    return i < 0 ? i + n : i;
}
""",
}

for _t, _c in (("f", "float"), ("d", "double"), ("i", "int64_t"), ("u", "uint64_t")):
    # In this order gcc turns loops with them into vectors; with `a != a || a >= b ? a : b` it does not.
    _nan = " || b != b" if _t in "fd" else ""
    PARTS[f"max{_t}"] = f"ALWAYS {_c} max{_t}({_c} a, {_c} b)\n{{\n    return a < b{_nan} ? b : a;\n}}\n"
    PARTS[f"min{_t}"] = f"ALWAYS {_c} min{_t}({_c} a, {_c} b)\n{{\n    return a > b{_nan} ? b : a;\n}}\n"
    PARTS[f"square{_t}"] = f"ALWAYS {_c} square{_t}({_c} a)\n{{\n    return a * a;\n}}\n"
    _zero = "a != a ? a : " if _t in "fd" else ""
    _sign = f"({_c})((a > 0) - (a < 0))" if _t != "u" else "a > 0"
    PARTS[f"sign{_t}"] = f"ALWAYS {_c} sign{_t}({_c} a)\n{{\n    return {_zero}{_sign};\n}}\n"
    # As a function, so that both values are loaded: a load under a condition keeps gcc from vectors.
    PARTS[f"where{_t}"] = f"ALWAYS {_c} where{_t}(int c, {_c} a, {_c} b)\n{{\n    return c ? a : b;\n}}\n"
for _t, _c, _f in (("f", "float", "f"), ("d", "double", "")):
    # A quotient that is nearly a whole number is one; without remainder, the signs are those of the quotient and of b.
    PARTS[f"floor_quotient{_t}"] = f"""\
ALWAYS {_c} floor_quotient{_t}({_c} a, {_c} b)
{{
    {_c} r = fmod{_f}(a, b);
    {_c} q = (a - r) / b - (r != 0 && (b < 0) != (r < 0) ? 1 : 0);
    {_c} whole = floor{_f}(q);
    whole = q - whole > 0.5{_f} ? whole + 1 : whole;
    return b == 0 ? a / b : q == 0 ? copysign{_f}(0, a / b) : whole;
}}
"""
    PARTS[f"floor_rest{_t}"] = f"""\
ALWAYS {_c} floor_rest{_t}({_c} a, {_c} b)
{{
    {_c} r = fmod{_f}(a, b);
    return r == 0 ? copysign{_f}(0, b) : (b < 0) != (r < 0) ? r + b : r;
}}
"""
    PARTS[f"logaddexp{_t}"] = f"""\
ALWAYS {_c} logaddexp{_t}({_c} a, {_c} b)
{{
    {_c} m = max{_t}(a, b);
    return a == b ? a + 0.6931471805599453{_f} : m + log1p_{_t}(exp_{_t}(-fabs{_f}(a - b)));
}}
"""
for _t, _c in (("i", "int64_t"), ("u", "uint64_t")):
    # NumPy's quotient and rest by 0 are 0. The quotient of the smallest number by -1 is that number again.
    _by = "b == 0" if _t == "u" else "b == 0 || b == -1"
    _low = " - (a % b != 0 && (a < 0) != (b < 0))" if _t == "i" else ""
    _rest = "a % b != 0 && (a < 0) != (b < 0) ? a % b + b : a % b" if _t == "i" else "a % b"
    _pair = f"({_c} a, {_c} b)"
    PARTS[f"floor_quotient{_t}"] = f"ALWAYS {_c} floor_quotient{_t}{_pair}\n{{\n    return {_by} ? a * b : a / b{_low};\n}}\n"
    PARTS[f"floor_rest{_t}"] = f"ALWAYS {_c} floor_rest{_t}{_pair}\n{{\n    return {_by} ? 0 : {_rest};\n}}\n"
PARTS["absf"] = "#define absf fabsf\n"
PARTS["absd"] = "#define absd fabs\n"
PARTS["absi"] = "ALWAYS int64_t absi(int64_t a)\n{\n    return a < 0 ? -a : a;\n}\n"
PARTS["absu"] = "#define absu(a) (a)\n"


def needed(text: str, plain: bool = False) -> str:
    """The functions that a text calls, each before its callers. plain: in the C of 1999, without vectors."""
    from .kernels import products, windows

    kernels = products.PLAIN | windows.PLAIN if plain else products.PRODUCTS | windows.PARTS
    parts = PARTS | kernels
    found: list[str] = []

    def visit(source: str) -> None:
        for name in dict.fromkeys(re.findall(r"\w+", source)):
            called = name in parts and name not in found and source is not parts[name]
            if called and f"{name}(" in source.replace(" ", ""):
                visit(parts[name])
                if name not in found:
                    found.append(name)

    visit(text)
    return "".join(parts[name] + "\n" for name in found)
