"""Following a memory update by update, and telling its fixed points apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import forward
from neuromorph.description import Network
from neuromorph.workloads.hopfield.pattern import Array

GLOBAL, METASTABLE, SINGLE = "global", "metastable", "single"
SHARE = 0.9  #: of the weight that the counted patterns hold together


def updates(network: Network, cues: Any, count: int) -> Mapping[str, Array]:
    """Give cues (n_cue, d) in the first of ``count`` frames; return outputs (count, n_cue, n)."""
    laid = plan(network)
    given = np.asarray(cues, dtype=np.float64)
    frames = np.zeros((count, *given.shape))
    frames[0] = given
    tape = forward(laid, {"cue": frames})
    return {
        population.name: np.stack([frame[number] for frame in tape.y])
        for number, population in enumerate(network.populations)
    }


def support(weights: Any, share: float = SHARE) -> Array:
    """Return how many patterns hold ``share`` of the weight together; weights (..., n)."""
    ordered = -np.sort(-np.asarray(weights), axis=-1)
    reached = np.cumsum(ordered, axis=-1) >= share - 1e-12
    return np.asarray(np.argmax(reached, axis=-1) + 1)


def kinds(weights: Any) -> list[str]:
    """Return the kind of each fixed point by its weights (n_point, n) on the patterns.

    ``single``: one pattern holds 90 % of the weight. ``global``: that takes as many as it takes of
    equal weights. ``metastable``: anything between. Limits are ours.
    """
    n = np.shape(weights)[-1]
    every = math.ceil(SHARE * n - 1e-9)
    return [SINGLE if k == 1 else GLOBAL if k >= every else METASTABLE for k in support(weights)]
