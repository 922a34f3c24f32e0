"""The check at set-up: fastest mode, largest step, rows of lower order; stiff spots."""

import math
from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits import Builder, StepError, read, simulate
from neuromorph.circuits.element import Model
from neuromorph.circuits.waveform import Pwl
from neuromorph.units import PHI0

ps = 1e-12


def single(resistor=2.0, capacitor=None):
    model = Model(rtype=0, i_c=1e-4, r_n=50.0, c=0.07e-12)
    builder = Builder().junction("B1", 1, 0, model, area=2).inductor("L1", 1, 2, 3 * ps)
    builder.resistor("R1", 2, 0, resistor).inductor("L2", 1, 3, 2 * ps)
    builder.current("I1", 0, 3, Pwl([0, 20 * ps, 30 * ps], [0, 0, 1.8e-4]))
    if capacitor is not None:
        builder.capacitor("C3", 3, 0, capacitor)
    return builder.circuit(step=0.05 * ps, duration=100 * ps, record=("P(B1)",))


def test_the_fastest_mode_is_that_of_the_formula():
    """One junction with 3 pH to a resistor at rest: omega^2 = (1/L + 2 pi I_c/Phi0)/C."""
    found = simulate(single()).stability
    expected = math.sqrt((1 / 3e-12 + 2 * math.pi * 2e-4 / PHI0) / 0.14e-12)
    assert found.omega == pytest.approx(expected, rel=1e-9)
    assert found.where == "B1"
    assert found.largest == pytest.approx(1.1 / expected)
    assert "steps up to" in str(found)


def test_a_long_chain_finds_its_mode_by_iteration():
    """Junctions in a row of equal inductors: K + I_c between I_c/s and I_c/s + 4/L."""
    builder = Builder()
    model = Model(rtype=0, i_c=1e-4, r_n=5.0, c=0.07e-12)
    for k in range(300):
        builder.junction(f"B{k}", k + 1, 0, model).inductor(f"L{k}", k + 1, k + 2, 3 * ps)
    builder.resistor("R1", 301, 0, 2.0).current("I1", 0, 1, Pwl([0, 1e-12], [0, 1e-4]))
    found = simulate(builder.circuit(step=0.05 * ps, duration=1 * ps, record=())).stability
    largest = math.sqrt((4 / 3e-12 + 2 * math.pi * 1e-4 / PHI0) / 0.07e-12)
    assert 0.95 * largest < found.omega <= largest


def test_leapfrog_is_refused_above_its_limit_with_the_reason():
    circuit = single(capacitor=0.5e-15)
    with pytest.raises(StepError, match=r"leapfrog is stable below [\d.]+ ps here, the fastest"):
        simulate(circuit, step=0.1 * ps, scheme="leapfrog")
    run = simulate(circuit, step=0.1 * ps, scheme="leapfrog", on_large_step="refine")
    assert run.step < run.stability.largest


@pytest.mark.parametrize("farad", [5e-15, 0.5e-15])
def test_a_lossless_stray_capacitance_takes_the_trapezoidal_rule(farad):
    """The undamped mode of 2 pH and the stray is far beyond the fourth order's stability."""
    run = simulate(single(capacitor=farad), scheme="am4")
    assert run.stability.relaxed == ("C3",)
    assert "trapezoidal rule at C3" in str(run.stability)
    fine = simulate(single(capacitor=farad), step=0.005 * ps)
    times = np.arange(0, 100, 5) * ps
    ours = np.interp(times, run.time, run.phases["B1"])
    assert np.max(np.abs(ours - np.interp(times, fine.time, fine.phases["B1"]))) < 0.01


@pytest.mark.parametrize(("farad", "scheme"), [(5e-15, "cowell"), (0.5e-15, "am4")])
def test_six_points_hold_an_undamped_mode_up_to_one_radian_per_step(farad, scheme):
    """2 pH and 5 fF: omega h = 0.5 at 0.05 ps; 0.5 fF: 1.6, which am4 relaxes."""
    run = simulate(single(capacitor=farad), step=0.05 * ps)
    assert run.scheme == scheme
    fine = simulate(single(capacitor=farad), step=0.005 * ps)
    times = np.arange(0, 100, 5) * ps
    ours = np.interp(times, run.time, run.phases["B1"])
    off = np.max(np.abs(ours - np.interp(times, fine.time, fine.phases["B1"])))
    assert off < (1e-4 if scheme == "cowell" else 0.01)


