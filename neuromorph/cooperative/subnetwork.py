"""Making a smaller network of one whose masks say the same for (nearly) every input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.frame_data import FrameData, batches, cut
from neuromorph.cooperative.gating import masked
from neuromorph.cooperative.plan import Array, plan
from neuromorph.cooperative.propagation import forward
from neuromorph.description import Network, Point, Population, TwoPoint


def open_share(network: Network, data: FrameData) -> dict[str, Array]:
    """Return for how many frames of the data each unit of each masked population is open, (n,)."""
    laid = plan(network, dtype=np.float32)
    window = data.n_frame if laid.recurrent else 1
    sums: dict[str, Array] = {}
    count = 0
    for batch in batches(cut(data, window), max(1, 4096 // window), np.float32):
        tape = forward(laid, batch.inputs)
        count += batch.labelled.size * len(tape.y)
        for layer in masked(laid):
            opened = sum(tape.open(layer, f).sum(axis=0) for f in range(len(tape.y)))
            sums[layer.name] = sums.get(layer.name, 0.0) + np.asarray(opened, np.float64)
    return {name: value / count for name, value in sums.items()}


def undecided(shares: Mapping[str, Array], margin: float = 0.05) -> float:
    """Return the share of gates that are open for more than ``margin`` and less than 1 - it."""
    every = np.concatenate(list(shares.values()))
    return float(np.mean((every > margin) & (every < 1.0 - margin)))


def subnetwork(network: Network, shares: Mapping[str, Array]) -> Network:
    """Return the network of point units that are open for more than half of the data, ungated.

    Masks and the populations that only feed masks are gone.

    Raises
    ------
    ValueError
        No unit of a masked population stays.
    """
    kept: dict[str, NDArray[np.int64]] = {}
    for population in network.populations:
        cell, units = population.cell, np.arange(population.n)
        if isinstance(cell, TwoPoint) and cell.transfer == "mask":
            units = np.flatnonzero(np.asarray(shares[population.name]) > 0.5)
        if units.size == 0:
            raise ValueError(f"subnetwork: no unit of population {population.name!r} is open for "
                             "half of the data; keep more")  # fmt: skip
        kept[population.name] = units
    wires = [p for p in network.projections if p.port == "basal"]
    gone = {p.source for p in network.projections} - {p.source for p in wires}
    wires = [p for p in wires if p.target not in gone]
    return Network(
        name=f"{network.name}_consensus",
        populations=tuple(
            _fewer(population, kept[population.name])
            for population in network.populations
            if population.name not in gone
        ),
        projections=tuple(
            replace(p, weights=p.weights.toarray()[np.ix_(kept[p.source], kept[p.target])])
            for p in wires
        ),
    )


def _fewer(population: Population, units: NDArray[np.int64]) -> Population:
    cell: Any = population.cell
    if not (isinstance(cell, TwoPoint) and cell.transfer == "mask"):
        return population
    own = {
        name: np.broadcast_to(getattr(cell, name), (population.n,))[units].copy()
        for name in ("theta", "bias", "sigma")
    }
    return replace(population, n=units.size, cell=Point(gate=cell.gate, **own))
