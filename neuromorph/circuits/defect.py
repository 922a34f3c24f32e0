"""What looks wrong in a circuit although it can be simulated, in the circuit's own names."""

from __future__ import annotations

import math

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import Element, Inductor, Junction, Mutual, Resistor
from neuromorph.units import PHI0

#: Stewart-McCumber parameter above which a junction without a shunt is pointed out.
_DAMPED = 2.0
_LEADS = 2


def defects(circuit: Circuit) -> tuple[str, ...]:
    """Return one line for each thing that looks wrong, nothing for a sound circuit.

    Nodes with a single pin; elements with both pins on one node; junctions that close a loop
    without inductance, whose flux is then fixed; junctions without the shunt resistor that the
    others of the circuit have.
    """
    pins: dict[str, list[Element]] = {}
    for element in circuit.elements:
        for node in () if isinstance(element, Mutual) else element.nodes:
            pins.setdefault(node, []).append(element)
    return (*_single(pins), *_shorted(circuit), *_loops(circuit), *_unshunted(circuit, pins))


def _single(pins: dict[str, list[Element]]) -> list[str]:
    return [f"node {node}: only {elements[0].name} is connected to it"
            for node, elements in pins.items() if node != "0" and len(elements) == 1]


def _shorted(circuit: Circuit) -> list[str]:
    return [f"{e.name}: both pins are on node {e.nodes[0]}" for e in circuit.elements
            if not isinstance(e, Mutual) and e.nodes[0] == e.nodes[1]]


def _loops(circuit: Circuit) -> list[str]:
    """Name the junction that closes each loop of junctions alone."""
    above: dict[str, str] = {}

    def root(node: str) -> str:
        while above.setdefault(node, node) != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    found = []
    for junction in circuit.junctions:
        a, b = (root(node) for node in junction.nodes[:2])
        if a == b:
            found.append(f"{junction.name}: closes a loop of junctions that holds no inductance")
        above[a] = b
    return found


def _unshunted(circuit: Circuit, pins: dict[str, list[Element]]) -> list[str]:
    bare = [j for j in circuit.junctions if _underdamped(j) and not _has_shunt(j, pins)]
    if not bare or 2 * len(bare) > len(circuit.junctions):
        return []
    return [f"{j.name}: no shunt resistor, which the other junctions have; beta_c = "
            f"{_beta(j):.3g}" for j in bare]


def _beta(junction: Junction) -> float:
    """Return beta_c = 2 pi I_c R^2 C/Phi0 of the junction's own resistance."""
    return 2 * math.pi * junction.i_c * junction.r_n**2 * junction.c_j / PHI0


def _underdamped(junction: Junction) -> bool:
    return _beta(junction) > _DAMPED


def _has_shunt(junction: Junction, pins: dict[str, list[Element]]) -> bool:
    """Return whether a resistor joins both sides, with its leads."""
    sides = [_near(node, pins) for node in junction.nodes[:2]]
    for here, there in (sides, sides[::-1]):
        for node in here - {"0"}:
            for e in pins[node]:
                if isinstance(e, Resistor) and any(
                        _near(end, pins) & there for end in e.nodes if end != node):
                    return True
    return False


def _near(start: str, pins: dict[str, list[Element]]) -> set[str]:
    """Return the nodes that at most two inductors in series join to a node and nothing else."""
    seen, edge = {start}, {start}
    for _ in range(_LEADS):
        edge = {n for node in edge if node != "0" for e in pins.get(node, ())
                if isinstance(e, Inductor) for n in e.nodes
                if len(pins[node]) == 2 or len(pins[n]) == 2} - seen
        seen |= edge
    return seen
