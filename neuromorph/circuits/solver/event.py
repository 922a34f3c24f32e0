"""Pulses as events: the time at which a junction's phase passes pi + 2 pi k.

A crossing counts once the phase has gone on by a further pi/2; if it turns back before, it was
a hesitation and no pulse. The time is that of the crossing itself, from the cubic Hermite
interpolant of phase and velocity over the step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_PI = np.pi
_CONFIRM = 0.5 * np.pi
#: A move as large as this is an error whatever the limit: no events are sought in it.
LARGEST = 0.4 * np.pi


class Watch(NamedTuple):
    """Marks of every psi coordinate, and the largest move of its phase in one step.

    ``well`` counts the 2 pi turns made; ``pending`` is the time of a crossing not yet confirmed
    and ``side`` its direction, 0 for none. Events are (coordinate, direction) and a time in ps.
    """

    well: NDArray[np.int64]
    side: NDArray[np.int64]
    pending: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    what: NDArray[np.int64]
    when: NDArray[np.float64]
    tally: NDArray[np.int64]
    limit: NDArray[np.float64]


def watch(limit: NDArray[np.float64], capacity: int) -> Watch:
    """Return a watch over coordinates at rest, each with the largest move allowed."""
    n = limit.size
    return Watch(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n),
                 np.full(n, -_PI), np.full(n, _PI), np.zeros((capacity, 2), np.int64),
                 np.zeros(capacity), np.zeros(2, np.int64), limit)


@njit(cache=True)
def crossing(x0, x1, v0, v1, h, level):  # type: ignore[no-untyped-def]
    """Return the fraction of a step at which the cubic Hermite interpolant passes a level."""
    low, high = 0.0, 1.0
    rising = x1 > x0
    u = (level - x0) / (x1 - x0)
    for _ in range(60):
        w = 1.0 - u
        x = (x0 * w * w * (1 + 2 * u) + x1 * u * u * (3 - 2 * u)
             + h * u * w * (v0 * w - v1 * u)) - level
        if (x > 0) == rising:
            high = u
        else:
            low = u
        slope = 6 * u * w * (x1 - x0) + h * (v0 * w * (1 - 3 * u) - v1 * u * (2 - 3 * u))
        step = x / slope if slope != 0.0 else 2.0
        new = u - step
        if not (low < new < high):
            new = 0.5 * (low + high)
        if abs(new - u) < 1e-12:
            return new
        u = new
    return u


@njit(cache=True)
def _note(watch, k, x0, x1, v0, v1, time, h):  # type: ignore[no-untyped-def]
    """Handle a junction whose phase left the band between its low and high mark."""
    while x1 > watch.high[k] or x1 < watch.low[k]:
        up = x1 > watch.high[k]
        sign = 1 if up else -1
        level = (2 * watch.well[k] + sign) * _PI
        if watch.side[k] == 0:
            watch.pending[k] = time + h * crossing(x0, x1, v0, v1, h, level)
            watch.side[k] = sign
            watch.high[k] = level + _CONFIRM if up else level
            watch.low[k] = level if up else level - _CONFIRM
            continue
        if watch.side[k] == sign:
            i = watch.tally[0]
            watch.what[i, 0] = k
            watch.what[i, 1] = sign
            watch.when[i] = watch.pending[k]
            watch.tally[0] = i + 1
            watch.well[k] += sign
        watch.side[k] = 0
        watch.high[k] = (2 * watch.well[k] + 1) * _PI
        watch.low[k] = (2 * watch.well[k] - 1) * _PI


@njit(cache=True)
def calm(old, new, low, high, limit):  # type: ignore[no-untyped-def]
    """Return whether no phase passed its marks or moved further than the limit (or is NaN)."""
    stirred = 0
    for i in range(low.size):
        x = new[i]
        move = abs(x - old[i])
        stirred |= 0 if (x <= high[i]) & (x >= low[i]) & (move <= limit[i]) else 1
    return stirred == 0


@njit(cache=True)
def verdict(watch, far, move):  # type: ignore[no-untyped-def]
    """Return what ``detect`` does, after the events of a step; ``far`` is a phase or -1."""
    if far >= 0:
        watch.tally[1] = far
        watch.when[watch.when.size - 1] = move
        return 2
    return 1 if watch.tally[0] + 4 * watch.low.size > watch.when.size else 0


@njit(cache=True)
def detect(watch, old, new, v0, v1, n, h):  # type: ignore[no-untyped-def]
    """Note events of the step from n to n + 1.

    Returns 0 to go on, 1 when the event buffer is nearly full, 2 when phase ``tally[1]`` moved
    further than its limit: by the last entry of ``when``.
    """
    far = -1
    for i in range(old.size):
        move = abs(new[i] - old[i])
        if not (move <= watch.limit[i]):
            if not (move <= LARGEST):
                far = i
                break
            far = i if far < 0 else far
    for i in range(old.size):
        if new[i] > watch.high[i] or new[i] < watch.low[i]:
            if far >= 0 and not (abs(new[i] - old[i]) <= LARGEST):
                break
            _note(watch, i, old[i], new[i], v0[i], v1[i], n * h, h)
    return verdict(watch, far, abs(new[far] - old[far]) if far >= 0 else 0.0)


@njit(cache=True)
def _scan(marks, phase, velocity, h):  # type: ignore[no-untyped-def]
    for n in range(phase.size - 1):
        if phase[n + 1] > marks.high[0] or phase[n + 1] < marks.low[0]:
            _note(marks, 0, phase[n], phase[n + 1], velocity[n], velocity[n + 1], n * h, h)


def series_events(phase: NDArray[np.float64], velocity: NDArray[np.float64],
                  h: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times of pulses and of antipulses of a recorded phase on a grid of step h."""
    capacity = 16 + int(np.sum(np.abs(np.diff(phase))) / _PI)
    marks = watch(np.full(1, np.inf), capacity)
    # the first count is that of the turns already made at the start
    turns = int(np.rint(phase[0] / (2 * _PI)))
    marks.well[0] = turns
    marks.low[0], marks.high[0] = (2 * turns - 1) * _PI, (2 * turns + 1) * _PI
    _scan(marks, np.ascontiguousarray(phase), np.ascontiguousarray(velocity), h)
    count = int(marks.tally[0])
    up = marks.what[:count, 1] > 0
    return marks.when[:count][up].copy(), marks.when[:count][~up].copy()
