"""LIF cells in the integers of the hardware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import LIF, ContextLIF
from neuromorph.description.discrete import DiscreteNetwork, full, initial_v, propagator
from neuromorph.fpga.fixed import FixedPoint

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPopulation:
    """A population in integers: volts, of ``guard`` more fraction bits than a weight's.

    Attributes
    ----------
    fixed : FixedPoint
    fraction : int
        Fraction bits f of a weight.
    gain : dict of (n,) by port [V / A]
        What a current adds per step: ``(1 - decay) r``.
    """

    fixed: FixedPoint
    fraction: int
    gain: Mapping[str, NDArray[np.float64]]

    @property
    def scale(self) -> float:
        """State integers per volt."""
        return float(2.0 ** (self.fraction + self.fixed.guard))

    def port_scale(self, port: str) -> float:
        """Return state integers per unit of what a port holds."""
        return self.scale

    def weight(self, weight: Any, port: str = "basal") -> Integers:
        """Return weights [V] as state integers."""
        return self.fixed.encode(weight, self.fraction)

    def drive(self, current: Any, port: str = "basal") -> Integers:
        """Return currents (..., n) [A] into a port as state integers per step, saturated."""
        units = np.rint(np.asarray(current) * self.gain[port] * self.scale)
        return np.clip(units, self.fixed.low, self.fixed.high).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedLIF(EncodedPopulation):
    """A population of LIF cells.

    Attributes
    ----------
    v_th, v_leak, amount, initial, decay, refractory : int64, (n,)
    subtract : bool
    """

    v_th: Integers
    v_leak: Integers
    amount: Integers
    initial: Integers
    decay: Integers
    refractory: Integers
    subtract: bool

    variables: ClassVar[tuple[str, ...]] = ("v",)


def encode_lif(
    cell: LIF | ContextLIF, n: int, dt: float, fixed: FixedPoint, largest: float
) -> EncodedLIF:
    """Encode ``n`` cells whose largest incoming weight is ``largest`` [V]."""
    decay = full(propagator(cell.tau_m, dt), n)
    subtract = cell.v_subtract is not None
    v_th, v_leak = full(cell.v_th, n), full(cell.v_leak, n)
    amount = full(cell.v_subtract if subtract else cell.v_reset, n)
    fraction = fixed.fraction_bits(v_th, v_leak, amount, largest)
    return EncodedLIF(
        fixed=fixed,
        fraction=fraction,
        gain={"basal": (1.0 - decay) * full(cell.r_m, n)},
        v_th=fixed.encode(v_th, fraction),
        v_leak=fixed.encode(v_leak, fraction),
        amount=fixed.encode(amount, fraction),
        initial=fixed.encode(initial_v(cell, n), fraction),
        decay=fixed.encode_decay(decay),
        refractory=np.rint(full(cell.refractory, n) / dt).astype(np.int64),
        subtract=subtract,
    )


def largest_weight(grid: DiscreteNetwork, target: int, port: str | None = None) -> float:
    """Return the largest |weight| into a population (or one port of it), 0 without projections."""
    return max(
        (float(np.max(np.abs(p.weight), initial=0.0)) for p in grid.projections
         if p.target == target and port in (None, p.port)),
        default=0.0,
    )  # fmt: skip
