"""Pictures: each function takes an axis (or makes a figure) and returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.result import Result, Trace
from neuromorph.row import Row
from neuromorph.units import engineering

#: Colour-blind safe (Okabe and Ito).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")


def figure(width: float, height: float) -> Any:
    """Return an empty Figure that needs no display [inch]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def raster(result: Result, *, ax: Any = None, populations: tuple[str, ...] | None = None) -> Any:
    """Draw the spikes of each unit as a row of ticks; return the axis."""
    names = populations or tuple(result.spikes)
    rows = sum(result.spikes[name].n for name in names)
    if ax is None:
        ax = figure(7, 1.2 + 0.18 * min(rows, 40)).subplots()
    row, labels = 0, []
    for number, name in enumerate(names):
        spikes = result.spikes[name]
        ax.plot(
            spikes.time * 1e3, row + spikes.index, "|", ms=max(3.0, min(10.0, 150 / rows)),
            color=COLOURS[number % len(COLOURS)],
        )  # fmt: skip
        labels.append((row + (spikes.n - 1) / 2, name))
        row += spikes.n
        if row < rows:
            ax.axhline(row - 0.5, color="0.85", lw=0.8)
    ax.set_yticks([at for at, _ in labels], [name for _, name in labels])
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_xlim(0, result.provenance.network_seconds * 1e3)
    ax.set_xlabel("network time (ms)")
    _bare(ax)
    return ax


def frames(result: Result, *, population: str = "", sequence: int = 0, ax: Any = None) -> Any:
    """Draw the outputs of a population (the last if left out), frame by frame; return the axis."""
    name = population or tuple(result.frames)[-1]
    values = result.frames[name][sequence]
    if ax is None:
        ax = figure(7, 1.6 + 0.2 * min(values.shape[0], 20)).subplots()
    top = float(np.max(np.abs(values))) or 1.0
    image = ax.imshow(
        values, aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest"
    )
    ax.figure.colorbar(image, ax=ax, label="output")
    ax.set_xlabel(f"unit of {name}")
    ax.set_ylabel("frame")
    return ax


def trace(recorded: Trace, *, ax: Any = None, label: str = "", unit: str = "V") -> Any:
    """Draw a recorded variable over time, one line per unit; return the axis."""
    if ax is None:
        ax = figure(7, 2.6).subplots()
    for unit_number in range(recorded.values.shape[1]):
        colour = COLOURS[unit_number % len(COLOURS)]
        ax.plot(recorded.time * 1e3, recorded.values[:, unit_number], lw=1.0, color=colour)
    ax.set_xlabel("network time (ms)")
    ax.set_ylabel(f"{label} ({unit})" if label else unit)
    _bare(ax)
    return ax


def comparison(
    title: str,
    rows: Sequence[Row],
    targets: Mapping[str, int],
    threshold: float | None,
    first_runs: Mapping[str, Mapping[str, Result]],
    *,
    quantity: str = "spikes",
    readout: str = "",
) -> Any:
    """Return the figure of a comparison: a raster (or frames) per input, read-outs, energies."""
    made = figure(12, 8.2)
    made.suptitle(f"{title}: the same network on {len(rows)} platforms")
    ran = [row for row in rows if row.agrees is not None]
    grid = made.add_gridspec(2, 1, height_ratios=[1.1, 1.0])
    top = grid[0].subgridspec(1, len(targets))
    for column, name in enumerate(targets):
        ax = made.add_subplot(top[column])
        runs = [(row.label, first_runs[row.label][name]) for row in ran]
        if runs and runs[0][1].frames:
            _compared_frames(ax, runs, readout, column == 0)
        else:
            _compared_raster(ax, runs, column == 0)
        ax.set_title(f"input {name}, answer {targets[name]}", fontsize=10)
    bottom = grid[1].subgridspec(1, 2, width_ratios=[1.0, 1.15])
    _counts(made.add_subplot(bottom[0]), ran, list(targets), threshold, quantity)
    _energies(made.add_subplot(bottom[1]), ran)
    return made


