"""Training binary nets, with the two indicators of an estimator measured on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam, Moments
from neuromorph.workloads.binary.estimator import (
    Array,
    Estimator,
    distance,
    instability,
    variance,
)
from neuromorph.workloads.binary.net import BinaryNet

_LOSS = Objective(population="digit", loss="cross_entropy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A net, and by epoch: loss, estimating error and instability of the hidden weights' gradient.

    The error is that of the latent weights of all layers but the first, each in units of its
    scale; the gradient is that of the epoch's last batch. ``distance`` and ``variance`` are the
    source's two: of the latent weights as they are, summed over the same layers.
    """

    net: BinaryNet
    loss: list[float]
    error: list[float]
    instability: list[float]
    distance: list[float]
    variance: list[float]


def train_binary(
    net: BinaryNet,
    x: Array,
    digit: NDArray[np.int64],
    estimator: Estimator,
    *,
    epochs: int = 15,
    batch: int = 100,
    rate: float = 2e-3,
    seed: int = 0,
) -> Trained:
    """Train by Adam on cross entropy; latent weights take the steps.

    Parameters
    ----------
    net : BinaryNet
    x : (n, n_in)
    digit : (n,)
    estimator : Estimator
    epochs, batch : int
    rate : float
    seed : int
        Of the order of the data.
    """
    shapes = [a.shape for a in (*net.weights, *net.biases)]
    vector = np.concatenate([a.ravel() for a in (*net.weights, *net.biases)])
    target = np.eye(net.biases[-1].size)[digit]
    moments, optimiser = Moments.zeros(vector), Adam(rate=rate, decay=0.0)
    steps = epochs * -(-digit.size // batch)
    share = np.full(batch, 1.0 / batch)
    done, out = 0, Trained(net=net, loss=[], error=[], instability=[], distance=[],
                           variance=[])  # fmt: skip
    for epoch in range(epochs):
        order = np.random.default_rng([seed, 53, epoch]).permutation(digit.size)
        losses = []
        for first in range(0, digit.size, batch):
            chosen = order[first : first + batch]
            net = _net(vector, shapes, net.binary)
            o = estimator.at(done / steps)
            inputs, sums = net.forward(x[chosen])
            loss, dy = _LOSS.evaluate(sums[-1], target[chosen], share[: chosen.size])
            dw, db = net.backward(inputs, sums, dy, estimator, o)
            slope = np.concatenate([a.ravel() for a in (*dw, *db)])
            optimiser.step(vector, slope, moments, done / steps)
            losses.append(loss)
            done += 1
        out.loss.append(float(np.mean(losses)))
        deep = net.weights[1:]
        scaled = np.concatenate([(w / np.abs(w).mean()).ravel() for w in deep])
        out.error.append(estimator.error(scaled, o))
        out.instability.append(instability(np.concatenate([d.ravel() for d in dw[1:]])))
        out.distance.append(sum(distance(w, o) for w in deep))
        out.variance.append(sum(variance(d) for d in dw[1:]))
    return replace(out, net=_net(vector, shapes, net.binary))


def _net(vector: Array, shapes: list[tuple[int, ...]], binary: bool) -> BinaryNet:
    parts, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        parts.append(vector[at : at + size].reshape(shape))
        at += size
    half = len(parts) // 2
    return BinaryNet(weights=tuple(parts[:half]), biases=tuple(parts[half:]), binary=binary)
