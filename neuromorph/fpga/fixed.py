"""Fixed-point numbers of the hardware: widths, rounding and saturation in one small record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description.described import Described


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedPoint(Described):
    """How numbers are held in hardware.

    Weights, thresholds and resets are two's-complement integers of ``bits`` bits with f
    fraction bits. The membrane state has ``guard`` more fraction bits, so ``bits + guard`` in
    all; without them a leak of less than half a unit per step would round away. The decay is an
    unsigned fraction of ``decay_bits`` bits. A product is rounded to nearest, halves up
    (``(x + half) >> decay_bits``); sums are wide and saturate once, on the way into the state.

    f is the largest that still holds ``headroom`` times the largest of threshold, leak, reset
    and weight of a population; it may be negative for large numbers.

    Attributes
    ----------
    bits : int
        4 to 24.
    guard : int
        0 to 16.
    decay_bits : int
        8 to 24.
    headroom : float
        At least 1.

    Raises
    ------
    ValueError
        A field out of range.
    """

    bits: int = 16
    guard: int = 8
    decay_bits: int = 16
    headroom: float = 4.0

    def __post_init__(self) -> None:
        limits = {"bits": (4, 24), "guard": (0, 16), "decay_bits": (8, 24), "headroom": (1, 1e6)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high or (name != "headroom" and int(value) != value):
                raise ValueError(
                    f"FixedPoint.{name}: {value} came, {low} to {high:g} is allowed"
                )
        if self.state_bits + self.decay_bits > 61:
            raise ValueError(
                f"FixedPoint: bits + guard + decay_bits = {self.state_bits + self.decay_bits} "
                "came, at most 61 is allowed: their product must fit 64 bits"
            )

    @property
    def state_bits(self) -> int:
        """Width of the membrane state."""
        return self.bits + self.guard

    @property
    def low(self) -> int:
        """Smallest state."""
        return -(1 << (self.state_bits - 1))

    @property
    def high(self) -> int:
        """Largest state."""
        return (1 << (self.state_bits - 1)) - 1

    def fraction_bits(self, *values: Any) -> int:
        """Return f, the fraction bits for which ``headroom * max|values|`` fits ``bits``."""
        peak = max(float(np.max(np.abs(value), initial=0.0)) for value in values)
        if peak == 0:
            return self.bits - 1
        return self.bits - 1 - int(np.ceil(np.log2(self.headroom * peak)))

    def encode(self, value: Any, fraction: int) -> NDArray[np.int64]:
        """Return the state integer of a weight, threshold or reset (rounded to ``bits``).

        Saturates at the ends of ``bits``.
        """
        edge = 1 << (self.bits - 1)
        units = np.rint(np.asarray(value, dtype=np.float64) * 2.0**fraction)
        return np.asarray(np.clip(units, -edge, edge - 1) * 2.0**self.guard, dtype=np.int64)

    def encode_decay(self, decay: Any) -> NDArray[np.int64]:
        """Return the decay as an integer fraction of ``decay_bits`` bits."""
        one = 1 << self.decay_bits
        units = np.rint(np.asarray(decay, dtype=np.float64) * one)
        return np.asarray(np.clip(units, 0, one), dtype=np.int64)
