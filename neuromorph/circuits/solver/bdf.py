"""BDF2 with JoSIM's predicted sine: its errors digit for digit, for comparison.

    v* = 5/2 v_n - 2 v_{n-1} + 1/2 v_{n-2},   psi* = 4/3 psi_n - 1/3 psi_{n-1} + 2h/3 v*,
    v_{n+1} = 3/(2h) y_{n+1} + x,             x = (-2 y_n + y_{n-1}/2)/h,
    psi''_{n+1} = 9/(4h^2) psi_{n+1} + z,     z = 3/(2h) x + (-2 v_n + v_{n-1}/2)/h,
    (9/(4h^2) M + 3/(2h) D + K) y_{n+1} = J_{n+1} - M z - D x - I_c sin psi*.

Source: JoSIM 2.7, docs/comp_stamps.md and src/JJ.cpp (MIT licence), in our coordinates.
"""

from __future__ import annotations

from numba import njit

from neuromorph.circuits.solver.adams import _account_off, _couple, _heat, _right, _work
from neuromorph.circuits.solver.event import calm, detect
from neuromorph.circuits.solver.factor import solve
from neuromorph.circuits.solver.gap import changed_region, leak
from neuromorph.circuits.solver.inverse import multiply
from neuromorph.circuits.solver.line import arrive, depart
from neuromorph.circuits.solver.loan import lent
from neuromorph.circuits.solver.noise import kick
from neuromorph.circuits.solver.relation import bend
from neuromorph.circuits.solver.state import changed, drive, record_row


@njit(cache=True)
def _guess(np_, y, past, v0, v1, v2, h, out):  # type: ignore[no-untyped-def]
    for i in range(np_):
        v = 2.5 * v0[i] - 2.0 * v1[i] + 0.5 * v2[i]
        out[i] = (4.0 * y[i] - past[i]) / 3.0 + 2.0 * h / 3.0 * v


@njit(cache=True)
def _backward(np_, y, past, v0, v1, e, h, x, b):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        x[i] = (-2.0 * y[i] + 0.5 * past[i]) / h
    for i in range(np_):
        b[i] = e[i] - 1.5 / h * x[i] - (-2.0 * v0[i] + 0.5 * v1[i]) / h
    for i in range(x.size - np_):
        x[np_ + i] -= e[np_ + i]


@njit(cache=True)
def _finish(np_, y, x, e, h, new):  # type: ignore[no-untyped-def]
    for i in range(new.size):
        new[i] = 1.5 / h * y[i] + x[i]
    for i in range(new.size - np_):
        new[np_ + i] += e[np_ + i]


@njit(cache=True)
def _noise_work(np_, h, weight, q, e, v, rate):  # type: ignore[no-untyped-def]
    """Return the work of the noise over a step: what the formula itself multiplies, at its end.

    ``rate`` is minus the noise of resistor branches, whose heat is that of the branch current as
    in adams.py.
    """
    total = 0.0
    for i in range(weight.size):
        xi = weight[i] * (q[i] - e[i])
        if i < np_:
            total += xi * v[i]
        else:
            rate[i] = e[i] - q[i]
            total -= xi * (v[i] + rate[i])
    return h * total


@njit(cache=True)
def _damped(mass, off, magnetic, new, old, past, v, v0, v1, bend, turn):  # type: ignore[no-untyped-def]
    """Return the energy that the formula takes out of a step, whose noise work never arrives.

    With d2 the second difference over the last three points,
    (3 x_{n+1} - 4 x_n + x_{n-1}) x_{n+1}/2 is the change of (x_n^2 + (2 x_n - x_{n-1})^2)/4 plus
    (d2 x)^2/4. Kicks that are independent from step to step make it a quarter of what they do at
    the end of their step, whatever the step; where the motion is smooth it is of third order.

    Source: G. Dahlquist, BIT 18 (1978) 384.
    """
    total = 0.0
    for i in range(bend.size):
        bend[i] = v[i] - 2.0 * v0[i] + v1[i]
    for i in range(turn.size):
        turn[i] = new[i] - 2.0 * old[i] + past[i]
    for i in range(mass.size):
        total += mass[i] * bend[i] * bend[i]
        for p in range(off.start[i], off.start[i + 1]):
            total += bend[i] * off.value[p] * bend[off.column[p]]
    for i in range(turn.size):
        for p in range(magnetic.start[i], magnetic.start[i + 1]):
            total += turn[i] * magnetic.value[p] * turn[magnetic.column[p]]
    return 0.25 * total


