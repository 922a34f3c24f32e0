"""The error that a format makes on a random number, by integration over its density.

With the values q_k of a format times a scale, and the middles m_k between neighbours,

    E (x - Q(x))^2 = sum_k int_{m_(k-1)}^{m_k} (x - q_k)^2 p(x) dx,    m_(-1) = -inf, m_K = inf

which holds rounding and saturation alike (the analysis of arXiv 2303.17951 and arXiv 2208.09225,
where FP8 and INT8 are compared under a density; the integral is written out here by us).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from neuromorph.formats.number_format import NumberFormat

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_PANELS = 60  # of a tail, each a quarter as long as the one before in 1 / x


def expected_error(number: NumberFormat, density: Any, scale: float) -> float:
    """Return E (x - Q(x))^2.

    Parameters
    ----------
    number : NumberFormat
    density : frozen distribution of scipy.stats
        Of finite variance.
    scale : float
        What 1 in the format stands for.
    """
    q = scale * number.values()
    middle = (q[1:] + q[:-1]) / 2
    # each cell is cut at its value, where the error vanishes: two smooth pieces
    total = _pieces(density, middle[:-1], q[1:-1], q[1:-1])
    total += _pieces(density, q[1:-1], middle[1:], q[1:-1])
    total += _pieces(density, q[:1], middle[:1], q[:1]) + _pieces(density, middle[-1:], q[-1:],
                                                                  q[-1:])  # fmt: skip
    return total + _tail(density, q[0], low=True) + _tail(density, q[-1], low=False)


def _pieces(density: Any, low: Array, high: Array, q: Array) -> float:
    half = (high - low) / 2
    x = low[:, None] + half[:, None] * (_NODES + 1.0)
    inside = (x - q[:, None]) ** 2 * density.pdf(x)
    return float(np.sum(half * (inside @ _WEIGHTS)))


def _tail(density: Any, end: float, *, low: bool) -> float:
    """Return what saturation costs beyond the last value; x = end / u brings the tail to (0, 1)."""
    first, last = density.support()
    if (first >= end) if low else (last <= end):
        return 0.0
    beyond = float(end / (first if low else last))  # 0 for a density without an end
    edges = np.maximum(0.25 ** np.arange(_PANELS + 1.0), beyond)
    half = (edges[:-1] - edges[1:]) / 2
    u = edges[1:, None] + half[:, None] * (_NODES + 1.0)
    x = end / np.maximum(u, np.finfo(float).tiny)
    inside = (x - end) ** 2 * density.pdf(x) * abs(end) / u**2
    return float(np.sum(half * (inside @ _WEIGHTS)))


def best_scale(number: NumberFormat, density: Any) -> float:
    """Return the scale of least expected error.

    The error has many shallow minima for floats (it repeats with each octave), so an octave grid
    comes first and a bounded search around its best point.
    """
    width = float(density.std())
    top = float(number.values()[-1])
    grid = width / top * 2.0 ** np.arange(-1.0, 12.0, 0.25)
    errors = [expected_error(number, density, float(s)) for s in grid]
    at = int(np.argmin(errors))
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)]
    found = optimize.minimize_scalar(
        lambda s: expected_error(number, density, float(s)), bounds=(low, high), method="bounded",
        options={"xatol": 1e-4 * low},
    )  # fmt: skip
    return float(found.x if found.fun < errors[at] else grid[at])


def signal_to_noise(number: NumberFormat, density: Any, scale: float | None = None) -> float:
    """Return 10 log10(variance / expected error) [dB], at the best scale unless one is given."""
    used = best_scale(number, density) if scale is None else scale
    return float(10.0 * np.log10(density.var() / expected_error(number, density, used)))
