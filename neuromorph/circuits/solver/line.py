"""Lossless transmission lines as delayed waves.

With v_p and i_p at port p of a line of impedance Z and delay T (d'Alembert; F. H. Branin,
Proc. IEEE 55 (1967) 2012), and the flux E_p of the wave that arrives,

    v_1 = Z i_1 + e_1(t),   e_1(t) = 2 v_2(t - T) - e_2(t - T)          (and 1, 2 swapped).

A port is a resistor Z and a current source e/Z. Fluxes (integrals of e) are kept in place of
voltages, so that the average of e over a step, which the fourth-order scheme asks for, is a
difference of two of them. A delay that is no whole number of steps is interpolated by a cubic.
The arriving waves are columns of the source table which the kernel fills itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.element import PHASE_UNIT, Line
from neuromorph.circuits.solver.reduction import CircuitError, Reduced

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Lines(NamedTuple):
    """Ports 2k and 2k + 1 of line k.

    ``start``, ``place``, ``weight`` give the phase of a port by coordinates; ``wave_start``,
    ``wave_place``, ``wave_weight`` the part of it that sources fix; ``column`` the column of the
    wave that arrives there; ``delay`` whole steps and ``part`` the rest. ``sent`` is a ring of the
    fluxes 2 P - E that left, one row per port; ``flux`` holds E now and one step ago, the phase of
    the port and its value at the start; ``energy`` work and heat of the ports.
    """

    start: Index
    place: Index
    weight: Array
    wave_start: Index
    wave_place: Index
    wave_weight: Array
    column: Index
    delay: Index
    part: Array
    impedance: Array
    sent: Array
    flux: Array
    now: Index
    energy: Array


_NONE, _FLAT = np.zeros(0, dtype=np.int64), np.zeros(0)
_EMPTY = Lines(_NONE, _NONE, _FLAT, _NONE, _NONE, _FLAT, _NONE, _NONE, _FLAT, _FLAT,
               np.zeros((0, 0)), np.zeros((4, 0)), np.zeros(1, dtype=np.int64), np.zeros(2))


def lines(reduced: Reduced, h: float) -> Lines:
    """Return the lines of a circuit for a step of ``h`` [ps].

    Raises
    ------
    CircuitError
        A delay shorter than a step.
    """
    if not reduced.ports:
        return _EMPTY
    found = [e for e in reduced.circuit.elements if isinstance(e, Line)]
    rows, waves, delays = [], [], []
    for element in found:
        delay = element.delay * 1e12 / h
        if delay < 1 - 1e-9:
            raise CircuitError(f"{element.name}: its delay {element.delay * 1e12:g} ps is shorter "
                               f"than the step {h:g} ps; the step must be at most the delay")
        for row, offset in reduced.ports[element.name]:
            rows.append(row)
            waves.append({reduced.sources.fixed[k]: u for k, u in offset.items()})
            delays.append(delay)
    whole = np.floor(np.array(delays) + 1e-9).astype(np.int64)
    part: Array = np.array(delays, dtype=np.float64) - whole
    part[np.abs(part) < 1e-9] = 0.0
    start, place, weight = _compressed(rows)
    wave_start, wave_place, wave_weight = _compressed(waves)
    n = len(rows)
    size = int(whole.max(initial=0)) + 8
    return Lines(start, place, weight, wave_start, wave_place, wave_weight,
                 np.array([reduced.sources.arriving[e.name, k] for e in found for k in (0, 1)],
                          dtype=np.int64),
                 whole, part, np.array([e.impedance for e in found for _ in (0, 1)]),
                 np.zeros((n, size)), np.zeros((4, n)), np.zeros(1, dtype=np.int64), np.zeros(2))


def _compressed(rows: list[dict[int, float]]) -> tuple[Index, Index, Array]:
    start = np.concatenate(([0], np.cumsum([len(r) for r in rows]))).astype(np.int64)
    return (start, np.array([i for r in rows for i in r], dtype=np.int64),
            np.array([x for r in rows for x in r.values()], dtype=np.float64))


@njit(cache=True)
def _arrived(lines, p, now):  # type: ignore[no-untyped-def]
    """Return the flux that has arrived at port p one step after ``now``."""
    ring = lines.sent[p ^ 1]
    size = ring.size
    last = now + 1 - lines.delay[p]
    if lines.part[p] == 0.0:
        return ring[last % size] if last >= 0 else 0.0
    first = last - 1
    if first < -2:
        return 0.0
    u = 1.0 - lines.part[p]
    if lines.delay[p] >= 2:
        w0 = -u * (u - 1) * (u - 2) / 6
        w1 = (u + 1) * (u - 1) * (u - 2) / 2
        w2 = -(u + 1) * u * (u - 2) / 2
        w3 = (u + 1) * u * (u - 1) / 6
        m = first - 1
    else:
        w0 = -(u + 1) * u * (u - 1) / 6
        w1 = (u + 2) * u * (u - 1) / 2
        w2 = -(u + 2) * (u + 1) * (u - 1) / 2
        w3 = (u + 2) * (u + 1) * u / 6
        m = first - 2
    total = 0.0
    total += w0 * ring[m % size] if m >= 0 else 0.0
    total += w1 * ring[(m + 1) % size] if m + 1 >= 0 else 0.0
    total += w2 * ring[(m + 2) % size] if m + 2 >= 0 else 0.0
    total += w3 * ring[(m + 3) % size] if m + 3 >= 0 else 0.0
    return total


@njit(cache=True)
def arrive(lines, h, average, point):  # type: ignore[no-untyped-def]
    """Fill the waves' columns of one row of the source tables [mA]."""
    now = lines.now[0]
    for p in range(lines.column.size):
        new = _arrived(lines, p, now)
        old, older = lines.flux[0, p], lines.flux[1, p]
        scale = PHASE_UNIT / (h * lines.impedance[p])
        average[lines.column[p]] = scale * (new - old)
        point[lines.column[p]] = scale * (1.5 * new - 2.0 * old + 0.5 * older)
        lines.flux[1, p] = old
        lines.flux[0, p] = new


@njit(cache=True)
def depart(lines, h, average, point, y):  # type: ignore[no-untyped-def]
    """Take in the phases of the ports at the end of a step."""
    now = lines.now[0] + 1
    size = lines.sent.shape[1]
    for p in range(lines.column.size):
        phase = -lines.flux[3, p]
        for k in range(lines.start[p], lines.start[p + 1]):
            phase += lines.weight[k] * y[lines.place[k]]
        for k in range(lines.wave_start[p], lines.wave_start[p + 1]):
            phase += lines.wave_weight[k] * point[lines.wave_place[k]]
        move = phase - lines.flux[2, p]
        lines.energy[0] += average[lines.column[p]] * move
        lines.energy[1] += PHASE_UNIT * move * move / (h * lines.impedance[p])
        lines.flux[2, p] = phase
        lines.sent[p, now % size] = 2.0 * phase - lines.flux[0, p]
    lines.now[0] = now
