"""The second scheme: leapfrog for psi, the trapezoidal rule for resistor branches.

    v_{n+1/2} = ((M - h D/2) v_{n-1/2} + h F_n)/(M + h D/2),   psi_{n+1} = psi_n + h v_{n+1/2},
    F_n = J_psi(t_n) - (K y)_psi - I_c sin psi_n,
    (2 Gamma/h + K_rr) rho_{n+1} + K_rk kappa_{n+1} = J_rho(t_{n+1}) + p_n - K_rp psi_{n+1},
    K_kr rho_{n+1} + K_kk kappa_{n+1} = -K_kp psi_{n+1},   p_{n+1} = 4 Gamma/h rho_{n+1} - p_n.

Second order, half the cost of the default, no numerical damping up to h < 2/omega_max, and
right in the presence of noise whatever RC is (the kick enters p as well).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.event import calm, detect
from neuromorph.circuits.solver.factor import solve
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.noise import kick
from neuromorph.circuits.solver.panel import Panels
from neuromorph.circuits.solver.sine import sine
from neuromorph.circuits.solver.state import changed, drive
from neuromorph.circuits.solver.system import Compressed, System

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Place = NDArray[np.uint32]


class LeapSolver(NamedTuple):
    """Step, 1/sqrt(h), the psi rows of K, the other rows' coupling to psi, and their factor.

    Without noise a dense matrix or panels take the place of the factor; see leap_lane.py.
    """

    h: float
    scale: float
    rows: Compressed
    to_psi: Compressed
    order: Place
    start: Index
    row: Place
    value: Array
    inverse: Array
    dense: Array
    panels: Panels


class LeapScratch(NamedTuple):
    """Constant weights and room for one step."""

    keep: Array
    push: Array
    gamma: Array
    force: Array
    q: Array
    right: Array
    solution: Array
    work: Array
    before: Array
    begin: Array
    begin_velocity: Array
    end_velocity: Array


def leap_scratch(system: System, h: float) -> LeapScratch:
    """Return the weights (M - hD/2)/(M + hD/2) and h/(M + hD/2), and room for one step."""
    np_, nd, n = system.n_psi, system.n_dynamic, system.n
    drag = h / 2 * system.damping[:np_]
    return LeapScratch(
        (system.mass - drag) / (system.mass + drag), h / (system.mass + drag),
        np.ascontiguousarray(system.damping[np_:]), np.zeros(np_), np.zeros(nd),
        np.zeros(n - np_), np.zeros(n - np_), np.zeros(n - np_), np.zeros(np_), np.zeros(np_),
        np.zeros(np_), np.zeros(np_))


@njit(cache=True)
def rows_times(start, column, value, y, out):  # type: ignore[no-untyped-def]
    """Multiply rows in compressed form by y."""
    for i in range(start.size - 1):
        total = 0.0
        for p in range(start[i], start[i + 1]):
            total += value[p] * y[column[p]]
        out[i] = total


@njit(cache=True)
def _push(keep, push, mass, i_c, offset, y, v, q, force, out):  # type: ignore[no-untyped-def]
    for i in range(keep.size):
        f = mass[i] * q[i] - force[i] - i_c[i] * sine(y[i] - offset[i])
        out[i] = keep[i] * v[i] + push[i] * f


@njit(cache=True)
def _move(y, v, h, heat):  # type: ignore[no-untyped-def]
    for i in range(v.size):
        y[i] += h * v[i]
        heat[i] += v[i] * v[i]


@njit(cache=True)
def _drift_work(mass, e, v, v_new, h):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(mass.size):
        total += mass[i] * e[i] * (v[i] + v_new[i])
    return 0.5 * h * total


@njit(cache=True)
def _relax_right(n_psi, gamma, drive, history, right):  # type: ignore[no-untyped-def]
    for i in range(right.size):
        right[i] = -right[i]
    for i in range(history.size):
        right[i] += history[i] + gamma[i] * drive[n_psi + i]


@njit(cache=True)
def _relax(n_psi, h, gamma, new, y, e0, e1, history, heat):  # type: ignore[no-untyped-def]
    """Take over rho and kappa, bring the history on; return the work of the sources on rho."""
    work = 0.0
    for i in range(history.size):
        move = new[i] - y[n_psi + i]
        work += gamma[i] * 0.5 * (e0[n_psi + i] + e1[n_psi + i]) * move
        history[i] = 4.0 / h * gamma[i] * new[i] - history[i]
        heat[n_psi + i] += move * move / (h * h)
    for i in range(new.size):
        y[n_psi + i] = new[i]
    return work


@njit(cache=True)
def _shake(n_psi, gamma, q, e, history):  # type: ignore[no-untyped-def]
    for i in range(history.size):
        history[i] += 2.0 * gamma[i] * (q[n_psi + i] - e[n_psi + i])


@njit(cache=True)
def _noise_work(n_psi, h, gamma, new, y, e, q, heat):  # type: ignore[no-untyped-def]
    """Return the work of the noise in resistor branches, and take it out of their heat.

    As in adams.py the noise of a branch is a voltage: heat is that of the branch current.
    """
    work = 0.0
    for i in range(gamma.size):
        way = (new[i] - y[n_psi + i]) / h
        xi = q[n_psi + i] - e[n_psi + i]
        current = way - xi
        work -= h * gamma[i] * xi * current
        heat[n_psi + i] += current * current - way * way
    return work


@njit(cache=True)
def _events(y, v_old, v, v_new, h, s, watch, n):  # type: ignore[no-untyped-def]
    for i in range(v.size):
        s.begin[i] = y[i] - h * v[i]
        s.begin_velocity[i] = 0.5 * (v_old[i] + v[i])
        s.end_velocity[i] = 0.5 * (v[i] + v_new[i])
    return detect(watch, s.begin, y[: v.size], s.begin_velocity, s.end_velocity, n - 1, h)


@njit(cache=True)
def leapfrog_run(system, state, solver, s, tables, noise, watch, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance from step ``first`` to ``last``; see ``adams_run``.

    Events of the step from n - 1 to n are found when v_{n+1/2} is known.
    """
    system, state, solver, s, tables, noise, watch, out = lent(
        (system, state, solver, s, tables, noise, watch, out))
    np_, h, work, gamma = system.n_psi, solver.h, state.work, s.gamma
    mass, i_c, offset, keep, push = system.mass, system.i_c, system.offset, s.keep, s.push
    y, level, e0, e1 = state.y, state.level[1], state.point[0], state.point[1]
    v, v_old, v_new = state.velocity[0, :np_], state.velocity[1, :np_], state.velocity[2, :np_]
    source, rows, to_psi, history = system.source, solver.rows, solver.to_psi, state.history
    force, right, new, q, heat = s.force, s.right, s.solution, s.q, state.heat
    low, high, before, limit = watch.low, watch.high, s.before, watch.limit
    pull = q if noise.on else e0
    n, reason = first, 0
    while n < last and reason == 0:
        rows_times(rows.start, rows.column, rows.value, y, force)
        if noise.on:
            kick(system.noise_single, system.noise, noise.key, n, solver.scale, e0, q)
            _shake(np_, gamma, q, e0, history)
        _push(keep, push, mass, i_c, offset, y, v, pull, force, v_new)
        if not calm(before, y, low, high, limit):
            reason = _events(y, v_old, v, v_new, h, s, watch, n)
        driven = _drift_work(mass, e0, v, v_new, h)
        work[0] += driven
        if noise.on:
            work[1] += _drift_work(mass, q, v, v_new, h) - driven
        before[:] = y[:np_]
        _move(y, v_new, h, heat)
        e1[:] = e0
        if changed(tables.point, n - base, level):
            drive(source.start, source.column, source.value, tables.point, n - base, level, e0)
        if new.size:
            rows_times(to_psi.start, to_psi.column, to_psi.value, y, right)
            _relax_right(np_, gamma, e0, history, right)
            solve(solver.order, solver.start, solver.row, solver.value, solver.inverse, right,
                  new, s.work)
            if noise.on:
                work[1] += _noise_work(np_, h, gamma, new, y, e1, q, heat)
            work[0] += _relax(np_, h, gamma, new, y, e0, e1, history, heat)
        v_old, v, v_new = v, v_new, v_old
        for k in range(out.column.size):
            out.value[n - base, k] = y[out.column[k]]
        n += 1
    newest = np.empty_like(state.velocity)
    newest[0, :np_], newest[1, :np_], newest[2, :np_] = v, v_old, v_new
    state.velocity[:, :np_] = newest[:, :np_]
    return n, reason
