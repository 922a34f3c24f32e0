"""Dendrites of superconducting optoelectronic networks, in their phenomenological model.

A dendrite is a two-junction loop (its flux phi is the input) whose flux quanta charge an
integrating loop that leaks. With s the current stored [I_c]::

    beta ds/dt' = r_fq(phi, i_b - s) - alpha s,      phi_i = sum_j J_ij s_j + phi_ext_i

in the time t' = 2 pi I_c r t / Phi0; beta = 2 pi L I_c / Phi0 is the integrating loop's
inductance and ``alpha = beta / (2 pi I_c r tau / Phi0)`` its leak, so that s decays with tau. The
published stepper is Euler's, and so is this one. r_fq is not taken from anywhere: see
:mod:`neuromorph.circuits.cell.squid`.

Source: Shainline, Primavera and O'Loughlin, arXiv 2210.09976; the values of the defaults are those
of the public package sim_soens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from neuromorph.circuits.cell.squid import RateTable, lookup, rate_table
from neuromorph.units import PHI0

Array = NDArray[np.float64]

CRITICAL = 100e-6  #: of each junction [A]
CAPACITANCE = 0.15e-12  #: of each junction [F]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dendrites:
    """A group of dendrites coupled through flux.

    Attributes
    ----------
    coupling : array or scipy sparse, shape (n, n) [Phi0 per I_c]
        ``J[i, j]``: flux into dendrite i per stored current of dendrite j.
    bias : float or array, shape (n,) [I_c]
        Current into the receiving loop; 2 less it is the distance from its critical current.
    tau : float or array, shape (n,) [s]
        Leak of the integrating loop.
    beta : float or array, shape (n,)
        Inductance of the integrating loop, 2 pi L I_c / Phi0.
    table : RateTable

    Raises
    ------
    ValueError
        A coupling that is not square, or a value that is not positive or beyond the table.
    """

    coupling: Any
    bias: ArrayLike = 1.802
    tau: ArrayLike = 250e-9
    beta: ArrayLike = 2 * np.pi * 100
    table: RateTable = field(default_factory=rate_table)

    def __post_init__(self) -> None:
        matrix = csr_array(self.coupling, dtype=np.float64)
        if matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"Dendrites.coupling: shape {matrix.shape} came, a square one is "
                             "allowed")  # fmt: skip
        object.__setattr__(self, "coupling", matrix)
        for name in ("bias", "tau", "beta"):
            values = np.broadcast_to(np.asarray(getattr(self, name), np.float64), (self.n,))
            if not (np.isfinite(values).all() and (values > 0).all()):
                raise ValueError(f"Dendrites.{name}: {values.min():g} came, positive and finite "
                                 "values are allowed")  # fmt: skip
            object.__setattr__(self, name, values)
        highest = float(np.max(np.asarray(self.bias)))
        if highest > self.table.current[-1]:
            raise ValueError(f"Dendrites.bias: {highest:g} came, up to the table's "
                             f"{self.table.current[-1]:g} I_c are allowed")  # fmt: skip

    @property
    def n(self) -> int:
        """Number of dendrites."""
        return int(self.coupling.shape[0])

    def simulate(
        self, flux: ArrayLike, *, step: float, start: ArrayLike = 0.0
    ) -> Array:
        """Step the dendrites under external fluxes.

        Parameters
        ----------
        flux : array, shape (n_time, n) [Phi0]
            From outside, held for one step each.
        step : float [s]
        start : float or array, shape (n,) [I_c]

        Returns
        -------
        array, shape (n_time + 1, n) [I_c]
            The stored currents, ``start`` first.

        Raises
        ------
        ValueError
            Fluxes of another shape, or a step that Euler's scheme does not stand.
        """
        phi = np.ascontiguousarray(flux, dtype=np.float64)
        if phi.ndim != 2 or phi.shape[1] != self.n:
            raise ValueError(f"Dendrites.simulate, flux: shape {phi.shape} came, (n_time, "
                             f"{self.n}) is allowed")  # fmt: skip
        shortest = float(np.min(np.asarray(self.tau)))
        if not 0 < step < shortest:
            raise ValueError(f"Dendrites.simulate, step: {step:g} s came, a positive one below the "
                             f"shortest tau, {shortest:g} s, is allowed")  # fmt: skip
        s = np.zeros((phi.shape[0] + 1, self.n))
        s[0] = start
        gain = step * frequency(self.table.beta_c) / np.asarray(self.beta)
        leak = step / np.asarray(self.tau)
        dendrite_run(s, phi, *jagged(self.coupling), np.asarray(self.bias), gain, leak,
                     *self.table.scale, self.table.rate)  # fmt: skip
        return s


def frequency(beta_c: float = 0.3) -> float:
    """Return 2 pi I_c r / Phi0 of the default junctions at a damping [rad/s]."""
    r = math.sqrt(beta_c * PHI0 / (2 * math.pi * CAPACITANCE * CRITICAL))
    return 2 * math.pi * CRITICAL * r / PHI0


def synapse_flux(
    pulses: Sequence[float] | Array, time: ArrayLike, *, peak: float = 0.5, rise: float = 0.02e-9,
    fall: float = 50e-9,
) -> Array:
    """Return the flux of an optical synapse [Phi0] at times [s].

    After each detected photon, with ``t`` since then and ``hold = 3 rise``::

        peak (1 - rise / fall) (1 - exp(-t / rise))                          up to hold
        peak (1 - rise / fall) (1 - exp(-hold / rise)) exp(-(t - hold) / fall)   after it

    A photon that comes while the detector still recovers starts the response anew.
    """
    now, hold = np.asarray(time, float), 3 * rise
    events = np.sort(np.asarray(pulses, float))
    last = np.searchsorted(events, now, side="right") - 1
    out = np.zeros(now.shape)
    lit = last >= 0
    since = now[lit] - events[last[lit]]
    size = peak * (1 - rise / fall)
    up = size * (1 - np.exp(-since / rise))
    down = size * (1 - np.exp(-hold / rise)) * np.exp(-(since - hold) / fall)
    out[lit] = np.where(since <= hold, up, down)
    return out


def jagged(matrix: csr_array) -> tuple[Any, Any, Any, Any]:
    """Return a matrix by jagged diagonals: the first entries of all rows, the second ones, ...

    Rows stand in order of their number of entries, so that every diagonal is a run without holes.

    Returns
    -------
    weight, index : (n_entry,)
        Value and column, diagonal by diagonal.
    count : (n_diagonal,)
        Entries of each diagonal.
    place : (n,)
        Where a row stands in that order.
    """
    held = np.diff(matrix.indptr)
    order = np.argsort(-held, kind="stable")
    place = np.empty(order.size, np.uint32)
    place[order] = np.arange(order.size, dtype=np.uint32)
    count = np.array([np.count_nonzero(held > k) for k in range(held.max(initial=0))], np.int64)
    at = [matrix.indptr[order[:rows]] + k for k, rows in enumerate(count)]
    entry = np.concatenate([np.zeros(0, np.int64), *at])
    return matrix.data[entry], matrix.indices[entry].astype(np.uint32), count, place


@njit(cache=True)
def dendrite_run(
    s: Any, flux: Any, weight: Any, index: Any, count: Any, place: Any, bias: Any, gain: Any,
    leak: Any, per_flux: float, per_current: float, rate: Any,
) -> None:  # fmt: skip
    """Fill s (n_time + 1, n) from its first row; see the module for the equation.

    The coupling comes by jagged diagonals: no entry of one waits for another of it, whereas the
    sum of one row is a chain of additions.
    """
    phi = np.empty(flux.shape[1])
    for t in range(flux.shape[0]):
        now, after = s[t], s[t + 1]
        phi[:] = 0.0
        first = 0
        for k in range(count.size):
            w, column = weight[first : first + count[k]], index[first : first + count[k]]
            for i in range(w.size):
                phi[i] += w[i] * now[column[i]]
            first += count[k]
        for i in range(flux.shape[1]):
            made = lookup(
                flux[t, i] + phi[place[i]], bias[i] - now[i], per_flux, per_current, rate
            )
            after[i] = now[i] * (1.0 - leak[i]) + gain[i] * made
