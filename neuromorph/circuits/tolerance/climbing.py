"""The search for a centred design, over any judge and score: midpoints, exploring, climbing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import differential_evolution
from scipy.stats import qmc

from neuromorph.circuits.tolerance.chip_goal import ChipGoal
from neuromorph.circuits.tolerance.goal import DesignJudge, Factors, Score
from neuromorph.circuits.tolerance.margin import Margins, search
from neuromorph.circuits.tolerance.slope import neighbours, sides, steps

PARTS = (0.25, 0.5, 1.0, 2.0)  #: of a pull that are tried
FEW = 4  #: knobs that one draw of a climb turns, on average, where there are more


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One design that was looked at; no score where it does not beat the best until then."""

    factors: tuple[float, ...]
    score: float | None
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to look.

    Attributes
    ----------
    midpoints : int
        Rounds of moves to the middles of the measured ranges.
    slopes : int
        Rounds of linear programmes over the slopes of the margins.
    explored : int
        Designs of a Sobol sequence over the bounds.
    generations : int
        Of scipy's differential evolution over the bounds, from a Sobol population.
    pulls : int
        Rounds of moves away from the chips that fail; with a goal of chips only.
    climbs, designs : int
        Rounds of climbing, and designs per round (and per generation).
    width : float
        First standard deviation of a climb's draws.
    """

    midpoints: int = 6
    slopes: int = 0
    explored: int = 0
    generations: int = 0
    pulls: int = 0
    climbs: int = 12
    designs: int = 12
    width: float = 0.1


class Centring:
    """The search itself: the first ``n`` names may be turned."""

    def __init__(
        self, judge: DesignJudge, names: list[str], n: int, bounds: tuple[float, float],
        score: Score, title: str, reach: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        self.judge, self.names, self.n, self.bounds = judge, names, n, bounds
        self.score, self.title = score, title
        self.reach = reach or [1.0] * len(names)
        self.history: list[Evaluation] = []

    def run(self, effort: Effort, seed: int) -> Centring:
        """Search; ``best`` and ``top`` are the best design and its score."""
        rng = np.random.default_rng(seed)
        self.best: Factors = np.ones(self.n)
        self.before = self.measure(self.best)
        if not self.before.nominal:
            raise ValueError(
                f"centre, {self.title}: the nominal design fails its check; start from one that "
                "passes"
            )
        self.start = self.top = self._look([self.best], -1.0, "start")[0]
        self._midpoints(effort.midpoints)
        self._explore(effort.explored, effort.designs, seed)
        self._evolve(effort.generations, effort.designs, seed)
        self._slide(effort.slopes)
        self._drift(effort.pulls)
        self._climb(effort, rng)
        return self

    def measure(self, x: Factors) -> Margins:
        """Return the margins of a design."""

        def moved(rows: list[list[float]]) -> list[bool]:
            return self.judge([(x, row) for row in rows])

        return search(moved, self.names, title=self.title)

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

    def _explore(self, points: int, designs: int, seed: int) -> None:
        if not points:
            return
        sequence = qmc.Sobol(self.n, rng=np.random.default_rng([seed, 1]))
        drawn = self._spread(sequence.random_base2((points - 1).bit_length())[:points])
        for first in range(0, points, designs):
            self._take(list(drawn[first : first + designs]), "sobol")

    def _evolve(self, generations: int, designs: int, seed: int) -> None:
        if not generations:
            return

        def cost(columns: NDArray[np.float64]) -> NDArray[np.float64]:
            trials = list(self._spread(columns.T))
            scores = np.array(self._look(trials, 0.0, "evolution"))
            winner = int(np.argmax(scores))
            if scores[winner] > self.top:
                self.best, self.top = trials[winner], float(scores[winner])
            costs: NDArray[np.float64] = -np.maximum(scores, 0.0)
            return costs

        options: dict[str, Any] = {
            "func": cost, "bounds": [(0.0, 1.0)] * self.n, "seed": seed, "init": "sobol",
            "popsize": max(1, -(-designs // self.n)), "maxiter": generations, "vectorized": True,
            "updating": "deferred", "polish": False, "tol": 0.0,
        }  # fmt: skip
        x0 = np.log(self.best / self.bounds[0]) / np.log(self.bounds[1] / self.bounds[0])
        differential_evolution(x0=x0, **options)

    def _slide(self, rounds: int) -> None:
        for _ in range(rounds):
            measured = sides(self.judge, neighbours(self.best), self.reach)
            if not self._take(steps(self.best, measured, self.bounds), "slope"):
                return

    def _drift(self, rounds: int) -> None:
        goal = self.score
        if not isinstance(goal, ChipGoal):
            return
        for _ in range(rounds):
            pull = goal.pull(self.best)
            if not pull.any():
                return
            trials = [np.clip(self.best * np.exp(part * pull), *self.bounds) for part in PARTS]
            if not self._take(trials, "pull"):
                return

    def _climb(self, effort: Effort, rng: np.random.Generator) -> None:
        width, shape = effort.width, (effort.designs, self.n)
        for _ in range(effort.climbs):
            draws = rng.normal(scale=width, size=shape)
            if self.n > FEW:
                draws *= rng.random(shape) < FEW / self.n
            trials = [np.clip(self.best * np.exp(d), *self.bounds) for d in draws]
            if not self._take(trials, "climb"):
                width = max(width / 1.5, effort.width / 8)

    def _spread(self, unit: NDArray[np.float64]) -> Factors:
        """Return factors for numbers from 0 to 1: geometric between the bounds."""
        low, high = self.bounds
        factors: Factors = low * (high / low) ** unit
        return factors

    def _take(self, trials: Sequence[Factors], stage: str) -> bool:
        """Go to the best of some designs if it beats the present one."""
        scores = self._look(trials, self.top, stage)
        winner = int(np.argmax(scores))
        if scores[winner] <= self.top:
            return False
        self.best, self.top = trials[winner], scores[winner]
        return True
