"""The Josephson neuron of Crotty, Schult and Segall: two junctions, one loop.

In units of the plasma time of the pulse junction, with p the pulse and c the control junction::

    phi_p'' + gamma phi_p' + sin phi_p = -lambda (phi_c + phi_p) + l_s i_in + (1 - l_p) i_b
    eta (phi_c'' + gamma phi_c' + sin phi_c) = -lambda (phi_c + phi_p) + l_s i_in - l_p i_b

The membrane variable is the flux ``lambda (phi_p + phi_c)`` in the loop.

Source: Crotty, Schult and Segall, Phys. Rev. E 82, 011914 (2010), arXiv 1002.2892.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Crotty:
    """Parameters of the neuron, all dimensionless; the defaults spike.

    Attributes
    ----------
    i_in, i_b : float
        Input and bias current over the critical current of the pulse junction.
    coupling : float
        lambda, the strength of the loop.
    gamma : float
        Damping.
    l_s, l_p : float
        Share of the loop's inductance through which input and bias enter.
    eta : float
        Critical current of the control junction over that of the pulse junction.

    Raises
    ------
    ValueError
        A value that is not finite, or a coupling, damping or ratio that is not positive.
    """

    i_in: float = 0.21
    i_b: float = 1.9
    coupling: float = 0.1
    gamma: float = 1.5
    l_s: float = 0.5
    l_p: float = 0.5
    eta: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            positive = field.name in ("coupling", "gamma", "eta")
            if not math.isfinite(value) or (positive and value <= 0):
                allowed = "a positive number" if positive else "a finite number"
                raise ValueError(f"Crotty.{field.name}: {value} came, {allowed} is allowed")

    def simulate(self, duration: float, *, step: float = 0.02) -> CrottyTrace:
        """Integrate from rest by the classical Runge-Kutta scheme.

        Raises
        ------
        ValueError
            A step or duration that is not positive.
        """
        if not (step > 0 and duration > 0):
            raise ValueError(f"Crotty: duration {duration} and step {step} came, both above 0")
        count = round(duration / step)
        parameters = np.array([getattr(self, field.name) for field in fields(self)])
        state = crotty_run(parameters, step, count)
        return CrottyTrace(
            time=np.arange(count + 1, dtype=np.float64) * step,
            phi_p=state[:, 0],
            phi_c=state[:, 1],
            flux=self.coupling * (state[:, 0] + state[:, 1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrottyTrace:
    """Phases [rad] and flux against time, each of shape (n_time,)."""

    time: NDArray[np.float64]
    phi_p: NDArray[np.float64]
    phi_c: NDArray[np.float64]
    flux: NDArray[np.float64]

    @property
    def spikes(self) -> NDArray[np.float64]:
        """Times at which the pulse junction has turned by pi, 3 pi, 5 pi ..."""
        turns = np.floor((np.maximum.accumulate(self.phi_p) + np.pi) / (2 * np.pi))
        return self.time[1:][np.diff(turns) > 0]


@njit(cache=True)
def crotty_step(y: Any, p: Any, out: Any) -> None:
    """Write dy/dt of y = (phi_p, phi_c, phi_p', phi_c'); see the module for the equations."""
    i_in, i_b, coupling, gamma, l_s, l_p, eta = p
    common = -coupling * (y[0] + y[1]) + l_s * i_in
    out[0] = y[2]
    out[1] = y[3]
    out[2] = common + (1 - l_p) * i_b - gamma * y[2] - math.sin(y[0])
    out[3] = (common - l_p * i_b) / eta - gamma * y[3] - math.sin(y[1])


@njit(cache=True)
def crotty_run(p: Any, h: float, count: int) -> Any:
    """Return the phases (count + 1, 2) from rest."""
    y, k, total = np.zeros(4), np.zeros(4), np.zeros(4)
    out = np.zeros((count + 1, 2))
    weight, ahead = (1 / 6, 1 / 3, 1 / 3, 1 / 6), (0.0, 0.5, 0.5, 1.0)
    for n in range(count):
        total[:] = 0.0
        k[:] = 0.0
        for stage in range(4):
            crotty_step(y + h * ahead[stage] * k, p, k)
            total += weight[stage] * k
        y += h * total
        out[n + 1, 0], out[n + 1, 1] = y[0], y[1]
    return out
