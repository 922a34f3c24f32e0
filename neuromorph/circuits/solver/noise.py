"""Thermal noise: a counter-based generator and the kick of one step.

Every resistor and every junction resistance carries an independent current of variance
2kT/(R h) per step (one-sided density 4kT/R, white up to the Nyquist frequency of the step).
A draw depends on the seed, the step and the branch alone, so results do not depend on the
order of evaluation. Draws are sums of four uniform 16-bit numbers (variance one, excess
kurtosis -0.3); a junction averages many steps, so its phase feels a normal force.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_S16, _S32, _S48 = np.uint64(16), np.uint64(32), np.uint64(48)
_LOW = np.uint64(0xFFFF)
# four uniform 16-bit numbers: mean 2 (2^16 - 1), variance (2^32 - 1)/3
_MEAN = 2.0 * 65535.0
_SCALE = float(np.sqrt(3.0 / (2.0**32 - 1.0)))


class Noise(NamedTuple):
    """Whether there is noise, and the key that the seed gave."""

    on: bool
    key: int


def noise_key(seed: int) -> int:
    """Return the key of a seed: the 62 high bits of its SplitMix64 hash."""
    mask = (1 << 64) - 1
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) >> 2


@njit(cache=True)
def normal(key, step, branch):  # type: ignore[no-untyped-def]
    """Return a draw of mean 0 and variance 1 for (seed, step, branch).

    SplitMix64's finaliser over a counter (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014).
    """
    z = np.uint64(key) + (np.uint64(step) * np.uint64(0x100000001) + np.uint64(branch)) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    total = (z & _LOW) + ((z >> _S16) & _LOW) + ((z >> _S32) & _LOW) + (z >> _S48)
    return (np.float64(np.int64(total)) - _MEAN) * _SCALE


@njit(cache=True)
def kick(single, several, key, step, scale, source, out):  # type: ignore[no-untyped-def]
    """Set ``out`` to the source drive plus this step's thermal drive; scale is 1/sqrt(h)."""
    n = single.size
    for i in range(n):
        out[i] = source[i] + single[i] * scale * normal(key, step, i)
    for k in range(several.start.size - 1):
        draw = scale * normal(key, step, n + k)
        for p in range(several.start[k], several.start[k + 1]):
            out[several.column[p]] += several.value[p] * draw
