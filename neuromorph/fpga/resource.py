"""Lookup tables, flip-flops, multipliers and block memories: what a core takes, a part has.

The memories of a core are laid out by a rule that reproduces what yosys does with each; the logic
of each module is linear in the parameters, with coefficients fitted to syntheses
(``fpga/resources.json``, which states the error). An estimate before place and route.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from neuromorph import _res
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.shape import SpikingShape

Shape = SpikingShape | FrameShape
KINDS = ("lut", "ff", "dsp", "bram36")
#: Data bits of a block memory of 36 Kb (two halves of 18 Kb) by log2 of its words (UG573).
_WIDE = {9: 72, 10: 36, 11: 18, 12: 9, 13: 4, 14: 2, 15: 1}
_NARROW = {9: 36, 10: 18, 11: 9, 12: 4, 13: 2, 14: 1}
_SWITCH = 56  #: columns of 64 bits up to which distributed memory is taken for half a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """A count of each kind; ``bram36`` in blocks of 36 Kb, a half counts 0.5."""

    lut: float = 0.0
    ff: float = 0.0
    dsp: float = 0.0
    bram36: float = 0.0

    def __add__(self, other: Resources) -> Resources:
        return Resources(**{k: getattr(self, k) + getattr(other, k) for k in KINDS})

    def times(self, factor: float | Mapping[str, float]) -> Resources:
        """Return every count times a factor, or times one factor per kind."""
        each = factor if isinstance(factor, Mapping) else dict.fromkeys(KINDS, factor)
        return Resources(**{k: getattr(self, k) * each[k] for k in KINDS})

    def counts(self) -> dict[str, float]:
        """Return the counts by kind."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def memory(width: int, address: int) -> Resources:
    """Return what yosys takes for a memory of ``2**address`` words of ``width`` bits.

    One write and one read port, read registered (``ram.v``): block memory where the distributed
    one (RAM32M16: 14 bits of 32 words, RAM64M8: 7 bits of 64, 8 LUTs each) would be larger.
    """
    halves = min(
        [-(-width // w) * 2 ** max(0, address - d) for d, w in _NARROW.items()]
        + [2 * -(-width // w) * 2 ** max(0, address - d) for d, w in _WIDE.items()]
    )
    if address > 6 and width * 2 ** (address - 6) > _SWITCH * halves:
        return Resources(bram36=halves / 2)
    if address <= 5:
        return Resources(lut=8.0 * -(-width // 14), ff=float(width))
    blocks = 2 ** (address - 6)
    joins = blocks + width * max(1, blocks // 2 - 1) if blocks > 1 else 0
    return Resources(lut=8.0 * -(-width // 7) * blocks + joins, ff=float(width))


def memories(shape: Shape) -> list[tuple[int, int, int]]:
    """Return (width, address bits, how many) of the memories of one copy of a core."""
    lanes = shape.lanes
    group = shape.synapse_bits - shape.lane_bits
    if isinstance(shape, FrameShape):
        row, unit, segment = shape.row_bits, shape.unit_bits, shape.segment_bits
        return [
            (shape.bits, group, lanes), (32, row, (3 + shape.memory) * lanes), (7, row, lanes),
            (shape.sum_bits, row, 2 * lanes), (32, segment, 4), (32, unit + 1, 1),
            (32 + unit, unit + 1, 1), (16, segment + 1, 1), (16, row, shape.table * lanes),
            (16, 10, int(shape.table)), (17, 8, int(shape.softmax)),
        ]  # fmt: skip
    row, state = shape.unit_bits - shape.lane_bits, shape.bits + shape.guard
    two = shape.burst or shape.context
    return [
        (shape.bits, row, 4 * lanes), (20, row, lanes), (shape.decay_bits + 1, row, lanes),
        (state, row, 2 * lanes), (16, row, lanes), (shape.bits, group, lanes),
        (32, group, lanes * (3 if shape.stochastic else 1)),
        (shape.sum_bits, shape.slot_bits + row, lanes), (32, shape.row_bits, 1),
        (32, shape.segment_bits, 3), (row + lanes, row, 1), (32, row, two * lanes),
        (32, row, shape.burst * lanes), (32, 10, shape.burst * lanes),
        (17, row, shape.burst * lanes),
    ]  # fmt: skip


def logic(shape: Shape) -> list[tuple[str, int, dict[str, float]]]:
    """Return (module, how many in all copies, what each is linear in) of a core, less memories."""
    copies, lanes = shape.replicas, shape.lanes
    address = float(shape.unit_bits + shape.synapse_bits + shape.segment_bits + shape.row_bits)
    once = {"one": 1.0, "copies": float(copies)}
    control = {"one": 1.0, "lanes": float(lanes), "address": address}
    if isinstance(shape, FrameShape):
        options = float(shape.table + shape.memory + shape.softmax)
        return [
            ("top", 1, once), ("shell", 1, {"one": 1.0}),
            ("cooperative_core", copies, control),
            ("cooperative_lane", copies * lanes,
             {"one": 1.0, "bits": float(shape.bits), "memory": float(shape.memory)}),
            ("cooperative_unit", copies, {"one": 1.0, "options": options}),
            ("cooperative_table", copies * shape.table, {"one": 1.0}),
            ("cooperative_softmax", copies * shape.softmax, {"one": 1.0}),
        ]  # fmt: skip
    two = float(shape.burst or shape.context)
    random = copies * lanes * (shape.stochastic or shape.burst)
    return [
        ("top", 1, once), ("shell", 1, {"one": 1.0}), ("spiking_core", copies, control),
        ("lif_lane", copies * lanes,
         {"one": 1.0, "state": float(shape.bits + shape.guard), "two": two}),
        ("synapse_lane", copies * lanes,
         {"one": 1.0, "sum": float(shape.sum_bits), "burst": float(shape.burst)}),
        ("philox", random, {"one": 1.0}),
        ("burst_lane", copies * lanes * shape.burst, {"one": 1.0}),
    ]  # fmt: skip


@functools.cache
def table() -> Any:
    """Return the committed syntheses, budgets and coefficients: ``fpga/resources.json``."""
    place = _res.root() / "fpga" / "resources.json"
    return json.loads(place.read_text(encoding="utf-8"))


def is_counted(shape: Shape) -> bool:
    """Return whether every module of such a core stands in the table."""
    return all(module in table()["model"] for module, count, _ in logic(shape) if count)


def estimate(shape: Shape) -> Resources:
    """Return what a core of this shape takes, all copies, by the fitted model.

    Raises
    ------
    ValueError
        A module of it was never counted.
    """
    model = table()["model"]
    total = sum((memory(w, a).times(n * shape.replicas) for w, a, n in memories(shape)),
                Resources())  # fmt: skip
    for module, count, x in logic(shape):
        if count and module not in model:
            raise ValueError(f"estimate: module {module!r} was never counted: add a row with it to "
                             "fpga/resources.json")  # fmt: skip
        if count:
            held = model[module]
            total += Resources(**{
                k: count * sum(held[k].get(name, 0.0) * value for name, value in x.items())
                for k in KINDS
            })  # fmt: skip
    return total
