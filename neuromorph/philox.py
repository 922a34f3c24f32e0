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
FEW = 10_000  #: draws at once, up to which numpy makes them

#: Streams: which kind of thing draws. The low bits carry the index of the projection or population.
PROJECTION, STIMULUS, NOISE, CELL = 1 << 28, 2 << 28, 3 << 28, 4 << 28

_M, _W, _LOW = np.uint64(MULTIPLIER), np.uint64(WEYL), np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_HALF, _SIXTEEN = np.uint64(0xFFFF), np.uint64(16)

#: Coefficients of y, y**3, ... y**13 of the polynomial in :func:`philox_normal`.
NORMAL = (
    3.33991417, 0.08304512, 4.7875018, -22.48370705, 52.00719, -55.30447197, 23.16544047,
)  # fmt: skip


@njit(cache=True, inline="always")
def philox_words(counter0: Any, counter1: Any, key: Any) -> Any:
    """Return both words of Philox2x32-10, each as uint64 below 2**32 (all arguments uint64)."""
    left, right, k = np.uint64(counter0), np.uint64(counter1), np.uint64(key)
    for _ in range(ROUNDS):
        product = _M * left
        left, right = (product >> _SHIFT) ^ k ^ right, product & _LOW
        k = (k + _W) & _LOW
    return left, right


@njit(cache=True, inline="always")
def philox(counter0: Any, counter1: Any, key: Any) -> Any:
    """Return the first word of Philox2x32-10 as uint64 below 2**32 (all arguments uint64)."""
    return philox_words(counter0, counter1, key)[0]


def draw(index: Any, step: Any, key: Any) -> Any:
    """Vectorised :func:`philox`: one uint64 below 2**32 per (index, step, key)."""
    if _few(index, step, key):
        return _words(index, step, key)[0]
    return _compiled(_draw, "uint64(uint64, uint64, uint64)")(index, step, key)


@njit(cache=True, inline="always")
def philox_normal(counter0: Any, counter1: Any, key: Any) -> Any:
    """Return a standard normal number: additions and multiplications only, no libm.

    The four 16-bit halves of both words make four uniform numbers; y in (-1, 1) is their sum,
    centred and halved, and an odd polynomial in y bends its distribution (Irwin-Hall) to the
    normal one. The polynomial is a least-squares fit of ``ndtri(F_4(2 + 2 y))``, weighted by
    the normal density: largest distance of the distributions 2.8e-5, variance 0.999999,
    kurtosis 2.99996, largest value 5.6.

    Source: the construction is Teichroew's (1953), in Knuth, The Art of Computer Programming 2,
    section 3.4.1; degree and coefficients are ours.
    """
    left, right = philox_words(counter0, counter1, key)
    total = (left & _HALF) + (left >> _SIXTEEN) + (right & _HALF) + (right >> _SIXTEEN)
    y = (np.float64(np.int32(total)) - 131070.0) * (1.0 / 131072.0)
    z = y * y
    p = NORMAL[6]
    p = p * z + NORMAL[5]
    p = p * z + NORMAL[4]
    p = p * z + NORMAL[3]
    p = p * z + NORMAL[2]
    p = p * z + NORMAL[1]
    p = p * z + NORMAL[0]
    return p * y


def normal(index: Any, step: Any, key: Any) -> Any:
    """Vectorised :func:`philox_normal`: one standard normal number per (index, step, key)."""
    if not _few(index, step, key):
        return _compiled(_normal, "float64(uint64, uint64, uint64)")(index, step, key)
    left, right = _words(index, step, key)
    total = (left & _HALF) + (left >> _SIXTEEN) + (right & _HALF) + (right >> _SIXTEEN)
    y = (total.astype(np.float64) - 131070.0) * (1.0 / 131072.0)
    z, p = y * y, NORMAL[6]
    for coefficient in NORMAL[5::-1]:
        p = p * z + coefficient
    return p * y


def _draw(index: Any, step: Any, key: Any) -> Any:
    return philox(index, step, key)


def _normal(index: Any, step: Any, key: Any) -> Any:
    return philox_normal(index, step, key)


def _few(*counters: Any) -> bool:
    """Whether plain numpy is as good: compiled functions take a tenth of a second to load."""
    return int(np.prod(np.broadcast_shapes(*map(np.shape, counters)))) <= FEW


def _words(counter0: Any, counter1: Any, key: Any) -> tuple[Any, Any]:
    """As :func:`philox_words`, in numpy."""
    left, right, k = (np.asarray(x, dtype=np.uint64) for x in (counter0, counter1, key))
    for _ in range(ROUNDS):
        product = _M * left
        left, right = (product >> _SHIFT) ^ k ^ right, product & _LOW
        k = (k + _W) & _LOW
    return left, right


_COMPILED: dict[str, Any] = {}


def _compiled(function: Any, signature: str) -> Any:
    """Return a function of one draw as one of arrays, compiled when it is first asked for."""
    name = function.__name__
    if name not in _COMPILED:
        _COMPILED[name] = vectorize([signature], cache=True)(function)
    return _COMPILED[name]


def stream_key(seed: int, stream: int) -> int:
    """Return the 32-bit key of one stream of one seed.

    Parameters
    ----------
    seed : int
        0 <= seed < 2**64.
    stream : int
        ``PROJECTION + i``, ``STIMULUS + i``, ``NOISE + i``, ``CELL + i``.

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
