"""An exclusive or of single rails for training: every input may excite and inhibit every cell."""

from __future__ import annotations

import numpy as np

from neuromorph.description import LIF, Network, Population, Projection, Regular, Source, all_to_all
from neuromorph.workloads.workload import Agreement, Readout, Workload

RATE = 300.0  #: of an active input [Hz]
TAU = 20e-3  #: of every cell [s]
DELAY = 10e-3  #: of every synapse; the output's are spread [s]
HALF = 0.5  #: quanta per pulse: the branches of both signs make one quantum


def inhibited_xor(hidden: int = 4, *, network: Network | None = None) -> Workload:
    """Return an exclusive or of two inputs without complements, before an untrained network.

    Each input reaches each hidden cell over two synapses, +0.5 and -0.5 quanta; which of them pass
    pulses is for :func:`neuromorph.train_rate` to find. In superconducting cells the second sits
    behind a fluxon-to-antifluxon converter. A trained ``network`` may stand in its place.
    """
    rates = {f"{a}{b}": RATE * np.array([a, b], float) for a in (0, 1) for b in (0, 1)}
    late = np.array([0.0, 0.5 / RATE])  # the two inputs in turn
    return Workload(
        name="inhibited_xor", title="exclusive or of single rails, with inhibition",
        network=network or inhibited_network(hidden),
        stimuli={key: {"in": Regular(rate=rate, offset=late)} for key, rate in rates.items()},
        targets={key: int(key[0] != key[1]) for key in rates},
        readout=Readout(population="out", threshold=6.0), duration=0.3,
        agreement=Agreement(rate=0.15, count=3),
    )  # fmt: skip


def inhibited_network(hidden: int) -> Network:
    """Return the untrained network: sources ``in`` (2,), ``hidden``, ``out`` (1,).

    Hidden cells that fire together reach the output one after the other, so that its mergers see
    few pulses at once.
    """
    cell = LIF(tau_m=TAU, v_th=2.0, v_subtract=1.0)
    signed = [
        Projection(source="in", target="hidden", weights=all_to_all(2, hidden, sign * HALF),
                   delay=DELAY, probability=0.5)
        for sign in (1.0, -1.0)
    ]  # fmt: skip
    out = Projection(
        source="hidden", target="out", weights=all_to_all(hidden, 1, 1.0),
        delay=DELAY + 0.9e-3 * np.arange(hidden, dtype=np.float64), probability=0.5,
    )  # fmt: skip
    return Network(
        name="inhibited_xor",
        populations=(
            Population(name="in", n=2, cell=Source()),
            Population(name="hidden", n=hidden, cell=cell),
            Population(name="out", n=1, cell=cell),
        ),
        projections=(*signed, out),
    )
