"""Centring a design: moving chosen values so that the critical margin, or the yield, grows.

Margins and yields are steps, not smooth functions, and cost hundreds of simulations each, so the
search uses what the batch kernel is good at, many designs at once, and neither gradients nor one
evaluation after another:

1. *Midpoints.* Measure all margins, move each chosen value towards the middle of its range, for as
   long as the goal grows.
2. *Exploring* (on request). Designs of a Sobol sequence over the bounds, and generations of scipy's
   differential evolution: for few knobs that may move far.
3. *Slopes* (on request). Move each knob a little, measure the edges of all ranges, and let a linear
   programme choose the step: for many knobs.
4. *Pulls* (on request, with the goal of a yield). Move away from the centre of gravity of the chips
   that fail, towards that of those that pass.
5. *Climbing.* Draw a batch of designs around the best one, first ask each whether it reaches just
   beyond the best (most do not, which is cheap to find), measure those that do, and go to the best
   of them. The width of the draw shrinks when nothing better is found. Differential evolution
   needs the value of every design, which costs about eight times as much per design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.chip_goal import ChipGoal, DesignTrial
from neuromorph.circuits.tolerance.climbing import Centring, Effort, Evaluation
from neuromorph.circuits.tolerance.goal import (
    DesignJudge,
    Score,
    margin_score,
    of_products,
    own_judge,
)
from neuromorph.circuits.tolerance.knob import GLOBALS, Knob, knobs
from neuromorph.circuits.tolerance.margin import Margins, swept_judge
from neuromorph.circuits.tolerance.rule import Rule
from neuromorph.circuits.tolerance.spread import Spread
from neuromorph.circuits.tolerance.trial import Bench, Check, benches, spread_out
from neuromorph.circuits.tolerance.variant import Setting


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
    reach: Mapping[str, float] | None = None,
    rule: Rule | None = None,
    bounds: tuple[float, float] = (0.5, 1.5),
    goal: Literal["margin", "yield"] = "margin",
    spread: Spread | None = None,
    chips: int = 128,
    effort: Effort | None = None,
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
    reach : dict of float, optional
        By knob, how far it is moved for a margin of 1: 1 unless given, 0 for a knob whose margin
        does not count. With ``{"XJ": 0.8}`` junction areas need 16 % where the others need 20 %.
    rule : Rule, optional
        Holds the variants of each design to what that design does, in place of the check:
        ``OwnPulses``, ``OwnCount``, ``TruthTable``.
    bounds : (float, float)
        Smallest and largest factor.
    goal : "margin" or "yield"
        The critical margin over all these knobs, or the fraction of ``chips`` that pass under
        ``spread``, the same chips for every design.
    effort : Effort, optional
        Rounds of the stages, designs per round, width of the draws.
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
    if goal == "margin" and effort is not None and effort.pulls:
        raise ValueError(f"centre, effort.pulls: {effort.pulls} came with goal 'margin'; 0 is "
                         "allowed: there are no chips")  # fmt: skip
    if goal == "yield" and rule is not None:
        raise ValueError("centre, rule: it came with goal 'yield'; 'margin' is allowed with a rule")
    given = benches(circuit, check)
    turned = knobs(given[0].circuit, parameters)
    names = {knob.name for knob in turned}
    watched = (*turned, *(k for k in knobs(given[0].circuit, measured) if k.name not in names))
    labels = [knob.name for knob in watched]
    weights = _weights(labels, reach or {})
    setting = Setting(step=step, duration=duration, temperature=temperature, seed=seed)
    judge: DesignJudge
    if rule is None:
        judge = of_products(swept_judge(given, watched, setting, **how))
    else:
        judge = own_judge(given, watched, rule, setting, **how)
    score: Score
    if goal == "margin":
        score = margin_score(judge, weights)
    else:
        score = ChipGoal(DesignTrial(given, turned, spread or Spread(), setting), chips, **how)
    climber = Centring(judge, labels, len(turned), bounds, score, given[0].circuit.title, weights)
    found = climber.run(effort or Effort(), seed)
    best = dict(zip([k.name for k in turned], found.best.tolist(), strict=True))
    return Design(
        title=given[0].circuit.title, factors=best, values=spread_out(turned, found.best.tolist()),
        before=found.before, after=found.measure(found.best),
        scores=(found.start, found.top), history=tuple(found.history),
    )  # fmt: skip


def _weights(names: Sequence[str], reach: Mapping[str, float]) -> list[float]:
    """Return the reach of each knob."""
    if unknown := sorted(reach.keys() - set(names)):
        raise ValueError(
            f"centre, reach: {', '.join(unknown)} came, the knobs are {', '.join(names)}"
        )
    weights = [reach.get(name, 1.0) for name in names]
    if min(weights) < 0.0 or max(weights) == 0.0:
        raise ValueError(f"centre, reach: {dict(reach)} came, 0 or more and one above 0 is allowed")
    return weights
