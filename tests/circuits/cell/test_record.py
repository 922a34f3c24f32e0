import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits import characterise, draw_record, load_record
from neuromorph.circuits.cell import library, record, timing
from neuromorph.circuits.cell.bench import Bench
from neuromorph.circuits.cell.bias_curve import bias_curve
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.measurement import loop
from neuromorph.circuits.cell.timing import Rig
from neuromorph.circuits.cell.transfer_surface import transfer_surfaces
from neuromorph.circuits.cell.weight_curve import weight_curves
from neuromorph.units import PHI0

CELLS = (
    "jtl", "jtl_driven", "splitter", "merger", "dff", "ndro", "not", "synapse", "neuron",
    "antifluxon", "signed_gate",
)  # fmt: skip
TWO_POINT = ("two_point_neuron", "stochastic_two_point_neuron")
MEASURED = (*CELLS, *TWO_POINT)


@pytest.mark.parametrize("cell", MEASURED)
def test_record_lies_beside_the_netlist_and_belongs_to_it(cell):
    found = load_record(cell)
    assert found.cell == cell
    assert record.path(cell).parent == library.folder()
    assert record.from_plain(json.loads(record.path(cell).read_text())) == found
    assert cell in repr(found)


@pytest.mark.parametrize("cell", CELLS)
def test_record_holds_the_tables_that_the_emulator_runs(cell):
    mine, theirs = load_record(cell).machine, timing.load()[cell]
    assert [(t.state, t.port, t.slips) for t in mine.transitions] == [
        (t.state, t.port, t.slips) for t in theirs.transitions
    ]
    for a, b in zip(mine.transitions, theirs.transitions, strict=True):
        assert a.work == pytest.approx(b.work, rel=0.02)


def test_stale_missing_and_broken_records_are_refused(monkeypatch, tmp_path):
    found = load_record("jtl")
    monkeypatch.setattr(record, "path", lambda cell: tmp_path / f"{cell}_record.json")
    with pytest.raises(ValueError, match=r"no record is there: measure it with .*'jtl'\).save"):
        load_record("jtl")
    replace(found, digest="0" * 64).save()
    with pytest.raises(ValueError, match="measured on another netlist of jtl: measure it with"):
        load_record("jtl")
    record.path("jtl").write_text("{}")
    with pytest.raises(ValueError, match="a cell's record is expected"):
        load_record("jtl")


def test_a_change_deep_inside_a_cell_makes_its_record_stale(monkeypatch):
    kept, real = record.digest("two_point_neuron"), library.cell
    assert "jtl" in library.inside("two_point_neuron")
    monkeypatch.setattr(
        library, "cell", lambda n: real(n) + ("RX 1 0 1\n" if n == "jtl" else "")
    )
    assert record.digest("two_point_neuron") != kept


def test_delay_falls_and_jitter_falls_with_bias():
    # a junction nearer its critical current turns sooner, and noise has less time to move it
    curve = load_record("jtl").bias
    assert np.all(np.diff(curve.delay) < 0)
    assert curve.jitter[0] > 2 * curve.jitter[-1]
    at = curve.factor.index(1.0)
    assert curve.delay[at] == pytest.approx(load().delay["jtl"], rel=0.02)


@pytest.mark.slow
def test_bias_curve_measures_again():
    rig = Rig(cell="jtl", bench=Bench(), calibration=load())
    found, kept = bias_curve(rig, factors=(0.9, 1.0)), load_record("jtl").bias
    for factor, delay, jitter in zip(found.factor, found.delay, found.jitter, strict=True):
        at = kept.factor.index(factor)
        assert delay == pytest.approx(kept.delay[at], abs=0.02e-12)
        assert jitter == pytest.approx(kept.jitter[at], rel=0.02)


def test_bias_window_ends_where_pulses_are_lost():
    low, high = load_record("dff").bias.window
    assert (low, high) == (0.75, 1.25)


