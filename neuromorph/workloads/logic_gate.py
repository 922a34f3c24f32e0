"""Rate-coded, dual-rail logic gates of two-layer LIF networks.

Each input has two rails, one for "1" and one for "0" (x and not x); the active rail carries a
regular train, the other is silent. A synapse is a Bernoulli gate, a threshold is set by the
cell, one spike of a cell takes one quantum away: the shape of a network of single flux quanta.

The structure (stochastic synapses, bias-set thresholds, rate code, multi-layer XOR) follows
Krylov et al., arXiv 2311.10721, and Edwards et al. 2024, doi 10.1088/2634-4386/ad207a. Only
their abstracts were at hand: dual rails, rates, thresholds and time constants are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neuromorph.description import (
    LIF,
    ContextLIF,
    Network,
    Population,
    Projection,
    Regular,
    Source,
    Stimuli,
)
from neuromorph.workloads.workload import Agreement, Readout, Workload

RAILS = ("a", "not_a", "b", "not_b")  #: units of the source, in this order
RATE = 200.0  #: of an active rail [Hz]
DURATION = 0.15  #: [s]


def xor(*, probability: float = 0.95) -> Workload:
    """Exclusive or: two hidden coincidence cells (a and not b; not a and b), one output cell."""
    return _gate(
        "xor", ((0, 3), (1, 2)), lambda a, b: a ^ b, probability=probability
    )


def and_(*, probability: float = 0.95) -> Workload:
    """Conjunction: one hidden coincidence cell (a and b)."""
    return _gate("and", ((0, 2),), lambda a, b: a & b, probability=probability)


def or_(*, probability: float = 0.95) -> Workload:
    """Disjunction: (a and b), (a and not b), (not a and b)."""
    return _gate(
        "or", ((0, 2), (0, 3), (1, 2)), lambda a, b: a | b, probability=probability
    )


def nand(*, probability: float = 0.95) -> Workload:
    """Not and: (not a and not b), (a and not b), (not a and b)."""
    return _gate(
        "nand", ((1, 3), (0, 3), (1, 2)), lambda a, b: 1 - (a & b), probability=probability
    )


def gate_network(
    name: str,
    pairs: tuple[tuple[int, int], ...],
    *,
    probability: float = 0.95,
    hidden: LIF | None = None,
    output: LIF | None = None,
) -> Network:
    """Return the network whose hidden cell i fires if both rails ``pairs[i]`` are active."""
    hidden = hidden or LIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0)
    output = output or LIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0)
    into = np.zeros((len(RAILS), len(pairs)))
    for cell, (first, second) in enumerate(pairs):
        into[first, cell] = into[second, cell] = 1.0
    return Network(
        name=name,
        populations=(
            Population(name="in", n=len(RAILS), cell=Source()),
            Population(name="hidden", n=len(pairs), cell=hidden),
            Population(name="out", n=1, cell=output),
        ),
        projections=(
            Projection(
                source="in", target="hidden", weights=into, delay=5e-3, probability=probability
            ),
            Projection(
                source="hidden", target="out", weights=np.ones((len(pairs), 1)), delay=6e-3,
                probability=probability,
            ),
        ),
    )  # fmt: skip


def dual_rail(a: int, b: int, *, rate: float = RATE, offset: float = 0.0) -> Stimuli:
    """Return the input (a, b): regular trains on the active rails, b half a period behind a."""
    bits = np.array([a, 1 - a, b, 1 - b], dtype=np.float64)
    phase = np.array([0.0, 0.0, 0.5, 0.5]) / rate
    return {"in": Regular(rate=rate * bits, offset=offset + phase)}


def single_rail_xor() -> Workload:
    """Exclusive or without complements: each input drives one cell and vetoes the other's.

    ``hidden`` are two-point cells whose gate stands open; the other input is their opposing
    context and shuts it. No unit needs "not x"; silence in is silence out.
    """
    hidden = ContextLIF(
        tau_m=20e-3, v_th=1.6, v_subtract=1.0, tau_c=30e-3, modulation="probability",
        c_half=-3.0, c_grey=1.5,
    )  # fmt: skip
    network = Network(
        name="single_rail_xor",
        populations=(
            Population(name="in", n=2, cell=Source()),
            Population(name="hidden", n=2, cell=hidden),
            Population(
                name="out", n=1, cell=LIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0)
            ),
        ),
        projections=(
            Projection(source="in", target="hidden", weights=np.eye(2), delay=6e-3),
            Projection(
                source="in", target="hidden", port="apical", weights=np.eye(2) - 1.0, delay=6e-3
            ),
            Projection(source="hidden", target="out", weights=np.ones((2, 1)), delay=8e-3),
        ),
    )  # fmt: skip
    stimuli = {
        f"{a}{b}": {"in": Regular(rate=RATE * np.array([a, b]), offset=np.array([0.0, 0.5 / RATE]))}
        for a in (0, 1)
        for b in (0, 1)
    }
    return Workload(
        name="single_rail_xor",
        title="rate-coded single-rail XOR of two-point cells",
        network=network,
        stimuli=stimuli,
        targets={key: int(key[0]) ^ int(key[1]) for key in stimuli},
        readout=Readout(population="out", threshold=10.0),  # contexts build up: 11 makes some 3
        duration=2 * DURATION,
        agreement=Agreement(rate=0.1, count=2),
    )


def _gate(
    name: str,
    pairs: tuple[tuple[int, int], ...],
    law: Callable[[int, int], int],
    *,
    probability: float,
) -> Workload:
    stimuli: Mapping[str, Stimuli] = {
        f"{a}{b}": dual_rail(a, b) for a in (0, 1) for b in (0, 1)
    }
    return Workload(
        name=name,
        title=f"rate-coded dual-rail {name.upper()}",
        network=gate_network(name, pairs, probability=probability),
        stimuli=stimuli,
        targets={key: law(int(key[0]), int(key[1])) for key in stimuli},
        readout=Readout(population="out", threshold=3.0),
        duration=DURATION,
        agreement=Agreement(rate=0.1, count=2),
    )
