"""Passing probability of the synapse against its weight current, at several temperatures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from neuromorph.circuits.cell.bench import Bench, line
from neuromorph.circuits.cell.calibration import SynapseLaw, passing
from neuromorph.circuits.cell.law import WEIGHTS
from neuromorph.circuits.cell.record import WeightCurve
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.batch import simulate_batch

TEMPERATURES = (0.0, 1.05, 2.1, 4.2, 8.4)  #: [K]
PERIOD = 50e-12  #: of the pulses [s]

Array = NDArray[np.float64]


def weight_curves(
    bench: Bench,
    *,
    temperatures: Sequence[float] = TEMPERATURES,
    currents: Sequence[float] = WEIGHTS,
) -> tuple[WeightCurve, ...]:
    """Send pulses into a synapse at every current, temperature and seed, in one batch."""
    shape = (len(temperatures), len(currents), bench.seeds)
    heat, weight, seed = (
        a.ravel() for a in np.meshgrid(temperatures, currents, range(bench.seeds), indexing="ij")
    )
    times = 60e-12 + PERIOD * np.arange(bench.pulses)
    body = line("dcsfq", "jtl", "jtl", "synapse:w", "jtl", "jtl")
    nominal = currents[0]
    body += f"IW 0 w pwl(0 0 5p {nominal * 1e6:.6f}u)\n"
    circuit = read(bench.deck(body, {"d": times}))
    batch = simulate_batch(
        circuit, {"IW": weight / nominal}, seeds=seed, temperature=heat, step=bench.step,
        duration=float(times[-1]) + 100e-12, pulses=("B2.X6",),
    )  # fmt: skip
    passed = (batch.counts["B2.X6"] / bench.pulses).reshape(shape).mean(axis=2)
    return tuple(
        WeightCurve(
            temperature=float(t), current=tuple(map(float, currents)),
            passed=tuple(map(float, passed[k])), pulses=bench.pulses * bench.seeds,
            law=fitted(np.asarray(currents), passed[k]),
        )
        for k, t in enumerate(temperatures)
    )  # fmt: skip


def fitted(current: Array, passed: Array) -> SynapseLaw:
    """Fit the erf law; a curve without a point between pass and block has grey zone 0."""
    between = (passed > 0.01) & (passed < 0.99)
    middle = float(np.interp(0.5, passed, current)) * 1e6
    if between.sum() < 2:
        return SynapseLaw(half=middle * 1e-6, grey=0.0, residual=0.0)
    micro = current * 1e6
    (half, grey), _ = curve_fit(passing, micro, passed, p0=(middle, 4.0))
    residual = float(np.sqrt(np.mean((passing(micro, half, grey) - passed) ** 2)))
    return SynapseLaw(half=float(half) * 1e-6, grey=float(abs(grey)) * 1e-6, residual=residual)
