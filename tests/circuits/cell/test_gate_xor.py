"""The single-rail XOR of two veto gates, as a circuit."""

import re

import numpy as np
import pytest

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.element import CurrentSource
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.waveform import Pwl

DECK = library.folder().parent / "networks" / "gate_xor.cir"
RATE, LENGTH = 40e9, 1.5e-9


def outputs(*, factor=1.0, temperature=4.2, seed=1):
    """Spikes out for the inputs 00, 01, 10, 11, b 11 ps behind a."""
    text, counts = library.resolved(DECK), []
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        train = 60e-12 + np.arange(0.0, LENGTH, 1 / RATE)
        deck = re.sub(r"(?m)^Ia 0 d .*$", drive("a", "d", train if a else []), text)
        deck = re.sub(r"(?m)^Ib 0 e .*$", drive("b", "e", train + 11e-12 if b else []), deck)
        circuit = read(deck)
        biases = {
            e.name: factor
            for e in circuit.elements
            if isinstance(e, CurrentSource)
            and isinstance(e.waveform, Pwl)
            and e.waveform.level.size == 2
            and e.waveform.level[-1]
        }
        transient = simulate(
            circuit.scaled(biases), duration=LENGTH + 150e-12, temperature=temperature, seed=seed,
            record=(), pulses=["BT.XN.XT"],
        )  # fmt: skip
        counts.append(transient.counts["BT.XN.XT"])
    return counts


def assert_xor(counts):
    none, b, a, both = counts
    assert none == 0
    assert min(a, b) >= 2 * both + 3, counts


def test_deck_counts_equal_josim():
    # JoSIM 2.7 on the deck as it stands (a at 40 GHz for 2 ns, b silent), noiseless
    transient = simulate(read(DECK), record=())
    found = [transient.counts[o.targets[0]] for o in read(DECK).outputs]
    assert found == [80, 0, 79, 0, 21, 21]


def test_xor_at_4_kelvin():
    assert_xor(outputs())


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.85, 0.9, 1.1])
def test_xor_stands_bias_15_percent_low_and_10_percent_high(factor):
    assert_xor(outputs(factor=factor))
