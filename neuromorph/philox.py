"""Counter-based random numbers: Philox2x32-10, the same on every substrate.

A draw is a pure function of (seed, stream, unit or synapse index, step). It needs no state, so
it does not matter which thread, which simulator or which circuit asks, and in what order.
Numba, Brian2, the integer model and Verilog hold the same function.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
doi 10.1145/2063384.2063405 (Philox2x32, 10 rounds).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, vectorize
from numpy.typing import NDArray

MULTIPLIER = 0xD256D193
WEYL = 0x9E3779B9
ROUNDS = 10

#: Streams: which kind of thing draws. The low bits carry the index of the projection or population.
PROJECTION, STIMULUS, NOISE = 1 << 28, 2 << 28, 3 << 28

_M, _W, _LOW = np.uint64(MULTIPLIER), np.uint64(WEYL), np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


@njit(cache=True, inline="always")
def philox(counter0: Any, counter1: Any, key: Any) -> Any:
    """Return the first word of Philox2x32-10 as uint64 below 2**32 (all arguments uint64)."""
    left, right, k = np.uint64(counter0), np.uint64(counter1), np.uint64(key)
    for _ in range(ROUNDS):
        product = _M * left
        left, right = (product >> _SHIFT) ^ k ^ right, product & _LOW
        k = (k + _W) & _LOW
    return left


@vectorize(["uint64(uint64, uint64, uint64)"], cache=True)
def draw(index: Any, step: Any, key: Any) -> Any:
    """Vectorised :func:`philox`: one uint64 below 2**32 per (index, step, key)."""
    return philox(index, step, key)


def stream_key(seed: int, stream: int) -> int:
    """Return the 32-bit key of one stream of one seed.

    Parameters
    ----------
    seed : int
        0 <= seed < 2**64.
    stream : int
        ``PROJECTION + i``, ``STIMULUS + i`` or ``NOISE + i``.

    Raises
    ------
    ValueError
        The seed is out of range.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed: {seed} came, 0 <= seed < 2**64 is allowed")
    inner = draw(np.uint64(stream), np.uint64(seed >> 32), np.uint64(seed & 0xFFFFFFFF))
    return int(inner)


def pass_threshold(probability: Any) -> NDArray[np.uint64]:
    """Return ``round(p * 2**32)``: a draw passes if it is below that number."""
    scaled = np.rint(np.asarray(probability, dtype=np.float64) * 2.0**32)
    return np.asarray(scaled, dtype=np.uint64)
