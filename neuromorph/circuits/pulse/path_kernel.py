"""A network of pulses with its trees collapsed: one event per synapse and pulse.

Between two neurons lie splitters, JTLs, a synapse and mergers. All delays there are fixed, so two
pulses that meet in a merger reach the neuron behind it in the order and at the distance in which
they met: the whole tree of mergers can be asked when a pulse arrives, and nothing is lost.

No pulse arrives sooner after its spike than the shortest path takes. Time is cut into windows a
little shorter than that: what happens within one depends on earlier windows only, so each
unit's pulses of a window are sorted and taken in a row, without a queue of all events.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.array_copy import copy
from neuromorph.circuits.pulse.kernel import passes
from neuromorph.circuits.pulse.queue import grown
from neuromorph.philox import philox

CHUNK = 64  #: pulses per piece of a window's list
SHRINK = 1.0 - 1e-9  #: of the window, against rounding
MANY = 24  #: pulses of a unit in one window that are sorted by slices of time first

#: Places in the array of counters.
MERGED, SWALLOWED, FREE, SPIKES, LOGS = 0, 1, 2, 3, 4


class Paths(NamedTuple):
    """Units, the synapses between them grouped by source, and the dendrites these end in.

    Of a unit: first synapse, tau [s], threshold and what a spike takes (in quanta), whether it
    has a gate, and of that tau [s], half point and grey zone. Of a synapse: target, dendrite,
    side of a merger it ends in (-1: none), delay [s], pass threshold, number. Of a dendrite: what
    a pulse counts, by how much sooner it fires the cell, whether it goes to the gate's context.
    Of a merger: the side of the next one that it feeds (-1: none). Sides 2k and 2k + 1 belong to
    merger k.
    """

    start: Any
    tau: Any
    theta: Any
    taken: Any
    gated: Any
    tau_c: Any
    half: Any
    grey: Any
    target: Any
    dendrite: Any
    side: Any
    delay: Any
    threshold: Any
    number: Any
    weight: Any
    lift: Any
    context: Any
    up: Any


class Traffic(NamedTuple):
    """What a run leaves: spikes (of a unit in order), pulses passed by synapse, mergers passed,
    pulses swallowed, pulses that left each dendrite, pulses a unit's gate blocked.
    """

    time: Any
    unit: Any
    passed: Any
    merged: Any
    swallowed: Any
    reached: Any
    blocked: Any


class Membrane(NamedTuple):
    """State of the units: v and when, context and when, draws of the gate, spikes so far."""

    v: Any
    when: Any
    context: Any
    context_when: Any
    drawn: Any
    spikes: Any


class Spare(NamedTuple):
    """Room to sort a unit's pulses in."""

    bins: Any
    time: Any
    synapse: Any


class Agenda(NamedTuple):
    """Pulses to come, by window: lists in pieces of one pool.

    Of a window's slot: its last piece and how many pulses it holds. Of a piece: the one before
    it. ``free``: pieces to take.
    """

    piece: Any
    held: Any
    before: Any
    free: Any
    time: Any
    synapse: Any


