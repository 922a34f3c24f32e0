"""Slopes of margins: how much each knob moves the edge of each range, and where that leads.

The edges of a design's ranges are smooth where the critical margin, their minimum, is not. So each
knob is moved a little both ways, all these designs are measured at once, and a linear programme
says which step within a box makes the smallest margin largest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from neuromorph.circuits.tolerance.goal import DesignJudge, Factors
from neuromorph.circuits.tolerance.margin import search

SPAN, SCAN, RESOLUTION = 0.45, 5, 0.002  #: of the ranges measured for slopes
DIFFERENCE = 0.03  #: by how much a knob is moved to find a slope
BOXES = (0.006, 0.015, 0.04, 0.1)  #: largest relative changes of a knob that are tried


def sides(judge: DesignJudge, xs: Sequence[Factors], reach: Sequence[float]) -> Factors:
    """Return the margins of designs over their reach, shape (n_design, 2 n_knob that count).

    A design that fails as it is has 0 everywhere.
    """
    moved = [k for k, r in enumerate(reach) if r > 0.0]
    names = [f"{i}:{k}" for i in range(len(xs)) for k in moved]

    def asked(rows: list[list[float]]) -> list[bool]:
        pairs = []
        for row in rows:
            place = next((p for p, x in enumerate(row) if x != 1.0), 0)
            full = [1.0] * len(reach)
            full[moved[place % len(moved)]] = row[place]
            pairs.append((xs[place // len(moved)], full))
        return judge(pairs)

    works = np.array(judge([(x, [1.0] * len(reach)) for x in xs]))
    if not works[0]:
        return np.zeros((len(xs), 2 * len(moved)))
    found = search(asked, names, span=SPAN, scan=SCAN, resolution=RESOLUTION)
    each = np.array([[-m.low, m.high] for m in found.margins]).reshape(len(xs), len(moved), 2)
    weighed: Factors = each / np.array([reach[k] for k in moved])[:, None] * works[:, None, None]
    return weighed.reshape(len(xs), -1)


def neighbours(x: Factors) -> list[Factors]:
    """Return a design, and those with one knob each moved down and up."""
    found = [x]
    for knob in range(x.size):
        for sign in (-1.0, 1.0):
            other = x.copy()
            other[knob] *= np.exp(sign * DIFFERENCE)
            found.append(other)
    return found


def steps(x: Factors, measured: Factors, bounds: tuple[float, float]) -> list[Factors]:
    """Return designs that the slopes promise to be better, one per box.

    Parameters
    ----------
    measured : array, shape (2 n + 1, n_side)
        The sides of :func:`neighbours`. Where one of them fails altogether the other one's
        difference counts alone.
    """
    here, down, up = measured[0], measured[1::2], measured[2::2]
    slope = (up - down) / (2 * DIFFERENCE)
    for failed, rest in ((down, (up - here) / DIFFERENCE), (up, (here - down) / DIFFERENCE)):
        lost = ~failed.any(axis=1)
        slope[lost] = rest[lost]
    return [np.clip(x * np.exp(_best(here, slope, box)), *bounds) for box in BOXES]


def _best(here: NDArray[np.float64], slope: NDArray[np.float64], box: float) -> Factors:
    """Maximise t over steps d and t: here + slope^T d >= t, |d| <= box."""
    n, n_side = slope.shape
    matrix = np.hstack([-slope.T, np.ones((n_side, 1))])
    limits = [(-box, box)] * n + [(None, None)]
    found = linprog(np.r_[np.zeros(n), -1.0], A_ub=matrix, b_ub=here, bounds=limits)
    step: Factors = found.x[:n] if found.x is not None else np.zeros(n)
    return step
