"""A result as an ``xarray.Dataset``."""

from __future__ import annotations

from typing import Any

from neuromorph.exchange.package import package


def to_xarray(result: Any) -> Any:
    """Return spikes and traces of a result, with units and provenance.

    Variables, by population p and recorded variable v:

    * ``p_spike_time`` [s] and ``p_spike_unit`` along ``p_spike``;
    * ``p_rate`` [Hz] and ``p_count`` along ``p_unit``;
    * ``p_v`` along (``p_v_time`` [s], ``p_v_unit``).
    """
    xarray = package("xarray", "data")
    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    for name, spikes in result.spikes.items():
        variables[f"{name}_spike_time"] = (f"{name}_spike", spikes.time, {"units": "s"})
        variables[f"{name}_spike_unit"] = (f"{name}_spike", spikes.index)
        variables[f"{name}_rate"] = (f"{name}_unit", spikes.rate, {"units": "Hz"})
        variables[f"{name}_count"] = (f"{name}_unit", spikes.count)
    for name, traces in result.traces.items():
        for variable, trace in traces.items():
            label = f"{name}_{variable}"
            variables[label] = ((f"{label}_time", f"{label}_unit"), trace.values,
                                {"units": unit_of(variable)})  # fmt: skip
            coordinates[f"{label}_time"] = (f"{label}_time", trace.time, {"units": "s"})
    return xarray.Dataset(variables, coords=coordinates, attrs=attributes(result))


def unit_of(variable: str) -> str:
    """Return the SI unit of a state variable by our naming: ``v...`` is a voltage."""
    return "V" if variable.startswith("v") else "1"


def attributes(result: Any) -> dict[str, Any]:
    """Return where a result came from, as plain values."""
    p = result.provenance
    out: dict[str, Any] = {
        "backend": p.backend, "seed": p.seed, "network_hash": p.network_hash, "host": p.host,
        "network_seconds": p.network_seconds, "host_seconds": p.host_seconds,
        "git": p.git or "unknown",
        "versions": ", ".join(f"{name} {version}" for name, version in p.versions.items()),
        "energy": "; ".join(str(energy) for energy in result.energy) or "not measured",
    }  # fmt: skip
    if p.dt is not None:
        out["dt"] = p.dt
    return out
