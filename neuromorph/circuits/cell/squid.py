"""The two-junction loop that a superconducting optoelectronic dendrite receives with.

Two equal junctions of critical current I_c, resistance r and capacitance c in a loop of inductance
L, fed in the middle with a current i [I_c] and threaded by a flux phi [Phi0]; time in units of
Phi0 / (2 pi I_c r)::

    beta_c d1'' + d1' + sin d1 = i / 2 - j,      beta_c d2'' + d2' + sin d2 = i / 2 + j
    j = (d1 - d2 - 2 pi phi) / beta_l,           beta_l = 2 pi L I_c / Phi0

Its mean voltage [I_c r], which is 2 pi times the rate of flux quanta, is the rate law r_fq of the
phenomenological model. For beta_c and beta_l towards 0 it is the closed form of :func:`overdamped`.

Source: the equations of a dc SQUID, Tesche and Clarke, J. Low Temp. Phys. 29, 301 (1977); their
use as a rate law: Shainline, Primavera and O'Loughlin, arXiv 2210.09976.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

STEP = 0.05  #: of the integration, at most
SKIPPED, COUNTED = 2, 8  #: turns left out and turns timed
LONGEST = 4000.0  #: a loop that does not turn within this time stands still
STILL = 1e-12  #: phases that move less than this per step have come to rest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateTable:
    """Mean voltage of the loop on a grid.

    Attributes
    ----------
    flux : array, shape (n_flux,) [Phi0]
        From 0 to 1/2; the law is even and of period 1.
    current : array, shape (n_current,) [I_c]
        From 0 on; the law is odd.
    rate : array, shape (n_flux, n_current) [I_c r]
    beta_c, beta_l : float
        Damping and screening of the loop.
    """

    flux: Array
    current: Array
    rate: Array
    beta_c: float
    beta_l: float

    def __call__(self, flux: ArrayLike, current: ArrayLike) -> Array:
        """Return the rate at fluxes [Phi0] and currents [I_c], between the points of the grid.

        Raises
        ------
        ValueError
            A current beyond the table.
        """
        phi, i = np.broadcast_arrays(np.asarray(flux, float), np.asarray(current, float))
        if i.size and np.abs(i).max() > self.current[-1]:
            raise ValueError(f"RateTable: a current of {np.abs(i).max():.4g} I_c came, up to "
                             f"{self.current[-1]:g} are allowed")  # fmt: skip
        out = np.array([lookup(a, b, *self.scale, self.rate)
                        for a, b in zip(phi.ravel(), i.ravel(), strict=True)])  # fmt: skip
        return out.reshape(phi.shape)

    @property
    def scale(self) -> tuple[float, float]:
        """Return steps of the grid per unit of flux and of current."""
        return 1.0 / float(self.flux[1]), 1.0 / float(self.current[1])


@cache
def rate_table(
    *, beta_c: float = 0.3, beta_l: float = 0.25, highest: float = 2.5, n_flux: int = 101,
    n_current: int = 126,
) -> RateTable:
    """Integrate the loop over a grid of fluxes and currents.

    Parameters
    ----------
    beta_c : float
        Damping, 2 pi I_c r^2 c / Phi0.
    beta_l : float
        Screening, 2 pi L I_c / Phi0. The default is ours.
    highest : float [I_c]
        Largest current.
    n_flux, n_current : int

    Raises
    ------
    ValueError
        A parameter that is not positive, or fewer than 2 points.
    """
    if not (beta_c >= 0 and beta_l > 0 and highest > 0 and n_flux > 1 and n_current > 1):
        raise ValueError(f"rate_table: beta_c {beta_c}, beta_l {beta_l}, highest {highest}, "
                         f"{n_flux} x {n_current} points came; beta_c from 0, the others positive "
                         "and 2 points or more are allowed")  # fmt: skip
    flux, current = np.linspace(0, 0.5, n_flux), np.linspace(0, highest, n_current)
    rate = mean_voltages(flux, current, beta_c, beta_l)
    return RateTable(flux=flux, current=current, rate=rate, beta_c=beta_c, beta_l=beta_l)


def overdamped(flux: ArrayLike, current: ArrayLike) -> Array:
    """Return the rate of a loop without capacitance and inductance [I_c r].

    ``sqrt((i / 2)^2 - cos^2(pi phi))`` above the critical current, else 0.
    """
    i, c = np.asarray(current, float), np.cos(np.pi * np.asarray(flux, float))
    return np.asarray(np.sqrt(np.maximum(i * i / 4 - c * c, 0.0)))


@njit(cache=True)
def squid_step(
    y: Any, i: float, phi: float, beta_c: float, beta_l: float, h: float, kept: float
) -> None:
    """Advance y = (d1, d2, d1', d2') by h; see the module for the equations.

    The current through each capacitance and resistance is held at its value in the middle of the
    step, for which the phases are drawn half a step ahead; under it voltage and phase move
    exactly, ``kept = exp(-h / beta_c)``. Second order; beta_c = 0 is allowed.
    """
    a, b = y[0] + 0.5 * h * y[2], y[1] + 0.5 * h * y[3]
    j = (a - b - 2.0 * math.pi * phi) / beta_l
    for k, drive in ((0, i / 2 - j - math.sin(a)), (1, i / 2 + j - math.sin(b))):
        excess = y[k + 2] - drive
        y[k] += h * drive + beta_c * (1.0 - kept) * excess
        y[k + 2] = drive + kept * excess


@njit(cache=True)
def mean_voltage(i: float, phi: float, beta_c: float, beta_l: float) -> float:
    """Return the mean voltage of one loop from the time of its turns; 0 if it comes to rest."""
    y = np.zeros(4)
    y[0], y[1] = math.pi * phi, -math.pi * phi
    h = min(STEP, 0.2 * beta_l)  # the phases' difference relaxes with beta_l / 2
    kept = math.exp(-h / beta_c) if beta_c > 0.0 else 0.0
    turns, first, time, goal = 0, 0.0, 0.0, 2.0 * math.pi
    while time < LONGEST:
        before, old = 0.5 * (y[0] + y[1]), y[0]
        squid_step(y, i, phi, beta_c, beta_l, h, kept)
        time += h
        after = 0.5 * (y[0] + y[1])
        if abs(y[0] - old) + abs(after - before) < STILL:
            return 0.0
        if after >= goal:
            when = time - h * (after - goal) / (after - before)
            goal += 2.0 * math.pi
            turns += 1
            if turns == SKIPPED:
                first = when
            elif turns == SKIPPED + COUNTED:
                return float(2.0 * math.pi * COUNTED / (when - first))
    return 0.0


@njit(cache=True)
def mean_voltages(flux: Any, current: Any, beta_c: float, beta_l: float) -> Any:
    """Return the mean voltage over a grid, shape (n_flux, n_current)."""
    out = np.zeros((flux.size, current.size))
    for a in range(flux.size):
        for b in range(current.size):
            out[a, b] = mean_voltage(current[b], flux[a], beta_c, beta_l)
    return out


@njit(cache=True)
def lookup(phi: float, i: float, per_flux: float, per_current: float, rate: Any) -> float:
    """Return the rate between the points of a table: bilinear, even and periodic in the flux,
    odd in the current; currents beyond the table count as its last.
    """
    phi = abs(phi - math.floor(phi + 0.5))
    x, y = phi * per_flux, abs(i) * per_current
    a, b = min(int(x), rate.shape[0] - 2), min(int(y), rate.shape[1] - 2)
    u, w = x - a, min(y - b, 1.0)
    low = rate[a, b] + w * (rate[a, b + 1] - rate[a, b])
    high = rate[a + 1, b] + w * (rate[a + 1, b + 1] - rate[a + 1, b])
    found = low + u * (high - low)
    return float(found if i >= 0.0 else -found)
