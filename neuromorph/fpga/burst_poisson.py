"""Burst-Poisson cells in the integers of the hardware: two units of the core per cell.

A cell is a *dendrite unit* (a leaky integrator that never spikes) and, one row later in the same
lane, a *soma unit* (an integer LIF cell with a reset). Of each, per step:

* dendrite: ``m = sat(leak + ((v - leak) decay + half >> decay_bits) + drive)``; m is handed to
  the soma; ``v <- sat(m + arrived)``.
* soma: as :func:`neuromorph.fpga.model.lif_fixed_unit`; its spike is an *event*. Then
  ``again = wait == 1``, ``wait <- max(wait - 1, 0)``, and at an event, if ``philox(unit, step,
  key) < gate[k]``, ``wait <- delay + (philox(unit, step, key ^ 1) jitter >> 32)``. It spikes if
  event or again.
* ``k = clip(512 + ((m - e_d) slope + half >> S), 0, 1023)``, ``half = 2**(S - 1)``, S the width of
  the state, ``slope = round(64 2**S / (d_d scale))`` of 24 bits,
  ``gate[k] = round(2**32 / (1 + exp(-(k - 512) / 64)))``.

The table's steps are 1/64 of d_d: with e_d in 16 bits the chance is that of the float
cell to 0.003.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.description import BurstPoisson
from neuromorph.description.discrete import full, propagator
from neuromorph.fpga.encoding import EncodedPopulation
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.lif import lif_fixed_unit, saturate
from neuromorph.philox import philox

Integers = NDArray[np.int64]
CELLS, PER_D = 512, 64  #: entries on each side of e_d, and per d_d


def gate_table() -> Integers:
    """Return the chance of a second spike as thresholds of a 32-bit draw, shape (1024,)."""
    x = (np.arange(2 * CELLS) - CELLS) / PER_D
    return np.rint(2.0**32 / (1.0 + np.exp(-x))).astype(np.int64)


@njit(cache=True, inline="always")
def dendrite_fixed_unit(
    v: Any, arrived: Any, drive: Any, v_leak: Any, decay: Any, decay_bits: Any, low: Any, high: Any
) -> Any:
    """Advance one dendrite by a step; return (what the soma reads, v)."""
    half = np.int64(1) << (decay_bits - 1)
    moved = saturate(v_leak + (((v - v_leak) * decay + half) >> decay_bits) + drive, low, high)
    return moved, saturate(moved + arrived, low, high)


@njit(cache=True, inline="always")
def burst_wait(
    wait: Any, event: Any, dendrite: Any, e_d: Any, slope: Any, timing: Any, unit: Any, step: Any,
    key: Any, gate: Any, shift: Any,
) -> Any:  # fmt: skip
    """Return (wait, again) of one soma; ``timing`` is ``delay + 65536 jitter`` in steps."""
    again = wait == 1
    wait = wait - 1 if wait > 0 else wait
    if event:
        half = np.int64(1) << (shift - 1)
        place = CELLS + (((dendrite - e_d) * slope + half) >> shift)
        place = min(max(place, 0), 2 * CELLS - 1)
        if np.int64(philox(np.uint64(unit), np.uint64(step), np.uint64(key))) < gate[place]:
            part = philox(np.uint64(unit), np.uint64(step), np.uint64(key) ^ np.uint64(1))
            wait = (timing & 0xFFFF) + ((np.int64(part) * (timing >> 16)) >> 32)
    return wait, again


class BurstConstants(NamedTuple):
    """What a population of integer burst-Poisson cells needs per step; arrays (n,)."""

    v_th: Any
    v_leak: Any
    v_reset: Any
    decay_s: Any
    decay_d: Any
    refractory: Any
    e_d: Any
    slope: Any
    timing: Any
    gate: Any
    key: Any
    decay_bits: int
    state_bits: int


@njit(cache=True)
def burst_poisson_fixed_advance(
    x: Any, basal: Any, apical: Any, drive_s: Any, row_s: Any, drive_d: Any, row_d: Any,
    c: BurstConstants, out_step: Any, out_index: Any, sampled: Any, every: int, first: int,
) -> Any:  # fmt: skip
    """Advance x = (v_soma, v_apical, left, wait) over the rows of what arrives (n_step, n)."""
    high = (np.int64(1) << (c.state_bits - 1)) - 1
    low, count, row = -high - 1, 0, 0
    for j in range(basal.shape[0]):
        if every > 0 and (first + j) % every == 0:
            sampled[row] = x[:2]
            row += 1
        for i in range(basal.shape[1]):
            dendrite, x[1, i] = dendrite_fixed_unit(
                x[1, i], apical[j, i], drive_d[row_d[j], i], c.v_leak[i], c.decay_d[i],
                c.decay_bits, low, high,
            )  # fmt: skip
            x[0, i], x[2, i], event = lif_fixed_unit(
                x[0, i], x[2, i], basal[j, i], drive_s[row_s[j], i], c.v_th[i], c.v_leak[i],
                c.v_reset[i], c.decay_s[i], False, c.refractory[i], c.decay_bits, low, high,
            )  # fmt: skip
            x[3, i], again = burst_wait(
                x[3, i], event, dendrite, c.e_d[i], c.slope[i], c.timing[i], i, first + j, c.key,
                c.gate, c.state_bits,
            )  # fmt: skip
            if event or again:
                out_step[count] = first + j
                out_index[count] = i
                count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedBurstPoisson(EncodedPopulation):
    """A population of burst-Poisson cells; ``decay`` by port, all others int64 of shape (n,)."""

    decay: dict[str, Integers]
    v_th: Integers
    v_leak: Integers
    v_reset: Integers
    e_d: Integers
    slope: Integers
    timing: Integers
    refractory: Integers

    variables: ClassVar[tuple[str, ...]] = ("v_soma", "v_apical")

    def constants(self, key: int) -> BurstConstants:
        """Return what the kernel needs; ``key`` is that of the population's draws."""
        return BurstConstants(
            v_th=self.v_th, v_leak=self.v_leak, v_reset=self.v_reset,
            decay_s=self.decay["basal"], decay_d=self.decay["apical"],
            refractory=self.refractory, e_d=self.e_d, slope=self.slope, timing=self.timing,
            gate=gate_table(), key=np.uint64(key), decay_bits=self.fixed.decay_bits,
            state_bits=self.fixed.state_bits,
        )  # fmt: skip


