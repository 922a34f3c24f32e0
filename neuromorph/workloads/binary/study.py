"""The study: straight-through against rectified estimators, error and evenness beside accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.cooperative.integer import IntegerMachine
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.statistic import mean_half
from neuromorph.sweep import Outcomes, Plan, Point
from neuromorph.workloads.binary.estimator import ESTIMATORS, Array, Estimator
from neuromorph.workloads.binary.net import BinaryNet, deployed
from neuromorph.workloads.binary.picture import draw
from neuromorph.workloads.binary.training import train_binary
from neuromorph.workloads.glyph import nearest, noisy_glyphs
from neuromorph.workloads.study import Sheet, Study

FLOAT = "float32 weights, relu"


def binary_study(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` takes 3 seeds and 6,000 pictures."""
    n_seed = seeds or (3 if quick else 10)
    points = [
        {"estimator": name, "seed": seed, "pictures": 6000 if quick else 30_000,
         "hidden": [64, 64], "epochs": 15, "flip": 0.1}
        for name in (*ESTIMATORS, FLOAT) for seed in range(n_seed)
    ]  # fmt: skip
    return Study(
        name="binary", title="Binary nets on noisy digits: estimators of sign's derivative",
        plan=Plan(parameters=points, name="binary"), function=measure, sheets=sheets,
        picture=lambda outcomes: draw(by_estimator(outcomes)),
    )  # fmt: skip


def measure(point: Point) -> dict[str, Any]:
    """Train one net and hold its deployed form to it."""
    seed, flip = point["seed"], point["flip"]
    estimator = ESTIMATORS.get(point["estimator"], Estimator())
    seen, digit = noisy_glyphs(point["pictures"], flip=flip, seed=2 * seed)
    held, truth = noisy_glyphs(4000, flip=flip, seed=2 * seed + 1)
    net = BinaryNet.drawn((35, *point["hidden"], 10), seed=seed,
                          binary=point["estimator"] != FLOAT)  # fmt: skip
    done = train_binary(net, 2 * seen - 1, digit, estimator, epochs=point["epochs"], seed=seed)
    answer = done.net.answers(2 * held - 1)
    out: dict[str, Any] = {
        "accuracy": float(np.mean(answer == truth)),
        "best": float(np.mean(nearest(held) == truth)),
        "loss": done.loss, "error": done.error, "instability": done.instability,
        "distance": done.distance, "variance": done.variance,
    }  # fmt: skip
    if net.binary:
        out["alike"] = float(np.mean(in_integers(done.net, 2 * held - 1) == answer))
    return out


def in_integers(net: BinaryNet, x: Array) -> Array:
    """Return the answers (n,) of the deployed net in one-bit weights and 16-bit outputs."""
    network = deployed(net)
    machine = IntegerMachine(plan(network), Quantised(weight_bits=1))
    output = machine.run({"pixels": np.ascontiguousarray(x)})
    return np.asarray(np.argmax(output["digit"], axis=1))


def by_estimator(outcomes: Outcomes) -> dict[str, list[dict[str, Any]]]:
    """Return {estimator: values over seeds} of what is finished."""
    out: dict[str, list[dict[str, Any]]] = {}
    for p, value in outcomes.finished():
        out.setdefault(p["estimator"], []).append(value)
    return out


def sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return the table."""
    found = by_estimator(outcomes)
    rows: list[tuple[Any, ...]] = []
    best = np.mean([v["best"] for values in found.values() for v in values]) if found else 0.0
    for name, values in found.items():
        right, half = mean_half([v["accuracy"] for v in values])
        binary = name in ESTIMATORS
        rows.append(
            (name, right, half,
             float(np.mean([v["loss"][-1] for v in values])),
             float(np.mean([v["error"][-1] for v in values])) if binary else None,
             float(np.mean([v["instability"][-1] for v in values])),
             float(np.mean([np.mean(v["distance"]) for v in values])) if binary else None,
             float(np.mean([np.mean(v["variance"]) for v in values])) * 1e6,
             float(np.mean([v["alike"] for v in values])) if binary else None)
        )  # fmt: skip
    columns = {"estimator": "", "right": ".4f", "95 %": ".4f", "loss": ".3f",
               "estimating error": ".3f", "unevenness": ".2f", "their error": ".1f",
               "their instability": ".1f", "integers alike": ".4f"}  # fmt: skip
    notes = (
        f"the best possible classifier (nearest digit) is right on {best:.4f}",
        "estimating error: root mean square of sign - f over latent weights at the end; "
        "unevenness: variance of the gradient's sizes over their mean squared (definitions ours)",
        "theirs, mean over epochs, summed over layers: L2 norm of sign - f over latent weights as "
        "they are; variance of the gradient's sizes (here in 1e-6)",
        "integers alike: answers of the deployed net in one-bit weights that equal the trained "
        "net's",
    )
    return [Sheet(name="estimators", title="estimators", columns=columns, rows=rows, notes=notes)]
