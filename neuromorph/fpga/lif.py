"""Integer LIF cells: the kernel that the core's model and the fixed-point profile share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.array_copy import copy


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


@njit(cache=True, inline="always")
def lif_fixed_unit(
    v: Any,
    left: Any,
    arrived: Any,
    drive: Any,
    v_th: Any,
    v_leak: Any,
    amount: Any,
    decay: Any,
    subtract: Any,
    refractory: Any,
    decay_bits: Any,
    low: Any,
    high: Any,
) -> Any:
    """Advance one cell by one step in integers; return (v, left, fired).

    ``v <- sat(v_leak + ((v - v_leak) decay + half >> decay_bits) + drive)`` with
    ``half = 2**(decay_bits - 1)`` and an arithmetic shift; ``fired = v > v_th``; then
    ``v <- sat(v + arrived)`` unless refractory, and the reset. A cell with ``left > 1`` neither
    moves nor fires.
    """
    waiting = left - 1 if left > 0 else left
    if waiting == 0:
        half = np.int64(1) << (decay_bits - 1)
        moved = v_leak + (((v - v_leak) * decay + half) >> decay_bits) + drive
        v = saturate(moved, low, high)
    now = (v > v_th) & (waiting == 0)
    left = refractory if now else waiting
    if left == 0:
        v = saturate(v + arrived, low, high)
    if now:
        v = saturate(v - amount, low, high) if subtract else amount
    return v, left, now


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
    count, row = 0, 0
    for j in range(n_step):
        if every > 0 and (first + j) % every == 0:
            copy(v, sampled[row])
            row += 1
        for i in range(n):
            v[i], left[i], fired = lif_fixed_unit(
                v[i], left[i], arrived[j, i], drive[drive_row[j], i], v_th[i], c.v_leak[i],
                c.amount[i], c.decay[i], c.subtract, c.refractory[i], c.decay_bits, c.low, c.high,
            )  # fmt: skip
            if fired:
                out_step[count] = first + j
                out_index[count] = i
                count += 1
    return count
