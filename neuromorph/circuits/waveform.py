"""Waveforms of sources: value at a time, and exact integral, both vectorised.

Every waveform is a frozen dataclass of SI floats with ``value(t)``, ``integral(t)`` from 0 to t,
and ``corners(first, last)``, the times between which it is smooth. The average over one step,
which the fourth-order scheme needs exactly where a step holds a corner, is :func:`averages`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


class Waveform(Protocol):
    """What every source can do."""

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s], [A], [V] or [rad]."""

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""

    def linear(self) -> bool:
        """Return whether it is a straight line between corners."""

    def scaled(self, factor: float) -> Waveform:
        """Return the same waveform times ``factor``."""


def averages(wave: Waveform, t: Array, level: Array) -> Array:
    """Return the exact average over each step of the grid ``t``, given the levels on it."""
    if not wave.linear():
        return np.diff(wave.integral(t)) / np.diff(t)
    result: Array = (level[1:] + level[:-1]) / 2
    corners = wave.corners(float(t[0]), float(t[-1]))
    if corners.size:
        # a jump on the grid belongs to the step that it ends, too: the level there is that after it
        around = [np.searchsorted(t, corners, side=side) - 1 for side in ("left", "right")]
        step = np.unique(np.clip(np.concatenate(around), 0, t.size - 2))
        ends = wave.integral(np.concatenate((t[step], t[step + 1])))
        result[step] = (ends[step.size:] - ends[: step.size]) / (t[step + 1] - t[step])
    return result


@dataclass(frozen=True, slots=True)
class Dc:
    """A constant level, present before t = 0 as well."""

    level: float

    def __post_init__(self) -> None:
        _finite("dc", (self.level,))

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        return np.full_like(t, self.level)

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        return self.level * t

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""
        return np.zeros(0)

    def linear(self) -> bool:
        """Return whether it is a straight line between corners."""
        return True

    def scaled(self, factor: float) -> Dc:
        """Return the same waveform times ``factor``."""
        return Dc(self.level * factor)


@dataclass(frozen=True, slots=True, eq=False)
class Pwl:
    """Straight lines between points; constant before the first and after the last.

    Thousands of points are fine: evaluation is vectorised and exact.

    Parameters
    ----------
    time : array_like, shape (n,) [s], increasing
    level : array_like, shape (n,)
    """

    time: Array
    level: Array

    def __init__(self, time: ArrayLike, level: ArrayLike) -> None:
        t = np.array(time, dtype=np.float64).ravel()
        y = np.array(level, dtype=np.float64).ravel()
        if t.size == 0 or t.size != y.size:
            raise ValueError(f"pwl: {t.size} times and {y.size} levels came, as many of each "
                             "are needed, at least one")
        _finite("pwl", t)
        _finite("pwl", y)
        if np.any(np.diff(t) < 0):
            i = int(np.argmax(np.diff(t) < 0)) + 1
            raise ValueError(f"pwl: time {t[i]:g} s after {t[i - 1]:g} s, times must increase")
        t.setflags(write=False)
        y.setflags(write=False)
        object.__setattr__(self, "time", t)
        object.__setattr__(self, "level", y)

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Pwl) and np.array_equal(self.time, other.time)
                and np.array_equal(self.level, other.level))

    def __hash__(self) -> int:
        return hash((self.time.tobytes(), self.level.tobytes()))

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        return np.interp(t, self.time, self.level)

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        return _pwl_primitive(self, t) - _pwl_primitive(self, np.zeros(1))

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""
        low, high = np.searchsorted(self.time, [first, last])
        return self.time[low : high + 1]

    def linear(self) -> bool:
        """Return whether it is a straight line between corners."""
        return True

    def scaled(self, factor: float) -> Pwl:
        """Return the same waveform times ``factor``."""
        scaled = object.__new__(Pwl)  # the times are checked already
        level = self.level * factor
        _finite("pwl", level)
        level.setflags(write=False)
        object.__setattr__(scaled, "time", self.time)
        object.__setattr__(scaled, "level", level)
        return scaled


def _pwl_primitive(wave: Pwl, t: Array) -> Array:
    time, level = wave.time, wave.level
    steps = np.diff(time)
    area = np.concatenate(([0.0], np.cumsum(steps * (level[1:] + level[:-1]) / 2)))
    k = np.clip(np.searchsorted(time, t, side="right") - 1, 0, time.size - 1)
    rest = t - time[k]
    slope = np.append(np.divide(np.diff(level), steps, out=np.zeros_like(steps), where=steps > 0),
                      0.0)
    slope_here = np.where(rest < 0, 0.0, slope[k])
    result: Array = area[k] + rest * (level[k] + slope_here * rest / 2)
    return result


