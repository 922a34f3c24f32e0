"""Counting operations as NeuroBench does, from the spikes or frames of a run.

Source: NeuroBench, arXiv 2304.04640, and its package's definitions of SynapticOperations,
ActivationSparsity, ConnectionSparsity and Footprint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import Network, Source, Weights
from neuromorph.result import Counts, Spikes


def count_operations(
    network: Network,
    spikes: Mapping[str, Spikes],
    *,
    steps: int,
    transmissions: int | None = None,
    weight_bytes: float = 8.0,
    state_bytes: float = 16.0,
    **extra: Any,
) -> Counts:
    """Count the operations of a run of a spiking network.

    Parameters
    ----------
    network : Network
    spikes : dict of Spikes
        Of every population, sources included.
    steps : int
        Steps of the run (for a backend without steps, those of the reference).
    transmissions : int, optional
        Pulses that passed stochastic synapses, if the backend counted them.
    weight_bytes, state_bytes : float
        Bytes per synapse and per unit as the backend holds them.
    extra
        Further fields of :class:`Counts`.
    """
    offered = dense = present = 0
    for projection in network.projections:
        nonzero = _nonzero_by_source(projection.weights)
        offered += int(spikes[projection.source].count @ nonzero)
        dense += projection.weights.shape[0] * projection.weights.shape[1]
        present += int(nonzero.sum())
    units = sum(p.n for p in network.populations if not isinstance(p.cell, Source))
    everyone = sum(p.n for p in network.populations)
    active = sum(int(s.time.size) for s in spikes.values())
    synapses = sum(p.weights.n_synapse for p in network.projections)
    return Counts(
        effective_acs=offered,
        dense=dense * steps,
        membrane_updates=units * steps,
        activation_sparsity=1.0 - active / (everyone * steps) if steps else 1.0,
        connection_sparsity=1.0 - present / dense if dense else 0.0,
        footprint=round(synapses * weight_bytes + units * state_bytes),
        transmissions=offered if transmissions is None else transmissions,
        **extra,
    )


def _nonzero_by_source(weights: Weights) -> NDArray[np.int64]:
    if np.count_nonzero(weights.value) == weights.n_synapse:
        return np.diff(weights.start)
    return np.bincount(weights.source[weights.value != 0], minlength=weights.shape[0])


def count_frames(
    network: Network,
    frames: Mapping[str, NDArray[np.float64]],
    *,
    effective_macs: int,
    transmissions: int,
    weight_bytes: float = 8.0,
    state_bytes: float = 8.0,
    active: int | None = None,
    **extra: Any,
) -> Counts:
    """Count the operations of a run of a frame-based network.

    Parameters
    ----------
    network : Network
    frames : dict of (n_sequence, n_frame, n)
        Outputs of every population, sources included.
    effective_macs : int
        Products of a nonzero source output and a synapse, closed units included.
    transmissions : int
        The products that remain if closed units are skipped too.
    weight_bytes, state_bytes : float
        Bytes per synapse and per unit.
    active : int, optional
        Outputs that are not 0; counted in frames if left out.
    extra
        Further fields of :class:`Counts`.
    """
    steps = int(np.prod(next(iter(frames.values())).shape[:2]))
    dense = sum(p.weights.shape[0] * p.weights.shape[1] for p in network.projections)
    synapses = sum(p.weights.n_synapse for p in network.projections)
    present = sum(int(np.count_nonzero(p.weights.value)) for p in network.projections)
    units = sum(p.n for p in network.populations if not isinstance(p.cell, Source))
    everyone = sum(p.n for p in network.populations)
    if active is None:
        active = sum(int(np.count_nonzero(value)) for value in frames.values())
    return Counts(
        effective_macs=effective_macs,
        dense=dense * steps,
        membrane_updates=units * steps,
        activation_sparsity=1.0 - active / (everyone * steps) if steps else 1.0,
        connection_sparsity=1.0 - present / dense if dense else 0.0,
        footprint=round(synapses * weight_bytes + units * state_bytes),
        transmissions=transmissions,
        **extra,
    )
