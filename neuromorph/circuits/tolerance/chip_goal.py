"""The goal "many chips pass", and which way the chips that fail would have a design move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.tolerance.goal import Factors
from neuromorph.circuits.tolerance.knob import Knob
from neuromorph.circuits.tolerance.spread import Spread, draws
from neuromorph.circuits.tolerance.trial import Bench, passes, spread_out
from neuromorph.circuits.tolerance.variant import LANES, Setting
from neuromorph.sweep import Plan, Point, run_sweep

SURE = 2.0  #: standard errors that a pull must have to count


@dataclass(frozen=True, slots=True)
class DesignTrial:
    """The function of a sweep whose points are a design and a chip of it."""

    benches: tuple[Bench, ...]
    knobs: tuple[Knob, ...]
    spread: Spread
    setting: Setting

    def __call__(self, points: Sequence[Point]) -> list[bool]:
        chips = [Point(index=p["chip"], parameters={}, entropy=p.entropy) for p in points]
        rows = draws(self.benches[0].circuit, self.spread, chips)
        for row, point in zip(rows, points, strict=True):
            for name, factor in spread_out(self.knobs, point["factors"]).items():
                row[name] = row.get(name, 1.0) * factor
        return passes(self.benches, rows, [chip.seed for chip in chips], self.setting)


class ChipGoal:
    """Scores designs by the fraction of their chips that pass, the same chips for every design.

    Parameters
    ----------
    trial : DesignTrial
    chips : int
    **how
        Of :func:`neuromorph.sweep.run_sweep`.
    """

    def __init__(self, trial: DesignTrial, chips: int, **how: Any) -> None:
        self.trial, self.chips, self.how = trial, chips, how
        self.seen: dict[tuple[float, ...], NDArray[np.bool_]] = {}

    def __call__(self, xs: Sequence[Factors], floor: float) -> list[float]:
        """Return the fractions; the floor is not needed."""
        rows = [{"factors": x.tolist(), "chip": chip} for x in xs for chip in range(self.chips)]
        plan = Plan(parameters=rows, seed=self.trial.setting.seed, name="chips")
        options = {"error": "raise", "chunk": LANES, **self.how}
        values = run_sweep(plan, self.trial, batched=True, **options).values
        passed = np.array(values, dtype=bool).reshape(len(xs), self.chips)
        self.seen.update((tuple(x.tolist()), row) for x, row in zip(xs, passed, strict=True))
        return [float(x) for x in passed.mean(axis=1)]

    def pull(self, x: Factors) -> Factors:
        """Return which way to move a design that was scored: logarithms of factors, by knob.

        The centre of gravity of the chips that pass less that of those that fail, in the
        elements' own factors; what is less than two standard errors is 0.

        Source
        ------
        Soin and Spence, IEE Proc. G 127 (1980) 260: statistical exploration, centres of gravity.
        """
        passed = self.seen[tuple(x.tolist())]
        if passed.all() or not passed.any():
            return np.zeros(x.size)
        moved = self._moved()
        good, bad = moved[passed], moved[~passed]
        difference = good.mean(axis=0) - bad.mean(axis=0)
        error = moved.std(axis=0) * np.sqrt(1 / len(good) + 1 / len(bad))
        pulled: Factors = np.where(np.abs(difference) > SURE * error, difference, 0.0)
        return pulled

    def _moved(self) -> Factors:
        """Return by how much the elements of each knob are off, on average, on each chip."""
        plan = Plan(parameters=[{}] * self.chips, seed=self.trial.setting.seed, name="chips")
        rows = draws(self.trial.benches[0].circuit, self.trial.spread, list(plan))
        columns = []
        for knob in self.trial.knobs:
            signs = {**dict.fromkeys(knob.elements, 1.0), **dict.fromkeys(knob.inverse, -1.0)}
            columns.append(
                [np.mean([s * np.log(row[name]) for name, s in signs.items()]) for row in rows]
            )
        return np.array(columns).T
