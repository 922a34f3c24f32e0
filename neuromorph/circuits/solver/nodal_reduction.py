"""Circuits with dependent sources: all junction phases, node phases and source currents unknown.

A dependent source makes the matrices unsymmetric and may give a resistor or an inductor node the
derivatives of a junction, which the normal tree of :mod:`reduction` has no place for. Here nothing
is eliminated. With z the unknowns,

    M z'' + D z' + K z + sum_j a_j I_j(z_j) = J,

one row per junction (its phase is the difference of two nodes), one per node (Kirchhoff's current
law) and one per ideal source (what it prescribes):

    V, P:  phi_a - phi_b = Lambda(t)              E:  phi_a - phi_b = g (phi_c - phi_d)
    F:     phi_c - phi_d = 0, g i_c from a to b   H:  phi_c - phi_d = 0, s (phi_a - phi_b)' = g i_c
    G:     g s (phi_c - phi_d)' from a to b
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import (
    PHASE_UNIT,
    Capacitor,
    Controlled,
    CurrentSource,
    Junction,
    Line,
    Mutual,
    PhaseSource,
    Resistor,
    VoltageSource,
)
from neuromorph.circuits.solver.column import Arrival, Column, phase_column, voltage_column
from neuromorph.circuits.solver.elimination import Recovery
from neuromorph.circuits.solver.reduction import (
    CircuitError,
    Matrix,
    Ports,
    Reduced,
    Sources,
    _scale,
    inverse_inductance,
)
from neuromorph.circuits.solver.tree import Row, Tree, ports


@dataclass(slots=True)
class Assembly:
    """The matrices while they are filled; ``heat`` is the part of D that warms."""

    circuit: Circuit
    place: dict[str, int]
    n: int
    mass: Matrix = field(default_factory=list)
    damping: Matrix = field(default_factory=list)
    stiffness: Matrix = field(default_factory=list)
    magnetic: Matrix = field(default_factory=list)
    heat: Matrix = field(default_factory=list)
    flows: dict[str, tuple[Row, int]] = field(default_factory=dict)
    active: list[tuple[Row, Row, int]] = field(default_factory=list)

    def difference(self, plus: str, minus: str) -> Row:
        """Return the phase between two nodes as a row of unknowns."""
        row: Row = {}
        for node, sign in ((plus, 1.0), (minus, -1.0)):
            if node != "0":
                i = self.place[node]
                row[i] = row.get(i, 0.0) + sign
        return {i: x for i, x in row.items() if x}

    def stamp(self, matrix: Matrix, left: Row, right: Row, value: float) -> None:
        """Add ``value`` times what the right row reads to the equations of the left one."""
        for i, a in left.items():
            for j, b in right.items():
                matrix[i][j] = matrix[i].get(j, 0.0) + a * b * value


def dependent(circuit: Circuit) -> bool:
    """Return whether a circuit has dependent sources."""
    return any(isinstance(e, Controlled) for e in circuit.elements)


def assemble(circuit: Circuit) -> tuple[Reduced, Assembly]:
    """Return the equations of a circuit with nothing eliminated.

    Raises
    ------
    CircuitError
        No node but ground, or couplings no real transformer can have.
    """
    names = [e for e in circuit.elements if not isinstance(e, Mutual)]
    nodes = list(dict.fromkeys(n for e in names for n in e.nodes if n != "0"))
    n_j = len(circuit.junctions)
    ideal = [e for e in circuit.elements if isinstance(e, VoltageSource | PhaseSource)
             or (isinstance(e, Controlled) and e.kind in "EF")]
    double = [e for e in circuit.elements if isinstance(e, Controlled) and e.kind == "H"]
    n = n_j + len(nodes) + len(ideal) + 2 * len(double)
    if not nodes:
        raise CircuitError(f"{circuit.title}: nothing to simulate, no node but ground")
    a = Assembly(circuit, {name: n_j + k for k, name in enumerate(nodes)}, n)
    for matrix in (a.mass, a.damping, a.stiffness, a.magnetic, a.heat):
        matrix.extend({} for _ in range(n))
    branches = {e.name: a.difference(*e.nodes[:2]) for e in names}
    for k, junction in enumerate(circuit.junctions):
        _junction(a, junction, k, branches[junction.name])
        branches[junction.name] = {k: 1.0}
    inverse = inverse_inductance(circuit)
    for name, others in inverse.items():
        for other, value in others.items():
            a.stamp(a.stiffness, branches[name], branches[other], PHASE_UNIT * value)
            a.stamp(a.magnetic, branches[name], branches[other], PHASE_UNIT * value)
    lines = _passive(a, branches)
    fixed = _ideal(a, n_j + len(nodes))
    sources = _sources(a, branches, fixed, lines)
    every = ["0", *nodes]
    tree = Tree(every, {name: k for k, name in enumerate(every)},
                [{}, *({a.place[name]: 1.0} for name in nodes)], [{} for _ in every],
                [e for e, _ in fixed], n_j, n - n_j)
    reduced = Reduced(circuit, tree, a.mass, a.damping, a.stiffness, sources, list(range(n)),
                      Recovery({}, []), branches, {}, inverse, lines, a.flows)
    return reduced, a


def _junction(a: Assembly, junction: Junction, k: int, ends: Row) -> None:
    own = {k: 1.0}
    a.stamp(a.stiffness, own, {**own, **{i: -x for i, x in ends.items()}}, 1.0)
    a.stamp(a.mass, ends, own, PHASE_UNIT * junction.c_j * 1e12)
    a.stamp(a.damping, ends, own, PHASE_UNIT / junction.r_0)
    a.stamp(a.heat, own, own, PHASE_UNIT / junction.r_0)


def _passive(a: Assembly, branches: dict[str, Row]) -> dict[str, Ports]:
    lines: dict[str, Ports] = {}
    for element in a.circuit.elements:
        if isinstance(element, Capacitor):
            row = branches[element.name]
            a.stamp(a.mass, row, row, PHASE_UNIT * element.value * 1e12)
        elif isinstance(element, Resistor):
            row = branches[element.name]
            a.stamp(a.damping, row, row, PHASE_UNIT / element.value)
            a.stamp(a.heat, row, row, PHASE_UNIT / element.value)
        elif isinstance(element, Line):
            first, second = (a.difference(*port) for port in ports(element))
            lines[element.name] = (first, {}), (second, {})
            for row in (first, second):
                a.stamp(a.damping, row, row, PHASE_UNIT / element.impedance)
                a.stamp(a.heat, row, row, PHASE_UNIT / element.impedance)
    return lines


def _ideal(a: Assembly, first: int) -> list[tuple[VoltageSource | PhaseSource, int]]:
    """Add the rows of ideal and dependent sources; return the independent ones with theirs."""
    fixed: list[tuple[VoltageSource | PhaseSource, int]] = []
    k = first
    for e in a.circuit.elements:
        if isinstance(e, VoltageSource | PhaseSource):
            ends = a.difference(*e.nodes)
            a.stamp(a.stiffness, ends, {k: 1.0}, 1.0)
            a.stamp(a.stiffness, {k: 1.0}, ends, 1.0)
            a.flows[e.name] = ({k: 1.0}, 0)
            a.active.append((ends, {k: 1.0}, 0))
            fixed.append((e, k))
            k += 1
        elif isinstance(e, Controlled):
            k = _controlled(a, e, k)
    return fixed


def _controlled(a: Assembly, e: Controlled, k: int) -> int:
    out, control = a.difference(*e.nodes[:2]), a.difference(*e.nodes[2:])
    here, flow, order = {k: 1.0}, {k: 1.0}, 0
    if e.kind == "E":
        a.stamp(a.stiffness, out, here, 1.0)
        a.stamp(a.stiffness, here, out, 1.0)
        a.stamp(a.stiffness, here, control, -e.gain)
    elif e.kind == "G":
        a.stamp(a.damping, out, control, PHASE_UNIT * e.gain)
        flow, order = {i: PHASE_UNIT * e.gain * x for i, x in control.items()}, 1
        k -= 1
    else:
        a.stamp(a.stiffness, control, here, 1.0)
        a.stamp(a.stiffness, here, control, 1.0)
        flow = {k: e.gain}
        if e.kind == "H":
            k += 1
            flow = {k: 1.0}
            a.stamp(a.damping, flow, out, PHASE_UNIT)
            a.stamp(a.stiffness, flow, here, -e.gain)
        a.stamp(a.stiffness, out, flow, 1.0)
        a.active.append((control, here, 0))
    # JoSIM prints the controlling current of an H, the controlled one of the others
    a.flows[e.name] = (here, 0) if e.kind == "H" else (flow, order)
    a.active.append((out, flow, order))
    return k + 1


def _sources(a: Assembly, branches: dict[str, Row],
             fixed: list[tuple[VoltageSource | PhaseSource, int]],
             lines: dict[str, Ports]) -> Sources:
    rows: Matrix = [{} for _ in range(a.n)]
    shapes: dict[Column, int] = {}
    place: dict[str, tuple[int, float]] = {}
    levels: dict[int, int] = {}
    arriving: dict[tuple[str, int], int] = {}
    for number, (source, row) in enumerate(fixed):
        build = voltage_column if isinstance(source, VoltageSource) else phase_column
        levels[number] = shapes.setdefault(build(source.waveform, 0), len(shapes))
        rows[row][levels[number]] = 1.0
    for element in a.circuit.elements:
        if isinstance(element, CurrentSource):
            scale = _scale(element.waveform)
            k = shapes.setdefault(Column(element.waveform.scaled(1.0 / scale)), len(shapes))
            place[element.name] = (k, scale * 1e3)
            for i, x in branches[element.name].items():
                rows[i][k] = rows[i].get(k, 0.0) - x * scale * 1e3
    for name, pair in lines.items():
        for port, (ends, _) in enumerate(pair):
            k = arriving[name, port] = len(shapes)
            shapes[Column(Arrival(name, port))] = k
            for i, x in ends.items():
                rows[i][k] = rows[i].get(k, 0.0) + x
    return Sources(tuple(shapes), rows, place, levels, arriving)
