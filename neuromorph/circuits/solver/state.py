"""The state all schemes share, and the drive of the sources on it, step by step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.array_copy import copy
from neuromorph.circuits.solver.system import System

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class State(NamedTuple):
    """What one step hands to the next.

    Rows of ``velocity`` and ``acceleration`` are newest first; ``average`` and ``point`` are the
    lifted drives (see system.py) and ``level`` the source levels they stand at; ``history`` is
    the leapfrog's, ``past`` the last phases of BDF2, ``force`` the ring of cowell.py and ``lean``
    the double integrals (psi) and the slopes (rho) of its drives; ``heat`` sums squared
    velocities, ``work`` source work, noise work and heat off the diagonal.
    """

    y: Array
    velocity: Array
    acceleration: Array
    average: Array
    point: Array
    level: Array
    history: Array
    past: Array
    force: Array
    lean: Array
    heat: Array
    work: Array


class Tables(NamedTuple):
    """Source levels of a block of steps: average over a step, and level at its end."""

    average: Array
    point: Array


class Record(NamedTuple):
    """Coordinates to write down, and where: one row per step."""

    column: Index
    value: Array


def rest(system: System) -> State:
    """Return the state of a circuit at rest."""
    n, nd, np_ = system.n, system.n_dynamic, system.n_psi
    m = system.source.start.size - 1
    return State(np.zeros(n), np.zeros((3, nd)), np.zeros((3, np_)), np.zeros(nd),
                 np.zeros((2, nd)), np.zeros((2, m)), np.zeros(nd - np_), np.zeros((2, n)),
                 np.zeros((6, nd)), np.zeros(nd), np.zeros(nd), np.zeros(3))


class Scratch(NamedTuple):
    """Room for one step, and the weights that turn lifted drives back into currents."""

    weight: Array
    lift: Array
    predicted: Array
    x: Array
    b: Array
    q: Array
    rest: Array
    rate: Array
    zero: Array
    right: Array
    solution: Array
    work: Array


def scratch(system: System, inverse_beta: Array) -> Scratch:
    """Return the room one step needs; ``lift`` is 1/beta_0 of rho rows and 0 for psi."""
    n, nd, np_ = system.n, system.n_dynamic, system.n_psi
    weight = np.concatenate((system.mass, system.damping[np_:]))
    lift = np.concatenate((np.zeros(np_), inverse_beta[np_:]))
    padded = -(-n // 8) * 8
    return Scratch(weight, lift, np.zeros(np_), np.zeros(nd), np.zeros(np_), np.zeros(nd),
                   np.zeros(nd), np.zeros(nd), np.zeros(nd), np.zeros(padded), np.zeros(padded),
                   np.zeros(n))


@njit(cache=True)
def changed(table, n, level):  # type: ignore[no-untyped-def]
    """Return whether row n of a table of source levels differs from the levels now."""
    for k in range(level.size):  # noqa: SIM110 - numba compiles no any() of a generator
        if table[n, k] != level[k]:
            return True
    return False


@njit(cache=True)
def drive(start, column, value, table, n, level, out):  # type: ignore[no-untyped-def]
    """Bring the levels and the lifted drive ``out`` to row n of a table."""
    for k in range(level.size):
        step = table[n, k] - level[k]
        if step != 0.0:
            level[k] = table[n, k]
            for p in range(start[k], start[k + 1]):
                out[column[p]] += value[p] * step


@njit(cache=True)
def driven(start, column, value, average, point, row, level, lifted, e0, e1):  # type: ignore[no-untyped-def]
    """Bring the lifted drives to a row of the tables; say whether they changed."""
    moved = changed(average, row, level[0])
    moved |= changed(point, row, level[1])
    if moved:
        copy(e0, e1)
        drive(start, column, value, average, row, level[0], lifted)
        drive(start, column, value, point, row, level[1], e1)
    return moved


@njit(cache=True)
def record_row(column, value, row, y):  # type: ignore[no-untyped-def]
    """Write the coordinates asked for into a row."""
    for k in range(column.size):
        value[row, k] = y[column[k]]


@njit(cache=True)
def moves(average, point):  # type: ignore[no-untyped-def]
    """Return for each row of the tables whether a source differs from the row before."""
    flags = np.ones(average.shape[0], dtype=np.bool_)
    for n in range(1, flags.size):
        same = True
        for k in range(average.shape[1]):
            same &= (average[n, k] == average[n - 1, k]) & (point[n, k] == point[n - 1, k])
        flags[n] = not same
    return flags


@njit(cache=True)
def ramp_work(np_, weight, e0, e1, v0, v1):  # type: ignore[no-untyped-def]
    """Return what a rising drive adds to average drive times way; bring e0 up to e1."""
    total = 0.0
    for i in range(weight.size):
        move = v0[i] - v1[i]
        if i >= np_:
            move += e0[i] - e1[i]
        total += weight[i] * (e1[i] - e0[i]) * move
    copy(e1, e0)
    return total
