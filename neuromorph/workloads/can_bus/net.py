"""The net: a point perceptron with weights of two bits, trained for the integers that run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative import Adam, FrameData, Objective, Quantised, Schedule, train
from neuromorph.cooperative.integer import IntegerMachine
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.quantisation import calibrate
from neuromorph.description import Network, Point, Population, Projection, Source
from neuromorph.workloads.can_bus.feature import N_FEATURE, features
from neuromorph.workloads.can_bus.frame import CLASSES, Frames

HIDDEN = (64, 32)
OBJECTIVES = (Objective(population="class", loss="cross_entropy"),)


def can_net(hidden: tuple[int, ...] = HIDDEN, *, seed: int = 0) -> Network:
    """Return a dense net: source ``frame`` (N_FEATURE,), hidden relu layers, linear ``class``."""
    rng = np.random.default_rng([seed, 71])
    sizes, names = (N_FEATURE, *hidden, len(CLASSES)), ["frame"]
    populations, wires = [Population(name="frame", n=N_FEATURE, cell=Source())], []
    for k, n in enumerate(sizes[1:], start=1):
        last = k == len(sizes) - 1
        names.append("class" if last else f"hidden{k}")
        cell = Point(gate="linear" if last else "relu", bias=np.zeros(n))
        populations.append(Population(name=names[-1], n=n, cell=cell))
        drawn = rng.normal(0.0, np.sqrt(2.0 / sizes[k - 1]), (sizes[k - 1], n))
        wires.append(Projection(source=names[-2], target=names[-1], weights=drawn))
    return Network(name="can_net", populations=tuple(populations), projections=tuple(wires))


def can_data(
    frames: Frames, *, each: int | None = None, seed: int = 0, low: float = 0.0
) -> FrameData:
    """Return frames as data of one frame per sequence, targets one-hot.

    Parameters
    ----------
    frames : Frames
    each : int, optional
        So many of every class, drawn with replacement; left out: all as they are.
    seed : int
    low : float
        Of the features; see :func:`features`.
    """
    x, label = features(frames, low=low).astype(np.float32), frames.label
    if each is not None:
        rng = np.random.default_rng([seed, 73])
        there = [np.flatnonzero(label == k) for k in range(len(CLASSES))]
        chosen = np.concatenate([rng.choice(at, each) for at in there if at.size])
        x, label = x[chosen], label[chosen]
    return FrameData(
        inputs={"frame": x[:, None, :]},
        targets={"class": np.eye(len(CLASSES), dtype=np.float32)[label][:, None, :]},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A trained net and the numbers it runs in."""

    network: Network
    widths: Quantised

    def outputs(self, frames: Frames) -> NDArray[np.int64]:
        """Return the integers of the read-out for every frame, (n, class)."""
        machine = IntegerMachine(plan(self.network), self.widths)
        return np.asarray(machine.run({"frame": features(frames)})["class"])

    def classes(self, frames: Frames) -> NDArray[np.int64]:
        """Return the class of the largest output for every frame, (n,)."""
        return np.asarray(np.argmax(self.outputs(frames), axis=1))

    def suspicion(self, frames: Frames) -> NDArray[np.int64]:
        """Return how far the strongest attack lies above regular, in units of the integers, (n,).

        A threshold on it trades misses for false alarms.
        """
        output = self.outputs(frames)
        return np.asarray(output[:, 1:].max(axis=1) - output[:, 0])


def trained_detector(
    frames: Frames, *, weight_bits: int = 2, epochs: int = 24, each: int = 8000, seed: int = 0,
    hidden: tuple[int, ...] = HIDDEN,
) -> Detector:  # fmt: skip
    """Return a detector trained on frames, quantisation-aware.

    Half the epochs in full precision, half with rounded weights and outputs.
    """
    data = can_data(frames, each=each, seed=seed)
    widths = Quantised(weight_bits=weight_bits)
    first = train(can_net(hidden, seed=seed), data, objectives=OBJECTIVES,
                  optimiser=Adam(rate=3e-3),
                  schedule=Schedule(epochs=epochs // 2, batch=128, seed=seed))  # fmt: skip
    second = train(first.network, data, objectives=OBJECTIVES, optimiser=Adam(rate=2e-3),
                   schedule=Schedule(epochs=epochs - epochs // 2, batch=128, seed=seed + 1),
                   quantise=widths)  # fmt: skip
    return Detector(network=second.network, widths=calibrate(second.network, data, widths))
