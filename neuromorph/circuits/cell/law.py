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
from scipy.optimize import curve_fit

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench, Times, line
from neuromorph.circuits.cell.calibration import NeuronLaw, SynapseLaw, passing
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.units import PHI0

#: Weight currents tried for the synapse [A].
WEIGHTS = tuple(np.linspace(-37e-6, -13e-6, 13))
#: Runs of the synapse's bench per seed, and the bench: a neighbour behind the same splitter.
RUNS = 8
IN_A_NETWORK = (
    "X1 dcsfq d n1\nX2 jtl n1 n2\nX3 splitter n2 n3 m3\nX4 jtl n3 n4\nX5 synapse n4 n5 w\n"
    "X6 jtl n5 n6\nX7 jtl n6 n7\nX8 merger n7 m7 n8\nX9 jtl n8 n9\nRSINK n9 0 2\n"
    "XM4 jtl m3 m4\nXM5 synapse m4 m5 v\nXM6 jtl m5 m6\nRM m6 0 2\nXM7 jtl 0 m7\n"
)
#: Leak resistors [ohm] and threshold biases [A] tried for the neuron.
LEAKS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
BIASES = (-100e-6, 0.0, 60e-6, 120e-6, 160e-6, 200e-6, 220e-6, 240e-6)
#: Trains into the neuron, as multiples of the rate at which it begins to fire: regular ones, and
#: Poisson ones with a dead time [s]; none is faster than the sources of a network [Hz].
REGULAR, POISSON = (1.2, 1.5, 2.0, 3.0), (1.3, 2.0)
FASTEST = 42e9
DEAD_TIME = 14e-12


def pass_fraction(bench: Bench, current: float, *, seed: int, period: float = 50e-12) -> float:
    """Return the share of pulses a synapse passes at a weight current [A]."""
    body = line("dcsfq", "jtl", "jtl", "synapse:w", "jtl", "jtl")
    body += f"IW 0 w pwl(0 0 5p {current * 1e6:.4f}u)\n"
    times = 60e-12 + period * np.arange(bench.pulses)
    (out,) = bench.run(body, {"d": times}, ["B2.X6"], temperature=bench.temperature, seed=seed)
    return len(out) / bench.pulses


