"""The bit-exact integer model of the spiking core, and its cycle count.

The kernel computes what the hardware computes: the same integers, with saturation. One kernel
serves the FPGA model and the fixed-point profile of the Numba emulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.description.described import Described


class FixedConstants(NamedTuple):
    """What a population of integer LIF cells needs per step; int64 arrays of shape (n,)."""

    decay: Any  # fraction of decay_bits bits
    v_leak: Any
    amount: Any  # v_subtract or v_reset
    subtract: bool
    refractory: Any  # steps
    decay_bits: int
    low: int
    high: int


@njit(cache=True, inline="always")
def saturate(value: Any, low: Any, high: Any) -> Any:
    """Return value within [low, high]."""
    return min(max(value, low), high)


@njit(cache=True)
def lif_fixed_step(v: Any, left: Any, fired: Any, drive: Any, v_th: Any, c: FixedConstants) -> None:
    """Integrate one step in integers and test the threshold, in place.

    ``v <- sat(v_leak + ((v - v_leak) decay + half >> decay_bits) + drive)``, with
    ``half = 2**(decay_bits - 1)`` and an arithmetic shift; ``fired = v > v_th``.
    """
    half = np.int64(1) << (c.decay_bits - 1)
    for i in range(v.shape[0]):
        waiting = left[i] - 1 if left[i] > 0 else 0
        if waiting == 0:
            product = (v[i] - c.v_leak[i]) * c.decay[i]
            moved = c.v_leak[i] + ((product + half) >> c.decay_bits) + drive[i]
            v[i] = saturate(moved, c.low, c.high)
        now = (v[i] > v_th[i]) & (waiting == 0)
        fired[i] = now
        left[i] = c.refractory[i] if now else waiting


@njit(cache=True)
def lif_fixed_receive(v: Any, left: Any, fired: Any, arrived: Any, c: FixedConstants) -> None:
    """Add what arrived (dropped while refractory), then reset; each result saturates."""
    for i in range(v.shape[0]):
        if left[i] == 0:
            v[i] = saturate(v[i] + arrived[i], c.low, c.high)
        if fired[i]:
            v[i] = saturate(v[i] - c.amount[i], c.low, c.high) if c.subtract else c.amount[i]


@njit(cache=True)
def lif_fixed_advance(
    v: Any,
    left: Any,
    arrived: Any,
    drive: Any,
    drive_row: Any,
    v_th: Any,
    c: FixedConstants,
    out_step: Any,
    out_index: Any,
    sampled: Any,
    every: int,
    first: int,
) -> Any:
    """Advance over the rows of ``arrived`` (n_step, n); as ``cells.lif.lif_advance``, in int64."""
    n_step, n = arrived.shape
    fired = np.zeros(n, np.bool_)
    count, row = 0, 0
    for j in range(n_step):
        if every > 0 and (first + j) % every == 0:
            sampled[row, :] = v
            row += 1
        lif_fixed_step(v, left, fired, drive[drive_row[j]], v_th, c)
        lif_fixed_receive(v, left, fired, arrived[j], c)
        for i in range(n):
            if fired[i]:
                out_step[count] = first + j
                out_index[count] = i
                count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrayLayout(Described):
    """How the spiking core lays out its arrays, and what that costs in clock cycles.

    Each step takes ``overhead`` cycles to turn the delay ring and start the pipeline. Neurons
    are updated ``neuron_lanes`` per cycle, population after population. A spike costs one
    cycle to look up its row, then its synapses are read ``synapse_lanes`` per cycle.

    Attributes
    ----------
    neuron_lanes, synapse_lanes, overhead : int
    """

    neuron_lanes: int = 4
    synapse_lanes: int = 4
    overhead: int = 8

    def __post_init__(self) -> None:
        for name in ("neuron_lanes", "synapse_lanes", "overhead"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"ArrayLayout.{name}: {getattr(self, name)} came, 1 or more is allowed"
                )

    def cycles(
        self,
        *,
        steps: int,
        sizes: list[int],
        spikes: list[NDArray[np.int64]],
        fan_out: list[NDArray[np.int64]],
    ) -> int:
        """Count the cycles of a run without stalls.

        Parameters
        ----------
        steps : int
        sizes : list of int
            Units of each computed population.
        spikes, fan_out : list of (n_source,)
            Spikes and synapses of every source unit, projection by projection.
        """
        update = sum(-(-size // self.neuron_lanes) for size in sizes)
        delivery = sum(
            int(count @ (1 + -(-fan // self.synapse_lanes)))
            for count, fan in zip(spikes, fan_out, strict=True)
        )
        return steps * (self.overhead + update) + delivery
