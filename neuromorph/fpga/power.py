"""Power of a rail over time: sampling, integration, intervals, and verdicts that may say "no".

Needs numpy alone. On hardware untested: no board's sensor has been read with it yet.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.fpga.board import Rail
from neuromorph.result import Energy, Method

Array = NDArray[np.float64]


class SensorError(RuntimeError):
    """A sensor is missing, frozen, or of a device that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerTrace:
    """Samples of one rail.

    Attributes
    ----------
    time : (n,) [s], monotonic clock
    power : (n,) [W]
    rail : str
    method : str
        ``measured``, or ``replayed`` for a recorded trace.
    """

    time: Array
    power: Array
    rail: str
    method: Method

    def __post_init__(self) -> None:
        if self.time.shape != self.power.shape or self.time.size < 2:
            raise ValueError(
                f"PowerTrace {self.rail!r}: {self.time.size} times and {self.power.size} powers "
                "came, at least two of each are allowed"
            )
        if (np.diff(self.time) <= 0).any():
            raise ValueError(f"PowerTrace {self.rail!r}: time must increase")

    @property
    def joules(self) -> float:
        """Integral by the trapezoid rule [J]."""
        return float(np.sum(np.diff(self.time) * (self.power[1:] + self.power[:-1]) / 2))

    @property
    def watts(self) -> float:
        """Mean power [W]."""
        return self.joules / float(self.time[-1] - self.time[0])

    @property
    def quality(self) -> dict[str, float]:
        """Samples, mean period and largest gap [s], smallest step between readings [W]."""
        steps = np.diff(np.unique(self.power))
        return {
            "samples": float(self.time.size),
            "period": float(np.mean(np.diff(self.time))),
            "largest_gap": float(np.max(np.diff(self.time))),
            "step": float(steps.min()) if steps.size else 0.0,
        }

    def check_alive(self, *, least: int = 10) -> None:
        """Check that the sensor moved.

        Raises
        ------
        SensorError
            ``least`` or more samples are all the same.
        """
        if self.power.size >= least and np.unique(self.power).size == 1:
            raise SensorError(
                f"rail {self.rail!r}: {self.power.size} samples all read {self.power[0]:g} W: the "
                "sensor is frozen: check its driver, or sample for longer than its update period"
            )


class Sampler:
    """Reads one rail in a thread until stopped, into arrays laid out before.

    Parameters
    ----------
    read : callable
        Returns the power now [W].
    rail : str
    period : float [s]
        Of the schedule; a reading that takes longer delays the next, not all.
    room : int
        Samples at most.
    device : object, optional
        What is measured; a simulated device is refused.

    Raises
    ------
    SensorError
        The device is simulated.
    """

    def __init__(
        self,
        read: Callable[[], float],
        *,
        rail: str,
        period: float = 1e-3,
        room: int = 1 << 20,
        device: Any = None,
    ) -> None:
        if getattr(device, "simulated", False):
            raise SensorError(
                "power of a simulated device: it has no sensors: measure on a board, or replay a "
                "recorded trace"
            )
        self._read, self._rail, self._period = read, rail, period
        self._time, self._power = np.empty(room), np.empty(room)
        self._count, self._stop = 0, threading.Event()
        self._error: OSError | ValueError | None = None
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        begun = time.monotonic_ns()
        while not self._stop.is_set() and self._count < self._time.size:
            before = time.monotonic_ns()
            try:
                power = self._read()
            except (OSError, ValueError) as error:
                self._error = error
                return
            after = time.monotonic_ns()
            self._time[self._count] = (before + after) / 2 * 1e-9
            self._power[self._count] = power
            self._count += 1
            late = (begun + int(self._count * self._period * 1e9) - after) * 1e-9
            if late > 0:
                self._stop.wait(late)

    @property
    def wants_more(self) -> bool:
        """Whether it reads without error and has fewer than the two samples of a trace."""
        return self._count < 2 and self._error is None

    def trace(self, *, alive: bool = True) -> PowerTrace:
        """Return what was sampled.

        Parameters
        ----------
        alive : bool
            Check that the sensor moved; a coarse one may stand still within one state.

        Raises
        ------
        SensorError
            Reading failed, nothing was read, or the sensor did not move.
        """
        if self._error is not None:
            raise SensorError(f"rail {self._rail!r}: reading failed: {self._error}")
        if self._count < 2:
            raise SensorError(f"rail {self._rail!r}: {self._count} samples: sample for longer")
        trace = PowerTrace(
            time=self._time[: self._count].copy(), power=self._power[: self._count].copy(),
            rail=self._rail, method="measured",
        )  # fmt: skip
        if alive:
            trace.check_alive()
        return trace


