"""The bit-exact integer model of the spiking core: its cells, its words, its clock cycles.

The cells' kernels (``lif.py``, ``burst_poisson.py``, ``context_lif.py``) serve the model and the
fixed-point profile of the Numba emulator.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.array_copy import copy
from neuromorph.fpga import word
from neuromorph.fpga.burst_poisson import burst_wait, dendrite_fixed_unit
from neuromorph.fpga.context_lif import context_level
from neuromorph.fpga.lif import lif_fixed_unit
from neuromorph.fpga.register import VERSION
from neuromorph.fpga.shape import SPIKING_ID, SpikingShape
from neuromorph.philox import philox

#: Clocks from the last row of an update, or of a last group, until all is written.
TAIL, DRAIN, DRAIN_STOCHASTIC = 6, 4, 14
TAIL_BURST = 16  #: of a core with burst cells: their draw takes ten clocks more
(CYCLES, EVENTS, SKIPPED, SPIKES, UPDATES, STEP_NOW, SLOT_NOW, DIRTY, BAD, TAKEN, RUN_LEFT,
 OUT, OPEN) = range(13)  # fmt: skip
BURST, DRAW, WAIT = 9, 10, 11  #: rows of the unit memories


class Memory(NamedTuple):
    """The memories of the spiking core as int64 arrays, and its shape.

    ``unit`` (12, n): v_th, v_leak, amount, flag, decay, initial, drive, v, left, those in weights
    shifted to state integers, then burst, draw, wait; ``ring`` (slot, n); ``synapse`` (4, n):
    weight, target, threshold, index; ``table`` (n,); ``segment`` (3, n): first group, groups,
    key; ``gate`` (1024,).
    """

    unit: Any
    ring: Any
    synapse: Any
    table: Any
    segment: Any
    gate: Any
    latch: Any  # (lanes,): what the dendrite of the row before hands on
    bits: int
    guard: int
    decay_bits: int
    sum_bits: int
    lane_bits: int
    stochastic: bool
    burst: bool
    two_units: bool


def make_memory(shape: SpikingShape) -> Memory:
    """Return memories full of zeros."""
    units = 1 << shape.unit_bits
    return Memory(
        unit=np.zeros((12, units), np.int64),
        ring=np.zeros((1 << shape.slot_bits, units), np.int64),
        synapse=np.zeros((4, 1 << shape.synapse_bits), np.int64),
        table=np.zeros(1 << shape.row_bits, np.int64),
        segment=np.zeros((3, 1 << shape.segment_bits), np.int64),
        gate=np.zeros(1024, np.int64),
        latch=np.zeros(shape.lanes, np.int64),
        bits=shape.bits,
        guard=shape.guard,
        decay_bits=shape.decay_bits,
        sum_bits=shape.sum_bits,
        lane_bits=shape.lane_bits,
        stochastic=shape.stochastic,
        burst=shape.burst,
        two_units=shape.burst or shape.context,
    )


@njit(cache=True, inline="always")
def _signed(value: Any, bits: Any) -> Any:
    """Return the low ``bits`` of value as two's complement."""
    return (value << (64 - bits)) >> (64 - bits)


