"""Results as files: CSV in JoSIM's column names, SPICE raw, npz, and a VCD of the pulses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Output
from neuromorph.circuits.numeral import rows
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


_SUFFIXES = (".csv", ".dat", ".raw", ".npz", ".vcd")


def save(result: Transient, path: str | Path) -> Path:
    """Write the printed traces (``.csv``, ``.dat``, ``.raw``, ``.npz``) or the pulses (``.vcd``).

    The file appears whole or not at all.

    Raises
    ------
    ValueError
        Another suffix, or nothing was printed.
    """
    target, suffix = Path(path), suffix_for(path, result.outputs)
    if suffix == ".vcd":
        return write_text(target, vcd(result))
    if suffix == ".npz":
        arrays: dict[str, Any] = {o.name: result.trace(o) for o in result.outputs}
        return write(target, lambda file: np.savez(file, time=result.time, **arrays))
    return _write_as(target, result, suffix, result.outputs)


def suffix_for(path: str | Path, outputs: Sequence[Output]) -> str:
    """Return the suffix of a file to be written, in small letters: asked before a long run, too.

    Raises
    ------
    ValueError
        Another suffix than there are, or traces where nothing is printed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"output {str(path)!r}: the suffix {suffix or 'none'} came, "
                         f"{' '.join(_SUFFIXES)} are allowed")
    if suffix != ".vcd" and not outputs:
        raise ValueError(f"output {str(path)!r}: the deck prints nothing; add .print, or write "
                         "the pulses as .vcd")
    return suffix


def save_files(result: Transient) -> list[Path]:
    """Write the files that the deck names with ``.file``: .csv, .dat, SPICE raw otherwise."""
    groups: dict[str, list[Output]] = {}
    for output in result.outputs:
        if output.file is not None:
            groups.setdefault(output.file, []).append(output)
    return [_write_as(name, result, Path(name).suffix.lower(), outputs)
            for name, outputs in groups.items()]


def _write_as(path: str | Path, result: Transient, suffix: str,
              outputs: Sequence[Output]) -> Path:
    if suffix not in (".csv", ".dat"):
        return write_text(path, raw(result, outputs))
    return write(path, lambda file: file.writelines(
        table(result, "," if suffix == ".csv" else " ", outputs)), afresh=True)


def raw(result: Transient, outputs: Sequence[Output] | None = None) -> str:
    """Return the printed traces as a SPICE raw file in ASCII."""
    wanted = result.outputs if outputs is None else outputs
    units = {"V": "Voltage", "P": "Phase", "I": "Current"}
    lines = [f"Title: {Path(result.circuit.title).name}", "Plotname: Transient Analysis",
             "Flags: real", f"No. Variables: {len(wanted) + 1}", f"No. Points: {result.time.size}",
             "Variables:", " 0 time Seconds"]
    for k, output in enumerate(wanted, 1):
        name = f"{','.join(output.targets)}#branch" if output.kind == "I" else output.name
        lines.append(f" {k} {name} {units[output.kind]}")
    columns = np.column_stack([result.time, *(result.trace(o) for o in wanted)])
    lines.append("Values:")
    for n, row in enumerate(columns.tolist()):
        lines.append(f"{n} " + "\n  ".join(f"{x:.9g}" for x in row))
    return "\n".join(lines) + "\n"


def table(result: Transient, separator: str, outputs: Sequence[Output]) -> Iterator[bytes]:
    """Return the printed traces as text with JoSIM's header, nine significant digits."""
    names = ["time", *(f'"{o.name}"' for o in outputs)]
    yield (separator.join(names) + "\n").encode()
    yield from rows([result.time, *(result.trace(o) for o in outputs)], separator)


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
