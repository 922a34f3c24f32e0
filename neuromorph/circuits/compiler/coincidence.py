"""Pulses lost in mergers: two that meet within a merger's window come out as one.

Two ways to know the loss: the closed form for trains with random phases, and a run of the
network's pulses, event by event, for the trains at hand.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.dendrite import APICAL
from neuromorph.circuits.compiler.layout import Path, Unit
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
from neuromorph.circuits.compiler.realisation import NeuronSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the mergers before one unit are predicted to swallow, and the spikes it makes.

    ``context`` is the largest shift of its gate by context, in grey zones.
    """

    offered: int
    swallowed: int
    spikes: int
    context: float = 0.0

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
    A neuron is the LIF cell of the calibration, a gate before it draws with its law; a pulse is
    swallowed if another was admitted to the same dendrite less than the merger's window before.
    """
    outgoing: dict[Unit, list[Path]] = {unit: [] for unit in compiled.spikes}
    for path in compiled.paths:
        outgoing[path.source].append(path)
    merged = Counter(path.dendrite for path in compiled.paths)
    rng, serial = np.random.default_rng(seed), 0
    d = compiled.dendrites
    windows = [calibration.window if merged[k] > 1 else 0.0 for k in range(d.unit.size)]
    last = [-np.inf] * d.unit.size
    neurons = {
        unit: _Neuron(setting, calibration, rng) for unit, setting in compiled.settings.items()
    }
    queue: list[tuple[float, int, Path]] = []
    fired: list[tuple[float, Unit]] = [(float(t), u) for u, ts in trains.items() for t in ts]
    while fired or queue:
        for time, unit in fired:
            for path in outgoing[unit]:
                if path.probability == 1.0 or rng.random() < path.probability:
                    serial += 1
                    heapq.heappush(queue, (time + path.delay, serial, path))
        fired = []
        if queue:
            time, _, path = heapq.heappop(queue)
            if time > duration:
                continue
            neuron, k = neurons[path.target], path.dendrite
            neuron.offered += 1
            if time - last[k] < windows[k]:
                neuron.swallowed += 1
                continue
            last[k] = time
            if neuron.receive(time, int(d.port[k]), float(d.weight[k])):
                fired = [(time, path.target)]
    return {unit: neuron.loss() for unit, neuron in neurons.items()}


class _Neuron:
    """One unit between events, in quanta, grey zones and device seconds."""

    def __init__(
        self, setting: NeuronSetting, calibration: Calibration, rng: np.random.Generator
    ) -> None:
        law = calibration.neuron
        self.tau = law.l_s / setting.leak
        self.theta = law.threshold(setting.bias, setting.leak)
        self.partial = law.partial
        self.gated, self.rng = setting.gate is not None, rng
        if setting.gate is not None:
            self.tau_c = calibration.gate.l_c / setting.gate.leak
            self.half = (calibration.gate.half - setting.gate.current) / calibration.gate.grey
        self.charge, self.time, self.context, self.context_time = 0.0, 0.0, 0.0, 0.0
        self.offered = self.swallowed = self.spikes = 0
        self.largest = 0.0

    def receive(self, time: float, port: int, weight: float) -> bool:
        """Take one pulse; return whether the cell fires."""
        if self.gated:
            self.context *= math.exp((self.context_time - time) / self.tau_c)
            self.context_time = time
            if port == APICAL:
                self.context += weight
                self.largest = max(self.largest, self.context)
                return False
            x = math.sqrt(math.pi) * (self.context - self.half)
            if self.rng.random() >= 0.5 * (1.0 + math.erf(x)):
                return False
        self.charge = self.charge * math.exp((self.time - time) / self.tau) + weight
        self.time = time
        sooner = self.partial * (1.0 - weight) if weight > 0.0 else 0.0
        if self.charge + sooner <= self.theta:
            return False
        self.charge -= 1.0
        self.spikes += 1
        return True

    def loss(self) -> Loss:
        """Return what was seen."""
        return Loss(
            offered=self.offered, swallowed=self.swallowed, spikes=self.spikes,
            context=self.largest,
        )  # fmt: skip
