"""The normal tree of a circuit: junctions first, then capacitors, then resistors.

Node phases are written in the coordinates of the tree (L. O. Chua and P.-M. Lin,
*Computer-Aided Analysis of Electronic Circuits*, 1975, ch. 8, state equations):

- ``psi``: the phase across each junction or capacitor branch of the tree,
- ``rho``: the phase across each resistor branch of the tree,
- ``kappa``: the phase of one root node for each part that only inductors join to the rest.

A branch phase is then a short signed sum of coordinates, and a junction of the tree is a
coordinate itself. Voltage and phase sources come before all ranks: they join their two nodes
into one, with a phase difference that is known at every time (``offsets``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import (
    Capacitor,
    Inductor,
    Junction,
    Line,
    Mutual,
    PhaseSource,
    Resistor,
    VoltageSource,
)

Row = dict[int, float]


@dataclass(slots=True)
class Tree:
    """Coordinates of a circuit.

    The phase of a node is the sum of coordinates ``rows[node]`` plus the sum ``offsets[node]``
    of the phases of the sources ``fixed``, by number.
    """

    nodes: list[str]
    index: dict[str, int]
    rows: list[Row]
    offsets: list[Row]
    fixed: list[VoltageSource | PhaseSource]
    n_psi: int
    n_rho: int
    roots: list[int] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of coordinates, psi then rho then kappa."""
        return self.n_psi + self.n_rho + len(self.roots)

    def branch(self, plus: str, minus: str) -> Row:
        """Return the phase between two nodes as a sum of coordinates, without its offset."""
        return _difference(self.rows[self.index[plus]], self.rows[self.index[minus]])

    def offset(self, plus: str, minus: str) -> Row:
        """Return the part of the phase between two nodes that sources fix."""
        return _difference(self.offsets[self.index[plus]], self.offsets[self.index[minus]])


def _difference(a: Row, b: Row) -> Row:
    row = dict(a)
    for i, value in b.items():
        total = row.get(i, 0.0) - value
        if total:
            row[i] = total
        else:
            del row[i]
    return row


class LoopError(ValueError):
    """Voltage or phase sources in a loop of their own."""


Branch = tuple[str, str]
Edge = tuple[int, int, float]


def ports(element: Line) -> tuple[Branch, Branch]:
    """Return the two ports of a transmission line."""
    a, b, c, d = element.nodes
    return (a, b), (c, d)


def tree(circuit: Circuit) -> Tree:
    """Build the normal tree by Kruskal's algorithm over the ranks source, junction, C, R.

    Raises
    ------
    LoopError
        A voltage or phase source whose two nodes other such sources already tie.
    """
    names = dict.fromkeys(["0"])
    for element in circuit.elements:
        if not isinstance(element, Mutual):
            names.update(dict.fromkeys(element.nodes))
    index = {name: i for i, name in enumerate(names)}
    forest = _Forest(len(index))
    fixed = [e for e in circuit.elements if isinstance(e, VoltageSource | PhaseSource)]
    for k, source in enumerate(fixed):
        if not forest.join(index[source.nodes[0]], index[source.nodes[1]], -1 - k):
            raise LoopError(f"{source.name}: voltage and phase sources alone form a loop")
    n = 0
    counts = []
    for branches in _ranks(circuit):
        for plus, minus in branches:
            n += forest.join(index[plus], index[minus], n)
        counts.append(n)
    rows, offsets, roots = _rows(circuit, index, forest.edges, n, counts[1])
    return Tree(list(names), index, rows, offsets, fixed, counts[1], n - counts[1], roots)


def _ranks(circuit: Circuit) -> tuple[list[Branch], list[Branch], list[Branch]]:
    junctions: list[Branch] = []
    capacitors: list[Branch] = []
    resistors: list[Branch] = []
    for element in circuit.elements:
        if isinstance(element, Junction):
            junctions.append((element.nodes[0], element.nodes[1]))
        elif isinstance(element, Capacitor):
            capacitors.append((element.nodes[0], element.nodes[1]))
        elif isinstance(element, Resistor):
            resistors.append((element.nodes[0], element.nodes[1]))
        elif isinstance(element, Line):
            resistors += ports(element)
    return junctions, capacitors, resistors


class _Forest:
    def __init__(self, n: int) -> None:
        self.parent = list(range(n))
        self.edges: list[list[Edge]] = [[] for _ in range(n)]

    def find(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, plus: int, minus: int, label: int) -> bool:
        """Add a branch to the forest unless it closes a loop; say whether it was added."""
        a, b = self.find(plus), self.find(minus)
        if a == b:
            return False
        self.parent[a] = b
        self.edges[minus].append((plus, label, 1.0))
        self.edges[plus].append((minus, label, -1.0))
        return True


def _rows(circuit: Circuit, index: dict[str, int], forest: list[list[Edge]],
          n: int, n_psi: int) -> tuple[list[Row], list[Row], list[int]]:
    inductors = [0] * len(index)
    for element in circuit.elements:
        if isinstance(element, Inductor):
            for node in element.nodes:
                inductors[index[node]] += 1
    rows: list[Row | None] = [None] * len(index)
    offsets: list[Row] = [{} for _ in index]
    roots: list[int] = []
    _grow(0, {}, forest, rows, offsets, n_psi)
    for start in range(len(index)):
        if rows[start] is None:
            part = _part(start, forest)
            root = max(part, key=lambda i: inductors[i])
            _grow(root, {n + len(roots): 1.0}, forest, rows, offsets, n_psi)
            roots.append(root)
    return [row or {} for row in rows], offsets, roots


def _part(start: int, forest: list[list[Edge]]) -> list[int]:
    seen, stack = {start}, [start]
    while stack:
        for other, _, _ in forest[stack.pop()]:
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return list(seen)


def _grow(root: int, row: Row, forest: list[list[Edge]], rows: list[Row | None],
          offsets: list[Row], n_psi: int) -> None:
    rows[root] = row
    stack = [root]
    while stack:
        node = stack.pop()
        here = rows[node] or {}
        for other, label, sign in forest[node]:
            if rows[other] is not None:
                continue
            if label >= n_psi:
                # across a resistor the offset ends: it then drives V/R, the Norton form
                rows[other] = {**here, label: sign}
            elif label >= 0:
                rows[other], offsets[other] = {**here, label: sign}, offsets[node]
            else:
                rows[other] = here
                offsets[other] = {**offsets[node], -1 - label: sign}
            stack.append(other)
