import numpy as np
import pytest

import neuromorph as nm
from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads.can_bus import features, generate
from neuromorph.workloads.can_bus.net import can_data, trained_detector
from neuromorph.workloads.can_bus.study import can_study, measure


@pytest.fixture(scope="module")
def detector():
    drive, _ = generate(30.0, attacks=18, seed=1)
    return trained_detector(drive, each=600, epochs=8)


def test_it_finds_floods_on_a_drive_it_has_not_seen(detector):
    report, _ = generate(15.0, attacks=9, seed=77)
    said = detector.classes(report)
    assert (said[report.label == 1] == 1).mean() > 0.98
    assert (said[report.label == 2] > 0).mean() > 0.9
    assert (said[report.label == 0] > 0).mean() < 0.15


def test_the_emulator_computes_the_same_integers(detector):
    frames = generate(2.0, attacks=3, seed=5)[0][:200]
    backend = nm.Numba(quantised=detector.widths)
    result = nm.run(detector.network, {"frame": nm.Frames(value=features(frames)[:, None])},
                    backend=backend)  # fmt: skip
    one = 2.0**detector.widths.fraction
    np.testing.assert_array_equal(result.frames["class"][:, 0] * one, detector.outputs(frames))


def test_the_core_computes_them_too(detector):
    frames = generate(2.0, attacks=3, seed=5)[0][:200]
    stimulus = {"frame": nm.Frames(value=features(frames)[None])}
    cycles = []
    for lanes in (1, 8):
        backend = nm.FPGAModel(quantised=detector.widths, lanes=lanes)
        result = nm.run(detector.network, stimulus, backend=backend)
        one = 2.0**detector.widths.fraction
        np.testing.assert_array_equal(result.frames["class"][0] * one, detector.outputs(frames))
        cycles.append(result.counts.cycles)
    assert cycles[1] < cycles[0] / 4


def test_classes_are_drawn_evenly():
    frames, _ = generate(10.0, attacks=6, seed=1)
    data = can_data(frames, each=50)
    assert data.targets["class"].sum(axis=(0, 1)).tolist() == [50.0] * 4


def test_the_study():
    small = {"seconds": 20.0, "held": 10.0, "each": 300, "epochs": 4}
    points = [p.parameters | small for p in can_study().plan]
    outcomes = run_sweep(Plan(parameters=points, name="can"), measure)
    (sheet,) = can_study().sheets(outcomes)
    rows = {row[0]: row[1:] for row in sheet.rows}
    assert rows["one rule (identifier, interval)"][1] == 1.0  # dos: identifier 0 is unknown
    assert abs(rows["net, 2 bits, alarms as the rule"][0]
               - rows["one rule (identifier, interval)"][0]) < 0.05  # fmt: skip
    assert can_study().picture(outcomes).axes
