"""The natural logarithm of the reference: arithmetic only, the same bits everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

from neuromorph.cells.exponential import over_arrays

LN2 = 0.6931471805599453
SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
MANTISSA = np.int64((1 << 52) - 1)


@njit(inline="always", error_model="numpy", cache=True)
def logarithm_64(x: Any) -> Any:
    """Return ln(x) of a positive normal float64, to some units in the last place.

    ``x = 2**k m``, m within a factor sqrt(2) of 1; ``ln m = 2 artanh(s)``, ``s = (m - 1)/(m + 1)``.
    """
    bits = np.float64(x).view(np.int64)
    k = (bits - SQRT_HALF_BITS) >> np.int64(52)
    m = np.int64(bits - (k << np.int64(52))).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 21.0
    p = p * z + 1.0 / 19.0
    p = p * z + 1.0 / 17.0
    p = p * z + 1.0 / 15.0
    p = p * z + 1.0 / 13.0
    p = p * z + 1.0 / 11.0
    p = p * z + 1.0 / 9.0
    p = p * z + 1.0 / 7.0
    p = p * z + 1.0 / 5.0
    p = p * z + 1.0 / 3.0
    p = p * z + 1.0
    return np.float64(k) * LN2 + (2.0 * s) * p


def logarithm(x: Any) -> Any:
    """Return ln(x); vectorised over arrays outside of kernels."""
    return over_arrays(_logarithm)(x)


@overload(logarithm, inline="always", strict=False)
def _logarithm_kernel(x: Any) -> Any:
    return lambda x: logarithm_64(np.float64(x))


def _logarithm(x: Any) -> Any:
    return logarithm_64(x)
