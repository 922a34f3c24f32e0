"""The study: detection and false alarms by class, on drives never seen, beside one rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.plot import COLOURS, figure
from neuromorph.statistic import mean_half
from neuromorph.sweep import Outcomes, Plan, Point
from neuromorph.workloads.can_bus.frame import CLASSES
from neuromorph.workloads.can_bus.net import trained_detector
from neuromorph.workloads.can_bus.rule import IntervalRule
from neuromorph.workloads.can_bus.traffic import generate
from neuromorph.workloads.study import Sheet, Study

RULE = "one rule (identifier, interval)"
#: Seeds of drives: training, choice of the threshold, report.
TRAIN, CHOICE, REPORT = 1, 50_000, 100_000


def can_study(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` is one net of two bits, else ten of two and of eight."""
    points: list[dict[str, Any]] = [
        {"bits": bits, "seed": seed, "seconds": 300.0, "held": 60.0, "each": 8000, "epochs": 24}
        for bits in ((2,) if quick else (2, 8)) for seed in range(seeds or (1 if quick else 10))
    ]  # fmt: skip
    return Study(
        name="can", title="Intrusion on a CAN bus: generated traffic of one car",
        plan=Plan(parameters=points, name="can"), function=measure, sheets=sheets, picture=draw,
    )  # fmt: skip


def measure(point: Point) -> dict[str, Any]:
    """Train one detector; report on a drive of its own."""
    seed, held = point["seed"], point["held"]
    every = 0.6  # windows per second of drive
    drive, _ = generate(point["seconds"], attacks=round(every * point["seconds"]),
                        seed=TRAIN + seed)  # fmt: skip
    choice, report = (
        generate(held, attacks=round(every * held), seed=base + seed)[0]
        for base in (CHOICE, REPORT)
    )
    rule = IntervalRule.learned(generate(held, attacks=0, seed=CHOICE - 1 - seed)[0])
    detector = trained_detector(drive, weight_bits=point["bits"], each=point["each"],
                                epochs=point["epochs"], seed=seed)  # fmt: skip
    alarmed = rule.attacks(choice)[choice.label == 0].mean()
    level = float(np.quantile(detector.suspicion(choice)[choice.label == 0], 1.0 - alarmed))
    said = detector.suspicion(report)
    return {
        "rule": _rates(rule.attacks(report), report.label),
        "net": _rates(said > 0, report.label),
        "equal": _rates(said > level, report.label),
    }


def _rates(attack: Any, label: Any) -> list[float]:
    """Return the share of frames called an attack, by class."""
    return [float(np.mean(attack[label == k])) for k in range(len(CLASSES))]


def _found(outcomes: Outcomes) -> dict[str, list[list[float]]]:
    out: dict[str, list[list[float]]] = {}
    for p, value in outcomes.finished():
        net = f"net, {p['bits']} bits"
        for key, name in (("rule", RULE), ("net", net), ("equal", f"{net}, alarms as the rule")):
            out.setdefault(name, []).append(value[key])
    return out


def sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return the table."""
    rows = []
    for name, values in _found(outcomes).items():
        mean = np.mean(values, axis=0)
        rows.append((name, *map(float, mean), mean_half([v[3] for v in values])[1]))
    columns = {"detector": "", "false alarms": ".3%", "dos": ".2%", "fuzzing": ".2%",
               "spoofing": ".2%", "95 % of spoofing": ".2%"}  # fmt: skip
    notes = (
        "shares of frames called an attack, on drives of seeds that were not trained on; generated "
        "traffic: no result on the Car-Hacking data set",
        "alarms as the rule: threshold chosen on a third drive for the rule's false alarms",
        "spoofing: in every second window the genuine message is silenced",
    )
    return [Sheet(name="detection", title="detection", columns=columns, rows=rows, notes=notes)]


def draw(outcomes: Outcomes) -> Any:
    """Return the picture: the share called an attack, by class and detector."""
    made = figure(8.0, 3.8)
    ax = made.subplots()
    found = _found(outcomes)
    width = 0.8 / max(1, len(found))
    for number, (name, values) in enumerate(found.items()):
        at = np.arange(len(CLASSES)) + (number - (len(found) - 1) / 2) * width
        heights = 100 * np.mean(values, axis=0)
        ax.bar(at, heights, 0.92 * width, color=COLOURS[number], label=name)
        for x, height in zip(at, heights, strict=True):
            ax.text(x, height + 1, f"{height:.3g}", ha="center", fontsize=8, color="0.3")
    ax.set_xticks(range(len(CLASSES)), ["false alarms", *CLASSES[1:]])
    ax.set_ylabel("frames called an attack (%)")
    ax.set_ylim(0, 128)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
    return made
