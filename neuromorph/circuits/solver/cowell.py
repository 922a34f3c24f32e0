"""The default scheme: Adams-Moulton velocities, Stoermer-Cowell phases, up to six steps back.

With the state accelerations a = psi'' - M^-1 J and state velocities g = rho' - Gamma^-1 J, whose
histories have no jump where a source has a corner, and with polynomials through the last points
and the new one, integrated once (beta) and twice (gamma) over a step, each step

1. predicts  psi* = psi + h v + h^2 s + h^2 sum_k pi_k a_{n-k},  without the new point,
2. solves    M a + D y' + K y = J - I_c sin psi*  together with
             psi_{n+1} = x + h^2 gamma_0 a,  x = psi + h v + h^2 s + h^2 sum_k gamma_k a_{n+1-k},
             v_{n+1}   = b + h beta_0 a,     b = v + h q + h sum_k beta_k a_{n+1-k},
             rho_{n+1} = z + h beta_0 g,     z = rho + h q + h sum_k beta_k g_{n+1-k},
3. keeps     a + I_c (sin psi* - sin psi_{n+1})/M  as the acceleration of the step.

q is the average of M^-1 J (for rho of Gamma^-1 J) over the step, s = q/2 - M^-1 (J_{n+1} - J_n)/12
its double integral, exact for straight lines. The matrix is constant. Step 3 costs a second sine:
the prediction then errs in one step only, not in all that look back at it.

Rows stand in groups of 32, field after field, as in lane.py. The last six accelerations stand in a
ring; the coefficients turn instead of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.event import LARGEST, _note, verdict
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.panel import Panels, panel_solve, room
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
from neuromorph.circuits.solver.state import driven, moves, ramp_work, record_row
from neuromorph.circuits.solver.system import System

Array = NDArray[np.float64]

#: Largest h K/D of resistor rows and h D/M of junction rows, by points of the polynomials, the
#: new one included. On the real axis the formulas are stable to 0.78, 1.2 and 1.84.
_RELAXATION = {7: 0.65, 6: 1.0, 5: 1.5}
#: Growth per step of an undamped mode with seven points, at most; with six it is damped.
GROWTH = 2e-5
_BACK = 6

_FIELDS = 27
_SIZE = LANES * _FIELDS
_STRIDE = np.uintp(_SIZE)
(_Y, _V, _A0, _A1, _A2, _A3, _A4, _A5, _Q, _S, _MASS, _INVERSE, _DAMPING, _I_C, _OFFSET, _X, _B,
 _FLOW, _RIGHT, _NEW, _OLD, _LOW, _HIGH, _LIMIT, _HEAT, _WORK,
 _RATE) = (np.uintp(LANES * k) for k in range(_FIELDS))


def points(system: System, stiffness: Array, h: float) -> int:
    """Return the largest number of points that is stable on every row at a step, or 0.

    ``stiffness`` is the diagonal of K.
    """
    np_ = system.n_psi
    return relaxed_points(system.damping[:np_] / system.mass,
                          stiffness[np_:] / system.damping[np_:],
                          stiffness[:np_] / system.mass, system.i_c / system.mass, h)


def relaxed_points(drag: Array, rate: Array, swing: Array, plasma: Array, h: float) -> int:
    """Return the same from D/M, K/M and I_c/M of psi rows and K/D of rho rows, of any shape.

    Every mode is damped by at least half the least D/M per time. Where that does not hold the
    growth of seven points (capacitors without junction, junctions of very high resistance), six are
    taken, or five if no supercurrent is among them: they damp undamped modes up to omega h = 1.1,
    six also with supercurrents, if these are counted with a quarter more.
    """
    light = h / 2 * drag < 2 * GROWTH
    if h * h * float(np.max((swing + 1.25 * plasma)[light | (plasma == 0)], initial=0.0)) > 1.0:
        return 0
    most, least = (6, 6 if np.any(plasma[light]) else 5) if np.any(light) else (7, 5)
    fastest = h * max(float(np.max(drag, initial=0.0)), float(np.max(rate, initial=0.0)))
    return next((p for p, limit in _RELAXATION.items() if least <= p <= most and fastest < limit),
                0)


def coefficients(points: int, h: float) -> tuple[Array, Array]:
    """Return the constants of a step, and for each turn of the ring its 18 coefficients.

    Constants: h, gamma_0 h^2, beta_0 h. Coefficients: h^2 pi, h^2 gamma and h beta, each for
    slots 0 to 5; at turn r slot i holds the point (r - i) mod 6 steps back.
    """
    beta, gamma = _integrals(np.arange(1, 1 - points, -1))
    _, ahead = _integrals(np.arange(0, 1 - points, -1))
    rows = np.zeros((3, _BACK))
    rows[0, : points - 1] = h * h * ahead
    rows[1, : points - 1] = h * h * gamma[1:]
    rows[2, : points - 1] = h * beta[1:]
    turned = np.array([np.roll(rows[:, ::-1], r + 1, axis=1).ravel() for r in range(_BACK)])
    return np.array([h, h * h * gamma[0], h * beta[0]]), np.ascontiguousarray(turned)


def _integrals(nodes: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return single and double integrals over (0, 1) of the Lagrange polynomials of the nodes."""
    power = np.arange(nodes.size)
    moments = np.column_stack((1 / (power + 1), 1 / ((power + 1) * (power + 2))))
    powers = nodes.astype(np.float64) ** power[:, None]
    weights: Array = np.asarray(np.linalg.solve(powers, moments), dtype=np.float64)
    return weights[:, 0].copy(), weights[:, 1].copy()


