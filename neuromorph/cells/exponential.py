"""The exponential of the reference: additions and multiplications only.

No library's exp gives the same last bit as another's, and a call to one keeps a loop from being
vectorised. This one is the same number in every kernel, in Brian2 and in C.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types, vectorize
from numba.extending import overload

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
MAGIC, MAGIC_32 = 6755399441055744.0, np.float32(12582912.0)  # 1.5 * 2**52, 1.5 * 2**23
ONE, ONE_32 = np.int64(0x3FF << 52), np.int32(0x7F << 23)

#: Minimax polynomial of exp on [-ln(2)/2, ln(2)/2], relative error 3.2e-18 (Remez, by mpmath).
TAYLOR = (
    2.5110049204818658e-08, 2.763265472252779e-07, 2.755724088722987e-06,
    2.4801485441561313e-05, 0.00019841269890076403, 0.0013888888952352863,
    0.008333333333319589, 0.04166666666648795, 0.1666666666666668, 0.5000000000000019, 1.0, 1.0,
)  # fmt: skip

#: 2**r = 1 + r (POWERS[0] + POWERS[1] r + ...) on [-1/2, 1/2], relative error 3.0e-16 (Remez).
POWERS = (
    0.6931471805599516, 0.24022650695910472, 0.05550410866434659, 0.009618129107380725,
    0.0013333558246480402, 0.00015403530800802171, 1.5252647747866828e-05,
    1.3215235642850862e-06, 1.0210506427960936e-07, 7.111757315617162e-09,
)  # fmt: skip

#: The same in float32, relative error 2.6e-9 before rounding.
POWERS_32 = tuple(
    np.float32(c)
    for c in (
        0.693147215, 0.240226528, 0.0555031055, 0.00961769297, 0.00134066442, 0.000155946828
    )
)  # fmt: skip

_LOG2_E, _HIGH, _LOW = np.float32(LOG2_E), np.float32(0.693359375), np.float32(-2.12194440e-4)
_C6, _C5, _C4 = np.float32(1 / 720), np.float32(1 / 120), np.float32(1 / 24)
_C3, _C2, _C1 = np.float32(1 / 6), np.float32(0.5), np.float32(1.0)
_BOUND, _BOUND_2 = np.float32(87.0), np.float32(125.0)


@njit(inline="always", error_model="numpy", cache=True)
def exponential_64(x: Any) -> Any:
    """Return exp(x) for |x| <= 700 (beyond, that of the bound), to about 1 unit in the last place.

    ``x = n ln 2 + r``: n by rounding with a large constant, r in two parts (Cody and Waite),
    a polynomial in r, then n into the exponent's bits.

    Source: Cody and Waite, Software Manual for the Elementary Functions (1980), chapter 6.
    """
    x = min(max(x, -700.0), 700.0)
    shifted = x * LOG2_E + MAGIC
    n = shifted - MAGIC
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = TAYLOR[0] * r + TAYLOR[1]
    p = p * r + TAYLOR[2]
    p = p * r + TAYLOR[3]
    p = p * r + TAYLOR[4]
    p = p * r + TAYLOR[5]
    p = p * r + TAYLOR[6]
    p = p * r + TAYLOR[7]
    p = p * r + TAYLOR[8]
    p = p * r + TAYLOR[9]
    p = p * r + TAYLOR[10]
    p = p * r + TAYLOR[11]
    power = np.int64((np.float64(shifted).view(np.int64) << np.int64(52)) + ONE)
    return p * power.view(np.float64)


@njit(inline="always", error_model="numpy", cache=True)
def exponential_32(x: Any) -> Any:
    """As :func:`exponential_64` in float32 (|x| <= 87, relative error below 3e-7)."""
    x = min(max(x, -_BOUND), _BOUND)
    shifted = x * _LOG2_E + MAGIC_32
    n = shifted - MAGIC_32
    r = (x - n * _HIGH) - n * _LOW
    p = _C6 * r + _C5
    p = p * r + _C4
    p = p * r + _C3
    p = p * r + _C2
    p = p * r + _C1
    p = p * r + _C1
    power = np.int32((np.float32(shifted).view(np.int32) << np.int32(23)) + ONE_32)
    return p * power.view(np.float32)


def exponential(x: Any) -> Any:
    """Return exp(x) in the precision of x; vectorised over arrays outside of kernels."""
    return over_arrays(_exponential)(x)


@overload(exponential, inline="always", strict=False)
def _exponential_kernel(x: Any) -> Any:
    if x == types.float32:
        return lambda x: exponential_32(x)
    return lambda x: exponential_64(x)


@njit(inline="always", error_model="numpy", cache=True)
def logistic_64(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` of a float64, to 3e-16; |x| beyond 693 gives the bound's.

    ``exp(-x) = 2**n 2**r`` with n + r = -x log2(e): r is exact, so that one polynomial is all; it
    is summed in halves (Estrin), which shortens the chain of operations that wait for each other.
    """
    t = min(max(x * -LOG2_E, -1000.0), 1000.0)
    shifted = t + MAGIC
    r = t - (shifted - MAGIC)
    square = r * r
    low = (1.0 + POWERS[0] * r) + (POWERS[1] + POWERS[2] * r) * square
    middle = (POWERS[3] + POWERS[4] * r) + (POWERS[5] + POWERS[6] * r) * square
    high = (POWERS[7] + POWERS[8] * r) + POWERS[9] * square
    fourth = square * square
    p = low + (middle + high * fourth) * fourth
    bits = np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << np.int64(52))
    return 1.0 / (1.0 + np.int64(bits).view(np.float64))


@njit(inline="always", error_model="numpy", cache=True)
def logistic_32(x: Any) -> Any:
    """As :func:`logistic_64` in float32 (the bound is 87; error below 2e-7)."""
    t = min(max(x * -_LOG2_E, -_BOUND_2), _BOUND_2)
    shifted = t + MAGIC_32
    r = t - (shifted - MAGIC_32)
    square = r * r
    low = (_C1 + POWERS_32[0] * r) + (POWERS_32[1] + POWERS_32[2] * r) * square
    high = (POWERS_32[3] + POWERS_32[4] * r) + POWERS_32[5] * square
    p = low + high * (square * square)
    bits = np.float32(p).view(np.int32) + (np.float32(shifted).view(np.int32) << np.int32(23))
    return _C1 / (_C1 + np.int32(bits).view(np.float32))


def logistic(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` in the precision of x; vectorised outside of kernels."""
    return over_arrays(_logistic)(x)


@overload(logistic, inline="always", strict=False)
def _logistic_kernel(x: Any) -> Any:
    if x == types.float32:
        return lambda x: logistic_32(x)
    return lambda x: logistic_64(x)


def _exponential(x: Any) -> Any:
    return exponential_64(x)


def _logistic(x: Any) -> Any:
    return logistic_64(x)


_OVER_ARRAYS: dict[str, Any] = {}


def over_arrays(function: Any) -> Any:
    """Return a function of one number as one of arrays, compiled when it is first asked for."""
    name = function.__name__
    if name not in _OVER_ARRAYS:
        _OVER_ARRAYS[name] = vectorize(["float64(float64)"], cache=True)(function)
    return _OVER_ARRAYS[name]
