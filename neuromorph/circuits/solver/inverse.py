"""A small linear system by its dense inverse, padded to a multiple of eight rows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.elimination import Matrix

Array = NDArray[np.float64]
_U0, _U1, _U2, _U3, _U4, _U5, _U6, _U7, _U8 = (np.uintp(k) for k in range(9))


def inverse_of(stiffness: Matrix | Array, more: Matrix) -> Array:
    """Return the inverse of K and what is added to it, padded with ones on the diagonal."""
    n = len(more)
    full: Array = np.eye(-(-n // 8) * 8)
    full[:n, :n] = np.asarray(stiffness, dtype=np.float64).reshape(n, n)
    for i, row in enumerate(more):
        for j, x in row.items():
            full[i, j] += x
    return np.asarray(np.linalg.inv(full), dtype=np.float64)


@njit(cache=True, fastmath={"reassoc", "contract"})
def multiply(matrix, b, out):  # type: ignore[no-untyped-def]
    """Multiply by a padded matrix, eight rows at a time."""
    n = np.uintp(matrix.shape[0])
    for i in range(_U0, n, _U8):
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
        for j in range(n):
            x = b[j]
            s0 += matrix[i, j] * x
            s1 += matrix[i + _U1, j] * x
            s2 += matrix[i + _U2, j] * x
            s3 += matrix[i + _U3, j] * x
            s4 += matrix[i + _U4, j] * x
            s5 += matrix[i + _U5, j] * x
            s6 += matrix[i + _U6, j] * x
            s7 += matrix[i + _U7, j] * x
        out[i], out[i + _U1], out[i + _U2], out[i + _U3] = s0, s1, s2, s3
        out[i + _U4], out[i + _U5], out[i + _U6], out[i + _U7] = s4, s5, s6, s7
