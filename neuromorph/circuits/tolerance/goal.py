"""Goals of centring: scores of many designs at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.tolerance.knob import Knob
from neuromorph.circuits.tolerance.margin import Judge
from neuromorph.circuits.tolerance.spread import Spread, draws
from neuromorph.circuits.tolerance.trial import Bench, passes, spread_out
from neuromorph.circuits.tolerance.variant import LANES, Setting
from neuromorph.sweep import Plan, Point, run_sweep

Factors: TypeAlias = NDArray[np.float64]
#: Scores designs; those that do not beat the floor may be given -inf.
Score: TypeAlias = Callable[[Sequence[Factors], float], list[float]]

PROBES = 6  #: bisections of the common radius of a design's margins
STEP = 0.004  #: by how much a radius must grow to count


def margin_score(judge: Judge, n: int) -> Score:
    """Return the score "largest radius at which every knob passes on both sides".

    It is the critical margin where ranges have no holes; the ``before`` and ``after`` of a design
    are measured by the full scan.
    """

    def score(xs: Sequence[Factors], floor: float) -> list[float]:
        low, high = np.full(len(xs), max(floor, 0.0)), np.full(len(xs), 0.9)
        begin = max(floor, 0.0) + STEP
        alive = _reach(judge, xs, np.full(len(xs), begin), n, range(len(xs)))
        low[alive] = begin
        for _ in range(PROBES if alive else 0):
            middle = (low + high) / 2
            passed = set(_reach(judge, xs, middle, n, alive))
            for i in alive:
                (low if i in passed else high)[i] = middle[i]
        scores = np.full(len(xs), -math.inf)
        scores[alive] = low[alive]
        return [float(x) for x in scores]

    return score


def _reach(
    judge: Judge, xs: Sequence[Factors], radius: Factors, n: int, which: Iterable[int]
) -> list[int]:
    """Return which designs pass with each of the n knobs moved by the radius, both ways."""
    places = list(which)
    rows = []
    for i in places:
        own = [*xs[i].tolist(), *([1.0] * (n - xs[i].size))]
        for knob in range(n):
            for sign in (-1.0, 1.0):
                row = list(own)
                row[knob] *= 1.0 + sign * float(radius[i])
                rows.append(row)
    passed = judge(rows) if rows else []
    return [i for k, i in enumerate(places) if all(passed[2 * n * k : 2 * n * (k + 1)])]


def yield_score(
    given: Sequence[Bench], turned: Sequence[Knob], spread: Spread, chips: int, setting: Setting,
    **how: Any,
) -> Score:  # fmt: skip
    """Return the score "fraction of the chips that pass", the same chips for every design."""
    trial = DesignTrial(tuple(given), tuple(turned), spread, setting)

    def score(xs: Sequence[Factors], floor: float) -> list[float]:
        rows = [{"factors": x.tolist(), "chip": chip} for x in xs for chip in range(chips)]
        plan = Plan(parameters=rows, seed=setting.seed, name="chips")
        options = {"error": "raise", "chunk": LANES, **how}
        values = run_sweep(plan, trial, batched=True, **options).values
        passed = np.array(values, dtype=np.float64).reshape(len(xs), chips)
        return [float(x) for x in passed.mean(axis=1)]

    return score


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
