"""Columns of the source table: waveforms, and their integrals and derivatives.

A voltage source V fixes the phase Lambda = (2 pi/Phi0) int V dt between its nodes, a phase
source fixes Lambda itself. Inductors see Lambda, resistors its first and capacitors its second
derivative, so each source has up to three columns, found from its waveform in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.waveform import Dc, Pwl, Waveform, averages
from neuromorph.units import PHI0

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True, slots=True)
class Arrival(Dc):
    """The wave that arrives at a port of a line; the kernel writes its levels."""

    level: float = field(default=0.0, init=False)
    line: str
    port: int

    def __init__(self, line: str, port: int) -> None:
        object.__setattr__(self, "level", 0.0)
        object.__setattr__(self, "line", line)
        object.__setattr__(self, "port", port)


@dataclass(frozen=True, slots=True)
class Column:
    """``factor`` times the ``order``-th derivative of a waveform, per ps; order -1: integral."""

    waveform: Waveform
    order: int = 0
    factor: float = 1.0

    def settled(self, t: Array) -> int:
        """Return how many of the times ``t``, at least two, it takes until it moves no more."""
        wave = self.waveform
        if self.order or not isinstance(wave, Dc | Pwl) or isinstance(wave, Arrival):
            return t.size
        last = 0.0 if isinstance(wave, Dc) else float(wave.time[-1])
        return int(np.clip(np.searchsorted(t, last) + 2, 2, t.size))

    def levels(self, t: Array) -> Array:
        """Return the value at times ``t`` [s]; a derivative is the one from the right."""
        if self.order == 0:
            return self.factor * self.waveform.value(t)
        if self.order < 0:
            return self.factor * 1e12 * self.waveform.integral(t)
        tiny = 1e-16
        above = self.waveform.value(t + tiny)
        if self.order == 1:
            return self.factor * 1e-12 / tiny * (above - self.waveform.value(t))
        wide = 1e-14
        bend = (self.waveform.value(t + wide) - 2 * self.waveform.value(t)
                + self.waveform.value(t - wide)) / wide**2
        return self.factor * 1e-24 * bend

    def averages(self, t: Array, level: Array) -> Array:
        """Return the average over each step of the grid ``t`` [s]."""
        if self.order == 0:
            flat = np.all(level == level[0])
            if flat and not self.waveform.corners(float(t[0]), float(t[-1])).size:
                return level[1:]
            return self.factor * averages(self.waveform, t, level / self.factor)
        if self.order < 0:
            half = np.diff(t)[:, None] / 2
            points = t[:-1, None] + half * (1 + _NODES)
            inside = self.waveform.integral(points.ravel()).reshape(points.shape)
            return self.factor * 1e12 / 2 * (inside @ _WEIGHTS)
        lower = Column(self.waveform, self.order - 1, self.factor).levels(t)
        return np.diff(lower) / (np.diff(t) * 1e12)


def voltage_column(waveform: Waveform, derivative: int) -> Column:
    """Return Lambda of a voltage source [V], differentiated: rad, rad/ps, rad/ps^2."""
    return Column(waveform, derivative - 1, 2 * np.pi / PHI0 * 1e-12)


def phase_column(waveform: Waveform, derivative: int) -> Column:
    """Return Lambda of a phase source [rad], differentiated: rad, rad/ps, rad/ps^2."""
    return Column(waveform, derivative)
