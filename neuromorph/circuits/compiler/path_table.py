"""From a network to its paths alone: what the compiler would lay, without laying the cells.

The delays, trees and settings are those of the netlist compiler; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.event_graph import probability
from neuromorph.circuits.compiler.layout import BEHIND
from neuromorph.circuits.compiler.realisation import (
    check_weights,
    neuron_settings,
    synapse_current,
)
from neuromorph.circuits.compiler.wiring import depths
from neuromorph.circuits.pulse.machine import Machine
from neuromorph.circuits.pulse.path_kernel import Paths, Traffic
from neuromorph.description import Network, Source

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathTable:
    """A network as units and paths.

    Attributes
    ----------
    first : dict
        Number of the first unit of each population.
    paths : Paths
        What the kernel runs.
    lines : (n_synapse,)
        JTLs on each path beside its synapse, in the order of ``paths``.
    stochastic : (n_synapse,)
    driven : (n_unit,)
        Sources: units that a converter drives.
    """

    first: Mapping[str, int]
    paths: Paths
    lines: Ints
    stochastic: NDArray[np.bool_]
    driven: NDArray[np.bool_]

    def bill(self, traffic: Traffic, machines: Mapping[str, Machine]) -> tuple[int, int, float]:
        """Return pulses at inputs of cells, turns and source work [J] of a run.

        Cell by cell what the traffic makes: a spike goes through its unit's output JTL and all
        splitters of its axon, then through each path up to its synapse; what passed goes on.
        """
        p, n = self.paths, self.driven.size
        spikes = np.bincount(traffic.unit, minlength=n)
        fan_out = np.diff(p.start)
        source = np.repeat(np.arange(n), fan_out)
        offered = int(spikes[source] @ self.lines)
        behind = int(traffic.passed[self.stochastic].sum())
        escaped = int(spikes[source][self.stochastic].sum()) - behind
        into = int(traffic.integrated.sum())
        fired = int(spikes[~self.driven].sum())
        numbers = {
            "dcsfq": int(spikes[self.driven].sum()),
            "jtl": int(spikes.sum()) + offered + BEHIND * behind + into,
            "splitter": int(spikes @ np.maximum(fan_out - 1, 0)),
            "merger": int(traffic.merged),
            "synapse": behind,
            "neuron": fired,
        }
        idle = {"synapse": escaped, "neuron": into - fired}
        events = sum(numbers.values()) + sum(idle.values()) + int(traffic.swallowed)
        ones = {name: machines[name].transitions[0] for name in numbers}
        slips = sum(count * ones[name].slips for name, count in numbers.items())
        slips += sum(count * machines[name].idle_slips for name, count in idle.items())
        work = sum(count * ones[name].work for name, count in numbers.items())
        work += sum(count * machines[name].idle_work for name, count in idle.items())
        return events, slips, work


def path_table(
    network: Network, *, acceleration: float, calibration: Calibration, temperature: float
) -> PathTable:
    """Return the paths of a network of Source and LIF populations.

    Raises
    ------
    ValueError
        Something that the cells cannot be; the message gives the reachable range.
    """
    first = dict(
        zip((p.name for p in network.populations),
            np.cumsum([0, *(p.n for p in network.populations)]).tolist(), strict=False)
    )  # fmt: skip
    tau, theta, driven = _units(network, acceleration, calibration)
    columns = _synapses(network, first, acceleration, calibration)
    source, target, chance, wanted, label = columns
    n, number = driven.size, np.arange(source.size)
    fan_out, fan_in = np.bincount(source, minlength=n), np.bincount(target, minlength=n)
    axon, dendrite = _rank(source, fan_out), _rank(target, fan_in)
    stochastic = chance < 1.0
    step, delay = calibration.delay["jtl"], calibration.delay
    minimum = np.where(stochastic, 1 + BEHIND, 1)
    own = (
        np.where(driven[source], 0.0, delay["neuron"]) + 2.0 * step
        + _depth(fan_out[source], axon) * delay["splitter"]
        + _depth(fan_in[target], dendrite) * delay["merger"]
        + np.where(stochastic, delay["synapse"], 0.0)
    ) + minimum * step  # fmt: skip
    extra = np.rint((wanted - own) / step).astype(np.int64)
    _check(extra, own, wanted, label, network, acceleration)
    laid = own + extra * step
    order = np.lexsort((number, laid, source))
    known = {p: probability(p, calibration, temperature) for p in np.unique(chance).tolist()}
    heat = np.array([known[p] for p in chance.tolist()])
    paths = Paths(
        start=np.concatenate(([0], np.cumsum(fan_out))), fan_in=fan_in,
        merger=np.concatenate(([0], np.cumsum(np.maximum(fan_in - 1, 0)))),
        tau=tau, theta=theta, taken=np.ones(n), target=target[order], rank=dendrite[order],
        delay=laid[order], probability=heat[order], number=number[order], source=source[order],
    )  # fmt: skip
    lines = (minimum - np.where(stochastic, BEHIND, 0) + extra)[order]
    return PathTable(
        first=first, paths=paths, lines=lines, stochastic=stochastic[order], driven=driven
    )


def _units(
    network: Network, acceleration: float, calibration: Calibration
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    tau, theta, driven = [], [], []
    law = calibration.neuron
    for population in network.populations:
        source = isinstance(population.cell, Source)
        driven.append(np.full(population.n, source))
        if source:
            tau.append(np.ones(population.n))
            theta.append(np.full(population.n, np.inf))
            continue
        settings = neuron_settings(population, acceleration, law)
        tau.append(np.array([law.l_s / s.leak for s in settings]))
        theta.append(np.array([law.threshold(s.bias, s.leak) for s in settings]))
    return np.concatenate(tau), np.concatenate(theta), np.concatenate(driven)


def _synapses(
    network: Network, first: Mapping[str, int], acceleration: float, calibration: Calibration
) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = []
    for place, projection in enumerate(network.projections):
        check_weights(projection, network.population(projection.target))
        w = projection.weights
        chance = np.broadcast_to(np.asarray(projection.probability, dtype=float), (w.n_synapse,))
        for p in np.unique(chance).tolist():
            synapse_current(p, projection.label, calibration)
        delay = np.broadcast_to(np.asarray(projection.delay), (w.n_synapse,)) / acceleration
        rows.append(
            (first[projection.source] + w.source, first[projection.target] + w.target, chance,
             delay, np.full(w.n_synapse, place))
        )  # fmt: skip
    if not rows:
        return (*(np.zeros(0, np.int64),) * 2, np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def _rank(group: Ints, size: Ints) -> Ints:
    """Return the place of each synapse among those of its unit, in order of number."""
    order = np.argsort(group, kind="stable")
    out = np.empty(group.size, np.int64)
    out[order] = np.arange(group.size) - np.repeat(np.cumsum(size) - size, size)
    return out


def _depth(count: Ints, rank: Ints) -> Ints:
    """Return the depth of leaf ``rank`` of a balanced tree of ``count`` leaves."""
    known = {n: np.array(depths(n)) for n in np.unique(count).tolist()}
    out = np.zeros(count.size, np.int64)
    for n, table in known.items():
        chosen = count == n
        out[chosen] = table[rank[chosen]]
    return out


def _check(
    extra: Ints, own: Floats, wanted: Floats, label: Ints, network: Network, acceleration: float
) -> None:
    bad = np.flatnonzero(extra < 0)
    if bad.size:
        k = int(bad[0])
        raise ValueError(
            f"Projection {network.projections[label[k]].label}: delay "
            f"{wanted[k] * acceleration:.4g} s came, at least {own[k] * acceleration:.4g} s, its "
            f"path of {own[k] * 1e12:.1f} ps, is allowed: raise the delay or lower the acceleration"
        )
