"""Transfer surface of a two-point neuron: rate out over rates into its receptive field and context.

For every pair of rates one batch holds all seeds, temperatures and factors on the bias currents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench
from neuromorph.circuits.cell.bias_curve import biases
from neuromorph.circuits.cell.record import Surface
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.batch import simulate_batch

BASAL = (0.0, 10e9, 20e9, 30e9, 40e9)  #: [Hz]
CONTEXT = (0.0, 10e9, 20e9, 30e9, 40e9)  #: [Hz]
SIGNED = (-40e9, -20e9, -10e9, 0.0, 10e9, 20e9, 40e9)  #: the same where context may oppose [Hz]
WARM, COUNTED = 0.5e-9, 2.0e-9  #: time left out and time counted [s]
#: Temperature [K] and factor on all biases of each surface.
CONDITIONS = (
    (4.2, 1.0), (0.0, 1.0), (2.0, 1.0), (8.0, 1.0), (4.2, 0.8), (4.2, 0.9), (4.2, 1.1), (4.2, 1.2),
)  # fmt: skip


def transfer_surfaces(
    bench: Bench, *, cell: str = "two_point_neuron", basal: Sequence[float] = BASAL,
    context: Sequence[float] | None = None, conditions: Sequence[tuple[float, float]] = CONDITIONS,
) -> tuple[Surface, ...]:
    """Measure a surface per condition; ``bench.seeds`` gives the seeds of noise and of phases.

    Each seed has its own noise and its own phases of the trains. A negative rate of context goes
    into the opposing port ``d`` of a cell that has one.
    """
    if context is None:
        context = SIGNED if "d" in library.ports(cell) else CONTEXT
    shape = (len(basal), len(context), len(conditions), bench.seeds)
    rates = np.zeros(shape)
    for i, f_basal in enumerate(basal):
        for k, f_context in enumerate(context):
            rates[i, k] = _rates(bench, cell, f_basal, f_context, conditions)
    mean, deviation = rates.mean(axis=3), rates.std(axis=3)
    return tuple(
        Surface(
            basal=tuple(map(float, basal)), context=tuple(map(float, context)),
            mean=_rows(mean[:, :, c]), deviation=_rows(deviation[:, :, c]),
            temperature=heat, factor=factor, seeds=bench.seeds,
        )
        for c, (heat, factor) in enumerate(conditions)
    )  # fmt: skip


def _rates(
    bench: Bench, cell: str, basal: float, context: float, conditions: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """Return the rate out, shape (n_condition, n_seed) [Hz]."""
    heat, factor = np.array(conditions, dtype=float).T
    out = np.zeros((len(conditions), bench.seeds))
    for seed in range(bench.seeds):
        circuit = _bench(bench, cell, basal, context, seed)
        found = simulate_batch(
            circuit, dict.fromkeys(biases(circuit), factor), seeds=np.full(heat.size, seed),
            temperature=heat, pulses=("B2.XO2",),
        )  # fmt: skip
        times = found.pulses["B2.XO2"]
        out[:, seed] = [np.count_nonzero(t >= WARM) / COUNTED for t in times]
    return out


def _bench(bench: Bench, cell: str, basal: float, context: float, seed: int) -> Circuit:
    """Return the neuron between two driven converters and a sink, trains of random phase."""
    rng = np.random.default_rng([seed, 71])
    names = (*library.inside(cell), "dcsfq")
    text = library.process() + "".join(map(library.cell, dict.fromkeys(names)))
    head = "X{0}1 dcsfq {1} {1}1\nX{0}2 jtl {1}1 {1}2\nX{0}3 jtl {1}2 {1}3\n"
    ports = library.ports(cell)
    inputs = [p for p in ports if p in "acd"]
    body = "".join(head.format(p.upper(), f"n{p}") for p in inputs)
    nodes = " ".join(f"n{p}3" if p in inputs else "o" for p in ports)
    body += f"XT {cell} {nodes}\nXO1 jtl o o1\nXO2 jtl o1 o2\nRO o2 0 2\n"
    rates = {"a": basal, "c": max(context, 0.0), "d": max(-context, 0.0)}
    trains = {f"n{p}": _train(rates[p], rng.uniform()) for p in inputs}
    return read(bench.deck(body, trains, cells=text, duration=WARM + COUNTED))


def _train(rate: float, phase: float) -> NDArray[np.float64]:
    if rate == 0:
        return np.zeros(0)
    count = int((WARM + COUNTED - 60e-12) * rate)
    return np.asarray(60e-12 + (phase + np.arange(count)) / rate)


def _rows(values: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in values)
