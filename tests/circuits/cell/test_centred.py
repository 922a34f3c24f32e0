"""Centred cells and networks against JoSIM: pulse times where a cell has them, turns elsewhere."""

import json
from pathlib import Path

import numpy as np
import pytest

from neuromorph.circuits.cell import acceptance, library, network_bench
from neuromorph.circuits.cell.acceptance import cell_benches
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.knob import knobs
from neuromorph.circuits.tolerance.variant import Setting, observe

TRUTH = json.loads((Path(__file__).parent / "josim" / "centred.json").read_text())


def bias_margin(name):
    """The recorded margin on all biases."""
    (row,) = [row for row in acceptance.load() if row["cell"] == name]
    (margin,) = [m for m in row["margins"] if m["name"] == "XI"]
    return margin


def deck(name):
    return network_bench.text(name) if name in acceptance.NETWORKS else library.testbench(name)


@pytest.mark.parametrize("name", TRUTH["pulses_ps"])
def test_pulse_times_equal_josim(name):
    """The default scheme at 0.1 ps; they were 0.004 ps apart and less."""
    result = simulate(read(deck(name)), record=())
    for junction, times in TRUTH["pulses_ps"][name].items():
        seen = result.pulses[junction], result.antipulses[junction]
        ours = (seen[0] if seen[0].size else seen[1]) * 1e12
        assert ours.size == len(times) > 0, junction
        assert np.max(np.abs(ours - times)) < 0.02, junction


@pytest.mark.parametrize("name", TRUTH["turns"])
def test_turns_equal_josim(name):
    counts = simulate(read(deck(name)), record=()).counts
    expected = TRUTH["turns"][name]
    assert {junction: counts[junction] for junction in expected} == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gate_xor_merged", "dual_rail_xor"])
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_redesigned_xor_answers_at_a_fifth_more_and_less_bias(name, factor):
    benches, _ = network_bench.xor_benches(name)
    biases = dict.fromkeys(knobs(benches[0].circuit, ["XI"])[0].elements, factor)
    for bench in benches:
        (seen,) = observe(bench.circuit, [biases], [0], Setting(temperature=0.0))
        assert bench.check(seen)


@pytest.mark.parametrize("name", ["not_centred", "ndro_centred", "merger_centred", "dff"])
def test_a_record_holds_at_its_edge_and_not_beyond(name):
    """Measured again at both ends of its margin on all biases, and one and a half steps further."""
    (bench,), _ = cell_benches(name)
    margin = bias_margin(name)
    elements = knobs(bench.circuit, ["XI"])[0].elements
    edges = [margin["low"], margin["high"], margin["low"] - 0.0075, margin["high"] + 0.0075]
    rows = [dict.fromkeys(elements, 1.0 + edge) for edge in edges]
    seen = observe(bench.circuit, rows, [0] * 4, Setting(temperature=0.0), watched=bench.watched)
    assert [one is not None and bench.check(one) for one in seen] == [True, True, False, False]


#: One cell of each function: its margin on all biases reaches a fifth either way.
WIDE = (
    "dcsfq", "dff", "jtl", "merger_centred", "ndro_centred", "neuron", "not_centred",
    "sfqdc_centred", "splitter_centred", "two_point_neuron_centred", "gate_xor_merged",
    "dual_rail_xor",
)  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_the_bias_of_every_function_may_be_a_fifth_off(name):
    margin = bias_margin(name)
    assert margin["low"] <= -0.2
    assert margin["high"] >= 0.2
