"""Distances between spike trains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuromorph.result import Spikes


def van_rossum(a: Spikes, b: Spikes, *, tau: float = 10e-3) -> float:
    """Return the van Rossum distance of two populations, root of the sum over units.

    ``D**2 = (1/tau) integral (f - g)**2 dt`` with each train convolved with a decaying
    exponential; one spike against none gives ``D**2 = 1/2``.

    Parameters
    ----------
    a, b : Spikes
        Of the same number of units.
    tau : float [s]

    Raises
    ------
    ValueError
        Different numbers of units.

    Notes
    -----
    Source: van Rossum 2001, doi 10.1162/089976601300014321.
    """
    if a.n != b.n:
        raise ValueError(f"van_rossum: {a.n} and {b.n} units came, equal numbers are allowed")
    total = 0.0
    for unit in range(a.n):
        s, t = a.time[a.index == unit], b.time[b.index == unit]
        total += 0.5 * (_overlap(s, s, tau) + _overlap(t, t, tau)) - _overlap(s, t, tau)
    return float(np.sqrt(max(total, 0.0)))


def _overlap(s: NDArray[np.float64], t: NDArray[np.float64], tau: float) -> float:
    return float(np.exp(-np.abs(s[:, None] - t[None, :]) / tau).sum())