def test_an_overdamped_spot_takes_the_trapezoidal_rule():
    run = simulate(single(resistor=500.0))
    assert run.stability.relaxed == ("R1",)
    assert run.counts["B1"] == simulate(single(resistor=500.0), step=0.01 * ps).counts["B1"]


def test_ordinary_cells_need_no_lower_order():
    found = simulate(read("dff"), duration=5 * ps).stability
    assert found.relaxed == ()
    assert 0.2 * ps < found.largest < 0.5 * ps


def test_refinement_gives_up_after_a_thousandth_of_the_step():
    """A source that turns a junction by 1e6 radians per picosecond wants no step at all."""
    model = Model(rtype=0, i_c=1e-4, r_n=8.0, c=0.07e-12)
    builder = Builder().junction("B1", 1, 0, model).inductor("L1", 1, 2, 1e-18)
    builder.phase("P1", 2, 0, Pwl([0, 1e-12], [0, 1e6]))
    circuit = builder.circuit(step=0.1 * ps, duration=1 * ps)
    with pytest.raises(StepError, match=r"the step is 9\.\d+e-05 ps"):
        simulate(circuit, on_large_step="refine")


def test_auto_takes_bdf2_above_the_limit_of_cowell_and_says_so():
    """At 0.4 ps cowell and am4 fail on the JTL (limit 0.355 ps); bdf2 still counts right."""
    circuit = replace(read("jtl_testbench"), temperature=None)
    run = simulate(circuit, step=0.4 * ps)
    assert run.scheme == "bdf2"
    assert run.stability.limit == simulate(circuit, scheme="cowell").stability.largest < 0.4 * ps
    assert "taken because cowell is stable below 0.355 ps only" in str(run.stability)
    assert run.counts == simulate(circuit, step=0.05 * ps).counts
    for scheme in ("cowell", "am4"):
        with pytest.raises(StepError):
            simulate(circuit, step=0.4 * ps, scheme=scheme)


def test_auto_goes_back_to_cowell_where_refinement_comes_below_its_limit():
    circuit = replace(read("jtl_testbench"), temperature=None)
    run = simulate(circuit, step=0.6 * ps, on_large_step="refine")
    assert (run.scheme, run.step) == ("cowell", 0.3 * ps)
    assert math.isinf(run.stability.limit)


def test_auto_says_why_it_is_not_cowell():
    circuit = read("jtl_testbench")
    quiet = simulate(circuit, temperature=0, duration=20 * ps)
    noisy = simulate(circuit, temperature=4.2, duration=20 * ps)
    assert (quiet.scheme, quiet.stability.reason) == ("cowell", "")
    assert noisy.scheme == "am4"
    assert "taken because of thermal noise" in str(noisy.stability)
    assert "taken because" not in str(simulate(circuit, temperature=4.2, duration=20 * ps,
                                               scheme="am4").stability)
    deck = "E1 2 0 1 0 2\nR2 2 0 5\nR1 1 0 5\nI1 0 1 pwl(0 0 1p 1u)\n.tran 0.1p 10p\n"
    found = simulate(read(deck)).stability
    assert (found.scheme, found.reason) == ("bdf2", "dependent sources (E F G H)")


def test_a_run_that_meets_the_gap_says_that_am4_went_on():
    """100 uA of critical current driven by 400 uA: above 2.7 mV within some picoseconds."""
    deck = ("* gap\n.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)\n"
            "B1 1 0 j\nR1 1 0 50\nI1 0 1 pwl(0 0 5p 0.4m)\n.tran 0.05p 40p\n.print p(B1)\n")
    run = simulate(read(deck))
    assert run.scheme == "cowell"
    assert 0 < run.stability.until < 40 * ps
    before = run.phases["B1"][run.time < run.stability.until]
    speed = np.diff(before) / (0.05 * ps) * PHI0 / (2 * math.pi)
    assert speed.max() == pytest.approx(2.75e-3, rel=0.05)
    assert "where a junction reached its gap, am4 from there" in str(run.stability)
    assert "by cowell and am4" in repr(run)
