"""Yield: the fraction of fabricated circuits that work, by Monte Carlo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.spread import Spread, draws
from neuromorph.circuits.tolerance.trial import Bench, Check, about, benches, passes
from neuromorph.circuits.tolerance.variant import LANES, Setting
from neuromorph.statistic import wilson_interval
from neuromorph.sweep import Outcomes, Plan, Point, run_sweep

BLOCK = 64  #: chips between two looks at the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """A yield with its 95 % Wilson interval.

    Attributes
    ----------
    title : str
    passed, n : int
    spread : Spread
    temperature : float or None [K]
        None: the deck's.
    failed : tuple of int
        Chips that failed, by index: the same seed draws them again.
    """

    title: str
    passed: int
    n: int
    spread: Spread
    temperature: float | None
    failed: tuple[int, ...] = ()

    @property
    def fraction(self) -> float:
        """Passed over n."""
        return self.passed / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        return wilson_interval(self.passed, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        heat = "deck's temperature" if self.temperature is None else f"{self.temperature:g} K"
        return (
            f"{self.title}: {self.passed} of {self.n} pass, {self.fraction:.1%} "
            f"({low:.1%} to {high:.1%}), local sigma {self.spread.local:.1%}, common "
            f"{self.spread.common:.1%}, {heat}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipTrial:
    """The function of a sweep whose points are chips: does the chip pass?"""

    benches: tuple[Bench, ...]
    spread: Spread
    setting: Setting

    def __call__(self, points: Sequence[Point]) -> list[bool]:
        circuit = self.benches[0].circuit
        rows = draws(circuit, self.spread, points)
        return passes(self.benches, rows, [point.seed for point in points], self.setting)


def estimate_yield(
    circuit: Circuit | Sequence[Bench],
    check: Check | None = None,
    *,
    spread: Spread | None = None,
    n: int = 1024,
    width: float | None = None,
    step: float | None = None,
    duration: float | None = None,
    temperature: float | None = None,
    seed: int = 0,
    scheme: str = "leapfrog",
    folder: str | Path | None = None,
    **how: Any,
) -> Yield:
    """Draw chips, simulate each with its own thermal noise, and count those that pass.

    Chip i depends on ``seed`` and i alone, so yields of two designs or two spreads are compared
    on the same chips.

    Parameters
    ----------
    circuit : Circuit, or sequence of Bench of the same elements
    check : Specification, or function of Observed
    spread : Spread
        5 % per element and 1 % per kind unless given.
    n : int
        Chips, at most.
    width : float, optional
        Stop once the 95 % interval is narrower; looked at after every 64 chips.
    step, duration : float [s], optional
    temperature : float [K], optional
        Of the thermal noise; the deck's unless given, 0 without noise.
    seed : int
    scheme : str
        "leapfrog", or "cowell": tens of times more accurate at 0.2 ps than leapfrog at 0.1 ps.
    folder : path, optional
        Where chips are kept, to go on from.
    **how
        ``executor``, ``workers`` and ``progress`` of :func:`neuromorph.sweep.run_sweep`.

    Raises
    ------
    ValueError
        ``n`` below 1.
    """
    if n < 1:
        raise ValueError(f"estimate_yield, n: {n} came, 1 or more is allowed")
    given, spread = benches(circuit, check), spread or Spread()
    setting = Setting(step=step, duration=duration, temperature=temperature, scheme=scheme)
    trial = ChipTrial(benches=given, spread=spread, setting=setting)
    plan = Plan(
        parameters=[{}] * n, seed=seed, name="yield",
        settings=about(given, setting) | {"spread": spread.record()},
    )  # fmt: skip
    outcomes = run_until(plan, trial, width, folder=folder, **how)
    values = [outcome.value for outcome in outcomes]
    return Yield(
        title=given[0].circuit.title, passed=sum(values), n=len(values), spread=spread,
        temperature=temperature,
        failed=tuple(outcome.index for outcome in outcomes if not outcome.value),
    )  # fmt: skip


def run_until(plan: Plan, trial: ChipTrial, width: float | None, **how: Any) -> Outcomes:
    """Sweep whole blocks, in order, until the interval is narrow enough.

    Whether to stop depends on finished blocks alone, so the number of workers does not matter.
    """
    options = {"error": "raise", "batched": True, "chunk": LANES, **how}
    if width is None:
        return run_sweep(plan, trial, **options)
    done = Outcomes(plan=plan, by_index={})
    for first in range(BLOCK, len(plan) + BLOCK, BLOCK):
        done = run_sweep(plan, trial, first=first, start=done, **options)
        values = [done[index].value for index in range(min(first, len(plan)))]
        low, high = wilson_interval(sum(values), len(values))
        if high - low <= width:
            break
    return done
