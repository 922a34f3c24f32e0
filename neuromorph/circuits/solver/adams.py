"""The default scheme: fourth-order Adams-Moulton with a predicted sine, one solve per step.

With beta = (9, 19, -5, 1)/24, c_k = beta_k/beta_0 and i = 1/(h beta_0), and with the state
accelerations a = psi'' - M^-1 J and state velocities g = rho' - Gamma^-1 J, whose histories
have no kinks where a source has one, each step

1. predicts  psi* = psi + h v + h^2 (2/3 a_n - 1/6 a_{n-1} + q/2),
2. solves  (M i^2 + D i + K) y_{n+1} = M (i (v_n - x) + b) - D x - I_c sin psi*,
   x = -i psi_n - c_1 v_n - c_2 v_{n-1} - c_3 v_{n-2}          (for rho: g, and -q/beta_0),
   b = c_1 a_n + c_2 a_{n-1} + c_3 a_{n-2} + q/beta_0,
3. takes  v_{n+1} = i psi_{n+1} + x  and  a_{n+1} = i (v_{n+1} - v_n) - b.

q is the exact average of M^-1 J (for rho of Gamma^-1 J) over the step.

The formula is stable for h < 3 RC and h < 3 L/R, and undamped modes grow by 0.02 (omega h)^6 per
step. Rows beyond that (stiff resistor branches, overdamped junctions, capacitors without a
junction) take the trapezoidal weights beta = (1, 1)/2 instead; see :func:`weights`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.array_copy import copy, copy_rows
from neuromorph.circuits.solver.event import calm, detect
from neuromorph.circuits.solver.factor import solve
from neuromorph.circuits.solver.gap import leak, switched
from neuromorph.circuits.solver.inverse import multiply
from neuromorph.circuits.solver.line import arrive, depart
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.noise import kick
from neuromorph.circuits.solver.relation import bend
from neuromorph.circuits.solver.sine import sine
from neuromorph.circuits.solver.state import driven, ramp_work, record_row
from neuromorph.circuits.solver.system import System

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Place = NDArray[np.uint32]

BETA = (9 / 24, 19 / 24, -5 / 24, 1 / 24)
C1, C2, C3 = 19 / 9, -5 / 9, 1 / 9
INVERSE_BETA = 24 / 9
#: 1/beta_0 of rows of lower order, and the largest h/(RC) or h R/L of the others.
TRAPEZOIDAL, STIFF = 2.0, 2.5
#: h/RC below which a junction counts as without damping.
LIGHT = 1e-4


class Solver(NamedTuple):
    """Step h, 1/sqrt(h), weights of the rows, and the inverse (small) or the factor (large).

    ``ib`` is 1/(h beta_0), ``c`` holds c_1, c_2, c_3 and 1/beta_0, one column per row.
    """

    h: float
    scale: float
    ib: Array
    c: Array
    dense: Array
    order: Place
    start: Index
    row: Place
    value: Array
    inverse: Array


def weights(system: System, stiffness: Array, h: float,
            more: Sequence[int] = ()) -> tuple[Array, Array]:
    """Return ``ib`` and ``c`` of every row; ``stiffness`` is the diagonal of K.

    A row takes trapezoidal weights if it is stiff (h > 2.5 RC or 2.5 L/R), or if it is a
    capacitor without junction, or a junction without damping, that would not hold the growth of
    the fourth order, or if it is one of ``more``.
    """
    np_, nd = system.n_psi, system.n_dynamic
    stiff = np.zeros(nd, dtype=np.bool_)
    stiff[np_:] = h * stiffness[np_:nd] > STIFF * system.damping[np_:]
    drag = h * system.damping[:np_] / system.mass
    grow = 0.02 * (h * h * (stiffness[:np_] + system.i_c) / system.mass) ** 3
    light = (system.i_c == 0) | (drag < LIGHT)
    stiff[list(more)] = True
    stiff[:np_] = (drag > STIFF) | (light & (grow > drag / 4))
    if np.any(stiff) and (system.mass_off.column.size or system.damping_off.column.size):
        stiff[:] = True
    ib = np.where(stiff, 2 / h, INVERSE_BETA / h)
    c = np.where(stiff, np.array([[1.0], [0.0], [0.0], [TRAPEZOIDAL]]),
                 np.array([[C1], [C2], [C3], [INVERSE_BETA]]))
    return ib, np.ascontiguousarray(c)


@njit(cache=True)
def _predict(np_, psi, v, a0, a1, q, h, out):  # type: ignore[no-untyped-def]
    h2 = h * h
    for i in range(np_):
        out[i] = psi[i] + h * v[i] + h2 * (a0[i] * (2 / 3) - a1[i] / 6 + 0.5 * q[i])


@njit(cache=True)
def _history(y, v0, v1, v2, q, lift, ib, c1, c2, c3, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = -ib[i] * y[i] - c1[i] * v0[i] - c2[i] * v1[i] - c3[i] * v2[i] - lift[i] * q[i]


@njit(cache=True)
def _force(a0, a1, a2, q, c1, c2, c3, c4, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = c1[i] * a0[i] + c2[i] * a1[i] + c3[i] * a2[i] + c4[i] * q[i]


@njit(cache=True)
def _right(mass, damping, v, x, b, i_c, offset, predicted, ib, out):  # type: ignore[no-untyped-def]
    for i in range(damping.size):
        out[i] = -damping[i] * x[i]
    for i in range(mass.size):
        current = i_c[i] * sine(predicted[i] - offset[i])
        out[i] += mass[i] * (ib[i] * (v[i] - x[i]) + b[i]) - current


@njit(cache=True)
def _couple(start, column, value, factor, x, out):  # type: ignore[no-untyped-def]
    for i in range(start.size - 1):
        for p in range(start[i], start[i + 1]):
            out[i] += factor * value[p] * x[column[p]]


@njit(cache=True)
def _couple_mass(start, column, value, v, x, b, ib, rest, out):  # type: ignore[no-untyped-def]
    for i in range(b.size):
        rest[i] = ib[i] * (v[i] - x[i]) + b[i]
    _couple(start, column, value, 1.0, rest, out)


@njit(cache=True)
def _advance(np_, y, x, v, b, ib, new, acceleration):  # type: ignore[no-untyped-def]
    for i in range(new.size):
        new[i] = y[i] * ib[i] + x[i]
    for i in range(np_):
        acceleration[i] = (new[i] - v[i]) * ib[i] - b[i]


@njit(cache=True)
def _work(weight, q, old, new):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(weight.size):
        total += weight[i] * q[i] * (new[i] - old[i])
    return total


@njit(cache=True)
def _noise_work(np_, half, weight, q, average, v0, v1, e0, e1):  # type: ignore[no-untyped-def]
    """Return the work of the thermal noise over one step.

    Across a junction the noise is a current and works on the voltage (Norton). In a resistor
    branch it is a voltage and works against the branch current (Thevenin), so that the heat
    there is that of the branch current and both stay finite as the step shrinks. The mean of
    both ends is the Stratonovich product.
    """
    total = 0.0
    for i in range(weight.size):
        xi, way = weight[i] * (q[i] - average[i]), v0[i] + v1[i]
        total += xi * way if i < np_ else -xi * (way + e0[i] + e1[i])
    return half * total


@njit(cache=True)
def _heat(np_, v, rate, heat):  # type: ignore[no-untyped-def]
    for i in range(np_):
        heat[i] += v[i] * v[i]
    for i in range(heat.size - np_):
        speed = v[i + np_] + rate[i + np_]
        heat[i + np_] += speed * speed


@njit(cache=True)
def _account_off(np_, mass, damping, rho, q, old, new, v, e, s, x, work):  # type: ignore[no-untyped-def]
    """Add work and heat of the couplings off the diagonal."""
    rest = s.rest
    rest[:] = 0.0
    _couple(mass.start, mass.column, mass.value, 1.0, q, rest)
    _couple(rho.start, rho.column, rho.value, 1.0, q, rest)
    for i in range(rest.size):
        work[0] += rest[i] * (new[i] - old[i])
        x[i] = v[i] + (e[i] if i >= np_ else 0.0)
    rest[:] = 0.0
    _couple(damping.start, damping.column, damping.value, 1.0, x, rest)
    for i in range(rest.size):
        work[2] += x[i] * rest[i]


@njit(cache=True)
def adams_run(system, state, solver, s, tables, noise, watch, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance from step ``first`` to ``last``; return the step reached and why it stopped.

    0: done; 1: the event buffer is full; 2: a phase moved further than ``watch.limit``;
    3: a junction at its gap changes its region.
    Row k of the tables and of ``out`` belongs to step ``base + k``.
    """
    system, state, solver, s, tables, noise, watch, out = lent(
        (system, state, solver, s, tables, noise, watch, out))
    np_, h, ib, work, f = system.n_psi, solver.h, solver.ib, state.work, solver
    c1, c2, c3, c4, inverse = solver.c[0], solver.c[1], solver.c[2], solver.c[3], solver.dense
    mass, damping, i_c, offset = system.mass, system.damping, system.i_c, system.offset
    mo, do, (start, column, value) = system.mass_off, system.damping_off, system.source
    loops, drag = mo.column.size > 0, do.column.size > 0
    y, average, e0, e1 = state.y, state.average, state.point[0], state.point[1]
    mean, point = tables.average, tables.point
    v0, v1, v2 = state.velocity[0], state.velocity[1], state.velocity[2]
    a0, a1, a2 = state.acceleration[0], state.acceleration[1], state.acceleration[2]
    x, b, right, y_new, predicted, weight = s.x, s.b, s.right, s.solution, s.predicted, s.weight
    lines, relations, gap = system.extra.lines, system.extra.relations, system.extra.gap
    long, special = lines.column.size > 0, relations.i_c.size + gap.place.size > 0
    q, n, reason = s.q if noise.on else average, first, 0
    while n < last and reason == 0:
        if long:
            arrive(lines, h, mean[n - base], point[n - base])
        moved = driven(start, column, value, mean, point, n - base, state.level, average, e0, e1)
        if noise.on:
            kick(system.noise_single, system.noise, noise.key, n, solver.scale, average, q)
        _predict(np_, y, v0, a0, a1, q, h, predicted)
        _history(y, v0, v1, v2, q, s.lift, ib, c1, c2, c3, x)
        _force(a0, a1, a2, q, c1, c2, c3, c4, b)
        _right(mass, damping, v0, x, b, i_c, offset, predicted, ib, right)
        if special:
            bend(relations, predicted, point[n - base], right)
            leak(gap, right)
        if loops:
            _couple_mass(mo.start, mo.column, mo.value, v0, x, b, ib, s.rest, right)
        if drag:
            _couple(do.start, do.column, do.value, -1.0, x, right)
        if inverse.size:
            multiply(inverse, right, y_new)
        else:
            solve(f.order, f.start, f.row, f.value, f.inverse, right, y_new, s.work)
        _advance(np_, y_new, x, v0, b, ib, v2, a2)
        if not calm(y, y_new, watch.low, watch.high, watch.limit):
            reason = detect(watch, y[:np_], y_new[:np_], v0, v2, n, h)
        work[0] += _work(weight, average, y, y_new)
        if noise.on:
            work[1] += _noise_work(np_, h / 2, weight, q, average, v0, v2, e0, e1)
        _heat(np_, v2, e1, state.heat)
        if moved:
            work[0] -= h / 12 * ramp_work(np_, weight, e0, e1, v0, v2)
        if loops or drag:
            _account_off(np_, mo, do, system.damping_rho, average, y, y_new, v2, e1, s, x, work)
        v0, v1, v2, a0, a1, a2 = v2, v0, v1, a2, a0, a1
        copy(y_new, y)
        if long:
            depart(lines, h, mean[n - base], point[n - base], y)
        if special and reason == 0:
            reason = switched(gap, system, inverse, ib, h, y, v0, v1, v2, state.heat, work)
        record_row(out.column, out.value, n - base, y)
        n += 1
    _store(state.velocity, state.acceleration, v0, v1, v2, a0, a1, a2)
    return n, reason


@njit(cache=True)
def _store(velocity, acceleration, v0, v1, v2, a0, a1, a2):  # type: ignore[no-untyped-def]
    """Put rotated rows back in order."""
    new = np.empty_like(velocity)
    copy(v0, new[0])
    copy(v1, new[1])
    copy(v2, new[2])
    copy_rows(new, velocity)
    other = np.empty_like(acceleration)
    copy(a0, other[0])
    copy(a1, other[1])
    copy(a2, other[2])
    copy_rows(other, acceleration)
