"""Context-LIF cells in the integers of the hardware: two units of the core per cell.

A cell is a *dendrite unit* that holds the context trace and, one row later in the same lane, a
*soma unit* (an integer LIF cell). Of each, per step:

* dendrite: ``m = sat(c decay_c + half >> decay_bits)``; m is handed to the soma;
  ``c <- sat(m + arrived)``.
* soma: as :func:`neuromorph.fpga.lif.lif_fixed_unit` with the threshold
  ``max(v_floor, v_th - (m gain + 2**15 >> 16))``, ``gain = round(2**16 gain scale / scale_c)`` of
  25 bits with sign.

The trace has its own fraction bits, the most that hold ``headroom`` times the context at which
the threshold meets its floor, at least 1 and at most 16 times the largest apical weight. Of the
two modulations only ``threshold`` is there: ``probability`` draws for every pulse when it arrives,
and the core adds pulses up while they are under way.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.description import ContextLIF
from neuromorph.description.discrete import full, propagator
from neuromorph.fpga.burst_poisson import dendrite_fixed_unit
from neuromorph.fpga.encoding import EncodedLIF, EncodedPopulation, encode_lif
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.lif import lif_fixed_unit

Integers = NDArray[np.int64]
GAIN_BITS, GAIN_EDGE = 16, 1 << 24
PULSES = 16  #: of the largest weight, within which the floor is looked for


@njit(cache=True, inline="always")
def context_level(v_th: Any, context: Any, gain: Any, v_floor: Any) -> Any:
    """Return the threshold under a context."""
    return max(v_floor, v_th - ((context * gain + (1 << (GAIN_BITS - 1))) >> GAIN_BITS))


class ContextConstants(NamedTuple):
    """What a population of integer context-LIF cells needs per step; arrays (n,)."""

    v_th: Any
    v_leak: Any
    amount: Any
    decay: Any
    decay_c: Any
    gain: Any
    v_floor: Any
    subtract: bool
    refractory: Any
    decay_bits: int
    low: int
    high: int


@njit(cache=True)
def context_lif_fixed_advance(
    x: Any, basal: Any, apical: Any, drive: Any, drive_row: Any, c: ContextConstants,
    out_step: Any, out_index: Any, sampled: Any, every: int, first: int,
) -> Any:  # fmt: skip
    """Advance x = (v, context, left) over the rows of what arrives (n_step, n)."""
    count, row = 0, 0
    for j in range(basal.shape[0]):
        if every > 0 and (first + j) % every == 0:
            for i in range(basal.shape[1]):
                sampled[row, 0, i] = x[0, i]
                sampled[row, 1, i] = x[1, i]
            row += 1
        for i in range(basal.shape[1]):
            context, x[1, i] = dendrite_fixed_unit(
                x[1, i], apical[j, i], 0, 0, c.decay_c[i], c.decay_bits, c.low, c.high
            )
            level = context_level(c.v_th[i], context, c.gain[i], c.v_floor[i])
            x[0, i], x[2, i], fired = lif_fixed_unit(
                x[0, i], x[2, i], basal[j, i], drive[drive_row[j], i], level, c.v_leak[i],
                c.amount[i], c.decay[i], c.subtract, c.refractory[i], c.decay_bits, c.low, c.high,
            )  # fmt: skip
            if fired:
                out_step[count] = first + j
                out_index[count] = i
                count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedContextLIF(EncodedLIF):
    """A population of context-LIF cells; as :class:`EncodedLIF`, and the context trace.

    Attributes
    ----------
    context_fraction : int
        Fraction bits of an apical weight.
    decay_c, context_gain, v_floor : int64, (n,)
    """

    context_fraction: int
    decay_c: Integers
    context_gain: Integers
    v_floor: Integers

    variables: ClassVar[tuple[str, ...]] = ("v", "context")

    def port_scale(self, port: str) -> float:
        """Return state integers per volt, or per unit of context on ``apical``."""
        bits = self.context_fraction if port == "apical" else self.fraction
        return float(2.0 ** (bits + self.fixed.guard))

    def weight(self, weight: Any, port: str = "basal") -> Integers:
        """Return weights as state integers of their port."""
        bits = self.context_fraction if port == "apical" else self.fraction
        return self.fixed.encode(weight, bits)

    def drive(self, current: Any, port: str = "basal") -> Integers:
        """Return currents (..., n) [A] as state integers per step; the apical port takes none."""
        if port == "apical":
            return np.zeros(np.shape(current), np.int64)
        return EncodedPopulation.drive(self, current)

    def constants(self) -> ContextConstants:
        """Return what the kernel needs."""
        return ContextConstants(
            v_th=self.v_th, v_leak=self.v_leak, amount=self.amount, decay=self.decay,
            decay_c=self.decay_c, gain=self.context_gain, v_floor=self.v_floor,
            subtract=self.subtract, refractory=self.refractory, decay_bits=self.fixed.decay_bits,
            low=self.fixed.low, high=self.fixed.high,
        )  # fmt: skip


def encode_context_lif(
    cell: ContextLIF, n: int, dt: float, fixed: FixedPoint, largest: float, context: float
) -> EncodedContextLIF:
    """Encode ``n`` cells whose largest weights are ``largest`` [V] and ``context`` (apical).

    Raises
    ------
    ValueError
        A gain that 25 bits do not hold.
    """
    soma = encode_lif(cell, n, dt, fixed, largest)
    gain, v_floor = full(cell.gain, n), full(cell.v_floor, n)
    enough = np.divide(full(cell.v_th, n) - v_floor, np.abs(gain), where=gain != 0,
                       out=np.zeros(n))  # fmt: skip
    bits = fixed.fraction_bits(context, np.minimum(enough, PULSES * context))
    whole = np.rint(gain * 2.0 ** (GAIN_BITS + soma.fraction - bits))
    worst = float(np.max(np.abs(whole)))
    if worst >= GAIN_EDGE:
        raise ValueError(
            f"ContextLIF.gain: {worst:.0f} came in the integers of the hardware, below "
            f"{GAIN_EDGE} fits: raise apical weights and lower the gain by one factor"
        )
    kept = {f.name: getattr(soma, f.name) for f in fields(soma)}
    return EncodedContextLIF(
        **kept, context_fraction=bits,
        decay_c=fixed.encode_decay(full(propagator(cell.tau_c, dt), n)),
        context_gain=whole.astype(np.int64), v_floor=fixed.encode(v_floor, soma.fraction),
    )  # fmt: skip
