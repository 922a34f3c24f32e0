"""The default scheme without noise, laid out for vector registers.

The formulas are those of adams.py. What belongs to 32 rows stands together, field after field at
fixed distances: the compiler sees that fields do not overlap, so one loop builds the right side of
a row from all its history and one brings all of it on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.event import detect
from neuromorph.circuits.solver.factor import solve
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.product import packed, times
from neuromorph.circuits.solver.row_group import (
    LANES,
    ROWS,
    chunks,
    end_of,
    ends,
    gather,
    groups,
    moved_index,
    moved_matrix,
    place_of,
    places,
    spread,
)
from neuromorph.circuits.solver.sine import sine
from neuromorph.circuits.solver.state import driven, moves, ramp_work, record_row

_FIELDS = 26
_SIZE = LANES * _FIELDS
_STRIDE = np.uintp(_SIZE)
(_Y, _V0, _V1, _V2, _A0, _A1, _A2, _Q, _MASS, _DAMPING, _I_C, _OFFSET, _IB, _C1, _C2, _C3, _C4,
 _X, _B, _LOW, _HIGH, _LIMIT, _HEAT, _WORK, _RATE,
 _RIGHT) = (np.uintp(LANES * k) for k in range(_FIELDS))


@njit(cache=True, fastmath={"contract"})
def _add(block, field, values):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        values[i] += block[place_of(i, _SIZE) + field]


@njit(cache=True, fastmath={"contract"})
def _psi_right(w, h, right):  # type: ignore[no-untyped-def]
    """Predict the phase, and write x, b and the right side of junction rows."""
    h2 = h * h
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            y, v, a, a1, q = w[i + _Y], w[i + _V0], w[i + _A0], w[i + _A1], w[i + _Q]
            c1, c2, c3, ib = w[i + _C1], w[i + _C2], w[i + _C3], w[i + _IB]
            psi = y + h * v + h2 * (a * (2 / 3) - a1 * (1 / 6) + 0.5 * q)
            x = -(ib * y + c1 * v + c2 * w[i + _V1] + c3 * w[i + _V2])
            b = c1 * a + c2 * a1 + c3 * w[i + _A2] + w[i + _C4] * q
            w[i + _X] = x
            w[i + _B] = b
            w[i + _RIGHT] = (w[i + _MASS] * (ib * (v - x) + b) - w[i + _DAMPING] * x
                             - w[i + _I_C] * sine(psi - w[i + _OFFSET]))
        for j in range(end_of(k, right)):
            right[row + j] = w[at + j + _RIGHT]


@njit(cache=True, fastmath={"contract"})
def _rho_right(w, right):  # type: ignore[no-untyped-def]
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            x = -(w[i + _IB] * w[i + _Y] + w[i + _C1] * w[i + _V0] + w[i + _C2] * w[i + _V1]
                  + w[i + _C3] * w[i + _V2] + w[i + _C4] * w[i + _Q])
            w[i + _X] = x
            right[row + j] = -w[i + _DAMPING] * x


@njit(cache=True)
def _stirred(w, new):  # type: ignore[no-untyped-def]
    """Return whether a phase passed its marks or moved further than its limit (or is NaN)."""
    count = 0
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            calm = ((y <= w[i + _HIGH]) & (y >= w[i + _LOW])
                    & (abs(y - w[i + _Y]) <= w[i + _LIMIT]))
            count += 0 if calm else 1
    return count > 0


@njit(cache=True, fastmath={"contract"})
def _psi_advance(w, new):  # type: ignore[no-untyped-def]
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            v0, ib = w[i + _V0], w[i + _IB]
            v = y * ib + w[i + _X]
            w[i + _WORK] += w[i + _MASS] * w[i + _Q] * (y - w[i + _Y])
            w[i + _HEAT] += v * v
            w[i + _A2] = w[i + _A1]
            w[i + _A1] = w[i + _A0]
            w[i + _A0] = (v - v0) * ib - w[i + _B]
            w[i + _V2] = w[i + _V1]
            w[i + _V1] = v0
            w[i + _V0] = v
            w[i + _Y] = y


@njit(cache=True, fastmath={"contract"})
def _rho_advance(w, new):  # type: ignore[no-untyped-def]
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            v = y * w[i + _IB] + w[i + _X]
            rate = v + w[i + _RATE]
            w[i + _WORK] += w[i + _DAMPING] * w[i + _Q] * (y - w[i + _Y])
            w[i + _HEAT] += rate * rate
            w[i + _V2] = w[i + _V1]
            w[i + _V1] = w[i + _V0]
            w[i + _V0] = v
            w[i + _Y] = y


class Layout(NamedTuple):
    """Blocks of psi and rho rows; the solver over rows padded to fours: psi, rho, kappa."""

    psi: NDArray[np.float64]
    rho: NDArray[np.float64]
    right: NDArray[np.float64]
    new: NDArray[np.float64]
    dense: NDArray[np.float64]
    order: NDArray[np.uint32]
    place: NDArray[np.int64]


@njit(cache=True)
def _layout(n_psi, n_dynamic, n, dense, order):  # type: ignore[no-untyped-def]
    place = places(n_psi, n_dynamic, n)
    size = (ends(n_psi, n_dynamic)[1] + n - n_dynamic + 7) // 8 * 8
    psi = groups(n_psi, _SIZE, _LOW, _HIGH, _LIMIT)
    rho = groups(n_dynamic - n_psi, _SIZE, _LOW, _HIGH, _LIMIT)
    return Layout(psi, rho, np.zeros(size), np.zeros(size),
                  packed(moved_matrix(dense, place, size)), moved_index(place, order), place)


@njit(cache=True)
def _load(f, system, state, solver, watch):  # type: ignore[no-untyped-def]
    np_, nd = system.n_psi, system.n_dynamic
    for block, low, high in ((f.psi, 0, np_), (f.rho, np_, nd)):
        spread(state.y[low:high], _Y, _SIZE, block)
        spread(state.average[low:high], _Q, _SIZE, block)
        spread(system.damping[low:high], _DAMPING, _SIZE, block)
        spread(solver.ib[low:high], _IB, _SIZE, block)
        for k, field in enumerate((_C1, _C2, _C3, _C4)):
            spread(solver.c[k, low:high], field, _SIZE, block)
        for k, field in enumerate((_V0, _V1, _V2)):
            spread(state.velocity[k, low:high], field, _SIZE, block)
    for k, field in enumerate((_A0, _A1, _A2)):
        spread(state.acceleration[k], field, _SIZE, f.psi)
    spread(system.mass, _MASS, _SIZE, f.psi)
    spread(system.i_c, _I_C, _SIZE, f.psi)
    spread(system.offset, _OFFSET, _SIZE, f.psi)
    spread(watch.low, _LOW, _SIZE, f.psi)
    spread(watch.high, _HIGH, _SIZE, f.psi)
    spread(watch.limit, _LIMIT, _SIZE, f.psi)
    spread(state.point[0, np_:], _RATE, _SIZE, f.rho)


@njit(cache=True)
def _unload(f, np_, state):  # type: ignore[no-untyped-def]
    nd = state.velocity.shape[1]
    for block, low, high in ((f.psi, 0, np_), (f.rho, np_, nd)):
        gather(block, _Y, _SIZE, state.y[low:high])
        _add(block, _HEAT, state.heat[low:high])
        for k, field in enumerate((_V0, _V1, _V2)):
            gather(block, field, _SIZE, state.velocity[k, low:high])
        for i in range(high - low):
            state.work[0] += block[place_of(i, _SIZE) + _WORK]
    for k, field in enumerate((_A0, _A1, _A2)):
        gather(f.psi, field, _SIZE, state.acceleration[k])
    for i in range(nd, state.y.size):
        state.y[i] = f.new[f.place[i]]


@njit(cache=True)
def _events(f, watch, s, n, h):  # type: ignore[no-untyped-def]
    """Note the events of a step just made; ``s.predicted`` holds the phases before it."""
    gather(f.psi, _V1, _SIZE, s.b)
    now = s.q[: s.b.size]
    gather(f.psi, _V0, _SIZE, now)
    reason = detect(watch, s.predicted, f.new[: s.b.size], s.b, now, n, h)
    spread(watch.low, _LOW, _SIZE, f.psi)
    spread(watch.high, _HIGH, _SIZE, f.psi)
    return reason


@njit(cache=True)
def _ramp(f, np_, weight, e0, e1, s):  # type: ignore[no-untyped-def]
    gather(f.psi, _V1, _SIZE, s.q[:np_])
    gather(f.rho, _V1, _SIZE, s.q[np_:])
    gather(f.psi, _V0, _SIZE, s.x[:np_])
    gather(f.rho, _V0, _SIZE, s.x[np_:])
    return ramp_work(np_, weight, e0, e1, s.q, s.x)


@njit(cache=True)
def lane_run(system, state, solver, s, tables, watch, out, span):  # type: ignore[no-untyped-def]
    """Advance as ``adams_run`` does, for circuits without noise and whatever is rare."""
    f = _layout(system.n_psi, system.n_dynamic, system.n, solver.dense, solver.order)
    _load(f, system, state, solver, watch)
    return _advance((system, state, solver, s, tables, watch, out, f,
                     moved_index(f.place, out.column), moves(tables.average, tables.point)), span)


@njit(cache=True)
def _advance(given, span):  # type: ignore[no-untyped-def]
    """Make the steps, with everything on loan from ``lane_run``."""
    system, state, solver, s, tables, watch, out, f, column, flags = lent(given)
    np_, h, source, (first, last, base) = system.n_psi, solver.h, system.source, span
    psi_size, rho_size = ends(np_, system.n_dynamic)
    right, new = f.right, f.new
    psi_right, rho_right = right[:psi_size], right[psi_size:rho_size]
    psi_new, rho_new = new[:psi_size], new[psi_size:rho_size]
    average, e0, e1 = state.average, state.point[0], state.point[1]
    n, reason = first, 0
    while n < last and reason == 0:
        moved = (n == first or flags[n - base]) and driven(
            source.start, source.column, source.value, tables.average, tables.point,
            n - base, state.level, average, e0, e1)
        if moved:
            spread(average[:np_], _Q, _SIZE, f.psi)
            spread(average[np_:], _Q, _SIZE, f.rho)
            spread(e1[np_:], _RATE, _SIZE, f.rho)
        _psi_right(f.psi, h, psi_right)
        _rho_right(f.rho, rho_right)
        if f.dense.size:
            times(f.dense, right, new)
        else:
            solve(f.order, solver.start, solver.row, solver.value, solver.inverse, right, new,
                  s.work)
        stirred = _stirred(f.psi, psi_new)
        if stirred:
            gather(f.psi, _Y, _SIZE, s.predicted)
        _psi_advance(f.psi, psi_new)
        _rho_advance(f.rho, rho_new)
        if stirred:
            reason = _events(f, watch, s, n, h)
        if moved:
            state.work[0] -= h / 12 * _ramp(f, np_, s.weight, e0, e1, s)
        record_row(column, out.value, n - base, new)
        n += 1
    if n > first:
        _unload(f, np_, state)
    return n, reason
