"""The reference's own functions in plain numpy: what a written Brian2 script carries along.

The text of this module is copied into scripts that run without this package: it imports numpy
only. The bits are those of the compiled functions (held by a test).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

TAYLOR: tuple[float, ...] = ()  # filled in by the writer
POWERS: tuple[float, ...] = ()
NORMAL: tuple[float, ...] = ()


def philox_words(index: Any, step: Any, key: Any) -> Any:
    """Return both words of Philox2x32-10 as uint64."""
    words = (np.asarray(x, dtype=np.float64).astype(np.uint64) for x in (index, step, key))
    left, right, k = np.broadcast_arrays(*words)
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        product = np.uint64(0xD256D193) * left
        left, right = (product >> shift) ^ k ^ right, product & low
        k = (k + np.uint64(0x9E3779B9)) & low
    return left, right


def philox_draw(index: Any, step: Any, key: Any) -> Any:
    """Return the first word as a float."""
    return philox_words(index, step, key)[0].astype(np.float64)


def philox_normal(index: Any, step: Any, key: Any) -> Any:
    """Return a standard normal number."""
    left, right = philox_words(index, step, key)
    half, sixteen = np.uint64(0xFFFF), np.uint64(16)
    total = (left & half) + (left >> sixteen) + (right & half) + (right >> sixteen)
    y = (total.astype(np.float64) - 131070.0) * (1.0 / 131072.0)
    z = y * y
    p = np.full_like(z, NORMAL[-1])
    for c in NORMAL[-2::-1]:
        p = p * z + c
    return p * y


def reference_exp(x: Any) -> Any:
    """Return exp(x), to about one unit in the last place."""
    x = np.minimum(np.maximum(np.asarray(x, dtype=np.float64), -700.0), 700.0)
    shifted = np.atleast_1d(x * 1.4426950408889634 + 6755399441055744.0)
    n = shifted - 6755399441055744.0
    r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    p = np.full_like(r, TAYLOR[0])
    for c in TAYLOR[1:]:
        p = p * r + c
    power = (shifted.view(np.int64) << np.int64(52)) + np.int64(0x3FF << 52)
    return (p * power.view(np.float64)).reshape(np.shape(x))


def logistic(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    t = np.asarray(x, dtype=np.float64) * -1.4426950408889634
    t = np.atleast_1d(np.minimum(np.maximum(t, -1000.0), 1000.0))
    shifted = t + 6755399441055744.0
    r = t - (shifted - 6755399441055744.0)
    c, square = POWERS, r * r
    low = (1.0 + c[0] * r) + (c[1] + c[2] * r) * square
    middle = (c[3] + c[4] * r) + (c[5] + c[6] * r) * square
    high = (c[7] + c[8] * r) + c[9] * square
    fourth = square * square
    p = low + (middle + high * fourth) * fourth
    bits = p.view(np.int64) + (shifted.view(np.int64) << np.int64(52))
    return (1.0 / (1.0 + bits.view(np.float64))).reshape(np.shape(x))


def reference_log(x: Any) -> Any:
    """Return ln(x) of positive normal numbers."""
    x = np.asarray(x, dtype=np.float64)
    bits = np.atleast_1d(x).view(np.int64)
    k = (bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
    m = (bits - (k << np.int64(52))).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = np.full_like(z, 1.0 / 21.0)
    for n in range(19, 0, -2):
        p = p * z + 1.0 / n
    return (k.astype(np.float64) * 0.6931471805599453 + (2.0 * s) * p).reshape(np.shape(x))


def reference_erf(x: Any) -> Any:
    """Return erf(x)."""
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def nearest(x: Any) -> Any:
    """Return the nearest whole number, halves to even."""
    return np.rint(x)
