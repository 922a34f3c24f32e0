"""Projections that learn, on the clock-driven emulator: spikes under way, traces, changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph.cells.plasticity import (
    BurstTraces,
    PredictionConstants,
    ShortTerm,
    Wiring,
    apply_change,
    burst_dependent,
    dendritic_prediction,
)
from neuromorph.description import (
    BurstDependent,
    DendriticPrediction,
    Projection,
    TsodyksMarkram,
    UrbanczikSenn,
)
from neuromorph.description.discrete import DiscreteProjection, full, on_grid, propagator

Array = NDArray[Any]
LONG_AGO = -1e9  #: step of a spike that never was


def short_term_state(rule: TsodyksMarkram, n: int, dt: float) -> ShortTerm:
    """Return the state of ``n`` sources at rest."""
    return ShortTerm(
        u=np.full(n, rule.u_rest), r=np.ones(n), last=np.zeros(n), u_rest=rule.u_rest,
        f=float(rule.f or 0.0), rate_d=dt / rule.tau_d, rate_f=dt / rule.tau_f,
    )  # fmt: skip


class Rule(Protocol):
    """What a learning rule keeps, and what it makes of a window."""

    watched: str | None

    def state(self) -> dict[str, Array]:
        """Return the arrays that the next window depends on."""

    def learn(self, window: Window, change: Array) -> None:
        """Add what a window changes."""


class Window:
    """What a rule sees of a window: arrivals at its synapses, spikes and potentials of targets."""

    def __init__(
        self, first: int, arrived: tuple[Array, Array], spikes: tuple[Array, Array], v: Array
    ) -> None:
        self.first, self.v = first, v
        self.arrival_step, self.arrival = arrived
        order = np.argsort(spikes[0], kind="stable")
        self.spike_step, self.spike = spikes[0][order], spikes[1][order]


class BurstDependentRule:
    """See :func:`neuromorph.cells.plasticity.burst_dependent`."""

    watched: str | None = None

    def __init__(self, rule: BurstDependent, wiring: Wiring, shape: tuple[int, int], dt: float):
        n_source, n = shape
        events = rule.event_rate * rule.tau_mean
        self.wiring = wiring
        self.traces = BurstTraces(
            trace=np.zeros(n_source), arrived=np.full(n_source, LONG_AGO),
            fired=np.full(n, LONG_AGO), bursting=np.zeros(n), events=np.full(n, events),
            bursts=np.full(n, events * rule.burst_probability),
        )  # fmt: skip
        self.isi = float(np.rint(rule.isi / dt))
        self.eta, self.rate, self.rate_mean = rule.eta, dt / rule.tau_pre, dt / rule.tau_mean

    def state(self) -> dict[str, Array]:
        return self.traces._asdict()

    def learn(self, window: Window, change: Array) -> None:
        burst_dependent(
            window.arrival_step, window.arrival, window.spike_step, window.spike, self.wiring,
            self.traces, self.eta, self.isi, self.rate, self.rate_mean, change,
        )  # fmt: skip


def prediction_constants(
    rule: DendriticPrediction, cell: UrbanczikSenn, tau: float, n: int, dt: float
) -> PredictionConstants:
    """Return the constants; ``tau`` [s] is that of the synapse.

    Raises
    ------
    ValueError
        Dendrites of unequal membrane time, or one equal to the synapse's.
    """
    tau_m = np.unique(np.asarray(cell.c_d) / (np.asarray(cell.g_ld) + np.asarray(cell.g_ps)))
    if tau_m.size > 1 or np.isclose(tau_m[0], tau, rtol=1e-6):
        raise ValueError(
            f"DendriticPrediction: membrane times c_d / (g_ld + g_ps) of {tau_m} s came, one for "
            f"all units, other than the synapse's {tau:g} s, is allowed"
        )
    held = {
        name: full(getattr(cell, name), n)
        for name in ("g_ls", "e_ls", "g_sp", "k_phi", "beta", "theta")
    }
    return PredictionConstants(
        **held, most=full(cell.phi_max, n) * dt,
        eta=rule.eta * float(tau_m[0] / (tau_m[0] - tau)),
        decay_m=float(propagator(float(tau_m[0]), dt)), decay_s=float(propagator(tau, dt)),
    )  # fmt: skip


class DendriticPredictionRule:
    """See :func:`neuromorph.cells.plasticity.dendritic_prediction`."""

    watched: str | None = "v_dendrite"

    def __init__(self, constants: PredictionConstants, wiring: Wiring, n_source: int) -> None:
        self.constants, self.wiring = constants, wiring
        self.slow, self.fast = np.zeros(n_source), np.zeros(n_source)

    def state(self) -> dict[str, Array]:
        return {"slow": self.slow, "fast": self.fast}

    def learn(self, window: Window, change: Array) -> None:
        fired = np.zeros(window.v.shape, np.bool_)
        fired[window.spike_step - window.first, window.spike] = True
        dendritic_prediction(
            window.first, window.v, window.arrival_step, window.arrival, fired, self.wiring,
            self.slow, self.fast, self.constants, change,
        )  # fmt: skip


def make_rule(
    projection: Projection, p: DiscreteProjection, cell: Any, tau: float, dt: float
) -> Rule:
    """Return the rule of a projection that learns."""
    shape = projection.weights.shape
    source = np.repeat(np.arange(shape[0]), np.diff(p.start))
    order = np.argsort(p.index, kind="stable")
    start = np.append(0, np.cumsum(np.bincount(p.index, minlength=shape[1])))
    wiring = Wiring(start.astype(np.int64), order.astype(np.int64), source.astype(np.int64))
    rule = projection.plasticity
    if isinstance(rule, BurstDependent):
        return BurstDependentRule(rule, wiring, shape, dt)
    if isinstance(rule, DendriticPrediction):
        constants = prediction_constants(rule, cell, tau, shape[1], dt)
        return DendriticPredictionRule(constants, wiring, shape[0])
    raise TypeError(f"Projection {projection.label}: plasticity {rule!r} is not known here")


class Learner:
    """One projection that learns: its weights, its rule, and the spikes under way to it."""

    def __init__(
        self, projection: Projection, p: DiscreteProjection, rule: Rule, unit: float, dt: float
    ) -> None:
        plasticity = projection.plasticity
        if plasticity is None:
            raise TypeError(f"Projection {projection.label}: no plasticity came")
        self.label, self.rule, self.unit = projection.label, rule, unit
        self.delay = int(p.delay[0])
        self.interval = max(1, round(plasticity.interval / dt))
        self.bounds = (plasticity.w_min, plasticity.w_max)
        self.exact = projection.weights.value.copy()
        self.change = np.zeros_like(self.exact)
        self.under_way: tuple[Array, Array] = (np.zeros(0, np.int64), np.zeros(0, np.int32))
        self.now = self.under_way

    def send(self, step: Array, index: Array) -> None:
        """Keep spikes until they arrive."""
        held = self.under_way
        self.under_way = (np.concatenate((held[0], step)), np.concatenate((held[1], index)))

    def begin(self, first: int, last: int) -> Array | None:
        """Take the spikes that arrive at the steps first ... last - 1; return new weights."""
        step, index = self.under_way
        due = step + self.delay < last
        order = np.argsort(step[due], kind="stable")
        self.now = (step[due][order], index[due][order])
        self.under_way = (step[~due], index[~due])
        if first % self.interval:
            return None
        apply_change(self.exact, self.change, *self.bounds)
        return on_grid(self.exact, self.unit)

    def end(self, first: int, spikes: tuple[Array, Array], v: Array) -> None:
        """Learn from the window that began at ``first``."""
        arrived = (self.now[0] + self.delay, self.now[1])
        self.rule.learn(Window(first, arrived, spikes, v), self.change)

    def left(self, step: int) -> int:
        """Return how many steps there are until the weights change next."""
        return self.interval - step % self.interval

    def state(self) -> dict[str, Array]:
        """Return what the next step depends on, as copies."""
        held = {"exact": self.exact, "change": self.change, **self.rule.state()}
        held |= {"way_step": self.under_way[0], "way_index": self.under_way[1]}
        return {f"{self.label}.{name}": array.copy() for name, array in held.items()}

    def load(self, arrays: Mapping[str, Array]) -> Array:
        """Take over a state; return the weights that act."""
        mine = {"exact": self.exact, "change": self.change, **self.rule.state()}
        for name, array in mine.items():
            array[...] = arrays[f"{self.label}.{name}"]
        self.under_way = (
            arrays[f"{self.label}.way_step"].copy(), arrays[f"{self.label}.way_index"].copy()
        )  # fmt: skip
        return arrays[f"{self.label}.acting"]
