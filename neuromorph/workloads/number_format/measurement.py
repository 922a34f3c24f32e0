"""The points of the study: a format under a density, and all formats on one trained net."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from neuromorph.cooperative import (
    Adam,
    FrameData,
    Objective,
    Schedule,
    Training,
    evaluate,
    hit_fa,
    train,
)
from neuromorph.cooperative.formatted import Formatted
from neuromorph.cooperative.study import Size, build, sets
from neuromorph.description import Network
from neuromorph.formats import FORMATS, Quantiser, best_scale, expected_error, fitted
from neuromorph.sweep import Point
from neuromorph.workloads.can_bus import generate
from neuromorph.workloads.can_bus.net import OBJECTIVES as CAN_OBJECTIVES
from neuromorph.workloads.can_bus.net import can_data, can_net
from neuromorph.workloads.glyph_net import OBJECTIVES, glyph_data, glyph_net

#: Densities, light tails first.
DENSITIES = {
    "uniform": stats.uniform(-1, 2),
    "normal": stats.norm(),
    "laplace": stats.laplace(),
    "Student t, 10": stats.t(10),
    "Student t, 5": stats.t(5),
    "Student t, 3": stats.t(3),
}
_DRAWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A net with its data and what counts as quality."""

    network: Network
    train: FrameData
    test: FrameData
    objectives: tuple[Objective, ...]
    readout: str
    quality: Callable[[Any, Any], float]
    epochs: int


def most_likely(output: Any, target: Any) -> float:
    """Return the share of frames whose largest output is the target's."""
    return float(np.mean(np.argmax(output, axis=-1) == np.argmax(target, axis=-1)))


def task(name: str, seed: int, quick: bool) -> Task:
    """Return one of the nets: ``glyph`` (digits), ``can`` (bus), ``m2h`` (speech, two-point).

    Raises
    ------
    ValueError
        Another name.
    """
    if name == "glyph":
        n = 4000 if quick else 20_000
        return Task(
            network=glyph_net(seed=seed), train=glyph_data(n, seed=2 * seed),
            test=glyph_data(4000, seed=2 * seed + 1), objectives=OBJECTIVES, readout="digit",
            quality=most_likely, epochs=12,
        )  # fmt: skip
    if name == "can":
        drives = [generate(60.0 if quick else 300.0, attacks=36 if quick else 180, seed=s)[0]
                  for s in (2 * seed, 2 * seed + 1)]  # fmt: skip
        return Task(
            network=can_net(seed=seed), train=can_data(drives[0], each=1500, seed=seed, low=-1.0),
            test=can_data(drives[1], each=1000, seed=seed, low=-1.0), objectives=CAN_OBJECTIVES,
            readout="class", quality=most_likely, epochs=8,
        )  # fmt: skip
    if name != "m2h":
        raise ValueError(f"task: {name!r} came, glyph, can or m2h is allowed")
    size = Size(train=40, held_out=20, seconds=2.0) if quick else Size()
    data, _, test, _ = sets(size, None)
    return Task(
        network=build("m2h", (48, 96), seed), train=data, test=test,
        objectives=(Objective(population="mask"),), readout="mask", quality=hit_fa, epochs=6,
    )  # fmt: skip


def measure(point: Point) -> dict[str, Any]:
    """Compute one point of the study."""
    if point["kind"] == "density":
        return under_density(point["density"], point["format"])
    return on_net(task(point["net"], point["seed"], point["quick"]), point["seed"])


def under_density(density: str, name: str) -> dict[str, Any]:
    """Return signal to noise [dB] by integration and by sampling, at the best scale."""
    number, law = FORMATS[name], DENSITIES[density]
    scale = best_scale(number, law)
    x = law.rvs(_DRAWS, random_state=np.random.default_rng(7))
    sampled = Quantiser(format=number, scale=scale).error(x)
    return {
        "analytic": float(10 * np.log10(law.var() / expected_error(number, law, scale))),
        "sampled": float(10 * np.log10(law.var() / sampled)),
    }


def on_net(chosen: Task, seed: int) -> dict[str, Any]:
    """Train a net in float32, then hold it to every format, before and after retraining."""
    schedule = Schedule(epochs=chosen.epochs, batch=128, seed=seed)
    learned = _train(chosen, chosen.network, schedule, Adam(rate=5e-3))
    rows = {"float32": _quality(chosen, learned.network, None)}
    noise = {}
    again = Schedule(epochs=3, batch=128, seed=seed + 1)
    for name, number in FORMATS.items():
        held = Formatted(weights=number, outputs=number)
        rows[f"{name} weights"] = _quality(chosen, learned.network, Formatted(weights=number))
        rows[f"{name} after"] = _quality(chosen, learned.network, held)
        tuned = _train(chosen, learned.network, again, Adam(rate=1e-3), held)
        rows[f"{name} aware"] = _quality(chosen, tuned.network, held)
        noise[name] = _weight_noise(learned.network, name)
    rows["float32 longer"] = _quality(
        chosen, _train(chosen, learned.network, again, Adam(rate=1e-3)).network, None
    )
    return {"quality": rows, "weights": noise}


def _train(
    chosen: Task, network: Network, schedule: Schedule, optimiser: Adam,
    quantise: Formatted | None = None,
) -> Training:  # fmt: skip
    return train(network, chosen.train, objectives=chosen.objectives, schedule=schedule,
                 optimiser=optimiser, quantise=quantise)  # fmt: skip


def _quality(chosen: Task, network: Network, quantise: Formatted | None) -> float:
    done = evaluate(network, chosen.test, readout=chosen.readout, quantise=quantise,
                    calibration=chosen.train)  # fmt: skip
    return chosen.quality(done.output, chosen.test.targets[chosen.readout])


def _weight_noise(network: Network, name: str) -> float:
    """Return signal to noise of all weights, each projection at its own best scale [dB]."""
    signal = noise = 0.0
    for projection in network.projections:
        w = projection.weights.value
        signal += float(np.sum(w * w))
        noise += w.size * fitted(FORMATS[name], w).error(w)
    return float(10 * np.log10(signal / noise)) if noise else float("inf")
