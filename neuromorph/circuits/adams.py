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
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .event import detect
from .factor import solve
from .noise import kick
from .sine import sine
from .system import System

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BETA = (9 / 24, 19 / 24, -5 / 24, 1 / 24)
C1, C2, C3 = 19 / 9, -5 / 9, 1 / 9
INVERSE_BETA = 24 / 9


class AdamsState(NamedTuple):
    """What one step hands to the next; rows of ``velocity`` and ``acceleration`` rotate."""

    y: Array
    velocity: Array
    acceleration: Array
    average: Array
    point: Array
    level: Array
    heat: Array
    work: Array


class AdamsScratch(NamedTuple):
    """Room for one step, and the weights that turn lifted drives back into currents."""

    weight: Array
    zero: Array
    predicted: Array
    x: Array
    b: Array
    q: Array
    rest: Array
    right: Array
    solution: Array
    work: Array


class Solver(NamedTuple):
    """Step h, i = 1/(h beta_0), 1/sqrt(h), and the inverse (small) or the factor (large)."""

    h: float
    ib: float
    scale: float
    dense: Array
    order: Index
    start: Index
    row: Index
    value: Array
    inverse: Array


class Tables(NamedTuple):
    """Source levels of a block of steps: average over a step, and level at its end."""

    average: Array
    point: Array


class Record(NamedTuple):
    """Coordinates to write down, and where: one row per step."""

    column: Index
    value: Array


def adams_state(system: System) -> AdamsState:
    """Return the state of a circuit at rest."""
    n, nd, m = system.n, system.n_dynamic, system.source.start.size - 1
    return AdamsState(np.zeros(n), np.zeros((3, nd)), np.zeros((3, system.n_psi)), np.zeros(nd),
                      np.zeros((2, nd)), np.zeros((2, m)), np.zeros(nd), np.zeros(3))


def adams_scratch(system: System) -> AdamsScratch:
    """Return the room one step needs."""
    n, nd, np_ = system.n, system.n_dynamic, system.n_psi
    weight = np.concatenate((system.mass, system.damping[np_:]))
    return AdamsScratch(weight, np.zeros(nd), np.zeros(np_), np.zeros(nd), np.zeros(np_),
                        np.zeros(nd), np.zeros(nd), np.zeros(n), np.zeros(n), np.zeros(n))


@njit(cache=True)
def _predict(psi, v, a0, a1, q, h, out):  # type: ignore[no-untyped-def]
    h2 = h * h
    for i in range(psi.size):
        out[i] = psi[i] + h * v[i] + h2 * (a0[i] * (2 / 3) - a1[i] / 6 + 0.5 * q[i])


