"""The context of a two-point cell: a leaky trace, and what it does to threshold or passage."""

from __future__ import annotations

import math
from typing import Any

from neuromorph.cells.kernel import kernel


@kernel()
def context_trace(c: Any, arrived: Any, decay: Any, before: Any, out: Any) -> None:
    """Fill ``out`` (n_step, n) with the context that acts at each step; ``c`` goes on in place.

    ``c <- c exp(-dt/tau_c)`` (acts now), then what arrives at this step is added. ``before``
    gets c at the start of each step.
    """
    for j in range(arrived.shape[0]):
        for i in range(c.shape[0]):
            before[j, i] = c[i]
            c[i] *= decay[i]
            out[j, i] = c[i]
            c[i] += arrived[j, i]


@kernel()
def context_threshold(trace: Any, v_th: Any, gain: Any, v_floor: Any, out: Any) -> None:
    """Threshold under context: ``max(v_floor, v_th - gain c)``, shape (n_step, n)."""
    for j in range(trace.shape[0]):
        for i in range(trace.shape[1]):
            out[j, i] = max(v_floor[i], v_th[i] - gain[i] * trace[j, i])


@kernel()
def context_gate(trace: Any, c_half: Any, c_grey: Any, out: Any) -> None:
    """Chance that a pulse passes: ``(1 + erf(sqrt(pi) (c - c_half) / c_grey)) / 2``.

    Source: the grey zone of a Josephson decision pair, Filippov et al. 1995,
    doi 10.1109/77.403045 (definition of the grey zone by the slope at half passage).
    """
    for j in range(trace.shape[0]):
        for i in range(trace.shape[1]):
            x = math.sqrt(math.pi) * (trace[j, i] - c_half[i]) / c_grey[i]
            out[j, i] = 0.5 * (1.0 + math.erf(x))
