"""Results as files: CSV in JoSIM's column names, npz, and a VCD of the pulses."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.solver.transient import Transient
from neuromorph.files import write, write_text


class Pulses(Protocol):
    """What a dump needs: a transient, or a run at the pulse level."""

    @property
    def pulses(self) -> Mapping[str, NDArray[np.float64]]:
        """Times of pulses by name [s]."""

    @property
    def antipulses(self) -> Mapping[str, NDArray[np.float64]]:
        """The same the other way."""

    @property
    def duration(self) -> float:
        """Length of the run [s]."""


_SUFFIXES = (".csv", ".dat", ".npz", ".vcd")


def save(result: Transient, path: str | Path) -> Path:
    """Write the printed traces (``.csv``, ``.dat``, ``.npz``) or the pulses (``.vcd``).

    The file appears whole or not at all.

    Raises
    ------
    ValueError
        Another suffix, or nothing was printed.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"output {str(path)!r}: the suffix {suffix or 'none'} came, "
                         f"{' '.join(_SUFFIXES)} are allowed")
    if suffix == ".vcd":
        return write_text(target, vcd(result))
    if not result.outputs:
        raise ValueError(f"output {str(path)!r}: the deck prints nothing; add .print, or write "
                         "the pulses as .vcd")
    if suffix == ".npz":
        arrays: dict[str, Any] = {o.name: result.trace(o) for o in result.outputs}
        return write(target, lambda file: np.savez(file, time=result.time, **arrays))
    return write_text(target, table(result, "," if suffix == ".csv" else " "))


def table(result: Transient, separator: str = ",") -> str:
    """Return the printed traces as text with JoSIM's header, nine significant digits."""
    names = ["time", *(f'"{o.name}"' for o in result.outputs)]
    columns = np.column_stack([result.time, *(result.trace(o) for o in result.outputs)])
    text = io.StringIO()
    text.write(separator.join(names) + "\n")
    form = separator.join(["%.9g"] * len(names)) + "\n"
    for start in range(0, len(columns), 4096):
        block = columns[start : start + 4096]
        text.write((form * len(block)) % tuple(block.ravel().tolist()))
    return text.getvalue()


def vcd(result: Pulses) -> str:
    """Return the pulses as a value change dump: one real per junction, its 2 pi turns."""
    names = list(result.pulses)
    marks = {name: _mark(k) for k, name in enumerate(names)}
    lines = ["$timescale 1 fs $end", "$scope module circuit $end"]
    lines += [f"$var integer 32 {marks[n]} {n.replace('.', '|')} $end" for n in names]
    lines += ["$upscope $end", "$enddefinitions $end", "$dumpvars"]
    lines += [f"b0 {marks[n]}" for n in names] + ["$end"]
    events = [(t, n, 1) for n in names for t in result.pulses[n]]
    events += [(t, n, -1) for n in names for t in result.antipulses[n]]
    count = dict.fromkeys(names, 0)
    last = -1
    for t, name, sign in sorted(events):
        stamp = round(t * 1e15)
        if stamp != last:
            lines.append(f"#{stamp}")
            last = stamp
        count[name] += sign
        lines.append(f"b{count[name] & 0xFFFFFFFF:b} {marks[name]}")
    lines.append(f"#{round(result.duration * 1e15)}")
    return "\n".join(lines) + "\n"


def _mark(k: int) -> str:
    letters = ""
    while True:
        letters += chr(33 + k % 94)
        k //= 94
        if not k:
            return letters
