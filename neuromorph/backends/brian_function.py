"""The reference's own functions as Brian2 functions: the same bits in numpy and in C++."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import vectorize

from neuromorph import philox
from neuromorph.cells.exponential import POWERS, TAYLOR, exponential, logistic
from neuromorph.cells.logarithm import logarithm

CPP_WORDS = """
static inline void philox_words(double index, double step, double key,
                                unsigned long long *left, unsigned long long *right) {
    unsigned long long a = (unsigned long long)index, b = (unsigned long long)step;
    unsigned long long k = (unsigned long long)key;
    for (int i = 0; i < 10; i++) {
        unsigned long long product = 0xD256D193ULL * a;
        a = (product >> 32) ^ k ^ b;
        b = product & 0xFFFFFFFFULL;
        k = (k + 0x9E3779B9ULL) & 0xFFFFFFFFULL;
    }
    *left = a;
    *right = b;
}
"""
CPP_DRAW = """
double philox_draw(double index, double step, double key) {
    unsigned long long a = (unsigned long long)index, b = (unsigned long long)step;
    unsigned long long k = (unsigned long long)key;
    for (int i = 0; i < 10; i++) {
        unsigned long long product = 0xD256D193ULL * a;
        a = (product >> 32) ^ k ^ b;
        b = product & 0xFFFFFFFFULL;
        k = (k + 0x9E3779B9ULL) & 0xFFFFFFFFULL;
    }
    return (double)a;
}
"""
CPP_NORMAL = (
    CPP_WORDS.replace("philox_words", "philox_normal_words")
    + """
double philox_normal(double index, double step, double key) {
    unsigned long long a, b;
    philox_normal_words(index, step, key, &a, &b);
    const double total = (double)((a & 0xFFFF) + (a >> 16) + (b & 0xFFFF) + (b >> 16));
    const double y = (total - 131070.0) * (1.0 / 131072.0), z = y * y;
    double p = %s;
    return p * y;
}
"""
)
CPP_EXPONENTIAL = """
double reference_exp(double x) {
    x = x < -700.0 ? -700.0 : (x > 700.0 ? 700.0 : x);
    const double shifted = x * 1.4426950408889634 + 6755399441055744.0;
    const double n = shifted - 6755399441055744.0;
    const double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
    double p = %s;
    union { double number; long long bits; } u;
    u.number = shifted;
    u.bits = (long long)((unsigned long long)u.bits << 52) + 0x3FF0000000000000LL;
    return p * u.number;
}
"""
LOGISTIC_SUMS = (
    "low = (1.0 + {0!r} * r) + ({1!r} + {2!r} * r) * square",
    "middle = ({3!r} + {4!r} * r) + ({5!r} + {6!r} * r) * square",
    "high = ({7!r} + {8!r} * r) + {9!r} * square",
    "fourth = square * square",
    "p = low + (middle + high * fourth) * fourth",
)
CPP_LOGISTIC = """
double logistic(double x) {
    double t = x * -1.4426950408889634;
    t = t < -1000.0 ? -1000.0 : (t > 1000.0 ? 1000.0 : t);
    const double shifted = t + 6755399441055744.0;
    const double r = t - (shifted - 6755399441055744.0), square = r * r;
    %s
    union { double number; unsigned long long bits; } u, v;
    u.number = p;
    v.number = shifted;
    u.bits += v.bits << 52;
    return 1.0 / (1.0 + u.number);
}
"""


CYTHON_WORDS = """
cdef unsigned long long NAME_word(double index, double step, double key, int second):
    cdef unsigned long long a = <unsigned long long>index
    cdef unsigned long long b = <unsigned long long>step
    cdef unsigned long long k = <unsigned long long>key
    cdef unsigned long long product
    cdef int i
    for i in range(10):
        product = 0xD256D193ULL * a
        a = (product >> 32) ^ k ^ b
        b = product & 0xFFFFFFFFULL
        k = (k + 0x9E3779B9ULL) & 0xFFFFFFFFULL
    return b if second else a
"""
CYTHON_DRAW = CYTHON_WORDS.replace("NAME", "draw") + """
cdef double philox_draw(double index, double step, double key):
    return <double>draw_word(index, step, key, 0)
"""
CYTHON_NORMAL = CYTHON_WORDS.replace("NAME", "normal") + """
cdef double philox_normal(double index, double step, double key):
    cdef unsigned long long a = normal_word(index, step, key, 0)
    cdef unsigned long long b = normal_word(index, step, key, 1)
    cdef double y = <double>((a & 0xFFFF) + (a >> 16) + (b & 0xFFFF) + (b >> 16))
    y = (y - 131070.0) * (1.0 / 131072.0)
    cdef double z = y * y
    cdef double p = %s
    return p * y
"""
CYTHON_EXPONENTIAL = """
cdef double NAME(double x):
    x = -700.0 if x < -700.0 else (700.0 if x > 700.0 else x)
    cdef double shifted = x * 1.4426950408889634 + 6755399441055744.0
    cdef double n = shifted - 6755399441055744.0
    cdef double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    cdef double p = %s
    cdef long long bits = (<long long*>&shifted)[0]
    bits = <long long>((<unsigned long long>bits) << 52) + 0x3FF0000000000000LL
    return p * (<double*>&bits)[0]
