"""Retrieval as ready workloads: which stored pattern a damaged cue brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neuromorph.description import Frames, SpikeTimes, Stimuli
from neuromorph.description.described import Described, frozen_array
from neuromorph.result import Result
from neuromorph.workloads.hopfield.majority import LOOP, majority_net, majority_terms, rails
from neuromorph.workloads.hopfield.memory import (
    PERIOD,
    binary_net,
    modern_net,
    quantum_net,
    spiking_net,
)
from neuromorph.workloads.hopfield.pattern import Array, flipped, random_patterns
from neuromorph.workloads.workload import STEP, Agreement, Workload

UPDATES = 4  #: that a cue is given to find its pattern


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recall(Described):
    """Reads which pattern the last state is most like.

    The value is the overlap with it, ``x . xi / d`` for states between -1 and 1: 1 is the pattern
    itself.

    Attributes
    ----------
    patterns : (n, d)
    population : str
        Of d units, or of 2 d: two rails.
    period : float [s]
        Of one state of a spiking net.
    rails : (n_neuron, d), optional
        For several neurons per unit: which unit a neuron that spikes speaks for, and its sign.
    """

    patterns: Array
    population: str = "out"
    period: float = PERIOD
    rails: Array | None = None

    quantity: ClassVar[str] = "overlap"

    def __post_init__(self) -> None:
        object.__setattr__(self, "patterns", frozen_array(self.patterns, np.float64))
        if self.rails is not None:
            object.__setattr__(self, "rails", frozen_array(self.rails, np.float64))

    @property
    def threshold(self) -> float | None:
        """None: the answer is the most alike of several."""
        return None

    def answer(self, result: Result) -> int:
        """Return the number of the pattern."""
        return int(np.argmax(self._overlaps(result)))

    def value(self, result: Result) -> float:
        """Return the overlap with it."""
        return float(np.max(self._overlaps(result)))

    def _overlaps(self, result: Result) -> Array:
        state, d = last_state(result, self.population, self.period), self.patterns.shape[1]
        if self.rails is not None:
            state = (state + 1.0) / 2.0 @ self.rails
        elif state.size == 2 * d:
            state = (state[:d] - state[d:]) / 2.0
        return np.asarray(self.patterns @ state / self.patterns.shape[1])


def last_state(result: Result, population: str = "out", period: float = PERIOD) -> Array:
    """Return the state (d,) after the last update: the last frame, or the last period's spikes."""
    if result.frames:
        return np.asarray(result.frames[population][0, -1])
    return np.asarray(spike_states(result, population, period)[-1])


