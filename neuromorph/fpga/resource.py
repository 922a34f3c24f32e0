"""Lookup tables, flip-flops, multipliers and block memories: what a core takes, a part has."""

from __future__ import annotations

from dataclasses import dataclass, fields

@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    lut: float = 0.0
    ff: float = 0.0
    dsp: float = 0.0
    bram36: float = 0.0
