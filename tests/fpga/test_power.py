"""Integration, resolution, intervals and verdicts against closed forms and simulated sensors."""

import threading
import time

import numpy as np
import pytest

from neuromorph.fpga import board, power, sensor
from neuromorph.fpga.power import PowerTrace, SensorError


def trace(watts, *, noise=0.0, step=None, seconds=2.0, n=400, seed=0, method="replayed"):
    rng = np.random.default_rng(seed)
    values = watts + noise * rng.standard_normal(n)
    if step is not None:
        values = np.round(values / step) * step
    return PowerTrace(time=np.linspace(0.0, seconds, n), power=values, rail="INT", method=method)


def test_a_ramp_integrates_exactly():
    at = np.sort(np.random.default_rng(1).uniform(0, 3, 50))
    ramp = PowerTrace(time=at, power=2.0 + 0.5 * at, rail="x", method="replayed")
    exact = 2.0 * (at[-1] - at[0]) + 0.25 * (at[-1] ** 2 - at[0] ** 2)
    assert ramp.joules == pytest.approx(exact, rel=1e-12)


class Reader:
    """A sensor that tells when it was read ``enough`` times."""

    def __init__(self, read, enough):
        self.read, self.left, self.done = read, enough, threading.Event()

    def __call__(self):
        self.left -= 1
        if self.left <= 0:
            self.done.set()
        return self.read()


def test_the_sampler_keeps_its_period_and_dates_its_readings():
    begun = time.monotonic()
    sine = Reader(lambda: 5.0 + np.sin(2 * np.pi * 20 * (time.monotonic() - begun)), 300)
    with power.Sampler(sine, rail="x", period=1e-3) as sampler:
        assert sine.done.wait(60.0)
    got = sampler.trace()
    assert got.method == "measured"
    wave = 5.0 + np.sin(2 * np.pi * 20 * (got.time - begun))
    # the time of a reading is the middle of its call; a loaded machine may delay a few readings
    assert np.median(np.abs(got.power - wave)) < 0.01
    assert got.quality["samples"] >= 300
    assert got.quality["period"] > 0.9e-3


def test_a_frozen_or_failing_sensor_raises(tmp_path):
    still = Reader(lambda: 1.0, 20)
    with power.Sampler(still, rail="INT", period=1e-3) as frozen:
        assert still.done.wait(60.0)
    with pytest.raises(SensorError, match="all read 1 W: the sensor is frozen"):
        frozen.trace()
    gone = Reader(sensor.hwmon_reader(tmp_path / "power1_input"), 1)
    with power.Sampler(gone, rail="INT") as missing:
        assert gone.done.wait(60.0)
    with pytest.raises(SensorError, match="reading failed"):
        missing.trace()


def test_a_simulated_device_has_no_power():
    class Device:
        simulated = True

    with pytest.raises(SensorError, match="simulated device"):
        power.Sampler(lambda: 1.0, rail="INT", device=Device())


@pytest.mark.parametrize(
    ("extra", "step", "text"),
    [(0.2, 0.025, "resolved"), (0.01, 0.125, "below sensor resolution"),
     (0.0, None, "not different from zero")],
)  # fmt: skip
def test_verdicts(extra, step, text):
    pairs = range(8)
    work = [trace(5.0 + extra, noise=0.1, step=step, seed=k) for k in pairs]
    idle = [trace(5.0, noise=0.1, step=step, seed=100 + k) for k in pairs]
    if extra == 0.0:
        work = [trace(5.05 + 0.5 * (-1) ** k, noise=1e-6, n=5, seed=k) for k in pairs]
    verdict = power.difference(work, idle, step=step)
    assert verdict.text == text
    rail = board.board_data("zcu104").rail("INT")
    if text == "resolved":
        energy = power.energy_of(verdict, idle_watts=5.0, seconds=2.0, rail=rail,
                                 method="replayed")  # fmt: skip
        assert energy.dynamic == pytest.approx(0.4, abs=0.05)
        assert energy.joules == pytest.approx(10.4, abs=0.05)
        assert energy.ci[0] < energy.joules < energy.ci[1]
        assert (energy.boundary, energy.method, energy.n) == ("chip", "replayed", 8)
    else:
        with pytest.raises(SensorError, match="replicate the core"):
            power.energy_of(verdict, idle_watts=5.0, seconds=2.0, rail=rail, method="replayed")


def test_the_interval_covers_the_truth():
    rng = np.random.default_rng(3)
    inside = 0
    for k in range(300):
        low, high = power.bootstrap(rng.normal(1.0, 0.2, 20), seed=k, draws=500)
        inside += low <= 1.0 <= high
    assert 0.88 < inside / 300 < 0.98  # 95 % nominal; a little less for n = 20


def test_copies_give_the_power_of_one_below_the_step():
    """A copy of 30 mW under a sensor of 125 mW shows in the slope, not in one difference."""
    copies = np.repeat([1, 4, 8, 16, 32], 6)
    rng = np.random.default_rng(4)
    watts = np.round((2.0 + 0.03 * copies + 0.06 * rng.standard_normal(30)) / 0.125) * 0.125
    slope, (low, high) = power.per_copy(copies, watts)
    assert slope == pytest.approx(0.03, abs=0.004)
    assert low < 0.03 < high
    with pytest.raises(ValueError, match="2 or more are allowed"):
        power.per_copy([1] * 6, [1.0] * 6)


def test_the_protocol_pairs_and_checks_drift():
    order = power.protocol(6, seed=2)
    assert order[:2] == [(0, "idle"), (0, "loaded")]
    assert order[-1] == (1, "loaded")
    pairs = order[2:-1]
    assert all({pairs[2 * k][1], pairs[2 * k + 1][1]} == {"clocked", "workload"} for k in range(6))
    assert len({pairs[2 * k][1] for k in range(6)}) == 2
    with pytest.raises(ValueError, match="5 or more"):
        power.protocol(4)


@pytest.mark.parametrize("name", board.boards())
def test_board_data_is_whole(name):
    data = board.board_data(name)
    assert data.part.startswith("xc")
    assert set(data.resources) == {"lut", "ff", "dsp", "bram36"}
    assert all(rail.source and rail.boundary in ("chip", "board") for rail in data.rails)
    with pytest.raises(ValueError, match="rail 'none' came"):
        data.rail("none")