def spike_states(result: Result, population: str = "out", period: float = PERIOD) -> Array:
    """Return the states (n_period, d) of a spiking net: 1 for a unit that spiked, else -1."""
    spikes = result.spikes[population]
    count = round(spikes.duration / period)
    states = np.full((count, spikes.n), -1.0)
    states[np.minimum(spikes.time // period, count - 1).astype(int), spikes.index] = 1.0
    return states


def cue_frames(cue: Any, updates: int) -> Frames:
    """Return one sequence: the cue (d,), then ``updates`` empty frames."""
    value = np.zeros((1, updates + 1, np.size(cue)))
    value[0, 0] = cue
    return Frames(value=value)


def cue_spikes(cue: Any, updates: int) -> Stimuli:
    """Return a cue (d,) of -1 and 1 as spikes of the spiking net's sources."""
    units = np.flatnonzero(np.asarray(cue) > 0)
    return {
        "cue": SpikeTimes(time=np.zeros(units.size), index=units),
        "clock": SpikeTimes(time=PERIOD * np.arange(1, updates + 1), index=np.zeros(updates)),
    }


def cue_rails(cue: Any, *, start: float = 0.0, gap: float = 0.0) -> Stimuli:
    """Return a cue (d,) of -1 and 1 as spikes of two rails, unit after unit ``gap`` [s] apart."""
    first = np.asarray(cue) > 0
    units = np.flatnonzero(np.concatenate([first, ~first]))
    return {"cue": SpikeTimes(time=start + gap * (units % first.size), index=units)}


def modern(
    *, patterns: int = 16, units: int = 64, flips: int = 10, beta: float = 0.5, seed: int = 0
) -> Workload:
    """Return retrieval by the modern net: continuous states, softmax update."""
    stored, cues = _task(patterns, units, flips, seed)
    return Workload(
        name="hopfield-modern",
        title=f"modern Hopfield net, {patterns} patterns of {units} units, {flips} flipped",
        network=modern_net(stored, beta=beta),
        stimuli={name: {"cue": cue_frames(cue, UPDATES - 1)} for name, cue in cues.items()},
        targets={name: number for number, name in enumerate(cues)},
        readout=Recall(patterns=stored),
        agreement=Agreement(rate=0.02, count=0.02, distance=1e-9),
    )


def binary(
    *, patterns: int = 6, units: int = 64, flips: int = 10, seed: int = 0
) -> Workload:
    """Return retrieval by the classical binary net."""
    stored, cues = _task(patterns, units, flips, seed)
    return Workload(
        name="hopfield-binary",
        title=f"binary Hopfield net, {patterns} patterns of {units} units, {flips} flipped",
        network=binary_net(stored),
        stimuli={name: {"cue": cue_frames(cue, UPDATES)} for name, cue in cues.items()},
        targets={name: number for number, name in enumerate(cues)},
        readout=Recall(patterns=stored),
        agreement=Agreement(rate=0.02, count=0.02, distance=0.0),
    )


def spiking(
    *, patterns: int = 6, units: int = 64, flips: int = 10, seed: int = 0
) -> Workload:
    """Return retrieval by the binary net in spikes; its states are those of :func:`binary`."""
    stored, cues = _task(patterns, units, flips, seed)
    return Workload(
        name="hopfield-spiking",
        title=f"spiking Hopfield net, {patterns} patterns of {units} units, {flips} flipped",
        network=spiking_net(stored, dt=STEP),
        stimuli={name: cue_spikes(cue, UPDATES) for name, cue in cues.items()},
        targets={name: number for number, name in enumerate(cues)},
        readout=Recall(patterns=stored),
        duration=PERIOD * (UPDATES + 1),
        dt=STEP,
        agreement=Agreement(rate=0.02, count=0.02),
    )


def quantum(*, units: int = 6, flips: int = 2, seed: int = 0) -> Workload:
    """Return one update by a net of single flux quanta: a pattern, and the opposite one."""
    pattern = random_patterns(1, units, seed=seed)
    stored = np.concatenate([pattern, -pattern])
    cues = {f"cue {k}": flipped(stored[k % 2 :][:1], flips, seed=k)[0] for k in range(4)}
    duration = 30e-3 + 2e-3 * units
    return Workload(
        name="hopfield-quantum",
        title=f"one update of a binary Hopfield net in flux quanta, {units} units, {flips} flipped",
        network=quantum_net(pattern),
        stimuli={name: cue_rails(cue, start=5e-3, gap=2e-3) for name, cue in cues.items()},
        targets={name: k % 2 for k, name in enumerate(cues)},
        readout=Recall(patterns=stored, period=duration),
        duration=duration,
        dt=STEP,
        agreement=Agreement(rate=0.02, count=0.02),
    )


def loop(*, seed: int = 0) -> Workload:
    """Return several updates by a recurrent net of flux quanta: 8 units, two patterns.

    The second pattern is the first with half of its units turned, so that each unit hears three
    others; a cue has one unit of each half turned.
    """
    pattern = random_patterns(1, 8, seed=seed)[0]
    other = pattern * np.repeat([1.0, -1.0], 4)
    stored = np.array([pattern, other])
    cues = {f"cue {k}": stored[k % 2] * _turned(k // 2, 6 - k // 2) for k in range(4)}
    return Workload(
        name="hopfield-loop",
        title=f"recurrent binary Hopfield net in flux quanta, {UPDATES} updates, 2 of 8 flipped",
        network=majority_net(stored),
        stimuli={name: cue_rails(cue) for name, cue in cues.items()},
        targets={name: k % 2 for k, name in enumerate(cues)},
        readout=Recall(patterns=stored, period=LOOP, rails=rails(majority_terms(stored))),
        duration=UPDATES * LOOP,
        dt=STEP,
        agreement=Agreement(rate=0.02, count=0.02),
        backends=("numba", "brian2", "sfq-pulse", "fpga-model"),
    )


def _turned(*units: int) -> Array:
    out = np.ones(8)
    out[list(units)] = -1.0
    return out


def _task(n: int, d: int, flips: int, seed: int) -> tuple[Array, Mapping[str, Array]]:
    """Return patterns, and damaged cues of the first four (or fewer) by name."""
    stored = random_patterns(n, d, seed=seed)
    damaged = flipped(stored[:4], flips, seed=seed)
    return stored, {f"cue {k}": cue for k, cue in enumerate(damaged)}
