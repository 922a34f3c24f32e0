"""A network and its stimulus on a time grid: what every step-exact backend starts from.

Weights on the dyadic grid, delays in steps, passing thresholds of stochastic synapses. Computed
here once, so that all backends share the same numbers; :mod:`neuromorph.description.emission` has
the spikes of the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.description.cell import LIF, ContextLIF, Source
from neuromorph.description.network import Network, Projection
from neuromorph.description.noise import Background, OrnsteinUhlenbeck
from neuromorph.description.stimulus import (
    Current,
    Frames,
    Record,
    Records,
    SpikeTimes,
    Stimuli,
    Stimulus,
    stimuli_at,
)
from neuromorph.description.synapse import Synapse

GRID_BITS = 30  #: weights are rounded to 2**-GRID_BITS of the largest on their port


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What sums together: one kind of synapse on one port of one population.

    ``own`` marks the port's own synapse, which is there even without projections; ``unit`` is
    the step of the dyadic grid of its weights (0: no grid).
    """

    population: int
    port: str
    synapse: Synapse
    own: bool
    unit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscreteProjection:
    """One projection on the grid; ``stream`` keys its draws, ``threshold`` is u32 < threshold.

    ``channel`` says where it delivers. ``delay`` and ``threshold`` hold one entry for all
    synapses or one each.
    """

    label: str
    source: int
    target: int
    port: str
    channel: int
    start: NDArray[np.integer[Any]]
    index: NDArray[np.integer[Any]]
    weight: NDArray[np.float64]
    delay: NDArray[np.int32]
    threshold: NDArray[np.uint64]
    stochastic: bool
    stream: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscreteNetwork:
    """A network on a grid of step ``dt`` [s]."""

    network: Network
    dt: float
    projections: tuple[DiscreteProjection, ...]
    channels: tuple[Channel, ...]

    @property
    def max_delay(self) -> int:
        """Longest delay in steps (1 without projections)."""
        return max((int(p.delay.max()) for p in self.projections if p.delay.size), default=1)

    @property
    def min_delay(self) -> int:
        """Shortest delay in steps (1 without projections)."""
        return min((int(p.delay.min()) for p in self.projections if p.delay.size), default=1)

    def own(self, population: int, port: str) -> tuple[int, Channel]:
        """Return number and channel of a port's own synapse."""
        return next(
            (number, channel)
            for number, channel in enumerate(self.channels)
            if channel.own and channel.population == population and channel.port == port
        )


def propagator(tau: float | NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """Return exp(-dt / tau), the exact decay of one step."""
    return np.asarray(np.exp(-dt / np.asarray(tau, dtype=np.float64)))


def full(value: Any, n: int) -> NDArray[np.float64]:
    """Return a parameter per unit, shape (n,)."""
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))


def steps(duration: float, dt: float) -> int:
    """Return the number of steps in ``duration`` [s].

    Raises
    ------
    ValueError
        Either is not positive and finite.
    """
    if not (np.isfinite(dt) and dt > 0):
        raise ValueError(f"dt: {dt} s came, a positive time in s is allowed")
    if not (np.isfinite(duration) and duration >= 0):
        raise ValueError(f"duration: {duration} s came, 0 s or more is allowed")
    return round(duration / dt)


def discretise(network: Network, dt: float) -> DiscreteNetwork:
    """Put the projections of a network on a grid of step ``dt`` [s].

    Raises
    ------
    ValueError
        A delay is shorter than one step.
    """
    steps(0.0, dt)
    channels, chosen = _channels(network)
    projections = tuple(
        _discretise(network, projection, number, dt, chosen[number], channels[chosen[number]].unit)
        for number, projection in enumerate(network.projections)
    )
    return DiscreteNetwork(network=network, dt=dt, projections=projections, channels=channels)


def _channels(network: Network) -> tuple[tuple[Channel, ...], list[int]]:
    """Return all channels, and the one that each projection delivers to."""
    keys: list[tuple[int, str, str]] = []
    synapses: list[Synapse] = []
    for number, population in enumerate(network.populations):
        for port in population.cell.ports:
            keys.append((number, port.name, repr(port.synapse)))
            synapses.append(port.synapse)
    own, chosen = len(keys), []
    for projection in network.projections:
        number = network.index(projection.target)
        ports = {port.name: port for port in network.populations[number].cell.ports}
        synapse = projection.synapse or ports[projection.port].synapse
        key = (number, projection.port, repr(synapse))
        if key not in keys:
            keys.append(key)
            synapses.append(synapse)
        chosen.append(keys.index(key))
    largest = [0.0] * len(keys)
    for channel, projection in zip(chosen, network.projections, strict=True):
        top = float(np.max(np.abs(projection.weights.value), initial=0.0))
        if projection.plasticity is not None:
            top = max(top, abs(projection.plasticity.w_min), abs(projection.plasticity.w_max))
        largest[channel] = max(largest[channel], top)
    made = tuple(
        Channel(population=key[0], port=key[1], synapse=synapses[i], own=i < own,
                unit=grid_unit(largest[i]))
        for i, key in enumerate(keys)
    )  # fmt: skip
    return made, chosen


