"""Benches of whole networks: the single-rail XOR under its four inputs.

The trains have rates and phases that were not used to centre the design (40 GHz, b 11 ps behind
a): a at 31 GHz, b 19 ps behind it. The rule: a true output gives at least half its nominal count,
a false one at most a quarter.
"""

from __future__ import annotations

import re

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.specification import Specification, Window
from neuromorph.circuits.tolerance.trial import Bench

GATE_XOR = "gate_xor"
RATE, LAG = 31e9, 19e-12  #: of the trains, and by how much b follows a
START, LENGTH, END = 60e-12, 1.5e-9, 1.65e-9
OUTPUT = "BT.XN.XT"


def text(name: str) -> str:
    """Return the deck of a network with all that it includes."""
    return library.resolved(library.folder().parent / "networks" / f"{name}.cir")


def xor_benches() -> tuple[tuple[Bench, ...], str]:
    """Return the benches of the XOR for the inputs 01, 10, 11, 00, and its rule in words."""
    circuits = [driven(a, b) for a, b in ((0, 1), (1, 0), (1, 1), (0, 0))]
    counts = [simulate(c, temperature=0.0, record=(), pulses=(OUTPUT,), duration=END).counts[OUTPUT]
              for c in circuits[:2]]
    quarter = min(counts) // 4
    checks = [_between(-(-n // 2), 10**6) for n in counts] + [_between(0, quarter)] * 2
    benches = tuple(Bench(circuit=c, check=k) for c, k in zip(circuits, checks, strict=True))
    low = [-(-n // 2) for n in counts]
    return benches, (f"01 and 10 give {low[0]} and {low[1]} turns or more of {OUTPUT} (nominal "
                     f"{counts[0]}, {counts[1]}), 11 and 00 at most {quarter}")


def driven(a: int, b: int, *, rate: float = RATE, lag: float = LAG) -> Circuit:
    """Return the XOR with trains [Hz] on some of its inputs, b ``lag`` [s] behind a."""
    train = START + np.arange(0.0, LENGTH, 1 / rate)
    deck = re.sub(r"(?m)^Ia 0 d .*$", drive("a", "d", train if a else []), text(GATE_XOR))
    deck = re.sub(r"(?m)^Ib 0 e .*$", drive("b", "e", train + lag if b else []), deck)
    deck = re.sub(r"(?m)^\.tran .*$", f".tran 0.1p {END * 1e12:g}p", deck)
    return read(deck)


def _between(low: int, high: int) -> Specification:
    window = Window(junction=OUTPUT, start=0.0, stop=float("inf"), low=low, high=high)
    return Specification(windows=(window,))
