"""What a watt at 4.2 K costs at the wall: named factors with their sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """Watt at the wall per watt at the cold stage, and where the figure comes from."""

    factor: float
    source: str


#: Factors for 4.2 K by name.
COOLING = {
    "none": Cooling(factor=1.0, source="cooling left out"),
    "carnot": Cooling(
        factor=(300.0 - 4.2) / 4.2,
        source="Carnot from 300 K to 4.2 K, (300 - 4.2) / 4.2: no machine can do better",
    ),
    "plant": Cooling(
        factor=400.0,
        source="large helium plant; customary figure (300 to 400 W/W are quoted, Holmes et al. "
        "2013, doi 10.1109/TASC.2013.2244634), not checked by us",
    ),
    "cryocooler": Cooling(
        factor=1000.0,
        source="round figure of the literature for smaller plants; small pulse-tube coolers are "
        "quoted at 5,000 to 10,000 W/W; not checked by us",
    ),
}


def cooling_factor(value: float | str) -> tuple[float, str]:
    """Return the factor and how a text names it (with its source if it is a preset).

    Raises
    ------
    ValueError
        An unknown name; the message lists those there are.
    """
    if not isinstance(value, str):
        return float(value), ""
    if value not in COOLING:
        raise ValueError(f"cooling: {value!r} came, a number or {', '.join(COOLING)} is allowed")
    preset = COOLING[value]
    return preset.factor, f" ({value}: {preset.source})"