"""
CYTHON_LOGISTIC = """
cdef double logistic(double x):
    cdef double t = x * -1.4426950408889634
    t = -1000.0 if t < -1000.0 else (1000.0 if t > 1000.0 else t)
    cdef double shifted = t + 6755399441055744.0
    cdef double r = t - (shifted - 6755399441055744.0)
    cdef double square = r * r
    %s
    cdef unsigned long long bits = (<unsigned long long*>&p)[0]
    bits = bits + ((<unsigned long long*>&shifted)[0] << 52)
    return 1.0 / (1.0 + (<double*>&bits)[0])
"""
CYTHON_LOGARITHM = """
cdef double reference_log(double x):
    cdef long long bits = (<long long*>&x)[0]
    cdef long long k = (bits - 0x3FE6A09E667F3BCDLL) >> 52
    bits = bits - <long long>((<unsigned long long>k) << 52)
    cdef double m = (<double*>&bits)[0]
    cdef double s = (m - 1.0) / (m + 1.0)
    cdef double z = s * s
    cdef double p = 1.0 / 21.0
    cdef int n
    for n in range(19, 0, -2):
        p = p * z + 1.0 / n
    return <double>k * 0.6931471805599453 + (2.0 * s) * p
"""
CYTHON_ERF = """
cdef extern from "math.h":
    double erf(double x)
cdef double reference_erf(double x):
    return erf(x)
"""


def _horner(coefficients: tuple[float, ...], variable: str, end: str) -> str:
    """Return statements that continue ``double p =``; a line ends with ``end``."""
    first, *rest = (repr(float(c)) for c in coefficients)
    return first + "".join(f"{end}\n    p = p * {variable} + {c}" for c in rest)


def _sums(kind: str, end: str) -> str:
    """Return the statements of the polynomial of ``logistic``."""
    return "\n    ".join(f"{kind} {line.format(*POWERS)}{end}" for line in LOGISTIC_SUMS)


def _three(index: Any, step: Any, key: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(x, dtype=np.float64).astype(np.uint64) for x in (index, step, key))


def philox_draw(index: Any, step: Any, key: Any) -> Any:
    """Return the draw of (index, step, key) as a float."""
    return philox.draw(*_three(index, step, key)).astype(np.float64)


def philox_normal(index: Any, step: Any, key: Any) -> Any:
    """Return the standard normal number of (index, step, key)."""
    return philox.normal(*_three(index, step, key))


@vectorize(["float64(float64)"], cache=True)
def reference_erf(x: Any) -> Any:
    """Return erf(x)."""
    return math.erf(x)


CPP_LOGARITHM = """
double reference_log(double x) {
    union { double number; long long bits; } u, v;
    u.number = x;
    const long long k = (u.bits - 0x3FE6A09E667F3BCDLL) >> 52;
    v.bits = u.bits - (long long)((unsigned long long)k << 52);
    const double s = (v.number - 1.0) / (v.number + 1.0), z = s * s;
    double p = 1.0 / 21.0;
    for (int n = 19; n >= 1; n -= 2) p = p * z + 1.0 / n;
    return (double)k * 0.6931471805599453 + (2.0 * s) * p;
}
"""


NEAREST = "double nearest(double x) { return rint(x); }"
CYTHON_NEAREST = """
cdef extern from "math.h":
    double rint(double x)
cdef double nearest(double x):
    return rint(x)
"""


def functions() -> dict[str, Any]:
    """Return the namespace of Brian2 Functions that the generated code uses."""
    taylor, tailor = (_horner(TAYLOR, "r", end) for end in (";", ""))
    normal, normed = (_horner(philox.NORMAL[::-1], "z", end) for end in (";", ""))
    sums, summed = _sums("const double", ";"), _sums("cdef double", "")
    exp = CYTHON_EXPONENTIAL.replace("NAME", "reference_exp") % tailor
    erf = "double reference_erf(double x) { return erf(x); }"
    return {
        "philox_draw": _function(philox_draw, 3, CPP_DRAW, CYTHON_DRAW),
        "philox_normal": _function(philox_normal, 3, CPP_NORMAL % normal, CYTHON_NORMAL % normed),
        "reference_exp": _function(exponential, 1, CPP_EXPONENTIAL % taylor, exp),
        "logistic": _function(logistic, 1, CPP_LOGISTIC % sums, CYTHON_LOGISTIC % summed),
        "reference_log": _function(logarithm, 1, CPP_LOGARITHM, CYTHON_LOGARITHM),
        "nearest": _function(np.rint, 1, NEAREST, CYTHON_NEAREST),
        "reference_erf": _function(reference_erf, 1, erf, CYTHON_ERF),
    }


def _function(numpy_code: Any, arguments: int, cpp_code: str, cython_code: str) -> Any:
    import brian2

    function = brian2.Function(
        numpy_code, arg_units=[1] * arguments, return_unit=1, arg_types=["any"] * arguments,
        return_type="float", stateless=True,
    )  # fmt: skip
    for target, code in (("numpy", numpy_code), ("cpp", cpp_code), ("cython", cython_code)):
        function.implementations.add_implementation(target, code)
    return function
