"""What is printed, as sums of recorded phases, their derivatives and source levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import GROUND, Output
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
    PhaseSource,
    Resistor,
    VoltageSource,
)
from neuromorph.circuits.solver.gap import quasiparticle_current
from neuromorph.circuits.solver.reduction import CircuitError, Reduced
from neuromorph.circuits.solver.relation import junction_current
from neuromorph.circuits.solver.tree import Row

Array = NDArray[np.float64]


@dataclass(slots=True)
class Functional:
    """A phase: a sum over kept coordinates plus a sum over source levels."""

    coordinates: Row = field(default_factory=dict)
    waves: Row = field(default_factory=dict)

    def add(self, other: Functional, factor: float) -> None:
        """Add ``factor`` times another functional."""
        for mine, row in ((self.coordinates, other.coordinates), (self.waves, other.waves)):
            for i, x in row.items():
                mine[i] = mine.get(i, 0.0) + factor * x


@dataclass(frozen=True, slots=True)
class Probe:
    """One printed quantity: weights of phase, first and second derivative, and a junction.

    The value is ``sum_k weight[k] d^k phase/dt^k`` plus the currents of the junction, in rad, mV
    or mA, or the level of a source; plus factor times value of each of ``terms``.
    """

    output: Output
    phase: Functional
    weight: tuple[float, float, float]
    junction: Junction | None = None
    terms: tuple[tuple[float, Probe], ...] = ()

    @property
    def functionals(self) -> list[Functional]:
        """The phases to record for it, its own first."""
        return [self.phase, *(f for _, item in self.terms for f in item.functionals)]


def probe(output: Output, reduced: Reduced, elements: dict[str, Element]) -> Probe:
    """Return the probe of an output.

    Raises
    ------
    CircuitError
        No such node or device, or a current that no device carries.
    """
    if output.kind == "I":
        return _current(output, reduced, elements)
    phase = _target(output.targets[0], reduced, elements)
    if len(output.targets) == 2:
        phase.add(_target(output.targets[1], reduced, elements), -1.0)
    return Probe(output, phase, (1.0, 0.0, 0.0) if output.kind == "P" else (0.0, PHASE_UNIT, 0.0))


def _target(name: str, reduced: Reduced, elements: dict[str, Element]) -> Functional:
    if name in GROUND:
        return Functional()
    if name in reduced.branches:
        return functional(reduced.branches[name], reduced, reduced.offsets.get(name))
    if name in reduced.tree.index:
        i = reduced.tree.index[name]
        return functional(reduced.tree.rows[i], reduced, reduced.tree.offsets[i])
    import difflib

    near = difflib.get_close_matches(name, [*elements, *reduced.tree.nodes], 5, 0.5)
    raise CircuitError(f"output of {name}: no such node or device; near are "
                       f"{', '.join(near) or 'none'}")


def functional(row: Row, reduced: Reduced, offset: Row | None = None) -> Functional:
    """Return a sum of tree coordinates in terms of those the schemes integrate."""
    first = reduced.tree.n_psi + reduced.tree.n_rho
    result = Functional()
    for i, x in row.items():
        if i < first:
            result.add(Functional({i: 1.0}), x)
        else:
            result.add(Functional(*reduced.recovered[i]), x)
    for source, u in (offset or {}).items():
        result.add(Functional({}, {reduced.sources.fixed[source]: 1.0}), u)
    return result


def _current(output: Output, reduced: Reduced, elements: dict[str, Element]) -> Probe:
    if len(output.targets) == 2:
        pair = [_current(replace(output, targets=(t,)), reduced, elements) for t in output.targets]
        return Probe(output, Functional(), (0.0, 0.0, 0.0),
                     terms=((1.0, pair[0]), (-1.0, pair[1])))
    name = output.targets[0]
    element = elements.get(name)
    s = PHASE_UNIT
    if name in reduced.flows:
        row, order = reduced.flows[name]
        weight = (0.0, 1.0, 0.0) if order else (1.0, 0.0, 0.0)
        return Probe(output, functional(row, reduced), weight)
    if isinstance(element, Inductor):
        phase = Functional()
        for other, inverse in reduced.inductance[name].items():
            offset = reduced.offsets.get(other)
            phase.add(functional(reduced.branches[other], reduced, offset), s * inverse)
        return Probe(output, phase, (1.0, 0.0, 0.0))
    if isinstance(element, CurrentSource):
        k, scale = reduced.sources.place[name]
        return Probe(output, Functional({}, {k: scale}), (1.0, 0.0, 0.0))
    if element is None:
        _target(name, reduced, elements)
        raise CircuitError(f"output {output.name}: {name} is a node; a current needs a device")
    if isinstance(element, VoltageSource | PhaseSource):
        return _fixed_current(output, element, reduced, elements)
    if isinstance(element, Line):
        return _port_current(output, element, 0, reduced)
    phase = functional(reduced.branches[name], reduced, reduced.offsets.get(name))
    if isinstance(element, Resistor):
        return Probe(output, phase, (0.0, s / element.value, 0.0))
    if isinstance(element, Capacitor):
        return Probe(output, phase, (0.0, 0.0, s * element.value * 1e12))
    if isinstance(element, Junction):
        return Probe(output, phase, (0.0, 0.0, s * element.c_j * 1e12), element)
    raise CircuitError(f"output {output.name}: the current of {name} is not available")


def _port_current(output: Output, line: Line, port: int, reduced: Reduced) -> Probe:
    """Return the probe of the current into a port: (v - e)/Z."""
    row, offset = reduced.ports[line.name][port]
    wave = Functional({}, {reduced.sources.arriving[line.name, port]: 1.0})
    return Probe(output, functional(row, reduced, offset), (0.0, PHASE_UNIT / line.impedance, 0.0),
                 terms=((-1.0, Probe(output, wave, (1.0, 0.0, 0.0))),))


def _fixed_current(output: Output, source: VoltageSource | PhaseSource, reduced: Reduced,
                   elements: dict[str, Element]) -> Probe:
    """Return the probe of the current through a source: what flows into the nodes of one end."""
    terms: list[tuple[float, Probe]] = []
    side, sign = _side(source, reduced)
    for element in elements.values():
        if isinstance(element, Mutual | Controlled) or element is source:
            continue
        ends = ((0, 1), (2, 3)) if isinstance(element, Line) else ((0, 1),)
        for port, (plus, minus) in enumerate(ends):
            way = (element.nodes[plus] in side) - (element.nodes[minus] in side)
            if not way:
                continue
            if isinstance(element, Line):
                item = _port_current(output, element, port, reduced)
            else:
                item = _current(Output(kind="I", targets=(element.name,)), reduced, elements)
            terms.append((-sign * way, item))
    return Probe(output, Functional(), (0.0, 0.0, 0.0), terms=tuple(terms))


def _side(source: VoltageSource | PhaseSource, reduced: Reduced) -> tuple[set[str], float]:
    """Return the nodes that other sources tie to one end of a source, not to ground."""
    near: dict[str, list[str]] = {}
    for other in reduced.tree.fixed:
        if other is not source:
            a, b = other.nodes[:2]
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
    sides = []
    for start in source.nodes[:2]:
        seen, stack = {start}, [start]
        while stack:
            for node in near.get(stack.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    stack.append(node)
        sides.append(seen)
    return (sides[1], -1.0) if "0" in sides[0] else (sides[0], 1.0)


def evaluate(probes: Sequence[Probe], phases: Array, h: float) -> list[Array]:
    """Return the printed values on the grid of step h [ps], one array per probe."""
    values, columns = [], iter(range(phases.shape[1]))
    for item in probes:
        values.append(_evaluated(item, phases, columns, h))
    return values


def _evaluated(item: Probe, phases: Array, columns: Iterator[int], h: float) -> Array:
    phase = phases[:, next(columns)]
    zero, one, two = item.weight
    value: Array = zero * phase
    if one:
        value = value + one * derivative(phase, h)
    if two:
        value = value + two * derivative(derivative(phase, h), h)
    if item.junction is not None:
        value = value + junction_current(item.junction, phase)
        value = value + quasiparticle_current(item.junction, PHASE_UNIT * derivative(phase, h))
    for factor, term in item.terms:
        value = value + factor * _evaluated(term, phases, columns, h)
    return value


def derivative(x: Array, h: float) -> Array:
    """Return dx/dt on an even grid, fourth order inside, by five-point differences."""
    if x.size < 5:
        return np.gradient(x, h) if x.size > 1 else np.zeros_like(x)
    d = np.empty_like(x)
    d[2:-2] = (x[:-4] - 8 * x[1:-3] + 8 * x[3:-1] - x[4:]) / (12 * h)
    ends = np.array([[-25, 48, -36, 16, -3], [-3, -10, 18, -6, 1]]) / (12 * h)
    d[:2] = ends @ x[:5]
    d[-1], d[-2] = -(ends @ x[:-6:-1])
    return d
