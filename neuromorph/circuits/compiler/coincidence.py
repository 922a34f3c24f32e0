"""Pulses lost in mergers: two that meet within a merger's window come out as one.

Two ways to know the loss: the closed form for trains with random phases, and a run of the
network's pulses, event by event, for the trains at hand.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.layout import Path, Unit
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
from neuromorph.circuits.compiler.realisation import NeuronSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the mergers before one unit are predicted to swallow, and the spikes it makes."""

    offered: int
    swallowed: int
    spikes: int

    @property
    def fraction(self) -> float:
        """Return swallowed over offered pulses."""
        return self.swallowed / self.offered if self.offered else 0.0


def random_loss(rates: Sequence[float], window: float) -> float:
    """Return the expected share of pulses lost when trains of random phase merge.

    Regular trains of rates f_i [Hz], merged pairwise in a balanced tree: in a merger a pulse of
    one branch is lost if the other branch brought one within ``window`` [s] before it, so
    ``f = f_a + f_b - 2 window f_a f_b`` to first order in window times rate.
    """
    branches = [float(rate) for rate in rates]
    total = sum(branches)
    while len(branches) > 1:
        half = (len(branches) + 1) // 2
        a, b = branches[:half], branches[half:]
        b += [0.0] * (half - len(b))
        branches = [max(0.0, x + y - 2.0 * window * x * y) for x, y in zip(a, b, strict=True)]
    return 1.0 - branches[0] / total if total else 0.0


def predicted_losses(
    compiled: CompiledCircuit,
    trains: Mapping[Unit, NDArray[np.float64]],
    calibration: Calibration,
    *,
    duration: float,
    seed: int,
) -> dict[Unit, Loss]:
    """Run the pulses of a compiled network event by event; return the loss per neuron.

    Parameters
    ----------
    trains : dict of (n_spike,)
        Spike times of the source units [s of device time].
    duration : float [s of device time]
        Pulses later than this are left out.
    seed : int
        Of the draws of the stochastic synapses.

    Notes
    -----
    A neuron is the LIF cell of the calibration; a pulse is swallowed if another was admitted to
    the same neuron less than the merger's window before.
    """
    outgoing: dict[Unit, list[Path]] = {unit: [] for unit in compiled.spikes}
    for path in compiled.paths:
        outgoing[path.source].append(path)
    fan_in = Counter(path.target for path in compiled.paths)
    neurons = {
        unit: _Neuron(setting, calibration, merged=fan_in[unit] > 1)
        for unit, setting in compiled.settings.items()
    }
    queue: list[tuple[float, int, Unit]] = []
    rng, serial = np.random.default_rng(seed), 0
    fired: list[tuple[float, Unit]] = [(float(t), u) for u, ts in trains.items() for t in ts]
    while fired or queue:
        for time, unit in fired:
            for path in outgoing[unit]:
                if path.probability == 1.0 or rng.random() < path.probability:
                    serial += 1
                    heapq.heappush(queue, (time + path.delay, serial, path.target))
        fired = []
        if queue:
            time, _, target = heapq.heappop(queue)
            if time <= duration and neurons[target].receive(time):
                fired = [(time, target)]
    return {unit: neuron.loss() for unit, neuron in neurons.items()}


class _Neuron:
    """One LIF unit between events, in quanta and device seconds."""

    def __init__(self, setting: NeuronSetting, calibration: Calibration, *, merged: bool) -> None:
        law = calibration.neuron
        self.tau = law.l_s / setting.leak
        self.theta = law.threshold(setting.bias, setting.leak)
        self.window = calibration.window if merged else 0.0
        self.charge, self.time, self.admitted = 0.0, 0.0, -np.inf
        self.offered = self.swallowed = self.spikes = 0

    def receive(self, time: float) -> bool:
        """Take one pulse; return whether the cell fires."""
        self.offered += 1
        if time - self.admitted < self.window:
            self.swallowed += 1
            return False
        self.charge = self.charge * np.exp((self.time - time) / self.tau) + 1.0
        self.time = self.admitted = time
        if self.charge <= self.theta:
            return False
        self.charge -= 1.0
        self.spikes += 1
        return True

    def loss(self) -> Loss:
        """Return what was seen."""
        return Loss(offered=self.offered, swallowed=self.swallowed, spikes=self.spikes)
