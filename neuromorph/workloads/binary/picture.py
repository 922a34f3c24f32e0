"""The picture of the study: the trade of the indicators, accuracy, and f itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.plot import COLOURS, figure
from neuromorph.workloads.binary.estimator import ESTIMATORS


def draw(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Any:
    """Return the picture."""
    made = figure(12.5, 4.0)
    left, middle, right = made.subplots(1, 3)
    _shapes(left)
    _trade(middle, found)
    _accuracy(right, found)
    for ax in (left, middle, right):
        ax.spines[["top", "right"]].set_visible(False)
    return made


def draw_tuning(
    found: Mapping[tuple[str, str], Mapping[float, Sequence[Mapping[str, Any]]]]
) -> Any:
    """Return what is right against the rate of learning, one panel per depth."""
    depths = list(dict.fromkeys(depth for depth, _ in found))
    made = figure(5.4 * max(len(depths), 1) + 2.4, 4.0)
    for panel, depth in zip(np.ravel(made.subplots(1, max(len(depths), 1))), depths, strict=False):
        for number, ((_, name), rates) in enumerate(
            (key, rates) for key, rates in found.items() if key[0] == depth
        ):
            mean = [100 * np.mean([v["reported"] for v in rates[r]]) for r in sorted(rates)]
            style = "-o" if name.startswith("STE") else ("--.", ":s")[number >= len(COLOURS)]
            panel.plot(sorted(rates), mean, style, ms=4, color=COLOURS[number % len(COLOURS)],
                       label=name)  # fmt: skip
        panel.set_xscale("log")
        panel.set_xlabel("rate of learning")
        panel.set_ylabel("digits right (%)")
        panel.set_title(f"{depth} hidden layers", fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return made


def _shapes(ax: Any) -> None:
    x = np.linspace(-2, 2, 801)
    ax.plot(x, np.sign(x), color="0.75", lw=3, label="sign")
    for number, (name, estimator) in enumerate(ESTIMATORS.items()):
        ax.plot(x, estimator.value(x, estimator.power), color=COLOURS[number], label=name)
    ax.set_xlabel("latent weight / scale")
    ax.set_ylabel("f at the end of training")
    ax.set_title("what stands in for sign", fontsize=10)
    ax.legend(frameon=False, fontsize=8)


def _trade(ax: Any, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    for number, name in enumerate(ESTIMATORS):
        for value in found.get(name, ()):
            ax.plot(value["error"], value["instability"], "-", lw=0.8, color=COLOURS[number])
            ax.plot(value["error"][-1], value["instability"][-1], "o", color=COLOURS[number])
    ax.set_xlabel("estimating error (rms)")
    ax.set_ylabel("unevenness of the gradient")
    ax.set_title("epoch by epoch; dots: the end", fontsize=10)


def _accuracy(ax: Any, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    names = list(found)
    for number, name in enumerate(names):
        values = [100 * v["accuracy"] for v in found[name]]
        ax.plot([number] * len(values), values, "o", mfc="none", color=COLOURS[number])
        ax.plot(number, np.mean(values), "_", ms=22, mew=2, color=COLOURS[number])
    best = [100 * v["best"] for values in found.values() for v in values]
    if best:
        ax.axhline(np.mean(best), color="0.5", lw=0.8, ls="--")
        ax.text(0, np.mean(best) + 0.05, "best possible", fontsize=8, color="0.4", va="bottom")
    short = [n.replace("ReSTE, ", "").replace("float32 weights, relu", "float") for n in names]
    ax.set_xticks(range(len(names)), short, rotation=20)
    ax.set_ylabel("digits right (%)")
    ax.set_title("accuracy, one ring per seed", fontsize=10)
