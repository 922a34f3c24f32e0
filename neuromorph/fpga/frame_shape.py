"""How large a cooperative core is built: the parameters of its RTL, by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from neuromorph.description.described import Described
from neuromorph.fpga.register import FIELDS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameShape(Described):
    """Parameters of ``neuromorph_cooperative.v``; memories are powers of two.

    Attributes
    ----------
    bits : int
        Of a weight: 8, 4, 2 or 1 (1 and -1).
    sum_bits : int
        Accumulator of products and of a port.
    lane_bits, unit_bits, synapse_bits, segment_bits, row_bits : int
        log2 of lanes, units (inputs included), weights (of all lanes), records of the program,
        and rows of LANES entries in the tables of biases, thresholds and shifts.
    replicas : int
    table, memory, softmax : bool
        With the transfer m3 (by table), with universal contexts, with softmax.

    Raises
    ------
    ValueError
        A parameter the RTL cannot be built with.
    """

    bits: int = 8
    sum_bits: int = 48
    lane_bits: int = 2
    unit_bits: int = 8
    synapse_bits: int = 12
    segment_bits: int = 6
    row_bits: int = 7
    replicas: int = 1
    table: bool = False
    memory: bool = False
    softmax: bool = False

    def __post_init__(self) -> None:
        limits = {
            "sum_bits": (48, 56), "lane_bits": (0, 5), "unit_bits": (4, 12),
            "synapse_bits": (self.lane_bits + 2, 24), "segment_bits": (2, 12),
            "row_bits": (2, 12), "replicas": (1, 64),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"FrameShape.{name}: {getattr(self, name)} came, {low} to {high} is allowed"
                )
        if self.bits not in (8, 4, 2, 1):
            raise ValueError(f"FrameShape.bits: {self.bits} came, 8, 4, 2 or 1 is allowed")

    @property
    def lanes(self) -> int:
        """Units that take an input per clock."""
        return 1 << self.lane_bits

    @property
    def parameters(self) -> dict[str, int]:
        """Verilog parameters by name."""
        return {f.name.upper(): int(getattr(self, f.name)) for f in fields(self)}

    def registers(self) -> tuple[int, int]:
        """Return what the registers SHAPE and WIDTHS read."""
        option = int(self.table) | int(self.memory) << 1 | int(self.softmax) << 2
        p, packed = {**self.parameters, "OPTION": option}, {"SHAPE": 0, "WIDTHS": 0}
        for name, (low, mask) in FIELDS.items():
            register, _, field = name.partition(".")
            if register in packed:
                packed[register] |= (p.get(field, 0) & mask) << low
        return packed["SHAPE"], packed["WIDTHS"]

    def holds(self, need: FrameShape) -> str | None:
        """Return why a program that needs ``need`` does not fit this core, or None."""
        for name in ("bits", "lane_bits"):
            if getattr(self, name) != getattr(need, name):
                return (
                    f"{name}: the program is for {getattr(need, name)}, "
                    f"the core has {getattr(self, name)}"
                )
        for name in ("unit_bits", "synapse_bits", "segment_bits", "row_bits"):
            if getattr(self, name) < getattr(need, name):
                return (
                    f"{name}: the program needs {getattr(need, name)}, "
                    f"the core has {getattr(self, name)}"
                )
        for name, what in (("table", "the transfer m3"), ("memory", "universal contexts"),
                           ("softmax", "a softmax")):  # fmt: skip
            if getattr(need, name) and not getattr(self, name):
                return f"{name}: the program needs {what}, the core has none"
        return None


def frame_shape_of(shape: int, widths: int) -> FrameShape:
    """Return the shape that the registers SHAPE and WIDTHS of a cooperative core tell of."""
    values: dict[str, Any] = {}
    for name, (low, mask) in FIELDS.items():
        register, _, field = name.partition(".")
        if register in ("SHAPE", "WIDTHS") and field.lower() in FrameShape.__slots__:
            values[field.lower()] = ((shape if register == "SHAPE" else widths) >> low) & mask
    option = shape >> FIELDS["SHAPE.OPTION"][0]
    values |= {"table": bool(option & 1), "memory": bool(option & 2), "softmax": bool(option & 4)}
    return FrameShape(**values)
