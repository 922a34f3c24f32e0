"""What the sources emit on a time grid: the same spikes for every step-exact backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.description.cell import Source
from neuromorph.description.discrete import check_stimulus
from neuromorph.description.network import Network
from neuromorph.description.stimulus import (
    Poisson,
    Regular,
    SpikeTimes,
    Stimuli,
    Stimulus,
    stimuli_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpikes:
    """Spikes of one source population, sorted by step, then unit."""

    step: NDArray[np.int64]
    index: NDArray[np.int32]


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
