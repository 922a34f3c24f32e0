"""Goals of centring: scores of many designs at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.tolerance.knob import Knob
from neuromorph.circuits.tolerance.margin import Judge
from neuromorph.circuits.tolerance.rule import Rule
from neuromorph.circuits.tolerance.trial import Bench, about, judged, spread_out
from neuromorph.circuits.tolerance.variant import LANES, Setting
from neuromorph.sweep import Plan, Point, run_sweep

Factors: TypeAlias = NDArray[np.float64]
#: Tells for pairs (factors of a design, further factors on all watched knobs) whether each passes.
DesignJudge: TypeAlias = Callable[[Sequence[tuple[Factors, list[float]]]], list[bool]]
#: Scores designs; those that do not beat the floor may be given -inf.
Score: TypeAlias = Callable[[Sequence[Factors], float], list[float]]

PROBES = 6  #: bisections of the common radius of a design's margins
STEP = 0.004  #: by how much a radius must grow to count


def of_products(judge: Judge) -> DesignJudge:
    """Return the judge of designs that multiplies both factors and asks a judge of rows."""

    def judged_designs(pairs: Sequence[tuple[Factors, list[float]]]) -> list[bool]:
        return judge([product(x, row) for x, row in pairs])

    return judged_designs


def product(x: Factors, row: Sequence[float]) -> list[float]:
    """Return the factors of a design, 1 for knobs it does not turn, times a row of factors."""
    own = [*x.tolist(), *([1.0] * (len(row) - x.size))]
    return [a * b for a, b in zip(own, row, strict=True)]


def own_judge(
    given: tuple[Bench, ...], watched: Sequence[Knob], rule: Rule, setting: Setting, **how: Any
) -> DesignJudge:
    """Return the judge that holds the variants of each design to what that design itself does."""
    trial = OwnTrial(given, tuple(watched), rule, setting)
    settings = about(given, setting) | {"knobs": [asdict(k) for k in watched], "rule": repr(rule)}

    def judge(pairs: Sequence[tuple[Factors, list[float]]]) -> list[bool]:
        rows = [{"design": x.tolist(), "factors": row} for x, row in pairs]
        plan = Plan(parameters=rows, name="designs", settings=settings)
        options = {"error": "raise", "chunk": LANES, **how}
        return [bool(v) for v in run_sweep(plan, trial, batched=True, **options).values]

    return judge


def margin_score(judge: DesignJudge, reach: Sequence[float]) -> Score:
    """Return the score "largest radius at which every knob passes on both sides".

    Knob k is moved by ``reach[k]`` times the radius; one of 0 is not moved. With 1 everywhere the
    score is the critical margin where ranges have no holes; the ``before`` and ``after`` of a
    design are measured by the full scan.
    """

    def score(xs: Sequence[Factors], floor: float) -> list[float]:
        low, high = np.full(len(xs), max(floor, 0.0)), np.full(len(xs), 0.9)
        begin = max(floor, 0.0) + STEP
        alive = _reach(judge, xs, np.full(len(xs), begin), reach, range(len(xs)))
        low[alive] = begin
        for _ in range(PROBES if alive else 0):
            middle = (low + high) / 2
            passed = set(_reach(judge, xs, middle, reach, alive))
            for i in alive:
                (low if i in passed else high)[i] = middle[i]
        scores = np.full(len(xs), -math.inf)
        scores[alive] = low[alive]
        return [float(x) for x in scores]

    return score


def _reach(
    judge: DesignJudge, xs: Sequence[Factors], radius: Factors, reach: Sequence[float],
    which: Iterable[int],
) -> list[int]:  # fmt: skip
    """Return which designs pass with each of the knobs moved by the radius, both ways."""
    places, moved = list(which), [k for k, r in enumerate(reach) if r > 0.0]
    pairs = []
    for i in places:
        for knob in moved:
            for sign in (-1.0, 1.0):
                row = [1.0] * len(reach)
                row[knob] += sign * min(reach[knob] * float(radius[i]), 0.99)
                pairs.append((xs[i], row))
    passed = judge(pairs) if pairs else []
    n = 2 * len(moved)
    return [i for k, i in enumerate(places) if all(passed[n * k : n * (k + 1)])]


@dataclass(frozen=True, slots=True)
class OwnTrial:
    """The function of a sweep whose points are a design and further factors on its knobs."""

    benches: tuple[Bench, ...]
    knobs: tuple[Knob, ...]
    rule: Rule
    setting: Setting

    def __call__(self, points: Sequence[Point]) -> list[bool]:
        designs = sorted({tuple(point["design"]) for point in points})
        pairs = [(np.array(x), [1.0] * len(self.knobs)) for x in designs]
        pairs += [(np.array(p["design"]), p["factors"]) for p in points]
        rows = [spread_out(self.knobs, product(x, row)) for x, row in pairs]
        groups = [designs.index(tuple(x.tolist())) for x, _ in pairs]
        return judged(self.benches, rows, groups, self.rule, self.setting)[len(designs) :]
