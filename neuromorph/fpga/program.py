"""A network as the spiking core holds it: tables, rings, and the words of stimulus and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.description import LIF, BurstPoisson, ContextLIF, Delta, Network, Source
from neuromorph.description.discrete import DiscreteNetwork
from neuromorph.fpga import word
from neuromorph.fpga.burst_poisson import EncodedBurstPoisson, encode_burst_poisson, gate_table
from neuromorph.fpga.context_lif import EncodedContextLIF, encode_context_lif
from neuromorph.fpga.encoding import EncodedLIF, encode_lif, largest_weight
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.shape import SpikingShape
from neuromorph.fpga.word import Words

Encoded = EncodedLIF | EncodedBurstPoisson
CAPACITY = {"units": 1 << 15, "slots": 1 << 13, "synapses": 1 << 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikingProgram:
    """What is loaded into a spiking core to make it a network.

    Attributes
    ----------
    need : SpikingShape
        The smallest core that holds it.
    cells : dict of EncodedLIF, EncodedContextLIF or EncodedBurstPoisson, by population number
    place : dict of {port: (n,)}, by population number
        Unit of the core that holds each cell's soma ("basal") and dendrite ("apical"); of a
        source, its row in the unit table. Computed ones come first.
    rows, slots : int
        What the registers ROWS and SLOTS are set to.
    memories : dict of int64 arrays, by memory
        Everything but the keys, which depend on the seed.
    segment_stream : (n_segment,)
        Stream of the random numbers of each segment.
    """

    grid: DiscreteNetwork
    need: SpikingShape
    cells: Mapping[int, Encoded]
    place: Mapping[int, Mapping[str, NDArray[np.int64]]]
    rows: int
    slots: int
    memories: Mapping[int, NDArray[np.int64]]
    segment_stream: NDArray[np.int64]

    @property
    def bursts(self) -> bool:
        """Whether any cell is a burst-Poisson cell."""
        return self.need.burst

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
        parts += [word.load(word.DRAW, self._draws(seed))] if self.bursts else []
        return np.concatenate([*parts, word.clear()])

    def _draws(self, seed: int) -> NDArray[np.int64]:
        """Return the key of each dendrite unit and the number of each soma unit."""
        out = np.zeros(self.units, np.int64)
        for number, at in self.place.items():
            if isinstance(self.cells.get(number), EncodedBurstPoisson):
                out[at["apical"]] = philox.stream_key(seed, philox.CELL + number)
                out[at["basal"]] = np.arange(at["basal"].size)
        return out


def refusal(network: Network) -> str | None:
    """Return why the spiking core cannot hold a network, or None."""
    if network.kind == "frames":
        return "frame-based networks are not supported on the spiking core; spiking networks are"
    for population in network.populations:
        if not isinstance(population.cell, (Source, LIF, ContextLIF, BurstPoisson)):
            return (
                f"population {population.name!r}: {type(population.cell).__name__} is not "
                "supported here; Source, LIF, ContextLIF, BurstPoisson are"
            )
    for projection in network.projections:
        if not isinstance(projection.synapse, (Delta, type(None))):
            return (
                f"projection {projection.label}: {type(projection.synapse).__name__} synapses are "
                "not supported here; Delta are"
            )
    computed = sum(
        p.n * max(len(p.cell.ports), 1) for p in network.populations
        if not isinstance(p.cell, Source)
    )  # fmt: skip
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
    cells = _encode(grid, fixed)
    place, units, senders = _place(grid, 1 << lane_bits)
    rows = -(-units // (1 << lane_bits))
    layout = _Layout(grid, cells, place, senders, lane_bits)
    slots = grid.max_delay + 1
    _check(grid, cells, slots, _sum_bits(grid, cells, place, units))
    need = SpikingShape(
        bits=fixed.bits,
        guard=fixed.guard,
        decay_bits=fixed.decay_bits,
        sum_bits=max(fixed.bits + 1, _sum_bits(grid, cells, place, units)),
        lane_bits=lane_bits,
        unit_bits=max(lane_bits + 1, _log2(rows << lane_bits)),
        synapse_bits=max(lane_bits + 1, _log2(layout.weight.size)),
        slot_bits=max(1, _log2(slots)),
        segment_bits=max(1, _log2(layout.groups.size)),
        row_bits=max(lane_bits + 2, _log2(rows << lane_bits) + 1, _log2(senders)),
        stochastic=any(p.stochastic for p in grid.projections),
        burst=any(isinstance(cell, EncodedBurstPoisson) for cell in cells.values()),
        context=any(isinstance(cell, EncodedContextLIF) for cell in cells.values()),
    )
    memories = {**_unit_memories(cells, place, rows << lane_bits), **layout.memories()}
    return SpikingProgram(
        grid=grid, need=need, cells=cells, place=place, rows=rows, slots=slots,
        memories=memories, segment_stream=layout.stream,
    )  # fmt: skip


def _encode(grid: DiscreteNetwork, fixed: FixedPoint) -> dict[int, Encoded]:
    cells: dict[int, Encoded] = {}
    for number, population in enumerate(grid.network.populations):
        cell, largest = population.cell, largest_weight(grid, number)
        if isinstance(cell, LIF):
            cells[number] = encode_lif(cell, population.n, grid.dt, fixed, largest)
        elif isinstance(cell, ContextLIF):
            cells[number] = encode_context_lif(
                cell, population.n, grid.dt, fixed, largest_weight(grid, number, "basal"),
                largest_weight(grid, number, "apical"),
            )  # fmt: skip
        elif isinstance(cell, BurstPoisson):
            cells[number] = encode_burst_poisson(cell, population.n, grid.dt, fixed, largest)
    return cells


def _place(
    grid: DiscreteNetwork, lanes: int
) -> tuple[dict[int, dict[str, NDArray[np.int64]]], int, int]:
    """Return where each cell lies, how many units that takes, and how many may send.

    Of a cell of two units the dendrite lies one row before the soma, in the same lane.
    """
    populations, at, units = grid.network.populations, 0, 0
    place: dict[int, dict[str, NDArray[np.int64]]] = {}
    order = sorted(range(len(populations)), key=lambda k: isinstance(populations[k].cell, Source))
    for number in order:
        i = np.arange(populations[number].n)
        if isinstance(populations[number].cell, (BurstPoisson, ContextLIF)):
            dendrite = -(-at // lanes) * lanes + i // lanes * 2 * lanes + i % lanes
            place[number] = {"basal": dendrite + lanes, "apical": dendrite}
        else:
            place[number] = {"basal": at + i}
        at = int(place[number]["basal"][-1]) + 1
        units = units if isinstance(populations[number].cell, Source) else at
    return place, units, at


def _log2(count: int) -> int:
    return max(count - 1, 0).bit_length()


def _check(
    grid: DiscreteNetwork, cells: Mapping[int, Encoded], slots: int, sum_bits: int
) -> None:
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
    if sum_bits > 32:
        raise ValueError(
            f"network {grid.network.name!r}: weights that may arrive at once need "
            f"{sum_bits} bits, at most 32 fit the core: take fewer bits"
        )


def _sum_bits(
    grid: DiscreteNetwork,
    cells: Mapping[int, Encoded],
    place: Mapping[int, Mapping[str, NDArray[np.int64]]],
    units: int,
) -> int:
    """Width that holds every weight into one unit arriving at once."""
    total = np.zeros(units, np.int64)
    for p in grid.projections:
        cell = cells[p.target]
        at = place[p.target][p.port][p.index]
        np.add.at(total, at, np.abs(cell.weight(p.weight, p.port) >> cell.fixed.guard))
    return int(total.max()).bit_length() + 1


def _unit_memories(
    cells: Mapping[int, Encoded],
    place: Mapping[int, Mapping[str, NDArray[np.int64]]],
    padded: int,
) -> dict[int, NDArray[np.int64]]:
    used = (word.V_TH, word.V_LEAK, word.AMOUNT, word.FLAG, word.DECAY, word.INITIAL, word.DRIVE)
    out = {memory: np.zeros(padded, np.int64) for memory in used}
    out[word.V_TH][:] = (1 << (next(iter(cells.values())).fixed.bits - 1)) - 1  # padding is silent
    if not all(type(cell) is EncodedLIF for cell in cells.values()):
        out[word.BURST] = np.zeros(padded, np.int64)
    if any(isinstance(cell, EncodedBurstPoisson) for cell in cells.values()):
        out[word.GATE] = gate_table()
    for number, cell in cells.items():
        for port, at in place[number].items():
            for memory, values in _fields(cell, port).items():
                out[memory][at] = values
    return out


def _fields(cell: Encoded, port: str) -> dict[int, NDArray[np.int64]]:
    """Return what one unit memory holds of each cell, weights in their own unit."""
    guard = cell.fixed.guard
    if isinstance(cell, EncodedContextLIF) and port == "apical":
        none = np.zeros_like(cell.v_th)
        return {
            word.V_TH: none, word.V_LEAK: none, word.INITIAL: none,
            word.AMOUNT: cell.v_floor >> guard, word.DECAY: cell.decay_c,
            word.FLAG: none | word.DENDRITE, word.BURST: cell.context_gain,
        }  # fmt: skip
    if isinstance(cell, EncodedLIF):
        under = word.UNDER_CONTEXT if isinstance(cell, EncodedContextLIF) else 0
        return {
            word.V_TH: cell.v_th >> guard, word.V_LEAK: cell.v_leak >> guard,
            word.AMOUNT: cell.amount >> guard, word.DECAY: cell.decay,
            word.FLAG: cell.refractory | (word.SUBTRACT if cell.subtract else 0) | under,
            word.INITIAL: cell.initial >> guard,
        }  # fmt: skip
    soma = port == "basal"
    none = np.zeros_like(cell.v_th)
    return {
        word.V_TH: (cell.v_th if soma else cell.e_d) >> guard,
        word.V_LEAK: cell.v_leak >> guard,
        word.AMOUNT: cell.v_reset >> guard if soma else none,
        word.FLAG: cell.refractory | word.SOMA if soma else none | word.DENDRITE,
        word.DECAY: cell.decay[port],
        word.INITIAL: cell.v_leak >> guard,
        word.BURST: cell.timing if soma else cell.slope,
    }


class _Layout:
    """Synapses in groups of one per lane, segments of groups, and who sends which segments."""

    def __init__(
        self,
        grid: DiscreteNetwork,
        cells: Mapping[int, Encoded],
        place: Mapping[int, Mapping[str, NDArray[np.int64]]],
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
            unit = place[p.target][p.port][p.index]
            rank = _rank(source * lanes + unit % lanes)
            count = np.zeros(rows.size, np.int64)
            np.maximum.at(count, source, rank + 1)
            sending = np.flatnonzero(count)
            sender.append(place[p.source]["basal"][sending])
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
        nth_of = np.empty(order.size, np.int64)
        nth_of[order] = np.arange(order.size)
        offset = 0
        for p, (source, rank, unit, nth) in zip(grid.projections, places, strict=True):
            segment = nth_of[offset + nth[source]] if source.size else source
            at = (self.begin[segment] + rank) * lanes + unit % lanes
            cell = cells[p.target]
            self.weight[at] = cell.weight(p.weight, p.port) >> cell.fixed.guard
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
