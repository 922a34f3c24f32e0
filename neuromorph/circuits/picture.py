"""Pictures of a transient: printed traces by kind, and the pulses of every junction."""

from __future__ import annotations

from typing import Any

from neuromorph.circuits.solver.transient import Transient

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
_AXES = (("phases", "phase [rad]", 1.0), ("voltages", "voltage [mV]", 1e3),
         ("currents", "current [mA]", 1e3))


def draw(result: Transient, rows: int = 40) -> Any:
    """Return a figure: one axis per kind of printed quantity, and pulses of up to ``rows``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kinds = [axis for axis in _AXES if getattr(result, axis[0])]
    names = [n for n, times in result.pulses.items() if times.size][:rows]
    heights = [2.0] * len(kinds) + [0.6 + 0.16 * len(names)]
    figure = Figure(figsize=(8, 0.6 + sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for ax, (kind, label, scale) in zip(axes, kinds, strict=False):
        for k, (name, values) in enumerate(getattr(result, kind).items()):
            ax.plot(result.time * 1e12, values * scale, lw=1, color=_COLOURS[k % 7], label=name)
        ax.set_ylabel(label)
        ax.legend(fontsize=7, ncols=4, loc="upper left")
    for row, name in enumerate(names):
        axes[-1].plot(result.pulses[name] * 1e12, [row] * result.pulses[name].size, "|",
                      color=_COLOURS[row % 7])
    axes[-1].set_yticks(range(len(names)), names, fontsize=7)
    axes[-1].set_xlabel("time [ps]")
    return figure
