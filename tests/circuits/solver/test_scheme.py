"""Orders, JoSIM's golden pulse times, thermal physics."""

from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits import read, simulate
from neuromorph.units import BOLTZMANN, PHI0

CELL = """
.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt JTL a q
L1 a 1 2.068p
B1 1 2 j area=2.5
LP1 2 0 0.2p
RB1 1 3 2.744
LRB1 3 2 1.55p
L2 1 4 2.068p
LB 4 5 2p
IB 0 5 pwl(0 0 5p 350u)
L3 4 6 2.068p
B2 6 7 j area=2.5
LP2 7 0 0.2p
RB2 6 8 2.744
LRB2 8 7 1.55p
L4 6 q 2.068p
.ends
I1 0 1 pwl(0 0 20p 0 23p 600u 26p 0)
X1 1 2 JTL
X2 2 3 JTL
X3 3 4 JTL
R1 4 0 2
.tran 0.1p 60p
"""


PLAIN = """
.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt STAGE a q
L1 a 1 2.07p
B1 1 0 j area=2.5
RB1 1 0 2.744
IB1 0 1 pwl(0 0 5p 175u)
L2 1 q 2.07p
.ends
I1 0 1 pwl(0 0 20p 0 23p 600u 26p 0)
X1 1 2 STAGE
X2 2 3 STAGE
X3 3 4 STAGE
X4 4 5 STAGE
R1 5 0 2
.tran 0.1p 80p
"""


def worst(a, b):
    assert a.counts == b.counts
    return max(float(np.max(np.abs(a.pulses[k] - b.pulses[k]), initial=0.0))
               for k in a.pulses) * 1e12


@pytest.mark.parametrize(("scheme", "low", "high", "steps"), [
    ("cowell", 3.5, 7.5, [0.025, 0.05, 0.1]), ("am4", 3.5, 5.0, [0.025, 0.05, 0.1]),
    ("leapfrog", 1.9, 2.1, [0.025, 0.05, 0.1]),
    ("bdf2", 1.9, 2.1, [0.0125, 0.025, 0.05])])
def test_fitted_order(scheme, low, high, steps):
    """BDF2 on the plain chain: its errors change sign along the one with parasitics.

    There the largest one passes from junction to junction with the step, and a fit through
    0.025 to 0.1 ps gives 1.83 (each junction by itself goes to 2).
    """
    circuit = read(PLAIN if scheme == "bdf2" else CELL)
    truth = simulate(circuit, step=0.005e-12)
    steps = np.array(steps)
    errors = [worst(simulate(circuit, step=h * 1e-12, scheme=scheme), truth) for h in steps]
    assert low < np.polyfit(np.log(steps), np.log(errors), 1)[0] < high


@pytest.mark.parametrize("name", ["jtl", "merger", "synapse", "neuron", "two_point_neuron"])
def test_default_scheme_is_within_a_femtosecond_at_a_tenth_of_a_picosecond(name):
    """On the cells of the library, those that integrate to a threshold included."""
    circuit = replace(read(f"{name}_testbench"), temperature=None)
    coarse = simulate(circuit, duration=400e-12, step=0.1e-12)
    assert coarse.scheme == "cowell"
    assert worst(coarse, simulate(circuit, duration=400e-12, step=0.0125e-12)) < 0.001


def test_order_of_the_default_scheme_on_a_plain_chain():
    circuit = read(PLAIN)
    truth, steps = simulate(circuit, step=0.005e-12), np.array([0.025, 0.05, 0.1])
    errors = [worst(simulate(circuit, step=h * 1e-12), truth) for h in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] > 3.5


@pytest.mark.parametrize("jump", ["20p", "20.03p"])
def test_a_jump_of_a_source_is_taken_where_it_is(jump):
    """On the grid of the step and off it: no half step early or late (20 fs of the pulses)."""
    source = f"pwl(0 0 {jump} 0 {jump} 400u 26p 400u 26p 0)"
    circuit = read(CELL.replace("pwl(0 0 20p 0 23p 600u 26p 0)", source))
    assert worst(simulate(circuit), simulate(circuit, step=0.005e-12)) < 1e-3


