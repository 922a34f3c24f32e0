"""Pictures of the case study: output counts of the four inputs against whatever varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.plot import COLOURS, figure

COLUMNS = 5
LABELS = {"temperature": "temperature (K)", "rate": "rate of the inputs (GHz)"}


def draw(
    curves: Mapping[tuple[str, str], Mapping[str, Mapping[float, Sequence[int]]]], threshold: int
) -> Any:
    """Return a figure: rows of panels per level and network, a panel per quantity that varies."""
    lines: list[tuple[str, list[str]]] = []
    for design in dict.fromkeys(design for design, _ in curves):
        varied = [vary for one, vary in curves if one == design]
        lines += [(design, varied[k : k + COLUMNS]) for k in range(0, len(varied), COLUMNS)]
    made = figure(2.4 * COLUMNS, 2.1 * max(len(lines), 1))
    axes = made.subplots(max(len(lines), 1), COLUMNS, squeeze=False, sharey="row")
    for row, (design, varied) in zip(axes, lines, strict=False):
        for ax in row[len(varied) :]:
            ax.set_axis_off()
        for ax, vary in zip(row, varied, strict=False):
            _panel(ax, curves[design, vary], vary, threshold)
        level = "dual rail, pulses" if design == "pulses" else f"{design}, circuit"
        row[0].set_ylabel(f"{level}\noutput spikes", fontsize=8)
    axes[0, 0].legend(fontsize=7, frameon=False, title="input", title_fontsize=7)
    return made


def _panel(
    ax: Any, by_input: Mapping[str, Mapping[float, Sequence[int]]], vary: str, threshold: int
) -> None:
    for bits, by_value in by_input.items():
        x = sorted(by_value)
        counts = [np.array(by_value[value]) for value in x]
        shown = x if vary in LABELS else [100 * (value - 1) for value in x]
        true = bits in ("01", "10")
        ax.plot(shown, [c.mean() for c in counts], "-" if true else "--", lw=1.2,
                color=COLOURS[int(bits, 2)], label=bits)  # fmt: skip
        ax.fill_between(shown, [c.min() for c in counts], [c.max() for c in counts], alpha=0.2,
                        color=COLOURS[int(bits, 2)], lw=0)  # fmt: skip
    ax.axhline(threshold + 0.5, color="0.6", lw=0.8, ls=":")
    ax.set_title(vary, fontsize=8)
    ax.set_xlabel(LABELS.get(vary, "off nominal (%)"), fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
