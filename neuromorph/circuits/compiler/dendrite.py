"""Every synapse of a network and the dendrites that synapses of one weight share.

Synapses of the same target, port and weight end in one tree of mergers: a dendrite. A neuron has
one storing branch per dendrite of its basal port; the two dendrites of an apical port, one for
each sign, charge the two context loops of its gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import LIF, ContextLIF, Network, Projection

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BASAL, APICAL = 0, 1

#: Smallest weight in quanta: its branch has ten times the inductance of a whole quantum's.
SMALLEST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dendrites:
    """Synapses in order of number and dendrites in order of unit; units numbered through.

    Attributes
    ----------
    first : dict
        Number of the first unit of each population.
    source, target, dendrite, projection : (n_synapse,)
    probability : (n_synapse,)
    delay : (n_synapse,) [s of device time]
    unit, port : (n_dendrite,)
    weight : (n_dendrite,)
        Basal: in quanta, the target's ``v_subtract``. Apical: in grey zones, its ``c_grey``.
    """

    first: Mapping[str, int]
    source: Ints
    target: Ints
    dendrite: Ints
    projection: Ints
    probability: Floats
    delay: Floats
    unit: Ints
    port: Ints
    weight: Floats

    def of_unit(self, unit: int) -> range:
        """Return the numbers of a unit's dendrites."""
        low, high = np.searchsorted(self.unit, (unit, unit + 1))
        return range(int(low), int(high))


def dendrites(network: Network, acceleration: float) -> Dendrites:
    """Collect the synapses of a network of Source, LIF and ContextLIF populations.

    Raises
    ------
    ValueError
        A weight that no branch of a neuron can be; the message gives the reachable range.
    """
    if not (np.isfinite(acceleration) and acceleration > 0):
        raise ValueError(f"acceleration: {acceleration} came, a positive number is allowed")
    sizes = [p.n for p in network.populations]
    starts = np.cumsum([0, *sizes]).tolist()
    first = dict(zip((p.name for p in network.populations), starts, strict=False))
    columns = [
        _synapses(network, projection, place, first, acceleration)
        for place, projection in enumerate(network.projections)
    ]
    empty = (*(np.zeros(0, np.int64),) * 4, *(np.zeros(0),) * 3)
    source, target, port, place, chance, delay, weight = (
        np.concatenate(parts) for parts in zip(empty, *columns, strict=True)
    )
    unit, ports, weights, of = _grouped(target, port, weight)
    found = Dendrites(
        first=first, source=source, target=target, dendrite=of, projection=place,
        probability=chance, delay=delay, unit=unit, port=ports, weight=weights,
    )  # fmt: skip
    _check_sums(network, found)
    return found


def _synapses(
    network: Network, projection: Projection, place: int, first: Mapping[str, int],
    acceleration: float,
) -> tuple[Ints | Floats, ...]:  # fmt: skip
    w, target = projection.weights, network.population(projection.target)
    cell, n = target.cell, w.n_synapse
    if not isinstance(cell, (LIF, ContextLIF)):
        raise ValueError(
            f"Projection {projection.label}: a {type(cell).__name__} came as target, LIF and "
            "ContextLIF are allowed"
        )
    port = APICAL if projection.port == "apical" else BASAL
    unit = cell.c_grey if port == APICAL and isinstance(cell, ContextLIF) else cell.v_subtract
    if unit is None:
        raise ValueError(
            f"Population {target.name!r}: {type(cell).__name__}.v_reset came, v_subtract is "
            "allowed: a junction takes one flux quantum away and cannot reset"
        )
    weight = w.value / np.broadcast_to(np.asarray(unit, dtype=float), (target.n,))[w.target]
    if port == BASAL:
        _check_weights(projection, cell, weight)
    ones = np.ones(n, np.int64)
    return (
        first[projection.source] + w.source.astype(np.int64),
        first[projection.target] + w.target.astype(np.int64),
        port * ones,
        place * ones,
        np.broadcast_to(np.asarray(projection.probability, dtype=float), (n,)),
        np.broadcast_to(np.asarray(projection.delay, dtype=float), (n,)) / acceleration,
        weight,
    )


def _grouped(target: Ints, port: Ints, weight: Floats) -> tuple[Ints, Ints, Floats, Ints]:
    """Group synapses by target, port and weight: large positive weights first, then negative."""
    rank = -np.round(weight, 6)
    order = np.lexsort((rank, port, target))
    new = np.ones(order.size, np.bool_)
    new[1:] = (
        (np.diff(target[order]) != 0) | (np.diff(port[order]) != 0) | (np.diff(rank[order]) != 0)
    )
    of = np.empty(order.size, np.int64)
    of[order] = np.cumsum(new) - 1
    heads = order[new]
    return target[heads], port[heads], weight[heads], of


def _check_weights(projection: Projection, cell: LIF | ContextLIF, quanta: Floats) -> None:
    gated = isinstance(cell, ContextLIF)
    low = SMALLEST if not gated else 1.0
    size = quanta if gated else np.abs(quanta)
    bad = np.flatnonzero((size < low * (1 - 1e-6)) | (size > 1 + 1e-6))
    if bad.size:
        k, w = int(bad[0]), projection.weights
        unit = w.value[k] / quanta[k] if quanta[k] else float(np.max(cell.v_subtract))  # type: ignore[arg-type]
        allowed = (
            f"one quantum = v_subtract = {unit:g} V (all its pulses pass one gate)" if gated
            else f"{low * unit:g} to {unit:g} V of either sign (v_subtract is {unit:g} V)"
        )  # fmt: skip
        raise ValueError(
            f"Projection {projection.label}: weight {w.value[k]:g} V came for synapse "
            f"({int(w.source[k])}, {int(w.target[k])}), {allowed} is allowed: set the strength by "
            "the probability, or raise v_subtract and v_th"
        )


def _check_sums(network: Network, found: Dendrites) -> None:
    """Hold the branches of each neuron to one quantum in all: a spike takes it from them."""
    basal = found.port == BASAL
    n = sum(p.n for p in network.populations)
    total = np.bincount(found.unit[basal], np.abs(found.weight[basal]), minlength=n)
    bad = np.flatnonzero(total > 1 + 1e-6)
    if bad.size:
        unit = int(bad[0])
        name, start = max(
            ((p, s) for p, s in found.first.items() if s <= unit), key=lambda item: item[1]
        )
        here = found.weight[basal & (found.unit == unit)]
        raise ValueError(
            f"Population {name!r}: weights of {', '.join(f'{x:g}' for x in here)} v_subtract came "
            f"into unit {unit - start}, different weights whose magnitudes sum to 1 at most are "
            "allowed (a spike takes from each branch of a neuron what a pulse brings it): raise "
            "v_subtract and v_th, or use fewer weights"
        )
