"""How a table words an energy: its cooling, and how it differs from another."""

from __future__ import annotations

from neuromorph.cooling import COOLING
from neuromorph.result import Energy
from neuromorph.units import engineering


def cooled(energy: Energy) -> str:
    """Return the joules at the wall of a cold figure, from the ideal to the usual; ``-`` if warm.

    Only the cooling is added; ``energy.at`` also takes a supply's efficiency.
    """
    if energy.boundary == "wall+cooling":
        return "included"
    if energy.temperature is None or energy.temperature > 100:
        return "-"
    low, high = (energy.joules * COOLING[name].factor for name in ("carnot", "cryocooler"))
    return f"{engineering(low, 'J')} (ideal) to {engineering(high, 'J')}"


def different(a: Energy, b: Energy) -> str:
    """Return in which of subject, method and boundary two figures differ."""
    names = ("subject", "method", "boundary")
    return ", ".join(
        f"{name} {x} against {y}"
        for name, x, y in zip(names, a.kind, b.kind, strict=True)
        if x != y
    )
