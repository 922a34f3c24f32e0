"""Rows in groups of 32: field after field at fixed distances, for kernels over many fields.

The compiler sees that fields do not overlap, so one loop over a group reads and writes all of them
in vector registers. A scheme says how many fields a row has: ``size`` is 32 times their number.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 32
ROWS = np.uintp(LANES)


@njit(cache=True)
def place_of(i, size):  # type: ignore[no-untyped-def]
    """Return where the first field of row i stands."""
    return np.uintp(i // 32 * size + i % 32)


@njit(cache=True)
def spread(values, field, size, block):  # type: ignore[no-untyped-def]
    """Set a field of all rows."""
    for i in range(values.size):
        block[place_of(i, size) + field] = values[i]


@njit(cache=True)
def gather(block, field, size, values):  # type: ignore[no-untyped-def]
    """Read a field of all rows."""
    for i in range(values.size):
        values[i] = block[place_of(i, size) + field]


@njit(cache=True)
def groups(n, size, low, high, limit):  # type: ignore[no-untyped-def]
    """Return room for n rows; the marks of empty ones are never passed."""
    block = np.zeros((n + 31) // 32 * size)
    for i in range((n + 31) // 32 * 32):
        at = place_of(i, size)
        block[at + low], block[at + high], block[at + limit] = -np.inf, np.inf, np.inf
    return block


@njit(cache=True)
def chunks(values):  # type: ignore[no-untyped-def]
    """Return the number of groups that hold as many rows as there are values."""
    return np.uintp((values.size + 31) // 32)


@njit(cache=True)
def end_of(k, values):  # type: ignore[no-untyped-def]
    """Return the number of rows in group k."""
    return min(ROWS, np.uintp(values.size) - k * ROWS)


@njit(cache=True)
def ends(n_psi, n_dynamic):  # type: ignore[no-untyped-def]
    """Return where psi and rho rows end in a linear system, each padded to fours."""
    psi_end = (n_psi + 3) // 4 * 4
    return psi_end, psi_end + (n_dynamic - n_psi + 3) // 4 * 4


@njit(cache=True)
def places(n_psi, n_dynamic, n):  # type: ignore[no-untyped-def]
    """Return where each coordinate stands among the padded rows of a linear system."""
    psi_end, rho_end = ends(n_psi, n_dynamic)
    place = np.empty(n, dtype=np.int64)
    for i in range(n):
        skipped = 0 if i < n_psi else (psi_end - n_psi if i < n_dynamic else rho_end - n_dynamic)
        place[i] = i + skipped
    return place


@njit(cache=True)
def room_for(n_psi, n_dynamic, n):  # type: ignore[no-untyped-def]
    """Return the padded rows of a linear system, in eights, and one more than there are at least.

    Empty slots of panels read and write that one.
    """
    return (ends(n_psi, n_dynamic)[1] + n - n_dynamic + 8) // 8 * 8


@njit(cache=True)
def moved_index(place, index):  # type: ignore[no-untyped-def]
    """Return indices of coordinates as those of padded rows."""
    moved = np.empty_like(index)
    for i in range(index.size):
        moved[i] = place[index[i]]
    return moved


@njit(cache=True)
def moved_matrix(dense, place, size):  # type: ignore[no-untyped-def]
    """Return a matrix over coordinates as one over padded rows."""
    matrix = np.zeros((size, size)) if dense.size else np.zeros((0, 0))
    for i in range(place.size if dense.size else 0):
        for j in range(place.size):
            matrix[place[i], place[j]] = dense[i, j]
    return matrix
