"""The leapfrog without noise, laid out for vector registers; the formulas are in leapfrog.py.

One linear map gives the forces on psi and the new rho and kappa at once. With A = 2 Gamma/h + K_rr
and b = J_rho + p,

    (K y)_psi = (K_pp - K_pr A^-1 K_rp) psi + K_pr A^-1 b,      rho = A^-1 (b - K_rp psi):

a product with a dense matrix in small circuits; in large ones the panels of panel.py and two sparse
products. Rows stand in groups of 32, as in cowell.py.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from neuromorph.array_copy import copy
from neuromorph.circuits.solver.event import LARGEST, _note, verdict
from neuromorph.circuits.solver.leapfrog import rows_times
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.panel import panel_solve, room
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
    room_for,
    spread,
)
from neuromorph.circuits.solver.sine import sine
from neuromorph.circuits.solver.state import changed, drive, moves

_FIELDS = 16
_SIZE = LANES * _FIELDS
_STRIDE = np.uintp(_SIZE)
(_Y, _V, _OLD, _OLDER, _Q, _MASS, _KEEP, _PUSH, _I_C, _OFFSET, _LOW, _HIGH, _LIMIT, _HEAT, _WORK,
 _PAST) = (np.uintp(LANES * k) for k in range(_FIELDS))


@njit(cache=True, fastmath={"contract"})
def _psi(w, h, force, right):  # type: ignore[no-untyped-def]
    """Kick and move junction rows; ``right`` takes the new phases."""
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            y, v, e = w[i + _Y], w[i + _V], w[i + _MASS] * w[i + _Q]
            new = w[i + _KEEP] * v + w[i + _PUSH] * (
                e - force[row + j] - w[i + _I_C] * sine(y - w[i + _OFFSET]))
            w[i + _WORK] += e * (v + new)
            w[i + _HEAT] += new * new
            w[i + _OLDER] = w[i + _OLD]
            w[i + _OLD] = v
            w[i + _V] = new
            w[i + _Y] = y + h * new
        for j in range(end_of(k, right)):
            right[row + j] = w[at + j + _Y]


@njit(cache=True, fastmath={"contract"})
def _rho_right(w, right):  # type: ignore[no-untyped-def]
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            right[row + j] = w[i + _PAST] + w[i + _MASS] * w[i + _Q]


@njit(cache=True, fastmath={"contract"})
def _rho(w, h, new):  # type: ignore[no-untyped-def]
    """Take over resistor rows: MASS is Gamma, OFFSET the mean drive, PAST the history p."""
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            move = y - w[i + _Y]
            w[i + _WORK] += w[i + _MASS] * w[i + _OFFSET] * move
            w[i + _PAST] = (4.0 / h) * w[i + _MASS] * y - w[i + _PAST]
            w[i + _HEAT] += move * move
            w[i + _Y] = y


@njit(cache=True)
def _stirred(w, h, rows, hit):  # type: ignore[no-untyped-def]
    """List the rows whose last phase but one passed a mark or moved too far (or is NaN)."""
    found = 0
    for k in range(chunks(rows)):
        at, row, count = k * _STRIDE, k * ROWS, 0
        for j in range(end_of(k, rows)):
            i = at + j
            y = w[i + _Y] - h * w[i + _V]
            calm = ((y <= w[i + _HIGH]) & (y >= w[i + _LOW])
                    & (abs(h * w[i + _OLD]) <= w[i + _LIMIT]))
            count += 0 if calm else 1
        if count:
            for j in range(end_of(k, rows)):
                i = at + j
                y = w[i + _Y] - h * w[i + _V]
                if not ((y <= w[i + _HIGH]) & (y >= w[i + _LOW])
                        & (abs(h * w[i + _OLD]) <= w[i + _LIMIT])):
                    hit[found] = row + j
                    found += 1
    return found


@njit(cache=True)
def _events(w, watch, hit, found, n, h):  # type: ignore[no-untyped-def]
    """Note the events of the step from n - 1 to n in the rows found."""
    far, move = -1, 0.0
    for m in range(found):
        way = abs(h * w[place_of(hit[m], _SIZE) + _OLD])
        if not way <= w[place_of(hit[m], _SIZE) + _LIMIT] and (far < 0 or not way <= LARGEST):
            far, move = hit[m], way
    for m in range(found):
        i, at = hit[m], place_of(hit[m], _SIZE)
        y, v = w[at + _Y] - h * w[at + _V], w[at + _OLD]
        if (y > watch.high[i] or y < watch.low[i]) and (far < 0 or abs(h * v) <= LARGEST):
            _note(watch, i, y - h * v, y, 0.5 * (w[at + _OLDER] + v), 0.5 * (v + w[at + _V]),
                  (n - 1) * h, h)
            w[at + _LOW], w[at + _HIGH] = watch.low[i], watch.high[i]
    return verdict(watch, far, move)


@njit(cache=True)
def _load(psi, rho, system, state, s, watch):  # type: ignore[no-untyped-def]
    np_, nd = system.n_psi, system.n_dynamic
    for field, values in ((_Y, state.y[:np_]), (_V, state.velocity[0, :np_]),
                          (_OLD, state.velocity[1, :np_]), (_OLDER, state.velocity[2, :np_]),
                          (_Q, state.point[0, :np_]), (_MASS, system.mass), (_KEEP, s.keep),
                          (_PUSH, s.push), (_I_C, system.i_c), (_OFFSET, system.offset),
                          (_LOW, watch.low), (_HIGH, watch.high), (_LIMIT, watch.limit)):
        spread(values, field, _SIZE, psi)
    for field, values in ((_Y, state.y[np_:nd]), (_Q, state.point[0, np_:]), (_MASS, s.gamma),
                          (_OFFSET, state.point[0, np_:]), (_PAST, state.history)):
        spread(values, field, _SIZE, rho)


@njit(cache=True)
def _unload(psi, rho, new, place, h, system, state):  # type: ignore[no-untyped-def]
    np_, nd, work = system.n_psi, system.n_dynamic, state.work
    for field, values in ((_Y, state.y[:np_]), (_V, state.velocity[0, :np_]),
                          (_OLD, state.velocity[1, :np_]), (_OLDER, state.velocity[2, :np_])):
        gather(psi, field, _SIZE, values)
    gather(rho, _Y, _SIZE, state.y[np_:nd])
    gather(rho, _PAST, _SIZE, state.history)
    for i in range(np_):
        work[0] += 0.5 * h * psi[place_of(i, _SIZE) + _WORK]
        state.heat[i] += psi[place_of(i, _SIZE) + _HEAT]
    for i in range(nd - np_):
        work[0] += rho[place_of(i, _SIZE) + _WORK]
        state.heat[np_ + i] += rho[place_of(i, _SIZE) + _HEAT] / (h * h)
    for i in range(nd, state.y.size):
        state.y[i] = new[place[i]]


@njit(cache=True)
def _push(psi, rho, np_, e0, e1):  # type: ignore[no-untyped-def]
    """Take over the drives at the end of a step, and their mean over it for resistor rows."""
    spread(e0[:np_], _Q, _SIZE, psi)
    spread(e0[np_:], _Q, _SIZE, rho)
    for i in range(e0.size - np_):
        rho[place_of(i, _SIZE) + _OFFSET] = 0.5 * (e0[np_ + i] + e1[np_ + i])


@njit(cache=True)
def _relaxed(solver, column, space, place, n_rho, right, new, force, pulled):  # type: ignore[no-untyped-def]
    """Solve for rho and kappa, and find the forces on psi: what the dense matrix does at once."""
    rows, to_psi = solver.rows, solver.to_psi
    rows_times(to_psi.start, to_psi.column, to_psi.value, right, pulled)
    for k in range(place.size):
        at = place[k]
        right[at] = (right[at] if k < n_rho else 0.0) - pulled[k]
    panel_solve(solver.panels, space, right, new)
    for i in range(force.size):
        new[i] = right[i]
    rows_times(rows.start, column, rows.value, new, force)


@njit(cache=True)
def _record(column, psi_size, value, row, right, new):  # type: ignore[no-untyped-def]
    for k in range(column.size):
        c = column[k]
        value[row, k] = right[c] if c < psi_size else new[c]


@njit(cache=True)
def leap_lane_run(system, state, solver, s, tables, watch, out, span):  # type: ignore[no-untyped-def]
    """Advance as ``leapfrog_run`` does, over ``span``: first and last step, first of the tables."""
    np_, nd = system.n_psi, system.n_dynamic
    place, psi_size = places(np_, nd, system.n), ends(np_, nd)[0]
    size = room_for(np_, nd, system.n)
    psi = groups(np_, _SIZE, _LOW, _HIGH, _LIMIT)
    rho = groups(nd - np_, _SIZE, _LOW, _HIGH, _LIMIT)
    _load(psi, rho, system, state, s, watch)
    right, new, pulled = np.zeros(size), np.zeros(size), np.zeros(system.n - np_)
    dense, inner = packed(moved_matrix(solver.dense, place, size)), place[np_:]
    space = room(solver.panels, inner, size)
    column, printed = moved_index(place, solver.rows.column), moved_index(place, out.column)
    for i in range(system.n):
        new[place[i]] = state.y[i]
    force = np.zeros(psi_size)
    rows_times(solver.rows.start, column, solver.rows.value, new, force)
    if dense.size:
        copy(force, new[:psi_size])
    hit, flags = np.zeros(psi_size, dtype=np.int64), moves(tables.average, tables.point)
    return _advance((system, state, solver, tables, watch, out, psi, rho, right, new, pulled,
                     dense, place, inner, space, column, printed, force, hit, flags), span)


@njit(cache=True)
def _advance(given, span):  # type: ignore[no-untyped-def]
    """Make the steps, with everything on loan from ``leap_lane_run``."""
    (system, state, solver, tables, watch, out, psi, rho, right, new, pulled, dense, place, inner,
     space, column, printed, force, hit, flags) = lent(given)
    np_, nd, h, source, (first, last, base) = (system.n_psi, system.n_dynamic, solver.h,
                                               system.source, span)
    psi_size, rho_size = ends(np_, nd)
    if dense.size:
        force = new[:psi_size]
    psi_right, rho_right, rho_new = right[:psi_size], right[psi_size:rho_size], new[
        psi_size:rho_size]
    e0, e1, level, lean = state.point[0], state.point[1], state.level[1], False
    n, reason = first, 0
    while n < last and reason == 0:
        _psi(psi, h, force, psi_right)
        found = _stirred(psi, h, psi_right, hit)
        if found:
            reason = _events(psi, watch, hit, found, n, h)
        if lean:
            spread(e0[np_:], _OFFSET, _SIZE, rho)
        lean = flags[n - base] and changed(tables.point, n - base, level)
        if lean:
            copy(e0, e1)
            drive(source.start, source.column, source.value, tables.point, n - base, level, e0)
            _push(psi, rho, np_, e0, e1)
        _rho_right(rho, rho_right)
        if dense.size:
            times(dense, right, new)
        else:
            _relaxed(solver, column, space, inner, nd - np_, right, new, force, pulled)
        _rho(rho, h, rho_new)
        _record(printed, psi_size, out.value, n - base, right, new)
        n += 1
    if n > first:
        _unload(psi, rho, new, place, h, system, state)
    return n, reason