def bootstrap(values: Sequence[float], *, seed: int = 0, draws: int = 4000) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of at least five values.

    Raises
    ------
    ValueError
        Fewer than five.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size < 5:
        raise ValueError(f"bootstrap: {array.size} values came, 5 or more are allowed")
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, array.size, (draws, array.size))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What differences of paired states say.

    Attributes
    ----------
    watts : float
        Mean difference [W].
    ci : (float, float) [W]
    n : int
    text : str
        ``"resolved"``, ``"below sensor resolution"`` or ``"not different from zero"``.
    """

    watts: float
    ci: tuple[float, float]
    n: int
    text: str


def difference(
    workload: Sequence[PowerTrace], idle: Sequence[PowerTrace], *, step: float | None
) -> Verdict:
    """Compare the mean power of paired workload and idle states (ABAB order).

    Raises
    ------
    ValueError
        Unequal numbers, or fewer than five pairs.
    """
    if len(workload) != len(idle):
        raise ValueError(
            f"difference: {len(workload)} workload and {len(idle)} idle traces came, pairs are "
            "allowed"
        )
    deltas = [a.watts - b.watts for a, b in zip(workload, idle, strict=True)]
    ci = bootstrap(deltas)
    mean = float(np.mean(deltas))
    resolution = max(step or 0.0, *(t.quality["step"] for t in (*workload, *idle)))
    if abs(mean) < resolution:
        text = "below sensor resolution"
    elif ci[0] <= 0.0 <= ci[1]:
        text = "not different from zero"
    else:
        text = "resolved"
    return Verdict(watts=mean, ci=ci, n=len(deltas), text=text)


def energy_of(
    verdict: Verdict, *, idle_watts: float, seconds: float, rail: Rail, method: Method
) -> Energy:
    """Return the joules of ``seconds`` of workload: total, with static and dynamic part.

    Raises
    ------
    SensorError
        The difference is not resolved: there is no figure to give.
    """
    if verdict.text != "resolved":
        raise SensorError(
            f"rail {rail.name!r}: {verdict.text}: {verdict.watts:.3g} W, 95 % "
            f"{verdict.ci[0]:.3g} to {verdict.ci[1]:.3g} W, n = {verdict.n}: replicate the core, "
            "loop for longer, or take a finer sensor"
        )
    boundary: Any = rail.boundary
    total = idle_watts + verdict.watts
    return Energy(
        joules=total * seconds,
        static=idle_watts * seconds,
        dynamic=verdict.watts * seconds,
        subject="device",
        boundary=boundary,
        method=method,
        source=f"rail {rail.name} ({rail.covers}); {rail.source}",
        label=f"rail {rail.name}",
        ci=((idle_watts + verdict.ci[0]) * seconds, (idle_watts + verdict.ci[1]) * seconds),
        n=verdict.n,
    )


def per_copy(
    copies: Sequence[int], watts: Sequence[float], *, seed: int = 0, draws: int = 4000
) -> tuple[float, tuple[float, float]]:
    """Return the power of one copy [W]: slope of power over active copies, bootstrap interval.

    Raises
    ------
    ValueError
        Fewer than five points, or one number of copies only.
    """
    x, y = np.asarray(copies, dtype=np.float64), np.asarray(watts, dtype=np.float64)
    if x.size != y.size or x.size < 5 or np.unique(x).size < 2:
        raise ValueError(
            f"per_copy: {x.size} points at {np.unique(x).size} numbers of copies came, 5 or more "
            "points at 2 or more are allowed"
        )
    slope = float(np.polyfit(x, y, 1)[0])
    residual = y - np.polyval(np.polyfit(x, y, 1), x)
    residual *= np.sqrt(x.size / max(x.size - 2, 1))
    rng = np.random.default_rng(seed)
    drawn = residual[rng.integers(0, x.size, (draws, x.size))]
    centred = x - x.mean()
    slopes = slope + drawn @ centred / (centred @ centred)
    low, high = np.percentile(slopes, [2.5, 97.5])
    return slope, (float(low), float(high))


STATES = ("idle", "loaded", "clocked", "workload")


def protocol(repeats: int, *, seed: int = 0) -> list[tuple[int, str]]:
    """Return the order of states: idle and loaded first, clocked and workload in turn, loaded last.

    Which of the two comes first in a pair is drawn, so that drift does not lean one way.

    Raises
    ------
    ValueError
        Fewer than five repeats.
    """
    if repeats < 5:
        raise ValueError(f"protocol: {repeats} repeats came, 5 or more are allowed")
    rng = np.random.default_rng(seed)
    order = [(0, "idle"), (0, "loaded")]
    for k in range(repeats):
        pair = [(k, "clocked"), (k, "workload")]
        order += pair[:: 1 if rng.random() < 0.5 else -1]
    return [*order, (1, "loaded")]
