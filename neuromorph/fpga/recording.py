"""Samples of one measurement on a board, by state of the protocol, and their CSV file.

The file has lines ``# key: value`` (board, rail, workload), then the columns ``time_s``, ``state``,
``pair``, ``copies``, ``runs`` and one per rail [W]; ``runs`` counts the runs of the workload within
a state, the same in all its lines.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import files
from neuromorph.fpga.board import Rail, board_data
from neuromorph.fpga.power import STATES, PowerTrace
from neuromorph.result import Method

COLUMNS = ("time_s", "state", "pair", "copies", "runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One state of the protocol, sampled.

    Attributes
    ----------
    state : str
        One of ``power.STATES``.
    pair : int
        Clocked and workload states with the same number belong together.
    copies : int
        Copies of the core that ran.
    runs : int
        Runs of the workload within it.
    trace : PowerTrace
    """

    state: str
    pair: int
    copies: int
    runs: int
    trace: PowerTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What one measurement sampled on one rail.

    Attributes
    ----------
    board, workload : str
    rail : Rail
    segments : tuple of Segment, in the order they were sampled
    """

    board: str
    workload: str
    rail: Rail
    segments: tuple[Segment, ...]

    @property
    def method(self) -> Method:
        """``measured``, or ``replayed`` if it was read from a file."""
        return self.segments[0].trace.method

    @property
    def copies(self) -> tuple[int, ...]:
        """Numbers of copies that were run, ascending."""
        return tuple(sorted({s.copies for s in self.segments if s.state == "workload"}))

    def traces(self, state: str, copies: int | None = None) -> list[PowerTrace]:
        """Return the traces of a state, pairs in order."""
        found = [s for s in self.segments if s.state == state and copies in (None, s.copies)]
        return [s.trace for s in sorted(found, key=lambda s: s.pair)]

    def check_alive(self) -> None:
        """Check that the sensor moved at least once in all states together.

        Raises
        ------
        SensorError
            All samples are the same.
        """
        power = np.concatenate([s.trace.power for s in self.segments])
        PowerTrace(time=np.arange(power.size, dtype=np.float64), power=power, rail=self.rail.name,
                   method=self.method).check_alive()  # fmt: skip

    def seconds_per_run(self) -> float:
        """Return the mean time of a run [s].

        Raises
        ------
        ValueError
            No run was counted.
        """
        work = [s for s in self.segments if s.state == "workload"]
        runs = sum(s.runs for s in work)
        if runs < 1:
            raise ValueError(f"recording of rail {self.rail.name!r}: no run of the workload was "
                             "counted: sample for longer")  # fmt: skip
        return float(sum(s.trace.time[-1] - s.trace.time[0] for s in work)) / runs


def write_recording(path: str | Path, recording: Recording) -> None:
    """Write a recording to a CSV file, whole or not at all."""
    file = io.StringIO()
    for key in ("board", "workload"):
        file.write(f"# {key}: {getattr(recording, key)}\n")
    file.write(f"# rail: {recording.rail.name}\n")
    out = csv.writer(file)
    out.writerow([*COLUMNS, recording.rail.name])
    for s in recording.segments:
        for at, watts in zip(s.trace.time, s.trace.power, strict=True):
            out.writerow([f"{at:.6f}", s.state, s.pair, s.copies, s.runs, f"{watts:.9g}"])
    files.write_text(path, file.getvalue())


def read_recording(path: str | Path, *, rail: str = "") -> Recording:
    """Read a recording; its traces are labelled ``replayed``.

    Parameters
    ----------
    path
    rail : str
        Column to read; left out, the one that the file names.

    Raises
    ------
    ValueError
        A line, column or state that is missing or unknown.
    """
    where = f"file {str(path)!r}"
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: {error} came, a CSV file in UTF-8 is allowed") from None
    head = dict(_comments(lines))
    if "board" not in head:
        raise ValueError(f"{where}: no line '# board: NAME' came, it says whose rails these are")
    name = rail or head.get("rail", "")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    columns = list(rows[0]) if rows else []
    for column in (*COLUMNS, name):
        if column not in columns:
            raise ValueError(f"{where}: no column {column!r}; there are {columns}")
    groups = itertools.groupby(rows, key=lambda r: (r["state"], r["pair"], r["copies"], r["runs"]))
    segments = tuple(_segment(where, name, key, list(lines)) for key, lines in groups)
    return Recording(board=head["board"], workload=head.get("workload", ""), segments=segments,
                     rail=board_data(head["board"]).rail(name))  # fmt: skip


def _comments(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.startswith("#") and ":" in line:
            key, _, value = line[1:].partition(":")
            yield key.strip(), value.strip()


def _segment(where: str, rail: str, key: tuple[str, ...], rows: list[Any]) -> Segment:
    state, *numbers = key
    if state not in STATES:
        raise ValueError(f"{where}: state {state!r} came, {', '.join(STATES)} are allowed")
    try:
        pair, copies, runs = (int(n) for n in numbers)
        times, powers = (np.array([float(r[name]) for r in rows]) for name in ("time_s", rail))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}, state {state!r}: {error} came, numbers are allowed") from None
    trace = PowerTrace(time=times, power=powers, rail=rail, method="replayed")
    return Segment(state=state, pair=pair, copies=copies, runs=runs, trace=trace)
