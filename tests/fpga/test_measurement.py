"""Recordings of a made-up board: what is put in must come out, with its verdict and its label."""

import numpy as np
import pytest
from rail_case import CLOCKED, COPY, IDLE, LOADED, RAIL, made_up

from neuromorph.fpga import measurement, recording
from neuromorph.fpga.power import SensorError
from neuromorph.fpga.recording import Recording


def test_a_file_gives_back_what_was_recorded_and_is_labelled(tmp_path):
    was = made_up(copies=(1, 4))
    recording.write_recording(tmp_path / "trace.csv", was)
    got = recording.read_recording(tmp_path / "trace.csv")
    assert (was.method, got.method) == ("measured", "replayed")
    assert (got.board, got.workload, got.rail) == ("zcu102", "xor", RAIL)
    assert len(got.segments) == len(was.segments) == 1 + 2 * (2 + 10 + 1) - 2
    for a, b in zip(was.segments, got.segments, strict=True):
        assert (a.state, a.pair, a.copies, a.runs) == (b.state, b.pair, b.copies, b.runs)
        np.testing.assert_allclose(a.trace.power, b.trace.power, rtol=1e-8)
        np.testing.assert_allclose(a.trace.time, b.trace.time, atol=1e-6)


def test_the_difference_and_the_joules_of_a_run(tmp_path):
    recording.write_recording(tmp_path / "trace.csv", made_up())
    found = measurement.evaluate(recording.read_recording(tmp_path / "trace.csv"))
    assert found.verdict.text == "resolved"
    assert found.verdict.n == 5
    assert found.verdict.watts == pytest.approx(COPY, abs=2e-4)
    assert found.watts["idle"] == pytest.approx(IDLE, abs=2e-4)
    assert found.watts["loaded"] == pytest.approx(LOADED, abs=2e-4)
    # 100 runs in each state of 1.999 s between first and last sample
    assert found.seconds == pytest.approx(0.01999)
    assert found.energy.dynamic == pytest.approx(COPY * 0.01999, rel=0.01)
    assert found.energy.joules == pytest.approx((CLOCKED + COPY) * 0.01999, rel=1e-3)
    assert found.energy.ci[0] < found.energy.joules < found.energy.ci[1]
    assert (found.energy.method, found.energy.boundary) == ("replayed", "chip")
    text = "\n".join(found.lines())
    assert "replayed" in text
    assert "0.85 V core supply of the PL alone; boundary chip" in text


def test_copies_resolve_what_one_difference_does_not():
    """30 mW a copy under a step of 125 mW: no energy from one copy, the slope over many."""
    coarse = made_up(step=0.125, noise=0.06)
    found = measurement.evaluate(coarse)
    assert found.verdict.text == "below sensor resolution"
    assert found.energy is None
    assert any("no energy: below sensor resolution" in line for line in found.lines())
    many = measurement.evaluate(made_up(copies=(1, 8, 32), step=0.125, noise=0.06))
    slope, (low, high) = many.per_copy
    assert slope == pytest.approx(COPY, rel=0.05)
    assert low < COPY < high
    assert many.verdict.text == "resolved"  # 32 copies make 0.96 W
    assert many.energy.dynamic / many.seconds == pytest.approx(32 * COPY, rel=0.02)


def test_drift_beyond_the_difference_is_no_result():
    with pytest.raises(SensorError, match="the loaded idle drifted by"):
        measurement.evaluate(made_up(drift=0.004))


def test_a_frozen_sensor_and_a_missing_state_raise(tmp_path):
    still = made_up(step=10.0)  # all readings round to the same
    with pytest.raises(SensorError, match="samples all read 0 W: the sensor is frozen"):
        measurement.evaluate(still)
    whole = made_up()
    half = [s for s in whole.segments if s.state != "clocked"]
    with pytest.raises(ValueError, match="no state 'clocked' came"):
        measurement.evaluate(Recording(board="zcu102", workload="", rail=RAIL,
                                       segments=tuple(half)))  # fmt: skip
    few = [s for s in whole.segments if s.pair < 4]
    with pytest.raises(ValueError, match="4 values came, 5 or more"):
        measurement.evaluate(Recording(board="zcu102", workload="", rail=RAIL,
                                       segments=tuple(few)))  # fmt: skip


def test_files_that_lack_something_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time_s,state,pair,copies,runs,VCCINT\n0,idle,0,1,0,1\n")
    with pytest.raises(ValueError, match="no line '# board: NAME'"):
        recording.read_recording(path)
    path.write_text("# board: zcu102\n# rail: VCCINT\ntime_s,state,pair,copies,VCCINT\n0,x,0,1,1\n")
    with pytest.raises(ValueError, match="no column 'runs'"):
        recording.read_recording(path)
    path.write_text("# board: zcu102\n# rail: VCCINT\ntime_s,state,pair,copies,runs,VCCINT\n"
                    "0,asleep,0,1,0,1\n1,asleep,0,1,0,1\n")  # fmt: skip
    with pytest.raises(ValueError, match="state 'asleep' came, idle, loaded, clocked, workload"):
        recording.read_recording(path)
    path.write_text("# board: zcu102\n# rail: VCCINT\ntime_s,state,pair,copies,runs,VCCINT\n"
                    "0,idle,0,1,x,1\n1,idle,0,1,x,1\n")  # fmt: skip
    with pytest.raises(ValueError, match=r"state .idle.: invalid literal .* came, numbers are"):
        recording.read_recording(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="came, a CSV file in UTF-8 is allowed"):
        recording.read_recording(path)


class Standing:
    """Stands for a board: writes down what it is told, and knows how much it takes."""

    def __init__(self, simulated=False):
        self.told, self.device, self.copies = [], type("D", (), {"simulated": simulated})(), 1
        self.watts = CLOCKED

    def write(self, name, value):
        self.told.append((name, value))

    def hold(self, on):
        self.told.append(("hold", on))

    def clock(self, on):
        self.told.append(("clock", on))


class Standby:
    def __init__(self, simulated=False):
        self.board, self.runs = Standing(simulated), 0

    def once(self):
        self.runs += 1


def test_the_protocol_holds_stops_and_runs_in_order():
    standing, count = Standby(), iter(range(10**9))
    got = measurement.record(standing, lambda: 1.0 + 1e-3 * (next(count) % 7), rail=RAIL,
                             repeats=5, seconds=0.03, period=1e-3, copies=(1, 2))  # fmt: skip
    order = [(s.copies, s.state) for s in got.segments]
    assert order[:1] == [(1, "loaded")]
    assert [s for c, s in order if c == 2][-1] == "loaded"
    assert sum(s == "workload" for _, s in order) == sum(s == "clocked" for _, s in order) == 10
    assert all((s.runs > 0) == (s.state == "workload") for s in got.segments)
    assert sum(s.runs for s in got.segments) == standing.runs
    told = standing.board.told
    assert told.count(("clock", False)) == told.count(("clock", True)) == 4
    assert [v for n, v in told if n == "ACTIVE"] == [1, 2, 1]
    assert told.count(("hold", True)) == 10


def test_a_simulated_board_gives_no_energy():
    with pytest.raises(SensorError, match="simulated device"):
        measurement.record(Standby(simulated=True), lambda: 1.0, rail=RAIL, seconds=0.01)