@njit(cache=True)
def bdf_run(system, state, solver, magnetic, s, tables, noise, watch, out, span):  # type: ignore[no-untyped-def]
    """Advance as ``adams_run`` does, over ``span``: first and last step, first of the tables."""
    (system, state, solver, magnetic, s, tables, noise, watch, out), (first, last, base) = lent(
        ((system, state, solver, magnetic, s, tables, noise, watch, out), span))
    np_, h, work = system.n_psi, solver.h, state.work
    mass, damping, i_c, offset = system.mass, system.damping, system.i_c, system.offset
    mo, do, source = system.mass_off, system.damping_off, system.source
    loops, drag = mo.column.size > 0, do.column.size > 0
    y, e0, e1, past = state.y, state.point[0], state.point[1], state.past[0]
    v0, v1, v2 = state.velocity[0], state.velocity[1], state.velocity[2]
    x, b, right, y_new, predicted, weight = s.x, s.b, s.right, s.solution, s.predicted, s.weight
    inverse, low, high, heat, zero = solver.dense, watch.low, watch.high, state.heat, s.zero
    lines, relations, gap = system.extra.lines, system.extra.relations, system.extra.gap
    long, special = lines.column.size > 0, relations.i_c.size + gap.place.size > 0
    q, n, reason = s.q if noise.on else e0, first, 0
    while n < last and reason == 0:
        e1[:] = e0
        if long:
            arrive(lines, h, tables.average[n - base], tables.point[n - base])
        if changed(tables.point, n - base, state.level[1]):
            drive(source.start, source.column, source.value, tables.point, n - base,
                  state.level[1], e0)
        if noise.on:
            kick(system.noise_single, system.noise, noise.key, n, solver.scale, e0, q)
        _guess(np_, y, past, v0, v1, v2, h, predicted)
        _backward(np_, y, past, v0, v1, q, h, x, b)
        _right(mass, damping, v0, x, b, i_c, offset, predicted, zero, right)
        if special:
            bend(relations, predicted, tables.point[n - base], right)
            leak(gap, right)
        if loops:
            _couple(mo.start, mo.column, mo.value, 1.0, b, right)
        if drag:
            _couple(do.start, do.column, do.value, -1.0, x, right)
        if inverse.size:
            multiply(inverse, right, y_new)
        else:
            solve(solver.order, solver.start, solver.row, solver.value, solver.inverse, right,
                  y_new, s.work)
        _finish(np_, y_new, x, q, h, v2)
        if not calm(y, y_new, low, high, watch.limit):
            reason = detect(watch, y[:np_], y_new[:np_], v0, v2, n, h)
        for i in range(x.size):
            x[i] = 0.5 * (e0[i] + e1[i])
        work[0] += _work(weight, x, y, y_new)
        if noise.on:
            work[1] += _noise_work(np_, h, weight, q, e0, v2, s.rate)
            work[1] -= _damped(mass, mo, magnetic, y_new, y, past, v2, v0, v1, s.rest, s.work)
        _heat(np_, v2, s.rate, heat)
        if loops or drag:
            _account_off(np_, mo, do, system.damping_rho, x, y, y_new, v2, zero, s, s.q, work)
        past[:] = y[: past.size]
        y[:] = y_new[: y.size]
        v0, v1, v2 = v2, v0, v1
        if long:
            depart(lines, h, tables.average[n - base], tables.point[n - base], y)
        if special and reason == 0:
            reason = 3 if changed_region(gap, v0, v1, v2) else 0
        record_row(out.column, out.value, n - base, y)
        n += 1
    _reorder(state.velocity, v0, v1, v2)
    return n, reason


@njit(cache=True)
def _reorder(rows, r0, r1, r2):  # type: ignore[no-untyped-def]
    a, b, c = r0.copy(), r1.copy(), r2.copy()
    rows[0], rows[1], rows[2] = a, b, c
