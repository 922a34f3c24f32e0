"""A network as the spiking core holds it: tables, rings, and the words of stimulus and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.description import LIF, Delta, Network, Source
from neuromorph.description.discrete import DiscreteNetwork
from neuromorph.fpga import word
from neuromorph.fpga.encoding import EncodedLIF, encode_lif, largest_weight
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.shape import SpikingShape
from neuromorph.fpga.word import Words

CAPACITY = {"units": 1 << 15, "slots": 1 << 13, "synapses": 1 << 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikingProgram:
    """What is loaded into a spiking core to make it a network.

    Attributes
    ----------
    need : SpikingShape
        The smallest core that holds it.
    cells : dict of EncodedLIF, by population number
    first : dict of int
        First row of each population in the unit table; computed ones come first.
    rows, slots : int
        What the registers ROWS and SLOTS are set to.
    memories : dict of int64 arrays, by memory
        Everything but the keys, which depend on the seed.
    segment_stream : (n_segment,)
        Stream of the random numbers of each segment.
    """

    grid: DiscreteNetwork
    need: SpikingShape
    cells: Mapping[int, EncodedLIF]
    first: Mapping[int, int]
    rows: int
    slots: int
    memories: Mapping[int, NDArray[np.int64]]
    segment_stream: NDArray[np.int64]

    @property
    def units(self) -> int:
        """Entries of the unit memories in use, padding included."""
        return self.rows * self.need.lanes

    def load_words(self, seed: int) -> Words:
        """Return the packet that loads the network with the keys of ``seed``."""
        parts = [word.load(memory, values) for memory, values in self.memories.items()]
        stream, inverse = np.unique(self.segment_stream, return_inverse=True)
        keys = np.array([philox.stream_key(seed, int(s)) for s in stream], dtype=np.int64)
        parts += [word.load(word.KEY, keys[inverse])] if stream.size else []
        return np.concatenate([*parts, word.clear()])


def refusal(network: Network) -> str | None:
    """Return why the spiking core cannot hold a network, or None."""
    if network.kind == "frames":
        return "frame-based networks are not supported on the spiking core; spiking networks are"
    for population in network.populations:
        if not isinstance(population.cell, (Source, LIF)):
            return (
                f"population {population.name!r}: {type(population.cell).__name__} is not "
                "supported here; Source, LIF are"
            )
    for projection in network.projections:
        if not isinstance(projection.synapse, (Delta, type(None))):
            return (
                f"projection {projection.label}: {type(projection.synapse).__name__} synapses are "
                "not supported here; Delta are"
            )
    computed = sum(p.n for p in network.populations if not isinstance(p.cell, Source))
    if computed == 0:
        return "no computed population came; at least one of LIF cells is needed"
    if computed > CAPACITY["units"]:
        return f"{computed} units came, at most {CAPACITY['units']} fit the core"
    synapses = sum(p.weights.n_synapse for p in network.projections)
    if synapses > CAPACITY["synapses"]:
        return f"{synapses} synapses came, at most {CAPACITY['synapses']} fit the core"
    return None


def compile_spiking(grid: DiscreteNetwork, fixed: FixedPoint, lane_bits: int) -> SpikingProgram:
    """Lay a network out over the memories of the core.

    Raises
    ------
    ValueError
        A delay, refractory time or sum beyond what the core can hold.
    """
    populations = grid.network.populations
    computed = [n for n, p in enumerate(populations) if not isinstance(p.cell, Source)]
    sources = [n for n, p in enumerate(populations) if isinstance(p.cell, Source)]
    cells: dict[int, EncodedLIF] = {}
    for number in computed:
        cell = populations[number].cell
        if isinstance(cell, LIF):
            largest = largest_weight(grid, number)
            cells[number] = encode_lif(cell, populations[number].n, grid.dt, fixed, largest)
    first, at = {}, 0
    for number in (*computed, *sources):
        first[number] = at
        at += populations[number].n
        if number == computed[-1]:
            units = at
    rows = -(-units // (1 << lane_bits))
    layout = _Layout(grid, cells, first, at, lane_bits)
    slots = grid.max_delay + 1
    _check(grid, cells, slots)
    need = SpikingShape(
        bits=fixed.bits,
        guard=fixed.guard,
        decay_bits=fixed.decay_bits,
        sum_bits=max(fixed.bits + 1, _sum_bits(grid, cells)),
        lane_bits=lane_bits,
        unit_bits=max(lane_bits + 1, _log2(rows << lane_bits)),
        synapse_bits=max(lane_bits + 1, _log2(layout.weight.size)),
        slot_bits=max(1, _log2(slots)),
        segment_bits=max(1, _log2(layout.groups.size)),
        row_bits=max(lane_bits + 2, _log2(rows << lane_bits) + 1, _log2(at)),
        stochastic=any(p.stochastic for p in grid.projections),
    )
    memories = {**_unit_memories(cells, units, rows << lane_bits), **layout.memories()}
    return SpikingProgram(
        grid=grid, need=need, cells=cells, first=first, rows=rows, slots=slots,
        memories=memories, segment_stream=layout.stream,
    )  # fmt: skip


def _log2(count: int) -> int:
    return max(count - 1, 0).bit_length()


def _check(grid: DiscreteNetwork, cells: Mapping[int, EncodedLIF], slots: int) -> None:
    if slots > CAPACITY["slots"]:
        raise ValueError(
            f"network {grid.network.name!r}: a delay of {slots - 1} steps came, at most "
            f"{CAPACITY['slots'] - 1} fit the core: raise dt"
        )
    for number, cell in cells.items():
        if cell.refractory.max() > 0xFFFF:
            raise ValueError(
                f"population {grid.network.populations[number].name!r}: refractory of "
                f"{cell.refractory.max()} steps came, at most 65535 fit the core: raise dt"
            )
    if _sum_bits(grid, cells) > 32:
        raise ValueError(
            f"network {grid.network.name!r}: weights that may arrive at once need "
            f"{_sum_bits(grid, cells)} bits, at most 32 fit the core: take fewer bits"
        )


def _sum_bits(grid: DiscreteNetwork, cells: Mapping[int, EncodedLIF]) -> int:
    """Width that holds every weight into one unit arriving at once."""
    largest = 0
    for number, cell in cells.items():
        total = np.zeros(grid.network.populations[number].n, np.int64)
        for p in grid.projections:
            if p.target == number:
                np.add.at(total, p.index, np.abs(cell.weight(p.weight) >> cell.fixed.guard))
        largest = max(largest, int(total.max()))
    return largest.bit_length() + 1


def _unit_memories(
    cells: Mapping[int, EncodedLIF], units: int, padded: int
) -> dict[int, NDArray[np.int64]]:
    fields: dict[int, Any] = {
        word.V_TH: lambda c: c.v_th >> c.fixed.guard,
        word.V_LEAK: lambda c: c.v_leak >> c.fixed.guard,
        word.AMOUNT: lambda c: c.amount >> c.fixed.guard,
        word.FLAG: lambda c: c.refractory | int(c.subtract) << 16,
        word.DECAY: lambda c: c.decay,
        word.INITIAL: lambda c: c.initial >> c.fixed.guard,
    }
    out = {}
    for memory, take in fields.items():
        values = np.zeros(padded, np.int64)
        values[:units] = np.concatenate([take(c) for c in cells.values()])
        if memory == word.V_TH:
            bits = next(iter(cells.values())).fixed.bits
            values[units:] = (1 << (bits - 1)) - 1
        out[memory] = values
    out[word.DRIVE] = np.zeros(padded, np.int64)
    return out


class _Layout:
    """Synapses in groups of one per lane, segments of groups, and who sends which segments."""

    def __init__(
        self,
        grid: DiscreteNetwork,
        cells: Mapping[int, EncodedLIF],
        first: Mapping[int, int],
        senders: int,
        lane_bits: int,
    ) -> None:
        lanes = 1 << lane_bits
        sender: list[NDArray[np.int64]] = []
        groups: list[NDArray[np.int64]] = []
        stream: list[NDArray[np.int64]] = []
        places = []
        for p in grid.projections:
            rows = np.diff(p.start)
            source = np.repeat(np.arange(rows.size), rows)
            unit = first[p.target] + p.index.astype(np.int64)
            rank = _rank(source * lanes + unit % lanes)
            count = np.zeros(rows.size, np.int64)
            np.maximum.at(count, source, rank + 1)
            sending = np.flatnonzero(count)
            sender.append(first[p.source] + sending)
            groups.append(count[sending])
            stream.append(np.full(sending.size, p.stream))
            places.append((source, rank, unit, np.cumsum(count > 0) - 1))
        zero = [np.zeros(0, np.int64)]
        self.sender = np.concatenate(zero + sender)
        order = np.argsort(self.sender, kind="stable")
        self.sender = self.sender[order]
        self.groups = np.concatenate(zero + groups)[order]
        self.stream = np.concatenate(zero + stream)[order]
        self.begin = np.cumsum(self.groups) - self.groups
        self.senders = senders
        size = max(lanes, int(self.groups.sum()) * lanes)
        self.weight, self.target = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.threshold, self.index = np.zeros(size, np.int64), np.zeros(size, np.int64)
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)
        offset = 0
        for p, (source, rank, unit, nth) in zip(grid.projections, places, strict=True):
            segment = place[offset + nth[source]] if source.size else source
            at = (self.begin[segment] + rank) * lanes + unit % lanes
            self.weight[at] = cells[p.target].weight(p.weight) >> cells[p.target].fixed.guard
            chance = p.threshold < 1 << 32
            self.target[at] = (
                1 << 31 | chance.astype(np.int64) << 30 | p.delay.astype(np.int64) << 16
                | unit // lanes
            )  # fmt: skip
            self.threshold[at] = np.where(chance, p.threshold, 0).astype(np.int64)
            self.index[at] = np.arange(unit.size)
            offset += int(nth[-1]) + 1 if nth.size else 0

    def memories(self) -> dict[int, NDArray[np.int64]]:
        """Return the contents by memory."""
        last = np.append(self.sender[1:] != self.sender[:-1], True)[: self.sender.size]
        table = np.full(self.senders, word.NONE, np.int64)
        starts = np.append(True, self.sender[1:] != self.sender[:-1])[: self.sender.size]
        table[self.sender[starts]] = np.flatnonzero(starts)
        return {
            word.WEIGHT: self.weight,
            word.TARGET: self.target,
            word.THRESHOLD: self.threshold,
            word.INDEX: self.index,
            word.UNIT_TABLE: table,
            word.FIRST: self.begin,
            word.GROUPS: self.groups | last.astype(np.int64) << 31,
        }


def _rank(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many equal keys came before each."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: key.size])
    lengths = np.diff(np.append(begins, key.size))
    out = np.empty(key.size, np.int64)
    out[order] = np.arange(key.size) - np.repeat(begins, lengths)
    return out
