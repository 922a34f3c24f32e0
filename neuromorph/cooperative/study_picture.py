"""The picture of a study: quality against all-in events, one line per family."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from neuromorph.cooperative.study import DAMAGE, FAMILIES, Line, front

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARK = dict(zip(FAMILIES, cycle("osD^vXP*<>h"), strict=False))


def _colour(family: str) -> str:
    """Return one of twenty colours: the ten of the cycle, then their light forms."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    number = list(FAMILIES).index(family) % 20
    return to_hex(colormaps["tab20"](2 * (number % 10) + number // 10))


def draw(lines: Sequence[Line]) -> Figure:
    """Return the picture: HIT-FA against events per frame; damage, or kinds of picture."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for number, family in enumerate(f for f in FAMILIES if any(x.family == f for x in lines)):
        mine = sorted((x for x in lines if x.family == family), key=lambda x: x.mean["events"])
        colour = _colour(family)
        left.errorbar(
            [x.mean["events"] for x in mine], [x.mean["hit_fa"] for x in mine],
            xerr=[x.half["events"] for x in mine], yerr=[x.half["hit_fa"] for x in mine],
            fmt=_MARK[family], color=colour, alpha=0.45, markersize=5,
        )  # fmt: skip
        best = front(mine)
        left.plot(
            [x.mean["events"] for x in best], [x.mean["hit_fa"] for x in best], color=colour,
            marker=_MARK[family], label=family,
        )  # fmt: skip
        _beside(right, best[-1], colour, number)
    left.set_xscale("log")
    left.xaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    left.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    left.xaxis.set_minor_formatter(NullFormatter())
    left.set_xlabel("synaptic events per frame, all-in (context and gates included)")
    left.set_ylabel("HIT - FA, test set")
    left.set_title("every case; lines: front on the validation set", fontsize=10)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 8))
    return figure


def _beside(axis: Axes, best: Line, colour: str, number: int) -> None:
    """Draw what else was measured of the best case: damage, or quality by kind of picture."""
    if f"damage_{DAMAGE[0]}" in best.mean:
        axis.plot(
            [0, *(100 * share for share in DAMAGE)],
            [best.mean["hit_fa"], *(best.mean[f"damage_{share}"] for share in DAMAGE)],
            color=colour, marker=_MARK[best.family],
        )  # fmt: skip
        axis.set_xlabel("hidden units killed, no retraining (%)")
        axis.set_title("the best case of each family, damaged", fontsize=10)
        return
    kinds = ("whole", "noisy", "missing", "shuffled")
    axis.scatter(
        [place + 0.08 * number - 0.2 for place in range(len(kinds))],
        [best.mean[f"{kind}_hit_fa"] for kind in kinds],
        color=colour, marker=_MARK[best.family], label=best.family,
    )  # fmt: skip
    axis.set_xticks(range(len(kinds)), kinds)
    axis.set_xlabel("all pictures of the test set are")
    axis.set_title("the best case of each family, by kind of picture", fontsize=10)
