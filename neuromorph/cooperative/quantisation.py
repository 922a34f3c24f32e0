"""Numbers of few bits: widths, scales of the weights, calibrated ranges of the outputs.

A weight is ``q 2**-s``, q a whole number of ``weight_bits`` bits and s one power of two per target
unit (or per projection); an output is ``x 2**-f``, x a whole number of ``activation_bits`` bits and
f one per population. All scales are powers of two, so that hardware needs shifts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.plan import Array, Plan, plan
from neuromorph.cooperative.propagation import Grid, forward
from neuromorph.description import Network, Softmax, Weights

#: Transfers without exp (tanh is a table): what integers can compute.
TRANSFERS = ("point", "additive", "m2", "m3", "m2h", "mask", "hard_glu", "coop", "coop_v")
_TRIED = 4  # scales tried above the one that holds the largest value
_SAMPLE = 4096  # frames that a calibration looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """Widths of the integer network.

    Attributes
    ----------
    weight_bits : int
        8, 4, 2 (-1, 0, 1) or 1 (-1, 1).
    activation_bits : int
        Of the outputs, 4 to 16.
    fraction : int
        Fraction bits of the states, 4 to 12, and of the outputs of every population that
        ``fractions`` does not name (for fewer than 16 bits as many fewer).
    fractions : (population, fraction bits) pairs
        What :func:`calibrate` finds. A linear gate's output is a state and not cut.
    per_unit : bool
        One scale of the weights per projection and target unit (tied weights: per group of units
        that share them) instead of one per projection.

    Raises
    ------
    ValueError
        A width that is not there.
    """

    weight_bits: int = 8
    activation_bits: int = 16
    fraction: int = 12
    fractions: tuple[tuple[str, int], ...] = ()
    per_unit: bool = True

    def __post_init__(self) -> None:
        if self.weight_bits not in (8, 4, 2, 1) or not 4 <= self.fraction <= 12:
            raise ValueError(
                f"Quantised: weight_bits {self.weight_bits} and fraction {self.fraction} came, "
                "8, 4, 2 or 1 and 4 to 12 are allowed"
            )
        if not 4 <= self.activation_bits <= 16:
            raise ValueError(
                f"Quantised.activation_bits: {self.activation_bits} came, 4 to 16 are allowed"
            )
        for name, bits in self.fractions:
            if not -16 <= bits <= 24:
                raise ValueError(
                    f"Quantised.fractions: {bits} came for {name!r}, -16 to 24 are allowed"
                )

    def output_fraction(self, population: str) -> int:
        """Return the fraction bits of a population's outputs (those of a linear gate: states)."""
        return dict(self.fractions).get(population, self.fraction + self.activation_bits - 16)

    @property
    def largest(self) -> int:
        """The largest whole number of an output; the smallest is ``-largest - 1``."""
        return int(2 ** (self.activation_bits - 1) - 1)

    def rounder(self, laid: Plan) -> Rounder:
        """Return what rounds the weights of a plan."""
        return Rounder(laid, self)

    def grids(self, laid: Plan, data: FrameData) -> dict[int, Grid]:
        """Return how outputs are rounded; calibrated on data if no ``fractions`` are given."""
        return grids(laid.network, self if self.fractions else calibrate(laid, data, self))

    def refusal(self, network: Network) -> str | None:
        """Return why a network cannot be computed in these integers, or None."""
        for population in network.populations:
            cell: Any = population.cell
            transfer = getattr(cell, "transfer", "point")
            if isinstance(cell, Softmax) and cell.beta * np.log2(np.e) >= 2.0**14:
                return (f"population {population.name!r}: beta {cell.beta:g} is too large for "
                        "integers; below 11,000 is allowed")  # fmt: skip
            if transfer not in TRANSFERS or getattr(cell, "gate", "") == "half_normal":
                return (
                    f"population {population.name!r}: transfer {transfer} with gate {cell.gate} is "
                    f"not there in integers; {', '.join(TRANSFERS)} with linear, relu, relu6 are"
                )
        names = {population.name for population in network.populations}
        unknown = sorted(name for name, _ in self.fractions if name not in names)
        if unknown:
            return (
                f"Quantised.fractions: {unknown[0]!r} came, populations of the network are "
                f"allowed: {', '.join(sorted(names))}"
            )
        return None


class Rounded(NamedTuple):
    """A projection in whole numbers: ``weight = q 2**-shift``."""

    q: Array  # int64 (n_source, n_target), 0 where there is no synapse
    shift: Array  # int64 (n_target,)


def quantise(weights: Weights, bits: int, *, per_unit: bool = True) -> Rounded:
    """Return the weights in whole numbers, each scale the power of two of least squared error.

    ``q = rint(w 2**s)`` held within ``+-(2**(bits-1) - 1)``; for one bit the sign of w.
    """
    group = _groups(weights, per_unit)
    return _quantised(weights.toarray(), _present(weights), group, bits)


def _quantised(dense: Array, present: Array | None, group: Array, bits: int) -> Rounded:
    n_group = int(group.max(initial=-1)) + 1
    there = np.ones((1, 1), np.bool_) if present is None else present
    q, shift = np.zeros(dense.shape, np.int64), np.zeros(n_group, np.int64)
    if dense.size:
        choose_scales(dense, there, group, bits, q, shift)
    return Rounded(q, shift[group])


def _present(weights: Weights) -> Array | None:
    if weights.n_synapse == weights.shape[0] * weights.shape[1]:
        return None
    present = np.zeros(weights.shape, dtype=np.bool_)
    present[weights.source, weights.target] = True
    return present