def initial_v(cell: LIF | ContextLIF, n: int) -> NDArray[np.float64]:
    """Return where v starts: v_reset; or v_leak if below v_th, else one spike below v_th."""
    if cell.v_reset is not None:
        return full(cell.v_reset, n)
    leak, v_th, amount = (full(x, n) for x in (cell.v_leak, cell.v_th, cell.v_subtract))
    return np.where(leak < v_th, leak, v_th - amount)


def grid_unit(largest: float) -> float:
    """Return the step of the dyadic grid of a channel whose largest weight is ``largest``."""
    return float(2.0 ** (np.ceil(np.log2(largest)) - GRID_BITS)) if largest > 0 else 0.0


def on_grid(value: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """Round to whole multiples of ``unit`` (0: leave as it is)."""
    if not unit:
        return np.asarray(value)
    out = np.asarray(value / unit)
    np.rint(out, out=out)
    out *= unit
    return out


def _discretise(
    network: Network, projection: Projection, number: int, dt: float, channel: int, unit: float
) -> DiscreteProjection:
    delay = np.atleast_1d(np.asarray(projection.delay))
    if projection.weights.n_synapse and delay.min() < dt * (1 - 1e-9):
        raise ValueError(
            f"Projection {projection.label}: delay {delay.min():g} s came, at least one step of "
            f"{dt:g} s is allowed: raise the delay or lower dt"
        )
    probability = np.atleast_1d(np.asarray(projection.probability))
    return DiscreteProjection(
        label=projection.label,
        source=network.index(projection.source),
        target=network.index(projection.target),
        port=projection.port,
        channel=channel,
        start=projection.weights.start,
        index=projection.weights.target,
        weight=on_grid(projection.weights.value, unit),
        delay=np.rint(delay / dt).astype(np.int32),
        threshold=philox.pass_threshold(probability),
        stochastic=bool((probability < 1.0).any()),
        stream=philox.PROJECTION + number,
    )


def check_stimulus(network: Network, stimulus: Stimuli) -> None:
    """Check that each stimulus has a place and fits there.

    Raises
    ------
    ValueError, TypeError
        An unknown population or port, a kind of stimulus that does not fit there, a unit that
        does not exist, or a per-unit array of another length.
    """
    if not isinstance(stimulus, Mapping):
        raise TypeError(
            f"stimulus: {type(stimulus).__name__} came, a dict of stimuli by population is allowed"
        )
    for key in stimulus:
        given = stimuli_at(stimulus, key)
        for value in given:
            _check_one(network, key, value)
        if "." not in key and len(given) != 1:
            raise ValueError(f"stimulus {key!r}: {len(given)} came, one per source is allowed")


def _check_one(network: Network, key: str, value: Stimulus) -> None:
    name, _, port = key.partition(".")
    population = network.population(name)
    where = f"stimulus {key!r}"
    if not isinstance(value, Stimulus):
        raise TypeError(f"{where}: {type(value).__name__} came, a stimulus is allowed")
    if isinstance(value, (Current, OrnsteinUhlenbeck, Background)):
        free = isinstance(value, Background) and population.cell.kind == "spiking"
        ports = [p.name for p in population.cell.ports if p.current or free]
        if port not in ports:
            allowed = ", ".join(f"{name}.{p}" for p in ports) or "no port here"
            article = "an" if isinstance(value, OrnsteinUhlenbeck) else "a"
            raise ValueError(
                f"{where}: {article} {type(value).__name__} came, it is allowed on {allowed}"
            )
        rows = np.shape(getattr(value, "value", 0.0))
        if len(rows) == 2 and rows[1] != population.n:
            raise ValueError(f"{where}: rows of {rows[1]} values came, {population.n} allowed")
    elif port or not isinstance(population.cell, Source):
        sources = [p.name for p in network.populations if isinstance(p.cell, Source)]
        raise ValueError(
            f"{where}: {type(value).__name__} came, it is allowed on the sources {sources}"
        )
    elif isinstance(value, Frames) != (network.kind == "frames"):
        fit = "Frames" if network.kind == "frames" else "SpikeTimes, Regular or Poisson"
        raise ValueError(
            f"{where}: {type(value).__name__} came, {fit} is allowed in a network of "
            f"{network.kind} cells"
        )
    _check_units(value, population.n, where)


def check_record(network: Network, record: Records) -> None:
    """Check that each recorded population has the units that are asked for.

    Raises
    ------
    ValueError, TypeError
        An unknown population, a unit that does not exist, or no Record.
    """
    for name, wanted in record.items():
        n = network.population(name).n
        if not isinstance(wanted, Record):
            raise TypeError(f"record {name!r}: {wanted!r} came, Record(...) is allowed")
        for unit in wanted.units or ():
            if not 0 <= unit < n:
                raise ValueError(f"record {name!r}: unit {unit} came, 0 to {n - 1} are there")


def _check_units(stimulus: Stimulus, n: int, where: str) -> None:
    if isinstance(stimulus, SpikeTimes) and stimulus.index.size and stimulus.index.max() >= n:
        raise ValueError(
            f"{where}: unit {stimulus.index.max()} came, 0 to {n - 1} are there"
        )
    for name in ("rate", "offset", "gain", "sigma", "tau", "mean", "weight"):
        shape = np.shape(getattr(stimulus, name, 0.0))
        if shape not in ((), (n,)):
            raise ValueError(
                f"{where}: {name} of shape {shape} came, a number or shape ({n},) is allowed"
            )
