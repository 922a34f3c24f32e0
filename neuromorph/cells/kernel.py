"""How the kernels of the cells are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit


def kernel(**options: Any) -> Any:
    """Return the decorator of a kernel: compiled, cached, and without counting references.

    A kernel borrows its arrays and allocates none, so nothing need be counted; numba would count
    every view of an array, dozens per step, which took as long as the arithmetic.
    """
    compile_by: Any = njit
    return compile_by(cache=True, error_model="numpy", _nrt=False, **options)