def _groups(weights: Weights, per_unit: bool) -> Array:
    """Return the number of each target's scale, (n_target,)."""
    n = weights.shape[1]
    if not per_unit:
        return np.zeros(n, np.int64)
    if weights.tie is None:
        return np.arange(n)
    tie = np.unique(weights.tie, return_inverse=True)[1]
    size = n + int(tie.max(initial=-1)) + 1
    graph = coo_array((np.ones(tie.size), (weights.target, n + tie)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    return np.unique(label[:n], return_inverse=True)[1]


@njit(cache=True)
def choose_scales(w: Any, present: Any, group: Any, bits: int, q: Any, shift: Any) -> None:
    """Write q (n_source, n_target) and the shift of each group of targets (n_group,)."""
    n_source, n_target = w.shape
    limit = max(2 ** (bits - 1) - 1, 1)
    whole = present.size == 1 and w.size != 1
    peak = np.zeros(shift.size)
    for i in range(n_source):
        for j in range(n_target):
            peak[group[j]] = max(peak[group[j]], abs(w[i, j]))
    for k in range(shift.size):
        shift[k] = int(np.floor(np.log2(limit / peak[k]))) if peak[k] > 0.0 else 0
    error = np.zeros((_TRIED + 1, shift.size))
    few = 1 if bits <= 2 else 0  # one coarser as well: with few levels that may be closer
    for trial in range(_TRIED + 1):
        for i in range(n_source):
            for j in range(n_target):
                if whole or present[i, j]:
                    scale = 2.0 ** (shift[group[j]] + trial - few)
                    away = w[i, j] - level(w[i, j] * scale, bits, limit) / scale
                    error[trial, group[j]] += away * away
    for k in range(shift.size):
        if peak[k] > 0.0:
            shift[k] += np.argmin(error[:, k]) - few
    for i in range(n_source):
        for j in range(n_target):
            if (whole or present[i, j]) and peak[group[j]] > 0.0:
                q[i, j] = int(level(w[i, j] * 2.0 ** shift[group[j]], bits, limit))


@njit(cache=True)
def level(scaled: Any, bits: int, limit: int) -> Any:
    """Return the whole number next to a scaled weight, within the width."""
    if bits == 1:
        return -1.0 if scaled < 0.0 else 1.0
    return min(max(np.rint(scaled), -limit), limit)


class Rounder:
    """Rounds all weights of a plan, again and again as training moves them."""

    def __init__(self, laid: Plan, widths: Quantised) -> None:
        self._laid, self._bits = laid, widths.weight_bits
        wires = [projection.weights for projection in laid.network.projections]
        self._wires = [
            (laid.spans[str(position), "weight"], w.shape, _present(w),
             _groups(w, widths.per_unit))
            for position, w in enumerate(wires)
        ]  # fmt: skip

    def integers(self, vector: Array) -> list[Rounded]:
        """Return each projection of a parameter vector in whole numbers."""
        return [
            _quantised(np.asarray(vector[span]).reshape(shape), present, group, self._bits)
            for span, shape, present, group in self._wires
        ]

    def write(self, vector: Array, out: Array) -> None:
        """Write the vector to ``out``, its weights rounded."""
        out[:] = vector
        for (span, _, _, _), (q, shift) in zip(self._wires, self.integers(vector), strict=True):
            out[span] = (q * 2.0**-shift).ravel()


def grids(network: Network, widths: Quantised) -> dict[int, Grid]:
    """Return how the outputs of each population are rounded; a linear gate's are not."""
    top = widths.largest
    return {
        number: Grid(2.0 ** widths.output_fraction(population.name), -top - 1.0, float(top))
        for number, population in enumerate(network.populations)
        if getattr(population.cell, "gate", "") != "linear"
    }


def calibrate(
    network: Network | Plan, data: FrameData, widths: Quantised | None = None
) -> Quantised:
    """Return the widths with each population's fraction bits set from what it puts out on data.

    Of the powers of two that hold the largest value seen, or nearly so, the one of least squared
    error over up to 4,096 frames drawn evenly from the data.

    Parameters
    ----------
    network : Network
    data : FrameData
    widths : Quantised, optional
    """
    widths = widths or Quantised()
    laid = plan(network) if isinstance(network, Network) else network
    tape = forward(laid, sample(data, laid))
    fractions = []
    for number, grid in grids(laid.network, widths).items():
        seen = np.stack([frame[number] for frame in tape.y])
        fractions.append((laid.network.populations[number].name, _fraction(seen, grid)))
    return replace(widths, fractions=tuple(fractions))


def sample(data: FrameData, laid: Plan) -> Mapping[str, Array]:
    """Return inputs (n_frame, batch, n) of sequences spread over the data."""
    dtype, n = laid.vector.dtype, max(1, _SAMPLE // data.n_frame)
    chosen = np.unique(np.linspace(0, len(data) - 1, min(n, len(data))).astype(int))
    parts = {
        name: np.asarray(np.asarray(v)[chosen], dtype).swapaxes(0, 1)
        for name, v in data.inputs.items()
    }
    if laid.recurrent:
        return {name: np.ascontiguousarray(v) for name, v in parts.items()}
    return {name: v.reshape(1, -1, v.shape[2]) for name, v in parts.items()}


def _fraction(seen: Array, grid: Grid) -> int:
    peak = float(np.abs(seen).max(initial=0.0))
    if peak == 0.0:
        return int(np.log2(grid.scale))
    first = int(np.floor(np.log2(grid.high / peak)))
    errors = []
    for bits in range(first, first + _TRIED):
        away = seen - Grid(2.0**bits, grid.low, grid.high).rounded(seen)
        errors.append(float(np.sum(away * away, dtype=np.float64)))
    return min(max(first + int(np.argmin(errors)), -16), 24)
