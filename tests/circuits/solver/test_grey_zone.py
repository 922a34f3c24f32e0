"""Physics of the synapse's decision: its grey zone over temperature and over the pulse rate.

Thermal smearing of a threshold is Gaussian with a variance proportional to k T, so the grey zone
goes with the root of T; a junction that has settled between pulses does not know their rate.
"""

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.special import erf

from neuromorph.circuits import read, simulate_batch
from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import line
from neuromorph.circuits.cell.drive import drive

ps = 1e-12
WEIGHTS, SEEDS, PULSES = np.linspace(-37, -13, 16), 8, 100


def fitted(kelvin, period):
    """Return half point and grey zone [uA] of 800 decisions at each of 16 weight currents."""
    body = line("dcsfq", "jtl", "jtl", "synapse:w", "jtl", "jtl")
    times = 60 * ps + period * np.arange(PULSES)
    text = library.deck() + body + "IW 0 w pwl(0 0 5p -25u)\n" + drive("D", "d", times) + "\n"
    batch = simulate_batch(
        read(text), {"IW": np.repeat(WEIGHTS / -25, SEEDS)}, temperature=kelvin,
        seeds=np.arange(WEIGHTS.size * SEEDS), step=0.1 * ps, duration=times[-1] + 100 * ps,
        pulses=["B2.X6"])
    passed = batch.counts["B2.X6"].reshape(WEIGHTS.size, SEEDS).mean(1) / PULSES

    def law(current, half, grey):
        return 0.5 * (1 + erf(math.sqrt(math.pi) * (current - half) / grey))

    (half, grey), _ = curve_fit(law, WEIGHTS, passed, p0=(-25, 6))
    assert np.sqrt(np.mean((law(WEIGHTS, half, grey) - passed) ** 2)) < 0.04
    return half, abs(grey)


@pytest.mark.slow
def test_grey_zone_goes_with_the_root_of_temperature():
    kelvin = np.array([1.05, 2.1, 4.2, 8.4])
    halves, greys = np.transpose([fitted(t, 50 * ps) for t in kelvin])
    exponent = np.polyfit(np.log(kelvin), np.log(greys), 1)[0]
    assert exponent == pytest.approx(0.5, abs=0.04)
    assert np.ptp(halves) < 0.3


@pytest.mark.slow
def test_passage_does_not_depend_on_the_rate_from_10_to_33_gigahertz():
    halves, greys = np.transpose([fitted(4.2, period) for period in (100 * ps, 50 * ps, 30 * ps)])
    assert np.ptp(greys) < 0.06 * np.mean(greys)
    assert np.ptp(halves) < 0.08 * np.mean(greys)
