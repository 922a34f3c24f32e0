"""How large a core is built: the parameters of the RTL, by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from neuromorph.description.described import Described
from neuromorph.fpga.register import FIELDS

SPIKING_ID, COOPERATIVE_ID = 0x4E4D5350, 0x4E4D434F
#: Bits of OPTION, from bit 0 on.
OPTIONS = {
    "stochastic": "stochastic synapses", "burst": "burst-Poisson cells",
    "context": "context-LIF cells",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpikingShape(Described):
    """Parameters of ``neuromorph_spiking.v``; memories are powers of two.

    Attributes
    ----------
    bits, guard, decay_bits : int
        As in :class:`neuromorph.FixedPoint`; the state has at most 32 bits.
    sum_bits : int
        Accumulator of what arrives, in units of a weight's last bit.
    lane_bits, unit_bits, synapse_bits, slot_bits, segment_bits, row_bits : int
        log2 of lanes, units, synapses (of all lanes), slots of the delay ring, segments (rows
        of one projection) and units that may send.
    stochastic : bool
        With the random function of stochastic synapses.
    replicas : int
    burst, context : bool
        With burst-Poisson and with context-LIF cells.

    Raises
    ------
    ValueError
        A parameter the RTL cannot be built with.
    """

    bits: int = 16
    guard: int = 8
    decay_bits: int = 16
    sum_bits: int = 24
    lane_bits: int = 2
    unit_bits: int = 8
    synapse_bits: int = 12
    slot_bits: int = 6
    segment_bits: int = 10
    row_bits: int = 9
    stochastic: bool = True
    replicas: int = 1
    burst: bool = False
    context: bool = False

    def __post_init__(self) -> None:
        limits = {
            "bits": (4, 24), "guard": (0, 16), "decay_bits": (8, 24),
            "sum_bits": (self.bits + 1, 32), "lane_bits": (0, 3),
            "unit_bits": (self.lane_bits + 1, self.lane_bits + 15),
            "synapse_bits": (self.lane_bits + 1, 24), "slot_bits": (1, 13),
            "segment_bits": (1, 24), "row_bits": (self.unit_bits + 1, 24), "replicas": (1, 64),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"SpikingShape.{name}: {getattr(self, name)} came, {low} to {high} is allowed"
                )
        if self.bits + self.guard > 32:
            raise ValueError(
                f"SpikingShape: bits + guard = {self.bits + self.guard} came, at most 32 is allowed"
            )

    @property
    def lanes(self) -> int:
        """Units updated and synapses read per clock."""
        return 1 << self.lane_bits

    @property
    def parameters(self) -> dict[str, int]:
        """Verilog parameters by name."""
        return {f.name.upper(): int(getattr(self, f.name)) for f in fields(self)}

    def registers(self) -> tuple[int, int]:
        """Return what the registers SHAPE and WIDTHS read."""
        option = int(self.stochastic) | int(self.burst) << 1 | int(self.context) << 2
        p = {**self.parameters, "OPTION": option}
        packed = {"SHAPE": 0, "WIDTHS": 0}
        for name, (low, mask) in FIELDS.items():
            register, _, field = name.partition(".")
            if register in packed:
                packed[register] |= (p[field] & mask) << low
        return packed["SHAPE"], packed["WIDTHS"]

    def holds(self, need: SpikingShape) -> str | None:
        """Return why a program that needs ``need`` does not fit this core, or None."""
        for name in ("bits", "guard", "decay_bits", "lane_bits"):
            if getattr(self, name) != getattr(need, name):
                return (
                    f"{name}: the program is for {getattr(need, name)}, "
                    f"the core has {getattr(self, name)}"
                )
        for name in ("sum_bits", "unit_bits", "synapse_bits", "slot_bits", "segment_bits",
                     "row_bits"):  # fmt: skip
            if getattr(self, name) < getattr(need, name):
                return (
                    f"{name}: the program needs {getattr(need, name)}, "
                    f"the core has {getattr(self, name)}"
                )
        for name, what in OPTIONS.items():
            if getattr(need, name) and not getattr(self, name):
                return f"{name}: the program needs {what}, the core has none"
        return None


def shape_of(shape: int, widths: int) -> SpikingShape:
    """Return the shape that the registers SHAPE and WIDTHS of a spiking core tell of."""
    got: dict[str, Any] = {}
    for name, (low, mask) in FIELDS.items():
        register, _, field = name.partition(".")
        if register in ("SHAPE", "WIDTHS"):
            word = shape if register == "SHAPE" else widths
            got[field.lower()] = (word >> low) & mask
    option = got.pop("option")
    chosen: dict[str, Any] = {name: bool(option >> bit & 1) for bit, name in enumerate(OPTIONS)}
    return SpikingShape(**chosen, **got)