@njit(cache=True)
def _store(m: Memory, now: Any, memory: Any, at: Any, value: Any) -> None:
    """Write one loaded word, cut to the width of its memory."""
    state = m.bits + m.guard
    if memory in (word.V_TH, word.V_LEAK, word.AMOUNT, word.INITIAL):
        m.unit[memory, at % m.unit.shape[1]] = _signed(value, m.bits) << m.guard
    elif memory in (word.DRIVE, word.V):
        m.unit[memory, at % m.unit.shape[1]] = _signed(value, state)
    elif memory == word.FLAG:
        m.unit[memory, at % m.unit.shape[1]] = value & (0xFFFFF if m.two_units else 0x1FFFF)
    elif memory == word.LEFT:
        m.unit[memory, at % m.unit.shape[1]] = value & 0xFFFF
    elif memory == word.DECAY:
        m.unit[memory, at % m.unit.shape[1]] = value & ((1 << (m.decay_bits + 1)) - 1)
    elif memory == word.RING:
        slot = (at // m.unit.shape[1]) % m.ring.shape[0]
        m.ring[slot, at % m.unit.shape[1]] = _signed(value, m.sum_bits)
    elif memory == word.WEIGHT:
        m.synapse[0, at % m.synapse.shape[1]] = _signed(value, m.bits)
    elif word.TARGET <= memory <= word.INDEX:
        m.synapse[memory - word.WEIGHT, at % m.synapse.shape[1]] = value
    elif memory == word.UNIT_TABLE:
        m.table[at % m.table.shape[0]] = value
    elif word.FIRST <= memory <= word.KEY:
        m.segment[memory - word.FIRST, at % m.segment.shape[1]] = value
    elif memory == word.WAIT:
        m.unit[WAIT, at % m.unit.shape[1]] = value & 0x1FFFF
    elif word.BURST <= memory <= word.DRAW:
        m.unit[BURST + memory - word.BURST, at % m.unit.shape[1]] = value
    elif memory == word.GATE:
        m.gate[at % m.gate.shape[0]] = value
    elif memory == word.STEP:
        now[STEP_NOW] = value


@njit(cache=True)
def _send(m: Memory, now: Any, row: Any, slots: Any) -> None:
    """Send a spike through its segments into the ring, counting two clocks and each group."""
    now[CYCLES] += 2
    entry = m.table[row % m.table.shape[0]]
    if entry & word.NONE:
        return
    lanes = 1 << m.lane_bits
    segment = entry % m.segment.shape[1]
    while True:
        groups = m.segment[1, segment] & word.MOST
        first, key = m.segment[0, segment] * lanes, np.uint64(m.segment[2, segment])
        now[CYCLES] += 1 + groups
        now[DIRTY] = 1
        for s in range(first, first + groups * lanes):
            target = m.synapse[1, s]
            if not target & (1 << 31):
                continue
            delay = (target >> 16) & 0x3FFF
            if target & (1 << 30):
                due = np.uint64((now[STEP_NOW] + delay) & 0xFFFFFFFF)
                draw = philox(np.uint64(m.synapse[3, s]), due, key)
                if np.int64(draw) >= m.synapse[2, s] and m.stochastic:
                    now[SKIPPED] += 1
                    continue
            now[EVENTS] += 1
            slot = now[SLOT_NOW] + delay
            slot -= slots if slot >= slots else 0
            unit = (target & 0xFFFF) * lanes + (s & (lanes - 1))
            m.ring[slot, unit] = _signed(m.ring[slot, unit] + m.synapse[0, s], m.sum_bits)
        if m.segment[1, segment] & word.LAST or segment + 1 == m.segment.shape[1]:
            return
        segment += 1


@njit(cache=True, inline="always")
def _lif(u: Any, i: Any, arrived: Any, level: Any, decay_bits: Any, high: Any) -> Any:
    """Advance one integer LIF unit with that threshold; return whether it fires."""
    flag = u[word.FLAG, i]
    u[word.V, i], u[word.LEFT, i], fires = lif_fixed_unit(
        u[word.V, i], u[word.LEFT, i], arrived, u[word.DRIVE, i], level, u[word.V_LEAK, i],
        u[word.AMOUNT, i], u[word.DECAY, i], flag & word.SUBTRACT != 0, flag & 0xFFFF, decay_bits,
        -high - 1, high,
    )  # fmt: skip
    return fires


@njit(cache=True)
def _of_two(m: Memory, step: Any, i: Any, arrived: Any, high: Any) -> Any:
    """Advance one unit of a cell of two; return whether it spikes. Apart: rare, and large."""
    u, lane = m.unit, i & ((1 << m.lane_bits) - 1)
    flag = u[word.FLAG, i]
    if flag & word.DENDRITE:
        m.latch[lane], u[word.V, i] = dendrite_fixed_unit(
            u[word.V, i], arrived, u[word.DRIVE, i], u[word.V_LEAK, i], u[word.DECAY, i],
            m.decay_bits, -high - 1, high,
        )  # fmt: skip
        u[word.LEFT, i] = 0
        return False
    d, level = i - (1 << m.lane_bits), u[word.V_TH, i]
    slope = _signed(u[BURST, d], 25)
    if flag & word.UNDER_CONTEXT:
        level = context_level(level, m.latch[lane] - u[word.V_TH, d], slope, u[word.AMOUNT, d])
    event = _lif(u, i, arrived, level, m.decay_bits, high)
    if not flag & word.SOMA:
        return event
    u[WAIT, i], again = burst_wait(
        u[WAIT, i], event, m.latch[lane], u[word.V_TH, d], slope, u[BURST, i], u[DRAW, i], step,
        u[DRAW, d], m.gate, m.bits + m.guard,
    )  # fmt: skip
    return event or again


@njit(cache=True)
def _step(m: Memory, now: Any, rows: Any, slots: Any, fired: Any, out: Any) -> None:
    """Run one step: update every unit, then send the spikes in order."""
    now[CYCLES] += rows + (TAIL_BURST if m.burst else TAIL) + 1
    now[UPDATES] += rows
    lanes = 1 << m.lane_bits
    u, ring = m.unit, m.ring[now[SLOT_NOW]]
    high = (np.int64(1) << (m.bits + m.guard - 1)) - 1
    count, before = 0, -1
    for i in range(rows * lanes):
        arrived = ring[i] << m.guard
        if u[word.FLAG, i] < word.DENDRITE:
            spike = _lif(u, i, arrived, u[word.V_TH, i], m.decay_bits, high)
        else:
            spike = _of_two(m, now[STEP_NOW], i, arrived, high)
        ring[i] = 0
        if spike:
            fired[count] = i
            count += 1
            if i >> m.lane_bits != before:
                before = i >> m.lane_bits
                now[CYCLES] += 2
    if count:
        now[CYCLES] += 1
        out[now[OUT]] = word.RUN | (now[STEP_NOW] & 0x3FFFFFFF)
        now[OUT] += 1
    for k in range(count):
        now[CYCLES] += 1
        out[now[OUT]] = fired[k]
        now[OUT] += 1
        _send(m, now, fired[k], slots)
    now[SPIKES] += count
    now[STEP_NOW] = (now[STEP_NOW] + 1) & 0xFFFFFFFF
    now[SLOT_NOW] = (now[SLOT_NOW] + 1) % slots


@njit(cache=True, inline="always")
def _settle(now: Any, drain: Any) -> None:
    """Pass through the state that waits until all groups are in the ring."""
    now[CYCLES] += 1 + (drain if now[DIRTY] else 0)
    now[DIRTY] = 0


@njit(cache=True)
def _dump(m: Memory, now: Any, which: Any, count: Any, out: Any) -> None:
    """Put out the header and the first entries of a memory."""
    now[CYCLES] += 1 + 2 * count
    out[now[OUT]] = word.LOAD | count
    units = m.unit.shape[1]
    for i in range(count):
        if which == word.DUMP_V:
            value = m.unit[word.V, i % units]
        elif which == word.DUMP_LEFT:
            value = m.unit[word.LEFT, i % units]
        elif which == word.DUMP_WAIT:
            value = m.unit[WAIT, i % units]
        else:
            value = m.ring[i // units % m.ring.shape[0], i % units]
        out[now[OUT] + 1 + i] = value & 0xFFFFFFFF
    now[OUT] += 1 + count


@njit(cache=True)
def _clear(m: Memory, now: Any, slots: Any) -> None:
    """Set the state to the initial one."""
    now[CYCLES] += slots * (m.unit.shape[1] >> m.lane_bits)
    now[STEP_NOW] = now[SLOT_NOW] = 0
    copy(m.unit[word.INITIAL], m.unit[word.V])
    m.unit[word.LEFT, :] = 0
    m.unit[WAIT, :] = 0
    m.ring[:slots, :] = 0


@njit(cache=True)
def work(m: Memory, now: Any, rows: Any, slots: Any, words: Any, fired: Any, out: Any) -> Any:
    """Work on words from ``now[TAKEN]`` on; return True when the end is put out.

    Stops early, between two words or steps, when ``out`` might become too small.
    """
    drain = DRAIN_STOCHASTIC if m.stochastic else DRAIN
    room = out.shape[0] - m.unit.shape[1] - 3
    while now[TAKEN] < words.shape[0] or now[RUN_LEFT] > 0:
        if now[OUT] > room:
            return False
        if now[RUN_LEFT] > 0:
            _settle(now, drain)
            _step(m, now, rows, slots, fired, out)
            now[RUN_LEFT] -= 1
            continue
        head = words[now[TAKEN]]
        kind, low = head >> 30, head & 0x3FFFFFFF
        if kind == 3 and head & (1 << 29) and now[OUT] + (low & word.MOST) > room:
            return False
        now[TAKEN] += 1
        now[CYCLES] += 1
        now[OPEN] = kind == 0 or (kind == 1 and low > 0)
        if kind == 0:
            now[BAD] |= low >= m.table.shape[0]
            _send(m, now, low, slots)
        elif kind == 1:
            now[RUN_LEFT] = low
            if low == 0:
                now[BAD] = 1
                _settle(now, drain)
        elif kind == 2:
            _settle(now, drain)
            _load(m, now, words, low)
        else:
            _settle(now, drain)
            if head & (1 << 29):
                _dump(m, now, (head >> 27) & 3, low & word.MOST, out)
            else:
                _clear(m, now, slots)
    _finish(now, drain, out)
    return True


@njit(cache=True)
def _load(m: Memory, now: Any, words: Any, low: Any) -> None:
    """Take the count and the data of a load; a packet that ends within it is bad."""
    if now[TAKEN] == words.shape[0]:
        now[BAD] = 1
        return
    count = words[now[TAKEN]] & word.MOST
    now[TAKEN] += 1
    there = min(count, words.shape[0] - now[TAKEN])
    now[CYCLES] += 1 + there
    if there < count or count == 0:
        now[BAD] = 1
    for i in range(there):
        _store(m, now, low >> 25, (low & word.MOST) + i, words[now[TAKEN] + i])
    now[TAKEN] += there


@njit(cache=True)
def _finish(now: Any, drain: Any, out: Any) -> None:
    """Put out the last word; after a spike or a run all groups reach the ring first."""
    if now[OPEN]:
        _settle(now, drain)
    now[CYCLES] += 1
    out[now[OUT]] = word.CONTROL | (now[STEP_NOW] & 0x3FFFFFFF)
    now[OUT] += 1


class SpikingModel:
    """The spiking core as registers and packets, computed by the model.

    Parameters
    ----------
    shape : SpikingShape
    """

    def __init__(self, shape: SpikingShape) -> None:
        self.shape = shape
        self.memory = make_memory(shape)
        self.now = np.zeros(13, np.int64)
        self._settings = {"ROWS": 1, "SLOTS": 2, "ACTIVE": 1, "OPTIONS": 0, "CONTROL": 0}
        self._fired = np.zeros(1 << shape.unit_bits, np.int64)

    def close(self) -> None:
        """Nothing is held."""

    def read(self, name: str) -> int:
        """Return a register, both words of it where it has two."""
        counters = {
            "CYCLES": CYCLES, "EVENTS": EVENTS, "SKIPPED": SKIPPED, "SPIKES": SPIKES,
            "UPDATES": UPDATES, "STEP": STEP_NOW,
        }  # fmt: skip
        if name in counters:
            return int(self.now[counters[name]])
        if name in self._settings:
            return self._settings[name]
        shape, widths = self.shape.registers()
        fixed = {
            "ID": SPIKING_ID, "VERSION": VERSION[0] << 16 | VERSION[1], "BUILD": 0,
            "SHAPE": shape, "WIDTHS": widths,
            "STATUS": int(self.now[BAD]) << 1, "STALL_IN": 0, "STALL_OUT": 0,
        }  # fmt: skip
        return fixed[name]

    def write(self, name: str, value: int) -> None:
        """Write a register."""
        if name != "CONTROL":
            self._settings[name] = value
            return
        if value & 1:
            self.now[[STEP_NOW, SLOT_NOW, DIRTY, BAD, TAKEN, RUN_LEFT]] = 0
        if value & 2:
            self.now[[CYCLES, EVENTS, SKIPPED, SPIKES, UPDATES]] = 0

    def transfer(self, words: word.Words) -> word.Words:
        """Send a packet and return what comes back."""
        largest = int((words[words >> 29 == 7] & word.MOST).max(initial=0))
        out = np.zeros(max(1 << 16, largest + 2 * self._fired.size + 8), np.int64)
        given = words.astype(np.int64)
        self.now[[TAKEN, OUT, OPEN]] = 0
        parts, done = [], False
        while not done:
            self.now[OUT] = 0
            done = work(
                self.memory, self.now, self._settings["ROWS"], self._settings["SLOTS"], given,
                self._fired, out,
            )  # fmt: skip
            parts.append(out[: self.now[OUT]].astype(np.uint32))
        return np.concatenate(parts)
