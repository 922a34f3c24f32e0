"""Counting synaptic events all-in, and the count as a differentiable penalty.

An event is one product a doubly sparse machine computes: a source whose output is not zero, times
a target unit that is open. Every projection counts, context and gate lines included:

``E = sum over projections of N_active(source) N_open(target)``,

with ``N_open = n`` for targets that cannot be closed and for all contexts (the gate must be known
before it can close anything). Sources of the network count as active where their value is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuromorph.cooperative.plan import Array, Bundle, Layer, Plan
from neuromorph.cooperative.propagation import Costs, Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Means per frame over a batch.

    Attributes
    ----------
    events : float
        All-in, doubly sparse: zero inputs and closed units are skipped.
    zero_skipped : float
        Effective MACs as NeuroBench defines them: zero inputs are skipped, closed units are not.
    dense : float
        All synapses.
    hidden : float
        The part of ``events`` whose source is not an input of the network.
    """

    events: float
    zero_skipped: float
    dense: float
    hidden: float


def count_events(plan: Plan, tape: Tape) -> Events:
    """Count the events of a forward pass, per frame."""
    total = skipped = hidden = 0.0
    for frame in range(len(tape.y)):
        for layer in plan.layers:
            for bundle in layer.inputs:
                if bundle.lag and frame == 0:
                    continue
                seen = tape.y[frame - bundle.lag][bundle.source] != 0
                both, one = _products(bundle, layer, seen, tape, frame)
                total += both
                skipped += one
                hidden += both if bundle.source in tape.r[frame] else 0.0
    frames = len(tape.y)
    dense = sum(p.weights.n_synapse for p in plan.network.projections)
    return Events(
        events=total / frames, zero_skipped=skipped / frames, dense=float(dense),
        hidden=hidden / frames,
    )  # fmt: skip


def _products(
    bundle: Bundle, layer: Layer, seen: Array, tape: Tape, frame: int
) -> tuple[float, float]:
    """Return (doubly sparse, zero-skipped) products of a projection, mean over the batch."""
    gated = layer.skipping and bundle.port == "basal"
    opened = tape.open(layer, frame) if gated else None
    if bundle.place is None:
        active = seen.sum(axis=1, dtype=np.float64)
        one = float(active.mean()) * layer.n
        if opened is None:
            return one, one
        return float((active * opened.sum(axis=1)).mean()), one
    present = np.zeros(bundle.weight.shape, dtype=np.float32)
    present.reshape(-1)[bundle.place] = 1.0
    reached = seen.astype(np.float32) @ present
    one = float(reached.sum(axis=1, dtype=np.float64).mean())
    if opened is None:
        return one, one
    return float((reached * opened).sum(axis=1, dtype=np.float64).mean()), one


def event_costs(
    plan: Plan, tape: Tape, weight: float, activity: float = 0.0
) -> tuple[float, Costs]:
    """Return ``weight * mean E`` and what one more active or open unit costs, frame by frame.

    For a sparse projection the mean fan-out stands for each unit's own.
    """
    frames, batch = len(tape.y), next(iter(tape.y[0].values())).shape[0]
    costs = Costs(fire=[{} for _ in range(frames)], open=[{} for _ in range(frames)],
                  activity=activity / (frames * batch))  # fmt: skip
    scale = weight / (frames * batch)
    total = 0.0
    if weight == 0.0:
        return total, costs
    for frame in range(frames):
        for layer in plan.layers:
            opened = None
            if layer.skipping:
                opened = tape.open(layer, frame).sum(axis=1).astype(plan.vector.dtype)
            for bundle in layer.inputs:
                if bundle.lag and frame == 0:
                    continue
                total += _pull(bundle, layer, opened, tape, frame, scale, costs)
    return total, costs


def _pull(
    bundle: Bundle,
    layer: Layer,
    opened: Array | None,
    tape: Tape,
    frame: int,
    scale: float,
    costs: Costs,
) -> float:
    at = frame - bundle.lag
    y = tape.y[at][bundle.source]
    active = np.count_nonzero(y, axis=1).astype(layer.bias.dtype)
    gated = opened is not None and bundle.port == "basal"
    targets: Array = np.full_like(active, layer.n)
    if opened is not None and gated:
        targets = opened
    unit = scale * bundle.density
    if bundle.source in tape.r[at]:
        _add(costs.fire[at], bundle.source, unit * targets)
    if gated:
        _add(costs.open[frame], layer.number, unit * active)
    return float(np.sum(active * targets, dtype=np.float64)) * unit


def _add(costs: dict[int, Array], number: int, value: Array) -> None:
    costs[number] = costs[number] + value if number in costs else value
