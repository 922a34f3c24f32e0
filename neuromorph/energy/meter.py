"""Measuring what a computation costs this machine's processor, idle taken off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from neuromorph.energy.rapl import NotMeasuredError, Rapl, Reading
from neuromorph.result import Energy
from neuromorph.statistic import mean_interval

__all__ = ["Meter", "NotMeasuredError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One idle-run-idle round: watts before and after, joules and seconds per call between."""

    before: float
    after: float
    joules: float
    seconds: float

    @property
    def idle(self) -> float:
        """Mean idle power [W]."""
        return (self.before + self.after) / 2

    @property
    def dynamic(self) -> float:
        """Joules per call above idle."""
        return self.joules - self.idle * self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Measures a callable with the package counters of Linux.

    A round is idle, work, idle: the counters are read around each part, the work is called as
    often as it takes to fill ``window`` seconds. One call outside the rounds warms up. Rounds go
    on until the 95 % interval (Student's t) of the dynamic joules is no wider than ``relative``
    of their mean on either side, at least ``least`` and at most ``most``.

    Attributes
    ----------
    rapl : Rapl
    idle, window : float [s]
    relative : float
    least, most : int
    clock, sleep : callable
        For tests.

    Raises
    ------
    ValueError
        A number out of range.
    """

    rapl: Rapl = field(default_factory=Rapl)
    idle: float = 1.0
    window: float = 1.0
    relative: float = 0.05
    least: int = 5
    most: int = 40
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if not (self.idle > 0 and self.window > 0 and self.relative > 0):
            raise ValueError(
                f"Meter: idle {self.idle} s, window {self.window} s, relative {self.relative} "
                "came, numbers above 0 are allowed"
            )
        if not 2 <= self.least <= self.most:
            raise ValueError(
                f"Meter: least {self.least} and most {self.most} rounds came, 2 <= least <= most "
                "is allowed"
            )

    def measure(self, work: Callable[[], object], *, per: str = "run", share: int = 1) -> Energy:
        """Return what one call of ``work`` costs (or one of ``share`` equal parts of it).

        Parameters
        ----------
        work : callable
        per : str
            What a part is called.
        share : int
            Parts per call, such as the inputs of a workload.

        Raises
        ------
        NotMeasuredError
            There is no counter, it may not be read, or it did not move.
        """
        self.rapl.packages()
        work()
        calls = self._calls(work)
        rounds: list[Round] = []
        while len(rounds) < self.least or (len(rounds) < self.most and not self._narrow(rounds)):
            rounds.append(self._round(work, calls))
        if not any(r.joules for r in rounds):
            raise NotMeasuredError(f"not measured: the counters in {self.rapl.root} do not move")
        return self._energy(rounds, calls, share, per)

    def _calls(self, work: Callable[[], object]) -> int:
        begun = self.clock()
        work()
        return max(1, round(self.window / max(self.clock() - begun, 1e-6)))

    def _round(self, work: Callable[[], object], calls: int) -> Round:
        def idle() -> float:
            begun, first = self._now()
            self.sleep(self.idle)
            ended, last = self._now()
            return self.rapl.joules(first, last) / (ended - begun)

        before = idle()
        begun, first = self._now()
        for _ in range(calls):
            work()
        ended, last = self._now()
        return Round(
            before=before,
            after=idle(),
            joules=self.rapl.joules(first, last) / calls,
            seconds=(ended - begun) / calls,
        )

    def _now(self) -> tuple[float, Reading]:
        return self.clock(), self.rapl.read()

    def _narrow(self, rounds: list[Round]) -> bool:
        mean, interval = mean_interval([r.dynamic for r in rounds])
        return interval is not None and (interval[1] - mean) <= self.relative * abs(mean)

    def _energy(self, rounds: list[Round], calls: int, share: int, per: str) -> Energy:
        joules, interval = mean_interval([r.joules for r in rounds])
        dynamic, spread = mean_interval([r.dynamic for r in rounds])
        idle = mean_interval([r.idle for r in rounds])[0]
        drift = max(abs(r.after - r.before) for r in rounds)
        half = 0.0 if spread is None else spread[1] - dynamic
        held = "" if self._narrow(rounds) else f", wider than the {self.relative:.0%} asked for"
        measured = Energy(
            joules=joules,
            static=joules - dynamic,
            dynamic=dynamic,
            per=per,
            subject="host",
            boundary="chip",
            method="measured",
            source=f"RAPL package counters of {', '.join(self.rapl.names())}: every process on the "
            "machine is in them, memory outside the package is not",
            label="processor packages",
            ci=interval,
            n=len(rounds),
            assumptions=(
                f"idle {idle:.4g} W before and after each round, at most {drift:.2g} W apart",
                f"{len(rounds)} rounds of {calls} calls; dynamic +- {half / share:.2g} J{held}",
            ),
        )
        return measured.scaled(1 / share)
