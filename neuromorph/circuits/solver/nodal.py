"""BDF2 with a predicted sine over the unknowns of :mod:`nodal_reduction`.

    w_{n+1} = 3/(2h) z_{n+1} + x,          x = (-2 z_n + z_{n-1}/2)/h,
    z''_{n+1} = 9/(4h^2) z_{n+1} + b,      b = 3/(2h) x + (-2 w_n + w_{n-1}/2)/h,
    (9/(4h^2) M + 3/(2h) D + K) z_{n+1} = J_{n+1} - M b - D x - sum_j a_j I_j(phi*_j),

phi* as in bdf.py. One constant sparse LU (SuperLU, X. S. Li, ACM TOMS 31 (2005) 302) serves all
steps. Second order: the same formula as JoSIM's.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import Junction, Mutual, Resistor
from neuromorph.circuits.solver.event import Watch, calm, detect
from neuromorph.circuits.solver.gap import no_gap
from neuromorph.circuits.solver.line import arrive, depart, lines
from neuromorph.circuits.solver.nodal_reduction import Assembly, assemble
from neuromorph.circuits.solver.noise import Noise, kick
from neuromorph.circuits.solver.reduction import CircuitError, Matrix, Reduced
from neuromorph.circuits.solver.relation import current, relations
from neuromorph.circuits.solver.state import Record, State, Tables, changed, drive
from neuromorph.circuits.solver.system import Compressed, Extra, System, compressed, transposed
from neuromorph.circuits.solver.tree import Row
from neuromorph.units import BOLTZMANN

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Triangular(NamedTuple):
    """L and U by columns (unit diagonal of L first, diagonal of U last), and both orders."""

    low: Compressed
    up: Compressed
    row_order: Index
    column_order: Index


class NodalSolver(NamedTuple):
    """Everything one step needs; rows up to ``n_kcl`` are junctions and Kirchhoff's law."""

    h: float
    factor: Triangular
    mass: Compressed
    damping: Compressed
    magnetic: Compressed
    heat: Compressed
    ends: Compressed
    active: Compressed
    flow: Compressed
    order: Index
    n_kcl: int


