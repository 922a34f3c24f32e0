"""A sine that vectorises: reduction by multiples of pi and an odd polynomial."""

from __future__ import annotations

import numpy as np
from numba import njit

_INVERSE_PI = 1.0 / np.pi
# pi in two parts: the first has trailing zeros, so k * _PI_HIGH is exact for |k| < 2^20
_PI_HIGH = 3.1415926534682512
_PI_LOW = 1.2154201013012385e-10


@njit(cache=True, fastmath={"contract"})
def sine(x):  # type: ignore[no-untyped-def]
    """Return sin(x); absolute error below 1e-11 for |x| < 1e5.

    x = k pi + r with |r| <= pi/2; sin r by its Taylor polynomial up to r^17.
    """
    k = np.rint(x * _INVERSE_PI)
    r = (x - k * _PI_HIGH) - k * _PI_LOW
    z = r * r
    p = 2.8114572543455206e-15
    p = p * z - 7.647163731819816e-13
    p = p * z + 1.6059043836821613e-10
    p = p * z - 2.505210838544172e-08
    p = p * z + 2.755731922398589e-06
    p = p * z - 1.984126984126984e-04
    p = p * z + 8.333333333333333e-03
    p = p * z - 1.6666666666666666e-01
    s = r + r * z * p
    odd = k - 2.0 * np.floor(0.5 * k)
    return s * (1.0 - 2.0 * odd)
