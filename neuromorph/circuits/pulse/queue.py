"""A queue of events by time: a binary heap in three arrays' worth of numbers, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from neuromorph.array_copy import copy


@njit(cache=True, inline="always")
def push(times: Any, keys: Any, size: Any, time: Any, key: Any) -> Any:
    """Add an event to a heap of ``size`` events with room for one more; return the new size."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if times[up] < time or (times[up] == time and keys[up] <= key):
            break
        times[at] = times[up]
        keys[at] = keys[up]
        at = up
    times[at] = time
    keys[at] = key
    return size + 1


@njit(cache=True, inline="always")
def pop(times: Any, keys: Any, size: Any) -> Any:
    """Take the first event (``times[0]``, ``keys[0]``: read them before) off; return the size.

    The hole at the top sinks to the bottom along the earlier child, then the last event rises
    into it: fewer comparisons than sinking the last event from the top.
    """
    size -= 1
    time, key = times[size], keys[size]
    at = 0
    child = 1
    while child < size:
        other = child + 1
        if other < size and (
            times[other] < times[child]
            or (times[other] == times[child] and keys[other] < keys[child])
        ):
            child = other
        times[at] = times[child]
        keys[at] = keys[child]
        at = child
        child = 2 * at + 1
    while at > 0:
        up = (at - 1) >> 1
        if times[up] < time or (times[up] == time and keys[up] <= key):
            break
        times[at] = times[up]
        keys[at] = keys[up]
        at = up
    times[at] = time
    keys[at] = key
    return size


@njit(cache=True)
def grown(array: Any) -> Any:
    """Return an array of twice the length with the same beginning."""
    out = np.empty(2 * array.size, array.dtype)
    copy(array, out[: array.size])
    return out
