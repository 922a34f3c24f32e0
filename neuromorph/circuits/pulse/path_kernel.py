"""A network of pulses with its trees collapsed: one event per synapse and pulse.

A unit's synapses stand in order of delay, so that one spike needs one place in the queue: that of
its next pulse to arrive. The queue is as long as spikes are under way, not pulses.

Between two neurons lie splitters, JTLs, a synapse and mergers. All delays there are fixed, so two
pulses that meet in a merger reach the neuron behind it in the order and at the distance in which
they met: the whole tree of mergers can be asked when a pulse arrives, and nothing is lost.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.circuits.pulse.kernel import passes
from neuromorph.circuits.pulse.queue import grown, pop, push

#: Places in the array of counters; deepest tree of mergers.
SIZE, LOGS, OUTSIDE, TO_GO, MERGED, SWALLOWED, FREE = 0, 1, 2, 3, 4, 5, 6
DEEPEST = 48


class Paths(NamedTuple):
    """Units and the synapses between them, grouped by source, in order of delay.

    Of a unit: first synapse, fan-in, first of its mergers, tau [s], threshold and what a spike
    takes (in quanta). Of a synapse: target, rank among the target's inputs, delay [s],
    probability, number, source.
    """

    start: Any
    fan_in: Any
    merger: Any
    tau: Any
    theta: Any
    taken: Any
    target: Any
    rank: Any
    delay: Any
    probability: Any
    number: Any
    source: Any


class Traffic(NamedTuple):
    """What a run leaves: spikes, pulses passed by synapse, merged, swallowed and integrated."""

    time: Any
    unit: Any
    passed: Any
    merged: Any
    swallowed: Any
    integrated: Any


@njit(cache=True)
def run_paths(
    p: Paths, start_time: Any, start_unit: Any, end: float, key: Any, window: float
) -> Traffic:
    """Run all pulses up to ``end``; ``start_time``: spikes of sources, in order of time."""
    n = p.fan_in.size
    passed, integrated = np.zeros(p.target.size, np.int64), np.zeros(n, np.int64)
    spikes, value, when = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    last = np.full(2 * p.merger[n], -np.inf)
    times, keys = np.empty(4096), np.empty(4096, np.int64)
    log_time, log_unit = np.empty(4096), np.empty(4096, np.int64)
    under_way, sent = np.zeros((4096, 2), np.int64), np.zeros(4096)
    free = np.arange(4096)
    at = np.zeros(7, np.int64)
    at[TO_GO], at[FREE] = -1, 4096
    pending = np.zeros(1)
    while advance_paths(
        p, start_time, start_unit, end, key, window, passed, integrated, spikes, value, when,
        last, times, keys, under_way, sent, free, log_time, log_unit, at, pending,
    ):  # fmt: skip
        if at[LOGS] == log_time.size:
            log_time, log_unit = grown(log_time), grown(log_unit)
        else:
            times, keys, sent = grown(times), grown(keys), grown(sent)
            more = np.zeros((sent.size, 2), np.int64)
            more[: under_way.shape[0]] = under_way
            free = np.empty(sent.size, np.int64)  # all places so far are taken
            free[: under_way.shape[0]] = np.arange(under_way.shape[0], sent.size)
            at[FREE] = under_way.shape[0]
            under_way = more
    return Traffic(
        log_time[: at[LOGS]], log_unit[: at[LOGS]], passed, at[MERGED], at[SWALLOWED], integrated
    )


@njit(cache=True)
def advance_paths(
    p: Paths, start_time: Any, start_unit: Any, end: float, key: Any, window: float,
    passed: Any, integrated: Any, spikes: Any, value: Any, when: Any, last: Any,
    times: Any, keys: Any, under_way: Any, sent: Any, free: Any, log_time: Any, log_unit: Any,
    at: Any, pending: Any,
) -> bool:  # fmt: skip
    """Go on until the end (False) or until an array is full (True)."""
    start, fan_in, merger, tau, theta, taken, target, rank, delay, chance, number, source = p
    size, logs, outside, unit, merged, swallowed, left = at
    # the array unpacks in the order SIZE, LOGS, OUTSIDE, TO_GO, MERGED, SWALLOWED, FREE
    time, more, way = pending[0], False, np.empty(DEEPEST, np.int64)
    while True:
        if unit >= 0:
            more = logs == log_time.size or left == 0
            if more:
                break
            log_time[logs], log_unit[logs], logs = time, unit, logs + 1
            place = free[left - 1]
            sent[place], under_way[place, 0], under_way[place, 1] = time, start[unit], spikes[unit]
            s = next_synapse(start[unit], start[unit + 1], number, spikes[unit], key, chance)
            if s < start[unit + 1]:
                passed[s] += 1
                left -= 1
                under_way[place, 0] = s
                size = push(times, keys, size, time + delay[s], place)
            spikes[unit] += 1
            unit = -1
        first = times[0] if size > 0 else np.inf
        if outside < start_time.size and start_time[outside] < first:
            time, unit = start_time[outside], np.int64(start_unit[outside])
            outside += 1
            if time > end:
                unit = -1
                break
            continue
        if size == 0 or first > end:
            break
        time, place = first, keys[0]
        s, last_one = under_way[place, 0], start[source[under_way[place, 0]] + 1]
        size = pop(times, keys, size)
        k = next_synapse(s + 1, last_one, number, under_way[place, 1], key, chance)
        if k < last_one:
            passed[k] += 1
            under_way[place, 0] = k
            size = push(times, keys, size, sent[place] + delay[k], place)
        else:
            free[left] = place
            left += 1
        here = target[s]
        if fan_in[here] > 1:
            went = merge(last, merger[here], fan_in[here], rank[s], time, window, way)
            merged += abs(went)
            if went <= 0:
                swallowed += 1
                continue
        integrated[here] += 1
        v = value[here] * math.exp((when[here] - time) / tau[here]) + 1.0
        when[here] = time
        if v > theta[here]:
            v -= taken[here]
            unit = here
        value[here] = v
    at[SIZE], at[LOGS], at[OUTSIDE], at[TO_GO] = size, logs, outside, unit
    at[MERGED], at[SWALLOWED], at[FREE], pending[0] = merged, swallowed, left, time
    return more


@njit(cache=True, inline="always")
def next_synapse(begin: Any, end: Any, number: Any, count: Any, key: Any, chance: Any) -> Any:
    """Return the first synapse from ``begin`` on that passes pulse ``count``; ``end`` if none."""
    s = begin
    while s < end and chance[s] < 1.0 and not passes(number[s], count, key, chance[s]):
        s += 1
    return s


@njit(cache=True, inline="always")
def merge(
    last: Any, base: Any, fan_in: Any, rank: Any, time: Any, window: Any,
    way: Any,
) -> Any:  # fmt: skip
    """Send a pulse of one leaf down a balanced tree; return how many mergers it passed.

    Minus that number (0 for none) if the next one swallowed it. A merger swallows a pulse if the
    other input brought one less than the window before. Mergers are numbered root first, then
    the left half (the larger one), then the right.
    """
    depth, node, left, count = 0, base, rank, fan_in
    while count > 1:
        half = (count + 1) >> 1
        if left < half:
            way[depth] = 2 * node
            node, count = node + 1, half
        else:
            way[depth] = 2 * node + 1
            node, left, count = node + half, left - half, count - half
        depth += 1
    for k in range(depth):
        side = way[depth - 1 - k]
        if time - last[side ^ 1] < window:
            return -k
        last[side] = time
    return depth