class Nodal:
    """The nodal scheme prepared for a circuit; see :class:`scheme.Scheme`."""

    late, nodal = False, True

    def __init__(self, assembly: Assembly, h: float) -> None:
        self.stiffness: Matrix = assembly.magnetic
        rows: Matrix = [dict(row) for row in assembly.stiffness]
        for k in range(assembly.n):
            for matrix, factor in ((assembly.mass, 2.25 / h**2), (assembly.damping, 1.5 / h)):
                for j, x in matrix[k].items():
                    rows[k][j] = rows[k].get(j, 0.0) + factor * x
        ends = [assembly.difference(*j.nodes[:2]) for j in assembly.circuit.junctions]
        self.solver = NodalSolver(
            h, _factored(rows, assembly), compressed(assembly.mass), compressed(assembly.damping),
            compressed(assembly.magnetic), compressed(assembly.heat), compressed(ends),
            compressed([a for a, _, _ in assembly.active]),
            compressed([f for _, f, _ in assembly.active]),
            np.array([o for _, _, o in assembly.active], dtype=np.int64),
            len(assembly.circuit.junctions) + len(assembly.place))

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance from step ``first`` to ``last``; return the step reached and the reason."""
        result: tuple[int, int] = nodal_run(system, state, self.solver, tables, noise, watch,
                                            record, first, last, base)
        return result

    def kinetic(self, velocity: Array) -> float:
        """Return w^T M w/2, the energy of capacitances over s [mA rad]."""
        m, total = self.solver.mass, 0.0
        for i, (a, b) in enumerate(itertools.pairwise(m.start.tolist())):
            total += float(velocity[i] * (m.value[a:b] @ velocity[m.column[a:b]]))
        return total / 2


def nodal(circuit: Circuit, h: float, temperature: float | None) -> tuple[Reduced, System, Nodal]:
    """Return equations, arrays and scheme of a circuit for a step of ``h`` [ps].

    Raises
    ------
    CircuitError
        A singular matrix: the circuit has no unique solution.
    """
    reduced, assembly = assemble(circuit)
    n, n_j = assembly.n, len(circuit.junctions)
    columns = transposed(reduced.sources.rows, len(reduced.sources.columns))
    none = compressed([{} for _ in range(n_j)])
    bent = relations([(j, {k: 1.0}, {}) for k, j in enumerate(circuit.junctions)])
    system = System(n_j, n, n, np.zeros(n_j), np.zeros(n), np.zeros(n_j), np.zeros(n_j), none,
                    compressed([{} for _ in range(n)]), compressed([{} for _ in range(n)]),
                    compressed(columns), compressed(_noise(reduced, assembly, temperature)),
                    np.zeros(n), Extra(lines(reduced, h), bent, no_gap()))
    return reduced, system, Nodal(assembly, h)


def _noise(reduced: Reduced, assembly: Assembly, temperature: float | None) -> list[Row]:
    several: list[Row] = []
    for element in reduced.circuit.elements:
        if isinstance(element, Mutual) or not isinstance(element, Junction | Resistor):
            continue
        kelvin = element.temperature if temperature is None else temperature
        kelvin = kelvin if kelvin is not None else reduced.circuit.temperature
        if kelvin:
            ohm = element.r_0 if isinstance(element, Junction) else element.value
            size = float(np.sqrt(2 * BOLTZMANN * kelvin / ohm * 1e18))
            several.append({i: size * x for i, x in
                            assembly.difference(*element.nodes[:2]).items()})
    return several


def _factored(rows: Matrix, assembly: Assembly) -> Triangular:
    from scipy.sparse import csc_matrix
    from scipy.sparse.linalg import splu

    i = [k for k, row in enumerate(rows) for _ in row]
    j = [c for row in rows for c in row]
    x = [v for row in rows for v in row.values()]
    try:
        lu = splu(csc_matrix((x, (i, j)), shape=(assembly.n, assembly.n)))
        smallest = float(np.min(np.abs(lu.U.diagonal())) / np.max(np.abs(lu.U.diagonal())))
    except RuntimeError:
        smallest = 0.0
    if not smallest > 1e-16:
        raise CircuitError(f"{assembly.circuit.title}: the equations are singular: "
                           f"{_guess(rows, assembly)}")
    return Triangular(_columns(lu.L), _columns(lu.U), np.argsort(lu.perm_r).astype(np.int64),
                      np.asarray(lu.perm_c, dtype=np.int64))


def _guess(rows: Matrix, assembly: Assembly) -> str:
    empty = [name for name, k in assembly.place.items() if not any(rows[k].values())]
    if empty:
        return f"nothing holds node {', '.join(empty[:5])}"
    return ("ideal sources in a loop, or a node that hangs on currents alone; see the dependent "
            f"sources {', '.join(list(assembly.flows)[:5])}")


def _columns(matrix: object) -> Compressed:
    sorted_matrix = matrix.tocsc()  # type: ignore[attr-defined]
    sorted_matrix.sort_indices()
    return Compressed(sorted_matrix.indptr.astype(np.int64),
                      sorted_matrix.indices.astype(np.int64),
                      sorted_matrix.data.astype(np.float64))


@njit(cache=True)
def triangular_solve(factor, b, x, work):  # type: ignore[no-untyped-def]
    """Solve with a factor, P_r A P_c = L U; ``work`` is scratch of the same length."""
    n = b.size
    for i in range(n):
        work[i] = b[factor.row_order[i]]
    low, up = factor.low, factor.up
    for j in range(n):
        y = work[j]
        for p in range(low.start[j] + 1, low.start[j + 1]):
            work[low.column[p]] -= low.value[p] * y
    for j in range(n - 1, -1, -1):
        last = up.start[j + 1] - 1
        y = work[j] / up.value[last]
        work[j] = y
        for p in range(up.start[j], last):
            work[up.column[p]] -= up.value[p] * y
    for i in range(n):
        x[i] = work[factor.column_order[i]]


@njit(cache=True)
def _product(matrix, x, out):  # type: ignore[no-untyped-def]
    """Take a matrix times x off ``out``."""
    for i in range(out.size):
        for p in range(matrix.start[i], matrix.start[i + 1]):
            out[i] -= matrix.value[p] * x[matrix.column[p]]


@njit(cache=True)
def _row(matrix, k, x):  # type: ignore[no-untyped-def]
    total = 0.0
    for p in range(matrix.start[k], matrix.start[k + 1]):
        total += matrix.value[p] * x[matrix.column[p]]
    return total


@njit(cache=True)
def _histories(z, past, w0, w1, h, x, b):  # type: ignore[no-untyped-def]
    for i in range(z.size):
        x[i] = (-2.0 * z[i] + 0.5 * past[i]) / h
        b[i] = 1.5 / h * x[i] + (-2.0 * w0[i] + 0.5 * w1[i]) / h


@njit(cache=True)
def _sines(solver, bent, z, past, w0, w1, w2, right):  # type: ignore[no-untyped-def]
    for k in range(bent.i_c.size):
        ahead = 2.5 * w0[k] - 2.0 * w1[k] + 0.5 * w2[k]
        phase = (4.0 * z[k] - past[k]) / 3.0 + 2.0 * solver.h / 3.0 * ahead
        flow = current(bent, k, phase)
        for p in range(solver.ends.start[k], solver.ends.start[k + 1]):
            right[solver.ends.column[p]] -= solver.ends.value[p] * flow


@njit(cache=True)
def _account(solver, np_, work, source, old, new, w0, w1):  # type: ignore[no-untyped-def]
    """Add the work of current sources (KCL rows), of ideal sources, and the heat."""
    for i in range(np_, solver.n_kcl):
        work[0] += source[i] * (new[i] - old[i])
    for k in range(solver.order.size):
        if solver.order[k] == 0:
            flow = 0.5 * (_row(solver.flow, k, old) + _row(solver.flow, k, new))
        else:
            flow = 0.5 * (_row(solver.flow, k, w0) + _row(solver.flow, k, w1))
        work[0] -= flow * (_row(solver.active, k, new) - _row(solver.active, k, old))
    for i in range(new.size):
        work[2] += 0.5 * (w0[i] * _row(solver.heat, i, w0) + w1[i] * _row(solver.heat, i, w1))


@njit(cache=True)
def _noise_work(solver, np_, push, new, old, past, w, w0, w1, bend, turn):  # type: ignore[no-untyped-def]
    """Return the work of the noise over a step, less what the formula damps; see bdf.py."""
    total = 0.0
    for i in range(np_, solver.n_kcl):
        total += solver.h * push[i] * w[i]
    for i in range(new.size):
        bend[i] = w[i] - 2.0 * w0[i] + w1[i]
        turn[i] = new[i] - 2.0 * old[i] + past[i]
    for i in range(new.size):
        total -= 0.25 * (bend[i] * _row(solver.mass, i, bend)
                         + turn[i] * _row(solver.magnetic, i, turn))
    return total


@njit(cache=True)
def nodal_run(system, state, solver, tables, noise, watch, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance from step ``first`` to ``last``; see ``adams_run``."""
    np_, h, n_all, work = system.n_psi, solver.h, system.n, state.work
    source, wires, bent = system.source, system.extra.lines, system.extra.relations
    z, past, e0 = state.y, state.past[0], state.point[0]
    w0, w1, w2 = state.velocity[0], state.velocity[1], state.velocity[2]
    x, b, right, new = np.zeros(n_all), np.zeros(n_all), np.zeros(n_all), np.zeros(n_all)
    scratch, q, currents = np.zeros(n_all), np.zeros(n_all), np.zeros(n_all)
    n, reason = first, 0
    while n < last and reason == 0:
        if wires.column.size > 0:
            arrive(wires, h, tables.average[n - base], tables.point[n - base])
        currents[:] = e0
        if changed(tables.point, n - base, state.level[1]):
            drive(source.start, source.column, source.value, tables.point, n - base,
                  state.level[1], e0)
        currents[:] = 0.5 * (currents + e0)
        right[:] = e0
        if noise.on:
            kick(system.noise_single, system.noise, noise.key, n, 1.0 / np.sqrt(h), e0, q)
            right[:] = q
        _histories(z, past, w0, w1, h, x, b)
        _product(solver.mass, b, right)
        _product(solver.damping, x, right)
        _sines(solver, bent, z, past, w0, w1, w2, right)
        triangular_solve(solver.factor, right, new, scratch)
        for i in range(n_all):
            w2[i] = 1.5 / h * new[i] + x[i]
        if not calm(z, new, watch.low, watch.high, watch.limit):
            reason = detect(watch, z[:np_], new[:np_], w0, w2, n, h)
        _account(solver, np_, work, currents, z, new, w0, w2)
        if noise.on:
            for i in range(n_all):
                q[i] -= e0[i]
            work[1] += _noise_work(solver, np_, q, new, z, past, w2, w0, w1, x, b)
        past[:] = z
        z[:] = new
        w0, w1, w2 = w2, w0, w1
        if wires.column.size > 0:
            depart(wires, h, tables.average[n - base], tables.point[n - base], z)
        for k in range(out.column.size):
            out.value[n - base, k] = z[out.column[k]]
        n += 1
    newest = np.empty_like(state.velocity)
    newest[0], newest[1], newest[2] = w0, w1, w2
    state.velocity[:] = newest
    return n, reason
