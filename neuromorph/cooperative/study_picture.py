"""The picture of a study: quality against all-in events, one line per family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuromorph.cooperative.study import DAMAGE, FAMILIES, Line, front

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARK = dict(zip(FAMILIES, "osD^vXP*<>h", strict=True))


def draw(lines: Sequence[Line]) -> Figure:
    """Return the picture: left HIT-FA against events per frame, right damage curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, family in enumerate(f for f in FAMILIES if any(x.family == f for x in lines)):
        mine = sorted((x for x in lines if x.family == family), key=lambda x: x.mean["events"])
        colour = f"C{number}"
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
        top = best[-1]
        right.plot(
            [0, *DAMAGE],
            [top.mean["hit_fa"], *(top.mean[f"damage_{share}"] for share in DAMAGE)],
            color=colour, marker=_MARK[family], label=f"{family} {top.hidden}",
        )  # fmt: skip
    left.set_xscale("log")
    left.set_xlabel("synaptic events per frame, all-in (context and gates included)")
    left.set_ylabel("HIT - FA, test set")
    left.legend(title="front on the validation set", fontsize=8)
    right.set_xlabel("share of hidden units killed, no retraining")
    right.set_ylabel("HIT - FA, test set")
    right.legend(title="best case of each family", fontsize=8)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return figure
