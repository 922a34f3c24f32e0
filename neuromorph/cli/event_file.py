"""Reading a user's own spikes from CSV."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from neuromorph.description import SpikeTimes

COLUMNS = ["time_s", "population", "unit"]


def read_events(path: Path | None) -> dict[str, SpikeTimes]:
    """Read spikes with the columns time_s, population, unit.

    Raises
    ------
    ValueError
        No text, another header, or a line that is not a number, a name and a whole number.
    """
    if path is None:
        return {}
    try:
        return _events(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: {error} came, a CSV file in UTF-8 is allowed") from None


def _events(path: Path) -> dict[str, SpikeTimes]:
    times: dict[str, list[float]] = {}
    units: dict[str, list[int]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        head = [cell.strip() for cell in next(lines, [])]
        if head != COLUMNS:
            raise ValueError(f"{path}:1: header {head} came, {','.join(COLUMNS)} is allowed")
        for number, line in enumerate(lines, start=2):
            if not line:
                continue
            try:
                time, population, unit = float(line[0]), line[1].strip(), int(line[2])
            except (ValueError, IndexError):
                raise ValueError(
                    f"{path}:{number}: {','.join(line)!r} came, time in s, population and unit "
                    "are allowed"
                ) from None
            if not 0 <= time < math.inf or unit < 0:
                raise ValueError(f"{path}:{number}: {','.join(line)!r} came, time and unit of 0 or "
                                 "more are allowed")  # fmt: skip
            times.setdefault(population, []).append(time)
            units.setdefault(population, []).append(unit)
    return {name: SpikeTimes(time=times[name], index=units[name]) for name in times}
