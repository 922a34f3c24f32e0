"""Joules per event of our own cores, from a Vivado power report or a measurement on a board.

Without one, counted energies of the FPGA backends rest on constants that were published for other
cores, and say "uncalibrated". Nothing is shipped: no board and no Vivado were at hand.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from neuromorph.fpga.measurement import Finding
from neuromorph.result import Counts, Energy

_ROW = re.compile(r"^\|(\s*)([^|]+?)\s*\|\s*<?([0-9.]+)\s*\|\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What one core takes: ``J = events event + seconds static``.

    An event is one of the register EVENTS: a pulse that passed its synapse, or a multiplication
    done. What else moves with it (clock, control, updates) is in the constant, so that it holds for
    work like that it was found with.

    Attributes
    ----------
    event : float [J]
    static : float [W]
        Of the chip, whatever runs; 0 if it was taken off.
    source : str
        Where both come from.

    Raises
    ------
    ValueError
        A constant that is not finite or below 0, or no source.
    """

    event: float
    static: float = 0.0
    source: str

    def __post_init__(self) -> None:
        for name in ("event", "static"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"Calibration.{name}: {value} came, 0 or more is allowed")
        if not self.source.strip():
            raise ValueError("Calibration.source: none came, say where the constants come from")

    def energy(self, counts: Counts, seconds: float) -> Energy:
        """Return events times constant, and static power times ``seconds`` [s] of the device."""
        dynamic, static = counts.transmissions * self.event, self.static * seconds
        return Energy(
            joules=dynamic + static, dynamic=dynamic, static=static, subject="device",
            boundary="chip", method="counted", label="events, calibrated", node="16 nm",
            source=f"{self.event:.4g} J per event, {self.static:.4g} W static: {self.source}",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReport:
    """What Vivado's ``report_power`` says: powers [W], each cell with all below it."""

    static: float
    dynamic: float
    cells: dict[str, float]
    confidence: str
    path: str


def read_report(path: str | Path) -> PowerReport:
    """Read the text of ``report_power -file``.

    Raises
    ------
    ValueError
        Static, dynamic power or the table by hierarchy is not there.
    """
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    summary = {
        key.strip(): value.strip()
        for key, value in re.findall(r"^\|\s*([^|]+?)\s*\|\s*([^|]+?)\s*\|\s*$", text, re.MULTILINE)
    }
    wanted = {"static": "Device Static (W)", "dynamic": "Dynamic (W)"}
    lacking = [name for name in wanted.values() if name not in summary]
    begin = text.rfind("3.1 By Hierarchy")
    if lacking or begin < 0:
        raise ValueError(f"power report {str(path)!r}: no {(lacking or ['3.1 By Hierarchy'])[0]!r} "
                         "in it, the text of report_power -file is allowed")  # fmt: skip
    rows = (_ROW.match(line) for line in text[begin:].splitlines())
    cells = {row[2]: float(row[3]) for row in rows if row}
    return PowerReport(
        static=float(summary[wanted["static"]]), dynamic=float(summary[wanted["dynamic"]]),
        cells=cells, confidence=summary.get("Confidence Level", "not told"), path=str(path),
    )  # fmt: skip


def from_report(
    report: PowerReport, counts: Counts, *, clock: float, cell: str = "core_0", copies: int = 1
) -> Calibration:
    """Return the constants that a power report makes of a run of known counts.

    Parameters
    ----------
    report : PowerReport
        With the activity of that run (``read_saif`` before ``report_power``): a report without
        simulated activity guesses it, and its confidence is low.
    counts : Counts
        Of that run, by ``fpga-model`` or the board.
    clock : float [Hz]
    cell : str
        Whose power counts.
    copies : int
        Of the core that were active in it.

    Raises
    ------
    ValueError
        A run without events or cycles, or a cell that the report does not list.
    """
    if not counts.transmissions or not counts.cycles or copies < 1 or not clock > 0:
        raise ValueError(f"calibration: {counts.transmissions} events, {counts.cycles} cycles, "
                         f"{copies} copies at {clock:g} Hz came, above 0 is allowed")  # fmt: skip
    if cell not in report.cells:
        raise ValueError(f"calibration: cell {cell!r} came, {report.path} lists: "
                         f"{', '.join(report.cells)}")  # fmt: skip
    seconds = counts.cycles / clock
    return Calibration(
        event=report.cells[cell] * seconds / (counts.transmissions * copies), static=report.static,
        source=f"Vivado report_power, {cell} {report.cells[cell]:g} W, confidence "
        f"{report.confidence}, {counts.transmissions} events in {counts.cycles} cycles at "
        f"{clock / 1e6:g} MHz",
    )  # fmt: skip


def from_finding(finding: Finding, counts: Counts) -> Calibration:
    """Return the constant that a measurement makes of a run of known counts.

    Dynamic energy alone: workload over clocked idle, of one copy where copies were varied.

    Raises
    ------
    ValueError
        The difference was not resolved, or the run has no events.
    """
    if finding.per_copy is not None:
        watts = finding.per_copy[0] if finding.per_copy[1][0] > 0 else 0.0
    else:
        watts = finding.verdict.watts / finding.copies[-1] if finding.energy else 0.0
    if not (watts > 0 and counts.transmissions):
        raise ValueError(f"calibration: {finding.verdict.text}, {counts.transmissions} events "
                         "came: a resolved difference and events are needed")  # fmt: skip
    return Calibration(
        event=watts * finding.seconds / counts.transmissions,
        source=f"{watts:.4g} W of one copy on rail {finding.rail.name} ({finding.method}), "
        f"{counts.transmissions} events in {finding.seconds:.4g} s",
    )
