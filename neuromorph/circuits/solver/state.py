"""The state all schemes share, and the drive of the sources on it, step by step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
                 np.zeros((2, nd)), np.zeros((2, m)), np.zeros(nd - np_), np.zeros((2, nd)),
                 np.zeros((6, nd)), np.zeros(nd), np.zeros(nd), np.zeros(3))


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