def _finite(name: str, values: ArrayLike) -> None:
    if not np.all(np.isfinite(np.asarray(values, dtype=np.float64))):
        raise ValueError(f"{name}: a value that is not finite came, finite numbers are allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A trapezoid, repeated with ``period``: SPICE's ``pulse``."""

    low: float
    high: float
    delay: float
    rise: float
    fall: float
    width: float
    period: float

    def __post_init__(self) -> None:
        _finite("pulse", (self.low, self.high, self.delay, self.rise, self.fall, self.width,
                          self.period))
        if min(self.rise, self.fall, self.width, self.delay) < 0:
            raise ValueError("pulse: a negative time came, times of 0 and more are allowed")
        if self.period <= 0 or self.period < self.rise + self.fall + self.width - 1e-21:
            raise ValueError(
                f"pulse: period {self.period:g} s is shorter than rise, width and fall together "
                f"({self.rise + self.fall + self.width:g} s)"
            )

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        x, y = self._one_period()
        local = np.mod(t - self.delay, self.period)
        return np.where(t < self.delay, self.low, np.interp(local, x, y))

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        x, y = self._one_period()
        one = Pwl(x, y)
        late = np.maximum(t - self.delay, 0.0)
        turns = np.floor(late / self.period)
        whole = float(one.integral(np.array([self.period]))[0])
        part = one.integral(late - turns * self.period)
        return np.minimum(t, self.delay) * self.low + turns * whole + part

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""
        turn = np.arange(max(0.0, (first - self.delay) // self.period),
                         max(0.0, (last - self.delay) // self.period) + 1)
        times = self.delay + (turn[:, None] * self.period + self._one_period()[0]).ravel()
        return times[(times >= first) & (times <= last)]

    def linear(self) -> bool:
        """Return whether it is a straight line between corners."""
        return True

    def scaled(self, factor: float) -> Pulse:
        """Return the same waveform times ``factor``."""
        return Pulse(low=self.low * factor, high=self.high * factor, delay=self.delay,
                     rise=self.rise, fall=self.fall, width=self.width, period=self.period)

    def _one_period(self) -> tuple[Array, Array]:
        x = np.cumsum([0.0, self.rise, self.width, self.fall])
        return x, np.array([self.low, self.high, self.high, self.low])


class _Smooth:
    """Waveforms whose integral is taken by 8-point Gauss between their own corners."""

    __slots__ = ()

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        raise NotImplementedError

    def breaks(self) -> tuple[float, ...]:
        """Return all times at which the waveform is not smooth [s]."""
        return ()

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""
        return np.array([t for t in self.breaks() if first <= t <= last])

    def linear(self) -> bool:
        """Return whether it is a straight line between corners."""
        return False

    def pace(self) -> float:
        """Return a time over which eight Gauss points are plenty."""
        return math.inf

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        last = float(np.max(t, initial=0.0))
        grid = np.unique(np.concatenate((
            [0.0], np.asarray(t, dtype=np.float64).ravel(),
            [c for c in self.breaks() if 0 < c < last],
            np.arange(0.0, last, self.pace()) if math.isfinite(self.pace()) else [],
        )))
        half = np.diff(grid)[:, None] / 2
        points = grid[:-1, None] + half * (1 + _NODES)
        pieces = (self.value(points.ravel()).reshape(points.shape) * half) @ _WEIGHTS
        total = np.concatenate(([0.0], np.cumsum(pieces)))
        total -= total[np.searchsorted(grid, 0.0)]
        return total[np.searchsorted(grid, t)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sine(_Smooth):
    """``offset + amplitude exp(-damping tau) sin(2 pi frequency tau + phase)``, tau = t - delay."""

    offset: float
    amplitude: float
    frequency: float
    delay: float = 0.0
    damping: float = 0.0
    phase: float = 0.0
    cycles: float = 0.0

    def __post_init__(self) -> None:
        _finite("sin", (self.offset, self.amplitude, self.frequency, self.delay, self.damping,
                        self.phase, self.cycles))
        if self.frequency < 0:
            raise ValueError(f"sin: frequency {self.frequency:g} Hz, 0 and more is allowed")
        if self.cycles > 0 and self.frequency == 0:
            raise ValueError("sin: a number of cycles needs a frequency above 0 Hz")

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        tau = t - self.delay
        live = tau >= 0
        if self.cycles > 0:
            live &= tau < self.cycles / self.frequency
        tau = np.where(live, tau, 0.0)
        wave = np.exp(-self.damping * tau) * np.sin(2 * math.pi * self.frequency * tau + self.phase)
        return self.offset + np.where(live, self.amplitude * wave, 0.0)

    def breaks(self) -> tuple[float, ...]:
        """Return all times at which the waveform is not smooth [s]."""
        end = (self.delay + self.cycles / self.frequency,) if self.cycles > 0 else ()
        return (self.delay, *end)

    def pace(self) -> float:
        """Return a time over which eight Gauss points are plenty [s]."""
        return 0.25 / self.frequency if self.frequency > 0 else math.inf

    def scaled(self, factor: float) -> Sine:
        """Return the same waveform times ``factor``."""
        return Sine(offset=self.offset * factor, amplitude=self.amplitude * factor,
                    frequency=self.frequency, delay=self.delay, damping=self.damping,
                    phase=self.phase, cycles=self.cycles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential(_Smooth):
    """SPICE's ``exp``: towards ``high`` from ``rise_delay``, back from ``fall_delay``."""

    low: float
    high: float
    rise_delay: float
    rise_tau: float
    fall_delay: float
    fall_tau: float

    def __post_init__(self) -> None:
        _finite("exp", (self.low, self.high, self.rise_delay, self.rise_tau, self.fall_delay,
                        self.fall_tau))
        if min(self.rise_tau, self.fall_tau) <= 0:
            raise ValueError("exp: a time constant of 0 or less came, more than 0 s is allowed")

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        step = self.high - self.low
        up = -np.expm1(-np.maximum(t - self.rise_delay, 0.0) / self.rise_tau)
        down = -np.expm1(-np.maximum(t - self.fall_delay, 0.0) / self.fall_tau)
        result: Array = self.low + step * (up - down)
        return result

    def breaks(self) -> tuple[float, ...]:
        """Return all times at which the waveform is not smooth [s]."""
        return (self.rise_delay, self.fall_delay)

    def pace(self) -> float:
        """Return a time over which eight Gauss points are plenty [s]."""
        return min(self.rise_tau, self.fall_tau)

    def scaled(self, factor: float) -> Exponential:
        """Return the same waveform times ``factor``."""
        return Exponential(low=self.low * factor, high=self.high * factor,
                           rise_delay=self.rise_delay, rise_tau=self.rise_tau,
                           fall_delay=self.fall_delay, fall_tau=self.fall_tau)
