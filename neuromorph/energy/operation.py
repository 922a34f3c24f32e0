"""Energy of single operations, with their sources."""

from __future__ import annotations

from dataclasses import dataclass

from neuromorph.units import PHI0, uA


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation on one technology.

    Attributes
    ----------
    name : str
    joules : float [J]
    node : str
    source : str
    temperature : float, optional [K]
        Of the stage that takes the heat; left out: room.
    """

    name: str
    joules: float
    node: str
    source: str
    temperature: float | None = None


_HOROWITZ = "Horowitz, ISSCC 2014, 45 nm, 0.9 V, as quoted in PMC8934428, table 3"

_HOROWITZ_FIGURE = (
    "Horowitz, ISSCC 2014, doi 10.1109/ISSCC.2014.6757323, figure 1.1.9, 45 nm, 0.9 V, second hand"
)

_LIST = (
    Operation(name="int8 add", joules=0.03e-12, node="45 nm", source=_HOROWITZ_FIGURE),
    Operation(name="int8 multiply", joules=0.2e-12, node="45 nm", source=_HOROWITZ_FIGURE),
    Operation(name="int32 add", joules=0.1e-12, node="45 nm", source=_HOROWITZ),
    Operation(name="int32 multiply", joules=3.1e-12, node="45 nm", source=_HOROWITZ),
    Operation(name="fp32 add", joules=0.9e-12, node="45 nm", source=_HOROWITZ),
    Operation(name="fp32 multiply", joules=3.7e-12, node="45 nm", source=_HOROWITZ),
    Operation(name="8 kB cache, 64-bit read", joules=10e-12, node="45 nm", source=_HOROWITZ),
    Operation(
        name="RSFQ junction slip",
        joules=250 * uA * PHI0,
        node="250 uA junction",
        temperature=4.2,
        source="I_c Phi0 of a 250 uA junction; identity: the work of I_c over one flux quantum",
    ),
    Operation(
        name="eSFQ bit",
        joules=0.8e-18,
        node="4.5 kA/cm2",
        temperature=4.2,
        source="0.8 aJ per bit, Volkmann et al. on a HYPRES process; quoted second hand",
    ),
    Operation(
        name="AQFP junction",
        joules=1.4e-21,
        node="5 GHz",
        temperature=4.2,
        source="1.4 zJ per junction at 5 GHz and 4.2 K; quoted second hand",
    ),
)

#: Single operations by name.
OPERATIONS = {entry.name: entry for entry in _LIST}


def operation(name: str) -> Operation:
    """Return the operation of that name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if name not in OPERATIONS:
        raise ValueError(f"operation: {name!r} came, {', '.join(OPERATIONS)} are there")
    return OPERATIONS[name]
