"""The baseline: one rule, learned from regular traffic alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.workloads.can_bus.feature import last_alike
from neuromorph.workloads.can_bus.frame import Frames


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRule:
    """Says attack to an unknown identifier, or one that comes too early.

    Attributes
    ----------
    least : dict of float by identifier [s]
        A shorter time since the last frame of the identifier is too early.
    """

    least: dict[int, float]

    @classmethod
    def learned(cls, frames: Frames, *, share: float = 0.7) -> IntervalRule:
        """Return the rule for a car: ``share`` of each identifier's median interval."""
        _, gap = last_alike(frames)
        return cls(least={
            int(i): share * float(np.median(gap[(frames.identifier == i) & np.isfinite(gap)]))
            for i in np.unique(frames.identifier) if (frames.identifier == i).sum() > 2
        })  # fmt: skip

    def attacks(self, frames: Frames) -> NDArray[np.bool_]:
        """Return which frames it takes for attacks, bool (n,)."""
        _, gap = last_alike(frames)
        known = np.array([int(i) in self.least for i in frames.identifier], bool)
        least = np.array([self.least.get(int(i), 0.0) for i in frames.identifier])
        return np.asarray(~known | (gap < least))