def _compared_raster(ax: Any, runs: list[tuple[str, Result]], first: bool) -> None:
    """Draw the first population once in grey, then the others by platform, the last in bold."""
    row, ticks = 0, []
    if runs:
        name, spikes = next(iter(runs[0][1].spikes.items()))
        ax.plot(spikes.time * 1e3, row + spikes.index, "|", ms=4, mew=0.8, color="0.45")
        ticks.append((row + (spikes.n - 1) / 2, f"input: {name}"))
        row += spikes.n
        ax.axhline(row - 0.5, color="0.85", lw=0.8)
    for number, (label, result) in enumerate(runs):
        names = list(result.spikes)[1:]
        for name in names:
            spikes, strong = result.spikes[name], name == names[-1]
            ax.plot(
                spikes.time * 1e3, row + spikes.index, "|", ms=7, mew=1.6 if strong else 0.9,
                color=COLOURS[number % len(COLOURS)], alpha=1.0 if strong else 0.55,
            )  # fmt: skip
            ticks.append((row + (spikes.n - 1) / 2, f"{label}: {name}" if strong else name))
            row += spikes.n
        if number + 1 < len(runs):
            ax.axhline(row - 0.5, color="0.85", lw=0.8)
    ax.set_ylim(row - 0.4, -0.6)
    if runs:
        ax.set_xlim(0, runs[0][1].provenance.network_seconds * 1e3)
    ax.set_yticks([at for at, _ in ticks], [text if first else "" for _, text in ticks], fontsize=8)
    ax.set_xlabel("network time (ms)")
    _bare(ax)


def _compared_frames(
    ax: Any, runs: list[tuple[str, Result]], readout: str, first: bool
) -> None:
    """Draw the read-out population of the first sequence, frame by frame, one block a platform."""
    blocks = [result.frames[readout][0] for _, result in runs]
    top = max(float(np.max(np.abs(block))) for block in blocks) or 1.0
    ax.imshow(
        np.concatenate(blocks), aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top,
        interpolation="nearest",
    )  # fmt: skip
    rows = blocks[0].shape[0]
    for number in range(1, len(blocks)):
        ax.axhline(number * rows - 0.5, color="0.2", lw=0.8)
    labels = [_folded(label) if first else "" for label, _ in runs]
    ax.set_yticks([(k + 0.5) * rows - 0.5 for k in range(len(blocks))], labels, fontsize=8)
    ax.set_xlabel(f"unit of {readout!r}")
    if first:
        ax.set_ylabel("frames, downwards")


def _counts(
    ax: Any, ran: list[Row], inputs: list[str], threshold: float | None, quantity: str
) -> None:
    width = 0.8 / max(len(ran), 1)
    for number, row in enumerate(ran):
        at = np.arange(len(inputs)) + (number - (len(ran) - 1) / 2) * width
        heights = [row.output[name] for name in inputs]
        ax.bar(at, heights, width * 0.92, color=COLOURS[number % len(COLOURS)],
               label=_folded(row.label))  # fmt: skip
        if row.output_ci:
            half = [(row.output_ci[name][1] - row.output_ci[name][0]) / 2 for name in inputs]
            ax.errorbar(at, heights, half, fmt="none", ecolor="0.2", elinewidth=1, capsize=2)
    if threshold is not None:
        ax.axhline(threshold, color="0.4", lw=0.8, ls="--")
        ax.annotate("decision", (0.995, threshold), xycoords=("axes fraction", "data"),
                    ha="right", va="bottom", fontsize=8, color="0.4")  # fmt: skip
    ax.set_xticks(np.arange(len(inputs)), inputs)
    ax.set_xlabel("input")
    ax.set_ylabel(f"read-out {quantity}")
    ax.set_title("answers", fontsize=10)
    if ran:
        ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _bare(ax)


def _energies(ax: Any, ran: list[Row]) -> None:
    hatches = {"measured": "", "simulated": "", "counted": "///", "replayed": "..."}
    labels: list[str] = []
    for number, row in enumerate(ran):
        colour = COLOURS[number % len(COLOURS)]
        if not row.energy:
            labels.append(f"{_folded(row.label)}\nnot measured")
        for energy in row.energy:
            face = "white" if hatches[energy.method] else colour
            ax.barh(len(labels), energy.joules, 0.7, color=face, edgecolor=colour,
                    hatch=hatches[energy.method])  # fmt: skip
            ax.annotate(f" {engineering(energy.joules, 'J')}", (energy.joules, len(labels)),
                        va="center", fontsize=8)  # fmt: skip
            origin = f"{energy.method}, {energy.boundary}"
            labels.append(f"{_folded(row.label)}: {energy.label}\n{origin}")
    ax.set_yticks(range(len(labels)), labels, fontsize=8)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    values = [e.joules for row in ran for e in row.energy if e.joules > 0]
    if values:
        ax.set_xscale("log")
        ax.set_xlim(min(values) / 10, max(values) * 100)
    ax.set_xlabel("J per inference (hatched: counts x constant)")
    ax.set_title("energy: different methods and boundaries, not a ranking", fontsize=10)
    _bare(ax)


def _folded(label: str) -> str:
    """Return a label with its options on lines of their own."""
    return label if len(label) < 24 else label.replace("(", "\n(", 1).replace(", ", ",\n")


def _bare(ax: Any) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
