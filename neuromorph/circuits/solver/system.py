"""Arrays for the kernels: masses, dampings, couplings, sources and noise of a reduced circuit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import Junction, Mutual, Resistor
from neuromorph.circuits.solver.elimination import Matrix
from neuromorph.circuits.solver.gap import Gap, no_gap
from neuromorph.circuits.solver.line import Lines, lines
from neuromorph.circuits.solver.reduction import Reduced
from neuromorph.circuits.solver.relation import Relations, relations
from neuromorph.circuits.solver.tree import Row
from neuromorph.units import BOLTZMANN

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Compressed(NamedTuple):
    """A sparse matrix by rows (or by columns, where said): start, column, value."""

    start: Index
    column: Index
    value: Array


class Extra(NamedTuple):
    """What most circuits do not have: lines, special supercurrents, junctions at their gap."""

    lines: Lines
    relations: Relations
    gap: Gap


class System(NamedTuple):
    """What every scheme needs; coordinates are psi, rho, kappa in this order.

    ``source`` (by columns, one per waveform) and ``noise`` (one per noisy branch) hold the
    acceleration or velocity that one mA drives: M^-1 J for psi, Gamma^-1 J for rho.
    """

    n_psi: int
    n_dynamic: int
    n: int
    mass: Array
    damping: Array
    i_c: Array
    offset: Array
    mass_off: Compressed
    damping_off: Compressed
    damping_rho: Compressed
    source: Compressed
    noise: Compressed
    noise_single: Array
    extra: Extra


def compressed(rows: Sequence[Row] | Array) -> Compressed:
    """Return rows given as dicts, or a dense array, in compressed form."""
    if isinstance(rows, np.ndarray):
        n, m = rows.shape
        return Compressed(np.arange(n + 1) * m, np.tile(np.arange(m), n), rows.ravel())
    start = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    index = np.array([j for row in rows for j in row], dtype=np.int64)
    value = np.array([x for row in rows for x in row.values()], dtype=np.float64)
    return Compressed(start, index, value)


def transposed(rows: Sequence[Row], n: int) -> list[Row]:
    """Return the columns of a matrix given by rows."""
    columns: list[Row] = [{} for _ in range(n)]
    for i, row in enumerate(rows):
        for j, x in row.items():
            columns[j][i] = x
    return columns


def system(reduced: Reduced, temperature: float | None, h: float = 1e9) -> System:
    """Return the arrays of a reduced circuit, in its kept coordinates; lines need the step.

    Noise is per square root of ps: the kernels divide by sqrt(h).

    Raises
    ------
    CircuitError
        A transmission line shorter than the step.
    """
    plan = reduced.tree
    n_psi, n_dynamic = plan.n_psi, plan.n_psi + plan.n_rho
    i_c, offset, bent = supercurrents(reduced)
    mass = np.array([row.get(i, 0.0) for i, row in enumerate(reduced.mass[:n_psi])])
    damping = np.array([row.get(i, 0.0) for i, row in enumerate(reduced.damping[:n_dynamic])])
    off = [_off(row, i) for i, row in enumerate(reduced.mass[:n_psi])]
    drag = [_off(row, i) for i, row in enumerate(reduced.damping[:n_dynamic])]
    lift = _Lift(reduced, n_psi, n_dynamic)
    columns = transposed(reduced.sources.rows, len(reduced.sources.columns))
    single, several = _noise(reduced, temperature, lift)
    return System(n_psi, n_dynamic, len(reduced.kept), mass, damping, i_c, offset,
                  compressed(off), compressed(drag),
                  compressed([{j: x for j, x in row.items() if j >= n_psi} for row in drag]),
                  compressed([lift(c) for c in columns]),
                  compressed(several), single,
                  Extra(lines(reduced, h), relations(bent), no_gap()))


def _off(row: Row, i: int) -> Row:
    return {j: x for j, x in row.items() if j != i and x}


def supercurrents(reduced: Reduced) -> tuple[Array, Array, list[tuple[Junction, Row, Row]]]:
    """Return I_c and phi of the junctions that are coordinates, and the others by their rows."""
    i_c, offset = np.zeros(reduced.tree.n_psi), np.zeros(reduced.tree.n_psi)
    bent: list[tuple[Junction, Row, Row]] = []
    for junction in reduced.circuit.junctions:
        row, fixed = reduced.branches[junction.name], reduced.offsets.get(junction.name, {})
        model = junction.model
        i, sign = next(iter(row.items()), (0, 0.0))
        plain = len(row) == 1 and sign == 1.0 and not fixed and not model.temperature_form
        if plain and len(model.cpr) == 1 and (not i_c[i] or offset[i] == model.phi):
            i_c[i] += junction.i_c * 1e3 * model.cpr[0]
            offset[i] = model.phi
        elif row:
            wave = {reduced.sources.fixed[k]: u for k, u in fixed.items()}
            bent.append((junction, row, wave))
    return i_c, offset, bent


class _Lift:
    """Turn a column of currents J into accelerations and velocities, M^-1 J and Gamma^-1 J."""

    def __init__(self, reduced: Reduced, n_psi: int, n_dynamic: int) -> None:
        self.mass, self.damping = reduced.mass, reduced.damping
        self.n_psi, self.n_dynamic = n_psi, n_dynamic

    def __call__(self, column: Row) -> Row:
        rho = {i: x for i, x in column.items() if self.n_psi <= i < self.n_dynamic and x}
        psi = {i: x for i, x in column.items() if i < self.n_psi and x}
        velocity = _solved(self.damping, rho, self.n_psi, self.n_dynamic)
        for j, x in velocity.items():
            for i, d in self.damping[j].items():
                if i < self.n_psi:
                    psi[i] = psi.get(i, 0.0) - d * x
        return {**_solved(self.mass, psi, 0, self.n_psi), **velocity}


def _solved(matrix: Matrix, column: Row, low: int, high: int) -> Row:
    """Solve matrix x = column over the coordinates from low to high that hang together."""
    seen, stack = set(column), list(column)
    while stack:
        for j, x in matrix[stack.pop()].items():
            if x and low <= j < high and j not in seen:
                seen.add(j)
                stack.append(j)
    if len(seen) == len(column) and all(len(_off(matrix[i], i)) == 0 for i in seen):
        return {i: x / matrix[i][i] for i, x in column.items()}
    places = sorted(seen)
    block = np.array([[matrix[i].get(j, 0.0) for j in places] for i in places])
    solution = np.linalg.solve(block, np.array([column.get(i, 0.0) for i in places]))
    return dict(zip(places, solution.tolist(), strict=True))


def _noise(reduced: Reduced, temperature: float | None,
           lift: _Lift) -> tuple[Array, list[Row]]:
    """Return the thermal kicks sqrt(2kT/R): one per coordinate, and branches over several."""
    variance = np.zeros(reduced.tree.n_psi + reduced.tree.n_rho)
    several: list[Row] = []
    for element in reduced.circuit.elements:
        if isinstance(element, Mutual) or not isinstance(element, Junction | Resistor):
            continue
        row = reduced.branches[element.name]
        kelvin = element.temperature if temperature is None else temperature
        if kelvin is None:
            kelvin = reduced.circuit.temperature or 0.0
        if not kelvin or not row:
            continue
        ohm = element.r_0 if isinstance(element, Junction) else element.value
        power = 2 * BOLTZMANN * kelvin / ohm * 1e18  # A^2 s in mA^2 ps
        column = lift({i: x * np.sqrt(power) for i, x in row.items()})
        if len(column) == 1:
            i, x = next(iter(column.items()))
            variance[i] += x * x
        else:
            several.append(column)
    return np.sqrt(variance), several
