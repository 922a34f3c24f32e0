"""The mean rates of a feed-forward network of stochastic synapses, and their slopes.

Layer by layer, with rates a and the law G of :mod:`neuromorph.workloads.rate_code.law`::

    drive_j = sum_i w_ij p_ij a_i,       all_j = sum_i p_ij a_i
    a_j = G(drive_j (1 - window all_j) tau, theta_j) / tau

w_ij is what a pulse brings, in quanta, below 0 where it inhibits, so that w p lies in [-1, 1];
``window all_j`` is the share of pulses that mergers swallow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import LIF, Network, Projection, Source, Weights
from neuromorph.workloads.rate_code.law import rate_law

Array = NDArray[np.float64]

LOWEST, HIGHEST = 0.005, 0.995  #: of a trained probability
LEAST = 0.2  #: share of pulses that is taken to come through any crowd


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


@dataclass(slots=True, eq=False)
class Feed:
    """One projection: its weights in quanta (0: no synapse) and the logits of their p."""

    projection: Projection
    weight: Array
    z: Array

    @property
    def p(self) -> Array:
        """Probabilities; 0 where there is no synapse."""
        return np.asarray((LOWEST + (HIGHEST - LOWEST) * sigmoid(self.z)) * (self.weight != 0))

    def slope(self, by_p: Array) -> Array:
        """Return the slope in the logits, of one in the probabilities."""
        gate = sigmoid(self.z)
        return np.asarray(by_p * (HIGHEST - LOWEST) * gate * (1.0 - gate) * (self.weight != 0))

    def trained(self) -> Projection:
        """Return the projection with its probabilities; pruned synapses are left out."""
        weights, p = self.projection.weights, self.p
        kept = self.weight[weights.source, weights.target] != 0
        rows = np.bincount(weights.source[kept], minlength=weights.shape[0])
        delay = np.broadcast_to(np.asarray(self.projection.delay), (weights.n_synapse,))
        return replace(
            self.projection, delay=delay[kept] if np.ptp(delay) > 0 else self.projection.delay,
            probability=p[weights.source[kept], weights.target[kept]],
            weights=Weights(shape=weights.shape, start=np.concatenate([[0], np.cumsum(rows)]),
                            target=weights.target[kept], value=weights.value[kept]),
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Layer:
    """One LIF population: its feeds, and the logits of its thresholds between ``reach``."""

    name: str
    cell: LIF
    tau: Array
    feeds: list[Feed]
    u: Array
    reach: tuple[float, float]

    @property
    def theta(self) -> Array:
        """Thresholds in quanta."""
        low, high = self.reach
        return np.asarray(low + (high - low) * sigmoid(self.u))

    def slope(self, by_theta: Array) -> Array:
        """Return the slope in the logits, of one in the thresholds."""
        gate = sigmoid(self.u)
        return by_theta * (self.reach[1] - self.reach[0]) * gate * (1.0 - gate)

    def trained(self) -> LIF:
        """Return the cell with its thresholds."""
        quantum, rest = np.asarray(self.cell.v_subtract, float), np.asarray(self.cell.v_leak, float)
        return replace(self.cell, v_th=rest + self.theta * quantum)


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What a layer's slopes need: inputs, slopes of its rate in drive, theta and all pulses in."""

    inputs: Mapping[str, Array]
    by_drive: Array
    by_theta: Array
    by_crowd: Array
    crowd: Array


