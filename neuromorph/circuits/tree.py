"""The normal tree of a circuit: junctions first, then capacitors, then resistors.

Node phases are written in the coordinates of the tree (L. O. Chua and P.-M. Lin,
*Computer-Aided Analysis of Electronic Circuits*, 1975, ch. 8, state equations):

- ``psi``: the phase across each junction or capacitor branch of the tree,
- ``rho``: the phase across each resistor branch of the tree,
- ``kappa``: the phase of one root node for each part that only inductors join to the rest.

A branch phase is then a short signed sum of coordinates, and a junction of the tree is a
coordinate itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .circuit import Circuit
from .element import Capacitor, Element, Inductor, Junction, Mutual, Resistor

Row = dict[int, float]


@dataclass(slots=True)
class Tree:
    """Coordinates of a circuit: ``rows[node]`` gives the node phase as a sum of coordinates."""

    nodes: list[str]
    index: dict[str, int]
    rows: list[Row]
    n_psi: int
    n_rho: int
    roots: list[int] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of coordinates, psi then rho then kappa."""
        return self.n_psi + self.n_rho + len(self.roots)

    def branch(self, element: Element) -> Row:
        """Return the phase across a two-node element as a sum of coordinates."""
        plus, minus = element.nodes[:2]  # type: ignore[union-attr]
        row = dict(self.rows[self.index[plus]])
        for i, value in self.rows[self.index[minus]].items():
            total = row.get(i, 0.0) - value
            if total:
                row[i] = total
            else:
                del row[i]
        return row


_RANK = (Junction, Capacitor, Resistor)


def tree(circuit: Circuit) -> Tree:
    """Build the normal tree by Kruskal's algorithm over the ranks junction, C, R."""
    names = dict.fromkeys(["0"])
    for element in circuit.elements:
        if not isinstance(element, Mutual):
            names.update(dict.fromkeys(element.nodes))
    index = {name: i for i, name in enumerate(names)}
    forest, counts = _forest(circuit, index)
    rows, roots = _rows(circuit, index, forest, sum(counts))
    return Tree(list(names), index, rows, counts[0], counts[1], roots)


def _forest(circuit: Circuit,
            index: dict[str, int]) -> tuple[list[list[tuple[int, int, float]]], tuple[int, int]]:
    parent = list(range(len(index)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    forest: list[list[tuple[int, int, float]]] = [[] for _ in index]
    n, n_psi = 0, 0
    for rank in _RANK:
        for element in circuit.elements:
            if not isinstance(element, rank):
                continue
            plus, minus = index[element.nodes[0]], index[element.nodes[1]]
            a, b = find(plus), find(minus)
            if a != b:
                parent[a] = b
                forest[minus].append((plus, n, 1.0))
                forest[plus].append((minus, n, -1.0))
                n += 1
        if rank is not Resistor:
            n_psi = n
    return forest, (n_psi, n - n_psi)


def _rows(circuit: Circuit, index: dict[str, int], forest: list[list[tuple[int, int, float]]],
          n: int) -> tuple[list[Row], list[int]]:
    inductors = [0] * len(index)
    for element in circuit.elements:
        if isinstance(element, Inductor):
            for node in element.nodes:
                inductors[index[node]] += 1
    rows: list[Row | None] = [None] * len(index)
    roots: list[int] = []
    _grow(0, {}, forest, rows)
    for start in range(len(index)):
        if rows[start] is None:
            part = _part(start, forest)
            root = max(part, key=lambda i: inductors[i])
            _grow(root, {n + len(roots): 1.0}, forest, rows)
            roots.append(root)
    return [row or {} for row in rows], roots


def _part(start: int, forest: list[list[tuple[int, int, float]]]) -> list[int]:
    seen, stack = {start}, [start]
    while stack:
        for other, _, _ in forest[stack.pop()]:
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return list(seen)


def _grow(root: int, row: Row, forest: list[list[tuple[int, int, float]]],
          rows: list[Row | None]) -> None:
    rows[root] = row
    stack = [root]
    while stack:
        node = stack.pop()
        here = rows[node] or {}
        for other, coordinate, sign in forest[node]:
            if rows[other] is None:
                rows[other] = {**here, coordinate: sign}
                stack.append(other)
