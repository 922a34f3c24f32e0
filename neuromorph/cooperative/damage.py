"""Damage before and during training, and how fast nets learn: curves of the validation loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuromorph.cooperative.learning import Epoch, Penalty, Schedule, train
from neuromorph.cooperative.measure import evaluate, kill
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam
from neuromorph.cooperative.scenario import HALF, LONG, Cases
from neuromorph.cooperative.study import FAMILIES, Size, build, cases, quality, sets
from neuromorph.statistic import mean_interval
from neuromorph.sweep import Outcomes, Plan, Point

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: When units are killed.
MOMENTS = ("never", "before", "during")


def damage_plan(
    *,
    table: Cases = LONG,
    fraction: float = 0.5,
    epochs: int = 8,
    seeds: int = 5,
    size: Size = HALF,
    cache: str | Path | None = None,
) -> Plan:
    """Return the plan of a damage study; see :func:`run_damage`.

    Parameters
    ----------
    table : Cases
        Family, hidden units, weights of the event penalty.
    fraction : float
        Share of the hidden units that is killed.
    epochs : int
        In all; damage during training strikes after half of them.
    seeds : int
    size : Size
    cache : path, optional
    """
    rows = [
        {
            **case, "moment": moment, "fraction": fraction, "epochs": epochs, "seed": seed,
            "size": asdict(size), "cache": None if cache is None else str(cache),
        }
        for case in cases(table)
        for moment in MOMENTS
        for seed in range(seeds)
    ]  # fmt: skip
    return Plan(parameters=rows, name="damage")


def run_damage(point: Point) -> dict[str, Any]:
    """Train one net, with units killed at one moment; return quality and the learning curve.

    Every net, damaged or not, is trained in two halves with a fresh optimiser each, so that all
    that differs is the damage.
    """
    p = point.parameters
    data, validation, test, _ = sets(Size.read(p["size"]), p["cache"])
    network = build(p["family"], p["hidden"], p["seed"])
    history: list[Epoch] = []
    half = p["epochs"] // 2
    struck = {"before": 0, "during": 1}.get(p["moment"])
    out: dict[str, Any] = {}
    for number, epochs in enumerate((half, p["epochs"] - half)):
        if number == struck:
            if number:
                out["before_damage_hit_fa"] = _hit(network, test)
            network = kill(network, p["fraction"], seed=p["seed"])
            out["at_damage_hit_fa"] = _hit(network, test)
        trained = train(
            network, data,
            objectives=[Objective(population="mask", weight=4.0)],
            validation=validation, optimiser=Adam(rate=1e-2),
            schedule=Schedule(epochs=epochs, seed=p["seed"] + 1000 * number),
            penalty=Penalty(events=p["penalty"], ramp=0.3 if number == 0 else 0.0),
        )  # fmt: skip
        network = trained.network
        history += trained.history
    out |= quality(evaluate(network, test), test, "")
    out["validation_loss"] = [line.validation for line in history]
    out["training_events"] = [line.events for line in history]
    return out


def _hit(network: Any, data: Any) -> float:
    return float(quality(evaluate(network, data), data, "")["hit_fa"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One family damaged at one moment: means over seeds, half widths of 95 % intervals."""

    family: str
    hidden: tuple[int, ...]
    moment: str
    n: int
    mean: Mapping[str, float]
    half: Mapping[str, float]
    loss: tuple[float, ...]  # validation, by epoch
    loss_half: tuple[float, ...]


def curves(outcomes: Outcomes) -> list[Curve]:
    """Return one curve per family and moment."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for p, value in outcomes.finished():
        groups.setdefault((p["family"], tuple(p["hidden"]), p["moment"]), []).append(value)
    out = []
    for (family, hidden, moment), values in groups.items():
        numbers = {k: _interval([v[k] for v in values]) for k, x in values[0].items()
                   if not isinstance(x, list)}  # fmt: skip
        losses = [_interval(column) for column in zip(*(v["validation_loss"] for v in values),
                                                      strict=True)]  # fmt: skip
        out.append(Curve(
            family=family, hidden=hidden, moment=moment, n=len(values),
            mean={k: v[0] for k, v in numbers.items()}, half={k: v[1] for k, v in numbers.items()},
            loss=tuple(v[0] for v in losses), loss_half=tuple(v[1] for v in losses),
        ))  # fmt: skip
    return out


def _interval(values: Sequence[float]) -> tuple[float, float]:
    middle, interval = mean_interval([float(v) for v in values])
    return middle, float("nan") if interval is None else interval[1] - middle


def draw_damage(made: Sequence[Curve]) -> Figure:
    """Return the picture: validation loss by epoch, one panel per moment of damage."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.0), layout="constrained")
    panels = figure.subplots(1, len(MOMENTS), sharey=True)
    families = list(FAMILIES)  # a family has one colour, here and in the study's picture
    for panel, moment in zip(panels, MOMENTS, strict=True):
        for c in (c for c in made if c.moment == moment):
            x = np.arange(1, len(c.loss) + 1)
            colour = f"C{families.index(c.family)}"
            shape = "x".join(map(str, c.hidden))
            panel.plot(x, c.loss, color=colour, marker="o", markersize=3,
                       label=f"{c.family} {shape}")  # fmt: skip
            if c.n > 2:  # with two seeds the interval is wider than the picture
                low, high = np.array(c.loss) - c.loss_half, np.array(c.loss) + c.loss_half
                panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        if moment == "during":
            panel.axvline(len(x) // 2 + 0.5, color="0.4", linestyle=":")
        panel.set_title({"never": "no damage", "before": "half killed before training",
                         "during": "half killed half-way"}[moment], fontsize=10)  # fmt: skip
        panel.set_xlabel("epoch")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("validation loss")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center",
                  ncols=6)  # fmt: skip
    return figure