@dataclass(slots=True, eq=False)
class RateNet:
    """The layers in order; ``window`` [s] is that of the mergers, in network time."""

    network: Network
    layers: list[Layer]
    window: float

    def run(
        self, inputs: Mapping[str, Array], *, counted: float | None = None,
        rng: np.random.Generator | None = None,
    ) -> Iterator[tuple[Array, Passed]]:
        """Give the rates of each layer in turn, shape (n_sample, n).

        With a generator every rate carries the noise of being counted for ``counted`` seconds.
        """
        rates = dict(inputs)
        for layer in self.layers:
            drive = sum(rates[f.projection.source] @ (f.weight * f.p) for f in layer.feeds)
            crowd = np.asarray(sum(rates[f.projection.source] @ f.p for f in layer.feeds))
            kept = np.maximum(1.0 - self.window * crowd, LEAST)
            law = rate_law().rate(np.maximum(drive, 0.0) * kept * layer.tau, layer.theta)
            a = law[0] / layer.tau
            if rng is not None and counted:
                a = np.maximum(a + rng.normal(size=a.shape) * np.sqrt(a / counted), 0.0)
            by_drive = law[1] * kept * (np.asarray(drive) > 0)
            by_crowd = -law[1] * self.window * np.maximum(drive, 0.0) * (kept > LEAST)
            passed = Passed(dict(rates), by_drive, law[2] / layer.tau, by_crowd, crowd)
            rates[layer.name] = a
            yield a, passed

    def rates(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the mean rates of every layer, by name."""
        found = [a for a, _ in self.run(inputs)]
        return dict(zip((layer.name for layer in self.layers), found, strict=True))

    def balance(self, inputs: Mapping[str, Array], share: float) -> None:
        """Move the logits so that mergers swallow about this share before every cell on average."""
        rates = dict(inputs)
        for layer in self.layers:
            total = sum(
                rates[f.projection.source].mean(axis=0) @ (f.weight != 0) for f in layer.feeds
            )
            p = np.clip(share / self.window / np.maximum(total, 1e-9), 0.02, 0.9)
            for feed in layer.feeds:
                feed.z += np.log(p / (1.0 - p))
            rates |= self.rates(inputs)

    def prune(self, inputs: Mapping[str, Array], fan_in: int) -> None:
        """Keep the strongest ``fan_in`` synapses of each cell and projection.

        Strong is what carries most: |w| p times the standard deviation of the source's rate.
        """
        rates = {**inputs, **self.rates(inputs)}
        for feed in (f for layer in self.layers for f in layer.feeds):
            spread = rates[feed.projection.source].std(axis=0)[:, None]
            worst = np.argsort(-np.abs(feed.weight) * feed.p * spread, axis=0)[fan_in:]
            np.put_along_axis(feed.weight, worst, 0.0, axis=0)

    def crowding(self, inputs: Mapping[str, Array]) -> float:
        """Return the largest mean share of pulses that mergers swallow before one cell."""
        shares = [passed.crowd.mean(axis=0).max() for _, passed in self.run(inputs)]
        return float(max(shares) * self.window)

    def trained(self) -> Network:
        """Return the network with the values of this net."""
        cells = {layer.name: layer.trained() for layer in self.layers}
        feeds = {id(f.projection): f for layer in self.layers for f in layer.feeds}
        return replace(
            self.network,
            populations=tuple(replace(p, cell=cells[p.name]) if p.name in cells else p
                              for p in self.network.populations),
            projections=tuple(feeds[id(p)].trained() for p in self.network.projections),
        )  # fmt: skip


def layer_order(network: Network) -> list[str]:
    """Return the LIF populations, each behind all that feed it.

    Raises
    ------
    ValueError
        A loop.
    """
    known = {p.name for p in network.populations if isinstance(p.cell, Source)}
    rest = [p.name for p in network.populations if p.name not in known]
    order: list[str] = []
    while rest:
        ready = [name for name in rest if all(
            p.source in known for p in network.projections if p.target == name)]  # fmt: skip
        if not ready:
            raise ValueError(f"train_rate: {', '.join(rest)} feed each other, a feed-forward "
                             "network is allowed")  # fmt: skip
        known |= set(ready)
        order += ready
        rest = [name for name in rest if name not in known]
    return order


def quanta(projection: Projection, cell: LIF) -> Array:
    """Return the weight of each synapse over ``v_subtract``, shape (n_source, n_target); 0: none.

    Raises
    ------
    ValueError
        A magnitude of more than one quantum, or 0.
    """
    weights, out = projection.weights, np.zeros(projection.weights.shape)
    unit = np.broadcast_to(np.asarray(cell.v_subtract, float), (weights.shape[1],))
    value = weights.value / unit[weights.target]
    bad = (value == 0) | (np.abs(value) > 1 + 1e-9)
    if bad.any():
        raise ValueError(f"train_rate, projection {projection.label}: weight {value[bad][0]:g} "
                         "v_subtract came, up to 1 of either sign but 0 is allowed: strengths are "
                         "trained as probabilities")  # fmt: skip
    out[weights.source, weights.target] = value
    return out
