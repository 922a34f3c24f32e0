"""Centring a design: moving chosen values so that the critical margin, or the yield, grows.

Margins and yields are steps, not smooth functions, and cost hundreds of simulations each, so the
search uses what the batch kernel is good at, many designs at once, and neither gradients nor one
evaluation after another:

1. *Midpoints.* Measure all margins, move each chosen value towards the middle of its range, for as
   long as the goal grows.
2. *Climbing.* Draw a batch of designs around the best one, first ask each whether it reaches just
   beyond the best (most do not, which is cheap to find), measure those that do, and go to the best
   of them. The width of the draw shrinks when nothing better is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.goal import Factors, Score, margin_score, yield_score
from neuromorph.circuits.tolerance.knob import GLOBALS, Knob, knobs
from neuromorph.circuits.tolerance.margin import Judge, Margins, search, swept_judge
from neuromorph.circuits.tolerance.spread import Spread
from neuromorph.circuits.tolerance.trial import Bench, Check, benches, spread_out
from neuromorph.circuits.tolerance.variant import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One design that was looked at; no score where it does not beat the best until then."""

    factors: tuple[float, ...]
    score: float | None
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The outcome of centring.

    Attributes
    ----------
    title : str
    factors : dict of float
        What to multiply each chosen knob by.
    values : dict of float
        The same by element.
    before, after : Margins
    scores : (float, float)
        The goal before and after: the critical margin, or the fraction of chips that pass.
    history : tuple of Evaluation
        Every design looked at, in order.
    """

    title: str
    factors: Mapping[str, float]
    values: Mapping[str, float]
    before: Margins
    after: Margins
    scores: tuple[float, float]
    history: tuple[Evaluation, ...]

    def __str__(self) -> str:
        moved = ", ".join(f"{name} x {factor:.3f}" for name, factor in self.factors.items())
        return (
            f"{self.title}: critical margin {self.before.critical:.1%} -> {self.after.critical:.1%}"
            f" ({', '.join(self.after.limits)}) by {moved}; {len(self.history)} designs"
        )


def centre(
    circuit: Circuit | Sequence[Bench],
    check: Check | None = None,
    parameters: Iterable[str | Knob] = ("XI",),
    *,
    measured: Iterable[str | Knob] = tuple(GLOBALS),
    bounds: tuple[float, float] = (0.5, 1.5),
    goal: Literal["margin", "yield"] = "margin",
    spread: Spread | None = None,
    chips: int = 128,
    midpoints: int = 6,
    climbs: int = 12,
    designs: int = 12,
    width: float = 0.1,
    step: float | None = None,
    duration: float | None = None,
    temperature: float | None = 0.0,
    seed: int = 0,
    **how: Any,
) -> Design:
    """Choose factors for ``parameters`` so that the goal is as large as can be found.

    Parameters
    ----------
    circuit, check
        As for :func:`margins`.
    parameters : names
        The knobs that may be turned.
    measured : names
        Further knobs whose margins count; those of ``parameters`` count too.
    bounds : (float, float)
        Smallest and largest factor.
    goal : "margin" or "yield"
        The critical margin over all these knobs, or the fraction of ``chips`` that pass under
        ``spread``, the same chips for every design.
    midpoints, climbs, designs : int
        Rounds of the two stages, and designs per climb.
    width : float
        First standard deviation of the climb's draws.
    seed : int
        Of the draws and the chips: the same seed gives the same design.

    Returns
    -------
    Design

    Raises
    ------
    ValueError
        Bounds that do not hold 1, an unknown goal, or a nominal design that fails.
    """
    if not 0.0 < bounds[0] <= 1.0 <= bounds[1] or goal not in ("margin", "yield"):
        raise ValueError(
            f"centre: bounds {bounds} and goal {goal!r} came, 0 < low <= 1 <= high and 'margin' or "
            "'yield' are allowed"
        )
    given = benches(circuit, check)
    turned = knobs(given[0].circuit, parameters)
    names = {knob.name for knob in turned}
    watched = (*turned, *(k for k in knobs(given[0].circuit, measured) if k.name not in names))
    setting = Setting(step=step, duration=duration, temperature=temperature, seed=seed)
    judge = swept_judge(given, watched, setting, **how)
    score: Score
    if goal == "margin":
        score = margin_score(judge, len(watched))
    else:
        score = yield_score(given, turned, spread or Spread(), chips, setting, **how)
    labels = [knob.name for knob in watched]
    climber = Centring(judge, labels, len(turned), bounds, score, given[0].circuit.title)
    found = climber.run(midpoints, climbs, designs, width, np.random.default_rng(seed))
    best = dict(zip([k.name for k in turned], found.best.tolist(), strict=True))
    return Design(
        title=given[0].circuit.title, factors=best, values=spread_out(turned, found.best.tolist()),
        before=found.before, after=found.measure(found.best),
        scores=(found.start, found.top), history=tuple(found.history),
    )  # fmt: skip


class Centring:
    """The search itself, over any judge and score: the first ``n`` names may be turned."""

    def __init__(
        self, judge: Judge, names: list[str], n: int, bounds: tuple[float, float], score: Score,
        title: str,
    ) -> None:  # fmt: skip
        self.judge, self.names, self.n, self.bounds = judge, names, n, bounds
        self.score, self.title = score, title
        self.history: list[Evaluation] = []

    def run(
        self, midpoints: int, climbs: int, designs: int, width: float, rng: np.random.Generator
    ) -> Centring:
        """Search; ``best`` and ``top`` are the best design and its score."""
        self.best: Factors = np.ones(self.n)
        self.before = self.measure(self.best)
        if not self.before.nominal:
            raise ValueError(
                f"centre, {self.title}: the nominal design fails its check; start from one that "
                "passes"
            )
        self.start = self.top = self._look([self.best], -1.0, "start")[0]
        self._midpoints(midpoints)
        self._climb(climbs, designs, width, rng)
        return self

    def measure(self, x: Factors) -> Margins:
        """Return the margins of a design."""

        def moved(rows: list[list[float]]) -> list[bool]:
            return self.judge([self._row(x, row) for row in rows])

        return search(moved, self.names, title=self.title)

    def _row(self, x: Factors, row: Sequence[float]) -> list[float]:
        """Return the row of a design's own values times a row of factors."""
        padded = [*x.tolist(), *([1.0] * (len(self.names) - self.n))]
        return [a * b for a, b in zip(padded, row, strict=True)]

    def _look(self, xs: Sequence[Factors], floor: float, stage: str) -> list[float]:
        scores = self.score(xs, floor)
        self.history += [
            Evaluation(factors=tuple(x.tolist()), score=s if s > floor else None, stage=stage)
            for x, s in zip(xs, scores, strict=True)
        ]
        return scores

    def _midpoints(self, rounds: int) -> None:
        share = 1.0
        for _ in range(rounds):
            found = self.measure(self.best)
            middles = np.array([1.0 + (m.low + m.high) / 2 for m in found.margins[: self.n]])
            trials = [
                np.clip(self.best * (1.0 + part * (middles - 1.0)), *self.bounds)
                for part in (share, share / 2, share / 4)
            ]
            if not self._take(trials, "midpoint"):
                return

    def _climb(self, rounds: int, designs: int, width: float, rng: np.random.Generator) -> None:
        for _ in range(rounds):
            draws = rng.normal(scale=width, size=(designs, self.n))
            trials = [np.clip(self.best * np.exp(d), *self.bounds) for d in draws]
            if not self._take(trials, "climb"):
                width /= 1.5

    def _take(self, trials: Sequence[Factors], stage: str) -> bool:
        """Go to the best of some designs if it beats the present one."""
        scores = self._look(trials, self.top, stage)
        winner = int(np.argmax(scores))
        if scores[winner] <= self.top:
            return False
        self.best, self.top = trials[winner], scores[winner]
        return True
