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
)

GRID_BITS = 30  #: weights are rounded to 2**-GRID_BITS of the largest on their port


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscreteProjection:
    """One projection on the grid; ``stream`` keys its draws, ``threshold`` is u32 < threshold."""

    label: str
    source: int
    target: int
    port: str
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

    @property
    def max_delay(self) -> int:
        """Longest delay in steps (1 without projections)."""
        return max((int(p.delay.max()) for p in self.projections if p.delay.size), default=1)

    @property
    def min_delay(self) -> int:
        """Shortest delay in steps (1 without projections)."""
        return min((int(p.delay.min()) for p in self.projections if p.delay.size), default=1)


def propagator(tau: float | NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """Return exp(-dt / tau), the exact decay of one step."""
    return np.asarray(np.exp(-dt / np.asarray(tau, dtype=np.float64)))


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
    largest: dict[tuple[str, str], float] = {}
    for projection in network.projections:
        port = (projection.target, projection.port)
        top = float(np.max(np.abs(projection.weights.value), initial=0.0))
        largest[port] = max(largest.get(port, 0.0), top)
    projections = tuple(
        _discretise(network, projection, number, dt, largest[projection.target, projection.port])
        for number, projection in enumerate(network.projections)
    )
    return DiscreteNetwork(network=network, dt=dt, projections=projections)


def initial_v(cell: LIF | ContextLIF, n: int) -> NDArray[np.float64]:
    """Return where v starts: v_reset; or v_leak if below v_th, else one spike below v_th."""
    if cell.v_reset is not None:
        return np.array(np.broadcast_to(np.asarray(cell.v_reset), (n,)), dtype=np.float64)
    leak, v_th, amount = (
        np.broadcast_to(np.asarray(x, dtype=np.float64), (n,))
        for x in (cell.v_leak, cell.v_th, cell.v_subtract)
    )
    return np.where(leak < v_th, leak, v_th - amount)


def on_grid(value: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    """Round to the dyadic grid of a port whose largest weight is ``largest``."""
    if largest == 0:
        return np.zeros_like(value)
    unit = 2.0 ** (np.ceil(np.log2(largest)) - GRID_BITS)
    return np.asarray(np.rint(value / unit) * unit)


def _discretise(
    network: Network, projection: Projection, number: int, dt: float, largest: float
) -> DiscreteProjection:
    count = projection.weights.n_synapse
    delay = np.broadcast_to(np.asarray(projection.delay), (count,))
    whole = np.rint(delay / dt).astype(np.int32)
    if count and delay.min() < dt * (1 - 1e-9):
        raise ValueError(
            f"Projection {projection.label}: delay {delay.min():g} s came, at least one step of "
            f"{dt:g} s is allowed: raise the delay or lower dt"
        )
    probability = np.broadcast_to(np.asarray(projection.probability), (count,))
    return DiscreteProjection(
        label=projection.label,
        source=network.index(projection.source),
        target=network.index(projection.target),
        port=projection.port,
        start=projection.weights.start,
        index=projection.weights.target,
        weight=on_grid(projection.weights.value, largest),
        delay=whole,
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
    for key, value in stimulus.items():
        name, _, port = key.partition(".")
        population = network.population(name)
        where = f"stimulus {key!r}"
        if not isinstance(value, Stimulus):
            raise TypeError(f"{where}: {type(value).__name__} came, a stimulus is allowed")
        if isinstance(value, Current):
            ports = [p.name for p in population.cell.ports if p.current]
            if port not in ports:
                allowed = ", ".join(f"{name}.{p}" for p in ports) or "no port here"
                raise ValueError(f"{where}: a Current came, it is allowed on {allowed}")
            if value.value.ndim == 2 and value.value.shape[1] != population.n:
                raise ValueError(
                    f"{where}: rows of {value.value.shape[1]} values came, {population.n} allowed"
                )
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
        else:
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
    for name in ("rate", "offset"):
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
        given = stimulus.get(population.name)
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


def current_rows(
    stimulus: Current, n: int, first: int, last: int, dt: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (row of each step, rows): the current [A] of step k is ``rows[row[k - first]]``."""
    change = np.rint(stimulus.time / dt).astype(np.int64)
    row = np.searchsorted(change, np.arange(first, last), side="right") - 1
    value = stimulus.value if stimulus.value.ndim == 2 else stimulus.value[:, None]
    return row, np.ascontiguousarray(np.broadcast_to(value, (value.shape[0], n)))
