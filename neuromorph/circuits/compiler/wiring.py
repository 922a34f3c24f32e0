"""Wires of a compiled circuit: lines of JTLs, trees of splitters and of mergers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One cell of a netlist: its name, the library's cell, its nodes in order of the ports."""

    name: str
    cell: str
    nodes: tuple[str, ...]


@dataclass(slots=True)
class Wiring:
    """Lines of a netlist as they are laid, with the cells and bias currents [A] among them."""

    lines: list[str] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)
    currents: list[float] = field(default_factory=list)

    def place(self, cell: str, name: str, *nodes: str, variant: str = "") -> None:
        """Add one instance ``Xname`` of a cell (or of a variant of it) between nodes."""
        self.lines.append(f"X{name} {variant or cell} {' '.join(nodes)}")
        self.instances.append(Instance(name=name, cell=cell, nodes=nodes))
        self.cells[cell] = self.cells.get(cell, 0) + 1

    def current(self, name: str, node: str, amperes: float) -> None:
        """Add a bias current into a node; it ramps in like every bias."""
        self.lines.append(f"I{name} 0 {node} pwl(0 0 5p {amperes * 1e6:.6g}u)")
        self.currents.append(amperes)

    def line(self, name: str, start: str, end: str, count: int) -> None:
        """Lay ``count`` JTLs in a row."""
        nodes = [start, *(f"{name}_{k}" for k in range(1, count)), end]
        for k in range(count):
            self.place("jtl", f"{name}_{k}", nodes[k], nodes[k + 1])


def depths(count: int) -> list[int]:
    """Return the depth of each leaf of a balanced binary tree, as the trees below grow it."""
    if count <= 1:
        return [0] * count
    half = (count + 1) // 2
    return [1 + depth for depth in (*depths(half), *depths(count - half))]


def fan_out(wiring: Wiring, name: str, root: str, leaves: Sequence[str]) -> None:
    """Split the pulses at ``root`` onto every leaf node; needs at least two leaves."""
    for cell_name, node, (a, b) in _pairs(name, root, leaves):
        wiring.place("splitter", cell_name, node, a, b)


def fan_in(wiring: Wiring, name: str, leaves: Sequence[str], root: str) -> None:
    """Merge the pulses of every leaf node into ``root``; needs at least two leaves."""
    for cell_name, node, (a, b) in _pairs(name, root, leaves):
        wiring.place("merger", cell_name, a, b, node)


def _pairs(
    name: str, root: str, leaves: Sequence[str]
) -> list[tuple[str, str, tuple[str, str]]]:
    """Return (instance, trunk node, branch nodes) of each fork of a balanced tree."""
    half = (len(leaves) + 1) // 2
    forks: list[tuple[str, str, tuple[str, str]]] = []
    ends: list[str] = []
    for side, part in (("l", leaves[:half]), ("r", leaves[half:])):
        if len(part) == 1:
            ends.append(part[0])
        else:
            ends.append(f"{name}{side}")
            forks += _pairs(f"{name}{side}", f"{name}{side}", part)
    return [(name, root, (ends[0], ends[1])), *forks]
