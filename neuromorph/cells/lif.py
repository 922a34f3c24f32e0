"""The leaky integrate-and-fire cell, step by step: kernels over all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.array_copy import copy
from neuromorph.cells.kernel import kernel


class LIFConstants(NamedTuple):
    """What a population of LIF cells needs per step; arrays of shape (n,)."""

    decay: Any  # exp(-dt / tau_m)
    v_leak: Any  # [V]
    gain: Any  # (1 - decay) r_m [ohm]
    amount: Any  # v_subtract or v_reset [V]
    subtract: bool
    refractory: Any  # steps, int32


@kernel()
def lif_step(v: Any, left: Any, fired: Any, current: Any, v_th: Any, c: LIFConstants) -> None:
    """Integrate one step and test the threshold, in place.

    ``v <- v_leak + (v - v_leak) exp(-dt/tau_m) + (1 - exp(-dt/tau_m)) r_m I``, then
    ``fired = v > v_th``. A unit with ``left > 0`` counts down; while it stays above zero it
    neither moves nor fires. A unit that fires gets ``left = refractory``.

    Source: Rotter and Diesmann 1999, doi 10.1007/s004220050570 (exact integration).
    """
    for i in range(v.shape[0]):
        waiting = left[i] - 1 if left[i] > 0 else 0
        moved = c.v_leak[i] + (v[i] - c.v_leak[i]) * c.decay[i] + c.gain[i] * current[i]
        v[i] = moved if waiting == 0 else v[i]
        now = (v[i] > v_th[i]) & (waiting == 0)
        fired[i] = now
        left[i] = c.refractory[i] if now else waiting


@kernel()
def lif_receive(v: Any, left: Any, fired: Any, arrived: Any, c: LIFConstants) -> None:
    """Add what arrived (dropped while refractory), then reset the units that fired."""
    for i in range(v.shape[0]):
        v[i] += arrived[i] if left[i] == 0 else 0.0
        if fired[i]:
            v[i] = v[i] - c.amount[i] if c.subtract else c.amount[i]


@njit(cache=True)  # it makes an array
def lif_advance(
    v: Any,
    left: Any,
    arrived: Any,
    current: Any,
    current_row: Any,
    v_th: Any,
    c: LIFConstants,
    out_step: Any,
    out_index: Any,
    sampled: Any,
    every: int,
    first: int,
) -> Any:
    """Advance a population over the rows of ``arrived``; return the number of spikes written.

    Parameters
    ----------
    v, left : (n,)
    arrived : (n_step, n)
        What reaches the port at each step.
    current : (n_row, n), current_row : (n_step,)
    v_th : (1, n) or (n_step, n)
    out_step, out_index : (n_step * n,)
        Spikes, written in order of step, then unit.
    sampled : (n_sample, n)
        v at the start of each step that is a multiple of ``every`` (0: none).
    first : int
        Step of row 0.
    """
    n_step, n = arrived.shape
    fired = np.zeros(n, np.bool_)
    count, row = 0, 0
    for j in range(n_step):
        if every > 0 and (first + j) % every == 0:
            copy(v, sampled[row])
            row += 1
        threshold = v_th[j] if v_th.shape[0] > 1 else v_th[0]
        lif_step(v, left, fired, current[current_row[j]], threshold, c)
        lif_receive(v, left, fired, arrived[j], c)
        for i in range(n):
            if fired[i]:
                out_step[count] = first + j
                out_index[count] = i
                count += 1
    return count