@pytest.mark.parametrize("cells", [3, 30])
@pytest.mark.parametrize("bias", ["pwl(0 0 5p 350u)", "dc 350u"])
def test_leapfrog_in_registers_is_the_leapfrog_of_rows(cells, bias):
    """Noise of 1e-20 K moves nothing and takes the kernel that substitutes through a factor."""
    cards = "".join(f"X{k} {k} {k + 1} JTL\n" for k in range(4, cells + 1))
    deck = CELL.replace("R1 4 0 2\n", f"{cards}R1 {cells + 1} 0 2\n")
    deck = deck.replace("pwl(0 0 5p 350u)", bias)
    fast, rows = (simulate(read(deck), scheme="leapfrog", temperature=kelvin, record=["P(B1.X3)"])
                  for kelvin in (0, 1e-20))
    np.testing.assert_allclose(fast.phases["B1.X3"], rows.phases["B1.X3"], atol=1e-6)
    assert fast.counts == rows.counts
    assert fast.counts["B1.X3"] == 1
    assert worst(fast, rows) < 1e-6
    assert fast.energy.heat == pytest.approx(rows.energy.heat, rel=1e-6)
    assert fast.energy.source == pytest.approx(rows.energy.source, rel=1e-6)
    assert abs(fast.energy.residual) < 0.01


def test_seed_gives_the_same_noise():
    circuit = read(CELL + ".print p(B2.X3)\n")
    a, b, c = (simulate(circuit, temperature=4.2, seed=s).phases["B2.X3"] for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("scheme", ["am4", "leapfrog", "bdf2"])
def test_equipartition_of_a_resonator(scheme):
    """<i^2> L/2 = kT/2 for L, C and R in parallel, no junction."""
    deck = "L1 1 0 10p\nC1 1 0 0.2p\nR1 1 0 4\n.tran 0.05p 40n\n.print i(L1)\n"
    result = simulate(read(deck), temperature=4.2, seed=3, scheme=scheme)
    current = result.currents["L1"][2000:]
    assert np.mean(current**2) * 10e-12 == pytest.approx(BOLTZMANN * 4.2, rel=0.06)


def test_phase_diffusion_of_a_free_node():
    """A resistor alone with a capacitor: <dphi^2> = 2 kT R (2 pi/Phi0)^2 t."""
    deck = "C1 1 0 0.1p\nR1 1 0 2\nL1 2 0 1p\nR2 2 0 1\n.tran 0.1p 200n 0\n.print p(1)\n"
    phase = simulate(read(deck), temperature=4.2, seed=1).phases["1"]
    jumps = np.diff(phase[::100])
    expected = 2 * BOLTZMANN * 4.2 * 2 * (2 * np.pi / PHI0) ** 2 * 10e-12
    assert np.var(jumps) == pytest.approx(expected, rel=0.05)


def test_voltage_source_through_a_resistor_is_a_current_source():
    """The Thevenin and the Norton form of a bias give the same pulses."""
    thevenin = CELL.replace("IB 0 5 pwl(0 0 5p 350u)", "VB 9 0 pwl(0 0 5p 35m)\nRV 9 5 100")
    norton = CELL.replace("IB 0 5 pwl(0 0 5p 350u)", "IB 0 5 pwl(0 0 5p 350u)\nRV 0 5 100")
    a, b = simulate(read(thevenin)), simulate(read(norton))
    assert worst(a, b) < 1e-6


def test_phase_source_imposes_its_phase():
    deck = "P1 1 0 pwl(0 0 10p 2)\nL1 1 0 5p\nR1 1 0 1\n.tran 0.1p 20p\n.print p(1) i(L1)\n"
    result = simulate(read(deck))
    assert result.phases["1"][-1] == pytest.approx(2.0)
    assert result.currents["L1"][-1] == pytest.approx(2.0 * PHI0 / (2 * np.pi) / 5e-12)
