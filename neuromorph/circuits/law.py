"""The laws of the two tunable cells, fitted to measurements on the bench.

The synapse passes a pulse with a probability that is an erf of its weight current; the neuron
is a leaky integrate-and-fire cell whose threshold is linear in its bias current.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.special import erf

from neuromorph.circuits import library
from neuromorph.circuits.bench import Bench, Times, line
from neuromorph.circuits.calibration import NeuronLaw, SynapseLaw
from neuromorph.units import PHI0

#: Weight currents tried for the synapse [A].
WEIGHTS = tuple(np.linspace(-37e-6, -13e-6, 13))
#: Leak resistors [ohm] and threshold biases [A] tried for the neuron.
LEAKS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
BIASES = (-100e-6, 0.0, 60e-6, 120e-6, 160e-6, 200e-6, 220e-6, 240e-6)
#: Trains into the neuron: rates of regular ones, and of Poisson ones with a dead time [Hz, s].
REGULAR, POISSON = (10e9, 20e9, 30e9, 40e9), (15e9, 30e9)
DEAD_TIME = 14e-12


def pass_fraction(bench: Bench, current: float, *, seed: int, period: float = 50e-12) -> float:
    """Return the share of pulses a synapse passes at a weight current [A]."""
    body = line("dcsfq", "jtl", "jtl", "synapse:w", "jtl", "jtl")
    body += f"IW 0 w pwl(0 0 5p {current * 1e6:.4f}u)\n"
    times = 60e-12 + period * np.arange(bench.pulses)
    (out,) = bench.run(body, {"d": times}, ["B2.X6"], temperature=bench.temperature, seed=seed)
    return len(out) / bench.pulses


def synapse_law(bench: Bench) -> SynapseLaw:
    """Fit the erf law to measured passing fractions."""
    points = [
        np.mean([pass_fraction(bench, current, seed=seed) for seed in range(bench.seeds)])
        for current in WEIGHTS
    ]

    def law(current: NDArray[np.float64], half: float, grey: float) -> NDArray[np.float64]:
        return np.asarray(0.5 * (1.0 + erf(math.sqrt(math.pi) * (current - half) / grey)))

    micro = np.array(WEIGHTS) * 1e6
    (half, grey), _ = curve_fit(law, micro, points, p0=(-25.0, 6.0))
    residual = float(np.sqrt(np.mean((law(micro, half, grey) - points) ** 2)))
    return SynapseLaw(half=half * 1e-6, grey=abs(grey) * 1e-6, residual=residual)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronRun:
    """One measured train: leak [ohm], bias [A], pulses in and spikes out [s]."""

    leak: float
    bias: float
    arrived: Times
    fired: Times


def neuron_runs(
    bench: Bench, leaks: Sequence[float] = LEAKS, biases: Sequence[float] = BIASES
) -> list[NeuronRun]:
    """Measure the neuron over leaks, biases and trains at the bench's temperature."""
    rng = np.random.default_rng(1)
    return [
        neuron_run(bench, leak, bias, train, seed=number)
        for leak in leaks
        for bias in biases
        for number, train in enumerate(trains(bench.length, rng))
    ]


def neuron_run(
    bench: Bench,
    leak: float,
    bias: float,
    train: Times,
    *,
    seed: int,
    temperature: float | None = None,
) -> NeuronRun:
    """Send one train [s] into a neuron."""
    cells = library.deck(neuron={"RL": leak})
    body = line("dcsfq", "jtl", "jtl", "neuron:i", "jtl", "jtl")
    body += f"IT 0 i pwl(0 0 5p {bias * 1e6:.4f}u)\n"
    heat = bench.temperature if temperature is None else temperature
    arrived, fired = bench.run(
        body, {"d": train}, ["B2.X3", "BT.X4"], temperature=heat, seed=seed, cells=cells
    )
    return NeuronRun(leak=leak, bias=bias, arrived=arrived, fired=fired)


def trains(length: float, rng: np.random.Generator) -> list[Times]:
    """Return regular trains of random phase and Poisson trains with a dead time, from 60 ps."""
    found: list[Times] = []
    for rate in REGULAR:
        found.append(np.arange(60e-12 + rng.uniform(0, 1 / rate), length, 1 / rate))
    for rate in POISSON:
        gaps = DEAD_TIME + rng.exponential(1 / rate - DEAD_TIME, size=int(2 * length * rate))
        times = 60e-12 + np.cumsum(gaps)
        found.append(times[times < length])
    return found


@njit(cache=True)
def lif_count(arrived: Times, tau: float, theta: float) -> int:
    """Count the spikes of the LIF cell of one quantum: v decays with tau, +1 per pulse, -1 per
    spike, fires when v > theta.
    """
    v, last, count = 0.0, 0.0, 0
    for time in arrived:
        v = v * math.exp((last - time) / tau) + 1.0
        last = time
        if v > theta:
            v -= 1.0
            count += 1
    return count


def neuron_law(bench: Bench, runs: Sequence[NeuronRun] | None = None) -> NeuronLaw:
    """Fit ``theta = (i_zero - I_b) / i_quantum`` with tau = l_s / R held.

    With tau held the charge balance ``n_in - n_out = leaked + stored`` is exact; the two
    currents are those with the least sum of |measured - predicted| spikes.
    """
    runs = runs or neuron_runs(bench)
    l_s, i_critical = library.value("neuron", "LS"), 100e-6 * library.value("neuron", "BT")

    def misses(i_zero: float, i_quantum: float) -> int:
        return sum(
            abs(lif_count(r.arrived, l_s / r.leak, (i_zero - r.bias) / i_quantum) - len(r.fired))
            for r in runs
        )

    quantum = PHI0 / l_s
    grid = [
        (misses(zero, q), zero, q)
        for zero in i_critical + np.arange(30e-6, 90e-6, 1e-6)
        for q in quantum * np.arange(0.9, 1.1, 0.01)
    ]
    least = min(grid)[0]
    best = [(zero, q) for missed, zero, q in grid if missed <= 1.02 * least]
    zero, q = np.mean(best, axis=0)
    return NeuronLaw(
        l_s=l_s,
        i_critical=i_critical,
        i_zero=float(zero),
        i_quantum=float(q),
        r_low=min(r.leak for r in runs),
        r_high=max(r.leak for r in runs),
        b_low=min(r.bias for r in runs),
        b_high=max(r.bias for r in runs),
        residual=misses(zero, q) / sum(len(r.fired) for r in runs),
    )


def neuron_delay(bench: Bench) -> float:
    """Return the mean time from the pulse that makes a neuron fire to its spike [s], noiseless."""
    waits: list[float] = []
    for leak in (0.2, 0.4):
        for bias in (100e-6, 200e-6):
            train = np.arange(60e-12, 1.5e-9, 25e-12)
            run = neuron_run(bench, leak, bias, train, seed=1, temperature=0.0)
            before = np.searchsorted(run.arrived, run.fired) - 1
            waits += list(run.fired - run.arrived[before])
    return float(np.mean(waits))
