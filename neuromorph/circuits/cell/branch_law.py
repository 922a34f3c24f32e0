"""The neuron with storing branches of less than a quantum: its netlist, and when it fires.

Such a pulse makes the cell fire a little sooner than the law of whole quanta says: the current
that a spike needs is the same, but a smaller pulse overshoots its own share less.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench, line
from neuromorph.circuits.cell.calibration import NeuronLaw
from neuromorph.circuits.cell.law import FASTEST, NeuronRun, lif_count

NOTHING = 1e-3  #: a share of a quantum too small for a branch of its own
#: Weights, leaks [ohm], biases [A] and multiples of the rate at which firing begins.
WEIGHTS = (0.8, 0.65, 0.5, 0.35, 0.25)
LEAKS = (0.2, 0.4)
BIASES = (120e-6, 160e-6, 200e-6, 230e-6)
FACTORS = (1.1, 1.3, 1.6)


def branched_neuron(name: str, leak: float, weights: Sequence[float]) -> str:
    """Return the neuron's netlist with a storing branch per weight.

    A branch of weight w has ``LS / |w|`` and ``RL / |w|``: a pulse brings it w quanta, its time
    constant is the neuron's. What the weights leave of one quantum leaks in a branch to ground,
    so that all in parallel are LS and RL and a spike takes one quantum.

    Parameters
    ----------
    name : str
        Of the subcircuit.
    leak : float [ohm]
        Of all branches in parallel.
    """
    text = library.variant("neuron", name, RL=leak)
    if tuple(weights) == (1.0,):
        return text
    l_s = library.value("neuron", "LS")
    lines, ports = [], [f"a{k}" for k in range(len(weights))]
    rest = 1.0 - sum(abs(w) for w in weights)
    ends = [*zip(ports, map(abs, weights), strict=True)]
    if rest > NOTHING:
        ends.append(("0", rest))
    for k, (port, share) in enumerate(ends):
        lines.append(f"LS{k} {port} m{k} {l_s / share * 1e12:.9g}p")
        lines.append(f"RL{k} m{k} n2 {leak / share:.9g}")
    text, found = re.subn(r"(?m)^LS\s.*\nRL\s.*$", "\n".join(lines), text)
    if found != 1:
        raise ValueError("cell 'neuron': LS and RL in a row are expected in its netlist")
    head = rf"(?m)^(\.subckt\s+{name}\s+)a\b"
    return re.sub(head, rf"\g<1>{' '.join(ports)}", text)


def branch_run(
    bench: Bench, weight: float, leak: float, bias: float, train: Sequence[float], *, seed: int = 1
) -> NeuronRun:
    """Send one train [s] into a neuron with one branch of a weight."""
    cells = library.process() + library.cell("dcsfq") + library.cell("jtl")
    cells += branched_neuron("branched", leak, (weight,))
    body = line("dcsfq", "jtl", "jtl", "branched:i", "jtl", "jtl")
    body += f"IT 0 i pwl(0 0 5p {bias * 1e6:.4f}u)\n"
    arrived, fired = bench.run(
        body, {"d": train}, ["B2.X3", "BT.X4"], temperature=bench.temperature, seed=seed,
        cells=cells,
    )  # fmt: skip
    return NeuronRun(leak=leak, bias=bias, arrived=arrived, fired=fired)


def with_partial(bench: Bench, law: NeuronLaw) -> NeuronLaw:
    """Return the law with the constant of partial weights: that with the least misses."""
    rng, rows = np.random.default_rng(1), []
    for weight in WEIGHTS:
        for leak in LEAKS:
            for bias in BIASES:
                onset = (law.threshold(bias, leak) - 0.6) / weight * leak / law.l_s
                for rate in (factor * onset for factor in FACTORS):
                    if rate < FASTEST:
                        train = 60e-12 + (rng.uniform() + np.arange(90)) / rate
                        rows.append((weight, branch_run(bench, weight, leak, bias, train.tolist())))
    tries = np.arange(0.0, 0.5, 0.01)
    missed = [sum(_missed(law, w, run, float(partial)) for w, run in rows) for partial in tries]
    best = int(np.argmin(missed))
    spikes = sum(len(run.fired) for _, run in rows)
    return replace(
        law, partial=float(tries[best]), partial_residual=float(missed[best] / spikes)
    )


def _missed(law: NeuronLaw, weight: float, run: NeuronRun, partial: float) -> int:
    theta = law.threshold(run.bias, run.leak) - partial * (1.0 - weight)
    found = lif_count(run.arrived, law.l_s / run.leak, theta, weight)
    return abs(int(found) - len(run.fired))
