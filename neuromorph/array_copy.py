"""Copying arrays inside kernels.

``out[:] = source`` checks shapes, and compiling the text of that error costs 2.5 s in every fresh
process; a loop costs nothing.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(cache=True)
def copy(source: Any, out: Any) -> None:
    """Copy the first ``out.shape[0]`` entries of a one-dimensional array."""
    for i in range(out.shape[0]):
        out[i] = source[i]


@njit(cache=True)
def copy_rows(source: Any, out: Any) -> None:
    """Copy the first ``out.shape[0]`` rows of a two-dimensional array."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = source[i, j]
