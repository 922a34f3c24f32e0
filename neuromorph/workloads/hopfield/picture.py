"""The picture of the study: storage, one update, fixed points."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.plot import COLOURS, figure
from neuromorph.sweep import Outcomes
from neuromorph.workloads.hopfield import law
from neuromorph.workloads.hopfield import study as studies
from neuromorph.workloads.hopfield.storage import CLUSTER, capacities


def draw(outcomes: Outcomes) -> Any:
    """Return the picture."""
    made = figure(12.5, 4.0)
    left, middle, right = made.subplots(1, 3)
    _storage(left, outcomes)
    _error(middle, outcomes)
    _settling(right, outcomes)
    for ax in (left, middle, right):
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    return made


def _storage(ax: Any, outcomes: Outcomes) -> None:
    held = capacities(studies.curves(outcomes))
    binary = sorted((d, n) for (net, _, d), n in held.items() if net == "binary")
    if binary:
        d, n = np.array(binary).T
        ax.loglog(d, n, "o", color=COLOURS[5], label="binary")
        line = np.geomspace(d.min(), d.max(), 20)
        ax.loglog(line, law.ALPHA_C * line, "-", lw=1, color=COLOURS[5], label="0.138 d")
    for number, beta in enumerate(sorted({b for net, b, _ in held if net == "modern"})):
        some = sorted((d, n) for (net, b, d), n in held.items() if (net, b) == ("modern", beta))
        ax.loglog(*np.array(some).T, "sD"[number % 2], mfc="none" if number else COLOURS[0],
                  color=COLOURS[0], label=f"modern, beta {beta:g}")  # fmt: skip
    sizes = (8, 16, 24, 32)
    ax.loglog(sizes, [law.nearest_capacity(d, d // 8) for d in sizes], "--", lw=1,
              color=COLOURS[0], label="nearest pattern")  # fmt: skip
    ticks = [d for d in (8, 16, 32, 64, 128, 256, 512, 1024) if not binary or d <= binary[-1][0]]
    ax.set_xticks(ticks, [str(d) for d in ticks])
    ax.minorticks_off()
    ax.set_xlabel("units d")
    ax.set_ylabel("patterns held")
    ax.set_title("storage: linear against exponential", fontsize=10)
    ax.legend(frameon=False, fontsize=8)


def _error(ax: Any, outcomes: Outcomes) -> None:
    found = studies.mean_by_beta(outcomes, "error")
    beta = np.array(list(found))
    ax.semilogy(beta, [v["missed"] for v in found.values()], "o-", color=COLOURS[0],
                label="measured")  # fmt: skip
    ax.semilogy(beta, [v["bound"] for v in found.values()], "--", color="0.4", label="bound")
    ax.set_xlabel("beta")
    ax.set_ylabel("distance to the pattern / its length")
    ax.set_title("one update, 64 patterns of 32 units", fontsize=10)
    ax.legend(frameon=False, fontsize=8)


def _settling(ax: Any, outcomes: Outcomes) -> None:
    found = studies.mean_by_beta(outcomes, "settling")
    beta = np.array(list(found))
    ax.semilogx(beta, [v["support"] for v in found.values()], "o-", color=COLOURS[2])
    limits = (law.global_limit(*CLUSTER), law.cluster_limit(CLUSTER[1], CLUSTER[2]))
    texts = ("the average of all is\nnot stable from here", "nor that of a cluster\nfrom here")
    for limit, height, text in zip(limits, (9.5, 6.5), texts, strict=True):
        ax.axvline(limit, color="0.6", lw=0.8, ls="--")
        ax.annotate(text, (limit, height), va="center", fontsize=8, color="0.4",
                    xytext=(4, 0), textcoords="offset points")  # fmt: skip
    ax.set_ylim(0, 12)
    ax.set_xlabel("beta")
    ax.set_ylabel("patterns that hold 90 % of the weight")
    ax.set_title("fixed points: global, metastable, single", fontsize=10)