@njit(cache=True)
def run_paths(
    p: Paths, start_time: Any, start_unit: Any, end: float, key: Any, window: float
) -> Traffic:
    """Run all pulses up to ``end``; ``start_time``: spikes of sources, in order of time."""
    n = p.tau.size
    passed, reached = np.zeros(p.target.size, np.int64), np.zeros(p.weight.size, np.int64)
    blocked, at = np.zeros(n, np.int64), np.zeros(5, np.int64)
    state = Membrane(
        np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, np.int64),
        np.zeros(n, np.int64),
    )  # fmt: skip
    last = np.full(2 * p.up.size, -np.inf)
    width = (p.delay.min() if p.delay.size else 2.0 * max(end, 1e-12)) * SHRINK
    slots = np.int64((p.delay.max() if p.delay.size else 0.0) / width) + 2
    most = np.max(p.start[1:] - p.start[:-1])
    room = min(most, slots) + most // CHUNK + 2
    agenda = new_agenda(slots, 2 * room)
    at[FREE] = agenda.free.size
    log_time, log_unit = np.empty(4096), np.empty(4096, np.int32)
    bounds, touched = np.zeros(n, np.int64), np.empty(n, np.int32)
    mine_time, mine_synapse, passing = np.empty(1), np.empty(1, np.int32), np.empty(most, np.bool_)
    spare = Spare(np.empty(2, np.int32), np.empty(1), np.empty(1, np.int32))
    outside = 0
    for w in range(np.int64(end / width) + 1):
        due, first = agenda.held[w % slots], outside
        while outside < start_time.size and start_time[outside] < (w + 1) * width:
            outside += 1
        if start_time[first:outside].size and start_time[outside - 1] > end:
            outside = first + int(np.searchsorted(start_time[first:outside], end, side="right"))
        if due == 0 and outside == first:
            continue
        while at[LOGS] + due + outside - first > log_time.size:
            log_time, log_unit = grown(log_time), grown(log_unit)
        if due > mine_time.size:
            mine_time, mine_synapse = np.empty(2 * due), np.empty(2 * due, np.int32)
            spare = Spare(
                np.empty(2 * due + 1, np.int32), np.empty(2 * due), np.empty(2 * due, np.int32)
            )
        at[SPIKES] = at[LOGS]
        n_touched = collect(p, agenda, w % slots, at, bounds, touched, mine_time, mine_synapse)
        integrate(
            p, state, last, window, key, end, touched[:n_touched], bounds, mine_time, mine_synapse,
            spare, reached, blocked, log_time, log_unit, at,
        )  # fmt: skip
        for k in range(first, outside):
            log_time[at[LOGS]], log_unit[at[LOGS]] = start_time[k], start_unit[k]
            at[LOGS] += 1
        while at[SPIKES] < at[LOGS]:
            send(p, state, agenda, log_time, log_unit, width, end, key, room, passing, passed, at)
            if at[SPIKES] < at[LOGS]:
                agenda = wider(agenda, at)
    logs = at[LOGS]
    return Traffic(
        log_time[:logs], log_unit[:logs], passed, at[MERGED], at[SWALLOWED], reached, blocked
    )


@njit(cache=True)
def new_agenda(slots: Any, pieces: Any) -> Agenda:
    """Return an empty agenda."""
    return Agenda(
        np.full(slots, -1), np.zeros(slots, np.int64), np.full(pieces, -1), np.arange(pieces),
        np.empty(pieces * CHUNK), np.empty(pieces * CHUNK, np.int32),
    )  # fmt: skip


@njit(cache=True)
def wider(a: Agenda, at: Any) -> Agenda:
    """Return an agenda with twice the pieces and the same pulses."""
    old = a.before.size
    free = np.empty(2 * old, np.int64)
    copy(a.free[: at[FREE]], free[: at[FREE]])
    for k in range(old):
        free[at[FREE] + k] = old + k
    at[FREE] += old
    return Agenda(a.piece, a.held, grown(a.before), free, grown(a.time), grown(a.synapse))


@njit(cache=True)
def collect(
    p: Paths, a: Agenda, slot: Any, at: Any, bounds: Any, touched: Any, times: Any, synapses: Any
) -> Any:
    """Group a window's pulses by unit and free its list; return how many units get any.

    ``bounds`` gets where the pulses of a touched unit end.
    """
    count, n_touched, place, left = a.held[slot], 0, a.piece[slot], a.held[slot]
    target = p.target
    for again in range(2):
        piece, left = place, count
        while left > 0:
            size = (left - 1) % CHUNK + 1
            for k in range(piece * CHUNK, piece * CHUNK + size):
                unit = target[a.synapse[k]]
                if again:
                    bounds[unit] += 1
                    times[bounds[unit] - 1] = a.time[k]
                    synapses[bounds[unit] - 1] = a.synapse[k]
                else:
                    if bounds[unit] == 0:
                        touched[n_touched] = unit
                        n_touched += 1
                    bounds[unit] += 1
            left -= size
            if again:
                a.free[at[FREE]] = piece
                at[FREE] += 1
            piece = a.before[piece]
        if not again:
            total = 0
            for k in range(n_touched):
                unit = touched[k]
                total, bounds[unit] = total + bounds[unit], total
    a.held[slot], a.piece[slot] = 0, -1
    return n_touched


