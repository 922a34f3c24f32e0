import json
from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits.cell import calibration, library
from neuromorph.circuits.cell.bench import Bench, line
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.characterisation import bisect, delays, merger_window
from neuromorph.circuits.cell.law import (
    lif_count,
    neuron_run,
    neuron_runs,
    pass_fraction,
    synapse_law,
)
from neuromorph.units import BOLTZMANN, PHI0


def test_record_belongs_to_the_netlists():
    record = load()
    assert record.stale() == ()
    assert set(record.digests) == set(library.COMPILED)
    changed = replace(record, digests={**record.digests, "jtl": "0" * 64})
    assert changed.stale() == ("jtl",)


def test_stale_or_broken_record_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "calibration.json"
    monkeypatch.setattr(calibration, "path", lambda: path)
    record = json.loads((library.folder() / "calibration.json").read_text())
    record["digests"]["merger"] = "0" * 64
    path.write_text(json.dumps(record))
    with pytest.raises(ValueError, match="measured on other netlists of merger: measure again"):
        load()
    path.write_text("{}")
    with pytest.raises(ValueError, match="a calibration record is expected"):
        load()


def test_quantum_and_offset_are_those_of_the_inductor():
    law = load().neuron
    assert law.quantum == pytest.approx(PHI0 / 40e-12)
    assert law.i_quantum == pytest.approx(law.quantum, rel=0.05)
    assert 0.9 < law.offset < 1.4


@pytest.mark.slow
def test_delays_and_window_measure_again():
    bench, record = Bench(), load()
    found = delays(bench, record.synapse, record.gate)
    for name, value in record.delay.items():
        assert found[name] == pytest.approx(value, abs=0.05e-12), name
    assert merger_window(bench) == pytest.approx(record.window, abs=0.2e-12)


@pytest.mark.slow
def test_synapse_law_measures_again_with_other_seeds():
    law, bench = load().synapse, Bench(pulses=300)
    for current in (law.half - 3e-6, law.half, law.half + 3e-6):
        p = law.probability(current)
        measured = pass_fraction(bench, current, seed=77)
        assert measured == pytest.approx(p, abs=3.5 * np.sqrt(p * (1 - p) / 300) + 0.02)


@pytest.mark.slow
def test_grey_zone_goes_with_the_root_of_temperature():
    # thermal smearing of a threshold is gaussian with variance proportional to k T
    cold = synapse_law(Bench(temperature=1.05, seeds=1, pulses=300))
    law = load().synapse
    assert law.grey / cold.grey == pytest.approx(2.0, rel=0.2)
    assert cold.half == pytest.approx(law.half, abs=0.5e-6)
    thermal = 2 * np.pi * BOLTZMANN * 4.2 / PHI0
    assert 5 < law.grey / thermal < 100


@pytest.mark.slow
def test_synapse_has_no_memory_and_does_not_see_the_rate():
    law, bench = load().synapse, Bench(pulses=400)
    slow, fast = (
        pass_fraction(bench, law.half, seed=5, period=period) for period in (50e-12, 25e-12)
    )
    assert slow == pytest.approx(0.5, abs=0.1)
    assert fast == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
def test_neuron_law_predicts_trains_it_was_not_fitted_on():
    law = load().neuron
    runs = neuron_runs(Bench(pulses=160), leaks=(0.25, 0.5), biases=(140e-6, 190e-6, 210e-6))
    for run in runs:
        wanted = lif_count(run.arrived, law.l_s / run.leak, law.threshold(run.bias, run.leak))
        assert abs(wanted - len(run.fired)) <= max(4, 0.15 * len(run.fired))
    missed = sum(
        abs(lif_count(r.arrived, law.l_s / r.leak, law.threshold(r.bias, r.leak)) - len(r.fired))
        for r in runs
    )
    assert missed <= 0.04 * sum(len(r.fired) for r in runs)


def test_neuron_keeps_its_charge_balance():
    # every pulse in, every spike out and the leak: n_in - n_out = int I R dt / Phi0 + stored.
    # at a rate far above threshold f_in - f_out = f_th does not depend on f_in
    runs = [
        neuron_run(
            Bench(), 0.2, 160e-6, np.arange(60e-12, 4e-9, period), seed=1, temperature=0.0
        )
        for period in (33e-12, 25e-12)
    ]
    lost = [(len(r.arrived) - len(r.fired)) / 3.94e-9 for r in runs]
    assert lost[0] == pytest.approx(lost[1], rel=0.12)
    # f_th = R (I_c - I_b - delta) / Phi0, delta within a quantum
    bare = 0.2 * (250e-6 - 160e-6) / PHI0
    assert bare < np.mean(lost) < bare + 0.2 * 2 * PHI0 / 40e-12 / PHI0


def test_coldness_makes_the_neuron_exact():
    train = np.arange(60e-12, 1.5e-9, 25e-12)
    counts = {len(neuron_run(Bench(), 0.2, 160e-6, train, seed=s, temperature=0.0).fired)
              for s in range(2)}  # fmt: skip
    assert len(counts) == 1


def test_bench_line_and_bisection():
    assert line("dcsfq", "synapse:w").splitlines()[:2] == ["X1 dcsfq d n1", "X2 synapse n1 n2 w"]
    assert bisect(lambda x: x < 3.0, 0.0, 10.0, width=1e-3) == pytest.approx(3.0, abs=1e-3)
