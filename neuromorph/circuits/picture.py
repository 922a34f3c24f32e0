"""Pictures of a transient: printed traces by kind, and the pulses of every junction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuromorph.circuits.export import Pulses
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


def pulse_diagram(result: Pulses, names: Sequence[str] | None = None, rows: int = 40) -> Any:
    """Return a figure of pulses over time, one row per name: of a transient or of an emulation.

    Parameters
    ----------
    names : sequence of str, optional
        Rows from top to bottom; up to ``rows`` with pulses if left out.

    Raises
    ------
    ValueError
        A name without a record of pulses.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [n for n, t in result.pulses.items() if t.size][:rows] if names is None else [*names]
    for name in shown:
        if name not in result.pulses:
            raise ValueError(f"pulse_diagram: {name!r} came, {', '.join(result.pulses)} are there")
    figure = Figure(figsize=(8, 0.9 + 0.28 * max(len(shown), 1)), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    for row, name in enumerate(shown):
        times = result.pulses[name] * 1e12
        ax.hlines(row, 0, result.duration * 1e12, color="#dddddd", lw=0.8, zorder=1)
        ax.vlines(times, row, row - 0.7, color=_COLOURS[row % 7], lw=1.2, zorder=2)
    ax.set_yticks(range(len(shown)), shown, fontsize=7)
    ax.set_ylim(len(shown) - 0.5, -1.0)
    ax.set_xlim(0, result.duration * 1e12)
    ax.set_xlabel("time [ps]")
    return figure
