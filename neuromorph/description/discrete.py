"""A network and its stimulus on a time grid: what every step-exact backend starts from.

Weights on the dyadic grid, delays in steps, passing thresholds of stochastic synapses, spikes
of the sources by step. Computed here once, so that all backends share the same numbers.
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
    Poisson,
    Record,
    Records,
    Regular,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpikes:
    """Spikes of one source population, sorted by step, then unit."""

    step: NDArray[np.int64]
    index: NDArray[np.int32]


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


def source_spikes(
    network: Network, stimulus: Stimuli, *, first: int, last: int, dt: float, seed: int
) -> Mapping[str, SourceSpikes]:
    """Return the spikes of every source with ``first <= step < last``.

    Raises
    ------
    ValueError
        A unit emits twice in one step.
    """
    check_stimulus(network, stimulus)
    out: dict[str, SourceSpikes] = {}
    for number, population in enumerate(network.populations):
        if not isinstance(population.cell, Source):
            continue
        given = next(iter(stimuli_at(stimulus, population.name)), None)
        step, index = _emit(given, population.n, first, last, dt, seed, philox.STIMULUS + number)
        keep = (step >= first) & (step < last)
        step, index = step[keep], index[keep]
        order = np.lexsort((index, step))
        step, index = step[order], index[order]
        twice = np.flatnonzero((np.diff(step) == 0) & (np.diff(index) == 0))
        if twice.size:
            raise ValueError(
                f"stimulus {population.name!r}: unit {index[twice[0]]} emits twice at step "
                f"{step[twice[0]]}, once is allowed: lower dt"
            )
        out[population.name] = SourceSpikes(
            step=step.astype(np.int64), index=index.astype(np.int32)
        )
    return out


def _emit(
    stimulus: Stimulus | None, n: int, first: int, last: int, dt: float, seed: int, stream: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if isinstance(stimulus, SpikeTimes):
        return np.rint(stimulus.time / dt).astype(np.int64), stimulus.index
    if isinstance(stimulus, Regular):
        return _regular(stimulus, n, last, dt)
    if isinstance(stimulus, Poisson):
        return _poisson(stimulus, n, first, last, dt, philox.stream_key(seed, stream))
    return np.zeros(0, np.int64), np.zeros(0, np.int64)


def _regular(
    stimulus: Regular, n: int, last: int, dt: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rate = np.broadcast_to(np.asarray(stimulus.rate), (n,))
    offset = np.broadcast_to(np.asarray(stimulus.offset), (n,))
    count = np.ceil(np.maximum(0.0, (last + 1) * dt - offset) * rate).astype(np.int64)
    index = np.repeat(np.arange(n), count)
    number = np.arange(index.size) - np.repeat(np.cumsum(count) - count, count)
    time = offset[index] + number / np.where(rate[index] > 0, rate[index], 1.0)
    return np.rint(time / dt).astype(np.int64), index


def _poisson(
    stimulus: Poisson, n: int, first: int, last: int, dt: float, key: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rate = np.broadcast_to(np.asarray(stimulus.rate), (n,))
    threshold = philox.pass_threshold(-np.expm1(-rate * dt))
    units = np.arange(n, dtype=np.uint64)
    found_step, found_index = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    chunk = max(1, (1 << 20) // n)
    for begin in range(first, last, chunk):
        step = np.arange(begin, min(begin + chunk, last), dtype=np.uint64)
        fired = philox.draw(units[None, :], step[:, None], np.uint64(key)) < threshold
        at, unit = np.nonzero(fired)
        found_step.append(at + begin)
        found_index.append(unit)
    return np.concatenate(found_step), np.concatenate(found_index)