class CowellSolver(NamedTuple):
    """Constants and coefficients, and the inverse (small) or the panels (large) of the matrix."""

    constant: Array
    turns: Array
    dense: Array
    panels: Panels


class Layout(NamedTuple):
    """Groups of psi and rho rows, and where each coordinate stands in the linear system."""

    psi: Array
    rho: Array
    right: Array
    new: Array
    place: NDArray[np.int64]


@njit(cache=True, fastmath={"contract"})
def _psi_right(w, constant, c, right):  # type: ignore[no-untyped-def]
    """Predict the phase; write x, b, the supercurrent and the right side of junction rows."""
    h = constant[0]
    h2, ig, ib = h * h, 1.0 / constant[1], constant[2] / constant[1]
    p0, p1, p2, p3, p4, p5 = c[0], c[1], c[2], c[3], c[4], c[5]
    x0, x1, x2, x3, x4, x5 = c[6], c[7], c[8], c[9], c[10], c[11]
    b0, b1, b2, b3, b4, b5 = c[12], c[13], c[14], c[15], c[16], c[17]
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            a0, a1, a2 = w[i + _A0], w[i + _A1], w[i + _A2]
            a3, a4, a5 = w[i + _A3], w[i + _A4], w[i + _A5]
            base = w[i + _Y] + h * w[i + _V] + h2 * w[i + _S]
            psi = base + (p0 * a0 + p1 * a1 + p2 * a2) + (p3 * a3 + p4 * a4 + p5 * a5)
            x = base + (x0 * a0 + x1 * a1 + x2 * a2) + (x3 * a3 + x4 * a4 + x5 * a5)
            b = (w[i + _V] + h * w[i + _Q] + (b0 * a0 + b1 * a1 + b2 * a2)
                 + (b3 * a3 + b4 * a4 + b5 * a5))
            flow = w[i + _I_C] * sine(psi - w[i + _OFFSET])
            w[i + _X] = x
            w[i + _B] = b
            w[i + _FLOW] = flow
            w[i + _RIGHT] = w[i + _MASS] * (ig * x) - w[i + _DAMPING] * (b - ib * x) - flow
        for j in range(end_of(k, right)):
            right[row + j] = w[at + j + _RIGHT]


@njit(cache=True, fastmath={"contract"})
def _rho_right(w, constant, c, right):  # type: ignore[no-untyped-def]
    h, ib = constant[0], 1.0 / constant[2]
    b0, b1, b2, b3, b4, b5 = c[12], c[13], c[14], c[15], c[16], c[17]
    for k in range(chunks(right)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, right)):
            i = at + j
            x = (w[i + _Y] + h * w[i + _Q]
                 + (b0 * w[i + _A0] + b1 * w[i + _A1] + b2 * w[i + _A2])
                 + (b3 * w[i + _A3] + b4 * w[i + _A4] + b5 * w[i + _A5]))
            w[i + _X] = x
            w[i + _RIGHT] = w[i + _DAMPING] * (ib * x)
        for j in range(end_of(k, right)):
            right[row + j] = w[at + j + _RIGHT]


@njit(cache=True)
def _stirred(w, new, hit, before):  # type: ignore[no-untyped-def]
    """List the phases that passed a mark or moved beyond a limit (or are NaN), and where from."""
    found = 0
    for k in range(chunks(new)):
        at, row, count = k * _STRIDE, k * ROWS, 0
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            calm = ((y <= w[i + _HIGH]) & (y >= w[i + _LOW])
                    & (abs(y - w[i + _Y]) <= w[i + _LIMIT]))
            count += 0 if calm else 1
        if count:
            for j in range(end_of(k, new)):
                i, y = at + j, new[row + j]
                if not ((y <= w[i + _HIGH]) & (y >= w[i + _LOW])
                        & (abs(y - w[i + _Y]) <= w[i + _LIMIT])):
                    hit[found], before[found] = row + j, w[i + _Y]
                    found += 1
    return found


