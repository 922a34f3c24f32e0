"""Spread of fabricated values: each element on its own, and each kind as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.knob import GLOBALS, every, kind
from neuromorph.sweep import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Independent Gaussian spreads, one standard deviation, relative.

    The factor of an element is ``(1 + local n_element) (1 + common n_kind)`` with standard
    normals ``n``: one per element, and one for all elements of a kind (junction areas,
    inductances, resistances, bias currents). Inputs, couplings and capacitors stay.

    Attributes
    ----------
    local : float
        Of each element.
    common : float
        Of each kind as a whole.
    pattern : str
        Which elements have a local spread, such as ``*.XDUT``; the common one is everywhere.

    Raises
    ------
    ValueError
        A negative spread.
    """

    local: float = 0.05
    common: float = 0.01
    pattern: str = "*"

    def __post_init__(self) -> None:
        for name, value in (("local", self.local), ("common", self.common)):
            if not value >= 0.0:
                raise ValueError(f"Spread.{name}: {value} came, 0 or more is allowed")

    def record(self) -> dict[str, Any]:
        """Return the spread as plain values."""
        return asdict(self)


def draw(circuit: Circuit, spread: Spread, point: Point) -> Mapping[str, float]:
    """Return the factors of one chip: the point's own random numbers, scaled by the spread.

    The same point meets the same standard normals for any spread.
    """
    return draws(circuit, spread, [point])[0]


def draws(circuit: Circuit, spread: Spread, points: Sequence[Point]) -> list[dict[str, float]]:
    """Return the factors of many chips; see :func:`draw`."""
    everything = [knob.name for knob in every(circuit)]
    groups = [str(kind(circuit.element(name))) for name in everything]
    local = {knob.name for knob in every(circuit, spread.pattern)}
    sigma = [spread.local if name in local else 0.0 for name in everything]
    rows = []
    for point in points:
        rng = point.rng()
        shared = dict(zip(GLOBALS, rng.standard_normal(len(GLOBALS)), strict=True))
        own = rng.standard_normal(len(everything))
        rows.append({
            name: float((1.0 + spread.common * shared[group]) * (1.0 + wide * normal))
            for name, group, wide, normal in zip(everything, groups, sigma, own, strict=True)
        })  # fmt: skip
    return rows
