"""Tables of numbers as text, compiled: what a CSV file of a long run is made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

_PAIRS = np.frombuffer("".join(f"{k:02d}" for k in range(100)).encode(), dtype=np.uint8)
_POWER = np.array([float(f"1e{k}") for k in range(-307, 309)])
# unsigned throughout: with a signed partner numba computes in floats
_ZERO, _ONE, _HUNDRED, _MYRIAD = (np.uint64(k) for k in (48, 1, 100, 10_000))
_WIDTH = 17
_BLOCK = 4096


@njit(cache=True)
def _split(x, binary, power):  # type: ignore[no-untyped-def]
    """Return nine digits and the exponent of a number x, 2^binary <= x < 2^(binary + 1)."""
    shift = 0
    if binary < -930:
        x, binary, shift = x * 1e280, binary + 930, 280
    e = int(np.floor(binary * 0.30102999566398120))
    scaled = x * power[8 - e + 307] if e >= -300 else x * 1e300 * power[8 - e - 300 + 307]
    while scaled >= 999_999_999.5:
        e += 1
        scaled *= 0.1
    return np.uint64(scaled + 0.5), e - shift


@njit(cache=True)
def _word(x, out, at):  # type: ignore[no-untyped-def]
    word = b"nan" if x != x else (b"inf" if x > 0 else b"-inf")
    for letter in word:
        out[at] = letter
        at += 1
    return at


@njit(cache=True)
def _pair(value, pairs, out, at):  # type: ignore[no-untyped-def]
    twice = value + value
    out[at], out[at + 1] = pairs[twice], pairs[twice + _ONE]


@njit(cache=True)
def _digits(digits, pairs, out, at):  # type: ignore[no-untyped-def]
    """Write ``d.dddddddd``; pairs of digits do not wait for each other."""
    high = digits // _MYRIAD
    first = high // _MYRIAD
    low, high = digits - high * _MYRIAD, high - first * _MYRIAD
    out[at], out[at + 1] = _ZERO + first, 46
    upper, lower = high // _HUNDRED, low // _HUNDRED
    _pair(upper, pairs, out, at + 2)
    _pair(high - upper * _HUNDRED, pairs, out, at + 4)
    _pair(lower, pairs, out, at + 6)
    _pair(low - lower * _HUNDRED, pairs, out, at + 8)


@njit(cache=True)
def _number(x, bits, power, pairs, out, at):  # type: ignore[no-untyped-def]
    """Write ``d.dddddddde+XX`` from place ``at``; return the place after it.

    A number below the least normal one, 2.2e-308, becomes 0.
    """
    binary = ((bits >> 52) & 0x7FF) - 1023
    if binary == 1024:
        return _word(x, out, at)
    if x < 0:
        out[at] = 45
        at += 1
        x = -x
    digits, e = (np.uint64(0), 0) if binary < -1022 else _split(x, binary, power)
    _digits(digits, pairs, out, at)
    out[at + 10], out[at + 11] = 101, 45 if e < 0 else 43
    size, at = np.uint64(abs(e)), at + 12
    if size >= _HUNDRED:
        out[at] = _ZERO + size // _HUNDRED
        at += 1
    _pair(size % _HUNDRED, pairs, out, at)
    return at + 2


@njit(cache=True)
def _rows(table, bits, separator, power, pairs, out):  # type: ignore[no-untyped-def]
    at = 0
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            at = _number(table[i, j], bits[i, j], power, pairs, out, at)
            out[at] = separator
            at += 1
        out[at - 1] = 10
    return at


def rows(columns: list[Array], separator: str) -> Iterator[bytes]:
    """Return columns as lines of nine significant digits, some thousand numbers at a time."""
    step = max(1, _BLOCK // len(columns))
    for first in range(0, len(columns[0]), step):
        table = np.column_stack([c[first : first + step] for c in columns])
        table = table.astype(np.float64, copy=False)
        out = np.empty(table.size * _WIDTH, dtype=np.uint8)
        end = _rows(table, table.view(np.int64), ord(separator), _POWER, _PAIRS, out)
        yield out[:end].tobytes()
