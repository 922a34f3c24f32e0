"""The folder of a sweep: its plan and one file per finished chunk.

::

    plan.json                        the plan, its hash, the function's name, versions
    chunks/00000012-00000027-5a1b0c3d.jsonl

A chunk file has one line per point and a last line with their number and checksum. It is written
under a temporary name and moved, so it is whole or absent; one that is damaged later (a full
disk, a power cut) is recognised by its last line, set aside as ``*.damaged`` and computed again.
"""

from __future__ import annotations

import functools
import json
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neuromorph import files, provenance
from neuromorph.sweep.outcome import Outcome, Outcomes, better, collect
from neuromorph.sweep.plan import Plan

FORMAT, VERSION = "neuromorph sweep", 1
STALE = 3600.0  #: age at which a temporary file can belong to no running sweep [s]


class FolderError(RuntimeError):
    """Results cannot be written. ``outcomes`` holds all that is finished, written or not."""

    outcomes: Outcomes | None = None


class Folder:
    """Where the finished points of one plan are kept.

    Raises
    ------
    ValueError
        The folder holds another plan, the work of another function, or something else.
    FolderError
        It cannot be written.
    """

    def __init__(self, path: str | Path, plan: Plan, function: Callable[..., Any]) -> None:
        self.path = Path(path)
        self.chunks = self.path / "chunks"
        self.damaged: list[Path] = []
        name = _name(function)
        header = self.path / "plan.json"
        if header.exists():
            self._check(_header(header), plan, name)
            self._tidy()
        else:
            self._begin(header, plan, name)

    def _begin(self, header: Path, plan: Plan, name: str) -> None:
        if self.path.is_dir() and any(self.path.iterdir()):
            raise ValueError(
                f"folder {str(self.path)!r}: holds other files and no sweep: name an empty or new "
                "folder"
            )
        record = {
            "format": FORMAT,
            "version": VERSION,
            "hash": plan.hash,
            "function": name,
            "versions": provenance.versions(),
            "plan": plan.record(),
        }
        try:
            self.chunks.mkdir(parents=True, exist_ok=True)
            files.write_text(header, json.dumps(record, indent=1) + "\n")
        except OSError as error:
            raise FolderError(f"folder {str(self.path)!r}: {_system(error)}") from None

    def _check(self, record: dict[str, Any], plan: Plan, name: str) -> None:
        where = f"folder {str(self.path)!r}"
        if record["hash"] != plan.hash:
            raise ValueError(
                f"{where}: holds plan {record['plan']['name']!r} with hash {record['hash'][:12]}, "
                f"this is {plan.name!r} with {plan.hash[:12]}: name another folder"
            )
        if record["function"] != name:
            raise ValueError(
                f"{where}: holds results of function {record['function']!r}, this is {name!r}: "
                "name another folder"
            )

    def _tidy(self) -> None:
        """Remove what a killed run left half written."""
        for path in self.chunks.glob(".*.jsonl.*"):
            if time.time() - path.stat().st_mtime > STALE:
                path.unlink(missing_ok=True)

    def read(self) -> dict[int, Outcome]:
        """Return the finished points; damaged files are set aside."""
        found: dict[int, Outcome] = {}
        for path in sorted(self.chunks.glob("[0-9]*.jsonl"), key=lambda p: p.stat().st_mtime_ns):
            lines = whole(path)
            if lines is None:
                self.damaged.append(path.replace(path.with_suffix(".jsonl.damaged")))
                continue
            for index, outcome in collect(lines).items():
                found[index] = better(found.get(index), outcome)
        return found

    def write(self, indices: Sequence[int], lines: Sequence[str]) -> None:
        """Keep the lines of a finished chunk.

        Raises
        ------
        FolderError
            No space is left, or the file cannot be written for another reason.
        """
        mark = zlib.crc32(",".join(map(str, indices)).encode("ascii"))
        target = self.chunks / f"{indices[0]:08d}-{indices[-1]:08d}-{mark:08x}.jsonl"
        body = "".join(f"{line}\n" for line in lines)
        end = json.dumps({"points": len(lines), "crc32": zlib.crc32(body.encode("utf-8"))})
        try:
            files.write_text(target, f"{body}{end}\n")
        except OSError as error:
            raise FolderError(
                f"folder {str(self.path)!r}, points {indices[0]} to {indices[-1]}: "
                f"{_system(error)}; the points finished before are kept: make room and run the "
                "same sweep again"
            ) from None


def read_sweep(path: str | Path) -> Outcomes:
    """Return what a sweep's folder holds, without its function.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    ValueError
        It holds no sweep.
    """
    record = _header(Path(path) / "plan.json")
    plan = Plan(**record["plan"])
    lines = [
        line for file in sorted((Path(path) / "chunks").glob("[0-9]*.jsonl"))
        for line in whole(file) or ()
    ]  # fmt: skip
    found = collect(lines)
    return Outcomes(plan=plan, by_index=found, reused=len(found))


def whole(path: Path) -> list[str] | None:
    """Return the lines of a chunk file, or None if it is damaged."""
    text = path.read_bytes()
    body, _, last = text.removesuffix(b"\n").rpartition(b"\n")
    body += b"\n"
    try:
        end = json.loads(last)
        if end["crc32"] != zlib.crc32(body):
            return None
    except (ValueError, KeyError, TypeError):
        return None
    lines = body.decode("utf-8").splitlines()
    return lines if len(lines) == end["points"] else None


def _header(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = record["format"] == FORMAT and record["version"] <= VERSION
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ValueError(f"file {str(path)!r}: no {FORMAT} of version {VERSION} or earlier")
    return record


def _name(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _system(error: OSError) -> str:
    return error.strerror or type(error).__name__
