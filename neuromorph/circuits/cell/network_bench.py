"""Benches of whole networks: XORs under their four inputs.

The trains have rates and phases that were not used to centre the designs:

- `gate_xor` was centred at 40 GHz, b 11 ps behind a, and runs at 31 GHz, 19 ps;
- `gate_xor_merged` was centred at 31 GHz, 19 ps, and 36 GHz, 8 ps, and runs at 33 GHz, 13 ps;
- `dual_rail_xor` was centred at 22 GHz, 17 ps, and runs at 20 GHz, 21 ps.

The rule: a true output gives at least half its nominal count, a false one at most a quarter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.rule import TruthTable
from neuromorph.circuits.tolerance.specification import observed
from neuromorph.circuits.tolerance.trial import Bench

START, LENGTH, END = 60e-12, 1.5e-9, 1.65e-9  #: of the trains, and end of the run [s]
INPUTS = ((0, 1), (1, 0), (1, 1), (0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Xor:
    """How an XOR is driven and read.

    Attributes
    ----------
    rails : dict of str
        Source and node of each rail: "a", "b", and "not a", "not b" where there are two.
    output : str
        The junction whose turns are counted.
    rate : float [Hz]
    lag : float [s]
        By how much the rails of b follow those of a.
    """

    rails: Mapping[str, tuple[str, str]]
    output: str
    rate: float
    lag: float

    def trains(self, a: int, b: int) -> dict[str, list[float]]:
        """Return the drive times of each rail [s] for an input."""
        train = START + np.arange(0.0, LENGTH, 1 / self.rate)
        values = {"a": a, "not a": 1 - a, "b": b, "not b": 1 - b}
        late = {rail: self.lag if rail.endswith("b") else 0.0 for rail in self.rails}
        return {rail: (train + late[rail]).tolist() if values[rail] else [] for rail in self.rails}


SINGLE = {"a": ("Ia", "d"), "b": ("Ib", "e")}
DUAL = {"a": ("Ia", "da"), "not a": ("Ina", "dna"), "b": ("Ib", "db"), "not b": ("Inb", "dnb")}
XORS = {
    "gate_xor": Xor(rails=SINGLE, output="BT.XN.XT", rate=31e9, lag=19e-12),
    "gate_xor_merged": Xor(rails=SINGLE, output="BT.XN.XT", rate=33e9, lag=13e-12),
    "dual_rail_xor": Xor(rails=DUAL, output="BT.XN3.XT", rate=20e9, lag=21e-12),
}


def text(name: str) -> str:
    """Return the deck of a network with all that it includes."""
    return library.resolved(library.folder().parent / "networks" / f"{name}.cir")


def xor_benches(name: str) -> tuple[tuple[Bench, ...], str]:
    """Return the benches of an XOR for the inputs 01, 10, 11, 00, and its rule in words.

    Raises
    ------
    ValueError
        The nominal design answers wrongly.
    """
    xor = XORS[name]
    circuits = [driven(name, a, b) for a, b in INPUTS]
    runs = [simulate(c, temperature=0.0, record=(), pulses=(xor.output,)) for c in circuits]
    checks = _table(xor)([observed(run.pulses, run.antipulses) for run in runs])
    counts = [run.counts[xor.output] for run in runs]
    if checks is None:
        raise ValueError(f"network {name}: 01, 10, 11, 00 give {counts}: no XOR")
    benches = tuple(Bench(circuit=c, check=k) for c, k in zip(circuits, checks, strict=True))
    low = [-(-n // 2) for n in counts]
    return benches, (f"01 and 10 give {low[0]} and {low[1]} turns or more of {xor.output} (nominal "
                     f"{counts[0]}, {counts[1]}), 11 and 00 at most {min(counts[:2]) // 4}")


def terms(name: str) -> dict[str, Any]:
    """Return what the bench of a network consists of beside the deck, as plain values."""
    xor = XORS[name]
    return {
        "inputs": INPUTS, "start": START, "length": LENGTH, "end": END,
        "bench": asdict(xor), "rule": asdict(_table(xor)),
    }  # fmt: skip


def _table(xor: Xor) -> TruthTable:
    return TruthTable(junction=xor.output, truth=tuple(a != b for a, b in INPUTS))


def driven(
    name: str, a: int, b: int, *, rate: float | None = None, lag: float | None = None
) -> Circuit:
    """Return the circuit of a network with trains on its inputs, for the time of the bench.

    ``rate`` [Hz] and ``lag`` [s] are the bench's unless given.
    """
    own = XORS[name]
    xor = replace(own, rate=rate or own.rate, lag=own.lag if lag is None else lag)
    deck = text(name)
    for rail, times in xor.trains(a, b).items():
        source, node = xor.rails[rail]
        deck = re.sub(rf"(?m)^{source} 0 {node} .*$", drive(source[1:], node, times), deck)
    deck = re.sub(r"(?m)^\.tran .*$", f".tran 0.1p {END * 1e12:g}p", deck)
    return replace(read(deck), title=name)