@njit(cache=True)
def _history(y, v0, v1, v2, ib, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = -ib * y[i] - C1 * v0[i] - C2 * v1[i] - C3 * v2[i]


@njit(cache=True)
def _force(a0, a1, a2, q, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = C1 * a0[i] + C2 * a1[i] + C3 * a2[i] + INVERSE_BETA * q[i]


@njit(cache=True)
def _right_psi(mass, damping, v, x, b, i_c, offset, predicted, ib, out):  # type: ignore[no-untyped-def]
    for i in range(mass.size):
        current = i_c[i] * sine(predicted[i] - offset[i])
        out[i] = mass[i] * (ib * (v[i] - x[i]) + b[i]) - damping[i] * x[i] - current


@njit(cache=True)
def _right_rho(damping, x, q, out):  # type: ignore[no-untyped-def]
    for i in range(damping.size):
        x[i] -= INVERSE_BETA * q[i]
        out[i] = -damping[i] * x[i]


@njit(cache=True)
def _couple(rows, factor, x, out):  # type: ignore[no-untyped-def]
    for i in range(rows.start.size - 1):
        for p in range(rows.start[i], rows.start[i + 1]):
            out[i] += factor * rows.value[p] * x[rows.column[p]]


@njit(cache=True, fastmath={"reassoc", "contract"})
def _multiply(matrix, b, out):  # type: ignore[no-untyped-def]
    n = b.size
    for i in range(0, n - 3, 4):
        s0 = s1 = s2 = s3 = 0.0
        r0, r1, r2, r3 = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
        for j in range(n):
            s0 += r0[j] * b[j]
            s1 += r1[j] * b[j]
            s2 += r2[j] * b[j]
            s3 += r3[j] * b[j]
        out[i], out[i + 1], out[i + 2], out[i + 3] = s0, s1, s2, s3
    for i in range(n - n % 4, n):
        s0 = 0.0
        for j in range(n):
            s0 += matrix[i, j] * b[j]
        out[i] = s0


@njit(cache=True)
def _advance(y, x, ib, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = y[i] * ib + x[i]


@njit(cache=True)
def _accelerate(new, old, b, ib, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = (new[i] - old[i]) * ib - b[i]


@njit(cache=True)
def _drive(source, table, n, level, out):  # type: ignore[no-untyped-def]
    """Bring ``out`` to the source levels of row n; True if anything changed."""
    changed = False
    for k in range(level.size):
        step = table[n, k] - level[k]
        if step != 0.0:
            changed = True
            level[k] = table[n, k]
            for p in range(source.start[k], source.start[k + 1]):
                out[source.column[p]] += source.value[p] * step
    return changed


@njit(cache=True)
def _work(weight, q, old, new):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(weight.size):
        total += weight[i] * q[i] * (new[i] - old[i])
    return total


@njit(cache=True)
def _heat(v, rate, heat):  # type: ignore[no-untyped-def]
    for i in range(heat.size):
        speed = v[i] + rate[i]
        heat[i] += speed * speed


@njit(cache=True)
def _ramp_work(weight, e0, e1, v0, v1, first):  # type: ignore[no-untyped-def]
    """Return what a drive that rises over the step adds to average drive times way."""
    total = 0.0
    for i in range(weight.size):
        move = v0[i] - v1[i]
        if i >= first:
            move += e0[i] - e1[i]
        total += weight[i] * (e1[i] - e0[i]) * move
    return total


@njit(cache=True)
def _account(system, state, s, h, q, e0, e1, v0, v1, changed, noisy):  # type: ignore[no-untyped-def]
    """Add this step's source work, noise work and heat (see energy.py)."""
    np_, nd = system.n_psi, system.n_dynamic
    old, new = state.y[:nd], s.solution[:nd]
    work = _work(s.weight, state.average, old, new)
    if noisy:
        state.work[1] += _work(s.weight, q, old, new) - work
    if system.mass_off.column.size or system.damping_off.column.size:
        s.rest[:] = 0.0
        _couple(system.mass_off, 1.0, state.average, s.rest)
        _couple(system.damping_rho, 1.0, state.average, s.rest)
        for i in range(nd):
            work += s.rest[i] * (new[i] - old[i])
    if changed:
        work -= h / 12 * _ramp_work(s.weight, e0, e1, v0, v1, np_)
    state.work[0] += work
    _heat(v1[:np_], s.zero[:np_], state.heat[:np_])
    _heat(v1[np_:], e1[np_:], state.heat[np_:])
    if system.damping_off.column.size:
        s.rest[:] = 0.0
        for i in range(nd):
            s.x[i] = v1[i] + (e1[i] if i >= np_ else 0.0)
        _couple(system.damping_off, 1.0, s.x, s.rest)
        for i in range(nd):
            state.work[2] += s.x[i] * s.rest[i]


@njit(cache=True)
def _right(system, s, v0, q, ib):  # type: ignore[no-untyped-def]
    np_, nd = system.n_psi, system.n_dynamic
    _right_rho(system.damping[np_:], s.x[np_:], q[np_:], s.right[np_:nd])
    _right_psi(system.mass, system.damping[:np_], v0[:np_], s.x[:np_], s.b, system.i_c,
               system.offset, s.predicted, ib, s.right[:np_])
    if system.mass_off.column.size:
        for i in range(np_):
            s.rest[i] = ib * (v0[i] - s.x[i]) + s.b[i]
        _couple(system.mass_off, 1.0, s.rest, s.right)
    if system.damping_off.column.size:
        _couple(system.damping_off, -1.0, s.x, s.right)


@njit(cache=True)
def _solve(solver, s):  # type: ignore[no-untyped-def]
    if solver.dense.size:
        _multiply(solver.dense, s.right, s.solution)
    else:
        solve(solver.order, solver.start, solver.row, solver.value, solver.inverse, s.right,
              s.solution, s.work)


@njit(cache=True)
def adams_run(system, state, solver, s, tables, noise, watch, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance from step ``first`` to ``last``; return the step reached and why it stopped.

    0: done; 1: the event buffer is full; 2: a phase moved further than ``watch.limit``.
    Row k of the tables and of ``out`` belongs to step ``base + k``.
    """
    np_, nd = system.n_psi, system.n_dynamic
    h, ib = solver.h, solver.ib
    y = state.y
    for n in range(first, last):
        v0, v1, v2 = (state.velocity[n % 3], state.velocity[(n + 2) % 3],
                      state.velocity[(n + 1) % 3])
        a0, a1, a2 = (state.acceleration[n % 3], state.acceleration[(n + 2) % 3],
                      state.acceleration[(n + 1) % 3])
        e0, e1 = state.point[n % 2], state.point[(n + 1) % 2]
        e1[:] = e0
        changed = _drive(system.source, tables.average, n - base, state.level[0], state.average)
        changed |= _drive(system.source, tables.point, n - base, state.level[1], e1)
        q = state.average
        if noise.on:
            kick(system.noise_single, system.noise, noise.key, n, solver.scale, state.average, s.q)
            q = s.q
        _predict(y[:np_], v0[:np_], a0, a1, q[:np_], h, s.predicted)
        _history(y[:nd], v0, v1, v2, ib, s.x)
        _force(a0, a1, a2, q[:np_], s.b)
        _right(system, s, v0, q, ib)
        _solve(solver, s)
        _advance(s.solution[:nd], s.x, ib, v2)
        _accelerate(v2[:np_], v0[:np_], s.b, ib, a2)
        reason = detect(watch, y[:np_], s.solution[:np_], v0[:np_], v2[:np_], n, h)
        _account(system, state, s, h, q, e0, e1, v0, v2, changed, noise.on)
        y[:] = s.solution
        for k in range(out.column.size):
            out.value[n - base, k] = y[out.column[k]]
        if reason:
            return n + 1, reason
    return last, 0
