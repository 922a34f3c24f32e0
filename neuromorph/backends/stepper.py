"""What the clock-driven loop needs of a population, and which stepper serves which cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.backends.burst_stepper import FixedBurstStepper
from neuromorph.backends.cell_stepper import CellStepper
from neuromorph.backends.drive import Drive
from neuromorph.backends.lif_stepper import (
    ContextLIFStepper,
    FixedContextLIFStepper,
    FixedLIFStepper,
    LIFStepper,
)
from neuromorph.cells.adex import ADEX
from neuromorph.cells.burst_poisson import BURST_POISSON
from neuromorph.cells.ca_adex import CA_ADEX
from neuromorph.cells.model import Model
from neuromorph.cells.two_compartment import TWO_COMPARTMENT
from neuromorph.cells.urbanczik_senn import URBANCZIK_SENN
from neuromorph.description import (
    LIF,
    AdEx,
    BurstPoisson,
    CaAdEx,
    Cell,
    ContextLIF,
    Source,
    TwoCompartment,
    UrbanczikSenn,
)
from neuromorph.description.discrete import DiscreteNetwork
from neuromorph.fpga.encoding import largest_weight
from neuromorph.fpga.fixed import FixedPoint

Array = NDArray[Any]

#: Cells whose synapses are currents.
MODELS: Mapping[type[Cell], Model] = {
    TwoCompartment: TWO_COMPARTMENT,
    AdEx: ADEX,
    BurstPoisson: BURST_POISSON,
    CaAdEx: CA_ADEX,
    UrbanczikSenn: URBANCZIK_SENN,
}
FLOAT_CELLS: tuple[type[Cell], ...] = (LIF, ContextLIF, *MODELS)
FIXED_CELLS: tuple[type[Cell], ...] = (LIF, ContextLIF, BurstPoisson)


class Stepper(Protocol):
    """One population on the clock."""

    dtype: type
    variables: tuple[str, ...]
    gated: bool
    tiled: bool  # whether ``advance`` takes events by tile, and leaves the rows empty

    def encode(self, weight: Array, port: str = "basal") -> Array:
        """Return weights of a port in this population's numbers."""

    def state(self) -> dict[str, Array]:
        """Return the state arrays by name."""

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take over what :meth:`state` returned."""

    def prepare(self, rows: Mapping[str, Array], first: int) -> Array:
        """Take the context of a window; return the gate (n_step, n), empty if there is none."""

    def advance(
        self,
        rows: Mapping[str, Array],
        drives: Mapping[str, Drive],
        extra: Mapping[str, Mapping[int, Array]],
        first: int,
        steps: int,
        every: int,
    ) -> tuple[Array, Array, dict[str, Array]]:
        """Advance over a window; return spikes (step, index) and samples by variable.

        ``rows`` holds what arrives per port and step, ``extra`` per port and synapse brought by
        a projection.
        """


def variables_of(cell: Cell) -> tuple[str, ...]:
    """Return what can be recorded of a cell."""
    if type(cell) in MODELS:
        return MODELS[type(cell)].variables
    return ContextLIFStepper.variables if isinstance(cell, ContextLIF) else LIFStepper.variables


def make_steppers(
    grid: DiscreteNetwork,
    *,
    seed: int,
    window: int,
    fixed: FixedPoint | None = None,
    dtype: type = np.float64,
    threads: int = 1,
    parallel: Callable[..., Any] = map,
    fused: bool = False,
) -> dict[int, Stepper]:
    """Return a stepper per computed population."""
    out: dict[int, Stepper] = {}
    for number, population in enumerate(grid.network.populations):
        cell, n = population.cell, population.n
        if isinstance(cell, Source):
            continue
        if fixed is not None and isinstance(cell, LIF):
            out[number] = FixedLIFStepper(cell, n, grid.dt, fixed, largest_weight(grid, number))
        elif fixed is not None and isinstance(cell, BurstPoisson):
            out[number] = FixedBurstStepper(
                cell, n, grid.dt, fixed, largest_weight(grid, number),
                philox.stream_key(seed, philox.CELL + number),
            )  # fmt: skip
        elif fixed is not None and isinstance(cell, ContextLIF):
            out[number] = FixedContextLIFStepper(
                cell, n, grid.dt, fixed, largest_weight(grid, number, "basal"),
                largest_weight(grid, number, "apical"),
            )  # fmt: skip
        elif isinstance(cell, ContextLIF):
            out[number] = ContextLIFStepper(cell, n, grid.dt)
        elif isinstance(cell, LIF):
            out[number] = LIFStepper(cell, n, grid.dt)
        else:
            out[number] = CellStepper(
                cell, n, grid.dt, MODELS[type(cell)], window=window, dtype=dtype,
                key=philox.stream_key(seed, philox.CELL + number), threads=threads,
                parallel=parallel, fused=fused, name=population.name,
            )  # fmt: skip
    return out
