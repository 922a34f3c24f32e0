"""Pictures of a cell's record: one panel for each thing that was measured of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.record import Characterisation, Surface
from neuromorph.units import PHI0

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")


def draw_record(record: Characterisation) -> Any:
    """Return a figure of delay and jitter against bias, passing probability, rates, surfaces.

    Raises
    ------
    ValueError
        A record with nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(record)
    if not panels:
        raise ValueError(f"draw_record: the record of {record.cell!r} holds no curve: measure its "
                         "bias, weights, rates or surfaces")  # fmt: skip
    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.0 * columns, 3.1 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, panel in zip(axes, panels, strict=False):
        panel(ax)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    figure.suptitle(record.cell.replace("_", " "), fontsize=11)
    return figure


def _panels(record: Characterisation) -> list[Callable[[Any], None]]:
    out: list[Callable[[Any], None]] = []
    if record.bias:
        out += [lambda ax: _bias(ax, record, "delay"), lambda ax: _bias(ax, record, "jitter")]
    if record.weights:
        out += [lambda ax: _weights(ax, record), lambda ax: _grey(ax, record)]
    if record.rates:
        out.append(lambda ax: _rates(ax, record))
    out += [partial(_surface, surface=s) for s in record.surfaces]
    return out


def _bias(ax: Any, record: Characterisation, what: str) -> None:
    curve = record.bias
    if curve is None:
        return
    scale, unit = (1e12, "ps") if what == "delay" else (1e15, "fs")
    values = [np.nan if v is None else v * scale for v in getattr(curve, what)]
    ax.plot(100 * (np.array(curve.factor) - 1), values, "o-", color=_COLOURS[0], ms=4)
    ax.set_xlabel("all bias currents (% off)")
    heat = "" if what == "delay" else f" at {curve.temperature:g} K"
    ax.set_ylabel(f"{what}{heat} ({unit})")
    ax.set_ylim(bottom=0)


def _weights(ax: Any, record: Characterisation) -> None:
    for k, one in enumerate(record.weights):
        colour = _COLOURS[k % 7]
        current = np.array(one.current) * 1e6
        ax.plot(current, one.passed, "o", color=colour, ms=3.5, label=f"{one.temperature:g} K")
        if one.law.grey > 0:
            fine = np.linspace(current[0], current[-1], 200)
            ax.plot(fine, [one.law.probability(i * 1e-6) for i in fine], color=colour, lw=1)
    ax.set_xlabel("weight current (uA)")
    ax.set_ylabel("share that passes")
    ax.legend(fontsize=7, frameon=False)


def _grey(ax: Any, record: Characterisation) -> None:
    warm = [w for w in record.weights if w.temperature > 0 and w.law.grey > 0]
    root = np.sqrt([w.temperature for w in warm])
    grey = np.array([w.law.grey * 1e6 for w in warm])
    ax.plot(root, grey, "o", color=_COLOURS[0])
    slope = float(root @ grey / (root @ root))
    ax.plot([0, root.max()], [0, slope * root.max()], color=_COLOURS[6], lw=1,
            label="through 0: sqrt(T)")  # fmt: skip
    ax.set_xlabel("sqrt(temperature / K)")
    ax.set_ylabel("grey zone (uA)")
    ax.legend(fontsize=7, frameon=False)


def _rates(ax: Any, record: Characterisation) -> None:
    leak = library.value("neuron", "RL")
    for k, curve in enumerate(record.rates):
        into = np.array(curve.into) / 1e9
        ax.plot(into, np.array(curve.out) / 1e9, "o", color=_COLOURS[k % 7], ms=3.5,
                label=f"{curve.bias * 1e6:.0f} uA")  # fmt: skip
        law = record.neuron
        if law is not None:
            theta = law.threshold(curve.bias, leak)
            rest = leak * max(theta - 0.5, 0.0) * law.quantum / PHI0 / 1e9
            ax.plot(into, np.maximum(into - rest, 0), color=_COLOURS[k % 7], lw=0.8)
    ax.set_xlabel("rate in (GHz)")
    ax.set_ylabel("rate out (GHz)")
    ax.legend(fontsize=7, frameon=False, title="threshold bias", title_fontsize=7)


def _surface(ax: Any, surface: Surface) -> None:
    for k, (basal, row, spread) in enumerate(
        zip(surface.basal, surface.mean, surface.deviation, strict=True)
    ):
        ax.errorbar(np.array(surface.context) / 1e9, np.array(row) / 1e9,
                    np.array(spread) / 1e9, fmt="o-", ms=3, lw=1, capsize=2,
                    color=_COLOURS[k % 7], label=f"{basal / 1e9:g}")  # fmt: skip
    ax.set_title(f"{surface.temperature:g} K, bias x {surface.factor:g}", fontsize=9)
    ax.set_xlabel("context (GHz)")
    ax.set_ylabel("rate out (GHz)")
    ax.legend(fontsize=6, frameon=False, title="field (GHz)", title_fontsize=6)
