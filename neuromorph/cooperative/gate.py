"""Output gates ``y = gate(u)``, ``u = T - theta``: value and derivative.

* ``linear``: u. ``relu``: max(0, u). ``relu6``: u within 0 and 6.
* ``sign``: 1 for u >= 0, else -1; derivative straight through: 1 within -1 and 1, else 0 (Hubara
  et al. 2016, arXiv 1602.02830).
* ``half_normal`` (not verified): ``u (1 - exp(-u**2 / (2 sigma**2)))`` for u > 0, else 0. A "half
  normal filter" of transmission is named in the literature on cooperative cells without a formula
  at hand; this reading is ours: weak drives are held back, strong ones pass.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from neuromorph.description.frame_cell import GATES

LINEAR, RELU, RELU6, HALF_NORMAL, SIGN = range(len(GATES))
CEILING = 6.0  #: of relu6

#: Gates (and what acts as one) of units that never are silent: their firing is no cost to learn.
ALWAYS = ("linear", "sign", "softmax")


@njit(cache=True, error_model="numpy")
def gate(code: int, u: Any, sigma: Any) -> Any:
    """Return (y, dy/du) of one value."""
    if code == LINEAR:
        return u, 1.0
    if code == SIGN:
        one = 0.0 * u + 1.0
        return (one if u >= 0.0 else -one), (1.0 if abs(u) <= 1.0 else 0.0)
    if u <= 0.0:
        return 0.0 * u, 0.0
    if code == RELU:
        return u, 1.0
    if code == RELU6:
        if u >= CEILING:
            return 0.0 * u + CEILING, 0.0
        return u, 1.0
    share = u * u / (2.0 * sigma * sigma)
    held = math.exp(-share)
    return u * (1.0 - held), 1.0 - held + 2.0 * share * held
