"""The case study of the exclusive ors: groups of biases, rules, and one level against another."""

import numpy as np
import pytest

from neuromorph.circuits.cell.record import window
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.circuits.solver.transient import simulate
from neuromorph.sweep import Outcome, Outcomes
from neuromorph.units import PHI0
from neuromorph.workloads import xor_study
from neuromorph.workloads.xor_study import DESIGNS, INPUTS, THRESHOLD
from neuromorph.workloads.xor_study.design import emulated, trains
from neuromorph.workloads.xor_study.study import measure, right


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_groups_share_out_every_bias_current(design):
    circuit = design.circuit("10", design.rate)
    every = design.elements(circuit, "all biases")
    groups = [design.elements(circuit, g) for g, _ in design.groups if g != "all biases"]
    assert sorted(name for group in groups for name in group) == sorted(every)
    assert all(groups)


def test_trains_carry_one_rail_per_input():
    for bits in INPUTS:
        active = {k for (_, k), times in trains(bits, 20e9).items() if times.size}
        assert active == {0 if bits[0] == "1" else 1, 2 if bits[1] == "1" else 3}


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_both_circuits_answer_rightly_at_4_kelvin(design):
    for bits in INPUTS:
        circuit = design.circuit(bits, design.rate)
        batch = simulate_batch(circuit, seeds=[5, 6], temperature=4.2, pulses=(design.output,))
        answers = batch.counts[design.output] > THRESHOLD
        assert answers.all() == answers.any() == (bits in ("01", "10")), bits


@pytest.mark.slow
def test_levels_agree_at_the_nominal_setting():
    design = DESIGNS["dual rail"]
    for bits in INPUTS:
        pulses = emulated(bits, design.rate, vary="", factor=1.0, temperature=4.2, seeds=range(4))
        circuit = simulate(design.circuit(bits, design.rate), temperature=4.2, seed=3, record=(),
                           pulses=(design.output,))  # fmt: skip
        assert abs(np.mean(pulses) - circuit.counts[design.output]) <= 2.5, bits


def test_a_higher_threshold_bias_means_more_spikes():
    counts = [np.mean(emulated("10", 20e9, vary="hidden thresholds", factor=f, temperature=4.2,
                               seeds=range(3))) for f in (0.6, 1.0, 1.3)]  # fmt: skip
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.slow
def test_energy_counts_what_it_says():
    found = measure({"kind": "energy", "design": "gates"})
    circuit = DESIGNS["gates"].circuit("10", 40e9)
    assert found["junctions"] == len(circuit.junctions)
    assert found["rsfq"] == pytest.approx(2.6e-3 * found["bias"] * 1.65e-9)
    # a source's work is at most all bias currents times a flux quantum per turn of the fastest
    assert 0 < found["work"] < found["ersfq"] < found["rsfq"]
    assert found["work"] < found["turns"] * 350e-6 * PHI0


def test_windows_end_at_the_first_wrong_answer():
    found = {0.8: True, 0.9: False, 1.0: True, 1.1: True, 1.2: False}
    assert window(found, 1.0) == (1.0, 1.1)
    by_input = {"00": {1.0: [0]}, "01": {1.0: [9]}, "10": {1.0: [4]}, "11": {1.0: [4]}}
    assert right(by_input) == {1.0: 0.75}
    assert right({**by_input, "00": {1.0: [-1]}}) == {1.0: 0.5}  # a lane that left the solver


def test_sheets_and_picture_of_finished_points():
    study = xor_study()
    outcomes, count = {}, {"00": 0, "01": 9, "10": 8, "11": 0}
    for k, p in enumerate(study.plan.parameters):
        if p["kind"] == "energy":
            value = {"work": 1e-15, "rsfq": 1e-13, "ersfq": 2e-15, "turns": 9.0, "bias": 1e-2,
                     "junctions": 40.0}  # fmt: skip
        else:
            n = count[p["input"]]
            value = {"all biases": {"0.9": [0], "1": [n], "1.1": [n]}, "temperature": {"4.2": [n]}}
        outcomes[k] = Outcome(index=k, value=value)
    done = Outcomes(plan=study.plan, by_index=outcomes)
    margins, energy = study.sheets(done)
    biases = next(row for row in margins.rows if row[:3] == ("dual rail", "circuit", "all biases"))
    assert biases[3:] == ("+0.0 %", "end, +10.0 %", 8, 0)
    assert energy.rows[0][4] == pytest.approx(1.0)
    assert study.picture(done).axes
