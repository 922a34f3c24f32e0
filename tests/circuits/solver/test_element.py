"""Lines, gaps, current-phase relations, loops and sources against JoSIM and closed forms."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from neuromorph.circuits import CircuitError, current_voltage, read, simulate
from neuromorph.circuits.element import Model
from neuromorph.circuits.solver.region import Regions

FOLDER = Path(__file__).parent / "josim"
TRUTH = json.loads((FOLDER / "element.json").read_text())["decks"]
ps = 1e-12
J0 = ".model j0 jj(rtype=0, cap=0.07pF, rn=8, icrit=0.1mA)\n"


def difference(name, scheme, step=None):
    """Return the largest differences of phases [rad], voltages and currents (over the largest)."""
    run = simulate(read(FOLDER / f"{name}.cir"), scheme=scheme, step=step)
    worst = {"P": 0.0, "V": 0.0, "I": 0.0}
    for output in run.outputs:
        truth = np.array(TRUTH[name]["values"][output.name])
        ours = np.interp(np.array(TRUTH[name]["time_ps"]) * ps, run.time, run.trace(output))
        scale = 1.0 if output.kind == "P" else np.max(np.abs(truth))
        worst[output.kind] = max(worst[output.kind], np.max(np.abs(ours - truth)) / scale)
    return worst


@pytest.mark.parametrize(("name", "phase", "rest"), [
    ("line", 0.0, 1e-9), ("ideal_source", 1e-3, 3e-3), ("dependent_source", 1e-3, 1e-3),
    ("start_up", 1e-5, 0.02), ("gap", 0.01, 1e-3),
])
def test_bdf2_agrees_with_josim_at_its_step(name, phase, rest):
    """JoSIM prints seven digits, and voltages by BDF2's difference where ours is of fourth order.

    JoSIM settles for at most 1,000 steps, so that deck has a step at which these are enough.
    """
    worst = difference(name, "bdf2")
    assert worst["P"] <= phase
    assert max(worst["V"], worst["I"]) < rest


@pytest.mark.parametrize("name", ["line", "ideal_source"])
def test_the_default_agrees_too(name):
    worst = difference(name, "am4")
    assert worst["P"] < 0.01
    assert max(worst["V"], worst["I"]) < 0.02


@pytest.mark.parametrize("scheme", ["am4", "bdf2"])
@pytest.mark.parametrize("step", [0.1, 0.07])
def test_a_line_delays_and_reflects(scheme, step):
    """A matched source into a line of 10 ps with R at its end: (1 + r)/2, r = (R - Z)/(R + Z)."""
    deck = ("* line\nV1 1 0 pwl(0 0 5p 0 9p 2m)\nR1 1 2 5\nT1 2 0 3 0 TD=10p Z0=5\nR2 3 0 15\n"
            ".tran 0.1p 60p\n.print v(2) v(3) i(T1)\n")
    run = simulate(read(deck), step=step * ps, scheme=scheme)
    ramp = np.clip((run.time / ps - 5) / 4, 0, 1) * 1e-3
    def late(t):
        return np.interp(run.time - t * ps, run.time, ramp, left=0.0)

    flat = [np.all(np.abs(run.time / ps - c) > 0.5, axis=0) for c in (5, 9, 15, 19, 25, 29)]
    away = np.all(flat, axis=0)
    np.testing.assert_allclose(run.voltages["3"][away], 1.5 * late(10)[away], atol=3e-6)
    np.testing.assert_allclose(run.voltages["2"][away], (ramp + 0.5 * late(20))[away], atol=3e-6)
    np.testing.assert_allclose(run.currents["T1"][away],
                               ((ramp - 0.5 * late(20)) / 5)[away], atol=1e-6)


def test_a_line_gives_back_what_it_stores():
    deck = ("* open line, charged and discharged\nI1 0 1 pwl(0 0 5p 0 8p 1m 11p 0)\nR1 1 0 5\n"
            "T1 1 0 2 0 TD=4p Z0=5\nL2 2 0 3p\n.tran 0.05p 80p\n")
    run, finer = simulate(read(deck)), simulate(read(deck), step=0.0125 * ps)
    assert abs(run.energy.stored) < 1e-9 * run.energy.source
    assert abs(run.energy.residual) < 2e-3
    # waves are taken at second order in the account
    assert abs(finer.energy.residual) < abs(run.energy.residual) / 8


def test_a_line_shorter_than_the_step_is_refused():
    deck = "* short\nR1 1 0 1\nT1 1 0 2 0 TD=0.05p Z0=5\nR2 2 0 5\n.tran 0.1p 10p\n"
    with pytest.raises(CircuitError, match=r"T1: its delay 0\.05 ps is shorter than the step"):
        simulate(read(deck))


def test_the_curve_of_an_overdamped_junction_is_the_square_root():
    """V = R sqrt(I^2 - I_c^2), D. E. McCumber, J. Appl. Phys. 39 (1968) 3113; beta_c is 6e-4."""
    model = Model(rtype=0, i_c=1e-4, r_n=2.0, c=5e-16)
    voltage, current = current_voltage(model, 3e-4, increment=5e-5)
    running = np.abs(current) > 1.4e-4
    expected = 2.0 * np.sqrt(current[running] ** 2 - 1e-8) * np.sign(current[running])
    # the mean is over 100 ps, which need not be whole periods: 1 radian of 100 ps is 3.3 uV
    np.testing.assert_allclose(voltage[running], expected, atol=4e-6)
    assert np.max(np.abs(voltage[np.abs(current) < 0.9e-4])) < 1e-6


@pytest.mark.slow
def test_the_curve_with_a_gap_keeps_to_its_branches():
    """On the way up the supercurrent, then the gap; above it R_n; back along R_0."""
    model = Model(i_c=1e-4, r_n=16.0, r_0=160.0, c=0.07e-12)
    voltage, current = current_voltage(model, 2.5e-4, increment=5e-5)
    up = dict(zip(np.rint(current[:5] * 1e6).tolist(), voltage[:5].tolist(), strict=True))
    assert abs(up[50.0]) < 1e-6
    assert 2.75e-3 < up[150.0] < 2.95e-3
    assert up[250.0] == pytest.approx(250e-6 * 16, rel=0.02)
    # on the way down, 50 uA is below what the gap takes: R_0 carries it at V < V_g
    assert 2.0e-3 < voltage[8] < 2.8e-3


def bias(model, current):
    deck = f"* static\n{model}B1 1 0 m\nR1 1 0 2\nI1 0 1 pwl(0 0 20p {current})\n.tran 0.05p 120p\n"
    return simulate(read(deck), record=["P(B1)", "I(B1)"])


@pytest.mark.parametrize(("more", "current"), [
    ("phi=pi", lambda x: -math.sin(x)),
    ("cpr={0.8,0.3,-0.1}", lambda x: 0.8 * math.sin(x) + 0.3 * math.sin(2 * x)
     - 0.1 * math.sin(3 * x)),
    ("t=4.2, tc=9.1, d=0.7", None),
])
def test_a_static_bias_finds_its_phase_on_the_relation(more, current):
    run = bias(f".model m jj(rtype=0, cap=0.07pF, rn=8, icrit=0.1mA, {more})\n", "60u")
    phase = run.phases["B1"][-1]
    if current is None:
        ratio = 4.2 / 9.1
        alpha = 1.76 * 9.1 * math.sqrt(math.cos(math.pi / 2 * ratio**2)) / (2 * 4.2)

        def current(x):
            w = math.sqrt(1 - 0.7 * math.sin(x / 2) ** 2)
            return math.sin(x) / w * math.tanh(alpha * w) / math.tanh(alpha)
    assert 1e-4 * current(phase) == pytest.approx(60e-6, rel=1e-5)
    assert run.currents["B1"][-1] == pytest.approx(60e-6, rel=1e-5)
    assert abs(run.energy.residual) < 1e-5


def test_two_junctions_side_by_side_are_one_of_both_areas():
    one = f"* one\n{J0}B1 1 0 j0 area=3\nR1 1 0 2\nI1 0 1 pwl(0 0 9p 0.5m)\n.tran 0.05p 60p\n"
    two = one.replace("area=3\n", "area=1\nB2 1 0 j0 area=2\n")
    reverse = one.replace("area=3\n", "area=1\nB2 0 1 j0 area=2\n")
    a, b, c = (simulate(read(d), record=["P(B1)"], scheme="am4") for d in (one, two, reverse))
    np.testing.assert_allclose(b.phases["B1"], a.phases["B1"], atol=1e-9)
    np.testing.assert_allclose(c.phases["B1"], a.phases["B1"], atol=1e-9)
    assert b.counts["B2"] == a.counts["B1"] > 0
    assert c.counts["B2"] == -a.counts["B1"]


def test_a_phase_source_across_a_junction_turns_it():
    deck = f"* turned\n{J0}P1 1 0 pws(0 0 40p 18.84955592153876)\nB1 1 0 j0\n.tran 0.05p 50p\n"
    run = simulate(read(deck), record=["P(B1)", "I(P1)", "I(B1)"])
    assert run.counts["B1"] == 3
    np.testing.assert_allclose(run.currents["P1"], -run.currents["B1"], atol=1e-12)


def test_dependent_sources_want_bdf2_and_balance_to_its_order():
    circuit = read(FOLDER / "dependent_source.cir")
    with pytest.raises(CircuitError, match=r"dependent sources .* scheme 'am4'"):
        simulate(circuit, scheme="am4")
    run = simulate(circuit)
    assert run.scheme == "bdf2"
    finer = simulate(circuit, step=0.0125 * ps)
    assert finer.energy.residual == pytest.approx(run.energy.residual / 4, rel=0.1)


@pytest.mark.parametrize(("card", "expected"), [
    ("E1 3 0 2 0 -2", -2.0), ("G1 0 3 2 0 0.4", 0.4 * 5.0),
])
def test_amplifiers_amplify(card, expected):
    """1 mA into 1 ohm controls; the load is 5 ohm."""
    deck = f"* gain\nI1 0 2 pwl(0 0 5p 1m)\nR2 2 0 1\n{card}\nR3 3 0 5\n.tran 0.1p 20p\n"
    run = simulate(read(deck), record=["V(3)"])
    assert run.voltages["3"][-1] == pytest.approx(expected * 1e-3, rel=1e-6)


@pytest.mark.parametrize(("card", "expected"), [
    ("F1 0 3 2 4 3", 3 * 5.0), ("H1 3 0 2 4 7", 7.0),
])
def test_controlling_currents_are_sensed(card, expected):
    deck = f"* sensed\nI1 0 2 pwl(0 0 5p 1m)\nR2 4 0 1\n{card}\nR3 3 0 5\n.tran 0.1p 20p\n"
    run = simulate(read(deck), record=["V(3)"])
    assert run.voltages["3"][-1] == pytest.approx(expected * 1e-3, rel=1e-6)


def test_a_singular_nodal_matrix_is_explained():
    deck = "* loop\nE1 1 0 2 0 1\nV1 1 0 dc 1m\nR1 1 0 1\nR2 2 0 1\n.tran 0.1p 1p\n"
    with pytest.raises(CircuitError, match=r"singular: ideal sources in a loop"):
        simulate(read(deck))


def test_regions_changed_in_the_kernel_are_those_of_a_matrix_built_again(monkeypatch):
    """Sherman and Morrison's correction of the inverse against a new inverse, heat included."""
    deck = (".model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)\n"
            "B1 1 0 j area=1\nB2 2 0 j area=1.5\nL1 1 2 4p\nR1 1 3 20\nL3 3 0 2p\n"
            "I1 0 1 pwl(0 0 10p 0.9m 60p 0.1m)\n.tran 0.05p 80p\n.print p(B1) p(B2)\n")
    inside = simulate(read(deck))
    monkeypatch.setattr(Regions, "_inside", lambda *_: False)
    outside = simulate(read(deck))
    assert inside.phases["B1"][-1] > 300
    for name in ("B1", "B2"):
        np.testing.assert_allclose(inside.phases[name], outside.phases[name], atol=1e-5)
    assert inside.energy.heat == pytest.approx(outside.energy.heat, rel=1e-8)