@njit(cache=True, fastmath={"contract"})
def _psi_advance(w, constant, slot, new):  # type: ignore[no-untyped-def]
    ig, hb = 1.0 / constant[1], constant[2]
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            a = (y - w[i + _X]) * ig
            v = w[i + _B] + hb * a
            w[i + _WORK] += w[i + _MASS] * w[i + _Q] * (y - w[i + _Y])
            w[i + _HEAT] += v * v
            w[i + _OLD] = w[i + _V]
            w[i + _V] = v
            w[i + _Y] = y
            w[i + _NEW] = a + w[i + _INVERSE] * (
                w[i + _FLOW] - w[i + _I_C] * sine(y - w[i + _OFFSET]))
        for j in range(end_of(k, new)):
            w[at + slot + j] = w[at + j + _NEW]


@njit(cache=True, fastmath={"contract"})
def _rho_advance(w, constant, slot, new):  # type: ignore[no-untyped-def]
    ib = 1.0 / constant[2]
    for k in range(chunks(new)):
        at, row = k * _STRIDE, k * ROWS
        for j in range(end_of(k, new)):
            i, y = at + j, new[row + j]
            g = (y - w[i + _X]) * ib
            rate = g + w[i + _RATE]
            w[i + _WORK] += w[i + _DAMPING] * w[i + _Q] * (y - w[i + _Y])
            w[i + _HEAT] += rate * rate
            w[i + _OLD] = w[i + _V]
            w[i + _V] = g
            w[i + _Y] = y
        for j in range(end_of(k, new)):
            w[at + slot + j] = w[at + j + _V]


@njit(cache=True)
def _layout(n_psi, n_dynamic, n):  # type: ignore[no-untyped-def]
    """Pad psi and rho rows to fours and all rows to eights."""
    size = room_for(n_psi, n_dynamic, n)
    psi = groups(n_psi, _SIZE, _LOW, _HIGH, _LIMIT)
    rho = groups(n_dynamic - n_psi, _SIZE, _LOW, _HIGH, _LIMIT)
    return Layout(psi, rho, np.zeros(size), np.zeros(size), places(n_psi, n_dynamic, n))


@njit(cache=True)
def _load(f, system, state, watch):  # type: ignore[no-untyped-def]
    np_, nd = system.n_psi, system.n_dynamic
    for block, low, high in ((f.psi, 0, np_), (f.rho, np_, nd)):
        spread(state.y[low:high], _Y, _SIZE, block)
        spread(state.average[low:high], _Q, _SIZE, block)
        spread(system.damping[low:high], _DAMPING, _SIZE, block)
        spread(state.velocity[0, low:high], _V, _SIZE, block)
        for k in range(6):
            spread(state.force[k, low:high], _A0 + np.uintp(32 * k), _SIZE, block)
    spread(state.lean[:np_], _S, _SIZE, f.psi)
    spread(state.lean[np_:], _S, _SIZE, f.rho)
    spread(system.mass, _MASS, _SIZE, f.psi)
    spread(1.0 / system.mass, _INVERSE, _SIZE, f.psi)
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
        gather(block, _V, _SIZE, state.velocity[0, low:high])
        gather(block, _OLD, _SIZE, state.velocity[1, low:high])
        for k in range(6):
            gather(block, _A0 + np.uintp(32 * k), _SIZE, state.force[k, low:high])
        for i in range(high - low):
            state.work[0] += block[place_of(i, _SIZE) + _WORK]
            state.heat[low + i] += block[place_of(i, _SIZE) + _HEAT]
    gather(f.psi, _S, _SIZE, state.lean[:np_])
    gather(f.rho, _S, _SIZE, state.lean[np_:])
    for i in range(nd, state.y.size):
        state.y[i] = f.new[f.place[i]]


@njit(cache=True)
def _events(w, watch, hit, before, found, new, n, h):  # type: ignore[no-untyped-def]
    """Note the events of the rows found, as event.detect does for all rows."""
    far, move = -1, 0.0
    for m in range(found):
        i = hit[m]
        way = abs(new[i] - before[m])
        if not way <= w[place_of(i, _SIZE) + _LIMIT] and (far < 0 or not way <= LARGEST):
            far, move = i, way
    for m in range(found):
        i = hit[m]
        at = place_of(i, _SIZE)
        if (new[i] > watch.high[i] or new[i] < watch.low[i]) and (
                far < 0 or abs(new[i] - before[m]) <= LARGEST):
            _note(watch, i, before[m], new[i], w[at + _OLD], w[at + _V], n * h, h)
            w[at + _LOW], w[at + _HIGH] = watch.low[i], watch.high[i]
    return verdict(watch, far, move)


