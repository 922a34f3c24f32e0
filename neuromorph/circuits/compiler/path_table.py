"""From a network to its paths alone: what the compiler would lay, without laying the cells.

The delays, trees and settings are those of the netlist compiler; a test holds them to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.dendrite import APICAL, BASAL, Dendrites, dendrites
from neuromorph.circuits.compiler.event_graph import gate_numbers, probability
from neuromorph.circuits.compiler.layout import BEHIND, before_axon, beyond_basal, too_short
from neuromorph.circuits.compiler.realisation import (
    GateSetting,
    NeuronSetting,
    settings,
    synapse_current,
)
from neuromorph.circuits.compiler.wiring import depths
from neuromorph.circuits.pulse.machine import Machine
from neuromorph.circuits.pulse.path_kernel import Paths, Traffic
from neuromorph.description import Network
from neuromorph.philox import pass_threshold

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
    dendrites : Dendrites
    """

    first: Mapping[str, int]
    paths: Paths
    lines: Ints
    stochastic: NDArray[np.bool_]
    driven: NDArray[np.bool_]
    dendrites: Dendrites

    def bill(self, traffic: Traffic, machines: Mapping[str, Machine]) -> tuple[int, int, float]:
        """Return pulses at inputs of cells, turns and source work [J] of a run.

        Cell by cell what the traffic makes: a spike goes through its unit's output JTL and all
        splitters of its axon, then through each path up to its synapse; what passed goes on.
        """
        p, d = self.paths, self.dendrites
        spikes = np.bincount(traffic.unit, minlength=self.driven.size)
        fan_out = np.diff(p.start)
        each = spikes[np.repeat(np.arange(spikes.size), fan_out)]
        behind = int(traffic.passed[self.stochastic].sum())
        escaped = int(each[self.stochastic].sum()) - behind
        basal, negative = d.port == BASAL, (d.port == BASAL) & (d.weight < 0)
        gated = basal & (p.gated[d.unit] > 0)
        reached, blocked = traffic.reached, int(traffic.blocked.sum())
        into, through = int(reached[basal].sum()) - blocked, int(reached[gated].sum()) - blocked
        fired = int(spikes[~self.driven].sum())
        fluxons = int(reached[negative].sum())
        numbers = {
            ("dcsfq", 0): int(spikes[self.driven].sum()),
            ("jtl", 0): int(spikes.sum()) + int(each @ self.lines) + BEHIND * behind + through
            + int(reached.sum()),
            ("jtl_driven", 0): through,
            ("splitter", 0): int(spikes @ np.maximum(fan_out - 1, 0)),
            ("merger", 0): int(traffic.merged),
            ("synapse", 0): behind,
            ("antifluxon", 0): fluxons,
            ("jtl_negative", 0): fluxons,
            ("signed_gate", 0): through,
            ("signed_gate", 1): int(reached[~basal & (d.weight > 0)].sum()),
            ("signed_gate", 2): int(reached[~basal & (d.weight < 0)].sum()),
            ("neuron", 0): fired,
        }
        idle = {"synapse": escaped, "neuron": into - fired, "signed_gate": blocked}
        events = sum(numbers.values()) + sum(idle.values()) + int(traffic.swallowed)
        done = [(machines[name].transitions[k], count) for (name, k), count in numbers.items()]
        slips = sum(count * one.slips for one, count in done)
        slips += sum(count * machines[name].idle_slips for name, count in idle.items())
        work = sum(count * one.work for one, count in done)
        work += sum(count * machines[name].idle_work for name, count in idle.items())
        return events, slips, work


def path_table(
    network: Network, *, acceleration: float, calibration: Calibration, temperature: float
) -> PathTable:
    """Return the paths of a network of Source, LIF and ContextLIF populations.

    Raises
    ------
    ValueError
        Something that the cells cannot be; the message gives the reachable range.
    """
    d = dendrites(network, acceleration)
    solved = settings(network, d, acceleration, calibration)
    driven = np.array([one is None for one in solved])
    n, step, delay = driven.size, calibration.delay["jtl"], calibration.delay
    fan_out = np.bincount(d.source, minlength=n)
    fan_in = np.bincount(d.dendrite, minlength=d.unit.size)
    place = _rank(d.dendrite, fan_in)
    stochastic = d.probability < 1.0
    minimum = np.where(stochastic, 1 + BEHIND, 1)
    before = np.array([before_axon(one, delay) for one in solved])
    beyond = np.where((d.port == BASAL) & (d.weight < 0), beyond_basal(-1.0, delay), 0.0)
    own = (
        before[d.source] + 2.0 * step + beyond[d.dendrite]
        + _depth(fan_out[d.source], _rank(d.source, fan_out)) * delay["splitter"]
        + _depth(fan_in[d.dendrite], place) * delay["merger"]
        + np.where(stochastic, delay["synapse"], 0.0)
    ) + minimum * step  # fmt: skip
    extra = np.rint((d.delay - own) / step).astype(np.int64)
    _check(extra, own, d, network, acceleration)
    order = np.argsort(d.source, kind="stable")
    sides, up = _mergers(fan_in, d.dendrite, place)
    threshold = _thresholds(network, d, calibration, temperature)
    weight = _counts(d)
    paths = Paths(
        start=np.concatenate(([0], np.cumsum(fan_out))),
        **_unit_numbers(solved, calibration, temperature), target=d.target[order].astype(np.int32),
        dendrite=d.dendrite[order].astype(np.int32), side=sides[order],
        delay=(own + extra * step)[order], threshold=threshold[order],
        number=order.astype(np.uint64), weight=weight,
        lift=np.where(weight > 0, calibration.neuron.partial * (1.0 - weight), 0.0),
        context=d.port == APICAL, up=up,
    )  # fmt: skip
    lines = (minimum - np.where(stochastic, BEHIND, 0) + extra)[order]
    return PathTable(
        first=d.first, paths=paths, lines=lines, stochastic=stochastic[order], driven=driven,
        dendrites=d,
    )  # fmt: skip


