"""How much memory a network takes on the emulator, and whether this machine has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neuromorph.backends.clock import ring_steps, window_steps
from neuromorph.backends.stepper import variables_of
from neuromorph.description import Network, Source
from neuromorph.description.discrete import DiscreteNetwork, discretise

SPARE = 1.5  #: memory that must be there, over the estimate
INDEX, VALUE = 4, 8  #: bytes of a target and of a weight as the description holds them


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEstimate:
    """Bytes that a run takes, before spikes and traces are collected.

    Attributes
    ----------
    neurons, synapses : int
    described : int [byte]
        Of the description, there already.
    total : int [byte]
        Description, weights on the grid, delay rings, state and room for spikes.
    """

    neurons: int
    synapses: int
    described: int
    per_synapse: int
    total: int

    def __str__(self) -> str:
        return (
            f"{self.neurons:,} neurons, {self.synapses:,} synapses: about "
            f"{self.total / 2**20:,.1f} MiB ({self.per_synapse} bytes per synapse)"
        )


def memory_estimate(
    network: Network, *, dt: float = 1e-4, precision: Literal["float64", "float32"] = "float64"
) -> MemoryEstimate:
    """Return how much memory a spiking network takes on the backend ``numba``.

    Parameters
    ----------
    network : Network
    dt : float [s]
    precision : "float64" or "float32"
    """
    return estimate(network, discretise(network, dt), 4 if precision == "float32" else 8)


def estimate(network: Network, grid: DiscreteNetwork, item: int) -> MemoryEstimate:
    """Return the estimate for numbers of ``item`` bytes."""
    synapses = sum(p.weights.n_synapse for p in network.projections)
    grid_bytes = VALUE + (item if item < VALUE else 0)
    described = synapses * (INDEX + VALUE)
    units = room = 0
    for population in network.populations:
        if isinstance(population.cell, Source):
            continue
        units += population.n
        held = len(variables_of(population.cell)) * item
        ring = len(population.cell.ports) * ring_steps(grid) * item
        room += population.n * (held + ring + window_steps(grid) * 12)
    room += sum(8 * (p.weights.shape[0] + 1) for p in network.projections)
    return MemoryEstimate(
        neurons=units, synapses=synapses, described=described,
        per_synapse=INDEX + VALUE + grid_bytes,
        total=described + synapses * grid_bytes + room,
    )  # fmt: skip


def available_memory() -> int | None:
    """Return the bytes that a process may still take, or None where that is not known."""
    found = []
    told = Path("/proc/meminfo")
    if told.exists():
        for line in told.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    elif "SC_AVPHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit, used = (Path(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit.exists() and used.exists() and limit.read_text().strip() != "max":
        found.append(int(limit.read_text()) - int(used.read_text()))
    return min(found, default=None)


def refuse_memory(needed: MemoryEstimate) -> None:
    """Refuse a run that this machine has no room for.

    Raises
    ------
    MemoryError
        Less than 1.5 times the estimate is there; the message tells the estimate.
    """
    free = available_memory()
    if free is not None and free + needed.described < SPARE * needed.total:
        raise MemoryError(
            f"numba: {needed}, {(free + needed.described) / 2**20:,.1f} MiB are there, at least "
            f"{SPARE:g} times the estimate is allowed: take a smaller network, or "
            "precision='float32'"
        )
