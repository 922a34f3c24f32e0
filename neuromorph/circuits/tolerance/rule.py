"""Rules of centring: what the variants of a design are held to, from what the design itself does.

A design whose pulses come 12 ps later than before works as well as before. So a rule looks at the
design, tells whether it works at all, and then holds its variants to its own pulses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from neuromorph.circuits.tolerance.specification import Observed, Specification, Window
from neuromorph.circuits.tolerance.trial import Check
from neuromorph.circuits.tolerance.variant import specify_observed


class Rule(Protocol):
    """Checks for the variants of a design, one per bench; None if the design does not work."""

    def __call__(self, seen: Sequence[Observed]) -> tuple[Check, ...] | None:
        """Judge a design by its own pulses on each bench, without noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPulses:
    """Each pulse within a tolerance [s] of the design's own.

    Attributes
    ----------
    base : Check
        What the design itself must do: a specification with wide windows.
    tolerance : float [s]
    """

    base: Check
    tolerance: float = 10e-12

    def __call__(self, seen: Sequence[Observed]) -> tuple[Check, ...] | None:
        (one,) = seen
        if not self.base(one):
            return None
        return (specify_observed(one, tolerance=self.tolerance),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCount:
    """The turns of an output between two fractions of the design's own count.

    Attributes
    ----------
    base : Check
        What the design itself must do.
    junction : str
    low, high : float
    """

    base: Check
    junction: str
    low: float = 0.5
    high: float = 1.5

    def __call__(self, seen: Sequence[Observed]) -> tuple[Check, ...] | None:
        (one,) = seen
        if not self.base(one):
            return None
        count = one.count(self.junction)
        low, high = math.ceil(self.low * count), int(self.high * count)
        return (count_between(self.junction, low, high),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTable:
    """A true output at least half of its nominal count, a false one at most a quarter.

    The quarter is that of the smallest true count. A design works if its own counts do so and
    the smallest true one is at least ``least``.

    Attributes
    ----------
    junction : str
        The output.
    truth : tuple of bool
        By bench.
    least : int
    low, high : float
        The half and the quarter.
    """

    junction: str
    truth: tuple[bool, ...]
    least: int = 4
    low: float = 0.5
    high: float = 0.25

    def __call__(self, seen: Sequence[Observed]) -> tuple[Check, ...] | None:
        counts = [one.count(self.junction) for one in seen]
        smallest = min(n for n, true in zip(counts, self.truth, strict=True) if true)
        checks = tuple(
            count_between(self.junction, math.ceil(self.low * n), 10**6)
            if true
            else count_between(self.junction, 0, int(self.high * max(smallest, 0)))
            for n, true in zip(counts, self.truth, strict=True)
        )
        works = smallest >= self.least and all(
            check(one) for check, one in zip(checks, seen, strict=True)
        )
        return checks if works else None


def count_between(junction: str, low: int, high: int) -> Specification:
    """Return the check that a junction turns ``low`` to ``high`` times in all."""
    window = Window(junction=junction, start=0.0, stop=float("inf"), low=low, high=high)
    return Specification(windows=(window,))
