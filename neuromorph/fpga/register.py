"""Registers of the cores: byte offsets and fields.

Generated from fpga/registers.json by neuromorph.fpga.register_map: do not edit.
"""

from __future__ import annotations

BYTES = 4096
#: Of the interface, major and minor.
VERSION = (2, 0)

#: Byte offset and number of 32-bit words of each register.
REGISTERS: dict[str, tuple[int, int]] = {
    "ID": (0x00, 1),
    "VERSION": (0x04, 1),
    "BUILD": (0x08, 1),
    "SHAPE": (0x0C, 1),
    "WIDTHS": (0x10, 1),
    "CONTROL": (0x14, 1),
    "STATUS": (0x18, 1),
    "ROWS": (0x1C, 1),
    "SLOTS": (0x20, 1),
    "ACTIVE": (0x24, 1),
    "OPTIONS": (0x28, 1),
    "STEP": (0x2C, 1),
    "CYCLES": (0x30, 2),
    "STALL_IN": (0x38, 2),
    "STALL_OUT": (0x40, 2),
    "EVENTS": (0x48, 2),
    "SKIPPED": (0x50, 2),
    "SPIKES": (0x58, 2),
    "UPDATES": (0x60, 2),
}

#: Low bit and mask of each field.
FIELDS: dict[str, tuple[int, int]] = {
    "SHAPE.LANE_BITS": (0, 0xF),
    "SHAPE.UNIT_BITS": (4, 0x1F),
    "SHAPE.SYNAPSE_BITS": (9, 0x3F),
    "SHAPE.SLOT_BITS": (15, 0xF),
    "SHAPE.REPLICAS": (19, 0x7F),
    "SHAPE.OPTION": (26, 0x3F),
    "WIDTHS.BITS": (0, 0x1F),
    "WIDTHS.GUARD": (5, 0x1F),
    "WIDTHS.DECAY_BITS": (10, 0x1F),
    "WIDTHS.SUM_BITS": (15, 0x3F),
    "WIDTHS.SEGMENT_BITS": (21, 0x1F),
    "WIDTHS.ROW_BITS": (26, 0x1F),
    "CONTROL.RESET": (0, 0x1),
    "CONTROL.CLEAR": (1, 0x1),
    "CONTROL.HOLD": (2, 0x1),
    "STATUS.BUSY": (0, 0x1),
    "STATUS.BAD_WORD": (1, 0x1),
    "STATUS.MISMATCH": (2, 0x1),
    "STATUS.STATE": (8, 0x1F),
    "OPTIONS.NO_CONTEXT": (0, 0x1),
    "OPTIONS.DENSE": (1, 0x1),
}
