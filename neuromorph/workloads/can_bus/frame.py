"""CAN frames, and files of them in the format of the Car-Hacking data set.

A line is ``timestamp,ID,DLC,DATA0,...,DATA7,flag``: seconds, identifier in hexadecimal, number of
bytes, as many bytes in hexadecimal, and ``R`` (regular) or ``T`` (injected); files without flags
hold regular traffic. Source: HCRL Car-Hacking data set, Song, Woo, Kim 2020,
doi 10.1016/j.vehcom.2019.100198. The real data are not part of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import files

#: What a frame can be. Files tell injected from regular; which attack it is says the file's name.
CLASSES = ("regular", "dos", "fuzzing", "spoofing")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """Frames in the order of their time.

    Attributes
    ----------
    time : float64 (n,) [s]
    identifier : int64 (n,)
        11 bits.
    data : uint8 (n, 8)
        Bytes beyond a frame's length are 0.
    length : int64 (n,)
        Bytes of each, 0 to 8.
    label : int64 (n,)
        Position in ``CLASSES``.

    Raises
    ------
    ValueError
        Arrays of different length, times that fall, or values out of range.
    """

    time: NDArray[np.float64]
    identifier: NDArray[np.int64]
    data: NDArray[np.uint8]
    length: NDArray[np.int64]
    label: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = self.time.size
        shapes = [a.shape for a in (self.identifier, self.length, self.label)]
        if any(shape != (n,) for shape in shapes) or self.data.shape != (n, 8):
            raise ValueError(f"Frames: shapes {shapes} and data {self.data.shape} came for {n} "
                             "times, (n,) and (n, 8) are allowed")  # fmt: skip
        if n and (np.diff(self.time) < 0).any():
            raise ValueError("Frames.time: it falls, times in ascending order are allowed")
        for name, top in (("identifier", 0x7FF), ("length", 8), ("label", len(CLASSES) - 1)):
            values = getattr(self, name)
            if n and not 0 <= values.min() <= values.max() <= top:
                raise ValueError(f"Frames.{name}: {values.min()} to {values.max()} came, 0 to "
                                 f"{top} is allowed")  # fmt: skip

    def __len__(self) -> int:
        return int(self.time.size)

    def __getitem__(self, chosen: Any) -> Frames:
        return Frames(
            time=self.time[chosen], identifier=self.identifier[chosen], data=self.data[chosen],
            length=self.length[chosen], label=self.label[chosen],
        )  # fmt: skip


def joined(parts: Sequence[Frames]) -> Frames:
    """Return the frames of several sets, sorted by time (equal times: in the order given)."""
    order = np.argsort(np.concatenate([p.time for p in parts]), kind="stable")
    names = ("time", "identifier", "data", "length", "label")
    return Frames(**{k: np.concatenate([getattr(p, k) for p in parts])[order] for k in names})


def write_frames(path: str | Path, frames: Frames) -> Path:
    """Write frames as the data set's CSV; every attack is flagged ``T``."""
    lines = []
    for k in range(len(frames)):
        n = int(frames.length[k])
        octets = ",".join(f"{value:02x}" for value in frames.data[k, :n])
        flag = "R" if frames.label[k] == 0 else "T"
        row = (f"{frames.time[k]:.6f}", f"{frames.identifier[k]:04x}", str(n), octets, flag)
        lines.append(",".join(part for part in row if part))
    return files.write_text(Path(path), "\n".join(lines) + "\n")


def read_frames(path: str | Path, *, attack: str = "spoofing") -> Frames:
    """Read a file in the data set's format; injected frames get the label ``attack``.

    Raises
    ------
    ValueError
        An unknown attack, or a line that is no frame: file and line are named.
    OSError
        The file cannot be read.
    """
    if attack not in CLASSES[1:]:
        raise ValueError(f"attack: {attack!r} came, {', '.join(CLASSES[1:])} are allowed")
    label = CLASSES.index(attack)
    rows = []
    with Path(path).open(encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                rows.append(_frame(line.strip(), f"{path}:{number}", label))
    if not rows:
        raise ValueError(f"{path}: no frame came, one or more are needed")
    time, identifier, data, length, labels = zip(*rows, strict=True)
    return Frames(
        time=np.array(time), identifier=np.array(identifier, np.int64),
        data=np.array(data, np.uint8), length=np.array(length, np.int64),
        label=np.array(labels, np.int64),
    )  # fmt: skip


def _frame(line: str, where: str, label: int) -> tuple[float, int, list[int], int, int]:
    parts = line.split(",")
    try:
        time, identifier, n = float(parts[0]), int(parts[1], 16), int(parts[2])
        octets = [int(part, 16) for part in parts[3 : 3 + n]]
        rest = parts[3 + n :]
        good = (
            np.isfinite(time) and 0 <= identifier <= 0x7FF and 0 <= n <= 8 and len(octets) == n
            and all(0 <= value <= 255 for value in octets) and rest in ([], ["R"], ["T"])
        )  # fmt: skip
    except (ValueError, IndexError):
        good = False
    if not good:
        raise ValueError(
            f"{where}: {line[:60]!r} came, 'time,ID,DLC,bytes...,R or T' with DLC bytes is allowed"
        )
    return time, identifier, octets + [0] * (8 - n), n, label if rest == ["T"] else 0
