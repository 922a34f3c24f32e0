"""Means with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    """Return the mean and its 95 % confidence interval by Student's t (None for one value)."""
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if array.size < 2:
        return mean, None
    from scipy.stats import t

    half = float(t.ppf(0.975, array.size - 1) * array.std(ddof=1) / np.sqrt(array.size))
    return mean, (mean - half, mean + half)


def mean_half(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and half of its 95 % interval (None for one value)."""
    mean, interval = mean_interval(values)
    return mean, None if interval is None else interval[1] - mean


def wilson_interval(passed: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion ``passed / n``.

    ``(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``, z the normal quantile.

    Raises
    ------
    ValueError
        ``n`` below 1, or ``passed`` outside 0 to n.

    Source
    ------
    Wilson, J. Am. Stat. Assoc. 22 (1927) 209, doi 10.1080/01621459.1927.10502953.
    """
    if n < 1 or not 0 <= passed <= n:
        raise ValueError(f"wilson_interval: {passed} of {n} came, 0 <= passed <= n is allowed")
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))
    p = passed / n
    middle, scale = p + z * z / (2 * n), 1 + z * z / n
    half = z * float(np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2))
    low = 0.0 if passed == 0 else (middle - half) / scale
    return low, 1.0 if passed == n else (middle + half) / scale
