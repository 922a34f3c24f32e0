"""Training of rate-coded networks of stochastic synapses: probabilities and thresholds.

Backpropagation through the mean rates of :mod:`neuromorph.workloads.rate_code.net`, with the shot
noise of the counting window put on every rate, and Adam (Kingma and Ba, arXiv 1412.6980) on the
logits of p and theta. What the cells cannot be is out of reach of both: p stays inside
``LOWEST`` to ``HIGHEST``, theta as far as the bias of a superconducting neuron goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import load as load_calibration
from neuromorph.description import LIF, Network, Poisson, Regular, Source
from neuromorph.workloads.rate_code.net import Feed, Layer, RateNet, layer_order, quanta
from neuromorph.workloads.workload import Loudest, Readout, Workload

Array = NDArray[np.float64]

BETA = 0.35  #: how much surer one count more makes: of the softmax and of the logistic function
CROWD = 2e-3  #: weight of the penalty on rates of which mergers swallow too much


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSchedule:
    """How long and how fast is trained.

    Attributes
    ----------
    steps, batch : int
    rate : float
        Of Adam; a third of it for the last third.
    fan_in : int, optional
        Half-way, each cell keeps only so many of its strongest synapses per projection.
    loss : float
        Share of the pulses into a cell that mergers may swallow; more is penalised.

    Raises
    ------
    ValueError
        A number that is not positive.
    """

    steps: int = 1500
    batch: int = 200
    rate: float = 0.05
    fan_in: int | None = None
    loss: float = 0.04

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "rate", "fan_in", "loss"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"RateSchedule.{name}: {value} came, a positive number is allowed")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedRates:
    """A network with its trained probabilities and thresholds.

    Attributes
    ----------
    network : Network
        Runs on every platform that takes the given one.
    loss : tuple of float
        Mean cross entropy of each tenth of the training.
    accuracy : float
        On the stimuli given, by the mean rates, without noise.
    crowding : float
        Largest mean share of the pulses into a cell that mergers are expected to swallow.
    """

    network: Network
    loss: tuple[float, ...]
    accuracy: float
    crowding: float


def train_rate(
    workload: Workload,
    *,
    schedule: RateSchedule | None = None,
    acceleration: float = 1e8,
    seed: int = 0,
) -> TrainedRates:
    """Train the probabilities and thresholds of a rate-coded network.

    Parameters
    ----------
    workload : Workload
        A feed-forward network of Source and LIF populations (``v_subtract``), stimuli that are
        rates (Regular or Poisson), and a read-out by count. Its synapses say what may be connected,
        their weights what a pulse brings, up to one ``v_subtract``, below 0 where it inhibits; its
        probabilities and thresholds are forgotten. Its duration is the window in which spikes are
        counted.
    schedule : RateSchedule, optional
    acceleration : float
        Network seconds per device second of the circuit it may become: for the mergers' window.
    seed : int

    Returns
    -------
    TrainedRates

    Raises
    ------
    ValueError
        A network that is not feed-forward or not of these cells, a stimulus that is no rate, a
        read-out that counts nothing, a weight of more than one quantum, or 0.
    """
    schedule = schedule or RateSchedule()
    rng = np.random.default_rng([seed, 91])
    net = rate_net(workload.network, acceleration, rng)
    inputs = mean_rates(workload)
    targets = np.array([workload.targets[name] for name in workload.stimuli])
    net.balance(inputs, 0.8 * schedule.loss)
    losses = _train(net, workload, inputs, targets, schedule, rng)
    counts = net.rates(inputs)[_readout(workload).population] * float(workload.duration or 0)
    return TrainedRates(
        network=net.trained(), crowding=net.crowding(inputs),
        loss=tuple(float(np.mean(part)) for part in np.array_split(losses, min(10, len(losses)))),
        accuracy=float(np.mean(answers(counts, workload) == targets)),
    )  # fmt: skip


def rate_net(network: Network, acceleration: float, rng: np.random.Generator) -> RateNet:
    """Return the net of a network with random logits."""
    calibration = load_calibration()
    layers = []
    for name in layer_order(network):
        population = network.population(name)
        cell = population.cell
        if not isinstance(cell, LIF) or cell.v_subtract is None:
            raise ValueError(f"train_rate, population {name!r}: {type(cell).__name__} came, LIF "
                             "with v_subtract is allowed")  # fmt: skip
        tau = np.broadcast_to(np.asarray(cell.tau_m, float), (population.n,))
        law = calibration.neuron
        leak = float(np.mean(law.l_s * acceleration / tau))
        feeds = [
            Feed(p, quanta(p, cell), rng.normal(0.0, 0.5, p.weights.shape))
            for p in network.projections if p.target == name
        ]  # fmt: skip
        least = min((float(f.weight[f.weight > 0].min(initial=1.0)) for f in feeds), default=1.0)
        reach = (max(1.0, law.threshold(law.b_high, leak) + 0.05),
                 min(8.5, law.threshold(law.b_low, leak) - 0.05 - law.partial * (1.0 - least)))
        layers.append(Layer(name, cell, tau, feeds, rng.normal(-3.0, 0.3, population.n), reach))
    return RateNet(network, layers, calibration.window * acceleration)


def mean_rates(workload: Workload) -> dict[str, Array]:
    """Return the rates of every source under every stimulus, shape (n_stimulus, n) [Hz].

    A source that a stimulus leaves out is silent in it.

    Raises
    ------
    ValueError
        A stimulus that is no rate of a source.
    """
    network, shown = workload.network, len(workload.stimuli)
    sources = (p for p in network.populations if isinstance(p.cell, Source))
    out = {p.name: np.zeros((shown, p.n)) for p in sources}
    for row, (key, stimuli) in enumerate(workload.stimuli.items()):
        for name, one in stimuli.items():
            if not isinstance(one, Regular | Poisson) or name not in out:
                raise ValueError(f"train_rate, stimulus {key!r}: {type(one).__name__} came for "
                                 f"{name!r}, Regular or Poisson of a Source is allowed")
            out[name][row] = one.rate
    return out


def answers(counts: Array, workload: Workload) -> NDArray[np.int64]:
    """Return the answers that counts (n_stimulus, n) give."""
    reader = _readout(workload)
    if isinstance(reader, Loudest):
        return np.asarray(np.argmax(counts, axis=1))
    return np.asarray(counts[:, reader.unit] > reader.threshold, dtype=np.int64)


def _readout(workload: Workload) -> Readout | Loudest:
    reader = workload.readout
    if not isinstance(reader, Readout | Loudest):
        raise ValueError(f"train_rate, readout: {type(reader).__name__} came, Readout or Loudest "
                         "is allowed")  # fmt: skip
    return reader


def _train(
    net: RateNet, workload: Workload, inputs: dict[str, Array], targets: NDArray[np.int64],
    schedule: RateSchedule, rng: np.random.Generator,
) -> list[float]:
    logits = [f.z for layer in net.layers for f in layer.feeds] + [y.u for y in net.layers]
    adam = _Adam(logits)
    losses: list[float] = []
    for step in range(schedule.steps):
        if schedule.fan_in and step == schedule.steps // 2:
            net.prune(inputs, schedule.fan_in)
        chosen = rng.integers(0, targets.size, min(schedule.batch, 8 * targets.size))
        loss, slopes = _slopes(
            net, workload, {name: x[chosen] for name, x in inputs.items()}, targets[chosen],
            schedule.loss / net.window, rng,
        )  # fmt: skip
        adam.step(slopes, schedule.rate * (1.0 if 3 * step < 2 * schedule.steps else 1 / 3))
        losses.append(loss)
    return losses


def _slopes(
    net: RateNet, workload: Workload, inputs: dict[str, Array], targets: NDArray[np.int64],
    limit: float, rng: np.random.Generator,
) -> tuple[float, list[Array]]:
    """Return the loss of a batch and its slopes in all logits, feeds first, then thresholds."""
    counted = float(workload.duration or 0.0)
    passed = list(net.run(inputs, counted=counted, rng=rng))
    found = {y.name: a for y, (a, _) in zip(net.layers, passed, strict=True)}
    reader = _readout(workload)
    loss, slope = _loss(found[reader.population] * counted, targets, reader)
    back = {reader.population: slope * counted}
    by_z: list[Array] = []
    by_u: list[Array] = []
    for layer, (a, one) in zip(reversed(net.layers), reversed(passed), strict=True):
        into = back.pop(layer.name, np.zeros_like(a))
        by_u.append(layer.slope((into * one.by_theta).sum(axis=0)))
        down, lost = into * one.by_drive, into * one.by_crowd
        over = lost + np.maximum(one.crowd - limit, 0.0) * (2 * CROWD / targets.size)
        for feed in reversed(layer.feeds):
            source = feed.projection.source
            by_p = feed.weight * (one.inputs[source].T @ down) + one.inputs[source].T @ over
            by_z.append(feed.slope(by_p))
            back[source] = back.get(source, 0.0) + down @ (feed.weight * feed.p).T + lost @ feed.p.T
    return loss, [*reversed(by_z), *reversed(by_u)]


def _loss(
    counts: Array, targets: NDArray[np.int64], reader: Readout | Loudest
) -> tuple[float, Array]:
    """Return the mean cross entropy and its slope in the counts."""
    n = targets.size
    slope = np.zeros_like(counts)
    if isinstance(reader, Loudest):
        x = BETA * (counts - counts.max(axis=1, keepdims=True))
        share = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        right = share[np.arange(n), targets]
        slope = share.copy()
        slope[np.arange(n), targets] -= 1.0
        return float(-np.mean(np.log(right + 1e-12))), slope * (BETA / n)
    x = BETA * (counts[:, reader.unit] - reader.threshold)
    share = 1.0 / (1.0 + np.exp(-x))
    right = np.where(targets == 1, share, 1.0 - share)
    slope[:, reader.unit] = (share - targets) * (BETA / n)
    return float(-np.mean(np.log(right + 1e-12))), slope


class _Adam:
    """Adam on a list of arrays, in place."""

    def __init__(self, values: Sequence[Array]) -> None:
        self.values, self.count = values, 0
        self.first = [np.zeros_like(x) for x in values]
        self.second = [np.zeros_like(x) for x in values]

    def step(self, slopes: Sequence[Array], rate: float) -> None:
        self.count += 1
        for x, g, m, v in zip(self.values, slopes, self.first, self.second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            ahead = m / (1.0 - 0.9**self.count)
            x -= rate * ahead / (np.sqrt(v / (1.0 - 0.999**self.count)) + 1e-8)
