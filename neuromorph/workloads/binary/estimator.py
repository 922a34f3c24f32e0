"""What stands in for sign and its derivative while a binary net is trained.

    f(x) = sign(x) |x|^(1/o),   f'(x) = |x|^(1/o - 1) / o  where  m <= |x| <= t,
    f'(x) = f(m) / m  below m,   0  above t

o = 1 is the straight-through estimator (Bengio et al. 2013, arXiv 1308.3432) with clipping; as o
grows f comes nearer to sign and its derivative less even. Source: the rectified straight-through
estimator, Wu et al., ICCV 2023, arXiv 2308.06689, and its authors' code (DravenALG/ReSTE): the
power function, m = 0.1, t = 1.5, the piece at 0, o = 3 at the end and the schedule ``cosine`` are
theirs, as are :func:`distance` and :func:`variance`. Ours: the other schedules, weights in units of
their scale, and two indicators that do not depend on how many weights there are or how large the
gradient is, :meth:`Estimator.error` and :func:`instability`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimator:
    """A power function in place of sign.

    Attributes
    ----------
    power : float
        o at the end of training.
    schedule : "linear", "cosine", "early", "late" or "fixed"
        How it gets there from 1: over all of the training, evenly or as 1 - cos(pi/2 share), over
        its first or its second half, or not at all.
    small, top : float
        m and t.

    Raises
    ------
    ValueError
        A power below 1, or not 0 < small < top.
    """

    power: float = 1.0
    schedule: Literal["linear", "cosine", "early", "late", "fixed"] = "linear"
    small: float = 0.1
    top: float = 1.5

    def __post_init__(self) -> None:
        if not (self.power >= 1.0 and 0.0 < self.small < self.top):
            raise ValueError(
                f"Estimator: power {self.power}, small {self.small}, top {self.top} came, 1 or "
                "more and 0 < small < top are allowed"
            )
        if self.schedule not in ("linear", "cosine", "early", "late", "fixed"):
            raise ValueError(
                f"Estimator.schedule: {self.schedule!r} came, linear, cosine, early, late or "
                "fixed is allowed"
            )

    def at(self, share: float) -> float:
        """Return o when ``share`` of the training is done."""
        risen = {
            "linear": share, "cosine": 1.0 - math.cos(math.pi / 2 * share), "fixed": 1.0,
            "early": min(2 * share, 1.0), "late": max(2 * share - 1, 0.0),
        }[self.schedule]  # fmt: skip
        return 1.0 + (self.power - 1.0) * risen

    def value(self, x: Any, o: float) -> Array:
        """Return f: linear below m, the power function up to t, constant beyond."""
        size = np.abs(x)
        low = size * (self.small ** (1.0 / o) / self.small)
        held = np.minimum(np.maximum(size, self.small), self.top) ** (1.0 / o)
        return np.asarray(np.sign(x) * np.where(size < self.small, low, held))

    def slope(self, x: Any, o: float) -> Array:
        """Return f'."""
        size = np.abs(x)
        inner = self.small ** (1.0 / o) / self.small
        power = np.maximum(size, self.small) ** (1.0 / o - 1.0) / o
        return np.asarray(np.where(size < self.small, inner, power) * (size <= self.top))

    def error(self, x: Any, o: float) -> float:
        """Return the estimating error: root mean square of sign(x) - f(x)."""
        away = np.where(np.asarray(x) < 0, -1.0, 1.0) - self.value(x, o)
        return float(np.sqrt(np.mean(away**2)))


def instability(gradient: Any) -> float:
    """Return how uneven a gradient is: variance of its sizes over their mean squared."""
    size = np.abs(gradient)
    mean = float(size.mean())
    return float(size.var() / mean**2) if mean else 0.0


def distance(x: Any, o: float) -> float:
    """Return the source's estimating error: L2 norm of sign(x) - sign(x) |x|^(1/o)."""
    return float(np.linalg.norm(1.0 - np.abs(x) ** (1.0 / o)))


def variance(gradient: Any) -> float:
    """Return the source's gradient instability: variance (of the sample) of the sizes."""
    return float(np.abs(gradient).var(ddof=1))


#: Those that the study compares.
ESTIMATORS = {
    "STE": Estimator(),
    "ReSTE, o to 2": Estimator(power=2.0),
    "ReSTE, o to 3": Estimator(power=3.0),
    "ReSTE, o to 6": Estimator(power=6.0),
    "ReSTE, o to 20": Estimator(power=20.0),
}
