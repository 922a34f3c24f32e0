"""What a rounding of weights and outputs must answer, whatever its numbers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.plan import Array, Plan


class OutputGrid(Protocol):
    """The values that a population can put out."""

    def rounded(self, y: Array) -> Array:
        """Return the nearest values, same shape and type."""


class WeightRounder(Protocol):
    """Rounds all weights of a plan, again and again as training moves them."""

    def write(self, vector: Array, out: Array) -> None:
        """Write the parameter vector to ``out``, its weights rounded."""


class Rounding(Protocol):
    """Numbers that a network is computed in: whole ones (``Quantised``) or floats."""

    def rounder(self, laid: Plan) -> WeightRounder:
        """Return what rounds the weights of a plan."""

    def grids(self, laid: Plan, data: FrameData) -> Mapping[int, OutputGrid]:
        """Return how the outputs of populations are rounded, by number; scales fit the data."""


class View:
    """The plan that a rounded network is computed with, beside the one that is learned.

    Attributes
    ----------
    plan : Plan
        The learned one itself if nothing is rounded.
    grids : mapping of int to OutputGrid
    """

    def __init__(self, laid: Plan, quantise: Rounding | None, data: FrameData) -> None:
        self.plan, self._learned = laid, laid
        self.grids: Mapping[int, OutputGrid] = {}
        self._rounder: WeightRounder | None = None
        if quantise is not None:
            self.plan = laid.like(laid.vector.copy())
            self._rounder = quantise.rounder(laid)
            self.refresh()
            self.grids = quantise.grids(self.plan, data)

    def refresh(self) -> None:
        """Round the learned weights anew."""
        if self._rounder is not None:
            self._rounder.write(self._learned.vector, self.plan.vector)
