"""Reduction of a circuit to the equations the schemes integrate.

With s = Phi0/2pi, the coordinates y = (psi, rho, kappa) of the normal tree and J the source
currents seen by them, Kirchhoff's current law reads, in mA, ps and rad,

    M psi'' + (D y')_psi + (K y)_psi + sum_j a_j I_j(a_j y) = J_psi
              (D y')_rho + (K y)_rho                        = J_rho
                           (K y)_kappa                      = 0

    M = s A^T C A,  D = s A^T (1/R) A,  K = s A^T L^-1 A.

Sources on kappa are moved to psi and rho (J_p - K_pk K_kk^-1 J_k), and kappa of at most two
neighbours are eliminated for good; what is printed of them is recovered from the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import (
    PHASE_UNIT,
    Capacitor,
    Controlled,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    Line,
    Mutual,
    Resistor,
    VoltageSource,
)
from neuromorph.circuits.solver.column import Arrival, Column, phase_column, voltage_column
from neuromorph.circuits.solver.elimination import (
    Condensed,
    FloatingError,
    Matrix,
    Recovery,
    condense,
    filled,
    remove,
)
from neuromorph.circuits.solver.factor import Factor, SingularError, factorise, solve
from neuromorph.circuits.solver.tree import LoopError, Row, Tree, ports, tree
from neuromorph.circuits.waveform import Waveform

#: Phase by coordinates and by what sources fix, of both ports of a line.
Ports = tuple[tuple[Row, Row], tuple[Row, Row]]
Array = NDArray[np.float64]


class CircuitError(ValueError):
    """A circuit without a unique solution; the message names its nodes and elements."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Columns of different shape, and how many mA of each enter a coordinate.

    ``place`` gives column and scale of a current source, ``fixed`` the column of Lambda of the
    k-th voltage or phase source, ``arriving`` that of the wave at a port of a line.
    """

    columns: tuple[Column, ...]
    rows: Matrix
    place: dict[str, tuple[int, float]]
    fixed: dict[int, int]
    arriving: dict[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reduced:
    """Matrices as one dict per row; see the module for the equations.

    ``kept`` lists the coordinates the schemes integrate, psi and rho first; ``recovered`` gives
    each eliminated kappa as a sum of kept coordinates and source waveforms. Where all kappa are
    eliminated in a small circuit, ``full`` holds K as an array and ``stiffness`` no longer does;
    elsewhere ``inner`` is the factor of K over the kept kappa.
    ``flows`` are currents that are unknowns themselves, or derivatives of some (order 1).
    """

    circuit: Circuit
    tree: Tree
    mass: Matrix
    damping: Matrix
    stiffness: Matrix
    sources: Sources
    kept: list[int]
    recovered: Recovery | Condensed
    branches: dict[str, Row]
    offsets: dict[str, Row]
    inductance: dict[str, dict[str, float]]
    ports: dict[str, Ports] = field(default_factory=dict)
    flows: dict[str, tuple[Row, int]] = field(default_factory=dict)
    full: Array = field(default_factory=lambda: np.zeros((0, 0)))
    inner: Factor | None = None


def reduce(circuit: Circuit, dense: int = 0) -> Reduced:
    """Return the reduced equations of a circuit.

    Kappa of at most two neighbours are eliminated, or all of them if psi and rho together are
    at most ``dense``.

    Raises
    ------
    CircuitError
        A node without a path for direct current, or nothing to simulate.
    """
    try:
        plan = tree(circuit)
    except LoopError as error:
        raise CircuitError(str(error)) from None
    paired = [e for e in circuit.elements if not isinstance(e, Mutual)]
    branches = {e.name: plan.branch(*e.nodes[:2]) for e in paired}
    offsets = {e.name: plan.offset(*e.nodes[:2]) for e in paired} if plan.fixed else {}
    lines = {e.name: _ports(e, plan) for e in paired if isinstance(e, Line)}
    mass: Matrix = [{} for _ in range(plan.n)]
    damping: Matrix = [{} for _ in range(plan.n)]
    stiffness: Matrix = [{} for _ in range(plan.n)]
    for element in circuit.elements:
        row = branches.get(element.name, {})
        if isinstance(element, Controlled):
            raise CircuitError(f"{element.name}: a dependent source; scheme 'bdf2' takes it")
        if isinstance(element, Line):
            for port, _ in lines[element.name]:
                _stamp(damping, port, PHASE_UNIT / element.impedance)
        elif isinstance(element, Junction):
            _stamp(mass, row, PHASE_UNIT * element.c_j * 1e12)
            _stamp(damping, row, PHASE_UNIT / element.r_0)
        elif isinstance(element, Capacitor):
            _stamp(mass, row, PHASE_UNIT * element.value * 1e12)
        elif isinstance(element, Resistor):
            _stamp(damping, row, PHASE_UNIT / element.value)
    inverse = inverse_inductance(circuit)
    for name, others in inverse.items():
        for other, value in others.items():
            _stamp_pair(stiffness, branches[name], branches[other], PHASE_UNIT * value)
    sources = _sources(circuit, plan, branches, offsets, inverse, lines)
    kept, recovered, full, inner = _eliminated(plan, stiffness, sources, dense)
    return Reduced(circuit, plan, mass, damping, stiffness, sources, kept, recovered, branches,
                   offsets, inverse, lines, full=full, inner=inner)


def _ports(line: Line, plan: Tree) -> Ports:
    (a, b), (c, d) = ports(line)
    return (plan.branch(a, b), plan.offset(a, b)), (plan.branch(c, d), plan.offset(c, d))


def inverse_inductance(circuit: Circuit) -> dict[str, dict[str, float]]:
    """Return L^-1 [1/pH] by names of inductors, coupled ones in blocks.

    Raises
    ------
    CircuitError
        A coupling of an unknown inductor, or couplings no real transformer can have.
    """
    value = {e.name: e.value * 1e12 for e in circuit.elements if isinstance(e, Inductor)}
    mutual = [e for e in circuit.elements if isinstance(e, Mutual)]
    inverse = {name: {name: 1.0 / x} for name, x in value.items()}
    near: dict[str, set[str]] = {}
    for k in mutual:
        for name in k.inductors:
            if name not in value:
                raise CircuitError(f"{k.name}: no inductor {name} to couple")
        a, b = k.inductors
        if a == b:
            raise CircuitError(f"{k.name}: couples {a} with itself")
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    for group in _groups(near):
        _invert(group, value, mutual, inverse)
    return inverse


def _groups(near: dict[str, set[str]]) -> Iterable[list[str]]:
    seen: set[str] = set()
    for start in near:
        if start in seen:
            continue
        group, stack = [], [start]
        seen.add(start)
        while stack:
            name = stack.pop()
            group.append(name)
            for other in sorted(near[name] - seen):
                seen.add(other)
                stack.append(other)
        yield group


def _invert(group: list[str], value: dict[str, float], mutual: list[Mutual],
            inverse: dict[str, dict[str, float]]) -> None:
    place = {name: i for i, name in enumerate(group)}
    matrix = np.diag([value[name] for name in group])
    for k in mutual:
        a, b = k.inductors
        if a in place:
            m = k.coupling * np.sqrt(value[a] * value[b])
            matrix[place[a], place[b]] += m
            matrix[place[b], place[a]] += m
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        names = ", ".join(k.name for k in mutual if k.inductors[0] in place)
        raise CircuitError(f"couplings {names}: their inductance matrix is not positive, "
                           "no real coils couple so strongly together")
    block = np.linalg.inv(matrix)
    for name in group:
        inverse[name] = {other: float(block[place[name], place[other]]) for other in group}


def _stamp(matrix: Matrix, row: Row, value: float) -> None:
    _stamp_pair(matrix, row, row, value)


def _stamp_pair(matrix: Matrix, row: Row, column: Row, value: float) -> None:
    for i, a in row.items():
        line = matrix[i]
        for j, b in column.items():
            line[j] = line.get(j, 0.0) + a * b * value


def _sources(circuit: Circuit, plan: Tree, branches: dict[str, Row], offsets: dict[str, Row],
             inverse: dict[str, dict[str, float]], lines: dict[str, Ports]) -> Sources:
    rows: Matrix = [{} for _ in range(plan.n)]
    shapes: dict[Column, int] = {}
    place: dict[str, tuple[int, float]] = {}
    fixed: dict[int, int] = {}

    def column(source: int, derivative: int) -> int:
        element = plan.fixed[source]
        build = voltage_column if isinstance(element, VoltageSource) else phase_column
        return shapes.setdefault(build(element.waveform, derivative), len(shapes))

    def push(row: Row, offset: Row, derivative: int, value: float) -> None:
        for source, u in offset.items():
            k = column(source, derivative)
            for i, a in row.items():
                rows[i][k] = rows[i].get(k, 0.0) - a * u * value

    for source in range(len(plan.fixed)):
        fixed[source] = column(source, 0)
    seen: dict[int, tuple[int, float]] = {}
    for element in circuit.elements:
        if isinstance(element, CurrentSource):
            if id(element.waveform) not in seen:
                scale = _scale(element.waveform)
                shape = Column(element.waveform.scaled(1.0 / scale))
                seen[id(element.waveform)] = shapes.setdefault(shape, len(shapes)), scale
            k, scale = seen[id(element.waveform)]
            place[element.name] = (k, scale * 1e3)
            for i, a in branches[element.name].items():
                rows[i][k] = rows[i].get(k, 0.0) - a * scale * 1e3
        elif offsets.get(element.name):
            row, offset = branches[element.name], offsets[element.name]
            for derivative, value in _admittance(element):
                push(row, offset, derivative, PHASE_UNIT * value)
            for other, value in inverse.get(element.name, {}).items():
                push(branches[other], offset, 0, PHASE_UNIT * value)
    arriving: dict[tuple[str, int], int] = {}
    for name, pair in lines.items():
        conductance = 1 / _impedance(circuit, name)
        for port, (row, offset) in enumerate(pair):
            push(row, offset, 1, PHASE_UNIT * conductance)
            k = shapes.setdefault(Column(Arrival(name, port)), len(shapes))
            arriving[name, port] = k
            for i, a in row.items():
                rows[i][k] = rows[i].get(k, 0.0) + a
    return Sources(tuple(shapes), rows, place, fixed, arriving)


def _impedance(circuit: Circuit, name: str) -> float:
    element = circuit.element(name)
    return element.impedance if isinstance(element, Line) else math.inf


def _admittance(element: Element) -> list[tuple[int, float]]:
    """Return what an element weighs derivatives of its phase with, inductors apart."""
    if isinstance(element, Junction):
        return [(1, 1 / element.r_0), (2, element.c_j * 1e12)]
    if isinstance(element, Resistor):
        return [(1, 1 / element.value)]
    if isinstance(element, Capacitor):
        return [(2, element.value * 1e12)]
    return []


def _scale(waveform: Waveform) -> float:
    """Return a level to divide by, so that sources of one shape share a column; never 0."""
    for name in ("level", "high", "amplitude"):
        level = np.ravel(getattr(waveform, name, 0.0))
        largest = float(level[np.argmax(np.abs(level))])
        if largest:
            return largest
    return 1.0


def _eliminated(plan: Tree, stiffness: Matrix, sources: Sources,
                dense: int) -> tuple[list[int], Recovery | Condensed, Array, Factor | None]:
    """Eliminate kappa from K and J; the K of kappa with more neighbours stays."""
    first = plan.n_psi + plan.n_rho
    if first <= dense:
        condensed = condense(first, stiffness, sources.rows, len(sources.columns))
        if condensed is not None:
            return list(range(first)), *condensed, None
    left = set(range(first, plan.n))
    try:
        order = remove(left, stiffness, sources.rows, plan.n if first <= dense else 2)
    except FloatingError as error:
        raise CircuitError(floating(plan, error.args[0])) from None
    kept = sorted(left)
    shift, inner = _shifted(plan, kept, stiffness, sources.rows)
    recovered = Recovery({i: ({i: 1.0}, shift[i]) for i in kept}, order)
    full = filled(stiffness[:first], first) if first <= dense else np.zeros((0, 0))
    return [*range(first), *kept], recovered, full, inner


def _shifted(plan: Tree, kept: list[int], stiffness: Matrix,
             sources: Matrix) -> tuple[dict[int, Row], Factor]:
    """Move the sources of kept kappa to psi and rho; return K_kk^-1 J_k by rows, and the factor."""
    place = {i: k for k, i in enumerate(kept)}
    block = [{place[j]: x for j, x in stiffness[i].items() if j in place} for i in kept]
    try:
        factor = factorise(block)
    except SingularError as error:
        raise CircuitError(floating(plan, kept[error.args[0]])) from None
    for k, inverse in zip(factor.order, factor.inverse, strict=True):
        if 1.0 / inverse < 1e-12 * block[k][int(k)]:
            raise CircuitError(floating(plan, kept[int(k)]))
    shift: dict[int, Row] = {i: {} for i in kept}
    for wave in sorted({k for i in kept for k in sources[i]}):
        right = np.array([sources[i].pop(wave, 0.0) for i in kept])
        x, work = np.zeros(len(kept)), np.zeros(len(kept))
        solve(factor.order, factor.start, factor.row, factor.value, factor.inverse, right, x, work)
        for k in np.flatnonzero(np.abs(x) > 1e-17 * np.max(np.abs(x))):
            i, value = kept[k], float(x[k])
            shift[i][wave] = value
            for j, coupling in stiffness[i].items():
                if j not in place:
                    sources[j][wave] = sources[j].get(wave, 0.0) - coupling * value
    return shift, factor


def floating(plan: Tree, i: int) -> str:
    """Return the message for a coordinate without a path for direct current."""
    root = plan.nodes[plan.roots[i - plan.n_psi - plan.n_rho]]
    part = [name for name, row in zip(plan.nodes, plan.rows, strict=True) if i in row]
    names = ", ".join(part[:8]) + (" ..." if len(part) > 8 else "")
    return (f"node {root}: no path for direct current to ground through inductors or junctions "
            f"(floating with it: {names}); tie it to ground")


__all__ = ["CircuitError", "Element", "Matrix", "Reduced", "Sources", "inverse_inductance",
           "reduce"]
