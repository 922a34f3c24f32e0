"""Networks computed in small number formats: FP8, INT8, INT4, with scales that are real numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.plan import Array, Plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.quantisation import sample
from neuromorph.formats import NumberFormat, Quantiser, fitted

_REFIT = 50  # roundings after which the scales of weights in training are fitted anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """Weights and outputs held in number formats, sums in full precision.

    Attributes
    ----------
    weights, outputs : NumberFormat, optional
        Left out: not rounded. One scale of least squared error per projection, and one per
        population; the output of a linear gate (the read-out) is not rounded.
    """

    weights: NumberFormat | None
    outputs: NumberFormat | None = None

    def rounder(self, laid: Plan) -> FormatRounder:
        """Return what rounds the weights of a plan."""
        return FormatRounder(laid, self.weights)

    def grids(self, laid: Plan, data: FrameData) -> Mapping[int, FormatGrid]:
        """Return how outputs are rounded, each scale fitted to what is put out on data."""
        if self.outputs is None:
            return {}
        tape = forward(laid, sample(data, laid))
        found = {}
        for number, population in enumerate(laid.network.populations):
            if getattr(population.cell, "gate", "") != "linear":
                seen = np.stack([frame[number] for frame in tape.y])
                found[number] = FormatGrid(fitted(self.outputs, seen))
        return found


class FormatGrid(NamedTuple):
    """The values of a format, scaled."""

    quantiser: Quantiser

    def rounded(self, y: Array) -> Array:
        """Return the nearest values."""
        return self.quantiser(y).astype(y.dtype)


class FormatRounder:
    """Rounds the weights of a plan; scales are fitted at first and every 50th time."""

    def __init__(self, laid: Plan, number: NumberFormat | None) -> None:
        self._number, self._turn = number, 0
        self._spans = [
            laid.spans[str(position), "weight"]
            for position in range(len(laid.network.projections))
        ]
        self._quantisers: list[Quantiser] = []

    def write(self, vector: Array, out: Array) -> None:
        """Write the vector to ``out``, its weights rounded."""
        out[:] = vector
        if self._number is None:
            return
        if self._turn % _REFIT == 0:
            self._quantisers = [fitted(self._number, vector[span]) for span in self._spans]
        self._turn += 1
        for span, quantiser in zip(self._spans, self._quantisers, strict=True):
            out[span] = quantiser(vector[span])
