"""The equations of many variants at once: the same normal tree, one value per lane.

The tree, and with it which entry is zero, belongs to the circuit; the entries are arrays over
lanes. Inductive nodes of at most two neighbours are eliminated (reduction.py); the rest of them
and the resistor branches are ordered by minimum degree once, and L D L^T of

    (2 Gamma/h + K_rr, K_rk; K_kr, K_kk)

is worked out entry by entry, each an operation on all lanes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import (
    PHASE_UNIT,
    Capacitor,
    Inductor,
    Junction,
    Mutual,
    Resistor,
)
from neuromorph.circuits.solver.batch_values import BatchError, Variants
from neuromorph.circuits.solver.factor import minimum_degree
from neuromorph.circuits.solver.reduction import CircuitError, Reduced
from neuromorph.circuits.solver.tree import Row
from neuromorph.units import BOLTZMANN

Array = NDArray[np.float64]
Index = NDArray[np.int64]
#: A row of a matrix: column to values over lanes.
Line = dict[int, Array]


class Pattern(NamedTuple):
    """A sparse matrix by rows: start, column, and values of shape (entry, lane)."""

    start: Index
    column: Index
    value: Array


class BatchSystem(NamedTuple):
    """What the kernel needs; rows are psi, then rho and kappa in the order of elimination.

    ``coupling`` is K of the psi rows and ``to_psi`` that of the others, ``lower`` L by rows and
    ``upper`` L by columns. ``branch`` is the coordinate of a row past psi, the number of its
    noise, and ``rho`` tells whether it has a history. ``source`` is J in mA per level.
    """

    n_psi: int
    h: float
    keep: Array
    push: Array
    i_c: Array
    offset: Array
    coupling: Pattern
    to_psi: Pattern
    lower: Pattern
    upper: Pattern
    inverse: Array
    turn: Array
    branch: Index
    rho: Index
    source: Pattern
    noise: Array


def batch_system(reduced: Reduced, given: Variants, h: float,
                 kept: set[int]) -> tuple[BatchSystem, list[int]]:
    """Return the arrays and the coordinate of every row; kappa in ``kept`` are not eliminated.

    Raises
    ------
    BatchError
        An element that only single runs take.
    """
    plan, n = reduced.tree, given.n
    mass, damping, power, i_c, offset = _diagonals(reduced, given)
    stiffness = _stiffness(reduced, given)
    source = _sources(reduced, given)
    np_, nd = plan.n_psi, plan.n_psi + plan.n_rho
    _eliminate(stiffness, source, set(range(nd, plan.n)) - kept)
    rest = [i for i in range(np_, plan.n) if stiffness[i] or i < nd]
    matrix = {i: {j: x for j, x in stiffness[i].items() if j >= np_} for i in rest}
    for i in range(np_, nd):
        matrix[i][i] = matrix[i].get(i, np.zeros(n)) + 2 / h * damping[i]
    place = {i: k for k, i in enumerate(rest)}
    order = [rest[k] for k in minimum_degree([{place[j] for j in matrix[i]} for i in rest])]
    rows = [*range(np_), *order]
    position = {i: k for k, i in enumerate(rows)}
    lower, inverse = _factorised(matrix, order, n)
    upper: list[Line] = [{} for _ in order]
    for k, line in enumerate(lower):
        for j, x in line.items():
            upper[j][k + np_] = x
    drag = h / 2 * damping[:np_]
    held = [{position[j]: x for j, x in stiffness[i].items()} for i in rows]
    noise = np.array([np.sqrt(power[i] / h) if i < nd else np.zeros(n) for i in rows])
    turn = np.array([4 / h * damping[i] if i < nd else np.zeros(n) for i in order])
    return BatchSystem(
        np_, h, (mass - drag) / (mass + drag), h / (mass + drag), i_c, offset,
        _pattern(held[:np_], n),
        _pattern([{j: x for j, x in line.items() if j < np_} for line in held[np_:]], n),
        _pattern(lower, n),
        _pattern(upper, n), inverse, turn.reshape(len(order), n),
        np.array(order, dtype=np.int64), np.array([i < nd for i in order], dtype=np.int64),
        _pattern([source[i] for i in rows], n), noise), rows


def _pattern(rows: list[Line], n: int) -> Pattern:
    start = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    index = np.array([j for row in rows for j in row], dtype=np.int64)
    value = np.array([np.broadcast_to(x, (n,)) for row in rows for x in row.values()])
    return Pattern(start, index, value.reshape(index.size, n))


def _only(row: Row, name: str) -> int:
    if len(row) > 1:
        raise BatchError(f"{name}: it closes a loop of junctions, capacitors and resistors "
                         "without inductance; simulate such variants one by one")
    return next(iter(row), -1)


def _diagonals(reduced: Reduced, given: Variants) -> tuple[Array, Array, Array, Array, Array]:
    """Return M, D, noise power 2kT/R, I_c and phi of the psi and rho coordinates."""
    plan, n = reduced.tree, given.n
    nd = plan.n_psi + plan.n_rho
    mass, damping, power = (np.zeros((nd, n)) for _ in range(3))
    i_c, offset = np.zeros((nd, n)), np.zeros(plan.n_psi)
    for element in reduced.circuit.elements:
        if isinstance(element, Mutual) or not isinstance(element, Junction | Resistor | Capacitor):
            continue
        k, factor = _only(reduced.branches[element.name], element.name), given.of(element.name)
        if k < 0:
            continue
        if isinstance(element, Capacitor):
            mass[k] += PHASE_UNIT * element.value * 1e12 * factor
            continue
        if isinstance(element, Junction):
            _plain(element, reduced, k, bool(np.any(i_c[k])))
            mass[k] += PHASE_UNIT * element.c_j * 1e12 * factor
            i_c[k] += element.i_c * 1e3 * factor
            offset[k] = element.model.phi
            conductance = factor / element.r_0
        else:
            conductance = 1.0 / (element.value * factor)
        damping[k] += PHASE_UNIT * conductance
        kelvin = given.kelvin(element.temperature)
        power[k] += 2 * BOLTZMANN * kelvin * conductance * 1e18  # A^2 s in mA^2 ps
    return mass[: plan.n_psi], damping, power, i_c[: plan.n_psi], offset


def _plain(junction: Junction, reduced: Reduced, k: int, taken: bool) -> None:
    sign = reduced.branches[junction.name][k]
    bent = junction.model.cpr != (1.0,) or junction.model.temperature_form
    if bent or sign != 1.0 or taken:
        raise BatchError(f"{junction.name}: harmonics, the temperature form or a loop of "
                         "junctions without inductance; simulate such variants one by one")


def _stiffness(reduced: Reduced, given: Variants) -> list[Line]:
    matrix: list[Line] = [{} for _ in range(reduced.tree.n)]
    for (a, b), value in _inverse(reduced, given).items():
        for i, x in reduced.branches[a].items():
            for j, y in reduced.branches[b].items():
                matrix[i][j] = matrix[i].get(j, 0.0) + x * y * PHASE_UNIT * value
    return matrix


def _inverse(reduced: Reduced, given: Variants) -> dict[tuple[str, str], Array]:
    """Return L^-1 [1/pH] by pairs of inductors; coupled ones are inverted together."""
    n = given.n
    value = {e.name: e.value * 1e12 * np.ones(n) * given.of(e.name)
             for e in reduced.circuit.elements if isinstance(e, Inductor)}
    inverse: dict[tuple[str, str], Array] = {}
    for name, others in reduced.inductance.items():
        if len(others) == 1:
            inverse[name, name] = 1.0 / value[name]
        elif (name, name) not in inverse:
            inverse.update(_coupled(list(others), value, reduced, given))
    return inverse


def _coupled(group: list[str], value: dict[str, Array], reduced: Reduced,
             given: Variants) -> dict[tuple[str, str], Array]:
    place = {name: k for k, name in enumerate(group)}
    matrix = np.zeros((given.n, len(group), len(group)))
    for name, k in place.items():
        matrix[:, k, k] = value[name]
    for element in reduced.circuit.elements:
        if isinstance(element, Mutual) and element.inductors[0] in place:
            a, b = element.inductors
            m = element.coupling * given.of(element.name) * np.sqrt(value[a] * value[b])
            matrix[:, place[a], place[b]] += m
            matrix[:, place[b], place[a]] += m
    if np.min(np.linalg.eigvalsh(matrix)) <= 0:
        raise CircuitError(f"couplings of {', '.join(group)}: in some variant their inductance "
                           "matrix is not positive, no real coils couple so strongly together")
    block: Array = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return {(a, b): block[:, place[a], place[b]] for a in group for b in group}


def _sources(reduced: Reduced, given: Variants) -> list[Line]:
    rows: list[Line] = [{} for _ in range(reduced.tree.n)]
    for name, (k, scale) in reduced.sources.place.items():
        for i, a in reduced.branches[name].items():
            rows[i][k] = rows[i].get(k, 0.0) - a * scale * given.of(name) * np.ones(given.n)
    return rows


def _eliminate(matrix: list[Line], source: list[Line], left: set[int]) -> None:
    """Remove coordinates of at most two neighbours from K and J, for good."""
    stack = sorted(left)
    while stack:
        i = stack.pop()
        if i not in left or len(matrix[i]) > 3:
            continue
        row = matrix[i]
        pivot = row.pop(i)
        for j, value in row.items():
            factor = value / pivot
            del matrix[j][i]
            for k, other in row.items():
                matrix[j][k] = matrix[j].get(k, 0.0) - factor * other
            for k, x in source[i].items():
                source[j][k] = source[j].get(k, 0.0) - factor * x
        left.discard(i)
        stack += [j for j in row if j in left]
        matrix[i], source[i] = {}, {}


def _factorised(matrix: dict[int, Line], order: list[int], n: int) -> tuple[list[Line], Array]:
    """Return L by rows, in places of the order, and 1/D."""
    place = {i: k for k, i in enumerate(order)}
    work: list[Line] = [{place[j]: x for j, x in matrix[i].items()} for i in order]
    lower: list[Line] = [{} for _ in order]
    inverse = np.empty((len(order), n))
    for k in range(len(order)):
        line = work[k]
        inverse[k] = 1.0 / line[k]
        after = {j: x for j, x in line.items() if j > k}
        for j, value in after.items():
            lower[j][k] = factor = value * inverse[k]
            for m, other in after.items():
                work[j][m] = work[j].get(m, 0.0) - factor * other
    return lower, inverse
