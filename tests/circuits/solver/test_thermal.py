"""Physics of thermal noise, and its place in the balance of energy."""

import numpy as np
import pytest

from neuromorph.circuits import read, simulate
from neuromorph.units import BOLTZMANN, PHI0

RESONATOR = ("L1 1 0 10p\nC1 1 0 0.2p\nR1 1 2 4\nL2 2 0 3p\nR2 1 0 20\n"
             ".tran 0.05p 10n\n.print i(L1)\n")


@pytest.mark.parametrize(("scheme", "within"), [("am4", 0.04), ("leapfrog", 0.01)])
def test_noise_work_becomes_heat(scheme, within):
    """In a circuit at rest all heat comes from the noise currents themselves."""
    energy = simulate(read(RESONATOR), temperature=4.2, seed=3, scheme=scheme).energy
    assert energy.source == 0
    assert energy.noise > 0.1e-18
    assert energy.heat + energy.stored == pytest.approx(energy.noise, rel=within)


def test_noise_work_of_bdf2_is_what_its_formula_lets_through():
    """BDF2 damps a quarter of the work of white noise in the step itself; that is no work."""
    energy = simulate(read(RESONATOR), temperature=4.2, seed=3, scheme="bdf2").energy
    assert energy.noise > 0.1e-18
    assert energy.heat + energy.stored == pytest.approx(energy.noise, rel=0.01)


def test_noise_work_becomes_heat_with_a_dependent_source():
    deck = RESONATOR.replace(".tran", "E1 3 0 1 0 0.5\nR3 3 4 10\nL3 4 0 2p\n.tran")
    energy = simulate(read(deck), temperature=4.2, seed=3).energy
    assert energy.noise > 0.1e-18
    assert energy.heat + energy.stored == pytest.approx(energy.noise + energy.source, rel=0.01)


def fokker_planck(current, gamma, terms=60):
    """Return mean voltage over I_c R of an overdamped junction with noise gamma.

    Stationary Fokker-Planck equation in Fourier modes p_k of the phase density:
    (gamma k + j i) p_k = (p_{k-1} - p_{k+1})/2, p_0 = 1; the mean voltage is i + Im p_1.
    Source: V. Ambegaokar and B. I. Halperin, PRL 22, 1364 (1969).
    """
    ratio = 0.0 + 0.0j
    for k in range(terms, 0, -1):
        ratio = 0.5 / (gamma * k + 1j * current + 0.5 * ratio)
    return current + ratio.imag


@pytest.mark.slow
def test_ambegaokar_halperin():
    """Mean voltage of an overdamped junction below its critical current at 4.2 K."""
    i_c, ohm = 2e-6, 8.0
    deck = ("* junction\n.model j jj(rtype=0, cap=0.01pF, rn=8, icrit=2uA)\nB1 1 0 j\n"
            "I1 0 1 pwl(0 0 5p 1.8u)\n.tran 0.1p 200n 0 1p\n.print p(B1)\n")
    gamma = 2 * np.pi * BOLTZMANN * 4.2 / (PHI0 * i_c)
    turns = []
    for seed in range(4):
        phase = simulate(read(deck), temperature=4.2, seed=seed, pulses=[]).phases["B1"]
        turns.append((phase[-1] - phase[0]) / 200e-9)
    measured = np.mean(turns) * PHI0 / (2 * np.pi) / (i_c * ohm)
    assert measured == pytest.approx(fokker_planck(0.9, gamma), rel=0.05)
