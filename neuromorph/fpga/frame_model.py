"""The bit-exact integer model of the cooperative core: its words, its numbers, its clock cycles.

Cycles are those in which a packet is worked on; waiting for source or sink is not among them.
A record of the program takes 2; then a frame's inputs 1 each; the biases of a layer one per row
and 1; a projection 1, and per row of LANES units 2 and 1 per input that is not 0 (2 more on the
universal port), or 2 if no unit is open or no input counts (1 if it is the last row); transfers
1 per unit and 6 (10 of a core with tables); what goes out 2 per word; the end of a frame 1.
A softmax of n units takes n + 1 to find the largest, n + 6 for the powers, and 2 per unit, for
those whose power is not 0 as many more as its outputs have fraction bits, and 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.fpga import word
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.register import VERSION
from neuromorph.fpga.shape import COOPERATIVE_ID

FRAME, LAYER, WIRE, FINISH, END, SHARE = range(6)
#: POWER: ``2**-(i / 256)`` in 16 bits, 256 entries.
PROGRAM, WEIGHT, BIAS, CONTEXT_BIAS, THETA, SHIFT, BETA, TANH, POWER = range(9)
POINT, ADDITIVE, M2, GLU, COOP, M3 = range(6)
LINEAR, CLIPPED, SIGN, SCORE = range(4)  #: SCORE: linear, what a softmax shares out
NO_CONTEXT, DENSE = 1, 2  #: bits of OPTIONS
CYCLES, EVENTS, SKIPPED, SPIKES, UPDATES, STEP, BANK, BLANK = range(8)
MOST = 2**31 - 1
DEPTH, DEPTH_TABLE = 6, 10  #: clocks of a transfer beyond one per unit

class FrameMemory(NamedTuple):
    """Memories as int64: ``program`` (n, 4); tables by row and lane; ``tanh`` (1024,);
    ``y`` (2, units) outputs; ``universal`` by row and lane: what fades.
    """

    program: Any
    weight: Any
    bias: Any
    context_bias: Any
    theta: Any
    shift: Any
    beta: Any
    tanh: Any
    power: Any
    y: Any
    universal: Any


@njit(cache=True, inline="always")
def moved(x: Any, shift: Any) -> Any:
    """Return x 2**-shift rounded to nearest, halves up."""
    if shift > 0:
        return (x + (np.int64(1) << (shift - 1))) >> shift
    return x << -shift


@njit(cache=True, inline="always")
def clipped(x: Any) -> Any:
    """Return x within 32 bits."""
    return min(max(x, -MOST - 1), MOST)


@njit(cache=True)
def by_table(r: Any, c: Any, f: Any, beta: Any, tanh: Any, highest: Any) -> Any:
    """Return R tanh(beta R C) of states with f fraction bits, tanh from its table."""
    q = moved(clipped(moved(r * c, f)) * beta, f)
    entry = tanh[min(abs(q), highest)]
    return moved(r * (entry if q >= 0 else -entry), 16)


@njit(cache=True)
def unit_output(
    r: Any, c: Any, theta: Any, code: Any, f: Any, gate: Any, shift: Any, top: Any, beta: Any,
    tanh: Any, highest: Any,
) -> Any:  # fmt: skip
    """Return the output of an open unit: transfer, threshold, gate."""
    one = np.int64(1) << f
    if code == M2:
        t = moved(r * (one + c), f)
    elif code == GLU:
        t = moved(r * c, f)
    elif code == COOP:
        t = moved(r * r, f) + 2 * r + moved(c * (one + abs(r)), f)
    elif code == ADDITIVE:
        t = r + c
    elif code == M3:
        t = r + by_table(r, c, f, beta, tanh, highest)
    else:
        t = r
    u = clipped(t) - theta
    if gate == SIGN:
        return top if u >= 0 else -top
    if gate == LINEAR or gate == SCORE:  # noqa: SIM109 (numba folds this, not a tuple)
        return clipped(u)
    return min(max(moved(u, shift), 0), top)


@njit(cache=True)
def project(
    m: FrameMemory, lane_bits: Any, row: Any, at: Any, active: Any, seen: Any, index: Any,
    count: Any, is_open: Any, shift_row: Any, sums: Any,
) -> None:  # fmt: skip
    """Add the shifted sum over the listed inputs to every open unit of a row."""
    total = np.zeros(1 << lane_bits, np.int64)
    for k in range(count):
        x, place = seen[index[k]], (at + index[k] - active) << lane_bits
        for lane in range(1 << lane_bits):
            total[lane] += x * m.weight[place + lane]
    for lane in range(1 << lane_bits):
        if is_open[lane]:
            unit = (row << lane_bits) + lane
            sums[unit] += moved(total[lane], m.shift[((shift_row + row) << lane_bits) + lane])


@njit(cache=True)
def run_wire(
    m: FrameMemory, lane_bits: Any, layer: Any, record: Any, way: Any, fades: Any, seen: Any,
    sums: Any, index: Any, counter: Any,
) -> None:  # fmt: skip
    """Add the listed inputs to each row with an open unit."""
    code, skips, n, rows, f, dense = layer
    b, d, e = record
    e, waits = e & 0xFFFF, 1
    first, n_source = b & 0xFFFF, (b >> 16) & 0xFFFF
    lanes, count = 1 << lane_bits, 0
    is_open = np.zeros(lanes, np.bool_)
    for i in range(first, first + n_source):
        if dense or seen[i] != 0:
            index[count] = i
            count += 1
    edge = np.int64(0) if code == GLU else -(np.int64(1) << f)
    for row in range(rows):
        opened = 0
        there = min(lanes, n - (row << lane_bits))
        for lane in range(lanes):
            unit = (row << lane_bits) + lane
            is_open[lane] = unit < n and (way == 1 or skips == 0 or sums[1, unit] > edge)
            opened += is_open[lane]
        counter[1] += opened * count
        counter[2] += n_source * there - count * opened
        works = opened and (count or fades)
        counter[0] += waits + 1 + (count + 1 + 2 * fades if works else 0)
        waits = not works
        if works:
            project(m, lane_bits, row, d + row * n_source, first, seen, index, count, is_open, e,
                    sums[way])  # fmt: skip


@njit(cache=True)
def fade(moving: Any, old: Any, keep: Any, n: Any, blank: Any, context: Any) -> None:
    """Move what fades of n units towards what came, and add it to their context."""
    for j in range(n):
        before = np.int64(0) if blank else old[j]
        old[j] = clipped(before + moved((clipped(moving[j]) - before) * keep, 16))
        context[j] += old[j]


@njit(cache=True)
def finish_layer(
    m: FrameMemory, begin: Any, layer: Any, record: Any, now: Any, sums: Any, counter: Any,
    depth: Any,
) -> None:  # fmt: skip
    """Write the outputs of a layer."""
    code, skips, n, f, bare = layer
    a, b, top, highest = record
    b &= 0xFFFF
    gate, shift = (a >> 4) & 3, (a >> 8) & 127
    shift -= 128 * (shift >> 6)
    one = np.int64(0) if bare else np.int64(1) << f
    for j in range(n):
        r, c = clipped(sums[0, j]), clipped(sums[1, j])
        value = np.int64(0)
        if not skips or one + c > 0:
            value = unit_output(r, c, m.theta[begin + j], code, f, gate, shift, top,
                                m.beta[begin + j], m.tanh, highest & 1023)
        now[b + j] = value
        counter[3] += value != 0 and gate != SCORE
    counter[4] += n
    counter[0] += n + depth


@njit(cache=True)
def share_out(power: Any, f: Any, record: Any, now: Any, counter: Any) -> None:
    """Turn the scores of a population into shares of 1: its softmax, in place."""
    a, b, scale, largest = record
    first, n, fraction = b & 0xFFFF, (b >> 16) & 0xFFFF, (a >> 8) & 31
    top, total = now[first], np.int64(0)
    for j in range(first, first + n):
        top = max(top, now[j])
    for j in range(first, first + n):
        t = moved((top - now[j]) * scale, f + 8)
        whole = t >> 8
        now[j] = power[t & 255] >> whole if whole < 32 else 0
        total += now[j]
    counter[0] += 4 * n + 7
    for j in range(first, first + n):
        if now[j]:
            counter[0] += fraction + 2
            now[j] = min(((now[j] << fraction) + (total >> 1)) // total, largest)
            counter[3] += now[j] != 0


@njit(cache=True)
def run_packet(
    m: FrameMemory, lane_bits: Any, options: Any, inputs: Any, frames: Any, out: Any, counter: Any,
    depth: Any,
) -> Any:  # fmt: skip
    """Run the program once per frame; return how many words are written to out."""
    lanes, off, dense = 1 << lane_bits, options & 1, options & 2
    size = m.y.shape[1] + lanes
    sums = np.zeros((2, size), np.int64)
    index, nothing = np.zeros(size, np.int64), np.zeros(size, np.int64)
    moving = np.zeros((2, size), np.int64)
    taken, given = 0, 0
    f = code = skips = n = rows = table = np.int64(0)
    for _ in range(frames):
        bank = counter[6]
        now = m.y[bank]
        for number in range(m.program.shape[0]):
            a, b, d, e = m.program[number]
            kind = a & 7
            counter[0] += 2
            if kind == FRAME:
                f, count, first = (a >> 4) & 15, b & 0xFFFF, (b >> 16) & 0xFFFF
                for i in range(count):
                    now[first + i] = inputs[taken + i]
                taken += count
                counter[0] += count
            elif kind == LAYER:
                code, skips = (a >> 4) & 7, ((a >> 8) & 1) & ~off
                rows, n, table = b & 0xFFFF, (b >> 16) & 0xFFFF, d
                begin, length = table << lane_bits, rows << lane_bits
                sums[0, :length] = m.bias[begin : begin + length]
                sums[1, :length] = m.context_bias[begin : begin + length]
                counter[0] += rows + 1
            elif kind == WIRE:
                lag, way, fades = (a >> 4) & 1, ((a >> 5) | (a >> 6)) & 1, (a >> 6) & 1
                if way and off:
                    continue
                seen = nothing if lag and counter[7] else m.y[bank ^ lag]
                moving[way, :n] = 0
                run_wire(m, lane_bits, (code, skips, n, rows, f, dense), (b, d, e), way, fades,
                         seen, moving if fades else sums, index, counter)  # fmt: skip
                if fades:
                    old = m.universal[table << lane_bits :]
                    fade(moving[1], old, (a >> 15) & 0x1FFFF, n, counter[7], sums[1])
            elif kind == FINISH:
                finish_layer(m, table << lane_bits, (POINT if off else code, skips, n, f,
                             code == GLU), (a, b, d, e), now, sums, counter, depth)  # fmt: skip
            elif kind == SHARE:
                share_out(m.power, f, (a, b, d, e), now, counter)
            else:
                first, count = b & 0xFFFF, (b >> 16) & 0xFFFF
                out[given : given + count] = now[first : first + count]
                given += count
                counter[0] += 2 * count
                if not (a >> 4) & 1:
                    break
        counter[0] += 1
        counter[7] = 0
        counter[5] += 1
        counter[6] ^= 1
    return given


class FrameModel:
    """The cooperative core by its integer model: registers and packets, as the RTL has them.

    Parameters
    ----------
    shape : FrameShape
    """

    most = 1 << 30  #: words of a packet; a board's DMA moves fewer

    def __init__(self, shape: FrameShape) -> None:
        self.shape = shape
        table = 1 << (shape.row_bits + shape.lane_bits)
        self._memory = FrameMemory(
            np.zeros((1 << shape.segment_bits, 4), np.int64),
            np.zeros(1 << shape.synapse_bits, np.int64),
            np.zeros(table, np.int64), np.zeros(table, np.int64), np.zeros(table, np.int64),
            np.zeros(table, np.int64), np.zeros(table, np.int64), np.zeros(1024, np.int64),
            np.zeros(256, np.int64), np.zeros((2, 1 << shape.unit_bits), np.int64),
            np.zeros(table, np.int64),
        )
        self._counter = np.zeros(8, np.int64)
        self._counter[BLANK] = 1
        self._options = 0

    def close(self) -> None:
        """Nothing to give back."""

    def read(self, name: str) -> int:
        """Return a register."""
        fixed = dict(zip(("SHAPE", "WIDTHS"), self.shape.registers(), strict=True))
        fixed |= {"VERSION": VERSION[0] << 16 | VERSION[1], "BUILD": 0}
        fixed |= {"ID": COOPERATIVE_ID, "OPTIONS": self._options, "STALL_IN": 0, "STALL_OUT": 0}
        if name in fixed:
            return fixed[name]
        names = ("CYCLES", "EVENTS", "SKIPPED", "SPIKES", "UPDATES", "STEP")
        return int(self._counter[names.index(name)])

    def write(self, name: str, value: int) -> None:
        """Write OPTIONS, or RESET and CLEAR of CONTROL."""
        if name == "OPTIONS":
            self._options = value
        elif name == "CONTROL":
            if value & 1:
                self._counter[[STEP, BANK]] = 0
                self._counter[BLANK] = 1
            if value & 2:
                self._counter[:STEP] = 0

    def transfer(self, words: word.Words) -> word.Words:
        """Work on a packet and return what comes back.

        Raises
        ------
        ValueError
            The packet is not whole: the RTL would tell BAD_WORD.
        """
        out, at = [], 0
        while at < words.size:
            head, kind = int(words[at]), int(words[at]) >> 30
            at += 1
            self._counter[CYCLES] += 1
            if kind == 3:
                self._counter[BLANK] = 1
            elif kind == 2 and at + 1 < words.size:
                count = int(words[at])
                self._load(head >> 25 & 31, head & word.MOST, words[at + 1 : at + 1 + count])
                self._counter[CYCLES] += 1 + count
                at += 1 + count
            elif kind == 1 and head & 0x3FFFFFFF:
                frames = head & 0x3FFFFFFF
                n_in, n_out = self._frame()
                given = words[at : at + frames * n_in]
                if given.size < frames * n_in:
                    raise ValueError(f"packet: {given.size} inputs came, {frames * n_in} needed")
                answer = np.zeros(frames * n_out, np.int64)
                run_packet(self._memory, self.shape.lane_bits, self._options,
                           given.view(np.int32).astype(np.int64), frames, answer,
                           self._counter, DEPTH_TABLE if self.shape.table else DEPTH)  # fmt: skip
                out.append((answer & 0xFFFFFFFF).astype(np.uint32))
                at += frames * n_in
            else:
                raise ValueError(f"packet: word 0x{head:08X} came at {at - 1}, no command")
        self._counter[CYCLES] += 1
        final = word.CONTROL | int(self._counter[STEP]) & 0x3FFFFFFF
        return np.concatenate([*out, np.array([final], np.uint32)])

    def _frame(self) -> tuple[int, int]:
        program = self._memory.program
        kind, count = program[:, 0] & 7, program[:, 1] & 0xFFFF
        last = np.flatnonzero((kind == END) & (program[:, 0] & 16 == 0))[0] + 1
        given = (program[:last, 1] >> 16 & 0xFFFF)[kind[:last] == END]
        return int(count[:last][kind[:last] == FRAME].sum()), int(given.sum())

    def _load(self, memory: int, at: int, data: word.Words) -> None:
        values = data.view(np.int32).astype(np.int64)
        target = self._memory[memory].reshape(-1)
        if memory == WEIGHT:
            bits = self.shape.bits
            values &= (1 << bits) - 1
            values -= (values >> (bits - 1)) << bits
            if bits == 1:
                values = 1 + 2 * values
        elif memory == SHIFT:
            values = ((values & 127) ^ 64) - 64
        elif memory == BETA:
            values = ((values & 0xFFFF) ^ 0x8000) - 0x8000
        elif memory == TANH:
            values &= 0xFFFF
        target[at : at + values.size] = values
