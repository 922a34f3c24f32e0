"""The law of the signed gate, fitted to measurements on the bench.

Its context loops carry ``I = f Phi0 / R`` in the mean; that current times coupling times gain is
added to the weight current of a synapse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.special import erfinv

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench
from neuromorph.circuits.cell.calibration import GateLaw, passing
from neuromorph.units import PHI0

#: Contexts tried: coupling, rate into the loop that opens, into the one that closes [Hz].
CONTEXTS = (
    (0.05, 0.0, 0.0), (0.05, 40e9, 0.0), (0.05, 0.0, 40e9), (0.1, 40e9, 0.0), (0.1, 0.0, 40e9),
    (0.2, 20e9, 10e9), (0.2, 40e9, 0.0), (0.2, 0.0, 40e9),
)  # fmt: skip
#: Weight currents tried, from the expected half point [A].
CURRENTS = tuple(np.linspace(-8e-6, 8e-6, 7))
RESISTANCES = (0.28, 2.8)  #: of the loops: 500 to 50 ps with 140 pH [ohm]
REACH = 3.0  #: half points that a weight current may set, in grey zones
LIMIT = 40e-6  #: beyond, the flux of an opening context starves the junction behind the gate [A]
WARM = 1.0e-9  #: contexts settle before the pulses counted [s]
PERIOD = 47e-12  #: of the pulses through the gate [s]
EXPECTED = (-36e-6, 6e-6, 1.55)  #: half, grey, gain: where the search begins

PARTS = ("dcsfq", "jtl", "jtl_driven", "neuron")
HEAD = "XA1 dcsfq d a1\nXA2 jtl a1 a2\nXA3 jtl a2 a3\n"
CONTEXT = "XC1 dcsfq e c1\nXC2 jtl c1 c2\nXC3 jtl c2 c3\nXD1 dcsfq f d1\nXD2 jtl d1 d2\n"
BODY = (
    HEAD + CONTEXT + "XD3 jtl d2 d3\nXG signed_gate a3 g c3 d3 w\nXQ1 jtl_driven g q1\n"
    "XQ2 jtl q1 q2\n"
)
SINK = "RQ q2 0 2\n"
NEURON = "XN neuron q2 n1 ni\nIN 0 ni pwl(0 0 5p 190u)\nXO jtl n1 o\nRO o 0 2\n"
AT_REST = 5  #: runs of 400 pulses per ending, for the half point at rest


def gate_fraction(
    bench: Bench, current: float, coupling: float, opening: float, closing: float, *, seed: int,
    leak: float = 0.7, end_with: str = SINK,
) -> float:  # fmt: skip
    """Return the share of pulses a gate passes at a weight current [A] under two contexts [Hz]."""
    cells = library.process() + "".join(map(library.cell, PARTS)) + library.variant(
        "signed_gate", "signed_gate", K1=coupling, K2=-coupling, RC=leak, RD=leak
    )  # fmt: skip
    counted = 60e-12 + WARM + PERIOD * np.arange(bench.pulses)
    end = counted[-1] + 40e-12

    def train(rate: float) -> NDArray[np.float64]:
        return np.arange(67e-12, end, 1 / rate) if rate else np.zeros(0)

    sent, passed = bench.run(
        BODY + end_with + f"IW 0 w pwl(0 0 5p {current * 1e6:.4f}u)\n",
        {"d": counted, "e": train(opening), "f": train(closing)}, ["B2.XA3", "B2.XQ2"],
        temperature=bench.temperature, seed=seed, cells=cells,
    )  # fmt: skip
    return len(passed) / len(sent)


def gate_law(bench: Bench, contexts: Sequence[tuple[float, float, float]] = CONTEXTS) -> GateLaw:
    """Fit half point, grey zone and gain to passing fractions over currents and contexts."""
    half, grey, gain = EXPECTED
    leak = library.value("signed_gate", "RC")
    rows = []
    for coupling, opening, closing in contexts:
        moved = coupling * (opening - closing) * PHI0 / leak
        for offset in CURRENTS:
            current = half + offset - gain * moved
            fractions = [
                gate_fraction(bench, current, coupling, opening, closing, seed=seed)
                for seed in range(bench.seeds)
            ]
            rows.append((current * 1e6, moved * 1e6, float(np.mean(fractions))))
    currents, moved_by, measured = np.array(rows).T

    def law(
        x: NDArray[np.float64], half: float, grey: float, gain: float
    ) -> NDArray[np.float64]:
        return np.asarray(passing(x[0] + gain * x[1], half, grey))

    x = np.array([currents, moved_by])
    (half, grey, gain), _ = curve_fit(law, x, measured, p0=(half * 1e6, grey * 1e6, gain))
    fitted = GateLaw(
        l_c=library.value("signed_gate", "LC") + library.value("signed_gate", "LP"),
        half=float(half) * 1e-6, grey=abs(float(grey)) * 1e-6, gain=float(gain),
        residual=float(np.sqrt(np.mean((law(x, half, grey, gain) - measured) ** 2))),
        k_low=0.01, k_high=max(c for c, _, _ in contexts), r_low=RESISTANCES[0],
        r_high=RESISTANCES[1], reach=REACH, limit=LIMIT,
    )  # fmt: skip
    return replace(fitted, half=half_point(replace(bench, pulses=400), fitted))


def half_point(bench: Bench, law: GateLaw) -> float:
    """Return the half point at rest [A]: mean of a gate before a sink and before a neuron.

    What lies behind a gate moves it by some tenths of a microampere, more than counting does.
    """
    found = []
    for ending in (SINK, NEURON):
        fractions = [
            gate_fraction(bench, law.half, 0.05, 0.0, 0.0, seed=seed, end_with=ending)
            for seed in range(AT_REST)
        ]
        distance = erfinv(2.0 * float(np.mean(fractions)) - 1.0) / math.sqrt(math.pi)
        found.append(law.half - law.grey * distance)
    return float(np.mean(found))
