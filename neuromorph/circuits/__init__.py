"""Superconducting circuits: netlists, transient simulation, and the compiler from networks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuromorph.circuits.builder import Builder
    from neuromorph.circuits.cell.crotty import Crotty
    from neuromorph.circuits.cell.measurement import characterise
    from neuromorph.circuits.cell.record import Characterisation, load_record
    from neuromorph.circuits.cell.record_picture import draw_record
    from neuromorph.circuits.cell.soen import Dendrites, synapse_flux
    from neuromorph.circuits.circuit import Circuit
    from neuromorph.circuits.deck.card import NetlistError
    from neuromorph.circuits.deck.netlist import read
    from neuromorph.circuits.deck.writing import to_deck, write
    from neuromorph.circuits.defect import defects
    from neuromorph.circuits.solver.batch import Batch, simulate_batch
    from neuromorph.circuits.solver.batch_values import BatchError
    from neuromorph.circuits.solver.curve import current_voltage
    from neuromorph.circuits.solver.integrator import StepError
    from neuromorph.circuits.solver.reduction import CircuitError
    from neuromorph.circuits.solver.transient import Transient, simulate
    from neuromorph.circuits.tolerance.centring import Design, centre
    from neuromorph.circuits.tolerance.climbing import Effort
    from neuromorph.circuits.tolerance.knob import Knob
    from neuromorph.circuits.tolerance.margin import Margins, margins
    from neuromorph.circuits.tolerance.production import Yield, estimate_yield
    from neuromorph.circuits.tolerance.region import Region, operating_region
    from neuromorph.circuits.tolerance.rule import OwnCount, OwnPulses, TruthTable
    from neuromorph.circuits.tolerance.specification import (
        Observed,
        Specification,
        Window,
        read_specification,
        specify,
        specify_times,
    )
    from neuromorph.circuits.tolerance.spread import Spread
    from neuromorph.circuits.tolerance.trial import Bench
    from neuromorph.circuits.tolerance.variant import specify_nominal

_PLACE = {
    "Batch": "solver.batch",
    "BatchError": "solver.batch_values",
    "Bench": "tolerance.trial",
    "Builder": "builder",
    "Characterisation": "cell.record",
    "Circuit": "circuit",
    "CircuitError": "solver.reduction",
    "Crotty": "cell.crotty",
    "Dendrites": "cell.soen",
    "Design": "tolerance.centring",
    "Effort": "tolerance.climbing",
    "Knob": "tolerance.knob",
    "Margins": "tolerance.margin",
    "NetlistError": "deck.card",
    "Observed": "tolerance.specification",
    "OwnCount": "tolerance.rule",
    "OwnPulses": "tolerance.rule",
    "Region": "tolerance.region",
    "Specification": "tolerance.specification",
    "Spread": "tolerance.spread",
    "StepError": "solver.integrator",
    "Transient": "solver.transient",
    "TruthTable": "tolerance.rule",
    "Window": "tolerance.specification",
    "Yield": "tolerance.production",
    "centre": "tolerance.centring",
    "characterise": "cell.measurement",
    "current_voltage": "solver.curve",
    "defects": "defect",
    "draw_record": "cell.record_picture",
    "estimate_yield": "tolerance.production",
    "load_record": "cell.record",
    "margins": "tolerance.margin",
    "operating_region": "tolerance.region",
    "read": "deck.netlist",
    "read_specification": "tolerance.specification",
    "simulate": "solver.transient",
    "simulate_batch": "solver.batch",
    "specify": "tolerance.specification",
    "specify_nominal": "tolerance.variant",
    "specify_times": "tolerance.specification",
    "synapse_flux": "cell.soen",
    "to_deck": "deck.writing",
    "write": "deck.writing",
}

__all__ = [
    "Batch",
    "BatchError",
    "Bench",
    "Builder",
    "Characterisation",
    "Circuit",
    "CircuitError",
    "Crotty",
    "Dendrites",
    "Design",
    "Effort",
    "Knob",
    "Margins",
    "NetlistError",
    "Observed",
    "OwnCount",
    "OwnPulses",
    "Region",
    "Specification",
    "Spread",
    "StepError",
    "Transient",
    "TruthTable",
    "Window",
    "Yield",
    "centre",
    "characterise",
    "current_voltage",
    "defects",
    "draw_record",
    "estimate_yield",
    "load_record",
    "margins",
    "operating_region",
    "read",
    "read_specification",
    "simulate",
    "simulate_batch",
    "specify",
    "specify_nominal",
    "specify_times",
    "synapse_flux",
    "to_deck",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_PLACE[name]}", __name__), name)