def test_grey_zone_goes_with_the_root_of_temperature_and_vanishes_without_noise():
    warm = [w for w in load_record("synapse").weights if w.temperature > 0]
    grey = np.array([w.law.grey for w in warm]) / np.sqrt([w.temperature for w in warm])
    assert np.ptp(grey) < 0.2 * grey.mean()
    cold = load_record("synapse").weights[0]
    assert cold.temperature == 0.0
    assert sum(0 < p < 1 for p in cold.passed) <= 1  # all or nothing, but for one current
    assert cold.law.half == pytest.approx(load().synapse.half, abs=1.5e-6)


def test_law_at_4_kelvin_is_the_calibration():
    at = next(w for w in load_record("synapse").weights if w.temperature == 4.2)
    assert at.law.half == pytest.approx(load().synapse.half, abs=0.3e-6)
    assert at.law.grey == pytest.approx(load().synapse.grey, rel=0.1)


@pytest.mark.slow
def test_weight_curve_measures_again():
    (found,) = weight_curves(Bench(seeds=2, pulses=120), temperatures=(4.2,))
    assert found.law.half == pytest.approx(load().synapse.half, abs=0.5e-6)


def test_loop_holds_one_quantum_and_leaks_with_inductance_over_resistance():
    # Phi0 / L and L / R, the junctions at both ends adding a few pH to the 40 pH
    found = loop(Bench())
    assert found.quantum == pytest.approx(load_record("neuron").loop.quantum, rel=1e-3)
    inductance = PHI0 / found.quantum
    assert 40e-12 < inductance < 47e-12
    assert found.tau == pytest.approx(inductance / 0.2, rel=0.03)


def test_rate_curves_are_rectified_and_ordered_by_bias():
    curves = load_record("neuron").rates
    for low, high in itertools.pairwise(curves):
        assert low.bias < high.bias
        assert all(a <= b for a, b in zip(low.out, high.out, strict=True))
    # far above threshold one more pulse in is one more out
    out = np.array(curves[2].out)
    assert (out[-1] - out[-4]) / (curves[2].into[-1] - curves[2].into[-4]) == pytest.approx(
        1.0, abs=0.1
    )


def test_context_alone_is_silent_at_every_temperature_and_bias():
    for cell in TWO_POINT:
        for surface in load_record(cell).surfaces:
            assert max(surface.mean[0]) == 0.0


def test_context_opens_the_two_point_neuron():
    surfaces = load_record("two_point_neuron").surfaces
    nominal = next(s for s in surfaces if (s.temperature, s.factor) == (4.2, 1.0))
    assert 2.0 < nominal.gain < 3.5  # the reference design's is 2.7
    assert {s.temperature for s in surfaces} >= {0.0, 4.2}
    assert {s.factor for s in surfaces} >= {0.8, 0.9, 1.1, 1.2}


def test_signed_context_amplifies_and_silences():
    surfaces = load_record("stochastic_two_point_neuron").surfaces
    nominal = next(s for s in surfaces if (s.temperature, s.factor) == (4.2, 1.0))
    opposed, alone, helped = (nominal.mean[-1][nominal.context.index(c)] for c in (-40e9, 0, 40e9))
    assert opposed < 0.1 * alone
    assert helped > 1.5 * alone


@pytest.mark.slow
def test_surface_measures_again():
    bench = Bench(seeds=2)
    (found,) = transfer_surfaces(
        bench, basal=(40e9,), context=(0.0, 40e9), conditions=((4.2, 1.0),)
    )
    assert 2.0 < found.gain < 3.5


def test_pictures_and_refusals():
    for cell, panels in (("jtl", 2), ("synapse", 4), ("neuron", 1), ("two_point_neuron", 8)):
        figure = draw_record(load_record(cell))
        assert sum(ax.axison for ax in figure.axes) == panels
    with pytest.raises(ValueError, match="holds no curve"):
        draw_record(replace(load_record("jtl"), bias=None))
    with pytest.raises(ValueError, match="characterise: cell 'soma' came, jtl"):
        characterise("soma")
