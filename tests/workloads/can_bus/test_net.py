from dataclasses import replace

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.backends.frame_core import frame_program
from neuromorph.cooperative.plan import plan
from neuromorph.fpga import rtl
from neuromorph.fpga.frame_model import FrameModel
from neuromorph.fpga.frame_program import frame_words
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
    assert cycles[1] < cycles[0] / 3  # rows go eight times as fast, inputs and transfers do not


def core_of(detector, lanes, make):
    """Return the program of a detector that gives its class alone, and a core that holds it."""
    program = frame_program(plan(detector.network), detector.widths, lanes.bit_length() - 1,
                            ("class",))  # fmt: skip
    core = make(program.need)
    core.transfer(program.words)
    core.write("CONTROL", 2)
    return core


def frame_by_frame(detector, core, frames):
    """Return the read-out (n, 4) and the clocks (n,) of each frame, sent and answered alone."""
    fraction = detector.widths.output_fraction("frame")
    said, clocks = [], []
    for row in (features(frames) * 2.0**fraction).astype(np.int64):
        before = core.read("CYCLES")
        said.append(core.transfer(frame_words(row[None])[1:])[:-1].view(np.int32))
        clocks.append(core.read("CYCLES") - before)
    return np.array(said), np.array(clocks)


def test_every_frame_is_judged_within_five_microseconds(detector):
    """1,000 clocks at 200 MHz, 16 lanes: from the first word in to the last word out."""
    frames = generate(20.0, attacks=12, seed=9)[0]
    said, clocks = frame_by_frame(detector, core_of(detector, 16, FrameModel), frames)
    np.testing.assert_array_equal(said, detector.outputs(frames))
    assert set(np.unique(frames.label)) == {0, 1, 2, 3}
    assert clocks.max() < 1000


@pytest.mark.parametrize(("lanes", "most"), [(16, 1138), (32, 745)])
def test_the_longest_a_frame_can_take(detector, lanes, most):
    """A frame of ones whose units all fire lists the most: with 32 lanes under 1,000 clocks too.

    Words 160; records 22; biases 7, 4 with 32 lanes, and 3; rows of projections (4, 2 and 1, or
    2, 1 and 1) of 2 and 160, 64 and 32 inputs, and 3; transfers 64 + 32 + 4 and 3 x 6; 4 words out
    2 each; the end of frame and packet 2, the word that starts them 1.
    """
    ones = {p.source: np.ones((detector.network.population(p.source).n,
                               detector.network.population(p.target).n))
            for p in detector.network.projections}  # fmt: skip
    full = replace(detector, network=replace(detector.network, projections=tuple(
        replace(p, weights=ones[p.source]) for p in detector.network.projections)))  # fmt: skip
    core = core_of(full, lanes, FrameModel)
    one = 1 << detector.widths.output_fraction("frame")
    core.transfer(frame_words(np.full((1, 160), one))[1:])
    rows = [-(-n // lanes) for n in (64, 32, 4)]
    by_hand = 160 + 22 + sum(rows) + 3 + sum(
        r * (2 + n) + 1 for r, n in zip(rows, (160, 64, 32), strict=True)
    ) + 100 + 18 + 8 + 3  # fmt: skip
    assert core.read("CYCLES") == by_hand == most
    assert core.read("SPIKES") == 100
    assert core.read("SKIPPED") == 0


@pytest.mark.slow
@pytest.mark.skipif(rtl.missing_tool() is not None, reason=str(rtl.missing_tool()))
@pytest.mark.parametrize("lanes", [16, 32])
def test_the_verilog_judges_alike(detector, lanes):
    frames = generate(4.0, attacks=3, seed=9)[0][:400]
    theirs, ours = (
        frame_by_frame(detector, core_of(detector, lanes, make), frames)
        for make in (rtl.FrameRTLCore, FrameModel)
    )
    np.testing.assert_array_equal(theirs[0], detector.outputs(frames))
    np.testing.assert_array_equal(theirs[1], ours[1])


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
