"""Undamped modes: growth per step of the formulas, and long runs that must not grow."""

from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits import Builder, read, simulate
from neuromorph.circuits.circuit import Output
from neuromorph.circuits.element import Capacitor, Model
from neuromorph.circuits.solver.cowell import GROWTH
from neuromorph.circuits.waveform import Pwl

ps = 1e-12


def weights(nodes):
    """Return single and double integrals over (0, 1) of the Lagrange polynomials of the nodes."""
    power = np.arange(nodes.size)
    moments = np.column_stack((1 / (power + 1), 1 / ((power + 1) * (power + 2))))
    found = np.linalg.solve(nodes.astype(float) ** power[:, None], moments)
    return found[:, 0], found[:, 1]


def growth(points, linear, sine=0.0, drag=0.0):
    """Return the spectral radius, less 1, of one step on psi'' = -(linear + sine) psi - drag psi'.

    ``linear`` and ``sine`` are (omega h)^2 of inductors and of the predicted supercurrent, ``drag``
    is h/RC. State: psi, v h and the accelerations h^2 a kept.
    """
    beta, gamma = weights(np.arange(1, 1 - points, -1))
    _, ahead = weights(np.arange(0, 1 - points, -1))
    psi, v, *rest = np.eye(points + 1)
    past = np.array(rest)
    star = psi + v + ahead @ past
    x, b = psi + v + gamma[1:] @ past, v + beta[1:] @ past
    solved = -(linear * x + sine * star + drag * b) / (1 + linear * gamma[0] + drag * beta[0])
    new = x + gamma[0] * solved
    step = [new, b + beta[0] * solved, solved + sine * (star - new), *past[:-1]]
    return np.max(np.abs(np.linalg.eigvals(np.array(step)))) - 1


STEPS = np.arange(0.02, 1.1, 0.02)


def test_six_points_damp_undamped_modes_and_seven_may_not():
    """The numbers on which the choice of points in cowell.py rests."""
    assert max(growth(6, w * w) for w in STEPS) < 1e-9
    assert 1e-6 < max(growth(7, w * w) for w in STEPS) < GROWTH


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8, 1.0])
def test_six_points_damp_the_predicted_sine_too(share):
    """A share of (omega h)^2 from supercurrents, predicted and then corrected once."""
    squares = np.arange(0.01, 1 / (1 + share / 4), 0.01)
    assert max(growth(6, (1 - share) * w, share * w) for w in squares) < 1e-9


def tank(farad, junction=False):
    """Return 2 pH and a capacitor, or a junction without damping, set ringing at 1 ps."""
    builder = Builder().inductor("L1", 1, 0, 2 * ps)
    if junction:
        model = Model(rtype=0, i_c=1e-4, r_n=1e9, c=farad)
        builder.junction("B1", 1, 0, model)
    else:
        builder.capacitor("C1", 1, 0, farad)
    kick = Pwl([0, 1 * ps, 1.2 * ps, 1.4 * ps], [0, 0, 1e-4, 0])
    return builder.current("I1", 0, 1, kick).circuit(step=0.05 * ps, duration=5000 * ps,
                                                     record=("P(1)",))


@pytest.mark.parametrize(("radians", "junction", "scheme"), [
    (0.3, False, "cowell"), (0.7, False, "cowell"), (0.95, False, "cowell"),
    (0.3, True, "cowell"), (0.6, True, "cowell"), (0.95, True, "am4")])
def test_an_undamped_tank_rings_a_hundred_thousand_steps_without_growth(radians, junction, scheme):
    """``radians`` per step of 2 pH and C alone; the energy may only fall."""
    step = 0.05 * ps
    run = simulate(tank(step * step / (2 * ps * radians**2), junction), step=step)
    assert run.scheme == scheme
    swing = np.abs(run.phases["1"])
    early, late = swing[200:2200].max(), swing[-2000:].max()
    assert 0 < late < early * (1 + 1e-6)


def test_a_lossless_parasitic_on_a_bias_lead_stays_quiet():
    """The JTL with 5 fF behind the 2 pH of a bias lead: omega h = 0.5, nothing damps it there."""
    deck = read("jtl_testbench")
    lead = next(e for e in deck.elements if e.name.startswith("IB1.")).nodes[1]
    stray = Capacitor(name="CSTRAY", nodes=(lead, "0"), value=5e-15)
    record = (Output(kind="P", targets=(lead,)),)
    circuit = replace(deck, elements=(*deck.elements, stray), temperature=None, outputs=record)
    run = simulate(circuit, step=0.05 * ps, duration=5000 * ps)
    assert run.scheme == "cowell"
    assert run.counts == simulate(deck, step=0.05 * ps, temperature=0, duration=5000 * ps).counts
    ring = np.diff(run.phases[lead], n=2)
    early, late = np.abs(ring[12000:14000]).max(), np.abs(ring[-2000:]).max()
    assert late < early
