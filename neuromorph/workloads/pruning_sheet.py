"""What the pruning study prints and draws: cases over seeds, events at equal quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.cooperative.study import events_at, front
from neuromorph.plot import COLOURS, figure
from neuromorph.statistic import mean_interval
from neuromorph.sweep import Outcomes
from neuromorph.workloads.study import Sheet

#: What the setting of a family is.
SETTING = {"together": "mass", "together16": "mass", "consensus": "keep"}


class Case:
    """One case of the study over its seeds: means, and half widths of 95 % intervals."""

    def __init__(self, key: tuple[str, float, float], values: Sequence[Mapping[str, float]]):
        self.family, self.setting, self.penalty = key
        self.n, self.mean, self.half = len(values), {}, {}
        for name in values[0]:
            middle, interval = mean_interval([v[name] for v in values])
            self.mean[name] = middle
            self.half[name] = float("nan") if interval is None else interval[1] - middle


def summarise(outcomes: Outcomes) -> list[Case]:
    """Return the cases, whatever part of the study is finished."""
    groups: dict[tuple[str, float, float], list[Mapping[str, float]]] = {}
    for p, value in outcomes.finished():
        groups.setdefault((p["family"], p["setting"], p["penalty"]), []).append(value)
    return [Case(key, values) for key, values in groups.items()]


def sheets(outcomes: Outcomes) -> tuple[Sheet, ...]:
    """Return the tables."""
    cases = summarise(outcomes)
    return (cases_sheet(cases), equal_sheet(cases))


def cases_sheet(cases: Sequence[Case]) -> Sheet:
    """Return all cases."""
    rows = []
    for c in cases:
        m, h = c.mean, c.half
        label = SETTING.get(c.family, "")
        rows.append((
            c.family, f"{label} {c.setting:g}" if label else "", c.penalty, m["parameters"],
            m["hit_fa"], h["hit_fa"], m["accuracy"], m["events"], h["events"], m["zero_skipped"],
            m["gate_events"], m["open"], m.get("right"), m.get("undecided"),
        ))  # fmt: skip
    columns = {"net": "", "setting": "", "penalty": "g", "parameters": ".0f", "HIT-FA": ".4f",
               "+-": ".4f", "accuracy": ".4f", "events": ".0f", "+- ": ".0f",
               "zeros only": ".0f", "masks": ".0f", "open": ".2f", "foretold": ".2f",
               "undecided": ".2f"}  # fmt: skip
    return Sheet(
        name="cases", title=f"test set, means over {max((c.n for c in cases), default=0)} seeds",
        columns=columns, rows=rows, notes=(
            "events: products per frame, zero inputs and shut units skipped, all-in; zeros only: "
            "if shut units are computed; masks: the part of events that it takes to know what is "
            "open",
            "foretold: masks that say whether a unit is among the most active; undecided: gates "
            "open for 5 to 95 % of the frames before they were cut away",
        ),
    )  # fmt: skip


def equal_sheet(cases: Sequence[Case]) -> Sheet:
    """Return the events of each family at equal quality, and relative to the two-point net."""
    families = list(dict.fromkeys(c.family for c in cases))
    by_family = {f: [c for c in cases if c.family == f] for f in families}
    levels = quality_levels(by_family.get("m2h", []))
    rows: list[tuple[Any, ...]] = []
    for level in levels:
        for family in families:
            row: list[Any] = [level, family]
            for cost in ("events", "zero_skipped"):
                ours = events_at(by_family["m2h"], level, cost=cost)
                found = events_at(by_family[family], level, cost=cost)
                row += [found, found / ours - 1.0] if np.isfinite(found) else [None, None]
            rows.append(tuple(row))
    columns = {"HIT-FA": ".3f", "net": "", "events": ".0f", "against m2h": "+.0%",
               "zeros only": ".0f", "against m2h ": "+.0%"}  # fmt: skip
    return Sheet(
        name="equal-quality", title="events at equal quality", columns=columns, rows=rows,
        notes=("linear between the cases on each family's validation front; - : not reached, or "
               "no case that poor",),
    )  # fmt: skip


def quality_levels(cases: Sequence[Case]) -> list[float]:
    """Return up to four levels of HIT-FA within the front of these cases."""
    found = [case.mean["hit_fa"] for case in front(cases)]
    if len(found) < 2:
        return []
    low, high = min(found), max(found)
    return [float(x) for x in np.linspace(low, high, 5)[:-1]]


def draw(outcomes: Outcomes) -> Any:
    """Return the picture: quality against events, and what the masks take."""
    cases = summarise(outcomes)
    made = figure(11.0, 4.4)
    left, right = made.subplots(1, 2, width_ratios=(1.3, 1.0))
    families = list(dict.fromkeys(c.family for c in cases))
    for number, family in enumerate(families):
        mine = [c for c in cases if c.family == family]
        colour, mark = COLOURS[number % len(COLOURS)], "osD^Pv"[number % 6]
        left.plot([c.mean["events"] for c in mine], [c.mean["hit_fa"] for c in mine], mark,
                  color=colour, alpha=0.5)  # fmt: skip
        best = front(mine)
        left.plot([c.mean["events"] for c in best], [c.mean["hit_fa"] for c in best],
                  color=colour, marker=mark, label=family)  # fmt: skip
        top = best[-1]
        right.barh(number, top.mean["events"], color=colour, alpha=0.35)
        right.barh(number, top.mean["gate_events"], color=colour)
    left.set_xscale("log")
    left.set_xticks([4e3, 6e3, 1e4, 1.5e4, 2.5e4], ["4k", "6k", "10k", "15k", "25k"])
    left.minorticks_off()
    left.set_xlabel("synaptic events per frame, all-in")
    left.set_ylabel("HIT - FA, test set")
    left.legend(frameon=False, fontsize=8, title="front on the validation set", title_fontsize=8)
    right.set_yticks(range(len(families)), families)
    right.invert_yaxis()
    right.set_xlabel("events per frame")
    right.set_title("best case; full colour: to know the mask", fontsize=10)
    for ax in (left, right):
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return made
