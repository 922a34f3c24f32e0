"""Delivery of spikes: into the accumulators of a delay ring, or as single events."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from neuromorph.cells.kernel import kernel
from neuromorph.philox import philox


@kernel()
def scatter(
    step: Any,
    index: Any,
    start: Any,
    target: Any,
    weight: Any,
    delay: Any,
    threshold: Any,
    stochastic: bool,
    key: Any,
    ring: Any,
    arrivals: Any,
    origin: int,
) -> None:
    """Send spikes (step, index) through rows of synapses into ``ring``.

    ``ring[(step + delay - origin) % len(ring), target] += weight`` for each synapse that passes
    its draw ``philox(synapse, step of delivery, key) < threshold``; ``arrivals`` (same length)
    counts those that passed by step of delivery. ``delay`` and ``threshold`` hold one entry for
    all synapses or one each.
    """
    length = ring.shape[0]
    if delay.shape[0] == 1 and not stochastic:
        for s in range(step.shape[0]):
            slot = (step[s] + delay[0] - origin) % length
            row, a, b = ring[slot], start[index[s]], start[index[s] + 1]
            for synapse in range(a, b):
                row[target[synapse]] += weight[synapse]
            arrivals[slot] += b - a
        return
    delays, thresholds = delay.shape[0] > 1, threshold.shape[0] > 1
    for s in range(step.shape[0]):
        for synapse in range(start[index[s]], start[index[s] + 1]):
            due = step[s] + delay[synapse if delays else 0]
            if stochastic:
                limit = threshold[synapse if thresholds else 0]
                if philox(np.uint64(synapse), np.uint64(due), key) >= limit:
                    continue
            slot = (due - origin) % length
            ring[slot, target[synapse]] += weight[synapse]
            arrivals[slot] += 1


@njit(cache=True)  # it makes arrays
def expand(step: Any, index: Any, start: Any, delay: Any) -> Any:
    """Return (step of delivery, synapse) of every event that spikes (step, index) cause."""
    total = 0
    for s in range(step.shape[0]):
        total += start[index[s] + 1] - start[index[s]]
    due, synapses = np.empty(total, np.int64), np.empty(total, np.int64)
    k = 0
    for s in range(step.shape[0]):
        for synapse in range(start[index[s]], start[index[s] + 1]):
            at = synapse if delay.shape[0] > 1 else 0
            due[k], synapses[k] = step[s] + delay[at], synapse
            k += 1
    return due, synapses


@kernel()
def admit(
    due: Any,
    synapse: Any,
    target: Any,
    weight: Any,
    threshold: Any,
    key: Any,
    gate: Any,
    window: Any,
    last: Any,
    first: int,
    rows: Any,
) -> Any:
    """Deliver events in order of step into ``rows`` (n_step, n); return (passed, swallowed).

    An event passes its synapse and, if ``gate`` (n_step, n) is given (not empty), the gate of
    its target with one draw against ``threshold * gate``. Then the merger of target i swallows
    it if another was admitted there less than ``window[i]`` steps before; a swallowed pulse
    does not extend the window.
    """
    passed, swallowed = 0, 0
    for e in range(due.shape[0]):
        j, i = due[e] - first, target[e]
        limit = np.float64(threshold[e])
        if gate.shape[0] > 0:
            limit *= gate[j, i]
        if np.float64(philox(np.uint64(synapse[e]), np.uint64(due[e]), key[e])) >= limit:
            continue
        passed += 1
        if due[e] - last[i] < window[i]:
            swallowed += 1
            continue
        last[i] = due[e]
        rows[j, i] += weight[e]
    return passed, swallowed
