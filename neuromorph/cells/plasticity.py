"""Synapses that change: short-term plasticity at each spike, learning in each window of steps.

All decays between events are exact, by the reference's own exponential, from whole steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.exponential import exponential_64
from neuromorph.cells.kernel import kernel
from neuromorph.philox import philox


class ShortTerm(NamedTuple):
    """State of short-term plasticity per source, and its constants."""

    u: Any  # (n_source,)
    r: Any  # (n_source,)
    last: Any  # (n_source,) step of the last spike
    u_rest: float
    f: float
    rate_d: float  # dt / tau_d
    rate_f: float  # dt / tau_f


@kernel()
def short_term_spike(s: ShortTerm, i: Any, now: Any) -> Any:
    """Return with what share of their weight the synapses of source i transmit a spike.

    Source: Tsodyks, Pawelzik and Markram 1998, doi 10.1162/089976698300017502, eqs. 2.1-2.3.
    """
    gap = np.float64(now) - s.last[i]
    u = s.u_rest + (s.u[i] - s.u_rest) * exponential_64(-gap * s.rate_f)
    r = 1.0 + (s.r[i] - 1.0) * exponential_64(-gap * s.rate_d)
    share = u * r
    s.r[i] = r - share
    s.u[i] = u + s.f * (1.0 - u)
    s.last[i] = np.float64(now)
    return share


@kernel()
def scatter_short_term(
    step: Any, index: Any, start: Any, target: Any, weight: Any, delay: Any, threshold: Any,
    stochastic: bool, key: Any, ring: Any, arrivals: Any, origin: int, state: ShortTerm, unit: Any,
) -> None:  # fmt: skip
    """As :func:`neuromorph.cells.synapse.scatter`, each spike with its share of the weights.

    What is transmitted is rounded to whole multiples of ``unit``, so that sums do not depend on
    their order.
    """
    length, per_unit = ring.shape[0], 1.0 / unit
    delays, thresholds = delay.shape[0] > 1, threshold.shape[0] > 1
    for s in range(step.shape[0]):
        share = short_term_spike(state, index[s], step[s])
        for synapse in range(start[index[s]], start[index[s] + 1]):
            due = step[s] + delay[synapse if delays else 0]
            if stochastic:
                limit = threshold[synapse if thresholds else 0]
                if philox(np.uint64(synapse), np.uint64(due), key) >= limit:
                    continue
            slot = (due - origin) % length
            ring[slot, target[synapse]] += np.rint(weight[synapse] * share * per_unit) * unit
            arrivals[slot] += 1


@kernel()
def apply_change(exact: Any, change: Any, low: float, high: float) -> None:
    """Add the changes that have come together to the weights, within bounds, and clear them."""
    for s in range(exact.shape[0]):
        exact[s] = min(max(exact[s] + change[s], low), high)
        change[s] = 0.0


class Wiring(NamedTuple):
    """Synapses seen from their targets: those of target i are ``synapse[start[i]:start[i+1]]``."""

    start: Any  # (n_target + 1,)
    synapse: Any  # (n_synapse,)
    source: Any  # (n_synapse,) of each synapse


class BurstTraces(NamedTuple):
    """State of burst-dependent plasticity; times in steps."""

    trace: Any  # (n_source,) of events that arrived
    arrived: Any  # (n_source,) step of the last arrival
    fired: Any  # (n_target,) step of the last spike
    bursting: Any  # (n_target,) 1 if the present event is a burst already
    events: Any  # (n_target,) moving count
    bursts: Any  # (n_target,)


@kernel()
def _arrive(t: BurstTraces, j: Any, now: Any, isi: Any, rate: Any) -> None:
    gap = np.float64(now) - t.arrived[j]
    event = 1.0 if gap > isi else 0.0
    t.trace[j] = t.trace[j] * exponential_64(-gap * rate) + event
    t.arrived[j] = np.float64(now)


@kernel()
def burst_dependent(
    arrival_step: Any, arrival: Any, spike_step: Any, spike: Any, w: Wiring, t: BurstTraces,
    eta: float, isi: float, rate: float, rate_mean: float, change: Any,
) -> None:  # fmt: skip
    """Add what a window of arrivals and spikes changes; both in order of step.

    ``change += eta (B - P E) x`` at each spike of a target, arrivals of the same step included.

    Source: Payeur et al. 2021, doi 10.1038/s41593-021-00857-x, eq. 1.
    """
    at = 0
    for k in range(spike_step.shape[0]):
        now, i = np.float64(spike_step[k]), spike[k]
        while at < arrival_step.shape[0] and arrival_step[at] <= spike_step[k]:
            _arrive(t, arrival[at], arrival_step[at], isi, rate)
            at += 1
        gap = now - t.fired[i]
        event = 1.0 if gap > isi else 0.0
        burst = (1.0 - event) * (1.0 - t.bursting[i])
        fade = exponential_64(-gap * rate_mean)
        t.events[i] = t.events[i] * fade
        t.bursts[i] = t.bursts[i] * fade
        factor = eta * (burst - event * (t.bursts[i] / t.events[i]))
        for place in range(w.start[i], w.start[i + 1]):
            s = w.synapse[place]
            j = w.source[s]
            x = t.trace[j] * exponential_64(-(now - t.arrived[j]) * rate)
            change[s] += factor * x
        t.events[i] += event
        t.bursts[i] += burst
        t.bursting[i] = 1.0 - event
        t.fired[i] = now
    while at < arrival_step.shape[0]:
        _arrive(t, arrival[at], arrival_step[at], isi, rate)
        at += 1


class PredictionConstants(NamedTuple):
    """What dendritic prediction needs of its targets (n_target,) and synapses."""

    g_ls: Any
    e_ls: Any
    g_sp: Any
    most: Any  # phi_max dt
    k_phi: Any
    beta: Any
    theta: Any
    eta: float  # times tau_m / (tau_m - tau_s)
    decay_m: float
    decay_s: float


@kernel()
def dendritic_prediction(
    first: int, v: Any, arrival_step: Any, arrival: Any, fired: Any, w: Wiring, slow: Any,
    fast: Any, c: PredictionConstants, change: Any,
) -> None:  # fmt: skip
    """Add what a window changes: ``v`` (n_step, n_target) [V] of the dendrites, ``fired`` alike.

    Source: Urbanczik and Senn 2014, doi 10.1016/j.neuron.2013.11.030, eqs. 5-8.
    """
    at = 0
    for j in range(v.shape[0]):
        for i in range(v.shape[1]):
            u = (c.e_ls[i] * c.g_ls[i] + v[j, i] * c.g_sp[i]) / (c.g_ls[i] + c.g_sp[i])
            steep = c.k_phi[i] * exponential_64(c.beta[i] * (c.theta[i] - u))
            h = steep / (1.0 + steep)
            expected = c.most[i] / (1.0 + steep)
            less, more = c.eta * (h * expected), c.eta * h
            for place in range(w.start[i], w.start[i + 1]):
                s = w.synapse[place]
                k = slow[w.source[s]] - fast[w.source[s]]
                change[s] -= less * k
                if fired[j, i]:
                    change[s] += more * k
        for k in range(slow.shape[0]):
            slow[k] *= c.decay_m
            fast[k] *= c.decay_s
        while at < arrival_step.shape[0] and arrival_step[at] <= first + j:
            slow[arrival[at]] += 1.0
            fast[arrival[at]] += 1.0
            at += 1
