"""Is the rectified estimator better once everything about it is tuned? A search on record.

Each estimator at each rate of learning, on a net of two and one of four hidden layers; then other
schedules of o, other limits of the slope (t) and of its piece at 0 (m). The best rate is chosen by
what is right on a set of its own (validation); what is reported is another set.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.statistic import mean_half
from neuromorph.sweep import Outcomes, Plan, Point
from neuromorph.workloads.binary.estimator import Estimator
from neuromorph.workloads.binary.net import BinaryNet
from neuromorph.workloads.binary.picture import draw_tuning
from neuromorph.workloads.binary.training import train_binary
from neuromorph.workloads.glyph import noisy_glyphs
from neuromorph.workloads.study import Sheet, Study

RATES = (1e-3, 3e-3, 1e-2)
#: Power, schedule, m and t: the straight-through estimator, then what was tried against it.
TRIED = (
    (1.0, "linear", 0.1, 1.5), (1.0, "linear", 0.1, 1.0), (1.0, "linear", 0.1, 3.0),
    (2.0, "linear", 0.1, 1.5), (3.0, "linear", 0.1, 1.5), (6.0, "linear", 0.1, 1.5),
    (3.0, "cosine", 0.1, 1.5), (3.0, "early", 0.1, 1.5), (3.0, "late", 0.1, 1.5),
    (3.0, "fixed", 0.1, 1.5),
    (3.0, "linear", 0.1, 1.0), (3.0, "linear", 0.1, 3.0), (3.0, "linear", 0.02, 1.5),
)  # fmt: skip
DEPTHS = {"two": [64, 64], "four": [64, 64, 64, 64]}


def binary_tuning_study(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` takes 2 seeds and the shallow net only."""
    n_seed = seeds or (2 if quick else 5)
    points = [
        {"power": power, "schedule": schedule, "small": small, "top": top, "rate": rate,
         "depth": depth, "epochs": 5 if quick else 15, "pictures": 3000 if quick else 6000,
         "seed": seed}
        for depth in (("two",) if quick else DEPTHS) for power, schedule, small, top in TRIED
        for rate in RATES for seed in range(n_seed)
    ]  # fmt: skip
    return Study(
        name="binary-tuning", title="Binary nets: estimators at their best rate of learning",
        plan=Plan(parameters=points, name="binary-tuning"), function=measure, sheets=sheets,
        picture=lambda outcomes: draw_tuning(by_estimator(outcomes)),
    )  # fmt: skip


def measure(point: Point) -> dict[str, Any]:
    """Train one net; return what is right on the set that chooses and on the one that reports."""
    seed = point["seed"]
    seen, digit = noisy_glyphs(point["pictures"], flip=0.1, seed=3 * seed)
    estimator = Estimator(power=point["power"], schedule=point["schedule"], small=point["small"],
                          top=point["top"])  # fmt: skip
    net = BinaryNet.drawn((35, *DEPTHS[point["depth"]], 10), seed=seed)
    done = train_binary(net, 2 * seen - 1, digit, estimator, epochs=point["epochs"],
                        rate=point["rate"], seed=seed)  # fmt: skip
    out: dict[str, Any] = {"error": done.error[-1], "instability": done.instability[-1]}
    for number, name in ((1, "chosen"), (2, "reported")):
        held, truth = noisy_glyphs(4000, flip=0.1, seed=3 * seed + number)
        out[name] = float(np.mean(done.net.answers(2 * held - 1) == truth))
    return out


def label(power: float, schedule: str, small: float, top: float) -> str:
    """Return what an estimator is called in the table."""
    name = "STE" if power == 1.0 else f"ReSTE, o to {power:g}"
    other = [schedule] if schedule != "linear" else []
    other += [f"m {small:g}"] if small != 0.1 else []
    other += [f"t {top:g}"] if top != 1.5 else []
    return ", ".join([name, *other])


def by_estimator(outcomes: Outcomes) -> dict[tuple[str, str], dict[float, list[dict[str, float]]]]:
    """Return {(depth, estimator): {rate: values over seeds}}."""
    out: dict[tuple[str, str], dict[float, list[dict[str, float]]]] = {}
    for p, value in outcomes.finished():
        name = label(p["power"], p["schedule"], p["small"], p["top"])
        out.setdefault((p["depth"], name), {}).setdefault(p["rate"], []).append(value)
    return out


def best_rate(rates: dict[float, list[dict[str, float]]]) -> float:
    """Return the rate that is right most often on the set that chooses."""
    return max(rates, key=lambda rate: float(np.mean([v["chosen"] for v in rates[rate]])))


def gain(
    right: list[float], plain: dict[float, list[dict[str, float]]] | None
) -> tuple[float | None, float | None]:
    """Return the mean gain over another estimator at its best rate, and half its 95 % interval."""
    theirs = [v["reported"] for v in plain[best_rate(plain)]] if plain else []
    if len(theirs) != len(right):
        return None, None  # not finished
    return mean_half(np.subtract(right, theirs).tolist())


def sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return the table: every estimator at its best rate, and its gains over STE at its own."""
    found = by_estimator(outcomes)
    rows: list[tuple[Any, ...]] = []
    for (depth, name), rates in found.items():
        rate = best_rate(rates)
        right = [v["reported"] for v in rates[rate]]
        gains = [gain(right, found.get((depth, label(*tried)))) for tried in TRIED[:2]]
        rows.append(
            (depth, name, rate, float(np.mean(right)), *gains[0], *gains[1],
             *(float(np.mean([v[key] for v in rates[rate]])) for key in ("error", "instability")))
        )  # fmt: skip
    columns = {"hidden layers": "", "estimator": "", "rate": "g", "right": ".4f",
               "gain over STE": "+.4f", "+- 95 %": ".4f", "over STE, t 1": "+.4f",
               "its +- 95 %": ".4f", "estimating error": ".3f", "unevenness": ".1f"}  # fmt: skip
    notes = ("rate: of those tried, the one that is right most often on a set of its own; right: "
             "on another set; gain: against STE at its best rate, seed by seed; t 1: the limit "
             "of the straight-through estimator in the source's code",)  # fmt: skip
    return [Sheet(name="tuned", title="estimators at their best rate", columns=columns, rows=rows,
                  notes=notes)]  # fmt: skip
