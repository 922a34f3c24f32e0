"""The emulator's inner loop: one pulse at one input of one cell is one event."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.circuits.pulse.queue import grown, pop, push
from neuromorph.philox import philox, philox_normal

TABLE, DRAW, INTEGRATOR, GATE = 0, 1, 2, 3

#: Places in the array of counters; room that one event may need in a growing array.
SIZE, LOGS, BAD, SERIAL, OUTSIDE = 0, 1, 2, 3, 4
ROOM = 16

#: What becomes of a pulse.
DONE, IDLE, SWALLOWED = 0, 1, 2


class Layout(NamedTuple):
    """A circuit in numbers; inputs of all cells are numbered through, and so are outputs.

    Of a cell: kind, first transition row, number of inputs, first input, stream of its draws,
    whether its output is logged, and four parameters. Of a row (state, input): next state and
    its ranges in the lists of outputs (port, delay, jitter) and of gaps. Of an input: its cell.
    Of an output: the input it is wired to, or -1. Of an input: what a pulse on it counts.
    """

    kind: Any
    row: Any
    n_in: Any
    first_in: Any
    first_out: Any
    stream: Any
    logged: Any
    parameter: Any
    into: Any
    outs: Any
    out_port: Any
    out_delay: Any
    jitter: Any
    gaps: Any
    gap_port: Any
    gap_time: Any
    gap_swallow: Any
    cell: Any
    link: Any
    weight: Any


class Activity(NamedTuple):
    """What a run leaves.

    Per row: pulses that did what the row says, that a draw or a threshold kept, that a gap
    swallowed. Outputs of logged cells by time. Violations: when, at which input, earliest legal.
    """

    events: Any
    idle: Any
    swallowed: Any
    log_time: Any
    log_cell: Any
    bad_time: Any
    bad_input: Any
    bad_legal: Any


@njit(cache=True, inline="always")
def passes(stream: Any, count: Any, key: Any, probability: Any) -> Any:
    """Whether the pulse number ``count`` of a stream passes: u32 < round(p 2**32)."""
    u = philox(np.uint64(stream), np.uint64(count), key)
    return u < np.uint64(np.rint(probability * 4294967296.0))


@njit(cache=True)
def run(
    c: Layout, start_time: Any, start_input: Any, end: float, key: Any, noise_key: Any, heat: Any,
    n_violation: int,
) -> Activity:  # fmt: skip
    """Run all events up to ``end``; stop after ``n_violation`` violations (0: never).

    Parameters
    ----------
    start_time, start_input : (n,)
        Pulses from outside, in order of time: when and at which input.
    key, noise_key : uint64
        Of the passing draws and of the jitter; a draw depends on its stream and count only.
    heat : float
        Factor on the recorded jitter, sqrt(T / T of the record).
    """
    n, rows = c.kind.size, c.into.size
    state, count = np.zeros(n, np.int64), np.zeros(n, np.int64)
    value, when, last = np.zeros(n), np.zeros(n), np.full(c.cell.size, -np.inf)
    done = np.zeros((3, rows), np.int64)
    times, keys = np.empty(1024), np.empty(1024, np.int64)
    log_time, log_cell = np.empty(4096), np.empty(4096, np.int64)
    bad_time, bad_input, bad_legal = np.empty(64), np.empty(64, np.int64), np.empty(64)
    at = np.zeros(5, np.int64)
    while advance(
        c, start_time, start_input, end, key, noise_key, heat, n_violation,
        state, count, value, when, last, done, times, keys, log_time, log_cell,
        bad_time, bad_input, bad_legal, at,
    ):  # fmt: skip
        # an array that changes inside the loop would cost two atomic counts per event there
        if at[SIZE] + ROOM > times.size:
            times, keys = grown(times), grown(keys)
        if at[LOGS] == log_time.size:
            log_time, log_cell = grown(log_time), grown(log_cell)
        if at[BAD] + ROOM > bad_time.size:
            bad_time, bad_input, bad_legal = grown(bad_time), grown(bad_input), grown(bad_legal)
    logs, bad = at[LOGS], at[BAD]
    return Activity(
        done[0], done[1], done[2], log_time[:logs], log_cell[:logs],
        bad_time[:bad], bad_input[:bad], bad_legal[:bad],
    )  # fmt: skip


@njit(cache=True)
def advance(
    c: Layout, start_time: Any, start_input: Any, end: float, key: Any, noise_key: Any, heat: Any,
    n_violation: int, state: Any, count: Any, value: Any, when: Any, last: Any, done: Any,
    times: Any, keys: Any, log_time: Any, log_cell: Any, bad_time: Any, bad_input: Any,
    bad_legal: Any, at: Any,
) -> bool:  # fmt: skip
    """Go on until the end (False) or until an array is nearly full (True).

    An integrator holds ``v <- v exp(-dt / tau) + w`` and fires when v > theta (sooner for
    0 < w < 1, never at a pulse that takes away), losing its quantum; a gate passes with
    ``P = (1 + erf(sqrt(pi) (I - half) / grey)) / 2``, where its inputs but the first add to the
    leaky current I.
    """
    kinds, row, n_in, first_in, first_out, _, logged, _, into, outs = c[:10]
    out_port, out_delay, jitter, gaps, gap_port, gap_time, gap_swallow, cell, link, _ = c[10:]
    size, logs, bad, serial, outside = at
    held, time, next_time, next_key = False, 0.0, 0.0, np.int64(0)
    while size <= times.size - ROOM and logs < log_time.size and bad <= bad_time.size - ROOM:
        first = next_time if held else (times[0] if size > 0 else np.inf)
        time, here = first, next_key
        if outside < start_time.size and start_time[outside] < first:
            time, here, outside = start_time[outside], start_input[outside], outside + 1
            if held:
                size = push(times, keys, size, next_time, next_key)
        elif not held and size > 0:
            here = keys[0]
            size = pop(times, keys, size)
        held = False
        if time > end:
            break
        i, base, lost = cell[here], first_in[cell[here]], False
        r = row[i] + state[i] * n_in[i] + here - base
        for k in range(gaps[r], gaps[r + 1]):
            legal = last[base + gap_port[k]] + gap_time[k]
            lost |= time < legal and gap_swallow[k]
            if time < legal and not gap_swallow[k]:
                bad_time[bad], bad_input[bad], bad_legal[bad] = time, here, legal
                bad += 1
        if bad >= n_violation > 0:
            break
        fate = SWALLOWED if lost else DONE
        if not lost:
            last[here] = time
            if kinds[i] != TABLE and not answers(c, i, here, time, value, when, count, key):
                fate = IDLE
        done[fate, r] += 1
        if fate != DONE:
            continue
        state[i] = into[r]
        if logged[i] and outs[r + 1] > outs[r]:
            log_time[logs], log_cell[logs], logs = time, i, logs + 1
        for k in range(outs[r], outs[r + 1]):
            there = link[first_out[i] + out_port[k]]
            if there < 0:
                continue
            arrival = time + out_delay[k]
            if heat > 0.0:
                serial = (serial + 1) & 0xFFFFFFFF
                z = philox_normal(np.uint64(serial), np.uint64(out_port[k]), noise_key)
                arrival = max(time, arrival + heat * jitter[r] * z)
            if held and arrival < next_time:
                size = push(times, keys, size, next_time, next_key)
                next_time, next_key = arrival, there
            elif not held and (size == 0 or arrival < times[0]):
                held, next_time, next_key = True, arrival, there
            else:
                size = push(times, keys, size, arrival, there)
    if held:
        size = push(times, keys, size, next_time, next_key)
    at[SIZE], at[LOGS], at[BAD], at[SERIAL], at[OUTSIDE] = size, logs, bad, serial, outside
    return time <= end and not bad >= n_violation > 0


@njit(cache=True, inline="always")
def answers(
    c: Layout, i: Any, here: Any, time: Any, value: Any, when: Any, count: Any, key: Any
) -> Any:
    """Whether a cell that draws or integrates answers a pulse; its own state moves on."""
    parameter, weight = c.parameter, c.weight[here]
    if c.kind[i] == DRAW:
        count[i] += 1
        return passes(c.stream[i], count[i] - 1, key, parameter[i, 0])
    value[i] *= math.exp((when[i] - time) / parameter[i, 0])
    when[i] = time
    if c.kind[i] == INTEGRATOR:
        value[i] += weight
        sooner = parameter[i, 3] * (1.0 - weight) if weight > 0.0 else 0.0
        fires = value[i] + sooner > parameter[i, 1]
        value[i] -= parameter[i, 2] if fires else 0.0
        return fires
    if here > c.first_in[i]:
        value[i] += parameter[i, 1] * weight
        return True
    x = math.sqrt(math.pi) * (value[i] - parameter[i, 2]) / parameter[i, 3]
    count[i] += 1
    return passes(c.stream[i], count[i] - 1, key, 0.5 + 0.5 * math.erf(x))
