"""A network of the same kinds with one unit per population: what compiles every kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from neuromorph.description import (
    Background,
    Network,
    OrnsteinUhlenbeck,
    Population,
    Projection,
    Stimuli,
    Stimulus,
    one_to_one,
)
from neuromorph.description.stimulus import stimuli_at


def miniature(network: Network, stimulus: Stimuli) -> tuple[Network, Stimuli]:
    """Return a network and noise that need the same compiled code, at hardly any cost."""
    small = Network(
        name=network.name,
        populations=tuple(
            Population(name=p.name, n=1, cell=_first(p.cell)) for p in network.populations
        ),
        projections=tuple(_single(p) for p in network.projections),
    )
    noise: Mapping[str, tuple[Stimulus, ...]] = {
        key: tuple(
            _first(given)
            for given in stimuli_at(stimulus, key)
            if isinstance(given, (OrnsteinUhlenbeck, Background))
        )
        for key in stimulus
        if "." in key
    }
    return small, noise


def _first(record: Any) -> Any:
    """Return a record whose arrays (n,) are cut to their first unit."""
    arrays = {
        field.name: getattr(record, field.name)[:1]
        for field in fields(record)
        if isinstance(getattr(record, field.name), np.ndarray)
    }
    return replace(record, **arrays) if arrays else record


def _single(projection: Projection) -> Projection:
    per_synapse: dict[str, Any] = {
        name: np.asarray(getattr(projection, name))[:1]
        for name in ("delay", "probability")
        if np.ndim(getattr(projection, name)) and np.size(getattr(projection, name))
    }
    largest = float(np.max(np.abs(projection.weights.value), initial=0.0))
    return replace(projection, weights=one_to_one(1, largest), **per_synapse)