def _unit_numbers(
    solved: Sequence[NeuronSetting | None], calibration: Calibration, temperature: float
) -> dict[str, NDArray[Any]]:
    """Return the columns of the units: neuron and gate; a source has neither."""
    law, known = calibration.neuron, dict[GateSetting, tuple[float, ...]]()
    rows = []
    for one in solved:
        gate = (1.0, 0.0, 1.0)
        if one is not None and one.gate is not None:
            if one.gate not in known:
                known[one.gate] = gate_numbers(one.gate, calibration, temperature)[:3]
            gate = known[one.gate]  # type: ignore[assignment]
        if one is None:
            rows.append((1.0, math.inf, 1.0, 0.0, *gate))
        else:
            theta = law.threshold(one.bias, one.leak)
            rows.append((law.l_s / one.leak, theta, 1.0, float(one.gate is not None), *gate))
    columns = np.array(rows).reshape(-1, 7).T.copy()
    names = ("tau", "theta", "taken", "gated", "tau_c", "half", "grey")
    numbers: dict[str, NDArray[Any]] = dict(zip(names, columns, strict=True))
    return {**numbers, "gated": numbers["gated"] > 0}


def _counts(d: Dendrites) -> Floats:
    """Return what a pulse of each dendrite counts: in quanta, or in grey zones of its gate."""
    return np.where(np.abs(d.weight - 1.0) < 1e-6, 1.0, d.weight)


def _thresholds(
    network: Network, d: Dendrites, calibration: Calibration, temperature: float
) -> NDArray[np.uint64]:
    """Return the pass threshold of each synapse: a draw passes below it, a certain one always."""
    out = np.empty(d.source.size, np.uint64)
    for place, projection in enumerate(network.projections):
        mine = d.projection == place
        chance, back = np.unique(d.probability[mine], return_inverse=True)
        for p in chance.tolist():
            synapse_current(p, projection.label, calibration)
        known = [probability(p, calibration, temperature) for p in chance.tolist()]
        out[mine] = pass_threshold(np.array(known))[back] if mine.any() else 0
    return out


def _mergers(fan_in: Ints, dendrite: Ints, place: Ints) -> tuple[Ints, Ints]:
    """Return the side each synapse ends in, and the side that each merger feeds (-1: none)."""
    first = np.concatenate(([0], np.cumsum(np.maximum(fan_in - 1, 0))))
    side = np.full(dendrite.size, -1)
    up = np.full(first[-1], -1)
    for n in np.unique(fan_in[fan_in > 1]).tolist():
        leaf, feeds = _tree(n)
        starts = first[:-1][fan_in == n]
        many = feeds[None, :] + np.where(feeds >= 0, 2 * starts[:, None], 0)
        up[(starts[:, None] + np.arange(n - 1)).ravel()] = many.ravel()
        mine = fan_in[dendrite] == n
        side[mine] = 2 * first[dendrite[mine]] + leaf[place[mine]]
    return side, up


def _tree(n: int) -> tuple[Ints, Ints]:
    """Return the sides of the leaves of a balanced tree and what side each merger feeds.

    Mergers are numbered root first, then those of the left half (the larger), then the right.
    """
    leaf, feeds = np.zeros(n, np.int64), np.full(max(n - 1, 1), -1)

    def grow(node: int, start: int, count: int, into: int) -> None:
        if count == 1:
            leaf[start] = into
            return
        half = (count + 1) // 2
        feeds[node] = into
        grow(node + 1, start, half, 2 * node)
        grow(node + half, start + half, count - half, 2 * node + 1)

    grow(0, 0, n, -1)
    return leaf, feeds


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
    extra: Ints, own: Floats, d: Dendrites, network: Network, acceleration: float
) -> None:
    bad = np.flatnonzero(extra < 0)
    if bad.size:
        k = int(bad[0])
        projection = network.projections[d.projection[k]]
        pair = (int(d.source[k]) - d.first[projection.source],
                int(d.target[k]) - d.first[projection.target])  # fmt: skip
        raise ValueError(
            too_short(projection.label, pair, float(d.delay[k]), float(own[k]), acceleration)
        )