def encode_burst_poisson(
    cell: BurstPoisson, n: int, dt: float, fixed: FixedPoint, largest: float
) -> EncodedBurstPoisson:
    """Encode ``n`` cells whose largest incoming weight is ``largest`` [V].

    Raises
    ------
    ValueError
        A time beyond 65,535 steps or below one, or a slope that 24 bits do not hold.
    """
    volts = {name: full(getattr(cell, name), n) for name in ("v_th", "v_leak", "v_reset", "e_d")}
    fraction = fixed.fraction_bits(*volts.values(), largest)
    decay = {
        "basal": full(propagator(cell.tau_s, dt), n), "apical": full(propagator(cell.tau_d, dt), n)
    }  # fmt: skip
    r = {"basal": full(cell.r_s, n), "apical": full(cell.r_d, n)}
    scale = 2.0 ** (fraction + fixed.guard)
    slope = np.rint(PER_D * 2.0**fixed.state_bits / (full(cell.d_d, n) * scale))
    _check(slope, "d_d is too small against the potentials: its slope is", "", 0, 0xFFFFFF)
    steps = {
        name: _check(np.rint(full(getattr(cell, name), n) / dt), name, " steps", least)
        for name, least in (("burst_delay", 1), ("burst_jitter", 0), ("refractory", 1))
    }
    return EncodedBurstPoisson(
        fixed=fixed,
        fraction=fraction,
        gain={port: (1.0 - decay[port]) * r[port] for port in r},
        decay={port: fixed.encode_decay(value) for port, value in decay.items()},
        **{name: fixed.encode(value, fraction) for name, value in volts.items()},
        slope=slope.astype(np.int64),
        timing=steps["burst_delay"] | steps["burst_jitter"] << 16,
        refractory=steps["refractory"],
    )


def _check(value: Any, name: str, unit: str, least: int, most: int = 0xFFFF) -> Integers:
    for worst in (np.min(value), np.max(value)):
        if not least <= worst <= most:
            raise ValueError(
                f"BurstPoisson: {name} {worst:.0f}{unit} came, {least} to {most} fits the integers "
                "of the hardware"
            )
    return np.asarray(value, dtype=np.int64)
