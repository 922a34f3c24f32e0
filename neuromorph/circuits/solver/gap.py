"""The quasiparticle branch of rtype 1: three regions of voltage, each with its conductance.

    |V| < V_g - dV/2:   I = V/R_0
    |V| < V_g + dV/2:   I = g V + sign(V) (V_g - dV/2) (1/R_0 - g),   g = I_c/(icfct dV)
    above:              I = V/R_n

Source: JoSIM 2.7, src/JJ.cpp (MIT licence). The current jumps at V_g + dV/2 as it does there. A
run starts below the gap, where the matrix is constant and nothing is looked at but the largest
move of a phase. Once a junction comes near the gap, its region is chosen before each step from
the voltage that the last two predict, and the matrix is built again when a region changes. A dense
inverse is corrected instead, by the formula of Sherman and Morrison for one changed entry.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.element import PHASE_UNIT, Junction

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Gap(NamedTuple):
    """Coordinates of the junctions that are followed, their bounds [rad/ps] and regions.

    ``current`` is the constant part of the branch [mA], sign apart; ``conductance`` holds s/R of
    the three regions, ``begin`` the phase at which the region began, ``noise`` 2kT/M^2 per s/R.
    ``room`` is where a column of the inverse stands while it is corrected, empty where regions
    are changed outside of the kernel.
    """

    place: Index
    low: Array
    high: Array
    region: Index
    current: Array
    conductance: Array
    begin: Array
    noise: Array
    room: Array


_WHOLE = np.zeros(0, dtype=np.int64)
_REAL = np.zeros(0)


def no_gap() -> Gap:
    """Return the gap of a circuit in which none is followed."""
    return Gap(_WHOLE, _REAL, _REAL, _WHOLE, _REAL, np.zeros((0, 3)), _REAL, _REAL, _REAL)


def gap(junctions: list[tuple[Junction, int]]) -> Gap:
    """Return the bounds of junctions, each with its coordinate, all below the gap."""
    low, high, offset = [], [], []
    for junction, _ in junctions:
        model = junction.model
        low.append((model.vg - model.delv / 2) * 1e3 / PHASE_UNIT)
        high.append((model.vg + model.delv / 2) * 1e3 / PHASE_UNIT)
        offset.append((model.vg - model.delv / 2) * 1e3
                      * (1 / junction.r_0 - conductance(junction, 1)))
    n = len(junctions)
    return Gap(np.array([i for _, i in junctions], dtype=np.int64), np.array(low), np.array(high),
               np.zeros(n, dtype=np.int64), np.array(offset),
               PHASE_UNIT * np.array([[conductance(j, r) for r in range(3)] for j, _ in junctions]),
               np.zeros(n), np.zeros(n), _REAL)


def conductance(junction: Junction, region: int) -> float:
    """Return the conductance of a junction in a region, 0 below, 1 at and 2 above the gap [S]."""
    if region == 0:
        return 1 / junction.r_0
    if region == 1:
        return junction.i_c / (junction.model.icfct * junction.model.delv)
    return 1 / junction.r_n


def quasiparticle_current(junction: Junction, voltage: Array) -> Array:
    """Return the current of the branch at voltages [mV], in mA."""
    model = junction.model
    below: Array = voltage / junction.r_0
    if model.rtype == 0:
        return below
    size = np.abs(voltage)
    low, high = (model.vg - model.delv / 2) * 1e3, (model.vg + model.delv / 2) * 1e3
    slope = conductance(junction, 1)
    at = slope * voltage + np.sign(voltage) * low * (1 / junction.r_0 - slope)
    return np.where(size < low, below, np.where(size < high, at, voltage / junction.r_n))


@njit(cache=True)
def region_of(gap, k, velocity):  # type: ignore[no-untyped-def]
    """Return the region of junction k at a phase velocity."""
    size = abs(velocity)
    if size < gap.low[k]:
        return 0
    return 1 if size < gap.high[k] else 2


@njit(cache=True)
def changed_region(gap, v0, v1, v2):  # type: ignore[no-untyped-def]
    """Return whether the voltage predicted for the next step lies in another region."""
    for k in range(gap.place.size):
        i = gap.place[k]
        ahead = 2.5 * v0[i] - 2.0 * v1[i] + 0.5 * v2[i]
        region = region_of(gap, k, ahead)
        sign = 1 if ahead > 0 else -1
        if region != abs(gap.region[k]) or (region == 1 and sign != gap.region[k]):
            return True
    return False


@njit(cache=True)
def leak(gap, right):  # type: ignore[no-untyped-def]
    """Take the constant part of the branches at the gap off the right-hand side."""
    for k in range(gap.place.size):
        if abs(gap.region[k]) == 1:
            right[gap.place[k]] -= gap.region[k] * gap.current[k]


@njit(cache=True)
def switched(gap, system, inverse, ib, h, y, v0, v1, v2, heat, work):  # type: ignore[no-untyped-def]
    """Change regions where the velocities say so; return 3 where it has to be done outside."""
    if not changed_region(gap, v0, v1, v2):
        return 0
    if not gap.room.size:
        return 3
    _switch(gap, system.damping, system.noise_single, inverse, ib, h, y, v0, v1, v2, heat, work)
    return 0


@njit(cache=True)
def _switch(gap, damping, noise_single, inverse, ib, h, y, v0, v1, v2, heat, work):  # type: ignore[no-untyped-def]
    """Bring damping, noise and inverse to the new regions; account the heat so far.

    ``work[2]`` takes the heat over h. With B = A + d e_i e_i^T the inverse of B is
    A^-1 - d/(1 + d A^-1_ii) c c^T, c the column i of A^-1.
    """
    for k in range(gap.place.size):
        i, old = gap.place[k], gap.region[k]
        ahead = 2.5 * v0[i] - 2.0 * v1[i] + 0.5 * v2[i]
        region = region_of(gap, k, ahead)
        new = -1 if region == 1 and ahead < 0 else region
        if new == old:
            continue
        if abs(old) == 1:
            work[2] += old * gap.current[k] * (y[i] - gap.begin[k]) / h
        gap.begin[k], gap.region[k] = y[i], new
        more = gap.conductance[k, region] - gap.conductance[k, abs(old)]
        if more == 0.0:
            continue
        half = 0.5 * v0[i] * v0[i]
        work[2] += (heat[i] - half) * damping[i]
        heat[i] = half
        damping[i] += more
        noise_single[i] = np.sqrt(max(0.0, noise_single[i] ** 2 + gap.noise[k] * more))
        delta = more * ib[i]
        factor = delta / (1.0 + delta * inverse[i, i])
        for a in range(gap.room.size):
            gap.room[a] = inverse[a, i]
        for a in range(gap.room.size):
            for b in range(gap.room.size):
                inverse[a, b] -= factor * gap.room[a] * gap.room[b]