@njit(cache=True)
def _ramp(f, np_, weight, e0, e1, s):  # type: ignore[no-untyped-def]
    gather(f.psi, _OLD, _SIZE, s.q[:np_])
    gather(f.rho, _OLD, _SIZE, s.q[np_:])
    gather(f.psi, _V, _SIZE, s.x[:np_])
    gather(f.rho, _V, _SIZE, s.x[np_:])
    return ramp_work(np_, weight, e0, e1, s.q, s.x)


@njit(cache=True)
def lean_of(average, begin, end):  # type: ignore[no-untyped-def]
    """Return the double integral of a drive over a step, in units of h^2.

    A smooth drive: average/2 - (end - begin)/12. Where the average lies far from the middle a
    corner or a jump is inside: exact for a level that turns into a line, a line that turns into
    a level, and a jump at either end.
    """
    move = end - begin
    part = (average - begin) / move if move != 0.0 else 0.5
    if 0.0 <= part < 0.4:
        return 0.5 * begin + move * part * part * (2 / 3)
    if 0.6 < part <= 1.0:
        return 0.5 * begin + move * (part - 0.5 + (1.0 - part) ** 2 * (2 / 3))
    return 0.5 * average - move / 12.0


@njit(cache=True)
def _push(f, np_, average, e0, e1):  # type: ignore[no-untyped-def]
    """Take over the drives of a step: their average, its double integral, the level at its end.

    Heat is a sum of squared rates: right to all orders where they are smooth, off by h/6 times
    rate times change of slope (in units of the sum) at a corner of a source.
    """
    spread(average[:np_], _Q, _SIZE, f.psi)
    spread(average[np_:], _Q, _SIZE, f.rho)
    for i in range(np_):
        f.psi[place_of(i, _SIZE) + _S] = lean_of(average[i], e0[i], e1[i])
    for i in range(average.size - np_):
        at, slope = place_of(i, _SIZE), e1[np_ + i] - e0[np_ + i]
        f.rho[at + _HEAT] += (f.rho[at + _V] + e0[np_ + i]) * (slope - f.rho[at + _S]) / 6.0
        f.rho[at + _S] = slope
        f.rho[at + _RATE] = e1[np_ + i]


@njit(cache=True)
def cowell_run(system, state, solver, s, tables, watch, out, span):  # type: ignore[no-untyped-def]
    """Advance as ``adams_run`` does; for circuits without noise and whatever is rare."""
    f = _layout(system.n_psi, system.n_dynamic, system.n)
    _load(f, system, state, watch)
    dense = packed(moved_matrix(solver.dense, f.place, f.right.size))
    space = room(solver.panels, f.place, f.right.size)
    psi_size = ends(system.n_psi, system.n_dynamic)[0]
    marks = np.zeros(psi_size, dtype=np.int64), np.zeros(psi_size)
    return _advance((system, state, solver, s, tables, watch, out, f, dense, space, marks,
                     moved_index(f.place, out.column), moves(tables.average, tables.point)), span)


@njit(cache=True)
def _advance(given, span):  # type: ignore[no-untyped-def]
    """Make the steps, with everything on loan from ``cowell_run``."""
    (system, state, solver, s, tables, watch, out, f, dense, space, marks, column,
     flags) = lent(given)
    np_, source, (first, last, base) = system.n_psi, system.source, span
    constant, turns, panels, (hit, before) = solver.constant, solver.turns, solver.panels, marks
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
            _push(f, np_, average, e0, e1)
        c = turns[n % 6]
        slot = _A0 + np.uintp((n + 1) % 6 * 32)
        _psi_right(f.psi, constant, c, psi_right)
        _rho_right(f.rho, constant, c, rho_right)
        if dense.size:
            times(dense, right, new)
        else:
            panel_solve(panels, space, right, new)
        found = _stirred(f.psi, psi_new, hit, before)
        _psi_advance(f.psi, constant, slot, psi_new)
        _rho_advance(f.rho, constant, slot, rho_new)
        if found:
            reason = _events(f.psi, watch, hit, before, found, new, n, constant[0])
        if moved:
            state.work[0] -= constant[0] / 12 * _ramp(f, np_, s.weight, e0, e1, s)
        record_row(column, out.value, n - base, new)
        n += 1
    if n > first:
        _unload(f, np_, state)
    return n, reason
