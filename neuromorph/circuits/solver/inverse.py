"""A small linear system by its dense inverse, padded to a multiple of eight rows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.elimination import Matrix

Array = NDArray[np.float64]


def inverse_of(stiffness: Matrix | Array, more: Matrix) -> Array:
    """Return the inverse of K and what is added to it, padded with ones on the diagonal."""
    n = len(more)
    full: Array = np.eye(-(-n // 8) * 8)
    full[:n, :n] = stiffness
    for i, row in enumerate(more):
        for j, x in row.items():
            full[i, j] += x
    return np.asarray(np.linalg.inv(full), dtype=np.float64)


@njit(cache=True, fastmath={"reassoc", "contract"})
def multiply(matrix, b, out):  # type: ignore[no-untyped-def]
    """Multiply by a padded matrix, four rows at a time."""
    n = matrix.shape[0]
    for i in range(0, n, 4):
        s0 = s1 = s2 = s3 = 0.0
        for j in range(n):
            s0 += matrix[i, j] * b[j]
            s1 += matrix[i + 1, j] * b[j]
            s2 += matrix[i + 2, j] * b[j]
            s3 += matrix[i + 3, j] * b[j]
        out[i], out[i + 1], out[i + 2], out[i + 3] = s0, s1, s2, s3
