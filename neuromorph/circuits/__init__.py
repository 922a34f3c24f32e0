"""Superconducting circuits: netlists, transient simulation, and the compiler from networks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .card import NetlistError
    from .circuit import Circuit
    from .integrator import StepError
    from .netlist import read
    from .reduction import CircuitError
    from .transient import Transient, simulate

_PLACE = {"Circuit": "circuit", "CircuitError": "reduction", "NetlistError": "card",
          "StepError": "integrator", "Transient": "transient", "read": "netlist",
          "simulate": "transient"}

__all__ = ["Circuit", "CircuitError", "NetlistError", "StepError", "Transient", "read",
           "simulate"]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_PLACE[name]}", __name__), name)
