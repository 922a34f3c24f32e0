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

_LOG2_E, _HIGH, _LOW = np.float32(LOG2_E), np.float32(0.693359375), np.float32(-2.12194440e-4)
_C6, _C5, _C4 = np.float32(1 / 720), np.float32(1 / 120), np.float32(1 / 24)
_C3, _C2, _C1 = np.float32(1 / 6), np.float32(0.5), np.float32(1.0)
_BOUND = np.float32(87.0)


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
    return _exponential(x)


@overload(exponential, inline="always", strict=False)
def _exponential_kernel(x: Any) -> Any:
    if x == types.float32:
        return lambda x: exponential_32(x)
    return lambda x: exponential_64(x)


@njit(inline="always", error_model="numpy", cache=True)
def logistic_64(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` of a float64."""
    return 1.0 / (1.0 + exponential_64(-x))


def logistic(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` in the precision of x; vectorised outside of kernels."""
    return _logistic(x)


@overload(logistic, inline="always", strict=False)
def _logistic_kernel(x: Any) -> Any:
    if x == types.float32:
        return lambda x: _C1 / (_C1 + exponential_32(-x))
    return lambda x: logistic_64(x)


@vectorize(["float64(float64)"], cache=True)
def _exponential(x: Any) -> Any:
    return exponential_64(x)


@vectorize(["float64(float64)"], cache=True)
def _logistic(x: Any) -> Any:
    return logistic_64(x)
