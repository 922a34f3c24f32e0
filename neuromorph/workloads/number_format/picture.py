"""The picture of the study: formats under densities, and on trained nets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neuromorph.formats import FORMATS
from neuromorph.plot import COLOURS, figure

TITLES = {"glyph": "digits", "can": "CAN bus", "m2h": "speech, two-point"}
Densities = Mapping[str, Mapping[str, Mapping[str, float]]]
Nets = Mapping[str, Mapping[str, list[float]]]


def draw(densities: Densities, nets: Nets) -> Any:
    """Return the picture."""
    made = figure(13.5, 4.2)
    axes = made.subplots(1, 1 + max(1, len(nets)), width_ratios=[1.3, *[1.0] * max(1, len(nets))])
    _under_densities(axes[0], densities)
    for ax, (net, quality) in zip(axes[1:], nets.items(), strict=False):
        _on_net(ax, net, quality)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return made


def _under_densities(ax: Any, densities: Densities) -> None:
    names = list(densities)
    for number, name in enumerate(FORMATS):
        level = [densities[d].get(name, {}).get("analytic", np.nan) for d in names]
        drawn = [densities[d].get(name, {}).get("sampled", np.nan) for d in names]
        ax.plot(level, "-", color=COLOURS[number], label=name)
        ax.plot(drawn, "o", color=COLOURS[number], ms=4)
    ax.set_xticks(range(len(names)), [d.replace("Student t,", "t,") for d in names], rotation=20)
    ax.set_ylabel("signal to noise (dB)")
    ax.set_title("at the best scale; lines integrated, dots sampled", fontsize=10)
    ax.legend(frameon=False, fontsize=8, ncols=2)


def _on_net(ax: Any, net: str, quality: Mapping[str, list[float]]) -> None:
    control = {"after": "float32", "aware": "float32 longer"}
    for shift, (way, label) in enumerate((("after", "rounded"), ("aware", "retrained"))):
        plain = np.array(quality[control[way]])
        mean, low, high = [], [], []
        for name in FORMATS:
            change = 100 * (np.array(quality[f"{name} {way}"]) - plain)
            mean.append(change.mean())
            low.append(change.mean() - change.min())
            high.append(change.max() - change.mean())
        at = np.arange(len(FORMATS)) + 0.2 * (2 * shift - 1)
        ax.bar(at, mean, 0.38, yerr=(low, high), color=COLOURS[shift], label=label,
               error_kw={"lw": 0.8, "ecolor": "0.3"})  # fmt: skip
    ax.axhline(0.0, color="0.5", lw=0.8)
    ax.set_xticks(range(len(FORMATS)), [name.replace("FP8-", "") for name in FORMATS],
                  rotation=30, fontsize=9)  # fmt: skip
    ax.set_ylabel("points against float32, trained as long")
    ax.set_title(TITLES.get(net, net), fontsize=10)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom - 0.15 * (top - bottom), top)
    ax.legend(frameon=False, fontsize=8, loc="lower right", ncols=2)
