"""Unreliable streams: sequences whose picture is missing, another's, or noisy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.plan import Array

#: What can happen to a stream: 0 throughout (the mean of z-scored features), that of another
#: sequence, or with added normal noise of deviation ``NOISE``.
KINDS = ("missing", "shuffled", "noisy")
NOISE = 2.0


def corrupted(
    data: FrameData, source: str, shares: Mapping[str, float], *, seed: int = 0
) -> FrameData:
    """Return the data with a share of the sequences of one source corrupted in each way.

    Parameters
    ----------
    data : FrameData
    source : str
    shares : dict of float by kind
        Kinds of ``KINDS``; what they leave of 1 stays whole.
    seed : int

    Raises
    ------
    ValueError
        An unknown kind or source, or shares that sum to more than 1.
    """
    unknown = set(shares) - set(KINDS)
    if unknown or sum(shares.values()) > 1.0 + 1e-9 or source not in data.inputs:
        raise ValueError(
            f"corrupted: source {source!r} and shares {dict(shares)} came, a source of "
            f"{', '.join(data.inputs)} and shares of {', '.join(KINDS)} that sum to 1 at most are "
            "allowed"
        )
    rng = np.random.default_rng([seed, 13])
    which = rng.random(len(data))
    value = np.array(data.inputs[source])
    low = 0.0
    for kind in KINDS:
        share = shares.get(kind, 0.0)
        chosen = (which >= low) & (which < low + share) if low + share < 1 else which >= low
        if share:
            value[chosen] = _corrupt(kind, data.inputs[source], chosen, rng)
        low += share
    return replace(data, inputs={**data.inputs, source: value})


def _corrupt(
    kind: str, value: Array, chosen: NDArray[np.bool_], rng: np.random.Generator
) -> Array:
    if kind == "missing":
        return np.zeros_like(value[chosen])
    if kind == "shuffled":
        order = rng.permutation(len(value))
        place = np.empty(len(value), np.int64)
        place[order] = np.roll(order, 1)  # nobody keeps their own
        return np.asarray(value[place[chosen]])
    own = np.asarray(value[chosen])
    return np.asarray(own + rng.normal(0.0, NOISE, own.shape).astype(own.dtype))


def several(
    data: FrameData, source: str, n: int, shares: Mapping[str, float], *, seed: int = 0
) -> FrameData:
    """Return the data with n independently corrupted copies of a source: SOURCE1, SOURCE2 ..."""
    inputs = {name: value for name, value in data.inputs.items() if name != source}
    for number in range(1, n + 1):
        made = corrupted(data, source, shares, seed=seed + 1000 * number)
        inputs[f"{source}{number}"] = made.inputs[source]
    return replace(data, inputs=inputs)
