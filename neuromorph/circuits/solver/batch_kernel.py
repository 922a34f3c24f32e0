"""The leapfrog of leapfrog.py over many lanes: every array has its lanes innermost.

The formulas, and the draws of the noise, are those of the single run: a lane equals it to
round-off. Inner loops run over the lanes of one row, so they vectorise; a block of 128 lanes of a
thirty-junction circuit stays in the second-level cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.batch_system import BatchSystem
from neuromorph.circuits.solver.event import Watch, _note, watch
from neuromorph.circuits.solver.noise import normal
from neuromorph.circuits.solver.sine import sine

Array = NDArray[np.float64]
Index = NDArray[np.int64]
_FAST = {"contract"}


class BatchState(NamedTuple):
    """What one step hands to the next, shape (row, lane); velocities newest last.

    ``failed`` is the step at which a lane moved too far, -1 for none, and ``culprit`` the psi;
    such a lane is put to rest.
    """

    y: Array
    old: Array
    mid: Array
    new: Array
    past: Array
    drive: Array
    level: Array
    right: Array
    sum: Array
    failed: Index
    culprit: Index
    key: NDArray[np.uint64]
    watch: Watch
    limit: Array


def batch_state(system: BatchSystem, keys: NDArray[np.uint64], limit: Array,
                columns: int) -> BatchState:
    """Return the state of a block of lanes at rest."""
    lanes, rest = keys.size, system.branch.size
    moving = (system.n_psi, lanes)
    marks = watch(np.full(system.n_psi * lanes, np.inf), max(4 * system.n_psi * lanes, 1024))
    return BatchState(
        np.zeros((system.n_psi + rest, lanes)), np.zeros(moving), np.zeros(moving),
        np.zeros(moving), np.zeros((rest, lanes)), np.zeros((system.n_psi + rest, lanes)),
        np.zeros(columns), np.zeros((rest, lanes)), np.zeros((1, lanes)),
        np.full(lanes, -1, dtype=np.int64), np.full(lanes, -1, dtype=np.int64), keys, marks, limit)


# rows are given as an array and its row: a slice would cost more than the loop over its lanes
@njit(cache=True, fastmath=_FAST, forceinline=True)
def _take(acc, i, start, stop, column, value, y):  # type: ignore[no-untyped-def]
    """Subtract entries of a matrix times rows of y from row i of acc, two at a time."""
    p = start
    while p + 1 < stop:
        a, b = column[p], column[p + 1]
        for w in range(acc.shape[1]):
            acc[i, w] -= value[p, w] * y[a, w] + value[p + 1, w] * y[b, w]
        p += 2
    if p < stop:
        a = column[p]
        for w in range(acc.shape[1]):
            acc[i, w] -= value[p, w] * y[a, w]


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _shake(acc, i, amplitude, j, factor, key, n, branch):  # type: ignore[no-untyped-def]
    for w in range(acc.shape[1]):
        acc[i, w] += factor * amplitude[j, w] * normal(key[w], n, branch)


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _push(i, force, keep, push, i_c, offset, y, v, out):  # type: ignore[no-untyped-def]
    for w in range(out.shape[1]):
        out[i, w] = keep[i, w] * v[i, w] + push[i, w] * (
            force[0, w] - i_c[i, w] * sine(y[i, w] - offset))


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _set(y, i, x, j):  # type: ignore[no-untyped-def]
    for w in range(y.shape[1]):
        y[i, w] = x[j, w]


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _add(y, i, h, v, j):  # type: ignore[no-untyped-def]
    for w in range(y.shape[1]):
        y[i, w] += h * v[j, w]


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _times(inverse, right, k, out, i):  # type: ignore[no-untyped-def]
    for w in range(out.shape[1]):
        out[i, w] = inverse[k, w] * right[k, w]


@njit(cache=True, fastmath=_FAST, forceinline=True)
def _turn(turn, k, y, i, past):  # type: ignore[no-untyped-def]
    for w in range(past.shape[1]):
        past[k, w] = turn[k, w] * y[i, w] - past[k, w]


@njit(cache=True, forceinline=True)
def _calm(i, x, v, low, high, limit):  # type: ignore[no-untyped-def]
    stirred = 0
    begin = i * x.shape[1]
    for w in range(x.shape[1]):
        y = x[i, w]
        ok = (y <= high[begin + w]) & (y >= low[begin + w]) & (abs(v[i, w]) <= limit)
        stirred |= 0 if ok else 1
    return stirred == 0


@njit(cache=True)
def _rest(system, state, w):  # type: ignore[no-untyped-def]
    """Put a lane to rest: its phases stay at 0."""
    lanes = state.key.size
    for i in range(system.n_psi):
        system.keep[i, w] = system.push[i, w] = 0.0
        state.y[i, w] = state.old[i, w] = state.mid[i, w] = 0.0
        state.watch.low[i * lanes + w] = -np.inf
        state.watch.high[i * lanes + w] = np.inf
    for k in range(state.past.shape[0]):
        state.past[k, w] = 0.0


@njit(cache=True)
def _events(system, state, old, mid, new, i, n):  # type: ignore[no-untyped-def]
    """Note the events of row i in the step from n - 1 to n, and lanes that moved too far."""
    lanes, h = state.key.size, system.h
    marks, x, u, v, t = state.watch, state.y[i], old[i], mid[i], new[i]
    for w in range(lanes):
        if not abs(v[w]) <= state.limit[i]:
            if state.failed[w] < 0:
                state.failed[w], state.culprit[w] = n, i
        elif x[w] > marks.high[i * lanes + w] or x[w] < marks.low[i * lanes + w]:
            _note(marks, i * lanes + w, x[w] - h * v[w], x[w], 0.5 * (u[w] + v[w]),
                  0.5 * (v[w] + t[w]), (n - 1) * h, h)


@njit(cache=True)
def _driven(system, table, level, drive):  # type: ignore[no-untyped-def]
    """Bring the drive from the levels now to those of a row of the table."""
    changed = False
    for k in range(level.size):
        changed |= table[k] != level[k]
    if not changed:
        return
    source = system.source
    for i in range(drive.shape[0]):
        for p in range(source.start[i], source.start[i + 1]):
            step = table[source.column[p]] - level[source.column[p]]
            if step != 0.0:
                _add(drive, i, step, source.value, p)
    level[:] = table


@njit(cache=True, forceinline=True)
def _relax(system, state, noisy, n):  # type: ignore[no-untyped-def]
    """Solve for rho and kappa at the new psi and bring their history on."""
    np_, y, right, past, drive = system.n_psi, state.y, state.right, state.past, state.drive
    to, lower, upper, rho = system.to_psi, system.lower, system.upper, system.rho
    inverse, turn, noise, branch = system.inverse, system.turn, system.noise, system.branch
    to_start, to_column, to_value = to.start, to.column, to.value
    l_start, l_column, l_value = lower.start, lower.column, lower.value
    u_start, u_column, u_value = upper.start, upper.column, upper.value
    key = state.key
    for k in range(right.shape[0]):
        _set(right, k, drive, np_ + k)
        if rho[k]:
            if noisy:
                _shake(past, k, noise, np_ + k, 2.0, key, n, branch[k])
            _add(right, k, 1.0, past, k)
        _take(right, k, to_start[k], to_start[k + 1], to_column, to_value, y)
        _take(right, k, l_start[k], l_start[k + 1], l_column, l_value, right)
    for k in range(right.shape[0] - 1, -1, -1):
        _times(inverse, right, k, y, np_ + k)
        _take(y, np_ + k, u_start[k], u_start[k + 1], u_column, u_value, y)
        if rho[k]:
            _turn(turn, k, y, np_ + k, past)


@njit(cache=True, nogil=True)
def batch_run(system, state, table, noisy, record, every, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance a block of lanes from step ``first`` to ``last``; return the step reached.

    It stops early when the event buffer may not hold another step. Events of the step from n - 1
    to n are found when v_{n+1/2} is known.
    """
    np_, h, y, force, marks = system.n_psi, system.h, state.y, state.sum, state.watch
    key, drive, limit, failed = state.key, state.drive, state.limit, state.failed
    start, column, value = system.coupling.start, system.coupling.column, system.coupling.value
    keep, push, i_c, offset, noise = (system.keep, system.push, system.i_c, system.offset,
                                      system.noise)
    old, mid, new, low, high = state.old, state.mid, state.new, marks.low, marks.high
    lanes = key.size
    n = first
    while n < last and marks.tally[0] + np_ * lanes < marks.when.size:
        for i in range(np_):
            _set(force, 0, drive, i)
            _take(force, 0, start[i], start[i + 1], column, value, y)
            if noisy:
                _shake(force, 0, noise, i, 1.0, key, n, i)
            _push(i, force, keep, push, i_c, offset[i], y, mid, new)
        for i in range(np_):
            if not _calm(i, y, mid, low, high, limit[i]):
                _events(system, state, old, mid, new, i, n)
        for w in range(lanes):
            if failed[w] == n:
                _rest(system, state, w)
                new[:, w] = 0.0
        for i in range(np_):
            _add(y, i, h, new, i)
        _driven(system, table[n - base], state.level, state.drive)
        _relax(system, state, noisy, n)
        old, mid, new = mid, new, old
        if record.size and (n + 1) % every == 0:
            for k in range(record.size):
                out[(n + 1 - base) // every - 1, k, :] = y[record[k]]
        n += 1
    final = np.empty((2, np_, lanes))
    final[0], final[1] = old, mid
    state.old[:], state.mid[:] = final[0], final[1]
    return n