def synapse_law(bench: Bench) -> SynapseLaw:
    """Fit the erf law to passing fractions measured where a synapse stands in a network.

    Behind a splitter with another synapse on its other branch and a JTL, before two JTLs and a
    merger; ``RUNS`` runs per seed of the bench, all in one batch. A tenth of a microampere matters:
    it is a fifth of the pulses at P = 0.05, and each layer of a network magnifies it. Points count
    by their binomial error, so that the tails are fitted as well as the middle.
    """
    seeds = RUNS * bench.seeds
    weight, seed = (a.ravel() for a in np.meshgrid(WEIGHTS, range(seeds), indexing="ij"))
    nominal, times = WEIGHTS[0], 60e-12 + 50e-12 * np.arange(bench.pulses)
    body = "".join(f"I{w} 0 {w} pwl(0 0 5p {nominal * 1e6:.6f}u)\n" for w in ("w", "v"))
    batch = simulate_batch(
        read(bench.deck(IN_A_NETWORK + body, {"d": times})),
        {"Iw": weight / nominal, "Iv": weight / nominal}, seeds=seed,
        temperature=bench.temperature, step=bench.step, duration=float(times[-1]) + 100e-12,
        pulses=("B2.X7",),
    )  # fmt: skip
    n = seeds * bench.pulses
    passed = np.reshape(batch.counts["B2.X7"], (len(WEIGHTS), seeds)).sum(axis=1) / n

    micro, inside = np.array(WEIGHTS) * 1e6, np.clip(passed, 1 / n, 1 - 1 / n)
    error = np.sqrt(inside * (1 - inside) / n)
    (half, grey), _ = curve_fit(passing, micro, passed, p0=(-25.0, 6.0), sigma=error)
    residual = float(np.sqrt(np.mean((passing(micro, half, grey) - passed) ** 2)))
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
        for number, train in enumerate(trains(leak, bias, bench.pulses // 2, rng))
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


def trains(leak: float, bias: float, pulses: int, rng: np.random.Generator) -> list[Times]:
    """Return trains from 60 ps on that make a neuron fire, seldom and often.

    The rate where firing begins is roughly ``R (I_c - I_b + 0.65 q) / Phi0``; a neuron that no
    source is fast enough for gets no trains.
    """
    i_critical = 100e-6 * library.value("neuron", "BT")
    onset = leak * ((i_critical - bias) / PHI0 + 0.65 / library.value("neuron", "LS"))
    found: list[Times] = []
    for rate in (factor * onset for factor in REGULAR):
        if rate < FASTEST:
            found.append(60e-12 + (rng.uniform() + np.arange(pulses)) / rate)
    for rate in (factor * onset for factor in POISSON):
        if rate < FASTEST:
            gaps = DEAD_TIME + rng.exponential(1 / rate - DEAD_TIME, size=pulses)
            found.append(60e-12 + np.cumsum(gaps))
    return found


@njit(cache=True)
def lif_count(arrived: Times, tau: float, theta: float, weight: float = 1.0) -> int:
    """Count the spikes of the LIF cell of one quantum: v decays with tau, + weight per pulse, -1
    per spike, fires when v > theta.
    """
    v, last, count = 0.0, 0.0, 0
    for time in arrived:
        v = v * math.exp((last - time) / tau) + weight
        last = time
        if v > theta:
            v -= 1.0
            count += 1
    return count


def neuron_law(bench: Bench, runs: Sequence[NeuronRun] | None = None) -> NeuronLaw:
    """Fit ``theta = (i_zero + i_leak R - I_b) / i_quantum`` with tau = l_s / R held.

    With tau held the charge balance ``n_in - n_out = leaked + stored`` is exact; the three
    constants are those with the least sum of |measured - predicted| spikes, the mean of all
    within 2 % of it on the grid.
    """
    runs = runs or neuron_runs(bench)
    l_s, i_critical = library.value("neuron", "LS"), 100e-6 * library.value("neuron", "BT")
    tables = _packed(runs)
    grid = np.array(
        [
            (zero, slope, q)
            for zero in i_critical + np.arange(30e-6, 80e-6, 1e-6)
            for slope in np.arange(-10e-6, 41e-6, 5e-6)
            for q in PHI0 / l_s * np.arange(0.88, 1.09, 0.01)
        ]
    )
    missed = _misses(*tables, l_s, grid)
    zero, slope, q = grid[missed <= 1.02 * missed.min()].mean(axis=0)
    left = _misses(*tables, l_s, np.array([(zero, slope, q)]))[0]
    return NeuronLaw(
        l_s=l_s,
        i_critical=i_critical,
        i_zero=float(zero),
        i_leak=float(slope),
        i_quantum=float(q),
        r_low=min(r.leak for r in runs),
        r_high=max(r.leak for r in runs),
        b_low=min(r.bias for r in runs),
        b_high=max(r.bias for r in runs),
        residual=float(left / sum(len(r.fired) for r in runs)),
    )


def _packed(runs: Sequence[NeuronRun]) -> tuple[Times, Times, Times, Times, Times]:
    """Return all arrivals in a row, where each run starts, and leak, bias and spikes per run."""
    start = np.cumsum([0, *(r.arrived.size for r in runs)])
    arrived = np.concatenate([r.arrived for r in runs])
    leak, bias = np.array([r.leak for r in runs]), np.array([r.bias for r in runs])
    return arrived, start, leak, bias, np.array([len(r.fired) for r in runs])


@njit(cache=True)
def _misses(
    arrived: Times, start: Times, leak: Times, bias: Times, fired: Times, l_s: float, grid: Times
) -> Times:
    """Return the sum of |predicted - measured| spikes for each row of (zero, slope, quantum)."""
    out = np.zeros(grid.shape[0])
    for g in range(grid.shape[0]):
        for k in range(leak.size):
            theta = (grid[g, 0] + grid[g, 1] * leak[k] - bias[k]) / grid[g, 2]
            count = lif_count(arrived[start[k] : start[k + 1]], l_s / leak[k], theta)
            out[g] += abs(count - fired[k])
    return out


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
