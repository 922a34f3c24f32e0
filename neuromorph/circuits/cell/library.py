"""The cell library: the netlists in ``circuits/``, found by name, their includes resolved."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from neuromorph import _res
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.element import CurrentSource, Element, Junction

_INCLUDE = re.compile(r"\s*\.include\s+(\S+)\s*\Z", re.IGNORECASE)
_SUBCKT = re.compile(r"\s*\.subckt\s+(\S+)\s+(.*)", re.IGNORECASE)


#: The cells the compiler uses.
COMPILED = (
    "jtl", "splitter", "merger", "dcsfq", "synapse", "neuron", "antifluxon", "jtl_negative",
    "signed_gate", "jtl_driven",
)  # fmt: skip


def folder() -> Path:
    """Return the folder of the cells' netlists."""
    return _res.root() / "circuits" / "cells"


def names() -> tuple[str, ...]:
    """Return the names of the cells, each a file ``NAME.cir`` holding ``.subckt NAME``."""
    found = (path for path in folder().glob("*.cir") if _holds_subckt(path))
    return tuple(sorted(path.stem for path in found))


def benched() -> tuple[str, ...]:
    """Return the names of the cells that have a testbench beside them."""
    return tuple(name for name in names() if (folder() / f"{name}_testbench.cir").is_file())


def process() -> str:
    """Return the junction model that every cell uses."""
    return (folder() / "process.cir").read_text(encoding="utf-8")


def cell(name: str) -> str:
    """Return the netlist of one cell: its comment and its ``.subckt``.

    Raises
    ------
    ValueError
        There is no such cell; the message lists those there are.
    """
    if name not in names():
        raise ValueError(f"cell {name!r} came, {', '.join(names())} are in the library")
    return (folder() / f"{name}.cir").read_text(encoding="utf-8")


def testbench(name: str) -> str:
    """Return the deck that exercises one cell, includes resolved: it runs on its own.

    Raises
    ------
    ValueError
        The cell is not there or has no testbench.
    """
    cell(name)
    path = folder() / f"{name}_testbench.cir"
    if not path.is_file():
        raise ValueError(f"cell {name!r}: no testbench beside it, {path.name} is expected")
    return resolved(path)


def resolved(path: Path) -> str:
    """Return the text of a deck with each ``.include`` line replaced by the file it names."""
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _INCLUDE.match(line)
        lines.append(resolved(path.parent / match[1]).rstrip("\n") if match else line)
    return "\n".join(lines) + "\n"


def ports(name: str) -> tuple[str, ...]:
    """Return the ports of a cell in order."""
    match = next(filter(None, map(_SUBCKT.match, cell(name).splitlines())))
    return tuple(match[2].split())


def junctions(name: str) -> int:
    """Return the number of Josephson junctions of a cell, those of cells inside it included."""
    return sum(isinstance(element, Junction) for element in _flat(name))


def bias_current(name: str) -> float:
    """Return the sum of the magnitudes of the bias currents inside a cell [A]."""
    return sum(
        abs(float(element.waveform.value(np.array([1.0]))[0]))
        for element in _flat(name)
        if isinstance(element, CurrentSource)
    )


@cache
def _flat(name: str) -> tuple[Element, ...]:
    """Return the elements of a cell, flat: what the reader makes of one instance."""
    nodes = " ".join(f"p{k}" for k in range(len(ports(name))))
    return read(process() + "".join(map(cell, names())) + f"X1 {name} {nodes}\n").elements


def inside(name: str) -> tuple[str, ...]:
    """Return a cell and all cells that stand inside it, each once, the innermost first."""
    found: list[str] = []
    for line in _elements(name):
        words = line.split()
        if words[0][0] in "Xx":
            found += inside(words[1])
    return tuple(dict.fromkeys([*found, name]))


def value(name: str, label: str) -> float:
    """Return the value of one component of a cell: area, ohm, or H."""
    line = next(x for x in _elements(name) if x.split()[0] == label)
    number = line.split()[-1].removeprefix("area=").removesuffix("p")
    return float(number) * (1e-12 if line.endswith("p") else 1.0)


def variant(name: str, new: str, **values: float) -> str:
    """Return a cell's netlist under a new name with other resistors [ohm] or inductors [H].

    Raises
    ------
    ValueError
        A component that the cell does not have.
    """
    text = cell(name)
    for label, number in values.items():
        unit = f"{number * 1e12:.9g}p" if label[0] in "Ll" else f"{number:.9g}"
        text, found = re.subn(rf"(?m)^({label}\s+\S+\s+\S+\s+)\S+$", rf"\g<1>{unit}", text)
        if found != 1:
            raise ValueError(f"cell {name!r}: component {label!r} came, it has none of that name")
    return re.sub(rf"(?m)^(\.(?:subckt|ends)\s+){name}\b", rf"\g<1>{new}", text)


def deck(**changed: Mapping[str, float]) -> str:
    """Return process and all compiled cells, some with changed values: ``neuron={"RL": 0.4}``."""
    return process() + "".join(
        variant(name, name, **changed.get(name, {})) for name in COMPILED
    )


def comment(name: str) -> str:
    """Return what a cell's netlist says it is, in one line."""
    lines = []
    for text in cell(name).splitlines():
        if not text.startswith("*"):
            break
        lines.append(text.lstrip("* "))
    return " ".join(lines)


def digest(name: str) -> str:
    """Return the SHA-256 of a cell's netlist with the process, comments left out."""
    return content_digest(process() + cell(name))


def content_digest(text: str) -> str:
    """Return the SHA-256 of a deck, comment lines left out."""
    kept = [line for line in text.splitlines() if line and line[0] not in "*#"]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _elements(name: str) -> list[str]:
    return [line for line in cell(name).splitlines() if line and line[0] not in "*#.+"]


def _holds_subckt(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(m and m[1] == path.stem for m in map(_SUBCKT.match, lines))
