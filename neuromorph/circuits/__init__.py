"""Superconducting circuits: netlists, transient simulation, and the compiler from networks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuromorph.circuits.card import NetlistError
    from neuromorph.circuits.centring import Design, centre
    from neuromorph.circuits.circuit import Circuit
    from neuromorph.circuits.integrator import StepError
    from neuromorph.circuits.knob import Knob
    from neuromorph.circuits.margin import Margins, margins
    from neuromorph.circuits.netlist import read
    from neuromorph.circuits.production import Yield, estimate_yield
    from neuromorph.circuits.reduction import CircuitError
    from neuromorph.circuits.region import Region, operating_region
    from neuromorph.circuits.specification import (
        Observed,
        Specification,
        Window,
        read_specification,
        specify,
        specify_times,
    )
    from neuromorph.circuits.spread import Spread
    from neuromorph.circuits.transient import Transient, simulate
    from neuromorph.circuits.trial import Bench
    from neuromorph.circuits.variant import specify_nominal

_PLACE = {
    "Bench": "trial",
    "Circuit": "circuit",
    "CircuitError": "reduction",
    "Design": "centring",
    "Knob": "knob",
    "Margins": "margin",
    "NetlistError": "card",
    "Observed": "specification",
    "Region": "region",
    "Specification": "specification",
    "Spread": "spread",
    "StepError": "integrator",
    "Transient": "transient",
    "Window": "specification",
    "Yield": "production",
    "centre": "centring",
    "estimate_yield": "production",
    "margins": "margin",
    "operating_region": "region",
    "read": "netlist",
    "read_specification": "specification",
    "simulate": "transient",
    "specify": "specification",
    "specify_nominal": "variant",
    "specify_times": "specification",
}

__all__ = [
    "Bench",
    "Circuit",
    "CircuitError",
    "Design",
    "Knob",
    "Margins",
    "NetlistError",
    "Observed",
    "Region",
    "Specification",
    "Spread",
    "StepError",
    "Transient",
    "Window",
    "Yield",
    "centre",
    "estimate_yield",
    "margins",
    "operating_region",
    "read",
    "read_specification",
    "simulate",
    "specify",
    "specify_nominal",
    "specify_times",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_PLACE[name]}", __name__), name)
