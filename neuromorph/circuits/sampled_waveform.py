"""Waveforms given by points: half cosines between them, samples of a file, band-limited noise."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuromorph.circuits.waveform import Pwl, _finite, _Smooth

Array = NDArray[np.float64]


def _points(name: str, time: ArrayLike, level: ArrayLike) -> tuple[Array, Array]:
    t = np.array(time, dtype=np.float64).ravel()
    y = np.array(level, dtype=np.float64).ravel()
    if t.size == 0 or t.size != y.size:
        raise ValueError(f"{name}: {t.size} times and {y.size} levels came, as many of each are "
                         "needed, at least one")
    _finite(name, t)
    _finite(name, y)
    if np.any(np.diff(t) <= 0):
        i = int(np.argmax(np.diff(t) <= 0)) + 1
        raise ValueError(f"{name}: time {t[i]:g} s after {t[i - 1]:g} s, times must increase")
    t.setflags(write=False)
    y.setflags(write=False)
    return t, y


@dataclass(frozen=True, slots=True, eq=False)
class Pws(_Smooth):
    """Half cosines from point to point, ``v_i + (v_{i+1} - v_i) (1 - cos(pi u))/2``.

    Constant before the first point and after the last.

    Parameters
    ----------
    time : array_like, shape (n,) [s], increasing
    level : array_like, shape (n,)
    """

    time: Array
    level: Array

    def __init__(self, time: ArrayLike, level: ArrayLike) -> None:
        t, y = _points("pws", time, level)
        object.__setattr__(self, "time", t)
        object.__setattr__(self, "level", y)

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Pws) and np.array_equal(self.time, other.time)
                and np.array_equal(self.level, other.level))

    def __hash__(self) -> int:
        return hash((self.time.tobytes(), self.level.tobytes()))

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        if self.time.size == 1:
            return np.full_like(t, self.level[0])
        k = np.clip(np.searchsorted(self.time, t, side="right") - 1, 0, self.time.size - 2)
        u = np.clip((t - self.time[k]) / np.diff(self.time)[k], 0.0, 1.0)
        result: Array = self.level[k] + np.diff(self.level)[k] * (1 - np.cos(math.pi * u)) / 2
        return result

    def breaks(self) -> tuple[float, ...]:
        """Return all times at which the waveform is not smooth [s]."""
        return tuple(self.time.tolist())

    def scaled(self, factor: float) -> Pws:
        """Return the same waveform times ``factor``."""
        return Pws(self.time, self.level * factor)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Custom(_Smooth):
    """Samples of a file every ``interval`` from ``delay`` on: JoSIM's ``cus``.

    ``order`` 0 holds each sample for one interval; 1 draws a straight line from each sample to
    the next, which takes the first interval to rise from 0 to the first sample; 2 is a natural
    cubic spline through sample k at ``delay + k interval``. With n samples the waveform is 0
    from ``delay + n interval`` on, or starts again if ``periodic``.

    Source: JoSIM 2.7, src/Function.cpp (MIT licence). There the spline and the period of a
    delayed source are not delayed with it; here they are.

    Parameters
    ----------
    samples : array_like, shape (n,)
    interval, delay : float [s]
    order : int
        0, 1 or 2.
    file : str
        Where the samples came from; a deck that is written names it.
    """

    samples: Array
    interval: float
    factor: float = 1.0
    order: int = 1
    delay: float = 0.0
    periodic: bool = False
    file: str = ""
    curve: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        samples = np.array(self.samples, dtype=np.float64).ravel()
        if not samples.size:
            raise ValueError("cus: no samples came, at least one is needed")
        _finite("cus", samples)
        _finite("cus", (self.interval, self.factor, self.delay))
        if self.interval <= 0 or self.delay < 0 or self.order not in (0, 1, 2):
            raise ValueError(f"cus: interval {self.interval:g} s, delay {self.delay:g} s, order "
                             f"{self.order} came; above 0 s, from 0 s on, and 0, 1 or 2 are "
                             "allowed")
        samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "curve", _second_derivatives(samples))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Custom) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return (self.samples.tobytes(), self.interval, self.factor, self.order, self.delay,
                self.periodic)

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        n = self.samples.size
        x = (np.asarray(t, dtype=np.float64) - self.delay) / self.interval
        x = np.where(np.abs(x - np.rint(x)) < 1e-9, np.rint(x), x)
        live = (x >= 0) & (self.periodic | (x <= n))
        x = np.mod(x, n) if self.periodic else np.clip(x, 0.0, n)
        k = np.minimum(x.astype(np.int64), n - 1)
        if self.order == 0:
            y = self.samples[k]
        elif self.order == 1:
            before = np.where(k > 0, self.samples[k - 1], 0.0)
            y = before + (self.samples[k] - before) * (x - k)
        else:
            y = self._spline(k, x - k)
        result: Array = np.where(live, self.factor * y, 0.0)
        return result

    def _spline(self, k: NDArray[np.int64], u: Array) -> Array:
        last = self.samples.size - 1
        if last == 0:
            return np.full(u.shape, self.samples[0])
        i = np.minimum(k, last - 1)
        w = np.where(k > i, 1.0, u)
        a, b, ca, cb = self.samples[i], self.samples[i + 1], self.curve[i], self.curve[i + 1]
        y = (1 - w) * a + w * b + (((1 - w) ** 3 - (1 - w)) * ca + (w**3 - w) * cb) / 6
        end = b - a + (ca + 2 * cb) / 6
        result: Array = y + np.where(k > i, end * u, 0.0)
        return result

    def corners(self, first: float, last: float) -> Array:
        """Return the times from ``first`` to ``last`` at which it is not smooth [s]."""
        low = max(0, math.floor((first - self.delay) / self.interval))
        high = math.ceil((last - self.delay) / self.interval) + 1
        if not self.periodic:
            high = min(high, self.samples.size + 1)
        times: Array = self.delay + self.interval * np.arange(low, max(low, high), dtype=np.float64)
        return times[(times >= first) & (times <= last)]

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        return _gauss(self, t, self.corners(0.0, float(np.max(t, initial=0.0))))

    def scaled(self, factor: float) -> Custom:
        """Return the same waveform times ``factor``."""
        return Custom(samples=self.samples, interval=self.interval, factor=self.factor * factor,
                      order=self.order, delay=self.delay, periodic=self.periodic, file=self.file)


def _second_derivatives(y: Array) -> Array:
    """Return the second derivatives of the natural cubic spline through unit-spaced points."""
    n = y.size
    if n < 3:
        return np.zeros(n)
    from scipy.linalg import solve_banded

    bands = np.ones((3, n - 2))
    bands[1] = 4.0
    inner = solve_banded((1, 1), bands, 6 * np.diff(y, 2))
    return np.concatenate(([0.0], inner, [0.0]))


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def _gauss(wave: Custom, t: Array, corners: Array) -> Array:
    grid = np.unique(np.concatenate(([0.0], np.ravel(t), corners)))
    half = np.diff(grid)[:, None] / 2
    points = grid[:-1, None] + half * (1 + _NODES)
    pieces = (wave.value(points.ravel()).reshape(points.shape) * half) @ _WEIGHTS
    total = np.concatenate(([0.0], np.cumsum(pieces)))
    total -= total[np.searchsorted(grid, 0.0)]
    result: Array = total[np.searchsorted(grid, t)]
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSource(_Smooth):
    """Gaussian noise of spectral amplitude A: JoSIM's ``noise(A td tstep)``.

    From ``delay`` on, draws of standard deviation ``amplitude/sqrt(2 interval)`` stand
    ``interval`` apart, joined by straight lines. A run replaces the source by what its seed
    draws (:meth:`drawn`); by itself it is the realisation of key 0.

    Parameters
    ----------
    amplitude : float
        [A/sqrt(Hz)], [V/sqrt(Hz)] or [rad/sqrt(Hz)], one-sided; sqrt(4kT/R) for a resistor.
    delay, interval : float [s]
    """

    amplitude: float
    interval: float
    delay: float = 0.0

    def __post_init__(self) -> None:
        _finite("noise", (self.amplitude, self.interval, self.delay))
        if self.interval <= 0 or self.delay < 0:
            raise ValueError(f"noise: interval {self.interval:g} s, delay {self.delay:g} s came, "
                             "above 0 s and from 0 s on are allowed")

    def drawn(self, seed: int, name: str, duration: float) -> Pwl:
        """Return the realisation of a source up to ``duration`` [s].

        Raises
        ------
        ValueError
            More than a hundred million draws.
        """
        count = max(0, math.ceil((duration - self.delay) / self.interval)) + 1
        if count > 100_000_000:
            raise ValueError(f"noise: {count} draws came, the interval {self.interval:g} s is too "
                             "short for the duration; at most 100000000 are allowed")
        key = zlib.crc32(name.encode("utf-8")) + ((seed & 0xFFFFFFFFFFFFFFFF) << 32)
        draws = np.random.Generator(np.random.Philox(key=key)).standard_normal(count)
        levels = np.concatenate(([0.0], self.amplitude / math.sqrt(2 * self.interval) * draws))
        times = self.delay + self.interval * np.arange(count + 1)
        if self.delay > 0:
            times, levels = np.append(0.0, times), np.append(0.0, levels)
        return Pwl(times, levels)

    def value(self, t: Array) -> Array:
        """Return the amplitude at times ``t`` [s]."""
        return self.drawn(0, "", float(np.max(t, initial=0.0))).value(t)

    def integral(self, t: Array) -> Array:
        """Return the integral from 0 to ``t`` [s]."""
        return self.drawn(0, "", float(np.max(t, initial=0.0))).integral(t)

    def scaled(self, factor: float) -> NoiseSource:
        """Return the same waveform times ``factor``."""
        return NoiseSource(amplitude=self.amplitude * factor, interval=self.interval,
                           delay=self.delay)
