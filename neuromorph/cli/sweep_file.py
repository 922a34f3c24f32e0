"""The file PLAN.toml of ``neuromorph sweep``: a workload over backends, inputs and seeds.

::

    seeds = 5                     # 0 ... 4, or a list
    inputs = ["01", "10"]         # left out: all of the workload's
    duration = 0.15               # [s], left out: the workload's

    [workload]
    name = "xor"
    probability = [0.9, 0.95]     # an option of the workload; a list is swept

    [[backend]]
    name = "numba"

    [[backend]]
    name = "fpga-model"
    bits = [8, 16]                # an option of the backend; a list is swept

Every combination is one point. The same seed stands in all of them, so backends are compared on
the same inputs and draws.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from neuromorph.cli.backend_option import filled
from neuromorph.cli.toml_file import read_toml
from neuromorph.cli.workload_name import WORKLOADS, workload
from neuromorph.runner import Backend, backend
from neuromorph.sweep import Plan, grid
from neuromorph.workloads import Workload

KEYS = {"seeds", "inputs", "duration", "workload", "backend"}


def read_plan(path: Path) -> Plan:
    """Read a plan; every combination is checked before anything runs.

    Raises
    ------
    ValueError
        The file is not TOML, or a key, name, option or value is not allowed.
    """
    record = read_toml(path)
    try:
        return _plan(record, path.stem)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None


def _plan(record: Mapping[str, Any], name: str) -> Plan:
    _known("key", record, KEYS)
    works = _swept("workload", record.get("workload"))
    backends = [made for table in _tables(record) for made in _swept("backend", table)]
    for options in works:
        work = made_workload(options)
        inputs = record.get("inputs", list(work.stimuli))
        if not (isinstance(inputs, list) and inputs and all(isinstance(x, str) for x in inputs)):
            raise ValueError(f"inputs: {inputs!r} came, a list of names is allowed")
        _known(f"input of {work.name}", inputs, set(work.stimuli))
    for options in backends:
        made_backend(options)
    duration = record.get("duration", work.duration)
    settings = {"duration": None if duration is None else _duration(duration), "dt": work.dt}
    axes = {"workload": works, "backend": backends, "input": inputs, "seed": _seeds(record)}
    return grid(axes | {key: [value] for key, value in settings.items()}, name=name)


def made_workload(options: Mapping[str, Any]) -> Workload:
    """Return the workload that a table describes.

    Raises
    ------
    ValueError
        No such workload or option.
    """
    given = dict(options)
    name = given.pop("name")
    if name not in WORKLOADS:
        return workload(name)  # its refusal lists the names
    allowed = set(inspect.signature(WORKLOADS[name]).parameters)
    _known(f"option of workload {name!r}", given, allowed)
    return WORKLOADS[name](**given)


def made_backend(options: Mapping[str, Any]) -> Backend:
    """Return the backend that a table describes.

    Raises
    ------
    ValueError
        No such backend or option.
    UnavailableError
        Its package is not installed.
    """
    given = dict(options)
    default: Any = backend(given.pop("name"))
    _known(f"option of backend {default.name!r}", given, {field.name for field in fields(default)})
    made: Backend = filled(default, given, f"backend {default.name!r}")
    return made


def _tables(record: Mapping[str, Any]) -> list[Any]:
    tables = record.get("backend", [{"name": "numba"}])
    if not isinstance(tables, list) or not tables:
        raise ValueError("backend: write [[backend]] with two brackets, once per backend")
    return tables


def _swept(what: str, table: Any) -> list[dict[str, Any]]:
    """Return the tables of single values that a table with lists stands for."""
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise ValueError(f"{what}: a table with a name is required: [{what}] name = \"...\"")
    for key, value in table.items():
        if value == []:
            raise ValueError(f"{what}, {key}: [] came, one value or more is allowed")
    values = [value if isinstance(value, list) else [value] for value in table.values()]
    return [dict(zip(table, row, strict=True)) for row in itertools.product(*values)]


def _seeds(record: Mapping[str, Any]) -> list[int]:
    seeds = record.get("seeds", 1)
    found = list(range(seeds)) if type(seeds) is int else seeds
    if not isinstance(found, list) or not found or not all(
        type(seed) is int and seed >= 0 for seed in found
    ):
        raise ValueError(
            f"seeds: {seeds!r} came, a number above 0 or a list of whole numbers is allowed"
        )
    return found


def _duration(value: Any) -> float:
    if type(value) not in (int, float) or not value > 0:
        raise ValueError(f"duration: {value!r} came, a number above 0 [s] is allowed")
    return float(value)


def _known(what: str, names: Any, allowed: set[str]) -> None:
    listed = ", ".join(sorted(allowed)) or "none"
    for name in names:
        if name not in allowed:
            raise ValueError(f"{what}: {name!r} came, {listed} are there")