@njit(cache=True)
def integrate(
    p: Paths, s: Membrane, last: Any, window: float, key: Any, end: float, touched: Any,
    bounds: Any, times: Any, synapses: Any, spare: Spare, reached: Any, blocked: Any, log_time: Any,
    log_unit: Any, at: Any,
) -> None:  # fmt: skip
    """Take the pulses of each touched unit in order of time; write down its spikes."""
    low, merged, swallowed, logs = 0, at[MERGED], at[SWALLOWED], at[LOGS]
    side, up, dendrite, weight, context = p.side, p.up, p.dendrite, p.weight, p.context
    n_synapse = p.target.size
    for t in range(touched.size):
        u = touched[t]
        high = bounds[u]
        bounds[u] = 0
        if high - low > MANY:
            spread(times, synapses, spare, low, high)
        order(times, synapses, dendrite, low, high)
        v, when, tau, theta, gated = s.v[u], s.when[u], p.tau[u], p.theta[u], p.gated[u]
        for k in range(low, high):
            time, here = times[k], side[synapses[k]]
            if time > end:
                break
            while here >= 0 and time - last[here ^ 1] >= window:
                last[here] = time
                merged += 1
                here = up[here >> 1]
            if here >= 0:
                swallowed += 1
                continue
            d = dendrite[synapses[k]]
            reached[d] += 1
            if gated:
                s.context[u] *= math.exp((s.context_when[u] - time) / p.tau_c[u])
                s.context_when[u] = time
                if context[d]:
                    s.context[u] += weight[d]
                    continue
                x = math.sqrt(math.pi) * (s.context[u] - p.half[u]) / p.grey[u]
                s.drawn[u] += 1
                chance = 0.5 + 0.5 * math.erf(x)
                if not passes(n_synapse + u, s.drawn[u] - 1, key, chance):
                    blocked[u] += 1
                    continue
            v = v * math.exp((when - time) / tau) + weight[d]
            when = time
            if v + p.lift[d] > theta:
                v -= p.taken[u]
                log_time[logs], log_unit[logs] = time, u
                logs += 1
        s.v[u], s.when[u] = v, when
        low = high
    at[MERGED], at[SWALLOWED], at[LOGS] = merged, swallowed, logs


@njit(cache=True)
def spread(times: Any, synapses: Any, spare: Spare, low: Any, high: Any) -> None:
    """Bring pulses ``low`` to ``high`` nearly into order: into as many slices of time as pulses."""
    n, first, last = high - low, times[low], times[low]
    for k in range(low, high):
        first, last = min(first, times[k]), max(last, times[k])
    each = (n - 1) / (last - first) if last > first else 0.0
    bins, kept_time, kept_synapse = spare
    for k in range(n + 1):
        bins[k] = 0
    for k in range(low, high):
        bins[np.int64((times[k] - first) * each) + 1] += 1
    for k in range(n):
        bins[k + 1] += bins[k]
    for k in range(low, high):
        b = np.int64((times[k] - first) * each)
        kept_time[bins[b]], kept_synapse[bins[b]] = times[k], synapses[k]
        bins[b] += 1
    for k in range(n):
        times[low + k], synapses[low + k] = kept_time[k], kept_synapse[k]


@njit(cache=True, inline="always")
def order(times: Any, synapses: Any, dendrite: Any, low: Any, high: Any) -> None:
    """Sort pulses ``low`` to ``high`` by time, at equal times by dendrite, by insertion."""
    for k in range(low + 1, high):
        time, synapse, at = times[k], synapses[k], k - 1
        while at >= low and (
            times[at] > time or (times[at] == time and dendrite[synapses[at]] > dendrite[synapse])
        ):
            times[at + 1], synapses[at + 1] = times[at], synapses[at]
            at -= 1
        times[at + 1], synapses[at + 1] = time, synapse


@njit(cache=True)
def send(
    p: Paths, s: Membrane, a: Agenda, log_time: Any, log_unit: Any, width: float, end: float,
    key: Any, room: Any, passing: Any, passed: Any, at: Any,
) -> None:  # fmt: skip
    """Put the pulses of the spikes not yet sent on the agenda, while it has room for one more."""
    free, slots, each = at[FREE], a.held.size, 1.0 / width
    number, threshold, delay = p.number, p.threshold, p.delay
    while at[SPIKES] < at[LOGS] and free >= room:
        time, u = log_time[at[SPIKES]], log_unit[at[SPIKES]]
        at[SPIKES] += 1
        low, count = p.start[u], np.uint64(s.spikes[u])
        s.spikes[u] += 1
        ends = p.start[u + 1] - low
        for k in range(ends):
            passing[k] = philox(number[low + k], count, key) < threshold[low + k]
        for k in range(ends):
            arrival = time + delay[low + k]
            if not passing[k] or arrival > end:
                continue
            passed[low + k] += 1
            slot = np.int64(arrival * each) % slots
            held = a.held[slot]
            if held % CHUNK == 0:
                free -= 1
                piece = a.free[free]
                a.before[piece], a.piece[slot] = a.piece[slot], piece
            where = a.piece[slot] * CHUNK + held % CHUNK
            a.time[where], a.synapse[where] = arrival, low + k
            a.held[slot] = held + 1
    at[FREE] = free
