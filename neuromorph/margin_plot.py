"""Pictures of margins, operating regions and yields; each returns the axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuromorph.circuits.tolerance.margin import Margins
from neuromorph.circuits.tolerance.production import Yield
from neuromorph.circuits.tolerance.region import Region
from neuromorph.plot import COLOURS, figure


def margin_bars(found: Margins, *, ax: Any = None, target: float | None = 0.2) -> Any:
    """Draw one bar per parameter around the nominal; an arrow where the scan ended first."""
    if ax is None:
        ax = figure(7, 1.4 + 0.28 * len(found.margins)).subplots()
    for row, margin in enumerate(found.margins):
        critical = min(-margin.low, margin.high) <= found.critical + found.resolution
        colour = COLOURS[5] if critical else COLOURS[0]
        ax.barh(row, 100 * (margin.high - margin.low), 0.7, left=100 * margin.low, color=colour)
        for value, open_end, side in (
            (margin.low, margin.low_open, "right"), (margin.high, margin.high_open, "left")
        ):  # fmt: skip
            sign = ("< " if side == "right" else "> ") if open_end else ""
            ax.annotate(f" {sign}{100 * value:+.0f} ", (100 * value, row), ha=side, va="center",
                        fontsize=8)  # fmt: skip
    ax.axvline(0.0, color="0.2", lw=1.0)
    for edge in () if target is None else (-100 * target, 100 * target):
        ax.axvline(edge, color="0.5", lw=0.8, ls="--")
    ax.set_yticks(range(len(found.margins)), [margin.name for margin in found.margins])
    ax.invert_yaxis()
    ax.use_sticky_edges = False  # bars would hold the axis at their ends, and numbers outside it
    ax.margins(x=0.12)
    ax.set_xlabel("change that still passes (%)")
    ax.set_title(f"critical margin {found.critical:.1%}", fontsize=10)
    return _bare(ax)


def shmoo(region: Region, *, ax: Any = None) -> Any:
    """Draw which pairs of factors pass, the nominal marked."""
    if ax is None:
        ax = figure(5, 4.4).subplots()
    half = 50 * (region.x[1] - region.x[0])
    ends = [100 * region.x[0] - half, 100 * region.x[-1] + half,
            100 * region.y[0] - half, 100 * region.y[-1] + half]  # fmt: skip
    from matplotlib.colors import ListedColormap

    ax.imshow(region.passes, origin="lower", extent=ends, aspect="auto", vmin=0, vmax=1,
              cmap=ListedColormap(["0.92", COLOURS[2]]), interpolation="none")  # fmt: skip
    ax.plot(100, 100, "+", color="black", ms=10)
    ax.set_xlabel(f"{region.x_name} (% of nominal)")
    ax.set_ylabel(f"{region.y_name} (% of nominal)")
    ax.set_title("green passes", fontsize=10)
    return _bare(ax)


def yield_curve(found: Sequence[Yield], *, ax: Any = None) -> Any:
    """Draw yield with its 95 % interval against the spread of each element."""
    if ax is None:
        ax = figure(5, 3.6).subplots()
    ordered = sorted(found, key=lambda one: one.spread.local)
    x = 100 * np.array([one.spread.local for one in ordered])
    y = 100 * np.array([one.fraction for one in ordered])
    ends = 100 * np.array([one.interval for one in ordered])
    below, above = np.maximum(y - ends[:, 0], 0.0), np.maximum(ends[:, 1] - y, 0.0)
    ax.errorbar(x, y, yerr=np.array([below, above]), marker="o", capsize=3, color=COLOURS[0])
    ax.set_ylim(0, 102)
    ax.set_xlabel("spread per element, 1 sigma (%)")
    ax.set_ylabel("yield (%)")
    one = ordered[0]
    ax.set_title(f"n = {one.n}, common spread {one.spread.common:.1%}", fontsize=10)
    return _bare(ax)


def _bare(ax: Any) -> Any:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax
