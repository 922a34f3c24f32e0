"""Reading ``SPEC.toml``: what ``neuromorph compare`` runs.

.. code-block:: toml

    workload = "xor"            # or a table: { name = "xor", probability = 0.9 }
    seeds = 5                   # how many, or a list: which
    devices = ["loihi", "mine"] # published devices, or those below
    measure = false             # also measure this machine's processor
    out = "results"             # relative to this file

    [[backend]]                 # any field of the backend's class
    name = "fpga-model"
    bits = 8

    [[backend]]                 # a board; without a bitstream: board = "sim"
    name = "pynq"
    board = "zcu104"
    bitstream = "neuromorph.bit"  # relative to this file

    [[device]]
    name = "mine"
    synaptic_event = 1e-12
    neuron_update = 2e-12
    spiking = true
    source = "my measurement of ..."

A key that is not known is an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorph.cli.backend_option import filled, known
from neuromorph.cli.toml_file import read_toml
from neuromorph.cli.workload_name import WORKLOADS
from neuromorph.energy import CostTable, device
from neuromorph.runner import BACKENDS, Backend, UnavailableError, backend
from neuromorph.workloads import Workload

_KEYS = ("workload", "seeds", "devices", "measure", "out", "backend", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A comparison as its file says it."""

    workload: Workload
    backends: tuple[str | Backend, ...]
    seeds: int | tuple[int, ...]
    devices: tuple[CostTable, ...]
    measure: bool
    out: Path | None


def read_spec(path: Path) -> Spec:
    """Read a specification.

    Raises
    ------
    ValueError
        The file is not TOML, a key is unknown or missing, or a value is not allowed.
    OSError
        The file cannot be read.
    """
    body, where = read_toml(path), str(path)
    known(body, _KEYS, where)
    own = [_device(entry, f"{where}: device[{k}]") for k, entry in _tables(body, "device", where)]
    out = _typed(body, "out", str, None, where)
    return Spec(
        workload=_workload(body.get("workload"), where),
        backends=_backends(body, path),
        seeds=_seeds(body.get("seeds", 1), where),
        devices=_devices(_typed(body, "devices", list, [], where), own, where),
        measure=_typed(body, "measure", bool, False, where),
        out=None if out is None else path.parent / out,
    )


def _typed(body: Mapping[str, Any], key: str, kind: type, default: Any, where: str) -> Any:
    value = body.get(key, default)
    if key in body and (not isinstance(value, kind) or (isinstance(value, bool) != (kind is bool))):
        raise ValueError(f"{where}: {key} = {value!r} came, {kind.__name__} is allowed")
    return value


def _tables(body: Mapping[str, Any], key: str, where: str) -> list[tuple[int, Mapping[str, Any]]]:
    entries = body.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{where}: {key} = {entries!r} came, tables [[{key}]] are allowed")
    return list(enumerate(entries))


def _called(where: str, make: Callable[..., Any], **options: Any) -> Any:
    """Call a constructor whose own message says what is wrong; put file and key before it."""
    try:
        return make(**options)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: {error}") from None


def _workload(value: Any, where: str) -> Workload:
    if value is None:
        raise ValueError(f"{where}: key 'workload' is missing: one of {', '.join(WORKLOADS)}")
    options = dict(value) if isinstance(value, dict) else {"name": value}
    name = options.pop("name", None)
    if name not in WORKLOADS:
        raise ValueError(f"{where}: workload {name!r} came, {', '.join(WORKLOADS)} are there")
    make = WORKLOADS[name]
    known(options, ("name", *inspect.signature(make).parameters), f"{where}: workload")
    made: Workload = _called(f"{where}: workload", make, **options)
    return made


def _seeds(value: Any, where: str) -> int | tuple[int, ...]:
    several = value if isinstance(value, list) else [value]
    if not several or any(isinstance(s, bool) or not isinstance(s, int) or s < 0 for s in several):
        raise ValueError(f"{where}: seeds = {value!r} came, a whole number or a list is allowed")
    if isinstance(value, list):
        return tuple(several)
    if value < 1:
        raise ValueError(f"{where}: seeds = {value} came, 1 or more is allowed")
    return int(value)


def _backends(body: Mapping[str, Any], path: Path) -> tuple[str | Backend, ...]:
    entries = [(k, _placed(entry, path)) for k, entry in _tables(body, "backend", str(path))]
    if not entries:
        return tuple(BACKENDS)
    return tuple(_backend(entry, f"{path}: backend[{k}]") for k, entry in entries)


def _placed(entry: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return a backend's table with its bitstream relative to the specification's folder."""
    file = entry.get("bitstream")
    return {**entry, "bitstream": str(path.parent / file)} if isinstance(file, str) else entry


def _backend(entry: Mapping[str, Any], where: str) -> str | Backend:
    options = dict(entry)
    name = options.pop("name", None)
    if name not in BACKENDS:
        raise ValueError(f"{where}: name {name!r} came, {', '.join(BACKENDS)} are there")
    try:
        default = backend(name)
    except UnavailableError:
        return str(name)
    made: Backend = filled(default, options, where)
    return made


def _device(entry: Mapping[str, Any], where: str) -> CostTable:
    needed = ("name", "synaptic_event", "neuron_update", "spiking", "source")
    optional = ("node", "bits", "temperature")
    known(entry, (*needed, *optional), where)
    for key in needed:
        if key not in entry:
            raise ValueError(f"{where}: key {key!r} is missing")
    kinds: dict[str, tuple[type, ...]] = {"bits": (int,), "spiking": (bool,)}
    for key, value in entry.items():
        numeric = key in ("synaptic_event", "neuron_update", "temperature")
        allowed = kinds.get(key, (int, float) if numeric else (str,))
        if not isinstance(value, allowed) or isinstance(value, bool) != (bool in allowed):
            wanted = " or ".join(kind.__name__ for kind in allowed)
            raise ValueError(f"{where}: {key} = {value!r} came, {wanted} is allowed")
    made: CostTable = _called(where, CostTable, **entry)
    return made


def _devices(names: list[Any], own: list[CostTable], where: str) -> tuple[CostTable, ...]:
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"{where}: devices: {name!r} came, names are allowed")
    mine = {table.name: table for table in own}
    chosen = [mine[n] if n in mine else _called(where, lambda n=n: device(n)) for n in names]
    return (*chosen, *(table for table in own if table.name not in names))
