"""The study: signal to noise of every format under densities, and quality of trained nets."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.energy import operation
from neuromorph.formats import FORMATS
from neuromorph.statistic import mean_half
from neuromorph.sweep import Outcomes, Plan
from neuromorph.workloads.number_format.measurement import DENSITIES, measure
from neuromorph.workloads.number_format.picture import draw
from neuromorph.workloads.study import Sheet, Study

NETS = {
    "glyph": "digits, point net: share right",
    "can": "CAN bus, point net: share right of equally many of each class",
    "m2h": "audio-visual, two-point net: HIT-FA",
}
#: What FP8 takes more than INT8 in dedicated hardware, as the source's abstract says.
THEIRS = (1.5, 2.8)


def formats(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` takes 5 seeds and small data sets."""
    n_seed = seeds or (5 if quick else 10)
    points: list[dict[str, Any]] = [
        {"kind": "density", "density": density, "format": name}
        for density in DENSITIES for name in FORMATS
    ]  # fmt: skip
    points += [
        {"kind": "net", "net": net, "seed": seed, "quick": quick}
        for net in NETS for seed in range(n_seed)
    ]  # fmt: skip
    return Study(
        name="formats", title="Number formats: FP8 against INT8",
        plan=Plan(parameters=points, name="formats"), function=measure, sheets=sheets,
        picture=lambda outcomes: draw(by_density(outcomes), by_net(outcomes)),
    )  # fmt: skip


def by_density(outcomes: Outcomes) -> dict[str, dict[str, dict[str, float]]]:
    """Return {density: {format: {"analytic", "sampled"}}} [dB]."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    for p, value in outcomes.finished(kind="density"):
        out.setdefault(p["density"], {})[p["format"]] = value
    return out


def by_net(outcomes: Outcomes) -> dict[str, dict[str, list[float]]]:
    """Return {net: {"FORMAT way": quality per seed}}."""
    out: dict[str, dict[str, list[float]]] = {}
    for p, value in outcomes.finished(kind="net"):
        for key, quality in value["quality"].items():
            out.setdefault(p["net"], {}).setdefault(key, []).append(quality)
    return out


def sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return the tables."""
    return [density_sheet(outcomes), *net_sheets(outcomes), energy_sheet()]


def density_sheet(outcomes: Outcomes) -> Sheet:
    """Return signal to noise under densities."""
    rows = [
        (density, *(row[name]["analytic"] if name in row else None for name in FORMATS),
         max(abs(v["analytic"] - v["sampled"]) for v in row.values()))
        for density, row in by_density(outcomes).items()
    ]  # fmt: skip
    columns = {"density": "", **dict.fromkeys(FORMATS, ".1f"), "sampling off by": ".2f"}
    return Sheet(
        name="density", title="signal to noise at the best scale (dB), by integration",
        columns=columns, rows=rows,
        notes=("sampling: the same from 100,000 draws; off where rare large values carry the "
               "error",),
    )  # fmt: skip


def net_sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return one table per net: quality by format, and weights' signal to noise."""
    noise: dict[str, dict[str, list[float]]] = {}
    for p, value in outcomes.finished(kind="net"):
        for name, level in value["weights"].items():
            noise.setdefault(p["net"], {}).setdefault(name, []).append(level)
    out = []
    for net, quality in by_net(outcomes).items():
        plain, longer = quality["float32"], quality["float32 longer"]
        rows: list[tuple[Any, ...]] = [
            ("float32", None, float(np.mean(plain)), None, None, None, float(np.mean(longer)),
             None, None)
        ]  # fmt: skip
        for name in FORMATS:
            weights, after, aware = (quality[f"{name} {way}"] for way in ("weights", "after",
                                                                        "aware"))  # fmt: skip
            rows.append(
                (name, float(np.mean(noise[net][name])), float(np.mean(weights)),
                 float(np.mean(after)), *change(after, plain), float(np.mean(aware)),
                 *change(aware, longer))
            )  # fmt: skip
        columns = {"format": "", "weights (dB)": ".1f", "weights only": ".4f",
                   "weights and outputs": ".4f", "change": "+.4f", "+- 95 %": ".4f",
                   "retrained": ".4f", "its change": "+.4f", "its +- 95 %": ".4f"}  # fmt: skip
        out.append(Sheet(
            name=net, title=f"{NETS[net]} ({len(plain)} seeds)", columns=columns, rows=rows,
            notes=("one scale per projection and population; sums in float32; change: of rounding "
                   "weights and outputs of the trained net, seed by seed",
                   "retrained: 3 epochs more, rounded; its change: to float32 trained as long"),
        ))  # fmt: skip
    return out


def change(ours: list[float], plain: list[float]) -> tuple[float, float | None]:
    """Return the mean difference, seed by seed, and half its 95 % interval."""
    return mean_half(np.subtract(ours, plain).tolist())


def energy_sheet() -> Sheet:
    """Return what a multiply-accumulate costs, where a source says so."""
    whole = operation("int8 multiply").joules + operation("int32 add").joules
    full = operation("fp32 multiply").joules + operation("fp32 add").joules
    rows = [
        ("INT8", whole * 1e12, None, "int8 multiply, int32 add"),
        ("FP8", whole * 1e12 * THEIRS[0], whole * 1e12 * THEIRS[1],
         "INT8 x 1.5 to 2.8: arXiv 2303.17951's abstract, their figure"),
        ("float32", full * 1e12, None, "fp32 multiply and add"),
        ("INT4", None, None, "no sourced figure"),
    ]  # fmt: skip
    return Sheet(
        name="energy", title="energy of one multiply-accumulate (pJ), arithmetic alone",
        columns={"format": "", "pJ": ".3g", "to": ".3g", "from": ""}, rows=rows,
        notes=(operation("int8 multiply").source, operation("int32 add").source),
    )
