"""The rate law of a leaky cell that one spike takes one quantum from, under Poisson input.

Between pulses v decays with tau; a pulse adds 1; where v passes theta the cell fires and loses 1.
In units of tau the law has two arguments only: ``f_out tau = G(f_in tau, theta)``. Far above
threshold it is ``f_in tau - (theta - 1/2)``; near it the pulses' own noise rounds the corner. G is
simulated on a grid, once, and interpolated between its points; training needs its slopes, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP, INPUTS = 0.25, np.arange(0.0, 24.01, 0.25)  #: f_in tau
GAP, THRESHOLDS = 0.25, np.arange(1.0, 9.01, 0.25)  #: theta
PULSES = 40_000  #: per point


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateLaw:
    """G on its grid, shape (n_input, n_threshold)."""

    table: Array

    def rate(self, into: Array, theta: Array) -> tuple[Array, Array, Array]:
        """Return G(into, theta) and its slopes in both arguments; all in units of 1 / tau.

        Beyond the grid G goes on as at its edge.
        """
        x = into / STEP
        y = np.broadcast_to((theta - THRESHOLDS[0]) / GAP, x.shape)
        i = np.clip(x.astype(np.int64), 0, INPUTS.size - 2)
        k = np.clip(y.astype(np.int64), 0, THRESHOLDS.size - 2)
        u, w = x - i, np.clip(y - k, 0.0, 1.0)
        low = self.table[i, k] + u * (self.table[i + 1, k] - self.table[i, k])
        high = self.table[i, k + 1] + u * (self.table[i + 1, k + 1] - self.table[i, k + 1])
        left = self.table[i, k] + w * (self.table[i, k + 1] - self.table[i, k])
        right = self.table[i + 1, k] + w * (self.table[i + 1, k + 1] - self.table[i + 1, k])
        out = np.maximum(low + w * (high - low), 0.0)
        return out, (right - left) / STEP, (high - low) / GAP


@cache
def rate_law() -> RateLaw:
    """Return the law, simulated on first use."""
    return RateLaw(table=poisson_rates(INPUTS, THRESHOLDS, PULSES, 1))


@njit(cache=True)
def poisson_rates(inputs: Any, thresholds: Any, pulses: int, seed: int) -> Any:
    """Return rates out in units of 1 / tau, shape (n_input, n_threshold)."""
    np.random.seed(seed)
    out = np.zeros((inputs.size, thresholds.size))
    for i in range(inputs.size):
        if inputs[i] == 0.0:
            continue
        gaps = np.random.exponential(1.0 / inputs[i], pulses)
        for k in range(thresholds.size):
            v, count = 0.0, 0
            for gap in gaps:
                v = v * math.exp(-gap) + 1.0
                if v > thresholds[k]:
                    v -= 1.0
                    count += 1
            out[i, k] = inputs[i] * count / pulses
    return out
