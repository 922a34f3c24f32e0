"""What a working circuit does: pulses counted per junction and window."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import canonical

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """The pulses of one simulated variant, by junction.

    Attributes
    ----------
    pulses, antipulses : dict of array [s]
        Times at which the phase turned by 2 pi upwards, downwards.
    """

    pulses: Mapping[str, Times]
    antipulses: Mapping[str, Times] = field(default_factory=dict)

    def count(self, junction: str, start: float = 0.0, stop: float = math.inf) -> int:
        """Return pulses less antipulses with start < t <= stop."""
        name = canonical(junction)
        return _within(self.pulses[name], start, stop) - _within(
            self.antipulses.get(name, np.empty(0)), start, stop
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Between ``start`` and ``stop`` [s] a junction turns ``low`` to ``high`` times, net.

    Raises
    ------
    ValueError
        An empty window or range.
    """

    junction: str
    start: float
    stop: float
    low: int
    high: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "junction", canonical(self.junction))
        if not self.stop > self.start:
            raise ValueError(
                f"window of {self.junction}: {self.start:g} s to {self.stop:g} s came, a stop "
                "after the start is allowed"
            )
        if self.high < self.low:
            raise ValueError(
                f"window of {self.junction}: {self.low} to {self.high} pulses came, low <= high "
                "is allowed"
            )

    def holds(self, observed: Observed) -> bool:
        """Return whether the count lies in the range."""
        return self.low <= observed.count(self.junction, self.start, self.stop) <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A check that all windows hold: ``specification(observed) -> bool``."""

    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(self.windows))
        if not self.windows:
            raise ValueError("specification: no window came, one or more is allowed")

    def __call__(self, observed: Observed) -> bool:
        return all(window.holds(observed) for window in self.windows)

    @property
    def junctions(self) -> tuple[str, ...]:
        """The junctions looked at."""
        return tuple(dict.fromkeys(window.junction for window in self.windows))

    def failures(self, observed: Observed) -> list[str]:
        """Return what does not hold, in words."""
        return [
            f"{w.junction}: {observed.count(w.junction, w.start, w.stop)} pulses between "
            f"{w.start * 1e12:g} and {w.stop * 1e12:g} ps, {_range(w)} expected"
            for w in self.windows
            if not w.holds(observed)
        ]


def specify(table: Mapping[str, Mapping[float, int]], *, start: float = 0.0) -> Specification:
    """Return the specification of counts at times: ``{"B1": {100e-12: 1, 200e-12: 2}}``.

    Each count is that of all pulses from ``start`` [s] on.
    """
    return Specification(
        windows=tuple(
            Window(junction=name, start=start, stop=time, low=count, high=count)
            for name, counts in table.items()
            for time, count in counts.items()
        )
    )


def specify_times(
    times: Mapping[str, Iterable[float]], *, tolerance: float, start: float = 0.0
) -> Specification:
    """Return the specification that pulses come at given times, and no others.

    Parameters
    ----------
    times : dict of times [s] by junction
    tolerance : float [s]
        How early or late each may come.
    start : float [s]
        From when on pulses count (after the biases have risen).

    Raises
    ------
    ValueError
        Two windows of a junction overlap: the tolerance is too large to tell them apart.
    """
    windows: list[Window] = []
    for name, given in times.items():
        ordered = sorted(given)
        if any(b - a <= 2 * tolerance for a, b in itertools.pairwise(ordered)):
            raise ValueError(
                f"specification of {name}: {tolerance:g} s came, less than half of the smallest "
                "distance of two pulses is allowed as tolerance"
            )
        last = start
        for time in ordered:
            early, late = max(time - tolerance, last), time + tolerance
            if early > last:
                windows.append(Window(junction=name, start=last, stop=early, low=0, high=0))
            windows.append(Window(junction=name, start=early, stop=late, low=1, high=1))
            last = late
        windows.append(Window(junction=name, start=last, stop=math.inf, low=0, high=0))
    return Specification(windows=tuple(windows))


def read_specification(path: str | Path) -> Specification:
    """Read a table of phase turns, as josim-tools' ``.sp`` files are written.

    The first line names a time column and junctions; each further line holds a time [s] and the
    turns of each junction by then, less those of the first line, which is the calibration.

    josim-tools compares phases within a threshold at these instants; here the turns between two
    instants are counted, which is the same unless a junction is caught in mid-turn.

    Raises
    ------
    ValueError
        A line that does not fit, with its number.
    """
    lines = [
        (number, line.split())
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1)
        if line.strip()
    ]
    if len(lines) < 3:
        raise ValueError(f"{path}: {len(lines)} lines came, names, a calibration and one row more "
                         "are required")  # fmt: skip
    names = lines[0][1][1:]
    rows = [_row(str(path), number, cells, len(names)) for number, cells in lines[1:]]
    (begin, offset), *later = rows
    return Specification(
        windows=tuple(
            Window(junction=name, start=begin, stop=time, low=turns[i] - offset[i],
                   high=turns[i] - offset[i])
            for time, turns in later
            for i, name in enumerate(names)
        )
    )  # fmt: skip


def observed(pulses: Mapping[str, Any], antipulses: Mapping[str, Any]) -> Observed:
    """Return pulses by junction from what a simulation gives."""
    return Observed(pulses=MappingProxyType(dict(pulses)),
                    antipulses=MappingProxyType(dict(antipulses)))  # fmt: skip


def _row(path: str, number: int, cells: list[str], n: int) -> tuple[float, list[int]]:
    try:
        time, turns = float(cells[0]), [int(cell) for cell in cells[1:]]
    except ValueError:
        turns = []
    if len(turns) != n:
        raise ValueError(
            f"{path}:{number}: {' '.join(cells)!r} came, a time in s and {n} whole numbers are "
            "allowed"
        )
    return time, turns


def _within(times: Times, start: float, stop: float) -> int:
    return int(np.count_nonzero((times > start) & (times <= stop)))


def _range(window: Window) -> str:
    return str(window.low) if window.low == window.high else f"{window.low} to {window.high}"
