"""One point of ``neuromorph sweep``: a run of a workload, and the summary over the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neuromorph import plot
from neuromorph.cli.sweep_file import made_backend, made_workload
from neuromorph.runner import run
from neuromorph.statistic import mean_interval
from neuromorph.sweep import Outcomes, Plan, Point


def run_point(point: Point) -> dict[str, Any]:
    """Run one point; return what does not depend on the host."""
    work = made_workload(point["workload"])
    result = run(
        work.network,
        work.stimuli[point["input"]],
        backend=made_backend(point["backend"]),
        duration=point["duration"],
        dt=point["dt"],
        seed=point["seed"],
    )
    answer, target = work.readout.answer(result), work.targets[point["input"]]
    return {
        "answer": answer,
        "right": answer == target,
        "count": work.readout.value(result),
        "spikes": {name: int(found.count.sum()) for name, found in result.spikes.items()},
        "energy": [asdict(energy) for energy in result.energy],
    }


def warm(plan: Plan) -> None:
    """Run two steps of each kind of run, so that its kernels are compiled once."""
    seen = set()
    for point in plan:
        kind = point["backend"]["name"], point["workload"]["name"]
        if kind not in seen:
            seen.add(kind)
            dt = point["dt"]
            short = {**point.parameters, "duration": None if dt is None else 2 * dt}
            run_point(Point(index=point.index, parameters=short))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The points of one backend, workload and input over all seeds."""

    label: str
    input: str
    n: int
    failed: int
    right: float
    count: float
    interval: tuple[float, float] | None


def groups(outcomes: Outcomes) -> list[Group]:
    """Return the means over the seeds."""
    found: dict[tuple[str, str], list[Any]] = {}
    for outcome in outcomes:
        row = outcomes.plan.parameters[outcome.index]
        found.setdefault((_label(row), row["input"]), []).append(outcome.value)
    return [_group(label, name, values) for (label, name), values in found.items()]


def _group(label: str, name: str, values: list[Any]) -> Group:
    good = [value for value in values if value is not None]
    count, interval = (
        mean_interval([v["count"] for v in good]) if good else (float("nan"), None)
    )
    return Group(
        label=label,
        input=name,
        n=len(values),
        failed=len(values) - len(good),
        right=float(np.mean([v["right"] for v in good])) if good else float("nan"),
        count=count,
        interval=interval,
    )


def _label(row: Mapping[str, Any]) -> str:
    """Return workload and backend with the options that were given."""
    parts = []
    for table in (row["workload"], row["backend"]):
        options = ", ".join(f"{key}={table[key]}" for key in table if key != "name")
        parts.append(f"{table['name']}({options})" if options else table["name"])
    return " on ".join(parts)


def picture(found: list[Group]) -> Any:
    """Return a figure: mean read-out spikes per input, one row of bars for each kind of run."""
    labels = list(dict.fromkeys(group.label for group in found))
    names = list(dict.fromkeys(group.input for group in found))
    figure = plot.figure(7.5, 1.2 + 0.17 * len(labels) * len(names))
    ax = figure.subplots()
    for group in found:
        at = labels.index(group.label) + 0.8 * (names.index(group.input) + 0.5) / len(names) - 0.4
        low, high = group.interval or (group.count, group.count)
        colour = plot.COLOURS[names.index(group.input) % len(plot.COLOURS)]
        first = group.label == labels[0]
        ax.barh(at, group.count, 0.72 / len(names), color=colour,
                xerr=[[group.count - low], [high - group.count]], ecolor="0.3",
                label=f"input {group.input}" if first else None)  # fmt: skip
    ax.set_yticks(range(len(labels)), labels, fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel("read-out spikes, mean over seeds and its 95 % interval")
    ax.legend(frameon=False, fontsize=8, ncols=len(names), loc="lower left", bbox_to_anchor=(0, 1))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure
