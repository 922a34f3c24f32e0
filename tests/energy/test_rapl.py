import os

import pytest

import neuromorph as nm
from neuromorph.energy import Meter, NotMeasuredError, Rapl

RANGE = 262_143_328_850  # of a common Intel package [uJ]


class Machine:
    """A fake powercap tree whose counters follow a clock: idle and busy power per package."""

    def __init__(self, root, idle=(10.0, 5.0), busy=(50.0, 5.0), start=RANGE - 30_000_000):
        self.root, self.time, self.idle, self.busy = root, 0.0, idle, busy
        self.counter = [start] * len(idle)
        for number in range(len(idle)):
            for folder in (f"intel-rapl:{number}", f"intel-rapl:{number}:0"):
                (root / folder).mkdir(parents=True)
                (root / folder / "name").write_text(f"package-{number}\n")
                (root / folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
                (root / folder / "energy_uj").write_text(f"{start}\n")
        (root / "intel-rapl").mkdir()

    def pass_time(self, seconds, power):
        self.time += seconds
        for number, watts in enumerate(power):
            self.counter[number] = (self.counter[number] + round(watts * seconds * 1e6)) % (
                RANGE + 1
            )
            path = self.root / f"intel-rapl:{number}" / "energy_uj"
            path.write_text(f"{self.counter[number]}\n")

    def sleep(self, seconds):
        self.pass_time(seconds, self.idle)

    def work(self, seconds=0.2):
        self.pass_time(seconds, self.busy)

    def meter(self, **options):
        return Meter(
            rapl=Rapl(root=self.root), clock=lambda: self.time, sleep=self.sleep, **options
        )


def test_difference_over_packages_and_wrap_around(tmp_path):
    machine = Machine(tmp_path, start=RANGE - 1_000_000)
    rapl = Rapl(root=tmp_path)
    first = rapl.read()
    machine.pass_time(2.0, (10.0, 5.0))  # 30 J: both counters wrap
    last = rapl.read()
    assert last.microjoules["intel-rapl:0"] < first.microjoules["intel-rapl:0"]
    assert rapl.joules(first, last) == pytest.approx(30.0, rel=1e-6)
    assert rapl.names() == ("package-0", "package-1")


def test_meter_takes_idle_off(tmp_path):
    machine = Machine(tmp_path)
    energy = machine.meter().measure(machine.work, per="inference", share=4)
    # (50 + 5) W for 0.2 s in 4 parts; idle (10 + 5) W
    assert energy.joules == pytest.approx(55 * 0.2 / 4, rel=1e-5)
    assert energy.static == pytest.approx(15 * 0.2 / 4, rel=1e-5)
    assert energy.dynamic == pytest.approx(40 * 0.2 / 4, rel=1e-5)
    assert (energy.method, energy.boundary, energy.subject) == ("measured", "chip", "host")
    assert energy.n == 5
    assert energy.per == "inference"
    assert "5 rounds of 5 calls" in str(energy)
    assert "idle 15 W" in str(energy)


def test_noise_makes_it_go_on_until_the_interval_is_narrow(tmp_path):
    machine = Machine(tmp_path)
    power = iter([60.0, 40.0] * 1000)
    calls = {"n": 0}

    def noisy():
        calls["n"] += 1
        machine.pass_time(1.0, (next(power), 5.0))

    energy = machine.meter(relative=0.1).measure(noisy)
    # dynamic alternates between 50 and 30 W: half width 4.4 % needs more than five rounds
    assert 5 < energy.n < 40
    low, high = energy.ci
    assert low < 55 < high
    wide = machine.meter(relative=0.001, most=6).measure(noisy)
    assert wide.n == 6
    assert "wider than the 0% asked for" in str(wide)


def test_not_measured_says_why(tmp_path):
    with pytest.raises(NotMeasuredError, match="no intel-rapl:N in"):
        Meter(rapl=Rapl(root=tmp_path / "none")).measure(lambda: None)
    machine = Machine(tmp_path)
    still = machine.meter()
    machine.idle = machine.busy = (0.0, 0.0)
    with pytest.raises(NotMeasuredError, match="do not move"):
        still.measure(machine.work)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("watt")
    with pytest.raises(NotMeasuredError, match="holds 'watt', a whole number"):
        Rapl(root=tmp_path).read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_counter(tmp_path):
    Machine(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").chmod(0)
    with pytest.raises(NotMeasuredError, match="may be read by root only"):
        Rapl(root=tmp_path).read()


def test_compare_says_not_measured(tmp_path):
    absent = Meter(rapl=Rapl(root=tmp_path))
    table = nm.compare(nm.workloads.xor(), ("numba",), measure=absent)
    assert all(e.method != "measured" for e in table.rows[0].energy)
    assert "energy of this machine: not measured: no intel-rapl:N" in str(table)


def test_compare_measures(tmp_path):
    machine = Machine(tmp_path, start=0)
    ticks = iter(range(10**6))

    def clock():  # the network's run takes no fake time: let each look at the clock take some
        machine.pass_time(next(ticks) * 0.0 + 0.5, machine.busy)
        return machine.time

    meter = Meter(rapl=Rapl(root=tmp_path), clock=clock, sleep=machine.sleep, window=0.1)
    table = nm.compare(nm.workloads.xor(), ("numba",), measure=meter)
    (measured,) = [e for e in table.rows[0].energy if e.method == "measured"]
    assert measured.joules > 0
    assert measured.subject == "host"


def test_bad_meters():
    with pytest.raises(ValueError, match=r"idle 0 s, window 1.0 s"):
        Meter(idle=0)
    with pytest.raises(ValueError, match="least 1 and most 40 rounds came"):
        Meter(least=1)
